//! Invitations (`spec/auth.md` 9).

use crate::app::App;
use crate::auth_routes::{Mode, auth_mode, entry_response, optional, required};
use crate::caller::Caller;
use crate::cors::own_authority;
use crate::surface::baasix::error::{self, Refusal};
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Message;
use crate::wire::invite::{AcceptBody, InviteBody, InviteSent, InviteShown};
use auth::{Acceptance, Invitation};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{delete, get, post};
use base::{Code, Result};
use serde_json::{Map, Value as Json, json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/invite", post(invite))
        .route("/auth/admin/invite", post(invite_into_project))
        .route("/auth/verify-invite/{token}", get(show))
        .route("/auth/accept-invite", post(accept))
        .route("/auth/invites/{id}/resend", post(again))
        .route("/auth/invites/{id}", delete(revoke))
}

impl InviteBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            email: required(body, "email")?,
            role_id: required(body, "role_Id")?,
            tenant_id: optional(body, "tenant_Id")?,
            link: link(body)?,
        })
    }
}

impl From<InviteBody> for Invitation {
    fn from(body: InviteBody) -> Self {
        let InviteBody { email, role_id, tenant_id, link } = body;
        Self { email, role: role_id, tenant: tenant_id, link }
    }
}

fn link(body: &Map<String, Json>) -> Result<Option<String>> {
    Ok(optional(body, "link")?.or(optional(body, "redirectUrl")?))
}

async fn invite(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    // What a project without tenants answers, whoever asks and whatever for.
    app.auth().must_have_tenants()?;
    caller.user()?;
    let asked = InviteBody::read(&body_object(&body, app.engine().limits())?)?;
    let now_ms = app.engine().clock().now_ms();
    app.limiter().mail(caller.address, &asked.email, now_ms)?;
    let own = own_authority(&headers, app.settings());
    let sent = app.auth().invite(&caller.presented, asked.into(), own).await?;
    Ok(json_answer(StatusCode::OK, &InviteSent::from(sent)))
}

/// The same for administrators, also where there are no tenants.
async fn invite_into_project(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    caller.user()?;
    let asked = InviteBody::read(&body_object(&body, app.engine().limits())?)?;
    let now_ms = app.engine().clock().now_ms();
    app.limiter().mail(caller.address, &asked.email, now_ms)?;
    let own = own_authority(&headers, app.settings());
    let sent = app.auth().invite_into_project(&caller.presented, asked.into(), own).await?;
    Ok(json_answer(StatusCode::OK, &InviteSent::from(sent)))
}

/// What an invitation is, to whoever holds its token; a refusal says `valid: false` too.
async fn show(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let link = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "link");
    let link = link.map(|(_, link)| link.into_owned());
    let own = own_authority(&headers, app.settings());
    match app.auth().show_invitation(&token, link.as_deref(), own).await {
        Ok(shown) => Ok(json_answer(StatusCode::OK, &InviteShown::from(shown))),
        Err(fault) if fault.code() == Code::InviteInvalid => {
            let status = crate::status::status(fault.code());
            let mut body = json!(error::body(&fault, status));
            body["valid"] = json!(false);
            Ok(json_answer(status, &body))
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn accept(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let asked = AcceptBody {
        invite_token: required(&body, "inviteToken")?,
        auth_mode: auth_mode(&body)?,
        auth_type: optional(&body, "authType")?,
    };
    let mode = Mode::of(&app, asked.auth_mode, &headers).await;
    let ask = Acceptance {
        token: asked.invite_token,
        session_type: asked.auth_type,
        ip: caller.ip.clone(),
        user_agent: caller.user_agent.clone(),
    };
    let entry = app.auth().accept_invitation(&caller.presented, ask).await?;
    entry_response(&app, &entry, &mode, Some("Invitation accepted successfully"))
}

async fn again(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.user()?;
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let link = link(&body)?;
    let own = own_authority(&headers, app.settings());
    let now_ms = app.engine().clock().now_ms();
    app.limiter().mail(caller.address, &format!("invitation {id}"), now_ms)?;
    let sent = app.auth().invite_again(&caller.presented, &id, link.as_deref(), own).await?;
    Ok(json_answer(StatusCode::OK, &InviteSent::from(sent)))
}

async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.user()?;
    app.auth().revoke_invitation(&caller.presented, &id).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("The invitation is taken back")))
}
