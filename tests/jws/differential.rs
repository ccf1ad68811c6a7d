//! Ours beside `jsonwebtoken`: what ours accepts, that accepts with its strictest settings. It is
//! not so the other way round, and what it accepts beyond ours has to be for one of [`STRICTER`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use authkit_edge::jwt::claims::{Audience, ClaimPolicy};
use authkit_edge::jwt::jws::UnverifiedToken;
use authkit_edge::runtime::Timestamp;
use authkit_jws_worker::{Question, reason};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, get_current_timestamp};
use proptest::prelude::Strategy;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::native::answer;
use crate::signer::{Signer, encode};
use crate::tokens::{AUDIENCE, Change, ISSUER, header, payload};

/// Why ours refuses tokens that `jsonwebtoken` accepts, in the words of the log.
const STRICTER: [(&str, &str); 13] = [
    (
        "token: belongs to a program; JWT_ACCEPT `programs` accepts these",
        "Auth0's client credentials; and where `sub` is `azp`",
    ),
    (
        "token: belongs to an anonymous user; JWT_ACCEPT `anonymous` accepts these",
        "Supabase's anonymous users",
    ),
    (
        "token: belongs to no signed-in user yet: the sign-in is not complete",
        "Clerk's pending sessions",
    ),
    (
        "token: belongs to no signed-in user, by its role",
        "Supabase's `anon` and `service_role`",
    ),
    (
        "token: encrypted (JWE), which cannot be verified",
        "the header has `enc`",
    ),
    (
        "token: exp, nbf or iat is not a number",
        "`iat` is no number",
    ),
    (
        "token: header has crit, b64 or zip",
        "the header has `crit`, `b64` or `zip`",
    ),
    ("token: iss is not in JWT_ISSUER", "`iss` is a list"),
    (
        "token: nbf or iat is in the future",
        "`iat` is still to come",
    ),
    (
        "token: not a compact JWS with a JSON header",
        "the header has a name twice, or `kid` is null instead of absent",
    ),
    (
        "token: payload is not a JSON object with unique names",
        "the payload has a name twice, at some depth",
    ),
    (
        "token: the issuer has no key for its kid and alg",
        "`kid` names another key; there, the caller finds the key",
    ),
    (
        "token: typ is that of another kind of token",
        "`typ` is that of another kind of token",
    ),
];

/// Enough for each of those to come up dozens of times.
const CASES: u32 = 5000;

#[test]
fn accepts_nothing_that_jsonwebtoken_refuses() {
    let now = get_current_timestamp();
    let signers: &'static [Signer] = Vec::leak(Signer::all());
    let tokens = (0..signers.len()).prop_flat_map(move |index| {
        let signer = &signers[index];
        let texts = (header(signer.name), payload(now), Change::any());
        texts.prop_map(move |(header, payload, change)| {
            let token = signer.sign(&header, &payload);
            (signer, header, payload, change.apply(&token))
        })
    });
    let both = Cell::new(0);
    let stricter = RefCell::new(BTreeMap::<String, u32>::new());
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&tokens, |(signer, header, payload, token)| {
        match (ours(signer, &token, now), theirs(signer, &token)) {
            (Ok(()), true) => both.set(both.get() + 1),
            (Ok(()), false) => assert!(is_harmless(&header, &payload), "only ours accepts"),
            (Err(reason), true) => *stricter.borrow_mut().entry(reason).or_default() += 1,
            (Err(_), false) => {}
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));

    let stricter = stricter.into_inner();
    println!("both accept {}, ours refuses {stricter:?}", both.get());
    assert!(both.get() > CASES / 20, "hardly anything was accepted");
    let found: Vec<&str> = stricter.keys().map(String::as_str).collect();
    assert_eq!(found, STRICTER.map(|(name, _)| name));
}

/// What ours says: signature first, then claims.
fn ours(signer: &Signer, token: &str, now: u64) -> Result<(), String> {
    let verdict = answer(&Question {
        algorithms: vec![signer.name.to_owned()],
        keys: signer.jwk().map(|jwk| json!({ "keys": [jwk] })),
        secret: signer.secret().map(encode),
        token: token.to_owned(),
    });
    if !verdict.accepted {
        return Err(verdict.reason);
    }
    let policy = ClaimPolicy::new(
        vec![ISSUER.to_owned()],
        Audience::Aud(vec![AUDIENCE.to_owned()]),
    );
    let token = UnverifiedToken::parse(token).expect("it was just accepted");
    let checked = policy.check(&token.payload, Timestamp(now * 1000));
    checked.map(drop).map_err(reason)
}

/// What `jsonwebtoken` says, with all that it can check.
fn theirs(signer: &Signer, token: &str) -> bool {
    let algorithm: Algorithm = signer.name.parse().expect("it has all but ES512");
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    let key = match (signer.jwk(), signer.secret()) {
        (Some(jwk), _) => {
            let jwk: Jwk = serde_json::from_value(jwk).expect("it reads what ours reads");
            DecodingKey::from_jwk(&jwk).expect("the key is good")
        }
        (None, secret) => DecodingKey::from_secret(secret.expect("one or the other")),
    };
    decode::<Value>(token, &key, &validation).is_ok()
}

/// What only ours accepts is signed by the issuer and says what it must; `jsonwebtoken` then cannot
/// hold it in its types. These are all of the differences:
///
/// - a header that neither looks at has another type than the RFC gives it;
/// - `exp` is beyond all times that a `u64` can hold, or `nbf` is before 1970;
/// - `nbf` is `null`, which here is not there.
fn is_harmless(header: &str, payload: &str) -> bool {
    let header: Value = serde_json::from_str(header).expect("ours accepts it");
    let payload: Value = serde_json::from_str(payload).expect("ours accepts it");
    let is_text = |name| header.get(name).is_none_or(Value::is_string);
    let unread = !["cty", "jku", "nonce"].into_iter().all(is_text)
        || header.get("jwk").is_some()
        || header.get("x5c").is_some_and(|value| !value.is_array());
    let beyond = payload["exp"].as_f64().is_some_and(|time| time > 1e19);
    let absent = payload.get("nbf").is_some_and(Value::is_null);
    let before = payload["nbf"].as_f64().is_some_and(|time| time < 0.0);
    unread || beyond || before || absent
}
