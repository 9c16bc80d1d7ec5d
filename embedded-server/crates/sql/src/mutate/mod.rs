//! A write as a program: data, checks and change rows, all or nothing.
//!
//! Every record that is written leaves one row in `_change`, made by the database from the
//! record as it stands before and after, so that defaults and computed columns are in it. What
//! that row says is kept for people in the history, unless the collection keeps none.

mod bulk;
mod change;
mod first;
mod history;
mod insert;
mod key;
mod lock;
mod pointed;
mod remove;
mod rows;
mod staging;
mod twins;
mod update;

pub use first::{alone, in_turn};
pub use key::Keys;
pub use staging::{
    Drawn, Moved, Staged, Window, compile_move, compile_removal, compile_staging, draw, drawn,
};
pub use twins::{Pointer, Sought, UniqueList, compile_tried, sought};

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::Alias;
use crate::{Bind, Dialect, Expect, Numbers, Program, ProgramStep, Statement};
use access::Guarded;
use base::{Code, Detail, Error, Result, Value};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use key::Key;
use lock::Lock;
use query::{Assigned, Cond, Step, WritePlan};
use std::collections::HashSet;

/// Who changed something and when; the same for all records of one write.
#[derive(Clone, Debug, Default)]
pub struct ChangeStamp {
    /// Key of the writing user.
    pub actor: Option<String>,
    /// Tells a client its own echo.
    pub source: Option<String>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Address of the peer, for the history.
    pub ip: Option<String>,
    /// Key of the tenant, for the history.
    pub tenant: Option<String>,
}

/// A compiled write.
#[derive(Debug)]
pub struct CompiledWrite {
    /// What to run.
    pub program: Program,
    /// Where the keys of the written records are found.
    pub keys: Keys,
    /// Several records stand in one statement; what the store refuses in it names none of them.
    pub joined: bool,
}

/// Compiles a write. Fails only where a plan contradicts the catalog, which is a fault of ours.
pub fn compile_write(
    plan: &Guarded<WritePlan>,
    catalog: &Catalog,
    dialect: Dialect,
    stamp: &ChangeStamp,
) -> Result<CompiledWrite> {
    compile(plan, catalog, dialect, stamp, Together::Many)
}

/// The same write with each record in a statement of its own, so that the store names the one
/// that it refuses.
pub fn compile_write_apart(
    plan: &Guarded<WritePlan>,
    catalog: &Catalog,
    dialect: Dialect,
    stamp: &ChangeStamp,
) -> Result<CompiledWrite> {
    compile(plan, catalog, dialect, stamp, Together::One)
}

/// How many new records may stand in one statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    One,
    Many,
}

fn compile(
    plan: &Guarded<WritePlan>,
    catalog: &Catalog,
    dialect: Dialect,
    stamp: &ChangeStamp,
    together: Together,
) -> Result<CompiledWrite> {
    let mut writes = Writes {
        catalog,
        dialect,
        stamp,
        steps: Vec::new(),
        keys: Vec::with_capacity(plan.plan().steps.len()),
        memory: insert::Memory::of(plan.plan()),
        referenced: bulk::referenced(&plan.plan().steps),
        bulk_texts: Vec::new(),
        history: history::Kept::of(&plan.plan().steps, catalog, dialect),
        index: None,
    };
    writes.begin_history();
    let steps = &plan.plan().steps;
    writes.lock_in_order(steps);
    let several = steps.iter().filter_map(position).any(|index| index > 0);
    let (mut next, mut joined) = (0, false);
    while let Some(step) = steps.get(next) {
        let length = match together {
            Together::One => 0,
            Together::Many => writes.bulk_length(steps, next),
        };
        if length > 0 {
            writes.index = None;
            writes.bulk_insert(&steps[next..next + length])?;
            joined = true;
            next += length;
        } else {
            writes.index = position(step).filter(|_| several);
            let key = writes.step(step)?;
            writes.keys.push(key);
            next += 1;
        }
    }
    writes.index = None;
    writes.tell_counters();
    writes.end_history();
    let program = Program { steps: writes.steps };
    Ok(CompiledWrite { program, keys: Keys(writes.keys), joined })
}

/// Which operation of the request a step belongs to; none where several do.
fn position(step: &Step) -> Option<usize> {
    match step {
        Step::Insert { index, .. }
        | Step::Update { index, .. }
        | Step::Delete { index, .. }
        | Step::Exists { index, .. } => Some(*index),
        Step::Pointed { index, .. } => *index,
    }
}

struct Writes<'p> {
    catalog: &'p Catalog,
    dialect: Dialect,
    stamp: &'p ChangeStamp,
    steps: Vec<ProgramStep>,
    keys: Vec<Key>,
    memory: insert::Memory<'p>,
    /// Steps whose keys later steps need.
    referenced: HashSet<usize>,
    bulk_texts: Vec<bulk::BulkText<'p>>,
    history: history::Kept<'p>,
    /// Position of the operation that is being compiled, where the request has several.
    index: Option<usize>,
}

/// Which records a step is about.
struct Target<'p> {
    collection: &'p Collection,
    key: Option<&'p Assigned>,
    filter: &'p Cond,
    /// None of them may satisfy this.
    spares: &'p Cond,
    /// Records marked as deleted count too.
    deleted_too: bool,
    /// Exactly one, or `ITEM_NOT_FOUND`.
    one: bool,
    index: usize,
    /// `update` or `delete`, for the refusal.
    action: &'static str,
}

impl<'p> Writes<'p> {
    /// Compiles one step; answers where its record's key is found.
    fn step(&mut self, step: &'p Step) -> Result<Key> {
        match step {
            Step::Insert { collection, values, check, index, .. } => {
                self.insert(collection, values, check, *index)
            }
            Step::Update {
                collection,
                filter,
                key,
                values,
                one,
                expect,
                check,
                spares,
                index,
                deleting,
                ..
            } => {
                let target = Target {
                    collection,
                    key: key.as_ref(),
                    filter,
                    spares,
                    deleted_too: *deleting == Some(false),
                    one: *one,
                    index: *index,
                    action: if *deleting == Some(true) { "delete" } else { "update" },
                };
                self.update(&target, values, expect, check, *deleting)
            }
            Step::Delete { collection, filter, key, one, expect, spares, index, .. } => {
                let target = Target {
                    collection,
                    key: key.as_ref(),
                    filter,
                    spares,
                    // What is removed for good may have been marked before.
                    deleted_too: true,
                    one: *one,
                    index: *index,
                    action: "delete",
                };
                self.remove(&target, expect).map(Key::Step)
            }
            Step::Exists { collection, key, filter, field, index, .. } => {
                self.exists(collection, key, filter, field, *index);
                Ok(Key::None)
            }
            Step::Pointed { collection, pointers, index, .. } => {
                self.pointed_at(collection, pointers, *index)?;
                Ok(Key::None)
            }
        }
    }

    fn compiler(&self) -> Compiler {
        Compiler::new(self.dialect, Numbers::Tokens, false)
    }

    fn push(&mut self, compiler: Compiler, expect: Expect) -> usize {
        self.push_step(compiler.writer.finish(), expect)
    }

    fn push_step(&mut self, statement: Statement, expect: Expect) -> usize {
        self.steps.push(ProgramStep { statement, expect, index: self.index });
        self.steps.len() - 1
    }

    /// What a statement that writes one record must have done: a trigger of a table that we did not
    /// make may let the record fall without a word.
    fn kept(&self, collection: &Collection, index: usize) -> Expect {
        match collection.adopted {
            true => Expect::Rows(1, Box::new(dropped(collection, Some(index)))),
            false => Expect::Any,
        }
    }

    /// Postgres: whether one record is addressed that a trigger may let fall. It is looked for
    /// before, so that the statement that writes it says only this.
    fn may_be_dropped(&self, target: &Target<'p>) -> bool {
        self.dialect == Dialect::Postgres && target.one && target.collection.adopted
    }

    /// What such a statement must have done.
    fn written(&self, target: &Target<'p>) -> Expect {
        match self.may_be_dropped(target) {
            true => self.kept(target.collection, target.index),
            false => target.expected(),
        }
    }

    /// The tests a step's records satisfy.
    fn tests(
        &self,
        compiler: &mut Compiler,
        scope: &mut Scope<'p>,
        target: &Target<'p>,
    ) -> Result<Vec<String>> {
        let mut tests = Vec::with_capacity(3);
        if let Some(key) = target.key {
            let bound = self.key_bind(compiler, target.collection, key)?;
            tests.push(format!("{} = {bound}", scope.alias.column(&target.collection.primary_key)));
        }
        tests.extend(match target.deleted_too {
            true => compiler.arrived(scope.alias, target.collection),
            false => compiler.visible(scope.alias, target.collection),
        });
        tests.extend(compiler.conditions(scope, target.filter));
        if tests.is_empty() {
            tests.push(String::from("TRUE"));
        }
        Ok(tests)
    }

    /// Finds the record (and locks it where writers run side by side), so that a record that is
    /// not there and one that has changed are told apart.
    fn find(&mut self, target: &Target<'p>, lock: Option<Lock>) -> Result<usize> {
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, target.collection);
        let tests = self.tests(&mut compiler, &mut scope, target)?;
        let key = self.kept_key(&scope, target.collection);
        let from = scope.from(&mut compiler);
        compiler.writer.push("SELECT ").push(&key).push(" FROM ").push(&from);
        compiler.where_all(tests);
        if let (Dialect::Postgres, Some(lock)) = (self.dialect, lock) {
            let order = target.lock_order(scope.alias);
            compiler.writer.push(&format!("{order} {} OF {}", lock.clause(), scope.alias));
        }
        let expect = target.expected();
        Ok(self.push(compiler, expect))
    }

    /// Refuses the write if it would touch a record that it must spare. What the caller's policy
    /// does not reach is not looked at, so that this tells nothing of it.
    fn spare(&mut self, target: &Target<'p>) -> Result<()> {
        if matches!(target.spares, Cond::Never) {
            return Ok(());
        }
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, target.collection);
        let mut tests = self.tests(&mut compiler, &mut scope, target)?;
        tests.extend(compiler.conditions(&mut scope, target.spares));
        let from = scope.from(&mut compiler);
        compiler.writer.push("SELECT NOT EXISTS (SELECT 1 FROM ").push(&from);
        compiler.where_all(tests);
        compiler.writer.push(")");
        let name = &target.collection.name;
        let message =
            format!("this record of `{name}` belongs to somebody with more rights than yours");
        let detail = Detail {
            code: Code::Forbidden.as_str().to_owned(),
            message: message.clone(),
            index: Some(target.index),
            ..Detail::default()
        };
        let error = Error::new(Code::Forbidden, message)
            .hint("ask an administrator to change it")
            .detail(detail);
        self.push(compiler, Expect::True(Box::new(error)));
        Ok(())
    }

    /// One check per field the caller saw, so that the refusal names the field.
    fn unchanged(
        &mut self,
        target: &Target<'p>,
        expect: &IndexMap<String, Value>,
        found: usize,
    ) -> Result<()> {
        for (name, value) in expect {
            let family = family_of(target.collection, name)?;
            let mut compiler = self.compiler();
            let scope = Scope::new(&mut compiler, target.collection);
            let column = self.dialect.field_as_shown(scope.alias, target.collection, name);
            let column = self.dialect.ordered(&column, family);
            let value_text = compiler.writer.value(value.clone(), family);
            let key = compiler.writer.bind(Bind::Step(found), key_family(target.collection));
            let from = scope.from(&mut compiler);
            compiler.writer.push(&format!(
                "SELECT {column} IS NOT DISTINCT FROM {value_text} FROM {from} WHERE {} = {key}",
                scope.alias.column(&target.collection.primary_key),
            ));
            let message = format!("`{name}` was changed by someone else since it was read");
            let mut detail = Detail::field(Code::Conflict.as_str(), name.as_str(), message)
                .at_index(target.index);
            detail.value = Some(shown(value, family));
            let error = Error::new(Code::Conflict, "the record has changed since it was read")
                .hint("read it again and decide which values should stand")
                .detail(detail);
            self.push(compiler, Expect::True(Box::new(error)));
        }
        Ok(())
    }

    /// What the record must satisfy once it is written.
    fn check(
        &mut self,
        collection: &'p Collection,
        cond: &'p Cond,
        key: &Key,
        action: &str,
        index: usize,
    ) {
        if matches!(cond, Cond::Always) {
            return;
        }
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        // A record without a key of its own satisfies nothing.
        let key = key.bind().unwrap_or(Bind::Value(Value::Null));
        let bound = compiler.writer.bind(key, key_family(collection));
        let mut tests = vec![format!("{} = {bound}", scope.alias.column(&collection.primary_key))];
        tests.extend(compiler.conditions(&mut scope, cond));
        let from = scope.from(&mut compiler);
        compiler.writer.push("SELECT EXISTS (SELECT 1 FROM ").push(&from);
        compiler.where_all(tests);
        compiler.writer.push(")");
        let expect = Expect::True(Box::new(forbidden(collection, action, index)));
        self.push(compiler, expect);
    }

    fn exists(
        &mut self,
        collection: &'p Collection,
        key: &Value,
        filter: &'p Cond,
        field: &str,
        index: usize,
    ) {
        let mut compiler = self.compiler();
        let mut scope = Scope::new(&mut compiler, collection);
        let bound = compiler.writer.value(key.clone(), key_family(collection));
        let mut tests = vec![format!("{} = {bound}", scope.alias.column(&collection.primary_key))];
        tests.extend(compiler.visible(scope.alias, collection));
        tests.extend(compiler.conditions(&mut scope, filter));
        let from = scope.from(&mut compiler);
        compiler.writer.push("SELECT 1 FROM ").push(&from);
        compiler.where_all(tests);
        let message = format!("`{}` has no record with this key", collection.name);
        let error = Error::new(Code::RelationInvalid, "Validation failed for relational data")
            .detail(Detail::field(Code::RelationInvalid.as_str(), field, message).at_index(index));
        self.push(compiler, Expect::Rows(1, Box::new(error)));
    }

    /// A key given by the caller or made by an earlier step.
    fn key_bind(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        key: &Assigned,
    ) -> Result<String> {
        let family = key_family(collection);
        match key {
            Assigned::Value(value) => Ok(compiler.writer.value(value.clone(), family)),
            Assigned::KeyOf(step) => Ok(compiler.writer.bind(self.key_of(*step)?, family)),
            Assigned::NextNumber | Assigned::NextSort | Assigned::Sql(_) => {
                Err(Error::internal("a record is addressed by something that is no key"))
            }
        }
    }

    fn key_of(&self, step: usize) -> Result<Bind> {
        self.keys.get(step).and_then(Key::bind).ok_or_else(|| {
            Error::internal(format!("step {step} of the plan has no key to refer to"))
        })
    }

    /// The key as it is kept for later steps and for the answer.
    fn kept_key(&self, scope: &Scope<'_>, collection: &Collection) -> String {
        self.dialect.canonical(&scope.alias.column(&collection.primary_key), key_family(collection))
    }
}

impl Target<'_> {
    /// Of several records the order in which they are locked, the same for whoever locks them.
    fn lock_order(&self, alias: Alias) -> String {
        match self.one {
            true => String::new(),
            false => format!(" ORDER BY {}", alias.column(&self.collection.primary_key)),
        }
    }

    fn expected(&self) -> Expect {
        if !self.one {
            return Expect::Any;
        }
        let message = format!("Item not found or you don't have permission to {} it", self.action);
        let detail = Detail {
            code: Code::ItemNotFound.as_str().to_owned(),
            message: message.clone(),
            index: Some(self.index),
            ..Detail::default()
        };
        Expect::Rows(1, Box::new(Error::new(Code::ItemNotFound, message).detail(detail)))
    }
}

/// Says in a detail that a trigger refused, or let a record fall.
pub const TRIGGER_REFUSED: &str = "TRIGGER_REFUSED";

/// A record that a trigger of the table did not let through. Nothing of the write stays.
fn dropped(collection: &Collection, index: Option<usize>) -> Error {
    let message = format!("a trigger of the table `{}` dropped this write", collection.name);
    let detail = Detail {
        code: TRIGGER_REFUSED.to_owned(),
        message: message.clone(),
        index,
        ..Detail::default()
    };
    Error::new(Code::ValidationError, message)
        .hint("the rule is kept by the database, which says no reason; whoever made the table knows it")
        .detail(detail)
}

fn forbidden(collection: &Collection, action: &str, index: usize) -> Error {
    let message = format!("You don't have permission to {action} items in '{}'", collection.name);
    let detail = Detail {
        code: Code::Forbidden.as_str().to_owned(),
        message: message.clone(),
        index: Some(index),
        ..Detail::default()
    };
    Error::new(Code::Forbidden, message).detail(detail)
}

/// A value as the answer would spell it.
fn shown(value: &Value, family: Family) -> String {
    match (value, family) {
        (Value::Null, _) => String::from("null"),
        (Value::Bool(flag), _) => flag.to_string(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Real(number), _) => number.to_string(),
        (Value::Text(text), Family::Json | Family::Decimal) => text.clone(),
        (Value::Text(text), Family::Local) => format!("\"{text}Z\""),
        (Value::Text(text), _) => serde_json::Value::String(text.clone()).to_string(),
        // Bytes are compared, not shown.
        (Value::Bytes(_), _) => String::from("null"),
    }
}

fn key_family(collection: &Collection) -> Family {
    Family::of(&collection.key().kind)
}

fn family_of(collection: &Collection, field: &str) -> Result<Family> {
    match collection.fields.get(field) {
        Some(field) => Ok(Family::of(&field.kind)),
        None => Err(Error::internal(format!(
            "the plan writes `{field}`, which `{}` does not have",
            collection.name
        ))),
    }
}
