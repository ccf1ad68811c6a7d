//! The routes of the two APIs, and the record of every request to them.

use std::mem;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::middleware::Next;
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::time::sleep;

use crate::answer::{Answer, CORRELATION_ID, give};
use crate::body::Watched;
use crate::envelope::{self, Extras};
use crate::fault::Target;
use crate::record::{Recorded, Route};
use crate::settings::Settings;
use crate::sign_in::{ACCESS_KEYS, KEYS};
use crate::state::{Plan, Shared};
use crate::vault::fresh_id;
use crate::wire::Link;

/// Header with the key, on the Pica routes.
const PICA_SECRET: &str = "x-pica-secret";
/// Header with the key, on the One route.
const ONE_SECRET: &str = "x-one-secret";

/// Where connections are.
const VAULT: &str = "/v1/vault/connections";

/// Where followed redirects end up.
pub(crate) const TRAP: &str = "/_sandbox/trap";

const MAX_BODY: usize = 1024 * 1024;
const DEFAULT_LIMIT: u64 = 20;
/// A larger limit is cut to it without a word.
const MAX_LIMIT: u64 = 150;
const MAX_IDENTITY: usize = 128;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/authkit", post(pica_token))
        .route("/v1/authkit/token", post(one_token))
        .route("/v1/users/flags", get(flags))
        .route("/v1/users/whoami", get(whoami))
        .route(VAULT, get(connections))
        .route(
            "/v1/vault/connections/{id}",
            get(connection).delete(disconnect),
        )
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
        "/v1/users/whoami" => Route::Whoami,
        _ if path.starts_with(VAULT) => Route::Vault,
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
        page: matches!(route, Route::Token | Route::Vault).then(|| Paging::of(&parts.uri).page),
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
    let mut response = response;
    if !matches!(route, Route::Keys | Route::Trap)
        && let Ok(id) = HeaderValue::from_str(&fresh_id())
    {
        response.headers_mut().entry(CORRELATION_ID).or_insert(id);
    }
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
    let refusal = refusal(shared, &settings, request.headers(), &[secret_header]);
    // `observe` has read the body already, so this neither waits nor fails.
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    let body = body.unwrap_or_default();

    give(plan, link, |wrong| {
        if let Some((status, message)) = refusal {
            return Answer::error(status, message);
        }
        if let Err((status, message)) = check_payload(&body) {
            return Answer::error(status, message);
        }
        let look = shared.look(&settings);
        let page = shared.catalogue.page(look, paging.page, paging.limit);
        let (identity, kind) = (member(&body, "identity"), member(&body, "identityType"));
        let request_id = shared.request_id();
        if let Some(Value::String(identity)) = &identity {
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("user");
            let vault = &shared.vault;
            vault.minted(request_id, identity.clone(), kind.to_owned());
        }
        let extras = Extras {
            identity: identity.filter(|_| settings.echo_identity),
            is_white_label: (secret_header == ONE_SECRET).then_some(settings.white_label),
        };
        let text = envelope::token(&settings, &page, request_id, extras, wrong);
        Answer::json(StatusCode::OK, text)
    })
    .await
}

/// The header of either brand: this route has one path with both.
const EITHER: [&str; 2] = [PICA_SECRET, ONE_SECRET];

async fn whoami(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    headers: HeaderMap,
) -> Response<Body> {
    let settings = shared.settings();
    let refusal = refusal(&shared, &settings, &headers, &EITHER);
    let plan = Plan::well(settings);
    let whoami = plan.settings.whoami.clone();
    give(plan, link, |_| match (refusal, &whoami) {
        (Some((status, message)), _) => Answer::error(status, message),
        (None, None) => Answer::error(StatusCode::NOT_FOUND, "No such route"),
        (None, Some(whoami)) => Answer::json(StatusCode::OK, envelope::whoami(whoami)),
    })
    .await
}

async fn connections(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    request: Request,
) -> Response<Body> {
    let paging = Paging::of(request.uri());
    let plan = shared.plan(Target::Vault, Some(paging.page));
    let settings = Arc::clone(&plan.settings);
    let refusal = refusal(&shared, &settings, request.headers(), &EITHER);
    let filters = filters(request.uri().query().unwrap_or_default());
    give(plan, link, |wrong| {
        if let Some((status, message)) = refusal {
            return Answer::error(status, message);
        }
        let (rows, total) = shared.vault.list(&filters, paging.page, paging.limit);
        let paging = (paging.page, paging.limit);
        let text = envelope::connections((&rows, total), paging, &settings, wrong);
        Answer::json(StatusCode::OK, text)
    })
    .await
}

/// Every parameter of a query but those of the page: upstream, each is a filter.
fn filters(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs
        .filter(|(name, _)| !["page", "limit", "skip"].contains(&&**name))
        .collect()
}

async fn connection(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let plan = shared.plan(Target::Vault, None);
    let refusal = refusal(&shared, &plan.settings, &headers, &EITHER);
    give(plan, link, |_| {
        if let Some((status, message)) = refusal {
            return Answer::error(status, message);
        }
        let row = shared.vault.get(&id);
        let row = row.and_then(|row| serde_json::to_string(&row).ok());
        row.map_or_else(no_connection, |row| {
            Answer::json(StatusCode::OK, vec![row.into()])
        })
    })
    .await
}

/// Asks nobody whose it is, as upstream. What people delete here is gone.
async fn disconnect(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let mut plan = shared.plan(Target::Delete, None);
    let refusal = refusal(&shared, &plan.settings, &headers, &EITHER);
    // A fault of `Delete` strikes before it is done, one of `Deleted` afterwards.
    sleep(mem::take(&mut plan.latency)).await;
    let is_done = match (&plan.fault, refusal) {
        (Some(_), _) | (_, Some(_)) => None,
        (None, None) => Some(shared.vault.delete(&id)),
    };
    if is_done.is_some() {
        plan = shared.plan(Target::Deleted, None);
    }
    give(plan, link, |_| match (refusal, is_done) {
        (Some((status, message)), _) => Answer::error(status, message),
        (None, Some(false)) => no_connection(),
        (None, _) => Answer::empty(),
    })
    .await
}

fn no_connection() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "Connection not found")
}

async fn flags(
    State(shared): State<Arc<Shared>>,
    Extension(link): Extension<Arc<Link>>,
    headers: HeaderMap,
) -> Response<Body> {
    let plan = shared.plan(Target::Flags, None);
    let settings = Arc::clone(&plan.settings);
    let refusal = refusal(&shared, &settings, &headers, &[PICA_SECRET]);
    give(plan, link, |wrong| {
        if let Some((status, message)) = refusal {
            return Answer::error(status, message);
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

/// Why a call is refused, if it is: by its key, or by the tenant that it names.
fn refusal(
    shared: &Shared,
    settings: &Settings,
    headers: &HeaderMap,
    key_headers: &[&str],
) -> Option<(StatusCode, &'static str)> {
    // Not in constant time: the key is a published one.
    let is_key = |name: &&str| {
        headers
            .get(*name)
            .is_some_and(|key| key == shared.key.as_str())
    };
    if settings.revoked || !key_headers.iter().any(is_key) {
        let message = "You're not authorized to access this resource";
        return Some((StatusCode::UNAUTHORIZED, message));
    }
    let own = settings.whoami.clone().unwrap_or_default();
    for (name, id) in [
        ("x-one-organization-id", own.organization_id),
        ("x-one-project-id", own.project_id),
    ] {
        let named = headers.get(name).and_then(|value| value.to_str().ok());
        if named.is_some_and(|named| !named.eq_ignore_ascii_case(&id)) {
            let message = "The key is not good for that organization or project";
            return Some((StatusCode::FORBIDDEN, message));
        }
    }
    None
}

fn member(body: &[u8], name: &str) -> Option<Value> {
    let payload: Value = serde_json::from_slice(body).ok()?;
    payload.get(name).cloned()
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

/// `?limit=&page=`. What does not parse silently becomes the default, and a limit is cut to what there
/// may be, as in the original.
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
            value.parse::<u64>().ok()
        };
        Self {
            page: number("page").unwrap_or(1).max(1),
            limit: number("limit").unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT),
        }
    }
}
