//! What one field's definition means: its kind, its default, its rules.

use crate::check::invalid;
use crate::document::flag;
use crate::kind::{canonical_type, parse_computed, parse_kind};
use crate::words::{DEFAULT_NAMES, RULE_NAMES};
use crate::{DefaultValue, Field, FieldKind, Rule};
use base::{Result, nearest};
use serde_json::{Map, Value as Json};

/// Longest pattern of a rule, in bytes (`Limits::pattern_bytes_max` says the same of filters).
const PATTERN_BYTES_MAX: usize = 1_000;

/// The field that a definition of a stored document describes.
pub(crate) fn parse_field(name: &str, definition: &Map<String, Json>) -> Result<Field> {
    let at = format!("fields.{name}");
    let type_name = definition.get("type").and_then(Json::as_str).unwrap_or_default();
    let type_name = canonical_type(type_name, &at)?;
    let kind = parse_kind(type_name, definition, &at)?;
    let computed = parse_computed(type_name, definition, &at)?;
    for key in ["allowNull", "unique", "primaryKey", "hidden", "readOnly", "loose"] {
        if definition.get(key).is_some_and(|value| !(value.is_boolean() || value.is_null())) {
            return Err(invalid(format!("{at}.{key}"), format!("`{key}` must be true or false")));
        }
    }
    let primary_key = flag(definition, "primaryKey");
    let default = parse_default(definition.get("defaultValue"), &kind, &at)?;
    if primary_key && computed.is_some() {
        return Err(invalid(at, "a VIRTUAL cannot be a primary key")
            .hint("use UUID, SUID, Integer, BigInt or String"));
    }
    if primary_key
        && !matches!(
            kind,
            FieldKind::String { .. }
                | FieldKind::Text
                | FieldKind::Uuid
                | FieldKind::Suid
                | FieldKind::Integer
                | FieldKind::BigInt
                | FieldKind::Token
                | FieldKind::Enum { .. }
                | FieldKind::Date
                | FieldKind::DateTime
                | FieldKind::Decimal { .. }
        )
    {
        return Err(invalid(at, format!("a {} cannot be a primary key", kind.name()))
            .hint("use UUID, SUID, Integer, BigInt or String"));
    }
    let counted = default == Some(DefaultValue::AutoIncrement);
    let virtual_field = computed.is_some();
    Ok(Field {
        id: definition.get("fieldId").and_then(Json::as_str).unwrap_or(name).to_owned(),
        name: name.to_owned(),
        nullable: virtual_field
            || !(primary_key || counted || definition.get("allowNull") == Some(&Json::Bool(false))),
        unique: !primary_key && flag(definition, "unique"),
        rules: parse_rules(definition.get("validate"), &at)?,
        hidden: flag(definition, "hidden"),
        generated: flag(definition, "SystemGenerated"),
        read_only: virtual_field || flag(definition, "readOnly"),
        loose: flag(definition, "loose"),
        primary_key,
        default: if virtual_field { None } else { default },
        kind,
        computed,
    })
}

fn parse_default(given: Option<&Json>, kind: &FieldKind, at: &str) -> Result<Option<DefaultValue>> {
    let at = format!("{at}.defaultValue");
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(None) };
    let literal = |value: &Json| -> Result<Option<DefaultValue>> {
        if value.is_null() {
            return Ok(None);
        }
        if let Some(reason) = literal_fault(kind, value) {
            return Err(invalid(at.clone(), format!("the default value {value} {reason}")));
        }
        Ok(Some(DefaultValue::Literal(value.clone())))
    };
    let Json::Object(object) = given else { return literal(given) };
    let word = object.get("type").and_then(Json::as_str).map(str::to_ascii_uppercase);
    let texts = matches!(
        kind,
        FieldKind::String { .. }
            | FieldKind::Text
            | FieldKind::Suid
            | FieldKind::Token
            | FieldKind::CiText
    );
    let (default, fits) = match word.as_deref() {
        Some("UUIDV4" | "UUID") => (DefaultValue::UuidV4, texts || *kind == FieldKind::Uuid),
        Some("SUID") => (DefaultValue::Suid, texts),
        Some("NOW") => (
            DefaultValue::Now,
            texts
                || matches!(
                    kind,
                    FieldKind::Date
                        | FieldKind::DateTime
                        | FieldKind::DateTimeNoTz
                        | FieldKind::Time
                        | FieldKind::TimeNoTz
                ),
        ),
        Some("AUTOINCREMENT") => {
            (DefaultValue::AutoIncrement, matches!(kind, FieldKind::Integer | FieldKind::BigInt))
        }
        Some("CURRENT_USER") => (DefaultValue::CurrentUser, texts || *kind == FieldKind::Uuid),
        Some("CURRENT_TENANT") => (DefaultValue::CurrentTenant, texts || *kind == FieldKind::Uuid),
        Some("SQL") => match object.get("value").and_then(Json::as_str).map(str::trim) {
            Some(text) if !text.is_empty() => (DefaultValue::Sql(text.to_owned()), true),
            _ => return Err(invalid(at, "an SQL default needs its expression in `value`")),
        },
        _ if object.len() == 1 && object.contains_key("value") => return literal(&object["value"]),
        _ if matches!(kind, FieldKind::Json { .. } | FieldKind::Geo(_) | FieldKind::Range(_)) => {
            return literal(given);
        }
        Some(other) => {
            let near = nearest(other, DEFAULT_NAMES)
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(invalid(format!("{at}.type"), format!("unknown default `{other}`"))
                .hint(format!("{near}defaults: {}", DEFAULT_NAMES.join(", "))));
        }
        None => return literal(given),
    };
    if fits {
        Ok(Some(default))
    } else {
        Err(invalid(
            at,
            format!("a {} field cannot take the default {}", kind.name(), word.unwrap_or_default()),
        ))
    }
}

/// Why a literal cannot be the value of such a field, if it cannot. `query::coerce` is the full
/// judge of values; this refuses at design time what it would refuse at every write.
fn literal_fault(kind: &FieldKind, value: &Json) -> Option<String> {
    let whole = || match value {
        Json::Number(number) => number.to_string().parse::<i64>().ok(),
        Json::String(text) => text.trim().parse::<i64>().ok(),
        _ => None,
    };
    let number = || match value {
        Json::Number(number) => number.to_string().parse::<f64>().is_ok(),
        Json::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    };
    let fits = match kind {
        FieldKind::String { length: Some(length) } => match value.as_str() {
            Some(text) if text.chars().count() > *length as usize => {
                return Some(format!("is longer than {length}"));
            }
            text => text.is_some(),
        },
        FieldKind::Enum { values } => match value.as_str() {
            Some(word) if !values.iter().any(|known| known == word) => {
                return Some(format!("is none of {}", values.join(", ")));
            }
            word => word.is_some(),
        },
        FieldKind::Integer => whole().is_some_and(|n| i32::try_from(n).is_ok()),
        FieldKind::BigInt => whole().is_some(),
        FieldKind::Decimal { .. } | FieldKind::Real | FieldKind::Double => number(),
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Array(_) => value.is_array(),
        FieldKind::Json { .. } => true,
        FieldKind::Range(_) => value.is_array() || value.is_object() || value.is_string(),
        FieldKind::Geo(_) => value.is_object(),
        FieldKind::String { length: None }
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::CiText
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::DateTimeNoTz
        | FieldKind::Time
        | FieldKind::TimeNoTz
        | FieldKind::Uuid
        | FieldKind::Suid
        | FieldKind::Token
        | FieldKind::Binary => value.is_string(),
    };
    (!fits).then(|| format!("is no value of the type {}", kind.name()))
}

fn parse_rules(given: Option<&Json>, at: &str) -> Result<Vec<Rule>> {
    let at = format!("{at}.validate");
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(Vec::new()) };
    let Json::Object(given) = given else {
        return Err(invalid(at, "`validate` must be an object of rules"));
    };
    let mut rules = Vec::new();
    for (key, value) in given {
        let at = format!("{at}.{key}");
        if value.is_null() || value == &Json::Bool(false) {
            continue;
        }
        let bound = || match value {
            Json::Number(number) => Ok(number.to_string()),
            Json::String(text) => Ok(text.clone()),
            _ => Err(invalid(at.clone(), format!("`{key}` must be a number"))),
        };
        rules.push(match key.as_str() {
            "min" => Rule::Min(bound()?),
            "max" => Rule::Max(bound()?),
            "isInt" => Rule::IsInt,
            "notEmpty" => Rule::NotEmpty,
            "isEmail" => Rule::IsEmail,
            "isUrl" => Rule::IsUrl,
            "isIP" | "isIp" => Rule::IsIp,
            "isUUID" | "isUuid" => Rule::IsUuid,
            "len" => match value.as_array().map(Vec::as_slice) {
                Some([low, high]) => match (low.as_u64(), high.as_u64()) {
                    (Some(low), Some(high)) if low <= high => Rule::Len(low, high),
                    _ => return Err(invalid(at, "`len` must be two whole numbers, the smaller first")),
                },
                _ => return Err(invalid(at, "`len` must be a pair, for example [3, 255]")),
            },
            "is" | "matches" | "regex" => {
                let Some(pattern) = value.as_str() else {
                    return Err(invalid(at, format!("`{key}` must be a regular expression as text")));
                };
                if pattern.len() > PATTERN_BYTES_MAX {
                    return Err(invalid(at, format!("the pattern has {} bytes; at most {PATTERN_BYTES_MAX} are allowed", pattern.len())));
                }
                if let Err(fault) = regex::Regex::new(pattern) {
                    return Err(invalid(at, "the pattern is no valid regular expression").caused_by(fault)
                        .hint("look-around and back references are not supported, because their time has no bound"));
                }
                Rule::Pattern(pattern.to_owned())
            }
            other => {
                let near = nearest(other, RULE_NAMES).map_or(String::new(), |near| format!("did you mean `{near}`? "));
                return Err(invalid(at, format!("unknown rule `{other}`"))
                    .hint(format!("{near}rules: {}", RULE_NAMES.join(", "))));
            }
        });
    }
    Ok(rules)
}
