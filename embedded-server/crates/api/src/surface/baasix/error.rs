//! An error as the home surface tells it: the superset of `spec/auth.md` 2, so that readers of
//! either old shape find what they look for.

use crate::status::status;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Code, Detail, Error};
use serde_json::{Map, Value as Json, json};

/// An error on its way out.
pub(crate) struct Refusal(pub(crate) Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = self.0;
        let status = status(error.code());
        if status.is_server_error() {
            tracing::error!(code = %error.code(), cause = ?error.cause(), "{error}");
        }
        let mut response = Response::new(Body::from(body(&error, status).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(ms) = error.retry_ms()
            && let Ok(seconds) = HeaderValue::from_str(&ms.div_ceil(1_000).max(1).to_string())
        {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// The envelope. Faults of ours are told in one fixed sentence; their cause stays in the log.
pub(crate) fn body(error: &Error, status: StatusCode) -> Json {
    let ours = error.code() == Code::Internal;
    let message = if ours { "the server failed; the cause is in its log" } else { error.message() };
    let list: Vec<Json> =
        if ours { Vec::new() } else { error.detail_list().iter().map(detail).collect() };
    let mut inner = Map::new();
    inner.insert(String::from("message"), json!(message));
    inner.insert(String::from("code"), json!(error.code().as_str()));
    inner.insert(String::from("details"), inner_details(error, &list));
    inner.insert(String::from("statusCode"), json!(status.as_u16()));
    if let (false, Some(hint)) = (ours, error.hint_text()) {
        inner.insert(String::from("hint"), json!(hint));
    }
    if let (false, Some(at)) = (ours, error.path()) {
        inner.insert(String::from("at"), json!(at));
    }
    let mut all = list;
    if all.is_empty()
        && let (false, Some(at)) = (ours, error.path())
    {
        all.push(json!({ "code": error.code().as_str(), "field": at, "message": message }));
    }
    json!({ "message": message, "error": inner, "details": all })
}

fn inner_details(error: &Error, list: &[Json]) -> Json {
    match error.code() {
        Code::ValidationError if !list.is_empty() => {
            let errors: Vec<Json> = error
                .detail_list()
                .iter()
                .map(|one| json!({ "field": one.field, "message": one.message, "value": value(one), "rule": one.code }))
                .collect();
            json!({ "code": "VALIDATION_ERROR", "errors": errors })
        }
        _ if list.is_empty() => Json::Null,
        _ => Json::Array(list.to_vec()),
    }
}

fn detail(one: &Detail) -> Json {
    let mut object = Map::new();
    if let Some(index) = one.index {
        object.insert(String::from("index"), json!(index));
    }
    object.insert(String::from("code"), json!(one.code));
    if let Some(field) = &one.field {
        object.insert(String::from("field"), json!(field));
    }
    object.insert(String::from("message"), json!(one.message));
    if one.index.is_some() {
        // The SDK's bulk type reads `{index, error}`.
        object.insert(String::from("error"), json!(one.message));
    }
    if one.value.is_some() {
        object.insert(String::from("expected"), value(one));
    }
    if let Some(current) = &one.current {
        object.insert(String::from("current"), serde_json::from_str(current).unwrap_or(Json::Null));
    }
    Json::Object(object)
}

fn value(one: &Detail) -> Json {
    one.value.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null)
}
