//! The settings of the source `jwt`: an issuer, and what its tokens say.

use std::time::Duration;

use crate::caller::{CookieForm, Jwt, TypeClaims};
use crate::config::Environment;
use crate::config::bindings::{Bindings, ConfigFault, Faults};
use crate::config::presets::{self, Facts, ISSUER, Wanted};
use crate::http::cookie;
use crate::http::origin::Origin;
use crate::jwt::algorithm::{Algorithm, Hash};
use crate::jwt::claim_path::ClaimPath;
use crate::jwt::claims::{Audience, ClaimPolicy, WithoutIssuer, WithoutParty};
use crate::jwt::issuer::{Issuer, Keys};
use crate::jwt::key_set::RemoteKeys;
use crate::jwt::persons::{Acceptable, Accepted, FIREBASE_ISSUERS};
use crate::limits::{DEFAULT_JWKS_STALE, MAX_JWKS_STALE_SECONDS};
use crate::runtime::notes::Notes;

const AUDIENCE: &str = "JWT_AUDIENCE";
const PARTIES: &str = "JWT_AZP";
const ALGORITHMS: &str = "JWT_ALGORITHMS";
const KEYS_URL: &str = "JWT_JWKS_URL";
const SECRET: &str = "JWT_SECRET";
const ACCEPT: &str = "JWT_ACCEPT";
const TENANT: &str = "JWT_TENANT";
const WITHOUT_PARTY: &str = "JWT_WITHOUT_AZP";
const WITHOUT_AUDIENCE: &str = "JWT_WITHOUT_AUD";

/// Hosts of keys that sign for the applications of everybody.
const SHARED_KEYS: &str = "://www.googleapis.com ://accounts.google.com ://login.microsoftonline.com \
                           ://appleid.apple.com ://gitlab.com .cloudflareaccess.com/ \
                           ://token.actions.githubusercontent.com";

// An isolate compiles a function when it first calls it; without `jwt` it need not do this one.
#[inline(never)]
pub(super) fn jwt(
    bindings: &Bindings<'_>,
    environment: Environment,
    notes: &Notes,
    faults: &mut Faults,
) -> Option<Jwt> {
    let mut facts = faults.note(presets::facts(bindings))?;
    faults.note(presets::add_domain(facts.as_mut(), bindings));
    let facts = facts.as_ref();
    let word = |name| facts.and_then(|facts| facts.word(name));
    let default = word("algorithms").or(facts.map(|_| "RS256"));
    let algorithms = faults.note(algorithms(bindings, default));
    let keys = algorithms.as_ref().and_then(|algorithms| {
        faults.note(
            if algorithms.iter().any(|algorithm| algorithm.is_symmetric()) {
                shared_key(bindings, algorithms)
            } else {
                remote_keys(bindings, facts, environment, notes)
            },
        )
    });
    let cookies = faults.note(cookies(bindings, facts));
    let cookie_form = faults.note(cookie_form(bindings, word("format")));
    let mut path = |name, default| claim_path(bindings, name, default, faults);
    let claims = TypeClaims {
        user: path("JWT_IDENTITY_CLAIM", word("user").or(Some("sub")))?,
        organization: path("JWT_ORGANIZATION_CLAIM", word("organization")),
        team: path("JWT_TEAM_CLAIM", None),
        project: path("JWT_PROJECT_CLAIM", None),
    };
    let policy = claim_policy(bindings, facts, faults);
    Some(Jwt {
        cookies: cookies?,
        cookie_form: cookie_form?,
        claims,
        escapes_bars: word("bars").is_some(),
        issuer: Issuer {
            algorithms: algorithms?,
            keys: keys?,
            claims: policy?,
        },
    })
}

/// The path in a variable, or the default. Where it leads to what users write, the fault is noted.
#[inline(never)]
pub(super) fn claim_path(
    bindings: &Bindings<'_>,
    name: &'static str,
    default: Option<&str>,
    faults: &mut Faults,
) -> Option<ClaimPath> {
    let text = bindings.get(name);
    let path = ClaimPath::parse(text.as_deref().or(default)?);
    if path.is_none() {
        let advice = "must not be a claim that users can edit, such as `name` or user_metadata: a \
                      user could then become anybody";
        faults.push(ConfigFault::new(name, advice));
    }
    path
}

/// Reads every setting before it gives up on one.
fn claim_policy(
    bindings: &Bindings<'_>,
    facts: Option<&Facts>,
    faults: &mut Faults,
) -> Option<ClaimPolicy> {
    let accepted = accepted(bindings, faults);
    let mut policy = faults.note(audience_policy(bindings, facts))?;
    policy.tenant = tenant(bindings, &policy.issuers, faults);
    policy.accepted = accepted;
    if let Some(facts) = facts {
        policy.product = facts.product();
        if facts.word("nameless").is_some() {
            policy.without_issuer = WithoutIssuer::Allow;
        }
    }
    Some(policy)
}

fn audience_policy(
    bindings: &Bindings<'_>,
    facts: Option<&Facts>,
) -> Result<ClaimPolicy, ConfigFault> {
    let audiences = bindings.list(AUDIENCE)?;
    let parties = bindings.list(PARTIES)?;
    let keys_are_ours = keys_are_ours(bindings, facts.is_some())?;
    let wanted = facts.map_or(Wanted::Named, Facts::wanted);
    let application = facts.and_then(|facts| Some(facts.fill(facts.word("application")?)));
    let issuers = match facts {
        Some(facts) => facts.issuers.clone(),
        None => bindings.list(ISSUER)?,
    };
    let unset = audiences.is_empty();
    let mut names = audiences;
    if unset {
        names.extend(application.clone());
    }
    let nameless = names.is_empty();
    let missing = match wanted {
        _ if issuers.is_empty() => Some((ISSUER, "must be exactly the `iss` of the tokens")),
        Wanted::Cognito if nameless => Some((AUDIENCE, "must be the app client id")),
        Wanted::Party if unset && parties.is_empty() => Some((
            PARTIES,
            "must be who asks for the tokens: with Clerk the origins of your front end, such as \
             https://app.example.com; with Keycloak your client id",
        )),
        Wanted::Named if nameless && parties.is_empty() && !keys_are_ours => Some((
            AUDIENCE,
            "must be the `aud` of the tokens: without it, tokens for any application would be accepted",
        )),
        _ => None,
    };
    if let Some((name, advice)) = missing {
        return Err(ConfigFault::new(name, advice));
    }
    let audience = match wanted {
        Wanted::Cognito => Audience::Cognito(names),
        Wanted::Client | Wanted::Party if unset => Audience::AudIfAny(names),
        Wanted::Named if nameless || keys_are_ours => Audience::AudIfAny(names),
        Wanted::Known | Wanted::Client | Wanted::Party | Wanted::Named => Audience::Aud(names),
    };
    let mut policy = ClaimPolicy::new(issuers, audience);
    policy.without_party = bindings.choice(
        WITHOUT_PARTY,
        "refuse",
        &[
            ("refuse", WithoutParty::Refuse),
            ("allow", WithoutParty::Allow),
        ],
    )?;
    if policy.without_party == WithoutParty::Allow {
        let advice = match (wanted, &policy.audience) {
            _ if parties.is_empty() => Some("has no meaning without JWT_AZP"),
            // Clerk's keys are those of one application.
            (Wanted::Named, Audience::AudIfAny(_)) => {
                Some("needs JWT_AUDIENCE: without both, tokens for any application are good here")
            }
            (Wanted::Party, Audience::AudIfAny(names)) if !names.is_empty() => {
                Some("needs JWT_AUDIENCE: without both, tokens for any client are good here")
            }
            _ => None,
        };
        if let Some(advice) = advice {
            return Err(ConfigFault::new(WITHOUT_PARTY, advice));
        }
    }
    policy.authorized_parties = parties;
    policy.client = application.filter(|_| wanted == Wanted::Client);
    Ok(policy)
}

/// `JWT_WITHOUT_AUD`: whether whoever configures this says that the keys sign for this application and
/// for no other, so that a token need not say whom it is for. A preset knows that by itself.
fn keys_are_ours(bindings: &Bindings<'_>, has_preset: bool) -> Result<bool, ConfigFault> {
    let ours = bindings.choice(
        WITHOUT_AUDIENCE,
        "refuse",
        &[("refuse", false), ("keys-are-ours-alone", true)],
    )?;
    let is_shared = |url: String| SHARED_KEYS.split(' ').any(|host| url.contains(host));
    let advice = match ours {
        true if has_preset => "has no meaning with a JWT_PRESET, which knows what binds its tokens",
        true if bindings.get(KEYS_URL).is_some_and(is_shared) => {
            "is not so: the keys at JWT_JWKS_URL sign for other applications, too. Set JWT_AUDIENCE"
        }
        _ => return Ok(ours),
    };
    Err(ConfigFault::new(WITHOUT_AUDIENCE, advice))
}

/// `JWT_ACCEPT`: who stands for no person and is wanted. Nothing else can be.
fn accepted(bindings: &Bindings<'_>, faults: &mut Faults) -> Accepted {
    let mut accepted = [None; 2];
    let [anonymous, programs] = &mut accepted;
    for name in faults.note(bindings.list(ACCEPT)).unwrap_or_default() {
        match name.as_str() {
            "anonymous" => *anonymous = Some(Acceptable::Anonymous),
            "programs" => *programs = Some(Acceptable::Programs),
            _ => faults.push(ConfigFault::new(
                ACCEPT,
                "must be `anonymous` or `programs`, or both, separated by a comma",
            )),
        }
    }
    accepted
}

/// `JWT_TENANT`, where there are tenants whose users the keys do not tell apart.
fn tenant(bindings: &Bindings<'_>, issuers: &[String], faults: &mut Faults) -> Option<String> {
    let tenant = bindings.get(TENANT)?;
    let is_firebase = |issuer: &String| {
        FIREBASE_ISSUERS
            .iter()
            .any(|known| issuer.starts_with(known))
    };
    if tenant.contains(',') || !issuers.iter().all(is_firebase) {
        let advice = "must be one Firebase tenant; other issuers have no tenants";
        faults.push(ConfigFault::new(TENANT, advice));
    }
    Some(tenant)
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
    let algorithms: Option<Vec<Algorithm>> =
        names.iter().map(|name| Algorithm::parse(name)).collect();
    let Some(algorithms) = algorithms.filter(|list| !list.is_empty()) else {
        let known = Algorithm::ALL.map(|(name, _)| name).join(", ");
        return Err(ConfigFault::new(
            ALGORITHMS,
            format!("must list some of {known}"),
        ));
    };
    let mut kinds = algorithms.iter().map(|algorithm| algorithm.is_symmetric());
    let first = kinds.next();
    if kinds.any(|kind| Some(kind) != first) {
        return Err(ConfigFault::new(
            ALGORITHMS,
            "HS* cannot be combined with other algorithms",
        ));
    }
    Ok(algorithms)
}

/// RFC 8725 §3.5, RFC 7518 §3.2: as long as the hash.
fn shared_key(bindings: &Bindings<'_>, algorithms: &[Algorithm]) -> Result<Keys, ConfigFault> {
    if bindings.get(KEYS_URL).is_some() {
        return Err(ConfigFault::new(
            KEYS_URL,
            "is not used with HS*: remove one of the two",
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
    notes: &Notes,
) -> Result<Keys, ConfigFault> {
    if bindings.get(SECRET).is_some() {
        let advice = "is for HS* only: list HS* in JWT_ALGORITHMS, or delete the secret";
        return Err(ConfigFault::new(SECRET, advice));
    }
    let url = match (bindings.get(KEYS_URL), facts) {
        (Some(url), _) => {
            check_url(KEYS_URL, &url, environment)?;
            url
        }
        (None, Some(facts)) => facts.keys_url(),
        (None, None) => {
            let advice = "must be the URL of the issuer's JSON Web Key Set";
            return Err(ConfigFault::new(KEYS_URL, advice));
        }
    };
    let stale_for = stale_for(bindings)?;
    Ok(Keys::Remote(RemoteKeys::new(url, stale_for, notes.clone())))
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

fn cookies(bindings: &Bindings<'_>, facts: Option<&Facts>) -> Result<Vec<String>, ConfigFault> {
    const NAME: &str = "JWT_COOKIE";
    let mut names = bindings.list(NAME)?;
    if names.is_empty() {
        names.extend(facts.iter().flat_map(|facts| facts.cookies.clone()));
    }
    if names.iter().all(|name| cookie::is_name(name)) {
        Ok(names)
    } else {
        let advice = "must be the name of a cookie, or several with commas between";
        Err(ConfigFault::new(NAME, advice))
    }
}

/// `JWT_COOKIE_FORMAT`: what is in the cookies; by default what the preset's product puts there.
fn cookie_form(bindings: &Bindings<'_>, default: Option<&str>) -> Result<CookieForm, ConfigFault> {
    bindings.choice(
        "JWT_COOKIE_FORMAT",
        default.unwrap_or("token"),
        &[
            ("token", CookieForm::Token),
            ("supabase", CookieForm::Supabase),
        ],
    )
}
