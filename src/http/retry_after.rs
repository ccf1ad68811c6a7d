//! How long another server asks to be left alone (RFC 9110 §10.2.3).

use std::time::Duration;

use crate::runtime::Timestamp;

/// How the place reads a date: [`crate::runtime::Runtime::date`].
pub type ReadDate = fn(&str) -> Option<Timestamp>;

/// Reads `Retry-After`: seconds, or a date, which may be over.
#[must_use]
pub fn parse(text: &str, now: Timestamp, date: ReadDate) -> Option<Duration> {
    seconds(text).or_else(|| {
        let text = text.trim();
        // JavaScript takes numbers for dates, too. In all three forms a day's name is first, and a time follows.
        let is_date =
            text.starts_with(|first: char| first.is_ascii_uppercase()) && text.contains(':');
        is_date
            .then(|| date(text))
            .flatten()
            .map(|date| now.until(date))
    })
}

/// A number of seconds as servers write it who do not look it up: with a sign, a fraction, quotes, a
/// unit, or twice. What is begun of a second counts as one.
#[must_use]
pub fn seconds(text: &str) -> Option<Duration> {
    let (mut whole, mut begun) = (0_u64, 0);
    let (mut has_digits, mut has_point) = (false, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                has_digits = true;
                if has_point {
                    begun |= u64::from(byte != b'0');
                } else {
                    whole = whole
                        .saturating_mul(10)
                        .saturating_add(u64::from(byte - b'0'));
                }
            }
            b'.' if !has_point => has_point = true,
            b' ' | b'"' | b'+' if !has_digits && !has_point => {}
            b' ' | b'"' | b',' | b's' | b'S' => break,
            _ => return None,
        }
    }
    has_digits.then(|| Duration::from_secs(whole.saturating_add(begun)))
}
