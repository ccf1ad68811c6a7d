//! What all requests of an isolate hold together, and bodies that do not come.

use std::time::Duration;

use authkit_edge::handler::Outcome;
use authkit_edge::limits::{MAX_HOLD, MAX_WAITING_BYTES, REQUEST_BODY_TIMEOUT, WAITING_BYTES};

use crate::support::{Manner, Plan, TestApp, TestRequest, assert_error};

/// An upstream with one page of so many bytes, which takes a second.
fn of_bytes(length: usize) -> TestApp {
    TestApp::new().upstream(move |call| {
        if call.is_flags() {
            return Plan::json("{}");
        }
        let row = "x".repeat(length);
        Plan::json(format!(r#"{{"rows":["{row}"],"pages":1}}"#)).body_after(1000)
    })
}

#[track_caller]
fn assert_busy(outcome: &Outcome) {
    assert_error(outcome, 503, "busy");
    let headers = &outcome.response.headers;
    assert_eq!(headers.get("retry-after"), Some("1"));
}

fn served(outcomes: &[Outcome]) -> usize {
    let all = outcomes.iter();
    all.filter(|outcome| outcome.response.status == 200).count()
}

#[test]
fn is_no_more_than_there_is_room_for() {
    for (length, fits) in [(15 * 1024 * 1024, 1), (5 * 1024 * 1024, 4)] {
        let app = of_bytes(length);
        let isolate = app.isolate();
        let outcomes = isolate.send_together(&vec![TestRequest::post(); 8]);
        assert_eq!(served(&outcomes), fits, "{length}");
        for outcome in outcomes.iter().filter(|one| one.response.status != 200) {
            assert_busy(outcome);
            // Nothing of it was read.
            assert_eq!(outcome.record.upstream_pages, 0);
        }
        // An answer holds its share until it is gone.
        assert_busy(&isolate.send(&TestRequest::post()));
        drop(outcomes);
        assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
    }
}

#[test]
fn is_no_reason_to_come_again_for_a_token_that_is_too_large_by_itself() {
    let app = TestApp::new().upstream(|call| {
        let row = "x".repeat(8 * 1024 * 1024);
        if call.is_flags() {
            return Plan::json("{}");
        }
        Plan::json(format!(r#"{{"rows":["{row}"],"pages":6}}"#)).body_after(10)
    });
    let isolate = app.isolate();
    for _ in 0..2 {
        assert_error(&isolate.send(&TestRequest::post()), 502, "upstream_failed");
    }
}

#[test]
fn is_given_back_by_a_try_that_failed() {
    let app = TestApp::new().upstream(|call| {
        let row = "x".repeat(15 * 1024 * 1024);
        let page = Plan::json(format!(r#"{{"rows":["{row}"],"pages":1}}"#));
        match (call.is_flags(), call.earlier) {
            (true, _) => Plan::json("{}"),
            (false, 0) => page.hang_body(),
            (false, _) => page,
        }
    });
    assert_eq!(app.send(&TestRequest::post()).response.status, 200);
}

#[test]
fn is_forgotten_of_a_request_that_never_ends() {
    let app = of_bytes(15 * 1024 * 1024);
    let isolate = app.isolate();
    isolate.send(&TestRequest::post().at("/api/authkit?page=1"));
    app.edge.slow_down();
    assert!(isolate.abandon(&TestRequest::post(), 3, Manner::Forgotten));
    assert_busy(&isolate.send(&TestRequest::post()));
    app.edge.pass(MAX_HOLD);
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
}

#[test]
fn has_no_body_that_takes_longer_than_its_time() {
    let app = TestApp::new();
    for path in ["/api/authkit", "/api/authkit?page=1"] {
        let begun = app.edge.time();
        let outcome = app.send(&TestRequest::post().endless().at(path));
        assert_error(&outcome, 408, "body_timeout");
        assert_eq!(begun.until(app.edge.time()), REQUEST_BODY_TIMEOUT);
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn has_so_many_requests_that_wait_for_their_body_and_no_more() {
    let app = TestApp::new();
    let isolate = app.isolate();
    let most = MAX_WAITING_BYTES / WAITING_BYTES;
    let outcomes = isolate.send_together(&vec![TestRequest::post().endless(); most + 3]);
    let (waited, refused) = outcomes.split_at(most);
    for outcome in waited {
        assert_error(outcome, 408, "body_timeout");
    }
    for outcome in refused {
        assert_busy(outcome);
        assert!(Duration::from_millis(outcome.record.duration_ms) < REQUEST_BODY_TIMEOUT);
    }
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
}
