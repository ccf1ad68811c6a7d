//! From a plan to bytes on the wire.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use tokio::time::sleep;

use crate::body::{Script, Step, Zip, gzip};
use crate::envelope::{self, DETAIL_MARKER};
use crate::fault::{FaultKind, WrongShape};
use crate::settings::Settings;
use crate::state::Plan;
use crate::vault::fresh_id;
use crate::wire::{Ending, Link};

/// By what support finds a call.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-one-correlation-id");

/// An answer that is not yet cut up, compressed or spoilt.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<Bytes>,
}

impl Answer {
    /// A JSON answer.
    pub(crate) fn json(status: StatusCode, body: Vec<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        Self {
            status,
            headers,
            body,
        }
    }

    /// A JSON error with the marker sentence in it.
    pub(crate) fn error(status: StatusCode, message: &str) -> Self {
        let id = fresh_id();
        let body = envelope::error(status.as_u16(), message, &id);
        Self::json(status, vec![body]).with(CORRELATION_ID, &id)
    }

    /// 200 without a body.
    pub(crate) fn empty() -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header whose value the settings were checked for.
    fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// Answers one call as planned. `normal` makes the answer that a healthy API gives.
pub(crate) async fn give(
    plan: Plan,
    link: Arc<Link>,
    normal: impl Fn(Option<WrongShape>) -> Answer,
) -> Response<Body> {
    if !plan.latency.is_zero() {
        sleep(plan.latency).await;
    }
    let settings = &plan.settings;
    let Some(fault) = plan.fault else {
        return whole(normal(None), settings, link);
    };
    match fault {
        FaultKind::Latency { .. } => whole(normal(None), settings, link),
        FaultKind::Status {
            status,
            retry_after,
            rate_limit_reset,
        } => whole(
            refusal(status, retry_after, rate_limit_reset),
            settings,
            link,
        ),
        FaultKind::Reset => ended(&link, Ending::Reset).await,
        FaultKind::CloseEarly => ended(&link, Ending::Close).await,
        FaultKind::Hang => pending().await,
        FaultKind::HangBody => half(normal(None), Step::Silence, settings, link),
        FaultKind::Truncated => half(normal(None), Step::Close, settings, link),
        FaultKind::SlowBody {
            chunk_bytes,
            delay_ms,
        } => {
            let delay = Duration::from_millis(delay_ms);
            dripping(normal(None), chunk_bytes, delay, settings, link)
        }
        FaultKind::NotJson => whole(html(), settings, link),
        FaultKind::WrongShape(wrong) => whole(normal(Some(wrong)), settings, link),
        FaultKind::Redirect { status, location } => {
            let answer = Answer::error(status_code(status), "Moved");
            whole(answer.with(header::LOCATION, &location), settings, link)
        }
        FaultKind::Oversized {
            bytes,
            content_length,
        } => oversized(bytes, content_length, link),
        FaultKind::ZipBomb { bytes } => {
            let json = joined(&normal(None).body);
            let zip = Step::Zip(Box::new(Zip::new(json, bytes)));
            let answer = Answer::json(StatusCode::OK, Vec::new());
            let answer = answer.with(header::CONTENT_ENCODING, "gzip");
            respond(answer, Script::new([zip], None, link))
        }
    }
}

async fn ended(link: &Link, ending: Ending) -> Response<Body> {
    link.end(ending);
    // The connection drops this future.
    pending().await
}

fn refusal(status: u16, retry_after: Option<String>, reset: Option<String>) -> Answer {
    let code = status_code(status);
    let message = match status {
        429 => "Rate limit exceeded",
        _ => "The sandbox was asked to fail",
    };
    let mut answer = Answer::error(code, message);
    if let Some(value) = retry_after {
        answer = answer.with(header::RETRY_AFTER, &value);
    }
    if let Some(value) = reset {
        // "remainings" is how the API's open-source part spells it.
        answer = answer
            .with(HeaderName::from_static("x-pica-rate-limit-limit"), "100")
            .with(HeaderName::from_static("x-pica-rate-limit-remainings"), "0")
            .with(HeaderName::from_static("x-pica-rate-limit-reset"), &value);
    }
    answer
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn html() -> Answer {
    let page = format!("<!doctype html><title>Gateway</title><h1>{DETAIL_MARKER}</h1>");
    let answer = Answer::json(StatusCode::OK, vec![page.into()]);
    answer.with(header::CONTENT_TYPE, "text/html; charset=utf-8")
}

/// A valid answer of exactly `bytes` bytes, by way of one row with a long string.
fn oversized(bytes: u64, content_length: bool, link: Arc<Link>) -> Response<Body> {
    const HEAD: &str = r#"{"rows":[{"id":1,"type":"big","title":"Big","padding":""#;
    const TAIL: &str = r#""}],"total":1,"pages":1,"page":1,"requestId":1}"#;
    let least = (HEAD.len() + TAIL.len()) as u64;
    let fill = bytes.saturating_sub(least);
    let steps = [
        Step::Data(HEAD.into()),
        Step::Fill(b'x', fill),
        Step::Data(TAIL.into()),
    ];
    let declared = content_length.then_some(least + fill);
    let answer = Answer::json(StatusCode::OK, Vec::new());
    respond(answer, Script::new(steps, declared, link))
}

/// The answer as it is.
fn whole(answer: Answer, settings: &Settings, link: Arc<Link>) -> Response<Body> {
    let answer = dressed(answer, settings);
    let length = length(&answer.body);
    let declared = (!settings.chunked).then_some(length);
    let steps: Vec<Step> = answer.body.iter().cloned().map(Step::Data).collect();
    respond(answer, Script::new(steps, declared, link))
}

/// Half of the answer, and `then` instead of the rest.
fn half(answer: Answer, then: Step, settings: &Settings, link: Arc<Link>) -> Response<Body> {
    let answer = dressed(answer, settings);
    let body = joined(&answer.body);
    let declared = (!settings.chunked).then_some(body.len() as u64);
    let steps = [Step::Data(body.slice(..body.len() / 2)), then];
    respond(answer, Script::new(steps, declared, link))
}

fn dripping(
    answer: Answer,
    chunk_bytes: u32,
    delay: Duration,
    settings: &Settings,
    link: Arc<Link>,
) -> Response<Body> {
    let answer = dressed(answer, settings);
    let mut body = joined(&answer.body);
    let declared = (!settings.chunked).then_some(body.len() as u64);
    let size = usize::try_from(chunk_bytes).unwrap_or(usize::MAX).max(1);
    let mut steps = Vec::new();
    while !body.is_empty() {
        if !steps.is_empty() {
            steps.push(Step::Pause(delay));
        }
        steps.push(Step::Data(body.split_to(size.min(body.len()))));
    }
    respond(answer, Script::new(steps, declared, link))
}

/// Indents and compresses as the settings say.
fn dressed(mut answer: Answer, settings: &Settings) -> Answer {
    if settings.pretty {
        answer.body = vec![envelope::indent(&joined(&answer.body)).into()];
    }
    if settings.gzip
        && let Ok(zipped) = gzip(&joined(&answer.body))
    {
        answer.body = vec![zipped];
        return answer.with(header::CONTENT_ENCODING, "gzip");
    }
    answer
}

fn length(pieces: &[Bytes]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

fn joined(pieces: &[Bytes]) -> Bytes {
    if let [only] = pieces {
        return only.clone();
    }
    let mut all = BytesMut::new();
    for piece in pieces {
        all.extend_from_slice(piece);
    }
    all.freeze()
}

fn respond(answer: Answer, script: Script) -> Response<Body> {
    let mut response = Response::new(Body::new(script));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
