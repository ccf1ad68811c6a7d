//! Every status that the contract has, with the shape of its body, and readable by the widget.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, Profile};
use authkit_sandbox::{Fault, FaultKind};

/// Sends `request` from the widget, which has to be able to read the answer.
#[track_caller]
fn send(edge: &Edge, request: Request) -> Answer {
    let answer = edge.send(&request.header("origin", WIDGET));
    answer.assert_readable_by(WIDGET);
    answer
}

/// Sends each of `requests`, which has to be refused without any upstream call.
#[track_caller]
fn assert_refused(
    edge: &Edge,
    requests: impl IntoIterator<Item = Request>,
    status: u16,
    code: &str,
) {
    for request in requests {
        send(edge, request).assert_error(status, code);
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn ok_200() {
    let edge = Profile::Pica.lease();
    for request in [
        Request::post(),
        Request::post().json("{}"),
        Request::post()
            .at("/api/authkit?page=1&limit=100")
            .json("{}"),
        Request::anonymous().json(r#"{"identity":"ada","identityType":"team"}"#),
    ] {
        send(&edge, request).assert_token();
    }
}

#[test]
fn no_content_204() {
    let edge = Profile::Pica.lease();
    let answer = edge.send(&Request::preflight(WIDGET));
    answer.assert_readable_by(WIDGET);
    assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("x-request-id").is_some());
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn bad_request_400() {
    let edge = Profile::Pica.lease();
    let at = |query: &str| Request::post().at(&format!("/api/authkit?{query}"));
    let pages = ["page=0", "page=null", "page=1&page=1", "page=", "page=1.0"];
    assert_refused(&edge, pages.map(at), 400, "invalid_page");
    let limits = ["limit=1e2", "limit=null", "page=1&limit=", "limit=-1"];
    assert_refused(&edge, limits.map(at), 400, "invalid_limit");

    let body = |text: &str| Request::anonymous().json(text);
    let bodies = ["{", "[]", "1", "\"ada\"", r#"{"identity":7}"#];
    assert_refused(&edge, bodies.map(body), 400, "invalid_body");
    let contradiction = r#"{"identity":"ada","identityType":"user","identity_type":"team"}"#;
    assert_refused(&edge, [body(contradiction)], 400, "invalid_body");

    let named = |text: &str| Request::anonymous().header("x-user-id", text);
    let too_long = "x".repeat(129);
    let identities = ["a|b", "a b", "a:b", "a\tb", &too_long];
    assert_refused(&edge, identities.map(named), 400, "invalid_identity");
    let types = ["email", "User", " "]
        .map(|kind| body(&format!(r#"{{"identity":"ada","identityType":"{kind}"}}"#)));
    assert_refused(&edge, types, 400, "invalid_identity_type");
}

#[test]
fn unauthorized_401() {
    let edge = Profile::Pica.lease();
    let nobody = [
        Request::anonymous(),
        Request::anonymous().header("x-user-id", ""),
        Request::anonymous().json("{}"),
        Request::anonymous().json("null"),
        Request::anonymous().json(r#"{"identity":""}"#),
        Request::anonymous().header("authorization", "Bearer x"),
        Request::anonymous().at("/api/authkit?identity=ada"),
    ];
    for request in &nobody {
        let answer = send(&edge, request.clone());
        answer.assert_error(401, "unauthenticated");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some(r#"AuthKit realm="authkit-edge""#));
    }
    edge.assert_upstream_calls(0, 0);
    drop(edge);

    let edge = Profile::Guarded.lease();
    let key = |key: &str| Request::post().header("x-authkit-key", key);
    let no_proof = [
        Request::post(),
        key(""),
        key("caller_key_published_on_purpose_to"),
        key(&CALLER_KEY.to_uppercase()),
        key(CALLER_KEY).header("x-authkit-key", CALLER_KEY),
        Request::post().header("authorization", CALLER_KEY),
    ];
    let keyed = nobody.map(|request| request.header("x-authkit-key", CALLER_KEY));
    for request in no_proof.into_iter().chain(keyed) {
        assert_refused(&edge, [request], 401, "unauthenticated");
    }
    send(&edge, key(CALLER_KEY)).assert_token();
}

#[test]
fn not_found_404() {
    let edge = Profile::Pica.lease();
    for path in [
        "/",
        "/api",
        "/api/authkit/x",
        "/API/AUTHKIT",
        "/api//authkit",
        "/api/authkit%2F",
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let request = Request::post().at(path).method(method);
            assert_refused(&edge, [request], 404, "not_found");
        }
    }
}

#[test]
fn method_not_allowed_405() {
    let edge = Profile::Pica.lease();
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let answer = send(&edge, Request::post().method(method));
        answer.assert_error(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    }
    let answer = send(&edge, Request::post().method("HEAD"));
    assert_eq!((answer.status, answer.body.len()), (405, 0));
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn content_too_large_413() {
    let edge = Profile::Pica.lease();
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(8 * 1024));
    assert_refused(&edge, [Request::post().json(large)], 413, "body_too_large");
}

#[test]
fn unsupported_media_type_415() {
    let edge = Profile::Pica.lease();
    let send_as = |kind: &str| Request::post().header("content-type", kind).body("{}");
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
    ];
    assert_refused(&edge, types.map(send_as), 415, "unsupported_media_type");
    let empty = Request::post().header("content-type", "text/plain");
    assert_refused(&edge, [empty], 415, "unsupported_media_type");
}

#[test]
fn too_many_requests_429() {
    let mut edge = Profile::Pica.lease();
    for (retry_after, rate_limit_reset, told) in [
        (None, None, "60"),
        (Some("30"), Some("45"), "30"),
        (None, Some("45"), "45"),
    ] {
        edge.start_over();
        let kind = FaultKind::Status {
            status: 429,
            retry_after: retry_after.map(str::to_owned),
            rate_limit_reset: rate_limit_reset.map(str::to_owned),
        };
        edge.sandbox
            .update(|settings| settings.faults = vec![Fault::token(kind)]);
        let answer = send(&edge, Request::post());
        answer.assert_error(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), Some(told));
        // Waiting is no use when the wait outlasts the deadline.
        assert_eq!(edge.sandbox.token_requests().len(), 1);
    }
}

#[test]
fn bad_gateway_502() {
    for profile in [Profile::Pica, Profile::One] {
        let edge = profile.lease();
        edge.sandbox.update(|settings| settings.revoked = true);
        let error = send(&edge, Request::post()).assert_error(502, "upstream_failed");
        assert_eq!(error["error"], "Failed to generate token");
        assert_eq!(edge.sandbox.token_requests().len(), 1);
    }
}

#[test]
fn service_unavailable_503() {
    let edge = Profile::Bare.lease();
    assert_refused(&edge, [Request::post()], 503, "misconfigured");
    // Who asks for nothing gets the same as anywhere.
    assert_refused(&edge, [Request::post().at("/")], 404, "not_found");
    let answer = edge.send(&Request::preflight(WIDGET));
    assert_eq!(answer.status, 204);
    answer.assert_readable_by(WIDGET);
}

#[test]
fn gateway_timeout_504() {
    let edge = Profile::Hurried.lease();
    edge.sandbox
        .update(|settings| settings.faults = vec![Fault::token(FaultKind::Hang)]);
    send(&edge, Request::post()).assert_error(504, "upstream_timeout");
    edge.assert_upstream_idle();
}

#[test]
fn takes_a_slash_at_the_end() {
    let edge = Profile::Pica.lease();
    send(&edge, Request::post().at("/api/authkit/")).assert_token();
}
