//! What the log wants to know of a request, noted on its way.

use std::time::Duration;

use crate::caller::Caller;
use crate::config::Service;
use crate::error::Refusal;
use crate::handler::Upstream;
use crate::http::trace_context::{TRACEPARENT, TraceParent};
use crate::limits::{BESIDE_UPSTREAM, MAX_REQUEST_ID_BYTES, REQUEST_DEADLINE};
use crate::runtime::in_flight::Share;
use crate::runtime::rate_limit::Count;
use crate::runtime::{Incoming, Limiter, Runtime, Timestamp};
use crate::upstream::client::Usage;

/// It becomes the [`Record`](super::record::Record).
pub(super) struct Trace {
    pub(super) request_id: String,
    pub(super) started: Timestamp,
    pub(super) parent: Option<TraceParent>,
    pub(super) identity_ms: u64,
    pub(super) upstream_ms: u64,
    pub(super) usage: Usage,
    pub(super) connections: Option<u32>,
    pub(super) uses_next_key: bool,
    pub(super) identity_source: Option<&'static str>,
    pub(super) identity_type: Option<&'static str>,
    pub(super) identity: Option<String>,
    pub(super) limiter_failed: bool,
    /// Where the issuer's keys came from.
    pub(super) keys: Option<&'static str>,
    /// What came of the note, where it was looked for.
    pub(super) note: Option<&'static str>,
    /// What a request without a credential lacks.
    pub(super) sought: Option<String>,
    /// What the application sets, for the caller.
    pub(super) set_cookies: Vec<String>,
    pub(super) share: Option<Share>,
}

impl Trace {
    pub(super) fn begin(request: &impl Incoming, runtime: &impl Runtime) -> Self {
        let parent = request.header(TRACEPARENT);
        Self {
            request_id: request_id(request, runtime),
            started: request.received().unwrap_or_else(|| runtime.now()),
            parent: parent.and_then(|text| TraceParent::parse(&text)),
            identity_ms: 0,
            upstream_ms: 0,
            usage: Usage::default(),
            connections: None,
            uses_next_key: false,
            identity_source: None,
            identity_type: None,
            identity: None,
            limiter_failed: false,
            keys: None,
            note: None,
            sought: None,
            set_cookies: Vec::new(),
            share: None,
        }
    }

    /// When the answer must be there. The upstream has its own time beside it where that was set longer.
    pub(super) fn deadline(&self, service: &Service) -> Timestamp {
        let whole = REQUEST_DEADLINE.max(service.upstream_deadline + BESIDE_UPSTREAM);
        self.started.after(whole)
    }

    /// Notes what was used of the upstream.
    pub(super) fn used(
        &mut self,
        usage: Usage,
        upstream: &Upstream,
        service: &Service,
        runtime: &impl Runtime,
    ) {
        self.usage = usage;
        self.upstream_ms = millis_since(upstream.begun, runtime);
        let account = &service.endpoint.account;
        self.uses_next_key = account.uses_next_key();
        self.note = account.take_word();
    }

    /// Notes who is calling, and gives the pseudonym.
    pub(super) fn note_caller(&mut self, service: &Service, caller: &Caller) -> &str {
        self.identity_source = Some(caller.source().as_str());
        self.identity_type = Some(caller.identity_type().as_str());
        self.identity.insert(service.pseudonyms.of(caller))
    }

    /// Refuses what a limiter has counted as one too many, and notes when it did not count.
    pub(super) fn judge(&mut self, limiter: Limiter, count: Count) -> Result<(), Refusal> {
        match count {
            Count::Within => Ok(()),
            Count::Above => Err(Refusal::RateLimit(limiter)),
            Count::Unknown => {
                self.limiter_failed = true;
                Ok(())
            }
        }
    }
}

/// The caller's `x-request-id` if it is one that can go into a log, else a fresh one.
fn request_id(request: &impl Incoming, runtime: &impl Runtime) -> String {
    let safe = |text: &String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MAX_REQUEST_ID_BYTES).contains(&text.len()) && text.bytes().all(plain)
    };
    let given = request.header("x-request-id");
    given.filter(safe).unwrap_or_else(|| runtime.uuid())
}

pub(super) fn millis_since(begun: Timestamp, runtime: &impl Runtime) -> u64 {
    millis(begun.until(runtime.now()))
}

pub(super) fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
