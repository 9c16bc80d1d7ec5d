//! Items: reading and writing records of any collection.

use super::error::Refusal;
use super::request::{self, Params};
use super::response::{self, json_answer};
use crate::app::App;
use crate::caller::Caller;
use crate::wire::answer::Answer;
use crate::wire::item::{BatchPreview, BatchResult, BatchStatement, BatchVerb, WrittenKey};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Limits, Result};
use engine::Upsert;
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/items/batch", post(batch))
        .route("/items/{collection}", get(list).post(create).put(upsert))
        .route("/items/{collection}/bulk", post(create_many).patch(update_many).delete(delete_many))
        .route("/items/{collection}/{id}", get(one).patch(update).delete(remove))
}

/// A body that must be a JSON object.
pub(crate) fn body_object(body: &[u8], limits: &Limits) -> Result<Map<String, Json>> {
    match body_json(body, limits)? {
        Json::Object(map) => Ok(map),
        Json::Array(_) => Err(Error::new(Code::InvalidBody, "the body must be one object")
            .hint("send an array to the `/bulk` route")),
        other => {
            Err(Error::new(Code::InvalidBody, format!("the body must be an object, not `{other}`")))
        }
    }
}

/// A body that must be JSON.
pub(crate) fn body_json(body: &[u8], limits: &Limits) -> Result<Json> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(Code::InvalidBody, "the body is empty").hint("send a JSON value"));
    }
    let json: Json = serde_json::from_slice(body).map_err(|fault| {
        Error::new(Code::InvalidBody, format!("the body is not JSON ({fault})"))
    })?;
    if deeper_than(&json, limits.filter_depth_max * 4) {
        return Err(Error::new(
            Code::InvalidBody,
            format!("the body is nested deeper than {}", limits.filter_depth_max * 4),
        ));
    }
    Ok(json)
}

fn deeper_than(json: &Json, levels: usize) -> bool {
    match json {
        Json::Array(items) => levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1)),
        Json::Object(map) => levels == 0 || map.values().any(|item| deeper_than(item, levels - 1)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// The parameters of a request as a read of `collection`.
pub(crate) fn asked(
    app: &App,
    caller: &Caller,
    collection: &str,
    query: Option<&str>,
) -> Result<Read> {
    let params = Params::parse(query.unwrap_or_default(), app.engine().limits())?;
    if !app.settings().compat {
        let is_field = |name: &str| app.engine().is_field(collection, name, caller.actor());
        request::no_field(&params, is_field)?;
    }
    asked_by(app, caller, collection, &params)
}

/// The same from parameters that were read already.
pub(crate) fn asked_by(
    app: &App,
    caller: &Caller,
    collection: &str,
    params: &Params,
) -> Result<Read> {
    let is_relation = |path: &str| app.engine().is_relation(collection, path, caller.actor());
    let limits = app.engine().limits();
    request::read(collection, params, limits, &is_relation, app.settings().compat)
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let read = asked(&app, &caller, &collection, query.as_deref())?;
    let records = app
        .engine()
        .read(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    Ok(response::list(&records, read.after.is_some()))
}

async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((collection, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let mut read = asked(&app, &caller, &collection, query.as_deref())?;
    let whole = read.fields.is_empty();
    read.key = Some(Json::String(id));
    let records = app
        .engine()
        .read(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let mut response = response::one(&records);
    if whole {
        response.headers_mut().insert(header::ETAG, version(&records.json));
    }
    Ok(response)
}

/// The version of a record: a digest of what this caller sees of it.
fn version(json: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(json);
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half & 15)];
    let mut text = vec![b'"'];
    text.extend(digest.iter().take(12).flat_map(|byte| [digit(byte >> 4), digit(*byte)]));
    text.push(b'"');
    HeaderValue::from_maybe_shared(Bytes::from(text))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// What `If-Match` stands for: the values the caller saw, to be found again in the transaction.
pub(crate) async fn expected(
    app: &App,
    caller: &Caller,
    collection: &str,
    id: &str,
    headers: &HeaderMap,
) -> Result<Map<String, Json>> {
    let Some(wanted) = headers.get(header::IF_MATCH) else { return Ok(Map::new()) };
    let read = Read {
        collection: collection.to_owned(),
        key: Some(Json::String(id.to_owned())),
        ..Read::default()
    };
    let records = app.engine().read(&read, caller.actor(), caller.numbers).await?;
    if wanted != "*" && *wanted != version(&records.json) {
        return Err(Error::new(
            Code::PreconditionFailed,
            "the record was changed since it was read",
        )
        .hint("read it again and decide which values to keep"));
    }
    let state = app.engine().state();
    let row: Map<String, Json> = serde_json::from_slice(&records.json)
        .map_err(|fault| Error::internal("a record is not JSON").caused_by(fault))?;
    let columns = state.catalog.get(collection);
    let stored = |name: &str| {
        columns.and_then(|one| one.fields.get(name)).is_some_and(|field| field.computed.is_none())
    };
    Ok(row.into_iter().filter(|(name, _)| stored(name)).collect())
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let written = write(&app, &caller, vec![Operation::Create { collection, body }]).await?;
    let id = written.keys.first().map(response::key).unwrap_or(Json::Null);
    Ok(response::written(StatusCode::CREATED, WrittenKey { id }, &written.warnings))
}

/// The first record that a filter finds is changed, or a new one made, whoever does the same at
/// the same time. A method of its own rather than a path, which would be the key of some record.
async fn upsert(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let limits = app.engine().limits();
    let mut body = body_object(&body, limits)?;
    let mut object = |name: &str| match body.remove(name) {
        Some(Json::Object(map)) => Ok(map),
        Some(_) | None => {
            let what = format!("`{name}` must be an object");
            Err(Error::new(Code::InvalidBody, what)
                .at(name)
                .hint("send `{\"filter\": {…}, \"data\": {…}}`"))
        }
    };
    let (filter, data) = (Json::Object(object("filter")?), object("data")?);
    let filter = query::parse_filter(&filter, "filter", limits)?;
    let asked = Upsert { collection, filter, body: data, strict: caller.strict };
    let (written, new) = app
        .engine()
        .upsert(&asked, caller.actor(), caller.source.as_deref())
        .await
        .map_err(|fault| caller.judge(fault))?;
    let id = written.keys.first().map(response::key).unwrap_or(Json::Null);
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(response::written(status, WrittenKey { id }, &written.warnings))
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((collection, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = body_object(&body, app.engine().limits())?;
    let expect = expected(&app, &caller, &collection, &id, &headers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let matched = !expect.is_empty();
    let operation = Operation::Update { collection, key: Json::String(id), body, expect };
    let written = write(&app, &caller, vec![operation])
        .await
        .map_err(|fault| precondition(fault, matched))?;
    let id = written.keys.first().map(response::key).unwrap_or(Json::Null);
    Ok(response::written(StatusCode::OK, WrittenKey { id }, &written.warnings))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((collection, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    if !app.settings().compat {
        params.none_nearly(&["force"])?;
    }
    let expect = expected(&app, &caller, &collection, &id, &headers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let matched = !expect.is_empty();
    let operation =
        Operation::Delete { collection, key: Json::String(id), expect, force: params.on("force") };
    let written = write(&app, &caller, vec![operation])
        .await
        .map_err(|fault| precondition(fault, matched))?;
    let id = written.keys.first().map(response::key).unwrap_or(Json::Null);
    Ok(response::written(StatusCode::OK, WrittenKey { id }, &[]))
}

/// A conflict found inside the transaction of an `If-Match` write is a failed precondition.
pub(crate) fn precondition(fault: Error, matched: bool) -> Error {
    match fault.code() {
        Code::Conflict if matched => {
            Error::new(Code::PreconditionFailed, "the record was changed since it was read")
                .details(fault.detail_list().to_vec())
        }
        _ => fault,
    }
}

async fn create_many(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let items = array(&body, app.engine().limits(), "Request body must be an array")?;
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let Json::Object(body) = item else {
            return Err(Error::new(Code::InvalidBody, format!("entry {index} is not an object"))
                .at(index.to_string())
                .into());
        };
        operations.push(Operation::Create { collection: collection.clone(), body });
    }
    let count = operations.len();
    must_exist(&app, &caller, &collection, access::Action::Create)?;
    let written = write(&app, &caller, operations).await?;
    let keys: Vec<Json> = written.keys.iter().take(count).map(response::key).collect();
    Ok(response::written(StatusCode::CREATED, keys, &written.warnings))
}

async fn update_many(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let items = array(&body, app.engine().limits(), "Request body must be an array")?;
    must_exist(&app, &caller, &collection, access::Action::Update)?;
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let Json::Object(mut entry) = item else {
            return Err(Error::new(Code::InvalidBody, format!("entry {index} is not an object"))
                .at(index.to_string())
                .into());
        };
        // Entries without an id are skipped, as the original does.
        let Some(key) = entry.remove("id").filter(|id| !id.is_null()) else { continue };
        let body = match entry.remove("data") {
            Some(Json::Object(body)) => body,
            Some(other) => {
                return Err(Error::new(
                    Code::InvalidBody,
                    format!("`data` of entry {index} is `{other}`"),
                )
                .into());
            }
            None => entry,
        };
        operations.push(Operation::Update {
            collection: collection.clone(),
            key,
            body,
            expect: Map::new(),
        });
    }
    let count = operations.len();
    let written = write(&app, &caller, operations).await?;
    let keys: Vec<Json> = written.keys.iter().take(count).map(response::key).collect();
    Ok(response::written(StatusCode::OK, keys, &written.warnings))
}

async fn delete_many(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let ids = array(&body, app.engine().limits(), "Request body must be an array of IDs")?;
    must_exist(&app, &caller, &collection, access::Action::Delete)?;
    let operations = ids.into_iter().map(|key| Operation::Delete {
        collection: collection.clone(),
        key,
        expect: Map::new(),
        force: false,
    });
    write(&app, &caller, operations.collect()).await?;
    Ok(response::bytes(StatusCode::NO_CONTENT, Vec::new()))
}

/// An empty list writes nothing, but an unknown collection or a missing grant is told all the same.
fn must_exist(app: &App, caller: &Caller, collection: &str, action: access::Action) -> Result<()> {
    let state = app.engine().state();
    let actor = caller.actor();
    let known = state.catalog.get(collection).is_some();
    if actor.unbound() {
        return if known {
            Ok(())
        } else {
            Err(Error::new(Code::CollectionNotFound, format!("Model {collection} not found")))
        };
    }
    let granted = known && actor.policies.get(collection, action).is_some();
    if granted { Ok(()) } else { Err(caller.judge(access::denied(action, collection))) }
}

fn array(body: &[u8], limits: &Limits, message: &str) -> Result<Vec<Json>> {
    match body_json(body, limits)? {
        Json::Array(items) if items.len() > limits.bulk_rows_max => Err(Error::new(
            Code::InvalidBody,
            format!("{} entries are over the limit of {}", items.len(), limits.bulk_rows_max),
        )
        .hint("send them in several requests, or as an import")),
        Json::Array(items) => Ok(items),
        _ => Err(Error::new(Code::InvalidBody, message)),
    }
}

pub(crate) async fn write(
    app: &App,
    caller: &Caller,
    operations: Vec<Operation>,
) -> Result<engine::Written> {
    let write = Write { operations, strict: caller.strict };
    app.engine()
        .write(write, caller.actor(), caller.source.as_deref())
        .await
        .map_err(|fault| caller.judge(fault))
}

/// Several operations on several collections: all or nothing, or only shown (`dryRun`).
async fn batch(State(app): State<App>, caller: Caller, body: Bytes) -> Result<Response, Refusal> {
    let mut body = body_object(&body, app.engine().limits())?;
    let dry_run = body.get("dryRun") == Some(&Json::Bool(true));
    let Some(Json::Array(items)) = body.remove("operations") else {
        return Err(Error::new(Code::InvalidBody, "`operations` must be an array")
            .at("operations")
            .into());
    };
    if items.len() > app.engine().limits().bulk_rows_max {
        return Err(Error::new(
            Code::InvalidBody,
            format!(
                "{} operations are over the limit of {}",
                items.len(),
                app.engine().limits().bulk_rows_max
            ),
        )
        .into());
    }
    let mut told = Vec::with_capacity(items.len());
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let (operation, verb, collection) = operation(item, index)?;
        operations.push(operation);
        told.push((verb, collection));
    }
    if dry_run {
        let write = Write { operations, strict: caller.strict };
        let statements = app
            .engine()
            .preview(write, caller.actor())
            .await
            .map_err(|fault| caller.judge(fault))?;
        // Statements name every column and the conditions of the caller's own role.
        let shown = caller.actor().is_administrator();
        let statements = statements.into_iter().filter(|_| shown);
        let data = BatchPreview {
            statements: statements.map(|sql| BatchStatement { sql }).collect(),
            operations: told.len(),
        };
        return Ok(json_answer(StatusCode::OK, &Answer { data }));
    }
    let written = write(&app, &caller, operations).await?;
    let data: Vec<BatchResult> = told
        .into_iter()
        .zip(&written.keys)
        .map(|((op, collection), key)| BatchResult { op, collection, id: response::key(key) })
        .collect();
    Ok(response::written(StatusCode::OK, data, &written.warnings))
}

fn operation(item: Json, index: usize) -> Result<(Operation, BatchVerb, String)> {
    let wrong = |what: &str| {
        Error::new(Code::InvalidBody, format!("operation {index} {what}"))
            .at(format!("operations.{index}"))
    };
    let Json::Object(mut item) = item else { return Err(wrong("is not an object")) };
    let word = item.get("op").and_then(Json::as_str).unwrap_or_default().to_owned();
    let collection = item
        .get("collection")
        .and_then(Json::as_str)
        .ok_or_else(|| wrong("names no collection"))?
        .to_owned();
    let mut object = |key: &str| match item.remove(key) {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(map)) => Ok(map),
        Some(_) => Err(wrong(&format!("has a `{key}` that is not an object"))),
    };
    let (body, expect) = (object("data")?, object("expect")?);
    let key = item.remove("id").filter(|id| !id.is_null());
    let named = collection.clone();
    let (verb, operation) = match (word.as_str(), key) {
        ("create", _) => (BatchVerb::Create, Operation::Create { collection, body }),
        ("update", Some(key)) => {
            (BatchVerb::Update, Operation::Update { collection, key, body, expect })
        }
        ("delete", Some(key)) => {
            (BatchVerb::Delete, Operation::Delete { collection, key, expect, force: false })
        }
        ("update" | "delete", None) => return Err(wrong("names no id")),
        _ => return Err(wrong("has an `op` that is not `create`, `update` or `delete`")),
    };
    Ok((operation, verb, named))
}
