//! One statement on one connection.

use super::fault;
use crate::StepOutcome;
use crate::fault::too_many_rows;
use crate::port::{INTERNAL_ROWS_MAX, PageRows};
use crate::program::bound;
use crate::row::{Cell, Page, Row};
use base::{Error, Result, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use sql::{Compiled, Statement};
use std::collections::VecDeque;
use std::sync::Arc;

impl Row for rusqlite::Row<'_> {
    fn cell(&self, column: usize) -> Result<Cell<'_>> {
        let value = self.get_ref(column).map_err(|cause| {
            Error::internal(format!("a shape names column {column}, which the row has not"))
                .caused_by(cause)
        })?;
        Ok(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(text) => Cell::Text(text),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes),
        })
    }
}

fn driver(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Bool(truth) => ValueRef::Integer(i64::from(*truth)),
        Value::Int(number) => ValueRef::Integer(*number),
        Value::Real(number) => ValueRef::Real(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    })
}

/// The prepared statement with its values bound.
fn prepared<'c>(
    connection: &'c Connection,
    statement: &Statement,
    done: &[StepOutcome],
) -> Result<CachedStatement<'c>> {
    let prepared = connection.prepare_cached(&statement.text);
    let mut prepared = prepared.map_err(|cause| fault::of(connection, cause))?;
    bind(connection, &mut prepared, statement, done)?;
    Ok(prepared)
}

fn bind(
    connection: &Connection,
    prepared: &mut CachedStatement<'_>,
    statement: &Statement,
    done: &[StepOutcome],
) -> Result<()> {
    for (at, bind) in statement.binds.iter().enumerate() {
        let value = bound(bind, done)?;
        prepared
            .raw_bind_parameter(at + 1, driver(value))
            .map_err(|cause| fault::of(connection, cause))?;
    }
    Ok(())
}

/// Statements that a program repeats, looked up once: a lookup reads the whole text.
pub(super) struct Repeated<'c> {
    connection: &'c Connection,
    known: VecDeque<(Arc<str>, CachedStatement<'c>)>,
}

/// Most statements held: a list of records repeats a handful.
const REPEATED_MAX: usize = 8;

/// Longest text that stays prepared behind its program, in bytes. Longer ones hold many records,
/// and hardly ever the same number of them again.
const TEXT_KEPT_MAX: usize = 16 * 1024;

impl<'c> Repeated<'c> {
    pub(super) fn on(connection: &'c Connection) -> Self {
        Self { connection, known: VecDeque::with_capacity(REPEATED_MAX) }
    }

    /// Runs one step of a program to its end.
    pub(super) fn step(
        &mut self,
        statement: &Statement,
        done: &[StepOutcome],
    ) -> Result<StepOutcome> {
        let same = |text: &Arc<str>| Arc::ptr_eq(text, &statement.text) || *text == statement.text;
        let known = self.known.iter().position(|(text, _)| same(text));
        let at = match known {
            Some(at) => at,
            None => {
                let prepared = self.connection.prepare_cached(&statement.text);
                let prepared = prepared.map_err(|cause| fault::of(self.connection, cause))?;
                if self.known.len() == REPEATED_MAX {
                    self.forget();
                }
                self.known.push_back((Arc::clone(&statement.text), prepared));
                self.known.len() - 1
            }
        };
        bind(self.connection, &mut self.known[at].1, statement, done)?;
        run_step(self.connection, &mut self.known[at].1)
    }

    /// Lets go of the oldest. Answers whether there was one.
    fn forget(&mut self) -> bool {
        let Some((text, prepared)) = self.known.pop_front() else { return false };
        if text.len() > TEXT_KEPT_MAX {
            prepared.discard();
        }
        true
    }
}

impl Drop for Repeated<'_> {
    fn drop(&mut self) {
        while self.forget() {}
    }
}

/// Runs one step of a program to its end.
pub(super) fn step(
    connection: &Connection,
    statement: &Statement,
    done: &[StepOutcome],
) -> Result<StepOutcome> {
    run_step(connection, &mut prepared(connection, statement, done)?)
}

fn run_step(connection: &Connection, prepared: &mut CachedStatement<'_>) -> Result<StepOutcome> {
    if prepared.column_count() == 0 {
        let changed = prepared.raw_execute().map_err(|cause| fault::of(connection, cause))?;
        return Ok(StepOutcome { rows: u64::try_from(changed).unwrap_or(u64::MAX), kept: None });
    }
    let mut rows = prepared.raw_query();
    let mut outcome = StepOutcome::default();
    while let Some(row) = rows.next().map_err(|cause| fault::of(connection, cause))? {
        if outcome.rows == 0 {
            outcome.kept = Some(row.cell(0)?.to_value());
        }
        outcome.rows += 1;
    }
    Ok(outcome)
}

/// Calls `each` with every row.
pub(super) fn each_row(
    connection: &Connection,
    statement: &Statement,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<()>,
) -> Result<()> {
    each_row_while(connection, statement, |row| each(row).map(|()| true)).map(|_| ())
}

/// Calls `each` with every row until it answers false; answers whether it never did.
pub(super) fn each_row_while(
    connection: &Connection,
    statement: &Statement,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<bool>,
) -> Result<bool> {
    let mut prepared = prepared(connection, statement, &[])?;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().map_err(|cause| fault::of(connection, cause))? {
        if !each(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Begins a snapshot, which the connection holds until it rests.
pub(super) fn begin(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached("BEGIN")
        .and_then(|mut prepared| prepared.raw_execute())
        .map(|_| ())
        .map_err(|cause| fault::of(connection, cause))
}

/// One page, and its total from the same snapshot, which the connection then still holds.
/// `counted` may know the total; `sent` is told of every statement.
pub(super) fn page(
    connection: &Connection,
    compiled: &Compiled,
    counted: impl Fn(&Statement) -> Option<u64>,
    sent: impl Fn(),
) -> Result<PageRows> {
    if compiled.total.is_some() && connection.is_autocommit() {
        begin(connection)?;
    }
    let mut page = Page::new(compiled);
    if compiled.limit != Some(0) {
        sent();
        each_row(connection, &compiled.page, |row| page.take(row))?;
    }
    let uncounted = page.uncounted();
    if let Some(known) = uncounted.and_then(counted) {
        page.counted(known);
    } else if let Some(total) = uncounted {
        sent();
        let mut counted = 0;
        each_row(connection, total, |row| {
            if let Cell::Int(count) = row.cell(0)? {
                counted = u64::try_from(count).unwrap_or(0);
            }
            Ok(())
        })?;
        page.counted(counted);
    }
    Ok(page.finish())
}

/// Every row as plain values.
pub(super) fn rows(connection: &Connection, statement: &Statement) -> Result<Vec<Vec<Value>>> {
    let mut found = Vec::new();
    each_row(connection, statement, |row| {
        if found.len() == INTERNAL_ROWS_MAX {
            return Err(too_many_rows());
        }
        let columns = row.as_ref().column_count();
        found.push(
            (0..columns)
                .map(|column| row.cell(column).map(Cell::to_value))
                .collect::<Result<Vec<_>>>()?,
        );
        Ok(())
    })?;
    Ok(found)
}
