//! What axum refuses before a handler runs (a body over its limit, a path that is no UTF-8) is
//! plain text; every refusal leaves in the envelope.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error};

/// Longest plain refusal that is read for its sentence, in bytes.
const SENTENCE_MAX: usize = 1_000;

/// What the routes behind it take, and how they say that something is more.
#[derive(Clone)]
pub(crate) struct Takes {
    pub(crate) app: App,
    pub(crate) most: usize,
    pub(crate) told: fn(usize) -> Error,
}

/// A body that is said to be too large is refused before a byte of it is read: whoever asks first
/// whether it is wanted sends none of it, and nothing of it is kept meanwhile.
pub(crate) async fn said_too_large(
    State(takes): State<Takes>,
    request: Request,
    next: Next,
) -> Response {
    if declared(&request) <= takes.most {
        return next.run(request).await;
    }
    // Who is known may send more of it before hearing so.
    let (mut parts, _body) = request.into_parts();
    drop(Caller::from_request_parts(&mut parts, &takes.app).await);
    Refusal((takes.told)(takes.most)).into_response()
}

pub(crate) async fn in_envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let most = app.engine().limits().body_bytes_max;
    let response = next.run(request).await;
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !response.status().is_client_error() || !plain {
        return response;
    }
    let status = response.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal(too_large(most)).into_response();
    }
    let sentence =
        axum::body::to_bytes(response.into_body(), SENTENCE_MAX).await.unwrap_or_default();
    let sentence = String::from_utf8_lossy(&sentence).into_owned();
    Refusal(Error::new(Code::InvalidQuery, sentence)).into_response()
}

/// How many bytes the body is said to have.
fn declared(request: &Request) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

pub(crate) fn too_large(most: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("the body is larger than {most} bytes"))
        .hint("send less at once, or use an import for a file")
}
