//! What a dry run finds out about values that must be unique: nothing is written that anybody could
//! clash with, so the rows are asked beside each other and beside the records, all at once.

use super::moving::{LATE_KEPT, Late};
use super::staging::Wanted;
use super::{Imports, Job, Run, is_ours};
use access::Actor;
use base::{Code, Detail, Error, Result, Value};
use query::{Operation, Write};

impl Imports {
    /// Puts aside what must be unique of rows that passed everything else.
    pub(super) async fn try_aside(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        passed: Vec<Wanted>,
    ) -> Result<()> {
        if passed.is_empty() {
            return Ok(());
        }
        let engine = &self.0.engine;
        let line = |line: u64| i64::try_from(line).unwrap_or(i64::MAX);
        let lines: Vec<i64> = passed.iter().map(|(row, _)| line(row.line)).collect();
        let create = |body| Operation::Create { collection: run.ask.collection.clone(), body };
        let operations = passed.into_iter().map(|(_, body)| create(body)).collect();
        let state = engine.state();
        let write = Write { operations, strict: true };
        let Some(collection) = state.catalog.get(&run.ask.collection) else { return Ok(()) };
        let planned = match engine.plan_write(&state, write, lines.len(), actor) {
            Err(fault) if is_ours(&fault) => return Err(fault),
            // Refused together for what each was not refused for alone: the write will tell.
            Err(_) => return Ok(()),
            Ok(planned) => planned,
        };
        let dialect = engine.store().dialect();
        let plan = planned.guarded.plan();
        let mut program = sql::compile_tried(plan, collection, dialect, &run.id, &lines);
        program.steps.push(self.claim(&run.id));
        engine.store().write(program).await.map(drop)
    }

    /// Tells the rows whose values are taken, by an earlier row or by a record.
    pub(super) async fn tell_twins(&self, run: &Run<'_>) -> Result<()> {
        let engine = &self.0.engine;
        let state = engine.state();
        let Some(collection) = state.catalog.get(&run.ask.collection) else { return Ok(()) };
        let dialect = engine.store().dialect();
        let mut told = std::collections::BTreeSet::new();
        for fields in sql::unique_fields(collection) {
            let mut behind = -1;
            loop {
                let page = (behind, LATE_KEPT);
                let asked = sql::twins(collection, &fields, dialect, &run.id, page)?;
                let found = engine.store().rows(&asked).await?;
                let last = found.last().and_then(|row| row.first()).and_then(Value::as_int);
                let mut late = Late::new();
                for row in &found {
                    let [Value::Int(line), Value::Int(first)] = row.as_slice() else { continue };
                    let number = u64::try_from(*line).unwrap_or_default();
                    // One reason for each row is enough; it is counted once.
                    if told.insert(number) {
                        late.insert(number, taken(&fields, (first < line).then_some(*first)));
                        run.live.with(Job::refused_late);
                    }
                }
                self.tell_late(run, &mut late).await?;
                match last {
                    Some(last) if found.len() == LATE_KEPT => behind = last,
                    _ => break,
                }
            }
        }
        Ok(())
    }
}

/// The refusal of the store, which also says where the value stands if that is in the file.
fn taken(fields: &[String], first: Option<i64>) -> Error {
    let words = match first {
        Some(first) => format!("is taken already, in line {first}"),
        None => String::from("is taken already"),
    };
    let code = Code::UniqueViolation;
    let details = fields.iter().map(|field| Detail::field(code.as_str(), field, words.as_str()));
    Error::new(code, "Unique constraint violation").details(details.collect())
}
