//! The documents say what the code does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use authkit_edge::config::{Config, SECRETS};
use authkit_edge::runtime::Limiter;

const REFERENCE: &str = include_str!("../../docs/reference.md");
const IDENTITY: &str = include_str!("../../docs/identity.md");
const SESSION: &str = include_str!("../../docs/session.md");
const SIGN_IN: &str = include_str!("../../docs/sign-in.md");
const START: &str = include_str!("../../docs/start.md");
const MIGRATING: &str = include_str!("../../docs/migrating.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The names in the first column of the table of settings.
fn documented() -> BTreeSet<String> {
    let table = REFERENCE.lines().skip_while(|line| *line != "## Settings");
    table
        .take_while(|line| *line != "## Errors")
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Every name that is read, over configurations that reach every reader.
fn read_names() -> BTreeSet<String> {
    let key = "0123456789abcdef0123456789abcdef";
    let everything = [
        ("ENVIRONMENT", "development"),
        ("IDENTITY_SOURCE", "grant,jwt,access,session,header,body"),
        ("SESSION_URL", "https://app.example/api/session"),
        ("SESSION_COOKIES", "sid"),
        ("SESSION_IDENTITY_PATH", "user.id"),
        ("PICA_SECRET_KEY", key),
        ("ONE_SECRET_KEY", key),
        ("GRANT_KEY", key),
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", "me"),
        ("JWT_JWKS_URL", "https://issuer.example/keys"),
        ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com"),
        ("ACCESS_AUD", "tag"),
    ];
    let names = RefCell::new(BTreeSet::new());
    for (provider, algorithms) in [("pica", "RS256"), ("one", "HS256")] {
        let mut variables = BTreeMap::from(everything);
        variables.extend([
            ("AUTHKIT_PROVIDER", provider),
            ("JWT_ALGORITHMS", algorithms),
        ]);
        if algorithms == "HS256" {
            variables.remove("JWT_JWKS_URL");
            variables.insert("JWT_SECRET", key);
        }
        let config = Config::parse(|name| {
            names.borrow_mut().insert(name.to_owned());
            variables.get(name).map(|text| (*text).to_owned())
        });
        assert!(config.service.is_ok(), "{:?}", config.service.err());
    }
    names.into_inner()
}

#[test]
fn list_every_setting_and_no_other() {
    assert_eq!(documented(), read_names());
}

#[test]
fn call_those_settings_secrets_that_may_be_in_the_secrets_store() {
    let rows = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let secrets: BTreeSet<&str> = rows
        .filter(|row| row.contains("` | secret"))
        .filter_map(|row| row.split('`').next())
        .collect();
    assert_eq!(secrets, BTreeSet::from(SECRETS));
}

#[test]
fn show_configurations_that_work() {
    let mut blocks = 0;
    let documents = [IDENTITY, SESSION, SIGN_IN, START, MIGRATING].into_iter();
    for block in documents.flat_map(|text| text.split("```toml\n").skip(1)) {
        let (block, _) = block.split_once("```").unwrap();
        // Another product's settings.
        if !block.contains("IDENTITY_SOURCE") {
            continue;
        }
        let is_setting = |line: &&str| !line.is_empty() && !line.starts_with(['#', '[']);
        let mut variables: BTreeMap<&str, &str> = block
            .lines()
            .filter(is_setting)
            .map(|line| line.split_once(" = ").unwrap())
            .map(|(name, value)| (name, value.split(" # ").next().unwrap().trim()))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        // What the text around the blocks says to set as secrets.
        let key = "0123456789abcdef0123456789abcdef";
        variables.extend([
            ("PICA_SECRET_KEY", "sk_live_1"),
            ("GRANT_KEY", key),
            ("TRUSTED_CALLER_KEY", key),
        ]);
        let config = Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()));
        assert!(config.service.is_ok(), "{block}{:?}", config.service.err());
        blocks += 1;
    }
    // Which products were tried is for the run that writes docs/sign-in.md to say.
    assert!(blocks > 27 + 9, "{blocks}");
}

#[test]
fn show_the_lines_for_every_product() {
    let variables = BTreeMap::from([("IDENTITY_SOURCE", "jwt"), ("JWT_PRESET", "?")]);
    let config = Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()));
    let faults = config.service.unwrap_err();
    let fault = faults.iter().find(|fault| fault.variable() == "JWT_PRESET");
    let advice = fault.unwrap().advice();
    let known: BTreeSet<&str> = advice.split('`').skip(1).step_by(2).collect();
    let shown = IDENTITY
        .split("JWT_PRESET = \"")
        .skip(1)
        .filter_map(|text| text.split('"').next());
    let shown: BTreeSet<&str> = shown.chain(["custom"]).collect();
    assert_eq!(shown, known);
    let row = REFERENCE
        .lines()
        .find(|line| line.starts_with("| `JWT_PRESET`"));
    let (row, _) = row.unwrap().split_once(':').unwrap();
    let listed: BTreeSet<&str> = row.split('`').skip(3).step_by(2).collect();
    assert_eq!(listed, known);
}

#[test]
fn show_a_policy_that_works() {
    let (_, section) = OPERATIONS.split_once("## Which apps are listed").unwrap();
    let (_, block) = section.split_once("```toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let lines = block.lines().filter(|line| !line.starts_with('#'));
    let variables: BTreeMap<&str, &str> = lines
        .map(|line| line.split_once(" = ").unwrap())
        .map(|(name, value)| (name, value.trim_matches('"')))
        .chain([
            ("ENVIRONMENT", "development"),
            ("IDENTITY_SOURCE", "header"),
            ("PICA_SECRET_KEY", "sk_test_1"),
        ])
        .collect();
    let config = Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()));
    let policy = config.service.unwrap().integrations.unwrap();
    assert_eq!(
        (policy.allowed.unwrap().len(), policy.blocked.len()),
        (4, 1)
    );
}

#[test]
fn bind_rate_limiters_by_the_names_that_are_read() {
    let names: Vec<&str> = OPERATIONS
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect();
    let read = [Limiter::Client, Limiter::Identity].map(Limiter::binding);
    assert_eq!(names, read);
}

#[test]
fn name_tests_that_exist() {
    let sources = [
        ("identity", include_str!("identity.rs")),
        ("connections", include_str!("connections.rs")),
        ("in_flight", include_str!("in_flight.rs")),
        ("leavers", include_str!("leavers.rs")),
        ("jwt", include_str!("jwt.rs")),
        ("keys", include_str!("keys.rs")),
        ("grants", include_str!("grants.rs")),
        ("access", include_str!("access.rs")),
        ("cors", include_str!("cors.rs")),
        ("doctor", include_str!("doctor.rs")),
        ("routes", include_str!("routes.rs")),
        ("log", include_str!("log.rs")),
        ("trace_context", include_str!("trace_context.rs")),
        ("server_timing", include_str!("server_timing.rs")),
        ("session", include_str!("session.rs")),
        ("rate_limit", include_str!("rate_limit.rs")),
        ("rehearsal", include_str!("rehearsal.rs")),
        ("secrets", include_str!("secrets.rs")),
        ("transport", include_str!("transport.rs")),
        ("published", include_str!("published.rs")),
        ("config", include_str!("../../src/config/tests/mod.rs")),
        (
            "sessions",
            include_str!("../../src/config/tests/session.rs"),
        ),
        ("examples", include_str!("../e2e/tests/e2e/examples.rs")),
        ("outgoing", include_str!("../e2e/tests/e2e/outgoing.rs")),
        ("grant", include_str!("../../src/caller/grant.rs")),
        (
            "live_session",
            include_str!("../e2e/tests/e2e/live_session.rs"),
        ),
        ("cookie", include_str!("../../src/http/cookie.rs")),
        ("jwk", include_str!("../../src/jwt/jwk.rs")),
        ("persons", include_str!("../../src/jwt/persons.rs")),
        ("claim_path", include_str!("../../src/jwt/claim_path.rs")),
        ("presets", include_str!("../../src/config/tests/jwt.rs")),
        (
            "products",
            include_str!("../../src/config/tests/presets.rs"),
        ),
        ("notes", include_str!("notes.rs")),
        ("presumed", include_str!("../../src/caller/presumed.rs")),
        ("token_cookie", include_str!("token_cookie.rs")),
        ("key_set", include_str!("../../src/jwt/key_set.rs")),
        ("verified", include_str!("../../src/caller/verified.rs")),
    ];
    let text = include_str!("../../docs/threat-model.md");
    let mut found = 0;
    for name in text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains("::"))
    {
        let (module, function) = name.split_once("::").unwrap();
        let source = sources.iter().find(|(known, _)| *known == module);
        let (_, source) = source.unwrap_or_else(|| panic!("no module {module}"));
        assert!(
            // A property has arguments.
            source.contains(&format!("fn {function}(")),
            "{name} is no test"
        );
        found += 1;
    }
    assert!(found > 20, "{found}");
}

/// The documents in a folder, with their paths.
fn documents(folder: &Path) -> Vec<(PathBuf, String)> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    documents
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// What GitHub calls a heading in a link.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim_start()
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[test]
fn lead_to_every_page_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let index = include_str!("../../docs/README.md");
    for (path, _) in documents(&root.join("docs")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        assert!(index.contains(&format!("]({name}")), "no link to {name}");
    }
}

#[test]
fn link_to_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    for (path, text) in ["", "docs", "examples", "sandbox", "tests/conformance"]
        .iter()
        .flat_map(|folder| documents(&root.join(folder)))
    {
        let links_and_pictures = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')];
        let targets = links_and_pictures.iter().flat_map(|(start, end)| {
            let found = text.split(start).skip(1);
            found.map(|rest| rest.split_once(*end).unwrap().0)
        });
        // A path of a site stands in the code of its pages.
        let elsewhere = |target: &str| target.starts_with("https://") || target.starts_with('/');
        for target in targets.filter(|target| !elsewhere(target)) {
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => path.clone(),
                _ => path.parent().unwrap().join(file),
            };
            assert!(file.exists(), "{}: {target}", path.display());
            if !fragment.is_empty() {
                let text = fs::read_to_string(&file).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let known = headings.map(anchor).any(|known| known == fragment);
                assert!(known, "{}: {target}", path.display());
            }
            links += 1;
        }
    }
    assert!(links > 40, "{links}");
}

/// The rows of the map in ARCHITECTURE.md, each the modules that stand side by side.
fn layers() -> Vec<Vec<String>> {
    let map = include_str!("../../ARCHITECTURE.md").lines();
    let rows = map.filter(|line| line.starts_with("| `src/"));
    rows.map(|row| {
        let (first, _) = row[2..].split_once(" |").unwrap();
        let names = first.split(", ").map(|name| name.trim_matches('`'));
        let names = names.map(|name| name.trim_start_matches("src/"));
        names
            .map(|name| {
                name.trim_end_matches(".rs")
                    .trim_end_matches('/')
                    .to_owned()
            })
            .collect()
    })
    .collect()
}

/// Every source file below a folder, with its path.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                return sources(&path);
            }
            let text = fs::read_to_string(&path).unwrap();
            vec![(path, text)]
        })
        .collect()
}

/// The modules that a source file imports from this crate, without what only its tests need: each as
/// the path of the file that has it.
fn imports(text: &str, files: &BTreeSet<String>) -> BTreeSet<String> {
    let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    let uses = code.split("\nuse crate::").skip(1);
    uses.flat_map(|rest| {
        let (path, _) = rest.split_once(';').unwrap();
        let (path, names) = path.split_once("::{").unwrap_or((path, ""));
        let names = names.trim_end_matches('}').split(',').map(str::trim);
        names
            .map(|name| file_of(&format!("{path}::{name}"), files))
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The file that has what a path names: the longest one that there is.
fn file_of(path: &str, files: &BTreeSet<String>) -> String {
    let names: Vec<&str> = path.split("::").collect();
    let candidates = (1..=names.len()).rev().flat_map(|length| {
        let folder = names[..length].join("/");
        [format!("{folder}.rs"), format!("{folder}/mod.rs")]
    });
    let mut found = candidates.filter(|file| files.contains(file));
    found.next().unwrap_or_else(|| panic!("no file has {path}"))
}

/// Every file of the library with what it imports.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    let sources = sources(&root).into_iter();
    let sources: BTreeMap<String, String> = sources
        .map(|(path, text)| (name(&path), text))
        .filter(|(name, _)| {
            name != "lib.rs" && Path::new(name).extension().is_some_and(|kind| kind == "rs")
        })
        .filter(|(name, _)| !name.contains("/tests/"))
        .collect();
    let files = sources.keys().cloned().collect();
    let edges = sources
        .iter()
        .map(|(name, text)| (name.clone(), imports(text, &files)));
    edges.collect()
}

#[test]
fn show_imports_that_only_go_down() {
    let layers = layers();
    let layer = |file: &str| {
        let room = file.split(['/', '.']).next().unwrap();
        let found = layers
            .iter()
            .position(|row| row.iter().any(|name| name == room));
        found.unwrap_or_else(|| panic!("{room} is not in ARCHITECTURE.md"))
    };
    let mut found = 0;
    for (file, imports) in graph() {
        for used in imports {
            found += 1;
            assert!(layer(&file) <= layer(&used), "{file} imports {used}");
        }
    }
    assert!(found > 100, "{found}");
}

/// A room's own file declares its parts and they use what it has for them all; that is no circle.
#[test]
fn show_imports_that_go_in_no_circle() {
    let mut graph = graph();
    for (file, imports) in &mut graph {
        imports.retain(|used| {
            let room = used.strip_suffix("mod.rs");
            room.is_none_or(|room| !file.starts_with(room)) && used != file
        });
    }
    // Takes away what imports nothing that is left; a circle is what stays.
    while !graph.is_empty() {
        let done: Vec<String> = graph
            .iter()
            .filter(|(_, imports)| imports.iter().all(|used| !graph.contains_key(used)))
            .map(|(file, _)| file.clone())
            .collect();
        assert!(!done.is_empty(), "a circle is among {graph:?}");
        graph.retain(|file, _| !done.contains(file));
    }
}

/// What a folder shows to somebody who lists it, without what git ignores.
fn entries(folder: &Path) -> Vec<String> {
    let ignored =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".gitignore")).unwrap();
    let names = fs::read_dir(folder).unwrap();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            !name.starts_with('.') && !ignored.lines().any(|line| line == format!("/{name}"))
        })
        .collect()
}

#[test]
fn have_a_row_for_every_folder_and_few_folders() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = include_str!("../../ARCHITECTURE.md");
    let mut folders = entries(root);
    folders.retain(|name| root.join(name).is_dir());
    for name in &folders {
        let shown = map.contains(&format!("| `{name}/"));
        assert!(shown, "{name}/ is not in ARCHITECTURE.md");
    }
    assert!(folders.len() <= 11, "{folders:?}");
    let rooms = entries(&root.join("src"));
    assert!(rooms.len() <= 14, "{rooms:?}");
}
