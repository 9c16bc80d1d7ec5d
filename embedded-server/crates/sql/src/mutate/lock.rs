//! Records of one write locked in one order, whatever the order of the request.

use super::bulk::carried;
use super::{Writes, key_family};
use crate::dialect::Family;
use crate::writer::quoted;
use crate::{Dialect, Expect};
use base::Value;
use catalog::Collection;
use query::{Assigned, Step};
use serde_json::Value as Json;
use std::collections::BTreeMap;

impl<'p> Writes<'p> {
    /// Postgres: one statement for each collection locks the records that the steps name by their
    /// keys, by collection and key. Two writes of the same records in different orders would wait
    /// for each other until one of them is given up. One record alone is locked by its own step.
    pub(super) fn lock_in_order(&mut self, steps: &'p [Step]) {
        if self.dialect == Dialect::Sqlite {
            return;
        }
        let mut wanted: BTreeMap<&str, (&'p Collection, Vec<&'p Value>)> = BTreeMap::new();
        for step in steps {
            if let Step::Update { collection, key: Some(Assigned::Value(key)), .. }
            | Step::Delete { collection, key: Some(Assigned::Value(key)), .. } = step
            {
                let keys =
                    wanted.entry(&collection.name).or_insert((collection.as_ref(), Vec::new()));
                keys.1.push(key);
            }
        }
        if wanted.values().map(|(_, keys)| keys.len()).sum::<usize>() < 2 {
            return;
        }
        for (collection, keys) in wanted.into_values() {
            let list = Json::Array(keys.into_iter().map(carried).collect());
            let mut compiler = self.compiler();
            let list = compiler.writer.value(Value::Text(list.to_string()), Family::Text);
            let row = compiler.writer.alias();
            let locked = compiler.writer.alias();
            let key = row.column(&collection.primary_key);
            let named = self.dialect.among(&key, &list, key_family(collection));
            // Sorted first, locked then: the lock is taken above the sort.
            compiler.writer.push(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} {row} WHERE {named} ORDER BY {key} FOR UPDATE) {locked}",
                quoted(&collection.name),
            ));
            self.push(compiler, Expect::Any);
        }
    }
}
