//! What SQL means on Postgres and SQLite lacks, as functions on every connection.

mod text;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Pure functions: the planner may call them once for constant arguments, indexes may hold them.
const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers every function, aggregate and collation of ours.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    text::register(connection)
}
