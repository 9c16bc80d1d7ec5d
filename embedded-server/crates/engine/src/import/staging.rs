//! The first phase: rows are judged, and those that pass are put aside as they will be written,
//! keys and all.

use super::rejects::Rejects;
use super::rows::{self, Row};
use super::twins::Taken;
use super::{AHEAD, BATCH_ROWS, Imports, Mode, RowFault, Run, is_ours};
use crate::arrival::Marked;
use access::Actor;
use base::{Result, Value};
use catalog::{Collection, DefaultValue, FieldKind};
use query::{Assigned, Operation, Step, Write, WritePlan};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A row and the record it asks for.
pub(super) type Wanted = (Row, Map<String, Json>);

/// What was put aside, in parts that move one after the other.
#[derive(Default)]
pub(super) struct Staged {
    pub(super) parts: Vec<Part>,
    /// Set when there is more than one part, early, so that others have heard of it.
    pub(super) marked: Option<Marked>,
}

/// Rows that move together.
#[derive(Clone)]
pub(super) struct Part {
    /// Line of the first and the last row.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) rows: u64,
    /// Byte of the file behind the last row.
    pub(super) ends_at: u64,
    pub(super) shapes: Arc<Vec<String>>,
}

impl Imports {
    /// Judges every row, tells those that are refused, and puts the others aside. `None` when
    /// the rows are not all new records of the one collection: then nothing is put aside, and
    /// they have to be written in one transaction.
    pub(super) async fn stage(&self, run: &Run<'_>) -> Result<Option<Staged>> {
        let state = self.0.engine.state();
        let fits = state.catalog.get(&run.ask.collection).is_some_and(|one| waits(one));
        drop(state);
        if fits && let Some(staged) = self.judge(run, true).await? {
            return Ok(Some(staged));
        }
        if fits {
            self.sweep(&run.id, &run.ask.collection).await?;
        }
        self.judge(run, false).await?;
        Ok(None)
    }

    /// Reads the file once. `None` at the first row that cannot be put aside.
    async fn judge(&self, run: &Run<'_>, put_aside: bool) -> Result<Option<Staged>> {
        run.live.with(super::Job::checking);
        let mut rejects = Rejects::create(self.rejects_path(&run.id))?;
        let mut staged = Staged::default();
        let mut taken = Taken::new();
        let mut batches = rows::read(run.ask, &run.cells, AHEAD, BATCH_ROWS);
        while let Some(batch) = batches.recv().await {
            let actor = &self.standing(run.actor).await?;
            let batch = batch?;
            let doomed = run.ask.mode == Mode::All && run.live.with(|job| job.rows_rejected) > 0;
            let putting = put_aside && !run.ask.dry_run && !doomed;
            let wanted = if putting {
                batch
            } else if run.ask.dry_run {
                self.try_batch(run, actor, batch, &mut taken, &mut rejects).await?;
                Vec::new()
            } else {
                self.pass(run, actor, batch, &mut rejects)?;
                Vec::new()
            };
            if !self.put_all_aside(run, actor, wanted, &mut rejects, &mut staged).await? {
                return Ok(None);
            }
            if staged.parts.len() > 1 && staged.marked.is_none() {
                staged.marked = Some(self.mark(run).await?);
            }
            if run.live.is_cancelled() {
                break;
            }
            tokio::task::yield_now().await;
        }
        rejects.finish()?;
        Ok(Some(staged))
    }

    /// Sets the mark that hides what moves.
    pub(super) async fn mark(&self, run: &Run<'_>) -> Result<Marked> {
        self.0.engine.cover(&run.id, &run.ask.collection, self.claim(&run.id)).await
    }

    /// Judges rows one by one by everything short of the database; those that pass are answered.
    fn pass(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        batch: Vec<Row>,
        rejects: &mut Rejects,
    ) -> Result<Vec<Wanted>> {
        let mut passed = Vec::with_capacity(batch.len());
        for row in batch {
            match self.judge_row(run, actor, &row) {
                Ok(body) => {
                    run.live.with(|job| job.judged(&row, None));
                    passed.push((row, body));
                }
                Err(faults) => {
                    rejects.write(&row, &faults)?;
                    run.live.with(|job| job.judged(&row, Some(faults)));
                }
            }
        }
        Ok(passed)
    }

    /// The record of a row, or why it is refused by something short of the database.
    pub(super) fn judge_row(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        row: &Row,
    ) -> std::result::Result<Map<String, Json>, Vec<RowFault>> {
        let body = run.cells.body(row)?;
        let judged = self.0.engine.judge_create(&run.ask.collection, body.clone(), actor, true);
        judged.map(|()| body).map_err(|fault| run.cells.addressed(row, &fault))
    }

    /// Puts a batch aside. All of it at once when nothing is wrong with it; else the rows at
    /// fault are found, first by judging each, then by halving what the database refuses.
    async fn put_all_aside(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        batch: Vec<Row>,
        rejects: &mut Rejects,
        staged: &mut Staged,
    ) -> Result<bool> {
        if batch.is_empty() {
            return Ok(true);
        }
        let bodies: std::result::Result<Vec<_>, _> =
            batch.iter().map(|row| run.cells.body(row)).collect();
        if let Ok(bodies) = bodies {
            match self.put_aside(run, actor, &batch, bodies).await {
                Ok(None) => return Ok(false),
                Ok(Some(part)) => {
                    run.live.with(|job| batch.iter().for_each(|row| job.judged(row, None)));
                    staged.parts.push(part);
                    return Ok(true);
                }
                Err(fault) if is_ours(&fault) => return Err(fault),
                Err(_) => {}
            }
        }
        let passed = self.pass(run, actor, batch, rejects)?;
        if passed.is_empty()
            || run.ask.mode == Mode::All && run.live.with(|job| job.rows_rejected) > 0
        {
            return Ok(true);
        }
        let mut waiting = vec![passed];
        while let Some(mut wanted) = waiting.pop() {
            let rows: Vec<Row> = wanted.iter().map(|(row, _)| row.clone()).collect();
            let bodies = wanted.iter().map(|(_, body)| body.clone()).collect();
            match self.put_aside(run, actor, &rows, bodies).await {
                Ok(None) => return Ok(false),
                Ok(Some(part)) => staged.parts.push(part),
                Err(fault) if is_ours(&fault) => return Err(fault),
                Err(fault) => match rows.as_slice() {
                    [row] => {
                        let faults = run.cells.addressed(row, &fault);
                        rejects.write(row, &faults)?;
                        run.live.with(|job| {
                            job.refused_late();
                            job.note(faults);
                        });
                    }
                    _ => {
                        waiting.push(wanted.split_off(wanted.len() / 2));
                        waiting.push(wanted);
                    }
                },
            }
        }
        Ok(true)
    }

    /// Puts rows aside in one transaction. `None` when they are more than new records of the one
    /// collection.
    async fn put_aside(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        rows: &[Row],
        bodies: Vec<Map<String, Json>>,
    ) -> Result<Option<Part>> {
        let engine = &self.0.engine;
        let create = |body| Operation::Create { collection: run.ask.collection.clone(), body };
        let operations = bodies.into_iter().map(create).collect();
        let mut write = Write { operations, strict: true };
        engine.before_write(&mut write, actor).await?;
        if write.operations.len() != rows.len() {
            return Ok(None);
        }
        let state = engine.state();
        let guarded = engine.plan_write(&state, write, rows.len(), actor).await?.guarded;
        let Some(collection) = state.catalog.get(&run.ask.collection) else { return Ok(None) };
        if !only_new(guarded.plan(), collection) {
            return Ok(None);
        }
        let lines: Vec<i64> = rows.iter().map(|row| number(row.line)).collect();
        let numbers = engine.draw_numbers(collection, guarded.plan()).await?;
        let dialect = engine.store().dialect();
        let staged =
            sql::compile_staging(&guarded, &state.catalog, dialect, &run.id, &lines, numbers)?;
        let mut program = staged.program;
        program.steps.push(self.claim(&run.id));
        drop(state);
        engine.store().write(program).await?;
        Ok(Some(Part {
            first: lines.first().copied().unwrap_or_default(),
            last: lines.last().copied().unwrap_or_default(),
            rows: rows.len() as u64,
            ends_at: rows.last().map_or(0, |row| row.ends_at),
            shapes: Arc::new(staged.shapes),
        }))
    }
}

fn number(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// Whether records of a collection can wait for their move: not where hooks or relations see
/// them at once, nor where only the database could say their keys. A table that we did not make
/// fills what a record leaves out by its own means, which a move of whole records would undo.
fn waits(collection: &Collection) -> bool {
    let key = collection.key();
    let named = key.kind.is_text() || key.kind.is_number() || matches!(key.kind, FieldKind::Uuid);
    let known = !matches!(key.default, Some(DefaultValue::Sql(_)));
    !collection.system && !collection.junction && !collection.adopted && named && known
}

/// Whether a plan makes records of this collection and does nothing else to any.
fn only_new(plan: &WritePlan, collection: &Collection) -> bool {
    plan.steps.iter().all(|step| match step {
        Step::Insert { collection: into, values, through, .. } => {
            let key = values.get(&collection.primary_key);
            let named = matches!(
                key,
                Some(Assigned::NextNumber | Assigned::Value(Value::Int(_) | Value::Text(_)))
            );
            into.name == collection.name
                && through.is_empty()
                && named
                && !values.values().any(|one| matches!(one, Assigned::KeyOf(_)))
        }
        Step::Exists { .. } | Step::Pointed { .. } => true,
        Step::Update { .. } | Step::Delete { .. } => false,
    })
}
