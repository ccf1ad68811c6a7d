//! The vault: what people have connected.
//!
//! As upstream, it asks nobody whose a connection is. Every parameter of a query is a filter, whose
//! values `true` and `false` are booleans; a delete takes whatever an id names. So a client that does
//! not check for itself shows one person's connections to another, and its tests can see that.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sync::lock;

/// A connection, as `GET /v1/vault/connections` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Connection(Map<String, Value>);

/// How a connection is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It works.
    #[default]
    Operational,
    /// It works now and then.
    Degraded,
    /// It does not.
    Failed,
    /// Nobody has looked.
    Unknown,
}

impl Connection {
    /// A connection to `platform` of an identity of that type, with a fresh id and key.
    #[must_use]
    pub fn new(platform: &str, identity: &str, identity_type: &str) -> Self {
        Self::of(&fresh_id(), platform, identity, identity_type)
    }

    /// The same with an id of the caller's.
    #[must_use]
    pub fn of(id: &str, platform: &str, identity: &str, identity_type: &str) -> Self {
        // Of an identity, a key has `-` for spaces and colons.
        let suffix = identity.replace([' ', ':'], "-");
        let row = json!({
            "id": id,
            "key": format!("test::{platform}::default::{id}|{suffix}"),
            "platform": platform,
            "connector": platform,
            "name": platform,
            "image": format!("https://assets.example.com/connectors/{platform}.svg"),
            "state": State::Operational,
            "active": true,
            "environment": "test",
            "tags": [],
            "type": "api",
            "version": "1.0.0",
            "platformVersion": "1",
            "description": "Made in the sandbox",
            "createdAt": "2026-01-01T00:00:00.000Z",
            "identity": identity,
            "identityType": identity_type,
        });
        match row {
            Value::Object(row) => Self(row),
            _ => Self(Map::new()),
        }
    }

    /// The same with another value for a member; `null` takes it away.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.0.remove(name),
            value => self.0.insert(name.to_owned(), value),
        };
        self
    }

    /// Its id, empty if it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The text of a member, empty if it has none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn fits(&self, filters: &[(String, String)]) -> bool {
        filters.iter().all(|(name, wanted)| {
            let wanted = match wanted.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::from(text),
            };
            let found = self.0.get(name);
            // As the database does, one of a list is enough.
            let one_of = |list: &Vec<Value>| list.contains(&wanted);
            found == Some(&wanted) || found.and_then(Value::as_array).is_some_and(one_of)
        })
    }
}

/// What there is, oldest first, and for whom tokens were minted.
#[derive(Default)]
pub(crate) struct Vault {
    rows: Mutex<Vec<Connection>>,
    /// `requestId`, identity, its type.
    minted: Mutex<Vec<(u64, String, String)>>,
}

/// How many tokens are remembered, so that the widget can connect for one.
const MAX_MINTED: usize = 1000;

impl Vault {
    pub(crate) fn clear(&self) {
        lock(&self.rows).clear();
        lock(&self.minted).clear();
    }

    pub(crate) fn all(&self) -> Vec<Connection> {
        lock(&self.rows).clone()
    }

    pub(crate) fn replace(&self, rows: Vec<Connection>) {
        *lock(&self.rows) = rows;
    }

    pub(crate) fn add(&self, row: Connection) {
        lock(&self.rows).push(row);
    }

    /// Those that fit, page by page: rows, and how many there are in all.
    pub(crate) fn list(
        &self,
        filters: &[(String, String)],
        page: u64,
        limit: u64,
    ) -> (Vec<Connection>, u64) {
        let rows = lock(&self.rows);
        let fitting: Vec<&Connection> = rows.iter().filter(|row| row.fits(filters)).collect();
        let total = fitting.len() as u64;
        let first = page.saturating_sub(1).saturating_mul(limit);
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let shown = fitting.into_iter().skip(at(first)).take(at(limit));
        (shown.cloned().collect(), total)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Connection> {
        lock(&self.rows).iter().find(|row| row.id() == id).cloned()
    }

    /// Says how a connection is. Whether there is one of that id.
    pub(crate) fn set_state(&self, id: &str, state: State) -> bool {
        let mut rows = lock(&self.rows);
        let found = rows.iter_mut().find(|row| row.id() == id);
        let state = serde_json::to_value(state).unwrap_or_default();
        found.is_some_and(|row| row.0.insert("state".to_owned(), state).is_some())
    }

    /// Takes one away, whoever's it is. Whether it was there.
    pub(crate) fn delete(&self, id: &str) -> bool {
        let mut rows = lock(&self.rows);
        let before = rows.len();
        rows.retain(|row| row.id() != id);
        rows.len() < before
    }

    /// Remembers for whom a token is: upstream, that is what binds a connection to an identity.
    pub(crate) fn minted(&self, request_id: u64, identity: String, identity_type: String) {
        let mut minted = lock(&self.minted);
        if minted.len() >= MAX_MINTED {
            minted.remove(0);
        }
        minted.push((request_id, identity, identity_type));
    }

    /// For whom a token was, by the number in its `requestId`.
    pub(crate) fn whose(&self, request_id: u64) -> Option<(String, String)> {
        let minted = lock(&self.minted);
        let found = minted.iter().rfind(|(known, ..)| *known == request_id);
        found.map(|(_, identity, kind)| (identity.clone(), kind.clone()))
    }
}

/// A fresh id, a UUID.
pub(crate) fn fresh_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without entropy, ids would be the same: a test would tell.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let hex = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!(
        "{}-{}-4{}-a{}-{}",
        part(0..8),
        part(8..12),
        part(13..16),
        part(17..20),
        part(20..32)
    )
}
