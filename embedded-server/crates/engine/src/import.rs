//! Imports as jobs: a file is checked row by row, then written in short transactions.
//!
//! One job runs at a time, others wait in a bounded queue. Rows written carry the job as their
//! `source` in `_change`, in their own transaction: that is what undo removes, also after a crash.

mod job;
mod rejects;
mod rows;

pub use job::{Format, ImportAsk, Job, Mode, Pace, RowFault, State};

use crate::Engine;
use access::Actor;
use base::{Code, Error, Result, Value};
use query::{Operation, Write};
use rejects::Rejects;
use rows::{Cells, Row};
use serde_json::{Map, Value as Json};
use sql::{Bind, Dialect, Expect, Program, ProgramStep, Statement};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Rows in one transaction: short enough that other writes wait milliseconds.
const BATCH_ROWS: usize = 500;

/// Jobs waiting before new ones are refused.
const QUEUE_MAX: usize = 16;

/// Faults kept in the job itself; all of them are in its rejects file.
const FAULTS_KEPT: usize = 100;

/// Jobs listed.
const LISTED_MAX: i64 = 200;

/// Rows parsed ahead of the checker.
const AHEAD: usize = 4;

/// The imports of one project. Cheap to clone.
#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    engine: Engine,
    folder: PathBuf,
    queue: mpsc::Sender<Work>,
    live: Mutex<HashMap<String, Live>>,
}

#[derive(Clone)]
struct Live {
    job: Arc<Mutex<Job>>,
    cancelled: Arc<AtomicBool>,
}

enum Work {
    Import { ask: Box<ImportAsk>, actor: Actor, live: Live },
    Undo { actor: Actor, live: Live },
}

impl Imports {
    /// Starts the one worker. Jobs that a crash cut off are told as failed.
    pub async fn open(engine: Engine, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).map_err(|fault| {
            Error::new(
                Code::ConfigInvalid,
                format!("cannot use the folder {}: {fault}", folder.display()),
            )
        })?;
        let (queue, work) = mpsc::channel(QUEUE_MAX);
        let imports =
            Self(Arc::new(Inner { engine, folder, queue, live: Mutex::new(HashMap::new()) }));
        for mut job in imports.stored().await? {
            if !job.state.is_final() {
                job.fail("the server ended during this import; the rows written so far stand and can be undone");
                imports.keep(&job).await?;
            }
        }
        tokio::spawn(imports.clone().work(work));
        Ok(imports)
    }

    /// The folder for files under way.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Queues an import. The same file into the same collection with the same mapping answers the
    /// job that wrote it, unless `again`.
    pub async fn start(&self, ask: ImportAsk, actor: &Actor) -> Result<Job> {
        self.check_target(&ask, actor)?;
        if !ask.dry_run && !ask.again {
            let earlier =
                self.stored().await?.into_iter().find(|job| job.repeats(&ask) && owns(actor, job));
            if let Some(mut job) = earlier {
                job.already_imported = true;
                drop(std::fs::remove_file(&ask.path));
                return Ok(job);
            }
        }
        let job = Job::new(base::short_id()?, &ask, actor.user(), self.0.engine.clock().now_iso());
        self.queue(&job, |live| Work::Import { ask: Box::new(ask), actor: actor.clone(), live })
            .await?;
        Ok(job)
    }

    /// Queues the removal of exactly the rows that the job wrote.
    pub async fn undo(&self, id: &str, actor: &Actor) -> Result<Job> {
        let mut job = self.get(id, actor).await?;
        if job.rows_written == 0 || job.dry_run {
            return Err(Error::new(
                Code::ValidationError,
                "this import wrote nothing that could be undone",
            ));
        }
        if !job.state.is_final() || job.state == State::Undone {
            return Err(Error::new(
                Code::ValidationError,
                format!("an import that is {} cannot be undone", job.state.as_str()),
            ));
        }
        let source = format!("import:{}", job.id);
        if self.rows_of(&job.collection, &source, 0).await?.is_empty() {
            let hours = self.0.engine.limits().change_keep_ms / 3_600_000;
            return Err(Error::new(
                Code::ValidationError,
                format!("which rows an import wrote is known for {hours} hours; these have passed"),
            ));
        }
        job.state = State::Undoing;
        self.queue(&job, |live| Work::Undo { actor: actor.clone(), live }).await?;
        Ok(job)
    }

    /// Stops a job at its next batch; rows written so far are removed.
    pub async fn cancel(&self, id: &str, actor: &Actor) -> Result<Job> {
        let job = self.get(id, actor).await?;
        if let Some(live) = self.live(id) {
            live.cancelled.store(true, Ordering::Release);
        }
        Ok(job)
    }

    /// One job, for its owner and administrators.
    pub async fn get(&self, id: &str, actor: &Actor) -> Result<Job> {
        let job = match self.live(id) {
            Some(live) => Some(live.job.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            None => self.stored().await?.into_iter().find(|job| job.id == id),
        };
        job.filter(|job| owns(actor, job))
            .ok_or_else(|| Error::new(Code::NotFound, format!("there is no import `{id}`")))
    }

    /// The newest jobs, for their owner and administrators.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Job>> {
        let stored = self.stored().await?;
        let fresh = |job: Job| match self.live(&job.id) {
            Some(live) => live.job.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => job,
        };
        Ok(stored.into_iter().map(fresh).filter(|job| owns(actor, job)).collect())
    }

    /// The rejects of a job as CSV, with the line and a reason beside each row.
    pub async fn rejects(&self, id: &str, actor: &Actor) -> Result<Vec<u8>> {
        let job = self.get(id, actor).await?;
        tokio::fs::read(self.rejects_path(&job.id))
            .await
            .map_err(|_| Error::new(Code::NotFound, format!("import `{id}` rejected nothing")))
    }

    fn rejects_path(&self, id: &str) -> PathBuf {
        self.0.folder.join(format!("{id}-rejects.csv"))
    }

    fn live(&self, id: &str) -> Option<Live> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn check_target(&self, ask: &ImportAsk, actor: &Actor) -> Result<()> {
        let state = self.0.engine.state();
        let granted = actor.unbound()
            || actor.policies.get(&ask.collection, access::Action::Create).is_some();
        let Some(collection) = state.catalog.get(&ask.collection).filter(|_| granted) else {
            return Err(match actor.unbound() {
                true => crate::read::unknown_collection(&ask.collection, &state),
                false => access::denied(access::Action::Create, &ask.collection),
            });
        };
        let policy = actor.policies.get(&ask.collection, access::Action::Create);
        for field in ask.mapping.values().flatten() {
            let known = collection.field(field).is_some() || collection.relation(field).is_some();
            // What the role may not write is told like what does not exist.
            let granted = actor.unbound()
                || *field == collection.primary_key
                || policy.is_some_and(|policy| {
                    policy.fields.allows(&[field], false) || policy.fields.reaches(&[field])
                });
            if !known || !granted {
                let error = Error::new(
                    Code::UnknownField,
                    format!("`{}` has no field `{field}`", ask.collection),
                )
                .at(format!("mapping.{field}"));
                return Err(match base::nearest(field, collection.visible_names()) {
                    Some(near) if actor.unbound() => error.hint(format!("did you mean `{near}`?")),
                    Some(_) | None => error,
                });
            }
        }
        Ok(())
    }

    async fn queue(&self, job: &Job, work: impl FnOnce(Live) -> Work) -> Result<()> {
        let place = self.0.queue.clone().try_reserve_owned().map_err(|_| {
            Error::new(Code::Unavailable, format!("{QUEUE_MAX} imports are waiting already"))
                .retry_after_ms(5_000)
        })?;
        self.keep(job).await?;
        let live = Live { job: Arc::new(Mutex::new(job.clone())), cancelled: Arc::default() };
        self.0
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.id.clone(), live.clone());
        place.send(work(live));
        Ok(())
    }

    async fn work(self, mut work: mpsc::Receiver<Work>) {
        while let Some(next) = work.recv().await {
            let live = match &next {
                Work::Import { live, .. } | Work::Undo { live, .. } => live.clone(),
            };
            let outcome = match next {
                Work::Import { ask, actor, live } => {
                    let outcome = self.import(&ask, &actor, &live).await;
                    drop(std::fs::remove_file(&ask.path));
                    outcome
                }
                Work::Undo { actor, live } => self.remove_rows(&actor, &live, State::Undone).await,
            };
            let job = {
                let mut job = live.job.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(fault) = outcome {
                    job.fail(fault.message());
                }
                job.ended_at = Some(self.0.engine.clock().now_iso());
                job.clone()
            };
            if let Err(fault) = self.keep(&job).await {
                tracing::error!(%fault, import = job.id, "an import's outcome was not kept");
            }
            self.0.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
        }
    }

    async fn import(&self, ask: &ImportAsk, actor: &Actor, live: &Live) -> Result<()> {
        let rejected = self.check(ask, actor, live).await?;
        let (valid, refused) = live.with(|job| (job.rows_valid, job.rows_rejected));
        if live.is_cancelled() {
            live.with(|job| job.state = State::Cancelled);
            return Ok(());
        }
        if ask.dry_run {
            live.with(|job| job.state = State::Done);
            return Ok(());
        }
        if refused > 0 && ask.mode == Mode::All {
            return Err(Error::new(
                Code::ImportFailed,
                format!("{refused} of {} rows were refused; nothing was written", valid + refused),
            ));
        }
        self.write(ask, actor, live, &rejected).await
    }

    /// The actor with the rights it has now: what was taken away while a job waited or ran is
    /// not used any more.
    async fn standing(&self, actor: &Actor) -> Result<Actor> {
        let Some(user) = actor.user() else { return Ok(actor.clone()) };
        let read = query::Read {
            collection: String::from("baasix_User"),
            key: Some(Json::from(user)),
            fields: ["status", "userRoles.role_Id"].map(str::to_owned).to_vec(),
            ..query::Read::default()
        };
        let gone =
            || Error::new(Code::Forbidden, "whoever began this import may not write any more");
        let found = self
            .0
            .engine
            .find(&read, "judge who imports")
            .await
            .map_err(|fault| if fault.code() == Code::ItemNotFound { gone() } else { fault })?;
        let row = found.into_iter().next().unwrap_or_default();
        let roles = row.get("userRoles").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let held = roles.iter().any(|one| one["role_Id"].as_str() == actor.role.as_deref());
        let state = self.0.engine.state();
        let role = actor.role.as_ref().and_then(|id| state.roles.get(id)).filter(|_| held);
        match role.filter(|_| row.get("status").and_then(Json::as_str) == Some("active")) {
            Some(role) => Ok(Actor { policies: Arc::clone(&role.policies), ..actor.clone() }),
            None => Err(gone()),
        }
    }

    /// Parses and judges every row; nothing is written. Answers the lines that were refused.
    async fn check(&self, ask: &ImportAsk, actor: &Actor, live: &Live) -> Result<HashSet<u64>> {
        live.with(|job| job.state = State::Checking);
        let mut rejects = Rejects::create(self.rejects_path(&live.id()))?;
        let mut refused = HashSet::new();
        let mut batches = rows::read(ask, AHEAD, BATCH_ROWS);
        let cells = Cells::new(ask, self.0.engine.state().catalog.get(&ask.collection));
        while let Some(batch) = batches.recv().await {
            let actor = &self.standing(actor).await?;
            for row in batch? {
                let judged = cells.body(&row).and_then(|body| {
                    self.0
                        .engine
                        .judge_create(&ask.collection, body, actor, true)
                        .map_err(|fault| cells.addressed(&row, &fault))
                });
                if let Err(faults) = &judged {
                    refused.insert(row.line);
                    rejects.write(&row, faults)?;
                }
                live.with(|job| job.judged(&row, judged.err()));
            }
            if live.is_cancelled() {
                break;
            }
            tokio::task::yield_now().await;
        }
        rejects.finish()?;
        Ok(refused)
    }

    async fn write(
        &self,
        ask: &ImportAsk,
        actor: &Actor,
        live: &Live,
        rejected: &HashSet<u64>,
    ) -> Result<()> {
        let before = self.readable_rows(&ask.collection, actor).await;
        let now_ms = self.0.engine.clock().now_ms();
        live.with(|job| job.writing(before, now_ms));
        let mut batches = rows::read(ask, AHEAD, BATCH_ROWS);
        let cells = Cells::new(ask, self.0.engine.state().catalog.get(&ask.collection));
        let mut rejects = Rejects::append(self.rejects_path(&live.id()))?;
        while let Some(batch) = batches.recv().await {
            let good: Vec<Row> =
                batch?.into_iter().filter(|row| !rejected.contains(&row.line)).collect();
            let actor = &self.standing(actor).await?;
            let batch = Batch { ask, actor, live, cells: &cells };
            self.write_batch(&batch, good, &mut rejects).await?;
            let refused_late = live.with(|job| job.rows_rejected) > rejected.len() as u64;
            if live.is_cancelled() || (refused_late && ask.mode == Mode::All) {
                let end = if live.is_cancelled() { State::Cancelled } else { State::Failed };
                live.with(|job| {
                    job.error = (end == State::Failed).then(|| {
                        String::from("a row was refused by the database; nothing was kept")
                    })
                });
                return self.remove_rows(&Actor::system("take back an import"), live, end).await;
            }
        }
        rejects.finish()?;
        let after = self.readable_rows(&ask.collection, actor).await;
        live.with(|job| {
            job.rows_after = after;
            job.state = State::Done;
        });
        Ok(())
    }

    /// Rows of the collection that the actor may read; `None` where it may read none, or where
    /// they could not be counted: a number for the receipt is no reason to end an import.
    async fn readable_rows(&self, collection: &str, actor: &Actor) -> Option<u64> {
        let read = query::Read {
            collection: collection.to_owned(),
            limit: Some(1),
            ..query::Read::default()
        };
        self.0.engine.read(&read, actor, sql::Numbers::Tokens).await.ok()?.total
    }

    /// Writes rows in one transaction; when the database refuses it, the rows at fault are found
    /// by halving, so that each is told with its own reason.
    async fn write_batch(
        &self,
        batch: &Batch<'_>,
        rows: Vec<Row>,
        rejects: &mut Rejects,
    ) -> Result<()> {
        let Batch { ask, actor, live, cells } = *batch;
        let source = format!("import:{}", live.id());
        let mut waiting = vec![rows];
        while let Some(rows) = waiting.pop() {
            if rows.is_empty() {
                continue;
            }
            let mut operations = Vec::with_capacity(rows.len());
            for row in &rows {
                // Judged before; a schema change in between is told like any other refusal.
                let body = cells.body(row).unwrap_or_default();
                operations.push(Operation::Create { collection: ask.collection.clone(), body });
            }
            let write = Write { operations, strict: true };
            match self.0.engine.write(write, actor, Some(&source)).await {
                Ok(written) => {
                    let now_ms = self.0.engine.clock().now_ms();
                    live.with(|job| job.written(&rows, &written.keys, now_ms));
                }
                Err(fault)
                    if matches!(
                        fault.code(),
                        Code::Internal | Code::Unavailable | Code::Timeout
                    ) =>
                {
                    return Err(fault);
                }
                Err(fault) if rows.len() == 1 => {
                    let faults = cells.addressed(&rows[0], &fault);
                    rejects.write(&rows[0], &faults)?;
                    live.with(|job| job.refused_late(&rows[0], faults));
                }
                Err(_) => {
                    let mut first = rows;
                    let second = first.split_off(first.len() / 2);
                    waiting.push(second);
                    waiting.push(first);
                }
            }
        }
        let job = live.with(|job| job.clone());
        self.keep(&job).await
    }

    /// Removes exactly the rows that the job wrote and that still stand, oldest first, in short
    /// transactions.
    async fn remove_rows(&self, actor: &Actor, live: &Live, end: State) -> Result<()> {
        let collection = live.with(|job| job.collection.clone());
        let source = format!("import:{}", live.id());
        let mut behind = 0_i64;
        loop {
            let written = self.rows_of(&collection, &source, behind).await?;
            let Some((last, _)) = written.last() else { break };
            behind = *last;
            let keys = written.into_iter().map(|(_, key)| key).collect();
            let removed = self.remove_batch(&collection, keys, actor, &source).await?;
            live.with(|job| job.rows_removed += removed);
        }
        live.with(|job| job.state = end);
        Ok(())
    }

    /// Removes records in one transaction; those that somebody else removed first are found by
    /// halving and passed over.
    async fn remove_batch(
        &self,
        collection: &str,
        keys: Vec<String>,
        actor: &Actor,
        source: &str,
    ) -> Result<u64> {
        let undo = format!("undo-{source}");
        let mut removed = 0;
        let mut waiting = vec![keys];
        while let Some(mut keys) = waiting.pop() {
            let operations = keys.iter().map(|key| Operation::Delete {
                collection: collection.to_owned(),
                key: Json::String(key.clone()),
                expect: Map::new(),
                force: actor.unbound(),
            });
            let write = Write { operations: operations.collect(), strict: false };
            match self.0.engine.write(write, actor, Some(&undo)).await {
                Ok(_) => removed += keys.len() as u64,
                Err(fault) if fault.code() != Code::ItemNotFound => return Err(fault),
                Err(_) if keys.len() == 1 => {}
                Err(_) => {
                    waiting.push(keys.split_off(keys.len() / 2));
                    waiting.push(keys);
                }
            }
        }
        Ok(removed)
    }

    /// Up to a batch of the records that the job created, with their place in `_change`.
    async fn rows_of(
        &self,
        collection: &str,
        source: &str,
        behind: i64,
    ) -> Result<Vec<(i64, String)>> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT seq, id FROM "_change" WHERE source = ?1 AND collection = ?2 AND op = 'create' AND seq > ?3 ORDER BY seq LIMIT ?4"#
            }
            Dialect::Postgres => {
                r#"SELECT seq, id FROM "_change" WHERE source = $1 AND collection = $2 AND op = 'create' AND seq > $3::bigint ORDER BY seq LIMIT $4::bigint"#
            }
        };
        let binds = vec![
            Bind::Value(Value::text(source)),
            Bind::Value(Value::text(collection)),
            Bind::Value(Value::Int(behind)),
            Bind::Value(Value::Int(i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX))),
        ];
        let rows = self.0.engine.store().rows(&Statement { text: Arc::from(text), binds }).await?;
        let place = |row: Vec<Value>| match row.as_slice() {
            [Value::Int(seq), Value::Text(id)] => Some((*seq, id.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(place).collect())
    }

    async fn stored(&self) -> Result<Vec<Job>> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => r#"SELECT job FROM "_import" ORDER BY at_ms DESC LIMIT ?1"#,
            Dialect::Postgres => {
                r#"SELECT job FROM "_import" ORDER BY at_ms DESC LIMIT $1::bigint"#
            }
        };
        let binds = vec![Bind::Value(Value::Int(LISTED_MAX))];
        let rows = self.0.engine.store().rows(&Statement { text: Arc::from(text), binds }).await?;
        let parse = |row: &Vec<Value>| {
            let text = row.first().and_then(Value::as_text).unwrap_or_default();
            serde_json::from_str(text)
                .map_err(|fault| Error::internal("a stored import is unreadable").caused_by(fault))
        };
        rows.iter().map(parse).collect()
    }

    async fn keep(&self, job: &Job) -> Result<()> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"INSERT INTO "_import"(id, at_ms, job) VALUES (?1, ?2, ?3) ON CONFLICT(id) DO UPDATE SET job = excluded.job"#
            }
            Dialect::Postgres => {
                r#"INSERT INTO "_import"(id, at_ms, job) VALUES ($1, $2::bigint, $3) ON CONFLICT(id) DO UPDATE SET job = excluded.job"#
            }
        };
        let json = serde_json::to_string(job)
            .map_err(|fault| Error::internal("write an import").caused_by(fault))?;
        let binds = vec![
            Bind::Value(Value::text(&job.id)),
            Bind::Value(Value::Int(self.0.engine.clock().now_ms())),
            Bind::Value(Value::Text(json)),
        ];
        let statement = Statement { text: Arc::from(text), binds };
        let steps = vec![ProgramStep::new(statement, Expect::Any)];
        self.0.engine.store().write(Program { steps }).await.map(drop)
    }
}

/// What every batch of one job shares.
struct Batch<'a> {
    ask: &'a ImportAsk,
    actor: &'a Actor,
    live: &'a Live,
    cells: &'a Cells,
}

impl Live {
    fn with<T>(&self, change: impl FnOnce(&mut Job) -> T) -> T {
        change(&mut self.job.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn id(&self) -> String {
        self.with(|job| job.id.clone())
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

fn owns(actor: &Actor, job: &Job) -> bool {
    actor.unbound() || (actor.user().is_some() && actor.user() == job.owner.as_deref())
}
