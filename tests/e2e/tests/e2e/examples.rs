//! The Workers in `examples/`, as somebody would deploy them.

use std::collections::BTreeMap;

use authkit_edge_e2e::client::{Request, USER, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, KEY, Profile};
use authkit_edge_e2e::worker::{Bindings, Deployment, Worker};
use authkit_sandbox::{Options, Sandbox};
use serde_json::Value;

/// A session of the application's. It opens nothing but a sandbox.
const SESSION: &str = "session_published_on_purpose_0123456789";

fn sandbox() -> Sandbox {
    let options = Options {
        key: KEY.to_owned(),
        ..Options::default()
    };
    Sandbox::start(options).unwrap()
}

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

#[test]
fn an_application_vouches_for_its_users_over_a_service_binding() {
    for folder in [
        "examples/service-binding-rust",
        "examples/service-binding-ts",
    ] {
        let sandbox = sandbox();
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
        let worker = Worker::start_all("service", &[example, edge]).unwrap();
        assert_page(&worker);

        // Whoever is not signed in gets nothing, whatever they say they are.
        let unknown = SESSION.replace("published", "forgotten");
        for request in [
            Request::anonymous(),
            Request::post(),
            Request::post().header("x-authkit-key", SESSION),
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
        let answer = Request::anonymous()
            .header("origin", WIDGET)
            .header("authorization", format!("Bearer {SESSION}"))
            .header("x-user-id", "somebody else")
            .json("{}")
            .send(worker.addr);
        answer.assert_token();
        answer.assert_readable_by(WIDGET);
        assert_eq!(identities(&sandbox), [USER; 3], "{folder}");
    }
}
