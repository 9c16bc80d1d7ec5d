//! Why somebody may or may not touch a record, for administrators.

use crate::app::App;
use crate::auth_routes::{optional, required};
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Answer;
use crate::wire::explain::{ExplainBody, Explanation};
use access::Action;
use auth::Eyes;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use base::{Code, Detail, Error, Result};
use engine::Question;
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/permissions/explain", post(explain))
}

impl ExplainBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        let id = body.get("id").filter(|id| id.is_string() || id.is_number()).cloned();
        Ok(Self {
            user_id: optional(body, "user_Id")?,
            role_id: optional(body, "role_Id")?,
            tenant_id: optional(body, "tenant_Id")?,
            collection: required(body, "collection")?,
            action: optional(body, "action")?,
            id: id.ok_or_else(|| wrong("id", "the key of a record, a text or a number"))?,
        })
    }

    fn eyes(&self) -> Result<Eyes> {
        match (&self.user_id, &self.role_id) {
            (Some(user), None) => Ok(Eyes::Person(user.clone())),
            (None, Some(role)) => Ok(Eyes::Role(role.clone())),
            (None, None) => Ok(Eyes::Anybody),
            (Some(_), Some(_)) => Err(wrong("role_Id", "`user_Id` or `role_Id`, not both")),
        }
    }

    fn action(&self) -> Result<Action> {
        match self.action.as_deref() {
            None | Some("read") => Ok(Action::Read),
            Some("update") => Ok(Action::Update),
            Some("delete") => Ok(Action::Delete),
            Some(_) => Err(wrong("action", "`read`, `update` or `delete`")),
        }
    }
}

fn wrong(field: &'static str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {field}: {why}"))
        .at(field)
        .detail(Detail::field("explain", field, why))
}

async fn explain(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = ExplainBody::read(&body_object(&body, app.engine().limits())?)?;
    let (eyes, action) = (body.eyes()?, body.action()?);
    let actor = app.auth().as_if(&eyes, body.tenant_id.as_deref()).await?;
    let question = Question { collection: body.collection, action, key: body.id };
    let explained = app.engine().explain(&question, &actor).await?;
    let data = Explanation::new(explained, &actor);
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}
