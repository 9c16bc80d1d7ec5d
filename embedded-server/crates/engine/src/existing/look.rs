//! What values a table of SQLite holds. Its columns declare a type and keep whatever they are
//! given, so a field is typed by what stands there: a filter must not lie.

use crate::schema::values::quoted;
use base::{Code, Result, Value};
use sql::Statement;
use std::sync::Arc;
use store::{Store, TableColumn};

/// Columns that are looked at in one statement: SQLite answers 2,000 columns at most.
const COLUMNS_AT_ONCE: usize = 100;

/// What a declared type promises about its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    Boolean,
    Json,
    Instant,
    Date,
    Integer,
    Text(Option<u32>),
    Bytes,
    Number,
    Nothing,
}

/// How many values of each kind a column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) values: u64,
    pub(super) integers: u64,
    pub(super) reals: u64,
    pub(super) texts: u64,
    /// Those that are as the declared type promises.
    pub(super) kept: u64,
}

/// What was seen of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Looked {
    pub(super) rows: u64,
    /// One for each column, in their order.
    pub(super) columns: Vec<Seen>,
}

/// What the declared type of a column promises: by the words in it, as SQLite reads them, and by
/// those that people write for what SQLite has no type for.
pub(super) fn promise(column: &TableColumn) -> Promise {
    let declared = column.base.as_str();
    let has = |word: &str| declared.contains(word);
    if declared.is_empty() {
        Promise::Nothing
    } else if has("bool") {
        Promise::Boolean
    } else if has("json") {
        Promise::Json
    } else if has("datetime") || has("timestamp") {
        Promise::Instant
    } else if has("date") {
        Promise::Date
    } else if has("int") {
        Promise::Integer
    } else if has("char") || has("clob") || has("text") || has("uuid") || has("guid") {
        let length = column.sizes.first().copied().filter(|length| *length > 0 && has("char"));
        Promise::Text(length)
    } else if has("uniqueidentifier") || has("time") {
        Promise::Text(None)
    } else if has("blob") || has("binary") {
        Promise::Bytes
    } else {
        Promise::Number
    }
}

/// The condition of a value that keeps the promise. Moments are in the one form that is compared
/// and sorted as text.
fn kept(promise: Promise, c: &str) -> String {
    match promise {
        Promise::Boolean => format!("typeof({c}) = 'integer' AND {c} IN (0, 1)"),
        Promise::Json => format!("typeof({c}) = 'text' AND json_valid({c})"),
        Promise::Instant => {
            format!("typeof({c}) = 'text' AND strftime('%Y-%m-%dT%H:%M:%fZ', {c}) = {c}")
        }
        Promise::Date => format!("typeof({c}) = 'text' AND date({c}) = {c}"),
        Promise::Integer => format!("typeof({c}) = 'integer'"),
        Promise::Text(Some(length)) => format!("typeof({c}) = 'text' AND length({c}) <= {length}"),
        Promise::Text(None) => format!("typeof({c}) = 'text'"),
        Promise::Bytes => format!("typeof({c}) = 'blob'"),
        Promise::Number => format!("typeof({c}) IN ('integer', 'real')"),
        Promise::Nothing => String::from("FALSE"),
    }
}

/// Looks at every value; `None` when that takes longer than one statement may.
pub(super) async fn look(
    store: &Store,
    table: &str,
    columns: &[TableColumn],
) -> Result<Option<Looked>> {
    let mut looked = Looked::default();
    for chunk in columns.chunks(COLUMNS_AT_ONCE) {
        let mut list = vec![String::from("count(*)")];
        for column in chunk {
            let c = quoted(&column.name);
            let of = |test: &str| format!("count(*) FILTER (WHERE {test})");
            list.push(format!("count({c})"));
            for kind in ["integer", "real", "text"] {
                list.push(of(&format!("typeof({c}) = '{kind}'")));
            }
            list.push(of(&kept(promise(column), &c)));
        }
        let text = format!("SELECT {} FROM {}", list.join(", "), quoted(table));
        let rows = store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await;
        let rows = match rows {
            Err(error) if error.code() == Code::Timeout => return Ok(None),
            rows => rows?,
        };
        let numbers: Vec<u64> = rows
            .first()
            .into_iter()
            .flatten()
            .map(|value| value.as_int().and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
            .collect();
        looked.rows = numbers.first().copied().unwrap_or(0);
        looked.columns.extend(numbers.get(1..).unwrap_or_default().chunks(5).map(|seen| {
            let at = |place: usize| seen.get(place).copied().unwrap_or(0);
            Seen { values: at(0), integers: at(1), reals: at(2), texts: at(3), kept: at(4) }
        }));
    }
    Ok(Some(looked))
}

/// The rows of a table, as far as they are worth counting.
pub(super) async fn rows(store: &Store, table: &str) -> Result<Option<u64>> {
    match crate::schema::values::count(store, table, "FALSE").await {
        Ok(counted) => Ok(Some(counted.total)),
        // The table may be out of this user's reach, or count longer than a statement may.
        Err(error) if matches!(error.code(), Code::Timeout | Code::Unavailable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a value stands in no row of the key's column.
pub(super) async fn has_null(store: &Store, table: &str, column: &str) -> Result<bool> {
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} IS NULL LIMIT 1) a",
        quoted(table),
        quoted(column)
    );
    let rows = store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int) == Some(1))
}
