//! The deep check: a person is told what is wrong and what to type.

use std::time::Duration;

use authkit_edge::caller::CallerFault;
use authkit_edge::caller::grant::GrantFault;
use authkit_edge::error::{Challenge, Refusal};
use authkit_edge::handler::Outcome;
use authkit_edge::http::cookie::CookieFault;
use authkit_edge::http::request_body::BodyFault;
use authkit_edge::identity::IdentityFault;
use authkit_edge::jwt::TokenFault;
use authkit_edge::jwt::persons::{Acceptable, Nobody};
use authkit_edge::limits::{JWKS_COOLDOWN, JWKS_RETRY};
use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::support::{KEY, Plan, TestApp, TestRequest, assert_error, json};
use crate::tokens::{
    AUDIENCE, ISSUER, KEYS_URL, NOW, SigningKey, app, claims, hmac_token, jwt_app, key_set,
};

const CALLER_KEY: &str = "a-caller-key-of-thirty-two-bytes";
const GRANT_KEY: &str = "0123456789abcdef0123456789abcdef";
const ROW: &str = r#"{"rows":[{"id":1}],"total":9,"pages":9,"page":1,"requestId":1}"#;

fn ask() -> TestRequest {
    TestRequest::anonymous()
        .method(Method::Get)
        .on("http://localhost:8787")
        .at("/api/authkit/health/deep")
        .header("x-authkit-key", CALLER_KEY)
}

fn keyed(app: TestApp) -> TestApp {
    app.with("TRUSTED_CALLER_KEY", CALLER_KEY)
}

/// A deployment with which nothing is wrong.
fn well() -> TestApp {
    keyed(TestApp::new()).upstream(|_| Plan::json(ROW))
}

/// The same for the tokens of an issuer; `keys` answers for its keys.
fn verified(keys: fn() -> Plan) -> TestApp {
    keyed(jwt_app(|_| Plan::json("")))
        .with("PICA_SECRET_KEY", "sk_live_1")
        .upstream(move |call| {
            if call.url == KEYS_URL {
                keys()
            } else {
                Plan::json(ROW)
            }
        })
}

fn one_key() -> Plan {
    Plan::json(key_set(&[SigningKey::new("k1").jwk()]))
}

/// `name: status` of every check.
fn checks(outcome: &Outcome) -> Vec<String> {
    let report = json(outcome);
    let checks = report["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks
        .map(|check| format!("{}: {}", text(&check["name"]), text(&check["status"])))
        .collect()
}

fn advice<'a>(report: &'a Value, name: &str) -> &'a str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap()["advice"].as_str().unwrap()
}

#[test]
fn finds_nothing_wrong_where_nothing_is() {
    let outcome = well().send(&ask());
    assert_eq!(outcome.response.status, 200);
    assert_eq!(json(&outcome)["status"], "ok");
    let all = ["configuration: ok", "upstream: ok", "integrations: ok"];
    assert_eq!(checks(&outcome), all);

    let outcome = verified(one_key).send(&ask());
    assert_eq!(outcome.response.status, 200);
    let all = [
        "configuration: ok",
        "jwt_keys: ok",
        "upstream: ok",
        "integrations: ok",
    ];
    assert_eq!(checks(&outcome), all);
}

#[test]
fn is_documented_check_by_check() {
    let document = include_str!("../../docs/doctor.md");
    let access = verified(one_key)
        .with("IDENTITY_SOURCE", "jwt,access")
        .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
        .with("ACCESS_AUD", "tag");
    let outcome = access.send(&ask());
    let names: Vec<Value> = json(&outcome)["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].clone())
        .collect();
    assert_eq!(names.len(), 5);
    let identity = access.edge.token_calls()[0].body.clone().unwrap()["identity"].take();
    for name in names.into_iter().chain([identity]) {
        let name = format!("`{}`", name.as_str().unwrap());
        assert!(document.contains(&name), "{name}");
    }
}

/// Asserts that a check fails and that its advice has these words.
#[track_caller]
fn assert_failing(app: &TestApp, name: &str, words: &str) {
    let outcome = app.send(&ask());
    let report = json(&outcome);
    assert_eq!(outcome.response.status, 503, "{report}");
    assert_eq!(report["status"], "failing", "{report}");
    let check = format!("{name}: failing");
    assert!(checks(&outcome).contains(&check), "{report}");
    assert!(advice(&report, name).contains(words), "{report}");
    assert_eq!(
        (outcome.record.status, outcome.record.code),
        (503, "failing")
    );
}

#[test]
fn tells_what_is_wrong_and_what_to_type() {
    for (app, name, words) in [
        (
            well().without("PICA_SECRET_KEY"),
            "PICA_SECRET_KEY",
            "npx wrangler secret put PICA_SECRET_KEY",
        ),
        (
            well().with("ALLOWED_ORIGINS", "https://app.example.com/"),
            "ALLOWED_ORIGINS",
            "entry 1: must end after the host and port, like https://app.example.com: no slash",
        ),
        (
            well().with("ALLOWED_ORIGINS", "https://app.example.com/"),
            "ALLOWED_ORIGINS",
            "In [vars] of wrangler.toml: ALLOWED_ORIGINS = \"…\"",
        ),
        (
            well().with("ROUTE_PREFIX", "/v2/"),
            "ROUTE_PREFIX",
            "a slash before, none after",
        ),
        (
            verified(one_key)
                .with("IDENTITY_SOURCE", "grant,jwt")
                .with("GRANT_KEY", "weak"),
            "GRANT_KEY",
            "32 or more visible ASCII characters: create it with `openssl rand -hex 32`. A secret is \
             set by: npx wrangler secret put GRANT_KEY",
        ),
        (
            verified(one_key)
                .with("JWT_ALGORITHMS", "HS256")
                .with("JWT_SECRET", "weak")
                .without("JWT_JWKS_URL"),
            "JWT_SECRET",
            "npx wrangler secret put JWT_SECRET",
        ),
    ] {
        assert_failing(&app, name, words);
    }
}

#[test]
fn tells_who_does_not_answer_as_they_should() {
    let refused = well().upstream(|_| Plan::status(401));
    let refused_by_one = well()
        .with("AUTHKIT_PROVIDER", "one")
        .with("ONE_SECRET_KEY", KEY)
        .upstream(|_| Plan::status(403));
    for (app, name, words) in [
        (
            verified(Plan::unreachable),
            "jwt_keys",
            "could not be loaded: nothing answers there",
        ),
        (
            verified(|| Plan::status(404)),
            "jwt_keys",
            "could not be loaded: the answer was 404",
        ),
        (
            verified(|| Plan::json("<html>")),
            "jwt_keys",
            "It comes from JWT_JWKS_URL and JWT_ISSUER in [vars]",
        ),
        (
            verified(one_key).with("JWT_ALGORITHMS", "RS256,ES256"),
            "jwt_keys",
            "none fits JWT_ALGORITHMS",
        ),
        (
            refused,
            "upstream",
            "Copy it from https://app.picaos.com/settings/api-keys and type: npx wrangler secret \
             put PICA_SECRET_KEY",
        ),
        (
            refused_by_one,
            "upstream",
            "https://app.withone.ai/settings/api-keys and type: npx wrangler secret put \
             ONE_SECRET_KEY",
        ),
        (
            well().upstream(|_| Plan::unreachable()),
            "upstream",
            "upstream not reached, or the connection broke. If AUTHKIT_BASE_URL is set",
        ),
        (
            well().upstream(|_| Plan::status(404)),
            "upstream",
            "check AUTHKIT_PROVIDER and AUTHKIT_BASE_URL",
        ),
        (
            well().upstream(|_| Plan::json("<html>")),
            "upstream",
            "not a JSON object",
        ),
    ] {
        assert_failing(&app, name, words);
    }
}

/// The kind: what the upstream says of the account, the key or its own place, each of which is mended
/// in another way.
#[test]
fn advises_what_mends_what_the_upstream_says() {
    let one = || {
        let app = well().with("AUTHKIT_PROVIDER", "one");
        app.with("ONE_SECRET_KEY", KEY)
    };
    for (status, reason, pica, of_one) in [
        (
            401,
            "refused the secret key",
            "is refused. Copy it from https://app.picaos.com",
            "is refused. Copy it from https://app.withone.ai",
        ),
        (
            402,
            "plan or its quota is used up",
            "The dashboard shows both: https://app.picaos.com",
            "The dashboard shows both: https://app.withone.ai",
        ),
        (
            403,
            "lacks a permission",
            "Give it access to AuthKit, or copy another one from https://app.picaos.com",
            "Give it access to AuthKit, or copy another one from https://app.withone.ai",
        ),
        (
            404,
            "check AUTHKIT_PROVIDER and AUTHKIT_BASE_URL",
            "check AUTHKIT_PROVIDER",
            "check AUTHKIT_PROVIDER",
        ),
        (
            301,
            "the API has moved. Check AUTHKIT_BASE_URL, and whether AUTHKIT_PROVIDER has to be `one`",
            "set AUTHKIT_PROVIDER = \"one\", and type: npx wrangler secret put ONE_SECRET_KEY",
            "the API has moved. Check AUTHKIT_BASE_URL",
        ),
        (
            429,
            "upstream answered 429",
            "Ask again in a minute",
            "Ask again in a minute",
        ),
    ] {
        let mut reasons = Vec::new();
        for (app, words) in [(well(), pica), (one(), of_one)] {
            let app = app.upstream(move |_| Plan::status(status));
            assert_failing(&app, "upstream", words);
            let token = TestRequest::post().header("x-authkit-key", CALLER_KEY);
            let outcome = app.send(&token);
            let wire = if status == 429 {
                (429, "rate_limited")
            } else {
                (502, "upstream_failed")
            };
            assert_error(&outcome, wire.0, wire.1);
            reasons.push(outcome.record.reason.unwrap());
        }
        assert!(
            reasons.iter().all(|found| found.contains(reason)),
            "{reasons:?}"
        );
    }
    for status in [302, 303, 307, 308] {
        let app = well().upstream(move |_| Plan::status(status));
        assert_failing(&app, "upstream", "AUTHKIT_PROVIDER = \"one\"");
    }
}

#[test]
fn warns_without_failing() {
    let empty = || well().upstream(|_| Plan::json(r#"{"rows":[ ],"pages":0}"#));
    for (app, name, words) in [
        (
            well().with("PICA_SECRET_KEY", "pk_live_1"),
            "PICA_SECRET_KEY",
            "starts with neither sk_live_ nor sk_test_",
        ),
        (
            well()
                .with("ENVIRONMENT", "development")
                .with("PICA_SECRET_KEY", "sk_live_1"),
            "PICA_SECRET_KEY",
            "set the key that starts with sk_test_. A secret is set by: npx wrangler secret put",
        ),
        (
            well().with("ALLOWED_ORIGINS", "https://app.example.com"),
            "ALLOWED_ORIGINS",
            "add https://authkit.picaos.com",
        ),
        (
            empty(),
            "integrations",
            "Enable some at https://app.picaos.com/authkit",
        ),
        (
            empty()
                .with("AUTHKIT_PROVIDER", "one")
                .with("ONE_SECRET_KEY", KEY),
            "integrations",
            "Enable some at https://app.withone.ai/settings/authkit, in the sandbox environment, \
             which ONE_SECRET_KEY is of. If there are some already, they are of production, whose \
             keys start with sk_live_, or of another project than the key is",
        ),
        (
            empty()
                .with("ENVIRONMENT", "production")
                .with("PICA_SECRET_KEY", "sk_live_1"),
            "integrations",
            "in the production environment, which PICA_SECRET_KEY is of. If there are some already, \
             they are of the sandbox, whose keys start with sk_test_",
        ),
    ] {
        let outcome = app.send(&ask());
        let report = json(&outcome);
        assert_eq!(outcome.response.status, 200, "{report}");
        assert_eq!(report["status"], "ok", "{report}");
        assert!(
            checks(&outcome).contains(&format!("{name}: warning")),
            "{report}"
        );
        assert!(advice(&report, name).contains(words), "{report}");
        assert_eq!(outcome.record.code, "ok");
    }
}

#[test]
fn warns_of_development_where_others_may_reach_it() {
    let outcome = well().send(&ask().on("https://edge.example"));
    let report = json(&outcome);
    assert_eq!(
        (outcome.response.status, &report["status"]),
        (200, &json!("ok"))
    );
    assert_eq!(checks(&outcome)[0], "ENVIRONMENT: warning");
    let words = "this host is not localhost: set `production` or `staging`. In [vars] of \
                 wrangler.toml: ENVIRONMENT";
    assert!(advice(&report, "ENVIRONMENT").contains(words), "{report}");

    // Whatever else is wrong.
    let broken = well().with("ROUTE_PREFIX", "/v2/");
    let all = ["ENVIRONMENT: warning", "ROUTE_PREFIX: failing"];
    let outcome = broken.send(&ask().on("https://edge.example"));
    assert_eq!(checks(&outcome), all);
    let deployed = well()
        .with("ENVIRONMENT", "production")
        .with("PICA_SECRET_KEY", "sk_live_1");
    let outcome = deployed.send(&ask().on("https://edge.example"));
    assert_eq!(checks(&outcome)[0], "configuration: ok");
}

#[test]
fn tells_everything_at_once() {
    let app = verified(|| Plan::status(500))
        .with("ALLOWED_ORIGINS", "https://app.example.com/")
        .with("UPSTREAM_DEADLINE_MS", "soon")
        .with("PICA_SECRET_KEY", "live_1");
    let outcome = app.send(&ask());
    let all = [
        "PICA_SECRET_KEY: warning",
        "ALLOWED_ORIGINS: failing",
        "UPSTREAM_DEADLINE_MS: failing",
    ];
    assert_eq!(checks(&outcome), all);
    assert_eq!(app.edge.calls().len(), 0);

    let both = verified(|| Plan::status(500)).upstream(|_| Plan::status(401));
    let all = [
        "configuration: ok",
        "jwt_keys: failing",
        "upstream: failing",
    ];
    assert_eq!(checks(&both.send(&ask())), all);
}

#[test]
fn answers_whoever_has_the_key_whatever_else_is_wrong() {
    let bare = keyed(TestApp::new())
        .without("ENVIRONMENT")
        .without("IDENTITY_SOURCE")
        .without("PICA_SECRET_KEY");
    let all = ["PICA_SECRET_KEY: failing", "IDENTITY_SOURCE: failing"];
    assert_eq!(checks(&bare.send(&ask())), all);

    let other = "another-caller-key-of-32-letters";
    let replaced = well()
        .with("TRUSTED_CALLER_KEY", other)
        .with("TRUSTED_CALLER_KEY_PREVIOUS", CALLER_KEY);
    assert_eq!(replaced.send(&ask()).response.status, 200);
}

#[test]
fn is_for_nobody_else() {
    let ask_with = |key: &str| {
        TestRequest::anonymous()
            .method(Method::Get)
            .at("/api/authkit/health/deep")
            .header("x-authkit-key", key)
    };
    let app = well();
    let without = TestRequest::anonymous()
        .method(Method::Get)
        .at("/api/authkit/health/deep");
    for request in [
        without,
        ask_with(""),
        ask_with(&CALLER_KEY[1..]),
        ask_with(&format!("{CALLER_KEY}, {CALLER_KEY}")),
        ask_with(&CALLER_KEY.to_uppercase()),
    ] {
        assert_error(&app.send(&request), 401, "unauthenticated");
    }
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn is_not_there_without_a_key_that_nobody_guesses() {
    for key in [
        None,
        Some(""),
        Some("short"),
        Some("a caller key with spaces in its middle"),
    ] {
        let app = well().without("TRUSTED_CALLER_KEY");
        let app = key
            .into_iter()
            .fold(app, |app, key| app.with("TRUSTED_CALLER_KEY", key));
        for request in [ask(), ask().header("x-authkit-key", "")] {
            let outcome = app.send(&request);
            assert_error(&outcome, 404, "not_found");
            assert!(outcome.record.to_json().contains(r#""route":"unknown""#));
        }
        assert_eq!(app.edge.calls().len(), 0);
    }
}

#[test]
fn asks_for_one_row_for_nobody_and_keeps_none() {
    let app = verified(one_key);
    let outcome = app.send(&ask());
    let text = String::from_utf8(outcome.response.body).unwrap();
    assert!(
        !text.contains("requestId") && !text.contains("rows"),
        "{text}"
    );
    let calls = app.edge.token_calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].url.ends_with("/v1/authkit?limit=1&page=1"));
    let nobody = json!({"identity": "authkit-edge-health", "identityType": "user"});
    assert_eq!(calls[0].body, Some(nobody));
    // And whose key it is.
    assert_eq!(outcome.record.upstream_attempts, 2);
    assert_eq!(outcome.record.identity, None);
}

/// A deployment whose upstream says this of its key.
fn keyed_by(whoami: &'static str) -> TestApp {
    keyed(TestApp::new()).upstream(move |call| {
        if call.url.ends_with("/v1/users/whoami") {
            Plan::json(whoami).header("x-one-correlation-id", "whoami-1")
        } else {
            Plan::json(ROW)
        }
    })
}

#[test]
fn says_whose_key_it_is_but_not_who_made_it() {
    for (whoami, wanted) in [
        (
            r#"{"user":{"id":"1","name":"Ada","email":"ada@x.example"},"organization":{"id":"2","name":"Acme"},"project":{"id":"3","name":" Shop \u00e9 "}}"#,
            Some("PICA_SECRET_KEY is of the organization \"Acme\", project \"Shop é\""),
        ),
        (
            r#"{"user":{"name":"Ada"},"project":{"name":"Shop"}}"#,
            Some("PICA_SECRET_KEY is of the project \"Shop\""),
        ),
        (r#"{"user":{"name":"Ada"}}"#, None),
        (r#"{"project":{"name":""},"organization":{"name":7}}"#, None),
        (
            r#"{"project":{"name":"a\u001b[31m"},"organization":"Acme"}"#,
            None,
        ),
        (r#"{"project":{"name":"a\u200b"}}"#, None),
        ("<html>", None),
        ("[]", None),
    ] {
        let outcome = keyed_by(whoami).send(&ask());
        let report = json(&outcome);
        assert_eq!(outcome.response.status, 200, "{report}");
        let account = report["checks"].as_array().unwrap().iter();
        let account = account.clone().find(|check| check["name"] == "account");
        let said = account.map(|check| check["advice"].as_str().unwrap());
        assert_eq!(said, wanted, "{whoami}");
        let all = format!("{report}{}", outcome.record.to_json());
        assert!(!all.contains("Ada") && !all.contains("ada@"), "{all}");
    }
}

#[test]
fn does_without_knowing_whose_key_it_is() {
    for plan in [
        Plan::unreachable as fn() -> Plan,
        || Plan::status(404),
        || Plan::status(500),
        || Plan::json("").hang(),
        || Plan::json("x".repeat(20_000)),
    ] {
        let app = keyed(TestApp::new()).upstream(move |call| {
            if call.url.ends_with("/v1/users/whoami") {
                plan()
            } else {
                Plan::json(ROW)
            }
        });
        let outcome = app.send(&ask());
        assert_eq!(
            checks(&outcome),
            ["configuration: ok", "upstream: ok", "integrations: ok"]
        );
        assert!(app.edge.elapsed() <= 2_000, "it is worth no long wait");
    }
}

#[test]
fn leaves_an_upstream_alone_that_asked_for_it() {
    let app = keyed(TestApp::new()).upstream(|_| Plan::status(429).header("retry-after", "30"));
    let isolate = app.isolate();
    let token = TestRequest::post().header("x-authkit-key", CALLER_KEY);
    assert_eq!(isolate.send(&token).response.status, 429);
    let calls = app.edge.calls().len();
    let outcome = isolate.send(&ask());
    assert_eq!(checks(&outcome), ["configuration: ok", "upstream: failing"]);
    assert_eq!(app.edge.calls().len(), calls);
}

#[test]
fn loads_keys_no_more_often_than_tokens_do() {
    let app = verified(one_key);
    let isolate = app.isolate();
    let loads = || {
        let calls = app.edge.calls();
        calls.iter().filter(|call| call.url == KEYS_URL).count()
    };
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let bearer = TestRequest::anonymous().header("authorization", &format!("Bearer {token}"));
    for _ in 0..10 {
        assert_eq!(checks(&isolate.send(&ask()))[1], "jwt_keys: ok");
        assert_eq!(isolate.send(&bearer).response.status, 200);
    }
    assert_eq!(loads(), 1);
    app.edge.pass(JWKS_COOLDOWN);
    isolate.send(&ask());
    assert_eq!(loads(), 2);
}

#[test]
fn tells_what_came_of_the_last_load_until_there_may_be_another() {
    let app = jwt_app(|call| {
        if call.earlier == 0 {
            Plan::status(500)
        } else {
            one_key()
        }
    });
    let app = keyed(app);
    let isolate = app.isolate();
    let says = |text: &str| checks(&isolate.send(&ask())).contains(&text.to_owned());
    for _ in 0..3 {
        assert!(says("jwt_keys: failing"));
    }
    app.edge.pass(JWKS_RETRY);
    assert!(says("jwt_keys: ok"));
    let calls = app.edge.calls();
    assert_eq!(calls.iter().filter(|call| call.url == KEYS_URL).count(), 2);
}

#[test]
fn waits_for_each_no_longer_than_for_a_token() {
    let app = verified(|| Plan::json("").hang()).upstream(|_| Plan::json("").hang());
    let outcome = app.send(&ask());
    let all = [
        "configuration: ok",
        "jwt_keys: failing",
        "upstream: failing",
    ];
    assert_eq!(checks(&outcome), all);
    // Three seconds for the keys, eight for the upstream.
    assert_eq!(outcome.record.upstream_ms, 8_000);
    assert_eq!(app.edge.elapsed(), 11_000);
}

#[test]
fn tells_no_value_and_no_text_of_the_upstream() {
    let secret = "sk_live_in_the_wrong_place_0123456789";
    let mut apps = vec![
        well().upstream(|_| Plan::status(500)),
        verified(|| Plan::status(500)).with("GRANT_KEY", GRANT_KEY),
        keyed(app()).with("IDENTITY_SOURCE", "grant,jwt,access,header,body"),
    ];
    for name in [
        "ALLOWED_ORIGINS",
        "AUTHKIT_BASE_URL",
        "AUTHKIT_PROVIDER",
        "ENVIRONMENT",
        "GRANT_KEY",
        "IDENTITY_HEADER",
        "IDENTITY_SOURCE",
        "IDENTITY_TYPE",
        "JWT_ALGORITHMS",
        "JWT_JWKS_URL",
        "JWT_SECRET",
        "PICA_SECRET_KEY",
        "ROUTE_ALIASES",
        "UPSTREAM_DEADLINE_MS",
    ] {
        apps.push(verified(|| Plan::status(500)).with(name, secret));
    }
    for app in apps {
        let outcome = app.send(&ask());
        let body = String::from_utf8(outcome.response.body).unwrap();
        let all = format!("{body}{}", outcome.record.to_json());
        for private in [
            secret,
            CALLER_KEY,
            GRANT_KEY,
            KEY,
            KEYS_URL,
            "sandbox-error-detail",
        ] {
            assert!(!all.contains(private), "{private} in {all}");
        }
    }
}

/// The same question, with a credential to judge.
fn ask_of(name: &str, value: &str) -> TestRequest {
    ask()
        .at("/api/authkit/health/deep?credential")
        .header(name, value)
}

fn ask_of_token(token: &str) -> TestRequest {
    ask_of("authorization", &format!("Bearer {token}"))
}

/// What the judgement says; `None` where there would be a token.
#[track_caller]
fn judged(app: &TestApp, request: &TestRequest) -> Option<String> {
    let outcome = app.send(request);
    let report = json(&outcome);
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == "credential");
    let found = found.unwrap_or_else(|| panic!("no judgement in {report}"));
    let refused = found["status"] == "failing";
    assert_eq!(outcome.response.status, if refused { 503 } else { 200 });
    let reason = found["advice"].as_str().map(str::to_owned);
    assert_eq!(reason.is_some(), refused, "{report}");
    reason
}

/// Every fault there is, once.
const FAULTS: &[CallerFault] = &[
    CallerFault::NoCredential,
    CallerFault::NoCallerKey,
    CallerFault::WrongCallerKey,
    CallerFault::Authorization,
    CallerFault::Cookie(CookieFault::TooLarge),
    CallerFault::Cookie(CookieFault::Twice),
    CallerFault::Cookie(CookieFault::Malformed),
    CallerFault::Grant(GrantFault::Malformed),
    CallerFault::Grant(GrantFault::Signature),
    CallerFault::Grant(GrantFault::Audience),
    CallerFault::Grant(GrantFault::Expired),
    CallerFault::GrantNotAccepted,
    CallerFault::CrossSite,
    CallerFault::NotTheirs,
    CallerFault::Unspecified,
    CallerFault::Identity(IdentityFault::Empty),
    CallerFault::Identity(IdentityFault::TooLong),
    CallerFault::Identity(IdentityFault::Forbidden),
    CallerFault::Identity(IdentityFault::Folded),
    CallerFault::HeaderTwice,
    CallerFault::IdentityType,
    // A deep check has no body: of its faults only this one is met, in the query.
    CallerFault::Fields(BodyFault::Field("identityType")),
    CallerFault::Token(TokenFault::TooLarge),
    CallerFault::Token(TokenFault::Session),
    CallerFault::Token(TokenFault::Malformed),
    CallerFault::Token(TokenFault::Encrypted),
    CallerFault::Token(TokenFault::Critical),
    CallerFault::Token(TokenFault::Type),
    CallerFault::Token(TokenFault::Algorithm),
    CallerFault::Token(TokenFault::NoKey),
    CallerFault::Token(TokenFault::UnknownKey(Duration::from_secs(1))),
    CallerFault::Token(TokenFault::AmbiguousKey),
    CallerFault::Token(TokenFault::KeysUnavailable(Duration::from_secs(1))),
    CallerFault::Token(TokenFault::Signature),
    CallerFault::Token(TokenFault::Payload),
    CallerFault::Token(TokenFault::NoExpiry),
    CallerFault::Token(TokenFault::TimeClaim),
    CallerFault::Token(TokenFault::Expired),
    CallerFault::Token(TokenFault::NotYetValid),
    CallerFault::Token(TokenFault::Issuer),
    CallerFault::Token(TokenFault::Audience),
    CallerFault::Token(TokenFault::AuthorizedParty),
    CallerFault::Token(TokenFault::Tenant),
    CallerFault::Token(TokenFault::NoSubject),
    CallerFault::Token(TokenFault::IdentityKind),
    CallerFault::Token(TokenFault::Unverified),
    CallerFault::Token(TokenFault::Nobody(Nobody::Role)),
    CallerFault::Token(TokenFault::Nobody(Nobody::Pending)),
    CallerFault::Token(TokenFault::Nobody(Nobody::OtherClient)),
    CallerFault::Token(TokenFault::Nobody(Nobody::OtherKind)),
    CallerFault::Token(TokenFault::Nobody(Nobody::Unaccepted(
        Acceptable::Anonymous,
    ))),
    CallerFault::Token(TokenFault::Nobody(Nobody::Unaccepted(Acceptable::Programs))),
];

/// Compiles only as long as every fault is named: whoever adds one adds it to `FAULTS`, too, and a line
/// to `scripts/doctor/faults.json` and docs/doctor.md. Gives how many there are.
const fn named(fault: CallerFault) -> usize {
    match fault {
        CallerFault::NoCredential
        | CallerFault::NoCallerKey
        | CallerFault::WrongCallerKey
        | CallerFault::Authorization
        | CallerFault::CrossSite
        | CallerFault::GrantNotAccepted
        | CallerFault::NotTheirs
        | CallerFault::Unspecified
        | CallerFault::HeaderTwice
        | CallerFault::IdentityType
        | CallerFault::Fields(
            BodyFault::Field(_)
            | BodyFault::TooLarge
            | BodyFault::Broken
            | BodyFault::TooSlow
            | BodyFault::NoRoom
            | BodyFault::MediaType
            | BodyFault::Syntax
            | BodyFault::NotAnObject,
        )
        | CallerFault::Cookie(CookieFault::TooLarge | CookieFault::Twice | CookieFault::Malformed)
        // What an application answered is told with its status, and with what to change.
        | CallerFault::Session(_)
        | CallerFault::Grant(
            GrantFault::Malformed
            | GrantFault::Signature
            | GrantFault::Audience
            | GrantFault::Expired,
        )
        | CallerFault::Identity(
            IdentityFault::Empty
            | IdentityFault::TooLong
            | IdentityFault::Forbidden
            | IdentityFault::Folded,
        )
        | CallerFault::Token(
            TokenFault::TooLarge
            | TokenFault::Session
            | TokenFault::Malformed
            | TokenFault::Encrypted
            | TokenFault::Critical
            | TokenFault::Type
            | TokenFault::Algorithm
            | TokenFault::NoKey
            | TokenFault::UnknownKey(_)
            | TokenFault::AmbiguousKey
            | TokenFault::KeysUnavailable(_)
            | TokenFault::Signature
            | TokenFault::Payload
            | TokenFault::NoExpiry
            | TokenFault::TimeClaim
            | TokenFault::Expired
            | TokenFault::NotYetValid
            | TokenFault::Issuer
            | TokenFault::Audience
            | TokenFault::AuthorizedParty
            | TokenFault::Tenant
            | TokenFault::NoSubject
            | TokenFault::IdentityKind
            | TokenFault::Unverified
            | TokenFault::Nobody(
                Nobody::Role
                | Nobody::Pending
                | Nobody::OtherClient
                | Nobody::OtherKind
                | Nobody::Unaccepted(Acceptable::Anonymous | Acceptable::Programs),
            ),
        ) => 52,
    }
}

/// The words of the script: what the log says, and what to change.
fn lines() -> Vec<(String, String)> {
    let table = include_str!("../../scripts/doctor/faults.json");
    let table: Vec<Value> = serde_json::from_str(table).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = table.iter();
    rows.map(|row| (text(row, "reason"), text(row, "advice")))
        .collect()
}

#[test]
fn has_a_line_of_what_to_change_for_every_fault_of_a_credential() {
    assert_eq!(FAULTS.len(), named(CallerFault::NoCredential));
    let lines = lines();
    for fault in FAULTS {
        let reason = Refusal::Caller(*fault, Challenge::Own)
            .reason()
            .into_owned();
        let found = lines.iter().filter(|(known, _)| *known == reason).count();
        assert_eq!(found, 1, "{reason:?} in scripts/doctor/faults.json");
    }
    let document = include_str!("../../docs/doctor.md");
    for (reason, advice) in lines {
        let row = format!("| {reason} | {advice} |").replace("`|`", "`\\|`");
        assert!(document.contains(&row), "{row}");
    }
}

#[test]
fn judges_a_credential_only_when_that_is_asked_for() {
    let good = SigningKey::new("k1").token(&claims(json!({})));
    let app = verified(one_key);
    // A proxy in front, as Access is, may add one to whatever comes.
    for query in ["", "?credentials=no", "?x=credential"] {
        let request = ask()
            .at(&format!("/api/authkit/health/deep{query}"))
            .header("authorization", "Bearer nonsense");
        let outcome = app.send(&request);
        let judged = checks(&outcome).contains(&"credential: failing".to_owned());
        assert_eq!(judged, query.starts_with("?credential"), "{query}");
    }
    assert_eq!(judged(&app, &ask_of_token(&good)), None);
}

#[test]
fn is_judged_for_nobody_without_the_key() {
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let app = verified(one_key);
    let request = TestRequest::anonymous()
        .method(Method::Get)
        .on("http://localhost:8787")
        .at("/api/authkit/health/deep?credential")
        .header("authorization", &format!("Bearer {token}"));
    assert_error(&app.send(&request), 401, "unauthenticated");
    assert_eq!(app.edge.calls().len(), 0);
}

/// The script prints a `✓` for each step before the one that fails.
#[test]
fn finds_the_faults_of_a_token_in_the_order_of_the_steps() {
    let app = verified(one_key).with("JWT_AZP", "front");
    let (own, other) = (SigningKey::new("k1"), SigningKey::new("k2"));
    let mut wrong = json!({
        "iss": "https://issuer.example/", "aud": "another", "azp": "back", "exp": NOW - 61,
        "role": "service_role", "firebase": {"tenant": "t"}, "sub": null,
    });
    let none = json!({"alg": "HS256"});
    let mut seen = vec![
        judged(&app, &ask_of_token("opaque")),
        judged(
            &app,
            &ask_of_token(&own.token_with_header(&none, &claims(wrong.clone()))),
        ),
        judged(&app, &ask_of_token(&other.token(&claims(wrong.clone())))),
    ];
    let kid = json!({"alg": "EdDSA", "kid": "k1"});
    let forged = other.token_with_header(&kid, &claims(wrong.clone()));
    seen.push(judged(&app, &ask_of_token(&forged)));
    for (name, right) in [
        ("iss", json!(ISSUER)),
        ("aud", json!(AUDIENCE)),
        ("azp", json!("front")),
        ("exp", json!(NOW + 60)),
        ("role", json!("authenticated")),
        ("firebase", json!({})),
        ("sub", json!("user_1")),
    ] {
        seen.push(judged(
            &app,
            &ask_of_token(&own.token(&claims(wrong.clone()))),
        ));
        wrong[name] = right;
    }
    seen.push(judged(&app, &ask_of_token(&own.token(&claims(wrong)))));

    let table: Vec<Value> =
        serde_json::from_str(include_str!("../../scripts/doctor/faults.json")).unwrap();
    let step = |reason: &Option<String>| {
        let row = table
            .iter()
            .find(|row| Some(row["reason"].as_str().unwrap()) == reason.as_deref());
        row.map(|row| row["step"].as_str().unwrap())
    };
    let steps: Vec<_> = seen.iter().map(step).collect();
    let all = [
        "form",
        "algorithm",
        "key",
        "signature",
        "issuer",
        "audience",
        "party",
        "times",
        "person",
        "tenant",
        "identity",
    ];
    assert_eq!(steps[..11], all.map(Some));
    assert_eq!(seen[11], None);
}

#[test]
fn tells_which_source_decided_and_what_each_takes() {
    let shared = "a-shared-secret-of-thirty-two-bytes";
    let app = verified(one_key)
        .without("JWT_JWKS_URL")
        .with("JWT_ALGORITHMS", "HS512,HS256")
        .with("JWT_SECRET", &shared.repeat(2))
        .with(
            "JWT_ISSUER",
            "https://issuer.example, https://other.example/",
        )
        .with("JWT_AZP", "front")
        .with("JWT_COOKIE", "session")
        .with("JWT_ORGANIZATION_CLAIM", "org.id")
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", GRANT_KEY);
    let token = hmac_token(&shared.repeat(2), &claims(json!({"azp": "front"})));
    let facts = |request: &TestRequest| json(&app.send(request))["facts"].clone();
    let takes = [
        ["source", "grant"],
        ["source", "jwt"],
        ["iss", "https://issuer.example"],
        ["iss", "https://other.example/"],
        ["aud", AUDIENCE],
        ["azp", "front"],
        ["alg", "HS256"],
        ["alg", "HS512"],
        ["cookie", "session"],
        ["user", "sub"],
        ["organization", "org.id"],
    ];
    let decided = |name| {
        let mut all = vec![["decided", name]];
        all.extend(takes);
        json!(all)
    };
    assert_eq!(judged(&app, &ask_of_token(&token)), None);
    assert_eq!(facts(&ask_of_token(&token)), decided("jwt"));
    let cookie = format!("theme=dark; session={token}");
    assert_eq!(facts(&ask_of("cookie", &cookie)), decided("jwt"));
    assert_eq!(
        facts(&ask_of("x-authkit-grant", "v1.a.b")),
        decided("grant")
    );
    let nobody = ask_of("cookie", "theme=dark");
    assert_eq!(facts(&nobody), json!(takes));
    let reason = judged(&app, &nobody).unwrap();
    assert_eq!(reason, "The request has no credential. Please sign in.");
}

#[test]
fn judges_the_wish_for_another_type() {
    let app = verified(one_key).with("JWT_ORGANIZATION_CLAIM", "org.id");
    let key = SigningKey::new("k1");
    let ask_as = |kind: &str, changes| {
        let token = key.token(&claims(changes));
        let path = format!("/api/authkit/health/deep?credential&identityType={kind}");
        judged(&app, &ask_of_token(&token).at(&path))
    };
    let member = json!({"org": {"id": "acme"}});
    assert_eq!(ask_as("organization", member.clone()), None);
    let refused = Some("That identity does not belong to the signed-in user.".to_owned());
    assert_eq!(ask_as("organization", json!({})), refused);
    assert_eq!(ask_as("team", member), refused);
}

#[test]
fn tells_nothing_of_whom_a_credential_is() {
    let key = SigningKey::new("k1");
    let whom = "ada.lovelace.1815";
    for changes in [
        json!({"sub": whom}),
        json!({"sub": whom, "aud": "another"}),
        json!({"sub": whom, "exp": NOW - 600, "email": whom}),
        json!({"sub": [whom, "another"]}),
        json!({"sub": format!("{whom} of London")}),
    ] {
        let token = key.token(&claims(changes));
        let outcome = verified(one_key).send(&ask_of_token(&token));
        let body = String::from_utf8(outcome.response.body).unwrap();
        let all = format!("{body}{}", outcome.record.to_json());
        assert!(body.contains("credential"));
        for private in [whom, &token, CALLER_KEY, KEY, KEYS_URL] {
            assert!(!all.contains(private), "{private} in {all}");
        }
        assert_eq!(outcome.record.identity, None);
    }
}

#[test]
fn names_the_origin_that_gave_no_keys() {
    let outcome = verified(|| Plan::status(522)).send(&ask());
    let facts = json(&outcome)["facts"].clone();
    assert_eq!(facts, json!([["jwt_keys", ISSUER]]));
    assert_eq!(json(&verified(one_key).send(&ask()))["facts"], json!(null));
}
