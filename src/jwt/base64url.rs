//! Base64url (RFC 7515 §2), as tokens and keys have it.

use base64ct::{Base64UrlUnpadded, Encoding};

/// The bytes of a text without padding, in its one canonical form.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}
