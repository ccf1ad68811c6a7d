//! From what went wrong to what the caller is told.
//!
//! [`Refusal`] says all there is to say, for the log. [`Refusal::wire`] is the one place that
//! makes an answer of it: an exhaustive `match`, so no reason gets out by accident.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::caller::CallerFault;
use crate::config::ConfigFault;
use crate::cors::METHODS;
use crate::identity::IdentityFault;
use crate::limits::{MAX_IDENTITY_BYTES, MAX_REQUEST_BODY_BYTES, ROWS_PER_PAGE};
use crate::request_body::BodyFault;
use crate::response::{Headers, Response};
use crate::target::QueryFault;
use crate::upstream::UpstreamFault;
use crate::upstream::page::PageFault;

/// Why a request got no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No route has that path.
    Path,
    /// The route takes other methods.
    Method,
    /// The query is malformed.
    Query(QueryFault),
    /// The body is malformed.
    Body(BodyFault),
    /// Nobody, or nobody acceptable, was identified.
    Caller(CallerFault),
    /// The deployment is not configured.
    Config(ConfigFault),
    /// The upstream gave no token.
    Upstream(UpstreamFault),
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
const NO_TOKEN: &str = "Failed to generate token";

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
            Self::Method => WireError {
                header: Some(("allow", METHODS.into())),
                ..plain(
                    405,
                    "Method not allowed",
                    "method_not_allowed",
                    "This route takes POST requests.",
                )
            },
            Self::Query(fault) => query(*fault),
            Self::Body(fault) | Self::Caller(CallerFault::Body(fault)) => body(*fault),
            Self::Caller(fault) => caller(*fault),
            Self::Config(_) => plain(
                503,
                NO_TOKEN,
                "misconfigured",
                "This endpoint is not configured yet. Its log says what to set.",
            ),
            Self::Upstream(fault) => upstream(*fault),
        }
    }

    /// The inner reason, for the log: no secret, no upstream text, no identity.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Config(fault) => fault.to_string().into(),
            Self::Upstream(fault) => upstream_reason(*fault),
            Self::Path | Self::Method | Self::Query(_) | Self::Body(_) | Self::Caller(_) => {
                self.wire().message
            }
        }
    }

    /// The answer, without the headers that every answer has.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response {
        let wire = self.wire();
        let mut headers = Headers::default();
        headers.set("content-type", "application/json");
        if let Some((name, value)) = wire.header {
            headers.set(name, value);
        }
        let body = ErrorBody {
            error: wire.error,
            message: &wire.message,
            code: wire.code,
            request_id,
        };
        Response {
            status: wire.status,
            headers,
            // Four strings always serialize.
            body: serde_json::to_vec(&body).unwrap_or_default(),
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
            format!("`limit` must be given once, as a whole number from 1 to {ROWS_PER_PAGE}."),
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
        BodyFault::Broken => plain(400, BAD_REQUEST, "invalid_body", "The body ended early."),
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
            format!("`{name}` must be one string."),
        ),
    }
}

fn caller(fault: CallerFault) -> WireError {
    match fault {
        CallerFault::NoCallerKey => unauthorized("The request does not prove who sends it."),
        CallerFault::WrongCallerKey => unauthorized("The request's key is not the right one."),
        CallerFault::NoIdentity => unauthorized("The request does not say whom it is for."),
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
                    "The identity may not have control characters or `|`.".into()
                }
                IdentityFault::Folded => "The identity may not have spaces or colons.".into(),
            },
        ),
        CallerFault::IdentityType => plain(
            400,
            BAD_REQUEST,
            "invalid_identity_type",
            "`identityType` must be user, team, organization or project.",
        ),
        CallerFault::Body(fault) => body(fault),
    }
}

fn unauthorized(message: &'static str) -> WireError {
    WireError {
        // RFC 9110 §11.6.1 wants a challenge with every 401. No registered scheme is true here.
        header: Some(("www-authenticate", r#"AuthKit realm="authkit-edge""#.into())),
        ..plain(401, UNAUTHORIZED, "unauthenticated", message)
    }
}

fn upstream(fault: UpstreamFault) -> WireError {
    match fault {
        UpstreamFault::RateLimited(wait) => WireError {
            header: Some(("retry-after", whole_seconds(wait).to_string().into())),
            ..plain(
                429,
                NO_TOKEN,
                "rate_limited",
                "Too many requests at the moment. Please try again in a while.",
            )
        },
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
            "The integration service did not give a token. Please try again later.",
        ),
    }
}

/// Rounded up: a caller that comes back a moment early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn upstream_reason(fault: UpstreamFault) -> Cow<'static, str> {
    match fault {
        UpstreamFault::Status(401 | 403) => {
            "upstream refused the secret key: check the key binding and its environment".into()
        }
        UpstreamFault::Status(404) => {
            "upstream answered 404: check AUTHKIT_PROVIDER and AUTHKIT_BASE_URL".into()
        }
        UpstreamFault::Status(status) | UpstreamFault::Unavailable(status, _) => {
            format!("upstream answered {status}").into()
        }
        UpstreamFault::Redirect(status) => {
            format!("upstream answered {status}: redirects are not followed").into()
        }
        UpstreamFault::RateLimited(_) => "upstream answered 429".into(),
        UpstreamFault::Network => "upstream not reached, or the connection broke".into(),
        UpstreamFault::Malformed(PageFault::NotAnObject) => {
            "upstream body is not a JSON object".into()
        }
        UpstreamFault::Malformed(PageFault::NoRows) => "upstream body has no array `rows`".into(),
        UpstreamFault::Malformed(PageFault::NoPageCount) => {
            "upstream body has no whole number `pages`".into()
        }
        UpstreamFault::TooLarge => "upstream body is larger than the limit".into(),
        UpstreamFault::TooManyPages => "upstream claims more pages than the limit".into(),
        UpstreamFault::Timeout => "upstream did not answer within the deadline".into(),
    }
}
