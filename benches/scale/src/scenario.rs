//! What is assumed, and the run: people ask at random, isolates answer, one account is asked.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use authkit_edge::config::Config;
use authkit_edge::handler::handle;
use authkit_edge::runtime::Timestamp;
use futures_util::stream::{FuturesUnordered, StreamExt};
use rand_distr::{Exp, LogNormal, Uniform};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

use crate::account::Account;
use crate::clock::Clock;
use crate::edge::{Ask, CALLER_KEY, Cache, Edge, Gauge, World};
use crate::figures::Figures;

pub use crate::account::{Reset, WINDOW};

/// How far latencies scatter: with this, one in a hundred is three times the median.
const LATENCY_SPREAD: f64 = 0.5;

/// A world to run. [`Scenario::default`] is the one that the others are variations of.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How many people ask in a minute, on average. They do not know of each other.
    pub asked_per_minute: u32,
    /// Over how many isolates they are spread, evenly at random; `None` is a new isolate for each
    /// request, which remembers nothing itself.
    pub isolates: Option<u32>,
    /// Over how many data centres they are spread, evenly at random, that keep notes for new isolates; none
    /// for no such cache.
    pub caches: usize,
    /// Pages of the account's list, of 100 integrations each.
    pub pages: u32,
    /// How often somebody who is told to wait does so and comes back.
    pub comebacks: u32,
    /// Calls that the account may make in a window.
    pub limit: u32,
    /// What a 429 of Pica says.
    pub reset: Reset,
    /// How long half of Pica's answers take at most.
    pub median_latency: Duration,
    /// How long people keep coming, in minutes.
    pub minutes: u32,
    /// Where chance begins.
    pub seed: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            asked_per_minute: 60,
            isolates: Some(20),
            caches: 0,
            pages: 3,
            comebacks: 0,
            limit: 500,
            reset: Reset::WholeWindow,
            median_latency: Duration::from_millis(150),
            minutes: 10,
            seed: 1,
        }
    }
}

struct Isolate {
    config: Config,
    /// Until when it was asked to leave the account alone.
    told_until: Cell<Timestamp>,
}

impl Isolate {
    fn new() -> Self {
        let config = Config::parse(|name| {
            let value = match name {
                "IDENTITY_SOURCE" => "header",
                "PICA_SECRET_KEY" | "TRUSTED_CALLER_KEY" => CALLER_KEY,
                _ => return None,
            };
            Some(value.to_owned())
        });
        Self {
            config,
            told_until: Cell::new(Timestamp(0)),
        }
    }
}

impl Scenario {
    /// Runs it, until the last one who asked has an answer.
    ///
    /// # Panics
    /// When nobody asks, or when somebody gets an answer that has no place in this world.
    #[must_use]
    pub fn run(&self) -> Figures {
        let world = World {
            clock: Clock::default(),
            account: RefCell::new(Account::new(self.limit, self.reset)),
            chance: RefCell::new(Pcg64::seed_from_u64(self.seed)),
            latency: LogNormal::new(0.0, LATENCY_SPREAD).expect("it is finite"),
            median_latency: self.median_latency,
            pages: self.pages,
            caches: (0..self.caches).map(|_| Cache::default()).collect(),
            connections: Gauge::default(),
            calls: Cell::new(0),
            refused_calls: Cell::new(0),
        };
        let isolates: Option<Vec<Isolate>> = self
            .isolates
            .map(|count| (0..count).map(|_| Isolate::new()).collect());
        let figures = RefCell::new(Figures::default());
        let visit = || self.visit(&world, isolates.as_deref(), &figures);

        let pauses = Exp::new(f64::from(self.asked_per_minute) / 60.0).expect("somebody asks");
        let pause = || Duration::from_secs_f64(world.chance(&pauses));
        let end = Duration::from_mins(1) * self.minutes;
        let mut arrival = pause();
        let mut people = FuturesUnordered::new();
        loop {
            poll_until_all_wait(&mut people);
            let due = world.clock.next_due();
            if arrival < end && due.is_none_or(|due| arrival <= due) {
                world.clock.advance_to(arrival);
                people.push(visit());
                arrival += pause();
            } else if let Some(due) = due {
                world.clock.advance_to(due);
            } else {
                break;
            }
        }
        drop(people);
        let mut figures = figures.into_inner();
        figures.minutes = self.minutes;
        figures.calls = world.calls.get();
        figures.refused_calls = world.refused_calls.get();
        figures.most_connections = world.connections.most();
        figures
    }

    /// Somebody asks, and comes back when told to wait.
    async fn visit(&self, world: &World, isolates: Option<&[Isolate]>, figures: &RefCell<Figures>) {
        for comeback in 0..=self.comebacks {
            let new;
            let isolate = if let Some(isolates) = isolates {
                let which = Uniform::new(0, isolates.len()).expect("there is one");
                &isolates[world.chance(&which)]
            } else {
                new = Isolate::new();
                &new
            };
            let (status, wait) = request(world, isolate, figures).await;
            if let Some(wait) = wait
                && comeback < self.comebacks
            {
                world.clock.sleep(wait).await;
                continue;
            }
            let mut figures = figures.borrow_mut();
            match status {
                200 => figures.minted += 1,
                429 => figures.refused += 1,
                504 => figures.timed_out += 1,
                status => panic!("nobody expects {status}"),
            }
            return;
        }
    }
}

/// One request. Gives its status and what it was told to wait.
async fn request(
    world: &World,
    isolate: &Isolate,
    figures: &RefCell<Figures>,
) -> (u16, Option<Duration>) {
    let edge = Edge::new(world);
    let began = world.clock.now();
    let told = world.time() < isolate.told_until.get();
    let outcome = handle(&isolate.config, &Ask, &edge).await;
    let status = outcome.response.status;
    let calls = edge.calls.get();
    let retry_after = outcome.response.headers.get("retry-after");
    let wait = retry_after.map(|text| Duration::from_secs(text.parse().expect("seconds")));
    let mut figures = figures.borrow_mut();
    figures.most_calls_of_one = figures.most_calls_of_one.max(calls);
    let connections = edge.connections.most();
    figures.most_connections_of_one = figures.most_connections_of_one.max(connections);
    match status {
        200 => figures
            .durations
            .push(world.clock.now().saturating_sub(began)),
        429 => {
            figures.refusals += 1;
            figures.refusals_with_wait += u32::from(wait.is_some());
        }
        _ => {}
    }
    if told {
        figures.calls_while_told += calls;
    }
    if let Some(wait) = wait.filter(|_| calls > 0) {
        isolate.told_until.set(world.time().after(wait));
    }
    (status, wait)
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn poll_until_all_wait(people: &mut FuturesUnordered<impl Future<Output = ()>>) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    loop {
        while let Poll::Ready(Some(())) = people.poll_next_unpin(&mut context) {}
        // After some polls in a row it pauses, and says that it has not looked at all of them.
        if !woken.0.swap(false, Ordering::Relaxed) {
            return;
        }
    }
}
