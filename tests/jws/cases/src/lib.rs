//! Tokens to test the signature checks with, each as a [`Question`] with the answer that is due.
//!
//! - [`wycheproof`]: Google's and C2SP's vectors, with [`skips`]: those we answer otherwise
//! - [`interop`]: fresh tokens by other people's libraries, whole and with a byte changed
//! - [`outcome`]: comparing answers with what is due
//!
//! The same cases are asked natively (`tests/jws`) and in workerd (`tests/e2e`).

#![expect(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a harness panics everywhere, since that is how a test fails"
)]

pub mod interop;
pub mod outcome;
pub mod skips;
pub mod wycheproof;

use authkit_jws_worker::Question;

/// A token and whether it is to be accepted.
#[derive(Debug, Clone)]
pub struct Case {
    /// Where it comes from: a file of vectors, a library.
    pub source: &'static str,
    /// Its number there.
    pub id: u64,
    /// What it is about.
    pub name: String,
    /// Whether a valid signature is what it has.
    pub valid: bool,
    /// The one reason for which it may be refused, where there is only one.
    pub refused_for: Option<&'static str>,
    /// The token and the endpoint's configuration.
    pub question: Question,
}
