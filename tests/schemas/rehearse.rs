//! Rehearsals: a plan tried on the data as they are, with nothing left of it.

use super::{goods, schema};
use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};

/// The goods with prices that are whole numbers, another name for the names, and no notes.
async fn staged(app: &App) -> Json {
    let mut fields = schema(app, "goods").await["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    map.remove("note");
    map["price"]["type"] = json!("Integer");
    json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] })
}

async fn planned(app: &App, mut body: Json) -> (Json, Json) {
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    body["token"] = plan.body["data"]["token"].clone();
    (plan.body["data"].clone(), body)
}

on_every_store!(a_plan_shows_the_first_records_that_it_touches, async |app| {
    goods(app).await;
    app.admin().create("goods", json!({ "id": 10, "note": "j" })).await;
    app.admin().create("goods", json!({ "id": 11, "note": "k" })).await;
    let (plan, _) = planned(app, staged(app).await).await;
    let steps = plan["steps"].as_array().expect("steps");
    let of = |op: &str| steps.iter().find(|step| step["op"] == op).expect(op);
    assert_eq!(
        of("drop_field")["examples"],
        json!([{ "key": "1", "value": "a" }, { "key": "3", "value": "c" }, { "key": "10", "value": "j" }])
    );
    assert_eq!(of("alter_field")["examples"], json!([{ "key": "1", "value": "12.50" }]));
    assert_eq!(of("alter_field")["values"], json!({ "affected": 1, "total": 5 }));
    assert_eq!(of("rename_field")["examples"], json!([]));
});

on_every_store!(a_rehearsal_names_the_records_in_the_way_and_leaves_nothing, async |app| {
    goods(app).await;
    let before = schema(app, "goods").await;
    let (plan, body) = planned(app, staged(app).await).await;
    let tried = app.admin().post("/schemas/rehearse", body).await;
    let rehearsal = &tried.expect_status(200).body["data"];
    assert_eq!(rehearsal["passed"], json!(false), "{}", tried.text);
    let step =
        plan["steps"].as_array().expect("steps").iter().position(|s| s["op"] == "alter_field");
    assert_eq!(
        rehearsal["failing"],
        json!([{ "step": step, "collection": "goods", "field": "price", "key": "1", "value": "12.50", "why": "misfit" }])
    );
    assert!(
        rehearsal["fault"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("1 of 3 values of `price`")),
        "{}",
        tried.text
    );
    assert_eq!(schema(app, "goods").await, before);
    let history = app.admin().get("/schemas/history?limit=1").await;
    assert_eq!(history.body["data"][0]["steps"][0]["op"], "create_collection", "{}", history.text);
});

on_every_store!(a_rehearsal_that_passes_tells_times_and_locks, async |app| {
    goods(app).await;
    app.admin().patch("/items/goods/1", json!({ "price": "12" })).await.expect_status(200);
    let (plan, body) = planned(app, staged(app).await).await;
    let tried = app.admin().post("/schemas/rehearse", body.clone()).await;
    let rehearsal = &tried.expect_status(200).body["data"];
    assert_eq!(rehearsal["passed"], json!(true), "{}", tried.text);
    assert_eq!(rehearsal["fault"], Json::Null, "{}", tried.text);
    let steps = rehearsal["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), plan["steps"].as_array().expect("steps").len());
    assert!(steps.iter().any(|step| step["tookMs"].is_number()), "{}", tried.text);
    let locks: Vec<&Json> =
        steps.iter().flat_map(|step| step["locks"].as_array().expect("locks")).collect();
    let (mode, blocks) = match app.kind {
        Kind::Sqlite => ("WRITER", "writers"),
        Kind::Postgres => ("AccessExclusiveLock", "everybody"),
    };
    let lock = json!({ "collection": "goods", "mode": mode, "blocks": blocks });
    assert!(locks.contains(&&lock), "{}", tried.text);
    assert_eq!(rehearsal["clone"]["bytes"].is_number(), app.kind == Kind::Sqlite, "{}", tried.text);
    assert_eq!(
        app.admin().column("goods", "note", json!({ "sort": "id" })).await,
        [json!("a"), Json::Null, json!("c")]
    );
    // What was rehearsed can be applied: nothing moved.
    app.admin().post("/schemas/apply", body.clone()).await.expect_status(200);
    app.admin().post("/schemas/rehearse", body).await.expect_refusal(409, "PLAN_STALE");
});

on_every_store!(a_rehearsal_tells_what_is_missing_twice_there_or_leads_nowhere, async |app| {
    goods(app).await;
    app.collection(
        "makers",
        json!({ "fields": { "id": { "type": "Integer", "primaryKey": true } } }),
    )
    .await;
    app.admin().create("goods", json!({ "id": 4, "name": "lamp", "note": "d" })).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["name"]["unique"] = json!(true);
    fields["note"]["allowNull"] = json!(false);
    let (_, body) = planned(
        app,
        json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] }),
    )
    .await;
    let tried = app.admin().post("/schemas/rehearse", body).await;
    let failing = tried.expect_status(200).body["data"]["failing"].as_array().expect("rows");
    let told: Vec<(&str, &str, &str)> = failing
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default();
            (text("field"), text("why"), text("key"))
        })
        .collect();
    assert_eq!(told, [("name", "twin", "1"), ("name", "twin", "4"), ("note", "missing", "2")]);
});

on_every_store!(large_tables_are_rehearsed_with_consent_only, async |app| {
    let own = App::start_with(app.kind, |config| {
        config.limits.rehearse_rows_max = 2;
        config.limits.rehearse_bytes_max = 1;
    })
    .await;
    goods(&own).await;
    let (_, mut body) = planned(&own, staged(&own).await).await;
    let refused = own.admin().post("/schemas/rehearse", body.clone()).await;
    refused.expect_refusal(409, "CONSENT_REQUIRED");
    body["consent"] = json!(true);
    own.admin().post("/schemas/rehearse", body).await.expect_status(200);
    own.stop().await;
});
