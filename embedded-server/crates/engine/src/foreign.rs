//! Which field a refused foreign key is.
//!
//! Neither database tells it: SQLite names nothing, Postgres a constraint, which stands on either
//! side. So it is looked for once the write is undone, with the eyes of who asked: a record that is
//! hidden and one that is absent are looked for alike, and a field that may not be read is not told.

use crate::hook::field_test;
use crate::{Engine, State, field_is};
use access::Actor;
use base::{Code, Detail, Error, Value};
use catalog::{Catalog, Collection, OnDelete, Relation, RelationKind};
use indexmap::IndexMap;
use query::{Assigned, CountMode, Filter, Read, Step, WritePlan};
use serde_json::Value as Json;
use sql::Numbers;

/// Most records that are looked for: whoever has more at fault mends these first.
const LOOKS_MAX: usize = 20;

/// Steps from a removed record down to those that go with it: further down nothing is looked for.
const WAY_MAX: usize = 4;

/// What is told of a field that points at nothing.
pub(crate) const POINTS_NOWHERE: &str =
    "points at a record that does not exist, or that you may not read";

/// Most ways down.
const WAYS_MAX: usize = 32;

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
    // Keys of records that this write changed or removed before: they are as they were again, and
    // did not stand in the way any more.
    let mut settled: Vec<(&str, &Value)> = Vec::new();
    for step in &plan.steps {
        let (collection, values, at) = match step {
            Step::Insert { collection, values, index, .. }
            | Step::Update { collection, values, index, .. } => (collection, values, *index),
            Step::Delete { collection, key: Some(Assigned::Value(key)), index: at, .. } => {
                if index.is_none_or(|index| index == *at) {
                    let removed = (&**collection, key);
                    let forbidding = pointing(&state.catalog, &view, removed, &settled);
                    looks.extend(forbidding.into_iter().map(|look| look.at(index)));
                }
                settled.push((collection.name.as_str(), key));
                continue;
            }
            Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => continue,
        };
        if index.is_none_or(|index| index == at)
            && let Some(seen) = view.get(&collection.name)
        {
            for relation in collection.relations.values() {
                let missing = pointed(relation, seen, values, &made);
                looks.extend(missing.map(|look| look.at(index)));
            }
        }
        if let (Step::Insert { .. }, Some(Assigned::Value(key))) =
            (step, values.get(&collection.primary_key))
        {
            made.push((collection.name.as_str(), key));
        }
        if let Step::Update { key: Some(Assigned::Value(key)), .. } = step {
            settled.push((collection.name.as_str(), key));
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
) -> Option<Look> {
    let RelationKind::ToOne { column, target_column, .. } = &relation.kind else { return None };
    let Some(Assigned::Value(key)) = values.get(column) else { return None };
    if !relation.constrained
        || seen.field(column).is_none()
        || made.contains(&(relation.target.as_str(), key))
    {
        return None;
    }
    let there = field_is(target_column, json(key)?);
    Some(Look::of(
        &relation.target,
        target_column,
        there,
        column.clone(),
        POINTS_NOWHERE.to_owned(),
    ))
}

/// A way from a record to the removed one: where there is one, the record goes along.
struct Way<'c> {
    collection: &'c Collection,
    /// From its records, through their relations.
    path: String,
    steps: usize,
}

/// The records that forbid the removal of a record, one look for each relation: those that point
/// at it, or at a record that would go along.
fn pointing<'c>(
    catalog: &'c Catalog,
    view: &Catalog,
    (removed, key): (&'c Collection, &Value),
    settled: &[(&str, &Value)],
) -> Vec<Look> {
    let Some(key) = json(key) else { return Vec::new() };
    let mut ways = vec![Way { collection: removed, path: removed.primary_key.clone(), steps: 0 }];
    let mut forbidding = Vec::new();
    let mut next = 0;
    while next < ways.len() {
        for child in catalog.collections.values() {
            for relation in child.relations.values().filter(|one| one.constrained) {
                let way = &ways[next];
                let RelationKind::ToOne { column, target_column, .. } = &relation.kind else {
                    continue;
                };
                if relation.target != way.collection.name {
                    continue;
                }
                let path = match way.steps == 0 && *target_column == removed.primary_key {
                    true => column.clone(),
                    false => format!("{}.{}", relation.name, way.path),
                };
                match relation.on_delete {
                    OnDelete::Cascade if way.steps < WAY_MAX && ways.len() < WAYS_MAX => {
                        let steps = way.steps + 1;
                        ways.push(Way { collection: child, path, steps });
                    }
                    OnDelete::Restrict | OnDelete::NoAction => {
                        forbidding.push((next, &**child, relation.on_delete, column, path));
                    }
                    OnDelete::Cascade | OnDelete::SetNull => {}
                }
            }
        }
        next += 1;
    }
    let look = |(at, child, rule, column, path): (usize, &Collection, _, &String, String)| {
        // Of what may not be read nothing is told.
        view.get(&child.name)?.field(column)?;
        let mut tests = vec![field_is(&path, key.clone())];
        for (_, done) in settled.iter().filter(|(name, _)| *name == child.name) {
            tests.push(Filter::Not(Box::new(field_is(&child.primary_key, json(done)?))));
        }
        if rule == OnDelete::NoAction {
            // What goes along itself is gone when this is asked.
            let along =
                ways.iter().filter(|way| way.steps > 0 && way.collection.name == child.name);
            tests.extend(along.map(|way| is_not(&way.path, &key)));
        }
        let target: &Way<'_> = &ways[at];
        let sentence = match target.steps {
            0 => format!("records of `{}` point at this one by `{column}`", child.name),
            _ => format!(
                "records of `{}` point by `{column}` at records of `{}` that would go with this one",
                child.name, target.collection.name
            ),
        };
        let field = format!("{}.{column}", child.name);
        Some(Look {
            found: true,
            ..Look::of(&child.name, column, Filter::All(tests), field, sentence)
        })
    };
    forbidding.into_iter().filter_map(look).collect()
}

/// The key as a request would say it.
fn json(key: &Value) -> Option<Json> {
    match key {
        Value::Text(text) => Some(Json::from(text.as_str())),
        Value::Int(number) => Some(Json::from(*number)),
        Value::Null | Value::Bool(_) | Value::Real(_) | Value::Bytes(_) => None,
    }
}

/// Where the field has another value, or none.
fn is_not(path: &str, key: &Json) -> Filter {
    Filter::Any(vec![
        field_test(path, "isNull", Json::Bool(true)),
        field_test(path, "neq", key.clone()),
    ])
}

impl Look {
    fn of(collection: &str, column: &str, filter: Filter, field: String, sentence: String) -> Self {
        let read = Read {
            collection: collection.to_owned(),
            fields: vec![column.to_owned()],
            filter: Some(filter),
            with_deleted: true,
            limit: Some(1),
            count: CountMode::None,
            ..Read::default()
        };
        let detail = Detail::field(Code::ForeignKeyViolation.as_str(), field, sentence);
        Self { read, found: false, detail }
    }

    /// The same for the operation at this place of the request.
    fn at(self, index: Option<usize>) -> Self {
        Self { detail: Detail { index, ..self.detail }, ..self }
    }
}
