//! The functions that a request goes through, each with an input as the Worker sees it.

use std::cell::Cell;
use std::time::Duration;

use authkit_edge::caller::grant::GrantKeys;
use authkit_edge::http::cors::{AllowedOrigins, CorsPolicy, Verdict};
use authkit_edge::http::origin::PageOrigin;
use authkit_edge::http::request_body::{MediaType, RequestBody};
use authkit_edge::http::response::Headers;
use authkit_edge::http::routes::{Dialect, Routes};
use authkit_edge::http::target::{Selection, Target};
use authkit_edge::identity::IdentityType;
use authkit_edge::jwt::algorithm::Algorithm;
use authkit_edge::jwt::claims::{Audience, ClaimPolicy, Claims};
use authkit_edge::jwt::issuer::{Issuer, Keys, Trusting};
use authkit_edge::jwt::key_set::RemoteKeys;
use authkit_edge::limits::ROWS_PER_PAGE;
use authkit_edge::runtime::Timestamp;
use authkit_edge::runtime::in_flight::InFlight;
use authkit_edge::runtime::notes::Notes;
use authkit_edge::secret::Secret;
use authkit_edge::upstream::page::Page;
use authkit_edge::upstream::token;
use base64ct::{Base64UrlUnpadded, Encoding};
use futures_util::FutureExt;
use serde_json::json;

use crate::support::{FakeEdge, Plan, START, TestApp, TestRequest};
use crate::{Case, once};

/// Our own origin in every request here.
pub(crate) const ORIGIN: &str = "https://edge.example";
/// The origin of the hosted widget.
pub(crate) const WIDGET: &str = "https://authkit.picaos.com";
/// The issuer of [`session_token`].
pub(crate) const ISSUER: &str = "https://issuer.example";
/// The audience of [`session_token`].
pub(crate) const AUDIENCE: &str = "authkit";
/// Where its keys are.
pub(crate) const KEYS_URL: &str = "https://issuer.example/keys";
/// Every key of the deployment. It opens nothing.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// Rows on a full page.
const ROWS: usize = 100;

/// One case for each part.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("target_and_route", routes, |(routes, url)| {
            let target = Target::parse(url);
            (
                routes.find(target.path),
                Selection::parse(target.query, ROWS_PER_PAGE),
            )
        }),
        Case::new("request_body", body, |(request, in_flight, edge)| {
            let waiting = &in_flight.waiting;
            let body = RequestBody::read(
                request,
                MediaType::Required,
                waiting,
                Timestamp(u64::MAX),
                edge,
            )
            .now_or_never();
            let body = body.expect("it has arrived").expect("it is right");
            body.or_query("a=1&b=2")
        }),
        Case::new("cors_allowed", || (cors(), WIDGET), apply),
        Case::new("cors_refused", || (cors(), "https://evil.example"), apply),
        Case::new("jwt_policy", jwt, verify),
        Case::new("jwt_by_known_keys", jwt_of_known_keys, verify),
        Case::new("jwt_by_new_keys", jwt_of_new_keys, verify),
        Case::new("grant_issue", grant_keys, issue),
        Case::new(
            "grant_check",
            || (grant_keys(), issue(&grant_keys())),
            |(keys, grant)| keys.check(grant, ORIGIN, START).expect("it is good"),
        ),
        Case::new(
            "page_parse",
            || page_body(1, 1),
            // The copy is a percent of it.
            |body| Page::parse(body.clone()).expect("it is a page"),
        ),
    ];
    let merges = [
        ("assemble_1_page", 1),
        ("assemble_3_pages", 3),
        ("assemble_10_pages", 10),
    ];
    cases.extend(merges.map(|(name, count)| {
        let pages = once(move || pages(count));
        Case::new(name, pages, |pages| {
            token::assemble(pages, Some(true), None)
        })
    }));
    cases
}

fn routes() -> (Routes, String) {
    let url = format!("{ORIGIN}/api/authkit/grant?page=2&limit=100");
    (Routes::new(None, Vec::new(), Dialect::FastApi), url)
}

/// As a client of the Python samples sends it.
fn body() -> (TestRequest, InFlight, FakeEdge) {
    let request =
        TestRequest::anonymous().json(r#"{"identity":"user_2abcdefghijk","identityType":"team"}"#);
    (request, InFlight::default(), TestApp::new().edge)
}

fn cors() -> CorsPolicy {
    let origins = [ORIGIN, "https://auth.withone.ai", WIDGET];
    let origins = origins.map(|text| PageOrigin::parse(text).expect("it is an origin"));
    CorsPolicy::new(AllowedOrigins::List(origins.into()), ["x-authkit-grant"])
}

fn apply((policy, origin): &(CorsPolicy, &str)) -> (Verdict, Headers) {
    let mut headers = Headers::default();
    (policy.apply(Some(origin), &mut headers), headers)
}

/// An issuer, a token of its and the edge that it comes to.
type SignedIn = (Issuer, String, FakeEdge);

fn verify((issuer, token, edge): &SignedIn) -> Claims {
    let claims = issuer
        .verify(
            token,
            Trusting::Issuer(&Cell::new(false)),
            Timestamp(u64::MAX),
            edge,
        )
        .now_or_never();
    claims
        .expect("nothing is waited for")
        .expect("the token is good")
}

/// An issuer whose key is at hand.
fn jwt() -> SignedIn {
    signed_in("HS256", Keys::Shared(key()))
}

/// One whose keys are to be asked for.
fn jwt_of_new_keys() -> SignedIn {
    let notes = Notes::of(&key());
    let keys = RemoteKeys::new(KEYS_URL.to_owned(), Duration::ZERO, notes);
    signed_in("ES256", Keys::Remote(keys))
}

/// One whose keys were asked for by an earlier request.
fn jwt_of_known_keys() -> SignedIn {
    let signed_in = jwt_of_new_keys();
    verify(&signed_in);
    signed_in
}

fn signed_in(algorithm: &str, keys: Keys) -> SignedIn {
    let issuer = Issuer {
        algorithms: vec![Algorithm::parse(algorithm).expect("it is one")],
        keys,
        claims: ClaimPolicy::new(
            vec![ISSUER.to_owned()],
            Audience::Aud(vec![AUDIENCE.to_owned()]),
        ),
    };
    let app = TestApp::new().upstream(|_| Plan::json(key_set()));
    (issuer, session_token(algorithm), app.edge)
}

/// A set of two keys, as issuers have while they change them.
pub(crate) fn key_set() -> String {
    let key = |id| {
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    };
    json!({"keys": [key("ins_before"), key("ins_2abcdefghijk")]}).to_string()
}

/// The session token of a sign-in product, as long as they are. Nobody has signed it.
pub(crate) fn session_token(algorithm: &str) -> String {
    let now = START.0 / 1000;
    let header = json!({"alg": algorithm, "kid": "ins_2abcdefghijk", "typ": "JWT"});
    let payload = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user_2abcdefghijk", "exp": now + 300, "iat": now,
        "nbf": now - 5, "jti": "0192f3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "sid": "sess_2abcdefghijk",
        "email": "ada@example.com", "email_verified": true, "name": "Ada Lovelace",
        "org_id": "org_2abcdefghijk", "org_role": "admin", "permissions": ["read", "write"],
        "app_metadata": {"provider": "google", "plan": {"name": "team", "seats": 12}},
    });
    let part = |text: &[u8]| Base64UrlUnpadded::encode_string(text);
    let (header, payload) = (header.to_string(), payload.to_string());
    let parts = [
        part(header.as_bytes()),
        part(payload.as_bytes()),
        part(&[7; 64]),
    ];
    parts.join(".")
}

fn key() -> Secret {
    Secret::parse(KEY).expect("it is a secret")
}

/// Makes grants, and checks them.
pub(crate) fn grant_keys() -> GrantKeys {
    GrantKeys {
        current: key(),
        previous: None,
        ttl: Duration::from_mins(5),
    }
}

/// A grant.
pub(crate) fn issue(keys: &GrantKeys) -> String {
    let (grant, _) = keys.issue("user_2abcdefghijk", IdentityType::User, ORIGIN, START, None);
    grant
}

fn pages(count: usize) -> Vec<Page> {
    let pages = page_bodies(count).into_iter().map(Page::parse);
    pages.map(|page| page.expect("it is a page")).collect()
}

/// The pages of a token as the upstream sends them.
pub(crate) fn page_bodies(count: usize) -> Vec<Vec<u8>> {
    (1..=count).map(|number| page_body(number, count)).collect()
}

/// A page of so many, its rows about 1 KB each.
fn page_body(number: usize, count: usize) -> Vec<u8> {
    let rows: Vec<String> = (0..ROWS).map(|row| row_text(number * ROWS + row)).collect();
    let (rows, total) = (rows.join(","), count * ROWS);
    let rest = format!(r#""total":{total},"pages":{count},"page":{number},"requestId":110256"#);
    format!(r#"{{"rows":[{rows}],{rest}}}"#).into_bytes()
}

/// A row with every field that the official types name.
fn row_text(id: usize) -> String {
    let row = json!({
        "id": id,
        "connectionDefId": 1000 + id,
        "type": "api",
        "title": format!("Integration {id}"),
        "image": format!("https://assets.example/connectors/integration-{id}.svg"),
        "activatedAt": "2026-01-05T09:41:12.345Z",
        "createdAt": "2025-10-23T16:20:00.000Z",
        "secretId": format!("2f1b8c6e-7d3a-4c55-9a0e-{id:012}"),
        "clientIdDisplay": "1234567890-abcdefghijklmnop.apps.example.com",
        "clientSecretDisplay": "****************************",
        "scopes": "openid email profile https://api.example.com/auth/records.readonly",
        "environment": "live",
        "tags": ["crm", "sales \"and\" marketing", "café"],
        "active": true,
        "guide": "Open the settings, create an API key and paste it here. ".repeat(7),
    });
    row.to_string()
}
