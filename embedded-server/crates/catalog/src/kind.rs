//! The type words of schema documents.

use crate::check::invalid;
use crate::{Element, FieldKind, GeoKind, RangeKind};
use base::{Result, nearest};
use serde_json::{Map, Value as Json};

/// Most digits of a decimal with a precision; Postgres' own bound.
const PRECISION_MAX: u64 = 1_000;

/// Longest bounded text; Postgres' own bound for `varchar(n)`.
const LENGTH_MAX: u64 = 10_485_760;

/// Every type word in its canonical spelling, in the order in which people look for them.
pub const TYPE_NAMES: [&str; 53] = [
    "String",
    "Text",
    "HTML",
    "CiText",
    "Integer",
    "BigInt",
    "Decimal",
    "Float",
    "Real",
    "Double",
    "Boolean",
    "Date",
    "DateTime",
    "DateTime_NO_TZ",
    "Time",
    "Time_NO_TZ",
    "UUID",
    "SUID",
    "TOKEN",
    "JSON",
    "JSONB",
    "Enum",
    "Array",
    "Array_Integer",
    "Array_String",
    "Array_Double",
    "Array_Decimal",
    "Array_DateTime",
    "Array_DateTime_NO_TZ",
    "Array_Date",
    "Array_Time",
    "Array_Time_NO_TZ",
    "Array_UUID",
    "Array_Boolean",
    "Range_Integer",
    "Range_Double",
    "Range_Decimal",
    "Range_Date",
    "Range_DateTime",
    "Range_DateTime_NO_TZ",
    "Range_Time",
    "Range_Time_NO_TZ",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
    "Geometry",
    "Geography",
    "Binary",
    "VIRTUAL",
];

/// The canonical spelling of a type word, whatever its case.
pub fn canonical_type(given: &str, at: &str) -> Result<&'static str> {
    TYPE_NAMES.iter().find(|name| name.eq_ignore_ascii_case(given)).copied().ok_or_else(|| {
        let hint = match nearest(given, TYPE_NAMES) {
            Some(name) => format!("did you mean `{name}`? Types: {}", TYPE_NAMES.join(", ")),
            None => format!("types: {}", TYPE_NAMES.join(", ")),
        };
        invalid(format!("{at}.type"), format!("unknown type `{given}`")).hint(hint)
    })
}

/// What a field of this canonical type and definition holds.
pub(crate) fn parse_kind(name: &str, field: &Map<String, Json>, at: &str) -> Result<FieldKind> {
    let values = field.get("values");
    let option = |key: &str| values.and_then(|values| values.get(key)).filter(|v| !v.is_null());
    let number = |key: &str, max: u64| -> Result<Option<u32>> {
        let Some(value) = option(key) else { return Ok(None) };
        let digits = match value {
            Json::String(text) => text.trim().parse::<u64>().ok(),
            other => other.as_u64(),
        };
        match digits.filter(|n| *n <= max).and_then(|n| u32::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => Err(invalid(
                format!("{at}.values.{key}"),
                format!("`{key}` is {value}; it must be a whole number of at most {max}"),
            )),
        }
    };
    Ok(match name {
        "String" => {
            let length = match number("length", LENGTH_MAX)? {
                Some(length) => Some(length),
                None => number("stringLength", LENGTH_MAX)?,
            };
            if length == Some(0) {
                return Err(invalid(
                    format!("{at}.values.length"),
                    "a length of 0 leaves no value to store",
                ));
            }
            FieldKind::String { length }
        }
        "Text" => FieldKind::Text,
        "HTML" => FieldKind::Html,
        "CiText" => FieldKind::CiText,
        "Integer" => FieldKind::Integer,
        "BigInt" => FieldKind::BigInt,
        "Decimal" => {
            decimal(number("precision", PRECISION_MAX)?, number("scale", PRECISION_MAX)?, at)?
        }
        "Real" => FieldKind::Real,
        "Float" | "Double" => FieldKind::Double,
        "Boolean" => FieldKind::Boolean,
        "Date" => FieldKind::Date,
        "DateTime" => FieldKind::DateTime,
        "DateTime_NO_TZ" => FieldKind::DateTimeNoTz,
        "Time" => FieldKind::Time,
        "Time_NO_TZ" => FieldKind::TimeNoTz,
        "UUID" => FieldKind::Uuid,
        "SUID" => FieldKind::Suid,
        "TOKEN" => FieldKind::Token,
        "JSON" => FieldKind::Json { binary: false },
        "JSONB" => FieldKind::Json { binary: true },
        "Enum" => FieldKind::Enum { values: words(values, at)? },
        "Array" => {
            let element = option("type").map_or(Some("String"), Json::as_str).unwrap_or_default();
            let wanted = format!("Array_{element}");
            let found = TYPE_NAMES.iter().find(|known| known.eq_ignore_ascii_case(&wanted));
            match found.and_then(|known| element_of(known)) {
                Some(element) => FieldKind::Array(element),
                None => {
                    return Err(invalid(
                        format!("{at}.values.type"),
                        format!("`{element}` is no element type of an array"),
                    )
                    .hint("elements: Integer, String, Double, Decimal, DateTime, DateTime_NO_TZ, Date, Time, Time_NO_TZ, UUID, Boolean"));
                }
            }
        }
        "Binary" => FieldKind::Binary,
        // Until the expression is read, which needs the other fields.
        "VIRTUAL" => FieldKind::Text,
        other => {
            if let Some(element) = element_of(other) {
                FieldKind::Array(element)
            } else if let Some(range) = range_of(other) {
                FieldKind::Range(range)
            } else if let Some(geo) = geo_of(other) {
                if let Some(srid) = option("srid").filter(|srid| srid.as_u64() != Some(4326)) {
                    return Err(invalid(
                        format!("{at}.values.srid"),
                        format!("`srid` is {srid}; only 4326 (WGS 84) is stored"),
                    ));
                }
                FieldKind::Geo(geo)
            } else {
                return Err(invalid(format!("{at}.type"), format!("unknown type `{other}`")));
            }
        }
    })
}

fn decimal(precision: Option<u32>, scale: Option<u32>, at: &str) -> Result<FieldKind> {
    // SQL's own meanings: `numeric(p)` has no digits after the point, and a scale alone needs a
    // precision, for which 38 is what every peer can hold.
    let (precision, scale) = match (precision, scale) {
        (None, None) => (None, None),
        (Some(p), None) => (Some(p), Some(0)),
        (None, Some(s)) => (Some(38.max(s)), Some(s)),
        (Some(p), Some(s)) => (Some(p), Some(s)),
    };
    if let (Some(p), Some(s)) = (precision, scale)
        && (p == 0 || s > p)
    {
        return Err(invalid(
            format!("{at}.values"),
            format!(
                "precision {p} and scale {s} do not fit: the precision counts all digits, the scale those after the point"
            ),
        ));
    }
    Ok(FieldKind::Decimal { precision, scale })
}

fn words(values: Option<&Json>, at: &str) -> Result<Vec<String>> {
    let list = match values {
        Some(Json::Array(list)) => Some(list),
        Some(Json::Object(options)) => options.get("values").and_then(Json::as_array),
        _ => None,
    };
    let words: Option<Vec<String>> =
        list.map(|list| list.iter().filter_map(Json::as_str).map(str::to_owned).collect());
    match (words, list) {
        (Some(words), Some(list)) if !words.is_empty() && words.len() == list.len() => {
            if let Some((_, word)) =
                words.iter().enumerate().find(|(i, word)| words[..*i].contains(word))
            {
                return Err(invalid(
                    format!("{at}.values"),
                    format!("the word `{word}` stands twice"),
                ));
            }
            Ok(words)
        }
        _ => Err(invalid(
            format!("{at}.values"),
            "an Enum needs its words: `values: [\"draft\", \"published\"]`",
        )),
    }
}

fn element_of(name: &str) -> Option<Element> {
    Some(match name {
        "Array_Integer" => Element::Integer,
        "Array_String" => Element::String,
        "Array_Double" => Element::Double,
        "Array_Decimal" => Element::Decimal,
        "Array_DateTime" => Element::DateTime,
        "Array_DateTime_NO_TZ" => Element::DateTimeNoTz,
        "Array_Date" => Element::Date,
        "Array_Time" => Element::Time,
        "Array_Time_NO_TZ" => Element::TimeNoTz,
        "Array_UUID" => Element::Uuid,
        "Array_Boolean" => Element::Boolean,
        _ => return None,
    })
}

fn range_of(name: &str) -> Option<RangeKind> {
    Some(match name {
        "Range_Integer" => RangeKind::Integer,
        "Range_Double" => RangeKind::Double,
        "Range_Decimal" => RangeKind::Decimal,
        "Range_Date" => RangeKind::Date,
        "Range_DateTime" => RangeKind::DateTime,
        "Range_DateTime_NO_TZ" => RangeKind::DateTimeNoTz,
        "Range_Time" => RangeKind::Time,
        "Range_Time_NO_TZ" => RangeKind::TimeNoTz,
        _ => return None,
    })
}

fn geo_of(name: &str) -> Option<GeoKind> {
    Some(match name {
        "Point" => GeoKind::Point,
        "LineString" => GeoKind::LineString,
        "Polygon" => GeoKind::Polygon,
        "MultiPoint" => GeoKind::MultiPoint,
        "MultiLineString" => GeoKind::MultiLineString,
        "MultiPolygon" => GeoKind::MultiPolygon,
        "GeometryCollection" => GeoKind::GeometryCollection,
        "Geometry" => GeoKind::Geometry,
        "Geography" => GeoKind::Geography,
        _ => return None,
    })
}

/// The expression of a computed field (`VIRTUAL`); none of one that is stored.
pub(crate) fn parse_computed(
    type_name: &str,
    field: &Map<String, Json>,
    at: &str,
) -> Result<Option<String>> {
    if type_name != "VIRTUAL" {
        return Ok(None);
    }
    match field.get("calculated").and_then(Json::as_str).map(str::trim) {
        Some(expression) if !expression.is_empty() => Ok(Some(expression.to_owned())),
        _ => Err(invalid(
            format!("{at}.calculated"),
            "a VIRTUAL field needs its SQL expression in `calculated`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{TYPE_NAMES, canonical_type, parse_kind};
    use serde_json::json;

    #[test]
    fn every_type_word_parses_and_most_keep_their_name() {
        let field = json!({"values": ["a"]});
        for name in TYPE_NAMES {
            let kind = parse_kind(name, field.as_object().unwrap(), "fields.x").unwrap();
            let renamed = [("Float", "Double"), ("Array", "Array_String"), ("VIRTUAL", "Text")];
            let expected =
                renamed.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to);
            assert_eq!(kind.name(), expected);
        }
    }

    #[test]
    fn a_misspelt_type_names_the_nearest_and_all() {
        assert_eq!(canonical_type("datetime_no_tz", "x").unwrap(), "DateTime_NO_TZ");
        let error = canonical_type("Strng", "fields.a").unwrap_err();
        assert_eq!(error.path(), Some("fields.a.type"));
        assert!(error.hint_text().unwrap().starts_with("did you mean `String`?"), "{error}");
    }
}
