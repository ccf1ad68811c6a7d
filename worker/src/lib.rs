//! The Worker that is the endpoint and nothing else: a fetch event, and all the rest is the library.

#![cfg(target_arch = "wasm32")]

use authkit_edge::edge::answer;
use worker::{Context, Env, event, web_sys};

/// Answers a request. An error would be answered by the macro with a bare 500, so there is none.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    _context: Context,
) -> worker::Result<web_sys::Response> {
    Ok(answer(request, &env).await)
}
