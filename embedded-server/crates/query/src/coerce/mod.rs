//! JSON values to the canonical form of a field, or the reason why not.
//!
//! The forms are the contract with `sql` and `store`: both dialects bind what is made here, so
//! both answer the same bytes.

pub(crate) mod decimal;
mod geo;
mod time;

use base::Value;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use catalog::{Element, FieldKind, RangeKind};
use decimal::Decimal;
use serde_json::{Map, Value as Json};

/// Longest `TOKEN`, in signs.
const TOKEN_LENGTH: u32 = 9;

/// Standard base64 whose padding may be missing, as browsers and command lines differ in it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The canonical value of `json` in a field of this kind, or what is wrong with it.
pub fn coerce(kind: &FieldKind, json: &Json) -> Result<Value, String> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    match kind {
        FieldKind::String { length } => text_of(json, *length),
        FieldKind::Token => text_of(json, Some(TOKEN_LENGTH)),
        FieldKind::Text | FieldKind::Html | FieldKind::CiText | FieldKind::Suid => {
            text_of(json, None)
        }
        FieldKind::Enum { values } => {
            let value = text_of(json, None)?;
            match value.as_text() {
                Some(word) if values.iter().any(|known| known == word) => Ok(value),
                _ => Err(format!("Value must be one of {}", values.join(", "))),
            }
        }
        FieldKind::Integer => integer(json, i64::from(i32::MIN), i64::from(i32::MAX)),
        FieldKind::BigInt => integer(json, i64::MIN, i64::MAX),
        FieldKind::Decimal { precision, scale } => decimal_of(json, *precision, *scale),
        FieldKind::Real => real(json).and_then(|number| {
            // The nearest 32-bit number in its shortest spelling: what Postgres answers for
            // `real`, so SQLite's 64 bits must hold the same.
            #[expect(clippy::cast_possible_truncation, reason = "rounding to 32 bits is the aim")]
            let narrow = number as f32;
            match narrow.to_string().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Real(number)),
                _ => Err(format!("Value {} is out of range", shown(json))),
            }
        }),
        FieldKind::Double => real(json).map(Value::Real),
        FieldKind::Boolean => boolean(json).map(Value::Bool),
        FieldKind::Date => dated(json, time::date, "a date (YYYY-MM-DD)"),
        FieldKind::DateTime => date_time(json).map(Value::Text),
        FieldKind::DateTimeNoTz => date_time(json).map(without_zone),
        FieldKind::Time => dated(json, time::time, "a time (HH:MM[:SS])"),
        FieldKind::TimeNoTz => dated(json, time::time_no_tz, "a time (HH:MM[:SS])"),
        FieldKind::Uuid => uuid(json).map(Value::Text),
        FieldKind::Json { .. } => json_of(json),
        FieldKind::Array(element) => array(*element, json),
        FieldKind::Range(range) => range_of(*range, json),
        FieldKind::Geo(kind) => canonical_json(&geo::geometry(*kind, json)?).map(Value::Text),
        FieldKind::Binary => match json.as_str().map(|text| BASE64.decode(text.trim())) {
            Some(Ok(bytes)) => Ok(Value::Bytes(bytes)),
            Some(Err(_)) | None => Err(String::from("Value must be base64 text")),
        },
    }
}

/// A geometry of any type as GeoJSON, or what is wrong with it.
pub(crate) fn geometry_json(json: &Json) -> Result<Json, String> {
    geo::geometry(catalog::GeoKind::Geometry, json)
}

/// The value of a comparison in a filter: bounds of storage (length, words of an enum, scale) do
/// not apply, so that `price gt 1.005` is not rounded before it is compared.
pub(crate) fn coerce_operand(kind: &FieldKind, json: &Json) -> Result<Value, String> {
    match kind {
        FieldKind::String { .. } | FieldKind::Token | FieldKind::Enum { .. } => text_of(json, None),
        FieldKind::Decimal { .. } => decimal_of(json, None, None),
        other => coerce(other, json),
    }
}

/// JSON for a person: compact and short.
pub(crate) fn shown(json: &Json) -> String {
    let text = json.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(59).chain(['…']).collect()
}

/// A JSON number with exactly these digits.
pub(crate) fn number_token(digits: String) -> Json {
    Json::Number(serde_json::Number::from_string_unchecked(digits))
}

fn text_of(json: &Json, length: Option<u32>) -> Result<Value, String> {
    let text = match json {
        Json::Null => return Ok(Value::Null),
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        Json::Array(_) | Json::Object(_) => return Err(String::from("Value must be text")),
    };
    no_nul(&text)?;
    match length {
        Some(most) if text.chars().count() > most as usize => {
            Err(format!("Value must be at most {most} characters long"))
        }
        _ => Ok(Value::Text(text)),
    }
}

/// Postgres cannot store U+0000 in text, so neither store takes it.
fn no_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(String::from("Value must not contain the character U+0000"));
    }
    Ok(())
}

/// The same wherever a text or a key may stand in it.
pub(crate) fn no_nul_within(json: &Json) -> Result<(), String> {
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
        Json::String(text) => no_nul(text),
        Json::Array(items) => items.iter().try_for_each(no_nul_within),
        Json::Object(map) => {
            map.iter().try_for_each(|(key, item)| no_nul(key).and_then(|()| no_nul_within(item)))
        }
    }
}

fn number_of(json: &Json) -> Result<Decimal, String> {
    let digits = match json {
        Json::Number(number) => Decimal::parse(&number.to_string()),
        Json::String(text) => Decimal::parse(text),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    digits.ok_or_else(|| match counts(json) {
        true => format!("Value {} has too many digits", shown(json)),
        false => format!("Value {} must be a number", shown(json)),
    })
}

/// Whether it is spelled as a number, of however many digits.
fn counts(json: &Json) -> bool {
    match json {
        Json::Number(_) => true,
        Json::String(text) => {
            text.contains(|sign: char| sign.is_ascii_digit()) && text.trim().parse::<f64>().is_ok()
        }
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

fn integer(json: &Json, least: i64, most: i64) -> Result<Value, String> {
    let number = number_of(json).map_err(|why| match counts(json) {
        true => why,
        false => format!("Value {} must be an integer", shown(json)),
    })?;
    if !number.is_integer() {
        return Err(format!("Value {} must be an integer", shown(json)));
    }
    match number.to_i64() {
        Some(n) if (least..=most).contains(&n) => Ok(Value::Int(n)),
        _ => Err(format!("Value {} must be between {least} and {most}", shown(json))),
    }
}

fn decimal_of(json: &Json, precision: Option<u32>, scale: Option<u32>) -> Result<Value, String> {
    let mut number = number_of(json)?;
    // `Decimal(10)` is `numeric(10)`, which is `numeric(10, 0)` in SQL.
    let scale = scale.or(precision.map(|_| 0));
    if let Some(scale) = scale {
        number = number.rounded(scale as usize);
    }
    if let (Some(precision), Some(scale)) = (precision, scale) {
        let whole = precision.saturating_sub(scale);
        if number.whole_digits() > whole as usize {
            return Err(format!(
                "Value {} must have at most {whole} digits before the decimal point",
                shown(json)
            ));
        }
    }
    Ok(Value::Text(number.text()))
}

fn real(json: &Json) -> Result<f64, String> {
    let wrong = || format!("Value {} must be a number", shown(json));
    let number = match json {
        Json::Number(number) => number.to_string().parse::<f64>().map_err(|_| wrong())?,
        Json::String(text) => {
            Decimal::parse(text).ok_or_else(wrong)?;
            text.trim().parse::<f64>().map_err(|_| wrong())?
        }
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return Err(wrong()),
    };
    // Negative zero is stored as zero: the two compare equal but print differently.
    if number.is_finite() {
        Ok(if number == 0.0 { 0.0 } else { number })
    } else {
        Err(format!("Value {} is out of range", shown(json)))
    }
}

fn boolean(json: &Json) -> Result<bool, String> {
    let truth = match json {
        Json::Bool(truth) => Some(*truth),
        Json::Number(number) => match number.to_string().as_str() {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    truth.ok_or_else(|| format!("Value {} must be true or false", shown(json)))
}

fn dated(
    json: &Json,
    read: impl Fn(&str) -> Option<String>,
    wanted: &str,
) -> Result<Value, String> {
    json.as_str()
        .and_then(read)
        .map(Value::Text)
        .ok_or_else(|| format!("Value {} must be {wanted}", shown(json)))
}

fn date_time(json: &Json) -> Result<String, String> {
    let text = match json {
        Json::String(text) => time::date_time(text),
        Json::Number(number) => Decimal::parse(&number.to_string())
            .and_then(|number| number.to_i64())
            .and_then(time::date_time_from_ms),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    text.ok_or_else(|| {
        format!(
            "Value {} must be a date and time (ISO 8601) or milliseconds since 1970, in the years 1 to 9999",
            shown(json)
        )
    })
}

/// The wall clock of a UTC instant: the same digits without the `Z`.
fn without_zone(mut text: String) -> Value {
    if text.ends_with('Z') {
        text.pop();
    }
    Value::Text(text)
}

/// Lower-case with hyphens; 32 bare digits are taken too.
fn uuid(json: &Json) -> Result<String, String> {
    let wrong = || format!("Value {} must be a UUID", shown(json));
    let text = json.as_str().ok_or_else(wrong)?.trim();
    let hyphens = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let hyphened = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if hyphens(at) { b == b'-' } else { b.is_ascii_hexdigit() });
    let bare = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let text = text.to_ascii_lowercase();
    if hyphened {
        Ok(text)
    } else if bare {
        let part = |from: usize, to: usize| &text[from..to];
        let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
        Ok(parts.join("-"))
    } else {
        Err(wrong())
    }
}

/// Text that holds an object or a list is that object or list; other text is text.
fn json_of(json: &Json) -> Result<Value, String> {
    if let Json::String(text) = json
        && text.trim_start().starts_with(['{', '['])
        && let Ok(parsed) = serde_json::from_str::<Json>(text)
    {
        return canonical_json(&parsed).map(Value::Text);
    }
    canonical_json(json).map(Value::Text)
}

/// One element or bound as JSON, in the form of its scalar kind.
fn scalar_json(kind: &FieldKind, json: &Json) -> Result<Json, String> {
    Ok(match coerce(kind, json)? {
        Value::Null | Value::Bytes(_) => Json::Null,
        Value::Bool(truth) => Json::Bool(truth),
        Value::Int(n) => number_token(n.to_string()),
        Value::Real(n) => number_token(real_digits(n)),
        Value::Text(digits) if matches!(kind, FieldKind::Decimal { .. }) => number_token(digits),
        Value::Text(text) => Json::String(text),
    })
}

/// A finite number without an exponent, whole numbers without `.0`.
fn real_digits(number: f64) -> String {
    let text = number.to_string();
    Decimal::parse(&text).map_or(text, |digits| digits.text())
}

/// The scalar kind of an array's elements. Wall-clock times inside arrays and ranges keep the
/// trailing `Z` of the wire, because their JSON is answered as it is stored.
fn element_kind(element: Element) -> FieldKind {
    match element {
        Element::Integer => FieldKind::BigInt,
        Element::String => FieldKind::Text,
        Element::Double => FieldKind::Double,
        Element::Decimal => FieldKind::Decimal { precision: None, scale: None },
        Element::DateTime | Element::DateTimeNoTz => FieldKind::DateTime,
        Element::Date => FieldKind::Date,
        Element::Time => FieldKind::Time,
        Element::TimeNoTz => FieldKind::TimeNoTz,
        Element::Uuid => FieldKind::Uuid,
        Element::Boolean => FieldKind::Boolean,
    }
}

/// The scalar kind of a range's bounds.
pub(crate) fn bound_kind(range: RangeKind) -> FieldKind {
    match range {
        RangeKind::Integer => FieldKind::BigInt,
        RangeKind::Double => FieldKind::Double,
        RangeKind::Decimal => FieldKind::Decimal { precision: None, scale: None },
        RangeKind::Date => FieldKind::Date,
        RangeKind::DateTime | RangeKind::DateTimeNoTz => FieldKind::DateTime,
        RangeKind::Time => FieldKind::Time,
        RangeKind::TimeNoTz => FieldKind::TimeNoTz,
    }
}

fn array(element: Element, json: &Json) -> Result<Value, String> {
    let Json::Array(items) = json else {
        return Err(String::from("Value must be an array"));
    };
    array_json(element, items).and_then(|list| canonical_json(&list)).map(Value::Text)
}

/// A list of elements in their canonical form.
pub(crate) fn array_json(element: Element, items: &[Json]) -> Result<Json, String> {
    let kind = element_kind(element);
    let items = items.iter().enumerate().map(|(at, item)| {
        scalar_json(&kind, item).map_err(|why| format!("Array element [{at}]: {why}"))
    });
    Ok(Json::Array(items.collect::<Result<_, _>>()?))
}

fn range_of(range: RangeKind, json: &Json) -> Result<Value, String> {
    range_json(range, json).and_then(|json| canonical_json(&json)).map(Value::Text)
}

/// `{lower, upper, lowerInclusive, upperInclusive}` from that form or from `[lower, upper]`. An
/// open end is null; both ends are inclusive unless said otherwise.
pub(crate) fn range_json(range: RangeKind, json: &Json) -> Result<Json, String> {
    let null = Json::Null;
    let (lower, upper, flags) = match json {
        Json::Array(ends) if ends.len() == 2 => (&ends[0], &ends[1], (true, true)),
        Json::Object(map) if map.contains_key("lower") || map.contains_key("upper") => {
            let flag = |key: &str| match map.get(key) {
                None | Some(Json::Null) => Ok(true),
                Some(given) => boolean(given),
            };
            const KEYS: [&str; 4] = ["lower", "upper", "lowerInclusive", "upperInclusive"];
            if let Some(other) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
                return Err(format!("Value must be a range, which has no `{other}`"));
            }
            let get = |key: &str| map.get(key).unwrap_or(&null);
            (get("lower"), get("upper"), (flag("lowerInclusive")?, flag("upperInclusive")?))
        }
        _ => return Err(String::from("Value must be a range {lower, upper} or [lower, upper]")),
    };
    let kind = bound_kind(range);
    let lower = scalar_json(&kind, lower).map_err(|why| format!("Lower bound: {why}"))?;
    let upper = scalar_json(&kind, upper).map_err(|why| format!("Upper bound: {why}"))?;
    Ok(Json::Object(Map::from_iter([
        (String::from("lower"), lower),
        (String::from("upper"), upper),
        (String::from("lowerInclusive"), Json::Bool(flags.0)),
        (String::from("upperInclusive"), Json::Bool(flags.1)),
    ])))
}

/// Compact JSON text with object keys by byte length, then bytes, and numbers without exponents:
/// the order and spelling of Postgres' jsonb, so that both stores answer the same bytes.
pub fn canonical_json(json: &Json) -> Result<String, String> {
    let mut text = String::new();
    write_canonical(json, &mut text)?;
    Ok(text)
}

fn write_canonical(json: &Json, out: &mut String) -> Result<(), String> {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Json::Number(number) => match Decimal::parse(&number.to_string()) {
            Some(digits) => out.push_str(&digits.text()),
            None => return Err(format!("Value {} has too many digits", shown(json))),
        },
        Json::String(text) => write_string(text, out)?,
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_canonical(item, out)?;
            }
            out.push(']');
        }
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(key, out)?;
                out.push(':');
                write_canonical(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut String) -> Result<(), String> {
    no_nul(text)?;
    out.push_str(&Json::String(text.to_owned()).to_string());
    Ok(())
}

#[cfg(test)]
#[path = "coerce_tests.rs"]
mod tests;

#[cfg(test)]
pub(crate) use tests::dice;
