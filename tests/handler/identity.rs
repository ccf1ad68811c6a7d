//! For whom a token is minted, and for whom never.

use crate::support::{TestApp, TestRequest, assert_error, assert_minted, json};
use crate::tokens::{self, SigningKey, claims};

const CALLER_KEY: &str = "0123456789abcdef0123456789abcdef";

#[track_caller]
fn assert_refused(app: &TestApp, request: &TestRequest, status: u16, code: &str) {
    let before = app.edge.calls().len();
    assert_error(&app.send(request), status, code);
    assert_eq!(
        app.edge.calls().len(),
        before,
        "a refused request reached the upstream"
    );
}

#[test]
fn mints_for_the_user_that_the_header_names() {
    assert_minted(
        &TestApp::new(),
        &TestRequest::post().json("{}"),
        "user_123",
        "user",
    );
    let app = TestApp::new()
        .with("IDENTITY_HEADER", "X-Tenant")
        .with("IDENTITY_TYPE", "team");
    let request = TestRequest::anonymous().header("x-tenant", "t1");
    assert_minted(&app, &request, "t1", "team");
    assert_refused(&app, &TestRequest::post(), 401, "unauthenticated");
}

#[test]
fn does_not_let_the_body_override_the_header() {
    let request =
        TestRequest::post().json(r#"{"identity":"victim","identityType":"organization"}"#);
    assert_minted(&TestApp::new(), &request, "user_123", "user");
}

#[test]
fn mints_for_the_identity_that_the_body_names() {
    let app = TestApp::new().with("IDENTITY_SOURCE", "body");
    for (body, identity, identity_type) in [
        (r#"{"identity":"u1"}"#, "u1", "user"),
        (r#"{"identity":"u1","identity_type":"team"}"#, "u1", "team"),
        (
            r#"{"identity":"u1","identityType":"project"}"#,
            "u1",
            "project",
        ),
        (r#"{"identity":"Zoë","identityType":null}"#, "Zoë", "user"),
    ] {
        assert_minted(
            &app,
            &TestRequest::anonymous().json(body),
            identity,
            identity_type,
        );
    }
}

#[test]
fn refuses_malformed_identities_in_a_body() {
    let app = TestApp::new().with("IDENTITY_SOURCE", "body");
    for (body, code) in [
        (r#"{"identity":7}"#, "invalid_body"),
        (r#"{"identity":["u1"]}"#, "invalid_body"),
        (r#"{"identity":"u1","identityType":1}"#, "invalid_body"),
        (
            r#"{"identity":"u1","identityType":"email"}"#,
            "invalid_identity_type",
        ),
        (
            r#"{"identity":"u1","identityType":"user","identity_type":"team"}"#,
            "invalid_body",
        ),
        (r#"{"identity":"a|b"}"#, "invalid_identity"),
        (r#"{"identity":"a b"}"#, "invalid_identity"),
        (r#"{"identity":"a\u0000"}"#, "invalid_identity"),
    ] {
        assert_refused(&app, &TestRequest::anonymous().json(body), 400, code);
    }
}

#[test]
fn has_no_identity_for_a_request_without_one() {
    for source in ["header", "body", "header,body", "body, header"] {
        let app = TestApp::new().with("IDENTITY_SOURCE", source);
        for request in [
            TestRequest::anonymous(),
            TestRequest::anonymous().json("{}"),
            TestRequest::anonymous().json("null"),
            TestRequest::anonymous().json(r#"{"identity":null}"#),
            TestRequest::anonymous().json(r#"{"identity":""}"#),
            TestRequest::anonymous().header("x-user-id", ""),
            TestRequest::anonymous().at("/api/authkit?identity=u1&x-user-id=u1"),
            TestRequest::anonymous().header("authorization", "Bearer u1"),
            TestRequest::anonymous().header("cookie", "x-user-id=u1"),
        ] {
            let outcome = app.send(&request);
            assert_error(&outcome, 401, "unauthenticated");
            assert_eq!(json(&outcome)["error"], "Unauthorized");
            let challenge = outcome.response.headers.get("www-authenticate");
            assert_eq!(challenge, Some(r#"AuthKit realm="authkit-edge""#));
        }
        assert_eq!(app.edge.calls().len(), 0);
    }
}

#[test]
fn lets_the_first_source_that_is_present_decide() {
    let both = TestRequest::post().json(r#"{"identity":"from_body","identityType":"team"}"#);
    let header_first = TestApp::new().with("IDENTITY_SOURCE", "header,body");
    assert_minted(&header_first, &both, "user_123", "user");
    let body_first = TestApp::new().with("IDENTITY_SOURCE", "body,header");
    assert_minted(&body_first, &both, "from_body", "team");
    assert_minted(&body_first, &TestRequest::post(), "user_123", "user");
    // A bad one does not fall through to the next.
    let bad = TestRequest::anonymous()
        .header("x-user-id", "a|b")
        .json(r#"{"identity":"u1"}"#);
    assert_refused(&header_first, &bad, 400, "invalid_identity");
    let bad = TestRequest::post().json(r#"{"identity":7}"#);
    assert_refused(&body_first, &bad, 400, "invalid_body");
}

#[test]
fn believes_nobody_outside_development() {
    for environment in ["production", "staging"] {
        let app = TestApp::new().with("ENVIRONMENT", environment);
        assert_refused(&app, &TestRequest::post(), 503, "misconfigured");
    }
    let app = TestApp::new().without("ENVIRONMENT");
    assert_refused(&app, &TestRequest::post(), 503, "misconfigured");
}

#[test]
fn believes_a_caller_that_proves_itself() {
    for environment in ["production", "staging", "development"] {
        let app = TestApp::new()
            .with("ENVIRONMENT", environment)
            .with("TRUSTED_CALLER_KEY", CALLER_KEY);
        let right = TestRequest::post().header("x-authkit-key", CALLER_KEY);
        assert_minted(&app, &right, "user_123", "user");
        for wrong in [
            "",
            "0",
            &CALLER_KEY[..31],
            &format!("{CALLER_KEY}0"),
            &CALLER_KEY.to_uppercase(),
        ] {
            let request = TestRequest::post().header("x-authkit-key", wrong);
            assert_refused(&app, &request, 401, "unauthenticated");
        }
        let twice = TestRequest::post()
            .header("x-authkit-key", CALLER_KEY)
            .header("x-authkit-key", CALLER_KEY);
        assert_refused(&app, &twice, 401, "unauthenticated");
        assert_refused(&app, &TestRequest::post(), 401, "unauthenticated");
        assert_refused(&app, &TestRequest::anonymous(), 401, "unauthenticated");
    }
}

/// A proxy that adds a header, and does not take away the one that a browser sent, leaves both: the
/// platform joins them.
#[test]
fn takes_no_identity_from_a_header_that_is_there_twice() {
    let named = |name: &str| TestRequest::anonymous().header("x-user-id", name);
    for charset in ["distinct", "any"] {
        let app = TestApp::new()
            .with("IDENTITY_SOURCE", "header,body")
            .with("IDENTITY_CHARS", charset);
        for request in [
            named("ada").header("x-user-id", "eve"),
            named("ada").header("x-user-id", "ada"),
            named("ada").header("x-user-id", ""),
            named("").header("x-user-id", "eve"),
            named("").header("x-user-id", ""),
            named("ada, eve"),
            named("ada, eve").json(r#"{"identity":"u1"}"#),
        ] {
            assert_refused(&app, &request, 400, "invalid_identity");
            let reason = app.send(&request).record.reason.unwrap();
            assert!(reason.contains("sent twice"), "{reason}");
        }
        // A comma alone joins nothing.
        assert_minted(&app, &named("cn=ada,o=acme"), "cn=ada,o=acme", "user");
    }
    // It takes a key to learn anything.
    let app = TestApp::new().with("TRUSTED_CALLER_KEY", CALLER_KEY);
    let twice = named("ada").header("x-user-id", "eve");
    assert_refused(&app, &twice, 401, "unauthenticated");
    let twice = twice.header("x-authkit-key", CALLER_KEY);
    assert_refused(&app, &twice, 400, "invalid_identity");
    // In a body it is a text like any other.
    let app = TestApp::new()
        .with("IDENTITY_SOURCE", "body")
        .with("IDENTITY_CHARS", "any");
    let request = TestRequest::anonymous().json(r#"{"identity":"Lovelace, Ada"}"#);
    assert_minted(&app, &request, "Lovelace, Ada", "user");
}

/// Zero-width characters, fillers and changes of direction.
const INVISIBLE: [char; 8] = [
    '\u{ad}',
    '\u{200b}',
    '\u{200d}',
    '\u{202e}',
    '\u{2066}',
    '\u{3164}',
    '\u{feff}',
    '\u{e0041}',
];

#[test]
fn refuses_characters_that_nobody_sees_whatever_the_source_is() {
    for character in INVISIBLE {
        let name = format!("ad{character}a");
        for charset in ["distinct", "any"] {
            let app = |source: &str| {
                TestApp::new()
                    .with("IDENTITY_SOURCE", source)
                    .with("IDENTITY_CHARS", charset)
            };
            let header = TestRequest::anonymous().header("x-user-id", &name);
            assert_refused(&app("header"), &header, 400, "invalid_identity");
            let body = serde_json::json!({ "identity": name }).to_string();
            let body = TestRequest::anonymous().json(body);
            assert_refused(&app("body"), &body, 400, "invalid_identity");
        }
        let signed = SigningKey::new("k1").token(&claims(serde_json::json!({ "sub": name })));
        let bearer = TestRequest::anonymous().header("authorization", &format!("Bearer {signed}"));
        let outcome = tokens::app().send(&bearer);
        assert_error(&outcome, 400, "invalid_identity");
        let grant = tokens::app()
            .with("IDENTITY_SOURCE", "grant,jwt")
            .with("GRANT_KEY", CALLER_KEY)
            .send(&bearer.at("/api/authkit/grant").json("{}"));
        assert_error(&grant, 400, "invalid_identity");
    }
}

#[test]
fn takes_spaces_and_colons_only_when_told_to() {
    let request = TestRequest::anonymous().header("x-user-id", "urn:user 1");
    assert_refused(&TestApp::new(), &request, 400, "invalid_identity");
    assert_minted(
        &TestApp::new().with("IDENTITY_CHARS", "any"),
        &request,
        "urn:user 1",
        "user",
    );
}

#[test]
fn counts_the_bytes_of_an_identity() {
    let app = TestApp::new();
    let request = |length| TestRequest::anonymous().header("x-user-id", &"x".repeat(length));
    assert_minted(&app, &request(128), &"x".repeat(128), "user");
    assert_refused(&app, &request(129), 400, "invalid_identity");
}

#[test]
fn believes_the_previous_key_too_while_it_is_being_replaced() {
    const NEXT_KEY: &str = "fedcba9876543210fedcba9876543210";
    let app = TestApp::new()
        .with("TRUSTED_CALLER_KEY", NEXT_KEY)
        .with("TRUSTED_CALLER_KEY_PREVIOUS", CALLER_KEY);
    for key in [NEXT_KEY, CALLER_KEY] {
        let request = TestRequest::post().header("x-authkit-key", key);
        assert_minted(&app, &request, "user_123", "user");
    }
    let wrong = TestRequest::post().header("x-authkit-key", &CALLER_KEY.replace('0', "1"));
    assert_refused(&app, &wrong, 401, "unauthenticated");
}
