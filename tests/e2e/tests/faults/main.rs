//! The fault matrix: every fault of the upstream, of an issuer and of the application that is asked
//! for a session, on every route and in every mode, in workerd. Each combination shows four things:
//!
//! - the answer is right or an error of the table in docs/reference.md, and comes in time
//! - the calls are no more than the retry rules allow
//! - afterwards no call stays open
//! - the next request, with a healthy upstream, is answered rightly

mod keys;
mod matrix;
mod page;
mod session;
mod vault;

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use authkit_edge_e2e::PATIENCE;
use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, USER};
use authkit_edge_e2e::profile::{Edge, Profile};
use authkit_sandbox::Fault;
use serde_json::{Value, json};

use crate::matrix::{
    Expected, MEMORIES, Memory, Provider, ROUTES, Route, Row, flags_faults, healthy, is_run,
    token_faults,
};

/// An answer that takes longer did not keep its deadline, which is 8 s and less: no machine is so
/// slow.
const HANGS: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(50);

const ONE_PAGE: &str = "/api/authkit?page=1";

fn request(route: Route) -> Request {
    match route {
        Route::Whole => Request::post(),
        Route::OnePage => Request::post().at(ONE_PAGE),
    }
}

#[expect(clippy::disallowed_methods, reason = "a hang is a matter of time")]
fn clock() -> Instant {
    Instant::now()
}

/// Sends what must not keep anybody waiting.
#[track_caller]
fn in_time(send: impl FnOnce() -> Answer) -> Answer {
    let begun = clock();
    let answer = send();
    assert!(begun.elapsed() < HANGS, "{:?}: {answer}", begun.elapsed());
    answer
}

/// Leaves the isolate with that memory and a healthy upstream.
fn prepare(edge: &mut Edge, memory: Memory) {
    edge.start_over();
    edge.sandbox.configure(healthy());
    if memory == Memory::Warm {
        edge.send(&Request::post()).assert_token();
        edge.assert_upstream_idle();
        edge.sandbox.forget_requests();
    }
}

/// Asserts that it has the rows that were asked for, and that it is for who asked.
#[track_caller]
fn assert_right(answer: &Answer, edge: &Edge, route: Route) -> Value {
    let token = answer.assert_token();
    let mut rows = edge.sandbox.rows();
    if route == Route::OnePage {
        rows.truncate(100);
    }
    let rows: Value = serde_json::from_str(&format!("[{}]", rows.join(","))).unwrap();
    assert!(token["rows"] == rows, "other rows: {answer}");
    assert_eq!(token["identity"], USER);
    token
}

/// Asserts that the next request is answered as if nothing had happened.
fn assert_recovered(edge: &Edge, is_shed: bool) {
    edge.assert_upstream_idle();
    edge.sandbox.configure(healthy());
    let mut answer = edge.send(&Request::post());
    if is_shed {
        // Unless its upstream wanted to be left alone for a second.
        let begun = clock();
        while answer.status == 429 && begun.elapsed() < PATIENCE {
            answer.assert_error(429, "rate_limited");
            thread::sleep(PAUSE);
            answer = edge.send(&Request::post());
        }
    }
    assert_right(&answer, edge, Route::Whole);
}

#[track_caller]
fn assert_calls(what: &str, found: usize, allowed: &RangeInclusive<usize>) {
    assert!(allowed.contains(&found), "{found} {what}, not {allowed:?}");
}

fn check(edge: &mut Edge, row: &Row, provider: Provider, route: Route, memory: Memory) {
    prepare(edge, memory);
    edge.sandbox.configure(row.settings());
    let answer = in_time(|| edge.send(&request(route)));
    let expected = row.expected(route);
    let code = match expected {
        Expected::Token => {
            assert_right(&answer, edge, route);
            "ok"
        }
        Expected::Error(status, code) => {
            answer.assert_error(status, code);
            code
        }
    };
    assert_eq!(edge.line_of(&answer)["code"], code);
    edge.assert_upstream_idle();
    let seen = edge.sandbox.token_requests();
    assert_calls(
        "token calls",
        seen.len(),
        &row.calls(route, memory, provider),
    );
    let flags = edge.sandbox.flags_requests().len();
    assert_calls("flags calls", flags, &(0..=1));
    // Nobody went where a redirect pointed.
    edge.assert_upstream_calls(seen.len(), flags);
    assert_recovered(edge, expected == Expected::Error(429, "rate_limited"));
}

fn check_all(provider: Provider) {
    let mut numbers = 0..;
    for row in token_faults() {
        let mut edge = row.profile(provider).lease();
        for route in ROUTES {
            for memory in MEMORIES {
                if !numbers.next().is_some_and(is_run) {
                    continue;
                }
                // Shown when it fails.
                println!("{provider:?}, {}, {route:?}, {memory:?}", row.name);
                check(&mut edge, &row, provider, route, memory);
            }
        }
    }
}

#[test]
fn every_fault_of_token_calls_on_pica() {
    check_all(Provider::Pica);
}

#[test]
fn every_fault_of_token_calls_on_one() {
    check_all(Provider::One);
}

#[test]
fn every_fault_of_flags_calls() {
    let mut edge = Profile::Pica.lease();
    let mut numbers = 0..;
    for (name, kind, calls) in flags_faults() {
        for memory in MEMORIES {
            if !numbers.next().is_some_and(is_run) {
                continue;
            }
            println!("{name}, {memory:?}");
            prepare(&mut edge, memory);
            edge.sandbox.update(|settings| {
                settings.white_label = true;
                settings.faults = vec![Fault::flags(kind.clone())];
            });
            let answer = in_time(|| edge.send(&Request::post()));
            let token = assert_right(&answer, &edge, Route::Whole);
            assert_eq!(token["isWhiteLabel"], json!(false));
            edge.assert_upstream_idle();
            let found = edge.sandbox.flags_requests().len();
            assert_calls("flags calls", found, &calls);
            edge.assert_upstream_calls(Provider::Pica.pages(), found);
            assert_recovered(&edge, false);
        }
    }
}
