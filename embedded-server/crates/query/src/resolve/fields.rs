//! `fields` patterns to columns and embedded relations.

use super::Scope;
use super::filter::resolve_asked;
use super::names::{Names, own_column, tolerated};
use crate::{
    Cond, Condition, Direction, Expand, Operand, Operator, Order, OrderBy, Read, RelConditions,
    Rows, Selected, UnknownNames,
};
use base::{Code, Error, Result, Value};
use catalog::{Collection, KEY_ALIAS, Relation, RelationKind};
use indexmap::{IndexMap, IndexSet};
use std::cell::Cell;
use std::sync::Arc;

/// Most relations one read may embed. A star over everything grows with the power of its depth;
/// each embedded relation is a subquery.
const EXPANDS_MAX: usize = 200;

/// What was asked of one level, before columns are looked up.
#[derive(Default)]
struct Wanted {
    /// Every column.
    all: bool,
    /// Columns by the key they were asked under.
    columns: IndexMap<String, String>,
    /// Named only as a step of a path: gets every column if nothing else is said.
    passed: bool,
    /// The relation was asked for as a whole (`items`, `items.*`), not only some of what lies
    /// behind it.
    whole: bool,
    relations: IndexMap<String, Wanted>,
    /// Subtracted after everything was added.
    minus: IndexSet<String>,
    /// Every column was subtracted (`-*`); the key stays where records always have theirs.
    bare: bool,
    /// The same, of what lies behind relations that nothing names: a whole may bring them.
    within: Vec<Vec<String>>,
}

/// Where a relation sends its conditions and how deep it stands.
struct Level<'a> {
    collection: &'a Arc<Collection>,
    conditions: &'a RelConditions,
    at: String,
    /// The relations that lead there.
    path: Vec<String>,
}

pub(crate) struct Fields<'a> {
    names: Names<'a>,
    scope: &'a Scope<'a>,
    expands: Cell<usize>,
    /// Names that do not exist are refused instead of left out.
    strict: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(names: Names<'a>, strict: bool) -> Self {
        Self { names, scope: names.scope, expands: Cell::new(0), strict }
    }

    /// The columns and relations of the root. One record by its key always shows that key.
    pub(crate) fn rows(&self, collection: &Arc<Collection>, read: &Read) -> Result<Rows> {
        let patterns = &read.fields;
        let mut wanted = Wanted::default();
        if read.every_relation {
            for name in collection.relations.keys() {
                if self.names.relation(collection, &[], name).is_some() {
                    self.step(&mut wanted, name, "fields")?.all = true;
                }
            }
        }
        let only_minus = patterns.iter().all(|pattern| pattern.starts_with('-'));
        if only_minus {
            wanted.all = true;
        }
        // What is left out stays so wherever it is named: also before what brings it.
        let mut left_out = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let at = format!("fields.{index}");
            let (pattern, minus) = match pattern.strip_prefix('-') {
                Some(pattern) => (pattern, true),
                None => (pattern.as_str(), false),
            };
            let pieces: Vec<&str> = pattern.split('.').map(str::trim).collect();
            if pieces.len() > self.scope.limits.relation_depth_max + 1 {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!(
                        "`{pattern}` walks more than {} relations",
                        self.scope.limits.relation_depth_max
                    ),
                )
                .at(at));
            }
            if minus {
                left_out.push(pieces);
            } else {
                self.add(&mut wanted, (collection, &[]), &pieces, false, &at)?;
            }
        }
        for pieces in left_out {
            subtract(&mut wanted, &pieces);
        }
        let conditions = &read.rel_conditions;
        let at = String::from("relConditions");
        let level = Level { collection, conditions, at, path: Vec::new() };
        let mut rows = self.level(&wanted, &level, read.key.is_some())?;
        // A file that is exported holds the collection's own columns and nothing beside them.
        if !read.uncapped && !wanted.minus.contains(KEY_ALIAS) {
            self.alias_key(&mut rows, collection);
        }
        Ok(rows)
    }

    /// Clients of the home surface read `data[0].id` whatever the key is called, so a key of another
    /// name shows as `id` too.
    fn alias_key(&self, rows: &mut Rows, collection: &Collection) {
        let key = &collection.primary_key;
        let shown = rows.columns.iter().any(|column| column.field == *key);
        let meant = self.names.field(collection, &[], KEY_ALIAS);
        let there = rows.columns.iter().any(|column| column.key == KEY_ALIAS);
        if shown && !there && meant.is_some_and(|field| field.name == *key) {
            rows.columns.push(selected(KEY_ALIAS, collection, key));
        }
    }

    fn add(
        &self,
        wanted: &mut Wanted,
        (here, path): (&Arc<Collection>, &[String]),
        pieces: &[&str],
        starred: bool,
        at: &str,
    ) -> Result<()> {
        let Some((first, rest)) = pieces.split_first() else { return Ok(()) };
        let names = self.names.behind(path);
        if *first == "*" {
            wanted.all = true;
            if rest.is_empty() {
                return Ok(());
            }
            for name in here.relations.keys() {
                if let Some((_, target)) = names.relation(here, &[], name) {
                    let next = self.step(wanted, name, at)?;
                    self.add(next, (&target, &below(path, name)), rest, true, at)?;
                }
            }
            return Ok(());
        }
        let field = names.field(here, &[], first);
        let relation = names.relation(here, &[], first);
        match (field, relation) {
            (Some(field), _) if rest.is_empty() => {
                wanted.columns.insert((*first).to_owned(), field.name.clone());
            }
            (_, Some((relation, target))) => {
                let next = self.step(wanted, &relation.name, at)?;
                match rest {
                    [] | ["*"] => {
                        next.all = true;
                        next.whole |= !starred;
                    }
                    rest => {
                        let path = below(path, &relation.name);
                        let there = self.names.behind(&path);
                        let passes = there.relation(&target, &[], rest[0]).is_some();
                        let is_field = there.field(&target, &[], rest[0]).is_some();
                        next.passed |= passes && !is_field || rest.len() > 1;
                        self.add(next, (&target, &path), rest, false, at)?;
                    }
                }
            }
            (None, None) if self.strict && !tolerated(first) => {
                return Err(names.unknown(here, &[], first, at));
            }
            (Some(_), None) if self.strict => {
                let why = format!("`{first}` is a field of `{}`; it has no fields", here.name);
                return Err(Error::new(Code::InvalidQuery, why).at(at));
            }
            // Unknown and hidden names are left out (`spec/data.md` 5.2, decision 21).
            (Some(_) | None, None) => {}
        }
        Ok(())
    }

    /// The next level down, counted against the bound when it is new.
    fn step<'w>(&self, wanted: &'w mut Wanted, name: &str, at: &str) -> Result<&'w mut Wanted> {
        if !wanted.relations.contains_key(name) {
            self.expands.set(self.expands.get() + 1);
            if self.expands.get() > EXPANDS_MAX {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!("`fields` may embed {EXPANDS_MAX} relations; this pattern needs more"),
                )
                .at(at)
                .hint("name the relations you need instead of a star"));
            }
        }
        Ok(wanted.relations.entry(name.to_owned()).or_default())
    }

    fn level(&self, wanted: &Wanted, level: &Level<'_>, with_key: bool) -> Result<Rows> {
        let here = level.collection;
        let names = self.names.behind(&level.path);
        let mut rows = Rows::default();
        let all = wanted.all || (wanted.passed && wanted.columns.is_empty());
        let taken = |name: &str| {
            // A column under the name of an embedded relation would stand twice in the object.
            wanted.minus.contains(name) || wanted.relations.contains_key(name)
        };
        if wanted.bare {
            if with_key && !taken(&here.primary_key) {
                rows.columns.push(selected(&here.primary_key, here, &here.primary_key));
            }
        } else if all {
            for field in here.fields.values() {
                if names.field(here, &[], &field.name).is_some() && !taken(&field.name) {
                    rows.columns.push(selected(&field.name, here, &field.name));
                }
            }
        } else {
            if with_key && !wanted.columns.contains_key(&here.primary_key) {
                rows.columns.push(selected(&here.primary_key, here, &here.primary_key));
            }
            for (key, field) in &wanted.columns {
                if !taken(key) && !taken(field) {
                    rows.columns.push(selected(key, here, field));
                }
            }
        }
        for (name, next) in &wanted.relations {
            if wanted.minus.contains(name) {
                continue;
            }
            if let Some((relation, target)) = names.relation(here, &[], name) {
                rows.expands.push(self.expand(level, next, relation, &target)?);
            }
        }
        self.refuse_unknown_conditions(level)?;
        Ok(rows)
    }

    /// A condition of a relation that does not exist is a misspelling; one of a relation that was
    /// not asked for has no effect.
    fn refuse_unknown_conditions(&self, level: &Level<'_>) -> Result<()> {
        for name in level.conditions.0.keys() {
            let names = self.names.behind(&level.path);
            if names.relation(level.collection, &[], name).is_none() {
                let at = format!("{}.{name}", level.at);
                return Err(names.unknown(level.collection, &[], name, &at));
            }
        }
        Ok(())
    }

    fn expand(
        &self,
        level: &Level<'_>,
        wanted: &Wanted,
        relation: Relation,
        target: &Arc<Collection>,
    ) -> Result<Expand> {
        let none = RelConditions::default();
        let (filter, conditions) = match level.conditions.0.get(&relation.name) {
            Some((filter, nested)) => (filter.as_ref(), nested),
            None => (None, &none),
        };
        let path = below(&level.path, &relation.name);
        let mut cond = match filter {
            Some(filter) => {
                resolve_asked(filter, target, self.names.behind(&path), UnknownNames::Refused)?
            }
            None => Cond::Always,
        };
        let at = format!("{}.{}", level.at, relation.name);
        let below = Level { collection: target, conditions, at, path };
        let mut rows = self.level(wanted, &below, true)?;
        if let RelationKind::ToMany { polymorphic, .. } = &relation.kind
            && !polymorphic.is_empty()
        {
            cond = cond.and(self.far_ends(wanted, &mut rows, &below, polymorphic)?);
        }
        let many = relation.is_many();
        Ok(Expand {
            key: relation.name.clone(),
            relation,
            target: Arc::clone(target),
            rows,
            filter: cond,
            order: if many { natural_order(target) } else { Vec::new() },
            limit: if many { self.scope.limits.related_rows_max } else { 1 },
        })
    }

    /// The far ends of a polymorphic junction. Asked for as a whole it embeds every one of them;
    /// asked for some of them only, it keeps the rows that lead there.
    fn far_ends(
        &self,
        wanted: &Wanted,
        rows: &mut Rows,
        level: &Level<'_>,
        polymorphic: &[String],
    ) -> Result<Cond> {
        let junction = level.collection;
        let mut named = Vec::new();
        let mut column = None;
        for (name, relation) in &junction.relations {
            let RelationKind::ToOne { only_when: Some((field, word)), .. } = &relation.kind else {
                continue;
            };
            if wanted.relations.contains_key(name) && !wanted.minus.contains(name) {
                named.push(Operand::Value(Value::text(word.as_str())));
                column = Some(field.clone());
            }
        }
        if wanted.whole && named.is_empty() {
            for (name, relation) in &junction.relations {
                let leads =
                    matches!(&relation.kind, RelationKind::ToOne { only_when: Some(_), .. });
                let left_out = wanted.minus.contains(name);
                if !leads || left_out || !polymorphic.contains(&relation.target) {
                    continue;
                }
                let names = self.names.behind(&level.path);
                if let Some((relation, target)) = names.relation(junction, &[], name) {
                    let mut whole = Wanted { all: true, ..Wanted::default() };
                    for rest in wanted.within.iter().filter(|rest| rest[0] == *name) {
                        let rest: Vec<&str> = rest[1..].iter().map(String::as_str).collect();
                        subtract(&mut whole, &rest);
                    }
                    rows.expands.push(self.expand(level, &whole, relation, &target)?);
                }
            }
        }
        let kept = column.filter(|_| !wanted.whole).and_then(|name| own_column(junction, &name));
        Ok(match kept {
            None => Cond::Always,
            Some(left) => Cond::Test(Box::new(Condition {
                left,
                operator: Operator::In { negated: false, values: named },
            })),
        })
    }
}

/// The relations of a path and one more.
fn below(path: &[String], relation: &str) -> Vec<String> {
    path.iter().cloned().chain([relation.to_owned()]).collect()
}

fn subtract(wanted: &mut Wanted, pieces: &[&str]) {
    match pieces {
        [] => {}
        // `*` brings columns, and with each star behind it what lies behind the relations.
        ["*"] => wanted.bare = true,
        ["*", rest @ ..] => {
            wanted.bare = true;
            let names: Vec<String> = wanted.relations.keys().cloned().collect();
            for name in names {
                let mut pieces = vec![name.as_str()];
                pieces.extend(rest);
                subtract(wanted, &pieces);
            }
        }
        // `-rel.*` takes the whole relation away, as `rel.*` brings it.
        [name] | [name, "*"] => {
            wanted.minus.insert((*name).to_owned());
        }
        [first, rest @ ..] => match wanted.relations.get_mut(*first) {
            Some(next) => subtract(next, rest),
            None => wanted.within.push(pieces.iter().map(|piece| (*piece).to_owned()).collect()),
        },
    }
}

fn selected(key: &str, collection: &Collection, field: &str) -> Selected {
    let kind = collection.fields.get(field).map_or(catalog::FieldKind::Text, |f| f.kind.clone());
    Selected { key: key.to_owned(), field: field.to_owned(), kind, null: false }
}

/// The order of records inside a to-many relation: `sort`, else `createdAt`, with the key behind.
fn natural_order(collection: &Collection) -> Vec<OrderBy> {
    let first = if collection.sort_enabled {
        Some("sort")
    } else if collection.timestamps {
        Some("createdAt")
    } else {
        None
    };
    first
        .into_iter()
        .chain([collection.primary_key.as_str()])
        .filter_map(|name| own_column(collection, name))
        .map(|column| OrderBy { by: Order::Column(column), direction: Direction::Ascending })
        .collect()
}
