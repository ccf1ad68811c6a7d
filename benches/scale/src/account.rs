//! Pica's side: one account, with its rate limit.

use std::time::Duration;

/// How long a rate window is.
pub const WINDOW: Duration = Duration::from_mins(1);

/// What a 429 says of how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// Always a whole window, as Pica's code has it.
    WholeWindow,
    /// What is left of the window.
    RestOfWindow,
}

/// An account whose calls are counted in windows. The first call after a window begins the next.
pub(crate) struct Account {
    limit: u32,
    reset: Reset,
    window_ends: Duration,
    calls: u32,
}

impl Account {
    pub(crate) fn new(limit: u32, reset: Reset) -> Self {
        Self {
            limit,
            reset,
            window_ends: Duration::ZERO,
            calls: 0,
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// The seconds to wait, when it is one too many.
    pub(crate) fn call(&mut self, now: Duration) -> Result<(), u64> {
        if now >= self.window_ends {
            self.window_ends = now + WINDOW;
            self.calls = 0;
        }
        self.calls += 1;
        if self.calls <= self.limit {
            return Ok(());
        }
        let left = self.window_ends.saturating_sub(now);
        Err(match self.reset {
            Reset::WholeWindow => WINDOW.as_secs(),
            // Rounded up, so that whoever waits as long finds the next window.
            Reset::RestOfWindow => left.as_secs() + 1,
        })
    }
}
