//! The table: what goes wrong, and what is expected of it. docs/reliability.md is made of it.

use std::env;
use std::ops::RangeInclusive;

use authkit_edge_e2e::application::Reply;
use authkit_edge_e2e::profile::Profile;
use authkit_sandbox::{Fault, FaultKind, Settings, Target, WrongShape};

/// What a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// All rows that were asked for, for the right identity.
    Token,
    /// An error of the table in docs/reference.md.
    Error(u16, &'static str),
}

const FAILED: Expected = Expected::Error(502, "upstream_failed");
const TIMEOUT: Expected = Expected::Error(504, "upstream_timeout");
const LIMITED: Expected = Expected::Error(429, "rate_limited");
pub(crate) const NO_KEYS: Expected = Expected::Error(503, "keys_unavailable");

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `POST /api/authkit`: all pages.
    Whole,
    /// `POST /api/authkit?page=1`.
    OnePage,
}

pub(crate) const ROUTES: [Route; 2] = [Route::Whole, Route::OnePage];

/// What the isolate knows of the list when the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Nothing, so it asks for page 1 first.
    Cold,
    /// How many pages there are, so it asks for all of them at once.
    Warm,
}

pub(crate) const MEMORIES: [Memory; 2] = [Memory::Cold, Memory::Warm];

/// How long a fault stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stay {
    /// For all calls. Each is tried so often.
    Lasting(RangeInclusive<usize>),
    /// For so many calls.
    Passing(u32),
}

/// One fault of token calls.
#[derive(Debug)]
pub(crate) struct Row {
    /// For the page and for messages.
    pub(crate) name: &'static str,
    pub(crate) trouble: Trouble,
    pub(crate) stay: Stay,
    pub(crate) whole: Expected,
    pub(crate) one_page: Expected,
    /// Whether only the deadline ends it. Then it meets a Worker whose deadline is short.
    pub(crate) endless: bool,
}

#[derive(Debug)]
pub(crate) enum Trouble {
    Call(FaultKind),
    /// The first page says that there are so many.
    PagesClaim(u64),
    /// The key is refused.
    Revoked,
}

impl Row {
    fn new(name: &'static str, trouble: Trouble, stay: Stay, expected: Expected) -> Self {
        Self {
            name,
            trouble,
            stay,
            whole: expected,
            one_page: expected,
            endless: false,
        }
    }

    fn lasting(name: &'static str, kind: FaultKind, tries: usize, expected: Expected) -> Self {
        let stay = Stay::Lasting(tries..=tries);
        Self::new(name, Trouble::Call(kind), stay, expected)
    }

    fn passing(name: &'static str, kind: FaultKind) -> Self {
        let stay = Stay::Passing(2);
        Self::new(name, Trouble::Call(kind), stay, Expected::Token)
    }

    /// A try has half of the deadline, so there is a second, and perhaps a little for a third.
    fn endless(name: &'static str, kind: FaultKind) -> Self {
        let stay = Stay::Lasting(1..=3);
        Self {
            endless: true,
            ..Self::new(name, Trouble::Call(kind), stay, TIMEOUT)
        }
    }

    /// The same for a whole list, while one page alone is given as it came: how many others there
    /// are is the widget's business.
    fn given_as_one_page(self) -> Self {
        Self {
            one_page: Expected::Token,
            ..self
        }
    }

    pub(crate) fn expected(&self, route: Route) -> Expected {
        match route {
            Route::Whole => self.whole,
            Route::OnePage => self.one_page,
        }
    }

    /// How many token calls there may be.
    pub(crate) fn calls(
        &self,
        route: Route,
        memory: Memory,
        provider: Provider,
    ) -> RangeInclusive<usize> {
        match (&self.stay, route) {
            (Stay::Passing(times), route) => {
                let pages = if route == Route::Whole {
                    provider.pages()
                } else {
                    1
                };
                let calls = pages + *times as usize;
                calls..=calls
            }
            // Those of other pages end with the one that decides, so there may be fewer.
            (Stay::Lasting(tries), Route::Whole) if memory == Memory::Warm => {
                *tries.start()..=provider.pages() * tries.end()
            }
            (Stay::Lasting(tries), _) => tries.clone(),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = healthy();
        match &self.trouble {
            Trouble::Call(kind) => {
                let fault = Fault::token(kind.clone());
                settings.faults = vec![match self.stay {
                    Stay::Passing(times) => fault.times(times),
                    Stay::Lasting(_) => fault,
                }];
            }
            Trouble::PagesClaim(count) => settings.pages_claim = Some(*count),
            Trouble::Revoked => settings.revoked = true,
        }
        settings
    }

    /// The deployments that it meets.
    pub(crate) fn profile(&self, provider: Provider) -> Profile {
        match (provider, self.endless) {
            (Provider::Pica, false) => Profile::Pica,
            (Provider::Pica, true) => Profile::Hurried,
            (Provider::One, false) => Profile::One,
            (Provider::One, true) => Profile::HurriedOne,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Pica,
    One,
}

impl Provider {
    /// Pages of the catalogue that every combination is asked for: 250 rows.
    pub(crate) fn pages(self) -> usize {
        match self {
            Self::Pica => 3,
            Self::One => 2,
        }
    }
}

const PROVIDERS: usize = 2;

pub(crate) fn healthy() -> Settings {
    Settings {
        echo_identity: true,
        ..Settings::default()
    }
}

fn status(status: u16, retry_after: Option<&str>) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        rate_limit_reset: None,
    }
}

fn redirect() -> FaultKind {
    FaultKind::Redirect {
        status: 307,
        location: "/_sandbox/trap".to_owned(),
    }
}

fn oversized(content_length: bool) -> FaultKind {
    FaultKind::Oversized {
        bytes: 100_000_000,
        content_length,
    }
}

fn slow_body() -> FaultKind {
    FaultKind::SlowBody {
        chunk_bytes: 100,
        delay_ms: 100,
    }
}

/// Faults of token calls.
pub(crate) fn token_faults() -> Vec<Row> {
    use FaultKind::{CloseEarly, Hang, HangBody, Latency, NotJson, Reset, Truncated, ZipBomb};

    let shape = FaultKind::WrongShape;
    let once = || Stay::Lasting(1..=1);
    vec![
        Row::passing("connection reset, twice", Reset),
        Row::passing("connection closed without an answer, twice", CloseEarly),
        Row::passing("body cut short, twice", Truncated),
        Row::passing("503, twice", status(503, None)),
        Row::passing("520, twice", status(520, None)),
        Row::passing("HTML with 200, twice", NotJson),
        Row::passing("empty body, twice", shape(WrongShape::EmptyBody)),
        Row::passing("429 with `Retry-After: 0`, twice", status(429, Some("0"))),
        Row::lasting("connection reset", Reset, 3, FAILED),
        Row::lasting("connection closed without an answer", CloseEarly, 3, FAILED),
        Row::lasting("body cut short", Truncated, 3, FAILED),
        Row::lasting("503", status(503, None), 3, FAILED),
        Row::lasting(
            "503 with `Retry-After: 3600`",
            status(503, Some("3600")),
            1,
            FAILED,
        ),
        Row::lasting(
            "429 with `Retry-After: 0`",
            status(429, Some("0")),
            3,
            LIMITED,
        ),
        // What reads a date is the runtime's.
        Row::lasting(
            "429 with a date in `Retry-After` that is over",
            status(429, Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            3,
            LIMITED,
        ),
        Row::lasting("500", status(500, None), 3, FAILED),
        Row::lasting("400", status(400, None), 1, FAILED),
        Row::lasting("402", status(402, None), 1, FAILED),
        Row::lasting("403", status(403, None), 1, FAILED),
        Row::new("key revoked (401)", Trouble::Revoked, once(), FAILED),
        Row::lasting("204 without a body", status(204, None), 3, FAILED),
        Row::lasting("redirect", redirect(), 1, FAILED),
        Row::lasting("HTML with 200", NotJson, 3, FAILED),
        Row::lasting("empty body", shape(WrongShape::EmptyBody), 3, FAILED),
        Row::lasting(
            "array instead of object",
            shape(WrongShape::ArrayInsteadOfObject),
            3,
            FAILED,
        ),
        Row::lasting("no `rows`", shape(WrongShape::RowsMissing), 3, FAILED),
        Row::lasting("`rows` twice", shape(WrongShape::DuplicateRows), 3, FAILED),
        Row::lasting(
            "`pages` is a string",
            shape(WrongShape::PagesString),
            1,
            FAILED,
        )
        .given_as_one_page(),
        Row::new(
            "`pages` is 10⁹",
            Trouble::PagesClaim(1_000_000_000),
            once(),
            FAILED,
        )
        .given_as_one_page(),
        Row::lasting("100 MB", oversized(true), 1, FAILED),
        Row::lasting("100 MB, length unsaid", oversized(false), 1, FAILED),
        Row::lasting(
            "1 GB of zeros in gzip",
            ZipBomb {
                bytes: 1_000_000_000,
            },
            1,
            FAILED,
        ),
        Row::endless("no answer, ever", Hang),
        Row::endless("half of the body, then silence", HangBody),
        Row::endless("body drips", slow_body()),
        Row::endless("ten minutes late", Latency { ms: 600_000 }),
        Row {
            endless: true,
            ..Row::lasting(
                "429 with a wait beyond the deadline",
                status(429, Some("1")),
                1,
                LIMITED,
            )
        },
    ]
}

/// What is asked for of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VaultRoute {
    /// `GET /api/authkit/connections`, where the list fails.
    List,
    /// `DELETE /api/authkit/connections/{id}`, where the list before it fails.
    Look,
    /// The same, where the delete fails and is not done.
    Delete,
    /// The same, where it is done and its answer is lost.
    Deleted,
}

pub(crate) const VAULT_ROUTES: [VaultRoute; 4] = [
    VaultRoute::List,
    VaultRoute::Look,
    VaultRoute::Delete,
    VaultRoute::Deleted,
];

/// One fault of the vault.
#[derive(Debug)]
pub(crate) struct VaultRow {
    pub(crate) name: &'static str,
    pub(crate) kind: FaultKind,
    pub(crate) times: Option<u32>,
    /// When it is of a list: what the caller gets, and how many calls of it there are.
    list: (Expected, RangeInclusive<usize>),
    /// When it is of a delete that is not done: the same, of deletes.
    delete: (Expected, RangeInclusive<usize>),
    /// Whether it tells that a delete was not done. Then nobody looks whether it was, and one that
    /// was done all the same is an error.
    is_refusal: bool,
    pub(crate) endless: bool,
}

impl VaultRow {
    fn lasting(name: &'static str, kind: FaultKind, tries: usize, expected: Expected) -> Self {
        Self {
            name,
            kind,
            times: None,
            list: (expected, tries..=tries),
            delete: (expected, tries..=tries),
            is_refusal: false,
            endless: false,
        }
    }

    fn passing(name: &'static str, kind: FaultKind) -> Self {
        Self {
            times: Some(2),
            ..Self::lasting(name, kind, 3, Expected::Token)
        }
    }

    fn refusing(name: &'static str, kind: FaultKind, expected: Expected) -> Self {
        Self {
            is_refusal: true,
            ..Self::lasting(name, kind, 1, expected)
        }
    }

    fn endless(name: &'static str, kind: FaultKind) -> Self {
        Self {
            list: (TIMEOUT, 1..=3),
            delete: (TIMEOUT, 1..=3),
            endless: true,
            ..Self::lasting(name, kind, 1, TIMEOUT)
        }
    }

    /// The answer to a delete is not looked at, but for its status.
    fn of_a_body(self) -> Self {
        Self {
            delete: (Expected::Token, 1..=1),
            ..self
        }
    }

    /// What the caller gets, and how many calls there are of the kind that fails.
    pub(crate) fn expected(&self, route: VaultRoute) -> (Expected, RangeInclusive<usize>) {
        match route {
            VaultRoute::List | VaultRoute::Look => self.list.clone(),
            VaultRoute::Delete => self.delete.clone(),
            VaultRoute::Deleted if self.is_refusal => self.delete.clone(),
            VaultRoute::Deleted => (Expected::Token, 1..=1),
        }
    }

    pub(crate) fn settings(&self, route: VaultRoute) -> Settings {
        let target = match route {
            VaultRoute::List | VaultRoute::Look => Target::Vault,
            VaultRoute::Delete => Target::Delete,
            VaultRoute::Deleted => Target::Deleted,
        };
        let fault = Fault::new(target, self.kind.clone());
        Settings {
            faults: vec![match self.times {
                Some(times) => fault.times(times),
                None => fault,
            }],
            ..Settings::default()
        }
    }

    /// The deployments that it meets.
    pub(crate) fn profile(&self, provider: Provider) -> Profile {
        match (provider, self.endless) {
            (Provider::Pica, false) => Profile::Pica,
            (Provider::Pica, true) => Profile::Hurried,
            (Provider::One, false) => Profile::One,
            (Provider::One, true) => Profile::HurriedOne,
        }
    }
}

/// Faults of the vault, of lists and of deletes.
pub(crate) fn vault_faults() -> Vec<VaultRow> {
    use FaultKind::{CloseEarly, Hang, Latency, NotJson, Reset};

    let shape = FaultKind::WrongShape;
    vec![
        VaultRow::passing("connection reset, twice", Reset),
        VaultRow::passing("503, twice", status(503, None)),
        VaultRow::lasting("connection reset", Reset, 3, FAILED),
        VaultRow::lasting("connection closed without an answer", CloseEarly, 3, FAILED),
        VaultRow::lasting("503", status(503, None), 3, FAILED),
        VaultRow::lasting("500", status(500, None), 3, FAILED),
        VaultRow::refusing("400", status(400, None), FAILED),
        VaultRow::refusing("401", status(401, None), FAILED),
        VaultRow::refusing("redirect", redirect(), FAILED),
        VaultRow::refusing(
            "429 with `Retry-After: 60`",
            status(429, Some("60")),
            LIMITED,
        ),
        VaultRow::lasting("HTML with 200", NotJson, 3, FAILED).of_a_body(),
        VaultRow::lasting("no `rows`", shape(WrongShape::RowsMissing), 3, FAILED).of_a_body(),
        VaultRow::lasting("`rows` twice", shape(WrongShape::DuplicateRows), 3, FAILED).of_a_body(),
        VaultRow::lasting("100 MB, length unsaid", oversized(false), 1, FAILED),
        VaultRow::endless("no answer, ever", Hang),
        VaultRow::endless("ten minutes late", Latency { ms: 600_000 }),
    ]
}

/// Faults of flags calls, and how often one is tried: there is a token whatever they do.
pub(crate) fn flags_faults() -> Vec<(&'static str, FaultKind, RangeInclusive<usize>)> {
    vec![
        ("connection reset", FaultKind::Reset, 3..=3),
        ("503", status(503, None), 3..=3),
        ("401", status(401, None), 1..=1),
        ("redirect", redirect(), 1..=1),
        ("HTML with 200", FaultKind::NotJson, 3..=3),
        (
            "wrong shape",
            FaultKind::WrongShape(WrongShape::ArrayInsteadOfObject),
            3..=3,
        ),
        ("100 MB, length unsaid", oversized(false), 1..=1),
        ("no answer, ever", FaultKind::Hang, 1..=3),
        ("half of the body, then silence", FaultKind::HangBody, 1..=3),
    ]
}

/// Faults of loads of an issuer's keys. A load is never tried again at once.
pub(crate) fn keys_faults() -> Vec<(&'static str, FaultKind)> {
    vec![
        ("connection reset", FaultKind::Reset),
        ("500", status(500, None)),
        ("redirect", redirect()),
        ("HTML with 200", FaultKind::NotJson),
        ("no `keys`", FaultKind::WrongShape(WrongShape::RowsMissing)),
        ("100 MB, length unsaid", oversized(false)),
        ("no answer, ever", FaultKind::Hang),
    ]
}

/// What the application may answer when it is asked whose a session is. It is never asked twice.
pub(crate) fn session_faults() -> Vec<(&'static str, Reply, Expected)> {
    const GOOD: &str = r#"{"user":{"id":"ada"}}"#;
    const JSON: &str = "content-type: application/json";
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{";
    let login = |status| Reply::new(status, &[JSON, "location: /login"], GOOD);
    let failed = Expected::Error(502, "session_failed");
    let signed_out = Expected::Error(401, "session_signed_out");
    let misconfigured = Expected::Error(502, "session_misconfigured");
    let unreadable = Expected::Error(502, "session_unreadable");
    let timeout = Expected::Error(504, "session_timeout");
    vec![
        ("200 with `null`", Reply::json("null"), signed_out),
        ("empty body", Reply::json(""), signed_out),
        ("401", Reply::new(401, &[JSON], GOOD), signed_out),
        (
            "redirect (302)",
            login(302),
            Expected::Error(401, "session_redirect"),
        ),
        ("redirect (301)", login(301), misconfigured),
        ("404", Reply::new(404, &[JSON], GOOD), misconfigured),
        (
            "429 with `Retry-After: 7`",
            Reply::new(429, &["retry-after: 7"], ""),
            Expected::Error(503, "session_limited"),
        ),
        ("500", Reply::new(500, &[JSON], GOOD), failed),
        (
            "503 with `Retry-After: 0`",
            Reply::new(503, &["retry-after: 0"], ""),
            failed,
        ),
        (
            "connection closed without an answer",
            Reply::Bytes(Vec::new()),
            failed,
        ),
        ("body cut short", Reply::Bytes(half.to_vec()), failed),
        (
            "100 KB",
            Reply::json(&format!("{GOOD}{}", " ".repeat(100_000))),
            failed,
        ),
        (
            "HTML with 200",
            Reply::new(200, &["content-type: text/html"], GOOD),
            unreadable,
        ),
        (
            "`id` twice",
            Reply::json(r#"{"user":{"id":"ada","id":"eve"}}"#),
            unreadable,
        ),
        ("no answer, ever", Reply::Silence(Vec::new()), timeout),
        (
            "half of the body, then silence",
            Reply::Silence(half.to_vec()),
            timeout,
        ),
    ]
}

/// Where the application is asked: method and path.
pub(crate) const SESSION_ROUTES: [(&str, &str); 4] = [
    ("POST", "/api/authkit"),
    ("POST", "/api/authkit/grant"),
    ("GET", "/api/authkit/connections"),
    ("DELETE", "/api/authkit/connections/own"),
];

/// Whether the combination of that number is run. With `FAULTS=short` it is every third, which is at
/// least one of every fault of token calls, since each has four for each provider.
pub(crate) fn is_run(number: usize) -> bool {
    let is_short = env::var_os("FAULTS").is_some_and(|form| form == "short");
    !is_short || number.is_multiple_of(3)
}

/// How many combinations of fault, route and mode there are.
pub(crate) fn combinations() -> usize {
    let token = token_faults().len() * ROUTES.len() * PROVIDERS * MEMORIES.len();
    let flags = flags_faults().len() * MEMORIES.len();
    let keys = keys_faults().len() * MEMORIES.len() * 2;
    let vault = vault_faults().len() * VAULT_ROUTES.len() * PROVIDERS;
    let session = session_faults().len() * SESSION_ROUTES.len();
    token + flags + keys + vault + session
}
