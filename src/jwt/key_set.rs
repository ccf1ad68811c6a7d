//! An issuer's keys, fetched when needed and kept for a while in the isolate.
//!
//! The numbers are those of `jose` where it has one. Two things differ: a failed load starts the
//! cool-down too, and keys outlive a failing issuer for a bounded time.
//!
//! No request awaits another request's promise, which on Workers may never settle. Who finds a
//! load under way looks again after a little sleep of its own, and loads for itself when that one
//! has not ended after [`TAKEOVER`]: the request that began it may be gone. Only a load that has
//! ended starts a cool-down.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::jwk::JwkSet;
use crate::limits::{
    JWKS_COOLDOWN, JWKS_FRESH, JWKS_RETRY, JWKS_TIMEOUT, MAX_JWKS_BYTES, PATIENCE_STEP, TAKEOVER,
};
use crate::runtime::notes::{Notes, Recalled, Subject};
use crate::runtime::small_get::{GetFault, SmallGet};
use crate::runtime::{Outgoing, Runtime, Timestamp};

/// The keys behind a JWKS URL.
#[derive(Debug)]
pub struct RemoteKeys {
    url: String,
    stale_for: Duration,
    notes: Notes,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest set, and the load that it came from.
    loaded: Option<(Rc<JwkSet>, Load)>,
    /// The load that was begun last.
    begun: Option<Load>,
    /// Of the loads that have ended, the one that was begun last, and what came of it.
    ended: Option<(Load, Result<(), LoadFault>)>,
}

/// One load. Later ones have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Load {
    number: u64,
    begun: Timestamp,
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
    Refuse(TokenFault),
    Do(Turn),
}

/// Whose turn it is to load.
enum Turn {
    /// This request's.
    Load(Load),
    /// Another one's: look again in a moment.
    Wait,
    /// Nobody's for so long.
    CoolDown(Duration),
}

/// A request that wants keys: since and until when, and whether it has waited for somebody else's load.
#[derive(Clone, Copy)]
struct Asking {
    since: Timestamp,
    deadline: Timestamp,
    has_waited: bool,
}

impl Asking {
    fn begin(deadline: Timestamp, runtime: &impl Runtime) -> Self {
        Self {
            since: runtime.now(),
            deadline,
            has_waited: false,
        }
    }
}

impl RemoteKeys {
    /// Keys at `url`, which are used for `stale_for` beyond their time while the issuer is down. What
    /// comes from there is left in `notes`, for [`RemoteKeys::recall`].
    #[must_use]
    pub fn new(url: String, stale_for: Duration, notes: Notes) -> Self {
        Self {
            url,
            stale_for,
            notes,
            state: RefCell::default(),
        }
    }

    /// Where they are.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A set that has keys to try for a token's `alg` and `kid`, by [`JwkSet::select`]. It is waited for
    /// until `deadline` at most; that it is stands in `waits` before.
    ///
    /// # Errors
    /// [`TokenFault::NoKey`], [`TokenFault::UnknownKey`] or [`TokenFault::KeysUnavailable`].
    pub async fn get(
        &self,
        algorithm: Algorithm,
        key_id: Option<&str>,
        waits: &Cell<bool>,
        deadline: Timestamp,
        runtime: &impl Runtime,
    ) -> Result<Rc<JwkSet>, TokenFault> {
        let mut asking = Asking::begin(deadline, runtime);
        loop {
            let now = runtime.now();
            match self.plan(algorithm, key_id, asking, now) {
                Plan::Use(set) => return Ok(set),
                Plan::Refuse(fault) => return Err(fault),
                Plan::Do(_) if now >= deadline => {
                    return Err(TokenFault::KeysUnavailable(JWKS_RETRY));
                }
                Plan::Do(turn) => {
                    waits.set(true);
                    self.take(turn, &mut asking, runtime).await;
                }
            }
        }
    }

    /// The keys that another isolate of this data centre has seen within a day, where the issuer has
    /// told this one none yet. **They may be withdrawn by now**: enough to begin with what takes its
    /// time, and to give nothing to anybody.
    pub async fn recall(&self, runtime: &impl Runtime) -> Option<JwkSet> {
        if self.state.borrow().ended.is_some() {
            return None;
        }
        match self.notes.recall(Subject::Keys(&self.url), runtime).await {
            Recalled::Hit(body, _) => JwkSet::parse(&body),
            Recalled::Miss | Recalled::Late | Recalled::Bad => None,
        }
    }

    /// Loads the keys before anybody asks for one, where they are due and nobody else is at it. It keeps
    /// to the cool-down.
    pub async fn load_ahead(&self, runtime: &impl Runtime) {
        let mut asking = Asking::begin(Timestamp(u64::MAX), runtime);
        let turn = {
            let now = asking.since;
            let mut state = self.state.borrow_mut();
            match state.known(self.stale_for, now) {
                Some((_, begun)) if begun.until(now) < JWKS_FRESH => return,
                known => state.turn(known.is_some(), asking, now),
            }
        };
        if let Turn::Load(_) = turn {
            self.take(turn, &mut asking, runtime).await;
        }
    }

    /// Whether the keys can be loaded and one is for any of `algorithms`, by what came of the last
    /// load if that was within the cool-down.
    ///
    /// # Errors
    /// The [`LoadFault`] that stands in the way.
    pub async fn check(
        &self,
        algorithms: &[Algorithm],
        runtime: &impl Runtime,
    ) -> Result<(), LoadFault> {
        let mut asking = Asking::begin(Timestamp(u64::MAX), runtime);
        loop {
            let turn = {
                let now = runtime.now();
                let mut state = self.state.borrow_mut();
                let known = state.known(self.stale_for, now);
                match (state.turn(known.is_some(), asking, now), &state.ended) {
                    (Turn::CoolDown(_), Some((_, ended))) => {
                        (*ended)?;
                        let fits = |algorithm: &Algorithm| {
                            known
                                .as_ref()
                                .is_some_and(|(set, _)| set.has(*algorithm, None))
                        };
                        let found = algorithms.iter().any(fits);
                        return found.then_some(()).ok_or(LoadFault::NoKeys);
                    }
                    (turn, _) => turn,
                }
            };
            self.take(turn, &mut asking, runtime).await;
        }
    }

    /// Does what it is the turn of this request to do.
    async fn take(&self, turn: Turn, asking: &mut Asking, runtime: &impl Runtime) {
        match turn {
            Turn::Load(load) => {
                let left = runtime.now().until(asking.deadline);
                let timeout = JWKS_TIMEOUT.min(left);
                let set = runtime
                    .within(timeout, self.load(load.begun, runtime))
                    .await;
                // One that was cut short says nothing of the issuer, so it starts no cool-down.
                if set.is_some() || timeout == JWKS_TIMEOUT {
                    let set = set.unwrap_or(Err(LoadFault::Unreachable));
                    self.state.borrow_mut().end(load, set);
                }
            }
            Turn::Wait | Turn::CoolDown(_) => {
                asking.has_waited = true;
                runtime.sleep(PATIENCE_STEP).await;
            }
        }
    }

    /// Looks at what is there and decides; a load that it orders counts as begun.
    fn plan(
        &self,
        algorithm: Algorithm,
        key_id: Option<&str>,
        asking: Asking,
        now: Timestamp,
    ) -> Plan {
        let mut state = self.state.borrow_mut();
        let known = state.known(self.stale_for, now);
        let has = known
            .as_ref()
            .is_some_and(|(set, _)| set.has(algorithm, key_id));
        match &known {
            Some((set, begun)) if has && begun.until(now) < JWKS_FRESH => {
                return Plan::Use(Rc::clone(set));
            }
            // The issuer was asked after this request had come, and has no such key.
            Some((_, begun)) if !has && *begun >= asking.since => {
                return Plan::Refuse(TokenFault::NoKey);
            }
            _ => {}
        }
        match (state.turn(known.is_some(), asking, now), known) {
            (turn @ Turn::Load(_), _) => Plan::Do(turn),
            // While somebody else asks, or nobody may, old keys go on being good.
            (_, Some((set, _))) if has => Plan::Use(set),
            (Turn::CoolDown(left), Some(_)) => Plan::Refuse(TokenFault::UnknownKey(left)),
            (Turn::CoolDown(left), None) => Plan::Refuse(TokenFault::KeysUnavailable(left)),
            (turn @ Turn::Wait, _) => Plan::Do(turn),
        }
    }

    async fn load(&self, begun: Timestamp, runtime: &impl Runtime) -> Result<JwkSet, LoadFault> {
        let get = SmallGet {
            request: Outgoing::new("GET", "application/json, application/jwk-set+json"),
            url: &self.url,
            timeout: JWKS_TIMEOUT,
            limit: MAX_JWKS_BYTES,
            share: None,
        };
        let answer = get.send(runtime, &mut Vec::new()).await;
        let answer = answer.map_err(|fault| match fault {
            GetFault::Unreachable | GetFault::Timeout => LoadFault::Unreachable,
            GetFault::Body(_) => LoadFault::NoKeys,
        })?;
        if answer.status != 200 {
            return Err(LoadFault::Status(answer.status));
        }
        let set = JwkSet::parse(&answer.body).ok_or(LoadFault::NoKeys)?;
        // Of the time when they were asked for, as the set itself.
        self.notes
            .keep(Subject::Keys(&self.url), &answer.body, begun, runtime);
        Ok(set)
    }
}

impl State {
    /// The keys that may be used, and when they were asked for.
    fn known(&self, stale_for: Duration, now: Timestamp) -> Option<(Rc<JwkSet>, Timestamp)> {
        let (set, load) = self.loaded.as_ref()?;
        let usable = load.begun.until(now) < JWKS_FRESH + stale_for;
        usable.then(|| (Rc::clone(set), load.begun))
    }

    /// Whose turn it is to load, and that of `asking` is begun at once. The cool-down is shorter while
    /// no keys are known.
    ///
    /// A load that has not ended is waited for, and for no longer than [`TAKEOVER`]. Then a request
    /// that has waited takes over, and none that has just come: it might be sent by whoever sent
    /// the last one, and leave like it.
    fn turn(&mut self, has_keys: bool, asking: Asking, now: Timestamp) -> Turn {
        let cooldown = if has_keys { JWKS_COOLDOWN } else { JWKS_RETRY };
        let under_way = self.begun.filter(|load| {
            self.ended
                .as_ref()
                .is_none_or(|(ended, _)| ended.number < load.number)
        });
        if under_way.is_some_and(|load| load.begun.until(now) < TAKEOVER) {
            return Turn::Wait;
        }
        let ended = self.ended.as_ref().map(|(load, _)| load.begun);
        let left = ended.map_or(Duration::ZERO, |begun| now.until(begun.after(cooldown)));
        if !left.is_zero() {
            return Turn::CoolDown(left);
        }
        if under_way.is_some() && !asking.has_waited {
            return Turn::Wait;
        }
        let load = Load {
            number: self.begun.map_or(1, |load| load.number + 1),
            begun: now,
        };
        self.begun = Some(load);
        Turn::Load(load)
    }

    /// Notes what came of a load. An older one never overwrites a newer one.
    fn end(&mut self, load: Load, set: Result<JwkSet, LoadFault>) {
        if self
            .ended
            .as_ref()
            .is_none_or(|(ended, _)| ended.number < load.number)
        {
            self.ended = Some((load, set.as_ref().map(drop).map_err(|fault| *fault)));
        }
        if let Ok(set) = set
            && self
                .loaded
                .as_ref()
                .is_none_or(|(_, loaded)| loaded.number < load.number)
        {
            self.loaded = Some((Rc::new(set), load));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Asking, Load, LoadFault, Plan, RemoteKeys, Turn};
    use crate::jwt::TokenFault;
    use crate::jwt::algorithm::Algorithm;
    use crate::jwt::jwk::JwkSet;
    use crate::runtime::Timestamp;
    use crate::runtime::notes::Notes;

    const START: Timestamp = Timestamp(1_000_000);

    fn at(millis: u64) -> Timestamp {
        START.after(Duration::from_millis(millis))
    }

    /// A set of one key of that name.
    fn set(name: &str) -> JwkSet {
        let x = "A".repeat(43);
        let body =
            format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{name}","x":"{x}"}}]}}"#);
        JwkSet::parse(body.as_bytes()).unwrap()
    }

    fn keys() -> RemoteKeys {
        RemoteKeys::new(String::new(), Duration::ZERO, Notes::off())
    }

    /// What a request does that has come `since`, and has waited if that was before.
    fn plan(keys: &RemoteKeys, name: &str, since: u64, now: u64) -> Plan {
        let asking = Asking {
            since: at(since),
            deadline: at(u64::MAX),
            has_waited: since < now,
        };
        keys.plan(Algorithm::Ed25519, Some(name), asking, at(now))
    }

    fn word(plan: &Plan) -> &'static str {
        match plan {
            Plan::Use(_) => "use",
            Plan::Do(Turn::Load(_)) => "load",
            Plan::Do(Turn::Wait) => "wait",
            Plan::Do(Turn::CoolDown(_)) => panic!("nothing is done in a cool-down"),
            Plan::Refuse(TokenFault::NoKey) => "none",
            Plan::Refuse(TokenFault::UnknownKey(_)) => "unknown",
            Plan::Refuse(TokenFault::KeysUnavailable(_)) => "unavailable",
            Plan::Refuse(fault) => panic!("{fault:?}"),
        }
    }

    #[track_caller]
    fn begin(keys: &RemoteKeys, name: &str, since: u64, now: u64) -> Load {
        match plan(keys, name, since, now) {
            Plan::Do(Turn::Load(load)) => load,
            other => panic!("no load is ordered, but {}", word(&other)),
        }
    }

    fn end(keys: &RemoteKeys, load: Load, result: Result<JwkSet, LoadFault>) {
        keys.state.borrow_mut().end(load, result);
    }

    #[test]
    fn never_lets_an_older_load_overwrite_a_newer_one() {
        let keys = keys();
        let older = begin(&keys, "new", 0, 0);
        let newer = begin(&keys, "new", 0, 500);
        end(&keys, newer, Ok(set("new")));
        end(&keys, older, Ok(set("old")));
        assert_eq!(word(&plan(&keys, "new", 600, 600)), "use");
        assert_eq!(word(&plan(&keys, "old", 600, 600)), "unknown");
        // Nor does what became of it count for the newer one's.
        end(&keys, older, Err(LoadFault::Unreachable));
        assert_eq!(keys.state.borrow().ended, Some((newer, Ok(()))));
        // A load ends once.
        end(&keys, newer, Err(LoadFault::Unreachable));
        end(&keys, newer, Ok(set("other")));
        assert_eq!(keys.state.borrow().ended, Some((newer, Ok(()))));
        assert_eq!(word(&plan(&keys, "new", 600, 600)), "use");
    }

    #[test]
    fn takes_over_from_a_load_that_has_not_ended_after_half_a_second() {
        let keys = keys();
        begin(&keys, "k", 0, 0);
        for now in [1, 20, 499] {
            assert_eq!(word(&plan(&keys, "k", 0, now)), "wait", "{now}");
        }
        begin(&keys, "k", 0, 500);
        // One at a time, again.
        assert_eq!(word(&plan(&keys, "k", 0, 500)), "wait");
        assert_eq!(word(&plan(&keys, "k", 0, 999)), "wait");
        begin(&keys, "k", 0, 1000);
    }

    /// Whoever sends requests to reset them must not be the one whose turn it always is.
    #[test]
    fn lets_nobody_take_over_who_has_just_come() {
        let keys = keys();
        begin(&keys, "k", 0, 0);
        assert_eq!(word(&plan(&keys, "k", 700, 700)), "wait");
        begin(&keys, "k", 400, 700);
    }

    #[test]
    fn starts_no_cool_down_for_a_load_that_never_ended() {
        let keys = keys();
        let first = begin(&keys, "k1", 0, 0);
        end(&keys, first, Ok(set("k1")));
        for now in [30_000, 30_500, 31_000, 31_500] {
            begin(&keys, "k2", 29_999, now);
        }
        // What was there is good meanwhile.
        assert_eq!(word(&plan(&keys, "k1", 31_500, 31_500)), "use");
    }

    #[test]
    fn loads_nothing_in_the_cool_down_of_one_that_ended_whatever_is_under_way() {
        let keys = keys();
        let first = begin(&keys, "k", 0, 0);
        begin(&keys, "k", 0, 500);
        end(&keys, first, Err(LoadFault::Unreachable));
        assert_eq!(word(&plan(&keys, "k", 0, 999)), "wait");
        assert_eq!(word(&plan(&keys, "k", 0, 1000)), "unavailable");
        assert_eq!(word(&plan(&keys, "k", 0, 4_999)), "unavailable");
        begin(&keys, "k", 0, 5_000);
    }

    #[test]
    fn tells_how_long_the_cool_down_lasts() {
        let keys = keys();
        let load = begin(&keys, "k1", 0, 0);
        end(&keys, load, Err(LoadFault::NoKeys));
        let wait = |plan| match plan {
            Plan::Refuse(TokenFault::UnknownKey(wait) | TokenFault::KeysUnavailable(wait)) => wait,
            other => panic!("{}", word(&other)),
        };
        let seconds = Duration::from_secs;
        assert_eq!(wait(plan(&keys, "k1", 2_000, 2_000)), seconds(3));
        let load = begin(&keys, "k1", 5_000, 5_000);
        end(&keys, load, Ok(set("k1")));
        assert_eq!(wait(plan(&keys, "k2", 6_000, 6_000)), seconds(29));
    }

    #[test]
    fn says_that_there_is_no_such_key_only_when_the_issuer_was_asked_since() {
        let keys = keys();
        let load = begin(&keys, "k2", 0, 0);
        end(&keys, load, Ok(set("k1")));
        assert_eq!(word(&plan(&keys, "k2", 0, 10)), "none");
        assert_eq!(word(&plan(&keys, "k2", 1, 10)), "unknown");
    }
}
