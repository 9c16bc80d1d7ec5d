//! One column: its type, its constraints and its default, in either dialect.

use super::expression::Expression;
use crate::Dialect;
use crate::dialect::Family;
use crate::names::{constraint_name, index_name, sequence_name};
use crate::writer::{literal, quoted};
use base::{Result, Value};
use catalog::{Collection, DefaultValue, Field, FieldKind};

/// Signs of a `TOKEN`.
const TOKEN_LENGTH: u32 = 9;

/// The column's type.
pub(super) fn column_type(kind: &FieldKind, dialect: Dialect) -> String {
    let plain = match (Family::of(kind), dialect) {
        (Family::Integer | Family::BigInt | Family::Boolean, Dialect::Sqlite) => "INTEGER",
        (Family::Real | Family::Double, Dialect::Sqlite) => "REAL",
        (Family::Binary, Dialect::Sqlite) => "BLOB",
        (Family::Decimal, Dialect::Sqlite) => "TEXT COLLATE BX_DECIMAL",
        (_, Dialect::Sqlite) => "TEXT",
        (Family::Text, Dialect::Postgres) => match longest(kind) {
            Some(length) => return format!("varchar({length})"),
            None => "text",
        },
        (Family::Folded, Dialect::Postgres) => "text",
        (Family::Integer, Dialect::Postgres) => "integer",
        (Family::BigInt, Dialect::Postgres) => "bigint",
        (Family::Decimal, Dialect::Postgres) => match kind {
            FieldKind::Decimal { precision: Some(precision), scale } => {
                return format!("numeric({precision},{})", scale.unwrap_or(0));
            }
            _ => "numeric",
        },
        (Family::Real, Dialect::Postgres) => "real",
        (Family::Double, Dialect::Postgres) => "double precision",
        (Family::Boolean, Dialect::Postgres) => "boolean",
        (Family::Date, Dialect::Postgres) => "date",
        (Family::Instant, Dialect::Postgres) => "timestamptz(3)",
        (Family::Local, Dialect::Postgres) => "timestamp(3)",
        (Family::Time, Dialect::Postgres) => "timetz(3)",
        (Family::LocalTime, Dialect::Postgres) => "time(3)",
        (Family::Uuid, Dialect::Postgres) => "uuid",
        (Family::Json, Dialect::Postgres) => "jsonb",
        (Family::Binary, Dialect::Postgres) => "bytea",
    };
    plain.to_owned()
}

/// The order of a column's texts: by bytes on both stores, so that an index serves equality,
/// ranges and sorts alike. Text without regard to case keeps the database's own collation, which
/// knows the letters.
pub(super) fn collation(kind: &FieldKind, dialect: Dialect) -> &'static str {
    match (Family::of(kind), dialect) {
        (Family::Text, Dialect::Postgres) => " COLLATE \"C\"",
        (_, Dialect::Sqlite | Dialect::Postgres) => "",
    }
}

/// Most signs of a text, where it has a bound.
fn longest(kind: &FieldKind) -> Option<u32> {
    match kind {
        FieldKind::String { length } => *length,
        FieldKind::Token => Some(TOKEN_LENGTH),
        _ => None,
    }
}

/// What a value must satisfy beyond its column's type.
pub(super) fn check(field: &Field, dialect: Dialect) -> Option<String> {
    let name = quoted(&field.name);
    if let FieldKind::Enum { values } = &field.kind {
        let words: Vec<String> = values.iter().map(|word| literal(word)).collect();
        return Some(format!("{name} IN ({})", words.join(", ")));
    }
    if dialect == Dialect::Postgres {
        return None;
    }
    match Family::of(&field.kind) {
        Family::Text => longest(&field.kind).map(|length| format!("length({name}) <= {length}")),
        Family::Integer => Some(format!("{name} BETWEEN {} AND {}", i32::MIN, i32::MAX)),
        Family::Boolean => Some(format!("{name} IN (0, 1)")),
        Family::Json => Some(format!("json_valid({name})")),
        _ => None,
    }
}

/// Name of the constraint that holds [`check`]; made of ids, so that renames leave it alone.
pub(super) fn check_name(field: &Field) -> String {
    constraint_name(&field.id, "value", "check")
}

/// Name of the constraint of the foreign key in a column.
pub(super) fn foreign_key_name(field: &Field) -> String {
    constraint_name(&field.id, "target", "fkey")
}

/// Name of the unique index of a field.
pub(super) fn unique_name(collection: &Collection, field: &Field) -> String {
    index_name(collection.schema_id(), &[&field.id], true)
}

/// Name of the index of a foreign key's column.
pub(super) fn pointer_name(collection: &Collection, field: &Field) -> String {
    index_name(collection.schema_id(), &[&field.id], false)
}

/// A canonical value as a constant.
pub(super) fn constant(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Null => String::from("NULL"),
        Value::Bool(truth) => match (truth, dialect) {
            (true, Dialect::Sqlite) => String::from("1"),
            (false, Dialect::Sqlite) => String::from("0"),
            (truth, Dialect::Postgres) => truth.to_string(),
        },
        Value::Int(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => literal(text),
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            match dialect {
                Dialect::Sqlite => format!("X'{hex}'"),
                Dialect::Postgres => format!("'\\x{hex}'"),
            }
        }
    }
}

/// The constant that a literal default is.
pub(super) fn literal_default(field: &Field, dialect: Dialect) -> Option<String> {
    let Some(DefaultValue::Literal(json)) = &field.default else { return None };
    query::coerce(&field.kind, json)
        .ok()
        .filter(|value| !value.is_null())
        .map(|value| constant(&value, dialect))
}

/// The default for rows that other tools write: what the store itself can make. Our own writes
/// carry every default already.
pub(super) fn default(collection: &str, field: &Field, dialect: Dialect) -> Option<String> {
    let family = Family::of(&field.kind);
    match (field.default.as_ref()?, dialect) {
        (DefaultValue::Literal(_), _) => literal_default(field, dialect),
        (DefaultValue::UuidV4, Dialect::Sqlite) => Some(String::from(
            "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || \
             substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))",
        )),
        (DefaultValue::UuidV4, Dialect::Postgres) => Some(match family {
            Family::Uuid => String::from("gen_random_uuid()"),
            _ => String::from("(gen_random_uuid()::text)"),
        }),
        (DefaultValue::Now, _) => now(family, dialect).map(|now| format!("({now})")),
        (DefaultValue::AutoIncrement, Dialect::Postgres) => Some(format!(
            "nextval({}::regclass)",
            literal(&quoted(&sequence_name(collection, &field.name)))
        )),
        (DefaultValue::Sql(text), _) => Expression::of_standing_default(text, &field.kind)
            .ok()
            .map(|expression| format!("({})", expression.render(dialect))),
        (DefaultValue::AutoIncrement, Dialect::Sqlite)
        | (DefaultValue::Suid | DefaultValue::CurrentUser | DefaultValue::CurrentTenant, _) => None,
    }
}

/// The moment of the statement in a family's form.
pub(super) fn now(family: Family, dialect: Dialect) -> Option<String> {
    let form = match (family, dialect) {
        (Family::Instant, Dialect::Postgres) => return Some(String::from("now()")),
        (Family::Local, Dialect::Postgres) => "now() AT TIME ZONE 'UTC'",
        (Family::Date, Dialect::Postgres) => "(now() AT TIME ZONE 'UTC')::date",
        (Family::Time, Dialect::Postgres) => "(now() AT TIME ZONE 'UTC')::time AT TIME ZONE 'UTC'",
        (Family::LocalTime, Dialect::Postgres) => "(now() AT TIME ZONE 'UTC')::time",
        (Family::Instant, Dialect::Sqlite) => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        (Family::Local, Dialect::Sqlite) => "strftime('%Y-%m-%dT%H:%M:%f', 'now')",
        (Family::Date, Dialect::Sqlite) => "date('now')",
        (Family::Time, Dialect::Sqlite) => "time('now') || '+00'",
        (Family::LocalTime, Dialect::Sqlite) => "time('now')",
        _ => return None,
    };
    Some(form.to_owned())
}

/// The value that rows which exist already get in a new field, where a constant is not enough.
pub(super) fn fill(field: &Field, dialect: Dialect) -> Option<String> {
    let family = Family::of(&field.kind);
    match (field.default.as_ref()?, dialect) {
        (DefaultValue::UuidV4, Dialect::Sqlite) => Some(String::from("bx_uuid4()")),
        (DefaultValue::Suid, Dialect::Sqlite) => Some(String::from("bx_suid()")),
        // 120 random bits, URL-safe, beginning with a letter: as our own short ids.
        (DefaultValue::Suid, Dialect::Postgres) => Some(String::from(
            "'A' || substr(translate(encode(decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), \
             'hex'), 'base64'), E'+/=\\n', '-_'), 1, 20)",
        )),
        (DefaultValue::Now, dialect) => now(family, dialect),
        (DefaultValue::AutoIncrement, Dialect::Sqlite) => {
            Some(String::from("row_number() OVER (ORDER BY _rowid_)"))
        }
        (DefaultValue::Sql(text), Dialect::Sqlite) => {
            Expression::of_standing_default(text, &field.kind)
                .ok()
                .map(|expression| expression.render(dialect))
        }
        (
            DefaultValue::UuidV4 | DefaultValue::AutoIncrement | DefaultValue::Sql(_),
            Dialect::Postgres,
        )
        | (DefaultValue::Literal(_) | DefaultValue::CurrentUser | DefaultValue::CurrentTenant, _) => {
            None
        }
    }
}

/// A column's whole definition. An error where the expression of a computed field is not
/// understood, and none that stood already: no column ever holds something else in its place.
pub(super) fn definition(
    collection: &Collection,
    field: &Field,
    dialect: Dialect,
) -> Result<String> {
    let mut text = format!(
        "{} {}{}",
        quoted(&field.name),
        column_type(&field.kind, dialect),
        collation(&field.kind, dialect)
    );
    if let Some(expression) = &field.computed {
        let (read, kept) = match dialect {
            Dialect::Sqlite => {
                (Expression::of_standing_virtual(expression, collection, &field.kind), "VIRTUAL")
            }
            Dialect::Postgres => {
                (Expression::of_virtual(expression, collection, &field.kind), "STORED")
            }
        };
        let at = || format!("fields.{}.calculated", field.name);
        let read = read.map_err(|error| error.at(at()))?;
        let mut expression = read.render(dialect);
        // SQLite computes at every read, and looks when a record is written.
        if dialect == Dialect::Postgres && read.leaves_doubles() {
            expression = format!("bx_finite({expression}, {})", literal(&field.id));
        }
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kept}"));
        return Ok(text);
    }
    if !field.nullable {
        text.push_str(" NOT NULL");
    }
    if field.primary_key {
        text.push_str(" PRIMARY KEY");
        if dialect == Dialect::Sqlite && field.default == Some(DefaultValue::AutoIncrement) {
            text.push_str(" AUTOINCREMENT");
        }
    }
    if let Some(default) = default(&collection.name, field, dialect) {
        text.push_str(" DEFAULT ");
        text.push_str(&default);
    }
    if let Some(check) = check(field, dialect) {
        text.push_str(&match dialect {
            Dialect::Sqlite => format!(" CHECK ({check})"),
            Dialect::Postgres => {
                format!(" CONSTRAINT {} CHECK ({check})", quoted(&check_name(field)))
            }
        });
    }
    Ok(text)
}
