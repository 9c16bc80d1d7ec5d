//! `populate` as field patterns and conditions inside relations (`spec/compat.md` B2, B2.2).

use super::fault::{Fault, Refused, Result, field_name};
use super::params::{Node, position};
use super::request::{named_fields, with_reserved};
use base::Limits;
use query::RelConditions;

/// What `populate` asks for.
#[derive(Debug, Default)]
pub(super) struct Populated {
    /// Every relation of the root with its own columns.
    pub(super) every: bool,
    /// Patterns of the fields inside relations.
    pub(super) patterns: Vec<String>,
    /// Which records of a relation.
    pub(super) conditions: RelConditions,
}

/// What may stand under a relation. The last three are read and have no effect over HTTP.
const OPTIONS: [&str; 6] = ["fields", "populate", "where", "orderBy", "limit", "offset"];

/// Reads everything under `populate`.
pub(super) fn parse(node: &Node, depth_max: usize, limits: &Limits) -> Result<Populated> {
    let mut populated = Populated::default();
    let reader = Reader { depth_max, limits };
    for value in &node.values {
        match value.trim() {
            "*" | "true" => populated.every = true,
            "" => return Err(Refused::new(Fault::Empty, "populate", "names no relation")),
            name => reader.whole(name, "populate", &mut populated.patterns)?,
        }
    }
    for (key, below) in &node.below {
        let at = format!("populate[{key}]");
        if position(key).is_some() {
            let name = below.one(&at)?;
            match name.trim() {
                "*" | "true" => populated.every = true,
                name => reader.whole(name, &at, &mut populated.patterns)?,
            }
            continue;
        }
        reader.relation(
            key,
            below,
            "",
            &at,
            1,
            &mut populated.patterns,
            &mut populated.conditions,
        )?;
    }
    Ok(populated)
}

struct Reader<'a> {
    depth_max: usize,
    limits: &'a Limits,
}

impl Reader<'_> {
    /// A relation by its name alone, or a way through several.
    fn whole(&self, name: &str, at: &str, patterns: &mut Vec<String>) -> Result<()> {
        field_name(name, at)?;
        self.bound(name.split('.').count(), at)?;
        patterns.push(format!("{name}.*"));
        Ok(())
    }

    fn bound(&self, depth: usize, at: &str) -> Result<()> {
        let most = self.depth_max;
        if depth > most {
            let message = format!("relations may be nested {most} deep; these are deeper");
            return Err(Refused::new(Fault::Depth, at, message));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one level hands its place down to the next")]
    fn relation(
        &self,
        name: &str,
        node: &Node,
        prefix: &str,
        at: &str,
        depth: usize,
        patterns: &mut Vec<String>,
        conditions: &mut RelConditions,
    ) -> Result<()> {
        field_name(name, at)?;
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        self.bound(depth + name.matches('.').count(), at)?;
        if let Some(option) = node.below.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
            let at = format!("{at}[{option}]");
            let message = format!("`{option}` is not an option of a relation");
            return Err(Refused::new(Fault::Parameter, at, message)
                .hint(format!("there are {}", OPTIONS.join(", "))));
        }
        match node.below.get("fields") {
            None => patterns.push(format!("{path}.*")),
            Some(fields) => {
                let names = named_fields(fields, &format!("{at}[fields]"))?;
                let names = names.map_or_else(|| vec![String::from("*")], with_reserved);
                patterns.extend(names.into_iter().map(|field| format!("{path}.{field}")));
            }
        }
        let mut nested = RelConditions::default();
        if let Some(below) = node.below.get("populate") {
            let at = format!("{at}[populate]");
            for value in &below.values {
                match value.trim() {
                    // Deeper stars collapse to the relation itself.
                    "*" | "true" => {}
                    inner => self.relation(
                        inner,
                        &Node::default(),
                        &path,
                        &at,
                        depth + 1,
                        patterns,
                        &mut nested,
                    )?,
                }
            }
            for (key, inner) in &below.below {
                let at = format!("{at}[{key}]");
                self.relation(key, inner, &path, &at, depth + 1, patterns, &mut nested)?;
            }
        }
        let filter = match node.below.get("where") {
            None => None,
            Some(node) => {
                let filter = super::filter::parse(node, &format!("{at}[where]"), self.limits)?;
                Some(filter)
            }
        };
        if filter.is_some() || !nested.0.is_empty() {
            conditions.0.insert(name.to_owned(), (filter, nested));
        }
        Ok(())
    }
}
