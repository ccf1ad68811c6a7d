//! Settings that work but are probably a mistake.

use crate::config::WIDGET_ORIGINS;
use crate::config::bindings::{Bindings, ConfigFault};
use crate::http::cors::AllowedOrigins;
use crate::upstream::endpoint::Provider;

pub(super) fn warnings(bindings: &Bindings<'_>, origins: &AllowedOrigins) -> Vec<ConfigFault> {
    let keys = Provider::ALL.map(|provider| [provider.key_binding(), provider.next_key_binding()]);
    let mut warnings: Vec<ConfigFault> = keys
        .into_iter()
        .flatten()
        .filter_map(|name| secret_key(bindings, name))
        .collect();
    if let AllowedOrigins::List(list) = origins
        && !list
            .iter()
            .any(|origin| WIDGET_ORIGINS.contains(&origin.as_str()))
    {
        warnings.push(ConfigFault::new(
            "ALLOWED_ORIGINS",
            "contains neither hosted widget, so the widget cannot read the token: add \
             https://authkit.picaos.com or https://auth.withone.ai",
        ));
    }
    warnings
}

/// The prefix tells the environment of a key. Only the upstream can say whether another one is
/// wrong, so it is no fault. A test key in production is what most plans have.
fn secret_key(bindings: &Bindings<'_>, name: &'static str) -> Option<ConfigFault> {
    let key = bindings.get(name)?;
    let environment = bindings.get("ENVIRONMENT");
    let environment = environment.as_deref().unwrap_or("production");
    let advice = match (key.get(..8), environment) {
        (Some("sk_live_"), "development") => {
            "is a live key, but this is development, where anybody can get a token for any \
             identity: set the key that starts with sk_test_"
        }
        (Some("sk_live_" | "sk_test_"), _) => return None,
        _ => "starts with neither sk_live_ nor sk_test_: copy the whole secret key",
    };
    Some(ConfigFault::new(name, advice))
}
