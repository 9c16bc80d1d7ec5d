//! The only place where policies enter a plan.
//!
//! Walked: the root, every embedded relation, every relation inside a filter, every search field,
//! sort key, group key and aggregate. What may not be seen cannot be inferred: a hidden far
//! record counts as absent wherever a condition looks, and a hidden field does not exist.

use crate::asked::denied;
use crate::tenancy::Fence;
use crate::{Action, Actor, Guarded, Policies, Policy};
use base::{Code, Error, Limits, Result, Value};
use catalog::{Catalog, Collection};
use query::{
    Asked, Cond, Condition, Expand, Filter, Hop, Operand, Operator, Place, Pointer, Projection,
    ReadPlan, Ref, Rows, Scope, Step, Words, WritePlan,
};
use std::sync::Arc;

/// The columns that a soft deletion writes.
const DELETION: [&str; 4] = ["deletedAt", "updatedAt", "userUpdated_Id", "userDeleted_Id"];

/// What the guard needs besides the plan.
#[derive(Clone, Copy)]
pub(crate) struct Guard<'a> {
    pub(crate) policies: &'a Policies,
    pub(crate) full: &'a Catalog,
    pub(crate) words: &'a Words,
    pub(crate) limits: &'a Limits,
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
    mut plan: ReadPlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<Guarded<ReadPlan>> {
    if !actor.unbound() {
        narrow_read(&mut plan, full, actor, words, limits)?;
    }
    if let Some(fence) = Fence::of(actor, full, words, limits) {
        fence.read(&mut plan)?;
    }
    Ok(Guarded::new(plan))
}

fn narrow_read(
    plan: &mut ReadPlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<()> {
    let guard = Guard { policies: &actor.policies, full, words, limits };
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
    let using = guard.conditions(policy, &root)?;
    plan.filter = std::mem::replace(&mut plan.filter, Cond::Always).and(using);
    Ok(())
}

/// Narrows a write to the records the actor may touch, and asks its policy of every new record.
pub fn guard_write(
    mut plan: WritePlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<Guarded<WritePlan>> {
    if !actor.unbound() {
        narrow_write(&mut plan, full, actor, words, limits)?;
    }
    if let Some(fence) = Fence::of(actor, full, words, limits) {
        fence.write(&mut plan)?;
    }
    Ok(Guarded::new(plan))
}

fn narrow_write(
    plan: &mut WritePlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<()> {
    let guard = Guard { policies: &actor.policies, full, words, limits };
    for step in &mut plan.steps {
        match step {
            Step::Insert { collection, check, through, .. } => {
                let using = guard.write_conditions(collection, Action::Create, through)?;
                *check = std::mem::replace(check, Cond::Always).and(using);
            }
            Step::Update {
                collection,
                filter,
                through,
                deleting,
                expect,
                values,
                check,
                key,
                ..
            } => {
                let deletes = *deleting == Some(true)
                    && guard.policies.get(&collection.name, Action::Delete).is_some();
                // What is changed beside the mark is a change like any other.
                let changes =
                    !deletes || !values.keys().all(|name| DELETION.contains(&name.as_str()));
                let mut using = Cond::Always;
                if deletes {
                    using = guard.write_conditions(collection, Action::Delete, through)?;
                }
                if changes {
                    using =
                        using.and(guard.write_conditions(collection, Action::Update, through)?);
                    // What a list no longer names is let go, wherever that leaves it: that is
                    // what a list says.
                    let let_go = key.is_none() && !through.is_empty();
                    if !let_go {
                        let changed = |name: &str| values.contains_key(name);
                        let kept = guard.changed_conditions(collection, through, &changed)?;
                        *check = std::mem::replace(check, Cond::Always).and(kept);
                    }
                }
                let using = using.and(guard.comparing(collection, expect.is_empty())?);
                *filter = std::mem::replace(filter, Cond::Always).and(using);
            }
            Step::Delete { collection, filter, through, expect, .. } => {
                let using = guard.write_conditions(collection, Action::Delete, through)?;
                let using = using.and(guard.comparing(collection, expect.is_empty())?);
                *filter = std::mem::replace(filter, Cond::Always).and(using);
            }
            Step::Exists { collection, key, filter, asked, .. } => {
                if !own(actor, &collection.name, key) {
                    let using = guard.pointable(collection, asked, &asked.through)?;
                    *filter = std::mem::replace(filter, Cond::Always).and(using);
                }
            }
            Step::Pointed { collection, pointers, asked, .. } => {
                for pointer in pointers {
                    guard.pointer(pointer, collection, asked, actor)?;
                }
            }
        }
    }
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
    /// Which records of a far collection a write may name by their keys: those that the role may
    /// read. Without a right to read there, a pattern that grants the relation by name will do
    /// (`spec/data.md` 10.5). Else none: an absent key and a present one must be one answer.
    fn pointable(&self, target: &Collection, asked: &Asked, through: &[String]) -> Result<Cond> {
        let real = self.real(&target.name)?;
        match self.policies.get(&target.name, Action::Read) {
            Some(policy) if policy.broken => Ok(Cond::Never),
            Some(policy) => self.conditions(policy, &real),
            None => {
                let path: Vec<&str> = through.iter().map(String::as_str).collect();
                let action = if asked.creating { Action::Create } else { Action::Update };
                let policy = self.policies.get(&asked.root, action);
                let by_name =
                    policy.is_some_and(|policy| !policy.broken && policy.fields.reaches(&path));
                Ok(if by_name { Cond::Always } else { Cond::Never })
            }
        }
    }

    /// One foreign key: what it may name, less what needs no asking.
    fn pointer(
        &self,
        pointer: &mut Pointer,
        collection: &Collection,
        asked: &Asked,
        actor: &Actor,
    ) -> Result<()> {
        let target = Arc::clone(&pointer.target);
        let action = if asked.creating { Action::Create } else { Action::Update };
        // What the grant itself fills in was chosen by who gave it.
        let filled = self
            .policies
            .get(&collection.name, action)
            .filter(|_| asked.through.is_empty())
            .and_then(|policy| {
                let named = [&pointer.column, &pointer.relation.name];
                named.into_iter().find_map(|name| policy.defaults.get(name))
            })
            .map(|value| query::spelled_out(value, self.words));
        let kind = target.fields.get(&pointer.target_column).map(|field| &field.kind);
        let filled = filled.zip(kind).and_then(|(json, kind)| query::coerce(kind, &json).ok());
        let by_key = pointer.target_column == target.primary_key;
        pointer.keys.retain(|(key, _)| {
            filled.as_ref() != Some(key) && !(by_key && own(actor, &target.name, key))
        });
        let mut through = asked.through.clone();
        // The rows of a junction are the relation itself.
        if !collection.junction {
            through.push(pointer.relation.name.clone());
        }
        pointer.filter = self.pointable(&target, asked, &through)?;
        let read = self.policies.get(&collection.name, Action::Read);
        pointer.kept = match read.filter(|policy| !policy.broken) {
            Some(policy) if policy.fields.allows(&[&pointer.column], true) => {
                self.conditions(policy, &self.real(&collection.name)?)?
            }
            Some(_) | None => Cond::Never,
        };
        Ok(())
    }

    /// The collection as it is, not as the actor sees it.
    fn real(&self, name: &str) -> Result<Arc<Collection>> {
        self.full.get(name).map(Arc::clone).ok_or_else(|| {
            Error::internal(format!("the plan names `{name}`, the catalog does not"))
        })
    }

    /// A policy's condition as a plan, resolved against the whole catalog.
    fn conditions(&self, policy: &Policy, collection: &Arc<Collection>) -> Result<Cond> {
        let Some(filter) = &policy.conditions else { return Ok(Cond::Always) };
        let scope =
            Scope { visible: self.full, full: self.full, words: self.words, limits: self.limits };
        // A condition that no longer resolves (a field was dropped) denies; it never opens.
        Ok(query::resolve_filter(filter, collection, &scope, Place::Policy).unwrap_or(Cond::Never))
    }

    /// What a write step must satisfy. A nested step needs no policy of its own when the parent's
    /// policy grants the relation by name (`spec/data.md` 10.5): `check_asked` has seen that.
    fn write_conditions(
        &self,
        collection: &Arc<Collection>,
        action: Action,
        through: &[String],
    ) -> Result<Cond> {
        let real = self.real(&collection.name)?;
        match self.policies.get(&collection.name, action).filter(|policy| !policy.broken) {
            Some(policy) if through.is_empty() => self.conditions(policy, &real),
            // A child that the role may not even read stays out of reach of re-parenting.
            Some(_) | None if !through.is_empty() && action != Action::Create => {
                match self.policies.get(&collection.name, Action::Read) {
                    Some(policy) if !policy.broken => self.conditions(policy, &real),
                    Some(_) | None => Ok(Cond::Always),
                }
            }
            Some(_) => Ok(Cond::Always),
            None if !through.is_empty() => Ok(Cond::Always),
            None => Err(denied(action, &collection.name)),
        }
    }

    /// What a record must satisfy once it is changed: what it had to satisfy before, unless the
    /// policy says otherwise. Under a parent's pattern the record had to be in sight, so it stays
    /// in sight; and where the role has a right of its own to change such records that says what
    /// they must be afterwards, that is asked too: a parent is no way around it.
    fn changed_conditions(
        &self,
        collection: &Arc<Collection>,
        through: &[String],
        changed: &dyn Fn(&str) -> bool,
    ) -> Result<Cond> {
        let sound = |action| {
            self.policies.get(&collection.name, action).filter(|policy: &&Policy| !policy.broken)
        };
        let update = sound(Action::Update);
        if through.is_empty() {
            return match update {
                None => Ok(Cond::Always),
                Some(policy) => match &policy.check {
                    Some(check) => self.stated(check, collection),
                    None => self.kept(policy, collection, changed),
                },
            };
        }
        let stated = match update.and_then(|policy| policy.check.as_ref()) {
            Some(check) => self.stated(check, collection)?,
            None => Cond::Always,
        };
        let kept = match sound(Action::Read) {
            Some(policy) => self.kept(policy, collection, changed)?,
            None => Cond::Always,
        };
        Ok(stated.and(kept))
    }

    /// What a policy says of changed records in so many words.
    fn stated(&self, check: &Filter, collection: &Arc<Collection>) -> Result<Cond> {
        let real = self.real(&collection.name)?;
        let scope =
            Scope { visible: self.full, full: self.full, words: self.words, limits: self.limits };
        Ok(query::resolve_filter(check, &real, &scope, Place::Policy).unwrap_or(Cond::Never))
    }

    /// A policy's condition, where what was changed may have left it. Where nothing that is asked
    /// for has changed, the answer is known.
    fn kept(
        &self,
        policy: &Policy,
        collection: &Arc<Collection>,
        changed: &dyn Fn(&str) -> bool,
    ) -> Result<Cond> {
        let cond = self.conditions(policy, &self.real(&collection.name)?)?;
        let mut touched = false;
        cond.each_test(&mut |test| {
            touched |= !test.left.hops.is_empty()
                || changed(&test.left.field)
                || !matches!(
                    &test.operator,
                    Operator::Equal { right: Operand::Value(_), .. } | Operator::IsNull(_)
                );
        });
        Ok(if touched { cond } else { Cond::Always })
    }

    /// A write that compares stored values reads them: the read policy binds it too.
    fn comparing(&self, collection: &Collection, nothing: bool) -> Result<Cond> {
        if nothing {
            return Ok(Cond::Always);
        }
        let real = self.real(&collection.name)?;
        match self.policies.get(&collection.name, Action::Read).filter(|policy| !policy.broken) {
            Some(policy) => self.conditions(policy, &real),
            None => Ok(Cond::Never),
        }
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
            Some(policy) => self.conditions(policy, &target).ok()?,
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
                let scope = Scope {
                    visible: self.full,
                    full: self.full,
                    words: self.words,
                    limits: self.limits,
                };
                let cond = query::resolve_filter(trim, &target, &scope, Place::Policy)
                    .unwrap_or(Cond::Never);
                filter = filter.and(cond);
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
