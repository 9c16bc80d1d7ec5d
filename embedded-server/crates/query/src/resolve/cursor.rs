//! Keyset cursors: the sort keys of the last row of a page, as opaque text.

use base::{Code, Error, Result, Value};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

/// The opaque cursor that stands behind a row whose sort keys have these values.
#[must_use]
pub fn encode_cursor(values: &[Value]) -> String {
    let values: Vec<Json> = values
        .iter()
        .map(|value| match value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Int(n) => json!(n),
            Value::Text(text) => json!(text),
            Value::Real(n) => json!({"r": n.to_string()}),
            Value::Bytes(bytes) => json!({"b": STANDARD.encode(bytes)}),
        })
        .collect();
    URL_SAFE_NO_PAD.encode(Json::Array(values).to_string())
}

/// The values of a cursor made by [`encode_cursor`].
pub fn decode_cursor(cursor: &str) -> Result<Vec<Value>> {
    values(cursor).ok_or_else(|| {
        Error::new(Code::InvalidQuery, "`after` is not a cursor of this server")
            .at("after")
            .hint("send `after` empty for the first page, then the `cursor` of each answer")
    })
}

fn values(cursor: &str) -> Option<Vec<Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let Json::Array(items) = serde_json::from_slice(&bytes).ok()? else { return None };
    items
        .into_iter()
        .map(|item| match item {
            Json::Null => Some(Value::Null),
            Json::Bool(truth) => Some(Value::Bool(truth)),
            Json::Number(n) => n.as_i64().map(Value::Int),
            Json::String(text) => Some(Value::Text(text)),
            Json::Object(map) => match (map.get("r"), map.get("b")) {
                (Some(Json::String(digits)), None) => {
                    digits.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Real)
                }
                (None, Some(Json::String(text))) => STANDARD.decode(text).ok().map(Value::Bytes),
                _ => None,
            },
            Json::Array(_) => None,
        })
        .collect()
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
        assert_eq!(decode_cursor(&encode_cursor(&values)).unwrap(), values);
        for wrong in ["x", "bm9wZQ", "W1tdXQ", "e30"] {
            assert_eq!(decode_cursor(wrong).unwrap_err().code(), Code::InvalidQuery, "{wrong}");
        }
    }
}
