//! What a verified token says, and whether it says it to us.

use crate::jwt::TokenFault;
use crate::jwt::json::{Object, Value};
use crate::limits::CLOCK_SKEW;
use crate::runtime::Timestamp;

/// Whom a token must be from and for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPolicy {
    /// `iss` is one of these, byte for byte.
    pub issuers: Vec<String>,
    /// Who it is meant for.
    pub audience: Audience,
    /// `azp` is one of these; empty where it does not matter.
    pub authorized_parties: Vec<String>,
    /// What else a product puts into its tokens.
    pub product: Product,
}

/// How a token names the application that it is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// `aud` is, or has, one of these.
    Aud(Vec<String>),
    /// Cognito: ID tokens say it in `aud`, access tokens in `client_id`.
    Cognito(Vec<String>),
    /// It does not say: the keys are this application's alone (WorkOS), or `azp` is asked (Clerk).
    KeysOrParty,
}

/// Products with claims of their own to be wary of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// None that is known.
    Any,
    /// Cloudflare Access: an application token has `type: app`.
    Access,
}

/// The claims of a token whose signature and claims were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Object);

impl ClaimPolicy {
    /// Reads and checks the payload of a token whose signature was checked.
    ///
    /// # Errors
    /// The first [`TokenFault`] that is met.
    pub fn check(&self, payload: &[u8], now: Timestamp) -> Result<Claims, TokenFault> {
        let claims = Claims(Object::parse(payload).ok_or(TokenFault::Payload)?);
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        check_times(&claims, now)?;
        self.check_product(&claims)?;
        Ok(claims)
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), TokenFault> {
        let issuer = claims.text("iss").ok_or(TokenFault::Issuer)?;
        let known = self.issuers.iter().any(|known| known == issuer);
        known.then_some(()).ok_or(TokenFault::Issuer)
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), TokenFault> {
        let meant = match &self.audience {
            Audience::Aud(own) => names(claims.0.get("aud"), own),
            Audience::Cognito(own) => match claims.text("token_use") {
                Some("id") => names(claims.0.get("aud"), own),
                Some("access") => names(claims.0.get("client_id"), own),
                _ => false,
            },
            Audience::KeysOrParty => true,
        };
        if !meant {
            return Err(TokenFault::Audience);
        }
        let party = claims.text("azp");
        let allowed = self.authorized_parties.is_empty()
            || self
                .authorized_parties
                .iter()
                .any(|known| Some(&**known) == party);
        allowed.then_some(()).ok_or(TokenFault::AuthorizedParty)
    }

    /// Tokens that verify and still stand for no signed-in user: Supabase's public `anon` key and
    /// its all-powerful `service_role` key are JWTs, and Clerk marks sessions that are not complete.
    /// They are refused for every product, since a custom configuration may point at these too.
    fn check_product(&self, claims: &Claims) -> Result<(), TokenFault> {
        let role = claims.text("role");
        let nobody = matches!(role, Some("anon" | "service_role"))
            || claims.text("sts") == Some("pending")
            || (self.product == Product::Access && claims.text("type") != Some("app"));
        if nobody {
            Err(TokenFault::NotAUser)
        } else {
            Ok(())
        }
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

    /// The identities under a path: a string, or a list of strings. Empty ones are none.
    #[must_use]
    pub fn identities(&self, path: &ClaimPath) -> Vec<&str> {
        let list = match path.find(&self.0) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let texts = list.iter().filter_map(Value::as_str);
        texts.filter(|text| !text.is_empty()).collect()
    }
}

/// Where a claim is: `sub`, `o.id`, `https://app.example/org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// A path; any text that is not empty is one.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value there. A claim whose name is the whole text comes first, so that a name with dots
    /// in it (every URL is one) is not taken apart.
    fn find<'a>(&self, claims: &'a Object) -> Option<&'a Value> {
        claims.get(&self.0).or_else(|| {
            let (first, rest) = self.0.split_once('.')?;
            rest.split('.').try_fold(claims.get(first)?, |value, name| {
                value.as_object()?.get(name)
            })
        })
    }
}
