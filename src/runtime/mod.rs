//! The ports: all that the core asks of the place it runs in.
//!
//! The Worker implements them with the Fetch API, tests with a script and a virtual clock. Time,
//! chance and HTTP reach the core through here and by no other way.

pub mod in_flight;
pub mod notes;
pub mod rate_limit;
pub mod small_get;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::runtime::in_flight::Allowance;

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The moment that comes `duration` after this one.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How long it is from this moment until `later`; zero when that has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(later.0.saturating_sub(self.0))
    }
}

/// Clock, chance, timers, outgoing HTTP, and the deployment's rate limiters.
pub trait Runtime {
    /// A request that is ready to be sent, more than once.
    type Prepared;
    /// What an outgoing call answers.
    type Reply: Reply;

    /// The wall clock. workerd moves it only across I/O, so it cannot time computation.
    fn now(&self) -> Timestamp;

    /// The moment that a date in one of the forms of HTTP names (RFC 9110 §5.6.7). It is asked for how long
    /// another server wants to be left alone, and a place that reads no dates leaves it out.
    #[must_use]
    fn date(text: &str) -> Option<Timestamp> {
        let _ = text;
        None
    }

    /// A number in `0.0..1.0`. Used for jitter only, so it need not be unpredictable.
    fn random(&self) -> f64;

    /// A fresh UUID.
    fn uuid(&self) -> String;

    /// Resolves after `duration`. Dropping the future cancels the timer.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;

    /// Makes a request ready. Pages differ in their URL only, so what they have in common crosses
    /// to the place once.
    fn prepare(&self, request: &Outgoing) -> Self::Prepared;

    /// Sends a request to a URL and resolves when the head of the answer has arrived.
    ///
    /// Redirects are not followed: a 3xx is an answer like any other, so the secret reaches no
    /// other host. Dropping the future, or the reply before its body was read, aborts the call.
    ///
    /// # Errors
    /// [`Unreachable`] when no answer came: name, connection or protocol failed.
    fn fetch(
        &self,
        request: &Self::Prepared,
        url: &str,
    ) -> impl Future<Output = Result<Self::Reply, Unreachable>>;

    /// Counts one more request under `key` with a rate limiter, and tells whether it is within the
    /// limit. Asked only of limiters that the configuration has; a place without any leaves it out.
    ///
    /// # Errors
    /// [`Unreachable`] when the limiter did not say.
    fn count(
        &self,
        limiter: Limiter,
        key: &str,
    ) -> impl Future<Output = Result<bool, Unreachable>> {
        let _ = (limiter, key);
        async { Err(Unreachable) }
    }

    /// What was kept under a name, of `limit` bytes at most, in a memory that outlives the isolate and may
    /// forget. `None` for whatever else comes of it. A place without such a memory leaves it out.
    fn recall(&self, name: &str, limit: usize) -> impl Future<Output = Option<Vec<u8>>> {
        let _ = (name, limit);
        async { None }
    }

    /// Keeps a note under a name in that memory. It begins at once and goes on by itself; whether it
    /// succeeds nobody learns.
    fn keep(&self, name: &str, note: Vec<u8>) {
        let _ = (name, note);
    }

    /// What `work` gives, or `None` when it takes longer than `timeout`; then it is dropped, which
    /// aborts the call that it waits for.
    fn within<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        let timer = self.sleep(timeout);
        async {
            match select(pin!(work), pin!(timer)).await {
                Either::Left((value, _)) => Some(value),
                Either::Right(((), _)) => None,
            }
        }
    }
}

/// A received HTTP message, either direction.
pub trait Message {
    /// The value of a header, or `None`. Repeated headers arrive joined with `, `, as the Fetch
    /// standard has it.
    fn header(&self, name: &str) -> Option<String>;

    /// Reads the whole body, which may be done once. An absent body is an empty one. Of what comes
    /// (after decompression) nothing is kept that `allowance` was not asked for, whatever the
    /// message says of its length.
    ///
    /// # Errors
    /// What `allowance` answers; [`ReadError::Broken`] when the sender stopped half-way.
    fn read_body(
        &self,
        allowance: &Allowance<'_>,
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>>;
}

/// A request that reached the Worker.
pub trait Incoming: Message {
    /// Its method.
    fn method(&self) -> Method;

    /// Its absolute URL, as serialized by the URL standard.
    fn url(&self) -> String;

    /// When it came, where the place knows: what was done for it before counts as well. Otherwise its
    /// time begins when the core first sees it.
    fn received(&self) -> Option<Timestamp> {
        None
    }

    /// Whether nobody between the caller and this place could read it. Outside of development,
    /// tokens and grants are refused over plain http.
    ///
    /// The URL says it, as long as its scheme is the one that the caller used. A place behind a
    /// proxy that ends TLS, and that therefore sees `http`, says it itself: from what that proxy
    /// tells, provided that nobody can reach the place around the proxy and tell the same.
    fn is_over_tls(&self) -> bool {
        self.url().starts_with("https:")
    }
}

/// An answer to an outgoing call.
pub trait Reply: Message {
    /// Its status code.
    fn status(&self) -> u16;

    /// Its `Set-Cookie` headers, each by itself, as `Headers.getSetCookie` of the Fetch standard gives
    /// them. A place that cannot tell them apart leaves it out; then none is relayed.
    fn set_cookies(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The methods that the service tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// Any other.
    Other,
}

/// A request that goes out, but for its URL. It holds a secret, so it has no `Debug`.
pub struct Outgoing {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Header names and values. Of two of one name, the last one counts.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if any.
    pub body: Option<String>,
    /// The service that it goes to, whatever its URL leads to; `None` for the internet. Only one that
    /// is bound, so a place without service bindings need not look.
    pub service: Option<Service>,
}

/// What every outgoing call says of itself: there are key servers that refuse a call without.
pub const USER_AGENT: &str = concat!("authkit-edge/", env!("CARGO_PKG_VERSION"));

impl Outgoing {
    /// A request that wants an answer of that media type.
    #[must_use]
    pub fn new(method: &'static str, accept: &str) -> Self {
        let headers = vec![
            ("accept", accept.to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
        ];
        Self {
            method,
            headers,
            body: None,
            service: None,
        }
    }
}

/// What the deployment is bound to. Only [`deployment`](crate::config::deployment) asks, so a place that parses
/// its `Config` itself leaves it out.
pub trait Environment {
    /// Writes a line to the log that belongs to no request.
    fn warn(&self, line: &str);

    /// What is bound under a name, if anything.
    fn binding(&self, name: &str) -> Option<Binding>;

    /// Reads the secret that an object leads to which is bound under that name.
    ///
    /// # Errors
    /// [`Unreachable`] when it gave none.
    fn stored_secret(&self, name: &str) -> impl Future<Output = Result<String, Unreachable>>;
}

/// What is bound under a name. Numbers and booleans are their text.
pub enum Binding {
    /// A variable or a secret: its text.
    Text(String),
    /// A variable that is an array in `[vars]`: its entries, each a text.
    List(Vec<String>),
    /// Anything else: a rate limiter, a service, a secret of the Secrets Store. What it is shows in
    /// use.
    Object,
}

impl From<String> for Binding {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The services that a deployment may bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The application, as the source `session` asks it.
    Session,
}

impl Service {
    /// The name of its binding.
    #[must_use]
    pub fn binding(self) -> &'static str {
        match self {
            Self::Session => "SESSION",
        }
    }
}

/// The rate limiters that a deployment may bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limiter {
    /// Counts by the client's address.
    Client,
    /// Counts by the identity.
    Identity,
}

impl Limiter {
    /// The name of its binding.
    #[must_use]
    pub fn binding(self) -> &'static str {
        match self {
            Self::Client => "CLIENT_LIMITER",
            Self::Identity => "IDENTITY_LIMITER",
        }
    }
}

/// No answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// It is larger than the limit.
    TooLarge,
    /// There is no room for it beside what other requests hold.
    NoRoom,
    /// The connection ended before the body did.
    Broken,
}
