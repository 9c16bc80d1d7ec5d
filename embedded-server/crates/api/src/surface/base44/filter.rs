//! Filters in the manner of documents, as conditions of the home surface (`spec/compat.md` A3).
//!
//! Negation is the whole rest: what a condition does not hold for, records without a value
//! included. The home surface knows three values, so every negation is carried down to its tests
//! and there the missing value is named.

use super::home_name;
use crate::surface::reads_as_variable;
use base::{Code, Error, Limits, Result, nearest};
use query::{Filter, Test};
use serde_json::{Map, Value as Json};

/// What stands beside a field.
pub(crate) const OPERATORS: [&str; 13] = [
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
    "$elemMatch",
];

/// What stands in the place of a field, and `$not` in both places.
pub(crate) const LOGIC: [&str; 4] = ["$and", "$or", "$nor", "$not"];

/// Reads a filter. `at` is where it stands in the request.
pub(super) fn parse(json: &Json, at: &str, limits: &Limits) -> Result<Filter> {
    let mut parser = Parser { limits, nodes: 0 };
    match json {
        Json::Null => Ok(Filter::All(Vec::new())),
        json => parser.query(json, at, false, 1),
    }
}

/// The equality that a parameter of a list means, whose value is text whatever it stands for: a
/// column reads it as its own kind, a document may hold the text or what it spells.
pub(super) fn parameter(name: &str, value: &str, limits: &Limits) -> Result<Filter> {
    let operand = Json::String(value.to_owned());
    let asked = match serde_json::from_str::<Json>(value) {
        Ok(told @ (Json::Number(_) | Json::Bool(_))) if name.contains('.') => {
            Json::Array(vec![operand, told])
        }
        _ => operand,
    };
    Parser { limits, nodes: 0 }.field(name, &asked, name, false, 1)
}

/// One operator beside one field.
struct Asked<'a> {
    path: String,
    /// What a name with dots leads to inside the document that its first part names.
    keys: Option<&'a str>,
    word: &'a str,
    operand: &'a Json,
    at: String,
}

struct Parser<'a> {
    limits: &'a Limits,
    nodes: usize,
}

impl Parser<'_> {
    /// A query: fields and logic, all of which hold, or (negated) at least one of which does not.
    fn query(&mut self, json: &Json, at: &str, negated: bool, depth: usize) -> Result<Filter> {
        self.bound_depth(at, depth)?;
        let Json::Object(map) = json else {
            return Err(wrong(at, "a query is an object").hint(r#"write {"field": value}"#));
        };
        let mut parts = Vec::with_capacity(map.len());
        for (key, value) in map {
            let at = format!("{at}.{key}");
            match key.as_str() {
                "$and" => parts.push(both(self.list(value, &at, negated, depth)?, !negated)),
                "$or" => parts.push(both(self.list(value, &at, negated, depth)?, negated)),
                "$nor" => parts.push(both(self.list(value, &at, !negated, depth)?, !negated)),
                "$not" => parts.push(self.query(value, &at, !negated, depth + 1)?),
                word if word.starts_with('$') => return Err(unknown(word, &at, &LOGIC)),
                field => parts.push(self.field(field, value, &at, negated, depth)?),
            }
        }
        Ok(joined(parts, !negated))
    }

    /// The queries of `$and`, `$or` and `$nor`.
    fn list(&mut self, json: &Json, at: &str, negated: bool, depth: usize) -> Result<Vec<Filter>> {
        self.count(at)?;
        let items = json.as_array().filter(|items| !items.is_empty());
        let Some(items) = items else {
            return Err(wrong(at, "takes a list of at least one query"));
        };
        let mut parts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            parts.push(self.query(item, &format!("{at}.{index}"), negated, depth + 1)?);
        }
        Ok(parts)
    }

    fn field(
        &mut self,
        field: &str,
        value: &Json,
        at: &str,
        negated: bool,
        depth: usize,
    ) -> Result<Filter> {
        if field.split('.').any(str::is_empty) {
            return Err(wrong(at, "names no field"));
        }
        // Relations are ids here, so a dot always leads into a document.
        let (first, keys) = match field.split_once('.') {
            Some((first, keys)) => (first, Some(keys)),
            None => (field, None),
        };
        let path = home_name(first);
        let asked =
            |word, operand| Asked { path: path.clone(), keys, word, operand, at: at.into() };
        match value {
            Json::Object(map) => {
                if map.is_empty() || map.keys().any(|key| !key.starts_with('$')) {
                    return Err(wrong(at, "stands beside an object without operators")
                        .hint(r#"write {"field": {"$eq": value}}"#));
                }
                self.operators(map, &asked("", value), negated, depth)
            }
            Json::Array(_) => self.test(&asked("$in", value), negated),
            _ => self.test(&asked("$eq", value), negated),
        }
    }

    /// Several operators beside one field.
    fn operators(
        &mut self,
        map: &Map<String, Json>,
        field: &Asked<'_>,
        negated: bool,
        depth: usize,
    ) -> Result<Filter> {
        self.bound_depth(&field.at, depth)?;
        let mut parts = Vec::with_capacity(map.len());
        for (word, operand) in map {
            let at = format!("{}.{word}", field.at);
            if word != "$not" {
                let (path, at) = (field.path.clone(), field.at.clone());
                let asked = Asked { path, keys: field.keys, word, operand, at };
                parts.push(self.test(&asked, negated)?);
                continue;
            }
            self.count(&at)?;
            let inner = operand.as_object().filter(|map| !map.is_empty());
            let Some(inner) = inner.filter(|map| map.keys().all(|key| key.starts_with('$'))) else {
                return Err(wrong(&at, "takes an object of operators"));
            };
            let field = Asked { path: field.path.clone(), keys: field.keys, word, operand, at };
            parts.push(self.operators(inner, &field, !negated, depth + 1)?);
        }
        Ok(joined(parts, !negated))
    }

    fn test(&mut self, asked: &Asked<'_>, negated: bool) -> Result<Filter> {
        self.count(&asked.at)?;
        if let Some(keys) = asked.keys {
            return self.inside(asked, keys, negated);
        }
        let operand = asked.operand;
        let plain = |word: &str| Ok(asked.is(word, operand.clone()));
        match (asked.word, negated) {
            ("$eq", false) | ("$ne", true) => plain("eq"),
            ("$ne", false) | ("$eq", true) if operand.is_null() => plain("ne"),
            ("$ne", false) | ("$eq", true) => Ok(self.or_missing(asked, plain("ne")?)),
            // Not `lte` for the negation of `gt`: neither holds for a value of another kind.
            ("$gt", negated) => self.either(asked, asked.ordered("gt")?, negated),
            ("$gte", negated) => self.either(asked, asked.ordered("gte")?, negated),
            ("$lt", negated) => self.either(asked, asked.ordered("lt")?, negated),
            ("$lte", negated) => self.either(asked, asked.ordered("lte")?, negated),
            ("$in", false) | ("$nin", true) => self.listed(asked).and_then(|_| plain("in")),
            ("$nin", false) | ("$in", true) => {
                let list = self.listed(asked)?;
                let test = plain("notIn")?;
                // A null in the list asks for a value.
                let missing = !list.is_empty() && !list.iter().any(Json::is_null);
                Ok(if missing { self.or_missing(asked, test) } else { test })
            }
            ("$exists", negated) => match operand {
                Json::Bool(wanted) if *wanted != negated => {
                    Ok(asked.is("isNotNull", Json::Bool(true)))
                }
                Json::Bool(_) => Ok(asked.is("isNull", Json::Bool(true))),
                _ => Err(asked.wants("true or false")),
            },
            ("$regex", negated) => {
                if !operand.is_string() {
                    return Err(asked.wants("a pattern as text"));
                }
                self.either(asked, asked.is("regex", operand.clone()), negated)
            }
            ("$all", negated) => {
                // No list holds all of nothing.
                let word = if self.listed(asked)?.is_empty() { "in" } else { "arraycontains" };
                self.either(asked, asked.is(word, operand.clone()), negated)
            }
            ("$size", negated) => {
                if operand.as_u64().is_none() {
                    return Err(asked.wants("a whole number from 0"));
                }
                self.either(asked, asked.is("arraylength", operand.clone()), negated)
            }
            ("$elemMatch", negated) => {
                let path = super::element::path(operand, &asked.at, self.limits)?;
                self.either(asked, asked.found(path), negated)
            }
            (word, _) => Err(unknown(word, &format!("{}.{word}", asked.at), &OPERATORS)),
        }
    }

    /// A test of what the keys of a name with dots lead to.
    fn inside(&self, asked: &Asked<'_>, keys: &str, negated: bool) -> Result<Filter> {
        let (word, negated) = match (asked.word, asked.operand) {
            ("$ne", _) => ("$eq", !negated),
            ("$nin", _) => ("$in", !negated),
            ("$exists", Json::Bool(false)) => ("$exists", !negated),
            (word, _) => (word, negated),
        };
        if matches!(word, "$in" | "$all") {
            self.listed(asked)?;
        }
        let missing = match word {
            "$eq" => asked.operand.is_null(),
            "$in" => asked.operand.as_array().is_some_and(|list| list.iter().any(Json::is_null)),
            _ => false,
        };
        let operand = if word == "$exists" && asked.operand.is_boolean() {
            &Json::Bool(true)
        } else {
            asked.operand
        };
        let at = format!("{}.{}", asked.at, asked.word);
        let below = |word: &str, operand: &Json| {
            super::element::below(keys, word, operand, &at, self.limits)
                .map(|path| asked.found(path))
        };
        let found = match (word, operand.as_array()) {
            // Each for itself: where a list stands on the way, its elements hold them together.
            ("$all", Some(items)) if !items.is_empty() => {
                joined(items.iter().map(|item| below("$eq", item)).collect::<Result<_>>()?, true)
            }
            _ => below(word, operand)?,
        };
        Ok(match (missing, negated) {
            // Where there is no document, there is nothing in it.
            (true, false) => self.or_missing(asked, found),
            (true, true) => Filter::All(vec![
                Filter::Not(Box::new(found)),
                asked.is("isNotNull", Json::Bool(true)),
            ]),
            (false, negated) => self.either(asked, found, negated)?,
        })
    }

    fn either(&self, asked: &Asked<'_>, test: Filter, negated: bool) -> Result<Filter> {
        if !negated {
            return Ok(test);
        }
        Ok(self.or_missing(asked, Filter::Not(Box::new(test))))
    }

    /// The test, or no value at all.
    fn or_missing(&self, asked: &Asked<'_>, test: Filter) -> Filter {
        Filter::Any(vec![test, asked.is("isNull", Json::Bool(true))])
    }

    fn listed<'j>(&self, asked: &Asked<'j>) -> Result<&'j Vec<Json>> {
        let Some(list) = asked.operand.as_array() else { return Err(asked.wants("a list")) };
        let most = self.limits.list_values_max;
        if list.len() > most {
            return Err(asked.wants(&format!("at most {most} values, not {}", list.len())));
        }
        Ok(list)
    }

    fn count(&mut self, at: &str) -> Result<()> {
        self.nodes += 1;
        let most = self.limits.filter_nodes_max;
        if self.nodes > most {
            return Err(wrong(at, &format!("is one condition more than the {most} allowed")));
        }
        Ok(())
    }

    fn bound_depth(&self, at: &str, depth: usize) -> Result<()> {
        let most = self.limits.filter_depth_max;
        if depth > most {
            return Err(wrong(at, &format!("is nested deeper than the {most} levels allowed")));
        }
        Ok(())
    }
}

impl Asked<'_> {
    fn test(&self, operator: &str, operand: Json) -> Test {
        Test {
            path: self.path.clone(),
            operator: operator.to_owned(),
            literal: reads_as_variable(&operand),
            operand,
            cast: None,
            at: self.at.clone(),
        }
    }

    fn is(&self, operator: &str, operand: Json) -> Filter {
        Filter::Test(self.test(operator, operand))
    }

    /// The test that a path finds something.
    fn found(&self, path: String) -> Filter {
        let mut test = self.test("jsonbPathExists", Json::String(path));
        // It begins with the root sign, and is ours.
        test.literal = false;
        Filter::Test(test)
    }

    fn ordered(&self, word: &str) -> Result<Filter> {
        match self.operand {
            Json::Null | Json::Array(_) | Json::Object(_) => Err(self.wants("one plain value")),
            Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                Ok(self.is(word, self.operand.clone()))
            }
        }
    }

    fn wants(&self, what: &str) -> Error {
        wrong(&format!("{}.{}", self.at, self.word), &format!("takes {what}"))
    }
}

/// All parts, or (`all` is false) any.
fn both(parts: Vec<Filter>, all: bool) -> Filter {
    if all { Filter::All(parts) } else { Filter::Any(parts) }
}

/// All parts, or (`all` is false) any; one part is itself.
fn joined(mut parts: Vec<Filter>, all: bool) -> Filter {
    match (parts.len(), all) {
        (1, _) => parts.remove(0),
        // Nothing asked holds always, so its negation never does: no value is among none.
        (0, false) => Filter::Not(Box::new(Filter::All(parts))),
        (_, all) => both(parts, all),
    }
}

pub(super) fn wrong(at: &str, what: &str) -> Error {
    let last = at.rsplit('.').next().unwrap_or(at);
    Error::new(Code::InvalidQuery, format!("`{last}` {what}")).at(at)
}

/// The refusal of a word that begins with `$` and means nothing here.
pub(super) fn unknown(word: &str, at: &str, known: &[&'static str]) -> Error {
    let error = Error::new(Code::UnknownOperator, format!("`{word}` is not an operator here"));
    let all = || OPERATORS.iter().chain(&LOGIC).chain(known).copied();
    match nearest(word, known.iter().copied()).or_else(|| nearest(word, all())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("there are {}", known.join(", "))),
    }
    .at(at)
}
