//! The one log line of a request.

use serde::Serialize;

/// What is logged: these fields and no others, so nothing private gets in by accident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Found in the answer's `x-request-id` too.
    pub request_id: String,
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
    /// Tries of upstream calls, the flags included.
    pub upstream_attempts: u32,
    /// Pages that arrived.
    pub upstream_pages: u32,
    /// Where the identity came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<&'static str>,
    /// What it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_type: Option<&'static str>,
    /// Its pseudonym.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

impl Record {
    /// The line, as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// A token.
    Token,
    /// A grant.
    Grant,
    /// A browser's question whether it may ask for one.
    Preflight,
    /// Nothing that is here.
    Unknown,
}
