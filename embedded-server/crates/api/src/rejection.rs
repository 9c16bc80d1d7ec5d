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
        let most = app.engine().limits().body_bytes_max;
        let error =
            Error::new(Code::PayloadTooLarge, format!("the body is larger than {most} bytes"))
                .hint("send less at once, or use an import for a file");
        return Refusal(error).into_response();
    }
    let sentence =
        axum::body::to_bytes(response.into_body(), SENTENCE_MAX).await.unwrap_or_default();
    let sentence = String::from_utf8_lossy(&sentence).into_owned();
    Refusal(Error::new(Code::InvalidQuery, sentence)).into_response()
}
