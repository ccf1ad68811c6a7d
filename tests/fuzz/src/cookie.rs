use authkit_edge::http::cookie::{CookieFault, find};
use authkit_edge::limits::MAX_HEADER_BYTES;

/// The name of a cookie, a line break, and a `Cookie` header.
pub fn cookie_parse(data: &[u8]) {
    let Some((name, header)) = crate::lines(data) else {
        return;
    };
    let found = find(header, name);
    if header.len() > MAX_HEADER_BYTES {
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
        Ok(None) => {
            let empty = ["", "\"\""].contains(&pairs.first().map_or("", |(_, value)| value));
            assert!(pairs.is_empty() || (pairs.len() == 1 && empty));
        }
        Ok(Some(value)) => {
            let quoted = format!("\"{value}\"");
            assert!(pairs == [(name, value)] || pairs == [(name, &*quoted)]);
            assert!(!value.is_empty() && !value.contains(';'));
            assert_eq!(find(&format!("{name}={quoted}"), name), Ok(Some(value)));
            let planted = format!("{header}; {name}=planted");
            if planted.len() <= MAX_HEADER_BYTES {
                assert_eq!(find(&planted, name), Err(CookieFault::Twice));
            }
        }
        Err(fault) => {
            assert_eq!(fault, CookieFault::Twice);
            assert!(pairs.len() > 1);
        }
    }
}
