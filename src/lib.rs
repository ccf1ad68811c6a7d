//! The Pica AuthKit token endpoint, for the edge.
//!
//! A request comes in at [`handler`], and goes through the rooms below in this order:
//!
//! - [`http`]: what the request says: path and query, origin, cookies, body
//! - [`config`]: what the deployment says: its variables and secrets, checked
//! - [`caller`]: for whom the token is, the one place that decides it; it judges tokens by [`jwt`]
//! - [`upstream`]: the calls to Pica, and the token that is made of them
//! - [`error`]: from what went wrong to what the caller is told, and the log
//!
//! They share a few small types, [`identity`], [`secret`] and [`json`]. Every bound stands in
//! [`limits`].
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
// What a feature leaves out is called by nobody then. All of it is compiled in the tests.
#![cfg_attr(
    not(all(
        feature = "connections",
        feature = "notes",
        feature = "openapi",
        feature = "python",
        feature = "session"
    )),
    allow(unused, clippy::ptr_arg, clippy::unused_async, reason = "see above")
)]
// The Worker is compiled without the code behind `{:?}`, which then writes nothing.
#![cfg_attr(not(test), deny(clippy::use_debug))]

pub mod caller;
pub mod config;
pub mod error;
pub mod handler;
pub mod http;
pub mod identity;
pub mod json;
pub mod jwt;
pub mod limits;
pub mod runtime;
pub mod secret;
pub mod upstream;

#[cfg(target_arch = "wasm32")]
pub mod edge;
