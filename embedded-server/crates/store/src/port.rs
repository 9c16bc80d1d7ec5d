//! The port: everything the floors above may ask of a database.

use crate::trial::{Trial, TrialOutcome};
use crate::{Table, postgres, sqlite};
use base::{Error, Limits, Result, Value};
use sql::{Compiled, Dialect, Program, Statement};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Most rows that [`Store::rows`] answers; internal reads beyond it should page or stream.
pub(crate) const INTERNAL_ROWS_MAX: usize = 100_000;

/// Size at which a chunk of a stream is handed on, in bytes: large enough that the hop between
/// threads does not count, small enough that a handful in flight are nothing.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks of a stream in flight before its reader waits.
pub(crate) const CHUNKS_MAX: usize = 4;

/// An open database. Cheap to clone: clones share connections.
#[derive(Clone, Debug)]
pub enum Store {
    /// A file of SQLite.
    Sqlite(sqlite::Pool),
    /// A database of PostgreSQL.
    Postgres(postgres::Pool),
}

/// Notices what other processes commit to the same database, without a statement that
/// [`Counters`] would count.
pub enum Outside {
    /// Asks the file now and then.
    Sqlite(sqlite::Outside),
    /// Is told by the server.
    Postgres(Box<postgres::Outside>),
}

impl Outside {
    /// Waits until another process has committed something worth a look, or may have.
    pub async fn changed(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(outside) => outside.changed().await,
            Self::Postgres(outside) => outside.changed().await,
        }
    }
}

/// When a commit counts as safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit is on the disk before it is answered: an acknowledged write outlives a power
    /// loss.
    #[default]
    Full,
    /// Commits reach the disk with the next checkpoint: a power loss may take the last ones, never
    /// the file.
    Normal,
}

/// How a SQLite file is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The file; made when absent, in a directory that exists.
    pub path: PathBuf,
    /// When a commit counts as safe.
    pub synchronous: Synchronous,
    /// Connections for reading, each with its thread; at least one.
    pub readers: usize,
    /// Bounds of queues and statements.
    pub limits: Limits,
}

/// How a PostgreSQL database is reached.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// Connections at most; at least one.
    pub connections: u32,
    /// Schema that holds the tables, made when absent; the server's default when `None`.
    pub schema: Option<String>,
    /// Bounds of statements.
    pub limits: Limits,
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL holds a password; a log must not.
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// One page of rows as JSON bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRows {
    /// The objects joined by `,`, without brackets.
    pub json: Vec<u8>,
    /// How many there are.
    pub rows: u64,
    /// Rows in the whole result, when the plan asked for it.
    pub total: Option<u64>,
    /// Whether rows follow this page; known when the plan probes or counts, else `false`.
    pub more: bool,
    /// The cursor columns of the last row, when the plan names them and more may follow.
    pub cursor: Option<Vec<Value>>,
}

/// What the steps of a program did, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One for each step.
    pub steps: Vec<StepOutcome>,
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepOutcome {
    /// Rows returned, or changed if the statement returns none.
    pub rows: u64,
    /// First column of the first row returned.
    pub kept: Option<Value>,
}

/// Changes to tables that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// In order.
    pub statements: Vec<Statement>,
    /// Whether tables are rebuilt, so that SQLite must not follow foreign keys meanwhile; they are
    /// checked before the commit instead.
    pub rebuilds: bool,
}

/// A change of tables that was tried and left nothing.
#[derive(Debug, Default)]
pub struct Rehearsed {
    /// What each statement took, as far as they came.
    pub ran: Vec<Ran>,
    /// Why the one behind those failed.
    pub fault: Option<Error>,
    /// The clone it was tried on; none where it was a transaction that was taken back.
    pub clone: Option<Cloned>,
}

/// What one statement of a rehearsal took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Time.
    pub took: Duration,
    /// Locks that it was the first to take.
    pub locks: Vec<Lock>,
}

/// A lock on a table, in the words of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The table.
    pub table: String,
    /// For example `AccessExclusiveLock`.
    pub mode: String,
}

/// A clone that a change was tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cloned {
    /// What making it took.
    pub took: Duration,
    /// Its size.
    pub bytes: u64,
}

/// What a store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Statements sent to the database, those of transactions (`BEGIN`, `COMMIT`) left out.
    pub statements: u64,
    /// Pages read.
    pub reads: u64,
    /// Pages and internal reads answered on the caller's own thread.
    pub inline_reads: u64,
    /// Pages answered from what a connection keeps while nothing is committed.
    pub kept_reads: u64,
    /// Pages read by the shortcut of their plan.
    pub shortcuts: u64,
    /// Programs asked for.
    pub programs: u64,
    /// Programs that failed.
    pub refused: u64,
    /// Transactions committed with changes; with SQLite's `Full` each is one `fsync`.
    pub commits: u64,
    /// Programs run again after a serialization fault or a deadlock.
    pub retries: u64,
    /// Streams begun.
    pub streams: u64,
}

/// The counters while they count.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) statements: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) inline_reads: AtomicU64,
    pub(crate) kept_reads: AtomicU64,
    pub(crate) shortcuts: AtomicU64,
    pub(crate) programs: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) streams: AtomicU64,
}

impl Tally {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            statements: read(&self.statements),
            reads: read(&self.reads),
            inline_reads: read(&self.inline_reads),
            kept_reads: read(&self.kept_reads),
            shortcuts: read(&self.shortcuts),
            programs: read(&self.programs),
            refused: read(&self.refused),
            commits: read(&self.commits),
            retries: read(&self.retries),
            streams: read(&self.streams),
        }
    }
}

impl Store {
    /// Opens (or makes) a SQLite file.
    pub async fn open_sqlite(options: SqliteOptions) -> Result<Self> {
        sqlite::Pool::open(options).await.map(Self::Sqlite)
    }

    /// Connects to a PostgreSQL database; fails when it cannot be reached now.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Self> {
        postgres::Pool::open(options).await.map(Self::Postgres)
    }

    /// Which SQL this store speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Reads one page; the total, if asked for and not told by the page, in the same snapshot.
    /// Dropping the future ends the statement.
    pub async fn read(&self, compiled: &Compiled) -> Result<PageRows> {
        match self {
            Self::Sqlite(pool) => pool.read(compiled).await,
            Self::Postgres(pool) => pool.read(compiled).await,
        }
    }

    /// Reads rows as plain values, for the house's own small reads: at most 100,000 rows.
    pub async fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        match self {
            Self::Sqlite(pool) => pool.rows(statement).await,
            Self::Postgres(pool) => pool.rows(statement).await,
        }
    }

    /// Reads without a bound on rows, for exports: chunks of JSON objects joined by `\n` (none at
    /// a chunk's end). The reader waits when nobody takes them, and gives up when nobody does for
    /// the time of one statement. Dropping the receiver ends the statement.
    pub async fn stream(&self, compiled: &Compiled) -> Result<mpsc::Receiver<Result<Vec<u8>>>> {
        match self {
            Self::Sqlite(pool) => pool.stream(compiled).await,
            Self::Postgres(pool) => pool.stream(compiled).await,
        }
    }

    /// Runs a program: all of it is committed when this returns, or nothing of it.
    pub async fn write(&self, program: Program) -> Result<Outcome> {
        match self {
            Self::Sqlite(pool) => pool.write(program).await,
            Self::Postgres(pool) => pool.write(program).await,
        }
    }

    /// Makes the functions that the house's statements call, where the database keeps such things:
    /// before the first of its tables is made, and whenever it is opened by another version.
    pub async fn equip(&self) -> Result<()> {
        match self {
            // Every connection brings its own.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(pool) => pool.equip().await,
        }
    }

    /// Changes tables, in one transaction.
    pub async fn define(&self, definition: Definition) -> Result<()> {
        match self {
            Self::Sqlite(pool) => pool.define(definition).await,
            Self::Postgres(pool) => pool.define(definition).await,
        }
    }

    /// Tries a change of tables on the data as they are, and leaves nothing of it: on a clone of the
    /// file within `limit`, one after the other, or in a transaction that is taken back, waits two
    /// seconds for its locks at most and runs no statement for longer than any other may.
    pub async fn rehearse(&self, definition: Definition, limit: Duration) -> Result<Rehearsed> {
        match self {
            Self::Sqlite(pool) => pool.rehearse(definition, limit).await,
            Self::Postgres(pool) => pool.rehearse(&definition).await,
        }
    }

    /// Notices, from now on, what other processes commit.
    pub async fn outside(&self) -> Result<Outside> {
        match self {
            Self::Sqlite(pool) => pool.outside().await.map(Outside::Sqlite),
            Self::Postgres(pool) => Ok(Outside::Postgres(Box::new(pool.outside().await))),
        }
    }

    /// What a transaction must run so that other processes look at what it commits; nothing where
    /// they see it by themselves.
    #[must_use]
    pub fn telling(&self) -> Option<Statement> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(pool) => Some(pool.telling()),
        }
    }

    /// Bytes on the disk.
    pub async fn size_bytes(&self) -> Result<u64> {
        match self {
            Self::Sqlite(pool) => pool.size_bytes().await,
            Self::Postgres(pool) => pool.size_bytes().await,
        }
    }

    /// Name and version of the database, for example `SQLite 3.51.0`.
    pub async fn version(&self) -> Result<String> {
        match self {
            Self::Sqlite(pool) => pool.version().await,
            Self::Postgres(pool) => pool.version().await,
        }
    }

    /// About how many rows a table holds, without counting them; `None` when the store does not
    /// know.
    pub async fn estimate(&self, table: &str) -> Result<Option<u64>> {
        match self {
            Self::Sqlite(pool) => pool.estimate(table).await,
            Self::Postgres(pool) => pool.estimate(table).await,
        }
    }

    /// Tries an index where nobody sees it: on SQLite on a copy of the file, on Postgres on a copy
    /// of the table in a transaction that is rolled back.
    pub async fn trial(&self, trial: Trial) -> Result<TrialOutcome> {
        match self {
            Self::Sqlite(pool) => pool.trial(trial).await,
            Self::Postgres(pool) => pool.trial(&trial).await,
        }
    }

    /// Every table and view of the database as it was made, whoever made it, by name.
    pub async fn tables(&self) -> Result<Vec<Table>> {
        match self {
            Self::Sqlite(pool) => pool.tables().await,
            Self::Postgres(pool) => pool.tables().await,
        }
    }

    /// Finishes what was begun and closes every connection. Later calls are refused.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// What this store has done since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        match self {
            Self::Sqlite(pool) => pool.counters(),
            Self::Postgres(pool) => pool.counters(),
        }
    }
}
