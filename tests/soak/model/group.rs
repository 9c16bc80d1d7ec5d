//! Groups and aggregates, as the model counts them.

use super::list::page;
use super::value::{self, Key, UNIT};
use super::{Column, Expected, Joined, Judged, Row, Rows, Unsure, View, has_order};
use crate::soak::values::Family;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// One key of a group: a column, or a part of a date.
struct Group {
    names: Vec<String>,
    column: Column,
    part: Option<String>,
}

/// A group that was found: its keys, as they are shown, and what belongs to it.
type Made<'m> = (Vec<Option<Key>>, Map<String, Json>, Vec<Joined<'m>>);

impl<'m> View<'m, '_> {
    pub(super) fn groups(
        &self,
        at: usize,
        rows: Vec<&'m Row>,
        parameters: &Json,
    ) -> Judged<Expected> {
        let mut walked = BTreeSet::new();
        let mut groups = Vec::new();
        for word in parameters.get("groupBy").and_then(Json::as_array).into_iter().flatten() {
            let group = self.group(at, word.as_str().unwrap_or_default())?;
            walked.insert(group.column.path.clone());
            groups.push(group);
        }
        let mut aggregates = Vec::new();
        for (alias, asked) in
            parameters.get("aggregate").and_then(Json::as_object).into_iter().flatten()
        {
            let (function, field) = (asked["function"].as_str(), asked["field"].as_str());
            let column = match field.unwrap_or_default() {
                "*" => None,
                dotted => Some(self.column(at, dotted)?),
            };
            aggregates.push((alias, function.unwrap_or_default(), column));
        }
        let filter = parameters.get("filter");
        let mut made = self.made(at, &rows, filter, &groups, &walked)?;
        // Without groups there is one row, of whatever was found.
        if groups.is_empty() && made.is_empty() {
            made.push((Vec::new(), Map::new(), Vec::new()));
        }
        // Each aggregate is what it is alone: the lists of the others repeat nothing of it.
        for (alias, function, column) in &aggregates {
            let mut paths = walked.clone();
            paths.extend(column.iter().map(|column| column.path.clone()));
            let alone = self.made(at, &rows, filter, &groups, &paths)?;
            for (keys, row, _) in &mut made {
                let ways = alone.iter().find(|(known, ..)| known == keys);
                let ways = ways.map_or(&[][..], |(.., ways)| ways.as_slice());
                row.insert((*alias).clone(), self.aggregate(function, column.as_ref(), ways)?);
            }
        }
        let answered: Vec<Json> = made.into_iter().map(|(_, row, _)| Json::Object(row)).collect();
        let total = answered.len();
        let shown = page(parameters, total)?;
        let rows = if shown.len() == total {
            Rows::InAnyOrder(answered)
        } else {
            Rows::Some(shown.len(), answered)
        };
        Ok(Expected { rows, total })
    }

    /// The groups of all ways from the records along the paths, as far as the filter holds on them:
    /// a test of related records chooses among those that are grouped, too.
    fn made(
        &self,
        at: usize,
        rows: &[&'m Row],
        filter: Option<&Json>,
        groups: &[Group],
        paths: &BTreeSet<String>,
    ) -> Judged<Vec<Made<'m>>> {
        let mut made: Vec<Made<'m>> = Vec::new();
        for row in rows {
            for way in self.held(at, row, filter, paths)? {
                let (mut keys, mut names) = (Vec::new(), Map::new());
                for group in groups {
                    let found = self.grouped(&way, group)?;
                    keys.push(match (&group.part, found.is_null()) {
                        (_, true) => None,
                        (Some(_), false) => Some(value::scalar(Family::Integer, &found)?),
                        (None, false) => Some(value::key(group.column.kind, &found)?),
                    });
                    for name in &group.names {
                        names.insert(name.clone(), found.clone());
                    }
                }
                match made.iter_mut().find(|(known, ..)| *known == keys) {
                    Some((.., ways)) => ways.push(way),
                    None => made.push((keys, names, vec![way])),
                }
            }
        }
        Ok(made)
    }

    /// The ways along the paths that can be gone on along those of the filter so that it holds.
    fn held(
        &self,
        at: usize,
        row: &'m Row,
        filter: Option<&Json>,
        paths: &BTreeSet<String>,
    ) -> Judged<Vec<Joined<'m>>> {
        let ways = self.joined(at, row, paths)?;
        let Some(filter) = filter else { return Ok(ways) };
        let mut all = paths.clone();
        self.paths(at, filter, &mut all)?;
        let mut holding = Vec::new();
        for longer in self.joined(at, row, &all)? {
            if self.holds(at, filter, &longer)? == Some(true) {
                holding.push(longer);
            }
        }
        let same = |a: &Option<&Row>, b: &Option<&Row>| match (a, b) {
            (Some(a), Some(b)) => std::ptr::eq(*a, *b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let goes_on = |way: &Joined<'m>| {
            holding.iter().any(|longer| {
                way.iter().all(|(path, row)| longer.get(path).is_some_and(|one| same(row, one)))
            })
        };
        Ok(ways.into_iter().filter(goes_on).collect())
    }

    fn group(&self, at: usize, word: &str) -> Judged<Group> {
        if let Some(rest) = word.strip_prefix("date:") {
            let (part, dotted) = rest.split_once(':').ok_or(Unsure("a date part that is none"))?;
            let column = self.column(at, dotted)?;
            if !matches!(column.kind.family, Family::Date | Family::Moment) {
                return Err(Unsure("a part of what is no date"));
            }
            let names = vec![word.to_owned(), format!("{part}_{}", dotted.replace('.', "_"))];
            return Ok(Group { names, column, part: Some(part.to_owned()) });
        }
        let column = self.column(at, word)?;
        // Two values of a list or a document can be one group or two: their spelling decides.
        if !has_order(column.kind) || matches!(column.kind.name, "CiText") {
            return Err(Unsure("groups of what has no order"));
        }
        let mut names = vec![word.to_owned()];
        if word.contains('.') {
            names.push(word.replace('.', "_"));
        }
        Ok(Group { names, column, part: None })
    }

    fn grouped(&self, way: &Joined<'m>, group: &Group) -> Judged<Json> {
        let found = self.value(way, &group.column);
        let Some(part) = &group.part else { return Ok(found) };
        if found.is_null() {
            return Ok(found);
        }
        let ms = value::moment(&found).ok_or(Unsure("a date that is none"))?;
        let number = value::part(part, ms).ok_or(Unsure("a part that is none"))?;
        Ok(json!(i64::try_from(number).unwrap_or(0)))
    }

    fn aggregate(
        &self,
        function: &str,
        column: Option<&Column>,
        ways: &[Joined<'m>],
    ) -> Judged<Json> {
        let Some(column) = column else { return Ok(json!(ways.len())) };
        let family = column.kind.family;
        let values: Vec<Json> = ways
            .iter()
            .map(|way| self.value(way, column))
            .filter(|value| !value.is_null())
            .collect();
        if function == "count" {
            return Ok(json!(values.len()));
        }
        if !has_order(column.kind) || column.kind.name == "CiText" {
            return Err(Unsure("an aggregate of what has no order"));
        }
        let mut keys = Vec::new();
        for value in &values {
            keys.push((value::key(column.kind, value)?, value));
        }
        match function {
            "distinct" => {
                let mut known: Vec<&Key> = Vec::new();
                for (key, _) in &keys {
                    if !known.contains(&key) {
                        known.push(key);
                    }
                }
                Ok(json!(known.len()))
            }
            "sum" | "avg" if keys.is_empty() => Ok(Json::Null),
            "sum" | "avg"
                if matches!(family, Family::Integer | Family::Decimal | Family::Float) =>
            {
                let sum: f64 = keys
                    .iter()
                    .map(|(key, _)| match key {
                        Key::Number(number) => *number as f64 / UNIT as f64,
                        Key::Float(number) if column.kind.name == "Real" => as_shown(*number),
                        Key::Float(number) => *number,
                        Key::Text(_) | Key::Truth(_) => f64::NAN,
                    })
                    .sum();
                let sum = if function == "avg" { sum / keys.len() as f64 } else { sum };
                Ok(json!(sum))
            }
            "min" | "max" if family == Family::Boolean || family == Family::Uuid => {
                Err(Unsure("the least of what has no least"))
            }
            "min" | "max" => {
                keys.sort_by(|(a, _), (b, _)| a.order(b));
                let found = if function == "min" { keys.first() } else { keys.last() };
                Ok(match found {
                    None => Json::Null,
                    Some((_, Json::Number(number))) => json!(number.to_string()),
                    Some((_, value)) => (*value).clone(),
                })
            }
            _ => Err(Unsure("an aggregate that the model does not know")),
        }
    }
}

/// What a column of 32 bits holds is summed as it is answered: by its few digits, not by the many
/// that it has in 64 bits.
fn as_shown(number: f64) -> f64 {
    (number as f32).to_string().parse().expect("a number")
}
