//! The harness of the end-to-end tests: the built Worker under `wrangler dev`, which runs it in
//! workerd, with a sandbox in this process as its upstream.
//!
//! - [`profile`]: the deployments that tests share, and the lease on one of them
//! - [`client`], [`answer`]: requests written byte by byte, and what comes back
//! - [`log`]: what a Worker printed
//! - [`sdk`]: the official SDK, to compare with
//! - [`worker`]: one `wrangler dev` process
//!
//! ```no_run
//! use authkit_edge_e2e::client::Request;
//! use authkit_edge_e2e::profile::Profile;
//!
//! let edge = Profile::Pica.lease();
//! edge.sandbox.update(|settings| settings.catalogue = 700);
//! let answer = edge.send(&Request::post());
//! answer.assert_token();
//! assert_eq!(edge.sandbox.token_requests().len(), 7);
//! ```

#![expect(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a harness panics everywhere, since that is how a test fails; often nothing else of it is wanted"
)]

pub mod answer;
pub mod client;
pub mod log;
pub mod profile;
pub mod sdk;
pub mod worker;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take before it counts as hanging. Nothing is ever expected to take this
/// long, so a slow machine fails no test.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The folder of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The search path with the project's own tools first: its wrangler, and the Node.js that fits it.
fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = root().join("node_modules/.bin");
    let paths = [own].into_iter().chain(env::split_paths(&path));
    env::join_paths(paths).unwrap_or(path)
}
