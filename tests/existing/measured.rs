//! What indexes do on tables that somebody else made.

use super::{adopt, on_a_shop};
use serde_json::{Value as Json, json};

on_a_shop!(an_index_of_an_adopted_table_is_measured, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let only = async |asked: Json| -> Json {
        app.admin().delete("/queries/slow").await.expect_status(200);
        app.admin().find("orders", asked).await.expect_status(200);
        let answer = app.admin().get("/queries/slow?collection=orders").await;
        answer.body["data"][0].clone()
    };
    // One of its columns is computed by the table, and no record is written with it.
    let query = only(json!({ "filter": { "total": 20 }, "limit": 5 })).await;
    assert_eq!(query["index"]["fields"], json!(["total"]), "{query}");
    let path = format!("/queries/slow/{}/measure", query["id"].as_str().expect("an id"));
    let answer = app.admin().post(&path, json!({ "consent": true })).await;
    answer.expect_status(200);
    let found = &answer.body["data"];
    assert_eq!(found["index"], query["index"], "{found}");
    assert!(found["writeAfterUs"].as_f64().is_some_and(|time| time > 0.0), "{found}");
    let query = only(json!({ "filter": { "cents": 2_000 }, "limit": 5 })).await;
    assert_eq!((&query["index"], &query["servedBy"]), (&Json::Null, &Json::Null), "{query}");
});

on_a_shop!(places_of_a_table_without_row_numbers_are_indexed_as_they_can_be, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let field = json!({ "schema": { "fields": { "place": { "type": "Point" } } } });
    app.admin().patch("/schemas/products", field).await.expect_status(200);
    let index = json!({ "name": "products_by_place", "fields": ["place"] });
    app.admin().post("/schemas/products/indexes", index).await.expect_status(201);
    let place = json!({ "type": "Point", "coordinates": [24.9, 60.2] });
    app.admin().patch("/items/products/lamp", json!({ "place": place })).await.expect_status(200);
    let area = json!({ "type": "Polygon", "coordinates": [[[20, 60], [25, 60], [25, 61], [20, 61], [20, 60]]] });
    let filter = json!({ "filter": { "place": { "within": area } } });
    assert_eq!(app.admin().column("products", "code", filter).await, [json!("lamp")]);
    app.admin().delete("/schemas/products/indexes/products_by_place").await.expect_status(200);
});
