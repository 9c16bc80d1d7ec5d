//! A job as it is kept and told.

use super::rows::Row;
use super::{FAULTS_KEPT, Imports};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What an import asks for. The file lies in [`Imports::folder`] and is removed afterwards.
#[derive(Clone, Debug)]
pub struct ImportAsk {
    /// Into which collection.
    pub collection: String,
    /// How the file is written.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
    /// Its name as the caller has it.
    pub file_name: String,
    /// SHA-256 of its bytes, in hex.
    pub hash: String,
    /// Its size.
    pub bytes: u64,
    /// Column to field; `None` leaves the column out. Columns that are not named go to the field
    /// of their own name.
    pub mapping: IndexMap<String, Option<String>>,
    /// Separator of CSV cells.
    pub delimiter: u8,
    /// The word that stands for NULL.
    pub null_text: Option<String>,
    /// Only judge.
    pub dry_run: bool,
    /// What refused rows mean for the others.
    pub mode: Mode,
    /// Import although the same file was imported before.
    pub again: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated (or otherwise) with a header row.
    Csv,
    /// An array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

/// What refused rows mean for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// All rows or none.
    All,
    /// The valid ones.
    Valid,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waiting for its turn.
    Parsing,
    /// Judging rows.
    Checking,
    /// Writing rows.
    Writing,
    /// Ended as asked.
    Done,
    /// Ended by a fault.
    Failed,
    /// Ended by its owner; nothing of it stands.
    Cancelled,
    /// Its rows are being removed.
    Undoing,
    /// Its rows were removed.
    Undone,
}

impl State {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parsing => "parsing",
            Self::Checking => "checking",
            Self::Writing => "writing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Undone)
    }
}

/// One refused value, addressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowFault {
    /// Line in the file (of the row's first line), counted from 1; in JSON the position of the
    /// object, counted from 1.
    pub line: u64,
    /// Column of the file, when the fault is about one.
    pub column: Option<String>,
    /// Field of the collection.
    pub field: Option<String>,
    /// The refused text.
    pub value: Option<String>,
    /// Why.
    pub message: String,
    /// The code of the refusal.
    pub code: String,
}

impl RowFault {
    /// Column and reason in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.column {
            Some(column) => format!("{column}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

/// One import, with its progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Id.
    pub id: String,
    /// Key of the user who asked.
    pub owner: Option<String>,
    /// Into which collection.
    pub collection: String,
    /// Name of the file.
    pub file_name: String,
    /// How the file is written.
    pub format: Format,
    /// Where it stands.
    pub state: State,
    /// Only judging.
    pub dry_run: bool,
    /// What refused rows mean for the others.
    pub mode: Mode,
    /// Column to field as asked.
    pub mapping: IndexMap<String, Option<String>>,
    /// Rows parsed.
    pub rows_read: u64,
    /// Rows that would be accepted.
    pub rows_valid: u64,
    /// Rows refused.
    pub rows_rejected: u64,
    /// Rows written.
    pub rows_written: u64,
    /// Rows removed again.
    pub rows_removed: u64,
    /// Bytes of the file behind the last row.
    pub bytes_read: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// SHA-256 of the file.
    pub hash: String,
    /// The same import was done before; this is that one.
    #[serde(default)]
    pub already_imported: bool,
    /// When it was asked for.
    pub started_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The first refused rows.
    pub errors: Vec<RowFault>,
}

impl Job {
    pub(super) fn new(id: String, ask: &ImportAsk, owner: Option<&str>, now: String) -> Self {
        Self {
            id,
            owner: owner.map(str::to_owned),
            collection: ask.collection.clone(),
            file_name: ask.file_name.clone(),
            format: ask.format,
            state: State::Parsing,
            dry_run: ask.dry_run,
            mode: ask.mode,
            mapping: ask.mapping.clone(),
            rows_read: 0,
            rows_valid: 0,
            rows_rejected: 0,
            rows_written: 0,
            rows_removed: 0,
            bytes_read: 0,
            bytes_total: ask.bytes,
            hash: ask.hash.clone(),
            already_imported: false,
            started_at: now,
            ended_at: None,
            error: None,
            errors: Vec::new(),
        }
    }

    /// Whether `ask` would do again what this job has done.
    pub(super) fn repeats(&self, ask: &ImportAsk) -> bool {
        self.state == State::Done
            && !self.dry_run
            && self.rows_written > 0
            && self.hash == ask.hash
            && self.collection == ask.collection
            && self.mapping == ask.mapping
    }

    pub(super) fn fail(&mut self, why: &str) {
        self.state = State::Failed;
        self.error = Some(why.to_owned());
    }

    pub(super) fn judged(&mut self, row: &Row, faults: Option<Vec<RowFault>>) {
        self.rows_read += 1;
        self.bytes_read = self.bytes_read.max(row.ends_at);
        match faults {
            None => self.rows_valid += 1,
            Some(faults) => {
                self.rows_rejected += 1;
                self.note(faults);
            }
        }
    }

    pub(super) fn written(&mut self, rows: &[Row]) {
        self.rows_written += rows.len() as u64;
        self.bytes_read = rows.last().map_or(self.bytes_read, |row| row.ends_at);
    }

    pub(super) fn refused_late(&mut self, row: &Row, faults: Vec<RowFault>) {
        self.rows_rejected += 1;
        self.rows_valid = self.rows_valid.saturating_sub(1);
        self.bytes_read = row.ends_at;
        self.note(faults);
    }

    fn note(&mut self, faults: Vec<RowFault>) {
        let room = FAULTS_KEPT.saturating_sub(self.errors.len());
        self.errors.extend(faults.into_iter().take(room));
    }
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imports").field("folder", &self.folder()).finish_non_exhaustive()
    }
}
