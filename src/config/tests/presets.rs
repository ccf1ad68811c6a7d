//! The products of `JWT_PRESET`, one after the other: what each makes of its one value, which tokens it
//! takes, and which it does not.

use serde_json::{Value, json};

use super::jwt::{check, custom, jwt, keys_url, preset};
use super::{fault, parse};
use crate::caller::CookieForm;
use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::claim_path::ClaimPath;
use crate::jwt::claims::Audience;
use crate::jwt::persons::{Acceptable, Nobody};

struct Product {
    name: &'static str,
    value: &'static str,
    /// What else has to be set.
    more: &'static [(&'static str, &'static str)],
    issuer: &'static str,
    keys: &'static str,
    algorithms: &'static [&'static str],
    cookies: &'static [&'static str],
    /// The identity of the user and of the organization in `session`.
    user: &'static str,
    organization: &'static str,
    /// The claims of a user's token, but `iss` and `exp`.
    session: fn() -> Value,
    /// What its keys sign for whoever is no user: what is other in it.
    nobody: fn() -> Vec<(Value, Nobody)>,
}

const AUD: &[(&str, &str)] = &[("JWT_AUDIENCE", "me")];
const PROGRAM: Nobody = Nobody::Unaccepted(Acceptable::Programs);

/// The claims by which each product tells, as its documentation has them.
const PRODUCTS: &[Product] = &[
    Product {
        name: "better-auth",
        value: "auth.example.com",
        more: &[],
        issuer: "https://auth.example.com",
        keys: "https://auth.example.com/api/auth/jwks",
        algorithms: &["EdDSA"],
        cookies: &[],
        user: "u1",
        organization: "",
        session: || json!({"sub": "u1", "aud": "https://auth.example.com", "id": "u1", "role": "admin"}),
        nobody: || {
            vec![
                (json!({"azp": "c1", "scope": "openid"}), Nobody::OtherClient),
                (
                    json!({"isAnonymous": true}),
                    Nobody::Unaccepted(Acceptable::Anonymous),
                ),
            ]
        },
    },
    Product {
        name: "keycloak",
        value: "id.example.com/realms/my-realm",
        more: &[("JWT_AZP", "my-app")],
        issuer: "https://id.example.com/realms/my-realm",
        keys: "https://id.example.com/realms/my-realm/protocol/openid-connect/certs",
        algorithms: &["RS256"],
        cookies: &[],
        user: "u1",
        organization: "",
        session: || json!({"sub": "u1", "aud": "account", "azp": "my-app", "typ": "Bearer"}),
        nobody: || {
            vec![
                (
                    json!({"preferred_username": "service-account-my-app", "clientHost": "10.0.0.1"}),
                    PROGRAM,
                ),
                (json!({"typ": "Refresh"}), Nobody::OtherKind),
            ]
        },
    },
    Product {
        name: "okta",
        value: "my-org.okta.com/oauth2/default",
        more: AUD,
        issuer: "https://my-org.okta.com/oauth2/default",
        keys: "https://my-org.okta.com/oauth2/default/v1/keys",
        algorithms: &["RS256"],
        cookies: &[],
        user: "00u1",
        organization: "",
        session: || json!({"sub": "ada@example.com", "uid": "00u1", "cid": "0oa1", "aud": "me", "jti": "AT.1"}),
        nobody: || {
            vec![
                (json!({"sub": "0oa1", "uid": null}), PROGRAM),
                (json!({"uid": null}), PROGRAM),
            ]
        },
    },
    Product {
        name: "entra",
        value: "9188040D-6c67-4c5b-b112-36a304b66dad",
        more: AUD,
        issuer: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        keys: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/discovery/v2.0/keys",
        algorithms: &["RS256"],
        cookies: &[],
        user: "o1",
        organization: "t1",
        session: || {
            json!({"ver": "2.0", "aud": "me", "azp": "spa", "oid": "o1", "sub": "s1", "tid": "t1",
                "scp": "access"})
        },
        nobody: || {
            vec![
                (json!({"scp": null, "roles": ["r"]}), PROGRAM),
                (json!({"idtyp": "app"}), PROGRAM),
                (json!({"sub": "o1"}), PROGRAM),
            ]
        },
    },
    Product {
        name: "firebase-session",
        value: "project",
        more: &[],
        issuer: "https://session.firebase.google.com/project",
        keys: "https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys",
        algorithms: &["RS256"],
        cookies: &["__session", "session"],
        user: "u1",
        organization: "",
        session: || {
            json!({"sub": "u1", "user_id": "u1", "aud": "project",
                "firebase": {"sign_in_provider": "password"}})
        },
        nobody: || {
            vec![(
                json!({"firebase": {"sign_in_provider": "anonymous"}}),
                Nobody::Unaccepted(Acceptable::Anonymous),
            )]
        },
    },
    Product {
        name: "kinde",
        value: "shop.kinde.com",
        more: AUD,
        issuer: "https://shop.kinde.com",
        keys: "https://shop.kinde.com/.well-known/jwks",
        algorithms: &["RS256"],
        cookies: &["access_token"],
        user: "kp_1",
        organization: "org_1",
        session: || {
            json!({"sub": "kp_1", "aud": ["me"], "azp": "c1", "org_code": "org_1",
                "gty": ["authorization_code"]})
        },
        nobody: || vec![(json!({"sub": null, "gty": ["client_credentials"]}), PROGRAM)],
    },
    Product {
        name: "logto",
        value: "t1.logto.app",
        more: AUD,
        issuer: "https://t1.logto.app/oidc",
        keys: "https://t1.logto.app/oidc/jwks",
        algorithms: &["ES384", "RS256"],
        cookies: &[],
        user: "u1",
        organization: "org_1",
        session: || json!({"sub": "u1", "client_id": "c1", "aud": "me", "organization_id": "org_1"}),
        nobody: || vec![(json!({"sub": "c1"}), PROGRAM)],
    },
    Product {
        name: "stytch",
        value: "project-live-1",
        more: &[],
        issuer: "stytch.com/project-live-1",
        keys: "https://api.stytch.com/v1/sessions/jwks/project-live-1",
        algorithms: &["RS256"],
        cookies: &["stytch_session_jwt"],
        user: "user-live-1",
        organization: "",
        session: || {
            json!({"sub": "user-live-1", "aud": ["project-live-1"],
                "https://stytch.com/session": {"id": "session-live-1"}})
        },
        nobody: || {
            vec![
                (
                    json!({"client_id": "connected-app-live-1"}),
                    Nobody::OtherClient,
                ),
                (
                    json!({"https://stytch.com/session": null}),
                    Nobody::OtherKind,
                ),
                (json!({"sub": "m2m-client-live-1"}), PROGRAM),
            ]
        },
    },
    Product {
        name: "stytch-b2b",
        value: "project-test-1",
        more: &[],
        issuer: "stytch.com/project-test-1",
        keys: "https://test.stytch.com/v1/b2b/sessions/jwks/project-test-1",
        algorithms: &["RS256"],
        cookies: &["stytch_session_jwt"],
        user: "member-test-1",
        organization: "organization-test-1",
        session: || {
            json!({"sub": "member-test-1", "aud": ["project-test-1"],
                "https://stytch.com/session": {"id": "member-session-test-1"},
                "https://stytch.com/organization": {
                    "organization_id": "organization-test-1", "slug": "acme"}})
        },
        nobody: || {
            vec![(
                json!({"https://stytch.com/session": null}),
                Nobody::OtherKind,
            )]
        },
    },
    Product {
        name: "descope",
        value: "P2abc",
        more: &[],
        issuer: "P2abc",
        keys: "https://api.descope.com/v2/keys/P2abc",
        algorithms: &["RS256"],
        cookies: &["DS"],
        user: "U2abc",
        organization: "T2abc",
        session: || json!({"sub": "U2abc", "drn": "DS", "dct": "T2abc", "amr": ["email"]}),
        nobody: || {
            vec![
                (json!({"drn": "DSR"}), Nobody::OtherKind),
                (json!({"drn": null}), Nobody::OtherKind),
                (json!({"sub": "K2abc"}), PROGRAM),
            ]
        },
    },
    Product {
        name: "zitadel",
        value: "my.zitadel.cloud",
        more: AUD,
        issuer: "https://my.zitadel.cloud",
        keys: "https://my.zitadel.cloud/oauth/v2/keys",
        algorithms: &["RS256", "ES256", "EdDSA"],
        cookies: &[],
        user: "1771",
        organization: "1770",
        session: || {
            json!({"sub": "1771", "aud": ["c1", "me"],
                "urn:zitadel:iam:user:resourceowner:id": "1770"})
        },
        nobody: || vec![(json!({"sub": "c1"}), PROGRAM)],
    },
    Product {
        name: "stack",
        value: "project",
        more: &[],
        issuer: "https://api.stack-auth.com/api/v1/projects/project",
        keys: "https://api.stack-auth.com/api/v1/projects/project/.well-known/jwks.json",
        algorithms: &["ES256"],
        cookies: &[],
        user: "u1",
        organization: "t1",
        session: || {
            json!({"sub": "u1", "aud": "project", "selected_team_id": "t1", "is_anonymous": false,
                "is_restricted": false})
        },
        nobody: || {
            vec![
                (
                    json!({"is_anonymous": true}),
                    Nobody::Unaccepted(Acceptable::Anonymous),
                ),
                (json!({"is_restricted": true}), Nobody::Pending),
            ]
        },
    },
    Product {
        name: "hanko",
        value: "f4e8.hanko.io",
        more: AUD,
        issuer: "https://f4e8.hanko.io",
        keys: "https://f4e8.hanko.io/.well-known/jwks.json",
        algorithms: &["RS256"],
        cookies: &["hanko"],
        user: "u1",
        organization: "",
        session: || json!({"sub": "u1", "aud": ["me"], "session_id": "s1"}),
        nobody: || vec![(json!({"session_id": null}), Nobody::OtherKind)],
    },
    Product {
        name: "supertokens",
        value: "api.example.com/auth",
        more: &[],
        issuer: "https://api.example.com/auth",
        keys: "https://api.example.com/auth/jwt/jwks.json",
        algorithms: &["RS256"],
        cookies: &["sAccessToken"],
        user: "u1",
        organization: "",
        session: || json!({"sub": "u1", "sessionHandle": "h1", "tId": "public", "rsub": "u1"}),
        nobody: || {
            vec![
                (json!({"sessionHandle": null}), Nobody::OtherKind),
                (json!({"st-mfa": {"v": false}}), Nobody::Pending),
            ]
        },
    },
    Product {
        name: "fusionauth",
        value: "auth.example.com",
        more: AUD,
        issuer: "https://auth.example.com",
        keys: "https://auth.example.com/.well-known/jwks.json",
        algorithms: &["RS256", "ES256"],
        cookies: &["app.at"],
        user: "u1",
        organization: "",
        session: || {
            json!({"sub": "u1", "aud": "me", "applicationId": "me", "gty": ["authorization_code"],
                "authenticationType": "PASSWORD"})
        },
        nobody: || vec![(json!({"gty": ["client_credentials"]}), PROGRAM)],
    },
];

impl Product {
    fn changes(&self) -> Vec<(&'static str, &'static str)> {
        preset(self.name, self.value, self.more)
    }

    fn claims(&self) -> Value {
        let mut claims = json!({"iss": self.issuer, "exp": 2_000_000_000});
        let session = (self.session)();
        merge(&mut claims, &session);
        claims
    }
}

fn merge(claims: &mut Value, changes: &Value) {
    let changes = changes.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(changes);
}

/// Each with the claims of a user's session.
pub(super) fn sessions() -> Vec<(Vec<(&'static str, &'static str)>, Value)> {
    let products = PRODUCTS.iter();
    products
        .map(|product| (product.changes(), product.claims()))
        .collect()
}

#[test]
fn are_what_their_documentation_says() {
    for product in PRODUCTS {
        let (name, jwt) = (product.name, jwt(&product.changes()));
        assert_eq!(jwt.issuer.claims.issuers[0], product.issuer, "{name}");
        assert_eq!(keys_url(&jwt), product.keys, "{name}");
        let algorithms: Vec<Algorithm> = product
            .algorithms
            .iter()
            .map(|name| Algorithm::parse(name).unwrap())
            .collect();
        assert_eq!(jwt.issuer.algorithms, algorithms, "{name}");
        assert_eq!(jwt.cookies, product.cookies, "{name}");
        assert_eq!(jwt.cookie_form, CookieForm::Token, "{name}");
        assert!(!jwt.escapes_bars, "{name}");
    }
}

#[test]
fn name_the_user_and_the_organization() {
    for product in PRODUCTS {
        let (name, jwt) = (product.name, jwt(&product.changes()));
        let claims = check(&jwt, &product.claims()).unwrap();
        let at = |path: &ClaimPath| claims.identities(path).unwrap();
        assert_eq!(at(&jwt.claims.user), [product.user], "{name}");
        let organization = jwt.claims.organization.as_ref().map(at).unwrap_or_default();
        assert_eq!(organization.concat(), product.organization, "{name}");
    }
}

#[test]
fn refuse_what_the_same_keys_sign_for_whoever_is_no_user() {
    for product in PRODUCTS {
        let jwt = jwt(&product.changes());
        for (changes, nobody) in (product.nobody)() {
            let mut claims = product.claims();
            merge(&mut claims, &changes);
            let found = check(&jwt, &claims);
            assert_eq!(found, Err(TokenFault::Nobody(nobody)), "{claims}");
        }
    }
}

#[test]
fn refuse_other_issuers_and_other_audiences() {
    for product in PRODUCTS {
        let jwt = jwt(&product.changes());
        for issuer in [
            json!(format!("{}/", product.issuer)),
            json!(format!("{}x", product.issuer)),
            json!(product.issuer.to_uppercase()),
            json!(product.issuer.replace("https://", "http://") + "#"),
            json!("https://evil.example"),
            json!(""),
            json!([product.issuer]),
            json!(7),
            json!(null),
        ] {
            let mut claims = product.claims();
            claims["iss"] = issuer;
            let found = check(&jwt, &claims);
            assert_eq!(found, Err(TokenFault::Issuer), "{claims}");
        }
        let mut claims = product.claims();
        claims.as_object_mut().unwrap().remove("iss");
        // Only Hanko writes none.
        assert_eq!(
            check(&jwt, &claims).is_ok(),
            product.name == "hanko",
            "{claims}"
        );
        for audience in [json!("other"), json!(["other"]), json!([])] {
            let mut claims = product.claims();
            claims["aud"] = audience;
            let found = check(&jwt, &claims);
            assert_eq!(found, Err(TokenFault::Audience), "{claims}");
        }
        // Without any it is good only where the keys are one application's, or `azp` is asked.
        let mut claims = product.claims();
        claims.as_object_mut().unwrap().remove("aud");
        let alone = ["keycloak", "descope", "supertokens"].contains(&product.name);
        assert_eq!(check(&jwt, &claims).is_ok(), alone, "{claims}");
    }
}

#[test]
fn want_what_binds_a_token_to_this_application() {
    for product in PRODUCTS {
        let Some((variable, _)) = product.more.first() else {
            continue;
        };
        let without = preset(product.name, product.value, &[]);
        assert_eq!(fault(&without).variable(), *variable, "{}", product.name);
    }
    // Without `azp` a token of Keycloak is any client's.
    let keycloak = |more| preset("keycloak", "id.example.com/realms/r", more);
    let strict = jwt(&keycloak(&[("JWT_AZP", "my-app")]));
    let mut claims = json!({"iss": "https://id.example.com/realms/r", "sub": "u1", "exp": 2e9, "aud": "account"});
    for azp in [json!(null), json!("other"), json!("account")] {
        claims["azp"] = azp;
        let found = check(&strict, &claims);
        assert_eq!(found, Err(TokenFault::AuthorizedParty), "{claims}");
    }
    let both = [("JWT_AZP", "my-app"), ("JWT_WITHOUT_AZP", "allow")];
    assert_eq!(fault(&keycloak(&both)).variable(), "JWT_WITHOUT_AZP");
    let named = jwt(&keycloak(&[("JWT_AUDIENCE", "my-api")]));
    assert_eq!(check(&named, &claims), Err(TokenFault::Audience));
    claims["aud"] = json!(["account", "my-api"]);
    assert!(check(&named, &claims).is_ok());
}

#[test]
fn want_their_value_in_the_form_that_tokens_have() {
    for (name, values) in [
        (
            "okta",
            &[
                "my-org.okta.com",
                "my-org.okta.com/",
                "https://my-org.okta.com/oauth2/default",
                "my-org.okta.com/oauth2/default/",
                "user@my-org.okta.com/oauth2/default",
                "my-org.okta.com/oauth2/../x",
                "my-org.okta.com/oauth2?x",
            ][..],
        ),
        ("keycloak", &["id.example.com", "id.example.com//realms/x"]),
        ("supertokens", &["api.example.com"]),
        (
            "entra",
            &[
                "common",
                "organizations",
                "contoso.onmicrosoft.com",
                "9188040d-6c67-4c5b-b112-36a304b66da",
                "9188040d-6c67-4c5b-b112-36a304b66dag",
                "9188040d-6c67-4c5b-b112/36a304b66dad",
            ],
        ),
        ("kinde", &["shop.kinde.com/x", "https://shop.kinde.com"]),
        ("logto", &["t1.logto.app/oidc", ""]),
        (
            "stytch",
            &["public-token-live-1", "project-live-1/x", "project-1"],
        ),
        ("stytch-b2b", &["stytch.com/project-live-1"]),
        ("descope", &["P2abc/x", "https://api.descope.com/P2abc"]),
        ("stack", &["a b", "../x"]),
        ("firebase-session", &["my project"]),
        ("better-auth", &["auth.example.com/api/auth"]),
        ("hanko", &["f4e8.hanko.io/x"]),
        ("fusionauth", &["acme.com/x"]),
        ("zitadel", &["my.zitadel.cloud/oauth"]),
    ] {
        for value in values {
            let more = [("JWT_AUDIENCE", "me"), ("JWT_AZP", "me")];
            let found = fault(&preset(name, value, &more));
            assert_eq!(found.variable(), "JWT_ISSUER", "{name} {value}");
        }
    }
}

#[test]
fn are_named_all_where_there_is_no_such_one() {
    let advice = fault(&preset("okto", "x", &[])).advice().to_owned();
    for product in PRODUCTS {
        let quoted = format!("`{}`", product.name);
        assert_eq!(advice.matches(&quoted).count(), 1, "{advice}");
    }
    assert!(
        advice.contains("`custom` or `clerk` or `supabase`"),
        "{advice}"
    );
}

#[test]
fn have_keys_of_their_own_for_each_environment_of_stytch() {
    for (name, value, keys) in [
        (
            "stytch",
            "project-live-1",
            "https://api.stytch.com/v1/sessions/jwks/project-live-1",
        ),
        (
            "stytch",
            "project-test-1",
            "https://test.stytch.com/v1/sessions/jwks/project-test-1",
        ),
        (
            "stytch-b2b",
            "project-live-1",
            "https://api.stytch.com/v1/b2b/sessions/jwks/project-live-1",
        ),
    ] {
        let jwt = jwt(&preset(
            name,
            value,
            &[("JWT_CUSTOM_DOMAIN", "login.example.com")],
        ));
        assert_eq!(keys_url(&jwt), keys);
        let issuers = [
            format!("stytch.com/{value}"),
            "https://login.example.com".to_owned(),
        ];
        assert_eq!(jwt.issuer.claims.issuers, issuers);
        assert_eq!(jwt.cookies, ["stytch_session_jwt"]);
    }
}

#[test]
fn take_the_issuer_of_descope_as_either_template_writes_it() {
    let jwt = jwt(&preset("descope", "P2abc", &[]));
    for (issuer, known) in [
        ("P2abc", true),
        ("https://api.descope.com/P2abc", true),
        ("https://api.descope.com/v1/apps/P2abc", false),
        ("P2abd", false),
    ] {
        let claims =
            json!({"iss": issuer, "sub": "U2abc", "drn": "DS", "exp": 2e9, "aud": "P2abc"});
        assert_eq!(check(&jwt, &claims).is_ok(), known, "{issuer}");
    }
}

#[test]
fn know_how_supabase_names_its_cookie() {
    let names = |more: &[(&'static str, &'static str)]| {
        let jwt = jwt(&preset("supabase", "AbcRef", more));
        assert_eq!(jwt.cookie_form, CookieForm::Supabase);
        jwt.cookies
    };
    assert_eq!(names(&[]), ["sb-abcref-auth-token"]);
    // After the host that the library was given, which is one of the two.
    assert_eq!(
        names(&[("JWT_CUSTOM_DOMAIN", "auth.example.com")]),
        ["sb-auth-auth-token", "sb-abcref-auth-token"]
    );
    assert_eq!(names(&[("JWT_COOKIE", "mine")]), ["mine"]);
    // One's own, and what another product's cookie holds.
    let form = |changes: &[(&'static str, &'static str)]| jwt(&custom(changes)).cookie_form;
    assert_eq!(form(&[]), CookieForm::Token);
    let supabase = ("JWT_COOKIE_FORMAT", "supabase");
    assert_eq!(form(&[supabase]), CookieForm::Supabase);
    let plain = preset("supabase", "ref", &[("JWT_COOKIE_FORMAT", "token")]);
    assert_eq!(jwt(&plain).cookie_form, CookieForm::Token);
    for value in ["Supabase", "base64", "jwt"] {
        let found = fault(&custom(&[("JWT_COOKIE_FORMAT", value)]));
        assert_eq!(found.variable(), "JWT_COOKIE_FORMAT", "{value}");
    }
}

const OURS: (&str, &str) = ("JWT_WITHOUT_AUD", "keys-are-ours-alone");

#[test]
fn take_a_token_without_audience_where_the_keys_are_said_to_be_ours() {
    let claims = |audience: Option<Value>| {
        let mut claims = json!({"iss": "https://issuer.example", "sub": "ada", "exp": 2e9});
        if let Some(audience) = audience {
            claims["aud"] = audience;
        }
        claims
    };
    let nameless = jwt(&custom(&[("JWT_AUDIENCE", ""), OURS]));
    assert_eq!(
        nameless.issuer.claims.audience,
        Audience::AudIfAny(Vec::new())
    );
    assert!(check(&nameless, &claims(None)).is_ok());
    let named = jwt(&custom(&[OURS]));
    assert!(check(&named, &claims(None)).is_ok());
    assert!(check(&named, &claims(Some(json!("me")))).is_ok());
    // One that is there names us, or the token is for somebody else.
    for audience in [
        json!("other"),
        json!(["other"]),
        json!([]),
        json!(""),
        json!(null),
    ] {
        for jwt in [&nameless, &named] {
            let found = check(jwt, &claims(Some(audience.clone())));
            assert_eq!(found, Err(TokenFault::Audience), "{audience}");
        }
    }
    assert!(check(&nameless, &claims(Some(json!("me")))).is_err());
    // Nobody says so by default, nor by a value that says nothing.
    let strict = jwt(&custom(&[]));
    assert_eq!(check(&strict, &claims(None)), Err(TokenFault::Audience));
    let party = jwt(&custom(&[OURS, ("JWT_AZP", "app")]));
    assert_eq!(
        check(&party, &claims(None)),
        Err(TokenFault::AuthorizedParty)
    );
    // Whoever can sign has the secret, and that is ours, too.
    let shared = [
        ("JWT_AUDIENCE", ""),
        ("JWT_ALGORITHMS", "HS256"),
        ("JWT_JWKS_URL", ""),
        ("JWT_SECRET", super::KEY),
        OURS,
    ];
    assert!(parse(&custom(&shared)).service.is_ok());
}

#[test]
fn do_not_believe_that_keys_are_ours_where_they_are_not_or_it_means_nothing() {
    for changes in [
        custom(&[("JWT_WITHOUT_AUD", "allow")]),
        custom(&[("JWT_WITHOUT_AUD", "true")]),
        preset("supabase", "ref", &[OURS]),
        preset(
            "clerk",
            "clerk.example.com",
            &[OURS, ("JWT_AZP", "https://app.example")],
        ),
        custom(&[
            OURS,
            ("JWT_JWKS_URL", "https://www.googleapis.com/oauth2/v3/certs"),
        ]),
        custom(&[
            OURS,
            (
                "JWT_JWKS_URL",
                "https://team.cloudflareaccess.com/cdn-cgi/access/certs",
            ),
        ]),
        custom(&[
            OURS,
            (
                "JWT_JWKS_URL",
                "https://login.microsoftonline.com/common/discovery/v2.0/keys",
            ),
        ]),
        custom(&[
            OURS,
            ("JWT_JWKS_URL", "https://appleid.apple.com/auth/keys"),
        ]),
        custom(&[
            OURS,
            (
                "JWT_JWKS_URL",
                "https://token.actions.githubusercontent.com:8443/.well-known/jwks",
            ),
        ]),
    ] {
        assert_eq!(fault(&changes).variable(), "JWT_WITHOUT_AUD", "{changes:?}");
    }
    for url in [
        "https://storage.googleapis.com/our-bucket/keys",
        "https://notgitlab.com/keys",
    ] {
        let near = custom(&[OURS, ("JWT_JWKS_URL", url)]);
        assert!(parse(&near).service.is_ok(), "{url}");
    }
}
