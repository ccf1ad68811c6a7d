//! What the Worker's own calls look like on the wire.

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{Profile, sandbox};
use authkit_edge_e2e::worker::Worker;
use authkit_sandbox::Route;
use serde_json::json;

/// The kind: every call there is, whoever it goes to. That it is `no-store`, workerd shows by what it
/// asks of the caches on the way.
#[test]
fn calls_say_who_they_are_and_are_answered_by_no_cache() {
    // A Worker of its own, which has to load the keys.
    let sandbox = sandbox();
    let worker = Worker::start("calls", Profile::Verified.bindings(sandbox.issuer())).unwrap();
    let token = sandbox.issuer().token("RS256", "ada", &json!({}));
    let request = Request::anonymous().header("authorization", format!("Bearer {token}"));
    request.send(worker.addr).assert_token();
    let requests = sandbox.requests();
    let user_agent = format!("authkit-edge/{}", env!("CARGO_PKG_VERSION"));
    for route in [Route::Keys, Route::Flags, Route::Token] {
        let calls = requests.iter().filter(|call| call.route == route);
        assert!(calls.count() > 0, "{route:?}");
    }
    for call in &requests {
        assert_eq!(
            call.header("user-agent"),
            Some(&*user_agent),
            "{}",
            call.path
        );
        assert_eq!(
            call.header("cache-control"),
            Some("no-cache"),
            "{}",
            call.path
        );
    }
}
