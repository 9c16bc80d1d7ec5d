//! One record changed if a filter finds it, else made, whoever does the same at the same time.

use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

/// Nothing unique in it but the key.
async fn shelf(app: &App) {
    let name = json!({ "type": "String" });
    app.collection("widgets", json!({ "fields": { "sku": name, "name": name, "shelf": name } }))
        .await;
}

fn by_sku(sku: &str, data: Json) -> Json {
    json!({ "filter": { "sku": { "eq": sku } }, "data": data })
}

on_every_store!(an_upsert_makes_a_record_and_then_changes_it, async |app| {
    shelf(app).await;
    let admin = app.admin();
    let first = by_sku("W", json!({ "sku": "W", "name": "one" }));
    let first = admin.put("/items/widgets", first).await;
    let id = first.expect_status(201).body["data"]["id"].clone();
    let second = admin.put("/items/widgets", by_sku("W", json!({ "name": "two" }))).await;
    assert_eq!(second.expect_status(200).body, json!({ "data": { "id": id } }));
    assert_eq!(admin.one("widgets", &id).await["name"], "two");
    for wrong in [
        json!({}),
        json!({ "filter": {} }),
        json!({ "data": {} }),
        json!({ "filter": "x", "data": {} }),
        json!({ "filter": {}, "data": { "name": "whichever" } }),
        json!({ "filter": { "AND": [{}, { "OR": [] }] }, "data": { "name": "whichever" } }),
    ] {
        admin.put("/items/widgets", wrong).await.expect_refusal(400, "INVALID_BODY");
    }
    let unknown = json!({ "filter": { "skuu": { "eq": "W" } }, "data": {} });
    admin.put("/items/widgets", unknown).await.expect_refusal(400, "UNKNOWN_FIELD");
    admin
        .put("/items/nothing", by_sku("W", json!({})))
        .await
        .expect_refusal(404, "COLLECTION_NOT_FOUND");
});

on_every_store!(many_who_upsert_one_value_at_once_make_one_record, async |app| {
    shelf(app).await;
    let admin = app.admin();
    for sku in ["a", "b"] {
        let asks = (0..20).map(|turn| {
            // The same said in two ways.
            let filter = match turn % 2 {
                0 => json!({ "sku": { "eq": sku } }),
                _ => json!({ "AND": [{ "sku": { "in": [sku] } }] }),
            };
            let body =
                json!({ "filter": filter, "data": { "sku": sku, "name": turn.to_string() } });
            async move { admin.put("/items/widgets", body).await }
        });
        let answers = futures_util::future::join_all(asks).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let changed = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(
            (made, changed),
            (1, 19),
            "{:?}",
            answers.iter().map(|one| &one.text).collect::<Vec<_>>()
        );
        let rows = admin.rows("widgets", json!({ "filter": { "sku": { "eq": sku } } })).await;
        assert_eq!(rows.len(), 1);
        assert!(answers.iter().all(|answer| answer.body["data"]["id"] == rows[0]["id"]));
    }
});

on_every_store!(a_unique_value_is_made_once_by_upserts_and_creates_together, async |app| {
    let unique = json!({ "type": "String", "unique": true });
    app.collection("widgets", json!({ "fields": { "sku": unique, "name": { "type": "String" } } }))
        .await;
    let admin = app.admin();
    for sku in ["a", "b", "c"] {
        let asks = (0..16).map(|turn| async move {
            let data = json!({ "sku": sku, "name": turn.to_string() });
            match turn % 2 {
                0 => admin.put("/items/widgets", by_sku(sku, data)).await,
                _ => admin.post("/items/widgets", data).await,
            }
        });
        let answers = futures_util::future::join_all(asks).await;
        let (mut made, mut taken) = (0, 0);
        for (turn, answer) in answers.iter().enumerate() {
            match (answer.status, turn % 2) {
                (201, _) => made += 1,
                (200, 0) => {}
                (_, 1) => {
                    answer.expect_refusal(409, "UNIQUE_VIOLATION");
                    taken += 1;
                }
                _ => panic!("{}", answer.text),
            }
        }
        assert!(made == 1 && taken >= 7, "{made} made, {taken} refused");
        let rows = admin.rows("widgets", json!({ "filter": { "sku": { "eq": sku } } })).await;
        assert_eq!(rows.len(), 1);
    }
    let described = admin.get("/openapi").await.body["paths"]["/items/widgets"]["put"].clone();
    let description = described["description"].as_str().unwrap_or_default();
    assert!(description.contains("unique index"), "{described}");
});

on_every_store!(an_upsert_finds_and_writes_what_the_role_may, async |app| {
    shelf(app).await;
    let admin = app.admin();
    let hidden = admin.create("widgets", json!({ "sku": "W", "shelf": "back" })).await;
    let front = json!({ "shelf": { "eq": "front" } });
    let reads =
        json!({ "collection": "widgets", "action": "read", "fields": ["*"], "conditions": front });
    let makes = json!({ "collection": "widgets", "action": "create", "fields": ["sku", "shelf"] });
    let changes = json!({ "collection": "widgets", "action": "update", "fields": ["name"], "conditions": front });
    let reader = app.with_grants("Reader", std::slice::from_ref(&reads)).await;
    let asked = by_sku("W", json!({ "sku": "W", "shelf": "front" }));
    reader.put("/items/widgets", asked.clone()).await.expect_refusal(403, "FORBIDDEN");
    let blind = app.with_grants("Blind", std::slice::from_ref(&makes)).await;
    blind.put("/items/widgets", asked.clone()).await.expect_refusal(403, "FORBIDDEN");
    let keeper = app.with_grants("Keeper", &[reads, makes, changes]).await;
    // What is hidden is not there.
    let own = keeper.put("/items/widgets", asked.clone()).await;
    let own = own.expect_status(201).body["data"]["id"].clone();
    assert_ne!(own, hidden);
    keeper.put("/items/widgets", asked).await.expect_refusal(403, "FIELD_FORBIDDEN");
    let named = by_sku("W", json!({ "name": "mine" }));
    keeper.put("/items/widgets", named).await.expect_status(200);
    assert_eq!(admin.one("widgets", &own).await["name"], "mine");
    assert_eq!(admin.one("widgets", &hidden).await["name"], Json::Null);
});

on_every_store!(an_upsert_is_refused_when_another_value_is_taken, async |app| {
    let one = json!({ "type": "String", "unique": true });
    app.collection(
        "parts",
        json!({ "fields": { "sku": one, "code": one, "name": { "type": "String" } } }),
    )
    .await;
    let admin = app.admin();
    admin.create("parts", json!({ "sku": "a", "code": "1" })).await;
    let taken = admin.put("/items/parts", by_sku("b", json!({ "sku": "b", "code": "1" }))).await;
    taken.expect_refusal(409, "UNIQUE_VIOLATION");
    assert_eq!(taken.body["details"][0]["field"], "code");
    // What somebody makes in between by other means is found at the second look.
    let creates = (0..8).map(|turn| async move {
        match turn % 2 {
            0 => admin.put("/items/parts", by_sku("c", json!({ "sku": "c" }))).await,
            _ => admin.post("/items/parts", json!({ "sku": "c" })).await,
        }
    });
    for (turn, answer) in futures_util::future::join_all(creates).await.iter().enumerate() {
        let fits = matches!((turn % 2, answer.status), (0, 200 | 201) | (1, 201 | 409));
        assert!(fits, "{turn}: {}", answer.text);
    }
    let rows = admin.rows("parts", json!({ "filter": { "sku": { "eq": "c" } } })).await;
    assert_eq!(rows.len(), 1);
    let path = format!("/items/parts/{}", plain(&rows[0]["id"]));
    admin.delete(&path).await.expect_status(200);
    admin.put("/items/parts", by_sku("c", json!({ "sku": "c" }))).await.expect_status(201);
});
