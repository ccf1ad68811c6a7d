//! A stand-in for the hosted widget, which cannot be reached without a network: the page that the
//! official front-end packages put into an iframe.
//!
//! It is written from what is known of the widget's behaviour, not from its code. The page does
//! the work; here it is only served.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::routing::{MethodRouter, get};

use crate::state::Shared;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    let page = include_str!("widget/widget.html");
    Router::new()
        // The `baseUrl` of the packages. They add `?data=` to it.
        .route("/_sandbox/widget", file(HTML, page))
        .route(
            "/_sandbox/widget.js",
            file(SCRIPT, include_str!("widget/widget.js")),
        )
        .route(
            "/_sandbox/widget-view.js",
            file(SCRIPT, include_str!("widget/view.js")),
        )
        .route(
            "/_sandbox/widget.css",
            file(STYLE, include_str!("widget/widget.css")),
        )
        // Where a pretended provider asks whether the application may have access.
        .route(
            "/_sandbox/provider",
            file(HTML, include_str!("widget/provider.html")),
        )
        .route(
            "/_sandbox/provider.js",
            file(SCRIPT, include_str!("widget/provider.js")),
        )
}

fn file(kind: &'static str, text: &'static str) -> MethodRouter<Arc<Shared>> {
    get(move || async move {
        let mut response = Response::new(Body::from(text));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    })
}
