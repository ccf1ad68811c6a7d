//! The `OpenAPI` document against the code: what it says is there, and nothing else is.

use std::collections::BTreeSet;

use authkit_edge::openapi::DOCUMENT;
use authkit_edge::routes::{Destination, TOKEN_PATH};
use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::errors::wire_errors;
use crate::support::{Plan, TestApp, TestRequest, json};
use crate::tokens::{SigningKey, app, claims, jwt_app};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
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
        .chain([(405, "method_not_allowed".to_owned())])
        .collect();
    assert_eq!(found, all);
    let other_method = &document["components"]["responses"]["MethodNotAllowed"];
    assert_eq!(
        codes(other_method),
        BTreeSet::from(["method_not_allowed"]),
        "no operation has it, since it is what every other method gets"
    );
}

/// Requests that get each of the documented answers.
fn samples() -> Vec<(&'static str, TestApp, TestRequest, u16)> {
    let bearer = |request: TestRequest| {
        let token = SigningKey::new("k1").token(&claims(json!({})));
        request.header("authorization", &format!("Bearer {token}"))
    };
    let too_large = vec![b' '; 9000];
    let post = TestRequest::post;
    let granting = |app: TestApp| {
        app.with("IDENTITY_SOURCE", "grant,jwt")
            .with("GRANT_KEY", KEY)
    };
    let failing = |plan: fn() -> Plan| TestApp::new().upstream(move |_| plan());
    let mut samples = vec![
        ("", TestApp::new(), post(), 200),
        ("", TestApp::new(), post().at("/api/authkit?page=0"), 400),
        ("", TestApp::new(), TestRequest::anonymous(), 401),
        (
            "",
            app(),
            bearer(TestRequest::anonymous()).json(r#"{"identity":"x"}"#),
            403,
        ),
        ("", TestApp::new(), post().json(too_large.clone()), 413),
        ("", TestApp::new(), post().body("x"), 415),
        ("", failing(|| Plan::status(429)), post(), 429),
        ("", failing(|| Plan::status(401)), post(), 502),
        ("", TestApp::new().without("PICA_SECRET_KEY"), post(), 503),
        (
            "",
            jwt_app(|_| Plan::status(500)),
            bearer(TestRequest::anonymous()),
            503,
        ),
        ("", failing(|| Plan::json("").hang()), post(), 504),
        (
            "/grant",
            granting(app()),
            bearer(TestRequest::anonymous()).json("{}"),
            200,
        ),
        (
            "/grant",
            granting(app()),
            bearer(TestRequest::anonymous()).json("["),
            400,
        ),
        (
            "/grant",
            granting(app()),
            TestRequest::anonymous().json("{}"),
            401,
        ),
        (
            "/grant",
            granting(app()),
            post().header("origin", "https://x.example").json("{}"),
            403,
        ),
        (
            "/grant",
            app(),
            bearer(TestRequest::anonymous()).json("{}"),
            404,
        ),
        (
            "/grant",
            granting(app()),
            TestRequest::anonymous().json(too_large),
            413,
        ),
        ("/grant", granting(app()), TestRequest::anonymous(), 415),
        (
            "/grant",
            TestApp::new().without("PICA_SECRET_KEY"),
            post(),
            503,
        ),
    ];
    let look = || TestRequest::anonymous().method(Method::Get);
    for suffix in ["/health", "/openapi.json"] {
        samples.push((suffix, TestApp::new(), look(), 200));
    }
    samples
}

#[test]
fn has_every_answer_of_the_handler_and_no_other() {
    let document = document();
    let documented = responses(&document);
    let mut reached = BTreeSet::new();
    for (suffix, app, request, status) in samples() {
        let path = format!("{TOKEN_PATH}{suffix}");
        let request = if suffix.is_empty() {
            request
        } else {
            request.at(&path)
        };
        let outcome = app.send(&request);
        assert_eq!(
            outcome.response.status,
            status,
            "{path}: {}",
            json(&outcome)
        );
        let response = documented
            .iter()
            .find(|(known, _, code, _)| *known == path && *code == status);
        let (_, _, _, response) = response.unwrap_or_else(|| panic!("{path}: {status}"));
        reached.insert((path, status));

        let kind = outcome.response.headers.get("content-type").unwrap();
        let content = response["content"].as_object().unwrap();
        assert!(content.keys().eq([kind]), "{content:?}");
        for (name, header) in response["headers"].as_object().unwrap() {
            let required = resolve(&document, header)["required"] == true;
            let there = outcome.response.headers.get(name).is_some();
            assert!(there || !required, "{name} of {status}");
        }
        let schema = resolve(&document, &content[kind]["schema"]);
        let body = json(&outcome);
        let body = body.as_object().unwrap();
        let required = schema["required"].as_array().unwrap();
        for name in required {
            assert!(
                body.contains_key(name.as_str().unwrap()),
                "{name} of {status}"
            );
        }
        if status >= 400 {
            assert_eq!(body.len(), required.len(), "{body:?}");
            let code = body["code"].as_str().unwrap();
            assert!(codes(response).contains(code), "{code}");
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
    assert_eq!(outcome.response.body, DOCUMENT.as_bytes());
}
