//! RFC 8725, row by row, and whom a token makes of its bearer.

use serde_json::{Value, json};

use crate::support::{TestApp, TestRequest, assert_error, assert_minted};
use crate::tokens::{NOW, SigningKey, app, claims, hmac_token};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn bearer(token: &str) -> TestRequest {
    TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
}

fn signed(changes: Value) -> String {
    SigningKey::new("k1").token(&claims(changes))
}

/// The request is refused, nothing is minted, and the log says why.
#[track_caller]
fn assert_refused(app: &TestApp, request: &TestRequest, status: u16, code: &str, reason: &str) {
    let outcome = app.send(request);
    assert_error(&outcome, status, code);
    assert!(
        app.edge.token_calls().is_empty(),
        "a refused request reached the upstream"
    );
    let logged = outcome.record.reason.unwrap_or_default();
    assert!(
        logged.contains(reason),
        "{logged:?} does not say {reason:?}"
    );
    let body = String::from_utf8(outcome.response.body).expect("text");
    let told = !reason.is_empty() && body.contains(reason);
    assert!(status != 401 || !told, "the caller is told why: {body}");
}

#[track_caller]
fn assert_bad_token(token: &str, reason: &str) {
    assert_refused(&app(), &bearer(token), 401, "invalid_token", reason);
}

#[test]
fn mints_for_the_subject_of_a_valid_token() {
    let request = bearer(&signed(json!({})));
    assert_minted(&app(), &request, "user_1", "user");
    assert_minted(&app(), &request.json("{}"), "user_1", "user");
}

#[test]
fn believes_no_header_and_no_body_beside_the_token() {
    let request = bearer(&signed(json!({}))).header("x-user-id", "victim");
    assert_minted(&app(), &request, "user_1", "user");
    let request = bearer(&signed(json!({}))).json(r#"{"identity":"victim"}"#);
    assert_refused(
        &app(),
        &request,
        403,
        "forbidden_identity",
        "does not belong to",
    );
    let request = bearer(&signed(json!({}))).at("/api/authkit?identity=victim");
    assert_refused(
        &app(),
        &request,
        403,
        "forbidden_identity",
        "does not belong to",
    );
}

#[test]
fn asks_for_a_bearer_token_without_an_error_when_there_is_none() {
    for request in [
        TestRequest::anonymous(),
        TestRequest::anonymous().header("x-user-id", "u1"),
        TestRequest::anonymous().header("authorization", "Basic dTpw"),
        TestRequest::anonymous().header("x-authkit-key", SECRET),
        TestRequest::anonymous().at("/api/authkit?token=abc&access_token=abc"),
    ] {
        let outcome = app().send(&request);
        assert_error(&outcome, 401, "unauthenticated");
        let challenge = outcome.response.headers.get("www-authenticate");
        assert_eq!(challenge, Some(r#"Bearer realm="authkit-edge""#));
    }
    let outcome = app().send(&bearer("x"));
    let challenge = outcome.response.headers.get("www-authenticate");
    assert_eq!(
        challenge,
        Some(r#"Bearer realm="authkit-edge", error="invalid_token""#)
    );
}

/// §3.1, §3.2
#[test]
fn refuses_algorithms_that_are_not_configured() {
    let key = SigningKey::new("k1");
    for algorithm in [
        "none", "None", "HS256", "RS256", "ES256", "PS512", "EdDSA2", "",
    ] {
        let header = json!({"alg": algorithm, "kid": "k1"});
        assert_bad_token(
            &key.token_with_header(&header, &claims(json!({}))),
            "alg is not in",
        );
    }
    // The oldest trick: the public key as the secret of an HMAC.
    let public = key.jwk()["x"].as_str().unwrap().to_owned();
    assert_bad_token(&hmac_token(&public, &claims(json!({}))), "alg is not in");
}

/// §3.3, and the order: a bad signature hides what the claims are.
#[test]
fn checks_the_signature_before_any_claim() {
    let stranger = SigningKey::new("stranger");
    let header = json!({"alg": "EdDSA", "kid": "k1"});
    for changes in [
        json!({}),
        json!({"exp": 1}),
        json!({"iss": "x"}),
        json!({"sub": null}),
    ] {
        let token = stranger.token_with_header(&header, &claims(changes));
        assert_bad_token(&token, "signature");
    }
}

#[test]
fn does_not_survive_the_change_of_any_byte() {
    let app = app();
    let isolate = app.isolate();
    let token = signed(json!({}));
    assert_eq!(isolate.send(&bearer(&token)).response.status, 200);
    for index in 0..token.len() {
        for flip in [1, 2, 4, 8, 16, 32, 64] {
            let mut bytes = token.clone().into_bytes();
            bytes[index] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let status = isolate.send(&bearer(&changed)).response.status;
            assert_eq!(status, 401, "byte {index}, {flip}");
        }
    }
}

/// §3.3: nested and encrypted tokens
#[test]
fn refuses_encrypted_tokens() {
    assert_bad_token("e30.e30.e30.e30.e30", "encrypted");
}

/// §3.6, §3.10, RFC 7515 §4.1.11
#[test]
fn refuses_headers_that_must_be_understood_and_ignores_keys_in_headers() {
    let key = SigningKey::new("k1");
    for header in [
        json!({"alg": "EdDSA", "kid": "k1", "crit": ["exp"]}),
        json!({"alg": "EdDSA", "kid": "k1", "zip": "DEF"}),
        json!({"alg": "EdDSA", "kid": "k1", "b64": false}),
    ] {
        assert_bad_token(&key.token_with_header(&header, &claims(json!({}))), "crit");
    }
    // A token that brings its own key, or says where to get one, is checked with ours.
    let stranger = SigningKey::new("stranger");
    let header = json!({
        "alg": "EdDSA", "kid": "k1", "jwk": stranger.jwk(), "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert", "x5c": ["AAAA"],
    });
    let app = app();
    let token = stranger.token_with_header(&header, &claims(json!({})));
    assert_refused(&app, &bearer(&token), 401, "invalid_token", "signature");
    assert!(
        app.edge
            .calls()
            .iter()
            .all(|call| !call.url.contains("evil"))
    );
}

/// §3.7
#[test]
fn refuses_payloads_that_are_not_one_clear_object() {
    let key = SigningKey::new("k1");
    let good = claims(json!({})).to_string();
    for payload in [
        "foo".to_owned(),
        "[]".to_owned(),
        format!("{good} "),
        good.replace('{', r#"{"sub":"victim","#),
        good.replace('{', r#"{"nested":{"a":1,"a":2},"#),
    ] {
        let token = key.sign(r#"{"alg":"EdDSA","kid":"k1"}"#, &payload);
        let refused = payload != format!("{good} ");
        let status = app().send(&bearer(&token)).response.status;
        assert_eq!(status, if refused { 401 } else { 200 }, "{payload}");
    }
}

/// §3.8
#[test]
fn takes_its_issuers_to_the_letter() {
    for issuer in [
        json!("https://issuer.example/"),
        json!("https://ISSUER.example"),
        json!("https://issuer.example.evil.example"),
        json!(["https://issuer.example"]),
        json!(""),
        json!(null),
    ] {
        assert_bad_token(&signed(json!({"iss": issuer})), "iss is not");
    }
    let app = app().with(
        "JWT_ISSUER",
        "https://other.example, https://issuer.example",
    );
    assert_minted(&app, &bearer(&signed(json!({}))), "user_1", "user");
}

/// §3.9
#[test]
fn wants_to_be_the_audience() {
    for audience in [
        json!(null),
        json!(""),
        json!([]),
        json!("other"),
        json!(["other"]),
        json!("AuthKit"),
        json!({"authkit": true}),
        json!(["authkit", 1]),
        json!([["authkit"]]),
        json!(true),
    ] {
        assert_bad_token(&signed(json!({"aud": audience})), "aud is not");
    }
    for audience in [json!("authkit"), json!(["other", "authkit"])] {
        assert_minted(
            &app(),
            &bearer(&signed(json!({"aud": audience}))),
            "user_1",
            "user",
        );
    }
}

#[test]
fn wants_an_authorized_party_where_one_is_configured() {
    let app = || {
        app()
            .without("JWT_AUDIENCE")
            .with("JWT_AZP", "https://app.example,https://b.example")
    };
    let token = |party: Value| bearer(&signed(json!({"azp": party, "aud": null})));
    assert_minted(&app(), &token(json!("https://b.example")), "user_1", "user");
    for party in [
        json!(null),
        json!("https://evil.example"),
        json!(["https://app.example"]),
    ] {
        assert_refused(&app(), &token(party), 401, "invalid_token", "azp is not");
    }
}

/// RFC 7519 §4.1.3: `azp` says who has asked for the token, and not whom it is for.
#[test]
fn refuses_a_token_for_another_application_whoever_asked_for_it() {
    let app = || {
        app()
            .without("JWT_AUDIENCE")
            .with("JWT_AZP", "https://app.example")
    };
    let clerk = || {
        app()
            .with("JWT_PRESET", "clerk")
            .with("JWT_ISSUER", "issuer.example")
    };
    let token = |audience: Value| {
        let mut claims = claims(json!({"azp": "https://app.example", "aud": null}));
        if audience != json!("absent") {
            claims["aud"] = audience;
        }
        bearer(&SigningKey::new("k1").token(&claims))
    };
    let both: [&dyn Fn() -> TestApp; 2] = [&app, &clerk];
    for app in both {
        assert_minted(&app(), &token(json!("absent")), "user_1", "user");
        for audience in [
            json!("https://other-api.example"),
            json!("https://app.example"),
            json!(["a", "b"]),
            json!(null),
            json!(""),
            json!([]),
        ] {
            assert_refused(&app(), &token(audience), 401, "invalid_token", "aud is not");
        }
        let named = app().with("JWT_AUDIENCE", "authkit");
        assert_minted(&named, &token(json!(["x", "authkit"])), "user_1", "user");
        let named = app().with("JWT_AUDIENCE", "authkit");
        assert_refused(
            &named,
            &token(json!("absent")),
            401,
            "invalid_token",
            "aud is not",
        );
    }
}

/// §3.11
#[test]
fn refuses_other_kinds_of_tokens_from_the_same_issuer() {
    let key = SigningKey::new("k1");
    for kind in [
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "application/kb+jwt",
        "",
    ] {
        let header = json!({"alg": "EdDSA", "kid": "k1", "typ": kind});
        assert_bad_token(
            &key.token_with_header(&header, &claims(json!({}))),
            "typ is that",
        );
    }
    for kind in ["JWT", "at+jwt", "application/at+JWT"] {
        let header = json!({"alg": "EdDSA", "kid": "k1", "typ": kind});
        let token = key.token_with_header(&header, &claims(json!({})));
        assert_minted(&app(), &bearer(&token), "user_1", "user");
    }
}

#[test]
fn allows_clocks_a_minute_and_no_more() {
    for (changes, reason) in [
        (json!({"exp": NOW - 59}), ""),
        (json!({"exp": NOW - 60}), "expired"),
        (json!({"exp": NOW - 61}), "expired"),
        (json!({"exp": 0}), "expired"),
        (json!({"exp": -1}), "expired"),
        (json!({"exp": 1e308}), ""),
        (json!({"exp": 1_700_000_000.5}), ""),
        (json!({"nbf": NOW + 60}), ""),
        (json!({"nbf": NOW + 61}), "in the future"),
        (json!({"iat": NOW + 60}), ""),
        (json!({"iat": NOW + 61}), "in the future"),
        (json!({"iat": null}), ""),
    ] {
        let request = bearer(&signed(changes.clone()));
        if reason.is_empty() {
            assert_minted(&app(), &request, "user_1", "user");
        } else {
            assert_refused(&app(), &request, 401, "invalid_token", reason);
        }
    }
}

#[test]
fn refuses_a_token_without_exp() {
    assert_bad_token(&signed(json!({"exp": null})), "no exp");
}

#[test]
fn refuses_times_that_are_no_numbers() {
    let later = (NOW + 300).to_string();
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!(later),
            json!([NOW]),
            json!({}),
            json!(true),
            json!(""),
        ] {
            assert_bad_token(&signed(json!({name: value})), "is not a number");
        }
    }
    // JSON `null` is not there, and `exp` must be.
    let payload = claims(json!({})).to_string().replace(&later, "null");
    assert_bad_token(&with_payload(&payload), "no exp");
}

/// As the issuer wrote it, to the letter.
fn with_payload(payload: &str) -> String {
    SigningKey::new("k1").sign(r#"{"alg":"EdDSA","kid":"k1"}"#, payload)
}

/// The kind: whatever a serializer writes for a claim that is not there.
#[test]
fn takes_null_among_the_claims_for_nothing() {
    let good = claims(json!({})).to_string();
    let opened = good.strip_prefix('{').expect("an object");
    for name in [
        "nbf",
        "iat",
        "azp",
        "client_id",
        "cid",
        "appid",
        "scp",
        "gty",
        "role",
        "roles",
        "sts",
        "drn",
        "typ",
        "type",
        "firebase",
        "is_anonymous",
        "is_restricted",
        "events",
        "clientHost",
        "tid",
        "ver",
        "email",
        "org_id",
        "act",
        "cnf",
        "jti",
        "sid",
        "nonce",
        "auth_time",
        "amr",
        "acr",
    ] {
        let stated = format!("\"{name}\":");
        let rest = opened.split(',').filter(|member| !member.contains(&stated));
        let rest: Vec<&str> = rest.collect();
        let rest = rest.join(",");
        let close = if rest.ends_with('}') { "" } else { "}" };
        let token = with_payload(&format!("{{{stated}null,{rest}{close}"));
        assert_minted(&app(), &bearer(&token), "user_1", "user");
    }
    assert_minted(
        &app(),
        &bearer(&with_payload(&format!("\u{feff}{good}"))),
        "user_1",
        "user",
    );
    // Of two names one is not the other, whatever it says; and an audience that is there names us.
    let twice = format!("{{\"sub\":null,{opened}");
    assert_bad_token(&with_payload(&twice), "unique names");
    let party = good.replace("\"aud\":\"authkit\"", "\"aud\":null,\"azp\":\"app\"");
    assert_ne!(party, good);
    let bound = app().without("JWT_AUDIENCE").with("JWT_AZP", "app");
    assert_refused(
        &bound,
        &bearer(&with_payload(&party)),
        401,
        "invalid_token",
        "aud is not",
    );
}

/// The kind: a number is somebody where everybody reads it the same, in whatever claim.
#[test]
fn mints_for_a_number_that_is_its_digits() {
    for (claim, changes) in [
        ("sub", json!({"sub": 7})),
        ("user_id", json!({"user_id": 7})),
        ("o.id", json!({"o": {"id": 7}})),
        (
            "https://app.example/uid",
            json!({"https://app.example/uid": [7]}),
        ),
    ] {
        let app = app().with("JWT_IDENTITY_CLAIM", claim);
        let request = bearer(&signed(changes));
        assert_minted(&app, &request, "7", "user");
        assert_minted(&app, &request.json(r#"{"identity":"7"}"#), "7", "user");
    }
    let teams = bearer(&signed(json!({"teams": [7, 8]})));
    let teams = teams.json(r#"{"identityType":"team","identity":"8"}"#);
    assert_minted(&app().with("JWT_TEAM_CLAIM", "teams"), &teams, "8", "team");
    for text in [
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "1e400000",
        "7.0",
        "7.5",
        "7e0",
        "-0",
        "true",
        "false",
        "{}",
        "[7,7.5]",
        "18446744073709551615",
    ] {
        let payload = claims(json!({})).to_string().replace("\"user_1\"", text);
        let reason = if text == "1e400000" {
            "payload"
        } else {
            "neither a string nor a whole number"
        };
        assert_bad_token(&with_payload(&payload), reason);
    }
}

#[test]
fn refuses_tokens_that_stand_for_no_signed_in_user() {
    let (anonymous, programs) = ("JWT_ACCEPT `anonymous`", "JWT_ACCEPT `programs`");
    let backchannel = "http://schemas.openid.net/event/backchannel-logout";
    for (changes, reason) in [
        (json!({"sub": null}), "missing or empty"),
        (json!({"sub": ""}), "missing or empty"),
        (json!({"sub": ["", ""]}), "missing or empty"),
        (json!({"role": "anon", "sub": null}), "no signed-in user"),
        (json!({"role": "anon"}), "by its role"),
        (json!({"role": "service_role"}), "by its role"),
        (json!({"role": "supabase_admin"}), "by its role"),
        (json!({"sts": "pending"}), "not complete"),
        (json!({"is_anonymous": true}), anonymous),
        (
            json!({"firebase": {"sign_in_provider": "anonymous"}}),
            anonymous,
        ),
        (json!({"provider_id": "anonymous"}), anonymous),
        (json!({"gty": "client-credentials"}), programs),
        (json!({"gty": ["client_credentials"]}), programs),
        (json!({"sub": "abc@clients"}), programs),
        (json!({"client_id": "user_1"}), programs),
        (json!({"cid": "user_1"}), programs),
        (json!({"appid": "user_1"}), programs),
        (json!({"azp": "user_1"}), programs),
        (json!({"idtyp": "app"}), programs),
        (
            json!({"preferred_username": "service-account-batch"}),
            programs,
        ),
        (json!({"token_use": "access"}), programs),
        (
            json!({"jti": "oat_1", "client_id": "x"}),
            "another application's",
        ),
        (json!({"drn": "DSR"}), "refresh token"),
        (json!({"typ": "Refresh"}), "refresh token"),
        (json!({"events": {backchannel: {}}}), "not a session"),
    ] {
        assert_bad_token(&signed(changes), reason);
    }
    for changes in [
        json!({"role": "authenticated", "sts": "active", "is_anonymous": false}),
        json!({"gty": "password", "azp": "app", "client_id": "app", "typ": "Bearer"}),
    ] {
        assert_minted(&app(), &bearer(&signed(changes)), "user_1", "user");
    }
}

#[test]
fn takes_anonymous_users_and_programs_only_where_jwt_accept_names_them() {
    let anonymous = bearer(&signed(json!({"is_anonymous": true})));
    let program = bearer(&signed(json!({"client_id": "user_1"})));
    for (accept, takes_anonymous, takes_programs) in [
        ("", false, false),
        ("anonymous", true, false),
        ("programs", false, true),
        ("anonymous,programs", true, true),
    ] {
        let app = || app().with("JWT_ACCEPT", accept);
        for (request, taken) in [(&anonymous, takes_anonymous), (&program, takes_programs)] {
            if taken {
                assert_minted(&app(), request, "user_1", "user");
            } else {
                assert_refused(&app(), request, 401, "invalid_token", "JWT_ACCEPT");
            }
        }
        // The others never are.
        for changes in [
            json!({"role": "service_role"}),
            json!({"sts": "pending"}),
            json!({"drn": "DSR"}),
            json!({"jti": "oat_1", "client_id": "x"}),
        ] {
            let request = bearer(&signed(changes));
            assert_refused(&app(), &request, 401, "invalid_token", "no signed-in user");
        }
    }
}

#[test]
fn mints_nothing_for_the_organization_of_nobody() {
    let app = || {
        app()
            .with("JWT_ORGANIZATION_CLAIM", "org_id")
            .with("JWT_TEAM_CLAIM", "teams")
            .with("JWT_ACCEPT", "programs")
    };
    for kind in ["organization", "team", "project", "user"] {
        for subject in [json!(null), json!(""), json!([])] {
            let token = signed(json!({"sub": subject, "org_id": "org_1", "teams": ["t1"]}));
            let request = bearer(&token).json(format!(r#"{{"identityType":"{kind}"}}"#));
            assert_refused(&app(), &request, 401, "invalid_token", "missing or empty");
            let app = app().with("IDENTITY_TYPE", kind);
            assert_refused(
                &app,
                &bearer(&token),
                401,
                "invalid_token",
                "missing or empty",
            );
        }
    }
    let token = signed(json!({"sub": "c1", "client_id": "c1", "org_id": "org_1"}));
    let request = bearer(&token).json(r#"{"identityType":"organization"}"#);
    assert_minted(&app(), &request, "org_1", "organization");
    let app = app().without("JWT_ACCEPT");
    assert_refused(
        &app,
        &request,
        401,
        "invalid_token",
        "JWT_ACCEPT `programs`",
    );
}

#[test]
fn takes_an_address_for_an_identity_only_if_it_was_verified() {
    for (variable, kind) in [
        ("JWT_IDENTITY_CLAIM", "user"),
        ("JWT_ORGANIZATION_CLAIM", "organization"),
        ("JWT_TEAM_CLAIM", "team"),
        ("JWT_PROJECT_CLAIM", "project"),
    ] {
        for (claim, flag) in [
            ("email", "email_verified"),
            ("primary_email", "email_verified"),
            (
                "https://app.example/emailAddress",
                "https://app.example/emailVerified",
            ),
            ("phone_number", "phone_number_verified"),
        ] {
            let app = || app().with(variable, claim).with("IDENTITY_TYPE", kind);
            let ask = |verified: Value| bearer(&signed(json!({claim: "ada@x", flag: verified})));
            for verified in [json!(true), json!("true")] {
                assert_minted(&app(), &ask(verified), "ada@x", kind);
            }
            for verified in [json!(null), json!(false), json!("false"), json!(1)] {
                assert_refused(
                    &app(),
                    &ask(verified),
                    401,
                    "invalid_token",
                    "is not verified",
                );
            }
        }
    }
    // Who is nobody has no organization either.
    let app = app()
        .with("JWT_IDENTITY_CLAIM", "email")
        .with("JWT_ORGANIZATION_CLAIM", "org_id");
    let token = signed(json!({"email": "ada@x", "org_id": "org_1"}));
    let request = bearer(&token).json(r#"{"identityType":"organization"}"#);
    assert_refused(&app, &request, 401, "invalid_token", "is not verified");
}

#[test]
fn takes_users_of_the_tenant_that_is_configured_and_of_no_other() {
    let app = || {
        app()
            .with("JWT_PRESET", "firebase")
            .with("JWT_ISSUER", "project")
    };
    let token = |firebase: Value| {
        let mut claims = claims(json!({"firebase": firebase}));
        claims["iss"] = json!("https://securetoken.google.com/project");
        bearer(&SigningKey::new("k1").token(&claims))
    };
    let (blue, none) = (
        token(json!({"tenant": "blue"})),
        token(json!({"identities": {}})),
    );
    let reason = "firebase.tenant is not JWT_TENANT";
    assert_minted(&app(), &none, "user_1", "user");
    assert_refused(&app(), &blue, 401, "invalid_token", reason);
    let of_blue = || app().with("JWT_TENANT", "blue");
    assert_minted(&of_blue(), &blue, "user_1", "user");
    let organization = blue.json(r#"{"identityType":"organization"}"#);
    assert_minted(&of_blue(), &organization, "blue", "organization");
    for request in [none, token(json!({"tenant": "green"}))] {
        assert_refused(&of_blue(), &request, 401, "invalid_token", reason);
    }
}

#[test]
fn finds_claims_by_literal_name_first_and_then_by_path() {
    for (path, changes) in [
        ("uid", json!({"uid": "u9"})),
        ("o.id", json!({"o": {"id": "u9"}})),
        ("o.id", json!({"o.id": "u9", "o": {"id": "other"}})),
        ("a.b.c", json!({"a": {"b": {"c": "u9"}}})),
        (
            "https://app.example/user",
            json!({"https://app.example/user": "u9"}),
        ),
    ] {
        let app = app().with("JWT_IDENTITY_CLAIM", path);
        assert_minted(&app, &bearer(&signed(changes)), "u9", "user");
    }
    for changes in [
        json!({}),
        json!({"o": "x"}),
        json!({"o": []}),
        json!({"o": {"id": [""]}}),
    ] {
        let app = app().with("JWT_IDENTITY_CLAIM", "o.id");
        assert_refused(
            &app,
            &bearer(&signed(changes)),
            401,
            "invalid_token",
            "missing or empty",
        );
    }
}

#[test]
fn grants_another_type_only_if_the_token_holds_it() {
    let app = || {
        app()
            .with("JWT_ORGANIZATION_CLAIM", "o.id")
            .with("JWT_TEAM_CLAIM", "teams")
            .with("IDENTITY_TYPE", "user")
    };
    let token = signed(json!({"o": {"id": "org_1"}, "teams": ["t1", "t2"]}));
    let ask = |body: &str| bearer(&token).json(body);
    for (body, identity, kind) in [
        (
            r#"{"identityType":"organization"}"#,
            "org_1",
            "organization",
        ),
        (
            r#"{"identity_type":"organization","identity":"org_1"}"#,
            "org_1",
            "organization",
        ),
        (r#"{"identityType":"team","identity":"t2"}"#, "t2", "team"),
        (
            r#"{"identityType":"user","identity":"user_1"}"#,
            "user_1",
            "user",
        ),
        (r#"{"identity":"user_1"}"#, "user_1", "user"),
    ] {
        assert_minted(&app(), &ask(body), identity, kind);
    }
    let query = bearer(&token).at("/api/authkit?identityType=team&identity=t1");
    assert_minted(&app(), &query, "t1", "team");
    for (body, status, code, reason) in [
        (
            r#"{"identityType":"organization","identity":"org_2"}"#,
            403,
            "forbidden_identity",
            "",
        ),
        (
            r#"{"identityType":"team","identity":"t3"}"#,
            403,
            "forbidden_identity",
            "",
        ),
        (
            r#"{"identityType":"team","identity":"org_1"}"#,
            403,
            "forbidden_identity",
            "",
        ),
        (
            r#"{"identityType":"project","identity":"t1"}"#,
            403,
            "forbidden_identity",
            "",
        ),
        (
            r#"{"identityType":"team"}"#,
            400,
            "invalid_identity",
            "several",
        ),
        (
            r#"{"identityType":"admin"}"#,
            400,
            "invalid_identity_type",
            "",
        ),
        (r#"{"identityType":7}"#, 400, "invalid_body", ""),
    ] {
        assert_refused(&app(), &ask(body), status, code, reason);
    }
    let contradiction = ask(r#"{"identityType":"team"}"#).at("/api/authkit?identityType=user");
    assert_refused(&app(), &contradiction, 400, "invalid_body", "");
    // No organization is active: no token for one.
    let request = bearer(&signed(json!({}))).json(r#"{"identityType":"organization"}"#);
    assert_refused(&app(), &request, 403, "forbidden_identity", "");
}

#[test]
fn takes_the_type_that_is_configured_where_none_is_asked_for() {
    let app = app()
        .with("IDENTITY_TYPE", "organization")
        .with("JWT_ORGANIZATION_CLAIM", "org_id");
    assert_minted(
        &app,
        &bearer(&signed(json!({"org_id": "org_1"}))),
        "org_1",
        "organization",
    );
}

#[test]
fn reads_a_cookie_of_the_same_origin_only() {
    let app = || app().with("JWT_COOKIE", "session");
    let token = signed(json!({}));
    let with_cookie =
        || TestRequest::anonymous().header("cookie", &format!("a=1; session={token}"));
    for (site, origin) in [
        (Some("same-origin"), None),
        (Some("same-origin"), Some("https://proxied.example")),
        (None, Some("https://edge.example")),
        (None, None),
    ] {
        let mut request = with_cookie();
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_minted(&app(), &request, "user_1", "user");
    }
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-site", ""),
        ("origin", "https://evil.example"),
        ("origin", "https://authkit.picaos.com"),
        ("origin", "null"),
        ("origin", "http://edge.example"),
    ] {
        assert_refused(
            &app(),
            &with_cookie().header(name, value),
            403,
            "cross_site",
            "same origin",
        );
    }
    // Without JWT_COOKIE no cookie is looked at.
    let outcome = crate::tokens::app().send(&with_cookie());
    assert_error(&outcome, 401, "unauthenticated");
}

#[test]
fn never_goes_on_to_the_cookie_when_the_bearer_token_is_bad() {
    let app = app().with("JWT_COOKIE", "session");
    let cookie = format!("session={}", signed(json!({})));
    for authorization in ["Bearer x", "Bearer", "Bearer a b", "bearer e30.e30.e30"] {
        let request = TestRequest::anonymous()
            .header("authorization", authorization)
            .header("cookie", &cookie);
        assert_refused(&app, &request, 401, "invalid_token", "");
    }
    let twice = TestRequest::anonymous().header("cookie", &format!("{cookie}; {cookie}"));
    assert_refused(&app, &twice, 401, "invalid_token", "cookie was sent twice");
    let basic = TestRequest::anonymous()
        .header("authorization", "Basic dTpw")
        .header("cookie", &cookie);
    assert_minted(&app, &basic, "user_1", "user");
}

#[test]
fn never_goes_on_to_the_next_source_when_a_credential_is_bad() {
    let app = app()
        .with("IDENTITY_SOURCE", "jwt,header")
        .with("TRUSTED_CALLER_KEY", SECRET);
    let trusted = TestRequest::post().header("x-authkit-key", SECRET);
    assert_refused(
        &app,
        &trusted.clone().header("authorization", "Bearer x"),
        401,
        "invalid_token",
        "",
    );
    assert_minted(&app, &trusted, "user_123", "user");
    let both = trusted.header("authorization", &format!("Bearer {}", signed(json!({}))));
    assert_minted(&app, &both, "user_1", "user");
}

#[test]
fn verifies_shared_secrets() {
    let app = app()
        .with("JWT_ALGORITHMS", "HS256")
        .without("JWT_JWKS_URL")
        .with("JWT_SECRET", SECRET);
    assert_minted(
        &app,
        &bearer(&hmac_token(SECRET, &claims(json!({})))),
        "user_1",
        "user",
    );
    assert_eq!(
        app.edge
            .calls()
            .iter()
            .filter(|call| call.url.contains("keys"))
            .count(),
        0
    );
    let other = &SECRET.replace('0', "1");
    let app = app.upstream(|_| panic!("nothing goes upstream"));
    assert_refused(
        &app,
        &bearer(&hmac_token(other, &claims(json!({})))),
        401,
        "invalid_token",
        "signature",
    );
    assert_refused(
        &app,
        &bearer(&signed(json!({}))),
        401,
        "invalid_token",
        "alg is not in",
    );
}

#[test]
fn writes_an_auth0_user_so_that_the_upstream_can_take_it() {
    let key = SigningKey::new("k1");
    let app = || {
        app()
            .with("JWT_PRESET", "auth0")
            .with("JWT_ISSUER", "tenant.eu.auth0.com")
    };
    let token = |subject: &str| {
        bearer(&key.token(&claims(
            json!({"iss": "https://tenant.eu.auth0.com/", "sub": subject}),
        )))
    };
    assert_minted(
        &app(),
        &token("google-oauth2|117"),
        "google-oauth2~7C117",
        "user",
    );
    assert_minted(&app(), &token("auth0|a~7Cb"), "auth0~7Ca~7E7Cb", "user");
    // Other configurations do not rewrite: what the upstream cannot take is refused.
    let request = bearer(&signed(json!({"sub": "a|b"})));
    assert_refused(&crate::tokens::app(), &request, 400, "invalid_identity", "");
}

#[test]
fn finds_the_audience_where_cognito_puts_it() {
    let pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCd";
    let app = || {
        app()
            .with("JWT_PRESET", "cognito")
            .with("JWT_ISSUER", "eu-west-1_AbCd")
    };
    let token = |changes: Value| {
        let mut claims = claims(changes);
        claims["iss"] = json!(pool);
        bearer(&SigningKey::new("k1").token(&claims))
    };
    for changes in [
        json!({"token_use": "id"}),
        json!({"token_use": "access", "aud": null, "client_id": "authkit", "username": "ada"}),
        json!({"token_use": "access", "client_id": "authkit", "username": "ada"}),
    ] {
        assert_minted(&app(), &token(changes), "user_1", "user");
    }
    for changes in [
        json!({}),
        json!({"token_use": "refresh"}),
        json!({"token_use": "id", "aud": "other", "client_id": "authkit"}),
        json!({"token_use": "access", "client_id": "other", "username": "ada"}),
        json!({"token_use": "access", "username": "ada"}),
        // An access token for another API, though this client has asked for it.
        json!({"token_use": "access", "aud": "other", "client_id": "authkit", "username": "ada"}),
    ] {
        assert_refused(&app(), &token(changes), 401, "invalid_token", "aud is not");
    }
    // The client itself, by its own credentials.
    for changes in [
        json!({"token_use": "access", "aud": null, "client_id": "authkit", "sub": "authkit"}),
        json!({"token_use": "access", "aud": null, "client_id": "authkit"}),
    ] {
        assert_refused(
            &app(),
            &token(changes),
            401,
            "invalid_token",
            "JWT_ACCEPT `programs`",
        );
    }
}
