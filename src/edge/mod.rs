//! The adapter: converts between Workers and the core, and decides nothing.
//!
//! A Worker calls [`answer`] for the requests that it routes here: `worker/` does for all of them,
//! `examples/mounted-worker` for some.

mod body;
mod rehearsal;
mod runtime;
mod verifier;

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use js_sys::{JSON, Object, Promise, PromiseWithResolvers, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::spawn_local;
use worker::worker_sys::AnalyticsEngineDataset;
use worker::{Env, console_log};

use crate::config::Config;
use crate::config::deployment::Deployment;
use crate::handler::record::Record;
use crate::handler::{Outcome, fail, handle, prepare};
use crate::http::response::Response;
use crate::runtime::in_flight::Allowance;
use crate::runtime::{Incoming, Message, Method, ReadError, Runtime, Timestamp};

pub use rehearsal::rehearse;
pub use runtime::{Edge, EdgeReply};

thread_local! {
    static DEPLOYMENT: Rc<Deployment> = Rc::default();
}

/// The binding of a Workers Analytics Engine dataset, which every request then leaves a data point
/// in. It may be absent.
const ANALYTICS: &str = "AUTHKIT_ANALYTICS";

/// Answers a request, logs its line and writes its data point.
///
/// It runs to its end, by its own deadlines, whether or not the client is still there.
pub async fn answer(request: web_sys::Request, env: &Env) -> web_sys::Response {
    let life = Life::begin();
    let edge = Edge::new(env);
    let request = EdgeRequest::new(request, &edge);
    let edge = edge.keeping_notes_at(&request.url);
    let deployment = DEPLOYMENT.with(Rc::clone);
    let (config, outcome) = judge(&deployment, &request, &edge).await;
    if outcome.announces {
        let (env, url) = (env.clone(), request.url);
        spawn_local(async move {
            let _life = life;
            prepare(&config, &Edge::new(&env).keeping_notes_at(&url)).await;
        });
    }
    finish(&outcome, env)
}

/// What becomes of a request to a deployment. Boxed, so that the Worker has the code of it once.
fn judge<'a>(
    deployment: &'a Deployment,
    request: &'a EdgeRequest,
    edge: &'a Edge<'_>,
) -> LocalBoxFuture<'a, (Rc<Config>, Outcome)> {
    Box::pin(async move {
        let config = deployment.config(edge).await;
        let outcome = handle(&config, request, edge).await;
        (config, outcome)
    })
}

/// Answers a request that ended in a panic. `worker/entry.js` asks a fresh instance for it, where
/// nothing is known but the variables; the answer has CORS and its log line like any other.
#[wasm_bindgen(js_name = answerFailed)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript hands it over")]
pub fn answer_failed(request: web_sys::Request, env: Env) -> web_sys::Response {
    let edge = Edge::new(&env);
    let config = DEPLOYMENT.with(Rc::clone).config_at_hand(&edge);
    finish(
        &fail(&config, &EdgeRequest::new(request, &edge), &edge),
        &env,
    )
}

fn finish(outcome: &Outcome, env: &Env) -> web_sys::Response {
    console_log!("{}", outcome.record.to_json());
    // An answer is worth more than its data point.
    let _ = write(&outcome.record, env);
    // The core makes no response that the Fetch API refuses. That this is no `Result` spares the
    // Worker all that `worker` would do with an error.
    to_js(&outcome.response).unwrap_or_else(|_| web_sys::Response::error())
}

#[wasm_bindgen(module = "cloudflare:workers")]
extern "C" {
    #[wasm_bindgen(catch, js_name = waitUntil)]
    fn wait_until(promise: &Promise) -> Result<(), JsValue>;
}

/// Keeps a request going. When a client resets its connection, the runtime drops the request: no
/// promise that it waits for is ever settled, and what it holds is never given back. It does not as
/// long as `waitUntil` has a promise of it that is pending, which this one is until it is dropped.
/// <https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil>
struct Life(PromiseWithResolvers);

impl Life {
    fn begin() -> Self {
        let life = Promise::with_resolvers();
        // Where the runtime refuses, the request lives as long as its client.
        let _ = wait_until(&life.promise());
        Self(life)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self
            .0
            .resolve()
            .call1(&JsValue::UNDEFINED, &JsValue::UNDEFINED);
    }
}

fn property(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &JsValue::from_str(name))
}

fn object(members: &[(&str, &str)]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value))?;
    }
    Ok(object)
}

/// Hands a data point to the Analytics Engine, which neither waits nor answers.
fn write(record: &Record, env: &Env) -> Result<(), JsValue> {
    let dataset: AnalyticsEngineDataset = property(env, ANALYTICS)?.unchecked_into();
    if dataset.is_undefined() {
        return Ok(());
    }
    let point = JSON::parse(&record.data_point())?;
    dataset.write_data_point(point.unchecked_into())
}

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = answer)]
    fn new_response(
        status: u16,
        headers: &str,
        body: Option<Uint8Array>,
    ) -> Result<web_sys::Response, JsValue>;
}

fn to_js(response: &Response) -> Result<web_sys::Response, JsValue> {
    let headers = joined(response.headers.iter())?;
    let body = (!response.body.is_empty()).then(|| Uint8Array::from(response.body.as_slice()));
    new_response(response.status, &headers, body)
}

/// Headers as one text for `glue.js`, so that they cross to JavaScript at once.
///
/// # Errors
/// A NUL in one of them, where the Fetch API would have refused it.
fn joined<'h>(headers: impl Iterator<Item = (&'static str, &'h str)>) -> Result<String, JsValue> {
    let mut joined = String::new();
    for (name, value) in headers {
        if value.contains('\0') {
            return Err(JsValue::UNDEFINED);
        }
        for part in [name, "\0", value, "\0"] {
            joined.push_str(part);
        }
    }
    Ok(joined)
}

/// The Fetch API's request. Its headers and URL are asked for often, and its getters only once.
struct EdgeRequest {
    request: web_sys::Request,
    headers: web_sys::Headers,
    url: String,
    received: Timestamp,
}

impl EdgeRequest {
    fn new(request: web_sys::Request, edge: &Edge<'_>) -> Self {
        Self {
            headers: request.headers(),
            url: request.url(),
            received: edge.now(),
            request,
        }
    }
}

impl Message for EdgeRequest {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        body::read(self.request.body(), &self.headers, allowance).await
    }
}

impl Incoming for EdgeRequest {
    fn method(&self) -> Method {
        match self.request.method().as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => Method::Other,
        }
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    fn received(&self) -> Option<Timestamp> {
        Some(self.received)
    }
}
