//! From the Worker's bindings to a configuration that cannot be wrong.
//!
//! Every variable is read here, once per isolate. What is missing, malformed or contradictory is a
//! [`ConfigFault`] that names the variable and says what to set; it never holds a value, which
//! might be a secret that was put in the wrong place.

use std::fmt;
use std::time::Duration;

use crate::caller::{CALLER_KEY_HEADER, Policy, Source, Trust};
use crate::cors::{AllowedOrigins, CorsPolicy};
use crate::identity::{Charset, IdentityType};
use crate::limits::{
    DEFAULT_UPSTREAM_DEADLINE, MAX_ALLOWED_ORIGINS, MIN_CALLER_KEY_BYTES,
    UPSTREAM_DEADLINE_RANGE_MS,
};
use crate::origin::{Origin, OriginFault};
use crate::pseudonym::PseudonymKey;
use crate::secret::Secret;
use crate::upstream::endpoint::{Endpoint, Provider};

/// The origins of the two hosted widgets, which call the endpoint from their iframe.
pub const WIDGET_ORIGINS: [&str; 2] = ["https://authkit.picaos.com", "https://auth.withone.ai"];

/// The header that Pica's samples take the identity from.
const DEFAULT_IDENTITY_HEADER: &str = "x-user-id";

/// Headers that mean something else; none of them can name an identity.
const RESERVED_HEADERS: [&str; 9] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "origin",
    CALLER_KEY_HEADER,
];

/// The configuration of one deployment.
#[derive(Debug)]
pub struct Config {
    /// Applied to every answer, so it is there even when the rest is not.
    pub cors: CorsPolicy,
    /// What it takes to mint a token, or why there is none.
    pub service: Result<Service, ConfigFault>,
}

/// What it takes to mint a token.
#[derive(Debug)]
pub struct Service {
    /// How callers are identified.
    pub callers: Policy,
    /// Where tokens come from.
    pub endpoint: Endpoint,
    /// All the time that one request may spend there.
    pub upstream_deadline: Duration,
    /// Names identities in the log.
    pub pseudonyms: PseudonymKey,
}

/// What is wrong with the configuration, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    variable: &'static str,
    advice: String,
}

impl ConfigFault {
    fn new(variable: &'static str, advice: impl Into<String>) -> Self {
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
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.variable, self.advice)
    }
}

impl std::error::Error for ConfigFault {}

impl Config {
    /// Reads the bindings through `lookup`, which gives the text of a variable or secret. A blank
    /// text counts as none.
    #[must_use]
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let bindings = Bindings(&lookup);
        let header = identity_header(&bindings);
        let origins = allowed_origins(&bindings);
        // A broken list of origins still leaves the widgets able to read why nothing works.
        let cors = CorsPolicy::new(
            origins.clone().unwrap_or_else(|_| widget_origins()),
            header.as_deref().ok(),
        );
        let service = origins.and_then(|_| service(&bindings, &header?));
        Self { cors, service }
    }
}

fn service(bindings: &Bindings<'_>, header: &str) -> Result<Service, ConfigFault> {
    let endpoint = endpoint(bindings)?;
    Ok(Service {
        callers: callers(bindings, header)?,
        pseudonyms: PseudonymKey::derive(&endpoint.key),
        endpoint,
        upstream_deadline: upstream_deadline(bindings)?,
    })
}

fn callers(bindings: &Bindings<'_>, header: &str) -> Result<Policy, ConfigFault> {
    Ok(Policy {
        sources: sources(bindings, header)?,
        trust: trust(bindings)?,
        charset: bindings.choice(
            "IDENTITY_CHARS",
            "distinct",
            &[("distinct", Charset::Distinct), ("any", Charset::Any)],
        )?,
        default_type: bindings.choice(
            "IDENTITY_TYPE",
            "user",
            &IdentityType::ALL.map(|kind| (kind.as_str(), kind)),
        )?,
    })
}

fn sources(bindings: &Bindings<'_>, header: &str) -> Result<Vec<Source>, ConfigFault> {
    const NAME: &str = "IDENTITY_SOURCE";
    let advice = "set it to `header`, `body`, or a comma-separated list of them in the order in \
                  which they are asked";
    let fault = || ConfigFault::new(NAME, advice);
    let text = bindings.get(NAME).ok_or_else(fault)?;
    let mut sources = Vec::new();
    for name in text.split(',') {
        let source = match name.trim() {
            "header" => Source::Header(header.to_owned()),
            "body" => Source::Body,
            _ => return Err(fault()),
        };
        if sources.contains(&source) {
            return Err(ConfigFault::new(NAME, "name each source once"));
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Both sources believe what a request says, so there must be a reason to.
fn trust(bindings: &Bindings<'_>) -> Result<Trust, ConfigFault> {
    const NAME: &str = "TRUSTED_CALLER_KEY";
    let environment = bindings.choice(
        "ENVIRONMENT",
        "production",
        &[
            ("production", Environment::Deployed),
            ("staging", Environment::Deployed),
            ("development", Environment::Development),
        ],
    )?;
    match (bindings.get(NAME), environment) {
        (Some(text), _) => Secret::parse(&text)
            .filter(|key| key.expose().len() >= MIN_CALLER_KEY_BYTES)
            .map(Trust::CallerKey)
            .ok_or_else(|| {
                ConfigFault::new(
                    NAME,
                    format!(
                        "must be {MIN_CALLER_KEY_BYTES} or more visible ASCII characters; \
                         `openssl rand -hex 32` makes one"
                    ),
                )
            }),
        (None, Environment::Development) => Ok(Trust::Development),
        (None, Environment::Deployed) => Err(ConfigFault::new(
            "IDENTITY_SOURCE",
            "`header` and `body` believe whoever calls, so a browser could get a token for \
             anybody. Bind the secret TRUSTED_CALLER_KEY and call from your own server with \
             x-authkit-key, or, on your own machine only, set ENVIRONMENT to `development`",
        )),
    }
}

#[derive(Clone, Copy)]
enum Environment {
    Deployed,
    Development,
}

fn identity_header(bindings: &Bindings<'_>) -> Result<String, ConfigFault> {
    const NAME: &str = "IDENTITY_HEADER";
    let Some(text) = bindings.get(NAME) else {
        return Ok(DEFAULT_IDENTITY_HEADER.to_owned());
    };
    let name = text.to_ascii_lowercase();
    let token = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    if token && !RESERVED_HEADERS.contains(&name.as_str()) {
        Ok(name)
    } else {
        Err(ConfigFault::new(
            NAME,
            "must be the name of a header of your own, such as x-user-id",
        ))
    }
}

fn allowed_origins(bindings: &Bindings<'_>) -> Result<AllowedOrigins, ConfigFault> {
    const NAME: &str = "ALLOWED_ORIGINS";
    let Some(text) = bindings.get(NAME) else {
        return Ok(widget_origins());
    };
    if text == "*" {
        return Ok(AllowedOrigins::Any);
    }
    let list: Result<Vec<Origin>, ConfigFault> = text
        .split(',')
        .enumerate()
        .map(|(index, entry)| {
            Origin::parse(entry.trim()).map_err(|fault| {
                ConfigFault::new(NAME, format!("entry {}: {}", index + 1, advice(fault)))
            })
        })
        .collect();
    let list = list?;
    if list.len() > MAX_ALLOWED_ORIGINS {
        let advice = format!("may have at most {MAX_ALLOWED_ORIGINS} entries");
        return Err(ConfigFault::new(NAME, advice));
    }
    Ok(AllowedOrigins::List(list))
}

fn widget_origins() -> AllowedOrigins {
    let origins = WIDGET_ORIGINS
        .iter()
        .filter_map(|text| Origin::parse(text).ok());
    AllowedOrigins::List(origins.collect())
}

fn endpoint(bindings: &Bindings<'_>) -> Result<Endpoint, ConfigFault> {
    const BASE_URL: &str = "AUTHKIT_BASE_URL";
    let provider = bindings.choice(
        "AUTHKIT_PROVIDER",
        Provider::Pica.as_str(),
        &Provider::ALL.map(|provider| (provider.as_str(), provider)),
    )?;
    let origin = bindings.get(BASE_URL);
    let origin = origin.as_deref().unwrap_or(provider.default_origin());
    // One slash at the end is what people copy; it changes nothing.
    let origin = Origin::parse(origin.strip_suffix('/').unwrap_or(origin))
        .map_err(|fault| ConfigFault::new(BASE_URL, advice(fault)))?;
    let name = provider.key_binding();
    let key = bindings
        .get(name)
        .ok_or_else(|| {
            ConfigFault::new(
                name,
                format!(
                    "is not set: run `npx wrangler secret put {name}`, or on your own machine put \
                     it into .dev.vars"
                ),
            )
        })
        .and_then(|text| {
            Secret::parse(&text).ok_or_else(|| {
                ConfigFault::new(name, "has characters that no key has: set it again")
            })
        })?;
    Ok(Endpoint {
        provider,
        origin,
        key,
    })
}

fn upstream_deadline(bindings: &Bindings<'_>) -> Result<Duration, ConfigFault> {
    const NAME: &str = "UPSTREAM_DEADLINE_MS";
    let Some(text) = bindings.get(NAME) else {
        return Ok(DEFAULT_UPSTREAM_DEADLINE);
    };
    text.parse()
        .ok()
        .filter(|millis| UPSTREAM_DEADLINE_RANGE_MS.contains(millis))
        .map(Duration::from_millis)
        .ok_or_else(|| {
            let (least, most) = UPSTREAM_DEADLINE_RANGE_MS.into_inner();
            ConfigFault::new(
                NAME,
                format!("must be a whole number from {least} to {most}"),
            )
        })
}

fn advice(fault: OriginFault) -> &'static str {
    match fault {
        OriginFault::Scheme => "must start with https:// (or http:// for localhost)",
        OriginFault::Path => "must end after host and port: no slash, no path",
        OriginFault::Uppercase => "must be in lower case, as browsers send it",
        OriginFault::Host => {
            "must have a plain host name: no wildcard, no user; international names as xn--"
        }
        OriginFault::Port => "must have a port from 1 to 65535, or none where it is the default",
        OriginFault::Insecure => "must be https:// unless the host is localhost",
    }
}

/// The bindings, read by name.
struct Bindings<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Bindings<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let text = (self.0)(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The value that a variable names out of a few; `default` when it is not set.
    fn choice<T: Copy>(
        &self,
        name: &'static str,
        default: &str,
        choices: &[(&'static str, T)],
    ) -> Result<T, ConfigFault> {
        let text = self.get(name);
        let text = text.as_deref().unwrap_or(default);
        choices
            .iter()
            .find_map(|(known, value)| (*known == text).then_some(*value))
            .ok_or_else(|| {
                let known: Vec<String> = choices
                    .iter()
                    .map(|(known, _)| format!("`{known}`"))
                    .collect();
                ConfigFault::new(name, format!("must be {}", known.join(" or ")))
            })
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
