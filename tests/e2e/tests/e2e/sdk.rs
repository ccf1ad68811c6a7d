//! The Worker beside the official SDK: the same account, the same token.

use authkit_edge_e2e::client::{Request, USER};
use authkit_edge_e2e::profile::{Edge, KEY, Profile};
use authkit_edge_e2e::sdk::{as_doubles, mint};
use serde_json::{Value, json};

#[test]
fn gives_the_token_that_the_official_sdk_gives() {
    let mut edge = Profile::Pica.lease();
    for (rows, pages) in [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3), (700, 7)] {
        edge.start_over();
        edge.sandbox.update(|settings| {
            settings.catalogue = rows;
            settings.white_label = rows % 2 == 0;
        });
        // Every answer of the sandbox has the next number.
        let before = edge.send(&Request::post().at("/api/authkit?page=1")).json();
        let before = before["requestId"].as_u64().unwrap();
        let ours = edge.send(&Request::post()).assert_token();
        let theirs = mint(&edge.sandbox.base_url(), KEY, USER);

        let calls = edge.sandbox.token_requests().len() as u64;
        assert_eq!(calls, 1 + 2 * pages);
        assert_same(
            (ours, request_ids(before, pages)),
            (theirs, request_ids(before + pages, pages)),
        );
    }
}

/// The numbers that the last page may have: it is the last one to be answered, or one of those that
/// were asked for side by side.
fn request_ids(before: u64, pages: u64) -> std::ops::RangeInclusive<u64> {
    before + pages.min(2)..=before + pages
}

type Token = (Value, std::ops::RangeInclusive<u64>);

/// Asserts that two tokens are equal but for `requestId`, which is new with every call, and that
/// each of those is its last page's.
///
/// Numbers are compared as JavaScript has them, since the SDK has rounded 9007199254740993 before
/// anybody can look. That the Worker keeps its digits is a test of its own.
#[track_caller]
fn assert_same((mut ours, our_ids): Token, (mut theirs, their_ids): Token) {
    for (token, ids) in [(&mut ours, our_ids), (&mut theirs, their_ids)] {
        let id = token["requestId"].take().as_u64().unwrap();
        assert!(ids.contains(&id), "{id} is none of {ids:?}");
    }
    let (mut ours, mut theirs) = (as_doubles(ours), as_doubles(theirs));
    let (our_rows, their_rows) = (ours["rows"].take(), theirs["rows"].take());
    assert_eq!(ours, theirs);
    let (our_rows, their_rows) = (our_rows.as_array().unwrap(), their_rows.as_array().unwrap());
    assert_eq!(our_rows.len(), their_rows.len());
    for (our_row, their_row) in our_rows.iter().zip(their_rows) {
        assert_eq!(our_row, their_row);
    }
}

#[test]
fn asks_upstream_what_the_official_sdk_asks() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| settings.catalogue = 101);
    edge.send(&Request::post()).assert_token();
    let ours = calls(&edge);
    edge.sandbox.forget_requests();
    mint(&edge.sandbox.base_url(), KEY, USER);
    assert_eq!(ours, calls(&edge));
}

/// What was asked, in any order: the Worker asks for flags and first page at once.
fn calls(edge: &Edge) -> Vec<Value> {
    let requests = edge.sandbox.requests();
    let mut calls: Vec<Value> = requests
        .iter()
        .map(|call| {
            json!({
                "method": call.method, "path": call.path, "query": call.query,
                "body": serde_json::from_str::<Value>(&call.body).ok(),
                "key": call.header("x-pica-secret"),
            })
        })
        .collect();
    calls.sort_by_key(ToString::to_string);
    calls
}
