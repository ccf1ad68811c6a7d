//! The Workers in `examples/`, as somebody would deploy them.

use std::collections::BTreeMap;

use authkit_edge_e2e::client::{Request, USER, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Profile, sandbox};
use authkit_edge_e2e::worker::{Bindings, Deployment, Worker};
use authkit_sandbox::Sandbox;
use serde_json::Value;

/// A session of the application's. It opens nothing but a sandbox.
const SESSION: &str = "session_published_on_purpose_0123456789";

/// The identities that tokens were asked for, one for each upstream call.
fn identities(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.token_requests();
    let identity = |body: &str| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["identity"].as_str().unwrap().to_owned()
    };
    calls.iter().map(|call| identity(&call.body)).collect()
}

#[track_caller]
fn assert_page(worker: &Worker) {
    let page = Request::anonymous().method("GET").at("/").send(worker.addr);
    assert_eq!(
        (page.status, page.text()),
        (200, "A page of the application\n")
    );
}

#[test]
fn the_endpoint_stands_beside_other_routes() {
    let sandbox = sandbox();
    let example = Deployment {
        folder: "examples/mounted-worker",
        script: None,
        bindings: Profile::Pica.bindings(sandbox.issuer()),
    };
    let worker = Worker::start_all("mounted", &[example]).unwrap();
    assert_page(&worker);
    let answer = Request::post().header("origin", WIDGET).send(worker.addr);
    answer.assert_token();
    answer.assert_readable_by(WIDGET);
    assert_eq!(identities(&sandbox), [USER; 3]);
    let preflight = Request::preflight(WIDGET).send(worker.addr);
    assert_eq!(preflight.status, 204);
    let error = Request::anonymous().send(worker.addr);
    error.assert_error(401, "unauthenticated");
    let other = Request::post().at("/nothing").send(worker.addr);
    assert_eq!((other.status, other.text()), (404, "There is nothing here"));
}

/// The Workers that call over a service binding.
const CALLERS: [&str; 2] = [
    "examples/service-binding-rust",
    "examples/service-binding-ts",
];

/// One of them, with authkit-edge behind it.
fn start_caller(folder: &'static str, sandbox: &Sandbox) -> Worker {
    let example = Deployment {
        folder,
        script: None,
        bindings: Bindings {
            secrets: BTreeMap::from([("TRUSTED_CALLER_KEY", CALLER_KEY)]),
            values: vec![("SESSIONS", SESSION, USER)],
            ..Bindings::default()
        },
    };
    let edge = Deployment::edge(Profile::Guarded.bindings(sandbox.issuer()));
    Worker::start_all("service", &[example, edge]).unwrap()
}

/// A request of the user whose session is open.
fn signed_in() -> Request {
    Request::anonymous().header("authorization", format!("Bearer {SESSION}"))
}

#[test]
fn an_application_vouches_for_its_users_over_a_service_binding() {
    for folder in CALLERS {
        let sandbox = sandbox();
        let worker = start_caller(folder, &sandbox);
        assert_page(&worker);

        // Whoever is not signed in gets nothing, whatever they say they are.
        let unknown = SESSION.replace("published", "forgotten");
        for request in [
            Request::anonymous(),
            Request::post(),
            Request::post().header("x-authkit-key", SESSION),
            // Not even with the key itself, if it ever gets out.
            Request::post().header("x-authkit-key", CALLER_KEY),
            Request::post().header("authorization", format!("Bearer {unknown}")),
            Request::post().header("authorization", format!("Bearer {}", "x".repeat(5000))),
        ] {
            let answer = request.header("origin", WIDGET).send(worker.addr);
            answer.assert_error(401, "unauthenticated");
            answer.assert_readable_by(WIDGET);
        }
        assert_eq!(identities(&sandbox), [""; 0], "{folder}");

        let preflight = Request::preflight(WIDGET).send(worker.addr);
        assert_eq!(preflight.status, 204, "{folder}");
        let answer = signed_in()
            .header("origin", WIDGET)
            .header("x-user-id", "somebody else")
            .json("{}")
            .send(worker.addr);
        answer.assert_token();
        answer.assert_readable_by(WIDGET);
        assert_eq!(identities(&sandbox), [USER; 3], "{folder}");

        // The endpoint takes one slash at the end, and pages.
        for path in ["/api/authkit/", "/api/authkit?page=1&limit=1"] {
            sandbox.forget_requests();
            let smuggled = signed_in()
                .at(path)
                .header("x-user-id", "somebody-else")
                .header("x-authkit-key", "somebody-else");
            smuggled.send(worker.addr).assert_token();
            let all = identities(&sandbox);
            assert!(
                !all.is_empty() && all.iter().all(|identity| identity == USER),
                "{all:?}"
            );
        }
    }
}

/// With the key, any user could ask for the deep check: sixty upstream calls in a tenth of a second.
#[test]
fn the_key_goes_with_a_wish_for_a_token_and_with_nothing_else() {
    for folder in CALLERS {
        let sandbox = sandbox();
        let worker = start_caller(folder, &sandbox);
        let deep = "/api/authkit/health/deep";
        for (method, path, status, code) in [
            ("GET", deep, 401, "unauthenticated"),
            ("GET", "/api/authkit/health/deep/", 401, "unauthenticated"),
            ("POST", deep, 405, "method_not_allowed"),
            ("GET", "/api/authkit", 405, "method_not_allowed"),
            ("PUT", "/api/authkit", 405, "method_not_allowed"),
            ("POST", "/api/authkit/grant", 401, "unauthenticated"),
            ("POST", "/api/authkit//", 404, "not_found"),
        ] {
            for request in [
                signed_in(),
                signed_in().header("x-authkit-key", CALLER_KEY),
                Request::anonymous().header("x-authkit-key", CALLER_KEY),
            ] {
                let request = request.method(method).at(path).json("{}");
                let answer = request.header("x-user-id", "eve").send(worker.addr);
                answer.assert_error(status, code);
            }
        }
        let health = signed_in().method("GET").at("/api/authkit/health");
        assert_eq!(health.send(worker.addr).status, 200, "{folder}");
        let page = signed_in().at("/api/authkitchen").send(worker.addr);
        assert_eq!(page.text(), "A page of the application\n", "{folder}");
        assert_eq!(sandbox.requests().len(), 0, "{folder}");
    }
}
