//! The built studio, served at `/studio` to browsers.

use crate::app::App;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::get;
use tower_http::services::{ServeDir, ServeFile};

/// No inline scripts, nothing from elsewhere, no framing.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' http: https: ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn routes(app: &App) -> Router<App> {
    let Some(folder) = &app.settings().studio else { return Router::new() };
    let index = ServeFile::new(folder.join("index.html"));
    // Deep links are the studio's own routes; they all begin at the one page.
    let files = ServeDir::new(folder).precompressed_gzip().fallback(index);
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/studio/") }))
        .route("/studio", get(|| async { Redirect::temporary("/studio/") }))
        .nest_service(
            "/studio/",
            Router::<()>::new().fallback_service(files).layer(map_response(headers)),
        )
}

/// Hashed assets never change; the page that names them must always be asked for.
async fn headers(mut response: Response) -> Response {
    let html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/html"));
    let cache = if html { "no-cache" } else { "public, max-age=31536000, immutable" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
