//! What all connections share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::catalogue::{Catalogue, Look};
use crate::fault::{FaultKind, Target};
use crate::issuer::Issuer;
use crate::record::Journal;
use crate::settings::{InvalidSettings, Settings};
use crate::sync::lock;
use crate::vault::Vault;

/// The first `requestId`, the one of the published sample.
const FIRST_REQUEST_ID: u64 = 110_256;

pub(crate) struct Shared {
    pub(crate) key: String,
    pub(crate) catalogue: Catalogue,
    pub(crate) journal: Arc<Journal>,
    pub(crate) issuer: Issuer,
    pub(crate) vault: Vault,
    active: Mutex<Active>,
    next_request_id: AtomicU64,
}

/// The settings in force and how often each fault has happened since they were set.
struct Active {
    settings: Arc<Settings>,
    happened: Vec<u32>,
}

impl Active {
    fn new(settings: Settings) -> Self {
        Self {
            happened: vec![0; settings.faults.len()],
            settings: Arc::new(settings),
        }
    }
}

/// What is to be done with one call.
pub(crate) struct Plan {
    pub(crate) settings: Arc<Settings>,
    pub(crate) latency: Duration,
    pub(crate) fault: Option<FaultKind>,
}

impl Plan {
    /// Nothing goes wrong.
    pub(crate) fn well(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            latency: Duration::ZERO,
            fault: None,
        }
    }
}

impl Shared {
    pub(crate) fn new(
        key: String,
        settings: Settings,
        log: bool,
        issuer: Issuer,
    ) -> Result<Self, InvalidSettings> {
        settings.validate()?;
        Ok(Self {
            key,
            catalogue: Catalogue::default(),
            journal: Arc::new(Journal::new(log)),
            issuer,
            vault: Vault::default(),
            active: Mutex::new(Active::new(settings)),
            next_request_id: AtomicU64::new(FIRST_REQUEST_ID),
        })
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&lock(&self.active).settings)
    }

    pub(crate) fn configure(&self, settings: Settings) -> Result<(), InvalidSettings> {
        settings.validate()?;
        *lock(&self.active) = Active::new(settings);
        Ok(())
    }

    pub(crate) fn reset(&self) {
        *lock(&self.active) = Active::new(Settings::default());
        self.vault.clear();
        self.journal.clear();
    }

    /// A number greater than all before it.
    pub(crate) fn request_id(&self) -> u64 {
        self.next_request_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn look(&self, settings: &Settings) -> Look {
        Look {
            rows: settings.catalogue,
            padding: settings.row_padding,
            live: self.key.starts_with("sk_live"),
        }
    }

    /// Decides on one call and counts the faults that it meets.
    pub(crate) fn plan(&self, target: Target, page: Option<u64>) -> Plan {
        let mut active = lock(&self.active);
        let settings = Arc::clone(&active.settings);
        let mut latency = match target {
            Target::Keys => 0,
            Target::Token
            | Target::Flags
            | Target::Vault
            | Target::Delete
            | Target::Deleted
            | Target::Any => settings.latency_ms,
        };
        let mut decided = None;
        for (fault, happened) in settings.faults.iter().zip(&mut active.happened) {
            let spent = fault.times.is_some_and(|times| *happened >= times);
            if spent || !fault.matches(target, page) {
                continue;
            }
            match &fault.kind {
                FaultKind::Latency { ms } => latency = latency.saturating_add(*ms),
                // A fault that does not get its turn is not counted.
                _ if decided.is_some() => continue,
                kind => decided = Some(kind.clone()),
            }
            *happened = happened.saturating_add(1);
        }
        drop(active);
        Plan {
            settings,
            latency: Duration::from_millis(latency),
            fault: decided,
        }
    }
}
