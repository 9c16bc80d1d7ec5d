//! What a change means for the values that are there already.

use base::{Code, Error, Result, Value};
use catalog::{Catalog, Change, Collection, DefaultValue, Field, FieldKind, invalid};
use serde_json::Value as Json;
use sql::{Dialect, Statement};
use std::sync::Arc;
use store::Store;

/// Counting stops here: a plan says "over a million" as well as the exact number.
const COUNT_MAX: u64 = 1_000_000;

/// Values a change touches, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Records whose value is lost, changed beyond repair, or in the way.
    pub(crate) affected: u64,
    /// Records in all.
    pub(crate) total: u64,
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name the collection has in the store before the changes.
pub(crate) fn stored_name<'a>(changes: &'a [Change], name: &'a str) -> &'a str {
    changes
        .iter()
        .find_map(|change| match change {
            Change::RenameCollection { from, to } if to == name => Some(from.as_str()),
            _ => None,
        })
        .unwrap_or(name)
}

/// Counts the records of a table that satisfy a condition of ours, and all of them.
pub(crate) async fn count(store: &Store, table: &str, condition: &str) -> Result<Touched> {
    let table = quoted(table);
    let most = COUNT_MAX + 1;
    let text = format!(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT {most}) a), (SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {most}) b)"
    );
    touched(store, text).await
}

/// Two counts that one statement answers.
async fn touched(store: &Store, text: String) -> Result<Touched> {
    let rows = store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await?;
    let number = |at: usize| {
        rows.first()
            .and_then(|row| row.get(at))
            .and_then(Value::as_int)
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(0)
    };
    Ok(Touched { affected: number(0), total: number(1) })
}

/// The columns as they are stored before the changes. Fields that are new or change their type in
/// the same step have no values yet that could be compared.
pub(crate) fn comparable(
    changes: &[Change],
    collection: &str,
    fields: &[String],
) -> Option<Vec<String>> {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let known = changes.iter().find_map(|change| match change {
            Change::RenameField { collection: on, from, to } if on == collection && to == field => {
                Some(Some(from.as_str()))
            }
            Change::AddField { collection: on, field: new }
                if on == collection && new.name == *field =>
            {
                Some(None)
            }
            Change::AlterField { collection: on, from, to }
                if on == collection && to.name == *field && from.kind != to.kind =>
            {
                Some(None)
            }
            _ => None,
        });
        match known {
            Some(None) => return None,
            Some(Some(from)) => columns.push(quoted(from)),
            None => columns.push(quoted(field)),
        }
    }
    Some(columns)
}

/// Counts the records that share their values of these fields with another one.
pub(crate) async fn twins(
    store: &Store,
    changes: &[Change],
    collection: &str,
    fields: &[String],
) -> Result<Option<Touched>> {
    let Some(columns) = comparable(changes, collection, fields) else { return Ok(None) };
    let table = quoted(stored_name(changes, collection));
    let (list, present) = (columns.join(", "), columns.join(" IS NOT NULL AND "));
    let most = COUNT_MAX + 1;
    let text = format!(
        "SELECT CAST(coalesce((SELECT sum(n) FROM (SELECT count(*) AS n FROM {table} WHERE {present} IS NOT NULL GROUP BY {list} HAVING count(*) > 1) a), 0) AS bigint), (SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {most}) b)"
    );
    touched(store, text).await.map(Some)
}

/// Computes every SQL default that the changes define in a collection, once, and judges what comes
/// of it; what stood before is in nobody's way. Postgres knows the type of an expression and refuses
/// one of another kind by itself, but rounds and cuts what is of the right kind; SQLite would take
/// anything.
pub(crate) async fn check_computed(
    store: &Store,
    changes: &[Change],
    collection: &Collection,
) -> Result<()> {
    let dialect = store.dialect();
    for field in collection.fields.values() {
        let defined = changes.iter().any(|change| match change {
            Change::CreateCollection { collection: made } => made.name == collection.name,
            Change::AddField { collection: on, field: new } => {
                *on == collection.name && new.name == field.name
            }
            Change::AlterField { collection: on, from, to } => {
                *on == collection.name
                    && to.name == field.name
                    && (from.default != to.default || from.kind != to.kind)
            }
            _ => false,
        });
        if !defined {
            continue;
        }
        let Some(DefaultValue::Sql(default)) = &field.default else { continue };
        let at = format!("fields.{}.defaultValue", field.name);
        // What is new was judged more strictly before this.
        let expression = sql::Expression::of_standing_default(default, &field.kind)
            .map_err(|error| error.at(at.as_str()))?
            .render(dialect);
        let cast = match (dialect, &field.kind) {
            (Dialect::Sqlite, _) => "",
            (
                Dialect::Postgres,
                FieldKind::Integer
                | FieldKind::BigInt
                | FieldKind::Boolean
                | FieldKind::String { .. },
            ) => "::text",
            (Dialect::Postgres, _) => continue,
        };
        let text = format!("SELECT ({expression}){cast}");
        let asked = Statement { text: Arc::from(text), binds: Vec::new() };
        let refused = |why: String| {
            invalid(at.as_str(), format!("the default `{default}` of `{}` {why}", field.name)).hint(
                format!("write an expression whose values are of the type {}", field.kind.name()),
            )
        };
        let rows = store.rows(&asked).await.map_err(|fault| match fault.code() {
            Code::Unavailable | Code::Timeout => fault,
            _ => refused(String::from("cannot be computed")).caused_by(fault),
        })?;
        let value = rows.into_iter().next().and_then(|row| row.into_iter().next());
        let json = match value.unwrap_or(Value::Null) {
            Value::Null => continue,
            Value::Bool(truth) => Json::Bool(truth),
            Value::Int(number) => Json::from(number),
            Value::Real(number) => Json::from(number),
            Value::Text(text) => Json::String(text),
            Value::Bytes(_) if field.kind == FieldKind::Binary => continue,
            Value::Bytes(_) => return Err(refused(String::from("gives bytes"))),
        };
        if let Err(why) = query::coerce(&field.kind, &json) {
            return Err(refused(format!("gives {json}, which does not fit: {why}")));
        }
    }
    Ok(())
}

/// Whether a new required field can be filled in records that exist already.
pub(crate) fn fills_itself(field: &Field) -> bool {
    matches!(
        field.default,
        Some(
            DefaultValue::Literal(_)
                | DefaultValue::UuidV4
                | DefaultValue::Suid
                | DefaultValue::Now
                | DefaultValue::AutoIncrement
                | DefaultValue::Sql(_)
        )
    ) || field.computed.is_some()
}

/// Values that cannot become what a changed field holds.
pub(crate) fn misfits(from: &Field, to: &Field, dialect: Dialect) -> Option<String> {
    let computed = |field: &Field| field.computed.is_some();
    (from.kind != to.kind && !computed(from) && !computed(to)).then(|| {
        format!("NOT {}", sql::conversion(&from.kind, &to.kind, &quoted(&from.name), dialect).fits)
    })
}

/// Values that lose something on their way.
pub(crate) fn losses(from: &Field, to: &Field, dialect: Dialect) -> Option<String> {
    let computed = |field: &Field| field.computed.is_some();
    if from.kind == to.kind || computed(from) || computed(to) {
        return None;
    }
    let by = sql::conversion(&from.kind, &to.kind, &quoted(&from.name), dialect);
    Some(format!("NOT ({} AND {})", by.fits, by.keeps))
}

/// Refuses changes that stored values stand against, with their number.
pub(crate) async fn check(store: &Store, old: &Catalog, changes: &[Change]) -> Result<()> {
    for change in changes {
        match change {
            Change::AddField { collection, field } if !field.nullable && !fills_itself(field) => {
                let table = stored_name(changes, collection);
                if old.get(table).is_none() {
                    continue;
                }
                let touched = count(store, table, "TRUE").await?;
                if touched.total > 0 {
                    return Err(against(&field.name, format!("the required field `{}` has no default, and `{collection}` has {} records that would lack it", field.name, number(touched.total)))
                        .hint("give it a default, or allow null"));
                }
            }
            Change::AlterField { collection, from, to } => {
                let table = stored_name(changes, collection);
                if let Some(condition) = misfits(from, to, store.dialect()) {
                    let touched = count(store, table, &condition).await?;
                    if touched.affected > 0 {
                        return Err(against(
                            &to.name,
                            format!(
                                "{} of {} values of `{}` cannot become {}",
                                number(touched.affected),
                                number(touched.total),
                                from.name,
                                describe(&to.kind)
                            ),
                        )
                        .hint("change those values first, or add a new field"));
                    }
                }
                let filled = matches!(
                    to.default,
                    Some(DefaultValue::Literal(_) | DefaultValue::AutoIncrement)
                );
                if from.nullable && !to.nullable && !filled {
                    let touched =
                        count(store, table, &format!("{} IS NULL", quoted(&from.name))).await?;
                    if touched.affected > 0 {
                        return Err(against(
                            &to.name,
                            format!(
                                "`{}` cannot be required: {} of {} records have no value",
                                from.name,
                                number(touched.affected),
                                number(touched.total)
                            ),
                        )
                        .hint("fill them first, or give the field a default value"));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Counts the rows of an M2A's junction that lead to a collection.
pub(crate) async fn leading(store: &Store, junction: &str, table: &str) -> Result<Touched> {
    count(store, junction, &format!("\"collection\" = '{}'", table.replace('\'', "''"))).await
}

/// Refuses to take a target from an M2A while rows of its junction lead to it.
pub(crate) async fn check_emptied(store: &Store, emptied: &[(String, String)]) -> Result<()> {
    for (junction, table) in emptied {
        let touched = leading(store, junction, table).await?;
        if touched.affected > 0 {
            return Err(Error::new(
                Code::ForeignKeyViolation,
                format!(
                    "{} records of `{junction}` still lead to `{table}`",
                    number(touched.affected)
                ),
            )
            .at("tables")
            .hint("remove those links first"));
        }
    }
    Ok(())
}

fn against(field: &str, message: String) -> Error {
    invalid(format!("fields.{field}"), message)
}

/// A count for people, of which no more is known than that it is beyond what is counted.
pub(crate) fn number(count: u64) -> String {
    if count > COUNT_MAX { format!("over {}", grouped(COUNT_MAX)) } else { grouped(count) }
}

/// A count as people read it: 9,310.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A type for people, with its bounds.
pub(crate) fn describe(kind: &FieldKind) -> String {
    match kind {
        FieldKind::String { length: Some(length) } => format!("String of {length}"),
        FieldKind::Decimal { precision: Some(precision), scale } => {
            format!("Decimal({precision},{})", scale.unwrap_or(0))
        }
        FieldKind::Enum { values } => format!("Enum of {}", values.join(", ")),
        other => other.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{grouped, number};

    #[test]
    fn counts_are_told_in_groups_of_three_digits() {
        let told = [0, 999, 1_000, 9_310, 123_456, 1_000_000].map(grouped);
        assert_eq!(told, ["0", "999", "1,000", "9,310", "123,456", "1,000,000"]);
        assert_eq!(number(1_000_001), "over 1,000,000");
    }
}
