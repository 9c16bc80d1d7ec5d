//! Who asks a route that changes the schema for a dry run is told where to have it. Such a route
//! has none of its own, and what was asked only to be looked at must not be done.

use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::routes::body_object;
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

/// The same of the address.
pub(crate) async fn of_address(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = Params::parse(query, &Limits::default()).ok().and_then(|all| all.text(WORD));
    let changes = *request.method() != Method::GET && request.uri().path() != "/schemas/plan";
    if changes && asked.is_some_and(|word| word != "false") {
        return Refusal(none_here(Code::InvalidQuery)).into_response();
    }
    next.run(request).await
}

fn none_here(code: Code) -> Error {
    Error::new(code, "this route makes the change at once; nothing was done").at(WORD).hint(
        "POST /schemas/plan shows what a change of schemas would do, and POST \
         /schemas/history/{version}/plan what undoing one would",
    )
}
