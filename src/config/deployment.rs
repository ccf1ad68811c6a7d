//! The configuration of an isolate: parsed once, and again when a stored secret has changed.
//!
//! Variables and plain secrets stay what they are while an isolate lives. Secrets of the Secrets
//! Store do not, so they are read again from time to time, by the request that comes first then.
//! It waits for itself alone; others go on with what there is, but not for long: a read that has not
//! ended after [`TAKEOVER`] is begun again by the next request, as the one that began it may be
//! gone, and some time after they are due nobody goes on with old secrets any more.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde::Serialize;

use crate::config::{Config, SECRETS};
use crate::json;
use crate::limits::{SECRETS_FRESH, SECRETS_RETRY, SECRETS_TIMEOUT, TAKEOVER};
use crate::runtime::{Binding, Environment, Runtime, Timestamp};

/// One isolate's configuration.
#[derive(Default)]
pub struct Deployment(RefCell<Option<State>>);

/// Secrets of the Secrets Store by name; `None` for one that was never read.
type Stored = Vec<(&'static str, Option<String>)>;

struct State {
    config: Rc<Config>,
    stored: Stored,
    /// When the reading of these was begun.
    read: Timestamp,
    /// When to read them again.
    due: Timestamp,
    /// When that was begun, as long as it has not ended.
    reading: Option<Timestamp>,
}

impl Deployment {
    /// The configuration as it is now.
    pub async fn config(&self, place: &(impl Runtime + Environment)) -> Rc<Config> {
        if let Some(config) = self.current(place.now()) {
            return config;
        }
        let begun = place.now();
        let stored = read_stored(place).await;
        self.install(stored, begun, place)
    }

    /// The configuration for an answer that must not wait: that of the variables, where no secret was
    /// read yet.
    pub fn config_at_hand(&self, place: &(impl Runtime + Environment)) -> Rc<Config> {
        let state = self.0.borrow();
        state.as_ref().map_or_else(
            || Rc::new(Config::parse(|name| place.binding(name))),
            |state| Rc::clone(&state.config),
        )
    }

    /// The one that was parsed, unless there is none or its secrets are due.
    fn current(&self, now: Timestamp) -> Option<Rc<Config>> {
        let mut state = self.0.borrow_mut();
        let state = state.as_mut()?;
        if !state.stored.is_empty() && now >= state.due {
            let reads = state
                .reading
                .is_some_and(|begun| now < begun.after(TAKEOVER));
            if !reads || now >= state.due.after(SECRETS_TIMEOUT) {
                state.reading = Some(now);
                return None;
            }
        }
        Some(Rc::clone(&state.config))
    }

    /// Goes by these secrets from now on, unless others were read since. One that could not be read
    /// stays what it was.
    fn install(
        &self,
        mut stored: Stored,
        begun: Timestamp,
        place: &(impl Runtime + Environment),
    ) -> Rc<Config> {
        let mut state = self.0.borrow_mut();
        if let Some(state) = state.as_ref().filter(|state| state.read > begun) {
            return Rc::clone(&state.config);
        }
        let mut fresh = SECRETS_FRESH;
        for (name, text) in stored.iter_mut().filter(|(_, text)| text.is_none()) {
            fresh = SECRETS_RETRY;
            let known = state.iter().flat_map(|state| &state.stored);
            *text = known
                .filter(|(known, _)| known == name)
                .find_map(|(_, text)| text.clone());
            if text.is_some() {
                warn(
                    place,
                    &format!(
                        "{name}: could not be read from the Secrets Store; the old value stays in use"
                    ),
                );
            }
        }
        let due = place.now().after(fresh);
        // What the configuration remembers of issuers and accounts is lost only for a reason.
        if let Some(state) = state.as_mut().filter(|state| state.stored == stored) {
            state.due = due;
            state.read = begun;
            state.reading = None;
            return Rc::clone(&state.config);
        }
        let mut config = Config::parse(|name| binding(name, &stored, place));
        if let Some(state) = &*state {
            // What is in the isolate stays in it.
            config.in_flight = Rc::clone(&state.config.in_flight);
        }
        let config = Rc::new(config);
        for warning in &config.warnings {
            warn(place, &warning.to_string());
        }
        *state = Some(State {
            config: Rc::clone(&config),
            stored,
            due,
            read: begun,
            reading: None,
        });
        config
    }
}

/// Reads every secret that is bound as something else than a text.
async fn read_stored(place: &(impl Runtime + Environment)) -> Stored {
    let names = SECRETS.into_iter();
    let mut stored: Stored = names
        .filter(|name| matches!(place.binding(name), Some(Binding::Object)))
        .map(|name| (name, None))
        .collect();
    if stored.is_empty() {
        return stored;
    }
    // All at once: each may be a way to another data centre.
    let mut reads: FuturesUnordered<_> = stored
        .iter_mut()
        .map(|(name, text)| async { *text = place.stored_secret(name).await.ok() })
        .collect();
    let all = async { while reads.next().await.is_some() {} };
    // Those that were read in time count.
    let _ = place.within(SECRETS_TIMEOUT, all).await;
    drop(reads);
    stored
}

fn binding(name: &str, stored: &Stored, environment: &impl Environment) -> Option<Binding> {
    let secret = stored.iter().find(|(known, _)| *known == name);
    let text = secret.and_then(|(_, text)| text.clone());
    text.map(Binding::Text)
        .or_else(|| environment.binding(name))
}

fn warn(environment: &impl Environment, text: &str) {
    #[derive(Serialize)]
    struct Line<'a> {
        warning: &'a str,
    }
    environment.warn(&json::text(&Line { warning: text }));
}
