//! The application: what handlers share, and every route with its layers.

use crate::cookies::Cookies;
use crate::limit::Limiter;
use crate::surface::baasix;
use crate::surface::baasix::error::Refusal;
use crate::{
    access_me, auth_links, auth_routes, cors, existing, explain, export, health, history, impact,
    imports, invites, journal, limit, mails, oauth, openapi, permissions, persona, queries,
    rejection, reports, schema_history, schemas, sessions, settings, studio, templates, tenants,
    tokens, totp, transfer, types, unread, variables,
};
use auth::Auth;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use base::{Code, Error};
use engine::{Engine, Imports};
use notify::Mailer;
use std::path::PathBuf;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

/// Answers of fewer bytes travel as they are: they fit in one packet, and making them smaller takes
/// longer than sending them.
const PLAIN_BYTES_MAX: u64 = 1_024;

/// How much more than its file a multipart body carries, at most.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What the program tells this room. Read once from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of the project, shown to signed-in callers.
    pub project: String,
    /// Version of the program.
    pub version: String,
    /// Origins of pages that may call, besides the server's own.
    pub origins: Vec<String>,
    /// Host names besides the loopback ones that requests may be addressed to.
    pub hosts: Vec<String>,
    /// Whether this is a production server.
    pub production: bool,
    /// Whether the server listens on loopback only; then other `Host`s are refused.
    pub loopback: bool,
    /// The built studio.
    pub studio: Option<PathBuf>,
    /// Whether `GET /schemas` needs no sign-in.
    pub schemas_public: bool,
    /// Whether an unknown key in a body is an error, asked for or not.
    pub strict_write: bool,
    /// Whether the home surface is served as the original serves it (`spec/data.md` 21, row 29).
    pub compat: bool,
    /// How the cookies of a session are kept.
    pub cookies: Cookies,
    /// Most requests of one caller within `rate_interval_ms`; 0 is no limit.
    pub rate_limit: u32,
    /// Milliseconds.
    pub rate_interval_ms: i64,
    /// How many proxies stand before the server and tell whom they were called from.
    pub trusted_proxies: usize,
}

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    engine: Engine,
    auth: Auth,
    settings: Settings,
    started_ms: i64,
    imports: Imports,
    mailer: Mailer,
    limiter: Limiter,
}

impl App {
    /// Puts the rooms below behind HTTP.
    #[must_use]
    pub fn new(
        engine: Engine,
        auth: Auth,
        imports: Imports,
        mailer: Mailer,
        settings: Settings,
    ) -> Self {
        let started_ms = engine.clock().now_ms();
        let limiter = Limiter::new(settings.rate_limit, settings.rate_interval_ms);
        Self(Arc::new(Inner { engine, auth, settings, started_ms, imports, mailer, limiter }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.0.auth
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn imports(&self) -> &Imports {
        &self.0.imports
    }

    pub(crate) fn mailer(&self) -> &Mailer {
        &self.0.mailer
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    pub(crate) fn uptime_ms(&self) -> i64 {
        self.engine().clock().now_ms() - self.0.started_ms
    }
}

/// Every route there is.
pub fn router(app: App) -> Router {
    let limits = app.engine().limits().clone();
    let takes = |most: usize, told| {
        let takes = rejection::Takes { app: app.clone(), most, told };
        middleware::from_fn_with_state(takes, rejection::said_too_large)
    };
    let (upload, file) = (imports::UPLOAD_BYTES_MAX, limits.import_bytes_max + FORM_BYTES_MAX);
    let uploads = imports::routes()
        .layer(DefaultBodyLimit::max(upload))
        .layer(takes(upload, imports::too_large));
    let files = baasix::import::routes()
        .layer(DefaultBodyLimit::max(file))
        .layer(takes(file, |most| baasix::import::too_large(most - FORM_BYTES_MAX)));
    let json = Router::new()
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .route("/openapi", get(openapi::document))
        .route("/access/me", get(access_me::mine))
        .route("/journal", get(journal::lately))
        .route("/types", get(types::types))
        .merge(auth_routes::routes())
        .merge(auth_links::routes())
        .merge(sessions::routes())
        .merge(invites::routes())
        .merge(oauth::routes())
        .merge(variables::routes())
        .merge(tenants::routes())
        .merge(tokens::routes())
        .merge(totp::routes())
        .merge(settings::routes())
        .merge(mails::routes())
        .merge(templates::routes())
        .merge(schemas::routes())
        .merge(existing::routes())
        .merge(schema_history::routes())
        .merge(permissions::routes())
        .merge(explain::routes())
        .merge(impact::routes())
        .merge(persona::routes())
        .merge(reports::routes())
        .merge(queries::routes())
        .merge(transfer::routes())
        .merge(baasix::routes::routes())
        .merge(baasix::sort::routes())
        .merge(history::routes())
        .route("/items/{collection}/export", get(export::export))
        .route("/permissions/reload", post(permissions::reload))
        .layer(DefaultBodyLimit::max(limits.body_bytes_max))
        .layer(middleware::from_fn_with_state(app.clone(), rejection::in_envelope))
        .layer(takes(limits.body_bytes_max, rejection::too_large));
    Router::new()
        .merge(json)
        .merge(uploads)
        .merge(files)
        .merge(studio::routes(&app))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(app.clone(), limit::general))
        .layer(middleware::from_fn(unread::thrown_away))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(SizeAbove::new(PLAIN_BYTES_MAX))),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(cors::layer(&app))
        .layer(middleware::from_fn_with_state(app.clone(), cors::known_host))
        .with_state(app)
}

async fn unknown_route(uri: axum::http::Uri) -> Refusal {
    Refusal(Error::new(Code::NotFound, format!("there is no route {}", uri.path())))
}

async fn unknown_method(method: axum::http::Method, uri: axum::http::Uri) -> Refusal {
    Refusal(Error::new(Code::MethodNotAllowed, format!("{} does not take {method}", uri.path())))
}

/// The server lives inside somebody's window: a panic answers 500 and nothing else falls.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over by value")]
fn panicked(what: Box<dyn std::any::Any + Send>) -> Response {
    let text = what
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| what.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Refusal(Error::internal("a handler panicked").caused_by(text)).into_response()
}

#[cfg(test)]
mod tests {
    use super::{CatchPanicLayer, Router, get, panicked};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    async fn falls() -> &'static str {
        panic!("the secret of this row")
    }

    async fn asked(address: std::net::SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_keeps_its_reason_and_the_next_request_is_served() {
        let router = Router::new()
            .route("/falls", get(falls))
            .route("/stands", get(|| async { "it stands" }))
            .layer(CatchPanicLayer::custom(panicked));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        for _ in 0..3 {
            let answer = asked(address, "/falls").await;
            assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
            assert!(answer.contains(r#""code":"INTERNAL"#), "{answer}");
            assert!(!answer.contains("secret"), "{answer}");
        }
        assert!(asked(address, "/stands").await.ends_with("it stands"));
        server.abort();
    }
}
