//! JSON as it is written here.

use serde::Serialize;

/// The JSON text of a value.
///
/// No error: only maps with other keys than strings, and implementations that refuse, fail to be
/// written as text; here are structs of strings and numbers.
pub(crate) fn text(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
