//! From the bytes of a request to what it asks (`spec/compat.md` B2). Pure: imports `base` and
//! `query` only.
//!
//! Read in the order of the original, so that a request with several faults is refused for the
//! same one: fields, where, populate, page, sort, names that are no parameter.

use super::fault::{Fault, Refused, Result, field_name};
use super::params::{self, Node, position};
use super::{filter, populate};
use base::{Limits, nearest};
use indexmap::IndexMap;
use query::{CountMode, Direction, Filter, Read, SortAsked, UnknownNames};
use serde_json::Value as Json;

const PARAMETERS: [&str; 6] = ["fields", "where", "populate", "page", "pageSize", "sort"];

/// Last page that may be asked for.
const PAGE_MAX: i64 = 1_000_000;
/// Positions of `fields` from here on are passed over.
const POSITION_MAX: usize = 1_000;

/// Fields that every record shows, whatever was chosen.
const RESERVED: [&str; 3] = ["id", "createdAt", "updatedAt"];

/// The bounds that an installation may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) page: i64,
    pub(crate) page_max: i64,
    pub(crate) populate_depth_max: usize,
}

impl Default for Sizes {
    /// What the original always applies.
    fn default() -> Self {
        Self { page: 25, page_max: 100, populate_depth_max: 5 }
    }
}

/// The parameters of a list.
pub(crate) fn list(collection: &str, query: &str, sizes: Sizes, limits: &Limits) -> Result<Read> {
    let params = params::parse(query, limits)?;
    let nothing = Node::default();
    let under = |name: &str| params.get(name).unwrap_or(&nothing);
    let chosen = match params.get("fields") {
        None => None,
        Some(node) => named_fields(node, "fields")?,
    };
    let filter = filter::parse(under("where"), "where", limits)?;
    let populated = populate::parse(under("populate"), sizes.populate_depth_max, limits)?;
    let page = number(&params, "page", 1)?;
    if page > PAGE_MAX {
        let message = format!("`page` {page} is over the limit of {PAGE_MAX}");
        return Err(Refused::new(Fault::Page, "page", message));
    }
    let size = number(&params, "pageSize", sizes.page)?;
    if size > sizes.page_max {
        let message = format!("`pageSize` {size} is over the limit of {}", sizes.page_max);
        return Err(Refused::new(Fault::Largest, "pageSize", message));
    }
    let sort = match params.get("sort") {
        None => Vec::new(),
        Some(node) => sort(node)?,
    };
    known(&params)?;
    let mut fields = chosen.map_or_else(|| vec![String::from("*")], with_reserved);
    fields.extend(populated.patterns);
    Ok(Read {
        collection: collection.to_owned(),
        fields,
        every_relation: populated.every,
        rel_conditions: populated.conditions,
        filter: (filter != Filter::All(Vec::new())).then_some(filter),
        sort,
        limit: Some(size),
        page: u64::try_from(page).ok(),
        unknown: UnknownNames::RefusedEverywhere,
        count: CountMode::Exact,
        ..Read::default()
    })
}

/// One record. Conditions, order and page are read, and may be refused, but have no effect.
pub(crate) fn one(
    collection: &str,
    id: &str,
    query: &str,
    sizes: Sizes,
    limits: &Limits,
) -> Result<Read> {
    let list = list(collection, query, sizes, limits)?;
    Ok(Read {
        key: Some(Json::String(id.to_owned())),
        filter: None,
        sort: Vec::new(),
        limit: None,
        page: None,
        ..list
    })
}

/// The names under `fields`; `None` when they are all fields.
pub(super) fn named_fields(node: &Node, at: &str) -> Result<Option<Vec<String>>> {
    let mut texts: Vec<&str> = node.values.iter().map(String::as_str).collect();
    for (key, below) in &node.below {
        let Some(place) = position(key) else {
            let message = format!("`{key}` is not a position of `fields`");
            return Err(Refused::new(Fault::Parameter, format!("{at}[{key}]"), message));
        };
        if place < POSITION_MAX {
            texts.push(below.one(&format!("{at}[{key}]"))?);
        }
    }
    let mut names: Vec<String> = Vec::new();
    for name in texts.iter().flat_map(|text| text.split(',')).map(str::trim) {
        if name.is_empty() || names.iter().any(|known| known == name) {
            continue;
        }
        if name != "*" {
            field_name(name, at)?;
            if name.contains('.') {
                let message = format!("`{name}` walks a relation");
                return Err(Refused::new(Fault::Field, at, message)
                    .hint("write populate[relation][fields]=name"));
            }
        }
        names.push(name.to_owned());
    }
    if names.is_empty() {
        return Err(Refused::new(Fault::Empty, at, "names no field"));
    }
    Ok((!names.iter().any(|name| name == "*")).then_some(names))
}

pub(super) fn with_reserved(mut names: Vec<String>) -> Vec<String> {
    for name in RESERVED {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A whole number from 1, read as the original reads it: what follows the digits does not count.
fn number(params: &IndexMap<String, Node>, name: &str, default: i64) -> Result<i64> {
    let Some(node) = params.get(name) else { return Ok(default) };
    let wrong = |text: &str| {
        let message = format!("`{name}` is a whole number from 1, not `{text}`");
        Refused::new(Fault::Pagination, name, message)
    };
    let text = node.one(name).map_err(|_| wrong("several values"))?.trim_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let end = digits.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return Err(wrong(text));
    }
    // What no number of 64 bits holds is beyond every limit.
    let number: i64 = digits[..end].parse().unwrap_or(i64::MAX);
    if number < 1 { Err(wrong(text)) } else { Ok(number) }
}

fn sort(node: &Node) -> Result<Vec<SortAsked>> {
    if let Some(key) = node.below.keys().next() {
        let message = "`sort` takes no brackets";
        return Err(Refused::new(Fault::Parameter, format!("sort[{key}]"), message)
            .hint("write sort=name,-price"));
    }
    let mut keys = Vec::new();
    for text in node.values.iter().flat_map(|text| text.split(',')).map(str::trim) {
        if text.is_empty() {
            continue;
        }
        let (path, direction) = match text.strip_prefix('-') {
            Some(path) => (path, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        field_name(path, "sort")?;
        keys.push(SortAsked { path: path.to_owned(), direction, distance: None });
    }
    if keys.is_empty() {
        return Err(Refused::new(Fault::Empty, "sort", "names no field"));
    }
    Ok(keys)
}

fn known(params: &IndexMap<String, Node>) -> Result<()> {
    let Some(name) = params.keys().find(|name| !PARAMETERS.contains(&name.as_str())) else {
        return Ok(());
    };
    let refused =
        Refused::new(Fault::Parameter, name.as_str(), format!("`{name}` is not a parameter"));
    Err(match nearest(name, PARAMETERS) {
        Some(near) => refused.hint(format!("did you mean `{near}`?")),
        None => refused.hint(format!("there are {}", PARAMETERS.join(", "))),
    })
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
