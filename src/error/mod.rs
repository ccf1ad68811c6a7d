//! From what went wrong to what the caller is told.
//!
//! [`Refusal`] says all there is to say, for the log. [`Refusal::wire`] is the one place that
//! makes an answer of it: an exhaustive `match`, so no reason gets out by accident. A
//! [`Dialect`] words it for front ends that were written for another server.

mod dialect;
mod reason;

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::caller::{CallerFault, SessionFault};
use crate::config::ConfigFault;
use crate::error::dialect::{Detail, NO_TOKEN};
use crate::http::cookie::CookieFault;
use crate::http::request_body::BodyFault;
use crate::http::response::{Headers, Response};
use crate::http::routes::{Dialect, Methods};
use crate::http::target::QueryFault;
use crate::identity::IdentityFault;
use crate::json;
use crate::jwt::TokenFault;
use crate::limits::{
    BUSY_RETRY_AFTER, LIMITER_RETRY_AFTER, MAX_FILTER_CHARS, MAX_HEADER_BYTES, MAX_IDENTITY_BYTES,
    MAX_REQUEST_BODY_BYTES, REQUEST_BODY_TIMEOUT,
};
use crate::runtime::Limiter;
use crate::upstream::UpstreamFault;

/// Why a request got no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No route has that path.
    Path,
    /// The route takes other methods: these.
    Method(Methods),
    /// It is a question of ours to the application, which has come back to us.
    Loop,
    /// It came over plain http, where everybody on the way reads it.
    Plaintext,
    /// A rate limit of this deployment is reached.
    RateLimit(Limiter),
    /// The query is malformed.
    Query(QueryFault),
    /// The body is malformed.
    Body(BodyFault),
    /// No caller was identified, or not one who may have this.
    Caller(CallerFault, Challenge),
    /// The deployment is not configured: all that is wrong.
    Config(Vec<ConfigFault>),
    /// The upstream gave no token.
    Upstream(UpstreamFault),
    /// It did not do what it was asked with connections.
    Vault(UpstreamFault),
    /// The caller has no such connection, whoever has one.
    Connection,
    /// The code that should have answered panicked.
    Panic,
}

/// What a 401 asks for (RFC 9110 §11.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// A bearer token (RFC 6750 §3).
    Bearer,
    /// Something of our own: no registered scheme is true of a grant, a header or a key.
    Own,
}

/// What a caller is told: part of the API, so a change here is a change of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// HTTP status code.
    pub status: u16,
    /// `error`: the text of Pica's samples where they have one.
    pub error: &'static str,
    /// `code`: stable, for programs.
    pub code: &'static str,
    /// `message`: for a person; the hosted widget shows it.
    pub message: Cow<'static, str>,
    /// A header that belongs to the status.
    pub header: Option<(&'static str, Cow<'static, str>)>,
}

const UNAUTHORIZED: &str = "Unauthorized";
const BAD_REQUEST: &str = "Bad request";
const FORBIDDEN: &str = "Forbidden";
const NO_CONNECTIONS: &str = "Failed to reach connections";

impl Refusal {
    /// What the caller is told.
    #[must_use]
    pub fn wire(&self) -> WireError {
        match self {
            Self::Path => plain(
                404,
                "Not found",
                "not_found",
                "There is nothing at this path.",
            ),
            Self::Method(methods) => WireError {
                header: Some(("allow", methods.as_str().into())),
                ..plain(
                    405,
                    "Method not allowed",
                    "method_not_allowed",
                    match methods {
                        Methods::Post => "This route takes POST requests.",
                        Methods::Get | Methods::Any => "This route takes GET requests.",
                        Methods::Delete => "This route takes DELETE requests.",
                    },
                )
            },
            Self::Loop => plain(
                508,
                "Loop detected",
                "loop_detected",
                "The application's session is asked for at this endpoint itself: SESSION_URL leads here.",
            ),
            Self::Plaintext => plain(
                403,
                FORBIDDEN,
                "https_required",
                "This needs https: use an address that begins with https://.",
            ),
            Self::RateLimit(_) => WireError {
                header: Some(retry_after(LIMITER_RETRY_AFTER)),
                ..plain(
                    429,
                    "Too many requests",
                    "too_many_requests",
                    "Too many requests. Please try again in a minute.",
                )
            },
            Self::Query(fault) => query(*fault),
            Self::Body(fault) => body(*fault),
            Self::Caller(fault, challenge) => caller(*fault, *challenge),
            Self::Config(_) => plain(
                503,
                NO_TOKEN,
                "misconfigured",
                "This endpoint is not configured yet. Its log says what to set.",
            ),
            Self::Upstream(fault) => upstream(*fault),
            Self::Vault(fault) => WireError {
                error: NO_CONNECTIONS,
                ..upstream(*fault)
            },
            Self::Connection => plain(
                404,
                "Not found",
                "not_found",
                "You have no such connection, or not any more.",
            ),
            Self::Panic => plain(
                500,
                NO_TOKEN,
                "internal_error",
                "Something went wrong here. Please try again.",
            ),
        }
    }

    /// The answer, without the headers that every answer has; with another message for whoever may
    /// know more than a caller.
    #[must_use]
    pub fn into_response(self, dialect: Dialect, request_id: &str, told: Option<&str>) -> Response {
        let mut wire = self.wire();
        if let Some(told) = told {
            wire.message = told.to_owned().into();
        }
        let mut headers = Headers::default();
        headers.set("content-type", "application/json");
        if let Some((name, value)) = &wire.header {
            headers.set(name, value.clone());
        }
        let body = ErrorBody {
            error: dialect.error(wire.error),
            message: &wire.message,
            code: wire.code,
            request_id,
            detail: dialect.detail(&self, &wire),
        };
        Response {
            status: dialect.status(&self, wire.status),
            headers,
            body: json::text(&body).into_bytes(),
        }
    }
}

/// The widget shows `message` when it is a string and shows nothing at all when it gets an object
/// there, so it is always there and always a string.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    message: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

fn plain(
    status: u16,
    error: &'static str,
    code: &'static str,
    message: impl Into<Cow<'static, str>>,
) -> WireError {
    WireError {
        status,
        error,
        code,
        message: message.into(),
        header: None,
    }
}

fn query(fault: QueryFault) -> WireError {
    match fault {
        QueryFault::Page => plain(
            400,
            BAD_REQUEST,
            "invalid_page",
            "`page` must be given once, as a whole number from 1.",
        ),
        QueryFault::Limit => plain(
            400,
            BAD_REQUEST,
            "invalid_limit",
            "`limit` must be given once, as a whole number.",
        ),
        QueryFault::Filter(name) => plain(
            400,
            BAD_REQUEST,
            "invalid_filter",
            format!("`{name}` must be given once, as 1 to {MAX_FILTER_CHARS} characters of UTF-8."),
        ),
    }
}

fn body(fault: BodyFault) -> WireError {
    match fault {
        BodyFault::TooLarge => plain(
            413,
            "Payload too large",
            "body_too_large",
            format!("The body may have at most {MAX_REQUEST_BODY_BYTES} bytes."),
        ),
        BodyFault::MediaType => plain(
            415,
            "Unsupported media type",
            "unsupported_media_type",
            "Send the body as `Content-Type: application/json`.",
        ),
        BodyFault::TooSlow => plain(
            408,
            "Request timeout",
            "body_timeout",
            format!(
                "The body did not arrive within {} seconds.",
                REQUEST_BODY_TIMEOUT.as_secs()
            ),
        ),
        BodyFault::NoRoom => busy(),
        BodyFault::Broken => plain(400, BAD_REQUEST, "invalid_body", "The body ended early."),
        BodyFault::Syntax => plain(400, BAD_REQUEST, "invalid_body", "The body must be JSON."),
        BodyFault::NotAnObject => plain(
            400,
            BAD_REQUEST,
            "invalid_body",
            "The body must be a JSON object, or empty.",
        ),
        BodyFault::Field(name) => plain(
            400,
            BAD_REQUEST,
            "invalid_body",
            format!("`{name}` must be a string, given once."),
        ),
    }
}

fn caller(fault: CallerFault, challenge: Challenge) -> WireError {
    match fault {
        CallerFault::NoCredential => unauthorized(
            challenge,
            "unauthenticated",
            "The request has no credential. Please sign in.",
        ),
        CallerFault::NoCallerKey | CallerFault::WrongCallerKey => unauthorized(
            challenge,
            "unauthenticated",
            "The request does not prove that a trusted server sent it.",
        ),
        CallerFault::Token(TokenFault::KeysUnavailable(wait) | TokenFault::UnknownKey(wait)) => {
            WireError {
                header: Some(retry_after(wait)),
                ..plain(
                    503,
                    NO_TOKEN,
                    "keys_unavailable",
                    "Sign-ins cannot be checked right now. Please try again later.",
                )
            }
        }
        // No sign-in makes it shorter. RFC 6585 §5: say which header.
        CallerFault::Cookie(CookieFault::TooLarge) => header_too_large("`Cookie`"),
        CallerFault::Token(TokenFault::TooLarge) => header_too_large("with the token"),
        CallerFault::Session(fault) => session(fault, challenge),
        // Which check failed is for the log alone: whoever forges tokens need not know.
        CallerFault::Token(_)
        | CallerFault::Authorization
        | CallerFault::Cookie(CookieFault::Twice | CookieFault::Malformed)
        | CallerFault::Grant(_) => unauthorized(
            challenge,
            "invalid_token",
            "The sign-in is not valid. Please sign in again.",
        ),
        CallerFault::CrossSite => plain(
            403,
            FORBIDDEN,
            "cross_site",
            "Only a page of the same origin may request this.",
        ),
        CallerFault::GrantNotAccepted => plain(
            403,
            FORBIDDEN,
            "grant_not_accepted",
            "A grant is for tokens alone. Send the credential that it was got with.",
        ),
        CallerFault::NotTheirs => plain(
            403,
            FORBIDDEN,
            "forbidden_identity",
            "That identity does not belong to the signed-in user.",
        ),
        CallerFault::Unspecified => plain(
            400,
            BAD_REQUEST,
            "invalid_identity",
            "The signed-in user has several identities of that type: say which in `identity`.",
        ),
        CallerFault::Identity(fault) => plain(
            400,
            BAD_REQUEST,
            "invalid_identity",
            match fault {
                IdentityFault::Empty => Cow::from("The identity is empty."),
                IdentityFault::TooLong => {
                    format!("The identity may have at most {MAX_IDENTITY_BYTES} bytes.").into()
                }
                IdentityFault::Forbidden => {
                    "The identity must not contain control or invisible characters or `|`.".into()
                }
                IdentityFault::Folded => "The identity must not contain spaces or colons.".into(),
            },
        ),
        CallerFault::HeaderTwice => plain(
            400,
            BAD_REQUEST,
            "invalid_identity",
            "The identity header was sent twice, or contains a comma and a space.",
        ),
        CallerFault::IdentityType => plain(
            400,
            BAD_REQUEST,
            "invalid_identity_type",
            "`identityType` must be user, team, organization or project.",
        ),
        CallerFault::Fields(fault) => body(fault),
    }
}

fn header_too_large(which: &str) -> WireError {
    plain(
        431,
        "Request header fields too large",
        "header_too_large",
        format!("The header {which} may have at most {MAX_HEADER_BYTES} bytes."),
    )
}

/// What fails between us and the application is no fault of the caller's, so it is no 401: whoever gets
/// one signs in again, which would not help.
fn session(fault: SessionFault, challenge: Challenge) -> WireError {
    match fault {
        SessionFault::Cookie(CookieFault::TooLarge) => header_too_large("`Cookie`"),
        SessionFault::Cookie(CookieFault::Twice | CookieFault::Malformed) => plain(
            400,
            BAD_REQUEST,
            "invalid_cookie",
            "The cookie of the session is there twice, or broken. Delete the cookies of this site and \
             sign in again.",
        ),
        SessionFault::SignedOut(_) => unauthorized(
            challenge,
            "session_signed_out",
            "Nobody is signed in, or not any more. Please sign in.",
        ),
        SessionFault::Redirect(_) => unauthorized(
            challenge,
            "session_redirect",
            "Nobody is signed in: the application asks for a sign-in. Please sign in.",
        ),
        SessionFault::RateLimited(wait) => WireError {
            header: Some(retry_after(wait)),
            ..plain(
                503,
                NO_TOKEN,
                "session_limited",
                "The application was asked too often who is signed in. Please try again in a while.",
            )
        },
        SessionFault::NoRoom => busy(),
        SessionFault::Timeout => plain(
            504,
            NO_TOKEN,
            "session_timeout",
            "The application took too long to say who is signed in. Please try again.",
        ),
        SessionFault::Failed(_) | SessionFault::Network | SessionFault::TooLarge => plain(
            502,
            NO_TOKEN,
            "session_failed",
            "The application did not say who is signed in. Please try again later.",
        ),
        SessionFault::Misconfigured(_) => plain(
            502,
            NO_TOKEN,
            "session_misconfigured",
            "SESSION_URL is not where the application says who is signed in. The log says what to set.",
        ),
        SessionFault::Unreadable(_) => plain(
            502,
            NO_TOKEN,
            "session_unreadable",
            "The application does not say who is signed in as it should. The log says what to set.",
        ),
    }
}

/// RFC 6750 §3: no error code when there was no credential at all.
fn unauthorized(challenge: Challenge, code: &'static str, message: &'static str) -> WireError {
    let challenge = match (challenge, code) {
        (Challenge::Own, _) => r#"AuthKit realm="authkit-edge""#,
        (Challenge::Bearer, "invalid_token") => {
            r#"Bearer realm="authkit-edge", error="invalid_token""#
        }
        (Challenge::Bearer, _) => r#"Bearer realm="authkit-edge""#,
    };
    WireError {
        header: Some(("www-authenticate", challenge.into())),
        ..plain(401, UNAUTHORIZED, code, message)
    }
}

fn upstream(fault: UpstreamFault) -> WireError {
    match fault {
        UpstreamFault::RateLimited(wait) | UpstreamFault::Shed(wait) => WireError {
            header: Some(retry_after(wait)),
            ..plain(
                429,
                NO_TOKEN,
                "rate_limited",
                "Too many requests right now. Please try again later.",
            )
        },
        UpstreamFault::NoRoom => busy(),
        UpstreamFault::Timeout => plain(
            504,
            NO_TOKEN,
            "upstream_timeout",
            "The integration service took too long to answer. Please try again.",
        ),
        // A refused key is our fault and not the caller's, so it is no 401 either.
        UpstreamFault::Status(_)
        | UpstreamFault::Redirect(_)
        | UpstreamFault::Unavailable(..)
        | UpstreamFault::Network
        | UpstreamFault::Malformed(_)
        | UpstreamFault::TooLarge
        | UpstreamFault::TooManyPages => plain(
            502,
            NO_TOKEN,
            "upstream_failed",
            "The integration service did not do its part. Please try again later.",
        ),
    }
}

/// Others hold what memory there is.
fn busy() -> WireError {
    WireError {
        header: Some(retry_after(BUSY_RETRY_AFTER)),
        ..plain(
            503,
            NO_TOKEN,
            "busy",
            "The server is busy. Please try again in a second.",
        )
    }
}

/// Rounded up: a caller that comes back a moment early is refused again.
fn retry_after(wait: Duration) -> (&'static str, Cow<'static, str>) {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    ("retry-after", seconds.to_string().into())
}
