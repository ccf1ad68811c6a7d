//! The description of the routes for programs.

/// An `OpenAPI` 3.1 document. It is the same for every deployment, so it tells nothing of any:
/// paths are relative to the `ROUTE_PREFIX` that it is found below, and what depends on the
/// configuration is described as such. `tests/handler/openapi.rs` holds it against the code.
pub const DOCUMENT: &str = include_str!("openapi.json");
