//! Names that the database has already, and tables of our own that are nobody else's.

use super::{adopt, on_a_shop, outside};
use serde_json::json;

on_a_shop!(a_name_that_something_else_has_is_refused_by_name, async |app| {
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    let admin = app.admin();
    let fields = json!({ "text": { "type": "String" } });
    for name in ["notes", "dear_orders"] {
        let body = json!({ "collectionName": name, "schema": { "fields": fields } });
        let taken = admin.post("/schemas", body).await;
        taken.expect_refusal(409, "SCHEMA_EXISTS");
        assert!(taken.text.contains(&format!("`{name}` already")), "{}", taken.text);
        assert!(taken.text.contains("/schemas/existing"), "{}", taken.text);
    }
    // A column that another program has added since.
    outside(app, "ALTER TABLE tags ADD COLUMN colour text").await;
    let schema = admin.get("/schemas/tags").await.body["data"]["schema"].clone();
    let mut fields = schema["fields"].clone();
    fields["colour"] = json!({ "type": "String" });
    let taken = admin.patch("/schemas/tags", json!({ "schema": { "fields": fields } })).await;
    taken.expect_refusal(409, "SCHEMA_EXISTS");
    assert!(taken.text.contains("`colour` already"), "{}", taken.text);
    assert_eq!(admin.get("/schemas/tags").await.body["data"]["schema"], schema);
});

on_a_shop!(an_index_of_places_or_of_words_is_no_table_of_somebody_else, async |app| {
    let names = async || {
        app.admin().get("/schemas/existing?names=true").await.body["data"]["names"].clone()
    };
    let before = names().await;
    app.collection(
        "places",
        json!({ "fields": { "at": { "type": "Point" }, "name": { "type": "String" } },
        "indexes": [{ "name": "places_at", "fields": ["at"], "type": "gist" },
            { "name": "places_name", "fields": ["name"], "type": "fulltext" }] }),
    )
    .await;
    let point = json!({ "type": "Point", "coordinates": [1, 2] });
    app.admin().create("places", json!({ "at": point, "name": "here" })).await;
    assert_eq!(names().await, before);
    // Somebody else may give such a name to a table; one that is ours nobody else can have.
    for name in ["mine.fulltext", "mine.fulltext.numbers", "mine.rtree", "mine.rtree_node"] {
        outside(app, &format!("CREATE TABLE \"{name}\" (id integer PRIMARY KEY)")).await;
    }
    let theirs = ["mine.fulltext", "mine.fulltext.numbers", "mine.rtree", "mine.rtree_node"];
    let added: Vec<_> = names()
        .await
        .as_array()
        .expect("names")
        .iter()
        .filter(|name| !before.as_array().expect("names").contains(name))
        .cloned()
        .collect();
    assert_eq!(json!(added), json!(theirs));
});

on_a_shop!(a_table_of_somebody_else_gets_no_index_that_its_program_could_not_keep, async |app| {
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    let index = json!({ "fields": ["word"], "type": "fulltext" });
    let refused = app.admin().post("/schemas/tags/indexes", index).await;
    refused.expect_status(400);
    assert!(refused.text.contains("another program writes"), "{}", refused.text);
    outside(app, "INSERT INTO tags VALUES (9, 'woods')").await;
    assert_eq!(
        app.admin().column("tags", "id", json!({ "search": "wood", "sort": "id" })).await,
        [2, 9]
    );
});

on_a_shop!(a_column_whose_name_is_a_word_of_filters_is_told_and_is_no_field, async |app| {
    outside(app, "CREATE TABLE words (id integer PRIMARY KEY, \"or\" text, word text)").await;
    adopt(app, json!({ "tables": ["words"] })).await.expect_status(200);
    outside(app, "INSERT INTO words VALUES (1, 'x', 'y')").await;
    let row = app.admin().one("words", &json!(1)).await;
    assert_eq!((&row["word"], row.get("or")), (&json!("y"), None), "{row}");
});
