//! Faults of an issuer's keys, on both routes that check its tokens.

use std::thread;

use authkit_edge_e2e::PATIENCE;
use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{Profile, sandbox};
use authkit_edge_e2e::worker::Worker;
use authkit_sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::matrix::{healthy, is_run, keys_faults};
use crate::{PAUSE, clock, in_time};

/// A Worker that has never loaded a key, which none that other tests lease is.
struct Setup {
    sandbox: Sandbox,
    worker: Worker,
    bearer: String,
}

impl Setup {
    fn new() -> Self {
        let sandbox = sandbox();
        let bindings = Profile::Verified.bindings(sandbox.issuer());
        let token = sandbox.issuer().token("ES256", "ada", &json!({}));
        Self {
            worker: Worker::start("keys", bindings).unwrap(),
            sandbox,
            bearer: format!("Bearer {token}"),
        }
    }

    fn send(&self, target: &str) -> Answer {
        let request = Request::anonymous()
            .at(target)
            .header("authorization", &self.bearer)
            .json("{}");
        in_time(|| request.send(self.worker.addr))
    }

    /// Sends until that loads keys: the Worker waits a while after a load that failed.
    fn send_until_it_loads(&self, target: &str, fault: &str) {
        let before = self.sandbox.issuer().loads();
        let begun = clock();
        loop {
            let answer = self.send(target);
            answer.assert_error(503, "keys_unavailable");
            assert!(answer.header("retry-after").is_some(), "{answer}");
            if self.sandbox.issuer().loads() > before {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{fault}: no load");
            thread::sleep(PAUSE);
        }
        assert_eq!(self.sandbox.issuer().loads(), before + 1, "{fault}");
        let idle = self
            .sandbox
            .wait_until(|seen| seen.in_flight == 0, PATIENCE);
        assert!(idle, "{fault}: a load stays open");
    }
}

fn check(target: &str, assert_right: impl Fn(&Answer)) {
    let setup = Setup::new();
    let fail = |kind| {
        setup.sandbox.update(|settings| {
            *settings = healthy();
            settings.faults = vec![Fault::keys(kind)];
        });
    };
    let mut faults = keys_faults();
    let mut numbers = 0..;
    faults.retain(|_| numbers.next().is_some_and(is_run));
    for (fault, kind) in &faults {
        println!("{target}, {fault}, no keys yet");
        fail(kind.clone());
        setup.send_until_it_loads(target, fault);
    }
    // Nothing was asked of the upstream for somebody who was not verified.
    assert_eq!(setup.sandbox.token_requests().len(), 0);
    assert_eq!(setup.sandbox.flags_requests().len(), 0);

    setup.sandbox.configure(healthy());
    let begun = clock();
    while setup.send(target).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "it does not recover");
        thread::sleep(PAUSE);
    }
    let loads = setup.sandbox.issuer().loads();
    for (fault, kind) in &faults {
        println!("{target}, {fault}, keys known");
        fail(kind.clone());
        assert_right(&setup.send(target));
    }
    assert_eq!(setup.sandbox.issuer().loads(), loads, "known keys are used");
}

#[test]
fn every_fault_of_keys() {
    // Each with a Worker of its own, at the same time: most of it is waiting for the next load.
    thread::scope(|scope| {
        scope.spawn(|| {
            check("/api/authkit", |answer| {
                let token = answer.assert_token();
                assert_eq!(token["identity"], "ada");
                assert_eq!(token["rows"].as_array().unwrap().len(), 250);
            });
        });
        scope.spawn(|| {
            check("/api/authkit/grant", |answer| {
                assert_eq!(answer.status, 200, "{answer}");
                assert!(answer.json()["grant"].is_string(), "{answer}");
            });
        });
    });
}
