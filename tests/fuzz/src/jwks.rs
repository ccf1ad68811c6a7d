use authkit_edge::jwt::TokenFault;
use authkit_edge::jwt::algorithm::Algorithm;
use authkit_edge::jwt::jwk::{JwkSet, PublicKey};
use authkit_edge::limits::{MAX_KEYS, MAX_KEYS_TRIED};
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
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let read: Value = serde_json::from_slice(body).unwrap();
    let keys = read["keys"].as_array().unwrap();
    assert!(keys.len() <= MAX_KEYS);
    for (_, algorithm) in Algorithm::ALL {
        match selected(&set, algorithm, None) {
            Ok(found) => {
                assert!((1..=MAX_KEYS_TRIED).contains(&found.len()));
                for key in found {
                    check_key(key, algorithm);
                }
            }
            Err(fault) => assert_eq!(fault, TokenFault::NoKey),
        }
        for id in keys.iter().filter_map(|key| key["kid"].as_str()) {
            match selected(&set, algorithm, Some(id)) {
                Ok(found) => {
                    assert_eq!(found.len(), 1);
                    check_key(found[0], algorithm);
                    check_members(keys, id);
                }
                Err(fault) => assert!(matches!(
                    fault,
                    TokenFault::NoKey | TokenFault::AmbiguousKey
                )),
            }
        }
    }
}

fn selected<'a>(
    set: &'a JwkSet,
    algorithm: Algorithm,
    key_id: Option<&str>,
) -> Result<Vec<&'a PublicKey>, TokenFault> {
    let found = set.select(algorithm, key_id)?;
    let found: Vec<&PublicKey> = found.into_iter().flatten().collect();
    for (index, key) in found.iter().enumerate() {
        assert!(!found[..index].contains(key), "one key is there twice");
    }
    Ok(found)
}

/// What is selected is of the algorithm's own kind and of a sound size.
fn check_key(key: &PublicKey, wanted: Algorithm) {
    let length = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap().len();
    match (key, wanted) {
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
fn check_members(keys: &[Value], id: &str) {
    // What says nothing is not there.
    let says = |value: &Value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(|value| *value != "" && !value.is_null()),
        other => !other.is_null(),
    };
    let fits = |key: &&Value| {
        key["kid"].as_str() == Some(id)
            && (!says(&key["use"]) || key["use"] == "sig")
            && key["kty"] != "oct"
            && (!says(&key["key_ops"]) || {
                let operations = key["key_ops"].as_array().unwrap();
                operations.iter().any(|name| name == "verify")
            })
    };
    assert!(keys.iter().any(|key| fits(&key)));
}
