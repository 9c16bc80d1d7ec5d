//! Long answers that seldom change: each with the version of its text, so that a client which has
//! it is told 304 and nothing more.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

/// 200 with the text, or 304 when `If-None-Match` of the request names it already. Another role
/// sees another text: it is kept by one client only, and asked for each time.
pub(crate) fn answer(asked: &HeaderMap, kind: &'static str, text: String) -> Response {
    let version = version(&text);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = match known.is_some_and(|known| names(known, &version)) {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        false => Response::new(Body::from(text)),
    };
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // The text is of the caller, whom this header names.
    answered.insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
    if let Ok(version) = HeaderValue::from_str(&version) {
        answered.insert(header::ETAG, version);
    }
    response
}

/// A digest of the text, quoted as an ETag.
fn version(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether an `If-None-Match` names this version. A proxy that compresses makes ETags weak.
fn names(known: &str, version: &str) -> bool {
    known
        .split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == version)
}
