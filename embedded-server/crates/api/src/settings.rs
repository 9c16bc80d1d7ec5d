//! Settings of the project and of its tenants, and what a server tells of itself to machines
//! (`spec/auth.md` 14).

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::settings::{Branding, ProjectInfo, ServerInfo};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use base::{Code, Detail, Error, Result};
use engine::Audience;
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(front).post(info))
        .route("/settings", get(read).patch(change))
        .route("/settings/by-app-url", get(by_app_url))
        .route("/settings/branding", get(branding))
        .route("/settings/tenant", delete(drop_tenant))
        .route("/settings/reload", post(reload))
}

/// A parameter of the address that says something.
fn parameter(query: Option<&str>, names: &[&str]) -> Option<String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(key, value)| names.contains(&key.as_ref()) && !value.trim().is_empty())
        .map(|(_, value)| value.trim().to_owned())
}

/// Who asks, and the tenant that the request is about: named in the address, the caller's own, or
/// named in `X-Tenant-Id`.
pub(crate) struct Asking {
    pub(crate) caller: Caller,
    pub(crate) tenant: Option<String>,
}

impl FromRequestParts<App> for Asking {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let header = || {
            let value = parts.headers.get("x-tenant-id")?.to_str().ok()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let tenant = parameter(parts.uri.query(), &["tenant_id", "tenant_Id"])
            // An SDK goes on sending the header of before once it has switched.
            .or_else(|| caller.actor().tenant.clone())
            .or_else(header)
            .map(|tenant| tenant.to_ascii_lowercase());
        Ok(Self { caller, tenant })
    }
}

/// Settings as this caller is told them. What is more than anybody may know of a tenant is for its
/// own people and for administrators.
async fn told(app: &App, caller: &Caller, tenant: Option<&str>) -> Result<Map<String, Json>> {
    let actor = caller.actor();
    let audience = match (actor.user(), tenant) {
        (None, _) => Audience::Everybody,
        (Some(_), None) => Audience::Members,
        (Some(_), Some(_)) if actor.is_administrator() => Audience::Members,
        (Some(_), Some(tenant)) if actor.tenant.as_deref() == Some(tenant) => Audience::Members,
        // Of a tenant that is none the project's settings hold, and those are for who is signed in.
        (Some(user), Some(tenant)) => {
            let engine = app.engine();
            if engine.is_member(user, tenant).await? || !engine.is_tenant(tenant).await? {
                Audience::Members
            } else {
                Audience::Everybody
            }
        }
    };
    app.engine().settings_told(tenant, audience).await
}

/// `{data:{…}}`.
async fn read(
    State(app): State<App>,
    Asking { caller, tenant }: Asking,
) -> Result<Response, Refusal> {
    let data = told(&app, &caller, tenant.as_deref()).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// `{data:{…}}` as it is now.
async fn change(
    State(app): State<App>,
    Asking { caller, tenant }: Asking,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    if let Some(tenant) = &tenant
        && !app.engine().is_tenant(tenant).await?
    {
        let why = "there is no such tenant";
        let told =
            Error::new(Code::ValidationError, format!("Validation failed: tenant_id: {why}"));
        let detail = Detail::field("exists", "tenant_id", why);
        return Err(told.at("tenant_id").detail(detail).into());
    }
    let (actor, source) = (caller.actor(), caller.source.as_deref());
    app.engine().change_settings(tenant.as_deref(), body, actor, source).await?;
    let data = told(&app, &caller, tenant.as_deref()).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// The settings of whose application lives at an address; 404 when nobody's does.
async fn by_app_url(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let Some(address) = parameter(query.as_deref(), &["appUrl", "app_url"]) else {
        return Err(Error::new(Code::InvalidQuery, "`appUrl` is missing")
            .at("appUrl")
            .hint("ask with the address of an application: `?appUrl=https://app.example.com`")
            .into());
    };
    let Some(whose) = app.engine().whose_application(&address).await? else {
        return Err(Error::new(Code::NotFound, "no settings name this address")
            .at("appUrl")
            .into());
    };
    let data = told(&app, &caller, whose.as_deref()).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// `{data:{…}}`, the project's where no tenant is named.
async fn branding(
    State(app): State<App>,
    Asking { tenant, .. }: Asking,
) -> Result<Response, Refusal> {
    let settings = app.engine().settings_told(tenant.as_deref(), Audience::Everybody).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: Branding::of(&settings) }))
}

/// Takes the settings of a tenant away, if it has any.
async fn drop_tenant(
    State(app): State<App>,
    Asking { caller, tenant }: Asking,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let Some(tenant) = tenant else {
        return Err(Error::new(Code::InvalidQuery, "`tenant_id` is missing")
            .at("tenant_id")
            .hint("name the tenant in the address or in `X-Tenant-Id`, or sign in to it")
            .into());
    };
    app.engine().drop_settings(&tenant, caller.actor(), caller.source.as_deref()).await?;
    let message = "The project's settings hold in this tenant";
    Ok(json_answer(StatusCode::OK, &Message::new(message)))
}

/// Settings count from the next request by whatever door they are changed; asking for them anew is
/// allowed.
async fn reload(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    app.engine().reload_settings();
    Ok(json_answer(StatusCode::OK, &Message::new("Settings reloaded successfully")))
}

/// People are shown the studio, machines are told what this is.
async fn front(app: State<App>, headers: HeaderMap, asking: Asking) -> Result<Response, Refusal> {
    let mut response = if app.settings().studio.is_some() && wants_page(&headers) {
        Redirect::temporary("/studio/").into_response()
    } else {
        info(app, asking).await?
    };
    let vary = HeaderValue::from_static("accept, authorization, cookie, x-tenant-id");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

/// `{project, version}`.
async fn info(
    State(app): State<App>,
    Asking { caller, tenant }: Asking,
) -> Result<Response, Refusal> {
    let settings = told(&app, &caller, tenant.as_deref()).await?;
    let project = ProjectInfo::of(&settings, app.auth().has_tenants());
    let version = app.settings().version.clone();
    Ok(json_answer(StatusCode::OK, &ServerInfo { project, version }))
}

/// Whether a browser asks for a page to show.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    !headers.contains_key(header::AUTHORIZATION)
        && accept.into_iter().any(|kinds| kinds.contains("text/html"))
}
