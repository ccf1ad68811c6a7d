//! Request bodies as they come over a wire: without length, without type, without end.

use std::io::Write;
use std::net::Shutdown;

use authkit_edge_e2e::PATIENCE;
use authkit_edge_e2e::client::{Request, connect};
use authkit_edge_e2e::profile::{Profile, sandbox};
use authkit_edge_e2e::worker::{Deployment, Worker};
use authkit_sandbox::{Fault, FaultKind, Observed};

/// A JSON object of exactly that many bytes, without an identity.
fn object(bytes: usize) -> String {
    let text = format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    assert_eq!(text.len(), bytes);
    text
}

#[test]
fn takes_a_body_of_the_limit_and_not_one_byte_more() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| settings.catalogue = 1);
    for request in [
        Request::post().json(object(8192)),
        Request::post().json(object(8192)).chunked(),
    ] {
        edge.send(&request).assert_token();
    }
    edge.sandbox.forget_requests();
    for request in [
        Request::post().json(object(8193)),
        Request::post().json(object(8193)).chunked(),
        // No more than a socket takes at once: past that, a close can overtake the answer.
        Request::post().json(object(50_000)),
        Request::post().json(object(50_000)).chunked(),
    ] {
        edge.send(&request).assert_error(413, "body_too_large");
    }
    edge.assert_upstream_calls(0, 0);
}

/// Who sends far more than anybody reads may find the connection closed before there is an answer:
/// between here and the Worker there is a proxy, wrangler's or Cloudflare's. All that matters is
/// that nothing comes of it.
#[test]
fn survives_a_flood() {
    let edge = Profile::Pica.lease();
    for request in [
        Request::post().json(object(200_000)),
        Request::post().json(object(200_000)).chunked(),
        Request::post().json(object(5_000_000)),
        Request::post().json(object(5_000_000)).chunked(),
    ] {
        // It ends when the other side has had enough of it.
        let _ = connect(edge.addr()).write_all(&request.to_bytes());
        edge.assert_upstream_calls(0, 0);
        edge.send(&Request::post().at("/api/authkit?page=1"))
            .assert_token();
        edge.sandbox.forget_requests();
    }
}

#[test]
fn reads_a_chunked_body_like_any_other() {
    let edge = Profile::Pica.lease();
    let request = Request::anonymous().json(r#"{"identity":"ada"}"#).chunked();
    edge.send(&request).assert_token();
    edge.send(&Request::post().json("").chunked())
        .assert_token();
    edge.send(&Request::post().json("{").chunked())
        .assert_error(400, "invalid_body");
}

/// Another Worker's code may have made it, of pieces that share a buffer with what is still to come.
#[test]
fn reads_a_body_that_was_made_in_javascript() {
    let sandbox = sandbox();
    let embedding = Deployment {
        script: Some("tests/e2e/embedding/index.js"),
        ..Deployment::edge(Profile::Pica.bindings(sandbox.issuer()))
    };
    let worker = Worker::start_all("embedding", &[embedding]).unwrap();
    let request = Request::anonymous().json(r#"{"identity":"ada"}"#);
    request.send(worker.addr).assert_token();
    assert!(sandbox.token_requests()[0].body.contains("\"ada\""));
    let large = Request::anonymous().json(object(8193)).send(worker.addr);
    large.assert_error(413, "body_too_large");
}

#[test]
fn takes_no_body_without_a_type() {
    let edge = Profile::Pica.lease();
    edge.send(&Request::post()).assert_token();
    edge.send(&Request::post().chunked()).assert_token();
    edge.sandbox.forget_requests();
    for request in [
        Request::post().body("{}"),
        Request::post().body("{}").chunked(),
    ] {
        edge.send(&request)
            .assert_error(415, "unsupported_media_type");
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn takes_a_type_that_is_said_twice() {
    let edge = Profile::Pica.lease();
    for (other, taken) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("text/plain", false),
    ] {
        let answer = edge.send(&Request::post().json("{}").header("content-type", other));
        if taken {
            answer.assert_token();
        } else {
            answer.assert_error(415, "unsupported_media_type");
        }
    }
}

#[test]
fn reads_no_compressed_body() {
    let edge = Profile::Pica.lease();
    let gzip = Request::anonymous()
        .json(b"\x1f\x8b\x08\x00\x00")
        .header("content-encoding", "gzip");
    edge.send(&gzip).assert_error(400, "invalid_body");
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn answers_the_next_after_a_caller_that_left_in_the_middle_of_its_body() {
    let edge = Profile::Pica.lease();
    let whole = Request::anonymous().json(r#"{"identity":"ada"}"#);
    for request in [whole.clone(), whole.chunked()] {
        let bytes = request.to_bytes();
        let mut stream = connect(edge.addr());
        stream.write_all(&bytes[..bytes.len() - 10]).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
        edge.send(&Request::post().at("/api/authkit?page=1"))
            .assert_token();
    }
    let calls = edge.sandbox.token_requests();
    assert!(
        calls.iter().all(|call| !call.body.contains("\"ada\"")),
        "{calls:?}"
    );
}

#[test]
fn answers_the_next_after_a_caller_that_did_not_wait() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| {
        settings.faults = vec![Fault::token(FaultKind::Latency { ms: 1000 }).times(1)];
    });
    let request = Request::post().at("/api/authkit?page=1");
    let mut stream = connect(edge.addr());
    stream.write_all(&request.to_bytes()).unwrap();
    let called = |seen: &Observed| seen.token_requests().count() == 1;
    assert!(edge.sandbox.wait_until(called, PATIENCE));
    drop(stream);
    edge.send(&request).assert_token();
}
