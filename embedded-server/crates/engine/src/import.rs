//! Imports as jobs: a file is checked row by row and put aside, then its rows move into their
//! collection in sets. Nobody sees one of them before the last has moved (ADR 0016).
//!
//! One job runs at a time, others wait in a bounded queue. What was told of its records stays with
//! the job for a while: that is what undo removes, also after a crash.

mod along;
mod altered;
mod besides;
mod cells;
mod changed;
mod job;
mod kept;
mod lines;
mod moving;
mod rejects;
mod rows;
mod staging;
mod twins;
mod undo;
mod whole;

pub use cells::without_empty;
pub use job::{Format, ImportAsk, Job, Left, Mode, Pace, RowFault, State, Stays};

use crate::Engine;
use crate::schema::former::former;
use crate::schema::values::grouped;
use access::Actor;
use base::{Code, Error, Result};
use catalog::Collection;
use cells::Cells;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Rows checked, put aside and moved at once: short enough that other writes wait milliseconds.
const BATCH_ROWS: usize = 1_000;

/// Jobs waiting before new ones are refused.
const QUEUE_MAX: usize = 16;

/// Faults kept in the job itself; all of them are in its rejects file.
const FAULTS_KEPT: usize = 100;

/// Jobs listed.
const LISTED_MAX: i64 = 200;

/// Batches parsed ahead of the checker.
const AHEAD: usize = 4;

/// The imports of one project. Cheap to clone.
#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    engine: Engine,
    folder: PathBuf,
    /// By which jobs are told apart from those of other processes on the same database.
    process: String,
    queue: mpsc::Sender<Work>,
    /// Whether a file was imported before is asked by one at a time.
    starting: tokio::sync::Mutex<()>,
    live: Mutex<HashMap<String, Live>>,
}

#[derive(Clone)]
struct Live {
    job: Arc<Mutex<Job>>,
    cancelled: Arc<AtomicBool>,
}

enum Work {
    Import { ask: Box<ImportAsk>, actor: Actor, live: Live },
    Undo { consent: bool, before: State, actor: Actor, live: Live },
}

/// What every step of one import knows.
struct Run<'a> {
    ask: &'a ImportAsk,
    actor: &'a Actor,
    live: &'a Live,
    cells: Cells,
    id: String,
}

impl Imports {
    /// Starts the one worker. Jobs that a crash cut off are told as failed.
    pub async fn open(engine: Engine, folder: PathBuf) -> Result<Self> {
        base::owners_folder().create(&folder).map_err(|fault| {
            Error::new(
                Code::ConfigInvalid,
                format!("cannot use the folder {}: {fault}", folder.display()),
            )
        })?;
        let (queue, work) = mpsc::channel(QUEUE_MAX);
        let inner = Inner {
            engine,
            folder,
            process: base::short_id()?,
            queue,
            starting: tokio::sync::Mutex::default(),
            live: Mutex::default(),
        };
        let imports = Self(Arc::new(inner));
        tokio::spawn(imports.clone().work(work));
        Ok(imports)
    }

    /// Says of the jobs of this process that they run, and cleans up behind processes that
    /// ended in the middle of theirs, for as long as this is polled.
    pub async fn watch(self) {
        let says = self.say_so();
        let cleans = async {
            loop {
                if let Err(fault) = self.clean_up().await {
                    tracing::warn!(%fault, "what is left of an import could not be removed yet");
                }
                tokio::time::sleep(kept::SAID_EVERY).await;
            }
        };
        tokio::join!(says, cleans);
    }

    /// The folder for files under way.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Queues an import. The same file into the same collection with the same mapping answers the
    /// job that wrote it, unless `again`.
    pub async fn start(&self, ask: ImportAsk, actor: &Actor) -> Result<Job> {
        let path = ask.path.clone();
        let started = self.start_with(ask, actor).await;
        if started.is_err() {
            drop(std::fs::remove_file(&path));
        }
        started
    }

    async fn start_with(&self, ask: ImportAsk, actor: &Actor) -> Result<Job> {
        self.0.engine.look_for([ask.collection.as_str()]).await?;
        self.check_target(&ask, actor)?;
        let looked = ask.clone();
        tokio::task::spawn_blocking(move || rows::has_mapped(&looked))
            .await
            .map_err(|fault| Error::internal("a header was not read").caused_by(fault))??;
        let _alone = self.0.starting.lock().await;
        if !ask.dry_run && !ask.again {
            let known = self.stored_of(&ask.hash).await?.into_iter();
            let mut known = known
                .filter(|job| job.state.is_final() || self.live(&job.id).is_some())
                .filter(|job| self.target(job).is_some_and(|one| one.name == ask.collection))
                .map(|job| self.named(self.fresh(job)));
            if let Some(mut job) = known.find(|job| job.repeats(&ask) && owns(actor, job)) {
                // One that is on its way is answered as it is: it will do what was asked.
                job.already_imported = job.state == State::Done;
                drop(std::fs::remove_file(&ask.path));
                return Ok(job);
            }
        }
        let now = self.0.engine.clock().now_iso();
        let mut job = Job::new(base::short_id()?, &ask, actor.user(), now);
        let target = self.target(&job);
        job.schema_id = target.map(|one| one.schema_id().to_owned());
        let work = |live| Work::Import { ask: Box::new(ask), actor: actor.clone(), live };
        self.queue(&job, None, work).await?;
        Ok(job)
    }

    /// Queues the removal of exactly the rows that the job wrote. What was changed in them since
    /// would go with them, which wants `consent`.
    pub async fn undo(&self, id: &str, consent: bool, actor: &Actor) -> Result<Job> {
        let mut job = self.get(id, actor).await?;
        if job.rows_written == 0 || job.dry_run {
            return Err(Error::new(
                Code::ValidationError,
                "this import wrote nothing that could be undone",
            ));
        }
        if !job.state.is_final() || job.state == State::Undone {
            return Err(busy(job.state));
        }
        self.removable(&job, actor)?;
        job = self.known(job).await?;
        if self.rows_of(&job, 0).await?.is_empty() {
            let hours = self.0.engine.limits().change_keep_ms / 3_600_000;
            return Err(Error::new(
                Code::ValidationError,
                format!("which rows an import wrote is known for {hours} hours; these have passed"),
            ));
        }
        if !consent {
            self.asked_for(&job).await?;
        }
        let stood = job.clone();
        let before = std::mem::replace(&mut job.state, State::Undoing);
        job.error = None;
        let asks = actor.clone();
        let work = |live| Work::Undo { consent, before, actor: asks, live };
        if !self.queue(&job, Some(&stood), work).await? {
            return Err(busy(self.get(id, actor).await?.state));
        }
        Ok(job)
    }

    /// Stops a job at its next batch; rows moved so far are removed, unseen.
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
            None => self.stored_job(id).await?,
        };
        job.filter(|job| owns(actor, job))
            .map(|job| self.named(job))
            .ok_or_else(|| Error::new(Code::NotFound, format!("there is no import `{id}`")))
    }

    /// The collection that a job is about, as it stands: a name alone may be another one's by now.
    fn target(&self, job: &Job) -> Option<Arc<Collection>> {
        let state = self.0.engine.state();
        match &job.schema_id {
            Some(id) => {
                let mut all = state.catalog.collections.values();
                all.find(|one| one.schema_id() == id).cloned()
            }
            None => state.catalog.get(&job.collection).cloned(),
        }
    }

    /// A job with its collection by the name of today.
    fn named(&self, mut job: Job) -> Job {
        if let Some(target) = self.target(&job) {
            job.collection.clone_from(&target.name);
        }
        job
    }

    /// The same with the names that its collection had.
    async fn known(&self, job: Job) -> Result<Job> {
        let mut job = self.named(job);
        if let Some(target) = self.target(&job) {
            job.former = former(self.0.engine.store(), target.schema_id()).await?;
        }
        Ok(job)
    }

    /// The collection of a job, if the actor may remove records there at all.
    fn removable(&self, job: &Job, actor: &Actor) -> Result<Arc<Collection>> {
        let granted = |one: &Arc<Collection>| {
            actor.unbound() || actor.policies.get(&one.name, access::Action::Delete).is_some()
        };
        match self.target(job) {
            Some(target) if granted(&target) => Ok(target),
            None if actor.unbound() => Err(Error::new(
                Code::CollectionNotFound,
                format!("the collection `{}` of this import has ended", job.collection),
            )
            .at("collection")
            .hint("undo the change of the schema that ended it first")),
            _ => Err(access::denied(access::Action::Delete, &job.collection)),
        }
    }

    /// The newest jobs, for their owner and administrators.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Job>> {
        let stored = self.stored().await?;
        let fresh = stored.into_iter().map(|job| self.fresh(job));
        Ok(fresh.filter(|job| owns(actor, job)).map(|job| self.named(job)).collect())
    }

    /// A job as it is now, when it runs here.
    fn fresh(&self, job: Job) -> Job {
        match self.live(&job.id) {
            Some(live) => live.job.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => job,
        }
    }

    fn live_ids(&self) -> Vec<String> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
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
            let named = collection.called(field);
            let known = named.is_some() || collection.relation(field).is_some();
            // What the role may not write is told like what does not exist.
            let granted = actor.unbound()
                || named.is_some_and(|field| field.primary_key)
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

    /// Queues a job; one that `stood` before only if it still does, which is answered.
    async fn queue(
        &self,
        job: &Job,
        stood: Option<&Job>,
        work: impl FnOnce(Live) -> Work,
    ) -> Result<bool> {
        let place = self.0.queue.clone().try_reserve_owned().map_err(|_| {
            Error::new(Code::Unavailable, format!("{QUEUE_MAX} imports are waiting already"))
                .retry_after_ms(5_000)
        })?;
        match stood {
            Some(stood) if !self.begin_again(stood, job).await? => return Ok(false),
            Some(_) => {}
            None => self.keep(job).await?,
        }
        let live = Live { job: Arc::new(Mutex::new(job.clone())), cancelled: Arc::default() };
        self.begin(&job.id, live.clone());
        place.send(work(live));
        Ok(true)
    }

    fn begin(&self, id: &str, live: Live) {
        let mut known = self.0.live.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.to_owned(), live);
    }

    fn finished(&self, id: &str) {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    async fn work(self, mut work: mpsc::Receiver<Work>) {
        while let Some(next) = work.recv().await {
            let live = match &next {
                Work::Import { live, .. } | Work::Undo { live, .. } => live.clone(),
            };
            let mut stood = None;
            let outcome = match next {
                Work::Import { ask, actor, live } => {
                    let outcome = self.import(&ask, &actor, &live).await;
                    drop(std::fs::remove_file(&ask.path));
                    outcome
                }
                Work::Undo { consent, before, actor, live } => {
                    stood = Some(before);
                    self.take_back(consent, &actor, &live).await
                }
            };
            // Told as ended once all of it is kept.
            let mut job = live.with(|job| job.clone());
            match (outcome, stood) {
                (Ok(state), _) => job.state = state,
                (Err(fault), Some(before)) => job.stays(before, fault.message()),
                (Err(fault), None) => job.fail(fault.message()),
            }
            if !job.state.is_final() {
                // It falls silent, and is cleaned up behind like one that was cut off.
                self.finished(&job.id);
                continue;
            }
            job.ended_at = Some(self.0.engine.clock().now_iso());
            if let Err(fault) = self.end(&job).await {
                tracing::error!(%fault, import = job.id, "an import's outcome was not kept");
            }
            self.finished(&job.id);
        }
    }

    async fn import(&self, ask: &ImportAsk, actor: &Actor, live: &Live) -> Result<State> {
        let cells = Cells::new(ask, self.0.engine.state().catalog.get(&ask.collection));
        let run = Run { ask, actor, live, cells, id: live.id() };
        let outcome = self.phases(&run).await;
        if !matches!(outcome, Ok(State::Done)) {
            // Nobody has seen a row of it, and nobody will.
            match self.sweep(&run.id, &ask.collection).await {
                Ok(removed) => live.with(|job| job.rows_removed = removed),
                Err(fault) => {
                    tracing::error!(%fault, import = run.id, "rows of an import stay behind, unseen");
                    return Ok(State::Writing);
                }
            }
        }
        outcome
    }

    async fn phases(&self, run: &Run<'_>) -> Result<State> {
        let staged = self.stage(run).await?;
        let (valid, refused) = run.live.with(|job| (job.rows_valid, job.rows_rejected));
        if run.live.is_cancelled() {
            return Ok(State::Cancelled);
        }
        if valid + refused == 0 {
            return Err(Error::new(Code::ImportFailed, "the file has no rows"));
        }
        if run.ask.dry_run {
            return Ok(State::Done);
        }
        if refused > 0 && run.ask.mode == Mode::All {
            return Err(nothing_kept(refused, valid + refused));
        }
        match staged {
            Some(staged) => self.move_all(run, staged).await,
            None => self.whole(run).await,
        }
    }

    /// The actor with the rights it has now: what was taken away while a job waited or ran is
    /// not used any more.
    async fn standing(&self, actor: &Actor) -> Result<Actor> {
        let Some(user) = actor.user() else { return Ok(actor.clone()) };
        let read = query::Read {
            collection: String::from("baasix_User"),
            key: Some(Json::from(user)),
            fields: ["status", "userRoles.role_Id", "userRoles.tenant_Id"]
                .map(str::to_owned)
                .to_vec(),
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
        // A role that is held in one tenant is none in another.
        let there = |one: &Json| {
            !actor.tenancy.holds()
                || one["tenant_Id"].is_null()
                || one["tenant_Id"].as_str() == actor.tenant.as_deref()
        };
        let held =
            roles.iter().any(|one| one["role_Id"].as_str() == actor.role.as_deref() && there(one));
        let state = self.0.engine.state();
        let role = actor.role.as_ref().and_then(|id| state.roles.get(id)).filter(|_| held);
        match role.filter(|_| row.get("status").and_then(Json::as_str) == Some("active")) {
            Some(role) => {
                let policies = match &actor.scopes {
                    Some(scopes) => Arc::clone(&state.ceiling(role, scopes).policies),
                    None => Arc::clone(&role.policies),
                };
                Ok(Actor { policies, ..actor.clone() })
            }
            None => Err(gone()),
        }
    }
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

/// Whose a job is. A token with scopes sees those of its person into collections within them.
fn owns(actor: &Actor, job: &Job) -> bool {
    let within = actor.scopes.is_none()
        || actor.policies.get(&job.collection, access::Action::Create).is_some();
    actor.free() || (within && actor.user().is_some() && actor.user() == job.owner.as_deref())
}

fn nothing_kept(refused: u64, all: u64) -> Error {
    Error::new(
        Code::ImportFailed,
        format!("{} of {} rows were refused; nothing was written", grouped(refused), grouped(all)),
    )
}

/// Why an import in this state is not taken back.
fn busy(state: State) -> Error {
    let message = format!("an import that is {} cannot be undone", state.as_str());
    Error::new(Code::Conflict, message)
}

/// Whether a refusal is about the store and not about a row.
fn is_ours(fault: &Error) -> bool {
    matches!(fault.code(), Code::Internal | Code::Unavailable | Code::Timeout)
}
