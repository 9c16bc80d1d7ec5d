//! Which records a change touches: the first of them, with the beginnings of their values.

use super::keep::plain;
use super::plan::Example;
use super::values::{comparable, losses, misfits, quoted, stored_name};
use base::{Result, Value};
use catalog::{Catalog, Change, Collection, DefaultValue, Field, FieldKind};
use sql::Dialect;
use std::sync::Arc;
use store::Store;

/// Characters of a value that are shown.
const VALUE_CHARS: usize = 80;

/// Records of a table as it stands, and the column that is looked at.
pub(crate) struct Stake<'a> {
    table: &'a Arc<Collection>,
    shown: Option<&'a Field>,
    condition: String,
    /// Those that satisfy this one too come first.
    first: Option<String>,
}

impl Stake<'_> {
    /// The collection and the field, as they are named now.
    pub(crate) fn place(&self) -> (String, Option<String>) {
        (self.table.name.clone(), self.shown.map(|field| field.name.clone()))
    }
}

/// The records whose values are lost or stand in the way.
pub(crate) fn stake<'a>(
    change: &Change,
    changes: &'a [Change],
    old: &'a Catalog,
    dialect: Dialect,
) -> Option<Stake<'a>> {
    let table = |name: &str| old.get(stored_name(changes, name));
    Some(match change {
        Change::DropCollection { collection } => Stake {
            table: old.get(&collection.name)?,
            shown: None,
            condition: "TRUE".into(),
            first: None,
        },
        Change::DropField { collection, field } => {
            let table = table(collection)?;
            let shown = table.field_by_id(&field.id)?;
            let condition = format!("{} IS NOT NULL", quoted(&shown.name));
            Stake { table, shown: Some(shown), condition, first: None }
        }
        Change::AddIndex { collection, index } => {
            let table = table(collection)?;
            let columns = comparable(changes, collection, &index.fields)?;
            Stake { table, shown: None, condition: alike(table, &columns), first: None }
        }
        Change::AlterField { collection, from, to } => {
            let table = table(collection)?;
            let shown = table.field_by_id(&from.id)?;
            let name = quoted(&shown.name);
            let mut first = None;
            let condition = if let Some(lost) = losses(from, to, dialect) {
                // What stands in the way is worse than what loses something.
                first = misfits(from, to, dialect);
                lost
            } else if missing(from, to) {
                format!("{name} IS NULL")
            } else {
                let columns = comparable(changes, collection, std::slice::from_ref(&to.name))?;
                alike(table, &columns)
            };
            Stake { table, shown: Some(shown), condition, first }
        }
        _ => return None,
    })
}

/// The records that would make the store refuse a change.
pub(crate) fn obstacle<'a>(
    change: &Change,
    changes: &'a [Change],
    old: &'a Catalog,
    dialect: Dialect,
) -> Option<(Stake<'a>, &'static str)> {
    match change {
        Change::AlterField { collection, from, to } => {
            let table = old.get(stored_name(changes, collection))?;
            let shown = table.field_by_id(&from.id)?;
            let found =
                |condition, why| (Stake { table, shown: Some(shown), condition, first: None }, why);
            if let Some(misfit) = misfits(from, to, dialect) {
                return Some(found(misfit, "misfit"));
            }
            if missing(from, to) {
                return Some(found(format!("{} IS NULL", quoted(&shown.name)), "missing"));
            }
            if to.unique && !from.unique {
                let columns = comparable(changes, collection, std::slice::from_ref(&to.name))?;
                return Some(found(alike(table, &columns), "twin"));
            }
            None
        }
        Change::AddIndex { index, .. } if index.unique && !index.nulls_not_distinct => {
            Some((stake(change, changes, old, dialect)?, "twin"))
        }
        Change::AddRelation { collection, key } => {
            let table = old.get(stored_name(changes, collection))?;
            let columns = comparable(changes, collection, std::slice::from_ref(&key.column))?;
            let column = columns.first()?;
            let shown = table.fields.values().find(|field| quoted(&field.name) == *column)?;
            let far = old.get(stored_name(changes, &key.target))?;
            let condition = format!(
                "{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {} far WHERE far.{} = {}.{column})",
                quoted(&far.name),
                quoted(&far.field(&key.target_column)?.name),
                quoted(&table.name)
            );
            Some((Stake { table, shown: Some(shown), condition, first: None }, "orphan"))
        }
        _ => None,
    }
}

/// Whether a field becomes required without a value for those that have none.
fn missing(from: &Field, to: &Field) -> bool {
    let filled = matches!(to.default, Some(DefaultValue::Literal(_) | DefaultValue::AutoIncrement));
    from.nullable && !to.nullable && !filled
}

/// Records that share their values of these columns with another one.
fn alike(table: &Collection, columns: &[String]) -> String {
    let (list, present) = (columns.join(", "), columns.join(" IS NOT NULL AND "));
    format!(
        "({list}) IN (SELECT {list} FROM {} WHERE {present} IS NOT NULL GROUP BY {list} HAVING count(*) > 1)",
        quoted(&table.name)
    )
}

/// The first records of a stake, by their keys.
pub(crate) async fn examples(store: &Store, on: &Stake<'_>, most: usize) -> Result<Vec<Example>> {
    let key = quoted(&on.table.key().name);
    let value = match on.shown.filter(|field| !field.hidden) {
        Some(field) => shown(field, store.dialect()),
        None => String::from("NULL"),
    };
    let first = on
        .first
        .as_ref()
        .map_or(String::new(), |first| format!("CASE WHEN {first} THEN 0 ELSE 1 END, "));
    // Of the table, not the text of the answer: 2 comes before 10.
    let table = quoted(&on.table.name);
    let text = format!(
        "SELECT CAST({key} AS text), {value} FROM {table} WHERE {} ORDER BY {first}{table}.{key} LIMIT {most}",
        on.condition
    );
    let rows = store.rows(&plain(text)).await?;
    let text = |row: &[Value], at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
    let example = |row: Vec<Value>| Some(Example { key: text(&row, 0)?, value: text(&row, 1) });
    Ok(rows.into_iter().filter_map(example).collect())
}

/// The beginning of a value as text.
fn shown(field: &Field, dialect: Dialect) -> String {
    let name = quoted(&field.name);
    let text = match (&field.kind, dialect) {
        (FieldKind::Binary, Dialect::Sqlite) => format!("hex({name})"),
        (FieldKind::Boolean, Dialect::Sqlite) => {
            format!("CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END")
        }
        _ => format!("CAST({name} AS text)"),
    };
    format!("substr({text}, 1, {VALUE_CHARS})")
}
