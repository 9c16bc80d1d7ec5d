//! Imports: the jobs, and the original's imports in one request.

use super::item::WriteWarning;
use engine::{Format, ImportPace as Moment, ImportState, Job, Left, Mode, RowFault, Stays};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// How a file is written.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ImportFormat {
    Csv,
    Json,
    Ndjson,
}

impl From<Format> for ImportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
            Format::Ndjson => Self::Ndjson,
        }
    }
}

/// What refused rows mean for the others.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ImportMode {
    All,
    Valid,
}

impl From<Mode> for ImportMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::All => Self::All,
            Mode::Valid => Self::Valid,
        }
    }
}

/// The words of the form that starts an import; its file comes last, as `file`.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct ImportForm {
    /// Into which collection.
    #[cfg_attr(test, ts(optional = false, type = "string"))]
    pub(crate) collection: Option<String>,
    /// How the file is written; else its name tells.
    #[cfg_attr(test, ts(optional, type = "ImportFormat"))]
    pub(crate) format: Option<String>,
    /// Which column goes to which field, as JSON; `null` leaves a column out.
    #[cfg_attr(test, ts(optional, type = "Readonly<Record<string, string | null>>"))]
    pub(crate) mapping: Option<IndexMap<String, Option<String>>>,
    /// CSV: the separator, `,` unless given; `tab` is one as well.
    pub(crate) delimiter: Option<String>,
    /// CSV: the text that stands for NULL.
    pub(crate) null_text: Option<String>,
    /// Check every row and write none.
    pub(crate) dry_run: Option<bool>,
    /// `all` (unless given) writes everything or nothing; `valid` writes the rows that pass.
    #[cfg_attr(test, ts(optional, type = "ImportMode"))]
    pub(crate) mode: Option<String>,
    /// Import although the same file was imported before.
    pub(crate) again: Option<bool>,
}

/// Where an import stands.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ImportPhase {
    Parsing,
    Checking,
    Writing,
    Done,
    Failed,
    Cancelled,
    Undoing,
    Undone,
}

impl From<ImportState> for ImportPhase {
    fn from(state: ImportState) -> Self {
        match state {
            ImportState::Parsing => Self::Parsing,
            ImportState::Checking => Self::Checking,
            ImportState::Writing => Self::Writing,
            ImportState::Done => Self::Done,
            ImportState::Failed => Self::Failed,
            ImportState::Cancelled => Self::Cancelled,
            ImportState::Undoing => Self::Undoing,
            ImportState::Undone => Self::Undone,
        }
    }
}

/// One value an import refused.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportReject {
    /// Line of the file where the row begins, from 1; in JSON the place of the object, from 1.
    pub(crate) line: u64,
    /// Column of the file, when the fault is about one.
    pub(crate) column: Option<String>,
    /// Field of the collection.
    pub(crate) field: Option<String>,
    /// The refused text.
    pub(crate) value: Option<String>,
    /// The sentence for a person.
    pub(crate) message: String,
    /// The code of the refusal.
    pub(crate) code: String,
}

impl From<RowFault> for ImportReject {
    fn from(fault: RowFault) -> Self {
        let RowFault { line, column, field, value, message, code } = fault;
        Self { line, column, field, value, message, code }
    }
}

/// Why an undo left a record: others point at it, it was changed since, or it was forbidden.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ImportStays {
    Referenced,
    Changed,
    Forbidden,
}

/// A record that an undo left.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportLeft {
    /// In which collection.
    pub(crate) collection: String,
    /// Its key.
    pub(crate) id: String,
    /// Why.
    pub(crate) why: ImportStays,
}

impl From<Left> for ImportLeft {
    fn from(Left { collection, id, why }: Left) -> Self {
        let why = match why {
            Stays::Referenced => ImportStays::Referenced,
            Stays::Changed => ImportStays::Changed,
            Stays::Forbidden => ImportStays::Forbidden,
        };
        Self { collection, id, why }
    }
}

/// How far the writing of an import was at one moment.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportPace {
    /// Milliseconds since the writing began.
    pub(crate) ms: u64,
    /// Rows written by then.
    pub(crate) rows: u64,
}

impl From<Moment> for ImportPace {
    fn from(Moment { ms, rows }: Moment) -> Self {
        Self { ms, rows }
    }
}

/// An import that runs on the server.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportJob {
    /// Its id.
    pub(crate) id: String,
    /// Key of the user who asked.
    pub(crate) owner: Option<String>,
    /// Into which collection.
    pub(crate) collection: String,
    /// Name of the file.
    pub(crate) file_name: String,
    /// How the file is written.
    pub(crate) format: ImportFormat,
    /// Where it stands.
    pub(crate) state: ImportPhase,
    /// Whether rows are only judged.
    pub(crate) dry_run: bool,
    /// What refused rows mean for the others.
    pub(crate) mode: ImportMode,
    /// Column to field as asked; `null` leaves a column out.
    #[cfg_attr(test, ts(type = "Record<string, string | null>"))]
    pub(crate) mapping: IndexMap<String, Option<String>>,
    /// Rows parsed.
    pub(crate) rows_read: u64,
    /// Rows that would be accepted.
    pub(crate) rows_valid: u64,
    /// Rows refused.
    pub(crate) rows_rejected: u64,
    /// Rows written.
    pub(crate) rows_written: u64,
    /// Rows removed again.
    pub(crate) rows_removed: u64,
    /// Records that nested objects made besides the rows, and that an undo took out with them.
    pub(crate) related_removed: u64,
    /// Records that the import did not make, or that others changed since, and that went along by
    /// consent.
    pub(crate) others_removed: u64,
    /// Records that an undo left, rows among them.
    pub(crate) related_left: u64,
    /// The first hundred of these.
    pub(crate) left: Vec<ImportLeft>,
    /// Bytes of the file behind the last row.
    pub(crate) bytes_read: u64,
    /// Bytes of the file.
    pub(crate) bytes_total: u64,
    /// SHA-256 of the file, in hex.
    pub(crate) hash: String,
    /// The same import was done before; this is that one.
    pub(crate) already_imported: bool,
    /// When it was asked for.
    pub(crate) started_at: String,
    /// When it ended.
    pub(crate) ended_at: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// The first refused values.
    pub(crate) errors: Vec<ImportReject>,
    /// Rows per second so far.
    pub(crate) rows_per_second: u64,
    /// Rows of the collection before the first was written, as far as its owner may read them.
    pub(crate) rows_before: Option<u64>,
    /// The same when the last had been written.
    pub(crate) rows_after: Option<u64>,
    /// Key of the first row written.
    pub(crate) first_key: Option<String>,
    /// Key of the last row written.
    pub(crate) last_key: Option<String>,
    /// The course of the writing, in at most 120 moments; none in a list of imports.
    pub(crate) pace: Vec<ImportPace>,
}

impl ImportJob {
    pub(crate) fn new(job: Job, rows_per_second: u64) -> Self {
        Self {
            id: job.id,
            owner: job.owner,
            collection: job.collection,
            file_name: job.file_name,
            format: job.format.into(),
            state: job.state.into(),
            dry_run: job.dry_run,
            mode: job.mode.into(),
            mapping: job.mapping,
            rows_read: job.rows_read,
            rows_valid: job.rows_valid,
            rows_rejected: job.rows_rejected,
            rows_written: job.rows_written,
            rows_removed: job.rows_removed,
            related_removed: job.related_removed,
            others_removed: job.others_removed,
            related_left: job.related_left,
            left: job.left.into_iter().map(ImportLeft::from).collect(),
            bytes_read: job.bytes_read,
            bytes_total: job.bytes_total,
            hash: job.hash,
            already_imported: job.already_imported,
            started_at: job.started_at,
            ended_at: job.ended_at,
            error: job.error,
            errors: job.errors.into_iter().map(ImportReject::from).collect(),
            rows_per_second,
            rows_before: job.rows_before,
            rows_after: job.rows_after,
            first_key: job.first_key,
            last_key: job.last_key,
            pace: job.pace.into_iter().map(ImportPace::from).collect(),
        }
    }
}

/// What an import in one request answers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Imported {
    /// `true`; a refusal has the envelope of errors.
    pub(crate) success: bool,
    /// The sentence for a person.
    pub(crate) message: String,
    /// What it came to.
    pub(crate) results: ImportResult,
    /// What was left out of its rows and why, each column once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<WriteWarning>>"))]
    pub(crate) warnings: Vec<WriteWarning>,
}

/// What an import in one request came to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportResult {
    /// Rows that were, or would have been, written.
    pub(crate) imported: usize,
    /// Rows that were refused.
    pub(crate) failed: usize,
    /// Why, one per refused row.
    pub(crate) errors: Vec<ImportRowError>,
}

/// One row an import in one request refused.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImportRowError {
    /// Row of a CSV file, from 1, its header not counted.
    pub(crate) row: usize,
    /// Place in a JSON list, from 1: the same number.
    pub(crate) item: usize,
    /// The row as it was read.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub(crate) data: Option<Map<String, Json>>,
    /// The sentence for a person.
    pub(crate) error: String,
    /// The field at fault, when it is one.
    pub(crate) field: Option<String>,
    /// The code of the refusal.
    pub(crate) code: String,
}
