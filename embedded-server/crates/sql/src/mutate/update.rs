//! Records changed, soft-deleted and restored.

use super::change::{GONE, Op, Said};
use super::lock::Lock;
use super::{Key, Target, Writes, forbidden, key_family};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::{chained, literal, quoted};
use crate::{Bind, Dialect, Expect};
use base::{Error, Result, Value};
use catalog::Collection;
use indexmap::IndexMap;
use query::{Assigned, Cond};

impl<'p> Writes<'p> {
    pub(super) fn update(
        &mut self,
        target: &Target<'p>,
        values: &'p IndexMap<String, Assigned>,
        expect: &IndexMap<String, Value>,
        check: &'p Cond,
        deleting: Option<bool>,
    ) -> Result<Key> {
        self.spare(target)?;
        let lock = Lock::of(target.collection, values);
        if values.is_empty() {
            // Nothing changes, so nothing is announced; the record must be there all the same.
            let found = self.find(target, Some(lock))?;
            self.unchanged(target, expect, found)?;
            return Ok(Key::Step(found));
        }
        let op = match deleting {
            None => Op::Update,
            Some(true) => Op::Delete,
            Some(false) => Op::Restore,
        };
        // What is not there and what a trigger let fall are told apart.
        if !expect.is_empty() || self.may_be_dropped(target) {
            let found = self.find(target, Some(lock))?;
            self.unchanged(target, expect, found)?;
        }
        // One addressed record needs no set of keys to tell what changed.
        let addressed = target.one && target.key.is_some();
        let needs_mark = match self.dialect {
            Dialect::Sqlite => !addressed,
            Dialect::Postgres => !target.one && !matches!(check, Cond::Always),
        };
        let mark = if needs_mark { Some(self.mark()) } else { None };
        let key = match (self.dialect, mark) {
            (Dialect::Sqlite, None) => self.update_one(target, values, op)?,
            (Dialect::Sqlite, Some(mark)) => Key::Step(self.update_many(target, values, op, mark)?),
            (Dialect::Postgres, _) => Key::Step(self.update_postgres(target, values, op)?),
        };
        if target.one {
            self.check(target.collection, check, &key, target.action, target.index);
        } else if let Some(mark) = mark {
            self.check_all(target, check, mark);
        }
        Ok(key)
    }

    /// SQLite, one addressed record: what was, the new values, and the change row with both.
    fn update_one(
        &mut self,
        target: &Target<'p>,
        values: &'p IndexMap<String, Assigned>,
        op: Op,
    ) -> Result<Key> {
        let collection = target.collection;
        let Some(addressed) = target.key else {
            return Err(Error::internal("an update without a mark names no record"));
        };

        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        let before = match op {
            Op::Create | Op::Restore => String::from("1"),
            Op::Update | Op::Delete => compiler.record(scope.alias, collection, &[]),
        };
        let tests = self.tests(&mut compiler, &mut scope, target)?;
        let from = scope.from(&mut compiler);
        compiler.writer.push("SELECT ").push(&before).push(" FROM ").push(&from);
        compiler.where_all(tests);
        let was = self.push(compiler, target.expected());

        let mut compiler = self.compiler();
        let sets = self.sets(&mut compiler, collection, values)?;
        let own = quoted(&collection.primary_key);
        let key = self.key_bind(&mut compiler, collection, addressed)?;
        compiler
            .writer
            .push(&format!("UPDATE {} SET {sets} WHERE {own} = {key}", quoted(&collection.name)));
        let given = Key::given(self.dialect, Some(addressed));
        if given.is_none() {
            compiler.writer.push(" RETURNING ").push(&own);
        }
        let kept = self.kept(collection, target.index);
        let changed = self.push(compiler, kept);

        let mut compiler = self.compiler();
        let scope = Scope::new(&mut compiler, collection);
        let before = match op {
            Op::Create => None,
            Op::Restore => Some(GONE.to_owned()),
            Op::Update | Op::Delete => Some(compiler.writer.bind(Bind::Step(was), Family::Text)),
        };
        let after = match op {
            Op::Delete => None,
            Op::Create | Op::Update | Op::Restore => {
                Some(compiler.written(scope.alias, collection))
            }
        };
        let said = Said { op, before: before.as_deref(), after: after.as_deref() };
        let change = self.change_row(&mut compiler, collection, scope.alias, &said);
        let key = self.key_bind(&mut compiler, collection, addressed)?;
        let from = scope.from(&mut compiler);
        let row = scope.alias.column(&collection.primary_key);
        compiler.writer.push(&format!("{change} FROM {from} WHERE {row} = {key}"));
        self.push(compiler, Expect::Any);
        self.history_of_last();
        Ok(given.unwrap_or(Key::Step(changed)))
    }

    fn sets(
        &mut self,
        compiler: &mut Compiler,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
    ) -> Result<String> {
        let mut sets = Vec::with_capacity(values.len());
        for (name, assigned) in values {
            let value = self.assigned(compiler, collection, name, assigned)?;
            sets.push(format!("{} = {value}", quoted(name)));
        }
        Ok(sets.join(", "))
    }

    /// SQLite, all records that satisfy a condition: the change rows with what was, the new
    /// values, then what is.
    fn update_many(
        &mut self,
        target: &Target<'p>,
        values: &'p IndexMap<String, Assigned>,
        op: Op,
        mark: usize,
    ) -> Result<usize> {
        let collection = target.collection;
        let own = quoted(&collection.primary_key);

        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        let before = match op {
            Op::Create => None,
            Op::Restore => Some(GONE.to_owned()),
            Op::Update | Op::Delete => Some(compiler.record(scope.alias, collection, &[])),
        };
        let change = self.change_row(
            &mut compiler,
            collection,
            scope.alias,
            &Said { op, before: before.as_deref(), after: None },
        );
        let tests = self.tests(&mut compiler, &mut scope, target)?;
        let from = scope.from(&mut compiler);
        compiler.writer.push(&change).push(" FROM ").push(&from);
        compiler.where_all(tests);
        self.push(compiler, target.expected());

        let mut compiler = self.compiler();
        let sets = self.sets(&mut compiler, collection, values)?;
        let which = self.changed_keys(&mut compiler, collection, mark);
        compiler.writer.push(&format!(
            "UPDATE {} SET {sets} WHERE {own} IN {which} RETURNING {own}",
            quoted(&collection.name),
        ));
        let key = self.push(compiler, Expect::Any);

        if !matches!(op, Op::Delete) {
            let mut compiler = self.compiler();
            let scope = Scope::new(&mut compiler, collection);
            let after = compiler.written(scope.alias, collection);
            let from = scope.from(&mut compiler);
            let changed =
                self.dialect.key_from_change("\"_change\".\"id\"", key_family(collection));
            let behind = compiler.writer.bind(Bind::Step(mark), Family::BigInt);
            compiler.writer.push(&format!(
                "UPDATE \"_change\" SET \"after\" = (SELECT {after} FROM {from} WHERE {} = {changed}) \
                 WHERE \"seq\" > {behind} AND \"collection\" = {}",
                scope.alias.column(&collection.primary_key),
                literal(&collection.name),
            ));
            self.push(compiler, Expect::Any);
        }
        Ok(key)
    }

    /// Postgres: all of it in one statement. The first part locks the records, so that what it
    /// saw is what is changed.
    fn update_postgres(
        &mut self,
        target: &Target<'p>,
        values: &'p IndexMap<String, Assigned>,
        op: Op,
    ) -> Result<usize> {
        let collection = target.collection;
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        let tests = self.tests(&mut compiler, &mut scope, target)?;
        let from = scope.from(&mut compiler);
        let old = compiler.writer.alias();
        let table = compiler.writer.alias();
        let new = compiler.writer.alias();
        let sets = self.sets(&mut compiler, collection, values)?;
        let before = match op {
            Op::Create => None,
            Op::Restore => Some(GONE.to_owned()),
            Op::Update | Op::Delete => Some(compiler.record(old, collection, &[])),
        };
        let after = match op {
            Op::Delete => None,
            Op::Create | Op::Update | Op::Restore => Some(compiler.record(new, collection, &[])),
        };
        let change = self.change_row(
            &mut compiler,
            collection,
            new,
            &Said { op, before: before.as_deref(), after: after.as_deref() },
        );
        let key = collection.primary_key.as_str();
        let changed =
            format!("{change} FROM {new} JOIN {old} ON {} = {}", new.column(key), old.column(key));
        let told = self.told(&mut compiler, collection, &changed);
        let kept = self.dialect.canonical(&new.column(key), key_family(collection));
        compiler.writer.push(&format!(
            "WITH {old} AS (SELECT {}.* FROM {from} WHERE {}{} {} OF {}), \
             {new} AS (UPDATE {} {table} SET {} WHERE {} IN (SELECT {} FROM {old}) RETURNING {table}.*), \
             {told} SELECT {kept} FROM {new}",
            scope.alias,
            chained(tests, " AND "),
            target.lock_order(scope.alias),
            Lock::of(collection, values).clause(),
            scope.alias,
            quoted(&collection.name),
            sets,
            table.column(key),
            old.column(key),
        ));
        let expect = self.written(target);
        Ok(self.push(compiler, expect))
    }

    /// What every changed record must satisfy.
    fn check_all(&mut self, target: &Target<'p>, check: &'p Cond, mark: usize) {
        if matches!(check, Cond::Always) {
            return;
        }
        let collection = target.collection;
        let own = collection.primary_key.as_str();
        let mut compiler = self.compiler();
        let all = Scope::new(&mut compiler, collection);
        let keys = self.changed_keys(&mut compiler, collection, mark);
        let mut good = Scope::new(&mut compiler, collection);
        let mut tests = compiler.conditions(&mut good, check);
        tests.insert(0, format!("{} = {}", good.alias.column(own), all.alias.column(own)));
        let good_from = good.from(&mut compiler);
        let all_from = all.from(&mut compiler);
        compiler.writer.push(&format!(
            "SELECT NOT EXISTS (SELECT 1 FROM {all_from} WHERE {} IN {keys} AND NOT EXISTS \
             (SELECT 1 FROM {good_from} WHERE {}))",
            all.alias.column(own),
            chained(tests, " AND "),
        ));
        let expect = Expect::True(Box::new(forbidden(collection, target.action, target.index)));
        self.push(compiler, expect);
    }
}
