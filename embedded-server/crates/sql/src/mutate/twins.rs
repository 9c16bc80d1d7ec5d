//! Rows of an import that is only tried: what must be unique of each is put aside, and asked of all
//! of them at once, beside each other and beside the records that stand.

use super::bulk::carried;
use super::family_of;
use super::staging::{Row, held, put_aside};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::writer::quoted;
use crate::{Dialect, Numbers, Program, Statement};
use base::{Result, Value};
use catalog::{Collection, RelationKind};
use query::{Assigned, Step, WritePlan};
use serde_json::{Map, Value as Json};

/// The lists of fields whose values no two records of a collection share.
#[must_use]
pub fn unique_fields(collection: &Collection) -> Vec<Vec<String>> {
    let mut lists = vec![vec![collection.primary_key.clone()]];
    let fields = collection.fields.values().filter(|field| field.unique);
    lists.extend(fields.map(|field| vec![field.name.clone()]));
    lists.extend(collection.indexes.iter().filter(|one| one.unique).map(|one| one.fields.clone()));
    lists.extend(collection.relations.values().filter_map(|relation| match &relation.kind {
        RelationKind::ToOne { column, unique: true, .. } => Some(vec![column.clone()]),
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

/// Puts aside what must be unique of the new records of a plan, each under the number that `lines`
/// has for its operation.
#[must_use]
pub fn compile_tried(
    plan: &WritePlan,
    collection: &Collection,
    dialect: Dialect,
    import: &str,
    lines: &[i64],
) -> Program {
    let wanted: Vec<String> = unique_fields(collection).concat();
    let mut rows = Vec::with_capacity(lines.len());
    for step in &plan.steps {
        let Step::Insert { collection: into, values, through, index, .. } = step else { continue };
        let Some(line) = lines.get(*index).copied() else { continue };
        if into.name != collection.name || !through.is_empty() {
            continue;
        }
        let mut record = Map::new();
        for name in &wanted {
            if let Some(Assigned::Value(value)) = values.get(name)
                && !value.is_null()
            {
                record.insert(name.clone(), carried(value));
            }
        }
        let (shape, key) = (String::new(), String::new());
        rows.push(Row { line, shape, key, record: Json::Object(record) });
    }
    let mut steps = Vec::new();
    put_aside(&mut steps, dialect, import, rows);
    Program { steps }
}

/// Asks which of the rows put aside share the values of these fields with an earlier row or with a
/// record: the row's number, and that of the first row with its values. By the numbers, from one
/// on, so many at most.
pub fn twins(
    collection: &Collection,
    fields: &[String],
    dialect: Dialect,
    import: &str,
    (behind, most): (i64, usize),
) -> Result<Statement> {
    let mut compiler = Compiler::new(dialect, Numbers::Tokens, false);
    let (row, record) = (compiler.writer.alias(), compiler.writer.alias());
    let (mut parts, mut given, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for name in fields {
        let family = family_of(collection, name)?;
        let value = held(dialect, row, name, family);
        given.push(format!("{value} IS NOT NULL"));
        let column = record.column(name);
        if family == Family::Folded {
            parts.push(dialect.folded(&value));
            same.push(format!("{} = {}", dialect.folded(&column), dialect.folded(&value)));
        } else {
            same.push(format!("{column} = {value}"));
            parts.push(value);
        }
    }
    let (parts, given, same) = (parts.join(", "), given.join(" AND "), same.join(" AND "));
    let number = row.column("n");
    let import = compiler.writer.text(import);
    let behind = compiler.writer.value(Value::Int(behind), Family::BigInt);
    compiler.writer.push(&format!(
        "SELECT q.\"n\", q.\"first\" FROM (SELECT {number} AS \"n\", \
         min({number}) OVER (PARTITION BY {parts}) AS \"first\", \
         EXISTS (SELECT 1 FROM {} {record} WHERE {same}) AS \"there\" \
         FROM \"_import_row\" {row} WHERE {} = {import} AND {given}) q \
         WHERE (q.\"there\" OR q.\"first\" < q.\"n\") AND q.\"n\" > {behind} \
         ORDER BY q.\"n\" LIMIT {most}",
        quoted(&collection.name),
        row.column("import"),
    ));
    Ok(compiler.writer.finish())
}
