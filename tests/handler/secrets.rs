//! Secrets of the Secrets Store, and keys that replace others.

use std::time::Duration;

use authkit_edge::limits::{SECRETS_FRESH, SECRETS_RETRY, SECRETS_TIMEOUT, TAKEOVER};
use serde_json::json;

use crate::support::{Call, KEY, Plan, START, Stored, TestApp, TestRequest, assert_error};

const OLD: &str = "sk_test_old";
const NEW: &str = "sk_test_new";

/// An upstream with three pages that takes these keys.
fn taking(keys: &'static [&'static str]) -> impl Fn(&Call) -> Plan {
    move |call| {
        if !keys.contains(&call.headers["x-pica-secret"].as_str()) {
            return Plan::status(401).after(10);
        }
        Plan::json(r#"{"rows":[],"pages":3,"authkitWhitelist":true}"#).after(10)
    }
}

/// The keys that came upstream since `earlier` calls.
fn keys_sent(app: &TestApp, earlier: usize) -> Vec<String> {
    let calls = app.edge.calls().into_iter().skip(earlier);
    calls
        .map(|call| call.headers["x-pica-secret"].clone())
        .collect()
}

fn stored_app(secret: Stored) -> TestApp {
    TestApp::new()
        .with_stored("PICA_SECRET_KEY", secret)
        .upstream(taking(&[OLD, NEW]))
}

#[test]
fn are_read_out_of_their_store_and_again_after_their_time() {
    let app = stored_app(Stored::Text(OLD, 5));
    let isolate = app.isolate();
    for reads in [1, 1, 1, 2, 2] {
        assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
        assert_eq!(app.edge.secrets_read(), vec!["PICA_SECRET_KEY"; reads]);
        app.edge.pass(SECRETS_FRESH.mul_f64(0.4));
    }
    assert!(keys_sent(&app, 0).iter().all(|key| key == OLD));
    // What is known of the account outlives the reading: that it has three pages.
    let pages = app.edge.token_calls().split_off(3);
    assert!(pages.chunks(3).all(|pages| pages[0].at == pages[2].at));
    assert_eq!(app.edge.warnings(), Vec::<serde_json::Value>::new());
}

#[test]
fn take_the_place_of_the_old_ones_without_a_deploy() {
    let app = stored_app(Stored::Text(OLD, 0));
    let isolate = app.isolate();
    isolate.send(&TestRequest::post());
    app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 0));
    app.edge.pass(SECRETS_FRESH);
    let earlier = app.edge.calls().len();
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
    assert!(keys_sent(&app, earlier).iter().all(|key| key == NEW));
}

#[test]
fn stay_what_they_were_while_their_store_fails() {
    for (failure, wait) in [
        (Stored::Fails, Duration::ZERO),
        (Stored::Hangs, SECRETS_TIMEOUT),
    ] {
        let app = stored_app(Stored::Text(OLD, 0));
        let isolate = app.isolate();
        isolate.send(&TestRequest::post());
        app.edge.store("PICA_SECRET_KEY", failure);
        app.edge.pass(SECRETS_FRESH);
        let before = app.edge.time().after(wait);
        let calls = app.edge.calls().len();
        assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
        assert_eq!(START.0 + app.edge.calls()[calls].at, before.0);
        let warning = app.edge.warnings()[0]["warning"].to_string();
        assert!(warning.contains("PICA_SECRET_KEY"), "{warning}");
        // It is tried again soon.
        app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 0));
        app.edge.pass(SECRETS_RETRY);
        let earlier = app.edge.calls().len();
        assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
        assert!(keys_sent(&app, earlier).iter().all(|key| key == NEW));
        assert_eq!(app.edge.warnings().len(), 1);
    }
}

#[test]
fn stop_everything_until_they_were_read_once() {
    for name in [
        "PICA_SECRET_KEY",
        "PICA_SECRET_KEY_NEXT",
        "TRUSTED_CALLER_KEY",
    ] {
        for failure in [Stored::Fails, Stored::Hangs] {
            let app = TestApp::new()
                .with_stored(name, failure)
                .upstream(taking(&[KEY, OLD]));
            let isolate = app.isolate();
            let outcome = isolate.send(&TestRequest::post());
            assert_error(&outcome, 503, "misconfigured");
            let reason = outcome.record.reason.unwrap();
            assert!(reason.starts_with(name), "{reason}");
            assert_eq!(app.edge.calls().len(), 0);

            let text = "sk_test_old_as_long_as_any_key_has_to_be";
            app.edge.store(name, Stored::Text(text, 0));
            assert_error(&isolate.send(&TestRequest::post()), 503, "misconfigured");
            app.edge.pass(SECRETS_RETRY);
            let outcome = isolate.send(&TestRequest::post());
            assert_ne!(outcome.record.code, "misconfigured");
        }
    }
}

#[test]
fn are_read_by_one_request_while_others_go_on() {
    let app = stored_app(Stored::Text(OLD, 0));
    let isolate = app.isolate();
    isolate.send(&TestRequest::post());
    app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 1000));
    app.edge.pass(SECRETS_FRESH);
    let reads = app.edge.secrets_read().len();
    let outcomes = isolate.send_together(&vec![TestRequest::post(); 5]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.response.status == 200)
    );
    assert_eq!(app.edge.secrets_read().len(), reads + 1);
    assert!(keys_sent(&app, 0).contains(&OLD.to_owned()));
}

#[test]
fn never_go_back_to_what_a_slower_read_has_brought() {
    let app = stored_app(Stored::Text(OLD, 0));
    let isolate = app.isolate();
    isolate.send(&TestRequest::post());
    app.edge.pass(SECRETS_FRESH);
    // The first read was begun before the secret was replaced, and ends after the second.
    app.edge.store("PICA_SECRET_KEY", Stored::Text(OLD, 2000));
    let both = [&TestRequest::post(), &TestRequest::post()];
    isolate.send_overlapping(both, TAKEOVER, || {
        app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 10));
    });
    let earlier = app.edge.calls().len();
    let reads = app.edge.secrets_read().len();
    isolate.send(&TestRequest::post());
    assert!(keys_sent(&app, earlier).iter().all(|key| key == NEW));
    assert_eq!(app.edge.secrets_read().len(), reads);
}

#[test]
fn are_those_of_the_read_that_ended_last_where_two_begin_together() {
    let app = stored_app(Stored::Text(OLD, 10));
    let isolate = app.isolate();
    let both = [&TestRequest::post(), &TestRequest::post()];
    isolate.send_overlapping(both, Duration::ZERO, || {
        app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 20));
    });
    let earlier = app.edge.calls().len();
    isolate.send(&TestRequest::post());
    assert!(keys_sent(&app, earlier).iter().all(|key| key == NEW));
}

#[test]
fn are_read_by_everybody_who_comes_long_after_they_are_due() {
    let app = stored_app(Stored::Text(OLD, 0));
    let isolate = app.isolate();
    isolate.send(&TestRequest::post());
    app.edge.store("PICA_SECRET_KEY", Stored::Text(NEW, 100));
    app.edge.pass(SECRETS_FRESH + SECRETS_TIMEOUT);
    let earlier = app.edge.calls().len();
    isolate.send_together(&vec![TestRequest::post(); 5]);
    assert!(keys_sent(&app, earlier).iter().all(|key| key == NEW));
}

#[test]
fn give_all_of_the_first_requests_one_configuration() {
    let app = stored_app(Stored::Text(OLD, 1000));
    let isolate = app.isolate();
    let outcomes = isolate.send_together(&vec![TestRequest::post(); 5]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.response.status == 200)
    );
    let calls = app.edge.calls().len();
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
    // Three pages, and the flags are known.
    assert_eq!(app.edge.calls().len(), calls + 3);
}

#[test]
fn are_replaced_by_the_next_when_the_upstream_refuses_one() {
    let app = |keys| {
        TestApp::new()
            .with("PICA_SECRET_KEY", OLD)
            .with("PICA_SECRET_KEY_NEXT", NEW)
            .upstream(taking(keys))
    };
    for (keys, uses, tries) in [
        (&[OLD][..], None, 4),
        (&[NEW], Some("next"), 6),
        (&[OLD, NEW], None, 4),
    ] {
        let app = app(keys);
        let isolate = app.isolate();
        let outcome = isolate.send(&TestRequest::post());
        assert_eq!(outcome.response.status, 200);
        // Flags and page 1 begin together; the other pages know better.
        assert_eq!(outcome.record.upstream_attempts, tries);
        assert_eq!(outcome.record.upstream_key, uses);
        let outcome = isolate.send(&TestRequest::post().at("/api/authkit?page=1"));
        assert_eq!(outcome.response.status, 200);
        assert_eq!(outcome.record.upstream_attempts, 1);
        assert_eq!(outcome.record.upstream_key, uses);
    }
    // Each call tries each key once.
    let app = app(&[]);
    let outcome = app.send(&TestRequest::post().at("/api/authkit?page=1"));
    assert_error(&outcome, 502, "upstream_failed");
    assert_eq!(keys_sent(&app, 0), [OLD, NEW]);
}

#[test]
fn go_back_to_the_first_when_the_next_is_withdrawn() {
    let app = TestApp::new()
        .with("PICA_SECRET_KEY", OLD)
        .with("PICA_SECRET_KEY_NEXT", NEW)
        .upstream(|call| {
            let early = call.at < 1000;
            let taken = if early { NEW } else { OLD };
            if call.headers["x-pica-secret"] == taken {
                Plan::json(r#"{"rows":[],"pages":1}"#)
            } else {
                Plan::status(401)
            }
        });
    let isolate = app.isolate();
    let request = TestRequest::post().at("/api/authkit?page=1");
    for wanted in [vec![OLD, NEW], vec![NEW]] {
        let earlier = app.edge.calls().len();
        assert_eq!(isolate.send(&request).response.status, 200);
        assert_eq!(keys_sent(&app, earlier), wanted);
    }
    app.edge.pass(Duration::from_secs(1));
    for wanted in [vec![NEW, OLD], vec![OLD]] {
        let earlier = app.edge.calls().len();
        assert_eq!(isolate.send(&request).response.status, 200);
        assert_eq!(keys_sent(&app, earlier), wanted);
    }
}

#[test]
fn are_not_replaced_for_another_reason() {
    for (status, tries) in [(400, 1), (402, 1), (403, 1), (404, 1), (500, 3)] {
        let app = TestApp::new()
            .with("PICA_SECRET_KEY", OLD)
            .with("PICA_SECRET_KEY_NEXT", NEW)
            .upstream(move |_| Plan::status(status));
        let outcome = app.send(&TestRequest::post().at("/api/authkit?page=1"));
        assert_error(&outcome, 502, "upstream_failed");
        assert_eq!(keys_sent(&app, 0), vec![OLD; tries], "{status}");
    }
}

#[test]
fn of_another_environment_are_warned_of_once_in_an_isolate() {
    let app = TestApp::new().with("PICA_SECRET_KEY", "sk_live_1");
    let isolate = app.isolate();
    for _ in 0..3 {
        assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
    }
    let warnings = app.edge.warnings();
    assert_eq!(warnings.len(), 1);
    let text = warnings[0]["warning"].as_str().unwrap();
    assert!(text.starts_with("PICA_SECRET_KEY: is a live key"), "{text}");
    assert_eq!(warnings[0], json!({"warning": text}));
    assert!(!text.contains("sk_live_1"), "{text}");
}
