//! New records.
//!
//! A bulk write repeats one statement thousands of times: its text is written once per shape
//! (collection, columns, where each value comes from), and only values are bound anew.

use super::change::{Op, Said};
use super::{Key, Writes, family_of, key_family};
use crate::compile::Compiler;
use crate::define::Expression;
use crate::dialect::Family;
use crate::join::Scope;
use crate::names::{row_number, sequence_name};
use crate::writer::{literal, quoted};
use crate::{Bind, Dialect, Expect, Statement};
use base::{Result, Value};
use catalog::{Collection, DefaultValue};
use indexmap::IndexMap;
use query::{Assigned, Cond, Step, WritePlan};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most shapes that are remembered; a write of records of many forms is no bulk write.
const SHAPES_MAX: usize = 64;

/// Texts written already, the numbers that callers gave to counted fields, and the positions of
/// records that are counted.
#[derive(Default)]
pub(super) struct Memory<'p> {
    shapes: Vec<Shape<'p>>,
    sequence: Option<Arc<str>>,
    /// The greatest number given per counted field, of which its counter does not know yet.
    given: IndexMap<(&'p str, &'p str, bool), i64>,
    positions: HashMap<&'p str, Positions>,
    /// Among which records the places of a collection are counted, where not among all.
    orders: Option<&'p BTreeMap<String, (String, Value)>>,
}

/// Positions of one collection's new records.
struct Positions {
    /// How many records of this write ask for one.
    asked: usize,
    /// The step that read the last position, and how many were given since.
    given: Option<(usize, i64)>,
}

/// The texts of inserts of one form.
pub(super) struct Shape<'p> {
    collection: &'p Collection,
    values: &'p IndexMap<String, Assigned>,
    /// The key is among the values, so that the insert need not tell it.
    given: bool,
    insert: Arc<str>,
    /// SQLite's change row.
    change: Option<Arc<str>>,
}

impl Shape<'_> {
    fn fits(&self, collection: &Collection, values: &IndexMap<String, Assigned>) -> bool {
        Self::same((self.collection, self.values), (collection, values))
    }

    /// Whether two inserts differ in nothing but their values.
    pub(super) fn same(
        one: (&Collection, &IndexMap<String, Assigned>),
        other: (&Collection, &IndexMap<String, Assigned>),
    ) -> bool {
        std::ptr::eq(one.0, other.0)
            && one.1.len() == other.1.len()
            && one.1.iter().zip(other.1).all(|((name, a), (second, b))| {
                name == second
                    && match (a, b) {
                        (Assigned::Value(_), Assigned::Value(_))
                        | (Assigned::KeyOf(_), Assigned::KeyOf(_))
                        | (Assigned::NextNumber, Assigned::NextNumber)
                        | (Assigned::NextSort, Assigned::NextSort) => true,
                        (Assigned::Sql(a), Assigned::Sql(b)) => a == b,
                        (
                            Assigned::Value(_)
                            | Assigned::KeyOf(_)
                            | Assigned::NextNumber
                            | Assigned::NextSort
                            | Assigned::Sql(_),
                            _,
                        ) => false,
                    }
            })
    }
}

impl<'p> Memory<'p> {
    pub(super) fn of(plan: &'p WritePlan) -> Self {
        let mut positions: HashMap<&'p str, Positions> = HashMap::new();
        for step in &plan.steps {
            let Step::Insert { collection, values, .. } = step else { continue };
            if values.values().any(|assigned| *assigned == Assigned::NextSort) {
                let entry = positions.entry(collection.name.as_str());
                entry.or_insert(Positions { asked: 0, given: None }).asked += 1;
            }
        }
        Self { positions, orders: Some(&plan.orders), ..Self::default() }
    }

    /// The place of the last record, as a query.
    fn last_place(&self, collection: &Collection, name: &str) -> String {
        let among = self.orders.and_then(|orders| orders.get(&collection.name));
        last_place(collection, name, among)
    }
}

/// The place of the last record, as a query. One that is marked as deleted has its own no longer:
/// nobody could make room behind what nobody sees. `among` says which records count, if not all.
pub(super) fn last_place(
    collection: &Collection,
    name: &str,
    among: Option<&(String, Value)>,
) -> String {
    let shows = collection.paranoid.then(|| String::from("\"deletedAt\" IS NULL"));
    let among = among.map(|(field, value)| match value {
        Value::Int(number) => format!("{} = {number}", quoted(field)),
        value => format!("{} = {}", quoted(field), literal(value.as_text().unwrap_or_default())),
    });
    let tests: Vec<String> = shows.into_iter().chain(among).collect();
    let of =
        if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) };
    format!("SELECT coalesce(max({}), 0) FROM {}{of}", quoted(name), quoted(&collection.name))
}

impl<'p> Writes<'p> {
    pub(super) fn insert(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
        check: &'p Cond,
        index: usize,
    ) -> Result<Key> {
        if values.values().any(|assigned| *assigned == Assigned::NextNumber) {
            self.tell_counters();
        }
        self.remember_given(collection, values);
        let binds = self.insert_binds(collection, values)?;
        let given = Key::given(self.dialect, values.get(&collection.primary_key));
        let known = self
            .memory
            .shapes
            .iter()
            .find(|shape| shape.given == given.is_some() && shape.fits(collection, values));
        let (insert, change) = match known {
            Some(shape) => (Arc::clone(&shape.insert), shape.change.clone()),
            None => self.insert_texts(collection, values, given.is_some())?,
        };
        let mut all = binds;
        if self.dialect == Dialect::Postgres {
            all.extend(self.stamped(collection));
        }
        let expect = self.kept(collection, index);
        let step = self.push_step(Statement { text: insert, binds: all }, expect);
        let key = given.unwrap_or(Key::Step(step));
        if let Some(change) = change {
            let mut binds = self.change_stamp();
            if collection.rowless {
                binds.extend(key.bind());
            }
            self.push_statement(change, binds);
            self.history_of_last();
        }
        self.check(collection, check, &key, "create", index);
        Ok(key)
    }

    pub(super) fn push_statement(&mut self, text: Arc<str>, binds: Vec<Bind>) -> usize {
        self.push_step(Statement { text, binds }, Expect::Any)
    }

    /// The bound values in the order of the columns, after the steps they come from.
    fn insert_binds(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
    ) -> Result<Vec<Bind>> {
        let mut binds = Vec::with_capacity(values.len() + 4);
        for (name, assigned) in values {
            match assigned {
                Assigned::Value(value) => binds.push(Bind::Value(value.clone())),
                Assigned::KeyOf(step) => binds.push(self.key_of(*step)?),
                Assigned::NextNumber => {
                    if self.draws(collection, name) {
                        let step = self.draw(collection, name, 1);
                        binds.push(Bind::Step(step));
                    }
                }
                Assigned::NextSort => {
                    if let Some((step, given)) = self.next_position(collection, name) {
                        binds.push(Bind::Step(step));
                        binds.push(Bind::Value(Value::Int(given)));
                    }
                }
                Assigned::Sql(_) => {}
            }
        }
        Ok(binds)
    }

    /// Keeps the numbers that a caller gives to counted fields.
    pub(super) fn remember_given(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
    ) {
        for (name, assigned) in values {
            let Assigned::Value(Value::Int(number)) = assigned else { continue };
            let counted = collection
                .fields
                .get(name)
                .is_some_and(|field| field.default == Some(DefaultValue::AutoIncrement));
            // SQLite's own counter sees every key by itself.
            let told = match self.dialect {
                Dialect::Postgres => true,
                Dialect::Sqlite => name != &collection.primary_key && !collection.adopted,
            };
            if counted && told {
                let counter = (collection.name.as_str(), name.as_str(), collection.adopted);
                let most = self.memory.given.entry(counter).or_insert(*number);
                *most = (*most).max(*number);
            }
        }
    }

    /// Moves counters past the numbers that were given, so that the next drawn one is free.
    pub(super) fn tell_counters(&mut self) {
        for ((collection, field, adopted), most) in std::mem::take(&mut self.memory.given) {
            let (text, binds) = match self.dialect {
                Dialect::Sqlite => (
                    String::from(
                        "INSERT INTO \"_sequence\" (\"collection\", \"field\", \"value\") VALUES (?1, ?2, ?3) \
                         ON CONFLICT (\"collection\", \"field\") DO UPDATE SET \"value\" = max(\"value\", excluded.\"value\")",
                    ),
                    vec![Value::text(collection), Value::text(field), Value::Int(most)],
                ),
                // Whatever counts the column, if it is the column's own. A sequence that stands by
                // itself is its maker's.
                Dialect::Postgres if adopted => (
                    String::from(
                        "SELECT setval(s.q, $3::bigint) FROM (SELECT pg_get_serial_sequence($1::text, $2::text)::regclass AS q) s \
                         WHERE s.q IS NOT NULL AND $3::bigint > coalesce(pg_sequence_last_value(s.q), 0)",
                    ),
                    vec![Value::Text(quoted(collection)), Value::text(field), Value::Int(most)],
                ),
                Dialect::Postgres => {
                    let sequence = quoted(&sequence_name(collection, field));
                    // A counter that was never drawn from stands at its first number unused.
                    let text = format!(
                        "SELECT setval({}::regclass, $1::bigint) FROM {sequence} \
                         WHERE $1::bigint > last_value - CASE WHEN is_called THEN 0 ELSE 1 END",
                        literal(&sequence)
                    );
                    (text, vec![Value::Int(most)])
                }
            };
            self.push_statement(Arc::from(text), binds.into_iter().map(Bind::Value).collect());
        }
    }

    /// Whether the next number of a field is drawn by a step of ours: Postgres has sequences, and
    /// SQLite counts keys by itself.
    pub(super) fn draws(&self, collection: &Collection, name: &str) -> bool {
        self.dialect == Dialect::Sqlite && name != collection.primary_key && !collection.adopted
    }

    /// Draws so many numbers; the step keeps the last of them.
    pub(super) fn draw(&mut self, collection: &Collection, name: &str, count: i64) -> usize {
        let text = self.memory.sequence.get_or_insert_with(|| {
            Arc::from(
                "INSERT INTO \"_sequence\" (\"collection\", \"field\", \"value\") VALUES (?1, ?2, ?3) \
                 ON CONFLICT (\"collection\", \"field\") \
                 DO UPDATE SET \"value\" = \"value\" + excluded.\"value\" RETURNING \"value\"",
            )
        });
        let text = Arc::clone(text);
        let binds = [Value::text(&collection.name), Value::text(name), Value::Int(count)];
        self.push_statement(text, binds.map(Bind::Value).to_vec())
    }

    /// Where several records of one write are put at the end, the end is read once: the step
    /// that read it, and how far behind it this record stands.
    fn next_position(&mut self, collection: &'p Collection, name: &str) -> Option<(usize, i64)> {
        if !self.counts_positions(collection) {
            return None;
        }
        let (step, before) = self.next_positions(collection, name, 1);
        Some((step, before + 1))
    }

    /// The step that read the last position, and how many were given since, before these.
    pub(super) fn next_positions(
        &mut self,
        collection: &'p Collection,
        name: &str,
        wanted: usize,
    ) -> (usize, i64) {
        let known = self.memory.positions.get(collection.name.as_str());
        let (step, before) = match known.and_then(|known| known.given) {
            Some(given) => given,
            None => {
                let text = self.memory.last_place(collection, name);
                (self.push_statement(Arc::from(text), Vec::new()), 0)
            }
        };
        let given = before.saturating_add(i64::try_from(wanted).unwrap_or(i64::MAX));
        if let Some(known) = self.memory.positions.get_mut(collection.name.as_str()) {
            known.given = Some((step, given));
        }
        (step, before)
    }

    /// The texts of inserts of this shape, remembered.
    fn insert_texts(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
        given: bool,
    ) -> Result<(Arc<str>, Option<Arc<str>>)> {
        let mut compiler = self.compiler();
        let mut names = Vec::with_capacity(values.len());
        let mut texts = Vec::with_capacity(values.len());
        for (name, assigned) in values {
            let family = family_of(collection, name)?;
            let text = match assigned {
                // A table that we did not make counts by its own means.
                Assigned::NextNumber if collection.adopted => continue,
                // The key of its own counts by itself on SQLite.
                Assigned::NextNumber if self.dialect == Dialect::Sqlite => {
                    if !self.draws(collection, name) {
                        continue;
                    }
                    compiler.writer.value(Value::Null, family)
                }
                Assigned::NextSort if self.counts_positions(collection) => {
                    let last = compiler.writer.value(Value::Null, Family::BigInt);
                    let given = compiler.writer.value(Value::Null, Family::BigInt);
                    format!("{last} + {given}")
                }
                Assigned::Value(_)
                | Assigned::KeyOf(_)
                | Assigned::NextNumber
                | Assigned::NextSort
                | Assigned::Sql(_) => self.assigned(&mut compiler, collection, name, assigned)?,
            };
            names.push(quoted(name));
            texts.push(text);
        }
        let table = quoted(&collection.name);
        let data = if names.is_empty() {
            format!("INSERT INTO {table} DEFAULT VALUES")
        } else {
            format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), texts.join(", "))
        };
        let change = match self.dialect {
            Dialect::Sqlite => {
                compiler.writer.push(&data);
                if !given {
                    compiler.writer.push(" RETURNING ").push(&quoted(&collection.primary_key));
                }
                Some(self.created(collection))
            }
            Dialect::Postgres => {
                // Row and change row in one statement: one round trip.
                let row = compiler.writer.alias();
                let record = compiler.written(row, collection);
                let said = Said { op: Op::Create, before: None, after: Some(&record) };
                let change = self.change_row(&mut compiler, collection, row, &said);
                let told = self.told(&mut compiler, collection, &format!("{change} FROM {row}"));
                let key = row.column(&collection.primary_key);
                let key = self.dialect.canonical(&key, key_family(collection));
                compiler.writer.push(&format!(
                    "WITH {row} AS ({data} RETURNING *), {told} SELECT {key} FROM {row}"
                ));
                None
            }
        };
        let insert = compiler.writer.finish().text;
        if self.memory.shapes.len() < SHAPES_MAX {
            let (insert, change) = (Arc::clone(&insert), change.clone());
            let shape = Shape { collection, values, given, insert, change };
            self.memory.shapes.push(shape);
        }
        Ok((insert, change))
    }

    fn counts_positions(&self, collection: &Collection) -> bool {
        self.memory.positions.get(collection.name.as_str()).is_some_and(|known| known.asked > 1)
    }

    /// The change row of the record that was inserted last: binds the stamp.
    fn created(&self, collection: &Collection) -> Arc<str> {
        let mut compiler = self.compiler();
        let scope = Scope::new(&mut compiler, collection);
        let record = compiler.written(scope.alias, collection);
        let said = Said { op: Op::Create, before: None, after: Some(&record) };
        let change = self.change_row(&mut compiler, collection, scope.alias, &said);
        let from = scope.from(&mut compiler);
        let (row, number) = (scope.alias, row_number(collection));
        let one = if collection.rowless {
            let key = compiler.writer.value(Value::Null, key_family(collection));
            format!("{} = {key}", row.column(&collection.primary_key))
        } else {
            format!("{row}.{number} = last_insert_rowid()")
        };
        compiler.writer.push(&format!("{change} FROM {from} WHERE {one}"));
        compiler.writer.finish().text
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
                // An update draws no number.
                Dialect::Sqlite => String::from("NULL"),
                Dialect::Postgres => {
                    let sequence = quoted(&sequence_name(&collection.name, name));
                    format!("nextval({}::regclass)", literal(&sequence))
                }
            },
            Assigned::NextSort => format!("(({}) + 1)", self.memory.last_place(collection, name)),
            // A default is an administrator's text, said in the words of this store; what else is
            // computed is text of ours.
            Assigned::Sql(text) => {
                match collection.field(name).map(|one| (&one.kind, one.default.as_ref())) {
                    Some((kind, Some(DefaultValue::Sql(default)))) if default == text => {
                        let read = Expression::of_standing_default(text, kind)?;
                        format!("({})", read.render(self.dialect))
                    }
                    _ => format!("({text})"),
                }
            }
        })
    }
}
