//! One statement on one connection.

use super::fault;
use crate::fault::too_many_rows;
use crate::port::{INTERNAL_ROWS_MAX, StepOutcome};
use crate::program::{addressed, bound};
use crate::row::{Cell, Row};
use base::{Error, Result, Value};
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sql::Statement;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, Either, Executor as _, PgConnection, Row as _, TypeInfo as _,
    ValueRef as _,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts whose kinds are remembered; beyond it the list starts anew.
const TEXTS_KEPT: usize = 4_096;

/// An error that still knows what the driver said.
pub(super) enum Failure {
    /// Said by the driver, of a step for this operation of the request.
    Driver(sqlx::Error, Option<usize>),
    /// Ours.
    Ours(Error),
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Self {
        Self::Driver(cause, None)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Driver(cause, index) => addressed(fault::of(cause), index),
            Self::Ours(error) => error,
        }
    }

    /// The same, said of a step for this operation.
    pub(super) fn of(self, index: Option<usize>) -> Self {
        match self {
            Self::Driver(cause, _) => Self::Driver(cause, index),
            Self::Ours(error) => Self::Ours(error),
        }
    }

    pub(super) fn driver(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Driver(cause, _) => Some(cause),
            Self::Ours(_) => None,
        }
    }
}

/// Object ids of the types that the compiler's casts leave: they never change between versions.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const BYTEA: u32 = 17;
    pub(super) const NAME: u32 = 19;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const JSON: u32 = 114;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const UNKNOWN: u32 = 705;
    pub(super) const BPCHAR: u32 = 1042;
    pub(super) const VARCHAR: u32 = 1043;
    pub(super) const JSONB: u32 = 3802;
}

impl Row for PgRow {
    fn cell(&self, column: usize) -> Result<Cell<'_>> {
        let value = self.try_get_raw(column).map_err(|cause| {
            Error::internal(format!("a shape names column {column}, which the row has not"))
                .caused_by(cause)
        })?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        let kind = value.type_info().oid().map_or(0, |oid| oid.0);
        let unreadable = || Error::internal(format!("column {column} holds bytes of another type"));
        let name = value.type_info().name().to_owned();
        let bytes = value.as_bytes().map_err(|cause| {
            Error::internal(format!("column {column} cannot be read")).caused_by(cause)
        })?;
        Ok(match kind {
            oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::UNKNOWN | oid::JSON => {
                Cell::Text(bytes)
            }
            // One byte of version before the text.
            oid::JSONB => Cell::Text(bytes.get(1..).ok_or_else(unreadable)?),
            oid::INT8 => Cell::Int(i64::from_be_bytes(bytes.try_into().map_err(|_| unreadable())?)),
            oid::INT4 => {
                let number = i32::from_be_bytes(bytes.try_into().map_err(|_| unreadable())?);
                Cell::Int(i64::from(number))
            }
            oid::INT2 => {
                let number = i16::from_be_bytes(bytes.try_into().map_err(|_| unreadable())?);
                Cell::Int(i64::from(number))
            }
            oid::FLOAT8 => {
                Cell::Real(f64::from_be_bytes(bytes.try_into().map_err(|_| unreadable())?))
            }
            oid::FLOAT4 => {
                let number = f32::from_be_bytes(bytes.try_into().map_err(|_| unreadable())?);
                Cell::Real(f64::from(number))
            }
            oid::BOOL => Cell::Bool(bytes.first().ok_or_else(unreadable)? != &0),
            oid::BYTEA => Cell::Bytes(bytes),
            _ => {
                return Err(Error::internal(format!(
                    "column {column} arrives as `{name}`; its statement must cast it"
                )));
            }
        })
    }
}

/// Which kinds the placeholders of a text were declared with.
///
/// The driver keeps prepared statements by text alone, and declares each placeholder by the value
/// it first saw. A NULL has no kind, so a text first run with one would refuse (or worse, misread)
/// the integer that comes later. Here the kinds of every text are learned, and a text whose kinds
/// are not all text carries them in a comment, so that each set has its own prepared statement.
#[derive(Default)]
pub(super) struct Texts(Mutex<HashMap<Arc<str>, Known>>);

struct Known {
    kinds: Vec<u8>,
    text: Arc<str>,
}

fn kind(value: &Value) -> Option<u8> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(b'b'),
        Value::Int(_) => Some(b'i'),
        Value::Real(_) => Some(b'r'),
        Value::Text(_) => Some(b't'),
        Value::Bytes(_) => Some(b'y'),
    }
}

impl Texts {
    /// The text to send and the kind to declare for each value.
    fn declared(&self, text: &Arc<str>, values: &[&Value]) -> (Arc<str>, Vec<u8>) {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= TEXTS_KEPT && !texts.contains_key(text) {
            texts.clear();
        }
        let known = texts
            .entry(Arc::clone(text))
            .or_insert_with(|| Known { kinds: vec![b't'; values.len()], text: Arc::clone(text) });
        known.kinds.resize(values.len(), b't');
        let mut changed = false;
        for (declared, value) in known.kinds.iter_mut().zip(values) {
            if let Some(kind) = kind(value)
                && kind != *declared
            {
                *declared = kind;
                changed = true;
            }
        }
        if changed {
            known.text = if known.kinds.iter().all(|kind| *kind == b't') {
                Arc::clone(text)
            } else {
                format!("{text} /* {} */", String::from_utf8_lossy(&known.kinds)).into()
            };
        }
        (Arc::clone(&known.text), known.kinds.clone())
    }
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

/// The driver's query with its values bound.
fn query(texts: &Texts, statement: &Statement, done: &[StepOutcome]) -> Result<Query> {
    let values =
        statement.binds.iter().map(|bind| bound(bind, done)).collect::<Result<Vec<_>>>()?;
    let (text, kinds) = texts.declared(&statement.text, &values);
    let mut arguments = PgArguments::default();
    for (value, kind) in values.into_iter().zip(kinds) {
        let encoded = match value {
            Value::Null => match kind {
                b'b' => arguments.add(None::<bool>),
                b'i' => arguments.add(None::<i64>),
                b'r' => arguments.add(None::<f64>),
                b'y' => arguments.add(None::<&[u8]>),
                _ => arguments.add(None::<&str>),
            },
            Value::Bool(truth) => arguments.add(*truth),
            Value::Int(number) => arguments.add(*number),
            Value::Real(number) => arguments.add(*number),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        };
        encoded.map_err(|cause| Error::internal("a value could not be bound").caused_by(cause))?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(text), arguments))
}

/// Runs one step of a program to its end.
pub(super) async fn step(
    connection: &mut PgConnection,
    texts: &Texts,
    statement: &Statement,
    done: &[StepOutcome],
) -> Result<StepOutcome, Failure> {
    let query = query(texts, statement, done)?;
    finished(connection, query).await
}

/// Runs a statement that is not worth keeping prepared: a change of tables.
pub(super) async fn step_once(
    connection: &mut PgConnection,
    texts: &Texts,
    statement: &Statement,
    done: &[StepOutcome],
) -> Result<StepOutcome, Failure> {
    let query = query(texts, statement, done)?.persistent(false);
    finished(connection, query).await
}

async fn finished(connection: &mut PgConnection, query: Query) -> Result<StepOutcome, Failure> {
    let mut outcome = StepOutcome::default();
    let mut changed = 0;
    let mut results = connection.fetch_many(query);
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(completed) => changed = completed.rows_affected(),
            Either::Right(row) => {
                if outcome.rows == 0 {
                    outcome.kept = Some(row.cell(0)?.to_value());
                }
                outcome.rows += 1;
            }
        }
    }
    if outcome.rows == 0 {
        // A statement that could have returned rows and did not has changed none either.
        outcome.rows = changed;
    }
    Ok(outcome)
}

/// Calls `each` with every row.
pub(super) async fn each_row(
    connection: &mut PgConnection,
    texts: &Texts,
    statement: &Statement,
    mut each: impl FnMut(&PgRow) -> Result<()>,
) -> Result<(), Failure> {
    let mut rows = fetch(connection, texts, statement)?;
    while let Some(row) = rows.try_next().await? {
        each(&row)?;
    }
    Ok(())
}

/// The rows as they come from the server; none is read before the one at hand is taken.
pub(super) fn fetch<'c>(
    connection: &'c mut PgConnection,
    texts: &Texts,
    statement: &Statement,
) -> Result<BoxStream<'c, Result<PgRow, sqlx::Error>>> {
    Ok(connection.fetch(query(texts, statement, &[])?))
}

/// Every row as plain values.
pub(super) async fn rows(
    connection: &mut PgConnection,
    texts: &Texts,
    statement: &Statement,
) -> Result<Vec<Vec<Value>>, Failure> {
    let mut found = Vec::new();
    each_row(connection, texts, statement, |row| {
        if found.len() == INTERNAL_ROWS_MAX {
            return Err(too_many_rows());
        }
        found.push(
            (0..row.len())
                .map(|column| row.cell(column).map(Cell::to_value))
                .collect::<Result<Vec<_>>>()?,
        );
        Ok(())
    })
    .await?;
    Ok(found)
}

/// A statement without values and without rows.
pub(super) async fn simple(
    connection: &mut PgConnection,
    text: impl Into<Arc<str>>,
) -> Result<(), Failure> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(text.into()))).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use base::Value;
    use std::sync::Arc;

    #[test]
    fn a_null_takes_the_kind_that_its_place_is_known_to_have() {
        let texts = Texts::default();
        let text: Arc<str> = "select $1::bigint".into();
        let (first, kinds) = texts.declared(&text, &[&Value::Null]);
        assert_eq!((&*first, kinds), ("select $1::bigint", vec![b't']));
        let (second, kinds) = texts.declared(&text, &[&Value::Int(1)]);
        assert_eq!((&*second, kinds), ("select $1::bigint /* i */", vec![b'i']));
        let (third, kinds) = texts.declared(&text, &[&Value::Null]);
        assert_eq!((&*third, kinds), ("select $1::bigint /* i */", vec![b'i']));
    }
}
