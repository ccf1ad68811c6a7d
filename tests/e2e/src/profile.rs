//! The deployments that tests share. A Worker takes seconds to start, so there is one for each
//! set of variables, and a test leases it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use authkit_sandbox::{AUDIENCE, DETAIL_MARKER, Issuer, Options, Route, Sandbox};
use serde_json::{Value, json};

use crate::PATIENCE;
use crate::answer::Answer;
use crate::client::Request;
use crate::log::Log;
use crate::worker::{Bindings, Worker};

/// The application's key in every deployment. It opens nothing but a sandbox.
pub const KEY: &str = "sk_test_published_on_purpose";

/// The same behind a byte order mark.
const KEY_WITH_MARK: &str = "\u{feff}sk_test_published_on_purpose";

/// A key that no sandbox takes.
pub const WITHDRAWN_KEY: &str = "sk_test_withdrawn_on_purpose";

/// The key of trusted callers where one is set. It opens nothing either.
pub const CALLER_KEY: &str = "caller_key_published_on_purpose_too";

/// The key of grants in [`Profile::Verified`] and [`Profile::Guarded`].
pub const GRANT_KEY: &str = "grant_key_published_on_purpose_three";

/// `APP_ORIGINS` in every deployment that has connections.
pub const APP_ORIGIN: &str = "https://app.example";

/// `UPSTREAM_DEADLINE_MS` of [`Profile::Hurried`] and [`Profile::HurriedOne`].
pub const SHORT_DEADLINE_MS: u64 = 800;

/// What the rate limiters of [`Profile::Limited`] let through.
pub const LIMIT: u32 = 3;

/// A set of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Pica in development, identities from header or body.
    Pica,
    /// One in development, identities from header or body.
    One,
    /// Like [`Profile::Pica`], with [`SHORT_DEADLINE_MS`].
    Hurried,
    /// Like [`Profile::One`], with [`SHORT_DEADLINE_MS`].
    HurriedOne,
    /// Every origin, and identities of any characters. A dataset for data points is bound.
    Open,
    /// In production, for callers with [`CALLER_KEY`], and the grants that they get.
    Guarded,
    /// For signed-in users: grants, tokens of an [`Issuer`] and its Cloudflare Access.
    Verified,
    /// Like [`Profile::Pica`], for some integrations only.
    Curated,
    /// Like [`Profile::Pica`], with a withdrawn key and its successor in a Secrets Store.
    Stored,
    /// Like [`Profile::Verified`], with rate limiters of [`LIMIT`] requests.
    Limited,
    /// For callers with [`CALLER_KEY`], with about all wrong that people get wrong.
    Ailing,
    /// As deployed before anything is configured.
    Bare,
}

const COUNT: usize = 12;

/// One deployment and its upstream.
#[derive(Debug)]
pub struct Edge {
    /// The upstream, and who signs tokens for [`Profile::Verified`].
    pub sandbox: Sandbox,
    profile: Profile,
    worker: Worker,
}

impl Profile {
    /// Waits until no other test has the deployment, and starts it if nobody had it yet. Then all
    /// is as if nothing had happened before.
    pub fn lease(self) -> MutexGuard<'static, Edge> {
        static EDGES: [OnceLock<Result<Mutex<Edge>, String>>; COUNT] =
            [const { OnceLock::new() }; COUNT];
        let started = EDGES[self as usize].get_or_init(|| self.start().map(Mutex::new));
        let edge = started.as_ref().unwrap_or_else(|error| panic!("{error}"));
        let mut edge = edge.lock().unwrap_or_else(PoisonError::into_inner);
        edge.start_over();
        edge.worker.log.clear();
        edge
    }

    fn start(self) -> Result<Edge, String> {
        let sandbox = sandbox();
        let bindings = self.bindings(sandbox.issuer());
        Ok(Edge {
            sandbox,
            profile: self,
            worker: self.start_worker(bindings)?,
        })
    }

    fn start_worker(self, bindings: Bindings) -> Result<Worker, String> {
        Worker::start(&format!("{self:?}").to_lowercase(), bindings)
    }

    /// The variables and secrets, with the sandbox of this issuer as the upstream.
    pub fn bindings(self, issuer: &Issuer) -> Bindings {
        if self == Self::Bare {
            return Bindings::default();
        }
        let mut variables = BTreeMap::from([
            ("AUTHKIT_BASE_URL", json!(issuer.url())),
            ("ENVIRONMENT", json!("development")),
            ("IDENTITY_SOURCE", json!("header,body")),
            // Each test counts the calls for flags, whichever was there before it.
            ("FLAGS_CACHE_SECONDS", json!(0)),
            ("CONNECTIONS", json!("manage")),
            ("APP_ORIGINS", json!(APP_ORIGIN)),
        ]);
        let mut secrets = BTreeMap::from([("PICA_SECRET_KEY", KEY)]);
        let mut stored = BTreeMap::new();
        let mut sections = BTreeMap::new();
        match self {
            Self::Pica | Self::Hurried | Self::Bare => {}
            Self::One | Self::HurriedOne => {
                variables.insert("AUTHKIT_PROVIDER", json!("one"));
                secrets = BTreeMap::from([("ONE_SECRET_KEY", KEY)]);
            }
            Self::Curated => {
                // An array, as people write a list in a configuration file.
                let allowed = json!(["gmail", " DocuSign", "team:*"]);
                variables.insert("ALLOWED_INTEGRATIONS", allowed);
                variables.insert("BLOCKED_INTEGRATIONS", json!("team:Slack"));
            }
            Self::Stored => {
                secrets.clear();
                stored.insert("PICA_SECRET_KEY", Some(WITHDRAWN_KEY));
                stored.insert("PICA_SECRET_KEY_NEXT", Some(KEY));
            }
            Self::Open => {
                variables.insert("ALLOWED_ORIGINS", json!("*"));
                variables.insert("IDENTITY_CHARS", json!("any"));
                let dataset = json!([{"binding": "AUTHKIT_ANALYTICS"}]);
                sections.insert("analytics_engine_datasets", dataset);
            }
            Self::Verified | Self::Limited => {
                if self == Self::Limited {
                    sections.insert("ratelimits", limiters());
                }
                variables.extend([
                    ("IDENTITY_SOURCE", json!("grant,jwt,access")),
                    ("JWT_ISSUER", json!(issuer.url())),
                    ("JWT_AUDIENCE", json!(AUDIENCE)),
                    (
                        "JWT_ALGORITHMS",
                        json!(["RS256", "PS256", "ES256", "EdDSA"]),
                    ),
                    ("JWT_JWKS_URL", json!(issuer.keys_url())),
                    ("JWT_COOKIE", json!(["session", "sb-ref-auth-token"])),
                    ("JWT_COOKIE_FORMAT", json!("supabase")),
                    ("JWT_ORGANIZATION_CLAIM", json!("org.id")),
                    ("ACCESS_TEAM_DOMAIN", json!(issuer.url())),
                    ("ACCESS_AUD", json!(AUDIENCE)),
                ]);
                secrets.insert("GRANT_KEY", GRANT_KEY);
                secrets.insert("TRUSTED_CALLER_KEY", CALLER_KEY);
            }
            Self::Ailing => {
                variables.extend([
                    ("IDENTITY_SOURCE", json!("grant,jwt")),
                    ("JWT_ISSUER", json!(issuer.url())),
                    ("JWT_ALGORITHMS", json!("HS256")),
                    ("ALLOWED_ORIGINS", json!("https://app.example.com/")),
                    ("ROUTE_ALIASES", json!("/api/authkit/")),
                ]);
                secrets = BTreeMap::from([
                    ("TRUSTED_CALLER_KEY", CALLER_KEY),
                    ("JWT_SECRET", "secret"),
                    ("GRANT_KEY", "weak"),
                    ("ONE_SECRET_KEY", "live_of_another_product"),
                ]);
            }
            Self::Guarded => {
                variables.remove("ENVIRONMENT");
                // As PowerShell pipes it into `wrangler secret put`.
                secrets.insert("PICA_SECRET_KEY", KEY_WITH_MARK);
                secrets.insert("TRUSTED_CALLER_KEY", CALLER_KEY);
                secrets.insert("GRANT_KEY", GRANT_KEY);
                variables.insert("IDENTITY_SOURCE", json!("grant,header,body"));
            }
        }
        if matches!(self, Self::Hurried | Self::HurriedOne) {
            // A number, as people write it in a configuration file.
            variables.insert("UPSTREAM_DEADLINE_MS", json!(SHORT_DEADLINE_MS));
        }
        Bindings {
            variables,
            secrets,
            stored,
            sections,
            ..Bindings::default()
        }
    }
}

impl Edge {
    /// Where the Worker listens.
    pub fn addr(&self) -> std::net::SocketAddr {
        self.worker.addr
    }

    /// Sends a request. No answer to any test has a key in it, or text of an upstream's error.
    #[track_caller]
    pub fn send(&self, request: &Request) -> Answer {
        let answer = request.send(self.addr());
        for secret in [KEY, WITHDRAWN_KEY, CALLER_KEY, GRANT_KEY, DETAIL_MARKER] {
            assert!(!contains(&answer.raw, secret), "{secret} in {answer}");
        }
        answer
    }

    /// What the Worker and wrangler printed since the lease began.
    pub fn log(&self) -> &Log {
        &self.worker.log
    }

    /// Waits for the log line of an answer.
    #[track_caller]
    pub fn line_of(&self, answer: &Answer) -> Value {
        let id = answer.header("x-request-id").expect("every answer has one");
        let found = self
            .log()
            .wait_for(|line| record(line).filter(|record| record["request_id"] == id));
        found.unwrap_or_else(|| panic!("no log line for {id} in {:#?}", self.log().lines()))
    }

    /// Every log line of a request since the lease began, those of all answers so far included.
    pub fn lines(&self) -> Vec<Value> {
        // Lines come in order, so with the line of one more request all before it are there.
        let last = self.line_of(&self.send(&Request::anonymous().at("/the-last-line")));
        let lines = self.log().lines();
        let records = lines.iter().filter_map(|line| record(line));
        records.take_while(|record| *record != last).collect()
    }

    /// Asserts that no upstream call is open, or soon none.
    #[track_caller]
    pub fn assert_upstream_idle(&self) {
        let idle = self
            .sandbox
            .wait_until(|seen| seen.in_flight == 0, PATIENCE);
        assert!(
            idle,
            "upstream calls stay open: {:#?}",
            self.sandbox.requests()
        );
    }

    /// Makes all as if nothing had happened before: settings, what is remembered of requests, and
    /// what the Worker remembers of its upstream.
    ///
    /// Calls that the Worker has begun and dropped may still be on their way when it has answered,
    /// and must not be taken for those of the next request. So more requests are sent first: what
    /// is sent last comes last. The first of them leaves the Worker with the memory of a list of one
    /// page, which is what a new isolate expects; the second drops no call.
    pub fn start_over(&mut self) {
        self.assert_upstream_idle();
        if matches!(self.profile, Profile::Bare | Profile::Ailing) {
            // They never call their upstream.
            return self.sandbox.reset();
        }
        let mut answer = self.send_last();
        if answer.status == 429 {
            // It was told to leave its upstream alone. A new isolate was not.
            let bindings = self.profile.bindings(self.sandbox.issuer());
            self.worker = self.profile.start_worker(bindings).expect("it did before");
            answer = self.send_last();
        }
        answer.assert_token();
        let answer = self.send_last();
        answer.assert_token();
        self.line_of(&answer);
        self.assert_upstream_idle();
        self.sandbox.reset();
    }

    fn send_last(&self) -> Answer {
        self.sandbox.reset();
        self.sandbox.update(|settings| settings.catalogue = 1);
        self.send(&match self.profile {
            Profile::Guarded => Request::post().header("x-authkit-key", CALLER_KEY),
            Profile::Verified | Profile::Limited => {
                // Somebody new each time, whom no limiter has seen.
                let user = format!("nobody-{}", next());
                let token = self.sandbox.issuer().token("ES256", &user, &json!({}));
                Request::anonymous()
                    .header("cf-connecting-ip", new_address())
                    .header("authorization", format!("Bearer {token}"))
            }
            Profile::Pica
            | Profile::One
            | Profile::Hurried
            | Profile::Curated
            | Profile::Stored
            | Profile::Open
            | Profile::Ailing
            | Profile::HurriedOne
            | Profile::Bare => Request::post(),
        })
    }

    /// Asserts that nobody followed a redirect and that nothing was asked of the upstream beyond
    /// its two routes for tokens. Loads of an issuer's keys are not the upstream's.
    #[track_caller]
    pub fn assert_upstream_calls(&self, token: usize, flags: usize) {
        let mut all = self.sandbox.requests();
        all.retain(|call| call.route != Route::Keys);
        let found = (
            self.sandbox.token_requests().len(),
            self.sandbox.flags_requests().len(),
            all.len(),
        );
        assert_eq!(found, (token, flags, token + flags), "token, flags, all");
    }
}

/// The rate limiters, each with a number of its own.
fn limiters() -> Value {
    let limiter = |name, id| {
        let simple = json!({"limit": LIMIT, "period": 60});
        json!({"name": name, "namespace_id": id, "simple": simple})
    };
    json!([
        limiter("CLIENT_LIMITER", "1"),
        limiter("IDENTITY_LIMITER", "2")
    ])
}

/// An address that no request came from before. Cloudflare sets the header that it goes into;
/// wrangler sets it only when a request has none.
pub fn new_address() -> String {
    let [_, high, middle, low] = next().to_be_bytes();
    format!("10.{high}.{middle}.{low}")
}

fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Whether `text` is somewhere in `bytes`.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// A printed line as the record of a request, if it is one.
pub fn record(line: &str) -> Option<Value> {
    printed(line).filter(|record| record["request_id"].is_string())
}

/// An upstream of one's own, which takes [`KEY`].
pub fn sandbox() -> Sandbox {
    let options = Options {
        key: KEY.to_owned(),
        ..Options::default()
    };
    Sandbox::start(options).expect("a port is free")
}

/// A printed line as JSON, if it is any. With several Workers, their names stand before it.
pub fn printed(line: &str) -> Option<Value> {
    serde_json::from_str(line.get(line.find('{')?..)?).ok()
}
