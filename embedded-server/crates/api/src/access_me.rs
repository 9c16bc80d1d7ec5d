//! What the caller may do, judged by the server so that no client infers rights.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use access::{Action, Capability};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

/// `{data:{role, collections:{name:{create,read,update,delete}}}}`.
pub(crate) async fn mine(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let state = app.engine().state();
    let actor = caller.actor();
    let policies = (!actor.unbound()).then_some(&*actor.policies);
    let collections: Map<String, Json> = access::capabilities(&state.catalog, policies)
        .into_iter()
        .map(|(name, actions)| {
            let each = Action::ALL.iter().zip(&actions);
            let object: Map<String, Json> =
                each.map(|(action, one)| (action.as_str().to_owned(), capability(one))).collect();
            (name, Json::Object(object))
        })
        .collect();
    let body = json!({ "data": {
        "role": { "id": actor.role, "name": actor.role_name, "administrator": actor.is_administrator() },
        "user": actor.user(),
        "collections": collections,
    } });
    Ok(json_answer(StatusCode::OK, &body))
}

fn capability(one: &Capability) -> Json {
    match &one.fields {
        None => Json::Bool(false),
        Some(fields) => json!({ "fields": fields, "conditional": one.conditional }),
    }
}
