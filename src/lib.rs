//! The Pica AuthKit token endpoint, for the edge.
//!
//! A request comes in at [`handler`], which asks the modules below in this order:
//!
//! - [`target`]: where the request goes, and which rows it wants
//! - [`routes`]: which paths are ours; [`openapi`] describes them
//! - [`cors`]: which browsers' pages may call
//! - [`config`]: the deployment's variables and secrets, checked; [`deployment`] keeps them
//! - [`rate_limit`]: how often a client and an identity may ask
//! - [`request_body`]: a small JSON object, or nothing
//! - [`caller`]: for whom the token is, the one place that decides it; it judges tokens by [`jwt`]
//!   and notes of our own by [`grant`], and finds them with [`cookie`]
//! - [`upstream`]: the calls to Pica, and the token that is made of them
//! - [`error`]: from what went wrong to what the caller is told
//! - [`doctor`]: what is wrong with a deployment, for whoever may ask
//! - [`record`]: the log line
//! - [`in_flight`]: how much all requests of an isolate hold together
//!
//! They share a few small types: [`origin`], [`identity`], [`secret`], [`pseudonym`],
//! [`trace_context`], [`response`]. Every bound stands in [`limits`].
//!
//! None of this knows where it runs: [`runtime`] says what it asks of the place. On Workers that is
//! `edge`, compiled for wasm32 only.
//!
#![doc = include_str!("../docs/library.md")]
// A panic takes the isolate down, and with it every request that is in it. clippy.toml lets tests.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
// The Worker is compiled without the code behind `{:?}`, which then writes nothing.
#![cfg_attr(not(test), deny(clippy::use_debug))]

pub mod caller;
pub mod config;
pub mod cookie;
pub mod cors;
pub mod deployment;
pub mod doctor;
pub mod error;
pub mod grant;
pub mod handler;
pub mod identity;
pub mod in_flight;
pub mod json;
pub mod jwt;
pub mod limits;
pub mod openapi;
pub mod origin;
pub mod pseudonym;
pub mod rate_limit;
pub mod record;
pub mod request_body;
pub mod response;
pub mod routes;
pub mod runtime;
pub mod secret;
pub mod target;
pub mod trace_context;
pub mod upstream;

#[cfg(target_arch = "wasm32")]
pub mod edge;
