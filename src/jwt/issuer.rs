//! An issuer whose tokens are believed, and the sequence in which one is checked.

use std::cell::Cell;
use std::rc::Rc;

use crate::jwt::TokenFault;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::claims::{ClaimPolicy, Claims};
use crate::jwt::jws::UnverifiedToken;
use crate::jwt::key_set::RemoteKeys;
use crate::jwt::verifier::{VerificationKey, Verifier};
use crate::runtime::{Runtime, Timestamp};
use crate::secret::Secret;

/// An issuer, as the configuration has it.
#[derive(Debug)]
pub struct Issuer {
    /// The algorithms that it may use: all of one kind, symmetric or not.
    pub algorithms: Vec<Algorithm>,
    /// Its keys.
    pub keys: Keys,
    /// Whom a token must be from and for.
    pub claims: ClaimPolicy,
}

/// Which of an issuer's keys a token is checked with.
#[derive(Debug, Clone, Copy)]
pub enum Trusting<'a> {
    /// Those that it has now, or had within the time that [`RemoteKeys`] keeps them. It is noted when
    /// they have to be waited for.
    Issuer(&'a Cell<bool>),
    /// Those that are noted, where it was not asked yet. What they verify is a presumption.
    Note,
}

/// The keys of an issuer.
#[derive(Debug)]
pub enum Keys {
    /// Public ones, behind a URL.
    Remote(RemoteKeys),
    /// A secret that both sides share.
    Shared(Secret),
}

impl Issuer {
    /// Checks a token and gives its claims.
    ///
    /// # Errors
    /// The first [`TokenFault`] that is met: form, algorithm, key, signature, claims, in this
    /// order. A claim is not looked at before the signature was checked. Keys are waited for until
    /// `deadline` at most.
    pub async fn verify<R>(
        &self,
        token: &str,
        trusting: Trusting<'_>,
        deadline: Timestamp,
        runtime: &R,
    ) -> Result<Claims, TokenFault>
    where
        R: Runtime + Verifier,
    {
        let token = UnverifiedToken::parse(token)?;
        token.check_algorithm(&self.algorithms)?;
        let set;
        let keys = match &self.keys {
            Keys::Shared(secret) => {
                let key = VerificationKey::Shared(secret.expose().as_bytes());
                [Some(key), None, None, None]
            }
            Keys::Remote(keys) => {
                let key_id = token.key_id.as_deref();
                set = match trusting {
                    Trusting::Issuer(waits) => {
                        keys.get(token.algorithm, key_id, waits, deadline, runtime)
                            .await?
                    }
                    Trusting::Note => Rc::new(keys.recall(runtime).await.ok_or(TokenFault::NoKey)?),
                };
                let keys = set.select(token.algorithm, key_id)?;
                keys.map(|key| key.map(VerificationKey::Public))
            }
        };
        let payload = token.verify(&keys, runtime).await?;
        self.claims.check(&payload, runtime.now())
    }
}
