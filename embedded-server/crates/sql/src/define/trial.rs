//! What trying an index takes: a copy of one table, the index on it, and a write repeated before
//! and after.

use super::index::{declared, is_plain};
use crate::writer::quoted;
use crate::{Dialect, Statement};
use catalog::Collection;
use std::sync::Arc;

/// Where Postgres keeps the copy until its transaction is rolled back; it is never committed, so
/// that nobody else ever sees it.
const PLACE: &str = "_plinth_trial";

/// The records that are taken out and put back, to learn what a write costs.
const ASIDE: &str = "_plinth_trial_rows";

/// An index tried on a copy of one table. Which database is copied, and how, is the store's.
#[derive(Clone, Debug)]
pub struct IndexTrial {
    /// The table.
    pub table: String,
    /// Makes a copy of the table and lets its name mean the copy. Empty where the whole database
    /// is copied instead.
    pub copy: Vec<Statement>,
    /// Makes the index.
    pub index: Statement,
    /// What it is called.
    pub name: String,
    /// Takes some records aside.
    pub aside: Statement,
    /// Removes them from the table.
    pub remove: Statement,
    /// Puts them back: what writing them costs.
    pub put_back: Statement,
}

/// Trying the index of this name, which `collection` declares, with `rows` records written.
#[must_use]
pub fn index_trial(
    collection: &Collection,
    index: &str,
    rows: u32,
    dialect: Dialect,
) -> Option<IndexTrial> {
    // Also where the others were made by somebody else.
    let index = collection.indexes.iter().find(|one| one.name == index)?;
    // An index of places or of words, which is a table of several statements, is not tried.
    let made = is_plain(collection, index).then(|| declared(collection, index, dialect))?;
    let table = quoted(&collection.name);
    let written: Vec<String> = collection
        .fields
        .values()
        .filter(|field| !field.read_only && field.computed.is_none())
        .map(|field| quoted(&field.name))
        .collect();
    let columns = written.join(", ");
    let key = quoted(&collection.primary_key);
    // A database that was opened with tables of its own may number its rows itself.
    let given = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " OVERRIDING SYSTEM VALUE",
    };
    let copy = match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => vec![
            format!("CREATE SCHEMA {PLACE}"),
            format!("CREATE UNLOGGED TABLE {PLACE}.{table} (LIKE {table} INCLUDING ALL)"),
            format!("INSERT INTO {PLACE}.{table} ({columns}){given} SELECT {columns} FROM {table}"),
            format!(
                "SELECT set_config('search_path', '{PLACE}, ' || current_setting('search_path'), true)"
            ),
            format!("ANALYZE {PLACE}.{table}"),
        ],
    };
    Some(IndexTrial {
        table: collection.name.clone(),
        copy: copy.into_iter().map(plain).collect(),
        index: plain(made.into_iter().next()?),
        name: index.name.clone(),
        aside: plain(format!(
            "CREATE TEMP TABLE {ASIDE} AS SELECT {columns} FROM {table} LIMIT {rows}"
        )),
        remove: plain(format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {ASIDE})")),
        put_back: plain(format!(
            "INSERT INTO {table} ({columns}){given} SELECT {columns} FROM {ASIDE}"
        )),
    })
}

fn plain(text: String) -> Statement {
    Statement { text: Arc::from(text), binds: Vec::new() }
}
