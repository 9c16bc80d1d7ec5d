//! `upsert`: records by what names them (`spec/compat.md` A2, A2.1).
//!
//! As with `updateMany`, the records that stand are read first; [`Upsert::write`] changes those and
//! makes the others.

use super::request::{BULK_MAX, changing, field_name, is_server_field, read, record, write};
use super::update::same;
use crate::surface::reads_as_variable;
use base::{Code, Error, Limits, Result};
use query::{Filter, Operation, Read, Test, Write};
use serde_json::{Map, Value as Json};

/// A call of `upsert`.
#[derive(Debug)]
pub(crate) struct Upsert {
    /// The records that stand already; several reads where one filter would be too broad.
    pub(crate) reads: Vec<Read>,
    entity: String,
    key: Vec<String>,
    records: Vec<Map<String, Json>>,
}

/// Reads `{"records": […], "key": …}`. `known` says which names the entity has.
pub(crate) fn upsert(
    entity: &str,
    body: &Json,
    known: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<Upsert> {
    let body = body.as_object().ok_or_else(|| invalid("body", "is an object"))?;
    let key = key(body.get("key"), known)?;
    let asked = body.get("records").and_then(Json::as_array);
    let asked = asked.ok_or_else(|| invalid("records", "is a list of records"))?;
    if asked.len() > BULK_MAX {
        let what = format!("may have {BULK_MAX} records in one call, not {}", asked.len());
        return Err(invalid("records", &what));
    }
    let mut records: Vec<Map<String, Json>> = Vec::with_capacity(asked.len());
    for (index, item) in asked.iter().enumerate() {
        let at = format!("records.{index}");
        let body = record(item.clone(), &at, known)?;
        for name in &key {
            let names = match body.get(name) {
                Some(Json::Number(_) | Json::Bool(_)) => true,
                Some(Json::String(text)) => !text.is_empty(),
                _ => false,
            };
            if !names {
                let at = format!("{at}.{name}");
                return Err(invalid(&at, "names the record: one plain value that is not empty"));
            }
        }
        // Of several with one name the last is meant.
        match records.iter().position(|other| named_alike(&key, other, &body)) {
            Some(place) => records[place] = body,
            None => records.push(body),
        }
    }
    let reads = reads(entity, &key, &records, limits);
    Ok(Upsert { reads, entity: entity.to_owned(), key, records })
}

fn key(json: Option<&Json>, known: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
    let wanted = || invalid("key", "is the name of a field, or a list of names");
    let items = match json {
        Some(Json::Array(items)) if !items.is_empty() => items.as_slice(),
        Some(one @ Json::String(_)) => std::slice::from_ref(one),
        _ => return Err(wanted()),
    };
    let mut names: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let name = item.as_str().ok_or_else(wanted)?;
        field_name(name, "key")?;
        if is_server_field(name) || !known(name) {
            return Err(invalid(
                "key",
                &format!("names `{name}`, which the entity does not declare"),
            ));
        }
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The records that stand under these names.
fn reads(
    entity: &str,
    key: &[String],
    records: &[Map<String, Json>],
    limits: &Limits,
) -> Vec<Read> {
    let fields: Vec<String> =
        std::iter::once("id").chain(key.iter().map(String::as_str)).map(str::to_owned).collect();
    let of = |filter: Filter| Read {
        filter: Some(filter),
        fields: fields.clone(),
        limit: Some(-1),
        ..read(entity)
    };
    let test = |name: &String, operator: &str, operand: Json| {
        Filter::Test(Test {
            path: name.clone(),
            operator: operator.to_owned(),
            literal: reads_as_variable(&operand),
            operand,
            cast: None,
            at: format!("key.{name}"),
        })
    };
    let value =
        |record: &Map<String, Json>, name: &String| record.get(name).cloned().unwrap_or(Json::Null);
    match key {
        [name] => records
            .chunks(limits.list_values_max.max(1))
            .map(|some| {
                let values = some.iter().map(|record| value(record, name)).collect();
                of(test(name, "in", Json::Array(values)))
            })
            .collect(),
        names => records
            .chunks((limits.filter_nodes_max / (names.len() + 1)).max(1))
            .map(|some| {
                let one = |record: &Map<String, Json>| {
                    let tests = names.iter().map(|name| test(name, "eq", value(record, name)));
                    Filter::All(tests.collect())
                };
                of(Filter::Any(some.iter().map(one).collect()))
            })
            .collect(),
    }
}

fn named_alike(key: &[String], one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    key.iter().all(|name| match (one.get(name), other.get(name)) {
        (Some(one), Some(other)) => same(one, other),
        _ => false,
    })
}

impl Upsert {
    /// The write, where these records stand already. One that was named meanwhile is found by the
    /// rule that makes its name unique, and the call is asked anew.
    pub(crate) fn write(self, found: &[Map<String, Json>]) -> Write {
        let Self { entity, key, records, .. } = self;
        let operations = records.into_iter().map(|body| {
            let stands = found.iter().find(|found| named_alike(&key, found, &body));
            match stands.and_then(|stands| stands.get("id").map(|id| (id, stands))) {
                Some((id, stands)) => match changing(&entity, id.clone(), body) {
                    Operation::Update { collection, key: id, body, .. } => {
                        // Who renames it in between turns this into `CONFLICT`.
                        let expect = key
                            .iter()
                            .filter_map(|name| Some((name.clone(), stands.get(name)?.clone())))
                            .collect();
                        Operation::Update { collection, key: id, body, expect }
                    }
                    operation => operation,
                },
                None => Operation::Create { collection: entity.clone(), body },
            }
        });
        write(operations.collect())
    }
}

fn invalid(at: &str, what: &str) -> Error {
    let last = at.rsplit('.').next().unwrap_or(at);
    Error::new(Code::InvalidBody, format!("`{last}` {what}")).at(at)
}
