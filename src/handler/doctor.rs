//! The deep check: what is wrong with a deployment, and what to type.
//!
//! The token that it asks for is nobody's and is dropped. An issuer's keys are loaded as for a token:
//! within the cool-down, and what came of the last load is told. It tells no value of a secret and no
//! text of the upstream but two names, those of the organization and project whose key it is; of
//! variables, only those that stand in the [`facts`](Report).

use std::time::Duration;

use serde::Serialize;

use crate::caller::Source;
use crate::config::{Config, ConfigFault, Service};
use crate::error::Refusal;
use crate::handler::judgement::{self, Fact};
use crate::http::target::Target;
use crate::json;
use crate::jwt::issuer::{Issuer, Keys};
use crate::jwt::key_set::LoadFault;
use crate::jwt::verifier::Verifier;
use crate::runtime::{Incoming, Runtime};
use crate::upstream::UpstreamFault;
use crate::upstream::client::{Client, Usage};
use crate::upstream::endpoint::Provider;
use crate::upstream::whoami::Tenancy;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report<'a> {
    status: Status,
    checks: Vec<Check>,
    /// What a person compares with: the origin whose keys did not come, by the name of the check; and
    /// beside a credential, what [`judgement::judge`] gives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<Fact<'a>>,
    /// What was used of the upstream, for the log.
    #[serde(skip)]
    pub usage: Usage,
    /// How long that took.
    #[serde(skip)]
    pub took: Duration,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    /// A variable, or what was asked.
    name: &'static str,
    status: Status,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// It works, but is probably a mistake.
    Warning,
    /// No token can be minted, or not for everybody.
    Failing,
}

impl Report<'_> {
    /// Whether something is wrong that keeps tokens from being minted.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.status == Status::Failing
    }

    /// As the caller gets it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        json::text(self).into_bytes()
    }
}

/// Looks at everything. Issuers and upstream are asked one after the other, within the time that
/// each has for a token, and only once the configuration says where they are. `target` is where the
/// deployment was asked. A credential of the request is judged where the query asks for that.
pub async fn examine<'a, I, R>(
    config: &'a Config,
    request: &I,
    target: Target<'_>,
    runtime: &R,
) -> Report<'a>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let here = config.warning_at(&target);
    let mut checks: Vec<Check> = config
        .warnings
        .iter()
        .chain(&here)
        .map(|fault| setting(fault, Status::Warning))
        .collect();
    let (mut usage, mut took, mut facts) = (Usage::default(), Duration::ZERO, Vec::new());
    match &config.service {
        Err(faults) => checks.extend(faults.iter().map(|fault| setting(fault, Status::Failing))),
        Ok(service) => {
            checks.push(ok("configuration"));
            checks.extend(session(service));
            checks.extend(issuers(service, runtime, &mut facts).await);
            if judgement::is_wanted(target.query) {
                let judge = judgement::judge(config, service, request, target, runtime, &mut facts);
                let reason = judge.await;
                checks.push(Check {
                    name: "credential",
                    status: reason.as_ref().map_or(Status::Ok, |_| Status::Failing),
                    advice: reason,
                });
            }
            let begun = runtime.now();
            let share = config.in_flight.upstream.open(begun);
            let within = service.upstream_deadline;
            let client = Client::new(runtime, &service.endpoint, None, &share, within);
            let found = client.has_integrations().await;
            let tenancy = match found {
                Ok(_) => client.whoami().await,
                Err(_) => None,
            };
            checks.extend(upstream(service, found, tenancy));
            usage = client.usage();
            took = begun.until(runtime.now());
        }
    }
    let failing = checks.iter().any(|check| check.status == Status::Failing);
    Report {
        status: if failing { Status::Failing } else { Status::Ok },
        checks,
        facts,
        usage,
        took,
    }
}

fn ok(name: &'static str) -> Check {
    Check {
        name,
        status: Status::Ok,
        advice: None,
    }
}

fn setting(fault: &ConfigFault, status: Status) -> Check {
    let (name, advice) = (fault.variable(), fault.advice());
    let advice = if advice.contains("wrangler") {
        advice.to_owned()
    } else if fault.is_of_a_secret() {
        format!("{advice}. A secret is set by: npx wrangler secret put {name}")
    } else {
        format!("{advice}. In [vars] of wrangler.toml: {name} = \"…\"")
    };
    Check {
        name,
        status,
        advice: Some(advice),
    }
}

/// That there is an application to ask, where one is. It is not asked: it would see nobody's cookie.
fn session(service: &Service) -> Option<Check> {
    let mut sources = service.callers.sources.iter();
    let asks = sources.any(|source| matches!(source, Source::Session(_)));
    asks.then(|| ok("session"))
}

/// Whether the keys of the issuers can be loaded. There are two at most.
async fn issuers<'a, R: Runtime>(
    service: &'a Service,
    runtime: &R,
    facts: &mut Vec<Fact<'a>>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, variables, issuer) in service.callers.sources.iter().filter_map(issuer) {
        let Keys::Remote(keys) = &issuer.keys else {
            continue;
        };
        let loaded = keys.check(&issuer.algorithms, runtime).await;
        if loaded.is_err() {
            facts.push([name, Target::parse(keys.url()).origin]);
        }
        checks.push(issuer_keys(name, variables, loaded));
    }
    checks
}

/// The issuer of a source that has one, and the variables that say where its keys are.
fn issuer(source: &Source) -> Option<(&'static str, &'static str, &Issuer)> {
    match source {
        Source::Jwt(jwt) => Some(("jwt_keys", "JWT_JWKS_URL and JWT_ISSUER", &jwt.issuer)),
        Source::Access(access) => Some(("access_keys", "ACCESS_TEAM_DOMAIN", &access.issuer)),
        Source::Header(..) | Source::Body(_) | Source::Session(_) | Source::Grant(_) => None,
    }
}

fn issuer_keys(name: &'static str, variables: &str, keys: Result<(), LoadFault>) -> Check {
    let Err(fault) = keys else {
        return ok(name);
    };
    let what = match fault {
        LoadFault::Unreachable => "could not be loaded: nothing answers there".to_owned(),
        LoadFault::Status(status) => format!("could not be loaded: the answer was {status}"),
        LoadFault::NoKeys => "are missing, or none fits JWT_ALGORITHMS".to_owned(),
    };
    Check {
        name,
        status: Status::Failing,
        advice: Some(format!(
            "The issuer's keys {what}. Open the URL in a browser: it must show {{\"keys\": […]}}. It \
             comes from {variables} in [vars] of wrangler.toml"
        )),
    }
}

fn upstream(
    service: &Service,
    found: Result<bool, UpstreamFault>,
    tenancy: Option<Tenancy>,
) -> Vec<Check> {
    let provider = service.endpoint.provider;
    let key = provider.key_binding();
    let fault = match found {
        Ok(is_enabled) => {
            let whose = tenancy.map(|tenancy| Check {
                advice: Some(whose(key, tenancy)),
                ..ok("account")
            });
            let integrations = if is_enabled {
                ok("integrations")
            } else {
                no_integrations(service)
            };
            let checks = [Some(ok("upstream")), whose, Some(integrations)];
            return checks.into_iter().flatten().collect();
        }
        Err(fault) => fault,
    };
    let keys = provider.dashboard().keys;
    let reason = Refusal::Upstream(fault).reason();
    let advice = match fault {
        UpstreamFault::Status(401) => format!(
            "The key in {key} is refused. Copy it from {keys} and type: npx wrangler secret put {key}"
        ),
        UpstreamFault::Status(403) => format!(
            "{reason}. Give it access to AuthKit, or copy another one from {keys} and type: npx \
             wrangler secret put {key}"
        ),
        UpstreamFault::Status(402) => {
            format!("{reason}. The dashboard shows both: {keys}")
        }
        _ => {
            let hint = match fault {
                UpstreamFault::Redirect(_) if provider == Provider::Pica => {
                    "Pica's is most probably One's now: in [vars] of wrangler.toml set \
                     AUTHKIT_PROVIDER = \"one\", and type: npx wrangler secret put ONE_SECRET_KEY"
                }
                UpstreamFault::RateLimited(_) | UpstreamFault::Shed(_) => "Ask again in a minute",
                _ => "If AUTHKIT_BASE_URL is set, check it; otherwise try again later",
            };
            format!("{reason}. {hint}")
        }
    };
    vec![Check {
        name: "upstream",
        status: Status::Failing,
        advice: Some(advice),
    }]
}

/// Whose key it is, so that one of another project is seen.
fn whose(key: &str, tenancy: Tenancy) -> String {
    let mut text = format!("{key} is of the ");
    let mut between = "";
    for (kind, name) in [
        ("organization \"", tenancy.organization),
        ("project \"", tenancy.project),
    ] {
        if let Some(name) = name {
            text.push_str(between);
            text.push_str(kind);
            text.push_str(&name);
            text.push('"');
            between = ", ";
        }
    }
    text
}

/// Where an empty list may come from.
fn no_integrations(service: &Service) -> Check {
    let provider = service.endpoint.provider;
    let key = provider.key_binding();
    let (secret, _) = service.endpoint.account.keys();
    let (own, other) = match secret.expose().get(..8) {
        Some("sk_test_") => (" sandbox", "production, whose keys start with sk_live_"),
        Some("sk_live_") => (" production", "the sandbox, whose keys start with sk_test_"),
        _ => ("", "another environment"),
    };
    Check {
        name: "integrations",
        status: Status::Warning,
        advice: Some(format!(
            "No integration is enabled, so the widget shows an empty list. Enable some at {}, in the{own} \
             environment, which {key} is of. If there are some already, they are of {other}, or of \
             another project than the key is",
            provider.dashboard().integrations
        )),
    }
}
