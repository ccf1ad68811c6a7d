//! The sequence of `jwt::issuer` up to the claims, which most test vectors have none of.

use authkit_edge::caller::CallerFault;
use authkit_edge::error::{Challenge, Refusal};
use authkit_edge::jwt::TokenFault;
use authkit_edge::jwt::algorithm::{Algorithm, Hash};
use authkit_edge::jwt::jwk::JwkSet;
use authkit_edge::jwt::jws::UnverifiedToken;
use authkit_edge::jwt::verifier::{VerificationKey, Verifier};
use base64ct::{Base64UrlUnpadded, Encoding};

use crate::question::{Question, Verdict};

/// Judges one token.
pub async fn judge(question: &Question, verifier: &impl Verifier) -> Verdict {
    let Some(setup) = Setup::of(question) else {
        return Verdict::refused("Configuration");
    };
    match setup.check(&question.token, verifier).await {
        Ok(()) => Verdict::accepted(),
        Err(fault) => Verdict::refused(reason(fault)),
    }
}

/// Why, in the words of the log.
#[must_use]
pub fn reason(fault: TokenFault) -> String {
    let refusal = Refusal::Caller(CallerFault::Token(fault), Challenge::Own);
    refusal.reason().into_owned()
}

struct Setup {
    algorithms: Vec<Algorithm>,
    keys: Keys,
}

enum Keys {
    /// The body of a JWKS answer.
    Remote(Vec<u8>),
    Shared(Vec<u8>),
}

impl Setup {
    /// What the configuration refuses, is refused here by the same rules: an algorithm that it does
    /// not know, HS* beside others or beside a key URL, and a secret shorter than the hash.
    fn of(question: &Question) -> Option<Self> {
        let names = question.algorithms.iter();
        let algorithms: Option<Vec<Algorithm>> = names.map(|name| Algorithm::parse(name)).collect();
        let algorithms = algorithms.filter(|list| !list.is_empty())?;
        let symmetric = algorithms.iter().filter(|one| one.is_symmetric()).count();
        let keys = match (&question.keys, &question.secret) {
            (Some(keys), None) if symmetric == 0 => Keys::Remote(keys.to_string().into_bytes()),
            (None, Some(secret)) if symmetric == algorithms.len() => {
                let secret = Base64UrlUnpadded::decode_vec(secret).ok()?;
                let least = algorithms.iter().map(|algorithm| match algorithm {
                    Algorithm::Hmac(hash) => hash.bytes(),
                    _ => Hash::Sha512.bytes(),
                });
                let least = least.max()?;
                Keys::Shared(Some(secret).filter(|secret| secret.len() >= least)?)
            }
            _ => return None,
        };
        Some(Self { algorithms, keys })
    }

    async fn check(&self, token: &str, verifier: &impl Verifier) -> Result<(), TokenFault> {
        let token = UnverifiedToken::parse(token)?;
        token.check_algorithm(&self.algorithms)?;
        let set;
        let keys = match &self.keys {
            Keys::Shared(secret) => [Some(VerificationKey::Shared(secret)), None, None, None],
            Keys::Remote(body) => {
                set = JwkSet::parse(body).ok_or(TokenFault::NoKey)?;
                let keys = set.select(token.algorithm, token.key_id.as_deref())?;
                keys.map(|key| key.map(VerificationKey::Public))
            }
        };
        token.verify(&keys, verifier).await.map(drop)
    }
}
