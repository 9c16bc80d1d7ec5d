//! What every request reads and only a schema or permission change replaces: one snapshot,
//! swapped whole, so that no request sees half of a change.

use access::{Actor, Identity, Policies, Policy};
use base::{Error, Limits};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

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
        Self { catalog, roles: built, open_view, house_view }
    }

    /// A snapshot without roles, to read them by.
    pub(crate) fn without_roles(catalog: Arc<Catalog>) -> Self {
        let house_view = Arc::new(unhidden(&catalog));
        Self { catalog, roles: IndexMap::new(), open_view: Arc::default(), house_view }
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
        match actor.role.as_ref().and_then(|id| self.roles.get(id)) {
            Some(role) => Arc::clone(&role.view),
            None => Arc::new(Catalog { version: self.catalog.version, ..Catalog::default() }),
        }
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
