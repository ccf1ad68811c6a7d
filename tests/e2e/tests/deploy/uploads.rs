//! What wrangler would upload is the built Worker, its variables, and nothing else.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use authkit_edge_e2e::root;
use authkit_edge_e2e::upload::{Upload, dry_run};
use serde_json::{Value, json};

use crate::project::{Table, environment, file, project, surprises, unfilled, variables};

/// A folder for one test, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let root = root().canonicalize().unwrap();
        let path = root.join(format!("target/e2e/deploy-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The same, with a configuration for the built Worker and a page where the demo would be.
    fn with(name: &str, mut config: Table) -> Self {
        let folder = Self::new(name);
        config.remove("build");
        let script = root().join("build/index.js").canonicalize();
        config.insert("main".to_owned(), json!(script.unwrap()));
        fs::write(
            folder.0.join("wrangler.json"),
            Value::Object(config).to_string(),
        )
        .unwrap();
        let site = folder.0.join("demo/dist");
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join("index.html"), "").unwrap();
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Asserts that it is the built Worker with these variables, and that wrangler wondered at nothing.
#[track_caller]
fn assert_worker(upload: &Upload, environment: &Table) {
    let Upload {
        success,
        output,
        files,
    } = upload;
    assert!(*success && !output.contains("WARNING"), "{output}");
    let shown: BTreeSet<String> = output
        .lines()
        .filter(|line| line.trim_end().ends_with("Environment Variable"))
        .map(|line| line.rsplit_once(')').unwrap().0.to_owned())
        .collect();
    let expected =
        variables(environment).map(|(name, text)| format!("env.{name} (\"{}\"", as_shown(text)));
    assert_eq!(shown, expected.collect());

    let built = fs::read(root().join("build/index_bg.wasm")).unwrap();
    for (name, bytes) in files {
        match name.as_str() {
            "index.js" | "index.js.map" | "README.md" => {}
            _ => assert!(
                name.ends_with("-index_bg.wasm") && *bytes == built,
                "{name}"
            ),
        }
    }
    assert_eq!(files.len(), 4, "{:?}", files.keys());
}

/// A text as wrangler shows it: less than forty characters.
fn as_shown(text: &str) -> String {
    match text.char_indices().nth(37) {
        Some((cut, _)) if text.chars().count() >= 40 => format!("{}...", &text[..cut]),
        _ => text.to_owned(),
    }
}

#[test]
fn are_the_worker_and_its_variables() {
    let config = project();
    let folder = Folder::with("all", config.clone());
    assert_worker(&dry_run(&folder.0, ""), &config);
    let staging = environment(&config, "staging");
    assert_worker(&dry_run(&folder.0, "staging"), staging);
    // Not to be deployed, so it may lack what production says.
    let dev = dry_run(&folder.0, "dev");
    assert!(dev.success, "{}", dev.output);
}

#[test]
fn name_no_folder_of_this_machine() {
    let built = fs::read(root().join("build/index_bg.wasm")).unwrap();
    let home = PathBuf::from(env::var_os("HOME").unwrap());
    for folder in [
        root().canonicalize().unwrap(),
        home.join(".cargo"),
        home.join(".rustup"),
    ] {
        let name = folder.to_str().unwrap().as_bytes();
        let found = built.windows(name.len()).any(|bytes| bytes == name);
        assert!(!found, "{}", folder.display());
    }
}

#[test]
fn come_with_a_warning_when_staging_lacks_a_variable() {
    let config = unfilled("vars.UNHEARD_OF = 'me'");
    let folder = Folder::with("lack", config);
    let upload = dry_run(&folder.0, "staging");
    assert!(upload.output.contains("WARNING"), "{}", upload.output);
}

#[test]
fn are_what_the_document_promises() {
    let blocks = blocks("docs/deploy.md");
    assert_eq!(blocks.len(), 5);
    for (number, block) in blocks.iter().enumerate() {
        let config = unfilled(block);
        assert_eq!(surprises(&config), [""; 0], "{block}");
        let folder = Folder::with(&format!("block-{number}"), config.clone());
        // wrangler reads the top level on the way.
        let staging = environment(&config, "staging");
        assert_worker(&dry_run(&folder.0, "staging"), staging);
    }
}

#[test]
fn have_the_bindings_of_other_documents() {
    let documents = ["docs/operations.md", "docs/observability.md"];
    let blocks = documents.map(blocks).concat();
    let bindings = blocks.iter().filter(|block| block.starts_with("[["));
    let bindings: Vec<&str> = bindings.map(String::as_str).collect();
    // wrangler refuses a secret of both kinds.
    let over = format!("secrets.required = []\n{}", bindings.concat());
    let folder = Folder::with("bindings", unfilled(&over));
    let Upload {
        success, output, ..
    } = dry_run(&folder.0, "");
    assert!(success && !output.contains("WARNING"), "{output}");
    for name in [
        "PICA_SECRET_KEY",
        "CLIENT_LIMITER",
        "IDENTITY_LIMITER",
        "AUTHKIT_ANALYTICS",
    ] {
        assert!(output.contains(&format!("env.{name} (")), "{output}");
    }
}

/// The TOML in a document.
fn blocks(document: &str) -> Vec<String> {
    let text = file(document);
    let found = text.split("```toml\n").skip(1);
    found
        .map(|rest| rest.split_once("```").unwrap().0.to_owned())
        .collect()
}

#[test]
fn are_the_same_from_the_archive() {
    let folder = Folder::new("archive");
    let pack = |name: &str| {
        let out = folder.0.join(name);
        let mut command = Command::new("sh");
        let packed = command
            .args(["scripts/archive.sh".as_ref(), out.as_os_str()])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(packed.status.success(), "{packed:?}");
        PathBuf::from(String::from_utf8(packed.stdout).unwrap().trim())
    };
    let archive = pack("once");
    assert_eq!(
        fs::read(&archive).unwrap(),
        fs::read(pack("again")).unwrap()
    );

    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(&archive).arg("-C").arg(&folder.0);
    assert!(tar.status().unwrap().success());
    let name = archive.file_name().unwrap().to_str().unwrap();
    let unpacked = folder.0.join(name.strip_suffix(".tar.gz").unwrap());
    assert_worker(&dry_run(&unpacked, ""), &project());
    assert_same_settings(&unpacked.join("wrangler.toml"));
}

/// Nothing is missing in the archive's configuration but the build and the demo.
fn assert_same_settings(path: &Path) {
    let archived: Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut expected = project();
    expected.remove("build");
    expected["env"].as_object_mut().unwrap().remove("dev");
    assert_eq!(archived, expected);
}
