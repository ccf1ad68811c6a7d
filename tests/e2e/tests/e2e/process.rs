//! The harness itself: nothing of it may outlive the tests.

use std::process::Command;
use std::thread;
use std::time::Duration;

use authkit_edge_e2e::PATIENCE;
use authkit_edge_e2e::worker::{Bindings, Worker};

const PAUSE: Duration = Duration::from_millis(50);

#[test]
fn leaves_no_process_behind() {
    let mut worker = Worker::start("abandoned", Bindings::default()).unwrap();
    let group = worker
        .log
        .wait_for(|line| line.strip_prefix("process group ").map(str::to_owned));
    let group = group.expect("the guard says it first");
    assert!(
        members(&group) >= 3,
        "wrangler and workerd are in the group"
    );

    assert!(worker.abandon());
    // A killed process takes a moment to go.
    let mut pauses = 0;
    while members(&group) > 0 {
        assert!(pauses * PAUSE < PATIENCE, "the processes of {group} stay");
        thread::sleep(PAUSE);
        pauses += 1;
    }
}

/// How many processes are in a process group.
fn members(group: &str) -> usize {
    let output = Command::new("ps")
        .args(["-A", "-o", "pgid=,stat="])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let running = text.lines().filter_map(|line| line.trim().split_once(' '));
    // A zombie has ended; somebody has not taken note yet.
    let alive = |(found, state): &(&str, &str)| *found == group && !state.trim().starts_with('Z');
    running.filter(alive).count()
}
