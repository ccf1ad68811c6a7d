//! JSON Web Tokens, judged by RFC 8725: parsed strictly, verified by the platform, believed last.
//!
//! A token goes through these in order, and the first "no" ends it:
//!
//! - [`jws`]: the compact form, its header and its size
//! - [`algorithm`]: is the algorithm one that the configuration names?
//! - [`jwk`], [`key_set`]: which of the issuer's keys is meant, and does it fit the algorithm?
//! - [`verifier`]: the signature, checked by WebCrypto in the Worker
//! - [`claims`]: issuer, audience, times, and whom the token is for
//! - [`persons`]: does it stand for a person at all?
//! - [`claim_path`]: the claim that names them
//!
//! [`issuer`] is that sequence. Nothing here knows a runtime.

use std::time::Duration;

pub mod algorithm;
mod base64url;
pub mod claim_path;
pub mod claims;
pub mod issuer;
pub mod jwk;
pub mod jws;
pub mod key_set;
pub mod persons;
pub mod verifier;

use crate::jwt::persons::Nobody;

/// Why a token is refused. All of them look the same to the caller; the log tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// It, or the header that it came in, is longer than the limit.
    TooLarge,
    /// The cookie that should hold a session with a token in it holds none that can be read.
    Session,
    /// It is not three parts of strict base64url around a JSON header.
    Malformed,
    /// It has five parts: encrypted, which nobody here can read.
    Encrypted,
    /// Its header has `crit`, `b64` or `zip`: something that must be understood and is not.
    Critical,
    /// Its `typ` is that of another kind of token.
    Type,
    /// Its `alg` is not one that the configuration names.
    Algorithm,
    /// No key of the issuer fits, of those that it has now.
    NoKey,
    /// No key fits of those that are known, and the issuer may not be asked for newer ones for so
    /// long. This need not be the token's fault.
    UnknownKey(Duration),
    /// Several keys fit, so it is not clear which is meant.
    AmbiguousKey,
    /// The issuer's keys could not be had, and it may not be asked again for so long. This is not
    /// the token's fault.
    KeysUnavailable(Duration),
    /// The signature does not verify.
    Signature,
    /// The payload is not a JSON object, or has a name twice.
    Payload,
    /// `exp` is missing.
    NoExpiry,
    /// `exp`, `nbf` or `iat` is no number.
    TimeClaim,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` is still to come.
    NotYetValid,
    /// `iss` is not the issuer.
    Issuer,
    /// `aud` (or what stands in for it) does not name this application.
    Audience,
    /// `azp` is not an allowed party.
    AuthorizedParty,
    /// It verifies and stands for no signed-in person.
    Nobody(Nobody),
    /// It is of another tenant of the issuer than `JWT_TENANT`, whose users are others.
    Tenant,
    /// The claim that names the user is missing or empty.
    NoSubject,
    /// The claim that holds the identity is neither a text nor a whole number that everybody reads
    /// the same.
    IdentityKind,
    /// The claim that holds the identity is an e-mail address or a phone number, and the token does
    /// not say that it was verified.
    Unverified,
}
