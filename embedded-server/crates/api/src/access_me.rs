//! What the caller may do, judged by the server so that no client infers rights.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::access::{AccessReport, AccessRole};
use crate::wire::answer::Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// `{data:{role, collections:{name:{create,read,update,delete}}}}`.
pub(crate) async fn mine(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let state = app.engine().state();
    let actor = caller.actor();
    let policies = (!actor.unbound()).then_some(&*actor.policies);
    let collections = access::capabilities(&state.catalog, policies)
        .into_iter()
        .map(|(name, actions)| (name, actions.into()))
        .collect();
    let data = AccessReport {
        role: AccessRole {
            id: actor.role.clone(),
            name: actor.role_name.clone(),
            administrator: actor.is_administrator(),
        },
        user: actor.user().map(str::to_owned),
        collections,
    };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}
