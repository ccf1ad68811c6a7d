//! What a caller gets when all is well.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, USER};
use authkit_edge_e2e::profile::{Edge, KEY, Profile};
use authkit_sandbox::{Fault, FaultKind, RequestIdKind, Settings};
use serde_json::{Value, json};

/// The text between the brackets of `rows`, which the sandbox's rows have to equal byte for byte.
fn row_text(answer: &Answer) -> &str {
    let text = answer.text();
    let rest = text.strip_prefix(r#"{"rows":["#).expect("rows come first");
    let (rows, _) = rest.rsplit_once("],").expect("members follow");
    rows
}

#[track_caller]
fn assert_whole_catalogue(edge: &Edge, rows: u32) -> Value {
    let answer = edge.send(&Request::post());
    let token = answer.assert_token();
    assert!(
        row_text(&answer) == edge.sandbox.rows().join(","),
        "{rows} rows are not those of the upstream"
    );
    assert_eq!(token["rows"].as_array().unwrap().len(), rows as usize);
    assert_eq!((&token["total"], &token["page"]), (&json!(rows), &json!(1)));
    token
}

#[test]
fn merges_every_size_of_catalogue_for_both_brands() {
    // Pica is asked for 100 rows a page, One for 150.
    let pica = [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3), (700, 7)];
    let one = [(0, 1), (1, 1), (150, 1), (151, 2), (247, 2), (700, 5)];
    for (profile, flags, sizes) in [(Profile::Pica, 1, pica), (Profile::One, 0, one)] {
        let mut edge = profile.lease();
        for (rows, pages) in sizes {
            edge.start_over();
            edge.sandbox.update(|settings| settings.catalogue = rows);
            let token = assert_whole_catalogue(&edge, rows);
            assert_eq!(token["pages"], 1);
            // One says it in the answer itself.
            assert_eq!(token["isWhiteLabel"], false, "{profile:?}");
            edge.assert_upstream_calls(pages, flags);
        }
    }
}

#[test]
fn keeps_the_digits_of_numbers_that_javascript_would_round() {
    let edge = Profile::Pica.lease();
    let answer = edge.send(&Request::post());
    for digits in [
        r#""revision":9007199254740993"#,
        r#""weight":1.10"#,
        r#""quota":1E+2"#,
    ] {
        assert!(answer.text().contains(digits), "{digits}");
    }
}

#[test]
fn asks_upstream_as_the_contract_says() {
    for (profile, path, key_header, limit) in [
        (Profile::Pica, "/v1/authkit", "x-pica-secret", 100),
        (Profile::One, "/v1/authkit/token", "x-one-secret", 150),
    ] {
        let edge = profile.lease();
        edge.sandbox
            .update(|settings| settings.catalogue = limit + 1);
        edge.send(&Request::post()).assert_token();
        // The sandbox notes the end of a call a moment after the Worker has read it.
        edge.assert_upstream_idle();
        let calls = edge.sandbox.token_requests();
        assert_eq!(calls.len(), 2);
        for (call, page) in calls.iter().zip(1..) {
            assert_eq!((&*call.method, &*call.path), ("POST", path));
            assert_eq!(call.query, format!("limit={limit}&page={page}"));
            assert_eq!(call.header(key_header), Some(KEY));
            assert_eq!(call.header("content-type"), Some("application/json"));
            assert_eq!(call.header("accept"), Some("application/json"));
            let body: Value = serde_json::from_str(&call.body).unwrap();
            assert_eq!(body, json!({"identity": USER, "identityType": "user"}));
            assert!(call.completed);
        }
        for call in edge.sandbox.flags_requests() {
            assert_eq!(call.header(key_header), Some(KEY));
            assert_eq!((&*call.method, &*call.query, &*call.body), ("GET", "", ""));
        }
    }
}

#[test]
fn passes_one_page_on_byte_for_byte() {
    for profile in [Profile::Pica, Profile::One] {
        let edge = profile.lease();
        for (query, upstream, rows) in [
            ("page=1&limit=10", "limit=10&page=1", 0..10),
            ("limit=40&page=7", "limit=40&page=7", 240..250),
            ("page=3", "limit=100&page=3", 200..250),
            ("limit=1", "limit=1&page=1", 0..1),
            (
                "page=4294967295&limit=100",
                "limit=100&page=4294967295",
                0..0,
            ),
        ] {
            edge.sandbox.forget_requests();
            let answer = edge.send(&Request::post().at(&format!("/api/authkit?{query}")));
            let token = answer.assert_token();
            assert_eq!(
                row_text(&answer),
                edge.sandbox.rows()[rows].join(","),
                "{query}"
            );
            assert_eq!(token["total"], 250);
            let flag = (profile == Profile::One).then_some(json!(false));
            assert_eq!(token.get("isWhiteLabel"), flag.as_ref());
            edge.assert_upstream_calls(1, 0);
            assert_eq!(edge.sandbox.token_requests()[0].query, upstream);
        }
    }
}

#[test]
fn merges_answers_in_any_dress() {
    let edge = Profile::Pica.lease();
    for settings in [
        Settings {
            chunked: true,
            ..Settings::default()
        },
        Settings {
            gzip: true,
            ..Settings::default()
        },
        Settings {
            gzip: true,
            chunked: true,
            ..Settings::default()
        },
        Settings {
            row_padding: 4096,
            ..Settings::default()
        },
    ] {
        edge.sandbox.configure(settings);
        assert_whole_catalogue(&edge, 250);
    }
    // Indented rows are other bytes, but the same JSON.
    edge.sandbox.configure(Settings {
        pretty: true,
        ..Settings::default()
    });
    let token = edge.send(&Request::post()).assert_token();
    let rows = format!("[{}]", edge.sandbox.rows().join(","));
    assert_eq!(token["rows"], serde_json::from_str::<Value>(&rows).unwrap());
}

#[test]
fn takes_the_request_id_of_the_last_page_whatever_it_is() {
    let edge = Profile::Pica.lease();
    for kind in [
        RequestIdKind::Integer,
        RequestIdKind::String,
        RequestIdKind::Object,
        RequestIdKind::Absent,
    ] {
        edge.sandbox.update(|settings| {
            settings.catalogue = 101;
            settings.request_id = kind;
        });
        // Two pages come one after the other, and every answer has the next number.
        let one = edge.send(&Request::post().at("/api/authkit?page=1")).json();
        let merged = edge.send(&Request::post()).assert_token();
        let number = |token: &Value| match &token["requestId"] {
            Value::Object(object) => object["id"].as_u64(),
            Value::String(text) => text.strip_prefix("req_").unwrap().parse().ok(),
            other => other.as_u64(),
        };
        assert_eq!(number(&merged), number(&one).map(|id| id + 2), "{merged}");
        assert_eq!(
            merged.get("requestId").is_some(),
            kind != RequestIdKind::Absent
        );
    }
}

#[test]
fn passes_on_members_that_it_does_not_know() {
    let edge = Profile::Pica.lease();
    edge.sandbox
        .update(|settings| settings.extra_envelope_fields = true);
    let answer = edge.send(&Request::post());
    answer.assert_token();
    for member in [
        r#""apiVersion":1.10"#,
        r#""cursor":{"big":9007199254740993,"text":"],\"rows\":["}"#,
    ] {
        assert_eq!(answer.text().matches(member).count(), 1, "{member}");
    }
}

#[test]
fn tells_whether_the_account_is_white_label() {
    let edge = Profile::Pica.lease();
    for white_label in [true, false] {
        edge.sandbox
            .update(|settings| settings.white_label = white_label);
        let token = edge.send(&Request::post()).assert_token();
        assert_eq!(token["isWhiteLabel"], white_label);
    }
}

#[test]
fn opens_no_more_connections_than_a_worker_may() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| {
        settings.catalogue = 2000;
        settings.faults = vec![Fault::token(FaultKind::Latency { ms: 20 })];
    });
    assert_whole_catalogue(&edge, 2000);
    edge.assert_upstream_calls(20, 1);
    let most = edge.sandbox.max_in_flight();
    assert!((2..=6).contains(&most), "{most} at once");
}

#[test]
fn keeps_requests_apart_that_come_together() {
    let edge = Profile::Pica.lease();
    let addr = edge.addr();
    std::thread::scope(|scope| {
        let sending: Vec<_> = (0..8)
            .map(|_| scope.spawn(move || Request::post().send(addr)))
            .collect();
        let mut ids: Vec<Value> = sending
            .into_iter()
            .map(|thread| thread.join().unwrap().assert_token()["requestId"].clone())
            .collect();
        ids.sort_by_key(Value::as_u64);
        ids.dedup();
        assert_eq!(ids.len(), 8, "two requests got one answer");
    });
    edge.assert_upstream_calls(24, 8);
}
