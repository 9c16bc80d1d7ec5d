//! The way to a remote instance: a loopback server that holds its tokens, so that the webview never
//! does. The webview proves itself with a token of this launch and gets the remote's answers.
//!
//! Signing in goes through it too: the tokens in the answer stay here, and a read-only connection
//! is refused its writes here, whatever the page tries.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyDataStream, BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tauri::Url;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::fault::{Fault, Outcome};
use crate::project::Guard;
use crate::server::new_token;
use crate::window::ORIGINS;

/// Answers that carry tokens.
const TOKEN_PATHS: [&str; 3] = ["/auth/login", "/auth/register", "/auth/refresh"];
/// A remote that does not open a connection within this is told to the person.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// A token is renewed this long before it ends.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// Largest answer to a sign-in; a few tokens and a user.
const TOKEN_BYTES_MAX: usize = 1024 * 1024;

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// An open way; dropped, it is closed.
pub(crate) struct Gateway {
    address: SocketAddr,
    token: String,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Listens on a free loopback port. Must be called within the runtime.
    pub(crate) async fn open(remote: Url, guard: Guard, access: Option<String>) -> Outcome<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Fault::internal)?;
        let address = listener.local_addr().map_err(Fault::internal)?;
        let token = new_token();
        let far = Arc::new(Far {
            base: remote.as_str().trim_end_matches('/').to_owned(),
            guard,
            client: client()?,
            token: token.clone(),
            tokens: Mutex::new(access.map(|access| Tokens {
                access,
                refresh: None,
                renew_at: None,
            })),
        });
        let task = tokio::spawn(serve(listener, far));
        Ok(Self { address, token, task })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client that checks certificates as the system does.
fn client() -> Outcome<reqwest::Client> {
    // An error means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().connect_timeout(CONNECT_WAIT).build().map_err(Fault::internal)
}

/// Whether a Plinth answers there, and takes the token.
pub(crate) async fn probe(remote: &Url, access: Option<&str>) -> Outcome<Health> {
    let base = remote.as_str().trim_end_matches('/');
    let client = client()?;
    let get = |path: &str| {
        let request = client.get(format!("{base}{path}"));
        if let Some(access) = access { request.bearer_auth(access) } else { request }
    };
    let health = get("/health").send().await.map_err(|error| unreachable(base, &error))?;
    let body: Value = health.json().await.unwrap_or_default();
    if body.get("status").and_then(Value::as_str) != Some("ok") {
        return Err(Fault::new("NOT_PLINTH", format!("`{base}` answers, but it is no Plinth"))
            .hint("give the address under which `/health` answers"));
    }
    if access.is_some() {
        let me = get("/auth/me").send().await.map_err(|error| unreachable(base, &error))?;
        if !me.status().is_success() {
            return Err(Fault::new(
                "TOKEN_REFUSED",
                format!("`{base}` does not take this access token"),
            )
            .hint("leave it out and sign in"));
        }
    }
    Ok(Health { is_postgres: body.get("store").and_then(Value::as_str) == Some("postgres") })
}

/// What a remote tells of itself.
pub(crate) struct Health {
    pub is_postgres: bool,
}

fn unreachable(base: &str, error: &reqwest::Error) -> Fault {
    let why =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Fault::new("REMOTE_UNREACHABLE", format!("`{base}` did not answer: {why}"))
}

struct Far {
    base: String,
    guard: Guard,
    client: reqwest::Client,
    /// What the webview proves itself with.
    token: String,
    tokens: Mutex<Option<Tokens>>,
}

/// What the remote gave us.
struct Tokens {
    access: String,
    refresh: Option<String>,
    renew_at: Option<Instant>,
}

async fn serve(listener: TcpListener, far: Arc<Far>) {
    loop {
        // A connection that fails before it is one concerns nobody.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let far = Arc::clone(&far);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let far = Arc::clone(&far);
                async move { Ok::<_, Infallible>(far.answer(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
                log::debug!("a connection to the gateway broke: {error}");
            }
        });
    }
}

impl Far {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let known = origin.as_ref().is_some_and(|origin| ORIGINS.iter().any(|own| origin == own));
        if origin.is_some() && !known {
            return refusal(
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "this origin may not use the gateway",
            );
        }
        let mut response = if request.method() == Method::OPTIONS && known {
            let mut preflight = Response::new(whole(Bytes::new()));
            *preflight.status_mut() = StatusCode::NO_CONTENT;
            preflight
        } else {
            self.admit(request).await.unwrap_or_else(|refused| *refused)
        };
        if let Some(origin) = origin {
            allow(response.headers_mut(), origin);
        }
        response
    }

    async fn admit(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Box<Response<Body>>> {
        let given =
            request.headers().get(header::AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
        let wanted = format!("Bearer {}", self.token);
        if !bool::from(given.ct_eq(wanted.as_bytes())) {
            let message = "the gateway needs the token of this launch";
            return Err(Box::new(refusal(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)));
        }
        let path = request.uri().path();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if self.guard == Guard::ReadOnly && !reads && !path.starts_with("/auth/") {
            let message = "this connection is read-only; connect again with another guard to write";
            return Err(Box::new(refusal(StatusCode::FORBIDDEN, "CONNECTION_READ_ONLY", message)));
        }
        self.renew().await;
        self.forward(request)
            .await
            .map_err(|fault| Box::new(refusal(StatusCode::BAD_GATEWAY, fault.code, &fault.message)))
    }

    async fn forward(&self, request: Request<Incoming>) -> Outcome<Response<Body>> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let carries_tokens = TOKEN_PATHS.contains(&parts.uri.path());
        let mut headers = parts.headers;
        for name in
            [header::HOST, header::ORIGIN, header::REFERER, header::AUTHORIZATION, header::COOKIE]
        {
            headers.remove(name);
        }
        strip_hops(&mut headers);
        if carries_tokens {
            // Read here, so it must come as it is.
            headers.remove(header::ACCEPT_ENCODING);
        }
        if let Some(tokens) = &*self.tokens.lock().await
            && let Ok(value) = HeaderValue::try_from(format!("Bearer {}", tokens.access))
        {
            headers.insert(header::AUTHORIZATION, value);
        }
        let mut forward =
            self.client.request(parts.method.clone(), format!("{}{target}", self.base));
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            forward = forward.body(reqwest::Body::wrap_stream(BodyDataStream::new(body)));
        }
        let answer = forward
            .headers(headers)
            .send()
            .await
            .map_err(|error| unreachable(&self.base, &error))?;
        if carries_tokens && answer.status().is_success() {
            return self.keep_tokens(answer).await;
        }
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        clean(&mut headers);
        let stream = answer.bytes_stream().map_ok(Frame::data).map_err(Into::into);
        let mut response = Response::new(StreamBody::new(stream).boxed_unsync());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Takes the tokens out of an answer and puts the gateway's own in their place.
    async fn keep_tokens(&self, answer: reqwest::Response) -> Outcome<Response<Body>> {
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let bytes = http_body_util::Limited::new(reqwest::Body::from(answer), TOKEN_BYTES_MAX)
            .collect()
            .await
            .map_err(Fault::internal)?
            .to_bytes();
        let mut body: Value = serde_json::from_slice(&bytes).map_err(Fault::internal)?;
        if let Some(tokens) = taken(&mut body, &self.token) {
            *self.tokens.lock().await = Some(tokens);
        }
        clean(&mut headers);
        headers.remove(header::CONTENT_LENGTH);
        let mut response = Response::new(whole(body.to_string().into()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Renews a token that is about to end; on failure the old one goes on and the remote says 401.
    async fn renew(&self) {
        let mut tokens = self.tokens.lock().await;
        let Some(Tokens { refresh: Some(refresh), renew_at: Some(renew_at), .. }) = &*tokens else {
            return;
        };
        if Instant::now() < *renew_at {
            return;
        }
        let request = self.client.post(format!("{}/auth/refresh", self.base));
        let answer = match request.json(&json!({ "refreshToken": refresh })).send().await {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(answer) => {
                return log::info!("a remote refused to renew a token: {}", answer.status());
            }
            Err(error) => return log::info!("a remote did not renew a token: {error}"),
        };
        let mut body: Value = answer.json().await.unwrap_or_default();
        if let Some(renewed) = taken(&mut body, &self.token) {
            *tokens = Some(renewed);
        }
    }
}

/// The tokens in the answer to a sign-in, which is left with `own` in their place.
fn taken(body: &mut Value, own: &str) -> Option<Tokens> {
    let answer = body.as_object_mut()?;
    let Value::String(access) = answer.insert("token".to_owned(), own.into())? else { return None };
    let refresh = match answer.remove("refreshToken") {
        Some(Value::String(refresh)) => Some(refresh),
        _ => None,
    };
    let renew_at = answer
        .get("expiresIn")
        .and_then(Value::as_u64)
        .map(|seconds| Instant::now() + Duration::from_secs(seconds).saturating_sub(RENEW_BEFORE));
    Some(Tokens { access, refresh, renew_at })
}

/// Headers that concern one connection only.
fn strip_hops(headers: &mut HeaderMap) {
    const OTHERS: [HeaderName; 5] = [
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::PROXY_AUTHORIZATION,
    ];
    headers.remove(header::CONNECTION);
    headers.remove("keep-alive");
    for name in OTHERS {
        headers.remove(name);
    }
}

/// Leaves nothing in an answer that belongs to the remote's own connection, cookies or origin.
fn clean(headers: &mut HeaderMap) {
    strip_hops(headers);
    headers.remove(header::SET_COOKIE);
    let foreign: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in foreign {
        headers.remove(name);
    }
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    // Credentials are not allowed, so that `*` may stand for every name but this one.
    let names = HeaderValue::from_static("authorization, *");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
}

/// In the envelope that every surface of ours speaks.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let error =
        json!({ "message": message, "code": code, "details": [], "statusCode": status.as_u16() });
    let body = json!({ "message": message, "error": error, "details": [] });
    let mut response = Response::new(whole(body.to_string().into()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
