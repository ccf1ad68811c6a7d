use super::{KEY, fault, parse, service};
use crate::caller::{Jwt, Source};
use crate::jwt::algorithm::Algorithm;
use crate::jwt::claims::Audience;
use crate::jwt::issuer::Keys;

/// A custom issuer that works; an empty value takes a variable away.
const CUSTOM: [(&str, &str); 6] = [
    ("ENVIRONMENT", "production"),
    ("IDENTITY_SOURCE", "jwt"),
    ("JWT_ISSUER", "https://issuer.example"),
    ("JWT_AUDIENCE", "me"),
    ("JWT_ALGORITHMS", "RS256, ES256"),
    ("JWT_JWKS_URL", "https://issuer.example/keys"),
];

fn custom<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    CUSTOM.iter().chain(changes).copied().collect()
}

fn preset<'a>(
    name: &'a str,
    value: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let base = [
        ("ENVIRONMENT", "production"),
        ("IDENTITY_SOURCE", "jwt"),
        ("JWT_PRESET", name),
        ("JWT_ISSUER", value),
    ];
    base.iter().chain(more).copied().collect()
}

fn jwt(changes: &[(&str, &str)]) -> Jwt {
    let mut sources = service(changes).callers.sources;
    match sources.pop() {
        Some(Source::Jwt(jwt)) if sources.is_empty() => jwt,
        other => panic!("{other:?}"),
    }
}

fn keys_url(jwt: &Jwt) -> &str {
    match &jwt.issuer.keys {
        Keys::Remote(keys) => keys.url(),
        Keys::Shared(_) => panic!("shared"),
    }
}

#[test]
fn needs_issuer_audience_algorithms_and_keys() {
    assert!(parse(&custom(&[])).service.is_ok());
    for name in [
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "JWT_ALGORITHMS",
        "JWT_JWKS_URL",
    ] {
        assert_eq!(fault(&custom(&[(name, "")])).variable(), name);
        assert_eq!(fault(&custom(&[(name, " , ")])).variable(), name);
    }
}

#[test]
fn takes_authorized_parties_instead_of_an_audience() {
    let jwt = jwt(&custom(&[
        ("JWT_AUDIENCE", ""),
        ("JWT_AZP", "https://a.example"),
    ]));
    assert_eq!(jwt.issuer.claims.audience, Audience::AudIfAny(Vec::new()));
    assert_eq!(jwt.issuer.claims.authorized_parties, ["https://a.example"]);
}

#[test]
fn never_mixes_secrets_and_public_keys() {
    for (changes, variable) in [
        (&[("JWT_ALGORITHMS", "HS256,RS256")][..], "JWT_ALGORITHMS"),
        (
            &[("JWT_ALGORITHMS", "HS256"), ("JWT_SECRET", KEY)],
            "JWT_JWKS_URL",
        ),
        (&[("JWT_SECRET", KEY)], "JWT_SECRET"),
        (
            &[("JWT_ALGORITHMS", "HS256"), ("JWT_JWKS_URL", "")],
            "JWT_SECRET",
        ),
        (
            &[
                ("JWT_ALGORITHMS", "HS256"),
                ("JWT_JWKS_URL", ""),
                ("JWT_SECRET", &KEY[1..]),
            ],
            "JWT_SECRET",
        ),
        (
            &[
                ("JWT_ALGORITHMS", "HS512"),
                ("JWT_JWKS_URL", ""),
                ("JWT_SECRET", KEY),
            ],
            "JWT_SECRET",
        ),
        (
            &[
                ("JWT_ALGORITHMS", "HS256,HS384"),
                ("JWT_JWKS_URL", ""),
                ("JWT_SECRET", KEY),
            ],
            "JWT_SECRET",
        ),
    ] {
        assert_eq!(fault(&custom(changes)).variable(), variable, "{changes:?}");
    }
    let shared = [
        ("JWT_ALGORITHMS", "HS256"),
        ("JWT_JWKS_URL", ""),
        ("JWT_SECRET", KEY),
    ];
    assert!(matches!(jwt(&custom(&shared)).issuer.keys, Keys::Shared(_)));
    let long = format!("{KEY}{KEY}");
    let shared = [
        ("JWT_ALGORITHMS", "HS256,HS512"),
        ("JWT_JWKS_URL", ""),
        ("JWT_SECRET", &long),
    ];
    assert!(matches!(jwt(&custom(&shared)).issuer.keys, Keys::Shared(_)));
}

#[test]
fn knows_no_algorithm_called_none() {
    for value in ["none", "RS256,none", "rs256", "RS256;ES256", "ES256K"] {
        assert_eq!(
            fault(&custom(&[("JWT_ALGORITHMS", value)])).variable(),
            "JWT_ALGORITHMS"
        );
    }
}

#[test]
fn fetches_keys_over_https_only() {
    for url in [
        "http://issuer.example/keys",
        "http://localhost:9000/keys",
        "https://issuer.example",
        "issuer.example/keys",
        "https://user@issuer.example/keys",
        "https://issuer.example/keys#x",
        "https://issuer.example/ke ys",
        "ftp://issuer.example/keys",
    ] {
        assert_eq!(
            fault(&custom(&[("JWT_JWKS_URL", url)])).variable(),
            "JWT_JWKS_URL",
            "{url}"
        );
    }
    let local = [("JWT_JWKS_URL", "http://127.0.0.1:9000/keys?x=1")];
    assert!(parse(&custom(&local)).service.is_err());
    let development = [local[0], ("ENVIRONMENT", "development")];
    assert_eq!(keys_url(&jwt(&custom(&development))), local[0].1);
    let remote = [
        ("JWT_JWKS_URL", "http://issuer.example/keys"),
        ("ENVIRONMENT", "development"),
    ];
    assert!(parse(&custom(&remote)).service.is_err());
}

#[test]
fn knows_the_products_that_people_sign_in_with() {
    let audience = |text: &str| Audience::Aud(vec![text.to_owned()]);
    for (name, value, more, issuer, url, wanted) in [
        (
            "clerk",
            "clerk.example.com",
            &[("JWT_AZP", "https://app.example")][..],
            "https://clerk.example.com",
            "https://clerk.example.com/.well-known/jwks.json",
            Audience::AudIfAny(Vec::new()),
        ),
        (
            "supabase",
            "abcdefghijklmnopqrst",
            &[],
            "https://abcdefghijklmnopqrst.supabase.co/auth/v1",
            "https://abcdefghijklmnopqrst.supabase.co/auth/v1/.well-known/jwks.json",
            audience("authenticated"),
        ),
        (
            "auth0",
            "tenant.eu.auth0.com",
            &[("JWT_AUDIENCE", "api")],
            "https://tenant.eu.auth0.com/",
            "https://tenant.eu.auth0.com/.well-known/jwks.json",
            audience("api"),
        ),
        (
            "firebase",
            "my-project",
            &[],
            "https://securetoken.google.com/my-project",
            "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
            audience("my-project"),
        ),
        (
            "workos",
            "client_01ABC",
            &[],
            "https://api.workos.com",
            "https://api.workos.com/sso/jwks/client_01ABC",
            Audience::AudIfAny(vec!["client_01ABC".to_owned()]),
        ),
        (
            "cognito",
            "eu-west-1_AbCd",
            &[("JWT_AUDIENCE", "app1")],
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCd",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCd/.well-known/jwks.json",
            Audience::Cognito(vec!["app1".to_owned()]),
        ),
    ] {
        let jwt = jwt(&preset(name, value, more));
        assert_eq!(jwt.issuer.claims.issuers[0], issuer, "{name}");
        assert_eq!(keys_url(&jwt), url, "{name}");
        assert_eq!(jwt.issuer.claims.audience, wanted, "{name}");
        assert!(
            !jwt.issuer
                .algorithms
                .iter()
                .any(|algorithm| algorithm.is_symmetric()),
            "{name}"
        );
        assert_eq!(jwt.escapes_bars, name == "auth0");
        assert_eq!(
            jwt.cookie.as_deref(),
            (name == "clerk").then_some("__session")
        );
    }
}

#[test]
fn asks_for_what_a_product_does_not_say() {
    for (changes, variable) in [
        (preset("clerk", "clerk.example.com", &[]), "JWT_AZP"),
        (preset("auth0", "tenant.auth0.com", &[]), "JWT_AUDIENCE"),
        (preset("cognito", "eu-west-1_AbCd", &[]), "JWT_AUDIENCE"),
        (
            preset("cognito", "AbCd", &[("JWT_AUDIENCE", "a")]),
            "JWT_ISSUER",
        ),
        (preset("supabase", "", &[]), "JWT_ISSUER"),
        (
            preset("supabase", "https://abc.supabase.co", &[]),
            "JWT_ISSUER",
        ),
        (preset("supabase", "abc.evil.example/", &[]), "JWT_ISSUER"),
        (
            preset("clerk", "https://clerk.example.com", &[]),
            "JWT_ISSUER",
        ),
        (preset("auth0", "tenant.auth0.com/x", &[]), "JWT_ISSUER"),
        (preset("firebase", "my project", &[]), "JWT_ISSUER"),
        (preset("workos", "../x", &[]), "JWT_ISSUER"),
        (preset("okta", "x", &[]), "JWT_PRESET"),
    ] {
        assert_eq!(fault(&changes).variable(), variable, "{changes:?}");
    }
}

#[test]
fn lets_a_preset_be_made_stricter() {
    let jwt = jwt(&preset(
        "supabase",
        "abc",
        &[
            ("JWT_ALGORITHMS", "ES256"),
            ("JWT_AUDIENCE", "mine"),
            ("JWT_COOKIE", "token"),
            ("JWT_JWKS_URL", "https://keys.example/set"),
        ],
    ));
    assert_eq!(jwt.issuer.algorithms, [Algorithm::parse("ES256").unwrap()]);
    assert_eq!(
        jwt.issuer.claims.audience,
        Audience::Aud(vec!["mine".to_owned()])
    );
    assert_eq!(jwt.cookie.as_deref(), Some("token"));
    assert_eq!(keys_url(&jwt), "https://keys.example/set");
}

#[test]
fn takes_the_legacy_secret_of_supabase() {
    let changes = [("JWT_ALGORITHMS", "HS256"), ("JWT_SECRET", KEY)];
    assert!(matches!(
        jwt(&preset("supabase", "abc", &changes)).issuer.keys,
        Keys::Shared(_)
    ));
}

#[test]
fn names_what_is_wrong_around_it() {
    for (name, value) in [
        ("JWT_COOKIE", "a b"),
        ("JWT_COOKIE", "a=b"),
        ("JWT_JWKS_STALE_SECONDS", "86401"),
        ("JWT_JWKS_STALE_SECONDS", "-1"),
    ] {
        assert_eq!(fault(&custom(&[(name, value)])).variable(), name, "{value}");
    }
}
