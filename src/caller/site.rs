//! Whether a request comes from a page of our own origin.
//!
//! Cookies, and the assertion that Cloudflare Access makes of one, are sent by the browser whoever
//! caused the request, so another site's page could use them (CSRF).

use crate::caller::{CallerFault, Question};
use crate::runtime::Incoming;

/// Refuses what a browser sent for another origin's page.
///
/// `Sec-Fetch-Site` cannot be set by a page, and says `same-origin` also behind a proxy that
/// changes the host. Browsers that do not send it do send `Origin` with every `POST`. A request
/// with neither comes from no browser, and nobody else's credentials come with it.
pub(super) fn check_same_origin(question: &Question<'_, impl Incoming>) -> Result<(), CallerFault> {
    let header = |name| question.request.header(name);
    let own = header("sec-fetch-site").map_or_else(
        || header("origin").is_none_or(|origin| origin == question.target.origin),
        |site| site == "same-origin",
    );
    if own {
        Ok(())
    } else {
        Err(CallerFault::CrossSite)
    }
}
