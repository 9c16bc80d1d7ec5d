//! Manual order: a record is put beside another (`spec/data.md` 12).

use super::error::Refusal;
use super::response::json_answer;
use super::routes::body_object;
use crate::app::App;
use crate::caller::Caller;
use crate::wire::answer::Answer;
use crate::wire::item::SortedItem;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use base::{Code, Error, Result};
use engine::{Move, Side};
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/utils/sort/{collection}", post(sort))
}

async fn sort(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let item = key(&body, "item", "Missing item ID to sort")?;
    let target = key(&body, "to", "Missing target ID to sort to")?;
    let side = Side::try_from(body.get("mode"))?;
    // Before the collection is looked up: who is not signed in learns no names.
    caller.user()?;
    let asked = Move { collection, item, target, side };
    let place = app
        .engine()
        .sort(&asked, caller.actor(), caller.source.as_deref())
        .await
        .map_err(|fault| caller.judge(fault))?;
    let data = SortedItem { item: asked.item, collection: asked.collection, new_sort: place };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

fn key(body: &Map<String, Json>, name: &str, missing: &str) -> Result<Json> {
    match body.get(name) {
        Some(key @ (Json::String(_) | Json::Number(_))) if key != "" => Ok(key.clone()),
        Some(_) | None => Err(Error::new(Code::InvalidBody, missing).at(name)),
    }
}
