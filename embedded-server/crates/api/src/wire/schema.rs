//! Schemas as they are told, and what changes of them would do. The documents themselves are kept
//! as they were given (`document.rs` says their shape).

use engine::{
    Example, ImportedSchemas, PlannedStep, Reference, ReferenceKind, ReferenceOutcome,
    SchemaPlan as Plan, StepKind,
};
use serde::Serialize;
use serde_json::Value as Json;

/// A collection with its definition.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaInfo {
    /// Its name.
    pub(crate) collection_name: String,
    /// Its definition as it is stored.
    #[cfg_attr(test, ts(type = "SchemaDefinition"))]
    pub(crate) schema: Json,
}

/// The collections that were asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaList {
    /// The collections of this page, or all.
    pub(crate) data: Vec<SchemaInfo>,
    /// How many match.
    pub(crate) total_count: usize,
    /// Present when `page` or `limit` was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) pagination: Option<SchemaPagination>,
}

/// Where a page of collections stands among the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaPagination {
    /// From 1.
    pub(crate) current_page: usize,
    /// At least 1.
    pub(crate) total_pages: usize,
    /// Collections on a page.
    pub(crate) limit: usize,
    /// Whether there is a page after this one.
    pub(crate) has_next_page: bool,
    /// Whether there is a page before this one.
    pub(crate) has_prev_page: bool,
    /// Its number.
    pub(crate) next_page: Option<usize>,
    /// Its number.
    pub(crate) prev_page: Option<usize>,
}

/// What a change would do; `token` binds `apply` to exactly this.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaPlan {
    /// Sent back with the same change to have it done.
    pub(crate) token: String,
    /// The store that the statements are for.
    #[cfg_attr(test, ts(type = "'sqlite' | 'postgres'"))]
    pub(crate) store: &'static str,
    /// In the order in which they are done.
    pub(crate) steps: Vec<PlanStep>,
    /// What else names the things that change.
    pub(crate) references: Vec<PlanReference>,
}

impl From<Plan> for SchemaPlan {
    fn from(plan: Plan) -> Self {
        let Plan { token, store, steps, references } = plan;
        let references = references.into_iter().map(PlanReference::from).collect();
        Self { token, store, steps: told(steps), references }
    }
}

/// Something that names a field which is renamed or ends.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PlanReference {
    /// What it is.
    #[cfg_attr(test, ts(type = "'permission' | 'view' | 'computed' | 'index'"))]
    pub(crate) kind: &'static str,
    /// The collection that it is about, as it is named now.
    pub(crate) collection: String,
    /// Its key, or its name where it has none.
    pub(crate) id: String,
    /// For a person: the role and action, or the view's name.
    pub(crate) name: String,
    /// The names in it that mean something else afterwards.
    pub(crate) mentions: Vec<PlanMention>,
    /// It follows by itself, it is updated with `updateReferences`, or a person has to look at it.
    #[cfg_attr(test, ts(type = "'follows' | 'offered' | 'breaks'"))]
    pub(crate) outcome: &'static str,
}

/// A name that something mentions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PlanMention {
    /// As it is now.
    pub(crate) name: String,
    /// As it will be; `null` if it ends.
    pub(crate) becomes: Option<String>,
}

impl From<Reference> for PlanReference {
    fn from(reference: Reference) -> Self {
        let Reference { kind, collection, id, name, mentions, outcome } = reference;
        let kind = match kind {
            ReferenceKind::Permission => "permission",
            ReferenceKind::View => "view",
            ReferenceKind::Computed => "computed",
            ReferenceKind::Index => "index",
        };
        let outcome = match outcome {
            ReferenceOutcome::Follows => "follows",
            ReferenceOutcome::Offered => "offered",
            ReferenceOutcome::Breaks => "breaks",
        };
        let mentions = mentions.into_iter().map(|(name, becomes)| PlanMention { name, becomes });
        Self { kind, collection, id, name, mentions: mentions.collect(), outcome }
    }
}

/// What a change did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaApplied {
    /// In the order in which they were done.
    pub(crate) steps: Vec<PlanStep>,
}

/// The steps in their form on the wire.
pub(crate) fn told(steps: Vec<PlannedStep>) -> Vec<PlanStep> {
    steps.into_iter().map(PlanStep::from).collect()
}

/// What a step does.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum PlanOperation {
    CreateCollection,
    RenameCollection,
    DropCollection,
    ForgetCollection,
    AdoptCollection,
    AddField,
    RenameField,
    DropField,
    ForgetField,
    RememberField,
    AlterField,
    AddIndex,
    DropIndex,
    AddRelation,
    DropRelation,
}

impl From<StepKind> for PlanOperation {
    fn from(kind: StepKind) -> Self {
        match kind {
            StepKind::CreateCollection => Self::CreateCollection,
            StepKind::RenameCollection => Self::RenameCollection,
            StepKind::DropCollection => Self::DropCollection,
            StepKind::ForgetCollection => Self::ForgetCollection,
            StepKind::AdoptCollection => Self::AdoptCollection,
            StepKind::AddField => Self::AddField,
            StepKind::RenameField => Self::RenameField,
            StepKind::DropField => Self::DropField,
            StepKind::ForgetField => Self::ForgetField,
            StepKind::RememberField => Self::RememberField,
            StepKind::AlterField => Self::AlterField,
            StepKind::AddIndex => Self::AddIndex,
            StepKind::DropIndex => Self::DropIndex,
            StepKind::AddRelation => Self::AddRelation,
            StepKind::DropRelation => Self::DropRelation,
        }
    }
}

/// One step of a plan, in words and in the SQL of this store.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PlanStep {
    /// What it does.
    pub(crate) op: PlanOperation,
    /// The collection, as it is named afterwards (or was, if it ends).
    pub(crate) collection: String,
    /// The field, the index, or the column of a relation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) field: Option<String>,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) from: Option<String>,
    /// What it will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) to: Option<String>,
    /// A sentence for a person.
    pub(crate) summary: String,
    /// The statements. Where SQLite rebuilds a table for several steps at once, they stand with the
    /// first of them.
    pub(crate) sql: Vec<String>,
    /// Whether stored values are lost or stand in the way.
    pub(crate) lossy: bool,
    /// How many stored values the step touches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) values: Option<PlanValues>,
    /// The first records whose values the step touches. A plan shows them, the history does not.
    pub(crate) examples: Vec<PlanExample>,
}

impl From<PlannedStep> for PlanStep {
    fn from(step: PlannedStep) -> Self {
        let PlannedStep { op, collection, field, from, to, summary, sql, lossy, values, examples } =
            step;
        let examples = examples.into_iter().map(PlanExample::from).collect();
        let values = values.map(|(affected, total)| PlanValues { affected, total });
        Self { op: op.into(), collection, field, from, to, summary, sql, lossy, values, examples }
    }
}

/// How many stored values a step touches.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PlanValues {
    /// Values at stake.
    pub(crate) affected: u64,
    /// Of how many.
    pub(crate) total: u64,
}

/// A record whose value a step touches.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PlanExample {
    /// The record's key, as text.
    pub(crate) key: String,
    /// The beginning of the value, as text; `null` where there is none, or it is hidden.
    pub(crate) value: Option<String>,
}

impl From<Example> for PlanExample {
    fn from(example: Example) -> Self {
        let Example { key, value } = example;
        Self { key, value }
    }
}

/// What an import of schemas answers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemasImported {
    /// The sentence for a person.
    pub(crate) message: String,
    /// What it did.
    pub(crate) changes: SchemaChanges,
    /// The same.
    pub(crate) data: SchemaChanges,
}

/// What an import of schemas did, by the names of collections.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaChanges {
    /// New ones.
    pub(crate) created: Vec<String>,
    /// Changed ones.
    pub(crate) updated: Vec<String>,
    /// Those that were as asked already.
    pub(crate) unchanged: Vec<String>,
    /// Always empty: an import ends none.
    pub(crate) deleted: Vec<String>,
    /// Always empty: a fault refuses the whole import.
    pub(crate) errors: Vec<String>,
}

impl From<ImportedSchemas> for SchemaChanges {
    fn from(done: ImportedSchemas) -> Self {
        let ImportedSchemas { created, updated, unchanged } = done;
        Self { created, updated, unchanged, deleted: Vec::new(), errors: Vec::new() }
    }
}
