//! An issuer's keys, fetched when needed and kept for a while in the isolate.
//!
//! The numbers are those of `jose` where it has one. Two things differ: a failed load starts the
//! cool-down too, and keys outlive a failing issuer for a bounded time.
//!
//! No request awaits another request's promise, which on Workers may never settle. Who finds a
//! load under way looks again after a little sleep of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::jwk::{Jwk, JwkSet};
use crate::limits::{
    JWKS_COOLDOWN, JWKS_FRESH, JWKS_PATIENCE, JWKS_PATIENCE_STEP, JWKS_RETRY, JWKS_TIMEOUT,
    MAX_JWKS_BYTES,
};
use crate::runtime::{Message, Outgoing, Reply, Runtime, Timestamp};

/// The keys behind a JWKS URL.
#[derive(Debug)]
pub struct RemoteKeys {
    url: String,
    stale_for: Duration,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest set, and when its load began.
    loaded: Option<(Rc<JwkSet>, Timestamp)>,
    /// The number of the load that it came from.
    loaded_by: u64,
    /// When the last load began, and its number.
    last_begun: Option<(Timestamp, u64)>,
    /// Whether that one is still under way.
    under_way: bool,
}

/// Why no keys came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadFault {
    /// No answer, or none within [`JWKS_TIMEOUT`].
    Unreachable,
    /// Another answer than 200. A redirect is not followed, and an error page has no keys.
    Status(u16),
    /// Not a set of keys, or none in it for the algorithms that are configured.
    NoKeys,
}

/// What to do about a token that wants a key.
enum Plan {
    Use(Rc<JwkSet>),
    Load(u64),
    Wait,
    Refuse(TokenFault),
}

impl RemoteKeys {
    /// Keys at `url`, which are used for `stale_for` beyond their time while the issuer is down.
    #[must_use]
    pub fn new(url: String, stale_for: Duration) -> Self {
        Self {
            url,
            stale_for,
            state: RefCell::default(),
        }
    }

    /// Where they are.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Loads the keys, not for use, but to see whether it can be done and one is for any of
    /// `algorithms`. What tokens are checked with is left as it is.
    ///
    /// # Errors
    /// The [`LoadFault`] that stands in the way.
    pub async fn try_load(
        &self,
        algorithms: &[Algorithm],
        runtime: &impl Runtime,
    ) -> Result<(), LoadFault> {
        let set = self.load(runtime).await?;
        let found = |algorithm| set.select(algorithm, None) != Err(TokenFault::NoKey);
        if algorithms.iter().copied().any(found) {
            Ok(())
        } else {
            Err(LoadFault::NoKeys)
        }
    }

    /// The key for a token's `alg` and `kid`.
    ///
    /// # Errors
    /// [`TokenFault::NoKey`], [`TokenFault::AmbiguousKey`] or [`TokenFault::KeysUnavailable`].
    pub async fn get(
        &self,
        algorithm: Algorithm,
        key_id: Option<&str>,
        runtime: &impl Runtime,
    ) -> Result<Jwk, TokenFault> {
        loop {
            match self.plan(algorithm, key_id, runtime.now()) {
                Plan::Use(set) => return set.select(algorithm, key_id).cloned(),
                Plan::Refuse(fault) => return Err(fault),
                Plan::Wait => runtime.sleep(JWKS_PATIENCE_STEP).await,
                Plan::Load(number) => {
                    let begun = runtime.now();
                    let set = self.load(runtime).await;
                    self.finish(number, begun, set.ok());
                }
            }
        }
    }

    /// Looks at what is there and decides; a load that it orders counts as begun.
    fn plan(&self, algorithm: Algorithm, key_id: Option<&str>, now: Timestamp) -> Plan {
        let mut state = self.state.borrow_mut();
        let age = state.loaded.as_ref().map(|(_, at)| at.until(now));
        let fresh = age.is_some_and(|age| age < JWKS_FRESH);
        let usable = age.is_some_and(|age| age < JWKS_FRESH + self.stale_for);
        let set = state
            .loaded
            .as_ref()
            .filter(|_| usable)
            .map(|(set, _)| Rc::clone(set));
        let found = set
            .as_ref()
            .map(|set| set.select(algorithm, key_id).map(drop));

        if let (Some(set), true, Some(Ok(()) | Err(TokenFault::AmbiguousKey))) =
            (&set, fresh, &found)
        {
            return Plan::Use(Rc::clone(set));
        }
        let since = state.last_begun.map(|(at, _)| at.until(now));
        let under_way = state.under_way && since.is_some_and(|since| since < JWKS_PATIENCE);
        let cooldown = if usable { JWKS_COOLDOWN } else { JWKS_RETRY };
        if !under_way && since.is_none_or(|since| since >= cooldown) {
            let number = state.last_begun.map_or(1, |(_, number)| number + 1);
            state.last_begun = Some((now, number));
            state.under_way = true;
            return Plan::Load(number);
        }
        match (set, found) {
            (Some(set), Some(Ok(()) | Err(TokenFault::AmbiguousKey))) => Plan::Use(set),
            _ if under_way => Plan::Wait,
            (Some(_), _) => Plan::Refuse(TokenFault::NoKey),
            (None, _) => Plan::Refuse(TokenFault::KeysUnavailable),
        }
    }

    /// Notes what a load brought. An older one never overwrites a newer one.
    fn finish(&self, number: u64, begun: Timestamp, set: Option<JwkSet>) {
        let mut state = self.state.borrow_mut();
        if state.last_begun.is_some_and(|(_, last)| last == number) {
            state.under_way = false;
        }
        if let Some(set) = set.filter(|_| number > state.loaded_by) {
            state.loaded = Some((Rc::new(set), begun));
            state.loaded_by = number;
        }
    }

    async fn load(&self, runtime: &impl Runtime) -> Result<JwkSet, LoadFault> {
        let request = Outgoing {
            method: "GET",
            headers: vec![(
                "accept",
                "application/json, application/jwk-set+json".to_owned(),
            )],
            body: None,
        };
        let body = runtime.within(JWKS_TIMEOUT, async {
            let request = runtime.prepare(&request);
            let reply = runtime.fetch(&request, &self.url).await;
            let reply = reply.map_err(|_| LoadFault::Unreachable)?;
            if reply.status() != 200 {
                return Err(LoadFault::Status(reply.status()));
            }
            let body = reply.read_body(MAX_JWKS_BYTES).await;
            body.map_err(|_| LoadFault::NoKeys)
        });
        let body = body.await.unwrap_or(Err(LoadFault::Unreachable))?;
        JwkSet::parse(&body).ok_or(LoadFault::NoKeys)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Plan, RemoteKeys};
    use crate::jwt::algorithm::Algorithm;
    use crate::jwt::jwk::JwkSet;
    use crate::runtime::Timestamp;

    /// A set of one key of that name.
    fn set(name: &str) -> JwkSet {
        let x = "A".repeat(43);
        let body =
            format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{name}","x":"{x}"}}]}}"#);
        JwkSet::parse(body.as_bytes()).unwrap()
    }

    fn has(keys: &RemoteKeys, name: &str, now: Timestamp) -> bool {
        matches!(keys.plan(Algorithm::Ed25519, Some(name), now), Plan::Use(_))
    }

    /// The loads of one isolate do not overlap as long as timers keep their time. Should they not,
    /// what was asked for later is what counts.
    #[test]
    fn never_lets_an_older_load_overwrite_a_newer_one() {
        let keys = RemoteKeys::new(String::new(), Duration::ZERO);
        let first = Timestamp(1_000_000);
        let second = first.after(Duration::from_mins(1));
        let number = |now| match keys.plan(Algorithm::Ed25519, None, now) {
            Plan::Load(number) => number,
            _ => panic!("no load is ordered"),
        };
        let (older, newer) = (number(first), number(second));
        keys.finish(newer, second, Some(set("new")));
        keys.finish(older, first, Some(set("old")));
        assert!(has(&keys, "new", second));
        assert!(!has(&keys, "old", second));
    }

    /// A load whose request was cancelled is never finished; others must not wait for it forever.
    #[test]
    fn gives_up_on_a_load_that_nobody_finishes() {
        let keys = RemoteKeys::new(String::new(), Duration::ZERO);
        let plan = |millis| {
            let now = Timestamp(1_000_000).after(Duration::from_millis(millis));
            match keys.plan(Algorithm::Ed25519, None, now) {
                Plan::Use(_) => "use",
                Plan::Load(_) => "load",
                Plan::Wait => "wait",
                Plan::Refuse(_) => "refuse",
            }
        };
        assert_eq!(plan(0), "load");
        assert_eq!(plan(1), "wait");
        assert_eq!(plan(2_999), "wait");
        assert_eq!(plan(3_000), "refuse");
        assert_eq!(plan(4_999), "refuse");
        assert_eq!(plan(5_000), "load");
    }
}
