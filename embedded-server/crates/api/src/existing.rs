//! Tables that were there before the project: what they are, and taking them over.

use crate::app::App;
use crate::caller::Caller;
use crate::dry_run;
use crate::schemas::in_hands;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Done};
use crate::wire::existing::{AdoptionPlan, ExistingTable, ExistingTables};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error};
use serde_json::Value as Json;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/schemas/existing", get(list))
        .route("/schemas/adopt", post(adopt))
        .layer(middleware::from_fn(dry_run::of_address))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    // To look into tables may take a while; who only asks whether there are any need not wait.
    let data = if params.text("names").is_some_and(|names| names == "true") {
        ExistingTables { names: app.engine().existing_names().await?, tables: Vec::new() }
    } else {
        let found = app.engine().existing_tables().await?;
        let tables: Vec<ExistingTable> = found.into_iter().map(ExistingTable::from).collect();
        ExistingTables { names: tables.iter().map(|table| table.name.clone()).collect(), tables }
    };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

async fn adopt(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let known = ["tables", "dryRun", "token"];
    if let Some(other) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Error::new(Code::InvalidBody, format!("`{other}` means nothing here"))
            .at(other.as_str())
            .hint("send {\"tables\": [\"customers\"], \"dryRun\": true}, then the token of the answer")
            .into());
    }
    let dry = match body.get("dryRun") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(dry)) => *dry,
        Some(_) => {
            return Err(Error::new(Code::InvalidBody, "`dryRun` must be true or false")
                .at("dryRun")
                .into());
        }
    };
    let body = Json::Object(body);
    if dry {
        let data = AdoptionPlan::from(app.engine().plan_adoption(&body).await?);
        return Ok(json_answer(StatusCode::OK, &Answer { data }));
    }
    let data = AdoptionPlan::from(in_hands(&app, &caller).adopt(&body).await?);
    let message = String::from("Tables taken over successfully");
    Ok(json_answer(StatusCode::OK, &Done { message, data }))
}
