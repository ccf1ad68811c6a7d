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

/// What a preset makes of `JWT_ISSUER`.
pub(super) fn facts(preset: Preset, bindings: &Bindings<'_>) -> Result<Facts, ConfigFault> {
    let what = match preset {
        Preset::Supabase => "the project ref, such as abcdefghijklmnopqrst",
        Preset::Firebase => "the project id",
        Preset::WorkOs => "the client id, such as client_01ABC",
        Preset::Cognito => "the user pool id, such as eu-west-1_AbCdEf",
        Preset::Clerk | Preset::Auth0 => "the domain, such as clerk.example.com",
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
    let domain = || {
        let origin = Origin::parse(&format!("https://{value}")).map_err(|_| fault())?;
        Ok::<_, ConfigFault>(origin.as_str().to_owned())
    };
    Ok(match preset {
        Preset::Clerk => {
            let issuer = domain()?;
            Facts {
                keys_url: format!("{issuer}/.well-known/jwks.json"),
                issuers: vec![issuer],
                algorithms: "RS256",
                application: None,
                organization: Some("o.id"),
                cookie: Some("__session"),
            }
        }
        Preset::Supabase => {
            plain(&value)?;
            let issuer = format!("https://{}.supabase.co/auth/v1", value.to_ascii_lowercase());
            Facts {
                keys_url: format!("{issuer}/.well-known/jwks.json"),
                issuers: vec![issuer],
                algorithms: "ES256,RS256",
                application: Some("authenticated".to_owned()),
                organization: None,
                cookie: None,
            }
        }
        Preset::Auth0 => {
            let origin = domain()?;
            Facts {
                keys_url: format!("{origin}/.well-known/jwks.json"),
                // Auth0's issuers end in a slash.
                issuers: vec![format!("{origin}/")],
                algorithms: "RS256",
                application: None,
                organization: Some("org_id"),
                cookie: None,
            }
        }
        Preset::Firebase => {
            plain(&value)?;
            Facts {
                issuers: vec![format!("https://securetoken.google.com/{value}")],
                keys_url: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com".to_owned(),
                algorithms: "RS256",
                application: Some(value),
                organization: Some("firebase.tenant"),
                cookie: None,
            }
        }
        Preset::WorkOs => {
            plain(&value)?;
            Facts {
                keys_url: format!("https://api.workos.com/sso/jwks/{value}"),
                // Its reference and its guide disagree about the slash.
                issuers: vec![
                    "https://api.workos.com".to_owned(),
                    "https://api.workos.com/".to_owned(),
                    format!("https://api.workos.com/user_management/{value}"),
                ],
                algorithms: "RS256",
                application: Some(value),
                organization: Some("org_id"),
                cookie: None,
            }
        }
        Preset::Cognito => {
            plain(&value)?;
            let (region, _) = value.split_once('_').ok_or_else(fault)?;
            let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{value}");
            Facts {
                keys_url: format!("{issuer}/.well-known/jwks.json"),
                issuers: vec![issuer],
                algorithms: "RS256",
                application: None,
                organization: None,
                cookie: None,
            }
        }
    })
}
