//! The control routes under `/_sandbox/`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{any, get, post, put};
use serde::Serialize;
use serde_json::json;

use crate::api::TRAP;
use crate::record::Route;
use crate::settings::Settings;
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/health", get(health))
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/settings", put(replace_settings))
        .route("/_sandbox/requests", get(requests).delete(forget))
        .route("/_sandbox/reset", post(reset))
        .route(TRAP, any(trap))
}

async fn health() -> Response<Body> {
    answer(StatusCode::OK, &json!({ "status": "ok" }))
}

async fn state(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let settings = shared.settings();
    let uptime_ms = shared.journal.elapsed_ms();
    let state = shared.journal.read(|observed| {
        json!({
            "uptime_ms": uptime_ms,
            "in_flight": observed.in_flight,
            "max_in_flight": observed.max_in_flight,
            "requests": observed.requests.len(),
            "token_requests": observed.token_requests().count(),
            "flags_requests": observed.flags_requests().count(),
            "trap_requests": observed.on(Route::Trap).count(),
            "settings": *settings,
        })
    });
    answer(StatusCode::OK, &state)
}

/// Takes the body whatever its content type, so that a plain `curl -d` works.
async fn replace_settings(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let settings: Settings = match serde_json::from_slice(&body) {
        Ok(settings) => settings,
        Err(error) => return refused(&error.to_string()),
    };
    match shared.configure(settings) {
        Ok(()) => answer(StatusCode::OK, &*shared.settings()),
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(reason: &str) -> Response<Body> {
    let body = json!({ "error": format!("settings refused: {reason}") });
    answer(StatusCode::BAD_REQUEST, &body)
}

async fn requests(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let requests = shared.journal.read(|observed| observed.requests.clone());
    answer(StatusCode::OK, &requests)
}

async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.journal.clear();
    StatusCode::NO_CONTENT
}

async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

/// Would satisfy a client that followed a redirect here, so that only the record tells.
async fn trap() -> Response<Body> {
    let body = json!({ "rows": [], "pages": 1, "total": 0, "page": 1, "requestId": 666 });
    answer(StatusCode::OK, &body)
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // Serialising these types cannot fail; an empty body would be the least bad answer if it did.
    let mut text = serde_json::to_vec_pretty(body).unwrap_or_default();
    text.push(b'\n');
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
