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

/// What is stored of the schemas, which is what is answered.
async fn told_as_stored(app: &App) -> Vec<Json> {
    let stored = stored(app).await;
    let names: Vec<&str> = stored.iter().filter_map(|one| one["collectionName"].as_str()).collect();
    assert_eq!(stored, answered(app, &names).await);
    stored.clone()
}

/// A schema that speaks of collections by these names of theirs, each `(was, is)`.
fn spoken(schema: &Json, names: &[(&str, &str)]) -> Json {
    let mut schema = schema.clone();
    for (_, field) in schema["fields"].as_object_mut().expect("fields") {
        let new = names.iter().find(|(was, _)| field["target"] == *was);
        if let Some((_, is)) = new {
            field["target"] = json!(is);
        }
    }
    schema
}

/// The entries of a plan that gives collections these names, each `(was, is)`.
async fn entries(app: &App, names: &[(&str, &str)]) -> Vec<Json> {
    let mut all = Vec::new();
    for (was, is) in names {
        let schema = spoken(&schema(app, was).await, names);
        all.push(json!({ "collectionName": is, "was": was, "schema": schema }));
    }
    all
}

on_every_store!(collections_exchange_their_names_in_one_plan, async |app| {
    for name in ["a", "b", "owners"] {
        small(app, name).await;
    }
    let admin = app.admin();
    for (source, target, name) in
        [("a", "b", "friend"), ("a", "a", "mother"), ("owners", "a", "pet")]
    {
        let relation = json!({ "type": "M2O", "target": target, "name": name, "alias": format!("{name}_of"), "onDelete": "RESTRICT" });
        app.relation(source, relation).await;
    }
    let many = json!({ "type": "M2M", "target": "b", "name": "walks", "alias": "walkers" });
    app.relation("owners", many).await;
    let index = json!({ "fields": ["of"], "unique": true });
    admin.post("/schemas/a/indexes", index).await.expect_status(201);
    let led = json!({ "friend_id": 1, "mother_id": 1 });
    admin.patch("/items/a/1", led).await.expect_status(200);
    let led = json!({ "pet_id": 1, "walks": [{ "b_id": 1 }] });
    admin.patch("/items/owners/1", led).await.expect_status(200);
    let reading = json!({ "collection": "a", "action": "read", "fields": ["of", "friend.of"],
        "conditions": { "friend.of": { "eq": "b" } } });
    let clerk = app.with_grants("Clerk", &[reading]).await;
    for name in ["a", "b"] {
        let view = json!({ "collectionName": name, "preferenceType": "columns", "name": name, "preferenceData": { "columns": "of" } });
        admin.create("baasix_UserPreference", view).await;
    }
    let before = told_as_stored(app).await;

    let body = json!({ "updateReferences": true, "collections": entries(app, &[("a", "b"), ("b", "a")]).await });
    let plan = admin.post("/schemas/plan", body.clone()).await;
    let steps = plan.expect_status(200).body["data"]["steps"].as_array().expect("steps").clone();
    let renamed = steps.iter().filter(|step| step["op"] == "rename_collection");
    let statements: Vec<usize> =
        renamed.map(|step| step["sql"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(statements, [4, 0], "{}", plan.text);
    assert_eq!(steps.len(), 2, "nothing is made anew: {}", plan.text);
    let exchanged = apply(app, body).await;

    assert_eq!((of(app, "a").await, of(app, "b").await), (vec![json!("b")], vec![json!("a")]));
    told_as_stored(app).await;
    let paths = json!({ "fields": ["pet.of", "pet.friend.of", "pet.mother.of", "walks.*"] });
    let owner = admin.rows("owners", paths).await[0].clone();
    assert_eq!(owner["pet"]["of"], "a", "{owner}");
    assert_eq!(owner["pet"]["friend"]["of"], "b", "{owner}");
    assert_eq!(owner["pet"]["mother"]["of"], "a", "{owner}");
    assert_eq!(owner["walks"][0]["b_id"], 1, "{owner}");
    admin.delete("/items/b/1").await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    admin.delete("/items/a/1").await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    let twin = admin.post("/items/b", json!({ "id": 2, "of": "a" })).await;
    twin.expect_refusal(409, "UNIQUE_VIOLATION");
    assert_eq!(clerk.rows("b", json!({ "fields": ["friend.of"] })).await[0]["friend"]["of"], "b");
    clerk.get("/items/a").await.expect_refusal(403, "FORBIDDEN");
    let views = async || {
        admin.column("baasix_UserPreference", "collectionName", json!({ "sort": "name" })).await
    };
    assert_eq!(views().await, ["b", "a"]);
    assert_eq!((trail(app, "b/1").await.len(), trail(app, "a/1").await.len()), (2, 1));

    undo(app, exchanged).await;
    assert_eq!(told_as_stored(app).await, before);
    assert_eq!((of(app, "a").await, of(app, "b").await), (vec![json!("a")], vec![json!("b")]));
    assert_eq!(clerk.column("a", "of", json!({})).await, ["a"]);
    assert_eq!((trail(app, "a/1").await.len(), trail(app, "b/1").await.len()), (2, 1));
});

on_every_store!(names_are_given_on_in_whatever_order_a_plan_says_so, async |app| {
    for name in ["a", "b", "c", "aside_0"] {
        small(app, name).await;
    }
    // Each before the one that it waits for, and a ring besides.
    let moved = [("a", "b"), ("b", "c"), ("c", "d")];
    let chain = apply(app, json!({ "collections": entries(app, &moved).await })).await;
    for (was, is) in moved {
        assert_eq!(of(app, is).await, [was], "{is}");
    }
    let ring = [("b", "c"), ("c", "d"), ("d", "b")];
    apply(app, json!({ "collections": entries(app, &ring).await })).await;
    for (was, is) in [("c", "b"), ("a", "c"), ("b", "d"), ("aside_0", "aside_0")] {
        assert_eq!(of(app, is).await, [was], "{is}");
    }
    first_undo(app, chain, chain + 1).await;
    undo(app, chain + 1).await;
    undo(app, chain).await;
    for name in ["a", "b", "c", "aside_0"] {
        assert_eq!(of(app, name).await, [name]);
    }
    // A name that stays another's is none to be had, and no collection has two.
    let taken = json!({ "collections": entries(app, &[("a", "b"), ("b", "c")]).await });
    let taken = app.admin().post("/schemas/plan", taken).await;
    taken.expect_refusal(409, "SCHEMA_EXISTS");
    assert!(taken.text.contains("`c` exists already"), "{}", taken.text);
    let two = json!({ "collections": entries(app, &[("a", "d"), ("a", "e")]).await });
    let two = app.admin().post("/schemas/plan", two).await;
    two.expect_refusal(400, "SCHEMA_INVALID");
    assert!(two.text.contains("`a` is given two names"), "{}", two.text);
});

on_every_store!(fields_exchange_their_names_in_one_plan, async |app| {
    let (text, number) = (json!({ "type": "String" }), json!({ "type": "Integer" }));
    let key = json!({ "type": "Integer", "primaryKey": true });
    small(app, "makers").await;
    let fields = json!({ "id": key, "a": { "type": "String", "unique": true }, "b": text, "x": number, "y": number,
        "label": { "type": "VIRTUAL", "calculated": "a || '-' || x" } });
    let indexes = json!([{ "name": "pairs_b_x", "fields": ["b", "x"] }]);
    app.collection("pairs", json!({ "fields": fields, "indexes": indexes })).await;
    for (name, column) in [("maker", "m_id"), ("seller", "s_id")] {
        let relation = json!({ "type": "M2O", "target": "makers", "name": name, "foreignKey": column, "alias": format!("{name}_of") });
        app.relation("pairs", relation).await;
    }
    let admin = app.admin();
    admin.create("makers", json!({ "id": 2, "of": "second" })).await;
    let row = json!({ "id": 1, "a": "a1", "b": "b1", "x": 1, "y": 2, "m_id": 1, "s_id": 2 });
    admin.create("pairs", row).await;
    let reading = json!({ "collection": "pairs", "action": "read", "fields": ["a", "y"], "conditions": { "b": { "eq": "b1" } } });
    let clerk = app.with_grants("Clerk", &[reading]).await;
    let before = schema(app, "pairs").await;
    let pairs = [("a", "b"), ("x", "y"), ("m_id", "s_id")];
    let other = |name: &str| {
        pairs.iter().find_map(|(one, two)| match name {
            name if name == *one => Some((*two).to_owned()),
            name if name == *two => Some((*one).to_owned()),
            _ => None,
        })
    };
    let fields = before["fields"].as_object().expect("fields").iter();
    let fields: serde_json::Map<String, Json> = fields
        .map(|(name, field)| (other(name).unwrap_or_else(|| name.clone()), field.clone()))
        .collect();
    let body = json!({ "collections": [{ "collectionName": "pairs", "schema": { "fields": fields, "indexes": before["indexes"] } }] });
    let version = apply(app, body).await;
    let row = admin.one("pairs", &json!(1)).await;
    let shown = |names: [&str; 7]| Json::from(names.map(|name| row[name].clone()).to_vec());
    assert_eq!(
        shown(["a", "b", "x", "y", "m_id", "s_id", "label"]),
        json!(["b1", "a1", 2, 1, 2, 1, "a1-1"]),
        "{row}"
    );
    let led = admin.rows("pairs", json!({ "fields": ["maker.of", "seller.of"] })).await[0].clone();
    assert_eq!((&led["maker"]["of"], &led["seller"]["of"]), (&json!("makers"), &json!("second")));
    assert_eq!(admin.rows("makers", json!({ "filter": { "maker_of.id": 1 } })).await[0]["id"], 1);
    let after = schema(app, "pairs").await;
    assert_eq!(after["indexes"][0]["fields"], json!(["a", "y"]), "{after}");
    let twin = admin.post("/items/pairs", json!({ "id": 2, "b": "a1" })).await;
    twin.expect_refusal(409, "UNIQUE_VIOLATION");
    admin.create("pairs", json!({ "id": 2, "a": "b1" })).await;
    let seen = clerk.rows("pairs", json!({ "sort": "id" })).await;
    assert_eq!(seen[0], json!({ "id": 1, "b": "a1", "x": 2 }), "{seen:?}");
    assert_eq!(seen.len(), 2, "whoever saw the old `b` sees by it still: {seen:?}");

    undo(app, version).await;
    assert_eq!(schema(app, "pairs").await, before);
    assert_eq!(admin.one("pairs", &json!(1)).await["label"], "a1-1");
    assert_eq!(
        clerk.rows("pairs", json!({ "sort": "id" })).await[0],
        json!({ "id": 1, "a": "a1", "y": 2 })
    );
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
