//! Writing asks for names before values: which fields and relations of a body a role may write.
//! This is judged on the body as asked, so that an unknown name and a forbidden one are the same
//! answer.

use crate::{Action, Actor, Identity, Policy};
use base::{Code, Detail, Error, Result};
use catalog::{Catalog, Collection, RelationKind};
use query::{Operation, Words, Write};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Refuses operations the actor has no policy for and fields it was not granted, and merges the
/// policy's default values under each body, their variables replaced by what `words` says.
pub fn check_asked(write: &mut Write, full: &Catalog, actor: &Actor, words: &Words) -> Result<()> {
    for (index, operation) in write.operations.iter_mut().enumerate() {
        let (name, action) = match operation {
            Operation::Create { collection, .. } => (collection.clone(), Action::Create),
            Operation::Update { collection, .. } => (collection.clone(), Action::Update),
            Operation::Delete { collection, .. } => (collection.clone(), Action::Delete),
        };
        let Some(collection) = full.get(&name) else {
            return Err(if actor.unbound() {
                unknown_collection(&name)
            } else {
                denied(action, &name)
            });
        };
        check_expected(operation, collection, actor)?;
        if actor.unbound() {
            continue;
        }
        let body = match operation {
            Operation::Create { body, .. } | Operation::Update { body, .. } => Some(body),
            Operation::Delete { force, .. } => {
                // Removing for good is an administrator's word.
                *force = false;
                None
            }
        };
        let Some(policy) = granting(collection, action, body.as_deref(), actor)? else { continue };
        let Some(body) = body else { continue };
        let may_delete =
            actor.policies.get(&name, Action::Delete).is_some_and(|policy| !policy.broken);
        let only_mark = marks_deleted(collection, body) && action == Action::Update && may_delete;
        let restores = collection.paranoid
            && action == Action::Update
            && body.len() == 1
            && body.get("deletedAt") == Some(&Json::Null);
        // A mark stays a mark: defaults beside it would make it an ordinary change.
        if only_mark || restores {
            continue;
        }
        let asking = Asking { full, policy, action, index };
        asking.body(collection, body, &mut Vec::new())?;
        for (key, value) in &policy.defaults {
            if said_otherwise(collection, body, key) {
                continue;
            }
            body.entry(key.clone()).or_insert_with(|| query::spelled_out(value, words));
        }
    }
    Ok(())
}

/// Whether the actor may do what a write asks of each collection at all. For before anything looks at
/// its values: a stranger is told that it may not write, and not what is wrong with what it sent.
pub fn check_allowed(write: &Write, full: &Catalog, actor: &Actor) -> Result<()> {
    if actor.unbound() {
        return Ok(());
    }
    for operation in &write.operations {
        let (name, action, body) = match operation {
            Operation::Create { collection, body } => (collection, Action::Create, Some(body)),
            Operation::Update { collection, body, .. } => (collection, Action::Update, Some(body)),
            Operation::Delete { collection, .. } => (collection, Action::Delete, None),
        };
        let collection = full.get(name).ok_or_else(|| denied(action, name))?;
        granting(collection, action, body, actor)?;
    }
    Ok(())
}

/// The policy that lets the actor do this to records of a collection; none where only the right to
/// delete does, because a soft delete by PATCH is a deletion (`spec/data.md` 10.6).
fn granting<'a>(
    collection: &Collection,
    action: Action,
    body: Option<&Map<String, Json>>,
    actor: &'a Actor,
) -> Result<Option<&'a Policy>> {
    let policy = |action| {
        actor.policies.get(&collection.name, action).filter(|policy: &&Policy| !policy.broken)
    };
    let granted = policy(action);
    let deleting = body.is_some_and(|body| marks_deleted(collection, body));
    if granted.is_none() && !(deleting && policy(Action::Delete).is_some()) {
        return Err(denied(action, &collection.name));
    }
    Ok(granted)
}

/// Whether a body sets what a default sets by its other name: a field by its other spelling, a foreign
/// key by its relation, or a relation by its foreign key.
fn said_otherwise(collection: &Collection, body: &Map<String, Json>, key: &str) -> bool {
    let field = |name: &str| collection.called(name).map(|field| field.name.as_str());
    let meant = field(key);
    meant.is_some() && body.keys().any(|name| field(name) == meant)
        || collection.relations.values().any(|relation| match &relation.kind {
            RelationKind::ToOne { column, .. } => {
                (column == key && body.contains_key(&relation.name))
                    || (relation.name == key && body.contains_key(column))
            }
            RelationKind::HasOne { .. }
            | RelationKind::ToMany { .. }
            | RelationKind::Through { .. } => false,
        })
}

/// Whether a write of the actor may set this field of a record that is there. Without any right to
/// change such records it is the write that is refused, not one field or another.
#[must_use]
pub fn may_set(
    collection: &Arc<Collection>,
    name: &str,
    value: &Json,
    full: &Catalog,
    actor: &Actor,
) -> bool {
    let policy = actor.policies.get(&collection.name, Action::Update);
    match policy.filter(|policy| !policy.broken && !actor.unbound()) {
        Some(policy) => {
            let asking = Asking { full, policy, action: Action::Update, index: 0 };
            asking.name(collection, name, value, &mut Vec::new()).is_ok()
        }
        None => true,
    }
}

/// Comparing is reading: a caller may only expect values of fields it may read, or a guess would
/// be told right or wrong.
fn check_expected(operation: &Operation, collection: &Collection, actor: &Actor) -> Result<()> {
    let (Operation::Update { expect, .. } | Operation::Delete { expect, .. }) = operation else {
        return Ok(());
    };
    let read = actor.policies.get(&collection.name, Action::Read).filter(|policy| !policy.broken);
    for name in expect.keys() {
        let readable = match collection.called(name) {
            None => false,
            Some(_) if matches!(actor.identity, Identity::System(_)) => true,
            Some(field) if field.hidden => false,
            Some(_) if actor.unbound() => true,
            Some(field) => {
                let granted = |policy: &Policy| policy.fields.allows(&[&field.name], true);
                read.is_some_and(|policy| field.primary_key || granted(policy))
            }
        };
        if !readable {
            let message = format!("`{}` has no field `{name}`", collection.name);
            return Err(Error::new(Code::UnknownField, message).at(format!("expect.{name}")));
        }
    }
    Ok(())
}

fn marks_deleted(collection: &Collection, body: &Map<String, Json>) -> bool {
    collection.paranoid
        && body.len() == 1
        && body.get("deletedAt").is_some_and(|value| !value.is_null())
}

struct Asking<'a> {
    full: &'a Catalog,
    policy: &'a Policy,
    action: Action,
    index: usize,
}

impl Asking<'_> {
    fn body(
        &self,
        collection: &Arc<Collection>,
        body: &Map<String, Json>,
        path: &mut Vec<String>,
    ) -> Result<()> {
        for (name, value) in body {
            let key = collection.called(name).is_some_and(|field| field.primary_key);
            if path.is_empty() || !key {
                self.name(collection, name, value, path)?;
            }
        }
        Ok(())
    }

    /// The refusal spells a name as it was asked: another spelling would tell that it is there.
    fn name(
        &self,
        collection: &Arc<Collection>,
        asked: &str,
        value: &Json,
        path: &mut Vec<String>,
    ) -> Result<()> {
        let name = collection.called(asked).map_or(asked, |field| field.name.as_str());
        let at: Vec<&str> = path.iter().map(String::as_str).chain([name]).collect();
        let refused = |relation: bool| {
            let spelt: Vec<&str> = path.iter().map(String::as_str).chain([asked]).collect();
            self.refused(&spelt, relation)
        };
        let relation = collection.relation(name);
        // Setting a to-one by a bare key (or null) is writing its column.
        let by_key = relation.and_then(|relation| match &relation.kind {
            RelationKind::ToOne { column, .. } if !value.is_object() => Some(column.as_str()),
            RelationKind::ToOne { .. }
            | RelationKind::HasOne { .. }
            | RelationKind::ToMany { .. }
            | RelationKind::Through { .. } => None,
        });
        if let Some(column) = by_key {
            let by: Vec<&str> = path.iter().map(String::as_str).chain([column]).collect();
            if self.policy.fields.allows(&by, false) || self.policy.fields.reaches(&at) {
                return Ok(());
            }
            return Err(refused(true));
        }
        // A name may be a column and a relation at once; an object is meant for the relation.
        let column = collection.fields.contains_key(name);
        let Some(relation) = relation.filter(|_| !column || value.is_object()) else {
            if column && self.policy.fields.allows(&at, false) {
                return Ok(());
            }
            return Err(refused(false));
        };
        if !self.policy.fields.reaches(&at) {
            return Err(refused(true));
        }
        let Some(target) = self.full.get(&relation.target) else { return Ok(()) };
        path.push(name.to_owned());
        let outcome = match value {
            Json::Object(body) => self.body(target, body, path),
            Json::Array(items) => items.iter().try_for_each(|item| match item {
                Json::Object(body) => self.body(target, body, path),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                    Ok(())
                }
            }),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
        };
        path.pop();
        outcome
    }

    fn refused(&self, path: &[&str], relation: bool) -> Error {
        let name = path.join(".");
        let noun = if relation && path.len() == 1 { "relation" } else { "field" };
        let message =
            format!("You don't have permission to {} {noun}: {name}", self.action.as_str());
        Error::new(Code::FieldForbidden, message.clone()).detail(
            Detail::field(Code::FieldForbidden.as_str(), name, message).at_index(self.index),
        )
    }
}

fn unknown_collection(name: &str) -> Error {
    Error::new(Code::CollectionNotFound, format!("Model {name} not found"))
}

/// The refusal of an action. The same bytes whether the collection exists or not (decision 20).
pub fn denied(action: Action, collection: &str) -> Error {
    let message = match action {
        Action::Delete => String::from("You don't have permission to delete this item"),
        Action::Create | Action::Read | Action::Update => {
            format!("You don't have permission to {} items in '{collection}'", action.as_str())
        }
    };
    Error::new(Code::Forbidden, message)
}
