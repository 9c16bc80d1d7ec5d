//! What a change of permissions would do, for administrators.

use crate::app::App;
use crate::auth_routes::{optional, required};
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Answer;
use crate::wire::explain::ExplainedRole;
use crate::wire::impact::{ImpactBody, ImpactChange, PermissionImpact};
use access::Action;
use auth::Eyes;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use base::{Code, Detail, Error, Result};
use engine::PermissionChange;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

/// Changes that one question is about: a screen of a matrix. Each costs a few statements.
const CHANGES_MAX: usize = 50;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/permissions/impact", post(impact))
}

impl ImpactBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        let Some(Json::Array(items)) = body.get("changes") else {
            return Err(wrong("changes", "a list of permissions as they would be"));
        };
        if items.is_empty() || items.len() > CHANGES_MAX {
            return Err(wrong("changes", &format!("1 to {CHANGES_MAX} of them")));
        }
        let changes = items.iter().enumerate().map(|(at, item)| {
            let item = item.as_object();
            let item = item.ok_or_else(|| wrong("changes", "objects").at_index(at))?;
            ImpactChange::read(item).map_err(|fault| fault.at_index(at))
        });
        Ok(Self {
            changes: changes.collect::<Result<_>>()?,
            user_id: optional(body, "user_Id")?,
            tenant_id: optional(body, "tenant_Id")?,
        })
    }
}

impl ImpactChange {
    fn read(item: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            role_id: required(item, "role_Id")?,
            collection: required(item, "collection")?,
            action: required(item, "action")?,
            permission: match item.get("permission") {
                Some(Json::Object(permission)) => Some(permission.clone()),
                Some(Json::Null) => None,
                Some(_) | None => {
                    return Err(wrong("permission", "an object, or null where it is taken away"));
                }
            },
        })
    }

    fn change(&self) -> Result<PermissionChange> {
        let action = Action::parse(&self.action);
        let action =
            action.ok_or_else(|| wrong("action", "`create`, `read`, `update` or `delete`"))?;
        let (collection, permission) = (self.collection.clone(), self.permission.clone());
        Ok(PermissionChange { collection, action, permission })
    }
}

fn wrong(field: &'static str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {field}: {why}"))
        .at(field)
        .detail(Detail::field("impact", field, why))
}

async fn impact(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = ImpactBody::read(&body_object(&body, app.engine().limits())?)?;
    let mut by_role: IndexMap<&str, Vec<(usize, PermissionChange)>> = IndexMap::new();
    for (at, change) in body.changes.iter().enumerate() {
        let asked = change.change().map_err(|fault| fault.at_index(at))?;
        by_role.entry(&change.role_id).or_default().push((at, asked));
    }
    let mut told: Vec<(usize, PermissionImpact)> = Vec::with_capacity(body.changes.len());
    for (role, changes) in by_role {
        let eyes = match &body.user_id {
            Some(user) => Eyes::Person(user.clone()),
            None => Eyes::Role(role.to_owned()),
        };
        let actor = app.auth().as_if(&eyes, body.tenant_id.as_deref()).await?;
        if actor.role.as_deref() != Some(role) {
            return Err(wrong("user_Id", "this person is not of the role that is changed").into());
        }
        let (places, changes): (Vec<usize>, Vec<PermissionChange>) = changes.into_iter().unzip();
        let impacts = app.engine().impact(&changes, &actor).await?;
        for (at, impact) in places.into_iter().zip(impacts) {
            let role = ExplainedRole { id: actor.role.clone(), name: actor.role_name.clone() };
            told.push((at, PermissionImpact::new(impact, role)));
        }
    }
    told.sort_by_key(|(at, _)| *at);
    let data: Vec<PermissionImpact> = told.into_iter().map(|(_, impact)| impact).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}
