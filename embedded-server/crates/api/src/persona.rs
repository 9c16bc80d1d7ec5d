//! Viewing as somebody else: opened by administrators, shown as a header, and never writing.

use crate::app::App;
use crate::auth_routes::optional;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::persona::{PersonaBody, PersonaOpened};
use auth::{Eyes, Presented};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::post;
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json};

/// What a request shows of the view that it is part of.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-plinth-persona");

/// Of accounts, what tells who one is. The rest is nobody's but the person's own.
const OF_ACCOUNTS: [&str; 3] = ["/auth/me", "/auth/check", "/auth/tenants"];

/// Where a view ends; with another method one begins there, which nobody does from within another.
const END: &str = "/permissions/view-as";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/permissions/view-as", post(open).delete(end))
}

/// Whether a request may be one of somebody who only looks. What is not known to read is refused
/// here already; the guard refuses writes besides.
fn reads(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD => !path.starts_with("/auth/") || OF_ACCOUNTS.contains(&path),
        Method::POST => path.starts_with("/reports/"),
        Method::DELETE => path == END,
        _ => false,
    }
}

/// Who asks, where a persona is shown. An empty header shows none: it is an error, for whoever sends
/// it means to see less than it may.
pub(crate) async fn seen_as(
    app: &App,
    viewer: Presented,
    shown: &HeaderValue,
    method: &Method,
    uri: &Uri,
) -> Result<Presented> {
    let seen = app.auth().seen_as(viewer, shown.to_str().unwrap_or_default().trim()).await?;
    match reads(method, uri.path()) {
        true => Ok(seen),
        false => Err(Error::new(
            Code::PersonaReadOnly,
            format!("{method} {} is not done as somebody else", uri.path()),
        )
        .hint("stop viewing as somebody else first")),
    }
}

impl PersonaBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            user_id: optional(body, "user_Id")?,
            role_id: optional(body, "role_Id")?,
            tenant_id: optional(body, "tenant_Id")?,
        })
    }

    fn eyes(&self) -> Result<Eyes> {
        match (&self.user_id, &self.role_id) {
            (Some(user), None) => Ok(Eyes::Person(user.clone())),
            (None, Some(role)) => Ok(Eyes::Role(role.clone())),
            (None, None) => Ok(Eyes::Anybody),
            (Some(_), Some(_)) => {
                let why = "`user_Id` or `role_Id`, not both";
                Err(Error::new(Code::ValidationError, format!("Validation failed: role_Id: {why}"))
                    .at("role_Id")
                    .detail(Detail::field("persona", "role_Id", why)))
            }
        }
    }
}

async fn open(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    caller.person()?;
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let body = PersonaBody::read(&body)?;
    let eyes = body.eyes()?;
    let opened =
        app.auth().open_persona(&caller.presented, &eyes, body.tenant_id.as_deref()).await?;
    let data = PersonaOpened::from(opened);
    Ok(json_answer(StatusCode::CREATED, &Answer { data }))
}

/// Ends the view that the request shows.
async fn end(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let shown = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let (Some(viewer), Some(shown)) = (&caller.presented.viewer, shown) else {
        let why = "this request shows no view to end";
        return Err(Refusal(
            Error::new(Code::PersonaEnded, why).hint("send it in `X-Plinth-Persona`"),
        ));
    };
    app.auth().end_persona(viewer, shown.trim()).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("You see with your own eyes again")))
}
