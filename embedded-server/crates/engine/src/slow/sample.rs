//! Reads of a shape, with values taken from the collection itself: callers' own are never kept.

use super::recorder::Seen;
use super::shape::{PageForm, QueryShape, Right, ShapeCond, ShapeSort, ShapeTest, aggregate_name};
use query::{AggregateAsked, CountMode, Direction, DistanceAsked, Filter, Read, SortAsked, Test};
use serde_json::{Map, Value as Json, json};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How many reads of a shape are made, each with the values of another record.
const SETS: usize = 3;

/// Values of a list.
const LISTED: usize = 3;

/// Letters of a beginning.
const LETTERS: usize = 3;

/// The reads, and what of the shape no value could be found for.
pub(super) struct Sampled {
    pub(super) reads: Vec<Read>,
    pub(super) left_out: Vec<String>,
}

/// The fields whose values a shape is asked with.
pub(super) fn fields(shape: &QueryShape) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_test(&shape.filter, &mut |test| {
        if !matches!(test.right, Right::Nothing | Right::Other | Right::Field(_)) {
            found.insert(test.path.clone());
        }
    });
    found.extend(shape.sort.iter().filter(|key| key.by_distance).map(|key| key.path.clone()));
    found
}

/// Reads of the shape with values of these records.
pub(super) fn reads(seen: &Seen, records: &[Map<String, Json>]) -> Sampled {
    let shape = &seen.shape;
    let mut left_out = BTreeSet::new();
    let equal: Vec<String> = {
        let mut paths = Vec::new();
        each_test(&shape.filter, &mut |test| {
            if test.operator == "eq" && test.right == Right::Value {
                paths.push(test.path.clone());
            }
        });
        paths
    };
    // What is asked together is found together in one record.
    let filled: Vec<&Map<String, Json>> = records
        .iter()
        .filter(|record| equal.iter().all(|path| value(record, path).is_some()))
        .collect();
    let reads = (0..SETS)
        .map(|set| {
            let at = filled.len() * (2 * set + 1) / (2 * SETS);
            let values = Values { shape, records, own: filled.get(at).copied() };
            read(seen, &values, &mut left_out)
        })
        .collect();
    Sampled { reads, left_out: left_out.into_iter().collect() }
}

fn read(seen: &Seen, values: &Values<'_>, left_out: &mut BTreeSet<String>) -> Read {
    let shape = &seen.shape;
    let embedded = shape.embeds.iter().map(|path| format!("{path}.*"));
    let (aggregate, group_by) = match &shape.groups {
        None => Default::default(),
        Some(groups) => (
            groups
                .aggregates
                .iter()
                .enumerate()
                .map(|(at, (function, field))| {
                    let asked = AggregateAsked { function: *function, field: field.clone() };
                    (aggregate_name(at), asked)
                })
                .collect(),
            groups.keys.clone(),
        ),
    };
    Read {
        collection: shape.collection.clone(),
        fields: match shape.groups {
            None => std::iter::once(String::from("*")).chain(embedded).collect(),
            Some(_) => Vec::new(),
        },
        filter: values.filter(&shape.filter, left_out),
        sort: shape
            .sort
            .iter()
            .filter_map(|key| {
                let asked = values.sort(key);
                if asked.is_none() {
                    left_out.insert(key.text());
                }
                asked
            })
            .collect(),
        limit: seen.limit.and_then(|limit| i64::try_from(limit).ok()),
        offset: (shape.page == PageForm::Offset).then_some(seen.offset),
        with_deleted: shape.with_deleted,
        aggregate,
        group_by,
        count: if shape.counted { CountMode::Exact } else { CountMode::None },
        ..Read::default()
    }
}

/// Where values are taken from.
struct Values<'a> {
    shape: &'a QueryShape,
    records: &'a [Map<String, Json>],
    /// The record whose values equalities ask for.
    own: Option<&'a Map<String, Json>>,
}

impl Values<'_> {
    /// A condition with values; nothing where none of it can have one.
    fn filter(&self, condition: &ShapeCond, left_out: &mut BTreeSet<String>) -> Option<Filter> {
        let mut parts = |parts: &[ShapeCond]| -> Vec<Filter> {
            parts.iter().filter_map(|part| self.filter(part, left_out)).collect()
        };
        match condition {
            ShapeCond::Always | ShapeCond::Never => None,
            ShapeCond::All(all) => Some(Filter::All(parts(all))),
            ShapeCond::Any(any) => {
                let any = parts(any);
                (!any.is_empty()).then_some(Filter::Any(any))
            }
            ShapeCond::Not(part) => {
                self.filter(part, left_out).map(|part| Filter::Not(Box::new(part)))
            }
            ShapeCond::Test(test) => {
                let found = self.test(test);
                if found.is_none() {
                    left_out.insert(test.text());
                }
                found.map(Filter::Test)
            }
        }
    }

    /// A sort key; by distance from where some record is.
    fn sort(&self, key: &ShapeSort) -> Option<SortAsked> {
        let direction = match key.descending {
            true => Direction::Descending,
            false => Direction::Ascending,
        };
        if !key.by_distance {
            return Some(SortAsked { path: key.path.clone(), direction, distance: None });
        }
        let target = self.one(&key.path).as_ref().and_then(position)?;
        let distance = Some(DistanceAsked { target, column: key.path.clone() });
        Some(SortAsked { path: String::from("_distance"), direction, distance })
    }

    fn test(&self, test: &ShapeTest) -> Option<Test> {
        if test.cast.is_some() {
            return None;
        }
        let (operator, operand) = match (&test.right, test.operator) {
            (Right::Other, _) => return None,
            (Right::Nothing, "notEmpty") => ("empty", json!(false)),
            (Right::Nothing, operator) => (operator, json!(true)),
            (Right::Field(other), operator) => (operator, json!(format!("$COL({other})"))),
            (Right::Value, "startsWiths") => {
                let text = self.one(&test.path)?;
                let begins: String = text.as_str()?.chars().take(LETTERS).collect();
                ("startsWiths", json!(begins))
            }
            (Right::Value, operator @ ("gt" | "gte" | "lt" | "lte")) => {
                (operator, self.quantile(&test.path, self.share(test))?)
            }
            (Right::Value, operator) => (operator, self.one(&test.path)?),
            (Right::Pair, operator) => {
                let ends = [self.quantile(&test.path, 45)?, self.quantile(&test.path, 55)?];
                (operator, json!(ends))
            }
            (Right::List, operator) => {
                let all = self.all(&test.path);
                let mut some: Vec<Json> = Vec::new();
                for at in 0..LISTED {
                    let one = all.get(all.len() * at / LISTED)?;
                    if !some.contains(one) {
                        some.push((*one).clone());
                    }
                }
                (operator, json!(some))
            }
        };
        Some(Test {
            path: test.path.clone(),
            operator: operator.to_owned(),
            operand,
            cast: None,
            // A value may be any text, `$NOW` too.
            literal: !matches!(test.right, Right::Field(_)),
            at: String::from("filter"),
        })
    }

    fn one(&self, path: &str) -> Option<Json> {
        let own = self.own.and_then(|record| value(record, path));
        own.or_else(|| self.all(path).into_iter().next()).cloned()
    }

    fn all(&self, path: &str) -> Vec<&Json> {
        self.records.iter().filter_map(|record| value(record, path)).collect()
    }

    /// Which part of the values a bound leaves: a tenth for a bound alone, a tenth in the middle
    /// for two that belong together.
    fn share(&self, test: &ShapeTest) -> usize {
        let lower = |operator: &str| operator.starts_with('g');
        let mut both = false;
        each_test(&self.shape.filter, &mut |other| {
            both |= other.path == test.path
                && other.right == Right::Value
                && matches!(other.operator, "gt" | "gte" | "lt" | "lte")
                && lower(other.operator) != lower(test.operator);
        });
        match (lower(test.operator), both) {
            (true, false) => 90,
            (false, false) => 10,
            (true, true) => 45,
            (false, true) => 55,
        }
    }

    /// The value that so many of a hundred are below.
    fn quantile(&self, path: &str, percent: usize) -> Option<Json> {
        let mut all = self.all(path);
        all.sort_by(|left, right| order(left, right));
        let at = all.len() * percent / 100;
        all.get(at.min(all.len().saturating_sub(1))).copied().cloned()
    }
}

fn each_test(condition: &ShapeCond, visit: &mut dyn FnMut(&ShapeTest)) {
    match condition {
        ShapeCond::Always | ShapeCond::Never => {}
        ShapeCond::All(parts) | ShapeCond::Any(parts) => {
            parts.iter().for_each(|part| each_test(part, visit));
        }
        ShapeCond::Not(part) => each_test(part, visit),
        ShapeCond::Test(test) => visit(test),
    }
}

/// What a record has at a path; nothing for null. Of a list of far records, the first.
fn value<'r>(record: &'r Map<String, Json>, path: &str) -> Option<&'r Json> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let here = record.get(name).filter(|value| !value.is_null())?;
    match (rest, here) {
        (None, here) => Some(here),
        (Some(rest), Json::Object(far)) => value(far, rest),
        (Some(rest), Json::Array(list)) => value(list.first()?.as_object()?, rest),
        (Some(_), _) => None,
    }
}

/// The first position of a geometry, which may have too many for a request.
fn position(geometry: &Json) -> Option<Json> {
    let mut here = geometry;
    loop {
        here = match here {
            Json::Object(shape) => shape.get("coordinates").or_else(|| shape.get("geometries"))?,
            Json::Array(list) if list.first()?.is_number() => {
                return Some(Json::Array(list.iter().take(2).cloned().collect()));
            }
            Json::Array(list) => list.first()?,
            _ => return None,
        };
    }
}

/// Numbers by number, everything else by its text: near enough to take one from the middle.
fn order(left: &Json, right: &Json) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => left.cmp(right),
            _ => left.to_string().cmp(&right.to_string()),
        },
    }
}
