//! The history of the schema, its undoing, and the rehearsal of what is planned: for
//! administrators.

use crate::app::App;
use crate::caller::Caller;
use crate::dry_run;
use crate::schemas::in_hands;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Done};
use crate::wire::rehearsal::Rehearsal;
use crate::wire::schema::told;
use crate::wire::schema_history::{SchemaChangeDetail, SchemaHistory, SchemaUndone, UndoPlan};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Result};
use serde_json::Value as Json;

/// Changes of one answer when nobody says how many.
const LIMIT: i64 = 20;
/// Most changes of one answer: each brings the SQL of its steps.
const LIMIT_MAX: i64 = 100;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/schemas/rehearse", post(rehearse))
        .route("/schemas/history", get(list))
        .route("/schemas/history/{version}", get(one))
        .route("/schemas/history/{version}/plan", post(plan))
        .route("/schemas/history/{version}/undo", post(undo))
        .layer(middleware::from_fn(dry_run::of_address))
}

async fn rehearse(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let tried = in_hands(&app, &caller).rehearse_schemas(&Json::Object(body)).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: Rehearsal::from(tried) }))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    let limit = within(params.integer("limit")?, "limit", LIMIT, LIMIT_MAX)?;
    let page = within(params.integer("page")?, "page", 1, i64::MAX)?;
    let offset = (page - 1).saturating_mul(limit);
    let (changes, total_count) = app.engine().schema_history(limit, offset).await?;
    let data = changes.into_iter().map(|change| SchemaChangeDetail::from(change).entry).collect();
    Ok(json_answer(StatusCode::OK, &SchemaHistory { data, total_count }))
}

/// A whole number of a query, from 1.
fn within(asked: Option<i64>, name: &str, usual: i64, most: i64) -> Result<u64> {
    let number = asked.unwrap_or(usual);
    let fitting = u64::try_from(number).ok().filter(|_| (1..=most).contains(&number));
    fitting.ok_or_else(|| {
        Error::new(
            Code::InvalidQuery,
            format!("`{name}` is {number}; a whole number from 1 to {most} is allowed"),
        )
        .at(name)
    })
}

/// The change that an address names.
fn version(text: &str) -> Result<u64> {
    text.parse().map_err(|_| {
        Error::new(Code::NotFound, format!("the history of the schema has no change `{text}`"))
            .at("version")
            .hint("GET /schemas/history lists the changes by their versions")
    })
}

async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(named): Path<String>,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let change = app.engine().schema_change(version(&named)?).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: SchemaChangeDetail::from(change) }))
}

async fn plan(
    State(app): State<App>,
    caller: Caller,
    Path(named): Path<String>,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let data = UndoPlan::from(app.engine().plan_undo(version(&named)?).await?);
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

async fn undo(
    State(app): State<App>,
    caller: Caller,
    Path(named): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = Json::Object(dry_run::change(&body, app.engine().limits())?);
    let (steps, restored) = in_hands(&app, &caller).undo_schema(version(&named)?, &body).await?;
    let restores = restored.into_iter().map(Into::into).collect();
    let data = SchemaUndone { steps: told(steps), restores };
    let message = String::from("Schema change undone");
    Ok(json_answer(StatusCode::OK, &Done { message, data }))
}
