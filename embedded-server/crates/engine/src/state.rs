//! What every request reads and only a schema or permission change replaces: one snapshot,
//! swapped whole, so that no request sees half of a change.

use access::{Actor, Identity, Policies, Policy, Scopes};
use base::{Error, Limits};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Ceilings that are kept ready at once.
const CEILINGS_MAX: usize = 1_000;

/// Catalog, roles and their policies at one moment.
#[derive(Debug)]
pub struct State {
    /// The whole catalog.
    pub catalog: Arc<Catalog>,
    /// By key in `baasix_Role`.
    pub roles: IndexMap<String, Role>,
    /// The catalog without hidden fields: what administrators read by.
    pub open_view: Arc<Catalog>,
    /// The catalog with nothing hidden: what the house itself reads by (password hashes).
    house_view: Arc<Catalog>,
    /// What is left of a role under the scopes of a token, by both.
    ceilings: Mutex<HashMap<(String, Scopes), Arc<Ceiling>>>,
}

/// What the scopes of a token leave of a role.
#[derive(Debug)]
pub struct Ceiling {
    /// Its policies within them.
    pub policies: Arc<Policies>,
    /// What it may read within them.
    pub view: Arc<Catalog>,
}

/// One role, its policies and the catalog as it sees it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Key in `baasix_Role`.
    pub id: String,
    /// Name.
    pub name: String,
    /// The stored record.
    pub record: Arc<Map<String, Json>>,
    /// Its permission rows as stored (answered at sign-in).
    pub rows: Arc<Vec<Json>>,
    /// Its policies.
    pub policies: Arc<Policies>,
    /// What it may read.
    pub view: Arc<Catalog>,
}

impl State {
    /// Builds the snapshot. Broken permission rows deny and are told to `report`.
    pub(crate) fn build(
        catalog: Arc<Catalog>,
        roles: Vec<Map<String, Json>>,
        permissions: Vec<Map<String, Json>>,
        limits: &Limits,
        report: &mut dyn FnMut(&str, &str, &Error),
    ) -> Self {
        let mut built = IndexMap::new();
        for record in roles {
            let text =
                |key: &str| record.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
            let (id, name) = (text("id"), text("name"));
            let mut policies = Policies::default();
            let mut rows = Vec::new();
            for row in permissions
                .iter()
                .filter(|row| row.get("role_Id").and_then(Json::as_str) == Some(&id))
            {
                rows.push(Json::Object(row.clone()));
                if let Some((collection, policy, fault)) = Policy::parse(row, &catalog, limits) {
                    if let Some(fault) = fault {
                        report(&name, &collection, &fault);
                    }
                    policies.by_collection.entry(collection).or_default().push(policy);
                }
            }
            let view = Arc::new(access::visible(&catalog, Some(&policies)));
            let role = Role {
                id: id.clone(),
                name,
                record: Arc::new(record),
                rows: Arc::new(rows),
                policies: Arc::new(policies),
                view,
            };
            built.insert(id, role);
        }
        let open_view = Arc::new(access::visible(&catalog, None));
        let house_view = Arc::new(unhidden(&catalog));
        Self { catalog, roles: built, open_view, house_view, ceilings: Mutex::default() }
    }

    /// A snapshot without roles, to read them by.
    pub(crate) fn without_roles(catalog: Arc<Catalog>) -> Self {
        let house_view = Arc::new(unhidden(&catalog));
        Self {
            catalog,
            roles: IndexMap::new(),
            open_view: Arc::default(),
            house_view,
            ceilings: Mutex::default(),
        }
    }

    /// Whether it was built of exactly these records.
    pub(crate) fn holds(
        &self,
        roles: &[Map<String, Json>],
        permissions: &[Map<String, Json>],
    ) -> bool {
        let known = self.roles.values().map(|role| role.record.as_ref());
        let rows = self.roles.values().map(|role| role.rows.len()).sum::<usize>();
        known.eq(roles)
            && rows == permissions.len()
            && permissions.iter().all(|row| {
                let role = row.get("role_Id").and_then(Json::as_str);
                let role = role.and_then(|id| self.roles.get(id));
                role.is_some_and(|role| {
                    role.rows.iter().any(|known| known.as_object() == Some(row))
                })
            })
    }

    /// The catalog as this actor reads it.
    #[must_use]
    pub fn view(&self, actor: &Actor) -> Arc<Catalog> {
        if matches!(actor.identity, Identity::System(_)) {
            return Arc::clone(&self.house_view);
        }
        if actor.is_administrator() {
            return Arc::clone(&self.open_view);
        }
        match (actor.role.as_ref().and_then(|id| self.roles.get(id)), &actor.scopes) {
            (Some(role), Some(scopes)) => Arc::clone(&self.ceiling(role, scopes).view),
            (Some(role), None) => Arc::clone(&role.view),
            (None, _) => Arc::new(Catalog { version: self.catalog.version, ..Catalog::default() }),
        }
    }

    /// What the scopes of a token leave of a role; made once for as long as the snapshot stands.
    #[must_use]
    pub fn ceiling(&self, role: &Role, scopes: &Scopes) -> Arc<Ceiling> {
        let by = (role.id.clone(), scopes.clone());
        let known = |map: &HashMap<_, Arc<Ceiling>>| map.get(&by).map(Arc::clone);
        let kept = || self.ceilings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known(&kept()) {
            return known;
        }
        let policies = match role.name.as_str() {
            "administrator" => scopes.open(&self.catalog),
            _ => scopes.narrow(&role.policies, &self.catalog),
        };
        let view = Arc::new(access::visible(&self.catalog, Some(&policies)));
        let made = Arc::new(Ceiling { policies: Arc::new(policies), view });
        let mut map = kept();
        if map.len() >= CEILINGS_MAX {
            map.clear();
        }
        map.insert(by, Arc::clone(&made));
        made
    }

    /// A role by its name.
    #[must_use]
    pub fn role_named(&self, name: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.name == name)
    }
}

fn unhidden(catalog: &Catalog) -> Catalog {
    let open = |collection: &Arc<Collection>| {
        let mut collection = (**collection).clone();
        for field in collection.fields.values_mut() {
            field.hidden = false;
        }
        Arc::new(collection)
    };
    let collections = catalog.collections.iter().map(|(name, one)| (name.clone(), open(one)));
    Catalog { version: catalog.version, collections: collections.collect() }
}
