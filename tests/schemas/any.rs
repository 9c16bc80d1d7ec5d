//! Relations to many of any in a staged change: said by documents, or by the words of the
//! relation route; both stores make the same of them.

use super::schema;
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn three(app: &App) {
    for name in ["tags", "posts", "videos"] {
        let fields = json!({ "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } }, "title": { "type": "String" } });
        app.collection(name, json!({ "fields": fields })).await;
    }
}

/// The documents of a relation from tags to rows of `tables`, as a designer stages them.
async fn documents(app: &App, tables: &[&str]) -> Json {
    let mut tags = schema(app, "tags").await["fields"].clone();
    tags["items"] = json!({ "relType": "HasMany", "target": "tags_items_junction", "foreignKey": "tags_id", "as": "items", "polymorphic": true, "tables": tables });
    json!({ "collections": [
        { "collectionName": "tags", "schema": { "fields": tags } },
        { "collectionName": "tags_items_junction", "schema": {
            "isJunction": true,
            "fields": {
                "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
                "tags": { "relType": "BelongsTo", "target": "tags", "foreignKey": "tags_id", "as": "tags", "allowNull": false },
                "tags_id": { "type": "Integer", "allowNull": false, "SystemGenerated": true },
                "item_id": { "type": "Integer", "allowNull": false, "SystemGenerated": true },
                "collection": { "type": "String", "allowNull": false, "SystemGenerated": true }
            },
            "indexes": [{ "name": "tags_items_unique", "fields": ["tags_id", "item_id", "collection"], "unique": true }]
        } }
    ], "drop": [] })
}

/// Plans, then applies what was planned; the steps of the plan.
async fn applied(app: &App, mut body: Json) -> Vec<Json> {
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    plan.body["data"]["steps"].as_array().expect("steps").clone()
}

async fn tagged(app: &App) {
    let admin = app.admin();
    admin.create("posts", json!({ "title": "a post" })).await;
    admin.create("videos", json!({ "title": "a film" })).await;
    let items =
        json!([{ "collection": "posts", "item_id": 1 }, { "collection": "videos", "item_id": 1 }]);
    admin.create("tags", json!({ "title": "new", "items": items })).await;
}

async fn seen(app: &App) -> Json {
    let fields = json!({ "fields": ["title", "items.collection", "items.posts.title", "items.videos.title"] });
    app.admin().rows("tags", fields).await[0]["items"].clone()
}

on_every_store!(a_plan_of_documents_makes_a_relation_to_rows_of_any, async |app| {
    three(app).await;
    applied(app, documents(app, &["posts", "videos"]).await).await;
    // The far ends of the junction follow from the list of collections alone.
    let junction = schema(app, "tags_items_junction").await;
    for name in ["posts", "videos"] {
        let end = &junction["fields"][name];
        assert_eq!(
            (&end["target"], &end["foreignKey"], &end["constraints"]),
            (&json!(name), &json!("item_id"), &json!(false)),
            "{junction}"
        );
    }
    tagged(app).await;
    let items = seen(app).await;
    let titles: Vec<&Json> = items
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item[item["collection"].as_str().expect("a name")]["title"])
        .collect();
    assert_eq!(titles, [&json!("a post"), &json!("a film")], "{items}");
});

on_every_store!(a_plan_takes_relations_in_the_words_of_their_route, async |app| {
    three(app).await;
    let tags = json!({ "collectionName": "tags", "schema": {}, "relationships": [
        { "type": "M2A", "name": "items", "tables": ["posts", "notes"], "alias": "labels" }
    ] });
    let notes = json!({ "collectionName": "notes", "schema": { "fields": {
        "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "title": { "type": "String" }
    } } });
    // A relation may name a collection that the same plan makes, wherever it stands in the list.
    let steps = applied(app, json!({ "collections": [tags, notes] })).await;
    assert!(
        steps
            .iter()
            .any(|step| step["op"] == "create_collection"
                && step["collection"] == "tags_items_junction"),
        "{steps:?}"
    );
    app.admin().create("notes", json!({ "title": "a note" })).await;
    let items = json!([{ "collection": "notes", "item_id": 1 }]);
    app.admin().create("tags", json!({ "title": "new", "items": items })).await;
    let back = app.admin().rows("notes", json!({ "fields": ["title", "labels.tags.title"] })).await;
    assert_eq!(back[0]["labels"][0]["tags"]["title"], "new", "{back:?}");
    let answer = app
        .admin()
        .post("/schemas/plan", json!({ "collections": [{ "collectionName": "tags", "schema": {}, "relationships": [{ "type": "M2X", "name": "x" }] }] }))
        .await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(answer.text.contains("collections.0.relationships.0"), "{}", answer.text);
});

on_every_store!(a_collection_leaves_a_relation_to_rows_of_any_only_without_rows, async |app| {
    three(app).await;
    applied(app, documents(app, &["posts", "videos"]).await).await;
    tagged(app).await;
    let mut fields = schema(app, "tags").await["fields"].clone();
    fields["items"]["tables"] = json!(["videos"]);
    let mut body =
        json!({ "collections": [{ "collectionName": "tags", "schema": { "fields": fields } }] });
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    let steps = plan.body["data"]["steps"].as_array().expect("steps");
    let end = steps.iter().find(|step| step["op"] == "drop_relation").expect("an end that goes");
    assert_eq!(end["values"], json!({ "affected": 1, "total": 2 }), "{end}");
    assert_eq!((&end["field"], &end["lossy"]), (&json!("posts"), &json!(true)), "{end}");
    body["token"] = plan.body["data"]["token"].clone();
    let refused = app.admin().post("/schemas/apply", body.clone()).await;
    refused.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert_eq!(seen(app).await.as_array().map(Vec::len), Some(2));
    let rows = app
        .admin()
        .rows("tags_items_junction", json!({ "filter": { "collection": { "eq": "posts" } } }))
        .await;
    app.admin()
        .delete(&format!("/items/tags_items_junction/{}", rows[0]["id"]))
        .await
        .expect_status(200);
    applied(app, json!({ "collections": body["collections"] })).await;
    assert!(schema(app, "tags_items_junction").await["fields"].get("posts").is_none());
    assert_eq!(seen(app).await.as_array().map(Vec::len), Some(1));
});

on_every_store!(one_column_leads_to_keys_of_one_type_only, async |app| {
    three(app).await;
    app.collection(
        "words",
        json!({ "fields": { "id": { "type": "String", "primaryKey": true } } }),
    )
    .await;
    let answer = app.admin().post("/schemas/plan", documents(app, &["posts", "words"]).await).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(answer.text.contains("same id type"), "{}", answer.text);
});
