//! Which pages may call, and which host names may be asked for.

use crate::app::{App, Settings};
use crate::surface::baasix::error::Refusal;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// Origins of the desktop window's own pages.
const WINDOW_ORIGINS: [&str; 3] =
    ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Answers preflights and marks answers for the origins that may read them.
pub(crate) fn layer(app: &App) -> CorsLayer {
    let header = HeaderName::from_static;
    let app = app.clone();
    let may_call = AllowOrigin::async_predicate(move |origin: HeaderValue, _: &Parts| async move {
        let Ok(origin) = origin.to_str() else { return false };
        WINDOW_ORIGINS.contains(&origin) || is_known_origin(origin, &app).await
    });
    CorsLayer::new()
        .allow_origin(may_call)
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
            header("x-plinth-persona"),
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

/// Whether pages of an origin may call, with the cookies of a session, too: those of the
/// configuration, and those of the project's own settings (`app_url`, `project_url`). A tenant's
/// settings open the server to nobody, since others keep their sessions there as well.
pub(crate) async fn is_known_origin(origin: &str, app: &App) -> bool {
    let settings = app.settings();
    if settings.origins.iter().any(|one| one.trim_end_matches('/') == origin) {
        return true;
    }
    if origin == "null" || (settings.production && is_plain_public(origin)) {
        return false;
    }
    match app.engine().pages_of_the_project().await {
        Ok(pages) => pages.iter().any(|(page, tenant)| {
            let page = Url::parse(page).map(|page| page.origin());
            tenant.is_none() && page.is_ok_and(|page| page.ascii_serialization() == origin)
        }),
        Err(fault) => {
            tracing::warn!(%fault, "which pages may call is not known");
            false
        }
    }
}

/// Whether pages of an origin come over a network that anybody can read and write along.
#[must_use]
pub fn is_plain_public(origin: &str) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") {
        return false;
    }
    let host = host.trim_end_matches('/');
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.to_ascii_lowercase();
    let address = name.parse::<std::net::IpAddr>();
    !(name == "localhost"
        || name.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback()))
}

/// What a request names this server: `Host` as it stands, and without its port.
fn called_by(headers: &HeaderMap) -> (&str, &str) {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    (host, name)
}

fn is_own_name(name: &str, settings: &Settings) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "::1")
        || settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The authority that a request calls this server by, where that is known to be its own: whoever
/// sends a request may write anything else there.
pub(crate) fn own_authority<'h>(headers: &'h HeaderMap, settings: &Settings) -> Option<&'h str> {
    let (host, name) = called_by(headers);
    is_own_name(name, settings).then_some(host)
}

/// Refuses requests for host names that are not ours: a page that points its own name at
/// loopback (DNS rebinding) would otherwise be same-origin with this server.
pub(crate) async fn known_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let settings = app.settings();
    let (_, name) = called_by(request.headers());
    if settings.loopback && !name.is_empty() && !is_own_name(name, settings) {
        let error = Error::new(
            Code::Forbidden,
            format!("this server does not answer for the host `{name}`"),
        )
        .hint("add the name to `hosts` in the configuration");
        return Refusal(error).into_response();
    }
    next.run(request).await
}
