//! Trying a plan on the data as they are: on a clone of the file, or in a transaction that is taken
//! back. What stands in its way is told by the keys of the records.

use super::draft::rehearse as try_expressions;
use super::plan::{Example, PlannedStep, checked_token, drafted, store_name, token};
use super::polymorphic::emptied;
use super::stake::{examples, obstacle};
use super::stored::moved;
use super::values::{self, grouped, number, stored_name};
use crate::Engine;
use base::{Code, Error, Result};
use catalog::{Catalog, Change};
use serde_json::Value as Json;
use sql::Dialect;
use std::time::Duration;
use store::{Definition, Lock, Rehearsed, Store};

/// Records named for one step: a list to work through, not a report.
const FAILING_MAX: usize = 20;

/// What a change takes when it is done for real.
pub struct Rehearsal {
    /// The plan's.
    pub token: String,
    /// `sqlite` or `postgres`.
    pub store: &'static str,
    /// Whether it can be applied as the data are now.
    pub passed: bool,
    /// Time of all statements.
    pub took: Duration,
    /// Time to make the clone and its size; none where a transaction was taken back.
    pub clone: Option<(Duration, u64)>,
    /// For each step of the plan.
    pub steps: Vec<RehearsedStep>,
    /// What stops it: the step, if one does, and the reason.
    pub fault: Option<(Option<usize>, Error)>,
    /// Records that stand in its way, by step.
    pub failing: Vec<FailingRow>,
}

/// What one step took.
#[derive(Clone, Debug, Default)]
pub struct RehearsedStep {
    /// Time of its statements; none if they were not reached. Where several steps rebuild a table
    /// together, the first of them has it.
    pub took: Option<Duration>,
    /// The locks it takes on tables that others use.
    pub locks: Vec<StepLock>,
}

/// A lock and what it means for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLock {
    /// The collection.
    pub collection: String,
    /// In the words of the store.
    pub mode: String,
    /// Who waits for it.
    pub blocks: Blocks,
}

/// Who waits for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// Readers and writers.
    Everybody,
    /// Writers.
    Writers,
    /// Other changes of the schema.
    Changes,
}

/// A record that stands in a step's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingRow {
    /// The step, from 0.
    pub step: usize,
    /// The collection as it is named now.
    pub collection: String,
    /// The field as it is named now; none for indexes.
    pub field: Option<String>,
    /// The record.
    pub record: Example,
    /// `misfit`, `missing`, `twin` or `orphan`.
    pub why: &'static str,
}

impl Engine {
    /// Tries a plan. It takes what a change takes; large tables want consent.
    pub async fn rehearse_schemas(&self, body: &Json) -> Result<Rehearsal> {
        // Changes wait: the plan that was tried is the one that can be applied.
        let _alone = self.schema_lock().await;
        self.rehearsed(body)
            .await
            .map_err(|error| super::reworded(error, "Error rehearsing schemas"))
    }

    async fn rehearsed(&self, body: &Json) -> Result<Rehearsal> {
        let (store, state) = (self.store(), self.state());
        let catalog = &state.catalog;
        let token = token(catalog, body);
        checked_token(body, &token)?;
        let mut draft = drafted(store, catalog, body)?;
        draft.signed = Some(self.signed());
        let (next, changes) = draft.next()?;
        let consents = body.get("consent") == Some(&Json::Bool(true));
        if !consents {
            self.small_enough(catalog, &changes).await?;
        }
        let limit = self.limits().rehearse_ms_max * if consents { 10 } else { 1 };
        let refused = refusal(store, catalog, &next, &changes).await?;
        let failing = failing(store, catalog, &changes).await?;
        let mut rehearsal = Rehearsal {
            token,
            store: store_name(store),
            passed: refused.is_none() && failing.is_empty(),
            took: Duration::ZERO,
            clone: None,
            steps: Vec::new(),
            fault: None,
            failing,
        };
        let Some(prepared) = draft.prepared(store, self.clock(), next, changes).await? else {
            rehearsal.fault = refused.map(|error| (None, error));
            return Ok(rehearsal);
        };
        let texts: Vec<String> = prepared.statements.iter().map(|s| s.text.to_string()).collect();
        let definition =
            Definition { statements: prepared.statements, rebuilds: prepared.rebuilds };
        let tried = store.rehearse(definition, Duration::from_millis(limit)).await?;
        rehearsal.take(tried, &texts, &prepared.steps, catalog);
        if let Some(error) = refused {
            let step = rehearsal.fault.as_ref().and_then(|(step, _)| *step);
            rehearsal.fault = Some((step, error));
        }
        Ok(rehearsal)
    }

    /// Refuses what would hold others up for long, until somebody consents.
    async fn small_enough(&self, catalog: &Catalog, changes: &[Change]) -> Result<()> {
        let store = self.store();
        let refused = |message: String| {
            Error::new(Code::ConsentRequired, message)
                .at("consent")
                .hint("send `consent: true` at a quiet hour")
        };
        if store.dialect() == Dialect::Sqlite {
            let (bytes, most) = (store.size_bytes().await?, self.limits().rehearse_bytes_max);
            if bytes > most {
                return Err(refused(format!(
                    "the database has {} bytes, and a rehearsal copies all of them; up to {} are copied without consent",
                    grouped(bytes),
                    grouped(most)
                )));
            }
            return Ok(());
        }
        let most = self.limits().rehearse_rows_max;
        let mut looked: Vec<&str> = Vec::new();
        for name in changes.iter().filter_map(locked) {
            let table = stored_name(changes, name);
            if looked.contains(&table) || catalog.get(table).is_none() {
                continue;
            }
            looked.push(table);
            let rows = match store.estimate(table).await? {
                Some(rows) => rows,
                None => values::count(store, table, "FALSE").await?.total,
            };
            if rows > most {
                return Err(refused(format!(
                    "`{table}` has about {} records, and everybody who uses it waits for a rehearsal; up to {} are rehearsed without consent",
                    number(rows),
                    grouped(most)
                )));
            }
        }
        Ok(())
    }
}

/// The collection whose table is locked for longer than a moment.
fn locked(change: &Change) -> Option<&str> {
    match change {
        Change::DropField { collection, .. }
        | Change::AddField { collection, .. }
        | Change::AlterField { collection, .. }
        | Change::AddIndex { collection, .. }
        | Change::AddRelation { collection, .. } => Some(collection),
        Change::DropCollection { collection } => Some(&collection.name),
        Change::CreateCollection { .. }
        | Change::AdoptCollection { .. }
        | Change::ForgetCollection { .. }
        | Change::ForgetField { .. }
        | Change::RememberField { .. }
        | Change::RenameCollection { .. }
        | Change::RenameField { .. }
        | Change::DropIndex { .. }
        | Change::DropRelation { .. } => None,
    }
}

/// What would refuse the change before a statement runs.
async fn refusal(
    store: &Store,
    old: &Catalog,
    next: &Catalog,
    changes: &[Change],
) -> Result<Option<Error>> {
    let checks = async {
        values::check(store, old, changes).await?;
        values::check_emptied(store, &emptied(old, next)).await?;
        try_expressions(store, changes, next).await
    };
    match checks.await {
        Ok(()) => Ok(None),
        Err(error)
            if matches!(error.code(), Code::Internal | Code::Unavailable | Code::Timeout) =>
        {
            Err(error)
        }
        Err(error) => Ok(Some(error)),
    }
}

/// The records that stand in the way of each change.
async fn failing(store: &Store, old: &Catalog, changes: &[Change]) -> Result<Vec<FailingRow>> {
    let mut found = Vec::new();
    for (step, change) in changes.iter().enumerate() {
        let Some((stake, why)) = obstacle(change, changes, old, store.dialect()) else { continue };
        let (collection, field) = stake.place();
        for record in examples(store, &stake, FAILING_MAX).await? {
            let (collection, field) = (collection.clone(), field.clone());
            found.push(FailingRow { step, collection, field, record, why });
        }
    }
    Ok(found)
}

impl Rehearsal {
    /// What the store tells, by step.
    fn take(
        &mut self,
        tried: Rehearsed,
        texts: &[String],
        steps: &[PlannedStep],
        catalog: &Catalog,
    ) {
        self.clone = tried.clone.map(|clone| (clone.took, clone.bytes));
        self.took = tried.ran.iter().map(|ran| ran.took).sum();
        self.steps = vec![RehearsedStep::default(); steps.len()];
        let step_of =
            |text: &str| steps.iter().position(|step| step.sql.iter().any(|sql| sql == text));
        for (text, ran) in texts.iter().zip(&tried.ran) {
            let Some(at) = step_of(text) else { continue };
            let step = &mut self.steps[at];
            *step.took.get_or_insert_default() += ran.took;
            let known = ran.locks.iter().filter(|lock| catalog.get(&lock.table).is_some());
            step.locks.extend(known.map(meant));
            if self.store == "sqlite" && step.locks.is_empty() {
                let collection = steps[at].collection.clone();
                let mode = String::from("WRITER");
                step.locks.push(StepLock { collection, mode, blocks: Blocks::Writers });
            }
        }
        if let Some(error) = tried.fault.map(moved) {
            let at = texts.get(tried.ran.len()).and_then(|text| step_of(text));
            self.passed = false;
            self.fault = Some((at, error));
        }
    }
}

/// What a lock of Postgres means for others.
fn meant(lock: &Lock) -> StepLock {
    let blocks = match lock.mode.as_str() {
        "AccessExclusiveLock" => Blocks::Everybody,
        "ShareLock" | "ShareRowExclusiveLock" | "ExclusiveLock" => Blocks::Writers,
        _ => Blocks::Changes,
    };
    StepLock { collection: lock.table.clone(), mode: lock.mode.clone(), blocks }
}
