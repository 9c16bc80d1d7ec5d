//! Which queries ran and how long they took, and what an index would bring, for administrators.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Message};
use crate::wire::queries::{QueryMeasurement, SlowQueryList};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Limits, Result, nearest};
use engine::SlowBy;
use serde_json::Value as Json;

/// Queries on a page when nobody says how many.
const LIMIT: usize = 50;
/// Most queries on a page: the record holds some 500.
const LIMIT_MAX: usize = 200;

/// What the list is sorted by, the most of it first.
const SORTS: [(&str, SlowBy); 6] = [
    ("total", SlowBy::Total),
    ("mean", SlowBy::Mean),
    ("p95", SlowBy::P95),
    ("max", SlowBy::Max),
    ("count", SlowBy::Count),
    ("lastSeen", SlowBy::Last),
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/queries/slow", get(list).delete(forget))
        .route("/queries/slow/{id}/measure", post(measure))
}

/// `{data:[…], totalCount, since, missed, forgotten}`.
async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let asked = Asked::of(query.as_deref().unwrap_or_default())?;
    known(&app, asked.collection.as_deref())?;
    let skip = asked.limit.saturating_mul(asked.page - 1);
    let found = app.engine().slow_queries(asked.collection.as_deref(), asked.by, skip, asked.limit);
    Ok(json_answer(StatusCode::OK, &SlowQueryList::from(found)))
}

/// Forgets the queries of a collection, or all.
async fn forget(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let asked = Asked::of(query.as_deref().unwrap_or_default())?;
    known(&app, asked.collection.as_deref())?;
    app.engine().forget_slow(asked.collection.as_deref());
    Ok(json_answer(StatusCode::OK, &Message::new("The queries are forgotten")))
}

/// Tries the index that a query asks for where nobody sees it. `{consent: true}` makes a copy of
/// any size.
async fn measure(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let consent = consent(&body, app.engine().limits())?;
    let found = app.engine().measure_slow(&id, consent).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: QueryMeasurement::from(found) }))
}

/// What a body without anything else in it says.
pub(crate) fn consent(body: &[u8], limits: &Limits) -> Result<bool> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(false);
    }
    match body_object(body, limits)?.get("consent") {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(yes)) => Ok(*yes),
        Some(other) => {
            Err(Error::new(Code::InvalidBody, format!("`consent` is true or false, not {other}"))
                .at("consent"))
        }
    }
}

fn known(app: &App, collection: Option<&str>) -> Result<()> {
    let state = app.engine().state();
    let Some(name) = collection.filter(|name| state.catalog.get(name).is_none()) else {
        return Ok(());
    };
    let error = Error::new(Code::CollectionNotFound, format!("Model {name} not found"));
    Err(match state.catalog.nearest(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

struct Asked {
    collection: Option<String>,
    by: SlowBy,
    page: usize,
    limit: usize,
}

impl Asked {
    fn of(query: &str) -> Result<Self> {
        let mut asked = Self { collection: None, by: SlowBy::Total, page: 1, limit: LIMIT };
        for (key, text) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "collection" => asked.collection = Some(text.into_owned()),
                "sort" => {
                    let word = text.trim_start_matches('-');
                    let Some((_, by)) = SORTS.iter().find(|(name, _)| *name == word) else {
                        let names = SORTS.map(|(name, _)| name);
                        let error =
                            Error::new(Code::InvalidQuery, format!("there is no sort by `{text}`"))
                                .at("sort");
                        return Err(match nearest(word, names) {
                            Some(near) => error.hint(format!("did you mean `{near}`?")),
                            None => error.hint(format!("one of: {}", names.join(", "))),
                        });
                    };
                    asked.by = *by;
                }
                "page" => asked.page = number("page", &text, usize::MAX)?,
                "limit" => asked.limit = number("limit", &text, LIMIT_MAX)?,
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn number(key: &str, text: &str, most: usize) -> Result<usize> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
        let most = if most == usize::MAX { String::new() } else { format!(" to {most}") };
        Error::new(
            Code::InvalidQuery,
            format!("`{key}` is `{text}`; a whole number from 1{most} is allowed"),
        )
        .at(key)
    })
}
