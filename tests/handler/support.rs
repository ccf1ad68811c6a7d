//! A Worker in miniature: scripted upstream, virtual clock, and requests made by hand.
//!
//! Time stands still while anything can be done and jumps to the next timer when nothing can, so
//! a test of an eight-second deadline takes no time and always goes the same way.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::mem;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use authkit_edge::config::deployment::Deployment;
use authkit_edge::handler::{Outcome, handle, prepare};
use authkit_edge::jwt::verifier::{SignatureCheck, Verifier};
use authkit_edge::runtime::in_flight::Allowance;
use authkit_edge::runtime::{
    Binding, Environment, Incoming, Limiter, Message, Method, Outgoing, ReadError, Reply, Runtime,
    Service, Timestamp, Unreachable,
};
use futures_util::future::{join, join_all};
use serde_json::Value;

use crate::{log_schema, oracle};

/// The key of every test deployment. It opens nothing.
pub const KEY: &str = "sk_test_published_on_purpose";
/// When every test begins.
pub const START: Timestamp = Timestamp(1_700_000_000_000);

/// A deployment under test: what it is bound to, and its upstream.
pub struct TestApp {
    pub edge: FakeEdge,
}

impl TestApp {
    /// In development, identity from the header, an upstream with one empty page.
    pub fn new() -> Self {
        let app = Self {
            edge: FakeEdge::new(|call| {
                if call.is_flags() {
                    Plan::json(r#"{"authkitWhitelist":true}"#)
                } else {
                    Plan::json(r#"{"rows":[],"total":0,"pages":1,"page":1,"requestId":1}"#)
                }
            }),
        };
        app.with("ENVIRONMENT", "development")
            .with("IDENTITY_SOURCE", "header")
            .with("PICA_SECRET_KEY", KEY)
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let variables = &mut self.edge.variables;
        variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.edge.variables.remove(name);
        self
    }

    /// Binds a rate limiter.
    pub fn with_limiter(mut self, limiter: Limiter, counter: Counter) -> Self {
        self.edge.limiters.insert(limiter, counter);
        self
    }

    /// Binds a service.
    pub fn with_service(mut self, service: Service) -> Self {
        self.edge.services.push(service);
        self
    }

    /// Puts it into a data centre with a cache.
    pub fn with_cache(mut self, cache: Cache) -> Self {
        self.edge.cache = Some(RefCell::new(cache));
        self
    }

    /// Binds a secret of the Secrets Store.
    pub fn with_stored(self, name: &str, secret: Stored) -> Self {
        self.edge.store(name, secret);
        self.without(name)
    }

    /// Replaces the upstream.
    pub fn upstream(mut self, script: impl Fn(&Call) -> Plan + 'static) -> Self {
        self.edge.script = Box::new(script);
        self.edge.shared = Rc::default();
        self
    }

    /// Answers a request, in an isolate of its own.
    pub fn send(&self, request: &TestRequest) -> Outcome {
        self.isolate().send(request)
    }

    /// An isolate: what it keeps between requests, it keeps.
    pub fn isolate(&self) -> Isolate<'_> {
        Isolate {
            deployment: Deployment::default(),
            edge: &self.edge,
        }
    }
}

/// A configured Worker that lives on between requests.
pub struct Isolate<'a> {
    deployment: Deployment,
    edge: &'a FakeEdge,
}

impl Isolate<'_> {
    /// Answers a request.
    pub fn send(&self, request: &TestRequest) -> Outcome {
        let outcome = self.edge.block_on(self.answer(request));
        log_schema::assert_fits(&outcome.record.to_json());
        outcome
    }

    /// Answers requests that come in at the same time.
    pub fn send_together(&self, requests: &[TestRequest]) -> Vec<Outcome> {
        let answers = requests.iter().map(|request| self.answer(request));
        let outcomes = self.edge.block_on(join_all(answers));
        for outcome in &outcomes {
            log_schema::assert_fits(&outcome.record.to_json());
        }
        outcomes
    }

    /// Answers two requests, the second of which comes that much later and after `between`.
    pub fn send_overlapping(
        &self,
        [first, second]: [&TestRequest; 2],
        later: Duration,
        between: impl FnOnce(),
    ) -> (Outcome, Outcome) {
        self.edge.block_on(join(self.answer(first), async {
            self.edge.sleep(later).await;
            between();
            self.answer(second).await
        }))
    }

    /// Begins to answer a request and ends it at its `count`-th await, from 1, as a runtime does whose
    /// client has gone. Whether it came that far.
    pub fn abandon(&self, request: &TestRequest, count: usize, manner: Manner) -> bool {
        let mut future = Box::pin(self.answer(request));
        let mut context = Context::from_waker(Waker::noop());
        for number in 1.. {
            if future.as_mut().poll(&mut context).is_ready() {
                return false;
            }
            if number == count {
                break;
            }
            self.edge.advance();
        }
        match manner {
            Manner::Dropped => drop(future),
            Manner::Forgotten => {
                let shared = &self.edge.shared;
                shared.forgotten.set(shared.open.get());
                mem::forget(future);
            }
        }
        true
    }

    async fn answer(&self, request: &TestRequest) -> Outcome {
        let arrived = Arrived {
            request,
            at: self.edge.now(),
            edge: self.edge,
        };
        let config = self.deployment.config(self.edge).await;
        let outcome = handle(&config, &arrived, self.edge).await;
        if outcome.announces {
            prepare(&config, self.edge).await;
        }
        outcome
    }
}

/// How a request ends that nobody waits for.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// Its future is dropped, and gives back what it holds.
    Dropped,
    /// Its future stays where it is and is never polled again, which is what Workers do.
    Forgotten,
}

/// The body of an answer, as JSON.
pub fn json(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.response.body).expect("the body is JSON")
}

/// Asserts status and stable code of an error answer.
#[track_caller]
pub fn assert_error(outcome: &Outcome, status: u16, code: &str) {
    let body = json(outcome);
    assert_eq!(
        (outcome.response.status, body["code"].as_str()),
        (status, Some(code)),
        "{body}"
    );
    assert!(
        body["error"].is_string() && body["message"].is_string(),
        "{body}"
    );
    assert_eq!(body["request_id"], outcome.record.request_id.as_str());
    assert_eq!((outcome.record.status, outcome.record.code), (status, code));
}

/// Asserts that a token was minted for that identity.
#[track_caller]
pub fn assert_minted(app: &TestApp, request: &TestRequest, identity: &str, identity_type: &str) {
    let outcome = app.send(request);
    assert_eq!(outcome.response.status, 200, "{}", json(&outcome));
    let calls = app.edge.token_calls();
    let body = calls.last().and_then(|call| call.body.clone());
    assert_eq!(
        body,
        Some(serde_json::json!({"identity": identity, "identityType": identity_type}))
    );
}

/// A request made by hand.
#[derive(Clone)]
pub struct TestRequest {
    method: Method,
    /// Both of them, as the core asks for it.
    url: String,
    origin: String,
    resource: String,
    over_tls: Option<bool>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    body_hangs: bool,
    body_after: Duration,
}

impl TestRequest {
    /// `POST /api/authkit` for a user, as the widget sends it.
    pub fn post() -> Self {
        Self::anonymous().header("x-user-id", "user_123")
    }

    /// The same from nobody.
    pub fn anonymous() -> Self {
        Self {
            method: Method::Post,
            url: "https://edge.example/api/authkit".to_owned(),
            origin: "https://edge.example".to_owned(),
            resource: "/api/authkit".to_owned(),
            over_tls: None,
            headers: Vec::new(),
            body: Vec::new(),
            body_hangs: false,
            body_after: Duration::ZERO,
        }
    }

    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Path and query.
    pub fn at(mut self, resource: &str) -> Self {
        resource.clone_into(&mut self.resource);
        self.url = format!("{}{}", self.origin, self.resource);
        self
    }

    /// Another origin than a deployment's.
    pub fn on(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.origin);
        self.url = format!("{}{}", self.origin, self.resource);
        self
    }

    /// What the place says of the way, which otherwise the URL says.
    pub fn over_tls(mut self, over_tls: bool) -> Self {
        self.over_tls = Some(over_tls);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A JSON body.
    pub fn json(self, text: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(text)
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// The body comes so late.
    pub fn slowly(mut self, after: Duration) -> Self {
        self.body_after = after;
        self
    }

    /// A JSON body that never comes.
    pub fn endless(mut self) -> Self {
        self.body_hangs = true;
        self.header("content-type", "application/json")
    }
}

impl Message for TestRequest {
    fn header(&self, name: &str) -> Option<String> {
        let same = |(known, _): &&(String, String)| known == name;
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(same)
            .map(|(_, value)| &**value)
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        if self.body_hangs {
            pending::<()>().await;
        }
        allowance.take(self.body.len())?;
        Ok(self.body.clone())
    }
}

impl Incoming for TestRequest {
    fn method(&self) -> Method {
        self.method
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    fn is_over_tls(&self) -> bool {
        self.over_tls
            .unwrap_or_else(|| UrlAlone(self).is_over_tls())
    }
}

/// A request at the place that it came to, and when.
struct Arrived<'a> {
    request: &'a TestRequest,
    at: Timestamp,
    edge: &'a FakeEdge,
}

impl Message for Arrived<'_> {
    fn header(&self, name: &str) -> Option<String> {
        self.request.header(name)
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        if !self.request.body_after.is_zero() {
            self.edge.sleep(self.request.body_after).await;
        }
        self.request.read_body(allowance).await
    }
}

impl Incoming for Arrived<'_> {
    fn method(&self) -> Method {
        self.request.method()
    }

    fn url(&self) -> String {
        self.request.url()
    }

    fn is_over_tls(&self) -> bool {
        self.request.is_over_tls()
    }

    fn received(&self) -> Option<Timestamp> {
        Some(self.at)
    }
}

/// A request of a place that says nothing of the way.
struct UrlAlone<'a>(&'a TestRequest);

impl Message for UrlAlone<'_> {
    fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        self.0.read_body(allowance).await
    }
}

impl Incoming for UrlAlone<'_> {
    fn method(&self) -> Method {
        self.0.method
    }

    fn url(&self) -> String {
        self.0.url()
    }
}

/// A request that reached the scripted upstream.
#[derive(Debug, Clone)]
pub struct Call {
    /// How many calls to the same URL there were before.
    pub earlier: usize,
    pub method: &'static str,
    pub url: String,
    pub headers: BTreeMap<&'static str, String>,
    pub body: Option<Value>,
    /// The service that it went to; `None` for the internet.
    pub service: Option<Service>,
    /// Milliseconds since the test began.
    pub at: u64,
}

impl Call {
    pub fn is_flags(&self) -> bool {
        self.url.ends_with("/v1/users/flags")
    }

    /// The page that it asks for.
    pub fn page(&self) -> u32 {
        let (_, page) = self.url.split_once("page=").expect("a page is asked for");
        page.parse().expect("as a number")
    }
}

/// How the scripted upstream answers a call.
#[derive(Clone)]
pub struct Plan {
    head_after: Option<Duration>,
    body_after: Option<Duration>,
    status: u16,
    headers: Vec<(&'static str, String)>,
    result: Result<Vec<u8>, Failure>,
}

#[derive(Clone, Copy)]
enum Failure {
    Head,
    Body(ReadError),
}

impl Plan {
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::answer(200, Ok(body.into()))
    }

    pub fn status(status: u16) -> Self {
        Self::answer(status, Ok(b"sandbox-error-detail".to_vec()))
    }

    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn unreachable() -> Self {
        Self::answer(0, Err(Failure::Head))
    }

    pub fn broken_body(error: ReadError) -> Self {
        Self::answer(200, Err(Failure::Body(error)))
    }

    fn answer(status: u16, result: Result<Vec<u8>, Failure>) -> Self {
        Self {
            head_after: Some(Duration::ZERO),
            body_after: Some(Duration::ZERO),
            status,
            headers: Vec::new(),
            result,
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The head comes after so many milliseconds.
    pub fn after(mut self, millis: u64) -> Self {
        self.head_after = Some(Duration::from_millis(millis));
        self
    }

    /// The head never comes.
    pub fn hang(mut self) -> Self {
        self.head_after = None;
        self
    }

    /// The body comes so many milliseconds after the head.
    pub fn body_after(mut self, millis: u64) -> Self {
        self.body_after = Some(Duration::from_millis(millis));
        self
    }

    /// The head comes, the body never does.
    pub fn hang_body(mut self) -> Self {
        self.body_after = None;
        self
    }
}

/// How a secret of the Secrets Store behaves.
#[derive(Debug, Clone)]
pub enum Stored {
    /// It is read in so many milliseconds.
    Text(&'static str, u64),
    /// It throws.
    Fails,
    /// It never answers.
    Hangs,
}

/// How a rate limiter behaves.
#[derive(Debug, Clone, Copy)]
pub enum Counter {
    /// It lets so many requests of each key through; its period never ends.
    Limit(usize),
    /// It throws.
    Fails,
    /// It never answers.
    Hangs,
}

/// The cache of a data centre.
#[derive(Debug, Clone)]
pub struct Cache {
    /// How it behaves.
    pub mood: Mood,
    /// What is kept in it, by name.
    pub notes: BTreeMap<String, Vec<u8>>,
    /// How often it was asked.
    pub looks: usize,
}

/// How a cache behaves.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// It answers within so many milliseconds.
    Answers(u64),
    /// It throws.
    Fails,
    /// It never answers.
    Hangs,
}

impl Cache {
    /// An empty one.
    pub fn new(mood: Mood) -> Self {
        let notes = BTreeMap::new();
        Self {
            mood,
            notes,
            looks: 0,
        }
    }
}

/// The runtime under test: scripted, with a virtual clock.
pub struct FakeEdge {
    cache: Option<RefCell<Cache>>,
    shared: Rc<Shared>,
    script: Box<dyn Fn(&Call) -> Plan>,
    variables: BTreeMap<String, String>,
    stored: RefCell<BTreeMap<String, Stored>>,
    limiters: BTreeMap<Limiter, Counter>,
    services: Vec<Service>,
}

#[derive(Default)]
struct Shared {
    elapsed: Cell<Duration>,
    timers: RefCell<Vec<(Duration, Waker)>>,
    calls: RefCell<Vec<Call>>,
    open: Cell<usize>,
    /// Those that nobody will ever close.
    forgotten: Cell<usize>,
    /// Every port takes a moment, so that every await is one.
    slow: Cell<bool>,
    most_open: Cell<usize>,
    aborted: Cell<usize>,
    checks: Cell<usize>,
    counted: RefCell<Vec<(Limiter, String)>>,
    secrets_read: RefCell<Vec<String>>,
    warnings: RefCell<Vec<String>>,
}

impl FakeEdge {
    fn new(script: impl Fn(&Call) -> Plan + 'static) -> Self {
        Self {
            cache: None,
            shared: Rc::default(),
            script: Box::new(script),
            variables: BTreeMap::new(),
            stored: RefCell::default(),
            limiters: BTreeMap::new(),
            services: Vec::new(),
        }
    }

    /// Puts a secret into the Secrets Store.
    pub fn store(&self, name: &str, secret: Stored) {
        self.stored.borrow_mut().insert(name.to_owned(), secret);
    }

    /// The cache of the data centre.
    pub fn cache(&self) -> RefMut<'_, Cache> {
        let cache = self.cache.as_ref();
        cache.expect("this data centre has one").borrow_mut()
    }

    /// What was read out of the Secrets Store, in order.
    pub fn secrets_read(&self) -> Vec<String> {
        self.shared.secrets_read.borrow().clone()
    }

    /// The lines in the log that belong to no request.
    pub fn warnings(&self) -> Vec<Value> {
        let lines = self.shared.warnings.borrow();
        let lines = lines.iter().map(|line| serde_json::from_str(line));
        lines.collect::<Result<_, _>>().expect("JSON")
    }

    /// What the rate limiters were asked to count, in order.
    pub fn counted(&self) -> Vec<(Limiter, String)> {
        self.shared.counted.borrow().clone()
    }

    /// Every call that went upstream, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.borrow().clone()
    }

    pub fn token_calls(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.url.contains("/v1/authkit"));
        calls
    }

    /// The most calls that were open at one time.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.get()
    }

    /// How many calls were dropped before their body was read.
    pub fn aborted(&self) -> usize {
        self.shared.aborted.get()
    }

    /// How many signatures were checked.
    pub fn signature_checks(&self) -> usize {
        self.shared.checks.get()
    }

    /// Lets everything that is waited for take a moment.
    pub fn slow_down(&self) {
        self.shared.slow.set(true);
    }

    async fn pace(&self) {
        if self.shared.slow.get() {
            self.sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.shared
            .elapsed
            .set(self.shared.elapsed.get() + duration);
    }

    /// The time of the clock.
    pub fn time(&self) -> Timestamp {
        START.after(self.shared.elapsed.get())
    }

    /// Milliseconds since the test began.
    pub fn elapsed(&self) -> u64 {
        self.shared
            .elapsed
            .get()
            .as_millis()
            .try_into()
            .expect("a test is short")
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                let left = self.shared.forgotten.get();
                assert_eq!(self.shared.open.get(), left, "a call was left open");
                return value;
            }
            self.advance();
        }
    }

    /// Jumps to the next timer.
    fn advance(&self) {
        let mut timers = self.shared.timers.borrow_mut();
        let next = timers.iter().map(|(due, _)| *due).min();
        let next = next.expect("waits for something that never comes");
        self.shared.elapsed.set(next.max(self.shared.elapsed.get()));
        let mut due = Vec::new();
        timers.retain(|(at, waker)| {
            let keep = *at > next;
            if !keep {
                due.push(waker.clone());
            }
            keep
        });
        drop(timers);
        due.into_iter().for_each(Waker::wake);
    }
}

struct Sleep {
    shared: Rc<Shared>,
    due: Option<Duration>,
}

impl Sleep {
    fn new(shared: &Rc<Shared>, duration: Option<Duration>) -> Self {
        let due = duration.map(|duration| shared.elapsed.get() + duration);
        Self {
            shared: Rc::clone(shared),
            due,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.due {
            None => Poll::Pending,
            Some(due) if due <= self.shared.elapsed.get() => Poll::Ready(()),
            Some(due) => {
                self.shared
                    .timers
                    .borrow_mut()
                    .push((due, context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

/// What goes upstream, but for the URL.
pub struct FakeRequest {
    method: &'static str,
    headers: BTreeMap<&'static str, String>,
    body: Option<Value>,
    service: Option<Service>,
}

impl Runtime for FakeEdge {
    type Prepared = FakeRequest;
    type Reply = FakeReply;

    fn now(&self) -> Timestamp {
        self.time()
    }

    fn date(text: &str) -> Option<Timestamp> {
        let date = httpdate::parse_http_date(text).ok()?;
        let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp(0).after(since_epoch))
    }

    fn random(&self) -> f64 {
        0.5
    }

    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        Sleep::new(&self.shared, Some(duration))
    }

    fn prepare(&self, request: &Outgoing) -> FakeRequest {
        let body = request.body.as_deref();
        FakeRequest {
            method: request.method,
            headers: request.headers.iter().cloned().collect(),
            service: request.service,
            body: body.map(|text| serde_json::from_str(text).expect("JSON")),
        }
    }

    async fn fetch(&self, request: &FakeRequest, url: &str) -> Result<FakeReply, Unreachable> {
        let bound = request
            .service
            .is_none_or(|service| self.services.contains(&service));
        assert!(bound, "{:?} is not bound", request.service);
        let shared = &self.shared;
        let earlier = shared
            .calls
            .borrow()
            .iter()
            .filter(|call| call.url == url)
            .count();
        let call = Call {
            earlier,
            method: request.method,
            url: url.to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            service: request.service,
            at: self.elapsed(),
        };
        let plan = (self.script)(&call);
        shared.calls.borrow_mut().push(call);
        let open = OpenCall::new(shared);
        self.pace().await;
        Sleep::new(shared, plan.head_after).await;
        if matches!(plan.result, Err(Failure::Head)) {
            open.finish();
            return Err(Unreachable);
        }
        Ok(FakeReply { plan, open })
    }

    async fn recall(&self, name: &str, limit: usize) -> Option<Vec<u8>> {
        let (mood, note) = {
            let mut cache = self.cache.as_ref()?.borrow_mut();
            cache.looks += 1;
            (cache.mood, cache.notes.get(name).cloned())
        };
        match mood {
            Mood::Answers(millis) => {
                self.sleep(Duration::from_millis(millis)).await;
                note.filter(|note| note.len() <= limit)
            }
            Mood::Fails => None,
            Mood::Hangs => {
                Sleep::new(&self.shared, None).await;
                None
            }
        }
    }

    fn keep(&self, name: &str, note: Vec<u8>) {
        if let Some(cache) = &self.cache {
            cache.borrow_mut().notes.insert(name.to_owned(), note);
        }
    }

    async fn count(&self, limiter: Limiter, key: &str) -> Result<bool, Unreachable> {
        self.pace().await;
        let asked = (limiter, key.to_owned());
        let mut earlier = self.counted();
        earlier.retain(|one| *one == asked);
        self.shared.counted.borrow_mut().push(asked);
        match self.limiters[&limiter] {
            Counter::Limit(limit) => Ok(earlier.len() < limit),
            Counter::Fails => Err(Unreachable),
            Counter::Hangs => {
                Sleep::new(&self.shared, None).await;
                Ok(true)
            }
        }
    }
}

impl Environment for FakeEdge {
    fn warn(&self, line: &str) {
        self.shared.warnings.borrow_mut().push(line.to_owned());
    }

    fn binding(&self, name: &str) -> Option<Binding> {
        let mut limiters = self.limiters.keys();
        let mut services = self.services.iter();
        let object = limiters.any(|limiter| limiter.binding() == name)
            || services.any(|service| service.binding() == name)
            || self.stored.borrow().contains_key(name);
        let text = self.variables.get(name).cloned().map(Binding::Text);
        text.or(object.then_some(Binding::Object))
    }

    async fn stored_secret(&self, name: &str) -> Result<String, Unreachable> {
        self.pace().await;
        let read = &self.shared.secrets_read;
        read.borrow_mut().push(name.to_owned());
        let secret = self.stored.borrow()[name].clone();
        match secret {
            Stored::Text(text, millis) => {
                self.sleep(Duration::from_millis(millis)).await;
                Ok(text.to_owned())
            }
            Stored::Fails => Err(Unreachable),
            Stored::Hangs => {
                Sleep::new(&self.shared, None).await;
                Err(Unreachable)
            }
        }
    }
}

impl Verifier for FakeEdge {
    async fn verify(&self, check: SignatureCheck<'_>) -> bool {
        self.pace().await;
        self.shared.checks.set(self.shared.checks.get() + 1);
        oracle::verify(check)
    }
}

/// A call that the upstream has not finished answering.
struct OpenCall {
    shared: Rc<Shared>,
    finished: Cell<bool>,
}

impl OpenCall {
    fn new(shared: &Rc<Shared>) -> Self {
        let open = shared.open.get() + 1;
        shared.open.set(open);
        shared.most_open.set(shared.most_open.get().max(open));
        Self {
            shared: Rc::clone(shared),
            finished: Cell::new(false),
        }
    }

    fn finish(&self) {
        self.finished.set(true);
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.shared.open.set(self.shared.open.get() - 1);
        if !self.finished.get() {
            self.shared.aborted.set(self.shared.aborted.get() + 1);
        }
    }
}

/// A scripted answer.
pub struct FakeReply {
    plan: Plan,
    open: OpenCall,
}

impl Message for FakeReply {
    fn header(&self, name: &str) -> Option<String> {
        let found = self.plan.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    }

    async fn read_body(&self, allowance: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
        if let Ok(body) = &self.plan.result {
            allowance.take(body.len())?;
        }
        let moment = Duration::from_millis(self.open.shared.slow.get().into());
        Sleep::new(
            &self.open.shared,
            self.plan.body_after.map(|after| after + moment),
        )
        .await;
        self.open.finish();
        match &self.plan.result {
            Ok(body) => Ok(body.clone()),
            Err(Failure::Body(error)) => Err(*error),
            Err(Failure::Head) => Err(ReadError::Broken),
        }
    }
}

impl Reply for FakeReply {
    fn status(&self) -> u16 {
        self.plan.status
    }

    fn set_cookies(&self) -> Vec<String> {
        let all = self.plan.headers.iter();
        let all = all.filter(|(name, _)| *name == "set-cookie");
        all.map(|(_, value)| value.clone()).collect()
    }
}
