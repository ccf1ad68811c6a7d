//! What a verified token says, and whether it says it to us.

use crate::json::{Object, Value};
use crate::jwt::TokenFault;
use crate::jwt::claim_path::{ClaimPath, names as names_in};
use crate::jwt::persons::{self, Accepted, Nobody, Product};
use crate::limits::CLOCK_SKEW;
use crate::runtime::Timestamp;

/// Whom a token must be from and for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPolicy {
    /// `iss` is one of these, byte for byte.
    pub issuers: Vec<String>,
    /// Whether a token may come without `iss`.
    pub without_issuer: WithoutIssuer,
    /// Who it is meant for.
    pub audience: Audience,
    /// `azp` is one of these; empty where it does not matter.
    pub authorized_parties: Vec<String>,
    /// Whether a token may come without `azp` where one is wanted.
    pub without_party: WithoutParty,
    /// `client_id`, where a token has one, is this (WorkOS); `None` where it does not matter.
    pub client: Option<String>,
    /// The tenant of the issuer whose users are meant; `None` for those of no tenant.
    pub tenant: Option<String>,
    /// What else a product puts into its tokens.
    pub product: Product,
    /// Who stands for no person, and is wanted.
    pub accepted: Accepted,
}

/// Whether a token may come without `iss` (RFC 8725 §3.8: one that has it must have the right one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutIssuer {
    /// It may not.
    Refuse,
    /// It may: the keys are those of one project, which writes no `iss` unless it is told to (Hanko).
    Allow,
}

/// `JWT_WITHOUT_AZP`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutParty {
    /// It may not.
    Refuse,
    /// It may: Clerk takes `azp` from the `Origin` of the page, which native applications have not.
    Allow,
}

/// How a token names the application that it is meant for.
///
/// RFC 7519 §4.1.3: whoever is not in an `aud` that is there must refuse the token. So a token may
/// come without one where something else binds it to this application, and never with another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// `aud` is, or has, one of these.
    Aud(Vec<String>),
    /// The same, or it is not there: the keys are this application's alone (WorkOS, and whoever says so
    /// by `JWT_WITHOUT_AUD`), or `azp` is asked (Clerk). `azp` says who has asked for the token, and never whom it is for.
    AudIfAny(Vec<String>),
    /// Cognito: ID tokens say it in `aud`, access tokens in `client_id`, and in `aud` if they have
    /// one.
    Cognito(Vec<String>),
}

/// The claims of a token whose signature and claims were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Object);

impl ClaimPolicy {
    /// A policy that asks for no more than issuer and audience, and accepts persons only.
    #[must_use]
    pub fn new(issuers: Vec<String>, audience: Audience) -> Self {
        Self {
            issuers,
            without_issuer: WithoutIssuer::Refuse,
            audience,
            authorized_parties: Vec::new(),
            without_party: WithoutParty::Refuse,
            client: None,
            tenant: None,
            product: Product::Any,
            accepted: [None; 2],
        }
    }

    /// Reads and checks the payload of a token whose signature was checked.
    ///
    /// # Errors
    /// The first [`TokenFault`] that is met.
    pub fn check(&self, payload: &[u8], now: Timestamp) -> Result<Claims, TokenFault> {
        let claims = Claims(Object::parse(payload).ok_or(TokenFault::Payload)?);
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        check_times(&claims, now)?;
        persons::check(&claims.0, self.product, self.accepted).map_err(TokenFault::Nobody)?;
        self.check_tenant(&claims)?;
        Ok(claims)
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), TokenFault> {
        let known = match claims.0.stated("iss") {
            None => self.without_issuer == WithoutIssuer::Allow,
            Some(issuer) => self
                .issuers
                .iter()
                .any(|known| issuer.as_str() == Some(known)),
        };
        known.then_some(()).ok_or(TokenFault::Issuer)
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), TokenFault> {
        let (Audience::Aud(own) | Audience::AudIfAny(own) | Audience::Cognito(own)) =
            &self.audience;
        // `null` too: an `aud` that is there names us, and nothing else will do.
        let audience = claims.0.stated("aud");
        let named = names(audience, own);
        let meant = match (&self.audience, claims.text("token_use")) {
            (Audience::Aud(_), _) | (Audience::Cognito(_), Some("id")) => named,
            (Audience::AudIfAny(_), _) => named || audience.is_none(),
            (Audience::Cognito(_), Some("access")) => {
                (named || audience.is_none()) && names(claims.0.get("client_id"), own)
            }
            (Audience::Cognito(_), _) => false,
        };
        if !meant {
            return Err(TokenFault::Audience);
        }
        let parties = &self.authorized_parties;
        let allowed = parties.is_empty()
            || match claims.0.get("azp") {
                None => self.without_party == WithoutParty::Allow,
                Some(party) => parties.iter().any(|known| party.as_str() == Some(known)),
            };
        if !allowed {
            return Err(TokenFault::AuthorizedParty);
        }
        match (&self.client, claims.0.get("client_id")) {
            (Some(own), Some(client)) if client.as_str() != Some(own) => {
                Err(TokenFault::Nobody(Nobody::OtherClient))
            }
            _ => Ok(()),
        }
    }

    /// Firebase's tenants share issuer, audience and keys, and an id of one may be another user's
    /// in the next, so one configuration means the users of one tenant, or of none.
    fn check_tenant(&self, claims: &Claims) -> Result<(), TokenFault> {
        let firebase = claims.0.get("firebase").and_then(Value::as_object);
        let tenant = firebase.and_then(|firebase| firebase.get("tenant"));
        let same = match (&self.tenant, tenant) {
            (None, None) => true,
            (Some(own), Some(tenant)) => tenant.as_str() == Some(own),
            _ => false,
        };
        same.then_some(()).ok_or(TokenFault::Tenant)
    }
}

/// Whether a string, or one in a list of strings, is one of `own`. A list with anything else in it
/// is malformed.
fn names(value: Option<&Value>, own: &[String]) -> bool {
    let is_own = |text: &str| own.iter().any(|known| known == text);
    match value {
        Some(Value::String(text)) => is_own(text),
        Some(Value::Array(list)) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.is_some_and(|texts| texts.into_iter().any(is_own))
        }
        _ => false,
    }
}

/// `exp` must be there; a time that is there must be a number; clocks may differ a little.
fn check_times(claims: &Claims, now: Timestamp) -> Result<(), TokenFault> {
    let time = |name| match claims.0.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(TokenFault::TimeClaim),
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds stay exact for 285 000 years"
    )]
    let now = now.0 as f64 / 1000.0;
    let skew = CLOCK_SKEW.as_secs_f64();
    let (expires, not_before, issued) = (time("exp")?, time("nbf")?, time("iat")?);
    if expires.ok_or(TokenFault::NoExpiry)? <= now - skew {
        return Err(TokenFault::Expired);
    }
    let early = [not_before, issued]
        .into_iter()
        .flatten()
        .any(|at| at > now + skew);
    if early {
        Err(TokenFault::NotYetValid)
    } else {
        Ok(())
    }
}

impl Claims {
    /// The string under a name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The identities under a path, as [`ClaimPath::identities`] has them.
    ///
    /// # Errors
    /// [`TokenFault::IdentityKind`] and [`TokenFault::Unverified`].
    pub fn identities(&self, path: &ClaimPath) -> Result<Vec<String>, TokenFault> {
        path.identities(&self.0)
    }

    /// The identities under a name that the issuer writes.
    ///
    /// # Errors
    /// [`TokenFault::IdentityKind`].
    pub fn names(&self, name: &str) -> Result<Vec<String>, TokenFault> {
        self.0.get(name).map_or(Ok(Vec::new()), names_in)
    }

    /// When the token ends, which is long after the end of time if it says so.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` stops at the bounds of the integer"
    )]
    pub fn expires(&self) -> Timestamp {
        let seconds = self.0.get("exp").and_then(Value::as_f64);
        Timestamp((seconds.unwrap_or_default() * 1000.0) as u64)
    }
}
