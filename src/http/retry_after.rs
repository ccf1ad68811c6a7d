//! How long another server asks to be left alone (RFC 9110 §10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use crate::runtime::Timestamp;

/// Reads `Retry-After`: seconds, or a date, which may be over.
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    seconds(text).or_else(|| {
        let date = httpdate::parse_http_date(text.trim()).ok()?;
        let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
        Some(since_epoch.saturating_sub(Duration::from_millis(now.0)))
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
