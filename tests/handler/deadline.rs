//! One deadline for all of a request, by whatever its time goes: the widget gives up at ten seconds.

use std::time::Duration;

use authkit_edge::limits::{BESIDE_UPSTREAM, REQUEST_DEADLINE};
use authkit_edge::runtime::Limiter;
use serde_json::json;

use crate::support::{Counter, Plan, Stored, TestApp, TestRequest, assert_error};
use crate::tokens::{KEYS_URL, SigningKey, claims, jwt_app, key_set};

/// The hosted widget's patience, in milliseconds.
const PATIENCE: u64 = 10_000;

const PAGE: &str = r#"{"rows":[],"total":0,"pages":1,"page":1,"requestId":1}"#;

/// How many milliseconds each part takes; `None` for ever.
#[derive(Debug, Clone, Copy)]
struct Delays {
    body: Option<u64>,
    keys: Option<u64>,
    upstream: Option<u64>,
}

fn late(plan: Plan, after: Option<u64>) -> Plan {
    match after {
        Some(millis) => plan.after(millis),
        None => plan.hang(),
    }
}

fn app(delays: Delays) -> TestApp {
    jwt_app(|_| Plan::json("")).upstream(move |call| {
        if call.url == KEYS_URL {
            late(
                Plan::json(key_set(&[SigningKey::new("k1").jwk()])),
                delays.keys,
            )
        } else {
            late(Plan::json(PAGE), delays.upstream)
        }
    })
}

fn ask(delays: Delays) -> TestRequest {
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let request = TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
    match delays.body {
        Some(0) => request,
        Some(millis) => request.json("{}").slowly(Duration::from_millis(millis)),
        None => request.endless(),
    }
}

#[test]
fn leaves_the_upstream_what_the_keys_have_left() {
    let delays = Delays {
        body: Some(0),
        keys: Some(2_999),
        upstream: None,
    };
    let app = app(delays);
    let outcome = app.send(&ask(delays));
    assert_error(&outcome, 504, "upstream_timeout");
    assert_eq!(outcome.record.identity_ms, 2_999);
    assert_eq!(u128::from(app.edge.elapsed()), REQUEST_DEADLINE.as_millis());
}

/// The kind: time that goes before the upstream is asked, wherever it goes. Whoever waits gets an
/// answer all the same.
#[test]
fn answers_everybody_before_the_widget_gives_up() {
    let parts = [
        Some(0),
        Some(400),
        Some(2_900),
        Some(4_700),
        Some(8_900),
        None,
    ];
    for body in parts {
        for keys in parts {
            for upstream in parts {
                for path in ["/api/authkit", "/api/authkit?page=1", "/api/authkit/grant"] {
                    let delays = Delays {
                        body,
                        keys,
                        upstream,
                    };
                    let app = app(delays)
                        .with("IDENTITY_SOURCE", "grant,jwt")
                        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
                        .with_limiter(Limiter::Client, Counter::Hangs)
                        .with_limiter(Limiter::Identity, Counter::Hangs);
                    let request = ask(delays)
                        .at(path)
                        .header("cf-connecting-ip", "203.0.113.7");
                    let outcome = app.send(&request);
                    let found = (outcome.response.status, outcome.record.code);
                    let elapsed = app.edge.elapsed();
                    assert!(
                        elapsed < PATIENCE,
                        "{delays:?} {path}: {elapsed} ms, {found:?}"
                    );
                    let known = [
                        (200, "ok"),
                        (408, "body_timeout"),
                        (415, "unsupported_media_type"),
                        (503, "keys_unavailable"),
                        (504, "upstream_timeout"),
                    ];
                    assert!(known.contains(&found), "{delays:?} {path}: {found:?}");
                    let quick = [body, keys, upstream].map(|part| part.unwrap_or(PATIENCE));
                    let takes: u64 = quick.iter().sum();
                    if takes + 2_000 < 8_000
                        && quick[1] < 3_000
                        && quick[2] < 2_000
                        && body != Some(0)
                    {
                        assert_eq!(found, (200, "ok"), "{delays:?} {path}");
                    }
                }
            }
        }
    }
}

#[test]
fn counts_the_reading_of_stored_secrets_as_well() {
    let app = TestApp::new()
        .upstream(|_| Plan::json(PAGE).hang())
        .with_stored("PICA_SECRET_KEY", Stored::Text("sk_test_1", 2_000));
    let outcome = app.send(&TestRequest::post());
    assert_error(&outcome, 504, "upstream_timeout");
    assert_eq!(u128::from(app.edge.elapsed()), REQUEST_DEADLINE.as_millis());
}

#[test]
fn has_the_time_that_is_set_for_the_upstream_beside_all_else() {
    for (setting, upstream) in [("8000", 8_000), ("30000", 30_000)] {
        let app = TestApp::new()
            .upstream(|_| Plan::json(PAGE).hang())
            .with("UPSTREAM_DEADLINE_MS", setting);
        let outcome = app.send(&TestRequest::post());
        assert_error(&outcome, 504, "upstream_timeout");
        assert_eq!(app.edge.elapsed(), upstream, "{setting}");
    }
    let delays = Delays {
        body: Some(0),
        keys: Some(2_900),
        upstream: None,
    };
    let app = app(delays).with("UPSTREAM_DEADLINE_MS", "30000");
    assert_error(&app.send(&ask(delays)), 504, "upstream_timeout");
    let whole = Duration::from_secs(30) + BESIDE_UPSTREAM;
    assert_eq!(u128::from(app.edge.elapsed()), whole.as_millis());
}

#[test]
fn starts_no_cool_down_for_keys_that_it_cut_short() {
    let delays = Delays {
        body: Some(8_900),
        keys: Some(2_000),
        upstream: Some(0),
    };
    let app = app(delays);
    let isolate = app.isolate();
    let outcome = isolate.send(&ask(delays));
    assert_error(&outcome, 503, "keys_unavailable");
    assert_eq!(u128::from(app.edge.elapsed()), REQUEST_DEADLINE.as_millis());
    // The next one loads them as if nobody had.
    let body = Some(0);
    let outcome = isolate.send(&ask(Delays { body, ..delays }));
    assert_eq!(outcome.response.status, 200);
}
