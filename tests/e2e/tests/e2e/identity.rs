//! The identity that arrives upstream is the one that was accepted, byte for byte.

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, Profile};
use serde_json::{Value, json};

/// Sends `request` and gives identity and type as they arrived upstream.
#[track_caller]
fn minted_for(edge: &Edge, request: &Request) -> (String, String) {
    edge.sandbox.forget_requests();
    edge.send(&request.clone().at("/api/authkit?page=1&limit=1"))
        .assert_token();
    edge.assert_upstream_calls(1, 0);
    let body: Value = serde_json::from_str(&edge.sandbox.token_requests()[0].body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    (text("identity"), text("identityType"))
}

fn named(identity: impl AsRef<[u8]>) -> Request {
    Request::anonymous().header("x-user-id", identity)
}

/// Identities that are easily mistaken for another or lost.
fn unusual() -> Vec<String> {
    let mut texts: Vec<String> = [
        "7",
        "007",
        "null",
        "undefined",
        "ada@example.com",
        "ADA@example.com",
        "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1",
        "a\"b\\c",
        "\"},{\"",
        "a%20b",
        "../../admin",
        "Zo\u{eb}",
        "Zoe\u{308}",
        "利用者",
        "🧩👩",
        // Shown as boxes: for private use, and for no use at all.
        "\u{e000}",
        "\u{fdd0}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(["x".repeat(128), "é".repeat(64), "🧩".repeat(32)]);
    texts
}

#[test]
fn carries_it_from_the_body() {
    let edge = Profile::Pica.lease();
    for text in unusual() {
        let body = json!({ "identity": text }).to_string();
        let found = minted_for(&edge, &Request::anonymous().json(body));
        assert_eq!(found, (text, "user".to_owned()));
    }
    let escaped = Request::anonymous().json(r#"{"identity":"\u005ao\u00eb\ud83e\udde9"}"#);
    assert_eq!(minted_for(&edge, &escaped).0, "Zoë🧩");
}

#[test]
fn carries_it_from_the_header_whose_bytes_are_utf_8() {
    let edge = Profile::Pica.lease();
    for text in unusual() {
        assert_eq!(minted_for(&edge, &named(&text)).0, text);
    }
}

/// JavaScript sends "Zoë" in a header as the one byte EB. workerd reads headers as UTF-8 and puts
/// U+FFFD for what is not, so that Zoë and Zoé, and many more, would become one person.
#[test]
fn refuses_header_bytes_that_are_not_utf_8() {
    let edge = Profile::Pica.lease();
    for bytes in [
        &b"Zo\xeb"[..],
        b"Zo\xe9",
        b"\xff",
        b"a\xc3",
        b"\xed\xa0\x80",
    ] {
        let answer = edge.send(&named(bytes));
        answer.assert_error(400, "invalid_identity");
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn refuses_what_nobody_sees_wherever_it_comes_from() {
    let edge = Profile::Open.lease();
    for text in [
        "👩\u{200d}👧",
        "ad\u{200b}a",
        "\u{202e}eve",
        "\u{feff}ada",
        "ada\u{ad}",
        "ada\u{fe0f}",
        "ada\u{3164}",
        "ada\u{e0041}",
    ] {
        let body = json!({ "identity": text }).to_string();
        for request in [named(text), Request::anonymous().json(body)] {
            edge.send(&request).assert_error(400, "invalid_identity");
        }
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn carries_spaces_and_colons_when_told_to() {
    let edge = Profile::Open.lease();
    for text in ["a b", "a  b", "urn:user:1", "a\u{a0}b", "a\u{2028}b"] {
        assert_eq!(minted_for(&edge, &named(text)).0, text);
        let body = json!({ "identity": text }).to_string();
        assert_eq!(minted_for(&edge, &Request::anonymous().json(body)).0, text);
    }
    for text in [" a ", " ", "\u{3000}a"] {
        let body = json!({ "identity": text }).to_string();
        assert_eq!(minted_for(&edge, &Request::anonymous().json(body)).0, text);
    }
    // White space around a header's value is no part of it: that is HTTP.
    assert_eq!(minted_for(&edge, &named("  a b ")).0, "a b");
}

#[test]
fn takes_no_two_identities_for_one() {
    // In the second, spaces are good.
    for profile in [Profile::Pica, Profile::Open] {
        let edge = profile.lease();
        for request in [
            named("ada").header("x-user-id", "eve"),
            named("ada").header("X-User-Id", "ada"),
            named("ada").header("x-user-id", ""),
            named("").header("x-user-id", "eve"),
            named("ada, eve"),
            Request::anonymous().json(r#"{"identity":"ada","identity":"eve"}"#),
        ] {
            assert_eq!(edge.send(&request).status, 400);
        }
        edge.assert_upstream_calls(0, 0);
    }
}

#[test]
fn lets_the_first_source_decide() {
    let edge = Profile::Pica.lease();
    let both = named("ada").json(r#"{"identity":"eve","identityType":"project"}"#);
    let found = minted_for(&edge, &both);
    assert_eq!(found, ("ada".to_owned(), "user".to_owned()));
    // One that is present and wrong does not pass the request on to the next.
    let wrong = named("a|da").json(r#"{"identity":"eve"}"#);
    edge.send(&wrong).assert_error(400, "invalid_identity");
}

#[test]
fn carries_the_type_in_both_spellings() {
    let edge = Profile::Pica.lease();
    for kind in ["user", "team", "organization", "project"] {
        for name in ["identityType", "identity_type"] {
            let body = json!({ "identity": "ada", name: kind }).to_string();
            let found = minted_for(&edge, &Request::anonymous().json(body));
            assert_eq!(found.1, kind);
        }
    }
}

#[test]
fn believes_a_server_that_proves_itself() {
    let edge = Profile::Guarded.lease();
    let request = named("ada").header("x-authkit-key", CALLER_KEY);
    assert_eq!(minted_for(&edge, &request).0, "ada");
}
