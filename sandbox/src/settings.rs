//! Every knob of the sandbox, the same through the library and the control routes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// Most rows a catalogue may have.
const MAX_ROWS: u32 = 100_000;
/// Most padding a row may have: what `format!` can pad to.
const MAX_PADDING: u32 = 65_535;

/// How the sandbox answers. The default is a well-behaved API with 250 integrations.
///
/// In JSON every field may be left out and then has its default; an unknown field is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Settings {
    /// Number of integrations, up to 100 000. The first 250 have the names of real products.
    pub catalogue: u32,
    /// Extra bytes in every row, up to 65 535.
    pub row_padding: u32,
    /// `authkitWhitelist` in the flags answer.
    pub white_label: bool,
    /// What `requestId` is.
    pub request_id: RequestIdKind,
    /// A page count to claim instead of the true one.
    pub pages_claim: Option<u64>,
    /// Adds fields to the token answer that no client knows.
    pub extra_envelope_fields: bool,
    /// Adds the `identity` that was asked for to the token answer, to tell whose it is.
    pub echo_identity: bool,
    /// Indents the JSON of answers.
    pub pretty: bool,
    /// Sends answers without `Content-Length`.
    pub chunked: bool,
    /// Compresses answers, whatever the client accepts.
    pub gzip: bool,
    /// Delay before every token and flags answer.
    pub latency_ms: u64,
    /// Refuses the right key too, as if it had been revoked.
    pub revoked: bool,
    /// What `GET /v1/users/whoami` answers, beside the user; `null` for a 404.
    pub whoami: Option<Whoami>,
    /// Misbehaviours. Their counts start anew whenever the settings are set.
    pub faults: Vec<Fault>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            catalogue: 250,
            row_padding: 0,
            white_label: false,
            request_id: RequestIdKind::Integer,
            pages_claim: None,
            extra_envelope_fields: false,
            echo_identity: false,
            pretty: false,
            chunked: false,
            gzip: false,
            latency_ms: 0,
            revoked: false,
            whoami: Some(Whoami::default()),
            faults: Vec::new(),
        }
    }
}

impl Settings {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// When a size is beyond its limit or a fault could not be sent as HTTP.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        if self.catalogue > MAX_ROWS {
            let text = format!("catalogue: {} is more than {MAX_ROWS}", self.catalogue);
            return Err(InvalidSettings(text));
        }
        if self.row_padding > MAX_PADDING {
            let text = format!(
                "row_padding: {} is more than {MAX_PADDING}",
                self.row_padding
            );
            return Err(InvalidSettings(text));
        }
        for (index, fault) in self.faults.iter().enumerate() {
            fault
                .validate()
                .map_err(|text| InvalidSettings(format!("faults[{index}]: {text}")))?;
        }
        Ok(())
    }
}

/// Settings that the sandbox cannot follow, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(String);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSettings {}

/// The JSON type of `requestId` in the token answer. The number in it is new in every answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestIdKind {
    /// `110256`, as in the published samples.
    #[default]
    Integer,
    /// `"req_110256"`.
    String,
    /// `{"id":110256,"shard":"b"}`.
    Object,
    /// No such field.
    Absent,
    /// The number, and once more as `request_id`: the official Python SDK reads that name, and
    /// fails without it when there is more than one page.
    Twice,
}

/// Whose key it is. Tenant headers have to name the same, or the answer is 403.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Whoami {
    /// Id of the organization, a UUID.
    pub organization_id: String,
    /// Its name; `null` for a key that is of none.
    pub organization: Option<String>,
    /// Id of the project, a UUID.
    pub project_id: String,
    /// Its name; `null` for a key that is of none.
    pub project: Option<String>,
}

impl Default for Whoami {
    fn default() -> Self {
        Self {
            organization_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
            organization: Some("Sandbox".to_owned()),
            project_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7".to_owned(),
            project: Some("Default".to_owned()),
        }
    }
}
