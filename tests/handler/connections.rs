//! Connections: a user's own and nobody else's, though the upstream asks nobody whose they are.

use std::cell::RefCell;
use std::rc::Rc;

use authkit_edge::handler::Outcome;
use authkit_edge::runtime::{Limiter, Method};
use serde_json::{Value, json};

use crate::support::{Call, Counter, Plan, START, TestApp, TestRequest, assert_error, json};
use crate::tokens::{KEYS_URL, SigningKey, app, claims, jwt_app, key_set};

const CALLER_KEY: &str = "0123456789abcdef0123456789abcdef";
const APP: &str = "https://app.example";
const WIDGET: &str = "https://authkit.picaos.com";
const PATH: &str = "/api/authkit/connections";

/// A row as the vault has it.
fn row(id: &str, identity: &str, identity_type: &str) -> String {
    format!(
        r#"{{"id":"{id}","key":"test::gmail::default::{id}|{identity}","platform":"gmail","weight":1.10,"identity":"{identity}","identityType":"{identity_type}"}}"#
    )
}

/// What the vault does with a delete.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deletes {
    /// It does it and says so.
    Well,
    /// It does it, and then this many answers are lost.
    Silently(usize),
    /// It does not do this many, and their answers are lost.
    Not(usize),
    /// It refuses.
    Refused(u16),
}

/// The vault of the upstream: it has everybody's, gives what it likes and deletes what it is told.
#[derive(Clone)]
struct Vault(Rc<RefCell<Vec<String>>>);

impl Vault {
    fn of<T: Into<String>>(rows: impl IntoIterator<Item = T>) -> Self {
        let rows = rows.into_iter().map(Into::into).collect();
        Self(Rc::new(RefCell::new(rows)))
    }

    /// Pages of so many rows, whatever is asked for: filters are not to be relied on.
    fn serve(
        self,
        per_page: usize,
        deletes: Deletes,
        lost: fn() -> Plan,
    ) -> impl Fn(&Call) -> Plan {
        move |call| {
            if call.url == KEYS_URL {
                return Plan::json(key_set(&[SigningKey::new("k1").jwk()]));
            }
            if call.method == "DELETE" {
                let (_, id) = call.url.rsplit_once('/').unwrap();
                let id = format!(r#""id":"{id}""#);
                let delete = || {
                    let mut rows = self.0.borrow_mut();
                    let before = rows.len();
                    rows.retain(|row| !row.contains(&id));
                    rows.len() < before
                };
                return match deletes {
                    Deletes::Silently(times) if call.earlier < times => {
                        delete();
                        lost()
                    }
                    Deletes::Not(times) if call.earlier < times => lost(),
                    Deletes::Refused(status) => Plan::status(status),
                    _ if delete() => Plan::json(""),
                    _ => Plan::status(404),
                };
            }
            let rows = self.0.borrow();
            let pages = rows.len().div_ceil(per_page).max(1);
            let first = (call.page() as usize - 1) * per_page;
            let shown: Vec<&str> = rows
                .iter()
                .skip(first)
                .take(per_page)
                .map(|row| &**row)
                .collect();
            Plan::json(format!(
                r#"{{"rows":[{}],"total":{},"pages":{pages},"page":{}}}"#,
                shown.join(","),
                rows.len(),
                call.page()
            ))
        }
    }
}

/// A deployment for signed-in users that may do all.
fn managing(vault: &Vault) -> TestApp {
    with_deletes(vault, Deletes::Well, Plan::unreachable)
}

fn with_deletes(vault: &Vault, deletes: Deletes, lost: fn() -> Plan) -> TestApp {
    jwt_app(|_| Plan::unreachable())
        .upstream(vault.clone().serve(100, deletes, lost))
        .with("CONNECTIONS", "manage")
        .with("JWT_ORGANIZATION_CLAIM", "org_id")
        .with("IDENTITY_CHARS", "any")
}

fn bearer(changes: Value) -> String {
    format!("Bearer {}", SigningKey::new("k1").token(&claims(changes)))
}

/// What somebody's page sends.
fn ask_as(user: &str) -> TestRequest {
    TestRequest::anonymous()
        .method(Method::Get)
        .at(PATH)
        .header(
            "authorization",
            &bearer(json!({"sub": user, "org_id": "org_1"})),
        )
}

fn delete_as(user: &str, id: &str) -> TestRequest {
    ask_as(user)
        .method(Method::Delete)
        .at(&format!("{PATH}/{id}"))
}

/// The ids that an answer lists.
#[track_caller]
fn ids(outcome: &Outcome) -> Vec<String> {
    let body = json(outcome);
    assert_eq!(outcome.response.status, 200, "{body}");
    let rows = body["connections"].as_array().unwrap();
    assert_eq!(body["total"], rows.len());
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.iter().map(id).collect()
}

fn deletes(app: &TestApp) -> Vec<String> {
    let calls = app.edge.calls().into_iter();
    let deletes = calls.filter(|call| call.method == "DELETE");
    deletes.map(|call| call.url).collect()
}

/// Asserts that somebody neither sees a connection nor can delete it, and that the upstream is not
/// asked to.
#[track_caller]
fn assert_not_theirs(user: &str, theirs: &str, row: String) {
    let own = self::row("own", user, "user");
    let vault = Vault::of([row.clone(), own.clone()]);
    let app = managing(&vault);
    let outcome = app.send(&ask_as(user));
    let wanted = format!(r#"{{"connections":[{own}],"total":1}}"#);
    assert_eq!(String::from_utf8(outcome.response.body).unwrap(), wanted);
    assert_error(&app.send(&delete_as(user, theirs)), 404, "not_found");
    assert_eq!(deletes(&app), [""; 0]);
    assert_eq!(*vault.0.borrow(), [row, own]);
}

#[test]
fn of_another_user_are_neither_seen_nor_deleted() {
    assert_not_theirs("ada", "x", row("x", "bob", "user"));
    assert_not_theirs("ada", "x", row("x", "adam", "user"));
    assert_not_theirs("adam", "x", row("x", "ada", "user"));
}

#[test]
fn of_the_same_identity_with_another_type_are_neither_seen_nor_deleted() {
    for identity_type in ["team", "organization", "project", "User", "users", ""] {
        assert_not_theirs("ada", "x", row("x", "ada", identity_type));
    }
}

#[test]
fn of_somebody_whom_a_wildcard_would_match_are_neither_seen_nor_deleted() {
    for user in ["*", "%", "a*", ".*", "a%a", "_da", "$ne", "[a-z]*", "ad?"] {
        assert_not_theirs(user, "x", row("x", "ada", "user"));
    }
}

#[test]
fn of_an_identity_that_is_true_or_false_are_its_own_and_no_others() {
    for user in ["true", "false"] {
        let boolean =
            row("x", "0", "user").replace(r#""identity":"0""#, &format!(r#""identity":{user}"#));
        assert_not_theirs(user, "x", boolean);
        assert_not_theirs(user, "x", row("x", "ada", "user"));
        assert_not_theirs("ada", "x", row("x", user, "user"));
        let app = managing(&Vault::of([row("own", user, "user")]));
        app.send(&ask_as(user));
        // The upstream would take it for something else than a text.
        let calls = app.edge.calls();
        let url = &calls.last().unwrap().url;
        assert!(
            url.ends_with("/v1/vault/connections?identityType=user&limit=100&page=1"),
            "{url}"
        );
    }
}

#[test]
fn of_an_identity_that_looks_the_same_once_it_is_decoded_are_neither_seen_nor_deleted() {
    for (user, other) in [
        ("ada", "%61da"),
        ("%61da", "ada"),
        ("a b", "a+b"),
        ("a+b", "a b"),
        ("a b", "a%20b"),
        ("a%20b", "a b"),
        ("a:b", "a-b"),
        ("a-b", "a:b"),
        ("ada&identityType=team", "ada"),
        ("ada#", "ada"),
        ("Zo\u{eb}", "Zoe\u{308}"),
    ] {
        assert_not_theirs(user, "x", row("x", other, "user"));
    }
}

#[test]
fn of_an_identity_in_another_case_or_with_space_around_it_are_neither_seen_nor_deleted() {
    for other in ["Ada", "ADA", "ada ", " ada", "ad\u{101}", "ada\u{200b}"] {
        assert_not_theirs("ada", "x", row("x", other, "user"));
    }
}

#[test]
fn of_nobody_or_of_two_are_neither_seen_nor_deleted() {
    for whose in [
        r#""identityType":"user""#,
        r#""identity":"ada""#,
        r#""identity":null,"identityType":"user""#,
        r#""identity":["ada"],"identityType":"user""#,
        r#""identity":{"$eq":"ada"},"identityType":"user""#,
        r#""identity":"ada","identityType":null"#,
        r#""identity":"ada","identityType":"user","identity":"bob""#,
        r#""identity":"bob","identityType":"user","identity":"ada""#,
        r#""identity":"ada","identityType":"user","\u0069dentity":"bob""#,
        r#""identity":"ada","identityType":"user","id":"own""#,
        r#""x":{"identity":"ada","identityType":"user"}"#,
        r#""Identity":"ada","identityType":"user""#,
    ] {
        assert_not_theirs("ada", "x", format!(r#"{{"id":"x",{whose}}}"#));
    }
    assert_not_theirs("ada", "x", r#"["ada","user","x"]"#.to_owned());
    assert_not_theirs("ada", "x", r#""ada""#.to_owned());
}

#[test]
fn of_an_id_that_nobody_lists_are_not_asked_for() {
    let vault = Vault::of([row("own", "ada", "user")]);
    let app = managing(&vault);
    for id in ["x", "OWN", "own.", "own:", "1", "true"] {
        assert_error(&app.send(&delete_as("ada", id)), 404, "not_found");
    }
    // No id, so no route either.
    for id in [
        "..", "own%20", "%6fwn", "own/", "own%2F..", "*", "own//", "own?", "own/x",
    ] {
        let outcome = app.send(&delete_as("ada", id));
        let is_own = ["own/", "own?"].contains(&id);
        let status = if is_own { 204 } else { 404 };
        assert_eq!(outcome.response.status, status, "{id}");
        *vault.0.borrow_mut() = vec![row("own", "ada", "user")];
    }
    let own = "https://api.picaos.com/v1/vault/connections/own";
    assert_eq!(deletes(&app), [own, own]);
}

#[test]
fn are_listed_from_all_pages_byte_for_byte_and_in_their_order() {
    let odd = r#"{ "weight" : 1.10,"big":9007199254740993, "identityType":"user" ,"rows":[{}],"id":"odd","identity":"\u0061da","note":"],\"rows\":[" }"#;
    let mut rows: Vec<String> = (0..250)
        .map(|number| {
            let whose = if number % 3 == 0 { "ada" } else { "bob" };
            row(&format!("c{number}"), whose, "user")
        })
        .collect();
    rows.insert(120, odd.to_owned());
    let app = managing(&Vault::of(rows.clone()));
    let outcome = app.send(&ask_as("ada"));
    let own: Vec<String> = rows
        .into_iter()
        .filter(|row| row.contains(r#""identity":"ada""#) || row == odd)
        .collect();
    let wanted = format!(
        r#"{{"connections":[{}],"total":{}}}"#,
        own.join(","),
        own.len()
    );
    assert_eq!(
        String::from_utf8(outcome.response.body.clone()).unwrap(),
        wanted
    );
    assert_eq!(
        (outcome.record.upstream_pages, outcome.record.connections),
        (3, Some(85))
    );
    assert_eq!(
        outcome.response.headers.get("cache-control"),
        Some("no-store")
    );
    let line: Value = serde_json::from_str(&outcome.record.to_json()).unwrap();
    assert_eq!(line["route"], "connections");
}

#[test]
fn are_asked_for_as_the_contract_says_and_by_nothing_that_the_request_says() {
    for (provider, key, origin, limit, header) in [
        (
            "pica",
            "PICA_SECRET_KEY",
            "https://api.picaos.com",
            100,
            "x-pica-secret",
        ),
        (
            "one",
            "ONE_SECRET_KEY",
            "https://api.withone.ai",
            150,
            "x-one-secret",
        ),
    ] {
        let app = managing(&Vault::of([""; 0]))
            .with("AUTHKIT_PROVIDER", provider)
            .with(key, "sk_live_1");
        let request = ask_as("a:b +&\u{e9}=")
            .at(&format!("{PATH}?platform=gmail&key=k&page=7&limit=1&identityType=user&tags=x&state=ok&%24where=1"))
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assert_eq!(ids(&app.send(&request)), [""; 0]);
        let calls = app.edge.calls();
        let call = calls.last().unwrap();
        assert_eq!(
            call.url,
            format!(
                "{origin}/v1/vault/connections?identity=a%3Ab%20%2B%26%C3%A9%3D&identityType=user&limit={limit}&page=1"
            )
        );
        assert_eq!((call.method, call.body.as_ref()), ("GET", None));
        assert_eq!(call.headers[header], "sk_live_1");
        assert!(call.headers.contains_key("traceparent"));
    }
}

#[test]
fn are_narrowed_by_platform_and_key_here() {
    let slack = row("s", "ada", "user").replace("gmail", "slack");
    let app = managing(&Vault::of([
        row("g", "ada", "user"),
        slack,
        row("b", "bob", "user"),
        r#"{"id":"n","identity":"ada","identityType":"user","platform":7}"#.to_owned(),
    ]));
    for (query, wanted) in [
        ("", vec!["g", "s", "n"]),
        ("platform=gmail", vec!["g"]),
        ("platform=slack", vec!["s"]),
        ("platform=Slack", vec![]),
        ("platform=7", vec![]),
        ("platform=*", vec![]),
        ("key=test%3A%3Agmail%3A%3Adefault%3A%3Ag%7Cada", vec!["g"]),
        ("key=test::gmail::default::b|bob", vec![]),
        ("key=test::gmail::default::g|ada&platform=slack", vec![]),
        ("key=true", vec![]),
    ] {
        let outcome = app.send(&ask_as("ada").at(&format!("{PATH}?{query}")));
        assert_eq!(ids(&outcome), wanted, "{query}");
    }
    let calls = app.edge.calls().len();
    for query in ["platform=", "key=a&key=a", "key=%ff", "platform=%4"] {
        let outcome = app.send(&ask_as("ada").at(&format!("{PATH}?{query}")));
        assert_error(&outcome, 400, "invalid_filter");
    }
    assert_eq!(app.edge.calls().len(), calls);
}

#[test]
fn are_those_of_an_identity_that_the_credential_holds() {
    let rows = [
        row("u", "ada", "user"),
        row("o", "org_1", "organization"),
        row("x", "org_2", "organization"),
    ];
    let app = managing(&Vault::of(rows.clone()));
    let at = |query: &str| ask_as("ada").at(&format!("{PATH}?{query}"));
    assert_eq!(ids(&app.send(&at("identityType=organization"))), ["o"]);
    assert_eq!(
        ids(&app.send(&at("identity=org_1&identityType=organization"))),
        ["o"]
    );
    assert_eq!(ids(&app.send(&at("identity=%61da"))), ["u"]);
    for query in [
        "identity=org_2&identityType=organization",
        "identity=bob",
        "identityType=team",
    ] {
        assert_error(&app.send(&at(query)), 403, "forbidden_identity");
    }
    assert_error(
        &app.send(&at("identityType=all")),
        400,
        "invalid_identity_type",
    );
    assert_error(
        &app.send(&at("identity=ada&identity=bob")),
        400,
        "invalid_body",
    );

    let delete = |id: &str, query: &str| {
        let request = delete_as("ada", id).at(&format!("{PATH}/{id}?{query}"));
        app.send(&request).response.status
    };
    assert_eq!(delete("o", ""), 404);
    assert_eq!(delete("x", "identityType=organization"), 404);
    assert_eq!(delete("x", "identityType=organization&identity=org_2"), 403);
    assert_eq!(delete("o", "identityType=organization"), 204);
}

#[test]
fn are_deleted_once_and_then_they_are_not_there() {
    let vault = Vault::of([row("own", "ada", "user"), row("x", "bob", "user")]);
    let app = managing(&vault);
    let outcome = app.send(&delete_as("ada", "own").header("x-request-id", "r1"));
    assert_eq!(outcome.response.status, 204);
    assert!(outcome.response.body.is_empty());
    assert_eq!(outcome.response.headers.get("content-type"), None);
    assert_eq!(outcome.response.headers.get("x-request-id"), Some("r1"));
    assert_eq!(
        (outcome.record.code, outcome.record.connections),
        ("ok", None)
    );
    let line: Value = serde_json::from_str(&outcome.record.to_json()).unwrap();
    assert_eq!(line["route"], "disconnect");
    assert_error(&app.send(&delete_as("ada", "own")), 404, "not_found");
    assert_eq!(*vault.0.borrow(), [row("x", "bob", "user")]);
    assert_eq!(deletes(&app).len(), 1);
}

#[test]
fn may_have_numbers_for_ids() {
    let text = r#"{"id":7,"identity":"ada","identityType":"user"}"#;
    let vault = Vault::of([text]);
    let app = managing(&vault);
    assert_error(&app.send(&delete_as("ada", "07")), 404, "not_found");
    app.send(&delete_as("ada", "7"));
    assert!(deletes(&app)[0].ends_with("/v1/vault/connections/7"));
}

#[test]
fn that_are_gone_though_the_answer_was_lost_were_deleted() {
    let lost: [fn() -> Plan; 6] = [
        Plan::unreachable,
        || Plan::status(500),
        || Plan::status(503),
        || Plan::json("").hang(),
        || Plan::json("").hang_body(),
        || Plan::json("x".repeat(100_000)),
    ];
    for lost in lost {
        let vault = Vault::of([row("own", "ada", "user")]);
        let app = with_deletes(&vault, Deletes::Silently(1), lost);
        let outcome = app.send(&delete_as("ada", "own"));
        assert_eq!(outcome.response.status, 204, "{}", outcome.record.to_json());
        assert_eq!(deletes(&app).len(), 1, "it is not asked again blindly");
        assert!(app.edge.elapsed() < 8_000);
    }
}

#[test]
fn that_are_still_there_are_tried_again_within_the_deadline_and_no_oftener_than_anything() {
    let vault = || Vault::of([row("own", "ada", "user")]);
    for (times, lost, tries, status, code) in [
        (1, Plan::unreachable as fn() -> Plan, 2, 204, "ok"),
        (2, Plan::unreachable, 3, 204, "ok"),
        (3, Plan::unreachable, 3, 502, "upstream_failed"),
        (1, || Plan::status(503), 2, 204, "ok"),
        (1, || Plan::status(520), 2, 204, "ok"),
        (1, || Plan::status(501), 1, 502, "upstream_failed"),
        (9, || Plan::json("").hang(), 3, 504, "upstream_timeout"),
    ] {
        let vault = vault();
        let app = with_deletes(&vault, Deletes::Not(times), lost);
        let outcome = app.send(&delete_as("ada", "own"));
        assert_eq!(
            (outcome.response.status, outcome.record.code),
            (status, code)
        );
        assert_eq!(deletes(&app).len(), tries, "{times} {status}");
        assert_eq!(vault.0.borrow().is_empty(), status == 204);
        // Before each try, and after the last one that failed, somebody looked.
        let calls = app.edge.calls();
        let looks = calls
            .iter()
            .filter(|call| call.url.contains("page=1"))
            .count();
        assert_eq!(looks, if status == 204 { tries } else { tries + 1 });
        assert!(app.edge.elapsed() <= 8_000);
    }
}

#[test]
fn that_the_upstream_will_not_delete_are_an_error_and_not_tried_again() {
    for (upstream, status, code) in [
        (400, 502, "upstream_failed"),
        (401, 502, "upstream_failed"),
        (403, 502, "upstream_failed"),
        (307, 502, "upstream_failed"),
        (429, 429, "rate_limited"),
        // It says that it has none, and lists it still.
        (404, 502, "upstream_failed"),
    ] {
        let app = with_deletes(
            &Vault::of([row("own", "ada", "user")]),
            Deletes::Refused(upstream),
            Plan::unreachable,
        );
        let outcome = app.send(&delete_as("ada", "own"));
        assert_error(&outcome, status, code);
        assert_eq!(deletes(&app).len(), 1, "{upstream}");
        assert_ne!(json(&outcome)["error"], "Failed to generate token");
    }
}

#[test]
fn that_somebody_else_deletes_meanwhile_are_not_there() {
    let rows = Rc::new(RefCell::new(vec![row("own", "ada", "user")]));
    let script = rows.clone();
    let app = managing(&Vault::of([""; 0])).upstream(move |call| {
        if call.url == KEYS_URL {
            return Plan::json(key_set(&[SigningKey::new("k1").jwk()]));
        }
        if call.method == "DELETE" {
            script.borrow_mut().clear();
            return Plan::status(404);
        }
        Plan::json(format!(
            r#"{{"rows":[{}],"pages":1}}"#,
            script.borrow().join(",")
        ))
    });
    assert_error(&app.send(&delete_as("ada", "own")), 404, "not_found");
}

#[test]
fn are_deleted_with_the_next_key_when_the_first_is_refused() {
    let vault = Vault::of([row("own", "ada", "user")]);
    let serve = vault.clone().serve(100, Deletes::Well, Plan::unreachable);
    let app = managing(&vault)
        .with("PICA_SECRET_KEY", "sk_live_old")
        .with("PICA_SECRET_KEY_NEXT", "sk_live_new")
        .upstream(move |call| {
            if call
                .headers
                .get("x-pica-secret")
                .is_some_and(|key| key == "sk_live_old")
            {
                return Plan::status(401);
            }
            serve(call)
        });
    assert_eq!(app.send(&delete_as("ada", "own")).response.status, 204);
    assert!(vault.0.borrow().is_empty());
}

#[test]
fn have_no_route_unless_it_is_switched_on() {
    let vault = Vault::of([row("own", "ada", "user")]);
    let one = format!("{PATH}/own");
    for (connections, list, delete) in [
        (None, 404, 404),
        (Some("off"), 404, 404),
        (Some("read"), 200, 404),
        (Some("manage"), 200, 204),
    ] {
        let app = managing(&vault).without("CONNECTIONS");
        let app = connections
            .into_iter()
            .fold(app, |app, text| app.with("CONNECTIONS", text));
        for method in [Method::Get, Method::Head] {
            let outcome = app.send(&ask_as("ada").method(method));
            assert_eq!(outcome.response.status, list, "{connections:?}");
        }
        let options = |path: &str| app.send(&ask_as("ada").method(Method::Options).at(path));
        // A page may always ask, and read then that there is nothing.
        for path in [PATH, &one] {
            assert_eq!(options(path).response.status, 204);
        }
        let outcome = app.send(&delete_as("ada", "own"));
        assert_eq!(outcome.response.status, delete, "{connections:?}");
        if delete == 404 {
            assert!(outcome.record.to_json().contains(r#""route":"unknown""#));
        }
        // Another method says which there are, where there is anything.
        for (path, there, allow) in [
            (PATH, list, "GET, HEAD, OPTIONS"),
            (&one, delete, "DELETE, OPTIONS"),
        ] {
            let outcome = app.send(&ask_as("ada").method(Method::Post).at(path));
            if there == 404 {
                assert_error(&outcome, 404, "not_found");
            } else {
                assert_error(&outcome, 405, "method_not_allowed");
                assert_eq!(outcome.response.headers.get("allow"), Some(allow));
            }
        }
    }
    let app = managing(&vault).with("CONNECTIONS", "all");
    let outcome = app.send(&TestRequest::post());
    assert_error(&outcome, 503, "misconfigured");
    assert!(
        outcome
            .record
            .reason
            .unwrap()
            .contains("CONNECTIONS: must be `off` or `read` or `manage`")
    );
}

#[test]
fn are_never_opened_by_a_grant() {
    for sources in ["grant,jwt", "jwt,grant"] {
        let app = managing(&Vault::of([row("own", "user_1", "user")]))
            .with("IDENTITY_SOURCE", sources)
            .with("GRANT_KEY", CALLER_KEY);
        let grant = app.send(
            &ask_as("user_1")
                .method(Method::Post)
                .at("/api/authkit/grant")
                .json("{}"),
        );
        let grant = json(&grant)["grant"].as_str().unwrap().to_owned();
        for grant in [&*grant, "v1.e30.e30", "x"] {
            for (method, path) in [
                (Method::Get, PATH.to_owned()),
                (Method::Delete, format!("{PATH}/own")),
            ] {
                let request = TestRequest::anonymous()
                    .method(method)
                    .at(&path)
                    .header("x-authkit-grant", grant);
                let calls = app.edge.calls().len();
                assert_error(&app.send(&request), 403, "grant_not_accepted");
                assert_eq!(app.edge.calls().len(), calls);
            }
        }
        // What comes first in the list of sources decides, as everywhere.
        let both = ask_as("user_1").header("x-authkit-grant", &grant);
        let status = app.send(&both).response.status;
        assert_eq!(status, if sources == "jwt,grant" { 200 } else { 403 });
    }
}

#[test]
fn are_for_a_trusted_server_that_names_anybody() {
    let app = |source: &str| {
        managing(&Vault::of([
            row("a", "ada", "user"),
            row("t", "ada", "team"),
        ]))
        .with("IDENTITY_SOURCE", source)
        .with("TRUSTED_CALLER_KEY", CALLER_KEY)
    };
    let ask = |path: &str| TestRequest::anonymous().method(Method::Get).at(path);
    let by_header = |request: TestRequest| request.header("x-user-id", "ada");
    let keyed = |request: TestRequest| request.header("x-authkit-key", CALLER_KEY);
    assert_eq!(
        ids(&app("header").send(&keyed(by_header(ask(PATH))))),
        ["a"]
    );
    assert_error(
        &app("header").send(&by_header(ask(PATH))),
        401,
        "unauthenticated",
    );
    assert_error(
        &app("header").send(&keyed(ask(PATH))),
        401,
        "unauthenticated",
    );
    // Such a request has no body, so what a body says stands in the query.
    let wish = format!("{PATH}?identity=ada&identityType=team");
    assert_eq!(ids(&app("body").send(&keyed(ask(&wish)))), ["t"]);
    assert_error(&app("body").send(&ask(&wish)), 401, "unauthenticated");
    let bodied = keyed(ask(PATH)).json(r#"{"identity":"ada"}"#);
    assert_error(&app("body").send(&bodied), 401, "unauthenticated");
    let delete =
        keyed(ask(&format!("{PATH}/t?identity=ada&identityType=team"))).method(Method::Delete);
    assert_eq!(app("body").send(&delete).response.status, 204);
    assert_error(
        &app("jwt").send(&keyed(by_header(ask(PATH)))),
        401,
        "unauthenticated",
    );
}

#[test]
fn are_for_pages_of_the_same_origin_and_of_the_application_and_no_others() {
    let app = managing(&Vault::of([row("own", "ada", "user")]))
        .with("JWT_COOKIE", "session")
        .with("APP_ORIGINS", "https://app.example, http://localhost:3000");
    let cookie = TestRequest::anonymous()
        .method(Method::Get)
        .at(PATH)
        .header(
            "cookie",
            &format!(
                "session={}",
                &bearer(json!({"sub": "ada"}))["Bearer ".len()..]
            ),
        );
    let own = [("sec-fetch-site", "same-origin")];
    let app_page = [("origin", APP), ("sec-fetch-site", "cross-site")];
    let sibling = [
        ("origin", "http://localhost:3000"),
        ("sec-fetch-site", "same-site"),
    ];
    let widget = [("origin", WIDGET), ("sec-fetch-site", "cross-site")];
    let image = [("sec-fetch-site", "cross-site")];
    let null = [("origin", "null"), ("sec-fetch-site", "cross-site")];
    let near = [
        ("origin", "https://app.example:8443"),
        ("sec-fetch-site", "cross-site"),
    ];
    for (request, headers, status, allowed) in [
        (ask_as("ada"), &[][..], 200, None),
        (ask_as("ada"), &own, 200, None),
        (ask_as("ada"), &app_page, 200, Some(APP)),
        (ask_as("ada"), &sibling, 200, Some("http://localhost:3000")),
        (ask_as("ada"), &widget, 403, None),
        (ask_as("ada"), &image, 403, None),
        (ask_as("ada"), &null, 403, None),
        (ask_as("ada"), &near, 403, None),
        (cookie.clone(), &own, 200, None),
        (cookie.clone(), &app_page, 403, Some(APP)),
        (cookie.clone(), &sibling, 403, Some("http://localhost:3000")),
        (cookie.clone(), &widget, 403, None),
        (cookie.clone(), &image, 403, None),
    ] {
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        for request in [
            request.clone(),
            request.method(Method::Delete).at(&format!("{PATH}/x")),
        ] {
            let outcome = app.send(&request);
            let is_delete = outcome.record.to_json().contains("disconnect");
            let wanted = if is_delete && status == 200 {
                404
            } else {
                status
            };
            assert_eq!(outcome.response.status, wanted, "{headers:?}");
            if status == 403 {
                assert_error(&outcome, 403, "cross_site");
            }
            let headers = &outcome.response.headers;
            assert_eq!(headers.get("access-control-allow-origin"), allowed);
            assert_eq!(headers.get("access-control-allow-credentials"), None);
            assert_eq!(headers.get("vary"), Some("Origin"));
        }
    }
}

#[test]
fn are_asked_for_by_pages_of_the_application_after_a_preflight() {
    let app = managing(&Vault::of([""; 0]))
        .with("IDENTITY_SOURCE", "grant,jwt")
        .with("GRANT_KEY", CALLER_KEY)
        .with("APP_ORIGINS", APP)
        .with("ALLOWED_ORIGINS", "*");
    for (path, methods) in [
        (PATH.to_owned(), "GET, HEAD, OPTIONS"),
        (format!("{PATH}/x"), "DELETE, OPTIONS"),
        ("/api/authkit/grant".to_owned(), "POST, OPTIONS"),
    ] {
        for (origin, allowed) in [
            (APP, Some(APP)),
            (WIDGET, None),
            ("https://evil.example", None),
        ] {
            let preflight = TestRequest::anonymous()
                .method(Method::Options)
                .at(&path)
                .header("origin", origin);
            let outcome = app.send(&preflight);
            let header = |name| outcome.response.headers.get(name);
            assert_eq!(outcome.response.status, 204);
            assert_eq!(
                header("access-control-allow-origin"),
                allowed,
                "{path} {origin}"
            );
            assert_eq!(header("access-control-allow-methods"), Some(methods));
            assert!(
                header("access-control-allow-headers")
                    .unwrap()
                    .contains("authorization")
            );
        }
    }
}

#[test]
fn are_refused_over_plain_http_and_without_a_configuration() {
    let app = managing(&Vault::of([""; 0]));
    assert_error(
        &app.send(&ask_as("ada").on("http://edge.example")),
        403,
        "https_required",
    );
    let app = app.without("PICA_SECRET_KEY");
    assert_error(&app.send(&ask_as("ada")), 503, "misconfigured");
    assert_error(&app.send(&delete_as("ada", "x")), 503, "misconfigured");
}

#[test]
fn are_for_nobody_who_is_not_signed_in() {
    let app = managing(&Vault::of([row("own", "ada", "user")]));
    for request in [ask_as("ada"), delete_as("ada", "own")] {
        let anonymous =
            TestRequest::anonymous().method(authkit_edge::runtime::Incoming::method(&request));
        let path = authkit_edge::runtime::Incoming::url(&request);
        let path = path
            .strip_prefix("https://edge.example")
            .unwrap()
            .to_owned();
        let anonymous = anonymous.at(&path);
        assert_error(&app.send(&anonymous), 401, "unauthenticated");
        assert_error(
            &app.send(&anonymous.header("authorization", "Bearer x")),
            401,
            "invalid_token",
        );
    }
    // Whether there is such a connection is told to nobody.
    let bad = TestRequest::anonymous()
        .method(Method::Delete)
        .at(&format!("{PATH}/nothing"));
    assert_error(&app.send(&bad), 401, "unauthenticated");
    assert_eq!(
        app.edge
            .calls()
            .iter()
            .filter(|call| call.url != KEYS_URL)
            .count(),
        0
    );
}

#[test]
fn count_with_both_limiters() {
    let app = managing(&Vault::of([""; 0]));
    let app = app
        .with_limiter(Limiter::Client, Counter::Limit(3))
        .with_limiter(Limiter::Identity, Counter::Limit(2));
    let from = |request: TestRequest| request.header("cf-connecting-ip", "203.0.113.7");
    assert_eq!(app.send(&from(ask_as("ada"))).response.status, 200);
    assert_error(&app.send(&from(delete_as("ada", "x"))), 404, "not_found");
    assert_error(&app.send(&from(ask_as("ada"))), 429, "too_many_requests");
    // The client's count comes before anything else.
    assert_error(&app.send(&from(ask_as("bob"))), 429, "too_many_requests");
    let limiters: Vec<Limiter> = app
        .edge
        .counted()
        .into_iter()
        .map(|(limiter, _)| limiter)
        .collect();
    assert_eq!(
        limiters
            .iter()
            .filter(|limiter| **limiter == Limiter::Identity)
            .count(),
        3
    );
}

#[test]
fn have_every_fault_of_the_upstream_for_an_error_of_the_table() {
    for (plan, calls, status, code) in [
        (Plan::unreachable as fn() -> Plan, 3, 502, "upstream_failed"),
        (|| Plan::status(503), 3, 502, "upstream_failed"),
        (|| Plan::status(500), 3, 502, "upstream_failed"),
        (|| Plan::status(401), 1, 502, "upstream_failed"),
        (|| Plan::status(302), 1, 502, "upstream_failed"),
        (
            || Plan::status(429).header("retry-after", "60"),
            1,
            429,
            "rate_limited",
        ),
        (|| Plan::json("<html>"), 3, 502, "upstream_failed"),
        (|| Plan::json("[]"), 3, 502, "upstream_failed"),
        (|| Plan::json(r#"{"pages":1}"#), 3, 502, "upstream_failed"),
        (|| Plan::json(r#"{"rows":[]}"#), 1, 502, "upstream_failed"),
        (
            || Plan::json(r#"{"rows":[],"pages":1000000}"#),
            1,
            502,
            "upstream_failed",
        ),
        (|| Plan::json("").hang(), 2, 504, "upstream_timeout"),
    ] {
        for request in [ask_as("ada"), delete_as("ada", "own")] {
            let app = managing(&Vault::of([""; 0])).upstream(move |call| {
                if call.url == KEYS_URL {
                    Plan::json(key_set(&[SigningKey::new("k1").jwk()]))
                } else {
                    plan()
                }
            });
            let outcome = app.send(&request);
            assert_error(&outcome, status, code);
            assert_eq!(outcome.record.upstream_attempts, calls, "{code}");
            assert_eq!(deletes(&app), [""; 0]);
        }
    }
}

#[test]
fn leave_an_upstream_alone_that_asked_for_it() {
    let app = managing(&Vault::of([""; 0])).upstream(|call| {
        if call.url == KEYS_URL {
            Plan::json(key_set(&[SigningKey::new("k1").jwk()]))
        } else {
            Plan::status(429).header("retry-after", "30")
        }
    });
    let isolate = app.isolate();
    assert_error(&isolate.send(&ask_as("ada")), 429, "rate_limited");
    let calls = app.edge.calls().len();
    for request in [ask_as("ada"), delete_as("ada", "own")] {
        let outcome = isolate.send(&request);
        assert_error(&outcome, 429, "rate_limited");
        assert_eq!(outcome.response.headers.get("retry-after"), Some("30"));
    }
    assert_eq!(app.edge.calls().len(), calls);
}

#[test]
fn are_not_in_the_log_nor_whose_they_are() {
    let app = managing(&Vault::of([row("own-id", "ada", "user")]));
    for request in [
        ask_as("ada"),
        delete_as("ada", "own-id"),
        delete_as("ada", "other-id"),
    ] {
        let line = app.send(&request).record.to_json();
        for private in ["ada", "own-id", "other-id", "gmail"] {
            assert!(!line.contains(&format!("{private}\"")), "{line}");
        }
        assert!(line.contains(r#""identity":""#), "{line}");
    }
    assert_eq!(app.edge.time(), START);
}

#[test]
fn say_nothing_of_how_long_the_list_of_integrations_is() {
    let rows = (0..1000).map(|number| row(&format!("c{number}"), "ada", "user"));
    let serve = Vault::of(rows).serve(100, Deletes::Well, Plan::unreachable);
    let app = managing(&Vault::of([""; 0])).upstream(move |call| {
        if call.url.contains("/v1/authkit") {
            Plan::json(r#"{"rows":[],"pages":1}"#)
        } else if call.is_flags() {
            Plan::json("{}")
        } else {
            serve(call)
        }
    });
    let isolate = app.isolate();
    let outcome = isolate.send(&ask_as("ada"));
    assert_eq!(outcome.record.connections, Some(1000));
    // A token still begins with one page.
    let token = ask_as("ada")
        .method(Method::Post)
        .at("/api/authkit")
        .json("{}");
    assert_eq!(isolate.send(&token).response.status, 200);
    assert_eq!(app.edge.token_calls().len(), 1);
}

/// The grant route, for pages of the application on other origins.
#[test]
fn of_the_application_get_grants_by_a_bearer_token_alone() {
    let app = app()
        .with("IDENTITY_SOURCE", "grant,jwt,access")
        .with("GRANT_KEY", CALLER_KEY)
        .with("JWT_COOKIE", "session")
        .with("ACCESS_TEAM_DOMAIN", "team.cloudflareaccess.com")
        .with("ACCESS_AUD", "tag")
        .with("APP_ORIGINS", APP);
    let token = bearer(json!({}));
    let ask = || {
        TestRequest::anonymous()
            .at("/api/authkit/grant")
            .header("origin", APP)
            .header("sec-fetch-site", "cross-site")
            .json("{}")
    };
    let outcome = app.send(&ask().header("authorization", &token));
    assert_eq!(outcome.response.status, 200);
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        Some(APP)
    );
    assert_eq!(outcome.record.cors, "allowed");
    let cookie = format!("session={}", &token["Bearer ".len()..]);
    for request in [
        ask().header("cookie", &cookie),
        ask().header("cf-access-jwt-assertion", &token["Bearer ".len()..]),
        ask().header(
            "cookie",
            &format!("CF_Authorization={}", &token["Bearer ".len()..]),
        ),
    ] {
        assert_error(&app.send(&request), 403, "cross_site");
    }
    // Nobody else's page reads the answer, nor gets one.
    let widget = TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header("origin", WIDGET)
        .header("authorization", &token)
        .json("{}");
    let outcome = app.send(&widget);
    assert_error(&outcome, 403, "cross_site");
    assert_eq!(
        outcome.response.headers.get("access-control-allow-origin"),
        None
    );
}

#[test]
fn of_the_application_have_origins_and_none_of_a_widget() {
    for (text, words) in [
        (
            "https://app.example/",
            "entry 1: must end after the host and port",
        ),
        (
            "https://app.example, *",
            "entry 2: must start with https://",
        ),
        (
            "https://authkit.picaos.com",
            "entry 1: is a hosted widget's",
        ),
        (
            "https://app.example,https://auth.withone.ai",
            "entry 2: is a hosted widget's",
        ),
    ] {
        let outcome = managing(&Vault::of([""; 0]))
            .with("APP_ORIGINS", text)
            .send(&ask_as("ada"));
        assert_error(&outcome, 503, "misconfigured");
        let reason = outcome.record.reason.unwrap();
        assert!(
            reason.contains("APP_ORIGINS") && reason.contains(words),
            "{reason}"
        );
    }
}
