//! A change tried in a transaction that is taken back.

use super::fault;
use super::pool::LOCK_WAIT;
use super::run::{self, Failure, Texts};
use crate::port::{Definition, Lock, Ran, Rehearsed};
use base::Value;
use sql::Statement;
use sqlx::PgConnection;
use std::time::{Duration, Instant};

/// What this transaction holds on tables of its schema, beyond what every read holds.
const LOCKS: &str = "SELECT c.relname::text, l.mode::text FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
     WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p')
     AND c.relnamespace = to_regnamespace(quote_ident(current_schema()))
     AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') ORDER BY 1, 2";

pub(super) async fn rehearse(
    connection: &mut PgConnection,
    texts: &Texts,
    definition: &Definition,
    limit: Duration,
) -> Result<Rehearsed, Failure> {
    // Everybody who uses these tables waits while it runs: no statement of it may run for longer
    // than one of theirs.
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = '{LOCK_WAIT}'; SET LOCAL statement_timeout = {}",
        limit.as_millis()
    );
    run::simple(connection, begin).await?;
    let mut rehearsed = Rehearsed::default();
    let failed = run_all(connection, texts, definition, &mut rehearsed.ran).await.err();
    if let Some(failure) = failed {
        if failure.driver().is_some_and(fault::breaks_connection) {
            return Err(failure);
        }
        rehearsed.fault = Some(failure.into_error());
    }
    run::simple(connection, "ROLLBACK").await?;
    Ok(rehearsed)
}

async fn run_all(
    connection: &mut PgConnection,
    texts: &Texts,
    definition: &Definition,
    ran: &mut Vec<Ran>,
) -> Result<(), Failure> {
    let asked = Statement { text: LOCKS.into(), binds: Vec::new() };
    let mut held: Vec<Lock> = Vec::new();
    let mut done = Vec::with_capacity(definition.statements.len());
    for statement in &definition.statements {
        let began = Instant::now();
        done.push(run::step_once(connection, texts, statement, &done).await?);
        let took = began.elapsed();
        let mut locks = Vec::new();
        for row in run::rows(connection, texts, &asked).await? {
            let [Value::Text(table), Value::Text(mode)] = row.as_slice() else { continue };
            let lock = Lock { table: table.clone(), mode: mode.clone() };
            if !held.contains(&lock) {
                held.push(lock.clone());
                locks.push(lock);
            }
        }
        ran.push(Ran { took, locks });
    }
    Ok(())
}
