//! New records.

use super::change::{Op, Said};
use super::{Writes, family_of, key_family};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::names::sequence_name;
use crate::writer::{literal, quoted};
use crate::{Bind, Dialect, Expect, ProgramStep, Statement};
use base::{Result, Value};
use catalog::Collection;
use indexmap::IndexMap;
use query::{Assigned, Cond};
use std::collections::HashMap;
use std::sync::Arc;

/// Texts of inserts written already: a bulk write repeats one text thousands of times.
#[derive(Default)]
pub(super) struct Texts(HashMap<String, Arc<str>>);

impl Texts {
    /// The compiled statement, sharing its text with the earlier one of the same text.
    fn shared(&mut self, compiler: Compiler) -> Statement {
        let (text, binds) = compiler.writer.into_parts();
        if let Some(known) = self.0.get(&text) {
            return Statement { text: Arc::clone(known), binds };
        }
        let shared: Arc<str> = Arc::from(text.as_str());
        self.0.insert(text, Arc::clone(&shared));
        Statement { text: shared, binds }
    }
}

impl<'p> Writes<'p> {
    pub(super) fn insert(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
        check: &'p Cond,
        index: usize,
    ) -> Result<usize> {
        let numbers = self.next_numbers(collection, values);
        let mut compiler = self.compiler();
        let mut names = Vec::with_capacity(values.len());
        let mut texts = Vec::with_capacity(values.len());
        for (name, assigned) in values {
            let given = match numbers.get(name.as_str()) {
                // The key of its own counts by itself on SQLite.
                Some(None) => continue,
                Some(Some(step)) => compiler.writer.bind(Bind::Step(*step), Family::BigInt),
                None => self.assigned(&mut compiler, collection, name, assigned)?,
            };
            names.push(quoted(name));
            texts.push(given);
        }
        let table = quoted(&collection.name);
        let data = if names.is_empty() {
            format!("INSERT INTO {table} DEFAULT VALUES")
        } else {
            format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), texts.join(", "))
        };
        let key = match self.dialect {
            Dialect::Sqlite => {
                let own = quoted(&collection.primary_key);
                compiler.writer.push(&data).push(" RETURNING ").push(&own);
                let key = self.push_shared(compiler);
                self.created(collection, key);
                key
            }
            Dialect::Postgres => {
                // Row and change row in one statement: one round trip.
                let row = compiler.writer.alias();
                let record = compiler.record(row, collection, &[]);
                let change = self.change_row(
                    &mut compiler,
                    collection,
                    row,
                    &Said { op: Op::Create, before: None, after: Some(&record) },
                );
                let made = compiler.writer.alias();
                let key = row.column(&collection.primary_key);
                let key = self.dialect.canonical(&key, key_family(collection));
                compiler.writer.push(&format!(
                    "WITH {row} AS ({data} RETURNING *), {made} AS ({change} FROM {row}) \
                     SELECT {key} FROM {row}"
                ));
                self.push_shared(compiler)
            }
        };
        self.check(collection, check, key, "create", index);
        Ok(key)
    }

    fn push_shared(&mut self, compiler: Compiler) -> usize {
        let statement = self.texts.shared(compiler);
        self.steps.push(ProgramStep { statement, expect: Expect::Any });
        self.steps.len() - 1
    }

    /// The change row of a record that was just inserted.
    fn created(&mut self, collection: &Collection, key: usize) {
        let mut compiler = self.compiler();
        let scope = Scope::new(&mut compiler, collection);
        let record = compiler.record(scope.alias, collection, &[]);
        let change = self.change_row(
            &mut compiler,
            collection,
            scope.alias,
            &Said { op: Op::Create, before: None, after: Some(&record) },
        );
        let key = compiler.writer.bind(Bind::Step(key), key_family(collection));
        let from = scope.from(&mut compiler);
        let own = scope.alias.column(&collection.primary_key);
        compiler.writer.push(&format!("{change} FROM {from} WHERE {own} = {key}"));
        self.push_shared(compiler);
    }

    /// Steps that draw the next numbers of fields SQLite does not count by itself: the step, or
    /// `None` for the key, which it does.
    fn next_numbers(
        &mut self,
        collection: &Collection,
        values: &'p IndexMap<String, Assigned>,
    ) -> HashMap<&'p str, Option<usize>> {
        let mut numbers = HashMap::new();
        if self.dialect == Dialect::Postgres {
            return numbers;
        }
        for (name, assigned) in values {
            if *assigned != Assigned::NextNumber {
                continue;
            }
            if *name == collection.primary_key {
                numbers.insert(name.as_str(), None);
                continue;
            }
            let mut compiler = self.compiler();
            let table = compiler.writer.text(collection.name.as_str());
            let field = compiler.writer.text(name.as_str());
            compiler.writer.push(&format!(
                "INSERT INTO \"_sequence\" (\"collection\", \"field\", \"value\") \
                 VALUES ({table}, {field}, 1) ON CONFLICT (\"collection\", \"field\") \
                 DO UPDATE SET \"value\" = \"value\" + 1 RETURNING \"value\""
            ));
            numbers.insert(name.as_str(), Some(self.push_shared(compiler)));
        }
        numbers
    }

    /// What a column is set to.
    pub(super) fn assigned(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        name: &str,
        assigned: &Assigned,
    ) -> Result<String> {
        let family = family_of(collection, name)?;
        Ok(match assigned {
            Assigned::Value(value) => compiler.writer.value(value.clone(), family),
            Assigned::KeyOf(step) => compiler.writer.bind(self.key_of(*step)?, family),
            Assigned::NextNumber => match self.dialect {
                // Drawn by a step before; an update never draws one.
                Dialect::Sqlite => compiler.writer.value(Value::Null, family),
                Dialect::Postgres => {
                    let sequence = quoted(&sequence_name(&collection.name, name));
                    format!("nextval({}::regclass)", literal(&sequence))
                }
            },
            Assigned::NextSort => format!(
                "(SELECT coalesce(max({}), 0) + 1 FROM {})",
                quoted(name),
                quoted(&collection.name)
            ),
            Assigned::Sql(expression) => format!("({expression})"),
        })
    }
}
