//! Filters, as the model reads them.

use super::value::{self, Key, alike};
use super::{Column, Joined, Judged, Truth, Unsure, View, document, text};
use crate::soak::values::{Family, Type};
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::BTreeSet;

const ODD: Unsure = Unsure("an operand that the model does not know");

impl<'m> View<'m, '_> {
    /// The paths of relations that a filter walks.
    pub(super) fn paths(
        &self,
        at: usize,
        filter: &Json,
        paths: &mut BTreeSet<String>,
    ) -> Judged<()> {
        for (key, test) in filter.as_object().ok_or(ODD)? {
            match key.as_str() {
                "AND" | "OR" => {
                    for part in test.as_array().ok_or(ODD)? {
                        self.paths(at, part, paths)?;
                    }
                }
                "NOT" => self.paths(at, test, paths)?,
                dotted => {
                    paths.insert(self.column(at, dotted)?.path);
                    for operand in
                        test.as_object().into_iter().flatten().map(|(_, operand)| operand)
                    {
                        if let Some(other) = other_column(operand) {
                            paths.insert(self.column(at, other)?.path);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn holds(&self, at: usize, filter: &Json, way: &Joined<'m>) -> Judged<Truth> {
        let mut all = Some(true);
        for (key, test) in filter.as_object().ok_or(ODD)? {
            let one = match key.as_str() {
                "AND" => self.every(at, test, way, false)?,
                // Nothing to choose from restricts nothing.
                "OR" if test.as_array().is_some_and(Vec::is_empty) => Some(true),
                "OR" => self.every(at, test, way, true)?,
                "NOT" => self.holds(at, test, way)?.map(|truth| !truth),
                dotted => self.tests(at, &self.column(at, dotted)?, test, way)?,
            };
            all = both(all, one);
        }
        Ok(all)
    }

    fn every(&self, at: usize, parts: &Json, way: &Joined<'m>, any: bool) -> Judged<Truth> {
        let mut truths = Vec::new();
        for part in parts.as_array().ok_or(ODD)? {
            truths.push(self.holds(at, part, way)?);
        }
        Ok(if truths.contains(&Some(any)) {
            Some(any)
        } else if truths.contains(&None) {
            None
        } else {
            Some(!any)
        })
    }

    fn tests(&self, at: usize, column: &Column, test: &Json, way: &Joined<'m>) -> Judged<Truth> {
        let value = self.value(way, column);
        let Json::Object(tests) = test else { return compared("eq", column.kind, &value, test) };
        if tests.contains_key("cast") {
            return Err(Unsure("a cast"));
        }
        let mut all = Some(true);
        for (operator, operand) in tests {
            let one = match other_column(operand) {
                Some(other) => {
                    let other = self.column(at, other)?;
                    if other.kind.name != column.kind.name {
                        return Err(Unsure("columns of two types"));
                    }
                    let (a, b) = (self.key_of(way, column)?, self.key_of(way, &other)?);
                    match (a, b) {
                        (Some(a), Some(b)) => Some(by_order(operator, a.order(&b))?),
                        _ => None,
                    }
                }
                None => compared(operator, column.kind, &value, operand)?,
            };
            all = both(all, one);
        }
        Ok(all)
    }
}

fn both(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// The name in `$COL(name)`.
fn other_column(operand: &Json) -> Option<&str> {
    operand.as_str()?.strip_prefix("$COL(")?.strip_suffix(')')
}

fn by_order(operator: &str, order: Ordering) -> Judged<bool> {
    Ok(match operator {
        "eq" => order == Ordering::Equal,
        "ne" => order != Ordering::Equal,
        "gt" => order == Ordering::Greater,
        "gte" => order != Ordering::Less,
        "lt" => order == Ordering::Less,
        "lte" => order != Ordering::Greater,
        _ => return Err(ODD),
    })
}

/// One test of one value.
fn compared(operator: &str, kind: &Type, value: &Json, operand: &Json) -> Judged<Truth> {
    if operand.as_str().is_some_and(|text| text.starts_with('$')) {
        return Err(Unsure("a variable"));
    }
    let textual = matches!(kind.family, Family::Text | Family::Enum);
    match operator {
        "isNull" | "isNotNull" => {
            let asked = match operand {
                Json::Bool(asked) => *asked,
                Json::String(word) if word == "true" || word == "false" => word == "true",
                _ => return Err(ODD),
            };
            return Ok(Some((value.is_null() == asked) == (operator == "isNull")));
        }
        "eq" | "is" if operand.is_null() => return Ok(Some(value.is_null())),
        "ne" | "neq" | "not" if operand.is_null() => return Ok(Some(!value.is_null())),
        "empty" => {
            let Json::Bool(asked) = operand else { return Err(ODD) };
            let empty = match value {
                Json::Null => true,
                Json::String(text) if textual => text.is_empty(),
                Json::Array(items) if matches!(kind.family, Family::Array | Family::Json) => {
                    items.is_empty()
                }
                Json::Object(map) if kind.family == Family::Json => map.is_empty(),
                Json::String(_) if kind.family == Family::Json => {
                    return Err(Unsure("an empty text in a document"));
                }
                _ if matches!(kind.family, Family::Json) || textual => false,
                _ => return Err(ODD),
            };
            return Ok(Some(empty == *asked));
        }
        "in" | "notIn" | "nin" => {
            // A null in the list is the missing value.
            let (nulls, list): (Vec<&Json>, Vec<&Json>) =
                operand.as_array().ok_or(ODD)?.iter().partition(|one| one.is_null());
            if kind.family == Family::Array && list.iter().any(|one| one.is_array()) {
                return Err(Unsure("lists of lists"));
            }
            let mut among = false;
            for one in &list {
                if !value.is_null() {
                    among |= equal(kind, value, one)?;
                }
            }
            let found = match value.is_null() {
                _ if list.is_empty() => Some(false),
                true => None,
                false => Some(among),
            };
            let missing = !nulls.is_empty() && value.is_null();
            let found = if missing { Some(true) } else { found };
            // Without a value to be different from, only a list without one is no matter.
            return Ok(match found {
                Some(found) => Some(found == (operator == "in")),
                None if !nulls.is_empty() => Some(false),
                None => None,
            });
        }
        "jsonbHasAllKeys" | "jsonhasallkeys" if *operand == Json::Array(Vec::new()) => {
            return Ok(Some(true));
        }
        "jsonbHasAnyKeys" | "jsonhasanykeys" if *operand == Json::Array(Vec::new()) => {
            return Ok(Some(false));
        }
        _ => {}
    }
    if operand.is_null() {
        return Err(Unsure("null as an operand"));
    }
    if value.is_null() {
        // Whether the operand is one at all is not asked of a missing value.
        return match operator {
            "arraylength" | "arrayempty" => Err(Unsure("the length of nothing")),
            // What a key of nothing is, is nothing in one reading and missing in another.
            operator
                if kind.family == Family::Json
                    && (operator.starts_with("jsonbKey") || operator == "jsonbDeepValue") =>
            {
                Err(Unsure("a document that is missing"))
            }
            _ => Ok(None),
        };
    }
    let truth = match operator {
        "eq" | "is" => equal(kind, value, operand)?,
        "ne" | "neq" | "not" => !equal(kind, value, operand)?,
        "gt" | "gte" | "lt" | "lte" => {
            let order = value::key(kind, value)?.order(&value::key(kind, operand)?);
            by_order(operator, order)?
        }
        "between" | "notBetween" | "nbetween" => {
            let [low, high] = operand.as_array().ok_or(ODD)?.as_slice() else { return Err(ODD) };
            let found = value::key(kind, value)?;
            let within = found.order(&value::key(kind, low)?) != Ordering::Less
                && found.order(&value::key(kind, high)?) != Ordering::Greater;
            within == (operator == "between")
        }
        _ => match kind.family {
            Family::Text | Family::Enum => {
                let operand = operand.as_str().ok_or(ODD)?;
                let text = value.as_str().unwrap_or_default();
                text::holds(operator, text, operand, kind.name == "CiText")?
            }
            Family::Array => return list(operator, kind.inner, value, operand).map(Some),
            Family::Json => return document::holds(operator, value, operand),
            Family::Range if operator == "contains" && !operand.is_object() => {
                ranged(kind.inner, value, operand)?
            }
            _ => return Err(Unsure("a test that the model does not know")),
        },
    };
    Ok(Some(truth))
}

fn equal(kind: &Type, value: &Json, operand: &Json) -> Judged<bool> {
    match kind.family {
        Family::Json => Ok(alike(value, operand)),
        // One value that is no list is asked of the elements.
        Family::Array if !operand.is_array() => {
            let one = value::scalar(kind.inner, operand)?;
            Ok(keys(kind.inner, value)?.contains(&Some(one)))
        }
        Family::Array => {
            let (a, b) = (keys(kind.inner, value)?, keys(kind.inner, operand)?);
            Ok(a == b)
        }
        Family::Range | Family::Geo => Err(Unsure("ranges or shapes that are equal")),
        _ => Ok(value::key(kind, value)?.order(&value::key(kind, operand)?) == Ordering::Equal),
    }
}

/// The elements of a list; `None` is NULL.
fn keys(inner: Family, list: &Json) -> Judged<Vec<Option<Key>>> {
    let items = match list {
        Json::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let key = |item: &Json| match item {
        Json::Null => Err(Unsure("null in a list")),
        item => value::scalar(inner, item).map(Some),
    };
    items.iter().map(key).collect()
}

fn list(operator: &str, inner: Family, value: &Json, operand: &Json) -> Judged<bool> {
    let items = keys(inner, value)?;
    match operator {
        "arrayempty" => {
            return match operand {
                Json::Bool(asked) => Ok(items.is_empty() == *asked),
                _ => Err(ODD),
            };
        }
        "arraylength" => {
            let (operator, wanted) = match operand {
                Json::Object(map) if map.contains_key("op") => {
                    (map["op"].as_str().unwrap_or_default(), &map["value"])
                }
                Json::Object(map) => {
                    let (operator, wanted) = map.iter().next().ok_or(ODD)?;
                    (operator.as_str(), wanted)
                }
                wanted => ("eq", wanted),
            };
            let wanted = usize::try_from(wanted.as_u64().ok_or(ODD)?).map_err(|_| ODD)?;
            return by_order(operator, items.len().cmp(&wanted));
        }
        _ => {}
    }
    let wanted = keys(inner, operand)?;
    Ok(match operator {
        "arraycontains" | "contains" => wanted.iter().all(|one| items.contains(one)),
        "ncontains" => !wanted.iter().all(|one| items.contains(one)),
        "arraycontained" => items.iter().all(|one| wanted.contains(one)),
        "arraycontainsany" | "arrayoverlap" | "overlaps" => {
            items.iter().any(|one| wanted.contains(one))
        }
        _ => return Err(Unsure("a test of lists that the model does not know")),
    })
}

/// Whether a range holds a scalar.
fn ranged(inner: Family, range: &Json, scalar: &Json) -> Judged<bool> {
    if scalar.is_array() {
        return Err(ODD);
    }
    let wanted = value::scalar(inner, scalar)?;
    let inside = |end: &str, closed: &str, outside: Ordering| -> Judged<bool> {
        if range[end].is_null() {
            return Ok(true);
        }
        let order = wanted.order(&value::scalar(inner, &range[end])?);
        Ok(order != outside && (order != Ordering::Equal || range[closed] == true))
    };
    Ok(inside("lower", "lowerInclusive", Ordering::Less)?
        && inside("upper", "upperInclusive", Ordering::Greater)?)
}
