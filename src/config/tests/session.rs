use std::collections::BTreeMap;
use std::time::Duration;

use super::{fault, parse};
use crate::caller::{Forwarded, Session, SetCookie, Source};
use crate::config::Config;
use crate::runtime::{Binding, Service};

const SESSION: [(&str, &str); 5] = [
    ("ENVIRONMENT", "production"),
    ("IDENTITY_SOURCE", "session"),
    ("SESSION_URL", "https://app.example/api/session"),
    ("SESSION_COOKIES", "sid"),
    ("SESSION_IDENTITY_PATH", "user.id"),
];

fn session<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    SESSION.iter().chain(changes).copied().collect()
}

/// Presets need none of those.
fn preset<'a>(name: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let without = [
        ("SESSION_URL", ""),
        ("SESSION_COOKIES", ""),
        ("SESSION_IDENTITY_PATH", ""),
        ("SESSION_PRESET", name),
        ("SESSION_ORIGIN", "https://app.example"),
    ];
    session(&[&without, changes].concat())
}

fn read(config: Config) -> Session {
    let mut sources = config.service.unwrap().callers.sources;
    match sources.swap_remove(0) {
        Source::Session(session) => session,
        other => panic!("{:?}", other.name()),
    }
}

#[test]
fn have_defaults_for_all_but_three() {
    let found = read(parse(&session(&[])));
    assert_eq!(found.url.target().path, "/api/session");
    assert_eq!(found.timeout, Duration::from_secs(3));
    assert_eq!(found.set_cookie, SetCookie::Relay);
    assert_eq!(found.service, None);
    assert!(found.conditions.is_empty() && found.forwarded.is_empty());
    assert!(found.paths.organization.is_none());
    assert!(found.cookies.contain("sid.3") && !found.cookies.contain("x"));
}

#[test]
fn name_all_that_is_missing_at_once() {
    let bare = [("IDENTITY_SOURCE", "session")];
    let faults = parse(&bare).service.unwrap_err();
    let names: Vec<&str> = faults.iter().map(super::ConfigFault::variable).collect();
    assert_eq!(
        names,
        ["SESSION_URL", "SESSION_COOKIES", "SESSION_IDENTITY_PATH"]
    );
    let faults = parse(&[bare[0], ("SESSION_PRESET", "nuxt")]).service;
    let faults = faults.unwrap_err();
    let names: Vec<&str> = faults.iter().map(super::ConfigFault::variable).collect();
    assert_eq!(names, ["SESSION_ORIGIN"]);
}

#[test]
fn name_every_preset_where_none_fits() {
    let advice = fault(&session(&[("SESSION_PRESET", "django")]));
    for preset in &crate::config::session::PRESETS {
        assert!(advice.advice().contains(preset.name), "{}", preset.name);
    }
}

#[test]
fn name_what_is_wrong() {
    for (name, value) in [
        ("SESSION_URL", "http://app.example/api/session"),
        ("SESSION_URL", "http://localhost:3000/api/session"),
        ("SESSION_URL", "https://app.example"),
        ("SESSION_URL", "https://app.example?x"),
        ("SESSION_URL", "https://user@app.example/s"),
        ("SESSION_URL", "https://App.example/s"),
        ("SESSION_URL", "https://app.example/s#top"),
        ("SESSION_URL", "https://app.example/../s"),
        ("SESSION_URL", "https://app.example/a/./s"),
        ("SESSION_URL", "https://app.example/a/.."),
        ("SESSION_URL", "https://app.example//s"),
        ("SESSION_URL", "https://app.example/%61pi"),
        ("SESSION_URL", "https://app.example/a b"),
        ("SESSION_URL", "https://app.example/a\\b"),
        ("SESSION_URL", "https://app.example/é"),
        ("SESSION_URL", "https://app.example/s?a=\"b"),
        ("SESSION_URL", "/api/session"),
        ("SESSION_URL", "ftp://app.example/s"),
        ("SESSION_COOKIES", "a b"),
        ("SESSION_COOKIES", "a,"),
        ("SESSION_COOKIES", "a=b"),
        ("SESSION_IDENTITY_PATH", "user.name"),
        ("SESSION_IDENTITY_PATH", "identity.traits.id"),
        ("SESSION_ORGANIZATION_PATH", "user_metadata.org"),
        ("SESSION_TEAM_PATH", "nickname"),
        ("SESSION_PROJECT_PATH", "user.profile"),
        ("SESSION_REQUIRE", "active"),
        ("SESSION_REQUIRE", "=true"),
        ("SESSION_REQUIRE", "active="),
        ("SESSION_REQUIRE", "a=1,,b=2"),
        ("SESSION_REQUIRE", "user.name=ada"),
        ("SESSION_HEADERS", "x-forwarded-for"),
        ("SESSION_HEADERS", "origin,cookie"),
        ("SESSION_HEADERS", "authorization"),
        ("SESSION_HEADERS", "host"),
        ("SESSION_SET_COOKIE", "yes"),
        ("SESSION_TIMEOUT_MS", "99"),
        ("SESSION_TIMEOUT_MS", "8001"),
        ("SESSION_PRESET", "django"),
        ("SESSION_PRESET", "Nuxt"),
        ("SESSION_ORIGIN", "https://app.example"),
        ("SESSION", "my-application"),
    ] {
        let found = fault(&session(&[(name, value)]));
        assert_eq!(found.variable(), name, "{value}: {found}");
    }
    for (name, value) in [
        ("SESSION_ORIGIN", ""),
        ("SESSION_ORIGIN", "https://app.example/"),
        ("SESSION_ORIGIN", "http://localhost:3000"),
        ("SESSION_COOKIES", ","),
    ] {
        let found = fault(&preset("better-auth", &[(name, value)]));
        assert_eq!(found.variable(), name, "{value}: {found}");
    }
    // Two addresses, and none with a meaning.
    let both = preset("nuxt", &[("SESSION_URL", "https://app.example/s")]);
    assert_eq!(fault(&both).variable(), "SESSION_ORIGIN");
}

#[test]
fn take_what_applications_have() {
    for (name, value) in [
        ("SESSION_URL", "https://app.example/"),
        ("SESSION_URL", "https://app.example:8443/s/"),
        (
            "SESSION_URL",
            "https://app.example/_x/v1/@me?a=b&c=%20d/..//",
        ),
        ("SESSION_COOKIES", "__Host-a, b.c"),
        ("SESSION_IDENTITY_PATH", "https://app.example/id"),
        ("SESSION_REQUIRE", "a.b=c=d, active = true"),
        ("SESSION_HEADERS", "Origin, Referer"),
        ("SESSION_TIMEOUT_MS", "100"),
        ("SESSION_PRESET", "custom"),
    ] {
        let found = parse(&session(&[(name, value)]));
        assert!(found.service.is_ok(), "{name}={value}");
    }
    let local = [
        ("ENVIRONMENT", "development"),
        ("SESSION_URL", "http://localhost:3000/s"),
    ];
    assert!(parse(&session(&local)).service.is_ok());
    let local = [
        ("ENVIRONMENT", "development"),
        ("SESSION_ORIGIN", "http://localhost:3000"),
    ];
    assert!(parse(&preset("authjs", &local)).service.is_ok());
}

#[test]
fn refuse_a_url_that_leads_to_this_worker() {
    let routes = [
        ("ROUTE_PREFIX", "/v2"),
        ("ROUTE_ALIASES", "/api/pica-token"),
        ("COMPATIBILITY", "flask"),
    ];
    for (path, is_ours) in [
        ("/v2/api/authkit", true),
        ("/v2/api/authkit/", true),
        ("/v2/api/authkit/grant", true),
        ("/v2/api/authkit/session", true),
        ("/v2/api/authkit?x=1", true),
        ("/v2/authkit-token", true),
        ("/api/pica-token", true),
        ("/api/pica-token/x", true),
        ("/api/authkit", false),
        ("/v2/api/authkit-session", false),
        ("/api/session", false),
    ] {
        let url = format!("https://anywhere.example{path}");
        let changes = [&routes[..], &[("SESSION_URL", &*url)]].concat();
        let found = parse(&session(&changes)).service;
        assert_eq!(found.is_err(), is_ours, "{path}");
        let named = found.err().map(|faults| faults[0].variable());
        assert_eq!(named, is_ours.then_some("SESSION_URL"));
    }
    let own = [("ROUTE_ALIASES", "/api/user")];
    assert_eq!(fault(&preset("laravel", &own)).variable(), "SESSION_ORIGIN");
}

#[test]
fn give_way_to_what_is_set_beside_a_preset() {
    let found = read(parse(&preset("laravel", &[])));
    assert_eq!(found.forwarded, [Forwarded::Origin, Forwarded::Referer]);
    let changes = [
        ("SESSION_ORIGIN", ""),
        ("SESSION_URL", "https://app.example/me"),
        ("SESSION_COOKIES", "my-app-session"),
        ("SESSION_HEADERS", "referer"),
        ("SESSION_REQUIRE", "active=true"),
        ("SESSION_SET_COOKIE", "drop"),
        ("SESSION_TIMEOUT_MS", "500"),
    ];
    let found = read(parse(&preset("laravel", &changes)));
    assert_eq!(found.url.target().path, "/me");
    assert!(found.cookies.contain("my-app-session"));
    assert!(!found.cookies.contain("laravel-session"));
    assert_eq!(found.forwarded, [Forwarded::Referer]);
    assert_eq!(found.conditions.len(), 1);
    assert_eq!(found.set_cookie, SetCookie::Drop);
    assert_eq!(found.timeout, Duration::from_millis(500));
}

#[test]
fn know_the_cookie_of_http_and_that_of_https() {
    for (name, secure, plain) in [
        (
            "better-auth",
            "__Secure-better-auth.session_token",
            "better-auth.session_token",
        ),
        (
            "authjs",
            "__Secure-authjs.session-token",
            "authjs.session-token",
        ),
        (
            "nextauth",
            "__Secure-next-auth.session-token",
            "next-auth.session-token",
        ),
        ("auth0-nextjs", "__session", "__session__3"),
        ("kratos", "ory_kratos_session", "ory_kratos_session"),
        ("allauth", "sessionid", "sessionid"),
        ("laravel", "laravel-session", "laravel_session"),
        ("nuxt", "nuxt-session", "nuxt-session"),
    ] {
        let found = read(parse(&preset(name, &[])));
        for cookie in [secure, plain] {
            assert!(found.cookies.contain(cookie), "{name}: {cookie}");
        }
    }
}

#[test]
fn are_reached_by_a_service_that_is_bound() {
    let variables: BTreeMap<&str, &str> = session(&[("PICA_SECRET_KEY", "sk_live_1")])
        .into_iter()
        .collect();
    let config = Config::parse(|name| match name {
        "SESSION" => Some(Binding::Object),
        name => Some(Binding::Text((*variables.get(name)?).to_owned())),
    });
    assert_eq!(read(config).service, Some(Service::Session));
}

#[test]
fn may_buy_grants() {
    let key = "0123456789abcdef0123456789abcdef";
    let both = [("IDENTITY_SOURCE", "grant,session"), ("GRANT_KEY", key)];
    assert!(parse(&session(&both)).service.is_ok());
}
