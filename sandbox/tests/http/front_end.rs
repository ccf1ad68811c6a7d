//! What a front end needs beside the API: somebody signed in, and a widget.

use authkit_sandbox::{AUDIENCE, Route, Sandbox};
use serde_json::{Value, json};

use crate::client::{control, sandbox};

#[test]
fn signs_anybody_in_with_a_token_of_its_keys() {
    let sandbox = sandbox();
    let reply = control(&sandbox, "POST /_sandbox/sign-in", r#"{"user": " ada "}"#);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let answer = reply.json();
    let token = answer["token"].as_str().unwrap();
    let (header, claims) = (part(token, 0), part(token, 1));
    assert_eq!(claims["sub"], "ada");
    assert_eq!(claims["aud"], AUDIENCE);
    assert_eq!(claims["iss"], sandbox.base_url());
    assert_eq!(claims["exp"], answer["expires_at"]);
    assert!(key_ids(&sandbox, "/_sandbox/keys").contains(&header["kid"]));
}

#[test]
fn signs_nobody_in_without_a_name() {
    let sandbox = sandbox();
    for body in ["", "{}", "ada", r#"{"user": " "}"#, r#"{"user": 7}"#] {
        let reply = control(&sandbox, "POST /_sandbox/sign-in", body);
        assert_eq!(reply.status, 400, "{body}");
        // So that a page can read why.
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn serves_the_same_keys_to_jwt_and_to_access_and_counts() {
    let sandbox = sandbox();
    let keys = key_ids(&sandbox, "/_sandbox/keys");
    assert_eq!(keys, [json!("rsa"), json!("ec"), json!("ed")]);
    assert_eq!(key_ids(&sandbox, "/cdn-cgi/access/certs"), keys);
    assert_eq!(sandbox.issuer().loads(), 2);
    let seen = sandbox.requests();
    assert!(
        seen.iter().all(|request| request.route == Route::Keys),
        "they are no calls of the API"
    );
    assert_eq!(seen.len(), 2);
}

#[test]
fn serves_the_widget_and_all_that_it_loads() {
    let sandbox = sandbox();
    for (page, kind) in [
        ("widget?data=e30=", "text/html"),
        ("provider?state=x", "text/html"),
    ] {
        let reply = control(&sandbox, &format!("GET /_sandbox/{page}"), "");
        assert_eq!(reply.status, 200, "{page}");
        assert!(reply.header("content-type").unwrap().starts_with(kind));
        let loaded = reply.text().split('"').filter(|text| is_path(text));
        let loaded: Vec<&str> = loaded.collect();
        assert!(loaded.len() >= 2, "{loaded:?}");
        for path in loaded {
            let reply = control(&sandbox, &format!("GET {path}"), "");
            assert_eq!(reply.status, 200, "{path}");
            assert!(!reply.text().contains("https://"), "{path} asks nobody");
        }
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with("/_sandbox/")
}

fn key_ids(sandbox: &Sandbox, path: &str) -> Vec<Value> {
    let set = control(sandbox, &format!("GET {path}"), "").json();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].clone()).collect()
}

fn part(token: &str, index: usize) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap()
}
