//! Postgres' answers.

use super::Family;
use crate::Numbers;

pub(super) fn bind_cast(family: Family) -> &'static str {
    match family {
        Family::Text | Family::Folded => "::text",
        Family::Integer | Family::BigInt => "::bigint",
        Family::Decimal => "::text::numeric",
        Family::Real => "::double precision::real",
        Family::Double => "::double precision",
        Family::Boolean => "::boolean",
        Family::Date => "::text::date",
        Family::Instant => "::text::timestamptz",
        Family::Local => "::text::timestamp",
        Family::Time => "::text::timetz",
        Family::LocalTime => "::text::time",
        Family::Uuid => "::text::uuid",
        Family::Json => "::text::jsonb",
        Family::Binary => "::bytea",
    }
}

pub(super) fn answered(column: &str, family: Family) -> String {
    match family {
        Family::Local => format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
        // The shortest digits of the 32-bit value, not those of its 64-bit neighbour.
        Family::Real => format!("{column}::text::double precision"),
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Decimal
        | Family::Double
        | Family::Boolean
        | Family::Date
        | Family::Instant
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Json
        | Family::Binary => canonical(column, family),
    }
}

pub(super) fn canonical(column: &str, family: Family) -> String {
    match family {
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Double
        | Family::Boolean
        | Family::Binary => String::from(column),
        Family::Decimal | Family::Uuid | Family::Json => format!("{column}::text"),
        Family::Real => format!("{column}::double precision"),
        Family::Date => format!("to_char({column}, 'YYYY-MM-DD')"),
        Family::Instant => {
            format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
        }
        Family::Local => format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')"),
        // `12.5` seconds are spelled `12.500`, whole ones without a point.
        Family::LocalTime => clock(column),
        Family::Time => {
            // Within brackets: a cast behind it would reach for the last part alone.
            format!(
                "({}||substring({column}::text from '[+-].*$'))",
                clock(&format!("{column}::time"))
            )
        }
    }
}

fn clock(column: &str) -> String {
    format!("replace(to_char({column}, 'HH24:MI:SS.MS'), '.000', '')")
}

/// JSON text, or NULL when the column is NULL.
pub(super) fn json_token(column: &str, family: Family, numbers: Numbers) -> String {
    let plain = |text: String| format!("'\"'||{text}||'\"'");
    match (family, numbers) {
        (Family::Text | Family::Folded, _) => format!("to_json({column}::text)::text"),
        (Family::BigInt, Numbers::Strings)
        | (Family::Decimal, Numbers::Strings | Numbers::Decimals) => {
            plain(format!("{column}::text"))
        }
        (
            Family::Integer
            | Family::BigInt
            | Family::Decimal
            | Family::Double
            | Family::Boolean
            | Family::Json,
            _,
        ) => format!("{column}::text"),
        (Family::Real, _) => as_text(column, family),
        (
            Family::Date
            | Family::Instant
            | Family::Local
            | Family::Time
            | Family::LocalTime
            | Family::Uuid,
            _,
        ) => plain(answered(column, family)),
        (Family::Binary, _) => plain(format!("replace(encode({column}, 'base64'), chr(10), '')")),
    }
}

pub(super) fn date_part(column: &str, family: Family, word: &str) -> String {
    let at = match family {
        Family::Instant => format!("{column} AT TIME ZONE 'UTC'"),
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Decimal
        | Family::Real
        | Family::Double
        | Family::Boolean
        | Family::Date
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Json
        | Family::Binary => String::from(column),
    };
    // `second` carries its fraction; a part is a whole number.
    format!("floor(extract({word} from {at}))::bigint")
}

pub(super) fn as_text(column: &str, family: Family) -> String {
    match family {
        Family::Text | Family::Folded => String::from(column),
        Family::Integer | Family::BigInt | Family::Double | Family::Boolean => {
            format!("{column}::text")
        }
        // The digits of the 32-bit value in the spelling of a 64-bit one: as it is answered.
        Family::Real => format!("{column}::text::double precision::text"),
        Family::Binary => format!("replace(encode({column}, 'base64'), chr(10), '')"),
        Family::Decimal
        | Family::Date
        | Family::Instant
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Json => canonical(column, family),
    }
}

pub(super) fn key_of_text(text: &str, family: Family) -> String {
    let guarded = |pattern: &str, kind: &str| {
        format!("CASE WHEN {text} ~ '{pattern}' THEN {text}::{kind} END")
    };
    match family {
        Family::Integer | Family::BigInt => guarded("^-?[0-9]{1,18}$", "bigint"),
        Family::Decimal => guarded("^-?[0-9]+([.][0-9]+)?$", "numeric"),
        Family::Uuid => guarded("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "uuid"),
        // No other family keys a collection.
        Family::Text
        | Family::Folded
        | Family::Real
        | Family::Double
        | Family::Boolean
        | Family::Date
        | Family::Instant
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Json
        | Family::Binary => String::from(text),
    }
}

/// The cast of a text to what the family's columns hold.
pub(super) fn element_cast(family: Family) -> &'static str {
    match family {
        Family::Text | Family::Folded => "::text",
        Family::Integer | Family::BigInt => "::bigint",
        Family::Decimal => "::numeric",
        Family::Real => "::real",
        Family::Double => "::double precision",
        Family::Boolean => "::boolean",
        Family::Date => "::date",
        Family::Instant => "::timestamptz",
        Family::Local => "::timestamp",
        Family::Time => "::timetz",
        Family::LocalTime => "::time",
        Family::Uuid => "::uuid",
        Family::Json => "::jsonb",
        Family::Binary => "::bytea",
    }
}

pub(super) fn among(column: &str, list: &str, family: Family) -> String {
    let element = match family {
        Family::Folded => String::from("lower(e.value COLLATE \"default\")"),
        _ => format!("e.value{}", element_cast(family)),
    };
    // Qualified: a collection may have a field by any short name, and that would be meant.
    format!(
        "{column} = ANY(ARRAY(SELECT {element} FROM jsonb_array_elements_text({list}::jsonb) e))"
    )
}

pub(super) fn array_overlaps(column: &str, json: &str) -> String {
    format!(
        "CASE WHEN jsonb_typeof({column}) = 'array' THEN EXISTS \
         (SELECT 1 FROM jsonb_array_elements({column}) a \
         JOIN jsonb_array_elements({json}::jsonb) b ON a.value = b.value) END"
    )
}

pub(super) fn number_of(column: &str, family: Family, wanted: Family) -> String {
    let is_number = matches!(
        family,
        Family::Integer | Family::BigInt | Family::Decimal | Family::Real | Family::Double
    );
    let kind = match wanted {
        Family::Decimal => "numeric",
        Family::Double => "double precision",
        _ => "bigint",
    };
    if is_number {
        return match (family, wanted) {
            (Family::Decimal, Family::Decimal) | (Family::Double, Family::Double) => {
                String::from(column)
            }
            // Its shortest digits, as everywhere else.
            (Family::Real, Family::Double) => answered(column, family),
            // Doubles round to even in a plain cast, decimals away from zero. What leaves the
            // integers is none.
            (Family::Real | Family::Double, Family::BigInt) => format!(
                "CASE WHEN abs({column}) < 9.2e18 THEN round({column}::text::numeric)::bigint END"
            ),
            (Family::Decimal, Family::BigInt) => {
                format!("CASE WHEN abs({column}) < 9.2e18 THEN round({column})::bigint END")
            }
            (Family::Real | Family::Double, Family::Decimal) => format!("{column}::text::numeric"),
            _ => format!("{column}::{kind}"),
        };
    }
    if family == Family::Boolean {
        return format!("{column}::int::{kind}");
    }
    let text = as_text(column, family);
    let pattern = match wanted {
        Family::Decimal => "^[+-]?[0-9]+([.][0-9]+)?$",
        Family::Double => "^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,2})?$",
        _ => "^[+-]?[0-9]{1,18}$",
    };
    format!("CASE WHEN {text} ~ '{pattern}' THEN {text}::{kind} END")
}
