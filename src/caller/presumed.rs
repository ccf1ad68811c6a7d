//! Callers who are presumed by keys that an issuer had yesterday.
//!
//! In an isolate that has no keys, the upstream can be asked while the issuer is. What comes of it is
//! [`Withheld`], and opens for nobody but a [`Caller`]: whoever holds that was identified by the issuer's
//! present keys, as if nothing had been presumed. A key that was withdrawn so costs the upstream some
//! calls, and gives nothing away.

use crate::caller::Caller;
use crate::identity::{Identity, IdentityType};

/// Who a caller probably is. It is no [`Caller`], and nothing makes one of it.
pub struct Presumed(pub(super) Caller);

/// For whom the upstream is asked.
#[derive(Clone, Copy)]
pub struct Whom<'a> {
    identity: &'a Identity,
    identity_type: IdentityType,
}

impl Whom<'_> {
    /// Whom the token is for.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.identity
    }

    /// What the identity names.
    #[must_use]
    pub fn identity_type(&self) -> IdentityType {
        self.identity_type
    }
}

impl Caller {
    /// For whom the upstream is asked.
    #[must_use]
    pub fn whom(&self) -> Whom<'_> {
        Whom {
            identity: &self.identity,
            identity_type: self.identity_type,
        }
    }
}

impl Presumed {
    /// For whom the upstream is asked.
    #[must_use]
    pub fn whom(&self) -> Whom<'_> {
        self.0.whom()
    }

    /// Holds back what was got for them.
    #[must_use]
    pub fn withhold<T>(self, what: T) -> Withheld<T> {
        Withheld { whose: self, what }
    }
}

/// What was got for somebody who was presumed.
pub struct Withheld<T> {
    whose: Presumed,
    what: T,
}

impl<T> Withheld<T> {
    /// Gives it to a caller, if it is theirs.
    #[must_use]
    pub fn release(self, caller: &Caller) -> Option<T> {
        let Presumed(whose) = &self.whose;
        let is_theirs =
            whose.identity == caller.identity && whose.identity_type == caller.identity_type;
        is_theirs.then_some(self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::Presumed;
    use crate::caller::{Caller, SourceName};
    use crate::identity::{Charset, Identity, IdentityType};

    fn caller(identity: &str, identity_type: IdentityType) -> Caller {
        Caller {
            identity: Identity::parse(identity, Charset::Distinct).unwrap(),
            identity_type,
            source: SourceName::Jwt,
            holds_until: None,
        }
    }

    #[test]
    fn opens_for_the_caller_it_is_for_and_for_nobody_else() {
        let token = || Presumed(caller("ada", IdentityType::User)).withhold("token");
        let released = |identity, kind| token().release(&caller(identity, kind));
        assert_eq!(released("ada", IdentityType::User), Some("token"));
        for (identity, kind) in [
            ("bob", IdentityType::User),
            ("Ada", IdentityType::User),
            ("ada", IdentityType::Organization),
        ] {
            assert_eq!(released(identity, kind), None, "{identity}");
        }
    }
}
