//! Indexes of places on SQLite: an R-tree beside the table, which triggers keep.
//!
//! The triggers know SQLite's own JSON functions only, so that other tools may write to the table
//! too. Rows are known to the tree by their number: what rebuilds a table fills its trees anew.

use crate::names::{row_number, rtree_name};
use crate::writer::quoted;
use catalog::{Collection, Index};

/// The tree, its triggers, and what fills it.
pub(super) fn made(collection: &Collection, index: &Index) -> Vec<String> {
    let Some(field) = index.fields.first() else { return Vec::new() };
    let tree = rtree_name(&index.name);
    let (table, column, row) = (quoted(&collection.name), quoted(field), row_number(collection));
    let name = |end: &str| quoted(&format!("{tree}.{end}"));
    let tree = quoted(&tree);
    let key = &collection.primary_key;
    // A number of rows moves only where the key is that number.
    let touched = if field == key { column.clone() } else { format!("{column}, {}", quoted(key)) };
    let insert = format!(
        "INSERT OR REPLACE INTO {tree} SELECT NEW.{row}, {SIDES} FROM json_tree(NEW.{column}) j WHERE {NUMBERS} HAVING count(*) > 0;"
    );
    let delete = format!("DELETE FROM {tree} WHERE \"id\" = OLD.{row};");
    vec![
        format!(
            "CREATE VIRTUAL TABLE {tree} USING rtree(\"id\", \"west\", \"east\", \"south\", \"north\")"
        ),
        format!("CREATE TRIGGER {} AFTER INSERT ON {table} BEGIN {insert} END", name("insert")),
        format!(
            "CREATE TRIGGER {} AFTER UPDATE OF {touched} ON {table} BEGIN {delete} {insert} END",
            name("update")
        ),
        format!("CREATE TRIGGER {} AFTER DELETE ON {table} BEGIN {delete} END", name("delete")),
        format!(
            "INSERT INTO {tree} SELECT t.{row}, {SIDES} FROM {table} t, json_tree(t.{column}) j WHERE {NUMBERS} GROUP BY t.{row}"
        ),
    ]
}

/// What ends a tree whose table stays.
pub(super) fn dropped(index: &Index) -> Vec<String> {
    let tree = rtree_name(&index.name);
    let triggers = ["insert", "update", "delete"]
        .map(|end| format!("DROP TRIGGER IF EXISTS {}", quoted(&format!("{tree}.{end}"))));
    triggers.into_iter().chain([gone(index)]).collect()
}

/// What ends a tree whose table, and its triggers with it, has gone.
pub(super) fn gone(index: &Index) -> String {
    format!("DROP TABLE IF EXISTS {}", quoted(&rtree_name(&index.name)))
}

/// The numbers of a geometry: of every position the first is a longitude, the second a latitude.
const NUMBERS: &str = "j.type IN ('integer','real')";
const SIDES: &str = "min(CASE WHEN j.key = 0 THEN j.value END), max(CASE WHEN j.key = 0 THEN j.value END), min(CASE WHEN j.key = 1 THEN j.value END), max(CASE WHEN j.key = 1 THEN j.value END)";
