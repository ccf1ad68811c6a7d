//! Cloudflare Access in front of the Worker.

use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::{rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use std::sync::LazyLock;

use crate::support::{Plan, TestApp, TestRequest, assert_error, json};
use crate::tokens::{NOW, key_set};

const TEAM: &str = "https://team.cloudflareaccess.com";

/// Access signs by RS256 and nothing else. Any key will do, so this run makes its own.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn access_app() -> TestApp {
    TestApp::new()
        .with("ENVIRONMENT", "production")
        .with("IDENTITY_SOURCE", "access")
        .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
        .with("ACCESS_AUD", "aud-tag")
        .upstream(|call| {
            if call.url == format!("{TEAM}/cdn-cgi/access/certs") {
                let public = KEY.public_key();
                Plan::json(key_set(&[json!({
                    "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "a1",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                })]))
            } else {
                Plan::json(r#"{"rows":[],"pages":1}"#)
            }
        })
}

fn assertion(changes: Value) -> String {
    let mut claims = json!({
        "iss": TEAM, "aud": ["aud-tag"], "sub": "0f1e", "type": "app", "email": "ada@example.com",
        "exp": NOW + 300, "iat": NOW, "nbf": NOW,
    });
    claims
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    let input = format!(
        "{}.{}",
        encode(br#"{"alg":"RS256","kid":"a1","typ":"JWT"}"#),
        encode(claims.to_string().as_bytes())
    );
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        input.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{input}.{}", encode(&signature))
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn with_header(changes: Value) -> TestRequest {
    TestRequest::anonymous().header("cf-access-jwt-assertion", &assertion(changes))
}

fn identity(app: &TestApp, request: &TestRequest) -> Option<Value> {
    let outcome = app.send(request);
    let calls = app.edge.token_calls();
    let body = calls.last().and_then(|call| call.body.clone());
    (outcome.response.status == 200).then(|| body.unwrap_or_default()["identity"].clone())
}

#[test]
fn says_who_is_signed_in() {
    assert_eq!(
        identity(&access_app(), &with_header(json!({}))),
        Some(json!("0f1e"))
    );
    let cookie = format!("CF_Authorization={}", assertion(json!({})));
    let request = TestRequest::anonymous().header("cookie", &cookie);
    assert_eq!(identity(&access_app(), &request), Some(json!("0f1e")));
}

#[test]
fn is_asked_by_its_header_before_its_cookie() {
    let cookie = format!("CF_Authorization={}", assertion(json!({"sub": "cookie"})));
    let request = with_header(json!({"sub": "header"})).header("cookie", &cookie);
    assert_eq!(identity(&access_app(), &request), Some(json!("header")));
    let request = TestRequest::anonymous()
        .header("cf-access-jwt-assertion", "x")
        .header("cookie", &cookie);
    assert_error(&access_app().send(&request), 401, "invalid_token");
}

#[test]
fn must_mean_this_application_and_a_user_of_it() {
    for changes in [
        json!({"aud": ["other"]}),
        json!({"aud": []}),
        json!({"iss": "https://evil.cloudflareaccess.com"}),
        json!({"iss": "https://team.cloudflareaccess.com/"}),
        json!({"type": "org"}),
        json!({"type": null}),
        json!({"exp": NOW - 61}),
        json!({"nbf": NOW + 61}),
        json!({"sub": ""}),
        json!({"sub": "", "common_name": "service.access"}),
    ] {
        let outcome = access_app().send(&with_header(changes.clone()));
        assert_error(&outcome, 401, "invalid_token");
    }
}

#[test]
fn lets_service_tokens_in_only_when_told_to() {
    let request = with_header(json!({"sub": "", "common_name": "ci.access"}));
    assert_eq!(identity(&access_app(), &request), None);
    let app = access_app().with("ACCESS_SERVICE_TOKENS", "allow");
    assert_eq!(identity(&app, &request), Some(json!("ci.access")));
    // A user is still the user.
    let user = with_header(json!({"common_name": "ci.access"}));
    assert_eq!(identity(&app, &user), Some(json!("0f1e")));
    assert_eq!(
        identity(&app, &with_header(json!({"sub": "", "common_name": ""}))),
        None
    );
}

#[test]
fn buys_a_grant_that_ends_with_it() {
    let app = access_app()
        .with("IDENTITY_SOURCE", "grant,access")
        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
        .with("GRANT_TTL_SECONDS", "3600");
    for (left, lifetime) in [(7200, 3600), (600, 600), (60, 300)] {
        let request = with_header(json!({"exp": NOW + left})).at("/api/authkit/grant");
        let answer = json(&app.send(&request.json("{}")));
        assert_eq!(answer["expires_at"], NOW + lifetime, "{left}");
    }
}

#[test]
fn does_not_vouch_for_another_sites_page() {
    for request in [
        with_header(json!({})).header("sec-fetch-site", "cross-site"),
        with_header(json!({})).header("origin", "https://evil.example"),
    ] {
        assert_error(&access_app().send(&request), 403, "cross_site");
    }
}

#[test]
fn knows_users_only() {
    let request = with_header(json!({})).json(r#"{"identityType":"team"}"#);
    assert_error(&access_app().send(&request), 403, "forbidden_identity");
    let request = with_header(json!({})).json(r#"{"identity":"victim"}"#);
    assert_error(&access_app().send(&request), 403, "forbidden_identity");
}
