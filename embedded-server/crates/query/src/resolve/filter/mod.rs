//! Filters to conditions: each operator word, by the type of its column.

mod document;
mod geometry;
mod list;
mod range;

use super::names::{Found, Names, bounded_walks, cast_named, hop, kind_after};
use super::operand::Operands;
use super::pattern;
use super::{Place, Scope};
use crate::coerce::{coerce, coerce_operand, shown};
use crate::json::{held, kind_of, parse_filter};
use crate::operator::{GeoWord, LikeWord, Word, find, nearest_word};
use crate::{Cond, Condition, Filter, Like, Operand, Operator, Ref, Test, UnknownNames};
use base::{Code, Error, Result, Value};
use catalog::{Collection, FieldKind};
pub(super) use geometry::place;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

/// Finds every name of a filter on `collection` and types every value.
///
/// In [`Place::Policy`] a name that does not exist is an error too: whoever judges by the policy
/// must deny, since leaving the condition out would grant everything.
pub fn resolve_filter(
    filter: &Filter,
    collection: &Arc<Collection>,
    scope: &Scope<'_>,
    place: Place,
) -> Result<Cond> {
    resolved(filter, collection, Names::new(scope, place), UnknownNames::Refused)
}

/// The same for a request that says what becomes of names that do not exist.
pub(crate) fn resolve_asked(
    filter: &Filter,
    collection: &Arc<Collection>,
    names: Names<'_>,
    unknown: UnknownNames,
) -> Result<Cond> {
    resolved(filter, collection, names, unknown)
}

fn resolved(
    filter: &Filter,
    collection: &Arc<Collection>,
    names: Names<'_>,
    unknown: UnknownNames,
) -> Result<Cond> {
    let operands = Operands { names, root: collection, verbatim: Cell::new(false) };
    let resolver = Resolver { names, operands, unknown, nodes: Cell::new(0) };
    let cond = resolver.filter(filter, "")?;
    let mut columns = Vec::new();
    cond.each_test(&mut |test| {
        columns.extend(columns_of(test).filter(|column| !column.hops.is_empty()).cloned());
    });
    bounded_walks(&columns, "filter")?;
    Ok(cond)
}

/// The columns that a test reads.
fn columns_of(test: &Condition) -> impl Iterator<Item = &Ref> {
    let right = match &test.operator {
        Operator::Equal { right: Operand::Column(column), .. }
        | Operator::Compare { right: Operand::Column(column), .. } => Some(column),
        _ => None,
    };
    std::iter::once(&test.left).chain(right)
}

struct Resolver<'a> {
    names: Names<'a>,
    operands: Operands<'a>,
    unknown: UnknownNames,
    nodes: Cell<usize>,
}

/// Where one test stands, with its words for errors.
struct Spot<'a> {
    path: &'a str,
    word: &'a str,
    at: String,
}

impl Spot<'_> {
    fn wrong(&self, why: impl Into<String>) -> Error {
        Error::new(Code::InvalidQuery, why).at(&self.at)
    }

    fn wants(&self, what: &str, found: &Json) -> Error {
        self.wrong(format!("`{}` takes {what}, not {}", self.word, shown(found)))
    }

    fn unfit(&self, kind: &FieldKind) -> Error {
        self.wrong(format!(
            "`{}` does not work on `{}`, which is {}",
            self.word,
            self.path,
            kind.name()
        ))
    }
}

impl Resolver<'_> {
    fn filter(&self, filter: &Filter, prefix: &str) -> Result<Cond> {
        match filter {
            Filter::All(parts) => {
                let mut all = Cond::Always;
                for part in parts {
                    all = all.and(self.filter(part, prefix)?);
                }
                Ok(all)
            }
            Filter::Any(parts) if parts.is_empty() => Ok(match self.names.place {
                Place::Request => Cond::Always,
                Place::Policy => Cond::Never,
            }),
            Filter::Any(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.filter(part, prefix))
                    .collect::<Result<Vec<_>>>()?;
                Ok(any(parts))
            }
            Filter::Not(part) => {
                let cond = match &**part {
                    // What a name that does not exist is not, it is not either.
                    Filter::Test(test) => match self.known(test, prefix)? {
                        Some(cond) => cond,
                        None => return Ok(Cond::Never),
                    },
                    part => self.filter(part, prefix)?,
                };
                Ok(match cond {
                    Cond::Always => Cond::Never,
                    Cond::Never => Cond::Always,
                    cond => Cond::Not(Box::new(cond)),
                })
            }
            Filter::Test(test) => Ok(self.known(test, prefix)?.unwrap_or(Cond::Never)),
        }
    }

    /// `None` where the name does not exist and the request takes that for no match.
    fn known(&self, test: &Test, prefix: &str) -> Result<Option<Cond>> {
        match self.test(test, prefix) {
            Err(error)
                if self.unknown == UnknownNames::Empty && error.code() == Code::UnknownField =>
            {
                Ok(None)
            }
            cond => cond.map(Some),
        }
    }

    /// One condition more.
    fn counted(&self, at: &str) -> Result<()> {
        self.nodes.set(self.nodes.get() + 1);
        let most = self.names.scope.limits.filter_nodes_max;
        if self.nodes.get() > most {
            let why = format!("a filter may have {most} conditions; this one has more");
            return Err(Error::new(Code::InvalidQuery, why).at(at));
        }
        Ok(())
    }

    fn test(&self, test: &Test, prefix: &str) -> Result<Cond> {
        self.counted(&test.at)?;
        let path = format!("{prefix}{}", test.path);
        let root = self.operands.root;
        let word = find(&test.operator);
        match self.names.walk(root, &path, &test.at)? {
            Found::Column(mut left) => {
                let Some(word) = word else {
                    // A name may be a column and a relation at once; only the relation has fields.
                    return match self.relation_named(&left, &path) {
                        true => self.nested(test, &path),
                        false => Err(unknown_operator(test)),
                    };
                };
                left.cast = test.cast.as_deref().and_then(cast_named);
                self.condition(left, word, test, &path)
            }
            Found::Relation { hops, relation, target } => {
                // Only what may be named there stands before an operator of that name.
                let mut there = hops.clone();
                there.push(hop((*relation).clone(), &target));
                let inner = self.names.field(&target, &there, &test.operator).is_some()
                    || self.names.relation(&target, &there, &test.operator).is_some();
                match word {
                    Some(word) if !inner && !is_logic(test) => {
                        let mut left =
                            self.names.key_of(root, hops, &relation, &target, &test.at)?;
                        left.cast = test.cast.as_deref().and_then(cast_named);
                        self.condition(left, word, test, &path)
                    }
                    Some(_) | None => self.nested(test, &path),
                }
            }
        }
    }

    fn relation_named(&self, left: &Ref, path: &str) -> bool {
        let here = left.hops.last().map_or(self.operands.root, |hop| &hop.target);
        let name = path.rsplit('.').next().unwrap_or(path);
        self.names.relation(here, &left.hops, name).is_some()
    }

    /// `{category: {name: {eq: "x"}}}`: what stood in the place of an operator is a filter on the
    /// far collection.
    fn nested(&self, test: &Test, path: &str) -> Result<Cond> {
        let inner = Json::Object(Map::from_iter([(test.operator.clone(), test.operand.clone())]));
        let filter = parse_filter(&inner, &test.at, self.names.scope.limits)?;
        self.filter(&filter, &format!("{path}."))
    }

    fn condition(&self, left: Ref, word: Word, test: &Test, path: &str) -> Result<Cond> {
        let spot =
            Spot { path, word: &test.operator, at: format!("{}.{}", test.at, test.operator) };
        let kind = kind_after(&left);
        let operand = &test.operand;
        self.operands.verbatim.set(test.literal);
        match word {
            Word::Is if operand.as_str() == Some("null") => Ok(is(left, Operator::IsNull(true))),
            Word::Is => self.equal(left, &kind, false, operand, &spot),
            Word::Equal { negated } => {
                let none =
                    if negated { is(left.clone(), Operator::IsNull(false)) } else { Cond::Never };
                self.fitting(self.equal(left, &kind, negated, operand, &spot), none)
            }
            Word::Compare { greater, or_equal } => {
                ordered_kind(&kind, &spot)?;
                if operand.is_null() {
                    return Err(spot.wants("a value", operand));
                }
                let right = self.operands.typed(operand, &left, true, &spot.at);
                let compared = |right| is(left, Operator::Compare { greater, or_equal, right });
                self.fitting(right.map(compared), Cond::Never)
            }
            Word::In { negated } => self.among(left, &kind, negated, operand, &spot),
            Word::Between { negated } => self.between(left, &kind, negated, operand, &spot),
            Word::IsNull(wanted) => Ok(is(left, Operator::IsNull(wanted == truth(operand)))),
            Word::Empty => {
                let wanted = truth(operand);
                let container = kind.is_text() || kind.is_json();
                let operator =
                    if container { Operator::Empty(wanted) } else { Operator::IsNull(wanted) };
                Ok(is(left, operator))
            }
            Word::Like(like) => self.like(left, &kind, like, operand, &spot),
            Word::Contains(like) => self.contains(left, &kind, like, operand, &spot),
            Word::Regex => self.regex(left, &kind, operand, &spot),
            Word::Overlaps => match &kind {
                FieldKind::Range(range) => self.range_overlaps(&left, *range, operand, &spot),
                FieldKind::Array(_) => self.array(left, Word::ArrayOverlaps, operand, &spot),
                FieldKind::Geo(_) => self.geometry(left, GeoWord::Overlaps, operand, &spot),
                kind => Err(spot.unfit(kind)),
            },
            Word::Geometry(word) => match &left.kind {
                FieldKind::Geo(_) => self.geometry(left, word, operand, &spot),
                kind => Err(spot.unfit(kind)),
            },
            // A list holds no value that it cannot hold, so never all of these.
            Word::ArrayContains if matches!(left.kind, FieldKind::Array(_)) => {
                self.fitting(self.array(left, word, operand, &spot), Cond::Never)
            }
            // Nothing lies inside a plain value.
            Word::JsonPath { .. }
                if self.unknown == UnknownNames::Empty
                    && !matches!(left.kind, FieldKind::Json { .. } | FieldKind::Array(_)) =>
            {
                Ok(Cond::Never)
            }
            Word::ArrayContains
            | Word::ArrayContained
            | Word::ArrayOverlaps
            | Word::ArrayLength
            | Word::ArrayEmpty => self.array(left, word, operand, &spot),
            Word::JsonContains { .. }
            | Word::JsonHasKey
            | Word::JsonHasKeys { .. }
            | Word::JsonKeyEqual { .. }
            | Word::JsonKeyCompare { .. }
            | Word::JsonKeyIn { .. }
            | Word::JsonKeyLike
            | Word::JsonKeyIsNull(_)
            | Word::JsonPath { .. }
            | Word::JsonDeepValue
            | Word::JsonArrayLength
            | Word::JsonTypeOf => self.document(left, word, operand, &spot),
        }
    }

    /// What a condition comes to whose value its column cannot hold, where the request takes that
    /// for no match.
    fn fitting(&self, cond: Result<Cond>, none: Cond) -> Result<Cond> {
        match cond {
            Err(error) if self.left_out(&error) => Ok(none),
            cond => cond,
        }
    }

    fn equal(
        &self,
        left: Ref,
        kind: &FieldKind,
        negated: bool,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        if operand.is_null() {
            return Ok(is(left, Operator::IsNull(!negated)));
        }
        let told = match kind {
            FieldKind::Array(_) => self.list_held(operand),
            _ => Cow::Borrowed(operand),
        };
        let operand = told.as_ref();
        if let Some(element) = self.element_asked(kind, operand) {
            // One value beside a list asks whether the list holds it.
            let found = self.elements(element, operand, spot)?;
            return Ok(found.map_or(Cond::Never, |json| {
                is(uncast(left), Operator::ArrayContains { json, negated })
            }));
        }
        let right = match operand {
            // Lists and objects hold literals; their variables are replaced one by one.
            Json::Array(_) | Json::Object(_) => match self.operands.literal(operand, &spot.at)? {
                None => return Ok(Cond::Never),
                Some(json) => {
                    Operand::Value(coerce_operand(kind, &json).map_err(|why| spot.wrong(why))?)
                }
            },
            scalar => self.operands.typed(scalar, &left, !kind.is_json(), &spot.at)?,
        };
        Ok(is(left, Operator::Equal { negated, right }))
    }

    fn between(
        &self,
        left: Ref,
        kind: &FieldKind,
        negated: bool,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        ordered_kind(kind, spot)?;
        let ends = self.listed(operand).filter(|ends| ends.len() == 2);
        let Some(ends) = ends.filter(|ends| !ends.iter().any(Json::is_null)) else {
            return Err(spot.wants("[low, high]", operand));
        };
        let low = self.operands.typed(&ends[0], &left, false, &spot.at)?;
        let high = self.operands.typed(&ends[1], &left, false, &spot.at)?;
        Ok(is(left, Operator::Between { negated, low, high }))
    }

    /// A plain value as the text that an operator takes.
    fn text(&self, json: &Json, spot: &Spot<'_>) -> Result<String> {
        match json {
            Json::String(_) | Json::Number(_) | Json::Bool(_) => {
                match coerce(&FieldKind::Text, json) {
                    Ok(Value::Text(text)) => Ok(text),
                    Ok(_) => Err(spot.wants("text", json)),
                    Err(why) => Err(spot.wrong(why)),
                }
            }
            Json::Null | Json::Array(_) | Json::Object(_) => Err(spot.wants("text", json)),
        }
    }

    fn like(
        &self,
        left: Ref,
        kind: &FieldKind,
        like: LikeWord,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        if !kind.is_text() {
            return Err(spot.unfit(kind).hint(r#"add "cast": "text" beside the operator"#));
        }
        let text = self.operands.text(operand, &spot.at, |json| self.text(json, spot))?;
        let Some(text) = text else { return Ok(Cond::Never) };
        let LikeWord { open_start, open_end, fold, negated, .. } = like;
        let wildcards = like.wildcards && matches!(text, Operand::Value(_));
        Ok(is(left, Operator::Like(Like { text, open_start, open_end, wildcards, fold, negated })))
    }

    fn contains(
        &self,
        left: Ref,
        kind: &FieldKind,
        like: LikeWord,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let LikeWord { fold, negated, .. } = like;
        match kind {
            FieldKind::Array(element) if !fold => {
                let Some(json) = self.elements(*element, operand, spot)? else {
                    return Ok(Cond::Never);
                };
                Ok(is(uncast(left), Operator::ArrayContains { json, negated }))
            }
            FieldKind::Json { .. } if !fold => {
                self.document(left, Word::JsonContains { contained: false, negated }, operand, spot)
            }
            FieldKind::Range(range) if !fold && !negated => {
                self.range_contains(&left, *range, operand, spot)
            }
            FieldKind::Geo(_) if !fold && !negated => {
                self.geometry(left, GeoWord::Contains, operand, spot)
            }
            kind => self.like(left, kind, like, operand, spot),
        }
    }

    fn regex(&self, left: Ref, kind: &FieldKind, operand: &Json, spot: &Spot<'_>) -> Result<Cond> {
        if !kind.is_text() {
            return Err(spot.unfit(kind).hint(r#"add "cast": "text" beside the operator"#));
        }
        let Some(pattern) = self.operands.literal(operand, &spot.at)? else {
            return Ok(Cond::Never);
        };
        let pattern = self.text(&pattern, spot)?;
        let most = self.names.scope.limits.pattern_bytes_max;
        if pattern.len() > most {
            return Err(
                spot.wrong(format!("a pattern may have {most} bytes, not {}", pattern.len()))
            );
        }
        pattern::check(&pattern).map_err(|why| spot.wrong(why))?;
        Ok(is(left, Operator::Regex { pattern }))
    }
}

fn is(left: Ref, operator: Operator) -> Cond {
    Cond::Test(Box::new(Condition { left, operator }))
}

fn any(parts: Vec<Cond>) -> Cond {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Cond::Always => return Cond::Always,
            Cond::Never => {}
            Cond::Any(more) => flat.extend(more),
            part => flat.push(part),
        }
    }
    match flat.len() {
        0 => Cond::Never,
        1 => flat.remove(0),
        _ => Cond::Any(flat),
    }
}

/// Array, JSON and geometry operators read the column as it is (`spec/data.md` 4.4).
fn uncast(mut left: Ref) -> Ref {
    left.cast = None;
    left
}

fn truth(json: &Json) -> bool {
    match json {
        Json::Bool(truth) => *truth,
        Json::String(text) => text.eq_ignore_ascii_case("true"),
        Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

fn ordered_kind(kind: &FieldKind, spot: &Spot<'_>) -> Result<()> {
    if kind.is_json() || *kind == FieldKind::Binary { Err(spot.unfit(kind)) } else { Ok(()) }
}

/// A list of plain values as texts.
fn texts(json: &Json) -> Option<Vec<String>> {
    let text = |item: &Json| match item {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(item.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    match json {
        Json::Array(items) => items.iter().map(text).collect(),
        json => text(json).map(|text| vec![text]),
    }
}

fn bounded(count: usize, resolver: &Resolver<'_>, spot: &Spot<'_>) -> Result<()> {
    let most = resolver.names.scope.limits.list_values_max;
    if count > most {
        return Err(spot.wrong(format!("a list may have {most} values, not {count}")));
    }
    Ok(())
}

/// `NOT` before conditions, and not the operator `not` before a value.
fn is_logic(test: &Test) -> bool {
    let conditions = match held(&test.operand).as_ref() {
        Json::Object(_) => true,
        Json::Array(items) => !items.is_empty() && items.iter().all(|item| held(item).is_object()),
        _ => false,
    };
    test.operator == "NOT" && conditions
}

fn unknown_operator(test: &Test) -> Error {
    let error = Error::new(
        Code::UnknownOperator,
        format!("`{}` is not an operator (the value is {})", test.operator, kind_of(&test.operand)),
    )
    .at(format!("{}.{}", test.at, test.operator));
    match nearest_word(&test.operator) {
        Some(word) => error.hint(format!("did you mean `{word}`?")),
        None => error,
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod document_tests;
#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
