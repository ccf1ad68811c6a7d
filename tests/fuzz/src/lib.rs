//! What must hold of every parser that reads what strangers send: a function for each, which takes
//! any bytes and panics when it does not hold.
//!
//! `cargo fuzz` calls them from `fuzz_targets/` (see `scripts/fuzz.sh`), `tests/bounded.rs` from a
//! stable compiler.

#![expect(
    clippy::missing_panics_doc,
    reason = "panicking is how a fuzz target says that something does not hold"
)]

mod claims;
mod cookie;
mod grant;
mod identity;
mod jwks;
mod jws;
mod origin;
mod page;
mod session;
mod target;
mod trace_context;

pub use claims::claim_path;
pub use cookie::cookie_parse;
pub use grant::grant_check;
pub use identity::identity_parse;
pub use jwks::jwks_parse;
pub use jws::jws_parse;
pub use origin::origin_parse;
pub use page::page_parse;
pub use session::session_answer;
pub use target::target_parse;
pub use trace_context::trace_parent_parse;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All of them with their names, which are also those of the folders of seeds.
pub const TARGETS: [(&str, Target); 11] = [
    ("claim_path", claim_path),
    ("cookie_parse", cookie_parse),
    ("grant_check", grant_check),
    ("identity_parse", identity_parse),
    ("jwks_parse", jwks_parse),
    ("jws_parse", jws_parse),
    ("origin_parse", origin_parse),
    ("page_parse", page_parse),
    ("session_answer", session_answer),
    ("target_parse", target_parse),
    ("trace_parent_parse", trace_parent_parse),
];

/// The text before and after the first line break; the second is empty when there is none.
fn lines(data: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\n').unwrap_or((text, "")))
}
