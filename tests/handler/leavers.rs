//! Requests whose client goes, at any await: the next one is served as if they had never been.
//!
//! On Workers, a request whose client resets its connection may be cancelled: its future is neither
//! polled again nor dropped. `edge::answer` keeps it alive by `waitUntil`; that nothing depends on it
//! is shown here.

use std::time::Duration;

use authkit_edge::limits::{JWKS_COOLDOWN, JWKS_FRESH, PATIENCE_STEP, SECRETS_FRESH, TAKEOVER};
use authkit_edge::runtime::{Limiter, Method};
use serde_json::{Value, json};

use crate::support::{
    Cache, Counter, Isolate, KEY, Manner, Mood, Plan, Stored, TestApp, TestRequest,
};
use crate::tokens::{KEYS_URL, NOW, SigningKey, claims, jwt_app, key_set};

const CALLER_KEY: &str = "0123456789abcdef0123456789abcdef";
const GRANT_KEY: &str = "fedcba9876543210fedcba9876543210";
const NEXT_CALLER_KEY: &str = "00112233445566778899aabbccddeeff";
const SESSION_URL: &str = "https://app.example/api/session";
const DAY: u64 = 24 * 60 * 60;

/// All sources, limiters and stored secrets; the issuer rotates its key after five minutes.
fn app() -> TestApp {
    let app = jwt_app(|call| {
        if call.url == SESSION_URL {
            return Plan::json(r#"{"user":{"id":"ada"}}"#)
                .header("content-type", "application/json");
        }
        let name = if call.at < 300_000 { "k1" } else { "k2" };
        Plan::json(key_set(&[SigningKey::new(name).jwk()]))
    })
    .with("IDENTITY_SOURCE", "grant,jwt,access,session,header,body")
    .with("SESSION_URL", SESSION_URL)
    .with("SESSION_COOKIES", "sid")
    .with("SESSION_IDENTITY_PATH", "user.id")
    .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
    .with("ACCESS_AUD", "tag")
    .with("JWT_COOKIE", "session")
    .with("GRANT_KEY", GRANT_KEY)
    .with("CONNECTIONS", "manage")
    .with_stored("TRUSTED_CALLER_KEY", Stored::Text(CALLER_KEY, 1))
    .with_stored("PICA_SECRET_KEY", Stored::Text(KEY, 1))
    .with_limiter(Limiter::Client, Counter::Limit(usize::MAX))
    .with_limiter(Limiter::Identity, Counter::Limit(usize::MAX));
    app.edge.slow_down();
    app
}

fn token(key: &'static str, key_id: &str) -> String {
    let header = json!({"alg": "EdDSA", "kid": key_id});
    SigningKey::new(key).token_with_header(&header, &claims(json!({"exp": NOW + DAY})))
}

fn request() -> TestRequest {
    TestRequest::anonymous().header("cf-connecting-ip", "203.0.113.7")
}

fn bearer(token: &str) -> TestRequest {
    request()
        .header("authorization", &format!("Bearer {token}"))
        .json("{}")
}

fn trusted(key: &str) -> TestRequest {
    request()
        .header("x-authkit-key", key)
        .header("x-user-id", "ada")
}

/// A request of each kind, on each route and by each source.
fn leavers(key: &'static str) -> Vec<(&'static str, TestRequest)> {
    let look = |path| {
        let request = request().method(Method::Get).at(path);
        request.header("x-authkit-key", CALLER_KEY)
    };
    vec![
        ("jwt", bearer(&token(key, key))),
        (
            "one page",
            bearer(&token(key, key)).at("/api/authkit?page=1"),
        ),
        ("made up", bearer(&token("stranger", "stranger"))),
        ("forged", bearer(&token("stranger", key))),
        (
            "cookie",
            request().header("cookie", &format!("session={}", token(key, key))),
        ),
        (
            "grant route",
            bearer(&token(key, key)).at("/api/authkit/grant"),
        ),
        ("grant", request().header("x-authkit-grant", "v1.e30.e30")),
        (
            "access",
            request().header("cf-access-jwt-assertion", &rs256_token()),
        ),
        ("session", request().header("cookie", "sid=1")),
        ("header", trusted(CALLER_KEY)),
        (
            "body",
            request()
                .header("x-authkit-key", CALLER_KEY)
                .json(r#"{"identity":"ada"}"#),
        ),
        ("endless body", request().endless()),
        ("deep check", look("/api/authkit/health/deep")),
        (
            "connections",
            trusted(CALLER_KEY)
                .method(Method::Get)
                .at("/api/authkit/connections"),
        ),
        (
            "disconnect",
            trusted(CALLER_KEY)
                .method(Method::Delete)
                .at("/api/authkit/connections/c1"),
        ),
        ("health", look("/api/authkit/health")),
        ("preflight", request().method(Method::Options)),
        ("elsewhere", request().at("/")),
    ]
}

/// Those of them that are sent afterwards: one for all that an isolate remembers.
const NEXT: [&str; 8] = [
    "jwt",
    "made up",
    "grant route",
    "access",
    "session",
    "header",
    "disconnect",
    "deep check",
];

/// A token as Access makes it, of nobody's key.
fn rs256_token() -> String {
    let header = json!({"alg": "RS256", "kid": "a1"});
    SigningKey::new("stranger").token_with_header(&header, &claims(json!({})))
}

/// What an isolate has lived through before, and the key that its issuer has then.
type Past = (&'static str, fn(&TestApp, &Isolate<'_>), &'static str);

const PASTS: [Past; 5] = [
    ("cold", |_, _| {}, "k1"),
    (
        "cold, with notes of another isolate",
        |app, _| {
            app.send(&bearer(&token("k1", "k1")));
        },
        "k1",
    ),
    (
        "warm",
        |_, isolate| {
            isolate.send(&bearer(&token("k1", "k1")));
        },
        "k1",
    ),
    (
        "all that it knows is due",
        |app, isolate| {
            isolate.send(&bearer(&token("k1", "k1")));
            app.edge.pass(JWKS_FRESH.max(SECRETS_FRESH));
        },
        "k2",
    ),
    (
        "the issuer has another key",
        |app, isolate| {
            isolate.send(&bearer(&token("k1", "k1")));
            app.edge.pass(Duration::from_secs(299) + JWKS_COOLDOWN);
        },
        "k2",
    ),
];

/// What is compared: status and body, and how long it took.
fn answer(app: &TestApp, isolate: &Isolate<'_>, request: &TestRequest) -> (u16, Value, Duration) {
    let begun = app.edge.time();
    let outcome = isolate.send(request);
    let mut body: Value = serde_json::from_slice(&outcome.response.body).unwrap_or_default();
    if body["grant"].is_string() {
        // It has the time in it.
        body = json!("a grant");
    }
    (outcome.response.status, body, begun.until(app.edge.time()))
}

#[test]
fn leave_the_next_request_as_if_they_had_never_been() {
    // Who waits for a load that never ends takes over, and does so at its next look.
    let patience = TAKEOVER + 2 * PATIENCE_STEP;
    let mut abandoned = 0;
    for (past, live, key) in PASTS {
        for (kind, leaver) in leavers(key) {
            for manner in [Manner::Dropped, Manner::Forgotten] {
                for count in 1.. {
                    let mut reached = false;
                    for (next_kind, next) in leavers(key) {
                        if !NEXT.contains(&next_kind) {
                            continue;
                        }
                        let app = || app().with_cache(Cache::new(Mood::Answers(1)));
                        let undisturbed = app();
                        let isolate = undisturbed.isolate();
                        live(&undisturbed, &isolate);
                        let wanted = answer(&undisturbed, &isolate, &next);

                        let app = app();
                        let isolate = app.isolate();
                        live(&app, &isolate);
                        reached = isolate.abandon(&leaver, count, manner);
                        let found = answer(&app, &isolate, &next);
                        let what = format!(
                            "{past}: {next_kind} after {kind}, {manner:?} at await {count}"
                        );
                        // A load that did end is not done again at once, even for a token that is no
                        // good: then it is not said whether it is.
                        if wanted.0 != 401 || found.1["code"] != "keys_unavailable" {
                            assert_eq!((found.0, &found.1), (wanted.0, &wanted.1), "{what}");
                        }
                        assert!(found.2 <= wanted.2 + patience, "{what}: {:?}", found.2);
                        abandoned += 1;
                        if !reached {
                            break;
                        }
                    }
                    if !reached {
                        break;
                    }
                }
            }
        }
    }
    assert!(abandoned > 4_000, "{abandoned}");
}

/// Twenty a second, as was tried in workerd.
#[test]
fn keep_nobody_from_signing_in_while_they_come_and_go() {
    for manner in [Manner::Dropped, Manner::Forgotten] {
        let app = app();
        let isolate = app.isolate();
        for number in 0..200 {
            let name = format!("made-up-{number}");
            let junk = bearer(&token("stranger", &name));
            // Anywhere on its way.
            isolate.abandon(&junk, 1 + number % 9, manner);
            app.edge.pass(Duration::from_millis(50));
            if number % 5 == 0 {
                let outcome = isolate.send(&bearer(&token("k1", "k1")));
                assert_eq!(outcome.response.status, 200, "{number}, {manner:?}");
            }
        }
    }
}

#[test]
fn keep_no_key_alive_that_the_issuer_has_withdrawn() {
    for manner in [Manner::Dropped, Manner::Forgotten] {
        let app = app();
        let isolate = app.isolate();
        assert_eq!(
            isolate.send(&bearer(&token("k1", "k1"))).response.status,
            200
        );
        app.edge.pass(JWKS_FRESH);
        for number in 0..40 {
            let junk = bearer(&token("stranger", "stranger"));
            isolate.abandon(&junk, 1 + number % 9, manner);
            app.edge.pass(Duration::from_millis(25));
        }
        let status = |key| isolate.send(&bearer(&token(key, key))).response.status;
        assert_eq!(status("k2"), 200, "{manner:?}");
        assert_ne!(status("k1"), 200, "{manner:?}");
    }
}

/// Its holder resets requests, so that others go on with the old secrets while one reads new ones.
#[test]
fn keep_no_secret_alive_that_was_replaced() {
    for manner in [Manner::Dropped, Manner::Forgotten] {
        let app = app();
        let isolate = app.isolate();
        assert_eq!(isolate.send(&trusted(CALLER_KEY)).response.status, 200);
        app.edge
            .store("TRUSTED_CALLER_KEY", Stored::Text(NEXT_CALLER_KEY, 1));
        app.edge.pass(SECRETS_FRESH);
        // What is meant: for three seconds at most, and not for as long as somebody likes.
        let end = app.edge.time().after(Duration::from_secs(3));
        while app.edge.time() < end {
            isolate.abandon(&trusted(CALLER_KEY), 1, manner);
            app.edge.pass(Duration::from_millis(50));
        }
        for _ in 0..3 {
            isolate.abandon(&trusted(CALLER_KEY), 1, manner);
            let outcome = isolate.send(&trusted(CALLER_KEY));
            assert_eq!(outcome.response.status, 401, "{manner:?}");
        }
        assert_eq!(isolate.send(&trusted(NEXT_CALLER_KEY)).response.status, 200);
    }
}

#[test]
fn cost_the_issuer_no_more_than_a_load_in_half_a_second() {
    let app = app();
    let isolate = app.isolate();
    for number in 0..200 {
        let name = format!("made-up-{number}");
        let junk = bearer(&token("stranger", &name));
        isolate.abandon(&junk, 4, Manner::Forgotten);
        app.edge.pass(Duration::from_millis(50));
    }
    let calls = app.edge.calls();
    let loads = calls.iter().filter(|call| call.url == KEYS_URL).count();
    let seconds = app.edge.elapsed().div_ceil(1000);
    assert!(
        (2..=1 + 2 * seconds).contains(&(loads as u64)),
        "{loads} in {seconds} s"
    );
}
