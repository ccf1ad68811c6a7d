//! How much the requests of an isolate hold at one time.
//!
//! An isolate has 128 MB for all of them together, so a bound for each is none for all. What does
//! not fit is refused before it is read.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::limits::{MAX_BYTES_IN_FLIGHT, MAX_HOLD, MAX_MERGED_BYTES, MAX_WAITING_BYTES};
use crate::runtime::{ReadError, Timestamp};

/// What is held in an isolate.
#[derive(Debug)]
pub struct InFlight {
    /// By requests whose body has not come yet.
    pub waiting: Rc<Room>,
    /// By what was read from the upstream, and is on its way to callers.
    pub upstream: Rc<Room>,
    /// Whether any request was answered.
    is_used: Cell<bool>,
}

impl InFlight {
    /// Whether the isolate is new: for the first that asks.
    #[must_use]
    pub fn is_new(&self) -> bool {
        !self.is_used.replace(true)
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self {
            waiting: Room::of(MAX_WAITING_BYTES),
            upstream: Room::of(MAX_BYTES_IN_FLIGHT),
            is_used: Cell::new(false),
        }
    }
}

/// Room for so many bytes.
#[derive(Debug)]
pub struct Room {
    limit: usize,
    taken: Cell<usize>,
    shares: RefCell<Vec<Rc<Held>>>,
}

/// What one request holds.
#[derive(Debug)]
struct Held {
    bytes: Cell<usize>,
    /// When it counts no more. A request that the runtime ended never gives back what it holds, and
    /// must not keep others out for good.
    until: Timestamp,
}

impl Room {
    fn of(limit: usize) -> Rc<Self> {
        Rc::new(Self {
            limit,
            taken: Cell::new(0),
            shares: RefCell::default(),
        })
    }

    /// The share of a request that begins now, of nothing yet.
    #[must_use]
    pub fn open(self: &Rc<Self>, now: Timestamp) -> Share {
        let held = Rc::new(Held {
            bytes: Cell::new(0),
            until: now.after(MAX_HOLD),
        });
        let mut shares = self.shares.borrow_mut();
        shares.retain(|share| {
            let counts = now < share.until;
            if !counts {
                self.give(share, share.bytes.get());
            }
            counts
        });
        shares.push(Rc::clone(&held));
        Share {
            room: Rc::clone(self),
            held,
        }
    }

    /// How much there may be taken. Whoever has come first may take a little more: of bodies that do not
    /// say how long they are, each could otherwise hold a part, and none come to its end.
    fn limit_for(&self, held: &Rc<Held>) -> usize {
        let shares = self.shares.borrow();
        match shares.first() {
            Some(first) if Rc::ptr_eq(first, held) => self.limit + self.limit / 8,
            _ => self.limit,
        }
    }

    fn give(&self, held: &Held, bytes: usize) {
        let bytes = bytes.min(held.bytes.get());
        held.bytes.set(held.bytes.get() - bytes);
        self.taken.set(self.taken.get().saturating_sub(bytes));
    }
}

/// What one request holds of a [`Room`]; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    room: Rc<Room>,
    held: Rc<Held>,
}

impl Share {
    /// Takes so many bytes more, if there is room for them.
    #[must_use]
    pub fn take(&self, bytes: usize) -> bool {
        let taken = self.room.taken.get().saturating_add(bytes);
        let fits = taken <= self.room.limit_for(&self.held);
        if fits {
            self.room.taken.set(taken);
            self.held.bytes.set(self.held.bytes.get() + bytes);
        }
        fits
    }

    /// Gives so many bytes back.
    pub fn give(&self, bytes: usize) {
        self.room.give(&self.held, bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(self.held.bytes.get());
        let mut shares = self.room.shares.borrow_mut();
        shares.retain(|share| !Rc::ptr_eq(share, &self.held));
    }
}

/// How much of a body may be read. Dropped without [`Allowance::keep`], it gives back what it took.
#[derive(Debug)]
pub struct Allowance<'a> {
    limit: usize,
    taken: Cell<usize>,
    share: Option<&'a Share>,
}

impl Allowance<'static> {
    /// At most `limit` bytes.
    #[must_use]
    pub fn of(limit: usize) -> Self {
        Self {
            limit,
            taken: Cell::new(0),
            share: None,
        }
    }
}

impl<'a> Allowance<'a> {
    /// At most `limit` bytes, and no more than there is room for.
    #[must_use]
    pub fn within(limit: usize, share: &'a Share) -> Self {
        Self {
            limit,
            taken: Cell::new(0),
            share: Some(share),
        }
    }

    /// Asks for so many bytes more.
    ///
    /// # Errors
    /// [`ReadError::TooLarge`] above the limit, or where this request alone would hold more than any
    /// answer may be made of; [`ReadError::NoRoom`] when others hold too much.
    pub fn take(&self, bytes: usize) -> Result<(), ReadError> {
        if bytes > self.left() {
            return Err(ReadError::TooLarge);
        }
        if let Some(share) = self.share.filter(|share| !share.take(bytes)) {
            let alone = share.held.bytes.get().saturating_add(bytes) > MAX_MERGED_BYTES;
            // What is too large for itself is not to come again in a second.
            return Err(if alone {
                ReadError::TooLarge
            } else {
                ReadError::NoRoom
            });
        }
        self.taken.set(self.taken.get() + bytes);
        Ok(())
    }

    /// How many bytes are left of the limit.
    #[must_use]
    pub fn left(&self) -> usize {
        self.limit.saturating_sub(self.taken.get())
    }

    /// The body stays in memory for as long as the share does.
    pub fn keep(self) {
        self.taken.set(0);
    }
}

impl Drop for Allowance<'_> {
    fn drop(&mut self) {
        if let Some(share) = self.share {
            share.give(self.taken.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem;

    use super::{Allowance, Room, Share};
    use crate::limits::{MAX_HOLD, MAX_MERGED_BYTES};
    use crate::runtime::{ReadError, Timestamp};

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn took(share: &Share, bytes: usize) -> bool {
        share.take(bytes)
    }

    #[test]
    fn has_room_for_its_limit_and_not_a_byte_more() {
        let room = Room::of(7);
        let [_first, one, other] = [(); 3].map(|()| room.open(NOW));
        assert!(took(&one, 3));
        assert!(took(&other, 4));
        assert!(!took(&one, 1));
        other.give(1);
        assert!(took(&one, 1));
        assert!(!took(&one, usize::MAX));
        drop(one);
        assert!(took(&other, 4));
        assert!(!took(&other, 1));
    }

    #[test]
    fn takes_back_no_more_than_was_taken() {
        let room = Room::of(7);
        let [_first, one, other] = [(); 3].map(|()| room.open(NOW));
        assert!(took(&one, 3));
        assert!(took(&other, 4));
        one.give(100);
        assert!(took(&other, 3));
        assert!(!took(&other, 1));
    }

    #[test]
    fn allows_a_body_its_limit_and_what_there_is_room_for() {
        let room = Room::of(7);
        let [_first, share] = [(); 2].map(|()| room.open(NOW));
        let alone = Allowance::of(5);
        assert_eq!(alone.take(2), Ok(()));
        assert_eq!(alone.left(), 3);
        assert_eq!(alone.take(4), Err(ReadError::TooLarge));
        assert_eq!(alone.take(3), Ok(()));
        let within = Allowance::within(10, &share);
        assert_eq!(within.take(6), Ok(()));
        assert_eq!(within.take(2), Err(ReadError::NoRoom));
        assert_eq!(within.take(1), Ok(()));
        // What is not kept is given back, and what is kept is not.
        drop(within);
        let within = Allowance::within(10, &share);
        assert_eq!(within.take(7), Ok(()));
        within.keep();
        assert!(!took(&share, 1));
    }

    #[test]
    fn calls_too_large_what_would_not_fit_into_an_answer_either() {
        let room = Room::of(MAX_MERGED_BYTES + 1);
        let [_first, share] = [(); 2].map(|()| room.open(NOW));
        assert!(took(&share, MAX_MERGED_BYTES));
        let take = |bytes| Allowance::within(usize::MAX, &share).take(bytes);
        assert_eq!(take(2), Err(ReadError::TooLarge));
        share.give(2);
        let other = room.open(NOW);
        assert!(took(&other, 3));
        assert_eq!(take(2), Err(ReadError::NoRoom));
        assert_eq!(take(3), Err(ReadError::TooLarge));
    }

    #[test]
    fn lets_the_first_come_to_its_end_where_all_would_be_stuck() {
        let room = Room::of(80);
        let [first, second] = [(); 2].map(|()| room.open(NOW));
        assert!(took(&first, 40));
        assert!(took(&second, 40));
        assert!(!took(&second, 1));
        assert!(took(&first, 10));
        assert!(!took(&first, 1));
        drop(first);
        // Now it is the first.
        assert!(took(&second, 50));
        assert!(!took(&second, 1));
    }

    /// On Workers, a request that is cancelled is never dropped.
    #[test]
    fn forgets_a_request_that_never_ends_after_its_time() {
        let room = Room::of(7);
        let gone = room.open(NOW);
        assert!(took(&gone, 7));
        mem::forget(gone);
        let last = Timestamp(NOW.after(MAX_HOLD).0 - 1);
        assert!(!took(&room.open(last), 1));
        let after = room.open(NOW.after(MAX_HOLD));
        assert!(took(&after, 7));
        assert_eq!(room.shares.borrow().len(), 1);
    }

    #[test]
    fn counts_nothing_twice_that_ends_after_its_time() {
        let room = Room::of(7);
        let late = room.open(NOW);
        assert!(took(&late, 7));
        let next = room.open(NOW.after(MAX_HOLD));
        assert!(took(&next, 7));
        drop(late);
        assert!(!took(&next, 1));
    }

    #[test]
    fn remembers_nothing_of_requests_that_have_ended() {
        let room = Room::of(7);
        for _ in 0..100 {
            assert!(took(&room.open(NOW), 7));
        }
        assert_eq!(room.shares.borrow().len(), 0);
    }
}
