//! The description of the routes for programs.

#![expect(
    clippy::indexing_slicing,
    clippy::large_const_arrays,
    clippy::large_stack_arrays,
    reason = "all of it runs while compiling, where an index out of bounds is an error, and no stack is used"
)]

/// An `OpenAPI` 3.1 document. It is the same for every deployment, so it tells nothing of any:
/// paths are relative to the `ROUTE_PREFIX` that it is found below, and what depends on the
/// configuration is described as such. `tests/handler/openapi.rs` holds it against the code.
pub const DOCUMENT: &[u8] = &TEXT;

/// As it is written.
const SOURCE: &[u8] = include_bytes!("openapi.json");

/// Without what is left over behind it.
const TEXT: [u8; COMPACT.1] = match COMPACT.0.first_chunk() {
    Some(text) => *text,
    None => unreachable!(),
};

const COMPACT: ([u8; SOURCE.len()], usize) = compact();

/// The source without the space between its tokens, which is a third of it, and how long that is.
const fn compact() -> ([u8; SOURCE.len()], usize) {
    let mut text = [0; SOURCE.len()];
    let (mut read, mut written, mut quoted) = (0, 0, false);
    while read < SOURCE.len() {
        let byte = SOURCE[read];
        if quoted || !byte.is_ascii_whitespace() {
            text[written] = byte;
            written += 1;
        }
        if byte == b'"' {
            assert!(SOURCE[read - 1] != b'\\', "a quote in a string");
            quoted = !quoted;
        }
        read += 1;
    }
    (text, written)
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
