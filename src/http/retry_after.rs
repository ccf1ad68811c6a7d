//! How long another server asks to be left alone (RFC 9110 §10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use crate::runtime::Timestamp;

/// Reads `Retry-After`: seconds, or a date.
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    seconds(text).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
        Some(since_epoch.saturating_sub(Duration::from_millis(now.0)))
    })
}

/// Reads a number of seconds.
#[must_use]
pub fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}
