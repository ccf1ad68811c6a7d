//! Identities that the request merely claims, and the reasons to believe it.

use crate::caller::{CallerFault, Found, Purpose, Question, Trust};
use crate::identity::IdentityType;
use crate::runtime::Incoming;
use crate::secret::Secret;

/// The header in which a trusted server proves itself.
pub const CALLER_KEY_HEADER: &str = "x-authkit-key";

/// The identity in a header. Its type is the configuration's alone.
pub(super) fn header(
    question: &Question<'_, impl Incoming>,
    name: &str,
    trust: &Trust,
) -> Result<Option<String>, CallerFault> {
    // An empty text is no identity: the samples treat it like an absent one.
    let found = question
        .request
        .header(name)
        .filter(|text| !text.is_empty());
    let Some(text) = found else {
        return Ok(None);
    };
    check(question, trust)?;
    // What two headers of one name are joined with. Which of them is whose, nobody can tell.
    if text.contains(", ") {
        return Err(CallerFault::HeaderTwice);
    }
    Ok(Some(text))
}

/// The identity in the body, and the type that stands beside it. Where requests have no body, both
/// are in the query.
pub(super) fn body(
    purpose: Purpose,
    question: &Question<'_, impl Incoming>,
    trust: &Trust,
    default_type: IdentityType,
) -> Result<Found, CallerFault> {
    let (found, stated) = match purpose {
        Purpose::Token | Purpose::Grant => {
            (question.body.identity(), question.body.identity_type())
        }
        Purpose::Connections => {
            let fields = question.body.or_query(question.target.query);
            let fields = fields.map_err(CallerFault::Fields)?;
            (Ok(fields.identity), Ok(fields.identity_type))
        }
    };
    let found = found.map_err(CallerFault::Fields)?;
    let Some(text) = found else {
        return Ok(None);
    };
    check(question, trust)?;
    let stated = stated.map_err(CallerFault::Fields)?;
    let identity_type = stated.map_or(Ok(default_type), |name| {
        IdentityType::parse(&name).ok_or(CallerFault::IdentityType)
    })?;
    Ok(Some((text, identity_type, None)))
}

fn check(question: &Question<'_, impl Incoming>, trust: &Trust) -> Result<(), CallerFault> {
    match trust {
        Trust::Development => Ok(()),
        Trust::CallerKey(keys) => keys.check(question.request),
    }
}

/// The key by which a trusted caller is known.
#[derive(Debug, Clone)]
pub struct CallerKeys {
    /// `TRUSTED_CALLER_KEY`
    pub current: Secret,
    /// `TRUSTED_CALLER_KEY_PREVIOUS`
    pub previous: Option<Secret>,
}

impl CallerKeys {
    /// Checks that a request carries one of them.
    ///
    /// # Errors
    /// [`CallerFault::NoCallerKey`] or [`CallerFault::WrongCallerKey`].
    pub fn check(&self, request: &impl Incoming) -> Result<(), CallerFault> {
        let candidate = request.header(CALLER_KEY_HEADER);
        let candidate = candidate.ok_or(CallerFault::NoCallerKey)?;
        let keys = [Some(&self.current), self.previous.as_ref()];
        // Both are compared, whichever it is, so that the time tells nothing.
        let keys = keys.into_iter().flatten();
        if keys.filter(|key| key.matches(&candidate)).count() > 0 {
            Ok(())
        } else {
            Err(CallerFault::WrongCallerKey)
        }
    }
}
