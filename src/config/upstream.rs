//! The settings of the upstream: where it is, the keys, and which of its integrations are listed.

use std::time::Duration;

use crate::config::bindings::{Bindings, ConfigFault, entry_fault, origin};
use crate::identity::IdentityType;
use crate::limits::{DEFAULT_FLAGS_FRESH, EXPECTED_PAGES_RANGE, FLAGS_FRESH_RANGE_SECONDS};
use crate::runtime::notes::Notes;
use crate::upstream::account::Account;
use crate::upstream::endpoint::{Endpoint, Provider, Tenant, Uuid};
use crate::upstream::policy::{Entry, IntegrationPolicy};

pub(super) fn endpoint(bindings: &Bindings<'_>) -> Result<Endpoint, ConfigFault> {
    const BASE_URL: &str = "AUTHKIT_BASE_URL";
    let provider = bindings.choice(
        "AUTHKIT_PROVIDER",
        Provider::Pica.as_str(),
        &Provider::ALL.map(|provider| (provider.as_str(), provider)),
    )?;
    let flags_fresh = bindings
        .number("FLAGS_CACHE_SECONDS", FLAGS_FRESH_RANGE_SECONDS)?
        .map_or(DEFAULT_FLAGS_FRESH, Duration::from_secs);
    // The range is one of u32.
    let pages = bindings
        .number("EXPECTED_PAGES", EXPECTED_PAGES_RANGE)?
        .and_then(|pages| pages.try_into().ok());
    let base = bindings.get(BASE_URL);
    let base = base.as_deref().unwrap_or(provider.default_origin());
    // One slash at the end is what people copy; it changes nothing.
    let origin = origin(BASE_URL, base.strip_suffix('/').unwrap_or(base))?;
    let name = provider.key_binding();
    let key = bindings.secret(name)?.ok_or_else(|| {
        let set = format!(
            "run `npx wrangler secret put {name}`, or on your own machine put it into .dev.vars"
        );
        let mut others = Provider::ALL.into_iter().filter(|other| *other != provider);
        let bound = others.find(|other| bindings.get(other.key_binding()).is_some());
        let advice = bound.map_or_else(
            || format!("is not set: {set}"),
            |other| {
                let (theirs, other) = (other.key_binding(), other.as_str());
                format!(
                    "is not set, but {theirs} is: set AUTHKIT_PROVIDER to `{other}` in [vars] of \
                     wrangler.toml; or {set}"
                )
            },
        );
        ConfigFault::new(name, advice)
    })?;
    let notes = bindings.choice("NOTES", "on", &[("on", true), ("off", false)])?;
    let notes = if notes { Notes::of(&key) } else { Notes::off() };
    let account = Account::new(
        key,
        bindings.secret(provider.next_key_binding())?,
        flags_fresh,
        pages.unwrap_or(1),
        notes,
    );
    Ok(Endpoint {
        provider,
        origin,
        tenant: match provider {
            Provider::Pica => Tenant::default(),
            Provider::One => Tenant {
                organization: uuid(bindings, "ONE_ORGANIZATION_ID")?,
                project: uuid(bindings, "ONE_PROJECT_ID")?,
            },
        },
        account,
    })
}

fn uuid(bindings: &Bindings<'_>, name: &'static str) -> Result<Option<Uuid>, ConfigFault> {
    let advice = "must be a UUID, as the dashboard shows it: 6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1";
    let text = bindings.get(name);
    let read = |text: String| Uuid::parse(&text).ok_or_else(|| ConfigFault::new(name, advice));
    text.map(read).transpose()
}

pub(super) fn integrations(
    bindings: &Bindings<'_>,
) -> Result<Option<IntegrationPolicy>, ConfigFault> {
    let allowed = entries(bindings, "ALLOWED_INTEGRATIONS")?;
    let blocked = entries(bindings, "BLOCKED_INTEGRATIONS")?;
    let any = !allowed.is_empty() || !blocked.is_empty();
    Ok(any.then(|| IntegrationPolicy {
        allowed: (!allowed.is_empty()).then_some(allowed),
        blocked,
    }))
}

fn entries(bindings: &Bindings<'_>, name: &'static str) -> Result<Vec<Entry>, ConfigFault> {
    let mut entries = Vec::new();
    for text in bindings.list(name)? {
        let advice = "must be a title or type, with `user:`, `team:`, `organization:` or \
                      `project:` before it if it is for those only";
        entries.push(entry(&text).ok_or_else(|| entry_fault(name, entries.len(), advice))?);
    }
    Ok(entries)
}

/// A colon always follows a type, so that a typing error in one is no odd title.
fn entry(text: &str) -> Option<Entry> {
    let (identity_type, name) = match text.split_once(':') {
        None => (None, text),
        Some((kind, name)) => (
            Some(IdentityType::parse(kind.trim_end())?),
            name.trim_start(),
        ),
    };
    (!name.is_empty() && !name.contains(':')).then(|| Entry {
        identity_type,
        name: name.to_owned(),
    })
}
