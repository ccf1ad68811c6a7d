//! The sandbox as a value: a thread that serves, and a handle on it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::issuer::Issuer;
use crate::record::{Observed, Recorded};
use crate::settings::Settings;
use crate::state::Shared;
use crate::vault::Connection;
use crate::{api, catalogue, control, sign_in, widget, wire};

/// Where to listen and whom to let in.
pub struct Options {
    /// Host name or address to listen on.
    pub host: String,
    /// Port; 0 takes any free one.
    pub port: u16,
    /// The key that both APIs accept. Rows are `live` if it starts with `sk_live`, else `test`.
    pub key: String,
    /// The settings to start with.
    pub settings: Settings,
    /// Whether to write one line per request to standard output.
    pub log: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            key: "sk_test_sandbox".to_owned(),
            settings: Settings::default(),
            log: false,
        }
    }
}

/// A running sandbox. It stops when dropped, whatever is open then.
pub struct Sandbox {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// Carries the time that open calls are given to end.
    stop: Option<oneshot::Sender<Duration>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts serving on a thread of its own.
    ///
    /// # Errors
    /// When the settings are invalid or the address cannot be listened on.
    pub fn start(options: Options) -> io::Result<Self> {
        // One thread only: it makes "the last byte is written" and "the call is over" one step as
        // seen from any client, without which `max_in_flight` would sometimes be one too high.
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind((options.host.as_str(), options.port))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let issuer = Issuer::new(base_url(addr));
        let shared = Shared::new(options.key, options.settings, options.log, issuer)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let shared = Arc::new(shared);
        let guard = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        drop(guard);

        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("authkit-sandbox".to_owned())
            .spawn(move || runtime.block_on(serve(listener, serving, stopped)))?;
        Ok(Self {
            addr,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Starts with default options on any free port of the loopback address.
    ///
    /// # Errors
    /// As [`Sandbox::start`].
    pub fn start_default() -> io::Result<Self> {
        Self::start(Options::default())
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        base_url(self.addr)
    }

    /// Who signs tokens. Its keys live as long as the sandbox.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.shared.issuer
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        (*self.shared.settings()).clone()
    }

    /// Replaces all settings; faults count anew.
    ///
    /// # Panics
    /// When they are invalid (see [`Settings::validate`]).
    #[expect(clippy::panic, reason = "a mistake in a test has to be loud")]
    pub fn configure(&self, settings: Settings) {
        if let Err(error) = self.shared.configure(settings) {
            panic!("invalid sandbox settings: {error}");
        }
    }

    /// Changes some settings; faults count anew.
    ///
    /// # Panics
    /// As [`Sandbox::configure`].
    pub fn update(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        change(&mut settings);
        self.configure(settings);
    }

    /// Back to the default settings, an empty vault and an empty memory.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Forgets the requests so far, and nothing else.
    pub fn forget_requests(&self) {
        self.shared.journal.clear();
    }

    /// All requests but those to control routes, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        let read = |observed: &Observed| observed.requests.iter().cloned().collect();
        self.shared.journal.read(read)
    }

    /// The token calls among them.
    #[must_use]
    pub fn token_requests(&self) -> Vec<Recorded> {
        let read = |observed: &Observed| observed.token_requests().cloned().collect();
        self.shared.journal.read(read)
    }

    /// The flags calls among them.
    #[must_use]
    pub fn flags_requests(&self) -> Vec<Recorded> {
        let read = |observed: &Observed| observed.flags_requests().cloned().collect();
        self.shared.journal.read(read)
    }

    /// What is in the vault, oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.vault.all()
    }

    /// Replaces all that is in the vault.
    pub fn set_connections(&self, rows: Vec<Connection>) {
        self.shared.vault.replace(rows);
    }

    /// Calls of the API and loads of keys that are open now.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.shared.journal.read(|observed| observed.in_flight)
    }

    /// The most of them that were open at once since the memory was last cleared.
    #[must_use]
    pub fn max_in_flight(&self) -> u32 {
        self.shared.journal.read(|observed| observed.max_in_flight)
    }

    /// The exact JSON text of every row under the settings in force, in order.
    #[must_use]
    pub fn rows(&self) -> Vec<String> {
        let look = self.shared.look(&self.shared.settings());
        (0..u64::from(look.rows))
            .map(|index| catalogue::row(look, index))
            .collect()
    }

    /// Blocks the thread until `done` holds; false if it does not within `timeout`.
    ///
    /// In an async test prefer [`Sandbox::wait_until_async`]: the client may need the thread.
    pub fn wait_until(&self, done: impl FnMut(&Observed) -> bool, timeout: Duration) -> bool {
        self.shared.journal.wait(done, timeout)
    }

    /// Waits until `done` holds; false if it does not within `limit`. Needs a tokio runtime with
    /// time enabled.
    pub async fn wait_until_async(
        &self,
        done: impl FnMut(&Observed) -> bool,
        limit: Duration,
    ) -> bool {
        let waiting = self.shared.journal.wait_async(done);
        timeout(limit, waiting).await.is_ok()
    }

    /// Stops listening, gives open calls up to `grace` to end, then stops.
    pub fn stop(mut self, grace: Duration) {
        self.end(grace);
    }

    fn end(&mut self, grace: Duration) {
        if let Some(stop) = self.stop.take() {
            // Fails only if the thread is gone already.
            let _ = stop.send(grace);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

/// Where clients on this machine reach an address: one that stands for all of them is none to call.
fn base_url(mut addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        addr.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{addr}")
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<Duration>) {
    let observe = middleware::from_fn_with_state(Arc::clone(&shared), api::observe);
    let routes = Router::new()
        .merge(api::routes())
        .merge(control::routes())
        .merge(sign_in::routes())
        .merge(widget::routes())
        .layer(observe)
        .with_state(Arc::clone(&shared));
    let grace = tokio::select! {
        () = accept(&listener, routes) => Duration::ZERO,
        grace = stopped => grace.unwrap_or_default(),
    };
    drop(listener);
    let idle = shared
        .journal
        .wait_async(|observed| observed.in_flight == 0);
    // What is still open after that ends with the runtime.
    let _ = timeout(grace, idle).await;
}

async fn accept(listener: &TcpListener, routes: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers must not wait for Nagle's algorithm. Without it they are only slow.
                let _ = stream.set_nodelay(true);
                tokio::spawn(wire::serve(stream, routes.clone()));
            }
            // Mostly "too many open files": others have to close before the next can open.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}
