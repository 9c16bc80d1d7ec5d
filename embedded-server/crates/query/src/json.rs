//! The home spelling of filters, read and written by hand, because policies are stored in it.

use crate::{Filter, RelConditions, Test};
use base::{Code, Error, Limits, Result};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// The word beside an operator that says that text in its operand stands for itself.
const LITERAL: &str = "$literal";

/// Reads a filter in the home spelling. `at` is where it stands in the request (`filter`).
///
/// Names are not looked up: `{category: {name: {eq: 1}}}` becomes a test of `category` with the
/// operator `name`, and resolving decides by what `category` is.
pub fn parse_filter(json: &Json, at: &str, limits: &Limits) -> Result<Filter> {
    parsed(json, at, Parser { limits, nodes: 0, loose: false })
}

/// The same where the logical words of other languages are names like any other, which nothing has:
/// so the original takes them.
pub fn parse_loose_filter(json: &Json, at: &str, limits: &Limits) -> Result<Filter> {
    parsed(json, at, Parser { limits, nodes: 0, loose: true })
}

fn parsed(json: &Json, at: &str, mut parser: Parser<'_>) -> Result<Filter> {
    match json {
        Json::Null => Ok(Filter::All(Vec::new())),
        json => parser.filter(json, at, 1),
    }
}

/// The object or list that a text holds, for places where nothing else can be meant: what stands
/// behind brackets in a query string is text, whatever was put there.
#[must_use]
pub fn held(json: &Json) -> Cow<'_, Json> {
    match json {
        Json::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).map_or(Cow::Borrowed(json), Cow::Owned)
        }
        json => Cow::Borrowed(json),
    }
}

struct Parser<'a> {
    limits: &'a Limits,
    nodes: usize,
    loose: bool,
}

impl Parser<'_> {
    fn filter(&mut self, json: &Json, at: &str, depth: usize) -> Result<Filter> {
        self.bound_depth(at, depth)?;
        let told = held(json);
        let Json::Object(map) = told.as_ref() else {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("a filter is an object, not {}", kind_of(json)),
            )
            .at(at)
            .hint(r#"write {"field": {"eq": value}}"#));
        };
        let mut parts = Vec::with_capacity(map.len());
        for (key, value) in map {
            let at = format!("{at}.{key}");
            match key.as_str() {
                "AND" => parts.push(Filter::All(self.filters(value, &at, depth)?)),
                "OR" => parts.push(Filter::Any(self.filters(value, &at, depth)?)),
                "NOT" => {
                    let part = if held(value).is_array() {
                        one_or_all(self.filters(value, &at, depth)?)
                    } else {
                        self.count(&at)?;
                        self.filter(value, &at, depth + 1)?
                    };
                    parts.push(Filter::Not(Box::new(part)));
                }
                key if !self.loose && is_misspelt_logic(key) => {
                    return Err(misspelt_logic(key, &at));
                }
                key => self.tests(path_of(key, &at)?, value, &at, depth, &mut parts)?,
            }
        }
        Ok(one_or_all(parts))
    }

    /// The parts of an AND or OR: a list, or one object that stands for a list of one.
    fn filters(&mut self, json: &Json, at: &str, depth: usize) -> Result<Vec<Filter>> {
        self.count(at)?;
        match held(json).as_ref() {
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.filter(item, &format!("{at}.{index}"), depth + 1))
                .collect(),
            object @ Json::Object(_) => Ok(vec![self.filter(object, at, depth + 1)?]),
            other => Err(Error::new(
                Code::InvalidQuery,
                format!("AND and OR take a list of filters, not {}", kind_of(other)),
            )
            .at(at)),
        }
    }

    fn tests(
        &mut self,
        path: &str,
        value: &Json,
        at: &str,
        depth: usize,
        parts: &mut Vec<Filter>,
    ) -> Result<()> {
        let mut push = |operator: &str, operand: &Json, cast: Option<&str>, literal: bool| {
            parts.push(Filter::Test(Test {
                path: path.to_owned(),
                operator: operator.to_owned(),
                operand: operand.clone(),
                cast: cast.map(str::to_owned),
                literal,
                at: at.to_owned(),
            }));
        };
        let Json::Object(map) = value else {
            self.count(at)?;
            push("eq", value, None, false);
            return Ok(());
        };
        self.bound_depth(at, depth + depth_of(value, self.limits.filter_depth_max))?;
        // A `cast` that stands alone is a nested field of that name, or nothing at all.
        let cast = if map.len() > 1 { map.get("cast") } else { None };
        let has_cast = cast.is_some_and(|cast| cast.is_string() || cast.is_null());
        let cast = cast.and_then(Json::as_str).map(str::trim).filter(|cast| !cast.is_empty());
        let literal = map.get(LITERAL).and_then(Json::as_bool);
        let before = self.nodes;
        for (operator, operand) in map {
            let beside = has_cast && operator == "cast" || literal.is_some() && operator == LITERAL;
            if !beside {
                self.count(at)?;
                push(operator, operand, cast, literal == Some(true));
            }
        }
        if self.nodes == before {
            return Err(Error::new(Code::InvalidQuery, format!("`{path}` carries no operator"))
                .at(at)
                .hint(r#"write {"field": {"eq": value}} or leave the field out"#));
        }
        Ok(())
    }

    fn count(&mut self, at: &str) -> Result<()> {
        self.nodes += 1;
        let most = self.limits.filter_nodes_max;
        if self.nodes > most {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("a filter may have {most} conditions; this one has more"),
            )
            .at(at));
        }
        Ok(())
    }

    fn bound_depth(&self, at: &str, depth: usize) -> Result<()> {
        let most = self.limits.filter_depth_max;
        if depth > most {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("a filter may be nested {most} deep; this one is deeper"),
            )
            .at(at));
        }
        Ok(())
    }
}

/// Nesting of a JSON value, counted no further than `most`.
fn depth_of(json: &Json, most: usize) -> usize {
    let inner: Box<dyn Iterator<Item = &Json>> = match json {
        Json::Array(items) => Box::new(items.iter()),
        Json::Object(map) => Box::new(map.values()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => return 0,
    };
    if most == 0 {
        return 1;
    }
    1 + inner.map(|part| depth_of(part, most - 1)).max().unwrap_or(0)
}

/// `$path$` is the same as `path`.
fn path_of<'a>(key: &'a str, at: &str) -> Result<&'a str> {
    let path = key.strip_prefix('$').and_then(|key| key.strip_suffix('$')).unwrap_or(key);
    if path.is_empty() {
        return Err(Error::new(Code::InvalidQuery, "a filter key is empty").at(at));
    }
    Ok(path)
}

fn one_or_all(mut parts: Vec<Filter>) -> Filter {
    match parts.len() {
        1 => parts.remove(0),
        _ => Filter::All(parts),
    }
}

/// `and`, `_or`, `$not`: words other query languages use. The reference ignores them and answers
/// everything, so they are refused by name.
fn is_misspelt_logic(key: &str) -> bool {
    if key.len() > 2 && key.starts_with('$') && key.ends_with('$') {
        return false;
    }
    let plain = key.trim_matches(['_', '$']);
    ["and", "or", "not"].iter().any(|word| plain.eq_ignore_ascii_case(word))
        && (plain.len() != key.len() || plain != plain.to_ascii_uppercase())
}

fn misspelt_logic(key: &str, at: &str) -> Error {
    let word = key.trim_matches(['_', '$']).to_ascii_uppercase();
    Error::new(Code::InvalidQuery, format!("`{key}` is not a logical word"))
        .at(at)
        .hint(format!("did you mean `{word}`?"))
}

pub(crate) fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// Writes a filter in the home spelling. Reading it back gives a filter of the same meaning.
#[must_use]
pub fn print_filter(filter: &Filter) -> Json {
    let list = |parts: &[Filter]| Json::Array(parts.iter().map(print_filter).collect());
    let object = |key: &str, value: Json| Json::Object(Map::from_iter([(key.to_owned(), value)]));
    match filter {
        Filter::All(parts) if parts.is_empty() => Json::Object(Map::new()),
        Filter::All(parts) => object("AND", list(parts)),
        Filter::Any(parts) => object("OR", list(parts)),
        Filter::Not(part) => object("NOT", print_filter(part)),
        Filter::Test(test) => {
            let mut operators = Map::from_iter([(test.operator.clone(), test.operand.clone())]);
            if let Some(cast) = &test.cast {
                operators.insert(String::from("cast"), Json::String(cast.clone()));
            }
            if test.literal {
                operators.insert(String::from(LITERAL), Json::Bool(true));
            }
            // A path that reads as a logical word keeps its meaning between dollar signs.
            let logical = matches!(test.path.as_str(), "AND" | "OR" | "NOT");
            let key = if logical || is_misspelt_logic(&test.path) {
                format!("${}$", test.path)
            } else {
                test.path.clone()
            };
            object(&key, Json::Object(operators))
        }
    }
}

/// Reads `relConditions`. `is_relation` says whether a dotted path from the root is a relation:
/// such keys go one level down, all others are conditions on the records of that level.
pub fn parse_rel_conditions(
    json: &Json,
    at: &str,
    is_relation: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<RelConditions> {
    match json {
        Json::Null => Ok(RelConditions::default()),
        Json::Object(map) => {
            let mut parser = Parser { limits, nodes: 0, loose: false };
            let mut by_name = IndexMap::new();
            for (name, value) in map {
                let at = format!("{at}.{name}");
                if matches!(name.as_str(), "AND" | "OR" | "NOT") || is_misspelt_logic(name) {
                    return Err(Error::new(
                        Code::InvalidQuery,
                        format!("`{name}` stands outside of a relation"),
                    )
                    .at(at)
                    .hint(r#"write {"relation": {"field": {"eq": value}}}"#));
                }
                let level = parser.level(name, value, &at, is_relation, 1)?;
                by_name.insert(name.clone(), level);
            }
            Ok(RelConditions(by_name))
        }
        other => Err(Error::new(
            Code::InvalidQuery,
            format!("`relConditions` is an object by relation name, not {}", kind_of(other)),
        )
        .at(at)),
    }
}

impl Parser<'_> {
    fn level(
        &mut self,
        path: &str,
        json: &Json,
        at: &str,
        is_relation: &dyn Fn(&str) -> bool,
        depth: usize,
    ) -> Result<(Option<Filter>, RelConditions)> {
        self.bound_depth(at, depth)?;
        let told = held(json);
        let Json::Object(map) = told.as_ref() else {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("the conditions of `{path}` are an object, not {}", kind_of(json)),
            )
            .at(at));
        };
        let mut conditions = Map::new();
        let mut nested = IndexMap::new();
        for (key, value) in map {
            let below = format!("{path}.{key}");
            // Behind brackets the conditions of a relation are a text.
            if held(value).is_object() && is_relation(&below) {
                let at = format!("{at}.{key}");
                nested.insert(key.clone(), self.level(&below, value, &at, is_relation, depth + 1)?);
            } else {
                conditions.insert(key.clone(), value.clone());
            }
        }
        let filter = if conditions.is_empty() {
            None
        } else {
            Some(self.filter(&Json::Object(conditions), at, depth)?)
        };
        Ok((filter, RelConditions(nested)))
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
