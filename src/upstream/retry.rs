//! When a failed try is repeated: a pure schedule.

use std::time::Duration;

use crate::http::retry_after::{self, ReadDate};
use crate::limits::{
    BACKOFF_BASE, BACKOFF_CAP, DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER, MAX_TRIES, ODD_RETRY_AFTER,
};
use crate::runtime::Timestamp;
use crate::upstream::UpstreamFault;
use crate::upstream::page::PageFault;

/// How long to wait before trying again after `fault`, or `None` to give up.
///
/// `tries` is how many there were, `left` the time to the deadline, `random` a number in
/// `0.0..1.0`. The wait is what the upstream asked for, else between nothing and an exponentially
/// growing bound ("full jitter": callers that failed together do not come back together). A wait
/// that does not end before the deadline is no use, so it is not begun.
#[must_use]
pub fn pause(fault: UpstreamFault, tries: u32, left: Duration, random: f64) -> Option<Duration> {
    if tries >= MAX_TRIES {
        return None;
    }
    let asked = match fault {
        UpstreamFault::RateLimited(wait) => Some(wait),
        UpstreamFault::Unavailable(_, wait) => wait,
        // What is no page at all, a proxy may have written.
        UpstreamFault::Network
        | UpstreamFault::Timeout
        | UpstreamFault::Malformed(PageFault::NotAnObject | PageFault::NoRows) => None,
        UpstreamFault::Status(_)
        | UpstreamFault::Redirect(_)
        | UpstreamFault::Shed(_)
        | UpstreamFault::Malformed(PageFault::NoPageCount)
        | UpstreamFault::TooLarge
        | UpstreamFault::NoRoom
        | UpstreamFault::TooManyPages => return None,
    };
    let bound = BACKOFF_BASE.saturating_mul(1 << (tries.saturating_sub(1)).min(16));
    let wait = asked.unwrap_or_else(|| bound.min(BACKOFF_CAP).mul_f64(random.clamp(0.0, 1.0)));
    (wait < left).then_some(wait)
}

/// Reads the fault from a status that is no success.
///
/// `retry_after` is that header; `rate_limit_reset` is `x-pica-rate-limit-reset`, the seconds
/// until the upstream's window ends, which it sends instead.
///
/// A token call changes nothing, so it may be repeated after any fault that can pass by itself: of
/// the server, or of a proxy on the way. That is every 5xx but those that say what the server cannot
/// do (501, 505), whoever made its number up (Cloudflare's 520 to 530), and of the 4xx those that
/// blame the connection or the moment.
#[must_use]
pub fn fault_of_status(
    status: u16,
    retry_after: Option<&str>,
    rate_limit_reset: Option<&str>,
    now: Timestamp,
    date: ReadDate,
) -> UpstreamFault {
    let asked = retry_after.and_then(|text| retry_after::parse(text, now, date));
    let asked = asked.or_else(|| rate_limit_reset.and_then(retry_after::seconds));
    // What cannot be read is not the longest wait that there is.
    let odd = retry_after.or(rate_limit_reset).map(|_| ODD_RETRY_AFTER);
    let asked = asked.or(odd);
    match status {
        429 => {
            UpstreamFault::RateLimited(asked.unwrap_or(DEFAULT_RETRY_AFTER).min(MAX_RETRY_AFTER))
        }
        501 | 505 => UpstreamFault::Status(status),
        408 | 421 | 425 | 500..=599 => UpstreamFault::Unavailable(status, asked),
        300..=399 => UpstreamFault::Redirect(status),
        _ => UpstreamFault::Status(status),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::proptest;

    use super::{fault_of_status, pause};
    use crate::limits::BACKOFF_CAP;
    use crate::runtime::Timestamp;
    use crate::upstream::UpstreamFault;
    use crate::upstream::page::PageFault;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const LONG: Duration = Duration::from_secs(8);

    fn date(text: &str) -> Option<Timestamp> {
        let date = httpdate::parse_http_date(text).ok()?;
        let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp(0).after(since_epoch))
    }

    fn rate_limited(retry_after: Option<&str>, reset: Option<&str>) -> UpstreamFault {
        fault_of_status(429, retry_after, reset, NOW, date)
    }

    #[test]
    fn reads_how_long_a_rate_limit_lasts() {
        let wait = |seconds| UpstreamFault::RateLimited(Duration::from_secs(seconds));
        for (retry_after, reset, expected) in [
            (Some("2"), Some("60"), wait(2)),
            (None, Some("60"), wait(60)),
            (None, None, wait(60)),
            (Some("-1"), Some("30"), wait(30)),
            (Some("soon"), Some("30"), wait(30)),
            (Some("2"), Some("soon"), wait(2)),
            (Some("99999999999999999999999"), None, wait(3600)),
            (Some("Tue, 14 Nov 2023 22:13:25 GMT"), None, wait(5)),
            (Some("Tue, 14 Nov 2023 22:13:00 GMT"), None, wait(0)),
        ] {
            assert_eq!(
                rate_limited(retry_after, reset),
                expected,
                "{retry_after:?}, {reset:?}"
            );
        }
    }

    /// The kind: a number of seconds, as anybody writes one who did not look up how.
    #[test]
    fn reads_seconds_however_they_are_written() {
        for (text, expected) in [
            ("0.5", 1),
            ("0.001", 1),
            (".5", 1),
            ("0.0", 0),
            ("1.0", 1),
            ("1.", 1),
            ("1.0001", 2),
            ("2.999", 3),
            (" 2 ", 2),
            ("+2", 2),
            ("002", 2),
            ("\"2\"", 2),
            ("2s", 2),
            ("2 s", 2),
            ("2 Seconds", 2),
            ("0.5s", 1),
            ("2, 2", 2),
            ("2, 5", 2),
            ("99999999999999999999999.5", 3600),
        ] {
            let expected = Duration::from_secs(expected);
            for fault in [
                rate_limited(Some(text), None),
                rate_limited(None, Some(text)),
            ] {
                assert_eq!(fault, UpstreamFault::RateLimited(expected), "{text:?}");
            }
            let fault = fault_of_status(503, Some(text), None, NOW, date);
            assert!(
                matches!(fault, UpstreamFault::Unavailable(503, Some(wait))
                    if wait == expected || expected == Duration::from_hours(1)),
                "{text:?}"
            );
        }
        for text in [
            "Tue, 14 Nov 2023 22:13:25 GMT",
            " Tue, 14 Nov 2023 22:13:25 GMT ",
            "Tuesday, 14-Nov-23 22:13:25 GMT",
            "Tue Nov 14 22:13:25 2023",
        ] {
            let expected = UpstreamFault::RateLimited(Duration::from_secs(5));
            assert_eq!(rate_limited(Some(text), None), expected, "{text:?}");
        }
    }

    #[test]
    fn takes_what_cannot_be_read_for_a_moment_and_not_for_the_longest_wait() {
        for text in [
            "",
            " ",
            "soon",
            "-1",
            "-0.5",
            "1e3",
            "500ms",
            "1m",
            ".",
            "..",
            "1.2.3",
            "0x10",
            "NaN",
            "Infinity",
            "2023-11-14T22:13:25Z",
            "Tue, 14 Foo 2023 22:13:25 GMT",
            "١",
        ] {
            let moment = UpstreamFault::RateLimited(Duration::from_secs(1));
            assert_eq!(rate_limited(Some(text), None), moment, "{text:?}");
            assert_eq!(rate_limited(None, Some(text)), moment, "{text:?}");
        }
    }

    #[test]
    fn tells_statuses_apart() {
        for (status, fault) in [
            (301, UpstreamFault::Redirect(301)),
            (307, UpstreamFault::Redirect(307)),
            (400, UpstreamFault::Status(400)),
            (401, UpstreamFault::Status(401)),
            (404, UpstreamFault::Status(404)),
            (402, UpstreamFault::Status(402)),
            (403, UpstreamFault::Status(403)),
            (501, UpstreamFault::Status(501)),
            (505, UpstreamFault::Status(505)),
            (500, UpstreamFault::Unavailable(500, None)),
            (502, UpstreamFault::Unavailable(502, None)),
            (503, UpstreamFault::Unavailable(503, None)),
            (504, UpstreamFault::Unavailable(504, None)),
            (101, UpstreamFault::Status(101)),
        ] {
            assert_eq!(
                fault_of_status(status, None, None, NOW, date),
                fault,
                "{status}"
            );
        }
    }

    /// The kind: a status that blames the moment, and not the request or the key.
    #[test]
    fn repeats_after_every_status_that_may_pass() {
        let passing = |status: u16| {
            let moment = [408, 421, 425, 429].contains(&status);
            moment || (500..=599).contains(&status) && ![501, 505].contains(&status)
        };
        for status in (100..1000).filter(|status| !(200..=299).contains(status)) {
            let fault = fault_of_status(status, Some("0"), None, NOW, date);
            let again = pause(fault, 1, LONG, 0.5).is_some();
            assert_eq!(again, passing(status), "{status}");
        }
    }

    #[test]
    fn tries_three_times_and_no_more() {
        let fault = UpstreamFault::Network;
        assert!(pause(fault, 1, LONG, 0.5).is_some());
        assert!(pause(fault, 2, LONG, 0.5).is_some());
        assert_eq!(pause(fault, 3, LONG, 0.5), None);
    }

    #[test]
    fn does_not_repeat_what_cannot_get_better() {
        for fault in [
            UpstreamFault::Status(401),
            UpstreamFault::Redirect(302),
            UpstreamFault::Malformed(PageFault::NoPageCount),
            UpstreamFault::TooLarge,
            UpstreamFault::TooManyPages,
        ] {
            assert_eq!(pause(fault, 1, LONG, 0.0), None, "{fault:?}");
        }
    }

    #[test]
    fn waits_as_long_as_it_was_asked_to_when_that_fits() {
        let second = Duration::from_secs(1);
        for fault in [
            UpstreamFault::RateLimited(second),
            UpstreamFault::Unavailable(503, Some(second)),
        ] {
            assert_eq!(pause(fault, 1, LONG, 0.9), Some(second));
            assert_eq!(pause(fault, 1, second, 0.9), None);
        }
    }

    #[test]
    fn doubles_the_bound_of_the_back_off() {
        let fault = UpstreamFault::Unavailable(502, None);
        assert_eq!(pause(fault, 1, LONG, 0.5), Some(Duration::from_millis(50)));
        assert_eq!(pause(fault, 2, LONG, 0.5), Some(Duration::from_millis(100)));
    }

    proptest! {
        #[test]
        fn never_sheds_for_the_longest_time_when_something_was_said(text in "[ -~]{0,24}") {
            let UpstreamFault::RateLimited(wait) = rate_limited(Some(&text), None) else {
                panic!("{text}");
            };
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            assert!(wait <= Duration::from_secs(1) || digits > 0, "{text}: {wait:?}");
        }

        #[test]
        fn rounds_what_is_begun_of_a_second_up(millis in 0_u64..3_000_000) {
            let text = format!("{}.{:03}", millis / 1000, millis % 1000);
            let wait = Duration::from_secs(millis.div_ceil(1000));
            assert_eq!(rate_limited(Some(&text), None), UpstreamFault::RateLimited(wait));
        }

        #[test]
        fn never_waits_past_the_deadline(
            tries in 0_u32..40, left in 0_u64..10_000, random in 0.0..1.0_f64, asked in 0_u64..20_000,
        ) {
            let left = Duration::from_millis(left);
            let asked = Duration::from_millis(asked);
            for fault in [UpstreamFault::Network, UpstreamFault::RateLimited(asked)] {
                if let Some(wait) = pause(fault, tries, left, random) {
                    assert!(wait < left);
                    assert!(wait <= BACKOFF_CAP || fault == UpstreamFault::RateLimited(asked));
                }
            }
        }
    }
}
