//! What works, but is hardly meant.

use crate::config::WIDGET_ORIGINS;
use crate::config::bindings::{Bindings, ConfigFault};
use crate::cors::AllowedOrigins;
use crate::upstream::endpoint::Provider;

pub(super) fn warnings(bindings: &Bindings<'_>, origins: &AllowedOrigins) -> Vec<ConfigFault> {
    let mut warnings: Vec<ConfigFault> = Provider::ALL
        .into_iter()
        .filter_map(|provider| secret_key(bindings, provider.key_binding()))
        .collect();
    if let AllowedOrigins::List(list) = origins
        && !list
            .iter()
            .any(|origin| WIDGET_ORIGINS.contains(&origin.as_str()))
    {
        warnings.push(ConfigFault::new(
            "ALLOWED_ORIGINS",
            "has neither hosted widget, which then cannot read the token: add \
             https://authkit.picaos.com or https://auth.withone.ai",
        ));
    }
    warnings
}

/// The prefix tells the environment of a key. Only the upstream can say whether another one is
/// wrong, so it is no fault.
fn secret_key(bindings: &Bindings<'_>, name: &'static str) -> Option<ConfigFault> {
    let key = bindings.get(name)?;
    let environment = bindings.get("ENVIRONMENT");
    let production = environment.is_none_or(|text| text == "production");
    let advice = match key.get(..8) {
        Some("sk_test_") if production => {
            "is a test key, in production: set the one that starts with sk_live_"
        }
        Some("sk_live_" | "sk_test_") => return None,
        _ => "starts with neither sk_live_ nor sk_test_: is it the whole of a secret key?",
    };
    Some(ConfigFault::new(name, advice))
}
