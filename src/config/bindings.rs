//! The bindings, read by name, and the faults that they may have.

use std::cell::RefCell;
use std::fmt;

use crate::http::origin::{Origin, OriginFault};
use crate::limits::MAX_LIST_ENTRIES;
use crate::runtime::{Binding, Limiter, Service};
use crate::secret::Secret;

/// The secrets, each of which may stand in the Secrets Store instead.
pub const SECRETS: [&str; 9] = [
    "PICA_SECRET_KEY",
    "PICA_SECRET_KEY_NEXT",
    "ONE_SECRET_KEY",
    "ONE_SECRET_KEY_NEXT",
    "JWT_SECRET",
    "GRANT_KEY",
    "GRANT_KEY_PREVIOUS",
    "TRUSTED_CALLER_KEY",
    "TRUSTED_CALLER_KEY_PREVIOUS",
];

/// The keys in `sandbox/dev.env`: whoever reads this repository has them. Those of an account are not
/// among them, since the upstream says what they open.
const PUBLISHED: [&str; 1] = ["published_on_purpose_for_development_only"];

/// What is wrong with the configuration, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    variable: &'static str,
    advice: String,
}

impl ConfigFault {
    #[inline(never)]
    pub(super) fn new(variable: &'static str, advice: impl Into<String>) -> Self {
        Self {
            variable,
            advice: advice.into(),
        }
    }

    /// The variable or secret to set.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// What to set it to.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// Whether it is a secret, which is set in another way than a variable.
    #[must_use]
    pub fn is_of_a_secret(&self) -> bool {
        SECRETS.contains(&self.variable)
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.variable, self.advice)
    }
}

impl std::error::Error for ConfigFault {}

/// What is wrong, as it is found: who mends a configuration wants all of it at once.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<ConfigFault>);

impl Faults {
    /// The value of a setting, or `None` with its fault noted.
    pub(super) fn note<T>(&mut self, result: Result<T, ConfigFault>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    // Not a part of `note`, of which there is one for every type of setting.
    #[inline(never)]
    pub(super) fn push(&mut self, fault: ConfigFault) {
        // `header` and `body` read the same settings.
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }
}

/// The bindings.
pub(super) struct Bindings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<Binding>,
    misfits: RefCell<Vec<ConfigFault>>,
}

impl<'a> Bindings<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<Binding>) -> Self {
        Self {
            lookup,
            misfits: RefCell::default(),
        }
    }

    /// The text of a variable or secret, without what editors, shells and clipboards leave around it. A
    /// blank one is none, and so is what cannot be read, or a binding of another kind, which
    /// [`Bindings::with_misfits`] tells of.
    pub(super) fn get(&self, name: &'static str) -> Option<String> {
        match (self.lookup)(name)? {
            Binding::Text(text) => {
                let text = trim(&text);
                if is_mangled(text) {
                    self.note_misfit(name, MANGLED);
                    return None;
                }
                (!text.is_empty()).then(|| text.to_owned())
            }
            Binding::List(_) => {
                self.note_misfit(name, "must be one value, not an array");
                None
            }
            // A secret that was read out of its store is a text.
            Binding::Object => {
                let advice = if SECRETS.contains(&name) {
                    "could not be read from the Secrets Store: check store_id and secret_name of \
                     its binding in wrangler.toml, and that the secret's scope includes Workers"
                } else {
                    "must be a variable, a text or an array of texts, not another kind of binding"
                };
                self.note_misfit(name, advice);
                None
            }
        }
    }

    /// Whether a rate limiter is bound.
    pub(super) fn has(&self, limiter: Limiter) -> bool {
        let advice = "must be a binding of [[ratelimits]] in wrangler.toml";
        self.has_object(limiter.binding(), advice)
    }

    /// Whether a service is bound.
    pub(super) fn has_service(&self, service: Service) -> bool {
        let advice = "must be a binding of [[services]] in wrangler.toml";
        self.has_object(service.binding(), advice)
    }

    fn has_object(&self, name: &'static str, advice: &str) -> bool {
        match (self.lookup)(name) {
            None => false,
            Some(Binding::Object) => true,
            Some(Binding::Text(_) | Binding::List(_)) => {
                self.note_misfit(name, advice);
                false
            }
        }
    }

    fn note_misfit(&self, name: &'static str, advice: &str) {
        let fault = ConfigFault::new(name, advice);
        let mut misfits = self.misfits.borrow_mut();
        if !misfits.contains(&fault) {
            misfits.push(fault);
        }
    }

    /// All that is wrong: first the bindings that were asked for and are of another kind. What was
    /// read in their place is nothing, so it must not come to anything, nor be called missing.
    pub(super) fn with_misfits(&self, faults: Vec<ConfigFault>) -> Vec<ConfigFault> {
        let mut all = self.misfits.borrow().clone();
        for fault in faults {
            if all.iter().all(|misfit| misfit.variable != fault.variable) {
                all.push(fault);
            }
        }
        all
    }

    /// The same, where there must be one.
    pub(super) fn require(&self, name: &'static str, advice: &str) -> Result<String, ConfigFault> {
        self.get(name).ok_or_else(|| ConfigFault::new(name, advice))
    }

    /// The value that a variable names out of a few; `default` when it is not set.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &'static str,
        default: &str,
        choices: &[(&'static str, T)],
    ) -> Result<T, ConfigFault> {
        let known = |index| choices.get(index).map(|(known, _)| *known);
        let index = self.index(name, default, &known)?;
        let chosen = choices.get(index).map(|(_, value)| *value);
        chosen.ok_or_else(|| ConfigFault::new(name, ""))
    }

    /// Which one of the `known` a variable names.
    // Not a part of `choice`, of which there is one for every type of setting.
    #[inline(never)]
    fn index(
        &self,
        name: &'static str,
        default: &str,
        known: &dyn Fn(usize) -> Option<&'static str>,
    ) -> Result<usize, ConfigFault> {
        let text = self.get(name);
        let text = text.as_deref().unwrap_or(default);
        let mut names = (0..).map_while(known);
        let index = names.position(|known| known == text);
        index.ok_or_else(|| must_be_one_of(name, &mut (0..).map_while(known)))
    }

    /// The entries of a variable that is an array, or a text with commas between; none when it is not
    /// set. An array without entries is no way to leave it out: it might be meant as `nobody`.
    pub(super) fn list(&self, name: &'static str) -> Result<Vec<String>, ConfigFault> {
        let mut entries = match (self.lookup)(name) {
            Some(Binding::List(entries)) => entries,
            Some(Binding::Text(text)) if !trim(&text).is_empty() => {
                text.split(',').map(str::to_owned).collect()
            }
            _ => {
                // Notes what it is, if it is anything.
                self.get(name);
                return Ok(Vec::new());
            }
        };
        for entry in &mut entries {
            *entry = trim(entry).to_owned();
        }
        if entries.iter().any(|entry| is_mangled(entry)) {
            return Err(ConfigFault::new(name, MANGLED));
        }
        if entries.len() > MAX_LIST_ENTRIES {
            let advice = format!("may have at most {MAX_LIST_ENTRIES} entries");
            return Err(ConfigFault::new(name, advice));
        }
        if entries.is_empty() || entries.iter().any(String::is_empty) {
            return Err(ConfigFault::new(
                name,
                "has an empty entry: remove it, or the extra comma",
            ));
        }
        Ok(entries)
    }

    /// A whole number in a range; `None` when it is not set.
    pub(super) fn number(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigFault> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = range.into_inner();
            ConfigFault::new(
                name,
                format!("must be a whole number from {least} to {most}"),
            )
        })
    }

    /// A secret, whose form others have chosen; `None` when it is not set.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<Secret>, ConfigFault> {
        let secret = self.get(name).map(|text| Secret::parse(&text));
        secret
            .transpose()
            .map_err(|fault| ConfigFault::new(name, fault.to_string()))
    }

    /// A secret of at least so many bytes that nobody may guess or know; `None` when it is not set.
    pub(super) fn key(
        &self,
        name: &'static str,
        least: usize,
    ) -> Result<Option<Secret>, ConfigFault> {
        let Some(secret) = self.secret(name)? else {
            return Ok(None);
        };
        if secret.expose().len() < least {
            let advice = format!(
                "must have {least} or more visible ASCII characters: create it with `openssl rand -hex 32`"
            );
            return Err(ConfigFault::new(name, advice));
        }
        // What is no environment at all is none that allows anything.
        let development = self.get("ENVIRONMENT").as_deref() == Some("development");
        if !development && PUBLISHED.contains(&secret.expose()) {
            let advice = "is published by this project, so everybody knows it: create your own \
                          with `openssl rand -hex 32`";
            return Err(ConfigFault::new(name, advice));
        }
        Ok(Some(secret))
    }
}

/// What is wrong with a value that is none of a few. One function for all types that are chosen.
#[inline(never)]
pub(super) fn must_be_one_of(
    name: &'static str,
    known: &mut dyn Iterator<Item = &'static str>,
) -> ConfigFault {
    let mut advice = "must be ".to_owned();
    for (index, known) in known.enumerate() {
        advice.push_str(if index == 0 { "`" } else { " or `" });
        advice.push_str(known);
        advice.push('`');
    }
    ConfigFault::new(name, advice)
}

/// What to do about [`is_mangled`].
const MANGLED: &str = "has a byte order mark inside, or is UTF-16: set it again from a file that is \
                       UTF-8 without one";

/// Without what means nothing at either end: white space, control characters, a byte order mark (which
/// `PowerShell` pipes into `wrangler secret put`), and marks that nobody sees.
fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    })
}

/// Whether a text was read in another encoding than it was written in: UTF-16 as UTF-8, or the byte
/// order mark of UTF-8 in a code page of Windows; or has that mark where files were joined.
fn is_mangled(text: &str) -> bool {
    text.starts_with("ï»¿") || text.contains(['\0', '\u{fffd}', '\u{feff}', '╗'])
}

/// What is wrong with one entry of a comma-separated variable, counted from 0.
pub(super) fn entry_fault(name: &'static str, index: usize, advice: &str) -> ConfigFault {
    let number = index + 1;
    ConfigFault::new(name, format!("entry {number}: {advice}"))
}

/// Reads an origin from a variable.
pub(super) fn origin(name: &'static str, text: &str) -> Result<Origin, ConfigFault> {
    Origin::parse(text).map_err(|fault| ConfigFault::new(name, advice(fault)))
}

pub(super) fn advice(fault: OriginFault) -> &'static str {
    match fault {
        OriginFault::Scheme => "must start with https:// (or http:// for localhost)",
        OriginFault::Shared => {
            "is the origin of anybody's pages: serve yours over https:// or a scheme of its own"
        }
        OriginFault::Path => {
            "must end after the host and port, like https://app.example.com: no slash, no path"
        }
        OriginFault::Uppercase => "must be in lower case, as browsers send it",
        OriginFault::Host => {
            "must have a plain host name: no wildcard, no user; international names as xn--"
        }
        OriginFault::Port => "must have a port from 1 to 65535, or none where it is the default",
        OriginFault::Insecure => "must be https:// unless the host is localhost",
    }
}
