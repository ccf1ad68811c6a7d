//! The `OpenAPI` document against the code: what it says is there, and nothing else is.

use std::collections::BTreeSet;

use authkit_edge::handler::Outcome;
use authkit_edge::http::openapi::DOCUMENT;
use authkit_edge::http::routes::{Destination, TOKEN_PATH};
use authkit_edge::runtime::{Limiter, Method};
use boon::{Compiler, Schemas};
use serde_json::{Value, json};

use crate::errors::wire_errors;
use crate::support::{Counter, Plan, TestApp, TestRequest, json};
use crate::tokens::{SigningKey, app, claims, jwt_app};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn document() -> Value {
    serde_json::from_slice(DOCUMENT).unwrap()
}

/// What stands at a place of the document, behind a `$ref` if there is one.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else {
        return value;
    };
    let pointer = reference.strip_prefix('#').unwrap();
    let target = document.pointer(pointer);
    target.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// The documented responses: path, method, status, response.
fn responses(document: &Value) -> Vec<(&str, &str, u16, &Value)> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolve(document, response);
                all.push((&**path, &**method, status.parse().unwrap(), response));
            }
        }
    }
    all
}

/// The values that a response allows for `code`.
fn codes(response: &Value) -> BTreeSet<&str> {
    let code = &response["content"]["application/json"]["schema"]["properties"]["code"];
    let codes = code["enum"].as_array().into_iter().flatten();
    codes.map(|code| code.as_str().unwrap()).collect()
}

#[test]
fn has_every_route_with_its_method_and_no_other() {
    let document = document();
    let found: Vec<(&str, Vec<&str>)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            (&**path, methods.map(String::as_str).collect())
        })
        .collect();
    let mut wanted: Vec<(String, Vec<String>)> = Destination::ALL
        .into_iter()
        .map(|to| {
            let methods = to.methods().as_str().to_lowercase();
            // These are said once for all routes, in `info.description`.
            let methods = methods
                .split(", ")
                .filter(|name| !["head", "options"].contains(name));
            (
                format!("{TOKEN_PATH}{}", to.suffix()),
                methods.map(str::to_owned).collect(),
            )
        })
        .collect();
    wanted.sort();
    assert_eq!(json!(found), json!(wanted));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn has_every_error_code_at_its_status_and_no_other() {
    let document = document();
    let all: BTreeSet<(u16, String)> = wire_errors()
        .into_iter()
        .map(|(status, code, _)| (status, code))
        .collect();
    let found: BTreeSet<(u16, String)> = responses(&document)
        .iter()
        .flat_map(|(_, _, status, response)| {
            let codes = codes(response).into_iter();
            codes.map(|code| (*status, code.to_owned()))
        })
        .chain([
            (405, "method_not_allowed".to_owned()),
            (500, "internal_error".to_owned()),
            (508, "loop_detected".to_owned()),
        ])
        .collect();
    assert_eq!(found, all);
    let other_method = &document["components"]["responses"]["MethodNotAllowed"];
    assert_eq!(
        codes(other_method),
        BTreeSet::from(["method_not_allowed"]),
        "no operation has it, since it is what every other method gets"
    );
    let looped = &document["components"]["responses"]["LoopDetected"];
    assert_eq!(
        codes(looped),
        BTreeSet::from(["loop_detected"]),
        "no operation has it, since it is what any of them gets that asks itself"
    );
    let panic = &document["components"]["responses"]["InternalError"];
    assert_eq!(
        codes(panic),
        BTreeSet::from(["internal_error"]),
        "no operation has it, since it is what any of them gets that panics"
    );
}

/// A deployment, a request to it, and the status of the answer.
type Sample = (TestApp, TestRequest, u16);

/// Requests that get each of the documented answers, by path.
fn samples() -> [(&'static str, Vec<Sample>); 7] {
    let look = || TestRequest::anonymous().method(Method::Get);
    [
        ("", token_samples()),
        ("/grant", grant_samples()),
        ("/connections", connections_samples(Method::Get)),
        ("/connections/{id}", connections_samples(Method::Delete)),
        ("/health", vec![(TestApp::new(), look(), 200)]),
        ("/health/deep", deep_samples()),
        ("/openapi.json", vec![(TestApp::new(), look(), 200)]),
    ]
}

fn signed_in() -> TestRequest {
    let token = SigningKey::new("k1").token(&claims(json!({})));
    TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
}

/// Not in development.
fn deployed() -> TestApp {
    TestApp::new()
        .with("ENVIRONMENT", "staging")
        .with("TRUSTED_CALLER_KEY", KEY)
}

/// The user, and more cookies than a header may have.
fn crowded() -> TestRequest {
    TestRequest::anonymous()
        .header("cookie", &"x=1; ".repeat(7000))
        .json("{}")
}

fn token_samples() -> Vec<Sample> {
    let well = TestApp::new;
    let failing = |plan: fn() -> Plan| TestApp::new().upstream(move |_| plan());
    let post = TestRequest::post;
    vec![
        (well(), post(), 200),
        (well(), post().json("["), 400),
        (well(), TestRequest::anonymous(), 401),
        (app(), signed_in().json(r#"{"identity":"x"}"#), 403),
        (well(), post().endless(), 408),
        (deployed(), post().on("http://edge.example"), 403),
        (well(), post().json(vec![b' '; 9000]), 413),
        (well(), post().body("x"), 415),
        (failing(|| Plan::status(429)), post(), 429),
        (app().with("JWT_COOKIE", "s"), crowded(), 431),
        (failing(|| Plan::status(401)), post(), 502),
        (well().without("PICA_SECRET_KEY"), post(), 503),
        (jwt_app(|_| Plan::status(500)), signed_in(), 503),
        (failing(|| Plan::json("").hang()), post(), 504),
    ]
}

/// Grants for whom an application says that is signed in, which answers so.
fn asking(answer: fn() -> Plan) -> TestApp {
    TestApp::new()
        .with("IDENTITY_SOURCE", "grant,session")
        .with("GRANT_KEY", KEY)
        .with("SESSION_URL", "https://app.example/api/session")
        .with("SESSION_COOKIES", "sid")
        .with("SESSION_IDENTITY_PATH", "user.id")
        .upstream(move |_| answer())
}

fn with_cookie() -> TestRequest {
    TestRequest::anonymous()
        .header("cookie", "sid=1")
        .json("{}")
}

fn grant_samples() -> Vec<Sample> {
    let granting = || {
        app()
            .with("IDENTITY_SOURCE", "grant,jwt")
            .with("GRANT_KEY", KEY)
    };
    let limited = granting().with_limiter(Limiter::Identity, Counter::Limit(0));
    let nobody = || TestRequest::anonymous().json("{}");
    let elsewhere = nobody().header("origin", "https://x.example");
    vec![
        (granting(), signed_in().json("{}"), 200),
        (granting(), signed_in().json("["), 400),
        (granting(), nobody(), 401),
        (granting(), elsewhere, 403),
        (app(), nobody(), 404),
        (granting(), signed_in().endless(), 408),
        (granting(), signed_in().json(vec![b' '; 9000]), 413),
        (granting(), signed_in(), 415),
        (asking(|| Plan::status(500)), with_cookie(), 502),
        (asking(|| Plan::json("").hang()), with_cookie(), 504),
        (limited, signed_in().json("{}"), 429),
        (granting().with("JWT_COOKIE", "s"), crowded(), 431),
        (granting().without("PICA_SECRET_KEY"), nobody(), 503),
    ]
}

fn connections_samples(method: Method) -> Vec<Sample> {
    let managing = |app: TestApp| app.with("CONNECTIONS", "manage");
    let well = || {
        managing(TestApp::new()).upstream(|_| {
            Plan::json(
                r#"{"rows":[{"id":"c1","identity":"user_123","identityType":"user"}],"pages":1}"#,
            )
        })
    };
    let failing = |plan: fn() -> Plan| managing(TestApp::new()).upstream(move |_| plan());
    let ask = || TestRequest::post().method(method);
    let token = || {
        signed_in()
            .method(method)
            .header("origin", "https://x.example")
    };
    let verified = |app: TestApp| managing(app);
    let bad_wish = ask().header("x-user-id", "a|b");
    vec![
        (well(), ask(), if method == Method::Get { 200 } else { 204 }),
        (well(), bad_wish, 400),
        (well(), TestRequest::anonymous().method(method), 401),
        (verified(app()), token(), 403),
        (TestApp::new(), ask(), 404),
        (failing(|| Plan::status(429)), ask(), 429),
        (failing(|| Plan::status(401)), ask(), 502),
        (well().without("PICA_SECRET_KEY"), ask(), 503),
        (failing(|| Plan::json("").hang()), ask(), 504),
    ]
}

fn deep_samples() -> Vec<Sample> {
    let keyed = || TestApp::new().with("TRUSTED_CALLER_KEY", KEY);
    let look = || TestRequest::anonymous().method(Method::Get);
    let ask = || look().header("x-authkit-key", KEY);
    let limited = keyed().with_limiter(Limiter::Client, Counter::Limit(0));
    let from = ask().header("cf-connecting-ip", "203.0.113.7");
    vec![
        (keyed(), ask(), 200),
        (keyed(), look(), 401),
        (deployed(), ask().on("http://edge.example"), 403),
        (TestApp::new(), ask(), 404),
        (limited, from, 429),
        (keyed().without("PICA_SECRET_KEY"), ask(), 503),
    ]
}

/// Asserts that an answer is as its response is described: headers, media type, body.
fn assert_described(document: &Value, response: &Value, outcome: &Outcome) {
    let headers = &outcome.response.headers;
    for (name, header) in response["headers"].as_object().unwrap() {
        let required = resolve(document, header)["required"] == true;
        assert!(headers.get(name).is_some() || !required, "no {name}");
    }
    let Some(kind) = headers.get("content-type") else {
        assert!(response.get("content").is_none() && outcome.response.body.is_empty());
        return;
    };
    let content = response["content"].as_object().unwrap();
    assert!(content.keys().eq([kind]), "{content:?}");

    let mut compiler = Compiler::new();
    // The schema by itself, beside the components that it refers to.
    let mut schema = content[kind]["schema"].clone();
    schema["components"] = document["components"].clone();
    compiler.add_resource("response.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("response.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&json(outcome), index) {
        panic!("{error:#}");
    }
}

#[test]
fn has_every_answer_of_the_handler_and_no_other() {
    let document = document();
    let documented = responses(&document);
    let mut reached = BTreeSet::new();
    for (suffix, samples) in samples() {
        let path = format!("{TOKEN_PATH}{suffix}");
        for (app, request, status) in samples {
            let outcome = app.send(&request.at(&path.replace("{id}", "c1")));
            let found = (outcome.response.status, &*path);
            assert_eq!(found, (status, &*path), "{}", outcome.record.to_json());
            let known = documented
                .iter()
                .find(|(known, _, code, _)| *known == path && *code == status);
            let (_, _, _, response) = known.unwrap_or_else(|| panic!("{path}: {status}"));
            assert_described(&document, response, &outcome);
            reached.insert((path.clone(), status));
        }
    }
    let wanted: BTreeSet<(String, u16)> = documented
        .iter()
        .map(|(path, _, status, _)| ((*path).to_owned(), *status))
        .collect();
    assert_eq!(reached, wanted);
}

#[test]
fn names_nothing_of_a_deployment() {
    let app = TestApp::new()
        .with("IDENTITY_HEADER", "x-tenant")
        .with("ALLOWED_ORIGINS", "https://a.example")
        .with("ROUTE_PREFIX", "/v2");
    let request = TestRequest::anonymous().at("/v2/api/authkit/openapi.json");
    let outcome = app.send(&request.method(Method::Get));
    assert_eq!(outcome.response.body, DOCUMENT);
}
