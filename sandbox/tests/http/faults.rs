//! Every kind of fault as a client sees it.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use authkit_sandbox::{DETAIL_MARKER, Fault, FaultKind, Route, Sandbox, Target, WrongShape};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::client::{
    PATIENCE, Reply, control, faulty, finish, flags, open_token, sandbox, timed, token,
};

fn status(status: u16) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: None,
        rate_limit_reset: None,
    }
}

#[test]
fn a_status_fault_answers_with_that_status_and_a_marked_body() {
    for code in [400, 401, 403, 409, 429, 500, 503, 599] {
        let reply = token(&faulty(status(code)), "");
        assert_eq!(reply.status, code);
        assert_eq!(reply.json()["status"], code);
        assert!(reply.text().contains(DETAIL_MARKER));
        assert_eq!(reply.header("retry-after"), None);
        assert_eq!(reply.header("x-pica-rate-limit-reset"), None);
    }
}

#[test]
fn a_status_fault_can_carry_retry_after_and_the_rate_limit_headers() {
    let reply = token(
        &faulty(FaultKind::Status {
            status: 429,
            retry_after: Some("Wed, 21 Oct 2026 07:28:00 GMT".to_owned()),
            rate_limit_reset: Some("60".to_owned()),
        }),
        "",
    );
    let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
    assert_eq!(reply.header("retry-after"), date);
    assert_eq!(reply.header("x-pica-rate-limit-limit"), Some("100"));
    assert_eq!(reply.header("x-pica-rate-limit-remainings"), Some("0"));
    assert_eq!(reply.header("x-pica-rate-limit-reset"), Some("60"));
    assert!(reply.text().contains("Rate limit exceeded"));
}

fn keys(sandbox: &Sandbox) -> Reply {
    control(sandbox, "GET /_sandbox/keys", "")
}

#[test]
fn a_fault_can_be_for_one_route_only() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.faults = vec![Fault::flags(status(500))]);
    assert_eq!(token(&sandbox, "").status, 200);
    assert_eq!(flags(&sandbox).status, 500);
    sandbox.update(|settings| settings.faults = vec![Fault::new(Target::Any, status(502))]);
    assert_eq!(token(&sandbox, "").status, 502);
    assert_eq!(flags(&sandbox).status, 502);
    assert_eq!(keys(&sandbox).status, 200);
    sandbox.update(|settings| settings.faults = vec![Fault::keys(status(503))]);
    assert_eq!(token(&sandbox, "").status, 200);
    assert_eq!(flags(&sandbox).status, 200);
    assert_eq!(keys(&sandbox).status, 503);
}

#[test]
fn a_fault_can_be_for_one_page_and_the_first_calls_only() {
    let sandbox = sandbox();
    let fault = Fault::new(Target::Any, status(500)).on_page(2).times(2);
    sandbox.update(|settings| settings.faults = vec![fault]);
    let mut seen = Vec::new();
    for page in [1, 2, 3, 2, 2, 2] {
        seen.push(token(&sandbox, &format!("?page={page}")).status);
    }
    assert_eq!(seen, [200, 500, 200, 500, 200, 200]);
    assert_eq!(flags(&sandbox).status, 200);
}

#[test]
fn the_first_matching_fault_decides_and_the_next_takes_over_when_it_is_spent() {
    let sandbox = sandbox();
    sandbox.update(|settings| {
        settings.faults = vec![
            Fault::token(status(500)).times(1),
            Fault::token(status(429)).times(2),
        ];
    });
    let seen: Vec<u16> = (0..4).map(|_| token(&sandbox, "").status).collect();
    assert_eq!(seen, [500, 429, 429, 200]);
}

#[test]
fn delays_add_up_and_leave_the_answer_to_other_faults() {
    let sandbox = sandbox();
    sandbox.update(|settings| {
        settings.latency_ms = 20;
        settings.faults = vec![
            Fault::token(FaultKind::Latency { ms: 30 }),
            Fault::token(status(503)),
            Fault::token(FaultKind::Latency { ms: 40 }),
        ];
    });
    let (reply, elapsed) = timed(|| token(&sandbox, ""));
    assert_eq!(reply.status, 503);
    assert!(elapsed >= Duration::from_millis(90));
}

#[test]
fn setting_faults_again_makes_them_count_anew() {
    let sandbox = faulty(FaultKind::NotJson);
    let fault = Fault::token(status(500)).times(1);
    sandbox.update(|settings| settings.faults = vec![fault]);
    assert_eq!(token(&sandbox, "").status, 500);
    assert_eq!(token(&sandbox, "").status, 200);
    sandbox.update(|_| {});
    assert_eq!(token(&sandbox, "").status, 500);
}

#[test]
fn a_reset_is_seen_as_a_reset_connection() {
    let sandbox = faulty(FaultKind::Reset);
    let error = finish(open_token(&sandbox, "")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    let request = &sandbox.token_requests()[0];
    assert_eq!((request.outcome_status, request.completed), (None, false));
}

#[test]
fn an_early_close_is_a_proper_end_without_a_byte() {
    let sandbox = faulty(FaultKind::CloseEarly);
    let mut stream = open_token(&sandbox, "");
    let mut all = Vec::new();
    assert_eq!(stream.read_to_end(&mut all).unwrap(), 0);
}

/// Nothing comes any more. A sandbox that hangs as it should cannot fail this, however slow.
fn assert_silent(stream: &mut TcpStream) {
    stream
        .set_read_timeout(Some(Duration::from_millis(30)))
        .unwrap();
    let error = stream.read(&mut [0; 64]).unwrap_err();
    let kinds = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
    assert!(kinds.contains(&error.kind()), "{error}");
}

#[test]
fn a_hanging_call_stays_open_until_the_client_leaves() {
    let sandbox = faulty(FaultKind::Hang);
    let mut stream = open_token(&sandbox, "");
    assert!(sandbox.wait_until(|seen| seen.in_flight == 1, PATIENCE));
    assert_silent(&mut stream);
    drop(stream);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    let request = &sandbox.token_requests()[0];
    assert_eq!((request.outcome_status, request.completed), (None, false));
}

#[test]
fn a_hanging_body_is_half_of_it_and_then_silence() {
    let sandbox = faulty(FaultKind::HangBody);
    let mut stream = open_token(&sandbox, "?limit=100");
    let mut seen = Vec::new();
    let mut block = [0; 4096];
    let (head, length) = loop {
        let count = stream.read(&mut block).unwrap();
        seen.extend_from_slice(&block[..count]);
        let text = String::from_utf8_lossy(&seen);
        if let Some(head) = text.find("\r\n\r\n") {
            let at = text.find("content-length: ").expect("a length") + 16;
            let length: usize = text[at..].lines().next().unwrap().parse().unwrap();
            break (head + 4, length);
        }
    };
    while seen.len() < head + length / 2 {
        let count = stream.read(&mut block).unwrap();
        seen.extend_from_slice(&block[..count]);
    }
    assert_eq!(seen.len(), head + length / 2);
    assert_silent(&mut stream);
    assert_eq!(sandbox.in_flight(), 1);
    drop(stream);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    let request = &sandbox.token_requests()[0];
    assert_eq!(request.outcome_status, Some(200));
    assert!(!request.completed);
}

#[test]
fn a_slow_body_arrives_whole_in_the_end() {
    let sandbox = faulty(FaultKind::SlowBody {
        chunk_bytes: 1000,
        delay_ms: 10,
    });
    let (reply, elapsed) = timed(|| token(&sandbox, "?limit=20"));
    let pauses = u32::try_from(reply.body.len().div_ceil(1000) - 1).unwrap();
    assert!(pauses > 2);
    assert!(elapsed >= Duration::from_millis(10) * pauses);
    assert_eq!(reply.json()["rows"].as_array().unwrap().len(), 20);
}

#[test]
fn a_truncated_body_ends_properly_after_half_of_its_announced_length() {
    let sandbox = faulty(FaultKind::Truncated);
    // With 4 MB the half does not fit into the socket's buffer at once.
    for padding in [0, 40_000] {
        sandbox.update(|settings| settings.row_padding = padding);
        let reply = token(&sandbox, "?limit=100");
        let announced = reply.content_length().expect("a length");
        assert_eq!(reply.body.len(), announced / 2);
    }
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    assert!(sandbox.token_requests().iter().all(|r| !r.completed));
}

#[test]
fn a_page_that_is_not_json_is_html_with_status_200() {
    let reply = token(&faulty(FaultKind::NotJson), "");
    assert_eq!(reply.status, 200);
    let html = Some("text/html; charset=utf-8");
    assert_eq!(reply.header("content-type"), html);
    assert!(reply.text().starts_with("<!doctype html>"));
    assert!(reply.text().contains(DETAIL_MARKER));
}

#[test]
fn wrong_shapes_are_wrong_in_the_way_they_say() {
    let shape = |wrong| token(&faulty(FaultKind::WrongShape(wrong)), "?limit=2");
    let json = |wrong| shape(wrong).json();

    assert!(json(WrongShape::ArrayInsteadOfObject)[0]["rows"].is_array());
    assert_eq!(json(WrongShape::RowsMissing).get("rows"), None);
    assert_eq!(json(WrongShape::RowsMissing)["pages"], 125);
    assert!(json(WrongShape::RowsNotArray)["rows"].is_object());
    assert_eq!(json(WrongShape::PagesMissing).get("pages"), None);
    assert_eq!(json(WrongShape::PagesString)["pages"], "3");
    assert_eq!(json(WrongShape::PagesNegative)["pages"], -3);
    assert_eq!(json(WrongShape::PagesFractional)["pages"], 2.5);
    let twice = shape(WrongShape::DuplicateRows);
    assert!(twice.text().starts_with(r#"{"rows":[{"id""#));
    assert!(twice.text().contains(r#"],"rows":[],"#));
    let empty = shape(WrongShape::EmptyBody);
    assert_eq!((empty.status, empty.body.len()), (200, 0));
}

#[test]
fn wrong_shapes_of_the_flags_are_wrong_too() {
    let sandbox = sandbox();
    let shape = |wrong| {
        let fault = Fault::flags(FaultKind::WrongShape(wrong));
        sandbox.update(|settings| settings.faults = vec![fault]);
        flags(&sandbox)
    };
    assert!(shape(WrongShape::ArrayInsteadOfObject).json().is_array());
    assert_eq!(shape(WrongShape::EmptyBody).body.len(), 0);
    let json = shape(WrongShape::PagesString).json();
    assert_eq!(json["authkitWhitelist"], "true");
}

#[test]
fn a_redirect_points_where_it_was_told_and_the_trap_records_who_follows() {
    let sandbox = faulty(FaultKind::Redirect {
        status: 307,
        location: "/_sandbox/trap?x=1".to_owned(),
    });
    let reply = token(&sandbox, "");
    assert_eq!(reply.status, 307);
    assert_eq!(reply.header("location"), Some("/_sandbox/trap?x=1"));

    let followed = control(&sandbox, "POST /_sandbox/trap?x=1", "{}");
    assert_eq!(followed.json()["rows"], json!([]));
    let trapped = sandbox.requests().pop().unwrap();
    assert_eq!(trapped.route, Route::Trap);
    assert_eq!(trapped.query, "x=1");
    assert_eq!(trapped.header("connection"), Some("close"));
}

#[test]
fn an_oversized_body_is_valid_json_of_exactly_that_size() {
    for content_length in [true, false] {
        let bytes = 3_000_000;
        let reply = token(
            &faulty(FaultKind::Oversized {
                bytes,
                content_length,
            }),
            "",
        );
        assert_eq!(reply.body.len() as u64, bytes);
        assert_eq!(reply.content_length().is_some(), content_length);
        assert_eq!(reply.json()["rows"][0]["title"], "Big");
    }
}

#[test]
fn an_oversized_body_stops_when_the_client_leaves() {
    let sandbox = faulty(FaultKind::Oversized {
        bytes: u64::MAX,
        content_length: false,
    });
    let mut stream = open_token(&sandbox, "");
    stream.read_exact(&mut vec![0; 1_000_000]).unwrap();
    assert_eq!(sandbox.in_flight(), 1);
    drop(stream);
    assert!(sandbox.wait_until(|seen| seen.in_flight == 0, PATIENCE));
    assert!(!sandbox.token_requests()[0].completed);
}

#[test]
fn a_zip_bomb_is_small_on_the_wire_and_large_when_unpacked() {
    let bytes = 8_000_000;
    let reply = token(&faulty(FaultKind::ZipBomb { bytes }), "");
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert!(reply.body.len() < 200_000, "{}", reply.body.len());
    let mut plain = Vec::new();
    let mut decoder = GzDecoder::new(reply.body.as_slice());
    decoder.read_to_end(&mut plain).expect("gzip");
    assert_eq!(plain.len() as u64, bytes);
    let json: Value = serde_json::from_slice(&plain).expect("JSON");
    assert_eq!(json["total"], 250);
}

#[test]
fn body_faults_apply_to_indented_and_compressed_answers_as_well() {
    let sandbox = faulty(FaultKind::SlowBody {
        chunk_bytes: 512,
        delay_ms: 0,
    });
    sandbox.update(|settings| {
        settings.gzip = true;
        settings.pretty = true;
        settings.chunked = true;
    });
    let reply = token(&sandbox, "");
    assert_eq!(reply.content_length(), None);
    let mut plain = String::new();
    let mut decoder = GzDecoder::new(reply.body.as_slice());
    decoder.read_to_string(&mut plain).expect("gzip");
    assert!(plain.starts_with("{\n"));
}
