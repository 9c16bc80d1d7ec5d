//! What a record points to.

use super::Named;
use crate::coerce::coerce;
use crate::resolve::write::record::{Columns, Deed};
use crate::resolve::write::{Spot, Writer};
use crate::{Assigned, Step};
use base::{Result, Value};
use catalog::{Collection, Relation, RelationKind};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::sync::Arc;

impl Writer<'_> {
    /// The columns that tie a record to the one it points to; `None` when the payload was refused.
    pub(in crate::resolve::write) fn pointed(
        &mut self,
        collection: &Arc<Collection>,
        relation: &Relation,
        json: &Json,
        spot: &Spot,
    ) -> Result<Option<Columns>> {
        let RelationKind::ToOne { column, target_column, only_when, .. } = &relation.kind else {
            return Ok(None);
        };
        if json.is_null() {
            let null = Assigned::Value(Value::Null);
            return Ok(Some(Columns::from_iter([(column.clone(), null)])));
        }
        let Some(target) = self.far(relation, spot) else { return Ok(None) };
        let below = spot.below(&relation.name, None);
        if below.through.len() > self.scope.limits.relation_depth_max {
            return self.too_deep(relation, spot);
        }
        let by_key = *target_column == target.primary_key;
        let link = match json {
            Json::Array(_) | Json::Null => {
                self.wrong(relation, spot, "Value must be an object, an id or null");
                return Ok(None);
            }
            Json::Object(body) => match self.named(&target, body, relation, spot) {
                None => return Ok(None),
                Some(Named::New(body)) => {
                    let step = self.insert(&target, body, Columns::new(), &below)?;
                    self.made(step, &target, target_column)
                }
                Some(Named::Known(key, changes)) => {
                    self.exists(&target, &key, relation, spot);
                    let known = changes.get(target_column).cloned();
                    if !changes.is_empty() {
                        let deed = Deed {
                            key: key.clone(),
                            expect: IndexMap::new(),
                            link: Columns::new(),
                        };
                        self.update(&target, deed, &changes, &below)?;
                    }
                    match (by_key, known) {
                        (true, _) => Some(Assigned::Value(key)),
                        (false, Some(value)) => self.far_value(&target, target_column, &value),
                        (false, None) => None,
                    }
                }
            },
            scalar => {
                let Some(value) = self.key_of(&target, target_column, scalar, relation, spot)
                else {
                    return Ok(None);
                };
                if by_key {
                    self.exists(&target, &value, relation, spot);
                }
                Some(Assigned::Value(value))
            }
        };
        let Some(link) = link else {
            let why = format!("Value must name `{target_column}`, which the relation points to");
            self.wrong(relation, spot, &why);
            return Ok(None);
        };
        let Some(link) = fitted(collection, column, link) else {
            self.wrong(relation, spot, "Value does not fit the type of the foreign key");
            return Ok(None);
        };
        let mut columns = Columns::from_iter([(column.clone(), link)]);
        if let Some((field, word)) = only_when {
            columns.insert(field.clone(), Assigned::Value(Value::text(word.as_str())));
        }
        Ok(Some(columns))
    }

    fn far_value(&self, target: &Collection, column: &str, json: &Json) -> Option<Assigned> {
        let field = target.field(column)?;
        coerce(&field.kind, json).ok().map(Assigned::Value)
    }

    /// What a column of a record made by an earlier step holds.
    pub(super) fn made(&self, step: usize, target: &Collection, column: &str) -> Option<Assigned> {
        if let Some(Step::Insert { values, .. }) = self.plan.steps.get(step)
            && let Some(Assigned::Value(value)) = values.get(column)
        {
            return Some(Assigned::Value(value.clone()));
        }
        (column == target.primary_key).then_some(Assigned::KeyOf(step))
    }
}

/// A value in the type of the column that takes it: the key of an M2A target may be a number
/// while the junction keeps text. Keys of earlier steps are bound by the column's type anyway.
pub(super) fn fitted(
    collection: &Collection,
    column: &str,
    assigned: Assigned,
) -> Option<Assigned> {
    let Assigned::Value(value) = assigned else { return Some(assigned) };
    let field = collection.field(column)?;
    let json = match &value {
        Value::Null | Value::Bytes(_) | Value::Real(_) => return Some(Assigned::Value(value)),
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(n) => Json::from(*n),
        Value::Text(text) => Json::String(text.clone()),
    };
    coerce(&field.kind, &json).ok().map(Assigned::Value)
}
