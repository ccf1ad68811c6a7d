//! What came of a run.

use std::time::Duration;

/// The counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// For how many minutes people came.
    pub minutes: u32,
    /// People who got a token.
    pub minted: u32,
    /// People who were told to wait, the last time too.
    pub refused: u32,
    /// People for whom Pica took too long.
    pub timed_out: u32,
    /// Answers with 429.
    pub refusals: u32,
    /// Those of them that say how long to wait.
    pub refusals_with_wait: u32,
    /// Calls that went upstream.
    pub calls: u32,
    /// Those of them that the account refused.
    pub refused_calls: u32,
    /// Calls of requests that came to an isolate while it was told to wait.
    pub calls_while_told: u32,
    /// The most calls of one request.
    pub most_calls_of_one: u32,
    /// The most connections that were open at one time, of all isolates together.
    pub most_connections: u32,
    /// The same of one request.
    pub most_connections_of_one: u32,
    /// How long each token took.
    pub durations: Vec<Duration>,
}

impl Figures {
    /// How many people asked.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.minted + self.refused + self.timed_out
    }

    /// So many in a minute.
    #[must_use]
    pub fn per_minute(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.minutes)
    }

    /// The share of those who asked, in percent.
    #[must_use]
    pub fn percent(&self, people: u32) -> f64 {
        100.0 * f64::from(people) / f64::from(self.asked())
    }

    /// Calls for each token, the refused ones and those for tokens that came to nothing included.
    #[must_use]
    pub fn calls_per_token(&self) -> f64 {
        f64::from(self.calls) / f64::from(self.minted)
    }

    /// How long it took at most for so many percent of the tokens; zero when there were none.
    #[must_use]
    pub fn duration(&self, percent: usize) -> Duration {
        let mut sorted = self.durations.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }
}
