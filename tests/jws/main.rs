//! The signature checks from the outside, natively: AWS-LC does what WebCrypto does in the Worker.

#![expect(unreachable_pub, reason = "`pub` means: for the tests")]

#[path = "../handler/oracle.rs"]
mod oracle;

mod differential;
mod interop;
mod native;
mod signer;
mod tokens;
mod wycheproof;
