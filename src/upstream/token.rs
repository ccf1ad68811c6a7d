//! How pages become one token: rows spliced as text, and read only where some are left out.

use crate::http::target::{PageNumber, Selection};
use crate::identity::IdentityType;
use crate::json;
use crate::upstream::page::{Key, Page};
use crate::upstream::policy::IntegrationPolicy;

/// The part of the list that a caller is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Which rows there are for this caller.
    pub policy: &'a IntegrationPolicy,
    /// The type of the caller's identity.
    pub identity_type: IdentityType,
    /// Which of them are wanted.
    pub selection: Selection,
}

/// The JSON text of a token, in UTF-8.
///
/// One page is passed on as it is. Of several, the rows stand one after the other, `total` is the
/// first page's, `requestId` and whatever this version does not know are the last page's, and
/// `page` and `pages` are 1: what the official Node SDK answers, with nothing rounded or dropped.
///
/// `is_white_label` replaces what the pages say, where the contract has flags. With a `view`, rows
/// that it leaves out are left out, and `total`, `pages` and `page` are those of the rest. `None` of
/// no pages.
#[must_use]
pub fn assemble(
    pages: &[Page],
    is_white_label: Option<bool>,
    view: Option<View<'_>>,
) -> Option<Vec<u8>> {
    let (first, last) = (pages.first()?, pages.last()?);
    let excerpt = match view {
        None => Excerpt::all(pages),
        Some(view) => view.of(pages),
    };
    let rows: usize = excerpt.rows.iter().map(|list| list.len() + 1).sum();
    let mut token = Object::with_capacity(rows + 512);
    token.rows(&excerpt.rows);
    let counted = excerpt.total.map(|total| total.to_string());
    let told = first.get(&Key::Total);
    if let Some(total) = counted.as_deref().or(told) {
        token.member(&Key::Total, total);
    }
    if let Some((page, pages)) = excerpt.page_of {
        token.member(&Key::Pages, &pages.to_string());
        token.member(&Key::Page, &page.to_string());
    }
    for (key, value) in &last.members {
        match key {
            Key::Rows | Key::Total => {}
            Key::Page | Key::Pages if excerpt.page_of.is_some() => {}
            Key::IsWhiteLabel if is_white_label.is_some() => {}
            _ => token.member(key, value),
        }
    }
    if let Some(flag) = is_white_label {
        token.member(&Key::IsWhiteLabel, if flag { "true" } else { "false" });
    }
    Some(token.finish())
}

/// What a token has of the rows, and what it says of their number.
struct Excerpt<'a> {
    /// Rows, or lists of rows with commas between.
    rows: Vec<&'a [u8]>,
    /// How many there are; `None` for what the first page says.
    total: Option<u32>,
    /// The page that this is, and how many there are; `None` for what the last page says.
    page_of: Option<(u32, u32)>,
}

impl<'a> Excerpt<'a> {
    fn all(pages: &'a [Page]) -> Self {
        Self {
            rows: pages.iter().map(Page::row_list).collect(),
            total: None,
            page_of: (pages.len() > 1).then_some((1, 1)),
        }
    }
}

impl View<'_> {
    fn of<'a>(&self, pages: &'a [Page]) -> Excerpt<'a> {
        // As one page, the list is a page of so many rows that all are on it.
        let (page, limit) = match self.selection {
            Selection::Merged => (1, u32::MAX),
            Selection::Page(PageNumber { page, limit }) => (page, limit.max(1)),
        };
        let first = page.saturating_sub(1).saturating_mul(limit);
        let wanted = first..first.saturating_add(limit);
        let mut rows = Vec::new();
        let mut total = 0_u32;
        for page in pages {
            for row in page.rows() {
                if self.policy.shows(row, self.identity_type) {
                    if wanted.contains(&total) {
                        rows.push(row.as_bytes());
                    }
                    total = total.saturating_add(1);
                }
            }
        }
        Excerpt {
            rows,
            total: Some(total),
            page_of: Some((page, total.div_ceil(limit).max(1))),
        }
    }
}

/// A JSON object in the making.
struct Object(Vec<u8>);

impl Object {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn rows(&mut self, lists: &[&[u8]]) {
        self.push(r#"{"rows":["#);
        let lists = lists.iter().filter(|list| !list.is_empty());
        for (index, list) in lists.enumerate() {
            if index > 0 {
                self.push(",");
            }
            self.0.extend_from_slice(list);
        }
        self.push("]");
    }

    fn member(&mut self, key: &Key, value: &str) {
        self.push(",");
        match key {
            Key::Rows => self.push(r#""rows""#),
            Key::Total => self.push(r#""total""#),
            Key::Pages => self.push(r#""pages""#),
            Key::Page => self.push(r#""page""#),
            Key::RequestId => self.push(r#""requestId""#),
            Key::IsWhiteLabel => self.push(r#""isWhiteLabel""#),
            Key::Other(name) => self.push(&json::text(&**name)),
        }
        self.push(":");
        self.push(value);
    }

    fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        self.push("}");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use serde_json::{Value, json};

    use super::View;
    use crate::http::target::{PageNumber, Selection};
    use crate::identity::IdentityType;
    use crate::upstream::page::Page;
    use crate::upstream::policy::{Entry, IntegrationPolicy};

    fn assemble(pages: &[Page], is_white_label: Option<bool>) -> String {
        String::from_utf8(super::assemble(pages, is_white_label, None).unwrap()).unwrap()
    }

    fn page(text: &str) -> Page {
        Page::parse(text.into()).unwrap()
    }

    #[test]
    fn passes_one_page_on_as_it_is() {
        let only = page(
            r#"{"total":1.10,"rows":[ {"id":9007199254740993} ],"pages":0,"page":1,"requestId":"r","x":null}"#,
        );
        let token = assemble(&[only], Some(true));
        assert_eq!(
            token,
            r#"{"rows":[{"id":9007199254740993}],"total":1.10,"pages":0,"page":1,"requestId":"r","x":null,"isWhiteLabel":true}"#
        );
    }

    #[test]
    fn splices_rows_and_takes_the_last_request_id() {
        let pages = [
            page(r#"{"rows":[{"id":1},{"id":2}],"total":3,"pages":3,"page":1,"requestId":10}"#),
            page(r#"{"rows":[ ],"total":4,"pages":3,"page":2,"requestId":11}"#),
            page(
                "{\"rows\":[\n{\"id\":3}\n],\"total\":5,\"pages\":3,\"page\":3,\"requestId\":12,\"cursor\":[1.10]}",
            ),
        ];
        assert_eq!(
            assemble(&pages, Some(false)),
            r#"{"rows":[{"id":1},{"id":2},{"id":3}],"total":3,"pages":1,"page":1,"requestId":12,"cursor":[1.10],"isWhiteLabel":false}"#
        );
    }

    #[test]
    fn lets_the_flags_decide_where_there_are_flags() {
        let claims = r#"{"rows":[],"isWhiteLabel":true}"#;
        assert_eq!(
            assemble(&[page(claims)], Some(false)),
            r#"{"rows":[],"isWhiteLabel":false}"#
        );
        assert_eq!(assemble(&[page(claims)], None), claims);
    }

    #[test]
    fn escapes_names_that_it_does_not_know() {
        let token = assemble(&[page(r#"{"rows":[],"a\"\\\u0001é":1}"#)], None);
        let value: Value = serde_json::from_str(&token).unwrap();
        assert_eq!(value, json!({"rows": [], "a\"\\\u{1}é": 1}));
    }

    #[test]
    fn counts_what_a_view_leaves() {
        let pages = [
            page(
                r#"{"total":3,"rows":[{"title":"a"} , {"title":"b"}],"pages":2,"page":1,"requestId":10}"#,
            ),
            page(r#"{"rows":[{"title":"a","id":1.10}],"pages":2,"page":2,"requestId":11,"x":[ ]}"#),
        ];
        let policy = policy("b");
        let view = |selection| View {
            policy: &policy,
            identity_type: IdentityType::User,
            selection,
        };
        let assemble = |selection| {
            let token = super::assemble(&pages, None, Some(view(selection))).unwrap();
            String::from_utf8(token).unwrap()
        };
        assert_eq!(
            assemble(Selection::Merged),
            r#"{"rows":[{"title":"a"},{"title":"a","id":1.10}],"total":2,"pages":1,"page":1,"requestId":11,"x":[ ]}"#
        );
        assert_eq!(
            assemble(Selection::Page(PageNumber { page: 2, limit: 1 })),
            r#"{"rows":[{"title":"a","id":1.10}],"total":2,"pages":2,"page":2,"requestId":11,"x":[ ]}"#
        );
    }

    fn policy(blocked: &str) -> IntegrationPolicy {
        IntegrationPolicy {
            allowed: None,
            blocked: vec![Entry {
                identity_type: None,
                name: blocked.to_owned(),
            }],
        }
    }

    /// Rows that would fool a merger that looks for brackets.
    fn row() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!(null)),
            Just(json!([])),
            Just(json!({"rows": ["]", "],\"rows\":["]})),
        ]
    }

    proptest! {
        #[test]
        fn equals_a_merger_that_reads_every_row(
            lists in vec(vec(row(), 0..4), 1..6),
            pretty in any::<bool>(),
        ) {
            let count = lists.len();
            let pages: Vec<Page> = lists.iter().enumerate().map(|(index, rows)| {
                let value = json!({"rows": rows, "total": 7, "pages": count, "page": index + 1, "requestId": index});
                let text = if pretty {
                    serde_json::to_string_pretty(&value)
                } else {
                    serde_json::to_string(&value)
                };
                page(&text.unwrap())
            }).collect();
            let token: Value = serde_json::from_str(&assemble(&pages, Some(true))).unwrap();
            let rows: Vec<Value> = lists.concat();
            assert_eq!(token, json!({
                "rows": rows, "total": 7, "page": 1, "pages": 1,
                "requestId": count - 1, "isWhiteLabel": true,
            }));
        }

        #[test]
        fn pages_a_view_into_what_is_on_one_page_of_it(
            lists in vec(vec("[ab]", 0..6), 1..4), limit in 1_u32..8,
        ) {
            let pages: Vec<Page> = lists.iter().map(|titles| {
                let rows: Vec<Value> = titles.iter().map(|title| json!({"title": title})).collect();
                page(&json!({"rows": rows, "total": 99}).to_string())
            }).collect();
            let policy = policy("b");
            let assemble = |selection| -> Value {
                let view = View { policy: &policy, identity_type: IdentityType::Team, selection };
                let token = super::assemble(&pages, None, Some(view)).unwrap();
                serde_json::from_slice(&token).unwrap()
            };
            let whole = assemble(Selection::Merged);
            let all = whole["rows"].as_array().unwrap();
            assert_eq!(whole["total"], all.len());
            let first = assemble(Selection::Page(PageNumber { page: 1, limit }));
            let count = u32::try_from(first["pages"].as_u64().unwrap()).unwrap();
            let mut paged = Vec::new();
            for number in 1..=count {
                let part = assemble(Selection::Page(PageNumber { page: number, limit }));
                assert_eq!((&part["total"], &part["pages"], &part["page"]), (&json!(all.len()), &json!(count), &json!(number)));
                let rows = part["rows"].as_array().unwrap();
                assert!(rows.len() == limit as usize || number == count);
                assert!(!rows.is_empty() || count == 1);
                paged.extend(rows.clone());
            }
            assert_eq!(&paged, all);
        }
    }
}
