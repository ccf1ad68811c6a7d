//! The fetch event of the Worker.

use worker::{Context, Env, event};

use crate::edge::answer;

/// Answers a request. An error would be answered by the macro with a bare 500, so there is none.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    _context: Context,
) -> worker::Result<web_sys::Response> {
    Ok(answer(request, &env).await)
}
