//! What is asked of Postgres, over the connections of [`super::lease`].

use super::chunks::Chunks;
use super::fault;
use super::functions;
use super::lease::{Leased, Open};
use super::outside::{self, Outside};
use super::rehearse;
use super::run::{self, Failure, Texts};
use crate::Counters;
use crate::fault::closed;
use crate::port::{CHUNKS_MAX, Definition, Outcome, PageRows, PostgresOptions, Rehearsed, Tally};
use crate::program::expected;
use crate::row::{Page, Row as _};
use base::{Code, Error, Result, Value};
use sql::{Bind, Compiled, Expect, Program, Statement};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Oldest server that is spoken to (`server_version_num`).
const VERSION_MIN: u32 = 140_000;

/// Whether a server is spoken to: it tells its version, and that is not older than the least. What
/// older ones lack is not met until much later, as infinities of `numeric` in an adopted table.
fn old_enough(version: Option<u32>) -> Result<()> {
    let least = VERSION_MIN / 10_000;
    let found = match version {
        Some(version) if version >= VERSION_MIN => return Ok(()),
        // Up to 9.6 the second part belonged to the name of a version.
        Some(version) if version < 100_000 => {
            format!("PostgreSQL {}.{}", version / 10_000, version / 100 % 100)
        }
        Some(version) => format!("PostgreSQL {}", version / 10_000),
        None => String::from("a PostgreSQL that does not tell its version"),
    };
    let message = format!("the server is {found}; {least} is the oldest supported");
    Err(Error::new(Code::FeatureUnavailable, message)
        .hint(format!("use a server of PostgreSQL {least} or newer")))
}

/// Prepared statements kept per connection.
const STATEMENTS_KEPT: usize = 256;

/// Times a program is run again after a serialization fault or a deadlock.
const RETRIES_MAX: u32 = 4;

/// Streams at once: each holds a connection beside the pool's while it lasts.
const STREAMS_MAX: usize = 4;

/// Longest wait for a table that others hold, when tables are changed.
pub(super) const LOCK_WAIT: &str = "2s";

/// An open Postgres database.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Open>);

impl Pool {
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self> {
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(fault::of)?
            .application_name("plinth")
            .statement_cache_capacity(STATEMENTS_KEPT)
            .disable_statement_logging();
        let connections = options.connections.max(1);
        let open = Arc::new(Open {
            options: connect,
            schema: options.schema,
            limit: Duration::from_millis(options.limits.statement_ms_max),
            places: Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(1))),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            connections,
            idle: Mutex::default(),
            texts: Texts::default(),
            generation: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            instance: base::short_id()?,
            tally: Tally::default(),
        });
        let mut first = open.lease().await?;
        old_enough(first.connection()?.server_version_num())?;
        if let Some(schema) = &open.schema {
            let name = schema.replace('"', "\"\"");
            let made =
                run::simple(first.connection()?, format!("CREATE SCHEMA IF NOT EXISTS \"{name}\""));
            let made = made.await;
            first.done(made).map_err(Failure::into_error)?;
        }
        drop(first);
        Ok(Self(open))
    }

    pub(crate) async fn read(&self, compiled: &Compiled) -> Result<PageRows> {
        Tally::add(&self.0.tally.reads);
        let mut tried = false;
        loop {
            let mut leased = self.0.lease().await?;
            leased.rests = false;
            let page = self.0.answered(self.page(&mut leased, compiled)).await;
            let page = leased.asked(page);
            if !leased.may_ask_again(&page, &mut tried) {
                return page.map_err(Failure::into_error);
            }
        }
    }

    /// A connection beside the pool's, for one long piece of work. It is ended with it.
    pub(super) async fn beside(&self, statement: Duration) -> Result<Leased> {
        let connected = Some(self.0.connect(statement.as_millis()).await?);
        Ok(Leased {
            pool: Arc::clone(&self.0),
            connected,
            rests: false,
            reused: false,
            place: None,
        })
    }

    pub(super) fn texts(&self) -> &Texts {
        &self.0.texts
    }

    pub(crate) async fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        let mut tried = false;
        loop {
            Tally::add(&self.0.tally.statements);
            let mut leased = self.0.lease().await?;
            leased.rests = false;
            let rows = run::rows(leased.connection()?, &self.0.texts, statement);
            let rows = self.0.answered(rows).await;
            let rows = leased.asked(rows);
            if !leased.may_ask_again(&rows, &mut tried) {
                return rows.map_err(Failure::into_error);
            }
        }
    }

    async fn page(&self, leased: &mut Leased, compiled: &Compiled) -> Result<PageRows, Failure> {
        let connection = leased.connection()?;
        // One statement is a snapshot of its own.
        if compiled.total.is_none() || compiled.limit == Some(0) {
            return self.snapshot_page(connection, compiled).await;
        }
        run::simple(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        let page = self.snapshot_page(connection, compiled).await;
        let ended = run::simple(connection, if page.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        let page = page?;
        ended?;
        Ok(page)
    }

    pub(super) async fn snapshot_page(
        &self,
        connection: &mut PgConnection,
        compiled: &Compiled,
    ) -> Result<PageRows, Failure> {
        let mut page = Page::new(compiled);
        if compiled.limit != Some(0) {
            Tally::add(&self.0.tally.statements);
            run::each_row(connection, &self.0.texts, &compiled.page, |row| page.take(row)).await?;
        }
        if let Some(total) = page.uncounted() {
            Tally::add(&self.0.tally.statements);
            let mut counted = 0;
            run::each_row(connection, &self.0.texts, total, |row| {
                if let Value::Int(count) = row.cell(0)?.to_value() {
                    counted = u64::try_from(count).unwrap_or(0);
                }
                Ok(())
            })
            .await?;
            page.counted(counted);
        }
        Ok(page.finish())
    }

    pub(crate) async fn stream(
        &self,
        compiled: &Compiled,
    ) -> Result<mpsc::Receiver<Result<Vec<u8>>>> {
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(closed());
        }
        let Ok(place) = Arc::clone(&self.0.streams).try_acquire_owned() else {
            return Err(Error::new(
                Code::Unavailable,
                format!("{STREAMS_MAX} exports run already, which is the most"),
            )
            .retry_after_ms(5_000));
        };
        Tally::add(&self.0.tally.streams);
        Tally::add(&self.0.tally.statements);
        // Without the server's time limit: a slow taker is waited for here, chunk by chunk.
        let mut connected = self.0.connect(0).await?;
        let (send, receive) = mpsc::channel(CHUNKS_MAX);
        let (open, compiled) = (Arc::clone(&self.0), compiled.clone());
        tokio::spawn(async move {
            let chunks = Chunks::new(&send, open.limit);
            let ended = chunks.fill(&mut connected.connection, &open.texts, &compiled).await;
            if let Err(failure) = ended {
                // Whatever still runs is ended; if nothing does, the server ignores it.
                open.cancel(connected, Some(place));
                drop(send.send_timeout(Err(failure.into_error()), open.limit).await);
            } else if let Err(cause) = connected.connection.close().await {
                tracing::debug!(%cause, "closing the connection of a stream");
            }
        });
        Ok(receive)
    }

    pub(crate) async fn write(&self, program: Program) -> Result<Outcome> {
        Tally::add(&self.0.tally.programs);
        let outcome = self.written(program).await;
        if outcome.is_err() {
            Tally::add(&self.0.tally.refused);
        }
        outcome
    }

    async fn written(&self, mut program: Program) -> Result<Outcome> {
        let mut tried = 0;
        loop {
            let mut leased = self.0.lease().await?;
            leased.rests = false;
            let result = self.program(&mut leased, &mut program).await;
            let cause = result.as_ref().err().and_then(Failure::driver);
            let transient = cause.is_some_and(fault::is_transient);
            let stale = cause.is_some_and(fault::is_stale_plan);
            let result = leased.done(result);
            if (transient && tried < RETRIES_MAX) || (stale && tried == 0) {
                if stale {
                    leased.connected = None;
                }
                drop(leased);
                tried += 1;
                Tally::add(&self.0.tally.retries);
                tokio::time::sleep(backoff(tried)).await;
                continue;
            }
            return result.map_err(Failure::into_error);
        }
    }

    async fn program(
        &self,
        leased: &mut Leased,
        program: &mut Program,
    ) -> Result<Outcome, Failure> {
        let connection = leased.connection()?;
        // One statement is a transaction by itself, unless what it finds can still refuse it.
        if let [only] = program.steps.as_slice()
            && matches!(only.expect, Expect::Any)
        {
            Tally::add(&self.0.tally.statements);
            let did = run::step(connection, &self.0.texts, &only.statement, &[]);
            let did = self.0.answered(did).await?;
            Tally::add(&self.0.tally.commits);
            return Ok(Outcome { steps: vec![did] });
        }
        run::simple(connection, "BEGIN").await?;
        match self.steps(connection, program).await {
            Ok(outcome) => {
                run::simple(connection, "COMMIT").await?;
                Tally::add(&self.0.tally.commits);
                Ok(outcome)
            }
            Err(failure) => {
                // If this fails too the connection is gone, and with it the transaction.
                let breaks = failure.driver().is_some_and(fault::breaks_connection);
                if !breaks {
                    run::simple(connection, "ROLLBACK").await?;
                }
                Err(failure)
            }
        }
    }

    async fn steps(
        &self,
        connection: &mut PgConnection,
        program: &mut Program,
    ) -> Result<Outcome, Failure> {
        let mut outcome = Outcome { steps: Vec::with_capacity(program.steps.len()) };
        for step in &mut program.steps {
            Tally::add(&self.0.tally.statements);
            let did = run::step(connection, &self.0.texts, &step.statement, &outcome.steps);
            let did = did.await.map_err(|failure| failure.of(step.index))?;
            expected(&mut step.expect, &did)?;
            outcome.steps.push(did);
        }
        Ok(outcome)
    }

    pub(crate) async fn define(&self, definition: Definition) -> Result<()> {
        let mut leased = self.0.lease().await?;
        leased.rests = false;
        let result = self.redefine(&mut leased, &definition).await;
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        leased.done(result).map_err(Failure::into_error)
    }

    async fn redefine(&self, leased: &mut Leased, definition: &Definition) -> Result<(), Failure> {
        let connection = leased.connection()?;
        // A change of tables waits for nobody long: while it waits, everybody waits for it. The
        // change itself may take its time.
        let begin = format!(
            "BEGIN; SET LOCAL lock_timeout = '{LOCK_WAIT}'; SET LOCAL statement_timeout = 0"
        );
        run::simple(connection, begin).await?;
        let defined = async {
            let mut done = Vec::with_capacity(definition.statements.len());
            for statement in &definition.statements {
                Tally::add(&self.0.tally.statements);
                done.push(run::step_once(connection, &self.0.texts, statement, &done).await?);
            }
            Ok::<(), Failure>(())
        };
        match defined.await {
            Ok(()) => {
                run::simple(connection, "COMMIT").await?;
                Tally::add(&self.0.tally.commits);
                Ok(())
            }
            Err(failure) => {
                if !failure.driver().is_some_and(fault::breaks_connection) {
                    run::simple(connection, "ROLLBACK").await?;
                }
                Err(failure)
            }
        }
    }

    pub(crate) async fn rehearse(&self, definition: &Definition) -> Result<Rehearsed> {
        let mut leased = self.0.lease().await?;
        leased.rests = false;
        let connection = leased.connection()?;
        let limit = self.0.limit;
        let tried = rehearse::rehearse(connection, &self.0.texts, definition, limit).await;
        leased.done(tried).map_err(Failure::into_error)
    }

    /// Makes what the house's statements need and a server has not by itself.
    pub(crate) async fn equip(&self) -> Result<()> {
        let mut leased = self.0.lease().await?;
        leased.rests = false;
        let made = functions::equip(leased.connection()?).await;
        leased.done(made).map_err(Failure::into_error)
    }

    pub(crate) async fn outside(&self) -> Outside {
        let (options, schema) = (self.0.options.clone(), self.0.schema.clone());
        Outside::begin(options, schema, &self.0.instance).await
    }

    pub(crate) fn telling(&self) -> Statement {
        outside::telling(&self.0.instance)
    }

    pub(crate) async fn size_bytes(&self) -> Result<u64> {
        let size =
            self.one("SELECT pg_database_size(current_database())::int8", Vec::new()).await?;
        Ok(size.as_int().and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
    }

    pub(crate) async fn version(&self) -> Result<String> {
        let version = self.one("SELECT current_setting('server_version')", Vec::new()).await?;
        Ok(format!("PostgreSQL {}", version.as_text().unwrap_or_default()))
    }

    pub(crate) async fn estimate(&self, table: &str) -> Result<Option<u64>> {
        // -1 (or 0 on a table never looked at) when nobody has counted yet.
        let found = self
            .one(
                "SELECT CASE WHEN reltuples > 0 THEN reltuples::int8 END FROM pg_class
                 WHERE oid = to_regclass(quote_ident($1::text))",
                vec![Bind::Value(Value::text(table))],
            )
            .await?;
        Ok(found.as_int().and_then(|rows| u64::try_from(rows).ok()))
    }

    /// First column of the first row, NULL when there is none.
    async fn one(&self, text: &str, binds: Vec<Bind>) -> Result<Value> {
        let rows = self.rows(&Statement { text: text.into(), binds }).await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or(Value::Null))
    }

    pub(crate) async fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        // Whoever works still holds a place; when all are taken back, nobody works.
        let all = Arc::clone(&self.0.places).acquire_many_owned(self.0.connections);
        if tokio::time::timeout(self.0.limit, all).await.is_err() {
            tracing::warn!("connections to the database were still in use when it was closed");
        }
        self.0.places.close();
        let idle = std::mem::take(&mut *self.0.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connected in idle {
            if let Err(cause) = connected.connection.close().await {
                tracing::debug!(%cause, "closing a connection");
            }
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        self.0.tally.counters()
    }
}

/// Waits that grow, with a part left to chance so that two who collided do not meet again.
fn backoff(tried: u32) -> Duration {
    let chance = base::random_bytes::<1>().map_or(0, |[byte]| u64::from(byte) % 10);
    Duration::from_millis(5 * (1 << tried.min(6)) + chance)
}

#[cfg(test)]
mod tests {
    use super::old_enough;
    use base::Code;

    #[test]
    fn a_server_older_than_the_least_is_refused_by_its_version() {
        for version in [140_000, 140_013, 150_018, 180_001] {
            assert!(old_enough(Some(version)).is_ok(), "{version}");
        }
        for (version, told) in [
            (Some(130_023), "PostgreSQL 13;"),
            (Some(100_000), "PostgreSQL 10;"),
            (Some(90_624), "PostgreSQL 9.6;"),
            (None, "a PostgreSQL that does not tell its version;"),
        ] {
            let refused = old_enough(version).unwrap_err();
            assert_eq!(refused.code(), Code::FeatureUnavailable);
            assert_eq!(
                refused.message(),
                format!("the server is {told} 14 is the oldest supported")
            );
            assert_eq!(refused.hint_text(), Some("use a server of PostgreSQL 14 or newer"));
        }
    }
}
