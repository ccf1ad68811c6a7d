//! Errors as the Python samples word them, for front ends that were written for one.
//!
//! An answer in a dialect has all that every error of ours has, and beside it what a client of that
//! sample looks at. Statuses stay honest: where the samples answer 200 with an error body, or 500
//! for everything, ours say what happened.

use serde_json::{Value, json};

use crate::caller::CallerFault;
use crate::error::{Refusal, WireError};
use crate::identity::IdentityType;
use crate::request_body::BodyFault;
use crate::routes::Dialect;

/// `error` of every answer that should have been a token: the text of the Node samples.
pub(super) const NO_TOKEN: &str = "Failed to generate token";

/// The Python samples say it in other words.
const NO_TOKEN_IN_PYTHON: &str = "Failed to create token";

impl Dialect {
    pub(super) fn error(self, own: &'static str) -> &'static str {
        match self {
            Self::Flask if own == NO_TOKEN => NO_TOKEN_IN_PYTHON,
            Self::Own | Self::FastApi | Self::Flask => own,
        }
    }

    pub(super) fn status(self, refusal: &Refusal, own: u16) -> u16 {
        match self {
            Self::Own | Self::Flask => own,
            Self::FastApi => validation(refusal).map_or(own, |_| 422),
        }
    }

    pub(super) fn detail(self, refusal: &Refusal, wire: &WireError) -> Option<Value> {
        match self {
            Self::Own | Self::Flask => None,
            Self::FastApi => Some(validation(refusal).map_or_else(
                || match wire.error {
                    "Not found" => json!("Not Found"),
                    "Method not allowed" => json!("Method Not Allowed"),
                    NO_TOKEN => json!(NO_TOKEN_IN_PYTHON),
                    _ => json!(wire.message),
                },
                |error| json!([error]),
            )),
        }
    }
}

/// Pydantic's description of a body that does not fit. It repeats what it was given as `input`; we
/// do not, since that may be somebody's identity.
fn validation(refusal: &Refusal) -> Option<Value> {
    let fault = match refusal {
        Refusal::Body(fault) | Refusal::Caller(CallerFault::Fields(fault), _) => fault,
        Refusal::Caller(CallerFault::IdentityType, _) => return Some(literal_error()),
        Refusal::Path
        | Refusal::Method(_)
        | Refusal::RateLimit(_)
        | Refusal::Query(_)
        | Refusal::Caller(..)
        | Refusal::Config(_)
        | Refusal::Upstream(_) => return None,
    };
    Some(match fault {
        BodyFault::Syntax => json!({
            "type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error",
            "input": {}, "ctx": {"error": "Invalid JSON"},
        }),
        BodyFault::NotAnObject => json!({
            "type": "model_attributes_type", "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract fields from",
            "input": null,
        }),
        BodyFault::Field("identity") => json!({
            "type": "string_type", "loc": ["body", "identity"],
            "msg": "Input should be a valid string", "input": null,
        }),
        BodyFault::Field(_) => literal_error(),
        BodyFault::TooLarge | BodyFault::Broken | BodyFault::MediaType => return None,
    })
}

fn literal_error() -> Value {
    let [first, second, third, last] = IdentityType::ALL.map(|kind| format!("'{kind}'"));
    let expected = format!("{first}, {second}, {third} or {last}");
    json!({
        "type": "literal_error", "loc": ["body", "identity_type"],
        "msg": format!("Input should be {expected}"), "input": null, "ctx": {"expected": expected},
    })
}
