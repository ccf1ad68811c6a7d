//! Pica's API (sold as One, too), spoken through the [`Runtime`](crate::runtime::Runtime) port.
//!
//! - [`endpoint`]: where it is and what a request to it looks like
//! - [`account`]: the key, and what an isolate remembers of the account behind it
//! - [`page`]: what it answers
//! - `pages`: which of them a token is made of, and which are still to be fetched
//! - [`policy`]: which of its rows a caller is shown
//! - [`token`]: how pages become one token
//! - [`retry`]: when a failed try is repeated
//! - [`client`]: the calls themselves, bounded in time, number and size
//! - [`connections`]: those about connections, and which of them are the caller's
//! - [`whoami`]: whose key it is

pub mod account;
pub mod client;
pub mod connections;
pub mod endpoint;
pub mod page;
mod pages;
pub mod policy;
pub mod retry;
pub mod token;
pub mod whoami;

use std::time::Duration;

/// Why the upstream did not do what it was asked for. The text of its error answers is never read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamFault {
    /// A status that no try can mend: our key or our request is at fault.
    Status(u16),
    /// A redirect, which is not followed.
    Redirect(u16),
    /// A status that may pass by itself, after all tries; what it asked us to wait, if it did.
    Unavailable(u16, Option<Duration>),
    /// 429, after all tries that fit; what the caller should wait.
    RateLimited(Duration),
    /// It was not asked: an earlier 429 told us to wait, and this much of it is left.
    Shed(Duration),
    /// No connection, or one that broke, after all tries.
    Network,
    /// An answer that is no page of a list, after all tries where that may pass.
    Malformed(page::PageFault),
    /// A body, or a sum of bodies, above the limit.
    TooLarge,
    /// No room for its answer beside what other requests of this isolate hold.
    NoRoom,
    /// A page count above the limit.
    TooManyPages,
    /// Time ran out, of one try or of the whole request.
    Timeout,
}
