//! What every call says of itself, whomever it goes to.

use authkit_edge::runtime::{Method, USER_AGENT};
use serde_json::json;

use crate::support::{Call, Plan, TestApp, TestRequest};
use crate::tokens::{KEYS_URL, SigningKey, claims, jwt_app, key_set};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The kind: whoever answers may want to know who calls, and some refuse those who do not say.
#[test]
fn calls_say_who_they_are() {
    let picky = |call: &Call| {
        if call.headers.get("user-agent").map(String::as_str) != Some(USER_AGENT) {
            return Plan::status(403);
        }
        if call.url == KEYS_URL || call.url.ends_with("/cdn-cgi/access/certs") {
            Plan::json(key_set(&[SigningKey::new("k1").jwk()]))
        } else if call.is_flags() {
            Plan::json(r#"{"authkitWhitelist":true}"#)
        } else {
            Plan::json(r#"{"rows":[],"pages":3,"page":1,"requestId":1}"#)
        }
    };
    assert!(USER_AGENT.starts_with("authkit-edge/"));
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let bearer = TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
    let ask = TestRequest::anonymous()
        .method(Method::Get)
        .at("/api/authkit/health/deep")
        .header("x-authkit-key", KEY);
    let signed = SigningKey::new("k1").token_with_header(&json!({"alg": "RS256"}), &json!({}));
    let assertion = TestRequest::anonymous().header("cf-access-jwt-assertion", &signed);
    let access = [
        ("IDENTITY_SOURCE", "access"),
        ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com"),
        ("ACCESS_AUD", "tag"),
    ];
    let one = [
        ("AUTHKIT_PROVIDER", "one"),
        ("ONE_SECRET_KEY", "sk_test_one"),
    ];
    for (settings, request, least) in [
        (&[][..], bearer.clone(), 5),
        (&one, bearer, 4),
        (&[("TRUSTED_CALLER_KEY", KEY)], ask, 2),
        (&access, assertion, 1),
    ] {
        let app = settings
            .iter()
            .fold(
                jwt_app(|_| Plan::status(500)),
                |app: TestApp, (name, value)| app.with(name, value),
            )
            .upstream(picky);
        app.send(&request);
        let calls = app.edge.calls();
        assert!(calls.len() >= least, "{settings:?}: {}", calls.len());
        for call in calls {
            let said = call.headers.get("user-agent").map(String::as_str);
            assert_eq!(said, Some(USER_AGENT), "{}", call.url);
        }
    }
}
