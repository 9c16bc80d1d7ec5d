//! JSON columns: containment, keys, values inside, lengths and types.

use super::{Resolver, Spot, bounded, is, texts, uncast};
use crate::coerce::decimal::Decimal;
use crate::coerce::{canonical_json, no_nul_within};
use crate::operator::Word;
use crate::resolve::json_path;
use crate::{Cond, JsonValueTest, Operator, Ref};
use base::{Error, Result};
use catalog::FieldKind;
use serde_json::Value as Json;

/// Most keys of one test: each is looked for by itself in each document.
const KEYS_MAX: usize = 200;

impl Resolver<'_> {
    /// Operators of JSON columns.
    pub(super) fn document(
        &self,
        left: Ref,
        word: Word,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let left = uncast(left);
        if !matches!(left.kind, FieldKind::Json { .. } | FieldKind::Array(_)) {
            return Err(spot.unfit(&left.kind));
        }
        let Some(operand) = self.operands.literal(operand, &spot.at)? else {
            return Ok(Cond::Never);
        };
        let operand = &match word {
            // A key or a path is text, whatever it looks like.
            Word::JsonHasKey | Word::JsonKeyIsNull(_) | Word::JsonPath { .. } => operand,
            _ => self.opened(&operand).into_owned(),
        };
        // One store would end the key there and the other fail.
        no_nul_within(operand).map_err(|why| spot.wrong(why))?;
        let operator = match word {
            Word::JsonContains { contained, negated } => {
                let json = canonical_json(operand).map_err(|why| spot.wrong(why))?;
                Operator::JsonContains { json, contained, negated }
            }
            Word::JsonHasKey => {
                let key = operand.as_str().ok_or_else(|| spot.wants("a key", operand))?;
                Operator::JsonHasKeys { keys: vec![key.to_owned()], all: true }
            }
            Word::JsonHasKeys { all } => {
                let keys = texts(operand).ok_or_else(|| spot.wants("a list of keys", operand))?;
                if keys.len() > KEYS_MAX {
                    let count = keys.len();
                    let why = format!("a list may have {KEYS_MAX} keys, not {count}");
                    return Err(spot.wrong(why));
                }
                match (keys.is_empty(), all) {
                    (true, true) => return Ok(Cond::Always),
                    (true, false) => return Ok(Cond::Never),
                    (false, all) => Operator::JsonHasKeys { keys, all },
                }
            }
            Word::JsonKeyEqual { negated } => {
                let (path, value) = keyed(operand, spot)?;
                let ordering = if negated { (true, true, false) } else { (false, false, true) };
                let test = value_test(value, ordering, negated)
                    .ok_or_else(|| spot.wants("{key, value} with a plain value", operand))?;
                Operator::JsonValue { path, test }
            }
            Word::JsonKeyCompare { greater, or_equal } => {
                let (path, value) = keyed(operand, spot)?;
                let ordering = (greater, !greater, or_equal);
                let Some(value) = number_text(value) else {
                    return Err(spot.wants("{key, value} with a number", operand));
                };
                let test = JsonValueTest::Number { ordering, value, or_missing: false };
                Operator::JsonValue { path, test }
            }
            Word::JsonKeyIn { negated } => {
                let path = key_path(operand, spot)?;
                let Some(values) = operand.get("values").and_then(texts) else {
                    return Err(spot.wants("{key, values}", operand));
                };
                bounded(values.len(), self, spot)?;
                if values.is_empty() {
                    return Ok(if negated { Cond::Always } else { Cond::Never });
                }
                Operator::JsonValue { path, test: JsonValueTest::In { negated, values } }
            }
            Word::JsonKeyLike => {
                let path = key_path(operand, spot)?;
                let Some(pattern) = operand.get("pattern").and_then(Json::as_str) else {
                    return Err(spot.wants("{key, pattern}", operand));
                };
                let test = JsonValueTest::Like { pattern: pattern.to_owned(), fold: true };
                Operator::JsonValue { path, test }
            }
            Word::JsonKeyIsNull(wanted) => {
                let key = operand.as_str().ok_or_else(|| spot.wants("a key", operand))?;
                let test = JsonValueTest::IsNull(wanted);
                Operator::JsonValue { path: vec![key.to_owned()], test }
            }
            Word::JsonPath { predicate } => {
                let path = operand.as_str().ok_or_else(|| spot.wants("a path", operand))?;
                let most = self.names.scope.limits.pattern_bytes_max;
                let path = json_path::read(path, most).map_err(|why| spot.wrong(why))?;
                Operator::JsonPath { path, predicate }
            }
            Word::JsonDeepValue => deep_value(operand, spot)?,
            Word::JsonArrayLength => {
                let path = optional_path(operand, spot)?;
                return lengths(&left, &path, operand, spot);
            }
            Word::JsonTypeOf => {
                let path = optional_path(operand, spot)?;
                let name = operand.as_str().or_else(|| operand.get("type").and_then(Json::as_str));
                const NAMES: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];
                match name.filter(|name| NAMES.contains(name)) {
                    Some(name) => Operator::JsonTypeOf { path, type_name: name.to_owned() },
                    None => {
                        let what = format!("{{type}} as one of {}", NAMES.join(", "));
                        return Err(spot.wants(&what, operand));
                    }
                }
            }
            _ => return Err(Error::internal(format!("`{}` is not a JSON operator", spot.word))),
        };
        Ok(is(left, operator))
    }
}

fn number_text(json: &Json) -> Option<String> {
    let digits = match json {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    Decimal::parse(&digits).map(|number| number.text())
}

fn key_path(operand: &Json, spot: &Spot<'_>) -> Result<Vec<String>> {
    match operand.get("key") {
        Some(Json::String(key)) => Ok(vec![key.clone()]),
        _ => Err(spot.wants("an object with a `key`", operand)),
    }
}

fn keyed<'a>(operand: &'a Json, spot: &Spot<'_>) -> Result<(Vec<String>, &'a Json)> {
    let path = key_path(operand, spot)?;
    match operand.get("value") {
        Some(value) => Ok((path, value)),
        None => Err(spot.wants("{key, value}", operand)),
    }
}

/// The comparison of a value inside a document by the type of the operand.
fn value_test(value: &Json, ordering: (bool, bool, bool), negated: bool) -> Option<JsonValueTest> {
    Some(match value {
        Json::Null => JsonValueTest::IsNull(!negated),
        Json::Bool(value) => JsonValueTest::Boolean { negated, value: *value, or_missing: negated },
        Json::Number(_) => {
            JsonValueTest::Number { ordering, value: number_text(value)?, or_missing: negated }
        }
        Json::String(text) => {
            JsonValueTest::Text { ordering, value: text.clone(), or_missing: negated }
        }
        Json::Array(_) | Json::Object(_) => return None,
    })
}

/// `(greater, less, equal)` for a comparison word.
fn ordering_of(word: &str) -> Option<(bool, bool, bool)> {
    Some(match word {
        "eq" => (false, false, true),
        "ne" | "neq" => (true, true, false),
        "gt" => (true, false, false),
        "gte" => (true, false, true),
        "lt" => (false, true, false),
        "lte" => (false, true, true),
        _ => return None,
    })
}

fn path_parts(json: &Json) -> Option<Vec<String>> {
    match json {
        Json::String(key) => Some(vec![key.clone()]),
        Json::Array(parts) if !parts.is_empty() => parts
            .iter()
            .map(|part| match part {
                Json::String(key) => Some(key.clone()),
                Json::Number(index) => Some(index.to_string()),
                Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
            })
            .collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn optional_path(operand: &Json, spot: &Spot<'_>) -> Result<Vec<String>> {
    match operand.get("path") {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(path) => path_parts(path).ok_or_else(|| spot.wants("a `path` of keys", path)),
    }
}

fn deep_value(operand: &Json, spot: &Spot<'_>) -> Result<Operator> {
    let path = operand.get("path").and_then(path_parts);
    let (Some(path), Some(value)) = (path, operand.get("value")) else {
        return Err(spot.wants("{path, value, op?}", operand));
    };
    let word = match operand.get("op") {
        None | Some(Json::Null) => "eq",
        Some(word) => word.as_str().ok_or_else(|| spot.wants("an `op` word", word))?,
    };
    let test = match (word, value) {
        ("like" | "ilike" | "iLike", Json::String(pattern)) => {
            JsonValueTest::Like { pattern: pattern.clone(), fold: word != "like" }
        }
        (word, value) => {
            let Some(ordering) = ordering_of(word) else {
                return Err(spot.wants("`op` as eq, ne, gt, gte, lt, lte, like or ilike", operand));
            };
            let negated = matches!(word, "ne" | "neq");
            let equality = negated || word == "eq";
            let plain = equality || value.is_number() || value.is_string();
            let test = value_test(value, ordering, negated).filter(|_| plain);
            match test {
                Some(JsonValueTest::Text { ordering, value, .. }) => {
                    JsonValueTest::Text { ordering, value, or_missing: false }
                }
                Some(JsonValueTest::Number { ordering, value, .. }) => {
                    JsonValueTest::Number { ordering, value, or_missing: false }
                }
                Some(JsonValueTest::Boolean { negated, value, .. }) => {
                    JsonValueTest::Boolean { negated, value, or_missing: false }
                }
                Some(test) => test,
                None => return Err(spot.wants("a `value` that fits its `op`", operand)),
            }
        }
    };
    Ok(Operator::JsonValue { path, test })
}

/// Length tests: a number, `{op, value}`, or `{gt: n, lt: m}`.
pub(super) fn lengths(
    left: &Ref,
    path: &[String],
    operand: &Json,
    spot: &Spot<'_>,
) -> Result<Cond> {
    let wrong = || spot.wants("a number, {op, value} or {gt: n}", operand);
    let whole = |json: &Json| {
        number_text(json).and_then(|digits| digits.parse::<i64>().ok()).ok_or_else(wrong)
    };
    let length = |ordering, value| {
        is(left.clone(), Operator::ArrayLength { path: path.to_vec(), ordering, value })
    };
    let Json::Object(map) = operand else {
        return Ok(length((false, false, true), whole(operand)?));
    };
    if let Some(value) = map.get("value") {
        let word = map.get("op").map_or(Some("eq"), Json::as_str);
        let ordering = word.and_then(ordering_of).ok_or_else(wrong)?;
        return Ok(length(ordering, whole(value)?));
    }
    let mut all = Cond::Always;
    for (word, value) in map.iter().filter(|(word, _)| *word != "path") {
        let ordering = ordering_of(word).ok_or_else(wrong)?;
        all = all.and(length(ordering, whole(value)?));
    }
    if matches!(all, Cond::Always) { Err(wrong()) } else { Ok(all) }
}
