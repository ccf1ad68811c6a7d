use authkit_edge::caller::{CallerFault, CookieForm};
use authkit_edge::http::cookie::{CookieFault, CookieNames, find, find_joined};
use authkit_edge::jwt::TokenFault;
use authkit_edge::limits::MAX_HEADER_BYTES;

/// The name of a cookie, a line break, and a `Cookie` header.
pub fn cookie_parse(data: &[u8]) {
    let Some((name, header)) = crate::lines(data) else {
        return;
    };
    if let Some(names) = CookieNames::parse(vec![name.to_owned()]) {
        select(&names, header);
    }
    token(header, name);
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

/// The token in it, or in the session that it holds.
fn token(header: &str, name: &str) {
    let joined = find_joined(header, name);
    match CookieForm::Supabase.read(header, name) {
        Ok(None) => assert_eq!(joined, Ok(None)),
        Ok(Some(token)) => assert!(!token.is_empty() && joined.unwrap().is_some()),
        Err(CallerFault::Cookie(fault)) => assert_eq!(joined, Err(fault)),
        // It is there, and nothing of it is taken for a token.
        Err(fault) => {
            assert_eq!(fault, CallerFault::Token(TokenFault::Session));
            let text = joined.unwrap().unwrap();
            assert!(
                ["base64-", "{", "%"]
                    .iter()
                    .any(|start| text.starts_with(start))
            );
        }
    }
    // Nothing but the cookie of that name counts.
    if let Ok(Some(whole)) = find(header, name) {
        assert_eq!(find_joined(header, name), Ok(Some(whole.to_owned())));
    }
}

/// What is sent on to an application.
fn select(names: &CookieNames, header: &str) {
    let Ok(Some(selected)) = names.select(header) else {
        return;
    };
    assert!(selected.len() <= header.len());
    assert!(selected.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    // Every pair stood in the header, is of the session, and is there once.
    let pairs: Vec<&str> = selected.split("; ").collect();
    let all: Vec<&str> = header.split(';').map(str::trim_ascii).collect();
    for (index, pair) in pairs.iter().enumerate() {
        let name = |pair: &str| {
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            name.trim_ascii().to_owned()
        };
        assert!(all.contains(pair), "{pair}");
        assert!(names.contain(&name(pair)), "{pair}");
        assert!(pairs[..index].iter().all(|other| name(other) != name(pair)));
    }
    // It is sent on as often as one likes.
    assert_eq!(names.select(&selected), Ok(Some(selected.clone())));
}
