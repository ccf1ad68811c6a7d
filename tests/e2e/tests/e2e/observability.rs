//! Times in answers, traces on their way upstream, and data points, as they are in workerd.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{Profile, printed, record, sandbox};
use authkit_edge_e2e::worker::{Bindings, Deployment, Worker};
use serde_json::{Value, json};

const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Waits for the log line of an answer.
#[track_caller]
fn line_of(worker: &Worker, answer: &Answer) -> Value {
    let id = answer.header("x-request-id");
    let found = worker
        .log
        .wait_for(|line| record(line).filter(|record| record["request_id"].as_str() == id));
    found.unwrap_or_else(|| panic!("no log line for {id:?} in {:#?}", worker.log.lines()))
}

#[test]
fn leaves_times_a_trace_and_a_data_point() {
    let sandbox = sandbox();
    let mut bindings = Profile::Pica.bindings(sandbox.issuer());
    bindings.variables.insert("SERVER_TIMING", json!("on"));
    let service = json!([{"binding": "AUTHKIT_ANALYTICS", "service": "recorder"}]);
    bindings.sections.insert("services", service);
    let recorder = Deployment {
        folder: "tests/e2e/recorder",
        script: None,
        bindings: Bindings::default(),
    };
    let worker = Worker::start_all("observed", &[Deployment::edge(bindings), recorder]).unwrap();

    sandbox.update(|settings| settings.latency_ms = 20);
    let request = Request::post()
        .header("origin", WIDGET)
        .header("traceparent", TRACE_PARENT)
        .header("tracestate", "vendor=anything");
    let answer = request.send(worker.addr);
    answer.assert_token();
    let line = line_of(&worker, &answer);

    let times = ["identity_ms", "upstream_ms", "duration_ms"].map(|name| line[name].as_u64());
    let [Some(identity), Some(upstream), Some(total)] = times else {
        panic!("{line}");
    };
    let timing = format!("identity;dur={identity}, upstream;dur={upstream}, total;dur={total}");
    assert_eq!(answer.header("server-timing"), Some(&*timing));
    assert_eq!(answer.header("timing-allow-origin"), Some(WIDGET));
    // workerd's clock moved, since the upstream is across I/O.
    assert!(upstream >= 20 && total >= upstream, "{line}");

    assert_eq!(line["trace_id"], TRACE_PARENT[3..35]);
    let calls = sandbox.requests();
    assert!(calls.len() > 1);
    for call in calls {
        assert_eq!(call.header("traceparent"), Some(TRACE_PARENT), "{call:?}");
        assert_eq!(call.header("tracestate"), None, "{call:?}");
    }

    let point = worker
        .log
        .wait_for(|line| printed(line)?.get("point").cloned());
    let field = |name: &str| line[name].clone();
    let wanted = json!({
        "indexes": ["token"],
        "blobs": ["ok", "", "allowed", "header", "user", field("identity")],
        "doubles": [
            200, total, identity, upstream, field("upstream_attempts"), field("upstream_pages"),
        ],
    });
    assert_eq!(point, Some(wanted), "{:#?}", worker.log.lines());
}

#[test]
fn answers_all_the_same_with_and_without_a_dataset() {
    for profile in [Profile::Open, Profile::Pica] {
        let edge = profile.lease();
        let answer = edge.send(&Request::post());
        answer.assert_token();
        assert_eq!(answer.header("server-timing"), None);
        assert_eq!(answer.header("timing-allow-origin"), None);
        assert_eq!(edge.line_of(&answer)["code"], "ok");
        let lines = edge.log().lines();
        let complaint = |line: &&String| line.to_lowercase().contains("error");
        assert_eq!(lines.iter().find(complaint), None);
    }
}
