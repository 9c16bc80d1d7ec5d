//! Indexes of places on SQLite: an R-tree beside the table, which triggers keep.
//!
//! The triggers know SQLite's own JSON functions only, so that other tools may write to the table
//! too. Where a record's key is the number of its row, the tree knows it by that. All other rows
//! may have other numbers when a program has copied the file: their keys are numbered by a table
//! beside the tree.

use crate::names::{is_tree_of_rows, numbers_name, row_number, rtree_name};
use crate::writer::quoted;
use catalog::{Collection, Index};

/// The tree, its triggers, and what fills it.
pub(super) fn made(collection: &Collection, index: &Index) -> Vec<String> {
    let Some(field) = index.fields.first() else { return Vec::new() };
    let tree = rtree_name(&index.name);
    let (table, column) = (quoted(&collection.name), quoted(field));
    let name = |end: &str| quoted(&format!("{tree}.{end}"));
    let key = &collection.primary_key;
    // A record leaves its place in the tree where its key becomes another, too.
    let touched = if field == key { column.clone() } else { format!("{column}, {}", quoted(key)) };
    let kept = if is_tree_of_rows(collection) {
        of_rows(collection, &column, &quoted(&tree))
    } else {
        of_keys(collection, &column, &tree)
    };
    let Kept { beside, insert, update, delete, fill } = kept;
    let mut made = vec![format!(
        "CREATE VIRTUAL TABLE {} USING rtree(\"id\", \"west\", \"east\", \"south\", \"north\")",
        quoted(&tree)
    )];
    made.extend(beside);
    made.extend([
        format!("CREATE TRIGGER {} AFTER INSERT ON {table} BEGIN {insert} END", name("insert")),
        format!(
            "CREATE TRIGGER {} AFTER UPDATE OF {touched} ON {table} BEGIN {update} END",
            name("update")
        ),
        format!("CREATE TRIGGER {} AFTER DELETE ON {table} BEGIN {delete} END", name("delete")),
    ]);
    made.extend(fill);
    made
}

/// What a tree has beside it, what its triggers do, and what fills it.
struct Kept {
    beside: Option<String>,
    insert: String,
    update: String,
    delete: String,
    fill: Vec<String>,
}

fn of_rows(collection: &Collection, column: &str, tree: &str) -> Kept {
    let (table, row) = (quoted(&collection.name), row_number(collection));
    let insert = format!(
        "INSERT OR REPLACE INTO {tree} SELECT NEW.{row}, {SIDES} FROM json_tree(NEW.{column}) j WHERE {NUMBERS} HAVING count(*) > 0;"
    );
    let delete = format!("DELETE FROM {tree} WHERE \"id\" = OLD.{row};");
    let fill = format!(
        "INSERT INTO {tree} SELECT t.{row}, {SIDES} FROM {table} t, json_tree(t.{column}) j WHERE {NUMBERS} GROUP BY t.{row}"
    );
    Kept { beside: None, update: format!("{delete} {insert}"), insert, delete, fill: vec![fill] }
}

/// None of these statements meets a number or a key that is there already: what another program
/// says is to happen then (`INSERT OR IGNORE`) counts for what its triggers do, too. A key of NULL,
/// which tables of others may hold, has no number and no place.
fn of_keys(collection: &Collection, column: &str, tree: &str) -> Kept {
    let (table, key) = (quoted(&collection.name), quoted(&collection.primary_key));
    let (tree, numbers) = (quoted(tree), quoted(&numbers_name(tree)));
    let taken = |row: &str| {
        format!(
            "DELETE FROM {tree} WHERE \"id\" = (SELECT \"number\" FROM {numbers} WHERE \"key\" = {row}.{key});"
        )
    };
    let insert = format!(
        "INSERT INTO {numbers} (\"key\") SELECT NEW.{key} WHERE NEW.{key} IS NOT NULL AND NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {numbers} WHERE \"key\" = NEW.{key}); {} INSERT INTO {tree} SELECT n.\"number\", {SIDES} FROM {numbers} n, json_tree(NEW.{column}) j WHERE n.\"key\" = NEW.{key} AND {NUMBERS} GROUP BY n.\"number\";",
        taken("NEW")
    );
    let let_go = format!("DELETE FROM {numbers} WHERE \"key\" = OLD.{key}");
    Kept {
        // Of any type, so that a key is kept as it stands in its own column.
        beside: Some(format!(
            "CREATE TABLE {numbers} (\"number\" INTEGER PRIMARY KEY, \"key\" ANY NOT NULL UNIQUE) STRICT"
        )),
        update: format!("{} {let_go} AND \"key\" IS NOT NEW.{key}; {insert}", taken("OLD")),
        delete: format!("{} {let_go};", taken("OLD")),
        insert,
        fill: vec![
            format!(
                "INSERT OR IGNORE INTO {numbers} (\"key\") SELECT {key} FROM {table} WHERE {key} IS NOT NULL AND {column} IS NOT NULL"
            ),
            format!(
                "INSERT INTO {tree} SELECT n.\"number\", {SIDES} FROM {numbers} n CROSS JOIN {table} t ON t.{key} = n.\"key\", json_tree(t.{column}) j WHERE {NUMBERS} GROUP BY n.\"number\""
            ),
        ],
    }
}

/// What ends a tree whose table stays.
pub(super) fn dropped(index: &Index) -> Vec<String> {
    let tree = rtree_name(&index.name);
    let triggers = ["insert", "update", "delete"]
        .map(|end| format!("DROP TRIGGER IF EXISTS {}", quoted(&format!("{tree}.{end}"))));
    triggers.into_iter().chain(gone(index)).collect()
}

/// What ends a tree whose table, and its triggers with it, has gone.
pub(super) fn gone(index: &Index) -> Vec<String> {
    let tree = rtree_name(&index.name);
    let numbers = numbers_name(&tree);
    [tree, numbers].map(|table| format!("DROP TABLE IF EXISTS {}", quoted(&table))).into()
}

/// The numbers of a geometry: of every position the first is a longitude, the second a latitude.
const NUMBERS: &str = "j.type IN ('integer','real')";
const SIDES: &str = "min(CASE WHEN j.key = 0 THEN j.value END), max(CASE WHEN j.key = 0 THEN j.value END), min(CASE WHEN j.key = 1 THEN j.value END), max(CASE WHEN j.key = 1 THEN j.value END)";
