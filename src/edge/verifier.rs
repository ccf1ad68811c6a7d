//! Signatures, checked by the platform's WebCrypto.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto};
use worker::wasm_bindgen_futures::JsFuture;

use crate::edge::object;
use crate::edge::runtime::{Edge, global};
use crate::jwt::algorithm::Algorithm;
use crate::jwt::jwk::PublicKey;
use crate::jwt::verifier::{SignatureCheck, VerificationKey, Verifier};

impl Verifier for Edge<'_> {
    async fn verify(&self, check: SignatureCheck<'_>) -> bool {
        verify(check).await.unwrap_or(false)
    }
}

async fn verify(check: SignatureCheck<'_>) -> Result<bool, JsValue> {
    let subtle = global().crypto()?.subtle();
    let parameters = Parameters::of(check.algorithm)?;
    let key = import(&subtle, check.key, &parameters.import).await?;
    let promise: Promise = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(
            &parameters.verify,
            &key,
            &Uint8Array::from(check.signature),
            &Uint8Array::from(check.message),
        )?
        .unchecked_into();
    // `true` and nothing that merely looks like it.
    Ok(JsFuture::from(promise).await?.as_bool() == Some(true))
}

async fn import(
    subtle: &SubtleCrypto,
    key: VerificationKey<'_>,
    algorithm: &Object,
) -> Result<CryptoKey, JsValue> {
    let (format, data) = match key {
        VerificationKey::Public(key) => ("jwk", jwk(key)?),
        VerificationKey::Shared(secret) => ("raw", Uint8Array::from(secret).unchecked_into()),
    };
    let usages = Array::of1(&JsValue::from_str("verify"));
    let promise: Promise = subtle
        .import_key_with_object(format, &data, algorithm, false, &usages)?
        .unchecked_into();
    Ok(JsFuture::from(promise).await?.unchecked_into())
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
