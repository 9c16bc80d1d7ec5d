//! Lists of records that point to their parent, and the one of a reverse one-to-one.

use super::{Named, Tie};
use crate::resolve::names::own_column;
use crate::resolve::write::record::{Columns, Deed, in_order};
use crate::resolve::write::{Spot, Writer};
use crate::{Assigned, Cond, Condition, Operand, Operator, Step};
use base::{Result, Value};
use catalog::{Relation, RelationKind};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

impl Writer<'_> {
    /// The full list of a to-many relation, or the one record of a reverse one-to-one.
    pub(super) fn children(
        &mut self,
        tie: &Tie<'_>,
        relation: &Relation,
        list: &[(Option<usize>, &Json)],
        spot: &Spot,
    ) -> Result<()> {
        let mut named = Vec::with_capacity(list.len());
        for (position, item) in list {
            let found = match item {
                Json::Object(body) => self.named(tie.child, body, relation, spot),
                Json::String(_) | Json::Number(_) | Json::Bool(_) if tie.child.junction => {
                    self.far_end(tie, item, relation, spot, &mut named)?;
                    continue;
                }
                Json::String(_) | Json::Number(_) | Json::Bool(_) => self
                    .key_of(tie.child, &tie.child.primary_key, item, relation, spot)
                    .map(|key| Named::Known(key, Map::new())),
                Json::Null | Json::Array(_) => {
                    self.wrong(relation, spot, "Each value must be an object or an id");
                    None
                }
            };
            if let Some(found) = found {
                named.push((*position, Entry::Named(found)));
            }
        }
        if tie.replace {
            let kept = named.iter().filter_map(|(_, entry)| match entry {
                Entry::Named(Named::Known(key, _)) => Some(key.clone()),
                Entry::Named(Named::New(_)) | Entry::Target(..) => None,
            });
            let kept = kept.collect();
            self.untie(tie, kept, relation, spot);
        }
        for (position, entry) in named {
            let below = spot.below(&relation.name, position);
            match entry {
                Entry::Named(Named::Known(key, changes)) => {
                    self.exists(tie.child, &key, relation, spot);
                    let deed = Deed { key, expect: IndexMap::new(), link: tie.columns() };
                    self.update(tie.child, deed, &changes, &below)?;
                }
                Entry::Named(Named::New(body)) => {
                    self.insert(tie.child, body, tie.columns(), &below)?;
                }
                Entry::Target(column, key) => {
                    let mut columns = tie.columns();
                    columns.insert(column, Assigned::Value(key));
                    self.insert(tie.child, &Map::new(), columns, &below)?;
                }
            }
        }
        Ok(())
    }

    /// A bare id in the list of a many-to-many relation: the record at the far end of the
    /// junction. The same id twice is one link.
    fn far_end(
        &mut self,
        tie: &Tie<'_>,
        item: &Json,
        relation: &Relation,
        spot: &Spot,
        named: &mut Vec<(Option<usize>, Entry<'_>)>,
    ) -> Result<()> {
        let mut ends = tie.child.relations.values().filter_map(|end| match &end.kind {
            RelationKind::ToOne { column, target_column, only_when: None, .. }
                if *column != tie.column =>
            {
                Some((end, column, target_column))
            }
            _ => None,
        });
        let (Some((end, column, target_column)), None) = (ends.next(), ends.next()) else {
            let why = "The junction has more than one far end; send objects";
            self.wrong(relation, spot, why);
            return Ok(());
        };
        let Some(target) = self.far(end, spot) else { return Ok(()) };
        let Some(key) = self.key_of(&target, target_column, item, relation, spot) else {
            return Ok(());
        };
        let twice = named.iter().any(|(_, entry)| match entry {
            Entry::Target(_, known) => *known == key,
            Entry::Named(_) => false,
        });
        if !twice {
            if *target_column == target.primary_key {
                self.exists(&target, &key, relation, spot);
            }
            named.push((None, Entry::Target(column.clone(), key)));
        }
        Ok(())
    }

    /// Existing records of the tie lose it, save the kept ones: the foreign key becomes null
    /// where it may, else the record goes.
    pub(super) fn untie(
        &mut self,
        tie: &Tie<'_>,
        kept: Vec<Value>,
        relation: &Relation,
        spot: &Spot,
    ) {
        let child = tie.child;
        let filter = self.tied(tie, kept);
        let through = spot.below(&relation.name, None).through;
        let nullable = child.fields.get(tie.column).is_some_and(|field| field.nullable);
        let unlink = nullable && !child.junction;
        if !unlink && !child.paranoid {
            self.push(Step::Delete {
                collection: Arc::clone(child),
                filter,
                key: None,
                one: false,
                expect: IndexMap::new(),
                spares: Cond::Never,
                through,
                index: spot.index,
            });
            return;
        }
        let mut columns = Columns::new();
        if unlink {
            columns.insert(tie.column.to_owned(), Assigned::Value(Value::Null));
            self.stamp_update(child, &mut columns);
        } else {
            columns.insert(String::from("deletedAt"), self.now());
            self.stamp_deletion(child, true, &mut columns);
        }
        self.push(Step::Update {
            collection: Arc::clone(child),
            filter,
            key: None,
            values: in_order(child, &columns),
            one: false,
            expect: IndexMap::new(),
            check: Cond::Always,
            spares: Cond::Never,
            through,
            index: spot.index,
            deleting: (!unlink).then_some(true),
        });
    }

    /// The records of a tie, save some.
    pub(super) fn tied(&self, tie: &Tie<'_>, kept: Vec<Value>) -> Cond {
        let test = |name: &str, operator: Operator| match own_column(tie.child, name) {
            Some(left) => Cond::Test(Box::new(Condition { left, operator })),
            None => Cond::Never,
        };
        let equal = |value: Value| Operator::Equal { negated: false, right: Operand::Value(value) };
        // The parent existed, so its key is a value.
        let link = match &tie.link {
            Assigned::Value(value) => test(tie.column, equal(value.clone())),
            Assigned::KeyOf(_) | Assigned::NextNumber | Assigned::NextSort | Assigned::Sql(_) => {
                Cond::Never
            }
        };
        let scope = match tie.scope {
            Some((column, word)) => test(column, equal(Value::text(word.as_str()))),
            None => Cond::Always,
        };
        let kept = if kept.is_empty() {
            Cond::Always
        } else {
            let values = kept.into_iter().map(Operand::Value).collect();
            test(&tie.child.primary_key, Operator::In { negated: true, values })
        };
        link.and(scope).and(kept)
    }
}

/// One entry of a list.
enum Entry<'b> {
    /// A record of the list's own collection.
    Named(Named<'b>),
    /// A junction row to be made: the column of its far end, and what that holds.
    Target(String, Value),
}
