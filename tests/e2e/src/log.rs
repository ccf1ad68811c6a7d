//! What a Worker's process printed, line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::PATIENCE;

/// The lines so far. Clones are of the same lines.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    open: u32,
}

impl Log {
    /// Collects the lines of `output` on a thread of their own, until it ends.
    pub fn follow(&self, output: impl Read + Send + 'static) {
        self.lock().open += 1;
        let log = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                log.lock().lines.push(line);
                log.0.changed.notify_all();
            }
            log.lock().open -= 1;
            log.0.changed.notify_all();
        });
    }

    /// All lines since the last [`Log::clear`].
    pub fn lines(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// Forgets the lines so far.
    pub fn clear(&self) {
        self.lock().lines.clear();
    }

    /// Waits until `find` makes something of a line, however long ago that was printed. `None` when
    /// the output ends or nothing comes.
    pub fn wait_for<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = |state: &State| state.lines.iter().find_map(|line| find(line));
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |state| {
                state.open > 0 && found(state).is_none()
            });
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        found(&state)
    }

    /// Waits until the output ends; false when it does not.
    pub fn wait_for_end(&self) -> bool {
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |state| state.open > 0);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.open == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // One failing test must not fail the others.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
