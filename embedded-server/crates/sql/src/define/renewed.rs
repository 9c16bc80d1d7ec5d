//! Computed columns made anew: in tables of an earlier version they hold text, whatever their
//! expressions answer.

use super::column::{definition, unique_name};
use super::expression::Expression;
use super::index;
use crate::writer::quoted;
use crate::{Dialect, Statement};
use base::Result;
use catalog::{Collection, Field};
use std::sync::Arc;

/// What gives the computed columns of a table, and the indexes over them, the form that new ones
/// have. A column whose expression is no longer understood stays as it is.
pub fn renewed(collection: &Collection, dialect: Dialect) -> Result<Vec<Statement>> {
    let understood = |field: &&Field| {
        let expression = field.computed.as_deref();
        expression.is_some_and(|text| Expression::of_virtual(text, collection, &field.kind).is_ok())
    };
    let fields: Vec<&Field> = collection.fields.values().filter(understood).collect();
    let over = |name: &String| fields.iter().any(|field| field.name == *name);
    let indexes: Vec<&catalog::Index> =
        collection.indexes.iter().filter(|index| index.fields.iter().any(over)).collect();
    let table = quoted(&collection.name);
    let mut texts = Vec::new();
    for index in &indexes {
        // One that stands on a table of somebody else may have been taken away.
        match index::is_plain(collection, index) {
            true => texts.push(format!("DROP INDEX IF EXISTS {}", quoted(&index.name))),
            false => texts.extend(index::dropped(Some(collection), index, dialect)),
        }
    }
    let (mut drops, mut adds, mut unique) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields {
        if field.unique {
            let name = quoted(&unique_name(collection, field));
            texts.push(format!("DROP INDEX IF EXISTS {name}"));
            unique.push(index::of_unique(collection, field, dialect));
        }
        drops.push(format!("DROP COLUMN {}", quoted(&field.name)));
        adds.push(format!("ADD COLUMN {}", definition(collection, field, dialect)?));
    }
    // Postgres writes the rows anew once for all columns of one statement.
    for parts in [drops, adds] {
        match dialect {
            Dialect::Postgres if parts.is_empty() => {}
            Dialect::Postgres => texts.push(format!("ALTER TABLE {table} {}", parts.join(", "))),
            Dialect::Sqlite => {
                texts.extend(parts.iter().map(|part| format!("ALTER TABLE {table} {part}")));
            }
        }
    }
    texts.extend(unique);
    for index in indexes {
        texts.extend(index::declared(collection, index, dialect));
    }
    let statement = |text: String| Statement { text: Arc::from(text), binds: Vec::new() };
    Ok(texts.into_iter().map(statement).collect())
}
