//! The routes under `/_sandbox/`.

use authkit_sandbox::{Fault, FaultKind, Options, Recorded, Sandbox, Settings};
use serde_json::json;

use crate::client::{control, sandbox, token};

#[test]
fn health_is_ok() {
    let reply = control(&sandbox(), "GET /_sandbox/health", "");
    assert_eq!(reply.json(), json!({ "status": "ok" }));
}

#[test]
fn put_settings_replaces_all_of_them() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.pretty = true);
    let body = r#"{
        "catalogue": 3,
        "request_id": "string",
        "faults": [
            {"target": "token", "page": 2, "times": 1,
             "kind": {"status": {"status": 429, "rate_limit_reset": "60"}}},
            {"target": "flags", "kind": "reset"},
            {"kind": {"latency": {"ms": 1}}},
            {"kind": {"wrong_shape": "pages_string"}},
            {"kind": {"slow_body": {"chunk_bytes": 10, "delay_ms": 5}}}
        ]
    }"#;
    let reply = control(&sandbox, "PUT /_sandbox/settings", body);
    assert_eq!(reply.status, 200);
    let settings: Settings = serde_json::from_value(reply.json()).unwrap();
    assert_eq!(settings, sandbox.settings());
    assert_eq!((settings.catalogue, settings.pretty), (3, false));
    assert_eq!(settings.faults[1], Fault::flags(FaultKind::Reset));
    assert_eq!(settings.faults[0].times, Some(1));
    assert_eq!(token(&sandbox, "?page=2").status, 429);
}

#[test]
fn settings_survive_the_way_through_json() {
    let sandbox = sandbox();
    sandbox.update(|settings| {
        settings.faults = vec![
            Fault::token(FaultKind::Oversized {
                bytes: u64::MAX,
                content_length: true,
            })
            .on_page(3),
            Fault::flags(FaultKind::Hang),
        ];
    });
    let before = sandbox.settings();
    let state = control(&sandbox, "GET /_sandbox/state", "").json();
    let settings = state["settings"].to_string();
    sandbox.reset();
    control(&sandbox, "PUT /_sandbox/settings", &settings);
    assert_eq!(sandbox.settings(), before);
}

#[test]
fn settings_with_a_mistake_are_refused_and_nothing_changes() {
    let sandbox = sandbox();
    let before = sandbox.settings();
    for (body, reason) in [
        ("", "EOF"),
        (r#"{"catalog":3}"#, "unknown field `catalog`"),
        (r#"{"catalogue":-1}"#, "invalid value"),
        (r#"{"catalogue":100001}"#, "more than 100000"),
        (r#"{"row_padding":65536}"#, "more than 65535"),
        (r#"{"request_id":"uuid"}"#, "unknown variant `uuid`"),
        (r#"{"faults":[{"kind":"explode"}]}"#, "unknown variant"),
        (r#"{"faults":[{"kind":"hang","pages":1}]}"#, "unknown field"),
        (
            r#"{"faults":[{"kind":{"latency":{"ms":1,"s":2}}}]}"#,
            "unknown field",
        ),
        (
            r#"{"faults":[{"kind":{"status":{"status":99}}}]}"#,
            "faults[0]: status 99",
        ),
        (
            r#"{"faults":[{"kind":{"status":{"status":429,"retry_after":"a\nb"}}}]}"#,
            "header value",
        ),
        (
            r#"{"faults":[{"kind":{"redirect":{"status":200,"location":"/"}}}]}"#,
            "redirect status",
        ),
        (
            r#"{"faults":[{"kind":{"slow_body":{"chunk_bytes":0,"delay_ms":1}}}]}"#,
            "chunk_bytes",
        ),
    ] {
        let reply = control(&sandbox, "PUT /_sandbox/settings", body);
        assert_eq!(reply.status, 400, "{body}");
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("settings refused: "), "{error}");
        assert!(error.contains(reason), "{error}");
        assert_eq!(sandbox.settings(), before);
    }
}

#[test]
fn state_tells_counts_and_settings() {
    let sandbox = sandbox();
    token(&sandbox, "");
    control(&sandbox, "GET /_sandbox/trap", "");
    let state = control(&sandbox, "GET /_sandbox/state", "").json();
    assert_eq!(state["requests"], 2);
    assert_eq!(state["token_requests"], 1);
    assert_eq!(state["flags_requests"], 0);
    assert_eq!(state["trap_requests"], 1);
    assert_eq!(state["in_flight"], 0);
    assert_eq!(state["max_in_flight"], 1);
    assert_eq!(state["settings"]["catalogue"], 250);
}

#[test]
fn requests_can_be_read_and_forgotten() {
    let sandbox = sandbox();
    token(&sandbox, "?page=2");
    let reply = control(&sandbox, "GET /_sandbox/requests", "");
    let seen: Vec<Recorded> = serde_json::from_value(reply.json()).unwrap();
    assert_eq!(seen, sandbox.requests());
    assert_eq!(seen[0].page, Some(2));
    assert_eq!(
        control(&sandbox, "DELETE /_sandbox/requests", "").status,
        204
    );
    assert!(sandbox.requests().is_empty());
}

#[test]
fn reset_brings_back_defaults_and_forgets() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.catalogue = 1);
    token(&sandbox, "");
    assert_eq!(control(&sandbox, "POST /_sandbox/reset", "").status, 204);
    assert_eq!(sandbox.settings(), Settings::default());
    assert!(sandbox.requests().is_empty());
}

#[test]
fn invalid_settings_are_refused_at_the_start_too() {
    let started = Sandbox::start(Options {
        settings: Settings {
            catalogue: u32::MAX,
            ..Settings::default()
        },
        ..Options::default()
    });
    let error = started.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
#[should_panic(expected = "invalid sandbox settings: catalogue")]
fn invalid_settings_in_a_test_panic() {
    sandbox().update(|settings| settings.catalogue = u32::MAX);
}
