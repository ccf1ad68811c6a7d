//! Requests, sent exactly as a test says, well-formed or not.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use crate::PATIENCE;
use crate::answer::Answer;

/// The identity of requests that do not say another.
pub const USER: &str = "ada@example.com";

/// The origin of Pica's hosted widget.
pub const WIDGET: &str = "https://authkit.picaos.com";

/// The path of the token route.
pub const TOKEN_PATH: &str = "/api/authkit";

/// A request, sent as it stands.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent yet"]
pub struct Request {
    method: String,
    target: String,
    host: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Request {
    /// `POST /api/authkit` for [`USER`], named in a header.
    pub fn post() -> Self {
        Self::anonymous().header("x-user-id", USER)
    }

    /// The same from nobody.
    pub fn anonymous() -> Self {
        Self {
            method: "POST".to_owned(),
            target: TOKEN_PATH.to_owned(),
            // No test speaks TLS, and this is where a deployment takes http.
            host: "localhost".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    /// What a browser asks before a page of `origin` may send a request.
    pub fn preflight(origin: &str) -> Self {
        Self::anonymous()
            .method("OPTIONS")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-user-id")
    }

    /// Another method.
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Another path and query.
    pub fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Another host, as a client on the internet names one.
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// One more header, even if there is one of that name.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// A JSON body.
    pub fn json(self, text: impl AsRef<[u8]>) -> Self {
        self.header("content-type", "application/json").body(text)
    }

    /// A body, with its `Content-Length`.
    pub fn body(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body = bytes.as_ref().to_vec();
        self
    }

    /// Sends the body in chunks, without saying beforehand how long it is.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The bytes of the request, to send only some of them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut header = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        header("host", self.host.as_bytes());
        header("connection", b"close");
        for (name, value) in &self.headers {
            header(name, value);
        }
        if self.chunked {
            header("transfer-encoding", b"chunked");
        } else if !self.body.is_empty() || self.method == "POST" {
            header("content-length", self.body.len().to_string().as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if self.chunked {
            for chunk in self.body.chunks(1000) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    /// Sends it and reads the whole answer.
    pub fn send(&self, to: SocketAddr) -> Answer {
        let mut stream = connect(to);
        let mut writing = stream.try_clone().expect("a socket can be cloned");
        let request = self.to_bytes();
        let raw = thread::scope(|scope| {
            scope.spawn(move || {
                // An answer may come, and the connection close, before all of the body is sent.
                let _ = writing.write_all(&request);
            });
            let raw = read_all(&mut stream);
            // The writer may still be waiting for a server that reads no more.
            let _ = stream.shutdown(Shutdown::Both);
            raw
        });
        Answer::parse(raw, self.method == "HEAD")
    }
}

/// A connection that fails instead of waiting for ever.
pub fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("the Worker listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
    stream
}

fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut raw = Vec::new();
    match stream.read_to_end(&mut raw) {
        Ok(_) => {}
        // Closed with bytes of the request still unread, after the answer.
        Err(error) if error.kind() == ErrorKind::ConnectionReset && !raw.is_empty() => {}
        Err(error) => panic!(
            "no whole answer: {error}, after {:?}",
            String::from_utf8_lossy(&raw)
        ),
    }
    raw
}
