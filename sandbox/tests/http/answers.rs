//! Good calls: pages, envelopes, encodings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use authkit_sandbox::{Options, RequestIdKind, Sandbox, Settings};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::client::{KEY, flags, sandbox, send, timed, token};

fn rows(reply: &Value) -> usize {
    reply["rows"].as_array().expect("rows").len()
}

#[test]
fn the_default_answer_is_the_first_twenty_of_250_integrations() {
    let reply = token(&sandbox(), "");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let json = reply.json();
    assert_eq!(rows(&json), 20);
    assert_eq!(json["rows"][0]["title"], "Gmail");
    assert_eq!(json["rows"][0]["environment"], "test");
    assert_eq!(json["total"], 250);
    assert_eq!(json["pages"], 13);
    assert_eq!(json["page"], 1);
    assert_eq!(json["requestId"], 110_256);
}

#[test]
fn the_one_route_takes_the_one_header() {
    let headers = [("X-One-Secret", KEY)];
    let reply = send(&sandbox(), "POST /v1/authkit/token?limit=7", &headers, "{}");
    assert_eq!(rows(&reply.json()), 7);
}

#[test]
fn all_pages_together_are_the_rows_to_the_letter() {
    for catalogue in [0, 1, 100, 101, 250, 700] {
        let sandbox = sandbox();
        sandbox.update(|settings| settings.catalogue = catalogue);
        let expected = sandbox.rows();
        let pages = usize::max(1, expected.len().div_ceil(100));
        let mut seen = Vec::new();
        for page in 1..=pages {
            let reply = token(&sandbox, &format!("?page={page}&limit=100"));
            assert_eq!(reply.json()["pages"], pages, "{catalogue}");
            assert_eq!(reply.json()["page"], page, "{catalogue}");
            let text = reply.text();
            let inner = text.strip_prefix(r#"{"rows":["#).expect("rows first");
            let end = inner.rfind(r#"],"total":"#).expect("total after rows");
            seen.push(inner[..end].to_owned());
        }
        assert_eq!(seen.join(","), expected.join(","), "{catalogue}");
    }
}

#[test]
fn a_page_beyond_the_end_is_empty() {
    for page in ["4", "1000000000", "18446744073709551615"] {
        let json = token(&sandbox(), &format!("?limit=100&page={page}")).json();
        assert_eq!(rows(&json), 0);
        assert_eq!(json["pages"], 3);
        assert_eq!(json["page"].to_string(), page);
    }
}

#[test]
fn a_limit_or_page_that_does_not_parse_silently_becomes_the_default() {
    let sandbox = sandbox();
    for query in ["?limit=null&page=null", "?limit=-1", "?limit", "?limit=1e2"] {
        let json = token(&sandbox, query).json();
        assert_eq!((rows(&json), &json["page"]), (20, &json!(1)), "{query}");
    }
}

#[test]
fn a_limit_is_cut_to_what_there_may_be_without_a_word() {
    let sandbox = sandbox();
    for (query, count) in [
        ("?limit=500", 150),
        ("?limit=151", 150),
        ("?limit=150", 150),
        ("?limit=0&page=0", 1),
    ] {
        let json = token(&sandbox, query).json();
        assert_eq!((rows(&json), &json["page"]), (count, &json!(1)), "{query}");
    }
}

#[test]
fn rows_have_numbers_and_texts_for_ids_and_say_whose_oauth_app_it_is() {
    let json = token(&sandbox(), "").json();
    let rows = json["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["id"].is_u64()));
    assert!(rows.iter().any(|row| row["id"].is_string()));
    assert!(
        rows.iter()
            .all(|row| row["useDefaultOauthCreds"].is_boolean())
    );
}

#[test]
fn the_one_route_says_in_the_answer_whether_the_white_label_is_on() {
    let sandbox = sandbox();
    for white_label in [true, false] {
        sandbox.update(|settings| settings.white_label = white_label);
        let headers = [("X-One-Secret", KEY)];
        let reply = send(&sandbox, "POST /v1/authkit/token", &headers, "{}");
        assert_eq!(reply.json()["isWhiteLabel"], white_label);
    }
    assert_eq!(token(&sandbox, "").json().get("isWhiteLabel"), None);
}

#[test]
fn any_hundred_rows_carry_numbers_and_strings_that_break_a_careless_merger() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.catalogue = 300);
    for page in 1..=3 {
        let reply = token(&sandbox, &format!("?limit=100&page={page}"));
        for trap in [
            "9007199254740993",
            r#""weight":1.10"#,
            r"a\u2028b\u2029c",
            "日本語",
            "d’été",
            "🧩",
            r#"],\"rows\":["#,
            r#""rows":[1,2,{"rows":[]}]"#,
            r#""guide":null"#,
            r#""quota":1E+2"#,
        ] {
            assert!(reply.text().contains(trap), "page {page} lacks {trap}");
        }
    }
}

#[test]
fn a_live_key_gives_live_rows() {
    let sandbox = Sandbox::start(Options {
        key: "sk_live_published".to_owned(),
        ..Options::default()
    })
    .unwrap();
    let headers = [("X-Pica-Secret", "sk_live_published")];
    let json = send(&sandbox, "POST /v1/authkit", &headers, "{}").json();
    assert_eq!(json["rows"][0]["environment"], "live");
}

#[test]
fn padding_makes_rows_as_long_as_asked() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.row_padding = 20_000);
    let reply = token(&sandbox, "?limit=100");
    assert!(reply.body.len() > 100 * 20_000);
    assert_eq!(rows(&reply.json()), 100);
}

#[test]
fn request_ids_increase_and_take_the_type_asked_for() {
    let sandbox = sandbox();
    let answer = |kind| {
        sandbox.update(|settings| settings.request_id = kind);
        token(&sandbox, "").json()["requestId"].clone()
    };
    assert_eq!(answer(RequestIdKind::Integer), 110_256);
    assert_eq!(answer(RequestIdKind::Integer), 110_257);
    assert_eq!(answer(RequestIdKind::String), "req_110258");
    assert_eq!(answer(RequestIdKind::Object)["id"], 110_259);
    assert_eq!(answer(RequestIdKind::Absent), Value::Null);
    assert_eq!(answer(RequestIdKind::Twice), 110_261);
    assert_eq!(token(&sandbox, "").json()["request_id"], 110_262);
}

#[test]
fn the_page_count_can_be_a_lie() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.pages_claim = Some(1_000_000_000));
    let json = token(&sandbox, "?limit=100").json();
    assert_eq!(json["pages"], 1_000_000_000);
    assert_eq!(json["total"], 250);
}

#[test]
fn the_envelope_can_have_fields_that_nobody_knows() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.extra_envelope_fields = true);
    let reply = token(&sandbox, "");
    assert!(reply.text().starts_with(r#"{"apiVersion":1.10,"rows":["#));
    assert!(reply.text().contains(r#""cursor":{"big":9007199254740993"#));
    assert_eq!(rows(&reply.json()), 20);
}

#[test]
fn a_token_can_say_whose_it_is() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.echo_identity = true);
    let key = [("X-Pica-Secret", KEY)];
    let ada = send(&sandbox, "POST /v1/authkit", &key, r#"{"identity":"ada"}"#);
    assert_eq!(ada.json()["identity"], "ada");
    let nobody = token(&sandbox, "").json();
    assert_eq!(nobody.get("identity"), None);
}

#[test]
fn pretty_json_has_line_breaks_and_the_same_content() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.request_id = RequestIdKind::Absent);
    let plain = token(&sandbox, "?limit=100");
    sandbox.update(|settings| settings.pretty = true);
    let pretty = token(&sandbox, "?limit=100");
    assert!(pretty.text().starts_with("{\n  \"rows\" : [\n    {\n"));
    assert!(pretty.text().contains("9007199254740993"));
    assert_eq!(pretty.json(), plain.json());
}

#[test]
fn a_chunked_answer_has_no_content_length() {
    let sandbox = sandbox();
    let sized = token(&sandbox, "");
    assert_eq!(sized.content_length(), Some(sized.body.len()));
    sandbox.update(|settings| settings.chunked = true);
    let chunked = token(&sandbox, "");
    assert_eq!(chunked.content_length(), None);
    assert_eq!(chunked.json()["rows"], sized.json()["rows"]);
}

#[test]
fn a_gzip_answer_unpacks_to_the_plain_one() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.gzip = true);
    let reply = token(&sandbox, "?limit=100");
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert_eq!(reply.content_length(), Some(reply.body.len()));
    let mut plain = String::new();
    let mut decoder = GzDecoder::new(reply.body.as_slice());
    decoder.read_to_string(&mut plain).expect("gzip");
    let json: Value = serde_json::from_str(&plain).expect("JSON");
    assert_eq!(rows(&json), 100);
}

#[test]
fn the_flags_say_whether_the_white_label_is_on() {
    let sandbox = sandbox();
    let expected = |white: bool| {
        json!({
            "accessList": [],
            "authkitWhitelist": white,
            "earlyAccess": [],
            "completedQuickstart": true,
        })
    };
    assert_eq!(flags(&sandbox).json(), expected(false));
    sandbox.update(|settings| settings.white_label = true);
    assert_eq!(flags(&sandbox).json(), expected(true));
}

#[test]
fn latency_delays_both_kinds_of_call() {
    let sandbox = sandbox();
    sandbox.configure(Settings {
        latency_ms: 60,
        ..Settings::default()
    });
    for call in [|sandbox: &Sandbox| token(sandbox, ""), flags] {
        let (reply, elapsed) = timed(|| call(&sandbox));
        assert_eq!(reply.status, 200);
        assert!(elapsed >= Duration::from_millis(60));
    }
}

#[test]
fn a_connection_serves_one_call_after_the_other() {
    let sandbox = sandbox();
    let mut stream = TcpStream::connect(sandbox.addr()).unwrap();
    let request =
        format!("GET /v1/users/flags HTTP/1.1\r\nHost: s\r\nX-Pica-Secret: {KEY}\r\n\r\n");
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).unwrap();
        let mut seen = Vec::new();
        let mut byte = [0];
        // The answer is one object without nested ones, so it ends at the first closing brace.
        while seen.last() != Some(&b'}') {
            stream.read_exact(&mut byte).unwrap();
            seen.push(byte[0]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(sandbox.flags_requests().len(), 3);
}
