//! What a rehearsal of a plan tells.

use super::schema::PlanExample;
use engine::{Blocks, Rehearsal as Tried};
use serde::Serialize;
use std::time::Duration;

/// What a plan takes when it is done for real: on a clone of the file, or in a transaction that was
/// taken back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Rehearsal {
    /// The plan's.
    pub(crate) token: String,
    /// The store it was tried on.
    #[cfg_attr(test, ts(type = "'sqlite' | 'postgres'"))]
    pub(crate) store: &'static str,
    /// Whether it can be applied as the data are now.
    pub(crate) passed: bool,
    /// Time of all statements, in milliseconds.
    pub(crate) took_ms: f64,
    /// The clone it was tried on; absent where it was a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) clone: Option<RehearsalClone>,
    /// One for each step of the plan, in its order.
    pub(crate) steps: Vec<RehearsedStep>,
    /// What stops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) fault: Option<RehearsalFault>,
    /// Records that stand in its way: the first of each step.
    pub(crate) failing: Vec<FailingRow>,
}

/// The clone of a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RehearsalClone {
    /// What making it took, in milliseconds.
    pub(crate) took_ms: f64,
    /// Its size.
    pub(crate) bytes: u64,
}

/// What one step took.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RehearsedStep {
    /// In milliseconds; `null` if its statements were not reached, or an earlier step's did its
    /// work.
    pub(crate) took_ms: Option<f64>,
    /// The locks it takes on tables that others use.
    pub(crate) locks: Vec<StepLock>,
}

/// A lock on a table.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct StepLock {
    /// The collection.
    pub(crate) collection: String,
    /// In the words of the store.
    pub(crate) mode: String,
    /// Who waits for it.
    #[cfg_attr(test, ts(type = "'everybody' | 'writers' | 'changes'"))]
    pub(crate) blocks: &'static str,
}

/// What stops a plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RehearsalFault {
    /// The step, from 0; absent if no single one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) step: Option<usize>,
    /// What went wrong, for programs.
    #[cfg_attr(test, ts(type = "ErrorCode"))]
    pub(crate) code: &'static str,
    /// The sentence for a person.
    pub(crate) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) hint: Option<String>,
}

/// A record that stands in a step's way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct FailingRow {
    /// The step, from 0.
    pub(crate) step: usize,
    /// The collection as it is named now.
    pub(crate) collection: String,
    /// The field as it is named now; absent for indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) field: Option<String>,
    /// The record and its value.
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) record: PlanExample,
    /// What is wrong with it: its value cannot become the new type, is missing, is another
    /// record's too, or leads nowhere.
    #[cfg_attr(test, ts(type = "'misfit' | 'missing' | 'twin' | 'orphan'"))]
    pub(crate) why: &'static str,
}

fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

impl From<Tried> for Rehearsal {
    fn from(tried: Tried) -> Self {
        let step = |step: engine::RehearsedStep| RehearsedStep {
            took_ms: step.took.map(ms),
            locks: step.locks.into_iter().map(StepLock::from).collect(),
        };
        let row = |row: engine::FailingRow| FailingRow {
            step: row.step,
            collection: row.collection,
            field: row.field,
            record: row.record.into(),
            why: row.why,
        };
        Self {
            token: tried.token,
            store: tried.store,
            passed: tried.passed,
            took_ms: ms(tried.took),
            clone: tried.clone.map(|(took, bytes)| RehearsalClone { took_ms: ms(took), bytes }),
            steps: tried.steps.into_iter().map(step).collect(),
            fault: tried.fault.map(|(step, error)| RehearsalFault {
                step,
                code: error.code().as_str(),
                message: error.message().to_owned(),
                hint: error.hint_text().map(str::to_owned),
            }),
            failing: tried.failing.into_iter().map(row).collect(),
        }
    }
}

impl From<engine::StepLock> for StepLock {
    fn from(lock: engine::StepLock) -> Self {
        let blocks = match lock.blocks {
            Blocks::Everybody => "everybody",
            Blocks::Writers => "writers",
            Blocks::Changes => "changes",
        };
        Self { collection: lock.collection, mode: lock.mode, blocks }
    }
}
