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
        ("IDENTITY_SOURCE", "body,grant", "IDENTITY_SOURCE"),
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
    for source in ["grant,header", "body,grant"] {
        let source = ("IDENTITY_SOURCE", source);
        // Where everybody is believed, everybody would get one.
        let near = grant(&[source, ("ENVIRONMENT", "development")]);
        assert_eq!(fault(&near).variable(), "IDENTITY_SOURCE");
        let keyed = grant(&[source, ("TRUSTED_CALLER_KEY", KEY)]);
        assert!(parse(&keyed).service.is_ok());
        let short = grant(&[source, ("TRUSTED_CALLER_KEY", "short")]);
        assert_eq!(fault(&short).variable(), "TRUSTED_CALLER_KEY");
    }
    let unset = fault(&grant(&[("GRANT_KEY", "")]));
    for place in ["wrangler secret put GRANT_KEY", ".dev.vars"] {
        assert!(unset.advice().contains(place), "{}", unset.advice());
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
