//! Records removed, with everything that goes with them.
//!
//! The store removes or unlinks referring records by itself (`ON DELETE`), without a word. Their
//! change rows are written before, from the set of records that will be gone: a recursive query
//! over the catalog's foreign keys, so that a tree of any depth is announced whole.

use super::change::{Op, Said};
use super::lock::Lock;
use super::{Target, Writes, key_family};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::{Alias, chained, literal, quoted};
use crate::{Dialect, Expect};
use base::{Code, Error, Result, Value};
use catalog::{Catalog, Collection, OnDelete, RelationKind};
use indexmap::IndexMap;

/// Records of one collection that point at records of another.
struct Edge<'p> {
    parent: &'p Collection,
    child: &'p Collection,
    column: &'p str,
    target_column: &'p str,
    only_when: Option<&'p (String, String)>,
    /// The store follows it; a polymorphic reference is followed by us.
    constrained: bool,
}

/// What the removal of a collection's records takes along.
pub(super) struct Wake<'p> {
    /// References whose records go too, transitively.
    gone: Vec<Edge<'p>>,
    /// References that become null.
    unlinked: Vec<Edge<'p>>,
}

impl<'p> Wake<'p> {
    /// Collections whose records go or change along, apart from the root's own.
    pub(super) fn touched(&self) -> impl Iterator<Item = &'p Collection> {
        self.gone.iter().chain(&self.unlinked).map(|edge| edge.child)
    }
}

/// The name of the recursive set; no collection is named so.
const GONE: &str = "\"$gone\"";

impl<'p> Writes<'p> {
    pub(super) fn remove(
        &mut self,
        target: &Target<'p>,
        expect: &IndexMap<String, Value>,
    ) -> Result<usize> {
        self.spare(target)?;
        let collection = target.collection;
        let wake = wake(self.catalog, collection);
        let alone = wake.gone.is_empty() && wake.unlinked.is_empty();
        if !alone || !expect.is_empty() {
            let found = self.find(target, Some(Lock::Whole))?;
            self.unchanged(target, expect, found)?;
        } else if self.may_be_dropped(target) {
            // No lock: who may remove need not have the right to change.
            self.find(target, None)?;
        }
        let ours = wake.gone.iter().any(|edge| !edge.constrained);
        let mark = if ours { Some(self.mark()) } else { None };
        self.announce_gone(target, &wake)?;
        self.announce_unlinked(target, &wake)?;
        let key = match self.dialect {
            Dialect::Sqlite => self.remove_sqlite(target)?,
            Dialect::Postgres => self.remove_postgres(target)?,
        };
        if let Some(mark) = mark {
            self.remove_polymorphic(&wake, mark);
        }
        Ok(key)
    }

    fn remove_sqlite(&mut self, target: &Target<'p>) -> Result<usize> {
        let collection = target.collection;
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        let before = compiler.record(scope.alias, collection, &[]);
        let change = self.change_row(
            &mut compiler,
            collection,
            scope.alias,
            &Said { op: Op::Delete, before: Some(&before), after: None },
        );
        let tests = self.tests(&mut compiler, &mut scope, target)?;
        let from = scope.from(&mut compiler);
        compiler.writer.push(&change).push(" FROM ").push(&from);
        compiler.where_all(tests);
        self.push(compiler, target.expected());
        self.history_of_last();

        let mut compiler = self.compiler();
        let roots = self.roots(&mut compiler, target)?;
        let own = quoted(&collection.primary_key);
        compiler.writer.push(&format!(
            "DELETE FROM {} WHERE {own} IN ({roots}) RETURNING {own}",
            quoted(&collection.name),
        ));
        let kept = if target.one { self.kept(collection, target.index) } else { Expect::Any };
        Ok(self.push(compiler, kept))
    }

    fn remove_postgres(&mut self, target: &Target<'p>) -> Result<usize> {
        let collection = target.collection;
        let mut compiler = self.compiler();
        let roots = self.roots(&mut compiler, target)?;
        let table = compiler.writer.alias();
        let old = compiler.writer.alias();
        let before = compiler.record(old, collection, &[]);
        let change = self.change_row(
            &mut compiler,
            collection,
            old,
            &Said { op: Op::Delete, before: Some(&before), after: None },
        );
        let told = self.told(&mut compiler, collection, &format!("{change} FROM {old}"));
        let key = collection.primary_key.as_str();
        let kept = self.dialect.canonical(&old.column(key), key_family(collection));
        compiler.writer.push(&format!(
            "WITH {old} AS (DELETE FROM {} {table} WHERE {} IN ({roots}) RETURNING {table}.*), \
             {told} SELECT {kept} FROM {old}",
            quoted(&collection.name),
            table.column(key),
        ));
        let expect = self.written(target);
        Ok(self.push(compiler, expect))
    }

    /// `SELECT key …` of the records the step is about.
    fn roots(&self, compiler: &mut Compiler, target: &Target<'p>) -> Result<String> {
        let mut scope = Scope::new(compiler, target.collection);
        let tests = self.tests(compiler, &mut scope, target)?;
        let from = scope.from(compiler);
        Ok(format!(
            "SELECT {} FROM {from} WHERE {}",
            scope.alias.column(&target.collection.primary_key),
            chained(tests, " AND "),
        ))
    }

    /// The recursive set of everything that goes: pairs of collection and key.
    fn gone(
        &self,
        compiler: &mut Compiler,
        target: &Target<'p>,
        wake: &Wake<'p>,
    ) -> Result<String> {
        let mut scope = Scope::new(compiler, target.collection);
        let tests = self.tests(compiler, &mut scope, target)?;
        let from = scope.from(compiler);
        let key = scope.alias.column(&target.collection.primary_key);
        let key = self.dialect.as_text(&key, key_family(target.collection));
        let name = self.word(&target.collection.name);
        let mut text = format!(
            "WITH RECURSIVE {GONE} (\"c\", \"id\") AS (SELECT {name}, {key} FROM {from} WHERE {}",
            chained(tests, " AND ")
        );
        if !wake.gone.is_empty() {
            let set = compiler.writer.alias();
            let terms: Vec<String> = wake
                .gone
                .iter()
                .map(|edge| {
                    let child = compiler.writer.alias();
                    let key = child.column(&edge.child.primary_key);
                    let key = self.dialect.as_text(&key, key_family(edge.child));
                    let source = match self.dialect {
                        Dialect::Sqlite => {
                            format!("{GONE} {set}, {} {child}", quoted(&edge.child.name))
                        }
                        Dialect::Postgres => format!("{} {child}", quoted(&edge.child.name)),
                    };
                    let pointed = self.pointed(compiler, edge, child, set);
                    let name = self.word(&edge.child.name);
                    format!("SELECT {name} AS \"c\", {key} AS \"id\" FROM {source} WHERE {pointed}")
                })
                .collect();
            match self.dialect {
                // Each term may name the set.
                Dialect::Sqlite => {
                    text.push_str(" UNION ");
                    text.push_str(&terms.join(" UNION "));
                }
                // The set may be named once, so the terms stand beside it.
                Dialect::Postgres => {
                    let next = compiler.writer.alias();
                    text.push_str(&format!(
                        " UNION SELECT {next}.\"c\", {next}.\"id\" FROM {GONE} {set} \
                         CROSS JOIN LATERAL ({}) {next}",
                        terms.join(" UNION ALL ")
                    ));
                }
            }
        }
        text.push_str(") ");
        Ok(text)
    }

    /// A child's reference meets a record of the set.
    fn pointed(
        &self,
        compiler: &mut Compiler,
        edge: &Edge<'p>,
        child: Alias,
        set: Alias,
    ) -> String {
        let parent = literal(&edge.parent.name);
        let key_here = format!("{set}.\"id\"");
        let mut tests = vec![format!("{set}.\"c\" = {parent}")];
        if let Some((field, word)) = edge.only_when {
            tests.push(format!("{} = {}", child.column(field), literal(word)));
        }
        let column = child.column(edge.column);
        if edge.target_column == edge.parent.primary_key {
            let family = edge.child.fields.get(edge.column).map(|field| Family::of(&field.kind));
            let key = self
                .dialect
                .key_from_change(&key_here, family.unwrap_or_else(|| key_family(edge.parent)));
            tests.push(match self.dialect {
                Dialect::Sqlite => format!("{column} = {key}"),
                // Keys of other collections in the set may not be readable as this one's.
                Dialect::Postgres => {
                    format!("{column} = CASE WHEN {set}.\"c\" = {parent} THEN {key} END")
                }
            });
        } else {
            let there = compiler.writer.alias();
            let own = there.column(&edge.parent.primary_key);
            let own = self.dialect.as_text(&own, key_family(edge.parent));
            tests.push(format!(
                "{column} IN (SELECT {} FROM {} {there} WHERE {own} = {key_here})",
                there.column(edge.target_column),
                quoted(&edge.parent.name),
            ));
        }
        chained(tests, " AND ")
    }

    /// Keys (or other referenced values) of a collection's records in the set.
    fn in_set(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        column: &str,
        as_family: Family,
    ) -> String {
        let name = literal(&collection.name);
        if column == collection.primary_key {
            let key = self.dialect.key_from_change("\"id\"", as_family);
            return format!("(SELECT {key} FROM {GONE} WHERE \"c\" = {name})");
        }
        let there = compiler.writer.alias();
        let own = there.column(&collection.primary_key);
        let own = self.dialect.as_text(&own, key_family(collection));
        format!(
            "(SELECT {} FROM {} {there} WHERE {own} IN (SELECT \"id\" FROM {GONE} WHERE \"c\" = {name}))",
            there.column(column),
            quoted(&collection.name),
        )
    }

    /// Change rows of the records that go along.
    fn announce_gone(&mut self, target: &Target<'p>, wake: &Wake<'p>) -> Result<()> {
        let mut named: Vec<&'p Collection> = Vec::new();
        for edge in &wake.gone {
            if !named.iter().any(|known| known.name == edge.child.name) {
                named.push(edge.child);
            }
        }
        for child in named {
            self.take_no_arrivals(target, wake, child)?;
            let mut compiler = self.compiler();
            let set = self.gone(&mut compiler, target, wake)?;
            let scope = Scope::new(&mut compiler, child);
            let before = compiler.record(scope.alias, child, &[]);
            let change = self.change_row(
                &mut compiler,
                child,
                scope.alias,
                &Said { op: Op::Delete, before: Some(&before), after: None },
            );
            let from = scope.from(&mut compiler);
            let key = scope.alias.column(&child.primary_key);
            let keys = self.in_set(&mut compiler, child, &child.primary_key, key_family(child));
            let mut tests = vec![format!("{key} IN {keys}")];
            if child.name == target.collection.name {
                // The records themselves are announced with their removal.
                let roots = self.roots(&mut compiler, target)?;
                tests.push(format!("{key} NOT IN ({roots})"));
            }
            let change = format!("{change} FROM {from} WHERE {}", chained(tests, " AND "));
            let text = self.told_alone(&mut compiler, child, &set, change);
            compiler.writer.push(&text);
            self.push(compiler, Expect::Any);
        }
        Ok(())
    }

    /// Refuses to take rows of an import along that is on its way: nobody has heard of them.
    fn take_no_arrivals(
        &mut self,
        target: &Target<'p>,
        wake: &Wake<'p>,
        child: &'p Collection,
    ) -> Result<()> {
        if !child.arriving {
            return Ok(());
        }
        let mut compiler = self.compiler();
        let set = self.gone(&mut compiler, target, wake)?;
        let scope = Scope::new(&mut compiler, child);
        let key = scope.alias.column(&child.primary_key);
        let keys = self.in_set(&mut compiler, child, &child.primary_key, key_family(child));
        let arrived = compiler.arrived(scope.alias, child).join(" AND ");
        let from = scope.from(&mut compiler);
        compiler.writer.push(&set).push(&format!(
            "SELECT NOT EXISTS (SELECT 1 FROM {from} WHERE {key} IN {keys} AND NOT ({arrived}))"
        ));
        let message =
            format!("rows of an import that are on their way into `{}` point here", child.name);
        let error = Error::new(Code::Unavailable, message)
            .hint("wait until the import has ended, or cancel it")
            .retry_after_ms(5_000);
        self.push(compiler, Expect::True(Box::new(error)));
        Ok(())
    }

    /// Change rows of the records whose reference becomes null, one per record however many of
    /// its references do.
    fn announce_unlinked(&mut self, target: &Target<'p>, wake: &Wake<'p>) -> Result<()> {
        let mut named: Vec<&'p Collection> = Vec::new();
        for edge in &wake.unlinked {
            if !named.iter().any(|known| known.name == edge.child.name) {
                named.push(edge.child);
            }
        }
        for child in named {
            let mut compiler = self.compiler();
            let set = self.gone(&mut compiler, target, wake)?;
            let scope = Scope::new(&mut compiler, child);
            let edges = wake.unlinked.iter().filter(|edge| edge.child.name == child.name);
            let mut losing: Vec<(&str, String)> = Vec::new();
            for edge in edges {
                let family = child.fields.get(edge.column).map(|field| Family::of(&field.kind));
                let family = family.unwrap_or_else(|| key_family(edge.parent));
                let keys = self.in_set(&mut compiler, edge.parent, edge.target_column, family);
                let lost = format!("{} IN {keys}", scope.alias.column(edge.column));
                match losing.iter_mut().find(|(column, _)| *column == edge.column) {
                    Some((_, tests)) => tests.push_str(&format!(" OR {lost}")),
                    None => losing.push((edge.column, lost)),
                }
            }
            let before = compiler.record(scope.alias, child, &[]);
            let after = compiler.record(scope.alias, child, &losing);
            let change = self.change_row(
                &mut compiler,
                child,
                scope.alias,
                &Said { op: Op::Update, before: Some(&before), after: Some(&after) },
            );
            let from = scope.from(&mut compiler);
            let any: Vec<&str> = losing.iter().map(|(_, test)| test.as_str()).collect();
            let stays = self.in_set(&mut compiler, child, &child.primary_key, key_family(child));
            let tests = vec![
                format!("({})", any.join(" OR ")),
                format!("{} NOT IN {stays}", scope.alias.column(&child.primary_key)),
            ];
            let change = format!("{change} FROM {from} WHERE {}", chained(tests, " AND "));
            let text = self.told_alone(&mut compiler, child, &set, change);
            compiler.writer.push(&text);
            self.push(compiler, Expect::Any);
        }
        Ok(())
    }

    /// Polymorphic references have no constraint that would remove them; the change rows just
    /// written say which they are.
    fn remove_polymorphic(&mut self, wake: &Wake<'p>, mark: usize) {
        let mut done: Vec<&str> = Vec::new();
        for edge in wake.gone.iter().filter(|edge| !edge.constrained) {
            if done.contains(&edge.child.name.as_str()) {
                continue;
            }
            done.push(&edge.child.name);
            let mut compiler = self.compiler();
            let keys = self.changed_keys(&mut compiler, edge.child, mark);
            compiler.writer.push(&format!(
                "DELETE FROM {} WHERE {} IN {keys}",
                quoted(&edge.child.name),
                quoted(&edge.child.primary_key),
            ));
            self.push(compiler, Expect::Any);
        }
    }

    fn word(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => literal(name),
            // A bare constant in a recursive set has no type of its own.
            Dialect::Postgres => format!("{}::text", literal(name)),
        }
    }
}

/// Follows the catalog's references from a collection. Each reference is followed once, however
/// many ways lead to it; the recursion over records is the database's.
pub(super) fn wake<'p>(catalog: &'p Catalog, root: &'p Collection) -> Wake<'p> {
    let mut wake = Wake { gone: Vec::new(), unlinked: Vec::new() };
    let mut reached: Vec<&'p Collection> = vec![root];
    let mut next = 0;
    while let Some(parent) = reached.get(next).copied() {
        next += 1;
        for child in catalog.collections.values() {
            for relation in child.relations.values() {
                let RelationKind::ToOne { column, target_column, only_when, .. } = &relation.kind
                else {
                    continue;
                };
                let followed = relation.constrained || only_when.is_some();
                if relation.target != parent.name || !followed {
                    continue;
                }
                let edge = Edge {
                    parent,
                    child,
                    column,
                    target_column,
                    only_when: only_when.as_ref(),
                    constrained: relation.constrained,
                };
                match relation.on_delete {
                    OnDelete::Cascade => {
                        if !wake.gone.iter().any(|known| known.same(&edge)) {
                            wake.gone.push(edge);
                            if !reached.iter().any(|known| known.name == child.name) {
                                reached.push(child);
                            }
                        }
                    }
                    OnDelete::SetNull if relation.constrained => {
                        if !wake.unlinked.iter().any(|known| known.same(&edge)) {
                            wake.unlinked.push(edge);
                        }
                    }
                    OnDelete::SetNull | OnDelete::Restrict | OnDelete::NoAction => {}
                }
            }
        }
    }
    wake
}

impl Edge<'_> {
    fn same(&self, other: &Edge<'_>) -> bool {
        self.parent.name == other.parent.name
            && self.child.name == other.child.name
            && self.column == other.column
    }
}
