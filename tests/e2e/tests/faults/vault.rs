//! Every fault of the vault: of the list, and of a delete before and after it is done.

use authkit_edge_e2e::client::{Request, USER};
use authkit_edge_e2e::profile::Edge;
use authkit_sandbox::{Connection, Route, Settings};

use crate::matrix::{Expected, Provider, VAULT_ROUTES, VaultRoute, VaultRow, is_run, vault_faults};
use crate::{assert_calls, in_time};

const PATH: &str = "/api/authkit/connections";

fn list() -> Request {
    Request::post().method("GET").at(PATH)
}

fn delete() -> Request {
    Request::post().method("DELETE").at(&format!("{PATH}/own"))
}

/// Asserts that somebody else's connection is there still, and that the own one is, or is not.
#[track_caller]
fn assert_left(edge: &Edge, own: bool) {
    let ids: Vec<String> = edge
        .sandbox
        .connections()
        .iter()
        .map(|row| row.id().to_owned())
        .collect();
    let wanted: &[&str] = if own { &["other", "own"] } else { &["other"] };
    assert_eq!(ids, wanted);
}

fn check(edge: &mut Edge, row: &VaultRow, route: VaultRoute) {
    edge.start_over();
    edge.sandbox.set_connections(vec![
        Connection::of("other", "gmail", "bob", "user"),
        Connection::of("own", "gmail", USER, "user"),
    ]);
    edge.sandbox.configure(row.settings(route));
    let is_list = route == VaultRoute::List;
    let answer = in_time(|| edge.send(&if is_list { list() } else { delete() }));
    let (expected, calls) = row.expected(route);
    let code = match expected {
        Expected::Token if is_list => {
            assert_eq!(answer.json()["total"], 1, "{answer}");
            assert_eq!(answer.json()["connections"][0]["id"], "own");
            "ok"
        }
        Expected::Token => {
            assert_eq!(answer.status, 204, "{answer}");
            "ok"
        }
        Expected::Error(status, code) => {
            answer.assert_error(status, code);
            code
        }
    };
    assert_eq!(edge.line_of(&answer)["code"], code);
    edge.assert_upstream_idle();

    let seen = edge.sandbox.requests();
    assert!(
        seen.iter().all(|call| call.route == Route::Vault),
        "{seen:#?}"
    );
    let of = |method: &str| seen.iter().filter(|call| call.method == method).count();
    match route {
        VaultRoute::List => {
            assert_calls("lists", of("GET"), &calls);
            assert_calls("deletes", of("DELETE"), &(0..=0));
        }
        VaultRoute::Look => {
            assert_calls("lists", of("GET"), &calls);
            let deletes = usize::from(expected == Expected::Token);
            assert_calls("deletes", of("DELETE"), &(deletes..=deletes));
        }
        VaultRoute::Delete | VaultRoute::Deleted => {
            assert_calls("deletes", of("DELETE"), &calls);
            // One before each of them, and one after the last.
            assert_calls("lists", of("GET"), &(1..=calls.end() + 1));
        }
    }
    let is_gone = route == VaultRoute::Deleted || (!is_list && expected == Expected::Token);
    // With these, a delete has no answer that says it was not done, and is taken for done.
    let believed =
        route == VaultRoute::Delete && expected == Expected::Token && row.times.is_none();
    assert_left(edge, !is_gone || believed);

    if expected == Expected::Error(429, "rate_limited") {
        return;
    }
    // The next request is answered as if nothing had happened.
    edge.sandbox.configure(Settings::default());
    let total = usize::from(!is_gone || believed);
    assert_eq!(edge.send(&list()).json()["total"], total);
    edge.assert_upstream_idle();
}

fn check_all(provider: Provider) {
    let mut numbers = 0..;
    for row in vault_faults() {
        let mut edge = row.profile(provider).lease();
        for route in VAULT_ROUTES {
            if !numbers.next().is_some_and(is_run) {
                continue;
            }
            // Shown when it fails.
            println!("{provider:?}, {}, {route:?}", row.name);
            check(&mut edge, &row, route);
        }
    }
}

#[test]
fn every_fault_of_the_vault_on_pica() {
    check_all(Provider::Pica);
}

#[test]
fn every_fault_of_the_vault_on_one() {
    check_all(Provider::One);
}
