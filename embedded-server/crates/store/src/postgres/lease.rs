//! Connections to Postgres, lent one at a time.
//!
//! A pool of our own, because two things are needed that the driver's has not: a caller who leaves
//! ends his statement on the server (by its process id), and no round trip is spent on asking a
//! connection whether it lives.

use super::fault;
use super::run::{Failure, Texts};
use crate::fault::closed;
use crate::port::Tally;
use base::{Code, Error, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, Row as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that lay idle longer is asked whether it lives before a write relies on it.
const IDLE_ASKED: Duration = Duration::from_secs(5);

/// Longest silence of a server beyond the time that its statements may take.
const SILENCE: Duration = Duration::from_secs(5);

/// What all connections of a pool share.
pub(super) struct Open {
    pub(super) options: PgConnectOptions,
    pub(super) schema: Option<String>,
    pub(super) limit: Duration,
    pub(super) places: Arc<Semaphore>,
    pub(super) streams: Arc<Semaphore>,
    pub(super) connections: u32,
    pub(super) idle: Mutex<Vec<Connected>>,
    pub(super) texts: Texts,
    /// Grows with every change of tables: what was prepared before is prepared again.
    pub(super) generation: AtomicU64,
    pub(super) closed: AtomicBool,
    /// By which other processes tell our messages from theirs.
    pub(super) instance: String,
    pub(super) tally: Tally,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("host", &self.options.get_host()).finish_non_exhaustive()
    }
}

/// An open connection.
pub(super) struct Connected {
    pub(super) connection: PgConnection,
    pub(super) process: i32,
    pub(super) generation: u64,
    pub(super) used: Instant,
}

/// A connection in use. If it is dropped while a statement runs, the statement is ended on the
/// server.
pub(super) struct Leased {
    pub(super) pool: Arc<Open>,
    pub(super) connected: Option<Connected>,
    /// Whether nothing runs on it.
    pub(super) rests: bool,
    pub(super) reused: bool,
    pub(super) place: Option<OwnedSemaphorePermit>,
}

impl Leased {
    pub(super) fn connection(&mut self) -> Result<&mut PgConnection> {
        match &mut self.connected {
            Some(connected) => Ok(&mut connected.connection),
            None => Err(Error::internal("a connection was used after it broke")),
        }
    }

    /// Ends it, and with it whatever was not committed.
    pub(super) async fn end(mut self) {
        if let Some(connected) = self.connected.take()
            && let Err(cause) = connected.connection.close().await
        {
            tracing::debug!(%cause, "closing a connection");
        }
    }

    /// Notes how the work on it ended, and gives the error on.
    pub(super) fn done<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        let breaks = match &result {
            Ok(_) | Err(Failure::Ours(_)) => false,
            Err(Failure::Driver(cause, _)) => fault::breaks_connection(cause),
        };
        if breaks {
            self.connected = None;
            // What ended this one (the server was started anew) has most likely ended those that
            // rest, too; new ones cost milliseconds, and nobody after us is refused for nothing.
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.rests = true;
        result
    }

    /// As [`Self::done`], for reads: one that failed for a reason of ours may have left rows
    /// behind, and is better ended than drained.
    pub(super) fn asked<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if matches!(result, Err(Failure::Ours(_))) {
            return result;
        }
        self.done(result)
    }

    /// Whether a failed read should be asked once more on another connection: this one was dead
    /// before it was asked, or knows tables that have changed. A read may always be repeated.
    pub(super) fn may_ask_again<T>(
        &mut self,
        result: &Result<T, Failure>,
        tried: &mut bool,
    ) -> bool {
        let Some(cause) = result.as_ref().err().and_then(Failure::driver) else { return false };
        let dead = self.reused && fault::breaks_connection(cause);
        if *tried || !(dead || fault::is_stale_plan(cause)) {
            return false;
        }
        *tried = true;
        self.connected = None;
        true
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        let Some(mut connected) = self.connected.take() else { return };
        if !self.rests {
            self.pool.cancel(connected, self.place.take());
        } else if !self.pool.closed.load(Ordering::SeqCst) {
            connected.used = Instant::now();
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connected);
        }
    }
}

impl Open {
    /// Ends what runs on a connection, from another one. It is closed only afterwards, so that its
    /// process id cannot belong to somebody else in between, and keeps its place until then, so
    /// that callers who come and go do not multiply connections.
    pub(super) fn cancel(&self, connected: Connected, place: Option<OwnedSemaphorePermit>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let options = self.options.clone();
        runtime.spawn(async move {
            let cancel = async {
                let mut connection = options.connect().await?;
                sqlx::query("SELECT pg_cancel_backend($1)")
                    .bind(connected.process)
                    .execute(&mut connection)
                    .await?;
                connection.close().await
            };
            match tokio::time::timeout(Duration::from_secs(5), cancel).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => tracing::debug!(%cause, "a statement could not be ended early"),
                Err(_) => tracing::debug!("a statement could not be ended early: no answer"),
            }
            drop((connected, place));
        });
    }

    /// Waits for the server's answer a little longer than the server itself would work on it: a
    /// server that fell silent must not hold a connection for ever.
    pub(super) async fn answered<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.limit * 2 + SILENCE, work).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Ours(fault::gone())),
        }
    }

    pub(super) async fn connect(&self, statement_ms: u128) -> Result<Connected> {
        let generation = self.generation.load(Ordering::SeqCst);
        let connecting = async {
            let mut connection = self.options.connect().await?;
            // No compiling of expressions: what is asked here takes milliseconds, and a function that
            // says honestly that it is costly would be compiled for seconds.
            let row = sqlx::query(
                "SELECT pg_backend_pid(), set_config('statement_timeout', $1, false),
                        set_config('TimeZone', 'UTC', false),
                        set_config('DateStyle', 'ISO, YMD', false),
                        set_config('IntervalStyle', 'postgres', false),
                        set_config('client_min_messages', 'warning', false),
                        set_config('jit', 'off', false),
                        set_config('idle_in_transaction_session_timeout', '60000', false),
                        CASE WHEN $2::text IS NULL THEN NULL
                             ELSE set_config('search_path', quote_ident($2), false) END",
            )
            .persistent(false)
            .bind(statement_ms.to_string())
            .bind(self.schema.clone())
            .fetch_one(&mut connection)
            .await?;
            let process = row.try_get::<i32, _>(0)?;
            Ok(Connected { connection, process, generation, used: Instant::now() })
        };
        match tokio::time::timeout(Duration::from_secs(10), connecting).await {
            Ok(connected) => connected.map_err(fault::of),
            Err(_) => Err(fault::gone()),
        }
    }

    pub(super) async fn lease(self: &Arc<Self>) -> Result<Leased> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = match tokio::time::timeout(self.limit, place).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) => return Err(closed()),
            Err(_) => {
                return Err(Error::new(
                    Code::Unavailable,
                    format!("all {} connections to the database are in use", self.connections),
                )
                .retry_after_ms(1_000));
            }
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reused = false;
        let connected = match idle {
            Some(connected) => {
                reused = true;
                self.revived(connected).await
            }
            None => None,
        };
        let connected = match connected {
            Some(connected) => connected,
            None => {
                reused = false;
                self.connect(self.limit.as_millis()).await?
            }
        };
        Ok(Leased {
            pool: Arc::clone(self),
            connected: Some(connected),
            rests: true,
            reused,
            place: Some(place),
        })
    }

    /// An idle connection made ready for use, or nothing when it is dead.
    async fn revived(&self, mut connected: Connected) -> Option<Connected> {
        if connected.used.elapsed() > IDLE_ASKED && connected.connection.ping().await.is_err() {
            return None;
        }
        let generation = self.generation.load(Ordering::SeqCst);
        if connected.generation != generation {
            connected.connection.clear_cached_statements().await.ok()?;
            connected.generation = generation;
        }
        Some(connected)
    }
}
