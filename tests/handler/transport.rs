//! What is answered over plain http, where everybody on the way may read along.

use authkit_edge::runtime::{Limiter, Method};
use serde_json::json;

use crate::support::{Counter, Plan, TestApp, TestRequest, assert_error, json};
use crate::tokens::{KEYS_URL, SigningKey, claims, jwt_app, key_set};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC: &str = "http://edge.example";

/// A deployment with every route and every source.
fn app(environment: &str) -> TestApp {
    jwt_app(|_| Plan::json(""))
        .with("ENVIRONMENT", environment)
        .with("IDENTITY_SOURCE", "grant,jwt,header")
        .with("GRANT_KEY", KEY)
        .with("TRUSTED_CALLER_KEY", KEY)
        .upstream(|call| {
            if call.url == KEYS_URL {
                Plan::json(key_set(&[SigningKey::new("k1").jwk()]))
            } else {
                Plan::json(r#"{"rows":[],"total":0,"pages":1,"page":1,"requestId":1}"#)
            }
        })
}

/// A request for a token, one for a grant, and the deep check, each of which gets what it asks for.
fn good() -> [TestRequest; 3] {
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let bearer = || TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
    [
        bearer(),
        bearer().at("/api/authkit/grant").json("{}"),
        TestRequest::anonymous()
            .at("/api/authkit/health/deep")
            .method(Method::Get)
            .header("x-authkit-key", KEY),
    ]
}

/// Both a widget's and the application's, so that it may read every answer.
const PAGE: &str = "https://app.example";

#[test]
fn wants_https_for_whatever_has_a_credential_or_gives_one() {
    for environment in ["production", "staging"] {
        let app = app(environment)
            .with("APP_ORIGINS", PAGE)
            .with("ALLOWED_ORIGINS", PAGE);
        for request in good() {
            let page = request.clone().header("origin", PAGE);
            let outcome = app.send(&page.on(PUBLIC));
            assert_error(&outcome, 403, "https_required");
            let message = json(&outcome)["message"].as_str().unwrap().to_owned();
            assert!(message.contains("https://"), "{message}");
            let reason = outcome.record.reason.unwrap();
            assert!(reason.contains("Always Use HTTPS"), "{reason}");
            let headers = outcome.response.headers;
            assert!(headers.get("access-control-allow-origin").is_some());
            let outcome = app.send(&request);
            assert_eq!(outcome.response.status, 200, "{}", json(&outcome));
        }
    }
}

#[test]
fn says_so_before_query_body_or_credential_are_looked_at() {
    let app = app("production").with_limiter(Limiter::Client, Counter::Limit(0));
    for request in good() {
        for request in [
            request.clone(),
            request.clone().header("cf-connecting-ip", "203.0.113.7"),
            request.clone().header("x-authkit-key", "wrong"),
            request.clone().header("authorization", "Bearer a b"),
            request.json(vec![b' '; 9000]),
        ] {
            assert_error(&app.send(&request.on(PUBLIC)), 403, "https_required");
        }
    }
    let query = TestRequest::anonymous()
        .at("/api/authkit?page=0")
        .on(PUBLIC);
    assert_error(&app.send(&query), 403, "https_required");
    assert_eq!(app.edge.counted(), []);
    assert_eq!(
        (app.edge.signature_checks(), app.edge.calls().len()),
        (0, 0)
    );
}

#[test]
fn answers_over_http_what_tells_nobody_anything() {
    let app = app("production");
    let at = |path: &str, method| {
        let request = TestRequest::anonymous().at(path).method(method);
        app.send(&request.on(PUBLIC)).response.status
    };
    for (path, method, status) in [
        ("/api/authkit", Method::Options, 204),
        ("/api/authkit/grant", Method::Options, 204),
        ("/api/authkit", Method::Get, 405),
        ("/api/authkit/health", Method::Get, 200),
        ("/api/authkit/openapi.json", Method::Get, 200),
        ("/nothing", Method::Post, 404),
    ] {
        assert_eq!(at(path, method), status, "{path}");
    }
    // Who has bound no key has no such route, over http either.
    let keyless = app.without("TRUSTED_CALLER_KEY");
    let [_, _, deep] = good();
    assert_error(&keyless.send(&deep.on(PUBLIC)), 404, "not_found");
}

#[test]
fn wants_none_on_this_machine_or_in_development() {
    for (environment, origin) in [
        ("production", "http://localhost:8787"),
        ("production", "http://app.localhost"),
        ("production", "http://127.0.0.1:8787"),
        ("production", "http://[::1]:8787"),
        ("development", PUBLIC),
        ("development", "http://192.168.1.5:8787"),
    ] {
        for request in good() {
            let outcome = app(environment).send(&request.on(origin));
            assert_eq!(outcome.response.status, 200, "{origin}: {}", json(&outcome));
        }
    }
    for origin in [
        "http://localhost.edge.example",
        "http://127.0.0.1.edge.example",
        "http://192.168.1.5:8787",
        "ws://edge.example",
        "httpsx://edge.example",
    ] {
        for request in good() {
            let outcome = app("production").send(&request.on(origin));
            assert_error(&outcome, 403, "https_required");
        }
    }
}

#[test]
fn believes_a_place_that_says_how_the_request_came() {
    for request in good() {
        let app = app("production");
        let behind_a_proxy = request.clone().on(PUBLIC).over_tls(true);
        assert_eq!(app.send(&behind_a_proxy).response.status, 200);
        let open = request.on("https://edge.example").over_tls(false);
        assert_error(&app.send(&open), 403, "https_required");
    }
}
