//! SQLite's answers. Functions named `bx_…` are registered by `store` on every connection.

use super::Family;
use crate::Numbers;

pub(super) fn answered(column: &str, family: Family) -> String {
    match family {
        Family::Local => format!("({column}||'Z')"),
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Decimal
        | Family::Real
        | Family::Double
        | Family::Boolean
        | Family::Date
        | Family::Instant
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Json
        | Family::Binary => String::from(column),
    }
}

/// JSON text, or NULL when the column is NULL.
pub(super) fn json_token(column: &str, family: Family, numbers: Numbers) -> String {
    let plain = |text: String| format!("'\"'||{text}||'\"'");
    match (family, numbers) {
        // `json_quote` is NULL-safe, but its `null` is what `coalesce` would give anyway.
        (Family::Text | Family::Folded, _) => format!("json_quote({column})"),
        (Family::BigInt, Numbers::Strings)
        | (Family::Decimal, Numbers::Strings | Numbers::Decimals) => plain(String::from(column)),
        (Family::Integer | Family::BigInt | Family::Decimal | Family::Json, _) => {
            String::from(column)
        }
        // SQLite's own text of a double is longer than needed and has `.0` where it is whole.
        (Family::Real | Family::Double, _) => format!("bx_real({column})"),
        (Family::Boolean, _) => format!("CASE {column} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"),
        (Family::Date | Family::Instant | Family::Time | Family::LocalTime | Family::Uuid, _) => {
            plain(String::from(column))
        }
        (Family::Local, _) => plain(answered(column, family)),
        (Family::Binary, _) => plain(format!("bx_base64({column})")),
    }
}

/// The token of a value of whatever kind; `usual` is the one of a value of the family.
pub(super) fn loose_token(column: &str, family: Family, usual: &str) -> String {
    let text = match family {
        Family::Json => {
            format!("CASE WHEN json_valid({column}) THEN {column} ELSE json_quote({column}) END")
        }
        Family::Local => format!("json_quote({column}||'Z')"),
        _ => format!("json_quote({column})"),
    };
    // An infinity is no JSON, which `bx_real` knows.
    let (whole, broken) = match family {
        Family::Integer
        | Family::BigInt
        | Family::Decimal
        | Family::Real
        | Family::Double
        | Family::Boolean
        | Family::Json => (usual.to_owned(), format!("bx_real({column})")),
        Family::Text
        | Family::Folded
        | Family::Date
        | Family::Instant
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Binary => {
            let spelled = format!("json_quote(bx_real({column}))");
            (spelled.clone(), spelled)
        }
    };
    format!(
        "CASE typeof({column}) WHEN 'null' THEN 'null' WHEN 'text' THEN {text} WHEN 'integer' THEN {whole} \
         WHEN 'real' THEN {broken} ELSE '\"'||bx_base64({column})||'\"' END"
    )
}

pub(super) fn as_text(column: &str, family: Family) -> String {
    match family {
        Family::Integer | Family::BigInt => format!("CAST({column} AS TEXT)"),
        Family::Real | Family::Double => format!("bx_real({column})"),
        Family::Boolean => format!("CASE {column} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"),
        Family::Binary => format!("bx_base64({column})"),
        // As text it is compared like text: without the collation of the column.
        Family::Folded | Family::Decimal => format!("({column}||'')"),
        Family::Text
        | Family::Date
        | Family::Instant
        | Family::Local
        | Family::Time
        | Family::LocalTime
        | Family::Uuid => String::from(column),
        Family::Json => format!("bx_json_text({column})"),
    }
}

pub(super) fn number_of(column: &str, family: Family, wanted: Family) -> String {
    let guarded = |pattern: &str, number: String| {
        let text = as_text(column, family);
        format!("CASE WHEN bx_regex({text}, '{pattern}') THEN {number} END")
    };
    let is_number = matches!(
        family,
        Family::Integer | Family::BigInt | Family::Decimal | Family::Real | Family::Double
    );
    match wanted {
        Family::Decimal if family == Family::Decimal => String::from(column),
        Family::Decimal if is_number => format!("bx_dec({})", as_text(column, family)),
        Family::Decimal if family == Family::Boolean => format!("bx_dec(CAST({column} AS TEXT))"),
        Family::Decimal => guarded("^[+-]?[0-9]+([.][0-9]+)?$", format!("bx_dec({column})")),
        Family::Double if is_number || family == Family::Boolean => {
            format!("CAST({column} AS REAL)")
        }
        Family::Double => guarded(
            "^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,2})?$",
            format!("CAST({column} AS REAL)"),
        ),
        _ if matches!(family, Family::Integer | Family::BigInt) => String::from(column),
        // To the nearest whole number, halves away from zero, as Postgres rounds decimals. What
        // leaves the integers is none.
        _ if is_number => format!(
            "CASE WHEN abs(CAST({column} AS REAL)) < 9.2e18 THEN CAST(round({column}) AS INTEGER) END"
        ),
        _ if family == Family::Boolean => String::from(column),
        _ => guarded("^[+-]?[0-9]{1,18}$", format!("CAST({column} AS INTEGER)")),
    }
}

pub(super) fn json_paths(keys: &[String]) -> Vec<String> {
    let is_position = |key: &str| {
        let digits = key.strip_prefix('-').unwrap_or(key);
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let path = |by_position: bool| {
        let mut path = String::from("$");
        for key in keys {
            match key.strip_prefix('-') {
                Some(back) if by_position && is_position(key) => {
                    path.push_str(&format!("[#-{back}]"));
                }
                None if by_position && is_position(key) => path.push_str(&format!("[{key}]")),
                Some(_) | None => {
                    path.push('.');
                    path.push_str(&serde_json::Value::String(key.clone()).to_string());
                }
            }
        }
        path
    };
    if keys.iter().any(|key| is_position(key)) {
        return vec![path(true), path(false)];
    }
    vec![path(false)]
}
