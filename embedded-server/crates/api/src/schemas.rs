//! Schemas: what exists, and changing it (`spec/data.md` 13).

use crate::app::App;
use crate::caller::Caller;
use crate::dry_run;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Done, Message};
use crate::wire::schema::{
    SchemaApplied, SchemaChanges, SchemaInfo, SchemaList, SchemaPagination, SchemaPlan,
    SchemasImported, told,
};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, patch, post};
use axum::{Router, middleware};
use base::{Code, Error, Result};
use catalog::{Catalog, Collection};
use engine::Engine;
use serde_json::Value as Json;

/// Schemas on one page when a page is asked for without a size.
const PAGE_DEFAULT: u64 = 50;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/schemas", get(list).post(create))
        .route("/schemas/plan", post(plan))
        .route("/schemas/apply", post(apply))
        .route("/schemas/export", get(export))
        .route("/schemas/import", post(import))
        .route("/schemas/{collection}", get(one).patch(update).delete(remove))
        .route("/schemas/{collection}/relationships", post(create_relation))
        .route(
            "/schemas/{collection}/relationships/{name}",
            patch(update_relation).delete(delete_relation),
        )
        .route("/schemas/{collection}/indexes", post(create_index))
        .route("/schemas/{collection}/indexes/{name}", axum::routing::delete(delete_index))
        .layer(middleware::from_fn(dry_run::of_address))
}

/// The engine in the caller's hands: the history of the schema names who changed it.
pub(crate) fn in_hands(app: &App, caller: &Caller) -> Engine {
    app.engine().in_hands_of(caller.actor())
}

/// Who may read schemas: the signed-in, and everybody where the configuration opens it. Who looks
/// through the eyes of nobody in particular is signed in as well; it is shown what those eyes see.
pub(crate) fn readable(app: &App, caller: &Caller) -> Result<()> {
    if app.settings().schemas_public || caller.presented.viewer.is_some() {
        return Ok(());
    }
    caller.user().map(drop)
}

/// The schema of a collection as this caller sees it: administrators the whole document, others
/// without the fields and relations they may not read.
pub(crate) fn shown(collection: &Collection, whole: bool) -> SchemaInfo {
    let mut schema = (*collection.document).clone();
    for field in collection.fields.values().filter(|field| field.computed.is_some()) {
        if let Some(definition) = schema["fields"].get_mut(&field.name) {
            definition[catalog::RESULT_TYPE] = Json::from(field.kind.name());
        }
    }
    if !whole && let Some(fields) = schema.get_mut("fields").and_then(Json::as_object_mut) {
        fields.retain(|name, definition| {
            let relation =
                collection.relations.values().any(|relation| relation.declared_by == *name);
            let column = collection.fields.get(name).is_some_and(|field| !field.hidden);
            let is_relation = definition.get("relType").is_some();
            if is_relation { relation || column } else { column }
        });
        // How a computed field is made may name what is out of sight; what it holds was granted.
        let known: Vec<String> = fields.keys().cloned().collect();
        for definition in fields.values_mut().filter_map(Json::as_object_mut) {
            let told = definition.get("calculated").and_then(Json::as_str).is_none_or(|text| {
                let declared = collection.document["fields"].as_object().into_iter().flatten();
                let mut hidden =
                    declared.map(|(name, _)| name).filter(|name| !known.contains(name));
                !hidden.any(|name| names(text, name))
            });
            if !told {
                definition.shift_remove("calculated");
            }
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("indexes");
        }
    }
    SchemaInfo { collection_name: collection.name.clone(), schema }
}

/// Whether an expression names a field, in whatever case.
fn names(expression: &str, field: &str) -> bool {
    let (text, field) = (expression.to_lowercase(), field.to_lowercase());
    let inside =
        |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
    text.match_indices(&field).any(|(at, _)| {
        !inside(text[..at].chars().next_back()) && !inside(text[at + field.len()..].chars().next())
    })
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    readable(&app, &caller)?;
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    let whole = caller.actor().is_administrator();
    let mut found: Vec<SchemaInfo> =
        visible(&app, &caller).collections.values().map(|one| shown(one, whole)).collect();
    if let Some(words) = params.text("search") {
        let words: Vec<String> =
            words.to_lowercase().split_whitespace().map(str::to_owned).collect();
        found.retain(|one| {
            let name = one.collection_name.to_lowercase();
            words.iter().all(|word| name.contains(word))
        });
    }
    if let Some(filter) = params.json("filter")? {
        keep(&mut found, &filter)?;
    }
    let descending = match params.text("sort") {
        Some(sort) => {
            let sort = sort.trim();
            sort.starts_with('-')
                || sort
                    .split(',')
                    .next()
                    .is_some_and(|first| first.to_lowercase().ends_with(":desc"))
        }
        None => false,
    };
    found.sort_by(|a, b| a.collection_name.cmp(&b.collection_name));
    if descending {
        found.reverse();
    }
    Ok(json_answer(StatusCode::OK, &page(found, &params)?))
}

/// Filters by name and by flags of the document, with the operators that make sense there.
fn keep(found: &mut Vec<SchemaInfo>, filter: &Json) -> Result<()> {
    let Json::Object(filter) = filter else {
        return Err(Error::new(Code::InvalidQuery, "query parameter `filter` is not an object")
            .at("filter"));
    };
    for (path, test) in filter {
        let parts: Vec<&str> = path.split('.').collect();
        let value_of = |one: &SchemaInfo| match parts.as_slice() {
            ["collectionName"] => Some(Json::String(one.collection_name.clone())),
            ["schema", flag] => Some(one.schema[*flag].clone()),
            _ => None,
        };
        if !matches!(parts.as_slice(), ["collectionName"] | ["schema", _]) {
            return Err(Error::new(Code::UnknownField, format!("schemas have no field `{path}`"))
                .at(format!("filter.{path}"))
                .hint("`collectionName`, or a flag such as `schema.timestamps`"));
        }
        let tests: Vec<(String, Json)> = match test {
            Json::Object(tests) => {
                tests.iter().map(|(operator, value)| (operator.clone(), value.clone())).collect()
            }
            scalar => vec![(String::from("eq"), scalar.clone())],
        };
        for (operator, wanted) in tests {
            let text = wanted.as_str().unwrap_or_default().to_lowercase();
            let holds = |value: &Json| {
                let plain = value.as_str().unwrap_or_default().to_lowercase();
                match operator.as_str() {
                    "eq" => Some(*value == wanted),
                    "ne" | "neq" => Some(*value != wanted),
                    "in" => Some(wanted.as_array().is_some_and(|list| list.contains(value))),
                    "like" | "iLike" | "ilike" | "contains" | "icontains" => {
                        Some(plain.contains(text.trim_matches('%')))
                    }
                    "startsWith" => Some(plain.starts_with(&text)),
                    _ => None,
                }
            };
            if holds(&Json::Null).is_none() {
                return Err(Error::new(
                    Code::UnknownOperator,
                    format!("schemas are not filtered by `{operator}`"),
                )
                .at(format!("filter.{path}.{operator}")));
            }
            found.retain(|one| value_of(one).is_some_and(|value| holds(&value) == Some(true)));
        }
    }
    Ok(())
}

/// Adds the page's facts when a page is asked for; else everything is answered.
fn page(found: Vec<SchemaInfo>, params: &Params) -> Result<SchemaList> {
    let total_count = found.len();
    let (limit, page) = (params.integer("limit")?, params.integer("page")?);
    if (limit.is_none() && page.is_none()) || limit == Some(-1) {
        return Ok(SchemaList { data: found, total_count, pagination: None });
    }
    let limit = match limit {
        None => PAGE_DEFAULT,
        Some(limit) => query::page_size(limit)?,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = usize::try_from(page.unwrap_or(1)).unwrap_or(1).max(1);
    // No page holds anything where a page holds nothing.
    let pages = if limit == 0 { 1 } else { total_count.div_ceil(limit).max(1) };
    let data = found.into_iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    let pagination = SchemaPagination {
        current_page: page,
        total_pages: pages,
        limit,
        has_next_page: page < pages,
        has_prev_page: page > 1,
        next_page: (page < pages).then(|| page + 1),
        prev_page: (page > 1).then(|| page - 1),
    };
    Ok(SchemaList { data, total_count, pagination: Some(pagination) })
}

pub(crate) fn visible(app: &App, caller: &Caller) -> std::sync::Arc<Catalog> {
    let state = app.engine().state();
    // Administrators design with the whole document, hidden fields included.
    if caller.actor().is_administrator() {
        std::sync::Arc::clone(&state.catalog)
    } else {
        state.view(caller.actor())
    }
}

async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    readable(&app, &caller)?;
    let view = visible(&app, &caller);
    let collection = view.get(&name).ok_or_else(|| missing(&view, &name))?;
    let data = shown(collection, caller.actor().is_administrator());
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

fn missing(view: &Catalog, name: &str) -> Error {
    let error = Error::new(Code::SchemaNotFound, "Schema not found").at(name);
    match view.nearest(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// What makes a collection.
const FORM: &str = "{\"collectionName\": \"products\", \"schema\": {\"fields\": {…}}}";

async fn create(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    // The original SDK's two-argument form posts the bare name (`spec/data.md` D-09). It shows the
    // message alone, so the form that works stands there.
    let mut body = dry_run::change(&body, app.engine().limits()).map_err(|fault| {
        // What is wrong at one place is told there.
        if fault.path().is_some() {
            return fault;
        }
        let message = format!("Error creating schema: {}; send {FORM}", fault.message());
        fault.message_is(message)
    })?;
    let name = body.remove("collectionName").and_then(|name| name.as_str().map(str::to_owned));
    let (Some(name), Some(schema)) = (name, body.remove("schema").filter(Json::is_object)) else {
        return Err(Error::new(
            Code::InvalidBody,
            "Error creating schema: `collectionName` and `schema` are required",
        )
        .hint(format!("send {FORM}"))
        .into());
    };
    let data = in_hands(&app, &caller).create_schema(&name, &schema).await?;
    Ok(done(StatusCode::CREATED, "Schema created successfully", &data))
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let mut body = dry_run::change(&body, app.engine().limits())?;
    let Some(schema) = body.remove("schema").filter(Json::is_object) else {
        return Err(Error::new(
            Code::InvalidBody,
            "Error updating schema: `schema` must be an object",
        )
        .into());
    };
    let columns = match body.shift_remove("dropColumns") {
        None | Some(Json::Null) => Some(Vec::new()),
        Some(Json::Array(list)) => {
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        }
        Some(_) => None,
    };
    let columns = columns.ok_or_else(|| {
        Error::new(Code::InvalidBody, "`dropColumns` must be a list of fields").at("dropColumns")
    })?;
    let data = in_hands(&app, &caller).update_schema_without(&name, &schema, &columns).await?;
    Ok(done(StatusCode::OK, "Schema updated successfully", &data))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    let drop_table = match params.text("dropTable").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(Error::new(Code::InvalidQuery, "`dropTable` must be true or false")
                .at("dropTable")
                .into());
        }
    };
    in_hands(&app, &caller).delete_schema(&name, drop_table).await?;
    Ok(json_answer(StatusCode::OK, &Message::new("Schema deleted successfully")))
}

async fn create_relation(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = dry_run::change(&body, app.engine().limits())?;
    let data = in_hands(&app, &caller).create_relationship(&name, &Json::Object(body)).await?;
    Ok(done(StatusCode::CREATED, "Relationship created successfully", &data))
}

async fn update_relation(
    State(app): State<App>,
    caller: Caller,
    Path((name, relation)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = dry_run::change(&body, app.engine().limits())?;
    let data =
        in_hands(&app, &caller).update_relationship(&name, &relation, &Json::Object(body)).await?;
    Ok(done(StatusCode::OK, "Relationship updated successfully", &data))
}

async fn delete_relation(
    State(app): State<App>,
    caller: Caller,
    Path((name, relation)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let data = in_hands(&app, &caller).delete_relationship(&name, &relation).await?;
    Ok(done(StatusCode::OK, "Relationship deleted successfully", &data))
}

async fn create_index(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = dry_run::change(&body, app.engine().limits())?;
    let data = in_hands(&app, &caller).create_index(&name, &Json::Object(body)).await?;
    Ok(done(StatusCode::CREATED, "Index added successfully", &data))
}

async fn delete_index(
    State(app): State<App>,
    caller: Caller,
    Path((name, index)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let data = in_hands(&app, &caller).delete_index(&name, &index).await?;
    Ok(done(StatusCode::OK, "Index removed successfully", &data))
}

async fn plan(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = body_object(&body, app.engine().limits())?;
    let data = SchemaPlan::from(app.engine().plan_schemas(&Json::Object(body)).await?);
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

async fn apply(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = dry_run::change(&body, app.engine().limits())?;
    let steps = told(in_hands(&app, &caller).apply_schemas(&Json::Object(body)).await?);
    let message = String::from("Schemas applied successfully");
    Ok(json_answer(StatusCode::OK, &Done { message, data: SchemaApplied { steps } }))
}

async fn export(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let all = app.engine().export_schemas();
    let data: Vec<SchemaInfo> = all.iter().map(|one| shown(one, true)).collect();
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

async fn import(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    caller.administrator()?;
    let body = dry_run::change(&body, app.engine().limits())?;
    let changes =
        SchemaChanges::from(in_hands(&app, &caller).import_schemas(&Json::Object(body)).await?);
    let message = String::from("Schema import completed");
    let body = SchemasImported { message, changes: changes.clone(), data: changes };
    Ok(json_answer(StatusCode::OK, &body))
}

fn done(status: StatusCode, message: &str, collection: &Collection) -> Response {
    let message = message.to_owned();
    json_answer(status, &Done { message, data: shown(collection, true) })
}
