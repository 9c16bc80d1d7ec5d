//! What the home surface answers: envelopes around rows that are JSON bytes already.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::{Detail, Value};
use engine::Records;
use serde_json::{Value as Json, json};

/// `{data:[…], totalCount}` with what else there is to say about the page.
pub(crate) fn list(records: &Records, cursor_asked: bool) -> Response {
    let mut body = Vec::with_capacity(records.json.len() + 64);
    body.extend_from_slice(b"{\"data\":[");
    body.extend_from_slice(&records.json);
    body.push(b']');
    if let Some(total) = records.total {
        body.extend_from_slice(format!(",\"totalCount\":{total}").as_bytes());
    }
    if records.estimated {
        body.extend_from_slice(b",\"totalCountEstimated\":true");
    }
    if records.truncated {
        body.extend_from_slice(b",\"truncated\":true");
    }
    if cursor_asked {
        let cursor = Json::from(records.cursor.clone());
        body.extend_from_slice(format!(",\"cursor\":{cursor}").as_bytes());
    }
    body.push(b'}');
    bytes(StatusCode::OK, body)
}

/// `{data:{…}}`.
pub(crate) fn one(records: &Records) -> Response {
    let mut body = Vec::with_capacity(records.json.len() + 16);
    body.extend_from_slice(b"{\"data\":");
    body.extend_from_slice(&records.json);
    body.push(b'}');
    bytes(StatusCode::OK, body)
}

/// A JSON answer.
pub(crate) fn json_answer(status: StatusCode, body: &Json) -> Response {
    bytes(status, body.to_string().into_bytes())
}

/// A JSON answer from bytes. Never cached: what a role may see changes.
pub(crate) fn bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A record's key as JSON.
pub(crate) fn key(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Int(n) => json!(n),
        Value::Real(n) => json!(n),
        Value::Text(text) => json!(text),
        Value::Bytes(_) => Json::Null,
    }
}

/// `{data, warnings?}`.
pub(crate) fn written(status: StatusCode, data: Json, warnings: &[Detail]) -> Response {
    let mut body = json!({ "data": data });
    if !warnings.is_empty() {
        let list: Vec<Json> = warnings
            .iter()
            .map(|one| json!({ "code": one.code, "field": one.field, "message": one.message, "nearest": one.nearest }))
            .collect();
        body["warnings"] = Json::Array(list);
    }
    json_answer(status, &body)
}
