//! The only place where policies enter a plan.
//!
//! Walked: the root, every embedded relation, every relation inside a filter, every search field,
//! sort key, group key and aggregate. What may not be seen cannot be inferred: a hidden far
//! record counts as absent wherever a condition looks, and a hidden field does not exist.

use crate::asked::denied;
use crate::tenancy::Fence;
use crate::told::{Origin, Told, parts};
use crate::{Action, Actor, Guarded, Policies, Policy};
use base::{Code, Error, Limits, Result, Value};
use catalog::{Catalog, Collection};
use query::{
    Cond, Condition, Expand, Filter, Hop, Operand, Place, Projection, ReadPlan, Ref, Rows, Scope,
    Words,
};
use std::sync::Arc;

/// What the guard needs besides the plan.
#[derive(Clone, Copy)]
pub(crate) struct Guard<'a> {
    pub(crate) policies: &'a Policies,
    pub(crate) full: &'a Catalog,
    pub(crate) words: &'a Words,
    pub(crate) limits: &'a Limits,
    /// Who is told what is demanded of the records that are asked for; nobody as a rule.
    pub(crate) told: Option<&'a Told>,
}

/// Where a walk stands: the policy that governs, and the relation path from its root.
#[derive(Clone)]
pub(crate) struct Ground<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) path: Vec<String>,
}

/// What a step leads to.
pub(crate) struct Reached<'a> {
    pub(crate) ground: Ground<'a>,
    pub(crate) target: Arc<Collection>,
    /// What the far collection's own policy says of its records.
    own: Option<&'a Policy>,
}

impl Ground<'_> {
    pub(crate) fn grants(&self, collection: &Collection, field: &str) -> bool {
        let mut path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        path.push(field);
        collection.primary_key == field || self.policy.fields.allows(&path, true)
    }
}

/// Narrows a read to what the actor may see.
pub fn guard_read(
    plan: ReadPlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<Guarded<ReadPlan>> {
    guard_read_told(plan, full, actor, words, limits, None)
}

/// The same, telling what it demands of the records that are asked for.
pub fn guard_read_told(
    mut plan: ReadPlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
    told: Option<&Told>,
) -> Result<Guarded<ReadPlan>> {
    if !actor.unbound() {
        let guard = Guard { policies: &actor.policies, full, words, limits, told };
        narrow_read(&mut plan, &guard)?;
    }
    if let Some(fence) = Fence::of(actor, full, words, limits, told) {
        fence.read(&mut plan)?;
    }
    Ok(Guarded::new(plan))
}

fn narrow_read(plan: &mut ReadPlan, guard: &Guard<'_>) -> Result<()> {
    let name = plan.collection.name.clone();
    let policy = guard.reading(&name)?;
    let ground = Ground { policy, path: Vec::new() };
    let root = guard.real(&name)?;

    guard.cond(&mut plan.filter, &root, &ground, "filter")?;
    if let Some(search) = &mut plan.search {
        search.fields.retain(|field| ground.grants(&root, field));
        if search.fields.is_empty() {
            plan.filter = Cond::Never;
        }
    }
    for order in &mut plan.order {
        if let Some(column) = order.by.column_mut() {
            guard.column(column, &root, &ground, "sort")?;
        }
    }
    match &mut plan.projection {
        Projection::Rows(rows) => guard.rows(rows, &root, &ground, &policy.rel_conditions)?,
        Projection::Groups(grouping) => {
            for key in &mut grouping.keys {
                guard.column(&mut key.column, &root, &ground, "groupBy")?;
            }
            for aggregate in &mut grouping.aggregates {
                if let Some(column) = &mut aggregate.column {
                    guard.column(column, &root, &ground, "aggregate")?;
                }
            }
        }
    }
    let using = guard.demanded(policy, &root);
    plan.filter = std::mem::replace(&mut plan.filter, Cond::Always).and(using);
    Ok(())
}

/// Whether the key is one that every session is told: its own user's, role's and tenant's.
pub(crate) fn own(actor: &Actor, collection: &str, key: &Value) -> bool {
    let known = match collection {
        "baasix_User" => actor.user(),
        "baasix_Role" => actor.role.as_deref(),
        "baasix_Tenant" => actor.tenant.as_deref(),
        _ => None,
    };
    known.is_some() && key.as_text() == known
}

impl<'a> Guard<'a> {
    /// The collection as it is, not as the actor sees it.
    pub(crate) fn real(&self, name: &str) -> Result<Arc<Collection>> {
        self.full.get(name).map(Arc::clone).ok_or_else(|| {
            Error::internal(format!("the plan names `{name}`, the catalog does not"))
        })
    }

    /// A policy's condition as a plan, resolved against the whole catalog.
    pub(crate) fn conditions(&self, policy: &Policy, collection: &Arc<Collection>) -> Cond {
        policy.conditions.as_ref().map_or(Cond::Always, |filter| self.resolved(filter, collection))
    }

    /// The same of the records that are asked for themselves, told part by part as it is demanded.
    pub(crate) fn demanded(&self, policy: &Policy, collection: &Arc<Collection>) -> Cond {
        let mut all = Cond::Always;
        for part in policy.conditions.iter().flat_map(parts) {
            let cond = self.resolved(part, collection);
            if let Some(told) = self.told {
                told.tell(Origin::Permission(policy.action), part, &cond);
            }
            all = all.and(cond);
        }
        all
    }

    /// A stored condition that no longer resolves (a field was dropped) denies; it never opens.
    pub(crate) fn resolved(&self, filter: &Filter, collection: &Arc<Collection>) -> Cond {
        let scope =
            Scope { visible: self.full, full: self.full, words: self.words, limits: self.limits };
        query::resolve_filter(filter, collection, &scope, Place::Policy).unwrap_or(Cond::Never)
    }

    /// The policy by which a collection is read.
    pub(crate) fn reading(&self, name: &str) -> Result<&'a Policy> {
        let policy = self.policies.get(name, Action::Read).filter(|policy| !policy.broken);
        policy.ok_or_else(|| denied(Action::Read, name))
    }

    /// One relation further: the ground there, and the condition its records must satisfy.
    fn step<'b>(
        &'b self,
        ground: Option<&Ground<'b>>,
        from: &Collection,
        name: &str,
    ) -> Option<(Ground<'b>, Arc<Collection>, Cond)> {
        let Reached { ground, target, own } = self.reach(ground, from, name)?;
        // Also where the parent grants it, the far collection's own condition binds if there is one.
        let using = match own {
            Some(policy) => self.conditions(policy, &target),
            None => Cond::Always,
        };
        Some((ground, target, using))
    }

    /// Whether one relation further may be gone, and what governs there: the policy that grants the
    /// relation by name, else the far collection's own.
    pub(crate) fn reach<'b>(
        &'b self,
        ground: Option<&Ground<'b>>,
        from: &Collection,
        name: &str,
    ) -> Option<Reached<'b>> {
        let relation = from.relation(name)?;
        let target = self.full.get(&relation.target).map(Arc::clone)?;
        let by_pattern = ground.and_then(|ground| {
            let mut path = ground.path.clone();
            path.push(name.to_owned());
            let at: Vec<&str> = path.iter().map(String::as_str).collect();
            let granted = ground.policy.fields.reaches(&at);
            granted.then_some(Ground { policy: ground.policy, path })
        });
        let own = self.policies.get(&target.name, Action::Read).filter(|policy| !policy.broken);
        let ground = match by_pattern {
            Some(ground) => ground,
            None => Ground { policy: own?, path: Vec::new() },
        };
        Some(Reached { ground, target, own })
    }

    fn rows(
        &self,
        rows: &mut Rows,
        collection: &Arc<Collection>,
        ground: &Ground<'_>,
        trims: &query::RelConditions,
    ) -> Result<()> {
        rows.columns.retain(|column| column.null || ground.grants(collection, &column.field));
        let mut kept = Vec::with_capacity(rows.expands.len());
        for mut expand in std::mem::take(&mut rows.expands) {
            if self.expand(&mut expand, collection, ground, trims)? {
                kept.push(expand);
            }
        }
        rows.expands = kept;
        Ok(())
    }

    /// Narrows one embedded relation; false when the actor may not have it at all.
    fn expand(
        &self,
        expand: &mut Expand,
        from: &Arc<Collection>,
        ground: &Ground<'_>,
        trims: &query::RelConditions,
    ) -> Result<bool> {
        let Some((there, target, using)) = self.step(Some(ground), from, &expand.relation.name)
        else {
            return Ok(false);
        };
        self.cond(&mut expand.filter, &target, &there, "relConditions")?;
        let mut filter = std::mem::replace(&mut expand.filter, Cond::Always).and(using);
        let none = query::RelConditions::default();
        let mut deeper = &none;
        if let Some((trim, nested)) = trims.0.get(&expand.relation.name) {
            deeper = nested;
            if let Some(trim) = trim {
                filter = filter.and(self.resolved(trim, &target));
            }
        }
        expand.filter = filter;
        self.rows(&mut expand.rows, &target, &there, deeper)?;
        Ok(true)
    }

    fn cond(
        &self,
        cond: &mut Cond,
        root: &Arc<Collection>,
        ground: &Ground<'_>,
        place: &str,
    ) -> Result<()> {
        let mut outcome = Ok(());
        cond.each_test_mut(&mut |test| {
            if outcome.is_ok() {
                outcome = self.test(test, root, ground, place);
            }
        });
        outcome
    }

    fn test(
        &self,
        test: &mut Condition,
        root: &Arc<Collection>,
        ground: &Ground<'_>,
        place: &str,
    ) -> Result<()> {
        self.column(&mut test.left, root, ground, place)?;
        test.operator
            .operands_mut()
            .try_for_each(|operand| self.operand(operand, root, ground, place))
    }

    fn operand(
        &self,
        operand: &mut Operand,
        root: &Arc<Collection>,
        ground: &Ground<'_>,
        place: &str,
    ) -> Result<()> {
        match operand {
            Operand::Column(column) => self.column(column, root, ground, place),
            // A request may compare with its own user's record, never with what is hidden there.
            Operand::Own { collection, column, .. } => {
                let last = column.hops.last().map_or(&*collection, |hop| &hop.target);
                match self.full.get(&last.name).and_then(|real| real.fields.get(&column.field)) {
                    Some(field) if !field.hidden => {}
                    Some(_) | None => return Err(unknown(last, &column.field, place)),
                }
                // The record is the asker's own; what lies behind it is seen as by anybody.
                let root = Arc::clone(collection);
                let policy = self.reading(&root.name).ok();
                let ground = policy.map(|policy| Ground { policy, path: Vec::new() });
                match column.hops.is_empty() {
                    true => Ok(()),
                    false => self.column_from(column, &root, ground, place),
                }
            }
            Operand::Value(_) => Ok(()),
        }
    }

    /// A column the caller compares, sorts or groups by: each relation walked must be granted and
    /// gets the far collection's condition; the field must be readable there.
    fn column(
        &self,
        column: &mut Ref,
        root: &Arc<Collection>,
        ground: &Ground<'_>,
        place: &str,
    ) -> Result<()> {
        self.column_from(column, root, Some(ground.clone()), place)
    }

    /// The same from a record that may be looked at without any policy.
    fn column_from<'b>(
        &'b self,
        column: &mut Ref,
        root: &Arc<Collection>,
        mut ground: Option<Ground<'b>>,
        place: &str,
    ) -> Result<()> {
        let mut here = Arc::clone(root);
        for hop in &mut column.hops {
            let step = self.step(ground.as_ref(), &here, &hop.relation.name);
            let Some((there, target, using)) = step else {
                return Err(unknown(&here, &hop.relation.name, place));
            };
            narrow(hop, using);
            ground = Some(there);
            here = target;
        }
        if column.null || ground.is_none_or(|ground| ground.grants(&here, &column.field)) {
            return Ok(());
        }
        Err(unknown(&here, &column.field, place))
    }
}

fn narrow(hop: &mut Hop, using: Cond) {
    hop.filter = std::mem::replace(&mut hop.filter, Cond::Always).and(using);
}

/// The same answer as for a name that does not exist (decision 21). No hint: only `resolve`,
/// which knows nothing but visible names, may give one.
fn unknown(collection: &Collection, name: &str, place: &str) -> Error {
    Error::new(Code::UnknownField, format!("`{}` has no field `{name}`", collection.name))
        .at(format!("{place}.{name}"))
}
