//! Text: case folding, LIKE, regular expressions, search.

use super::PURE;
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("bx_fold", 1, PURE, |context| {
        Ok(text(context, 0).map(|text| fold(&text)))
    })
}

/// An argument as text; numbers as SQLite would print them. NULL and bytes are `None`.
pub(super) fn text(context: &Context<'_>, at: usize) -> Option<String> {
    match context.get_raw(at) {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// Lower case sign by sign, as `lower()` of Postgres does it: never more signs than before.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(|sign| sign.to_lowercase().next().unwrap_or(sign)).collect()
}
