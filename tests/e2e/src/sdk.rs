//! The official SDK, `@picahq/authkit-token`: what the Worker has to be as good as.
//!
//! It is under the GPL, so it is installed for the comparison and run as it is, in a folder that
//! nothing of the Worker is built from.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// What the SDK makes of the same account: its answer as a server would send it on.
///
/// Node.js parses every number as a double, so `9007199254740993` comes out as another number. Use
/// [`as_doubles`] to compare.
pub fn mint(base_url: &str, key: &str, identity: &str) -> Value {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let folder = crate::root().join("tests/e2e/sdk");
    INSTALLED.get_or_init(|| install(&folder));
    let output = node(&folder)
        .args(["mint.mjs", base_url, key, identity])
        .output()
        .expect("node is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the SDK failed: {errors}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error} in what the SDK gave; it said: {errors}"))
}

/// Every number as JavaScript reads it.
pub fn as_doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64()),
        Value::Array(list) => list.into_iter().map(as_doubles).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, as_doubles(value)))
            .collect(),
        other => other,
    }
}

fn node(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command
        .current_dir(folder)
        .env("PATH", crate::search_path());
    // The upstream is on this machine, whatever stands between it and others.
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Installs exactly what the lock file says, unless that was done before.
fn install(folder: &Path) {
    let lock = fs::read(folder.join("package-lock.json")).expect("it is committed");
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return;
    }
    eprintln!("Installing the official SDK into tests/e2e/sdk/node_modules, to compare with");
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--loglevel", "error"])
        .current_dir(folder)
        .status()
        .expect("npm is there");
    assert!(status.success(), "npm could not install the official SDK");
    fs::write(stamp, lock).expect("node_modules can be written to");
}
