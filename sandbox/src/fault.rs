//! Faults: ways in which an upstream misbehaves, as data.

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};

/// One misbehaviour and the calls it applies to.
///
/// When several faults match a call, the delays of all matching [`FaultKind::Latency`] add up, and
/// the first matching fault of any other kind decides the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which route it applies to.
    #[serde(default)]
    pub target: Target,
    /// Only for token and vault calls that ask for this page; absent means for every call.
    #[serde(default)]
    pub page: Option<u64>,
    /// Only for the first so many matching calls since the settings were set; absent means always.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault of every token call.
    #[must_use]
    pub fn token(kind: FaultKind) -> Self {
        Self::new(Target::Token, kind)
    }

    /// A fault of every flags call.
    #[must_use]
    pub fn flags(kind: FaultKind) -> Self {
        Self::new(Target::Flags, kind)
    }

    /// A fault of every load of the issuer's keys.
    #[must_use]
    pub fn keys(kind: FaultKind) -> Self {
        Self::new(Target::Keys, kind)
    }

    /// A fault of every call to `target`.
    #[must_use]
    pub fn new(target: Target, kind: FaultKind) -> Self {
        Self {
            target,
            page: None,
            times: None,
            kind,
        }
    }

    /// The same fault for token calls of one page only.
    #[must_use]
    pub fn on_page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }

    /// The same fault for the first `times` matching calls only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Whether it applies to a call of `target` (token, flags or keys) for `page`.
    pub(crate) fn matches(&self, target: Target, page: Option<u64>) -> bool {
        let any = self.target == Target::Any && matches!(target, Target::Token | Target::Flags);
        (any || self.target == target) && (self.page.is_none() || self.page == page)
    }

    /// Says what is wrong with values that no HTTP answer could carry.
    pub(crate) fn validate(&self) -> Result<(), String> {
        match &self.kind {
            FaultKind::Status {
                status,
                retry_after,
                rate_limit_reset,
            } => {
                if !(200..=599).contains(status) {
                    return Err(format!("status {status} is not within 200 to 599"));
                }
                let headers = [retry_after, rate_limit_reset];
                headers.into_iter().flatten().try_for_each(|v| header(v))
            }
            FaultKind::Redirect { status, location } => {
                if !(300..=399).contains(status) {
                    return Err(format!("redirect status {status} is not within 300 to 399"));
                }
                header(location)
            }
            FaultKind::SlowBody { chunk_bytes: 0, .. } => {
                Err("chunk_bytes must be at least 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn header(value: &str) -> Result<(), String> {
    match HeaderValue::from_str(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("{value:?} cannot be a header value")),
    }
}

/// The calls a fault applies to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// `POST /v1/authkit` and `POST /v1/authkit/token`.
    Token,
    /// `GET /v1/users/flags`.
    Flags,
    /// The loads of the issuer's keys.
    Keys,
    /// `GET /v1/vault/connections`.
    Vault,
    /// `DELETE /v1/vault/connections/{id}`, which is not done then.
    Delete,
    /// The same, which is done all the same: only its answer goes wrong.
    Deleted,
    /// Token and flags.
    #[default]
    Any,
}

/// What happens to a call. Error bodies carry [`crate::DETAIL_MARKER`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The usual answer, later.
    Latency {
        /// Delay before the first byte of the answer.
        ms: u64,
    },
    /// An error answer.
    Status {
        /// 200 to 599.
        status: u16,
        /// `Retry-After`, in any spelling.
        retry_after: Option<String>,
        /// `x-pica-rate-limit-reset`, together with `-limit: 100` and `-remainings: 0`.
        rate_limit_reset: Option<String>,
    },
    /// The TCP connection is aborted (RST) without an answer.
    Reset,
    /// The TCP connection is closed properly, without an answer.
    CloseEarly,
    /// The request is read and never answered.
    Hang,
    /// Head and first half of the body, then silence.
    HangBody,
    /// The body drips.
    SlowBody {
        /// Bytes at a time, at least 1.
        chunk_bytes: u32,
        /// Pause before every chunk but the first.
        delay_ms: u64,
    },
    /// Head with the full `Content-Length`, first half of the body, then a proper close.
    Truncated,
    /// 200 with an HTML page.
    NotJson,
    /// 200 with JSON of another shape than promised.
    WrongShape(WrongShape),
    /// A redirect.
    Redirect {
        /// 300 to 399.
        status: u16,
        /// For instance `/_sandbox/trap`, which records who follows.
        location: String,
    },
    /// A valid token answer of a given size, made while it is sent.
    Oversized {
        /// Size of the body. A size too small for valid JSON is exceeded a little.
        bytes: u64,
        /// Whether `Content-Length` announces the size; else the body is chunked.
        content_length: bool,
    },
    /// A valid token answer within spaces, as gzip, compressed while it is sent.
    ZipBomb {
        /// Size once decompressed.
        bytes: u64,
    },
}

/// Ways in which the JSON of an answer is not what was promised.
///
/// The flags answer has no rows and pages: there the kinds about those make `authkitWhitelist` a
/// string. An issuer's keys have none either: there they leave out `keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongShape {
    /// `[{…}]` instead of `{…}`.
    ArrayInsteadOfObject,
    /// No `rows`.
    RowsMissing,
    /// `rows` is an object.
    RowsNotArray,
    /// No `pages`.
    PagesMissing,
    /// `pages` is `"3"`.
    PagesString,
    /// `pages` is `-3`.
    PagesNegative,
    /// `pages` is `2.5`.
    PagesFractional,
    /// `rows` twice, the second time empty.
    DuplicateRows,
    /// 200 and no body at all.
    EmptyBody,
}
