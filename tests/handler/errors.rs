//! The errors as a contract: README's table of them is this one.

use authkit_edge::caller::CallerFault;
use authkit_edge::error::{Challenge, Refusal};
use authkit_edge::identity::IdentityFault;
use authkit_edge::jwt::TokenFault;
use authkit_edge::request_body::BodyFault;
use authkit_edge::target::QueryFault;
use authkit_edge::upstream::UpstreamFault;
use std::time::Duration;

use crate::support::{TestApp, TestRequest, json};

/// One of each kind of refusal.
fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::Query(QueryFault::Page),
        Refusal::Query(QueryFault::Limit),
        Refusal::Body(BodyFault::NotAnObject),
        Refusal::Caller(
            CallerFault::Identity(IdentityFault::Forbidden),
            Challenge::Own,
        ),
        Refusal::Caller(CallerFault::IdentityType, Challenge::Own),
        Refusal::Caller(CallerFault::NoCredential, Challenge::Own),
        Refusal::Caller(CallerFault::Token(TokenFault::Expired), Challenge::Bearer),
        Refusal::Caller(CallerFault::NotTheirs, Challenge::Own),
        Refusal::Caller(CallerFault::CrossSite, Challenge::Own),
        Refusal::Caller(
            CallerFault::Token(TokenFault::KeysUnavailable),
            Challenge::Bearer,
        ),
        Refusal::Path,
        Refusal::Method,
        Refusal::Body(BodyFault::TooLarge),
        Refusal::Body(BodyFault::MediaType),
        Refusal::Upstream(UpstreamFault::RateLimited(Duration::from_secs(1))),
        Refusal::Upstream(UpstreamFault::Status(401)),
        Refusal::Upstream(UpstreamFault::Timeout),
    ]
}

#[test]
fn are_all_in_the_readme_and_nothing_else_is() {
    let readme = include_str!("../../README.md");
    let table: Vec<&str> = readme
        .lines()
        .skip_while(|line| *line != "## Errors")
        .filter(|line| line.starts_with("| 4") || line.starts_with("| 5"))
        .collect();
    let mut rows: Vec<String> = refusals()
        .iter()
        .map(Refusal::wire)
        .map(|wire| format!("| {} | `{}` | {} |", wire.status, wire.code, wire.error))
        .collect();
    // A fault of the configuration has no public constructor.
    let outcome = TestApp::new()
        .without("IDENTITY_SOURCE")
        .send(&TestRequest::post());
    let body = json(&outcome);
    rows.push(format!(
        "| 503 | `{}` | {} |",
        body["code"].as_str().unwrap(),
        body["error"].as_str().unwrap()
    ));
    for row in &rows {
        assert!(
            table.iter().any(|line| line.starts_with(row)),
            "not in the README: {row}"
        );
    }
    assert_eq!(table.len(), rows.len(), "{table:#?}");
}

#[test]
fn round_a_wait_up_to_whole_seconds() {
    for (millis, seconds) in [(0, "0"), (1, "1"), (1_000, "1"), (1_001, "2")] {
        let fault = UpstreamFault::RateLimited(Duration::from_millis(millis));
        let header = Refusal::Upstream(fault).wire().header;
        assert_eq!(header, Some(("retry-after", seconds.to_owned().into())));
    }
}
