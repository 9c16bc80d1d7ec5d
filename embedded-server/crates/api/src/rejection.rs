//! What axum refuses before a handler runs (a body over its limit, a path that is no UTF-8) is
//! plain text; every refusal leaves in the envelope.

use crate::app::App;
use crate::surface::baasix::error::Refusal;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error};

/// Longest plain refusal that is read for its sentence, in bytes.
const SENTENCE_MAX: usize = 1_000;

pub(crate) async fn in_envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let most = app.engine().limits().body_bytes_max;
    // Whoever asks first whether its body is wanted is told before a byte of it is sent.
    if request.headers().contains_key(header::EXPECT) && declared(&request) > most {
        return too_large(most);
    }
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
        return too_large(most);
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

fn too_large(most: usize) -> Response {
    let error = Error::new(Code::PayloadTooLarge, format!("the body is larger than {most} bytes"))
        .hint("send less at once, or use an import for a file");
    Refusal(error).into_response()
}
