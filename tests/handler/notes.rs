//! What an isolate leaves for the next one in its data centre: it begins earlier, and answers the same.

use std::time::Duration;

use authkit_edge::handler::Outcome;
use authkit_edge::limits::{NOTE_LIFE, NOTE_RENEW};
use authkit_edge::runtime::Method;
use serde_json::{Value, json};

use crate::support::{Cache, Mood, Plan, TestApp, TestRequest, assert_error, json};
use crate::tokens::{KEYS_URL, NOW, SigningKey, claims, jwt_app, key_set};

/// One way to the issuer or the upstream and back, in milliseconds.
const WAY: u64 = 50;
const SESSION_URL: &str = "https://app.example/session";
/// How long the cache takes.
const LOOK: u64 = 5;

fn signed_in() -> TestRequest {
    let token = SigningKey::new("k1").token(&claims(json!({"exp": NOW + 1_000_000})));
    TestRequest::anonymous().header("authorization", &format!("Bearer {token}"))
}

fn keys_of(keys: &[Value]) -> Plan {
    Plan::json(key_set(keys)).after(WAY)
}

fn keys() -> Plan {
    keys_of(&[SigningKey::new("k1").jwk()])
}

fn page(number: u32, pages: u32) -> Plan {
    let rows =
        json!({"rows": [{"title": format!("app-{number}")}], "pages": pages, "page": number});
    Plan::json(rows.to_string()).after(WAY)
}

/// An application whose users sign in with tokens, and whose list has three pages.
fn app(keys: impl Fn() -> Plan + 'static, list: impl Fn(u32) -> Plan + 'static) -> TestApp {
    let app = jwt_app(|_| Plan::unreachable());
    let app = app.upstream(move |call| {
        if call.url == KEYS_URL {
            keys()
        } else if call.is_flags() || call.url == SESSION_URL {
            Plan::json("{}")
        } else {
            list(call.page())
        }
    });
    app.with_cache(Cache::new(Mood::Answers(LOOK)))
}

fn three_pages() -> TestApp {
    app(keys, |number| page(number, 3))
}

/// The same one later, where the issuer and the upstream have become others. The data centre has not.
fn later(
    before: &TestApp,
    keys: impl Fn() -> Plan + 'static,
    list: impl Fn(u32) -> Plan + 'static,
) -> TestApp {
    app(keys, list).with_cache(before.edge.cache().clone())
}

/// What a new isolate answers, and in how many milliseconds.
fn first(app: &TestApp) -> (Outcome, u64) {
    let begun = app.edge.elapsed();
    let outcome = app.send(&signed_in());
    (outcome, app.edge.elapsed() - begun)
}

fn words(outcome: &Outcome) -> [Option<&'static str>; 3] {
    let record = &outcome.record;
    [record.isolate, record.keys, record.note]
}

#[test]
fn make_a_new_isolate_as_fast_as_an_old_one() {
    let app = three_pages();
    let (before, took) = first(&app);
    assert_eq!(took, 3 * WAY, "keys, page 1, the other pages");
    assert_eq!(words(&before), [Some("new"), Some("issuer"), Some("miss")]);
    let (after, took) = first(&app);
    assert_eq!(took, LOOK + WAY, "all at once");
    assert_eq!(words(&after), [Some("new"), Some("note"), Some("hit")]);
    assert_eq!(after.response.body, before.response.body);
}

#[test]
fn are_not_looked_for_where_everything_is_known() {
    let app = three_pages();
    let isolate = app.isolate();
    isolate.send(&signed_in());
    let looks = app.edge.cache().looks;
    let outcome = isolate.send(&signed_in());
    assert_eq!(words(&outcome), [None, Some("memory"), None]);
    assert_eq!(app.edge.cache().looks, looks);
}

#[test]
fn release_nothing_before_the_issuer_has_answered() {
    let before = three_pages();
    first(&before);
    let slow = || keys().after(10 * WAY);
    let app = later(&before, slow, |number| page(number, 3));
    let (outcome, took) = first(&app);
    assert_eq!((outcome.response.status, took), (200, 10 * WAY));
    let at = |wanted: fn(&str) -> bool| {
        let calls = app.edge.calls();
        let call = calls.iter().find(|call| wanted(&call.url));
        call.unwrap().at
    };
    assert_eq!(at(|url| url == KEYS_URL), 0);
    assert_eq!(at(|url| url.ends_with("page=3")), LOOK, "not after page 1");
}

#[test]
fn give_nothing_for_a_key_that_the_issuer_has_not_any_more() {
    let before = three_pages();
    first(&before);
    let changed = |name: &'static str, member: &str, value: &str| {
        let mut jwk = SigningKey::new(name).jwk();
        jwk[member] = value.into();
        jwk
    };
    for (what, set, status, code) in [
        (
            "another",
            vec![SigningKey::new("k2").jwk()],
            401,
            "invalid_token",
        ),
        (
            "another of its name",
            vec![changed("k2", "kid", "k1")],
            401,
            "invalid_token",
        ),
        (
            "not for signatures",
            vec![changed("k1", "use", "enc")],
            503,
            "keys_unavailable",
        ),
        ("none", vec![], 503, "keys_unavailable"),
    ] {
        for upstream in [0, WAY, 100 * WAY] {
            let set = set.clone();
            let keys = move || keys_of(&set);
            let list = move |number| page(number, 3).after(upstream);
            let (outcome, took) = first(&later(&before, keys, list));
            assert_error(&outcome, status, code);
            assert!(!json(&outcome).to_string().contains("app-"), "{what}");
            assert_eq!(took, WAY, "{what}: nobody waits for the upstream");
            assert_eq!(outcome.record.identity, None, "{what}");
        }
    }
}

#[test]
fn give_nothing_while_the_issuer_does_not_answer() {
    let before = three_pages();
    first(&before);
    let hours = [0, 1, 23];
    for (hour, answer) in hours.into_iter().flat_map(|hour| {
        [
            Plan::unreachable(),
            Plan::status(500),
            Plan::json("{}"),
            Plan::status(302),
        ]
        .map(|answer| (hour, answer))
    }) {
        let app = later(&before, move || answer.clone(), |number| page(number, 3));
        app.edge.pass(Duration::from_hours(hour));
        let (outcome, _) = first(&app);
        assert_error(&outcome, 503, "keys_unavailable");
    }
}

type Change = fn(&mut Vec<u8>);

#[test]
fn are_worth_nothing_that_anybody_else_has_written() {
    let before = three_pages();
    let (good, _) = first(&before);
    let kept = before.edge.cache().notes.clone();
    assert_eq!(kept.len(), 2, "one of the keys, one of the pages");
    let changes: [(&str, Change); 5] = [
        ("nothing", Vec::clear),
        ("garbage", |note| note.fill(b'x')),
        ("a changed end", |note| *note.last_mut().unwrap() ^= 1),
        ("a changed time", |note| note[7] ^= 1),
        ("huge", |note| note.resize(100 * 1024 * 1024, b' ')),
    ];
    for (what, change) in changes {
        let app = later(&before, keys, |number| page(number, 3));
        app.edge.cache().notes.values_mut().for_each(change);
        let (outcome, took) = first(&app);
        assert_eq!(outcome.response.body, good.response.body, "{what}");
        assert_eq!(took, 3 * WAY, "{what}");
        let [_, keys, note] = words(&outcome);
        assert_eq!(keys, Some("issuer"), "{what}");
        // What is larger than a note can be is not read.
        let expected = if what == "huge" { "miss" } else { "bad" };
        assert_eq!(note, Some(expected), "{what}");
        // It is written anew.
        assert_eq!(first(&app).1, LOOK + WAY, "{what}");
    }
    // One stands in for no other.
    let app = later(&before, keys, |number| page(number, 3));
    let swapped: Vec<Vec<u8>> = kept.values().rev().cloned().collect();
    for (note, other) in app.edge.cache().notes.values_mut().zip(swapped) {
        *note = other;
    }
    assert_eq!(first(&app).1, 3 * WAY);
}

#[test]
fn are_of_one_deployment_alone() {
    let before = three_pages();
    first(&before);
    let others = [
        ("PICA_SECRET_KEY", "sk_test_another"),
        ("AUTHKIT_BASE_URL", "https://api.elsewhere.example"),
        ("NOTES", "off"),
    ];
    for (name, value) in others {
        let app = later(&before, keys, |number| page(number, 3)).with(name, value);
        let (_, took) = first(&app);
        // The issuer is the same everywhere, and of the upstream nothing is known.
        let expected = if name == "AUTHKIT_BASE_URL" {
            LOOK + 2 * WAY
        } else {
            3 * WAY
        };
        assert_eq!(took, expected, "{name}");
    }
}

#[test]
fn are_believed_for_a_day_and_never_from_the_future() {
    let before = three_pages();
    first(&before);
    let app = later(&before, keys, |number| page(number, 3));
    app.edge
        .pass(NOTE_LIFE.saturating_sub(Duration::from_secs(1)));
    assert_eq!(first(&app).1, LOOK + WAY);
    let app = later(&before, keys, |number| page(number, 3));
    app.edge.pass(NOTE_LIFE + Duration::from_secs(1));
    let (outcome, took) = first(&app);
    assert_eq!((took, outcome.record.note), (3 * WAY, Some("miss")));

    let ahead = three_pages();
    ahead.edge.pass(Duration::from_mins(2));
    first(&ahead);
    let app = later(&ahead, keys, |number| page(number, 3));
    let (outcome, took) = first(&app);
    assert_eq!((took, outcome.record.note), (3 * WAY, Some("bad")));
}

#[test]
fn hold_nobody_up_where_the_cache_is_slow_or_broken() {
    let before = three_pages();
    let (good, _) = first(&before);
    for (mood, expected, word) in [
        (Mood::Fails, 3 * WAY, "miss"),
        (Mood::Hangs, 3 * WAY, "late"),
        (Mood::Answers(29), 29 + WAY, "hit"),
        (Mood::Answers(31), 3 * WAY, "late"),
    ] {
        let app = later(&before, keys, |number| page(number, 3));
        app.edge.cache().mood = mood;
        let (outcome, took) = first(&app);
        assert_eq!(outcome.response.body, good.response.body, "{mood:?}");
        assert_eq!(
            (took, outcome.record.note),
            (expected, Some(word)),
            "{mood:?}"
        );
    }
}

#[test]
fn never_make_a_token_longer_or_shorter_than_the_list_is() {
    let before = three_pages();
    first(&before);
    for pages in [1, 2, 4, 7] {
        let app = later(&before, keys, move |number| page(number, pages));
        let (outcome, _) = first(&app);
        let rows = json(&outcome)["rows"].as_array().unwrap().len();
        assert_eq!(rows, pages as usize);
        // The next isolate knows.
        let calls = app.edge.token_calls().len();
        first(&app);
        assert_eq!(app.edge.token_calls().len() - calls, pages as usize);
    }
}

#[test]
fn cost_five_calls_at_most_where_the_list_has_become_short() {
    let before = app(keys, |number| page(number, 90));
    first(&before);
    let app = later(&before, keys, |number| page(number, 1));
    first(&app);
    assert!(app.edge.token_calls().len() <= 6);
}

#[test]
fn are_written_again_after_half_a_day_or_a_change() {
    let app = three_pages();
    let isolate = app.isolate();
    // Keys are written whenever they are loaded.
    let is_written_again_by = |outcome: Outcome| {
        assert_eq!(outcome.response.status, 200);
        let mut cache = app.edge.cache();
        let before = cache.notes.len();
        cache.notes.retain(|_, note| text(note) != "3");
        before > cache.notes.len()
    };
    assert!(is_written_again_by(isolate.send(&signed_in())));
    app.edge
        .pass(NOTE_RENEW.saturating_sub(Duration::from_secs(1)));
    assert!(!is_written_again_by(isolate.send(&signed_in())));
    app.edge.pass(Duration::from_secs(2));
    assert!(is_written_again_by(isolate.send(&signed_in())));
}

/// What a note says, between its time and its MAC.
fn text(note: &[u8]) -> String {
    String::from_utf8_lossy(&note[8..note.len() - 32]).into_owned()
}

#[test]
fn say_nothing_of_anybody_and_nothing_secret() {
    let app = three_pages();
    first(&app);
    let cache = app.edge.cache();
    for (name, note) in &cache.notes {
        assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        let text = text(note);
        let is_count = text == "3";
        let is_keys = text == key_set(&[SigningKey::new("k1").jwk()]);
        assert!(is_count || is_keys, "{text}");
    }
}

fn preflight() -> TestRequest {
    TestRequest::anonymous()
        .method(Method::Options)
        .header("origin", "https://authkit.picaos.com")
        .header("access-control-request-method", "POST")
}

#[test]
fn are_read_and_the_keys_loaded_when_a_preflight_announces_a_request() {
    let app = three_pages();
    let isolate = app.isolate();
    let outcome = isolate.send(&preflight());
    assert_eq!(outcome.record.duration_ms, 0, "it waits for none of that");
    let begun = app.edge.elapsed();
    let outcome = isolate.send(&signed_in());
    assert_eq!(outcome.record.keys, Some("memory"));
    assert_eq!(app.edge.elapsed() - begun, 2 * WAY);
    // And where the data centre has a note, all pages start at once.
    let isolate = app.isolate();
    isolate.send(&preflight());
    let begun = app.edge.elapsed();
    isolate.send(&signed_in());
    assert_eq!(app.edge.elapsed() - begun, WAY);
}

#[test]
fn cost_the_issuer_one_load_in_the_cool_down_however_many_preflights_come() {
    for (keys, cool_down) in [(keys as fn() -> Plan, 600), (|| Plan::status(500), 5)] {
        let app = app(keys, |number| page(number, 3));
        let isolate = app.isolate();
        let loads = || {
            let calls = app.edge.calls();
            calls.iter().filter(|call| call.url == KEYS_URL).count()
        };
        isolate.send_together(&vec![preflight(); 100]);
        for _ in 0..100 {
            isolate.send(&preflight());
        }
        assert_eq!(loads(), 1);
        app.edge.pass(Duration::from_secs(cool_down));
        isolate.send(&preflight());
        assert_eq!(loads(), 2);
    }
}

#[test]
fn are_no_matter_of_routes_that_are_for_nobody() {
    let app = three_pages();
    for path in ["/api/authkit/health", "/nothing"] {
        app.send(&preflight().at(path));
    }
    assert!(app.edge.calls().is_empty());
}

#[test]
fn ask_no_application_twice() {
    let app = three_pages()
        .with("IDENTITY_SOURCE", "session, jwt")
        .with("SESSION_URL", SESSION_URL)
        .with("SESSION_COOKIES", "session")
        .with("SESSION_IDENTITY_PATH", "user.id");
    first(&app);
    let request = signed_in().header("cookie", "session=1");
    let before = app.edge.calls().len();
    app.send(&request);
    let calls = app.edge.calls();
    let asked = calls[before..]
        .iter()
        .filter(|call| call.url == SESSION_URL);
    assert_eq!(asked.count(), 1);
}

#[test]
fn know_nothing_where_the_setting_says_how_long_the_list_is() {
    let app = three_pages()
        .with("EXPECTED_PAGES", "3")
        .with("NOTES", "off");
    let (_, took) = first(&app);
    assert_eq!(took, 2 * WAY, "keys, then all pages");
    assert!(app.edge.cache().notes.is_empty());
    assert_eq!(app.edge.cache().looks, 0);
}
