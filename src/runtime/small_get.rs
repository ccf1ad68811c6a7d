//! A `GET` with a small answer, bounded in time and size: an issuer's keys, an application's session.

use std::time::Duration;

use crate::runtime::in_flight::{Allowance, Share};
use crate::runtime::{Message, Outgoing, ReadError, Reply, Runtime, Unreachable};

/// What is asked, and what it may cost.
pub struct SmallGet<'a> {
    /// The request.
    pub request: Outgoing,
    /// Where it goes.
    pub url: &'a str,
    /// All the time that it may take.
    pub timeout: Duration,
    /// Most bytes of its body, after decompression.
    pub limit: usize,
    /// Where they count, too.
    pub share: Option<&'a Share>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct SmallAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its `Retry-After`.
    pub retry_after: Option<String>,
    /// Its body if the status is 200. Of any other answer none is read.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GetFault {
    /// None came.
    Unreachable,
    /// It did not come in time, or not all of it.
    Timeout,
    /// Its body was not read.
    Body(ReadError),
}

impl SmallGet<'_> {
    /// Sends it once. What the answer sets as cookies comes to stand in `set_cookies` as soon as its
    /// head is there, whatever comes of its body.
    ///
    /// # Errors
    /// [`GetFault`].
    pub async fn send<R: Runtime>(
        &self,
        runtime: &R,
        set_cookies: &mut Vec<String>,
    ) -> Result<SmallAnswer, GetFault> {
        let read = self.read(runtime, set_cookies);
        let answer = runtime.within(self.timeout, read).await;
        answer.unwrap_or(Err(GetFault::Timeout))
    }

    async fn read<R: Runtime>(
        &self,
        runtime: &R,
        set_cookies: &mut Vec<String>,
    ) -> Result<SmallAnswer, GetFault> {
        let request = runtime.prepare(&self.request);
        let reply = runtime.fetch(&request, self.url).await;
        let reply = reply.map_err(|Unreachable| GetFault::Unreachable)?;
        *set_cookies = reply.set_cookies();
        let mut answer = SmallAnswer {
            status: reply.status(),
            content_type: reply.header("content-type"),
            retry_after: reply.header("retry-after"),
            body: Vec::new(),
        };
        if answer.status == 200 {
            let allowance = self.share.map_or_else(
                || Allowance::of(self.limit),
                |share| Allowance::within(self.limit, share),
            );
            let body = reply.read_body(&allowance).await;
            answer.body = body.map_err(GetFault::Body)?;
        }
        Ok(answer)
    }
}
