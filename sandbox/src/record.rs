//! What the sandbox remembers of the requests it got.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::sync::lock;

/// How many requests are remembered; older ones are forgotten, so that a benchmark's upstream does
/// not grow without bound.
pub const MAX_RECORDED: usize = 10_000;

/// A request as it arrived, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Milliseconds from the sandbox's start to the request's arrival.
    pub at_ms: u64,
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Query string without its `?`, empty if there is none.
    pub query: String,
    /// Names in lower case, in order of arrival. The secret is among them.
    pub headers: Vec<(String, String)>,
    /// Body, as text.
    pub body: String,
    /// The page asked for, for token and vault calls; 1 if none was named.
    pub page: Option<u64>,
    /// Which route it went to.
    pub route: Route,
    /// Status of the answer, once there is one.
    pub outcome_status: Option<u16>,
    /// Whether the answer was written to the socket in full. False while it is being made, and for
    /// good when the client went away or a fault ended the connection.
    pub completed: bool,
}

impl Recorded {
    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The route of a recorded request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// `/v1/authkit` or `/v1/authkit/token`, with any method.
    Token,
    /// `/v1/users/flags`, with any method.
    Flags,
    /// `/v1/users/whoami`, with any method.
    Whoami,
    /// `/v1/vault/connections` and below, with any method.
    Vault,
    /// The issuer's keys.
    Keys,
    /// `/_sandbox/trap`, where no client should ever go.
    Trap,
    /// Anything else but the control routes, which are not recorded.
    Other,
}

impl Route {
    fn counts_as_call(self) -> bool {
        !matches!(self, Self::Trap | Self::Other)
    }
}

/// The sandbox's memory at one moment.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Requests in order of arrival, the newest [`MAX_RECORDED`] of them.
    pub requests: VecDeque<Recorded>,
    /// Calls of the API and loads of keys that have arrived and are not over yet.
    pub in_flight: u32,
    /// The highest `in_flight` since the memory was last cleared.
    pub max_in_flight: u32,
    /// Sequence number of the oldest request in `requests`.
    first: u64,
}

impl Observed {
    /// Token calls in order of arrival.
    pub fn token_requests(&self) -> impl Iterator<Item = &Recorded> {
        self.on(Route::Token)
    }

    /// Flags calls in order of arrival.
    pub fn flags_requests(&self) -> impl Iterator<Item = &Recorded> {
        self.on(Route::Flags)
    }

    /// Requests to one route in order of arrival.
    pub fn on(&self, route: Route) -> impl Iterator<Item = &Recorded> {
        self.requests.iter().filter(move |r| r.route == route)
    }

    fn get_mut(&mut self, sequence: u64) -> Option<&mut Recorded> {
        let place = sequence.checked_sub(self.first)?;
        self.requests.get_mut(usize::try_from(place).ok()?)
    }
}

/// The memory, and those who wait for it to change.
pub(crate) struct Journal {
    started: Instant,
    log: bool,
    observed: Mutex<Observed>,
    // Two ways to wait: a blocked thread needs one, a task in a test's own runtime the other.
    for_threads: Condvar,
    for_tasks: watch::Sender<()>,
}

impl Journal {
    #[expect(clippy::disallowed_methods, reason = "this never runs on wasm32")]
    pub(crate) fn new(log: bool) -> Self {
        Self {
            started: Instant::now(),
            log,
            observed: Mutex::default(),
            for_threads: Condvar::new(),
            for_tasks: watch::Sender::new(()),
        }
    }

    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Remembers a request that has arrived.
    pub(crate) fn open(self: &Arc<Self>, request: Recorded) -> Ticket {
        let counted = request.route.counts_as_call();
        let sequence = self.change(|observed| {
            let sequence = observed.first + observed.requests.len() as u64;
            observed.requests.push_back(request);
            if observed.requests.len() > MAX_RECORDED {
                observed.requests.pop_front();
                observed.first += 1;
            }
            if counted {
                observed.in_flight += 1;
                observed.max_in_flight = observed.max_in_flight.max(observed.in_flight);
            }
            sequence
        });
        Ticket {
            journal: Arc::clone(self),
            sequence,
            counted,
            completed: false,
        }
    }

    /// Forgets all requests. Those still open stay counted as in flight.
    pub(crate) fn clear(&self) {
        self.change(|observed| {
            observed.first += observed.requests.len() as u64;
            observed.requests.clear();
            observed.max_in_flight = observed.in_flight;
        });
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Observed) -> T) -> T {
        look(&lock(&self.observed))
    }

    fn change<T>(&self, edit: impl FnOnce(&mut Observed) -> T) -> T {
        let result = edit(&mut lock(&self.observed));
        self.for_threads.notify_all();
        self.for_tasks.send_replace(());
        result
    }

    /// Blocks the thread until `done` holds; false when that took too long.
    pub(crate) fn wait(&self, mut done: impl FnMut(&Observed) -> bool, timeout: Duration) -> bool {
        let guard = lock(&self.observed);
        let waited = self
            .for_threads
            .wait_timeout_while(guard, timeout, |observed| !done(observed));
        let (_guard, outcome) = waited.unwrap_or_else(PoisonError::into_inner);
        !outcome.timed_out()
    }

    /// Waits until `done` holds, without blocking the thread.
    pub(crate) async fn wait_async(&self, mut done: impl FnMut(&Observed) -> bool) {
        let mut changes = self.for_tasks.subscribe();
        while !self.read(&mut done) {
            // The sender lives as long as `self`, so this cannot fail.
            let _ = changes.changed().await;
        }
    }
}

/// A request that is being answered. Dropping it means that the answer never got out in full.
pub(crate) struct Ticket {
    journal: Arc<Journal>,
    sequence: u64,
    counted: bool,
    completed: bool,
}

impl Ticket {
    /// Notes the status that is about to be sent.
    pub(crate) fn answered(&self, status: u16) {
        self.journal.change(|observed| {
            if let Some(request) = observed.get_mut(self.sequence) {
                request.outcome_status = Some(status);
            }
        });
    }

    /// Notes that the whole answer is in the socket.
    pub(crate) fn complete(mut self) {
        self.completed = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let line = self.journal.change(|observed| {
            if self.counted {
                observed.in_flight -= 1;
            }
            let request = observed.get_mut(self.sequence)?;
            request.completed = self.completed;
            self.journal.log.then(|| log_line(request))
        });
        if let Some(line) = line {
            // Nobody reading the log is no reason to stop serving.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}

fn log_line(request: &Recorded) -> String {
    let mark = if request.query.is_empty() { "" } else { "?" };
    let status = match request.outcome_status {
        Some(status) => status.to_string(),
        None => "-".to_owned(),
    };
    let end = if request.completed {
        ""
    } else {
        " (cut short)"
    };
    format!(
        "{} {}{mark}{} {status}{end}",
        request.method, request.path, request.query
    )
}

#[cfg(test)]
mod tests {
    //! Only the bound on memory, which would take long over HTTP.

    use std::sync::Arc;

    use super::{Journal, MAX_RECORDED, Recorded, Route};

    fn request(at_ms: u64) -> Recorded {
        Recorded {
            at_ms,
            method: "GET".to_owned(),
            path: "/v1/users/flags".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: String::new(),
            page: None,
            route: Route::Flags,
            outcome_status: None,
            completed: false,
        }
    }

    #[test]
    fn the_oldest_requests_are_forgotten_and_their_end_is_marked_on_no_other() {
        let journal = Arc::new(Journal::new(false));
        let first = journal.open(request(0));
        for at_ms in 1..=MAX_RECORDED as u64 {
            journal.open(request(at_ms)).complete();
        }
        let last = journal.open(request(u64::MAX));
        first.answered(500);
        last.answered(200);
        drop(first);
        journal.read(|observed| {
            assert_eq!(observed.requests.len(), MAX_RECORDED);
            assert_eq!(observed.requests[0].at_ms, 2);
            let answered = |r: &&Recorded| r.outcome_status.is_some();
            let answered: Vec<&Recorded> = observed.requests.iter().filter(answered).collect();
            assert_eq!(answered.len(), 1);
            assert_eq!(answered[0].at_ms, u64::MAX);
            assert_eq!((observed.in_flight, observed.max_in_flight), (1, 2));
        });
    }
}
