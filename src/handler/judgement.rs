//! What the token route would say of a credential, for the operator who wonders why it is refused.
//!
//! The deep check asks, for whoever has its key. The judgement is that of the token route itself, told
//! with the words of the log. Beside it stands what the configuration wants, so that whoever holds the
//! credential can compare. Nothing is said of what the credential holds, and nothing of whom.

use std::cell::Cell;

use crate::caller::{Purpose, Question, Source, TypeClaims};
use crate::config::{Config, Service};
use crate::error::{Challenge, Refusal};
use crate::handler::unsaid;
use crate::http::request_body::RequestBody;
use crate::http::target::Target;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::claim_path::ClaimPath;
use crate::jwt::claims::Audience;
use crate::jwt::issuer::Issuer;
use crate::jwt::verifier::Verifier;
use crate::limits::REQUEST_DEADLINE;
use crate::runtime::{Incoming, Runtime};

/// A name and a value. Pairs, since a structure of its own would take more of the Worker than all that
/// is in it.
pub type Fact<'a> = [&'a str; 2];

/// Whether a query asks for a judgement. It has to: a proxy in front adds credentials to whatever comes.
#[must_use]
pub fn is_wanted(query: &str) -> bool {
    query.starts_with("credential")
}

/// Judges the credential of a request, and its wish in the query, as the token route does. Keys of an
/// issuer are loaded as for a token, within the cool-down.
///
/// Gives what the log says of a refusal, or nothing if there would be a token; and adds to `facts`
/// which source decided (`decided`), and for each `source`, in the order in which they are asked, what
/// it takes: `iss`, `aud`, `azp`, `alg`, `cookie`, and the paths of the claims for a `user` and so on.
/// Each is there as often as the setting has entries, and none is a secret.
pub async fn judge<'a, I, R>(
    config: &Config,
    service: &'a Service,
    request: &I,
    target: Target<'_>,
    runtime: &R,
    facts: &mut Vec<Fact<'a>>,
) -> Option<String>
where
    I: Incoming,
    R: Runtime + Verifier,
{
    let question = Question {
        request,
        target,
        body: &RequestBody::default(),
        request_id: "",
        room: &config.in_flight.upstream,
        deadline: runtime.now().after(REQUEST_DEADLINE),
        waits: &Cell::new(false),
        unsaid: unsaid(config.environment),
    };
    let callers = &service.callers;
    // The cookies that an application renews are for its user, who is not asking here.
    let mut set_cookies = Vec::new();
    let (source, found) = callers
        .identify(Purpose::Token, &question, runtime, &mut set_cookies)
        .await;
    if let Some(source) = source {
        facts.push(["decided", source.name().as_str()]);
    }
    takes(&callers.sources, facts);
    let fault = found.err()?;
    Some(Refusal::Caller(fault, Challenge::Own).reason().into_owned())
}

/// What each source takes.
fn takes<'a>(sources: &'a [Source], facts: &mut Vec<Fact<'a>>) {
    for source in sources {
        facts.push(["source", source.name().as_str()]);
        match source {
            Source::Jwt(jwt) => {
                issuer(&jwt.issuer, facts);
                for name in &jwt.cookies {
                    facts.push(["cookie", name]);
                }
                claims(&jwt.claims, facts);
            }
            Source::Session(session) => {
                for name in session.cookies.names() {
                    facts.push(["cookie", name]);
                }
                claims(&session.paths, facts);
            }
            Source::Access(access) => issuer(&access.issuer, facts),
            Source::Header(..) | Source::Body(_) | Source::Grant(_) => {}
        }
    }
}

fn claims<'a>(claims: &'a TypeClaims, facts: &mut Vec<Fact<'a>>) {
    let path = |path: &'a Option<ClaimPath>| path.as_ref().map(ClaimPath::as_str);
    for (name, value) in [
        ("user", Some(claims.user.as_str())),
        ("organization", path(&claims.organization)),
        ("team", path(&claims.team)),
        ("project", path(&claims.project)),
    ] {
        if let Some(value) = value {
            facts.push([name, value]);
        }
    }
}

fn issuer<'a>(issuer: &'a Issuer, facts: &mut Vec<Fact<'a>>) {
    let policy = &issuer.claims;
    let (Audience::Aud(own) | Audience::AudIfAny(own) | Audience::Cognito(own)) = &policy.audience;
    for (name, values) in [
        ("iss", &policy.issuers),
        ("aud", own),
        ("azp", &policy.authorized_parties),
    ] {
        for value in values {
            facts.push([name, value]);
        }
    }
    for (name, algorithm) in Algorithm::ALL {
        if issuer.algorithms.contains(&algorithm) {
            facts.push(["alg", name]);
        }
    }
}
