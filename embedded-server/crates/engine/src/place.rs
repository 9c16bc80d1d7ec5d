//! Where in what was asked a refusal by the store lies.
//!
//! The store names a table and its columns. A body may make records of other collections through
//! its relations: what is refused of those is told by the way that leads to them.

use base::{Detail, Error, Value};
use catalog::Collection;
use query::{Assigned, Step, WritePlan};
use std::collections::BTreeSet;

/// The same refusal with its fields as the caller reaches them from the records that were asked
/// for. Where several ways lead to the table it names the table.
pub(crate) fn in_place(error: Error, plan: &WritePlan) -> Error {
    if error.detail_list().iter().any(|one| one.code == store::INDEX_LIMIT) {
        return with_long_fields(error, plan);
    }
    let Some(table) = error.table() else { return error };
    let index = error.detail_list().first().and_then(|one| one.index);
    let mut ways = BTreeSet::new();
    for step in &plan.steps {
        let (collection, through, at) = match step {
            Step::Insert { collection, through, index, .. }
            | Step::Update { collection, through, index, .. } => (collection, through, *index),
            Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => continue,
        };
        if collection.name == table && index.is_none_or(|index| index == at) {
            ways.insert(through.as_slice());
        }
    }
    let mut ways = ways.into_iter();
    let before = match (ways.next(), ways.next()) {
        (Some([]), None) | (None, _) => return error,
        (Some(way), None) => way.join("."),
        (Some(_), Some(_)) => table.to_owned(),
    };
    let mut details = error.detail_list().to_vec();
    for detail in &mut details {
        detail.field = detail.field.as_ref().map(|field| format!("{before}.{field}"));
    }
    error.details(details)
}

/// The same refusal with the fields whose values are longer than an index over them holds. The store
/// tells an index at most, and of the longest values not even that.
fn with_long_fields(error: Error, plan: &WritePlan) -> Error {
    let index = error.detail_list().first().and_then(|one| one.index);
    let mut fields = BTreeSet::new();
    for step in &plan.steps {
        let (collection, values, through, at) = match step {
            Step::Insert { collection, values, through, index, .. }
            | Step::Update { collection, values, through, index, .. } => {
                (collection, values, through, *index)
            }
            Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => continue,
        };
        if index.is_some_and(|index| index != at)
            || error.table().is_some_and(|table| table != collection.name)
        {
            continue;
        }
        for together in indexed(collection) {
            let bytes: Vec<usize> =
                together.iter().map(|field| values.get(*field).map_or(0, length)).collect();
            let longest = bytes.iter().copied().max().unwrap_or(0);
            // Some bytes of each entry are its own.
            if bytes.iter().sum::<usize>() + 64 < store::INDEX_BYTES_MAX {
                continue;
            }
            // The part of a short one is not what is too much.
            let long = together.iter().zip(&bytes).filter(|(_, bytes)| **bytes * 2 >= longest);
            fields.extend(long.map(|(field, _)| match through.as_slice() {
                [] => (*field).to_owned(),
                way => format!("{}.{field}", way.join(".")),
            }));
        }
    }
    if fields.is_empty() {
        return error;
    }
    let details = fields.into_iter().map(|field| Detail {
        index,
        ..Detail::field(store::INDEX_LIMIT, field, "is longer than an index holds (2,704 bytes)")
    });
    let details = details.collect();
    error.details(details)
}

/// The fields of every index of a collection in which values stand as they are.
fn indexed(collection: &Collection) -> Vec<Vec<&str>> {
    let pointers = collection.foreign_keys();
    let alone = |name: &str| {
        collection.fields.get(name).is_some_and(|field| field.primary_key || field.unique)
            || pointers.iter().any(|pointer| pointer.column == name)
    };
    let single = collection.fields.keys().filter(|name| alone(name));
    let declared = collection
        .indexes
        .iter()
        .filter(|index| !index.is_of_words() && !collection.is_spatial(index))
        .map(|index| index.fields.iter().map(String::as_str).collect());
    single.map(|name| vec![name.as_str()]).chain(declared).collect()
}

/// How many bytes a value has that may have any number of them.
fn length(assigned: &Assigned) -> usize {
    match assigned {
        Assigned::Value(Value::Text(text)) => text.len(),
        Assigned::Value(Value::Bytes(bytes)) => bytes.len(),
        Assigned::Value(Value::Null | Value::Bool(_) | Value::Int(_) | Value::Real(_))
        | Assigned::KeyOf(_)
        | Assigned::NextNumber
        | Assigned::NextSort
        | Assigned::Sql(_) => 0,
    }
}
