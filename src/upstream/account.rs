//! The keys, and what an isolate remembers of the account behind them.
//!
//! Only what is the same for every identity is remembered here: how many pages the integration
//! list had, the flags, and until when the account may not be asked. Nothing of it decides what is
//! in a token: a remembered count is corrected by the next first page.
//!
//! Cells, and no value is held across an await: requests that run at the same time in one isolate
//! see each other's notes and never wait for each other.

use std::cell::Cell;
use std::ptr;
use std::time::Duration;

use crate::limits::{FLAGS_RETRY, FLAGS_STALE, MAX_NOTED_PAGES, MAX_SHED, NOTE_RENEW, TAKEOVER};
use crate::runtime::Timestamp;
use crate::runtime::notes::Notes;
use crate::secret::Secret;

/// An account of the upstream.
#[derive(Debug)]
pub struct Account {
    /// The application's key.
    key: Secret,
    /// The key that replaces it, while that happens.
    next: Option<Secret>,
    uses_next: Cell<bool>,
    pages: Cell<u32>,
    /// Whether a first page told how many there are.
    told: Cell<bool>,
    notes: Notes,
    /// Whether somebody has looked what is noted, and what came of it, as long as nobody has asked.
    looked: Cell<bool>,
    word: Cell<Option<&'static str>>,
    /// What is noted, and since when.
    noted: Cell<Option<(u32, Timestamp)>>,
    flags_fresh: Duration,
    is_white_label: Cell<Option<(bool, Timestamp)>>,
    /// When the flags were asked for, as long as there is no answer.
    flags_asked: Cell<Option<Timestamp>>,
    /// When there was none at last.
    flags_failed: Cell<Option<Timestamp>>,
    closed_until: Cell<Timestamp>,
}

impl Account {
    /// An account that nothing is known of. Its flags are used for `flags_fresh`, and its list probably
    /// has that many pages.
    #[must_use]
    pub fn new(
        key: Secret,
        next: Option<Secret>,
        flags_fresh: Duration,
        pages: u32,
        notes: Notes,
    ) -> Self {
        Self {
            key,
            next,
            uses_next: Cell::new(false),
            pages: Cell::new(pages),
            told: Cell::new(false),
            notes,
            looked: Cell::new(false),
            word: Cell::new(None),
            noted: Cell::new(None),
            flags_fresh,
            is_white_label: Cell::new(None),
            flags_asked: Cell::new(None),
            flags_failed: Cell::new(None),
            closed_until: Cell::new(Timestamp(0)),
        }
    }

    /// The key to begin with, and the one to fall back to when that is refused.
    #[must_use]
    pub fn keys(&self) -> (&Secret, Option<&Secret>) {
        match &self.next {
            Some(next) if self.uses_next.get() => (next, Some(&self.key)),
            next => (&self.key, next.as_ref()),
        }
    }

    /// The upstream took this key, one of the two: the next request begins with it.
    pub fn took(&self, key: &Secret) {
        let next = self.next.as_ref();
        self.uses_next
            .set(next.is_some_and(|next| ptr::eq(next, key)));
    }

    /// Whether requests begin with the key that replaces the other.
    #[must_use]
    pub fn uses_next_key(&self) -> bool {
        self.uses_next.get()
    }

    /// How many pages its list had when it was last seen; before, what it was made with.
    #[must_use]
    pub fn expected_pages(&self) -> u32 {
        self.pages.get()
    }

    /// Its list has that many pages now. Gives whether that is to be noted.
    #[must_use]
    pub fn saw_pages(&self, count: u32, now: Timestamp) -> bool {
        self.told.set(true);
        self.pages.set(count);
        let is_noted = self
            .noted
            .get()
            .is_some_and(|(noted, since)| noted == count && since.until(now) < NOTE_RENEW);
        if !is_noted {
            self.noted.set(Some((count, now)));
        }
        !is_noted
    }

    /// The notes that belong to its key.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Whether to look what is noted: once in an isolate, and not when it is known already.
    #[must_use]
    pub fn wants_note(&self) -> bool {
        !self.told.get() && !self.looked.replace(true)
    }

    /// Notes what came of that.
    pub fn looked(&self, word: &'static str) {
        self.word.set(Some(word));
    }

    /// What came of it, once: for the log of the request that looked.
    #[must_use]
    pub fn take_word(&self) -> Option<&'static str> {
        self.word.take()
    }

    /// So many pages its list had at that time, as a note says. What a first page has told is better.
    pub fn was_noted(&self, count: u32, at: Timestamp) {
        self.noted.set(Some((count, at)));
        if !self.told.get() {
            let most = self.pages.get().max(MAX_NOTED_PAGES);
            self.pages.set(count.min(most));
        }
    }

    /// Whether it is white-labelled, if that need not be asked. After `None` the caller asks, and
    /// meanwhile others go on with the old answer: for [`TAKEOVER`] at most, as the caller may be
    /// gone, and for [`FLAGS_RETRY`] where there was no answer.
    #[must_use]
    pub fn is_white_label(&self, now: Timestamp) -> Option<bool> {
        let within = |begun: &Cell<Option<Timestamp>>, time| {
            begun.get().is_some_and(|begun| now < begun.after(time))
        };
        let wait = within(&self.flags_asked, TAKEOVER) || within(&self.flags_failed, FLAGS_RETRY);
        match self.known_white_label(now) {
            Some((flag, age)) if age < self.flags_fresh || wait => Some(flag),
            _ => {
                self.flags_asked.set(Some(now));
                None
            }
        }
    }

    /// What it answered to that, `None` for no answer. Gives what to go by: an account that never
    /// answered shows `AuthKit` under its own name.
    pub fn saw_white_label(&self, answer: Option<bool>, now: Timestamp) -> bool {
        self.flags_asked.set(None);
        self.flags_failed.set(answer.is_none().then_some(now));
        if let Some(flag) = answer {
            self.is_white_label.set(Some((flag, now)));
            return flag;
        }
        self.known_white_label(now).is_some_and(|(flag, _)| flag)
    }

    /// The last answer and its age, unless it is too old to be of use.
    fn known_white_label(&self, now: Timestamp) -> Option<(bool, Duration)> {
        let (flag, told) = self.is_white_label.get()?;
        let age = told.until(now);
        let kept = !self.flags_fresh.is_zero() && age < self.flags_fresh + FLAGS_STALE;
        kept.then_some((flag, age))
    }

    /// How long it may not be asked yet.
    #[must_use]
    pub fn closed_for(&self, now: Timestamp) -> Option<Duration> {
        let left = now.until(self.closed_until.get());
        (!left.is_zero()).then_some(left)
    }

    /// It asked for a pause that no request could wait for.
    pub fn close(&self, wait: Duration, now: Timestamp) {
        self.closed_until.set(now.after(wait.min(MAX_SHED)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Account;
    use crate::limits::{FLAGS_RETRY, FLAGS_STALE, MAX_SHED};
    use crate::runtime::Timestamp;
    use crate::runtime::notes::Notes;
    use crate::secret::Secret;

    const START: Timestamp = Timestamp(1_700_000_000_000);
    const FRESH: Duration = Duration::from_mins(1);

    fn account(flags_fresh: Duration) -> Account {
        Account::new(
            Secret::parse("sk_test_x").unwrap(),
            None,
            flags_fresh,
            1,
            Notes::off(),
        )
    }

    fn at(millis: u64) -> Timestamp {
        START.after(Duration::from_millis(millis))
    }

    #[test]
    fn begins_with_the_key_that_was_taken_last() {
        let secret = |text| Secret::parse(text).unwrap();
        let account = Account::new(secret("old"), Some(secret("new")), FRESH, 1, Notes::off());
        let texts = || {
            let (first, other) = account.keys();
            [first, other.unwrap()].map(|key| key.expose().to_owned())
        };
        assert_eq!(texts(), ["old", "new"]);
        account.took(account.keys().1.unwrap());
        assert_eq!(texts(), ["new", "old"]);
        account.took(account.keys().0);
        assert_eq!(texts(), ["new", "old"]);
        account.took(account.keys().1.unwrap());
        assert_eq!(texts(), ["old", "new"]);
    }

    #[test]
    fn remembers_flags_for_their_time() {
        let account = account(FRESH);
        assert_eq!(account.is_white_label(START), None);
        assert!(account.saw_white_label(Some(true), START));
        assert_eq!(account.is_white_label(at(59_999)), Some(true));
        assert_eq!(account.is_white_label(at(60_000)), None);
    }

    #[test]
    fn asks_once_while_others_go_on_with_the_old_flags() {
        let account = account(FRESH);
        account.saw_white_label(Some(true), START);
        assert_eq!(account.is_white_label(at(60_000)), None);
        assert_eq!(account.is_white_label(at(60_001)), Some(true));
        let retry = at(60_000).after(FLAGS_RETRY);
        assert_eq!(account.is_white_label(retry), None);
        assert!(!account.saw_white_label(Some(false), retry));
        assert_eq!(account.is_white_label(retry), Some(false));
    }

    #[test]
    fn asks_for_everybody_until_there_is_an_answer() {
        let account = account(FRESH);
        assert_eq!(account.is_white_label(START), None);
        assert_eq!(account.is_white_label(START), None);
        assert!(!account.saw_white_label(None, START));
        assert_eq!(account.is_white_label(START), None);
    }

    #[test]
    fn keeps_old_flags_through_an_outage_but_not_for_ever() {
        let account = account(FRESH);
        account.saw_white_label(Some(true), START);
        let last = Timestamp(START.after(FRESH + FLAGS_STALE).0 - 1);
        assert!(account.saw_white_label(None, last));
        assert!(!account.saw_white_label(None, START.after(FRESH + FLAGS_STALE)));
    }

    #[test]
    fn remembers_no_flags_when_told_not_to() {
        let account = account(Duration::ZERO);
        assert!(account.saw_white_label(Some(true), START));
        assert_eq!(account.is_white_label(START), None);
        assert!(!account.saw_white_label(None, START));
    }

    #[test]
    fn is_closed_for_as_long_as_it_asked_and_no_longer_than_its_window() {
        let account = account(FRESH);
        assert_eq!(account.closed_for(START), None);
        account.close(Duration::from_secs(20), START);
        assert_eq!(account.closed_for(at(5_000)), Some(Duration::from_secs(15)));
        assert_eq!(account.closed_for(at(20_000)), None);
        account.close(Duration::from_hours(1), START);
        assert_eq!(account.closed_for(START), Some(MAX_SHED));
    }
}
