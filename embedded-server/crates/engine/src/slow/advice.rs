//! Which index would serve a shape, if none does already: fields that are equal to something
//! first, then those of the order or of a range. The key that ends every order ends every index of
//! ours too, and NULLs stand in it as they stand in an order.

use super::shape::{QueryShape, Right, ShapeCond, ShapeTest};
use catalog::{Catalog, Collection, Field, FieldKind, RelationKind, fitted};
use std::collections::HashSet;

/// Most fields of a proposed index: each makes every write of the collection dearer.
const FIELDS_MAX: usize = 4;

/// Lists longer than this are read nearly whole, for which an order by index only costs.
const PAGE_MAX: u64 = 1_000;

/// What could be done for a shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Advice {
    /// This index would help.
    Index(ProposedIndex),
    /// An index over these fields serves it already.
    Served(Vec<String>),
    /// No index of the kinds there are would.
    Nothing,
}

/// An index that does not exist yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedIndex {
    /// The collection.
    pub collection: String,
    /// Its fields in order.
    pub fields: Vec<String>,
    /// What it would be called.
    pub name: String,
}

/// The index for a shape whose pages have at most `limit` records.
pub(super) fn advise(shape: &QueryShape, limit: Option<u64>, catalog: &Catalog) -> Advice {
    let Some(collection) = catalog.get(&shape.collection) else { return Advice::Nothing };
    // Words are found by other means than an order.
    if shape.search {
        return Advice::Nothing;
    }
    let mut tests = Vec::new();
    every_one_holds(&shape.filter, &mut tests);
    let own = Wanted::of(collection, &tests, shape, limit);
    if !own.fields.is_empty() {
        return own.advice(collection);
    }
    // What is asked of one far record only: then the far records are found first.
    let far = tests.iter().find_map(|test| {
        let (relation, field) = test.path.split_once('.')?;
        let relation = collection.relation(relation)?;
        if !matches!(relation.kind, RelationKind::ToOne { .. }) || field.contains('.') {
            return None;
        }
        let target = catalog.get(&relation.target)?;
        let there = ShapeTest { path: field.to_owned(), ..(*test).clone() };
        let wanted = Wanted::by_tests(target, &[&there]);
        (!wanted.fields.is_empty()).then(|| wanted.advice(target))
    });
    far.unwrap_or(Advice::Nothing)
}

/// The tests that every record of the result passes.
fn every_one_holds<'s>(condition: &'s ShapeCond, found: &mut Vec<&'s ShapeTest>) {
    match condition {
        ShapeCond::All(parts) => parts.iter().for_each(|part| every_one_holds(part, found)),
        ShapeCond::Test(test) => found.push(test),
        ShapeCond::Any(_) | ShapeCond::Not(_) | ShapeCond::Always | ShapeCond::Never => {}
    }
}

/// What an index should hold.
#[derive(Debug, Default)]
struct Wanted {
    /// All of it, in order.
    fields: Vec<String>,
    /// How many of them are equal to something, in whatever order they stand.
    equal: usize,
    /// How many behind those an index must hold to serve as well; the rest only spares rows.
    needed: usize,
}

/// Tests by what an index can do for them.
#[derive(Default)]
struct Sorted {
    equal: Vec<String>,
    listed: Vec<String>,
    ranged: Vec<String>,
}

impl Sorted {
    fn of(collection: &Collection, tests: &[&ShapeTest]) -> Self {
        let mut sorted = Self::default();
        for test in tests.iter().filter(|test| test.cast.is_none()) {
            let Some(field) = collection.fields.get(&test.path) else { continue };
            if !has_an_order(field) {
                continue;
            }
            let place = match (test.operator, &test.right) {
                ("eq", Right::Value) | ("isNull", _) => &mut sorted.equal,
                ("in", _) => &mut sorted.listed,
                ("lt" | "lte" | "gt" | "gte" | "startsWiths", Right::Value) | ("between", _) => {
                    &mut sorted.ranged
                }
                _ => continue,
            };
            if !place.contains(&test.path) {
                place.push(test.path.clone());
            }
        }
        // However a filter is written, it asks for one and the same index.
        let position = |name: &String| collection.fields.get_index_of(name);
        sorted.equal.sort_by_key(position);
        sorted.listed.sort_by_key(position);
        sorted
    }
}

impl Wanted {
    fn of(
        collection: &Collection,
        tests: &[&ShapeTest],
        shape: &QueryShape,
        limit: Option<u64>,
    ) -> Self {
        let tests = Sorted::of(collection, tests);
        let order = ordered(collection, shape, &tests.equal);
        let paged = limit.is_some_and(|limit| limit <= PAGE_MAX);
        let narrowed = !(tests.equal.is_empty() && tests.listed.is_empty());
        let by_range = tests.ranged.first().is_some_and(|range| order.first() != Some(range));
        // A range over another field than the first of the order leaves more out than the order
        // brings, unless something equal leaves out most already.
        if order.is_empty() || !paged || (by_range && !narrowed) {
            return Self::without_order(tests);
        }
        let mut fields = tests.equal;
        let equal = fields.len();
        let needed = order.len();
        fields.extend(order);
        for more in tests.listed.into_iter().chain(tests.ranged) {
            if !fields.contains(&more) {
                fields.push(more);
            }
        }
        Self { fields, equal, needed }.bounded()
    }

    fn by_tests(collection: &Collection, tests: &[&ShapeTest]) -> Self {
        Self::without_order(Sorted::of(collection, tests))
    }

    fn without_order(tests: Sorted) -> Self {
        let mut fields = tests.equal;
        for field in tests.listed {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        let equal = fields.len();
        // One range: an index is not narrowed by a second one.
        let range = tests.ranged.into_iter().find(|range| !fields.contains(range));
        let needed = usize::from(range.is_some());
        fields.extend(range);
        Self { fields, equal, needed }.bounded()
    }

    fn bounded(mut self) -> Self {
        self.fields.truncate(FIELDS_MAX);
        self.equal = self.equal.min(self.fields.len());
        self.needed = self.needed.min(self.fields.len() - self.equal);
        self
    }

    fn advice(self, collection: &Collection) -> Advice {
        let (equal, rest) = self.fields.split_at(self.equal);
        let set: HashSet<&String> = equal.iter().collect();
        for known in known(collection) {
            // One record at most: there is nothing to put in order.
            if known.unique && known.fields.iter().all(|field| set.contains(field)) {
                return Advice::Served(known.fields);
            }
            let Some((first, behind)) = known.fields.split_at_checked(equal.len()) else {
                continue;
            };
            let leads = first.iter().collect::<HashSet<_>>() == set;
            let needed = &rest[..self.needed];
            if leads && behind.starts_with(needed) && (known.ordered || needed.is_empty()) {
                return Advice::Served(known.fields);
            }
        }
        let base = format!("{}_{}_idx", collection.name, self.fields.join("_"));
        let taken = |name: &String| collection.indexes.iter().any(|index| index.name == *name);
        let mut name = fitted(&base);
        let mut number = 2;
        while taken(&name) {
            name = fitted(&format!("{base}{number}"));
            number += 1;
        }
        Advice::Index(ProposedIndex {
            collection: collection.name.clone(),
            fields: self.fields,
            name,
        })
    }
}

/// The leading fields of the order that one index can give: own ones that go the same way. What is
/// equal to something orders nothing, and the key stands behind every index anyway.
fn ordered(collection: &Collection, shape: &QueryShape, equal: &[String]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    if shape.groups.is_some() {
        return fields;
    }
    let mut descending = None;
    for key in shape.sort.iter().filter(|key| !equal.contains(&key.path)) {
        if key.by_distance {
            break;
        }
        let own = collection.fields.get(&key.path).filter(|field| has_an_order(field));
        let same = *descending.get_or_insert(key.descending) == key.descending;
        match own {
            Some(field) if same && !field.primary_key => fields.push(key.path.clone()),
            Some(_) | None => break,
        }
    }
    fields
}

/// Whether an index over such a field is one by its order. Long texts are left out: Postgres
/// refuses to put more than some 2,700 bytes into one. So is what the table computes, which some
/// servers keep nowhere and cannot put into one.
fn has_an_order(field: &Field) -> bool {
    !field.kind.is_json()
        && !field.read_only
        && field.computed.is_none()
        && !matches!(field.kind, FieldKind::Binary | FieldKind::Text | FieldKind::Html)
}

/// An index that exists.
struct Known {
    fields: Vec<String>,
    unique: bool,
    ordered: bool,
}

/// The indexes of a collection: of its key, of unique fields, of foreign keys, and declared ones.
fn known(collection: &Collection) -> Vec<Known> {
    let one =
        |name: &String, unique: bool| Known { fields: vec![name.clone()], unique, ordered: true };
    let mut found = vec![one(&collection.primary_key, true)];
    found.extend(
        collection.fields.values().filter(|field| field.unique).map(|field| one(&field.name, true)),
    );
    found.extend(collection.relations.values().filter_map(|relation| match &relation.kind {
        RelationKind::ToOne { column, .. } => Some(one(column, false)),
        RelationKind::HasOne { .. }
        | RelationKind::ToMany { .. }
        | RelationKind::Through { .. } => None,
    }));
    for index in &collection.indexes {
        // Words, places and parts of documents are found by theirs, and no value by its own.
        if index.method.as_deref().is_some_and(|method| method != "hash") {
            continue;
        }
        let mut fields = index.fields.clone();
        if !index.unique && !fields.contains(&collection.primary_key) {
            fields.push(collection.primary_key.clone());
        }
        let ordered = index.method.is_none();
        found.push(Known { fields, unique: index.unique, ordered });
    }
    found
}
