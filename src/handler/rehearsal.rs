//! What an isolate rehearses once: the way of a token, played with nobody.
//!
//! The engine compiles a function when it is called for the first time, so the first token of an isolate
//! would wait for that at every step. A place that starts an isolate before anybody asks plays this request
//! through, with these settings and these answers. It is a request like any other, to a deployment of its own:
//! nothing that it learns is anybody else's, no call leaves, and what comes of it is thrown away.

/// The variables of the deployment. Its names lead nowhere (RFC 6761 §6.4).
pub const SETTINGS: [(&str, &str); 7] = [
    ("PICA_SECRET_KEY", "sk_test_rehearsal"),
    ("AUTHKIT_BASE_URL", "https://rehearsal.invalid"),
    ("IDENTITY_SOURCE", "jwt"),
    ("JWT_ISSUER", "https://rehearsal.invalid"),
    ("JWT_JWKS_URL", "https://rehearsal.invalid/keys"),
    ("JWT_AUDIENCE", "rehearsal"),
    ("JWT_ALGORITHMS", "ES256"),
];

/// The address of the request, which is a `POST`.
pub const URL: &str = "https://rehearsal.invalid/api/authkit";

/// Its headers. The token is for nobody, until the year 2100; who had the key to it has thrown it away.
pub const HEADERS: [(&str, &str); 3] = [
    ("origin", "https://rehearsal.invalid"),
    ("sec-fetch-site", "same-origin"),
    (
        "authorization",
        "Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.\
         eyJpc3MiOiJodHRwczovL3JlaGVhcnNhbC5pbnZhbGlkIiwiYXVkIjoicmVoZWFyc2FsIiwic3ViIjoibm9ib2R5IiwiZXhwIjo0MTAyNDQ0ODAwfQ.\
         WHCa416X0QEiEdLH-DO-M7eBtZ5FHLYNdxaTkeDY1SpakBCHOUN2q3TxZXqcDs_jYlUDW0djRWKjkG0riu8jPQ",
    ),
];

/// What every call is answered: a key set and the flags at the same time, or a page.
#[must_use]
pub fn answer(url: &str) -> Vec<u8> {
    let text = if url.contains("page=") {
        let rows = ROW.repeat(ROWS);
        format!(r#"{{"rows":[{rows}null],"pages":2,"page":1,"requestId":1}}"#)
    } else {
        KEYS_AND_FLAGS.to_owned()
    };
    text.into_bytes()
}

const KEYS_AND_FLAGS: &str = concat!(
    r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"NzzFCHBFrTQAhlqOeTpHDodcqTuU10LTjJfRJF4OjFs","#,
    r#""y":"8i0DxRKt_uCVj-TmtvUVL0opeMJm1atlgSXtQ5brGZs"}],"authkitWhitelist":false}"#,
);

/// So many that the engine sees what walks over them is worth optimizing: it then does that now, and not
/// beside the first token.
const ROWS: usize = 800;

const ROW: &str =
    r#"{"id":1,"title":"Rehearsal","tags":["a","b"],"active":true,"frontend":{"name":"\\"}},"#;
