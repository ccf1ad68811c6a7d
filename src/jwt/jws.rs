//! The compact serialization of RFC 7515, read before anything in it is believed.

use crate::json::{Object, Value};
use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::base64url;
use crate::jwt::verifier::{SignatureCheck, VerificationKey, Verifier};
use crate::limits::{MAX_HEADER_BYTES, MAX_KEY_ID_BYTES};

/// A token whose form is right and whose signature nobody has checked.
#[derive(Debug, Clone)]
pub struct UnverifiedToken<'a> {
    /// `alg`. Only good for looking up whether the configuration names it too.
    pub algorithm: Algorithm,
    /// `kid`. Only good for finding a key in the issuer's own set.
    pub key_id: Option<String>,
    /// Header and payload as they were signed.
    pub signing_input: &'a str,
    /// The signature.
    pub signature: Vec<u8>,
    /// The payload, not parsed: claims are read after the signature was checked.
    pub payload: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Reads a token. `jku`, `x5u`, `jwk` and `x5c` are not looked at: a token does not get to say
    /// which key it is checked with.
    ///
    /// # Errors
    /// The first [`TokenFault`] that is met.
    pub fn parse(token: &'a str) -> Result<Self, TokenFault> {
        if token.len() > MAX_HEADER_BYTES {
            return Err(TokenFault::TooLarge);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = match signing_input.split('.').count() {
            2 => signing_input.split_once('.').ok_or(TokenFault::Malformed)?,
            4 => return Err(TokenFault::Encrypted),
            _ => return Err(TokenFault::Malformed),
        };
        let header = Object::parse(&decode(header)?).ok_or(TokenFault::Malformed)?;
        // RFC 7515 §4.1.11: what must be understood and is not, refuses. Nothing is understood, and
        // `null`, which none of these may be, is no less strange than another value.
        if ["crit", "b64", "zip"]
            .iter()
            .any(|name| header.stated(name).is_some())
        {
            return Err(TokenFault::Critical);
        }
        if header.get("enc").is_some() {
            return Err(TokenFault::Encrypted);
        }
        check_type(header.get("typ"))?;
        let algorithm = header.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.ok_or(TokenFault::Malformed)?;
        Ok(Self {
            algorithm: Algorithm::parse(algorithm).ok_or(TokenFault::Algorithm)?,
            key_id: key_id(header.get("kid"))?,
            signing_input,
            signature: decode(signature)?,
            payload: decode(payload)?,
        })
    }

    /// Whether its algorithm is one of those that the configuration names.
    ///
    /// # Errors
    /// [`TokenFault::Algorithm`].
    pub fn check_algorithm(&self, allowed: &[Algorithm]) -> Result<(), TokenFault> {
        let named = allowed.contains(&self.algorithm);
        named.then_some(()).ok_or(TokenFault::Algorithm)
    }

    /// Checks the signature with keys that fit the algorithm, one after the other, and gives the
    /// payload when it is that of one.
    ///
    /// # Errors
    /// [`TokenFault::Signature`].
    pub async fn verify(
        self,
        keys: &[Option<VerificationKey<'_>>],
        verifier: &impl Verifier,
    ) -> Result<Vec<u8>, TokenFault> {
        for key in keys.iter().flatten() {
            let check = SignatureCheck {
                algorithm: self.algorithm,
                key: *key,
                message: self.signing_input.as_bytes(),
                signature: &self.signature,
            };
            if verifier.verify(check).await {
                return Ok(self.payload);
            }
        }
        Err(TokenFault::Signature)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, TokenFault> {
    base64url::decode(text).ok_or(TokenFault::Malformed)
}

/// What an access or ID token calls itself in `typ`, without `application/`: RFC 7519, RFC 9068, and
/// the names that vendors have for the latter. It may also say nothing.
const TOKEN_TYPES: [&str; 3] = [
    "jwt",
    "at+jwt",
    // Okta: https://developer.okta.com/docs/concepts/api-access-management
    "okta-internal-at+jwt",
];

/// RFC 8725 §3.11: logout tokens, DPoP proofs and the like are signed by the same keys and mean
/// something else.
fn check_type(value: Option<&Value>) -> Result<(), TokenFault> {
    let Some(value) = value else {
        return Ok(());
    };
    let text = value
        .as_str()
        .ok_or(TokenFault::Malformed)?
        .to_ascii_lowercase();
    let name = text.strip_prefix("application/").unwrap_or(&text);
    let known = TOKEN_TYPES.contains(&name);
    known.then_some(()).ok_or(TokenFault::Type)
}

/// An empty one is none, as in a key.
fn key_id(value: Option<&Value>) -> Result<Option<String>, TokenFault> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.as_str().ok_or(TokenFault::Malformed)?;
    if text.len() > MAX_KEY_ID_BYTES {
        return Err(TokenFault::Malformed);
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::{any, proptest};

    use super::UnverifiedToken;
    use crate::jwt::TokenFault;
    use crate::jwt::algorithm::Algorithm;

    fn encode(text: &str) -> String {
        Base64UrlUnpadded::encode_string(text.as_bytes())
    }

    fn with_header(header: &str) -> String {
        format!("{}.{}.c2ln", encode(header), encode("{}"))
    }

    fn fault(token: &str) -> Option<TokenFault> {
        UnverifiedToken::parse(token).err()
    }

    #[test]
    fn reads_the_parts_of_a_token() {
        let token = with_header(r#"{"alg":"ES256","kid":"k1","typ":"JWT","x":1}"#);
        let parsed = UnverifiedToken::parse(&token).unwrap();
        assert_eq!(Some(parsed.algorithm), Algorithm::parse("ES256"));
        assert_eq!(parsed.key_id.as_deref(), Some("k1"));
        assert_eq!(parsed.signing_input, &token[..token.len() - 5]);
        assert_eq!(parsed.signature, b"sig");
        assert_eq!(parsed.payload, b"{}");
    }

    #[test]
    fn refuses_other_numbers_of_parts() {
        for (token, expected) in [
            ("", TokenFault::Malformed),
            ("a", TokenFault::Malformed),
            ("e30.e30", TokenFault::Malformed),
            ("e30.e30.e30.e30", TokenFault::Malformed),
            ("e30.e30.e30.e30.e30", TokenFault::Encrypted),
            ("e30.e30.e30.e30.e30.e30", TokenFault::Malformed),
            ("..", TokenFault::Malformed),
        ] {
            assert_eq!(fault(token), Some(expected), "{token}");
        }
    }

    #[test]
    fn refuses_headers_that_it_does_not_understand() {
        for (header, expected) in [
            ("{}", TokenFault::Malformed),
            (r#"{"alg":1}"#, TokenFault::Malformed),
            (r#"{"alg":["ES256"]}"#, TokenFault::Malformed),
            (r#"{"alg":"none"}"#, TokenFault::Algorithm),
            (r#"{"alg":"NONE"}"#, TokenFault::Algorithm),
            (r#"{"alg":""}"#, TokenFault::Algorithm),
            (r#"{"alg":"ES256","alg":"ES256"}"#, TokenFault::Malformed),
            (r#"{"alg":"ES256","crit":["exp"]}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","crit":[]}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","b64":false}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","zip":"DEF"}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","enc":"A128GCM"}"#, TokenFault::Encrypted),
            (r#"{"alg":"ES256","kid":1}"#, TokenFault::Malformed),
            (r#"{"alg":null}"#, TokenFault::Malformed),
            (r#"{"alg":"ES256","crit":null}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","b64":null}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","zip":null}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","zip":""}"#, TokenFault::Critical),
            (r#"{"alg":"ES256","enc":""}"#, TokenFault::Encrypted),
            (r#"{"alg":"ES256","typ":"logout+jwt"}"#, TokenFault::Type),
            (r#"{"alg":"ES256","typ":"dpop+jwt"}"#, TokenFault::Type),
            (r#"{"alg":"ES256","typ":1}"#, TokenFault::Malformed),
            (r#"["ES256"]"#, TokenFault::Malformed),
        ] {
            assert_eq!(fault(&with_header(header)), Some(expected), "{header}");
        }
    }

    /// The kind: what a session or an access token calls itself, of any vendor that is known.
    #[test]
    fn takes_the_types_of_access_and_id_tokens_and_no_others() {
        for name in ["JWT", "at+jwt", "okta-internal-at+jwt", "AT+JWT"] {
            for name in [
                name.to_owned(),
                format!("application/{name}"),
                format!("Application/{}", name.to_uppercase()),
            ] {
                let token = with_header(&format!(r#"{{"alg":"ES256","typ":"{name}"}}"#));
                assert!(UnverifiedToken::parse(&token).is_ok(), "{name}");
            }
        }
        for name in [
            "logout+jwt",
            "dpop+jwt",
            "secevent+jwt",
            "token-introspection+jwt",
            "oauth-authz-req+jwt",
            "client-authentication+jwt",
            "entity-statement+jwt",
            "kb+jwt",
            "dc+sd-jwt",
            "rt+jwt",
            "refresh+jwt",
            "passport",
            "x-at+jwt",
            "internal-at+jwt",
            "okta-internal-rt+jwt",
            "text/at+jwt",
            "application/application/jwt",
            "application/",
            "JWE",
            " JWT",
            "",
        ] {
            let token = with_header(&format!(r#"{{"alg":"ES256","typ":"{name}"}}"#));
            assert_eq!(fault(&token), Some(TokenFault::Type), "{name}");
        }
    }

    /// The kind: whatever a serializer writes for a member that is not there.
    #[test]
    fn takes_null_in_a_header_for_nothing() {
        let plain = with_header(r#"{"alg":"ES256"}"#);
        let plain = UnverifiedToken::parse(&plain).unwrap();
        for name in [
            "kid", "typ", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "enc", "url",
            "nonce", "ppt", "cat", "ver",
        ] {
            let token = with_header(&format!(r#"{{"{name}":null,"alg":"ES256"}}"#));
            let parsed = UnverifiedToken::parse(&token).unwrap();
            assert_eq!(parsed.key_id, plain.key_id, "{name}");
        }
        for header in [r#"{"alg":"ES256","kid":""}"#, "\u{feff}{\"alg\":\"ES256\"}"] {
            let token = with_header(header);
            assert_eq!(UnverifiedToken::parse(&token).unwrap().key_id, None);
        }
    }

    #[test]
    fn knows_an_algorithm_by_each_of_its_names() {
        for (name, algorithm) in Algorithm::ALL {
            let token = with_header(&format!(r#"{{"alg":"{name}"}}"#));
            let parsed = UnverifiedToken::parse(&token).unwrap();
            assert_eq!(parsed.algorithm, algorithm, "{name}");
        }
        let token = with_header(r#"{"alg":"Ed25519"}"#);
        let parsed = UnverifiedToken::parse(&token).unwrap();
        let named = Algorithm::parse("EdDSA").unwrap();
        assert_eq!(parsed.check_algorithm(&[named]), Ok(()));
    }

    #[test]
    fn takes_base64url_in_its_canonical_form_only() {
        let header = encode(r#"{"alg":"ES256"}"#);
        for signature in [
            "c2lnMQ==", "c2lnMQ=", "c2lnMR", "c2ln MQ", "c2ln+w", "c2ln/w", "c2lnM", "c2ln\n", "é",
        ] {
            assert_eq!(
                fault(&format!("{header}.e30.{signature}")),
                Some(TokenFault::Malformed),
                "{signature:?}"
            );
            assert_eq!(
                fault(&format!("{header}.{signature}.e30")),
                Some(TokenFault::Malformed),
                "{signature:?}"
            );
        }
        assert!(UnverifiedToken::parse(&format!("{header}.e30.c2lnMQ")).is_ok());
    }

    #[test]
    fn bounds_the_size_of_token_and_key_id() {
        let token = |length| {
            let head = format!("{}.", encode(r#"{"alg":"ES256"}"#));
            let room: usize = length - head.len() - 5;
            format!("{head}{}.c2ln", "A".repeat(room))
        };
        assert!(UnverifiedToken::parse(&token(32 * 1024)).is_ok());
        assert_eq!(fault(&token(32 * 1024 + 4)), Some(TokenFault::TooLarge));
        let key_id = |length| {
            with_header(&format!(
                r#"{{"alg":"ES256","kid":"{}"}}"#,
                "k".repeat(length)
            ))
        };
        assert!(UnverifiedToken::parse(&key_id(256)).is_ok());
        assert_eq!(fault(&key_id(257)), Some(TokenFault::Malformed));
    }

    proptest! {
        #[test]
        fn never_panics_on_text(text in any::<String>()) {
            let _ = UnverifiedToken::parse(&text);
        }

        #[test]
        fn never_panics_on_a_header(header in any::<String>()) {
            let _ = UnverifiedToken::parse(&with_header(&header));
        }
    }
}
