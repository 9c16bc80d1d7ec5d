//! Bodies of writes (`spec/compat.md` B4): fields as they are, relations by their words.
//!
//! The words of a relation become the nested forms of the home surface: a bare id or an object
//! for a relation to one, the whole list for one to many, and where only a part of the list is
//! told, an object of `$connect`, `$create`, `$update`, `$disconnect`, `$delete`.
//!
//! Values are of the kind of their field or refused: nothing is read as what it might have meant,
//! and all that are wrong are told at once.

use super::fault::{Fault, Refused, Result, field_name};
use base::{Code, Detail, Error, Limits, nearest};
use catalog::FieldKind;
use query::{Operation, Write, coerce};
use serde_json::{Map, Value as Json};
use std::cell::RefCell;

/// How far a relation leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    One,
    Many,
}

/// What a name of a body is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Name {
    Field(FieldKind),
    Relation(Reach),
}

/// Says of a way from the root (`title`, `author.company`) what stands there, if anything.
pub(crate) type Names<'a> = &'a dyn Fn(&str) -> Option<Name>;

/// Fields that only the server writes.
const RESERVED: [&str; 3] = ["id", "createdAt", "updatedAt"];
const WORDS: [&str; 6] = ["connect", "set", "disconnect", "create", "update", "delete"];
/// Deepest nesting of relations in a body.
const DEPTH_MAX: usize = 5;

/// `POST /:schema`.
pub(crate) fn create(
    collection: &str,
    body: &Json,
    names: Names<'_>,
    limits: &Limits,
) -> Result<Write> {
    let body = Writer::new(names, limits).body(body, true)?;
    Ok(write(Operation::Create { collection: collection.to_owned(), body }))
}

/// `PATCH` and `PUT /:schema/:id`: what is told changes.
pub(crate) fn update(
    collection: &str,
    id: &str,
    body: &Json,
    names: Names<'_>,
    limits: &Limits,
) -> Result<Write> {
    let body = Writer::new(names, limits).body(body, false)?;
    let (collection, key) = (collection.to_owned(), Json::String(id.to_owned()));
    Ok(write(Operation::Update { collection, key, body, expect: Map::new() }))
}

/// `DELETE /:schema/:id`.
pub(crate) fn delete(collection: &str, id: &str) -> Write {
    write(Operation::Delete {
        collection: collection.to_owned(),
        key: Json::String(id.to_owned()),
        expect: Map::new(),
        force: false,
    })
}

/// Names that the collection lacks are refused.
fn write(operation: Operation) -> Write {
    Write { operations: vec![operation], strict: true }
}

struct Writer<'a> {
    names: Names<'a>,
    limits: &'a Limits,
    /// Values of another kind than their fields.
    wrong: RefCell<Vec<Detail>>,
}

impl<'a> Writer<'a> {
    fn new(names: Names<'a>, limits: &'a Limits) -> Self {
        Self { names, limits, wrong: RefCell::default() }
    }

    /// The whole body; all its wrong values are told together.
    fn body(self, json: &Json, new: bool) -> Result<Map<String, Json>> {
        let map = json.as_object();
        let map =
            map.ok_or_else(|| Refused::new(Fault::Body, "body", "the body is a JSON object"))?;
        let body = self.record(map, "", 0, new)?;
        let wrong = self.wrong.into_inner();
        let Some(first) = wrong.first() else { return Ok(body) };
        let at = first.field.clone().unwrap_or_default();
        let message = format!("Validation failed: {at}: {}", first.message);
        let error = Error::new(Code::ValidationError, message).at(at);
        let error = wrong.into_iter().fold(error, Error::detail);
        Err(Refused { fault: Fault::Validation, error })
    }

    /// A record. `new` says that nothing hangs on it yet.
    fn record(
        &self,
        map: &Map<String, Json>,
        way: &str,
        depth: usize,
        new: bool,
    ) -> Result<Map<String, Json>> {
        let mut body = Map::with_capacity(map.len());
        for (name, value) in map {
            let at = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
            if RESERVED.contains(&name.as_str()) {
                let message = format!("`{name}` is written by the server alone");
                return Err(Refused::new(Fault::Reserved, at, message));
            }
            field_name(name, &at)?;
            let value = match (self.names)(&at) {
                None => {
                    let message = format!("there is no field `{name}`");
                    return Err(Refused::new(Fault::Field, at, message));
                }
                Some(Name::Field(kind)) => {
                    if let Err((code, why)) = of_kind(&kind, value) {
                        self.wrong.borrow_mut().push(Detail::field(code, at, why));
                    }
                    value.clone()
                }
                Some(Name::Relation(reach)) => {
                    if depth == DEPTH_MAX {
                        let message = format!("relations may be nested {DEPTH_MAX} deep");
                        return Err(Refused::new(Fault::Depth, at, message));
                    }
                    let place = Place { writer: self, at: &at, depth: depth + 1 };
                    match reach {
                        Reach::One => place.one(value)?,
                        Reach::Many => place.many(value, new)?,
                    }
                }
            };
            body.insert(name.clone(), value);
        }
        Ok(body)
    }
}

/// Whether a value is of the kind of its field. What else may be wrong with it (its length, its
/// range) is judged with all other rules below.
fn of_kind(kind: &FieldKind, value: &Json) -> std::result::Result<(), (&'static str, String)> {
    let wanted = match (kind, value) {
        // Whether a field may be empty is a rule of its own.
        (_, Json::Null) => return Ok(()),
        (FieldKind::Boolean, Json::Bool(_)) => return Ok(()),
        (FieldKind::Boolean, _) => "true or false",
        (kind, Json::Number(_)) if kind.is_number() => return Ok(()),
        (kind, _) if kind.is_number() => "a number",
        (FieldKind::Date | FieldKind::DateTime | FieldKind::DateTimeNoTz, Json::String(_)) => {
            return coerce(kind, value).map(drop).map_err(|why| ("INVALID_DATE", why));
        }
        (FieldKind::Date | FieldKind::DateTime | FieldKind::DateTimeNoTz, _) => {
            "a moment as text, such as 2024-05-01T12:00:00Z"
        }
        (FieldKind::Array(_), Json::Array(_)) => return Ok(()),
        (FieldKind::Array(_), _) => "a list",
        (FieldKind::Json { .. } | FieldKind::Range(_) | FieldKind::Geo(_), _) => return Ok(()),
        (_, Json::String(_)) => return Ok(()),
        (_, _) => "a text",
    };
    let found = match value {
        Json::Null => "null",
        Json::Bool(_) => "a truth",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Err(("TYPE_MISMATCH", format!("takes {wanted}, not {found}")))
}

/// One relation of one record.
struct Place<'a> {
    writer: &'a Writer<'a>,
    at: &'a str,
    depth: usize,
}

impl Place<'_> {
    fn wrong(&self, message: impl Into<String>) -> Refused {
        Refused::new(Fault::Relation, self.at, message)
    }

    /// A relation to one: an id, null, a new record, or an existing one with changes.
    fn one(&self, value: &Json) -> Result<Json> {
        let words = match value {
            Json::Object(words) => self.words(words)?,
            value => return self.reference(value),
        };
        let mut told = None;
        for (word, value) in words {
            let form = match word.as_str() {
                "connect" | "set" => self.reference(self.unwrapped(value))?,
                "create" => self.new_record(value)?,
                "update" => self.changed_record(value)?,
                "disconnect" if *value == Json::Bool(true) => Json::Null,
                // An id that is not the one that stands there would clear it all the same.
                "disconnect" => {
                    return Err(self
                        .wrong("a relation to one is cleared by `disconnect: true` alone")
                        .hint("send null, or `connect` with another id"));
                }
                _ => {
                    return Err(self
                        .wrong("a relation to one is not deleted through its owner")
                        .hint("send DELETE for the record itself"));
                }
            };
            if told.is_some() {
                return Err(self.wrong("a relation to one takes one word"));
            }
            told = Some(form);
        }
        told.ok_or_else(|| self.wrong("says nothing"))
    }

    /// A relation to many: the whole list, or parts of it.
    fn many(&self, value: &Json, new: bool) -> Result<Json> {
        let words = match value {
            Json::Object(words) => self.words(words)?,
            // `{id}` stands behind a word; in a bare list it looks like a record to be written.
            Json::Array(items) if items.iter().any(Json::is_object) => {
                return Err(self.wrong("a list has ids").hint(
                    "write {\"set\": [{\"id\": 1}]}, or {\"create\": [{…}]} for new records",
                ));
            }
            Json::Array(items) => return self.references(items).map(Json::Array),
            Json::Null => {
                return Err(self.wrong("a relation to many is not null; send [] to clear it"));
            }
            id => return Ok(Json::Array(vec![self.reference(id)?])),
        };
        if words.is_empty() {
            return Err(self.wrong("says nothing"));
        }
        let (mut listed, mut parts, mut replaces) = (Vec::new(), Map::new(), new);
        for (word, value) in words {
            let items = items(value);
            match word.as_str() {
                "set" => {
                    replaces = true;
                    listed.extend(self.references(items)?);
                }
                "connect" => {
                    let found = self.references(items)?;
                    listed.extend(found.iter().cloned());
                    parts.insert(String::from("$connect"), Json::Array(found));
                }
                "create" => {
                    let found: Vec<Json> =
                        items.iter().map(|item| self.new_record(item)).collect::<Result<_>>()?;
                    listed.extend(found.iter().cloned());
                    parts.insert(String::from("$create"), Json::Array(found));
                }
                "update" => {
                    let found: Vec<Json> = items
                        .iter()
                        .map(|item| self.changed_record(item))
                        .collect::<Result<_>>()?;
                    listed.extend(found.iter().cloned());
                    parts.insert(String::from("$update"), Json::Array(found));
                }
                "disconnect" if value.is_boolean() => {
                    return Err(self
                        .wrong("a relation to many says which of its records go")
                        .hint("send [] to clear it"));
                }
                word => {
                    let found = self.references(items)?;
                    parts.insert(format!("${word}"), Json::Array(found));
                }
            }
        }
        let removes = parts.contains_key("$disconnect") || parts.contains_key("$delete");
        match (replaces, removes) {
            (true, false) => Ok(Json::Array(listed)),
            (true, true) => Err(self.wrong("says which records there are, and which go")),
            (false, _) => Ok(Json::Object(parts)),
        }
    }

    fn words<'m>(&self, map: &'m Map<String, Json>) -> Result<&'m Map<String, Json>> {
        let Some(word) = map.keys().find(|word| !WORDS.contains(&word.as_str())) else {
            return Ok(map);
        };
        let refused = self.wrong(format!("`{word}` is not a word of a relation"));
        Err(match nearest(word, WORDS) {
            Some(near) => refused.hint(format!("did you mean `{near}`?")),
            None => refused.hint(format!("there are {}", WORDS.join(", "))),
        })
    }

    /// A list of one stands for its one.
    fn unwrapped<'j>(&self, value: &'j Json) -> &'j Json {
        match value {
            Json::Array(items) if items.len() == 1 => &items[0],
            value => value,
        }
    }

    /// An id, `{id}`, or null.
    fn reference(&self, value: &Json) -> Result<Json> {
        match value {
            Json::Null | Json::Number(_) => Ok(value.clone()),
            Json::String(text) if !text.is_empty() => Ok(value.clone()),
            Json::Object(map) if map.len() == 1 && map.contains_key("id") => {
                self.reference(&map["id"])
            }
            _ => Err(self.wrong("takes an id")),
        }
    }

    fn references(&self, items: &[Json]) -> Result<Vec<Json>> {
        let most = self.writer.limits.list_values_max;
        if items.len() > most {
            return Err(self.wrong(format!("a list may have {most} records, not {}", items.len())));
        }
        let mut found: Vec<Json> = Vec::with_capacity(items.len());
        for item in items {
            let id = self.reference(item)?;
            if id.is_null() {
                return Err(self.wrong("a list holds no null"));
            }
            if !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    fn new_record(&self, value: &Json) -> Result<Json> {
        let value = self.unwrapped(value);
        let map = value.as_object().ok_or_else(|| self.wrong("`create` takes a record"))?;
        self.writer.record(map, self.at, self.depth, true).map(Json::Object)
    }

    /// `{where: {id}, data}` as the home surface has it: the changes with the id among them.
    fn changed_record(&self, value: &Json) -> Result<Json> {
        let value = self.unwrapped(value);
        let id = value.get("where").and_then(|asked| asked.get("id"));
        let (Some(id), Some(Json::Object(data))) = (id, value.get("data")) else {
            return Err(self.wrong("`update` takes {where: {id}, data}"));
        };
        let id = self.reference(id)?;
        if id.is_null() {
            return Err(self.wrong("`update` names no record"));
        }
        let mut body = Map::from_iter([(String::from("id"), id)]);
        body.extend(self.writer.record(data, self.at, self.depth, false)?);
        Ok(Json::Object(body))
    }
}

/// One value, or a list of them.
fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        value => std::slice::from_ref(value),
    }
}
