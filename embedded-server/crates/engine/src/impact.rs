//! What a change of permissions would do, before it is made: which records and which fields a role
//! would gain and lose, asked of the store under the guard as it is and as it would be.

use crate::explain::{fields, filter_of, write_of};
use crate::read::unknown_collection;
use crate::{Engine, Question, State};
use access::{Action, Actor, Guarded, Policies, Policy};
use base::{Code, Error, Result, Value};
use catalog::Collection;
use query::{Cond, Direction, Read, ReadPlan, Scope, SortAsked};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Records that are shown of those gained or lost.
const SAMPLE: u32 = 3;

/// One permission as it would be.
#[derive(Clone, Debug)]
pub struct PermissionChange {
    /// What it is about.
    pub collection: String,
    /// What is done there.
    pub action: Action,
    /// The row, as it would be stored; none where it is taken away.
    pub permission: Option<Map<String, Json>>,
}

/// What a change does to one action of a role on a collection.
#[derive(Clone, Debug)]
pub struct Impact {
    /// The collection.
    pub collection: String,
    /// The action.
    pub action: Action,
    /// Of records that are there; none for making new ones, and where more than permissions decides.
    pub records: Option<RecordImpact>,
    /// Fields that were not among those named, and would be.
    pub fields_gained: Vec<String>,
    /// The other way round.
    pub fields_lost: Vec<String>,
}

/// Which records are in reach.
#[derive(Clone, Debug, Default)]
pub struct RecordImpact {
    /// How many now.
    pub before: u64,
    /// How many then.
    pub after: u64,
    /// How many then that are not now.
    pub gained: u64,
    /// How many now that are not then.
    pub lost: u64,
    /// A few of those gained.
    pub gained_sample: Vec<Map<String, Json>>,
    /// A few of those lost.
    pub lost_sample: Vec<Map<String, Json>>,
}

impl Engine {
    /// What changes of the permissions of one role would do, all of them together, to whoever this
    /// actor is: somebody of that role, or the role with nobody in it. Refused
    /// (`VALIDATION_ERROR`) as a permission is that is saved.
    pub async fn impact(&self, changes: &[PermissionChange], actor: &Actor) -> Result<Vec<Impact>> {
        if actor.unbound() {
            let why = "administrators are bound by no permission";
            return Err(Error::new(
                Code::ValidationError,
                format!("Validation failed: role_Id: {why}"),
            )
            .at("role_Id"));
        }
        let state = self.state();
        let changed = Actor {
            policies: Arc::new(self.policies_with(&state, changes, actor)?),
            ..actor.clone()
        };
        let mut impacts = Vec::with_capacity(changes.len());
        for change in changes {
            impacts.push(self.impact_of(&state, change, actor, &changed).await?);
        }
        Ok(impacts)
    }

    /// The policies of the actor's role with these changes.
    fn policies_with(
        &self,
        state: &State,
        changes: &[PermissionChange],
        actor: &Actor,
    ) -> Result<Policies> {
        let role = actor.role.as_ref().and_then(|id| state.roles.get(id));
        let is_of = |row: &Map<String, Json>, change: &PermissionChange| {
            let text = |name: &str| row.get(name).and_then(Json::as_str);
            text("collection") == Some(&change.collection)
                && text("action") == Some(change.action.as_str())
        };
        let mut policies = Policies::default();
        let mut put = |row: &Map<String, Json>| {
            let (collection, policy, fault) = Policy::parse(row, &state.catalog, self.limits())?;
            policies.by_collection.entry(collection).or_default().push(policy);
            fault
        };
        let rows = role.iter().flat_map(|role| role.rows.iter()).filter_map(Json::as_object);
        for row in rows.filter(|row| !changes.iter().any(|change| is_of(row, change))) {
            // One that is broken is so before and after.
            drop(put(row));
        }
        for (at, change) in changes.iter().enumerate() {
            let Some(permission) = &change.permission else { continue };
            let mut row = permission.clone();
            row.insert(String::from("collection"), json!(change.collection));
            row.insert(String::from("action"), json!(change.action.as_str()));
            if let Some(fault) = put(&row) {
                return Err(fault.at_index(at));
            }
        }
        Ok(policies)
    }

    async fn impact_of(
        &self,
        state: &State,
        change: &PermissionChange,
        now: &Actor,
        then: &Actor,
    ) -> Result<Impact> {
        let (name, action) = (&change.collection, change.action);
        let real = state.catalog.get(name).ok_or_else(|| unknown_collection(name, state))?;
        let real = Arc::clone(real);
        let ask = Question { collection: name.clone(), action, key: Json::Null };
        let named = |actor: &Actor| fields(&real, actor, &ask);
        let pairs: Vec<((String, bool), bool)> =
            named(now).into_iter().zip(named(then).into_iter().map(|(_, is)| is)).collect();
        let turned = |from: bool| {
            let turned = pairs.iter().filter(|((_, was), is)| *was == from && *is != from);
            turned.map(|((name, _), _)| name.clone()).collect()
        };
        // What is done to the house's own records is bound by rank, too.
        let by_rank = action != Action::Read && real.name.starts_with("baasix_");
        let records = match action {
            Action::Create => None,
            _ if by_rank => None,
            Action::Read | Action::Update | Action::Delete => {
                Some(self.records_between(state, &real, action, now, then).await?)
            }
        };
        Ok(Impact {
            collection: name.clone(),
            action,
            records,
            fields_gained: turned(false),
            fields_lost: turned(true),
        })
    }

    async fn records_between(
        &self,
        state: &State,
        real: &Collection,
        action: Action,
        now: &Actor,
        then: &Actor,
    ) -> Result<RecordImpact> {
        let house = Actor::system("what a change of permissions would do");
        let words = house.words(self.clock().now_ms());
        let full = &state.catalog;
        let scope = Scope { visible: full, full, words: &words, limits: self.limits() };
        let read = Read {
            collection: real.name.clone(),
            fields: vec![real.primary_key.clone()],
            ..Read::default()
        };
        let plan = query::resolve_read(&read, &scope, None)?;
        let under = |actor: &Actor| -> Result<Guarded<ReadPlan>> {
            let filter = self.left_by_the_guard(state, &plan, action, actor)?;
            let plan = ReadPlan { filter, ..plan.clone() };
            Ok(Guarded::for_system(plan, "compare what the guard leaves before and after a change"))
        };
        let compared =
            sql::compile_comparison(&under(now)?, &under(then)?, SAMPLE, self.store().dialect());
        let counts = self.store().rows(&compared.counts).await?;
        let count = |at: usize| match counts.first().and_then(|row| row.get(at)) {
            Some(Value::Int(count)) => u64::try_from(*count).unwrap_or_default(),
            _ => 0,
        };
        let (before, after, both) = (count(0), count(1), count(2));
        let (gained, lost) = (after - both.min(after), before - both.min(before));
        let sample = async |statement, some: bool| match some {
            true => {
                let keys = self.store().rows(statement).await?;
                self.shown(real, keys.into_iter().flatten().collect()).await
            }
            false => Ok(Vec::new()),
        };
        let gained_sample = sample(&compared.gained, gained > 0).await?;
        let lost_sample = sample(&compared.lost, lost > 0).await?;
        Ok(RecordImpact { before, after, gained, lost, gained_sample, lost_sample })
    }

    /// Which records the guard leaves of all; none where it refuses.
    fn left_by_the_guard(
        &self,
        state: &State,
        plan: &ReadPlan,
        action: Action,
        actor: &Actor,
    ) -> Result<Cond> {
        let words = actor.words(self.clock().now_ms());
        let (full, limits) = (&state.catalog, self.limits());
        let left = match action {
            Action::Read => access::guard_read(plan.clone(), full, actor, &words, limits)
                .map(|guarded| guarded.plan().filter.clone()),
            action => access::guard_write(write_of(plan, action)?, full, actor, &words, limits)
                .and_then(|guarded| filter_of(guarded.plan())),
        };
        match left {
            Err(fault) if matches!(fault.code(), Code::Forbidden | Code::TenantContextRequired) => {
                Ok(Cond::Never)
            }
            left => left,
        }
    }

    /// Records by their keys, in every field that is not hidden from everybody.
    async fn shown(&self, real: &Collection, keys: Vec<Value>) -> Result<Vec<Map<String, Json>>> {
        let keys: Vec<&str> = keys.iter().filter_map(Value::as_text).collect();
        let shown = real.fields.values().filter(|field| !field.hidden);
        let read = Read {
            collection: real.name.clone(),
            fields: shown.map(|field| field.name.clone()).collect(),
            filter: Some(crate::field_test(&real.primary_key, "in", json!(keys))),
            sort: vec![SortAsked {
                path: real.primary_key.clone(),
                direction: Direction::Ascending,
                distance: None,
            }],
            limit: Some(i64::from(SAMPLE)),
            ..Read::default()
        };
        self.find(&read, "show what a change of permissions gains and loses").await
    }
}
