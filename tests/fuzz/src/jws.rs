use authkit_edge::jwt::algorithm::Algorithm;
use authkit_edge::jwt::jws::UnverifiedToken;
use authkit_edge::limits::{MAX_HEADER_BYTES, MAX_KEY_ID_BYTES};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

/// A token; or the header of one, when the bytes begin with `{`.
pub fn jws_parse(data: &[u8]) {
    if data.first() == Some(&b'{') {
        check(&format!(
            "{}.e30.c2ln",
            Base64UrlUnpadded::encode_string(data)
        ));
    } else if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
}

fn check(text: &str) {
    let Ok(token) = UnverifiedToken::parse(text) else {
        return;
    };
    assert!(text.len() <= MAX_HEADER_BYTES);
    // There is one text for what was read: encoding it again gives the same.
    let (header, payload) = token.signing_input.split_once('.').unwrap();
    assert_eq!(payload, Base64UrlUnpadded::encode_string(&token.payload));
    let signature = Base64UrlUnpadded::encode_string(&token.signature);
    assert_eq!(text, format!("{header}.{payload}.{signature}"));
    let bytes = Base64UrlUnpadded::decode_vec(header).unwrap();
    assert_eq!(header, Base64UrlUnpadded::encode_string(&bytes));
    // A lenient parser, which would take the last of two names, reads the same header.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let header: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(
        header["alg"].as_str().and_then(Algorithm::parse),
        Some(token.algorithm)
    );
    // What serializers write for nothing names no key.
    let key_id = header["kid"].as_str().filter(|id| !id.is_empty());
    assert_eq!(key_id, token.key_id.as_deref());
    assert!(token.key_id.is_none_or(|id| id.len() <= MAX_KEY_ID_BYTES));
    for name in ["crit", "b64", "zip"] {
        assert!(header.get(name).is_none(), "{name}");
    }
    assert!(header["enc"].is_null());
    let kind = header
        .get("typ")
        .filter(|kind| !kind.is_null())
        .map(|kind| kind.as_str().unwrap().to_lowercase());
    let known = ["jwt", "at+jwt", "okta-internal-at+jwt"];
    assert!(kind.is_none_or(|kind| {
        known.contains(&kind.strip_prefix("application/").unwrap_or(&kind))
    }));
}
