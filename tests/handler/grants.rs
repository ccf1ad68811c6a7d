//! Grants: given to the signed-in user's page, carried by the widget.

use std::time::Duration;

use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, TestRequest, assert_error, json};
use crate::tokens::{NOW, SigningKey, app, claims};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";

fn grant_app() -> TestApp {
    app()
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", KEY)
        .with("JWT_COOKIE", "session")
        .with("JWT_ORGANIZATION_CLAIM", "org_id")
}

fn token() -> String {
    SigningKey::new("k1").token(&claims(json!({"exp": NOW + 100_000, "org_id": "org_1"})))
}

/// What the application's page sends.
fn ask() -> TestRequest {
    TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("cookie", &format!("session={}", token()))
        .header("sec-fetch-site", "same-origin")
        .header("origin", "https://edge.example")
        .json("{}")
}

/// What the widget sends.
fn carry(grant: &str) -> TestRequest {
    TestRequest::anonymous()
        .header("origin", "https://authkit.picaos.com")
        .header("sec-fetch-site", "cross-site")
        .header("x-authkit-grant", grant)
        .json("{}")
}

fn grant(app: &TestApp) -> String {
    let outcome = app.send(&ask());
    assert_eq!(outcome.response.status, 200, "{}", json(&outcome));
    json(&outcome)["grant"].as_str().unwrap().to_owned()
}

fn minted_for(app: &TestApp) -> Option<Value> {
    app.edge
        .token_calls()
        .iter()
        .rev()
        .find_map(|call| call.body.clone())
}

#[test]
fn let_the_widget_mint_for_the_user_who_got_them_and_again() {
    let app = grant_app();
    let outcome = app.send(&ask());
    let answer = json(&outcome);
    assert_eq!(answer["expires_at"], NOW + 300);
    // For pages whose clock is another one.
    assert_eq!(answer["expires_in"], 300);
    assert_eq!(
        answer["headers"],
        json!({"x-authkit-grant": answer["grant"]})
    );
    assert_eq!(
        outcome.response.headers.get("cache-control"),
        Some("no-store")
    );
    for _ in 0..3 {
        let outcome = app.send(&carry(answer["grant"].as_str().unwrap()));
        assert_eq!(outcome.response.status, 200);
        assert_eq!(outcome.record.identity_source, Some("grant"));
    }
    assert_eq!(
        minted_for(&app),
        Some(json!({"identity": "user_1", "identityType": "user"}))
    );
}

#[test]
fn are_given_for_a_bearer_token_too_and_for_an_organization() {
    let app = grant_app();
    let request = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("authorization", &format!("Bearer {}", token()))
        .json(r#"{"identityType":"organization"}"#);
    let answer = json(&app.send(&request));
    let outcome = app.send(&carry(answer["grant"].as_str().unwrap()));
    assert_eq!(outcome.response.status, 200);
    let wanted = json!({"identity": "org_1", "identityType": "organization"});
    assert_eq!(minted_for(&app), Some(wanted));
}

#[test]
fn end_after_their_time() {
    let app = grant_app().with("GRANT_TTL_SECONDS", "60");
    let grant = grant(&app);
    app.edge.pass(Duration::from_secs(59));
    assert_eq!(app.send(&carry(&grant)).response.status, 200);
    app.edge.pass(Duration::from_secs(1));
    let outcome = app.send(&carry(&grant));
    assert_error(&outcome, 401, "invalid_token");
    assert_eq!(outcome.record.reason.as_deref(), Some("grant: expired"));
}

/// Asks for a grant with a bearer token of these claims.
fn ask_with(changes: Value) -> TestRequest {
    TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header(
            "authorization",
            &format!("Bearer {}", SigningKey::new("k1").token(&claims(changes))),
        )
        .json("{}")
}

#[test]
fn live_no_longer_than_the_token_that_bought_them_but_five_minutes() {
    for (ttl, exp, lifetime) in [
        ("3600", json!(NOW + 600), 600),
        ("3600", json!(NOW + 7200), 3600),
        ("3600", json!(1_700_000_600.9), 600),
        ("3600", json!(1e308), 3600),
        ("3600", json!(NOW + 60), 300),
        ("3600", json!(NOW - 59), 300),
        ("300", json!(NOW + 60), 300),
        ("60", json!(NOW + 600), 60),
        ("60", json!(NOW + 10), 60),
    ] {
        let app = grant_app().with("GRANT_TTL_SECONDS", ttl);
        let answer = json(&app.send(&ask_with(json!({"exp": exp}))));
        assert_eq!(answer["expires_at"], NOW + lifetime, "{ttl} {exp}");
        assert_eq!(answer["expires_in"], lifetime, "{ttl} {exp}");
        // What the answer says is true.
        let grant = answer["grant"].as_str().unwrap();
        app.edge.pass(Duration::from_secs(lifetime - 1));
        assert_eq!(app.send(&carry(grant)).response.status, 200, "{ttl} {exp}");
        app.edge.pass(Duration::from_secs(1));
        assert_error(&app.send(&carry(grant)), 401, "invalid_token");
    }
}

/// What docs/threat-model.md says remains.
#[test]
fn let_nobody_mint_later_than_six_minutes_after_the_end_of_the_token() {
    for ttl in ["300", "3600"] {
        // Bought whenever: with the most to come, near the end, and in the minute for clocks.
        for (bought_at, good_until) in [(0, 1000), (600, 1000), (750, 1050), (1059, 1359)] {
            let app = grant_app().with("GRANT_TTL_SECONDS", ttl);
            let request = ask_with(json!({"exp": NOW + 1000}));
            app.edge.pass(Duration::from_secs(bought_at));
            let answer = json(&app.send(&request));
            let grant = answer["grant"].as_str().unwrap();
            let good_until = if ttl == "300" {
                bought_at + 300
            } else {
                good_until
            };
            assert_eq!(answer["expires_at"], NOW + good_until, "{ttl} {bought_at}");
            assert!(good_until < 1000 + 60 + 300);
            app.edge
                .pass(Duration::from_secs(good_until - bought_at - 1));
            assert_eq!(app.send(&carry(grant)).response.status, 200);
            app.edge.pass(Duration::from_secs(1));
            assert_error(&app.send(&carry(grant)), 401, "invalid_token");
        }
    }
    let app = grant_app().with("GRANT_TTL_SECONDS", "3600");
    app.edge.pass(Duration::from_secs(1060));
    let outcome = app.send(&ask_with(json!({"exp": NOW + 1000})));
    assert_error(&outcome, 401, "invalid_token");
}

#[test]
fn are_given_for_no_token_that_is_another_applications_or_nobodys() {
    let clerk = grant_app()
        .without("JWT_AUDIENCE")
        .with("JWT_AZP", "https://edge.example");
    let party = json!({"azp": "https://edge.example", "aud": null});
    assert_eq!(clerk.send(&ask_with(party)).response.status, 200);
    for changes in [
        json!({"azp": "https://edge.example"}),
        json!({"azp": "https://edge.example", "aud": ["other"]}),
        json!({"azp": "https://edge.example", "aud": null, "is_anonymous": true}),
    ] {
        assert_error(&clerk.send(&ask_with(changes)), 401, "invalid_token");
    }
    for changes in [
        json!({"aud": "other"}),
        json!({"sub": "c1", "client_id": "c1"}),
        json!({"drn": "DSR"}),
        json!({"firebase": {"tenant": "blue"}}),
    ] {
        assert_error(&grant_app().send(&ask_with(changes)), 401, "invalid_token");
    }
    let nobody = ask_with(json!({"sub": null, "org_id": "org_1"}));
    let nobody = nobody.at("/api/authkit/grant?identityType=organization");
    assert_error(&grant_app().send(&nobody), 401, "invalid_token");
}

#[test]
fn outlive_a_rotation_of_their_key() {
    let old = grant(&grant_app());
    let rotated = grant_app()
        .with("GRANT_KEY", OTHER_KEY)
        .with("GRANT_KEY_PREVIOUS", KEY);
    assert_eq!(rotated.send(&carry(&old)).response.status, 200);
    let finished = grant_app().with("GRANT_KEY", OTHER_KEY);
    assert_error(&finished.send(&carry(&old)), 401, "invalid_token");
    assert_eq!(finished.send(&carry(&grant(&rotated))).response.status, 200);
}

#[test]
fn are_for_nobody_else() {
    let app = grant_app();
    let grant = grant(&app);
    for body in [
        r#"{"identity":"victim"}"#,
        r#"{"identityType":"organization"}"#,
        r#"{"identity":"org_1","identityType":"organization"}"#,
    ] {
        let calls = app.edge.token_calls().len();
        let request = TestRequest::anonymous()
            .header("x-authkit-grant", &grant)
            .json(body);
        assert_error(&app.send(&request), 403, "forbidden_identity");
        assert_eq!(app.edge.token_calls().len(), calls);
    }
}

#[test]
fn never_fall_through_to_another_credential() {
    let app = grant_app();
    let request = carry("v1.e30.e30").header("authorization", &format!("Bearer {}", token()));
    assert_error(&app.send(&request), 401, "invalid_token");
    assert_eq!(minted_for(&app), None);
}

#[test]
fn get_no_grants_themselves() {
    let app = grant_app();
    let grant = grant(&app);
    let request = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("x-authkit-grant", &grant)
        .json("{}");
    assert_error(&app.send(&request), 401, "unauthenticated");
}

#[test]
fn are_given_to_pages_of_the_same_origin_only() {
    let app = grant_app();
    let bare = |body: bool| {
        let request = TestRequest::anonymous()
            .at("/api/authkit/grant")
            .header("cookie", &format!("session={}", token()));
        if body { request.json("{}") } else { request }
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "https://authkit.picaos.com"),
        ("origin", "null"),
    ] {
        assert_error(
            &app.send(&bare(true).header(name, value)),
            403,
            "cross_site",
        );
        // A bearer token does not change that.
        let request = TestRequest::anonymous()
            .at("/api/authkit/grant")
            .header("authorization", &format!("Bearer {}", token()))
            .header(name, value)
            .json("{}");
        assert_error(&app.send(&request), 403, "cross_site");
    }
    // What a form can send without being asked for it.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let request = bare(false).header("content-type", kind).body("{}");
        assert_error(&app.send(&request), 415, "unsupported_media_type");
    }
    assert_error(&app.send(&bare(false)), 415, "unsupported_media_type");
    assert_eq!(app.send(&bare(true)).response.status, 200);
}

/// The kind: whatever browsers send by themselves is for pages of the endpoint's own origin, wherever the
/// application's are.
#[test]
fn are_given_to_pages_of_the_application_by_a_bearer_token_and_by_nothing_else() {
    const APP: &str = "https://app.example";
    let app = grant_app()
        .with("IDENTITY_SOURCE", "grant,jwt,access,session")
        .with("APP_ORIGINS", APP)
        .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
        .with("ACCESS_AUD", "tag")
        .with("SESSION_URL", "https://app.example/api/session")
        .with("SESSION_COOKIES", "sid")
        .with("SESSION_IDENTITY_PATH", "user.id");
    let ask = |name: &str, value: &str| {
        TestRequest::anonymous()
            .at("/api/authkit/grant")
            .header(name, value)
            .json("{}")
    };
    let bearer = format!("Bearer {}", token());
    let cookie = format!("session={}", token());
    for site in ["cross-site", "same-site"] {
        let from = |request: TestRequest, origin: &str| {
            request
                .header("origin", origin)
                .header("sec-fetch-site", site)
        };
        let outcome = app.send(&from(ask("authorization", &bearer), APP));
        assert_eq!(outcome.response.status, 200);
        let header = |name| outcome.response.headers.get(name);
        assert_eq!(header("access-control-allow-origin"), Some(APP));
        assert_eq!(header("access-control-allow-credentials"), None);
        for (name, value) in [
            ("cookie", &*cookie),
            ("cookie", "CF_Authorization=e30.e30.e30"),
            ("cookie", "sid=s1"),
            ("cf-access-jwt-assertion", "e30.e30.e30"),
        ] {
            let outcome = app.send(&from(ask(name, value), APP));
            assert_error(&outcome, 403, "cross_site");
        }
        // A cookie beside the token changes nothing, and another origin is another's page.
        let both = ask("authorization", &bearer).header("cookie", &cookie);
        assert_eq!(app.send(&from(both, APP)).response.status, 200);
        for origin in [
            "https://authkit.picaos.com",
            "https://evil.example",
            "http://app.example",
            "https://app.example:8443",
            "null",
        ] {
            let outcome = app.send(&from(ask("authorization", &bearer), origin));
            assert_error(&outcome, 403, "cross_site");
            let header = outcome.response.headers.get("access-control-allow-origin");
            assert_eq!(header, None, "{origin}");
        }
    }
    // A browser that does not say whose page it is says the origin.
    let outcome = app.send(&ask("cookie", &cookie).header("origin", APP));
    assert_error(&outcome, 403, "cross_site");
    assert!(
        app.edge
            .calls()
            .iter()
            .all(|call| call.url.contains("/keys"))
    );
}

/// The kind: a page under development that was loaded over plain http from another machine of the
/// network, where browsers send no `Sec-Fetch-Site`, and whose server passes its requests on.
#[test]
fn are_given_to_pages_of_the_same_network_in_development_alone() {
    let app = |environment| grant_app().with("ENVIRONMENT", environment);
    let from = |origin: &str| {
        let request = TestRequest::anonymous().at("/api/authkit/grant").json("{}");
        let request = request.on("http://localhost:8787").header("origin", origin);
        request.header("cookie", &format!("session={}", token()))
    };
    let near = [
        "http://192.168.1.5:3000",
        "http://10.1.2.3",
        "http://172.20.0.2:5173",
        "http://169.254.1.1:3000",
        "http://[fe80::1]:3000",
        "http://[fd00::7]:3000",
        "http://127.0.0.1:3000",
        "http://localhost:3000",
        "http://app.localhost:3000",
        "http://adas-macbook.local:3000",
        "http://adas-pc:3000",
    ];
    for origin in near {
        let outcome = app("development").send(&from(origin));
        assert_eq!(outcome.response.status, 200, "{origin}: {}", json(&outcome));
        for environment in ["production", "staging"] {
            let outcome = app(environment).send(&from(origin));
            assert_error(&outcome, 403, "cross_site");
            let reason = outcome.record.reason.unwrap();
            assert!(reason.contains("https"), "{reason}");
        }
        // Where the browser says something, that counts.
        for site in ["cross-site", "same-site", "none", ""] {
            let said = from(origin).header("sec-fetch-site", site);
            assert_error(&app("development").send(&said), 403, "cross_site");
        }
    }
    for origin in [
        "http://evil.example",
        "http://203.0.113.7:3000",
        "https://192.168.1.5:3000",
        "https://evil.example",
        "http://192.168.1.5.evil.example",
        "https://authkit.picaos.com",
        "capacitor://localhost",
        "null",
        "",
    ] {
        let outcome = app("development").send(&from(origin));
        assert_error(&outcome, 403, "cross_site");
    }
}

#[test]
fn are_given_to_nobody_who_is_not_signed_in() {
    let app = grant_app();
    let anonymous = TestRequest::anonymous().at("/api/authkit/grant").json("{}");
    assert_error(&app.send(&anonymous), 401, "unauthenticated");
    let bad = anonymous.header("authorization", "Bearer x");
    assert_error(&app.send(&bad), 401, "invalid_token");
}

/// A deployment whose own server asks: `source` is `header` or `body`.
fn served(source: &str) -> TestApp {
    TestApp::new()
        .with("ENVIRONMENT", "production")
        .with("IDENTITY_SOURCE", &format!("grant,{source}"))
        .with("GRANT_KEY", KEY)
        .with("TRUSTED_CALLER_KEY", OTHER_KEY)
}

/// What a server sends for the user that it has verified.
fn serve(user: &str) -> TestRequest {
    TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("x-authkit-key", OTHER_KEY)
        .header("x-user-id", user)
        .json("{}")
}

#[test]
fn are_given_to_a_server_that_proves_itself_by_the_key() {
    let app = served("header").with("GRANT_TTL_SECONDS", "3600");
    let outcome = app.send(&serve("ada"));
    let answer = json(&outcome);
    assert_eq!(outcome.response.status, 200, "{answer}");
    assert_eq!(outcome.record.identity_source, Some("header"));
    let headers = &outcome.response.headers;
    assert_eq!(headers.get("cache-control"), Some("no-store"));
    assert_eq!(headers.get("access-control-allow-origin"), None);
    // Nobody has said how long its session goes on.
    assert_eq!(answer["expires_in"], 300);
    let grant = answer["grant"].as_str().unwrap();
    let used = app.send(&carry(grant));
    assert_eq!(used.response.status, 200);
    assert_eq!(used.record.identity_source, Some("grant"));
    let ada = json!({"identity": "ada", "identityType": "user"});
    assert_eq!(minted_for(&app), Some(ada));
    // It is the widget's, and names one person.
    let other = carry(grant).json(r#"{"identity":"bob"}"#);
    assert_error(&app.send(&other), 403, "forbidden_identity");
    let further = carry(grant).at("/api/authkit/grant");
    assert_error(&app.send(&further), 403, "cross_site");
    let further = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("x-authkit-grant", grant)
        .json("{}");
    assert_error(&app.send(&further), 401, "unauthenticated");

    // The key that is being replaced is one, too.
    let app = served("header")
        .with("TRUSTED_CALLER_KEY", "a-caller-key-of-thirty-two-bytes")
        .with("TRUSTED_CALLER_KEY_PREVIOUS", OTHER_KEY);
    assert_eq!(app.send(&serve("ada")).response.status, 200);
    // In the body there may be a type beside the identity.
    let app = served("body");
    let team = serve("eve").json(r#"{"identity":"t1","identityType":"team"}"#);
    let answer = json(&app.send(&team));
    let used = app.send(&carry(answer["grant"].as_str().unwrap()));
    assert_eq!(used.response.status, 200);
    let wanted = json!({"identity": "t1", "identityType": "team"});
    assert_eq!(minted_for(&app), Some(wanted));
}

#[test]
fn are_given_to_nobody_who_names_a_user_without_the_key() {
    let named = || {
        let request = TestRequest::anonymous().at("/api/authkit/grant");
        request
            .header("x-user-id", "ada")
            .json(r#"{"identity":"ada"}"#)
    };
    for source in ["header", "body"] {
        for app in [
            served(source),
            // The key is what counts, wherever it is.
            served(source).with("ENVIRONMENT", "development"),
        ] {
            for request in [
                named(),
                named().header("x-authkit-key", ""),
                named().header("x-authkit-key", KEY),
                named().header("x-authkit-key", &OTHER_KEY[1..]),
                named()
                    .header("x-authkit-key", OTHER_KEY)
                    .header("x-authkit-key", OTHER_KEY),
            ] {
                assert_error(&app.send(&request), 401, "unauthenticated");
            }
        }
        // Where everybody is believed, nobody is known.
        let app = grant_app()
            .with("ENVIRONMENT", "development")
            .with("IDENTITY_SOURCE", &format!("grant,{source},jwt"));
        assert_error(&app.send(&named()), 401, "unauthenticated");
        let token = named().at("/api/authkit");
        assert_eq!(app.send(&token).response.status, 200);
    }
}

#[test]
fn are_given_to_no_server_that_names_nobody_or_two() {
    for (user, status, code) in [
        ("", 401, "unauthenticated"),
        ("ada, bob", 400, "invalid_identity"),
        ("a b", 400, "invalid_identity"),
        ("a|b", 400, "invalid_identity"),
    ] {
        assert_error(&served("header").send(&serve(user)), status, code);
    }
    for body in ["{}", r#"{"identity":""}"#, r#"{"identity":null}"#] {
        let request = serve("ada").json(body);
        assert_error(&served("body").send(&request), 401, "unauthenticated");
    }
}

/// A server that passes on what its visitors send has the headers of their browsers in it.
#[test]
fn are_given_to_no_page_of_another_site_whoever_lends_it_the_key() {
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "https://authkit.picaos.com"),
        ("origin", "null"),
    ] {
        let outcome = served("header").send(&serve("ada").header(name, value));
        assert_error(&outcome, 403, "cross_site");
        let header = outcome.response.headers.get("access-control-allow-origin");
        assert_eq!(header, None, "{value}");
    }
    let form = serve("ada").header("content-type", "text/plain");
    let outcome = served("header").send(&form);
    assert_error(&outcome, 415, "unsupported_media_type");
}

/// Over a service binding a server may write any address; the widget comes to one.
#[test]
fn are_good_at_the_address_at_which_the_server_has_asked() {
    let app = served("header");
    for (asked_at, status) in [("https://edge.example", 200), ("https://authkit", 401)] {
        let answer = json(&app.send(&serve("ada").on(asked_at)));
        let used = app.send(&carry(answer["grant"].as_str().unwrap()));
        assert_eq!(used.response.status, status, "{asked_at}");
    }
}

#[test]
fn have_a_route_only_when_they_are_configured() {
    let outcome = app().send(&ask());
    assert_error(&outcome, 404, "not_found");
    let outcome = grant_app().send(&ask().method(Method::Get));
    assert_error(&outcome, 405, "method_not_allowed");
    let outcome = grant_app().send(&ask().at("/api/authkit/grant/x"));
    assert_error(&outcome, 404, "not_found");
}

#[test]
fn may_be_sent_by_the_widget() {
    let preflight = TestRequest::anonymous()
        .method(Method::Options)
        .header("origin", "https://authkit.picaos.com");
    let outcome = grant_app().send(&preflight);
    let allowed = outcome.response.headers.get("access-control-allow-headers");
    assert_eq!(
        allowed,
        Some(
            "content-type, authorization, x-request-id, traceparent, tracestate, x-user-id, x-authkit-grant"
        )
    );
}

#[test]
fn are_not_in_the_log() {
    let app = grant_app();
    let outcome = app.send(&ask());
    let grant = json(&outcome)["grant"].as_str().unwrap().to_owned();
    let used = app.send(&carry(&grant));
    for record in [outcome.record, used.record] {
        let line = record.to_json();
        for private in [&grant[..], &token(), KEY, "user_1"] {
            assert!(!line.contains(private), "{line}");
        }
    }
}
