//! What SQL means on Postgres and SQLite lacks, as functions on every connection.

mod date;
mod decimal;
mod exact;
mod geometry;
mod json;
mod jsonpath;
mod moment;
mod real;
mod text;
mod words;

pub(super) use decimal::{Running, compare as compare_decimals};
pub(super) use real::Reals;

use super::watch::Watch;
use crate::row::write_real;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result, ffi};
use std::sync::Arc;

/// Pure functions: the planner may call them once for constant arguments, indexes and generated
/// columns may hold them.
const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Functions that answer anew each time.
const FRESH: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers every function, aggregate and collation of ours. The watch ends those whose work has
/// no bound of its own.
pub(super) fn register(connection: &Connection, watch: &Watch) -> Result<()> {
    text::register(connection)?;
    words::register(connection)?;
    decimal::register(connection)?;
    exact::register(connection)?;
    real::register(connection)?;
    json::register(connection)?;
    jsonpath::register(connection)?;
    date::register(connection)?;
    moment::register(connection)?;
    geometry::register(connection, watch)?;
    connection
        .create_scalar_function("bx_uuid4", 0, FRESH, |_| base::uuid_v4().map_err(foreign))?;
    connection
        .create_scalar_function("bx_suid", 0, FRESH, |_| base::short_id().map_err(foreign))?;
    connection.create_scalar_function("bx_base64", 1, PURE, |context| {
        use base64::Engine as _;
        Ok(match context.get_raw(0) {
            ValueRef::Null => None,
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => {
                Some(base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            ValueRef::Integer(_) | ValueRef::Real(_) => text_of(context, 0)
                .map(|text| base64::engine::general_purpose::STANDARD.encode(text)),
        })
    })?;
    // The nearest number, as every reader of ours finds it; SQLite's own reading may be off by the
    // last bit.
    connection.create_scalar_function("bx_double", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| text.parse::<f64>().ok()).flatten())
    })?;
    connection.create_scalar_function("bx_real", 1, PURE, |context| Ok(text_of(context, 0)))
}

/// An argument as text, numbers as they stand in an answer. NULL and bytes are `None`.
fn text_of(context: &Context<'_>, at: usize) -> Option<String> {
    match context.get_raw(at) {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => {
            let mut digits = Vec::with_capacity(24);
            write_real(&mut digits, number);
            String::from_utf8(digits).ok()
        }
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// Calls `work` with an argument as text, without a copy where it is text already. NULL in, NULL
/// out.
fn with_text<T>(context: &Context<'_>, at: usize, work: impl FnOnce(&str) -> T) -> Option<T> {
    if let ValueRef::Text(text) = context.get_raw(at)
        && let Ok(text) = std::str::from_utf8(text)
    {
        return Some(work(text));
    }
    text_of(context, at).map(|text| work(&text))
}

/// What was made of an argument that is the same for every row, made once for each statement.
fn once<T: Send + Sync + 'static>(
    context: &Context<'_>,
    at: i32,
    make: impl FnOnce(&str) -> std::result::Result<T, BoxedError>,
) -> Result<Arc<T>> {
    context.get_or_create_aux(at, |value| match value {
        ValueRef::Text(text) => make(&String::from_utf8_lossy(text)),
        ValueRef::Integer(number) => make(&number.to_string()),
        ValueRef::Real(number) => make(&number.to_string()),
        ValueRef::Null | ValueRef::Blob(_) => make(""),
    })
}

type BoxedError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A value that a function cannot take; its number makes it a fault of the value, not of ours.
/// What a sum of doubles says that is none any more.
pub(super) const BEYOND_DOUBLES: &str = "a sum exceeds the range of a Double";

/// What a computed double says that is none any more; its field's id stands behind it.
pub(super) const BEYOND_FIELD: &str = "a computed field exceeds the range of a Double: ";

fn unfit(what: impl std::fmt::Display) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_MISMATCH), Some(what.to_string()))
}

fn foreign(error: base::Error) -> Error {
    Error::UserFunctionError(Box::new(error))
}

fn is_null(context: &Context<'_>, at: usize) -> bool {
    matches!(context.get_raw(at), ValueRef::Null)
}

#[cfg(test)]
pub(super) mod asked {
    use super::Watch;
    use rusqlite::Connection;
    use rusqlite::types::Value;

    /// A connection to nothing that knows the functions.
    pub(crate) fn connection() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        let watch = Watch::over(&mut connection).unwrap();
        super::register(&connection, &watch).unwrap();
        connection
    }

    /// The answer of one expression, as SQLite gives it.
    pub(crate) fn asked(expression: &str) -> Value {
        let connection = connection();
        connection.query_row(&format!("SELECT {expression}"), [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn truth(expression: &str) -> Option<bool> {
        match asked(expression) {
            Value::Null => None,
            Value::Integer(number) => Some(number != 0),
            other => panic!("{expression} answered {other:?}"),
        }
    }

    pub(crate) fn text(expression: &str) -> Option<String> {
        match asked(expression) {
            Value::Null => None,
            Value::Text(text) => Some(text),
            other => panic!("{expression} answered {other:?}"),
        }
    }

    #[test]
    fn bytes_numbers_and_ids() {
        assert_eq!(text("bx_base64(x'00ff1001')").as_deref(), Some("AP8QAQ=="));
        assert_eq!(text("bx_base64(NULL)"), None);
        assert_eq!(text("bx_real(1e15)").as_deref(), Some("1e+15"));
        assert_eq!(text("bx_real(2.50)").as_deref(), Some("2.5"));
        assert_eq!(text("bx_real(7)").as_deref(), Some("7"));
        assert_eq!(text("bx_uuid4()").map(|id| id.len()), Some(36));
        assert_eq!(text("bx_suid()").map(|id| id.len()), Some(21));
        assert_eq!(truth("bx_uuid4() = bx_uuid4()"), Some(false));
    }
}
