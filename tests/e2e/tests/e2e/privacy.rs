//! What is in no answer and in no log line, whatever happens.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, USER};
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, KEY, Profile, contains};
use authkit_sandbox::{DETAIL_MARKER, Fault, FaultKind, WrongShape};

/// Asserts that neither `answers` nor the log has anything that is not theirs.
#[track_caller]
fn assert_private(edge: &Edge, answers: &[Answer]) {
    let upstream = edge.sandbox.addr().to_string();
    let records = edge.lines();
    assert_eq!(records.len(), answers.len());
    let log = edge.log().lines().join("\n");
    for private in [KEY, CALLER_KEY, USER, DETAIL_MARKER, &upstream] {
        for answer in answers {
            assert!(!contains(&answer.raw, private), "{private} in {answer}");
        }
        assert!(!log.contains(private), "{private} in {log}");
    }
}

#[test]
fn hides_keys_identities_and_upstream_text_whatever_the_upstream_does() {
    let edge = Profile::Pica.lease();
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
        rate_limit_reset: None,
    };
    let kinds = [
        status(400),
        status(401),
        status(404),
        status(500),
        status(503),
        FaultKind::NotJson,
        FaultKind::Reset,
        FaultKind::CloseEarly,
        FaultKind::Truncated,
        FaultKind::Redirect {
            status: 302,
            location: format!("http://{DETAIL_MARKER}.example/"),
        },
        FaultKind::WrongShape(WrongShape::ArrayInsteadOfObject),
        FaultKind::Oversized {
            bytes: 20_000_000,
            content_length: true,
        },
        // The last one: after it the upstream is left alone for a while.
        status(429),
    ];
    let answers: Vec<Answer> = kinds
        .into_iter()
        .flat_map(|kind| {
            edge.sandbox
                .update(|settings| settings.faults = vec![Fault::token(kind)]);
            ["/api/authkit", "/api/authkit?page=1&limit=5"]
                .map(|target| edge.send(&Request::post().at(target)))
        })
        .collect();
    assert!(answers.iter().all(|answer| answer.status >= 429));
    assert_private(&edge, &answers);
}

#[test]
fn hides_them_when_the_request_is_refused() {
    let edge = Profile::Guarded.lease();
    let trusted = Request::post().header("x-authkit-key", CALLER_KEY);
    let named = |name: &str| {
        let body = format!(r#"{{"identity":"{USER}","identityType":"{name}"}}"#);
        Request::anonymous()
            .header("x-authkit-key", CALLER_KEY)
            .json(body)
    };
    let answers: Vec<Answer> = [
        Request::post(),
        Request::post().header("x-authkit-key", USER),
        trusted.clone().header("x-user-id", "eve"),
        trusted.clone().at("/api/authkit?page=0"),
        trusted.clone().at("/nothing"),
        trusted.clone().method("PUT"),
        trusted.clone().json(format!("[\"{USER}\"")),
        trusted.clone().header("content-type", USER),
        trusted.clone().header("x-request-id", USER),
        trusted.clone().header("origin", format!("https://{USER}")),
        trusted,
        named("email"),
        named(USER),
        named("team"),
    ]
    .map(|request| edge.send(&request))
    .to_vec();
    assert_private(&edge, &answers);
}

#[test]
fn hides_them_from_a_page_that_asks_without_permission() {
    let edge = Profile::Pica.lease();
    let origin = format!("https://{USER}");
    let answers = [
        edge.send(&Request::preflight(&origin)),
        edge.send(&Request::post().header("origin", &origin)),
    ];
    assert_private(&edge, &answers);
}
