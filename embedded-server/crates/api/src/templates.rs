//! The mails that the house sends, and how one would look (`spec/auth.md` 15). What a project writes
//! instead are records of `baasix_Template`.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Answer;
use crate::wire::templates::{
    TemplateDefault, TemplateDefaults, TemplatePreview, TemplateType, TemplateTypes,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use notify::default::built_in;
use notify::template::{Preview, Templates};
use serde_json::{Map, Value as Json, json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/templates/types", get(types))
        .route("/templates/defaults", get(defaults))
        .route("/templates/default/{type}", get(default))
        .route("/templates/preview", post(preview))
}

/// `{data:{types,commonVariables}}`, for whoever asks: nothing of the project is told.
async fn types() -> Response {
    let types = engine::TEMPLATES.iter().map(TemplateType::of).collect();
    json_answer(StatusCode::OK, &Answer { data: TemplateTypes::new(types) })
}

/// `{data:{templates,commonVariables}}`.
async fn defaults(caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let templates = engine::TEMPLATES.iter().map(TemplateDefault::of).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data: TemplateDefaults::new(templates) }))
}

/// `{data:{…}}`, or `{data:null,message}` for a type that the house does not send.
async fn default(caller: Caller, Path(kind): Path<String>) -> Result<Response, Refusal> {
    caller.administrator()?;
    Ok(match built_in(&kind) {
        Some(template) => {
            json_answer(StatusCode::OK, &Answer { data: TemplateDefault::of(template) })
        }
        None => {
            let message = "No default template for this type";
            json_answer(StatusCode::OK, &json!({ "data": null, "message": message }))
        }
    })
}

/// What a body of a preview asks for.
struct Asked {
    preview: Preview,
    tenant: Option<String>,
}

impl Asked {
    fn read(mut body: Map<String, Json>) -> Result<Self> {
        let mut text = |name: &'static str| match body.shift_remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "type", "must be a text")),
        };
        let (kind, subject, body_text) = (text("type")?, text("subject")?, text("body")?);
        let tenant = text("tenant_id")?.or(text("tenant_Id")?);
        let variables = match body.shift_remove("variables") {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(variables)) => variables,
            Some(_) => return Err(wrong("variables", "type", "must be an object")),
        };
        if let Some(name) = body.keys().next() {
            let known = "type, subject, body, variables and tenant_id are known";
            return Err(wrong(name, "unknown", known));
        }
        if kind.is_none() && subject.is_none() && body_text.is_none() {
            return Err(wrong("type", "required", "name a type, or send a subject and a body"));
        }
        Ok(Self { preview: Preview { kind, subject, body: body_text, variables }, tenant })
    }
}

fn wrong(name: &str, rule: &'static str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {name}: {why}"))
        .at(name.to_owned())
        .detail(Detail::field(rule, name, why))
}

/// `{data:{subject,html,text,unknown}}`. Nothing is sent or written.
async fn preview(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let asked = Asked::read(body_object(&body, app.engine().limits())?)?;
    let named = || {
        let value = headers.get("x-tenant-id")?.to_str().ok()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let tenant = asked.tenant.or_else(named).or_else(|| caller.actor().tenant.clone());
    let tenant = tenant.map(|tenant| tenant.to_ascii_lowercase());
    if let Some(tenant) = &tenant
        && !app.engine().is_tenant(tenant).await?
    {
        return Err(wrong("tenant_id", "exists", "there is no such tenant").into());
    }
    let (mail, unknown) =
        Templates::preview(app.engine(), tenant.as_deref(), asked.preview).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: TemplatePreview::of(mail, unknown) }))
}
