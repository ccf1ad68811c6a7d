//! The keys that this repository publishes, for development.

use std::collections::BTreeMap;

use authkit_edge::config::{Config, SECRETS};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What a deployment signs or is called with; it takes what is bound. A key of an account is none of
/// these: the upstream says what it opens.
const OWN: [&str; 5] = [
    "GRANT_KEY",
    "GRANT_KEY_PREVIOUS",
    "TRUSTED_CALLER_KEY",
    "TRUSTED_CALLER_KEY_PREVIOUS",
    "JWT_SECRET",
];

/// Such keys in the files that a person could copy, whether their lines are in use or not.
fn published() -> Vec<String> {
    let files = [
        include_str!("../../sandbox/dev.env"),
        include_str!("../../.dev.vars.example"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    let keys = lines.filter_map(|line| {
        let (name, value) = line.trim_start_matches(['#', ' ']).split_once('=')?;
        let key = value.trim().trim_matches('"').to_owned();
        OWN.contains(&name).then_some(key)
    });
    keys.collect()
}

/// A deployment that reads every one of them, with one replaced.
fn parse(environment: &str, name: &str, value: &str) -> Config {
    let mut variables = BTreeMap::from([
        ("ENVIRONMENT", environment),
        ("IDENTITY_SOURCE", "grant,jwt,header"),
        ("PICA_SECRET_KEY", "sk_live_1"),
        ("GRANT_KEY", KEY),
        ("TRUSTED_CALLER_KEY", KEY),
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", "me"),
        ("JWT_ALGORITHMS", "ES256"),
        ("JWT_JWKS_URL", "https://issuer.example/keys"),
    ]);
    if name == "JWT_SECRET" {
        variables.remove("JWT_JWKS_URL");
        variables.insert("JWT_ALGORITHMS", "HS256");
    }
    variables.insert(name, value);
    Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()))
}

#[test]
fn are_good_in_development_only() {
    let keys = published();
    assert_eq!(keys.len(), 1, "one, in sandbox/dev.env");
    for key in keys {
        for name in OWN {
            for environment in ["production", "staging", ""] {
                for value in [key.clone(), format!(" {key}\n")] {
                    let config = parse(environment, name, &value);
                    let faults = config.service.expect_err(name);
                    let [fault] = &faults[..] else {
                        panic!("{faults:?}");
                    };
                    assert_eq!(fault.variable(), name);
                    assert!(
                        fault.advice().contains("published by this project"),
                        "{fault}"
                    );
                    assert!(!fault.advice().contains(&key), "{fault}");
                    // Whoever has read it may not ask what is wrong either.
                    let keyless = name.starts_with("TRUSTED_CALLER_KEY");
                    assert_eq!(config.caller_keys.is_none(), keyless, "{name}");
                }
                let other = key.replace('o', "0");
                let faults = parse(environment, name, &other).service.err();
                assert!(faults.is_none(), "{faults:?}");
            }
            let faults = parse("development", name, &key).service.err();
            assert!(faults.is_none(), "{faults:?}");
        }
    }
}

#[test]
fn may_stand_for_any_key_that_is_not_an_accounts() {
    let own: Vec<&str> = SECRETS
        .into_iter()
        .filter(|name| !name.contains("_SECRET_KEY"))
        .collect();
    assert!(own.iter().all(|name| OWN.contains(name)), "{own:?}");
    assert_eq!(own.len(), OWN.len());
}
