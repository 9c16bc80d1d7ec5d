//! Schemas: made, changed, planned, exported and removed while the server runs.

mod alter;
mod any;
mod beside;
mod define;
mod history;
mod names;
mod plan;
mod references;
mod rehearse;
pub(crate) mod transfer;

use crate::harness::App;
use serde_json::{Value as Json, json};

/// The stored document of a collection.
async fn schema(app: &App, collection: &str) -> Json {
    app.admin().get(&format!("/schemas/{collection}")).await.expect_status(200).body["data"]["schema"].clone()
}

/// A small collection with rows in it.
async fn goods(app: &App) {
    app.collection(
        "goods",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "name": { "type": "String" },
            "price": { "type": "String" },
            "note": { "type": "Text" }
        } }),
    )
    .await;
    let rows = json!([
        { "id": 1, "name": "lamp", "price": "12.50", "note": "a" },
        { "id": 2, "name": "chair", "price": "7", "note": null },
        { "id": 3, "name": "desk", "price": null, "note": "c" }
    ]);
    app.admin().post("/items/goods/bulk", rows).await.expect_status(201);
}
