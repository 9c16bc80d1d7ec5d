//! Who asks a route that changes the schema for a dry run is told where to have it. Such a route
//! has none of its own, and what was asked only to be looked at must not be done.

use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::routes::body_object;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error, Limits, Result};
use serde_json::{Map, Value as Json};

const WORD: &str = "dryRun";

/// The body of a change.
pub(crate) fn change(body: &[u8], limits: &Limits) -> Result<Map<String, Json>> {
    let mut body = body_object(body, limits)?;
    match body.shift_remove(WORD) {
        None | Some(Json::Bool(false)) => Ok(body),
        Some(_) => Err(none_here(Code::InvalidBody)),
    }
}

/// Most bytes of the body of a deletion, which needs none.
const DELETION_BYTES_MAX: usize = 64 * 1024;

/// The same of the address, and of the body of a deletion, which its route does not read.
pub(crate) async fn of_address(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let plans = path.strip_prefix("/schemas/").is_some_and(|rest| {
        matches!(rest, "plan" | "rehearse")
            || rest.starts_with("history/") && rest.ends_with("/plan")
    });
    let looks = *request.method() == Method::GET || *request.method() == Method::POST && plans;
    if looks {
        return next.run(request).await;
    }
    let query = request.uri().query().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name.split('[').next() == Some(WORD) && value != "false");
    if asked {
        return Refusal(none_here(Code::InvalidQuery)).into_response();
    }
    if *request.method() != Method::DELETE {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, DELETION_BYTES_MAX).await else {
        let fault = Error::new(Code::PayloadTooLarge, "a deletion needs no body of this size");
        return Refusal(fault).into_response();
    };
    let told: Option<Map<String, Json>> = serde_json::from_slice(&body).ok();
    if told.is_some_and(|told| told.get(WORD).is_some_and(|asked| *asked != Json::Bool(false))) {
        return Refusal(none_here(Code::InvalidBody)).into_response();
    }
    next.run(Request::from_parts(head, Body::from(body))).await
}

fn none_here(code: Code) -> Error {
    Error::new(code, "this route makes the change at once; nothing was done").at(WORD).hint(
        "POST /schemas/plan shows what a change of schemas would do, and POST \
         /schemas/history/{version}/plan what undoing one would; POST /schemas/adopt takes the \
         word in its body",
    )
}
