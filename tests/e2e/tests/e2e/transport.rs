//! What comes over plain http, as every request of these tests does, to hosts of the internet.

use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Profile};
use serde_json::Value;

/// A host that is not this machine.
const PUBLIC: &str = "edge.example";

#[test]
fn is_refused_in_production_before_anything_is_looked_at() {
    let edge = Profile::Guarded.lease();
    let deep = Request::anonymous()
        .method("GET")
        .at("/api/authkit/health/deep");
    for request in [
        Request::post().header("x-authkit-key", CALLER_KEY),
        Request::post().header("x-authkit-key", "wrong"),
        Request::anonymous().json("["),
        deep.clone().header("x-authkit-key", CALLER_KEY),
        deep,
    ] {
        let request = request.header("origin", WIDGET).host(PUBLIC);
        let answer = edge.send(&request);
        answer.assert_error(403, "https_required");
        answer.assert_readable_by(WIDGET);
        let line = edge.line_of(&answer);
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains("Always Use HTTPS"), "{line}");
        assert_eq!(line["warning"], Value::Null, "{line}");
    }
    edge.assert_upstream_calls(0, 0);

    let health = Request::anonymous().method("GET").at("/api/authkit/health");
    assert_eq!(edge.send(&health.host(PUBLIC)).status, 200);
    let preflight = Request::preflight(WIDGET).host(PUBLIC);
    assert_eq!(edge.send(&preflight).status, 204);
    for host in ["localhost", "app.localhost:8787", "127.0.0.1", "[::1]"] {
        let request = Request::post().header("x-authkit-key", CALLER_KEY);
        edge.send(&request.host(host)).assert_token();
    }
}

#[test]
fn is_good_in_development_and_every_line_warns() {
    let edge = Profile::Pica.lease();
    let answer = edge.send(&Request::post().host(PUBLIC));
    answer.assert_token();
    let line = edge.line_of(&answer);
    let warning = line["warning"].as_str().unwrap();
    assert!(
        warning.starts_with("ENVIRONMENT: is `development`"),
        "{line}"
    );
    let answer = edge.send(&Request::post());
    assert_eq!(edge.line_of(&answer)["warning"], Value::Null);
}
