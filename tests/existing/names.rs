//! Names that the database has already, and tables of our own that are nobody else's.

use super::{adopt, existing, on_a_shop, outside, plan};
use crate::harness::plain;
use serde_json::{Value as Json, json};

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
    outside(
        app,
        "CREATE TABLE words (id integer PRIMARY KEY, \"AND\" text, \"or\" text DEFAULT 'x', \"NOT\" text, \"_distance\" text, word text)",
    )
    .await;
    let table = existing(app, "words").await;
    assert_eq!(table["adoptable"], true, "{table}");
    for column in table["columns"].as_array().expect("columns") {
        let (name, note) = (plain(&column["name"]), plain(&column["note"]));
        if ["id", "word"].contains(&name.as_str()) {
            assert_eq!(column["note"], Json::Null, "{column}");
        } else {
            assert!(note.contains(&format!("`{name}` is a word of filters")), "{column}");
        }
    }
    adopt(app, json!({ "tables": ["words"] })).await.expect_status(200);
    outside(app, "INSERT INTO words VALUES (1, 'a', 'b', 'c', 'd', 'one')").await;
    let admin = app.admin();
    admin.create("words", json!({ "id": 2, "word": "two" })).await;
    let change = json!({ "word": "first" });
    admin.patch("/items/words/1", change).await.expect_status(200);
    let filter =
        json!({ "NOT": { "AND": [{ "word": "two" }, { "OR": [{ "id": 2 }, { "id": 3 }] }] } });
    let rows = admin.rows("words", json!({ "filter": filter })).await;
    assert_eq!(json!(rows), json!([{ "id": 1, "word": "first" }]));
    let strict = admin.with_header("x-plinth-strict", "1");
    let refused = strict.post("/items/words", json!({ "id": 3, "or": "x" })).await;
    refused.expect_refusal(400, "UNKNOWN_FIELD");
    // What the columns hold is nobody's business, and stays.
    outside(
        app,
        "UPDATE words SET word = \"AND\" || \"or\" || \"NOT\" || \"_distance\" WHERE id = 1",
    )
    .await;
    assert_eq!(admin.one("words", &json!(1)).await["word"], "abcd");
});

on_a_shop!(a_word_of_filters_is_no_key_and_no_relation, async |app| {
    outside(app, "CREATE TABLE keyed (\"or\" integer PRIMARY KEY, word text)").await;
    let keyed = existing(app, "keyed").await;
    let told = plain(&keyed["reasons"][0]["message"]);
    assert_eq!(
        (&keyed["adoptable"], &keyed["reasons"][0]["code"]),
        (&json!(false), &json!("KEY_TYPE"))
    );
    assert!(told.contains("`or` of `keyed`") && told.contains("a word of filters"), "{told}");
    let refused = plan(app, json!({ "tables": ["keyed"] })).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("a word of filters"), "{}", refused.text);
    outside(app, "CREATE TABLE must (id integer PRIMARY KEY, \"NOT\" text NOT NULL)").await;
    let must = existing(app, "must").await;
    assert_eq!(must["notes"][0]["code"], "REQUIRED_COLUMN_HIDDEN", "{must}");
    assert!(plain(&must["notes"][0]["message"]).contains("`NOT`"), "{must}");

    // Relations are named after columns and tables.
    outside(
        app,
        "CREATE TABLE \"or\" (id integer PRIMARY KEY, not_id integer REFERENCES tags (id), \"AND\" integer REFERENCES tags (id))",
    )
    .await;
    outside(app, "INSERT INTO \"or\" VALUES (1, 2, 1)").await;
    adopt(app, json!({ "tables": ["or", "tags"] })).await.expect_status(200);
    let admin = app.admin();
    let rows = admin.rows("or", json!({ "fields": ["id", "not_record.word"] })).await;
    assert_eq!(json!(rows), json!([{ "id": 1, "not_record": { "id": 2, "word": "wood" } }]));
    let back = json!({ "filter": { "or_record.id": 1 }, "fields": ["word", "or_record.id"] });
    assert_eq!(admin.rows("tags", back).await[0]["word"], "wood");
    // Nor is one made so by hand.
    for (at, body) in [
        ("/schemas/or/relationships", json!({ "type": "M2O", "target": "tags", "name": "Not" })),
        (
            "/schemas/or/relationships",
            json!({ "type": "M2O", "target": "tags", "name": "tag", "alias": "AND" }),
        ),
    ] {
        let refused = admin.post(at, body).await;
        refused.expect_refusal(400, "SCHEMA_INVALID");
        assert!(refused.text.contains("a word of filters and sorts"), "{}", refused.text);
    }
    let pointing =
        json!({ "relType": "BelongsTo", "target": "tags", "foreignKey": "tag_id", "as": "or" });
    let fields = json!({ "tag_id": { "type": "Integer" }, "tag": pointing });
    let body = json!({ "collectionName": "wares", "schema": { "fields": fields } });
    let refused = admin.post("/schemas", body).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("relation name `or` is a word"), "{}", refused.text);
});
