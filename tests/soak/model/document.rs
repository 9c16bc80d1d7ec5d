//! What the model knows of tests on JSON documents.

use super::text::like;
use super::value::{alike, decimal, folded};
use super::{Judged, Truth, Unsure};
use serde_json::Value as Json;

const ODD: Unsure = Unsure("an operand of a document test that the model does not know");

/// One test on a document that is not NULL.
pub(super) fn holds(operator: &str, document: &Json, operand: &Json) -> Judged<Truth> {
    let known = |truth: bool| Ok(Some(truth));
    match operator {
        "jsonbContains" | "jsoncontains" => known(contains(document, operand)),
        "contains" if !operand.is_null() => known(contains(document, operand)),
        "ncontains" if !operand.is_null() => known(!contains(document, operand)),
        "jsonbContainedBy" => known(contains(operand, document)),
        "jsonbNotContains" => known(!contains(document, operand)),
        "jsonbHasKey" | "jsonhaskey" => known(has(document, operand.as_str().ok_or(ODD)?)),
        "jsonbHasAnyKeys" | "jsonhasanykeys" => {
            let keys = operand.as_array().ok_or(ODD)?;
            known(keys.iter().filter_map(Json::as_str).any(|key| has(document, key)))
        }
        "jsonbHasAllKeys" | "jsonhasallkeys" => {
            let keys = operand.as_array().ok_or(ODD)?;
            known(keys.iter().filter_map(Json::as_str).all(|key| has(document, key)))
        }
        "jsonbKeyEquals" | "jsonbKeyNotEquals" | "jsonbKeyGt" | "jsonbKeyGte" | "jsonbKeyLt"
        | "jsonbKeyLte" => {
            let found = document.get(operand["key"].as_str().ok_or(ODD)?);
            key_test(&operator["jsonbKey".len()..], found, &operand["value"])
        }
        "jsonbKeyIn" | "jsonbKeyNotIn" => {
            let found = document.get(operand["key"].as_str().ok_or(ODD)?);
            let values = operand["values"].as_array().ok_or(ODD)?;
            // Nothing is neither among them nor not, as of every comparison.
            let Some(text) = found.and_then(text_of) else { return Ok(None) };
            let words: Option<Vec<&str>> = values.iter().map(Json::as_str).collect();
            let among = words.ok_or(ODD)?.contains(&text.as_str());
            known(among == (operator == "jsonbKeyIn"))
        }
        "jsonbKeyLike" => {
            let found = document.get(operand["key"].as_str().ok_or(ODD)?);
            let Some(text) = found.and_then(text_of) else { return Err(ODD) };
            let pattern = operand["pattern"].as_str().ok_or(ODD)?;
            known(like(&folded(&text), &folded(pattern))?)
        }
        "jsonbKeyIsNull" | "jsonbKeyIsNotNull" => {
            let found = document.get(operand.as_str().ok_or(ODD)?);
            let none = found.is_none_or(Json::is_null);
            known(none == (operator == "jsonbKeyIsNull"))
        }
        "jsonbDeepValue" => deep(document, operand),
        "jsonbArrayLength" => {
            // What is no list has no length: it is neither this nor another.
            let Some(Json::Array(items)) = at(document, operand.get("path"))? else {
                return Ok(None);
            };
            let wanted = operand["value"].as_u64().ok_or(ODD)?;
            let found = items.len() as u64;
            known(match operand["op"].as_str().unwrap_or("eq") {
                "eq" => found == wanted,
                "ne" => found != wanted,
                "gt" => found > wanted,
                "gte" => found >= wanted,
                "lt" => found < wanted,
                "lte" => found <= wanted,
                _ => return Err(ODD),
            })
        }
        "jsonbTypeOf" => {
            let Some(found) = at(document, operand.get("path"))? else { return Err(ODD) };
            let name = match found {
                Json::Null => "null",
                Json::Bool(_) => "boolean",
                Json::Number(_) => "number",
                Json::String(_) => "string",
                Json::Array(_) => "array",
                Json::Object(_) => "object",
            };
            known(operand["type"] == name)
        }
        "jsonbPathExists" | "jsonpath" => path_exists(document, operand.as_str().ok_or(ODD)?),
        "jsonbPathMatch" => path_matches(document, operand.as_str().ok_or(ODD)?),
        "arraycontains" => {
            let Json::Array(items) = document else { return Err(ODD) };
            let wanted = match operand {
                Json::Array(wanted) => wanted.as_slice(),
                one => std::slice::from_ref(one),
            };
            known(wanted.iter().all(|one| items.iter().any(|item| alike(item, one))))
        }
        _ => Err(ODD),
    }
}

/// `a` contains `b`: every key and every element of `b` is in `a`, at any depth.
fn contains(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(items), Json::Array(wanted)) => {
            wanted.iter().all(|one| items.iter().any(|item| within(item, one)))
        }
        // A list contains a scalar that is one of its elements; at the top only.
        (Json::Array(items), scalar) if !scalar.is_object() => {
            items.iter().any(|item| alike(item, scalar))
        }
        (a, b) => within(a, b),
    }
}

fn within(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            b.iter().all(|(key, b)| a.get(key).is_some_and(|a| within(a, b)))
        }
        (Json::Array(items), Json::Array(wanted)) => {
            wanted.iter().all(|one| items.iter().any(|item| within(item, one)))
        }
        (a, b) => alike(a, b),
    }
}

/// A key of an object, a text of a list, or the text itself.
fn has(document: &Json, key: &str) -> bool {
    match document {
        Json::Object(map) => map.contains_key(key),
        Json::Array(items) => items.iter().any(|item| item == key),
        Json::String(text) => text == key,
        _ => false,
    }
}

/// What `->>` answers; none for what is absent or null.
fn text_of(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Number(number) => Some(number.to_string()),
        // How a list is spelled is nobody's business here.
        Json::Array(_) | Json::Object(_) => Some(String::from("\u{0}")),
    }
}

fn key_test(test: &str, found: Option<&Json>, wanted: &Json) -> Judged<Truth> {
    let absent = found.is_none_or(Json::is_null);
    let negated = test == "NotEquals";
    if matches!(test, "Equals" | "NotEquals") {
        let equal = match wanted {
            Json::Null => return Ok(Some(absent != negated)),
            _ if absent => false,
            Json::Bool(truth) => match found {
                Some(Json::Bool(found)) => found == truth,
                Some(Json::String(_)) => return Err(ODD),
                _ => false,
            },
            Json::Number(number) => match found.and_then(number_of) {
                Some(found) => found == decimal(&number.to_string())?,
                None => false,
            },
            Json::String(text) => match found {
                Some(Json::String(found)) => found == text,
                // A number or a truth is compared by its spelling.
                Some(Json::Number(_) | Json::Bool(_)) => return Err(ODD),
                _ => false,
            },
            Json::Array(_) | Json::Object(_) => return Err(ODD),
        };
        return Ok(Some(equal != negated));
    }
    let Json::Number(wanted) = wanted else { return Err(ODD) };
    let wanted = decimal(&wanted.to_string())?;
    // What is no number is neither more nor less, as of every comparison.
    let Some(found) = found.and_then(number_of) else { return Ok(None) };
    Ok(Some(match test {
        "Gt" => found > wanted,
        "Gte" => found >= wanted,
        "Lt" => found < wanted,
        "Lte" => found <= wanted,
        _ => return Err(ODD),
    }))
}

/// A number, or a text that is one.
fn number_of(json: &Json) -> Option<i128> {
    match json {
        Json::Number(number) => decimal(&number.to_string()).ok(),
        Json::String(text) => decimal(text.trim()).ok(),
        _ => None,
    }
}

/// The part of a document at the end of a path.
fn at<'a>(document: &'a Json, path: Option<&Json>) -> Judged<Option<&'a Json>> {
    let steps = match path {
        None => return Ok(Some(document)),
        Some(Json::Array(steps)) => steps.clone(),
        Some(one) => vec![one.clone()],
    };
    let mut here = document;
    for step in steps {
        let next = match (here, &step) {
            (Json::Object(map), Json::String(key)) => map.get(key),
            (Json::Object(map), Json::Number(key)) => map.get(&key.to_string()),
            (Json::Array(items), step) => {
                let text = match step {
                    Json::String(text) => text.clone(),
                    other => other.to_string(),
                };
                match text.parse::<i64>() {
                    Ok(place) if place >= 0 => items.get(usize::try_from(place).map_err(|_| ODD)?),
                    Ok(_) => return Err(ODD),
                    Err(_) => None,
                }
            }
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

fn deep(document: &Json, operand: &Json) -> Judged<Truth> {
    let found = at(document, operand.get("path"))?;
    let test = match operand["op"].as_str().unwrap_or("eq") {
        "eq" => "Equals",
        "ne" if operand["value"].is_null() => "NotEquals",
        "gt" => "Gt",
        "gte" => "Gte",
        "lt" => "Lt",
        "lte" => "Lte",
        _ => return Err(ODD),
    };
    // What is absent is unknown, not false: it matters below a NOT.
    if found.is_none_or(Json::is_null) && !operand["value"].is_null() {
        return Err(ODD);
    }
    match (test, &operand["value"], found) {
        ("Equals", Json::Bool(_), _) => Err(ODD),
        (_, Json::Number(_), Some(Json::Number(_))) | ("Equals" | "NotEquals", _, _) => {
            key_test(test, found, &operand["value"])
        }
        _ => Err(ODD),
    }
}

/// The elements of a list, or the one thing that is none: a path takes lists apart by itself.
fn each(json: &Json) -> Vec<&Json> {
    match json {
        Json::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// The values of a key, of the document or of the elements of a list.
fn members<'a>(document: &'a Json, key: &str) -> Vec<&'a Json> {
    each(document).into_iter().filter_map(|one| one.as_object()?.get(key)).collect()
}

fn number(json: &Json) -> Option<f64> {
    json.as_number().and_then(|number| number.to_string().parse().ok())
}

/// The paths that questions use, each said in Rust.
fn path_exists(document: &Json, path: &str) -> Judged<Truth> {
    let numbers = |of: Vec<&Json>, test: fn(f64) -> bool| {
        of.into_iter().flat_map(each).filter_map(number).any(test)
    };
    Ok(Some(match path {
        "$" => true,
        "$.k" => !members(document, "k").is_empty(),
        "$.n ? (@ > 5)" => numbers(members(document, "n"), |number| number > 5.0),
        "$[*]" => !each(document).is_empty(),
        "$[0]" | "$[last]" => !each(document).is_empty(),
        "$.k ? (@ == \"a\")" => {
            members(document, "k").into_iter().flat_map(each).any(|found| found == "a")
        }
        "$.*" => {
            each(document).iter().any(|one| one.as_object().is_some_and(|map| !map.is_empty()))
        }
        "$[1 to 2]" => each(document).len() > 1,
        _ => return Err(Unsure("a path that the model does not know")),
    }))
}

fn path_matches(document: &Json, path: &str) -> Judged<Truth> {
    let values =
        |key: &str| -> Vec<&Json> { members(document, key).into_iter().flat_map(each).collect() };
    Ok(Some(match path {
        "$.n == 10" => values("n").into_iter().filter_map(number).any(|number| number == 10.0),
        "exists($.k)" => !members(document, "k").is_empty(),
        "$.k == null" => values("k").into_iter().any(Json::is_null),
        _ => return Err(Unsure("a path that the model does not know")),
    }))
}
