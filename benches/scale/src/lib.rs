//! The core at internet scale, on a virtual clock.
//!
//! Everything between the request and the upstream is the real thing: [`authkit_edge`]'s handler
//! with all that it remembers, retries and sheds. Simulated are the people who ask, how requests
//! are spread over isolates, the network, and Pica's rate limit. What stands for these is in
//! docs/scale.md, beside the figures.
//!
//! - [`scenario`]: what is assumed, and the run
//! - [`figures`]: what came of it
//! - [`document`]: the scenarios of docs/scale.md, and their figures
//!
//! - `edge`: the runtime that the core sees
//! - `account`: the upstream, with its rate limit
//! - `clock`: virtual time

pub mod document;
pub mod figures;
pub mod scenario;

mod account;
mod clock;
mod edge;
