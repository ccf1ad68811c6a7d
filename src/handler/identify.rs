//! Who is calling: from the client's rate limit over the body to the identity and its rate limit, and
//! the token that can be got meanwhile.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};

use futures_util::future::maybe_done;

use crate::caller::{Caller, CallerFault, Presumed, Purpose, Question, SourceName};
use crate::config::{Config, Service};
use crate::error::{Challenge, Refusal};
use crate::handler::Upstream;
use crate::handler::trace::{Trace, millis_since};
use crate::http::request_body::{MediaType, RequestBody};
use crate::http::target::Selection;
use crate::jwt::verifier::Verifier;
use crate::runtime::{Incoming, Limiter, Runtime};
use crate::upstream::UpstreamFault;
use crate::upstream::client::Usage;

/// Reads the body, where there is to be one, as long as the client does not ask too often.
pub(super) async fn admit<I, R>(
    purpose: Purpose,
    config: &Config,
    service: &Service,
    request: &I,
    runtime: &R,
    trace: &mut Trace,
) -> Result<RequestBody, Refusal>
where
    I: Incoming,
    R: Runtime,
{
    let deadline = trace.deadline(service);
    let limits = config.rate_limits;
    let keys = config.caller_keys.as_ref();
    // A server of the operator's is many clients. One that runs on Workers even shares its address
    // with the Workers of everybody else.
    if keys.is_none_or(|keys| keys.check(request).is_err()) {
        let count = limits.count_client(request, deadline, runtime).await;
        trace.judge(Limiter::Client, count)?;
    }
    let media_type = match purpose {
        Purpose::Token => MediaType::Optional,
        Purpose::Grant => MediaType::Required,
        // A request that reads or deletes has no body, and one that it has all the same means nothing.
        Purpose::Connections => return Ok(RequestBody::default()),
    };
    let waiting = &config.in_flight.waiting;
    let body = RequestBody::read(request, media_type, waiting, deadline, runtime).await;
    body.map_err(Refusal::Body)
}

/// Who is calling, as long as that identity does not ask too often; and the token that is `wanted`, where
/// it was got while the issuer was asked for its keys.
pub(super) async fn identify<I, R>(
    purpose: Purpose,
    wanted: Option<Selection>,
    config: &Config,
    service: &Service,
    question: &Question<'_, I>,
    runtime: &R,
    trace: &mut Trace,
) -> Result<(Caller, Option<Ahead>), Refusal>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let begun = runtime.now();
    let is_presumed = Cell::new(false);
    let parent = trace.parent.clone();
    #[cfg(not(feature = "notes"))]
    let ahead = std::future::ready(None::<(crate::caller::Withheld<_>, Upstream, Usage)>);
    #[cfg(feature = "notes")]
    let ahead = async {
        // Looked at when the usual check has come as far as it can by itself.
        let selection = wanted.filter(|_| question.waits.get())?;
        let presumed = presume(service, question, runtime).await?;
        is_presumed.set(true);
        let upstream = Upstream::begin(config, service, question.deadline, runtime);
        let client = upstream.client(service, parent.as_ref(), runtime);
        let policy = service.integrations.as_ref();
        let token = client.token_ahead(presumed, selection, policy).await;
        let usage = client.usage();
        Some((token, upstream, usage))
    };
    let mut ahead = pin!(maybe_done(ahead));
    let identified = service
        .callers
        .identify(purpose, question, runtime, &mut trace.set_cookies);
    let (_, caller) = beside(identified, ahead.as_mut()).await;
    trace.identity_ms = millis_since(begun, runtime);
    let caller = caller.map_err(|fault| {
        if fault == CallerFault::NoCredential {
            trace.sought = Some(service.callers.sought(purpose));
        }
        refused(service, fault)
    })?;
    trace.keys = match caller.source() {
        SourceName::Jwt | SourceName::Access => {
            Some(match (question.waits.get(), is_presumed.get()) {
                (false, _) => "memory",
                (true, true) => "note",
                (true, false) => "issuer",
            })
        }
        SourceName::Header | SourceName::Body | SourceName::Session | SourceName::Grant => None,
    };
    let pseudonym = trace.note_caller(service, &caller);
    let (limits, source) = (config.rate_limits, caller.source().as_str());
    let count = limits.count_identity(source, pseudonym, question.deadline, runtime);
    let count = count.await;
    trace.judge(Limiter::Identity, count)?;

    if !is_presumed.get() {
        return Ok((caller, None));
    }
    ahead.as_mut().await;
    let ahead = ahead.as_mut().take_output().flatten();
    let ahead = ahead.and_then(|(token, upstream, usage)| {
        let token = token.release(&caller)?;
        Some(Ahead {
            token,
            upstream,
            usage,
        })
    });
    Ok((caller, ahead))
}

/// A caller's token that was got before it was certain who they are.
pub(super) struct Ahead {
    pub(super) token: Result<Vec<u8>, UpstreamFault>,
    pub(super) upstream: Upstream,
    pub(super) usage: Usage,
}

/// Who asks, by what is noted. Looked up at the same time: how many pages there are.
async fn presume<I, R>(
    service: &Service,
    question: &Question<'_, I>,
    runtime: &R,
) -> Option<Presumed>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let mut pages = pin!(maybe_done(service.endpoint.recall_pages_once(runtime)));
    let presumed = beside(service.callers.presume(question, runtime), pages.as_mut()).await;
    pages.await;
    presumed
}

/// What `first` gives. `other` begins where that has to wait, goes on meanwhile, and is not waited for.
async fn beside<T>(
    first: impl Future<Output = T>,
    mut other: Pin<&mut impl Future<Output = ()>>,
) -> T {
    let mut first = pin!(first);
    poll_fn(|context| {
        let polled = first.as_mut().poll(context);
        if polled.is_pending() {
            // Whether it is done is seen later.
            let _ = other.as_mut().poll(context);
        }
        polled
    })
    .await
}

fn refused(service: &Service, fault: CallerFault) -> Refusal {
    let challenge = if service.callers.takes_bearer_tokens() {
        Challenge::Bearer
    } else {
        Challenge::Own
    };
    Refusal::Caller(fault, challenge)
}
