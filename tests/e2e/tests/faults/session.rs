//! Every fault of the application that is asked whose a session is, on every route that asks it.

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::application::{Application, Reply};
use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{GRANT_KEY, Profile, sandbox};
use authkit_edge_e2e::worker::Worker;
use authkit_sandbox::{Connection, Sandbox};
use serde_json::json;

use crate::in_time;
use crate::matrix::{Expected, SESSION_ROUTES, is_run, session_faults};

const HOST: &str = "127.0.0.1";
const TIMEOUT_MS: u64 = 1500;

struct Setup {
    sandbox: Sandbox,
    application: Application,
    worker: Worker,
}

impl Setup {
    fn new() -> Self {
        let (sandbox, application) = (sandbox(), Application::start());
        let url = format!("http://{}/api/session", application.addr);
        let mut bindings = Profile::Pica.bindings(sandbox.issuer());
        bindings.variables.extend([
            ("IDENTITY_SOURCE", json!("grant,session")),
            ("SESSION_URL", json!(url)),
            ("SESSION_COOKIES", json!("sid")),
            ("SESSION_IDENTITY_PATH", json!("user.id")),
            ("SESSION_TIMEOUT_MS", json!(TIMEOUT_MS)),
        ]);
        bindings.secrets.insert("GRANT_KEY", GRANT_KEY);
        Self {
            worker: Worker::start("session-faults", bindings).unwrap(),
            sandbox,
            application,
        }
    }

    /// Sends a request of a page, whose session the application is asked about once.
    fn send(&self, (method, path): (&str, &str), reply: Reply) -> Answer {
        self.application.answer(move |_| reply.clone());
        let mut request = Request::anonymous().method(method).at(path).host(HOST);
        request = request
            .header("cookie", "sid=1")
            .header("sec-fetch-site", "same-origin");
        if method == "POST" {
            request = request.json("{}");
        }
        let answer = in_time(|| request.send(self.worker.addr));
        assert!(self.application.is_idle(), "a question stays open");
        assert_eq!(self.application.asked().len(), 1);
        answer
    }
}

#[test]
fn every_fault_of_an_application() {
    let setup = Setup::new();
    let mut numbers = 0..;
    for (name, reply, expected) in session_faults() {
        for route in SESSION_ROUTES {
            if !numbers.next().is_some_and(is_run) {
                continue;
            }
            println!("{name}, {route:?}");
            setup.sandbox.reset();
            setup
                .sandbox
                .set_connections(vec![Connection::of("own", "gmail", "ada", "user")]);
            let Expected::Error(status, code) = expected else {
                unreachable!("a fault makes nobody somebody");
            };
            setup.send(route, reply.clone()).assert_error(status, code);
            // Nothing is asked of the upstream for somebody whom nobody has vouched for.
            assert_eq!(setup.sandbox.requests(), []);
            assert_eq!(setup.sandbox.connections().len(), 1);
            // The next request is answered as if nothing had happened.
            let answer = setup.send(route, Reply::json(r#"{"user":{"id":"ada"}}"#));
            let well = if route.0 == "DELETE" { 204 } else { 200 };
            assert_eq!(answer.status, well, "{answer}");
        }
    }
}
