//! Access: grants of actions, fields and conditions, on every way in; and nothing to be inferred.

mod explain;
mod grants;
mod impact;
mod inference;
mod patterns;
mod permissions;
mod persona;
mod reads;
mod references;
mod sight;
mod tenant_members;
mod tenants;
mod transfer;
mod variables;
mod views;
mod writes;

use crate::harness::App;
use serde_json::json;

/// Posts with a secret, by two authors, with comments of which some are hidden.
async fn posts(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("authors", json!({ "fields": { "id": key, "name": { "type": "String" }, "salary": { "type": "Integer" } } })).await;
    app.collection("posts", json!({ "fields": { "id": key, "title": { "type": "String" }, "secret": { "type": "String", "unique": true }, "views": { "type": "Integer" }, "owner": { "type": "UUID" }, "live": { "type": "Boolean" } } })).await;
    app.collection("comments", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } }, "content": { "type": "String" }, "veiled": { "type": "String" }, "approved": { "type": "Boolean" } } })).await;
    app.relation(
        "posts",
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" }),
    )
    .await;
    app.relation(
        "comments",
        json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "coms" }),
    )
    .await;
    let admin = app.admin();
    for (collection, rows) in [
        (
            "authors",
            json!([{ "id": 1, "name": "Ada", "salary": 100 }, { "id": 2, "name": "Bob", "salary": 5 }]),
        ),
        (
            "posts",
            json!([
                { "id": 1, "title": "one", "secret": "apple", "views": 1, "live": true, "author": 1 },
                { "id": 2, "title": "two", "secret": "pear", "views": 2, "live": true, "author": 2 },
                { "id": 3, "title": "three", "secret": "plum", "views": 3, "live": false, "author": 1 }
            ]),
        ),
        (
            "comments",
            json!([
                { "id": 1, "content": "good", "veiled": "x", "approved": true, "post": 1 },
                { "id": 2, "content": "bad", "veiled": "y", "approved": false, "post": 1 },
                { "id": 3, "content": "fair", "veiled": "z", "approved": true, "post": 2 }
            ]),
        ),
    ] {
        admin.post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}
