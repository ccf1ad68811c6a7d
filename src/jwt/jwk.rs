//! JSON Web Keys (RFC 7517): an issuer's public keys, each fit for what it says and nothing else.

use crate::json::{Object, Value};
use crate::jwt::TokenFault;
use crate::jwt::algorithm::{Algorithm, Curve};
use crate::jwt::base64url;
use crate::limits::{MAX_KEY_ID_BYTES, MAX_KEYS, MAX_KEYS_TRIED, RSA_MODULUS_BITS};

/// The usable public keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwkSet(Vec<Jwk>);

/// One public key for checking signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// `kid`
    pub key_id: Option<String>,
    /// `alg`, if the key names one.
    pub algorithm: Option<Algorithm>,
    /// The key itself.
    pub key: PublicKey,
}

/// A public key whose parameters are of the right sizes. Coordinates and numbers stay base64url,
/// as WebCrypto takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// `kty: RSA`
    Rsa {
        /// Modulus
        n: String,
        /// Exponent
        e: String,
    },
    /// `kty: EC`
    Ec {
        /// `crv`
        curve: Curve,
        /// First coordinate
        x: String,
        /// Second coordinate
        y: String,
    },
    /// `kty: OKP` with `crv: Ed25519`
    Ed25519 {
        /// The key
        x: String,
    },
}

impl JwkSet {
    /// Reads a set. A key that is not for us (of another kind or use, too weak, or broken) is left
    /// out, since issuers publish those beside the others; a symmetric key is left out always, as
    /// no issuer publishes a secret.
    ///
    /// `None` when it is not a set of at least one usable key.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let set = Object::parse(body)?;
        let keys = set.get("keys")?.as_array()?;
        if keys.len() > MAX_KEYS {
            return None;
        }
        let keys: Vec<Jwk> = keys
            .iter()
            .filter_map(Value::as_object)
            .filter_map(Jwk::parse)
            .collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The keys to try for a token's `alg` and `kid`, one after the other: the one of that `kid`, or of
    /// those that fit a token without one, the first few. A key that is there twice is one key.
    ///
    /// # Errors
    /// [`TokenFault::NoKey`], or [`TokenFault::AmbiguousKey`] for different keys of one `kid`.
    pub fn select(
        &self,
        algorithm: Algorithm,
        key_id: Option<&str>,
    ) -> Result<[Option<&PublicKey>; MAX_KEYS_TRIED], TokenFault> {
        let mut found = [None; MAX_KEYS_TRIED];
        for jwk in &self.0 {
            if jwk.fits(algorithm) && (key_id.is_none() || jwk.key_id.as_deref() == key_id) {
                let key = Some(&jwk.key);
                // The place of the same key, or the next that is free.
                let place = found
                    .iter_mut()
                    .find(|place| place.is_none() || **place == key);
                if let Some(place) = place {
                    *place = key;
                }
            }
        }
        match found {
            [None, ..] => Err(TokenFault::NoKey),
            [_, Some(_), ..] if key_id.is_some() => Err(TokenFault::AmbiguousKey),
            _ => Ok(found),
        }
    }

    /// Whether a key fits that algorithm and key ID, or several do.
    #[must_use]
    pub fn has(&self, algorithm: Algorithm, key_id: Option<&str>) -> bool {
        !matches!(self.select(algorithm, key_id), Err(TokenFault::NoKey))
    }
}

impl Jwk {
    /// Serializers of Go write `""`, and those of .NET `[]`, for what is not there. No use, operation,
    /// algorithm or name is meant by either.
    fn parse(members: &Object) -> Option<Self> {
        let stated = |name| members.get(name).filter(|value| !value.is_empty());
        if stated("use").is_some_and(|value| value.as_str() != Some("sig")) {
            return None;
        }
        let verifies = |operations: &Value| {
            operations
                .as_array()
                .is_some_and(|list| list.iter().any(|name| name.as_str() == Some("verify")))
        };
        if stated("key_ops").is_some_and(|operations| !verifies(operations)) {
            return None;
        }
        let key_id = match stated("kid") {
            None => None,
            Some(value) => Some(
                value
                    .as_str()
                    .filter(|text| text.len() <= MAX_KEY_ID_BYTES)?,
            ),
        };
        let jwk = Self {
            key_id: key_id.map(str::to_owned),
            algorithm: match stated("alg") {
                None => None,
                Some(value) => Some(Algorithm::parse(value.as_str()?)?),
            },
            key: PublicKey::parse(members)?,
        };
        // A key that says another algorithm than its own kind has, is broken.
        jwk.algorithm
            .is_none_or(|algorithm| jwk.fits(algorithm))
            .then_some(jwk)
    }

    /// Whether it may check signatures of that algorithm.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match (&self.key, algorithm) {
            (PublicKey::Rsa { .. }, Algorithm::RsaPkcs1(_) | Algorithm::RsaPss(_))
            | (PublicKey::Ed25519 { .. }, Algorithm::Ed25519) => true,
            (PublicKey::Ec { curve, .. }, Algorithm::Ecdsa(wanted)) => *curve == wanted,
            (
                PublicKey::Rsa { .. } | PublicKey::Ec { .. } | PublicKey::Ed25519 { .. },
                Algorithm::RsaPkcs1(_)
                | Algorithm::RsaPss(_)
                | Algorithm::Ecdsa(_)
                | Algorithm::Ed25519
                | Algorithm::Hmac(_),
            ) => false,
        };
        kind && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

impl PublicKey {
    fn parse(members: &Object) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let sized = |name: &str, bytes: usize| {
            let value = text(name)?;
            let decoded = base64url::decode(value)?;
            (decoded.len() == bytes).then(|| value.to_owned())
        };
        match text("kty")? {
            "RSA" => {
                let (n, e) = (text("n")?, text("e")?);
                let strong = RSA_MODULUS_BITS.contains(&bits(&base64url::decode(n)?));
                (strong && exponent_is_sound(&base64url::decode(e)?)).then(|| Self::Rsa {
                    n: n.to_owned(),
                    e: e.to_owned(),
                })
            }
            "EC" => {
                let curve = Curve::parse(text("crv")?)?;
                Some(Self::Ec {
                    curve,
                    x: sized("x", curve.coordinate_bytes())?,
                    y: sized("y", curve.coordinate_bytes())?,
                })
            }
            "OKP" if text("crv") == Some("Ed25519") => Some(Self::Ed25519 { x: sized("x", 32)? }),
            _ => None,
        }
    }
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> usize {
    let number = match number.iter().position(|byte| *byte != 0) {
        Some(start) => number.get(start..).unwrap_or_default(),
        None => return 0,
    };
    let leading = number
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    number.len() * 8 - leading
}

/// An exponent is odd, more than 1 (which would make every message its own signature) and, so
/// that checking stays cheap, at most 64 bits.
fn exponent_is_sound(exponent: &[u8]) -> bool {
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    odd && (2..=64).contains(&bits(exponent))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};
    use serde_json::{Value, json};

    use super::{JwkSet, PublicKey, bits, exponent_is_sound};
    use crate::jwt::TokenFault;
    use crate::jwt::algorithm::Algorithm;

    fn encode(bytes: &[u8]) -> String {
        Base64UrlUnpadded::encode_string(bytes)
    }

    /// A modulus of so many bits. No key has it; it only has the size.
    fn modulus(bits: usize) -> String {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        if !bits.is_multiple_of(8) {
            bytes[0] = (1 << (bits % 8)) - 1;
        }
        encode(&bytes)
    }

    fn rsa() -> Value {
        json!({"kty": "RSA", "kid": "k", "n": modulus(2048), "e": "AQAB"})
    }

    fn ec() -> Value {
        json!({"kty": "EC", "kid": "k", "crv": "P-256", "x": encode(&[1; 32]), "y": encode(&[2; 32])})
    }

    fn okp() -> Value {
        json!({"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": encode(&[1; 32])})
    }

    fn set(keys: &[Value]) -> Option<JwkSet> {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn count(found: [Option<&PublicKey>; 4]) -> usize {
        found.iter().flatten().count()
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn fit_the_algorithms_of_their_kind_and_no_others() {
        for (name, algorithm) in Algorithm::ALL {
            for (key, fitting) in [
                (
                    rsa(),
                    &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..],
                ),
                (ec(), &["ES256"]),
                (
                    with(
                        with(
                            with(ec(), "crv", json!("P-384")),
                            "x",
                            json!(encode(&[1; 48])),
                        ),
                        "y",
                        json!(encode(&[1; 48])),
                    ),
                    &["ES384"],
                ),
                (
                    with(
                        with(
                            with(ec(), "crv", json!("P-521")),
                            "x",
                            json!(encode(&[1; 66])),
                        ),
                        "y",
                        json!(encode(&[1; 66])),
                    ),
                    &["ES512"],
                ),
                (okp(), &["EdDSA", "Ed25519"]),
            ] {
                let set = set(std::slice::from_ref(&key)).unwrap();
                let found = set.select(algorithm, Some("k"));
                let wanted = fitting.contains(&name);
                assert_eq!(found.is_ok(), wanted, "{name} {key}");
                // A key that names its algorithm fits that one only.
                for own in fitting {
                    let named = JwkSet::parse(
                        json!({"keys": [with(key.clone(), "alg", json!(own))]})
                            .to_string()
                            .as_bytes(),
                    );
                    let found = named.unwrap().select(algorithm, None).is_ok();
                    let same = Algorithm::parse(own) == Some(algorithm);
                    assert_eq!(found, same, "{name} {own}");
                }
            }
        }
    }

    /// The kind: every name of an algorithm means it wherever one is named, and no name two.
    #[test]
    fn are_of_an_algorithm_by_each_of_its_names() {
        for (name, algorithm) in Algorithm::ALL {
            for (other, same) in Algorithm::ALL {
                let Some(set) = set(&[with(okp(), "alg", json!(name))]) else {
                    assert!(!["EdDSA", "Ed25519"].contains(&name), "{name}");
                    continue;
                };
                let found = set.select(same, Some("k")).is_ok();
                assert_eq!(found, algorithm == same, "{name} {other}");
            }
        }
    }

    /// The kind: whatever a serializer writes for a member that is not there.
    #[test]
    fn are_taken_with_members_that_say_nothing() {
        let optional = ["use", "key_ops", "alg", "kid"];
        let ignored = [
            "x5c",
            "x5t",
            "x5t#S256",
            "x5u",
            "d",
            "p",
            "q",
            "dp",
            "dq",
            "qi",
            "oth",
            "k",
            "exp",
            "nbf",
            "iat",
            "revoked",
            "ext",
            "keySize",
            "hasPrivateKey",
        ];
        for key in [rsa(), ec(), okp()] {
            for nothing in [json!(null), json!(""), json!([]), json!([null])] {
                let mut all = key.clone();
                for name in optional.into_iter().chain(ignored) {
                    let told = with(key.clone(), name, nothing.clone());
                    assert!(set(&[told]).is_some(), "{name}: {nothing}");
                    all[name] = nothing.clone();
                }
                let set = set(&[json!(null), all]).unwrap();
                let [found] = &*set.0 else { panic!("{set:?}") };
                assert_eq!((found.key_id.as_ref(), found.algorithm), (None, None));
            }
        }
        let body = json!({"keys": [ec()], "next": null}).to_string();
        for (mark, read) in [("", true), ("\u{feff}", true), ("\u{feff}\u{feff}", false)] {
            let found = JwkSet::parse(format!("{mark}{body}").as_bytes());
            assert_eq!(found.is_some(), read);
        }
    }

    #[test]
    fn are_left_out_when_they_are_not_for_checking_signatures() {
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!(7)),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!(["encrypt", null])),
            ("key_ops", json!("verify")),
            ("key_ops", json!({})),
            ("alg", json!("RS1")),
            ("alg", json!("none")),
            ("alg", json!("HS256")),
            ("alg", json!("ES512")),
            ("alg", json!("RSA-OAEP")),
            ("alg", json!("Ed448")),
            ("alg", json!("ESP256")),
            ("alg", json!(7)),
            ("kid", json!(7)),
            ("kid", json!("k".repeat(257))),
            ("kty", json!("oct")),
            ("kty", json!("rsa")),
            ("kty", json!(null)),
        ] {
            for key in [rsa(), ec(), okp()] {
                assert_eq!(
                    set(&[with(key, name, value.clone())]),
                    None,
                    "{name}: {value}"
                );
            }
        }
        for (name, value) in [
            ("use", json!("sig")),
            ("key_ops", json!(["sign", "verify"])),
            ("kid", json!("k".repeat(256))),
        ] {
            for key in [rsa(), ec(), okp()] {
                assert!(
                    set(&[with(key, name, value.clone())]).is_some(),
                    "{name}: {value}"
                );
            }
        }
    }

    #[test]
    fn are_left_out_when_their_numbers_are_of_the_wrong_size() {
        for (key, name, value) in [
            (rsa(), "n", json!(modulus(2047))),
            (rsa(), "n", json!(modulus(1024))),
            (rsa(), "n", json!(modulus(8193))),
            (rsa(), "n", json!("")),
            (rsa(), "n", json!(format!("{}=", modulus(2048)))),
            (rsa(), "n", json!(1)),
            (rsa(), "e", json!("AQ")),
            (rsa(), "e", json!("Ag")),
            (rsa(), "e", json!("AAAA")),
            (rsa(), "e", json!("")),
            (rsa(), "e", json!(encode(&[1; 9]))),
            (ec(), "crv", json!("P-384")),
            (ec(), "crv", json!("secp256k1")),
            (ec(), "x", json!(encode(&[1; 31]))),
            (ec(), "x", json!(encode(&[1; 33]))),
            (ec(), "y", json!(encode(&[1; 31]))),
            (ec(), "y", json!(null)),
            (okp(), "x", json!(encode(&[1; 31]))),
            (okp(), "crv", json!("X25519")),
            (okp(), "crv", json!("Ed448")),
        ] {
            assert_eq!(
                set(&[with(key, name, value.clone())]),
                None,
                "{name}: {value}"
            );
        }
        assert!(set(&[with(rsa(), "n", json!(modulus(8192)))]).is_some());
        assert!(set(&[with(rsa(), "e", json!("Aw"))]).is_some());
    }

    #[test]
    fn do_not_spoil_the_others_of_their_set() {
        let keys = [
            json!({"kty": "oct", "k": "AAAA"}),
            json!(7),
            json!({}),
            with(ec(), "kid", json!("good")),
        ];
        let set = set(&keys).unwrap();
        let algorithm = Algorithm::parse("ES256").unwrap();
        let jwk = set.select(algorithm, Some("good")).unwrap();
        assert!(matches!(jwk, [Some(PublicKey::Ec { .. }), None, ..]));
        assert_eq!(
            set.select(algorithm, Some("bad")).err(),
            Some(TokenFault::NoKey)
        );
    }

    /// As many keys as there are numbers, of the name that is given for each.
    fn ec_keys(names: &[(u8, &str)]) -> JwkSet {
        let key = |(number, name): &(u8, &str)| {
            with(
                with(ec(), "x", json!(encode(&[*number; 32]))),
                "kid",
                json!(name),
            )
        };
        set(&names.iter().map(key).collect::<Vec<_>>()).unwrap()
    }

    /// The kind: one key, however often and with whatever beside it the issuer writes it.
    #[test]
    fn are_one_key_when_they_are_the_same() {
        for key in [rsa(), ec(), okp()] {
            let own = match key["kty"].as_str() {
                Some("RSA") => "RS256",
                Some("EC") => "ES256",
                _ => "EdDSA",
            };
            let algorithm = Algorithm::parse(own).unwrap();
            for twin in [
                key.clone(),
                with(key.clone(), "x5c", json!(["MIIC"])),
                with(key.clone(), "use", json!("sig")),
                with(key.clone(), "key_ops", json!(["verify"])),
                with(key.clone(), "alg", json!(own)),
            ] {
                for pair in [[&key, &twin], [&twin, &key]] {
                    let set = set(&pair.map(Value::clone)).unwrap();
                    for key_id in [Some("k"), None] {
                        let found = set.select(algorithm, key_id).map(count);
                        assert_eq!(found, Ok(1), "{pair:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn are_refused_when_different_ones_have_one_name() {
        let algorithm = Algorithm::parse("ES256").unwrap();
        let twins = ec_keys(&[(1, "k"), (1, "k"), (2, "k"), (3, "other")]);
        let found = twins.select(algorithm, Some("k")).err();
        assert_eq!(found, Some(TokenFault::AmbiguousKey));
        assert!(twins.select(algorithm, Some("other")).is_ok());
        for (name, value) in [("y", encode(&[9; 32])), ("x", encode(&[9; 32]))] {
            let twins = set(&[ec(), with(ec(), name, json!(value))]).unwrap();
            let found = twins.select(algorithm, Some("k")).err();
            assert_eq!(found, Some(TokenFault::AmbiguousKey), "{name}");
        }
    }

    /// The kind: however many keys fit, a token costs a bounded number of signatures.
    #[test]
    fn are_four_at_most_for_a_token_that_names_none() {
        let algorithm = Algorithm::parse("ES256").unwrap();
        for count in 1..=64_u8 {
            let names: Vec<(u8, String)> = (1..=count).map(|key| (key, key.to_string())).collect();
            let names: Vec<(u8, &str)> = names.iter().map(|(key, name)| (*key, &**name)).collect();
            let keys = ec_keys(&names);
            let found = self::count(keys.select(algorithm, None).unwrap());
            assert_eq!(found, usize::from(count.min(4)));
        }
        // Those that are there twice count once, and those that do not fit not at all.
        let keys = ec_keys(&[(1, "a"), (1, "b"), (1, "c"), (1, "d"), (2, "e")]);
        assert_eq!(count(keys.select(algorithm, None).unwrap()), 2);
        let mixed = set(&[ec(), rsa()]).unwrap();
        assert!(mixed.select(algorithm, None).is_ok());
        let nameless =
            set(&[json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[1; 32])})]).unwrap();
        let algorithm = Algorithm::parse("EdDSA").unwrap();
        assert!(nameless.select(algorithm, None).is_ok());
        let found = nameless.select(algorithm, Some("k")).err();
        assert_eq!(found, Some(TokenFault::NoKey));
    }

    #[test]
    fn are_no_set_without_a_list_of_a_sensible_length() {
        assert!(set(&vec![ec(); 64]).is_some());
        assert!(set(&vec![ec(); 65]).is_none());
        for body in [
            "",
            "[]",
            "{}",
            r#"{"keys":null}"#,
            r#"{"keys":{}}"#,
            r#"{"keys":[]}"#,
        ] {
            assert_eq!(JwkSet::parse(body.as_bytes()), None, "{body}");
        }
        let twice = format!(r#"{{"keys":[{}],"keys":[]}}"#, ec());
        assert_eq!(JwkSet::parse(twice.as_bytes()), None);
    }

    #[test]
    fn count_bits_without_leading_zeros() {
        for (number, count) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[1], 1),
            (&[0, 1], 1),
            (&[0x80], 8),
            (&[1, 0], 9),
            (&[0xff, 0xff], 16),
        ] {
            assert_eq!(bits(number), count, "{number:?}");
        }
    }

    #[test]
    fn have_exponents_that_are_odd_and_not_one() {
        for (exponent, sound) in [
            (&[3][..], true),
            (&[1, 0, 1], true),
            (&[0xff; 8], true),
            (&[1], false),
            (&[0, 1], false),
            (&[2], false),
            (&[1, 0, 0], false),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 1], false),
            (&[], false),
        ] {
            assert_eq!(exponent_is_sound(exponent), sound, "{exponent:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panic_on_bytes(bytes in vec(any::<u8>(), 0..300)) {
            let _ = JwkSet::parse(&bytes);
        }
    }
}
