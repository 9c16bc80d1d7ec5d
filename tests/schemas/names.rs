//! Names that are given on in one change, and given back by its undo: collections and fields are
//! who they are by their ids, whatever they are called.

use super::history::{apply, column, newest, undo, without};
use super::{goods, schema};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// What is stored of the schemas: what a next start would read.
async fn stored(app: &App) -> Vec<Json> {
    let asked = json!({ "fields": ["collectionName", "schema"], "sort": "collectionName", "limit": -1,
        "filter": { "collectionName": { "nstartsWith": "baasix_" } } });
    let rows = app.admin().rows("baasix_SchemaDefinition", asked).await;
    let entry =
        |row: &Json| json!({ "collectionName": row["collectionName"], "schema": row["schema"] });
    rows.iter().map(entry).collect()
}

/// The same of these collections as they are answered.
async fn answered(app: &App, names: &[&str]) -> Vec<Json> {
    let mut all = Vec::new();
    for name in names {
        all.push(json!({ "collectionName": name, "schema": schema(app, name).await }));
    }
    all
}

/// The entry of a plan that gives a collection another name.
async fn renamed(app: &App, was: &str, name: &str) -> Json {
    json!({ "collectionName": name, "was": was, "schema": schema(app, was).await })
}

async fn entry(app: &App, version: u64) -> Json {
    let entry = app.admin().get(&format!("/schemas/history/{version}")).await;
    entry.expect_status(200).body["data"].clone()
}

/// Undoing a change is refused, because another one comes first.
async fn first_undo(app: &App, version: u64, other: u64) {
    let refused = app.admin().post(&format!("/schemas/history/{version}/plan"), json!({})).await;
    refused.expect_refusal(409, "CONFLICT");
    assert!(refused.text.contains(&format!("undo change {other} first")), "{}", refused.text);
    assert_eq!(entry(app, version).await["standing"], "changed");
}

async fn small(app: &App, name: &str) {
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "of": { "type": "String" } });
    app.collection(name, json!({ "fields": fields })).await;
    app.admin().create(name, json!({ "id": 1, "of": name })).await;
}

async fn of(app: &App, collection: &str) -> Vec<Json> {
    app.admin().column(collection, "of", json!({})).await
}

async fn trail(app: &App, path: &str) -> Vec<Json> {
    let answer = app.admin().get(&format!("/items/{path}/history")).await;
    answer.expect_status(200).body["data"].as_array().expect("revisions").clone()
}

on_every_store!(a_renamed_collection_leaves_its_name_to_a_new_one, async |app| {
    goods(app).await;
    let reading = json!({ "collection": "goods", "action": "read", "fields": ["name"] });
    let clerk = app.with_grants("Clerk", &[reading]).await;
    let made = json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "size": { "type": "Integer" } } });
    let body = json!({ "collections": [
        renamed(app, "goods", "wares").await, { "collectionName": "goods", "schema": made }
    ] });
    let version = apply(app, body).await;
    assert_eq!(stored(app).await, answered(app, &["goods", "wares"]).await);
    app.admin().create("goods", json!({ "id": 1, "size": 7 })).await;
    assert_eq!(app.admin().column("goods", "size", json!({})).await, [json!(7)]);
    assert_eq!(app.admin().rows("wares", json!({})).await.len(), 3);
    // Who might read the one may read it still, and nothing of the other.
    assert_eq!(clerk.rows("wares", json!({})).await.len(), 3);
    clerk.get("/items/goods").await.expect_refusal(403, "FORBIDDEN");
    assert_eq!((trail(app, "wares/1").await.len(), trail(app, "goods/1").await.len()), (1, 1));

    undo(app, version).await;
    assert_eq!(stored(app).await, answered(app, &["goods"]).await);
    assert_eq!(
        clerk.column("goods", "name", json!({ "sort": "id" })).await,
        ["lamp", "chair", "desk"]
    );
});

on_every_store!(a_renamed_field_leaves_its_name_to_a_new_one, async |app| {
    goods(app).await;
    let index = json!({ "name": "goods_names", "fields": ["name"] });
    app.admin().post("/schemas/goods/indexes", index).await.expect_status(201);
    let reading = json!({ "collection": "goods", "action": "read", "fields": ["name"] });
    let clerk = app.with_grants("Clerk", &[reading]).await;
    let before = schema(app, "goods").await;
    let mut changed = json!({ "fields": before["fields"], "indexes": before["indexes"] });
    let map = changed["fields"].as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    map.insert(String::from("name"), json!({ "type": "Integer" }));
    // Said anew, it speaks of the new field; what stood before goes on with the old one.
    let list = changed["indexes"].as_array_mut().expect("indexes");
    list.push(json!({ "name": "goods_numbers", "fields": ["name"] }));
    let version =
        apply(app, json!({ "collections": [{ "collectionName": "goods", "schema": changed }] }))
            .await;
    assert_eq!(column(app, "title").await, [json!("lamp"), json!("chair"), json!("desk")]);
    assert_eq!(column(app, "name").await, [Json::Null, Json::Null, Json::Null]);
    let indexes = schema(app, "goods").await["indexes"].clone();
    let of = |name: &str| {
        let all = indexes.as_array().expect("indexes");
        all.iter().find(|index| index["name"] == name).expect(name)["fields"].clone()
    };
    assert_eq!((of("goods_names"), of("goods_numbers")), (json!(["title"]), json!(["name"])));
    assert_eq!(
        clerk.rows("goods", json!({ "sort": "id" })).await[0],
        json!({ "id": 1, "title": "lamp" })
    );

    undo(app, version).await;
    assert_eq!(schema(app, "goods").await, before);
    assert_eq!(
        clerk.rows("goods", json!({ "sort": "id" })).await[0],
        json!({ "id": 1, "name": "lamp" })
    );
});

on_every_store!(the_past_of_a_field_goes_by_its_name_of_today, async |app| {
    let text = json!({ "type": "String" });
    let exact = json!({ "type": "Decimal", "values": { "precision": 40, "scale": 4 } });
    let fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "a": text, "b": text, "c": exact });
    app.collection("pairs", json!({ "fields": fields })).await;
    let admin = app.admin();
    let large = json!("123456789012345678901234567890.1250");
    admin.create("pairs", json!({ "id": 1, "a": "a1", "b": "b1", "c": large })).await;
    let change = json!({ "a": "a2", "c": "0.5" });
    admin.patch("/items/pairs/1", change).await.expect_status(200);
    let before = schema(app, "pairs").await;
    let exact_now = trail(app, "pairs/1").await[0]["before"]["c"].clone();
    // Two fields exchange their names, and a third gives its own to a new one.
    let exchanged = |pairs: &[(&str, &str)]| {
        let fields = before["fields"].as_object().expect("fields").iter();
        let named = fields.map(|(name, field)| {
            let new = pairs.iter().find(|(old, _)| old == name);
            (new.map_or(name.clone(), |(_, new)| (*new).to_owned()), field.clone())
        });
        let mut fields: serde_json::Map<String, Json> = named.collect();
        fields.insert(String::from("c"), json!({ "type": "String" }));
        json!({ "collections": [{ "collectionName": "pairs", "schema": { "fields": fields } }] })
    };
    let version = apply(app, exchanged(&[("a", "b"), ("b", "a"), ("c", "price")])).await;
    let seen = trail(app, "pairs/1").await;
    let told = seen[0]["changed"].to_string();
    assert!(told.contains("\"b\"") && told.contains("\"price\""), "{seen:?}");
    assert!(!told.contains("\"a\"") && !told.contains("\"c\""), "{seen:?}");
    let (was, is) = (&seen[0]["before"], &seen[0]["after"]);
    assert_eq!((&was["b"], &is["b"], &was["a"]), (&json!("a1"), &json!("a2"), &json!("b1")));
    assert_eq!((&was["price"], was.get("c")), (&exact_now, None), "{was}");
    // What is taken back goes where the value stands today.
    let body = json!({ "revision": seen[0]["id"], "fields": ["b", "price"] });
    admin.post("/items/pairs/1/revert", body).await.expect_status(200);
    let row = admin.one("pairs", &json!(1)).await;
    assert_eq!((&row["a"], &row["b"], &row["c"]), (&json!("b1"), &json!("a1"), &Json::Null));
    assert_eq!(row["price"], exact_now, "{row}");
    // And what is written under the new names is read under them.
    admin.patch("/items/pairs/1", json!({ "a": "late", "c": "new" })).await.expect_status(200);
    let seen = trail(app, "pairs/1").await;
    assert_eq!((&seen[0]["before"]["a"], &seen[0]["after"]["c"]), (&json!("b1"), &json!("new")));

    undo(app, version).await;
    let seen = trail(app, "pairs/1").await;
    assert_eq!(seen[0]["after"]["b"], "late", "{seen:?}");
    let first = &seen[2];
    assert_eq!((&first["before"]["a"], &first["after"]["a"]), (&json!("a1"), &json!("a2")));
    assert_eq!(first["before"]["c"], exact_now, "{first}");
    // The collection's own name may change besides.
    let moved = json!({ "collections": [renamed(app, "pairs", "couples").await] });
    apply(app, moved).await;
    assert_eq!(trail(app, "couples/1").await[2]["before"]["a"], "a1");
});

on_every_store!(the_history_of_what_ended_comes_back_with_it_and_not_to_others, async |app| {
    goods(app).await;
    app.admin().patch("/items/goods/1", json!({ "name": "torch" })).await.expect_status(200);
    let before = trail(app, "goods/1").await;
    assert_eq!(before.len(), 2);
    // Another collection of the same name, in the same change.
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "of": { "type": "String" } });
    let other = json!({ "collectionName": "goods", "schema": { "fields": fields } });
    let version = apply(app, json!({ "drop": ["goods"], "collections": [other] })).await;
    assert_eq!(stored(app).await, answered(app, &["goods"]).await);
    app.admin().create("goods", json!({ "id": 1 })).await;
    assert_eq!(trail(app, "goods/1").await.len(), 1);
    undo(app, version).await;
    assert_eq!(trail(app, "goods/1").await, before);
    // The same where one comes after the other.
    let dropped = apply(app, json!({ "drop": ["goods"] })).await;
    small(app, "goods").await;
    assert_eq!(trail(app, "goods/1").await.len(), 1);
    let made = newest(app).await["version"].as_u64().expect("a version");
    undo(app, made).await;
    undo(app, dropped).await;
    assert_eq!(trail(app, "goods/1").await, before);
});

on_every_store!(names_that_moved_on_move_back, async |app| {
    small(app, "b").await;
    small(app, "c").await;
    let body =
        json!({ "collections": [renamed(app, "b", "a").await, renamed(app, "c", "b").await] });
    let moved = apply(app, body).await;
    assert_eq!((of(app, "a").await, of(app, "b").await), (vec![json!("b")], vec![json!("c")]));
    undo(app, moved).await;
    assert_eq!((of(app, "b").await, of(app, "c").await), (vec![json!("b")], vec![json!("c")]));
    assert_eq!(stored(app).await, answered(app, &["b", "c"]).await);
    app.admin().get("/schemas/a").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});

on_every_store!(names_that_traded_places_trade_back, async |app| {
    small(app, "a").await;
    small(app, "b").await;
    let reading = json!({ "collection": "a", "action": "read", "fields": ["of"] });
    let clerk = app.with_grants("Clerk", &[reading]).await;
    let body = json!({ "collections": [
        renamed(app, "a", "between").await, renamed(app, "b", "a").await,
        { "collectionName": "b", "was": "between", "schema": schema(app, "a").await }
    ] });
    let mut body = body;
    // What stood between is a collection of its own in the end.
    body["collections"][0]["schema"] = json!({ "fields": { "of": { "type": "String" } } });
    let traded = apply(app, body).await;
    assert_eq!((of(app, "a").await, of(app, "b").await), (vec![json!("b")], vec![json!("a")]));
    assert_eq!(clerk.column("b", "of", json!({})).await, ["a"]);
    undo(app, traded).await;
    assert_eq!((of(app, "a").await, of(app, "b").await), (vec![json!("a")], vec![json!("b")]));
    assert_eq!(clerk.column("a", "of", json!({})).await, ["a"]);
    clerk.get("/items/b").await.expect_refusal(403, "FORBIDDEN");
    assert_eq!(stored(app).await, answered(app, &["a", "b"]).await);
});

on_every_store!(a_name_that_another_collection_has_is_given_back_first, async |app| {
    small(app, "a").await;
    let moved = apply(app, json!({ "collections": [renamed(app, "a", "b").await] })).await;
    assert_eq!(entry(app, moved).await["standing"], "undoable");
    small(app, "a").await;
    let made = newest(app).await["version"].as_u64().expect("a version");
    first_undo(app, moved, made).await;
    undo(app, made).await;
    undo(app, moved).await;
    assert_eq!(of(app, "a").await, ["a"]);
});

on_every_store!(a_change_that_was_done_again_is_not_undone_any_more, async |app| {
    goods(app).await;
    let dropped = apply(app, without(app, "note").await).await;
    let version = async || newest(app).await["version"].as_u64().expect("a version");
    undo(app, dropped).await;
    let undone = version().await;
    assert_eq!(entry(app, dropped).await["undoneBy"], undone);
    undo(app, undone).await;
    let again = version().await;
    assert_eq!(entry(app, undone).await["undoneBy"], again);
    // The field is gone, so nobody has undone that; but what it held since is kept elsewhere.
    assert_eq!(entry(app, dropped).await["undoneBy"], Json::Null);
    first_undo(app, dropped, again).await;
    undo(app, again).await;
    let last = version().await;
    let first = entry(app, dropped).await;
    assert_eq!((&first["standing"], &first["undoneBy"]), (&json!("undone"), &json!(last)));
    first_undo(app, undone, last).await;
    assert_eq!(column(app, "note").await, [json!("a"), Json::Null, json!("c")]);
});

on_every_store!(no_new_field_has_a_name_that_filters_and_sorts_mean_otherwise, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    for name in ["AND", "or", "Not", "_distance"] {
        let fields = json!({ name: { "type": "String" } });
        let body = json!({ "collectionName": "wares", "schema": { "fields": fields } });
        let made = app.admin().post("/schemas", body).await;
        let mut fields = before["fields"].clone();
        fields[name] = json!({ "type": "String" });
        let added =
            app.admin().patch("/schemas/goods", json!({ "schema": { "fields": fields } })).await;
        let mut fields = before["fields"].clone();
        fields[name] = fields["note"].take();
        fields.as_object_mut().expect("fields").remove("note");
        let renamed =
            app.admin().patch("/schemas/goods", json!({ "schema": { "fields": fields } })).await;
        for answer in [made, added, renamed] {
            answer.expect_refusal(400, "SCHEMA_INVALID");
            assert!(answer.text.contains("a word of filters and sorts"), "{}", answer.text);
        }
    }
    // Nor one that a flag gives to a relation of its own.
    let fields = json!({ "userCreated": { "type": "String" } });
    let schema_of = json!({ "usertrack": true, "fields": fields });
    let body = json!({ "collectionName": "wares", "schema": schema_of });
    let refused = app.admin().post("/schemas", body).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("makes a relation `userCreated`"), "{}", refused.text);
    assert_eq!(schema(app, "goods").await, before);
});
