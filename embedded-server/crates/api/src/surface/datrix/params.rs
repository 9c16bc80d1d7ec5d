//! Query strings with brackets as a tree.

use super::fault::{Fault, Refused, Result};
use base::Limits;
use indexmap::IndexMap;

/// What was said under one name: plain values, and names or positions in brackets.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) values: Vec<String>,
    pub(super) below: IndexMap<String, Node>,
}

impl Node {
    /// The parts in the order of their positions, which count 0, 1, 2 …
    pub(super) fn listed(&self, at: &str) -> Result<Vec<&Node>> {
        if !self.values.is_empty() {
            return Err(Refused::new(Fault::Index, at, "takes positions: `[0]`, `[1]` …"));
        }
        let mut parts = Vec::with_capacity(self.below.len());
        for (key, node) in &self.below {
            let Some(position) = position(key) else {
                let message = format!("`{key}` stands where a position must stand");
                return Err(Refused::new(Fault::Index, at, message)
                    .hint("write `[0]`, `[1]` … in brackets"));
            };
            parts.push((position, node));
        }
        parts.sort_by_key(|(position, _)| *position);
        if parts.iter().enumerate().any(|(wanted, (position, _))| wanted != *position) {
            let message = "positions count 0, 1, 2 … without a gap";
            return Err(Refused::new(Fault::Consecutive, at, message));
        }
        Ok(parts.into_iter().map(|(_, node)| node).collect())
    }

    /// The one plain value, where there may be no other and nothing in brackets.
    pub(super) fn one(&self, at: &str) -> Result<&str> {
        match (self.values.as_slice(), self.below.is_empty()) {
            ([value], true) => Ok(value),
            _ => Err(Refused::new(Fault::ValueType, at, "takes one plain value")),
        }
    }
}

/// A position in a list.
pub(super) fn position(key: &str) -> Option<usize> {
    let digits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (key.len() == 1 || !key.starts_with('0'));
    if plain { key.parse().ok() } else { None }
}

/// Reads a query string.
pub(super) fn parse(query: &str, limits: &Limits) -> Result<IndexMap<String, Node>> {
    let mut root: IndexMap<String, Node> = IndexMap::new();
    // Each logical step is two brackets (`[$or][0]`), each condition two more.
    let deepest = 4 * limits.filter_depth_max;
    let most = 4 * limits.filter_nodes_max;
    for (count, (name, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
        if count >= most {
            let message = format!("a query string may have {most} parameters; this one has more");
            return Err(Refused::new(Fault::Length, "query", message));
        }
        let (head, keys) = brackets(&name);
        if keys.len() > deepest {
            let message = format!("brackets may be nested {deepest} deep; these are deeper");
            return Err(Refused::new(Fault::Depth, head, message));
        }
        let mut node = root.entry(head.to_owned()).or_default();
        for key in keys {
            node = node.below.entry(key.to_owned()).or_default();
        }
        node.values.push(value.into_owned());
    }
    Ok(root)
}

/// `where[a][$gt]` is `where` with the keys `a`, `$gt`. What opens and does not close is a name.
fn brackets(name: &str) -> (&str, Vec<&str>) {
    match name.find('[').filter(|_| name.ends_with(']')) {
        None => (name, Vec::new()),
        Some(open) => (&name[..open], name[open + 1..name.len() - 1].split("][").collect()),
    }
}
