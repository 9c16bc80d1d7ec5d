//! The original's synchronous imports (`spec/data.md` 11): a file in one transaction.

use super::error::Refusal;
use super::response::{json_answer, warning};
use crate::app::App;
use crate::caller::Caller;
use crate::wire::error::ErrorReport;
use crate::wire::import::{ImportResult, ImportRowError, Imported};
use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use base::{Code, Detail, Error, Result};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/items/{collection}/import-csv", post(csv_file))
        .route("/items/{collection}/import-json", post(json_file))
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Csv,
    Json,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
        }
    }
}

async fn csv_file(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    import(&app, &caller, collection, request, Kind::Csv).await
}

async fn json_file(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    import(&app, &caller, collection, request, Kind::Json).await
}

async fn import(
    app: &App,
    caller: &Caller,
    collection: String,
    request: Request,
    kind: Kind,
) -> Result<Response, Refusal> {
    known(app, caller, &collection)?;
    if caller.presented.profile.is_none() {
        return Err(match caller.user() {
            Err(fault) if fault.code() == Code::Unauthenticated => {
                Error::new(Code::Unauthenticated, "Authentication required for import operations")
            }
            Err(fault) => fault,
            Ok(_) => Error::internal("a profile that is not there"),
        }
        .into());
    }
    let mut rows = rows(app, request, kind).await?;
    if let Some(collection) = app.engine().state().catalog.get(&collection) {
        rows.iter_mut().for_each(|row| engine::without_empty(collection, row, false));
    }
    let faults = judge(app, caller, &collection, &rows)?;
    if !faults.is_empty() {
        return Ok(failed(kind, &rows, &faults));
    }
    let operations: Vec<Operation> = rows
        .iter()
        .map(|body| Operation::Create { collection: collection.clone(), body: body.clone() })
        .collect();
    let write = Write { operations, strict: caller.strict };
    let written = app.engine().write(write, caller.actor(), caller.source.as_deref()).await;
    let written = match written {
        Ok(written) => written,
        Err(fault) => {
            let (at, fault) = late(app, caller, &collection, &rows, fault).await?;
            return Ok(failed(kind, &rows, &[(at, fault)]));
        }
    };
    let mut told = HashSet::new();
    let once = written.warnings.iter().filter(|one| told.insert((&one.code, &one.field)));
    let body = Imported {
        success: true,
        message: format!("Successfully imported {} items", rows.len()),
        results: ImportResult { imported: rows.len(), failed: 0, errors: Vec::new() },
        warnings: once.map(warning).collect(),
    };
    Ok(json_answer(StatusCode::OK, &body))
}

fn known(app: &App, caller: &Caller, collection: &str) -> Result<()> {
    let known = app.engine().state().catalog.get(collection).is_some();
    if known || !caller.actor().unbound() {
        return Ok(());
    }
    Err(Error::new(Code::CollectionNotFound, format!("Model {collection} not found")))
}

/// Every row by everything short of the database, so that each is told with its own reason.
fn judge(
    app: &App,
    caller: &Caller,
    collection: &str,
    rows: &[Map<String, Json>],
) -> Result<Vec<(usize, Error)>> {
    let mut faults = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match app.engine().judge_create(collection, row.clone(), caller.actor(), caller.strict) {
            Ok(()) => {}
            Err(fault) if fault.code() == Code::Forbidden => return Err(caller.judge(fault)),
            Err(fault) => faults.push((at, fault)),
        }
    }
    Ok(faults)
}

/// A refusal by the database, addressed to its row.
async fn late(
    app: &App,
    caller: &Caller,
    collection: &str,
    rows: &[Map<String, Json>],
    fault: Error,
) -> Result<(usize, Error)> {
    if matches!(fault.code(), Code::Internal | Code::Unavailable | Code::Timeout | Code::Forbidden)
    {
        return Err(caller.judge(fault));
    }
    let named = fault.detail_list().iter().find_map(|detail| detail.index);
    let at = match named {
        Some(at) => at,
        None => app.engine().first_refused(collection, rows, caller.actor()).await?,
    };
    Ok((at, fault))
}

/// The first field that a refusal names.
fn field_of(fault: &Error) -> Option<String> {
    fault.detail_list().iter().find_map(|detail| detail.field.clone())
}

/// Nothing was written; every row at fault is told under the keys that CSV and JSON readers know.
fn failed(kind: Kind, rows: &[Map<String, Json>], faults: &[(usize, Error)]) -> Response {
    let noun = if kind == Kind::Csv { "rows" } else { "items" };
    let message =
        format!("Import failed. {} {noun} had errors. Transaction rolled back.", faults.len());
    let details = faults.iter().map(|(at, fault)| {
        let field = field_of(fault);
        let code = fault.code().as_str().to_owned();
        Detail {
            code,
            field,
            message: fault.message().to_owned(),
            index: Some(*at),
            ..Detail::default()
        }
    });
    let error = Error::new(Code::ImportFailed, message).details(details.collect());
    let refused = |(at, fault): &(usize, Error)| ImportRowError {
        row: at + 1,
        item: at + 1,
        data: rows.get(*at).cloned(),
        error: fault.message().to_owned(),
        field: field_of(fault),
        code: fault.code().as_str().to_owned(),
    };
    let results = ImportResult {
        imported: rows.len() - faults.len(),
        failed: faults.len(),
        errors: faults.iter().map(refused).collect(),
    };
    let mut body = super::error::body(&error, StatusCode::BAD_REQUEST);
    body.error.details = Some(ErrorReport::Rows { results });
    json_answer(StatusCode::BAD_REQUEST, &body)
}

/// The rows of the request's file, or of its JSON body.
async fn rows(app: &App, request: Request, kind: Kind) -> Result<Vec<Map<String, Json>>> {
    let content = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let limit = app.engine().limits().import_bytes_max;
    if content.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &())
            .await
            .map_err(|fault| unreadable(&fault.to_string()))?;
        return parse(&file(form, kind, limit).await?, kind);
    }
    let body: Bytes =
        axum::body::to_bytes(request.into_body(), limit).await.map_err(|_| too_large(limit))?;
    if content.starts_with("text/csv") {
        return parse(&body, Kind::Csv);
    }
    match serde_json::from_slice(&body) {
        Ok(Json::Array(_)) => parse(&body, Kind::Json),
        Ok(Json::Object(mut object)) => match object.remove("data") {
            Some(data @ Json::Array(_)) => parse(data.to_string().as_bytes(), Kind::Json),
            Some(_) | None => Err(no_form(kind)),
        },
        Ok(_) | Err(_) => Err(no_form(kind)),
    }
}

const SEND: &str = "send the file as multipart form data (`csvFile`, `jsonFile`), or rows with `createMany`; older SDKs send no file";

fn no_file(kind: Kind) -> Error {
    Error::new(Code::NoFile, format!("No {} file provided", kind.word())).hint(SEND)
}

/// The original SDK posts `{}` here: its file never leaves the client (`spec/data.md` D-01). It
/// shows the message alone, so what to do instead stands there.
fn no_form(kind: Kind) -> Error {
    let error = no_file(kind);
    let message = format!("{}: {SEND}", error.message());
    error.message_is(message)
}

fn unreadable(why: &str) -> Error {
    Error::new(Code::InvalidBody, format!("the form cannot be read: {why}"))
}

pub(crate) fn too_large(limit: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("the file is over the limit of {limit} bytes"))
        .hint("send it as an import job, which takes larger files: POST /imports")
}

/// What ended the reading of a form.
fn ended(fault: &MultipartError, limit: usize) -> Error {
    match fault.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        _ => unreadable(&fault.to_string()),
    }
}

async fn file(mut form: Multipart, kind: Kind, limit: usize) -> Result<Bytes> {
    let wanted = if kind == Kind::Csv { "csvFile" } else { "jsonFile" };
    while let Some(field) = form.next_field().await.map_err(|fault| ended(&fault, limit))? {
        if field.name() != Some(wanted) && field.file_name().is_none() {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_lowercase();
        let content = field.content_type().unwrap_or_default().to_owned();
        let fits = match kind {
            Kind::Csv => name.ends_with(".csv") || content == "text/csv",
            Kind::Json => name.ends_with(".json") || content == "application/json",
        };
        if !fits {
            return Err(Error::new(
                Code::ImportFailed,
                format!("File must be a {} file", kind.word()),
            ));
        }
        let bytes = field.bytes().await.map_err(|fault| ended(&fault, limit))?;
        return if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) };
    }
    Err(no_file(kind))
}

fn parse(bytes: &[u8], kind: Kind) -> Result<Vec<Map<String, Json>>> {
    let rows = match kind {
        Kind::Csv => csv_rows(bytes)?,
        Kind::Json => json_rows(bytes)?,
    };
    if rows.is_empty() {
        return Err(Error::new(
            Code::ImportFailed,
            format!("{} file is empty or has no valid data", kind.word()),
        ));
    }
    Ok(rows)
}

pub(crate) fn csv_rows(bytes: &[u8]) -> Result<Vec<Map<String, Json>>> {
    let wrong =
        |fault: csv::Error| Error::new(Code::ImportFailed, format!("Invalid CSV format: {fault}"));
    let bytes = without_mark(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let names = reader.headers().map_err(wrong)?.clone();
    let mut known = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !name.is_empty() && !known.insert(*name)) {
        let what = format!("Invalid CSV format: two columns are named `{twice}`");
        return Err(Error::new(Code::ImportFailed, what));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let cells = names.iter().zip(&record).map(|(name, text)| (name.to_owned(), cell(text)));
        rows.push(cells.collect());
    }
    Ok(rows)
}

/// Some programs put a byte order mark before a text.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Text that holds a JSON object or array is that, the rest is text.
fn cell(text: &str) -> Json {
    let parsed = if text.starts_with(['{', '[']) { serde_json::from_str(text).ok() } else { None };
    parsed.unwrap_or_else(|| Json::String(text.to_owned()))
}

fn json_rows(bytes: &[u8]) -> Result<Vec<Map<String, Json>>> {
    let json: Json = serde_json::from_slice(without_mark(bytes))
        .map_err(|fault| Error::new(Code::ImportFailed, format!("Invalid JSON format: {fault}")))?;
    let Json::Array(items) = json else {
        return Err(Error::new(Code::ImportFailed, "JSON file must contain an array of objects"));
    };
    items
        .into_iter()
        .map(|item| match item {
            Json::Object(row) => Ok(row),
            _ => Err(Error::new(Code::ImportFailed, "JSON file must contain an array of objects")),
        })
        .collect()
}
