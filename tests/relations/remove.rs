//! What goes, stays or forbids when a record at the other end is removed.

use super::filled;
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn ids(app: &App, collection: &str) -> Vec<Json> {
    app.admin().column(collection, "id", json!({ "sort": "id" })).await
}

on_every_store!(children_go_with_their_parent_unless_the_relation_says_otherwise, async |app| {
    filled(app).await;
    let admin = app.admin();
    admin.delete("/items/posts/1").await.expect_status(200);
    assert_eq!(ids(app, "comments").await, [json!(3)]);
    assert_eq!(admin.rows("posts_tags_tags_junction", json!({})).await.len(), 1);
    assert_eq!(admin.rows("posts_attachments_junction", json!({})).await.len(), 1);
    // Targets of many-to-many and of to-one stay.
    assert_eq!(
        (
            ids(app, "tags").await.len(),
            ids(app, "authors").await.len(),
            ids(app, "images").await.len()
        ),
        (3, 2, 2)
    );
    // Two steps down: an author's posts, and their comments.
    admin.delete("/items/authors/2").await.expect_status(200);
    assert_eq!((ids(app, "posts").await, ids(app, "comments").await), (vec![json!(3)], vec![]));
});

on_every_store!(each_rule_of_deletion_does_what_it_says, async |app| {
    let key = json!({ "id": { "type": "Integer", "primaryKey": true } });
    app.collection("parents", json!({ "fields": key })).await;
    for (at, rule) in ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"].iter().enumerate() {
        let child = format!("child{at}");
        app.collection(&child, json!({ "fields": key })).await;
        app.relation(&child, json!({ "type": "M2O", "target": "parents", "name": "parent", "alias": format!("children{at}"), "onDelete": rule })).await;
        let parent = json!(at + 1);
        app.admin().create("parents", json!({ "id": parent })).await;
        app.admin().create(&child, json!({ "id": 1, "parent": parent })).await;
        let answer = app.admin().delete(&format!("/items/parents/{parent}")).await;
        let left = app.admin().column(&child, "parent_id", json!({})).await;
        match *rule {
            "CASCADE" => assert_eq!((answer.status, left.len()), (200, 0), "{}", answer.text),
            "SET NULL" => {
                assert_eq!((answer.status, left), (200, vec![Json::Null]), "{}", answer.text)
            }
            _ => {
                answer.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
                assert_eq!(left, [parent]);
            }
        }
    }
});

on_every_store!(removing_a_polymorphic_target_leaves_no_row_that_points_nowhere, async |app| {
    filled(app).await;
    app.admin().delete("/items/images/1").await.expect_status(200);
    let post = app.admin().get("/items/posts/1?fields=attachments.*").await.body["data"].clone();
    let rows = post["attachments"].as_array().expect("rows");
    assert!(
        rows.iter().all(|row| row["collection"] == "videos" || row["images"].is_object()),
        "{post}"
    );
});

on_every_store!(removing_a_user_keeps_what_the_user_made, async |app| {
    app.collection(
        "tasks",
        json!({ "usertrack": true, "fields": { "title": { "type": "String" } } }),
    )
    .await;
    let maker = app
        .with_grants(
            "Maker",
            &[
                json!({ "collection": "tasks", "action": "create", "fields": ["*"] }),
                json!({ "collection": "tasks", "action": "read", "fields": ["*"] }),
            ],
        )
        .await;
    let id = maker.create("tasks", json!({ "title": "mine" })).await;
    assert_eq!(maker.one("tasks", &id).await["userCreated_Id"], json!(maker.user_id));
    let user = maker.user_id.clone().expect("an id");
    app.admin().delete(&format!("/items/baasix_User/{user}")).await.expect_status(200);
    let task = app.admin().one("tasks", &id).await;
    assert_eq!((&task["title"], &task["userCreated_Id"]), (&json!("mine"), &Json::Null));
});
