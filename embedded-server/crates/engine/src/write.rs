//! The life of a write: before-hooks, asked names, resolve, guard, compile, one transaction, wake.

use crate::identity::Concerned;
use crate::kept::{self, Kept};
use crate::outside::concerns_others;
use crate::place::in_place;
use crate::read::unknown_collection;
use crate::{Engine, State, privilege};
use access::{Actor, Guarded, Identity};
use base::{Code, Detail, Error, Result, Value};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use query::{Cond, Context, Operation, Read, Scope, Write, WritePlan};
use serde_json::{Map, Value as Json};
use sql::{ChangeStamp, CompiledWrite, Dialect, Expect, Numbers, Program, ProgramStep, Statement};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Outcome;

/// What a write answers.
#[derive(Debug, Default)]
pub struct Written {
    /// The key of each asked operation's record, in order.
    pub keys: Vec<Value>,
    /// What was dropped.
    pub warnings: Vec<Detail>,
}

/// A write that only waits for the store.
struct Prepared {
    compiled: CompiledWrite,
    /// For each asked operation, the step of the plan whose record answers it.
    answers: Vec<usize>,
    warnings: Vec<Detail>,
    /// Collections that nested steps write to.
    touched: BTreeSet<String>,
    /// What was compiled, to be compiled anew.
    plan: Guarded<WritePlan>,
    stamp: ChangeStamp,
}

/// What must hold in the same transaction as a write.
pub(crate) trait Provided: Sync {
    /// The write with the steps that see to it.
    fn around(&self, compiled: CompiledWrite, dialect: Dialect) -> CompiledWrite;

    /// Whether whoever may remove a record removes it for good where the write says so, which is an
    /// administrator's word otherwise.
    fn purges(&self) -> bool {
        false
    }
}

/// A write with every name found, every value typed and every policy in it.
pub(crate) struct Planned {
    pub(crate) guarded: Guarded<WritePlan>,
    /// As in [`Prepared`].
    answers: Vec<usize>,
    warnings: Vec<Detail>,
    touched: BTreeSet<String>,
}

/// What an operation expects to find, kept for the refusal.
struct Compared {
    collection: String,
    key: Json,
    expect: Map<String, Json>,
}

fn compared(write: &Write) -> IndexMap<usize, Compared> {
    let operations = write.operations.iter().enumerate();
    operations
        .filter_map(|(index, operation)| match operation {
            Operation::Update { collection, key, expect, .. }
            | Operation::Delete { collection, key, expect, .. }
                if !expect.is_empty() =>
            {
                let (collection, key) = (collection.clone(), key.clone());
                Some((index, Compared { collection, key, expect: expect.clone() }))
            }
            Operation::Create { .. } | Operation::Update { .. } | Operation::Delete { .. } => None,
        })
        .collect()
}

impl Engine {
    /// Writes everything or nothing, with one `_change` row per record in the same transaction.
    pub async fn write(
        &self,
        write: Write,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Written> {
        self.write_if(write, None, actor, source).await
    }

    /// The same if, in that transaction, something holds.
    pub(crate) async fn write_if(
        &self,
        mut write: Write,
        provided: Option<&dyn Provided>,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Written> {
        if write.operations.is_empty() {
            return Ok(Written::default());
        }
        let asked = write.operations.len();
        self.look_for_named(&write).await?;
        self.before_write(&mut write, actor).await?;
        let state = self.state();
        let touched: BTreeSet<String> =
            write.operations.iter().map(|operation| collection_of(operation).to_owned()).collect();
        let compared = compared(&write);
        let only_new = write.operations.iter().all(|one| matches!(one, Operation::Create { .. }));
        let purges = provided.is_some_and(Provided::purges);
        let prepared = self
            .prepare_write(&state, write, (asked, purges), actor, source)
            .await
            .map_err(|error| in_places_asked(error, asked))?;
        let all = touched.iter().chain(&prepared.touched);
        let told = concerns_others(all, only_new);
        let (plan, stamp, dialect) = (&prepared.plan, &prepared.stamp, self.store().dialect());
        let whole = |compiled: CompiledWrite| {
            let compiled = crate::last::kept(compiled, plan.plan(), dialect);
            match provided {
                Some(provided) => provided.around(compiled, dialect),
                None => compiled,
            }
        };
        let joined = prepared.compiled.joined;
        let compiled = whole(prepared.compiled);
        let mut outcome = self.told(compiled.program, told).await;
        let mut keys = compiled.keys;
        let room = match &outcome {
            Err(error) if error.code() == Code::ValidationError => {
                self.room_for(plan.plan(), &state).await?
            }
            Ok(_) | Err(_) => None,
        };
        // What is refused of many records in one statement names none of them. One by one the
        // first that is refused is named; if none is any more, so much the better.
        if let Err(error) = &outcome
            && (room.is_some() || joined && refuses_a_record(error.code()))
        {
            let apart = sql::compile_write_apart(plan, &state.catalog, dialect, stamp)?;
            let (room, _turns) = room.map(|room| (room.steps, room.turns)).unwrap_or_default();
            let apart = whole(apart.behind(room));
            outcome = self.told(apart.program, told).await;
            keys = apart.keys;
        }
        let outcome = match outcome {
            Err(error) => {
                let error = with_field_names(in_place(error, plan.plan()), &state.catalog);
                Err(self.with_foreign_fields(error, plan.plan(), &state, actor).await)
            }
            done => done,
        };
        let outcome = match outcome.map_err(|error| in_places_asked(error, asked)) {
            Err(error) if error.code() == Code::Conflict => {
                return Err(self.beside_each_other(error, &compared, actor).await);
            }
            Err(error) if self.is_behind(&error, &state).await => {
                self.take_over().await?;
                return Err(Error::new(
                    Code::PlanStale,
                    "the schema was changed by another process meanwhile; nothing was written",
                )
                .hint("look at the schema as it is now, and try again")
                .caused_by(error));
            }
            outcome => outcome.map_err(|error| as_told(error, actor))?,
        };
        let kept = |step: usize| outcome.steps.get(step).and_then(|done| done.kept.as_ref());
        let keys = keys.of(&prepared.answers, kept);
        let concerned = Concerned::by(&plan.plan().steps);
        self.after_write(&touched, &prepared.touched, concerned).await?;
        Ok(Written { keys, warnings: prepared.warnings })
    }

    /// Takes over what another process made a moment ago, where the write names what is not known
    /// here: told as unknown, an administrator's record would be written without it.
    async fn look_for_named(&self, write: &Write) -> Result<()> {
        let state = self.state();
        let unknown = write.operations.iter().any(|operation| {
            let Some(collection) = state.catalog.get(collection_of(operation)) else { return true };
            let (Operation::Create { body, .. } | Operation::Update { body, .. }) = operation
            else {
                return false;
            };
            let known = |name: &String| {
                collection.called(name).is_some() || collection.relation(name).is_some()
            };
            // Those of the system are changed by no process; the house's words are no fields of theirs.
            !collection.system && !body.keys().all(known)
        });
        if unknown && self.others_changed(&state).await {
            self.take_over().await?;
        }
        Ok(())
    }

    /// Puts what the caller saw beside what is stored, as far as the caller may read it.
    async fn beside_each_other(
        &self,
        error: Error,
        compared: &IndexMap<usize, Compared>,
        actor: &Actor,
    ) -> Error {
        let mut details = error.detail_list().to_vec();
        for detail in &mut details {
            let (Some(index), Some(field)) = (detail.index, detail.field.as_deref()) else {
                continue;
            };
            let Some(asked) = compared.get(&index) else { continue };
            detail.value = asked.expect.get(field).map(Json::to_string);
            let read = Read {
                collection: asked.collection.clone(),
                key: Some(asked.key.clone()),
                fields: vec![field.to_owned()],
                ..Read::default()
            };
            // Gone meanwhile: then there is nothing to put beside.
            let Ok(found) = self.read(&read, actor, Numbers::Tokens).await else { continue };
            let rows = crate::read::parse_rows(&found.json).unwrap_or_default();
            let row = rows.into_iter().next().unwrap_or_default();
            detail.current = row.get(field).map(Json::to_string);
        }
        error.details(details)
    }

    /// The statements a write would run, without running them.
    pub async fn preview(&self, mut write: Write, actor: &Actor) -> Result<Vec<String>> {
        let asked = write.operations.len();
        self.before_write(&mut write, actor).await?;
        let state = self.state();
        let prepared = self.prepare_write(&state, write, (asked, false), actor, None).await?;
        let texts =
            prepared.compiled.program.steps.iter().map(|step| step.statement.text.to_string());
        // What is shown is what changes the caller's records; bookkeeping stays out of sight.
        Ok(texts.filter(|text| !text.contains("\"_change\"") || text.contains("WITH")).collect())
    }

    async fn prepare_write(
        &self,
        state: &State,
        write: Write,
        (asked, purges): (usize, bool),
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Prepared> {
        let Planned { guarded, answers, warnings, touched } =
            self.plan_write_as(state, write, (asked, purges), actor).await?;
        let stamp = self.stamp(actor, source);
        let compiled =
            sql::compile_write(&guarded, &state.catalog, self.store().dialect(), &stamp)?;
        Ok(Prepared { compiled, answers, warnings, touched, plan: guarded, stamp })
    }

    /// `asked` operations are the caller's; those behind them were added by the house's hooks,
    /// and the caller's policies do not bind them.
    pub(crate) async fn plan_write(
        &self,
        state: &State,
        write: Write,
        asked: usize,
        actor: &Actor,
    ) -> Result<Planned> {
        self.plan_write_as(state, write, (asked, false), actor).await
    }

    /// The same, in which whoever may remove records `purges` those that it says to.
    async fn plan_write_as(
        &self,
        state: &State,
        mut write: Write,
        (asked, purges): (usize, bool),
        actor: &Actor,
    ) -> Result<Planned> {
        for operation in &write.operations {
            let name = collection_of(operation);
            if actor.unbound() && state.catalog.get(name).is_none() {
                return Err(unknown_collection(name, state));
            }
            refuse_catalog_rows(operation, actor)?;
        }
        let words = actor.words(self.clock().now_ms());
        let added = write.operations.split_off(asked.min(write.operations.len()));
        let for_good: Vec<bool> = write.operations.iter().map(is_for_good).collect();
        access::check_asked(&mut write, &state.catalog, actor, &words)?;
        for (operation, said) in write.operations.iter_mut().zip(for_good).filter(|_| purges) {
            if let Operation::Delete { force, .. } = operation {
                *force = said;
            }
        }
        write.operations.extend(added);
        let scope = Scope {
            visible: &state.catalog,
            full: &state.catalog,
            words: &words,
            limits: self.limits(),
        };
        let context = Context {
            words: words.clone(),
            administrator: actor.unbound(),
            sees_all: actor.free(),
            strict: write.strict,
        };
        let mut plan = query::resolve_write(&write, &scope, &context)?;
        self.seal_steps(&mut plan.steps).await?;
        let ours =
            plan.steps.iter().position(|step| step_index(step).is_some_and(|index| index >= asked));
        let ours = plan.steps.split_off(ours.unwrap_or(plan.steps.len()));
        privilege::bind(&mut plan, state, actor, &scope)?;
        let answers = std::mem::take(&mut plan.answers);
        let warnings = std::mem::take(&mut plan.warnings);
        let touched = plan.steps.iter().chain(&ours).filter_map(touched_by).collect();
        let guarded = match actor.identity {
            Identity::System(reason) => Guarded::for_system(plan, reason),
            Identity::Anonymous | Identity::User(_) => {
                access::guard_write(plan, &state.catalog, actor, &words, self.limits())?
            }
        };
        let guarded = if ours.is_empty() {
            guarded
        } else {
            let mut whole = guarded.plan().clone();
            whole.steps.extend(ours);
            Guarded::for_system(whole, "what the house does along with a guarded write")
        };
        Ok(Planned { guarded, answers, warnings, touched })
    }

    /// Who writes, from where and when.
    pub(crate) fn stamp(&self, actor: &Actor, source: Option<&str>) -> ChangeStamp {
        ChangeStamp {
            actor: actor.user().map(str::to_owned),
            source: source.map(str::to_owned),
            at_ms: self.clock().now_ms(),
            ip: actor.ip.clone(),
            tenant: actor.tenant.clone(),
        }
    }

    /// A plan of one new record without values: what the actor's policy says that rows of an
    /// import must be, asked of all of them when they move.
    pub(crate) fn arrival_plan(
        &self,
        state: &State,
        collection: &Arc<Collection>,
        actor: &Actor,
    ) -> Result<Guarded<WritePlan>> {
        let step = query::Step::Insert {
            collection: Arc::clone(collection),
            values: IndexMap::new(),
            check: Cond::Always,
            through: Vec::new(),
            index: 0,
        };
        let plan = WritePlan { steps: vec![step], ..WritePlan::default() };
        match actor.identity {
            Identity::System(reason) => Ok(Guarded::for_system(plan, reason)),
            Identity::Anonymous | Identity::User(_) => {
                let words = actor.words(self.clock().now_ms());
                access::guard_write(plan, &state.catalog, actor, &words, self.limits())
            }
        }
    }

    /// Runs a program; other processes are told of it if it concerns them.
    async fn told(&self, mut program: Program, concerns_others: bool) -> Result<Outcome> {
        if concerns_others && let Some(statement) = self.store().telling() {
            program.steps.push(ProgramStep::new(statement, Expect::Any));
        }
        self.store().write(program).await
    }

    /// Makes what was written visible to the next request: permissions, roles, identity, feed.
    async fn after_write(
        &self,
        asked: &BTreeSet<String>,
        all: &BTreeSet<String>,
        concerned: Concerned,
    ) -> Result<()> {
        let kept = asked.iter().chain(all).flat_map(|name| kept::of(name));
        if kept.into_iter().any(|kept| *kept == Kept::Policies) {
            self.reload_policies().await?;
        }
        self.identities().changed(concerned);
        self.feed().wake();
        Ok(())
    }
}

/// A refusal that names only places of the request's own list: operations that the house's hooks
/// added stand in none, and one operation is no list.
fn in_places_asked(error: Error, asked: usize) -> Error {
    let mut details = error.detail_list().to_vec();
    for detail in &mut details {
        detail.index = detail.index.filter(|index| asked > 1 && *index < asked);
    }
    error.details(details)
}

/// A refusal of the store that names computed fields by their ids, which stay when names change.
pub(crate) fn with_field_names(error: Error, catalog: &Catalog) -> Error {
    let mut details = error.detail_list().to_vec();
    for detail in &mut details {
        let fields = catalog.collections.values().flat_map(|one| one.fields.values());
        let mut computed = fields.filter(|field| field.computed.is_some());
        if let Some(field) = computed.find(|field| detail.field.as_ref() == Some(&field.id)) {
            detail.field = Some(field.name.clone());
        }
    }
    error.details(details)
}

/// What a trigger says is for who may see everything: it may name values of rows and fields that
/// the caller may not read.
pub(crate) fn as_told(error: Error, actor: &Actor) -> Error {
    const GENERAL: &str = "a rule of the database refused this";
    let mut details = error.detail_list().to_vec();
    let mut said = details.iter_mut().filter(|one| one.code == store::TRIGGER_REFUSED).peekable();
    if actor.unbound() || said.peek().is_none() {
        return error;
    }
    said.for_each(|one| one.message = GENERAL.to_owned());
    error.message_is(GENERAL).details(details)
}

/// Whether the database refused a record for what is in it.
fn refuses_a_record(code: Code) -> bool {
    matches!(
        code,
        Code::UniqueViolation
            | Code::ForeignKeyViolation
            | Code::RequiredFieldMissing
            | Code::ValidationError
    )
}

pub(crate) fn collection_of(operation: &Operation) -> &str {
    match operation {
        Operation::Create { collection, .. }
        | Operation::Update { collection, .. }
        | Operation::Delete { collection, .. } => collection,
    }
}

/// Whether an operation removes a record for good where deleted ones are kept.
fn is_for_good(operation: &Operation) -> bool {
    matches!(operation, Operation::Delete { force: true, .. })
}

/// Which operation a step belongs to; none where several do.
fn step_index(step: &query::Step) -> Option<usize> {
    match step {
        query::Step::Insert { index, .. }
        | query::Step::Update { index, .. }
        | query::Step::Delete { index, .. }
        | query::Step::Exists { index, .. } => Some(*index),
        query::Step::Pointed { index, .. } => *index,
    }
}

fn touched_by(step: &query::Step) -> Option<String> {
    match step {
        query::Step::Insert { collection, .. }
        | query::Step::Update { collection, .. }
        | query::Step::Delete { collection, .. } => Some(collection.name.clone()),
        query::Step::Exists { .. } | query::Step::Pointed { .. } => None,
    }
}

/// The catalogue is changed through `/schemas`, which knows what a change does to the data; a
/// record of it written by hand would make the catalog lie.
fn refuse_catalog_rows(operation: &Operation, actor: &Actor) -> Result<()> {
    let guarded = collection_of(operation) == "baasix_SchemaDefinition";
    if guarded && !matches!(actor.identity, Identity::System(_)) {
        return Err(Error::new(
            Code::Forbidden,
            "schema definitions are changed through `/schemas`",
        )
        .hint("use POST, PATCH or DELETE `/schemas/:collection`"));
    }
    Ok(())
}

impl Engine {
    /// Judges a new record by everything short of the database: names, rights, values, rules.
    pub fn judge_create(
        &self,
        collection: &str,
        body: serde_json::Map<String, serde_json::Value>,
        actor: &Actor,
        strict: bool,
    ) -> Result<()> {
        let state = self.state();
        let mut write = Write {
            operations: vec![Operation::Create { collection: collection.to_owned(), body }],
            strict,
        };
        if actor.unbound() && state.catalog.get(collection).is_none() {
            return Err(unknown_collection(collection, &state));
        }
        let words = actor.words(self.clock().now_ms());
        access::check_asked(&mut write, &state.catalog, actor, &words)?;
        let scope = Scope {
            visible: &state.catalog,
            full: &state.catalog,
            words: &words,
            limits: self.limits(),
        };
        let context = Context {
            words: words.clone(),
            administrator: actor.unbound(),
            sees_all: actor.free(),
            strict,
        };
        query::resolve_write(&write, &scope, &context).map(drop)
    }

    /// Position of the first row that the database refuses, found by trying prefixes that are
    /// rolled back by their own last step.
    pub async fn first_refused(
        &self,
        collection: &str,
        rows: &[serde_json::Map<String, serde_json::Value>],
        actor: &Actor,
    ) -> Result<usize> {
        let (mut good, mut bad) = (0, rows.len());
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if self.would_stand(collection, &rows[..middle], actor).await? {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Ok(bad.saturating_sub(1))
    }

    async fn would_stand(
        &self,
        collection: &str,
        rows: &[serde_json::Map<String, serde_json::Value>],
        actor: &Actor,
    ) -> Result<bool> {
        let create = |body: &serde_json::Map<String, serde_json::Value>| Operation::Create {
            collection: collection.to_owned(),
            body: body.clone(),
        };
        let mut write = Write { operations: rows.iter().map(create).collect(), strict: false };
        let prepared = match self.before_write(&mut write, actor).await {
            Ok(()) => {
                self.prepare_write(&self.state(), write, (rows.len(), false), actor, None).await
            }
            Err(fault) => Err(fault),
        };
        let mut program = match prepared {
            Ok(prepared) => prepared.compiled.program,
            Err(fault) if fault.code() == Code::Internal => return Err(fault),
            Err(_) => return Ok(false),
        };
        let statement = Statement { text: Arc::from("SELECT 0"), binds: Vec::new() };
        let back = Box::new(Error::new(Code::Conflict, TRIED));
        program.steps.push(ProgramStep::new(statement, Expect::True(back)));
        match self.store().write(program).await {
            Err(fault) if fault.message() == TRIED => Ok(true),
            Err(fault)
                if matches!(fault.code(), Code::Internal | Code::Unavailable | Code::Timeout) =>
            {
                Err(fault)
            }
            Ok(_) | Err(_) => Ok(false),
        }
    }
}

/// What the last step of a tried program says when everything before it went well.
const TRIED: &str = "tried and taken back";
