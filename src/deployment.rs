//! The configuration of an isolate: parsed once, and again when a stored secret has changed.
//!
//! Variables and plain secrets stay what they are while an isolate lives. Secrets of the Secrets
//! Store do not, so they are read again from time to time, by the request that comes first then.
//! It waits for itself alone; others go on with what there is.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;

use crate::config::{Config, SECRETS};
use crate::json;
use crate::limits::{SECRETS_FRESH, SECRETS_RETRY, SECRETS_TIMEOUT};
use crate::runtime::{Binding, Environment, Runtime, Timestamp};

/// One isolate's configuration.
#[derive(Default)]
pub struct Deployment(RefCell<Option<State>>);

/// Secrets of the Secrets Store by name; `None` for one that was never read.
type Stored = Vec<(&'static str, Option<String>)>;

struct State {
    config: Rc<Config>,
    stored: Stored,
    /// When to read them again.
    due: Timestamp,
}

impl Deployment {
    /// The configuration as it is now.
    pub async fn config(&self, place: &(impl Runtime + Environment)) -> Rc<Config> {
        if let Some(config) = self.current(place.now()) {
            return config;
        }
        let stored = read_stored(place).await;
        self.install(stored, place.now(), place)
    }

    /// The one that was parsed, unless there is none or its secrets are due.
    fn current(&self, now: Timestamp) -> Option<Rc<Config>> {
        let mut state = self.0.borrow_mut();
        let state = state.as_mut()?;
        if !state.stored.is_empty() && now >= state.due {
            // While this request reads them, no other does.
            state.due = now.after(SECRETS_RETRY);
            return None;
        }
        Some(Rc::clone(&state.config))
    }

    /// Goes by these secrets from now on. One that could not be read stays what it was.
    fn install(
        &self,
        mut stored: Stored,
        now: Timestamp,
        environment: &impl Environment,
    ) -> Rc<Config> {
        let mut state = self.0.borrow_mut();
        let mut fresh = SECRETS_FRESH;
        for (name, text) in stored.iter_mut().filter(|(_, text)| text.is_none()) {
            fresh = SECRETS_RETRY;
            let known = state.iter().flat_map(|state| &state.stored);
            *text = known
                .filter(|(known, _)| known == name)
                .find_map(|(_, text)| text.clone());
            if text.is_some() {
                warn(
                    environment,
                    &format!(
                        "{name}: not read from the Secrets Store; the value from before stays in use"
                    ),
                );
            }
        }
        let due = now.after(fresh);
        // What the configuration remembers of issuers and accounts is lost only for a reason.
        if let Some(state) = state.as_mut().filter(|state| state.stored == stored) {
            state.due = due;
            return Rc::clone(&state.config);
        }
        let config = Rc::new(Config::parse(|name| binding(name, &stored, environment)));
        for warning in &config.warnings {
            warn(environment, &warning.to_string());
        }
        *state = Some(State {
            config: Rc::clone(&config),
            stored,
            due,
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
    let reads = async {
        for (name, text) in &mut stored {
            *text = place.stored_secret(name).await.ok();
        }
    };
    // Those that were read in time count.
    let _ = place.within(SECRETS_TIMEOUT, reads).await;
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
