//! What the upstream may do wrong, and what becomes of it.

use authkit_edge::runtime::ReadError;

use crate::support::{Call, Plan, TestApp, TestRequest, assert_error, json};

const PAGE: &str = r#"{"rows":[],"pages":1,"requestId":1}"#;

/// An upstream whose flags are fine and whose pages are `pages`.
fn app(pages: impl Fn(&Call) -> Plan + 'static) -> TestApp {
    TestApp::new().upstream(move |call| {
        if call.is_flags() {
            Plan::json(r#"{"authkitWhitelist":false}"#)
        } else {
            pages(call)
        }
    })
}

/// The kind: what the upstream or a proxy before it may do once and not again. The official SDK tries
/// its pages again on any fault; ours does on any that says nothing of the key or the request.
fn passing() -> Vec<Plan> {
    let statuses = [
        408, 421, 425, 500, 502, 503, 504, 506, 507, 509, 520, 521, 522, 523, 524, 525, 526, 527,
        529, 530, 540, 598, 599,
    ];
    let bodies = [
        "",
        " ",
        "<html><title>502 Bad Gateway</title></html>",
        "upstream connect error",
        r#"{"rows":[],"pages":1"#,
        r#"{"rows":[{"id":1},"#,
        "[]",
        "null",
        "{}",
        r#"{"message":"try again"}"#,
        r#"{"rows":null,"pages":1}"#,
        "\u{1f}\u{8b}",
    ];
    let mut plans: Vec<Plan> = statuses.map(Plan::status).into();
    plans.extend(bodies.map(Plan::json));
    plans.extend([
        Plan::json("<html>").header("content-type", "text/html"),
        Plan::status(503).header("retry-after", "0.5"),
        Plan::status(429).header("retry-after", "1"),
        Plan::status(429).header("retry-after", "0.5"),
        Plan::unreachable(),
        Plan::broken_body(ReadError::Broken),
    ]);
    plans
}

#[test]
fn tries_again_what_may_pass() {
    for fault in passing() {
        let app = app(move |call| match call.earlier {
            0 | 1 => fault.clone(),
            _ => Plan::json(PAGE),
        });
        let outcome = app.send(&TestRequest::post());
        assert_eq!(outcome.response.status, 200);
        assert_eq!(app.edge.token_calls().len(), 3);
        assert_eq!(outcome.record.upstream_attempts, 4);
    }
}

#[test]
fn tries_three_times_and_no_more() {
    for (fault, status, code) in [
        (Plan::status(502), 502, "upstream_failed"),
        (Plan::status(503), 502, "upstream_failed"),
        (Plan::status(504), 502, "upstream_failed"),
        (Plan::status(500), 502, "upstream_failed"),
        (Plan::status(520), 502, "upstream_failed"),
        (Plan::json("<html>"), 502, "upstream_failed"),
        (Plan::json(""), 502, "upstream_failed"),
        (Plan::unreachable(), 502, "upstream_failed"),
        (Plan::broken_body(ReadError::Broken), 502, "upstream_failed"),
        (
            Plan::status(429).header("retry-after", "0"),
            429,
            "rate_limited",
        ),
    ] {
        let app = app(move |_| fault.clone());
        assert_error(&app.send(&TestRequest::post()), status, code);
        assert_eq!(app.edge.token_calls().len(), 3, "{status} {code}");
    }
}

#[test]
fn does_not_try_again_what_cannot_get_better() {
    for plan in [
        Plan::status(301).header("location", "https://evil.example/"),
        Plan::status(307).header("location", "https://evil.example/"),
        Plan::status(400),
        Plan::status(401),
        Plan::status(402),
        Plan::status(403),
        Plan::status(404),
        Plan::status(409),
        Plan::status(422),
        Plan::status(501),
        Plan::status(505),
        Plan::json(r#"{"rows":[]}"#),
        Plan::json(r#"{"rows":[],"pages":"1"}"#),
        Plan::json(r#"{"rows":[],"pages":-1}"#),
        Plan::json(r#"{"rows":[],"pages":1.5}"#),
        Plan::broken_body(ReadError::TooLarge),
    ] {
        let app = app(move |_| plan.clone());
        let outcome = app.send(&TestRequest::post());
        assert_error(&outcome, 502, "upstream_failed");
        assert_eq!(json(&outcome)["error"], "Failed to generate token");
        assert_eq!(app.edge.token_calls().len(), 1);
    }
}

#[test]
fn makes_nobody_wait_for_a_rate_limit_that_outlasts_the_deadline() {
    for (plan, wait) in [
        (Plan::status(429).header("retry-after", "30"), "30"),
        (
            Plan::status(429).header("x-pica-rate-limit-reset", "60"),
            "60",
        ),
        (Plan::status(429), "60"),
    ] {
        let app = app(move |_| plan.clone());
        let outcome = app.send(&TestRequest::post());
        assert_error(&outcome, 429, "rate_limited");
        assert_eq!(outcome.response.headers.get("retry-after"), Some(wait));
        assert_eq!(app.edge.token_calls().len(), 1);
        assert_eq!(app.edge.elapsed(), 0);
    }
}

#[test]
fn sheds_nobody_for_a_wait_of_less_than_a_second() {
    let app = app(|call| match call.earlier {
        0 => Plan::status(429).header("retry-after", "0.5"),
        _ => Plan::json(PAGE),
    });
    let isolate = app.isolate();
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
    assert_eq!(app.edge.elapsed(), 1_000);
    assert_eq!(isolate.send(&TestRequest::post()).response.status, 200);
}

#[test]
fn honours_a_wait_that_fits() {
    let app = app(|call| match call.earlier {
        0 => Plan::status(503).header("retry-after", "2"),
        _ => Plan::json(PAGE),
    });
    assert_eq!(app.send(&TestRequest::post()).response.status, 200);
    assert_eq!(app.edge.elapsed(), 2_000);
}

#[test]
fn gives_up_at_the_deadline_whatever_hangs() {
    for plan in [
        Plan::json(PAGE).hang(),
        Plan::json(PAGE).hang_body(),
        Plan::json(PAGE).after(60_000),
    ] {
        let app = app(move |_| plan.clone()).with("UPSTREAM_DEADLINE_MS", "1000");
        assert_error(&app.send(&TestRequest::post()), 504, "upstream_timeout");
        assert!(app.edge.elapsed() <= 1_000, "{} ms", app.edge.elapsed());
        assert_eq!(app.edge.aborted(), app.edge.token_calls().len());
    }
}

#[test]
fn gives_a_try_that_hangs_a_second_chance() {
    let app = app(|call| match call.earlier {
        0 => Plan::json(PAGE).hang(),
        _ => Plan::json(PAGE),
    });
    assert_eq!(app.send(&TestRequest::post()).response.status, 200);
    // Half the deadline, then the mean of the first back-off.
    assert_eq!(app.edge.elapsed(), 4_050);
}

#[test]
fn shares_one_deadline_among_all_pages() {
    let app = app(|call| {
        let body = r#"{"rows":[],"pages":30}"#;
        if call.page() == 1 {
            Plan::json(body)
        } else {
            Plan::json(body).after(3_000)
        }
    });
    assert_error(&app.send(&TestRequest::post()), 504, "upstream_timeout");
    assert!(app.edge.elapsed() <= 8_000);
}

#[test]
fn refuses_a_page_count_that_lies_without_a_flood() {
    for count in ["1000000000", "101", "18446744073709551615"] {
        let app = app(move |_| Plan::json(format!(r#"{{"rows":[],"pages":{count}}}"#)));
        assert_error(&app.send(&TestRequest::post()), 502, "upstream_failed");
        assert_eq!(app.edge.token_calls().len(), 1);
    }
    // 18446744073709551616 pages is not even a number of pages.
    let app = app(|_| Plan::json(r#"{"rows":[],"pages":18446744073709551616}"#));
    assert_error(&app.send(&TestRequest::post()), 502, "upstream_failed");
}

#[test]
fn serves_as_many_pages_as_the_limit_says() {
    let app = app(|_| Plan::json(r#"{"rows":[0],"pages":100}"#));
    let token = json(&app.send(&TestRequest::post()));
    assert_eq!(token["rows"].as_array().unwrap().len(), 100);
}

#[test]
fn refuses_pages_that_are_too_much_together() {
    let page = format!(
        r#"{{"rows":["{}"],"pages":5}}"#,
        "x".repeat(8 * 1024 * 1024)
    );
    let app = app(move |_| Plan::json(page.clone()));
    assert_error(&app.send(&TestRequest::post()), 502, "upstream_failed");
}

#[test]
fn aborts_the_other_pages_when_one_is_refused() {
    let app = app(|call| match call.page() {
        1 => Plan::json(r#"{"rows":[],"pages":10}"#),
        2 => Plan::status(401).after(10),
        _ => Plan::json(r#"{"rows":[],"pages":10}"#).after(500),
    });
    assert_error(&app.send(&TestRequest::post()), 502, "upstream_failed");
    assert_eq!(app.edge.elapsed(), 10);
    // Pages 3 to 7, and the refused one, whose error text nobody reads.
    assert_eq!(app.edge.aborted(), 6);
}

#[test]
fn never_repeats_upstream_text() {
    let app = app(|_| Plan::status(400));
    let outcome = app.send(&TestRequest::post());
    let body = String::from_utf8(outcome.response.body).unwrap();
    assert!(!body.contains("sandbox-error-detail"), "{body}");
}
