//! Reading cookies (RFC 6265 §4.2.1): one, or those of an application's session.

use crate::limits::{MAX_COOKIE_CHUNKS, MAX_HEADER_BYTES};

/// Why a `Cookie` header does not give the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieFault {
    /// The header is longer than [`MAX_HEADER_BYTES`].
    TooLarge,
    /// The cookie is there more than once, so it is not clear which the site has set: a
    /// neighbouring subdomain can plant one.
    Twice,
    /// It has bytes that no cookie has, so it cannot be sent on as it came.
    Malformed,
}

/// The value of the cookie `name`, which is case-sensitive. An empty value counts as none, as
/// that is how applications clear a cookie. A pair of quotes around it is no part of it (RFC 6265
/// §4.1.1): frameworks in Python write them.
///
/// # Errors
/// [`CookieFault`].
pub fn find<'a>(header: &'a str, name: &str) -> Result<Option<&'a str>, CookieFault> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(CookieFault::TooLarge);
    }
    let mut values = header.split(';').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    });
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(CookieFault::Twice),
        (value, _) => Ok(value.map(unquoted).filter(|value| !value.is_empty())),
    }
}

/// The same for a value that may have been cut: that of the cookie, else those of `NAME.0`, `NAME.1` and
/// so on, joined, up to the first that is not there, and [`MAX_COOKIE_CHUNKS`] at most.
///
/// # Errors
/// [`CookieFault`], of a cookie that is needed for it.
pub fn find_joined(header: &str, name: &str) -> Result<Option<String>, CookieFault> {
    if let Some(whole) = find(header, name)? {
        return Ok(Some(whole.to_owned()));
    }
    let mut joined = String::new();
    for number in 0..MAX_COOKIE_CHUNKS {
        let Some(chunk) = find(header, &format!("{name}.{number}"))? else {
            break;
        };
        joined.push_str(chunk);
    }
    Ok((!joined.is_empty()).then_some(joined))
}

/// The value between one pair of quotes; with one quote alone it is what it is.
fn unquoted(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    inner.unwrap_or(value)
}

/// Whether a text can be the name of a cookie: a token, as HTTP has it.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// The names of the cookies that make up a session. Each stands for its chunks, too: `NAME.0` to
/// `NAME.15` and `NAME__0` to `NAME__15`, as libraries cut what is too long for one cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieNames(Vec<String>);

impl CookieNames {
    /// The cookies of these names; `None` if there is none, or one that no cookie can have.
    #[must_use]
    pub fn parse(names: Vec<String>) -> Option<Self> {
        let fit = !names.is_empty() && names.iter().all(|name| is_name(name));
        fit.then_some(Self(names))
    }

    /// The names, as they are configured.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether a cookie of that name, to the letter, is one of them or a chunk of one.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        self.0.iter().any(|known| {
            name.strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || is_chunk(rest))
        })
    }

    /// Those cookies of a `Cookie` header that are of these names, as they stand and in their order,
    /// and none of the others; `None` when all are empty.
    ///
    /// # Errors
    /// [`CookieFault`].
    pub fn select(&self, header: &str) -> Result<Option<String>, CookieFault> {
        if header.len() > MAX_HEADER_BYTES {
            return Err(CookieFault::TooLarge);
        }
        let mut names = Vec::new();
        let mut selected = String::new();
        let mut is_there = false;
        for pair in header.split(';').map(str::trim_ascii) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = name.trim_ascii();
            if !self.contain(name) {
                continue;
            }
            if names.contains(&name) {
                return Err(CookieFault::Twice);
            }
            if !pair.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return Err(CookieFault::Malformed);
            }
            names.push(name);
            is_there |= !unquoted(value.trim_ascii()).is_empty();
            if !selected.is_empty() {
                selected.push_str("; ");
            }
            selected.push_str(pair);
        }
        Ok(is_there.then_some(selected))
    }
}

/// The name that a `Set-Cookie` header sets (RFC 6265 §5.2).
#[must_use]
pub fn name_set_by(set_cookie: &str) -> &str {
    let pair = set_cookie.split(';').next().unwrap_or_default();
    let (name, _) = pair.split_once('=').unwrap_or_default();
    name.trim_ascii()
}

/// What follows the name of a cookie in that of a chunk: its number, from 0 to 15.
fn is_chunk(rest: &str) -> bool {
    let number = rest.strip_prefix('.').or_else(|| rest.strip_prefix("__"));
    matches!(
        number.map(str::as_bytes),
        Some([b'0'..=b'9'] | [b'1', b'0'..=b'5'])
    )
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::{CookieFault, CookieNames, find, is_name, name_set_by};

    fn names(list: &[&str]) -> CookieNames {
        CookieNames::parse(list.iter().map(|name| (*name).to_owned()).collect()).unwrap()
    }

    #[test]
    fn are_named_by_tokens() {
        for name in [
            "s",
            "__Host-sid",
            "app_session",
            "connect.sid",
            "a.b-c_d!#$%&'*+^`|~",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "", "a b", "a=b", "a;b", "a,b", "a\"b", "a\\b", "é", "a\tb", "a\n",
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert_eq!(CookieNames::parse(Vec::new()), None);
        assert_eq!(CookieNames::parse(vec!["a b".to_owned()]), None);
    }

    #[test]
    fn stand_for_their_chunks_and_for_nothing_that_looks_like_them() {
        let names = names(&["sid"]);
        for name in [
            "sid", "sid.0", "sid.1", "sid.15", "sid__0", "sid__9", "sid__15",
        ] {
            assert!(names.contain(name), "{name}");
        }
        for name in [
            "",
            "SID",
            "Sid",
            "si",
            "sid2",
            "sid.",
            "sid__",
            "sid_0",
            "sid_",
            "sid.16",
            "sid__16",
            "sid.00",
            "sid.01",
            "sid.+1",
            "sid.-1",
            "sid. 1",
            "sid.1.0",
            "sid.1__0",
            "sid.a",
            "sid.256",
            "xsid",
            "x.sid",
            "__Secure-sid",
            "sid-0",
            "sid0",
        ] {
            assert!(!names.contain(name), "{name}");
        }
    }

    #[test]
    fn are_sent_on_byte_for_byte_and_no_other_is() {
        let names = names(&["__Secure-sid", "sid"]);
        for (header, selected) in [
            ("sid=abc", Some("sid=abc")),
            ("theme=dark; sid=abc; x=1", Some("sid=abc")),
            ("sid=abc;x=1", Some("sid=abc")),
            ("sid=s%3Aid.mac+/=", Some("sid=s%3Aid.mac+/=")),
            ("sid=\"a b\"", Some("sid=\"a b\"")),
            ("sid=a=b; sid.0=c", Some("sid=a=b; sid.0=c")),
            // The order is the browser's, and a gap is the application's to judge.
            ("sid.2=c; x=1; sid.0=a", Some("sid.2=c; sid.0=a")),
            ("sid=b; __Secure-sid=a", Some("sid=b; __Secure-sid=a")),
            ("sid=; __Secure-sid=a", Some("sid=; __Secure-sid=a")),
            ("sid=", None),
            ("sid", None),
            ("sid=; sid.0=", None),
            ("sid=\"\"", None),
            ("SID=abc", None),
            ("sid2=abc; xsid=abc", None),
            ("", None),
        ] {
            let wanted = selected.map(str::to_owned);
            assert_eq!(names.select(header), Ok(wanted), "{header}");
        }
    }

    #[test]
    fn are_refused_where_one_is_there_twice_or_cannot_be_sent_on() {
        let names = names(&["sid"]);
        for header in [
            "sid=1; sid=2",
            "sid=1; sid=1",
            "sid=; sid=2",
            "sid; sid=2",
            "sid.0=1; sid.0=2",
        ] {
            assert_eq!(names.select(header), Err(CookieFault::Twice), "{header}");
        }
        for header in ["sid=é", "sid=a\u{fffd}", "sid=a\tb", "sid=a\0"] {
            assert_eq!(
                names.select(header),
                Err(CookieFault::Malformed),
                "{header:?}"
            );
        }
        // Others may be what they like.
        let found = names.select("x=é; x=2; sid=1");
        assert_eq!(found, Ok(Some("sid=1".to_owned())));
        let long = format!("sid=1;{}", "x".repeat(32 * 1024));
        assert_eq!(names.select(&long), Err(CookieFault::TooLarge));
    }

    #[test]
    fn are_named_in_a_set_cookie_header_too() {
        for (header, name) in [
            ("sid=abc; Path=/; HttpOnly", "sid"),
            ("sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid"),
            (" sid =abc", "sid"),
            ("sid", ""),
            ("x=1; sid=2", "x"),
            ("=sid", ""),
            ("", ""),
        ] {
            assert_eq!(name_set_by(header), name, "{header}");
        }
    }

    /// The first ones are those of a session `s`.
    const NAMES: [&str; 8] = ["s", "s.0", "s.15", "s__7", "theme", "S", "x.s", "_s"];

    #[test]
    fn finds_the_cookie_of_that_name() {
        for (header, value) in [
            ("__session=abc", Some("abc")),
            ("a=1; __session=abc; b=2", Some("abc")),
            ("a=1;__session=abc", Some("abc")),
            ("__session=a=b==", Some("a=b==")),
            (" __session = abc ", Some("abc")),
            ("__session=", None),
            ("__session", None),
            ("__SESSION=abc", None),
            ("x__session=abc", None),
            ("__session2=abc", None),
            ("a=__session=abc", None),
            ("", None),
        ] {
            assert_eq!(find(header, "__session"), Ok(value), "{header}");
        }
    }

    /// The kind: whatever the grammar of RFC 6265 allows around a value is no part of it.
    #[test]
    fn takes_one_pair_of_quotes_off_and_no_other() {
        for (value, found) in [
            (r#""abc""#, Some("abc")),
            (r#" "abc" "#, Some("abc")),
            (r#""""#, None),
            (r#"""abc"""#, Some(r#""abc""#)),
            (r#"""#, Some(r#"""#)),
            (r#""abc"#, Some(r#""abc"#)),
            (r#"abc""#, Some(r#"abc""#)),
            (r#"a"b"c"#, Some(r#"a"b"c"#)),
            ("'abc'", Some("'abc'")),
            ("\u{201c}abc\u{201d}", Some("\u{201c}abc\u{201d}")),
        ] {
            for header in [format!("s={value}"), format!("a=1; s={value}; b=\"2\"")] {
                assert_eq!(find(&header, "s"), Ok(found), "{header}");
            }
        }
        assert_eq!(find(r#"s="1"; s=2"#, "s"), Err(CookieFault::Twice));
    }

    #[test]
    fn does_not_choose_between_two() {
        for header in ["s=1; s=2", "s=1; s=1", "s=; s=2"] {
            assert_eq!(find(header, "s"), Err(CookieFault::Twice), "{header}");
        }
    }

    #[test]
    fn bounds_the_header() {
        let header = |length: usize| format!("s=1;{}", "x".repeat(length - 4));
        assert_eq!(find(&header(32 * 1024), "s"), Ok(Some("1")));
        assert_eq!(
            find(&header(32 * 1024 + 1), "s"),
            Err(CookieFault::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn finds_the_same_with_quotes_and_without(value in "[!#-+.-:<-\\[\\]-~]{1,40}") {
            let plain = format!("s={value}");
            let quoted = format!("s=\"{value}\"");
            assert_eq!(find(&quoted, "s"), Ok(Some(&*value)));
            assert_eq!(find(&plain, "s"), Ok(Some(&*value)));
        }

        #[test]
        fn never_panics_on_text(header in any::<String>(), name in any::<String>()) {
            let _ = find(&header, &name);
            let _ = name_set_by(&header);
            if let Some(names) = CookieNames::parse(vec![name]) {
                let _ = names.select(&header);
            }
        }

        /// Whatever stands around them: all of the session's own, and nothing else.
        #[test]
        fn selects_the_cookies_of_its_names_and_no_byte_more(
            pairs in vec((select(&NAMES[..]), "[!-:<-~]{1,8}"), 0..8),
            separator in select(&["; ", ";", " ;  "][..]),
        ) {
            let mut pairs = pairs;
            pairs.sort_by_key(|(name, _)| *name);
            pairs.dedup_by_key(|(name, _)| *name);
            let text = |pairs: &[(&str, String)], separator: &str| {
                let texts: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                texts.join(separator)
            };
            let header = text(&pairs, separator);
            let own: Vec<(&str, String)> =
                pairs.iter().filter(|(name, _)| name.starts_with('s')).cloned().collect();
            // A pair of quotes around nothing is an empty value.
            let is_there = own.iter().any(|(_, value)| value != "\"\"");
            let wanted = is_there.then(|| text(&own, "; "));
            prop_assert_eq!(names(&["s"]).select(&header), Ok(wanted));
        }
    }
}
