//! Errors as the Python samples word them, for front ends that were written for one.
//!
//! An answer in a dialect has all that every error of ours has, and beside it what a client of that
//! sample looks at. Statuses stay honest: where the samples answer 200 with an error body, or 500
//! for everything, ours say what happened.

use std::borrow::Cow;

use serde::Serialize;

use crate::caller::CallerFault;
use crate::error::{Refusal, WireError};
use crate::http::request_body::BodyFault;
use crate::http::routes::Dialect;
use crate::identity::IdentityType;

/// `error` of every answer that should have been a token: the text of the Node samples.
pub(super) const NO_TOKEN: &str = "Failed to generate token";

/// The Python samples say it in other words.
const NO_TOKEN_IN_PYTHON: &str = "Failed to create token";

impl Dialect {
    pub(super) fn error(self, own: &'static str) -> &'static str {
        match self {
            _ if !cfg!(feature = "python") => own,
            Self::Flask if own == NO_TOKEN => NO_TOKEN_IN_PYTHON,
            Self::Own | Self::FastApi | Self::Flask => own,
        }
    }

    pub(super) fn status(self, refusal: &Refusal, own: u16) -> u16 {
        match self {
            _ if !cfg!(feature = "python") => own,
            Self::Own | Self::Flask => own,
            Self::FastApi => validation(refusal).map_or(own, |_| 422),
        }
    }

    pub(super) fn detail(self, refusal: &Refusal, wire: &WireError) -> Option<Detail> {
        match self {
            _ if !cfg!(feature = "python") => None,
            Self::Own | Self::Flask => None,
            Self::FastApi => Some(validation(refusal).map_or_else(
                || {
                    Detail::Text(match wire.error {
                        "Not found" => "Not Found".into(),
                        "Method not allowed" => "Method Not Allowed".into(),
                        NO_TOKEN => NO_TOKEN_IN_PYTHON.into(),
                        _ => wire.message.clone(),
                    })
                },
                |error| Detail::Errors([error]),
            )),
        }
    }
}

/// What `FastAPI` puts into `detail`.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Detail {
    Text(Cow<'static, str>),
    Errors([ValidationError; 1]),
}

/// Pydantic's description of a body that does not fit. It repeats what it was given as `input`; we
/// do not, since that may be somebody's identity.
#[derive(Serialize)]
pub(super) struct ValidationError {
    r#type: &'static str,
    loc: Location,
    msg: Cow<'static, str>,
    input: Option<Nothing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Context>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Location {
    Body([&'static str; 1]),
    Field([&'static str; 2]),
    Byte(&'static str, u8),
}

/// `{}`, and not `null`.
#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Context {
    Error(&'static str),
    Expected(String),
}

fn validation(refusal: &Refusal) -> Option<ValidationError> {
    let fault = match refusal {
        Refusal::Body(fault) | Refusal::Caller(CallerFault::Fields(fault), _) => fault,
        Refusal::Caller(CallerFault::IdentityType, _) => return Some(literal_error()),
        Refusal::Path
        | Refusal::Method(_)
        | Refusal::Loop
        | Refusal::Plaintext
        | Refusal::RateLimit(_)
        | Refusal::Query(_)
        | Refusal::Caller(..)
        | Refusal::Config(_)
        | Refusal::Upstream(_)
        | Refusal::Vault(_)
        | Refusal::Connection
        | Refusal::Panic => return None,
    };
    Some(match fault {
        BodyFault::Syntax => ValidationError {
            r#type: "json_invalid",
            loc: Location::Byte("body", 0),
            msg: "JSON decode error".into(),
            input: Some(Nothing {}),
            ctx: Some(Context::Error("Invalid JSON")),
        },
        BodyFault::NotAnObject => ValidationError {
            r#type: "model_attributes_type",
            loc: Location::Body(["body"]),
            msg: "Input should be a valid dictionary or object to extract fields from".into(),
            input: None,
            ctx: None,
        },
        BodyFault::Field("identity") => ValidationError {
            r#type: "string_type",
            loc: Location::Field(["body", "identity"]),
            msg: "Input should be a valid string".into(),
            input: None,
            ctx: None,
        },
        BodyFault::Field(_) => literal_error(),
        BodyFault::TooLarge
        | BodyFault::Broken
        | BodyFault::TooSlow
        | BodyFault::NoRoom
        | BodyFault::MediaType => return None,
    })
}

fn literal_error() -> ValidationError {
    let [first, second, third, last] = IdentityType::ALL.map(|kind| format!("'{kind}'"));
    let expected = format!("{first}, {second}, {third} or {last}");
    ValidationError {
        r#type: "literal_error",
        loc: Location::Field(["body", "identity_type"]),
        msg: format!("Input should be {expected}").into(),
        input: None,
        ctx: Some(Context::Expected(expected)),
    }
}
