//! Which tokens does the core accept? A Worker that answers this and nothing else, for tests.
//!
//! It takes a JSON list of [`Question`]s and gives a list of [`Verdict`]s. Natively, [`judge`] is
//! asked the same with another implementation of the signatures, so that WebCrypto and that one can
//! be compared on every token.

mod judge;
mod question;

#[cfg(target_arch = "wasm32")]
mod entry;

pub use judge::{judge, reason};
pub use question::{Question, Verdict};
