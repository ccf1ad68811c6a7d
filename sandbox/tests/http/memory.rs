//! What the sandbox remembers, and waiting for it.

use std::time::Duration;

use authkit_sandbox::{Fault, FaultKind, Route, Settings};

use crate::client::{
    KEY, PATIENCE, control, faulty, finish, flags, open_token, sandbox, send, token,
};

#[test]
fn requests_are_remembered_in_order_with_all_that_was_sent() {
    let sandbox = sandbox();
    let headers = [("X-Pica-Secret", KEY), ("X-Extra", "é")];
    let body = r#"{"identity":"u-1"}"#;
    send(
        &sandbox,
        "POST /v1/authkit?page=3&limit=100",
        &headers,
        body,
    );
    flags(&sandbox);
    send(&sandbox, "GET /nowhere", &[], "");
    control(&sandbox, "GET /_sandbox/health", "");

    let seen = sandbox.requests();
    let routes: Vec<Route> = seen.iter().map(|request| request.route).collect();
    assert_eq!(routes, [Route::Token, Route::Flags, Route::Other]);
    assert_eq!(seen[0].method, "POST");
    assert_eq!(seen[0].path, "/v1/authkit");
    assert_eq!(seen[0].query, "page=3&limit=100");
    assert_eq!(seen[0].page, Some(3));
    assert_eq!(seen[0].body, body);
    assert_eq!(seen[0].header("x-pica-secret"), Some(KEY));
    assert_eq!(seen[0].header("x-extra"), Some("é"));
    assert_eq!(seen[0].header("x-absent"), None);
    assert_eq!(seen[1].page, None);
    assert_eq!(seen[2].outcome_status, Some(404));
    assert!(seen.windows(2).all(|two| two[0].at_ms <= two[1].at_ms));
    assert_eq!(sandbox.token_requests(), seen[..1]);
    assert_eq!(sandbox.flags_requests(), seen[1..2]);
}

#[test]
fn an_answer_read_to_its_end_is_already_known_as_completed() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.row_padding = 40_000);
    for _ in 0..20 {
        token(&sandbox, "?limit=100");
        assert_eq!(sandbox.in_flight(), 0);
        assert!(sandbox.token_requests().iter().all(|r| r.completed));
    }
    assert_eq!(sandbox.max_in_flight(), 1);
}

#[test]
fn calls_open_at_once_are_counted() {
    let sandbox = faulty(FaultKind::Hang);
    let calls: Vec<_> = (0..5).map(|_| open_token(&sandbox, "")).collect();
    assert!(sandbox.wait_until(|seen| seen.in_flight == 5, PATIENCE));
    drop(calls);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    assert_eq!(sandbox.max_in_flight(), 5);
    sandbox.forget_requests();
    assert_eq!(sandbox.max_in_flight(), 0);
    assert!(sandbox.requests().is_empty());
}

#[test]
fn forgetting_while_a_call_is_open_keeps_the_count_right() {
    let sandbox = sandbox();
    let fault = Fault::token(FaultKind::Hang).times(1);
    sandbox.update(|settings| settings.faults = vec![fault]);
    let hanging = open_token(&sandbox, "");
    assert!(sandbox.wait_until(|seen| seen.in_flight == 1, PATIENCE));
    sandbox.forget_requests();
    assert_eq!((sandbox.in_flight(), sandbox.max_in_flight()), (1, 1));
    token(&sandbox, "?page=2");
    assert_eq!(sandbox.max_in_flight(), 2);
    drop(hanging);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    let seen = sandbox.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].page, seen[0].completed), (Some(2), true));
}

#[test]
fn a_call_given_up_during_its_latency_is_not_completed() {
    let sandbox = sandbox();
    sandbox.configure(Settings {
        latency_ms: 3_600_000,
        ..Settings::default()
    });
    drop(open_token(&sandbox, ""));
    let gone = |seen: &authkit_sandbox::Observed| seen.in_flight == 0 && !seen.requests.is_empty();
    assert!(sandbox.wait_until(gone, PATIENCE));
    assert!(!sandbox.token_requests()[0].completed);
}

#[test]
fn waiting_in_vain_ends_with_false() {
    let sandbox = sandbox();
    let never = |seen: &authkit_sandbox::Observed| !seen.requests.is_empty();
    assert!(!sandbox.wait_until(never, Duration::from_millis(5)));
}

#[tokio::test]
async fn waiting_in_a_task_leaves_the_thread_to_the_client() {
    let sandbox = sandbox();
    let addr = sandbox.addr();
    let client = tokio::spawn(async move { tokio::net::TcpStream::connect(addr).await });
    let stream = client.await.unwrap().unwrap().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let calling = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut stream = stream;
        let request = "GET /v1/users/flags HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        finish(stream).unwrap()
    });
    let done = sandbox.wait_until_async(|seen| seen.flags_requests().count() == 1, PATIENCE);
    assert!(done.await);
    assert_eq!(calling.await.unwrap().status, 401);
    let never = sandbox.wait_until_async(|_| false, Duration::from_millis(5));
    assert!(!never.await);
}

#[test]
fn a_stopped_sandbox_lets_open_calls_end_first() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.latency_ms = 50);
    let call = open_token(&sandbox, "");
    assert!(sandbox.wait_until(|seen| seen.in_flight == 1, PATIENCE));
    sandbox.stop(PATIENCE);
    assert_eq!(finish(call).unwrap().status, 200);
}

#[test]
fn a_dropped_sandbox_frees_its_port_and_ends_what_hangs() {
    let sandbox = faulty(FaultKind::Hang);
    let addr = sandbox.addr();
    let call = open_token(&sandbox, "");
    assert!(sandbox.wait_until(|seen| seen.in_flight == 1, PATIENCE));
    drop(sandbox);
    assert!(finish(call).is_err());
    assert!(std::net::TcpStream::connect(addr).is_err());
}
