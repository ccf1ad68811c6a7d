//! Who is calling: the one place that decides for whom a token is minted. Every route asks here.
//!
//! Sources are asked in the order of `IDENTITY_SOURCE`. The first whose credential is *present*
//! decides: when that credential is no good, the request is refused, and no later source is asked.
//! There is no identity for a request that brings none.

mod claimed;
pub mod grant;
mod presumed;
pub mod pseudonym;
mod session;
mod site;
mod token_cookie;
mod verified;

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::caller::grant::{GrantFault, GrantKeys};
use crate::http::cookie::CookieFault;
use crate::http::origin::PageOrigin;
use crate::http::request_body::{BodyFault, RequestBody};
use crate::http::target::Target;
use crate::identity::{Charset, Identity, IdentityFault, IdentityType};
use crate::jwt::TokenFault;
use crate::jwt::issuer::{Keys, Trusting};
use crate::jwt::key_set::RemoteKeys;
use crate::jwt::verifier::Verifier;
use crate::limits::MAX_SOUGHT_BYTES;
use crate::runtime::in_flight::Room;
use crate::runtime::{Incoming, Runtime, Timestamp};

pub use claimed::{CALLER_KEY_HEADER, CallerKeys};
pub use presumed::{Presumed, Whom, Withheld};
pub use session::{
    Condition, Forwarded, LOOP_HEADER, Session, SessionFault, SessionUrl, SetCookie, SignedOut,
    Unreadable,
};
pub use site::Unsaid;
pub use token_cookie::CookieForm;
pub use verified::{Access, Jwt, ServiceTokens, TypeClaims};

/// A caller whose identity was accepted. Only [`Policy`] makes one, so whoever holds one need not
/// ask again.
pub struct Caller {
    identity: Identity,
    identity_type: IdentityType,
    source: SourceName,
    holds_until: Option<Timestamp>,
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

    /// When the credential ends, where it says so: those of `jwt` and `access` do. That of `session`
    /// goes on until the application says otherwise.
    #[must_use]
    pub fn holds_until(&self) -> Option<Timestamp> {
        self.holds_until
    }
}

/// How callers are identified, from `IDENTITY_SOURCE` and the variables around it.
#[derive(Debug)]
pub struct Policy {
    /// Asked in this order.
    pub sources: Vec<Source>,
    /// What an identity may look like.
    pub charset: Charset,
    /// The type of an identity where nothing says another.
    pub default_type: IdentityType,
    /// `APP_ORIGINS`: the application's pages on other origins than the endpoint's.
    pub app_origins: Vec<PageOrigin>,
}

/// One entry of `IDENTITY_SOURCE`, with what it needs.
#[derive(Debug)]
pub enum Source {
    /// A request header, named by `IDENTITY_HEADER`: the caller's word.
    Header(String, Trust),
    /// Fields of the body: the caller's word.
    Body(Trust),
    /// A JSON Web Token, as bearer or in a cookie.
    Jwt(Jwt),
    /// Cloudflare Access in front of the Worker.
    Access(Access),
    /// The application's own session, by asking the application.
    Session(Session),
    /// A grant that the grant route gave out.
    Grant(GrantKeys),
}

impl Source {
    /// Its name, without what it holds.
    #[must_use]
    pub fn name(&self) -> SourceName {
        match self {
            Self::Header(..) => SourceName::Header,
            Self::Body(_) => SourceName::Body,
            Self::Jwt(_) => SourceName::Jwt,
            Self::Access(_) => SourceName::Access,
            Self::Session(_) => SourceName::Session,
            Self::Grant(_) => SourceName::Grant,
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
    /// `jwt`
    Jwt,
    /// `access`
    Access,
    /// `session`
    Session,
    /// `grant`
    Grant,
}

impl SourceName {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Jwt,
        Self::Access,
        Self::Session,
        Self::Grant,
        Self::Header,
        Self::Body,
    ];

    /// The name as `IDENTITY_SOURCE` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Jwt => "jwt",
            Self::Access => "access",
            Self::Session => "session",
            Self::Grant => "grant",
        }
    }
}

/// Why a request's own word may be believed.
#[derive(Debug, Clone)]
pub enum Trust {
    /// `ENVIRONMENT = "development"` and no key is bound: everybody is believed.
    Development,
    /// Whoever sends `TRUSTED_CALLER_KEY` is, in any environment; or the key before, while it is
    /// being replaced.
    CallerKey(CallerKeys),
}

/// Why nobody was identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerFault {
    /// No source found a credential.
    NoCredential,
    /// The request names an identity without the trusted caller's key.
    NoCallerKey,
    /// It carries another key.
    WrongCallerKey,
    /// A token is refused.
    Token(TokenFault),
    /// The `Authorization` header is not one bearer token.
    Authorization,
    /// The cookie cannot be told.
    Cookie(CookieFault),
    /// A grant is refused.
    Grant(GrantFault),
    /// The application's session names nobody.
    Session(SessionFault),
    /// A grant came where none is taken, whether it is good or not.
    GrantNotAccepted,
    /// A credential that browsers send by themselves came from another site's page.
    CrossSite,
    /// The verified caller asks for an identity that is not theirs, or a type that the credential
    /// does not hold.
    NotTheirs,
    /// The credential holds several identities of the type that is asked for, and the request does
    /// not say which.
    Unspecified,
    /// The identity that was found is malformed.
    Identity(IdentityFault),
    /// The header that names the identity may be there twice: its value is a list.
    HeaderTwice,
    /// The identity type that the request asks for is none of the four.
    IdentityType,
    /// The body's or query's fields are malformed.
    Fields(BodyFault),
}

/// What a caller is identified for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A token, by any source.
    Token,
    /// A grant: by a source that verifies, or for a server that proves itself by the key; and for a
    /// page of the application, whatever the credential is.
    Grant,
    /// Connections: for a page of the application, by any source but a grant, which travels in a URL.
    Connections,
}

impl Purpose {
    fn takes(self, source: &Source) -> bool {
        match (self, source) {
            (Self::Token, _)
            | (
                Self::Grant | Self::Connections,
                Source::Jwt(_) | Source::Access(_) | Source::Session(_),
            )
            | (Self::Connections, Source::Header(..) | Source::Body(_)) => true,
            // Who is believed without a key could be anybody, and a grant is for whoever reads it.
            (Self::Grant, Source::Header(_, trust) | Source::Body(trust)) => {
                matches!(trust, Trust::CallerKey(_))
            }
            (Self::Grant | Self::Connections, Source::Grant(_)) => false,
        }
    }
}

/// What a request says of itself, as far as identities go.
pub struct Question<'a, I> {
    /// The request.
    pub request: &'a I,
    /// Its URL.
    pub target: Target<'a>,
    /// Its body.
    pub body: &'a RequestBody,
    /// What names it in logs: ours, and the application's that is asked about it.
    pub request_id: &'a str,
    /// Where what is read for it counts.
    pub room: &'a Rc<Room>,
    /// When whoever asks must have been identified.
    pub deadline: Timestamp,
    /// Where it is noted that an issuer's keys have to be waited for.
    pub waits: &'a Cell<bool>,
    /// What counts as our own page.
    pub unsaid: Unsaid,
}

impl Policy {
    /// Identifies the caller of a route, and gives the source that has decided with it: its credential
    /// was there, good or not. There is no such source where nobody has a credential. What the answer
    /// is to set as cookies, whatever it is, comes to stand in `set_cookies`.
    pub async fn identify<I, R>(
        &self,
        purpose: Purpose,
        question: &Question<'_, I>,
        runtime: &R,
        set_cookies: &mut Vec<String>,
    ) -> (Option<&Source>, Result<Caller, CallerFault>)
    where
        I: Incoming,
        R: Runtime + Verifier,
    {
        let trusting = Trusting::Issuer(question.waits);
        self.find(purpose, question, trusting, runtime, set_cookies)
            .await
    }

    /// Who asks for a token, by keys that are noted and may be withdrawn by now; `None` where there are
    /// none, or anything is not as it should be. Applications are not asked.
    pub async fn presume<I, R>(&self, question: &Question<'_, I>, runtime: &R) -> Option<Presumed>
    where
        I: Incoming,
        R: Runtime + Verifier,
    {
        let trusting = Trusting::Note;
        // Only applications set any.
        let mut set_cookies = Vec::new();
        let (_, found) = self
            .find(
                Purpose::Token,
                question,
                trusting,
                runtime,
                &mut set_cookies,
            )
            .await;
        found.ok().map(Presumed)
    }

    /// Loads the keys of all issuers that are due.
    pub async fn load_keys_ahead(&self, runtime: &impl Runtime) {
        for keys in self.remote_keys() {
            keys.load_ahead(runtime).await;
        }
    }

    fn remote_keys(&self) -> impl Iterator<Item = &RemoteKeys> {
        self.sources.iter().filter_map(|source| {
            let issuer = match source {
                Source::Jwt(jwt) => &jwt.issuer,
                Source::Access(access) => &access.issuer,
                Source::Header(..) | Source::Body(_) | Source::Session(_) | Source::Grant(_) => {
                    return None;
                }
            };
            match &issuer.keys {
                Keys::Remote(keys) => Some(keys),
                Keys::Shared(_) => None,
            }
        })
    }

    // Boxed, so that the Worker has the code of it once.
    fn find<'a, 'b: 'a, I, R>(
        &'b self,
        purpose: Purpose,
        question: &'a Question<'_, I>,
        trusting: Trusting<'a>,
        runtime: &'a R,
        set_cookies: &'a mut Vec<String>,
    ) -> LocalBoxFuture<'a, (Option<&'b Source>, Result<Caller, CallerFault>)>
    where
        I: Incoming,
        R: Runtime + Verifier,
    {
        Box::pin(self.find_by(purpose, question, trusting, runtime, set_cookies))
    }

    async fn find_by<I, R>(
        &self,
        purpose: Purpose,
        question: &Question<'_, I>,
        trusting: Trusting<'_>,
        runtime: &R,
        set_cookies: &mut Vec<String>,
    ) -> (Option<&Source>, Result<Caller, CallerFault>)
    where
        I: Incoming,
        R: Runtime + Verifier,
    {
        if purpose != Purpose::Token
            && let Err(fault) = site::check_application(question, &self.app_origins)
        {
            return (None, Err(fault));
        }
        for source in &self.sources {
            if purpose.takes(source) {
                let asked = self.ask(purpose, source, question, trusting, runtime, set_cookies);
                if let Some(decided) = asked.await.transpose() {
                    return (Some(source), decided);
                }
            } else if purpose == Purpose::Connections && verified::brings_grant(question) {
                return (Some(source), Err(CallerFault::GrantNotAccepted));
            }
        }
        (None, Err(CallerFault::NoCredential))
    }

    /// The keys for grants, where the configuration has them.
    #[must_use]
    pub fn grant_keys(&self) -> Option<&GrantKeys> {
        self.sources.iter().find_map(|source| match source {
            Source::Grant(keys) => Some(keys),
            _ => None,
        })
    }

    /// Whether bearer tokens are of any use, for the challenge of a 401.
    #[must_use]
    pub fn takes_bearer_tokens(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, Source::Jwt(_)))
    }

    /// The credentials that are looked for, and where: what somebody reads who has sent none of them.
    /// It holds names only, and at most [`MAX_SOUGHT_BYTES`] of them.
    #[must_use]
    pub fn sought(&self, purpose: Purpose) -> String {
        let mut text = "The request has no credential:".to_owned();
        for source in self.sources.iter().filter(|source| purpose.takes(source)) {
            let (header, cookies): (&str, &[String]) = match source {
                Source::Header(name, _) => (name, &[]),
                Source::Body(_) => ("identity", &[]),
                Source::Jwt(jwt) => ("Authorization", &jwt.cookies),
                Source::Access(_) => (verified::ACCESS_HEADER, &[]),
                Source::Session(session) => ("", session.cookies.names()),
                Source::Grant(_) => (grant::GRANT_HEADER, &[]),
            };
            list(&mut text, " no `", header);
            for name in cookies {
                list(&mut text, " no cookie `", name);
            }
        }
        text.pop();
        text.push_str(". Please sign in.");
        text
    }

    /// Asks one source: `None` when its credential is not there.
    async fn ask<I, R>(
        &self,
        purpose: Purpose,
        source: &Source,
        question: &Question<'_, I>,
        trusting: Trusting<'_>,
        runtime: &R,
        set_cookies: &mut Vec<String>,
    ) -> Result<Option<Caller>, CallerFault>
    where
        I: Incoming,
        R: Runtime + Verifier,
    {
        let found = match source {
            Source::Header(name, trust) => {
                let text = claimed::header(question, name, trust)?;
                text.map(|text| (text, self.default_type, None))
            }
            Source::Body(trust) => claimed::body(purpose, question, trust, self.default_type)?,
            Source::Jwt(jwt) => {
                verified::jwt(question, jwt, self.default_type, trusting, runtime).await?
            }
            Source::Access(access) => verified::access(question, access, trusting, runtime).await?,
            // Who is signed in only the application knows, and it is asked once.
            Source::Session(_) if matches!(trusting, Trusting::Note) => {
                return Err(CallerFault::NoCredential);
            }
            // Not made by a configuration either.
            #[cfg(not(feature = "session"))]
            Source::Session(_) => return Err(CallerFault::NoCredential),
            #[cfg(feature = "session")]
            Source::Session(session) => {
                let kind = self.default_type;
                session::session(question, session, kind, runtime, set_cookies).await?
            }
            Source::Grant(keys) => verified::grant(question, keys, runtime)?,
        };
        found
            .map(|(text, identity_type, holds_until)| {
                Ok(Caller {
                    identity: Identity::parse(&text, self.charset)
                        .map_err(CallerFault::Identity)?,
                    identity_type,
                    source: source.name(),
                    holds_until,
                })
            })
            .transpose()
    }
}

/// Adds a name to the list of what was looked for, if there is one, as long as there is room.
#[inline(never)]
fn list(text: &mut String, what: &str, name: &str) {
    if !name.is_empty() && text.len() + name.len() < MAX_SOUGHT_BYTES {
        *text += what;
        *text += name;
        *text += "`,";
    }
}

/// An identity as a source has it, its type, and when the credential ends, where it says so.
type Found = Option<(String, IdentityType, Option<Timestamp>)>;
