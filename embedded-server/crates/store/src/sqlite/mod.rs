//! SQLite: one file, one writing thread, a few reading ones.

mod clone;
mod connect;
mod existing;
mod fault;
mod fold;
mod functions;
mod kept;
mod outside;
mod own;
mod readers;
mod run;
mod scrap;
mod sift;
mod trial;
mod watch;
mod writer;

use crate::Counters;
use crate::port::{Definition, Outcome, PageRows, Rehearsed, SqliteOptions, Tally};
use crate::trial::{Trial, TrialOutcome};

use base::{Code, Error, Result, Value};
pub use connect::{Found, look};
pub use outside::Outside;
use readers::Readers;
use sql::{Compiled, Program, Statement};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use writer::Writer;

/// Row numbers looked up to learn how densely a table is filled.
const PROBES: i128 = 32;

/// An open SQLite file.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Open>);

struct Open {
    path: PathBuf,
    options: SqliteOptions,
    writer: Writer,
    readers: Readers,
    tally: Arc<Tally>,
    /// One rehearsal at a time: they clone the file to the same place.
    rehearsing: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) async fn open(options: SqliteOptions) -> Result<Self> {
        let opened = tokio::task::spawn_blocking(move || {
            let tally = Arc::new(Tally::default());
            // The writer first: it makes the file and its journal, which readers expect.
            let writer = Writer::start(&options, Arc::clone(&tally))?;
            let readers = Readers::start(&options, Arc::clone(&tally))?;
            let path = options.path.clone();
            let rehearsing = Arc::default();
            Ok(Self(Arc::new(Open { path, options, writer, readers, tally, rehearsing })))
        });
        opened.await.map_err(|fault| Error::internal("opening the database").caused_by(fault))?
    }

    pub(crate) async fn read(&self, compiled: &Compiled) -> Result<PageRows> {
        Tally::add(&self.0.tally.reads);
        self.0.readers.read(compiled).await
    }

    pub(crate) async fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        self.0.readers.rows(statement).await
    }

    pub(crate) async fn stream(
        &self,
        compiled: &Compiled,
    ) -> Result<mpsc::Receiver<Result<Vec<u8>>>> {
        Tally::add(&self.0.tally.streams);
        self.0.readers.stream(compiled)
    }

    pub(crate) async fn write(&self, program: Program) -> Result<Outcome> {
        Tally::add(&self.0.tally.programs);
        let outcome = self.0.writer.write(program).await;
        if outcome.is_err() {
            Tally::add(&self.0.tally.refused);
        }
        outcome
    }

    pub(crate) async fn define(&self, definition: Definition) -> Result<()> {
        self.0.writer.define(definition).await
    }

    /// Tries a change on a clone of the file. Dropping the future ends it.
    pub(crate) async fn rehearse(
        &self,
        definition: Definition,
        limit: Duration,
    ) -> Result<Rehearsed> {
        let turn = Arc::clone(&self.0.rehearsing).lock_owned();
        let turn = tokio::time::timeout(limit, turn).await.map_err(|_| {
            Error::new(Code::Unavailable, "another rehearsal is under way")
                .hint("ask again when it has ended")
        })?;
        let options = self.0.options.clone();
        let gone = Arc::new(AtomicBool::new(false));
        let _leaves = Leaves(Arc::clone(&gone));
        let tried = tokio::task::spawn_blocking(move || {
            // The clone is gone before the next one is made, whoever waits for it.
            let _turn = turn;
            clone::rehearse(&options, &definition, &clone::Clock::new(limit, gone))
        });
        tried.await.map_err(|fault| Error::internal("rehearsing a change").caused_by(fault))?
    }

    /// Grows with every commit that is not this pool's own.
    async fn version_of_others(&self) -> Result<i64> {
        self.0.writer.version_of_others().await
    }

    pub(crate) async fn outside(&self) -> Result<Outside> {
        Outside::begin(self.clone()).await
    }

    pub(crate) async fn size_bytes(&self) -> Result<u64> {
        let mut journal = self.0.path.clone().into_os_string();
        journal.push("-wal");
        let file = tokio::fs::metadata(&self.0.path).await.map_err(|fault| {
            Error::new(Code::Unavailable, "the database file cannot be read").caused_by(fault)
        })?;
        // Without a journal nothing was written since the last checkpoint.
        let journal =
            tokio::fs::metadata(PathBuf::from(journal)).await.map_or(0, |file| file.len());
        Ok(file.len() + journal)
    }

    pub(crate) async fn version(&self) -> Result<String> {
        Ok(format!("SQLite {}", rusqlite::version()))
    }

    /// The span of row numbers, thinned by how many of a few evenly spread ones exist. Numbers
    /// that people chose themselves may lie far apart: then nothing is claimed.
    pub(crate) async fn estimate(&self, table: &str) -> Result<Option<u64>> {
        let name = table.replace('"', "\"\"");
        let ends = self.asked(format!(
            "SELECT (SELECT min(_rowid_) FROM \"{name}\"), (SELECT max(_rowid_) FROM \"{name}\")"
        ));
        let ends = match ends.await {
            Ok(ends) => ends,
            // Nothing tells how many rows a table without row numbers has.
            Err(_) if self.is_rowless(table).await? => return Ok(None),
            Err(error) => return Err(error),
        };
        let (Some(first), Some(last)) = (ends[0], ends[1]) else { return Ok(Some(0)) };
        let span = i128::from(last) - i128::from(first) + 1;
        let probes: Vec<String> = (0..PROBES)
            .map(|probe| (i128::from(first) + span * probe / PROBES).to_string())
            .collect();
        let hits = self.asked(format!(
            "SELECT count(*), NULL FROM \"{name}\" WHERE _rowid_ IN ({})",
            probes.join(", ")
        ));
        let hits = i128::from(hits.await?[0].unwrap_or(0));
        // A short span is probed in the same place more than once.
        let probed = span.min(PROBES);
        if hits * 2 < probed {
            return Ok(None);
        }
        Ok(u64::try_from(span * hits / probed).ok())
    }

    /// Tries an index on a copy of the file, on a thread of its own. Dropping the future ends it.
    pub(crate) async fn trial(&self, trial: Trial) -> Result<TrialOutcome> {
        let bytes = self.size_bytes().await?;
        let path = self.0.path.clone();
        let gone = Arc::new(AtomicBool::new(false));
        let _leaves = Leaves(Arc::clone(&gone));
        let (answer, answered) = oneshot::channel();
        std::thread::Builder::new()
            .name(String::from("sqlite-trial"))
            // The caller may have gone; then nobody wants the answer.
            .spawn(move || drop(answer.send(trial::conduct(&path, bytes, &trial, &gone))))
            .map_err(|fault| Error::internal("starting a trial").caused_by(fault))?;
        answered.await.map_err(|_| Error::internal("a trial panicked"))?
    }

    async fn is_rowless(&self, table: &str) -> Result<bool> {
        let name = table.replace('\'', "''");
        let text = format!(
            "SELECT wr, NULL FROM pragma_table_list WHERE schema = 'main' AND name = '{name}'"
        );
        Ok(self.asked(text).await?[0] == Some(1))
    }

    /// Two integers of one row.
    async fn asked(&self, text: String) -> Result<[Option<i64>; 2]> {
        let statement = Statement { text: text.into(), binds: Vec::new() };
        let rows = self.0.readers.rows(&statement).await?;
        let column = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Value::as_int);
        Ok([column(0), column(1)])
    }

    pub(crate) async fn close(&self) {
        // Readers first: the last checkpoint needs the file for itself.
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    pub(crate) fn counters(&self) -> Counters {
        self.0.tally.counters()
    }
}

/// Tells work on another thread that its caller has gone.
struct Leaves(Arc<AtomicBool>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
