//! Who may take tables over, what a plan is good for, and what is not done to a taken table.

use super::{adopt, everything, on_a_shop, outside, plan};
use crate::harness::Kind;
use serde_json::json;

on_a_shop!(only_administrators_see_and_take_tables, async |app| {
    let editor = app.with_grants("Editor", &[]).await;
    for person in [&editor, &app.anonymous()] {
        person.get("/schemas/existing").await.expect_refusal(403, "FORBIDDEN");
        let asked = json!({ "dryRun": true });
        person.post("/schemas/adopt", asked).await.expect_refusal(403, "FORBIDDEN");
    }
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    editor.get("/items/tags").await.expect_refusal(403, "FORBIDDEN");
});

on_a_shop!(a_plan_is_good_for_what_was_planned_and_nothing_else, async |app| {
    let before = everything(app).await;
    let planned = plan(app, json!({ "tables": ["tags"] })).await;
    let token = planned.body["data"]["token"].clone();
    let other = json!({ "tables": ["tags", "products"], "token": token });
    app.admin().post("/schemas/adopt", other).await.expect_refusal(409, "PLAN_STALE");
    let without = json!({ "tables": ["tags"] });
    app.admin().post("/schemas/adopt", without).await.expect_refusal(400, "INVALID_BODY");
    app.collection("elsewhere", json!({ "fields": { "a": { "type": "String" } } })).await;
    let late = json!({ "tables": ["tags"], "token": token });
    app.admin().post("/schemas/adopt", late).await.expect_refusal(409, "PLAN_STALE");
    app.admin().delete("/schemas/elsewhere").await.expect_status(200);
    assert_eq!(everything(app).await, before);
});

on_a_shop!(what_cannot_be_taken_is_refused_with_its_reason, async |app| {
    let composite = plan(app, json!({ "tables": ["tags", "order_items"] })).await;
    composite.expect_refusal(400, "SCHEMA_INVALID");
    assert!(composite.text.contains("order_id, product_code"), "{}", composite.text);
    let unknown = plan(app, json!({ "tables": ["customer"] })).await;
    unknown.expect_refusal(404, "NOT_FOUND");
    assert!(unknown.text.contains("customers"), "{}", unknown.text);
    plan(app, json!({ "tables": "tags" })).await.expect_refusal(400, "INVALID_BODY");
    plan(app, json!({ "table": ["tags"] })).await.expect_refusal(400, "INVALID_BODY");
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    plan(app, json!({ "tables": ["tags"] })).await.expect_refusal(409, "SCHEMA_EXISTS");
});

on_a_shop!(a_taken_table_grows_and_is_never_made_anew, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let admin = app.admin();
    let schema = admin.get("/schemas/products").await.body["data"]["schema"].clone();
    let before = everything(app).await;
    let changed = async |path: &str, value: serde_json::Value| {
        let mut fields = schema["fields"].clone();
        *fields.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        admin.patch("/schemas/products", json!({ "schema": { "fields": fields } })).await
    };
    changed("/title/type", json!("Integer")).await.expect_refusal(400, "SCHEMA_INVALID");
    changed("/price/allowNull", json!(false)).await.expect_refusal(400, "SCHEMA_INVALID");
    let mut fields = schema["fields"].clone();
    fields["stock"] = json!({ "type": "Integer", "defaultValue": 1 });
    let body = json!({ "schema": { "fields": fields } });
    admin.patch("/schemas/products", body).await.expect_refusal(400, "SCHEMA_INVALID");
    admin
        .delete("/schemas/orders/relationships/customer")
        .await
        .expect_refusal(400, "SCHEMA_INVALID");
    assert_eq!(everything(app).await, before);

    fields["stock"] = json!({ "type": "Integer" });
    let body = json!({ "schema": { "fields": fields } });
    admin.patch("/schemas/products", body).await.expect_status(200);
    admin.patch("/items/products/lamp", json!({ "stock": 3 })).await.expect_status(200);
    assert_eq!(
        admin.column("products", "stock", json!({ "filter": { "code": "lamp" } })).await,
        [json!(3)]
    );
    admin
        .post("/schemas/products/indexes", json!({ "fields": ["price"] }))
        .await
        .expect_status(201);
    // What a copy of its schema makes elsewhere is a table of our own.
    let code = &schema["fields"]["code"];
    let only = json!({ "fields": { "code": code }, "adopted": true, "withoutRowNumbers": true });
    app.collection("copies", only).await;
    admin.create("copies", json!({ "code": "a" })).await;
    let stored = admin.get("/schemas/copies").await;
    assert!(stored.body["data"]["schema"]["adopted"].is_null(), "{}", stored.text);
});

on_a_shop!(what_a_trigger_refuses_is_told_administrators_in_its_makers_words, async |app| {
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    let trigger = match app.kind {
        Kind::Sqlite => {
            "CREATE TRIGGER tags_stay BEFORE DELETE ON tags BEGIN SELECT RAISE(ABORT, 'tags are for ever'); END;"
        }
        Kind::Postgres => {
            "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''tags are for ever''; END'; \
             CREATE TRIGGER tags_stay BEFORE DELETE ON tags FOR EACH ROW EXECUTE FUNCTION stay();"
        }
    };
    outside(app, trigger).await;
    let refused = app.admin().delete("/items/tags/1").await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    assert!(refused.message().contains("tags are for ever"), "{}", refused.text);
    assert_eq!(refused.body["details"][0]["code"], "TRIGGER_REFUSED", "{}", refused.text);
    // Its maker may have put into it what a role never sees.
    let grants = ["read", "delete"]
        .map(|action| json!({ "collection": "tags", "action": action, "fields": ["*"] }));
    let remover = app.with_grants("Remover", &grants).await;
    for (path, body) in [("/items/tags/1", None), ("/items/tags/bulk", Some(json!([1, 2])))] {
        let refused = match body {
            None => remover.delete(path).await,
            Some(body) => remover.delete_with(path, body).await,
        };
        refused.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(refused.message(), "a rule of the database refused this");
        assert_eq!(refused.body["details"][0]["code"], "TRIGGER_REFUSED", "{}", refused.text);
        assert!(!refused.text.contains("for ever"), "{}", refused.text);
    }
    assert_eq!(app.admin().rows("tags", json!({})).await.len(), 2);
});
