//! The errors as a contract: the table in `docs/reference.md` is this one.

use authkit_edge::caller::{CallerFault, SessionFault, SignedOut, Unreadable};
use authkit_edge::error::{Challenge, Refusal};
use authkit_edge::http::cookie::CookieFault;
use authkit_edge::http::request_body::BodyFault;
use authkit_edge::http::routes::Methods;
use authkit_edge::http::target::QueryFault;
use authkit_edge::identity::IdentityFault;
use authkit_edge::jwt::TokenFault;
use authkit_edge::runtime::Limiter;
use authkit_edge::upstream::UpstreamFault;
use std::time::Duration;

use crate::support::{TestApp, TestRequest, json};

/// Status, `code` and `error` of every kind of refusal.
pub fn wire_errors() -> Vec<(u16, String, String)> {
    let refusals = [
        Refusal::Query(QueryFault::Page),
        Refusal::Query(QueryFault::Limit),
        Refusal::Query(QueryFault::Filter("key")),
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
        Refusal::Caller(CallerFault::GrantNotAccepted, Challenge::Own),
        Refusal::Caller(
            CallerFault::Token(TokenFault::KeysUnavailable(Duration::ZERO)),
            Challenge::Bearer,
        ),
        Refusal::Loop,
        Refusal::Plaintext,
        Refusal::Path,
        Refusal::Method(Methods::Post),
        Refusal::Body(BodyFault::TooSlow),
        Refusal::Body(BodyFault::TooLarge),
        Refusal::Body(BodyFault::MediaType),
        Refusal::RateLimit(Limiter::Identity),
        Refusal::Upstream(UpstreamFault::RateLimited(Duration::from_secs(1))),
        Refusal::Caller(CallerFault::Cookie(CookieFault::TooLarge), Challenge::Own),
        Refusal::Upstream(UpstreamFault::Status(401)),
        Refusal::Upstream(UpstreamFault::Timeout),
        Refusal::Upstream(UpstreamFault::NoRoom),
        Refusal::Panic,
    ];
    let session = [
        SessionFault::Cookie(CookieFault::Twice),
        SessionFault::SignedOut(SignedOut::NoIdentity),
        SessionFault::Redirect(302),
        SessionFault::Misconfigured(404),
        SessionFault::RateLimited(Duration::from_secs(1)),
        SessionFault::Network,
        SessionFault::Timeout,
        SessionFault::Unreadable(Unreadable::Json),
    ];
    let session = session.map(|fault| Refusal::Caller(CallerFault::Session(fault), Challenge::Own));
    let mut errors: Vec<_> = refusals
        .iter()
        .chain(&session)
        .map(Refusal::wire)
        .map(|wire| (wire.status, wire.code.to_owned(), wire.error.to_owned()))
        .collect();
    // A fault of the configuration has no public constructor.
    let unconfigured = TestApp::new().without("IDENTITY_SOURCE");
    let body = json(&unconfigured.send(&TestRequest::post()));
    let text = |name| body[name].as_str().unwrap().to_owned();
    errors.push((503, text("code"), text("error")));
    errors
}

#[test]
fn are_all_in_the_reference_and_nothing_else_is() {
    let reference = include_str!("../../docs/reference.md");
    let table: Vec<&str> = reference
        .lines()
        .skip_while(|line| *line != "## Errors")
        .filter(|line| line.starts_with("| 4") || line.starts_with("| 5"))
        .collect();
    let rows: Vec<String> = wire_errors()
        .iter()
        .map(|(status, code, error)| format!("| {status} | `{code}` | {error} |"))
        .collect();
    for row in &rows {
        assert!(
            table.iter().any(|line| line.starts_with(row)),
            "not in the reference: {row}"
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
