//! An error as the home surface tells it: the superset of `spec/auth.md` 2, so that readers of
//! either old shape find what they look for.

use crate::status::status;
use crate::wire::error::{BrokenRule, ErrorBody, ErrorCode, ErrorDetail, ErrorFacts, ErrorReport};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Code, Detail, Error};
use serde_json::Value as Json;

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
        let mut response = Response::new(Body::from(
            serde_json::to_vec(&body(&error, status)).unwrap_or_default(),
        ));
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
pub(crate) fn body(error: &Error, status: StatusCode) -> ErrorBody {
    let ours = error.code() == Code::Internal;
    let message = if ours { "the server failed; the cause is in its log" } else { error.message() };
    let told = |text: Option<&str>| text.filter(|_| !ours).map(str::to_owned);
    let list: Vec<ErrorDetail> =
        if ours { Vec::new() } else { error.detail_list().iter().map(detail).collect() };
    let facts = ErrorFacts {
        message: message.to_owned(),
        code: ErrorCode(error.code()),
        details: report(error, &list),
        status_code: status.as_u16(),
        hint: told(error.hint_text()),
        at: told(error.path()),
    };
    let mut details = list;
    if details.is_empty()
        && let Some(at) = &facts.at
    {
        let code = error.code().as_str();
        details.push(detail(&Detail::field(code, at, message)));
    }
    ErrorBody { message: message.to_owned(), error: facts, details }
}

fn report(error: &Error, list: &[ErrorDetail]) -> Option<ErrorReport> {
    if list.is_empty() {
        return None;
    }
    if error.code() != Code::ValidationError {
        return Some(ErrorReport::List(list.to_vec()));
    }
    let broken = |one: &Detail| BrokenRule {
        field: one.field.clone(),
        message: one.message.clone(),
        value: value(one).unwrap_or(Json::Null),
        rule: one.code.clone(),
    };
    let errors = error.detail_list().iter().map(broken).collect();
    Some(ErrorReport::Rules { code: ErrorCode(Code::ValidationError), errors })
}

fn detail(one: &Detail) -> ErrorDetail {
    let json = |text: &String| serde_json::from_str(text).unwrap_or(Json::Null);
    ErrorDetail {
        index: one.index,
        code: one.code.clone(),
        field: one.field.clone(),
        message: one.message.clone(),
        // The SDK's bulk type reads `{index, error}`.
        error: one.index.map(|_| one.message.clone()),
        expected: value(one),
        current: one.current.as_ref().map(json),
    }
}

/// What is no JSON is told as null.
fn value(one: &Detail) -> Option<Json> {
    one.value.as_deref().map(|text| serde_json::from_str(text).unwrap_or(Json::Null))
}
