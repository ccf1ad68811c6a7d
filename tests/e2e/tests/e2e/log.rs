//! The one line that a request leaves, as it comes out of workerd.

use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::Profile;
use authkit_sandbox::{Fault, FaultKind};
use serde_json::Value;

/// The members that every line has.
const ALWAYS: [&str; 10] = [
    "code",
    "cors",
    "duration_ms",
    "identity_ms",
    "request_id",
    "route",
    "status",
    "upstream_attempts",
    "upstream_ms",
    "upstream_pages",
];
/// Those of a request whose caller was identified, and for whom the upstream was asked.
const CALLER: [&str; 4] = [
    "identity",
    "identity_source",
    "identity_type",
    "upstream_correlation_id",
];

#[track_caller]
fn assert_members(line: &Value, extra: &[&str]) {
    let mut wanted: Vec<&str> = ALWAYS.iter().chain(extra).copied().collect();
    wanted.sort_unstable();
    let mut found: Vec<&str> = line
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    found.sort_unstable();
    assert_eq!(found, wanted, "{line}");
}

#[test]
fn says_what_happened() {
    let edge = Profile::Pica.lease();
    let line = edge.line_of(&edge.send(&Request::post().header("origin", WIDGET)));
    assert_members(&line, &CALLER);
    for (name, value) in [
        ("route", "token"),
        ("code", "ok"),
        ("cors", "allowed"),
        ("identity_source", "header"),
        ("identity_type", "user"),
    ] {
        assert_eq!(line[name], value, "{line}");
    }
    assert_eq!(
        (&line["status"], &line["upstream_pages"]),
        (&200.into(), &3.into())
    );
    assert_eq!(line["upstream_attempts"], 4);
    assert!(line["duration_ms"].is_u64());
    let pseudonym = line["identity"].as_str().unwrap();
    assert!(pseudonym.len() == 16 && pseudonym.bytes().all(|byte| byte.is_ascii_hexdigit()));

    let line = edge.line_of(&edge.send(&Request::preflight("https://evil.example")));
    assert_members(&line, &[]);
    assert_eq!(
        (&line["route"], &line["cors"]),
        (&"preflight".into(), &"refused".into())
    );
}

#[test]
fn says_why_something_failed() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| {
        let kind = FaultKind::Redirect {
            status: 307,
            location: "/".to_owned(),
        };
        settings.faults = vec![Fault::token(kind)];
    });
    let with_caller: Vec<&str> = CALLER.into_iter().chain(["reason"]).collect();
    for (request, members, route, code, reason) in [
        (
            Request::post(),
            &*with_caller,
            "token",
            "upstream_failed",
            "307",
        ),
        (
            Request::anonymous(),
            &["reason"],
            "token",
            "unauthenticated",
            "no credential",
        ),
        (
            Request::post().at("/x"),
            &["reason"],
            "unknown",
            "not_found",
            "path",
        ),
    ] {
        let line = edge.line_of(&edge.send(&request));
        assert_members(&line, members);
        assert_eq!(
            (&line["route"], &line["code"]),
            (&route.into(), &code.into())
        );
        assert!(line["reason"].as_str().unwrap().contains(reason), "{line}");
    }
}

#[test]
fn names_the_variable_to_set() {
    let edge = Profile::Bare.lease();
    let line = edge.line_of(&edge.send(&Request::post()));
    assert_members(&line, &["reason"]);
    assert_eq!(line["code"], "misconfigured");
    assert!(
        line["reason"].as_str().unwrap().contains("PICA_SECRET_KEY"),
        "{line}"
    );
}

#[test]
fn leaves_one_line_for_each_request() {
    let edge = Profile::Pica.lease();
    let mut sent = Vec::new();
    for request in [
        Request::post(),
        Request::preflight(WIDGET),
        Request::anonymous(),
        Request::post().at("/nothing"),
        Request::post().method("GET"),
        Request::post().json(vec![b' '; 9000]),
        Request::post().at("/api/authkit?page=1"),
    ] {
        let answer = edge.send(&request);
        sent.push(answer.header("x-request-id").unwrap().to_owned());
    }
    let lines = edge.lines();
    let logged: Vec<&str> = lines
        .iter()
        .map(|line| line["request_id"].as_str().unwrap())
        .collect();
    assert_eq!(logged, sent);
}

#[test]
fn takes_over_a_request_id_that_is_safe_to_log() {
    let edge = Profile::Pica.lease();
    let send = |id: &str| {
        let answer = edge.send(&Request::anonymous().header("x-request-id", id));
        let error = answer.assert_error(401, "unauthenticated");
        assert_eq!(edge.line_of(&answer)["request_id"], error["request_id"]);
        error["request_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(send("trace-1_2.3"), "trace-1_2.3");
    for unsafe_id in ["", "a b", "a\"b", "{}", "é", &"x".repeat(65)] {
        let id = send(unsafe_id);
        let mut groups = id.split('-').map(str::len);
        assert!(groups.by_ref().eq([8, 4, 4, 4, 12]), "{id}");
    }
}

#[test]
fn gives_the_same_person_the_same_pseudonym_and_nobody_else() {
    let edge = Profile::Pica.lease();
    let pseudonym = |identity: &str| {
        let request = Request::anonymous().header("x-user-id", identity);
        edge.line_of(&edge.send(&request))["identity"].clone()
    };
    assert_eq!(pseudonym("ada"), pseudonym("ada"));
    assert_ne!(pseudonym("ada"), pseudonym("bob"));
}
