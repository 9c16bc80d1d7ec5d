//! Keyset cursors: the sort keys of the last row of a page and a mark of their order, as opaque text.

use crate::{Order, OrderBy, Search};
use base::{Code, Error, Result, Value};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

/// What tells one order from another: the values of a cursor mean nothing in another order, and may
/// well be of the types that the other has.
pub(super) fn mark(order: &[OrderBy], search: Option<&Search>) -> String {
    let mut text = String::new();
    for OrderBy { by, direction } in order {
        text.push_str(&format!("{direction:?}"));
        if let Some(column) = by.column() {
            for hop in &column.hops {
                text.push_str(&format!(" {:?}", hop.relation.name));
            }
            text.push_str(&format!(" {:?} {:?}", column.field, column.cast));
        }
        match by {
            Order::Distance { place, .. } => text.push_str(&format!(" from {place}")),
            Order::Relevance => text.push_str(&format!(" by {search:?}")),
            Order::Column(_) | Order::Group(_) | Order::Aggregate(_) => {}
        }
        text.push(';');
    }
    // FNV-1a: the same in every process and release, which the hashes of the language do not promise.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// The opaque cursor that stands behind a row whose sort keys have these values, in the order that
/// `mark` stands for.
#[must_use]
pub fn encode_cursor(mark: &str, values: &[Value]) -> String {
    let values: Vec<Json> = std::iter::once(json!(mark))
        .chain(values.iter().map(|value| match value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Int(n) => json!(n),
            Value::Text(text) => json!(text),
            Value::Real(n) => json!({"r": n.to_string()}),
            Value::Bytes(bytes) => json!({"b": STANDARD.encode(bytes)}),
        }))
        .collect();
    URL_SAFE_NO_PAD.encode(Json::Array(values).to_string())
}

/// The mark and the values of a cursor made by [`encode_cursor`].
pub fn decode_cursor(cursor: &str) -> Result<(String, Vec<Value>)> {
    parts(cursor).ok_or_else(|| {
        Error::new(Code::InvalidQuery, "`after` is not a cursor of this server")
            .at("after")
            .hint("send `after` empty for the first page, then the `cursor` of each answer")
    })
}

fn parts(cursor: &str) -> Option<(String, Vec<Value>)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let Json::Array(items) = serde_json::from_slice(&bytes).ok()? else { return None };
    let mut items = items.into_iter();
    let Json::String(mark) = items.next()? else { return None };
    let values: Option<Vec<Value>> = items
        .map(|item| match item {
            Json::Null => Some(Value::Null),
            Json::Bool(truth) => Some(Value::Bool(truth)),
            Json::Number(n) => n.as_i64().map(Value::Int),
            Json::String(text) => Some(Value::Text(text)),
            Json::Object(map) => match (map.get("r"), map.get("b")) {
                (Some(Json::String(digits)), None) => {
                    // Adopted tables may hold numbers that are none; a page may end at one.
                    digits.parse().ok().map(Value::Real)
                }
                (None, Some(Json::String(text))) => STANDARD.decode(text).ok().map(Value::Bytes),
                _ => None,
            },
            Json::Array(_) => None,
        })
        .collect();
    Some((mark, values?))
}

#[cfg(test)]
mod tests {
    use super::{decode_cursor, encode_cursor};
    use base::{Code, Value};

    #[test]
    fn a_cursor_gives_its_values_back() {
        let values = vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Real(0.1),
            Value::text("a,b"),
            Value::Bytes(vec![0, 255]),
        ];
        let cursor = encode_cursor("mark", &values);
        assert_eq!(decode_cursor(&cursor).unwrap(), (String::from("mark"), values));
        for wrong in ["x", "bm9wZQ", "W1tdXQ", "e30", "W10", "WzFd"] {
            assert_eq!(decode_cursor(wrong).unwrap_err().code(), Code::InvalidQuery, "{wrong}");
        }
    }
}
