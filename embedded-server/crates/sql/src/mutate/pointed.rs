//! Far records that must be there, and visible, before foreign keys may point to them.

use super::bulk::carried;
use super::{Writes, family_of};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::{Dialect, Expect};
use base::{Code, Detail, Error, Result, Value};
use catalog::Collection;
use query::{Cond, Pointer};
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

/// A key that is pointed to and the record that points, as texts of a statement.
struct Pair {
    key: String,
    record: Option<String>,
}

impl<'p> Writes<'p> {
    /// One statement asks for all of them: a list of records costs no more than one.
    pub(super) fn pointed_at(
        &mut self,
        collection: &'p Collection,
        pointers: &'p [Pointer],
        index: Option<usize>,
    ) -> Result<()> {
        let asking: Vec<&Pointer> =
            pointers.iter().filter(|pointer| !pointer.keys.is_empty()).collect();
        if asking.is_empty() {
            return Ok(());
        }
        let mut compiler = self.compiler();
        let mut parts = Vec::with_capacity(asking.len());
        for pointer in &asking {
            parts.push(self.all_there(&mut compiler, collection, pointer)?);
        }
        compiler.writer.push(&format!("SELECT {}", parts.join(" AND ")));
        let mut error = Error::new(Code::ForeignKeyViolation, "Foreign key constraint violation")
            .hint("name records that exist and that your role may read");
        // With several foreign keys the statement does not tell which one is at fault.
        if let [only] = asking.as_slice() {
            let sentence = "points at a record that does not exist, or is pointed at by another";
            let code = Code::ForeignKeyViolation.as_str();
            let mut detail = Detail::field(code, only.column.as_str(), sentence);
            detail.index = index;
            error = error.detail(detail);
        }
        self.push(compiler, Expect::True(Box::new(error)));
        Ok(())
    }

    /// That no key of a pointer leads nowhere, as a test.
    fn all_there(
        &self,
        compiler: &mut Compiler,
        collection: &'p Collection,
        pointer: &'p Pointer,
    ) -> Result<String> {
        let family = family_of(&pointer.target, &pointer.target_column)?;
        let own = super::key_family(collection);
        let keeps = !matches!(pointer.kept, Cond::Never);
        if let [(key, record)] = pointer.keys.as_slice() {
            let key = compiler.writer.value(key.clone(), family);
            let record = record.clone().filter(|_| keeps);
            let record = record.map(|record| compiler.writer.value(record, own));
            return Ok(self.there(compiler, collection, pointer, &Pair { key, record }));
        }
        let mut seen = HashSet::with_capacity(pointer.keys.len());
        let mut list = Vec::new();
        let mut records = false;
        for (key, record) in &pointer.keys {
            let mut pair = Map::from_iter([(String::from("k"), carried(key))]);
            if let Some(record) = record.as_ref().filter(|_| keeps) {
                records = true;
                pair.insert(String::from("r"), carried(record));
            }
            let pair = Json::Object(pair);
            if seen.insert(pair.to_string()) {
                list.push(pair);
            }
        }
        let list = compiler.writer.value(Value::Text(Json::Array(list).to_string()), Family::Text);
        let each = compiler.writer.alias();
        let element = |name: &str, family: Family| match self.dialect {
            Dialect::Sqlite => format!("json_extract({each}.value, '$.{name}')"),
            Dialect::Postgres => {
                format!("({each}.value ->> '{name}'){}", self.dialect.null_cast(family))
            }
        };
        let source = match self.dialect {
            Dialect::Sqlite => format!("json_each({list}) {each}"),
            Dialect::Postgres => format!("jsonb_array_elements({list}::jsonb) {each} (value)"),
        };
        let pair = Pair { key: element("k", family), record: records.then(|| element("r", own)) };
        let there = self.there(compiler, collection, pointer, &pair);
        Ok(format!("NOT EXISTS (SELECT 1 FROM {source} WHERE NOT {there})"))
    }

    /// That the far record is there, or that the record holds this key already.
    fn there(
        &self,
        compiler: &mut Compiler,
        collection: &'p Collection,
        pointer: &'p Pointer,
        pair: &Pair,
    ) -> String {
        let exists = |compiler: &mut Compiler,
                      of: &'p Collection,
                      cond: &'p Cond,
                      more: &dyn Fn(&Scope<'_>) -> Vec<String>| {
            let mut scope = Scope::new(compiler, of);
            let mut tests = more(&scope);
            tests.extend(compiler.visible(scope.alias, of));
            tests.extend(compiler.conditions(&mut scope, cond));
            let from = scope.from(compiler);
            format!("EXISTS (SELECT 1 FROM {from} WHERE {})", tests.join(" AND "))
        };
        let far = exists(compiler, &pointer.target, &pointer.filter, &|scope| {
            vec![format!("{} = {}", scope.alias.column(&pointer.target_column), pair.key)]
        });
        let Some(record) = &pair.record else { return format!("({far})") };
        let held = exists(compiler, collection, &pointer.kept, &|scope| {
            vec![
                format!("{} = {record}", scope.alias.column(&collection.primary_key)),
                format!("{} = {}", scope.alias.column(&pointer.column), pair.key),
            ]
        });
        format!("({far} OR {held})")
    }
}
