//! A job as it is kept and told.

use super::rows::Row;
use super::{FAULTS_KEPT, Imports};
use crate::schema::former::Former;
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

/// Why an undo left a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stays {
    /// Other records point at it.
    Referenced,
    /// It was changed since.
    Changed,
    /// Who asked may not remove it.
    Forbidden,
}

/// A record that an undo left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// In which collection.
    pub collection: String,
    /// Its key.
    pub id: String,
    /// Why.
    pub why: Stays,
}

/// How far the writing was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Milliseconds since the writing began.
    pub ms: u64,
    /// Rows written by then.
    pub rows: u64,
}

/// Moments kept: a curve a few hundred pixels wide shows no more. Beyond them every second one
/// goes, so that a long import keeps the shape of its whole course.
const PACES_KEPT: usize = 120;

/// One import, with its progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Id.
    pub id: String,
    /// Key of the user who asked.
    pub owner: Option<String>,
    /// Into which collection, by its name of today.
    pub collection: String,
    /// The stable id of that; jobs of older versions have none.
    #[serde(default)]
    pub(super) schema_id: Option<String>,
    /// The names that it had.
    #[serde(skip)]
    pub(super) former: Former,
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
    /// Records that nested objects made besides the rows, and that an undo took out with them.
    #[serde(default)]
    pub related_removed: u64,
    /// Records that the import did not make, or that others changed since, and that went along
    /// because who asked consented.
    #[serde(default)]
    pub others_removed: u64,
    /// Records that an undo left, rows among them.
    #[serde(default)]
    pub related_left: u64,
    /// The first of these.
    #[serde(default)]
    pub left: Vec<Left>,
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
    /// Rows that its owner could read in the collection before the first was written; `None` when
    /// the owner may not read there. Jobs of older versions have none of what follows.
    #[serde(default)]
    pub rows_before: Option<u64>,
    /// The same when the last had been written.
    #[serde(default)]
    pub rows_after: Option<u64>,
    /// Key of the first row of the file that was written.
    #[serde(default)]
    pub first_key: Option<String>,
    /// Key of the last one.
    #[serde(default)]
    pub last_key: Option<String>,
    /// The course of the writing.
    #[serde(default)]
    pub pace: Vec<Pace>,
    /// When the writing began.
    #[serde(default)]
    pub(super) writing_since_ms: i64,
}

impl Job {
    pub(super) fn new(id: String, ask: &ImportAsk, owner: Option<&str>, now: String) -> Self {
        Self {
            id,
            owner: owner.map(str::to_owned),
            collection: ask.collection.clone(),
            schema_id: None,
            former: Former::default(),
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
            related_removed: 0,
            others_removed: 0,
            related_left: 0,
            left: Vec::new(),
            bytes_read: 0,
            bytes_total: ask.bytes,
            hash: ask.hash.clone(),
            already_imported: false,
            started_at: now,
            ended_at: None,
            error: None,
            errors: Vec::new(),
            rows_before: None,
            rows_after: None,
            first_key: None,
            last_key: None,
            pace: Vec::new(),
            writing_since_ms: 0,
        }
    }

    /// The first row is about to be written into so many.
    pub(super) fn writing(&mut self, rows_before: Option<u64>, now_ms: i64) {
        self.state = State::Writing;
        self.bytes_read = 0;
        self.rows_before = rows_before;
        self.writing_since_ms = now_ms;
        self.pace.push(Pace { ms: 0, rows: 0 });
    }

    /// Whether `ask` would do again what this job has done, or is about to do.
    pub(super) fn repeats(&self, ask: &ImportAsk) -> bool {
        let done = self.state == State::Done && self.rows_written > 0;
        let on_its_way = matches!(self.state, State::Parsing | State::Checking | State::Writing);
        (done || on_its_way)
            && !self.dry_run
            && self.hash == ask.hash
            && self.collection == ask.collection
            && self.mapping == ask.mapping
    }

    /// Whether the change `of` tells of its collection.
    pub(super) fn tells(&self, of: &str) -> String {
        self.former.tells(of, &self.collection)
    }

    /// Taking it back ended by a fault. As long as nothing was removed it stands as before.
    pub(super) fn stays(&mut self, before: State, why: &str) {
        self.fail(why);
        if self.rows_removed == 0 {
            self.state = before;
        }
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

    /// Checking begins, or begins anew in another way.
    pub(super) fn checking(&mut self) {
        self.state = State::Checking;
        (self.rows_read, self.rows_valid, self.rows_rejected, self.bytes_read) = (0, 0, 0, 0);
        self.errors.clear();
    }

    /// So many more rows were written, of a part of the file that ends there.
    pub(super) fn written(&mut self, rows: u64, ends_at: u64, now_ms: i64) {
        self.rows_written += rows;
        self.bytes_read = self.bytes_read.max(ends_at);
        let ms = now_ms.saturating_sub(self.writing_since_ms).try_into().unwrap_or(0);
        self.pace.push(Pace { ms, rows: self.rows_written });
        if self.pace.len() > PACES_KEPT {
            // The first and the newest stay.
            let newest = self.pace.len() - 1;
            let mut index = 0_usize;
            self.pace.retain(|_| {
                let kept = index & 1 == 0 || index == newest;
                index += 1;
                kept
            });
        }
    }

    /// A row that had passed was refused after all; why is told later.
    pub(super) fn refused_late(&mut self) {
        self.rows_rejected += 1;
        self.rows_valid = self.rows_valid.saturating_sub(1);
    }

    /// Keeps the first refusals.
    pub(super) fn note(&mut self, faults: Vec<RowFault>) {
        let room = FAULTS_KEPT.saturating_sub(self.errors.len());
        self.errors.extend(faults.into_iter().take(room));
    }
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imports").field("folder", &self.folder()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_course_keeps_its_shape_in_few_moments() {
        let ask = ImportAsk {
            collection: String::from("rates"),
            format: Format::Csv,
            path: PathBuf::new(),
            file_name: String::from("rates.csv"),
            hash: String::new(),
            bytes: 0,
            mapping: IndexMap::new(),
            delimiter: b',',
            null_text: None,
            dry_run: false,
            mode: Mode::Valid,
            again: false,
        };
        let mut job = Job::new(String::from("one"), &ask, None, String::new());
        job.writing(Some(3), 1_000);
        for step in 1..=1_000 {
            job.written(1, 0, 1_000 + step * 10);
        }
        assert!(job.pace.len() <= PACES_KEPT, "{}", job.pace.len());
        assert_eq!((job.pace[0].ms, job.pace.last().map(|pace| pace.ms)), (0, Some(10_000)));
        assert!(job.pace.is_sorted_by_key(|pace| pace.ms));
        assert_eq!((job.rows_written, job.pace.last().map(|pace| pace.rows)), (1_000, Some(1_000)));
    }
}
