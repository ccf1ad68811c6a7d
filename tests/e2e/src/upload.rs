//! What `wrangler deploy` would upload. It gets no account and nothing from the network.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::{PATIENCE, isolate};

/// How often wrangler is started until it ends. A dry run takes two seconds; one in some thousands
/// never ends, and is no fault of what would be uploaded.
const STARTS: usize = 3;

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
    let result = (0..STARTS)
        .find_map(|_| finish(&mut command))
        .unwrap_or_else(|| panic!("wrangler hung {STARTS} times: {command:?}"));
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

/// Runs a command and all that it starts. None, and they are gone, when it takes longer than anything may.
fn finish(command: &mut Command) -> Option<Output> {
    let child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wrangler starts after `make setup`");
    let group = format!("-{}", child.id());
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let result = outcome.recv_timeout(PATIENCE);
    if result.is_err() {
        eprintln!("{command:?} has not ended after {PATIENCE:?}; killed");
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
    Some(result.ok()?.expect("the output can be read"))
}
