//! Conditions inside a value, as the text of a SQL/JSON path: `$elemMatch` on the elements of a
//! list, and names with dots on what a document holds.
//!
//! A path knows a third truth, for values of two kinds, and documents do not: what is compared with
//! another kind is not equal. So a negation asks whether the part was found, and not what it was.
//!
//! Every value and every name goes in as a JSON string or number, and the whole text is one bound
//! value; `query` checks its grammar again before a store sees it.

use super::filter::{unknown, wrong};
use super::update::digits;
use base::{Code, Error, Limits, Result};
use serde_json::{Map, Value as Json};

const OPERATORS: [&str; 14] = [
    "$eq",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$nin",
    "$exists",
    "$regex",
    "$all",
    "$size",
    "$not",
    "$elemMatch",
];
/// Holds for nothing.
const NEVER: &str = "(1 == 2)";
const LOGIC: [&str; 3] = ["$and", "$or", "$nor"];

/// The path that finds an element for which the condition holds.
pub(super) fn path(json: &Json, at: &str, limits: &Limits) -> Result<String> {
    let writer = Writer { limits };
    let at = format!("{at}.$elemMatch");
    let map = json.as_object().filter(|map| !map.is_empty());
    let map = map.ok_or_else(|| wrong(&at, "takes an object of operators or fields"))?;
    Ok(format!("$[*] ? ({})", writer.element(map, "@", &at, 1)?))
}

/// The path that finds a document in which the operator holds for what `keys` lead to; where a
/// list stands on the way, for any of its elements.
pub(super) fn below(
    keys: &str,
    word: &str,
    operand: &Json,
    at: &str,
    limits: &Limits,
) -> Result<String> {
    let here = led("@", keys, at)?;
    Ok(format!("$ ? ({})", Writer { limits }.test(word, operand, &here, at, 1)?))
}

/// The way on through the keys of a name with dots.
fn led(here: &str, keys: &str, at: &str) -> Result<String> {
    let mut below = here.to_owned();
    for key in keys.split('.') {
        if key.is_empty() {
            return Err(wrong(at, "names no field"));
        }
        below.push('.');
        below.push_str(&quoted(key));
    }
    Ok(below)
}

struct Writer<'a> {
    limits: &'a Limits,
}

impl Writer<'_> {
    /// Operators on the element itself, or fields of the element.
    fn element(
        &self,
        map: &Map<String, Json>,
        here: &str,
        at: &str,
        depth: usize,
    ) -> Result<String> {
        let most = self.limits.filter_depth_max;
        if depth > most {
            return Err(wrong(at, &format!("is nested deeper than the {most} levels allowed")));
        }
        let mut parts = Vec::with_capacity(map.len());
        for (key, value) in map {
            let at = format!("{at}.{key}");
            parts.push(match key.as_str() {
                word if LOGIC.contains(&word) => self.logic(word, value, here, &at, depth)?,
                word if word.starts_with('$') => self.test(word, value, here, &at, depth)?,
                field => self.field(field, value, here, &at, depth)?,
            });
        }
        Ok(parts.join(" && "))
    }

    fn logic(
        &self,
        word: &str,
        value: &Json,
        here: &str,
        at: &str,
        depth: usize,
    ) -> Result<String> {
        let items = value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| wrong(at, "takes a list of at least one query"))?;
        let mut parts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}.{index}");
            let map = item.as_object().filter(|map| !map.is_empty());
            let map = map.ok_or_else(|| wrong(&at, "is not a query"))?;
            parts.push(format!("({})", self.element(map, here, &at, depth + 1)?));
        }
        Ok(match word {
            "$and" => format!("({})", parts.join(" && ")),
            "$or" => format!("({})", parts.join(" || ")),
            _ => other_than(&parts.join(" || ")),
        })
    }

    fn field(
        &self,
        field: &str,
        value: &Json,
        here: &str,
        at: &str,
        depth: usize,
    ) -> Result<String> {
        let below = led(here, field, at)?;
        match value {
            Json::Object(map) if !map.is_empty() && map.keys().all(|key| key.starts_with('$')) => {
                let mut parts = Vec::with_capacity(map.len());
                for (word, operand) in map {
                    parts.push(self.test(word, operand, &below, &format!("{at}.{word}"), depth)?);
                }
                Ok(parts.join(" && "))
            }
            Json::Object(_) => Err(wrong(at, "stands beside an object without operators")
                .hint(r#"write {"field": {"$eq": value}}"#)),
            Json::Array(_) => self.test("$in", value, &below, at, depth),
            scalar => self.test("$eq", scalar, &below, at, depth),
        }
    }

    fn test(
        &self,
        word: &str,
        operand: &Json,
        here: &str,
        at: &str,
        depth: usize,
    ) -> Result<String> {
        let compared = |sign: &str| match operand {
            Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                scalar(operand, at).map(|value| format!("{here} {sign} {value}"))
            }
            Json::Null | Json::Array(_) | Json::Object(_) => {
                Err(wrong(at, "takes one plain value"))
            }
        };
        match word {
            "$eq" => self.equal(operand, here, at),
            "$ne" => Ok(other_than(&self.equal(operand, here, at)?)),
            "$gt" => compared(">"),
            "$gte" => compared(">="),
            "$lt" => compared("<"),
            "$lte" => compared("<="),
            "$in" => self.among(operand, here, at),
            "$nin" => Ok(other_than(&self.among(operand, here, at)?)),
            "$all" => match operand.as_array() {
                // No list holds all of nothing.
                Some(items) if items.is_empty() => Ok(String::from(NEVER)),
                Some(items) => {
                    let parts: Vec<String> = items
                        .iter()
                        .map(|item| self.equal(item, here, at))
                        .collect::<Result<_>>()?;
                    Ok(format!("({})", parts.join(" && ")))
                }
                None => Err(wrong(at, "takes a list")),
            },
            "$size" => match operand.as_u64() {
                // What is no list has the size 1 to a path.
                Some(size) => {
                    Ok(format!(r#"({here}.type() == "array" && {here}.size() == {size})"#))
                }
                None => Err(wrong(at, "takes a whole number from 0")),
            },
            "$exists" => match operand {
                Json::Bool(true) => Ok(format!("exists({here})")),
                Json::Bool(false) => Ok(format!("!exists({here})")),
                _ => Err(wrong(at, "takes true or false")),
            },
            "$regex" => match operand {
                Json::String(pattern) => Ok(format!("{here} like_regex {}", quoted(pattern))),
                _ => Err(wrong(at, "takes a pattern as text")),
            },
            "$not" => match operand.as_object().filter(|map| !map.is_empty()) {
                Some(map) if map.keys().all(|key| key.starts_with('$')) => {
                    Ok(other_than(&self.element(map, here, at, depth + 1)?))
                }
                _ => Err(wrong(at, "takes an object of operators")),
            },
            "$elemMatch" => match operand.as_object().filter(|map| !map.is_empty()) {
                Some(map) => {
                    let inner = self.element(map, "@", at, depth + 1)?;
                    Ok(format!("exists({here}[*] ? ({inner}))"))
                }
                None => Err(wrong(at, "takes an object of operators or fields")),
            },
            word => Err(unknown(word, at, &OPERATORS)),
        }
    }

    fn equal(&self, operand: &Json, here: &str, at: &str) -> Result<String> {
        match operand {
            Json::Null => Ok(format!("(!exists({here}) || {here} == null)")),
            operand => Ok(format!("{here} == {}", scalar(operand, at)?)),
        }
    }

    fn among(&self, operand: &Json, here: &str, at: &str) -> Result<String> {
        let items = operand.as_array().ok_or_else(|| wrong(at, "takes a list"))?;
        if items.is_empty() {
            return Ok(String::from(NEVER));
        }
        let parts: Vec<String> =
            items.iter().map(|item| self.equal(item, here, at)).collect::<Result<_>>()?;
        Ok(format!("({})", parts.join(" || ")))
    }
}

fn scalar(json: &Json, at: &str) -> Result<String> {
    match json {
        Json::Bool(_) => Ok(json.to_string()),
        // A path knows no powers of ten.
        Json::Number(number) => {
            digits(number).map_err(|why| Error::new(Code::InvalidQuery, why).at(at))
        }
        Json::String(text) => Ok(quoted(text)),
        Json::Null | Json::Array(_) | Json::Object(_) => Err(wrong(at, "takes plain values")),
    }
}

/// Holds where the part does not, whether it is false or cannot be told.
fn other_than(part: &str) -> String {
    format!("!exists(@ ? ({part}))")
}

fn quoted(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}
