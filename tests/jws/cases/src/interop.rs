//! Fresh tokens by libraries that have no line in common with this project, and the same tokens
//! with a byte changed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use authkit_jws_worker::Question;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;

use crate::Case;

/// `jose`, from npm.
pub const JOSE: &str = "jose";

/// `PyJWT`, from `PyPI`.
pub const PYJWT: &str = "PyJWT";

/// Tokens of each algorithm. Half of all signatures by P-521 begin with a zero, one in 256 of the
/// others does.
const COUNT: usize = 8;

/// The algorithms, all of which both libraries have.
const ALGORITHMS: usize = 13;

#[derive(Deserialize)]
struct Issued {
    algorithm: String,
    token: String,
    keys: Option<Value>,
    secret: Option<String>,
}

/// New tokens of every algorithm by both, each also with a byte changed in each of its parts.
pub fn cases() -> Vec<Case> {
    [(JOSE, issue_by_jose()), (PYJWT, issue_by_pyjwt())]
        .into_iter()
        .flat_map(|(source, output)| {
            let lines = output.lines();
            let issued: Vec<Issued> = lines
                .map(|line| serde_json::from_str(line).expect("the script prints this"))
                .collect();
            assert_eq!(issued.len(), COUNT * ALGORITHMS, "{source}");
            let tokens = (0..).zip(issued);
            tokens.flat_map(move |(id, issued)| spoilt_and_whole(source, id, &issued))
        })
        .collect()
}

/// A token, and then the same with one bit changed in turn in the first, middle and last byte of
/// each part.
fn spoilt_and_whole(source: &'static str, id: u64, issued: &Issued) -> Vec<Case> {
    let case = |name: String, valid, refused_for, token| Case {
        source,
        id,
        name,
        valid,
        refused_for,
        question: Question {
            algorithms: vec![issued.algorithm.clone()],
            keys: issued.keys.clone(),
            secret: issued.secret.clone(),
            token,
        },
    };
    let whole = issued.token.clone();
    let mut cases = vec![case(issued.algorithm.clone(), true, None, whole)];
    let parts: Vec<&str> = issued.token.split('.').collect();
    for (index, part) in parts.iter().enumerate() {
        let bytes = Base64UrlUnpadded::decode_vec(part).expect("what was signed is base64url");
        for position in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut bytes = bytes.clone();
            bytes[position] ^= 1;
            let changed = Base64UrlUnpadded::encode_string(&bytes);
            let mut parts = parts.clone();
            parts[index] = &changed;
            // A changed header may be refused before it comes to the signature; the others not.
            let refused_for = (index > 0).then_some("token: signature does not verify");
            let name = format!("{}, part {index}, byte {position}", issued.algorithm);
            cases.push(case(name, false, refused_for, parts.join(".")));
        }
    }
    cases
}

fn issue_by_jose() -> String {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let folder = folder("jose");
    INSTALLED.get_or_init(|| {
        let mut install = command("npm", &folder);
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        install.args(["--loglevel", "error"]);
        install_once(&folder, "package-lock.json", "node_modules", install);
    });
    let mut issue = command("node", &folder);
    issue.args(["issue.mjs", &COUNT.to_string()]);
    run(issue)
}

fn issue_by_pyjwt() -> String {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    let folder = folder("pyjwt");
    INSTALLED.get_or_init(|| {
        // Into a folder and not an environment, which takes a package that Debian has apart.
        let mut install = command("python3", &folder);
        install.args(["-m", "pip", "install", "--quiet", "--upgrade"]);
        install.args(["--disable-pip-version-check", "--no-deps"]);
        install.args(["--root-user-action", "ignore"]);
        install.args(["--target", ".packages", "-r", "requirements.txt"]);
        install_once(&folder, "requirements.txt", ".packages", install);
    });
    let mut issue = command("python3", &folder);
    issue.args(["issue.py", &COUNT.to_string()]);
    issue.env("PYTHONPATH", folder.join(".packages"));
    run(issue)
}

/// Installs exactly what `lock` says into `target`, unless that was done before.
fn install_once(folder: &Path, lock: &str, target: &str, install: Command) {
    let wanted = fs::read(folder.join(lock)).expect("it is committed");
    let stamp = folder.join(target).join(".installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return;
    }
    eprintln!("Installing what {lock} in {} names", folder.display());
    run(install);
    fs::write(stamp, wanted).expect("it was just made");
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}. These tests need Node.js with npm and Python with pip.")
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("the scripts print UTF-8")
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PATH", search_path());
    command
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn folder(name: &str) -> PathBuf {
    root().join("tests/jws/issuers").join(name)
}

/// The search path with the project's own Node.js first.
fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = root().join("node_modules/.bin");
    let paths = [own].into_iter().chain(env::split_paths(&path));
    env::join_paths(paths).unwrap_or(path)
}
