//! Keys that sign whatever they are given.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

/// The `kid` of every key here.
pub const KEY_ID: &str = "k1";

/// An algorithm and a key for it.
#[derive(Debug)]
pub struct Signer {
    pub name: &'static str,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static str),
    Ed25519(Ed25519KeyPair),
    Hmac(hmac::Algorithm, Vec<u8>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }
}

impl Signer {
    /// One for each algorithm that `jsonwebtoken` has too: all but ES512.
    pub fn all() -> Vec<Self> {
        let rsa = |name, encoding| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("there is chance enough");
            (name, Key::Rsa(pair, encoding))
        };
        let ec = |name, algorithm: &'static EcdsaSigningAlgorithm, curve| {
            let pair = EcdsaKeyPair::generate(algorithm).expect("there is chance enough");
            (name, Key::Ec(pair, curve))
        };
        let hmac = |name, algorithm, size| (name, Key::Hmac(algorithm, vec![size; size.into()]));
        let ed25519 = Ed25519KeyPair::generate().expect("there is chance enough");
        let signers = [
            rsa("RS256", &RSA_PKCS1_SHA256),
            rsa("RS384", &RSA_PKCS1_SHA384),
            rsa("RS512", &RSA_PKCS1_SHA512),
            rsa("PS256", &RSA_PSS_SHA256),
            rsa("PS384", &RSA_PSS_SHA384),
            rsa("PS512", &RSA_PSS_SHA512),
            ec("ES256", &ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            ec("ES384", &ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            ("EdDSA", Key::Ed25519(ed25519)),
            hmac("HS256", hmac::HMAC_SHA256, 32),
            hmac("HS384", hmac::HMAC_SHA384, 48),
            hmac("HS512", hmac::HMAC_SHA512, 64),
        ];
        let signer = |(name, key)| Self { name, key };
        signers.map(signer).into()
    }

    /// A token of these texts.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let message = input.as_bytes();
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .expect("the key is good");
                signature
            }
            Key::Ec(pair, _) => {
                let signature = pair.sign(&random, message).expect("the key is good");
                signature.as_ref().to_vec()
            }
            Key::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Hmac(algorithm, secret) => {
                let key = hmac::Key::new(*algorithm, secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
        };
        format!("{input}.{}", encode(signature))
    }

    /// The public key, unless there is none.
    pub fn jwk(&self) -> Option<Value> {
        Some(match &self.key {
            Key::Rsa(pair, _) => {
                let key = pair.public_key();
                let n = key.modulus().big_endian_without_leading_zero().to_vec();
                let e = key.exponent().big_endian_without_leading_zero().to_vec();
                json!({"kty": "RSA", "n": encode(n), "e": encode(e), "kid": KEY_ID})
            }
            Key::Ec(pair, curve) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(match *curve {
                    "P-256" => 32,
                    _ => 48,
                });
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y), "kid": KEY_ID})
            }
            Key::Ed25519(pair) => {
                let x = encode(pair.public_key());
                json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": KEY_ID})
            }
            Key::Hmac(..) => return None,
        })
    }

    /// The secret of an algorithm that has one.
    pub fn secret(&self) -> Option<&[u8]> {
        match &self.key {
            Key::Hmac(_, secret) => Some(secret),
            _ => None,
        }
    }
}

/// Base64url.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}
