//! What editors, shells and configuration files make of a value.

use std::collections::BTreeMap;

use proptest::prelude::proptest;

use crate::caller::Source;
use crate::config::{Config, SECRETS, Service};
use crate::runtime::Binding;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A deployment that reads every setting, with one binding changed.
fn with(name: &str, binding: impl Fn() -> Binding) -> Config {
    let variables = BTreeMap::from([
        ("ENVIRONMENT", "development"),
        ("IDENTITY_SOURCE", "jwt,access,grant,header"),
        ("PICA_SECRET_KEY", "sk_test_1"),
        ("GRANT_KEY", KEY),
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", "me"),
        ("JWT_ALGORITHMS", "ES256"),
        ("JWT_JWKS_URL", "https://issuer.example/keys"),
        ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com"),
        ("ACCESS_AUD", "tag"),
    ]);
    Config::parse(|asked| {
        if asked == name {
            return Some(binding());
        }
        let text = variables.get(asked);
        text.map(|text| Binding::Text((*text).to_owned()))
    })
}

fn text(name: &str, value: &str) -> Config {
    with(name, || Binding::Text(value.to_owned()))
}

fn list(name: &str, entries: &[&str]) -> Config {
    with(name, || {
        Binding::List(entries.iter().map(|entry| (*entry).to_owned()).collect())
    })
}

/// The faults of one that does not work, each `NAME: advice`.
#[track_caller]
fn faults(config: Config) -> Vec<String> {
    let faults = config.service.unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

/// Every setting that may have a text, with one that is good.
const GOOD: [(&str, &str); 22] = [
    ("PICA_SECRET_KEY", "sk_test_2"),
    ("PICA_SECRET_KEY_NEXT", "sk_test_2"),
    ("GRANT_KEY", KEY),
    ("GRANT_KEY_PREVIOUS", KEY),
    ("TRUSTED_CALLER_KEY", KEY),
    ("TRUSTED_CALLER_KEY_PREVIOUS", ""),
    ("ENVIRONMENT", "development"),
    ("IDENTITY_SOURCE", "jwt"),
    ("IDENTITY_HEADER", "x-user"),
    ("IDENTITY_TYPE", "team"),
    ("JWT_ISSUER", "https://issuer.example,https://other.example"),
    ("JWT_AUDIENCE", "aaa,b"),
    ("JWT_JWKS_URL", "https://issuer.example/k"),
    ("JWT_TEAM_CLAIM", "teams"),
    ("JWT_IDENTITY_CLAIM", "sub"),
    ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com"),
    ("ALLOWED_ORIGINS", "https://a.example,https://b.example"),
    ("ROUTE_PREFIX", "/v2"),
    ("ALLOWED_INTEGRATIONS", "Gmail"),
    ("AUTHKIT_BASE_URL", "https://api.example"),
    ("UPSTREAM_DEADLINE_MS", "5000"),
    ("SERVER_TIMING", "on"),
];

/// The kind: what a tool adds at either end of a value, where it means nothing: byte order marks,
/// white space, the ends of lines and files.
#[test]
fn read_a_value_without_what_stands_around_it() {
    let around = [
        ("\u{feff}", ""),
        ("", "\u{feff}"),
        ("\u{feff}\u{feff}", "\r\n"),
        (" \u{feff} ", "\t"),
        ("\n\u{feff}\n", "\n\n"),
        ("\u{a0}", "\u{a0}"),
        ("\u{200b}", "\u{200e}"),
        ("\u{2060}", "\u{3000}"),
        ("", "\u{1a}"),
        ("", "\0"),
    ];
    for (name, value) in GOOD {
        for (before, after) in around {
            let config = text(name, &format!("{before}{value}{after}"));
            assert!(config.service.is_ok(), "{name} {before:?} {after:?}");
        }
    }
    for (before, after) in around {
        let config = text("PICA_SECRET_KEY", &format!("{before}sk_test_2{after}"));
        let service = config.service.unwrap();
        assert_eq!(service.endpoint.account.keys().0.expose(), "sk_test_2");
        assert_eq!(config.warnings, []);
        // An entry has two ends as well: files are joined, and lists are pasted together.
        let origin = format!("{before}https://b.example{after}");
        let config = text(
            "ALLOWED_ORIGINS",
            &format!("https://authkit.picaos.com,{origin}"),
        );
        assert!(config.service.is_ok(), "{before:?} {after:?}");
        let config = list("ALLOWED_ORIGINS", &["https://authkit.picaos.com", &origin]);
        assert!(config.service.is_ok(), "{before:?} {after:?}");
    }
    // Nothing but that is nothing.
    let config = text("PICA_SECRET_KEY", "\u{feff}\r\n");
    assert!(faults(config)[0].contains("PICA_SECRET_KEY: is not set"));
}

/// The kind: a value whose bytes were written in one encoding and read in another.
#[test]
fn name_what_was_read_in_another_encoding() {
    for (name, value) in GOOD.into_iter().filter(|(_, value)| !value.is_empty()) {
        let utf16: String = value.chars().flat_map(|letter| [letter, '\0']).collect();
        let big_endian: String = value.chars().flat_map(|letter| ['\0', letter]).collect();
        let (start, end) = value.split_at(1);
        for mangled in [
            format!("\u{fffd}\u{fffd}{utf16}"),
            utf16,
            format!("\u{fffd}\u{fffd}{big_endian}"),
            big_endian,
            format!("ï»¿{value}"),
            format!("∩╗┐{value}"),
            format!("´╗┐{value}"),
            format!("{start}\u{feff}{end}"),
        ] {
            let faults = faults(text(name, &mangled));
            let named = faults.iter().any(|fault| {
                fault.starts_with(&format!("{name}: has a byte order mark"))
                    && fault.contains("UTF-8 without one")
            });
            assert!(named, "{name} {mangled:?}: {faults:?}");
            let tells = SECRETS.contains(&name) && faults.concat().contains(value);
            assert!(!tells, "{faults:?}");
        }
    }
}

/// Every setting that is a list.
const LISTS: [(&str, [&str; 2]); 11] = [
    ("IDENTITY_SOURCE", ["jwt", "header"]),
    (
        "JWT_ISSUER",
        ["https://issuer.example", "https://b.example"],
    ),
    ("JWT_AUDIENCE", ["a", "b"]),
    ("JWT_AZP", ["a", "b"]),
    ("JWT_ACCEPT", ["anonymous", "programs"]),
    ("JWT_ALGORITHMS", ["ES256", "RS256"]),
    ("JWT_COOKIE", ["session", "__session"]),
    ("ACCESS_AUD", ["a", "b"]),
    (
        "ALLOWED_ORIGINS",
        ["https://a.example", "tauri://localhost"],
    ),
    ("ROUTE_ALIASES", ["/a", "/b"]),
    ("ALLOWED_INTEGRATIONS", ["Gmail", "team:Slack"]),
];

/// The kind: a value that has the type that the file's format has for it, and not the text of one.
#[test]
fn read_an_array_as_the_list_that_it_is() {
    for (name, entries) in LISTS {
        let joined = format!("{:?}", text(name, &entries.join(",")).service.unwrap());
        // The same as with a comma.
        let found = format!("{:?}", list(name, &entries).service.unwrap());
        assert_eq!(found, joined, "{name}");
        let padded: Vec<String> = entries.iter().map(|entry| format!(" {entry}\n")).collect();
        let padded: Vec<&str> = padded.iter().map(|entry| &**entry).collect();
        let found = format!("{:?}", list(name, &padded).service.unwrap());
        assert_eq!(found, joined, "{name}");
        for entries in [&[] as &[&str], &[""], &[entries[0], " "]] {
            let faults = faults(list(name, entries));
            let named = faults.iter().any(|fault| fault.contains("empty entry"));
            assert!(named, "{name} {entries:?}: {faults:?}");
        }
    }
    let blocked = list("BLOCKED_INTEGRATIONS", &["Gmail"]).service.unwrap();
    assert_eq!(blocked.integrations.unwrap().blocked.len(), 1);
}

#[test]
fn split_no_entry_of_an_array_at_its_comma() {
    let audiences = |service: &Service| {
        let jwt = service
            .callers
            .sources
            .iter()
            .find_map(|source| match source {
                Source::Jwt(jwt) => Some(format!("{:?}", jwt.issuer.claims)),
                _ => None,
            });
        jwt.unwrap()
    };
    let service = list("JWT_AUDIENCE", &["a,b", "c"]).service.unwrap();
    assert!(audiences(&service).contains(r#"["a,b", "c"]"#));
    let service = list("ALLOWED_INTEGRATIONS", &["Foo, Inc", "team:Bar, Ltd"]);
    let allowed = service.service.unwrap().integrations.unwrap().allowed;
    let names: Vec<String> = allowed
        .unwrap()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, ["Foo, Inc", "Bar, Ltd"]);
}

#[test]
fn say_of_an_array_that_one_value_is_wanted() {
    let lists = LISTS.map(|(name, _)| name);
    for (name, value) in GOOD.into_iter().filter(|(name, _)| !lists.contains(name)) {
        for entries in [&[value] as &[&str], &[value, value], &[]] {
            let faults = faults(list(name, entries));
            let wanted = format!("{name}: must be one value, not an array");
            assert!(faults.contains(&wanted), "{faults:?}");
        }
    }
    for name in ["CLIENT_LIMITER", "IDENTITY_LIMITER"] {
        assert!(faults(list(name, &["1"]))[0].contains("[[ratelimits]]"));
    }
    // A table, or an array with one.
    let table = with("JWT_AUDIENCE", || Binding::Object);
    assert!(faults(table)[0].contains("an array of texts"));
}

#[test]
fn read_numbers_and_booleans_by_their_text() {
    for (name, value) in [
        ("GRANT_TTL_SECONDS", "300"),
        ("UPSTREAM_DEADLINE_MS", "5000"),
        ("FLAGS_CACHE_SECONDS", "0"),
        ("JWT_JWKS_STALE_SECONDS", "60"),
        ("SERVER_TIMING", "true"),
        ("SERVER_TIMING", "false"),
    ] {
        assert!(text(name, value).service.is_ok(), "{name}={value}");
    }
    assert!(text("SERVER_TIMING", "true").service.unwrap().server_timing);
    assert!(
        !text("SERVER_TIMING", "false")
            .service
            .unwrap()
            .server_timing
    );
}

/// The kind: the key of the provider that is not chosen.
#[test]
fn name_both_ways_out_when_the_key_is_the_other_providers() {
    let with = |changes: &[(&str, &str)]| {
        let variables: BTreeMap<&str, &str> = changes.iter().copied().collect();
        Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()))
    };
    for (changes, wanted) in [
        (
            &[("ONE_SECRET_KEY", "sk_live_1")] as &[(&str, &str)],
            "PICA_SECRET_KEY: is not set, but ONE_SECRET_KEY is: set AUTHKIT_PROVIDER to `one`",
        ),
        (
            &[
                ("ONE_SECRET_KEY", "sk_live_1"),
                ("AUTHKIT_PROVIDER", "pica"),
            ],
            "PICA_SECRET_KEY: is not set, but ONE_SECRET_KEY is: set AUTHKIT_PROVIDER to `one`",
        ),
        (
            &[
                ("PICA_SECRET_KEY", "sk_live_1"),
                ("AUTHKIT_PROVIDER", "one"),
            ],
            "ONE_SECRET_KEY: is not set, but PICA_SECRET_KEY is: set AUTHKIT_PROVIDER to `pica`",
        ),
    ] {
        let faults = faults(with(changes));
        let found = faults.iter().find(|fault| fault.starts_with(wanted));
        let found = found.unwrap_or_else(|| panic!("{faults:?}"));
        let (own, _) = wanted.split_once(':').unwrap();
        assert!(
            found.contains(&format!("wrangler secret put {own}")),
            "{found}"
        );
    }
    for provider in ["pica", "one"] {
        let faults = faults(with(&[("AUTHKIT_PROVIDER", provider)]));
        assert!(
            faults.concat().contains("SECRET_KEY: is not set: run"),
            "{faults:?}"
        );
    }
    assert!(SECRETS.contains(&"ONE_SECRET_KEY"));
}

proptest! {
    #[test]
    fn read_any_audience_of_an_array_as_it_is(entries in proptest::collection::vec("[a-z][a-z, :/]{0,9}[a-z]", 1..9)) {
        let entries: Vec<&str> = entries.iter().map(|entry| &**entry).collect();
        let service = list("JWT_AUDIENCE", &entries).service.unwrap();
        let found = format!("{service:?}");
        assert!(found.contains(&format!("{entries:?}")));
    }
}
