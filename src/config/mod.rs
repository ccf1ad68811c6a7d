//! From the Worker's bindings to a configuration that cannot be wrong.
//!
//! Every variable is read here, once per isolate. What is missing, malformed or contradictory is a
//! [`ConfigFault`] that names the variable and says what to set; it never holds a value, which
//! might be a secret that was put in the wrong place.

mod access;
mod bindings;
pub mod deployment;
mod jwt;
mod presets;
mod session;
mod upstream;
mod warnings;

use std::rc::Rc;
use std::time::Duration;

use crate::caller::grant::{GRANT_HEADER, GrantKeys};
use crate::caller::pseudonym::PseudonymKey;
use crate::caller::{CallerKeys, Policy, Source, SourceName, Trust};
use crate::config::bindings::{Bindings, Faults, advice, entry_fault};
use crate::http::cors::{AllowedOrigins, CorsPolicy};
use crate::http::origin::PageOrigin;
use crate::http::routes::{Connections, Destination, Dialect, RoutePath, Routes};
use crate::http::target::Target;
use crate::identity::{Charset, IdentityType};
use crate::limits::{
    DEFAULT_GRANT_TTL, DEFAULT_UPSTREAM_DEADLINE, GRANT_TTL_RANGE_SECONDS, MIN_KEY_BYTES,
    UPSTREAM_DEADLINE_RANGE_MS,
};
use crate::runtime::in_flight::InFlight;
use crate::runtime::notes::Notes;
use crate::runtime::rate_limit::RateLimits;
use crate::runtime::{Binding, Limiter};
use crate::upstream::endpoint::Endpoint;
use crate::upstream::policy::IntegrationPolicy;

pub use bindings::{ConfigFault, SECRETS};

/// The origins of the two hosted widgets, which call the endpoint from their iframe.
pub const WIDGET_ORIGINS: [&str; 2] = ["https://authkit.picaos.com", "https://auth.withone.ai"];

/// The header that Pica's samples take the identity from.
const DEFAULT_IDENTITY_HEADER: &str = "x-user-id";

/// Headers that cannot name an identity, since they mean something else or are not the caller's own:
/// what a browser, a proxy or a platform sets would be taken for an identity. A `*` stands for any end
/// of a name. By subject: HTTP and Fetch, proxies, platforms, tracing, ours.
const RESERVED_HEADERS: &str = "accept* access-control-* authorization cache-control connection \
    content-* cookie* date dnt early-data expect host if-* keep-alive origin pragma priority range \
    referer sec-* te trailer transfer-encoding upgrade* user-agent via \
    client-ip forwarded* proxy-* true-client-ip x-client-ip x-cluster-client-ip x-forwarded* \
    x-original-* x-real-ip x-rewrite-url \
    cdn-loop cf-* fastly-* fly-* x-amz* x-appengine-* x-azure-* x-envoy-* x-goog-* x-middleware-* \
    x-ms-* x-nf-* x-vercel-* \
    b3 baggage sentry-trace trace* x-b3-* x-cloud-trace-* x-datadog-* x-request-* \
    x-authkit-*";

/// The configuration of one deployment.
#[derive(Debug)]
pub struct Config {
    /// Applied to every answer, so it is there even when the rest is not.
    cors: CorsPolicy,
    /// The same for routes that are for the application's pages.
    app_cors: CorsPolicy,
    /// What is to be found where.
    pub routes: Routes,
    /// What it takes to mint a token, or all that is wrong.
    pub service: Result<Service, Vec<ConfigFault>>,
    /// Settings that work but are probably a mistake.
    pub warnings: Vec<ConfigFault>,
    /// The keys that open the deep check, even if the rest is wrong; `None` for no deep check.
    pub caller_keys: Option<CallerKeys>,
    /// What the requests of the isolate hold, whatever configuration they go by.
    pub in_flight: Rc<InFlight>,
    /// What is allowed that is not allowed elsewhere.
    pub environment: Environment,
    /// Which rate limiters are bound, whatever is wrong.
    pub rate_limits: RateLimits,
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
    /// Whether answers say how long they took.
    pub server_timing: bool,
    /// Which integrations callers are shown; `None` for all.
    pub integrations: Option<IntegrationPolicy>,
}

impl Config {
    /// Reads the bindings through `lookup`. A blank text counts as none.
    #[must_use]
    pub fn parse<B: Into<Binding>>(lookup: impl Fn(&str) -> Option<B>) -> Self {
        let lookup = |name: &str| lookup(name).map(Into::into);
        Self::read(&Bindings::new(&lookup))
    }

    fn read(bindings: &Bindings<'_>) -> Self {
        let mut faults = Faults::default();
        let routes = faults.note(routes(bindings));
        let origins = faults.note(allowed_origins(bindings));
        let app_origins = faults.note(app_origins(bindings)).unwrap_or_default();
        let header = faults.note(identity_header(bindings));
        let environment = faults.note(environment(bindings));
        let place = Place {
            environment,
            header: header.as_deref(),
            routes: routes.as_ref(),
            app_origins: &app_origins,
        };
        let service = service(bindings, place, &mut faults);
        let rate_limits = RateLimits {
            client: bindings.has(Limiter::Client),
            identity: bindings.has(Limiter::Identity),
        };
        let faults = bindings.with_misfits(faults.0);
        let service = service.filter(|_| faults.is_empty()).ok_or(faults);
        let grants = service
            .as_ref()
            .is_ok_and(|service| service.callers.grant_keys().is_some());
        let headers = [header.as_deref(), grants.then_some(GRANT_HEADER)];
        // A broken list of origins still leaves the widgets able to read why nothing works.
        let origins = origins.unwrap_or_else(widget_origins);
        let warnings = warnings::warnings(bindings, &origins);
        let cors = CorsPolicy::new(origins, headers.into_iter().flatten());
        Self {
            warnings,
            caller_keys: caller_keys(bindings).ok().flatten(),
            in_flight: Rc::default(),
            app_cors: cors.for_origins(AllowedOrigins::List(app_origins)),
            cors,
            routes: routes.unwrap_or_else(|| Routes::new(None, Vec::new(), Dialect::Own)),
            service,
            // What allows more must be said.
            environment: environment.unwrap_or(Environment::Deployed),
            rate_limits,
        }
    }

    /// Whose pages may read the answers of a route. Without grants their route is none.
    #[must_use]
    pub fn cors_for(&self, to: Option<Destination>) -> &CorsPolicy {
        let service = self.service.as_ref();
        let has_grants = service.is_ok_and(|service| service.callers.grant_keys().is_some());
        let to = to.filter(|to| *to != Destination::Grant || has_grants);
        if to.is_some_and(Destination::is_for_the_application) {
            &self.app_cors
        } else {
            &self.cors
        }
    }

    /// A probable mistake at this host: development, where others can reach it.
    #[must_use]
    pub fn warning_at(&self, target: &Target<'_>) -> Option<ConfigFault> {
        let exposed = self.environment == Environment::Development && !target.is_loopback();
        exposed.then(|| {
            ConfigFault::new(
                ENVIRONMENT,
                "is `development`, where anybody can get a token for any identity, and this host is \
                 not localhost: set `production` or `staging`",
            )
        })
    }
}

/// What other settings say that sources go by; `None` for one that is wrong.
#[derive(Clone, Copy)]
struct Place<'a> {
    environment: Option<Environment>,
    header: Option<&'a str>,
    routes: Option<&'a Routes>,
    app_origins: &'a [PageOrigin],
}

/// Reads every setting before it gives up on one, so that `faults` has all that is wrong.
fn service(bindings: &Bindings<'_>, place: Place<'_>, faults: &mut Faults) -> Option<Service> {
    let endpoint = faults.note(upstream::endpoint(bindings));
    let deadline = bindings.number("UPSTREAM_DEADLINE_MS", UPSTREAM_DEADLINE_RANGE_MS);
    let deadline = faults.note(deadline);
    let server_timing = bindings.choice(
        "SERVER_TIMING",
        "off",
        &[
            ("off", false),
            ("on", true),
            ("false", false),
            ("true", true),
        ],
    );
    let server_timing = faults.note(server_timing);
    let integrations = faults.note(upstream::integrations(bindings));
    let notes = endpoint.as_ref().map(|endpoint| endpoint.account.notes());
    let callers = callers(bindings, place, notes.unwrap_or(&Notes::off()), faults);
    let endpoint = endpoint?;
    Some(Service {
        callers: callers?,
        pseudonyms: PseudonymKey::derive(endpoint.account.keys().0),
        endpoint,
        upstream_deadline: deadline?.map_or(DEFAULT_UPSTREAM_DEADLINE, Duration::from_millis),
        server_timing: server_timing?,
        integrations: integrations?,
    })
}

const ENVIRONMENT: &str = "ENVIRONMENT";

/// `ENVIRONMENT`. Nothing that it allows is allowed by leaving it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// For users: production and staging.
    Deployed,
    /// On the machine of whoever works on it.
    Development,
}

fn environment(bindings: &Bindings<'_>) -> Result<Environment, ConfigFault> {
    bindings.choice(
        ENVIRONMENT,
        "production",
        &[
            ("production", Environment::Deployed),
            ("staging", Environment::Deployed),
            ("development", Environment::Development),
        ],
    )
}

fn callers(
    bindings: &Bindings<'_>,
    place: Place<'_>,
    notes: &Notes,
    faults: &mut Faults,
) -> Option<Policy> {
    let names = faults.note(source_names(bindings));
    let charset = faults.note(bindings.choice(
        "IDENTITY_CHARS",
        "distinct",
        &[("distinct", Charset::Distinct), ("any", Charset::Any)],
    ));
    let default_type = faults.note(bindings.choice(
        "IDENTITY_TYPE",
        "user",
        &IdentityType::ALL.map(|kind| (kind.as_str(), kind)),
    ));
    let environment = place.environment?;
    let sources: Vec<Option<Source>> = names?
        .into_iter()
        .map(|name| {
            Some(match name {
                SourceName::Header => {
                    let trust = faults.note(trust(bindings, environment));
                    Source::Header(place.header?.to_owned(), trust?)
                }
                SourceName::Body => Source::Body(faults.note(trust(bindings, environment))?),
                SourceName::Jwt => Source::Jwt(jwt::jwt(bindings, environment, notes, faults)?),
                SourceName::Access => {
                    Source::Access(faults.note(access::access(bindings, environment, notes))?)
                }
                #[cfg(not(feature = "session"))]
                SourceName::Session => return None,
                #[cfg(feature = "session")]
                SourceName::Session => {
                    let routes = place.routes;
                    Source::Session(session::session(bindings, environment, routes, faults)?)
                }
                SourceName::Grant => Source::Grant(faults.note(grant_keys(bindings))?),
            })
        })
        .collect();
    Some(Policy {
        sources: sources.into_iter().collect::<Option<_>>()?,
        charset: charset?,
        default_type: default_type?,
        app_origins: place.app_origins.to_vec(),
    })
}

fn source_names(bindings: &Bindings<'_>) -> Result<Vec<SourceName>, ConfigFault> {
    const NAME: &str = "IDENTITY_SOURCE";
    let fault = || {
        let known = SourceName::ALL
            .map(|name| format!("`{}`", name.as_str()))
            .join(", ");
        ConfigFault::new(
            NAME,
            format!("must be one of {known}, or several, separated by commas"),
        )
    };
    let mut names = Vec::new();
    for text in bindings.list(NAME)? {
        let name = SourceName::ALL
            .into_iter()
            .find(|name| name.as_str() == text);
        let name = name.ok_or_else(fault)?;
        if names.contains(&name) {
            return Err(ConfigFault::new(NAME, "names a source twice"));
        }
        if name == SourceName::Session {
            needs(cfg!(feature = "session"), NAME, "session")?;
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(fault());
    }
    let has_key = !matches!(caller_keys(bindings), Ok(None));
    let gives_grants = |name: &SourceName| match name {
        SourceName::Jwt | SourceName::Access | SourceName::Session => true,
        SourceName::Header | SourceName::Body => has_key,
        SourceName::Grant => false,
    };
    if names.contains(&SourceName::Grant) && !names.iter().any(gives_grants) {
        return Err(ConfigFault::new(
            NAME,
            "`grant` needs `jwt`, `access` or `session` too, whose users get grants; or `header` or \
             `body` with the secret TRUSTED_CALLER_KEY, for a server of yours that asks for them",
        ));
    }
    Ok(names)
}

/// `header` and `body` believe what a request says, so there must be a reason to.
fn trust(bindings: &Bindings<'_>, environment: Environment) -> Result<Trust, ConfigFault> {
    match (caller_keys(bindings)?, environment) {
        (Some(keys), _) => Ok(Trust::CallerKey(keys)),
        (None, Environment::Development) => Ok(Trust::Development),
        (None, Environment::Deployed) => Err(ConfigFault::new(
            "IDENTITY_SOURCE",
            "`header` and `body` believe any caller, so a browser could get a token for any \
             identity. Use `jwt`; or set the secret TRUSTED_CALLER_KEY and call from your own \
             server with x-authkit-key; or, on your own machine only, set ENVIRONMENT to \
             `development`",
        )),
    }
}

fn caller_keys(bindings: &Bindings<'_>) -> Result<Option<CallerKeys>, ConfigFault> {
    const NAME: &str = "TRUSTED_CALLER_KEY";
    const PREVIOUS: &str = "TRUSTED_CALLER_KEY_PREVIOUS";
    let current = bindings.key(NAME, MIN_KEY_BYTES)?;
    let previous = bindings.key(PREVIOUS, MIN_KEY_BYTES)?;
    match (current, previous) {
        (Some(current), previous) => Ok(Some(CallerKeys { current, previous })),
        (None, Some(_)) => Err(ConfigFault::new(
            NAME,
            "is not set, but TRUSTED_CALLER_KEY_PREVIOUS is",
        )),
        (None, None) => Ok(None),
    }
}

fn grant_keys(bindings: &Bindings<'_>) -> Result<GrantKeys, ConfigFault> {
    const NAME: &str = "GRANT_KEY";
    let ttl = bindings.number("GRANT_TTL_SECONDS", GRANT_TTL_RANGE_SECONDS)?;
    let current = bindings.key(NAME, MIN_KEY_BYTES)?.ok_or_else(|| {
        let advice = "is not set: run `openssl rand -hex 32 | npx wrangler secret put GRANT_KEY`, or on \
                      your own machine put such a key into .dev.vars";
        ConfigFault::new(NAME, advice)
    })?;
    Ok(GrantKeys {
        current,
        previous: bindings.key("GRANT_KEY_PREVIOUS", MIN_KEY_BYTES)?,
        ttl: ttl.map_or(DEFAULT_GRANT_TTL, Duration::from_secs),
    })
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
    if token && !is_reserved(&name) {
        Ok(name)
    } else {
        Err(ConfigFault::new(
            NAME,
            "must be a header name of your own, such as x-user-id, not one that a browser, a proxy \
             or the platform sets",
        ))
    }
}

fn is_reserved(name: &str) -> bool {
    let mut entries = RESERVED_HEADERS.split(' ');
    entries.any(|entry| match entry.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == entry,
    })
}

fn allowed_origins(bindings: &Bindings<'_>) -> Result<AllowedOrigins, ConfigFault> {
    const NAME: &str = "ALLOWED_ORIGINS";
    let entries = bindings.list(NAME)?;
    match entries.as_slice() {
        [] => return Ok(widget_origins()),
        [one] if one == "*" => return Ok(AllowedOrigins::Any),
        _ => {}
    }
    origins(NAME, &entries).map(AllowedOrigins::List)
}

/// The widgets' pages have no business where the application's have.
fn app_origins(bindings: &Bindings<'_>) -> Result<Vec<PageOrigin>, ConfigFault> {
    const NAME: &str = "APP_ORIGINS";
    let origins = origins(NAME, &bindings.list(NAME)?)?;
    let is_widget = |origin: &PageOrigin| WIDGET_ORIGINS.contains(&origin.as_str());
    match origins.iter().position(is_widget) {
        Some(index) => {
            let advice = "is a hosted widget's: it belongs into ALLOWED_ORIGINS";
            Err(entry_fault(NAME, index, advice))
        }
        None => Ok(origins),
    }
}

fn origins(name: &'static str, entries: &[String]) -> Result<Vec<PageOrigin>, ConfigFault> {
    let origins = entries.iter().enumerate().map(|(index, entry)| {
        PageOrigin::parse(entry).map_err(|fault| entry_fault(name, index, advice(fault)))
    });
    origins.collect()
}

fn routes(bindings: &Bindings<'_>) -> Result<Routes, ConfigFault> {
    const PREFIX: &str = "ROUTE_PREFIX";
    const ALIASES: &str = "ROUTE_ALIASES";
    let path = |name, text: &str| {
        let advice = "must be a path such as /api/pica-token: a slash before, none after, and \
                      letters, digits, `-`, `_`, `.` or `~` between";
        RoutePath::parse(text).ok_or_else(|| ConfigFault::new(name, advice))
    };
    let prefix = bindings
        .get(PREFIX)
        .map(|text| path(PREFIX, &text))
        .transpose()?;
    let aliases = bindings.list(ALIASES)?;
    let aliases: Result<_, _> = aliases.iter().map(|text| path(ALIASES, text)).collect();
    let python = bindings.choice(
        "COMPATIBILITY",
        "none",
        &[
            ("none", Dialect::Own),
            ("fastapi", Dialect::FastApi),
            ("flask", Dialect::Flask),
        ],
    )?;
    let connections = bindings.choice(
        "CONNECTIONS",
        "off",
        &[
            ("off", Connections::Off),
            ("read", Connections::Read),
            ("manage", Connections::Manage),
        ],
    )?;
    if python != Dialect::Own {
        needs(cfg!(feature = "python"), "COMPATIBILITY", "python")?;
    }
    if connections != Connections::Off {
        needs(cfg!(feature = "connections"), "CONNECTIONS", "connections")?;
    }
    Ok(Routes::new(prefix.as_ref(), aliases?, python).with(connections))
}

/// Refuses a setting that needs a feature which was not compiled in.
fn needs(is_there: bool, name: &'static str, feature: &str) -> Result<(), ConfigFault> {
    if is_there {
        return Ok(());
    }
    Err(ConfigFault::new(
        name,
        format!(
            "this Worker was built without it: add `{feature}` to `default` in worker/Cargo.toml, and deploy again"
        ),
    ))
}

fn widget_origins() -> AllowedOrigins {
    let origins = WIDGET_ORIGINS
        .iter()
        .filter_map(|text| PageOrigin::parse(text).ok());
    AllowedOrigins::List(origins.collect())
}

#[cfg(test)]
mod tests;
