//! The signature checks in workerd: WebCrypto on the same tokens as AWS-LC in `tests/jws`.

mod interop;
mod wycheproof;

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::worker::{Bindings, Deployment, Worker};
use authkit_jws_cases::Case;
use authkit_jws_worker::{Question, Verdict};

/// What the test Worker says of each.
fn answers(cases: &[Case]) -> Vec<Verdict> {
    let deployment = Deployment {
        script: Some("tests/jws/worker/build/index.js"),
        ..Deployment::edge(Bindings::default())
    };
    let worker = Worker::start_all("jws", &[deployment]).unwrap_or_else(|error| panic!("{error}"));
    let ask = |cases: &[Case]| {
        let questions: Vec<&Question> = cases.iter().map(|case| &case.question).collect();
        let text = serde_json::to_string(&questions).unwrap();
        let answer = Request::anonymous().json(text).send(worker.addr);
        assert_eq!(answer.status, 200, "{answer:?} {:#?}", worker.log.lines());
        serde_json::from_slice::<Vec<Verdict>>(&answer.body).unwrap()
    };
    cases.chunks(100).flat_map(ask).collect()
}
