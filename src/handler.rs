//! The way of a request, from its head to its answer.
//!
//! 1. route and method; a preflight is answered here, before anything is asked of it
//! 2. configuration: without one nothing goes further
//! 3. query and body
//! 4. identity
//! 5. the upstream
//!
//! Every way out passes [`handle`], which adds what every answer has: CORS, the request id,
//! `Cache-Control`. No call goes upstream for a request that is refused before step 5.

use crate::caller::Caller;
use crate::config::{Config, Service};
use crate::cors::{METHODS, Verdict};
use crate::error::Refusal;
use crate::limits::MAX_REQUEST_ID_BYTES;
use crate::record::{Record, Route};
use crate::request_body::RequestBody;
use crate::response::{Headers, Response};
use crate::runtime::{Incoming, Method, Runtime};
use crate::target::{Selection, TOKEN_PATH, Target};
use crate::upstream::client::Client;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub response: Response,
    /// The log line.
    pub record: Record,
}

/// Answers one request. There is always an answer, and it always has its CORS headers.
pub async fn handle<I, R>(config: &Config, request: &I, runtime: &R) -> Outcome
where
    I: Incoming,
    R: Runtime,
{
    let started = runtime.now();
    let request_id = request_id(request, runtime);
    let mut trace = Trace::default();
    let (route, result) = answer(config, request, runtime, &mut trace).await;

    let refusal = result.as_ref().err().cloned();
    let mut response = result.unwrap_or_else(|refusal| refusal.into_response(&request_id));
    let origin = request.header("origin");
    let verdict = config.cors.apply(origin.as_deref(), &mut response.headers);
    response.headers.set("cache-control", "no-store");
    response.headers.set("x-content-type-options", "nosniff");
    response.headers.set("x-request-id", request_id.clone());

    let record = Record {
        request_id,
        route,
        status: response.status,
        code: refusal.as_ref().map_or("ok", |refusal| refusal.wire().code),
        reason: refusal.map(|refusal| refusal.reason().into_owned()),
        cors: match verdict {
            Verdict::Absent => "none",
            Verdict::Allowed => "allowed",
            Verdict::Refused => "refused",
        },
        duration_ms: started
            .until(runtime.now())
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX),
        upstream_attempts: trace.attempts,
        upstream_pages: trace.pages,
        identity_source: trace.identity_source,
        identity_type: trace.identity_type,
        identity: trace.identity,
    };
    Outcome { response, record }
}

/// What the log wants to know of a request, noted on its way.
#[derive(Default)]
struct Trace {
    attempts: u32,
    pages: u32,
    identity_source: Option<&'static str>,
    identity_type: Option<&'static str>,
    identity: Option<String>,
}

async fn answer<I, R>(
    config: &Config,
    request: &I,
    runtime: &R,
    trace: &mut Trace,
) -> (Route, Result<Response, Refusal>)
where
    I: Incoming,
    R: Runtime,
{
    let url = request.url();
    let target = Target::parse(&url);
    if target.path != TOKEN_PATH {
        return (Route::Unknown, Err(Refusal::Path));
    }
    match request.method() {
        Method::Options => (Route::Preflight, Ok(preflight(config))),
        Method::Post => {
            let result = token(config, request, target.query, runtime, trace).await;
            (Route::Token, result)
        }
        Method::Get | Method::Other => (Route::Token, Err(Refusal::Method)),
    }
}

/// The answer to `OPTIONS`. A browser asks without credentials, so neither identity nor
/// configuration can be a condition.
fn preflight(config: &Config) -> Response {
    let mut headers = Headers::default();
    headers.set("allow", METHODS);
    config.cors.apply_preflight(&mut headers);
    Response {
        status: 204,
        headers,
        body: Vec::new(),
    }
}

async fn token<I, R>(
    config: &Config,
    request: &I,
    query: &str,
    runtime: &R,
    trace: &mut Trace,
) -> Result<Response, Refusal>
where
    I: Incoming,
    R: Runtime,
{
    let service = config
        .service
        .as_ref()
        .map_err(|fault| Refusal::Config(fault.clone()))?;
    let selection = Selection::parse(query).map_err(Refusal::Query)?;
    let body = RequestBody::read(request).await.map_err(Refusal::Body)?;
    let caller = service
        .callers
        .identify(request, &body)
        .map_err(Refusal::Caller)?;
    trace.note_caller(service, &caller);

    let client = Client::new(runtime, &service.endpoint, service.upstream_deadline);
    let token = client.token(&caller, selection).await;
    trace.attempts = client.tries();
    trace.pages = client.pages();

    let mut headers = Headers::default();
    headers.set("content-type", "application/json");
    Ok(Response {
        status: 200,
        headers,
        body: token.map_err(Refusal::Upstream)?,
    })
}

impl Trace {
    fn note_caller(&mut self, service: &Service, caller: &Caller) {
        self.identity_source = Some(caller.source().as_str());
        self.identity_type = Some(caller.identity_type().as_str());
        self.identity = Some(service.pseudonyms.of(caller));
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
