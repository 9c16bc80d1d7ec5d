//! Signing in and out, and asking who one is (`spec/auth.md` 3 and 4).

use crate::app::App;
use crate::caller::{Caller, bearer, own_page};
use crate::cookies;
use crate::cors::own_authority;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Message;
use crate::wire::session::{
    AddressUnconfirmed, AuthMode, PasswordBody, RegistrationWaits, SessionInvalid, SessionKey,
    SessionPermission, SessionReport, SessionRole, SessionStarted, SessionUser, SessionValid,
    SetupBody, SignInBody,
};
use crate::wire::totp::SecondFactorAsked;
use auth::{Entry, Registration, SignIn, SignedIn};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json, json};

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
    pub(crate) async fn of(app: &App, asked: Option<AuthMode>, headers: &HeaderMap) -> Self {
        // A foreign page must not put its own session into somebody's browser.
        let own = own_page(headers, app).await;
        match asked {
            Some(AuthMode::Jwt) => Self { cookies: false, word: AuthMode::Jwt },
            Some(AuthMode::Cookie) => Self { cookies: own, word: AuthMode::Cookie },
            None => {
                Self { cookies: own && headers.contains_key(header::ORIGIN), word: AuthMode::Jwt }
            }
        }
    }

    /// As was said when a way in was begun, whose browser is known by its own cookie.
    pub(crate) fn of_flow(cookies: bool) -> Self {
        Self { cookies, word: if cookies { AuthMode::Cookie } else { AuthMode::Jwt } }
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
    app.auth().takes_passwords()?;
    let mode = Mode::of(&app, asked.auth_mode, &headers).await;
    let ask = SignIn {
        email: asked.email,
        password: asked.password,
        tenant: asked.tenant_id,
        tenant_hint: text_header(&headers, "x-tenant-id"),
        session_type: asked.auth_type,
        ip: caller.ip,
        user_agent: caller.user_agent,
    };
    match app.auth().sign_in(ask).await {
        Err(fault) if fault.code() == Code::EmailNotVerified => Ok(unconfirmed(&fault)),
        entry => entry_response(&app, &entry?, &mode, None),
    }
}

async fn register(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let mode = Mode::of(&app, auth_mode(&body)?, &headers).await;
    app.limiter().register(caller.address, app.engine().clock().now_ms())?;
    let own = own_authority(&headers, app.settings()).map(str::to_owned);
    let ask = Registration { body, own, ip: caller.ip, user_agent: caller.user_agent };
    match app.auth().register(ask).await {
        // A fault of the body, and not of who sends it.
        Err(fault) if fault.code() == Code::InviteEmailMismatch => {
            let refusal = crate::surface::baasix::error::body(&fault, StatusCode::BAD_REQUEST);
            Ok(json_answer(StatusCode::BAD_REQUEST, &refusal))
        }
        entry => entry_response(&app, &entry?, &mode, Some("User registered successfully")),
    }
}

/// Exchanges the refresh token of the body, else of the cookie; without either the access token
/// that is presented, while it lives.
async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let given = body.get("refreshToken").and_then(Json::as_str).filter(|token| !token.is_empty());
    let own = own_page(&headers, &app).await;
    let from_cookie = cookies::refresh_token(&headers).filter(|_| own);
    let borne = bearer(&headers);
    let asked = body.get("authMode").and_then(Json::as_str) == Some("cookie");
    let (signed_in, by_cookie) = match (given, from_cookie, borne) {
        (Some(token), _, _) => (app.auth().refresh(token).await?, false),
        (None, Some(token), _) => (app.auth().refresh(token).await?, true),
        (None, None, Some(token)) => (app.auth().refresh_living(token).await?, false),
        (None, None, None) => match cookies::access_token(&headers).filter(|_| own) {
            Some(token) => (app.auth().refresh_living(token).await?, true),
            None => {
                let none = Error::new(Code::RefreshInvalid, "no refresh token was sent");
                return Err(none.hint("sign in again").into());
            }
        },
    };
    let cookies = own && (by_cookie || asked);
    let word = if cookies { AuthMode::Cookie } else { AuthMode::Jwt };
    token_response(&app, &signed_in, &Mode { cookies, word }, None)
}

async fn logout(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    app.auth().sign_out(&caller.presented).await?;
    let mut response = json_answer(StatusCode::OK, &Message::new("Logged out successfully"));
    cookies::clear(&app, &mut response)?;
    Ok(response)
}

async fn me(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let profile = caller.user()?;
    // Who is looked through is not here.
    if caller.presented.viewer.is_none() {
        app.auth().still_here(profile);
    }
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
    let mode = Mode::of(&app, auth_mode, &headers).await;
    let first_name = first_name.unwrap_or_else(|| String::from("Owner"));
    app.auth().setup(&token, &email, &password, &first_name).await?;
    let ask = SignIn {
        email,
        password,
        ip: caller.ip,
        user_agent: caller.user_agent,
        ..SignIn::default()
    };
    let entry = app.auth().sign_in(ask).await?;
    entry_response(&app, &entry, &mode, None)
}

async fn change_password(
    State(app): State<App>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.person()?;
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
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let user = required(&body, "userId")?;
    let new = match optional(&body, "password")? {
        Some(new) => new,
        None => required(&body, "newPassword")?,
    };
    app.auth().set_password(&caller.presented, &user, &new).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Password changed successfully")))
}

/// What a way in leads to: a session, or the question for the second factor, which is no session and
/// has an empty token, as clients know it (`spec/auth.md` T18).
pub(crate) fn entry_response(
    app: &App,
    entry: &Entry,
    mode: &Mode,
    message: Option<&str>,
) -> Result<Response, Refusal> {
    match entry {
        Entry::SignedIn(signed_in) => token_response(app, signed_in, mode, message),
        Entry::SecondFactor(challenge) => {
            let body = SecondFactorAsked::new(challenge, mode.word);
            Ok(json_answer(StatusCode::OK, &body))
        }
        Entry::Unconfirmed(newcomer) => {
            let session = session_started(newcomer, mode, message);
            let body = RegistrationWaits { session, requires_email_verification: true };
            Ok(json_answer(StatusCode::OK, &body))
        }
    }
}

/// The refusal of an account whose address is not confirmed, with the sign that clients of the
/// original look for.
pub(crate) fn unconfirmed(fault: &Error) -> Response {
    let status = crate::status::status(fault.code());
    let refusal = crate::surface::baasix::error::body(fault, status);
    json_answer(status, &AddressUnconfirmed { refusal, requires_email_verification: true })
}

pub(crate) fn token_response(
    app: &App,
    signed_in: &SignedIn,
    mode: &Mode,
    message: Option<&str>,
) -> Result<Response, Refusal> {
    let mut response = json_answer(StatusCode::OK, &session_started(signed_in, mode, message));
    put_tokens(app, &mut response, signed_in, mode)?;
    Ok(response)
}

/// What is told of a session that began.
pub(crate) fn session_started(
    signed_in: &SignedIn,
    mode: &Mode,
    message: Option<&str>,
) -> SessionStarted {
    let user = &signed_in.profile.user;
    let pick = |key: &str| user.get(key).cloned().unwrap_or(Json::Null);
    let message =
        message.or((mode.word == AuthMode::Cookie).then_some("Authentication successful"));
    SessionStarted {
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
    }
}

/// Puts the tokens into the browser where it asked for that.
pub(crate) fn put_tokens(
    app: &App,
    response: &mut Response,
    signed_in: &SignedIn,
    mode: &Mode,
) -> Result<()> {
    if !mode.cookies {
        return Ok(());
    }
    let access = (signed_in.token.as_str(), signed_in.expires_in);
    let refresh = (signed_in.refresh_token.as_str(), signed_in.session_seconds);
    cookies::put(app, response, access, refresh)
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
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
