//! Indexes of words on SQLite: an FTS5 table beside the collection's, which triggers keep.
//!
//! It holds stems as `bx_search` compares them, made by a function that only connections of ours
//! have: another program that writes to the table is refused, and never leaves records unfound.
//! Records are known to it by their keys and not by the numbers of their rows, which may be others
//! when a program has copied the file: where a key is no number, a second table numbers the keys.

use super::index::text_of_words;
use crate::Dialect;
use crate::names::{is_numbered, numbers_name, words_name};
use crate::writer::quoted;
use catalog::{Collection, Index};

/// The tables, their triggers, and what fills them.
pub(super) fn made(collection: &Collection, index: &Index) -> Vec<String> {
    let text = |owner: &str| {
        let text = text_of_words(collection, index, owner, Dialect::Sqlite);
        Dialect::Sqlite.stems(&text)
    };
    let name = |end: &str| quoted(&format!("{}.{end}", words_name(&index.name)));
    let words = words_name(&index.name);
    let (words, numbers) = (quoted(&words), quoted(&numbers_name(&words)));
    let (table, key) = (quoted(&collection.name), quoted(&collection.primary_key));
    let put = format!("INSERT OR REPLACE INTO {words} (rowid, \"words\")");
    let (insert, update, delete, fill);
    if is_numbered(collection) {
        insert = format!("{put} VALUES (NEW.{key}, {});", text("NEW."));
        update = format!("DELETE FROM {words} WHERE rowid = OLD.{key}; {insert}");
        delete = format!("DELETE FROM {words} WHERE rowid = OLD.{key};");
        fill = vec![format!("{put} SELECT t.{key}, {} FROM {table} t", text("t."))];
    } else {
        let number =
            |row: &str| format!("(SELECT \"number\" FROM {numbers} WHERE \"key\" = {row}.{key})");
        let store = format!("{put} VALUES ({}, {});", number("NEW"), text("NEW."));
        let add = format!("INSERT OR IGNORE INTO {numbers} (\"key\")");
        insert = format!("{add} VALUES (NEW.{key}); {store}");
        update = format!(
            "UPDATE {numbers} SET \"key\" = NEW.{key} WHERE \"key\" = OLD.{key} AND OLD.{key} IS NOT NEW.{key}; {store}"
        );
        delete = format!(
            "DELETE FROM {words} WHERE rowid = {}; DELETE FROM {numbers} WHERE \"key\" = OLD.{key};",
            number("OLD")
        );
        fill = vec![
            format!("{add} SELECT {key} FROM {table}"),
            format!(
                "{put} SELECT n.\"number\", {} FROM {numbers} n JOIN {table} t ON t.{key} = n.\"key\" ORDER BY n.\"number\"",
                text("t.")
            ),
        ];
    }
    // What is computed is never written, and changes with what it is computed from.
    let computed = |name: &String| {
        let field = collection.fields.get(name);
        field.is_some_and(|field| field.computed.is_some())
    };
    let named: Vec<String> =
        index.fields.iter().chain([&collection.primary_key]).map(|name| quoted(name)).collect();
    let of = if index.fields.iter().any(computed) {
        String::new()
    } else {
        format!(" OF {}", named.join(", "))
    };
    let moved: Vec<String> =
        named.iter().map(|name| format!("OLD.{name} IS NOT NEW.{name}")).collect();
    // Each stem once and without its place, which is all that is asked; the stems are words of
    // ASCII and of what is not, and to this tokenizer just that is a word.
    let mut made = vec![format!(
        "CREATE VIRTUAL TABLE {words} USING fts5(\"words\", content='', contentless_delete=1, detail=none, tokenize='ascii')"
    )];
    if !is_numbered(collection) {
        made.push(format!(
            "CREATE TABLE {numbers} (\"number\" INTEGER PRIMARY KEY, \"key\" TEXT NOT NULL UNIQUE) STRICT"
        ));
    }
    made.extend([
        format!("CREATE TRIGGER {} AFTER INSERT ON {table} BEGIN {insert} END", name("insert")),
        format!(
            "CREATE TRIGGER {} AFTER UPDATE{of} ON {table} WHEN {} BEGIN {update} END",
            name("update"),
            moved.join(" OR ")
        ),
        format!("CREATE TRIGGER {} AFTER DELETE ON {table} BEGIN {delete} END", name("delete")),
    ]);
    made.extend(fill);
    made
}

/// What ends an index whose table stays.
pub(super) fn dropped(index: &Index) -> Vec<String> {
    let words = words_name(&index.name);
    let triggers = ["insert", "update", "delete"]
        .map(|end| format!("DROP TRIGGER IF EXISTS {}", quoted(&format!("{words}.{end}"))));
    triggers.into_iter().chain(gone(index)).collect()
}

/// What ends an index whose table, and its triggers with it, has gone.
pub(super) fn gone(index: &Index) -> Vec<String> {
    let words = words_name(&index.name);
    let numbers = numbers_name(&words);
    [words, numbers].map(|table| format!("DROP TABLE IF EXISTS {}", quoted(&table))).into()
}
