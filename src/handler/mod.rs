//! The way of a request, from its head to its answer.
//!
//! 1. method and route; a preflight is answered here, before anything is asked of it
//! 2. configuration: without one nothing goes further
//! 3. https, and the query
//! 4. the client's rate limit, before anything that costs
//! 5. body
//! 6. identity, and its rate limit
//! 7. the upstream
//!
//! Every way out passes [`handle`], which adds what every answer has: CORS, the request id,
//! `Cache-Control`. No call goes upstream for a request that is refused before step 7.

pub mod doctor;
mod identify;
pub mod judgement;
pub mod record;
pub mod rehearsal;
mod trace;

use std::cell::Cell;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::caller::grant::{GRANT_HEADER, GrantKeys};
use crate::caller::{Caller, LOOP_HEADER, Purpose, Question, Unsaid};
use crate::config::{Config, Environment, Service};
use crate::error::{Challenge, Refusal};
use crate::handler::doctor::examine;
use crate::handler::identify::{Ahead, admit, identify};
use crate::handler::record::{Record, Route};
use crate::handler::trace::{Trace, millis, millis_since};
use crate::http::cors::{CorsPolicy, Verdict};
use crate::http::openapi::DOCUMENT;
use crate::http::response::{Headers, Response};
use crate::http::routes::{ConnectionId, Destination, Dialect, Methods};
use crate::http::target::{Filter, Selection, Target};
use crate::http::trace_context::TraceParent;
use crate::json;
use crate::jwt::verifier::Verifier;
use crate::limits::REQUEST_DEADLINE;
use crate::runtime::in_flight::Share;
use crate::runtime::{Incoming, Limiter, Method, Runtime, Timestamp};
use crate::upstream::client::Client;
use crate::upstream::connections::Deletion;

/// What became of a request.
#[derive(Debug)]
pub struct Outcome {
    /// The answer.
    pub response: Response,
    /// The log line.
    pub record: Record,
    /// What it holds of the isolate's memory. Dropped when the answer is gone.
    pub share: Option<Share>,
    /// Whether to [`prepare`] for the request that this one announces, after the answer.
    pub announces: bool,
}

/// Answers one request. There is always an answer, and it always has its CORS headers.
///
/// `docs/library.md`, on the front page of this documentation, shows how to call it.
pub async fn handle<I, R>(config: &Config, request: &I, runtime: &R) -> Outcome
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let mut trace = Trace::begin(request, runtime);
    let url = request.url();
    let target = Target::parse(&url);
    let (route, result) = match config.routes.find(target.path) {
        Some((to, _)) => answer(to, config, request, target, runtime, &mut trace).await,
        // A page that may not ask would not get to read that there is nothing.
        None if request.method() == Method::Options => {
            let answer = preflight(config.cors_for(None), request, Methods::Any);
            (Route::Preflight, Ok(answer))
        }
        None => (Route::Unknown, Err(Refusal::Path)),
    };
    conclude(config, request, target, runtime, trace, route, result)
}

/// The answer to a request that ended in a panic: the same form as any other.
pub fn fail<I: Incoming>(config: &Config, request: &I, runtime: &impl Runtime) -> Outcome {
    let trace = Trace::begin(request, runtime);
    let url = request.url();
    let target = Target::parse(&url);
    let found = config.routes.find(target.path);
    let route = found.map_or(Route::Unknown, |(to, _)| to.into());
    let result = Err(Refusal::Panic);
    conclude(config, request, target, runtime, trace, route, result)
}

/// What every answer has, and its log line.
fn conclude<I: Incoming>(
    config: &Config,
    request: &I,
    target: Target<'_>,
    runtime: &impl Runtime,
    trace: Trace,
    route: Route,
    result: Result<Response, Refusal>,
) -> Outcome {
    let request_id = trace.request_id;
    let found = config.routes.find(target.path);
    let dialect = found.map_or(Dialect::Own, |(_, dialect)| dialect);
    let refusal = result.as_ref().err().cloned();
    let sought = trace.sought;
    // Which credentials there may be is for the log alone, except for a developer.
    let told = sought
        .as_deref()
        .filter(|_| config.environment == Environment::Development);
    let mut response =
        result.unwrap_or_else(|refusal| refusal.into_response(dialect, &request_id, told));
    let origin = request.header("origin");
    let cors = config.cors_for(found.map(|(to, _)| to));
    let verdict = cors.apply(origin.as_deref(), &mut response.headers);
    response.headers.set("cache-control", "no-store");
    response.headers.set("x-content-type-options", "nosniff");
    response.headers.set("x-request-id", request_id.clone());
    for set_cookie in trace.set_cookies {
        response.headers.append("set-cookie", set_cookie);
    }

    let record = Record {
        request_id,
        trace_id: trace.parent.map(|parent| parent.trace_id().to_owned()),
        route,
        status: response.status,
        code: match &refusal {
            Some(refusal) => refusal.wire().code,
            // The deep check has found something.
            None if response.status == 503 => "failing",
            None => "ok",
        },
        reason: sought.or_else(|| refusal.map(|refusal| refusal.reason().into_owned())),
        cors: match verdict {
            Verdict::Absent => "none",
            Verdict::Allowed => "allowed",
            // A page of our own origin needs no leave to read the answer. Behind a proxy that has
            // changed the host, its browser says that it is one.
            Verdict::Refused
                if origin.as_deref() == Some(target.origin)
                    || request.header("sec-fetch-site").as_deref() == Some("same-origin") =>
            {
                "same-origin"
            }
            Verdict::Refused => "refused",
        },
        duration_ms: millis_since(trace.started, runtime),
        identity_ms: trace.identity_ms,
        upstream_ms: trace.upstream_ms,
        upstream_attempts: trace.usage.tries,
        upstream_pages: trace.usage.pages,
        upstream_correlation_id: trace.usage.correlation_id,
        connections: trace.connections,
        upstream_key: trace.uses_next_key.then_some("next"),
        identity_source: trace.identity_source,
        identity_type: trace.identity_type,
        identity: trace.identity,
        limiter: trace.limiter_failed.then_some("failed"),
        isolate: config.in_flight.is_new().then_some("new"),
        keys: trace.keys,
        note: trace.note,
        warning: config.warning_at(&target).map(|fault| fault.to_string()),
    };
    if matches!(&config.service, Ok(service) if service.server_timing) {
        // Its times, and the browser's own of this request, are for pages that may read the answer.
        let allowed = response.headers.get("access-control-allow-origin");
        if let Some(origin) = allowed.map(str::to_owned) {
            response.headers.set("timing-allow-origin", origin);
        }
        response
            .headers
            .set("server-timing", record.server_timing());
    }
    Outcome {
        response,
        record,
        share: trace.share,
        announces: route == Route::Preflight && found.is_some_and(|(to, _)| to.is_for_somebody()),
    }
}

async fn answer<I, R>(
    to: Destination,
    config: &Config,
    request: &I,
    target: Target<'_>,
    runtime: &R,
    trace: &mut Trace,
) -> (Route, Result<Response, Refusal>)
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let route = to.into();
    let (method, methods) = (request.method(), to.methods());
    if method == Method::Options {
        let cors = config.cors_for(Some(to));
        let answer = preflight(cors, request, methods);
        return (Route::Preflight, Ok(answer));
    }
    if request.header(LOOP_HEADER).is_some() {
        return (route, Err(Refusal::Loop));
    }
    if !methods.contain(method) {
        return (route, Err(Refusal::Method(methods)));
    }
    let result = match to {
        Destination::Token
        | Destination::Grant
        | Destination::Connections
        | Destination::Connection => {
            Box::pin(serve(to, config, request, target, runtime, trace)).await
        }
        Destination::Health => Ok(ok(br#"{"status":"ok"}"#.to_vec())),
        Destination::DeepCheck => {
            Box::pin(deep_check(config, request, target, runtime, trace)).await
        }
        #[cfg(feature = "openapi")]
        Destination::OpenApi => Ok(ok(DOCUMENT.into())),
        #[cfg(not(feature = "openapi"))]
        Destination::OpenApi => Err(Refusal::Path),
    };
    // A route that this deployment does not have is no route.
    let absent = result == Err(Refusal::Path);
    (if absent { Route::Unknown } else { route }, result)
}

/// The answer to `OPTIONS`. A browser asks without credentials, so neither identity nor
/// configuration can be a condition.
fn preflight(cors: &CorsPolicy, request: &impl Incoming, methods: Methods) -> Response {
    let mut headers = Headers::default();
    // Where there is no route, pages may read that, but no method is allowed.
    if methods != Methods::Any {
        headers.set("allow", methods.as_str());
    }
    cors.apply_preflight(methods, request, &mut headers);
    Response {
        status: 204,
        headers,
        body: Vec::new(),
    }
}

/// What an identified caller is to get.
enum Task<'a> {
    Token(Selection),
    Grant(&'a GrantKeys),
    /// Their connections.
    List(Filter),
    /// The end of one of them.
    Disconnect(ConnectionId<'a>),
}

impl Task<'_> {
    fn purpose(&self) -> Purpose {
        match self {
            Self::Token(_) => Purpose::Token,
            Self::Grant(_) => Purpose::Grant,
            Self::List(_) | Self::Disconnect(_) => Purpose::Connections,
        }
    }
}

/// The routes that are for somebody: whoever is identified gets what that identity may have.
///
/// One way for all of them, so that none of them leaves a step out.
async fn serve<I, R>(
    to: Destination,
    config: &Config,
    request: &I,
    target: Target<'_>,
    runtime: &R,
    trace: &mut Trace,
) -> Result<Response, Refusal>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let service = configured(config)?;
    let grant_keys = service.callers.grant_keys();
    if to == Destination::Grant && grant_keys.is_none() {
        return Err(Refusal::Path);
    }
    check_transport(config, request, target)?;
    let task = match to {
        Destination::Grant => Task::Grant(grant_keys.ok_or(Refusal::Path)?),
        Destination::Connections => {
            Task::List(Filter::parse(target.query).map_err(Refusal::Query)?)
        }
        Destination::Connection => {
            Task::Disconnect(ConnectionId::of_path(target.path).ok_or(Refusal::Path)?)
        }
        Destination::Token
        | Destination::Health
        | Destination::DeepCheck
        | Destination::OpenApi => {
            let most = service.endpoint.provider.most_rows();
            Task::Token(Selection::parse(target.query, most).map_err(Refusal::Query)?)
        }
    };
    let purpose = task.purpose();
    let body = admit(purpose, config, service, request, runtime, trace).await?;
    let wanted = match &task {
        Task::Token(selection) => Some(*selection),
        Task::Grant(_) | Task::List(_) | Task::Disconnect(_) => None,
    };
    let deadline = trace.deadline(service);
    let request_id = trace.request_id.clone();
    let question = Question {
        request,
        target,
        body: &body,
        request_id: &request_id,
        room: &config.in_flight.upstream,
        deadline,
        waits: &Cell::new(false),
        unsaid: unsaid(config.environment),
    };
    let identified = identify(purpose, wanted, config, service, &question, runtime, trace);
    let (caller, ahead) = identified.await?;
    if let Task::Grant(keys) = task {
        return Ok(grant(keys, &caller, target, runtime));
    }
    if let Some(Ahead {
        token,
        upstream,
        usage,
    }) = ahead
    {
        trace.used(usage, &upstream, service, runtime);
        let token = token.map_err(Refusal::Upstream)?;
        trace.share = Some(upstream.share);
        return Ok(ok(token));
    }

    let upstream = Upstream::begin(config, service, deadline, runtime);
    let client = upstream.client(service, trace.parent.as_ref(), runtime);
    let result = match task {
        Task::Token(selection) => {
            let policy = service.integrations.as_ref();
            let token = client.token(&caller, selection, policy).await;
            token.map(ok).map_err(Refusal::Upstream)
        }
        #[cfg(not(feature = "connections"))]
        Task::List(_) | Task::Disconnect(_) => Err(Refusal::Path),
        #[cfg(feature = "connections")]
        Task::List(filter) => match client.connections(&caller).await {
            Ok(vault) => {
                let listing = vault.list(&filter);
                trace.connections = Some(listing.total);
                Ok(ok(listing.body))
            }
            Err(fault) => Err(Refusal::Vault(fault)),
        },
        #[cfg(feature = "connections")]
        Task::Disconnect(id) => match client.disconnect(&caller, id).await {
            Ok(Deletion::Done) => Ok(Response {
                status: 204,
                headers: Headers::default(),
                body: Vec::new(),
            }),
            Ok(Deletion::Absent) => Err(Refusal::Connection),
            Err(fault) => Err(Refusal::Vault(fault)),
        },
        // Given above.
        Task::Grant(_) => Err(Refusal::Path),
    };
    let usage = client.usage();
    trace.used(usage, &upstream, service, runtime);
    let response = result?;
    trace.share = Some(upstream.share);
    Ok(response)
}

/// The upstream's part of a request: since when, until when, and what it holds.
struct Upstream {
    begun: Timestamp,
    within: Duration,
    share: Share,
}

impl Upstream {
    fn begin(
        config: &Config,
        service: &Service,
        deadline: Timestamp,
        runtime: &impl Runtime,
    ) -> Self {
        let begun = runtime.now();
        Self {
            begun,
            within: service.upstream_deadline.min(begun.until(deadline)),
            share: config.in_flight.upstream.open(begun),
        }
    }

    fn client<'a, R: Runtime>(
        &'a self,
        service: &'a Service,
        parent: Option<&'a TraceParent>,
        runtime: &'a R,
    ) -> Client<'a, R> {
        let endpoint = &service.endpoint;
        Client::new(runtime, endpoint, parent, &self.share, self.within)
    }
}

/// What can be got before the request comes that a preflight has announced: the keys and the note that
/// it would have to wait for. The preflight's answer does not.
pub async fn prepare(config: &Config, runtime: &impl Runtime) {
    #[cfg(feature = "notes")]
    if let Ok(service) = &config.service {
        service.callers.load_keys_ahead(runtime).await;
        service.endpoint.recall_pages_once(runtime).await;
    }
}

/// A note that says who the caller is, for the widget to carry.
fn grant(
    keys: &GrantKeys,
    caller: &Caller,
    target: Target<'_>,
    runtime: &impl Runtime,
) -> Response {
    let now = runtime.now();
    let (grant, expires_at) = keys.issue(
        caller.identity().as_str(),
        caller.identity_type(),
        target.origin,
        now,
        caller.holds_until(),
    );
    let body = GrantBody {
        headers: GrantHeaders(&grant),
        grant: &grant,
        expires_at,
        expires_in: expires_at.saturating_sub(now.0 / 1000),
    };
    ok(json::text(&body).into_bytes())
}

#[derive(Serialize)]
struct GrantBody<'a> {
    /// Goes into the widget's `token.headers` as it is.
    headers: GrantHeaders<'a>,
    grant: &'a str,
    /// Seconds since the Unix epoch.
    expires_at: u64,
    /// Seconds from now on, for a page whose clock is not ours.
    expires_in: u64,
}

struct GrantHeaders<'a>(&'a str);

impl Serialize for GrantHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(GRANT_HEADER, self.0)])
    }
}

/// The deep check: whoever has the key is told what is wrong. Who has bound none has no such route.
///
/// Whoever asks is counted, with the right key and without: each check costs upstream calls, and each
/// wrong key may be a guess.
async fn deep_check<I, R>(
    config: &Config,
    request: &I,
    target: Target<'_>,
    runtime: &R,
    trace: &mut Trace,
) -> Result<Response, Refusal>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let keys = config.caller_keys.as_ref().ok_or(Refusal::Path)?;
    check_transport(config, request, target)?;
    let deadline = trace.started.after(REQUEST_DEADLINE);
    let limits = config.rate_limits;
    let count = limits.count_client(request, deadline, runtime).await;
    trace.judge(Limiter::Client, count)?;
    let checked = keys.check(request);
    checked.map_err(|fault| Refusal::Caller(fault, Challenge::Own))?;
    let report = examine(config, request, target, runtime).await;
    let response = Response {
        status: if report.is_failing() { 503 } else { 200 },
        ..ok(report.to_json())
    };
    trace.usage = report.usage;
    trace.upstream_ms = millis(report.took);
    Ok(response)
}

/// What counts as our own page where a browser does not say.
fn unsaid(environment: Environment) -> Unsaid {
    match environment {
        Environment::Deployed => Unsaid::Foreign,
        Environment::Development => Unsaid::OursIfNearby,
    }
}

/// What it takes to mint a token; nobody gets further without.
fn configured(config: &Config) -> Result<&Service, Refusal> {
    let service = config.service.as_ref();
    service.map_err(|faults| Refusal::Config(faults.clone()))
}

/// Refuses what everybody on the way could read: a credential, a key, the token itself. On this
/// machine there is no way, and in development nothing to read.
fn check_transport(
    config: &Config,
    request: &impl Incoming,
    target: Target<'_>,
) -> Result<(), Refusal> {
    let safe = request.is_over_tls()
        || target.is_loopback()
        || config.environment == Environment::Development;
    if safe {
        Ok(())
    } else {
        Err(Refusal::Plaintext)
    }
}

/// An answer with a JSON body.
fn ok(body: Vec<u8>) -> Response {
    let mut headers = Headers::default();
    headers.set("content-type", "application/json");
    Response {
        status: 200,
        headers,
        body,
    }
}

impl From<Destination> for Route {
    fn from(to: Destination) -> Self {
        match to {
            Destination::Token => Self::Token,
            Destination::Grant => Self::Grant,
            Destination::Connections => Self::Connections,
            Destination::Connection => Self::Disconnect,
            Destination::Health => Self::Health,
            Destination::DeepCheck => Self::DeepCheck,
            Destination::OpenApi => Self::OpenApi,
        }
    }
}
