//! The application's own session: what it is asked, and what its answers come to.

use authkit_edge::handler::Outcome;
use authkit_edge::limits::MAX_BYTES_IN_FLIGHT;
use authkit_edge::runtime::{Method, ReadError, Service};
use serde_json::{Value, json};

use crate::support::{Call, Plan, START, TestApp, TestRequest, assert_error, assert_minted, json};
use crate::tokens::{self, SigningKey, claims};

/// On the Worker's own host, as an application is behind whose path the Worker stands.
const URL: &str = "https://edge.example/api/session?fresh=1";
const GRANT_KEY: &str = "0123456789abcdef0123456789abcdef";

/// A deployment whose application answers by `script`.
fn app(script: impl Fn(&Call) -> Plan + 'static) -> TestApp {
    TestApp::new()
        .with("ENVIRONMENT", "production")
        .with("IDENTITY_SOURCE", "session")
        .with("SESSION_URL", URL)
        .with("SESSION_COOKIES", "__Secure-sid, sid")
        .with("SESSION_IDENTITY_PATH", "user.id")
        .upstream(move |call| {
            if is_question(call) {
                script(call)
            } else if call.is_flags() {
                Plan::json("{}")
            } else {
                Plan::json(r#"{"rows":[],"pages":1}"#)
            }
        })
}

fn is_question(call: &Call) -> bool {
    call.headers.contains_key("x-authkit-session")
}

/// An answer as applications give it.
fn says(body: impl Into<Vec<u8>>) -> Plan {
    Plan::json(body).header("content-type", "application/json; charset=utf-8")
}

fn ada() -> TestApp {
    app(|_| says(r#"{"user":{"id":"ada"}}"#))
}

/// What a page of the application sends.
fn ask() -> TestRequest {
    TestRequest::anonymous()
        .header("cookie", "theme=dark; sid=s%3A1.mac")
        .header("sec-fetch-site", "same-origin")
}

fn questions(app: &TestApp) -> Vec<Call> {
    let mut calls = app.edge.calls();
    calls.retain(is_question);
    calls
}

/// Asserts how a request ends that the application answers so, after one question and without any
/// call to the upstream.
#[track_caller]
fn assert_refused(app: &TestApp, status: u16, code: &str) -> Outcome {
    let outcome = app.send(&ask());
    assert_error(&outcome, status, code);
    assert!(outcome.record.reason.is_some());
    assert_eq!(app.edge.calls().len(), 1, "{:?}", app.edge.calls());
    outcome
}

#[track_caller]
fn assert_answer(answer: Plan, status: u16, code: &str) -> Outcome {
    assert_refused(&app(move |_| answer.clone()), status, code)
}

fn set_cookies(outcome: &Outcome) -> Vec<&str> {
    let headers = outcome.response.headers.iter();
    let own = headers.filter(|(name, _)| *name == "set-cookie");
    own.map(|(_, value)| value).collect()
}

#[test]
fn mints_for_whom_the_application_says() {
    let outcome = ada().send(&ask());
    assert_eq!(outcome.response.status, 200);
    assert_eq!(outcome.record.identity_source, Some("session"));
    for (body, identity) in [
        (r#"{"user":{"id":"ada"}}"#, "ada"),
        (r#"{"user":{"id":7,"name":"x"},"expires":"2026"}"#, "7"),
        (r#"{"user":{"id":0}}"#, "0"),
        (r#"{"user":{"id":-7}}"#, "-7"),
        (r#"{"user":{"id":9007199254740991}}"#, "9007199254740991"),
        // As for Auth0: the upstream keeps `|` for itself.
        (r#"{"user":{"id":"auth0|5f"}}"#, "auth0~7C5f"),
        (r#"{"user":{"id":"a~b"}}"#, "a~7Eb"),
        // A name with dots in it comes before a path.
        (r#"{"user.id":"flat","user":{"id":"deep"}}"#, "flat"),
        (" \n{\"user\":{\"id\":\"\\u0061da\"}}\r\n ", "ada"),
    ] {
        let app = app(move |_| says(body));
        assert_minted(&app, &ask(), identity, "user");
    }
}

#[test]
fn asks_once_with_the_named_cookies_and_nothing_else_of_the_caller() {
    let app = ada();
    let request = ask()
        .at("/api/authkit?page=1&identity=ada")
        .header("x-request-id", "r-1")
        .header("authorization", "Basic abc")
        .header("x-authkit-key", "k")
        .header("x-user-id", "eve")
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-uri", "/admin")
        .header("x-original-url", "/admin")
        .header("x-middleware-subrequest", "middleware:middleware")
        .header("forwarded", "for=203.0.113.7")
        .header("host", "evil.example")
        .header("connection", "cookie")
        .header("accept", "text/html")
        .header("user-agent", "Mozilla")
        .header("origin", "https://edge.example")
        .header("referer", "https://edge.example/settings")
        .header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        .json(r#"{"identity":"ada"}"#);
    assert_eq!(app.send(&request).response.status, 200);
    let [call] = &questions(&app)[..] else {
        panic!("one question");
    };
    assert_eq!((call.method, &*call.url), ("GET", URL));
    assert_eq!(call.body, None);
    assert_eq!(call.service, None);
    let agent = concat!("authkit-edge/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        json!(call.headers),
        json!({
            "cookie": "sid=s%3A1.mac",
            "accept": "application/json",
            "user-agent": agent,
            "x-request-id": "r-1",
            "x-authkit-session": "1",
        })
    );
}

#[test]
fn asks_the_same_whatever_the_route_and_its_method_are() {
    for (method, path) in [
        (Method::Post, "/api/authkit?page=1"),
        (Method::Post, "/api/authkit/grant"),
        (Method::Get, "/api/authkit/connections?platform=gmail"),
        (Method::Delete, "/api/authkit/connections/c1"),
    ] {
        let app = ada()
            .with("IDENTITY_SOURCE", "grant,session")
            .with("GRANT_KEY", GRANT_KEY)
            .with("CONNECTIONS", "manage");
        let mut request = ask().method(method).at(path);
        if method == Method::Post {
            request = request.json("{}");
        }
        let outcome = app.send(&request);
        assert!(matches!(outcome.response.status, 200 | 404), "{path}");
        let [call] = &questions(&app)[..] else {
            panic!("one question");
        };
        assert_eq!((call.method, &*call.url), ("GET", URL), "{path}");
        assert_eq!(call.body, None);
        assert_eq!(call.headers["cookie"], "sid=s%3A1.mac");
    }
}

/// A caller could have sent them as well, and what lets them through lets those through.
#[test]
fn believes_no_header_of_the_answer() {
    let named = |body: &'static str| {
        says(body)
            .header("x-user-id", "eve")
            .header("x-auth-request-user", "eve")
            .header("x-kratos-authenticated-identity-id", "eve")
            .header("remote-user", "eve")
    };
    assert_answer(named("{}"), 401, "session_signed_out");
    let app = app(move |_| named(r#"{"user":{"id":"ada"}}"#));
    let outcome = app.send(&ask());
    assert_minted(&app, &ask(), "ada", "user");
    for name in ["x-user-id", "x-auth-request-user", "remote-user"] {
        assert_eq!(outcome.response.headers.get(name), None);
    }
}

#[test]
fn asks_for_each_request_anew_and_keeps_no_answer() {
    let app = app(|call| {
        let names = ["ada", "eve", "ada"];
        let name = names[call.earlier];
        says(format!(r#"{{"user":{{"id":"{name}"}}}}"#)).header("cache-control", "max-age=3600")
    });
    let isolate = app.isolate();
    for name in ["ada", "eve", "ada"] {
        // To the byte the same request.
        assert_eq!(isolate.send(&ask()).response.status, 200);
        let calls = app.edge.token_calls();
        let body = calls.last().unwrap().body.clone().unwrap();
        assert_eq!(body["identity"], name);
    }
    assert_eq!(questions(&app).len(), 3);
}

#[test]
fn sends_on_the_headers_that_are_configured_and_that_are_there() {
    let app = ada().with(
        "SESSION_HEADERS",
        "Origin, referer,user-agent,accept-language",
    );
    let request = ask()
        .header("origin", "https://edge.example")
        .header("user-agent", "Mozilla");
    assert_eq!(app.send(&request).response.status, 200);
    let headers = &questions(&app)[0].headers;
    assert_eq!(headers["origin"], "https://edge.example");
    assert_eq!(headers["user-agent"], "Mozilla");
    assert!(!headers.contains_key("referer"));
    assert!(!headers.contains_key("accept-language"));
}

#[test]
fn sends_every_chunk_of_a_cookie_in_the_order_in_which_it_came() {
    let app = ada();
    let request = TestRequest::anonymous().header(
        "cookie",
        "sid.2=c; x=1; sid.0=a; __Secure-sid__11=d; sid.16=no; sid2=no; SID=no",
    );
    assert_eq!(app.send(&request).response.status, 200);
    let call = &questions(&app)[0];
    assert_eq!(
        call.headers["cookie"],
        "sid.2=c; sid.0=a; __Secure-sid__11=d"
    );
}

#[test]
fn goes_through_the_service_that_is_bound() {
    let app = ada().with_service(Service::Session);
    assert_minted(&app, &ask(), "ada", "user");
    let call = &questions(&app)[0];
    assert_eq!((call.service, &*call.url), (Some(Service::Session), URL));
    // The upstream is no service.
    assert_eq!(app.edge.token_calls()[0].service, None);
}

#[test]
fn is_not_responsible_without_one_of_its_cookies() {
    for request in [
        TestRequest::anonymous(),
        TestRequest::anonymous().header("cookie", "theme=dark"),
        TestRequest::anonymous().header("cookie", "SID=1; xsid=1; sid2=1"),
        // That is how applications clear one.
        TestRequest::anonymous().header("cookie", "sid=; __Secure-sid="),
    ] {
        let app = ada();
        assert_error(&app.send(&request), 401, "unauthenticated");
        assert_eq!(app.edge.calls().len(), 0);
        // Then it is the next one's turn.
        let app = ada()
            .with("IDENTITY_SOURCE", "session,header")
            .with("ENVIRONMENT", "development");
        assert_minted(&app, &request.header("x-user-id", "grace"), "grace", "user");
    }
}

#[test]
fn refuses_a_cookie_that_is_there_twice_or_cannot_be_sent_on() {
    let long = format!("sid=1; x={}", "x".repeat(32 * 1024));
    for cookie in [
        "sid=1; sid=2",
        "sid=1; sid=1",
        "sid=; sid=1",
        "sid.0=1; x=1; sid.0=2",
        "sid=\u{fffd}",
    ] {
        let app = ada();
        let request = TestRequest::anonymous().header("cookie", cookie);
        assert_error(&app.send(&request), 400, "invalid_cookie");
        assert_eq!(app.edge.calls().len(), 0, "{cookie}");
    }
    let app = ada();
    let request = TestRequest::anonymous().header("cookie", &long);
    assert_error(&app.send(&request), 431, "header_too_large");
    assert_eq!(app.edge.calls().len(), 0);
}

#[test]
fn does_not_vouch_for_another_sites_page() {
    for request in [
        ask().header("origin", "https://evil.example"),
        ask().header("origin", "null"),
    ] {
        // `Sec-Fetch-Site` says it better, where it is there.
        assert_eq!(ada().send(&request).response.status, 200);
    }
    let cookie = || TestRequest::anonymous().header("cookie", "sid=1");
    for request in [
        cookie().header("sec-fetch-site", "cross-site"),
        cookie().header("sec-fetch-site", "same-site"),
        cookie().header("sec-fetch-site", "none"),
        cookie().header("origin", "https://evil.example"),
        cookie().header("origin", "https://app.edge.example"),
        cookie().header("origin", "null"),
    ] {
        let app = ada();
        assert_error(&app.send(&request), 403, "cross_site");
        assert_eq!(app.edge.calls().len(), 0);
    }
}

#[test]
fn answers_its_own_question_by_508_on_every_route() {
    for (method, path) in [
        (Method::Post, "/api/authkit"),
        (Method::Get, "/api/authkit"),
        (Method::Get, "/api/authkit/"),
        (Method::Post, "/api/authkit/grant"),
        (Method::Get, "/api/authkit/health"),
        (Method::Get, "/api/authkit/health/deep"),
        (Method::Get, "/api/authkit/openapi.json"),
    ] {
        let app = ada();
        let request = ask()
            .method(method)
            .at(path)
            .header("x-authkit-session", "1");
        assert_error(&app.send(&request), 508, "loop_detected");
        assert_eq!(app.edge.calls().len(), 0);
    }
    // And understands it.
    let outcome = assert_answer(Plan::status(508), 502, "session_misconfigured");
    let reason = outcome.record.reason.unwrap();
    assert!(reason.contains("leads back to this Worker"), "{reason}");
}

#[test]
fn takes_an_answer_without_an_identity_for_nobody() {
    for body in [
        "null",
        "{}",
        "",
        " \n",
        "[]",
        "[{\"user\":{\"id\":\"ada\"}}]",
        "false",
        "true",
        "7",
        r#""ada""#,
        r#"{"user":null}"#,
        r#"{"user":{}}"#,
        r#"{"user":false}"#,
        r#"{"user":"ada"}"#,
        r#"{"user":["ada"]}"#,
        r#"{"user":{"id":null}}"#,
        r#"{"user":{"id":""}}"#,
        r#"{"user":{"id":false}}"#,
        r#"{"user":{"ID":"ada"}}"#,
        r#"{"id":"ada"}"#,
        r#"{"is_valid":false}"#,
        r#"{"isAuthenticated":false}"#,
        r#"{"message":"NOT_LOGGED_IN"}"#,
    ] {
        let outcome = assert_answer(says(body), 401, "session_signed_out");
        let challenge = outcome.response.headers.get("www-authenticate");
        assert_eq!(challenge, Some(r#"AuthKit realm="authkit-edge""#));
    }
    // Some say so without a media type.
    for kind in ["text/plain", "text/html"] {
        let empty = Plan::json("").header("content-type", kind);
        assert_answer(empty, 401, "session_signed_out");
    }
    assert_answer(Plan::json(""), 401, "session_signed_out");
}

#[test]
fn takes_204_401_and_403_for_nobody_whatever_they_say() {
    for status in [204, 401, 403] {
        // Its body would name somebody.
        let mut plan = says(r#"{"user":{"id":"ada"}}"#);
        plan = plan.with_status(status);
        let outcome = assert_answer(plan, 401, "session_signed_out");
        let reason = outcome.record.reason.unwrap();
        assert!(reason.contains(&status.to_string()), "{reason}");
    }
}

#[test]
fn takes_a_redirect_to_a_sign_in_page_for_nobody_and_follows_none() {
    for status in [302, 303, 307] {
        for location in ["/login", "https://evil.example/login", ""] {
            let plan = says(r#"{"user":{"id":"ada"}}"#)
                .with_status(status)
                .header("location", location);
            let outcome = assert_answer(plan, 401, "session_redirect");
            assert!(outcome.response.headers.get("www-authenticate").is_some());
            assert_eq!(outcome.response.headers.get("location"), None);
        }
    }
}

#[test]
fn takes_any_other_status_for_a_wrong_address() {
    for status in [
        101, 201, 202, 206, 300, 301, 304, 308, 400, 404, 405, 406, 410, 418, 422, 431, 451,
    ] {
        let plan = says(r#"{"user":{"id":"ada"}}"#).with_status(status);
        assert_answer(plan, 502, "session_misconfigured");
    }
}

#[test]
fn passes_on_how_long_the_application_wants_to_be_left_alone() {
    let day = (24 * 3600).to_string();
    for (retry_after, told) in [
        (Some("7"), "7"),
        (Some("Tue, 14 Nov 2023 22:13:25 GMT"), "5"),
        (Some("soon"), "60"),
        (None, "60"),
        (Some(&*day), "3600"),
    ] {
        let mut plan = Plan::status(429);
        if let Some(value) = retry_after {
            plan = plan.header("retry-after", value);
        }
        let outcome = assert_answer(plan, 503, "session_limited");
        assert_eq!(outcome.response.headers.get("retry-after"), Some(told));
    }
}

#[test]
fn is_refused_when_the_application_fails_and_asks_no_second_time() {
    for plan in [
        Plan::status(500),
        Plan::status(502),
        Plan::status(503).header("retry-after", "0"),
        Plan::status(599),
        Plan::unreachable(),
        Plan::broken_body(ReadError::Broken),
        Plan::broken_body(ReadError::TooLarge),
        says(vec![b' '; 64 * 1024 + 1]),
    ] {
        assert_answer(plan, 502, "session_failed");
    }
}

#[test]
fn reads_64_kib_and_not_a_byte_more() {
    let mut body = r#"{"user":{"id":"ada"}}"#.to_owned();
    body.push_str(&" ".repeat(64 * 1024 - body.len()));
    assert_eq!(body.len(), 64 * 1024);
    let app = app(move |_| says(body.clone()));
    assert_minted(&app, &ask(), "ada", "user");
}

#[test]
fn waits_three_seconds_for_everything_or_as_long_as_it_is_told() {
    let good = || says(r#"{"user":{"id":"ada"}}"#);
    for (setting, millis) in [("", 3000), ("100", 100), ("8000", 8000)] {
        let late: [fn(Plan, u64) -> Plan; 4] = [
            |plan, _| plan.hang(),
            |plan, _| plan.hang_body(),
            |plan, millis| plan.after(millis + 1),
            // Neither is late by itself.
            |plan, millis| plan.after(millis / 2).body_after(millis / 2 + 1),
        ];
        for make in late {
            let app = app(move |_| make(good(), millis)).with("SESSION_TIMEOUT_MS", setting);
            assert_refused(&app, 504, "session_timeout");
            assert_eq!(app.edge.elapsed(), millis);
            assert_eq!(app.edge.aborted(), 1);
        }
        let app = app(move |_| good().after(millis / 2).body_after(millis / 2 - 1))
            .with("SESSION_TIMEOUT_MS", setting);
        assert_minted(&app, &ask(), "ada", "user");
    }
}

#[test]
fn believes_no_answer_that_parsers_may_read_in_two_ways() {
    let body = |id: &str| format!(r#"{{"user":{{"id":{id}}}}}"#);
    for text in [
        body("true"),
        body("1.5"),
        body("1e3"),
        body("1.0"),
        body("-0"),
        body("9007199254740992"),
        body("9007199254740993"),
        body("-9007199254740993"),
        body("18446744073709551617"),
        body(r#"{"id":"ada"}"#),
        body(r#"["ada"]"#),
        body("[]"),
        r#"{"user":{"id":"ada","id":"eve"}}"#.to_owned(),
        r#"{"user":{"id":"ada"},"user":null}"#.to_owned(),
        r#"{"user":{"id":"ada"},"x":[{"a":1,"a":1}]}"#.to_owned(),
        r#"{"user":{"id":"ada"}} {}"#.to_owned(),
        r#"{"user":{"id":"ada"}"#.to_owned(),
        r#"{"user":{"id":"\ud800"}}"#.to_owned(),
        "undefined".to_owned(),
        "<!doctype html>".to_owned(),
        format!("{}1{}", "[".repeat(200), "]".repeat(200)),
    ] {
        assert_answer(says(text), 502, "session_unreadable");
    }
    assert_answer(
        says(&b"{\"user\":{\"id\":\"\xff\"}}"[..]),
        502,
        "session_unreadable",
    );
    for kind in [
        Some("text/html; charset=utf-8"),
        Some("text/plain"),
        Some("application/jsonp"),
        Some("application/json, text/html"),
        Some(""),
        None,
    ] {
        let mut plan = Plan::json(r#"{"user":{"id":"ada"}}"#);
        if let Some(kind) = kind {
            plan = plan.header("content-type", kind);
        }
        assert_answer(plan, 502, "session_unreadable");
    }
}

#[test]
fn holds_identities_to_the_same_rules_as_every_source() {
    let long = "x".repeat(129);
    for id in ["a b", "a:b", "a\\nb", "ad\\u200ba", &*long] {
        let body = format!(r#"{{"user":{{"id":"{id}"}}}}"#);
        assert_answer(says(body), 400, "invalid_identity");
    }
    let app = app(|_| says(r#"{"user":{"id":"a b"}}"#)).with("IDENTITY_CHARS", "any");
    assert_minted(&app, &ask(), "a b", "user");
}

#[test]
fn wants_what_session_require_says() {
    let body = r#"{"user":{"id":"ada","emailVerified":true,"plan":"pro","level":2,"old":false},
        "is_valid":true,"odd":1.5,"list":["pro"],"nothing":null}"#;
    for (require, holds) in [
        ("is_valid=true", true),
        ("is_valid=true, user.emailVerified=true", true),
        ("user.plan=pro,user.level=2,user.old=false", true),
        ("is_valid=false", false),
        ("is_valid=true,user.plan=free", false),
        ("is_valid=TRUE", false),
        ("is_valid=1", false),
        ("user.level=2.0", false),
        ("user.level=3", false),
        ("odd=1.5", false),
        ("list=pro", false),
        ("nothing=null", false),
        ("missing=true", false),
        ("user.missing.deep=true", false),
    ] {
        let app = app(move |_| says(body)).with("SESSION_REQUIRE", require);
        if holds {
            assert_minted(&app, &ask(), "ada", "user");
        } else {
            let outcome = assert_refused(&app, 401, "session_signed_out");
            let reason = outcome.record.reason.unwrap();
            assert!(reason.contains("SESSION_REQUIRE"), "{require}: {reason}");
        }
    }
}

#[test]
fn takes_an_address_for_an_identity_only_if_it_was_verified() {
    for (user, is_taken) in [
        (r#"{"email":"a@a","emailVerified":true}"#, true),
        (r#"{"email":"a@a","emailVerified":false}"#, false),
        (r#"{"email":"a@a"}"#, false),
    ] {
        let body = format!(r#"{{"user":{user}}}"#);
        let app = app(move |_| says(body.clone())).with("SESSION_IDENTITY_PATH", "user.email");
        if is_taken {
            assert_minted(&app, &ask(), "a@a", "user");
        } else {
            assert_refused(&app, 401, "session_signed_out");
        }
    }
}

#[test]
fn grants_another_type_only_if_the_answer_holds_it() {
    let body = r#"{"user":{"id":"ada","teams":["t1",2]},"org":"acme","bad":[{"id":1}]}"#;
    let app = || {
        app(move |_| says(body))
            .with("SESSION_ORGANIZATION_PATH", "org")
            .with("SESSION_TEAM_PATH", "user.teams")
    };
    let wish = |text: &str| ask().json(text.to_owned());
    for (text, identity, kind) in [
        (r#"{"identityType":"organization"}"#, "acme", "organization"),
        (r#"{"identityType":"team","identity":"t1"}"#, "t1", "team"),
        (r#"{"identityType":"team","identity":"2"}"#, "2", "team"),
        (r#"{"identity":"ada"}"#, "ada", "user"),
    ] {
        assert_minted(&app(), &wish(text), identity, kind);
    }
    for (text, status, code) in [
        (r#"{"identity":"eve"}"#, 403, "forbidden_identity"),
        (r#"{"identityType":"project"}"#, 403, "forbidden_identity"),
        (
            r#"{"identityType":"organization","identity":"other"}"#,
            403,
            "forbidden_identity",
        ),
        (r#"{"identityType":"team"}"#, 400, "invalid_identity"),
        (r#"{"identityType":"x"}"#, 400, "invalid_identity_type"),
    ] {
        assert_error(&app().send(&wish(text)), status, code);
    }
    let bad = app().with("SESSION_PROJECT_PATH", "bad");
    let outcome = bad.send(&wish(r#"{"identityType":"project"}"#));
    assert_error(&outcome, 502, "session_unreadable");
    // Without a user there is no organization.
    let nobody = self::app(|_| says(r#"{"user":null,"org":"acme"}"#));
    let nobody = nobody.with("SESSION_ORGANIZATION_PATH", "org");
    let outcome = nobody.send(&wish(r#"{"identityType":"organization"}"#));
    assert_error(&outcome, 401, "session_signed_out");
}

#[test]
fn never_goes_on_to_the_next_source_once_its_cookie_was_seen() {
    let answers: [fn() -> Plan; 9] = [
        || says("null"),
        || Plan::status(401),
        || Plan::status(302),
        || Plan::status(404),
        || Plan::status(429),
        || Plan::status(500),
        Plan::unreachable,
        || Plan::json("").hang(),
        || says("<html>"),
    ];
    for answer in answers {
        let app = app(move |_| answer())
            .with("IDENTITY_SOURCE", "session,header")
            .with("ENVIRONMENT", "development");
        let outcome = app.send(&ask().header("x-user-id", "eve"));
        assert_ne!(outcome.response.status, 200, "{}", json(&outcome));
        assert_eq!(app.edge.calls().len(), 1);
    }
}

#[test]
fn stands_beside_tokens_in_the_order_of_identity_source() {
    let both = |sources: &str| {
        tokens::app()
            .with("IDENTITY_SOURCE", sources)
            .with("SESSION_URL", URL)
            .with("SESSION_COOKIES", "sid")
            .with("SESSION_IDENTITY_PATH", "user.id")
            .upstream(|call| {
                if is_question(call) {
                    says(r#"{"user":{"id":"ada"}}"#)
                } else if call.url == tokens::KEYS_URL {
                    Plan::json(tokens::key_set(&[SigningKey::new("k1").jwk()]))
                } else {
                    Plan::json(r#"{"rows":[],"pages":1}"#)
                }
            })
    };
    let token = SigningKey::new("k1").token(&claims(json!({})));
    let bearer = format!("Bearer {token}");
    let all = ask().header("authorization", &bearer);
    assert_minted(&both("session,jwt"), &all, "ada", "user");
    let app = both("jwt,session");
    assert_minted(&app, &all, "user_1", "user");
    assert_eq!(questions(&app).len(), 0);
    assert_minted(&both("jwt,session"), &ask(), "ada", "user");
    let outcome = both("jwt,session").send(&ask().header("authorization", "Bearer x"));
    assert_error(&outcome, 401, "invalid_token");
}

/// As Auth.js sets it in each of its answers.
const ROLLED: &str = "sid=2; Path=/; Expires=Tue, 14 Nov 2023 23:13:20 GMT; HttpOnly; SameSite=Lax";
const CHUNK: &str = "__Secure-sid.1=x; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure";

fn rolls(plan: Plan) -> Plan {
    plan.header("set-cookie", ROLLED)
        .header("set-cookie", "theme=light; Path=/")
        .header("set-cookie", "SID=x; Path=/")
        .header("set-cookie", "sid")
        .header("set-cookie", CHUNK)
}

#[test]
fn relays_the_cookies_of_the_session_each_by_itself() {
    let app = app(|_| rolls(says(r#"{"user":{"id":"ada"}}"#)));
    let outcome = app.send(&ask());
    assert_eq!(outcome.response.status, 200);
    assert_eq!(set_cookies(&outcome), [ROLLED, CHUNK]);
    assert_eq!(
        outcome.response.headers.get("cache-control"),
        Some("no-store")
    );
}

#[test]
fn relays_them_whatever_the_answer_is() {
    for plan in [
        says("null"),
        Plan::status(401),
        Plan::status(302),
        Plan::status(500),
        says("{"),
        says("{}").hang_body(),
    ] {
        let app = app(move |_| rolls(plan.clone()));
        let outcome = app.send(&ask());
        assert_ne!(outcome.response.status, 200);
        assert_eq!(set_cookies(&outcome), [ROLLED, CHUNK]);
    }
    // The upstream's failure takes nothing back.
    let app = ada().upstream(|call| {
        if is_question(call) {
            rolls(says(r#"{"user":{"id":"ada"}}"#))
        } else {
            Plan::status(500)
        }
    });
    let outcome = app.send(&ask());
    assert_error(&outcome, 502, "upstream_failed");
    assert_eq!(set_cookies(&outcome), [ROLLED, CHUNK]);
}

#[test]
fn relays_none_of_another_host_and_none_where_it_is_told_so() {
    let app = || app(|_| rolls(says(r#"{"user":{"id":"ada"}}"#)));
    for url in [
        "https://accounts.edge.example/api/session",
        "https://example/api/session",
        "https://edge.example.evil/api/session",
    ] {
        let outcome = app().with("SESSION_URL", url).send(&ask());
        assert_eq!(outcome.response.status, 200);
        assert_eq!(set_cookies(&outcome), [""; 0], "{url}");
        let told = app()
            .with("SESSION_URL", url)
            .with("SESSION_SET_COOKIE", "relay");
        assert_eq!(set_cookies(&told.send(&ask())), [""; 0], "{url}");
    }
    let outcome = app().with("SESSION_SET_COOKIE", "drop").send(&ask());
    assert_eq!(outcome.response.status, 200);
    assert_eq!(set_cookies(&outcome), [""; 0]);
    // Cookies know no ports.
    let outcome = app()
        .with("SESSION_URL", "https://edge.example:8443/s")
        .send(&ask());
    assert_eq!(set_cookies(&outcome), [ROLLED, CHUNK]);
}

#[test]
fn relays_no_more_than_a_session_has() {
    let app = app(|_| {
        let good = says(r#"{"user":{"id":"ada"}}"#);
        (0..100).fold(good, |plan, _| plan.header("set-cookie", ROLLED))
    });
    assert_eq!(set_cookies(&app.send(&ask())).len(), 32);
}

/// What the page asks for, and what the widget carries.
fn granting(script: impl Fn(&Call) -> Plan + 'static) -> TestApp {
    app(script)
        .with("IDENTITY_SOURCE", "grant,session")
        .with("GRANT_KEY", GRANT_KEY)
}

#[test]
fn buys_a_grant_that_lives_its_whole_time() {
    for (ttl, lifetime) in [("30", 30), ("300", 300), ("3600", 3600)] {
        let app = granting(|_| says(r#"{"user":{"id":"ada"}}"#)).with("GRANT_TTL_SECONDS", ttl);
        let outcome = app.send(&ask().at("/api/authkit/grant").json("{}"));
        assert_eq!(outcome.response.status, 200, "{}", json(&outcome));
        let answer = json(&outcome);
        assert_eq!(answer["expires_at"], START.0 / 1000 + lifetime);
        let carried = TestRequest::anonymous()
            .header("origin", "https://authkit.picaos.com")
            .header("sec-fetch-site", "cross-site")
            .header("x-authkit-grant", answer["grant"].as_str().unwrap())
            .json("{}");
        assert_minted(&app, &carried, "ada", "user");
        // The widget brings no cookie, so the application is not asked again.
        assert_eq!(questions(&app).len(), 1);
    }
}

#[test]
fn buys_no_grant_once_signed_out() {
    let app = granting(|call| match call.earlier {
        0 => says(r#"{"user":{"id":"ada"}}"#),
        _ => says("null"),
    });
    let isolate = app.isolate();
    let request = ask().at("/api/authkit/grant").json("{}");
    assert_eq!(isolate.send(&request).response.status, 200);
    // Nothing was kept of the first answer.
    assert_error(&isolate.send(&request), 401, "session_signed_out");
    assert_error(&isolate.send(&ask()), 401, "session_signed_out");
}

/// What others hold is theirs: an answer that there is no room for is not read.
#[test]
fn counts_what_it_reads_in_flight() {
    let app = app(|_| says(r#"{"user":{"id":"ada"}}"#).body_after(1000)).upstream(|call| {
        if is_question(call) {
            says(vec![b' '; 60 * 1024]).body_after(1000)
        } else {
            Plan::json("{}")
        }
    });
    let isolate = app.isolate();
    let most = MAX_BYTES_IN_FLIGHT / (60 * 1024);
    let outcomes = isolate.send_together(&vec![ask(); most + 100]);
    let busy = |outcome: &&Outcome| outcome.record.code == "busy";
    let refused = outcomes.iter().filter(busy).count();
    assert!((1..=100).contains(&refused), "{refused}");
    for outcome in &outcomes {
        let (status, code) = match outcome.record.code {
            "busy" => (503, "busy"),
            _ => (401, "session_signed_out"),
        };
        assert_error(outcome, status, code);
    }
    // All of it is given back.
    drop(outcomes);
    assert_error(&isolate.send(&ask()), 401, "session_signed_out");
}

#[test]
fn tells_nobody_what_the_application_said() {
    for plan in [
        says(r#"{"user":{"id":"secret-of-the-application"}}"#).with_status(500),
        says(r#"{"secret-of-the-application":1}"#),
        says("secret-of-the-application"),
        Plan::json("secret-of-the-application")
            .header("content-type", "text/secret-of-the-application"),
        Plan::status(302).header("location", "https://secret-of-the-application"),
    ] {
        let outcome = app(move |_| plan.clone()).send(&ask());
        let text = format!("{:?} {}", outcome.response, outcome.record.to_json());
        assert!(!text.contains("secret-of-the-application"), "{text}");
        let body = String::from_utf8(outcome.response.body).unwrap();
        assert!(!body.contains("secret-of-the-application") && !body.contains("s%3A1.mac"));
    }
}

/// What each product answers, by its row.
#[test]
fn knows_eight_products_by_one_value() {
    for (preset, cookie, url, signed_in, signed_out) in [
        (
            "better-auth",
            "__Secure-better-auth.session_token",
            "/api/auth/get-session?disableRefresh=true&disableCookieCache=true",
            r#"{"session":{"id":"s","activeOrganizationId":"acme"},"user":{"id":"ada"}}"#,
            "null",
        ),
        (
            "authjs",
            "__Secure-authjs.session-token.0",
            "/api/auth/session",
            r#"{"user":{"name":"Ada","id":"ada"},"expires":"2026-01-01"}"#,
            r#"{"user":{"name":"Ada","email":"a@a"},"expires":"2026-01-01"}"#,
        ),
        (
            "nextauth",
            "next-auth.session-token",
            "/api/auth/session",
            r#"{"user":{"id":"ada"}}"#,
            "{}",
        ),
        (
            "auth0-nextjs",
            "__session__0",
            "/auth/profile",
            r#"{"sub":"ada","org_id":"acme"}"#,
            "",
        ),
        (
            "kratos",
            "ory_kratos_session",
            "/sessions/whoami",
            r#"{"active":true,"identity":{"id":"ada"}}"#,
            r#"{"active":false,"identity":{"id":"ada"}}"#,
        ),
        (
            "allauth",
            "sessionid",
            "/_allauth/browser/v1/auth/session",
            r#"{"status":200,"data":{"user":{"id":"ada"}},"meta":{"is_authenticated":true}}"#,
            r#"{"status":200,"data":{"user":{"id":"ada"}},"meta":{"is_authenticated":false}}"#,
        ),
        (
            "laravel",
            "laravel-session",
            "/api/user",
            r#"{"id":"ada","name":"Ada"}"#,
            r#"{"message":"Unauthenticated."}"#,
        ),
        (
            "nuxt",
            "nuxt-session",
            "/api/_auth/session",
            r#"{"user":{"id":"ada"},"id":"s"}"#,
            r#"{"id":"s"}"#,
        ),
    ] {
        let app = |body: &'static str| {
            app(move |_| says(body))
                .without("SESSION_URL")
                .without("SESSION_COOKIES")
                .without("SESSION_IDENTITY_PATH")
                .with("SESSION_PRESET", preset)
                .with("SESSION_ORIGIN", "https://edge.example")
        };
        let request = TestRequest::anonymous()
            .header("cookie", &format!("{cookie}=x"))
            .header("origin", "https://edge.example");
        let signed = app(signed_in);
        assert_minted(&signed, &request, "ada", "user");
        let call = &questions(&signed)[0];
        assert_eq!(call.url, format!("https://edge.example{url}"), "{preset}");
        assert_eq!(call.headers["cookie"], format!("{cookie}=x"));
        let origin = call.headers.get("origin").map(String::as_str);
        let wanted = (preset == "laravel").then_some("https://edge.example");
        assert_eq!(origin, wanted, "{preset}");
        let outcome = app(signed_out).send(&request);
        assert_error(&outcome, 401, "session_signed_out");
        if signed_in.contains("acme") {
            let request = request.json(r#"{"identityType":"organization"}"#);
            assert_minted(&app(signed_in), &request, "acme", "organization");
        }
    }
}

#[test]
fn is_looked_at_by_the_deep_check_without_asking() {
    let app = ada().with("TRUSTED_CALLER_KEY", GRANT_KEY);
    let look = TestRequest::anonymous()
        .method(Method::Get)
        .at("/api/authkit/health/deep")
        .header("x-authkit-key", GRANT_KEY);
    let names = |outcome: &Outcome| -> Vec<Value> {
        let report = json(outcome);
        let checks = report["checks"].as_array().unwrap();
        checks.iter().map(|check| check["name"].clone()).collect()
    };
    let outcome = app.send(&look);
    assert!(names(&outcome).contains(&json!("session")));
    assert_eq!(questions(&app).len(), 0);
    let outcome = app.without("SESSION_URL").send(&look);
    assert_eq!(outcome.response.status, 503);
    assert!(names(&outcome).contains(&json!("SESSION_URL")));
}
