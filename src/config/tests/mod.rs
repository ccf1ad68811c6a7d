mod access_and_grants;
mod bindings;
mod jwt;
mod presets;
mod session;

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Config, ConfigFault, Service};
use crate::caller::grant::GRANT_HEADER;
use crate::caller::{CALLER_KEY_HEADER, Source, SourceName, Trust};
use crate::http::cors::{AllowedOrigins, CorsPolicy};
use crate::http::trace_context::{TRACEPARENT, TRACESTATE};
use crate::identity::{Charset, IdentityType};
use crate::runtime::Binding;
use crate::upstream::endpoint::Provider;
use crate::upstream::policy::{Entry, IntegrationPolicy};

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
    parse(changes).service.unwrap_err().swap_remove(0)
}

#[test]
fn say_what_to_add_to_a_worker_that_was_built_without_a_feature() {
    assert_eq!(super::needs(true, "CONNECTIONS", "connections"), Ok(()));
    let fault = super::needs(false, "CONNECTIONS", "connections").unwrap_err();
    assert_eq!(
        fault.to_string(),
        "CONNECTIONS: this Worker was built without it: add `connections` to `default` in \
         worker/Cargo.toml, and deploy again"
    );
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
        ("IDENTITY_HEADER", "x-user-id"),
        ("IDENTITY_HEADER", "x-tenant"),
        ("IDENTITY_HEADER", "x-tenant-user"),
        ("IDENTITY_HEADER", "x-account"),
        ("IDENTITY_HEADER", "tenant-id"),
        ("IDENTITY_HEADER", "customer"),
        ("IDENTITY_TYPE", "organization"),
        ("IDENTITY_CHARS", "any"),
        ("ALLOWED_ORIGINS", "*"),
        (
            "ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        ),
        (
            "ALLOWED_ORIGINS",
            "https://auth.withone.ai,capacitor://localhost,http://tauri.localhost,\
             chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ),
        ("AUTHKIT_BASE_URL", "http://127.0.0.1:8788/"),
        ("UPSTREAM_DEADLINE_MS", "100"),
        ("UPSTREAM_DEADLINE_MS", "30000"),
        ("TRUSTED_CALLER_KEY", KEY),
        ("PICA_SECRET_KEY_NEXT", "sk_test_2"),
        ("ROUTE_PREFIX", "/v2"),
        ("ROUTE_ALIASES", "/api/pica-token, /api/one-auth"),
        ("COMPATIBILITY", "flask"),
        ("ALLOWED_INTEGRATIONS", "*"),
        ("BLOCKED_INTEGRATIONS", "Gmail , team: Google Sheets,user:*"),
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
        ("ALLOWED_ORIGINS", "capacitor://localhost/"),
        ("ALLOWED_ORIGINS", "chrome-extension://*"),
        ("ALLOWED_ORIGINS", "file://"),
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
        ("PICA_SECRET_KEY_NEXT", "sk test"),
        ("ROUTE_PREFIX", "v2"),
        ("ROUTE_PREFIX", "/v2/"),
        ("ROUTE_ALIASES", "/a,b"),
        ("ROUTE_ALIASES", "/a?b"),
        ("COMPATIBILITY", "django"),
        ("ALLOWED_INTEGRATIONS", "Gmail,,Slack"),
        ("ALLOWED_INTEGRATIONS", "teams:Slack"),
        ("ALLOWED_INTEGRATIONS", "Team:Slack"),
        ("ALLOWED_INTEGRATIONS", ":Slack"),
        ("BLOCKED_INTEGRATIONS", "team:"),
        ("BLOCKED_INTEGRATIONS", "team:Zoho: CRM"),
    ] {
        assert_eq!(fault(&[(name, value)]).variable(), name, "{name}={value}");
    }
}

#[test]
fn takes_no_header_for_an_identity_that_a_browser_a_proxy_or_a_platform_sets() {
    for name in [
        // HTTP and Fetch.
        "accept",
        "accept-encoding",
        "accept-language",
        "access-control-request-method",
        "authorization",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "date",
        "dnt",
        "early-data",
        "expect",
        "host",
        "if-none-match",
        "keep-alive",
        "origin",
        "pragma",
        "priority",
        "range",
        "Referer",
        "sec-ch-ua",
        "sec-fetch-site",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        // Proxies.
        "client-ip",
        "forwarded",
        "proxy-authorization",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-forwarded",
        "x-forwarded-for",
        "X-Forwarded-User",
        "x-original-url",
        "x-real-ip",
        // Platforms.
        "cdn-loop",
        "CF-Connecting-IP",
        "cf-access-authenticated-user-email",
        "cf-ray",
        "fastly-client-ip",
        "fly-client-ip",
        "x-amz-cf-id",
        "x-amzn-oidc-identity",
        "x-appengine-user-ip",
        "x-azure-clientip",
        "x-envoy-external-address",
        "x-goog-authenticated-user-id",
        "x-middleware-subrequest",
        "x-ms-client-principal-id",
        "x-nf-client-connection-ip",
        "x-vercel-id",
        // Tracing.
        "b3",
        "baggage",
        "sentry-trace",
        TRACEPARENT,
        TRACESTATE,
        "x-b3-traceid",
        "x-cloud-trace-context",
        "x-datadog-trace-id",
        "x-request-id",
        // Ours.
        CALLER_KEY_HEADER,
        GRANT_HEADER,
    ] {
        let fault = fault(&[("IDENTITY_HEADER", name)]);
        assert_eq!(fault.variable(), "IDENTITY_HEADER", "{name}");
        assert!(
            fault.advice().contains("a header name of your own"),
            "{fault}"
        );
    }
}

#[test]
fn names_all_that_is_wrong_at_once() {
    let faults = parse(&[
        ("ALLOWED_ORIGINS", "https://a.example/"),
        ("IDENTITY_HEADER", "cookie"),
        ("PICA_SECRET_KEY", ""),
        ("UPSTREAM_DEADLINE_MS", "8s"),
        ("IDENTITY_TYPE", "email"),
        ("IDENTITY_SOURCE", "grant,jwt,access,body,header"),
        ("ROUTE_PREFIX", "/v2/"),
        ("JWT_ALGORITHMS", "HS256"),
        ("JWT_SECRET", "short"),
        ("JWT_ISSUER", "https://issuer.example"),
        ("GRANT_KEY", "short"),
        ("TRUSTED_CALLER_KEY", "short"),
    ]);
    let faults = faults.service.unwrap_err();
    let mut variables: Vec<&str> = faults.iter().map(ConfigFault::variable).collect();
    variables.sort_unstable();
    let wanted = [
        "ACCESS_TEAM_DOMAIN",
        "ALLOWED_ORIGINS",
        "GRANT_KEY",
        "IDENTITY_HEADER",
        "IDENTITY_TYPE",
        "JWT_AUDIENCE",
        "JWT_SECRET",
        "PICA_SECRET_KEY",
        "ROUTE_PREFIX",
        "TRUSTED_CALLER_KEY",
        "UPSTREAM_DEADLINE_MS",
    ];
    assert_eq!(variables, wanted);
}

#[test]
fn knows_a_secret_by_its_name() {
    let settings = include_str!("../../../docs/reference.md").lines();
    let rows = settings.filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut secrets = 0;
    for (name, kind) in rows.filter(|(_, kind)| kind.starts_with(['s', 'v'])) {
        let secret = kind.starts_with("secret");
        assert_eq!(
            ConfigFault::new(name, "").is_of_a_secret(),
            secret,
            "{name}"
        );
        secrets += usize::from(secret);
    }
    assert!(secrets >= 7, "{secrets}");
}

#[test]
fn warns_of_what_works_but_is_probably_a_mistake() {
    let warnings = |changes| {
        let warnings = parse(changes).warnings;
        warnings
            .iter()
            .map(ConfigFault::variable)
            .collect::<Vec<_>>()
    };
    for changes in [
        &[] as &[(&str, &str)],
        &[("ENVIRONMENT", "staging")],
        // What most plans have.
        &[("ENVIRONMENT", "production")],
        &[("ENVIRONMENT", "")],
        &[
            ("ENVIRONMENT", "staging"),
            ("PICA_SECRET_KEY", "sk_live_1"),
            ("PICA_SECRET_KEY_NEXT", "sk_test_2"),
        ],
        &[("ENVIRONMENT", ""), ("PICA_SECRET_KEY", "sk_live_1")],
        &[("ALLOWED_ORIGINS", "*")],
        &[(
            "ALLOWED_ORIGINS",
            "https://a.example,https://auth.withone.ai",
        )],
    ] {
        assert_eq!(warnings(changes), [] as [&str; 0], "{changes:?}");
    }
    for (changes, variable) in [
        (
            &[("PICA_SECRET_KEY", "pk_live_1")] as &[(&str, &str)],
            "PICA_SECRET_KEY",
        ),
        (&[("PICA_SECRET_KEY", "sk-live-1")], "PICA_SECRET_KEY"),
        (&[("PICA_SECRET_KEY", "sk_live_1")], "PICA_SECRET_KEY"),
        (
            &[("PICA_SECRET_KEY_NEXT", "sk_live_1")],
            "PICA_SECRET_KEY_NEXT",
        ),
        (&[("ONE_SECRET_KEY_NEXT", "live_1")], "ONE_SECRET_KEY_NEXT"),
        (&[("ONE_SECRET_KEY", "live_1")], "ONE_SECRET_KEY"),
        (
            &[("ALLOWED_ORIGINS", "https://a.example")],
            "ALLOWED_ORIGINS",
        ),
    ] {
        assert_eq!(warnings(changes), [variable], "{changes:?}");
    }
}

#[test]
fn counts_the_entries_of_the_origin_list() {
    let list = |count| vec!["https://a.example"; count].join(",");
    assert!(parse(&[("ALLOWED_ORIGINS", &list(256))]).service.is_ok());
    assert_eq!(
        fault(&[("ALLOWED_ORIGINS", &list(257))]).variable(),
        "ALLOWED_ORIGINS"
    );
}

#[test]
fn reads_which_integrations_are_listed_and_for_whom() {
    assert_eq!(service(&[]).integrations, None);
    let entry = |identity_type, name: &str| Entry {
        identity_type,
        name: name.to_owned(),
    };
    let found = service(&[("ALLOWED_INTEGRATIONS", "Gmail, team : Google Sheets,user:*")]);
    let wanted = IntegrationPolicy {
        allowed: Some(vec![
            entry(None, "Gmail"),
            entry(Some(IdentityType::Team), "Google Sheets"),
            entry(Some(IdentityType::User), "*"),
        ]),
        blocked: Vec::new(),
    };
    assert_eq!(found.integrations, Some(wanted));
    let blocked = service(&[("BLOCKED_INTEGRATIONS", "Gmail")]).integrations;
    assert_eq!(blocked.unwrap().allowed, None);
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
        "ALLOWED_INTEGRATIONS",
        "BLOCKED_INTEGRATIONS",
    ] {
        for fault in parse(&[(name, misplaced)])
            .service
            .err()
            .unwrap_or_default()
        {
            assert!(!fault.to_string().contains("sk_live"), "{fault}");
        }
    }
}

/// The same deployment with one binding of another kind.
fn with_binding(name: &str, binding: fn() -> Binding) -> Result<Service, Vec<ConfigFault>> {
    let text = |text: &str| Some(Binding::Text(text.to_owned()));
    let config = Config::parse(|asked| match asked {
        _ if asked == name => Some(binding()),
        "ENVIRONMENT" => text("development"),
        "IDENTITY_SOURCE" => text("header"),
        "PICA_SECRET_KEY" => text("sk_test_1"),
        _ => None,
    });
    config.service
}

#[test]
fn takes_no_binding_for_one_of_another_kind() {
    for name in ["CLIENT_LIMITER", "IDENTITY_LIMITER"] {
        assert!(with_binding(name, || Binding::Object).is_ok());
        let text = with_binding(name, || Binding::Text("100".to_owned()));
        assert_eq!(text.unwrap_err()[0].variable(), name);
    }
    // Left out, these would mean something; a binding that cannot be read must not.
    for name in ["ENVIRONMENT", "ALLOWED_ORIGINS", "BLOCKED_INTEGRATIONS"] {
        let fault = &with_binding(name, || Binding::Object).unwrap_err()[0];
        assert!(fault.to_string().contains("variable"), "{fault}");
    }
    for name in ["TRUSTED_CALLER_KEY", "PICA_SECRET_KEY_NEXT"] {
        let fault = &with_binding(name, || Binding::Object).unwrap_err()[0];
        assert_eq!(fault.variable(), name);
        assert!(fault.to_string().contains("Secrets Store"), "{fault}");
    }
}

#[test]
fn keeps_a_cors_policy_when_all_else_is_wrong() {
    let widgets =
        super::WIDGET_ORIGINS.map(|text| crate::http::origin::PageOrigin::parse(text).unwrap());
    let wanted = CorsPolicy::new(AllowedOrigins::List(widgets.to_vec()), ["x-user-id"]);
    assert_eq!(Config::parse(|_| None::<String>).cors, wanted);
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
