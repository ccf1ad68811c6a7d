//! Identities that somebody has signed for.

use crate::caller::grant::{GRANT_HEADER, GrantKeys};
use crate::caller::site::check_same_origin;
use crate::caller::token_cookie::CookieForm;
use crate::caller::{CallerFault, Found, Question};
use crate::identity::IdentityType;
use crate::jwt::TokenFault;
use crate::jwt::claim_path::ClaimPath;
use crate::jwt::claims::Claims;
use crate::jwt::issuer::{Issuer, Trusting};
use crate::jwt::verifier::Verifier;
use crate::limits::MAX_HEADER_BYTES;
use crate::runtime::{Incoming, Runtime};

/// The headers in which Access hands over who it let in.
pub(super) const ACCESS_HEADER: &str = "cf-access-jwt-assertion";
const ACCESS_COOKIE: &str = "CF_Authorization";

/// The source `jwt`.
#[derive(Debug)]
pub struct Jwt {
    /// Whose tokens.
    pub issuer: Issuer,
    /// The cookies that may hold one, when there is no bearer token: the first that is there does.
    pub cookies: Vec<String>,
    /// What is in them.
    pub cookie_form: CookieForm,
    /// Where in a token the identities are.
    pub claims: TypeClaims,
    /// Whether `|` in an identity is written as `~7C`: Auth0's users are all `provider|id`, and the
    /// upstream keeps `|` for itself. `~` becomes `~7E`, so that no two users become one.
    pub escapes_bars: bool,
}

/// Where in a token, or in what an application answers, the identities of each type are. Without a
/// place there are none.
#[derive(Debug, Clone)]
pub struct TypeClaims {
    /// `JWT_IDENTITY_CLAIM`, `SESSION_IDENTITY_PATH`
    pub user: ClaimPath,
    /// `JWT_ORGANIZATION_CLAIM`, `SESSION_ORGANIZATION_PATH`
    pub organization: Option<ClaimPath>,
    /// `JWT_TEAM_CLAIM`, `SESSION_TEAM_PATH`
    pub team: Option<ClaimPath>,
    /// `JWT_PROJECT_CLAIM`, `SESSION_PROJECT_PATH`
    pub project: Option<ClaimPath>,
}

/// The source `access`.
#[derive(Debug)]
pub struct Access {
    /// The team's tokens for this application.
    pub issuer: Issuer,
    /// Whether service tokens, which stand for a program, may have AuthKit tokens.
    pub service_tokens: ServiceTokens,
}

/// `ACCESS_SERVICE_TOKENS`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceTokens {
    /// They may not.
    Refuse,
    /// Their `common_name` is the identity.
    Allow,
}

pub(super) async fn jwt<I, R>(
    question: &Question<'_, I>,
    jwt: &Jwt,
    default_type: IdentityType,
    trusting: Trusting<'_>,
    runtime: &R,
) -> Result<Found, CallerFault>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let Some(token) = jwt_credential(question, jwt)? else {
        return Ok(None);
    };
    let claims = jwt
        .issuer
        .verify(&token, trusting, question.deadline, runtime)
        .await
        .map_err(CallerFault::Token)?;
    let wish = Wish::of(question)?;
    let identity_type = wish.identity_type.unwrap_or(default_type);
    let held = jwt.claims.held(identity_type, &claims);
    let held = held.map_err(CallerFault::Token)?;
    // Users wish for what they are called where they signed in.
    let chosen = wish.choose(held, identity_type)?;
    let written = if jwt.escapes_bars {
        escape(&chosen)
    } else {
        chosen
    };
    Ok(Some((written, identity_type, Some(claims.expires()))))
}

pub(super) async fn access<I, R>(
    question: &Question<'_, I>,
    access: &Access,
    trusting: Trusting<'_>,
    runtime: &R,
) -> Result<Found, CallerFault>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let assertion = question.request.header(ACCESS_HEADER);
    let token = match assertion.filter(|text| !text.is_empty()) {
        Some(token) => token,
        None => match cookie_token(question, ACCESS_COOKIE, CookieForm::Token)? {
            Some(token) => token,
            None => return Ok(None),
        },
    };
    check_same_origin(question)?;
    let claims = access
        .issuer
        .verify(&token, trusting, question.deadline, runtime)
        .await
        .map_err(CallerFault::Token)?;
    let mut held = claims.names("sub");
    // A service token has an empty `sub`.
    if held == Ok(Vec::new()) && access.service_tokens == ServiceTokens::Allow {
        held = claims.names("common_name");
    }
    let held = held.map_err(CallerFault::Token)?;
    let wish = Wish::of(question)?;
    if wish
        .identity_type
        .is_some_and(|asked| asked != IdentityType::User)
    {
        return Err(CallerFault::NotTheirs);
    }
    let chosen = wish.choose(held, IdentityType::User)?;
    Ok(Some((chosen, IdentityType::User, Some(claims.expires()))))
}

/// Whether a grant comes with the request.
pub(super) fn brings_grant(question: &Question<'_, impl Incoming>) -> bool {
    let text = question.request.header(GRANT_HEADER);
    text.is_some_and(|text| !text.is_empty())
}

// An isolate compiles a function when it first calls it; without grants it need not do this one.
#[inline(never)]
pub(super) fn grant<I: Incoming>(
    question: &Question<'_, I>,
    keys: &GrantKeys,
    runtime: &impl Runtime,
) -> Result<Found, CallerFault> {
    let text = question.request.header(GRANT_HEADER);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let grant = keys
        .check(&text, question.target.origin, runtime.now())
        .map_err(CallerFault::Grant)?;
    let mut wish = Wish::of(question)?;
    if wish
        .identity_type
        .is_some_and(|asked| asked != grant.identity_type)
    {
        return Err(CallerFault::NotTheirs);
    }
    // Whoever wishes need not know how the grant has it written. It gives what it holds and no more.
    let written = wish.identity.as_deref().map(escape);
    if written.as_ref() == Some(&grant.identity) {
        wish.identity = None;
    }
    let chosen = wish.choose(vec![grant.identity], grant.identity_type)?;
    Ok(Some((chosen, grant.identity_type, None)))
}

/// The token of a request: the bearer token, else that of the first cookie that is there.
fn jwt_credential<I: Incoming>(
    question: &Question<'_, I>,
    jwt: &Jwt,
) -> Result<Option<String>, CallerFault> {
    let authorization = question.request.header("authorization");
    if let Some(bearer) = authorization.as_deref().and_then(bearer).transpose()? {
        return Ok(Some(bearer.to_owned()));
    }
    for name in &jwt.cookies {
        let token = cookie_token(question, name, jwt.cookie_form)?;
        if token.is_some() {
            check_same_origin(question)?;
            return Ok(token);
        }
    }
    Ok(None)
}

/// RFC 6750 §2.1: the scheme in any case, then one token. Another scheme is another credential,
/// not ours to judge.
fn bearer(authorization: &str) -> Option<Result<&str, CallerFault>> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    if authorization.len() > MAX_HEADER_BYTES {
        return Some(Err(CallerFault::Token(TokenFault::TooLarge)));
    }
    let token = token.trim_matches(' ');
    let one = !token.is_empty() && !token.contains([' ', ',', '\t']);
    Some(if one {
        Ok(token)
    } else {
        Err(CallerFault::Authorization)
    })
}

fn cookie_token<I: Incoming>(
    question: &Question<'_, I>,
    name: &str,
    form: CookieForm,
) -> Result<Option<String>, CallerFault> {
    let header = question.request.header("cookie");
    header.map_or(Ok(None), |header| form.read(&header, name))
}

/// Which of their identities a verified caller asks for, in the body or the query. It chooses
/// among what the credential holds and adds nothing to it.
pub(super) struct Wish {
    identity: Option<String>,
    pub(super) identity_type: Option<IdentityType>,
}

impl Wish {
    pub(super) fn of<I: Incoming>(question: &Question<'_, I>) -> Result<Self, CallerFault> {
        let fields = question.body.or_query(question.target.query);
        let fields = fields.map_err(CallerFault::Fields)?;
        let identity_type = fields
            .identity_type
            .map(|name| IdentityType::parse(&name).ok_or(CallerFault::IdentityType));
        Ok(Self {
            identity: fields.identity,
            identity_type: identity_type.transpose()?,
        })
    }

    /// The one of `held` that is meant.
    pub(super) fn choose(
        self,
        mut held: Vec<String>,
        kind: IdentityType,
    ) -> Result<String, CallerFault> {
        if held.is_empty() {
            // Every token must say whose it is; what else they are a member of, it need not.
            return Err(match kind {
                IdentityType::User => CallerFault::Token(TokenFault::NoSubject),
                _ => CallerFault::NotTheirs,
            });
        }
        match self.identity {
            Some(asked) if held.contains(&asked) => Ok(asked),
            Some(_) => Err(CallerFault::NotTheirs),
            None if held.len() == 1 => Ok(held.swap_remove(0)),
            None => Err(CallerFault::Unspecified),
        }
    }
}

impl TypeClaims {
    /// The identities of a type that a token holds. It holds none for whoever is nobody: without a
    /// user it is a program's, whatever organization it names.
    fn held(&self, kind: IdentityType, claims: &Claims) -> Result<Vec<String>, TokenFault> {
        let user = claims.identities(&self.user)?;
        match kind {
            _ if user.is_empty() => Err(TokenFault::NoSubject),
            IdentityType::User => Ok(user),
            kind => self
                .of(kind)
                .map_or(Ok(Vec::new()), |path| claims.identities(path)),
        }
    }

    /// Where the identities of a type are.
    pub(super) fn of(&self, kind: IdentityType) -> Option<&ClaimPath> {
        match kind {
            IdentityType::User => Some(&self.user),
            IdentityType::Organization => self.organization.as_ref(),
            IdentityType::Team => self.team.as_ref(),
            IdentityType::Project => self.project.as_ref(),
        }
    }
}

/// Writes `|`, which the upstream keeps for itself, as `~7C`, and `~` as `~7E`.
pub(super) fn escape(identity: &str) -> String {
    identity.replace('~', "~7E").replace('|', "~7C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{CallerFault, bearer, escape};

    #[test]
    fn takes_one_bearer_token() {
        for (header, found) in [
            ("Bearer abc", Some(Ok("abc"))),
            ("bearer abc", Some(Ok("abc"))),
            ("BEARER  abc ", Some(Ok("abc"))),
            ("Bearer", Some(Err(CallerFault::Authorization))),
            ("Bearer ", Some(Err(CallerFault::Authorization))),
            ("Bearer a b", Some(Err(CallerFault::Authorization))),
            ("Bearer a, Bearer b", Some(Err(CallerFault::Authorization))),
            ("Bearer a,b", Some(Err(CallerFault::Authorization))),
            ("Basic abc", None),
            ("abc", None),
            ("BearerX abc", None),
            ("Bearer:abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), found, "{header}");
        }
    }

    proptest! {
        #[test]
        fn escapes_no_two_identities_into_one(one in any::<String>(), other in any::<String>()) {
            assert!(!escape(&one).contains('|'));
            assert_eq!(escape(&one) == escape(&other), one == other);
        }
    }
}
