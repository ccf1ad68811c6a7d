//! An issuer of tokens: it signs with keys of its own, and the sandbox serves their public halves.
//!
//! It stands in for a sign-in product. Anybody may sign in as anybody, so it is for development
//! and tests only, as all of the sandbox.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// The audience of its tokens, and of its Access application.
pub const AUDIENCE: &str = "authkit-sandbox";

/// How long a token is good.
pub(crate) const TOKEN_SECONDS: u64 = 3600;

/// An issuer, good for `jwt` and for `access`.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    loads: AtomicU32,
    /// Made when first needed: most tests of the sandbox need none.
    keys: OnceLock<Keys>,
}

#[derive(Debug)]
struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Issuer {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            loads: AtomicU32::new(0),
            keys: OnceLock::new(),
        }
    }

    /// `iss`, and the team domain of Access.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its public keys are.
    #[must_use]
    pub fn keys_url(&self) -> String {
        format!("{}/_sandbox/keys", self.url)
    }

    /// How often its keys were asked for.
    #[must_use]
    pub fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }

    /// A token for `sub` that is good for an hour, with `more` claims. They may replace the usual
    /// ones.
    ///
    /// # Panics
    /// When it has no key for the algorithm: it signs with `RS256`, `PS256`, `ES256` and `EdDSA`.
    #[must_use]
    pub fn token(&self, algorithm: &str, sub: &str, more: &Value) -> String {
        let now = now();
        let mut claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + TOKEN_SECONDS,
        });
        if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
            claims.extend(more.clone());
        }
        let header = json!({"alg": algorithm, "kid": key_id(algorithm), "typ": "JWT"});
        let input = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let signature = self.keys().sign(algorithm, input.as_bytes());
        format!("{input}.{}", encode(signature))
    }

    /// The public keys as a JWK set, for one who asked for them.
    pub(crate) fn load_keys(&self) -> Value {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.keys().public()
    }

    fn keys(&self) -> &Keys {
        self.keys.get_or_init(Keys::make)
    }
}

impl Keys {
    fn make() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("the system has randomness"),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the same"),
            ed: Ed25519KeyPair::generate().expect("the same"),
        }
    }

    fn sign(&self, algorithm: &str, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            let signed = self.rsa.sign(padding, &random, input, &mut signature);
            signed.expect("it signs");
            signature
        };
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "ES256" => {
                let signature = self.ec.sign(&random, input).expect("it signs");
                signature.as_ref().to_vec()
            }
            "EdDSA" => self.ed.sign(input).as_ref().to_vec(),
            other => panic!("no key for {other}"),
        }
    }

    fn public(&self) -> Value {
        let rsa = self.rsa.public_key();
        let (n, e) = (
            encode(rsa.modulus().big_endian_without_leading_zero()),
            encode(rsa.exponent().big_endian_without_leading_zero()),
        );
        // One byte that says "uncompressed", then both coordinates.
        let point = self.ec.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        json!({"keys": [
            {"kty": "RSA", "kid": "rsa", "use": "sig", "n": n, "e": e},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": encode(x), "y": encode(y)},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(self.ed.public_key())},
        ]})
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "an issuer has a clock of its own"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

fn key_id(algorithm: &str) -> &'static str {
    match algorithm {
        "ES256" => "ec",
        "EdDSA" => "ed",
        _ => "rsa",
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}
