//! The ports of the core on Workers: clock, chance, timers, and the Fetch API.

use std::cell::Cell;
use std::future::{Future, pending};
use std::time::Duration;

use js_sys::{Array, Date, Math, Number, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, RequestInit, WorkerGlobalScope};
use worker::wasm_bindgen_futures::{JsFuture, spawn_local};
use worker::worker_sys::{Fetcher, RateLimiter, SecretStoreSys};
use worker::{Delay, Env, console_warn};

use crate::edge::{Life, body, joined, object, property, to_js};
use crate::handler::rehearsal;
use crate::http::response::{Headers, Response};
use crate::http::target::Target;
use crate::limits::NOTE_LIFE;
use crate::runtime::in_flight::Allowance;
use crate::runtime::{
    Binding, Environment, Limiter, Message, Outgoing, ReadError, Reply, Runtime, Service,
    Timestamp, Unreachable,
};

/// Workers, as the core sees them: the platform, and what this Worker is bound to. No `Debug`: the
/// environment has the secrets.
pub struct Edge<'a> {
    env: &'a Env,
    /// Under which addresses notes are kept: `https://` and a host.
    notes_at: Option<String>,
    calls: Calls,
}

/// Where calls go.
#[derive(Clone, Copy)]
enum Calls {
    /// To where their addresses lead.
    Out,
    /// Nowhere: each gets the answer of the rehearsal. There are no timers either, no chance and no log.
    OnStage,
}

impl<'a> Edge<'a> {
    /// The place where a request with this environment is answered.
    #[must_use]
    pub fn new(env: &'a Env) -> Self {
        Self {
            env,
            notes_at: None,
            calls: Calls::Out,
        }
    }

    /// The same place without a way out, for a rehearsal.
    pub(super) fn on_stage(env: &'a Env) -> Self {
        Self {
            calls: Calls::OnStage,
            ..Self::new(env)
        }
    }

    /// The same, with notes, under the origin of a request's URL: the cache is to be asked for addresses
    /// of the Worker's own host. <https://developers.cloudflare.com/workers/runtime-apis/cache/>
    pub(super) fn keeping_notes_at(self, url: &str) -> Self {
        let origin = Target::parse(url).origin;
        Self {
            notes_at: Some(origin.to_owned()),
            ..self
        }
    }

    /// The address of a note, where no route is: whoever asks the Worker for it gets nothing.
    fn note_url(&self, name: &str) -> Result<String, JsValue> {
        let origin = self.notes_at.as_deref().ok_or(JsValue::UNDEFINED)?;
        Ok(format!("{origin}/.authkit-edge/notes/{name}"))
    }

    async fn look_up(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, JsValue> {
        let url = self.note_url(name)?;
        let found = JsFuture::from(note_cache().await?.matches(&url)).await?;
        let Ok(found) = found.dyn_into::<web_sys::Response>() else {
            return Ok(None);
        };
        let bytes = body::read(found.body(), &found.headers(), &Allowance::of(limit)).await;
        Ok(bytes.ok())
    }

    fn send(&self, request: &Prepared, url: &str) -> Result<Promise, JsValue> {
        if let Calls::OnStage = self.calls {
            return Ok(Promise::resolve(&*answer_on_stage()?).unchecked_into());
        }
        let Some(service) = request.service else {
            let promise = global().fetch_with_str_and_init(url, &request.init);
            return Ok(promise.unchecked_into());
        };
        let service: Fetcher = property(self.env, service.binding())?.unchecked_into();
        service.fetch_with_str_and_init(url, &request.init)
    }

    async fn limit(&self, limiter: Limiter, key: &str) -> Result<bool, JsValue> {
        let binding: RateLimiter = property(self.env, limiter.binding())?.unchecked_into();
        let options = object(&[("key", key)])?;
        let outcome = JsFuture::from(binding.limit(options)?).await?;
        let success = property(&outcome, "success")?;
        success.as_bool().ok_or(success)
    }

    async fn get(&self, name: &str) -> Result<String, JsValue> {
        let binding: SecretStoreSys = property(self.env, name)?.unchecked_into();
        let value = JsFuture::from(binding.get()?).await?;
        value.as_string().ok_or(value)
    }
}

impl Runtime for Edge<'_> {
    type Prepared = Result<Prepared, Unreachable>;
    type Reply = EdgeReply;

    fn now(&self) -> Timestamp {
        // A whole number well within u64 until the year 584 000 000.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "see above"
        )]
        Timestamp(Date::now() as u64)
    }

    fn date(text: &str) -> Option<Timestamp> {
        let millis = Date::parse(text);
        // Of what is no date, JavaScript says that it is not a number.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 8.64e15"
        )]
        (millis >= 0.0).then_some(Timestamp(millis as u64))
    }

    fn random(&self) -> f64 {
        Math::random()
    }

    fn uuid(&self) -> String {
        if let Calls::OnStage = self.calls {
            return String::new();
        }
        let crypto = global().crypto();
        crypto
            .map(|crypto| crypto.random_uuid())
            .unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let calls = self.calls;
        async move {
            match calls {
                Calls::Out => Delay::from(duration).await,
                Calls::OnStage => pending().await,
            }
        }
    }

    fn prepare(&self, request: &Outgoing) -> Self::Prepared {
        let init = request_init(request).map_err(unreachable)?;
        Ok(Prepared {
            init,
            service: request.service,
        })
    }

    async fn fetch(&self, request: &Self::Prepared, url: &str) -> Result<EdgeReply, Unreachable> {
        let prepared = request.as_ref().map_err(|unreachable| *unreachable)?;
        let abort = AbortOnDrop::new().map_err(unreachable)?;
        // Read by `fetch` before it returns, so the next call may have another.
        prepared.init.set_signal(Some(&abort.controller.signal()));
        let promise = self.send(prepared, url).map_err(unreachable)?;
        let response = JsFuture::from(promise).await.map_err(unreachable)?;
        Ok(EdgeReply {
            response: response.unchecked_into(),
            abort,
            on_stage: match self.calls {
                Calls::Out => None,
                Calls::OnStage => Some(rehearsal::answer(url)),
            },
        })
    }

    async fn recall(&self, name: &str, limit: usize) -> Option<Vec<u8>> {
        self.look_up(name, limit).await.ok().flatten()
    }

    fn keep(&self, name: &str, note: Vec<u8>) {
        let Ok(url) = self.note_url(name) else {
            return;
        };
        let life = Life::begin();
        spawn_local(async move {
            let _life = life;
            // What is not kept is missed by nobody.
            let _ = put(&url, note).await;
        });
    }

    async fn count(&self, limiter: Limiter, key: &str) -> Result<bool, Unreachable> {
        self.limit(limiter, key).await.map_err(unreachable)
    }
}

/// The cache of the data centre that is this Worker's alone. It is opened anew by every request: no
/// object of one may be used by another.
async fn note_cache() -> Result<Cache, JsValue> {
    let opening = CACHES.with(|caches| caches.open("authkit-edge"));
    Ok(JsFuture::from(opening?).await?.unchecked_into())
}

async fn put(url: &str, note: Vec<u8>) -> Result<(), JsValue> {
    let mut headers = Headers::default();
    headers.set("content-type", "application/octet-stream");
    headers.set("cache-control", format!("max-age={}", NOTE_LIFE.as_secs()));
    let note = to_js(&Response {
        status: 200,
        headers,
        body: note,
    })?;
    JsFuture::from(note_cache().await?.put(url, &note)).await?;
    Ok(())
}

#[wasm_bindgen]
extern "C" {
    /// <https://developers.cloudflare.com/workers/runtime-apis/cache/>
    type CacheStorage;

    #[wasm_bindgen(thread_local_v2, js_name = caches)]
    static CACHES: CacheStorage;

    #[wasm_bindgen(method, catch)]
    fn open(this: &CacheStorage, name: &str) -> Result<Promise, JsValue>;

    type Cache;

    #[wasm_bindgen(method, js_name = match)]
    fn matches(this: &Cache, url: &str) -> Promise;

    #[wasm_bindgen(method)]
    fn put(this: &Cache, url: &str, response: &web_sys::Response) -> Promise;
}

impl Environment for Edge<'_> {
    fn warn(&self, line: &str) {
        if let Calls::Out = self.calls {
            console_warn!("{line}");
        }
    }

    fn binding(&self, name: &str) -> Option<Binding> {
        let value = property(self.env, name).ok()?;
        if let Some(array) = value.dyn_ref::<Array>() {
            let entries: Option<Vec<String>> = array.iter().map(|entry| text(&entry)).collect();
            return Some(entries.map_or(Binding::Object, Binding::List));
        }
        let object = || value.is_object().then_some(Binding::Object);
        text(&value).map(Binding::Text).or_else(object)
    }

    async fn stored_secret(&self, name: &str) -> Result<String, Unreachable> {
        self.get(name).await.map_err(unreachable)
    }
}

/// A request that is ready, and where it goes.
pub struct Prepared {
    init: RequestInit,
    service: Option<Service>,
}

/// The text of a variable. TOML numbers and booleans reach a Worker as such. JavaScript writes a number:
/// with the code that does it in Rust, the Worker would be larger by a thirtieth.
fn text(value: &JsValue) -> Option<String> {
    let number = || {
        value
            .dyn_ref::<Number>()?
            .to_string_with_radix(10)
            .ok()
            .map(String::from)
    };
    let boolean = || value.as_bool().map(|boolean| boolean.to_string());
    value.as_string().or_else(number).or_else(boolean)
}

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn outgoing(method: &str, headers: &str, body: Option<&str>) -> Result<RequestInit, JsValue>;
}

fn request_init(request: &Outgoing) -> Result<RequestInit, JsValue> {
    let headers = request.headers.iter();
    let headers = joined(headers.map(|(name, value)| (*name, value.as_str())))?;
    outgoing(request.method, &headers, request.body.as_deref())
}

pub(super) fn global() -> WorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// What the Fetch API says of a failed call may name hosts and addresses, so it ends here.
fn unreachable(_: JsValue) -> Unreachable {
    Unreachable
}

/// The answer to every call of a rehearsal but for its body. No real one can be made where that is played.
fn answer_on_stage() -> Result<Object, JsValue> {
    let answer = Object::new();
    let set = |name, value: &JsValue| Reflect::set(&answer, &JsValue::from_str(name), value);
    set("status", &JsValue::from_f64(200.0))?;
    let headers = web_sys::Headers::new()?;
    set("headers", &headers)?;
    Ok(answer)
}

/// The Fetch API's answer.
pub struct EdgeReply {
    response: web_sys::Response,
    abort: AbortOnDrop,
    /// The body, in a rehearsal.
    on_stage: Option<Vec<u8>>,
}

impl Message for EdgeReply {
    fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name).ok().flatten()
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        let bytes = if let Some(bytes) = &self.on_stage {
            allowance.take(bytes.len())?;
            bytes.clone()
        } else {
            body::read(self.response.body(), &self.response.headers(), allowance).await?
        };
        self.abort.disarm();
        Ok(bytes)
    }
}

impl Reply for EdgeReply {
    fn status(&self) -> u16 {
        self.response.status()
    }

    fn set_cookies(&self) -> Vec<String> {
        let headers: CookieHeaders = self.response.headers().unchecked_into();
        let all = headers.get_set_cookie();
        all.iter().filter_map(|value| value.as_string()).collect()
    }
}

#[wasm_bindgen]
extern "C" {
    /// What `web-sys` does not have of them.
    #[wasm_bindgen(extends = web_sys::Headers)]
    type CookieHeaders;

    #[wasm_bindgen(method, js_name = getSetCookie)]
    fn get_set_cookie(this: &CookieHeaders) -> Array;
}

/// Aborts a call when dropped, wherever it is: before the answer, or in the middle of its body.
///
/// Not `AbortSignal.timeout`: measured in workerd, it too aborts a body that hangs and does not keep
/// the request open, but it knows only of time, while a call is also dropped because another one
/// failed.
struct AbortOnDrop {
    controller: AbortController,
    armed: Cell<bool>,
}

impl AbortOnDrop {
    fn new() -> Result<Self, JsValue> {
        Ok(Self {
            controller: AbortController::new()?,
            armed: Cell::new(true),
        })
    }

    /// Nothing is left to abort.
    fn disarm(&self) {
        self.armed.set(false);
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if self.armed.get() {
            self.controller.abort();
        }
    }
}
