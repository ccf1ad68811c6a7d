//! The application's own session, over real HTTP and over a service binding.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::application::{Application, Asked, Reply};
use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{GRANT_KEY, Profile, record, sandbox};
use authkit_edge_e2e::worker::{Bindings, Deployment, Worker};
use authkit_sandbox::Sandbox;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

const HOST: &str = "127.0.0.1";

/// The Worker, its upstream, and the application that it asks.
struct Live {
    sandbox: Sandbox,
    application: Application,
    /// Another server, which is never to be asked.
    elsewhere: Application,
    worker: Worker,
}

/// A deployment for sessions of an application at `url`.
fn bindings(sandbox: &Sandbox, url: &str) -> Bindings {
    let mut bindings = Profile::Pica.bindings(sandbox.issuer());
    bindings.variables.extend([
        ("IDENTITY_SOURCE", json!("grant,session")),
        ("SESSION_URL", json!(url)),
        ("SESSION_COOKIES", json!("sid")),
        ("SESSION_IDENTITY_PATH", json!("user.id")),
    ]);
    bindings.secrets.insert("GRANT_KEY", GRANT_KEY);
    bindings
}

fn lease() -> MutexGuard<'static, Live> {
    static LIVE: OnceLock<Mutex<Live>> = OnceLock::new();
    let live = LIVE.get_or_init(|| {
        let (sandbox, application) = (sandbox(), Application::start());
        let url = format!("http://{}/api/session?fresh=1", application.addr);
        let mut bindings = bindings(&sandbox, &url);
        bindings.variables.insert("SESSION_TIMEOUT_MS", json!(1500));
        Mutex::new(Live {
            worker: Worker::start("session", bindings).unwrap(),
            elsewhere: Application::start(),
            sandbox,
            application,
        })
    });
    let live = live.lock().unwrap_or_else(PoisonError::into_inner);
    live.sandbox.reset();
    live.elsewhere
        .answer(|_| Reply::json(r#"{"user":{"id":"eve"}}"#));
    live
}

impl Live {
    /// Sends a request while the application answers so.
    fn send(&self, request: &Request, reply: Reply) -> Answer {
        self.application.answer(move |_| reply.clone());
        let answer = request.send(self.worker.addr);
        assert!(self.application.is_idle(), "a call stays open");
        assert_eq!(self.elsewhere.asked(), []);
        answer
    }

    /// The only question.
    #[track_caller]
    fn question(&self) -> Asked {
        let mut asked = self.application.asked();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }

    fn reason_of(&self, answer: &Answer) -> String {
        let id = answer.header("x-request-id").unwrap();
        let line = self.worker.log.wait_for(|line| {
            record(line).filter(|one| one["request_id"] == id && one["status"] == answer.status)
        });
        line.unwrap()["reason"].as_str().unwrap().to_owned()
    }
}

fn page() -> Request {
    Request::anonymous()
        .host(HOST)
        .header("cookie", "theme=dark; sid=s%3A1.mac+/=; x=1; sid.1=two")
        .header("sec-fetch-site", "same-origin")
        .header("origin", format!("http://{HOST}"))
        .json("{}")
}

fn minted_for(sandbox: &Sandbox) -> Value {
    let calls = sandbox.token_requests();
    let body: Value = serde_json::from_str(&calls.last().expect("one was minted").body).unwrap();
    body["identity"].clone()
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    let own = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    own.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn is_asked_for_by_its_cookies_byte_for_byte_and_by_nothing_else() {
    let live = lease();
    let request = page()
        .at("/api/authkit?page=1&identity=7")
        .header("x-request-id", "request-1")
        .header("authorization", "Basic abc")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("x-middleware-subrequest", "middleware")
        .header("x-user-id", "eve")
        .header("user-agent", "Mozilla")
        .header("referer", "http://127.0.0.1/settings");
    let answer = live.send(&request, Reply::json(r#"{"user":{"id":7}}"#));
    answer.assert_token();
    assert_eq!(minted_for(&live.sandbox), "7");
    let asked = live.question();
    assert_eq!(asked.line, "GET /api/session?fresh=1");
    let agent = concat!("authkit-edge/", env!("CARGO_PKG_VERSION"));
    let own = [
        ("accept", "application/json"),
        ("cookie", "sid=s%3A1.mac+/=; sid.1=two"),
        ("user-agent", agent),
        ("x-authkit-session", "1"),
        ("x-request-id", "request-1"),
    ];
    for (name, value) in own {
        assert_eq!(asked.header(name), [value], "{name}");
    }
    // What the runtime adds by itself: about the connection, about caches, and who calls.
    let by_runtime = [
        "host",
        "connection",
        "accept-encoding",
        "content-length",
        "cache-control",
        "pragma",
        "cf-worker",
        "cf-connecting-ip",
        "cf-ray",
        "cf-ew-via",
        "cdn-loop",
    ];
    for (name, value) in &asked.headers {
        let known = own.iter().any(|(known, _)| known == name) || by_runtime.contains(&&**name);
        assert!(known, "{name}: {value}");
    }
    assert_eq!(asked.header("host"), [live.application.addr.to_string()]);
    // Which is how workerd says `cache: no-store`.
    assert_eq!(asked.header("cache-control"), ["no-cache"]);
}

#[test]
fn is_not_carried_where_a_redirect_leads() {
    let live = lease();
    let elsewhere = format!("location: http://{}/login", live.elsewhere.addr);
    for (status, refused, code) in [
        (301, 502, "session_misconfigured"),
        (302, 401, "session_redirect"),
        (303, 401, "session_redirect"),
        (307, 401, "session_redirect"),
        (308, 502, "session_misconfigured"),
    ] {
        for location in [&*elsewhere, "location: /api/other"] {
            let reply = Reply::new(status, &[location], r#"{"user":{"id":"eve"}}"#);
            let answer = live.send(&page(), reply);
            answer.assert_error(refused, code);
            live.question();
        }
    }
    assert_eq!(live.sandbox.requests().len(), 0);
}

#[test]
fn is_nobodys_when_the_application_says_so_or_says_nothing() {
    let live = lease();
    let json = "content-type: application/json";
    for reply in [
        Reply::json("null"),
        Reply::json("{}"),
        Reply::new(200, &["content-type: text/plain"], ""),
        Reply::new(204, &[], ""),
        Reply::new(401, &[json], r#"{"user":{"id":"ada"}}"#),
        Reply::new(403, &[json], r#"{"user":{"id":"ada"}}"#),
    ] {
        let answer = live.send(&page(), reply);
        answer.assert_error(401, "session_signed_out");
        live.question();
    }
    assert_eq!(live.sandbox.requests().len(), 0);
}

/// A body of spaces around an answer that would be good, as gzip.
fn bomb(length: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"user":{"id":"ada"}}"#).unwrap();
    let spaces = vec![b' '; 64 * 1024];
    for _ in 0..length / spaces.len() {
        encoder.write_all(&spaces).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn is_read_up_to_its_bounds_and_refused_beyond() {
    let live = lease();
    let head = ["content-type: application/json", "content-encoding: gzip"];
    let zipped = |length| Reply::new(200, &head, bomb(length));
    live.send(&page(), zipped(0)).assert_token();
    assert_eq!(minted_for(&live.sandbox), "ada");
    live.sandbox.forget_requests();
    let start =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"user\"";
    let good = r#"{"user":{"id":"ada"}}"#;
    for (reply, status, code) in [
        (zipped(128 * 1024), 502, "session_failed"),
        (zipped(200 * 1024 * 1024), 502, "session_failed"),
        (
            Reply::json(&format!("{good}{}", " ".repeat(64 * 1024))),
            502,
            "session_failed",
        ),
        (Reply::Bytes(start.to_vec()), 502, "session_failed"),
        (Reply::Bytes(Vec::new()), 502, "session_failed"),
        (Reply::new(500, &[], good), 502, "session_failed"),
        (Reply::Silence(start.to_vec()), 504, "session_timeout"),
        (Reply::Silence(Vec::new()), 504, "session_timeout"),
        (
            Reply::new(200, &["content-type: text/html"], "<html>"),
            502,
            "session_unreadable",
        ),
        (
            Reply::json(r#"{"user":{"id":9007199254740993}}"#),
            502,
            "session_unreadable",
        ),
        (Reply::new(404, &[], good), 502, "session_misconfigured"),
    ] {
        let answer = live.send(&page(), reply);
        answer.assert_error(status, code);
        live.question();
    }
    let limited = live.send(&page(), Reply::new(429, &["retry-after: 7"], ""));
    limited.assert_error(503, "session_limited");
    assert_eq!(limited.header("retry-after"), Some("7"));
    assert_eq!(live.sandbox.requests().len(), 0);
    // And goes on as if nothing had been.
    live.send(&page(), Reply::json(good)).assert_token();
}

#[test]
fn is_renewed_by_cookies_that_arrive_each_by_itself() {
    let live = lease();
    let own = [
        "sid=2; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT; HttpOnly; SameSite=Lax",
        "sid.1=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ];
    let lines = [
        "content-type: application/json".to_owned(),
        format!("set-cookie: {}", own[0]),
        "set-cookie: theme=light; Expires=Thu, 01 Jan 2099 00:00:00 GMT".to_owned(),
        format!("Set-Cookie: {}", own[1]),
    ];
    let lines = lines.each_ref().map(String::as_str);
    let answer = live.send(&page(), Reply::new(200, &lines, r#"{"user":{"id":"ada"}}"#));
    answer.assert_token();
    assert_eq!(set_cookies(&answer), own);
    let answer = live.send(&page(), Reply::new(401, &lines, ""));
    answer.assert_error(401, "session_signed_out");
    assert_eq!(set_cookies(&answer), own);
    // The application's host is another one for this caller.
    let request = page().host("localhost");
    let answer = live.send(
        &request,
        Reply::new(200, &lines, r#"{"user":{"id":"ada"}}"#),
    );
    answer.assert_token();
    assert_eq!(set_cookies(&answer), [""; 0]);
}

#[test]
fn buys_a_grant_that_the_widget_mints_with_and_none_after_a_sign_out() {
    let live = lease();
    let ask = page().at("/api/authkit/grant");
    let answer = live.send(&ask, Reply::json(r#"{"user":{"id":"ada"}}"#));
    assert_eq!(answer.status, 200, "{answer}");
    let grant = answer.json()["grant"].as_str().unwrap().to_owned();
    let widget = Request::anonymous()
        .header("origin", WIDGET)
        .header("sec-fetch-site", "cross-site")
        .header("x-authkit-grant", grant)
        .json("{}")
        .host(HOST);
    // By then the user has signed out.
    let answer = live.send(&widget, Reply::json("null"));
    answer.assert_token();
    answer.assert_readable_by(WIDGET);
    assert_eq!(minted_for(&live.sandbox), "ada");
    assert_eq!(live.application.asked(), []);
    live.send(&ask, Reply::json("null"))
        .assert_error(401, "session_signed_out");
    live.send(&page(), Reply::json("null"))
        .assert_error(401, "session_signed_out");
}

#[test]
fn is_no_business_of_another_sites_page() {
    let live = lease();
    for site in ["cross-site", "same-site", "none"] {
        let request = Request::anonymous()
            .host(HOST)
            .header("cookie", "sid=1")
            .header("sec-fetch-site", site);
        let answer = live.send(&request, Reply::json(r#"{"user":{"id":"ada"}}"#));
        answer.assert_error(403, "cross_site");
        assert_eq!(live.application.asked(), []);
    }
}

#[test]
fn is_asked_for_in_a_circle_once_and_no_further() {
    let live = lease();
    let worker = live.worker.addr;
    live.application.answer(move |asked| {
        let mut back = Request::anonymous().host(HOST);
        for (name, value) in &asked.headers {
            if name.starts_with("x-") || name == "cookie" {
                back = back.header(name, value);
            }
        }
        Reply::Bytes(back.send(worker).raw)
    });
    let answer = page().send(worker);
    answer.assert_error(502, "session_misconfigured");
    assert!(live.reason_of(&answer).contains("leads back"));
    live.question();
    let direct = page().header("x-authkit-session", "1").send(worker);
    direct.assert_error(508, "loop_detected");
    live.question();
}

#[test]
fn is_asked_for_over_a_service_binding() {
    let sandbox = sandbox();
    // Nothing listens there.
    let mut bindings = bindings(&sandbox, &format!("http://{HOST}:1/api/session?fresh=1"));
    let wanted = "method=GET,resource=/api/session?fresh=1,question=1";
    bindings.variables.insert("SESSION_REQUIRE", json!(wanted));
    let service = json!([{"binding": "SESSION", "service": "application"}]);
    bindings.sections = BTreeMap::from([("services", service)]);
    let application = Deployment {
        folder: "tests/e2e/application",
        script: None,
        bindings: Bindings::default(),
    };
    let worker = Worker::start_all("bound", &[Deployment::edge(bindings), application]).unwrap();
    let ask = |cookie: &str| {
        Request::anonymous()
            .host(HOST)
            .header("cookie", cookie)
            .send(worker.addr)
    };
    let answer = ask("theme=dark; sid=ada");
    answer.assert_token();
    assert_eq!(minted_for(&sandbox), "ada");
    let own = [
        "sid=renewed; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
        "sid.1=; Max-Age=0",
    ];
    assert_eq!(set_cookies(&answer), own);
    ask("sid=7").assert_error(401, "session_signed_out");
}
