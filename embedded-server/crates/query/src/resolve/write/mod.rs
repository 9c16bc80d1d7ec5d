//! Writes to ordered steps of one transaction.
//!
//! Who may write which name was judged on the body as asked, before this; here names are found,
//! values typed and asked their rules, defaults and stamps filled in, and nested records laid out
//! before (what the record points to) and behind (what points to it) their parent.

mod nested;
mod pointed;
mod record;

use super::Scope;
use super::names::unknown_field;
use super::read::{key_value, unknown_collection};
use crate::coerce::coerce;
use crate::{Assigned, Cond, Context, Operation, Step, Write, WritePlan};
use base::{Code, Detail, Error, Result, Value, iso_millis};
use catalog::{Collection, FieldKind};
use indexmap::IndexMap;
use record::Deed;
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Turns a write into ordered steps of one transaction.
pub fn resolve_write(write: &Write, scope: &Scope<'_>, context: &Context) -> Result<WritePlan> {
    let most = scope.limits.bulk_rows_max;
    if write.operations.len() > most {
        return Err(Error::new(
            Code::InvalidBody,
            format!("one request may write {most} records, not {}", write.operations.len()),
        )
        .hint("send them in several requests, or import them"));
    }
    let mut writer = Writer {
        scope,
        context,
        strict: write.strict || context.strict,
        now: iso_millis(context.words.now_ms),
        plan: WritePlan::default(),
        findings: Findings::default(),
        root: (String::new(), false),
        pointing: None,
        made: HashMap::new(),
    };
    for (index, operation) in write.operations.iter().enumerate() {
        let answer = writer.operation(operation, index)?;
        writer.findings.judge()?;
        writer.plan.answers.push(answer);
    }
    Ok(writer.plan)
}

struct Writer<'a> {
    scope: &'a Scope<'a>,
    context: &'a Context,
    strict: bool,
    now: String,
    plan: WritePlan,
    findings: Findings,
    /// Collection and kind of the operation at hand.
    root: (String, bool),
    /// The step that asks where the records written last point to, while more may join it.
    pointing: Option<usize>,
    /// Keys of the new records of this write, by collection.
    made: HashMap<String, HashSet<String>>,
}

/// Where a record stands in the request.
#[derive(Clone)]
struct Spot {
    /// Relations from the root record down to this one.
    through: Vec<String>,
    /// The same as the caller wrote it, list positions included, with a dot behind: `tags.0.`.
    at: String,
    /// Position of the root record in the request.
    index: usize,
}

impl Spot {
    fn root(index: usize) -> Self {
        Self { through: Vec::new(), at: String::new(), index }
    }

    fn field(&self, name: &str) -> String {
        format!("{}{name}", self.at)
    }

    /// One relation down, at a position of its list if it is one.
    fn below(&self, relation: &str, position: Option<usize>) -> Self {
        let mut through = self.through.clone();
        through.push(relation.to_owned());
        let at = match position {
            Some(position) => format!("{}{relation}.{position}.", self.at),
            None => format!("{}{relation}.", self.at),
        };
        Self { through, at, index: self.index }
    }
}

/// What is wrong with one operation. All of it is told at once.
#[derive(Default)]
struct Findings {
    /// Values that break a type or a rule.
    values: Vec<Detail>,
    /// Relation payloads of the wrong shape.
    relations: Vec<Detail>,
    /// Required fields without a value.
    missing: Vec<Detail>,
}

impl Findings {
    fn judge(&mut self) -> Result<()> {
        let found = std::mem::take(self);
        let only_missing = found.values.is_empty() && found.relations.is_empty();
        if only_missing && found.missing.is_empty() {
            return Ok(());
        }
        if only_missing {
            return Err(Error::new(Code::RequiredFieldMissing, "Required field missing")
                .details(found.missing));
        }
        if !found.relations.is_empty() {
            let details = [found.relations, found.values, found.missing].concat();
            return Err(Error::new(Code::RelationInvalid, "Validation failed for relational data")
                .details(details));
        }
        let details = [found.values, found.missing].concat();
        let said: Vec<String> = details
            .iter()
            .map(|one| format!("{}: {}", one.field.as_deref().unwrap_or_default(), one.message))
            .collect();
        let message = format!("Validation failed: {}", said.join("; "));
        Err(Error::new(Code::ValidationError, message).details(details))
    }
}

impl<'a> Writer<'a> {
    fn operation(&mut self, operation: &Operation, index: usize) -> Result<usize> {
        self.root = match operation {
            Operation::Create { collection, .. } => (collection.clone(), true),
            Operation::Update { collection, .. } | Operation::Delete { collection, .. } => {
                (collection.clone(), false)
            }
        };
        match operation {
            Operation::Create { collection, body } => {
                let collection = self.collection(collection)?;
                self.insert(&collection, body, IndexMap::new(), &Spot::root(index))
            }
            Operation::Update { collection, key, body, expect } => {
                let collection = self.collection(collection)?;
                let key = self.key(&collection, key, index)?;
                let expect = self.expected(&collection, expect, index)?;
                match self.mark(&collection, body) {
                    Some(mark) => self.remark(&collection, key, mark?, expect, index),
                    None => {
                        let deed = Deed { key, expect, link: IndexMap::new() };
                        self.update(&collection, deed, body, &Spot::root(index))
                    }
                }
            }
            Operation::Delete { collection, key, expect, force } => {
                let collection = self.collection(collection)?;
                let key = self.key(&collection, key, index)?;
                let expect = self.expected(&collection, expect, index)?;
                if collection.paranoid && !force {
                    let now = Json::String(self.now.clone());
                    return self.remark(&collection, key, now, expect, index);
                }
                Ok(self.push(Step::Delete {
                    collection,
                    filter: Cond::Always,
                    key: Some(Assigned::Value(key)),
                    one: true,
                    expect,
                    spares: Cond::Never,
                    through: Vec::new(),
                    index,
                }))
            }
        }
    }

    fn push(&mut self, step: Step) -> usize {
        if !self.goes_on(&step) {
            self.pointing = None;
        }
        self.plan.steps.push(step);
        self.plan.steps.len() - 1
    }

    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        self.scope.full.get(name).map(Arc::clone).ok_or_else(|| unknown_collection(name))
    }

    fn key(&self, collection: &Collection, key: &Json, index: usize) -> Result<Value> {
        key_value(collection, key).map_err(|error| {
            let detail =
                Detail::field(error.code().as_str(), &collection.primary_key, error.message());
            error.detail(detail.at_index(index))
        })
    }

    /// The values the caller saw, in canonical form, so that they compare with stored ones. Which
    /// fields a caller may compare is judged before, by `access::check_asked`; the house compares
    /// hidden ones too.
    fn expected(
        &self,
        collection: &Collection,
        expect: &Map<String, Json>,
        index: usize,
    ) -> Result<IndexMap<String, Value>> {
        let mut found = IndexMap::with_capacity(expect.len());
        for (name, json) in expect {
            let at = format!("expect.{name}");
            let field = collection.called(name);
            let field = field.ok_or_else(|| unknown_field(collection, name, &at))?;
            let value = coerce(&field.kind, json).map_err(|why| {
                let detail = Detail::field("type", name.as_str(), why.as_str()).at_index(index);
                Error::new(Code::ValidationError, format!("Validation failed: {name}: {why}"))
                    .at(&at)
                    .detail(detail)
            })?;
            found.insert(field.name.clone(), value);
        }
        Ok(found)
    }

    /// What a PATCH sets `deletedAt` to, when it marks or unmarks the record. A `null` beside
    /// other fields is what every live record holds and says nothing.
    fn mark(&self, collection: &Collection, body: &Map<String, Json>) -> Option<Result<Json>> {
        let mark = body.get("deletedAt")?;
        if !collection.paranoid {
            if collection.field("deletedAt").is_some() {
                return None;
            }
            return Some(Err(Error::new(
                Code::SoftDeleteDisabled,
                format!("`{}` does not keep deleted records", collection.name),
            )
            .at("deletedAt")
            .hint("turn on `paranoid` in its schema, or delete the record")));
        }
        (body.len() == 1).then(|| Ok(mark.clone()))
    }

    /// Marks a record as deleted, or unmarks it when `mark` is null.
    fn remark(
        &mut self,
        collection: &Arc<Collection>,
        key: Value,
        mark: Json,
        expect: IndexMap<String, Value>,
        index: usize,
    ) -> Result<usize> {
        let deleting = !mark.is_null();
        let spot = Spot::root(index);
        let mut values = IndexMap::new();
        match coerce(&FieldKind::DateTime, &mark) {
            Ok(value) => values.insert(String::from("deletedAt"), Assigned::Value(value)),
            Err(why) => {
                let field = spot.field("deletedAt");
                self.findings.values.push(Detail::field("type", field, why).at_index(index));
                None
            }
        };
        self.stamp_deletion(collection, deleting, &mut values);
        if !deleting {
            self.stamp_update(collection, &mut values);
        }
        Ok(self.push(Step::Update {
            collection: Arc::clone(collection),
            filter: Cond::Always,
            key: Some(Assigned::Value(key)),
            values,
            one: true,
            expect,
            check: Cond::Always,
            spares: Cond::Never,
            through: Vec::new(),
            index,
            deleting: Some(deleting),
        }))
    }
}

#[cfg(test)]
#[path = "../write_tests.rs"]
mod tests;
