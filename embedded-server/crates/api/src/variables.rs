//! Variables of the project, and the providers that they set up. For administrators.

use crate::app::App;
use crate::auth_routes::optional;
use crate::caller::Caller;
use crate::cors::own_authority;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::variables::{KeptProvider, ProjectVariable, VariableBody};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, put};
use base::{Code, Detail, Error, Result};
use engine::VariableChange;
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/variables", get(list))
        .route("/variables/{name}", put(set).delete(remove))
        .route("/auth/admin/providers", get(providers))
}

impl VariableBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            value: optional(body, "value")?,
            is_secret: match body.get("isSecret") {
                None | Some(Json::Null) => None,
                Some(Json::Bool(is)) => Some(*is),
                Some(_) => {
                    let message = "`isSecret` is true or false";
                    return Err(Error::new(Code::ValidationError, message)
                        .detail(Detail::field("type", "isSecret", message)));
                }
            },
            description: match body.get("description") {
                None => None,
                Some(_) => Some(optional(body, "description")?),
            },
        })
    }
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let told = app.engine().variables_told().await?.into_iter();
    let data: Vec<ProjectVariable> = told.map(|one| shown(&app, one)).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

fn shown(app: &App, variable: engine::Variable) -> ProjectVariable {
    let overridden = app.auth().is_said_outside(&variable.name);
    ProjectVariable::new(variable, overridden)
}

async fn set(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let VariableBody { value, is_secret, description } = VariableBody::read(&body)?;
    let change = VariableChange { value, is_secret, description };
    let (actor, source) = (caller.actor(), caller.source.as_deref());
    let data = app.engine().set_variable(&name, change, actor, source).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: shown(&app, data) }))
}

async fn remove(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (actor, source) = (caller.actor(), caller.source.as_deref());
    if !app.engine().drop_variable(&name, actor, source).await? {
        return Err(Error::new(Code::NotFound, "there is no such variable").into());
    }
    Ok(json_answer(StatusCode::OK, &Message::new("Variable removed")))
}

async fn providers(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let own = own_authority(&headers, app.settings());
    let kept = app.auth().providers_kept(own).await?;
    let data: Vec<KeptProvider> = kept.into_iter().map(KeptProvider::from).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}
