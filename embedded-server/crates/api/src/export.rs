//! Exports: a whole list as a file, streamed, as the caller may see it.

mod sql;

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::surface::baasix::routes::asked_by;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base::{Code, Error, Result};
use futures_util::StreamExt;
use query::{CountMode, Read};
use serde_json::{Map, Value as Json};
use sql::Statements;
use tokio_stream::wrappers::ReceiverStream;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Csv,
    Json,
    Ndjson,
    Sql,
}

/// `GET /items/:c/export?format=csv|json|ndjson|sql` with the filter, sort and fields of a list.
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    let format = format(&params)?;
    // Spreadsheets run cells that begin like a formula; `formulas=keep` is for other programs.
    let guard_formulas = params.text("formulas").as_deref() != Some("keep");
    let mut read = asked_by(&app, &caller, &collection, &params)?;
    read.count = CountMode::None;
    let chunks = app
        .engine()
        .stream(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let columns = columns(&app, &caller, &read);
    let state = app.engine().state();
    let statements = state
        .catalog
        .get(&collection)
        .filter(|_| format == Format::Sql)
        .map(|of| Statements::of(of, &columns, app.engine().store_name()));
    drop(state);
    let mut writer = Writer { format, guard_formulas, columns, statements, rows: 0 };
    let head = writer.head();
    let body =
        ReceiverStream::new(chunks).map(move |chunk| chunk.and_then(|chunk| writer.chunk(&chunk)));
    let tail = if format == Format::Json { "\n]\n" } else { "" };
    let whole = futures_util::stream::iter([Ok(Bytes::from(head))])
        .chain(body)
        .chain(futures_util::stream::iter([Ok(Bytes::from(tail))]));
    let mut response = Response::new(Body::from_stream(whole));
    let (kind, extension) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Json => ("application/json; charset=utf-8", "json"),
        Format::Ndjson => ("application/x-ndjson; charset=utf-8", "ndjson"),
        Format::Sql => ("application/sql; charset=utf-8", "sql"),
    };
    let name = format!("attachment; filename=\"{collection}.{extension}\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn format(params: &Params) -> Result<Format> {
    match params.text("format").as_deref() {
        None | Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some("ndjson") => Ok(Format::Ndjson),
        Some("sql") => Ok(Format::Sql),
        Some(other) => Err(Error::new(
            Code::InvalidQuery,
            format!("query parameter `format` cannot be `{other}`"),
        )
        .at("format")
        .hint("`csv`, `json`, `ndjson` or `sql`")),
    }
}

/// The columns of a table of this read: the asked ones, else every one the caller sees.
fn columns(app: &App, caller: &Caller, read: &Read) -> Vec<String> {
    let view = app.engine().state().view(caller.actor());
    let Some(collection) = view.get(&read.collection) else { return Vec::new() };
    let plain: Vec<String> =
        read.fields.iter().filter(|name| collection.fields.contains_key(*name)).cloned().collect();
    let all = || {
        collection
            .fields
            .values()
            .filter(|field| !field.hidden)
            .map(|field| field.name.clone())
            .collect()
    };
    if plain.len() == read.fields.len() && !plain.is_empty() { plain } else { all() }
}

struct Writer {
    format: Format,
    guard_formulas: bool,
    columns: Vec<String>,
    /// For an SQL file.
    statements: Option<Statements>,
    rows: u64,
}

impl Writer {
    fn head(&self) -> Vec<u8> {
        match self.format {
            Format::Json => b"[\n".to_vec(),
            Format::Ndjson | Format::Sql => Vec::new(),
            Format::Csv => line(self.columns.iter().map(String::as_str)),
        }
    }

    fn chunk(&mut self, chunk: &[u8]) -> Result<Bytes> {
        let mut out = Vec::with_capacity(chunk.len() + 64);
        for row in chunk.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
            match self.format {
                Format::Ndjson => {
                    out.extend_from_slice(row);
                    out.push(b'\n');
                }
                Format::Json => {
                    if self.rows > 0 {
                        out.extend_from_slice(b",\n");
                    }
                    out.extend_from_slice(row);
                }
                Format::Csv => out.extend(self.csv(row)?),
                Format::Sql => {
                    if let Some(statements) = &self.statements {
                        out.extend(statements.statement(&parsed(row)?)?.into_bytes());
                    }
                }
            }
            self.rows += 1;
        }
        Ok(Bytes::from(out))
    }

    fn csv(&self, row: &[u8]) -> Result<Vec<u8>> {
        let row = parsed(row)?;
        let cells = self.columns.iter().map(|name| match row.get(name) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => self.cell(text),
            Some(other) => other.to_string(),
        });
        let cells: Vec<String> = cells.collect();
        Ok(line(cells.iter().map(String::as_str)))
    }

    fn cell(&self, text: &str) -> String {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if self.guard_formulas && formula { format!("'{text}") } else { text.to_owned() }
    }
}

fn parsed(row: &[u8]) -> Result<Map<String, Json>> {
    serde_json::from_slice(row)
        .map_err(|fault| Error::internal("an exported row is not JSON").caused_by(fault))
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory cannot fail; an empty line is what a broken record would become.
    drop(writer.write_record(cells));
    writer.into_inner().unwrap_or_default()
}
