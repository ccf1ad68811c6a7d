//! Isolates of one data centre, one after the other: what the first leaves in the cache, the next begins with.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, mpsc};
use std::thread;

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::application::{Application, Reply};
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{Profile, record, sandbox};
use authkit_edge_e2e::worker::Worker;
use authkit_edge_e2e::{PATIENCE, root};
use authkit_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::{Value, json};

/// A data centre, and what is outside of it.
struct DataCentre {
    sandbox: Sandbox,
    /// The issuer's address, where there may be other keys later.
    issuer: Application,
    state: PathBuf,
}

impl DataCentre {
    fn new(name: &str) -> Self {
        let folder = format!("target/e2e/cache-{name}-{}", process::id());
        let state = root().canonicalize().unwrap().join(folder);
        fs::create_dir_all(&state).unwrap();
        let place = Self {
            sandbox: sandbox(),
            issuer: Application::start(),
            state,
        };
        place.show_keys_of(&place.sandbox, || ());
        place
    }

    /// The issuer has the keys of that sandbox's from now on, and calls `asked` before it shows them.
    fn show_keys_of(&self, sandbox: &Sandbox, asked: impl Fn() + Send + Sync + 'static) {
        let url = sandbox.issuer().keys_url();
        let path = url.strip_prefix(sandbox.issuer().url()).unwrap();
        let request = Request::anonymous().method("GET").at(path);
        let keys = request.send(sandbox.addr());
        let keys = keys.text().to_owned();
        self.issuer.answer(move |_| {
            asked();
            Reply::json(&keys)
        });
    }

    /// A new isolate.
    fn isolate(&self) -> Worker {
        let mut bindings = Profile::Verified.bindings(self.sandbox.issuer());
        let url = format!("http://{}/keys", self.issuer.addr);
        bindings.variables.insert("JWT_JWKS_URL", json!(url));
        bindings.state = Some(self.state.clone());
        self.sandbox.forget_requests();
        Worker::start("notes", bindings).unwrap()
    }

    fn request(&self) -> Request {
        let token = self.sandbox.issuer().token("ES256", "ada", &json!({}));
        Request::anonymous()
            // The cache goes by it, and a port is new each time.
            .host("app.localhost")
            .header("authorization", format!("Bearer {token}"))
            .json("{}")
    }

    /// Fills the cache, and ends the isolate.
    fn warm_up(&self) -> Answer {
        let worker = self.isolate();
        let answer = self.request().send(worker.addr);
        answer.assert_token();
        let expected = [json!("new"), json!("issuer"), json!("miss")];
        assert_eq!(words(&worker, &answer), expected);
        answer
    }

    fn pages(&self) -> Vec<Option<u64>> {
        let calls = self.sandbox.token_requests();
        calls.iter().map(|call| call.page).collect()
    }
}

impl Drop for DataCentre {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.state);
    }
}

/// What the log says of where the answer came from.
fn words(worker: &Worker, answer: &Answer) -> [Value; 3] {
    let id = answer.header("x-request-id").unwrap();
    let line = worker
        .log
        .wait_for(|line| record(line).filter(|line| line["request_id"] == id))
        .unwrap();
    ["isolate", "keys", "note"].map(|name| line[name].clone())
}

#[test]
fn begin_with_all_pages_and_answer_the_same() {
    let place = DataCentre::new("pages");
    let before = place.warm_up();
    let worker = place.isolate();
    // The first page is not answered, and the others are asked for all the same.
    let first = Fault::token(FaultKind::Hang).on_page(1).times(1);
    place
        .sandbox
        .update(|settings| settings.faults = vec![first]);
    let request = place.request();
    let addr = worker.addr;
    let asking = thread::spawn(move || request.send(addr));
    let all_asked = place
        .sandbox
        .wait_until(|seen| seen.token_requests().count() >= 3, PATIENCE);
    assert!(all_asked, "{:?}", place.pages());
    let calls = place.sandbox.token_requests();
    let mut first = calls.iter().filter(|call| call.page == Some(1));
    assert!(first.all(|call| !call.completed));
    // It is tried again after a while.
    let after = asking.join().unwrap();
    assert_eq!(after.json()["rows"], before.json()["rows"]);
    let expected = [json!("new"), json!("note"), json!("hit")];
    assert_eq!(words(&worker, &after), expected);
    // A warm isolate has no use for notes.
    let answer = place.request().send(worker.addr);
    answer.assert_token();
    let expected = [Value::Null, json!("memory"), Value::Null];
    assert_eq!(words(&worker, &answer), expected);
}

#[test]
fn release_nothing_before_the_issuer_has_answered() {
    let place = DataCentre::new("held");
    place.warm_up();
    let worker = place.isolate();
    // The issuer thinks for as long as this test likes.
    let (think, thought) = mpsc::channel::<()>();
    let thought = Mutex::new(thought);
    place.show_keys_of(&place.sandbox, move || {
        let _ = thought.lock().unwrap().recv_timeout(PATIENCE);
    });
    let request = place.request();
    let (addr, (tell, told)) = (worker.addr, mpsc::channel());
    let asking = thread::spawn(move || tell.send(request.send(addr)));
    // The upstream has answered all that there is to ask.
    let all_answered = place.sandbox.wait_until(
        |seen| seen.token_requests().filter(|call| call.completed).count() == 3,
        PATIENCE,
    );
    assert!(all_answered, "{:?}", place.pages());
    assert!(
        told.try_recv().is_err(),
        "a token without the issuer's word"
    );
    think.send(()).unwrap();
    let answer = told.recv_timeout(PATIENCE).unwrap();
    answer.assert_token();
    assert_eq!(place.pages().len(), 3, "no call was made twice");
    asking.join().unwrap().unwrap();
}

#[test]
fn give_nothing_for_a_key_that_the_issuer_has_withdrawn() {
    let place = DataCentre::new("withdrawn");
    place.warm_up();
    place.show_keys_of(&sandbox(), || ());
    let worker = place.isolate();
    let answer = place.request().send(worker.addr);
    answer.assert_error(401, "invalid_token");
    assert!(!answer.text().contains("rows"), "{answer}");
}

#[test]
fn load_keys_after_a_preflight() {
    let place = DataCentre::new("preflight");
    let (asked, was_asked) = mpsc::channel();
    place.show_keys_of(&place.sandbox, move || asked.send(()).unwrap());
    let worker = place.isolate();
    let answer = Request::preflight(WIDGET)
        .host("app.localhost")
        .send(worker.addr);
    assert_eq!(answer.status, 204);
    was_asked.recv_timeout(PATIENCE).unwrap();
    let answer = place.request().send(worker.addr);
    answer.assert_token();
    assert_eq!(place.issuer.asked().len(), 1, "and once");
}
