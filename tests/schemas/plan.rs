//! Staged changes: shown as a plan with the store's SQL, applied at once or not at all.

use super::{goods, schema};
use crate::harness::{Kind, on_every_store};
use serde_json::{Value as Json, json};

async fn staged(app: &crate::harness::App) -> Json {
    let mut fields = schema(app, "goods").await["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    map.remove("note");
    map.insert(String::from("stock"), json!({ "type": "Integer" }));
    json!({ "collections": [
        { "collectionName": "goods", "schema": { "fields": fields } },
        { "collectionName": "makers", "schema": { "fields": { "name": { "type": "String" } } } }
    ], "drop": [] })
}

on_every_store!(a_plan_shows_every_step_and_changes_nothing, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    let answer = app.admin().post("/schemas/plan", staged(app).await).await;
    answer.expect_status(200);
    let plan = &answer.body["data"];
    assert!(plan["token"].is_string());
    assert_eq!(plan["store"], if app.kind == Kind::Sqlite { "sqlite" } else { "postgres" });
    let steps = plan["steps"].as_array().expect("steps");
    let ops: Vec<&str> = steps.iter().filter_map(|step| step["op"].as_str()).collect();
    for op in ["rename_field", "drop_field", "add_field", "create_collection"] {
        assert!(ops.contains(&op), "{op}: {}", answer.text);
    }
    assert!(!ops.contains(&"drop_collection"), "{}", answer.text);
    for step in steps {
        assert!(step["summary"].as_str().is_some_and(|text| !text.is_empty()), "{step}");
        assert!(
            step["sql"].as_array().is_some_and(|sql| sql.iter().all(Json::is_string)),
            "{step}"
        );
        assert_eq!(step["lossy"], step["op"] == "drop_field", "{step}");
    }
    let dropped = steps.iter().find(|step| step["op"] == "drop_field").expect("a dropped field");
    assert_eq!(dropped["values"], json!({ "affected": 2, "total": 3 }), "{dropped}");
    assert_eq!(schema(app, "goods").await, before);
    app.admin().get("/schemas/makers").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});

on_every_store!(an_applied_plan_is_what_was_shown, async |app| {
    goods(app).await;
    let mut body = staged(app).await;
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    body["token"] = plan.body["data"]["token"].clone();
    let applied = app.admin().post("/schemas/apply", body.clone()).await;
    applied.expect_status(200);
    assert_eq!(
        applied.body["data"]["steps"].as_array().map(Vec::len),
        plan.body["data"]["steps"].as_array().map(Vec::len)
    );
    assert_eq!(
        app.admin().column("goods", "title", json!({ "sort": "id" })).await,
        [json!("lamp"), json!("chair"), json!("desk")]
    );
    app.admin().create("makers", json!({ "name": "x" })).await;
    // The same plan is of another catalog now.
    app.admin().post("/schemas/apply", body).await.expect_refusal(409, "PLAN_STALE");
});

on_every_store!(a_plan_made_before_another_change_is_refused, async |app| {
    goods(app).await;
    let mut body = staged(app).await;
    body["token"] =
        app.admin().post("/schemas/plan", body.clone()).await.body["data"]["token"].clone();
    app.collection("other", json!({ "fields": { "a": { "type": "String" } } })).await;
    app.admin().post("/schemas/apply", body.clone()).await.expect_refusal(409, "PLAN_STALE");
    body["token"] = json!("nonsense");
    let forged = app.admin().post("/schemas/apply", body).await;
    assert!(matches!(forged.status, 400 | 409), "{}", forged.text);
    app.admin().get("/schemas/makers").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});

on_every_store!(a_plan_that_fails_half_way_changes_nothing, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    let mut fields = before["fields"].clone();
    fields["stock"] = json!({ "type": "Integer" });
    fields["name"]["type"] = json!("Integer");
    let mut body = json!({ "collections": [
        { "collectionName": "makers", "schema": { "fields": { "name": { "type": "String" } } } },
        { "collectionName": "goods", "schema": { "fields": fields } }
    ], "drop": [] });
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    body["token"] = plan.body["data"]["token"].clone();
    let refused = app.admin().post("/schemas/apply", body).await;
    assert!(matches!(refused.status, 400 | 409), "{} after {}", refused.text, plan.text);
    assert_eq!(schema(app, "goods").await, before);
    app.admin().get("/schemas/makers").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    assert_eq!(
        app.admin().column("goods", "name", json!({ "sort": "id" })).await,
        [json!("lamp"), json!("chair"), json!("desk")]
    );
});

on_every_store!(collections_are_renamed_and_dropped_by_a_plan, async |app| {
    goods(app).await;
    app.collection("old", json!({ "fields": { "a": { "type": "String" } } })).await;
    let fields = schema(app, "goods").await["fields"].clone();
    let mut body = json!({ "collections": [{ "collectionName": "wares", "was": "goods", "schema": { "fields": fields } }], "drop": ["old"] });
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    let ops: Vec<&str> = plan.body["data"]["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["op"].as_str())
        .collect();
    assert!(
        ops.contains(&"rename_collection") && ops.contains(&"drop_collection"),
        "{}",
        plan.text
    );
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    assert_eq!(app.admin().rows("wares", json!({})).await.len(), 3);
    for name in ["goods", "old"] {
        app.admin()
            .get(&format!("/items/{name}"))
            .await
            .expect_refusal(404, "COLLECTION_NOT_FOUND");
    }
});

on_every_store!(a_plan_that_cannot_be_is_refused, async |app| {
    goods(app).await;
    for body in [
        json!({ "collections": "goods" }),
        json!({ "collections": [5] }),
        json!({ "collections": [{ "collectionName": "x", "schema": { "fields": { "a": { "type": "Nothing" } } } }] }),
        json!({ "collections": [{ "collectionName": "x", "was": "nothing", "schema": { "fields": { "a": { "type": "String" } } } }] }),
        json!({ "drop": ["nothing"] }),
        json!({ "drop": ["baasix_User"] }),
    ] {
        let answer = app.admin().post("/schemas/plan", body.clone()).await;
        assert!(
            matches!(answer.status, 400 | 403 | 404),
            "{body}: {} {}",
            answer.status,
            answer.text
        );
    }
});

on_every_store!(an_export_imported_elsewhere_makes_the_same_schemas, async |app| {
    goods(app).await;
    app.collection("makers", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.relation(
        "goods",
        json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" }),
    )
    .await;
    let export = app.admin().get("/schemas/export").await;
    export.expect_status(200);
    let list = export.body["data"].as_array().expect("schemas").clone();
    assert!(list.iter().any(|one| one["collectionName"] == "goods"));
    let other = crate::harness::App::start(app.kind).await;
    let imported = other.admin().post("/schemas/import", json!({ "schemas": list })).await;
    imported.expect_status(200);
    assert_eq!(imported.body["data"], imported.body["changes"]);
    for name in ["goods", "makers"] {
        assert_eq!(schema(&other, name).await["fields"], schema(app, name).await["fields"]);
    }
    let row = json!({ "id": 1, "maker": { "name": "x" } });
    other.admin().create("goods", row).await;
    let bad = json!({ "schemas": [{ "collectionName": "fine", "schema": { "fields": { "a": { "type": "String" } } } }, { "collectionName": "b b", "schema": {} }] });
    let refused = other.admin().post("/schemas/import", bad).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    other.admin().get("/schemas/fine").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    other.stop().await;
});

on_every_store!(what_stands_against_a_change_is_counted_before_it_is_applied, async |app| {
    goods(app).await;
    app.admin().create("goods", json!({ "id": 4, "name": "lamp", "price": "1" })).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["stock"] = json!({ "type": "Integer", "allowNull": false });
    fields["made"] = json!({ "type": "Integer", "allowNull": false, "defaultValue": 0 });
    fields["name"]["unique"] = json!(true);
    fields["price"]["allowNull"] = json!(false);
    let indexes =
        json!([{ "name": "goods_name_note", "fields": ["name", "note"], "unique": true }]);
    let body = json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields, "indexes": indexes } }] });
    let plan = app.admin().post("/schemas/plan", body).await;
    plan.expect_status(200);
    let values = |field: &str| {
        let steps = plan.body["data"]["steps"].as_array().expect("steps");
        steps.iter().find(|step| step["field"] == field).expect(field)["values"].clone()
    };
    assert_eq!(values("stock"), json!({ "affected": 4, "total": 4 }), "{}", plan.text);
    assert_eq!(values("made"), Json::Null, "{}", plan.text);
    assert_eq!(values("name"), json!({ "affected": 2, "total": 4 }), "{}", plan.text);
    assert_eq!(values("price"), json!({ "affected": 1, "total": 4 }), "{}", plan.text);
    // Two lamps, one without a note: a missing value is like no other.
    assert_eq!(values("goods_name_note"), json!({ "affected": 0, "total": 4 }), "{}", plan.text);
});

on_every_store!(a_renamed_collection_shows_the_sql_of_all_that_changes_with_it, async |app| {
    goods(app).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["stock"] = json!({ "type": "Integer" });
    fields.as_object_mut().expect("fields").remove("note");
    let body = json!({ "collections": [{ "collectionName": "wares", "was": "goods", "schema": { "fields": fields } }] });
    let plan = app.admin().post("/schemas/plan", body).await;
    plan.expect_status(200);
    for (op, part) in
        [("rename_collection", "wares"), ("add_field", "stock"), ("drop_field", "note")]
    {
        let steps = plan.body["data"]["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["op"] == op).expect(op);
        assert!(
            step["sql"].as_array().is_some_and(|sql| sql
                .iter()
                .any(|text| text.as_str().is_some_and(|text| text.contains(part)))),
            "{op}: {step}"
        );
    }
});

on_every_store!(what_is_asked_for_as_a_dry_run_is_not_done, async |app| {
    goods(app).await;
    let admin = app.admin();
    let before = schema(app, "goods").await;
    let fewer = json!({ "fields": { "id": before["fields"]["id"] } });
    let dry = json!({ "schema": fewer, "dryRun": true });
    admin.patch("/schemas/goods", dry).await.expect_refusal(400, "INVALID_BODY");
    let dry = json!({ "schema": fewer });
    admin.patch("/schemas/goods?dryRun=true", dry).await.expect_refusal(400, "INVALID_QUERY");
    admin.delete("/schemas/goods?dryRun=1").await.expect_refusal(400, "INVALID_QUERY");
    let other = json!({ "collectionName": "other", "schema": fewer, "dryRun": true });
    admin.post("/schemas", other).await.expect_refusal(400, "INVALID_BODY");
    let mut body = staged(app).await;
    let planned = admin.post("/schemas/plan?dryRun=true", body.clone()).await;
    body["token"] = planned.expect_status(200).body["data"]["token"].clone();
    body["dryRun"] = json!(true);
    admin.post("/schemas/apply", body.clone()).await.expect_refusal(400, "INVALID_BODY");
    let versions = admin.get("/schemas/history").await.body["data"].clone();
    let version = versions[0]["version"].clone();
    let undo = json!({ "token": "any", "dryRun": true });
    admin
        .post(&format!("/schemas/history/{version}/undo"), undo)
        .await
        .expect_refusal(400, "INVALID_BODY");
    // In the address of every route that changes something, also where the address is no good, and
    // in a body that its route does not read.
    for path in ["/schemas/history/1/undo", "/schemas/adopt", "/schemas/apply"] {
        let asked = admin.post(&format!("{path}?dryRun=true"), json!({ "token": "any" })).await;
        asked.expect_refusal(400, "INVALID_QUERY");
    }
    let odd = "/schemas/goods?dryRun=true&x[a]=1&x[a][b]=2";
    admin.delete(odd).await.expect_refusal(400, "INVALID_QUERY");
    let dry = json!({ "dryRun": true });
    admin.delete_with("/schemas/goods", dry).await.expect_refusal(400, "INVALID_BODY");
    assert_eq!(schema(app, "goods").await, before);
    admin.get("/schemas/other").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    // Saying that it shall be done is no dry run.
    body["dryRun"] = json!(false);
    admin.post("/schemas/apply", body).await.expect_status(200);
});

on_every_store!(a_plan_that_says_what_nobody_understands_is_refused, async |app| {
    goods(app).await;
    let fields = json!({ "name": { "type": "String" } });
    let entry = |more: Json| {
        let mut entry = json!({ "collectionName": "wares", "schema": { "fields": fields } });
        more.as_object().expect("words").iter().for_each(|(key, value)| entry[key] = value.clone());
        json!({ "collections": [entry] })
    };
    for (body, at, hint) in [
        (json!({ "collection": [] }), "collection", "did you mean `collections`?"),
        (entry(json!({ "from": "goods" })), "collections.0.from", "`was`"),
        (entry(json!({ "renamedFrom": "goods" })), "collections.0.renamedFrom", "`was`"),
        (entry(json!({ "relationship": [] })), "collections.0.relationship", "`relationships`"),
    ] {
        for path in ["plan", "apply"] {
            let answer = app.admin().post(&format!("/schemas/{path}"), body.clone()).await;
            answer.expect_refusal(400, "INVALID_BODY");
            assert!(answer.text.contains(at) && answer.text.contains(hint), "{}", answer.text);
        }
    }
    let mut twice = entry(json!({}));
    let one = twice["collections"][0].clone();
    twice["collections"].as_array_mut().expect("a list").push(one);
    let answer = app.admin().post("/schemas/plan", twice).await;
    answer.expect_refusal(400, "SCHEMA_INVALID");
    assert!(answer.text.contains("`wares` is named twice"), "{}", answer.text);
    app.admin().get("/schemas/wares").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});
