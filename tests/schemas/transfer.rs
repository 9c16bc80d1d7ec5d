//! Definitions taken from one project and brought to it again, or to another.

use super::goods;
use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

fn named<'a>(list: &'a Json, name: &str) -> &'a Json {
    list.as_array()
        .and_then(|list| list.iter().find(|one| one["collectionName"] == name))
        .unwrap_or_else(|| panic!("no `{name}` in {list}"))
}

on_every_store!(what_was_exported_is_imported_under_the_same_names, async |app| {
    goods(app).await;
    let exported = app.admin().get("/schemas/export").await.expect_status(200).body["data"].clone();
    let mut goods = named(&exported, "goods").clone();
    assert_eq!(
        goods["schema"],
        app.admin().get("/schemas/goods").await.body["data"]["schema"],
        "an export says what the route of the collection says"
    );
    let names: Vec<&str> = exported
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["collectionName"].as_str())
        .collect();
    assert!(names.is_sorted(), "{names:?}");

    let again = app.admin().post("/schemas/import", json!({ "schemas": [goods] })).await;
    let nothing = json!({ "created": [], "updated": [], "unchanged": ["goods"], "deleted": [], "errors": [] });
    assert_eq!(
        again.expect_status(200).body,
        json!({ "message": "Schema import completed", "changes": nothing, "data": nothing })
    );

    goods["schema"]["fields"]["stock"] = json!({ "type": "Integer" });
    let mut copy = goods.clone();
    copy["collectionName"] = json!("copies");
    let changed = app.admin().post("/schemas/import", json!({ "schemas": [goods, copy] })).await;
    assert_eq!(
        changed.expect_status(200).body["data"],
        json!({ "created": ["copies"], "updated": ["goods"], "unchanged": [], "deleted": [], "errors": [] })
    );
    assert_eq!(
        app.admin().column("goods", "stock", json!({ "sort": "id" })).await,
        [Json::Null, Json::Null, Json::Null],
        "rows stay"
    );
    app.admin().create("copies", json!({ "id": 9, "stock": 4 })).await;
});

on_every_store!(an_import_with_one_broken_definition_changes_nothing, async |app| {
    let fine =
        json!({ "collectionName": "fine", "schema": { "fields": { "a": { "type": "Text" } } } });
    let broken =
        json!({ "collectionName": "bad", "schema": { "fields": { "a": { "type": "Txet" } } } });
    let refused = app.admin().post("/schemas/import", json!({ "schemas": [fine, broken] })).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("Txet"), "{}", refused.text);
    app.admin().get("/schemas/fine").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});
