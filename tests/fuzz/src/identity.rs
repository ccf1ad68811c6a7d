use authkit_edge::identity::{Charset, INVISIBLE, Identity, IdentityFault};
use authkit_edge::limits::MAX_IDENTITY_BYTES;

/// An identity.
pub fn identity_parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parse = |charset| Identity::parse(text, charset).map(|found| found.as_str().to_owned());
    let is_folded = |letter: char| letter == ':' || letter.is_whitespace();
    // The wider set is the narrower one and what is folded, and nothing that is accepted is changed.
    match (parse(Charset::Any), parse(Charset::Distinct)) {
        (Ok(any), Ok(distinct)) => {
            assert!(any == text && distinct == text && !text.contains(is_folded));
        }
        (Ok(any), Err(fault)) => {
            assert!(any == text && fault == IdentityFault::Folded && text.contains(is_folded));
        }
        (Err(any), distinct) => assert_eq!(distinct, Err(any)),
    }
    let refused = text.chars().any(|letter| {
        letter.is_control()
            || matches!(letter, '|' | '\u{fffd}')
            // The slow way, and the directions and zero widths once more by hand.
            || INVISIBLE.iter().any(|(first, last)| *first <= letter && letter <= *last)
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    });
    let wanted = if text.is_empty() {
        Err(IdentityFault::Empty)
    } else if text.len() > MAX_IDENTITY_BYTES {
        Err(IdentityFault::TooLong)
    } else if refused {
        Err(IdentityFault::Forbidden)
    } else {
        Ok(text.to_owned())
    };
    assert_eq!(parse(Charset::Any), wanted);
}
