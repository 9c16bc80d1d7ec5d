//! Changes on Postgres: every one has its own `ALTER`.

use super::column::{
    check, check_name, collation, column_type, default, definition, fill, foreign_key_name,
    literal_default, pointer_name, unique_name,
};
use super::leave::Leave;
use super::{Definition, index, loose_pointers, needs_pointer_index, reference};
use crate::Dialect;
use crate::define::convert::conversion;
use crate::dialect::Family;
use crate::names::sequence_name;
use crate::writer::quoted;
use base::Result;
use catalog::{Catalog, Change, Collection, DefaultValue, Field, ForeignKey};

const PG: Dialect = Dialect::Postgres;

pub(super) fn define(
    changes: &[Change],
    old: &Catalog,
    new: &Catalog,
    out: &mut Definition,
) -> Result<()> {
    let dropped: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::DropCollection { collection } => Some(quoted(&collection.name)),
            _ => None,
        })
        .collect();
    let mut dropping = dropped.as_slice();
    // Foreign keys of new tables come last, when every table is there.
    let mut keys: Vec<String> = Vec::new();
    let leave = Leave::of(changes, old, new);
    let mut left = false;
    for change in changes {
        if !left && !matches!(change, Change::DropRelation { .. } | Change::DropIndex { .. }) {
            left = true;
            for (collection, field) in &leave.gone {
                let (table, name) = (quoted(&collection.name), quoted(&field.name));
                out.push(format!("ALTER TABLE {table} DROP COLUMN {name}"));
            }
        }
        match change {
            Change::DropRelation { collection, key } => {
                if let Some((collection, field)) = column_of(old, collection, &key.column) {
                    let table = quoted(&collection.name);
                    out.push(format!(
                        "ALTER TABLE {table} DROP CONSTRAINT {}",
                        quoted(&foreign_key_name(field))
                    ));
                    out.push(format!(
                        "DROP INDEX IF EXISTS {}",
                        quoted(&pointer_name(collection, field))
                    ));
                }
            }
            Change::DropIndex { collection, index } => {
                out.extend(index::dropped(old.get(collection).map(|found| &**found), index, PG));
            }
            // In one statement, so that they may point at each other.
            Change::DropCollection { .. } => {
                if !dropping.is_empty() {
                    out.push(format!("DROP TABLE {}", dropping.join(", ")));
                    dropping = &[];
                }
            }
            Change::RenameCollection { .. } | Change::RenameField { .. } => {}
            // The table or column stays, or is there already.
            Change::ForgetCollection { .. }
            | Change::AdoptCollection { .. }
            | Change::ForgetField { .. }
            | Change::RememberField { .. } => {}
            Change::DropField { collection, field } => {
                // Renames follow the drops, so the table may still have its old name.
                out.push(format!(
                    "ALTER TABLE {} DROP COLUMN {}",
                    quoted(old_name(changes, collection)),
                    quoted(&field.name)
                ));
            }
            Change::CreateCollection { .. }
            | Change::AddField { .. }
            | Change::AlterField { .. }
            | Change::AddIndex { .. }
            | Change::AddRelation { .. } => {}
        }
    }
    rename(changes, old, &leave, out);
    let mut back = false;
    for change in changes {
        if !back && matches!(change, Change::AddIndex { .. } | Change::AddRelation { .. }) {
            back = true;
            come_back(&leave, changes, out)?;
        }
        match change {
            Change::CreateCollection { collection } => {
                create(collection, out)?;
                keys.extend(
                    collection.foreign_keys().iter().filter_map(|key| add_key(collection, key)),
                );
            }
            Change::AddField { collection, field } => {
                if let Some(collection) = new.get(collection)
                    && !leave.comes(collection, field)
                {
                    add_field(collection, field, out)?;
                }
            }
            Change::AlterField { collection, from, to } => {
                if let Some(collection) = new.get(collection)
                    && !leave.comes(collection, to)
                {
                    alter_field(collection, from, to, (changes, &leave), out);
                }
            }
            Change::AddIndex { collection, index } => {
                if let Some(collection) = new.get(collection) {
                    out.extend(index::declared(collection, index, PG));
                }
            }
            Change::AddRelation { collection, key } => {
                if let Some((collection, field)) = column_of(new, collection, &key.column) {
                    keys.extend(add_key(collection, key));
                    if needs_pointer_index(field) {
                        keys.push(index::of_pointer(collection, field));
                    }
                }
            }
            Change::DropRelation { .. }
            | Change::DropIndex { .. }
            | Change::DropCollection { .. }
            | Change::ForgetCollection { .. }
            | Change::AdoptCollection { .. }
            | Change::ForgetField { .. }
            | Change::RememberField { .. }
            | Change::RenameCollection { .. }
            | Change::DropField { .. }
            | Change::RenameField { .. } => {}
        }
    }
    if !back {
        come_back(&leave, changes, out)?;
    }
    for text in keys {
        out.push(text);
    }
    Ok(())
}

/// Columns that left are there again, and so are the indexes that went with them.
fn come_back(leave: &Leave<'_>, changes: &[Change], out: &mut Definition) -> Result<()> {
    for (collection, field) in &leave.back {
        add_field(collection, field, out)?;
    }
    for (collection, index) in leave.indexes() {
        if !is_added(changes, collection, index) {
            out.extend(index::declared(collection, index, PG));
        }
    }
    Ok(())
}

/// Whether the changes make this index.
fn is_added(changes: &[Change], collection: &Collection, index: &catalog::Index) -> bool {
    changes.iter().any(|change| {
        matches!(change, Change::AddIndex { collection: on, index: new } if *on == collection.name && new.name == index.name)
    })
}

fn column_of<'a>(
    catalog: &'a Catalog,
    collection: &str,
    column: &str,
) -> Option<(&'a Collection, &'a Field)> {
    let collection = catalog.get(collection)?;
    Some((collection.as_ref(), collection.fields.get(column)?))
}

/// The name a collection has before the renames.
fn old_name<'a>(changes: &'a [Change], name: &'a str) -> &'a str {
    changes
        .iter()
        .find_map(|change| match change {
            Change::RenameCollection { from, to } if to == name => Some(from.as_str()),
            _ => None,
        })
        .unwrap_or(name)
}

/// Renames of tables, then of columns. Names that trade places meet under a third one.
fn rename(changes: &[Change], old: &Catalog, leave: &Leave<'_>, out: &mut Definition) {
    let tables: Vec<(&str, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::RenameCollection { from, to } => Some((from.as_str(), to.as_str())),
            _ => None,
        })
        .collect();
    for (from, to) in super::sqlite::without_collisions(&tables) {
        out.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&from), quoted(&to)));
    }
    let mut sequences: Vec<(String, String)> = Vec::new();
    for collection in old.collections.values() {
        let to = tables
            .iter()
            .find(|(from, _)| *from == collection.name)
            .map_or(collection.name.as_str(), |(_, to)| to);
        let columns: Vec<(&str, &str)> = changes
            .iter()
            .filter_map(|change| match change {
                Change::RenameField { collection: named, from, to: name }
                    if named == to && !leave.goes(collection, from) =>
                {
                    Some((from.as_str(), name.as_str()))
                }
                _ => None,
            })
            .collect();
        for (from, name) in super::sqlite::without_collisions(&columns) {
            out.push(format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {}",
                quoted(to),
                quoted(&from),
                quoted(&name)
            ));
        }
        let ended = |name: &str| {
            changes.iter().any(|change| match change {
                Change::DropCollection { collection: gone } => gone.name == collection.name,
                Change::DropField { collection: named, field } => named == to && field.name == name,
                _ => false,
            })
        };
        for field in collection.fields.values() {
            // A sequence that we did not make keeps its name.
            if field.default != Some(DefaultValue::AutoIncrement)
                || ended(&field.name)
                || collection.adopted
            {
                continue;
            }
            let name = columns
                .iter()
                .find(|(from, _)| *from == field.name)
                .map_or(field.name.as_str(), |(_, to)| to);
            let (before, after) =
                (sequence_name(&collection.name, &field.name), sequence_name(to, name));
            if before != after {
                sequences.push((before, after));
            }
        }
    }
    let sequences: Vec<(&str, &str)> =
        sequences.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for (from, to) in super::sqlite::without_collisions(&sequences) {
        out.push(format!("ALTER SEQUENCE {} RENAME TO {}", quoted(&from), quoted(&to)));
    }
}

fn create(collection: &Collection, out: &mut Definition) -> Result<()> {
    let counted: Vec<&Field> = collection
        .fields
        .values()
        .filter(|field| field.default == Some(DefaultValue::AutoIncrement))
        .collect();
    for field in &counted {
        out.push(format!(
            "CREATE SEQUENCE {}",
            quoted(&sequence_name(&collection.name, &field.name))
        ));
    }
    let columns: Vec<String> = collection
        .fields
        .values()
        .map(|field| definition(collection, field, PG))
        .collect::<Result<_>>()?;
    out.push(format!("CREATE TABLE {} ({})", quoted(&collection.name), columns.join(", ")));
    for field in counted {
        own_sequence(collection, field, out);
    }
    for text in index::all(collection, PG) {
        out.push(text);
    }
    Ok(())
}

fn own_sequence(collection: &Collection, field: &Field, out: &mut Definition) {
    out.push(format!(
        "ALTER SEQUENCE {} OWNED BY {}.{}",
        quoted(&sequence_name(&collection.name, &field.name)),
        quoted(&collection.name),
        quoted(&field.name)
    ));
}

fn add_key(collection: &Collection, key: &ForeignKey) -> Option<String> {
    let field = collection.fields.get(&key.column)?;
    Some(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) {}",
        quoted(&collection.name),
        quoted(&foreign_key_name(field)),
        quoted(&key.column),
        reference(key)
    ))
}

fn add_field(collection: &Collection, field: &Field, out: &mut Definition) -> Result<()> {
    let (table, name) = (quoted(&collection.name), quoted(&field.name));
    let counted = field.default == Some(DefaultValue::AutoIncrement);
    if counted {
        out.push(format!(
            "CREATE SEQUENCE {}",
            quoted(&sequence_name(&collection.name, &field.name))
        ));
    }
    // What only an UPDATE can fill is required after that.
    let filled = match field.default {
        Some(DefaultValue::Suid) => fill(field, PG),
        _ => None,
    };
    let mut first = field.clone();
    first.nullable |= filled.is_some();
    out.push(format!("ALTER TABLE {table} ADD COLUMN {}", definition(collection, &first, PG)?));
    if let Some(value) = filled {
        out.push(format!("UPDATE {table} SET {name} = {value}"));
        if !field.nullable {
            out.push(format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"));
        }
    }
    if counted {
        own_sequence(collection, field, out);
    }
    if field.unique {
        out.push(index::of_unique(collection, field, PG));
    }
    if loose_pointers(collection).iter().any(|pointer| pointer.name == field.name) {
        out.push(index::of_pointer(collection, field));
    }
    Ok(())
}

fn alter_field(
    collection: &Collection,
    from: &Field,
    to: &Field,
    (changes, leave): (&[Change], &Leave<'_>),
    out: &mut Definition,
) {
    let (table, name) = (quoted(&collection.name), quoted(&to.name));
    let alter = |what: String| format!("ALTER TABLE {table} ALTER COLUMN {name} {what}");
    // Declared indexes that stay, but whose text depends on the field's type or nullability.
    let resting: Vec<&catalog::Index> = collection
        .indexes
        .iter()
        .filter(|index| {
            index.fields.contains(&to.name)
                && (from.kind != to.kind || from.nullable != to.nullable)
        })
        .filter(|index| !is_added(changes, collection, index))
        // These went with a column that left, and come back with it.
        .filter(|index| {
            !leave.indexes().any(|(on, with)| on.name == collection.name && with.name == index.name)
        })
        .collect();
    for index in &resting {
        out.push(format!("DROP INDEX {}", quoted(&index.name)));
    }
    let new_kind = from.kind != to.kind;
    let unique_again = from.unique && to.unique && new_kind;
    if from.unique && (!to.unique || unique_again) {
        out.push(format!("DROP INDEX IF EXISTS {}", quoted(&unique_name(collection, from))));
    }
    alter_stored(collection, from, to, &alter, out);
    if to.unique && (!from.unique || unique_again) {
        out.push(index::of_unique(collection, to, PG));
    }
    for index in resting {
        out.extend(index::declared(collection, index, PG));
    }
}

fn alter_stored(
    collection: &Collection,
    from: &Field,
    to: &Field,
    alter: &dyn Fn(String) -> String,
    out: &mut Definition,
) {
    let (table, name) = (quoted(&collection.name), quoted(&to.name));
    let counted = |field: &Field| field.default == Some(DefaultValue::AutoIncrement);
    let sequence = sequence_name(&collection.name, &to.name);
    let (before, after) = (default(&collection.name, from, PG), default(&collection.name, to, PG));
    let new_type = column_type(&from.kind, PG) != column_type(&to.kind, PG)
        || (from.kind != to.kind && !Family::of(&to.kind).is_text());
    if before.is_some() && (new_type || before != after) {
        out.push(alter(String::from("DROP DEFAULT")));
    }
    if counted(from) && !counted(to) {
        out.push(format!("DROP SEQUENCE IF EXISTS {}", quoted(&sequence)));
    }
    let (old_check, new_check) = (check(from, PG).is_some(), check(to, PG));
    if old_check && from.kind != to.kind {
        out.push(format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(&check_name(to))));
    }
    if new_type {
        let by = conversion(&from.kind, &to.kind, &name, PG);
        let kind = column_type(&to.kind, PG);
        let value = if Family::of(&to.kind).is_text() {
            // Assigned, not cast: a cast would cut what is too long.
            by.value.trim_end_matches(&format!("::{kind}")).to_owned()
        } else {
            // Whatever does not fit must fail here, even where a cast would bend it.
            format!(
                "CASE WHEN {} THEN {} ELSE ('\\xzz does not fit: ' || {name}::text)::{kind} END",
                by.fits, by.value
            )
        };
        // Without a word a new type takes the database's collation.
        let order = collation(&to.kind, PG);
        out.push(alter(format!("TYPE {kind}{order} USING {value}")));
    }
    if let Some(rule) = new_check
        && from.kind != to.kind
    {
        out.push(format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} CHECK ({rule})",
            quoted(&check_name(to))
        ));
    }
    if counted(to) && !counted(from) {
        out.push(format!("CREATE SEQUENCE {}", quoted(&sequence)));
        own_sequence(collection, to, out);
        out.push(format!(
            "SELECT setval('{}', coalesce((SELECT max({name}) FROM {table}), 0) + 1, false)",
            quoted(&sequence).replace('\'', "''")
        ));
    }
    if let Some(after) = after.as_ref().filter(|_| new_type || before != after) {
        out.push(alter(format!("SET DEFAULT {after}")));
    }
    if from.nullable && !to.nullable {
        let filler = literal_default(to, PG).or_else(|| after.clone().filter(|_| counted(to)));
        if let Some(filler) = filler {
            out.push(format!("UPDATE {table} SET {name} = {filler} WHERE {name} IS NULL"));
        }
        out.push(alter(String::from("SET NOT NULL")));
    } else if !from.nullable && to.nullable {
        out.push(alter(String::from("DROP NOT NULL")));
    }
}
