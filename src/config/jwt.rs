//! The settings of the source `jwt`: an issuer, and what its tokens say.

use std::time::Duration;

use crate::caller::{Jwt, TypeClaims};
use crate::config::Environment;
use crate::config::bindings::{Bindings, ConfigFault, Faults};
use crate::config::presets::{self, Facts, ISSUER, Preset, Wanted};
use crate::jwt::algorithm::{Algorithm, Hash};
use crate::jwt::claim_path::ClaimPath;
use crate::jwt::claims::{Audience, ClaimPolicy};
use crate::jwt::issuer::{Issuer, Keys};
use crate::jwt::key_set::RemoteKeys;
use crate::jwt::persons::{Acceptable, FIREBASE_ISSUERS, Product};
use crate::limits::{DEFAULT_JWKS_STALE, MAX_JWKS_STALE_SECONDS};
use crate::origin::Origin;

const AUDIENCE: &str = "JWT_AUDIENCE";
const PARTIES: &str = "JWT_AZP";
const ALGORITHMS: &str = "JWT_ALGORITHMS";
const KEYS_URL: &str = "JWT_JWKS_URL";
const SECRET: &str = "JWT_SECRET";
const ACCEPT: &str = "JWT_ACCEPT";
const TENANT: &str = "JWT_TENANT";

pub(super) fn jwt(
    bindings: &Bindings<'_>,
    environment: Environment,
    faults: &mut Faults,
) -> Option<Jwt> {
    let preset = faults.note(presets::choose(bindings))?;
    let facts = preset.map(|preset| presets::facts(preset, bindings));
    let facts = faults.note(facts.transpose())?;
    let default = facts.as_ref().map(|facts| facts.algorithms);
    let algorithms = faults.note(algorithms(bindings, default));
    let keys = algorithms.as_ref().and_then(|algorithms| {
        faults.note(
            if algorithms.iter().any(|algorithm| algorithm.is_symmetric()) {
                shared_key(bindings, algorithms)
            } else {
                remote_keys(bindings, facts.as_ref(), environment)
            },
        )
    });
    let mut path = |name, default| faults.note(claim_path(bindings, name, default));
    let user = path("JWT_IDENTITY_CLAIM", Some("sub"));
    let organization = facts.as_ref().and_then(|facts| facts.organization);
    let organization = path("JWT_ORGANIZATION_CLAIM", organization);
    let team = path("JWT_TEAM_CLAIM", None);
    let project = path("JWT_PROJECT_CLAIM", None);
    let cookie = faults.note(cookie(bindings, facts.as_ref()));
    let product = preset.map_or(Product::Any, Preset::product);
    let claims = claim_policy(bindings, product, facts, faults);
    Some(Jwt {
        cookie: cookie?,
        claims: TypeClaims {
            user: user??,
            organization: organization?,
            team: team?,
            project: project?,
        },
        escapes_bars: preset == Some(Preset::Auth0),
        issuer: Issuer {
            algorithms: algorithms?,
            keys: keys?,
            claims: claims?,
        },
    })
}

fn claim_path(
    bindings: &Bindings<'_>,
    name: &'static str,
    default: Option<&str>,
) -> Result<Option<ClaimPath>, ConfigFault> {
    let text = bindings.get(name);
    let text = text.as_deref().or(default);
    text.map(|text| {
        ClaimPath::parse(text).ok_or_else(|| {
            let advice = "must not be a claim that users write themselves, such as a profile's \
                          name or anything in user_metadata: whoever does could be anybody";
            ConfigFault::new(name, advice)
        })
    })
    .transpose()
}

/// Reads every setting before it gives up on one.
fn claim_policy(
    bindings: &Bindings<'_>,
    product: Product,
    facts: Option<Facts>,
    faults: &mut Faults,
) -> Option<ClaimPolicy> {
    let accepted = faults.note(accepted(bindings));
    let policy = faults.note(audience_policy(bindings, facts));
    let issuers = policy.as_ref().map(|policy| policy.issuers.as_slice());
    let tenant = faults.note(tenant(bindings, issuers.unwrap_or_default()));
    Some(ClaimPolicy {
        tenant: tenant?,
        product,
        accepted: accepted?,
        ..policy?
    })
}

fn audience_policy(
    bindings: &Bindings<'_>,
    facts: Option<Facts>,
) -> Result<ClaimPolicy, ConfigFault> {
    let audiences = bindings.list(AUDIENCE)?;
    let parties = bindings.list(PARTIES)?;
    let (issuers, wanted) = match facts {
        Some(facts) => (facts.issuers, facts.audience),
        None => (bindings.list(ISSUER)?, Wanted::Named),
    };
    if issuers.is_empty() {
        return Err(ConfigFault::new(
            ISSUER,
            "must be the `iss` of the tokens, to the letter",
        ));
    }
    let client = match &wanted {
        Wanted::Client(client) => Some(client.clone()),
        _ => None,
    };
    let named = |advice| {
        if audiences.is_empty() {
            Err(ConfigFault::new(AUDIENCE, advice))
        } else {
            Ok(audiences.clone())
        }
    };
    let audience = match wanted {
        Wanted::Known(known) if audiences.is_empty() => Audience::Aud(vec![known]),
        Wanted::Cognito => Audience::Cognito(named("must be the app client id")?),
        Wanted::Client(client) if audiences.is_empty() => Audience::AudIfAny(vec![client]),
        Wanted::Known(_) | Wanted::Client(_) => Audience::Aud(audiences.clone()),
        Wanted::Party if parties.is_empty() && audiences.is_empty() => {
            let advice = "must be the origins of your front end, such as https://app.example.com";
            return Err(ConfigFault::new(PARTIES, advice));
        }
        Wanted::Party | Wanted::Named if audiences.is_empty() && !parties.is_empty() => {
            Audience::AudIfAny(Vec::new())
        }
        Wanted::Party | Wanted::Named => Audience::Aud(named(
            "must be the `aud` of the tokens: without it, tokens for any application are good here",
        )?),
    };
    Ok(ClaimPolicy {
        authorized_parties: parties,
        client,
        ..ClaimPolicy::new(issuers, audience)
    })
}

/// `JWT_ACCEPT`: who stands for no person and is wanted. Nothing else can be.
fn accepted(bindings: &Bindings<'_>) -> Result<Vec<Acceptable>, ConfigFault> {
    let names = bindings.list(ACCEPT)?;
    let accepted = names.iter().map(|name| match name.as_str() {
        "anonymous" => Ok(Acceptable::Anonymous),
        "programs" => Ok(Acceptable::Programs),
        _ => {
            let advice = "must be `anonymous` or `programs`, or both with a comma between";
            Err(ConfigFault::new(ACCEPT, advice))
        }
    });
    accepted.collect()
}

/// `JWT_TENANT`, where there are tenants whose users the keys do not tell apart.
fn tenant(bindings: &Bindings<'_>, issuers: &[String]) -> Result<Option<String>, ConfigFault> {
    let Some(tenant) = bindings.get(TENANT) else {
        return Ok(None);
    };
    let is_firebase = |issuer: &String| {
        FIREBASE_ISSUERS
            .iter()
            .any(|known| issuer.starts_with(known))
    };
    if !issuers.iter().all(is_firebase) {
        let advice = "is for tenants of Firebase: with any other issuer there is no such thing";
        return Err(ConfigFault::new(TENANT, advice));
    }
    if tenant.contains(',') {
        let advice = "must be one tenant: ids of users are their own in each";
        return Err(ConfigFault::new(TENANT, advice));
    }
    Ok(Some(tenant))
}

/// RFC 8725 §3.1: a list of our own, of one kind. A public key used as an HMAC secret is the oldest
/// trick there is.
fn algorithms(
    bindings: &Bindings<'_>,
    default: Option<&str>,
) -> Result<Vec<Algorithm>, ConfigFault> {
    let mut names = bindings.list(ALGORITHMS)?;
    if let (true, Some(default)) = (names.is_empty(), default) {
        names = default.split(',').map(str::to_owned).collect();
    }
    let known: Vec<&str> = Algorithm::ALL.iter().map(|(name, _)| *name).collect();
    let fault = || {
        ConfigFault::new(
            ALGORITHMS,
            format!("must list some of {}", known.join(", ")),
        )
    };
    let algorithms: Option<Vec<Algorithm>> =
        names.iter().map(|name| Algorithm::parse(name)).collect();
    let algorithms = algorithms
        .filter(|list| !list.is_empty())
        .ok_or_else(fault)?;
    let symmetric = algorithms
        .iter()
        .filter(|algorithm| algorithm.is_symmetric())
        .count();
    if symmetric != 0 && symmetric != algorithms.len() {
        return Err(ConfigFault::new(
            ALGORITHMS,
            "HS* cannot stand beside others",
        ));
    }
    Ok(algorithms)
}

/// RFC 8725 §3.5, RFC 7518 §3.2: as long as the hash.
fn shared_key(bindings: &Bindings<'_>, algorithms: &[Algorithm]) -> Result<Keys, ConfigFault> {
    if bindings.get(KEYS_URL).is_some() {
        return Err(ConfigFault::new(
            KEYS_URL,
            "has no meaning with HS*: take one of them out",
        ));
    }
    let bytes = algorithms.iter().map(|algorithm| match algorithm {
        Algorithm::Hmac(hash) => hash.bytes(),
        _ => Hash::Sha512.bytes(),
    });
    let least = bytes.max().unwrap_or(Hash::Sha512.bytes());
    let secret = bindings.key(SECRET, least)?;
    secret.map(Keys::Shared).ok_or_else(|| {
        ConfigFault::new(
            SECRET,
            "is not set: HS* needs the secret that the tokens are signed with",
        )
    })
}

fn remote_keys(
    bindings: &Bindings<'_>,
    facts: Option<&Facts>,
    environment: Environment,
) -> Result<Keys, ConfigFault> {
    if bindings.get(SECRET).is_some() {
        let advice = "is for HS* only: name those in JWT_ALGORITHMS, or take the secret away";
        return Err(ConfigFault::new(SECRET, advice));
    }
    let url = match (bindings.get(KEYS_URL), facts) {
        (Some(url), _) => {
            check_url(KEYS_URL, &url, environment)?;
            url
        }
        (None, Some(facts)) => facts.keys_url.clone(),
        (None, None) => {
            let advice = "must be the URL of the issuer's JSON Web Key Set";
            return Err(ConfigFault::new(KEYS_URL, advice));
        }
    };
    Ok(Keys::Remote(RemoteKeys::new(url, stale_for(bindings)?)))
}

pub(super) fn stale_for(bindings: &Bindings<'_>) -> Result<Duration, ConfigFault> {
    let seconds = bindings.number("JWT_JWKS_STALE_SECONDS", 0..=MAX_JWKS_STALE_SECONDS)?;
    Ok(seconds.map_or(DEFAULT_JWKS_STALE, Duration::from_secs))
}

/// Keys that come over an open wire are anybody's keys.
fn check_url(name: &'static str, url: &str, environment: Environment) -> Result<(), ConfigFault> {
    let fault = || {
        ConfigFault::new(
            name,
            "must be an https:// URL (http://localhost in development)",
        )
    };
    let host = url
        .find("://")
        .map(|scheme| scheme + "://".len())
        .ok_or_else(fault)?;
    let path = url
        .get(host..)
        .and_then(|rest| rest.find('/'))
        .map(|length| host + length);
    let (origin, path) = path
        .and_then(|at| url.split_at_checked(at))
        .ok_or_else(fault)?;
    let origin = Origin::parse(origin).map_err(|_| fault())?;
    let plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let safe = origin.is_secure() || environment == Environment::Development;
    if plain && safe { Ok(()) } else { Err(fault()) }
}

fn cookie(bindings: &Bindings<'_>, facts: Option<&Facts>) -> Result<Option<String>, ConfigFault> {
    const NAME: &str = "JWT_COOKIE";
    let Some(name) = bindings.get(NAME) else {
        return Ok(facts.and_then(|facts| facts.cookie).map(str::to_owned));
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    if name.bytes().all(plain) {
        Ok(Some(name))
    } else {
        Err(ConfigFault::new(NAME, "must be the name of a cookie"))
    }
}
