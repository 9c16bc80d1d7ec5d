//! Lists on either side: one of several values, and columns that hold lists themselves.

use super::document::lengths;
use super::{Resolver, Spot, any, bounded, is, truth, uncast};
use crate::coerce::{array_json, canonical_json};
use crate::json::held;
use crate::operator::Word;
use crate::{Cond, Operator, Ref, UnknownNames};
use base::{Code, Error, Result};
use catalog::{Element, FieldKind};
use serde_json::Value as Json;
use std::borrow::Cow;

impl Resolver<'_> {
    pub(super) fn among(
        &self,
        left: Ref,
        kind: &FieldKind,
        negated: bool,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let elements = match kind {
            FieldKind::Array(element) => Some(*element),
            kind if kind.is_json() => {
                return self.among_documents(left, kind, negated, operand, spot);
            }
            FieldKind::Binary => return Err(spot.unfit(kind)),
            _ => None,
        };
        let Some(list) = self.listed(operand) else { return Err(spot.wants("a list", operand)) };
        bounded(list.len(), self, spot)?;
        let (mut values, mut some) = (Vec::with_capacity(list.len()), Vec::new());
        let mut null = false;
        for (index, item) in list.iter().enumerate() {
            let at = format!("{}.{index}", spot.at);
            let fits = match elements {
                _ if item.is_null() => {
                    null = true;
                    continue;
                }
                None => {
                    self.operands.typed(item, &left, false, &at).map(|value| values.push(value))
                }
                // All of them are looked at together below, unless one by one they may be left out.
                Some(element) if self.unknown == UnknownNames::Empty => {
                    self.elements(element, item, spot).map(drop)
                }
                Some(_) => Ok(()),
            };
            match fits {
                Err(error) if self.left_out(&error) => {}
                fits => {
                    fits?;
                    some.push(item.clone());
                }
            }
        }
        let empty = some.is_empty();
        let found = match (empty, negated, elements) {
            (true, false, _) => Cond::Never,
            (true, true, _) => Cond::Always,
            (false, negated, None) => is(left.clone(), Operator::In { negated, values }),
            (false, negated, Some(element)) => {
                match self.elements(element, &Json::Array(some), spot)? {
                    None => return Ok(Cond::Never),
                    Some(json) => {
                        let held = is(uncast(left.clone()), Operator::ArrayOverlaps { json });
                        if negated { Cond::Not(Box::new(held)) } else { held }
                    }
                }
            }
        };
        Ok(if null { or_null(found, left, negated) } else { found })
    }

    /// Documents, ranges and geometries have no list that they are looked up in: each value is a
    /// condition of its own.
    fn among_documents(
        &self,
        left: Ref,
        kind: &FieldKind,
        negated: bool,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let Json::Array(list) = self.list_held(operand).into_owned() else {
            return Err(spot.wants("a list", operand));
        };
        for _ in &list {
            self.counted(&spot.at)?;
        }
        let null = list.iter().any(Json::is_null);
        let mut parts = Vec::with_capacity(list.len());
        for item in list.iter().filter(|item| !item.is_null()) {
            match self.equal(left.clone(), kind, false, item, spot) {
                Err(error) if self.left_out(&error) => {}
                part => parts.push(part?),
            }
        }
        // A variable that stands for nothing differs from nothing either.
        let unknown = parts.iter().any(|part| matches!(part, Cond::Never));
        let found = match (parts.is_empty(), negated) {
            (true, true) => Cond::Always,
            (false, true) if unknown => Cond::Never,
            (false, true) => Cond::Not(Box::new(any(parts))),
            (_, false) => any(parts),
        };
        Ok(if null { or_null(found, left, negated) } else { found })
    }

    /// Whether a value is refused that no column holds, where the request takes it for none of those
    /// that are looked for.
    pub(super) fn left_out(&self, error: &Error) -> bool {
        self.unknown == UnknownNames::Empty && error.code() == Code::InvalidQuery
    }

    /// The element type when one plain value is compared with a column of lists.
    pub(super) fn element_asked(&self, kind: &FieldKind, operand: &Json) -> Option<Element> {
        let column = |text: &str| !self.operands.verbatim.get() && text.starts_with("$COL(");
        match (kind, operand) {
            (FieldKind::Array(_), Json::Array(_) | Json::Object(_)) => None,
            (FieldKind::Array(_), Json::String(text)) if column(text) => None,
            (FieldKind::Array(element), _) => Some(*element),
            _ => None,
        }
    }

    /// The operand of an array test as compact JSON text of a list.
    pub(super) fn elements(
        &self,
        element: Element,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Option<String>> {
        let Some(json) = self.operands.literal(operand, &spot.at)? else { return Ok(None) };
        let list = self.one_or_list(&json);
        bounded(list.len(), self, spot)?;
        let list = array_json(element, &list).map_err(|why| spot.wrong(why))?;
        canonical_json(&list).map(Some).map_err(|why| spot.wrong(why))
    }

    pub(super) fn array(
        &self,
        left: Ref,
        word: Word,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let left = uncast(left);
        if !matches!(left.kind, FieldKind::Array(_) | FieldKind::Json { .. }) {
            return Err(spot.unfit(&left.kind));
        }
        match word {
            Word::ArrayEmpty => {
                // Zero elements, or more than zero.
                let ordering =
                    if truth(operand) { (false, false, true) } else { (true, false, false) };
                Ok(is(left, Operator::ArrayLength { path: Vec::new(), ordering, value: 0 }))
            }
            Word::ArrayLength => lengths(&left, &[], &self.opened(operand), spot),
            Word::ArrayContains | Word::ArrayContained | Word::ArrayOverlaps => {
                let json = match &left.kind {
                    FieldKind::Array(element) => self.elements(*element, operand, spot)?,
                    _ => match self.operands.literal(operand, &spot.at)? {
                        None => None,
                        Some(json) => {
                            let list = self.one_or_list(&json);
                            bounded(list.len(), self, spot)?;
                            Some(
                                canonical_json(&Json::Array(list))
                                    .map_err(|why| spot.wrong(why))?,
                            )
                        }
                    },
                };
                let Some(json) = json else { return Ok(Cond::Never) };
                let operator = match word {
                    Word::ArrayContained => Operator::ArrayContainedBy { json },
                    Word::ArrayOverlaps => Operator::ArrayOverlaps { json },
                    _ => Operator::ArrayContains { json, negated: false },
                };
                Ok(is(left, operator))
            }
            _ => Err(Error::internal(format!("`{}` is not an array operator", spot.word))),
        }
    }
}

impl Resolver<'_> {
    /// A list, text with commas between the values, or one value.
    pub(super) fn listed(&self, json: &Json) -> Option<Vec<Json>> {
        match self.list_held(json).as_ref() {
            Json::Array(items) => Some(items.clone()),
            Json::String(text) if text.is_empty() => Some(Vec::new()),
            Json::String(text) if text.contains(',') => {
                Some(text.split(',').map(|part| Json::String(part.trim().to_owned())).collect())
            }
            one @ (Json::String(_) | Json::Number(_) | Json::Bool(_)) => Some(vec![one.clone()]),
            Json::Null | Json::Object(_) => None,
        }
    }

    fn one_or_list(&self, json: &Json) -> Vec<Json> {
        match self.list_held(json).into_owned() {
            Json::Array(items) => items,
            json => vec![json],
        }
    }

    /// The list that a text holds (`["a","b"]` behind brackets in a query string), or what was given.
    pub(super) fn list_held<'j>(&self, json: &'j Json) -> Cow<'j, Json> {
        match self.opened(json) {
            Cow::Owned(list @ Json::Array(_)) => Cow::Owned(list),
            _ => Cow::Borrowed(json),
        }
    }

    /// The list or object that a text holds, unless the request says that text stands for itself.
    pub(super) fn opened<'j>(&self, json: &'j Json) -> Cow<'j, Json> {
        if self.operands.verbatim.get() { Cow::Borrowed(json) } else { held(json) }
    }
}

/// What is asked of the values of a list that holds a null too, which means NULL as `eq: null` does.
fn or_null(found: Cond, left: Ref, negated: bool) -> Cond {
    match negated {
        true => is(left, Operator::IsNull(false)).and(found),
        false => any(vec![is(left, Operator::IsNull(true)), found]),
    }
}
