//! The history of one item, and fields taken back from it.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::{self, json_answer};
use crate::surface::baasix::routes::{body_object, expected, precondition};
use crate::wire::history::{HistoryPage, RevertBody, RevertSide};
use crate::wire::item::WrittenKey;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Result};
use engine::{HistoryPage as Asked, Revert};
use serde_json::{Map, Value as Json};

/// Revisions when nobody says how many.
const LIMIT: u32 = 20;
/// Most revisions of one answer: each carries the whole item twice.
const LIMIT_MAX: u32 = 100;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/items/{collection}/{id}/history", get(history))
        .route("/items/{collection}/{id}/revert", post(revert))
}

/// `{data:[{id,action,at,actor,origin,ip,changed,before,after}],cursor,keepDays}`, newest first.
async fn history(
    State(app): State<App>,
    caller: Caller,
    Path((collection, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let page = page(query.as_deref().unwrap_or_default())?;
    let history = app
        .engine()
        .history(&collection, &Json::String(id), page, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    Ok(json_answer(StatusCode::OK, &HistoryPage::from(history)))
}

fn page(query: &str) -> Result<Asked> {
    let mut page = Asked { limit: LIMIT, after: None };
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "limit" => {
                page.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                    .ok_or_else(|| wrong("limit", &value, "a whole number from 1 to 100"))?;
            }
            "after" if !value.is_empty() => {
                if !engine::is_revision_key(&value) {
                    return Err(wrong("after", &value, "the `cursor` of the page before"));
                }
                page.after = Some(value.into_owned());
            }
            _ => {}
        }
    }
    Ok(page)
}

fn wrong(name: &str, value: &str, allowed: &str) -> Error {
    Error::new(Code::InvalidQuery, format!("`{name}` is `{value}`; {allowed} is allowed")).at(name)
}

/// An ordinary write of the caller, `If-Match` included, of values that a revision holds.
async fn revert(
    State(app): State<App>,
    caller: Caller,
    Path((collection, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = asked(body_object(&body, app.engine().limits())?)?;
    let expect = expected(&app, &caller, &collection, &id, &headers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let matched = !expect.is_empty();
    let asked = Revert {
        collection,
        key: Json::String(id),
        revision: body.revision,
        fields: body.fields,
        side: body.to.map(Into::into).unwrap_or_default(),
        expect,
        strict: caller.strict,
    };
    let written = app
        .engine()
        .revert(asked, caller.actor(), caller.source.as_deref())
        .await
        .map_err(|fault| precondition(caller.judge(fault), matched))?;
    let id = written.keys.first().map(response::key).unwrap_or(Json::Null);
    Ok(response::written(StatusCode::OK, WrittenKey { id }, &written.warnings))
}

fn invalid(at: &str, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidBody, message).at(at)
}

fn asked(mut body: Map<String, Json>) -> Result<RevertBody> {
    let revision = match body.shift_remove("revision") {
        Some(Json::String(id)) => id,
        _ => {
            return Err(invalid("revision", "`revision` must be the id of a revision")
                .hint("take it from GET /items/{collection}/{id}/history"));
        }
    };
    let fields = match body.shift_remove("fields") {
        None | Some(Json::Null) => None,
        Some(Json::Array(listed)) if !listed.is_empty() => {
            Some(listed.into_iter().map(name).collect::<Result<_>>()?)
        }
        Some(_) => return Err(invalid("fields", "`fields` must be a list of names of fields")),
    };
    let to = match body.shift_remove("to") {
        None | Some(Json::Null) => None,
        Some(Json::String(word)) if word == "before" => Some(RevertSide::Before),
        Some(Json::String(word)) if word == "after" => Some(RevertSide::After),
        Some(other) => {
            let fault = invalid("to", format!("`to` cannot be `{other}`"));
            return Err(fault.hint("`before` or `after`"));
        }
    };
    Ok(RevertBody { revision, fields, to })
}

fn name(one: Json) -> Result<String> {
    match one {
        Json::String(name) => Ok(name),
        other => Err(invalid("fields", format!("`{other}` is not the name of a field"))),
    }
}
