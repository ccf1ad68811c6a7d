//! A stand-in for the Pica and One APIs, so that a person without an account and every test has
//! an upstream. It speaks real HTTP/1.1 and can misbehave in many ways on request.
//!
//! It is never a part of the deployed Worker.
//!
//! ```no_run
//! use authkit_sandbox::{Fault, FaultKind, Sandbox};
//!
//! let sandbox = Sandbox::start_default()?;
//! sandbox.update(|settings| {
//!     settings.catalogue = 700;
//!     settings.faults = vec![Fault::token(FaultKind::Reset).on_page(3).times(1)];
//! });
//! // … let the client call sandbox.base_url() …
//! assert_eq!(sandbox.token_requests().len(), 8);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The modules, from the outside in:
//!
//! - `server`: [`Sandbox`], a thread that serves and a handle on it
//! - `settings`, `fault`: every knob, as data ([`Settings`], [`Fault`])
//! - `record`: what is remembered of requests ([`Recorded`], [`Observed`])
//! - `api`, `control`: the routes of the APIs, and those under `/_sandbox/`
//! - `issuer`, `sign_in`: who signs tokens for users ([`Issuer`]), and its routes
//! - `vault`: what people have connected ([`Connection`])
//! - `widget`: the page that stands in for the hosted widget
//! - `state`: what connections share; which faults a call meets
//! - `answer`, `envelope`, `catalogue`: from a plan to an answer, its JSON, its rows
//! - `body`, `wire`: bodies that drip or stop, connections that break

mod server;

mod fault;
mod record;
mod settings;

mod api;
mod control;
mod issuer;
mod sign_in;
mod state;
mod vault;
mod widget;

mod answer;
mod catalogue;
mod catalogue_names;
mod envelope;

mod body;
mod sync;
mod wire;

pub use envelope::DETAIL_MARKER;
pub use fault::{Fault, FaultKind, Target, WrongShape};
pub use issuer::{AUDIENCE, Issuer};
pub use record::{MAX_RECORDED, Observed, Recorded, Route};
pub use server::{Options, Sandbox};
pub use settings::{InvalidSettings, RequestIdKind, Settings, Whoami};
pub use vault::{Connection, State};
