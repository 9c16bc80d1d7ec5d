//! The same of writes: which records, and what they must be afterwards.

use crate::asked::denied;
use crate::guard::{Guard, own};
use crate::tenancy::Fence;
use crate::told::Told;
use crate::{Action, Actor, Guarded, Policy};
use base::{Code, Error, Limits, Result};
use catalog::{Catalog, Collection};
use query::{Asked, Cond, Filter, Operand, Operator, Pointer, Step, Words, WritePlan};
use std::sync::Arc;

/// The columns that a soft deletion writes.
const DELETION: [&str; 4] = ["deletedAt", "updatedAt", "userUpdated_Id", "userDeleted_Id"];

/// Narrows a write to the records the actor may touch, and asks its policy of every new record.
pub fn guard_write(
    plan: WritePlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
) -> Result<Guarded<WritePlan>> {
    guard_write_told(plan, full, actor, words, limits, None)
}

/// The same, telling what it demands of the records that are asked for, as they are stored.
pub fn guard_write_told(
    mut plan: WritePlan,
    full: &Catalog,
    actor: &Actor,
    words: &Words,
    limits: &Limits,
    told: Option<&Told>,
) -> Result<Guarded<WritePlan>> {
    if actor.read_only {
        return Err(Error::new(Code::PersonaReadOnly, "nothing is written as somebody else")
            .hint("stop viewing as somebody else first"));
    }
    if !actor.unbound() {
        let guard = Guard { policies: &actor.policies, full, words, limits, told };
        narrow_write(&mut plan, &guard, actor)?;
    }
    if let Some(fence) = Fence::of(actor, full, words, limits, told) {
        fence.write(&mut plan)?;
    }
    Ok(Guarded::new(plan))
}

fn narrow_write(plan: &mut WritePlan, guard: &Guard<'_>, actor: &Actor) -> Result<()> {
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

impl Guard<'_> {
    /// Which records of a far collection a write may name by their keys: those that the role may
    /// read. Without a right to read there, a pattern that grants the relation by name will do
    /// (`spec/data.md` 10.5). Else none: an absent key and a present one must be one answer.
    fn pointable(&self, target: &Collection, asked: &Asked, through: &[String]) -> Result<Cond> {
        let real = self.real(&target.name)?;
        match self.policies.get(&target.name, Action::Read) {
            Some(policy) if policy.broken => Ok(Cond::Never),
            Some(policy) => Ok(self.conditions(policy, &real)),
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
                self.conditions(policy, &self.real(&collection.name)?)
            }
            Some(_) | None => Cond::Never,
        };
        Ok(())
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
            Some(policy) if through.is_empty() => Ok(self.demanded(policy, &real)),
            // A child that the role may not even read stays out of reach of re-parenting.
            Some(_) | None if !through.is_empty() && action != Action::Create => {
                match self.policies.get(&collection.name, Action::Read) {
                    Some(policy) if !policy.broken => Ok(self.conditions(policy, &real)),
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
        Ok(self.resolved(check, &self.real(&collection.name)?))
    }

    /// A policy's condition, where what was changed may have left it. Where nothing that is asked
    /// for has changed, the answer is known.
    fn kept(
        &self,
        policy: &Policy,
        collection: &Arc<Collection>,
        changed: &dyn Fn(&str) -> bool,
    ) -> Result<Cond> {
        let cond = self.conditions(policy, &self.real(&collection.name)?);
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
            Some(policy) => Ok(self.conditions(policy, &real)),
            None => Ok(Cond::Never),
        }
    }
}
