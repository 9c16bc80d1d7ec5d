//! Where foreign keys that a role names by key point to.
//!
//! The store refuses a key that nobody has and takes one that the role may not see; so that the
//! two are one answer, the far records are asked for before. One step asks for a whole run of
//! records of one collection.

use super::record::Columns;
use super::{Spot, Writer};
use crate::{Asked, Assigned, Cond, Pointer, Step};
use base::Value;
use catalog::{Collection, Relation, RelationKind};
use std::sync::Arc;

/// Column and far field of a relation that the store holds a foreign key for.
fn foreign_key(relation: &Relation) -> Option<(&str, &str)> {
    match &relation.kind {
        RelationKind::ToOne { column, target_column, only_when: None, .. }
            if relation.constrained =>
        {
            Some((column, target_column))
        }
        RelationKind::ToOne { .. }
        | RelationKind::HasOne { .. }
        | RelationKind::ToMany { .. }
        | RelationKind::Through { .. } => None,
    }
}

fn printed(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

impl Writer<'_> {
    pub(super) fn asked(&self, through: Vec<String>) -> Asked {
        let (root, creating) = self.root.clone();
        Asked { root, creating, through }
    }

    /// Foreign keys that are set to a key by now; of those whose far field is the key of its
    /// record only if `by_key` says so, as relations that are spelled out have asked already.
    pub(super) fn named_keys(
        &self,
        collection: &Collection,
        columns: &Columns,
        by_key: bool,
    ) -> Vec<String> {
        let relations = collection.relations.values();
        let named = relations.filter_map(|relation| {
            let (column, far) = foreign_key(relation)?;
            let target = self.scope.full.get(&relation.target)?;
            // The store answers who sees all, but it takes rows that are no records yet.
            if self.context.sees_all && !target.arriving {
                return None;
            }
            let wanted = by_key || target.primary_key != far;
            let set =
                matches!(columns.get(column), Some(Assigned::Value(value)) if !value.is_null());
            (wanted && set).then(|| column.to_owned())
        });
        named.collect()
    }

    /// A new record's key: what later records of this write point to is no secret to its writer.
    pub(super) fn made_here(&mut self, collection: &Collection, columns: &Columns) {
        if self.context.sees_all && !collection.arriving {
            return;
        }
        if let Some(Assigned::Value(key)) = columns.get(&collection.primary_key) {
            self.made.entry(collection.name.clone()).or_default().insert(printed(key));
        }
    }

    /// Asks for the far records of the named foreign keys of one record, which is the given one
    /// if it exists already.
    pub(super) fn pointing(
        &mut self,
        collection: &Arc<Collection>,
        named: &[String],
        columns: &Columns,
        record: Option<&Value>,
        spot: &Spot,
    ) {
        let mut asked = Vec::new();
        for relation in collection.relations.values() {
            let Some((column, target_column)) = foreign_key(relation) else { continue };
            if !named.iter().any(|name| name == column) {
                continue;
            }
            let Some(Assigned::Value(key)) = columns.get(column) else { continue };
            let Some(target) = self.scope.full.get(&relation.target).map(Arc::clone) else {
                continue;
            };
            let made = self.made.get(&target.name);
            let known = target.primary_key == target_column
                && made.is_some_and(|keys| keys.contains(&printed(key)));
            if !key.is_null() && !known {
                asked.push((relation, column, target, target_column, key.clone()));
            }
        }
        if asked.is_empty() {
            return;
        }
        let at = self.pointing_step(collection, spot);
        let Some(Step::Pointed { pointers, index, .. }) = self.plan.steps.get_mut(at) else {
            return;
        };
        if *index != Some(spot.index) {
            *index = None;
        }
        for (relation, column, target, target_column, key) in asked {
            let key = (key, record.cloned());
            match pointers.iter_mut().find(|pointer| pointer.relation.name == relation.name) {
                Some(pointer) => pointer.keys.push(key),
                None => pointers.push(Pointer {
                    relation: relation.clone(),
                    column: column.to_owned(),
                    target,
                    target_column: target_column.to_owned(),
                    keys: vec![key],
                    filter: Cond::Always,
                    kept: Cond::Always,
                }),
            }
        }
    }

    /// The step that asks for this record's run; a new one where a run begins.
    fn pointing_step(&mut self, collection: &Arc<Collection>, spot: &Spot) -> usize {
        let asked = self.asked(spot.through.clone());
        if let Some(at) = self.pointing
            && let Some(Step::Pointed { collection: same, asked: known, .. }) =
                self.plan.steps.get(at)
            && same.name == collection.name
            && *known == asked
        {
            return at;
        }
        let at = self.push(Step::Pointed {
            collection: Arc::clone(collection),
            pointers: Vec::new(),
            asked,
            index: Some(spot.index),
        });
        self.pointing = Some(at);
        at
    }

    /// Whether the run that was asked for last goes on with this step: what it writes changes
    /// nothing that was asked.
    pub(super) fn goes_on(&self, step: &Step) -> bool {
        let running = self.pointing.and_then(|at| self.plan.steps.get(at));
        let Some(Step::Pointed { collection: run, asked, .. }) = running else { return false };
        match step {
            Step::Insert { collection, through, .. } | Step::Update { collection, through, .. } => {
                collection.name == run.name && *through == asked.through
            }
            Step::Exists { .. } => true,
            Step::Delete { .. } | Step::Pointed { .. } => false,
        }
    }
}
