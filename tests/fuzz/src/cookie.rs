use authkit_edge::http::cookie::{CookieFault, find};
use authkit_edge::limits::MAX_COOKIE_BYTES;

/// The name of a cookie, a line break, and a `Cookie` header.
pub fn cookie_parse(data: &[u8]) {
    let Some((name, header)) = crate::lines(data) else {
        return;
    };
    let found = find(header, name);
    if header.len() > MAX_COOKIE_BYTES {
        assert_eq!(found, Err(CookieFault::TooLarge));
        return;
    }
    // The slow way: take everything apart, then count.
    let pairs: Vec<(&str, &str)> = header
        .split(';')
        .map(str::trim)
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| *key == name)
        .collect();
    match found {
        Ok(None) => assert!(pairs.is_empty() || (pairs.len() == 1 && pairs[0].1.is_empty())),
        Ok(Some(value)) => {
            assert_eq!(pairs, [(name, value)]);
            assert!(!value.is_empty() && !value.contains(';') && value == value.trim());
            assert_eq!(find(&format!("{name}={value}"), name), Ok(Some(value)));
            let planted = format!("{header}; {name}=planted");
            if planted.len() <= MAX_COOKIE_BYTES {
                assert_eq!(find(&planted, name), Err(CookieFault::Twice));
            }
        }
        Err(fault) => {
            assert_eq!(fault, CookieFault::Twice);
            assert!(pairs.len() > 1);
        }
    }
}
