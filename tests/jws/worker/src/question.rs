//! What is asked and what is answered, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A token, and how an endpoint that gets it is configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// `JWT_ALGORITHMS`
    pub algorithms: Vec<String>,
    /// What the issuer's key URL answers; none where there is a secret.
    pub keys: Option<Value>,
    /// The secret that both sides share, in base64url: vectors have any bytes in theirs.
    pub secret: Option<String>,
    /// The token.
    pub token: String,
}

/// Whether it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the signature counts: form, algorithm, key and signature are right.
    pub accepted: bool,
    /// If not, the name of the `TokenFault`, or `Configuration` where no endpoint could be
    /// configured like that.
    pub reason: String,
}

impl Verdict {
    pub(crate) fn accepted() -> Self {
        Self {
            accepted: true,
            reason: String::new(),
        }
    }

    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self {
            accepted: false,
            reason: reason.into(),
        }
    }
}
