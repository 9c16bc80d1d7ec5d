//! What the home surface answers: envelopes around rows that are JSON bytes already.

use super::error::Refusal;
use crate::wire::item::{PageFacts, WriteWarning, Written};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Detail, Error, Result, Value};
use engine::Records;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// `{data:[…], totalCount}` with what else there is to say about the page.
pub(crate) fn list(records: &Records, cursor_asked: bool) -> Response {
    match page(records, cursor_asked) {
        Ok(body) => bytes(StatusCode::OK, body),
        Err(fault) => Refusal(fault).into_response(),
    }
}

/// The page itself, which also stands inside other answers.
pub(crate) fn page(records: &Records, cursor_asked: bool) -> Result<Vec<u8>> {
    let facts = PageFacts {
        total_count: records.total,
        total_count_estimated: records.estimated.then_some(true),
        truncated: records.truncated.then_some(true),
        cursor: cursor_asked.then(|| records.cursor.clone()),
    };
    let mut body = Vec::with_capacity(records.json.len() + 64);
    body.extend_from_slice(b"{\"data\":[");
    body.extend_from_slice(&records.json);
    body.push(b']');
    let end = body.len();
    serde_json::to_writer(&mut body, &facts)
        .map_err(|fault| Error::internal("write a page").caused_by(fault))?;
    // The facts are keys of the same object: `{…}` becomes `,…}`, and `{}` nothing but its end.
    if body.len() > end + 2 {
        body[end] = b',';
    } else {
        body.truncate(end);
        body.push(b'}');
    }
    Ok(body)
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
pub(crate) fn json_answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => bytes(status, body),
        Err(fault) => Refusal(Error::internal("write an answer").caused_by(fault)).into_response(),
    }
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
pub(crate) fn written(status: StatusCode, data: impl Serialize, warnings: &[Detail]) -> Response {
    json_answer(status, &Written { data, warnings: warnings.iter().map(warning).collect() })
}

/// Something that was left out of a write.
pub(crate) fn warning(one: &Detail) -> WriteWarning {
    WriteWarning {
        code: one.code.clone(),
        field: one.field.clone(),
        message: one.message.clone(),
        nearest: one.nearest.clone(),
    }
}
