//! What an isolate rehearses is the whole way of a token, and nothing that anybody notices.

use crate::support::{Plan, TestApp, TestRequest, assert_error, json};
use crate::tokens::jwt_app;
use authkit_edge::handler::rehearsal::{HEADERS, SETTINGS, URL, answer};

fn stage() -> TestApp {
    let bare = ["ENVIRONMENT", "IDENTITY_SOURCE", "PICA_SECRET_KEY"];
    let app = bare.into_iter().fold(TestApp::new(), TestApp::without);
    let set = |app: TestApp, (name, value): (&str, &str)| app.with(name, value);
    let app = SETTINGS.into_iter().fold(app, set);
    app.upstream(|call| Plan::json(answer(&call.url)))
}

fn request() -> TestRequest {
    let bare = TestRequest::anonymous().on("https://rehearsal.invalid");
    let headers = HEADERS.into_iter();
    headers.fold(bare, |request, (name, value)| request.header(name, value))
}

#[test]
fn ends_with_a_token_for_nobody() {
    let app = stage();
    let outcome = app.send(&request());
    assert_eq!(outcome.response.status, 200, "{:?}", outcome.record.reason);
    let rows = json(&outcome)["rows"].as_array().unwrap().len();
    assert!(rows > 1000, "{rows}");
    assert_eq!(outcome.record.identity_source, Some("jwt"));
    assert_eq!(outcome.record.keys, Some("issuer"));
    // The keys, the flags, both pages.
    assert_eq!(app.edge.calls().len(), 4);
    assert_eq!(app.edge.signature_checks(), 1);
}

#[test]
fn has_nothing_to_warn_of() {
    let app = stage();
    app.send(&request());
    assert!(app.edge.warnings().is_empty());
}

#[test]
fn knows_no_address_that_leads_anywhere() {
    let app = stage();
    app.send(&request());
    let calls = app.edge.calls();
    for url in calls.iter().map(|call| &*call.url).chain([URL]) {
        assert!(url.starts_with("https://rehearsal.invalid/"), "{url}");
    }
}

#[test]
fn has_a_token_that_no_other_deployment_believes() {
    let app = jwt_app(|call| Plan::json(answer(&call.url)));
    assert_error(&app.send(&request()), 401, "invalid_token");
    // Not even one whose keys somebody has taken from this source.
    let app = app
        .with("JWT_ALGORITHMS", "ES256")
        .with("JWT_AUDIENCE", "rehearsal");
    assert_error(&app.send(&request()), 401, "invalid_token");
    assert_eq!(app.edge.signature_checks(), 1);
}
