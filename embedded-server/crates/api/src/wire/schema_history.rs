//! The history of the schema as it is told.

use super::schema::{PlanReference, PlanStep, told};
use engine::{Restored, SchemaChange, Standing};
use serde::Serialize;
use serde_json::Value as Json;

/// A page of the history, newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaHistory {
    /// The changes of this page.
    pub(crate) data: Vec<SchemaChangeEntry>,
    /// How many changes there are.
    pub(crate) total_count: u64,
}

/// One change of the schema.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaChangeEntry {
    /// The version of the schema that it made; the change's name.
    pub(crate) version: u64,
    /// When, an ISO 8601 instant.
    pub(crate) at: String,
    /// The e-mail address of who did it; `null` for the server itself and for users who are gone.
    pub(crate) actor: Option<String>,
    /// The change that it undid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) undoes: Option<u64>,
    /// The change that undid it, if that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) undone_by: Option<u64>,
    /// Whether it can be undone: not if it was already, if a later one changed the same collections
    /// or did it again, or if what it took away is gone by now.
    #[cfg_attr(test, ts(type = "'undoable' | 'undone' | 'changed' | 'expired'"))]
    pub(crate) standing: &'static str,
    /// Until when the values that it took away can come back; absent if it took none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) kept_until: Option<String>,
    /// Its steps, as its plan told them, without example values.
    #[cfg_attr(test, ts(type = "Array<PlanStep>"))]
    pub(crate) steps: Json,
}

/// One change of the schema with the definitions that it changed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaChangeDetail {
    /// The change.
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub(crate) entry: SchemaChangeEntry,
    /// What it changed, as it was.
    #[cfg_attr(test, ts(as = "Vec<super::schema::SchemaInfo>"))]
    pub(crate) before: Json,
    /// The same as it was afterwards.
    #[cfg_attr(test, ts(as = "Vec<super::schema::SchemaInfo>"))]
    pub(crate) after: Json,
}

impl From<SchemaChange> for SchemaChangeDetail {
    fn from(change: SchemaChange) -> Self {
        let standing = match change.standing {
            Standing::Undoable => "undoable",
            Standing::Undone => "undone",
            Standing::Changed => "changed",
            Standing::Expired => "expired",
        };
        let entry = SchemaChangeEntry {
            version: change.version,
            at: change.at,
            actor: change.actor,
            undoes: change.undoes,
            undone_by: change.undone_by,
            standing,
            kept_until: change.kept_until,
            steps: change.steps,
        };
        Self { entry, before: change.before, after: change.after }
    }
}

/// What undoing a change would do; `token` binds the undo to exactly this.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct UndoPlan {
    /// Sent back to have it done.
    pub(crate) token: String,
    /// The store that the statements are for.
    #[cfg_attr(test, ts(type = "'sqlite' | 'postgres'"))]
    pub(crate) store: &'static str,
    /// In the order in which they are done.
    pub(crate) steps: Vec<PlanStep>,
    /// What comes back, and what cannot.
    pub(crate) restores: Vec<RestoredPart>,
    /// What else names the things that change, but for what comes back as it was.
    pub(crate) references: Vec<PlanReference>,
}

impl From<engine::UndoPlan> for UndoPlan {
    fn from(plan: engine::UndoPlan) -> Self {
        let engine::UndoPlan { token, store, steps, restores, references } = plan;
        let restores = restores.into_iter().map(RestoredPart::from).collect();
        let references = references.into_iter().map(PlanReference::from).collect();
        Self { token, store, steps: told(steps), restores, references }
    }
}

/// What an undo did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaUndone {
    /// In the order in which they were done.
    pub(crate) steps: Vec<PlanStep>,
    /// What came back, and what could not.
    pub(crate) restores: Vec<RestoredPart>,
}

/// What comes back of one collection or field.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RestoredPart {
    /// The collection, as it will be named.
    pub(crate) collection: String,
    /// The field; absent for whole records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) field: Option<String>,
    /// Records or values that come back.
    pub(crate) back: u64,
    /// Values whose record was removed since, and records that led to one which was.
    pub(crate) gone: u64,
    /// Values that were changed since and stay as they are.
    pub(crate) changed: u64,
    /// References that come back empty, because the record they led to was removed since.
    pub(crate) emptied: u64,
    /// Records made since that have no value, so that the field stays optional.
    pub(crate) missing: u64,
}

impl From<Restored> for RestoredPart {
    fn from(part: Restored) -> Self {
        let Restored { collection, field, back, gone, changed, emptied, missing } = part;
        Self { collection, field, back, gone, changed, emptied, missing }
    }
}
