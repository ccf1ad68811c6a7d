//! `traceparent`: who gets it, and who does not.

use serde_json::json;

use crate::support::{Plan, TestApp, TestRequest};
use crate::tokens::{self, KEYS_URL, SigningKey, claims};

const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Three calls: the flags and two pages.
fn two_pages() -> TestApp {
    TestApp::new().upstream(|_| Plan::json(r#"{"rows":[],"pages":2}"#))
}

#[test]
fn goes_on_to_the_upstream_and_into_the_log() {
    let app = two_pages();
    let request = TestRequest::post()
        .header("traceparent", TRACE_PARENT)
        .header("tracestate", "vendor=anything")
        .header("x-request-id", "ours");
    let outcome = app.send(&request);
    let trace_id = outcome.record.trace_id.as_deref();
    assert_eq!(trace_id, Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    let calls = app.edge.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        let sent = call.headers.get("traceparent").map(String::as_str);
        assert_eq!(sent, Some(TRACE_PARENT), "{}", call.url);
        for name in ["tracestate", "x-request-id"] {
            assert!(!call.headers.contains_key(name), "{name} to {}", call.url);
        }
    }
    let headers: Vec<_> = outcome.response.headers.iter().collect();
    assert!(!headers.iter().any(|(name, _)| name.starts_with("trace")));
}

#[test]
fn is_dropped_when_it_is_not_valid_and_nothing_else_comes_of_it() {
    let mut requests = vec![TestRequest::post()];
    for bad in [
        "",
        "ada@example.com",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    ] {
        requests.push(TestRequest::post().header("traceparent", bad));
    }
    // Two of them are none: nobody can say which is meant.
    let twice = TestRequest::post().header("traceparent", TRACE_PARENT);
    requests.push(twice.header("traceparent", TRACE_PARENT));
    for request in &requests {
        let app = two_pages();
        let outcome = app.send(request);
        assert_eq!(outcome.response.status, 200);
        assert_eq!(outcome.record.trace_id, None);
        let calls = app.edge.calls();
        assert_eq!(calls.len(), 3);
        assert!(
            calls
                .iter()
                .all(|call| !call.headers.contains_key("traceparent"))
        );
    }
}

#[test]
fn names_nobody() {
    for name in ["x-request-id", "traceparent", "TraceState"] {
        let app = TestApp::new().with("IDENTITY_HEADER", name);
        let outcome = app.send(&TestRequest::post());
        let reason = outcome.record.reason.unwrap();
        assert!(reason.starts_with("IDENTITY_HEADER: "), "{name}: {reason}");
    }
}

#[test]
fn is_not_for_the_issuer_of_tokens() {
    let app = tokens::app();
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let request = TestRequest::anonymous()
        .header("authorization", &format!("Bearer {token}"))
        .header("traceparent", TRACE_PARENT);
    assert_eq!(app.send(&request).response.status, 200);
    for call in app.edge.calls() {
        let has_it = call.headers.contains_key("traceparent");
        assert_eq!(has_it, call.url != KEYS_URL, "{}", call.url);
    }
}
