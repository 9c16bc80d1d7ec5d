//! Plans over the shop, as `resolve` would make them.

use base::Value;
use catalog::{Catalog, Collection, FieldKind, Relation};
use indexmap::IndexMap;
use query::{
    Assigned, Cond, Condition, Count, Direction, Expand, Hop, Operand, Operator, Order, OrderBy,
    Page, Projection, ReadPlan, Ref, Rows, Selected, Step, WritePlan,
};
use std::sync::Arc;

pub fn named(catalog: &Catalog, name: &str) -> Arc<Collection> {
    Arc::clone(catalog.get(name).unwrap())
}

fn related(collection: &Collection, name: &str) -> Relation {
    collection.relation(name).unwrap_or_else(|| panic!("no relation {name}")).clone()
}

/// `author.team.name` from a collection.
pub fn column(catalog: &Catalog, collection: &str, path: &str) -> Ref {
    let mut here = named(catalog, collection);
    let mut hops = Vec::new();
    let parts: Vec<&str> = path.split('.').collect();
    let (last, walk) = parts.split_last().unwrap();
    for name in walk {
        let relation = related(&here, name);
        let target = named(catalog, &relation.target);
        hops.push(Hop { relation, target: Arc::clone(&target), filter: Cond::Always });
        here = target;
    }
    let field = here.fields.get(*last).unwrap_or_else(|| panic!("no field {path}"));
    Ref {
        hops,
        field: field.name.clone(),
        kind: field.kind.clone(),
        cast: None,
        loose: field.loose,
        null: false,
    }
}

pub fn rows(catalog: &Catalog, collection: &str, fields: &[&str], expands: Vec<Expand>) -> Rows {
    let collection = named(catalog, collection);
    let columns = fields
        .iter()
        .map(|name| Selected {
            key: (*name).to_owned(),
            field: (*name).to_owned(),
            kind: collection.fields[*name].kind.clone(),
            null: false,
        })
        .collect();
    Rows { columns, expands }
}

pub fn expand(
    catalog: &Catalog,
    from: &str,
    name: &str,
    fields: &[&str],
    deeper: Vec<Expand>,
) -> Expand {
    let relation = related(&named(catalog, from), name);
    let target = named(catalog, &relation.target);
    Expand {
        key: name.to_owned(),
        rows: rows(catalog, &target.name, fields, deeper),
        filter: Cond::Always,
        order: vec![ascending(column(catalog, &target.name, "id"))],
        limit: 100,
        relation,
        target,
    }
}

pub fn read(
    catalog: &Catalog,
    collection: &str,
    fields: &[&str],
    expands: Vec<Expand>,
) -> ReadPlan {
    ReadPlan {
        collection: named(catalog, collection),
        filter: Cond::Always,
        search: None,
        with_deleted: false,
        projection: Projection::Rows(rows(catalog, collection, fields, expands)),
        order: vec![ascending(column(catalog, collection, "id"))],
        page: Page::default(),
        count: Count::None,
        single: false,
    }
}

pub fn ascending(column: Ref) -> OrderBy {
    OrderBy { by: Order::Column(column), direction: Direction::Ascending }
}

pub fn descending(column: Ref) -> OrderBy {
    OrderBy { by: Order::Column(column), direction: Direction::Descending }
}

pub fn test(left: Ref, operator: Operator) -> Cond {
    Cond::Test(Box::new(Condition { left, operator }))
}

pub fn equal(left: Ref, value: impl Into<Bound>) -> Cond {
    test(left, Operator::Equal { negated: false, right: Operand::Value(value.into().0) })
}

/// A value, written shortly.
pub struct Bound(pub Value);

impl From<&str> for Bound {
    fn from(text: &str) -> Self {
        Self(Value::text(text))
    }
}

impl From<i64> for Bound {
    fn from(number: i64) -> Self {
        Self(Value::Int(number))
    }
}

impl From<bool> for Bound {
    fn from(flag: bool) -> Self {
        Self(Value::Bool(flag))
    }
}

impl From<f64> for Bound {
    fn from(number: f64) -> Self {
        Self(Value::Real(number))
    }
}

impl From<Value> for Bound {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// Assigned values in the collection's order.
pub fn values<const N: usize>(pairs: [(&str, Assigned); N]) -> IndexMap<String, Assigned> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub fn given(value: impl Into<Bound>) -> Assigned {
    Assigned::Value(value.into().0)
}

pub fn insert(catalog: &Catalog, collection: &str, values: IndexMap<String, Assigned>) -> Step {
    Step::Insert {
        collection: named(catalog, collection),
        values,
        check: Cond::Always,
        through: Vec::new(),
        index: 0,
    }
}

pub fn update(
    catalog: &Catalog,
    collection: &str,
    key: impl Into<Bound>,
    values: IndexMap<String, Assigned>,
) -> Step {
    Step::Update {
        collection: named(catalog, collection),
        filter: Cond::Always,
        key: Some(given(key)),
        values,
        one: true,
        expect: IndexMap::new(),
        check: Cond::Always,
        spares: Cond::Never,
        through: Vec::new(),
        index: 0,
        deleting: None,
    }
}

pub fn delete(catalog: &Catalog, collection: &str, key: impl Into<Bound>) -> Step {
    Step::Delete {
        collection: named(catalog, collection),
        filter: Cond::Always,
        key: Some(given(key)),
        one: true,
        expect: IndexMap::new(),
        spares: Cond::Never,
        through: Vec::new(),
        index: 0,
    }
}

pub fn plan(steps: Vec<Step>) -> WritePlan {
    let answers = (0..steps.len()).collect();
    WritePlan { steps, answers, ..WritePlan::default() }
}

/// A field of another kind, for casts.
pub fn as_cast(mut column: Ref, cast: query::Cast) -> Ref {
    column.cast = Some(cast);
    column
}

/// Always NULL.
pub fn nothing(kind: FieldKind) -> Ref {
    Ref {
        hops: Vec::new(),
        field: String::from("createdAt"),
        kind,
        cast: None,
        loose: false,
        null: true,
    }
}
