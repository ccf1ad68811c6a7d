//! One `wrangler dev` process: the Worker as it will be deployed, in workerd.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

use serde_json::{Map, Value, json};

use crate::log::Log;
use crate::{isolate, root};

/// The variables and secrets of one Worker.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    /// Variables, which wrangler prints when it starts: texts, numbers, booleans.
    pub variables: BTreeMap<&'static str, Value>,
    /// Secrets, which it does not.
    pub secrets: BTreeMap<&'static str, &'static str>,
}

/// A running Worker. Its processes end when this is dropped, or when this process ends.
#[derive(Debug)]
pub struct Worker {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it and wrangler printed.
    pub log: Log,
    guard: Child,
}

impl Worker {
    /// Starts the Worker with these bindings and waits until it listens.
    ///
    /// # Errors
    /// What is missing, or what wrangler said, in words.
    pub fn start(name: &str, bindings: &Bindings) -> Result<Self, String> {
        Self::start_script("build/index.js", name, bindings)
    }

    /// The same with another script than the Worker's.
    ///
    /// # Errors
    /// What is missing, or what wrangler said, in words.
    pub fn start_script(script: &str, name: &str, bindings: &Bindings) -> Result<Self, String> {
        let root = root().canonicalize().map_err(|error| error.to_string())?;
        if !root.join(script).is_file() {
            return Err(format!("there is no {script}: run `make build` first"));
        }
        let folder = write_folder(&root, script, name, bindings)?;
        let log = Log::default();
        let mut guard = command(&root, &folder)
            .spawn()
            .map_err(|error| format!("node does not start ({error}): run `make setup` first"))?;
        log.follow(guard.stdout.take().expect("piped"));
        log.follow(guard.stderr.take().expect("piped"));
        // Port 0 lets the system choose; this line tells what it chose.
        let port = log.wait_for(|line| {
            let (_, port) = line.split_once("Ready on http://127.0.0.1:")?;
            port.trim().parse::<u16>().ok()
        });
        let Some(port) = port else {
            return Err(format!(
                "wrangler did not start:\n{}",
                log.lines().join("\n")
            ));
        };
        Ok(Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            log,
            guard,
        })
    }

    /// Lets go of the Worker as the kernel does for a process that was killed, and waits until its
    /// guard has ended it. False when the guard does not.
    pub fn abandon(&mut self) -> bool {
        drop(self.guard.stdin.take());
        self.log.wait_for_end() && self.guard.wait().is_ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.abandon();
    }
}

/// A folder for all that the Worker's processes write, named so that two runs of the tests do not
/// meet. The guard removes it.
fn write_folder(
    root: &Path,
    script: &str,
    name: &str,
    bindings: &Bindings,
) -> Result<PathBuf, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = root.join(format!("target/e2e/{name}-{}-{count}", process::id()));
    let write = |file: &str, text: String| {
        let path = folder.join(file);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(folder.join("tmp")).map_err(|error| error.to_string())?;
    write("wrangler.json", config(root, script, bindings)?.to_string())?;
    let mut secrets = String::new();
    for (name, value) in &bindings.secrets {
        // Writing to a string cannot fail.
        let _ = writeln!(secrets, "{name}=\"{value}\"");
    }
    write(".dev.vars", secrets)?;
    Ok(folder)
}

/// The project's own configuration, with other bindings and without the build, which was made once
/// for all Workers.
fn config(root: &Path, script: &str, bindings: &Bindings) -> Result<Value, String> {
    let path = root.join("wrangler.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut config: Map<String, Value> = toml::from_str(&text).map_err(|e| e.to_string())?;
    // With `secrets`, wrangler would read no others than the required ones.
    for name in ["build", "dev", "env", "route", "routes", "secrets"] {
        config.remove(name);
    }
    config.insert("main".to_owned(), json!(root.join(script)));
    config.insert("vars".to_owned(), json!(bindings.variables));
    Ok(Value::Object(config))
}

fn command(root: &Path, folder: &Path) -> Command {
    let mut command = Command::new("node");
    command
        .arg(root.join("tests/e2e/src/guard.mjs"))
        .arg(folder)
        .args(["dev", "--config", "wrangler.json", "--ip", "127.0.0.1"])
        .args(["--port", "0", "--inspector-port", "0"])
        .args(["--persist-to", "state"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    isolate(&mut command, folder);
    command
}
