//! The built studio, served at `/studio` to browsers.

use crate::app::App;
use crate::surface::baasix::error::Refusal;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base::{Code, Error};
use tower_http::services::{ServeDir, ServeFile};

/// No inline scripts, nothing from elsewhere, no framing.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' http: https: ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn routes(app: &App) -> Router<App> {
    let Some(folder) = &app.settings().studio else { return Router::new() };
    let index = ServeFile::new(folder.join("index.html"));
    // Deep links are the studio's own routes; they all begin at the one page.
    let files = ServeDir::new(folder).precompressed_gzip().fallback(index);
    Router::new().route("/studio", get(|| async { Redirect::temporary("/studio/") })).nest_service(
        "/studio/",
        Router::<()>::new().fallback_service(files).layer(from_fn(as_page)),
    )
}

/// Files whose names hold a hash of what is in them.
const HASHED: &str = "/assets/";

/// Hashed files never change; all others must be asked for, the page that names them above all.
async fn as_page(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let hashed = path.starts_with(HASHED);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return not_taken(&method, &path, response.headers());
    }
    // A script of another version is no page: whoever asks for it shall know that it is gone.
    if hashed && is_html(response.headers()) {
        let gone = format!("there is no file /studio{path}");
        return Refusal(Error::new(Code::NotFound, gone)).into_response();
    }
    // A fault is of this moment, whatever the file is called.
    let told = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let cache = if hashed && told { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn not_taken(method: &Method, path: &str, theirs: &HeaderMap) -> Response {
    let error = Error::new(Code::MethodNotAllowed, format!("/studio{path} does not take {method}"));
    let mut response = Refusal(error).into_response();
    if let Some(allow) = theirs.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}
