//! Answer bodies as scripts: bytes, pauses, silence and an early end, in order.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::record::Ticket;
use crate::wire::Link;

/// Bytes made at a time where a body is generated.
const CHUNK: usize = 64 * 1024;

/// One thing that a body does.
pub(crate) enum Step {
    Data(Bytes),
    /// So many times the same byte.
    Fill(u8, u64),
    Zip(Box<Zip>),
    Pause(Duration),
    /// Nothing more, ever, and no end either.
    Silence,
    /// A proper close of the connection after what was sent so far.
    Close,
}

/// A body that does its steps one after the other.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    /// Bytes yet to come according to `Content-Length`, if there is to be one.
    declared: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
    link: Arc<Link>,
}

impl Script {
    /// `declared` becomes the `Content-Length`; without it the body is chunked.
    pub(crate) fn new(
        steps: impl IntoIterator<Item = Step>,
        declared: Option<u64>,
        link: Arc<Link>,
    ) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            declared,
            pause: None,
            link,
        }
    }

    fn send(&mut self, bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(left) = &mut self.declared {
            *left = left.saturating_sub(bytes.len() as u64);
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Data(bytes)) => return self.send(bytes),
                Some(Step::Fill(byte, count)) => {
                    let now = count.min(CHUNK as u64);
                    if count > now {
                        self.steps.push_front(Step::Fill(byte, count - now));
                    }
                    let now = usize::try_from(now).unwrap_or(CHUNK);
                    return self.send(Bytes::from(vec![byte; now]));
                }
                Some(Step::Zip(mut zip)) => {
                    let (bytes, more) = zip.next_chunk();
                    if more {
                        self.steps.push_front(Step::Zip(zip));
                    }
                    return self.send(bytes);
                }
                Some(Step::Pause(time)) => self.pause = Some(Box::pin(sleep(time))),
                Some(Step::Silence) => {
                    self.steps.push_front(Step::Silence);
                    // No waker is kept: only the end of the connection can end this.
                    return Poll::Pending;
                }
                Some(Step::Close) => {
                    self.steps.push_front(Step::Silence);
                    self.link.close_after_flush();
                    return Poll::Pending;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.declared {
            Some(bytes) => SizeHint::with_exact(bytes),
            None => SizeHint::default(),
        }
    }
}

/// JSON within spaces, compressed a piece at a time: the whole may not fit in memory.
pub(crate) struct Zip {
    encoder: Option<GzEncoder<Vec<u8>>>,
    spaces_before: u64,
    json: Bytes,
    spaces_after: u64,
}

impl Zip {
    /// `bytes` is the size once decompressed; at least the JSON itself is sent.
    pub(crate) fn new(json: Bytes, bytes: u64) -> Self {
        let spaces = bytes.saturating_sub(json.len() as u64);
        Self {
            encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
            spaces_before: spaces / 2,
            json,
            spaces_after: spaces - spaces / 2,
        }
    }

    /// The next compressed bytes, never empty, and whether there are more.
    fn next_chunk(&mut self) -> (Bytes, bool) {
        while let Some(encoder) = &mut self.encoder {
            let plain = if self.spaces_before > 0 {
                spaces(&mut self.spaces_before)
            } else if !self.json.is_empty() {
                std::mem::take(&mut self.json)
            } else if self.spaces_after > 0 {
                spaces(&mut self.spaces_after)
            } else {
                break;
            };
            // Writing into a Vec cannot fail.
            let _ = encoder.write_all(&plain);
            let compressed = std::mem::take(encoder.get_mut());
            if !compressed.is_empty() {
                return (Bytes::from(compressed), true);
            }
        }
        let rest = self.encoder.take().map(GzEncoder::finish);
        let rest = rest.and_then(Result::ok).unwrap_or_default();
        (Bytes::from(rest), false)
    }
}

fn spaces(left: &mut u64) -> Bytes {
    let now = (*left).min(CHUNK as u64);
    *left -= now;
    Bytes::from(vec![b' '; usize::try_from(now).unwrap_or(CHUNK)])
}

/// The gzip form of a small body.
pub(crate) fn gzip(plain: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain)?;
    Ok(Bytes::from(encoder.finish()?))
}

/// A body that tells the journal whether it was sent to its end.
pub(crate) struct Watched {
    inner: axum::body::Body,
    ticket: Option<Ticket>,
    link: Arc<Link>,
}

impl Watched {
    pub(crate) fn new(inner: axum::body::Body, ticket: Ticket, link: Arc<Link>) -> Self {
        Self {
            inner,
            ticket: Some(ticket),
            link,
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Watched {
    /// hyper drops a body once it has taken the last frame, before it flushes.
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take()
            && self.inner.is_end_stream()
        {
            self.link.finish(ticket);
        }
    }
}
