//! The platform's rate limiters, as wrangler simulates them.
//!
//! The simulator counts in windows of the clock, and one may end at any moment. So no test says
//! which request is refused. It sends until one is, which is soon, however often a window ends on
//! the way; and what it says of others are first requests of theirs, which are in any window.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, LIMIT, Profile, new_address};
use serde_json::json;

/// More requests than fit into any number of windows that a test could meet.
const PLENTY: usize = 100;

/// Sends what `next` makes until a limiter refuses one, and gives that answer and how many came
/// through before.
#[track_caller]
fn send_until_refused(edge: &Edge, next: impl Fn(usize) -> Request) -> (Answer, usize) {
    let answers = (0..PLENTY).map(|index| edge.send(&next(index)));
    let found = answers.zip(0..).find(|(answer, _)| answer.status == 429);
    let (answer, before) = found.expect("a limiter that is bound refuses at some time");
    answer.assert_error(429, "too_many_requests");
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert!(before >= usize::try_from(LIMIT).unwrap(), "{before}");
    (answer, before)
}

fn bearer(edge: &Edge, user: &str) -> Request {
    let token = edge.sandbox.issuer().token("ES256", user, &json!({}));
    Request::anonymous()
        .at("/api/authkit?page=1&limit=1")
        .header("authorization", format!("Bearer {token}"))
}

#[test]
fn stop_a_client_that_sends_nothing_but_made_up_tokens() {
    let edge = Profile::Limited.lease();
    let forged = || {
        Request::anonymous()
            .header("authorization", "Bearer e30.e30.e30")
            .header("origin", WIDGET)
    };
    let flooder = new_address();
    let (refused, before) =
        send_until_refused(&edge, |_| forged().header("cf-connecting-ip", &flooder));
    refused.assert_readable_by(WIDGET);
    let line = edge.line_of(&refused);
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.starts_with("CLIENT_LIMITER"), "{line}");
    let lines = edge.lines();
    let judged = lines.iter().filter(|line| line["code"] == "invalid_token");
    assert_eq!(judged.count(), before);

    let other = forged().header("cf-connecting-ip", new_address());
    edge.send(&other).assert_error(401, "invalid_token");
    for _ in 0..=2 * LIMIT {
        let preflight = Request::preflight(WIDGET).header("cf-connecting-ip", &flooder);
        assert_eq!(edge.send(&preflight).status, 204);
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn take_an_ipv6_network_for_one_client() {
    let edge = Profile::Limited.lease();
    let from = |address: String| bearer(&edge, "").header("cf-connecting-ip", address);
    send_until_refused(&edge, |index| from(format!("2001:db8:0:1::{index:x}")));
    let neighbour = edge.send(&from("2001:db8:0:2::1".to_owned()));
    neighbour.assert_error(401, "invalid_token");
}

#[test]
fn stop_an_identity_wherever_it_asks_from() {
    let edge = Profile::Limited.lease();
    let ask = |user: &str| bearer(&edge, user).header("cf-connecting-ip", new_address());
    let (refused, before) = send_until_refused(&edge, |_| ask("ada"));
    let line = edge.line_of(&refused);
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.starts_with("IDENTITY_LIMITER"), "{line}");
    assert!(line["identity"].is_string(), "{line}");
    edge.assert_upstream_calls(before, 0);
    edge.send(&ask("bob")).assert_token();
}

#[test]
fn stop_a_client_that_asks_for_the_deep_check_with_the_right_key_too() {
    let edge = Profile::Limited.lease();
    let client = new_address();
    let ask = |address: &str| {
        Request::anonymous()
            .method("GET")
            .at("/api/authkit/health/deep")
            .header("x-authkit-key", CALLER_KEY)
            .header("cf-connecting-ip", address)
    };
    let (_, before) = send_until_refused(&edge, |_| ask(&client));
    // Each asks whose key it is, too.
    assert_eq!(edge.sandbox.token_requests().len(), before);
    assert_eq!(edge.send(&ask(&new_address())).status, 200);
}

#[test]
fn let_a_server_that_proves_itself_ask_for_all_of_its_users() {
    let edge = Profile::Limited.lease();
    let server = new_address();
    // Even if windows end on the way: these would take five of them, of a minute each.
    for number in 0..=4 * LIMIT {
        let request = bearer(&edge, &format!("user-of-a-server-{number}"))
            .header("cf-connecting-ip", &server)
            .header("x-authkit-key", CALLER_KEY);
        edge.send(&request).assert_token();
    }
    send_until_refused(&edge, |number| {
        bearer(&edge, &format!("user-of-nobody-{number}"))
            .header("cf-connecting-ip", &server)
            .header("x-authkit-key", &CALLER_KEY[1..])
    });
}

#[test]
fn count_requests_for_grants_too() {
    let edge = Profile::Limited.lease();
    let ask = |user: &str| {
        bearer(&edge, user)
            .at("/api/authkit/grant")
            .header("cf-connecting-ip", new_address())
            .json("{}")
    };
    send_until_refused(&edge, |_| ask("grace"));
    assert_eq!(edge.send(&ask("heidi")).status, 200);
}
