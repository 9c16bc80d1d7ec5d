//! Many new records of one shape on SQLite: rows of values in one statement, their change rows in
//! another. Values are bound one by one, because nothing else keeps their kinds.

use super::bulk::{BulkText, carried};
use super::change::{Op, Said};
use super::insert::Shape;
use super::{Key, Writes};
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::quoted;
use crate::{Bind, Expect};
use base::{Error, Result, Value};
use catalog::Collection;
use indexmap::IndexMap;
use query::{Assigned, Step};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::sync::Arc;

/// Most records of one statement. More would save nothing: a statement is no round trip, and its
/// text is read anew for every other number of records.
const ROWS_MAX: usize = 250;

/// Most values bound in one statement. SQLite takes 32,766; counters need a few.
const BINDS_MAX: usize = 32_000;

/// Most records of so many columns in one statement.
pub(super) fn most(columns: usize) -> usize {
    ROWS_MAX.min(BINDS_MAX / columns.max(1))
}

/// Where a column of a row comes from.
enum Column {
    /// A value of its row.
    Value,
    /// The next of a counter, of which these two placeholders tell the last and what was given.
    Counted(usize),
    /// An expression.
    Computed(String),
}

/// The new records.
type Records<'p> = Vec<(&'p Collection, &'p IndexMap<String, Assigned>)>;

impl<'p> Writes<'p> {
    /// The records of `steps`, which `bulk_length` found to fit.
    pub(super) fn insert_rows(&mut self, steps: &'p [Step]) -> Result<()> {
        let mut records: Records<'p> = Vec::with_capacity(steps.len());
        for step in steps {
            let Step::Insert { collection, values, .. } = step else { continue };
            self.remember_given(collection, values);
            records.push((collection.as_ref(), values));
        }
        let Some((collection, values)) = records.first().copied() else { return Ok(()) };
        if values.values().any(|assigned| *assigned == Assigned::NextNumber) {
            self.tell_counters();
        }
        let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
        let mut binds = Vec::with_capacity(records.len() * values.len() + 4);
        for (name, assigned) in values {
            match assigned {
                Assigned::NextNumber if self.draws(collection, name) => {
                    let step = self.draw(collection, name, count);
                    binds.extend([Bind::Step(step), Bind::Value(Value::Int(-count))]);
                }
                Assigned::NextSort => {
                    let (step, before) = self.next_positions(collection, name, records.len());
                    binds.extend([Bind::Step(step), Bind::Value(Value::Int(before))]);
                }
                Assigned::NextNumber
                | Assigned::Value(_)
                | Assigned::KeyOf(_)
                | Assigned::Sql(_) => {}
            }
        }
        let shared = binds.len();
        for (_, values) in &records {
            binds.extend(values.values().filter_map(|assigned| match assigned {
                Assigned::Value(value) => Some(Bind::Value(value.clone())),
                Assigned::KeyOf(_)
                | Assigned::NextNumber
                | Assigned::NextSort
                | Assigned::Sql(_) => None,
            }));
        }
        let key = |values: &IndexMap<String, Assigned>| {
            Key::given(self.dialect, values.get(&collection.primary_key))
        };
        let given: Option<Vec<Key>> = records.iter().map(|(_, values)| key(values)).collect();
        let text = self.rows_text(collection, values, records.len(), shared)?;
        let insert = self.push_statement(text, binds);
        self.rows_changed(collection, given.as_deref(), insert, count);
        match given {
            Some(keys) => self.keys.extend(keys),
            None => self.keys.extend((0..count).map(|by| Key::After { step: insert, by })),
        }
        Ok(())
    }

    fn rows_text(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
        rows: usize,
        shared: usize,
    ) -> Result<Arc<str>> {
        let known = self.bulk_texts.iter().find(|text| {
            text.rows == rows && Shape::same((text.collection, text.values), (collection, values))
        });
        if let Some(known) = known {
            return Ok(Arc::clone(&known.text));
        }
        let (mut names, mut columns, mut counters) = (Vec::new(), Vec::new(), 0);
        for (name, assigned) in values {
            columns.push(match assigned {
                // The key of its own counts by itself.
                Assigned::NextNumber if !self.draws(collection, name) => continue,
                Assigned::NextNumber | Assigned::NextSort => {
                    counters += 2;
                    Column::Counted(counters - 1)
                }
                Assigned::Value(_) => Column::Value,
                Assigned::KeyOf(_) | Assigned::Sql(_) => {
                    let mut compiler = self.compiler();
                    Column::Computed(self.assigned(&mut compiler, collection, name, assigned)?)
                }
            });
            names.push(quoted(name));
        }
        let mut text = format!("INSERT INTO {}", quoted(&collection.name));
        // A record that says nothing but its key, which counts by itself, has no column to name.
        if names.is_empty() {
            names.push(quoted(&collection.primary_key));
            columns.push(Column::Computed(String::from("NULL")));
        }
        let mut bound = shared;
        for row in 1..=rows {
            text.push_str(match row {
                1 => " (",
                _ => ", (",
            });
            if row == 1 {
                text.push_str(&names.join(", "));
                text.push_str(") VALUES (");
            }
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                // Writing to a text cannot fail.
                let _ = match column {
                    Column::Value => {
                        bound += 1;
                        write!(text, "?{bound}")
                    }
                    Column::Counted(first) => write!(text, "?{first} + ?{} + {row}", first + 1),
                    Column::Computed(expression) => write!(text, "{expression}"),
                };
            }
            text.push(')');
        }
        if Key::given(self.dialect, values.get(&collection.primary_key)).is_none() {
            text.push_str(&format!(" RETURNING {}", quoted(&collection.primary_key)));
        }
        let text: Arc<str> = Arc::from(text);
        self.bulk_texts.push(BulkText { collection, values, rows, text: Arc::clone(&text) });
        Ok(text)
    }

    /// The change rows of the records that were inserted last, in their order. The insert tells
    /// its first key where none were given: the others stand behind it without a gap, because
    /// nobody else writes.
    fn rows_changed(
        &mut self,
        collection: &'p Collection,
        given: Option<&[Key]>,
        insert: usize,
        count: i64,
    ) {
        let mut compiler = self.compiler();
        let scope = Scope::new(&mut compiler, collection);
        let record = compiler.written(scope.alias, collection);
        let said = Said { op: Op::Create, before: None, after: Some(&record) };
        let change = self.change_row(&mut compiler, collection, scope.alias, &said);
        let from = scope.from(&mut compiler);
        let key = scope.alias.column(&collection.primary_key);
        let text = match given {
            Some(keys) => {
                let keys = keys.iter().map(|key| match key {
                    Key::Known(value) => carried(value),
                    Key::None | Key::Step(_) | Key::Listed { .. } | Key::After { .. } => Json::Null,
                });
                let list = Value::Text(Json::Array(keys.collect()).to_string());
                let list = compiler.writer.value(list, Family::Text);
                let listed = compiler.writer.alias();
                format!(
                    "{change} FROM json_each({list}) {listed} CROSS JOIN {from} \
                     WHERE {key} = {listed}.\"value\" ORDER BY {listed}.\"key\""
                )
            }
            None => {
                let first = compiler.writer.bind(Bind::Step(insert), Family::BigInt);
                let count = compiler.writer.value(Value::Int(count), Family::BigInt);
                format!(
                    "{change} FROM {from} WHERE {key} >= {first} AND {key} < {first} + {count} \
                     ORDER BY {key}"
                )
            }
        };
        compiler.writer.push(&text);
        let missed = Error::internal("a new record has no change row");
        let wanted = u64::try_from(count).unwrap_or(u64::MAX);
        self.push(compiler, Expect::Rows(wanted, Box::new(missed)));
    }
}
