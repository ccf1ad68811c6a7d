//! Which browsers' pages may call, and the headers that tell them.
//!
//! `worker::Cors` is not used: 0.8.7 joins several origins with commas, which no browser accepts,
//! never looks at the request's `Origin` and never sets `Vary`.

use crate::http::origin::Origin;
use crate::http::response::Headers;
use crate::http::routes::Methods;
use crate::limits::PREFLIGHT_MAX_AGE_SECONDS;

/// Response headers that a page may read beside the safelisted ones.
const EXPOSED: &str = "x-request-id, retry-after, www-authenticate";

/// Request headers that a page may send beside those that name identities. Libraries that trace a
/// page's requests add the last two to all of them, and a request fails when a preflight's answer
/// leaves one of its headers out.
const ALWAYS_ALLOWED: &str = "content-type, authorization, x-request-id, traceparent, tracestate";

/// The origins whose pages may read answers, and the headers that they may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsPolicy {
    origins: AllowedOrigins,
    request_headers: String,
}

/// `ALLOWED_ORIGINS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// `*`: every page. No credentials ever go with it.
    Any,
    /// These, compared byte for byte.
    List(Vec<Origin>),
}

/// What the policy made of a request's `Origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The request has none: it comes from a server, or from a page in a way that needs no CORS.
    Absent,
    /// Pages of that origin may read the answer.
    Allowed,
    /// They may not.
    Refused,
}

impl CorsPolicy {
    /// A policy for `origins` whose pages may send `content-type`, `authorization`, what names a
    /// request or a trace, and `identity_headers`. They are named one by one, since a `*` would not
    /// cover `authorization`.
    #[must_use]
    pub fn new<'a>(
        origins: AllowedOrigins,
        identity_headers: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut request_headers = String::from(ALWAYS_ALLOWED);
        for name in identity_headers {
            request_headers.push_str(", ");
            request_headers.push_str(name);
        }
        Self {
            origins,
            request_headers,
        }
    }

    /// Adds what every answer must say, the errors too, and tells what was decided.
    ///
    /// Answers that depend on the request's `Origin` say so in `Vary`, also when there is none or
    /// it is refused, so that a cache never hands one origin's answer to another.
    pub fn apply(&self, origin: Option<&str>, headers: &mut Headers) -> Verdict {
        let allowed = match &self.origins {
            AllowedOrigins::Any => Some("*"),
            AllowedOrigins::List(list) => {
                headers.set("vary", "Origin");
                // The text that is sent back is the policy's own, never the request's.
                list.iter()
                    .map(Origin::as_str)
                    .find(|allowed| origin == Some(*allowed))
            }
        };
        if let Some(allowed) = allowed {
            headers.set("access-control-allow-origin", allowed.to_owned());
            headers.set("access-control-expose-headers", EXPOSED);
        }
        match (origin, allowed) {
            (None, _) => Verdict::Absent,
            (Some(_), Some(_)) => Verdict::Allowed,
            (Some(_), None) => Verdict::Refused,
        }
    }

    /// Adds what the answer to a route's preflight says beyond that. Without an allowed origin a
    /// browser reads none of it.
    pub fn apply_preflight(&self, methods: Methods, headers: &mut Headers) {
        headers.set("access-control-allow-methods", methods.as_str());
        headers.set("access-control-allow-headers", self.request_headers.clone());
        headers.set("access-control-max-age", PREFLIGHT_MAX_AGE_SECONDS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{AllowedOrigins, CorsPolicy, Verdict};
    use crate::http::origin::Origin;
    use crate::http::response::Headers;
    use crate::http::routes::Methods;

    fn policy(origins: &[&str]) -> CorsPolicy {
        let list = origins
            .iter()
            .map(|text| Origin::parse(text).unwrap())
            .collect();
        CorsPolicy::new(AllowedOrigins::List(list), ["x-user-id"])
    }

    fn apply(policy: &CorsPolicy, origin: Option<&str>) -> (Verdict, Headers) {
        let mut headers = Headers::default();
        let verdict = policy.apply(origin, &mut headers);
        (verdict, headers)
    }

    #[test]
    fn echoes_the_one_origin_that_matches() {
        let policy = policy(&["https://a.example", "https://b.example:8443"]);
        for origin in ["https://a.example", "https://b.example:8443"] {
            let (verdict, headers) = apply(&policy, Some(origin));
            assert_eq!(verdict, Verdict::Allowed);
            assert_eq!(headers.get("access-control-allow-origin"), Some(origin));
            assert_eq!(headers.get("vary"), Some("Origin"));
        }
    }

    #[test]
    fn gives_a_hostile_origin_nothing_but_vary() {
        let policy = policy(&["https://example.com", "https://foo.com", "https://bar.com"]);
        for origin in HOSTILE {
            let (verdict, headers) = apply(&policy, Some(origin));
            assert_eq!(verdict, Verdict::Refused, "{origin:?}");
            assert_eq!(
                headers.iter().collect::<Vec<_>>(),
                [("vary", "Origin")],
                "{origin:?}"
            );
        }
    }

    /// The ways in which other CORS code was fooled.
    const HOSTILE: [&str; 21] = [
        "",
        "null",
        "*",
        "https://evilexample.com",
        "https://example.com.evil.io",
        "https://example.comevil.io",
        "https://exampleXcom",
        "https://sub.example.com",
        "https://barfoo.com",
        "http://example.com",
        "https://example.com:444",
        "https://example.com:443",
        "https://EXAMPLE.com",
        "HTTPS://example.com",
        "https://example.com/",
        "https://example.com.",
        "https://user@example.com",
        "https://example.com@evil.io",
        "https://example.com, https://foo.com",
        "https://example.com https://foo.com",
        "https://example.com\0",
    ];

    #[test]
    fn says_vary_without_an_origin_too() {
        let (verdict, headers) = apply(&policy(&["https://a.example"]), None);
        assert_eq!(verdict, Verdict::Absent);
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("vary", "Origin")]);
    }

    #[test]
    fn lets_everyone_in_when_told_to_and_needs_no_vary_then() {
        let policy = CorsPolicy::new(AllowedOrigins::Any, []);
        for origin in [None, Some("https://anyone.example"), Some("null")] {
            let (_, headers) = apply(&policy, origin);
            assert_eq!(headers.get("access-control-allow-origin"), Some("*"));
            assert_eq!(headers.get("vary"), None);
            assert_eq!(headers.get("access-control-allow-credentials"), None);
        }
    }

    #[test]
    fn names_every_request_header_in_a_preflight() {
        let policy = CorsPolicy::new(AllowedOrigins::Any, ["x-user-id", "x-tenant"]);
        let mut headers = Headers::default();
        policy.apply_preflight(Methods::Post, &mut headers);
        let wanted = "content-type, authorization, x-request-id, traceparent, tracestate, \
                      x-user-id, x-tenant";
        assert_eq!(headers.get("access-control-allow-headers"), Some(wanted));
        assert_eq!(headers.get("access-control-max-age"), Some("7200"));
    }

    proptest! {
        #[test]
        fn allows_exactly_the_bytes_of_the_list(origin in any::<String>()) {
            let policy = policy(&["https://a.example"]);
            let (verdict, headers) = apply(&policy, Some(&origin));
            let same = origin == "https://a.example";
            assert_eq!(verdict == Verdict::Allowed, same);
            assert_eq!(headers.get("access-control-allow-origin").is_some(), same);
        }
    }
}
