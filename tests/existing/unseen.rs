//! What a database does by itself when a record goes is told before a table is taken over.

use super::{on_a_shop, outside, plan};
use serde_json::{Value as Json, json};

/// What is told of a table about rows that go or change unseen.
fn unseen(plan: &Json, table: &str) -> Vec<String> {
    let tables = plan["data"]["tables"].as_array().expect("tables");
    let found = tables.iter().find(|one| one["name"] == table).expect("the table");
    let notes = found["notes"].as_array().expect("notes").iter();
    notes
        .filter(|note| note["code"] == "CASCADE_UNSEEN")
        .map(|note| note["message"].as_str().expect("a message").to_owned())
        .collect()
}

on_a_shop!(what_the_database_deletes_by_itself_is_told_where_no_relation_shows_it, async |app| {
    outside(
        app,
        "CREATE TABLE parts (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, UNIQUE (a, b));
         CREATE TABLE bits (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES parts (a, b) ON DELETE CASCADE);
         CREATE TABLE hats (id int PRIMARY KEY, customer_id int DEFAULT 1 REFERENCES customers (id) ON DELETE SET DEFAULT);
         CREATE TABLE shoes (id int PRIMARY KEY, customer_id int REFERENCES customers (id) ON DELETE SET NULL);",
    )
    .await;
    // Alone, its orders go and its shoes lose it without anybody being told.
    let alone = plan(app, json!({ "tables": ["customers"] })).await;
    let told = unseen(&alone.body, "customers");
    assert_eq!(told.len(), 3, "{told:?}");
    for (at, (table, done)) in
        [("hats", "changes"), ("orders", "deletes"), ("shoes", "changes")].into_iter().enumerate()
    {
        assert!(told[at].contains(&format!("{done} rows of `{table}`")), "{told:?}");
    }
    // Together, relations do it, and the history knows. No relation sets a default, or has two columns.
    let together = json!({ "tables": ["bits", "customers", "hats", "orders", "parts", "shoes"] });
    let together = plan(app, together).await;
    let told = unseen(&together.body, "customers");
    assert!(matches!(told.as_slice(), [one] if one.contains("`hats`")), "{told:?}");
    let told = unseen(&together.body, "parts");
    assert!(
        matches!(told.as_slice(), [one] if one.contains("(a, b ON DELETE CASCADE)")),
        "{told:?}"
    );
});
