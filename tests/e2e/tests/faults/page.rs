//! docs/reliability.md has the matrix that is run.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::{env, fs};

use authkit_edge_e2e::root;

use crate::matrix::{
    Expected, Memory, NO_KEYS, Provider, Route, VAULT_ROUTES, VaultRoute, combinations,
    flags_faults, keys_faults, session_faults, token_faults, vault_faults,
};

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- end of matrix -->";

/// Set to write the page anew instead of comparing it.
const WRITE: &str = "WRITE_MATRIX";

#[test]
fn the_page_shows_the_matrix_that_is_run() {
    let path = root().join("docs/reliability.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for it");
    let (found, after) = rest.split_once(END).expect("which ends");
    let matrix = matrix();
    if env::var_os(WRITE).is_some() {
        fs::write(path, format!("{before}{BEGIN}{matrix}{END}{after}")).unwrap();
        return;
    }
    assert!(
        found == matrix,
        "docs/reliability.md has another matrix: run `make test-faults {WRITE}=1`"
    );
}

#[test]
fn there_are_forty_combinations_and_more() {
    assert!(combinations() >= 40);
}

fn matrix() -> String {
    let mut text = format!(
        "{} combinations. Calls are those to Pica; One gives the list in two pages and not in three.\n\n\
         | Token calls: | The whole list | calls, cold | calls, warm | One page | calls |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        combinations()
    );
    for row in token_faults() {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            cell(row.whole),
            count(&row.calls(Route::Whole, Memory::Cold, Provider::Pica)),
            count(&row.calls(Route::Whole, Memory::Warm, Provider::Pica)),
            cell(row.one_page),
            count(&row.calls(Route::OnePage, Memory::Cold, Provider::Pica)),
        );
    }
    text += "\n| The vault: | list | delete, where the list fails | where the delete fails | where its \
             answer is lost |\n| --- | --- | --- | --- | --- |\n";
    for row in vault_faults() {
        let cells = VAULT_ROUTES.map(|route| {
            let (expected, calls) = row.expected(route);
            let got = match expected {
                Expected::Token if route == VaultRoute::List => "list".to_owned(),
                Expected::Token => "204".to_owned(),
                error @ Expected::Error(..) => cell(error),
            };
            format!("{got}, {} calls", count(&calls))
        });
        let _ = writeln!(text, "| {} | {} |", row.name, cells.join(" | "));
    }
    text += "\n| Flags calls: | The whole list, cold and warm | calls |\n| --- | --- | --- |\n";
    for (name, _, calls) in flags_faults() {
        let calls = count(&calls);
        let _ = writeln!(
            text,
            "| {name} | token, `isWhiteLabel` is `false` | {calls} |"
        );
    }
    text += "\n| Loads of keys: | No keys yet: token, grant | Keys known: token, grant |\n\
             | --- | --- | --- |\n";
    for (name, _) in keys_faults() {
        let _ = writeln!(text, "| {name} | {} | token, grant |", cell(NO_KEYS));
    }
    text += "\n| Your application, when it is asked for a session: | token, grant, list, delete | \
             questions |\n| --- | --- | --- |\n";
    for (name, _, expected) in session_faults() {
        let _ = writeln!(text, "| {name} | {} | 1 |", cell(expected));
    }
    text
}

fn cell(expected: Expected) -> String {
    match expected {
        Expected::Token => "token".to_owned(),
        Expected::Error(status, code) => format!("{status} `{code}`"),
    }
}

fn count(calls: &RangeInclusive<usize>) -> String {
    if calls.start() == calls.end() {
        calls.start().to_string()
    } else {
        format!("{}–{}", calls.start(), calls.end())
    }
}
