use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use serde_json::{Value, json};

use super::{KEY, fault, parse, presets, service};
use crate::caller::{Jwt, Source};
use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::claims::{Audience, Claims};
use crate::jwt::issuer::Keys;
use crate::jwt::persons::{Acceptable, Nobody};
use crate::runtime::Timestamp;

/// A custom issuer that works; an empty value takes a variable away.
const CUSTOM: [(&str, &str); 6] = [
    ("ENVIRONMENT", "production"),
    ("IDENTITY_SOURCE", "jwt"),
    ("JWT_ISSUER", "https://issuer.example"),
    ("JWT_AUDIENCE", "me"),
    ("JWT_ALGORITHMS", "RS256, ES256"),
    ("JWT_JWKS_URL", "https://issuer.example/keys"),
];

pub(super) fn custom<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    CUSTOM.iter().chain(changes).copied().collect()
}

pub(super) fn preset<'a>(
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

pub(super) fn jwt(changes: &[(&str, &str)]) -> Jwt {
    let mut sources = service(changes).callers.sources;
    match sources.pop() {
        Some(Source::Jwt(jwt)) if sources.is_empty() => jwt,
        other => panic!("{other:?}"),
    }
}

pub(super) fn keys_url(jwt: &Jwt) -> &str {
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
        let cookies: &[&str] = match name {
            "clerk" => &["__session"],
            "supabase" => &["sb-abcdefghijklmnopqrst-auth-token"],
            _ => &[],
        };
        assert_eq!(jwt.cookies, cookies, "{name}");
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
        (preset("no-such", "x", &[]), "JWT_PRESET"),
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
            ("JWT_COOKIE", "token, __Host-token"),
            ("JWT_JWKS_URL", "https://keys.example/set"),
        ],
    ));
    assert_eq!(jwt.issuer.algorithms, [Algorithm::parse("ES256").unwrap()]);
    assert_eq!(
        jwt.issuer.claims.audience,
        Audience::Aud(vec!["mine".to_owned()])
    );
    assert_eq!(jwt.cookies, ["token", "__Host-token"]);
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

/// Every kind of configuration, with the least that it needs: its changes, and the claims of a
/// session of a person that is meant for it.
fn sessions() -> Vec<(Vec<(&'static str, &'static str)>, Value)> {
    let session = |issuer: &str, more: Value| {
        let mut claims = json!({"iss": issuer, "sub": "ada", "exp": 2_000_000_000});
        let more = more.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(more);
        claims
    };
    let (party, issuer) = ("https://app.example", "https://issuer.example");
    let pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCd";
    let azp = ("JWT_AZP", party);
    let aud = ("JWT_AUDIENCE", "me");
    let own = vec![
        (custom(&[]), session(issuer, json!({"aud": "me"}))),
        (
            custom(&[azp]),
            session(issuer, json!({"aud": ["x", "me"], "azp": party})),
        ),
        (
            custom(&[("JWT_AUDIENCE", ""), azp]),
            session(issuer, json!({"azp": party})),
        ),
        (
            preset("clerk", "clerk.example.com", &[azp]),
            session("https://clerk.example.com", json!({"azp": party})),
        ),
        (
            preset("clerk", "clerk.example.com", &[aud]),
            session("https://clerk.example.com", json!({"aud": "me"})),
        ),
        (
            preset("supabase", "ref", &[]),
            session(
                "https://ref.supabase.co/auth/v1",
                json!({"aud": "authenticated", "role": "authenticated"}),
            ),
        ),
        (
            preset("auth0", "tenant.auth0.com", &[aud]),
            session("https://tenant.auth0.com/", json!({"aud": "me"})),
        ),
        (
            preset("firebase", "project", &[]),
            session(
                "https://securetoken.google.com/project",
                json!({"aud": "project"}),
            ),
        ),
        (
            preset("workos", "client_01", &[]),
            session("https://api.workos.com/", json!({"client_id": "client_01"})),
        ),
        (
            preset("workos", "client_01", &[]),
            session("https://api.workos.com", json!({"aud": "client_01"})),
        ),
        (
            preset("workos", "client_01", &[aud]),
            session("https://api.workos.com", json!({"aud": "me"})),
        ),
        (
            preset("cognito", "eu-west-1_AbCd", &[aud]),
            session(pool, json!({"aud": "me", "token_use": "id"})),
        ),
        (
            preset("cognito", "eu-west-1_AbCd", &[aud]),
            session(
                pool,
                json!({"client_id": "me", "token_use": "access", "username": "ada"}),
            ),
        ),
        (
            preset("cognito", "eu-west-1_AbCd", &[aud]),
            session(
                pool,
                json!({"client_id": "me", "aud": "me", "token_use": "access", "username": "ada"}),
            ),
        ),
    ];
    own.into_iter().chain(presets::sessions()).collect()
}

pub(super) fn check(jwt: &Jwt, claims: &Value) -> Result<Claims, TokenFault> {
    let now = Timestamp(1_700_000_000_000);
    jwt.issuer.claims.check(claims.to_string().as_bytes(), now)
}

#[test]
fn takes_the_sessions_of_every_preset() {
    for (changes, claims) in sessions() {
        assert!(
            check(&jwt(&changes), &claims).is_ok(),
            "{changes:?} {claims}"
        );
    }
}

/// RFC 7519 §4.1.3
#[test]
fn refuses_an_audience_that_is_there_and_does_not_name_us() {
    for (changes, mut claims) in sessions() {
        let jwt = jwt(&changes);
        for audience in [
            json!(null),
            json!(""),
            json!([]),
            json!([""]),
            json!([null]),
            json!("other"),
            json!("https://app.example"),
            json!("ada"),
            json!(["other"]),
            json!(["me", 1]),
            json!(["client_01", null]),
            json!([["me"]]),
            json!({}),
            json!({"me": true}),
            json!(true),
            json!(0),
        ] {
            claims["aud"] = audience;
            let found = check(&jwt, &claims);
            assert_eq!(found, Err(TokenFault::Audience), "{changes:?} {claims}");
        }
    }
}

#[test]
fn wants_an_audience_wherever_one_is_configured() {
    for (changes, mut claims) in sessions() {
        let configured = changes.iter().rfind(|(name, _)| *name == "JWT_AUDIENCE");
        let configured = configured.is_some_and(|(_, value)| !value.is_empty());
        // Cognito's access tokens say it elsewhere.
        if configured && claims["token_use"] != "access" {
            claims.as_object_mut().unwrap().remove("aud");
            let found = check(&jwt(&changes), &claims);
            assert_eq!(found, Err(TokenFault::Audience), "{changes:?}");
        }
    }
}

/// What is not the name of any application in [`sessions`].
fn foreign_audience() -> impl Strategy<Value = Value> {
    let text = "[a-z:/.]{0,12}".prop_map(Value::from);
    let text = text.prop_filter("a name of ours", |text| {
        !["me", "authenticated", "project", "client_01", "account"]
            .contains(&text.as_str().unwrap())
    });
    prop_oneof![
        text.clone(),
        vec(text, 0..4).prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        Just(json!({})),
        Just(json!(["me", "client_01", "project", "authenticated", 7])),
    ]
}

proptest! {
    /// Whatever other claims stand beside it, in every preset.
    #[test]
    fn never_verifies_a_token_for_another_audience(
        (changes, session) in select(sessions()),
        audience in foreign_audience(),
        azp in select(vec!["https://app.example", "me", "client_01", "other"]),
        others in btree_map("[a-z_]{1,10}", "[a-z]{0,8}", 0..8),
    ) {
        let mut claims = serde_json::Map::new();
        claims.extend(others.into_iter().map(|(name, text)| (name, Value::from(text))));
        claims.insert("azp".to_owned(), azp.into());
        claims.extend(session.as_object().unwrap().clone());
        claims.insert("aud".to_owned(), audience);
        assert!(check(&jwt(&changes), &Value::Object(claims)).is_err());
    }
}

#[test]
fn wants_the_party_as_well_as_the_audience_where_both_are_set() {
    let jwt = jwt(&custom(&[("JWT_AZP", "https://app.example")]));
    for (audience, party, found) in [
        ("me", "https://app.example", None),
        (
            "me",
            "https://other.example",
            Some(TokenFault::AuthorizedParty),
        ),
        ("other", "https://app.example", Some(TokenFault::Audience)),
    ] {
        let claims = json!({"iss": "https://issuer.example", "sub": "ada", "exp": 2e9,
            "aud": audience, "azp": party});
        assert_eq!(check(&jwt, &claims).err(), found, "{claims}");
    }
    // The token says nothing of the one or the other.
    let claims = json!({"iss": "https://issuer.example", "exp": 2e9, "azp": "https://app.example"});
    assert_eq!(check(&jwt, &claims).err(), Some(TokenFault::Audience));
    let claims = json!({"iss": "https://issuer.example", "exp": 2e9, "aud": "me"});
    assert_eq!(
        check(&jwt, &claims).err(),
        Some(TokenFault::AuthorizedParty)
    );
}

/// The kind: what a product's native applications, proxies and custom domains change in a token. Each
/// wants a setting, and without it nothing is taken that was not taken before.
#[test]
fn takes_what_a_products_options_change_where_a_setting_says_so() {
    const PARTY: (&str, &str) = ("JWT_AZP", "https://app.example");
    const WITHOUT: (&str, &str) = ("JWT_WITHOUT_AZP", "allow");
    let clerk = |issuer: &str| json!({"iss": issuer, "sub": "user_1", "exp": 2e9});
    let host = "clerk.example.com";
    let strict = jwt(&preset("clerk", host, &[PARTY]));
    let lax = jwt(&preset("clerk", host, &[PARTY, WITHOUT]));
    for (party, by_default, where_allowed) in [
        (json!(null), false, true),
        (json!("https://app.example"), true, true),
        (json!("https://evil.example"), false, false),
        (json!(""), false, false),
        (json!(7), false, false),
        (json!(["https://app.example"]), false, false),
    ] {
        let mut claims = clerk("https://clerk.example.com");
        claims["azp"] = party.clone();
        assert_eq!(check(&strict, &claims).is_ok(), by_default, "{party}");
        assert_eq!(check(&lax, &claims).is_ok(), where_allowed, "{party}");
        // An audience that is there is still another's.
        claims["aud"] = json!("another");
        assert_eq!(check(&lax, &claims), Err(TokenFault::Audience));
    }
    let proxied = jwt(&preset(
        "clerk",
        "app.example.com/__clerk",
        &[PARTY, WITHOUT],
    ));
    let issuer = "https://app.example.com/__clerk";
    assert_eq!(proxied.issuer.claims.issuers, [issuer]);
    assert_eq!(
        keys_url(&proxied),
        format!("{issuer}/.well-known/jwks.json")
    );
    assert!(check(&proxied, &clerk(issuer)).is_ok());
    for other in [
        "https://app.example.com",
        "https://app.example.com/__clerk/",
        "https://clerk.example.com",
    ] {
        assert_eq!(
            check(&proxied, &clerk(other)),
            Err(TokenFault::Issuer),
            "{other}"
        );
    }
    for (name, value, below) in [
        (
            "workos",
            "client_01",
            &["", "/", "/user_management/client_01"][..],
        ),
        ("supabase", "abc", &["/auth/v1"]),
    ] {
        let plain = jwt(&preset(name, value, &[]));
        let own = jwt(&preset(
            name,
            value,
            &[("JWT_CUSTOM_DOMAIN", "auth.example.com")],
        ));
        assert_eq!(keys_url(&own), keys_url(&plain));
        assert_eq!(
            own.issuer.claims.issuers.len(),
            plain.issuer.claims.issuers.len() + below.len()
        );
        for (path, known) in below
            .iter()
            .map(|path| (*path, true))
            .chain([("/other", false)])
        {
            let claims = json!({"iss": format!("https://auth.example.com{path}"), "sub": "user_1",
                "exp": 2e9, "aud": "authenticated", "role": "authenticated"});
            let claims = if name == "workos" {
                json!({"iss": claims["iss"], "sub": "user_1", "exp": 2e9})
            } else {
                claims
            };
            assert_eq!(check(&own, &claims).is_ok(), known, "{claims}");
            assert_eq!(check(&plain, &claims), Err(TokenFault::Issuer), "{claims}");
        }
    }
}

#[test]
fn refuses_options_that_would_let_in_anybody_or_mean_nothing() {
    let without = ("JWT_WITHOUT_AZP", "allow");
    let party = ("JWT_AZP", "https://app.example");
    let domain = ("JWT_CUSTOM_DOMAIN", "auth.example.com");
    let issuer = [
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", ""),
    ];
    for (changes, variable) in [
        (
            custom(&[issuer[0], issuer[1], party, without]),
            "JWT_WITHOUT_AZP",
        ),
        (custom(&[without]), "JWT_WITHOUT_AZP"),
        (
            custom(&[party, ("JWT_WITHOUT_AZP", "yes")]),
            "JWT_WITHOUT_AZP",
        ),
        (preset("supabase", "abc", &[without]), "JWT_WITHOUT_AZP"),
        (preset("clerk", "clerk.example.com", &[without]), "JWT_AZP"),
        (custom(&[domain]), "JWT_CUSTOM_DOMAIN"),
        (
            preset("clerk", "clerk.example.com", &[party, domain]),
            "JWT_CUSTOM_DOMAIN",
        ),
        (
            preset("firebase", "project", &[domain]),
            "JWT_CUSTOM_DOMAIN",
        ),
        (
            preset(
                "workos",
                "client_01",
                &[("JWT_CUSTOM_DOMAIN", "https://auth.example.com")],
            ),
            "JWT_CUSTOM_DOMAIN",
        ),
        (
            preset(
                "workos",
                "client_01",
                &[("JWT_CUSTOM_DOMAIN", "auth.example.com/x")],
            ),
            "JWT_CUSTOM_DOMAIN",
        ),
        (preset("clerk", "app.example.com/", &[party]), "JWT_ISSUER"),
        (
            preset("clerk", "app.example.com/__clerk/", &[party]),
            "JWT_ISSUER",
        ),
        (
            preset("clerk", "app.example.com/../x", &[party]),
            "JWT_ISSUER",
        ),
        (
            preset("clerk", "app.example.com/a?b", &[party]),
            "JWT_ISSUER",
        ),
        (
            preset("clerk", "user@app.example.com/a", &[party]),
            "JWT_ISSUER",
        ),
        (custom(&[("JWT_COOKIE", "session,to ken")]), "JWT_COOKIE"),
    ] {
        assert_eq!(fault(&changes).variable(), variable, "{changes:?}");
    }
    assert!(parse(&custom(&[party, without])).service.is_ok());
}

#[test]
fn takes_a_token_of_workos_that_was_given_to_its_own_client_only() {
    for changes in [&[][..], &[("JWT_AUDIENCE", "me")]] {
        let jwt = jwt(&preset("workos", "client_01", changes));
        let mut claims = json!({"iss": "https://api.workos.com", "sub": "user_1", "exp": 2e9,
            "aud": if changes.is_empty() { "client_01" } else { "me" }});
        assert!(check(&jwt, &claims).is_ok());
        for client in [json!("client_02"), json!(""), json!(["client_01"])] {
            claims["client_id"] = client;
            let found = check(&jwt, &claims).err();
            assert_eq!(
                found,
                Some(TokenFault::Nobody(Nobody::OtherClient)),
                "{claims}"
            );
        }
        for own in [json!("client_01"), json!(null)] {
            claims["client_id"] = own;
            assert!(check(&jwt, &claims).is_ok());
        }
    }
}

#[test]
fn knows_whose_tokens_a_preset_gets() {
    let nobody = |nobody| Some(TokenFault::Nobody(nobody));
    for (changes, claims) in sessions() {
        let jwt = jwt(&changes);
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            check(&jwt, &claims).err()
        };
        let preset = changes.iter().rfind(|(name, _)| *name == "JWT_PRESET");
        let preset = preset.map_or("custom", |(_, value)| value);
        assert_eq!(
            with("role", json!("anon")),
            nobody(Nobody::Role),
            "{preset}"
        );
        let role = with("role", json!("dashboard_user"));
        let expected = (preset == "supabase").then_some(TokenFault::Nobody(Nobody::Role));
        assert_eq!(role, expected, "{preset}");
        let client = with("client_id", json!("another"));
        let expected = match preset {
            "supabase" | "clerk" | "workos" | "descope" => nobody(Nobody::OtherClient),
            // The name of the application, in access tokens.
            "cognito" if claims["token_use"] == "access" => Some(TokenFault::Audience),
            _ => None,
        };
        assert_eq!(client, expected, "{preset}");
        let machine = with("sub", json!("mch_1"));
        let program = nobody(Nobody::Unaccepted(Acceptable::Programs));
        assert_eq!(machine, program.filter(|_| preset == "clerk"), "{preset}");
    }
}

#[test]
fn accepts_by_name_what_is_no_person_and_only_two_kinds_of_it() {
    let accepted = |value| {
        jwt(&custom(&[("JWT_ACCEPT", value)]))
            .issuer
            .claims
            .accepted
    };
    assert_eq!(accepted(""), [None, None]);
    assert_eq!(accepted("anonymous"), [Some(Acceptable::Anonymous), None]);
    assert_eq!(
        accepted(" programs , anonymous"),
        [Some(Acceptable::Anonymous), Some(Acceptable::Programs)]
    );
    for value in [
        "anon",
        "service_role",
        "pending",
        "clients",
        "refresh",
        "*",
        "Anonymous",
        "program",
        "anonymous,",
        "anonymous,all",
        "true",
    ] {
        let fault = fault(&custom(&[("JWT_ACCEPT", value)]));
        assert_eq!(fault.variable(), "JWT_ACCEPT", "{value}");
    }
}

#[test]
fn names_nobody_by_what_users_write() {
    for name in [
        "JWT_IDENTITY_CLAIM",
        "JWT_ORGANIZATION_CLAIM",
        "JWT_TEAM_CLAIM",
        "JWT_PROJECT_CLAIM",
    ] {
        for value in [
            "user_metadata.org",
            "unsafeMetadata.org",
            "https://app.example/user_metadata",
            "raw_user_meta_data.id",
            "nickname",
            "preferredUsername",
        ] {
            assert_eq!(fault(&custom(&[(name, value)])).variable(), name, "{value}");
        }
        assert!(
            parse(&custom(&[(name, "app_metadata.org")]))
                .service
                .is_ok()
        );
    }
}

#[test]
fn knows_one_tenant_and_only_where_there_are_tenants() {
    let firebase = |changes| preset("firebase", "project", changes);
    let set = jwt(&firebase(&[("JWT_TENANT", "blue")]));
    assert_eq!(set.issuer.claims.tenant.as_deref(), Some("blue"));
    let at_google = [
        (
            "JWT_ISSUER",
            "https://securetoken.google.com/p, https://session.firebase.google.com/p",
        ),
        ("JWT_TENANT", "blue"),
    ];
    let set = jwt(&custom(&at_google));
    assert_eq!(set.issuer.claims.tenant.as_deref(), Some("blue"));
    let mixed = "https://securetoken.google.com/p,https://issuer.example";
    for changes in [
        firebase(&[("JWT_TENANT", "blue,green")]),
        custom(&[("JWT_TENANT", "blue")]),
        custom(&[("JWT_TENANT", "blue"), ("JWT_ISSUER", mixed)]),
        custom(&[
            ("JWT_TENANT", "blue"),
            (
                "JWT_ISSUER",
                "https://evil.example/https://securetoken.google.com/p",
            ),
        ]),
        preset("supabase", "ref", &[("JWT_TENANT", "blue")]),
    ] {
        assert_eq!(fault(&changes).variable(), "JWT_TENANT", "{changes:?}");
    }
}

#[test]
fn takes_users_of_its_own_tenant_only_whatever_the_preset_is() {
    let issuer = "https://securetoken.google.com/project";
    let by_hand = [("JWT_ISSUER", issuer), ("JWT_AUDIENCE", "project")];
    let tenant = ("JWT_TENANT", "blue");
    for (without, with) in [
        (
            preset("firebase", "project", &[]),
            preset("firebase", "project", &[tenant]),
        ),
        (custom(&by_hand), custom(&[by_hand[0], by_hand[1], tenant])),
    ] {
        let (without, with) = (jwt(&without), jwt(&with));
        for (firebase, of_no_tenant, of_blue) in [
            (json!({"tenant": "blue"}), false, true),
            (json!({"tenant": "green"}), false, false),
            (json!({"tenant": "Blue"}), false, false),
            (json!({"tenant": ""}), false, false),
            (json!({"tenant": null}), true, false),
            (json!({"tenant": ["blue"]}), false, false),
            (json!({"sign_in_provider": "password"}), true, false),
            (json!("blue"), true, false),
            (json!(null), true, false),
        ] {
            let claims = json!({"iss": issuer, "aud": "project", "sub": "ada", "exp": 2e9,
                "firebase": firebase});
            let refused = |jwt| match check(jwt, &claims) {
                Ok(_) => false,
                Err(fault) => {
                    assert_eq!(fault, TokenFault::Tenant, "{claims}");
                    true
                }
            };
            assert_eq!(refused(&without), !of_no_tenant, "{claims}");
            assert_eq!(refused(&with), !of_blue, "{claims}");
        }
        let guest = json!({"iss": issuer, "aud": "project", "sub": "ada", "exp": 2e9,
            "firebase": {"sign_in_provider": "anonymous"}});
        let anonymous = Nobody::Unaccepted(Acceptable::Anonymous);
        assert_eq!(check(&without, &guest), Err(TokenFault::Nobody(anonymous)));
    }
}
