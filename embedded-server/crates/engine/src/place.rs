//! Where in what was asked a refusal by the store lies.
//!
//! The store names a table and its columns. A body may make records of other collections through
//! its relations: what is refused of those is told by the way that leads to them.

use base::Error;
use query::{Step, WritePlan};
use std::collections::BTreeSet;

/// The same refusal with its fields as the caller reaches them from the records that were asked
/// for. Where several ways lead to the table it names the table.
pub(crate) fn in_place(error: Error, plan: &WritePlan) -> Error {
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
