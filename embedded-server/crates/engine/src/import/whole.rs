//! Imports whose rows are more than new records of one collection (nested records, users, rights):
//! all of them in one transaction, as a request would write them. Invisible until the last by
//! itself, and therefore bounded.

use super::rejects::Rejects;
use super::rows;
use super::{AHEAD, BATCH_ROWS, Imports, Mode, Run, State, is_ours, nothing_kept};
use base::{Code, Error, Result};
use query::{Operation, Write};

/// Most rows of one transaction: it holds SQLite's only writer.
const WHOLE_ROWS_MAX: usize = 10_000;

impl Imports {
    /// Writes the rows that passed. They were judged and told before.
    pub(super) async fn whole(&self, run: &Run<'_>) -> Result<State> {
        let collection = &run.ask.collection;
        let before = self.readable_rows(collection, run.actor).await;
        let now_ms = self.0.engine.clock().now_ms();
        run.live.with(|job| job.writing(before, now_ms));
        let mut wanted = self.passing(run).await?;
        let mut rejects = Rejects::append(self.rejects_path(&run.id))?;
        let source = format!("import:{}", run.id);
        while !wanted.is_empty() {
            if run.live.is_cancelled() {
                return Ok(State::Cancelled);
            }
            let actor = self.standing(run.actor).await?;
            let bodies: Vec<_> = wanted.iter().map(|(_, body)| body.clone()).collect();
            let create = |body| Operation::Create { collection: collection.clone(), body };
            let operations = bodies.iter().cloned().map(create).collect();
            let write = Write { operations, strict: true };
            let fault = match self.0.engine.write(write, &actor, Some(&source)).await {
                Ok(written) => {
                    let now_ms = self.0.engine.clock().now_ms();
                    let ends = [written.keys.first(), written.keys.last()];
                    run.live.with(|job| {
                        job.written(wanted.len() as u64, job.bytes_total, now_ms);
                        [job.first_key, job.last_key] = ends.map(|key| key.and_then(key_text));
                    });
                    break;
                }
                Err(fault) if is_ours(&fault) => return Err(fault),
                Err(fault) => fault,
            };
            let at = self.0.engine.first_refused(collection, &bodies, &actor).await?;
            let (row, _) = wanted.remove(at.min(wanted.len() - 1));
            let faults = run.cells.addressed(&row, &fault);
            rejects.write(&row, &faults)?;
            let (valid, refused) = run.live.with(|job| {
                job.refused_late();
                job.note(faults);
                (job.rows_valid, job.rows_rejected)
            });
            if run.ask.mode == Mode::All {
                rejects.finish()?;
                return Err(nothing_kept(refused, valid + refused));
            }
        }
        if let Err(fault) = rejects.finish() {
            // What was written stands all the same.
            tracing::warn!(%fault, import = run.id, "the rejects of an import are not whole");
        }
        let after = self.readable_rows(collection, run.actor).await;
        run.live.with(|job| job.rows_after = after);
        Ok(State::Done)
    }

    /// The rows that pass, read once more.
    async fn passing(&self, run: &Run<'_>) -> Result<Vec<super::staging::Wanted>> {
        let mut wanted = Vec::new();
        let mut batches = rows::read(run.ask, &run.cells, AHEAD, BATCH_ROWS);
        while let Some(batch) = batches.recv().await {
            let actor = &self.standing(run.actor).await?;
            for row in batch? {
                let Ok(body) = run.cells.body(&row) else { continue };
                let judged =
                    self.0.engine.judge_create(&run.ask.collection, body.clone(), actor, true);
                if judged.is_ok() {
                    wanted.push((row, body));
                }
            }
            if wanted.len() > WHOLE_ROWS_MAX {
                return Err(Error::new(
                    Code::ImportFailed,
                    format!(
                        "rows that change more than `{}` alone, or go into a table of another maker, are written in one transaction, at most {WHOLE_ROWS_MAX} of them",
                        run.ask.collection
                    ),
                )
                .hint("split the file; related records can be imported on their own"));
            }
        }
        Ok(wanted)
    }
}

/// A key as a path names it.
fn key_text(key: &base::Value) -> Option<String> {
    match key {
        base::Value::Text(text) => Some(text.clone()),
        base::Value::Int(number) => Some(number.to_string()),
        base::Value::Null | base::Value::Bool(_) | base::Value::Real(_) | base::Value::Bytes(_) => {
            None
        }
    }
}
