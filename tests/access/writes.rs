//! Conditions, defaults and nesting on writes.

use super::posts;
use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

on_every_store!(only_the_rows_a_condition_names_can_be_changed_or_removed, async |app| {
    posts(app).await;
    let grants = ["read", "update", "delete"].map(|action| {
        let conditions = if action == "read" { Json::Null } else { json!({ "AND": [{ "owner": { "eq": "$CURRENT_USER" } }, { "live": true }] }) };
        json!({ "collection": "posts", "action": action, "fields": ["*"], "conditions": conditions })
    });
    let writer = app.with_grants("Writer", &grants).await;
    for id in [1, 3] {
        app.admin()
            .patch(&format!("/items/posts/{id}"), json!({ "owner": writer.user_id }))
            .await
            .expect_status(200);
    }
    writer.patch("/items/posts/1", json!({ "title": "mine" })).await.expect_status(200);
    for path in ["/items/posts/2", "/items/posts/3", "/items/posts/99"] {
        writer.patch(path, json!({ "title": "x" })).await.expect_refusal(403, "ITEM_NOT_FOUND");
        writer.delete(path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    }
    let (hidden, absent) = (
        writer.patch("/items/posts/2", json!({})).await,
        writer.patch("/items/posts/99", json!({})).await,
    );
    assert_eq!(hidden.text, absent.text);
    writer
        .patch(
            "/items/posts/bulk",
            json!([{ "id": 1, "title": "again" }, { "id": 2, "title": "x" }]),
        )
        .await
        .expect_refusal(403, "ITEM_NOT_FOUND");
    writer
        .delete_with("/items/posts/bulk", json!([1, 2]))
        .await
        .expect_refusal(403, "ITEM_NOT_FOUND");
    let batch = json!({ "operations": [{ "op": "update", "collection": "posts", "id": 1, "data": { "title": "again" } }, { "op": "delete", "collection": "posts", "id": 2 }] });
    writer.post("/items/batch", batch).await.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(
        app.admin().column("posts", "title", json!({ "sort": "id" })).await,
        [json!("mine"), json!("two"), json!("three")]
    );
    writer.delete("/items/posts/1").await.expect_status(200);
});

on_every_store!(conditions_over_relations_bind_writes_too, async |app| {
    posts(app).await;
    let grants = ["read", "update", "delete"].map(|action| json!({ "collection": "posts", "action": action, "fields": ["*"], "conditions": { "coms.approved": true } }));
    let writer = app.with_grants("Writer", &grants).await;
    writer.patch("/items/posts/1", json!({ "title": "x" })).await.expect_status(200);
    writer
        .patch("/items/posts/3", json!({ "title": "x" }))
        .await
        .expect_refusal(403, "ITEM_NOT_FOUND");
    writer.delete("/items/posts/3").await.expect_refusal(403, "ITEM_NOT_FOUND");
    // A condition with many matches removes the addressed record only.
    writer.delete("/items/posts/2").await.expect_status(200);
    assert_eq!(
        app.admin().column("posts", "id", json!({ "sort": "id" })).await,
        [json!(1), json!(3)]
    );
});

on_every_store!(a_new_record_must_satisfy_the_condition_of_creating, async |app| {
    posts(app).await;
    let grant = json!({ "collection": "posts", "action": "create", "fields": ["*"], "conditions": { "owner": { "eq": "$CURRENT_USER" }, "live": false } });
    let writer = app.with_grants("Writer", &[grant]).await;
    for body in [
        json!({ "id": 9, "title": "x" }),
        json!({ "id": 9, "owner": app.admin().user_id, "live": false }),
        json!({ "id": 9, "owner": writer.user_id, "live": true }),
        json!({ "id": 9, "owner": writer.user_id }),
    ] {
        writer.post("/items/posts", body).await.expect_refusal(403, "FORBIDDEN");
    }
    let bulk = json!([{ "id": 9, "owner": writer.user_id, "live": false }, { "id": 10, "owner": writer.user_id, "live": true }]);
    writer.post("/items/posts/bulk", bulk).await.expect_refusal(403, "FORBIDDEN");
    assert_eq!(app.admin().rows("posts", json!({})).await.len(), 3);
    writer
        .post("/items/posts", json!({ "id": 9, "owner": writer.user_id, "live": false }))
        .await
        .expect_status(201);
});

on_every_store!(defaults_of_a_grant_fill_what_the_body_leaves_out, async |app| {
    posts(app).await;
    let grants = [
        json!({ "collection": "posts", "action": "create", "fields": ["id", "title", "views"], "defaultValues": { "owner": "$CURRENT_USER", "live": false, "views": 7 } }),
        json!({ "collection": "posts", "action": "update", "fields": ["title", "views"], "defaultValues": { "views": 9 } }),
        json!({ "collection": "posts", "action": "read", "fields": ["*"] }),
    ];
    let writer = app.with_grants("Writer", &grants).await;
    writer.post("/items/posts", json!({ "id": 9, "title": "x" })).await.expect_status(201);
    let row = app.admin().one("posts", &json!(9)).await;
    assert_eq!(
        (&row["owner"], &row["live"], &row["views"]),
        (&json!(writer.user_id), &json!(false), &json!(7))
    );
    writer.post("/items/posts", json!({ "id": 10, "views": 1 })).await.expect_status(201);
    assert_eq!(app.admin().one("posts", &json!(10)).await["views"], 1);
    writer.patch("/items/posts/10", json!({ "title": "y" })).await.expect_status(200);
    assert_eq!(app.admin().one("posts", &json!(10)).await["views"], 9);
    // A default may fill a field that the role may not write itself.
    writer
        .post("/items/posts", json!({ "id": 11, "live": true }))
        .await
        .expect_refusal(403, "FIELD_FORBIDDEN");
});

on_every_store!(nested_writes_need_the_relation_in_the_parents_grant, async |app| {
    posts(app).await;
    let explicit = app.with_grants("Explicit", &["create", "update"].map(|action| json!({ "collection": "posts", "action": action, "fields": ["*", "coms.*"] }))).await;
    explicit
        .post("/items/posts", json!({ "id": 9, "coms": [{ "content": "a" }] }))
        .await
        .expect_status(201);
    explicit
        .patch("/items/posts/9", json!({ "coms": [{ "content": "b" }] }))
        .await
        .expect_status(200);
    explicit
        .post("/items/comments", json!({ "content": "c" }))
        .await
        .expect_refusal(403, "FORBIDDEN");
    let star = app
        .with_grants(
            "Star",
            &[("posts", "create"), ("posts", "update"), ("authors", "read")].map(
                |(name, action)| json!({ "collection": name, "action": action, "fields": ["*"] }),
            ),
        )
        .await;
    for body in [
        json!({ "id": 10, "coms": [{ "content": "a" }] }),
        json!({ "id": 10, "author": { "name": "x" } }),
        json!({ "id": 10, "coms": [] }),
    ] {
        star.post("/items/posts", body).await.expect_refusal(403, "FIELD_FORBIDDEN");
    }
    // A bare key is the column, which `*` covers.
    star.post("/items/posts", json!({ "id": 10, "author": 1 })).await.expect_status(201);
    assert_eq!(app.admin().rows("authors", json!({})).await.len(), 2);
});

on_every_store!(children_out_of_sight_are_out_of_reach, async |app| {
    posts(app).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "posts", "action": "update", "fields": ["*", "coms.*", "author.*"] }),
            json!({ "collection": "comments", "action": "read", "fields": ["*"], "conditions": { "approved": true } }),
            json!({ "collection": "authors", "action": "read", "fields": ["*"], "conditions": { "name": "Bob" } }),
        ])
        .await;
    for body in [
        json!({ "coms": [{ "id": 2, "content": "taken" }] }),
        json!({ "coms": [2] }),
        json!({ "author": { "id": 1 } }),
        json!({ "author": { "id": 1, "name": "taken" } }),
    ] {
        let hidden = writer.patch("/items/posts/2", body.clone()).await;
        assert!(matches!(hidden.status, 400 | 403), "{body}: {}", hidden.text);
        let absent = writer
            .patch(
                "/items/posts/2",
                serde_json::from_str(
                    &body
                        .to_string()
                        .replace("\"id\":2", "\"id\":99")
                        .replace("\"id\":1", "\"id\":99")
                        .replace("[2]", "[99]"),
                )
                .expect("JSON"),
            )
            .await;
        assert_eq!((hidden.status, &hidden.text), (absent.status, &absent.text), "{body}");
    }
    assert_eq!(app.admin().one("comments", &json!(2)).await["content"], "bad");
    assert_eq!(app.admin().one("authors", &json!(1)).await["name"], "Ada");
    writer
        .patch("/items/posts/2", json!({ "author": { "id": 2, "salary": 6 } }))
        .await
        .expect_status(200);
    // Nor is one put out of sight.
    writer
        .patch("/items/posts/2", json!({ "author": { "id": 2, "name": "Rob" } }))
        .await
        .expect_refusal(403, "FORBIDDEN");
});

on_every_store!(soft_deletion_asks_for_the_right_to_delete, async |app| {
    app.collection("tasks", json!({ "paranoid": true, "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" } } })).await;
    for id in 1..=4 {
        app.admin().create("tasks", json!({ "id": id })).await;
    }
    let stamp = json!({ "deletedAt": "2024-01-01T00:00:00.000Z" });
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "tasks", "action": "read", "fields": ["*"] })],
        )
        .await;
    let updater = app
        .with_grants(
            "Updater",
            &[json!({ "collection": "tasks", "action": "update", "fields": ["title"] })],
        )
        .await;
    let deleter =
        app.with_grants("Deleter", &[json!({ "collection": "tasks", "action": "delete" })]).await;
    assert_eq!(reader.patch("/items/tasks/1", stamp.clone()).await.status, 403);
    assert_eq!(updater.patch("/items/tasks/1", stamp.clone()).await.status, 403);
    deleter.patch("/items/tasks/1", stamp).await.expect_status(200);
    deleter.delete("/items/tasks/2").await.expect_status(200);
    assert_eq!(reader.column("tasks", "id", json!({ "sort": "id" })).await, [json!(3), json!(4)]);
    // Removing for good is an administrator's word.
    deleter.delete("/items/tasks/3?force=true").await.expect_status(200);
    assert_eq!(app.admin().rows("tasks", json!({ "paranoid": "false" })).await.len(), 4);
    updater.patch("/items/tasks/2", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(reader.patch("/items/tasks/3", json!({ "deletedAt": null })).await.status, 403);
    app.admin().delete("/items/tasks/4?force=true").await.expect_status(200);
    assert_eq!(app.admin().rows("tasks", json!({ "paranoid": "false" })).await.len(), 3);
});

on_every_store!(a_deletion_carries_no_change_that_the_role_may_not_make, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("tasks", json!({ "paranoid": true, "fields": { "id": key, "title": { "type": "String" }, "own": { "type": "Boolean" } } })).await;
    app.collection("notes", json!({ "fields": { "id": key, "title": { "type": "String" }, "deletedAt": { "type": "DateTime" } } })).await;
    for id in 1..=2 {
        app.admin().create("tasks", json!({ "id": id, "title": "kept", "own": id == 1 })).await;
    }
    app.admin().create("notes", json!({ "id": 1 })).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "tasks", "action": "update", "fields": ["*"], "conditions": { "own": true } }),
            json!({ "collection": "tasks", "action": "delete" }),
            json!({ "collection": "notes", "action": "update", "fields": ["title"] }),
            json!({ "collection": "notes", "action": "delete" }),
        ])
        .await;
    let stamp = "2024-01-01T00:00:00.000Z";
    let both = json!({ "deletedAt": stamp, "title": "changed" });
    writer.patch("/items/tasks/2", both.clone()).await.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(app.admin().one("tasks", &json!(2)).await["title"], "kept");
    writer.patch("/items/tasks/1", both).await.expect_status(200);
    writer.patch("/items/tasks/2", json!({ "deletedAt": stamp })).await.expect_status(200);
    // Where nothing is deleted softly, a field of that name is a field like any other.
    let own = writer.patch("/items/notes/1", json!({ "deletedAt": stamp })).await;
    own.expect_refusal(403, "FIELD_FORBIDDEN");
});

on_every_store!(a_change_must_leave_the_record_where_the_role_may_change_it, async |app| {
    posts(app).await;
    let mine = json!({ "owner": { "eq": "$CURRENT_USER" }, "live": true });
    let grants = ["create", "read", "update"].map(|action| {
        let conditions = if action == "read" { Json::Null } else { mine.clone() };
        json!({ "collection": "posts", "action": action, "fields": ["*"], "conditions": conditions })
    });
    let writer = app.with_grants("Writer", &grants).await;
    for id in [1, 2] {
        let body = json!({ "owner": writer.user_id });
        app.admin().patch(&format!("/items/posts/{id}"), body).await.expect_status(200);
    }
    let before = app.admin().get("/items/posts?sort=id").await.text;
    let away = json!({ "owner": app.admin().user_id });
    let batch =
        json!({ "operations": [{ "op": "update", "collection": "posts", "id": 1, "data": away }] });
    for answer in [
        writer.patch("/items/posts/1", away.clone()).await,
        writer.patch("/items/posts/1", json!({ "live": false, "title": "x" })).await,
        writer.patch("/items/posts/1", json!({ "owner": null })).await,
        writer
            .patch(
                "/items/posts/bulk",
                json!([{ "id": 1, "title": "x" }, { "id": 2, "live": false }]),
            )
            .await,
        writer.post("/items/batch", batch).await,
    ] {
        answer.expect_refusal(403, "FORBIDDEN");
    }
    assert_eq!(app.admin().get("/items/posts?sort=id").await.text, before);
    writer
        .patch("/items/posts/1", json!({ "title": "x", "live": true, "owner": writer.user_id }))
        .await
        .expect_status(200);
});

on_every_store!(a_condition_over_a_relation_is_asked_of_the_changed_record_too, async |app| {
    posts(app).await;
    let grants = ["read", "update"].map(|action| {
        let conditions = if action == "read" { Json::Null } else { json!({ "author.name": "Ada" }) };
        json!({ "collection": "posts", "action": action, "fields": ["*"], "conditions": conditions })
    });
    let authors = json!({ "collection": "authors", "action": "read", "fields": ["*"] });
    let writer = app.with_grants("Writer", &[grants[0].clone(), grants[1].clone(), authors]).await;
    writer.patch("/items/posts/1", json!({ "title": "x" })).await.expect_status(200);
    writer
        .patch("/items/posts/1", json!({ "author_id": 2 }))
        .await
        .expect_refusal(403, "FORBIDDEN");
    assert_eq!(app.admin().one("posts", &json!(1)).await["author_id"], 1);
});

on_every_store!(a_grant_may_say_otherwise_what_a_changed_record_must_satisfy, async |app| {
    posts(app).await;
    let grant = |check: Json| json!({ "collection": "posts", "action": "update", "fields": ["live", "title"], "conditions": { "live": true }, "checkConditions": check });
    let submitter = app.with_grants("Submitter", &[grant(json!({}))]).await;
    let closer = app.with_grants("Closer", &[grant(json!({ "live": false }))]).await;
    submitter.patch("/items/posts/1", json!({ "live": false })).await.expect_status(200);
    submitter
        .patch("/items/posts/1", json!({ "live": true }))
        .await
        .expect_refusal(403, "ITEM_NOT_FOUND");
    closer.patch("/items/posts/2", json!({ "title": "x" })).await.expect_refusal(403, "FORBIDDEN");
    closer.patch("/items/posts/2", json!({ "live": false })).await.expect_status(200);
    let roles =
        app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "Closer" } })).await;
    app.admin()
        .post("/permissions", json!({ "role_Id": roles[0], "collection": "posts", "action": "read", "checkConditions": { "nope": 1 } }))
        .await
        .expect_refusal(400, "UNKNOWN_FIELD");
});

on_every_store!(a_nested_change_leaves_the_child_where_a_change_of_its_own_could, async |app| {
    posts(app).await;
    let parent = |action: &str| json!({ "collection": "posts", "action": action, "fields": ["*", "coms.*"] });
    let child = |action: &str, conditions: Json, check: Json| json!({ "collection": "comments", "action": action, "fields": ["*"], "conditions": conditions, "checkConditions": check });
    let approved = json!({ "approved": true });
    let reader = app
        .with_grants(
            "Reader",
            &[parent("read"), parent("update"), child("read", approved.clone(), Json::Null)],
        )
        .await;
    let before = app.admin().get("/items/comments?sort=id").await.text;
    for body in [
        json!({ "coms": [{ "id": 1, "approved": false }] }),
        json!({ "coms": [{ "id": 1, "content": "x", "approved": null }] }),
        json!({ "title": "x", "coms": [{ "content": "new" }, { "id": 1, "approved": false }] }),
    ] {
        reader.patch("/items/posts/1", body).await.expect_refusal(403, "FORBIDDEN");
    }
    let batch = json!({ "operations": [{ "op": "update", "collection": "posts", "id": 1, "data": { "coms": [{ "id": 1, "approved": false }] } }] });
    reader.post("/items/batch", batch).await.expect_refusal(403, "FORBIDDEN");
    assert_eq!(app.admin().get("/items/comments?sort=id").await.text, before);
    assert_eq!(app.admin().one("posts", &json!(1)).await["title"], "one");
    let kept = json!({ "coms": [{ "id": 1, "content": "x", "approved": true }] });
    reader.patch("/items/posts/1", kept).await.expect_status(200);
    assert_eq!(app.admin().one("comments", &json!(1)).await["content"], "x");

    // A grant of its own that says what a changed comment must be is asked through a post too.
    let checked = app
        .with_grants(
            "Checked",
            &[
                parent("read"),
                parent("update"),
                child("read", Json::Null, Json::Null),
                child("update", Json::Null, approved),
            ],
        )
        .await;
    for (id, post, change) in [
        (3, 2, json!({ "approved": false })),
        (3, 2, json!({ "approved": null, "content": "y" })),
        (2, 1, json!({ "content": "y" })),
    ] {
        let flat = checked.patch(&format!("/items/comments/{id}"), change.clone()).await;
        flat.expect_refusal(403, "FORBIDDEN");
        let mut nested = change;
        nested["id"] = json!(id);
        let path = format!("/items/posts/{post}");
        let nested = checked.patch(&path, json!({ "coms": [{ "id": 1 }, nested] })).await;
        nested.expect_refusal(403, "FORBIDDEN");
    }
    let good = json!({ "coms": [{ "id": 3, "content": "y" }] });
    checked.patch("/items/posts/2", good).await.expect_status(200);
});

on_every_store!(a_list_may_let_go_of_a_child_that_is_in_sight_only_through_it, async |app| {
    posts(app).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "posts", "action": "read", "fields": ["*"] }),
            json!({ "collection": "posts", "action": "update", "fields": ["*", "coms.*"] }),
            json!({ "collection": "comments", "action": "read", "fields": ["*"], "conditions": { "post.live": true } }),
        ])
        .await;
    writer.patch("/items/posts/1", json!({ "coms": [1] })).await.expect_status(200);
    assert!(app.admin().one("comments", &json!(2)).await["post_id"].is_null());
    // Taken to a post that hides it, it would be out of sight by the caller's own word.
    writer.patch("/items/posts/3", json!({ "coms": [1] })).await.expect_refusal(403, "FORBIDDEN");
    assert_eq!(app.admin().one("comments", &json!(1)).await["post_id"], 1);
});
