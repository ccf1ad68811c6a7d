//! Which requests are heard at all.

use authkit_edge::runtime::Method;

use crate::support::{TestApp, TestRequest, assert_error, json};

#[test]
fn answers_a_token_with_the_headers_of_one() {
    let outcome = TestApp::new().send(&TestRequest::post().json("{}"));
    assert_eq!(outcome.response.status, 200);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", "00000000-0000-4000-8000-000000000000"),
    ] {
        assert_eq!(outcome.response.headers.get(name), Some(value), "{name}");
    }
    assert_eq!(json(&outcome)["requestId"], 1);
}

#[test]
fn finds_nothing_at_other_paths() {
    let app = TestApp::new();
    for resource in [
        "/",
        "/api",
        "/api/authkit//",
        "/authkit-token",
        "/api/authkit/x",
        "/API/AUTHKIT",
        "/api//authkit",
        "/api/authkit%2F",
        "/x/api/authkit",
        "/?/api/authkit",
    ] {
        for method in [Method::Post, Method::Get, Method::Other] {
            let outcome = app.send(&TestRequest::post().at(resource).method(method));
            assert_error(&outcome, 404, "not_found");
        }
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn takes_post_and_says_so() {
    let app = TestApp::new();
    for method in [Method::Get, Method::Head, Method::Other] {
        let outcome = app.send(&TestRequest::post().method(method));
        assert_error(&outcome, 405, "method_not_allowed");
        assert_eq!(json(&outcome)["error"], "Method not allowed");
        assert_eq!(outcome.response.headers.get("allow"), Some("POST, OPTIONS"));
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn takes_get_where_there_is_something_to_look_at() {
    let app = TestApp::new();
    for path in ["/api/authkit/health", "/api/authkit/openapi.json"] {
        let at = |method| app.send(&TestRequest::anonymous().at(path).method(method));
        for method in [Method::Get, Method::Head] {
            assert_eq!(at(method).response.status, 200);
        }
        for method in [Method::Post, Method::Other] {
            let outcome = at(method);
            assert_error(&outcome, 405, "method_not_allowed");
            let allow = outcome.response.headers.get("allow");
            assert_eq!(allow, Some("GET, HEAD, OPTIONS"));
        }
        let preflight = at(Method::Options).response;
        assert_eq!(preflight.status, 204);
        for name in ["allow", "access-control-allow-methods"] {
            assert_eq!(preflight.headers.get(name), Some("GET, HEAD, OPTIONS"));
        }
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn is_healthy_whatever_its_configuration_is_and_tells_nothing_of_it() {
    let unconfigured = TestApp::new()
        .without("IDENTITY_SOURCE")
        .without("PICA_SECRET_KEY");
    for app in [TestApp::new(), unconfigured] {
        let request = TestRequest::anonymous().at("/api/authkit/health");
        let outcome = app.send(&request.method(Method::Get));
        assert_eq!(outcome.response.status, 200);
        assert_eq!(json(&outcome), serde_json::json!({"status": "ok"}));
        assert_eq!(app.edge.calls().len(), 0);
    }
}

#[test]
fn refuses_malformed_queries_before_any_upstream_call() {
    let app = TestApp::new();
    for (query, code) in [
        ("?page=0", "invalid_page"),
        ("?page=null", "invalid_page"),
        ("?page=1&page=2", "invalid_page"),
        ("?limit=-1", "invalid_limit"),
        ("?limit=1e2", "invalid_limit"),
        ("?page=1&limit=", "invalid_limit"),
    ] {
        let outcome = app.send(&TestRequest::post().at(&format!("/api/authkit{query}")));
        assert_error(&outcome, 400, code);
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn asks_for_no_more_rows_on_a_page_than_there_are() {
    let one = || {
        let app = TestApp::new().with("AUTHKIT_PROVIDER", "one");
        app.with("ONE_SECRET_KEY", "sk_test_1")
    };
    for (query, pica, of_one) in [
        ("?limit=150&page=1", 100, 150),
        ("?limit=500", 100, 150),
        ("?limit=101", 100, 101),
        ("?limit=0", 1, 1),
        ("?limit=18446744073709551616&page=1", 100, 150),
        ("?page=1", 100, 100),
    ] {
        for (app, limit) in [(TestApp::new(), pica), (one(), of_one)] {
            let outcome = app.send(&TestRequest::post().at(&format!("/api/authkit{query}")));
            assert_eq!(outcome.response.status, 200, "{query}");
            let url = app.edge.token_calls().remove(0).url;
            assert!(url.contains(&format!("?limit={limit}&")), "{query}: {url}");
        }
    }
}

#[test]
fn takes_a_media_type_that_is_said_twice() {
    let app = TestApp::new();
    let twice = |one: &str, other: &str| {
        let request = TestRequest::post().header("content-type", one);
        app.send(&request.header("content-type", other).body("{}"))
    };
    let json = "application/json";
    for other in [json, "Application/Json", "application/json; charset=utf-8"] {
        assert_eq!(twice(json, other).response.status, 200, "{other}");
        assert_eq!(twice(other, json).response.status, 200, "{other}");
    }
    for other in [
        "text/plain",
        "application/ld+json",
        "multipart/form-data",
        "",
    ] {
        for outcome in [twice(json, other), twice(other, json)] {
            assert_error(&outcome, 415, "unsupported_media_type");
        }
    }
}

#[test]
fn refuses_bodies_that_are_no_small_json_object() {
    let app = TestApp::new();
    let too_large = format!(r#"{{"a":"{}"}}"#, "x".repeat(8 * 1024));
    for (request, status, code) in [
        (TestRequest::post().json("{"), 400, "invalid_body"),
        (TestRequest::post().json("[]"), 400, "invalid_body"),
        (TestRequest::post().json(too_large), 413, "body_too_large"),
        (
            TestRequest::post().body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            TestRequest::post()
                .header("content-type", "text/plain")
                .body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            TestRequest::post().header("content-type", "text/plain"),
            415,
            "unsupported_media_type",
        ),
    ] {
        assert_error(&app.send(&request), status, code);
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn takes_a_body_of_exactly_the_limit() {
    let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(8 * 1024 - 8));
    assert_eq!(body.len(), 8 * 1024);
    let outcome = TestApp::new().send(&TestRequest::post().json(body));
    assert_eq!(outcome.response.status, 200);
}

#[test]
fn takes_over_a_request_id_that_is_safe_to_log() {
    let app = TestApp::new();
    let id = "trace-1_2.3";
    let outcome = app.send(&TestRequest::post().header("x-request-id", id));
    assert_eq!(outcome.response.headers.get("x-request-id"), Some(id));
    for unsafe_id in ["", "a b", "a\"b", "é", "a\nb", &"x".repeat(65)] {
        let outcome = app.send(&TestRequest::post().header("x-request-id", unsafe_id));
        let fresh = "00000000-0000-4000-8000-000000000000";
        assert_eq!(
            outcome.response.headers.get("x-request-id"),
            Some(fresh),
            "{unsafe_id:?}"
        );
    }
}
