//! Records inside records (`spec/data.md` 10.5).

mod any;
mod through;
mod to_many;
mod to_one;

use super::record::{Columns, Parent};
use super::{Spot, Writer};
use crate::coerce::{coerce, shown};
use crate::{Assigned, Cond, Step};
use base::{Code, Detail, Result, Value};
use catalog::{Collection, FieldKind, Relation, RelationKind};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A far record as a payload names it.
enum Named<'b> {
    /// Existing, with changes (possibly none).
    Known(Value, Map<String, Json>),
    /// To be made.
    New(&'b Map<String, Json>),
}

/// How the records of a list are tied to their parent.
struct Tie<'a> {
    /// The collection of the list's records.
    child: &'a Arc<Collection>,
    /// Their foreign key.
    column: &'a str,
    /// What it is set to.
    link: Assigned,
    /// The way back from a target of an M2A: a word that the far record must carry.
    scope: Option<&'a (String, String)>,
    /// Existing records that are not listed lose their tie.
    replace: bool,
}

impl Tie<'_> {
    fn columns(&self) -> Columns {
        let mut columns = Columns::from_iter([(self.column.to_owned(), self.link.clone())]);
        if let Some((column, word)) = self.scope {
            columns.insert(column.clone(), Assigned::Value(Value::text(word.as_str())));
        }
        columns
    }
}

impl Writer<'_> {
    /// Lays out the records that hang on a parent through one of its relations.
    pub(super) fn hang(
        &mut self,
        parent: &Parent<'_>,
        relation: &Relation,
        json: &Json,
        spot: &Spot,
    ) -> Result<()> {
        if spot.through.len() >= self.scope.limits.relation_depth_max {
            self.too_deep(relation, spot)?;
            return Ok(());
        }
        let Some(far) = self.far(relation, spot) else { return Ok(()) };
        let (column, list) = match &relation.kind {
            RelationKind::ToOne { .. } => return Ok(()),
            RelationKind::HasOne { column, .. } => {
                let one = if json.is_null() { Vec::new() } else { vec![(None, json)] };
                (column, one)
            }
            RelationKind::ToMany { column, .. } | RelationKind::Through { column, .. } => {
                let Json::Array(items) = json else {
                    let why = format!("Value must be an array for {}", relation.name);
                    self.wrong(relation, spot, &why);
                    return Ok(());
                };
                (column, items.iter().enumerate().map(|(at, item)| (Some(at), item)).collect())
            }
        };
        let Some(link) = self.link(parent, column, relation, spot) else { return Ok(()) };
        match &relation.kind {
            RelationKind::ToMany { target_column, polymorphic, .. } => {
                let tie = Tie {
                    child: &far,
                    column: target_column,
                    link,
                    scope: relation.scope.as_ref(),
                    replace: parent.existed,
                };
                if polymorphic.is_empty() {
                    self.children(&tie, relation, &list, spot)
                } else {
                    self.polymorphic(&tie, polymorphic, relation, &list, spot)
                }
            }
            RelationKind::HasOne { target_column, .. } => {
                let tie = Tie {
                    child: &far,
                    column: target_column,
                    link,
                    scope: None,
                    replace: parent.existed,
                };
                self.children(&tie, relation, &list, spot)
            }
            RelationKind::Through { junction, junction_source, .. } => {
                let Some(junction) = self.scope.full.get(junction).map(Arc::clone) else {
                    self.wrong(relation, spot, "The junction of this relation does not exist");
                    return Ok(());
                };
                let tie = Tie {
                    child: &junction,
                    column: junction_source,
                    link,
                    scope: None,
                    replace: parent.existed,
                };
                self.through(&tie, &far, relation, &list, spot)
            }
            RelationKind::ToOne { .. } => Ok(()),
        }
    }

    /// What the far foreign key is set to: the parent's value in the column it points to.
    fn link(
        &mut self,
        parent: &Parent<'_>,
        column: &str,
        relation: &Relation,
        spot: &Spot,
    ) -> Option<Assigned> {
        if let Some(Assigned::Value(value)) = parent.columns.get(column)
            && !value.is_null()
        {
            return Some(Assigned::Value(value.clone()));
        }
        if *column == parent.collection.primary_key {
            return Some(Assigned::KeyOf(parent.step));
        }
        let why = format!("the relation hangs on `{column}`; send it in the same body");
        self.wrong(relation, spot, &why);
        None
    }

    /// Whether a body names an existing record by its key; `None` when the key was refused.
    fn named<'b>(
        &mut self,
        target: &Collection,
        body: &'b Map<String, Json>,
        relation: &Relation,
        spot: &Spot,
    ) -> Option<Named<'b>> {
        let is_key = |name: &str| target.called(name).is_some_and(|field| field.primary_key);
        let mut keys = body.iter().filter(|(name, key)| is_key(name) && !key.is_null());
        let Some((_, json)) = keys.next() else { return Some(Named::New(body)) };
        let key = self.key_of(target, &target.primary_key, json, relation, spot)?;
        for (name, other) in keys {
            if self.key_of(target, &target.primary_key, other, relation, spot)? != key {
                let why = format!("{} and `{name}` name two records", shown(json));
                self.wrong(relation, spot, &why);
                return None;
            }
        }
        let mut changes = body.clone();
        changes.retain(|name, _| !is_key(name));
        Some(Named::Known(key, changes))
    }

    fn key_of(
        &mut self,
        target: &Collection,
        column: &str,
        json: &Json,
        relation: &Relation,
        spot: &Spot,
    ) -> Option<Value> {
        let kind = target.field(column).map_or(FieldKind::Text, |field| field.kind.clone());
        match coerce(&kind, json) {
            Ok(value) if !value.is_null() => Some(value),
            Ok(_) => {
                self.wrong(relation, spot, "An id must not be null");
                None
            }
            Err(why) => {
                let why = format!("{} is not an id of `{}`: {why}", shown(json), target.name);
                self.wrong(relation, spot, &why);
                None
            }
        }
    }

    /// A named record must be there, or the whole write is refused.
    fn exists(&mut self, target: &Arc<Collection>, key: &Value, relation: &Relation, spot: &Spot) {
        let through = spot.below(&relation.name, None).through;
        let asked = self.asked(through);
        self.push(Step::Exists {
            collection: Arc::clone(target),
            key: key.clone(),
            filter: Cond::Always,
            field: spot.field(&relation.name),
            asked,
            index: spot.index,
        });
    }

    fn far(&mut self, relation: &Relation, spot: &Spot) -> Option<Arc<Collection>> {
        let found = self.scope.full.get(&relation.target).map(Arc::clone);
        if found.is_none() {
            let why = format!("The collection `{}` does not exist", relation.target);
            self.wrong(relation, spot, &why);
        }
        found
    }

    fn wrong(&mut self, relation: &Relation, spot: &Spot, why: &str) {
        let at = spot.field(&relation.name);
        let detail = Detail::field(Code::RelationInvalid.as_str(), at, why);
        self.findings.relations.push(detail.at_index(spot.index));
    }

    fn too_deep(&mut self, relation: &Relation, spot: &Spot) -> Result<Option<Columns>> {
        let most = self.scope.limits.relation_depth_max;
        let why = format!("Records may be nested {most} deep");
        self.wrong(relation, spot, &why);
        Ok(None)
    }
}
