//! Opening connections: the settings every one of them carries.

use super::kept::Kept;
use super::watch::Watch;
use super::{fault, functions};
use crate::port::{SqliteOptions, Synchronous};
use base::{Code, Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::path::Path;

/// How this version lays out its files, kept in `user_version`. A file with a larger number was
/// written by a newer version.
const FORMAT: i64 = 1;

/// Prepared statements kept per connection; texts are few, one for each collection and shape.
const STATEMENTS_KEPT: usize = 256;

/// A connection, the watch over it, and what it keeps of its answers.
pub(super) struct Connected {
    pub(super) connection: Connection,
    pub(super) watch: Watch,
    pub(super) kept: RefCell<Kept>,
}

impl Connected {
    /// Ends what a read has left: its bounds, and its snapshot if it held one.
    pub(super) fn rest(&self) {
        // The bounds first: a watch that has run out would end the rollback too, and with it
        // every read that this connection should still answer.
        self.watch.release();
        if !self.connection.is_autocommit()
            && let Err(cause) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%cause, "a reading connection keeps its snapshot");
        }
    }
}

/// The connection that writes. Makes the file when it is absent.
pub(super) fn writing(options: &SqliteOptions) -> Result<Connected> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    owned(&options.path);
    let connected = open(&options.path, flags)?;
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    // A journal of 4,000 pages is some 16 MB: large enough that checkpoints are rare, small enough
    // that reading through it stays cheap. It maps less of the file than readers do: an import of a
    // gigabyte goes through all of it, and every mapped page counts as memory of the process.
    let settings = format!(
        "PRAGMA mmap_size = 67108864; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
         PRAGMA analysis_limit = 400;"
    );
    let connection = &connected.connection;
    let opened = (|| {
        // The number of a file that another program made is that program's.
        let ours = found(connection)?.is_ours();
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if ours && format > FORMAT {
            return Ok(Some(format));
        }
        connection.execute_batch(&settings)?;
        if ours && format < FORMAT {
            connection.execute_batch(&format!("PRAGMA user_version = {FORMAT};"))?;
        }
        Ok(None)
    })();
    match opened {
        Ok(None) => Ok(connected),
        Ok(Some(found)) => Err(Error::new(
            Code::DataNewer,
            format!(
                "the database file has format {found}; this version knows formats up to {FORMAT}"
            ),
        )
        .at(options.path.display().to_string())
        .hint("open it with the newer version that wrote it, or restore a backup made before")),
        Err(cause) => Err(fault::opening(&options.path, cause)),
    }
}

/// Makes a file that is not there yet, for its owner alone. SQLite would make it for everybody whom
/// the mask of the program lets in; to its journals it gives the mode of the file.
pub(super) fn owned(path: &Path) {
    match base::owners_file().create_new(true).open(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::AlreadyExists => {
            // Opening it, SQLite meets the same and says what it is.
            tracing::debug!(%cause, "the database file was not made");
        }
        Ok(_) | Err(_) => {}
    }
}

/// A connection whose file is copied; it writes into the copy only.
pub(super) fn copying(path: &Path) -> Result<Connected> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// What a file holds before it is opened as a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Tables of somebody else, by name.
    pub tables: Vec<String>,
    /// A project of Plinth stands in it.
    pub project: bool,
    /// That project was made beside tables that stood already.
    beside: bool,
}

impl Found {
    /// Whether the file is Plinth's own: nobody else's number and rules stand in it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        if self.project { !self.beside } else { self.tables.is_empty() }
    }
}

/// The key in `_meta` which tells that other tables were there first.
const BESIDE: &str = "beside_existing";

/// Looks into a file without changing it. One that is not there holds nothing.
pub fn look(path: &Path) -> Result<Found> {
    if !path.exists() {
        return Ok(Found::default());
    }
    // Not for reading only: a journal that a crash left behind is taken in first.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let looked = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        found(&connection)
    });
    looked.map_err(|cause| fault::opening(path, cause))
}

fn found(connection: &Connection) -> rusqlite::Result<Found> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<Vec<_>>>()?;
    let there = |name: &str| names.iter().any(|known| known == name);
    let project = there("_meta") && there("baasix_SchemaDefinition");
    let beside = project
        && connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM \"_meta\" WHERE \"key\" = ?1)",
            [BESIDE],
            |row| row.get(0),
        )?;
    Ok(Found { tables: if project { Vec::new() } else { names }, project, beside })
}

/// A connection that can only read.
pub(super) fn reading(path: &Path) -> Result<Connected> {
    // Opened for writing all the same: only so may it make the journal's shared index when it is
    // the first. `query_only` refuses every change.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connected = open(path, flags)?;
    connected
        .connection
        .execute_batch("PRAGMA query_only = ON;")
        .map_err(|cause| fault::opening(path, cause))?;
    Ok(connected)
}

/// A copy that is thrown away: read and written as the real one, but for what makes commits safe.
pub(super) fn trial(path: &Path) -> Result<Connected> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connected = open(path, flags)?;
    connected
        .connection
        .execute_batch(
            "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;",
        )
        .map_err(|cause| fault::opening(path, cause))?;
    Ok(connected)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connected> {
    let prepare = || {
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        // Else a statement is prepared anew for every value that is bound to it, once the planner
        // has statistics by which the value could matter.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // Another process (a backup, a shell) may hold the file for a moment.
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(
            "PRAGMA mmap_size = 268435456; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = ON; PRAGMA cell_size_check = ON;",
        )?;
        let watch = Watch::over(&mut connection)?;
        functions::register(&connection, &watch)?;
        Ok(Connected { connection, watch, kept: RefCell::default() })
    };
    prepare().map_err(|cause| fault::opening(path, cause))
}

#[cfg(test)]
mod tests {
    use super::writing;
    use crate::port::{SqliteOptions, Synchronous};
    use base::Limits;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_stays_prepared_whatever_is_bound_to_it() {
        let name = format!("prepared-{}.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        let options = SqliteOptions {
            path: path.clone(),
            synchronous: Synchronous::Normal,
            readers: 1,
            limits: Limits::default(),
        };
        let connection = writing(&options).unwrap().connection;
        // Statistics by which the planner would like to know the value.
        let made = "CREATE TABLE t (a INTEGER, b INTEGER); CREATE INDEX t_a ON t (a);
            INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            SELECT CASE WHEN i < 400 THEN 1 ELSE i END, i FROM n; ANALYZE;";
        connection.execute_batch(made).unwrap();
        let mut statement = connection.prepare("SELECT count(*) FROM t WHERE a = ?1").unwrap();
        for (value, count) in [(1, 399), (450, 1), (2, 0), (1, 399)] {
            let found: i64 = statement.query_row([value], |row| row.get(0)).unwrap();
            assert_eq!(found, count);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        drop(statement);
        drop(connection);
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{end}", path.display())));
        }
    }
}
