//! How often a client and an identity may ask.

use authkit_edge::handler::Outcome;
use authkit_edge::runtime::{Limiter, Method};
use serde_json::json;

use crate::support::{Counter, TestApp, TestRequest, assert_error};
use crate::tokens::{self, SigningKey, claims};

/// A request of `user` from `address`.
fn from(address: &str, user: &str) -> TestRequest {
    TestRequest::anonymous()
        .header("x-user-id", user)
        .header("cf-connecting-ip", address)
}

fn client_app(counter: Counter) -> TestApp {
    TestApp::new().with_limiter(Limiter::Client, counter)
}

fn identity_app(counter: Counter) -> TestApp {
    TestApp::new().with_limiter(Limiter::Identity, counter)
}

#[track_caller]
fn assert_refused(outcome: &Outcome, variable: &str) {
    assert_error(outcome, 429, "too_many_requests");
    let headers = &outcome.response.headers;
    assert_eq!(headers.get("retry-after"), Some("60"));
    let reason = outcome.record.reason.as_deref().unwrap();
    assert!(reason.starts_with(variable), "{reason}");
}

#[test]
fn lets_a_client_ask_up_to_its_limit() {
    let app = client_app(Counter::Limit(2));
    for user in ["ada", "bob"] {
        assert_eq!(app.send(&from("203.0.113.7", user)).response.status, 200);
    }
    let calls = app.edge.calls().len();
    let refused = app.send(&from("203.0.113.7", "eve").header("origin", "https://auth.withone.ai"));
    assert_refused(&refused, "CLIENT_LIMITER");
    let headers = refused.response.headers;
    assert_eq!(
        headers.get("access-control-allow-origin"),
        Some("https://auth.withone.ai")
    );
    assert_eq!(app.edge.calls().len(), calls);
    assert_eq!(app.send(&from("203.0.113.8", "eve")).response.status, 200);
}

#[test]
fn takes_an_ipv6_network_for_one_client() {
    let app = client_app(Counter::Limit(1));
    assert_eq!(app.send(&from("2001:db8::1", "ada")).response.status, 200);
    assert_refused(&app.send(&from("2001:db8::2", "ada")), "CLIENT_LIMITER");
    assert_eq!(
        app.send(&from("2001:db8:0:1::1", "ada")).response.status,
        200
    );
}

#[test]
fn stops_a_client_before_its_body_is_read_and_its_token_looked_at() {
    let app = tokens::app().with_limiter(Limiter::Client, Counter::Limit(0));
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let request = TestRequest::anonymous()
        .header("cf-connecting-ip", "203.0.113.7")
        .header("authorization", &format!("Bearer {token}"))
        .json(vec![b' '; 9000]);
    assert_refused(&app.send(&request), "CLIENT_LIMITER");
    assert_eq!(
        (app.edge.signature_checks(), app.edge.calls().len()),
        (0, 0)
    );
}

const CALLER_KEY: &str = "a-caller-key-of-thirty-two-bytes";
const PREVIOUS_KEY: &str = "the-caller-key-that-was-before-it";

/// Whoever runs a server on Workers calls from an address that all Workers of all accounts share.
#[test]
fn counts_no_server_that_proves_itself() {
    let app = client_app(Counter::Limit(0))
        .with("TRUSTED_CALLER_KEY", CALLER_KEY)
        .with("TRUSTED_CALLER_KEY_PREVIOUS", PREVIOUS_KEY);
    let request = || from("2a06:98c0:3600::103", "ada");
    for key in [CALLER_KEY, PREVIOUS_KEY] {
        let outcome = app.send(&request().header("x-authkit-key", key));
        assert_eq!(outcome.response.status, 200);
    }
    assert_eq!(app.edge.counted(), []);
    for request in [
        request(),
        request().header("x-authkit-key", ""),
        request().header("x-authkit-key", &CALLER_KEY[1..]),
        request()
            .header("x-authkit-key", CALLER_KEY)
            .header("x-authkit-key", CALLER_KEY),
    ] {
        assert_refused(&app.send(&request), "CLIENT_LIMITER");
    }
    assert_eq!(app.edge.counted().len(), 4);
    // A key that the deployment does not have is no proof.
    let keyless = client_app(Counter::Limit(0));
    let outcome = keyless.send(&request().header("x-authkit-key", CALLER_KEY));
    assert_refused(&outcome, "CLIENT_LIMITER");
}

#[test]
fn counts_no_server_that_asks_for_grants_and_proves_itself() {
    let app = tokens::app()
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
        .with("TRUSTED_CALLER_KEY", CALLER_KEY)
        .with_limiter(Limiter::Client, Counter::Limit(0));
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let ask = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("cf-connecting-ip", "203.0.113.7")
        .header("authorization", &format!("Bearer {token}"))
        .json("{}");
    let trusted = ask.clone().header("x-authkit-key", CALLER_KEY);
    assert_eq!(app.send(&trusted).response.status, 200);
    assert_refused(&app.send(&ask), "CLIENT_LIMITER");
}

/// A server is many clients, and yet a grant is for one identity.
#[test]
fn counts_the_identity_that_a_server_gets_a_grant_for() {
    let app = identity_app(Counter::Limit(1))
        .with("IDENTITY_SOURCE", "grant,header")
        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
        .with("TRUSTED_CALLER_KEY", CALLER_KEY);
    let ask = |user| {
        let request = from("203.0.113.7", user).header("x-authkit-key", CALLER_KEY);
        request.at("/api/authkit/grant").json("{}")
    };
    for user in ["ada", "bob"] {
        assert_eq!(app.send(&ask(user)).response.status, 200);
    }
    assert_refused(&app.send(&ask("ada")), "IDENTITY_LIMITER");
}

/// A guess is refused as one too many before it is compared, and so is the right key.
#[test]
fn counts_the_deep_check_before_its_key_is_looked_at() {
    let ask = TestRequest::anonymous()
        .method(Method::Get)
        .at("/api/authkit/health/deep")
        .header("cf-connecting-ip", "203.0.113.7");
    let keyed = |app: TestApp| app.with("TRUSTED_CALLER_KEY", CALLER_KEY);
    let well = keyed(client_app(Counter::Limit(2)));
    let ailing = keyed(client_app(Counter::Limit(2))).with("IDENTITY_TYPE", "email");
    for (app, right) in [(well, 200), (ailing, 503)] {
        let guess = ask.clone().header("x-authkit-key", "a-guess");
        assert_error(&app.send(&guess), 401, "unauthenticated");
        let ask = ask.clone().header("x-authkit-key", CALLER_KEY);
        assert_eq!(app.send(&ask).response.status, right);
        let calls = app.edge.calls().len();
        for request in [&ask, &guess] {
            assert_refused(&app.send(request), "CLIENT_LIMITER");
        }
        assert_eq!(app.edge.calls().len(), calls);
    }
    // Where nobody may ask there is nothing to count.
    let keyless = client_app(Counter::Limit(0));
    assert_error(&keyless.send(&ask), 404, "not_found");
    assert_eq!(keyless.edge.counted(), []);
    // A limiter that fails keeps nobody out.
    let outcome = keyed(client_app(Counter::Fails)).send(&ask.header("x-authkit-key", CALLER_KEY));
    assert_eq!(outcome.response.status, 200);
    assert_eq!(outcome.record.limiter, Some("failed"));
}

#[test]
fn counts_no_client_without_an_address() {
    let app = client_app(Counter::Limit(0));
    let request = TestRequest::post().header("x-forwarded-for", "203.0.113.7");
    assert_eq!(app.send(&request).response.status, 200);
    assert_eq!(
        app.send(&from("not an address", "ada")).response.status,
        200
    );
    assert_eq!(app.edge.counted(), []);
}

#[test]
fn lets_an_identity_ask_up_to_its_limit_from_wherever() {
    let app = identity_app(Counter::Limit(2));
    for address in ["203.0.113.7", "203.0.113.8"] {
        assert_eq!(app.send(&from(address, "ada")).response.status, 200);
    }
    let calls = app.edge.calls().len();
    let refused = app.send(&from("203.0.113.9", "ada"));
    assert_refused(&refused, "IDENTITY_LIMITER");
    assert!(refused.record.identity.is_some());
    assert_eq!(app.edge.calls().len(), calls);
    assert_eq!(app.send(&from("203.0.113.9", "bob")).response.status, 200);
}

#[test]
fn counts_identities_by_source_and_type_and_keeps_no_names() {
    let app = identity_app(Counter::Limit(1)).with("IDENTITY_SOURCE", "header,body");
    for request in [
        TestRequest::anonymous().header("x-user-id", "ada"),
        TestRequest::anonymous().json(r#"{"identity":"ada"}"#),
        TestRequest::anonymous().json(r#"{"identity":"ada","identityType":"team"}"#),
    ] {
        assert_eq!(app.send(&request).response.status, 200);
        assert_refused(&app.send(&request), "IDENTITY_LIMITER");
    }
    let keys = app.edge.counted();
    assert!(keys.iter().all(|(_, key)| !key.contains("ada")), "{keys:?}");
}

#[test]
fn counts_nobody_for_a_token_that_was_not_theirs() {
    let app = tokens::app().with_limiter(Limiter::Identity, Counter::Limit(1));
    let isolate = app.isolate();
    let bearer = |key: &'static str| {
        let token = SigningKey::new(key).token_with_header(
            &json!({"alg": "EdDSA", "kid": "k1"}),
            &claims(json!({"sub": "ada"})),
        );
        TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
    };
    for _ in 0..5 {
        assert_error(&isolate.send(&bearer("forged")), 401, "invalid_token");
    }
    assert_eq!(isolate.send(&bearer("k1")).response.status, 200);
    assert_refused(&isolate.send(&bearer("k1")), "IDENTITY_LIMITER");
}

#[test]
fn counts_requests_for_grants_too() {
    let app = |limiter| {
        tokens::app()
            .with("IDENTITY_SOURCE", "grant,jwt")
            .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
            .with_limiter(limiter, Counter::Limit(1))
    };
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let ask = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("cf-connecting-ip", "203.0.113.7")
        .header("authorization", &format!("Bearer {token}"))
        .json("{}");
    for limiter in [Limiter::Client, Limiter::Identity] {
        let app = app(limiter);
        assert_eq!(app.send(&ask).response.status, 200);
        assert_refused(&app.send(&ask), limiter.binding());
    }
}

#[test]
fn counts_nothing_that_mints_nothing() {
    let app = client_app(Counter::Limit(0)).with_limiter(Limiter::Identity, Counter::Limit(0));
    let request = from("203.0.113.7", "ada");
    for (request, status) in [
        (request.clone().method(Method::Options), 204),
        (request.clone().method(Method::Get), 405),
        (request.clone().at("/api/other"), 404),
        (request.clone().at("/api/authkit/grant"), 404),
    ] {
        assert_eq!(app.send(&request).response.status, status);
    }
    let broken = app.with("IDENTITY_TYPE", "email");
    assert_error(&broken.send(&request), 503, "misconfigured");
    assert_eq!(broken.edge.counted(), []);
}

#[test]
fn lets_requests_through_and_says_so_when_a_limiter_fails() {
    for counter in [Counter::Fails, Counter::Hangs] {
        for app in [client_app(counter), identity_app(counter)] {
            let outcome = app.send(&from("203.0.113.7", "ada"));
            assert_eq!(outcome.response.status, 200);
            assert_eq!(outcome.record.limiter, Some("failed"));
            assert!(app.edge.elapsed() <= 1_000);
        }
    }
    let outcome = client_app(Counter::Limit(1)).send(&from("203.0.113.7", "ada"));
    assert_eq!(outcome.record.limiter, None);
}
