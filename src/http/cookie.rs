//! Reading one cookie (RFC 6265 §4.2.1).

use crate::limits::MAX_COOKIE_BYTES;

/// Why a `Cookie` header does not give the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieFault {
    /// The header is longer than [`MAX_COOKIE_BYTES`].
    TooLarge,
    /// The cookie is there more than once, so it is not clear which the site has set: a
    /// neighbouring subdomain can plant one.
    Twice,
}

/// The value of the cookie `name`, which is case-sensitive. An empty value counts as none, as
/// that is how applications clear a cookie.
///
/// # Errors
/// [`CookieFault`].
pub fn find<'a>(header: &'a str, name: &str) -> Result<Option<&'a str>, CookieFault> {
    if header.len() > MAX_COOKIE_BYTES {
        return Err(CookieFault::TooLarge);
    }
    let mut values = header.split(';').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    });
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(CookieFault::Twice),
        (value, _) => Ok(value.filter(|value| !value.is_empty())),
    }
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

    #[test]
    fn does_not_choose_between_two() {
        for header in ["s=1; s=2", "s=1; s=1", "s=; s=2"] {
            assert_eq!(find(header, "s"), Err(CookieFault::Twice), "{header}");
        }
    }

    #[test]
    fn bounds_the_header() {
        let header = |length: usize| format!("s=1;{}", "x".repeat(length - 4));
        assert_eq!(find(&header(8 * 1024), "s"), Ok(Some("1")));
        assert_eq!(find(&header(8 * 1024 + 1), "s"), Err(CookieFault::TooLarge));
    }

    proptest! {
        #[test]
        fn never_panics_on_text(header in any::<String>(), name in any::<String>()) {
            let _ = find(&header, &name);
        }
    }
}
