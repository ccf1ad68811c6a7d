//! Which integrations are listed, where a policy leaves some out.

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{Edge, Profile};
use serde_json::{Value, json};

/// What a request is answered, and the text of its rows.
fn token(edge: &Edge, request: &Request) -> (Value, String) {
    let answer = edge.send(request);
    let token = answer.assert_token();
    let (_, rows) = answer.text().split_once("\"rows\":[").unwrap();
    let (rows, _) = rows.split_once("],\"total\"").unwrap();
    (token, rows.to_owned())
}

fn titles(token: &Value) -> Vec<&str> {
    let rows = token["rows"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap()).collect()
}

#[test]
fn are_those_of_the_policy_byte_for_byte() {
    let edge = Profile::Curated.lease();
    let (curated, rows) = token(&edge, &Request::post());
    // One is on the first page of the upstream, the other on the last.
    assert_eq!(titles(&curated), ["Gmail", "DocuSign"]);
    let numbers = ["total", "pages", "page"].map(|name| &curated[name]);
    assert_eq!(numbers, [&json!(2), &json!(1), &json!(1)]);
    drop(edge);

    let edge = Profile::Pica.lease();
    let whole = edge.send(&Request::post());
    for title in ["Gmail", "DocuSign"] {
        let at = rows.find(&format!("\"title\":\"{title}\"")).unwrap();
        let start = rows[..at].rfind("{\"id\"").unwrap();
        let row = &rows[start..];
        let row = row.split_once(",{\"id\"").map_or(row, |(row, _)| row);
        assert!(whole.text().contains(row), "{row}");
    }
}

#[test]
fn differ_by_the_type_of_the_identity_and_come_in_pages() {
    let edge = Profile::Curated.lease();
    let team = |query: &str| {
        let request = Request::anonymous().at(&format!("/api/authkit{query}"));
        let request = request.json(r#"{"identity":"ada","identityType":"team"}"#);
        token(&edge, &request).0
    };
    let whole = team("");
    let all = titles(&whole);
    assert_eq!((all.len(), &whole["total"]), (249, &json!(249)));
    assert!(!all.contains(&"Slack") && all.contains(&"Gmail"));
    let mut paged = Vec::new();
    for page in 1..=3 {
        let part = team(&format!("?page={page}&limit=100"));
        let numbers = ["total", "pages", "page"].map(|name| part[name].as_u64().unwrap());
        assert_eq!(numbers, [249, 3, page]);
        paged.extend(titles(&part).into_iter().map(str::to_owned));
    }
    assert_eq!(paged, all);
}
