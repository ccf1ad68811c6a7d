//! Where a request goes, and which rows it wants.

use std::borrow::Cow;

use crate::http::origin;
use crate::limits::{MAX_FILTER_CHARS, ROWS_PER_PAGE};

/// The parts of a request's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Our own origin, as the caller knows it.
    pub origin: &'a str,
    /// Starts with `/`; percent-encoded as it came.
    pub path: &'a str,
    /// What follows the `?`; empty when nothing does.
    pub query: &'a str,
}

impl<'a> Target<'a> {
    /// Splits an absolute URL that the URL standard has serialized, as the runtime's are. A whole
    /// URL parser would be the larger part of the Worker and find nothing that this does not.
    #[must_use]
    pub fn parse(url: &'a str) -> Self {
        let host = url.find("://").map_or(0, |scheme| scheme + "://".len());
        let end = url
            .get(host..)
            .and_then(|rest| rest.find(['/', '?', '#']))
            .map_or(url.len(), |length| host + length);
        let (origin, from_path) = url.split_at_checked(end).unwrap_or((url, ""));
        let resource = from_path
            .split_once('#')
            .map_or(from_path, |(head, _)| head);
        let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
        let path = if path.is_empty() { "/" } else { path };
        Self {
            origin,
            path,
            query,
        }
    }

    /// Whether it is this machine that was called.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        origin::is_loopback(self.host())
    }

    /// The host without its port, as cookies go by it.
    #[must_use]
    pub fn host(&self) -> &'a str {
        origin::host(self.origin)
    }
}

/// Which rows of the catalogue a token request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All of them in one answer, as the official SDKs give it.
    Merged,
    /// One page, as the newer widget asks for.
    Page(PageNumber),
}

/// One page of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber {
    /// From 1.
    pub page: u32,
    /// Rows on a page: from 1 to what the upstream allows.
    pub limit: u32,
}

/// Why a query is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFault {
    /// `page` is no positive integer, or there are two.
    Page,
    /// `limit` is no whole number, or there are two.
    Limit,
    /// The named filter is empty, longer than [`MAX_FILTER_CHARS`], no UTF-8, or there are two.
    Filter(&'static str),
}

/// Which of their connections a caller wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those to that app.
    pub platform: Option<String>,
    /// Only the one with that key.
    pub key: Option<String>,
}

impl Filter {
    /// Reads `platform` and `key` from a query. Other parameters are left alone.
    ///
    /// It is read strictly: what two readers could take for two things is refused. The answer to "is
    /// this key mine?" must be about the key that was asked for.
    ///
    /// # Errors
    /// The first [`QueryFault`] that is met.
    pub fn parse(query: &str) -> Result<Self, QueryFault> {
        let mut filter = Self::default();
        for (name, value) in parameters(query) {
            let (slot, name) = match &*name {
                "platform" => (&mut filter.platform, "platform"),
                "key" => (&mut filter.key, "key"),
                _ => continue,
            };
            let fits = (1..=MAX_FILTER_CHARS).contains(&value.chars().count())
                && !value.contains(char::REPLACEMENT_CHARACTER)
                && is_percent_encoded(query);
            if !fits || slot.replace(value.into_owned()).is_some() {
                return Err(QueryFault::Filter(name));
            }
        }
        Ok(filter)
    }
}

/// The parameters of a query, decoded as forms are.
// Not a part of each place that reads some.
#[inline(never)]
#[must_use]
pub fn parameters(query: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.as_bytes()).collect()
}

/// Whether each `%` is followed by two hexadecimal digits.
fn is_percent_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut escapes = bytes.windows(3).filter(|window| window.starts_with(b"%"));
    let whole = |window: &[u8]| window.iter().skip(1).all(u8::is_ascii_hexdigit);
    let cut = bytes.iter().rev().take(2).any(|byte| *byte == b'%');
    escapes.all(whole) && !cut
}

impl Selection {
    /// Reads `page` and `limit` from a query. With neither, all rows are wanted; with one, the
    /// other has its default. Other parameters are left alone.
    ///
    /// A limit beyond `most` is that, and 0 is 1: so the API has it.
    ///
    /// # Errors
    /// The first [`QueryFault`] that is met.
    pub fn parse(query: &str, most: u32) -> Result<Self, QueryFault> {
        let mut page = None;
        let mut limit = None;
        for (name, value) in parameters(query) {
            let (slot, number, fault) = match &*name {
                "page" => (&mut page, positive(&value), QueryFault::Page),
                "limit" => (&mut limit, up_to(most, &value), QueryFault::Limit),
                _ => continue,
            };
            if number.is_none() || slot.is_some() {
                return Err(fault);
            }
            *slot = number;
        }
        if page.is_none() && limit.is_none() {
            return Ok(Self::Merged);
        }
        Ok(Self::Page(PageNumber {
            page: page.unwrap_or(1),
            limit: limit.unwrap_or(ROWS_PER_PAGE),
        }))
    }
}

/// A plain positive decimal; `None` if it is another thing.
fn positive(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

/// A plain decimal, brought between 1 and `most`. One that is too large for a number is too large.
fn up_to(most: u32, text: &str) -> Option<u32> {
    if text == "0" {
        return Some(1);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().unwrap_or(most).min(most);
    (plain && !text.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Filter, PageNumber, QueryFault, Selection, Target};

    const MOST: u32 = 100;

    #[test]
    fn splits_a_serialized_url() {
        for (rest, path, query) in [
            ("/api/authkit", "/api/authkit", ""),
            (
                "/api/authkit?page=1&limit=2",
                "/api/authkit",
                "page=1&limit=2",
            ),
            ("/api/authkit?a?b", "/api/authkit", "a?b"),
            ("/api/authkit#f?x", "/api/authkit", ""),
            ("", "/", ""),
            ("?x=1", "/", "x=1"),
            ("/a//b/", "/a//b/", ""),
            (
                "/a?next=https://b.example/c",
                "/a",
                "next=https://b.example/c",
            ),
        ] {
            for origin in ["https://example.com", "http://[::1]:8787"] {
                let url = format!("{origin}{rest}");
                let target = Target {
                    origin,
                    path,
                    query,
                };
                assert_eq!(Target::parse(&url), target, "{url}");
            }
        }
    }

    #[test]
    fn tells_this_machine_from_others() {
        for (origin, loopback) in [
            ("http://localhost", true),
            ("http://localhost:8787", true),
            ("https://app.localhost:8787", true),
            ("http://127.0.0.1:8787", true),
            ("http://[::1]", true),
            ("http://[::1]:8787", true),
            ("http://[2001:db8::1]:8787", false),
            ("http://[2001:db8::1]", false),
            ("https://edge.example", false),
            ("http://edge.example:8787", false),
            ("http://localhost.edge.example", false),
            ("http://192.168.1.5:8787", false),
            ("ftp://localhost", false),
        ] {
            let url = format!("{origin}/api/authkit?next=http://localhost/");
            assert_eq!(Target::parse(&url).is_loopback(), loopback, "{url}");
        }
    }

    #[test]
    fn wants_all_rows_when_no_page_is_named() {
        for query in ["", "x=1", "Page=1", "pages=2&limits=3", "&&"] {
            assert_eq!(
                Selection::parse(query, MOST),
                Ok(Selection::Merged),
                "{query}"
            );
        }
    }

    #[test]
    fn fills_in_the_half_that_is_missing() {
        for (query, page, limit) in [
            ("page=2", 2, 100),
            ("limit=25", 1, 25),
            ("limit=100&page=3", 3, 100),
            ("p%61ge=%34", 4, 100),
            ("page=4294967295&other=null", u32::MAX, 100),
        ] {
            let wanted = Selection::Page(PageNumber { page, limit });
            assert_eq!(Selection::parse(query, MOST), Ok(wanted), "{query}");
        }
    }

    /// What is no plain whole number.
    const GARBAGE: [&str; 17] = [
        "",
        "00",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e2",
        "null",
        "undefined",
        "NaN",
        "0x10",
        "%201",
        "1%20",
        "%D9%A1",
        "1,2",
        "1%00",
        "Infinity",
    ];

    #[test]
    fn refuses_all_but_plain_whole_numbers() {
        for value in GARBAGE {
            let page = Selection::parse(&format!("page={value}"), MOST);
            assert_eq!(page, Err(QueryFault::Page), "{value}");
            let limit = Selection::parse(&format!("page=1&limit={value}"), MOST);
            assert_eq!(limit, Err(QueryFault::Limit), "{value}");
        }
        for value in ["0", "4294967296", "99999999999999999999"] {
            let page = Selection::parse(&format!("page={value}"), MOST);
            assert_eq!(page, Err(QueryFault::Page), "{value}");
        }
        for (query, fault) in [
            ("page=1&page=1", QueryFault::Page),
            ("limit=1&limit=1", QueryFault::Limit),
            ("limit=0&limit=0", QueryFault::Limit),
            ("limit=500&limit=500", QueryFault::Limit),
        ] {
            assert_eq!(Selection::parse(query, MOST), Err(fault), "{query}");
        }
    }

    /// The kind: any whole number is a limit, and one that is no good is brought to the nearest that
    /// is, as the API does it.
    #[test]
    fn brings_a_limit_to_what_there_is() {
        for (value, limit) in [
            ("0", 1),
            ("1", 1),
            ("99", 99),
            ("100", 100),
            ("101", 100),
            ("150", 100),
            ("500", 100),
            ("4294967296", 100),
            ("99999999999999999999999999", 100),
        ] {
            let wanted = Ok(Selection::Page(PageNumber { page: 1, limit }));
            for query in [format!("limit={value}&page=1"), format!("limit={value}")] {
                assert_eq!(Selection::parse(&query, MOST), wanted, "{query}");
            }
        }
        let wanted = Ok(Selection::Page(PageNumber {
            page: 2,
            limit: 150,
        }));
        assert_eq!(Selection::parse("page=2&limit=500", 150), wanted);
    }

    #[test]
    fn narrows_connections_by_what_is_said_once_and_clearly() {
        let filter = |platform: Option<&str>, key: Option<&str>| Filter {
            platform: platform.map(str::to_owned),
            key: key.map(str::to_owned),
        };
        let key = "live::gmail::default::1|a b";
        for (query, wanted) in [
            ("", filter(None, None)),
            ("&&page=2&Platform=x&keys=1", filter(None, None)),
            ("platform=gmail", filter(Some("gmail"), None)),
            ("plat%66orm=%67mail&", filter(Some("gmail"), None)),
            (
                "key=live%3A%3Agmail::default::1%7Ca+b",
                filter(None, Some(key)),
            ),
            ("key=live::gmail::default::1|a%20b", filter(None, Some(key))),
            ("key=true&platform=*", filter(Some("*"), Some("true"))),
            ("key=Zo%C3%AB", filter(None, Some("Zo\u{eb}"))),
            ("key=a=b", filter(None, Some("a=b"))),
        ] {
            assert_eq!(Filter::parse(query), Ok(wanted), "{query}");
        }
        let long = format!("key={}", "a".repeat(513));
        for query in [
            "key",
            "key=",
            "key=%",
            "key=%4",
            "key=%zz",
            "key=a%",
            "key=%ff",
            "key=%ef%bf%bd",
            "k%65y=%c3",
            "key=a&key=a",
            "key=a&k%65y=b",
            "%6bey=%C3%28",
            &long,
        ] {
            assert_eq!(
                Filter::parse(query),
                Err(QueryFault::Filter("key")),
                "{query}"
            );
        }
        let twice = Filter::parse("platform=a&key=b&platform=c");
        assert_eq!(twice, Err(QueryFault::Filter("platform")));
    }

    proptest! {
        #[test]
        fn takes_every_whole_number_for_a_limit(asked in any::<u128>(), most in 1_u32..1000) {
            let limit = u32::try_from(asked.clamp(1, u128::from(most))).unwrap();
            let wanted = Ok(Selection::Page(PageNumber { page: 1, limit }));
            assert_eq!(Selection::parse(&format!("limit={asked}"), most), wanted);
        }

        #[test]
        fn never_panics_on_any_text(text in any::<String>()) {
            let _ = Filter::parse(&text);
            let target = Target::parse(&text);
            assert!(!target.path.is_empty());
            let _ = Selection::parse(&text, MOST);
        }
    }
}
