//! Relations: defined and altered live, read nested, filtered through, written nested.

mod deep;
mod define;
mod options;
mod paths;
mod read;
mod remove;
mod write;

use crate::harness::App;
use serde_json::json;

/// A blog with a relation of every kind. Posts belong to an author (M2O), have comments (O2M),
/// tags (M2M), a summary (O2O) and attachments of two collections (M2A).
async fn blog(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let named = |more: serde_json::Value| {
        let mut fields = json!({ "id": key, "name": { "type": "String" } });
        for (name, field) in more.as_object().expect("fields") {
            fields[name] = field.clone();
        }
        json!({ "fields": fields })
    };
    app.collection(
        "authors",
        named(json!({ "age": { "type": "Integer" }, "pin": { "type": "String", "hidden": true } })),
    )
    .await;
    app.collection("posts", named(json!({ "views": { "type": "Integer" } }))).await;
    app.collection(
        "comments",
        named(json!({ "approved": { "type": "Boolean" }, "stars": { "type": "Integer" } })),
    )
    .await;
    app.collection("tags", named(json!({}))).await;
    app.collection("summaries", named(json!({}))).await;
    app.collection("images", named(json!({ "width": { "type": "Integer" } }))).await;
    app.collection("videos", named(json!({ "seconds": { "type": "Integer" } }))).await;
    app.relation(
        "posts",
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" }),
    )
    .await;
    app.relation(
        "comments",
        json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "comments" }),
    )
    .await;
    app.relation(
        "comments",
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "comments" }),
    )
    .await;
    app.relation(
        "posts",
        json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "posts" }),
    )
    .await;
    app.relation(
        "posts",
        json!({ "type": "O2O", "target": "summaries", "name": "summary", "alias": "post" }),
    )
    .await;
    app.relation(
        "posts",
        json!({ "type": "M2A", "name": "attachments", "tables": ["images", "videos"] }),
    )
    .await;
}

/// Rows in it: post 1 has everything, post 2 a little, post 3 nothing.
async fn filled(app: &App) {
    blog(app).await;
    let admin = app.admin();
    for (collection, rows) in [
        (
            "authors",
            json!([{ "id": 1, "name": "Ada", "age": 36, "pin": "1234" }, { "id": 2, "name": "Bob", "age": 50 }]),
        ),
        (
            "tags",
            json!([{ "id": 1, "name": "red" }, { "id": 2, "name": "blue" }, { "id": 3, "name": "green" }]),
        ),
        ("summaries", json!([{ "id": 1, "name": "short" }])),
        (
            "images",
            json!([{ "id": 1, "name": "sun", "width": 800 }, { "id": 2, "name": "moon", "width": 100 }]),
        ),
        ("videos", json!([{ "id": 1, "name": "waves", "seconds": 30 }])),
        (
            "posts",
            json!([
                { "id": 1, "name": "one", "views": 10, "author": 1, "summary": 1, "tags": [{ "tags_id": 1 }, { "tags_id": 2 }],
                  "attachments": [{ "item_id": 1, "collection": "images" }, { "item_id": 1, "collection": "videos" }] },
                { "id": 2, "name": "two", "views": 20, "author": 2, "tags": [{ "tags_id": 2 }], "attachments": [{ "item_id": 2, "collection": "images" }] },
                { "id": 3, "name": "three", "views": 30 }
            ]),
        ),
        (
            "comments",
            json!([
                { "id": 1, "name": "good", "approved": true, "stars": 5, "post_id": 1, "author_id": 2 },
                { "id": 2, "name": "bad", "approved": false, "stars": 1, "post_id": 1, "author_id": 1 },
                { "id": 3, "name": "fair", "approved": true, "stars": 3, "post_id": 2, "author_id": 1 }
            ]),
        ),
    ] {
        admin.post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}
