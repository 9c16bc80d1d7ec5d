//! Why somebody may or may not touch a record: the guard's own demands, each asked of the record by
//! itself (`docs/adr/0024-the-guard-tells-what-it-demands.md`).

use crate::read::unknown_collection;
use crate::{Engine, State};
use access::{Action, Actor, Clause, Guarded, Origin, Told};
use base::{Code, Error, Result, Value};
use catalog::Collection;
use indexmap::{IndexMap, IndexSet};
use query::{Assigned, Cond, Filter, Projection, Read, ReadPlan, Scope, Step, Test, WritePlan};
use serde_json::Value as Json;
use std::sync::Arc;

/// Values of far records that one path shows, at most.
const VALUES_MAX: usize = 20;

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Question {
    /// The collection.
    pub collection: String,
    /// What is done to the record: read, changed or removed.
    pub action: Action,
    /// The key of the record.
    pub key: Json,
}

/// How it came to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// No policy binds an administrator.
    Administrator,
    /// Everything that is demanded of the record holds.
    Granted,
    /// The role has no permission for this.
    NoPermission,
    /// The permission names something that does not exist any more, and denies everything.
    Broken,
    /// The request stands in no tenant, and the collection belongs to tenants.
    NoTenant,
    /// Something that is demanded of the record does not hold.
    Conditions,
    /// There is no such record.
    Absent,
}

impl Because {
    /// The word of the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Granted => "granted",
            Self::NoPermission => "noPermission",
            Self::Broken => "broken",
            Self::NoTenant => "noTenant",
            Self::Conditions => "conditions",
            Self::Absent => "absent",
        }
    }
}

/// One demand, and whether the record meets it.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Who demands it.
    pub origin: Origin,
    /// As it is stored.
    pub filter: Json,
    /// Whether it holds; none where it can be neither said nor denied, which does not open either.
    pub holds: Option<bool>,
    /// What the record has at the paths that it names, by the path. Of what is hidden from everybody
    /// nothing.
    pub values: IndexMap<String, Json>,
}

/// A verdict, and everything that it came from.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Whether the record may be touched: what the store answers under the guard itself.
    pub allowed: bool,
    /// How it came to that.
    pub because: Because,
    /// The permission row that governs, as it is stored.
    pub permission: Option<Json>,
    /// What is demanded.
    pub demands: Vec<Demand>,
    /// Every field that is not hidden from everybody, and whether it is among those that the
    /// permission names.
    pub fields: Vec<(String, bool)>,
}

impl Engine {
    /// Explains what the guard does with this actor and this record. The verdict is asked of the
    /// store with what the guard made of the question; each demand is asked by itself.
    pub async fn explain(&self, ask: &Question, actor: &Actor) -> Result<Explained> {
        let state = self.state();
        let real = state.catalog.get(&ask.collection);
        let real = Arc::clone(real.ok_or_else(|| unknown_collection(&ask.collection, &state))?);
        if ask.action != Action::Read && real.name.starts_with("baasix_") {
            let why = "what is done to the house's own records is bound by rank, too";
            return Err(Error::new(
                Code::ValidationError,
                format!("Validation failed: action: {why}"),
            )
            .at("action")
            .hint("ask about `read` there"));
        }
        let words = actor.words(self.clock().now_ms());
        let plan = self.plan_by_key(&state, &real, &ask.key)?;
        let (guarded, clauses) = {
            let told = Told::default();
            let (full, limits) = (&state.catalog, self.limits());
            let guarded = match ask.action {
                Action::Read => {
                    access::guard_read_told(plan.clone(), full, actor, &words, limits, Some(&told))
                        .map(|guarded| guarded.plan().filter.clone())
                }
                action => {
                    let write = write_of(&plan, action)?;
                    access::guard_write_told(write, full, actor, &words, limits, Some(&told))
                        .and_then(|guarded| filter_of(guarded.plan()))
                }
            };
            (guarded, told.clauses())
        };
        let allowed = match &guarded {
            Ok(filter) => self.has(&plan, filter.clone()).await?,
            Err(_) => false,
        };
        let there = allowed || self.has(&plan, plan.filter.clone()).await?;
        let because = match guarded {
            Ok(_) if allowed && actor.unbound() => Because::Administrator,
            Ok(_) if allowed => Because::Granted,
            Ok(_) if there => Because::Conditions,
            Ok(_) => Because::Absent,
            Err(fault) => match (fault.code(), policy(actor, ask)) {
                (Code::TenantContextRequired, _) => Because::NoTenant,
                (Code::Forbidden, Some(policy)) if policy.broken => Because::Broken,
                (Code::Forbidden, _) => Because::NoPermission,
                _ => return Err(fault),
            },
        };
        let demands = match there {
            true => self.demands(&state, &plan, clauses, &ask.key).await?,
            false => Vec::new(),
        };
        Ok(Explained {
            allowed,
            because,
            permission: permission(&state, actor, ask),
            demands,
            fields: fields(&real, actor, ask),
        })
    }

    /// The record by its key, as the house sees it.
    fn plan_by_key(&self, state: &State, real: &Collection, key: &Json) -> Result<ReadPlan> {
        let house = Actor::system("explain a permission");
        let words = house.words(self.clock().now_ms());
        let full = &state.catalog;
        let scope = Scope { visible: full, full, words: &words, limits: self.limits() };
        let read = Read {
            collection: real.name.clone(),
            key: Some(key.clone()),
            fields: vec![real.primary_key.clone()],
            ..Read::default()
        };
        query::resolve_read(&read, &scope, None)
    }

    /// Whether the record that a plan asks for is there under another filter.
    async fn has(&self, plan: &ReadPlan, filter: Cond) -> Result<bool> {
        let plan = ReadPlan { filter, ..plan.clone() };
        debug_assert!(matches!(plan.projection, Projection::Rows(_)), "a record is asked for");
        let guarded = Guarded::for_system(plan, "ask a record of what the guard demands");
        let compiled = sql::compile_read(&guarded, self.store().dialect(), sql::Numbers::Tokens);
        Ok(self.store().read(&compiled).await?.rows > 0)
    }

    async fn demands(
        &self,
        state: &State,
        plan: &ReadPlan,
        clauses: Vec<Clause>,
        key: &Json,
    ) -> Result<Vec<Demand>> {
        let mut paths = IndexSet::new();
        clauses.iter().for_each(|clause| named(&clause.filter, &mut paths));
        paths.retain(|path| is_shown(state, &plan.collection, path));
        let row = self.values(&plan.collection, &paths, key).await?;
        let mut demands = Vec::with_capacity(clauses.len());
        for Clause { origin, filter, cond } in clauses {
            let with = |cond: Cond| plan.filter.clone().and(cond);
            // What is not true is false, or unknown because something is null.
            let holds = if self.has(plan, with(cond.clone())).await? {
                Some(true)
            } else if matches!(cond, Cond::Never) || self.has(plan, with(not(cond))).await? {
                Some(false)
            } else {
                None
            };
            let mut own = IndexSet::new();
            named(&filter, &mut own);
            let shown = own.into_iter().filter(|path| paths.contains(path));
            let values = shown.map(|path| {
                let value = at(&row, &path);
                (path, value)
            });
            let values = values.collect();
            demands.push(Demand { origin, filter: query::print_filter(&filter), holds, values });
        }
        Ok(demands)
    }

    /// What the record has at these paths.
    async fn values(
        &self,
        collection: &Collection,
        paths: &IndexSet<String>,
        key: &Json,
    ) -> Result<Json> {
        if paths.is_empty() {
            return Ok(Json::Null);
        }
        let read = Read {
            collection: collection.name.clone(),
            key: Some(key.clone()),
            fields: paths.iter().cloned().collect(),
            ..Read::default()
        };
        match self.find(&read, "show what a permission asks of a record").await {
            Ok(rows) => Ok(rows.into_iter().next().map_or(Json::Null, Json::Object)),
            Err(fault) if fault.code() == Code::ItemNotFound => Ok(Json::Null),
            Err(fault) => Err(fault),
        }
    }
}

fn not(cond: Cond) -> Cond {
    match cond {
        Cond::Always => Cond::Never,
        cond => Cond::Not(Box::new(cond)),
    }
}

/// The policy that governs, if there is one.
fn policy<'a>(actor: &'a Actor, ask: &Question) -> Option<&'a access::Policy> {
    actor.policies.get(&ask.collection, ask.action)
}

/// The permission row that governs, as it is stored.
fn permission(state: &State, actor: &Actor, ask: &Question) -> Option<Json> {
    let role = actor.role.as_ref().and_then(|id| state.roles.get(id))?;
    let governs = |row: &&Json| {
        row["collection"] == ask.collection.as_str() && row["action"] == ask.action.as_str()
    };
    role.rows.iter().find(governs).cloned()
}

pub(crate) fn fields(real: &Collection, actor: &Actor, ask: &Question) -> Vec<(String, bool)> {
    let policy = policy(actor, ask).filter(|policy| !policy.broken);
    let granted = |name: &str| {
        let by_key = ask.action == Action::Read && name == real.primary_key;
        actor.unbound()
            || policy.is_some_and(|policy| by_key || policy.fields.allows(&[name], true))
    };
    let shown = real.fields.values().filter(|field| !field.hidden);
    shown.map(|field| (field.name.clone(), granted(&field.name))).collect()
}

/// A write of nothing to the record that a plan asks for.
pub(crate) fn write_of(plan: &ReadPlan, action: Action) -> Result<WritePlan> {
    let (collection, filter) = (Arc::clone(&plan.collection), plan.filter.clone());
    let step = match action {
        Action::Update => Step::Update {
            collection,
            filter,
            key: None::<Assigned>,
            values: IndexMap::new(),
            one: true,
            expect: IndexMap::<String, Value>::new(),
            check: Cond::Always,
            spares: Cond::Never,
            through: Vec::new(),
            index: 0,
            deleting: None,
        },
        Action::Delete => Step::Delete {
            collection,
            filter,
            key: None,
            one: true,
            expect: IndexMap::new(),
            spares: Cond::Never,
            through: Vec::new(),
            index: 0,
        },
        Action::Create | Action::Read => {
            return Err(Error::new(
                Code::ValidationError,
                "Validation failed: action: a record that is there is read, changed or removed",
            )
            .at("action"));
        }
    };
    Ok(WritePlan { steps: vec![step], ..WritePlan::default() })
}

/// Which records the guard left of a write of one step.
pub(crate) fn filter_of(plan: &WritePlan) -> Result<Cond> {
    match plan.steps.as_slice() {
        [Step::Update { filter, .. } | Step::Delete { filter, .. }] => Ok(filter.clone()),
        _ => Err(Error::internal("a write of one step has become another")),
    }
}

/// Every path that a condition compares.
fn named(filter: &Filter, paths: &mut IndexSet<String>) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().for_each(|part| named(part, paths));
        }
        Filter::Not(part) => named(part, paths),
        Filter::Test(Test { path, .. }) => {
            paths.insert(path.trim_matches('$').to_owned());
        }
    }
}

/// Whether a path leads to a field that is not hidden from everybody.
fn is_shown(state: &State, collection: &Collection, path: &str) -> bool {
    let mut here = state.catalog.get(&collection.name).map(Arc::as_ref);
    let mut parts = path.split('.').peekable();
    while let (Some(at), Some(part)) = (here, parts.next()) {
        if parts.peek().is_none() {
            return at.field(part).is_some_and(|field| !field.hidden);
        }
        here = at
            .relation(part)
            .and_then(|relation| state.catalog.get(&relation.target))
            .map(Arc::as_ref);
    }
    false
}

/// What lies at a path; of several far records a list.
fn at(row: &Json, path: &str) -> Json {
    let mut found = vec![row];
    let mut many = false;
    for part in path.split('.') {
        let mut next = Vec::new();
        for one in found {
            match one.get(part) {
                Some(Json::Array(list)) if list.iter().all(Json::is_object) && !list.is_empty() => {
                    many = true;
                    next.extend(list);
                }
                Some(value) => next.push(value),
                None => {}
            }
        }
        found = next;
    }
    match (many, found.as_slice()) {
        (false, [one]) => (*one).clone(),
        (false, _) => Json::Null,
        (true, all) => Json::Array(all.iter().take(VALUES_MAX).map(|one| (*one).clone()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::at;
    use serde_json::json;

    #[test]
    fn what_lies_at_a_path_is_one_value_or_a_list() {
        let row = json!({ "a": 1, "b": { "c": null }, "d": [{ "e": 1 }, { "e": 2 }], "f": [1, 2], "g": [] });
        for (path, value) in [
            ("a", json!(1)),
            ("b.c", json!(null)),
            ("d.e", json!([1, 2])),
            ("f", json!([1, 2])),
            ("g", json!([])),
            ("x.y", json!(null)),
        ] {
            assert_eq!(at(&row, path), value, "{path}");
        }
    }
}
