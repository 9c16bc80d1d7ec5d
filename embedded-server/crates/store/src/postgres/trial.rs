//! An index tried on a copy of the table, in a transaction that is rolled back (ADR 0012).

use super::pool::Pool;
use super::run::{self, Failure};
use crate::trial::{self, Timing, Trial, TrialOutcome, each, too_large, too_long};
use base::{Code, Result, Value};
use sql::{Bind, Compiled, Statement};
use sqlx::PgConnection;
use std::time::{Duration, Instant};

/// Times that a write is repeated; the quickest counts, as whatever else the machine does only
/// ever adds.
const WRITES: usize = 5;

impl Pool {
    pub(crate) async fn trial(&self, asked: &Trial) -> Result<TrialOutcome> {
        trial::check(asked)?;
        // Each statement is ended by the server, and all of them together by the clock here.
        let mut leased = self.beside(asked.limit).await?;
        let tried = async {
            let connection = leased.connection()?;
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '2s'";
            run::simple(connection, begin).await.map_err(Failure::into_error)?;
            self.tried(connection, asked).await
        };
        // Dropped when its time is over, it leaves a connection that still works: it is told to
        // stop, and nothing of it is committed.
        let tried = match tokio::time::timeout(asked.limit, tried).await {
            Ok(tried) => tried,
            Err(_) => return Err(too_long(asked.limit)),
        };
        leased.end().await;
        tried.map_err(|error| match error.code() {
            Code::Timeout => too_long(asked.limit),
            _ => error,
        })
    }

    async fn tried(&self, on: &mut PgConnection, asked: &Trial) -> Result<TrialOutcome> {
        let table = &asked.table;
        let bytes = self
            .size(on, "SELECT pg_table_size(quote_ident($1::text)::regclass)::int8", &table.table)
            .await?;
        if bytes > asked.bytes_max {
            let what = format!("the table of `{}`", table.table);
            return Err(too_large(&what, bytes, asked.bytes_max));
        }
        for statement in &table.copy {
            self.done(on, statement).await?;
        }
        self.done(on, &table.aside).await?;
        let before = self.timed(on, &asked.before, asked.runs).await?;
        let written = self.rewritten(on, asked).await?;

        let begun = Instant::now();
        self.done(on, &table.index).await?;
        let build = begun.elapsed();
        let index_bytes = self
            .size(on, "SELECT pg_relation_size(quote_ident($1::text)::regclass)::int8", &table.name)
            .await?;

        let after = self.timed(on, &asked.after, asked.runs).await?;
        let with_it = self.rewritten(on, asked).await?;
        Ok(TrialOutcome {
            copied_bytes: bytes,
            same: before.pages == after.pages,
            before: before.timed(),
            after: after.timed(),
            build,
            index_bytes,
            write: written.zip(with_it),
        })
    }

    async fn timed(
        &self,
        on: &mut PgConnection,
        reads: &[Compiled],
        runs: usize,
    ) -> Result<Timing> {
        let mut timing = Timing::default();
        for compiled in reads {
            // The first one brings the pages in and is not counted.
            for round in 0..=runs {
                let begun = Instant::now();
                let page = self.snapshot_page(on, compiled).await;
                let time = begun.elapsed();
                match (page.map_err(Failure::into_error)?, round) {
                    (page, 0) => timing.pages.push(page),
                    _ => timing.add(time),
                }
            }
        }
        if let Some(first) = reads.first() {
            let text = format!("EXPLAIN {}", first.page.text);
            let asked = Statement { text: text.into(), binds: first.page.binds.clone() };
            let lines = run::rows(on, self.texts(), &asked).await.map_err(Failure::into_error)?;
            let line = |row: Vec<Value>| row.first().and_then(Value::as_text).map(str::to_owned);
            timing.plan = lines.into_iter().filter_map(line).collect();
        }
        Ok(timing)
    }

    /// What writing one record takes: some are taken out and put back.
    async fn rewritten(&self, on: &mut PgConnection, asked: &Trial) -> Result<Option<Duration>> {
        let mut quickest: Option<Duration> = None;
        for _ in 0..WRITES {
            self.done(on, &asked.table.remove).await?;
            let begun = Instant::now();
            let rows = self.done(on, &asked.table.put_back).await?;
            let Some(time) = each(begun.elapsed(), rows) else { return Ok(None) };
            quickest = Some(quickest.map_or(time, |known| known.min(time)));
        }
        Ok(quickest)
    }

    async fn done(&self, on: &mut PgConnection, statement: &Statement) -> Result<u64> {
        let did = run::step_once(on, self.texts(), statement, &[]).await;
        did.map(|did| did.rows).map_err(Failure::into_error)
    }

    async fn size(&self, on: &mut PgConnection, text: &str, name: &str) -> Result<u64> {
        let binds = vec![Bind::Value(Value::text(name))];
        let asked = Statement { text: text.into(), binds };
        let rows = run::rows(on, self.texts(), &asked).await.map_err(Failure::into_error)?;
        let bytes = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
    }
}
