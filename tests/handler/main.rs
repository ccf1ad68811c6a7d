//! The core from the outside, without a runtime: one request in, one answer and one log line out.

#![expect(unreachable_pub, reason = "`pub` in support.rs means: for the tests")]

mod cors;
mod errors;
mod identity;
mod log;
mod routes;
mod support;
mod token;
mod upstream_faults;
