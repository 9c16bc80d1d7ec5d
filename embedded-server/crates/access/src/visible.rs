//! The catalog as one role sees it: what may never be read is not there, so `resolve` answers
//! `UNKNOWN_FIELD` for it and no hint can name it.

use crate::{Action, Policies};
use catalog::{Catalog, Collection};
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// The part of the catalog that a role may read. For administrators and the house itself pass
/// `None`: everything but hidden fields.
#[must_use]
pub fn visible(full: &Catalog, policies: Option<&Policies>) -> Catalog {
    let mut seen = Seen::default();
    match policies {
        None => {
            for collection in full.collections.values() {
                let names = seen.of(collection);
                names.extend(collection.fields.keys().cloned());
                names.extend(collection.relations.keys().cloned());
            }
        }
        Some(policies) => {
            for (name, list) in &policies.by_collection {
                let Some(collection) = full.get(name) else { continue };
                let Some(policy) =
                    list.iter().find(|policy| policy.action == Action::Read && !policy.broken)
                else {
                    continue;
                };
                let walk = Walk { full, policies, policy };
                walk.collect(collection, &mut Vec::new(), &mut seen);
            }
        }
    }
    let collections = full
        .collections
        .iter()
        .filter_map(|(name, collection)| {
            let names = seen.0.get(name)?;
            Some((name.clone(), Arc::new(narrow(collection, names))))
        })
        .collect();
    Catalog { version: full.version, collections }
}

#[derive(Default)]
struct Seen(IndexMap<String, IndexSet<String>>);

impl Seen {
    fn of(&mut self, collection: &Collection) -> &mut IndexSet<String> {
        self.0.entry(collection.name.clone()).or_default()
    }
}

struct Walk<'a> {
    full: &'a Catalog,
    policies: &'a Policies,
    policy: &'a crate::Policy,
}

/// How deep granted relation paths are followed; the same bound as `Limits::relation_depth_max`
/// has by default, and the deepest star expansion of the wire.
const DEPTH_MAX: usize = 7;

impl Walk<'_> {
    fn collect(&self, collection: &Arc<Collection>, path: &mut Vec<String>, seen: &mut Seen) {
        let at: Vec<&str> = path.iter().map(String::as_str).collect();
        for field in collection.fields.values() {
            let mut full_path = at.clone();
            full_path.push(&field.name);
            if field.primary_key || self.policy.fields.allows(&full_path, true) {
                seen.of(collection).insert(field.name.clone());
            }
        }
        if path.len() >= DEPTH_MAX {
            return;
        }
        let mut granted = Vec::new();
        for relation in collection.relations.values() {
            let mut full_path = at.clone();
            full_path.push(&relation.name);
            let by_pattern = self.policy.fields.reaches(&full_path);
            let by_policy = self
                .policies
                .get(&relation.target, Action::Read)
                .is_some_and(|policy| !policy.broken);
            if by_pattern || by_policy {
                seen.of(collection).insert(relation.name.clone());
            }
            if by_pattern {
                granted.push(relation.clone());
            }
        }
        for relation in granted {
            if let Some(target) = self.full.get(&relation.target) {
                path.push(relation.name.clone());
                self.collect(target, path, seen);
                path.pop();
            }
        }
    }
}

fn narrow(collection: &Collection, names: &IndexSet<String>) -> Collection {
    let mut narrowed = collection.clone();
    narrowed
        .fields
        .retain(|name, field| field.primary_key || (!field.hidden && names.contains(name)));
    narrowed.relations.retain(|name, _| names.contains(name));
    narrowed
}

/// What a role may do with one collection, for clients that draw by it. Judged by the server so
/// that no client infers rights.
#[derive(Clone, Debug, PartialEq)]
pub struct Capability {
    /// The field patterns granted; `None` when the action is denied.
    pub fields: Option<Vec<String>>,
    /// Whether only some records qualify.
    pub conditional: bool,
}

/// Every collection the role may touch, with its four actions in the order of [`Action::ALL`].
#[must_use]
pub fn capabilities(
    full: &Catalog,
    policies: Option<&Policies>,
) -> IndexMap<String, [Capability; 4]> {
    full.collections
        .keys()
        .filter_map(|name| {
            let actions = Action::ALL.map(|action| match policies {
                None => Capability {
                    fields: Some(vec![String::from("*"), String::from("**")]),
                    conditional: false,
                },
                Some(policies) => {
                    match policies.get(name, action).filter(|policy| !policy.broken) {
                        None => Capability { fields: None, conditional: false },
                        Some(policy) => Capability {
                            fields: Some(
                                policy
                                    .fields
                                    .patterns
                                    .clone()
                                    .unwrap_or_else(|| vec![String::from("*")]),
                            ),
                            conditional: policy.conditions.is_some(),
                        },
                    }
                }
            });
            actions.iter().any(|one| one.fields.is_some()).then(|| (name.clone(), actions))
        })
        .collect()
}
