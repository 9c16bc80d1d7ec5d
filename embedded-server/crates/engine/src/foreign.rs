//! Which field a refused foreign key is.
//!
//! Neither database tells it: SQLite names nothing, Postgres a constraint, which stands on either
//! side. So it is looked for once the write is undone, with the eyes of who asked: a record that is
//! hidden and one that is absent are looked for alike, and a field that may not be read is not told.

use crate::{Engine, State, field_is};
use access::Actor;
use base::{Code, Detail, Error, Value};
use catalog::{Collection, OnDelete, Relation, RelationKind};
use indexmap::IndexMap;
use query::{Assigned, CountMode, Read, Step, WritePlan};
use serde_json::Value as Json;
use sql::Numbers;

/// Most records that are looked for: whoever has more at fault mends these first.
const LOOKS_MAX: usize = 20;

/// A record that a foreign key of the write needs, or one that stands in the way of a removal.
struct Look {
    read: Read,
    /// At fault if it is found, or if it is not.
    found: bool,
    detail: Detail,
}

impl Engine {
    /// The same refusal with the fields at fault, if it is one of a foreign key that names none.
    pub(crate) async fn with_foreign_fields(
        &self,
        error: Error,
        plan: &WritePlan,
        state: &State,
        actor: &Actor,
    ) -> Error {
        let told = error.detail_list();
        if error.code() != Code::ForeignKeyViolation || told.iter().any(|one| one.field.is_some()) {
            return error;
        }
        let index = told.first().and_then(|one| one.index);
        let mut named = Vec::new();
        for look in looks(plan, state, actor, index) {
            // What cannot be looked for is not told.
            let Ok(records) = self.read_by(state, &look.read, actor, Numbers::Tokens).await else {
                continue;
            };
            if (records.rows > 0) == look.found && !named.contains(&look.detail) {
                named.push(look.detail);
            }
        }
        if named.is_empty() { error } else { error.details(named) }
    }
}

/// What there is to look for, in the order of the write.
fn looks(plan: &WritePlan, state: &State, actor: &Actor, index: Option<usize>) -> Vec<Look> {
    let view = state.view(actor);
    let mut looks = Vec::new();
    // Keys of records that this write made: they are gone again, and were there when it mattered.
    let mut made: Vec<(&str, &Value)> = Vec::new();
    for step in &plan.steps {
        let (collection, values, at) =
            match step {
                Step::Insert { collection, values, index, .. }
                | Step::Update { collection, values, index, .. } => (collection, values, *index),
                Step::Delete { collection, key: Some(Assigned::Value(key)), index: at, .. } => {
                    if index.is_none_or(|index| index == *at) {
                        let children = state.catalog.collections.values();
                        let seen = children.filter_map(|one| Some((one, view.get(&one.name)?)));
                        looks.extend(seen.flat_map(|(child, seen)| {
                            pointing(child, seen, (collection, key), index)
                        }));
                    }
                    continue;
                }
                Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => continue,
            };
        if index.is_none_or(|index| index == at)
            && let Some(seen) = view.get(&collection.name)
        {
            for relation in collection.relations.values() {
                let missing = pointed(relation, seen, values, &made, index);
                looks.extend(missing);
            }
        }
        if let (Step::Insert { .. }, Some(Assigned::Value(key))) =
            (step, values.get(&collection.primary_key))
        {
            made.push((collection.name.as_str(), key));
        }
    }
    looks.truncate(LOOKS_MAX);
    looks
}

/// The far record that a foreign key among the values names.
fn pointed(
    relation: &Relation,
    seen: &Collection,
    values: &IndexMap<String, Assigned>,
    made: &[(&str, &Value)],
    index: Option<usize>,
) -> Option<Look> {
    let RelationKind::ToOne { column, target_column, .. } = &relation.kind else { return None };
    let Some(Assigned::Value(key)) = values.get(column) else { return None };
    if !relation.constrained
        || seen.field(column).is_none()
        || made.contains(&(relation.target.as_str(), key))
    {
        return None;
    }
    let sentence = "points at a record that does not exist, or that you may not read";
    let look = look(&relation.target, target_column, key, column.clone(), sentence.to_owned())?;
    Some(Look { detail: Detail { index, ..look.detail }, found: false, ..look })
}

/// The records of `child` that forbid the removal of a record, one look for each relation.
fn pointing(
    child: &Collection,
    seen: &Collection,
    (removed, key): (&Collection, &Value),
    index: Option<usize>,
) -> Vec<Look> {
    let forbidding = child.relations.values().filter_map(|relation| {
        let RelationKind::ToOne { column, target_column, .. } = &relation.kind else { return None };
        let forbids = matches!(relation.on_delete, OnDelete::Restrict | OnDelete::NoAction);
        let points = relation.target == removed.name && target_column == &removed.primary_key;
        if !points || !forbids || seen.field(column).is_none() {
            return None;
        }
        let sentence = format!("records of `{}` point at this one by `{column}`", child.name);
        let field = format!("{}.{column}", child.name);
        let look = look(&child.name, column, key, field, sentence)?;
        Some(Look { detail: Detail { index, ..look.detail }, found: true, ..look })
    });
    forbidding.collect()
}

fn look(
    collection: &str,
    column: &str,
    key: &Value,
    field: String,
    sentence: String,
) -> Option<Look> {
    let key = match key {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Int(number) => Json::from(*number),
        Value::Null | Value::Bool(_) | Value::Real(_) | Value::Bytes(_) => return None,
    };
    let read = Read {
        collection: collection.to_owned(),
        fields: vec![column.to_owned()],
        filter: Some(field_is(column, key)),
        with_deleted: true,
        limit: Some(1),
        count: CountMode::None,
        ..Read::default()
    };
    let detail = Detail::field(Code::ForeignKeyViolation.as_str(), field, sentence);
    Some(Look { read, found: false, detail })
}
