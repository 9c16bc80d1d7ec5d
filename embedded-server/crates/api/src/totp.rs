//! The second factor: codes that change with time (`spec/auth.md` 21, F31).

use crate::app::App;
use crate::auth_routes::{
    Mode, auth_mode, optional, put_tokens, required, session_started, token_response,
};
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::totp::{
    RecoveryCodes, SecondFactorBegun, SecondFactorConfirmed, SecondFactorState,
};
use auth::Proof;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{delete, get, post};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/totp", get(state))
        .route("/auth/totp/setup", post(setup))
        .route("/auth/totp/confirm", post(confirm))
        .route("/auth/totp/verify", post(verify))
        .route("/auth/totp/disable", post(disable))
        .route("/auth/totp/recovery-codes", post(renew))
        .route("/auth/admin/totp/{userId}", delete(reset))
}

/// `code` or `recoveryCode`, one of them.
fn proof(body: &Map<String, Json>) -> Result<Proof> {
    match (optional(body, "code")?, optional(body, "recoveryCode")?) {
        (Some(code), None) => Ok(Proof::Code(code)),
        (None, Some(code)) => Ok(Proof::Recovery(code)),
        (Some(_), Some(_)) | (None, None) => {
            let why = "`code` or `recoveryCode`, one of them";
            Err(Error::new(Code::ValidationError, format!("Validation failed: code: {why}"))
                .detail(Detail::field(Code::RequiredFieldMissing.as_str(), "code", why)))
        }
    }
}

/// How it stands with one's own.
async fn state(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.person()?;
    let data = SecondFactorState::from(app.auth().totp_state(&caller.presented).await?);
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Begins: what an authenticator app takes it from. With a `challenge` on the way in.
async fn setup(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let begun = match optional(&body, "challenge")? {
        Some(challenge) => app.auth().begin_demanded_totp(&challenge).await?,
        None => {
            caller.person()?;
            let password = optional(&body, "password")?;
            app.auth().begin_totp(&caller.presented, password.as_deref()).await?
        }
    };
    let data = SecondFactorBegun::from(begun);
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Ends the set-up with a first code; with a `challenge` it opens the session too.
async fn confirm(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let code = required(&body, "code")?;
    let Some(challenge) = optional(&body, "challenge")? else {
        caller.person()?;
        let codes = app.auth().confirm_totp(&caller.presented, &code).await?;
        let data = RecoveryCodes { recovery_codes: codes };
        return Ok(json_answer(StatusCode::OK, &Answer { data }));
    };
    let mode = Mode::of(&app, auth_mode(&body)?, &headers).await;
    let Caller { ip, user_agent, .. } = caller;
    let (recovery_codes, signed_in) =
        app.auth().confirm_demanded_totp(&challenge, &code, ip, user_agent).await?;
    let session = session_started(&signed_in, &mode, None);
    let body = SecondFactorConfirmed { session, recovery_codes };
    let mut response = json_answer(StatusCode::OK, &body);
    put_tokens(&app, &mut response, &signed_in, &mode)?;
    Ok(response)
}

/// The second half of a sign-in.
async fn verify(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let challenge = required(&body, "challenge")?;
    let proof = proof(&body)?;
    let mode = Mode::of(&app, auth_mode(&body)?, &headers).await;
    let Caller { ip, user_agent, .. } = caller;
    let signed_in = app.auth().answer_challenge(&challenge, &proof, ip, user_agent).await?;
    token_response(&app, &signed_in, &mode, None)
}

async fn disable(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let password = optional(&body, "password")?;
    let proof = proof(&body)?;
    app.auth().end_totp(&caller.presented, password.as_deref(), &proof).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("The second factor is off")))
}

async fn renew(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.person()?;
    let body = body_object(&body, app.engine().limits())?;
    let code = required(&body, "code")?;
    let recovery_codes = app.auth().renew_recovery_codes(&caller.presented, &code).await?;
    let data = RecoveryCodes { recovery_codes };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Takes the second factor of somebody away who lost it (administrators).
async fn reset(
    State(app): State<App>,
    Path(user): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.person()?;
    caller.administrator()?;
    app.auth().reset_totp(&caller.presented, &user).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("The second factor is off")))
}
