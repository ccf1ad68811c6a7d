//! The description of the routes for programs.

#![expect(
    clippy::indexing_slicing,
    reason = "all of it runs while compiling, where an index out of bounds is the compiler's error"
)]

/// An `OpenAPI` 3.1 document. It is the same for every deployment, so it tells nothing of any:
/// paths are relative to the `ROUTE_PREFIX` that it is found below, and what depends on the
/// configuration is described as such. `tests/handler/openapi.rs` holds it against the code.
pub const DOCUMENT: &[u8] = &compact::<{ length() }>();

/// As it is written.
const SOURCE: &[u8] = include_bytes!("openapi.json");

/// The source without the space between its tokens, which is a third of it.
const fn compact<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let (mut read, mut written, mut quoted) = (0, 0, false);
    while read < SOURCE.len() {
        if keeps(read, quoted) {
            text[written] = SOURCE[read];
            written += 1;
        }
        quoted ^= is_quote(read);
        read += 1;
    }
    text
}

const fn length() -> usize {
    let (mut read, mut length, mut quoted) = (0, 0, false);
    while read < SOURCE.len() {
        if keeps(read, quoted) {
            length += 1;
        }
        quoted ^= is_quote(read);
        read += 1;
    }
    length
}

const fn keeps(at: usize, quoted: bool) -> bool {
    quoted || !SOURCE[at].is_ascii_whitespace()
}

const fn is_quote(at: usize) -> bool {
    let quote = SOURCE[at] == b'"';
    assert!(!quote || SOURCE[at - 1] != b'\\', "a quote in a string");
    quote
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{DOCUMENT, SOURCE};

    #[test]
    fn says_what_its_source_says() {
        let [served, written]: [Value; 2] =
            [DOCUMENT, SOURCE].map(|text| serde_json::from_slice(text).unwrap());
        assert_eq!(served, written);
        assert_eq!(DOCUMENT.len(), written.to_string().len());
    }
}
