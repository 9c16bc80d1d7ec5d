//! What a record was, seen by who may see what it is. A past state is no row, so that no condition
//! can be asked of it; but where nothing has changed of what a condition reads, its answer is the
//! one that the record gives now.

use crate::{Action, Actor};
use base::Limits;
use catalog::{Catalog, Collection, RelationKind};
use query::{Cond, Condition, Operand, Place, Ref, Scope, Words};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The columns of a collection by which the actor's right to read is decided: a past state in which
/// they stood as they do now was as readable as the record is. `None` when nothing that is read
/// can tell.
#[must_use]
pub fn governing(
    collection: &Arc<Collection>,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Option<BTreeSet<String>> {
    let mut columns = BTreeSet::new();
    // A past state in another tenant is that tenant's.
    if let Some((field, _)) = actor.tenancy.key_in(collection) {
        columns.insert(field.to_owned());
    }
    if actor.unbound() {
        return Some(columns);
    }
    let policy = actor.policies.get(&collection.name, Action::Read)?;
    if policy.broken {
        return None;
    }
    let Some(filter) = &policy.conditions else { return Some(columns) };
    let scope = Scope { visible: full, full, words, limits };
    let cond = query::resolve_filter(filter, collection, &scope, Place::Policy).ok()?;
    if matches!(cond, Cond::Never) {
        return None;
    }
    cond.each_test(&mut |test| read_by(test, &mut columns));
    Some(columns)
}

fn read_by(test: &Condition, columns: &mut BTreeSet<String>) {
    column_of(&test.left, columns);
    for operand in test.operator.operands() {
        match operand {
            Operand::Column(column) => column_of(column, columns),
            Operand::Value(_) | Operand::Own { .. } => {}
        }
    }
}

/// The record's own columns that a path begins with: behind them stand other records, as they are.
fn column_of(asked: &Ref, columns: &mut BTreeSet<String>) {
    let own = match asked.hops.first().map(|hop| &hop.relation.kind) {
        None => &asked.field,
        Some(RelationKind::ToOne { column, only_when, .. }) => {
            columns.extend(only_when.iter().map(|(field, _)| field.clone()));
            column
        }
        Some(
            RelationKind::HasOne { column, .. }
            | RelationKind::ToMany { column, .. }
            | RelationKind::Through { column, .. },
        ) => column,
    };
    columns.insert(own.clone());
}
