//! The log of mails, and those that were caught, for administrators.

use crate::app::App;
use crate::caller::Caller;
use crate::settings::Asking;
use crate::surface::baasix::error::{self, Refusal};
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::mails::{LoggedMail, MailContent, MailList, TestMail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Detail, Error, Result};
use notify::{Mail, Status};
use serde_json::{Value as Json, json};

/// Mails on a page when nobody says how many, and at most.
const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 200;

const STATES: [Status; 5] =
    [Status::Queued, Status::Sending, Status::Sent, Status::Caught, Status::Error];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/mails", get(list).delete(forget))
        .route("/mails/{id}", get(one))
        .route("/mails/{id}/retry", post(retry))
        .route("/settings/test-email", post(test))
}

/// What a list asks for.
struct Asked {
    status: Option<Status>,
    page: u64,
    limit: u64,
}

impl Asked {
    fn of(query: &str) -> Result<Self> {
        let mut asked = Self { status: None, page: 1, limit: LIMIT };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "status" => {
                    let known = STATES.into_iter().find(|one| one.word() == value);
                    asked.status = Some(known.ok_or_else(|| {
                        let words = STATES.map(Status::word).join("`, `");
                        wrong("status", &format!("one of `{words}`"))
                    })?);
                }
                "page" => asked.page = number("page", &value, u64::from(u32::MAX))?,
                "limit" => asked.limit = number("limit", &value, LIMIT_MAX)?,
                other => return Err(wrong(other, "`status`, `page` and `limit` are known")),
            }
        }
        Ok(asked)
    }
}

fn number(name: &str, value: &str, most: u64) -> Result<u64> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| wrong(name, &format!("a number from 1 to {most}")))
}

fn wrong(name: &str, why: &str) -> Error {
    Error::new(Code::InvalidQuery, format!("`{name}`: {why}")).at(name.to_owned())
}

/// `{data:[…], totalCount}`, the newest first; without what stands in them.
async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let asked = Asked::of(query.as_deref().unwrap_or_default())?;
    let (rows, count) = app.mailer().list(asked.status, asked.page, asked.limit).await?;
    let data = rows.iter().map(LoggedMail::of).collect();
    Ok(json_answer(StatusCode::OK, &MailList { data, total_count: count }))
}

/// `{data:{…}}`; what was caught with what stands in it.
async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (row, mail) = app.mailer().mail(&id).await?;
    let content = mail.map(|mail| MailContent { html: mail.html, text: mail.text });
    let data = LoggedMail { content, ..LoggedMail::of(&row) };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

/// Puts a mail that was given up into the queue again.
async fn retry(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    app.mailer().retry(&id).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("The mail is tried again")))
}

/// Takes the caught mails away.
async fn forget(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    app.mailer().forget_all_caught().await?;
    Ok(json_answer(StatusCode::OK, &Message::new("The caught mails are gone")))
}

/// Sends a mail now to try the way it takes. `{success, message}`, or 400 `MAIL_FAILED` with what the
/// server said.
async fn test(
    State(app): State<App>,
    Asking { caller, tenant }: Asking,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let to = ["to", "email"].iter().find_map(|name| body.get(*name)).and_then(Json::as_str);
    let Some(to) = to.filter(|to| auth::looks_like_address(to)) else {
        let why = "Invalid email format";
        let told = Error::new(Code::ValidationError, format!("Validation failed: to: {why}"));
        return Err(told.at("to").detail(Detail::field("isEmail", "to", why)).into());
    };
    let tenant = match tenant {
        // One that there is not has no server of its own, and the log names none.
        Some(tenant) if app.engine().is_tenant(&tenant).await? => Some(tenant),
        Some(_) | None => None,
    };
    let settings = app.engine().settings(tenant.as_deref()).await?;
    let project = settings.get("project_name").and_then(Json::as_str).unwrap_or_default();
    let line = "This mail was sent to see whether mails arrive. They do.";
    let subject: String = format!("A mail from {project}").replace(char::is_control, " ");
    let mail = Mail {
        to: to.to_owned(),
        subject: subject.chars().take(200).collect(),
        html: format!("<!doctype html><html><body><p>{line}</p></body></html>"),
        text: line.to_owned(),
        template: None,
        tenant,
    };
    match app.mailer().send_now(&mail).await {
        Ok(delivered) => {
            let message = match delivered.status {
                Status::Caught => format!("The mail was caught: {}", delivered.said),
                _ => format!("The mail was sent. The server said: {}", delivered.said),
            };
            Ok(json_answer(StatusCode::OK, &TestMail { success: true, message }))
        }
        Err(failed) if failed.code() == Code::MailFailed => {
            let status = crate::status::status(failed.code());
            let mut answer = json!(error::body(&failed, status));
            answer["success"] = json!(false);
            Ok(json_answer(status, &answer))
        }
        Err(fault) => Err(fault.into()),
    }
}
