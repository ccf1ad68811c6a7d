//! The signature algorithms of RFC 7518, RFC 8037 and RFC 9864 that WebCrypto in Workers can verify.

/// A value of `alg`. `none` is not one, so it cannot be configured by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `RS256`, `RS384`, `RS512`
    RsaPkcs1(Hash),
    /// `PS256`, `PS384`, `PS512`
    RsaPss(Hash),
    /// `ES256`, `ES384`, `ES512`; the hash belongs to the curve.
    Ecdsa(Curve),
    /// `EdDSA` with Ed25519, and `Ed25519`, as RFC 9864 calls the same.
    Ed25519,
    /// `HS256`, `HS384`, `HS512`
    Hmac(Hash),
}

/// SHA-2 by its size in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// NIST curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
}

impl Algorithm {
    /// All of them with their names. RFC 9864 registers two more for JOSE, of which Ed448 is nothing
    /// that WebCrypto has; its `ESP256` and the like are for COSE alone.
    pub const ALL: [(&'static str, Self); 14] = [
        ("RS256", Self::RsaPkcs1(Hash::Sha256)),
        ("RS384", Self::RsaPkcs1(Hash::Sha384)),
        ("RS512", Self::RsaPkcs1(Hash::Sha512)),
        ("PS256", Self::RsaPss(Hash::Sha256)),
        ("PS384", Self::RsaPss(Hash::Sha384)),
        ("PS512", Self::RsaPss(Hash::Sha512)),
        ("ES256", Self::Ecdsa(Curve::P256)),
        ("ES384", Self::Ecdsa(Curve::P384)),
        ("ES512", Self::Ecdsa(Curve::P521)),
        ("EdDSA", Self::Ed25519),
        ("Ed25519", Self::Ed25519),
        ("HS256", Self::Hmac(Hash::Sha256)),
        ("HS384", Self::Hmac(Hash::Sha384)),
        ("HS512", Self::Hmac(Hash::Sha512)),
    ];

    /// Reads a name, which is case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find_map(|(known, algorithm)| (*known == name).then_some(*algorithm))
    }

    /// Whether it works with a secret that both sides share.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Hmac(_))
    }
}

impl Hash {
    /// Bytes of a hash, which is also the least that an HMAC key must have (RFC 7518 §3.2).
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// WebCrypto's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl Curve {
    /// Reads a value of `crv`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521]
            .into_iter()
            .find(|curve| curve.name() == name)
    }

    /// The name in a JWK and in WebCrypto.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The hash that its signatures use.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::P256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
            Self::P521 => Hash::Sha512,
        }
    }

    /// Bytes of a coordinate.
    #[must_use]
    pub fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Curve};

    #[test]
    fn knows_its_names_and_no_others() {
        for (name, algorithm) in Algorithm::ALL {
            assert_eq!(Algorithm::parse(name), Some(algorithm));
            assert_eq!(algorithm.is_symmetric(), name.starts_with("HS"), "{name}");
        }
        for name in [
            "none", "None", "", "rs256", "RS1", "ES256K", "ES521", "HS1", "Ed448", "dir",
            "ed25519", "ESP256", "ESP384", "ESP512", "ESB256", "eddsa",
        ] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
    }

    #[test]
    fn pairs_curves_with_their_sizes() {
        for (curve, hash, coordinate) in [
            (Curve::P256, 32, 32),
            (Curve::P384, 48, 48),
            (Curve::P521, 64, 66),
        ] {
            assert_eq!(curve.hash().bytes(), hash);
            assert_eq!(curve.coordinate_bytes(), coordinate);
            assert_eq!(Curve::parse(curve.name()), Some(curve));
        }
        assert_eq!(Curve::parse("secp256k1"), None);
    }
}
