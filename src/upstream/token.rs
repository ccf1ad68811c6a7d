//! How pages become one token: rows spliced as text, never read.

use crate::upstream::page::{Key, Page};

/// The JSON text of a token, in UTF-8.
///
/// One page is passed on as it is. Of several, the rows stand one after the other, `total` is the
/// first page's, `requestId` and whatever this version does not know are the last page's, and
/// `page` and `pages` are 1: what the official Node SDK answers, with nothing rounded or dropped.
///
/// `is_white_label` replaces what the pages say, where the contract has flags. `None` of no pages.
#[must_use]
pub fn assemble(pages: &[Page], is_white_label: Option<bool>) -> Option<Vec<u8>> {
    let (first, last) = (pages.first()?, pages.last()?);
    let rows: usize = pages.iter().map(|page| page.row_list().len() + 1).sum();
    let mut token = Object::with_capacity(rows + 512);
    token.rows(pages);
    if let Some(total) = first.get(&Key::Total) {
        token.member(&Key::Total, total.get());
    }
    let merged = pages.len() > 1;
    if merged {
        token.member(&Key::Pages, "1");
        token.member(&Key::Page, "1");
    }
    for (key, value) in &last.members {
        match key {
            Key::Rows | Key::Total => {}
            Key::Page | Key::Pages if merged => {}
            Key::IsWhiteLabel if is_white_label.is_some() => {}
            _ => token.member(key, value.get()),
        }
    }
    if let Some(flag) = is_white_label {
        token.member(&Key::IsWhiteLabel, if flag { "true" } else { "false" });
    }
    Some(token.finish())
}

/// A JSON object in the making.
struct Object(Vec<u8>);

impl Object {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn rows(&mut self, pages: &[Page]) {
        self.push(r#"{"rows":["#);
        let lists = pages.iter().map(Page::row_list);
        for (index, list) in lists.filter(|list| !list.is_empty()).enumerate() {
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
            // `Value`'s text form is JSON: it quotes and escapes.
            Key::Other(name) => self.push(&serde_json::Value::from(&**name).to_string()),
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

    use crate::upstream::page::Page;

    fn assemble(pages: &[Page], is_white_label: Option<bool>) -> String {
        String::from_utf8(super::assemble(pages, is_white_label).unwrap()).unwrap()
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
    }
}
