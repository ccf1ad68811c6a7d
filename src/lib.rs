//! Placeholder while the tool chain is being set up.

#[cfg(target_arch = "wasm32")]
mod worker_entry {
    use worker::{Context, Env, Request, Response, event};

    #[event(fetch)]
    async fn fetch(_request: Request, _env: Env, _context: Context) -> worker::Result<Response> {
        Response::ok("hello")
    }
}
