//! What a column becomes: its type as a field, its default, and what to tell of it.

use super::look::{Promise, Seen, promise};
use crate::schema::values::grouped;
use serde_json::{Value as Json, json};
use sql::Dialect;
use store::{Made, TableColumn};

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) word: &'static str,
    pub(super) values: Option<Json>,
    /// What is unlike the declaration.
    pub(super) note: Option<String>,
    /// The column holds more than is shown, or values of other kinds.
    pub(super) loose: bool,
}

impl Kind {
    fn plain(word: &'static str) -> Self {
        Self { word, values: None, note: None, loose: false }
    }

    fn with(word: &'static str, values: Json) -> Self {
        Self { word, values: Some(values), note: None, loose: false }
    }
}

/// Where a new record's value comes from when none is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filled {
    /// Nowhere.
    Not,
    /// From the document.
    Document(Json),
    /// From the table, which is not told.
    Table,
}

/// The type of a column of Postgres, or why it has none.
pub(super) fn of_postgres(column: &TableColumn) -> Result<Kind, String> {
    let length = column.sizes.first().copied();
    Ok(match column.base.as_str() {
        "int2" | "int4" => Kind::plain("Integer"),
        "int8" => Kind::plain("BigInt"),
        "numeric" => match column.sizes.as_slice() {
            [precision, scale] => {
                Kind::with("Decimal", json!({ "precision": precision, "scale": scale }))
            }
            _ => Kind::plain("Decimal"),
        },
        "float4" => Kind::plain("Real"),
        "float8" => Kind::plain("Double"),
        "bool" => Kind::plain("Boolean"),
        "text" => Kind::plain("Text"),
        "bpchar" => Kind {
            note: Some(String::from(
                "the database puts blanks behind shorter values; it is shown and compared without them",
            )),
            loose: true,
            ..Kind::with("String", json!({ "length": length.unwrap_or(1) }))
        },
        "varchar" => match length {
            Some(length) => Kind::with("String", json!({ "length": length })),
            None => Kind::plain("String"),
        },
        "uuid" => Kind::plain("UUID"),
        "date" => Kind::plain("Date"),
        "timestamptz" => finer(Kind::plain("DateTime"), length),
        "timestamp" => finer(Kind::plain("DateTime_NO_TZ"), length),
        "time" => finer(Kind::plain("Time_NO_TZ"), length),
        "timetz" => Kind::plain("Time"),
        "jsonb" => Kind::plain("JSONB"),
        "bytea" => Kind::plain("Binary"),
        other => {
            let near = match other {
                "json" => "JSONB (`jsonb`)",
                "citext" | "name" | "xml" => "Text (`text`)",
                "money" => "Decimal (`numeric`)",
                "oid" => "BigInt (`bigint`)",
                "geometry" | "geography" | "point" | "polygon" | "path" | "line" | "lseg"
                | "box" | "circle" => "JSONB with GeoJSON (`jsonb`)",
                _ if other.starts_with('_') || other.ends_with("range") || other == "hstore" => {
                    "JSONB (`jsonb`)"
                }
                _ => "String (`varchar`)",
            };
            return Err(format!(
                "fields do not hold `{}`; the nearest they hold is {near}",
                column.declared
            ));
        }
    })
}

/// Moments are told to the millisecond.
fn finer(kind: Kind, digits: Option<u32>) -> Kind {
    let note = digits.is_none_or(|digits| digits > 3).then(|| {
        String::from("the database keeps microseconds; it is shown and compared to the millisecond")
    });
    Kind { loose: note.is_some(), note, ..kind }
}

/// The type of a column of SQLite: what is declared where every value keeps to it, else the
/// nearest type whose filters and orders are true of what stands there.
pub(super) fn of_sqlite(column: &TableColumn, seen: Option<&Seen>) -> Kind {
    let promised = promise(column);
    let declared = match promised {
        Promise::Boolean => Kind::plain("Boolean"),
        Promise::Json => Kind::plain("JSON"),
        Promise::Instant => Kind::plain("DateTime"),
        Promise::Date => Kind::plain("Date"),
        Promise::Integer => Kind::plain("BigInt"),
        Promise::Text(Some(length)) => Kind::with("String", json!({ "length": length })),
        Promise::Text(None) | Promise::Nothing => Kind::plain("Text"),
        Promise::Bytes => Kind::plain("Binary"),
        Promise::Number => Kind::plain("Double"),
    };
    let Some(seen) = seen else {
        let moment = matches!(promised, Promise::Instant | Promise::Date | Promise::Json);
        let mut kind = if moment { Kind::plain("Text") } else { declared };
        kind.loose = kind.word == "Text";
        kind.note =
            Some(String::from("not every value could be looked at in the time of one statement"));
        return kind;
    };
    // The database itself fills the column with moments in a form of its own.
    let others = matches!(promised, Promise::Instant | Promise::Date)
        && column.default.as_deref().is_some_and(|default| !default.starts_with('\''));
    if seen.kept == seen.values && !(seen.values == 0 && others) {
        return declared;
    }
    let bytes = seen.values - seen.integers - seen.reals - seen.texts;
    let mut kind = if seen.values == 0 || seen.texts == seen.values {
        Kind::plain("Text")
    } else if seen.integers == seen.values {
        Kind::plain("BigInt")
    } else if seen.integers + seen.reals == seen.values {
        Kind::plain("Double")
    } else if bytes == seen.values {
        Kind::plain("Binary")
    } else {
        Kind::plain("Text")
    };
    kind.loose = kind.word == "Text" && seen.texts != seen.values;
    if promised == Promise::Nothing && (seen.texts == seen.values || kind.word != "Text") {
        return kind;
    }
    let told = |count: u64, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{} {one}s", grouped(many))),
    };
    let kinds = [
        told(seen.integers, "whole number"),
        told(seen.reals, "broken number"),
        told(seen.texts, "text"),
        told(bytes, "blob"),
    ];
    let kinds: Vec<String> = kinds.into_iter().flatten().collect();
    let as_they_are = match promised {
        _ if seen.values == 0 => {
            "the table fills it with moments in a form of its own, so it is shown as text"
                .to_owned()
        }
        Promise::Instant | Promise::Date if seen.texts == seen.values => format!(
            "{} of {} values are moments in another form; they are shown and compared as the text they are",
            grouped(seen.values - seen.kept),
            grouped(seen.values)
        ),
        Promise::Text(Some(length)) if seen.texts == seen.values => {
            format!(
                "{} of {} values are longer than {length}",
                grouped(seen.values - seen.kept),
                grouped(seen.values)
            )
        }
        _ => format!("holds {}; shown as {} as they stand", kinds.join(" and "), kind.word),
    };
    kind.note = Some(as_they_are);
    kind
}

/// Where the value of a column of this type comes from when none is given.
pub(super) fn filled(column: &TableColumn, word: &str, dialect: Dialect) -> Filled {
    match column.made {
        Made::Counted | Made::CountedAlways if matches!(word, "Integer" | "BigInt") => {
            return Filled::Document(json!({ "type": "AUTOINCREMENT" }));
        }
        Made::Counted | Made::CountedAlways | Made::Computed => return Filled::Table,
        Made::Given => {}
    }
    let Some(default) = column.default.as_deref().map(str::trim) else { return Filled::Not };
    let lower = default.to_ascii_lowercase();
    let bare = lower.trim_start_matches('(').trim_end_matches(')');
    if bare == "null" || bare.starts_with("null::") {
        return Filled::Not;
    }
    let moment = matches!(word, "DateTime" | "DateTime_NO_TZ" | "Date");
    let now =
        ["now(", "current_timestamp", "current_date", "localtimestamp", "transaction_timestamp("];
    if moment && now.iter().any(|word| bare.starts_with(word)) {
        return Filled::Document(json!({ "type": "NOW" }));
    }
    if word == "UUID"
        && (bare.starts_with("gen_random_uuid(") || bare.starts_with("uuid_generate_v4("))
    {
        return Filled::Document(json!({ "type": "UUIDV4" }));
    }
    match literal(default).and_then(|literal| value(&literal, word, dialect)) {
        Some(json) => Filled::Document(json),
        None => Filled::Table,
    }
}

/// A constant of SQL: a text, or a word.
enum Literal {
    Text(String),
    Word(String),
}

/// The constant that a default is, whatever type it is cast to.
fn literal(default: &str) -> Option<Literal> {
    let inner = default.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let text = inner.unwrap_or(default).trim();
    let Some(rest) = text.strip_prefix('\'') else {
        let (word, cast) = text.split_once("::").unwrap_or((text, ""));
        let word = word.trim().trim_start_matches('(').trim_end_matches(')');
        let plain = |text: &str| {
            text.chars().all(|sign| sign.is_ascii_alphanumeric() || "+-._ ".contains(sign))
        };
        return (plain(word) && plain(cast)).then(|| Literal::Word(word.to_owned()));
    };
    let mut found = String::new();
    let mut signs = rest.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '\'' {
            found.push(sign);
        } else if signs.next_if_eq(&'\'').is_some() {
            found.push('\'');
        } else {
            let behind: String = signs.collect();
            let cast = behind.trim();
            return (cast.is_empty() || (cast.starts_with("::") && !cast.contains(['\'', '|'])))
                .then_some(Literal::Text(found));
        }
    }
    None
}

/// A constant as a default of a field of this type.
fn value(literal: &Literal, word: &str, dialect: Dialect) -> Option<Json> {
    let text = match literal {
        Literal::Text(text) | Literal::Word(text) => text.as_str(),
    };
    match word {
        "String" | "Text" => match literal {
            Literal::Text(text) => Some(json!(text)),
            // A number that is kept as text is spelled by the database.
            Literal::Word(_) => None,
        },
        "Integer" | "BigInt" => text.parse::<i64>().ok().map(|number| json!(number)),
        "Double" | "Real" => text.parse::<f64>().ok().map(|number| json!(number)),
        "Decimal" => {
            let number = text.parse::<f64>().is_ok_and(f64::is_finite);
            (number && !text.contains(['e', 'E'])).then(|| json!(text))
        }
        "Boolean" => match (text.to_ascii_lowercase().as_str(), dialect) {
            ("true" | "t", _) | ("1", Dialect::Sqlite) => Some(json!(true)),
            ("false" | "f", _) | ("0", Dialect::Sqlite) => Some(json!(false)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Filled, Seen, filled, of_postgres, of_sqlite};
    use serde_json::json;
    use sql::Dialect;
    use store::{Made, TableColumn};

    fn column(declared: &str, default: Option<&str>) -> TableColumn {
        let base = declared.split('(').next().unwrap_or_default().to_ascii_lowercase();
        let sizes = declared.split(['(', ',', ')']).filter_map(|n| n.trim().parse().ok());
        TableColumn {
            name: String::from("c"),
            base,
            sizes: sizes.collect(),
            declared: declared.to_owned(),
            nullable: true,
            default: default.map(str::to_owned),
            made: Made::Given,
        }
    }

    fn seen(values: u64, integers: u64, reals: u64, texts: u64, kept: u64) -> Seen {
        Seen { values, integers, reals, texts, kept }
    }

    #[test]
    fn a_column_of_sqlite_is_typed_by_what_stands_in_it() {
        let cases = [
            ("INTEGER", seen(3, 3, 0, 0, 3), "BigInt", false),
            ("INTEGER", seen(3, 2, 0, 1, 2), "Text", true),
            ("NVARCHAR(40)", seen(2, 0, 0, 2, 2), "String", false),
            ("NVARCHAR(4)", seen(2, 0, 0, 2, 1), "Text", true),
            ("BOOLEAN", seen(2, 2, 0, 0, 2), "Boolean", false),
            ("BOOLEAN", seen(2, 2, 0, 0, 1), "BigInt", true),
            ("DATETIME", seen(2, 0, 0, 2, 2), "DateTime", false),
            ("DATETIME", seen(2, 0, 0, 2, 0), "Text", true),
            ("TIMESTAMP", seen(2, 2, 0, 0, 0), "BigInt", true),
            ("NUMERIC(10,2)", seen(2, 1, 1, 0, 2), "Double", false),
            ("BLOB", seen(2, 0, 0, 0, 2), "Binary", false),
            ("BLOB", seen(2, 0, 0, 1, 1), "Text", true),
            ("", seen(2, 2, 0, 0, 0), "BigInt", false),
            ("", seen(0, 0, 0, 0, 0), "Text", false),
        ];
        for (declared, seen, word, noted) in cases {
            let kind = of_sqlite(&column(declared, None), Some(&seen));
            assert_eq!((kind.word, kind.note.is_some()), (word, noted), "{declared} {seen:?}");
        }
        let stamped = column("DATETIME", Some("CURRENT_TIMESTAMP"));
        assert_eq!(of_sqlite(&stamped, Some(&seen(0, 0, 0, 0, 0))).word, "Text");
    }

    #[test]
    fn a_type_that_no_field_has_names_the_nearest() {
        assert_eq!(of_postgres(&column("numeric(10,2)", None)).unwrap().word, "Decimal");
        for (declared, near) in
            [("json", "JSONB"), ("_text", "JSONB"), ("mood", "String"), ("citext", "Text")]
        {
            let why = of_postgres(&column(declared, None)).unwrap_err();
            assert!(why.contains(near), "{why}");
        }
    }

    #[test]
    fn defaults_are_read_where_they_are_constants_and_left_to_the_table_otherwise() {
        let document = |json| Filled::Document(json);
        let cases = [
            ("'new'", "Text", document(json!("new"))),
            ("'it''s'::character varying", "String", document(json!("it's"))),
            ("0", "BigInt", document(json!(0))),
            ("'-1'::integer", "Integer", document(json!(-1))),
            ("(-1)", "BigInt", document(json!(-1))),
            ("0.5", "Double", document(json!(0.5))),
            ("12.50", "Decimal", document(json!("12.50"))),
            ("TRUE", "Boolean", document(json!(true))),
            ("now()", "DateTime", document(json!({ "type": "NOW" }))),
            ("gen_random_uuid()", "UUID", document(json!({ "type": "UUIDV4" }))),
            ("NULL", "Text", Filled::Not),
            ("NULL::character varying", "Text", Filled::Not),
            ("CURRENT_TIMESTAMP", "Text", Filled::Table),
            ("('a'::text || 'b'::text)", "Text", Filled::Table),
            ("upper('a')", "Text", Filled::Table),
            ("'{}'::jsonb", "JSONB", Filled::Table),
            ("next_number()", "Integer", Filled::Table),
        ];
        for (default, word, expected) in cases {
            let found = filled(&column("x", Some(default)), word, Dialect::Postgres);
            assert_eq!(found, expected, "{default}");
        }
        let mut counted = column("INTEGER", None);
        counted.made = Made::Counted;
        assert_eq!(
            filled(&counted, "BigInt", Dialect::Sqlite),
            document(json!({ "type": "AUTOINCREMENT" }))
        );
    }
}
