//! Indexes: declared ones, those of unique fields, and those of foreign keys.

use super::column::{pointer_name, unique_name};
use super::{fulltext, rtree};
use crate::dialect::Family;
use crate::names::{is_numbered, is_tree_of_rows, numbers_name, rtree_name, words_name};
use crate::writer::quoted;
use crate::{Dialect, Statement};
use catalog::{Catalog, Collection, Field, Index};
use std::collections::HashSet;
use std::sync::Arc;

/// What makes a declared index.
pub(super) fn declared(collection: &Collection, index: &Index, dialect: Dialect) -> Vec<String> {
    match (form(collection, index), dialect) {
        (Form::Places, Dialect::Sqlite) => rtree::made(collection, index),
        (Form::Places, Dialect::Postgres) => vec![boxes(collection, index)],
        (Form::Words, Dialect::Sqlite) => fulltext::made(collection, index),
        (Form::Words, Dialect::Postgres) => vec![stems(collection, index)],
        (Form::Order, _) => vec![ordered(collection, index, dialect)],
    }
}

/// What ends a declared index.
pub(super) fn dropped(
    collection: Option<&Collection>,
    index: &Index,
    dialect: Dialect,
) -> Vec<String> {
    let form = collection.map_or(Form::Order, |collection| form(collection, index));
    match (form, dialect) {
        (Form::Places, Dialect::Sqlite) => rtree::dropped(index),
        (Form::Words, Dialect::Sqlite) => fulltext::dropped(index),
        (Form::Places | Form::Words, Dialect::Postgres) | (Form::Order, _) => {
            vec![format!("DROP INDEX {}", quoted(&index.name))]
        }
    }
}

/// What ends the tables beside a table that has gone, its triggers with it (SQLite).
pub(super) fn left_behind(collection: &Collection) -> Vec<String> {
    let of = |index| match form(collection, index) {
        Form::Places => rtree::gone(index),
        Form::Words => fulltext::gone(index),
        Form::Order => Vec::new(),
    };
    collection.indexes.iter().flat_map(of).collect()
}

/// Names of the tables that hold nothing but indexes of these collections: SQLite's trees and words,
/// and what it keeps either in. Whatever else is named like them is somebody else's.
#[must_use]
pub fn tables_of_indexes(catalog: &Catalog, dialect: Dialect) -> HashSet<String> {
    const KEPT: [&str; 8] =
        ["", "_node", "_parent", "_rowid", "_data", "_idx", "_docsize", "_config"];
    let mut tables = HashSet::new();
    if dialect == Dialect::Postgres {
        return tables;
    }
    for collection in catalog.collections.values() {
        for index in &collection.indexes {
            let (whole, numbered) = match form(collection, index) {
                Form::Order => continue,
                Form::Places => (rtree_name(&index.name), is_tree_of_rows(collection)),
                Form::Words => (words_name(&index.name), is_numbered(collection)),
            };
            if !numbered {
                tables.insert(numbers_name(&whole));
            }
            tables.extend(KEPT.map(|end| format!("{whole}{end}")));
        }
    }
    tables
}

/// Whether an index is one statement, on either store.
pub(super) fn is_plain(collection: &Collection, index: &Index) -> bool {
    form(collection, index) == Form::Order
}

/// What an index finds records by.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Order,
    Places,
    Words,
}

fn form(collection: &Collection, index: &Index) -> Form {
    if collection.is_spatial(index) {
        return Form::Places;
    }
    if index.is_of_words() { Form::Words } else { Form::Order }
}

/// The text of which an index of words holds the stems. `owner` is what the columns are named by.
pub(crate) fn text_of_words(
    collection: &Collection,
    index: &Index,
    owner: &str,
    dialect: Dialect,
) -> String {
    let fields = index.fields.iter().filter_map(|name| collection.fields.get(name));
    dialect.searched(
        fields.map(|field| (format!("{owner}{}", quoted(&field.name)), Family::of(&field.kind))),
    )
}

/// An index of words on Postgres.
fn stems(collection: &Collection, index: &Index) -> String {
    let text = text_of_words(collection, index, "", Dialect::Postgres);
    format!(
        "CREATE INDEX {} ON {} USING gin (({}))",
        quoted(&index.name),
        quoted(&collection.name),
        Dialect::Postgres.stems(&text)
    )
}

/// An index of places on Postgres: of the rectangles around them, which every server has a search
/// tree for.
fn boxes(collection: &Collection, index: &Index) -> String {
    let fields: Vec<String> =
        index.fields.iter().map(|field| Dialect::Postgres.boxed(&quoted(field))).collect();
    format!(
        "CREATE INDEX {} ON {} USING gist ({})",
        quoted(&index.name),
        quoted(&collection.name),
        fields.join(", ")
    )
}

/// `CREATE INDEX` of an index by order.
fn ordered(collection: &Collection, index: &Index, dialect: Dialect) -> String {
    let fields: Vec<&Field> =
        index.fields.iter().filter_map(|name| collection.fields.get(name)).collect();
    let same_nulls = index.unique && index.nulls_not_distinct;
    let mut parts: Vec<String> =
        fields.iter().map(|field| part(field, same_nulls, dialect)).collect();
    if ends_with_key(collection, index, dialect) {
        parts.push(part(collection.key(), false, dialect));
    }
    let method = match (&index.method, dialect) {
        (Some(method), Dialect::Postgres) => format!(" USING {method}"),
        _ => String::new(),
    };
    format!(
        "CREATE {}INDEX {} ON {}{method} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quoted(&index.name),
        quoted(&collection.name),
        parts.join(", ")
    )
}

/// Whether the primary key stands behind the fields of an index: every order ends with it, so that
/// a sort by the index's fields needs no sorting, however many records share a value.
fn ends_with_key(collection: &Collection, index: &Index, dialect: Dialect) -> bool {
    let key = collection.key();
    // SQLite ends every index with the row's number, which an integer key is.
    let number = dialect == Dialect::Sqlite && is_numbered(collection);
    let ordered = dialect == Dialect::Sqlite
        || index.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case("btree"));
    ordered && !index.unique && !number && !index.fields.contains(&key.name)
}

/// `CREATE UNIQUE INDEX` of a unique field. An index and no constraint: it can be dropped without
/// rebuilding the table.
pub(super) fn of_unique(collection: &Collection, field: &Field, dialect: Dialect) -> String {
    format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&unique_name(collection, field)),
        quoted(&collection.name),
        part(field, false, dialect)
    )
}

/// `CREATE INDEX` of a foreign key's column.
pub(super) fn of_pointer(collection: &Collection, field: &Field) -> String {
    format!(
        "CREATE INDEX IF NOT EXISTS {} ON {} ({})",
        quoted(&pointer_name(collection, field)),
        quoted(&collection.name),
        quoted(&field.name)
    )
}

/// Every index of a new table.
pub(super) fn all(collection: &Collection, dialect: Dialect) -> Vec<String> {
    // They are as somebody else made them.
    if collection.adopted {
        return Vec::new();
    }
    let mut made: Vec<String> = collection
        .fields
        .values()
        .filter(|field| field.unique)
        .map(|field| of_unique(collection, field, dialect))
        .collect();
    let constrained = collection.foreign_keys();
    let pointers = constrained
        .iter()
        .filter_map(|key| collection.fields.get(&key.column))
        .filter(|field| super::needs_pointer_index(field))
        .chain(super::loose_pointers(collection));
    for field in pointers {
        let text = of_pointer(collection, field);
        if !made.contains(&text) {
            made.push(text);
        }
    }
    made.extend(collection.indexes.iter().flat_map(|index| declared(collection, index, dialect)));
    made
}

/// Every index that a collection's table has: its name and what makes it. The first statement is
/// the index itself; an R-tree, which is a table of its own, has more. Of a table that was there
/// before its collection, only the trees are ours.
#[must_use]
pub fn indexes(collection: &Collection, dialect: Dialect) -> Vec<(String, Vec<Statement>)> {
    let statement = |text: String| Statement { text: Arc::from(text), binds: Vec::new() };
    let mut made: Vec<(String, Vec<Statement>)> = Vec::new();
    let trees = collection.indexes.iter().filter(|index| {
        collection.adopted && dialect == Dialect::Sqlite && form(collection, index) == Form::Places
    });
    let trees = trees.flat_map(|index| declared(collection, index, dialect));
    for text in all(collection, dialect).into_iter().chain(trees) {
        let name = text.split('"').nth(1).unwrap_or_default().to_owned();
        let own = text.starts_with("CREATE INDEX") || text.starts_with("CREATE UNIQUE INDEX");
        let tree = text.starts_with("CREATE VIRTUAL TABLE");
        match made.last_mut() {
            Some((_, more)) if !own && !tree => more.push(statement(text)),
            _ => made.push((name, vec![statement(text)])),
        }
    }
    made
}

/// One field's part of an index. Where two NULLs must count as equal, the field stands as two
/// parts, whether it is NULL and what it is otherwise: the same on every version of both stores.
fn part(field: &Field, same_nulls: bool, dialect: Dialect) -> String {
    part_of(&quoted(&field.name), field, same_nulls, dialect)
}

/// What an index would hold of a value of a field, so that two values are compared as it does it.
pub(crate) fn part_of(name: &str, field: &Field, same_nulls: bool, dialect: Dialect) -> String {
    let family = Family::of(&field.kind);
    let plain = match family {
        Family::Folded => dialect.folded(name),
        _ => name.to_owned(),
    };
    if !same_nulls || !field.nullable {
        return plain;
    }
    match dialect {
        Dialect::Sqlite => {
            let collation = if family == Family::Decimal { " COLLATE BX_DECIMAL" } else { "" };
            format!("({name} IS NULL), ifnull({plain}, ''){collation}")
        }
        Dialect::Postgres => {
            let filler = match family {
                Family::Text | Family::Folded => "''",
                Family::Integer
                | Family::BigInt
                | Family::Decimal
                | Family::Real
                | Family::Double => "0",
                Family::Boolean => "false",
                Family::Date => "'1970-01-01'::date",
                Family::Instant => "'1970-01-01 00:00:00+00'::timestamptz",
                Family::Local => "'1970-01-01 00:00:00'::timestamp",
                Family::Time => "'00:00:00+00'::timetz",
                Family::LocalTime => "'00:00:00'::time",
                Family::Uuid => "'00000000-0000-0000-0000-000000000000'::uuid",
                Family::Json => "'{}'::jsonb",
                Family::Binary => "''::bytea",
            };
            format!("({name} IS NULL), coalesce({plain}, {filler})")
        }
    }
}
