//! Rows of an import: into the house's table where they wait, from there into their collection in
//! sets, and out of it again. What they hold is bound once, when they are put aside; a move names
//! only which of them go.

use super::bulk::carried;
use super::history::Kept;
use super::insert::{Memory, last_place};
use super::{ChangeStamp, Writes, bulk, family_of, forbidden, key_family};
use crate::define::Expression;
use crate::dialect::Family;
use crate::join::Scope;
use crate::names::sequence_name;
use crate::writer::{Alias, literal, quoted};
use crate::{Bind, Dialect, Expect, Program, ProgramStep, Statement};
use access::Guarded;
use base::{Error, Result, Value};
use catalog::{Catalog, Collection, DefaultValue, HISTORY};
use indexmap::IndexMap;
use query::{Assigned, Cond, Step, WritePlan};
use serde_json::{Map, Value as Json, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// In a shape: the record's place in the collection is drawn when it moves.
const SORTED: char = '#';

/// Numbers drawn for counted fields, by field.
pub type Drawn = IndexMap<String, VecDeque<i64>>;

/// Rows put aside by one program.
#[derive(Debug)]
pub struct Staged {
    /// Asks what the plan asks and puts the rows aside.
    pub program: Program,
    /// What tells apart the rows that one statement can move: one entry for each, no two alike.
    pub shapes: Vec<String>,
}

/// Which of the rows put aside.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The import.
    pub import: &'a str,
    /// Number of the first row.
    pub first: i64,
    /// Number of the last row.
    pub last: i64,
}

/// Draws numbers of a counted field, all of them above `given`. The last step keeps what
/// [`drawn`] reads.
#[must_use]
pub fn draw(
    collection: &Collection,
    field: &str,
    given: Option<i64>,
    count: usize,
    dialect: Dialect,
) -> Program {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let given = given.unwrap_or(0);
    let table = literal(&collection.name);
    let step = |text: String, binds: Vec<Value>| {
        let binds = binds.into_iter().map(Bind::Value).collect();
        ProgramStep::new(Statement { text: Arc::from(text), binds }, Expect::Any)
    };
    let numbers = vec![Value::Int(given), Value::Int(count)];
    let steps = match dialect {
        // SQLite counts keys by itself, in a table of its own that may be written.
        Dialect::Sqlite if field == collection.primary_key => vec![
            step(
                format!(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT {table}, 0 \
                     WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {table})"
                ),
                Vec::new(),
            ),
            step(
                format!(
                    "UPDATE sqlite_sequence SET seq = max(seq, ?1, coalesce((SELECT max({}) FROM {}), 0)) + ?2 \
                     WHERE name = {table} RETURNING seq",
                    quoted(field),
                    quoted(&collection.name),
                ),
                numbers,
            ),
        ],
        Dialect::Sqlite => vec![step(
            format!(
                "INSERT INTO \"_sequence\" (\"collection\", \"field\", \"value\") VALUES ({table}, {}, ?1 + ?2) \
                 ON CONFLICT (\"collection\", \"field\") DO UPDATE SET \"value\" = max(\"value\", ?1) + ?2 \
                 RETURNING \"value\"",
                literal(field)
            ),
            numbers,
        )],
        Dialect::Postgres => {
            let sequence = quoted(&sequence_name(&collection.name, field));
            let name = literal(&sequence);
            vec![
                step(
                    format!(
                        "SELECT setval({name}::regclass, $1::bigint) FROM {sequence} \
                         WHERE $1::bigint > last_value - CASE WHEN is_called THEN 0 ELSE 1 END"
                    ),
                    vec![Value::Int(given)],
                ),
                step(
                    format!(
                        "SELECT json_agg(q.n)::text FROM (SELECT nextval({name}::regclass) AS n \
                         FROM generate_series(1, $1::bigint)) q"
                    ),
                    vec![Value::Int(count)],
                ),
            ]
        }
    };
    Program { steps }
}

/// The numbers that a program of [`draw`] drew, given what its last step kept.
#[must_use]
pub fn drawn(kept: Option<&Value>, count: usize) -> VecDeque<i64> {
    match kept {
        Some(Value::Int(last)) => {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            (last.saturating_sub(count).saturating_add(1)..=*last).collect()
        }
        list => {
            let list = list.and_then(Value::as_text).unwrap_or("[]");
            serde_json::from_str(list).unwrap_or_default()
        }
    }
}

/// Rows that move together.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// Which.
    pub window: Window<'a>,
    /// The shapes that are among them.
    pub shapes: &'a [String],
    /// How many there are: all of them must reach their collection.
    pub rows: u64,
}

/// Compiles a plan of new records of one collection into a program that asks what the plan asks
/// and puts the records aside, each under the number that `lines` has for its operation.
pub fn compile_staging(
    plan: &Guarded<WritePlan>,
    catalog: &Catalog,
    dialect: Dialect,
    import: &str,
    lines: &[i64],
    mut numbers: Drawn,
) -> Result<Staged> {
    let steps = &plan.plan().steps;
    let stamp = ChangeStamp::default();
    let mut writes = Writes {
        catalog,
        dialect,
        stamp: &stamp,
        steps: Vec::new(),
        keys: Vec::with_capacity(steps.len()),
        memory: Memory::default(),
        referenced: bulk::referenced(&[]),
        bulk_texts: Vec::new(),
        history: Kept::of(&[], catalog, dialect),
        index: None,
    };
    let mut rows = Vec::with_capacity(lines.len());
    let mut shapes: Vec<String> = Vec::new();
    for step in steps {
        let Step::Insert { collection, values, index, .. } = step else {
            let key = writes.step(step)?;
            writes.keys.push(key);
            continue;
        };
        let line = lines.get(*index).copied().ok_or_else(|| {
            Error::internal(format!("operation {index} of an import has no line"))
        })?;
        writes.remember_given(collection, values);
        let row = staged(collection, values, line, &mut numbers)?;
        if !shapes.contains(&row.shape) {
            shapes.push(row.shape.clone());
        }
        rows.push(row);
    }
    writes.tell_counters();
    put_aside(&mut writes.steps, dialect, import, rows);
    Ok(Staged { program: Program { steps: writes.steps }, shapes })
}

/// One row as it waits.
struct Row {
    line: i64,
    shape: String,
    key: String,
    record: Json,
}

fn staged(
    collection: &Collection,
    values: &IndexMap<String, Assigned>,
    line: i64,
    numbers: &mut Drawn,
) -> Result<Row> {
    let mut record = Map::new();
    let mut shape = Vec::new();
    for (name, assigned) in values {
        match assigned {
            Assigned::Value(Value::Null) => {}
            Assigned::Value(value) => {
                record.insert(name.clone(), carried(value));
            }
            Assigned::NextNumber => {
                let number = numbers.get_mut(name).and_then(VecDeque::pop_front);
                let number = number
                    .ok_or_else(|| Error::internal(format!("no number was drawn for `{name}`")))?;
                record.insert(name.clone(), json!(number));
            }
            Assigned::NextSort => shape.push(format!("{SORTED}{name}")),
            Assigned::Sql(_) => shape.push(name.clone()),
            Assigned::KeyOf(_) => {
                return Err(Error::internal("a record of an import depends on another step"));
            }
        }
    }
    let key = match record.get(&collection.primary_key) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => return Err(Error::internal("a record of an import has no key")),
    };
    Ok(Row { line, shape: shape.join(","), key, record: Json::Object(record) })
}

fn put_aside(steps: &mut Vec<ProgramStep>, dialect: Dialect, import: &str, rows: Vec<Row>) {
    let mut push = |text: &Arc<str>, binds: Vec<Value>| {
        let binds = binds.into_iter().map(Bind::Value).collect();
        let statement = Statement { text: Arc::clone(text), binds };
        steps.push(ProgramStep::new(statement, Expect::Any));
    };
    let into = "INSERT INTO \"_import_row\" (\"import\", \"n\", \"shape\", \"key\", \"record\")";
    match dialect {
        Dialect::Sqlite => {
            let text = Arc::from(format!("{into} VALUES (?1, ?2, ?3, ?4, ?5)"));
            for row in rows {
                let record = Value::Text(row.record.to_string());
                let (shape, key) = (Value::Text(row.shape), Value::Text(row.key));
                push(&text, vec![Value::text(import), Value::Int(row.line), shape, key, record]);
            }
        }
        // One round trip for all of them.
        Dialect::Postgres => {
            let text = Arc::from(format!(
                "{into} SELECT $1::text, (e ->> 'n')::bigint, e ->> 's', e ->> 'k', e -> 'r' \
                 FROM jsonb_array_elements($2::text::jsonb) e"
            ));
            let list = rows
                .into_iter()
                .map(|row| json!({ "n": row.line, "s": row.shape, "k": row.key, "r": row.record }));
            let list = Value::Text(Json::Array(list.collect()).to_string());
            push(&text, vec![Value::text(import), list]);
        }
    }
}

/// Moves rows put aside into their collection. The plan holds one new record of it without
/// values, so that the caller's policy has said what its records must be.
pub fn compile_move(
    plan: &Guarded<WritePlan>,
    catalog: &Catalog,
    dialect: Dialect,
    part: Moved<'_>,
    stamp: &ChangeStamp,
) -> Result<Vec<ProgramStep>> {
    let (collection, check) = target(plan)?;
    let mut moving = Moving { collection, dialect, window: part.window, steps: Vec::new() };
    let among = plan.plan().orders.get(&collection.name);
    let last = moving.last_places(part.shapes, among);
    for shape in part.shapes {
        moving.insert(shape, part.shapes, last.as_ref())?;
    }
    moving.check(check);
    moving.moved(part.rows);
    moving.history(catalog, stamp);
    Ok(moving.steps)
}

/// Takes rows of an import out of their collection, where nobody has seen them, and lets go of
/// what was put aside.
pub fn compile_removal(
    plan: &Guarded<WritePlan>,
    dialect: Dialect,
    window: Window<'_>,
) -> Result<Program> {
    let (collection, _) = target(plan)?;
    let mut moving = Moving { collection, dialect, window, steps: Vec::new() };
    moving.remove();
    Ok(Program { steps: moving.steps })
}

fn target(plan: &Guarded<WritePlan>) -> Result<(&Collection, &Cond)> {
    match plan.plan().steps.as_slice() {
        [Step::Insert { collection, check, .. }] => Ok((collection, check)),
        _ => Err(Error::internal("a move of an import is about one collection")),
    }
}

/// A value that a waiting row holds; NULL where it holds none.
pub(super) fn held(dialect: Dialect, waiting: Alias, name: &str, family: Family) -> String {
    let record = waiting.column("record");
    match dialect {
        Dialect::Sqlite => {
            let path = literal(&format!("$.\"{name}\""));
            let value = format!("json_extract({record}, {path})");
            match family {
                Family::Binary => format!("unhex({value})"),
                // As text it kept every digit.
                Family::Real | Family::Double => format!("bx_double({value})"),
                _ => value,
            }
        }
        Dialect::Postgres => {
            let value = format!("({record} ->> {})", literal(name));
            match family {
                Family::Binary => format!("decode({value}, 'hex')"),
                family => format!("{value}{}", dialect.null_cast(family)),
            }
        }
    }
}

/// The field whose place is drawn when a row of this shape moves.
fn sorted(shape: &str) -> Option<&str> {
    shape.split(',').find_map(|name| name.strip_prefix(SORTED))
}

/// The statements of one move.
struct Moving<'p> {
    collection: &'p Collection,
    dialect: Dialect,
    window: Window<'p>,
    steps: Vec<ProgramStep>,
}

impl<'p> Moving<'p> {
    fn compiler(&self) -> crate::compile::Compiler {
        crate::compile::Compiler::new(self.dialect, crate::Numbers::Tokens, false)
    }

    fn push(&mut self, compiler: crate::compile::Compiler, expect: Expect) -> usize {
        self.steps.push(ProgramStep::new(compiler.writer.finish(), expect));
        self.steps.len() - 1
    }

    /// Which rows wait, as tests of the table under an alias.
    fn waiting(&self, compiler: &mut crate::compile::Compiler, alias: Alias) -> String {
        let import = compiler.writer.text(self.window.import);
        let first = compiler.writer.value(Value::Int(self.window.first), Family::BigInt);
        let last = compiler.writer.value(Value::Int(self.window.last), Family::BigInt);
        format!(
            "{} = {import} AND {} BETWEEN {first} AND {last}",
            alias.column("import"),
            alias.column("n"),
        )
    }

    /// The key that a waiting row has, or will have, in its collection.
    fn key(&self, waiting: Alias) -> String {
        self.dialect.key_from_change(&waiting.column("key"), key_family(self.collection))
    }

    /// The last place of the collection before anything moves, for the field whose places are drawn.
    fn last_places(
        &mut self,
        shapes: &[String],
        among: Option<&(String, Value)>,
    ) -> Option<(String, usize)> {
        let name = shapes.iter().find_map(|shape| sorted(shape))?;
        let mut compiler = self.compiler();
        compiler.writer.push(&last_place(self.collection, name, among));
        Some((name.to_owned(), self.push(compiler, Expect::Any)))
    }

    fn insert(
        &mut self,
        shape: &str,
        shapes: &[String],
        last: Option<&(String, usize)>,
    ) -> Result<()> {
        let computed: Vec<&str> = shape.split(',').filter(|name| !name.is_empty()).collect();
        let last = last.filter(|_| sorted(shape).is_some());
        let mut compiler = self.compiler();
        let waiting = compiler.writer.alias();
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        for field in self.collection.fields.values() {
            if field.computed.is_some() {
                continue;
            }
            let family = family_of(self.collection, &field.name)?;
            let text = match last {
                Some((name, step)) if *name == field.name => {
                    let last = compiler.writer.bind(Bind::Step(*step), Family::BigInt);
                    format!("{last} + {}", waiting.column("place"))
                }
                _ if computed.contains(&field.name.as_str()) => match &field.default {
                    Some(DefaultValue::Sql(default)) => {
                        let read = Expression::of_standing_default(default, &field.kind)?;
                        format!("({})", read.render(self.dialect))
                    }
                    _ => {
                        let name = &field.name;
                        let what = format!("`{name}` has no default that could be computed");
                        return Err(Error::internal(what));
                    }
                },
                _ => held(self.dialect, waiting, &field.name, family),
            };
            names.push(quoted(&field.name));
            texts.push(text);
        }
        let rows = match last {
            Some(_) => self.placed(&mut compiler, shapes),
            None => String::from("\"_import_row\""),
        };
        let waits = self.waiting(&mut compiler, waiting);
        let shape = compiler.writer.text(shape);
        compiler.writer.push(&format!(
            "INSERT INTO {} ({}) SELECT {} FROM {rows} {waiting} \
             WHERE {waits} AND {} = {shape} ORDER BY {}",
            quoted(&self.collection.name),
            names.join(", "),
            texts.join(", "),
            waiting.column("shape"),
            waiting.column("n"),
        ));
        self.push(compiler, Expect::Any);
        Ok(())
    }

    /// The rows whose places are drawn, each with its own: they follow the file whatever shapes
    /// its rows have.
    fn placed(&self, compiler: &mut crate::compile::Compiler, shapes: &[String]) -> String {
        let row = compiler.writer.alias();
        let waits = self.waiting(compiler, row);
        let drawing: Vec<String> = shapes
            .iter()
            .filter(|shape| sorted(shape).is_some())
            .map(|shape| compiler.writer.text(shape))
            .collect();
        format!(
            "(SELECT {row}.*, row_number() OVER (ORDER BY {}) AS \"place\" FROM \"_import_row\" {row} \
             WHERE {waits} AND {} IN ({}))",
            row.column("n"),
            row.column("shape"),
            drawing.join(", "),
        )
    }

    /// Every record that moved must be what the caller may create.
    fn check(&mut self, cond: &'p Cond) {
        if matches!(cond, Cond::Always) {
            return;
        }
        let mut compiler = self.compiler();
        let waiting = compiler.writer.alias();
        let waits = self.waiting(&mut compiler, waiting);
        let mut scope = Scope::new(&mut compiler, self.collection);
        let own = scope.alias.column(&self.collection.primary_key);
        let mut tests = vec![format!("{own} = {}", self.key(waiting))];
        tests.extend(compiler.conditions(&mut scope, cond));
        let from = scope.from(&mut compiler);
        compiler.writer.push(&format!(
            "SELECT NOT EXISTS (SELECT 1 FROM \"_import_row\" {waiting} WHERE {waits} AND NOT EXISTS \
             (SELECT 1 FROM {from} WHERE {}))",
            tests.join(" AND ")
        ));
        self.push(compiler, Expect::True(Box::new(forbidden(self.collection, "create", 0))));
    }

    /// Notes of each row that it has moved, and the record as it stands, which is what the feed
    /// tells of it later.
    fn moved(&mut self, count: u64) {
        let mut compiler = self.compiler();
        let table = "\"_import_row\"";
        let scope = Scope::new(&mut compiler, self.collection);
        let record = compiler.written(scope.alias, self.collection);
        let own = scope.alias.column(&self.collection.primary_key);
        let key = self.dialect.as_text(&own, key_family(self.collection));
        let from = scope.from(&mut compiler);
        let (record, truth) = match self.dialect {
            Dialect::Sqlite => (record, "1"),
            Dialect::Postgres => (format!("({record})::jsonb"), "true"),
        };
        let waiting = compiler.writer.alias();
        let waits = self.waiting(&mut compiler, waiting);
        compiler.writer.push(&format!(
            "UPDATE {table} AS {waiting} SET \"moved\" = {truth}, \"key\" = {key}, \"record\" = {record} \
             FROM {from} WHERE {waits} AND {own} = {}",
            self.key(waiting)
        ));
        let lost = Error::internal("rows of an import did not all reach their collection");
        self.push(compiler, Expect::Rows(count, Box::new(lost)));
    }

    /// The history rows of what moved, where the collection keeps a history. Their place is before
    /// whatever happens to a record once it is seen.
    fn history(&mut self, catalog: &Catalog, stamp: &ChangeStamp) {
        if !self.collection.tracked() {
            return;
        }
        let writes = Writes {
            catalog,
            dialect: self.dialect,
            stamp,
            steps: Vec::new(),
            keys: Vec::new(),
            memory: Memory::default(),
            referenced: bulk::referenced(&[]),
            bulk_texts: Vec::new(),
            history: Kept::of(&[], catalog, self.dialect),
            index: None,
        };
        let mut compiler = self.compiler();
        let (waiting, change) = (compiler.writer.alias(), compiler.writer.alias());
        let history = writes.history_row(&mut compiler, change);
        let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let actor = compiler.writer.value(optional(&stamp.actor), Family::Text);
        let source = compiler.writer.value(optional(&stamp.source), Family::Text);
        let waits = self.waiting(&mut compiler, waiting);
        let (before, last) = match self.dialect {
            Dialect::Sqlite => ("NULL", "SELECT max(\"seq\") FROM \"_change\""),
            Dialect::Postgres => (
                "NULL::jsonb",
                "SELECT \"seq\" FROM \"_change\" ORDER BY \"tx\" DESC, \"seq\" DESC LIMIT 1",
            ),
        };
        compiler.writer.push(&format!(
            "{history} FROM (SELECT {} AS \"collection\", {} AS \"id\", 'create' AS \"op\", \
             {before} AS \"before\", {} AS \"after\", {actor} AS \"actor\", {source} AS \"source\", \
             coalesce(({last}), 0) AS \"seq\" FROM \"_import_row\" {waiting} WHERE {waits}) {change}",
            literal(&self.collection.name),
            waiting.column("key"),
            waiting.column("record"),
        ));
        self.push(compiler, Expect::Any);
    }

    fn remove(&mut self) {
        if self.collection.tracked() {
            let mut compiler = self.compiler();
            let waiting = compiler.writer.alias();
            let origin = compiler.writer.text(format!("import:{}", self.window.import));
            let waits = self.waiting(&mut compiler, waiting);
            compiler.writer.push(&format!(
                "DELETE FROM {} WHERE \"entity\" = {} AND \"origin\" = {origin} AND \"entityId\" IN \
                 (SELECT {} FROM \"_import_row\" {waiting} WHERE {waits} AND {})",
                quoted(HISTORY),
                literal(&self.collection.name),
                waiting.column("key"),
                waiting.column("moved"),
            ));
            self.push(compiler, Expect::Any);
        }
        let mut compiler = self.compiler();
        let waiting = compiler.writer.alias();
        let waits = self.waiting(&mut compiler, waiting);
        compiler.writer.push(&format!(
            "DELETE FROM {} WHERE {} IN (SELECT {} FROM \"_import_row\" {waiting} WHERE {waits} AND {})",
            quoted(&self.collection.name),
            quoted(&self.collection.primary_key),
            self.key(waiting),
            waiting.column("moved"),
        ));
        self.push(compiler, Expect::Any);
        let mut compiler = self.compiler();
        let import = compiler.writer.text(self.window.import);
        let first = compiler.writer.value(Value::Int(self.window.first), Family::BigInt);
        let last = compiler.writer.value(Value::Int(self.window.last), Family::BigInt);
        compiler.writer.push(&format!(
            "DELETE FROM \"_import_row\" WHERE \"import\" = {import} AND \"n\" BETWEEN {first} AND {last}"
        ));
        self.push(compiler, Expect::Any);
    }
}
