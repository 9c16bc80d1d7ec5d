//! The sentences and codes that clients know, one situation after the other.

use crate::harness::{Answer, App, on_every_store, plain};
use serde_json::json;

async fn shelf(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("makers", json!({ "fields": { "id": key, "name": { "type": "String" } } }))
        .await;
    app.collection(
        "goods",
        json!({ "fields": {
            "id": key, "name": { "type": "String", "allowNull": false }, "code": { "type": "String", "unique": true },
            "stock": { "type": "Integer", "validate": { "min": 0 } }, "email": { "type": "String", "validate": { "isEmail": true } }
        } }),
    )
    .await;
    let maker = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods", "onDelete": "RESTRICT" });
    app.relation("goods", maker).await;
    app.admin().create("makers", json!({ "id": 1, "name": "Ada" })).await;
    app.admin().create("goods", json!({ "id": 1, "name": "lamp", "code": "a", "maker": 1 })).await;
}

/// The refusal in one line, and the envelope whole: what readers of either old shape look for.
#[track_caller]
fn said(answer: &Answer, status: u16, code: &str, message: &str) {
    answer.expect_refusal(status, code);
    assert_eq!(answer.message(), message, "{}", answer.text);
    assert_eq!(answer.body["message"], answer.body["error"]["message"], "{}", answer.text);
    assert!(answer.body["details"].is_array(), "{}", answer.text);
    let kind = answer.headers["content-type"].to_str().expect("text");
    assert!(kind.starts_with("application/json"), "{kind}");
}

on_every_store!(a_refused_record_is_told_in_the_known_words, async |app| {
    shelf(app).await;
    let admin = app.admin();
    said(&admin.get("/items/gods").await, 404, "COLLECTION_NOT_FOUND", "Model gods not found");
    let missing = "Item not found or you don't have permission to";
    said(&admin.get("/items/goods/9").await, 403, "ITEM_NOT_FOUND", &format!("{missing} read it"));
    let change = json!({ "name": "x" });
    let changed = admin.patch("/items/goods/9", change).await;
    said(&changed, 403, "ITEM_NOT_FOUND", &format!("{missing} update it"));
    let removed = admin.delete("/items/goods/9").await;
    said(&removed, 403, "ITEM_NOT_FOUND", &format!("{missing} delete it"));
    said(&admin.get("/items/goods/x").await, 400, "INVALID_ID", "Invalid ID");
    let required = admin.post("/items/goods", json!({ "id": 2 })).await;
    said(&required, 400, "REQUIRED_FIELD_MISSING", "Required field missing");
    assert_eq!(required.body["details"][0]["field"], "name");
    let taken = admin.post("/items/goods", json!({ "id": 2, "name": "x", "code": "a" })).await;
    said(&taken, 409, "UNIQUE_VIOLATION", "Unique constraint violation");
    assert_eq!(taken.body["details"][0]["field"], "code");
    let words = "Foreign key constraint violation";
    let pointing = admin.post("/items/goods", json!({ "id": 2, "name": "x", "maker_id": 9 })).await;
    said(&pointing, 409, "FOREIGN_KEY_VIOLATION", words);
    assert_eq!(pointing.body["details"][0]["field"], "maker_id", "{}", pointing.text);
    let kept = admin.delete("/items/makers/1").await;
    said(&kept, 409, "FOREIGN_KEY_VIOLATION", words);
    assert_eq!(kept.body["details"][0]["field"], "goods.maker_id", "{}", kept.text);
    let broken = admin
        .post("/items/goods", json!({ "id": 2, "name": "x", "stock": -1, "email": "x" }))
        .await;
    said(
        &broken,
        400,
        "VALIDATION_ERROR",
        "Validation failed: stock: Value -1 is less than minimum 0; email: Invalid email format",
    );
    assert_eq!(
        broken.body["error"]["details"],
        json!({ "code": "VALIDATION_ERROR", "errors": [
            { "field": "stock", "message": "Value -1 is less than minimum 0", "value": -1, "rule": "min" },
            { "field": "email", "message": "Invalid email format", "value": "x", "rule": "isEmail" }
        ] })
    );
    let relation = admin.patch("/items/makers/1", json!({ "goods": "all" })).await;
    said(&relation, 400, "RELATION_INVALID", "Validation failed for relational data");
    assert_eq!(
        (&relation.body["details"][0]["field"], &relation.body["details"][0]["message"]),
        (&json!("goods"), &json!("Value must be an array for goods"))
    );
    assert_eq!(relation.body["error"]["details"], relation.body["details"]);
    assert_eq!(admin.rows("goods", json!({})).await.len(), 1);
});

on_every_store!(a_refused_list_is_told_in_the_known_words, async |app| {
    shelf(app).await;
    let admin = app.admin();
    let array = "Request body must be an array";
    said(&admin.post("/items/goods/bulk", json!({})).await, 400, "INVALID_BODY", array);
    said(&admin.patch("/items/goods/bulk", json!({})).await, 400, "INVALID_BODY", array);
    let keys = admin.delete_with("/items/goods/bulk", json!({})).await;
    said(&keys, 400, "INVALID_BODY", "Request body must be an array of IDs");
    let second = json!([{ "id": 2, "name": "x" }, { "id": 3, "name": "y", "stock": -5 }]);
    let refused = admin.post("/items/goods/bulk", second).await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    let detail = &refused.body["details"][0];
    assert_eq!((&detail["index"], &detail["error"]), (&json!(1), &detail["message"]), "{detail}");
});

on_every_store!(a_refused_question_names_the_parameter, async |app| {
    shelf(app).await;
    for (query, code, at) in [
        ("filter={", "INVALID_QUERY", "filter"),
        ("limit=many", "INVALID_QUERY", "limit"),
        ("sort=weight", "UNKNOWN_FIELD", "sort"),
        ("filter={\"name\":{\"eq\":\"$COL(weight)\"}}", "UNKNOWN_FIELD", "filter.name"),
        ("filter={\"weight\":1}", "UNKNOWN_FIELD", "filter.weight"),
        ("filter={\"name\":{\"resembles\":1}}", "UNKNOWN_OPERATOR", "filter.name.resembles"),
    ] {
        let answer = app.admin().get(&format!("/items/goods?{query}")).await;
        answer.expect_refusal(400, code);
        let told = answer.body["details"][0]["field"].as_str().unwrap_or_default();
        assert!(told.starts_with(at), "{query}: {}", answer.text);
    }
});

on_every_store!(what_is_no_item_route_is_refused, async |app| {
    shelf(app).await;
    let admin = app.admin();
    for body in ["", "[]", "[{\"id\":5,\"name\":\"x\"}]", "null"] {
        admin.post_text("/items/goods", body).await.expect_refusal(400, "INVALID_BODY");
    }
    let put = admin.put("/items/goods/1", json!({ "name": "x" })).await;
    put.expect_refusal(405, "METHOD_NOT_ALLOWED");
    assert_eq!(admin.column("goods", "name", json!({})).await, [json!("lamp")]);
});

on_every_store!(a_key_of_any_name_is_a_key, async |app| {
    app.collection("pages", json!({ "fields": { "slug": { "type": "String", "primaryKey": true }, "title": { "type": "String" } } })).await;
    let made = app.admin().post("/items/pages", json!({ "slug": "home", "title": "Home" })).await;
    assert_eq!(made.expect_status(201).body["data"]["id"], "home");
    let one = app.admin().get("/items/pages/home").await.body["data"].clone();
    assert_eq!((&one["slug"], &one["title"]), (&json!("home"), &json!("Home")));
    let changed = app.admin().patch("/items/pages/home", json!({ "title": "Start" })).await;
    assert_eq!(changed.expect_status(200).body["data"]["id"], "home");
    let gone = app.admin().delete(&format!("/items/pages/{}", plain(&one["slug"]))).await;
    assert_eq!(gone.expect_status(200).body["data"], json!({ "id": "home" }));
    assert_eq!(app.admin().rows("pages", json!({})).await.len(), 0);
});

on_every_store!(a_refused_foreign_key_names_its_field_and_no_other, async |app| {
    shelf(app).await;
    let seller = json!({ "type": "M2O", "target": "makers", "name": "seller", "alias": "sold", "onDelete": "RESTRICT" });
    app.relation("goods", seller).await;
    let admin = app.admin();
    let named = |answer: &Answer| -> Vec<String> {
        answer.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
        let details = answer.body["details"].as_array().expect("a list").iter();
        details.map(|one| plain(&one["field"])).collect()
    };
    let goods = |id: u64, maker: u64, seller: u64| json!({ "id": id, "name": "x", "maker_id": maker, "seller_id": seller });
    for (maker, seller, fields) in
        [(9, 1, vec!["maker_id"]), (1, 9, vec!["seller_id"]), (8, 9, vec!["maker_id", "seller_id"])]
    {
        let mut told = named(&admin.post("/items/goods", goods(5, maker, seller)).await);
        told.sort();
        assert_eq!(told, fields);
        let body = json!({ "maker_id": maker, "seller_id": seller });
        let mut told = named(&admin.patch("/items/goods/1", body).await);
        told.sort();
        assert_eq!(told, fields);
    }
    let many = json!([goods(5, 1, 1), goods(6, 1, 9), goods(7, 1, 1)]);
    let many = admin.post("/items/goods/bulk", many).await;
    assert_eq!(named(&many), ["seller_id"]);
    assert_eq!(many.body["details"][0]["index"], 1, "{}", many.text);
    // Only what the role may read is named, and by whom a record is held back as well.
    let grant = |collection: &str, action: &str, fields: &[&str]| json!({ "collection": collection, "action": action, "fields": fields });
    for (role, readable, told) in [("Blind", "name", ""), ("Seeing", "maker_id", "goods.maker_id")]
    {
        let grants = [
            grant("makers", "read", &["*"]),
            grant("makers", "delete", &["*"]),
            grant("goods", "read", &[readable]),
        ];
        let held = app.with_grants(role, &grants).await.delete("/items/makers/1").await;
        held.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
        let field = plain(&held.body["details"][0]["field"]);
        assert_eq!(held.text.contains("maker_id"), told.contains("maker_id"), "{}", held.text);
        assert!(told.is_empty() || field == told, "{}", held.text);
    }
});
