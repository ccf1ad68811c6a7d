use authkit_edge::jwt::TokenFault;
use authkit_edge::jwt::algorithm::Algorithm;
use authkit_edge::jwt::jwk::{Jwk, JwkSet, PublicKey};
use authkit_edge::limits::MAX_KEYS;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

/// The body of a key set; or one key of it, when it does not have `keys`.
pub fn jwks_parse(data: &[u8]) {
    check(data);
    if let Ok(key) = std::str::from_utf8(data) {
        check(format!("{{\"keys\":[{key}]}}").as_bytes());
    }
}

fn check(body: &[u8]) {
    let Some(set) = JwkSet::parse(body) else {
        return;
    };
    let read: Value = serde_json::from_slice(body).unwrap();
    let keys = read["keys"].as_array().unwrap();
    assert!(keys.len() <= MAX_KEYS);
    for (_, algorithm) in Algorithm::ALL {
        match set.select(algorithm, None) {
            Ok(jwk) => {
                check_key(jwk, algorithm);
                // The only key that fits is also the only one of its id.
                if let Some(id) = &jwk.key_id {
                    assert_eq!(set.select(algorithm, Some(id)), Ok(jwk));
                }
            }
            Err(fault) => assert!(matches!(
                fault,
                TokenFault::NoKey | TokenFault::AmbiguousKey
            )),
        }
        for id in keys.iter().filter_map(|key| key["kid"].as_str()) {
            if let Ok(jwk) = set.select(algorithm, Some(id)) {
                assert_eq!(jwk.key_id.as_deref(), Some(id));
                check_key(jwk, algorithm);
                check_members(keys, jwk);
            }
        }
    }
}

/// What is selected is of the algorithm's own kind and of a sound size.
fn check_key(jwk: &Jwk, wanted: Algorithm) {
    assert!(jwk.algorithm.is_none_or(|own| own == wanted));
    let length = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap().len();
    match (&jwk.key, wanted) {
        (PublicKey::Rsa { n, e }, Algorithm::RsaPkcs1(_) | Algorithm::RsaPss(_)) => {
            let n = Base64UrlUnpadded::decode_vec(n).unwrap();
            let leading = n.iter().take_while(|byte| **byte == 0).count();
            let bytes = n.len() - leading;
            assert!((256..=1024).contains(&bytes));
            let e = Base64UrlUnpadded::decode_vec(e).unwrap();
            assert_eq!(e.last().unwrap() % 2, 1);
            assert_ne!(e.iter().map(|byte| u64::from(*byte)).sum::<u64>(), 1);
        }
        (PublicKey::Ec { curve, x, y }, Algorithm::Ecdsa(wanted)) => {
            assert_eq!(*curve, wanted);
            assert_eq!(length(x), curve.coordinate_bytes());
            assert_eq!(length(y), curve.coordinate_bytes());
        }
        (PublicKey::Ed25519 { x }, Algorithm::Ed25519) => assert_eq!(length(x), 32),
        (key, algorithm) => panic!("{key:?} for {algorithm:?}"),
    }
}

/// One of the keys of that id is for signatures, as far as it says.
fn check_members(keys: &[Value], jwk: &Jwk) {
    let fits = |key: &&Value| {
        key["kid"].as_str() == jwk.key_id.as_deref()
            && key.get("use").is_none_or(|usage| usage == "sig")
            && key["kty"] != "oct"
            && key.get("key_ops").is_none_or(|operations| {
                let operations = operations.as_array().unwrap();
                operations.iter().any(|name| name == "verify")
            })
    };
    assert!(keys.iter().any(|key| fits(&key)));
}
