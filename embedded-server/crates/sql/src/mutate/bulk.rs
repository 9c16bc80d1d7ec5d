//! Many new records of one shape in one statement.
//!
//! To Postgres the records travel as one JSON array, so that the text does not depend on how many
//! there are; to SQLite as rows of values (`rows.rs`).

use super::change::{Op, Said};
use super::insert::Shape;
use super::{Key, Writes, dropped, family_of, rows};
use crate::dialect::Family;
use crate::names::sequence_name;
use crate::writer::{literal, quoted};
use crate::{Bind, Dialect, Expect, Statement};
use base::{Result, Value};
use catalog::{Collection, Relation, RelationKind};
use indexmap::IndexMap;
use query::{Assigned, Cond, Step};
use serde_json::{Map, Number, Value as Json};
use std::collections::HashSet;
use std::sync::Arc;

/// Fewest records worth a statement of their own.
const ROWS_MIN: usize = 8;

/// Most records of one statement: enough that the round trip does not count, few enough that no
/// statement is long.
const ROWS_MAX: usize = 1_000;

/// Texts of bulk statements written already.
pub(super) struct BulkText<'p> {
    pub(super) collection: &'p Collection,
    pub(super) values: &'p IndexMap<String, Assigned>,
    /// How many records, where the text says it.
    pub(super) rows: usize,
    pub(super) text: Arc<str>,
}

/// Steps whose keys later steps need: they cannot stand in a statement with others.
pub(super) fn referenced(steps: &[Step]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut note = |assigned: &Assigned| {
        if let Assigned::KeyOf(step) = assigned {
            found.insert(*step);
        }
    };
    for step in steps {
        match step {
            Step::Insert { values, .. } => values.values().for_each(&mut note),
            Step::Update { values, key, .. } => {
                values.values().for_each(&mut note);
                key.iter().for_each(&mut note);
            }
            Step::Delete { key, .. } => key.iter().for_each(&mut note),
            Step::Exists { .. } | Step::Pointed { .. } => {}
        }
    }
    found
}

impl<'p> Writes<'p> {
    /// How many steps from here on are inserts that fit in one statement; 0 when too few.
    pub(super) fn bulk_length(&self, steps: &'p [Step], from: usize) -> usize {
        let Some(Step::Insert { collection, values, .. }) = steps.get(from) else { return 0 };
        let shape = (collection.as_ref(), values);
        let key = values.get(&collection.primary_key);
        let told = match self.dialect {
            Dialect::Sqlite => Key::given(self.dialect, key).is_some(),
            Dialect::Postgres => matches!(key, Some(Assigned::Value(_))),
        };
        if !told && key != Some(&Assigned::NextNumber) {
            return 0;
        }
        // A table that we did not make counts by its own means, record by record, and on SQLite it
        // may have no row numbers.
        let own_means = self.dialect == Dialect::Sqlite
            || values.values().any(|one| *one == Assigned::NextNumber);
        if collection.adopted && own_means {
            return 0;
        }
        let most = match self.dialect {
            Dialect::Sqlite => rows::most(values.len()),
            Dialect::Postgres => ROWS_MAX,
        };
        let mut awaited = Awaited::of(collection);
        let fitting = steps[from..].iter().enumerate().take(most).take_while(|(at, step)| {
            let Step::Insert { collection, values, check: Cond::Always, .. } = step else {
                return false;
            };
            Shape::same(shape, (collection, values))
                && values.values().all(travels)
                && !self.referenced.contains(&(from + at))
                && awaited.lets_in(values)
        });
        let length = fitting.count();
        if length < ROWS_MIN { 0 } else { length }
    }

    /// The records of `steps`, which [`Self::bulk_length`] found to fit, in one statement.
    pub(super) fn bulk_insert(&mut self, steps: &'p [Step]) -> Result<()> {
        match self.dialect {
            Dialect::Sqlite => self.insert_rows(steps),
            Dialect::Postgres => self.insert_list(steps),
        }
    }

    fn insert_list(&mut self, steps: &'p [Step]) -> Result<()> {
        let mut records = Vec::with_capacity(steps.len());
        let mut known = Vec::with_capacity(steps.len());
        let mut first = None;
        for step in steps {
            let Step::Insert { collection, values, .. } = step else { continue };
            self.remember_given(collection, values);
            let mut record = Map::new();
            for (at, assigned) in values.values().enumerate() {
                if let Assigned::Value(value) = assigned {
                    record.insert(format!("c{at}"), carried(value));
                }
            }
            records.push(Json::Object(record));
            known.push(match values.get(&collection.primary_key) {
                Some(Assigned::Value(value)) => Some(value.clone()),
                _ => None,
            });
            first.get_or_insert((collection.as_ref(), values));
        }
        let Some((collection, values)) = first else { return Ok(()) };
        if values.values().any(|assigned| *assigned == Assigned::NextNumber) {
            self.tell_counters();
        }
        let mut binds = vec![Bind::Value(Value::Text(Json::Array(records).to_string()))];
        for (name, assigned) in values {
            if *assigned == Assigned::NextSort {
                let (step, before) = self.next_positions(collection, name, known.len());
                binds.push(Bind::Step(step));
                binds.push(Bind::Value(Value::Int(before)));
            }
        }
        binds.extend(self.stamped(collection));
        let expect = match collection.adopted {
            true => {
                let wanted = i64::try_from(known.len()).unwrap_or(i64::MAX);
                binds.push(Bind::Value(Value::Int(wanted)));
                Expect::True(Box::new(dropped(collection, None)))
            }
            false => Expect::Any,
        };
        let text = match self
            .bulk_texts
            .iter()
            .find(|text| Shape::same((text.collection, text.values), (collection, values)))
        {
            Some(text) => Arc::clone(&text.text),
            None => self.bulk_text(collection, values)?,
        };
        let step = self.push_step(Statement { text, binds }, expect);
        self.keys.extend(known.into_iter().enumerate().map(|(at, key)| match key {
            Some(value) => Key::Known(value),
            None => Key::Listed { step, at },
        }));
        Ok(())
    }

    fn bulk_text(
        &mut self,
        collection: &'p Collection,
        values: &'p IndexMap<String, Assigned>,
    ) -> Result<Arc<str>> {
        let mut compiler = self.compiler();
        let records = compiler.writer.value(Value::Null, Family::Text);
        let given = compiler.writer.alias();
        let list = compiler.writer.alias();
        let row = compiler.writer.alias();
        // One column at least, and the place in the list.
        let (mut columns, mut kinds) = (Vec::new(), Vec::new());
        let mut taken = vec![format!("{} AS \"$n\"", given.column("$n"))];
        let mut names = Vec::with_capacity(values.len());
        for (at, (name, assigned)) in values.iter().enumerate() {
            let family = family_of(collection, name)?;
            let column = format!("c{at}");
            let text = match assigned {
                Assigned::NextNumber => {
                    let sequence = quoted(&sequence_name(&collection.name, name));
                    format!("nextval({}::regclass)", literal(&sequence))
                }
                Assigned::NextSort => {
                    let last = compiler.writer.value(Value::Null, Family::BigInt);
                    let before = compiler.writer.value(Value::Null, Family::BigInt);
                    format!("{last} + {before} + {}", given.column("$n"))
                }
                Assigned::Sql(_) => {
                    let text = self.assigned(&mut compiler, collection, name, assigned)?;
                    format!("{text}{}", self.dialect.null_cast(family))
                }
                Assigned::Value(_) | Assigned::KeyOf(_) => {
                    let text = given.column(&column);
                    columns.push(quoted(&column));
                    kinds.push(format!("{} text", quoted(&column)));
                    match family {
                        Family::Binary => format!("decode({text}, 'hex')"),
                        _ => format!("{text}{}", self.dialect.null_cast(family)),
                    }
                }
            };
            taken.push(format!("{text} AS {}", quoted(name)));
            names.push(quoted(name));
        }
        columns.push(String::from("\"$\""));
        kinds.push(String::from("\"$\" text"));
        columns.push(String::from("\"$n\""));
        let record = compiler.written(row, collection);
        let said = Said { op: Op::Create, before: None, after: Some(&record) };
        let change = self.change_row(&mut compiler, collection, row, &said);
        let told = self.told(&mut compiler, collection, &format!("{change} FROM {row}"));
        let listed: Vec<String> = names.iter().map(|name| format!("{list}.{name}")).collect();
        let keys = match values.get(&collection.primary_key) {
            Some(Assigned::NextNumber) => format!(
                "SELECT json_agg({} ORDER BY {})::text FROM {list}",
                list.column(&collection.primary_key),
                list.column("$n"),
            ),
            _ if collection.adopted => {
                let wanted = compiler.writer.value(Value::Null, Family::BigInt);
                format!("SELECT count(*) = {wanted} FROM {row}")
            }
            _ => format!("SELECT count(*) FROM {row}"),
        };
        compiler.writer.push(&format!(
            "WITH {list} AS MATERIALIZED (SELECT {} FROM ROWS FROM (jsonb_to_recordset({records}::jsonb) \
             AS ({})) WITH ORDINALITY AS {given} ({})), \
             {row} AS (INSERT INTO {} ({}) SELECT {} FROM {list} ORDER BY {} RETURNING *), \
             {told} {keys}",
            taken.join(", "),
            kinds.join(", "),
            columns.join(", "),
            quoted(&collection.name),
            names.join(", "),
            listed.join(", "),
            list.column("$n"),
        ));
        let text = compiler.writer.finish().text;
        self.bulk_texts.push(BulkText { collection, values, rows: 0, text: Arc::clone(&text) });
        Ok(text)
    }
}

/// What records of a run point at in their own collection. The database looks at the end of each
/// statement whether what is pointed at is there, so a record must not stand in the same statement
/// as an earlier one that points at it: one by one the earlier one is refused, and how many records
/// a request has must not matter.
struct Awaited<'p> {
    /// The pointing field and the one pointed at.
    pointers: Vec<(&'p str, &'p str)>,
    /// Values pointed at so far, each with the place of its pointer.
    values: HashSet<(usize, String)>,
}

impl<'p> Awaited<'p> {
    fn of(collection: &'p Collection) -> Self {
        let own =
            |relation: &&'p Relation| relation.constrained && relation.target == collection.name;
        let pointers = collection.relations.values().filter(own);
        let pointers = pointers.filter_map(|relation| match &relation.kind {
            RelationKind::ToOne { column, target_column, .. } => {
                Some((column.as_str(), target_column.as_str()))
            }
            RelationKind::HasOne { .. }
            | RelationKind::ToMany { .. }
            | RelationKind::Through { .. } => None,
        });
        Self { pointers: pointers.collect(), values: HashSet::new() }
    }

    /// Whether a record may stand behind those before it; if so, it is one of them.
    fn lets_in(&mut self, record: &IndexMap<String, Assigned>) -> bool {
        let told = |field: &str| match record.get(field) {
            Some(Assigned::Value(value)) => Some(carried(value).to_string()),
            _ => None,
        };
        let pointed_at = self.pointers.iter().enumerate().any(|(at, (_, target))| {
            match told(target) {
                Some(value) => self.values.contains(&(at, value)),
                // A number that is drawn may be any that is pointed at.
                None => self.values.iter().any(|(pointer, _)| *pointer == at),
            }
        });
        if pointed_at {
            return false;
        }
        for (at, (column, target)) in self.pointers.iter().enumerate() {
            let value = match record.get(*column) {
                None | Some(Assigned::Value(Value::Null)) => continue,
                Some(_) => told(column).unwrap_or_default(),
            };
            // Its own record is there when the statement ends, also by itself.
            if told(target).as_ref() != Some(&value) {
                self.values.insert((at, value));
            }
        }
        true
    }
}

/// Whether a value can travel in a JSON list.
fn travels(assigned: &Assigned) -> bool {
    match assigned {
        Assigned::Value(Value::Text(text)) => !text.contains('\0'),
        Assigned::Value(_) | Assigned::NextNumber | Assigned::NextSort | Assigned::Sql(_) => true,
        Assigned::KeyOf(_) => false,
    }
}

/// A value as an element of the list; it is read as text there and cast to its column's type.
pub(super) fn carried(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::Number(Number::from(*number)),
        Value::Real(number) => Json::String(number.to_string()),
        Value::Text(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => {
            let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            Json::String(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
        }
    }
}
