//! A second implementation of the signature checks, by AWS-LC. In the Worker WebCrypto does them.

use authkit_edge::jwt::algorithm::{Algorithm, Curve, Hash};
use authkit_edge::jwt::jwk::PublicKey;
use authkit_edge::jwt::verifier::{SignatureCheck, VerificationKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64ct::{Base64UrlUnpadded, Encoding};

/// Whether the signature is that of the message under the key.
pub fn verify(check: SignatureCheck<'_>) -> bool {
    let SignatureCheck {
        algorithm,
        key,
        message,
        signature,
    } = check;
    match (algorithm, key) {
        (Algorithm::Hmac(hash), VerificationKey::Shared(secret)) => {
            let algorithm = match hash {
                Hash::Sha256 => hmac::HMAC_SHA256,
                Hash::Sha384 => hmac::HMAC_SHA384,
                Hash::Sha512 => hmac::HMAC_SHA512,
            };
            let key = hmac::Key::new(algorithm, secret);
            hmac::verify(&key, message, signature).is_ok()
        }
        (Algorithm::RsaPkcs1(hash), VerificationKey::Public(PublicKey::Rsa { n, e })) => {
            let parameters = match hash {
                Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
            };
            let key = RsaPublicKeyComponents {
                n: decode(n),
                e: decode(e),
            };
            key.verify(parameters, message, signature).is_ok()
        }
        (Algorithm::RsaPss(hash), VerificationKey::Public(PublicKey::Rsa { n, e })) => {
            let parameters = match hash {
                Hash::Sha256 => &RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &RSA_PSS_2048_8192_SHA512,
            };
            let key = RsaPublicKeyComponents {
                n: decode(n),
                e: decode(e),
            };
            key.verify(parameters, message, signature).is_ok()
        }
        (Algorithm::Ecdsa(wanted), VerificationKey::Public(PublicKey::Ec { curve, x, y })) => {
            assert_eq!(wanted, *curve, "the core chose a key of another curve");
            let parameters: &dyn VerificationAlgorithm = match curve {
                Curve::P256 => &ECDSA_P256_SHA256_FIXED,
                Curve::P384 => &ECDSA_P384_SHA384_FIXED,
                Curve::P521 => &ECDSA_P521_SHA512_FIXED,
            };
            let point = [&[4][..], &decode(x), &decode(y)].concat();
            UnparsedPublicKey::new(parameters, point)
                .verify(message, signature)
                .is_ok()
        }
        (Algorithm::Ed25519, VerificationKey::Public(PublicKey::Ed25519 { x })) => {
            UnparsedPublicKey::new(&ED25519, decode(x))
                .verify(message, signature)
                .is_ok()
        }
        (algorithm, _) => panic!("the core chose a key of another kind for {algorithm:?}"),
    }
}

fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).expect("the core has checked it")
}
