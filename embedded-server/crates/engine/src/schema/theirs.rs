//! Tables that were there before their collections: when one of them ends with its collection, and
//! when it is a collection again.

use super::plan::{PlannedStep, StepKind};
use base::{Code, Error, Result};
use catalog::{Catalog, Change, Collection, invalid};
use serde_json::Value as Json;
use std::sync::Arc;
use store::{Store, Table};

/// Adds to the steps what ends with a table of somebody else besides what its fields show. Refuses
/// where tables that stay lead to it.
pub(super) async fn told(
    store: &Store,
    catalogs: (&Catalog, &Catalog),
    changes: &[Change],
    steps: &mut [PlannedStep],
) -> Result<()> {
    columns_told(store, catalogs, changes, steps).await?;
    let dropped: Vec<&Arc<Collection>> = changes
        .iter()
        .filter_map(|change| match change {
            Change::DropCollection { collection } if collection.adopted => Some(collection),
            _ => None,
        })
        .collect();
    if dropped.is_empty() {
        return Ok(());
    }
    let tables = store.tables().await?;
    for collection in &dropped {
        let ends = |table: &Table| dropped.iter().any(|other| other.name == table.name);
        let leads = |table: &Table| {
            table.foreign_keys.iter().any(|key| key.target.eq_ignore_ascii_case(&collection.name))
        };
        if let Some(table) = tables.iter().find(|table| !ends(table) && leads(table)) {
            return Err(invalid(
                "dropTables",
                format!(
                    "the table `{}` cannot end while `{}` leads to it by a foreign key",
                    collection.name, table.name
                ),
            )
            .hint("leave it out of `dropTables`: the collection ends and the table stays"));
        }
        let hidden: Vec<String> = tables
            .iter()
            .filter(|table| table.name == collection.name)
            .flat_map(|table| &table.columns)
            .filter(|column| !collection.fields.contains_key(&column.name))
            .map(|column| format!("`{}`", column.name))
            .collect();
        let ended = |step: &&mut PlannedStep| {
            step.op == StepKind::DropCollection && step.collection == collection.name
        };
        let Some(step) = steps.iter_mut().find(ended) else { continue };
        step.summary.push_str(". Its table was there before the collection and ends, too");
        if !hidden.is_empty() {
            step.summary.push_str(&format!(
                ", with columns that no field shows and that do not come back: {}",
                hidden.join(", ")
            ));
        }
    }
    Ok(())
}

/// The same of columns: what becomes of those that fields leave behind, and of those that end.
async fn columns_told(
    store: &Store,
    (old, next): (&Catalog, &Catalog),
    changes: &[Change],
    steps: &mut [PlannedStep],
) -> Result<()> {
    let mut tables = None;
    for change in changes {
        let (name, field) = match change {
            Change::AddField { collection, field }
            | Change::ForgetField { collection, field }
            | Change::DropField { collection, field } => (collection, field),
            _ => continue,
        };
        let Some(is) = next.get(name).filter(|is| is.adopted) else { continue };
        let was = old.collections.values().find(|was| was.schema_id() == is.schema_id());
        let Some(was) = was.filter(|_| field.computed.is_none()) else {
            continue;
        };
        let kind = match change {
            Change::AddField { .. } => {
                if tables.is_none() {
                    tables = Some(store.tables().await?);
                }
                let mut all = tables.iter().flatten().filter(|table| table.name == was.name);
                // Given on in this change, it is free by then.
                let forgotten = |change: &Change| matches!(change, Change::ForgetField { collection, field: left } if collection == name && left.name == field.name);
                let shown = was.fields.contains_key(&field.name) && !changes.iter().any(forgotten);
                let stands = |table: &Table| {
                    let mut columns = table.columns.iter();
                    columns.any(|column| column.name.eq_ignore_ascii_case(&field.name))
                };
                if !shown && all.any(stands) {
                    return Err(Error::new(
                        Code::SchemaExists,
                        format!("`{}` already is a column of the table `{}`, which no field shows", field.name, was.name),
                    )
                    .at(format!("fields.{}", field.name))
                    .hint("undo the change that gave it back to have it again, or choose another name"));
                }
                continue;
            }
            Change::ForgetField { .. } => StepKind::ForgetField,
            _ => StepKind::DropField,
        };
        let of_it = |step: &&mut PlannedStep| {
            step.op == kind && step.collection == *name && step.field.as_ref() == Some(&field.name)
        };
        let Some(step) = steps.iter_mut().find(of_it) else { continue };
        if kind == StepKind::DropField {
            step.summary.push_str(". Its column was there before it and ends, too, with every rule of the table that is about it alone; no undo brings these rules back");
        } else if !field.nullable && field.default.is_none() && !field.read_only {
            step.summary.push_str(". The table wants a value in it and has none by itself: until it is a field again, no record can be made here");
        }
    }
    Ok(())
}

/// Whether the table of a collection that was forgotten is still one that its document fits.
pub(super) fn stands(tables: &[Table], name: &str, document: &Json) -> Result<()> {
    let refused = |what: String| {
        Error::new(Code::Conflict, format!("{what}, so that the collection cannot be had again"))
            .at("version")
            .hint("take the table over as it is now, with POST /schemas/adopt")
    };
    let Some(table) = tables.iter().find(|table| table.name == name) else {
        return Err(refused(format!("the database has no table `{name}` any more")));
    };
    let fields = document["fields"].as_object().into_iter().flatten();
    let named = fields
        .filter(|(_, field)| field.get("type").is_some() && field.get("calculated").is_none())
        .map(|(name, _)| name);
    for field in named {
        if !table.columns.iter().any(|column| column.name == *field) {
            return Err(refused(format!("the table `{name}` has no column `{field}` any more")));
        }
    }
    Ok(())
}

/// Whether the column of a field that was forgotten still stands.
pub(super) fn column_stands(tables: &[Table], name: &str, column: &str) -> Result<()> {
    let table = tables.iter().find(|table| table.name == name);
    if table.is_some_and(|table| table.columns.iter().any(|one| one.name == column)) {
        return Ok(());
    }
    let message = format!(
        "the table `{name}` has no column `{column}` any more, so that the field cannot be had again"
    );
    Err(Error::new(Code::Conflict, message).at("version").hint("make the field anew"))
}

/// What an adoption found of a column stays with its field whatever is sent, and is of no other's.
pub(super) fn keep_marks(previous: &Json, schema: &mut Json) {
    let id = |field: &Json| field.get("fieldId").and_then(Json::as_str).map(str::to_owned);
    let known = |name: &str, field: &Json| {
        let fields = previous.get("fields").and_then(Json::as_object)?;
        let by_id = |wanted: String| fields.values().find(|one| id(one).as_ref() == Some(&wanted));
        id(field).map_or_else(|| fields.get(name), by_id)
    };
    let fields = schema.get_mut("fields").and_then(Json::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        let loose = known(name, field).is_some_and(|known| known["loose"] == true);
        let Some(field) = field.as_object_mut() else { continue };
        if loose {
            field.insert("loose".to_owned(), Json::Bool(true));
        } else {
            field.shift_remove("loose");
        }
    }
}

/// Whether a column of a table that somebody else made goes.
pub(super) fn drops_column(change: &Change, old: &Catalog) -> bool {
    let Change::DropField { collection, .. } = change else { return false };
    old.get(collection).is_some_and(|collection| collection.adopted)
}

/// SQLite drops no column that an index, a trigger or a rule of the table names.
pub(super) fn refused_drop(error: Error) -> Error {
    let reason = error.cause().map_or_else(|| error.message().to_owned(), ToString::to_string);
    invalid("fields", format!("the store refuses to drop a column of an adopted table: {reason}"))
        .hint("drop the index, trigger or rule that names the column first, with the tool that made it")
}
