//! No environment gets anything by accident.

use std::collections::{BTreeMap, BTreeSet};

use authkit_edge::config::Config;
use serde_json::Value;

use crate::project::{environment, file, project, required, surprises, unfilled, variables};

#[test]
fn state_all_that_production_does() {
    assert_eq!(surprises(&project()), [""; 0]);
}

#[test]
fn are_told_what_they_lack() {
    for (over, expected) in [
        // With a route of production alone, the others still have none.
        ("routes = [{ pattern = 'a.b', custom_domain = true }]", ""),
        (
            "placement.mode = 'smart'",
            "staging: placement, dev: placement",
        ),
        ("triggers.crons = []", "staging: triggers, dev: triggers"),
        ("vars.UNHEARD_OF = 'me'", "staging: UNHEARD_OF"),
        ("env.staging.name = 'authkit-edge'", "staging: name"),
        (
            "env.staging.secrets.required = []",
            "staging: PICA_SECRET_KEY",
        ),
        ("env.dev.vars.ENVIRONMENT = 'staging'", "dev: ENVIRONMENT"),
        ("vars.ENVIRONMENT = 'staging'", "production: ENVIRONMENT"),
        (
            "vars.IDENTITY_SOURCE = 'header'",
            "production: IDENTITY_SOURCE",
        ),
        ("vars.IDENTITY_SOURCE = 'jwt'", "production: JWT_ALGORITHMS"),
        // A secret of the store is there as well as one of the Worker.
        (
            "secrets.required = []\n[[secrets_store_secrets]]\nbinding = 'PICA_SECRET_KEY'",
            "staging: secrets_store_secrets, dev: secrets_store_secrets",
        ),
    ] {
        assert_eq!(surprises(&unfilled(over)).join(", "), expected, "{over}");
    }
}

#[test]
fn read_what_make_dev_gives_them() {
    let config = project();
    let dev = environment(&config, "dev");
    let text = file("sandbox/dev.env");
    let given: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    let known = variables(dev).map(|(name, _)| name).chain(required(dev));
    let known: BTreeSet<&str> = known.collect();
    // scripts/dev.sh gives this one itself, since it has a port in it.
    assert_eq!(
        known.difference(&given).collect::<Vec<_>>(),
        [&"JWT_ISSUER"]
    );
    assert!(given.is_subset(&known), "{given:?}");
}

#[test]
fn have_no_secret_from_the_button_but_the_key() {
    let text = file(".dev.vars.example");
    let asked: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    assert_eq!(asked, ["PICA_SECRET_KEY"]);

    // It explains nothing that it does not ask for.
    let package: Value = serde_json::from_str(&file("package.json")).unwrap();
    let described = package["cloudflare"]["bindings"].as_object().unwrap();
    let config = project();
    let variables = variables(&config).map(|(name, _)| name);
    let known: BTreeSet<&str> = variables.chain(asked).collect();
    assert!(described.keys().all(|name| known.contains(name.as_str())));
    assert!(described.len() >= 5, "{described:?}");
}

/// The choices in `.dev.vars.example`: the lines after each number, without their `#`.
fn choices() -> Vec<Vec<(String, String)>> {
    let text = file(".dev.vars.example");
    let numbered = |line: &str| line.starts_with(|first: char| first.is_ascii_digit());
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        match (line.split_once('='), found.last_mut()) {
            _ if numbered(line) => found.push(Vec::new()),
            (Some((name, value)), Some(choice)) => choice.push((name.to_owned(), value.to_owned())),
            _ => {}
        }
    }
    found
}

#[test]
fn have_an_example_that_works_here_and_begins_with_verified_identities() {
    let config = unfilled("");
    let choices = choices();
    assert_eq!(choices.len(), 2);
    for choice in &choices {
        let mut values: BTreeMap<&str, &str> = variables(&config).collect();
        values.insert("PICA_SECRET_KEY", "sk_test_your_key");
        for (name, value) in choice {
            // wrangler would drop a name that is not there before.
            assert!(values.insert(name, value).is_some(), "{name}");
        }
        let parsed = Config::parse(|name| values.get(name).map(|text| (*text).to_owned()));
        assert!(parsed.service.is_ok(), "{:?}", parsed.service.err());
    }
    let first: BTreeMap<&str, &str> = choices[0]
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(first.get("IDENTITY_SOURCE"), Some(&"jwt"));
    assert_eq!(first.get("ENVIRONMENT"), None);
}

#[test]
fn are_described_as_cloudflares_templates_are() {
    let package: Value = serde_json::from_str(&file("package.json")).unwrap();
    let scripts = package["scripts"].as_object().unwrap();
    for script in ["dev", "test", "check", "deploy"] {
        assert!(scripts.contains_key(script), "{script}");
    }
    let described = &package["cloudflare"];
    assert!(described["label"].is_string() && described["products"][0] == "Workers");
    assert_eq!(
        described["healthCheckPath"],
        format!("{}/health", authkit_edge::http::routes::TOKEN_PATH)
    );
}
