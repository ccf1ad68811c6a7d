//! The HTTP side of a request: what it says, checked, and what an answer carries.
//!
//! - [`target`]: the URL: path, `page`, `limit`, and whether it came over https
//! - [`routes`]: which paths are ours; [`openapi`] describes them to programs
//! - [`cors`]: which browsers' pages may call, by [`origin`]
//! - [`request_body`]: a small JSON object, or nothing
//! - [`cookie`], [`retry_after`], [`trace_context`]: one header each
//! - [`response`]: status, headers and body, before a runtime makes its own of them

pub mod cookie;
pub mod cors;
pub mod openapi;
pub mod origin;
pub mod request_body;
pub mod response;
pub mod retry_after;
pub mod routes;
pub mod target;
pub mod trace_context;
