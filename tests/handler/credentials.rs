//! Where a credential is in a request: headers, cookies, and how much of them is looked at.

use authkit_edge::limits::MAX_SOUGHT_BYTES;
use serde_json::json;

use crate::support::{self, TestApp, TestRequest, assert_error, assert_minted};
use crate::tokens::{SigningKey, app, claims};

const KIB: usize = 1024;

fn session_app() -> TestApp {
    app().with("JWT_COOKIE", "session")
}

fn token() -> String {
    SigningKey::new("k1").token(&claims(json!({})))
}

fn with_cookies(header: &str) -> TestRequest {
    TestRequest::anonymous().header("cookie", header)
}

/// A good session cookie among others, in a header of that many bytes.
fn crowded(bytes: usize) -> String {
    let session = format!("a=1; session={}; b=", token());
    let rest = bytes - session.len();
    session + &"x".repeat(rest)
}

/// The kind: a request that is larger than it might be, whatever is large in it, is as good as a small
/// one; and where it is too large, no sign-in is to blame.
#[test]
fn are_found_in_headers_of_32_kib_and_not_looked_for_in_larger_ones() {
    for bytes in [9 * KIB, 16 * KIB + 1, 32 * KIB] {
        assert_minted(
            &session_app(),
            &with_cookies(&crowded(bytes)),
            "user_1",
            "user",
        );
    }
    let padded = |bytes: usize| {
        let plain = SigningKey::new("k1")
            .token(&claims(json!({"padding": ""})))
            .len();
        // Base64 makes four of three.
        let padding = "x".repeat((bytes - plain) / 4 * 3);
        SigningKey::new("k1").token(&claims(json!({ "padding": padding })))
    };
    for bytes in [9 * KIB, 20 * KIB, 32 * KIB - 16] {
        let token = padded(bytes);
        let bearer = TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
        assert_minted(&session_app(), &bearer, "user_1", "user");
        let cookie = with_cookies(&format!("session={token}"));
        assert_minted(&session_app(), &cookie, "user_1", "user");
    }
    let access = || {
        TestApp::new()
            .with("ENVIRONMENT", "production")
            .with("IDENTITY_SOURCE", "access")
            .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
            .with("ACCESS_AUD", "tag")
    };
    let large = "x".repeat(33 * KIB);
    for (app, name, value, named) in [
        (session_app(), "cookie", crowded(32 * KIB + 1), "Cookie"),
        (session_app(), "cookie", large.clone(), "Cookie"),
        (
            session_app(),
            "cookie",
            format!("session={}", padded(40 * KIB)),
            "Cookie",
        ),
        (
            session_app(),
            "authorization",
            format!("Bearer {}", padded(40 * KIB)),
            "token",
        ),
        (
            session_app(),
            "authorization",
            format!("Bearer {}", "a b ".repeat(9 * KIB)),
            "token",
        ),
        (access(), "cookie", large.clone(), "Cookie"),
        (access(), "cf-access-jwt-assertion", large.clone(), "token"),
    ] {
        let outcome = app.send(&TestRequest::anonymous().header(name, &value));
        assert_error(&outcome, 431, "header_too_large");
        let message = support::json(&outcome)["message"].to_string();
        assert!(
            message.contains(named) && message.contains("32768"),
            "{message}"
        );
        assert_eq!(outcome.response.headers.get("www-authenticate"), None);
        assert!(app.edge.calls().is_empty());
    }
}

#[test]
fn are_found_though_headers_beside_them_are_large() {
    let bearer = format!("Bearer {}", token());
    let large = "x".repeat(33 * KIB);
    for (name, value) in [
        ("cookie", &large),
        ("x-other", &large),
        ("authorization", &bearer),
    ] {
        let request = TestRequest::anonymous().header(name, value);
        let request = if name == "authorization" {
            request
        } else {
            request.header("authorization", &bearer)
        };
        assert_minted(&session_app(), &request, "user_1", "user");
    }
}

/// The kind: whatever the grammar of RFC 6265 allows around a value is no part of it.
#[test]
fn are_found_in_a_cookie_with_quotes_and_without() {
    let token = token();
    for header in [
        format!("session=\"{token}\""),
        format!("a=\"1\"; session=\"{token}\" ; b"),
        format!("session={token}"),
    ] {
        assert_minted(&session_app(), &with_cookies(&header), "user_1", "user");
    }
    for header in [
        format!("session=\"{token}"),
        format!("session={token}\""),
        format!("session=\"\"{token}\"\""),
        format!("session='{token}'"),
    ] {
        assert_error(
            &session_app().send(&with_cookies(&header)),
            401,
            "invalid_token",
        );
    }
    let nothing = with_cookies("session=\"\"");
    assert_error(&session_app().send(&nothing), 401, "unauthenticated");
}

/// Clerk has a cookie for each of its applications beside the one of all of them.
#[test]
fn are_taken_from_the_first_cookie_that_is_there() {
    let app = || app().with("JWT_COOKIE", "__session_AbCd-_09,__session");
    let own = token();
    let others = SigningKey::new("k2").token(&claims(json!({})));
    for header in [
        format!("__session_AbCd-_09={own}; __session={others}"),
        format!("__session={others}; __session_AbCd-_09={own}"),
        format!("__session={own}"),
        format!("__session_AbCd-_09=; __session={own}"),
        format!("__session_zzzzzzzz={others}; __session={own}"),
    ] {
        assert_minted(&app(), &with_cookies(&header), "user_1", "user");
    }
    // A bad one is no reason to look for another.
    let header = format!("__session_AbCd-_09={others}; __session={own}");
    assert_error(&app().send(&with_cookies(&header)), 401, "invalid_token");
    let header = format!("__session_AbCd-_09={own}; __session_AbCd-_09={own}; __session={own}");
    assert_error(&app().send(&with_cookies(&header)), 401, "invalid_token");
    let strangers =
        with_cookies(&format!("__session={own}")).header("sec-fetch-site", "cross-site");
    assert_error(&app().send(&strangers), 403, "cross_site");
}

/// A deployment with every source, and what a request for a token and one for a grant lack there.
const SOUGHT: [(&str, &str); 2] = [
    (
        "/api/authkit",
        "no `x-authkit-grant`, no `Authorization`, no cookie `session`, no cookie `old`, \
         no `cf-access-jwt-assertion`, no cookie `__Secure-sid`, \
         no cookie `sid`, no `x-user-id`, no `identity`",
    ),
    (
        "/api/authkit/grant",
        "no `Authorization`, no cookie `session`, no cookie `old`, \
         no `cf-access-jwt-assertion`, no cookie `__Secure-sid`, \
         no cookie `sid`, no `x-user-id`, no `identity`",
    ),
];

fn every_source(environment: &str) -> TestApp {
    app()
        .with("ENVIRONMENT", environment)
        .with("IDENTITY_SOURCE", "grant,jwt,access,session,header,body")
        .with("GRANT_KEY", "0123456789abcdef0123456789abcdef")
        .with("TRUSTED_CALLER_KEY", "fedcba9876543210fedcba9876543210")
        .with("JWT_COOKIE", "session,old")
        .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
        .with("ACCESS_AUD", "tag")
        .with("SESSION_URL", "https://edge.example/api/session")
        .with("SESSION_COOKIES", "__Secure-sid,sid")
        .with("SESSION_IDENTITY_PATH", "user.id")
}

/// What a request without any credential is told, and what the log says of it.
fn told(environment: &str, resource: &str) -> (String, String) {
    let request = TestRequest::anonymous()
        .at(resource)
        .header("sec-fetch-site", "same-origin")
        .header("cookie", "theme=dark")
        .json("{}");
    let outcome = every_source(environment).send(&request);
    assert_error(&outcome, 401, "unauthenticated");
    let message = support::json(&outcome)["message"]
        .as_str()
        .unwrap()
        .to_owned();
    (message, outcome.record.reason.unwrap())
}

#[test]
fn are_named_to_a_developer_who_sends_none_of_them() {
    for (resource, sought) in SOUGHT {
        let (message, reason) = told("development", resource);
        let told = format!("The request has no credential: {sought}. Please sign in.");
        assert_eq!(message, told);
        assert_eq!(message, reason);
    }
}

/// Which cookies there are is nobody's business but the operator's.
#[test]
fn are_named_in_the_log_alone_outside_development() {
    for environment in ["production", "staging"] {
        for (resource, sought) in SOUGHT {
            let (message, reason) = told(environment, resource);
            assert_eq!(message, "The request has no credential. Please sign in.");
            assert!(reason.contains(sought), "{reason}");
        }
    }
}

#[test]
fn are_named_in_a_line_of_the_log_however_many_there_are() {
    let names = (0..200).map(|index| format!("cookie_{index}"));
    let app = session_app().with("JWT_COOKIE", &names.collect::<Vec<_>>().join(","));
    let reason = app.send(&TestRequest::anonymous()).record.reason.unwrap();
    assert!(reason.contains("`cookie_0`"), "{reason}");
    assert!(reason.len() < MAX_SOUGHT_BYTES + 100, "{reason}");
}
