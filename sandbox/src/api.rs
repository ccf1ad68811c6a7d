//! The routes of the two APIs, and the record of every request to them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::Next;
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::answer::{Answer, give};
use crate::body::Watched;
use crate::envelope;
use crate::fault::Target;
use crate::record::{Recorded, Route};
use crate::sign_in::{ACCESS_KEYS, KEYS};
use crate::state::Shared;
use crate::wire::Link;

/// Header with the key, on the Pica routes.
const PICA_SECRET: &str = "x-pica-secret";
/// Header with the key, on the One route.
const ONE_SECRET: &str = "x-one-secret";

/// Where followed redirects end up.
pub(crate) const TRAP: &str = "/_sandbox/trap";

const MAX_BODY: usize = 1024 * 1024;
const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;
const MAX_IDENTITY: usize = 128;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/authkit", post(pica_token))
        .route("/v1/authkit/token", post(one_token))
        .route("/v1/users/flags", get(flags))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
}

/// Records a request, and later whether its answer got out. Control routes pass unrecorded.
pub(crate) async fn observe(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path();
    let route = match path {
        "/v1/authkit" | "/v1/authkit/token" => Route::Token,
        "/v1/users/flags" => Route::Flags,
        KEYS | ACCESS_KEYS => Route::Keys,
        TRAP => Route::Trap,
        _ if path.starts_with("/_sandbox/") => return next.run(request).await,
        _ => Route::Other,
    };
    let at_ms = shared.journal.elapsed_ms();
    let (parts, body) = request.into_parts();
    let (body, fits) = read(body).await;
    let ticket = shared.journal.open(Recorded {
        at_ms,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: texts(&parts.headers),
        body: String::from_utf8_lossy(&body).into_owned(),
        page: (route == Route::Token).then(|| Paging::of(&parts.uri).page),
        route,
        outcome_status: None,
        completed: false,
    });
    let response = if fits {
        let request = Request::from_parts(parts, Body::from(body));
        next.run(request).await
    } else {
        let message = "The body is larger than 1 MiB or broken";
        plain(&Answer::error(StatusCode::PAYLOAD_TOO_LARGE, message))
    };
    ticket.answered(response.status().as_u16());
    response.map(|body| Body::new(Watched::new(body, ticket, link)))
}

/// Reads a body, and whether that is all of it. What is too much is read and dropped: closing a
/// connection with unread bytes would reset it, and the client would not see why.
async fn read(mut body: Body) -> (Bytes, bool) {
    let mut kept = BytesMut::new();
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) if kept.len() + data.len() <= MAX_BODY => kept.extend_from_slice(&data),
            // Trailers.
            Ok(Err(_)) => {}
            _ => fits = false,
        }
    }
    (kept.freeze(), fits)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect()
}

async fn pica_token(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    request: Request,
) -> Response<Body> {
    token(&shared, link, PICA_SECRET, request).await
}

async fn one_token(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    request: Request,
) -> Response<Body> {
    token(&shared, link, ONE_SECRET, request).await
}

async fn token(
    shared: &Shared,
    link: Arc<Link>,
    secret_header: &str,
    request: Request,
) -> Response<Body> {
    let paging = Paging::of(request.uri());
    let plan = shared.plan(Target::Token, Some(paging.page));
    let settings = Arc::clone(&plan.settings);
    let authorized = !settings.revoked && has_key(shared, request.headers(), secret_header);
    // `observe` has read the body already, so this neither waits nor fails.
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    let body = body.unwrap_or_default();

    give(plan, link, |wrong| {
        if !authorized {
            return unauthorized();
        }
        if let Err((status, message)) = check_payload(&body) {
            return Answer::error(status, message);
        }
        let look = shared.look(&settings);
        let page = shared.catalogue.page(look, paging.page, paging.limit);
        let identity = settings.echo_identity.then(|| identity(&body)).flatten();
        let text = envelope::token(&settings, &page, shared.request_id(), identity, wrong);
        Answer::json(StatusCode::OK, text)
    })
    .await
}

async fn flags(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    headers: HeaderMap,
) -> Response<Body> {
    let plan = shared.plan(Target::Flags, None);
    let settings = Arc::clone(&plan.settings);
    let authorized = !settings.revoked && has_key(&shared, &headers, PICA_SECRET);
    give(plan, link, |wrong| {
        if !authorized {
            return unauthorized();
        }
        Answer::json(StatusCode::OK, envelope::flags(&settings, wrong))
    })
    .await
}

async fn unknown_path() -> Response<Body> {
    plain(&Answer::error(StatusCode::NOT_FOUND, "No such route"))
}

async fn wrong_method() -> Response<Body> {
    let message = "This route has another method";
    plain(&Answer::error(StatusCode::METHOD_NOT_ALLOWED, message))
}

/// An answer that no setting changes.
fn plain(answer: &Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body.concat()));
    *response.status_mut() = answer.status;
    response.headers_mut().clone_from(&answer.headers);
    response
}

fn has_key(shared: &Shared, headers: &HeaderMap, name: &str) -> bool {
    // Not in constant time: the key is a published one.
    headers
        .get(name)
        .is_some_and(|value| value.as_bytes() == shared.key.as_bytes())
}

fn unauthorized() -> Answer {
    let message = "You're not authorized to access this resource";
    Answer::error(StatusCode::UNAUTHORIZED, message)
}

fn identity(body: &[u8]) -> Option<Value> {
    let payload: Value = serde_json::from_slice(body).ok()?;
    payload.get("identity").cloned()
}

/// The checks on `identity` and `identityType` that the API's open-source part is known to make.
fn check_payload(body: &[u8]) -> Result<(), (StatusCode, &'static str)> {
    let bad = |message| Err((StatusCode::BAD_REQUEST, message));
    let Ok(Value::Object(payload)) = serde_json::from_slice(body) else {
        return bad("The body must be a JSON object");
    };
    match payload.get("identity") {
        // Bytes, not characters, whatever the message says: so does the original.
        Some(Value::String(identity)) if identity.len() > MAX_IDENTITY => {
            return bad("Identity must not exceed 128 characters");
        }
        None | Some(Value::String(_)) => {}
        Some(_) => return bad("identity must be a string"),
    }
    match payload.get("identityType").map(Value::as_str) {
        None | Some(Some("user" | "team" | "organization" | "project")) => Ok(()),
        Some(_) => Err((
            StatusCode::UNPROCESSABLE_ENTITY,
            "identityType must be user, team, organization or project",
        )),
    }
}

/// `?limit=&page=`. What does not parse silently becomes the default, as in the original.
struct Paging {
    page: u64,
    limit: u64,
}

impl Paging {
    fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let number = |name: &str| {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            let value = fields.find(|(key, _)| *key == name)?.1;
            value.parse::<u64>().ok().filter(|number| *number > 0)
        };
        Self {
            page: number("page").unwrap_or(1),
            limit: number("limit").unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        }
    }
}
