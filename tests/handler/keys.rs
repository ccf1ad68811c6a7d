//! An issuer's keys: fetched seldom, kept for a while, and never too long.

use std::time::Duration;

use authkit_edge::runtime::ReadError;
use serde_json::{Value, json};

use crate::support::{Isolate, Plan, TestApp, TestRequest, assert_error};
use crate::tokens::{KEYS_URL, NOW, SigningKey, claims, jwt_app, key_set};

fn token(key_id: &'static str) -> TestRequest {
    let claims = claims(json!({"exp": NOW + 1_000_000}));
    bearer(&SigningKey::new(key_id).token(&claims))
}

fn bearer(token: &str) -> TestRequest {
    TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
}

fn keys_of(names: &[&'static str]) -> Plan {
    let keys: Vec<Value> = names
        .iter()
        .map(|name| SigningKey::new(name).jwk())
        .collect();
    Plan::json(key_set(&keys))
}

fn loads(app: &TestApp) -> usize {
    app.edge
        .calls()
        .iter()
        .filter(|call| call.url == KEYS_URL)
        .count()
}

fn status(isolate: &Isolate<'_>, request: &TestRequest) -> u16 {
    isolate.send(request).response.status
}

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn are_fetched_once_and_kept_for_ten_minutes() {
    let app = jwt_app(|_| keys_of(&["k1"]));
    let isolate = app.isolate();
    for _ in 0..9 {
        assert_eq!(status(&isolate, &token("k1")), 200);
        app.edge.pass(MINUTE);
    }
    assert_eq!(loads(&app), 1);
    app.edge.pass(MINUTE);
    assert_eq!(status(&isolate, &token("k1")), 200);
    assert_eq!(loads(&app), 2);
}

#[test]
fn are_asked_for_by_get_without_anything_private() {
    let app = jwt_app(|_| keys_of(&["k1"]));
    app.send(&token("k1"));
    let calls = app.edge.calls();
    let load = &calls[0];
    assert_eq!((load.method, load.body.is_none()), ("GET", true));
    let names: Vec<_> = load.headers.keys().collect();
    assert_eq!(names, [&"accept", &"user-agent"]);
}

#[test]
fn are_loaded_again_for_a_new_kid_when_the_issuer_rotates() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            keys_of(&["k1", "k2"])
        }
    });
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(Duration::from_secs(30));
    assert_eq!(status(&isolate, &token("k2")), 200);
    assert_eq!(loads(&app), 2);
}

#[test]
fn cost_at_most_two_loads_for_a_thousand_unknown_kids() {
    let app = jwt_app(|_| keys_of(&["k1"]));
    let isolate = app.isolate();
    let key = SigningKey::new("stranger");
    for number in 0..1000 {
        let header = json!({"alg": "EdDSA", "kid": format!("kid-{number}")});
        let request = bearer(&key.token_with_header(&header, &claims(json!({}))));
        let status = status(&isolate, &request);
        assert!([401, 503].contains(&status), "{status}");
        app.edge.pass(Duration::from_millis(30));
    }
    assert!(loads(&app) <= 2, "{} loads", loads(&app));
    assert_eq!(app.edge.signature_checks(), 0);
}

#[test]
fn cost_one_load_for_a_thousand_requests_at_the_same_time() {
    let app = jwt_app(|_| keys_of(&["k1"]).after(200));
    let isolate = app.isolate();
    let outcomes = isolate.send_together(&vec![token("k1"); 1000]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.response.status == 200)
    );
    assert_eq!(loads(&app), 1);
}

#[test]
fn are_not_loaded_again_within_the_cool_down_after_a_failure_either() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            Plan::status(500)
        }
    });
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(Duration::from_secs(30));
    for _ in 0..20 {
        assert_eq!(status(&isolate, &token("k2")), 503);
    }
    assert_eq!(loads(&app), 2);
    app.edge.pass(Duration::from_secs(29));
    assert_eq!(status(&isolate, &token("k2")), 503);
    assert_eq!(loads(&app), 2);
    app.edge.pass(Duration::from_secs(1));
    assert_eq!(status(&isolate, &token("k2")), 503);
    assert_eq!(loads(&app), 3);
}

/// A 401 would sign somebody out whose key the issuer has just begun to use.
#[test]
fn are_asked_for_again_after_the_cool_down_and_until_then_nobody_is_signed_out() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            keys_of(&["k1", "k2"])
        }
    });
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(Duration::from_secs(10));
    let outcome = isolate.send(&token("k2"));
    assert_error(&outcome, 503, "keys_unavailable");
    assert_eq!(outcome.response.headers.get("retry-after"), Some("20"));
    let reason = outcome.record.reason.unwrap();
    assert!(reason.contains("just loaded"), "{reason}");
    app.edge.pass(Duration::from_secs(20));
    assert_eq!(status(&isolate, &token("k2")), 200);
    // There it is known that the issuer has no such key.
    app.edge.pass(Duration::from_secs(30));
    assert_eq!(status(&isolate, &token("k3")), 401);
}

#[test]
fn are_waited_for_by_nobody_for_longer_than_two_loads_take() {
    let app = jwt_app(|_| keys_of(&["k1"]).hang());
    let isolate = app.isolate();
    let outcomes = isolate.send_together(&vec![token("k1"); 50]);
    for outcome in &outcomes {
        assert_error(outcome, 503, "keys_unavailable");
    }
    assert!(app.edge.elapsed() <= 6_000, "{}", app.edge.elapsed());
    assert!(loads(&app) <= 7, "{}", loads(&app));
}

#[test]
fn outlive_an_issuer_that_is_down_for_an_hour_and_no_longer() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            Plan::unreachable()
        }
    });
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(69 * MINUTE);
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(MINUTE);
    assert_error(&isolate.send(&token("k1")), 503, "keys_unavailable");
}

#[test]
fn outlive_nothing_when_told_so() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            Plan::unreachable()
        }
    })
    .with("JWT_JWKS_STALE_SECONDS", "0");
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(10 * MINUTE);
    let outcome = isolate.send(&token("k1"));
    assert_error(&outcome, 503, "keys_unavailable");
    assert_eq!(outcome.response.headers.get("retry-after"), Some("5"));
}

#[test]
fn are_given_up_on_when_the_issuer_withdraws_them() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            keys_of(&["k1"])
        } else {
            keys_of(&["k2"])
        }
    });
    let isolate = app.isolate();
    assert_eq!(status(&isolate, &token("k1")), 200);
    app.edge.pass(10 * MINUTE);
    assert_eq!(status(&isolate, &token("k1")), 401);
    assert_eq!(status(&isolate, &token("k2")), 200);
}

#[test]
fn are_tried_again_soon_while_there_are_none() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            Plan::unreachable()
        } else {
            keys_of(&["k1"])
        }
    });
    let isolate = app.isolate();
    assert_error(&isolate.send(&token("k1")), 503, "keys_unavailable");
    assert_error(&isolate.send(&token("k1")), 503, "keys_unavailable");
    assert_eq!(loads(&app), 1);
    app.edge.pass(Duration::from_secs(5));
    assert_eq!(status(&isolate, &token("k1")), 200);
}

#[test]
fn are_taken_from_a_plain_200_only() {
    let set = key_set(&[SigningKey::new("k1").jwk()]);
    let oversized = format!("{}{}", set, " ".repeat(64 * 1024));
    let many = key_set(&vec![SigningKey::new("k1").jwk(); 65]);
    let private = key_set(&[json!({"kty": "oct", "k": "AAAA", "kid": "k1", "alg": "HS256"})]);
    for plan in [
        Plan::status(301).header("location", "https://evil.example/keys"),
        Plan::status(204),
        Plan::status(404),
        Plan::status(500),
        Plan::json("<html>"),
        Plan::json("{}"),
        Plan::json(r#"{"keys":[]}"#),
        Plan::json(r#"{"keys":{}}"#),
        Plan::json(oversized),
        Plan::json(many),
        Plan::json(private),
        Plan::broken_body(ReadError::Broken),
        Plan::json(set.clone()).hang(),
        Plan::json(set.clone()).hang_body(),
    ] {
        let app = jwt_app(move |_| plan.clone());
        assert_error(&app.send(&token("k1")), 503, "keys_unavailable");
        assert_eq!(loads(&app), 1);
        assert!(app.edge.elapsed() <= 3_000);
        assert_eq!(app.edge.token_calls().len(), 0);
    }
}

#[test]
fn are_chosen_by_kid_or_by_being_one_that_fits() {
    let one = jwt_app(|_| keys_of(&["k1"]));
    assert_eq!(one.send(&without_kid("k1")).response.status, 200);
    assert_eq!(one.send(&without_kid("k2")).response.status, 401);
    let same_name = jwt_app(|_| {
        let mut other = SigningKey::new("k2").jwk();
        other["kid"] = json!("k1");
        Plan::json(key_set(&[SigningKey::new("k1").jwk(), other]))
    });
    let outcome = same_name.send(&token("k1"));
    assert_error(&outcome, 401, "invalid_token");
    assert!(
        outcome
            .record
            .reason
            .unwrap()
            .contains("several of the issuer's keys")
    );
}

fn without_kid(name: &'static str) -> TestRequest {
    let key = SigningKey::new(name);
    bearer(&key.token_with_header(&json!({"alg": "EdDSA"}), &claims(json!({}))))
}

/// The kind: keys that stand beside each other while one replaces the other, and tokens that name none.
#[test]
fn are_tried_one_after_the_other_for_a_token_without_kid_and_four_at_most() {
    const NAMES: [&str; 6] = ["k1", "k2", "k3", "k4", "k5", "k6"];
    for count in 1..=NAMES.len() {
        let app = jwt_app(move |_| keys_of(&NAMES[..count]));
        let isolate = app.isolate();
        for (index, name) in NAMES.into_iter().enumerate() {
            let before = app.edge.signature_checks();
            let tried = count.min(4);
            let wanted = if index < tried { 200 } else { 401 };
            assert_eq!(
                status(&isolate, &without_kid(name)),
                wanted,
                "{name} of {count}"
            );
            let checks = app.edge.signature_checks() - before;
            assert_eq!(checks, tried.min(index + 1), "{name} of {count}");
        }
        assert_eq!(loads(&app), 1);
    }
}

/// The kind: an issuer's set as it writes it, which is more than it must.
#[test]
fn are_read_from_a_set_that_says_more_than_it_must() {
    let key = SigningKey::new("k1").jwk();
    let mut told = key.clone();
    for name in ["use", "key_ops", "alg", "x5c", "x5t", "x5u", "d", "oth"] {
        told[name] = json!(null);
    }
    let mut dotnet = key.clone();
    dotnet["key_ops"] = json!([]);
    dotnet["x5c"] = json!([]);
    let mut named = key.clone();
    named["alg"] = json!("Ed25519");
    let twice = key_set(&[key.clone(), key.clone()]);
    let marked = format!("\u{feff}{}", key_set(std::slice::from_ref(&key)));
    for set in [
        key_set(&[told]),
        key_set(&[dotnet]),
        key_set(&[named.clone()]),
        key_set(&[key, named]),
        twice,
        marked,
    ] {
        let shown = set.clone();
        let app = jwt_app(move |_| Plan::json(set.clone()));
        let isolate = app.isolate();
        assert_eq!(status(&isolate, &token("k1")), 200, "{shown}");
        assert_eq!(status(&isolate, &without_kid("k1")), 200, "{shown}");
    }
}
