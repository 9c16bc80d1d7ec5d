//! Policies: what a role may do, as stored in `baasix_Permission`.

use crate::FieldGrants;
use base::{Code, Error, Limits, Result};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use query::{Filter, RelConditions};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// What is done to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// New records.
    Create,
    /// Reading.
    Read,
    /// Changing.
    Update,
    /// Ending.
    Delete,
}

impl Action {
    /// All four, in the order of the wire.
    pub const ALL: [Action; 4] = [Action::Create, Action::Read, Action::Update, Action::Delete];

    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Every policy of one role.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// By collection and action. A missing entry grants nothing.
    pub by_collection: IndexMap<String, Vec<Policy>>,
}

impl Policies {
    /// The policy for one action on one collection.
    #[must_use]
    pub fn get(&self, collection: &str, action: Action) -> Option<&Policy> {
        self.by_collection.get(collection)?.iter().find(|policy| policy.action == action)
    }
}

/// One permission row.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What it is about.
    pub action: Action,
    /// Which fields and relations.
    pub fields: FieldGrants,
    /// Which records: `using` for existing ones, `check` for the record as written.
    pub conditions: Option<Filter>,
    /// What a changed record must satisfy; `None` is the same as `conditions`.
    pub check: Option<Filter>,
    /// Trims what shows inside relations.
    pub rel_conditions: RelConditions,
    /// Merged under the body on create and update (the body wins).
    pub defaults: Map<String, Json>,
    /// The stored row names something that does not exist: everything it governs is denied.
    pub broken: bool,
}

impl Policy {
    /// Reads one stored permission row. Whatever is wrong with it makes the policy `broken`
    /// (everything it governs is denied) and is told as the second part.
    #[must_use]
    pub fn parse(
        row: &Map<String, Json>,
        catalog: &Catalog,
        limits: &Limits,
    ) -> Option<(String, Self, Option<Error>)> {
        let collection = row.get("collection")?.as_str()?.to_owned();
        let action = Action::parse(row.get("action")?.as_str()?)?;
        let mut policy = Self {
            action,
            fields: FieldGrants::default(),
            conditions: None,
            check: None,
            rel_conditions: RelConditions::default(),
            defaults: Map::new(),
            broken: false,
        };
        let fault = policy.fill(row, &collection, catalog, limits).err();
        policy.broken = fault.is_some();
        Some((collection, policy, fault))
    }

    fn fill(
        &mut self,
        row: &Map<String, Json>,
        collection: &str,
        catalog: &Catalog,
        limits: &Limits,
    ) -> Result<()> {
        let stored = |key: &str| row.get(key).cloned().unwrap_or(Json::Null);
        self.fields =
            FieldGrants::parse(&stored("fields")).map_err(|what| invalid("fields", what))?;
        let Some(collection) = catalog.get(collection) else {
            return Err(invalid("collection", format!("there is no collection `{collection}`")));
        };
        self.check_patterns(collection, catalog)?;
        let filter = |key: &str| match stored(key) {
            Json::Null => Ok(None),
            json @ Json::Object(_) => {
                let filter = query::parse_filter(&json, key, limits)?;
                let words = query::Words::default();
                let scope = query::Scope { visible: catalog, full: catalog, words: &words, limits };
                query::resolve_filter(&filter, collection, &scope, query::Place::Policy)?;
                Ok(Some(filter))
            }
            other => Err(invalid(key, format!("`{other}` is not an object"))),
        };
        self.conditions = filter("conditions")?;
        self.check = filter("checkConditions")?;
        match stored("relConditions") {
            Json::Null => {}
            json @ Json::Object(_) => {
                let known = |path: &str| relation_at(collection, path, catalog).is_some();
                let found = query::parse_rel_conditions(&json, "relConditions", &known, limits)?;
                check_rel_conditions(&found, collection, catalog, limits)?;
                self.rel_conditions = found;
            }
            other => return Err(invalid("relConditions", format!("`{other}` is not an object"))),
        }
        match stored("defaultValues") {
            Json::Null => {}
            Json::Object(defaults) => {
                for name in defaults.keys() {
                    if collection.field(name).is_none() && collection.relation(name).is_none() {
                        return Err(unknown(collection, "defaultValues", name));
                    }
                }
                self.defaults = defaults;
            }
            other => return Err(invalid("defaultValues", format!("`{other}` is not an object"))),
        }
        Ok(())
    }

    fn check_patterns(&self, collection: &Arc<Collection>, catalog: &Catalog) -> Result<()> {
        for pattern in self.fields.patterns.iter().flatten() {
            let mut here = Arc::clone(collection);
            for part in pattern.split('.') {
                if part == "*" || part == "**" {
                    break;
                }
                if let Some(relation) = here.relation(part) {
                    match catalog.get(&relation.target) {
                        Some(target) => here = Arc::clone(target),
                        None => break,
                    }
                } else if here.field(part).is_none() {
                    return Err(unknown(&here, "fields", part));
                }
            }
        }
        Ok(())
    }
}

impl Action {
    /// From the word of the wire.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// Refuses conditions on relations or fields that are not there.
fn check_rel_conditions(
    conditions: &RelConditions,
    collection: &Arc<Collection>,
    catalog: &Catalog,
    limits: &Limits,
) -> Result<()> {
    for (name, (filter, nested)) in &conditions.0 {
        let Some(target) = relation_at(collection, name, catalog) else {
            return Err(unknown(collection, "relConditions", name));
        };
        if let Some(filter) = filter {
            let words = query::Words::default();
            let scope = query::Scope { visible: catalog, full: catalog, words: &words, limits };
            query::resolve_filter(filter, &target, &scope, query::Place::Policy)?;
        }
        check_rel_conditions(nested, &target, catalog, limits)?;
    }
    Ok(())
}

/// The collection at the end of a dotted relation path.
fn relation_at(
    collection: &Arc<Collection>,
    path: &str,
    catalog: &Catalog,
) -> Option<Arc<Collection>> {
    path.split('.').try_fold(Arc::clone(collection), |here, step| {
        catalog.get(&here.relation(step)?.target).map(Arc::clone)
    })
}

fn invalid(field: &str, what: impl Into<String>) -> Error {
    Error::new(Code::ValidationError, format!("permission `{field}`: {}", what.into())).at(field)
}

fn unknown(collection: &Collection, place: &str, name: &str) -> Error {
    let error =
        Error::new(Code::UnknownField, format!("`{}` has no field `{name}`", collection.name))
            .at(format!("{place}.{name}"));
    match base::nearest(name, collection.visible_names()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
