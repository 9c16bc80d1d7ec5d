//! Reports (`spec/data.md` 14): a list or groups of one collection within a range of dates, and
//! several such questions in one request.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::response;
use crate::surface::baasix::routes::{asked_by, body_object};
use crate::wire::report::StatsFacts;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Limits, Result, nearest};
use catalog::FieldKind;
use engine::Records;
use query::{Filter, Read};
use serde_json::{Map, Value as Json, json};

/// Most questions of one request: each is a read of its own, and they run one after the other.
const STATS_MAX: usize = 100;

/// What a report may ask. A misspelt word would make it a report on something else.
const WORDS: [&str; 16] = [
    "fields",
    "filter",
    "sort",
    "limit",
    "page",
    "offset",
    "after",
    "search",
    "searchFields",
    "sortByRelevance",
    "aggregate",
    "groupBy",
    "dateRange",
    "paranoid",
    "relConditions",
    "count",
];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        // Before the parameter, so that no collection takes its place.
        .route("/reports/stats", get(stats_by_query).post(stats))
        .route("/reports/{collection}", get(by_query))
        .route("/reports/{collection}", post(by_body))
}

async fn by_query(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    answer(&app, &caller, &collection, &params).await
}

async fn by_body(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let params = match body.iter().all(u8::is_ascii_whitespace) {
        true => Params::default(),
        false => words(body_object(&body, app.engine().limits())?, "")?,
    };
    answer(&app, &caller, &collection, &params).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    collection: &str,
    params: &Params,
) -> Result<Response, Refusal> {
    let read = asked(app, caller, collection, params)?;
    let records = run(app, caller, &read).await?;
    Ok(response::list(&records, read.after.is_some()))
}

async fn run(app: &App, caller: &Caller, read: &Read) -> Result<Records> {
    let read = app.engine().report(read, caller.actor(), caller.numbers);
    read.await.map_err(|fault| caller.judge(fault))
}

/// The keys of a body, each a word that reports know.
fn words(body: Map<String, Json>, at: &str) -> Result<Params> {
    if let Some(unknown) = body.keys().find(|name| !WORDS.contains(&name.as_str())) {
        let error = Error::new(Code::InvalidBody, format!("a report has no `{unknown}`"))
            .at(format!("{at}{unknown}"));
        return Err(match nearest(unknown, WORDS) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("it may have: {}", WORDS.join(", "))),
        });
    }
    Ok(Params::of(body))
}

fn asked(app: &App, caller: &Caller, collection: &str, params: &Params) -> Result<Read> {
    if !app.settings().compat {
        params.none_nearly(&WORDS)?;
    }
    let mut read = asked_by(app, caller, collection, params)?;
    let Some(range) = params.json("dateRange")? else { return Ok(read) };
    let state = app.engine().state();
    let view = state.view(caller.actor());
    // Of a collection that is not there the read says what there is to say.
    let dated = view.get(collection).is_none()
        || app.engine().is_field(collection, "createdAt", caller.actor());
    let named = range.get("field").and_then(Json::as_str).map(str::trim);
    if let Some(name) = named.filter(|name| !name.is_empty()) {
        // Judged by what the caller may read there: a refusal of its type would tell of a field
        // that is out of sight.
        let kind = app.engine().kind_at(collection, name, caller.actor());
        let kind = kind.map_err(|fault| caller.judge(fault))?;
        if !matches!(kind, FieldKind::Date | FieldKind::DateTime | FieldKind::DateTimeNoTz) {
            // Compared as a text, a word would lie behind every date.
            let why = format!("`{name}` is {}, which is in no range of dates", kind.name());
            return Err(invalid("dateRange.field", why));
        }
    }
    let range = date_range(&range, dated, app.engine().limits())?;
    read.filter = Some(match read.filter.take() {
        Some(filter) => Filter::All(vec![filter, range]),
        None => range,
    });
    Ok(read)
}

/// `{start, end, field?}` as a condition: from `start` on, up to and with `end`. `dated` says
/// whether the collection has the field that is meant when none is named.
fn date_range(range: &Json, dated: bool, limits: &Limits) -> Result<Filter> {
    let Json::Object(range) = range else {
        return Err(invalid("dateRange", format!("`dateRange` is an object, not {range}")));
    };
    let known = ["start", "end", "field"];
    if let Some(unknown) = range.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(invalid(
            &format!("dateRange.{unknown}"),
            format!("`dateRange` has no `{unknown}`"),
        ));
    }
    let text = |key: &str| match range.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(other) => Err(invalid(
            &format!("dateRange.{key}"),
            format!("`{key}` of `dateRange` is {other}, which is not a text"),
        )),
    };
    let field = match text("field")? {
        Some(field) => field,
        None if dated => String::from("createdAt"),
        None => {
            return Err(Error::new(
                Code::UnknownField,
                "the collection has no `createdAt`, which `dateRange` means when it names no field",
            )
            .at("dateRange.field")
            .hint("name the date in `field`"));
        }
    };
    let test = |operator: &str, operand: Json, key: &str| {
        let test = json!({ field.as_str(): { operator: operand } });
        query::parse_filter(&test, &format!("dateRange.{key}"), limits)
    };
    // Milliseconds since 1970, as a date of JavaScript tells itself, are a moment as in any filter.
    let bound = |key: &str| match range.get(key) {
        Some(number @ Json::Number(_)) => Ok(Some(number.clone())),
        _ => text(key).map(|text| text.map(Json::from)),
    };
    let (start, end) = (bound("start")?, bound("end")?);
    if start.is_none() && end.is_none() {
        return Err(invalid("dateRange", "`dateRange` names neither `start` nor `end`"));
    }
    let mut parts = Vec::with_capacity(2);
    if let Some(start) = start {
        parts.push(test("gte", start, "start")?);
    }
    if let Some(end) = end {
        let day = end.as_str().filter(|text| text.len() == "2025-12-31".len());
        match day.map(str::parse::<jiff::civil::Date>) {
            // A day alone means the whole of it.
            Some(Ok(day)) => {
                // After the last day that can be written nothing is left out.
                if let Ok(next) = day.tomorrow() {
                    parts.push(test("lt", Json::from(next.to_string()), "end")?);
                }
            }
            Some(Err(_)) | None => parts.push(test("lte", end, "end")?),
        }
    }
    Ok(Filter::All(parts))
}

fn invalid(at: &str, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidQuery, message).at(at)
}

// ---- several at once ----

/// One question of several.
#[derive(Debug)]
struct Entry {
    name: String,
    collection: String,
    params: Params,
}

async fn stats_by_query(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let limits = app.engine().limits();
    let params = Params::parse(query.as_deref().unwrap_or_default(), limits)?;
    all(&app, &caller, params.json("stats")?).await
}

async fn stats(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    let mut body = body_object(&body, app.engine().limits())?;
    all(&app, &caller, body.remove("stats")).await
}

/// Every question in its turn; the first that is refused refuses the request.
async fn all(app: &App, caller: &Caller, list: Option<Json>) -> Result<Response, Refusal> {
    let entries = entries(list)?;
    let mut body = b"{\"data\":{".to_vec();
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let placed = |fault: Error| match fault.path().map(str::to_owned) {
            Some(at) => fault.at(format!("stats.{index}.query.{at}")),
            None => fault.at(format!("stats.{index}")),
        };
        let read = asked(app, caller, &entry.collection, &entry.params).map_err(placed)?;
        let records = run(app, caller, &read).await.map_err(placed)?;
        body.extend_from_slice(Json::from(entry.name.as_str()).to_string().as_bytes());
        body.push(b':');
        body.extend(response::page(&records, read.after.is_some())?);
    }
    let facts = StatsFacts { total_stats: entries.len(), successful_stats: entries.len() };
    let facts = serde_json::to_vec(&facts)
        .map_err(|fault| Error::internal("write statistics").caused_by(fault))?;
    // `{…}` after `{"data":{…}`: the brace becomes a comma.
    body.extend_from_slice(b"},");
    body.extend_from_slice(facts.get(1..).unwrap_or_default());
    Ok(response::bytes(StatusCode::OK, body))
}

/// Judges the whole list before the first question is asked.
fn entries(list: Option<Json>) -> Result<Vec<Entry>> {
    let refused = |at: String, message: String| Error::new(Code::InvalidQuery, message).at(at);
    let items = match list {
        Some(Json::Array(items)) if !items.is_empty() => items,
        Some(_) | None => {
            return Err(refused(
                String::from("stats"),
                String::from("stats array is required and must not be empty"),
            ));
        }
    };
    if items.len() > STATS_MAX {
        return Err(refused(
            String::from("stats"),
            format!("{} stats are over the limit of {STATS_MAX}", items.len()),
        )
        .hint("send them in several requests"));
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let at = format!("stats.{index}");
        let Json::Object(mut item) = item else {
            return Err(refused(at, format!("entry {index} of `stats` is not an object")));
        };
        let text = |key: &str, missing: String| match item.get(key) {
            Some(Json::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(_) | None => Err(refused(format!("{at}.{key}"), missing)),
        };
        let collection =
            text("collection", "Each stats query must have a 'collection' property".into())?;
        let name = text("name", "Each stats query must have a 'name' property".into())?;
        if entries.iter().any(|entry| entry.name == name) {
            return Err(refused(format!("{at}.name"), format!("two stats are called `{name}`")));
        }
        // In a query string the question itself may be JSON text.
        let asked = match item.remove("query") {
            Some(Json::String(text)) => serde_json::from_str(&text).ok(),
            other => other,
        };
        let Some(Json::Object(asked)) = asked else {
            return Err(refused(
                format!("{at}.query"),
                String::from("Each stats query must have a 'query' object"),
            )
            .hint(r#"for example {"aggregate": {"count": {"function": "count", "field": "*"}}}"#));
        };
        entries.push(Entry { name, collection, params: words(asked, &format!("{at}.query."))? });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::{date_range, entries};
    use base::{Code, Limits};
    use query::{Filter, Test};
    use serde_json::{Value as Json, json};

    fn tests(range: Json) -> Vec<(String, String, Json)> {
        let Filter::All(parts) = date_range(&range, true, &Limits::default()).unwrap() else {
            panic!("not a list")
        };
        let part = |part: &Filter| match part {
            Filter::Test(Test { path, operator, operand, .. }) => {
                (path.clone(), operator.clone(), operand.clone())
            }
            other => panic!("{other:?}"),
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn a_day_alone_ends_with_its_last_moment_and_a_moment_with_itself() {
        let own = |operator: &str, operand: &str| {
            (String::from("createdAt"), operator.to_owned(), json!(operand))
        };
        assert_eq!(
            tests(json!({ "start": "2025-01-01", "end": "2025-12-31" })),
            [own("gte", "2025-01-01"), own("lt", "2026-01-01")]
        );
        assert_eq!(
            tests(json!({ "end": "2025-12-31T10:00:00Z" })),
            [own("lte", "2025-12-31T10:00:00Z")]
        );
        assert_eq!(tests(json!({ "start": "$NOW-DAYS_30" })), [own("gte", "$NOW-DAYS_30")]);
        let epoch = json!(1_735_689_600_000_i64);
        assert_eq!(
            tests(json!({ "end": epoch })),
            [(String::from("createdAt"), String::from("lte"), epoch)]
        );
        // Nothing that can be written lies behind the last day.
        assert_eq!(tests(json!({ "end": "9999-12-31" })), []);
        // No such day: left to the field's type to refuse.
        assert_eq!(tests(json!({ "end": "2025-02-30" })), [own("lte", "2025-02-30")]);
    }

    #[test]
    fn what_is_no_range_is_told_by_name() {
        for (range, at) in [
            (json!("2025"), "dateRange"),
            (json!({}), "dateRange"),
            (json!({ "start": true }), "dateRange.start"),
            (json!({ "from": "2025-01-01" }), "dateRange.from"),
            (json!({ "start": "2025-01-01", "field": ["a"] }), "dateRange.field"),
        ] {
            let error = date_range(&range, true, &Limits::default()).unwrap_err();
            assert_eq!((error.code(), error.path()), (Code::InvalidQuery, Some(at)), "{range}");
        }
        let undated = |range: Json| date_range(&range, false, &Limits::default());
        let refused = undated(json!({ "start": "2025-01-01" })).unwrap_err();
        assert_eq!(refused.code(), Code::UnknownField);
        assert!(undated(json!({ "start": "2025-01-01", "field": "at" })).is_ok());
    }

    #[test]
    fn a_list_of_questions_is_judged_whole_before_one_is_asked() {
        let good = json!({ "name": "a", "collection": "c", "query": {} });
        for (list, at, message) in [
            (json!(null), "stats", "stats array is required and must not be empty"),
            (json!([]), "stats", "stats array is required and must not be empty"),
            (json!({}), "stats", "stats array is required and must not be empty"),
            (json!([good, 1]), "stats.1", "entry 1 of `stats` is not an object"),
            (
                json!([{ "name": "a", "query": {} }]),
                "stats.0.collection",
                "Each stats query must have a 'collection' property",
            ),
            (
                json!([{ "collection": "c", "query": {} }]),
                "stats.0.name",
                "Each stats query must have a 'name' property",
            ),
            (
                json!([{ "name": "a", "collection": "c" }]),
                "stats.0.query",
                "Each stats query must have a 'query' object",
            ),
            (json!([good, good]), "stats.1.name", "two stats are called `a`"),
            (
                json!([{ "name": "a", "collection": "c", "query": { "filtre": {} } }]),
                "stats.0.query.filtre",
                "a report has no `filtre`",
            ),
        ] {
            let error = entries(Some(list)).unwrap_err();
            assert_eq!((error.path(), error.message()), (Some(at), message));
        }
        let many: Vec<Json> = (0..=100)
            .map(|n| json!({ "name": n.to_string(), "collection": "c", "query": {} }))
            .collect();
        assert!(entries(Some(json!(many))).is_err());
        assert_eq!(entries(Some(json!(many[1..]))).unwrap().len(), 100);
    }
}
