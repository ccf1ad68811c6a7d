//! The token: merged from all pages, or one page.

use serde_json::{Value, json};

use authkit_edge::runtime::USER_AGENT;

use crate::support::{Call, KEY, Plan, TestApp, TestRequest, assert_error, json};

/// An upstream with so many pages of two rows each.
fn pages(count: u32) -> impl Fn(&Call) -> Plan {
    move |call| {
        if call.is_flags() {
            return Plan::json(r#"{"authkitWhitelist":true}"#).after(10);
        }
        let page = call.page();
        Plan::json(format!(
            r#"{{"rows":[{{"id":{page}.10}},{{"id":9007199254740993}}],"total":{},"pages":{count},"page":{page},"requestId":"r{page}"}}"#,
            2 * count
        ))
        .after(10)
    }
}

fn text(app: &TestApp, request: &TestRequest) -> String {
    let outcome = app.send(request);
    assert_eq!(outcome.response.status, 200);
    String::from_utf8(outcome.response.body).unwrap()
}

#[test]
fn merges_every_page_in_order_and_rounds_nothing() {
    let app = TestApp::new().upstream(pages(3));
    assert_eq!(
        text(&app, &TestRequest::post()),
        r#"{"rows":[{"id":1.10},{"id":9007199254740993},{"id":2.10},{"id":9007199254740993},{"id":3.10},{"id":9007199254740993}],"total":6,"pages":1,"page":1,"requestId":"r3","isWhiteLabel":true}"#
    );
}

#[test]
fn keeps_the_order_when_pages_arrive_in_another() {
    let app = TestApp::new().upstream(|call| {
        let page = if call.is_flags() { 0 } else { call.page() };
        let body = format!(r#"{{"rows":[{page}],"pages":5,"requestId":{page}}}"#);
        Plan::json(body).after(u64::from(100 - 10 * page))
    });
    let token = json(&app.send(&TestRequest::post()));
    assert_eq!(token["rows"], json!([1, 2, 3, 4, 5]));
    assert_eq!(token["requestId"], 5);
}

#[test]
fn asks_for_flags_and_first_page_together_and_then_for_the_rest_together() {
    let app = TestApp::new().upstream(pages(4));
    text(&app, &TestRequest::post());
    let times: Vec<(String, u64)> = app
        .edge
        .calls()
        .into_iter()
        .map(|call| {
            (
                call.url
                    .trim_start_matches("https://api.picaos.com")
                    .to_owned(),
                call.at,
            )
        })
        .collect();
    let page = |number| format!("/v1/authkit?limit=100&page={number}");
    assert_eq!(
        times,
        [
            ("/v1/users/flags".to_owned(), 0),
            (page(1), 0),
            (page(2), 10),
            (page(3), 10),
            (page(4), 10),
        ]
    );
    assert_eq!(app.edge.elapsed(), 20);
}

#[test]
fn keeps_six_connections_busy_and_never_more() {
    let app = TestApp::new().upstream(|call| {
        if call.is_flags() {
            return Plan::json("{}");
        }
        // Page 2 is slow; the other five connections go on without it.
        let millis = if call.page() == 2 { 40 } else { 10 };
        Plan::json(r#"{"rows":[0],"pages":20}"#).after(millis)
    });
    let token = json(&app.send(&TestRequest::post()));
    assert_eq!(token["rows"].as_array().unwrap().len(), 20);
    assert_eq!(app.edge.most_open(), 6);
    // 10 for page 1, then 18 pages over five connections beside the slow one: four rounds.
    assert_eq!(app.edge.elapsed(), 50);
}

#[test]
fn sends_the_key_and_the_identity_and_nothing_else() {
    let app = TestApp::new().upstream(pages(1));
    let request = TestRequest::post()
        .header("authorization", "Bearer private")
        .header("cookie", "session=private")
        .json("{}");
    text(&app, &request);
    for call in app.edge.calls() {
        let mut headers: Vec<(&str, &str)> = call
            .headers
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        headers.retain(|(name, _)| *name != "content-type");
        assert_eq!(
            headers,
            [
                ("accept", "application/json"),
                ("user-agent", USER_AGENT),
                ("x-pica-secret", KEY)
            ]
        );
    }
    let token = &app.edge.token_calls()[0];
    assert_eq!(token.method, "POST");
    assert_eq!(token.headers["content-type"], "application/json");
    assert_eq!(
        token.body,
        Some(json!({"identity": "user_123", "identityType": "user"}))
    );
}

#[test]
fn speaks_to_one_in_its_own_way() {
    let app = TestApp::new()
        .with("AUTHKIT_PROVIDER", "one")
        .with("ONE_SECRET_KEY", "sk_one")
        .upstream(pages(2));
    let token = json(&app.send(&TestRequest::post()));
    assert_eq!(token["isWhiteLabel"], Value::Null);
    let calls = app.edge.calls();
    let urls: Vec<&str> = calls.iter().map(|call| &*call.url).collect();
    assert_eq!(
        urls,
        [
            "https://api.withone.ai/v1/authkit/token?limit=150&page=1",
            "https://api.withone.ai/v1/authkit/token?limit=150&page=2",
        ]
    );
    assert!(
        calls
            .iter()
            .all(|call| call.headers["x-one-secret"] == "sk_one")
    );
    assert!(
        calls
            .iter()
            .all(|call| !call.headers.contains_key("x-pica-secret"))
    );
}

#[test]
fn goes_where_the_base_url_says() {
    for (base, url) in [
        (
            "http://127.0.0.1:8788",
            "http://127.0.0.1:8788/v1/users/flags",
        ),
        (
            "https://pica.example/",
            "https://pica.example/v1/users/flags",
        ),
    ] {
        let app = TestApp::new()
            .with("AUTHKIT_BASE_URL", base)
            .upstream(pages(1));
        text(&app, &TestRequest::post());
        assert_eq!(app.edge.calls()[0].url, url);
    }
}

#[test]
fn forwards_exactly_one_page_as_it_came() {
    for (query, asked) in [
        ("?page=2&limit=10", "limit=10&page=2"),
        ("?page=3", "limit=100&page=3"),
        ("?limit=7", "limit=7&page=1"),
    ] {
        let body = " {\"rows\":[ 1.10 ] ,\"pages\":9 , \"other\" : null}\n";
        let app = TestApp::new().upstream(move |_| Plan::json(body));
        let request = TestRequest::post().at(&format!("/api/authkit{query}"));
        assert_eq!(text(&app, &request), body);
        let calls = app.edge.calls();
        assert_eq!(calls.len(), 1);
        assert!(calls[0].url.ends_with(asked), "{}", calls[0].url);
    }
}

#[test]
fn checks_a_forwarded_page_too() {
    for body in [
        "",
        "[]",
        "{}",
        "<html>",
        r#"{"rows":1}"#,
        r#"{"error":"Unauthorized"}"#,
    ] {
        let app = TestApp::new().upstream(move |_| Plan::json(body));
        let outcome = app.send(&TestRequest::post().at("/api/authkit?page=1"));
        assert_error(&outcome, 502, "upstream_failed");
    }
}

#[test]
fn passes_on_a_request_id_of_any_type() {
    for id in ["1", "\"a\"", "{\"a\":1.10}", "null", "[1]"] {
        let app = TestApp::new()
            .upstream(move |_| Plan::json(format!(r#"{{"rows":[],"pages":1,"requestId":{id}}}"#)));
        let token = text(&app, &TestRequest::post());
        assert!(token.contains(&format!(r#""requestId":{id}"#)), "{token}");
    }
}

#[test]
fn takes_failing_or_odd_flags_for_a_no() {
    for flags in [
        Plan::status(401),
        Plan::status(429),
        Plan::status(500),
        Plan::unreachable(),
        Plan::json(""),
        Plan::json("[]"),
        Plan::json("{}"),
        Plan::json(r#"{"authkitWhitelist":null}"#),
        Plan::json(r#"{"authkitWhitelist":"true"}"#),
        Plan::json(vec![b' '; 70_000]),
        Plan::json("{}").hang(),
        Plan::json("{}").hang_body(),
    ] {
        let app = TestApp::new().upstream(move |call| {
            if call.is_flags() {
                flags.clone()
            } else {
                Plan::json(r#"{"rows":[],"pages":1}"#)
            }
        });
        let token = json(&app.send(&TestRequest::post()));
        assert_eq!(
            token,
            json!({"rows": [], "pages": 1, "isWhiteLabel": false})
        );
        assert!(app.edge.elapsed() <= 2_000, "flags held the token up");
    }
}

const ORGANIZATION: &str = "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1";
const PROJECT: &str = "0F8FAD5B-D9CB-469F-A165-70867728950E";

#[test]
fn tells_one_in_whose_name_it_asks() {
    let app = TestApp::new()
        .with("ONE_SECRET_KEY", "sk_one")
        .with("ONE_ORGANIZATION_ID", ORGANIZATION)
        .with("ONE_PROJECT_ID", PROJECT);
    let headers = |app: &TestApp| {
        app.send(&TestRequest::post());
        let calls = app.edge.calls();
        let headers = calls.last().unwrap().headers.clone();
        ["x-one-organization-id", "x-one-project-id"].map(|name| headers.get(name).cloned())
    };
    assert_eq!(headers(&app), [None, None], "Pica knows neither");
    let app = app.with("AUTHKIT_PROVIDER", "one");
    let both = [ORGANIZATION, PROJECT].map(|id| Some(id.to_owned()));
    assert_eq!(headers(&app), both);
    let app = app.without("ONE_ORGANIZATION_ID");
    assert_eq!(headers(&app), [None, Some(PROJECT.to_owned())]);
    for text in [
        "acme",
        "6f1c0b9e3f0a4b619b570d6bb1e7d5a1",
        "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1\r\nx: y",
    ] {
        let outcome = app_with_project(text).send(&TestRequest::post());
        assert_error(&outcome, 503, "misconfigured");
        let reason = outcome.record.reason.unwrap();
        assert!(
            reason.starts_with("ONE_PROJECT_ID: must be a UUID"),
            "{reason}"
        );
    }
}

fn app_with_project(id: &str) -> TestApp {
    TestApp::new()
        .with("AUTHKIT_PROVIDER", "one")
        .with("ONE_SECRET_KEY", "sk_one")
        .with("ONE_PROJECT_ID", id)
}

/// The id in the log line of a token whose upstream answers with these, one after the other.
fn noted(ids: &'static [(u16, &'static str)]) -> Option<String> {
    let app = TestApp::new()
        .with("AUTHKIT_PROVIDER", "one")
        .with("ONE_SECRET_KEY", "sk_one")
        .upstream(|call| {
            let (status, id) = ids[call.earlier.min(ids.len() - 1)];
            let plan = match status {
                200 => Plan::json(r#"{"rows":[],"pages":1}"#),
                _ => Plan::status(status),
            };
            plan.header("x-one-correlation-id", id)
        });
    app.send(&TestRequest::post())
        .record
        .upstream_correlation_id
}

#[test]
fn notes_by_what_support_finds_a_call() {
    let id = |text: &str| Some(text.to_owned());
    assert_eq!(
        noted(&[(200, "6f1c0b9e/3f0a")]),
        None,
        "another form than theirs"
    );
    assert_eq!(noted(&[(200, "6f1c0b9e-3f0a")]), id("6f1c0b9e-3f0a"));
    assert_eq!(noted(&[(500, "a:1.b")]), id("a:1.b"));
    assert_eq!(
        noted(&[(503, "first"), (503, "second"), (200, "third")]),
        id("second")
    );
    for text in [
        "",
        " ",
        "a b",
        "a\"b",
        "a\nb",
        "\u{e9}",
        "sk_live_1",
        &"a".repeat(65),
    ] {
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        let ids: &'static [_] = Box::leak(Box::new([(500, text)]));
        assert_eq!(noted(ids), None, "{text:?}");
    }
}
