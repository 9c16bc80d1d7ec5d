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

/// Parents, what goes with them, and what forbids that in more than one way.
async fn guarded(app: &App) {
    let key = json!({ "id": { "type": "Integer", "primaryKey": true } });
    for name in ["parents", "mids", "deeps", "leaves", "loose", "kept", "both"] {
        app.collection(name, json!({ "fields": key })).await;
    }
    for (child, target, name, rule) in [
        ("mids", "parents", "parent", "CASCADE"),
        ("deeps", "mids", "mid", "CASCADE"),
        ("leaves", "deeps", "deep", "RESTRICT"),
        ("loose", "parents", "parent", "SET NULL"),
        ("kept", "parents", "parent", "RESTRICT"),
        ("both", "parents", "owner", "CASCADE"),
        ("both", "parents", "second", "NO ACTION"),
    ] {
        let alias = format!("{child}_{name}");
        app.relation(child, json!({ "type": "M2O", "target": target, "name": name, "alias": alias, "onDelete": rule })).await;
    }
    let admin = app.admin();
    for id in 1..=6 {
        admin.create("parents", json!({ "id": id })).await;
        admin.create("loose", json!({ "id": id, "parent": id })).await;
        admin.create("mids", json!({ "id": id, "parent": id })).await;
        admin.create("deeps", json!({ "id": id, "mid": id })).await;
    }
}

on_every_store!(a_refused_removal_names_what_refuses_it_and_nothing_else, async |app| {
    guarded(app).await;
    let admin = app.admin();
    admin.create("kept", json!({ "id": 1, "parent": 1 })).await;
    admin.create("leaves", json!({ "id": 2, "deep": 2 })).await;
    admin.create("both", json!({ "id": 3, "owner": 3, "second": 3 })).await;
    admin.create("leaves", json!({ "id": 3, "deep": 3 })).await;
    admin.create("both", json!({ "id": 4, "owner": 5, "second": 4 })).await;
    admin.create("both", json!({ "id": 6, "owner": 6, "second": 6 })).await;
    for (parent, field, sentence) in [
        (1, "kept.parent_id", "records of `kept` point at this one by `parent_id`"),
        (
            2,
            "leaves.deep_id",
            "records of `leaves` point by `deep_id` at records of `deeps` that would go with this one",
        ),
        (
            3,
            "leaves.deep_id",
            "records of `leaves` point by `deep_id` at records of `deeps` that would go with this one",
        ),
        (4, "both.second_id", "records of `both` point at this one by `second_id`"),
    ] {
        let refused = admin.delete(&format!("/items/parents/{parent}")).await;
        let details = &refused.expect_refusal(409, "FOREIGN_KEY_VIOLATION").body["details"];
        let told: Vec<Json> = details
            .as_array()
            .expect("details")
            .iter()
            .map(|one| json!([one["field"], one["message"]]))
            .collect();
        assert_eq!(json!(told), json!([[field, sentence]]), "{parent}: {}", refused.text);
    }
    // What goes along does not stand in the way.
    admin.delete("/items/parents/6").await.expect_status(200);
    // Nor does what the same request took out of the way before.
    let batch = json!({ "operations": [
        { "op": "delete", "collection": "kept", "id": 1 },
        { "op": "delete", "collection": "parents", "id": 1 },
        { "op": "delete", "collection": "parents", "id": 2 },
    ] });
    let refused = admin.post("/items/batch", batch).await;
    let details = &refused.expect_refusal(409, "FOREIGN_KEY_VIOLATION").body["details"];
    let told: Vec<&Json> =
        details.as_array().expect("details").iter().map(|one| &one["field"]).collect();
    assert_eq!(told, ["leaves.deep_id"], "{}", refused.text);
});

on_every_store!(what_refuses_a_removal_is_named_to_those_who_may_read_it, async |app| {
    guarded(app).await;
    let admin = app.admin();
    admin.create("leaves", json!({ "id": 2, "deep": 2 })).await;
    let grant = |collection: &str, action: &str| json!({ "collection": collection, "action": action, "fields": ["*"] });
    let removes = [grant("parents", "read"), grant("parents", "delete")];
    let refused = app.with_grants("Remover", &removes).await.delete("/items/parents/2").await;
    refused.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert!(!refused.text.contains("leaves") && !refused.text.contains("deep"), "{}", refused.text);
    let reads = ["mids", "deeps", "leaves"].map(|name| grant(name, "read"));
    let reader = app.with_grants("Reader", &[&removes[..], &reads[..]].concat()).await;
    let refused = reader.delete("/items/parents/2").await;
    assert_eq!(refused.body["details"][0]["field"], "leaves.deep_id", "{}", refused.text);
    // Between them is one that may not be read: from here to there leads no way.
    let ends = app.with_grants("Ends", &[&removes[..], &reads[1..]].concat()).await;
    let refused = ends.delete("/items/parents/2").await;
    refused.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert!(!refused.text.contains("leaves"), "{}", refused.text);
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

on_every_store!(removing_an_avatar_keeps_the_user, async |app| {
    let admin = app.admin();
    let file = admin.create("baasix_File", json!({ "title": "Ada" })).await;
    let ada = json!({ "email": "ada@example.com", "firstName": "Ada", "avatar_Id": file });
    let ada = admin.create("baasix_User", ada).await;
    assert_eq!(admin.one("baasix_User", &ada).await["avatar_Id"], file);
    let file = file.as_str().expect("a key");
    admin.delete(&format!("/items/baasix_File/{file}")).await.expect_status(200);
    let kept = admin.one("baasix_User", &ada).await;
    assert_eq!((&kept["firstName"], &kept["avatar_Id"]), (&json!("Ada"), &Json::Null));
});
