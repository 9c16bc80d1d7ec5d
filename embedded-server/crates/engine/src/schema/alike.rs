//! What stands in the way of values that are to be unique.

use super::stake::{examples, obstacle};
use super::values::{grouped, twins};
use base::{Code, Detail, Error};
use catalog::{Catalog, Change};
use store::Store;

/// The refusal of a change by records that are alike, with their number and one of them. What the
/// store tells is the field alone.
pub(super) async fn told(store: &Store, old: &Catalog, changes: &[Change], error: Error) -> Error {
    if error.detail_list().iter().any(|one| one.code == store::INDEX_LIMIT) {
        return too_long(changes, error);
    }
    if error.code() != Code::UniqueViolation {
        return error;
    }
    for change in changes {
        let (collection, fields) = match change {
            Change::AddIndex { collection, index } if index.unique => {
                (collection, index.fields.as_slice())
            }
            Change::AlterField { collection, from, to } if to.unique && !from.unique => {
                (collection, std::slice::from_ref(&to.name))
            }
            _ => continue,
        };
        let Ok(Some(found)) = twins(store, changes, collection, fields).await else { continue };
        if found.affected == 0 {
            continue;
        }
        let example = match obstacle(change, changes, old, store.dialect()) {
            Some((stake, _)) => examples(store, &stake, 1).await.ok().and_then(|mut all| all.pop()),
            None => None,
        };
        let example = example.map_or_else(String::new, |one| match one.value {
            Some(value) => format!(", for example `{value}` of record {}", one.key),
            None => format!(", for example record {}", one.key),
        });
        let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        let message = format!(
            "{} records of `{collection}` share what they have in {} with another{example}",
            grouped(found.affected),
            names.join(" and ")
        );
        return error.message_is(message).hint(
            "give each of them a value of its own, or remove what is there twice, and try again",
        );
    }
    error
}

/// The refusal of indexes by stored values that are longer than they hold, with their fields: those
/// of the only index that is new, or those of the table that the store names.
fn too_long(changes: &[Change], error: Error) -> Error {
    let mut fields: Vec<&str> = Vec::new();
    for change in changes {
        let (collection, more) = match change {
            Change::AddIndex { collection, index } if !index.is_of_words() => {
                (collection, index.fields.as_slice())
            }
            Change::AlterField { collection, from, to }
                if (to.unique && !from.unique) || (to.primary_key && !from.primary_key) =>
            {
                (collection, std::slice::from_ref(&to.name))
            }
            _ => continue,
        };
        if error.table().is_none_or(|table| table == collection) {
            fields.extend(more.iter().map(String::as_str));
        }
    }
    if fields.is_empty() {
        return error;
    }
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    let message = format!(
        "a stored value of {} is too long for an index, of which an entry has at most 2,704 bytes on Postgres",
        names.join(" or ")
    );
    let details = fields.iter().map(|field| {
        Detail::field(store::INDEX_LIMIT, *field, "is longer than an index holds (2,704 bytes)")
    });
    let details = details.collect();
    error
        .message_is(message)
        .hint("shorten the stored values, or leave the index out; one of the type `fulltext` takes long texts")
        .details(details)
}
