//! Who is calling: the one place that decides for whom a token is minted.
//!
//! The sources that stand here believe what the request says, so they need a reason to: the
//! development environment, or a key that only the application's own servers hold. There is no
//! identity for a request that brings none.

use crate::identity::{Charset, Identity, IdentityFault, IdentityType};
use crate::request_body::{BodyFault, RequestBody};
use crate::runtime::Message;
use crate::secret::Secret;

/// The header in which a trusted server proves itself.
pub const CALLER_KEY_HEADER: &str = "x-authkit-key";

/// A caller whose identity was accepted. Only [`Policy::identify`] makes one, so whoever holds
/// one need not ask again.
pub struct Caller {
    identity: Identity,
    identity_type: IdentityType,
    source: SourceName,
}

impl Caller {
    /// Whom the token is for.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the identity names.
    #[must_use]
    pub fn identity_type(&self) -> IdentityType {
        self.identity_type
    }

    /// Where the identity came from.
    #[must_use]
    pub fn source(&self) -> SourceName {
        self.source
    }
}

/// How callers are identified, from `IDENTITY_SOURCE` and the variables around it.
#[derive(Debug)]
pub struct Policy {
    /// Asked in this order; the first whose credential is present decides.
    pub sources: Vec<Source>,
    /// Why the sources may believe a request.
    pub trust: Trust,
    /// What an identity may look like.
    pub charset: Charset,
    /// The type of an identity that does not say its own.
    pub default_type: IdentityType,
}

/// One entry of `IDENTITY_SOURCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A request header, named by `IDENTITY_HEADER`.
    Header(String),
    /// The fields `identity` and `identityType` (or `identity_type`) of the body.
    Body,
}

impl Source {
    /// Its name, without what it holds.
    #[must_use]
    pub fn name(&self) -> SourceName {
        match self {
            Self::Header(_) => SourceName::Header,
            Self::Body => SourceName::Body,
        }
    }
}

/// The name of a [`Source`] in configuration and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceName {
    /// `header`
    Header,
    /// `body`
    Body,
}

impl SourceName {
    /// The name as `IDENTITY_SOURCE` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

/// Why a request's own word may be believed.
#[derive(Debug)]
pub enum Trust {
    /// `ENVIRONMENT = "development"` and no key is bound: everybody is believed.
    Development,
    /// Whoever sends `TRUSTED_CALLER_KEY` is, in any environment.
    CallerKey(Secret),
}

/// Why nobody was identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerFault {
    /// The request does not carry the trusted caller's key.
    NoCallerKey,
    /// It carries another.
    WrongCallerKey,
    /// No source found an identity.
    NoIdentity,
    /// The identity that was found is malformed.
    Identity(IdentityFault),
    /// The identity type that was found is none of the four.
    IdentityType,
    /// The body's fields are malformed.
    Body(BodyFault),
}

impl Policy {
    /// Identifies the caller of `request`, whose body was already read.
    ///
    /// # Errors
    /// The first [`CallerFault`] that is met. A source whose credential is present but wrong
    /// refuses the request; it never passes it on to the next.
    pub fn identify(
        &self,
        request: &impl Message,
        body: &RequestBody,
    ) -> Result<Caller, CallerFault> {
        match &self.trust {
            Trust::Development => {}
            Trust::CallerKey(key) => match request.header(CALLER_KEY_HEADER) {
                None => return Err(CallerFault::NoCallerKey),
                Some(candidate) if key.matches(&candidate) => {}
                Some(_) => return Err(CallerFault::WrongCallerKey),
            },
        }
        for source in &self.sources {
            let found = match source {
                Source::Header(name) => request.header(name),
                Source::Body => body.identity().map_err(CallerFault::Body)?,
            };
            // An empty text is no identity: the samples treat it like an absent one.
            if let Some(text) = found.filter(|text| !text.is_empty()) {
                return self.accept(source, &text, body);
            }
        }
        Err(CallerFault::NoIdentity)
    }

    fn accept(
        &self,
        source: &Source,
        text: &str,
        body: &RequestBody,
    ) -> Result<Caller, CallerFault> {
        let stated = match source {
            // Who sends the identity in a header has its type from the configuration alone.
            Source::Header(_) => None,
            Source::Body => body.identity_type().map_err(CallerFault::Body)?,
        };
        let identity_type = stated.map_or(Ok(self.default_type), |name| {
            IdentityType::parse(&name).ok_or(CallerFault::IdentityType)
        })?;
        Ok(Caller {
            identity: Identity::parse(text, self.charset).map_err(CallerFault::Identity)?,
            identity_type,
            source: source.name(),
        })
    }
}
