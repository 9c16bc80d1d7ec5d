//! Imports as jobs (`/imports`): a file is uploaded once, judged, written, and can be undone.

use crate::app::App;
use crate::caller::Caller;
use crate::queries::consent;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::answer::{Answer, Listed};
use crate::wire::import::{ImportForm, ImportJob};
use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base::{Code, Error, Result};
use engine::{Format, ImportAsk, Imports, Job, Mode};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;

/// Largest file of a job: it streams to disk, so that the disk is the limit that matters.
pub(crate) const UPLOAD_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/imports", get(list).post(start))
        .route("/imports/{id}", get(one))
        .route("/imports/{id}/rejects", get(rejects))
        .route("/imports/{id}/undo", post(undo))
        .route("/imports/{id}/cancel", post(cancel))
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.user()?;
    let jobs = app.imports().list(caller.actor()).await?;
    let now_ms = app.engine().clock().now_ms();
    let total_count = jobs.len();
    // The course of each is for whoever looks at one of them.
    let brief = |mut job: Job| {
        job.pace.clear();
        told(job, now_ms)
    };
    let data = jobs.into_iter().map(brief).collect();
    Ok(json_answer(StatusCode::OK, &Listed { data, total_count }))
}

async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.user()?;
    let job = app.imports().get(&id, caller.actor()).await?;
    Ok(one_job(&app, StatusCode::OK, job))
}

/// `{consent: true}` takes rows out that were changed since, too.
async fn undo(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    caller.user()?;
    let consent = consent(&body, app.engine().limits())?;
    let job = app.imports().undo(&id, consent, caller.actor()).await?;
    Ok(one_job(&app, StatusCode::ACCEPTED, job))
}

async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.user()?;
    let job = app.imports().cancel(&id, caller.actor()).await?;
    Ok(one_job(&app, StatusCode::ACCEPTED, job))
}

async fn rejects(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    caller.user()?;
    let file = app.imports().rejects(&id, caller.actor()).await?;
    let mut response = (
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CACHE_CONTROL, "no-store")],
        file,
    )
        .into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{id}-rejects.csv\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn one_job(app: &App, status: StatusCode, job: Job) -> Response {
    json_answer(status, &Answer { data: told(job, app.engine().clock().now_ms()) })
}

/// A job as it is told, with the rate so far that a reader would otherwise compute.
fn told(job: Job, now_ms: i64) -> ImportJob {
    let until = job.ended_at.as_deref().and_then(millis).unwrap_or(now_ms);
    let took_ms = until.saturating_sub(millis(&job.started_at).unwrap_or(until)).unsigned_abs();
    let rows = job.rows_written.max(job.rows_read);
    ImportJob::new(job, rows.saturating_mul(1_000) / took_ms.max(1))
}

fn millis(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// Reads the form: its words come before the file, so that a wrong one is told before the upload.
async fn start(
    State(app): State<App>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refusal> {
    caller.user()?;
    let mut form = form.map_err(|fault| {
        Error::new(Code::NoFile, "an import is a multipart form with a `file`")
            .caused_by(fault.to_string())
    })?;
    let mut words = ImportForm::default();
    let mut upload = None;
    while let Some(field) =
        form.next_field().await.map_err(|fault| unreadable(&fault.to_string()))?
    {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "file" => {
                if upload.is_some() {
                    return Err(Error::new(Code::InvalidBody, "an import takes one file")
                        .at("file")
                        .into());
                }
                upload = Some(Upload::receive(app.imports(), field).await?);
            }
            name => words.take(name, field).await?,
        }
    }
    let upload =
        upload.ok_or_else(|| Error::new(Code::NoFile, "the form has no `file`").at("file"))?;
    let ask = words.ask(upload)?;
    let job =
        app.imports().start(ask, caller.actor()).await.map_err(|fault| caller.judge(fault))?;
    let status = if job.already_imported { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(one_job(&app, status, job))
}

fn unreadable(why: &str) -> Error {
    Error::new(Code::InvalidBody, format!("the form cannot be read: {why}"))
}

pub(crate) fn too_large(limit: usize) -> Error {
    Error::new(Code::PayloadTooLarge, format!("the file is over the limit of {limit} bytes"))
        .hint("split it, and import its parts one after the other")
}

/// Largest word of the form: a mapping of ten thousand columns with long names.
const WORD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A word of the form. Only the file may be large: this is held in memory.
async fn word(name: &str, mut field: Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|fault| unreadable(&fault.to_string()))? {
        if bytes.len() + chunk.len() > WORD_BYTES_MAX {
            let what = format!("`{name}` is over the limit of {WORD_BYTES_MAX} bytes");
            let hint = "only `file` may be larger, its other words are short";
            return Err(Error::new(Code::PayloadTooLarge, what).at(name).hint(hint));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Code::InvalidBody, format!("`{name}` is not UTF-8")).at(name))
}

/// A dry run that was asked for in another word must not write.
fn truth(name: &str, text: &str) -> Result<bool> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        other => Err(Error::new(Code::InvalidBody, format!("`{name}` cannot be `{other}`"))
            .at(name)
            .hint("`true` or `false`")),
    }
}

/// A file on disk that is removed unless a job takes it.
struct Upload {
    path: PathBuf,
    file_name: String,
    hash: String,
    bytes: u64,
    /// Its beginning, by which it tells its form.
    head: Vec<u8>,
    taken: bool,
}

/// Bytes of a file by which it is told what it is.
const HEAD_BYTES: usize = 64 * 1024;

impl Upload {
    async fn receive(imports: &Imports, mut field: Field<'_>) -> Result<Self> {
        let path = imports.folder().join(format!("{}.upload", base::short_id()?));
        let file_name = field.file_name().unwrap_or("file").chars().take(255).collect();
        let (hash, head) = (String::new(), Vec::new());
        let mut upload = Self { path, file_name, hash, bytes: 0, head, taken: false };
        let mut private = tokio::fs::OpenOptions::from(base::owners_file());
        private.create(true).truncate(true);
        let full = |fault: std::io::Error| {
            Error::new(Code::Unavailable, "the upload cannot be kept in the data folder")
                .hint("make room on its disk, and let this user write there")
                .caused_by(fault)
        };
        let mut file = private.open(&upload.path).await.map_err(full)?;
        let mut hash = Sha256::new();
        while let Some(chunk) =
            field.chunk().await.map_err(|fault| unreadable(&fault.to_string()))?
        {
            upload.bytes += chunk.len() as u64;
            if upload.bytes > UPLOAD_BYTES_MAX as u64 {
                return Err(too_large(UPLOAD_BYTES_MAX));
            }
            hash.update(&chunk);
            let room = HEAD_BYTES.saturating_sub(upload.head.len()).min(chunk.len());
            upload.head.extend_from_slice(&chunk[..room]);
            file.write_all(&chunk).await.map_err(full)?;
        }
        file.flush().await.map_err(full)?;
        upload.hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(upload)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.taken {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

impl ImportForm {
    async fn take(&mut self, name: &str, field: Field<'_>) -> Result<()> {
        let text = word(name, field).await?;
        match name {
            "collection" => self.collection = Some(text),
            "format" => self.format = Some(text),
            "delimiter" => self.delimiter = Some(text),
            "nullText" => self.null_text = Some(text).filter(|text| !text.is_empty()),
            "dryRun" => self.dry_run = Some(truth(name, &text)?),
            "mode" => self.mode = Some(text),
            "again" => self.again = Some(truth(name, &text)?),
            "mapping" => {
                let mapping = serde_json::from_str(&text).map_err(|fault| {
                    Error::new(
                        Code::InvalidBody,
                        format!("`mapping` is not an object of column to field ({fault})"),
                    )
                    .at("mapping")
                })?;
                self.mapping = Some(mapping);
            }
            other => {
                return Err(Error::new(
                    Code::InvalidBody,
                    format!("an import has no field `{other}`"),
                )
                .at(other));
            }
        }
        Ok(())
    }

    fn ask(self, mut upload: Upload) -> Result<ImportAsk> {
        let wrong = |name: &str, value: &str, allowed: &str| {
            Error::new(Code::InvalidBody, format!("`{name}` cannot be `{value}`"))
                .at(name)
                .hint(allowed)
        };
        let collection = self.collection.ok_or_else(|| {
            Error::new(Code::InvalidBody, "`collection` is required").at("collection")
        })?;
        let lower = upload.file_name.to_lowercase();
        let guessed = ["csv", "ndjson", "jsonl", "json"]
            .into_iter()
            .find(|extension| lower.ends_with(&format!(".{extension}")));
        let workbook = ["xlsx", "xls", "ods", "numbers"];
        if self.format.is_none() && workbook.iter().any(|one| lower.ends_with(&format!(".{one}"))) {
            return Err(Error::new(Code::InvalidBody, "a workbook is no file of rows")
                .at("file")
                .hint("save the sheet as CSV, and import that"));
        }
        let format = match self.format.as_deref().or(guessed) {
            None => sniffed(&upload.head),
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("ndjson" | "jsonl") => Format::Ndjson,
            Some(other) => return Err(wrong("format", other, "`csv`, `json` or `ndjson`")),
        };
        let mode = match self.mode.as_deref() {
            None | Some("all") => Mode::All,
            Some("valid") => Mode::Valid,
            Some(other) => return Err(wrong("mode", other, "`all` or `valid`")),
        };
        let delimiter = match self.delimiter.as_deref() {
            None | Some("") => separator(&upload.head),
            Some(",") => b',',
            Some("tab" | "\t") => b'\t',
            Some(one)
                if one.len() == 1 && one.is_ascii() && !one.contains(['"', '\r', '\n', '\0']) =>
            {
                one.as_bytes()[0]
            }
            Some(other) => {
                return Err(wrong(
                    "delimiter",
                    other,
                    "one ASCII character that is no quote and ends no line, or `tab`",
                ));
            }
        };
        upload.taken = true;
        Ok(ImportAsk {
            collection,
            format,
            path: upload.path.clone(),
            file_name: upload.file_name.clone(),
            hash: upload.hash.clone(),
            bytes: upload.bytes,
            mapping: self.mapping.unwrap_or_default(),
            delimiter,
            null_text: self.null_text,
            dry_run: self.dry_run.unwrap_or_default(),
            mode,
            again: self.again.unwrap_or_default(),
        })
    }
}

/// The form of a file whose name tells none: JSON begins with a bracket.
fn sniffed(head: &[u8]) -> Format {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head.first() {
        Some(b'[') => Format::Json,
        Some(b'{') => {
            let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
            match serde_json::from_slice::<Map<String, Json>>(line) {
                // One object that holds the rows.
                Ok(row) if row.len() == 1 && row.get("data").is_some_and(Json::is_array) => {
                    Format::Json
                }
                Ok(_) => Format::Ndjson,
                Err(_) => Format::Json,
            }
        }
        Some(_) | None => Format::Csv,
    }
}

/// What separates the cells of a file that nobody said it of: the comma, unless its header has
/// none, and has another sign that programs separate with.
fn separator(head: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b';', 0_usize), (b'\t', 0), (b'|', 0)];
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b',' => return b',',
            b'\r' | b'\n' => break,
            byte => counts.iter_mut().filter(|one| one.0 == *byte).for_each(|one| one.1 += 1),
        }
    }
    let most = counts.into_iter().reduce(|best, one| if one.1 > best.1 { one } else { best });
    most.filter(|one| one.1 > 0).map_or(b',', |one| one.0)
}
