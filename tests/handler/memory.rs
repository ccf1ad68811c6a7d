//! What an isolate remembers between requests, and that nobody gets a wrong token by it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

use crate::support::{Call, Isolate, Plan, TestApp, TestRequest, assert_error, json as body};

/// A round trip to the upstream, in milliseconds.
const TRIP: u64 = 50;

/// An upstream whose list can change between requests.
#[derive(Clone, Default)]
struct List(Rc<RefCell<Answers>>);

#[derive(Default)]
struct Answers {
    pages: u32,
    /// What is answered for a page that is not there: an empty one, when this is none.
    beyond: Option<Plan>,
    /// What is answered for one page, instead.
    broken: Option<(u32, Plan)>,
    /// What is answered for any call, instead.
    always: Option<Plan>,
    white_label: bool,
}

impl List {
    fn of_pages(count: u32) -> Self {
        let list = Self::default();
        list.has_pages(count);
        list
    }

    fn app(&self) -> TestApp {
        let list = self.clone();
        TestApp::new().upstream(move |call| list.answer(call))
    }

    fn has_pages(&self, count: u32) {
        self.0.borrow_mut().pages = count;
    }

    fn answer(&self, call: &Call) -> Plan {
        let answers = self.0.borrow();
        if let Some(plan) = &answers.always {
            return plan.clone();
        }
        if call.is_flags() {
            let flags = json!({"authkitWhitelist": answers.white_label});
            return Plan::json(flags.to_string()).after(TRIP);
        }
        let (page, pages) = (call.page(), answers.pages);
        let rows = if page > pages {
            json!([])
        } else {
            json!([page])
        };
        let identity = &call.body.as_ref().expect("has a body")["identity"];
        let answer = json!({
            "rows": rows, "total": pages, "pages": pages, "page": page, "requestId": identity,
        });
        match (&answers.broken, &answers.beyond) {
            (Some((number, plan)), _) if page == *number => plan.clone(),
            (_, Some(plan)) if page > pages => plan.clone(),
            _ => Plan::json(answer.to_string()).after(TRIP),
        }
    }
}

fn rows(count: u32) -> Value {
    (1..=count).collect()
}

/// What a request cost.
struct Cost {
    trips: u64,
    calls: usize,
}

/// Sends a request and asserts that it gets a token with that many rows.
#[track_caller]
fn cost(app: &TestApp, isolate: &Isolate<'_>, count: u32) -> Cost {
    let (began, before) = (app.edge.elapsed(), app.edge.calls().len());
    let outcome = isolate.send(&TestRequest::post());
    assert_eq!(outcome.response.status, 200, "{}", body(&outcome));
    assert_eq!(body(&outcome)["rows"], rows(count));
    Cost {
        trips: (app.edge.elapsed() - began) / TRIP,
        calls: app.edge.calls().len() - before,
    }
}

#[test]
fn takes_two_round_trips_for_three_pages_and_one_when_it_knows_how_many() {
    let list = List::of_pages(3);
    let app = list.app();
    let isolate = app.isolate();
    let cold = cost(&app, &isolate, 3);
    assert_eq!((cold.trips, cold.calls), (2, 4), "flags and three pages");
    let warm = cost(&app, &isolate, 3);
    assert_eq!((warm.trips, warm.calls), (1, 3), "three pages");
}

#[test]
fn takes_two_round_trips_for_ten_known_pages_over_six_connections() {
    let list = List::of_pages(10);
    let app = list.app();
    let isolate = app.isolate();
    cost(&app, &isolate, 10);
    let warm = cost(&app, &isolate, 10);
    assert_eq!((warm.trips, warm.calls), (2, 10));
    assert_eq!(app.edge.most_open(), 6);
}

#[test]
fn fetches_what_a_grown_list_has_more() {
    let list = List::of_pages(2);
    let app = list.app();
    let isolate = app.isolate();
    cost(&app, &isolate, 2);
    list.has_pages(4);
    let grown = cost(&app, &isolate, 4);
    assert_eq!((grown.trips, grown.calls), (2, 4));
    assert_eq!(cost(&app, &isolate, 4).trips, 1, "and knows it then");
}

#[test]
fn drops_what_a_shrunk_list_no_longer_has_whatever_became_of_it() {
    for beyond in [
        None,
        Some(Plan::status(404)),
        Some(Plan::status(503)),
        Some(Plan::json("[]")),
        Some(Plan::json("{").after(2 * TRIP)),
        Some(Plan::json("{}").hang()),
        Some(Plan::json("{}").hang_body()),
        Some(Plan::unreachable()),
    ] {
        let list = List::of_pages(5);
        let app = list.app();
        let isolate = app.isolate();
        cost(&app, &isolate, 5);
        list.has_pages(2);
        list.0.borrow_mut().beyond = beyond;
        let shrunk = cost(&app, &isolate, 2);
        assert_eq!(shrunk.trips, 1);
        assert_eq!(cost(&app, &isolate, 2).calls, 2, "and knows it then");
    }
}

#[test]
fn fails_for_a_page_that_belongs_to_the_token() {
    let list = List::of_pages(3);
    let app = list.app();
    let isolate = app.isolate();
    cost(&app, &isolate, 3);
    // Page 3 fails before page 1 has told that it is there.
    list.0.borrow_mut().broken = Some((3, Plan::status(400)));
    assert_error(&isolate.send(&TestRequest::post()), 502, "upstream_failed");
}

#[test]
fn asks_for_flags_once_a_minute_for_all_identities() {
    let list = List::of_pages(1);
    list.0.borrow_mut().white_label = true;
    let app = list.app();
    let isolate = app.isolate();
    let ask = |user: &str| {
        let outcome = isolate.send(&TestRequest::anonymous().header("x-user-id", user));
        let token = body(&outcome);
        // The token itself is the identity's own, every time.
        assert_eq!(token["requestId"], user);
        token["isWhiteLabel"].as_bool()
    };
    let flags_calls = || {
        app.edge
            .calls()
            .iter()
            .filter(|call| call.is_flags())
            .count()
    };
    for user in ["ada", "bob", "ada"] {
        assert_eq!(ask(user), Some(true));
    }
    assert_eq!((flags_calls(), app.edge.token_calls().len()), (1, 3));

    list.0.borrow_mut().white_label = false;
    app.edge.pass(Duration::from_mins(1));
    assert_eq!(ask("ada"), Some(false));
    assert_eq!(flags_calls(), 2);
}

#[test]
fn asks_for_flags_every_time_when_told_to() {
    let list = List::of_pages(1);
    let app = list.app().with("FLAGS_CACHE_SECONDS", "0");
    let isolate = app.isolate();
    assert_eq!(cost(&app, &isolate, 1).calls, 2);
    assert_eq!(cost(&app, &isolate, 1).calls, 2);
}

#[test]
fn asks_for_flags_once_when_many_need_them_anew() {
    let list = List::of_pages(1);
    let app = list.app();
    let isolate = app.isolate();
    cost(&app, &isolate, 1);
    app.edge.pass(Duration::from_mins(1));
    let outcomes = isolate.send_together(&vec![TestRequest::post(); 20]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.response.status == 200)
    );
    let flags = app.edge.calls().into_iter().filter(Call::is_flags).count();
    assert_eq!(flags, 2);
}

#[test]
fn sheds_while_the_upstream_wants_to_be_left_alone() {
    let list = List::of_pages(1);
    let app = list.app();
    let isolate = app.isolate();
    list.0.borrow_mut().always = Some(Plan::status(429).header("retry-after", "20"));
    let limited = isolate.send(&TestRequest::post());
    assert_error(&limited, 429, "rate_limited");
    let calls = app.edge.calls().len();

    app.edge.pass(Duration::from_millis(4_500));
    let shed = isolate.send(&TestRequest::post());
    assert_error(&shed, 429, "rate_limited");
    assert_eq!(shed.response.headers.get("retry-after"), Some("16"));
    assert_eq!(shed.record.upstream_attempts, 0);
    assert_eq!(app.edge.calls().len(), calls, "nothing was asked");

    list.0.borrow_mut().always = None;
    app.edge.pass(Duration::from_millis(15_500));
    cost(&app, &isolate, 1);
}

#[test]
fn sheds_for_a_minute_at_most() {
    let list = List::of_pages(1);
    let app = list.app();
    let isolate = app.isolate();
    list.0.borrow_mut().always = Some(Plan::status(429).header("retry-after", "3600"));
    isolate.send(&TestRequest::post());
    list.0.borrow_mut().always = None;
    app.edge.pass(Duration::from_mins(1));
    cost(&app, &isolate, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn never_gives_wrong_rows_however_the_list_changes(
        lengths in vec(1_u32..=15, 1..8),
        beyond in option::of(400_u16..=504),
        white_label in any::<bool>(),
    ) {
        let list = List::default();
        list.0.borrow_mut().white_label = white_label;
        list.0.borrow_mut().beyond = beyond.map(Plan::status);
        let app = list.app();
        let isolate = app.isolate();
        let mut known = 1;
        for count in lengths {
            list.has_pages(count);
            let cost = cost(&app, &isolate, count);
            let asked = count.max(known);
            assert!(cost.trips <= u64::from(asked.div_ceil(6)) + 1, "{} trips", cost.trips);
            known = count;
        }
    }
}
