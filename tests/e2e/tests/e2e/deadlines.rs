//! An upstream that takes its time: when the Worker stops waiting, and that it hangs up then.
//!
//! No test measures time. A deadline has passed when the answer says so.

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::Profile;
use authkit_sandbox::{Fault, FaultKind};

/// What outlasts the short deadline.
fn endless() -> [FaultKind; 4] {
    [
        FaultKind::Hang,
        FaultKind::HangBody,
        FaultKind::SlowBody {
            chunk_bytes: 100,
            delay_ms: 100,
        },
        FaultKind::Latency { ms: 600_000 },
    ]
}

#[test]
fn gives_up_at_the_deadline_and_hangs_up() {
    let mut edge = Profile::Hurried.lease();
    for kind in endless() {
        for (target, chunked) in [("/api/authkit", false), ("/api/authkit?page=1", true)] {
            edge.start_over();
            edge.sandbox.update(|settings| {
                settings.chunked = chunked;
                settings.faults = vec![Fault::token(kind.clone())];
            });
            let answer = edge.send(&Request::post().at(target));
            answer.assert_error(504, "upstream_timeout");
            edge.assert_upstream_idle();
            // A try has half of the time, so there is a second, and perhaps a little for a third.
            let calls = edge.sandbox.token_requests();
            assert!((1..=3).contains(&calls.len()), "{kind:?}: {calls:?}");
            assert!(calls.iter().all(|call| !call.completed), "{kind:?}");
        }
    }
}

#[test]
fn shares_one_deadline_among_all_pages() {
    let edge = Profile::Hurried.lease();
    edge.sandbox.update(|settings| {
        settings.catalogue = 700;
        settings.faults = vec![Fault::token(FaultKind::Hang).on_page(5)];
    });
    edge.send(&Request::post())
        .assert_error(504, "upstream_timeout");
    edge.assert_upstream_idle();
    let calls = edge.sandbox.token_requests();
    let hung = calls.iter().filter(|call| call.page == Some(5));
    assert!(hung.clone().count() >= 1 && hung.clone().all(|call| !call.completed));
}

#[test]
fn gives_a_try_that_hangs_a_second_chance() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| {
        settings.faults = vec![
            Fault::token(FaultKind::Hang).on_page(2).times(1),
            Fault::token(FaultKind::HangBody).on_page(3).times(1),
        ];
    });
    edge.send(&Request::post()).assert_token();
    edge.assert_upstream_idle();
    let calls = edge.sandbox.token_requests();
    for page in [2, 3] {
        let calls = calls.iter().filter(|call| call.page == Some(page));
        let completed: Vec<bool> = calls.map(|call| call.completed).collect();
        assert_eq!(completed, [false, true], "page {page}");
    }
}

#[test]
fn waits_for_what_is_merely_slow() {
    let mut edge = Profile::Pica.lease();
    for kind in [
        FaultKind::SlowBody {
            chunk_bytes: 64,
            delay_ms: 10,
        },
        FaultKind::Latency { ms: 300 },
    ] {
        edge.start_over();
        edge.sandbox.update(|settings| {
            settings.catalogue = 1;
            settings.faults = vec![Fault::token(kind)];
        });
        edge.send(&Request::post()).assert_token();
        edge.assert_upstream_calls(1, 1);
    }
}

#[test]
fn keeps_nobody_waiting_for_the_flags() {
    let mut edge = Profile::Pica.lease();
    for kind in [FaultKind::Hang, FaultKind::HangBody] {
        edge.start_over();
        edge.sandbox.update(|settings| {
            settings.white_label = true;
            settings.faults = vec![Fault::flags(kind)];
        });
        let answer = edge.send(&Request::post());
        assert_eq!(answer.assert_token()["isWhiteLabel"], false);
        edge.assert_upstream_idle();
        assert_eq!(edge.sandbox.token_requests().len(), 3);
        let flags = edge.sandbox.flags_requests();
        assert!(flags.iter().all(|call| !call.completed));
    }
}

#[test]
fn honours_a_wait_that_fits() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| {
        settings.catalogue = 1;
        let kind = FaultKind::Status {
            status: 503,
            retry_after: Some("1".to_owned()),
            rate_limit_reset: None,
        };
        settings.faults = vec![Fault::token(kind).times(1)];
    });
    edge.send(&Request::post()).assert_token();
    let calls = edge.sandbox.token_requests();
    let waited = calls[1].at_ms - calls[0].at_ms;
    // A timer may round down.
    assert!(waited >= 990, "{waited} ms");
}
