//! The signature checks from the outside, natively: AWS-LC does what WebCrypto does in the Worker.

#![expect(unreachable_pub, reason = "`pub` in oracle.rs means: for the tests")]

#[path = "../handler/oracle.rs"]
mod oracle;

mod interop;
mod native;
mod wycheproof;
