//! Changing a collection that has rows in it.

use super::{goods, schema};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Changes one field definition (or adds it; null removes it) and sends the whole map, as the SDK does.
async fn change(app: &App, name: &str, definition: Json) -> crate::harness::Answer {
    let mut fields = schema(app, "goods").await["fields"].clone();
    match definition {
        Json::Null => {
            fields.as_object_mut().expect("fields").remove(name);
        }
        definition => {
            let old = fields[name]["fieldId"].clone();
            fields[name] = definition;
            if !old.is_null() {
                fields[name]["fieldId"] = old;
            }
        }
    }
    app.admin().patch("/schemas/goods", json!({ "schema": { "fields": fields } })).await
}

on_every_store!(fields_come_and_go_with_the_rows_kept, async |app| {
    goods(app).await;
    change(app, "stock", json!({ "type": "Integer", "defaultValue": 5 })).await.expect_status(200);
    let rows = app.admin().rows("goods", json!({ "sort": "id" })).await;
    assert_eq!((rows.len(), &rows[0]["name"]), (3, &json!("lamp")));
    app.admin().create("goods", json!({ "id": 4 })).await;
    assert_eq!(app.admin().one("goods", &json!(4)).await["stock"], 5);
    change(app, "note", Json::Null).await.expect_status(200);
    let row = app.admin().one("goods", &json!(1)).await;
    assert!(row.get("note").is_none(), "{row}");
    app.admin()
        .find("goods", json!({ "filter": { "note": "a" } }))
        .await
        .expect_refusal(400, "UNKNOWN_FIELD");
});

on_every_store!(a_new_required_field_needs_a_default_where_rows_are, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    let refused = change(app, "must", json!({ "type": "String", "allowNull": false })).await;
    assert!(matches!(refused.status, 400 | 409), "{}", refused.text);
    assert!(refused.text.contains("must"), "{}", refused.text);
    assert_eq!(schema(app, "goods").await, before);
    change(app, "must", json!({ "type": "String", "allowNull": false, "defaultValue": "x" }))
        .await
        .expect_status(200);
    assert_eq!(
        app.admin().column("goods", "must", json!({})).await,
        [json!("x"), json!("x"), json!("x")]
    );
});

on_every_store!(a_change_of_type_converts_every_value_or_changes_nothing, async |app| {
    goods(app).await;
    change(app, "price", json!({ "type": "Decimal", "values": { "precision": 10, "scale": 2 } }))
        .await
        .expect_status(200);
    let prices = app.admin().column("goods", "price", json!({ "sort": "id" })).await;
    assert_eq!(json!(prices).to_string(), "[12.50,7.00,null]");
    assert_eq!(
        app.admin().column("goods", "id", json!({ "filter": { "price": { "gt": 8 } } })).await,
        [json!(1)]
    );
    let before = schema(app, "goods").await;
    let refused = change(app, "name", json!({ "type": "Integer" })).await;
    assert!(matches!(refused.status, 400 | 409), "{}", refused.text);
    assert!(refused.text.contains("name"), "{}", refused.text);
    assert_eq!(schema(app, "goods").await, before);
    assert_eq!(app.admin().one("goods", &json!(1)).await["name"], "lamp");
    change(app, "price", json!({ "type": "String" })).await.expect_status(200);
    assert_eq!(
        app.admin().column("goods", "price", json!({ "sort": "id" })).await,
        [json!("12.50"), json!("7.00"), Json::Null]
    );
});

on_every_store!(stricter_rules_are_taken_only_when_the_rows_obey_them, async |app| {
    goods(app).await;
    for (name, definition) in [
        ("note", json!({ "type": "Text", "allowNull": false })),
        ("name", json!({ "type": "String", "values": { "length": 4 } })),
        ("name", json!({ "type": "Enum", "values": ["lamp", "chair"] })),
    ] {
        let refused = change(app, name, definition.clone()).await;
        assert!(matches!(refused.status, 400 | 409), "{definition}: {}", refused.text);
    }
    change(
        app,
        "name",
        json!({ "type": "String", "values": { "length": 5 }, "unique": true, "allowNull": false }),
    )
    .await
    .expect_status(200);
    let admin = app.admin();
    admin
        .post("/items/goods", json!({ "id": 9, "name": "longer" }))
        .await
        .expect_refusal(400, "VALIDATION_ERROR");
    admin
        .post("/items/goods", json!({ "id": 9, "name": "lamp" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    admin
        .post("/items/goods", json!({ "id": 9 }))
        .await
        .expect_refusal(400, "REQUIRED_FIELD_MISSING");
    change(app, "name", json!({ "type": "String" })).await.expect_status(200);
    admin.post("/items/goods", json!({ "id": 9, "name": "lamp" })).await.expect_status(201);
    let twice = change(app, "name", json!({ "type": "String", "unique": true })).await;
    twice.expect_status(409);
});

on_every_store!(the_same_field_under_another_name_is_a_rename, async |app| {
    goods(app).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    app.admin()
        .patch("/schemas/goods", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    assert_eq!(
        app.admin().column("goods", "title", json!({ "sort": "id" })).await,
        [json!("lamp"), json!("chair"), json!("desk")]
    );
});

on_every_store!(what_a_change_leaves_out_stays, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await["fields"].clone();
    app.admin()
        .patch("/schemas/goods", json!({ "schema": { "icon": "box" } }))
        .await
        .expect_status(200);
    let after = schema(app, "goods").await;
    assert_eq!((&after["fields"], &after["icon"]), (&before, &json!("box")));
    app.admin()
        .patch("/schemas/nothing", json!({ "schema": {} }))
        .await
        .expect_refusal(404, "SCHEMA_NOT_FOUND");
    app.admin().patch("/schemas/goods", json!({})).await.expect_refusal(400, "INVALID_BODY");
});

on_every_store!(flags_can_be_turned_on_later, async |app| {
    goods(app).await;
    let flags = json!({ "schema": { "paranoid": true, "usertrack": true, "sortEnabled": true } });
    app.admin().patch("/schemas/goods", flags).await.expect_status(200);
    let rows = app.admin().rows("goods", json!({})).await;
    assert_eq!(rows.len(), 3, "old rows count as deleted");
    assert!(rows.iter().all(|row| row["deletedAt"].is_null()), "{rows:?}");
    app.admin().delete("/items/goods/1").await.expect_status(200);
    assert_eq!(app.admin().rows("goods", json!({})).await.len(), 2);
    app.admin().create("goods", json!({ "id": 9 })).await;
    let row = app.admin().one("goods", &json!(9)).await;
    assert_eq!(row["userCreated_Id"], json!(app.admin().user_id));
    assert!(row["sort"].is_number(), "{row}");
});

on_every_store!(each_flag_can_be_turned_on_by_itself_and_is_told, async |app| {
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } });
    app.collection("rows", json!({ "timestamps": false, "fields": fields })).await;
    let admin = app.admin();
    admin.create("rows", json!({ "id": 1, "name": "old" })).await;
    assert_eq!(admin.one("rows", &json!(1)).await, json!({ "id": 1, "name": "old" }));
    let mut id = 1;
    for (flag, columns) in [
        ("timestamps", vec!["createdAt", "updatedAt"]),
        ("sortEnabled", vec!["sort"]),
        ("usertrack", vec!["userCreated_Id"]),
        ("paranoid", vec![]),
    ] {
        admin.patch("/schemas/rows", json!({ "schema": { flag: true } })).await.expect_status(200);
        let stored = schema(app, "rows").await;
        assert_eq!(stored[flag], true, "{stored}");
        assert_eq!(admin.one("rows", &json!(1)).await["name"], "old", "{flag}");
        id += 1;
        admin.create("rows", json!({ "id": id })).await;
        let row = admin.one("rows", &json!(id)).await;
        assert!(columns.iter().all(|column| !row[*column].is_null()), "{flag}: {row}");
    }
    admin.delete("/items/rows/2").await.expect_status(200);
    admin.get("/items/rows/2").await.expect_refusal(403, "ITEM_NOT_FOUND");
    // A map of fields that leaves out what a flag made keeps it.
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } });
    admin
        .patch("/schemas/rows", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    let kept = schema(app, "rows").await["fields"].clone();
    for name in ["createdAt", "updatedAt", "deletedAt", "sort", "userCreated_Id", "userUpdated_Id"]
    {
        assert!(kept[name].is_object(), "{name}: {kept}");
    }
    assert_eq!(admin.rows("rows", json!({ "paranoid": "false" })).await.len(), 5);
});

on_every_store!(a_changed_default_fills_new_rows_only, async |app| {
    goods(app).await;
    change(app, "price", json!({ "type": "String", "defaultValue": "free" }))
        .await
        .expect_status(200);
    app.admin().create("goods", json!({ "id": 4 })).await;
    change(app, "price", json!({ "type": "String" })).await.expect_status(200);
    app.admin().create("goods", json!({ "id": 5 })).await;
    assert_eq!(
        app.admin().column("goods", "price", json!({ "sort": "id" })).await,
        [json!("12.50"), json!("7"), Json::Null, json!("free"), Json::Null]
    );
});

on_every_store!(indexes_are_made_kept_in_the_schema_and_dropped, async |app| {
    goods(app).await;
    let admin = app.admin();
    let index = json!({ "fields": ["name", "price"], "unique": true });
    admin.post("/schemas/goods/indexes", index.clone()).await.expect_status(201);
    admin.post("/schemas/goods/indexes", index).await.expect_status(201);
    let stored = schema(app, "goods").await["indexes"].clone();
    assert_eq!(
        (stored.as_array().map(Vec::len), &stored[0]["name"]),
        (Some(1), &json!("goods_name_price_idx")),
        "{stored}"
    );
    let twice =
        admin.post("/items/goods", json!({ "id": 9, "name": "lamp", "price": "12.50" })).await;
    twice.expect_refusal(409, "UNIQUE_VIOLATION");
    assert!(twice.message().contains("Unique constraint violation"), "{}", twice.text);
    admin.delete("/schemas/goods/indexes/goods_name_price_idx").await.expect_status(200);
    admin.create("goods", json!({ "id": 9, "name": "lamp", "price": "12.50" })).await;
    let again = json!({ "name": "u", "fields": ["name", "price"], "unique": true });
    admin.post("/schemas/goods/indexes", again).await.expect_status(409);
    assert_eq!(schema(app, "goods").await["indexes"].as_array().map_or(0, Vec::len), 0);
    for bad in [
        json!({}),
        json!({ "fields": [] }),
        json!({ "fields": ["nothing"] }),
        json!({ "fields": ["name"], "name": "a\"b" }),
    ] {
        let answer = admin.post("/schemas/goods/indexes", bad.clone()).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text);
    }
    let missing = admin.delete("/schemas/goods/indexes/nothing").await;
    assert!(matches!(missing.status, 400 | 404), "{}", missing.text);
    // NULLs are distinct, unless the index says otherwise.
    admin
        .post(
            "/schemas/goods/indexes",
            json!({ "name": "n", "fields": ["note"], "unique": true, "nullsNotDistinct": true }),
        )
        .await
        .expect_status(409);
    admin.delete("/items/goods/9").await.expect_status(200);
    admin
        .post(
            "/schemas/goods/indexes",
            json!({ "name": "n", "fields": ["note"], "unique": true, "nullsNotDistinct": true }),
        )
        .await
        .expect_status(201);
    admin.post("/items/goods", json!({ "id": 10 })).await.expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(readers_and_writers_go_on_while_a_schema_changes, async |app| {
    goods(app).await;
    let admin = app.admin();
    let writers = (0..20_u32).map(|n| async move {
        admin.post("/items/goods", json!({ "id": 100 + n, "name": "new" })).await.status
    });
    let readers =
        (0..20).map(|_| async move { admin.get("/items/goods?fields=id,name").await.status });
    let schema_change = async {
        change(app, "stock", json!({ "type": "Integer", "defaultValue": 1 })).await.status
    };
    let (wrote, read, changed) = tokio::join!(
        futures_util::future::join_all(writers),
        futures_util::future::join_all(readers),
        schema_change
    );
    assert_eq!(changed, 200);
    assert!(wrote.iter().all(|status| *status == 201), "{wrote:?}");
    assert!(read.iter().all(|status| *status == 200), "{read:?}");
    assert_eq!(admin.find("goods", json!({ "limit": 0 })).await.body["totalCount"], 23);
});

on_every_store!(a_type_changes_beneath_a_computed_field, async |app| {
    let id = json!({ "type": "Integer", "primaryKey": true });
    let computed = |text: &str| json!({ "type": "VIRTUAL", "calculated": text });
    let fields = json!({
        "id": id, "name": { "type": "String" }, "kind": { "type": "String" },
        "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
        "up": { "type": "VIRTUAL", "calculated": "UPPER(name)", "unique": true },
        "both": computed("name || '/' || kind"), "stays": computed("'a' || kind")
    });
    let indexes = json!([{ "fields": ["up", "name"], "name": "zz_up_name" }]);
    let definition = json!({ "timestamps": false, "fields": fields, "indexes": indexes });
    app.collection("zz", definition.clone()).await;
    app.admin().create("zz", json!({ "id": 1, "name": "ab", "kind": "k", "price": "1.50" })).await;
    let change = async |fields: Json| {
        let answer = app
            .admin()
            .patch(
                "/schemas/zz",
                json!({ "schema": { "timestamps": false, "fields": fields, "indexes": indexes } }),
            )
            .await;
        answer.expect_status(200);
        app.admin().one("zz", &json!(1)).await
    };
    // A length, and a precision beside a computed field that is new.
    let mut next = schema(app, "zz").await["fields"].clone();
    next["name"]["values"] = json!({ "length": 40 });
    next["price"]["values"] = json!({ "precision": 10, "scale": 3 });
    next["told"] = computed("kind || ' ' || price");
    let row = change(next).await;
    assert_eq!((&row["up"], &row["both"]), (&json!("AB"), &json!("ab/k")));
    assert_eq!((&row["told"], &row["stays"]), (&json!("k 1.500"), &json!("ak")));
    let twice = app.admin().post("/items/zz", json!({ "id": 2, "name": "AB" })).await;
    twice.expect_refusal(409, "UNIQUE_VIOLATION");
    // Another type, while a computed field gets another name and another text.
    let mut next = schema(app, "zz").await["fields"].clone();
    next["name"] = json!({ "type": "Text", "fieldId": next["name"]["fieldId"] });
    let mut both = next.as_object_mut().expect("fields").remove("both").expect("both");
    both["calculated"] = json!("name || '+'");
    next["joined"] = both;
    let row = change(next).await;
    assert_eq!((&row["up"], &row["joined"]), (&json!("AB"), &json!("ab+")));
    // A field goes, and what was computed of it is computed of another.
    let mut next = schema(app, "zz").await["fields"].clone();
    next.as_object_mut().expect("fields").remove("kind");
    for name in ["told", "stays"] {
        next[name]["calculated"] = json!("'b' || name");
    }
    let row = change(next).await;
    assert_eq!((&row["told"], &row["stays"]), (&json!("bab"), &json!("bab")));
    let found = app.admin().column("zz", "id", json!({ "filter": { "up": "AB" } })).await;
    assert_eq!(found, [json!(1)]);
});

on_every_store!(what_is_there_twice_is_counted_and_shown_where_it_stands_in_the_way, async |app| {
    goods(app).await;
    for (id, note) in [(11, "same"), (12, "same"), (13, "same"), (14, "other")] {
        let row = json!({ "id": id, "name": format!("n{id}"), "note": note });
        app.admin().create("goods", row).await;
    }
    let index = json!({ "fields": ["note"], "unique": true });
    let answer = app.admin().post("/schemas/goods/indexes", index).await;
    answer.expect_refusal(409, "UNIQUE_VIOLATION");
    let told =
        "3 records of `goods` share what they have in `note` with another, for example record 11";
    assert!(answer.text.contains(told), "{}", answer.text);
    assert!(answer.text.contains("remove what is there twice"), "{}", answer.text);
});
