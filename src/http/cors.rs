//! Which browsers' pages may call, and the headers that tell them.
//!
//! `worker::Cors` is not used: 0.8.7 joins several origins with commas, which no browser accepts,
//! never looks at the request's `Origin` and never sets `Vary`.

use crate::http::origin::PageOrigin;
use crate::http::response::Headers;
use crate::http::routes::Methods;
use crate::limits::{MAX_ASKED_HEADERS, MAX_ASKED_HEADERS_BYTES, PREFLIGHT_MAX_AGE_SECONDS};
use crate::runtime::Message;

/// Response headers that a page may read beside the safelisted ones.
const EXPOSED: &str = "x-request-id, retry-after, www-authenticate";

/// Request headers that every preflight's answer names, beside those that name identities. Pages of
/// allowed origins may send others as well, which they ask for.
const ALWAYS_ALLOWED: &str = "content-type, authorization, x-request-id, traceparent, tracestate";

/// What a preflight asks for. Its answer depends on both.
const ASKED_HEADERS: &str = "access-control-request-headers";
const ASKED_METHOD: &str = "access-control-request-method";
const VARY_OF_ANY: &str = "Access-Control-Request-Headers, Access-Control-Request-Method";
const VARY_OF_LIST: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// The origins whose pages may read answers, and the headers that every preflight's answer names.
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
    List(Vec<PageOrigin>),
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
    /// A policy for `origins`. Every preflight's answer names `content-type`, `authorization`, what
    /// names a request or a trace, and `identity_headers`: one by one, since a `*` would not cover
    /// `authorization`.
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

    /// The same policy for other origins.
    #[must_use]
    pub fn for_origins(&self, origins: AllowedOrigins) -> Self {
        Self {
            origins,
            request_headers: self.request_headers.clone(),
        }
    }

    /// Adds what every answer must say, the errors too, and tells what was decided.
    ///
    /// Answers that depend on the request's `Origin` say so in `Vary`, also when there is none or
    /// it is refused, so that a cache never hands one origin's answer to another.
    pub fn apply(&self, origin: Option<&str>, headers: &mut Headers) -> Verdict {
        let allowed = self.allows(origin);
        if matches!(self.origins, AllowedOrigins::List(_)) && headers.get("vary").is_none() {
            headers.set("vary", "Origin");
        }
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

    /// What `Access-Control-Allow-Origin` says to a page of that origin; `None` for nothing. The text is
    /// the policy's own, never the request's.
    fn allows(&self, origin: Option<&str>) -> Option<&str> {
        match &self.origins {
            AllowedOrigins::Any => Some("*"),
            AllowedOrigins::List(list) => list
                .iter()
                .map(PageOrigin::as_str)
                .find(|allowed| origin == Some(*allowed)),
        }
    }

    /// Adds what the answer to a preflight says beyond that: `methods` and the headers that are always
    /// allowed, and for a page that may read answers whatever else `request` asks for.
    ///
    /// A list of allowed headers would protect nothing: no cookie ever crosses origins here, and who is
    /// no browser sends what it likes. It would only break pages whose libraries add headers to every
    /// request (tracing, monitoring, tunnels). Likewise a method that no route has: the page then gets
    /// to read the 405 or 404.
    pub fn apply_preflight(&self, methods: Methods, request: &impl Message, headers: &mut Headers) {
        let mut names = self.request_headers.clone();
        let mut methods = methods.as_str().to_owned();
        if self.allows(request.header("origin").as_deref()).is_some() {
            let asked = request.header(ASKED_HEADERS);
            add(&mut names, &asked.unwrap_or_default().to_ascii_lowercase());
            // A browser asks for one.
            let asked = request.header(ASKED_METHOD).unwrap_or_default();
            if !asked.contains(',') {
                add(&mut methods, &asked);
            }
        }
        headers.set(
            "vary",
            match &self.origins {
                AllowedOrigins::Any => VARY_OF_ANY,
                AllowedOrigins::List(_) => VARY_OF_LIST,
            },
        );
        headers.set("access-control-allow-methods", methods);
        headers.set("access-control-allow-headers", names);
        headers.set("access-control-max-age", PREFLIGHT_MAX_AGE_SECONDS);
    }
}

/// Adds to a list what is asked for and not in it. Of what a browser does not ask in this form nothing
/// is believed, not even `*`, which would allow what was not asked for.
fn add(list: &mut String, asked: &str) {
    let names = || asked.split(',').map(str::trim);
    // RFC 9110 §5.6.2.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = |name: &str| !name.is_empty() && name != "*" && name.bytes().all(plain);
    if asked.len() > MAX_ASKED_HEADERS_BYTES
        || names().count() > MAX_ASKED_HEADERS
        || !names().all(is_name)
    {
        return;
    }
    for name in names() {
        if !list.split(", ").any(|known| known == name) {
            list.push_str(", ");
            list.push_str(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::{AllowedOrigins, CorsPolicy, Verdict};
    use crate::http::origin::PageOrigin;
    use crate::http::response::Headers;
    use crate::http::routes::Methods;
    use crate::limits::{MAX_ASKED_HEADERS, MAX_ASKED_HEADERS_BYTES};
    use crate::runtime::in_flight::Allowance;
    use crate::runtime::{Message, ReadError};

    /// A preflight, by its headers.
    struct Preflight<'a>(&'a [(&'a str, &'a str)]);

    impl Message for Preflight<'_> {
        fn header(&self, name: &str) -> Option<String> {
            let found = self.0.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }

        async fn read_body(&self, _: &Allowance<'_>) -> Result<Vec<u8>, ReadError> {
            Ok(Vec::new())
        }
    }

    fn preflight(policy: &CorsPolicy, headers: &[(&str, &str)]) -> Headers {
        let mut found = Headers::default();
        policy.apply_preflight(Methods::Post, &Preflight(headers), &mut found);
        found
    }

    const ORIGIN: (&str, &str) = ("origin", "https://a.example");
    const NAMED: &str =
        "content-type, authorization, x-request-id, traceparent, tracestate, x-user-id";

    /// What may be sent by a page of an allowed origin that asks for `headers`.
    fn allowed(headers: &str) -> String {
        let asked = ("access-control-request-headers", headers);
        let found = preflight(&policy(&["https://a.example"]), &[ORIGIN, asked]);
        found
            .get("access-control-allow-headers")
            .unwrap()
            .to_owned()
    }

    fn policy(origins: &[&str]) -> CorsPolicy {
        let list = origins
            .iter()
            .map(|text| PageOrigin::parse(text).unwrap())
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
        let headers = preflight(&policy, &[]);
        let wanted = "content-type, authorization, x-request-id, traceparent, tracestate, \
                      x-user-id, x-tenant";
        assert_eq!(headers.get("access-control-allow-headers"), Some(wanted));
        assert_eq!(headers.get("access-control-max-age"), Some("7200"));
    }

    /// The kind: a header that something between the page and the wire adds to every request of the
    /// page: a library for tracing, monitoring or calls, or the tool of a tunnel.
    #[test]
    fn allows_what_is_asked_for_once_each() {
        for (asked, added) in [
            ("content-type", ""),
            ("content-type,x-user-id", ""),
            (
                "baggage,content-type,sentry-trace",
                ", baggage, sentry-trace",
            ),
            ("X-Requested-With", ", x-requested-with"),
            (
                "x-datadog-origin,x-datadog-parent-id",
                ", x-datadog-origin, x-datadog-parent-id",
            ),
            ("ngrok-skip-browser-warning", ", ngrok-skip-browser-warning"),
            (
                "b3, uber-trace-id , newrelic",
                ", b3, uber-trace-id, newrelic",
            ),
            ("x-a,x-a,X-A", ", x-a"),
            ("!#$%&'*+-.^_`|~09", ", !#$%&'*+-.^_`|~09"),
        ] {
            assert_eq!(allowed(asked), format!("{NAMED}{added}"), "{asked}");
        }
    }

    #[test]
    fn believes_nothing_of_what_is_no_list_of_names() {
        let many = vec!["a"; MAX_ASKED_HEADERS + 1].join(",");
        let long = "a".repeat(MAX_ASKED_HEADERS_BYTES + 1);
        for asked in [
            "",
            ",",
            "x-a,",
            "x-a,,x-b",
            "*",
            "x-a,*",
            "x a",
            "x-a;q=1",
            "x-a:",
            "x-ä",
            "x-a\r\nb: c",
            "x-a\0",
            "\"x-a\"",
            "(x)",
            &many,
            &long,
        ] {
            assert_eq!(allowed(asked), NAMED, "{asked:?}");
        }
        let many = vec!["a"; MAX_ASKED_HEADERS].join(",");
        let long = "a".repeat(MAX_ASKED_HEADERS_BYTES);
        for asked in [many, long] {
            assert_ne!(allowed(&asked), NAMED);
        }
    }

    #[test]
    fn allows_the_method_that_is_asked_for_so_that_its_405_can_be_read() {
        for (asked, methods) in [
            ("POST", "POST, OPTIONS"),
            ("PUT", "POST, OPTIONS, PUT"),
            ("PROPFIND", "POST, OPTIONS, PROPFIND"),
            ("post", "POST, OPTIONS, post"),
            ("", "POST, OPTIONS"),
            ("P T", "POST, OPTIONS"),
            ("PUT, DELETE", "POST, OPTIONS"),
            ("*", "POST, OPTIONS"),
            (&"A".repeat(MAX_ASKED_HEADERS_BYTES + 1), "POST, OPTIONS"),
        ] {
            let asked = ("access-control-request-method", asked);
            let headers = preflight(&policy(&["https://a.example"]), &[ORIGIN, asked]);
            assert_eq!(headers.get("access-control-allow-methods"), Some(methods));
        }
    }

    #[test]
    fn gives_back_nothing_of_what_other_origins_ask_for() {
        let asked = [
            ("access-control-request-headers", "sentry-trace"),
            ("access-control-request-method", "PUT"),
        ];
        let policy = policy(&["https://a.example"]);
        for origin in HOSTILE {
            let headers = preflight(&policy, &[("origin", origin), asked[0], asked[1]]);
            assert_eq!(headers.get("access-control-allow-headers"), Some(NAMED));
            assert_eq!(
                headers.get("access-control-allow-methods"),
                Some("POST, OPTIONS")
            );
        }
        let headers = preflight(&policy, &asked);
        assert_eq!(headers.get("access-control-allow-headers"), Some(NAMED));
    }

    #[test]
    fn says_what_a_preflight_depends_on() {
        let asked = "Access-Control-Request-Headers, Access-Control-Request-Method";
        for (policy, wanted) in [
            (policy(&["https://a.example"]), format!("Origin, {asked}")),
            (CorsPolicy::new(AllowedOrigins::Any, []), asked.to_owned()),
        ] {
            for request in [&[] as &[(&str, &str)], &[ORIGIN]] {
                let mut headers = preflight(&policy, request);
                policy.apply(None, &mut headers);
                assert_eq!(headers.get("vary"), Some(&*wanted));
                assert_eq!(headers.get("access-control-allow-credentials"), None);
            }
        }
    }

    proptest! {
        #[test]
        fn allows_any_names_that_are_asked_for(names in vec("[a-z][a-z0-9-]{0,20}", 1..40)) {
            let found = allowed(&names.join(","));
            let found: Vec<&str> = found.split(", ").collect();
            assert!(names.iter().all(|name| found.contains(&&**name)));
        }

        #[test]
        fn allows_nothing_but_names(asked in any::<String>()) {
            assert!(allowed(&asked).bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        }

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
