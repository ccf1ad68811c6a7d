//! The project's `wrangler.toml`, and what is wrong with one.

use std::collections::BTreeSet;
use std::fs;

use authkit_edge::config::Config;
use authkit_edge_e2e::root;
use serde_json::{Map, Value, json};

/// The named environments. Production has no name: it is the top level.
const NAMED: [&str; 2] = ["staging", "dev"];

/// What a named environment may have from production: nothing that answers for it, or costs it.
const INHERITED: [&str; 9] = [
    "name",
    "main",
    "minify",
    "keep_names",
    "compatibility_date",
    "compatibility_flags",
    "preview_urls",
    "build",
    "observability",
];

pub(crate) type Table = Map<String, Value>;

/// A file of the project.
pub(crate) fn file(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The project's configuration.
pub(crate) fn project() -> Table {
    toml::from_str(&file("wrangler.toml")).unwrap()
}

/// The same as if nobody had filled it in, with what somebody might write over it.
pub(crate) fn unfilled(over: &str) -> Table {
    let mut config = project();
    config.remove("routes");
    empty(&mut config);
    empty(config["env"]["staging"].as_object_mut().unwrap());
    write_over(&mut config, toml::from_str(over).unwrap());
    config
}

fn empty(environment: &mut Table) {
    let variables = environment["vars"].as_object_mut().unwrap().iter_mut();
    for (_, text) in variables.filter(|(name, _)| *name != "ENVIRONMENT") {
        *text = json!("");
    }
    environment["secrets"]["required"] = json!(["PICA_SECRET_KEY"]);
}

fn write_over(table: &mut Table, over: Table) {
    for (name, value) in over {
        match (table.get_mut(&name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => write_over(inner, value),
            (_, value) => {
                table.insert(name, value);
            }
        }
    }
}

/// The part of a configuration that is an environment's own.
pub(crate) fn environment<'a>(config: &'a Table, name: &str) -> &'a Table {
    match name {
        "production" => config,
        _ => config["env"][name].as_object().unwrap(),
    }
}

/// The names and texts of an environment's variables.
pub(crate) fn variables(environment: &Table) -> impl Iterator<Item = (&str, &str)> {
    let variables = environment["vars"].as_object().unwrap();
    variables
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str().unwrap()))
}

/// The secrets without which an environment is not deployed.
pub(crate) fn required(environment: &Table) -> BTreeSet<&str> {
    let names = environment["secrets"]["required"].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap()).collect()
}

/// The secrets that it has from the Secrets Store.
fn stored(environment: &Table) -> impl Iterator<Item = &str> {
    let bindings = environment.get("secrets_store_secrets");
    let bindings = bindings.and_then(Value::as_array).into_iter().flatten();
    bindings.map(|binding| binding["binding"].as_str().unwrap())
}

/// What would surprise: `environment: key`, each.
pub(crate) fn surprises(config: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |environment: &str, what: &str| found.push(format!("{environment}: {what}"));
    for name in NAMED {
        let own = environment(config, name);
        let keys = config.keys().map(String::as_str).chain(["routes"]);
        for key in keys.collect::<BTreeSet<_>>() {
            if key != "env" && !INHERITED.contains(&key) && !own.contains_key(key) {
                add(name, key);
            }
        }
        // Without a name of its own it gets one that ends in the environment's.
        if own.contains_key("name") {
            add(name, "name");
        }
    }
    let staging: BTreeSet<&str> = variables(environment(config, "staging"))
        .map(|(name, _)| name)
        .collect();
    for (variable, _) in variables(config).filter(|(name, _)| !staging.contains(name)) {
        add("staging", variable);
    }
    for (name, expected) in [
        ("production", "production"),
        ("staging", "staging"),
        ("dev", ""),
    ] {
        let mut said = variables(environment(config, name));
        if said.all(|pair| pair != ("ENVIRONMENT", expected)) {
            add(name, "ENVIRONMENT");
        }
    }
    for name in ["production", "staging"] {
        if let Some(variable) = unmet(environment(config, name)) {
            add(name, variable);
        }
    }
    found
}

/// The setting that a deployed environment lacks, as the Worker would say it. Who is asking may stay
/// open: nothing is minted then.
fn unmet(environment: &Table) -> Option<&'static str> {
    let secrets: BTreeSet<&str> = required(environment)
        .into_iter()
        .chain(stored(environment))
        .collect();
    let config = Config::parse(|wanted| {
        let key = secrets.contains(wanted);
        let said = variables(environment).find(|(name, _)| *name == wanted);
        key.then(|| "0123456789abcdef0123456789abcdef".to_owned())
            .or_else(|| said.map(|(_, text)| text.to_owned()))
    });
    let open = variables(environment).any(|pair| pair == ("IDENTITY_SOURCE", ""));
    let mut faults = config.service.err()?.into_iter();
    faults.find_map(|fault| {
        let variable = fault.variable();
        (variable != "IDENTITY_SOURCE" || !open).then_some(variable)
    })
}
