//! `Server-Timing`, and the times in the log that it is made of.

use serde_json::json;

use crate::support::{Plan, TestApp, TestRequest};
use crate::tokens::{SigningKey, claims, jwt_app, key_set};

/// An upstream that takes 30 ms for each page, of which there are two.
fn slow() -> TestApp {
    TestApp::new().upstream(|call| {
        if call.is_flags() {
            return Plan::json("{}");
        }
        Plan::json(r#"{"rows":[],"pages":2}"#).after(30)
    })
}

#[test]
fn is_in_answers_only_if_asked_for() {
    for (setting, timing) in [
        (None, None),
        (Some("off"), None),
        (
            Some("on"),
            Some("identity;dur=0, upstream;dur=60, total;dur=60"),
        ),
    ] {
        let app = match setting {
            Some(setting) => slow().with("SERVER_TIMING", setting),
            None => slow(),
        };
        let origin = "https://authkit.picaos.com";
        let outcome = app.send(&TestRequest::post().header("origin", origin));
        let headers = &outcome.response.headers;
        assert_eq!(headers.get("server-timing"), timing);
        let allowed = timing.map(|_| origin);
        assert_eq!(headers.get("timing-allow-origin"), allowed);
        assert_eq!(outcome.record.upstream_ms, 60);
    }
}

#[test]
fn is_for_pages_that_may_read_the_answer() {
    let app = slow().with("SERVER_TIMING", "on");
    for (app, origin, allowed) in [
        (&app, None, None),
        (&app, Some("https://evil.example"), None),
        (
            &slow()
                .with("SERVER_TIMING", "on")
                .with("ALLOWED_ORIGINS", "*"),
            Some("https://anyone.example"),
            Some("*"),
        ),
    ] {
        let request = TestRequest::anonymous();
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        let headers = app.send(&request).response.headers;
        assert_eq!(headers.get("timing-allow-origin"), allowed, "{origin:?}");
        // A refusal took its time, too.
        let timing = headers.get("server-timing");
        assert_eq!(timing, Some("identity;dur=0, upstream;dur=0, total;dur=0"));
    }
}

#[test]
fn counts_the_loading_of_the_issuers_keys_as_identity() {
    let app = jwt_app(|_| Plan::json(key_set(&[SigningKey::new("k1").jwk()])).after(40));
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let request = TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
    let record = app.send(&request).record;
    assert_eq!(
        (record.identity_ms, record.upstream_ms, record.duration_ms),
        (40, 0, 40)
    );
}
