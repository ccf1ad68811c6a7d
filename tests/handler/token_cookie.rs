//! The session that Supabase's library keeps in cookies, and the token in it.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::support::{TestApp, TestRequest, assert_error, assert_minted};
use crate::tokens::{NOW, SigningKey, app, claims};

const NAME: &str = "sb-ref-auth-token";

fn supabase() -> TestApp {
    app()
        .with("JWT_COOKIE", NAME)
        .with("JWT_COOKIE_FORMAT", "supabase")
}

/// A session as the library writes it, whose token has these claims.
fn session(changes: Value) -> String {
    let token = SigningKey::new("k1").token(&claims(changes));
    let refresh = SigningKey::new("k1").token(&claims(json!({"sub": "refresh"})));
    let session = json!({
        "access_token": token, "token_type": "bearer", "expires_in": 3600, "expires_at": NOW + 3600,
        "refresh_token": refresh, "user": {"id": "somebody-else"},
    });
    let json = session.to_string();
    format!(
        "base64-{}",
        Base64UrlUnpadded::encode_string(json.as_bytes())
    )
}

fn chunks(value: &str, length: usize) -> String {
    let chunks = value.as_bytes().chunks(length).enumerate();
    let pairs = chunks
        .map(|(number, chunk)| format!("{NAME}.{number}={}", std::str::from_utf8(chunk).unwrap()));
    pairs.collect::<Vec<_>>().join("; ")
}

fn with_cookies(cookies: &str) -> TestRequest {
    TestRequest::anonymous().header("cookie", cookies)
}

#[test]
fn mints_for_whom_the_access_token_names() {
    let value = session(json!({}));
    for cookies in [
        format!("{NAME}={value}"),
        format!("theme=dark; {}", chunks(&value, 100)),
        chunks(&value, 3180),
    ] {
        assert_minted(&supabase(), &with_cookies(&cookies), "user_1", "user");
    }
}

/// Whatever of it is bad: nothing is minted, and no other credential counts.
#[test]
fn refuses_a_session_that_is_there_and_is_bad() {
    let value = session(json!({}));
    let forged = {
        let stranger = SigningKey::new("stranger");
        let header = json!({"alg": "EdDSA", "kid": "k1"});
        let token = stranger.token_with_header(&header, &claims(json!({})));
        json!({"access_token": token}).to_string()
    };
    let forged = Base64UrlUnpadded::encode_string(forged.as_bytes());
    for (cookies, reason) in [
        (
            format!("{NAME}={}", &value[..value.len() / 2]),
            "session cookie",
        ),
        (format!("{NAME}=base64-e30"), "session cookie"),
        (
            format!("{NAME}={}", session(json!({"exp": NOW - 3600}))),
            "expired",
        ),
        (
            format!("{NAME}={}", session(json!({"aud": "other"}))),
            "aud",
        ),
        (
            format!("{NAME}={}", session(json!({"role": "anon"}))),
            "role",
        ),
        (format!("{NAME}=base64-{forged}"), "signature"),
        (format!("{NAME}={value}; {NAME}={value}"), "twice"),
        (format!("{0}; {NAME}.0=x", chunks(&value, 100)), "twice"),
    ] {
        let app = supabase()
            .with("IDENTITY_SOURCE", "jwt,header")
            .with("TRUSTED_CALLER_KEY", "0123456789abcdef0123456789abcdef");
        let request = with_cookies(&cookies)
            .header("x-authkit-key", "0123456789abcdef0123456789abcdef")
            .header("x-user-id", "somebody");
        let outcome = app.send(&request);
        assert_error(&outcome, 401, "invalid_token");
        assert!(app.edge.token_calls().is_empty(), "{cookies}");
        let logged = outcome.record.reason.unwrap_or_default();
        assert!(logged.contains(reason), "{logged}");
    }
}

#[test]
fn is_for_pages_of_the_same_origin_only() {
    let cookies = format!("{NAME}={}", session(json!({})));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let outcome = supabase().send(&with_cookies(&cookies).header(name, value));
        assert_error(&outcome, 403, "cross_site");
    }
    // And a bearer token goes before it.
    let outcome = supabase().send(&with_cookies(&cookies).header("authorization", "Bearer x"));
    assert_error(&outcome, 401, "invalid_token");
}

#[test]
fn gets_a_grant_like_any_token() {
    let app = supabase()
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef");
    let cookies = chunks(&session(json!({})), 200);
    let outcome = app.send(
        &with_cookies(&cookies)
            .at("/api/authkit/grant")
            .header("sec-fetch-site", "same-origin")
            .json("{}"),
    );
    assert_eq!(outcome.response.status, 200);
    let body = String::from_utf8(outcome.response.body).unwrap();
    assert!(body.contains("x-authkit-grant"), "{body}");
}

#[test]
fn is_no_token_where_cookies_hold_tokens() {
    let cookies = format!("{NAME}={}", session(json!({})));
    let outcome = app().with("JWT_COOKIE", NAME).send(&with_cookies(&cookies));
    assert_error(&outcome, 401, "invalid_token");
}
