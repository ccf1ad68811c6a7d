//! Secrets of the platform's Secrets Store, and keys that replace others.

use std::collections::BTreeMap;

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{CALLER_KEY, KEY, Profile};
use authkit_edge_e2e::worker::{Bindings, Worker};
use serde_json::json;

#[test]
fn are_read_out_of_the_secrets_store_and_replaced_when_they_are_withdrawn() {
    let edge = Profile::Stored.lease();
    let answer = edge.send(&Request::post());
    answer.assert_token();
    // The request that started the lease found out which key is taken. So no call is refused.
    edge.assert_upstream_calls(3, 1);
    for call in edge.sandbox.requests() {
        let key = call
            .headers
            .iter()
            .find(|(name, _)| name == "x-pica-secret");
        assert_eq!(key.map(|(_, key)| &**key), Some(KEY));
    }
    let line = edge.line_of(&answer);
    assert_eq!(
        (&line["upstream_key"], &line["upstream_attempts"]),
        (&json!("next"), &json!(4))
    );
}

fn worker(name: &str, bindings: Bindings) -> Worker {
    let mut bindings = bindings;
    bindings
        .variables
        .insert("IDENTITY_SOURCE", json!("header"));
    bindings.secrets.insert("TRUSTED_CALLER_KEY", CALLER_KEY);
    Worker::start(name, bindings).unwrap()
}

#[test]
fn stop_everything_when_the_store_does_not_have_them() {
    let worker = worker(
        "unreadable",
        Bindings {
            stored: BTreeMap::from([("PICA_SECRET_KEY", None)]),
            ..Bindings::default()
        },
    );
    let answer = Request::post().send(worker.addr);
    answer.assert_error(503, "misconfigured");
    let reason = worker.log.wait_for(|line| {
        let found = line.contains("PICA_SECRET_KEY") && line.contains("Secrets Store");
        found.then(|| line.to_owned())
    });
    assert!(reason.is_some(), "{:#?}", worker.log.lines());
}

#[test]
fn of_another_environment_leave_a_warning() {
    const LIVE_KEY: &str = "sk_live_published_on_purpose";

    let worker = worker(
        "suspicious",
        Bindings {
            variables: BTreeMap::from([("ENVIRONMENT", json!("development"))]),
            secrets: BTreeMap::from([("PICA_SECRET_KEY", LIVE_KEY)]),
            ..Bindings::default()
        },
    );
    for _ in 0..2 {
        let answer = Request::post().send(worker.addr);
        answer.assert_error(401, "unauthenticated");
    }
    let warning = |line: &str| {
        line.contains(r#"{"warning":"PICA_SECRET_KEY: is a live key"#)
            .then_some(())
    };
    assert!(
        worker.log.wait_for(warning).is_some(),
        "{:#?}",
        worker.log.lines()
    );
    let lines = worker.log.lines();
    assert_eq!(lines.iter().filter_map(|line| warning(line)).count(), 1);
    assert!(
        !lines.iter().any(|line| line.contains(LIVE_KEY)),
        "{lines:#?}"
    );
}
