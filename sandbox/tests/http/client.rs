//! A plain HTTP client that shows how a connection ended, which better ones hide.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use authkit_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::Value;

pub(crate) const KEY: &str = "sk_test_sandbox";

/// Bounds waits that never end when something is broken. No test depends on its length.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    /// What followed the head, with chunked coding undone.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn content_length(&self) -> Option<usize> {
        self.header("content-length").map(|v| v.parse().unwrap())
    }
}

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::start_default().expect("a free port")
}

pub(crate) fn faulty(kind: FaultKind) -> Sandbox {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.faults = vec![Fault::token(kind)]);
    sandbox
}

/// Sends a request that asks for the connection to be closed afterwards.
pub(crate) fn open(to: SocketAddr, head: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
    let mut text = format!("{head} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(to).expect("the sandbox listens");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Opens a good token call.
pub(crate) fn open_token(sandbox: &Sandbox, query: &str) -> TcpStream {
    let head = format!("POST /v1/authkit{query}");
    open(sandbox.addr(), &head, &[("X-Pica-Secret", KEY)], "{}")
}

/// Reads to the end of the connection.
pub(crate) fn finish(mut stream: TcpStream) -> io::Result<Reply> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else {
        let text = format!("{} bytes and no head", all.len());
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
    };
    let head = String::from_utf8(all[..end].to_vec()).expect("an ASCII head");
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
    let mut reply = Reply {
        status: status.expect("a status line"),
        head,
        body: all.split_off(end + 4),
    };
    if reply.header("transfer-encoding") == Some("chunked") {
        reply.body = unchunked(&reply.body);
    }
    Ok(reply)
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).expect("a chunk size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}

pub(crate) fn send(sandbox: &Sandbox, head: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    finish(open(sandbox.addr(), head, headers, body)).expect("an answer")
}

/// A good token call.
pub(crate) fn token(sandbox: &Sandbox, query: &str) -> Reply {
    finish(open_token(sandbox, query)).expect("an answer")
}

/// A good flags call.
pub(crate) fn flags(sandbox: &Sandbox) -> Reply {
    let key = [("X-Pica-Secret", KEY)];
    send(sandbox, "GET /v1/users/flags", &key, "")
}

/// What `run` gives, and how long it took.
#[expect(clippy::disallowed_methods, reason = "tests run natively")]
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (run(), started.elapsed())
}

/// A request to a control route.
pub(crate) fn control(sandbox: &Sandbox, head: &str, body: &str) -> Reply {
    send(sandbox, head, &[], body)
}
