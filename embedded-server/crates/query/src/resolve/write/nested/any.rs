//! Lists of records of several collections, through a junction that shows.

use super::Tie;
use super::to_one::fitted;
use crate::Assigned;
use crate::coerce::shown;
use crate::resolve::write::{Spot, Writer};
use base::{Code, Detail, Result, Value};
use catalog::{Relation, RelationKind};
use serde_json::Value as Json;

impl Writer<'_> {
    /// The junction rows of an M2A: all old ones go, the given ones come.
    pub(super) fn polymorphic(
        &mut self,
        tie: &Tie<'_>,
        tables: &[String],
        relation: &Relation,
        list: &[(Option<usize>, &Json)],
        spot: &Spot,
    ) -> Result<()> {
        if tie.replace {
            self.untie(tie, Vec::new(), relation, spot);
        }
        for (position, item) in list {
            let below = spot.below(&relation.name, *position);
            let Json::Object(body) = item else {
                self.wrong(relation, spot, "Each value must be an object {item_id, collection}");
                continue;
            };
            let mut rest = body.clone();
            // Old junction rows are gone, so their own keys mean nothing any more.
            let old_key = rest.shift_remove(&tie.child.primary_key);
            let nested = tie.child.relations.values().any(|end| {
                let leads = matches!(&end.kind, RelationKind::ToOne { only_when: Some(_), .. });
                leads && rest.get(&end.name).is_some_and(Json::is_object)
            });
            if nested {
                self.insert(tie.child, &rest, tie.columns(), &below)?;
                continue;
            }
            let mut take = |names: [&str; 2]| {
                names.into_iter().filter_map(|name| rest.shift_remove(name)).find(|v| !v.is_null())
            };
            let word = take(["collection", "type"]);
            let id = take(["item_id", "item"]).or(old_key.filter(|key| !key.is_null()));
            let (Some(Json::String(word)), Some(id)) = (word, id) else {
                let message =
                    format!("{} needs `item_id` and `collection`; it was left out", shown(item));
                let at = below.at.trim_end_matches('.');
                let detail = Detail::field(Code::RelationInvalid.as_str(), at, message);
                self.plan.warnings.push(detail.at_index(spot.index));
                continue;
            };
            let end = tie.child.relations.values().find_map(|end| match &end.kind {
                RelationKind::ToOne { column, only_when: Some((field, known)), .. }
                    if *known == word && tables.contains(&end.target) =>
                {
                    Some((end, column, field))
                }
                _ => None,
            });
            let Some((end, column, field)) = end else {
                let why = format!("`{word}` is not one of {}", tables.join(", "));
                self.wrong(relation, spot, &why);
                continue;
            };
            let Some(target) = self.far(end, spot) else { continue };
            let Some(key) = self.key_of(&target, &target.primary_key, &id, relation, spot) else {
                continue;
            };
            self.exists(&target, &key, relation, spot);
            let Some(item) = fitted(tie.child, column, Assigned::Value(key)) else {
                self.wrong(relation, spot, "Value does not fit the type of the junction's column");
                continue;
            };
            let mut columns = tie.columns();
            columns.insert(column.clone(), item);
            columns.insert(field.clone(), Assigned::Value(Value::Text(word)));
            self.insert(tie.child, &rest, columns, &below)?;
        }
        Ok(())
    }
}
