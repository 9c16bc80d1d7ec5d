//! Signing in and out, and asking who one is (`spec/auth.md` 3 and 4).

use crate::app::App;
use crate::caller::{Caller, cookie, own_page};
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Message;
use crate::wire::session::{
    AuthMode, PasswordBody, SessionInvalid, SessionKey, SessionPermission, SessionReport,
    SessionRole, SessionStarted, SessionUser, SessionValid, SetupBody, SignInBody,
};
use auth::{Registration, SignIn, SignedIn};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json, json};

/// Name of the cookie that holds the refresh token; sent to `/auth` only.
const REFRESH_COOKIE: &str = "refresh_token";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/register", post(register))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", get(logout).post(logout))
        .route("/auth/me", get(me))
        .route("/auth/check", get(check))
        .route("/auth/setup", post(setup))
        .route("/auth/password/change", post(change_password))
        .route("/auth/admin/change-password", post(set_password))
        .route("/auth/admin/password/change", post(set_password))
}

/// How the tokens travel: in the body, and in cookies when asked for or when a browser page calls.
pub(crate) struct Mode {
    cookies: bool,
    word: AuthMode,
}

impl Mode {
    pub(crate) fn of(app: &App, asked: Option<AuthMode>, headers: &HeaderMap) -> Self {
        // A foreign page must not put its own session into somebody's browser.
        let own = own_page(headers, app.settings());
        match asked {
            Some(AuthMode::Jwt) => Self { cookies: false, word: AuthMode::Jwt },
            Some(AuthMode::Cookie) => Self { cookies: own, word: AuthMode::Cookie },
            None => {
                Self { cookies: own && headers.contains_key(header::ORIGIN), word: AuthMode::Jwt }
            }
        }
    }
}

pub(crate) fn auth_mode(body: &Map<String, Json>) -> Result<Option<AuthMode>> {
    match body.get("authMode").and_then(Json::as_str) {
        None => Ok(None),
        Some("jwt") => Ok(Some(AuthMode::Jwt)),
        Some("cookie") => Ok(Some(AuthMode::Cookie)),
        Some(other) => {
            Err(Error::new(Code::ValidationError, format!("`authMode` cannot be `{other}`"))
                .hint("`jwt` or `cookie`")
                .detail(Detail::field("enum", "authMode", "`jwt` or `cookie`")))
        }
    }
}

impl SignInBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            auth_mode: auth_mode(body)?,
            email: required(body, "email")?,
            password: required(body, "password")?,
            tenant_id: optional(body, "tenant_Id")?,
            auth_type: optional(body, "authType")?,
        })
    }
}

impl SetupBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            auth_mode: auth_mode(body)?,
            token: required(body, "token")?,
            email: required(body, "email")?,
            password: required(body, "password")?,
            first_name: optional(body, "firstName")?,
        })
    }
}

impl PasswordBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            current_password: required(body, "currentPassword")?,
            new_password: required(body, "newPassword")?,
        })
    }
}

async fn login(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let asked = SignInBody::read(&body)?;
    let mode = Mode::of(&app, asked.auth_mode, &headers);
    let ask = SignIn {
        email: asked.email,
        password: asked.password,
        tenant: asked.tenant_id,
        tenant_hint: text_header(&headers, "x-tenant-id"),
        session_type: asked.auth_type,
        ip: caller.ip,
        user_agent: caller.user_agent,
    };
    let signed_in = app.auth().sign_in(ask).await?;
    token_response(&app, &signed_in, &mode, None)
}

async fn register(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let mode = Mode::of(&app, auth_mode(&body)?, &headers);
    app.limiter().register(caller.address, app.engine().clock().now_ms())?;
    let ask = Registration { body, ip: caller.ip, user_agent: caller.user_agent };
    let signed_in = app.auth().register(ask).await?;
    token_response(&app, &signed_in, &mode, Some("User registered successfully"))
}

/// Exchanges the refresh token of the body, else of the cookie.
async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let given = body.get("refreshToken").and_then(Json::as_str).filter(|token| !token.is_empty());
    let own = own_page(&headers, app.settings());
    let from_cookie = cookie(&headers, REFRESH_COOKIE).filter(|_| own);
    let token = given.or(from_cookie).ok_or_else(|| {
        Error::new(Code::RefreshInvalid, "no refresh token was sent").hint("sign in again")
    })?;
    let asked = body.get("authMode").and_then(Json::as_str) == Some("cookie");
    let cookies = own && (given.is_none() || asked);
    let signed_in = app.auth().refresh(token).await?;
    token_response(
        &app,
        &signed_in,
        &Mode { cookies, word: if cookies { AuthMode::Cookie } else { AuthMode::Jwt } },
        None,
    )
}

async fn logout(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    app.auth().sign_out(&caller.presented).await?;
    let mut response = json_answer(StatusCode::OK, &Message::new("Logged out successfully"));
    put_cookie(&app, &mut response, "token", "", "/", 0)?;
    put_cookie(&app, &mut response, REFRESH_COOKIE, "", "/auth", 0)?;
    Ok(response)
}

async fn me(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let profile = caller.user()?;
    app.auth().still_here(profile);
    let state = app.engine().state();
    let role = state.roles.get(&profile.role_id);
    let permissions =
        role.map_or_else(Vec::new, |role| role.rows.iter().map(SessionPermission::new).collect());
    let tenant_id =
        profile.tenant.as_ref().and_then(|tenant| tenant.get("id")).cloned().unwrap_or(Json::Null);
    let mut user = profile.user.clone();
    user.insert(String::from("role_Id"), json!(profile.role_id));
    user.insert(String::from("tenant_Id"), tenant_id.clone());
    let role = role.map(|role| SessionRole {
        id: role.id.clone(),
        name: role.name.clone(),
        is_tenant_specific: role.record.get("isTenantSpecific").cloned(),
    });
    let tenant_info = profile.tenant.clone();
    let body = SessionReport { user, role, permissions, tenant: tenant_id, tenant_info };
    Ok(json_answer(StatusCode::OK, &body))
}

async fn check(caller: Caller) -> Response {
    match caller.user() {
        Ok(profile) => json_answer(
            StatusCode::OK,
            &SessionValid { valid: true, user: SessionKey { id: profile.user_id.clone() } },
        ),
        Err(error) => {
            let refusal = crate::surface::baasix::error::body(&error, StatusCode::UNAUTHORIZED);
            json_answer(StatusCode::UNAUTHORIZED, &SessionInvalid { refusal, valid: false })
        }
    }
}

/// Makes the first owner with the one-time link that the server printed, and signs in.
async fn setup(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let SetupBody { auth_mode, token, email, password, first_name } = SetupBody::read(&body)?;
    let mode = Mode::of(&app, auth_mode, &headers);
    let first_name = first_name.unwrap_or_else(|| String::from("Owner"));
    app.auth().setup(&token, &email, &password, &first_name).await?;
    let ask = SignIn {
        email,
        password,
        ip: caller.ip,
        user_agent: caller.user_agent,
        ..SignIn::default()
    };
    let signed_in = app.auth().sign_in(ask).await?;
    token_response(&app, &signed_in, &mode, None)
}

async fn change_password(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.user()?;
    let body = body_object(&body, app.engine().limits())?;
    let PasswordBody { current_password, new_password } = PasswordBody::read(&body)?;
    app.auth().change_password(&caller.presented, &current_password, &new_password).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Password changed successfully")))
}

async fn set_password(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.user()?;
    let body = body_object(&body, app.engine().limits())?;
    let user = required(&body, "userId")?;
    let new = match optional(&body, "password")? {
        Some(new) => new,
        None => required(&body, "newPassword")?,
    };
    app.auth().set_password(&caller.presented, &user, &new).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Password changed successfully")))
}

pub(crate) fn token_response(
    app: &App,
    signed_in: &SignedIn,
    mode: &Mode,
    message: Option<&str>,
) -> Result<Response, Refusal> {
    let user = &signed_in.profile.user;
    let pick = |key: &str| user.get(key).cloned().unwrap_or(Json::Null);
    let message =
        message.or((mode.word == AuthMode::Cookie).then_some("Authentication successful"));
    let body = SessionStarted {
        token: signed_in.token.clone(),
        refresh_token: signed_in.refresh_token.clone(),
        expires_in: signed_in.expires_in,
        auth_mode: mode.word,
        user: SessionUser {
            id: pick("id"),
            email: pick("email"),
            first_name: pick("firstName"),
            last_name: pick("lastName"),
        },
        role: signed_in.role.clone(),
        permissions: signed_in.permissions.clone(),
        tenant: signed_in.profile.tenant.clone(),
        message: message.map(str::to_owned),
    };
    let mut response = json_answer(StatusCode::OK, &body);
    if mode.cookies {
        put_cookie(app, &mut response, "token", &signed_in.token, "/", signed_in.expires_in)?;
        put_cookie(
            app,
            &mut response,
            REFRESH_COOKIE,
            &signed_in.refresh_token,
            "/auth",
            signed_in.session_seconds,
        )?;
    }
    Ok(response)
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn put_cookie(
    app: &App,
    response: &mut Response,
    name: &str,
    value: &str,
    path: &str,
    seconds: u64,
) -> Result<()> {
    let secure = if app.settings().cookie_secure { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let value = HeaderValue::from_str(&text)
        .map_err(|fault| Error::internal("write a cookie").caused_by(fault))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

pub(crate) fn required(body: &Map<String, Json>, key: &str) -> Result<String> {
    optional(body, key)?.filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("`{key}` is required");
        Error::new(Code::ValidationError, message.clone()).detail(Detail::field(
            Code::RequiredFieldMissing.as_str(),
            key,
            message,
        ))
    })
}

pub(crate) fn optional(body: &Map<String, Json>, key: &str) -> Result<Option<String>> {
    match body.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => {
            let message = format!("`{key}` is a text");
            Err(Error::new(Code::ValidationError, message.clone())
                .detail(Detail::field("type", key, message)))
        }
    }
}
