//! Whatever the upstream does wrong at once: the answer to it, and how often it was asked.

use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{Edge, Profile};
use authkit_sandbox::{Fault, FaultKind, Route, WrongShape};

fn status(status: u16, retry_after: Option<&str>) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        rate_limit_reset: None,
    }
}

fn set(edge: &mut Edge, faults: Vec<Fault>) {
    edge.start_over();
    edge.sandbox.update(|settings| settings.faults = faults);
}

/// What may have passed by the next try.
fn passing() -> [FaultKind; 17] {
    [
        FaultKind::Reset,
        FaultKind::CloseEarly,
        FaultKind::Truncated,
        // What a proxy writes in the place of the upstream.
        FaultKind::NotJson,
        FaultKind::WrongShape(WrongShape::EmptyBody),
        FaultKind::WrongShape(WrongShape::ArrayInsteadOfObject),
        status(204, None),
        status(408, None),
        status(425, None),
        status(500, None),
        status(520, None),
        status(599, None),
        status(502, None),
        status(503, None),
        status(503, Some("0")),
        status(504, None),
        status(429, Some("0")),
    ]
}

/// What stays as it is.
fn lasting() -> Vec<FaultKind> {
    let statuses = [400, 401, 402, 403, 404, 418, 422, 501, 505];
    let redirects = [301, 302, 303, 307, 308].map(|status| FaultKind::Redirect {
        status,
        location: "/_sandbox/trap".to_owned(),
    });
    // Longer than the deadline, so not begun.
    let bodies = [status(503, Some("3600"))];
    let statuses = statuses.map(|code| status(code, None));
    statuses
        .into_iter()
        .chain(redirects)
        .chain(bodies)
        .collect()
}

#[test]
fn tries_again_what_may_pass_and_answers_as_if_nothing_had_happened() {
    let mut edge = Profile::Pica.lease();
    for kind in passing() {
        for (page, calls) in [(1, 5), (3, 5)] {
            set(
                &mut edge,
                vec![Fault::token(kind.clone()).on_page(page).times(2)],
            );
            let answer = edge.send(&Request::post());
            let token = answer.assert_token();
            assert_eq!(token["rows"].as_array().unwrap().len(), 250, "{kind:?}");
            edge.assert_upstream_calls(calls, 1);
            assert_eq!(edge.line_of(&answer)["upstream_attempts"], calls + 1);
        }
    }
}

#[test]
fn gives_up_after_three_tries() {
    for profile in [Profile::Pica, Profile::One] {
        let mut edge = profile.lease();
        for kind in passing() {
            set(&mut edge, vec![Fault::token(kind.clone())]);
            let answer = edge.send(&Request::post());
            if matches!(kind, FaultKind::Status { status: 429, .. }) {
                answer.assert_error(429, "rate_limited");
                assert_eq!(answer.header("retry-after"), Some("0"));
            } else {
                answer.assert_error(502, "upstream_failed");
            }
            assert_eq!(edge.sandbox.token_requests().len(), 3, "{kind:?}");
        }
    }
}

#[test]
fn does_not_try_again_what_cannot_get_better() {
    for profile in [Profile::Pica, Profile::One] {
        let mut edge = profile.lease();
        for kind in lasting() {
            set(&mut edge, vec![Fault::token(kind.clone())]);
            edge.send(&Request::post())
                .assert_error(502, "upstream_failed");
            assert_eq!(edge.sandbox.token_requests().len(), 1, "{kind:?}");
        }
    }
}

#[test]
fn believes_no_answer_of_the_wrong_shape() {
    let mut edge = Profile::Pica.lease();
    for shape in [
        WrongShape::ArrayInsteadOfObject,
        WrongShape::RowsMissing,
        WrongShape::RowsNotArray,
        WrongShape::PagesMissing,
        WrongShape::PagesString,
        WrongShape::PagesNegative,
        WrongShape::PagesFractional,
        WrongShape::DuplicateRows,
        WrongShape::EmptyBody,
    ] {
        set(&mut edge, vec![Fault::token(FaultKind::WrongShape(shape))]);
        edge.send(&Request::post())
            .assert_error(502, "upstream_failed");
        // What has rows is a page, and its count will be the same the next time.
        let tries = match shape {
            WrongShape::PagesMissing
            | WrongShape::PagesString
            | WrongShape::PagesNegative
            | WrongShape::PagesFractional => 1,
            _ => 3,
        };
        assert_eq!(edge.sandbox.token_requests().len(), tries, "{shape:?}");

        // A single page says nothing about others, so its page count is the widget's business.
        let answer = edge.send(&Request::post().at("/api/authkit?page=1"));
        match shape {
            WrongShape::PagesMissing
            | WrongShape::PagesString
            | WrongShape::PagesNegative
            | WrongShape::PagesFractional => drop(answer.assert_token()),
            _ => drop(answer.assert_error(502, "upstream_failed")),
        }
    }
}

#[test]
fn never_takes_the_key_to_where_a_redirect_points() {
    for profile in [Profile::Pica, Profile::One] {
        let mut edge = profile.lease();
        for status in [301, 302, 303, 307, 308] {
            let location = format!("{}/_sandbox/trap", edge.sandbox.base_url());
            let kind = FaultKind::Redirect { status, location };
            set(
                &mut edge,
                vec![Fault::token(kind.clone()), Fault::flags(kind)],
            );
            edge.send(&Request::post())
                .assert_error(502, "upstream_failed");
            edge.assert_upstream_idle();
            let requests = edge.sandbox.requests();
            assert!(
                requests.iter().all(|request| request.route != Route::Trap),
                "{requests:?}"
            );
        }
    }
}

#[test]
fn stops_reading_what_is_too_large() {
    let mut edge = Profile::Pica.lease();
    for kind in [
        FaultKind::Oversized {
            bytes: 100_000_000,
            content_length: true,
        },
        FaultKind::Oversized {
            bytes: 100_000_000,
            content_length: false,
        },
        FaultKind::ZipBomb {
            bytes: 1_000_000_000,
        },
    ] {
        set(&mut edge, vec![Fault::token(kind.clone())]);
        edge.send(&Request::post())
            .assert_error(502, "upstream_failed");
        edge.assert_upstream_idle();
        let calls = edge.sandbox.token_requests();
        assert_eq!(calls.len(), 1, "{kind:?}");
        assert!(!calls[0].completed, "{kind:?} was read to its end");
    }
}

#[test]
fn reads_what_is_large_but_not_too_large() {
    let mut edge = Profile::Pica.lease();
    for content_length in [true, false] {
        let kind = FaultKind::Oversized {
            bytes: 16 * 1024 * 1024,
            content_length,
        };
        set(&mut edge, vec![Fault::token(kind)]);
        let token = edge.send(&Request::post()).assert_token();
        assert_eq!(token["total"], 1);
    }
}

#[test]
fn refuses_pages_that_are_too_much_together() {
    let edge = Profile::Pica.lease();
    // Five pages of 8 MB.
    edge.sandbox.update(|settings| {
        settings.catalogue = 700;
        settings.row_padding = 60_000;
    });
    edge.send(&Request::post())
        .assert_error(502, "upstream_failed");
    edge.assert_upstream_idle();
}

#[test]
fn asks_no_more_when_the_page_count_is_a_lie() {
    let mut edge = Profile::Pica.lease();
    for claim in [101, 1_000_000_000, u64::MAX] {
        edge.start_over();
        edge.sandbox
            .update(|settings| settings.pages_claim = Some(claim));
        edge.send(&Request::post())
            .assert_error(502, "upstream_failed");
        assert_eq!(edge.sandbox.token_requests().len(), 1, "{claim}");
    }
}

#[test]
fn mints_a_token_whatever_becomes_of_the_flags() {
    let mut edge = Profile::Pica.lease();
    let wrong = [
        FaultKind::WrongShape(WrongShape::PagesString),
        FaultKind::Oversized {
            bytes: 100_000_000,
            content_length: false,
        },
        FaultKind::ZipBomb { bytes: 100_000_000 },
    ];
    let many = passing().map(|kind| (kind, 3)).into_iter();
    let once = lasting().into_iter().chain(wrong).map(|kind| (kind, 1));
    for (kind, calls) in many.chain(once) {
        set(&mut edge, vec![Fault::flags(kind.clone())]);
        edge.sandbox.update(|settings| settings.white_label = true);
        let token = edge.send(&Request::post()).assert_token();
        assert_eq!(token["isWhiteLabel"], false, "{kind:?}");
        assert_eq!(edge.sandbox.flags_requests().len(), calls, "{kind:?}");
        assert_eq!(edge.sandbox.token_requests().len(), 3, "{kind:?}");
    }
}

#[test]
fn aborts_the_other_pages_when_one_is_refused() {
    let mut edge = Profile::Pica.lease();
    let mut faults = vec![Fault::token(status(401, None)).on_page(2)];
    faults.extend((3..=7).map(|page| Fault::token(FaultKind::Hang).on_page(page)));
    set(&mut edge, faults);
    edge.sandbox.update(|settings| settings.catalogue = 700);
    edge.send(&Request::post())
        .assert_error(502, "upstream_failed");
    edge.assert_upstream_idle();
    let calls = edge.sandbox.token_requests();
    assert!(calls.len() <= 7, "{calls:?}");
    let hung = calls.iter().filter(|call| call.page > Some(2));
    assert!(hung.clone().all(|call| !call.completed), "{calls:?}");
    edge.assert_upstream_idle();
}
