//! API tokens, which sign in programs (`spec/auth.md` 3.7).

use crate::app::App;
use crate::auth_routes::{optional, required};
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::tokens::{ApiToken, ApiTokenMade, NewApiTokenBody};
use auth::NewApiToken;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/tokens", get(list).post(make))
        .route("/auth/tokens/{id}", delete(revoke))
}

/// Keys of a body that are known; any other may be a limit that would silently not hold.
const KNOWN: [&str; 6] = ["name", "scopes", "expiresAt", "userId", "role_Id", "tenant_Id"];

impl NewApiTokenBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        if let Some(other) = body.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(wrong(other, &format!("one of `{}`", KNOWN.join("`, `"))));
        }
        let scopes = match body.get("scopes") {
            None | Some(Json::Null) => None,
            Some(Json::Array(words)) => {
                let words = words.iter().map(|word| word.as_str().map(str::to_owned));
                Some(words.collect::<Option<_>>().ok_or_else(|| wrong("scopes", "texts"))?)
            }
            Some(_) => return Err(wrong("scopes", "a list of texts")),
        };
        let expires_at = match body.get("expiresAt") {
            None => None,
            Some(_) => Some(optional(body, "expiresAt")?),
        };
        Ok(Self {
            name: required(body, "name")?,
            scopes,
            expires_at,
            user_id: optional(body, "userId")?,
            role_id: optional(body, "role_Id")?,
            tenant_id: optional(body, "tenant_Id")?,
        })
    }
}

fn wrong(key: &str, why: &str) -> Error {
    let message = format!("Validation failed: {key}: {why}");
    Error::new(Code::ValidationError, message)
        .at(key.to_owned())
        .detail(Detail::field("type", key, why))
}

/// `{data:[…]}`, the newest first; the tokens themselves are told to nobody again.
async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.person()?;
    let query = query.unwrap_or_default();
    let mut user = None;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if key != "userId" {
            return Err(Error::new(Code::InvalidQuery, "`userId` is known here")
                .at(key.into_owned())
                .into());
        }
        user = Some(value.into_owned());
    }
    let tokens = app.auth().api_tokens(&caller.presented, user.as_deref()).await?;
    let data: Vec<ApiToken> = tokens.into_iter().map(ApiToken::from).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Makes one, and tells it this once.
async fn make(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let asked = NewApiTokenBody::read(&body)?;
    let ask = NewApiToken {
        name: asked.name,
        scopes: asked.scopes,
        expires_at: asked.expires_at,
        user: asked.user_id,
        role: asked.role_id,
        tenant: asked.tenant_id,
    };
    let (made, token) = app.auth().make_api_token(&caller.presented, ask).await?;
    let data = ApiTokenMade { record: ApiToken::from(made), token };
    Ok(json_answer(StatusCode::CREATED, &Answer { data }))
}

/// Ends one of the caller's, or (administrators) anybody's.
async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.person()?;
    let ended = app.auth().revoke_api_token(&caller.presented, &id).await;
    ended.map_err(|fault| caller.judge(fault))?;
    Ok(json_answer(StatusCode::OK, &Message::new("API token revoked")))
}
