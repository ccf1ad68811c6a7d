//! Virtual time. It stands still while anything can be done and jumps to the next timer when
//! nothing can.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that begins at zero.
#[derive(Clone, Default)]
pub(crate) struct Clock(Rc<Inner>);

#[derive(Default)]
struct Inner {
    now: Cell<Duration>,
    timers: RefCell<BTreeMap<Key, Waker>>,
    next_number: Cell<u64>,
}

/// When a timer is due, and a number that tells timers apart: the earlier one goes first.
type Key = (Duration, u64);

impl Clock {
    /// The time since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.0.now.get()
    }

    /// When the next timer is due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let timers = self.0.timers.borrow();
        timers.keys().next().map(|(due, _)| *due)
    }

    /// Lets time pass until `moment`, and wakes who waited for it.
    pub(crate) fn advance_to(&self, moment: Duration) {
        self.0.now.set(moment.max(self.now()));
        let mut timers = self.0.timers.borrow_mut();
        let later = timers.split_off(&(self.now(), u64::MAX));
        let due = std::mem::replace(&mut *timers, later);
        drop(timers);
        due.into_values().for_each(Waker::wake);
    }

    /// Resolves after `duration`. Dropping it takes the timer away.
    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        let number = self.0.next_number.get();
        self.0.next_number.set(number + 1);
        Sleep {
            clock: self.clone(),
            key: (self.now().saturating_add(duration), number),
        }
    }
}

/// A timer.
pub(crate) struct Sleep {
    clock: Clock,
    key: Key,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (due, _) = self.key;
        if due <= self.clock.now() {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        self.clock.0.timers.borrow_mut().insert(self.key, waker);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.0.timers.borrow_mut().remove(&self.key);
    }
}
