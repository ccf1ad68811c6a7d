//! When a failed try is repeated: a pure schedule.

use std::time::Duration;

use crate::http::retry_after;
use crate::limits::{BACKOFF_BASE, BACKOFF_CAP, DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER, MAX_TRIES};
use crate::runtime::Timestamp;
use crate::upstream::UpstreamFault;

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
        UpstreamFault::Network | UpstreamFault::Timeout => None,
        UpstreamFault::Status(_)
        | UpstreamFault::Redirect(_)
        | UpstreamFault::Shed(_)
        | UpstreamFault::Malformed(_)
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
#[must_use]
pub fn fault_of_status(
    status: u16,
    retry_after: Option<&str>,
    rate_limit_reset: Option<&str>,
    now: Timestamp,
) -> UpstreamFault {
    let asked = retry_after.and_then(|text| retry_after::parse(text, now));
    match status {
        429 => UpstreamFault::RateLimited(
            asked
                .or_else(|| rate_limit_reset.and_then(retry_after::seconds))
                .unwrap_or(DEFAULT_RETRY_AFTER)
                .min(MAX_RETRY_AFTER),
        ),
        502..=504 => UpstreamFault::Unavailable(status, asked),
        300..=399 => UpstreamFault::Redirect(status),
        _ => UpstreamFault::Status(status),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::proptest;

    use super::{fault_of_status, pause};
    use crate::limits::BACKOFF_CAP;
    use crate::runtime::Timestamp;
    use crate::upstream::UpstreamFault;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const LONG: Duration = Duration::from_secs(8);

    fn rate_limited(retry_after: Option<&str>, reset: Option<&str>) -> UpstreamFault {
        fault_of_status(429, retry_after, reset, NOW)
    }

    #[test]
    fn reads_how_long_a_rate_limit_lasts() {
        let wait = |seconds| UpstreamFault::RateLimited(Duration::from_secs(seconds));
        for (retry_after, reset, expected) in [
            (Some("2"), Some("60"), wait(2)),
            (None, Some("60"), wait(60)),
            (None, None, wait(60)),
            (Some("soon"), None, wait(60)),
            (Some("-1"), Some("30"), wait(30)),
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

    #[test]
    fn tells_statuses_apart() {
        for (status, fault) in [
            (301, UpstreamFault::Redirect(301)),
            (307, UpstreamFault::Redirect(307)),
            (400, UpstreamFault::Status(400)),
            (401, UpstreamFault::Status(401)),
            (404, UpstreamFault::Status(404)),
            (500, UpstreamFault::Status(500)),
            (501, UpstreamFault::Status(501)),
            (502, UpstreamFault::Unavailable(502, None)),
            (503, UpstreamFault::Unavailable(503, None)),
            (504, UpstreamFault::Unavailable(504, None)),
            (101, UpstreamFault::Status(101)),
        ] {
            assert_eq!(fault_of_status(status, None, None, NOW), fault, "{status}");
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
            UpstreamFault::Status(500),
            UpstreamFault::Redirect(302),
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
