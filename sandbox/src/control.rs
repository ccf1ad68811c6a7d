//! The control routes under `/_sandbox/`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{any, get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::TRAP;
use crate::issuer::now;
use crate::record::Route;
use crate::settings::Settings;
use crate::state::Shared;
use crate::vault::{Connection, State as ConnectionState};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/health", get(health))
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/settings", put(replace_settings))
        .route("/_sandbox/requests", get(requests).delete(forget))
        .route("/_sandbox/reset", post(reset))
        .route(
            "/_sandbox/connections",
            get(connections).put(replace_connections).post(connect),
        )
        .route("/_sandbox/connections/{id}", put(set_state))
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
        Err(error) => return refused(&format!("settings refused: {error}")),
    };
    match shared.configure(settings) {
        Ok(()) => answer(StatusCode::OK, &*shared.settings()),
        Err(error) => refused(&format!("settings refused: {error}")),
    }
}

fn refused(reason: &str) -> Response<Body> {
    let body = json!({ "error": reason });
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

async fn connections(State(shared): State<Arc<Shared>>) -> Response<Body> {
    answer(StatusCode::OK, &shared.vault.all())
}

async fn replace_connections(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match serde_json::from_slice::<Vec<Connection>>(&body) {
        Ok(rows) => shared.vault.replace(rows),
        Err(error) => return refused(&error.to_string()),
    }
    answer(StatusCode::OK, &shared.vault.all())
}

/// What the widget sends when somebody has connected an app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connect {
    /// `requestId` of the token, by which upstream it is bound to an identity.
    request_id: Value,
    platform: String,
    name: Option<String>,
}

/// For whom, the token says, and not the page.
async fn connect(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let Connect {
        request_id,
        platform,
        name,
    } = match serde_json::from_slice(&body) {
        Ok(connect) => connect,
        Err(error) => return refused(&error.to_string()),
    };
    let whose = request_number(&request_id).and_then(|number| shared.vault.whose(number));
    let Some((identity, kind)) = whose else {
        return refused("there is no token of that requestId, or it is nobody's");
    };
    let row = Connection::new(&platform, &identity, &kind).with("createdAt", now() * 1000);
    let row = match name {
        Some(name) if !name.is_empty() => row.with("name", name),
        _ => row,
    };
    shared.vault.add(row.clone());
    answer(StatusCode::OK, &row)
}

/// The number in a `requestId`, of whichever kind the settings make it.
fn request_number(id: &Value) -> Option<u64> {
    match id {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.strip_prefix("req_")?.parse().ok(),
        Value::Object(object) => object.get("id")?.as_u64(),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewState {
    state: ConnectionState,
}

async fn set_state(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    match serde_json::from_slice::<NewState>(&body) {
        Ok(NewState { state }) if shared.vault.set_state(&id, state) => {
            answer(StatusCode::OK, &shared.vault.get(&id))
        }
        Ok(_) => answer(
            StatusCode::NOT_FOUND,
            &json!({ "error": "no such connection" }),
        ),
        Err(error) => refused(&error.to_string()),
    }
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
