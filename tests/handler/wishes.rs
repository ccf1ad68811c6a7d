//! Which of their identities somebody asks for, in the body or in the query.

use serde_json::json;

use crate::support::{TestApp, TestRequest, assert_error, assert_minted, json};
use crate::tokens::{SigningKey, app, claims};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn auth0() -> TestApp {
    app()
        .with("JWT_PRESET", "auth0")
        .with("JWT_ISSUER", "tenant.eu.auth0.com")
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", KEY)
}

fn user(name: &str) -> TestRequest {
    let claims = claims(json!({
        "iss": "https://tenant.eu.auth0.com/", "sub": name, "org_id": "org|1", "exp": 2_000_000_000,
    }));
    let token = SigningKey::new("k1").token(&claims);
    TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
}

fn encoded(name: &str) -> String {
    name.replace('~', "%7E").replace('|', "%7C")
}

/// The kind: users know what they are called where they signed in, and not how it is written here.
#[test]
fn name_a_user_as_the_credential_does() {
    for (name, written) in [
        ("auth0|1", "auth0~7C1"),
        ("google-oauth2|117", "google-oauth2~7C117"),
        ("a|b|c", "a~7Cb~7Cc"),
        ("auth0|a~b", "auth0~7Ca~7Eb"),
        ("auth0|a~7Cb", "auth0~7Ca~7E7Cb"),
        ("plain", "plain"),
    ] {
        let wish = json!({ "identity": name }).to_string();
        assert_minted(&auth0(), &user(name), written, "user");
        assert_minted(&auth0(), &user(name).json(wish.clone()), written, "user");
        let query = format!("/api/authkit?identity={}", encoded(name));
        assert_minted(&auth0(), &user(name).at(&query), written, "user");
        // The same by the grant, which has it as it is written.
        let app = auth0();
        let ask = user(name).at("/api/authkit/grant").json(wish.clone());
        let answer = json(&app.send(&ask));
        let grant = answer["grant"].as_str().expect("a grant").to_owned();
        let carry = TestRequest::anonymous().header("x-authkit-grant", &grant);
        for wish in [wish, json!({ "identity": written }).to_string()] {
            let outcome = app.send(&carry.clone().json(wish));
            assert_eq!(outcome.response.status, 200);
        }
        let other = json!({"identity": format!("{name}1")}).to_string();
        assert_error(&app.send(&carry.json(other)), 403, "forbidden_identity");
    }
    // What is written so here is what somebody else is called there.
    for (name, wish) in [
        ("auth0|1", "auth0~7C1"),
        ("auth0|1", "auth0"),
        ("a~b", "a~7Eb"),
    ] {
        let request = user(name).json(json!({ "identity": wish }).to_string());
        assert_error(&auth0().send(&request), 403, "forbidden_identity");
    }
    let organization = r#"{"identity":"org|1","identityType":"organization"}"#;
    assert_minted(
        &auth0(),
        &user("auth0|1").json(organization),
        "org~7C1",
        "organization",
    );
}

/// The kind: an empty text is no wish, of whatever, wherever it stands, whoever asks.
#[test]
fn are_none_where_they_are_empty() {
    let empty = [
        r#"{"identity":""}"#,
        r#"{"identityType":""}"#,
        r#"{"identity_type":""}"#,
        r#"{"identity":"","identityType":"","identity_type":""}"#,
        r#"{"identity":null,"identityType":"","identity_type":null}"#,
        r#"{"identityType":"","identity_type":"user"}"#,
    ];
    let queries = [
        "",
        "?identity=",
        "?identityType=",
        "?identity_type=",
        "?identity=&identity=&identityType=",
        "?identity",
    ];
    let granted = || {
        let app = auth0();
        let answer = json(&app.send(&user("ada").at("/api/authkit/grant").json("{}")));
        let grant = answer["grant"].as_str().expect("a grant").to_owned();
        TestRequest::anonymous().header("x-authkit-grant", &grant)
    };
    let header = || TestApp::new().with("IDENTITY_SOURCE", "header");
    let named = || TestRequest::anonymous().header("x-user-id", "ada");
    for body in empty {
        for query in queries {
            let at = format!("/api/authkit{query}");
            for (app, request) in [
                (auth0(), user("ada")),
                (auth0(), granted()),
                (header(), named()),
            ] {
                assert_minted(&app, &request.at(&at).json(body), "ada", "user");
            }
        }
    }
    // Beside what is said, they contradict nothing.
    for (body, query) in [
        (r#"{"identity":"ada"}"#, "?identity="),
        (r#"{"identity":""}"#, "?identity=ada"),
        (
            r#"{"identity":"ada","identityType":"user"}"#,
            "?identityType=",
        ),
    ] {
        let request = user("ada").at(&format!("/api/authkit{query}")).json(body);
        assert_minted(&auth0(), &request, "ada", "user");
    }
    let body = || TestApp::new().with("IDENTITY_SOURCE", "body");
    let request = TestRequest::anonymous().json(r#"{"identity":"ada","identityType":""}"#);
    assert_minted(&body(), &request, "ada", "user");
    let nobody = TestRequest::anonymous().json(r#"{"identity":""}"#);
    assert_error(&body().send(&nobody), 401, "unauthenticated");
    // A byte order mark before the body is no part of it, either.
    let marked = TestRequest::anonymous().json("\u{feff}{\"identity\":\"ada\"}");
    assert_minted(&body(), &marked, "ada", "user");
}
