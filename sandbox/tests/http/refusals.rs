//! Calls that the API refuses.

use authkit_sandbox::DETAIL_MARKER;

use crate::client::{KEY, Reply, flags, sandbox, send, token};

fn check(reply: &Reply, status: u16, kind: &str) {
    assert_eq!(reply.status, status);
    let json = reply.json();
    assert_eq!(json["type"], kind);
    let id = json["correlationId"].as_str();
    assert_eq!(reply.header("x-one-correlation-id"), id);
    assert_eq!(id.map(str::len), Some(36));
    assert_eq!(json["status"], status);
    assert_eq!(json["key"], format!("err::application::{kind}"));
    assert!(json["message"].as_str().unwrap().contains(DETAIL_MARKER));
    assert_eq!(json.as_object().unwrap().len(), 5);
}

#[test]
fn a_wrong_or_missing_secret_is_401() {
    let sandbox = sandbox();
    let no_secret: &[(&str, &str)] = &[];
    for (head, headers) in [
        ("POST /v1/authkit", no_secret),
        ("POST /v1/authkit", &[("X-Pica-Secret", "sk_test_other")]),
        ("POST /v1/authkit", &[("X-One-Secret", KEY)]),
        ("POST /v1/authkit/token", &[("X-Pica-Secret", KEY)]),
        ("GET /v1/users/flags", no_secret),
        ("GET /v1/users/flags", &[("X-One-Secret", KEY)]),
    ] {
        let reply = send(&sandbox, head, headers, "{}");
        check(&reply, 401, "unauthorized");
    }
}

#[test]
fn a_revoked_key_is_401_on_every_route() {
    let sandbox = sandbox();
    sandbox.update(|settings| settings.revoked = true);
    check(&token(&sandbox, ""), 401, "unauthorized");
    check(&flags(&sandbox), 401, "unauthorized");
}

#[test]
fn an_unknown_path_is_404() {
    let sandbox = sandbox();
    for head in [
        "GET /",
        "POST /v1/authkit/",
        "POST /v1/authkit/tokens",
        "GET /v1",
    ] {
        check(&send(&sandbox, head, &[], ""), 404, "not_found");
    }
}

#[test]
fn a_wrong_method_is_405_and_names_the_right_one() {
    let sandbox = sandbox();
    for (head, allowed) in [
        ("GET /v1/authkit", "POST"),
        ("PUT /v1/authkit/token", "POST"),
        ("POST /v1/users/flags", "GET,HEAD"),
    ] {
        let reply = send(&sandbox, head, &[("X-Pica-Secret", KEY)], "");
        assert_eq!(reply.status, 405);
        assert_eq!(reply.header("allow"), Some(allowed));
        assert!(reply.text().contains(DETAIL_MARKER));
    }
}

fn with_body(body: &str) -> Reply {
    let headers = [("X-Pica-Secret", KEY)];
    send(&sandbox(), "POST /v1/authkit?limit=1", &headers, body)
}

#[test]
fn a_body_that_is_no_json_object_is_400() {
    for body in ["", "{", "[]", "null", "\"user\"", "{} {}"] {
        check(&with_body(body), 400, "bad_request");
    }
}

#[test]
fn an_identity_counts_bytes_up_to_128() {
    let body = |identity: &str| format!(r#"{{"identity":"{identity}","identityType":"team"}}"#);
    assert_eq!(with_body(&body(&"a".repeat(128))).status, 200);
    assert_eq!(with_body(&body(&"é".repeat(64))).status, 200);
    for long in ["a".repeat(129), "é".repeat(65)] {
        let reply = with_body(&body(&long));
        check(&reply, 400, "bad_request");
        let text = reply.text();
        assert!(text.contains("Identity must not exceed 128 characters"));
    }
}

#[test]
fn an_identity_that_is_no_string_is_400() {
    for identity in ["7", "null", "{}", "[\"a\"]"] {
        let reply = with_body(&format!(r#"{{"identity":{identity}}}"#));
        check(&reply, 400, "bad_request");
    }
}

#[test]
fn an_identity_type_is_one_of_four() {
    for kind in ["user", "team", "organization", "project"] {
        let body = format!(r#"{{"identity":"u","identityType":"{kind}"}}"#);
        assert_eq!(with_body(&body).status, 200, "{kind}");
    }
    for kind in ["\"email\"", "\"User\"", "null", "1"] {
        let reply = with_body(&format!(r#"{{"identityType":{kind}}}"#));
        assert_eq!(reply.json()["type"], "unprocessable", "{kind}");
        assert_eq!(reply.status, 422, "{kind}");
    }
}

#[test]
fn a_body_above_one_mebibyte_is_413() {
    assert_eq!(with_body(&" ".repeat(1024 * 1024 + 1)).status, 413);
}
