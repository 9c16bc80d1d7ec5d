//! `updateMany`: which records, and what the update operators make of each (`spec/compat.md` A4).
//!
//! Below this surface a write is a record, its key and its changed fields. So the records are read
//! first, [`UpdateMany::change`] works out what becomes of each, and the write expects the values
//! that were seen: who came in between turns it into `CONFLICT`, and it is asked anew.

use super::filter::{unknown, wrong};
use super::request::{BULK_MAX, changing, is_server_field, matching, read};
use base::{Code, Detail, Error, Limits, Result};
use query::{Operation, Read};
use serde_json::{Map, Number, Value as Json, json};
use std::cmp::Ordering;

const OPERATORS: [&str; 11] = [
    "$set",
    "$inc",
    "$unset",
    "$rename",
    "$mul",
    "$min",
    "$max",
    "$currentDate",
    "$addToSet",
    "$push",
    "$pull",
];

/// A call of `updateMany`.
#[derive(Debug)]
pub(crate) struct UpdateMany {
    /// The records, with what the operators look at; one more than may change, so that the answer
    /// knows whether there are others.
    pub(crate) read: Read,
    changes: Vec<Change>,
}

/// One operator on one field.
#[derive(Debug)]
struct Change {
    path: Vec<String>,
    act: Act,
}

#[derive(Debug)]
enum Act {
    Set(Json),
    Unset,
    Rename(Vec<String>),
    Add(Number),
    Multiply(Number),
    Least(Json),
    Most(Json),
    Now,
    AddToSet(Json),
    Push(Json),
    Pull(Json),
}

/// Reads `{"query": …, "data": {"$set": …}}`.
pub(crate) fn update_many(entity: &str, body: &Json, limits: &Limits) -> Result<UpdateMany> {
    let body = body.as_object().ok_or_else(|| invalid("body", "is an object"))?;
    let asked = body.get("query").ok_or_else(|| invalid("query", "is missing"))?;
    let filter = matching(asked, "query", limits)?;
    let data = body.get("data").and_then(Json::as_object).filter(|data| !data.is_empty());
    let data = data.ok_or_else(|| {
        invalid("data", "is an object of update operators")
            .hint(r#"write {"$set": {"field": value}}"#)
    })?;
    let mut changes = Vec::new();
    for (word, fields) in data {
        let at = format!("data.{word}");
        if !OPERATORS.contains(&word.as_str()) {
            return Err(unknown(word, &at, &OPERATORS));
        }
        let fields = fields.as_object().filter(|fields| !fields.is_empty());
        let fields = fields.ok_or_else(|| wrong(&at, "takes an object of fields"))?;
        for (name, operand) in fields {
            let at = format!("{at}.{name}");
            changes.push(Change {
                path: path(name, &at, limits)?,
                act: act(word, operand, &at, limits)?,
            });
        }
    }
    once(&changes)?;
    let mut fields = vec![String::from("id")];
    for name in changes.iter().flat_map(Change::touched) {
        if !fields.iter().any(|known| known == name) {
            fields.push(name.to_owned());
        }
    }
    let limit = i64::try_from(BULK_MAX + 1).ok();
    Ok(UpdateMany { read: Read { filter, fields, limit, ..read(entity) }, changes })
}

fn act(word: &str, operand: &Json, at: &str, limits: &Limits) -> Result<Act> {
    let number = || match operand {
        Json::Number(number) => Ok(number.clone()),
        _ => Err(wrong(at, "takes a number")),
    };
    let plain = || match operand {
        Json::Number(_) | Json::String(_) => Ok(operand.clone()),
        _ => Err(wrong(at, "takes a number or a text")),
    };
    // `$each`, `$slice` and conditions in `$pull` are no part of this surface: as values they
    // would be stored, which nobody means.
    let value = || match operand {
        Json::Object(map) if map.keys().any(|key| key.starts_with('$')) => {
            Err(wrong(at, "takes a value, not an object of operators"))
        }
        _ => Ok(operand.clone()),
    };
    Ok(match word {
        "$set" => Act::Set(operand.clone()),
        "$unset" => Act::Unset,
        "$rename" => {
            let to = operand.as_str().ok_or_else(|| wrong(at, "takes the new name as text"))?;
            Act::Rename(path(to, at, limits)?)
        }
        "$inc" => Act::Add(number()?),
        "$mul" => Act::Multiply(number()?),
        "$min" => Act::Least(plain()?),
        "$max" => Act::Most(plain()?),
        "$currentDate" => {
            let kind = operand.get("$type").and_then(Json::as_str);
            if *operand != Json::Bool(true) && !matches!(kind, Some("date" | "timestamp")) {
                return Err(wrong(at, r#"takes true or {"$type": "date"}"#));
            }
            Act::Now
        }
        "$addToSet" => Act::AddToSet(value()?),
        "$push" => Act::Push(value()?),
        "$pull" => Act::Pull(value()?),
        word => return Err(unknown(word, at, &OPERATORS)),
    })
}

fn path(name: &str, at: &str, limits: &Limits) -> Result<Vec<String>> {
    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
    if path.iter().any(|part| part.is_empty() || part.starts_with('$')) {
        return Err(wrong(at, "is not the name of a field"));
    }
    if path.len() > limits.filter_depth_max {
        return Err(wrong(at, "is nested too deep"));
    }
    if is_server_field(&path[0]) {
        return Err(wrong(at, "is set by the server alone"));
    }
    Ok(path)
}

/// A field may stand under one operator only, and not inside another.
fn once(changes: &[Change]) -> Result<()> {
    let paths = || {
        changes.iter().flat_map(|change| {
            let other = match &change.act {
                Act::Rename(to) => Some(to),
                _ => None,
            };
            std::iter::once(&change.path).chain(other)
        })
    };
    for (at, one) in paths().enumerate() {
        if let Some(other) =
            paths().skip(at + 1).find(|two| two.starts_with(one) || one.starts_with(two))
        {
            let name = other.join(".");
            return Err(invalid("data", &format!("names `{name}` under two operators")));
        }
    }
    Ok(())
}

fn invalid(at: &str, what: &str) -> Error {
    Error::new(Code::InvalidBody, format!("`{at}` {what}")).at(at)
}

impl Change {
    /// The fields of a record that this looks at or sets.
    fn touched(&self) -> impl Iterator<Item = &str> {
        let other = match &self.act {
            Act::Rename(to) => to.first(),
            _ => None,
        };
        self.path.first().into_iter().chain(other).map(String::as_str)
    }
}

impl UpdateMany {
    /// What becomes of one record as it was read. `now` is the current instant as text.
    pub(crate) fn change(&self, record: &Map<String, Json>, now: &str) -> Result<Operation> {
        let key = record.get("id").cloned().unwrap_or(Json::Null);
        let mut body = Map::new();
        for name in self.changes.iter().flat_map(Change::touched) {
            body.insert(name.to_owned(), record.get(name).cloned().unwrap_or(Json::Null));
        }
        let seen = body.clone();
        for change in &self.changes {
            change.apply(&mut body, now).map_err(|why| {
                let name = change.path.join(".");
                Error::new(Code::ValidationError, format!("Validation failed: {name}: {why}"))
                    .at(name.clone())
                    .detail(Detail::field("type", name, why))
            })?;
        }
        Ok(match changing(&self.read.collection, key, body) {
            Operation::Update { collection, key, body, .. } => {
                Operation::Update { collection, key, body, expect: seen }
            }
            operation => operation,
        })
    }
}

impl Change {
    fn apply(&self, body: &mut Map<String, Json>, now: &str) -> std::result::Result<(), String> {
        let current = found(body, &self.path).cloned().unwrap_or(Json::Null);
        let list = || match &current {
            Json::Null => Ok(Vec::new()),
            Json::Array(items) => Ok(items.clone()),
            _ => Err(String::from("Value must be a list to take one more")),
        };
        let number = |none: i64| match &current {
            Json::Null => Ok(Number::from(none)),
            Json::Number(number) => Ok(number.clone()),
            _ => Err(String::from("Value must be a number to be counted with")),
        };
        let value = match &self.act {
            Act::Set(value) => value.clone(),
            Act::Unset => Json::Null,
            Act::Rename(to) => {
                if !current.is_null() {
                    put(body, to, current.clone())?;
                }
                Json::Null
            }
            Act::Add(by) => Json::Number(counted(&number(0)?, by, false)?),
            Act::Multiply(by) => Json::Number(counted(&number(0)?, by, true)?),
            Act::Least(other) => chosen(&current, other, Ordering::Less)?,
            Act::Most(other) => chosen(&current, other, Ordering::Greater)?,
            Act::Now => json!(now),
            Act::AddToSet(value) => {
                let mut items = list()?;
                if !items.iter().any(|item| same(item, value)) {
                    items.push(value.clone());
                }
                Json::Array(items)
            }
            Act::Push(value) => {
                let mut items = list()?;
                items.push(value.clone());
                Json::Array(items)
            }
            Act::Pull(value) => {
                if current.is_null() {
                    return Ok(());
                }
                let mut items = list()?;
                items.retain(|item| !same(item, value));
                Json::Array(items)
            }
        };
        // Inside a document, what is unset is gone; a field of the record is empty.
        if value.is_null() && self.path.len() > 1 && !matches!(self.act, Act::Set(_)) {
            take(body, &self.path);
            return Ok(());
        }
        put(body, &self.path, value)
    }
}

fn found<'a>(body: &'a Map<String, Json>, path: &[String]) -> Option<&'a Json> {
    let (first, rest) = path.split_first()?;
    let value = body.get(first)?;
    match rest {
        [] => Some(value),
        rest => found(value.as_object()?, rest),
    }
}

fn put(body: &mut Map<String, Json>, path: &[String], value: Json) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    if rest.is_empty() {
        body.insert(first.clone(), value);
        return Ok(());
    }
    let slot = body.entry(first.clone()).or_insert(Json::Null);
    if slot.is_null() {
        *slot = Json::Object(Map::new());
    }
    match slot {
        Json::Object(inner) => put(inner, rest, value),
        _ => Err(format!("Value of `{first}` must be an object to hold `{}`", rest.join("."))),
    }
}

fn take(body: &mut Map<String, Json>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            body.shift_remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Json::Object(inner)) = body.get_mut(first) {
                take(inner, rest);
            }
        }
    }
}

/// The value that comes first (or last), of one kind; a missing one gives way.
fn chosen(current: &Json, other: &Json, wanted: Ordering) -> Result<Json, String> {
    let order = match (current, other) {
        (Json::Null, _) => return Ok(other.clone()),
        (Json::String(current), Json::String(other)) => other.cmp(current),
        (Json::Number(current), Json::Number(other)) => {
            let (current, other) = (exact(current)?, exact(other)?);
            let (a, b, _) = aligned(other, current)?;
            a.cmp(&b)
        }
        _ => return Err(String::from("Value must be of the operand's kind to be compared")),
    };
    Ok(if order == wanted { other.clone() } else { current.clone() })
}

/// Whether two values are one: a decimal is read back as `1.10` where `1.1` was written.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(a), Json::Number(b)) => match (exact(a), exact(b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => a == b,
        },
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (one, other) => one == other,
    }
}

/// A number with every digit and no power of ten.
pub(super) fn digits(number: &Number) -> Result<String, String> {
    let (value, scale) = exact(number)?;
    Ok(told(value, scale))
}

/// A number as digits and how many of them stand behind the point.
type Exact = (i128, u32);

/// Most digits behind a point that are counted with.
const SCALE_MAX: u32 = 30;

fn exact(number: &Number) -> Result<Exact, String> {
    let text = number.to_string();
    let out = || format!("Value {text} has too many digits to be counted with exactly");
    let lower = text.to_ascii_lowercase();
    let (digits, power) = match lower.split_once('e') {
        Some((digits, power)) => (digits, power.parse::<i32>().map_err(|_| out())?),
        None => (lower.as_str(), 0),
    };
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value: i128 = format!("{whole}{behind}").parse().map_err(|_| out())?;
    let scale = i64::try_from(behind.len()).map_err(|_| out())? - i64::from(power);
    let mut scale = i32::try_from(scale).map_err(|_| out())?;
    while scale < 0 {
        if value == 0 {
            scale = 0;
            break;
        }
        value = value.checked_mul(10).ok_or_else(out)?;
        scale += 1;
    }
    while scale > 0 && value % 10 == 0 {
        if value == 0 {
            scale = 0;
            break;
        }
        value /= 10;
        scale -= 1;
    }
    let scale = u32::try_from(scale).map_err(|_| out())?;
    if scale > SCALE_MAX { Err(out()) } else { Ok((value, scale)) }
}

fn aligned(a: Exact, b: Exact) -> Result<(i128, i128, u32), String> {
    let scale = a.1.max(b.1);
    let widened = |(value, own): Exact| {
        10_i128
            .checked_pow(scale - own)
            .and_then(|by| value.checked_mul(by))
            .ok_or_else(|| String::from("the numbers lie too far apart to be counted with exactly"))
    };
    Ok((widened(a)?, widened(b)?, scale))
}

/// The sum or the product, with every digit.
fn counted(a: &Number, b: &Number, multiply: bool) -> Result<Number, String> {
    let out = || String::from("the result has too many digits");
    let (a, b) = (exact(a)?, exact(b)?);
    let (value, scale) = if multiply {
        (a.0.checked_mul(b.0).ok_or_else(out)?, a.1 + b.1)
    } else {
        let (a, b, scale) = aligned(a, b)?;
        (a.checked_add(b).ok_or_else(out)?, scale)
    };
    Ok(Number::from_string_unchecked(told(value, scale)))
}

fn told(mut value: i128, mut scale: u32) -> String {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    let scale = scale as usize;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, behind) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{behind}")
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
