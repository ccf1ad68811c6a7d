//! Reading one cookie (RFC 6265 §4.2.1).

use crate::limits::MAX_HEADER_BYTES;

/// Why a `Cookie` header does not give the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieFault {
    /// The header is longer than [`MAX_HEADER_BYTES`].
    TooLarge,
    /// The cookie is there more than once, so it is not clear which the site has set: a
    /// neighbouring subdomain can plant one.
    Twice,
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

/// The value between one pair of quotes; with one quote alone it is what it is.
fn unquoted(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{CookieFault, find};

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
        }
    }
}
