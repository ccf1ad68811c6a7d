//! The endpoint beside code that panics, as a fault in a host's or in a dependency's code would.
//! There is no such path in the Worker that is deployed.

#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use authkit_edge::{edge::answer, http::target::Target};
use worker::{Context, Delay, Env, Result, event, web_sys};

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    _context: Context,
) -> Result<web_sys::Response> {
    let url = request.url();
    match Target::parse(&url).path {
        "/panic" => panic!("on purpose, at once"),
        "/panic-later" => {
            Delay::from(Duration::from_millis(10)).await;
            panic!("on purpose, after an await")
        }
        _ => Ok(answer(request, &env).await),
    }
}
