//! What must hold at any scale.

use std::fs;
use std::sync::LazyLock;

use authkit_edge::limits::{MAX_CONNECTIONS, MAX_TRIES};
use authkit_edge_simulation::document;
use authkit_edge_simulation::figures::Figures;
use authkit_edge_simulation::scenario::{Reset, Scenario};

/// Far more people than the account can serve.
fn overload() -> Scenario {
    Scenario {
        asked_per_minute: 1000,
        ..Scenario::default()
    }
}

/// Scenarios that have little in common, and what came of them.
static ALL_KINDS: LazyLock<[(Scenario, Figures); 5]> = LazyLock::new(|| {
    let scenarios = [
        Scenario::default(),
        overload(),
        Scenario {
            isolates: None,
            ..overload()
        },
        Scenario {
            comebacks: 3,
            reset: Reset::RestOfWindow,
            ..overload()
        },
        Scenario {
            pages: 30,
            ..overload()
        },
    ];
    scenarios.map(|scenario| {
        let figures = scenario.run();
        (scenario, figures)
    })
});

#[test]
fn nobody_is_refused_below_the_limit() {
    let (_, figures) = &ALL_KINDS[0];
    assert!(figures.minted > 500);
    assert_eq!((figures.refused, figures.timed_out), (0, 0));
    assert_eq!(figures.refused_calls, 0);
}

#[test]
fn everyone_who_is_refused_is_told_how_long_to_wait() {
    for (scenario, figures) in &*ALL_KINDS {
        assert_eq!(figures.timed_out, 0, "{scenario:?}");
        assert_eq!(figures.refusals, figures.refusals_with_wait, "{scenario:?}");
        assert!(figures.refusals > 0 || scenario.asked_per_minute == 60);
    }
}

#[test]
fn an_isolate_that_is_told_to_wait_makes_no_call() {
    for isolates in [1, 20, 100] {
        let scenario = Scenario {
            isolates: Some(isolates),
            ..overload()
        };
        let figures = scenario.run();
        assert!(figures.refusals > 1000, "{isolates}");
        assert_eq!(figures.calls_while_told, 0, "{isolates}");
    }
}

#[test]
fn no_request_has_more_connections_or_calls_than_the_limits_say() {
    for (scenario, figures) in &*ALL_KINDS {
        let most_connections = u32::try_from(MAX_CONNECTIONS).unwrap();
        assert!(
            figures.most_connections_of_one <= most_connections,
            "{scenario:?}"
        );
        let most_calls = (scenario.pages + 1) * MAX_TRIES;
        assert!(figures.most_calls_of_one <= most_calls, "{scenario:?}");
    }
}

#[test]
fn what_is_remembered_spares_the_account_most_refused_calls() {
    let [_, (_, remembering), (_, forgetful), ..] = &*ALL_KINDS;
    assert!(remembering.refused_calls * 20 < forgetful.refused_calls);
    assert!(remembering.minted > forgetful.minted);
}

#[test]
fn notes_spare_a_new_isolate_the_round_trip_for_the_number_of_pages() {
    let new = |caches| Scenario {
        isolates: None,
        caches,
        ..Scenario::default()
    };
    let [without, with] = [0, 1].map(|caches| new(caches).run());
    assert!(with.duration(50) < without.duration(50).mul_f64(0.75));
    // They cost no call, and save none: each isolate asks for all pages and the flags.
    assert!((with.calls_per_token() - without.calls_per_token()).abs() < 0.01);
    let scattered = new(100).run();
    assert!(scattered.duration(50) > with.duration(50));
}

#[test]
fn people_get_most_of_what_the_account_allows() {
    let (scenario, figures) = &ALL_KINDS[1];
    let allowed = f64::from(scenario.limit) / f64::from(scenario.pages);
    assert!(figures.per_minute(figures.minted) > 0.8 * allowed);
}

#[test]
fn a_run_is_like_the_last_one() {
    let (scenario, figures) = &ALL_KINDS[1];
    assert_eq!(&scenario.run(), figures);
    let other = Scenario {
        seed: 2,
        ..scenario.clone()
    };
    assert_ne!(&other.run(), figures);
}

#[test]
fn the_document_has_these_figures() {
    let text = fs::read_to_string(document::PATH).unwrap();
    let fresh = document::with_figures(&text, &document::figures());
    assert!(text == fresh, "docs/scale.md is old: run `make scale`");
}
