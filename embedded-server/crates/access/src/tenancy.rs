//! Which tenant's records a request may touch. Policies say what a role may do; this says where.
//!
//! It is walked over the whole plan behind the policies, so that no way through a relation is
//! missed, and it binds whoever is bound to a tenant: administrators, too, whom no policy binds.

use crate::Actor;
use crate::guard::own;
use crate::told::{Origin, Told};
use base::{Code, Error, Limits, Result, Value};
use catalog::{Catalog, Collection, Field, RelationKind};
use query::{
    Aggregate, Assigned, Cond, Condition, Expand, Filter, GroupKey, Grouping, Hop, Operand,
    OrderBy, Place, Pointer, Projection, ReadPlan, Ref, Rows, Scope, Step, Test, Words, WritePlan,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The field that names the tenant of a record.
pub const TENANT: &str = "tenant_Id";

/// Which tenant's records a request may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenancy {
    /// Where the request stands.
    pub within: Within,
    /// Names of the collections that belong to no tenant, whatever fields they have.
    pub ignored: Arc<BTreeSet<String>>,
}

/// Where a request stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// The project has no tenants.
    #[default]
    Off,
    /// In every tenant, and outside of all.
    All,
    /// In the tenant with this key.
    One(String),
    /// In none: what belongs to a tenant is out of reach.
    Nowhere,
}

/// How records of a collection belong to a tenant.
#[derive(Clone, PartialEq, Eq)]
enum Belongs {
    /// By their own field.
    ByField(String),
    /// A user, by what it is assigned.
    ByAssignment,
    /// The tenant itself.
    Itself,
    /// A row of a junction without a field of its own, by what it joins: these relations lead there.
    ByEnds(Vec<String>),
}

/// The field that names the tenant, as this collection spells it.
fn tenant_field(collection: &Collection) -> Option<&Field> {
    collection.field(TENANT)
}

/// For what a condition is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// To read.
    Read,
    /// To write.
    Write,
}

impl Tenancy {
    /// Whether the request is held to one tenant, or to none.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self.within, Within::One(_) | Within::Nowhere)
    }

    fn belongs(&self, collection: &Collection, full: &Catalog) -> Option<Belongs> {
        self.alone(collection).or_else(|| self.by_ends(collection, full))
    }

    /// How records belong to a tenant by what they say themselves.
    fn alone(&self, collection: &Collection) -> Option<Belongs> {
        if !self.holds() || self.ignored.contains(&collection.name) {
            return None;
        }
        match collection.name.as_str() {
            "baasix_User" => Some(Belongs::ByAssignment),
            "baasix_Tenant" => Some(Belongs::Itself),
            _ => tenant_field(collection).map(|field| Belongs::ByField(field.name.clone())),
        }
    }

    fn by_ends(&self, collection: &Collection, full: &Catalog) -> Option<Belongs> {
        if !self.holds() || !collection.junction || self.ignored.contains(&collection.name) {
            return None;
        }
        let leads = collection.relations.values().filter(|relation| {
            // What a row joins whose far end may be of several collections is told by its near end.
            matches!(&relation.kind, RelationKind::ToOne { only_when: None, .. })
                && full.get(&relation.target).is_some_and(|far| self.alone(far).is_some())
        });
        let ends: Vec<String> = leads.map(|relation| relation.name.clone()).collect();
        (!ends.is_empty()).then_some(Belongs::ByEnds(ends))
    }

    /// The field of a collection's records that names their tenant, and the key that it must have;
    /// `None` where nothing is held.
    #[must_use]
    pub fn key_in<'c>(&self, collection: &'c Collection) -> Option<(&'c str, &str)> {
        match (&self.within, self.alone(collection)) {
            (Within::One(tenant), Some(Belongs::ByField(_))) => {
                tenant_field(collection).map(|field| (field.name.as_str(), tenant.as_str()))
            }
            _ => None,
        }
    }

    /// What records of this collection must be, as a filter; `None` where nothing is asked.
    /// `Filter::Any` of nothing is false at this place.
    #[must_use]
    pub fn bound(&self, collection: &Collection, full: &Catalog, touch: Touch) -> Option<Filter> {
        let belongs = self.belongs(collection, full)?;
        let Within::One(tenant) = &self.within else { return Some(Filter::Any(Vec::new())) };
        let is = |path: &str, value: Json| {
            Filter::Test(Test {
                path: path.to_owned(),
                operator: String::from("eq"),
                operand: value,
                cast: None,
                literal: true,
                at: format!("filter.{path}"),
            })
        };
        let tenant = Json::from(tenant.as_str());
        let own = match belongs {
            Belongs::ByField(field) => is(&field, tenant),
            Belongs::ByAssignment => is("userRoles.tenant_Id", tenant),
            Belongs::Itself => is(&collection.primary_key, tenant),
            Belongs::ByEnds(ends) => {
                let end = |name: &String| {
                    let far = full.get(&collection.relation(name)?.target)?;
                    let path = match self.alone(far)? {
                        Belongs::ByField(field) => format!("{name}.{field}"),
                        Belongs::ByAssignment => format!("{name}.userRoles.tenant_Id"),
                        Belongs::Itself => format!("{name}.{}", far.primary_key),
                        Belongs::ByEnds(_) => return None,
                    };
                    Some(is(&path, tenant.clone()))
                };
                Filter::All(ends.iter().filter_map(end).collect())
            }
        };
        let shared = collection.name == "baasix_File" && collection.fields.contains_key("isPublic");
        Some(match shared && touch == Touch::Read {
            true => Filter::Any(vec![own, is("isPublic", json!(true))]),
            false => own,
        })
    }
}

/// One walk over a plan.
pub(crate) struct Fence<'a> {
    actor: &'a Actor,
    tenancy: &'a Tenancy,
    full: &'a Catalog,
    words: &'a Words,
    limits: &'a Limits,
    told: Option<&'a Told>,
}

impl<'a> Fence<'a> {
    /// `None` where the request is held to no tenant: then nothing is walked.
    pub(crate) fn of(
        actor: &'a Actor,
        full: &'a Catalog,
        words: &'a Words,
        limits: &'a Limits,
        told: Option<&'a Told>,
    ) -> Option<Self> {
        actor.tenancy.holds().then_some(Self {
            told,
            actor,
            tenancy: &actor.tenancy,
            full,
            words,
            limits,
        })
    }

    /// What records of a collection must be.
    fn bound(&self, name: &str, touch: Touch) -> Cond {
        // A collection that the catalog does not have holds nothing that could be shown.
        let Some(real) = self.full.get(name) else { return Cond::Never };
        let Some(filter) = self.tenancy.bound(real, self.full, touch) else {
            return Cond::Always;
        };
        let scope =
            Scope { visible: self.full, full: self.full, words: self.words, limits: self.limits };
        query::resolve_filter(&filter, real, &scope, Place::Policy).unwrap_or(Cond::Never)
    }

    /// The same of the records that are asked for themselves, told as it is demanded. What was told
    /// before looks through relations, too, and sees no further than the tenant there.
    fn demanded(&self, name: &str, touch: Touch) -> Cond {
        let cond = self.bound(name, touch);
        let real = self.full.get(name);
        let filter = real.and_then(|real| self.tenancy.bound(real, self.full, touch));
        if let (Some(told), Some(filter)) = (self.told, filter) {
            told.each(|cond| self.cond(cond));
            told.tell(Origin::Tenant, &filter, &cond);
        }
        cond
    }

    /// A collection that a request names outright; where it has no tenant it is told so.
    fn entered(&self, collection: &Collection) -> Result<()> {
        let real = self.full.get(&collection.name).map_or(collection, Arc::as_ref);
        if self.tenancy.within != Within::Nowhere || self.tenancy.belongs(real, self.full).is_none()
        {
            return Ok(());
        }
        let message = format!("`{}` belongs to tenants, and this request to none", real.name);
        Err(Error::new(Code::TenantContextRequired, message)
            .hint("sign in to a tenant, or name one in `X-Tenant-Id`"))
    }

    /// Narrows a read that policies have narrowed. All parts of a plan are named here, so that a new
    /// one is not forgotten.
    pub(crate) fn read(&self, plan: &mut ReadPlan) -> Result<()> {
        let ReadPlan {
            collection,
            filter,
            // Words are looked for in the fields of the record itself.
            search: _,
            with_deleted: _,
            projection,
            order,
            page: _,
            count: _,
            single: _,
        } = plan;
        self.entered(collection)?;
        self.cond(filter);
        self.orders(order);
        match projection {
            Projection::Rows(rows) => self.rows(rows),
            Projection::Groups(Grouping { keys, aggregates }) => {
                for GroupKey { column, keys: _, part: _ } in keys {
                    self.column(column);
                }
                for Aggregate { column, alias: _, function: _ } in aggregates {
                    column.iter_mut().for_each(|column| self.column(column));
                }
            }
        }
        narrow(filter, self.demanded(&collection.name, Touch::Read));
        Ok(())
    }

    fn rows(&self, Rows { columns: _, expands }: &mut Rows) {
        for expand in expands {
            let Expand { key: _, relation: _, target, rows, filter, order, limit: _ } = expand;
            self.cond(filter);
            self.orders(order);
            self.rows(rows);
            narrow(filter, self.bound(&target.name, Touch::Read));
        }
    }

    fn orders(&self, orders: &mut [OrderBy]) {
        for OrderBy { by, direction: _ } in orders {
            by.column_mut().into_iter().for_each(|column| self.column(column));
        }
    }

    fn cond(&self, cond: &mut Cond) {
        cond.each_test_mut(&mut |Condition { left, operator }| {
            self.column(left);
            for operand in operator.operands_mut() {
                match operand {
                    Operand::Column(column) => self.column(column),
                    // The record is the asker's own; what lies behind it is in a tenant or not.
                    Operand::Own { collection: _, key: _, column } => self.column(column),
                    Operand::Value(_) => {}
                }
            }
        });
    }

    fn column(&self, column: &mut Ref) {
        for Hop { relation: _, target, filter } in &mut column.hops {
            self.cond(filter);
            narrow(filter, self.bound(&target.name, Touch::Read));
        }
    }

    /// Narrows a write, and puts the tenant into what is new.
    pub(crate) fn write(&self, plan: &mut WritePlan) -> Result<()> {
        let WritePlan { steps, answers: _, warnings: _, orders } = plan;
        steps.iter_mut().try_for_each(|step| self.step(step, orders))
    }

    fn step(&self, step: &mut Step, orders: &mut BTreeMap<String, (String, Value)>) -> Result<()> {
        match step {
            Step::Insert { collection, values, check, through: _, index: _ } => {
                self.entered(collection)?;
                self.cond(check);
                let real = self.full.get(&collection.name).unwrap_or(collection);
                match self.tenancy.belongs(real, self.full) {
                    Some(Belongs::Itself) => return Err(mismatch("a tenant")),
                    Some(Belongs::ByField(field)) => self.stamp(real, &field, values, orders)?,
                    // A user belongs by its assignments, which are made along with it; what a
                    // junction joins is asked where it points to it.
                    Some(Belongs::ByAssignment | Belongs::ByEnds(_)) | None => {}
                }
            }
            Step::Update {
                collection,
                filter,
                key: _,
                values,
                one: _,
                // A stored value is compared in records that the filter finds.
                expect: _,
                check,
                // Who stands above the caller stands there by what it is in any tenant.
                spares: _,
                through: _,
                index: _,
                deleting: _,
            } => {
                self.entered(collection)?;
                self.cond(filter);
                self.cond(check);
                let real = self.full.get(&collection.name).unwrap_or(collection);
                if let Some((field, _)) = self.tenancy.key_in(real)
                    && let Some(value) = values.get(field)
                {
                    self.ours(real, value)?;
                }
                narrow(filter, self.demanded(&collection.name, Touch::Write));
            }
            Step::Delete {
                collection,
                filter,
                key: _,
                one: _,
                expect: _,
                // As in a change.
                spares: _,
                through: _,
                index: _,
            } => {
                self.entered(collection)?;
                self.cond(filter);
                narrow(filter, self.demanded(&collection.name, Touch::Write));
            }
            Step::Exists { collection, key, filter, field: _, asked: _, index: _ } => {
                self.cond(filter);
                if !own(self.actor, &collection.name, key) {
                    narrow(filter, self.bound(&collection.name, Touch::Read));
                }
            }
            Step::Pointed { collection, pointers, asked: _, index: _ } => {
                for pointer in pointers {
                    self.pointer(collection, pointer);
                }
            }
        }
        Ok(())
    }

    fn pointer(&self, collection: &Collection, pointer: &mut Pointer) {
        let Pointer { relation: _, column: _, target, target_column, keys, filter, kept } = pointer;
        let by_key = *target_column == target.primary_key;
        keys.retain(|(key, _)| !(by_key && own(self.actor, &target.name, key)));
        self.cond(filter);
        self.cond(kept);
        narrow(filter, self.bound(&target.name, Touch::Read));
        narrow(kept, self.bound(&collection.name, Touch::Read));
    }

    /// The tenant of a new record is the request's; one that says otherwise is refused. Its place in
    /// the manual order is behind those of its tenant: a number tells nobody how many there are
    /// elsewhere.
    fn stamp(
        &self,
        collection: &Collection,
        field: &str,
        values: &mut indexmap::IndexMap<String, Assigned>,
        orders: &mut BTreeMap<String, (String, Value)>,
    ) -> Result<()> {
        let key = self.key(collection)?;
        orders.entry(collection.name.clone()).or_insert_with(|| (field.to_owned(), key.clone()));
        match values.get(field) {
            Some(Assigned::Value(value)) if value.is_null() => {}
            Some(value) => return self.ours(collection, value),
            None => {}
        }
        values.insert(field.to_owned(), Assigned::Value(key));
        // Columns stand in the collection's order.
        let place = |name: &String| collection.fields.get_index_of(name).unwrap_or(usize::MAX);
        values.sort_by(|left, _, right, _| place(left).cmp(&place(right)));
        Ok(())
    }

    fn key(&self, collection: &Collection) -> Result<Value> {
        let kind = tenant_field(collection).map(|field| &field.kind);
        let key = self.tenancy.key_in(collection).zip(kind);
        let key = key.and_then(|((_, key), kind)| query::coerce(kind, &Json::from(key)).ok());
        key.ok_or_else(|| mismatch(&collection.name))
    }

    fn ours(&self, collection: &Collection, value: &Assigned) -> Result<()> {
        match value {
            Assigned::Value(value) if *value == self.key(collection)? => Ok(()),
            _ => Err(mismatch(&collection.name)),
        }
    }
}

fn narrow(filter: &mut Cond, bound: Cond) {
    *filter = std::mem::replace(filter, Cond::Always).and(bound);
}

fn mismatch(what: &str) -> Error {
    let message = format!("a record of `{what}` cannot be put into another tenant");
    Error::new(Code::TenantMismatch, message)
        .at(TENANT)
        .hint("leave `tenant_Id` out: it is the tenant of the request")
}

#[cfg(test)]
#[path = "tenancy_tests.rs"]
mod tests;
