//! An application that knows who is signed in. authkit-edge believes it, and does the rest.

#![cfg(target_arch = "wasm32")]

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    if !request.path().starts_with("/api/authkit") {
        return Response::ok("A page of the application\n");
    }
    // The headers of a request that came in cannot be changed, those of a copy can.
    let mut request = request.clone_mut()?;
    if let Some(user) = user(&request, &env).await? {
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
