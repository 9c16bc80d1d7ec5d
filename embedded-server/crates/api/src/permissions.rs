//! Permission rows under their own address (`spec/auth.md` 12.2). The rows are records of
//! `baasix_Permission`; these routes give them the shapes that the SDK and older clients read.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::{self, Params};
use crate::surface::baasix::response::{self, json_answer};
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Message;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use base::{Error, Result};
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json};

const ROWS: &str = "baasix_Permission";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/permissions", get(list).post(create))
        .route("/permissions/{id}", get(one).patch(update).delete(remove))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let limits = app.engine().limits();
    let params = Params::parse(query.as_deref().unwrap_or_default(), limits)?;
    let read = request::read(ROWS, &params, limits, &|_| false, false)?;
    let records = app
        .engine()
        .read(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    Ok(response::list(&records, read.after.is_some()))
}

async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let read = Read { collection: ROWS.to_owned(), key: Some(Json::String(id)), ..Read::default() };
    let records = app
        .engine()
        .read(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    Ok(response::one(&records))
}

async fn create(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let operations = vec![Operation::Create { collection: ROWS.to_owned(), body }];
    let written = app
        .engine()
        .write(Write { operations, strict: true }, caller.actor(), caller.source.as_deref())
        .await?;
    let key = written.keys.first().map(response::key).unwrap_or(Json::Null);
    row(&app, key, StatusCode::CREATED).await
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let key = Json::String(id);
    let operations = vec![Operation::Update {
        collection: ROWS.to_owned(),
        key: key.clone(),
        body,
        expect: Map::new(),
    }];
    app.engine()
        .write(Write { operations, strict: true }, caller.actor(), caller.source.as_deref())
        .await?;
    row(&app, key, StatusCode::OK).await
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let operations = vec![Operation::Delete {
        collection: ROWS.to_owned(),
        key: Json::String(id),
        expect: Map::new(),
        force: false,
    }];
    app.engine()
        .write(Write { operations, strict: true }, caller.actor(), caller.source.as_deref())
        .await?;
    Ok(response::bytes(StatusCode::NO_CONTENT, Vec::new()))
}

/// The snapshot is swapped by every write already; asking for it again is allowed.
pub(crate) async fn reload(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    app.engine().reload_policies().await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Permissions reloaded successfully")))
}

/// The row's own keys and `data` with the same row: older clients read one, the SDK the other.
async fn row(app: &App, key: Json, status: StatusCode) -> Result<Response, Refusal> {
    let row = app.engine().stored_row(ROWS, &key).await?;
    let mut body = row.clone();
    if body.insert(String::from("data"), Json::Object(row)).is_some() {
        return Err(Error::internal("a permission row has a column `data`").into());
    }
    Ok(json_answer(status, &Json::Object(body)))
}
