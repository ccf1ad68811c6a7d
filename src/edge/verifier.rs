//! Signatures, checked by the platform's WebCrypto.

use std::cell::RefCell;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto};
use worker::wasm_bindgen_futures::JsFuture;

use crate::edge::object;
use crate::edge::runtime::{Edge, global};
use crate::jwt::algorithm::Algorithm;
use crate::jwt::jwk::PublicKey;
use crate::jwt::verifier::{SignatureCheck, VerificationKey, Verifier};
use crate::limits::MAX_IMPORTED_KEYS;

thread_local! {
    /// At most [`MAX_IMPORTED_KEYS`]. The one that was imported last stands last.
    static IMPORTED: RefCell<Vec<Imported>> = const { RefCell::new(Vec::new()) };
}

/// A key that is ready for use. It belongs to no request: a `CryptoKey` does no input or output.
struct Imported {
    algorithm: Algorithm,
    key: OwnedKey,
    crypto_key: CryptoKey,
    /// WebCrypto's name for the algorithm.
    verify: Object,
}

enum OwnedKey {
    Public(PublicKey),
    Shared(Box<[u8]>),
}

impl OwnedKey {
    fn is(&self, key: VerificationKey<'_>) -> bool {
        match (self, key) {
            (Self::Public(own), VerificationKey::Public(key)) => own == key,
            (Self::Shared(own), VerificationKey::Shared(key)) => **own == *key,
            _ => false,
        }
    }
}

impl Verifier for Edge<'_> {
    async fn verify(&self, check: SignatureCheck<'_>) -> bool {
        verify(check).await.unwrap_or(false)
    }
}

async fn verify(check: SignatureCheck<'_>) -> Result<bool, JsValue> {
    let subtle = global().crypto()?.subtle();
    let (key, parameters) = match imported(&check) {
        Some(imported) => imported,
        None => import(&subtle, &check).await?,
    };
    let promise: Promise = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(
            &parameters,
            &key,
            &Uint8Array::from(check.signature),
            &Uint8Array::from(check.message),
        )?
        .unchecked_into();
    // `true` and nothing that merely looks like it.
    Ok(JsFuture::from(promise).await?.as_bool() == Some(true))
}

/// The key of a check, if it was imported for this algorithm.
fn imported(check: &SignatureCheck<'_>) -> Option<(CryptoKey, Object)> {
    IMPORTED.with_borrow(|all| {
        let mut all = all.iter();
        let found = all.find(|one| one.algorithm == check.algorithm && one.key.is(check.key))?;
        Some((found.crypto_key.clone(), found.verify.clone()))
    })
}

async fn import(
    subtle: &SubtleCrypto,
    check: &SignatureCheck<'_>,
) -> Result<(CryptoKey, Object), JsValue> {
    let Parameters { import, verify } = Parameters::of(check.algorithm)?;
    let (format, data, key) = match check.key {
        VerificationKey::Public(key) => ("jwk", jwk(key)?, OwnedKey::Public(key.clone())),
        VerificationKey::Shared(secret) => {
            let data = Uint8Array::from(secret).unchecked_into();
            ("raw", data, OwnedKey::Shared(secret.into()))
        }
    };
    let usages = Array::of1(&JsValue::from_str("verify"));
    let promise: Promise = subtle
        .import_key_with_object(format, &data, &import, false, &usages)?
        .unchecked_into();
    let crypto_key: CryptoKey = JsFuture::from(promise).await?.unchecked_into();
    let kept = Imported {
        algorithm: check.algorithm,
        key,
        crypto_key: crypto_key.clone(),
        verify: verify.clone(),
    };
    IMPORTED.with_borrow_mut(|all| {
        if all.len() >= MAX_IMPORTED_KEYS {
            all.remove(0);
        }
        all.push(kept);
    });
    Ok((crypto_key, verify))
}

/// Only what is the key goes in: what else the issuer wrote beside it was judged in the core.
fn jwk(key: &PublicKey) -> Result<Object, JsValue> {
    match key {
        PublicKey::Rsa { n, e } => object(&[("kty", "RSA"), ("n", n), ("e", e)]),
        PublicKey::Ec { curve, x, y } => {
            object(&[("kty", "EC"), ("crv", curve.name()), ("x", x), ("y", y)])
        }
        PublicKey::Ed25519 { x } => object(&[("kty", "OKP"), ("crv", "Ed25519"), ("x", x)]),
    }
}

/// WebCrypto's names for an algorithm, which differ between importing a key and using it.
struct Parameters {
    import: Object,
    verify: Object,
}

impl Parameters {
    fn of(algorithm: Algorithm) -> Result<Self, JsValue> {
        let (import, verify) = match algorithm {
            Algorithm::RsaPkcs1(hash) => (
                object(&[("name", "RSASSA-PKCS1-v1_5"), ("hash", hash.name())])?,
                object(&[("name", "RSASSA-PKCS1-v1_5")])?,
            ),
            Algorithm::RsaPss(hash) => {
                let verify = object(&[("name", "RSA-PSS")])?;
                // RFC 7518 §3.5: the salt is as long as the hash.
                #[expect(clippy::cast_precision_loss, reason = "64 at most")]
                let salt = JsValue::from_f64(hash.bytes() as f64);
                Reflect::set(&verify, &JsValue::from_str("saltLength"), &salt)?;
                (
                    object(&[("name", "RSA-PSS"), ("hash", hash.name())])?,
                    verify,
                )
            }
            Algorithm::Ecdsa(curve) => (
                object(&[("name", "ECDSA"), ("namedCurve", curve.name())])?,
                object(&[("name", "ECDSA"), ("hash", curve.hash().name())])?,
            ),
            Algorithm::Ed25519 => (
                object(&[("name", "Ed25519")])?,
                object(&[("name", "Ed25519")])?,
            ),
            Algorithm::Hmac(hash) => (
                object(&[("name", "HMAC"), ("hash", hash.name())])?,
                object(&[("name", "HMAC")])?,
            ),
        };
        Ok(Self { import, verify })
    }
}
