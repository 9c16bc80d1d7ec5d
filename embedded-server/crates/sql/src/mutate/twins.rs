//! Rows of an import that is only tried: what must be unique of each, and what each points at, is
//! asked of the records that stand, and answered in one spelling, so that rows can be compared with
//! each other.

use super::bulk::carried;
use super::family_of;
use super::staging::held;
use crate::compile::Compiler;
use crate::define::{Expression, part_of};
use crate::dialect::Family;
use crate::writer::{Alias, quoted};
use crate::{Dialect, Numbers, Statement};
use base::Result;
use catalog::{Collection, Field, RelationKind};
use query::{Assigned, Step, WritePlan};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Fields whose values, taken together, no two records of a collection share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueList {
    /// The fields.
    pub fields: Vec<String>,
    /// Whether two NULLs are the same value; else a record with one shares with no other.
    pub same_nulls: bool,
}

/// A field that the database lets point only at records that stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The field.
    pub column: String,
    /// The collection that it points into.
    pub target: String,
    /// The field there that it names.
    pub far: String,
}

/// What is asked of rows that are only tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// What must be unique.
    pub lists: Vec<UniqueList>,
    /// What must be there.
    pub pointers: Vec<Pointer>,
}

/// What a database asks of new records of a collection besides their own values.
#[must_use]
pub fn sought(collection: &Collection) -> Sought {
    let pointers = collection.relations.values().filter_map(|relation| match &relation.kind {
        RelationKind::ToOne { column, target_column, .. } if relation.constrained => {
            Some(Pointer {
                column: column.clone(),
                target: relation.target.clone(),
                far: target_column.clone(),
            })
        }
        RelationKind::ToOne { .. }
        | RelationKind::HasOne { .. }
        | RelationKind::ToMany { .. }
        | RelationKind::Through { .. } => None,
    });
    Sought { lists: unique_lists(collection), pointers: pointers.collect() }
}

/// The lists of fields whose values no two records of a collection share.
fn unique_lists(collection: &Collection) -> Vec<UniqueList> {
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

/// Asks of the new records of a plan, by the numbers that `lines` has for its operations, what is
/// `sought`: the number, then for each list whether a record has these values, and each value as
/// text; then for each pointer whether what it names is missing, and the value as text. `None` when
/// none of the records can share anything or point anywhere.
pub fn compile_tried(
    plan: &WritePlan,
    collection: &Collection,
    dialect: Dialect,
    Sought { lists, pointers }: &Sought,
    lines: &[i64],
) -> Result<Option<Statement>> {
    let mut rows = Vec::with_capacity(lines.len());
    let mut computed: Vec<(&Field, String)> = Vec::new();
    for name in lists.iter().flat_map(|list| &list.fields) {
        if let Some(field) = collection.fields.get(name)
            && let Some(text) = expression(collection, field, dialect)?
            && !computed.iter().any(|(known, _)| known.name == *name)
        {
            computed.push((field, text));
        }
    }
    let tried = Tried { collection, dialect, computed };
    let named = lists.iter().flat_map(|list| &list.fields);
    let named = named.chain(pointers.iter().map(|one| &one.column));
    let names: BTreeSet<&String> = named.chain(tried.computed_of()).collect();
    for step in &plan.steps {
        let Step::Insert { collection: into, values, through, index, .. } = step else { continue };
        let Some(line) = lines.get(*index).copied() else { continue };
        if into.name != collection.name || !through.is_empty() {
            continue;
        }
        let mut record = Map::new();
        for name in names.iter().copied() {
            if let Some(Assigned::Value(value)) = values.get(name)
                && !value.is_null()
            {
                record.insert(name.clone(), carried(value));
            }
        }
        let counts = !tried.computed.is_empty() || lists.iter().any(|list| list.same_nulls);
        if !record.is_empty() || counts {
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
        asked.push(tried.there(list, (row, record))?);
        for name in &list.fields {
            asked.push(tried.spelled(row, name)?);
        }
    }
    for pointer in pointers {
        let value = tried.value(row, &pointer.column)?;
        let (far, column) = (quoted(&pointer.target), record.column(&pointer.far));
        asked.push(format!(
            "({value} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {far} {record} WHERE {column} = {value}))"
        ));
        asked.push(tried.spelled(row, &pointer.column)?);
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

/// What a computed field answers, in the words of the store.
fn expression(collection: &Collection, field: &Field, dialect: Dialect) -> Result<Option<String>> {
    let Some(text) = &field.computed else { return Ok(None) };
    let read = match dialect {
        Dialect::Sqlite => Expression::of_standing_virtual(text, collection, &field.kind),
        Dialect::Postgres => Expression::of_virtual(text, collection, &field.kind),
    };
    Ok(Some(read?.render(dialect)))
}

/// The rows of a collection that are tried.
struct Tried<'c> {
    collection: &'c Collection,
    dialect: Dialect,
    /// Computed fields that must be unique, and what they answer.
    computed: Vec<(&'c Field, String)>,
}

impl<'c> Tried<'c> {
    /// The fields that what is computed is computed of.
    fn computed_of(&self) -> impl Iterator<Item = &'c String> {
        let fields = self.collection.fields.values().filter(|field| field.computed.is_none());
        fields
            .map(|field| &field.name)
            .filter(|name| self.computed.iter().any(|(_, text)| text.contains(&quoted(name))))
    }

    /// A value of a row; NULL where it holds none. What is computed is computed of the values.
    fn value(&self, row: Alias, name: &str) -> Result<String> {
        let family = family_of(self.collection, name)?;
        let Some((_, text)) = self.computed.iter().find(|(field, _)| field.name == name) else {
            return Ok(held(self.dialect, row, name, family));
        };
        let mut of = Vec::new();
        for name in self.computed_of().filter(|name| text.contains(&quoted(name))) {
            let value = held(self.dialect, row, name, family_of(self.collection, name)?);
            of.push(format!("{value} AS {}", quoted(name)));
        }
        let of = if of.is_empty() { String::from("1") } else { of.join(", ") };
        let cast = self.dialect.null_cast(family);
        Ok(format!("(SELECT ({text}){cast} FROM (SELECT {of}) AS computed_of)"))
    }

    /// Whether a record has the values of a row: told by what the unique index holds of both, which
    /// finds it, too.
    fn there(&self, list: &UniqueList, (row, record): (Alias, Alias)) -> Result<String> {
        let (mut stand, mut wanted) = (Vec::new(), Vec::new());
        for field in list.fields.iter().filter_map(|name| self.collection.fields.get(name)) {
            let part = |name: &str| part_of(name, field, list.same_nulls, self.dialect);
            stand.push(part(&record.column(&field.name)));
            wanted.push(part(&self.value(row, &field.name)?));
        }
        Ok(format!(
            "EXISTS (SELECT 1 FROM {} {record} WHERE ({}) = ({}))",
            quoted(&self.collection.name),
            stand.join(", "),
            wanted.join(", "),
        ))
    }

    /// A value of a row as text that is the same for equal values; NULL where it holds none.
    fn spelled(&self, row: Alias, name: &str) -> Result<String> {
        let (dialect, family) = (self.dialect, family_of(self.collection, name)?);
        let value = self.value(row, name)?;
        Ok(match (dialect, family) {
            (_, Family::Folded) => dialect.folded(&value),
            (Dialect::Postgres, Family::Decimal) => format!("trim_scale({value})::text"),
            (Dialect::Sqlite, Family::Decimal) => format!(
                "CASE WHEN instr({value}, '.') THEN rtrim(rtrim({value}, '0'), '.') ELSE {value} END"
            ),
            _ => dialect.as_text(&value, family),
        })
    }
}
