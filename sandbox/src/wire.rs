//! One TCP connection: hyper speaks HTTP on it, and a handler can end it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::record::Ticket;
use crate::sync::lock;

/// How a connection is ended on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// RST: the client sees "connection reset".
    Reset,
    /// FIN: the client sees a proper end.
    Close,
}

/// A handler's hold on the connection that its request came from (a request extension).
#[derive(Default)]
pub(crate) struct Link {
    state: Mutex<LinkState>,
    ended: Notify,
}

#[derive(Default)]
struct LinkState {
    ending: Option<Ending>,
    end_after_flush: bool,
    /// The request whose answer hyper has taken in full but may not have written yet.
    finishing: Option<Ticket>,
}

impl Link {
    /// Ends the connection at once; what is not written yet is lost.
    pub(crate) fn end(&self, ending: Ending) {
        lock(&self.state).ending = Some(ending);
        self.ended.notify_one();
    }

    /// Closes the connection once everything handed to hyper so far is written.
    pub(crate) fn close_after_flush(&self) {
        lock(&self.state).end_after_flush = true;
    }

    /// Takes note that hyper has the whole answer; the next flush completes it.
    pub(crate) fn finish(&self, ticket: Ticket) {
        lock(&self.state).finishing = Some(ticket);
    }

    fn flushed(&self) {
        let mut state = lock(&self.state);
        let finished = state.finishing.take();
        let end = std::mem::take(&mut state.end_after_flush);
        drop(state);
        if let Some(ticket) = finished {
            ticket.complete();
        }
        if end {
            self.end(Ending::Close);
        }
    }

    async fn ending(&self) -> Ending {
        loop {
            if let Some(ending) = lock(&self.state).ending {
                return ending;
            }
            self.ended.notified().await;
        }
    }
}

/// Serves one connection until either side ends it.
pub(crate) async fn serve(stream: TcpStream, routes: Router) {
    let link = Arc::new(Link::default());
    let wire = Wire {
        io: TokioIo::new(stream),
        link: Arc::clone(&link),
    };
    let routes = TowerToHyperService::new(routes);
    let for_requests = Arc::clone(&link);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&for_requests));
        routes.call(request)
    });
    let mut connection = http1::Builder::new().serve_connection(wire, service);
    let ended = tokio::select! {
        // An error means that the client went away. The journal learns it by the dropped ticket.
        _ = &mut connection => None,
        ending = link.ending() => Some(ending),
    };
    if let Some(ending) = ended {
        let stream = connection.into_parts().io.io.into_inner();
        if ending == Ending::Reset {
            // Closing with a linger time of zero is what makes the kernel send RST. On failure the
            // client sees a close instead, which a test of resets will tell.
            let _ = stream.set_zero_linger();
        }
    }
    // A handler's clone of the link may outlive this, an unwritten answer must not.
    let unfinished = lock(&link.state).finishing.take();
    drop(unfinished);
}

/// The socket, telling the link when all that hyper had buffered is written.
struct Wire {
    io: TokioIo<TcpStream>,
    link: Arc<Link>,
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    /// hyper calls this only after its own buffers are empty.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.link.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
