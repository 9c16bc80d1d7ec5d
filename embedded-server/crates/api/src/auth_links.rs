//! Ways that go through a mailbox: links and codes that sign in, new passwords, confirmed addresses
//! (`spec/auth.md` 4.5 and 5).

use crate::app::App;
use crate::auth_routes::{Mode, auth_mode, entry_response, optional, required};
use crate::caller::Caller;
use crate::cors::own_authority;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::Message;
use crate::wire::session::{
    AddressConfirmed, ConfirmedUser, MagicLinkBody, MagicVerifyBody, MailAskedBody, ResetBody,
};
use auth::{Confirmed, Errand, MagicEntry, MagicMode};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use serde_json::{Map, Value as Json};
use std::net::IpAddr;

/// What everybody is told, whether or not there is an account.
const ON_ITS_WAY: &str = "If there is an account of this address, a mail is on its way to it";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/magiclink", post(ask_magic))
        .route("/auth/magiclink/verify", post(enter))
        .route("/auth/magiclink/{token}", get(enter_by_link))
        .route("/auth/password/reset", post(ask_reset))
        .route("/auth/password/reset/{token}", post(reset))
        .route("/auth/email/verify", post(ask_verification))
        .route("/auth/email/verify/{token}", get(confirm))
}

impl MagicLinkBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            email: required(body, "email")?,
            link: link(body)?,
            mode: optional(body, "mode")?,
        })
    }

    fn mode(&self) -> Result<MagicMode> {
        match self.mode.as_deref() {
            None | Some("link") => Ok(MagicMode::Link),
            Some("code") => Ok(MagicMode::Code),
            Some(other) => {
                let why = "`link` or `code`";
                Err(Error::new(Code::ValidationError, format!("`mode` cannot be `{other}`"))
                    .hint(why)
                    .detail(Detail::field("enum", "mode", why)))
            }
        }
    }
}

impl MailAskedBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self { email: optional(body, "email")?, link: link(body)? })
    }
}

impl MagicVerifyBody {
    fn read(body: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            token: required(body, "token")?,
            email: optional(body, "email")?,
            auth_mode: auth_mode(body)?,
            auth_type: optional(body, "authType")?,
        })
    }
}

/// The page that a mail leads to: clients call it `link`, their documents `redirectUrl`.
fn link(body: &Map<String, Json>) -> Result<Option<String>> {
    Ok(optional(body, "link")?.or(optional(body, "redirectUrl")?))
}

async fn ask_magic(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = MagicLinkBody::read(&body_object(&body, app.engine().limits())?)?;
    let mode = asked.mode()?;
    let own = own_authority(&headers, app.settings());
    let errand = app.auth().magic_mail(&asked.email, mode, asked.link.as_deref(), own).await?;
    send(&app, caller.address, errand)
}

/// The same as [`enter`], for clients that follow the link themselves. What reads links in mails
/// ahead of people uses them up: an application's own page had better post.
async fn enter_by_link(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut body = Map::new();
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        body.insert(key.into_owned(), Json::String(value.into_owned()));
    }
    body.insert(String::from("token"), Json::String(token));
    come_in(&app, caller, &headers, MagicVerifyBody::read(&body)?).await
}

async fn enter(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let asked = MagicVerifyBody::read(&body_object(&body, app.engine().limits())?)?;
    come_in(&app, caller, &headers, asked).await
}

async fn come_in(
    app: &App,
    caller: Caller,
    headers: &HeaderMap,
    asked: MagicVerifyBody,
) -> Result<Response, Refusal> {
    let mode = Mode::of(app, asked.auth_mode, headers).await;
    let ask = MagicEntry {
        token: asked.token,
        email: asked.email,
        session_type: asked.auth_type,
        ip: caller.ip,
        user_agent: caller.user_agent,
    };
    let entry = app.auth().enter_by_mail(ask).await?;
    entry_response(app, &entry, &mode, None)
}

async fn ask_reset(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let email = required(&body, "email")?;
    let asked = MailAskedBody::read(&body)?;
    let own = own_authority(&headers, app.settings());
    let errand = app.auth().reset_mail(&email, asked.link.as_deref(), own).await?;
    send(&app, caller.address, errand)
}

async fn reset(
    State(app): State<App>,
    Path(token): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let asked = ResetBody { password: required(&body, "password")? };
    app.auth().reset_password(&token, &asked.password, caller.ip.as_deref()).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Password reset successfully")))
}

async fn ask_verification(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body =
        if body.is_empty() { Map::new() } else { body_object(&body, app.engine().limits())? };
    let asked = MailAskedBody::read(&body)?;
    let own = own_authority(&headers, app.settings());
    let (email, link) = (asked.email.as_deref(), asked.link.as_deref());
    let errand = app.auth().verification_mail(&caller.presented, email, link, own).await?;
    send(&app, caller.address, errand)
}

/// What was asked for rightly counts, and is told the same whether or not there is such an account.
fn send(app: &App, address: Option<IpAddr>, errand: Errand) -> Result<Response, Refusal> {
    app.limiter().mail(address, errand.to(), app.engine().clock().now_ms())?;
    app.auth().ask(errand)?;
    Ok(json_answer(StatusCode::OK, &Message::new(ON_ITS_WAY)))
}

async fn confirm(
    State(app): State<App>,
    Path(token): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    let Confirmed { user, email } =
        app.auth().confirm_address(&token, caller.ip.as_deref()).await?;
    let user = ConfirmedUser { id: user, email, email_verified: true };
    let message = String::from("Email verified successfully");
    Ok(json_answer(StatusCode::OK, &AddressConfirmed { message, user }))
}
