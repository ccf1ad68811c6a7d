//! Objects and lists whose values stay the text that they are.
//!
//! Values are walked over and not read, by the grammar of RFC 8259 and nothing looser. This is the
//! longest piece of work that is done for a token in WebAssembly, so it goes sixteen bytes at a time where
//! it can. `serde_json` does the same byte by byte, for twice the time.

use crate::json::{Value, unmarked};

/// Reads an object whose values stay text, and hands over each member. `take` says whether it had one
/// of that name already; then it is no object that everybody reads the same.
///
/// `None` of anything else than one object.
pub(crate) fn members<'a>(
    text: &'a [u8],
    take: &mut dyn FnMut(String, &'a str) -> bool,
) -> Option<()> {
    let text = str::from_utf8(unmarked(text)).ok()?;
    each(text, *b"{}", &mut |name, value| {
        let Ok(Value::String(name)) = Value::parse(name.as_bytes()) else {
            return None;
        };
        (!take(name, value)).then_some(())
    })
}

/// Reads a list whose values stay text; none of anything else.
pub(crate) fn elements(text: &[u8]) -> Vec<&str> {
    let mut list = Vec::new();
    let read = str::from_utf8(text).ok().and_then(|text| {
        each(text, *b"[]", &mut |_, value| {
            list.push(value);
            Some(())
        })
    });
    read.map(|()| list).unwrap_or_default()
}

/// Hands over the name, as JSON, and the value of each member of an object; or each value of a list,
/// with no name. `take` may put an end to it.
fn each<'a>(
    text: &'a str,
    [open, close]: [u8; 2],
    take: &mut dyn FnMut(&'a str, &'a str) -> Option<()>,
) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = byte(bytes, white(bytes, 0), open)?;
    let first = white(bytes, at);
    if bytes.get(first) == Some(&close) {
        at = first + 1;
    } else {
        loop {
            let mut name = "";
            if close == b'}' {
                let start = at;
                at = self::name(bytes, at)?;
                name = text.get(start..at - 1)?;
            }
            let start = white(bytes, at);
            at = value(bytes, start)?;
            take(name, text.get(start..at)?)?;
            at = white(bytes, at);
            let next = *bytes.get(at)?;
            at += 1;
            if next == close {
                break;
            }
            if next != b',' {
                return None;
            }
        }
    }
    (white(bytes, at) == bytes.len()).then_some(())
}

/// Where the value ends that begins there, white space before it included.
fn value(text: &[u8], mut at: usize) -> Option<usize> {
    // By what each of the objects and lists ends that stand around: the innermost, and the others.
    let mut end = 0;
    let mut around = Vec::new();
    loop {
        at = white(text, at);
        match *text.get(at)? {
            b'"' => at = string(text, at + 1)?,
            b'{' => {
                around.push(end);
                end = b'}';
                at = white(text, at + 1);
                if *text.get(at)? != end {
                    at = name(text, at)?;
                    continue;
                }
            }
            b'[' => {
                around.push(end);
                end = b']';
                at = white(text, at + 1);
                if *text.get(at)? != end {
                    continue;
                }
            }
            b't' => at = literal(text, at, b"true")?,
            b'f' => at = literal(text, at, b"false")?,
            b'n' => at = literal(text, at, b"null")?,
            _ => at = number(text, at)?,
        }
        loop {
            if end == 0 {
                return Some(at);
            }
            at = white(text, at);
            let byte = *text.get(at)?;
            if byte == b',' {
                at += 1;
                if end == b'}' {
                    at = name(text, at)?;
                }
                break;
            }
            if byte != end {
                return None;
            }
            at += 1;
            end = around.pop()?;
        }
    }
}

/// Where the value of a member begins, by where the white space before its name does.
fn name(text: &[u8], at: usize) -> Option<usize> {
    let at = byte(text, white(text, at), b'"')?;
    let at = string(text, at)?;
    byte(text, white(text, at), b':')
}

fn byte(text: &[u8], at: usize, wanted: u8) -> Option<usize> {
    (*text.get(at)? == wanted).then_some(at + 1)
}

#[expect(clippy::inline_always, reason = "there is hardly any to skip")]
#[inline(always)]
fn white(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(..=b' ') => after_white(text, at),
        _ => at,
    }
}

#[inline(never)]
fn after_white(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// Where the string ends whose first byte that is.
#[expect(clippy::inline_always, reason = "it is most of the work")]
#[inline(always)]
fn string(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some((low, rest)) = text.get(at..)?.split_first_chunk()
        && let Some(high) = rest.first_chunk()
    {
        let (low, high) = (stops(*low), stops(*high));
        if low | high != 0 {
            // Both and then one of the two: most strings are short, and a branch would be taken wrongly.
            at += if low == 0 {
                8 + index(high)
            } else {
                index(low)
            };
            break;
        }
        at += 16;
    }
    if text.get(at) == Some(&b'"') {
        return Some(at + 1);
    }
    rest_of_string(text, at)
}

#[inline(never)]
fn rest_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => escaped(text, at + 1)?,
            ..b' ' => return None,
            _ => at + 1,
        };
    }
}

/// In which of eight bytes something other than text is: a quote, a backslash or a control character. The
/// highest bit of each; above the first that is set, there may be some too many.
#[inline(always)]
fn stops(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let bytes = u64::from_le_bytes(bytes);
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(ONES * u64::from(bound)) & !bytes;
    let is = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | below(bytes, b' ')) & (ONES * 0x80)
}

fn index(stops: u64) -> usize {
    stops.trailing_zeros() as usize / 8
}

fn escaped(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}

fn number(text: &[u8], at: usize) -> Option<usize> {
    let at = byte(text, at, b'-').unwrap_or(at);
    let mut at = match byte(text, at, b'0') {
        Some(at) => at,
        None => digits(text, at)?,
    };
    if let Some(fraction) = byte(text, at, b'.') {
        at = digits(text, fraction)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let signed = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = digits(text, at + 1 + usize::from(signed))?;
    }
    Some(at)
}

fn digits(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use proptest::sample::select;
    use serde_json::value::RawValue;

    use super::{elements, members};

    /// The members of an object as text; `None` of anything else.
    fn texts(text: &[u8]) -> Option<Vec<(String, &str)>> {
        let mut found: Vec<(String, &str)> = Vec::new();
        members(text, &mut |name, value| {
            let known = found.iter().any(|(known, _)| *known == name);
            found.push((name, value));
            known
        })?;
        Some(found)
    }

    const OTHERS: [&str; 9] = [
        "", "null", "true", "-1", "1", "1.5", r#""a""#, "{} {}", "[] []",
    ];

    #[test]
    fn hands_over_members_as_the_text_that_they_are() {
        let found = texts(br#" {"a": 1.10, "b" :[ {"a":1,"a":2} ] } "#).unwrap();
        let wanted = [("a", "1.10"), ("b", r#"[ {"a":1,"a":2} ]"#)];
        assert_eq!(found, wanted.map(|(name, text)| (name.to_owned(), text)));
        assert_eq!(texts(b" { } "), Some(Vec::new()));
        assert_eq!(texts(br#"{"a":1,"a":1}"#), None);
        assert_eq!(texts(br#"{"a":1,"\u0061":1}"#), None);
        assert_eq!(texts(b"\xef\xbb\xbf{\"a\":null}").unwrap().len(), 1);
        for text in OTHERS.into_iter().chain(["[]"]) {
            assert_eq!(texts(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn lists_elements_as_the_text_that_they_are() {
        assert_eq!(
            elements(br#" [1.10, {"a":1,"a":2} , null] "#),
            ["1.10", r#"{"a":1,"a":2}"#, "null"]
        );
        for text in OTHERS.into_iter().chain(["{}", "[ ]"]) {
            assert_eq!(elements(text.as_bytes()), [""; 0], "{text}");
        }
    }

    #[test]
    fn goes_as_deep_as_it_gets() {
        let depth = 100_000;
        let deep = format!("{}{}", r#"[{"a":"#.repeat(depth), "}]".repeat(depth));
        assert_eq!(elements(deep.replace("{\"a\":}", "{}").as_bytes()).len(), 1);
        assert_eq!(elements(deep.as_bytes()), [""; 0]);
    }

    #[test]
    fn finds_the_end_of_a_string_wherever_it_is() {
        for length in 0..70 {
            for (inside, is_text) in [
                ("", true),
                ("\\\"", true),
                ("\\\\", true),
                ("\\u00e9", true),
                ("\\u00g9", false),
                ("\\x", false),
                ("\u{e9}\u{7f}", true),
                ("\u{1f}", false),
                ("\n", false),
                ("!#[]", true),
            ] {
                let string = format!("{}{inside}{}", "a".repeat(length), "b".repeat(length % 19));
                let text = format!("[\"{string}\",\"c\"]");
                let found = elements(text.as_bytes());
                assert_eq!(found.len(), if is_text { 2 } else { 0 }, "{text}");
                for cut in 1..text.len() {
                    let part = text.as_bytes().get(..cut).unwrap();
                    assert_eq!(elements(part), [""; 0], "{text} {cut}");
                }
            }
        }
    }

    /// What JSON is made of, and what is near it.
    fn piece() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n\t\r",
            "\"",
            "\"a\"",
            "\"b\":",
            "\\",
            "\\u00e9",
            "\\u00",
            "\"\\n\"",
            "true",
            "false",
            "null",
            "tru",
            "0",
            "-",
            "-0",
            "7",
            "01",
            ".",
            "1.5",
            "1.",
            "e",
            "E+",
            "1e5",
            "1e",
            "\u{e9}",
            "\u{1f}",
            "\u{b}",
            "\u{feff}",
            "[]",
            "{}",
            "\"a longer string than sixteen bytes\"",
            "{\"a\":1}",
            "[1,2]",
        ];
        prop_oneof![
            9 => select(PIECES).prop_map(str::to_owned),
            1 => any::<String>(),
        ]
    }

    /// JSON, and what somebody has changed in it.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        let value = leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Into::into),
                vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        });
        let changes = vec((any::<usize>(), any::<u8>()), 0..3);
        (value, any::<bool>(), changes).prop_map(|(value, pretty, changes)| {
            let text = if pretty {
                serde_json::to_vec_pretty(&value)
            } else {
                serde_json::to_vec(&value)
            };
            let mut text = text.unwrap();
            for (at, byte) in changes {
                let at = at % text.len();
                text[at] = byte;
            }
            text
        })
    }

    fn agrees_with_serde_json(text: &[u8]) {
        let theirs: Option<Vec<&RawValue>> = serde_json::from_slice(text).ok();
        let theirs = theirs.unwrap_or_default().into_iter();
        assert_eq!(
            elements(text),
            theirs.map(RawValue::get).collect::<Vec<_>>()
        );
        let theirs: Option<Pairs<'_>> = serde_json::from_slice(text).ok();
        let mut ours = Vec::new();
        let read = members(text, &mut |name, value| {
            ours.push((name, value));
            false
        });
        // It is not refused for its mark, which serde_json leaves to others.
        if !text.starts_with(b"\xef\xbb\xbf") {
            assert_eq!(read.map(|()| ours), theirs.map(|Pairs(pairs)| pairs));
        }
    }

    /// The members of an object as `serde_json` finds them.
    struct Pairs<'a>(Vec<(String, &'a str)>);

    impl<'de> serde::Deserialize<'de> for Pairs<'de> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Pairs<'de>;
                fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    formatter.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Pairs<'de>, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                        pairs.push((name, value.get()));
                    }
                    Ok(Pairs(pairs))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }

    proptest! {
        #[test]
        fn agrees_on_what_is_made_of_pieces(pieces in vec(piece(), 0..12)) {
            let text = pieces.concat();
            agrees_with_serde_json(text.as_bytes());
            agrees_with_serde_json(format!("[{text}]").as_bytes());
            agrees_with_serde_json(format!("{{\"a\":{text}}}").as_bytes());
        }

        #[test]
        fn agrees_on_json_that_was_changed(text in nearly()) {
            agrees_with_serde_json(&text);
            let list = [b"[", &text[..], b"]"].concat();
            agrees_with_serde_json(&list);
            let object = [b"{\"a\": ", &text[..], b" , \"b\":[]}"].concat();
            agrees_with_serde_json(&object);
        }

        #[test]
        fn never_panics_on_bytes(bytes in vec(any::<u8>(), 0..200)) {
            agrees_with_serde_json(&bytes);
        }
    }
}
