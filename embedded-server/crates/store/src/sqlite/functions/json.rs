//! JSON: containment and keys as jsonb of Postgres has them.

use super::decimal::Decimal;
use super::{PURE, is_null, with_text};
use rusqlite::functions::Context;
use rusqlite::{Connection, Result};
use serde_json::Value as Json;
use std::sync::Arc;

pub(super) fn register(connection: &Connection) -> Result<()> {
    let contains = |context: &Context<'_>| Ok(both(context, 0, 1, contains));
    connection.create_scalar_function("bx_json_contains", 2, PURE, contains)?;
    connection.create_scalar_function("bx_arr_contains", 2, PURE, contains)?;
    connection.create_scalar_function("bx_arr_contained", 2, PURE, |context| {
        Ok(both(context, 1, 0, self::contains))
    })?;
    connection.create_scalar_function("bx_arr_overlap", 2, PURE, |context| {
        Ok(both(context, 0, 1, overlap).flatten())
    })?;
    connection.create_scalar_function("bx_json_same", 2, PURE, |context| {
        Ok(both(context, 0, 1, equal))
    })?;
    connection.create_scalar_function("bx_json_key", 1, PURE, |context| {
        let Some(json) = read(context, 0) else { return Ok(None) };
        let mut key = String::new();
        write_key(&json, &mut key);
        Ok(Some(key))
    })?;
    connection.create_scalar_function("bx_json_text", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| match serde_json::from_str(text) {
            Ok(json) => {
                let mut written = String::with_capacity(text.len() * 2);
                write_text(&json, &mut written);
                written
            }
            Err(_) => String::from(text),
        }))
    })?;
    connection.create_scalar_function("bx_exact", 1, PURE, |context| {
        Ok(with_text(context, 0, quoted_numbers))
    })?;
    connection.create_scalar_function("bx_json_has", 2, PURE, |context| {
        if is_null(context, 1) {
            return Ok(None);
        }
        let Some(json) = read(context, 0) else { return Ok(None) };
        Ok(with_text(context, 1, |key| has(&json, key)))
    })
}

/// An argument read as JSON; `None` for NULL and for text that is no JSON. Bound values are read
/// once for a whole statement.
pub(super) fn read(context: &Context<'_>, at: usize) -> Option<Arc<Json>> {
    if is_null(context, at) {
        return None;
    }
    let at = i32::try_from(at).ok()?;
    let parsed =
        super::once(context, at, |text| Ok(serde_json::from_str::<Json>(text).ok().map(Arc::new)));
    parsed.ok().and_then(|parsed| (*parsed).clone())
}

/// Asks about two JSON arguments; NULL if either is.
fn both<T>(
    context: &Context<'_>,
    left: usize,
    right: usize,
    ask: impl FnOnce(&Json, &Json) -> T,
) -> Option<T> {
    Some(ask(&*read(context, left)?, &*read(context, right)?))
}

/// The numbers of a document without texts that have digits, each as a text.
fn quoted_numbers(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut within = false;
    for sign in json.chars() {
        let number = sign.is_ascii_digit() || matches!(sign, '-' | '.');
        if number != within {
            text.push('"');
        }
        within = number;
        text.push(sign);
    }
    text
}

/// `left @> right`: everything of `right` is in `left`, at the same depth. An array may also
/// contain a bare scalar, but only at the top.
fn contains(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Array(elements), Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => {
            elements.iter().any(|element| equal(element, right))
        }
        _ => holds(left, right),
    }
}

fn holds(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Object(left), Json::Object(right)) => {
            right.iter().all(|(key, value)| left.get(key).is_some_and(|found| holds(found, value)))
        }
        (Json::Array(left), Json::Array(right)) => {
            right.iter().all(|wanted| left.iter().any(|found| holds(found, wanted)))
        }
        _ => equal(left, right),
    }
}

/// Equality of jsonb: numbers by value, objects whatever the order of their keys.
pub(super) fn equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(left), Json::Bool(right)) => left == right,
        (Json::String(left), Json::String(right)) => left == right,
        (Json::Number(left), Json::Number(right)) => {
            Decimal::same(&left.to_string(), &right.to_string())
        }
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|found| equal(value, found)))
        }
        (
            Json::Null
            | Json::Bool(_)
            | Json::Number(_)
            | Json::String(_)
            | Json::Array(_)
            | Json::Object(_),
            _,
        ) => false,
    }
}

/// One text for all values that are [`equal`].
fn write_key(json: &Json, key: &mut String) {
    match json {
        Json::Number(number) => {
            let spelled = number.to_string();
            let digits = Decimal::read(&spelled).map(|decimal| decimal.print());
            let digits = digits.as_deref().unwrap_or(&spelled);
            match digits.contains('.') {
                true => key.push_str(digits.trim_end_matches('0').trim_end_matches('.')),
                false => key.push_str(digits),
            }
        }
        Json::Array(elements) => {
            key.push('[');
            for element in elements {
                write_key(element, key);
                key.push(',');
            }
            key.push(']');
        }
        Json::Object(object) => {
            let mut members: Vec<(&String, &Json)> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            key.push('{');
            for (name, member) in members {
                key.push_str(&Json::from(name.as_str()).to_string());
                key.push(':');
                write_key(member, key);
                key.push(',');
            }
            key.push('}');
        }
        Json::Null | Json::Bool(_) | Json::String(_) => key.push_str(&json.to_string()),
    }
}

/// A document as jsonb writes it: keys by length, then bytes, a space behind each separator.
fn write_text(json: &Json, text: &mut String) {
    match json {
        Json::Number(number) => {
            let spelled = number.to_string();
            let digits = Decimal::read(&spelled).map(|decimal| decimal.print());
            text.push_str(digits.as_deref().unwrap_or(&spelled));
        }
        Json::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write_text(element, text);
            }
            text.push(']');
        }
        Json::Object(object) => {
            let mut members: Vec<(&String, &Json)> = object.iter().collect();
            members.sort_unstable_by_key(|(name, _)| (name.len(), *name));
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                text.push_str(&Json::from(name.as_str()).to_string());
                text.push_str(": ");
                write_text(member, text);
            }
            text.push('}');
        }
        Json::Null | Json::Bool(_) | Json::String(_) => text.push_str(&json.to_string()),
    }
}

/// Whether two arrays have an element in common; unknown where the left is no array.
fn overlap(left: &Json, right: &Json) -> Option<bool> {
    let left = left.as_array()?;
    Some(match right {
        Json::Array(right) => {
            right.iter().any(|wanted| left.iter().any(|found| equal(found, wanted)))
        }
        wanted => left.iter().any(|found| equal(found, wanted)),
    })
}

/// `json ? key`: an object's key, an array's string, or the string itself.
fn has(json: &Json, key: &str) -> bool {
    match json {
        Json::Object(object) => object.contains_key(key),
        Json::Array(elements) => elements.iter().any(|element| element.as_str() == Some(key)),
        Json::String(text) => text == key,
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::truth;

    #[test]
    fn containment_is_that_of_jsonb() {
        // Each line was asked of PostgreSQL 15.
        let cases = [
            (r#"["a","b"]"#, r#""a""#, true),
            (r#""a""#, r#"["a"]"#, false),
            ("[1,[2,3]]", "[[2]]", true),
            ("[1,[2,3]]", "[2]", false),
            (r#"{"a":[1,2]}"#, r#"{"a":1}"#, false),
            (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{}}"#, true),
            ("[]", "{}", false),
            ("{}", "[]", false),
            ("1", "1.0", true),
            ("[1,1]", "[1,1,1]", true),
            (r#"[{"a":1,"b":2}]"#, r#"[{"a":1}]"#, true),
            (r#"["a"]"#, r#"[["a"]]"#, false),
            ("null", "null", true),
            ("[null]", "null", true),
            ("[1,2]", "[]", true),
            (
                "[10000000000000000000000000000000000001]",
                "[10000000000000000000000000000000000002]",
                false,
            ),
        ];
        for (left, right, expected) in cases {
            let found = truth(&format!("bx_json_contains('{left}', '{right}')"));
            assert_eq!(found, Some(expected), "{left} @> {right}");
            let found = truth(&format!("bx_arr_contained('{right}', '{left}')"));
            assert_eq!(found, Some(expected), "{right} <@ {left}");
        }
        assert_eq!(truth("bx_json_contains(NULL, '1')"), None);
        assert_eq!(truth("bx_arr_contains('[1]', NULL)"), None);
        assert_eq!(truth("bx_arr_contains('[1,2,3]', '[3,1]')"), Some(true));
        assert_eq!(truth("bx_arr_contains('[1]', '[\"1\"]')"), Some(false));
    }

    #[test]
    fn a_document_as_text_is_that_of_jsonb() {
        // Each line was asked of PostgreSQL 15.
        for (json, text) in [
            (
                "{\"bb\":1,\"a\":[1,2.50,-0],\"c\":{}}",
                "{\"a\": [1, 2.50, 0], \"c\": {}, \"bb\": 1}",
            ),
            ("[]", "[]"),
            ("[1e2,1.5E3,1e-3]", "[100, 1500, 0.001]"),
            ("\"a,b: c\"", "\"a,b: c\""),
            ("{\"x\\u0001\\n\\/\":\"\\u00e9\\u007f\"}", "{\"x\\u0001\\n/\": \"é\u{7f}\"}"),
            ("null", "null"),
            ("no json", "no json"),
        ] {
            let asked = format!("bx_json_text('{json}') = '{text}'");
            assert_eq!(truth(&asked), Some(true), "{json}");
        }
        assert_eq!(truth("bx_json_text(NULL) = ''"), None);
    }

    #[test]
    fn equal_values_have_one_key() {
        for (one, other, same) in [
            ("1", "1.00", true),
            ("-0", "0", true),
            ("100", "1e2", true),
            ("100", "10", false),
            ("1", "\"1\"", false),
            (r#"{"a":1,"b":[2.0]}"#, r#"{"b":[2],"a":1.0}"#, true),
            ("[1,2]", "[2,1]", false),
            ("[]", "{}", false),
            ("null", "\"null\"", false),
        ] {
            let asked = format!("bx_json_key('{one}') = bx_json_key('{other}')");
            assert_eq!(truth(&asked), Some(same), "{one} and {other}");
        }
        assert_eq!(truth("bx_json_key(NULL) = '1'"), None);
    }

    #[test]
    fn keys_and_overlaps() {
        let cases = [
            (r#"["a","b"]"#, "a", true),
            (r#"{"a":1}"#, "a", true),
            (r#""a""#, "a", true),
            ("[1]", "1", false),
            (r#"[["a"]]"#, "a", false),
            (r#"{"b":{"a":1}}"#, "a", false),
        ];
        for (json, key, expected) in cases {
            assert_eq!(truth(&format!("bx_json_has('{json}', '{key}')")), Some(expected), "{json}");
        }
        assert_eq!(truth("bx_json_has(NULL, 'a')"), None);
        assert_eq!(truth("bx_arr_overlap('[1,2]', '[2.0,5]')"), Some(true));
        assert_eq!(truth("bx_arr_overlap('[1,2]', '[\"1\"]')"), Some(false));
        assert_eq!(truth("bx_arr_overlap('[1,2]', '[]')"), Some(false));
        assert_eq!(truth("bx_arr_overlap('{}', '[]')"), None);
    }
}
