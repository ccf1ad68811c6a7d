//! The settings of the source `access`: Cloudflare Access in front of the Worker.

use crate::caller::{Access, ServiceTokens};
use crate::config::Environment;
use crate::config::bindings::{Bindings, ConfigFault, origin};
use crate::config::jwt::stale_for;
use crate::jwt::algorithm::{Algorithm, Hash};
use crate::jwt::claims::{Audience, ClaimPolicy};
use crate::jwt::issuer::{Issuer, Keys};
use crate::jwt::key_set::RemoteKeys;
use crate::jwt::persons::Product;
use crate::runtime::notes::Notes;

pub(super) fn access(
    bindings: &Bindings<'_>,
    environment: Environment,
    notes: &Notes,
) -> Result<Access, ConfigFault> {
    const TEAM: &str = "ACCESS_TEAM_DOMAIN";
    let team = bindings.require(
        TEAM,
        "must be your team's domain: my-team.cloudflareaccess.com",
    )?;
    let text = if team.contains("://") {
        team
    } else {
        format!("https://{team}")
    };
    let team = origin(TEAM, &text)?;
    if !team.is_secure() && environment != Environment::Development {
        return Err(ConfigFault::new(
            TEAM,
            "must be https:// outside development",
        ));
    }
    let audiences = bindings.list("ACCESS_AUD")?;
    if audiences.is_empty() {
        let advice = "must be the application audience (AUD) tag of your Access application";
        return Err(ConfigFault::new("ACCESS_AUD", advice));
    }
    let keys = RemoteKeys::new(
        format!("{}/cdn-cgi/access/certs", team.as_str()),
        stale_for(bindings)?,
        notes.clone(),
    );
    Ok(Access {
        issuer: Issuer {
            algorithms: vec![Algorithm::RsaPkcs1(Hash::Sha256)],
            keys: Keys::Remote(keys),
            claims: ClaimPolicy {
                product: Product::Access,
                ..ClaimPolicy::new(vec![team.as_str().to_owned()], Audience::Aud(audiences))
            },
        },
        service_tokens: bindings.choice(
            "ACCESS_SERVICE_TOKENS",
            "refuse",
            &[
                ("refuse", ServiceTokens::Refuse),
                ("allow", ServiceTokens::Allow),
            ],
        )?,
    })
}
