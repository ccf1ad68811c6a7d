//! The integration list: which rows there are, and their exact JSON text.
//!
//! Rows are written as text, never through `serde_json::Value`: some of them carry numbers such as
//! `9007199254740993` and `1.10` whose very digits a client has to pass on.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Mutex;

use bytes::Bytes;

use crate::catalogue_names::CATEGORIES;
use crate::sync::lock;

/// Fields that break a careless merger, added to every fifth row in turn, so that any page of 100
/// has all of them and a catalogue of one row has the first.
const TRAPS: [&str; 10] = [
    r#""revision":9007199254740993"#,
    r#""note":"a string with ],\"rows\":[ in it, and {\"pages\":7}""#,
    r#""weight":1.10"#,
    r#""guide":null"#,
    r#""rows":[1,2,{"rows":[]}]"#,
    r#""localized":{"fr":"Café d’été","ja":"日本語","emoji":"🧩","separators":"a\u2028b\u2029c"}"#,
    r#""features":{"oauth":{"pkce":true,"flows":["code",["refresh",{"rotating":null}]]},"beta":{}}"#,
    r#""quota":1E+2"#,
    r#""path":"C:\\temp\\new \"quoted\" \/ \ud83e\udde9 \t""#,
    r#""page":"first","total":-0.0"#,
];

/// What decides the text of a row, together with its index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Number of rows in all.
    pub(crate) rows: u32,
    /// Extra bytes in each row.
    pub(crate) padding: u32,
    /// Whether rows are of the live environment, else of the test one.
    pub(crate) live: bool,
}

/// One page of the list.
pub(crate) struct Listing {
    /// The rows as JSON text, separated by commas, without the brackets.
    pub(crate) rows: Bytes,
    pub(crate) total: u64,
    pub(crate) pages: u64,
    pub(crate) page: u64,
}

/// Rendered pages of the catalogue in use, so that a token call costs no rendering.
#[derive(Default)]
pub(crate) struct Catalogue {
    rendered: Mutex<Option<Rendered>>,
}

struct Rendered {
    look: Look,
    /// By page number and limit. Both are bounded: pages beyond the end are not kept.
    pages: HashMap<(u64, u64), Bytes>,
}

impl Catalogue {
    /// Page `page` (from 1) of `limit` rows each; both must be at least 1.
    pub(crate) fn page(&self, look: Look, page: u64, limit: u64) -> Listing {
        let total = u64::from(look.rows);
        // An empty list still has its one page. What the real API says there is not known.
        let pages = total.div_ceil(limit).max(1);
        let rows = if page > pages {
            Bytes::new()
        } else {
            self.rows_of(look, page, limit)
        };
        Listing {
            rows,
            total,
            pages,
            page,
        }
    }

    fn rows_of(&self, look: Look, page: u64, limit: u64) -> Bytes {
        let mut rendered = lock(&self.rendered);
        let rendered = match &mut *rendered {
            Some(current) if current.look == look => current,
            stale => stale.insert(Rendered {
                look,
                pages: HashMap::new(),
            }),
        };
        let text = rendered.pages.entry((page, limit)).or_insert_with(|| {
            let first = (page - 1) * limit;
            let end = (first + limit).min(u64::from(look.rows));
            let rows: Vec<String> = (first..end).map(|index| row(look, index)).collect();
            Bytes::from(rows.join(","))
        });
        text.clone()
    }
}

/// The JSON text of the row at `index`, counted from 0.
pub(crate) fn row(look: Look, index: u64) -> String {
    let (title, category) = name(index);
    let slug = slug(&title);
    let id = 1000 + index;
    let definition = 5000 + 3 * index;
    let environment = if look.live { "live" } else { "test" };
    let active = index % 17 != 16;
    let shared_app = index.is_multiple_of(2);
    // Some ids are numbers and some are texts, as in the published description.
    let row_id = match index % 4 {
        3 => format!(r#""conn_def_{id}C""#),
        _ => id.to_string(),
    };

    let mut text = format!(
        r#"{{"id":{row_id},"connectionDefId":{definition},"type":"{slug}","title":"{title}","image":"https://assets.example.com/connectors/{slug}.svg","environment":"{environment}","tags":["{category}"],"active":{active},"useDefaultOauthCreds":{shared_app}"#,
    );
    // Writing to a String cannot fail, so the results below carry nothing.
    if index.is_multiple_of(3) {
        let _ = write!(
            text,
            r#","scopes":"read:{slug} write:{slug}","clientIdDisplay":"client-{id}","secretId":"secret::{environment}::{id}""#,
        );
    }
    if index.is_multiple_of(2) {
        let activated = 1_735_689_600_000 + index * 86_400_000;
        let _ = write!(
            text,
            r#","activatedAt":{activated},"createdAt":"2025-01-01T00:00:00.000Z""#
        );
    }
    if index % 7 == 1 {
        let _ = write!(text, r#","guide":"https://docs.example.com/guides/{slug}""#);
    }
    if index.is_multiple_of(5)
        && let Some(trap) = TRAPS.get(at(index / 5) % TRAPS.len())
    {
        let _ = write!(text, ",{trap}");
    }
    if look.padding > 0 {
        let width = at(u64::from(look.padding));
        let _ = write!(text, r#","padding":"{:x<width$}""#, "");
    }
    text.push('}');
    text
}

/// Title and category. Names go round the categories, so that the first page is a mixed one.
fn name(index: u64) -> (String, &'static str) {
    let count = CATEGORIES.len();
    let (category, products) = match CATEGORIES.get(at(index) % count) {
        Some((category, products)) => (*category, products.as_slice()),
        None => ("", [].as_slice()),
    };
    match products.get(at(index) / count) {
        Some(product) => ((*product).to_owned(), category),
        None => (format!("Integration {}", index + 1), category),
    }
}

/// An index as the machine's own integer; both are of 64 bits wherever this runs.
fn at(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// `Google Sheets` → `google-sheets`.
fn slug(title: &str) -> String {
    let words: Vec<&str> = title
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    //! The text of rows; paging over HTTP is in `tests/`.

    use std::collections::HashSet;

    use serde_json::Value;

    use super::{Look, TRAPS, name, row};

    const LOOK: Look = Look {
        rows: 700,
        padding: 0,
        live: false,
    };

    #[test]
    fn every_row_is_valid_json_with_a_type_and_title_of_its_own() {
        let mut types = HashSet::new();
        let mut titles = HashSet::new();
        for index in 0..700 {
            let text = row(LOOK, index);
            let parsed: Value = serde_json::from_str(&text).expect(&text);
            assert!(types.insert(parsed["type"].to_string()), "{text}");
            assert!(titles.insert(parsed["title"].to_string()), "{text}");
        }
    }

    #[test]
    fn real_names_fill_the_first_250_rows_and_numbers_follow() {
        let generated = |index| name(index).0.starts_with("Integration ");
        assert!((0..250).all(|index| !generated(index)));
        assert_eq!(name(250).0, "Integration 251");
        assert_eq!(name(0).0, "Gmail");
    }

    #[test]
    fn the_first_fifty_rows_carry_every_trap_to_the_letter() {
        let text: Vec<String> = (0..50).map(|index| row(LOOK, index)).collect();
        let text = text.join(",");
        for trap in TRAPS {
            assert!(text.contains(trap), "{trap}");
        }
    }

    #[test]
    fn padding_makes_each_row_longer_by_at_least_that_many_bytes() {
        let padded = Look {
            padding: 1024,
            ..LOOK
        };
        assert!(row(padded, 3).len() >= row(LOOK, 3).len() + 1024);
    }
}
