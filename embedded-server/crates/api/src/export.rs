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
use engine::AnswerColumn;
use futures_util::StreamExt;
use query::CountMode;
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
    let guard_formulas = guards(&params)?;
    let mut read = asked_by(&app, &caller, &collection, &params)?;
    read.count = CountMode::None;
    let (columns, chunks) = app
        .engine()
        .stream(&read, caller.actor(), caller.numbers)
        .await
        .map_err(|fault| caller.judge(fault))?;
    let state = app.engine().state();
    let statements = state
        .catalog
        .get(&collection)
        .filter(|_| format == Format::Sql)
        .map(|of| Statements::of(of, &columns, app.engine().store_name()));
    drop(state);
    if format == Format::Sql && statements.as_ref().is_none_or(Statements::is_empty) {
        return Err(no_statements().into());
    }
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

fn guards(params: &Params) -> Result<bool> {
    match params.text("formulas").as_deref() {
        None | Some("guard") => Ok(true),
        Some("keep") => Ok(false),
        Some(other) => Err(Error::new(
            Code::InvalidQuery,
            format!("query parameter `formulas` cannot be `{other}`"),
        )
        .at("formulas")
        .hint("`guard` or `keep`")),
    }
}

/// Groups and what is related stand in no table.
fn no_statements() -> Error {
    Error::new(
        Code::InvalidQuery,
        "an SQL file has records, and none of their fields was asked for",
    )
    .at("format")
    .hint("groups and related records are exported as `csv`, `json` or `ndjson`")
}

struct Writer {
    format: Format,
    guard_formulas: bool,
    columns: Vec<AnswerColumn>,
    /// For an SQL file.
    statements: Option<Statements>,
    rows: u64,
}

impl Writer {
    fn head(&self) -> Vec<u8> {
        match self.format {
            Format::Json => b"[\n".to_vec(),
            Format::Ndjson | Format::Sql => Vec::new(),
            Format::Csv => {
                let names = self.columns.iter().map(|column| self.cell(&column.path.join(".")));
                line(&names.collect::<Vec<String>>())
            }
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
        let cells = self.columns.iter().map(|column| match at(&row, &column.path) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => self.cell(text),
            Some(other) => other.to_string(),
        });
        Ok(line(&cells.collect::<Vec<String>>()))
    }

    fn cell(&self, text: &str) -> String {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number(text);
        if self.guard_formulas && formula { format!("'{text}") } else { text.to_owned() }
    }
}

/// Whether a text is a number below zero: what exact numbers look like that are asked for as text.
fn is_number(text: &str) -> bool {
    let (whole, part) = match text.strip_prefix('-') {
        Some(digits) => digits.split_once('.').unwrap_or((digits, "0")),
        None => return false,
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(part)
}

fn parsed(row: &[u8]) -> Result<Map<String, Json>> {
    serde_json::from_slice(row)
        .map_err(|fault| Error::internal("an exported row is not JSON").caused_by(fault))
}

/// What stands at the end of a path; nothing where a record on the way is missing.
fn at<'a>(row: &'a Map<String, Json>, path: &[String]) -> Option<&'a Json> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(row.get(first)?, |inner, key| inner.get(key))
}

fn line(cells: &[String]) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory cannot fail; an empty line is what a broken record would become.
    drop(writer.write_record(cells));
    writer.into_inner().unwrap_or_default()
}
