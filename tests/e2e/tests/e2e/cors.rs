//! Which pages may read answers, as workerd hands the headers over.

use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Profile};

/// The ways in which other CORS code was fooled, made for the two origins that are allowed.
const HOSTILE: [&str; 26] = [
    "null",
    "*",
    "https://evil.example",
    "https://evilauthkit.picaos.com",
    "https://authkit.picaos.com.evil.example",
    "https://authkit.picaos.comevil.example",
    "https://authkit.picaos.com@evil.example",
    "https://evil.example/https://authkit.picaos.com",
    "https://evil.example#https://authkit.picaos.com",
    "https://authkitXpicaos.com",
    "https://sub.authkit.picaos.com",
    "https://picaos.com",
    "https://evilauth.withone.ai",
    "https://authauthkit.picaos.com",
    "http://authkit.picaos.com",
    "https://authkit.picaos.com:443",
    "https://authkit.picaos.com:444",
    "https://AUTHKIT.picaos.com",
    "HTTPS://authkit.picaos.com",
    "https://authkit.picaos.com/",
    "https://authkit.picaos.com.",
    "https://user@authkit.picaos.com",
    "https://authkit.picaos.com, https://auth.withone.ai",
    "https://authkit.picaos.com https://auth.withone.ai",
    "\"https://authkit.picaos.com\"",
    "https://authkit.picaos.com\u{e9}",
];

/// What the answer to a preflight depends on.
const PREFLIGHT_VARY: &str =
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

#[test]
fn tells_hostile_origins_nothing() {
    let edge = Profile::Pica.lease();
    edge.sandbox.update(|settings| settings.catalogue = 1);
    for origin in HOSTILE {
        let ask = Request::preflight(origin);
        let send = Request::post().header("origin", origin);
        let fail = send.clone().at("/api/authkit?page=0");
        for (request, status, vary) in [
            (ask, 204, PREFLIGHT_VARY),
            (send, 200, "Origin"),
            (fail, 400, "Origin"),
        ] {
            let answer = edge.send(&request);
            assert_eq!(answer.status, status, "{origin:?}");
            for name in [
                "access-control-allow-origin",
                "access-control-allow-credentials",
                "access-control-expose-headers",
            ] {
                assert_eq!(answer.header(name), None, "{origin:?}");
            }
            assert_eq!(answer.header("vary"), Some(vary), "{origin:?}");
            assert_eq!(edge.line_of(&answer)["cors"], "refused", "{origin:?}");
        }
    }
}

#[test]
fn lets_both_widgets_in() {
    let edge = Profile::Pica.lease();
    for origin in [WIDGET, "https://auth.withone.ai"] {
        let answer = edge.send(&Request::post().header("origin", origin));
        answer.assert_token();
        answer.assert_readable_by(origin);
        assert_eq!(edge.line_of(&answer)["cors"], "allowed");
    }
}

#[test]
fn answers_a_preflight_with_all_that_a_browser_asks_for() {
    const HEADERS: &str =
        "content-type, authorization, x-request-id, traceparent, tracestate, x-user-id";
    for (profile, headers) in [
        (Profile::Pica, HEADERS),
        (Profile::Guarded, &*format!("{HEADERS}, x-authkit-grant")),
        (Profile::Bare, HEADERS),
    ] {
        let edge = profile.lease();
        let answer = edge.send(&Request::preflight(WIDGET));
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        for (name, value) in [
            ("access-control-allow-methods", "POST, OPTIONS"),
            ("access-control-allow-headers", headers),
            ("access-control-max-age", "7200"),
            ("allow", "POST, OPTIONS"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{profile:?}: {answer}");
        }
        answer.assert_readable_by(WIDGET);
        assert_eq!(answer.header("content-type"), None);
        edge.assert_upstream_calls(0, 0);
    }
}

#[test]
fn lets_a_page_send_what_its_libraries_add_wherever_it_asks() {
    for profile in [Profile::Pica, Profile::Bare] {
        let edge = profile.lease();
        for path in [
            "/api/authkit",
            "//api/authkit",
            "/api/authkit//",
            "/nothing",
        ] {
            let names =
                "baggage,content-type,ngrok-skip-browser-warning,sentry-trace,x-datadog-trace-id";
            let ask = Request::anonymous()
                .method("OPTIONS")
                .at(path)
                .header("origin", WIDGET)
                .header("access-control-request-method", "DELETE")
                .header("access-control-request-headers", names);
            let answer = edge.send(&ask);
            assert_eq!(answer.status, 204, "{path}: {answer}");
            answer.assert_readable_by(WIDGET);
            let says = |name| answer.header(name).unwrap_or_default().split(", ");
            let allowed: Vec<&str> = says("access-control-allow-headers").collect();
            assert!(
                names.split(',').all(|name| allowed.contains(&name)),
                "{answer}"
            );
            assert!(says("access-control-allow-methods").any(|name| name == "DELETE"));
            assert_eq!(answer.header("vary"), Some(PREFLIGHT_VARY));

            let send = Request::anonymous().method("DELETE").at(path);
            let answer = edge.send(&send.header("origin", WIDGET));
            assert!([404, 405].contains(&answer.status), "{path}: {answer}");
            answer.assert_readable_by(WIDGET);
        }
    }
}

#[test]
fn does_not_take_two_origin_headers_for_one() {
    let edge = Profile::Pica.lease();
    for (one, other) in [
        (WIDGET, WIDGET),
        (WIDGET, "https://evil.example"),
        ("https://evil.example", WIDGET),
    ] {
        let request = Request::post()
            .header("origin", one)
            .header("origin", other);
        let answer = edge.send(&request);
        answer.assert_token();
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{one} {other}"
        );
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
}

#[test]
fn says_vary_to_servers_too() {
    let edge = Profile::Guarded.lease();
    let answer = edge.send(&Request::post().header("x-authkit-key", CALLER_KEY));
    answer.assert_token();
    assert_eq!(answer.header("vary"), Some("Origin"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn lets_every_page_in_when_told_to() {
    let edge = Profile::Open.lease();
    for origin in ["https://anyone.example", "null", WIDGET] {
        let asked = PREFLIGHT_VARY.strip_prefix("Origin, ");
        for (request, vary) in [
            (Request::preflight(origin), asked),
            (Request::post().header("origin", origin), None),
            (Request::anonymous().header("origin", origin), None),
        ] {
            let answer = edge.send(&request);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), vary);
        }
    }
}
