//! What browsers are told, whatever the answer is.

use authkit_edge::runtime::Method;

use crate::support::{Plan, TestApp, TestRequest};

const WIDGET: &str = "https://authkit.picaos.com";

#[test]
fn answers_a_preflight_before_identity_and_configuration() {
    let unconfigured = TestApp::new()
        .without("IDENTITY_SOURCE")
        .without("PICA_SECRET_KEY");
    for app in [TestApp::new(), unconfigured] {
        let outcome = app.send(
            &TestRequest::anonymous()
                .method(Method::Options)
                .header("origin", WIDGET)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,x-user-id"),
        );
        assert_eq!(outcome.response.status, 204);
        assert!(outcome.response.body.is_empty());
        for (name, value) in [
            ("access-control-allow-origin", WIDGET),
            ("access-control-allow-methods", "POST, OPTIONS"),
            (
                "access-control-allow-headers",
                "content-type, authorization, x-request-id, traceparent, tracestate, x-user-id",
            ),
            ("access-control-max-age", "7200"),
            (
                "vary",
                "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            ),
        ] {
            assert_eq!(outcome.response.headers.get(name), Some(value), "{name}");
        }
        assert_eq!(outcome.response.headers.get("content-type"), None);
        assert_eq!(app.edge.calls().len(), 0);
    }
}

/// The kind: whatever a page of an allowed origin sends, it gets to read what came of it. So its
/// browser lets the request go, wherever it goes, by whatever method and with whatever headers.
#[test]
fn lets_a_page_read_that_there_is_nothing() {
    let fine = TestApp::new();
    let unconfigured = TestApp::new().without("PICA_SECRET_KEY");
    let prefixed = TestApp::new().with("ROUTE_PREFIX", "/v2");
    for app in [&fine, &unconfigured, &prefixed] {
        for path in [
            "//api/authkit",
            "/api/authkit//",
            "/api/authkit/",
            "/api/authkit",
            "/API/AUTHKIT",
            "/api/authkit/grant",
            "/api/authkit/health/deep",
            "/authkit-token",
            "/api/authki",
            "/api%2Fauthkit",
            "/",
            "/*",
            "/?x=/api/authkit",
        ] {
            for (method, name) in [
                (Method::Post, "POST"),
                (Method::Get, "GET"),
                (Method::Other, "DELETE"),
                (Method::Other, "PROPFIND"),
            ] {
                let page = TestRequest::post().at(path).header("origin", WIDGET);
                let preflight = page
                    .clone()
                    .method(Method::Options)
                    .header("access-control-request-method", name)
                    .header("access-control-request-headers", "x-datadog-trace-id");
                let outcome = app.send(&preflight);
                let headers = &outcome.response.headers;
                let says = |name: &str, entry: &str| {
                    let list = headers.get(name).unwrap();
                    assert!(list.split(", ").any(|known| known == entry), "{list}");
                };
                assert_eq!(outcome.response.status, 204, "{path}");
                assert_eq!(headers.get("access-control-allow-origin"), Some(WIDGET));
                says("access-control-allow-methods", name);
                says("access-control-allow-headers", "x-datadog-trace-id");
                assert_eq!(headers.get("access-control-allow-credentials"), None);

                let answer = app.send(&page.method(method));
                assert_ne!(answer.response.status, 204, "{path}");
                let allowed = answer.response.headers.get("access-control-allow-origin");
                assert_eq!(allowed, Some(WIDGET), "{path}");
            }
        }
    }
}

#[test]
fn lets_pages_with_schemes_of_their_own_in() {
    let origins = [
        "capacitor://localhost",
        "tauri://localhost",
        "http://tauri.localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    ];
    let app = TestApp::new().with("ALLOWED_ORIGINS", &origins.join(","));
    for origin in origins {
        let answer = app.send(&TestRequest::post().header("origin", origin));
        assert_eq!(answer.response.status, 200);
        let allowed = answer.response.headers.get("access-control-allow-origin");
        assert_eq!(allowed, Some(origin));
    }
    for origin in [
        "capacitor://LOCALHOST",
        "capacitor://localhost:1",
        "null",
        "tauri://x",
    ] {
        let answer = app.send(&TestRequest::post().header("origin", origin));
        let allowed = answer.response.headers.get("access-control-allow-origin");
        assert_eq!(allowed, None, "{origin}");
    }
}

#[test]
fn says_which_entry_of_the_origins_is_wrong() {
    for (list, entry) in [
        ("https://a.example,capacitor://localhost/", "entry 2: "),
        ("null", "entry 1: "),
        ("tauri://localhost,app://-,file://", "entry 3: "),
    ] {
        let app = TestApp::new().with("ALLOWED_ORIGINS", list);
        let outcome = app.send(&TestRequest::post());
        let reason = outcome.record.reason.unwrap();
        assert!(reason.starts_with("ALLOWED_ORIGINS: "), "{reason}");
        assert!(reason.contains(entry), "{reason}");
    }
}

#[test]
fn allows_the_configured_identity_header() {
    let app = TestApp::new().with("IDENTITY_HEADER", "X-Tenant-User");
    let outcome = app.send(&TestRequest::anonymous().method(Method::Options));
    let allowed = outcome.response.headers.get("access-control-allow-headers");
    assert!(allowed.is_some_and(|names| names.ends_with(", x-tenant-user")));
}

#[test]
fn lets_the_hosted_widgets_read_every_answer() {
    let failing = TestApp::new().upstream(|_| Plan::status(401));
    let limited = TestApp::new().upstream(|_| Plan::status(429));
    let hanging = TestApp::new().upstream(|_| Plan::json("").hang());
    let unconfigured = TestApp::new().without("PICA_SECRET_KEY");
    let broken_list = TestApp::new().with("ALLOWED_ORIGINS", "https://a.example/");
    let fine = TestApp::new();
    for (app, request, status) in [
        (&fine, TestRequest::post(), 200),
        (&fine, TestRequest::post().at("/api/authkit?page=0"), 400),
        (&fine, TestRequest::anonymous(), 401),
        (&fine, TestRequest::post().at("/nothing"), 404),
        (&fine, TestRequest::post().method(Method::Get), 405),
        (&fine, TestRequest::post().json(vec![b' '; 9000]), 413),
        (&fine, TestRequest::post().body("x"), 415),
        (&limited, TestRequest::post(), 429),
        (&failing, TestRequest::post(), 502),
        (&unconfigured, TestRequest::post(), 503),
        (&broken_list, TestRequest::post(), 503),
        (&hanging, TestRequest::post(), 504),
    ] {
        for origin in [WIDGET, "https://auth.withone.ai"] {
            let outcome = app.send(&request.clone().header("origin", origin));
            assert_eq!(outcome.response.status, status);
            let headers = &outcome.response.headers;
            assert_eq!(
                headers.get("access-control-allow-origin"),
                Some(origin),
                "{status}"
            );
            assert_eq!(headers.get("vary"), Some("Origin"), "{status}");
            let exposed = headers.get("access-control-expose-headers");
            assert_eq!(
                exposed,
                Some("x-request-id, retry-after, www-authenticate"),
                "{status}"
            );
            assert_eq!(outcome.record.cors, "allowed", "{status}");
        }
    }
}

#[test]
fn tells_other_origins_nothing_and_logs_it() {
    let app = TestApp::new();
    let outcome = app.send(&TestRequest::post().header("origin", "https://evil.example"));
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        None
    );
    assert_eq!(outcome.response.headers.get("vary"), Some("Origin"));
    assert_eq!(outcome.record.cors, "refused");
}

/// Behind a proxy that changes the host, only the browser knows that both are one origin.
#[test]
fn does_not_call_a_page_refused_that_is_of_our_own_origin_as_its_browser_has_it() {
    let app = TestApp::new();
    for (site, cors) in [
        ("same-origin", "same-origin"),
        ("same-site", "refused"),
        ("cross-site", "refused"),
        ("none", "refused"),
    ] {
        let request = TestRequest::post().header("origin", "http://localhost:3000");
        let outcome = app.send(&request.header("sec-fetch-site", site));
        assert_eq!(outcome.record.cors, cors, "{site}");
        // For the log only: a page that may not read the answer does not get to.
        let allowed = outcome.response.headers.get("access-control-allow-origin");
        assert_eq!(allowed, None);
    }
}

#[test]
fn does_not_call_a_page_of_our_own_origin_refused() {
    let app = TestApp::new();
    let outcome = app.send(&TestRequest::post().header("origin", "https://edge.example"));
    assert_eq!(outcome.record.cors, "same-origin");
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        None
    );
}

#[test]
fn does_not_take_two_origin_headers_for_one() {
    let app = TestApp::new();
    let twice = TestRequest::post()
        .header("origin", WIDGET)
        .header("origin", WIDGET);
    let outcome = app.send(&twice);
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        None
    );
}

#[test]
fn lets_every_page_in_when_told_to() {
    let app = TestApp::new().with("ALLOWED_ORIGINS", "*");
    let outcome = app.send(&TestRequest::post().header("origin", "https://anyone.example"));
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        Some("*")
    );
    assert_eq!(outcome.response.headers.get("vary"), None);
}
