//! `where` as conditions of the home surface (`spec/compat.md` B2.1).
//!
//! Names without `$` walk relations, so `where[author][name][$eq]=x` tests `author.name`. Values
//! arrive as text and are typed by their column below; `null`, `true` and `false` are those.

use super::fault::{Fault, Refused, Result, field_name};
use super::params::{Node, position};
use crate::surface::reads_as_variable;
use base::{Limits, nearest};
use query::{Filter, Test};
use serde_json::Value as Json;

/// Deepest nesting of `$and`, `$or`, `$not` and of names.
const DEPTH_MAX: usize = 10;
/// Longest value, in signs.
const VALUE_MAX: usize = 1_000;

pub(crate) const OPERATORS: [&str; 16] = [
    "$eq",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$nin",
    "$like",
    "$ilike",
    "$contains",
    "$notContains",
    "$startsWith",
    "$endsWith",
    "$null",
    "$notNull",
];
pub(crate) const LOGIC: [&str; 3] = ["$and", "$or", "$not"];

/// Reads everything under `where`; nothing said is no condition.
pub(super) fn parse(node: &Node, at: &str, limits: &Limits) -> Result<Filter> {
    let mut parser = Parser { limits, nodes: 0 };
    parser.clause(node, "", at, 1)
}

/// A name in brackets and what stands under it.
type Entry<'n> = (&'n String, &'n Node);

struct Parser<'a> {
    limits: &'a Limits,
    nodes: usize,
}

impl Parser<'_> {
    fn clause(&mut self, node: &Node, prefix: &str, at: &str, depth: usize) -> Result<Filter> {
        if !node.values.is_empty() {
            let message = "takes conditions in brackets, not a plain value";
            return Err(Refused::new(Fault::ValueType, at, message)
                .hint("write where[field]=value or where[field][$gt]=value"));
        }
        let entries: Vec<Entry<'_>> = node.below.iter().collect();
        self.entries(&entries, prefix, at, depth)
    }

    /// Fields and logic, all of which hold. `prefix` is the way through relations so far.
    fn entries(
        &mut self,
        entries: &[Entry<'_>],
        prefix: &str,
        at: &str,
        depth: usize,
    ) -> Result<Filter> {
        if depth > DEPTH_MAX {
            let message = format!("conditions may be nested {DEPTH_MAX} deep; these are deeper");
            return Err(Refused::new(Fault::Depth, at, message));
        }
        let mut parts = Vec::with_capacity(entries.len());
        for (key, below) in entries {
            let at = format!("{at}[{key}]");
            match key.as_str() {
                "$and" => parts.push(Filter::All(self.clauses(below, prefix, &at, depth)?)),
                "$or" => parts.push(Filter::Any(self.clauses(below, prefix, &at, depth)?)),
                "$not" => {
                    if below.below.keys().any(|key| position(key).is_some()) {
                        let message = "`$not` takes one condition, not a list";
                        return Err(Refused::new(Fault::Index, at, message));
                    }
                    self.count(&at)?;
                    let inner = self.clause(below, prefix, &at, depth + 1)?;
                    parts.push(Filter::Not(Box::new(inner)));
                }
                word if word.starts_with('$') => return Err(unknown(word, &at, &LOGIC)),
                name => parts.extend(self.field(name, below, prefix, &at, depth)?),
            }
        }
        Ok(one_or_all(parts))
    }

    fn clauses(
        &mut self,
        node: &Node,
        prefix: &str,
        at: &str,
        depth: usize,
    ) -> Result<Vec<Filter>> {
        self.count(at)?;
        let items = node.listed(at)?;
        if items.is_empty() {
            return Err(Refused::new(Fault::Empty, at, "takes at least one condition"));
        }
        let mut parts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            parts.push(self.clause(item, prefix, &format!("{at}[{index}]"), depth + 1)?);
        }
        Ok(parts)
    }

    /// What stands under one name: a value, operators, or the fields of the far collection.
    fn field(
        &mut self,
        name: &str,
        node: &Node,
        prefix: &str,
        at: &str,
        depth: usize,
    ) -> Result<Vec<Filter>> {
        field_name(name, at)?;
        let mut parts = Vec::new();
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match node.values.as_slice() {
            [] => {}
            [value] => {
                let operand = typed(value, at)?;
                parts.push(self.test(&path, "eq", operand, at)?);
            }
            _ => {
                return Err(Refused::new(Fault::ValueType, at, format!("`{name}` stands twice"))
                    .hint("one of several is where[field][$in][0]=a&where[field][$in][1]=b"));
            }
        }
        if node.below.keys().any(|key| position(key).is_some()) {
            return Err(Refused::new(Fault::Index, at, format!("`{name}` takes no positions"))
                .hint("write where[field][$in][0]=value"));
        }
        let (words, names): (Vec<Entry<'_>>, Vec<Entry<'_>>) =
            node.below.iter().partition(|(key, _)| key.starts_with('$') && !is_logic(key));
        for (word, below) in words {
            let at = format!("{at}[{word}]");
            parts.push(self.operator(word, below, &path, &at)?);
        }
        if !names.is_empty() {
            parts.push(self.entries(&names, &path, at, depth + 1)?);
        }
        Ok(parts)
    }

    fn operator(&mut self, word: &str, node: &Node, path: &str, at: &str) -> Result<Filter> {
        let value = || node.one(at).and_then(|value| typed(value, at));
        let text = || {
            let text = node.one(at)?;
            bounded(text, at)?;
            Ok(text.to_owned())
        };
        let (word, operand) = match word {
            "$eq" => ("eq", value()?),
            "$ne" => ("ne", value()?),
            "$gt" => ("gt", ordered(value()?, at)?),
            "$gte" => ("gte", ordered(value()?, at)?),
            "$lt" => ("lt", ordered(value()?, at)?),
            "$lte" => ("lte", ordered(value()?, at)?),
            "$in" => ("in", self.list(node, at)?),
            "$nin" => ("notIn", self.list(node, at)?),
            "$null" => ("isNull", truth(node.one(at)?, at)?),
            "$notNull" => ("isNotNull", truth(node.one(at)?, at)?),
            // The pattern is told whole; at home `like` finds it anywhere.
            "$like" => ("matches", Json::String(text()?)),
            "$ilike" => ("imatches", Json::String(text()?)),
            "$contains" => ("icontains", Json::String(text()?)),
            "$notContains" => {
                let found = self.test(path, "icontains", Json::String(text()?), at)?;
                return Ok(Filter::Not(Box::new(found)));
            }
            // `%` and `_` stand for themselves here, at home they are wild.
            "$startsWith" => ("startsWith", Json::String(tamed(&text()?))),
            "$endsWith" => ("endsWith", Json::String(tamed(&text()?))),
            word => return Err(unknown(word, at, &OPERATORS)),
        };
        self.test(path, word, operand, at)
    }

    /// The values of `$in`: repeated, or by position.
    fn list(&self, node: &Node, at: &str) -> Result<Json> {
        let values: Vec<&str> = match (node.values.as_slice(), node.below.is_empty()) {
            ([_, _, ..], true) => node.values.iter().map(String::as_str).collect(),
            ([text], true) if text.is_empty() => {
                return Err(Refused::new(Fault::Empty, at, "takes at least one value"));
            }
            ([], false) => {
                let items = node.listed(at)?;
                items.into_iter().map(|item| item.one(at)).collect::<Result<_>>()?
            }
            _ => {
                return Err(Refused::new(Fault::ValueType, at, "takes a list")
                    .hint("write [$in][0]=a&[$in][1]=b, or repeat the parameter"));
            }
        };
        let most = self.limits.list_values_max;
        if values.len() > most {
            let message = format!("a list may have {most} values, not {}", values.len());
            return Err(Refused::new(Fault::Length, at, message));
        }
        Ok(Json::Array(values.into_iter().map(|value| typed(value, at)).collect::<Result<_>>()?))
    }

    fn test(&mut self, path: &str, operator: &str, operand: Json, at: &str) -> Result<Filter> {
        self.count(at)?;
        Ok(Filter::Test(Test {
            path: path.to_owned(),
            operator: operator.to_owned(),
            literal: reads_as_variable(&operand),
            operand,
            cast: None,
            at: at.to_owned(),
        }))
    }

    fn count(&mut self, at: &str) -> Result<()> {
        self.nodes += 1;
        let most = self.limits.filter_nodes_max;
        if self.nodes > most {
            let message = format!("a filter may have {most} conditions; this one has more");
            return Err(Refused::new(Fault::Length, at, message));
        }
        Ok(())
    }
}

fn is_logic(key: &str) -> bool {
    LOGIC.contains(&key)
}

/// Text as its column will read it, `null`, `true` and `false` as those.
fn typed(text: &str, at: &str) -> Result<Json> {
    bounded(text, at)?;
    Ok(match text {
        "null" => Json::Null,
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        text => Json::String(text.to_owned()),
    })
}

fn bounded(text: &str, at: &str) -> Result<()> {
    let length = text.chars().count();
    if length > VALUE_MAX {
        let message = format!("a value may have {VALUE_MAX} signs, not {length}");
        return Err(Refused::new(Fault::Length, at, message));
    }
    Ok(())
}

fn ordered(value: Json, at: &str) -> Result<Json> {
    if value.is_null() {
        let message = "nothing is larger or smaller than null";
        return Err(Refused::new(Fault::ValueType, at, message).hint("write [$null]=true"));
    }
    Ok(value)
}

fn truth(text: &str, at: &str) -> Result<Json> {
    match text {
        "true" | "1" => Ok(Json::Bool(true)),
        "false" | "0" => Ok(Json::Bool(false)),
        _ => Err(Refused::new(Fault::ValueType, at, "takes true or false")),
    }
}

/// Text whose wild signs stand for themselves.
fn tamed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '\\' | '%' | '_') {
            out.push('\\');
        }
        out.push(sign);
    }
    out
}

fn one_or_all(mut parts: Vec<Filter>) -> Filter {
    match parts.len() {
        1 => parts.remove(0),
        _ => Filter::All(parts),
    }
}

fn unknown(word: &str, at: &str, known: &[&'static str]) -> Refused {
    let message = format!("`{word}` is not an operator here");
    let refused = Refused::new(Fault::Operator, at, message);
    let all = || known.iter().chain(&OPERATORS).chain(&LOGIC).copied();
    match nearest(word, all()) {
        Some(near) => refused.hint(format!("did you mean `{near}`?")),
        None => refused.hint(format!("there are {}", known.join(", "))),
    }
}
