//! Signed-in users: signatures checked by WebCrypto in workerd, and the way of a grant.

use authkit_edge_e2e::client::{Request, WIDGET};
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, Profile};
use authkit_sandbox::AUDIENCE;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

fn bearer(token: &str) -> Request {
    Request::anonymous().header("authorization", format!("Bearer {token}"))
}

/// For whom the last token was minted.
fn minted_for(edge: &Edge) -> Value {
    let calls = edge.sandbox.token_requests();
    serde_json::from_str(&calls.last().expect("one was minted").body).unwrap()
}

#[test]
fn mints_for_the_subject_of_a_token_of_any_algorithm() {
    let edge = Profile::Verified.lease();
    // Other tests have named keys that are not there, which makes the Worker look again.
    let before = edge.sandbox.issuer().loads();
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = edge
            .sandbox
            .issuer()
            .token(algorithm, algorithm, &json!({}));
        edge.send(&bearer(&token).json("{}")).assert_token();
        let wanted = json!({"identity": algorithm, "identityType": "user"});
        assert_eq!(minted_for(&edge), wanted);
    }
    let loads = edge.sandbox.issuer().loads() - before;
    assert!(loads <= 1, "keys are kept: {loads} loads");
}

#[test]
fn refuses_a_token_of_which_a_byte_was_changed() {
    let edge = Profile::Verified.lease();
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = edge.sandbox.issuer().token(algorithm, "ada", &json!({}));
        let dots: Vec<usize> = token.match_indices('.').map(|(at, _)| at).collect();
        // In the payload, and at both ends and in the middle of the signature.
        for index in [
            dots[0] + 5,
            dots[1] + 1,
            usize::midpoint(dots[1], token.len()),
            token.len() - 3,
        ] {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let answer = edge.send(&bearer(&changed));
            answer.assert_error(401, "invalid_token");
            let reason = edge.line_of(&answer)["reason"].to_string();
            assert!(reason.contains("signature"), "{algorithm}: {reason}");
        }
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn refuses_a_token_signed_for_another_algorithm_or_by_nobody() {
    let edge = Profile::Verified.lease();
    let token = edge.sandbox.issuer().token("RS256", "ada", &json!({}));
    let (_, rest) = token.split_once('.').unwrap();
    // {"alg":"none"}, {"alg":"HS256"}, {"alg":"PS256","kid":"rsa"}, {"alg":"ES256","kid":"ec"}
    for header in [
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYSJ9",
        "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0",
    ] {
        let answer = edge.send(&bearer(&format!("{header}.{rest}")));
        answer.assert_error(401, "invalid_token");
        let challenge = answer.header("www-authenticate").unwrap();
        assert_eq!(
            challenge,
            r#"Bearer realm="authkit-edge", error="invalid_token""#
        );
    }
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    edge.send(&bearer(&format!("{unsigned}.")))
        .assert_error(401, "invalid_token");
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn asks_strangers_to_sign_in() {
    let edge = Profile::Verified.lease();
    let answer = edge.send(&Request::post().json(r#"{"identity":"ada"}"#));
    answer.assert_error(401, "unauthenticated");
    assert_eq!(
        answer.header("www-authenticate"),
        Some(r#"Bearer realm="authkit-edge""#)
    );
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn gives_nobody_anothers_identity() {
    let edge = Profile::Verified.lease();
    let token = edge
        .sandbox
        .issuer()
        .token("ES256", "ada", &json!({"org": {"id": "acme"}}));
    for (body, identity) in [
        (r#"{"identityType":"organization"}"#, Some("acme")),
        (
            r#"{"identityType":"organization","identity":"other"}"#,
            None,
        ),
        (r#"{"identity":"eve"}"#, None),
        (r#"{"identityType":"team","identity":"acme"}"#, None),
    ] {
        edge.sandbox.forget_requests();
        let answer = edge.send(&bearer(&token).json(body));
        if let Some(identity) = identity {
            answer.assert_token();
            assert_eq!(minted_for(&edge)["identity"], identity);
        } else {
            answer.assert_error(403, "forbidden_identity");
            edge.assert_upstream_calls(0, 0);
        }
    }
}

/// What the widget sends.
fn carry(grant: &str) -> Request {
    Request::anonymous()
        .header("origin", WIDGET)
        .header("sec-fetch-site", "cross-site")
        .header("x-authkit-grant", grant)
        .json("{}")
}

#[test]
fn lets_the_widget_carry_a_grant_that_a_server_has_got_by_its_key() {
    let edge = Profile::Guarded.lease();
    let ask = Request::anonymous()
        .at("/api/authkit/grant")
        .header("x-user-id", "ada")
        .json("{}");
    edge.send(&ask).assert_error(401, "unauthenticated");
    let answer = edge.send(&ask.header("x-authkit-key", CALLER_KEY));
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(edge.line_of(&answer)["identity_source"], "header");
    let answer = edge.send(&carry(answer.json()["grant"].as_str().unwrap()));
    answer.assert_token();
    answer.assert_readable_by(WIDGET);
    let wanted = json!({"identity": "ada", "identityType": "user"});
    assert_eq!(minted_for(&edge), wanted);
}

#[test]
fn lets_the_widget_carry_a_grant_and_not_the_session() {
    let edge = Profile::Verified.lease();
    let token = edge.sandbox.issuer().token("EdDSA", "ada", &json!({}));
    let ask = Request::anonymous()
        .at("/api/authkit/grant")
        .header("cookie", format!("theme=dark; session={token}"))
        .header("sec-fetch-site", "same-origin")
        .json("{}");
    let answer = edge.send(&ask);
    assert_eq!(answer.status, 200, "{answer}");
    let grant = answer.json();
    let text = grant["grant"].as_str().unwrap();
    assert_eq!(grant["headers"], json!({"x-authkit-grant": text}));

    for _ in 0..2 {
        let answer = edge.send(&carry(text));
        answer.assert_token();
        answer.assert_readable_by(WIDGET);
        let wanted = json!({"identity": "ada", "identityType": "user"});
        assert_eq!(minted_for(&edge), wanted);
        assert_eq!(edge.line_of(&answer)["identity_source"], "grant");
    }
    let preflight = edge.send(&Request::preflight(WIDGET));
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("x-authkit-grant"), "{allowed}");

    edge.sandbox.forget_requests();
    let forged = text.replacen("v1.", "v1.e", 1);
    edge.send(&carry(&forged))
        .assert_error(401, "invalid_token");
    edge.send(&ask.clone().header("sec-fetch-site", "cross-site"))
        .assert_error(403, "cross_site");
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn believes_cloudflare_access() {
    let edge = Profile::Verified.lease();
    let assertion = |kind: &str| {
        edge.sandbox
            .issuer()
            .token("RS256", "0f1e", &json!({"type": kind, "aud": [AUDIENCE]}))
    };
    let request =
        |kind: &str| Request::anonymous().header("cf-access-jwt-assertion", assertion(kind));
    edge.send(&request("app")).assert_token();
    assert_eq!(minted_for(&edge)["identity"], "0f1e");
    edge.sandbox.forget_requests();
    edge.send(&request("org"))
        .assert_error(401, "invalid_token");
    // Access signs by RS256 alone, whatever else the keys could do.
    let other = edge
        .sandbox
        .issuer()
        .token("ES256", "0f1e", &json!({"type": "app"}));
    edge.send(&Request::anonymous().header("cf-access-jwt-assertion", other))
        .assert_error(401, "invalid_token");
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn finds_a_session_among_as_many_cookies_as_a_header_may_have() {
    let edge = Profile::Verified.lease();
    let token = edge.sandbox.issuer().token("ES256", "ada", &json!({}));
    let crowded = |bytes: usize| {
        let header = format!("a=1; session=\"{token}\"; b=");
        let rest = "x".repeat(bytes - header.len());
        Request::anonymous().header("cookie", header + &rest)
    };
    for bytes in [9 * 1024, 32 * 1024] {
        edge.send(&crowded(bytes)).assert_token();
        assert_eq!(minted_for(&edge)["identity"], "ada");
    }
    edge.sandbox.forget_requests();
    for bytes in [32 * 1024 + 1, 100 * 1024] {
        let answer = edge.send(&crowded(bytes));
        answer.assert_error(431, "header_too_large");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn takes_the_access_token_out_of_the_session_that_supabase_keeps_in_cookies() {
    const NAME: &str = "sb-ref-auth-token";
    let edge = Profile::Verified.lease();
    let token = |sub: &str| edge.sandbox.issuer().token("ES256", sub, &json!({}));
    // As large as one with a user's metadata in it.
    let session = json!({"access_token": token("ada"), "refresh_token": token("eve"),
        "user": {"id": "eve", "user_metadata": {"name": "Zoë", "more": "x".repeat(6000)}}});
    let session = session.to_string();
    let base64 = format!(
        "base64-{}",
        Base64UrlUnpadded::encode_string(session.as_bytes())
    );
    let chunks = |value: &str| {
        let chunks = value.as_bytes().chunks(3180).enumerate();
        let pair = |(number, chunk)| format!("{NAME}.{number}={}", String::from_utf8_lossy(chunk));
        chunks.map(pair).collect::<Vec<_>>().join("; ")
    };
    let percent: String = session
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let ask = |cookies: &str| {
        Request::anonymous()
            .header("cookie", format!("theme=dark; {cookies}"))
            .header("sec-fetch-site", "same-origin")
    };
    for cookies in [
        format!("{NAME}={base64}"),
        chunks(&base64),
        chunks(&percent),
    ] {
        edge.send(&ask(&cookies)).assert_token();
        assert_eq!(minted_for(&edge)["identity"], "ada");
    }
    edge.sandbox.forget_requests();
    let whole = chunks(&base64);
    let (_, headless) = whole.split_once("; ").unwrap();
    for (cookies, code) in [
        (format!("{NAME}={}", &base64[..3000]), "invalid_token"),
        (whole.replace(".2=", ".3="), "invalid_token"),
        (headless.to_owned(), "unauthenticated"),
        (format!("{whole}; {whole}"), "invalid_token"),
    ] {
        edge.send(&ask(&cookies)).assert_error(401, code);
    }
    let elsewhere = ask(&whole)
        .at("/api/authkit")
        .header("origin", "https://evil.example");
    let elsewhere = elsewhere.header("sec-fetch-site", "cross-site");
    edge.send(&elsewhere).assert_error(403, "cross_site");
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn logs_no_token_no_grant_and_no_identity() {
    let edge = Profile::Verified.lease();
    let token = edge
        .sandbox
        .issuer()
        .token("ES256", "ada-lovelace", &json!({}));
    let ask = bearer(&token).at("/api/authkit/grant").json("{}");
    let grant = edge.send(&ask).json()["grant"].as_str().unwrap().to_owned();
    edge.send(&bearer(&token)).assert_token();
    edge.send(&Request::anonymous().header("x-authkit-grant", &grant))
        .assert_token();
    let printed = edge
        .lines()
        .iter()
        .map(Value::to_string)
        .collect::<String>();
    for private in [&token[..], &grant, "ada-lovelace"] {
        assert!(!printed.contains(private), "{printed}");
    }
}
