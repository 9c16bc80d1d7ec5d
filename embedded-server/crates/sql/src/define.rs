//! The catalog's changes as statements of a dialect.

use crate::Statement;

/// Statements that bring a store's tables from one catalog to the next, in order, for one
/// transaction.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// In order. None of them returns rows.
    pub statements: Vec<Statement>,
    /// SQLite only: tables are rebuilt or dropped, so foreign keys must be switched off before
    /// the transaction begins (the switch does nothing inside one) and be checked with
    /// `PRAGMA foreign_key_check` before it commits.
    pub rebuilds: bool,
    /// SQLite only: tables that are rebuilt. Triggers and foreign indexes on them end with the
    /// old table, so whoever runs this reads their text from `sqlite_schema` first and runs it
    /// again at the end.
    pub rebuilt: Vec<String>,
}
