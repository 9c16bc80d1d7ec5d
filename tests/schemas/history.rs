//! The history of the schema: every change is in it, and can be undone with the data back.

use super::{goods, schema};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Plans and applies a change; answers the version that it made.
pub(super) async fn apply(app: &App, mut body: Json) -> u64 {
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    newest(app).await["version"].as_u64().expect("a version")
}

pub(super) async fn newest(app: &App) -> Json {
    let history = app.admin().get("/schemas/history?limit=1").await;
    history.expect_status(200).body["data"][0].clone()
}

/// Undoes a change; answers what came back.
pub(super) async fn undo(app: &App, version: u64) -> Vec<Json> {
    let at = format!("/schemas/history/{version}");
    let plan = app.admin().post(&format!("{at}/plan"), json!({})).await;
    plan.expect_status(200);
    let token = &plan.body["data"]["token"];
    let undone = app.admin().post(&format!("{at}/undo"), json!({ "token": token })).await;
    undone.expect_status(200);
    assert_eq!(undone.body["data"]["restores"], plan.body["data"]["restores"], "{}", plan.text);
    undone.body["data"]["restores"].as_array().expect("restores").clone()
}

/// The goods without a field.
pub(super) async fn without(app: &App, field: &str) -> Json {
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields.as_object_mut().expect("fields").remove(field);
    json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] })
}

pub(super) async fn column(app: &App, field: &str) -> Vec<Json> {
    app.admin().column("goods", field, json!({ "sort": "id" })).await
}

on_every_store!(a_renamed_and_a_dropped_field_come_back_as_they_were, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    let mut fields = before["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    map.remove("note");
    map.insert(String::from("stock"), json!({ "type": "Integer", "defaultValue": 1 }));
    let version = apply(
        app,
        json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] }),
    )
    .await;
    let entry = newest(app).await;
    assert_eq!(entry["actor"], "owner@example.com", "{entry}");
    assert_eq!(entry["standing"], "undoable", "{entry}");
    assert!(entry["keptUntil"].is_string(), "{entry}");
    let steps = entry["steps"].as_array().expect("steps");
    let dropped = steps.iter().find(|step| step["op"] == "drop_field").expect("a dropped field");
    assert_eq!(dropped["values"], json!({ "affected": 2, "total": 3 }));
    assert!(dropped["sql"].as_array().is_some_and(|sql| !sql.is_empty()), "{dropped}");
    let whole = app.admin().get(&format!("/schemas/history/{version}")).await;
    let documents = &whole.expect_status(200).body["data"];
    assert_eq!(documents["before"], json!([{ "collectionName": "goods", "schema": before }]));
    assert_eq!(documents["after"][0]["schema"], schema(app, "goods").await);

    app.admin().create("goods", json!({ "id": 4, "title": "shelf" })).await;
    app.admin().delete("/items/goods/3").await.expect_status(200);
    let restores = undo(app, version).await;
    assert_eq!(
        restores,
        [
            json!({ "collection": "goods", "field": "note", "back": 1, "gone": 1, "changed": 0, "emptied": 0, "missing": 0 })
        ]
    );
    assert_eq!(schema(app, "goods").await, before);
    assert_eq!(column(app, "name").await, [json!("lamp"), json!("chair"), json!("shelf")]);
    assert_eq!(column(app, "note").await, [json!("a"), Json::Null, Json::Null]);
    let undone = app.admin().get(&format!("/schemas/history/{version}")).await;
    assert_eq!(undone.body["data"]["standing"], "undone", "{}", undone.text);
    assert_eq!(undone.body["data"]["undoneBy"], newest(app).await["version"]);
    assert_eq!(newest(app).await["undoes"], version);
});

on_every_store!(an_undo_is_undone_like_any_other_change, async |app| {
    goods(app).await;
    let dropped = apply(app, without(app, "note").await).await;
    let after = schema(app, "goods").await;
    undo(app, dropped).await;
    app.admin().patch("/items/goods/2", json!({ "note": "b" })).await.expect_status(200);
    let undone = newest(app).await["version"].as_u64().expect("a version");
    undo(app, undone).await;
    assert_eq!(schema(app, "goods").await, after);
    // The values of the last drop come back, not those of the first.
    let again = newest(app).await["version"].as_u64().expect("a version");
    undo(app, again).await;
    assert_eq!(column(app, "note").await, [json!("a"), json!("b"), json!("c")]);
    let at = format!("/schemas/history/{dropped}/plan");
    app.admin().post(&at, json!({})).await.expect_refusal(409, "CONFLICT");
});

on_every_store!(narrowed_values_come_back_unless_they_were_changed_since, async |app| {
    goods(app).await;
    for (id, price) in [(1, "007"), (2, "08"), (3, "9")] {
        let row = json!({ "price": price });
        app.admin().patch(&format!("/items/goods/{id}"), row).await.expect_status(200);
    }
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["price"]["type"] = json!("Integer");
    fields["note"]["allowNull"] = json!(false);
    fields["note"]["defaultValue"] = json!("none");
    let body =
        json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] });
    let version = apply(app, body).await;
    assert_eq!(column(app, "price").await, [json!(7), json!(8), json!(9)]);
    assert_eq!(column(app, "note").await, [json!("a"), json!("none"), json!("c")]);
    app.admin().patch("/items/goods/2", json!({ "price": 80 })).await.expect_status(200);
    let restores = undo(app, version).await;
    let price = restores.iter().find(|part| part["field"] == "price").expect("prices");
    assert_eq!((price["back"].as_u64(), price["changed"].as_u64()), (Some(1), Some(1)), "{price}");
    assert_eq!(column(app, "price").await, [json!("007"), json!("80"), json!("9")]);
    assert_eq!(column(app, "note").await, [json!("a"), Json::Null, json!("c")]);
});

on_every_store!(a_dropped_collection_comes_back_with_all_that_hung_on_it, async |app| {
    goods(app).await;
    let numbered = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    app.collection(
        "makers",
        json!({ "fields": { "id": numbered, "name": { "type": "String", "unique": true } } }),
    )
    .await;
    app.collection("tags", json!({ "fields": { "id": numbered, "name": { "type": "String" } } }))
        .await;
    let to_one = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", to_one).await;
    let to_many = json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "makers" });
    app.relation("makers", to_many).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "makers", "action": "read", "fields": ["name"] })],
        )
        .await;
    for name in ["ada", "ben"] {
        let tag = app.admin().create("tags", json!({ "name": name })).await;
        app.admin().create("makers", json!({ "name": name, "tags": [tag] })).await;
    }
    for (id, maker) in [(1, 1), (2, 2)] {
        let row = json!({ "maker": maker });
        app.admin().patch(&format!("/items/goods/{id}"), row).await.expect_status(200);
    }
    let fields = json!({ "fields": ["id", "name", "tags.tags.name", "goods.id"], "sort": "id" });
    let before = app.admin().rows("makers", fields.clone()).await;
    let documents = (schema(app, "goods").await, schema(app, "makers").await);
    let version = apply(app, json!({ "drop": ["makers"] })).await;
    app.admin().get("/items/makers").await.expect_refusal(404, "COLLECTION_NOT_FOUND");

    undo(app, version).await;
    assert_eq!((schema(app, "goods").await, schema(app, "makers").await), documents);
    assert_eq!(app.admin().rows("makers", fields).await, before);
    assert_eq!(reader.column("makers", "name", json!({ "sort": "name" })).await, ["ada", "ben"]);
    // Numbers go on, references hold, what was unique is so again.
    assert_eq!(app.admin().create("makers", json!({ "name": "eve" })).await, json!(3));
    let twin = app.admin().post("/items/makers", json!({ "name": "ada" })).await;
    twin.expect_refusal(409, "UNIQUE_VIOLATION");
    let lost = app.admin().patch("/items/goods/1", json!({ "maker_Id": 99 })).await;
    assert!(matches!(lost.status, 400 | 409), "{}", lost.text);
});

on_every_store!(references_to_records_that_are_gone_come_back_empty, async |app| {
    goods(app).await;
    app.collection(
        "makers",
        json!({ "fields": { "id": { "type": "Integer", "primaryKey": true } } }),
    )
    .await;
    let relation = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", relation).await;
    app.admin()
        .post("/items/makers/bulk", json!([{ "id": 1 }, { "id": 2 }]))
        .await
        .expect_status(201);
    for (id, maker) in [(1, 1), (2, 2)] {
        let row = json!({ "maker": maker });
        app.admin().patch(&format!("/items/goods/{id}"), row).await.expect_status(200);
    }
    let version = apply(app, json!({ "drop": ["goods"] })).await;
    app.admin().delete("/items/makers/2").await.expect_status(200);
    let restores = undo(app, version).await;
    let rows = restores.iter().find(|part| part["collection"] == "goods").expect("the goods");
    assert_eq!((rows["back"].as_u64(), rows["emptied"].as_u64()), (Some(3), Some(1)), "{rows}");
    let found =
        app.admin().rows("goods", json!({ "fields": ["id", "maker.id"], "sort": "id" })).await;
    assert_eq!(found[0]["maker"]["id"], 1);
    assert_eq!(found[1]["maker"], Json::Null);
});

on_every_store!(a_required_field_comes_back_required_where_no_record_lacks_it, async |app| {
    goods(app).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["name"]["allowNull"] = json!(false);
    app.admin()
        .patch("/schemas/goods", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    let before = schema(app, "goods").await;
    let version = apply(app, without(app, "name").await).await;
    undo(app, version).await;
    assert_eq!(schema(app, "goods").await, before);
    let bare = app.admin().post("/items/goods", json!({ "id": 9 })).await;
    assert_eq!(bare.status, 400, "{}", bare.text);

    let version = apply(app, without(app, "name").await).await;
    app.admin().create("goods", json!({ "id": 9 })).await;
    let restores = undo(app, version).await;
    assert_eq!((restores[0]["back"].as_u64(), restores[0]["missing"].as_u64()), (Some(3), Some(1)));
    assert_eq!(
        column(app, "name").await,
        [json!("lamp"), json!("chair"), json!("desk"), Json::Null]
    );
    assert_ne!(schema(app, "goods").await["fields"]["name"]["allowNull"], json!(false));
});

on_every_store!(what_was_built_upon_is_undone_last, async |app| {
    goods(app).await;
    let first = apply(app, without(app, "note").await).await;
    let second = apply(app, without(app, "price").await).await;
    let refused = app.admin().post(&format!("/schemas/history/{first}/plan"), json!({})).await;
    refused.expect_refusal(409, "CONFLICT");
    assert!(refused.text.contains(&format!("undo change {second} first")), "{}", refused.text);
    let entry = app.admin().get(&format!("/schemas/history/{first}")).await;
    assert_eq!(entry.body["data"]["standing"], "changed");
    undo(app, second).await;
    undo(app, first).await;
    assert_eq!(column(app, "note").await, [json!("a"), Json::Null, json!("c")]);
    assert_eq!(column(app, "price").await, [json!("12.50"), json!("7"), Json::Null]);
});

on_every_store!(an_undo_wants_the_token_of_its_plan, async |app| {
    goods(app).await;
    let version = apply(app, without(app, "note").await).await;
    let at = format!("/schemas/history/{version}");
    let undo = format!("{at}/undo");
    app.admin().post(&undo, json!({})).await.expect_refusal(400, "INVALID_BODY");
    let plan = app.admin().post(&format!("{at}/plan"), json!({})).await;
    let token = json!({ "token": plan.body["data"]["token"] });
    app.collection("other", json!({ "fields": { "a": { "type": "String" } } })).await;
    app.admin().post(&undo, token).await.expect_refusal(409, "PLAN_STALE");
    let fields = schema(app, "goods").await["fields"].clone();
    assert!(fields.get("note").is_none(), "{fields}");
    let missing = app.admin().post("/schemas/history/99999/plan", json!({})).await;
    missing.expect_refusal(404, "NOT_FOUND");
    app.admin().get("/schemas/history/first").await.expect_refusal(404, "NOT_FOUND");
});

on_every_store!(every_way_to_change_the_schema_is_in_its_history, async |app| {
    let count = async || {
        let history = app.admin().get("/schemas/history?limit=1").await;
        history.expect_status(200).body["totalCount"].as_u64().expect("a count")
    };
    let before = count().await;
    goods(app).await;
    app.collection(
        "makers",
        json!({ "fields": { "id": { "type": "Integer", "primaryKey": true } } }),
    )
    .await;
    let relation = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", relation).await;
    let index = json!({ "name": "goods_names", "fields": ["name"] });
    app.admin().post("/schemas/goods/indexes", index).await.expect_status(201);
    app.admin().delete("/schemas/goods/indexes/goods_names").await.expect_status(200);
    app.admin().delete("/schemas/goods/relationships/maker").await.expect_status(200);
    let file = json!({ "schemas": [{ "collectionName": "makers", "schema": { "fields": { "name": { "type": "String" } } } }] });
    app.admin().post("/schemas/import", file).await.expect_status(200);
    app.admin().delete("/schemas/makers").await.expect_status(200);
    assert_eq!(count().await, before + 8);
    // From the end to the beginning, everything is taken back.
    let history = app.admin().get("/schemas/history?limit=8").await;
    for change in history.body["data"].as_array().expect("changes") {
        undo(app, change["version"].as_u64().expect("a version")).await;
    }
    app.admin().get("/schemas/goods").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    let page = app.admin().get("/schemas/history?limit=3&page=2").await;
    let versions: Vec<&Json> =
        page.body["data"].as_array().expect("changes").iter().map(|one| &one["version"]).collect();
    let newest = newest(app).await["version"].as_u64().expect("a version");
    assert_eq!(versions, [newest - 3, newest - 4, newest - 5]);
});

on_every_store!(the_history_of_the_schema_is_for_administrators, async |app| {
    goods(app).await;
    let version = apply(app, without(app, "note").await).await;
    let reader =
        app.with_grants("Reader", &[json!({ "collection": "goods", "action": "read" })]).await;
    for path in ["/schemas/history", &format!("/schemas/history/{version}")] {
        reader.get(path).await.expect_refusal(403, "FORBIDDEN");
    }
    for path in ["plan", "undo"] {
        let path = format!("/schemas/history/{version}/{path}");
        reader.post(&path, json!({})).await.expect_refusal(403, "FORBIDDEN");
    }
    reader.post("/schemas/rehearse", json!({})).await.expect_refusal(403, "FORBIDDEN");
    app.admin().get("/schemas/history?limit=0").await.expect_refusal(400, "INVALID_QUERY");
    app.admin().get("/schemas/history?limit=1000").await.expect_refusal(400, "INVALID_QUERY");
});
