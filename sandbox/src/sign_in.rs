//! The routes of the issuer: its keys, and a sign-in that believes everybody.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, give};
use crate::envelope;
use crate::fault::Target;
use crate::issuer::{TOKEN_SECONDS, now};
use crate::state::Shared;
use crate::wire::Link;

/// Where the keys are.
pub(crate) const KEYS: &str = "/_sandbox/keys";
/// Where Cloudflare Access has the keys of a team.
pub(crate) const ACCESS_KEYS: &str = "/cdn-cgi/access/certs";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(KEYS, get(keys))
        .route(ACCESS_KEYS, get(keys))
        .route("/_sandbox/sign-in", post(sign_in))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    user: String,
}

async fn keys(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
) -> Response<Body> {
    let plan = shared.plan(Target::Keys, None);
    let keys = shared.issuer.load_keys();
    give(plan, link, |wrong| {
        Answer::json(StatusCode::OK, envelope::keys(&keys, wrong))
    })
    .await
}

/// Takes the body whatever its content type. As text it needs no preflight from a page.
async fn sign_in(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let mut response = match serde_json::from_slice::<SignIn>(&body) {
        Ok(SignIn { user }) if !user.trim().is_empty() => {
            let expires_at = now() + TOKEN_SECONDS;
            let claims = json!({"exp": expires_at});
            let token = shared.issuer.token("ES256", user.trim(), &claims);
            answer(
                StatusCode::OK,
                &json!({"token": token, "expires_at": expires_at}),
            )
        }
        _ => {
            let error = json!({"error": r#"sign in with {"user": "ada"}"#});
            answer(StatusCode::BAD_REQUEST, &error)
        }
    };
    // A real sign-in names its origins. Here there is nothing to protect.
    let any = HeaderValue::from_static("*");
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
