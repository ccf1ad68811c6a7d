//! The application's own session: who is signed in is what the application says.
//!
//! The cookie of most applications only they can read, so they are asked: one `GET` with that cookie,
//! made of nothing that the caller sent but what is configured. What others got wrong with such a
//! question is each a rule here: a redirect is never followed and never success, an answer without an
//! identity is nobody's, no answer is kept for the next request, and what fails is refused, whatever
//! source would be next.

use std::time::Duration;

use crate::caller::site::check_same_origin;
use crate::caller::verified::{TypeClaims, Wish, escape};
use crate::caller::{CallerFault, Found, Question};
use crate::http::cookie::{CookieFault, CookieNames, name_set_by};
use crate::http::origin::Origin;
use crate::http::request_body::is_json;
use crate::http::retry_after::{self, ReadDate};
use crate::http::target::Target;
use crate::identity::IdentityType;
use crate::json::{Object, Value};
use crate::jwt::TokenFault;
use crate::jwt::claim_path::ClaimPath;
use crate::limits::{
    DEFAULT_RETRY_AFTER, MAX_RETRY_AFTER, MAX_SESSION_BODY_BYTES, MAX_SET_COOKIES,
};
use crate::runtime::small_get::{GetFault, SmallAnswer, SmallGet};
use crate::runtime::{Incoming, Outgoing, ReadError, Runtime, Service, Timestamp};

/// The header by which a question to the application is known. One that comes back to us has gone in a
/// circle.
pub const LOOP_HEADER: &str = "x-authkit-session";

/// The source `session`.
#[derive(Debug)]
pub struct Session {
    /// Where the application says who is signed in.
    pub url: SessionUrl,
    /// The cookies that it knows its users by. Only these are sent on.
    pub cookies: CookieNames,
    /// Where in its answer the identities are.
    pub paths: TypeClaims,
    /// What else the answer must say.
    pub conditions: Vec<Condition>,
    /// The caller's headers that it is sent, beside the cookies.
    pub forwarded: Vec<Forwarded>,
    /// What becomes of the cookies that it sets.
    pub set_cookie: SetCookie,
    /// All the time that it has.
    pub timeout: Duration,
    /// How it is reached.
    pub service: Option<Service>,
}

/// `SESSION_URL`: absolute, without user, fragment and whatever a client or a proxy would rewrite in its
/// path, so that it leads where it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUrl(String);

impl SessionUrl {
    /// Reads a URL: `https`, or `http` on this machine.
    #[must_use]
    pub fn parse(text: String) -> Option<Self> {
        let Target { origin, path, .. } = Target::parse(&text);
        Origin::parse(origin).ok()?;
        let rest = text.strip_prefix(origin)?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte);
        let segment = |part: &str| part != "." && part != ".." && !part.contains('%');
        let fits = rest.starts_with('/')
            && rest.bytes().all(plain)
            && path.split('/').all(segment)
            && !path.as_bytes().windows(2).any(|two| two == b"//");
        fits.then_some(Self(text))
    }

    /// Its parts.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target::parse(&self.0)
    }

    /// Whether nobody on the way can read what goes there.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https:")
    }
}

/// One entry of `SESSION_REQUIRE`: a path into the answer, and what must stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    path: ClaimPath,
    value: String,
}

impl Condition {
    /// Reads `path=value`. The value is that of a string, a whole number, or `true` or `false`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (path, value) = text.split_once('=')?;
        let (path, value) = (path.trim(), value.trim());
        let path = ClaimPath::parse(path).filter(|_| !path.is_empty() && !value.is_empty())?;
        Some(Self {
            path,
            value: value.to_owned(),
        })
    }

    fn holds(&self, answer: &Object) -> bool {
        match self.path.value(answer) {
            Some(Value::Bool(flag)) => self.value == if *flag { "true" } else { "false" },
            Some(Value::String(text)) => self.value == *text,
            Some(Value::Integer(number)) => self.value == number.to_string(),
            _ => false,
        }
    }
}

/// `SESSION_HEADERS`: the headers of a caller that may be sent on. No other can be, since what a
/// proxy or a framework believes must not be the caller's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarded {
    /// `origin`
    Origin,
    /// `referer`
    Referer,
    /// `user-agent`
    UserAgent,
    /// `accept-language`
    AcceptLanguage,
}

impl Forwarded {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Origin,
        Self::Referer,
        Self::UserAgent,
        Self::AcceptLanguage,
    ];

    /// The name of the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Referer => "referer",
            Self::UserAgent => "user-agent",
            Self::AcceptLanguage => "accept-language",
        }
    }
}

/// `SESSION_SET_COOKIE`: what becomes of cookies that the application sets in its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetCookie {
    /// Those of the session go on to a caller on the application's own host.
    Relay,
    /// None does.
    Drop,
}

/// Why the application's session names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionFault {
    /// The cookies cannot be told, or sent on.
    Cookie(CookieFault),
    /// Nobody is signed in.
    SignedOut(SignedOut),
    /// It answered with another address: that of its sign-in page, most likely.
    Redirect(u16),
    /// A status that says that this is no place to ask.
    Misconfigured(u16),
    /// It asks to be left alone for so long.
    RateLimited(Duration),
    /// It failed.
    Failed(u16),
    /// It was not reached, or the connection broke.
    Network,
    /// Its answer is larger than [`MAX_SESSION_BODY_BYTES`].
    TooLarge,
    /// There is no room for its answer beside what other requests of this isolate hold.
    NoRoom,
    /// It did not answer in time.
    Timeout,
    /// Its answer says nothing that can be relied on.
    Unreadable(Unreadable),
}

/// How an application says that nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedOut {
    /// By its status: 204, 401 or 403.
    Status(u16),
    /// By an answer without an identity: nothing at all, `null`, `{}`, `{"user": null}`.
    NoIdentity,
    /// By an answer that is not as `SESSION_REQUIRE` wants it.
    Condition,
    /// By an address for an identity, which was not verified.
    Unverified,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no `application/json`.
    MediaType,
    /// It is no JSON that every parser reads the same.
    Json,
    /// What stands where the identity should is neither a string nor a whole number that every parser
    /// reads the same.
    Identity,
}

// An isolate compiles a function when it first calls it; without `session` it need not do this one.
#[inline(never)]
pub(super) async fn session<I, R>(
    question: &Question<'_, I>,
    session: &Session,
    default_type: IdentityType,
    runtime: &R,
    set_cookies: &mut Vec<String>,
) -> Result<Found, CallerFault>
where
    I: Incoming,
    R: Runtime,
{
    let fault = CallerFault::Session;
    let Some(header) = question.request.header("cookie") else {
        return Ok(None);
    };
    let cookies = session.cookies.select(&header);
    let cookies = cookies.map_err(|error| fault(SessionFault::Cookie(error)))?;
    let Some(cookies) = cookies else {
        return Ok(None);
    };
    check_same_origin(question)?;
    let wish = Wish::of(question)?;
    let identity_type = wish.identity_type.unwrap_or(default_type);
    let now = runtime.now();
    let share = question.room.open(now);
    let get = SmallGet {
        request: session.request(cookies, question),
        url: &session.url.0,
        timeout: session.timeout.min(now.until(question.deadline)),
        limit: MAX_SESSION_BODY_BYTES,
        share: Some(&share),
    };
    let answer = get.send(runtime, set_cookies).await;
    session.keep_own(set_cookies, question.target);
    let now = runtime.now();
    let held = session.judge(answer, identity_type, now, R::date);
    let held = held.map_err(fault)?;
    let chosen = wish.choose(held, identity_type)?;
    // A session does not say when it ends, so a grant for it lives as long as grants may.
    let holds_until = Some(Timestamp(u64::MAX));
    Ok(Some((chosen, identity_type, holds_until)))
}

impl Session {
    /// The question, built from nothing.
    fn request<I: Incoming>(&self, cookies: String, question: &Question<'_, I>) -> Outgoing {
        let mut request = Outgoing::new("GET", "application/json");
        request.headers.extend([
            ("cookie", cookies),
            ("x-request-id", question.request_id.to_owned()),
            (LOOP_HEADER, "1".to_owned()),
        ]);
        for name in self.forwarded.iter().map(|header| header.as_str()) {
            if let Some(value) = question.request.header(name) {
                request.headers.push((name, value));
            }
        }
        request.service = self.service;
        request
    }

    /// Leaves of the cookies that the answer sets those that go on to the caller, whatever the answer is:
    /// an application that renews its session as it reads it counts on that, and one that ends it, too.
    ///
    /// A cookie belongs to the host that set it. Relayed from another one it would be a new one here.
    fn keep_own(&self, set_cookies: &mut Vec<String>, target: Target<'_>) {
        let relays =
            self.set_cookie == SetCookie::Relay && self.url.target().host() == target.host();
        set_cookies.retain(|header| relays && self.cookies.contain(name_set_by(header)));
        set_cookies.truncate(MAX_SET_COOKIES);
    }

    /// The identities of a type that an answer names. A user must be among them.
    fn judge(
        &self,
        answer: Result<SmallAnswer, GetFault>,
        kind: IdentityType,
        now: Timestamp,
        date: ReadDate,
    ) -> Result<Vec<String>, SessionFault> {
        let answer = answer.map_err(|fault| match fault {
            GetFault::Unreachable | GetFault::Body(ReadError::Broken) => SessionFault::Network,
            GetFault::Timeout => SessionFault::Timeout,
            GetFault::Body(ReadError::TooLarge) => SessionFault::TooLarge,
            GetFault::Body(ReadError::NoRoom) => SessionFault::NoRoom,
        })?;
        if answer.status != 200 {
            let retry_after = answer.retry_after.as_deref();
            return Err(fault_of_status(answer.status, retry_after, now, date));
        }
        let json = answer.content_type.as_deref().is_some_and(is_json);
        // Some say "nobody" by nothing, as a text.
        if json || answer.body.trim_ascii().is_empty() {
            self.identities(&answer.body, kind)
        } else {
            Err(SessionFault::Unreadable(Unreadable::MediaType))
        }
    }

    /// The identities of a type that the body of a 200 names. A user must be among them.
    ///
    /// # Errors
    /// [`SessionFault::SignedOut`] or [`SessionFault::Unreadable`].
    pub fn identities(&self, body: &[u8], kind: IdentityType) -> Result<Vec<String>, SessionFault> {
        let body = body.trim_ascii();
        if body.is_empty() {
            return Err(SessionFault::SignedOut(SignedOut::NoIdentity));
        }
        let answer = Value::parse(body);
        let answer = answer.map_err(|_| SessionFault::Unreadable(Unreadable::Json))?;
        let answer = answer.as_object();
        let answer = answer.ok_or(SessionFault::SignedOut(SignedOut::NoIdentity))?;
        // `false` is how some say "nobody", and a list would be several.
        let user = match self.paths.user.value(answer) {
            Some(Value::Bool(false)) => Vec::new(),
            Some(Value::Array(_)) => return Err(SessionFault::Unreadable(Unreadable::Identity)),
            _ => held(&self.paths.user, answer)?,
        };
        if user.is_empty() {
            return Err(SessionFault::SignedOut(SignedOut::NoIdentity));
        }
        if !self.conditions.iter().all(|one| one.holds(answer)) {
            return Err(SessionFault::SignedOut(SignedOut::Condition));
        }
        let mut held = match (kind, self.paths.of(kind)) {
            (IdentityType::User, _) => user,
            (_, Some(path)) => held(path, answer)?,
            (_, None) => Vec::new(),
        };
        for text in &mut held {
            *text = escape(text);
        }
        Ok(held)
    }
}

fn held(path: &ClaimPath, answer: &Object) -> Result<Vec<String>, SessionFault> {
    path.identities(answer).map_err(|fault| match fault {
        TokenFault::Unverified => SessionFault::SignedOut(SignedOut::Unverified),
        _ => SessionFault::Unreadable(Unreadable::Identity),
    })
}

/// What a status says that is not 200.
fn fault_of_status(
    status: u16,
    retry_after: Option<&str>,
    now: Timestamp,
    date: ReadDate,
) -> SessionFault {
    match status {
        204 | 401 | 403 => SessionFault::SignedOut(SignedOut::Status(status)),
        302 | 303 | 307 => SessionFault::Redirect(status),
        429 => {
            let asked = retry_after.and_then(|text| retry_after::parse(text, now, date));
            let wait = asked.unwrap_or(DEFAULT_RETRY_AFTER);
            SessionFault::RateLimited(wait.min(MAX_RETRY_AFTER))
        }
        // That is what we answer ourselves.
        508 => SessionFault::Misconfigured(status),
        500..=599 => SessionFault::Failed(status),
        _ => SessionFault::Misconfigured(status),
    }
}
