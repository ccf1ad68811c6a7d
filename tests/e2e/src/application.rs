//! An application that is asked who is signed in: a server whose answers are bytes, and which remembers
//! what it was asked.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::PATIENCE;

/// A request that reached it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Method and target, as the first line has them.
    pub line: String,
    /// Headers in the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// The values of a header, as often as it is there.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(key, _)| key == name);
        same.map(|(_, value)| value.as_str()).collect()
    }
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing until the client goes.
    Silence(Vec<u8>),
}

impl Reply {
    /// An answer with a head of these lines and a body.
    pub fn new(status: u16, head: &[&str], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n").into_bytes();
        for line in head {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        if status != 204 {
            bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        Self::Bytes(bytes)
    }

    /// A 200 with JSON.
    pub fn json(text: &str) -> Self {
        Self::new(200, &["content-type: application/json"], text)
    }
}

type Script = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A running application. Its thread ends with the process.
pub struct Application {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
    /// Connections that are open.
    open: Mutex<usize>,
    closed: Condvar,
}

impl Application {
    /// Starts one that says of nobody that they are signed in.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let addr = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(|_| Reply::json("null"))),
            asked: Mutex::default(),
            open: Mutex::default(),
            closed: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&own);
                *lock(&shared.open) += 1;
                thread::spawn(move || {
                    serve(stream, &shared);
                    *lock(&shared.open) -= 1;
                    shared.closed.notify_all();
                });
            }
        });
        Self { addr, shared }
    }

    /// Answers by `script` from now on, and remembers nothing of before.
    pub fn answer(&self, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        *lock(&self.shared.script) = Arc::new(script);
        lock(&self.shared.asked).clear();
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// Waits until no connection is open. False when one stays.
    pub fn is_idle(&self) -> bool {
        let open = lock(&self.shared.open);
        let waited = self
            .shared
            .closed
            .wait_timeout_while(open, PATIENCE, |open| *open > 0);
        let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *open == 0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    // A connection that was opened ahead and not used.
    let Some(asked) = read_head(&mut stream) else {
        return;
    };
    let script = Arc::clone(&lock(&shared.script));
    lock(&shared.asked).push(asked.clone());
    // The client may go before it has all of it.
    match script(&asked) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Reply::Silence(bytes) => {
            let _ = stream.write_all(&bytes);
            let mut rest = [0; 64];
            while matches!(stream.read(&mut rest), Ok(count) if count > 0) {}
        }
    }
}

fn read_head(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = match stream.read(&mut chunk) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return None,
        };
        bytes.extend_from_slice(&chunk[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if !head.parse(&bytes).expect("it is HTTP").is_complete() {
            continue;
        }
        let line = [head.method, head.path].map(|part| part.expect("it is complete"));
        let headers = head.headers.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_ascii_lowercase(), value)
        });
        return Some(Asked {
            line: line.join(" "),
            headers: headers.collect(),
        });
    }
}
