//! An application's Worker, with the token endpoint on one of its paths.

#![cfg(target_arch = "wasm32")]

use authkit_edge::{edge::answer, http::target::Target};
use worker::{Context, Env, Response, Result, event, web_sys};

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    _context: Context,
) -> Result<web_sys::Response> {
    let url = request.url();
    let response = match Target::parse(&url).path {
        path if path.starts_with("/api/authkit") => return Ok(answer(request, &env).await),
        "/" => Response::ok("A page of the application\n"),
        _ => Response::error("There is nothing here", 404),
    };
    Ok(response?.into())
}
