//! The vault, which asks nobody whose a connection is, and whose key it is.

use authkit_sandbox::{
    Connection, DETAIL_MARKER, Fault, FaultKind, Route, Sandbox, Target, Whoami,
};
use serde_json::{Value, json};

use crate::client::{KEY, Reply, control, open, sandbox, send};

const ORGANIZATION: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn ask(sandbox: &Sandbox, head: &str) -> Reply {
    send(sandbox, head, &[("X-One-Secret", KEY)], "")
}

fn list(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let reply = ask(sandbox, &format!("GET /v1/vault/connections{query}"));
    assert_eq!(reply.status, 200);
    let json = reply.json();
    let rows = json["rows"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn filled() -> Sandbox {
    let sandbox = sandbox();
    sandbox.set_connections(vec![
        Connection::of("a", "gmail", "ada", "user").with("tags", json!(["x", "y"])),
        Connection::of("b", "slack", "bob", "user"),
        Connection::of("t", "gmail", "ada", "team"),
        Connection::of("z", "gmail", "true", "user"),
        Connection::of("y", "gmail", "x", "user").with("identity", true),
    ]);
    sandbox
}

#[test]
fn every_parameter_is_a_filter_and_true_and_false_are_no_texts() {
    let sandbox = filled();
    for (query, wanted) in [
        ("", vec!["a", "b", "t", "z", "y"]),
        ("?identity=ada", vec!["a", "t"]),
        ("?identity=ada&identityType=user", vec!["a"]),
        (
            "?identity=%61da&platform=gmail&identityType=team",
            vec!["t"],
        ),
        ("?tags=y", vec!["a"]),
        ("?identity=true", vec!["y"]),
        ("?nonsense=1", vec![]),
        ("?limit=2", vec!["a", "b"]),
        ("?limit=2&page=3", vec!["y"]),
        ("?limit=2&page=9", vec![]),
    ] {
        assert_eq!(list(&sandbox, query), wanted, "{query}");
    }
    let page = ask(&sandbox, "GET /v1/vault/connections?limit=2&page=2").json();
    let counts = ["total", "pages", "page"].map(|name| page[name].as_u64());
    assert_eq!(counts, [Some(5), Some(3), Some(2)]);
    assert_eq!(page.get("requestId"), None);
}

#[test]
fn one_is_read_and_deleted_by_its_id_whoevers_it_is() {
    let sandbox = filled();
    let one = ask(&sandbox, "GET /v1/vault/connections/a");
    assert_eq!(one.json()["key"], "test::gmail::default::a|ada");
    let reply = ask(&sandbox, "DELETE /v1/vault/connections/a");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert!(reply.header("x-one-correlation-id").is_some());
    assert_eq!(ask(&sandbox, "DELETE /v1/vault/connections/a").status, 404);
    assert_eq!(ask(&sandbox, "GET /v1/vault/connections/a").status, 404);
    assert_eq!(sandbox.connections().len(), 4);
    let seen = sandbox.requests();
    assert!(seen.iter().all(|request| request.route == Route::Vault));
    sandbox.reset();
    assert_eq!(sandbox.connections(), []);
}

#[test]
fn nothing_is_done_without_the_key() {
    let sandbox = filled();
    for head in [
        "GET /v1/vault/connections",
        "DELETE /v1/vault/connections/a",
        "GET /v1/users/whoami",
    ] {
        assert_eq!(
            send(&sandbox, head, &[("X-One-Secret", "x")], "").status,
            401
        );
        assert_eq!(send(&sandbox, head, &[], "").status, 401);
    }
    assert_eq!(sandbox.connections().len(), 5);
    let pica = send(
        &sandbox,
        "GET /v1/vault/connections",
        &[("X-Pica-Secret", KEY)],
        "",
    );
    assert_eq!(pica.status, 200);
}

#[test]
fn a_delete_can_fail_before_and_after_it_is_done() {
    for (target, left) in [(Target::Delete, 5), (Target::Deleted, 4)] {
        let sandbox = filled();
        sandbox
            .update(|settings| settings.faults = vec![Fault::new(target, FaultKind::CloseEarly)]);
        let stream = open(
            sandbox.addr(),
            "DELETE /v1/vault/connections/a",
            &[("X-One-Secret", KEY)],
            "",
        );
        assert!(crate::client::finish(stream).is_err());
        assert_eq!(sandbox.connections().len(), left, "{target:?}");
    }
    let sandbox = filled();
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
        rate_limit_reset: None,
    };
    sandbox.update(|settings| settings.faults = vec![Fault::new(Target::Vault, status(402))]);
    let reply = ask(&sandbox, "GET /v1/vault/connections");
    assert_eq!(reply.status, 402);
    assert_eq!(reply.json()["type"], "payment_required");
}

#[test]
fn the_key_says_whose_it_is_and_a_tenant_has_to_fit() {
    let sandbox = filled();
    let reply = ask(&sandbox, "GET /v1/users/whoami").json();
    assert_eq!(reply["organization"]["id"], ORGANIZATION);
    assert_eq!(reply["project"]["name"], "Default");
    assert_eq!(reply["user"]["name"], DETAIL_MARKER);
    for (id, status) in [
        (ORGANIZATION.to_owned(), 200),
        (ORGANIZATION.to_uppercase(), 200),
        (ORGANIZATION.replace('0', "1"), 403),
        ("acme".to_owned(), 403),
    ] {
        for head in [
            "POST /v1/authkit/token",
            "GET /v1/vault/connections",
            "GET /v1/users/whoami",
        ] {
            let headers = [("X-One-Secret", KEY), ("X-One-Organization-Id", &*id)];
            assert_eq!(
                send(&sandbox, head, &headers, "{}").status,
                status,
                "{head} {id}"
            );
        }
    }
    sandbox.update(|settings| {
        settings.whoami = Some(Whoami {
            project: None,
            ..Whoami::default()
        });
    });
    assert_eq!(
        ask(&sandbox, "GET /v1/users/whoami").json().get("project"),
        None
    );
    sandbox.update(|settings| settings.whoami = None);
    assert_eq!(ask(&sandbox, "GET /v1/users/whoami").status, 404);
}

#[test]
fn what_the_widget_connects_is_there_for_whom_the_token_was() {
    let sandbox = sandbox();
    let body = r#"{"identity":"ada","identityType":"team"}"#;
    let token = send(
        &sandbox,
        "POST /v1/authkit",
        &[("X-Pica-Secret", KEY)],
        body,
    )
    .json();
    let connect = |request_id: &Value| {
        let body = json!({"request_id": request_id, "platform": "gmail", "name": "Mine"});
        control(&sandbox, "POST /_sandbox/connections", &body.to_string())
    };
    assert_eq!(connect(&token["requestId"]).status, 200);
    for stranger in [json!(1), json!("x"), Value::Null] {
        assert_eq!(connect(&stranger).status, 400, "{stranger}");
    }
    let [row] = &sandbox.connections()[..] else {
        panic!("one connection");
    };
    let found =
        ["identity", "identityType", "platform", "name", "state"].map(|name| row.text(name));
    assert_eq!(found, ["ada", "team", "gmail", "Mine", "operational"]);
    assert_eq!(row.id().len(), 36);

    let state = |id: &str, state: &str| {
        let body = json!({ "state": state }).to_string();
        control(&sandbox, &format!("PUT /_sandbox/connections/{id}"), &body).status
    };
    assert_eq!(state(row.id(), "failed"), 200);
    assert_eq!(state(row.id(), "bad"), 400);
    assert_eq!(state("x", "failed"), 404);
    assert_eq!(sandbox.connections()[0].text("state"), "failed");

    let rows = json!([{"id": "1"}, {"id": "2", "identity": "x"}]);
    let reply = control(&sandbox, "PUT /_sandbox/connections", &rows.to_string());
    assert_eq!(reply.json(), rows);
    assert_eq!(
        control(&sandbox, "GET /_sandbox/connections", "").json(),
        rows
    );
    assert_eq!(
        control(&sandbox, "PUT /_sandbox/connections", "{}").status,
        400
    );
}
