//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>), passed on.
//!
//! The Worker sends spans to nobody, so it forwards and does not take part: a parent id of our own
//! would name a span that no trace has. `tracestate` is not forwarded. It may hold anything, and
//! the specification asks to keep it from systems of other companies, which the upstream is.

/// A `traceparent` that is safe to log and to send on: version 00, lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent(String);

/// The header that says which trace a request is part of.
pub const TRACEPARENT: &str = "traceparent";

/// The one that goes with it. Browsers may send it, and it ends here.
pub const TRACESTATE: &str = "tracestate";

/// Characters of a `traceparent` of version 00.
const LENGTH: usize = 55;

impl TraceParent {
    /// Reads the header; `None` when it is not valid, and then there is none. Of a version that
    /// is newer than 00, what 00 has in common with it is kept, as the specification says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let mut field = |length| {
            let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let text = fields.next()?;
            (text.len() == length && text.bytes().all(digit)).then_some(text)
        };
        let (version, trace_id, parent_id, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        let ends = rest.is_empty() || (version != "00" && rest.starts_with('-'));
        let valid = version != "ff" && ends && !is_zero(trace_id) && !is_zero(parent_id);
        valid.then(|| Self(format!("00-{trace_id}-{parent_id}-{flags}")))
    }

    /// The header's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The trace that the request is part of: 32 digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.0.get(3..35).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::TraceParent;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn parse(text: &str) -> Option<String> {
        TraceParent::parse(text).map(|parent| parent.as_str().to_owned())
    }

    #[test]
    fn is_passed_on_as_it_came() {
        for flags in ["00", "01", "03", "ff"] {
            let text = format!("00-{TRACE}-{PARENT}-{flags}");
            assert_eq!(parse(&text), Some(text.clone()));
            assert_eq!(TraceParent::parse(&text).unwrap().trace_id(), TRACE);
        }
    }

    #[test]
    fn of_a_newer_version_is_passed_on_as_what_is_known_of_it() {
        let known = format!("{TRACE}-{PARENT}-01");
        for newer in ["01-", "cc-", "fe-"] {
            for rest in ["", "-", "-what-the-future-will-be-like"] {
                let text = format!("{newer}{known}{rest}");
                assert_eq!(parse(&text), Some(format!("00-{known}")), "{text}");
            }
        }
    }

    #[test]
    fn is_dropped_when_anything_is_wrong_with_it() {
        let good = format!("00-{TRACE}-{PARENT}-01");
        let zeros = "0".repeat(32);
        for bad in [
            String::new(),
            good[..54].to_owned(),
            format!("{good}-"),
            format!("{good}-more"),
            format!("{good}, {good}"),
            format!(" {}", &good[..54]),
            good.to_uppercase(),
            good.replace('-', "_"),
            good.replace("4bf", "4bg"),
            good.replace("4bf", "é0"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("ff-{TRACE}-{PARENT}-01-more"),
            format!("cc-{TRACE}-{PARENT}-01.more"),
            format!("cc-{TRACE}-{PARENT}-01, 00"),
            format!("0-{TRACE}0-{PARENT}-01"),
            format!("00-{TRACE}0-{}-01", &PARENT[1..]),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{TRACE}-{PARENT}-0x"),
        ] {
            assert_eq!(parse(&bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn is_55_plain_characters_whatever_came(text in any::<String>(), version in "[0-9a-f]{2}") {
            for text in [text.clone(), format!("{version}-{TRACE}-{PARENT}-01-{text}")] {
                if let Some(parent) = parse(&text) {
                    let plain = |byte: u8| b"0123456789abcdef-".contains(&byte);
                    assert!(parent.len() == 55 && parent.bytes().all(plain), "{parent:?}");
                }
            }
        }
    }
}
