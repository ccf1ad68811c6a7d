//! Connections in workerd, against a vault that asks nobody whose they are.

use authkit_edge_e2e::client::{Request, USER, WIDGET};
use authkit_edge_e2e::profile::{APP_ORIGIN, CALLER_KEY, Edge, KEY, Profile};
use authkit_sandbox::{Connection, Route};
use serde_json::{Value, json};

const PATH: &str = "/api/authkit/connections";

fn list() -> Request {
    Request::post().method("GET").at(PATH)
}

fn delete(id: &str) -> Request {
    Request::post().method("DELETE").at(&format!("{PATH}/{id}"))
}

/// Everybody's: the user's own, and such as are near.
fn fill(edge: &Edge, own: usize) -> Vec<Connection> {
    let mut rows = vec![
        Connection::of("other", "gmail", "bob", "user"),
        Connection::of("team", "gmail", USER, "team"),
        Connection::of("case", "gmail", &USER.to_uppercase(), "user"),
        Connection::of("nobody", "gmail", USER, "user").with("identity", Value::Null),
    ];
    rows.extend((0..own).map(|number| {
        Connection::of(&format!("own-{number}"), "slack", USER, "user").with("weight", 1.5)
    }));
    rows.push(Connection::of("last", "gmail", USER, "user"));
    edge.sandbox.set_connections(rows.clone());
    rows
}

#[test]
fn are_the_callers_own_of_all_pages_and_of_both_brands() {
    for (profile, header, limit, pages) in [
        (Profile::Pica, "x-pica-secret", 100, 4),
        (Profile::One, "x-one-secret", 150, 3),
    ] {
        let edge = profile.lease();
        let rows = fill(&edge, 301);
        let answer = edge.send(&list());
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let own: Vec<String> = rows[4..]
            .iter()
            .map(|row| serde_json::to_string(row).unwrap())
            .collect();
        let wanted = format!(r#"{{"connections":[{}],"total":302}}"#, own.join(","));
        assert!(answer.text() == wanted, "other rows: {answer}");
        let line = edge.line_of(&answer);
        assert_eq!(
            (
                &line["route"],
                &line["connections"],
                &line["upstream_pages"]
            ),
            (&json!("connections"), &json!(302), &json!(pages))
        );
        assert_eq!(
            line["upstream_correlation_id"].as_str().map(str::len),
            Some(36)
        );
        edge.assert_upstream_idle();
        let calls = edge.sandbox.requests();
        assert_eq!(calls.len(), pages);
        assert!(calls.iter().all(|call| call.route == Route::Vault));
        assert_eq!(calls[0].header(header), Some(KEY));
        let query = format!("identity=ada%40example.com&identityType=user&limit={limit}&page=1");
        assert_eq!(calls[0].query, query);
    }
}

#[test]
fn are_narrowed_and_answer_whether_a_key_is_the_callers() {
    let edge = Profile::Pica.lease();
    fill(&edge, 2);
    for (query, total) in [
        ("platform=gmail", 1),
        ("platform=slack", 2),
        ("key=test::gmail::default::last|ada@example.com", 1),
        (
            "key=test%3A%3Agmail%3A%3Adefault%3A%3Alast%7Cada%40example.com",
            1,
        ),
        ("key=test::gmail::default::other|bob", 0),
    ] {
        let answer = edge.send(&list().at(&format!("{PATH}?{query}")));
        assert_eq!(answer.json()["total"], total, "{query}");
    }
    let answer = edge.send(&list().at(&format!("{PATH}?key=%ff")));
    answer.assert_error(400, "invalid_filter");
}

#[test]
fn are_deleted_if_they_are_the_callers_and_not_otherwise() {
    for profile in [Profile::Pica, Profile::One] {
        let edge = profile.lease();
        let before = fill(&edge, 1);
        for id in [
            "other",
            "team",
            "case",
            "nobody",
            "nothing",
            "LAST",
            "..",
            "%6cast",
            "last%20",
            "last/x",
            "last%2f..%2fother",
            "",
        ] {
            let answer = edge.send(&delete(id));
            assert!([404, 405].contains(&answer.status), "{id}: {answer}");
        }
        assert_eq!(edge.sandbox.connections(), before);
        let deletes = |edge: &Edge| {
            let seen = edge.sandbox.requests();
            seen.iter().filter(|call| call.method == "DELETE").count()
        };
        assert_eq!(deletes(&edge), 0);
        let answer = edge.send(&delete("last"));
        assert_eq!((answer.status, answer.text()), (204, ""), "{answer}");
        assert_eq!(answer.header("content-type"), None);
        assert_eq!(edge.line_of(&answer)["route"], "disconnect");
        edge.send(&delete("last")).assert_error(404, "not_found");
        assert_eq!(deletes(&edge), 1);
        assert_eq!(edge.sandbox.connections(), before[..before.len() - 1]);
        edge.assert_upstream_idle();
    }
}

#[test]
fn are_not_opened_by_a_grant_that_mints() {
    let edge = Profile::Verified.lease();
    edge.sandbox
        .set_connections(vec![Connection::of("own", "gmail", "ada", "user")]);
    let token = edge.sandbox.issuer().token("ES256", "ada", &json!({}));
    let bearer = format!("Bearer {token}");
    let ask = Request::anonymous()
        .at("/api/authkit/grant")
        .header("authorization", &bearer)
        .json("{}");
    let grant = edge.send(&ask).json()["grant"].as_str().unwrap().to_owned();
    let carry = |request: Request| request.header("x-authkit-grant", &grant);
    edge.send(&carry(Request::anonymous())).assert_token();
    let get = Request::anonymous().method("GET").at(PATH);
    let end = Request::anonymous()
        .method("DELETE")
        .at(&format!("{PATH}/own"));
    for request in [get.clone(), end.clone()] {
        let answer = edge.send(&carry(request));
        answer.assert_error(403, "grant_not_accepted");
    }
    assert_eq!(edge.sandbox.connections().len(), 1);

    // The same user, by the token that bought it, in the header or as a cookie.
    let answer = edge.send(&get.clone().header("authorization", &bearer));
    assert_eq!(answer.json()["total"], 1);
    let cookie = format!("session={token}");
    let same = |request: Request| request.header("cookie", &cookie);
    let answer = edge.send(&same(get.clone()).header("sec-fetch-site", "same-origin"));
    assert_eq!(answer.json()["total"], 1);
    let answer = edge.send(&same(get).header("origin", APP_ORIGIN));
    answer.assert_error(403, "cross_site");
    let answer = edge.send(&end.header("authorization", &bearer));
    assert_eq!(answer.status, 204);
}

#[test]
fn are_for_the_applications_pages_and_not_for_the_widgets() {
    let edge = Profile::Pica.lease();
    for path in [PATH, "/api/authkit/connections/x"] {
        let preflight = edge.send(&Request::preflight(APP_ORIGIN).at(path));
        assert_eq!(preflight.status, 204);
        let allowed = preflight.header("access-control-allow-origin");
        assert_eq!(allowed, Some(APP_ORIGIN), "{path}");
        let preflight = edge.send(&Request::preflight(WIDGET).at(path));
        assert_eq!(preflight.header("access-control-allow-origin"), None);
    }
    let answer = edge.send(&list().header("origin", APP_ORIGIN));
    assert_eq!(answer.status, 200);
    let allowed = answer.header("access-control-allow-origin");
    assert_eq!(allowed, Some(APP_ORIGIN));
    edge.send(&list().header("origin", WIDGET))
        .assert_error(403, "cross_site");
    // The token route is the widget's, as before.
    let answer = edge.send(&Request::post().header("origin", APP_ORIGIN));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn are_named_by_a_server_in_the_query() {
    let edge = Profile::Guarded.lease();
    edge.sandbox.set_connections(vec![
        Connection::of("t", "gmail", "acme", "team"),
        Connection::of("u", "gmail", "acme", "user"),
    ]);
    let ask = Request::anonymous()
        .method("GET")
        .at(&format!("{PATH}?identity=acme&identityType=team"));
    let answer = edge.send(&ask.clone().header("x-authkit-key", CALLER_KEY));
    assert_eq!(answer.json()["connections"][0]["id"], "t");
    assert_eq!(answer.json()["total"], 1);
    edge.send(&ask).assert_error(401, "unauthenticated");
}

#[test]
fn have_other_methods_only_where_they_say_so() {
    let edge = Profile::Pica.lease();
    for (path, method, allow) in [
        (PATH, "DELETE", "GET, HEAD, OPTIONS"),
        (PATH, "POST", "GET, HEAD, OPTIONS"),
        ("/api/authkit/connections/x", "GET", "DELETE, OPTIONS"),
        ("/api/authkit/connections/x", "PATCH", "DELETE, OPTIONS"),
    ] {
        let answer = edge.send(&Request::post().method(method).at(path));
        answer.assert_error(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow));
    }
    let head = edge.send(&list().method("HEAD"));
    assert_eq!((head.status, head.text()), (200, ""));
}
