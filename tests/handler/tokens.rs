//! Tokens as an issuer signs them, made here with AWS-LC.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::support::{Call, Plan, START, TestApp};

/// The issuer of the tests.
pub const ISSUER: &str = "https://issuer.example";
/// Where its keys are.
pub const KEYS_URL: &str = "https://issuer.example/keys";
/// The audience of the tests.
pub const AUDIENCE: &str = "authkit";
/// Seconds since the epoch when every test begins.
pub const NOW: u64 = START.0 / 1000;

/// An issuer's key: Ed25519, since its signatures are the same every time.
pub struct SigningKey {
    pub key_id: &'static str,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// The key of that name. It is in the source of this test, so it protects nothing.
    pub fn new(key_id: &'static str) -> Self {
        let mut seed = [7; 32];
        seed.iter_mut()
            .zip(key_id.bytes())
            .for_each(|(slot, byte)| *slot = byte);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed of 32 bytes");
        Self { key_id, pair }
    }

    /// The public half, as a JWK.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.key_id,
            "x": encode(self.pair.public_key().as_ref()),
        })
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with_header(&json!({"alg": "EdDSA", "kid": self.key_id}), claims)
    }

    /// A token with this header.
    pub fn token_with_header(&self, header: &Value, claims: &Value) -> String {
        self.sign(&header.to_string(), &claims.to_string())
    }

    /// A token of these texts, whatever they are.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let input = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(payload.as_bytes())
        );
        let signature = encode(self.pair.sign(input.as_bytes()).as_ref());
        format!("{input}.{signature}")
    }
}

/// A token signed with a shared secret.
pub fn hmac_token(secret: &str, claims: &Value) -> String {
    let header = encode(br#"{"alg":"HS256"}"#);
    let input = format!("{header}.{}", encode(claims.to_string().as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = encode(hmac::sign(&key, input.as_bytes()).as_ref());
    format!("{input}.{signature}")
}

/// Claims that are good for five minutes, changed by `changes`; `null` takes one away.
pub fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user_1", "exp": NOW + 300, "iat": NOW,
    });
    let (Some(all), Value::Object(changes)) = (claims.as_object_mut(), changes) else {
        panic!("changes are an object");
    };
    for (name, value) in changes {
        if value.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    claims
}

/// A key set.
pub fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A deployment that takes the issuer's tokens; `keys` answers for its key set.
pub fn jwt_app(keys: impl Fn(&Call) -> Plan + 'static) -> TestApp {
    TestApp::new()
        .with("ENVIRONMENT", "production")
        .with("IDENTITY_SOURCE", "jwt")
        .with("JWT_ISSUER", ISSUER)
        .with("JWT_AUDIENCE", AUDIENCE)
        .with("JWT_ALGORITHMS", "EdDSA")
        .with("JWT_JWKS_URL", KEYS_URL)
        .upstream(move |call| {
            if call.url == KEYS_URL {
                keys(call)
            } else if call.is_flags() {
                Plan::json("{}")
            } else {
                Plan::json(r#"{"rows":[],"pages":1}"#)
            }
        })
}

/// The same with one key, `k1`.
pub fn app() -> TestApp {
    jwt_app(|_| Plan::json(key_set(&[SigningKey::new("k1").jwk()])))
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
