//! How logs name a person without naming them.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::caller::Caller;
use crate::secret::{Secret, hex};

/// Sets this use of the secret apart from any other.
const CONTEXT: &[u8] = b"authkit-edge log pseudonym v1\0";

/// Bytes of the hash that are kept: enough to tell users apart, too few to be a fingerprint.
const KEPT_BYTES: usize = 8;

/// The salt of the pseudonyms.
///
/// Identities are guessable (an e-mail address, a small number), so a hash that anyone can compute
/// would be undone by trying them all. The salt therefore comes from the application's secret key,
/// which never is in a log; pseudonyms change when the key does.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sha256>);

impl PseudonymKey {
    /// The salt that belongs to `secret`.
    #[must_use]
    pub fn derive(secret: &Secret) -> Self {
        let mut mac = secret.hmac();
        mac.update(CONTEXT);
        Self(mac)
    }

    /// The pseudonym of a caller: 16 hexadecimal digits, the same for the same identity and type.
    #[must_use]
    pub fn of(&self, caller: &Caller) -> String {
        let mut mac = self.0.clone();
        mac.update(caller.identity_type().as_str().as_bytes());
        mac.update(b":");
        mac.update(caller.identity().as_str().as_bytes());
        let hash = mac.finalize().into_bytes();
        hex(hash.get(..KEPT_BYTES).unwrap_or(&hash))
    }
}

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PseudonymKey(…)")
    }
}
