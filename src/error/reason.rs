//! What the log says of a refusal: more than the caller is told, and still no secret, no upstream
//! text and no identity.

use std::borrow::Cow;

use crate::caller::grant::GrantFault;
use crate::caller::{CallerFault, SessionFault, SignedOut, Unreadable};
use crate::config::ConfigFault;
use crate::error::Refusal;
use crate::http::cookie::CookieFault;
use crate::jwt::TokenFault;
use crate::jwt::persons::{Acceptable, Nobody};
use crate::runtime::Limiter;
use crate::upstream::UpstreamFault;
use crate::upstream::page::PageFault;

impl Refusal {
    /// The inner reason, for the log: no secret, no upstream text, no identity.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Config(faults) => config_reason(faults).into(),
            Self::Upstream(fault) | Self::Vault(fault) => upstream_reason(*fault),
            Self::Caller(fault, _) => caller_reason(*fault).unwrap_or_else(|| self.wire().message),
            Self::RateLimit(Limiter::Client) => {
                "CLIENT_LIMITER: too many requests of this client".into()
            }
            Self::RateLimit(Limiter::Identity) => {
                "IDENTITY_LIMITER: too many requests of this identity".into()
            }
            Self::Panic => "the code panicked, and its instance was replaced".into(),
            Self::Loop => {
                "x-authkit-session came in: SESSION_URL, or what rewrites it, leads to this Worker"
                    .into()
            }
            Self::Plaintext => "plain http: switch on Always Use HTTPS for the zone".into(),
            Self::Path | Self::Method(_) | Self::Query(_) | Self::Body(_) | Self::Connection => {
                self.wire().message
            }
        }
    }
}

/// The first fault in full and the names of the others: the deep check has room for all of it.
fn config_reason(faults: &[ConfigFault]) -> String {
    let mut text = faults.first().map(ToString::to_string).unwrap_or_default();
    for (index, fault) in faults.iter().enumerate().skip(1) {
        text.push_str(if index == 1 { "; also wrong: " } else { ", " });
        text.push_str(fault.variable());
    }
    text
}

/// What the log says beyond what the caller was told.
fn caller_reason(fault: CallerFault) -> Option<Cow<'static, str>> {
    let text = match fault {
        CallerFault::NoCallerKey => "no x-authkit-key",
        CallerFault::WrongCallerKey => "x-authkit-key is not TRUSTED_CALLER_KEY",
        CallerFault::Authorization => "the Authorization header is not one bearer token",
        CallerFault::Cookie(fault) => cookie_reason(fault),
        CallerFault::Session(fault) => return Some(session_reason(fault)),
        CallerFault::Grant(fault) => match fault {
            GrantFault::Malformed => "grant: malformed",
            GrantFault::Signature => "grant: signed by neither GRANT_KEY nor GRANT_KEY_PREVIOUS",
            GrantFault::Audience => "grant: made for another origin",
            GrantFault::Expired => "grant: expired",
        },
        CallerFault::Token(TokenFault::Nobody(nobody)) => nobody_reason(nobody),
        CallerFault::Token(fault) => token_reason(fault),
        CallerFault::CrossSite => {
            "not from a page of the same origin; over plain http no browser says so: use https"
        }
        CallerFault::NoCredential
        | CallerFault::GrantNotAccepted
        | CallerFault::NotTheirs
        | CallerFault::Unspecified
        | CallerFault::Identity(_)
        | CallerFault::HeaderTwice
        | CallerFault::IdentityType
        | CallerFault::Fields(_) => return None,
    };
    Some(text.into())
}

fn cookie_reason(fault: CookieFault) -> &'static str {
    match fault {
        CookieFault::TooLarge => "the Cookie header is too long",
        // A library that goes from a host's own cookie to one of its domain leaves both behind.
        CookieFault::Twice => {
            "the cookie was sent twice: a neighbouring subdomain can set one, too"
        }
        CookieFault::Malformed => "the cookie has characters that no cookie has",
    }
}

fn session_reason(fault: SessionFault) -> Cow<'static, str> {
    // After "the application answered STATUS".
    let (status, rest) = match fault {
        SessionFault::SignedOut(SignedOut::Status(403)) => {
            (403, ": signed out, or a second factor is missing")
        }
        SessionFault::SignedOut(SignedOut::Status(status)) => (status, ": signed out"),
        SessionFault::Redirect(status) => (
            status,
            ": signed out, if that leads to a sign-in page; otherwise set SESSION_URL to where it \
             leads, as redirects are not followed",
        ),
        SessionFault::Misconfigured(508) => (
            508,
            ": SESSION_URL leads back to this Worker, and must lead to the application",
        ),
        SessionFault::Misconfigured(status) => (
            status,
            ": SESSION_URL must answer a GET by 200 and JSON, without a redirect",
        ),
        SessionFault::RateLimited(_) => (
            429,
            ": exempt x-authkit-session from its rate limit, or bind SESSION",
        ),
        SessionFault::Failed(status) => (status, ""),
        SessionFault::Cookie(fault) => return cookie_reason(fault).into(),
        SessionFault::SignedOut(fault) => return signed_out_reason(fault).into(),
        SessionFault::Unreadable(fault) => return unreadable_reason(fault).into(),
        SessionFault::Network => {
            return "the application was not reached at SESSION_URL, or the connection broke"
                .into();
        }
        SessionFault::TooLarge => {
            return "the application's answer is larger than the limit".into();
        }
        SessionFault::NoRoom => {
            return "the application's answer not read: other requests of this isolate hold too much"
                .into();
        }
        SessionFault::Timeout => {
            return "the application did not answer within SESSION_TIMEOUT_MS".into();
        }
    };
    format!("the application answered {status}{rest}").into()
}

fn signed_out_reason(fault: SignedOut) -> &'static str {
    match fault {
        // `session_reason` has more of it.
        SignedOut::Status(_) => "signed out",
        SignedOut::NoIdentity => {
            "the application's answer has nothing at SESSION_IDENTITY_PATH: signed out, or it is \
             another path"
        }
        SignedOut::Condition => "the application's answer is not as SESSION_REQUIRE wants it",
        SignedOut::Unverified => {
            "the application's answer names an address that is not verified (email_verified)"
        }
    }
}

fn unreadable_reason(fault: Unreadable) -> &'static str {
    match fault {
        Unreadable::MediaType => {
            "the application's answer is not application/json: SESSION_URL must not be a page"
        }
        Unreadable::Json => "the application's answer is no JSON in UTF-8 with unique names",
        Unreadable::Identity => {
            "what stands at SESSION_IDENTITY_PATH, or at the path for that type, is neither a string \
             nor a whole number up to 2^53-1"
        }
    }
}

fn token_reason(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::TooLarge => "token: longer than a header may be",
        TokenFault::Session => "token: the session cookie holds no access_token that can be read",
        TokenFault::Malformed => "token: not a compact JWS with a JSON header",
        TokenFault::Encrypted => "token: encrypted (JWE), which cannot be verified",
        TokenFault::Critical => "token: header has crit, b64 or zip",
        TokenFault::Type => "token: typ is that of another kind of token",
        TokenFault::Algorithm => "token: alg is not in JWT_ALGORITHMS",
        TokenFault::NoKey => "token: the issuer has no key for its kid and alg",
        TokenFault::AmbiguousKey => "token: several of the issuer's keys match",
        TokenFault::UnknownKey(_) => {
            "token: the keys just loaded have none for its kid and alg; they are loaded again after the cool-down"
        }
        TokenFault::KeysUnavailable(_) => {
            "the issuer's keys could not be loaded: check JWT_JWKS_URL"
        }
        TokenFault::Signature => "token: signature does not verify",
        TokenFault::Payload => "token: payload is not a JSON object with unique names",
        TokenFault::NoExpiry => "token: no exp",
        TokenFault::TimeClaim => "token: exp, nbf or iat is not a number",
        TokenFault::Expired => "token: expired",
        TokenFault::NotYetValid => "token: nbf or iat is in the future",
        TokenFault::Issuer => "token: iss is not in JWT_ISSUER",
        TokenFault::Audience => "token: aud is not in JWT_AUDIENCE",
        TokenFault::AuthorizedParty => "token: azp is not in JWT_AZP",
        // `nobody_reason` has more of it. Constants alone make a table of this match.
        TokenFault::Nobody(_) => "token: belongs to no signed-in user",
        TokenFault::Tenant => "token: firebase.tenant is not JWT_TENANT",
        TokenFault::NoSubject => "token: the identity claim is missing or empty",
        TokenFault::IdentityKind => {
            "token: the identity claim is neither a string nor a whole number below 2^53"
        }
        TokenFault::Unverified => {
            "token: the identity claim is an address that is not verified (email_verified)"
        }
    }
}

fn nobody_reason(nobody: Nobody) -> &'static str {
    match nobody {
        Nobody::Unaccepted(Acceptable::Anonymous) => {
            "token: belongs to an anonymous user; JWT_ACCEPT `anonymous` accepts these"
        }
        Nobody::Unaccepted(Acceptable::Programs) => {
            "token: belongs to a program; JWT_ACCEPT `programs` accepts these"
        }
        Nobody::Role => "token: belongs to no signed-in user, by its role",
        Nobody::Pending => "token: belongs to no signed-in user yet: the sign-in is not complete",
        Nobody::OtherClient => {
            "token: belongs to no signed-in user here: client_id is another application's"
        }
        Nobody::OtherKind => {
            "token: belongs to no signed-in user: a refresh token, or another kind that is not a session"
        }
    }
}

fn upstream_reason(fault: UpstreamFault) -> Cow<'static, str> {
    match fault {
        UpstreamFault::Status(401) => {
            "upstream refused the secret key: check the key binding and its environment".into()
        }
        UpstreamFault::Status(402) => {
            "upstream answered 402: the account's plan or its quota is used up".into()
        }
        UpstreamFault::Status(403) => {
            "upstream answered 403: the secret key lacks a permission".into()
        }
        UpstreamFault::Status(404) => {
            "upstream answered 404: check AUTHKIT_PROVIDER and AUTHKIT_BASE_URL".into()
        }
        UpstreamFault::Status(status) | UpstreamFault::Unavailable(status, _) => {
            format!("upstream answered {status}").into()
        }
        UpstreamFault::Redirect(status) => format!(
            "upstream answered {status}, and redirects are not followed: the API has moved. Check \
             AUTHKIT_BASE_URL, and whether AUTHKIT_PROVIDER has to be `one`"
        )
        .into(),
        UpstreamFault::RateLimited(_) => "upstream answered 429".into(),
        UpstreamFault::Shed(_) => "upstream not called: an earlier 429 said to wait".into(),
        UpstreamFault::Network => "upstream not reached, or the connection broke".into(),
        UpstreamFault::Malformed(PageFault::NotAnObject) => {
            "upstream body is not a JSON object".into()
        }
        UpstreamFault::Malformed(PageFault::NoRows) => "upstream body has no array `rows`".into(),
        UpstreamFault::Malformed(PageFault::NoPageCount) => {
            "upstream body has no whole number `pages`".into()
        }
        UpstreamFault::TooLarge => "upstream body is larger than the limit".into(),
        UpstreamFault::NoRoom => {
            "upstream answer not read: other requests of this isolate hold too much memory".into()
        }
        UpstreamFault::TooManyPages => "upstream claims more pages than the limit".into(),
        UpstreamFault::Timeout => "upstream did not answer within the deadline".into(),
    }
}
