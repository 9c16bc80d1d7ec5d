//! What no document may say and no statement could do, checked before the store is asked.

use base::{Error, Result};
use catalog::{Catalog, Change, Collection, DefaultValue, invalid};
use sql::Expression;

/// Every SQL text an administrator wrote must be a plain expression, and every literal default a
/// value of its field. `again` says that the document was taken before and comes back as it was.
pub(super) fn check_sql(collection: &Collection, old: &Catalog, again: bool) -> Result<()> {
    // What an earlier version took goes on as it stands, until its collection is changed.
    let by_id = |was: &&std::sync::Arc<Collection>| was.schema_id() == collection.schema_id();
    let was = old.collections.values().find(by_id);
    let stands = was.is_some_and(|was| was.document == collection.document);
    for field in collection.fields.values() {
        let at = |key: &str| format!("fields.{}.{key}", field.name);
        let before = was.and_then(|was| was.field_by_id(&field.id));
        if let Some(expression) = &field.computed
            && !stands
        {
            // Not what changes beneath it is in its way: it was not understood before either.
            let older = |was: &Collection, before: &catalog::Field| {
                before.computed == field.computed
                    && Expression::of_virtual(expression, was, &before.kind).is_err()
            };
            let older = again || was.zip(before).is_some_and(|(was, before)| older(was, before));
            Expression::of_virtual(expression, collection, &field.kind).map_err(|error| {
                let error = error.at(at("calculated"));
                if older { of_earlier(error, &collection.name, &field.name, again) } else { error }
            })?;
        }
        match &field.default {
            Some(DefaultValue::Sql(text)) => {
                let same = before
                    .is_some_and(|old| old.default == field.default && old.kind == field.kind);
                let read = if same || again {
                    Expression::of_standing_default(text, &field.kind)
                } else {
                    Expression::of_default(text, &field.kind)
                };
                read.map_err(|error| error.at(at("defaultValue")))?;
            }
            Some(DefaultValue::Literal(json)) => {
                if let Err(reason) = query::coerce(&field.kind, json) {
                    return Err(invalid(
                        at("defaultValue"),
                        format!("the default value does not fit: {reason}"),
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A refusal that nobody brought about who changes something else, or takes a change back.
fn of_earlier(error: Error, collection: &str, field: &str, again: bool) -> Error {
    let message = format!(
        "`{field}` of `{collection}` is computed by an expression that an earlier version took and this one does not understand: {}",
        error.message()
    );
    let way_out = match again {
        true => format!(
            "it cannot come back as it was: make `{collection}` as it should be, with an expression that is understood"
        ),
        false => format!(
            "give `{field}` an expression that is understood, or end the field, before this"
        ),
    };
    let hint = format!("{way_out}; {}", error.hint_text().unwrap_or_default());
    error.message_is(message).hint(hint)
}

/// What is not done to a table that somebody else made: whatever would make it anew, or touch
/// columns and constraints as they stand. The same on both stores.
///
/// `returns` tells fields whose column went and whose values come back.
pub(super) fn check_adopted(
    changes: &[Change],
    (old, next): (&Catalog, &Catalog),
    returns: impl Fn(&str, &catalog::Field) -> bool,
) -> Result<()> {
    let adopted = |name: &str| {
        next.get(name).or_else(|| old.get(name)).is_some_and(|collection| collection.adopted)
    };
    let added = |table: &str, column: &str| {
        changes.iter().any(|change| {
            matches!(change, Change::AddField { collection, field } if collection == table && field.name == column)
        })
    };
    for change in changes {
        let (name, field, what) = match change {
            Change::AlterField { collection, to, .. } if adopted(collection) => {
                (collection, &to.name, "changes what its column holds, requires or defaults to")
            }
            Change::DropRelation { collection, key } if adopted(collection) => {
                (collection, &key.column, "ends a foreign key of the table")
            }
            Change::AddRelation { collection, key }
                if adopted(collection) && !added(collection, &key.column) =>
            {
                (collection, &key.column, "adds a foreign key to a column that stands")
            }
            Change::AddField { collection, field }
                if adopted(collection)
                    && (!field.nullable || field.default.is_some())
                    && !returns(collection, field) =>
            {
                (collection, &field.name, "adds a column that records which stand must fill")
            }
            // Its triggers would refuse every write of the program that made the table.
            Change::AddIndex { collection, index }
                if adopted(collection) && index.is_of_words() =>
            {
                return Err(invalid(
                    "indexes",
                    format!(
                        "`{collection}` was there before Plinth, and a fulltext index cannot be kept where another program writes"
                    ),
                )
                .hint("a search finds the same without it"));
            }
            _ => continue,
        };
        return Err(invalid(
            format!("fields.{field}"),
            format!("`{name}` was there before Plinth and its table is kept as it is; this {what}"),
        )
        .hint("change the table with the tool that made it; new fields without a default that may be null, new indexes and new names can be given here"));
    }
    Ok(())
}

/// What no statement could do without harm.
pub(super) fn check_change(change: &Change, old: &Catalog) -> Result<()> {
    let Change::AlterField { collection, from, to } = change else {
        if let Change::DropField { collection, field } = change
            && field.primary_key
        {
            return Err(invalid(
                format!("fields.{}", field.name),
                format!(
                    "`{}` is the primary key of `{collection}` and cannot be removed",
                    field.name
                ),
            )
            .hint("make a new collection with the other key and move the records"));
        }
        return Ok(());
    };
    let at = format!("fields.{}", to.name);
    if from.primary_key != to.primary_key {
        return Err(invalid(
            at,
            format!("the primary key of `{collection}` cannot move to another field"),
        )
        .hint("make a new collection with the other key and move the records"));
    }
    let pointed = old
        .collections
        .values()
        .flat_map(|c| c.foreign_keys())
        .any(|key| key.target == *collection && key.target_column == from.name);
    if from.kind != to.kind && pointed {
        return Err(invalid(
            at,
            format!("`{}` changes its type while other collections point to it", to.name),
        )
        .hint("end those relations first"));
    }
    Ok(())
}
