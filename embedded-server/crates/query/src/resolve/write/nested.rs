//! Records inside records (`spec/data.md` 10.5).

use super::record::{Columns, Deed, Parent, in_order};
use super::{Spot, Writer};
use crate::coerce::{coerce, shown};
use crate::resolve::names::own_column;
use crate::{Assigned, Cond, Condition, Operand, Operator, Step};
use base::{Code, Detail, Result, Value};
use catalog::{Collection, FieldKind, Relation, RelationKind};
use indexmap::IndexMap;
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
    // ---- what the record points to ----

    /// The columns that tie a record to the one it points to; `None` when the payload was refused.
    pub(super) fn pointed(
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
    fn made(&self, step: usize, target: &Collection, column: &str) -> Option<Assigned> {
        if let Some(Step::Insert { values, .. }) = self.plan.steps.get(step)
            && let Some(Assigned::Value(value)) = values.get(column)
        {
            return Some(Assigned::Value(value.clone()));
        }
        (column == target.primary_key).then_some(Assigned::KeyOf(step))
    }

    // ---- what points to the record ----

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

    /// The full list of a to-many relation, or the one record of a reverse one-to-one.
    fn children(
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

    /// The junction rows of an M2A: all old ones go, the given ones come.
    fn polymorphic(
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

    /// Far records through a junction that does not show.
    fn through(
        &mut self,
        tie: &Tie<'_>,
        far: &Arc<Collection>,
        relation: &Relation,
        list: &[(Option<usize>, &Json)],
        spot: &Spot,
    ) -> Result<()> {
        let RelationKind::Through { junction_target, target_column, .. } = &relation.kind else {
            return Ok(());
        };
        let junction = tie.child;
        if tie.replace {
            let filter = self.tied(tie, Vec::new());
            self.push(Step::Delete {
                collection: Arc::clone(junction),
                filter,
                key: None,
                one: false,
                expect: IndexMap::new(),
                spares: Cond::Never,
                through: spot.below(&relation.name, None).through,
                index: spot.index,
            });
        }
        let mut seen: Vec<Value> = Vec::new();
        for (position, item) in list {
            let below = spot.below(&relation.name, *position);
            let named = match item {
                Json::Object(body) => self.named(far, body, relation, spot),
                Json::Null | Json::Array(_) => {
                    self.wrong(relation, spot, "Each value must be an object or an id");
                    None
                }
                scalar => self
                    .key_of(far, &far.primary_key, scalar, relation, spot)
                    .map(|key| Named::Known(key, Map::new())),
            };
            let target = match named {
                None => continue,
                Some(Named::New(body)) => {
                    let step = self.insert(far, body, Columns::new(), &below)?;
                    self.made(step, far, target_column)
                }
                Some(Named::Known(key, changes)) => {
                    if seen.contains(&key) {
                        continue;
                    }
                    seen.push(key.clone());
                    self.exists(far, &key, relation, spot);
                    if !changes.is_empty() {
                        let link = Columns::new();
                        let deed = Deed { key: key.clone(), expect: IndexMap::new(), link };
                        self.update(far, deed, &changes, &below)?;
                    }
                    (*target_column == far.primary_key).then_some(Assigned::Value(key))
                }
            };
            let Some(target) = target else {
                let why = format!("Value must name `{target_column}`");
                self.wrong(relation, spot, &why);
                continue;
            };
            let mut columns = tie.columns();
            columns.insert(junction_target.clone(), target);
            self.insert(junction, &Map::new(), columns, &below)?;
        }
        Ok(())
    }

    // ---- shared ----

    /// Existing records of the tie lose it, save the kept ones: the foreign key becomes null
    /// where it may, else the record goes.
    fn untie(&mut self, tie: &Tie<'_>, kept: Vec<Value>, relation: &Relation, spot: &Spot) {
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
    fn tied(&self, tie: &Tie<'_>, kept: Vec<Value>) -> Cond {
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

    /// Whether a body names an existing record by its key; `None` when the key was refused.
    fn named<'b>(
        &mut self,
        target: &Collection,
        body: &'b Map<String, Json>,
        relation: &Relation,
        spot: &Spot,
    ) -> Option<Named<'b>> {
        let key = body.get(&target.primary_key).filter(|key| !key.is_null());
        let Some(key) = key else { return Some(Named::New(body)) };
        let key = self.key_of(target, &target.primary_key, key, relation, spot)?;
        let mut changes = body.clone();
        changes.shift_remove(&target.primary_key);
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

/// One entry of a list.
enum Entry<'b> {
    /// A record of the list's own collection.
    Named(Named<'b>),
    /// A junction row to be made: the column of its far end, and what that holds.
    Target(String, Value),
}

/// A value in the type of the column that takes it: the key of an M2A target may be a number
/// while the junction keeps text. Keys of earlier steps are bound by the column's type anyway.
fn fitted(collection: &Collection, column: &str, assigned: Assigned) -> Option<Assigned> {
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
