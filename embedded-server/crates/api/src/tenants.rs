//! The tenants that one may work in (`spec/auth.md` 8.3).

use crate::app::App;
use crate::auth_routes::{Mode, auth_mode, entry_response, optional, required};
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::session::{SwitchBody, TenantChoice, TenantChoices};
use auth::Switch;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base::Result;
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/auth/tenants", get(list)).route("/auth/switch-tenant", post(switch))
}

impl SwitchBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            auth_mode: auth_mode(body)?,
            tenant_id: required(body, "tenant_Id")?,
            auth_type: optional(body, "authType")?,
        })
    }
}

/// `{tenants:[{id, name, role:{id, name}}]}`.
async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.user()?;
    let tenants = app.auth().tenants_of(&caller.presented).await?;
    let tenants = tenants.into_iter().map(TenantChoice::from).collect();
    Ok(json_answer(StatusCode::OK, &TenantChoices { tenants }))
}

/// A session in another tenant; the one that asks goes on.
async fn switch(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let asked = SwitchBody::read(&body)?;
    let mode = Mode::of(&app, asked.auth_mode, &headers).await;
    let Caller { presented, ip, user_agent, .. } = caller;
    let ask = Switch { tenant: asked.tenant_id, session_type: asked.auth_type, ip, user_agent };
    let entry = app.auth().switch_tenant(&presented, ask).await?;
    entry_response(&app, &entry, &mode, None)
}
