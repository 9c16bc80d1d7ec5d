//! The catalog's changes as statements of a dialect.

mod column;
mod convert;
mod expression;
mod fulltext;
mod house;
mod index;
mod leave;
mod postgres;
mod renewed;
mod rtree;
mod sqlite;
#[cfg(test)]
mod tests;
mod trial;

pub use convert::{Conversion, conversion};
pub use expression::{Expression, kind_of};
pub use house::{house_tables, schema_history};
pub use index::{indexes, tables_of_indexes};
pub(crate) use index::{part_of, text_of_words};
pub use renewed::renewed;
pub use trial::{IndexTrial, index_trial};

use crate::{Dialect, Statement};
use base::Result;
use catalog::{Catalog, Change, Collection, Field, ForeignKey, Relation, RelationKind};
use std::sync::Arc;

/// Statements that bring a store's tables from one catalog to the next, in order, for one
/// transaction.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// In order. None of them returns rows.
    pub statements: Vec<Statement>,
    /// SQLite only: tables are rebuilt or dropped, so foreign keys must be switched off before
    /// the transaction begins (the switch does nothing inside one) and be checked with
    /// `PRAGMA foreign_key_check` before it commits.
    pub rebuilds: bool,
    /// SQLite only: tables that are rebuilt and keep their name. Triggers of other tools end with
    /// the old table, so whoever runs this reads their text from `sqlite_schema` first and runs
    /// it again at the end.
    pub rebuilt: Vec<String>,
}

impl Definition {
    fn push(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.statements.push(Statement { text: Arc::from(text), binds: Vec::new() });
    }
}

impl Extend<String> for Definition {
    fn extend<T: IntoIterator<Item = String>>(&mut self, texts: T) {
        for text in texts {
            self.push(text);
        }
    }
}

/// The statements for these changes. Refused is what would make a computed column whose expression
/// is not understood.
pub fn define(
    changes: &[Change],
    old: &Catalog,
    new: &Catalog,
    dialect: Dialect,
) -> Result<Definition> {
    let mut definition = Definition::default();
    match dialect {
        Dialect::Sqlite => sqlite::define(changes, old, new, &mut definition)?,
        Dialect::Postgres => postgres::define(changes, old, new, &mut definition)?,
    }
    Ok(definition)
}

/// Statements that try a collection's computed fields and defaults on a table that nobody sees
/// and that is gone afterwards, so that SQL the store cannot take is found before anything else
/// happens.
pub fn rehearsal(collection: &Collection, dialect: Dialect) -> Result<Definition> {
    let mut alone = collection.clone();
    alone.name = String::from("_rebuild_check");
    alone.relations.clear();
    for field in alone.fields.values_mut() {
        // Nothing is numbered in a table without rows, and a sequence would have to be made.
        if field.default == Some(catalog::DefaultValue::AutoIncrement) {
            field.default = None;
        }
    }
    let mut definition = Definition::default();
    let columns: Vec<String> = alone
        .fields
        .values()
        .map(|field| column::definition(&alone, field, dialect))
        .collect::<Result<_>>()?;
    definition.push(format!("CREATE TEMP TABLE \"_rebuild_check\" ({})", columns.join(", ")));
    definition.push("DROP TABLE \"_rebuild_check\"");
    Ok(definition)
}

/// The foreign key's clause behind `REFERENCES`.
fn reference(key: &ForeignKey) -> String {
    use crate::writer::quoted;
    format!(
        "REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
        quoted(&key.target),
        quoted(&key.target_column),
        key.on_delete.as_str(),
        key.on_update.as_str()
    )
}

/// Whether a foreign key's column needs an index of its own: primary keys and unique fields have
/// one.
fn needs_pointer_index(field: &Field) -> bool {
    !(field.primary_key || field.unique)
}

/// Columns of a collection that lead somewhere by a declared relation without constraint (the
/// polymorphic ends of junctions): looked up as often as foreign keys.
fn loose_pointers(collection: &Collection) -> Vec<&Field> {
    let mut found: Vec<&Field> = Vec::new();
    let open = |relation: &&Relation| !relation.constrained;
    for relation in collection.relations.values().filter(open) {
        let RelationKind::ToOne { column, .. } = &relation.kind else { continue };
        if let Some(field) = collection.fields.get(column)
            && needs_pointer_index(field)
            && !found.iter().any(|other| other.name == field.name)
        {
            found.push(field);
        }
    }
    found
}
