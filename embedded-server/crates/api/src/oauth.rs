//! Signing in at another provider (`spec/auth.md` 6).

use crate::app::App;
use crate::auth_routes::{Mode, auth_mode, entry_response, optional, required, unconfirmed};
use crate::caller::Caller;
use crate::cookies;
use crate::cors::own_authority;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::oauth::{IdTokenBody, ProviderList, SocialBegun, SocialBody};
use crate::wire::session::AuthMode;
use auth::{Begin, Begun, Brought, Entry, IdTokenEntry, Outcome};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/providers", get(providers))
        .route("/auth/signin/{provider}", get(begin))
        .route("/auth/social/signin", post(begin_elsewhere))
        .route("/auth/callback/{provider}", get(came_back).post(posted_back))
}

impl SocialBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            provider: required(body, "provider")?,
            callback_url: optional(body, "callbackURL")?,
            scopes: scopes(body)?,
            auth_mode: auth_mode(body)?,
            auth_type: optional(body, "authType")?,
            invite_token: optional(body, "inviteToken")?,
            id_token: match body.get("idToken") {
                Some(Json::Object(given)) => Some(IdTokenBody {
                    token: required(given, "token")?,
                    nonce: optional(given, "nonce")?,
                }),
                _ => optional(body, "idToken")?.map(|token| IdTokenBody { token, nonce: None }),
            },
        })
    }
}

/// A list of texts, or one with commas.
fn scopes(body: &Map<String, Json>) -> Result<Option<Vec<String>>> {
    match body.get("scopes") {
        Some(Json::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            let texts = texts.ok_or_else(|| {
                let message = "`scopes` is a list of texts";
                Error::new(Code::ValidationError, message)
                    .detail(Detail::field("type", "scopes", message))
            })?;
            Ok(Some(texts.into_iter().map(str::to_owned).collect()))
        }
        _ => Ok(optional(body, "scopes")?.map(|text| words(&text))),
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

async fn providers(State(app): State<App>) -> Result<Response, Refusal> {
    let data = app.auth().providers().await?.into_iter().map(Into::into).collect();
    Ok(json_answer(StatusCode::OK, &ProviderList { data }))
}

/// The browser itself comes here, and is led to the provider.
async fn begin(
    State(app): State<App>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut asked = pairs(query.unwrap_or_default().as_bytes());
    let page = asked.remove("redirect_url").filter(|page| !page.is_empty()).ok_or_else(|| {
        let message = "`redirect_url` is required";
        let code = Code::RequiredFieldMissing.as_str();
        Error::new(Code::ValidationError, message).detail(Detail::field(
            code,
            "redirect_url",
            message,
        ))
    })?;
    app.limiter().begin(caller.address, app.engine().clock().now_ms())?;
    let begun = app
        .auth()
        .begin_oauth(Begin {
            provider,
            page: Some(page),
            callback: None,
            scopes: words(&asked.remove("scopes").unwrap_or_default()),
            state: asked.remove("state"),
            session_type: asked.remove("authType"),
            invite: asked.remove("inviteToken").filter(|token| !token.is_empty()),
            cookies: false,
            own: own_authority(&headers, app.settings()).map(str::to_owned),
        })
        .await?;
    let mut response = led(StatusCode::FOUND, &begun.address)?;
    remember(&app, &mut response, &begun)?;
    Ok(response)
}

/// A program asks where to lead a person, or brings what it got from the provider by itself.
async fn begin_elsewhere(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = SocialBody::read(&body_object(&body, app.engine().limits())?)?;
    app.limiter().begin(caller.address, app.engine().clock().now_ms())?;
    if let Some(IdTokenBody { token, nonce }) = asked.id_token {
        let mode = Mode::of(&app, asked.auth_mode, &headers).await;
        let ask = IdTokenEntry {
            provider: asked.provider,
            token,
            nonce,
            session_type: asked.auth_type,
            ip: caller.ip,
            user_agent: caller.user_agent,
        };
        let entry = app.auth().enter_by_id_token(ask).await;
        return answered(&app, entry, &mode);
    }
    let begun = app
        .auth()
        .begin_oauth(Begin {
            provider: asked.provider,
            page: None,
            callback: asked.callback_url,
            scopes: asked.scopes.unwrap_or_default(),
            state: None,
            session_type: asked.auth_type,
            invite: asked.invite_token,
            cookies: matches!(asked.auth_mode, Some(AuthMode::Cookie)),
            own: own_authority(&headers, app.settings()).map(str::to_owned),
        })
        .await?;
    let told = SocialBegun { redirect: true, url: begun.address.clone() };
    let mut response = json_answer(StatusCode::OK, &told);
    remember(&app, &mut response, &begun)?;
    Ok(response)
}

async fn came_back(
    State(app): State<App>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let brought = pairs(query.unwrap_or_default().as_bytes());
    finish(&app, &provider, brought, caller, &headers, StatusCode::FOUND).await
}

/// Apple's page posts a form; a program may post the same as JSON.
async fn posted_back(
    State(app): State<App>,
    Path(provider): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let brought = if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        let body = body_object(&body, app.engine().limits())?;
        let text = |(name, value): (String, Json)| match value {
            Json::String(text) => Some((name, text)),
            Json::Null => None,
            other => Some((name, other.to_string())),
        };
        body.into_iter().filter_map(text).collect()
    } else {
        pairs(&body)
    };
    finish(&app, &provider, brought, caller, &headers, StatusCode::SEE_OTHER).await
}

async fn finish(
    app: &App,
    provider: &str,
    mut brought: BTreeMap<String, String>,
    caller: Caller,
    headers: &HeaderMap,
    led_by: StatusCode,
) -> Result<Response, Refusal> {
    let mut part = |name: &str| brought.remove(name);
    let brought = Brought {
        code: part("code"),
        state: part("state"),
        error: part("error"),
        error_description: part("error_description"),
        issuer: part("iss"),
        user: part("user"),
    };
    let cookie = |name: &str| cookies::named(headers, name).map(str::to_owned);
    let flow = app.auth().take_oauth(provider, &brought, cookie).await?;
    let entry = app.auth().finish_oauth(&flow, brought, caller.ip, caller.user_agent).await;
    if let Err(fault) = &entry
        && fault.code() == Code::Internal
    {
        tracing::error!(%fault, "signing in at a provider failed");
    }
    let outcome = entry.as_ref().map_or_else(Outcome::Refused, Outcome::Entered);
    let mut response = match app.auth().oauth_page(&flow, outcome)? {
        Some(page) => led(led_by, &page)?,
        None => answered(app, entry, &Mode::of_flow(flow.wants_cookies()))?,
    };
    cookies::forget_flow(app, &mut response, flow.cookie())?;
    Ok(response)
}

/// What becomes of a way in, where no page is told.
fn answered(app: &App, entry: Result<Entry>, mode: &Mode) -> Result<Response, Refusal> {
    match entry {
        Err(fault) if fault.code() == Code::EmailNotVerified => Ok(unconfirmed(&fault)),
        entry => entry_response(app, &entry?, mode, None),
    }
}

/// The cookie by which the browser is known when it comes back.
fn remember(app: &App, response: &mut Response, begun: &Begun) -> Result<()> {
    cookies::put_flow(app, response, begun)
}

/// Leads on. The address may hold a token: nobody keeps it or hears of it.
fn led(status: StatusCode, to: &str) -> Result<Response> {
    let to =
        HeaderValue::from_str(to).map_err(|fault| Error::internal("lead on").caused_by(fault))?;
    let mut response = Response::default();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, to);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}
