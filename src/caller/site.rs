//! Whether a request comes from a page of our own origin, or of the application's.
//!
//! Cookies, and the assertion that Cloudflare Access makes of one, are sent by the browser whoever
//! caused the request, so another site's page could use them (CSRF).

use crate::caller::{CallerFault, Question};
use crate::http::origin::{self, PageOrigin};
use crate::runtime::Incoming;

/// Whose page a request is from that has an `Origin` other than ours, when its browser does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// Another site's.
    Foreign,
    /// Ours, if it was loaded over plain http from this machine or its network. There browsers do not
    /// send `Sec-Fetch-Site`, and the proxy of a development server makes two origins of one. For
    /// development only: whatever else is on that network could be meant as well.
    OursIfNearby,
}

/// Refuses what a browser sent for another origin's page.
///
/// `Sec-Fetch-Site` cannot be set by a page, and says `same-origin` also behind a proxy that
/// changes the host. Browsers that do not send it do send `Origin` with every `POST`. A request
/// with neither comes from no browser, and nobody else's credentials come with it; or it is a `GET`
/// of an old one, which lets no other origin's page read the answer.
pub(super) fn check_same_origin(question: &Question<'_, impl Incoming>) -> Result<(), CallerFault> {
    let header = |name| question.request.header(name);
    let is_ours = |origin: String| {
        let nearby = question.unsaid == Unsaid::OursIfNearby
            && origin.starts_with("http://")
            && origin::is_nearby(origin::host(&origin));
        nearby || origin == question.target.origin
    };
    let own = header("sec-fetch-site").map_or_else(
        || header("origin").is_none_or(is_ours),
        |site| site == "same-origin",
    );
    if own {
        Ok(())
    } else {
        Err(CallerFault::CrossSite)
    }
}

/// The same, but for pages of the application on other origins. No credential that a browser sends by
/// itself is taken from them: who looks at one asks [`check_same_origin`].
pub(super) fn check_application(
    question: &Question<'_, impl Incoming>,
    origins: &[PageOrigin],
) -> Result<(), CallerFault> {
    let origin = question.request.header("origin");
    let is_known = origin.is_some_and(|origin| origins.iter().any(|own| own.as_str() == origin));
    if is_known {
        Ok(())
    } else {
        check_same_origin(question)
    }
}
