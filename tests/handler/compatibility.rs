//! Standing in for the samples: their paths, and the words of the Python ones.

use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::support::{Plan, TestApp, TestRequest, json};

/// A deployment in place of a Python sample, which takes identities from the body.
fn python(sample: &str) -> TestApp {
    TestApp::new()
        .with("COMPATIBILITY", sample)
        .with("IDENTITY_SOURCE", "body")
}

fn ask(body: &str) -> TestRequest {
    TestRequest::anonymous().at("/authkit-token").json(body)
}

#[test]
fn serves_the_python_path_only_when_told_to() {
    let request = ask(r#"{"identity":"u1","identity_type":"team"}"#);
    for sample in ["fastapi", "flask"] {
        let app = python(sample);
        assert_eq!(app.send(&request).response.status, 200);
        let body = app.edge.token_calls().pop().and_then(|call| call.body);
        assert_eq!(
            body,
            Some(json!({"identity": "u1", "identityType": "team"}))
        );
        let slash = request.clone().at("/authkit-token/");
        assert_eq!(app.send(&slash).response.status, 200);
    }
    assert_eq!(TestApp::new().send(&request).response.status, 404);
}

#[test]
fn serves_what_paths_a_front_end_already_calls() {
    let app = TestApp::new()
        .with("ROUTE_PREFIX", "/v2")
        .with("ROUTE_ALIASES", "/api/pica-token, /api/one/auth-token");
    for (path, status) in [
        ("/v2/api/authkit", 200),
        ("/v2/api/authkit/", 200),
        ("/api/pica-token?page=1", 200),
        ("/api/one/auth-token", 200),
        ("/api/authkit", 404),
    ] {
        let outcome = app.send(&TestRequest::post().at(path));
        assert_eq!(outcome.response.status, status, "{path}");
        let preflight = app.send(&TestRequest::anonymous().at(path).method(Method::Options));
        assert_eq!(preflight.response.status, 204, "{path}");
    }
}

#[test]
fn describes_a_wrong_body_as_fastapi_does() {
    let types = "'user', 'team', 'organization' or 'project'";
    for (body, detail) in [
        (
            r#"{"identity":7}"#,
            json!({"type": "string_type", "loc": ["body", "identity"],
                "msg": "Input should be a valid string", "input": null}),
        ),
        (
            r#"{"identity":"u1","identity_type":"robot"}"#,
            json!({"type": "literal_error", "loc": ["body", "identity_type"],
                "msg": format!("Input should be {types}"), "input": null, "ctx": {"expected": types}}),
        ),
        (
            r#"{"identity":"u1","identity_type":7}"#,
            json!({"type": "literal_error", "loc": ["body", "identity_type"],
                "msg": format!("Input should be {types}"), "input": null, "ctx": {"expected": types}}),
        ),
        (
            "[]",
            json!({"type": "model_attributes_type", "loc": ["body"], "input": null,
                "msg": "Input should be a valid dictionary or object to extract fields from"}),
        ),
        (
            "{",
            json!({"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error",
                "input": {}, "ctx": {"error": "Invalid JSON"}}),
        ),
    ] {
        let app = python("fastapi");
        let outcome = app.send(&ask(body));
        assert_eq!(
            (outcome.response.status, outcome.record.status),
            (422, 422),
            "{body}"
        );
        assert_eq!(json(&outcome)["detail"], json!([detail]), "{body}");
        assert_eq!(app.edge.calls().len(), 0);
    }
}

#[test]
fn never_repeats_what_was_sent() {
    let outcome = python("fastapi").send(&ask(r#"{"identity":["ada"],"identity_type":"ada"}"#));
    let body = String::from_utf8(outcome.response.body).unwrap();
    assert!(!body.contains("ada"), "{body}");
}

#[test]
fn says_that_there_is_no_token_in_the_samples_words() {
    let failing = |sample| python(sample).upstream(|_| Plan::status(401));
    let body = r#"{"identity":"u1"}"#;
    let outcome = failing("fastapi").send(&ask(body));
    assert_eq!(outcome.response.status, 502);
    assert_eq!(json(&outcome)["detail"], "Failed to create token");
    assert_eq!(json(&outcome)["error"], "Failed to generate token");
    let outcome = failing("flask").send(&ask(body));
    assert_eq!(outcome.response.status, 502);
    assert_eq!(json(&outcome)["error"], "Failed to create token");
    assert_eq!(json(&outcome)["detail"], Value::Null);
    // The other routes of the same deployment speak as ever.
    let outcome = failing("flask").send(&ask(body).at("/api/authkit"));
    assert_eq!(json(&outcome)["error"], "Failed to generate token");
}

#[test]
fn keeps_the_members_that_every_error_has() {
    for sample in ["fastapi", "flask"] {
        for (request, status) in [
            (ask("{}"), 401),
            (ask("{"), if sample == "fastapi" { 422 } else { 400 }),
            (ask(r#"{"identity":"a|b"}"#), 400),
            (ask("{}").method(Method::Get), 405),
            (ask("{}").method(Method::Other), 405),
            (TestRequest::anonymous().at("/authkit-token").body("x"), 415),
        ] {
            let outcome = python(sample).send(&request);
            assert_eq!(outcome.response.status, status, "{sample}");
            let body = json(&outcome);
            for name in ["error", "message", "code", "request_id"] {
                assert!(body[name].is_string(), "{sample}: {body}");
            }
            assert_eq!(body.get("detail").is_some(), sample == "fastapi", "{body}");
        }
    }
}

#[test]
fn ignores_the_older_contract() {
    let app = python("flask");
    let outcome = app.send(&ask(r#"{"identity":"u1","group":"g","label":"l"}"#));
    assert_eq!(outcome.response.status, 200);
    let body = app.edge.token_calls().pop().and_then(|call| call.body);
    assert_eq!(
        body,
        Some(json!({"identity": "u1", "identityType": "user"}))
    );
    // `group` was the identity once. It is not taken for one silently.
    let outcome = app.send(&ask(r#"{"group":"g","label":"l"}"#));
    assert_eq!(outcome.response.status, 401);
}
