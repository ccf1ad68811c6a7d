//! The harness of the end-to-end tests: the built Worker under `wrangler dev`, which runs it in
//! workerd, with a sandbox in this process as its upstream.
//!
//! - [`profile`]: the deployments that tests share, and the lease on one of them
//! - [`client`], [`answer`]: requests written byte by byte, and what comes back
//! - [`application`]: a server that is asked who is signed in
//! - [`log`]: what a Worker printed
//! - [`sdk`]: the official SDK, to compare with
//! - [`worker`]: one `wrangler dev` process
//! - [`upload`]: what `wrangler deploy` would upload
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
pub mod application;
pub mod client;
pub mod log;
pub mod profile;
pub mod sdk;
pub mod upload;
pub mod worker;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long anything may take before it counts as hanging. Nothing is ever expected to take this
/// long, so a slow machine fails no test.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The folder of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Makes a command that starts wrangler ask nothing, write to one folder only, and use nothing of the
/// network but its own ports.
fn isolate(command: &mut Command, folder: &Path) {
    command
        .env("PATH", search_path())
        .env("CI", "1")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        // With the banner goes the question whether there is a newer version.
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("NO_COLOR", "1")
        // wrangler has its errors formatted by esbuild, in a thread that may never answer. As a process
        // it does.
        .env("ESBUILD_WORKER_THREADS", "0")
        // Worker finds Worker through the registry; these are not to.
        .env("WRANGLER_REGISTRY_PATH", folder.join("registry"))
        .env("WRANGLER_LOG_PATH", folder.join("logs"))
        .env("XDG_CONFIG_HOME", folder.join("home"))
        .env("TMPDIR", folder.join("tmp"));
}

/// The search path with the project's own tools first: its wrangler, and the Node.js that fits it.
pub fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = root().join("node_modules/.bin");
    let paths = [own].into_iter().chain(env::split_paths(&path));
    env::join_paths(paths).unwrap_or(path)
}
