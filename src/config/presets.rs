//! `JWT_PRESET`: the products that people sign in with, so that one value (and the name of the
//! application, where the product has one) is all there is to set.
//!
//! Nothing here is a default that trusts more than it must: each preset names its algorithms and
//! binds a token to this application.

use crate::config::bindings::{Bindings, ConfigFault};
use crate::http::origin::Origin;
use crate::jwt::persons::Product;

pub(super) const ISSUER: &str = "JWT_ISSUER";

/// `JWT_PRESET`, unless it is `custom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    Clerk,
    Supabase,
    Auth0,
    Firebase,
    WorkOs,
    Cognito,
}

impl Preset {
    /// What binds its tokens to one application.
    pub(super) fn wanted(self) -> Wanted {
        match self {
            Self::Clerk => Wanted::Party,
            Self::Supabase | Self::Firebase => Wanted::Known,
            Self::Auth0 => Wanted::Named,
            Self::WorkOs => Wanted::Client,
            Self::Cognito => Wanted::Cognito,
        }
    }

    /// Whose marks its tokens have that only the configuration tells.
    pub(super) fn product(self) -> Product {
        match self {
            Self::Clerk => Product::Clerk,
            Self::Supabase => Product::Supabase,
            Self::Auth0 | Self::Firebase | Self::WorkOs | Self::Cognito => Product::Any,
        }
    }
}

/// What a preset makes of its one value.
pub(super) struct Facts {
    pub(super) issuers: Vec<String>,
    pub(super) keys_url: String,
    pub(super) algorithms: &'static str,
    /// The name of the application, where the one value says it.
    pub(super) application: Option<String>,
    pub(super) organization: Option<&'static str>,
    pub(super) cookie: Option<&'static str>,
    /// The origin of the issuers, where a domain of the customer's may stand for it.
    pub(super) origin: Option<String>,
}

/// What binds a product's tokens to one application.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The application's name, unless `JWT_AUDIENCE` says another.
    Known,
    /// `JWT_AUDIENCE`.
    Named,
    /// `JWT_AUDIENCE`, in the claim that Cognito uses.
    Cognito,
    /// `JWT_AZP`.
    Party,
    /// The keys are this application's alone; its name is in `aud` and `client_id`, if in any.
    Client,
}

/// The preset that is configured; `None` for a custom issuer.
pub(super) fn choose(bindings: &Bindings<'_>) -> Result<Option<Preset>, ConfigFault> {
    bindings.choice(
        "JWT_PRESET",
        "custom",
        &[
            ("custom", None),
            ("clerk", Some(Preset::Clerk)),
            ("supabase", Some(Preset::Supabase)),
            ("auth0", Some(Preset::Auth0)),
            ("firebase", Some(Preset::Firebase)),
            ("workos", Some(Preset::WorkOs)),
            ("cognito", Some(Preset::Cognito)),
        ],
    )
}

/// `JWT_CUSTOM_DOMAIN`: the product's issuers are also below a domain of the customer's. Its keys are
/// where they were, and sign for nobody else.
pub(super) fn add_domain(
    facts: Option<&mut Facts>,
    bindings: &Bindings<'_>,
) -> Result<(), ConfigFault> {
    const NAME: &str = "JWT_CUSTOM_DOMAIN";
    let Some(domain) = bindings.get(NAME) else {
        return Ok(());
    };
    let Some((own, facts)) = facts.and_then(|facts| Some((facts.origin.take()?, facts))) else {
        let advice = "is only for the presets supabase and workos: with others, use JWT_ISSUER";
        return Err(ConfigFault::new(NAME, advice));
    };
    let fault = |_| ConfigFault::new(NAME, "must be a domain, such as auth.example.com");
    let origin = Origin::parse(&format!("https://{domain}")).map_err(fault)?;
    for issuer in facts.issuers.clone() {
        facts.issuers.push(issuer.replace(&own, origin.as_str()));
    }
    Ok(())
}

/// What a preset makes of `JWT_ISSUER`.
pub(super) fn facts(preset: Preset, bindings: &Bindings<'_>) -> Result<Facts, ConfigFault> {
    let what = match preset {
        Preset::Supabase => "the project ref, such as abcdefghijklmnopqrst",
        Preset::Firebase => "the project id",
        Preset::WorkOs => "the client id, such as client_01ABC",
        Preset::Cognito => "the user pool id, such as eu-west-1_AbCdEf",
        Preset::Clerk => {
            "the domain, such as clerk.example.com, or a proxy's app.example.com/__clerk"
        }
        Preset::Auth0 => "the domain, such as tenant.eu.auth0.com",
    };
    let fault = || ConfigFault::new(ISSUER, format!("must be {what} for this JWT_PRESET"));
    let value = bindings.get(ISSUER).ok_or_else(fault)?;
    let plain = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(fault())
        }
    };
    let domain = |host: &str| {
        let origin = Origin::parse(&format!("https://{host}")).map_err(|_| fault())?;
        Ok::<_, ConfigFault>(origin.as_str().to_owned())
    };
    Ok(match preset {
        Preset::Clerk => {
            // With a `proxyUrl`, that is the issuer, and the keys are behind the proxy, too.
            let (host, path) = value.split_at(value.find('/').unwrap_or(value.len()));
            let issuer = format!("{}{path}", domain(host)?);
            if path.ends_with('/') || path.contains("//") {
                return Err(fault());
            }
            plain(&path.replace('/', ""))?;
            Facts {
                organization: Some("o.id"),
                cookie: Some("__session"),
                ..Facts::of(issuer)
            }
        }
        Preset::Supabase => {
            plain(&value)?;
            let origin = format!("https://{}.supabase.co", value.to_ascii_lowercase());
            Facts {
                algorithms: "ES256,RS256",
                application: Some("authenticated".to_owned()),
                origin: Some(origin.clone()),
                ..Facts::of(format!("{origin}/auth/v1"))
            }
        }
        Preset::Auth0 => {
            let mut facts = Facts::of(domain(&value)?);
            // Auth0's issuers end in a slash.
            facts.issuers.iter_mut().for_each(|issuer| issuer.push('/'));
            facts.organization = Some("org_id");
            facts
        }
        Preset::Firebase => {
            plain(&value)?;
            Facts {
                keys_url: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com".to_owned(),
                organization: Some("firebase.tenant"),
                application: Some(value.clone()),
                ..Facts::of(format!("https://securetoken.google.com/{value}"))
            }
        }
        Preset::WorkOs => {
            plain(&value)?;
            Facts {
                // Its reference and its guide disagree about the slash.
                issuers: vec![
                    WORKOS.to_owned(),
                    format!("{WORKOS}/"),
                    format!("{WORKOS}/user_management/{value}"),
                ],
                organization: Some("org_id"),
                keys_url: format!("{WORKOS}/sso/jwks/{value}"),
                application: Some(value),
                origin: Some(WORKOS.to_owned()),
                ..Facts::of(String::new())
            }
        }
        Preset::Cognito => {
            plain(&value)?;
            let (region, _) = value.split_once('_').ok_or_else(fault)?;
            Facts::of(format!(
                "https://cognito-idp.{region}.amazonaws.com/{value}"
            ))
        }
    })
}

const WORKOS: &str = "https://api.workos.com";

impl Facts {
    /// Of an issuer as most are: with its keys in the usual place below it.
    fn of(issuer: String) -> Self {
        Self {
            keys_url: format!("{issuer}/.well-known/jwks.json"),
            issuers: vec![issuer],
            algorithms: "RS256",
            application: None,
            organization: None,
            cookie: None,
            origin: None,
        }
    }
}
