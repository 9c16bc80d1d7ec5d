//! The way to a remote instance: a loopback server that holds its tokens, so that the webview never
//! does. The webview proves itself with a token of this launch and gets the remote's answers.
//!
//! Signing in goes through it too: the tokens in the answer stay here. A read-only connection is
//! refused its writes here, and a write of one that confirms them waits here for the person's word,
//! whatever the page tries.

mod consent;
mod judge;
mod probe;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyDataStream, BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tauri::Url;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::fault::{Fault, Outcome};
use crate::project::Guard;
use crate::server::new_token;
use crate::window::ORIGINS;
use consent::{Consent, Told, Write};
use judge::{Effect, Judged, Refused, judged};

pub(crate) use consent::Ask;
pub(crate) use probe::{Report, probe};

/// A remote that does not open a connection within this is told to the person.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// A token is renewed this long before it ends.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// Largest answer about a session: a few tokens, a user and what the user may do.
const SESSION_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest body that is read before it is sent.
const READ_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Headers of the studio that are carried. Others could ask a proxy for another method or path, speak
/// in somebody's name, or belong to one connection.
const ASKING: [&str; 15] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-numbers",
    "cache-control",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "prefer",
    "range",
    "user-agent",
    "x-requested-with",
    "x-tenant-id",
];

/// Headers of the remote that are carried: none that holds a token, sends the window elsewhere, asks
/// it for a password or speaks for the remote's origin.
const TELLING: [&str; 15] = [
    "accept-ranges",
    "age",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "retry-after",
    "server-timing",
    "x-request-id",
];
/// Beginnings of names that are carried both ways.
const OURS: [&str; 2] = ["x-plinth-", "x-ratelimit-"];

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// How a connection is used.
pub(crate) struct Rules {
    /// As its person calls it.
    pub name: String,
    pub guard: Guard,
    /// Asks the person about a write.
    pub ask: Ask,
    pub keep: Keep,
}

/// Told of each refresh token that a sign-in, or its renewal, brought, and of its end by `None`; done
/// when it is kept. Never asked twice at a time.
pub(crate) type Keep =
    Arc<dyn Fn(Option<Zeroizing<String>>) -> BoxFuture<'static, ()> + Send + Sync>;

/// With what a connection begins.
pub(crate) enum Credential {
    /// An access token that its person gave; it is not renewed.
    Access(Zeroizing<String>),
    /// The refresh token of a sign-in of before.
    Session(Zeroizing<String>),
}

/// An open way; dropped, it is closed.
pub(crate) struct Gateway {
    address: SocketAddr,
    far: Arc<Far>,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Listens on a free loopback port. Must be called within the runtime.
    pub(crate) async fn open(
        remote: Url,
        rules: Rules,
        credential: Option<Credential>,
    ) -> Outcome<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Fault::internal)?;
        let address = listener.local_addr().map_err(Fault::internal)?;
        let far = Arc::new(Far {
            base: remote.as_str().trim_end_matches('/').to_owned(),
            guard: StdMutex::new(rules.guard),
            consent: Consent::new(rules.name, rules.ask),
            keep: rules.keep,
            client: client()?,
            token: new_token(),
            tokens: Mutex::new(credential.map(Tokens::of)),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&far)));
        Ok(Self { address, far, task })
    }

    /// From now on the connection has this name and this guard; a write that waits for its answer
    /// is held back by it, too.
    pub(crate) fn rule(&self, name: &str, guard: Guard) {
        self.far.consent.rename(name);
        *self.far.guard.lock().unwrap_or_else(PoisonError::into_inner) = guard;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn token(&self) -> &str {
        &self.far.token
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client that checks certificates as the system does, and goes where it is sent and nowhere else:
/// a remote that sends it on would get passwords and bodies carried to whomever it names.
fn client() -> Outcome<reqwest::Client> {
    // An error means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(CONNECT_WAIT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .build()
        .map_err(Fault::internal)
}

/// An answer, unless it sends elsewhere.
fn stays(answer: reqwest::Response) -> Outcome<reqwest::Response> {
    let status = answer.status();
    if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
        return Ok(answer);
    }
    let named = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let place = named.and_then(|place| answer.url().join(place).ok());
    // What follows the host may be a secret.
    let place = place.map_or_else(
        || "elsewhere".to_owned(),
        |place| format!("to `{}`", place.origin().ascii_serialization()),
    );
    let own = answer.url().origin().ascii_serialization();
    Err(Fault::new("REMOTE_REDIRECTS", format!("`{own}` sends {place}, and is not followed"))
        .hint("connect to the address under which it answers by itself"))
}

fn unreachable(base: &str, error: &reqwest::Error) -> Fault {
    let why =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Fault::new("REMOTE_UNREACHABLE", format!("`{base}` did not answer: {why}"))
}

struct Far {
    /// Without a slash at its end.
    base: String,
    guard: StdMutex<Guard>,
    consent: Consent,
    keep: Keep,
    client: reqwest::Client,
    /// What the webview proves itself with.
    token: String,
    tokens: Mutex<Option<Tokens>>,
}

/// What the remote gave us.
struct Tokens {
    /// None before a sign-in of before is renewed.
    access: Option<String>,
    refresh: Option<Zeroizing<String>>,
    renew_at: Option<Instant>,
}

impl Tokens {
    fn of(credential: Credential) -> Self {
        match credential {
            Credential::Access(token) => {
                Self { access: Some(token.to_string()), refresh: None, renew_at: None }
            }
            Credential::Session(token) => {
                Self { access: None, refresh: Some(token), renew_at: Some(Instant::now()) }
            }
        }
    }
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
            let told = "this origin may not use the gateway";
            return refusal(StatusCode::FORBIDDEN, &Fault::new("FORBIDDEN", told));
        }
        let mut response = if request.method() == Method::OPTIONS && known {
            let mut preflight = Response::new(whole(Bytes::new()));
            *preflight.status_mut() = StatusCode::NO_CONTENT;
            preflight
        } else {
            let (parts, body) = request.into_parts();
            let admitted = self.admit(&parts, body).await;
            admitted.unwrap_or_else(|(status, fault)| refusal(status, &fault))
        };
        if let Some(origin) = origin {
            allow(response.headers_mut(), origin);
        }
        response
    }

    async fn admit(&self, parts: &Parts, body: Incoming) -> Result<Response<Body>, Refused> {
        let given = parts.headers.get(header::AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
        let wanted = format!("Bearer {}", self.token);
        if !bool::from(given.ct_eq(wanted.as_bytes())) {
            let told = "the gateway needs the token of this launch";
            return Err((StatusCode::UNAUTHORIZED, Fault::new("UNAUTHENTICATED", told)));
        }
        if parts.headers.contains_key(header::UPGRADE) {
            let told = "the gateway carries requests and answers, and no other protocol";
            return Err((StatusCode::BAD_REQUEST, Fault::new("UPGRADE_REFUSED", told)));
        }
        let judged = judged(&self.base, &parts.method, &parts.uri)?;
        let body = self.let_through(parts, &judged, Sent::of(&parts.method, body)).await?;
        self.renew().await;
        let answered = self.forward(parts, &judged, body).await;
        if judged.signs_out && answered.is_err() {
            // Who signs out is out on this computer, whether the remote heard it or not.
            self.go_on_with(None).await;
        }
        answered.map_err(|fault| (StatusCode::BAD_GATEWAY, fault))
    }

    /// The body as it is sent on, once this connection's guard has nothing against it.
    async fn let_through(
        &self,
        parts: &Parts,
        judged: &Judged,
        mut body: Sent,
    ) -> Result<Sent, Refused> {
        let guard = self.guard();
        if guard == Guard::Open || judged.effect == Effect::Reads {
            return Ok(body);
        }
        if judged.effect == Effect::ReadsWhenDry {
            let bytes = body.read().await?;
            match dry(&bytes) {
                Some(dry) => return Ok(Sent::Whole(dry)),
                None => body = Sent::Whole(bytes),
            }
        }
        if guard == Guard::ReadOnly {
            // Read to its end, or who sends it hears that the connection broke, and not why.
            let _ = body.read().await;
            return Err(read_only(parts));
        }
        if is_json(&parts.headers) {
            body = Sent::Whole(body.read().await?);
        }
        let write = Write { method: &parts.method, target: &judged.target, body: body.told() };
        self.consent.given(&write).await?;
        // It may have become so while the person was asked.
        if self.guard() == Guard::ReadOnly { Err(read_only(parts)) } else { Ok(body) }
    }

    fn guard(&self) -> Guard {
        *self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forward(&self, parts: &Parts, judged: &Judged, body: Sent) -> Outcome<Response<Body>> {
        let mut headers = parts.headers.clone();
        keep(&mut headers, &ASKING);
        if judged.of_session {
            // Read here, so it must come as it is.
            headers.remove(header::ACCEPT_ENCODING);
        }
        if let Some(Tokens { access: Some(access), .. }) = &*self.tokens.lock().await
            && let Ok(value) = HeaderValue::try_from(format!("Bearer {access}"))
        {
            headers.insert(header::AUTHORIZATION, value);
        }
        let mut forward = self.client.request(parts.method.clone(), judged.target.clone());
        match body {
            Sent::Nothing => {}
            Sent::Whole(bytes) => forward = forward.body(bytes),
            Sent::Streamed(body) => {
                if let Some(bytes) = body.size_hint().exact() {
                    headers.insert(header::CONTENT_LENGTH, bytes.into());
                }
                forward = forward.body(reqwest::Body::wrap_stream(BodyDataStream::new(body)));
            }
        }
        let answer = forward
            .headers(headers)
            .send()
            .await
            .map_err(|error| unreachable(&self.base, &error))?;
        let answer = stays(answer)?;
        if judged.of_session {
            return self.keep_tokens(answer, judged.signs_out).await;
        }
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        keep(&mut headers, &TELLING);
        let stream = answer.bytes_stream().map_ok(Frame::data).map_err(Into::into);
        let mut response = Response::new(StreamBody::new(stream).boxed_unsync());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Takes the tokens out of an answer and puts the gateway's own in their place.
    async fn keep_tokens(&self, answer: reqwest::Response, ends: bool) -> Outcome<Response<Body>> {
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let mut bytes = Limited::new(reqwest::Body::from(answer), SESSION_BYTES_MAX)
            .collect()
            .await
            .map_err(Fault::internal)?
            .to_bytes();
        keep(&mut headers, &TELLING);
        if ends {
            self.go_on_with(None).await;
        }
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut body) => {
                let tokens = taken(&mut body, &self.token);
                if !ends && status.is_success() && tokens.is_some() {
                    self.go_on_with(tokens).await;
                }
                bytes = body.to_string().into();
                headers.remove(header::CONTENT_LENGTH);
            }
            // Nobody knows what it holds.
            Err(_) if status.is_success() && !bytes.is_empty() => {
                let told = format!("`{}` answers about a session in no JSON", self.base);
                return Err(Fault::new("NOT_PLINTH", told));
            }
            Err(_) => {}
        }
        let mut response = Response::new(whole(bytes));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Has these tokens in the place of others, and the one that lasts kept.
    async fn go_on_with(&self, tokens: Option<Tokens>) {
        let mut held = self.tokens.lock().await;
        let refresh = tokens.as_ref().and_then(|tokens| tokens.refresh.clone());
        *held = tokens;
        (self.keep)(refresh).await;
    }

    /// Renews a token that is about to end; on failure the old one goes on and the remote says 401.
    /// A session that the remote knows no longer is kept no longer.
    async fn renew(&self) {
        let mut tokens = self.tokens.lock().await;
        let Some(Tokens { access, refresh: Some(refresh), renew_at: Some(renew_at) }) = &*tokens
        else {
            return;
        };
        if Instant::now() < *renew_at {
            return;
        }
        let request = self.client.post(format!("{}/auth/refresh", self.base));
        let answer = match request.json(&json!({ "refreshToken": **refresh })).send().await {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(answer) => {
                log::info!("a remote refused to renew a token: {}", answer.status());
                if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                    let access = access.clone();
                    *tokens = access.map(|access| Tokens {
                        access: Some(access),
                        refresh: None,
                        renew_at: None,
                    });
                    (self.keep)(None).await;
                }
                return;
            }
            Err(error) => return log::info!("a remote did not renew a token: {error}"),
        };
        let mut body: Value = answer.json().await.unwrap_or_default();
        if let Some(mut renewed) = taken(&mut body, &self.token) {
            if renewed.refresh.is_none() {
                renewed.refresh = Some(refresh.clone());
            }
            (self.keep)(renewed.refresh.clone()).await;
            *tokens = Some(renewed);
        }
    }
}

/// A body on its way.
enum Sent {
    Nothing,
    Whole(Bytes),
    /// Sent on as it comes: a file may be larger than memory.
    Streamed(Incoming),
}

impl Sent {
    fn of(method: &Method, body: Incoming) -> Self {
        let none = matches!(*method, Method::GET | Method::HEAD) || body.is_end_stream();
        if none { Self::Nothing } else { Self::Streamed(body) }
    }

    async fn read(self) -> Result<Bytes, Refused> {
        match self {
            Self::Nothing => Ok(Bytes::new()),
            Self::Whole(bytes) => Ok(bytes),
            Self::Streamed(body) => match Limited::new(body, READ_BYTES_MAX).collect().await {
                Ok(whole) => Ok(whole.to_bytes()),
                Err(error) => {
                    let told = format!(
                        "a guarded connection takes bodies of at most {READ_BYTES_MAX} bytes: {error}"
                    );
                    let fault = Fault::new("PAYLOAD_TOO_LARGE", told);
                    Err((StatusCode::PAYLOAD_TOO_LARGE, fault))
                }
            },
        }
    }

    fn told(&self) -> Told<'_> {
        match self {
            Self::Nothing => Told::Nothing,
            Self::Whole(bytes) => Told::Whole(bytes),
            Self::Streamed(body) => Told::Streamed(body.size_hint().exact()),
        }
    }
}

/// A body that asks to be tried only, written anew: the remote reads the word as it was read here.
fn dry(body: &[u8]) -> Option<Bytes> {
    let body: Value = serde_json::from_slice(body).ok()?;
    (body.get("dryRun") == Some(&Value::Bool(true))).then(|| body.to_string().into())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.get(..16).is_some_and(|start| start.eq_ignore_ascii_case(b"application/json"))
}

/// The tokens in the answer to a sign-in, which is left with `own` in their place.
fn taken(body: &mut Value, own: &str) -> Option<Tokens> {
    let answer = body.as_object_mut()?;
    answer.remove("accessToken");
    let refresh = match answer.remove("refreshToken") {
        Some(Value::String(refresh)) => Some(Zeroizing::new(refresh)),
        _ => None,
    };
    let access = match answer.get_mut("token") {
        // Empty where a sign-in is not at its end.
        Some(Value::String(token)) if !token.is_empty() => std::mem::replace(token, own.to_owned()),
        _ => return None,
    };
    let renew_at = answer
        .get("expiresIn")
        .and_then(Value::as_u64)
        .map(|seconds| Instant::now() + Duration::from_secs(seconds).saturating_sub(RENEW_BEFORE));
    Some(Tokens { access: Some(access), refresh, renew_at })
}

/// Leaves the headers of a list, and our own.
fn keep(headers: &mut HeaderMap, list: &[&str]) {
    let known = |name: &str| list.contains(&name) || OURS.iter().any(|own| name.starts_with(own));
    let others: Vec<HeaderName> =
        headers.keys().filter(|name| !known(name.as_str())).cloned().collect();
    for name in others {
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

fn read_only(parts: &Parts) -> Refused {
    let (method, path) = (&parts.method, parts.uri.path());
    let told = format!("this connection is read-only; `{method} {path}` is not among its reads");
    let fault = Fault::new("CONNECTION_READ_ONLY", told)
        .hint("give the connection another guard in the list of projects to write");
    (StatusCode::FORBIDDEN, fault)
}

/// In the envelope that every surface of ours speaks.
fn refusal(status: StatusCode, fault: &Fault) -> Response<Body> {
    let Fault { code, message, hint } = fault;
    let mut error =
        json!({ "message": message, "code": code, "details": [], "statusCode": status.as_u16() });
    if let Some(hint) = hint {
        error["hint"] = json!(hint);
    }
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
