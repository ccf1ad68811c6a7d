//! Whole requests, from [`handle`] to its answer, with an upstream that answers at once.

use std::rc::Rc;

use authkit_edge::config::Config;
use authkit_edge::handler::{Outcome, handle};
use authkit_edge::runtime::Method;
use futures_util::FutureExt;

use crate::parts::{
    AUDIENCE, ISSUER, KEY, KEYS_URL, ORIGIN, WIDGET, grant_keys, issue, key_set, page_bodies,
    session_token,
};
use crate::support::{FakeEdge, Plan, TestApp, TestRequest};
use crate::{Case, once};

/// A deployment for the widget: pages ask for a grant with their session, the widget carries it.
const VARIABLES: [(&str, &str); 8] = [
    ("IDENTITY_SOURCE", "grant,jwt"),
    ("PICA_SECRET_KEY", KEY),
    ("GRANT_KEY", KEY),
    ("JWT_ISSUER", ISSUER),
    ("JWT_AUDIENCE", AUDIENCE),
    ("JWT_ALGORITHMS", "ES256"),
    ("JWT_JWKS_URL", KEYS_URL),
    ("JWT_COOKIE", "session"),
];

/// One case for each kind of request.
pub(crate) fn cases() -> Vec<Case> {
    let no_pages = || Rc::default();
    let mut cases = vec![
        Case::new(
            "request_preflight",
            move || Isolate::new(no_pages(), 204, preflight()),
            Isolate::send,
        ),
        Case::new(
            "request_refused",
            move || Isolate::new(no_pages(), 401, stranger()),
            Isolate::send,
        ),
        Case::new(
            "request_for_a_grant",
            move || Isolate::new(no_pages(), 200, page()),
            Isolate::send,
        ),
    ];
    let tokens = [
        ("request_of_1_page", 1),
        ("request_of_3_pages", 3),
        ("request_of_10_pages", 10),
    ];
    cases.extend(tokens.map(|(name, count)| {
        let pages = once(move || page_bodies(count));
        let isolate = move || Isolate::new(pages(), 200, widget());
        Case::new(name, isolate, Isolate::send)
    }));
    let pages = once(|| page_bodies(3));
    let isolate = move || Isolate::new(pages(), 200, signed_in());
    cases.push(Case::new(
        "request_by_jwt_of_3_pages",
        isolate,
        Isolate::send,
    ));
    cases
}

/// A Worker in its second request: what it keeps, it has.
struct Isolate {
    config: Config,
    edge: FakeEdge,
    request: TestRequest,
}

impl Isolate {
    /// With an upstream of these pages and a request that is answered with that status.
    fn new(pages: Rc<Vec<Vec<u8>>>, status: u16, request: TestRequest) -> Self {
        let isolate = Self {
            config: Config::parse(|name| {
                let known = VARIABLES.iter().find(|(known, _)| *known == name);
                known.map(|(_, value)| (*value).to_owned())
            }),
            edge: upstream(pages),
            request,
        };
        let first = isolate.send();
        assert_eq!(first.response.status, status, "{:?}", first.record);
        isolate
    }

    fn send(&self) -> Outcome {
        let outcome = handle(&self.config, &self.request, &self.edge).now_or_never();
        outcome.expect("the upstream answers at once")
    }
}

fn upstream(pages: Rc<Vec<Vec<u8>>>) -> FakeEdge {
    let app = TestApp::new().upstream(move |call| {
        if call.is_flags() {
            return Plan::json(r#"{"authkitWhitelist":true}"#);
        }
        if call.url == KEYS_URL {
            return Plan::json(key_set());
        }
        let page = usize::try_from(call.page()).expect("it is small");
        Plan::json(pages[page - 1].as_slice())
    });
    app.edge
}

fn preflight() -> TestRequest {
    TestRequest::anonymous()
        .method(Method::Options)
        .header("origin", WIDGET)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type, x-authkit-grant",
        )
}

fn stranger() -> TestRequest {
    TestRequest::anonymous().header("origin", WIDGET).json("{}")
}

/// The application's own page, on its way to a grant.
fn page() -> TestRequest {
    TestRequest::anonymous()
        .at("/api/authkit/grant")
        .header(
            "cookie",
            &format!("theme=dark; session={}", session_token("ES256")),
        )
        .header("sec-fetch-site", "same-origin")
        .header("origin", ORIGIN)
        .json("{}")
}

/// The application's own code, with its session.
fn signed_in() -> TestRequest {
    TestRequest::anonymous()
        .header("origin", WIDGET)
        .header("sec-fetch-site", "cross-site")
        .header(
            "authorization",
            &format!("Bearer {}", session_token("ES256")),
        )
        .json("{}")
}

/// The widget, with its grant.
fn widget() -> TestRequest {
    TestRequest::anonymous()
        .header("origin", WIDGET)
        .header("sec-fetch-site", "cross-site")
        .header("x-authkit-grant", &issue(&grant_keys()))
        .json("{}")
}
