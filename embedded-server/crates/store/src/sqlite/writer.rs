//! The writing side: one thread owns the one connection that writes, and puts what waits into one
//! commit.

use super::connect::{self, Connected};
use super::{fault, kept, run};
use crate::fault::{closed, foreign_key};
use crate::port::{Definition, Outcome, SqliteOptions, Tally};
use crate::program::{addressed, expected};
use base::{Code, Error, Result};
use rusqlite::Connection;
use sql::{Expect, Program};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Longest time in which programs are still taken into a commit: whoever came first waits for it.
const GROUP_TIME_MAX: Duration = Duration::from_millis(10);

/// The door to the writing thread.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    queue_max: usize,
}

enum Job {
    Write(Pending),
    Define(Definition, oneshot::Sender<Result<()>>),
    VersionOfOthers(oneshot::Sender<Result<i64>>),
    Close(oneshot::Sender<()>),
}

/// A program and who waits for it.
struct Pending {
    program: Program,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Writer {
    pub(super) fn start(options: &SqliteOptions, tally: Arc<Tally>) -> Result<Self> {
        let connected = connect::writing(options)?;
        let queue_max = options.limits.write_queue_max.max(1);
        let (jobs, waiting) = mpsc::channel(queue_max);
        let thread = Thread {
            on: connected,
            waiting,
            group_max: options.limits.write_group_max.max(1),
            limit: Duration::from_millis(options.limits.statement_ms_max),
            tally,
        };
        std::thread::Builder::new()
            .name(String::from("sqlite-write"))
            .spawn(move || thread.work())
            .map_err(|fault| Error::internal("starting the writing thread").caused_by(fault))?;
        Ok(Self { jobs, queue_max })
    }

    pub(super) async fn write(&self, program: Program) -> Result<Outcome> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job::Write(Pending { program, answer })).map_err(
            |refused| match refused {
                mpsc::error::TrySendError::Closed(_) => closed(),
                mpsc::error::TrySendError::Full(_) => Error::new(
                    Code::Unavailable,
                    format!("{} writes are waiting already, which is the most", self.queue_max),
                )
                .hint("write in larger batches, or try again")
                .retry_after_ms(1_000),
            },
        )?;
        answered.await.map_err(|_| closed())?
    }

    pub(super) async fn define(&self, definition: Definition) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Define(definition, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// The version of the file as the writing connection counts it: its own commits leave it.
    pub(super) async fn version_of_others(&self) -> Result<i64> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::VersionOfOthers(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        // Either end may be gone already: then it is closed.
        if self.jobs.send(Job::Close(answer)).await.is_ok() {
            drop(answered.await);
        }
    }
}

/// The writing thread.
struct Thread {
    on: Connected,
    waiting: mpsc::Receiver<Job>,
    group_max: usize,
    limit: Duration,
    tally: Arc<Tally>,
}

impl Thread {
    fn work(mut self) {
        let mut held = None;
        while let Some(job) = held.take().or_else(|| self.waiting.blocking_recv()) {
            match job {
                Job::Write(pending) => held = self.group(pending),
                Job::Define(definition, answer) => {
                    let defined = self.define(&definition);
                    drop(answer.send(defined));
                }
                Job::VersionOfOthers(answer) => {
                    let version = kept::version(&self.on.connection)
                        .map_err(|cause| fault::of(&self.on.connection, cause));
                    drop(answer.send(version));
                }
                Job::Close(answer) => {
                    self.waiting.close();
                    self.rest();
                    drop(self);
                    let _ = answer.send(());
                    return;
                }
            }
        }
        self.rest();
    }

    /// The last orders before the file is closed: what the planner learned is kept, the journal
    /// is folded into the file.
    fn rest(&self) {
        let last = "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);";
        if let Err(cause) = self.on.connection.execute_batch(last) {
            tracing::warn!(%cause, "the last checkpoint failed; the journal stays beside the file");
        }
    }

    /// Runs one program and those that wait behind it in one transaction, and answers them after
    /// its commit. Returns a job that was taken from the queue and does not belong to a group.
    fn group(&mut self, first: Pending) -> Option<Job> {
        let mut done: Vec<(Pending, Result<Outcome>)> = Vec::new();
        let mut changed = false;
        let mut next = Some(first);
        let mut held = None;
        let began = Instant::now();
        while done.len() < self.group_max && (done.is_empty() || began.elapsed() < GROUP_TIME_MAX) {
            let mut pending = match next.take() {
                Some(pending) => pending,
                None => match self.waiting.try_recv() {
                    Ok(Job::Write(pending)) => pending,
                    Ok(job) => {
                        held = Some(job);
                        break;
                    }
                    Err(_) => break,
                },
            };
            if pending.answer.is_closed() {
                continue;
            }
            // The first change of a transaction is undone by ending the transaction, a single
            // statement by SQLite itself; only what is left pays for a savepoint.
            let savepoint = changed && may_fail_half_way(&pending.program);
            let outcome = self.begin().and_then(|()| self.attempt(&mut pending.program, savepoint));
            let failed = outcome.is_err();
            done.push((pending, outcome));
            if self.on.connection.is_autocommit() {
                // Nothing was begun, or SQLite gave up the whole transaction (disk full, time
                // over): what ran before in it is gone and runs again, each on its own.
                if changed {
                    return self.separately(done, held);
                }
                break;
            } else if failed && !changed {
                self.rollback();
            } else {
                changed |= !failed;
            }
        }
        if changed && let Err(error) = self.commit() {
            let alone = done.iter().filter(|(_, outcome)| outcome.is_ok()).count() == 1;
            if !alone {
                return self.separately(done, held);
            }
            let mut error = Some(error);
            for (_, outcome) in &mut done {
                if outcome.is_ok() {
                    let lost = error.take().unwrap_or_else(|| Error::internal("commit failed"));
                    *outcome = Err(lost);
                }
            }
        }
        for (pending, outcome) in done {
            // A caller who no longer waits does not need the answer.
            drop(pending.answer.send(outcome));
        }
        held
    }

    /// Runs what succeeded inside a transaction that was lost again, each in its own.
    fn separately(
        &mut self,
        done: Vec<(Pending, Result<Outcome>)>,
        held: Option<Job>,
    ) -> Option<Job> {
        for (mut pending, outcome) in done {
            let outcome = match outcome {
                Err(error) => Err(error),
                Ok(_) => self
                    .begin()
                    .and_then(|()| self.attempt(&mut pending.program, false))
                    .and_then(|outcome| self.commit().map(|()| outcome)),
            };
            if outcome.is_err() && !self.on.connection.is_autocommit() {
                self.rollback();
            }
            drop(pending.answer.send(outcome));
        }
        held
    }

    /// Begins a transaction if none is open.
    fn begin(&self) -> Result<()> {
        if self.on.connection.is_autocommit() { self.simple("BEGIN IMMEDIATE") } else { Ok(()) }
    }

    fn commit(&self) -> Result<()> {
        match self.simple("COMMIT") {
            Ok(()) => {
                Tally::add(&self.tally.commits);
                Ok(())
            }
            Err(error) => {
                if !self.on.connection.is_autocommit() {
                    self.rollback();
                }
                Err(error)
            }
        }
    }

    fn rollback(&self) {
        if let Err(error) = self.simple("ROLLBACK") {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn simple(&self, text: &str) -> Result<()> {
        self.on
            .connection
            .prepare_cached(text)
            .and_then(|mut prepared| prepared.raw_execute())
            .map(|_| ())
            .map_err(|cause| fault::of(&self.on.connection, cause))
    }

    /// Runs one program in the open transaction. If it fails inside a savepoint, the transaction
    /// is as it was before.
    fn attempt(&self, program: &mut Program, savepoint: bool) -> Result<Outcome> {
        if savepoint {
            self.simple("SAVEPOINT program")?;
        }
        let ran = catch_unwind(AssertUnwindSafe(|| self.steps(program)));
        self.on.watch.release();
        let outcome = ran.unwrap_or_else(|_| Err(Error::internal("a write panicked")));
        if savepoint && !self.on.connection.is_autocommit() {
            if outcome.is_err() {
                self.simple("ROLLBACK TO program")?;
            }
            self.simple("RELEASE program")?;
        }
        outcome
    }

    fn steps(&self, program: &mut Program) -> Result<Outcome> {
        let mut outcome = Outcome { steps: Vec::with_capacity(program.steps.len()) };
        let mut repeated = run::Repeated::on(&self.on.connection);
        for step in &mut program.steps {
            Tally::add(&self.tally.statements);
            self.on.watch.within(self.limit, None);
            let did = repeated
                .step(&step.statement, &outcome.steps)
                .map_err(|error| addressed(error, step.index))?;
            expected(&mut step.expect, &did)?;
            outcome.steps.push(did);
        }
        Ok(outcome)
    }

    fn define(&self, definition: &Definition) -> Result<()> {
        if definition.rebuilds {
            // A rebuilt table is dropped under the eyes of those who point at it. Without effect
            // inside a transaction, hence out here.
            self.simple("PRAGMA foreign_keys = OFF")?;
        }
        let defined = catch_unwind(AssertUnwindSafe(|| self.redefine(definition)))
            .unwrap_or_else(|_| Err(Error::internal("a schema change panicked")));
        if defined.is_err() && !self.on.connection.is_autocommit() {
            self.rollback();
        }
        if definition.rebuilds {
            self.simple("PRAGMA foreign_keys = ON")?;
        }
        defined
    }

    fn redefine(&self, definition: &Definition) -> Result<()> {
        self.begin()?;
        // Whether a name is taken is judged by the tables this connection knows. What another
        // process changed since is learned by looking; inside the transaction it stays so.
        self.simple("SELECT 1 FROM sqlite_schema WHERE rowid < 0")?;
        let mut done = Vec::with_capacity(definition.statements.len());
        for statement in &definition.statements {
            Tally::add(&self.tally.statements);
            done.push(run::step(&self.on.connection, statement, &done)?);
        }
        if definition.rebuilds {
            check_references(&self.on.connection)?;
        }
        self.commit()
    }
}

/// Every reference of every table must hold again.
pub(super) fn check_references(connection: &Connection) -> Result<()> {
    let broken = connection.query_row(
        "SELECT \"table\", \"parent\", count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
    );
    match broken {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
        Err(cause) => Err(fault::of(connection, cause)),
        Ok((table, parent, count)) => Err(foreign_key().hint(format!(
            "{count} records of `{table}` would point at records of `{parent}` that do not exist"
        ))),
    }
}

/// Whether a program can fail after it changed something that SQLite does not undo by itself.
fn may_fail_half_way(program: &Program) -> bool {
    match program.steps.as_slice() {
        [] => false,
        [only] => !matches!(only.expect, Expect::Any),
        _ => true,
    }
}
