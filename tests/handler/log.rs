//! The one line that a request leaves.

use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::support::{KEY, Plan, TestApp, TestRequest};

fn line(app: &TestApp, request: &TestRequest) -> Value {
    let text = app.send(request).record.to_json();
    assert!(!text.contains('\n'), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn says_what_happened() {
    let app = TestApp::new().upstream(|call| {
        if call.is_flags() {
            return Plan::json("{}");
        }
        Plan::json(r#"{"rows":[],"pages":2}"#).after(30)
    });
    let mut line = line(&app, &TestRequest::post().on("http://localhost:8787"));
    let pseudonym = line["identity"].take();
    assert_eq!(pseudonym.as_str().unwrap().len(), 16);
    assert_eq!(
        line,
        json!({
            "request_id": "00000000-0000-4000-8000-000000000000",
            "route": "token", "status": 200, "code": "ok", "cors": "none",
            "duration_ms": 60, "identity_ms": 0, "upstream_ms": 60, "upstream_attempts": 3, "upstream_pages": 2,
            "identity_source": "header", "identity_type": "user", "identity": null,
            "isolate": "new", "note": "miss",
        })
    );
}

#[test]
fn warns_on_every_line_of_development_that_others_may_reach() {
    let line = |environment: &str, origin: &str, request: TestRequest| {
        let app = TestApp::new()
            .with("ENVIRONMENT", environment)
            .with("TRUSTED_CALLER_KEY", "a-caller-key-of-thirty-two-bytes");
        line(&app, &request.on(origin))
    };
    let requests = || {
        [
            TestRequest::post(),
            TestRequest::anonymous().json("["),
            TestRequest::anonymous().at("/nothing"),
            TestRequest::anonymous().method(Method::Options),
            TestRequest::anonymous()
                .at("/api/authkit/health")
                .method(Method::Get),
        ]
    };
    for origin in [
        "https://edge.example",
        "http://authkit-edge.me.workers.dev",
        "http://192.168.1.5:8787",
        "http://localhost.edge.example",
    ] {
        for request in requests() {
            let line = line("development", origin, request);
            let warning = line["warning"].as_str().unwrap();
            assert!(
                warning.starts_with("ENVIRONMENT: is `development`"),
                "{line}"
            );
            assert!(warning.ends_with("set `production` or `staging`"), "{line}");
        }
    }
    for (environment, origin) in [
        ("development", "http://localhost:8787"),
        ("development", "http://app.localhost"),
        ("development", "http://127.0.0.1:8787"),
        ("development", "http://[::1]:8787"),
        ("production", "https://edge.example"),
        ("staging", "https://edge.example"),
    ] {
        for request in requests() {
            let line = line(environment, origin, request);
            assert_eq!(line["warning"], Value::Null, "{line}");
        }
    }
}

#[test]
fn says_why_it_failed_in_more_words_than_the_caller_gets() {
    let app = TestApp::new().upstream(|_| Plan::status(401));
    let line = line(&app, &TestRequest::post());
    assert_eq!(line["code"], "upstream_failed");
    assert!(
        line["reason"]
            .as_str()
            .unwrap()
            .contains("refused the secret key")
    );
}

#[test]
fn names_the_variable_to_set() {
    for (app, variable) in [
        (TestApp::new().without("IDENTITY_SOURCE"), "IDENTITY_SOURCE"),
        (TestApp::new().without("PICA_SECRET_KEY"), "PICA_SECRET_KEY"),
        (
            TestApp::new().with("AUTHKIT_PROVIDER", "one"),
            "ONE_SECRET_KEY",
        ),
        (TestApp::new().without("ENVIRONMENT"), "TRUSTED_CALLER_KEY"),
    ] {
        let line = line(&app, &TestRequest::post());
        assert_eq!(line["code"], "misconfigured");
        assert!(
            line["reason"].as_str().unwrap().contains(variable),
            "{line}"
        );
    }
}

#[test]
fn gives_the_same_person_the_same_pseudonym_and_nobody_else() {
    let pseudonym = |app: &TestApp, id: &str| {
        line(app, &TestRequest::anonymous().header("x-user-id", id))["identity"].clone()
    };
    let app = TestApp::new();
    assert_eq!(pseudonym(&app, "ada"), pseudonym(&app, "ada"));
    assert_ne!(pseudonym(&app, "ada"), pseudonym(&app, "bob"));
    let team = TestApp::new().with("IDENTITY_TYPE", "team");
    assert_ne!(pseudonym(&app, "ada"), pseudonym(&team, "ada"));
    let other_key = TestApp::new().with("PICA_SECRET_KEY", "sk_test_another");
    assert_ne!(pseudonym(&app, "ada"), pseudonym(&other_key, "ada"));
}

#[test]
fn never_holds_a_secret_an_identity_or_upstream_text() {
    const CALLER_KEY: &str = "a-caller-key-of-thirty-two-bytes";
    for status in [200, 400, 401, 429, 500, 503] {
        let app = TestApp::new()
            .with("TRUSTED_CALLER_KEY", CALLER_KEY)
            .upstream(move |_| match status {
                200 => Plan::json("sandbox-error-detail"),
                status => Plan::status(status),
            });
        let request = TestRequest::anonymous().header("x-user-id", "ada@example.com");
        for request in [request.clone(), request.header("x-authkit-key", CALLER_KEY)] {
            let outcome = app.send(&request);
            let headers: Vec<_> = outcome.response.headers.iter().collect();
            let body = String::from_utf8(outcome.response.body.clone()).unwrap();
            let everything = format!("{}{headers:?}{body}", outcome.record.to_json());
            for private in [
                KEY,
                CALLER_KEY,
                "ada",
                "sandbox-error-detail",
                "picaos.com/v1",
            ] {
                assert!(!everything.contains(private), "{private} in {everything}");
            }
        }
    }
}
