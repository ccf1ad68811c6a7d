use std::collections::BTreeMap;
use std::time::Duration;

use super::{Config, ConfigFault, Service};
use crate::caller::{Source, SourceName, Trust};
use crate::cors::{AllowedOrigins, CorsPolicy};
use crate::identity::{Charset, IdentityType};
use crate::upstream::endpoint::Provider;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A deployment that works, changed by `changes`; an empty value takes a variable away.
fn parse(changes: &[(&str, &str)]) -> Config {
    let mut variables = BTreeMap::from([
        ("ENVIRONMENT", "development"),
        ("IDENTITY_SOURCE", "header"),
        ("PICA_SECRET_KEY", "sk_test_1"),
    ]);
    variables.extend(changes.iter().copied());
    Config::parse(|name| variables.get(name).map(|text| (*text).to_owned()))
}

fn service(changes: &[(&str, &str)]) -> Service {
    parse(changes).service.unwrap()
}

fn fault(changes: &[(&str, &str)]) -> ConfigFault {
    parse(changes).service.unwrap_err()
}

#[test]
fn has_defaults_for_all_but_three() {
    let config = parse(&[]);
    let service = config.service.unwrap();
    assert_eq!(service.endpoint.provider, Provider::Pica);
    assert_eq!(service.endpoint.origin.as_str(), "https://api.picaos.com");
    assert_eq!(service.upstream_deadline, Duration::from_secs(8));
    assert_eq!(service.callers.charset, Charset::Distinct);
    assert_eq!(service.callers.default_type, IdentityType::User);
    assert_eq!(service.callers.sources.len(), 1);
    assert!(matches!(
        service.callers.sources[..],
        [Source::Header(_, Trust::Development)]
    ));
}

#[test]
fn takes_every_value_that_is_documented() {
    for (name, value) in [
        ("IDENTITY_SOURCE", "body"),
        ("IDENTITY_SOURCE", "header, body"),
        ("IDENTITY_HEADER", "X-Tenant_User"),
        ("IDENTITY_TYPE", "organization"),
        ("IDENTITY_CHARS", "any"),
        ("ALLOWED_ORIGINS", "*"),
        (
            "ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        ),
        ("AUTHKIT_BASE_URL", "http://127.0.0.1:8788/"),
        ("UPSTREAM_DEADLINE_MS", "100"),
        ("UPSTREAM_DEADLINE_MS", "30000"),
        ("TRUSTED_CALLER_KEY", KEY),
        ("ROUTE_PREFIX", "/v2"),
        ("ROUTE_ALIASES", "/api/pica-token, /api/one-auth"),
        ("COMPATIBILITY", "flask"),
    ] {
        assert!(parse(&[(name, value)]).service.is_ok(), "{name}={value}");
    }
    let both = service(&[("IDENTITY_SOURCE", " body ,header ")]);
    let names: Vec<SourceName> = both.callers.sources.iter().map(Source::name).collect();
    assert_eq!(names, [SourceName::Body, SourceName::Header]);
}

#[test]
fn names_the_variable_that_is_wrong() {
    for (name, value) in [
        ("IDENTITY_SOURCE", ""),
        ("IDENTITY_SOURCE", " "),
        ("IDENTITY_SOURCE", "cookie"),
        ("IDENTITY_SOURCE", "header,"),
        ("IDENTITY_SOURCE", "Header"),
        ("IDENTITY_SOURCE", "header,header"),
        ("IDENTITY_HEADER", "authorization"),
        ("IDENTITY_HEADER", "Cookie"),
        ("IDENTITY_HEADER", "x-authkit-key"),
        ("IDENTITY_HEADER", "x user"),
        ("IDENTITY_HEADER", "x-user\r\nx"),
        ("IDENTITY_TYPE", "email"),
        ("IDENTITY_CHARS", "all"),
        ("ENVIRONMENT", "dev"),
        ("ENVIRONMENT", "Development"),
        ("TRUSTED_CALLER_KEY", "short"),
        ("TRUSTED_CALLER_KEY", &KEY[1..]),
        ("ALLOWED_ORIGINS", "*, https://a.example"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://a.example/"),
        ("ALLOWED_ORIGINS", "https://*.example.com"),
        ("ALLOWED_ORIGINS", "https://a.example,"),
        ("AUTHKIT_PROVIDER", "Pica"),
        ("AUTHKIT_BASE_URL", "http://api.picaos.com"),
        ("AUTHKIT_BASE_URL", "https://user@api.picaos.com"),
        ("AUTHKIT_BASE_URL", "https://api.picaos.com/v1"),
        ("AUTHKIT_BASE_URL", "api.picaos.com"),
        ("UPSTREAM_DEADLINE_MS", "99"),
        ("UPSTREAM_DEADLINE_MS", "30001"),
        ("UPSTREAM_DEADLINE_MS", "8s"),
        ("UPSTREAM_DEADLINE_MS", "1e3"),
        ("PICA_SECRET_KEY", ""),
        ("PICA_SECRET_KEY", "sk test"),
        ("ROUTE_PREFIX", "v2"),
        ("ROUTE_PREFIX", "/v2/"),
        ("ROUTE_ALIASES", "/a,b"),
        ("ROUTE_ALIASES", "/a?b"),
        ("COMPATIBILITY", "django"),
    ] {
        assert_eq!(fault(&[(name, value)]).variable(), name, "{name}={value}");
    }
}

#[test]
fn counts_the_entries_of_the_origin_list() {
    let list = |count| vec!["https://a.example"; count].join(",");
    assert!(parse(&[("ALLOWED_ORIGINS", &list(64))]).service.is_ok());
    assert_eq!(
        fault(&[("ALLOWED_ORIGINS", &list(65))]).variable(),
        "ALLOWED_ORIGINS"
    );
}

#[test]
fn needs_the_key_of_the_provider_that_is_chosen() {
    assert_eq!(
        fault(&[("AUTHKIT_PROVIDER", "one")]).variable(),
        "ONE_SECRET_KEY"
    );
    let one = service(&[("AUTHKIT_PROVIDER", "one"), ("ONE_SECRET_KEY", "sk_live_1")]);
    assert_eq!(one.endpoint.origin.as_str(), "https://api.withone.ai");
}

#[test]
fn trusts_nobody_for_the_name_of_an_environment_alone() {
    for environment in ["", "production", "staging"] {
        let fault = fault(&[("ENVIRONMENT", environment)]);
        assert!(fault.to_string().contains("TRUSTED_CALLER_KEY"), "{fault}");
        let keyed = service(&[("ENVIRONMENT", environment), ("TRUSTED_CALLER_KEY", KEY)]);
        assert!(matches!(
            keyed.callers.sources[..],
            [Source::Header(_, Trust::CallerKey { .. })]
        ));
    }
    // A key that is bound is asked for, in development too.
    let keyed = service(&[("TRUSTED_CALLER_KEY", KEY)]);
    assert!(matches!(
        keyed.callers.sources[..],
        [Source::Header(_, Trust::CallerKey { .. })]
    ));
}

#[test]
fn never_says_the_value_of_a_variable() {
    let misplaced = "sk_live_in_the_wrong_place";
    for name in [
        "IDENTITY_SOURCE",
        "IDENTITY_HEADER",
        "IDENTITY_TYPE",
        "IDENTITY_CHARS",
        "ENVIRONMENT",
        "TRUSTED_CALLER_KEY",
        "ALLOWED_ORIGINS",
        "AUTHKIT_PROVIDER",
        "AUTHKIT_BASE_URL",
        "UPSTREAM_DEADLINE_MS",
    ] {
        if let Err(fault) = parse(&[(name, misplaced)]).service {
            assert!(!fault.to_string().contains("sk_live"), "{fault}");
        }
    }
}

#[test]
fn keeps_a_cors_policy_when_all_else_is_wrong() {
    let widgets = super::WIDGET_ORIGINS.map(|text| crate::origin::Origin::parse(text).unwrap());
    let wanted = CorsPolicy::new(AllowedOrigins::List(widgets.to_vec()), ["x-user-id"]);
    assert_eq!(Config::parse(|_| None).cors, wanted);
    assert_eq!(parse(&[("ALLOWED_ORIGINS", "nonsense")]).cors, wanted);
}

#[test]
fn prints_no_secret() {
    let printed = format!("{:?}", service(&[("TRUSTED_CALLER_KEY", KEY)]));
    assert!(
        !printed.contains(KEY) && !printed.contains("sk_test_1"),
        "{printed}"
    );
}

mod jwt {
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
        assert_eq!(jwt.issuer.claims.audience, Audience::KeysOrParty);
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
                Audience::KeysOrParty,
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
                Audience::KeysOrParty,
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
}

mod access_and_grants {
    use super::{KEY, fault, parse};

    const ACCESS: [(&str, &str); 4] = [
        ("ENVIRONMENT", "production"),
        ("IDENTITY_SOURCE", "access"),
        ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com"),
        ("ACCESS_AUD", "tag"),
    ];

    fn access<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        ACCESS.iter().chain(changes).copied().collect()
    }

    #[test]
    fn name_what_is_missing_or_wrong() {
        assert!(parse(&access(&[])).service.is_ok());
        assert!(
            parse(&access(&[(
                "ACCESS_TEAM_DOMAIN",
                "https://team.cloudflareaccess.com"
            )]))
            .service
            .is_ok()
        );
        for (name, value) in [
            ("ACCESS_TEAM_DOMAIN", ""),
            ("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com/"),
            ("ACCESS_TEAM_DOMAIN", "http://127.0.0.1:9000"),
            ("ACCESS_AUD", ""),
            ("ACCESS_SERVICE_TOKENS", "yes"),
        ] {
            assert_eq!(fault(&access(&[(name, value)])).variable(), name, "{value}");
        }
        let local = [
            ("ACCESS_TEAM_DOMAIN", "http://127.0.0.1:9000"),
            ("ENVIRONMENT", "development"),
        ];
        assert!(parse(&access(&local)).service.is_ok());
    }

    #[test]
    fn need_somebody_who_gets_the_grants_and_a_key() {
        let grant = |changes: &[(&'static str, &'static str)]| {
            access(
                &[
                    &[("IDENTITY_SOURCE", "grant,access"), ("GRANT_KEY", KEY)],
                    changes,
                ]
                .concat(),
            )
        };
        assert!(parse(&grant(&[])).service.is_ok());
        for (name, value, variable) in [
            ("IDENTITY_SOURCE", "grant", "IDENTITY_SOURCE"),
            ("IDENTITY_SOURCE", "grant,header", "IDENTITY_SOURCE"),
            ("GRANT_KEY", "", "GRANT_KEY"),
            ("GRANT_KEY", "short", "GRANT_KEY"),
            ("GRANT_KEY_PREVIOUS", "short", "GRANT_KEY_PREVIOUS"),
            ("GRANT_TTL_SECONDS", "29", "GRANT_TTL_SECONDS"),
            ("GRANT_TTL_SECONDS", "3601", "GRANT_TTL_SECONDS"),
        ] {
            assert_eq!(
                fault(&grant(&[(name, value)])).variable(),
                variable,
                "{value}"
            );
        }
    }

    #[test]
    fn let_the_callers_key_be_rotated() {
        let keyed = |current, previous| {
            parse(&[
                ("ENVIRONMENT", "production"),
                ("TRUSTED_CALLER_KEY", current),
                ("TRUSTED_CALLER_KEY_PREVIOUS", previous),
            ])
        };
        assert!(keyed(KEY, KEY).service.is_ok());
        assert!(keyed("", KEY).service.is_err());
        assert!(keyed(KEY, "short").service.is_err());
    }
}
