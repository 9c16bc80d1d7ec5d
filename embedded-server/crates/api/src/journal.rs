//! What happened lately, for administrators.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::answer::Answer;
use crate::wire::journal::JournalEntry;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, Error};

/// Entries when nobody says how many.
const LIMIT: usize = 50;
/// Most entries of one answer: a screen or two, not a log to keep.
const LIMIT_MAX: usize = 200;

/// `{data:[{at,kind,collection,count,more,actor,source}]}`, newest first.
pub(crate) async fn lately(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let limit = limit(query.as_deref().unwrap_or_default())?;
    let entries = app.engine().journal(limit).await?;
    let data: Vec<JournalEntry> = entries.into_iter().map(Into::into).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

fn limit(query: &str) -> Result<usize, Refusal> {
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "limit");
    let Some((_, text)) = asked else { return Ok(LIMIT) };
    match text.parse() {
        Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        _ => Err(Error::new(
            Code::InvalidQuery,
            format!("`limit` is `{text}`; a whole number from 1 to {LIMIT_MAX} is allowed"),
        )
        .at("limit")
        .into()),
    }
}
