//! The seam to the cryptography: what asks, and what must answer.

use std::future::Future;

use crate::jwt::algorithm::Algorithm;
use crate::jwt::jwk::PublicKey;

/// Checks signatures. WebCrypto does in the Worker, another implementation in the tests.
pub trait Verifier {
    /// Whether the signature is that of the message under the key. An error of any kind is a no.
    fn verify(&self, check: SignatureCheck<'_>) -> impl Future<Output = bool>;
}

/// What is to be checked. It may hold a secret, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct SignatureCheck<'a> {
    /// The algorithm, which the configuration names and the key fits.
    pub algorithm: Algorithm,
    /// The key.
    pub key: VerificationKey<'a>,
    /// What was signed.
    pub message: &'a [u8],
    /// The signature, in the form of RFC 7518: for ECDSA the two numbers side by side.
    pub signature: &'a [u8],
}

/// The key of a check. It may be a secret, so it has no `Debug`.
#[derive(Clone, Copy)]
pub enum VerificationKey<'a> {
    /// The issuer's.
    Public(&'a PublicKey),
    /// One that both sides share, for HMAC: any bytes, though ours come from a [`Secret`].
    ///
    /// [`Secret`]: crate::secret::Secret
    Shared(&'a [u8]),
}
