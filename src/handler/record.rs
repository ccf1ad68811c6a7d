//! The one log line of a request.

use serde::Serialize;

use crate::json;

/// What is logged: these fields and no others, so nothing private gets in by accident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Found in the answer's `x-request-id` too.
    pub request_id: String,
    /// The trace that the request is part of, if its `traceparent` names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Which route it was.
    pub route: Route,
    /// Status of the answer.
    pub status: u16,
    /// `code` of an error answer, `ok` of any other.
    pub code: &'static str,
    /// Why it is an error, in more words than the caller was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What CORS made of the request's `Origin`: `none`, `same-origin`, `allowed` or `refused`. A
    /// browser hides answers that were refused, so this is where to look when it shows a network
    /// error.
    pub cors: &'static str,
    /// Milliseconds from the request to the answer.
    pub duration_ms: u64,
    /// How many of these it took to find out who is calling; the issuer's keys may be loaded then.
    pub identity_ms: u64,
    /// How many the upstream took.
    pub upstream_ms: u64,
    /// Tries of upstream calls, the flags included.
    pub upstream_attempts: u32,
    /// Pages that arrived.
    pub upstream_pages: u32,
    /// By what One's support finds a call of these: the last that failed, else the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_correlation_id: Option<String>,
    /// How many connections the answer has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// `next` when the key that replaces the other is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_key: Option<&'static str>,
    /// Where the identity came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<&'static str>,
    /// What it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_type: Option<&'static str>,
    /// Its pseudonym.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// `failed` when a rate limiter did not count the request, which went on nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiter: Option<&'static str>,
    /// `new` for the first request of an isolate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolate: Option<&'static str>,
    /// Where the issuer's keys came from: `memory`, `issuer`, or `note` where the upstream was asked by
    /// noted keys while the issuer was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<&'static str>,
    /// What came of the look for a note of the list's length: `hit`, `miss`, `late` or `bad`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// A probable mistake at the host of the request, and what to set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl Record {
    /// The line, as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::text(self)
    }

    /// The value of `Server-Timing` (<https://www.w3.org/TR/server-timing/>): what a browser's
    /// developer tools show of the time that the answer took.
    #[must_use]
    pub fn server_timing(&self) -> String {
        format!(
            "identity;dur={}, upstream;dur={}, total;dur={}",
            self.identity_ms, self.upstream_ms, self.duration_ms
        )
    }

    /// The record as a data point of Workers Analytics Engine, as JSON. Queries go by position, so a
    /// new value is added at an end and none is ever moved; `docs/observability.md` has the table.
    #[must_use]
    pub fn data_point(&self) -> String {
        #[derive(Serialize)]
        struct DataPoint<'a> {
            indexes: [&'a str; 1],
            blobs: [&'a str; 6],
            doubles: [u64; 6],
        }
        let point = DataPoint {
            // What is sampled by when there is much.
            indexes: [self.route.as_str()],
            blobs: [
                self.code,
                self.reason.as_deref().unwrap_or_default(),
                self.cors,
                self.identity_source.unwrap_or_default(),
                self.identity_type.unwrap_or_default(),
                self.identity.as_deref().unwrap_or_default(),
            ],
            doubles: [
                self.status.into(),
                self.duration_ms,
                self.identity_ms,
                self.upstream_ms,
                self.upstream_attempts.into(),
                self.upstream_pages.into(),
            ],
        };
        json::text(&point)
    }
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Route {
    /// A token.
    Token,
    /// A grant.
    Grant,
    /// Somebody's connections.
    Connections,
    /// The end of one.
    Disconnect,
    /// A browser's question whether it may ask for one.
    Preflight,
    /// Whether the Worker is there.
    Health,
    /// What is wrong with the deployment.
    DeepCheck,
    /// The description of the routes.
    OpenApi,
    /// Nothing that is here.
    Unknown,
}

impl From<Route> for &'static str {
    fn from(route: Route) -> Self {
        route.as_str()
    }
}

impl Route {
    /// The name as the log has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Grant => "grant",
            Self::Connections => "connections",
            Self::Disconnect => "disconnect",
            Self::Preflight => "preflight",
            Self::Health => "health",
            Self::DeepCheck => "deep_check",
            Self::OpenApi => "openapi",
            Self::Unknown => "unknown",
        }
    }
}
