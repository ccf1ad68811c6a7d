//! What the upstream answers: a page of the integration list, read without reading its rows.
//!
//! Values stay the JSON text that they came as, so no number is rounded and no field is lost.

use std::ops::Range;

use crate::json;

/// One page. Its rows stay where they arrived; the few other values are copied out as raw JSON.
#[derive(Debug, Clone)]
pub struct Page {
    body: Vec<u8>,
    /// Where the list of rows stands in `body`.
    rows: Range<usize>,
    /// How many pages there are; `None` when the answer does not say in a way that makes sense.
    pub pages: Option<u64>,
    /// Every member but `rows`, in the order in which it came.
    pub members: Vec<(Key, Box<str>)>,
}

/// The name of a member of the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `rows`
    Rows,
    /// `total`
    Total,
    /// `pages`
    Pages,
    /// `page`
    Page,
    /// `requestId`
    RequestId,
    /// `isWhiteLabel`
    IsWhiteLabel,
    /// One that this version does not know, passed on.
    Other(Box<str>),
}

/// Why an answer is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFault {
    /// It is not a JSON object, or an object with a name twice.
    NotAnObject,
    /// It has no `rows`, or `rows` is no array.
    NoRows,
    /// Its `pages` is missing or no whole number.
    NoPageCount,
}

impl Page {
    /// Reads a body and keeps it.
    ///
    /// # Errors
    /// [`PageFault::NotAnObject`] or [`PageFault::NoRows`].
    pub fn parse(body: Vec<u8>) -> Result<Self, PageFault> {
        let mut rows: Option<&str> = None;
        let mut members: Vec<(Key, Box<str>)> = Vec::new();
        let read = json::members(&body, &mut |name, value| {
            let key = Key::from(name);
            if key == Key::Rows {
                return rows.replace(value).is_some();
            }
            let known = members.iter().any(|(known, _)| *known == key);
            members.push((key, value.into()));
            known
        });
        read.ok_or(PageFault::NotAnObject)?;
        let list = rows
            .filter(|text| text.starts_with('['))
            .ok_or(PageFault::NoRows)?;
        // `list` is a part of `body`; this is where.
        let start = list.as_ptr().addr().saturating_sub(body.as_ptr().addr());
        let rows = start..start + list.len();
        let pages = members
            .iter()
            .find_map(|(key, value)| (*key == Key::Pages).then(|| whole_number(value)))
            .flatten();
        Ok(Self {
            body,
            rows,
            pages,
            members,
        })
    }

    /// The text between the brackets of `rows`: JSON values with commas between, or nothing.
    #[must_use]
    pub fn row_list(&self) -> &[u8] {
        let inner = self.array().strip_prefix(b"[");
        let inner = inner.and_then(|rest| rest.strip_suffix(b"]"));
        inner.unwrap_or_default().trim_ascii()
    }

    /// The rows one by one.
    #[must_use]
    pub fn rows(&self) -> Vec<&str> {
        json::elements(self.array())
    }

    fn array(&self) -> &[u8] {
        self.body.get(self.rows.clone()).unwrap_or_default()
    }

    /// The body as it came.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The value of a member, if it is there.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&str> {
        self.members
            .iter()
            .find_map(|(known, value)| (known == key).then_some(&**value))
    }
}

impl From<String> for Key {
    fn from(name: String) -> Self {
        match name.as_str() {
            "rows" => Self::Rows,
            "total" => Self::Total,
            "pages" => Self::Pages,
            "page" => Self::Page,
            "requestId" => Self::RequestId,
            "isWhiteLabel" => Self::IsWhiteLabel,
            _ => Self::Other(name.into()),
        }
    }
}

/// A JSON number without a fraction. Some serializers write 3 as `3.0`, and JavaScript readers see
/// no difference.
fn whole_number(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let zeros = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    whole.parse().ok().filter(|_| zeros)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::{Key, Page, PageFault};

    #[test]
    fn keeps_values_as_the_text_they_came_as() {
        let page = Page::parse(
            br#" { "rows" : [ {"a":9007199254740993,"b":1.10} ] , "requestId":{"x":1e400}, "v":"\u00e9" } "#
                .to_vec(),
        )
        .unwrap();
        assert_eq!(page.row_list(), br#"{"a":9007199254740993,"b":1.10}"#);
        let request_id = page.get(&Key::RequestId);
        assert_eq!(request_id, Some(r#"{"x":1e400}"#));
        let other = page.get(&Key::Other("v".into()));
        assert_eq!(other, Some(r#""\u00e9""#));
    }

    #[test]
    fn counts_pages_only_by_whole_numbers() {
        for (text, pages) in [
            ("3", Some(3)),
            ("0", Some(0)),
            ("3.0", Some(3)),
            ("3.00", Some(3)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("3.5", None),
            ("1e3", None),
            ("-1", None),
            ("\"3\"", None),
            ("null", None),
            ("[3]", None),
        ] {
            let body = format!(r#"{{"rows":[],"pages":{text}}}"#);
            assert_eq!(Page::parse(body.into()).unwrap().pages, pages, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_page() {
        for (body, fault) in [
            ("", PageFault::NotAnObject),
            ("null", PageFault::NotAnObject),
            ("[]", PageFault::NotAnObject),
            ("<html>", PageFault::NotAnObject),
            (r#"{"rows":[]"#, PageFault::NotAnObject),
            (r#"{"rows":[]}}"#, PageFault::NotAnObject),
            (r#"{"rows":[],"rows":[]}"#, PageFault::NotAnObject),
            (r#"{"rows":[],"x":1,"x":2}"#, PageFault::NotAnObject),
            (r#"{"rows":[1,]}"#, PageFault::NotAnObject),
            ("{}", PageFault::NoRows),
            (r#"{"rows":null}"#, PageFault::NoRows),
            (r#"{"rows":{"0":1}}"#, PageFault::NoRows),
            (r#"{"error":"Unauthorized"}"#, PageFault::NoRows),
        ] {
            assert_eq!(Page::parse(body.into()).err(), Some(fault), "{body}");
        }
        assert!(Page::parse(b"{\"rows\":[\"\xff\"]}".to_vec()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_on_bytes(bytes in vec(any::<u8>(), 0..300)) {
            let _ = Page::parse(bytes);
        }
    }
}
