//! docs/scale.md: its scenarios, and their figures as Markdown.

use std::time::Duration;

use crate::figures::Figures;
use crate::scenario::{Reset, Scenario, WINDOW};

/// A column: its head, and what stands below.
type Column = (&'static str, fn(&Figures) -> String);

const TOKENS: Column = ("tokens a minute", |figures| {
    whole(figures.per_minute(figures.minted))
});
const MINTED: Column = ("got a token", |figures| percent(figures, figures.minted));
const REFUSED: Column = ("told to wait", |figures| percent(figures, figures.refused));
const TIMED_OUT: Column = ("timed out", |figures| percent(figures, figures.timed_out));
const CALLS: Column = ("calls a token", |figures| {
    format!("{:.1}", figures.calls_per_token())
});
const WASTED: Column = ("refused calls a minute", |figures| {
    whole(figures.per_minute(figures.refused_calls))
});
const CONNECTIONS: Column = ("connections at most", |figures| {
    figures.most_connections.to_string()
});
const MEDIAN: Column = ("median time", |figures| millis(figures.duration(50)));
const SLOWEST: Column = ("99 % within", |figures| millis(figures.duration(99)));

/// Where it is.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scale.md");

const BEGIN: &str = "<!-- figures: make scale -->\n";
const END: &str = "<!-- end of figures -->\n";

/// The document with these figures.
///
/// # Panics
/// When its markers are gone.
#[must_use]
pub fn with_figures(text: &str, figures: &str) -> String {
    let (before, rest) = text.split_once(BEGIN).expect("the first marker");
    let (_, after) = rest.split_once(END).expect("the second marker");
    format!("{before}{BEGIN}\n{figures}\n{END}{after}")
}

/// The figures, by running every scenario.
#[must_use]
pub fn figures() -> String {
    [
        one_isolate(),
        more_people(),
        more_isolates(),
        new_isolates(),
        longer_lists(),
        people_who_come_back(),
        slower_upstream(),
    ]
    .join("\n")
}

fn more_people() -> String {
    let rows = [30, 60, 120, 150, 180, 300, 1000, 3000].map(|asked_per_minute| {
        let name = asked_per_minute.to_string();
        (
            name,
            Scenario {
                asked_per_minute,
                ..Scenario::default()
            },
        )
    });
    let columns = [TOKENS, REFUSED, CALLS, WASTED, CONNECTIONS, MEDIAN, SLOWEST];
    table("More and more people", "asked a minute", &columns, rows)
}

fn more_isolates() -> String {
    let rows = [Some(1), Some(10), Some(100), Some(1000), None].map(|isolates| {
        let name = isolates.map_or("one for each request".to_owned(), |count| count.to_string());
        let asked_per_minute = 1000;
        (
            name,
            Scenario {
                asked_per_minute,
                isolates,
                ..Scenario::default()
            },
        )
    });
    let columns = [TOKENS, REFUSED, CALLS, WASTED, CONNECTIONS, MEDIAN, SLOWEST];
    table(
        "1000 people a minute, on more and more isolates",
        "isolates",
        &columns,
        rows,
    )
}

fn new_isolates() -> String {
    let rows = [
        ("nowhere", 0),
        ("in one data centre", 1),
        ("in 10, each for itself", 10),
        ("in 100", 100),
    ]
    .map(|(name, caches)| {
        let scenario = Scenario {
            isolates: None,
            caches,
            ..Scenario::default()
        };
        (name.to_owned(), scenario)
    });
    let columns = [TOKENS, REFUSED, CALLS, CONNECTIONS, MEDIAN, SLOWEST];
    let title = "60 people a minute, one isolate for each request, with notes";
    table(title, "notes are kept", &columns, rows)
}

fn longer_lists() -> String {
    let rows = [1, 3, 10, 30, 100].map(|pages| {
        let name = pages.to_string();
        (
            name,
            Scenario {
                pages,
                ..Scenario::default()
            },
        )
    });
    let columns = [TOKENS, REFUSED, CALLS, WASTED, CONNECTIONS, MEDIAN, SLOWEST];
    table(
        "60 people a minute, and a longer and longer list",
        "pages",
        &columns,
        rows,
    )
}

fn people_who_come_back() -> String {
    let rows = [
        ("never, 60 s", 0, Reset::WholeWindow),
        ("never, what is left", 0, Reset::RestOfWindow),
        ("up to 5 times, 60 s", 5, Reset::WholeWindow),
        ("up to 5 times, what is left", 5, Reset::RestOfWindow),
    ]
    .map(|(name, comebacks, reset)| {
        let asked_per_minute = 300;
        let scenario = Scenario {
            asked_per_minute,
            comebacks,
            reset,
            ..Scenario::default()
        };
        (name.to_owned(), scenario)
    });
    let columns = [MINTED, REFUSED, CALLS, WASTED, CONNECTIONS];
    let title = "300 people a minute, who wait as they are told and come back";
    table(title, "they come back; Pica says to wait", &columns, rows)
}

fn slower_upstream() -> String {
    let rows = [150, 500, 1000, 2000, 4000].map(|number| {
        let median_latency = Duration::from_millis(number);
        (
            millis(median_latency),
            Scenario {
                median_latency,
                ..Scenario::default()
            },
        )
    });
    let columns = [TOKENS, TIMED_OUT, CALLS, CONNECTIONS, MEDIAN, SLOWEST];
    table(
        "60 people a minute, and a slower and slower Pica",
        "Pica's median",
        &columns,
        rows,
    )
}

fn table<const N: usize>(
    title: &str,
    first: &str,
    columns: &[Column],
    rows: [(String, Scenario); N],
) -> String {
    let heads = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let rows = rows.map(|(name, scenario)| {
        let figures = scenario.run();
        let cells = columns.iter().map(|(_, cell)| cell(&figures));
        [name].into_iter().chain(cells).collect()
    });
    lines(title, first, heads, &rows)
}

/// What one isolate could do by its processor alone, beside what Pica lets an account do.
fn one_isolate() -> String {
    let rows = [1_u32, 3, 10].map(|pages| {
        let instructions = budget(pages);
        let by_limit =
            f64::from(Scenario::default().limit) / WINDOW.as_secs_f64() / f64::from(pages);
        let by_processor = INSTRUCTIONS_A_SECOND / f64::from(instructions);
        vec![
            pages.to_string(),
            format!("{:.1} million", f64::from(instructions) / 1e6),
            whole(by_processor),
            format!("{by_limit:.1}"),
        ]
    });
    let heads = [
        "instructions a token",
        "tokens a second by the processor",
        "by Pica's limit",
    ];
    lines(
        "One isolate",
        "pages",
        heads.map(str::to_owned).into(),
        &rows,
    )
}

/// What a processor does in a second, with much to spare: the counts are native, and WebAssembly
/// takes more.
const INSTRUCTIONS_A_SECOND: f64 = 1e9;

/// The instructions that a token of so many pages may take.
fn budget(pages: u32) -> u32 {
    let budgets = include_str!("../../core/budgets.toml").lines();
    let name = format!("request_of_{pages}_page");
    let line = budgets
        .filter_map(|line| line.split_once(" = "))
        .find_map(|(known, number)| (known.trim_end_matches('s') == name).then_some(number));
    let number = line.expect("it has a budget").replace('_', "");
    number.parse().expect("it is a number")
}

fn lines(title: &str, first: &str, heads: Vec<String>, rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut head = vec![first.to_owned()];
    head.extend(heads);
    let rule = vec!["---:".to_owned(); head.len()];
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("### {title}\n\n{}{}{body}", line(&head), line(&rule))
}

fn percent(figures: &Figures, people: u32) -> String {
    format!("{} %", whole(figures.percent(people)))
}

fn whole(number: f64) -> String {
    format!("{number:.0}")
}

fn millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
