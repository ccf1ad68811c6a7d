//! One helper: a lock that a panic elsewhere cannot take away.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after another holder panicked: a failing assertion in one test's predicate must not
/// turn into failures of everything else, and no state here is left half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
