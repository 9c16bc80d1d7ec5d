//! Rows of an import that is only tried: what must be unique of each is asked of the records that
//! stand, and answered in one spelling, so that rows can be compared with each other.

use super::bulk::carried;
use super::family_of;
use super::staging::held;
use crate::compile::Compiler;
use crate::define::part_of;
use crate::dialect::Family;
use crate::writer::{Alias, quoted};
use crate::{Dialect, Numbers, Statement};
use base::Result;
use catalog::{Collection, RelationKind};
use query::{Assigned, Step, WritePlan};
use serde_json::{Map, Value as Json, json};

/// Fields whose values, taken together, no two records of a collection share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueList {
    /// The fields.
    pub fields: Vec<String>,
    /// Whether two NULLs are the same value; else a record with one shares with no other.
    pub same_nulls: bool,
}

/// The lists of fields whose values no two records of a collection share.
#[must_use]
pub fn unique_lists(collection: &Collection) -> Vec<UniqueList> {
    let one = |name: &String| UniqueList { fields: vec![name.clone()], same_nulls: false };
    let mut lists = vec![one(&collection.primary_key)];
    let fields = collection.fields.values().filter(|field| field.unique);
    lists.extend(fields.map(|field| one(&field.name)));
    lists.extend(collection.indexes.iter().filter(|index| index.unique).map(|index| UniqueList {
        fields: index.fields.clone(),
        same_nulls: index.nulls_not_distinct,
    }));
    lists.extend(collection.relations.values().filter_map(|relation| match &relation.kind {
        RelationKind::ToOne { column, unique: true, .. } => Some(one(column)),
        RelationKind::ToOne { .. }
        | RelationKind::HasOne { .. }
        | RelationKind::ToMany { .. }
        | RelationKind::Through { .. } => None,
    }));
    let mut known = Vec::new();
    lists.retain(|list| {
        let new = !known.contains(list);
        known.push(list.clone());
        new
    });
    lists
}

/// Asks of the new records of a plan, by the numbers that `lines` has for its operations, what
/// `lists` hold: the number, then for each list whether a record has these values, and each value
/// as text. `None` when none of the records can share anything.
pub fn compile_tried(
    plan: &WritePlan,
    collection: &Collection,
    dialect: Dialect,
    lists: &[UniqueList],
    lines: &[i64],
) -> Result<Option<Statement>> {
    let mut rows = Vec::with_capacity(lines.len());
    for step in &plan.steps {
        let Step::Insert { collection: into, values, through, index, .. } = step else { continue };
        let Some(line) = lines.get(*index).copied() else { continue };
        if into.name != collection.name || !through.is_empty() {
            continue;
        }
        let mut record = Map::new();
        for name in lists.iter().flat_map(|list| &list.fields) {
            if let Some(Assigned::Value(value)) = values.get(name)
                && !value.is_null()
            {
                record.insert(name.clone(), carried(value));
            }
        }
        if !record.is_empty() || lists.iter().any(|list| list.same_nulls) {
            rows.push(json!({ "n": line, "r": record }));
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut compiler = Compiler::new(dialect, Numbers::Tokens, false);
    let rows = compiler.writer.text(Json::Array(rows).to_string());
    let (row, record) = (compiler.writer.alias(), compiler.writer.alias());
    let mut asked = vec![row.column("n")];
    for list in lists {
        asked.push(there(collection, list, dialect, (row, record))?);
        for name in &list.fields {
            asked.push(spelled(dialect, row, name, family_of(collection, name)?));
        }
    }
    let (number, held, each) = match dialect {
        Dialect::Sqlite => ("e.value ->> '$.n'", "e.value -> '$.r'", "json_each"),
        Dialect::Postgres => {
            ("(e.value ->> 'n')::bigint", "e.value -> 'r'", "jsonb_array_elements")
        }
    };
    let cast = if dialect == Dialect::Postgres { "::jsonb" } else { "" };
    compiler.writer.push(&format!(
        "SELECT {} FROM (SELECT {number} AS \"n\", {held} AS \"record\" FROM {each}({rows}{cast}) e) \
         {row} ORDER BY {}",
        asked.join(", "),
        row.column("n"),
    ));
    Ok(Some(compiler.writer.finish()))
}

/// Whether a record has the values of a row: told by what the unique index holds of both, which
/// finds it, too.
fn there(
    collection: &Collection,
    list: &UniqueList,
    dialect: Dialect,
    (row, record): (Alias, Alias),
) -> Result<String> {
    let (mut stand, mut wanted) = (Vec::new(), Vec::new());
    for field in list.fields.iter().filter_map(|name| collection.fields.get(name)) {
        let part = |name: &str| part_of(name, field, list.same_nulls, dialect);
        stand.push(part(&record.column(&field.name)));
        let family = family_of(collection, &field.name)?;
        wanted.push(part(&held(dialect, row, &field.name, family)));
    }
    Ok(format!(
        "EXISTS (SELECT 1 FROM {} {record} WHERE ({}) = ({}))",
        quoted(&collection.name),
        stand.join(", "),
        wanted.join(", "),
    ))
}

/// A value of a row as text that is the same for equal values; NULL where it holds none.
fn spelled(dialect: Dialect, row: Alias, name: &str, family: Family) -> String {
    let value = held(dialect, row, name, family);
    match (dialect, family) {
        (_, Family::Folded) => dialect.folded(&value),
        (Dialect::Postgres, Family::Decimal) => format!("trim_scale({value})::text"),
        (Dialect::Sqlite, Family::Decimal) => format!(
            "CASE WHEN instr({value}, '.') THEN rtrim(rtrim({value}, '0'), '.') ELSE {value} END"
        ),
        _ => dialect.as_text(&value, family),
    }
}
