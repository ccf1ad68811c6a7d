//! Which integrations a token lists, where a policy leaves some out.

use serde_json::{Value, json};

use crate::support::{Call, Plan, TestApp, TestRequest, json};

/// The rows of the upstream's list, two on a page. The text of each is odd, to be kept.
const ROWS: [&str; 5] = [
    r#"{"id":1.10, "title":"Gmail","type":"gmail"}"#,
    r#"{"type":"slack","title":"\u0053lack"}"#,
    r#"{"title":"Google Sheets" ,"type":"google-sheets","n":9007199254740993}"#,
    r#"{"title":"HubSpot","type":"hubspot"}"#,
    r#"{"title":"Notion","type":"notion","rows":[1,"]"]}"#,
];

fn upstream(call: &Call) -> Plan {
    if call.is_flags() {
        return Plan::json("{}");
    }
    let page = call.page();
    let rows = ROWS.chunks(2).nth(page as usize - 1).unwrap_or_default();
    let rows = rows.join(" , ");
    Plan::json(format!(
        r#"{{"rows":[ {rows} ],"total":5,"pages":3,"page":{page},"requestId":"r{page}"}}"#
    ))
}

fn app(allowed: &str, blocked: &str) -> TestApp {
    TestApp::new()
        .with("ALLOWED_INTEGRATIONS", allowed)
        .with("BLOCKED_INTEGRATIONS", blocked)
        .with("IDENTITY_SOURCE", "header,body")
        .upstream(upstream)
}

fn text(app: &TestApp, request: &TestRequest) -> String {
    let outcome = app.send(request);
    assert_eq!(outcome.response.status, 200);
    String::from_utf8(outcome.response.body).unwrap()
}

fn at(query: &str) -> TestRequest {
    TestRequest::post().at(&format!("/api/authkit{query}"))
}

#[test]
fn are_left_out_of_every_page_and_counted() {
    for (allowed, blocked, kept) in [
        ("Gmail, notion", "", vec![0, 4]),
        ("", "slack,GOOGLE SHEETS", vec![0, 3, 4]),
        ("gmail,slack", "Slack", vec![0]),
        ("Asana", "", vec![]),
        ("*", "", vec![0, 1, 2, 3, 4]),
    ] {
        let app = app(allowed, blocked);
        let rows: Vec<&str> = kept.iter().map(|index| ROWS[*index]).collect();
        let wanted = format!(
            r#"{{"rows":[{}],"total":{},"pages":1,"page":1,"requestId":"r3","isWhiteLabel":false}}"#,
            rows.join(","),
            rows.len()
        );
        assert_eq!(
            text(&app, &TestRequest::post()),
            wanted,
            "{allowed}; {blocked}"
        );
    }
}

#[test]
fn are_paged_without_those_that_are_left_out() {
    let app = app("", "Slack");
    for (query, kept, page, pages) in [
        ("?page=1&limit=2", &[0, 2][..], 1, 2),
        ("?page=2&limit=2", &[3, 4], 2, 2),
        ("?page=3&limit=2", &[], 3, 2),
        ("?limit=3", &[0, 2, 3], 1, 2),
        ("?page=1", &[0, 2, 3, 4], 1, 1),
        ("?page=4294967295&limit=100", &[], u32::MAX, 1),
    ] {
        let rows: Vec<&str> = kept.iter().map(|index| ROWS[*index]).collect();
        let wanted = format!(
            r#"{{"rows":[{}],"total":4,"pages":{pages},"page":{page},"requestId":"r3"}}"#,
            rows.join(",")
        );
        assert_eq!(text(&app, &at(query)), wanted, "{query}");
    }
    assert!(app.edge.calls().iter().all(|call| !call.is_flags()));
}

#[test]
fn may_differ_by_the_type_of_the_identity() {
    let app = app("Gmail, team:Slack, organization:*", "organization: Gmail");
    for (identity_type, titles) in [
        ("user", json!(["Gmail"])),
        ("team", json!(["Gmail", "Slack"])),
        (
            "organization",
            json!(["Slack", "Google Sheets", "HubSpot", "Notion"]),
        ),
        ("project", json!(["Gmail"])),
    ] {
        let body = format!(r#"{{"identity":"ada","identityType":"{identity_type}"}}"#);
        let token = json(&app.send(&TestRequest::anonymous().json(body)));
        let rows = token["rows"].as_array().unwrap();
        let found: Value = rows.iter().map(|row| row["title"].clone()).collect();
        assert_eq!(found, titles, "{identity_type}");
    }
}

#[test]
fn are_not_read_where_there_is_no_policy() {
    // Rows that no policy would let pass.
    let body = r#"{"rows":[ 1,{"title":"a","title":"b"}],"total":9,"pages":1}"#;
    for (allowed, blocked) in [("", ""), (" ", " ")] {
        let app = app(allowed, blocked).upstream(move |call| {
            if call.is_flags() {
                Plan::json("{}")
            } else {
                Plan::json(body)
            }
        });
        assert_eq!(text(&app, &at("?page=1")), body);
        assert_eq!(app.edge.calls().len(), 1);
        let token = text(&app, &TestRequest::post());
        let wanted =
            r#"{"rows":[1,{"title":"a","title":"b"}],"total":9,"pages":1,"isWhiteLabel":false}"#;
        assert_eq!(token, wanted);
    }
}
