//! The routes that say how the Worker is and what it offers.

use authkit_edge::http::openapi::DOCUMENT;
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::Profile;
use serde_json::json;

fn get(path: &str) -> Request {
    Request::anonymous().method("GET").at(path)
}

#[test]
fn is_there_before_anything_is_configured() {
    let edge = Profile::Bare.lease();
    let request = get("/api/authkit/health").header("origin", WIDGET);
    let answer = edge.send(&request);
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.json(), json!({"status": "ok"}));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.assert_readable_by(WIDGET);
    assert_eq!(edge.line_of(&answer)["route"], "health");

    let head = edge.send(&request.method("HEAD"));
    assert_eq!((head.status, head.body.len()), (200, 0), "{head}");
}

#[test]
fn calls_nobody_to_say_so() {
    let edge = Profile::Pica.lease();
    assert_eq!(edge.send(&get("/api/authkit/health")).status, 200);
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn describes_itself() {
    let edge = Profile::Bare.lease();
    let answer = edge.send(&get("/api/authkit/openapi.json"));
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, DOCUMENT);
    let other = edge.send(&get("/api/authkit/openapi.json").method("POST"));
    other.assert_error(405, "method_not_allowed");
    assert_eq!(other.header("allow"), Some("GET, HEAD, OPTIONS"));
}
