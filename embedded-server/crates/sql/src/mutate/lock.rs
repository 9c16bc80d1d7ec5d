//! How records are locked where writers run side by side: those of one write in one order, whatever
//! the order of the request, and no more than a write needs.

use super::bulk::carried;
use super::{Writes, key_family};
use crate::dialect::Family;
use crate::writer::quoted;
use crate::{Dialect, Expect};
use base::Value;
use catalog::Collection;
use indexmap::IndexMap;
use query::{Assigned, Step};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How much of a record is locked, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock {
    /// All but the values that others point at: whoever points at the record need not wait.
    Values,
    /// All of it: its key may change, or it goes.
    Whole,
}

impl Lock {
    /// What a change of these values needs.
    pub(super) fn of(collection: &Collection, values: &IndexMap<String, Assigned>) -> Self {
        let in_unique_index = |name: &String| {
            collection.indexes.iter().any(|one| one.unique && one.fields.contains(name))
        };
        let is_key = |name: &String| {
            let field = collection.fields.get(name);
            field.is_none_or(|field| field.primary_key || field.unique) || in_unique_index(name)
        };
        if values.keys().any(is_key) { Self::Whole } else { Self::Values }
    }

    /// The clause of Postgres.
    pub(super) fn clause(self) -> &'static str {
        match self {
            Self::Values => "FOR NO KEY UPDATE",
            Self::Whole => "FOR UPDATE",
        }
    }
}

/// What is to be locked of one collection.
struct Wanted<'p> {
    collection: &'p Collection,
    keys: Vec<&'p Value>,
    lock: Lock,
    /// Nothing but removals.
    goes: bool,
}

impl<'p> Writes<'p> {
    /// Postgres: one statement for each collection locks the records that the steps name by their
    /// keys, by collection and key. Two writes of the same records in different orders would wait
    /// for each other until one of them is given up. One record alone is locked by its own step.
    pub(super) fn lock_in_order(&mut self, steps: &'p [Step]) {
        if self.dialect == Dialect::Sqlite {
            return;
        }
        let mut wanted: BTreeMap<&str, Wanted<'p>> = BTreeMap::new();
        for step in steps {
            let (collection, key, lock, goes) = match step {
                Step::Update { collection, key: Some(Assigned::Value(key)), values, .. } => {
                    (collection, key, Lock::of(collection, values), false)
                }
                Step::Delete { collection, key: Some(Assigned::Value(key)), .. } => {
                    (collection, key, Lock::Whole, true)
                }
                Step::Insert { .. }
                | Step::Update { .. }
                | Step::Delete { .. }
                | Step::Exists { .. }
                | Step::Pointed { .. } => continue,
            };
            let found = wanted.entry(&collection.name).or_insert_with(|| Wanted {
                collection: collection.as_ref(),
                keys: Vec::new(),
                lock,
                goes,
            });
            found.keys.push(key);
            found.lock = found.lock.max(lock);
            found.goes &= goes;
        }
        // A lock takes the right to change, which who may only remove from a table that we did not
        // make need not have: two removals that meet there in different orders are tried again.
        wanted.retain(|_, one| !(one.goes && one.collection.adopted));
        if wanted.values().map(|one| one.keys.len()).sum::<usize>() < 2 {
            return;
        }
        for Wanted { collection, keys, lock, .. } in wanted.into_values() {
            let list = Json::Array(keys.into_iter().map(carried).collect());
            let mut compiler = self.compiler();
            let list = compiler.writer.value(Value::Text(list.to_string()), Family::Text);
            let row = compiler.writer.alias();
            let locked = compiler.writer.alias();
            let key = row.column(&collection.primary_key);
            let named = self.dialect.among(&key, &list, key_family(collection));
            // Sorted first, locked then: the lock is taken above the sort.
            compiler.writer.push(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} {row} WHERE {named} ORDER BY {key} {}) {locked}",
                quoted(&collection.name),
                lock.clause(),
            ));
            self.push(compiler, Expect::Any);
        }
    }
}
