//! The core from the outside, without a runtime: one request in, one answer and one log line out.

#![expect(unreachable_pub, reason = "`pub` in support.rs means: for the tests")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!({…})` reads better than `&json!({…})`"
)]

mod access;
mod compatibility;
mod connections;
mod cors;
mod credentials;
mod deadline;
mod doctor;
mod documents;
mod errors;
mod grants;
mod identity;
mod in_flight;
mod integrations;
mod jwt;
mod keys;
mod leavers;
mod log;
mod log_schema;
mod memory;
mod notes;
mod observability;
mod openapi;
mod oracle;
mod outgoing;
mod published;
mod rate_limit;
mod rehearsal;
mod routes;
mod secrets;
mod server_timing;
mod session;
mod support;
mod token;
mod token_cookie;
mod tokens;
mod trace_context;
mod transport;
mod upstream_faults;
mod wishes;
