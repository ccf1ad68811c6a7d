//! One `wrangler dev` process: the Worker as it will be deployed, in workerd, or several Workers that
//! call each other.

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

/// The id of the Secrets Store.
const STORE: &str = "0123456789abcdef0123456789abcdef";

/// What one Worker is bound to.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    /// Variables, which wrangler prints when it starts: texts, numbers, booleans.
    pub variables: BTreeMap<&'static str, Value>,
    /// Secrets, which it does not.
    pub secrets: BTreeMap<&'static str, &'static str>,
    /// What is in its KV namespaces: binding, key, value.
    pub values: Vec<(&'static str, &'static str, &'static str)>,
    /// What is in its Secrets Store; `None` for a secret that is bound and not there.
    pub stored: BTreeMap<&'static str, Option<&'static str>>,
    /// A folder for what outlives the process, such as the data centre's cache; else it goes with it.
    pub state: Option<PathBuf>,
    /// All others: sections of the configuration, such as `services`.
    pub sections: BTreeMap<&'static str, Value>,
}

/// One of the Workers of a process.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The folder of its `wrangler.toml`, from the project's.
    pub folder: &'static str,
    /// Its script, if that is not the one that the configuration names.
    pub script: Option<&'static str>,
    /// What it is bound to, `vars` instead of those of its configuration.
    pub bindings: Bindings,
}

impl Deployment {
    /// The project's own Worker.
    #[must_use]
    pub fn edge(bindings: Bindings) -> Self {
        Self {
            folder: ".",
            script: None,
            bindings,
        }
    }
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
    pub fn start(name: &str, bindings: Bindings) -> Result<Self, String> {
        Self::start_all(name, &[Deployment::edge(bindings)])
    }

    /// Starts several Workers together. The first one listens; the others are what it is bound to.
    ///
    /// # Errors
    /// What is missing, or what wrangler said, in words.
    pub fn start_all(name: &str, deployments: &[Deployment]) -> Result<Self, String> {
        let root = root().canonicalize().map_err(|error| error.to_string())?;
        let folder = write_folder(&root, name, deployments)?;
        let mut dev = command("node", &folder);
        dev.arg(root.join("tests/e2e/src/guard.mjs"))
            .arg(&folder)
            .args(["dev", "--ip", "127.0.0.1"])
            .args(["--port", "0", "--inspector-port", "0"])
            .arg("--persist-to")
            .arg(state(deployments));
        for (deployment, number) in deployments.iter().zip(0..) {
            let config = format!("{number}/wrangler.json");
            put_values(&folder, &config, &deployment.bindings)?;
            dev.args(["--config", &config]);
        }
        let log = Log::default();
        let mut guard = dev
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

fn state(deployments: &[Deployment]) -> PathBuf {
    let mut states = deployments.iter().map(|one| &one.bindings.state);
    let state = states.find_map(Option::clone);
    state.unwrap_or_else(|| "state".into())
}

/// A folder for all that the Workers' processes write, named so that two runs of the tests do not
/// meet, with a folder in it for each Worker. The guard removes it.
///
/// # Errors
/// What could not be read or written, in words.
pub fn write_folder(
    root: &Path,
    name: &str,
    deployments: &[Deployment],
) -> Result<PathBuf, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = root.join(format!("target/e2e/{name}-{}-{count}", process::id()));
    let create = |path: &Path| fs::create_dir_all(path).map_err(|error| error.to_string());
    create(&folder.join("tmp"))?;
    for (deployment, number) in deployments.iter().zip(0..) {
        let folder = folder.join(format!("{number}"));
        create(&folder)?;
        let write = |file: &str, text: String| {
            let path = folder.join(file);
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        write("wrangler.json", config(root, deployment)?.to_string())?;
        let mut secrets = String::new();
        for (name, value) in &deployment.bindings.secrets {
            // Writing to a string cannot fail.
            let _ = writeln!(secrets, "{name}=\"{value}\"");
        }
        write(".dev.vars", secrets)?;
    }
    Ok(folder)
}

/// A configuration of the project, with other bindings and without the build, which was made once
/// for all Workers.
fn config(root: &Path, deployment: &Deployment) -> Result<Value, String> {
    let folder = root.join(deployment.folder);
    let path = folder.join("wrangler.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut config: Map<String, Value> = toml::from_str(&text).map_err(|e| e.to_string())?;
    // With `secrets`, wrangler would read no others than the required ones.
    for name in ["build", "dev", "env", "route", "routes", "secrets"] {
        config.remove(name);
    }
    let script = match deployment.script {
        Some(script) => root.join(script),
        None => folder.join(config["main"].as_str().unwrap_or_default()),
    };
    if !script.is_file() {
        let script = script.display();
        return Err(format!(
            "there is no {script}: run `make build build-tests` first"
        ));
    }
    config.insert("main".to_owned(), json!(script));
    config.insert("vars".to_owned(), json!(deployment.bindings.variables));
    let stored = deployment.bindings.stored.keys();
    let stored: Vec<Value> = stored
        .map(|name| json!({"binding": name, "store_id": STORE, "secret_name": name}))
        .collect();
    config.insert("secrets_store_secrets".to_owned(), json!(stored));
    for (name, section) in &deployment.bindings.sections {
        config.insert((*name).to_owned(), section.clone());
    }
    Ok(Value::Object(config))
}

/// Writes what is to be in the KV namespaces and the Secrets Store of a Worker before it starts.
fn put_values(folder: &Path, config: &str, bindings: &Bindings) -> Result<(), String> {
    for (namespace, key, value) in &bindings.values {
        let put = ["kv", "key", "put", key, value, "--local"];
        put_value(
            folder,
            config,
            &[&put[..], &["--binding", namespace]].concat(),
        )?;
    }
    for (name, value) in &bindings.stored {
        if let Some(value) = value {
            let create = ["secrets-store", "secret", "create", STORE, "--name", name];
            let scope = ["--value", value, "--scopes", "workers"];
            put_value(folder, config, &[&create[..], &scope].concat())?;
        }
    }
    Ok(())
}

fn put_value(folder: &Path, config: &str, arguments: &[&str]) -> Result<(), String> {
    let output = command("wrangler", folder)
        .args(arguments)
        .args(["--config", config, "--persist-to", "state"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    isolate(&mut command, folder);
    command
}
