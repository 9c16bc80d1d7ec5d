//! Who may take tables over, what a plan is good for, and what is not done to a taken table.

use super::{adopt, everything, on_a_shop, outside, plan};
use crate::harness::{Answer, App, Kind};
use serde_json::{Value as Json, json};

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

on_a_shop!(what_a_trigger_drops_without_a_word_is_refused_and_nothing_is_kept, async |app| {
    adopt(app, json!({ "tables": ["tags"] })).await.expect_status(200);
    let trigger = match app.kind {
        Kind::Sqlite => {
            "CREATE TRIGGER no_x BEFORE INSERT ON tags WHEN new.word LIKE 'x%' BEGIN SELECT RAISE(IGNORE); END; \
             CREATE TRIGGER not_to_x BEFORE UPDATE ON tags WHEN new.word LIKE 'x%' BEGIN SELECT RAISE(IGNORE); END; \
             CREATE TRIGGER wood_stays BEFORE DELETE ON tags WHEN old.word = 'wood' BEGIN SELECT RAISE(IGNORE); END;"
        }
        Kind::Postgres => {
            "CREATE FUNCTION no_x() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF new.word LIKE ''x%'' THEN RETURN NULL; END IF; RETURN new; END'; \
             CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF old.word = ''wood'' THEN RETURN NULL; END IF; RETURN old; END'; \
             CREATE TRIGGER no_x BEFORE INSERT OR UPDATE ON tags FOR EACH ROW EXECUTE FUNCTION no_x(); \
             CREATE TRIGGER wood_stays BEFORE DELETE ON tags FOR EACH ROW EXECUTE FUNCTION stay();"
        }
    };
    outside(app, trigger).await;
    let admin = app.admin();
    let dropped = |answer: &Answer, index: Json| {
        answer.expect_refusal(400, "VALIDATION_ERROR");
        let detail = &answer.body["details"][0];
        assert_eq!((&detail["code"], &detail["index"]), (&json!("TRIGGER_REFUSED"), &index));
    };
    dropped(&admin.post("/items/tags", json!({ "word": "x1" })).await, Json::Null);
    dropped(&admin.post("/items/tags", json!({ "id": 50, "word": "x1" })).await, Json::Null);
    for count in [3, 12] {
        for given in [false, true] {
            let row = |at: usize| {
                let word = if at == 2 { String::from("x") } else { format!("w{at}") };
                match given {
                    true => json!({ "id": 100 + at, "word": word }),
                    false => json!({ "word": word }),
                }
            };
            let rows = (0..count).map(row).collect::<Vec<Json>>();
            dropped(&admin.post("/items/tags/bulk", json!(rows)).await, json!(2));
        }
    }
    dropped(&admin.patch("/items/tags/1", json!({ "word": "x" })).await, Json::Null);
    let both = json!([{ "id": 2, "word": "log" }, { "id": 1, "word": "x" }]);
    dropped(&admin.patch("/items/tags/bulk", both).await, json!(1));
    dropped(&admin.delete("/items/tags/2").await, Json::Null);
    // What is not there is told as ever.
    let none = admin.patch("/items/tags/99", json!({ "word": "a" })).await;
    none.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.delete("/items/tags/99").await.expect_refusal(403, "ITEM_NOT_FOUND");
    let words = admin.column("tags", "word", json!({ "sort": "id" })).await;
    assert_eq!(words, ["light", "wood"]);
    let told = json!({ "filter": { "entity": "tags" } });
    assert_eq!(admin.rows("baasix_AuditLog", told).await.len(), 0);
    // What the triggers let through is written.
    let made = admin.create("tags", json!({ "word": "new" })).await;
    let path = format!("/items/tags/{made}");
    admin.patch(&path, json!({ "word": "newer" })).await.expect_status(200);
    admin.delete(&path).await.expect_status(200);
});

#[tokio::test]
async fn a_table_with_a_rule_that_replaces_writes_refuses_them() {
    if App::postgres_is_missing() {
        return;
    }
    let app = App::start_beside(
        Kind::Postgres,
        "CREATE TABLE kept (id int PRIMARY KEY, word text); INSERT INTO kept VALUES (1, 'a'); \
         CREATE RULE none_in AS ON INSERT TO kept DO INSTEAD NOTHING; \
         CREATE RULE none_changed AS ON UPDATE TO kept DO INSTEAD NOTHING; \
         CREATE RULE none_gone AS ON DELETE TO kept DO INSTEAD NOTHING;",
    )
    .await;
    adopt(&app, json!({})).await.expect_status(200);
    let admin = app.admin();
    let rows: Vec<Json> = (10..22).map(|id| json!({ "id": id, "word": "b" })).collect();
    for answer in [
        admin.post("/items/kept", json!({ "id": 2, "word": "b" })).await,
        admin.post("/items/kept/bulk", json!(rows)).await,
        admin.patch("/items/kept/1", json!({ "word": "b" })).await,
        admin.delete("/items/kept/1").await,
    ] {
        answer.expect_refusal(400, "FEATURE_UNAVAILABLE");
        assert!(answer.message().contains("CREATE RULE"), "{}", answer.text);
    }
    assert_eq!(admin.rows("kept", json!({})).await, [json!({ "id": 1, "word": "a" })]);
    let told = json!({ "filter": { "entity": "kept" } });
    assert_eq!(admin.rows("baasix_AuditLog", told).await.len(), 0);
    app.stop().await;
}
