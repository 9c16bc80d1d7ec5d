//! Which pages may call, and which host names may be asked for.

use crate::app::{App, Settings};
use crate::surface::baasix::error::Refusal;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Origins of the desktop window's own pages.
const WINDOW_ORIGINS: [&str; 3] =
    ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Answers preflights and marks answers for the origins that may read them.
pub(crate) fn layer(settings: &Settings) -> CorsLayer {
    let known: Vec<HeaderValue> = WINDOW_ORIGINS
        .into_iter()
        .map(str::to_owned)
        .chain(settings.origins.iter().cloned())
        .filter_map(|origin| HeaderValue::from_str(origin.trim_end_matches('/')).ok())
        .collect();
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(known))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
        ])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::IF_MATCH,
            header("x-requested-with"),
            header("x-tenant-id"),
            header("accept-numbers"),
            header("x-plinth-strict"),
            header("x-plinth-source"),
        ])
        .expose_headers([
            header::RETRY_AFTER,
            header::ETAG,
            header::CONTENT_DISPOSITION,
            header("x-ratelimit-limit"),
            header("x-ratelimit-remaining"),
            header("x-ratelimit-reset"),
        ])
        .max_age(Duration::from_secs(600))
}

/// Refuses requests for host names that are not ours: a page that points its own name at
/// loopback (DNS rebinding) would otherwise be same-origin with this server.
pub(crate) async fn known_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let settings = app.settings();
    let loopback = matches!(name, "localhost" | "127.0.0.1" | "::1" | "");
    if settings.loopback
        && !loopback
        && !settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
    {
        let error = Error::new(
            Code::Forbidden,
            format!("this server does not answer for the host `{name}`"),
        )
        .hint("add the name to `hosts` in the configuration");
        return Refusal(error).into_response();
    }
    next.run(request).await
}
