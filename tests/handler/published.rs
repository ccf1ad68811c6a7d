//! The secrets that this repository publishes, for development.

use std::collections::BTreeMap;

use authkit_edge::config::{Config, ConfigFault, SECRETS};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The secrets in the files that a person could copy, whether their lines are in use or not.
fn published() -> Vec<(&'static str, String)> {
    let files = [
        include_str!("../../sandbox/dev.env"),
        include_str!("../../.dev.vars.example"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    let secrets = lines.filter_map(|line| {
        let line = line.trim_start_matches(['#', ' ']);
        let (name, value) = line.split_once('=')?;
        let name = SECRETS.into_iter().find(|known| *known == name)?;
        Some((name, value.trim().trim_matches('"').to_owned()))
    });
    secrets.collect()
}

/// A deployment that reads every secret that there is for Pica, with one of them replaced.
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
    if name.starts_with("ONE_") {
        variables.insert("AUTHKIT_PROVIDER", "one");
        variables.insert("ONE_SECRET_KEY", "sk_live_1");
    }
    variables.insert(name, value);
    Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()))
}

#[test]
fn are_good_in_development_only() {
    let secrets = published();
    let names: Vec<&str> = secrets.iter().map(|(name, _)| *name).collect();
    let all = ["PICA_SECRET_KEY", "GRANT_KEY", "PICA_SECRET_KEY"];
    assert_eq!(names, all, "in development, and in the example");
    for (own, value) in &secrets {
        // A key of the account is what the upstream takes, and says so. Ours are what we take.
        let same_kind = |name: &&str| name.contains("SECRET_KEY") == own.contains("SECRET_KEY");
        for name in SECRETS.into_iter().filter(same_kind) {
            for environment in ["production", "staging", ""] {
                for value in [value.clone(), format!(" {value}\n")] {
                    let config = parse(environment, name, &value);
                    let faults = config.service.expect_err(name);
                    let found = faults.iter().find(|fault| fault.variable() == name);
                    let advice = found.map(ConfigFault::advice).unwrap_or_default();
                    assert!(advice.contains("publishes"), "{name}: {faults:?}");
                    assert!(!advice.contains(&*value), "{advice}");
                    // Whoever has read it may not ask what is wrong either.
                    let keyless = name.starts_with("TRUSTED_CALLER_KEY");
                    assert_eq!(config.caller_keys.is_none(), keyless, "{name}");
                }
            }
            let faults = parse("development", name, value).service.err();
            assert!(faults.is_none(), "{faults:?}");
            let faults = parse("production", name, &value.replace('o', "0"))
                .service
                .err();
            assert!(faults.is_none(), "{faults:?}");
        }
    }
}
