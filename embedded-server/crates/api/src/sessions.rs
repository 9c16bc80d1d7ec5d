//! Where the caller is signed in (`spec/auth.md` 3.6).

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::answer::{Answer, Message};
use crate::wire::session::{OpenSession, SessionsEnded};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/sessions", get(list).delete(end_others))
        .route("/auth/sessions/{id}", delete(end))
}

/// `{data:[…]}`, the session that was used last first; never more than an account may have.
async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.person()?;
    let sessions = app.auth().sessions(&caller.presented).await?;
    let data: Vec<OpenSession> = sessions.into_iter().map(OpenSession::from).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Ends one of the caller's sessions.
async fn end(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.person()?;
    let ended = app.auth().end_session(&caller.presented, &id).await;
    ended.map_err(|fault| caller.judge(fault))?;
    Ok(json_answer(StatusCode::OK, &Message::new("Session ended")))
}

/// Ends every session of the caller but the one that asks.
async fn end_others(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.person()?;
    let ended = app.auth().end_other_sessions(&caller.presented).await?;
    let message = String::from("All other sessions ended");
    Ok(json_answer(StatusCode::OK, &SessionsEnded { message, ended }))
}
