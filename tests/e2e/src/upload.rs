//! What `wrangler deploy` would upload. It gets no account and nothing from the network.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::isolate;

/// The outcome of a dry run.
#[derive(Debug)]
pub struct Upload {
    /// Whether wrangler was content.
    pub success: bool,
    /// What it said.
    pub output: String,
    /// What it would upload, and beside that a README and a source map.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Asks wrangler to deploy what is configured in a folder, to an environment, but not to do it.
pub fn dry_run(folder: &Path, environment: &str) -> Upload {
    let out = folder.join(format!("upload-{environment}"));
    fs::create_dir_all(folder.join("tmp")).expect("a folder to write to");
    let mut command = Command::new("wrangler");
    command
        .current_dir(folder)
        .args(["deploy", "--dry-run", "--env", environment, "--outdir"])
        .arg(&out)
        .stdin(Stdio::null());
    isolate(&mut command, folder);
    let result = command
        .output()
        .expect("wrangler starts after `make setup`");
    let files = fs::read_dir(&out).into_iter().flatten().map(|entry| {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("its name").to_string_lossy();
        (name.into_owned(), fs::read(&path).expect("its text"))
    });
    Upload {
        success: result.status.success(),
        output: String::from_utf8_lossy(&[result.stdout, result.stderr].concat()).into_owned(),
        files: files.collect(),
    }
}
