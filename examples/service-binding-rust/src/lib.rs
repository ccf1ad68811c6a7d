//! An application that knows who is signed in. authkit-edge believes it, and does the rest.

#![cfg(target_arch = "wasm32")]

use worker::{Context, Env, Method, Request, Response, Result, event};

const TOKEN_PATH: &str = "/api/authkit";

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let path = request.path();
    let rest = match path.strip_prefix(TOKEN_PATH) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => return Response::ok("A page of the application\n"),
    };
    // The headers of a request that came in cannot be changed, those of a copy can.
    let mut request = request.clone_mut()?;
    // Who the visitor is, this Worker says, and nobody else.
    let headers = request.headers_mut()?;
    headers.delete("x-user-id")?;
    headers.delete("x-authkit-key")?;
    // The key opens the deep check, too, which is for the operator. So it goes with nothing but a
    // wish for a token.
    let asks_for_token = request.method() == Method::Post && matches!(rest, "" | "/");
    if asks_for_token && let Some(user) = user(&request, &env).await? {
        let key = env.secret("TRUSTED_CALLER_KEY")?.to_string();
        let headers = request.headers_mut()?;
        headers.set("x-user-id", &user)?;
        headers.set("x-authkit-key", &key)?;
    }
    // Whoever is not signed in has no key, so authkit-edge refuses the request, CORS and all.
    env.service("AUTHKIT")?.fetch_request(request).await
}

/// Who is signed in: the application's sessions are in a KV namespace.
async fn user(request: &Request, env: &Env) -> Result<Option<String>> {
    let header = request.headers().get("authorization")?.unwrap_or_default();
    match header.strip_prefix("Bearer ") {
        Some(session) if (32..=128).contains(&session.len()) => {
            Ok(env.kv("SESSIONS")?.get(session).text().await?)
        }
        _ => Ok(None),
    }
}
