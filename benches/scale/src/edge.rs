//! The place that the core runs in, as one request sees it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use authkit_edge::jwt::verifier::{SignatureCheck, Verifier};
use authkit_edge::runtime::in_flight::Allowance;
use authkit_edge::runtime::{
    Incoming, Message, Method, Outgoing, ReadError, Reply, Runtime, Timestamp, Unreachable,
};
use rand_distr::{Distribution, LogNormal, StandardUniform, Uniform};
use rand_pcg::Pcg64;
use serde_json::json;

use crate::account::Account;
use crate::clock::Clock;

/// When the simulation begins.
const START: Timestamp = Timestamp(1_700_000_000_000);

/// How long Pica takes to say no: it has nothing to look up.
const REFUSAL_LATENCY: Duration = Duration::from_millis(30);

/// How long a data centre's cache takes to answer: what others have measured is 4 to 15 ms.
const CACHE_LATENCY: Duration = Duration::from_millis(10);

/// The cache of a data centre: notes by their names.
pub(crate) type Cache = RefCell<HashMap<String, Vec<u8>>>;

/// What all requests share.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) account: RefCell<Account>,
    pub(crate) chance: RefCell<Pcg64>,
    /// Latencies, in medians.
    pub(crate) latency: LogNormal<f64>,
    pub(crate) median_latency: Duration,
    /// Pages of the list.
    pub(crate) pages: u32,
    /// The caches of the data centres, if they have any.
    pub(crate) caches: Vec<Cache>,
    pub(crate) connections: Gauge,
    pub(crate) calls: Cell<u32>,
    pub(crate) refused_calls: Cell<u32>,
}

impl World {
    pub(crate) fn chance<T>(&self, distribution: &impl Distribution<T>) -> T {
        distribution.sample(&mut *self.chance.borrow_mut())
    }

    /// The time of the clock, as the core has it.
    pub(crate) fn time(&self) -> Timestamp {
        START.after(self.clock.now())
    }
}

/// How many there are of something, and how many there were at most.
#[derive(Clone, Default)]
pub(crate) struct Gauge(Rc<(Cell<u32>, Cell<u32>)>);

impl Gauge {
    pub(crate) fn most(&self) -> u32 {
        self.0.1.get()
    }

    fn enter(&self) -> Entered {
        let (now, most) = &*self.0;
        now.set(now.get() + 1);
        most.set(most.get().max(now.get()));
        Entered(self.clone())
    }
}

struct Entered(Gauge);

impl Drop for Entered {
    fn drop(&mut self) {
        let (now, _) = &*self.0.0;
        now.set(now.get() - 1);
    }
}

/// The runtime of one request.
pub(crate) struct Edge<'w> {
    world: &'w World,
    /// The cache of its data centre.
    cache: Option<&'w Cache>,
    /// Its own connections.
    pub(crate) connections: Gauge,
    /// Its own calls.
    pub(crate) calls: Cell<u32>,
}

impl<'w> Edge<'w> {
    /// In a data centre at random.
    pub(crate) fn new(world: &'w World) -> Self {
        let places = Uniform::new(0, world.caches.len()).ok();
        Self {
            world,
            cache: places.and_then(|places| world.caches.get(world.chance(&places))),
            connections: Gauge::default(),
            calls: Cell::new(0),
        }
    }
}

impl Runtime for Edge<'_> {
    type Prepared = ();
    type Reply = Answer;

    fn now(&self) -> Timestamp {
        self.world.time()
    }

    fn random(&self) -> f64 {
        self.world.chance(&StandardUniform)
    }

    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        self.world.clock.sleep(duration)
    }

    async fn recall(&self, name: &str, limit: usize) -> Option<Vec<u8>> {
        let cache = self.cache?;
        self.world.clock.sleep(CACHE_LATENCY).await;
        let note = cache.borrow().get(name).cloned();
        note.filter(|note| note.len() <= limit)
    }

    fn keep(&self, name: &str, note: Vec<u8>) {
        if let Some(cache) = self.cache {
            cache.borrow_mut().insert(name.to_owned(), note);
        }
    }

    fn prepare(&self, _: &Outgoing) {}

    async fn fetch(&self, (): &(), url: &str) -> Result<Answer, Unreachable> {
        let world = self.world;
        let open = [self.connections.enter(), world.connections.enter()];
        self.calls.set(self.calls.get() + 1);
        world.calls.set(world.calls.get() + 1);
        let admitted = world.account.borrow_mut().call(world.clock.now());
        let latency = if admitted.is_ok() {
            world.median_latency.mul_f64(world.chance(&world.latency))
        } else {
            world.refused_calls.set(world.refused_calls.get() + 1);
            REFUSAL_LATENCY
        };
        world.clock.sleep(latency).await;
        Ok(Answer {
            reset: admitted.err(),
            body: body(url, world.pages),
            _open: open,
        })
    }
}

/// What Pica answers. The rows are not worth simulating.
fn body(url: &str, pages: u32) -> Vec<u8> {
    let answer = match url.split_once("page=") {
        Some((_, page)) => json!({
            "rows": [{"id": page}], "total": pages, "pages": pages, "page": page, "requestId": 1,
        }),
        None => json!({"authkitWhitelist": false}),
    };
    answer.to_string().into_bytes()
}

impl Verifier for Edge<'_> {
    async fn verify(&self, _check: SignatureCheck<'_>) -> bool {
        false
    }
}

/// An answer of the upstream. Its connection is open until it is dropped.
pub(crate) struct Answer {
    reset: Option<u64>,
    body: Vec<u8>,
    _open: [Entered; 2],
}

impl Message for Answer {
    fn header(&self, name: &str) -> Option<String> {
        let reset = self.reset.filter(|_| name == "x-pica-rate-limit-reset")?;
        Some(reset.to_string())
    }

    async fn read_body(&self, _: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        Ok(self.body.clone())
    }
}

impl Reply for Answer {
    fn status(&self) -> u16 {
        if self.reset.is_some() { 429 } else { 200 }
    }
}

/// A request for a token by somebody who may have one.
pub(crate) struct Ask;

/// The key that lets [`Ask`] name its identity.
pub(crate) const CALLER_KEY: &str = "0123456789abcdef0123456789abcdef";

impl Message for Ask {
    fn header(&self, name: &str) -> Option<String> {
        let value = match name {
            "x-user-id" => "user_123",
            authkit_edge::caller::CALLER_KEY_HEADER => CALLER_KEY,
            _ => return None,
        };
        Some(value.to_owned())
    }

    async fn read_body(&self, _: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        Ok(Vec::new())
    }
}

impl Incoming for Ask {
    fn method(&self) -> Method {
        Method::Post
    }

    fn url(&self) -> String {
        "https://edge.example/api/authkit".to_owned()
    }
}
