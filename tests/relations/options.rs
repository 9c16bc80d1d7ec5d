//! What a relation may say of itself: names, columns, junctions, rules; the words of its routes.

use super::blog;
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn fields(app: &App, collection: &str) -> Json {
    app.admin().get(&format!("/schemas/{collection}")).await.expect_status(200).body["data"]["schema"]["fields"].clone()
}

async fn named(app: &App, names: &[&str]) {
    for name in names {
        let fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } });
        app.collection(name, json!({ "fields": fields })).await;
    }
}

on_every_store!(the_routes_of_relations_answer_in_the_known_words, async |app| {
    named(app, &["posts", "tags"]).await;
    let admin = app.admin();
    let path = "/schemas/posts/relationships";
    let body = json!({ "type": "M2O", "target": "tags", "name": "tag", "alias": "posts", "description": "the main one", "isRelationship": true, "showAs": ["name"] });
    let made = admin.post(path, body).await;
    made.expect_status(201);
    assert_eq!(
        (&made.body["message"], &made.body["data"]["collectionName"]),
        (&json!("Relationship created successfully"), &json!("posts"))
    );
    let tag = &made.body["data"]["schema"]["fields"]["tag"];
    assert_eq!(
        (&tag["description"], &tag["showAs"], &tag["isRelationship"]),
        (&json!("the main one"), &json!(["name"]), &json!(true)),
        "{tag}"
    );
    let path = format!("{path}/tag");
    let changed = admin.patch(&path, json!({ "description": "another" })).await;
    changed.expect_status(200);
    assert_eq!(changed.body["message"], "Relationship updated successfully");
    assert_eq!(changed.body["data"]["schema"]["fields"]["tag"]["description"], "another");
    let removed = admin.delete(&path).await;
    assert_eq!(removed.expect_status(200).body["message"], "Relationship deleted successfully");
    for (answer, words) in [
        (
            admin
                .post(
                    "/schemas/posts/relationships",
                    json!({ "type": "M2O", "target": "tags", "name": "order" }),
                )
                .await,
            "Error creating relationship",
        ),
        (admin.patch(&path, json!({})).await, "Error updating relationship"),
        (admin.delete(&path).await, "Error deleting relationship"),
    ] {
        assert!(matches!(answer.status, 400 | 404), "{}", answer.text);
        assert_eq!(answer.message(), words);
        assert!(answer.body["details"][0]["message"].is_string(), "{}", answer.text);
    }
});

on_every_store!(words_of_the_query_language_name_no_relation, async |app| {
    named(app, &["posts", "tags"]).await;
    let words = "user group order limit offset where select insert update delete table from join left right inner outer cross natural using on";
    for word in words.split(' ') {
        let body = json!({ "type": "M2O", "target": "tags", "name": word });
        let answer = app.admin().post("/schemas/posts/relationships", body).await;
        answer.expect_refusal(400, "SCHEMA_INVALID");
    }
    assert_eq!(fields(app, "posts").await.as_object().map(serde_json::Map::len), Some(4));
});

on_every_store!(two_junctions_between_one_pair_both_keep_a_pair_once, async |app| {
    named(app, &["posts", "tags"]).await;
    for (name, alias) in [("tags", "posts"), ("topics", "topical")] {
        app.relation(
            "posts",
            json!({ "type": "M2M", "target": "tags", "name": name, "alias": alias }),
        )
        .await;
    }
    app.admin().create("tags", json!({ "id": 1 })).await;
    app.admin().create("posts", json!({ "id": 1, "tags": [1], "topics": [1] })).await;
    for junction in ["posts_tags_tags_junction", "posts_tags_topics_junction"] {
        let twice = json!({ "posts_id": 1, "tags_id": 1 });
        app.admin()
            .post(&format!("/items/{junction}"), twice)
            .await
            .expect_refusal(409, "UNIQUE_VIOLATION");
        let row = app.admin().rows(junction, json!({})).await[0].clone();
        assert!(row["id"].is_number() && row["createdAt"].is_string(), "{row}");
        let half = json!({ "posts_id": 1 });
        app.admin()
            .post(&format!("/items/{junction}"), half)
            .await
            .expect_refusal(400, "REQUIRED_FIELD_MISSING");
    }
    let taken = json!({ "type": "M2M", "target": "tags", "name": "more", "through": "posts_tags_tags_junction" });
    app.admin().post("/schemas/posts/relationships", taken).await.expect_status(409);
});

on_every_store!(columns_and_junctions_take_the_names_they_are_given, async |app| {
    named(app, &["posts", "tags", "teams"]).await;
    app.relation("posts", json!({ "type": "M2O", "target": "teams", "name": "team", "foreignKey": "team_key", "alias": "posts" })).await;
    app.relation(
        "posts",
        json!({ "type": "M2M", "target": "tags", "name": "tags", "through": "tagging" }),
    )
    .await;
    app.relation(
        "posts",
        json!({ "type": "O2O", "target": "tags", "name": "badge", "foreignKey": "badge_key" }),
    )
    .await;
    let posts = fields(app, "posts").await;
    assert_eq!(
        (&posts["team"]["foreignKey"], &posts["tags"]["target"]),
        (&json!("team_key"), &json!("tagging")),
        "{posts}"
    );
    app.admin().create("teams", json!({ "id": 5, "name": "red" })).await;
    app.admin().create("tags", json!({ "id": 1 })).await;
    app.admin()
        .create(
            "posts",
            json!({ "id": 1, "team_key": 5, "badge_key": 1, "tags": [{ "tags_id": 1 }] }),
        )
        .await;
    let row =
        app.admin().get("/items/posts/1?fields=team.name,tags.tags_id").await.body["data"].clone();
    assert_eq!(
        (&row["team"]["name"], &row["tags"][0]["tags_id"]),
        (&json!("red"), &json!(1)),
        "{row}"
    );
    assert_eq!(app.admin().rows("tagging", json!({})).await.len(), 1);
    let taken = app.admin().post("/items/posts", json!({ "id": 2, "badge_key": 1 })).await;
    taken.expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(rows_of_any_know_their_way_back, async |app| {
    named(app, &["posts", "images", "videos"]).await;
    app.relation(
        "posts",
        json!({ "type": "M2A", "name": "media", "tables": ["images", "videos"], "alias": "used" }),
    )
    .await;
    for name in ["images", "videos"] {
        assert_eq!(fields(app, name).await["used"]["relType"], "HasMany");
        app.admin().create(name, json!({ "id": 1, "name": name })).await;
    }
    let media = json!([{ "item_id": 1, "collection": "images" }]);
    app.admin().create("posts", json!({ "id": 1, "name": "one", "media": media })).await;
    let back = |name: &'static str| async move {
        app.admin().rows(name, json!({ "fields": ["name", "used.posts.name"] })).await[0]["used"]
            .clone()
    };
    assert_eq!(back("images").await[0]["posts"]["name"], "one");
    assert_eq!(back("videos").await, json!([]), "an image's row is no video's");
    let twice = json!({ "posts_id": 1, "item_id": 1, "collection": "images" });
    app.admin()
        .post("/items/posts_media_junction", twice)
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(a_relation_of_any_kind_follows_a_changed_document, async |app| {
    blog(app).await;
    let admin = app.admin();
    let mut all = fields(app, "comments").await;
    all["post"]["onDelete"] = json!("SET NULL");
    admin
        .patch("/schemas/comments", json!({ "schema": { "fields": all } }))
        .await
        .expect_status(200);
    admin
        .create("posts", json!({ "id": 1, "name": "one", "comments": [{ "name": "kept" }] }))
        .await;
    admin.delete("/items/posts/1").await.expect_status(200);
    let comments = admin.rows("comments", json!({ "fields": ["name", "post_id"] })).await;
    assert_eq!(json!(comments), json!([{ "name": "kept", "post_id": null }]));
    // The collections that a relation to any leads to are changed by its route, too.
    admin.create("videos", json!({ "id": 1 })).await;
    admin
        .create(
            "posts",
            json!({ "id": 2, "attachments": [{ "item_id": 1, "collection": "videos" }] }),
        )
        .await;
    let path = "/schemas/posts/relationships/attachments";
    let tables = |names: &[&str]| json!({ "tables": names });
    admin.patch(path, tables(&["images"])).await.expect_status(409);
    admin.patch(path, tables(&["images", "videos", "tags"])).await.expect_status(200);
    admin.create("tags", json!({ "id": 1, "name": "red" })).await;
    let both = json!({ "attachments": [{ "item_id": 1, "collection": "tags" }] });
    admin.patch("/items/posts/2", both).await.expect_status(200);
    admin.patch(path, tables(&["images", "tags"])).await.expect_status(200);
    let row = admin.get("/items/posts/2?fields=attachments.tags.name").await.body["data"].clone();
    assert_eq!(row["attachments"][0]["tags"]["name"], "red", "{row}");
});

on_every_store!(a_target_may_come_after_the_relation_to_it, async |app| {
    let fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" },
        "ownerId": { "type": "Integer", "relType": "BelongsTo", "target": "owners", "foreignKey": "ownerId", "as": "owner" } });
    app.collection("pets", json!({ "fields": fields })).await;
    app.admin().create("pets", json!({ "id": 1, "name": "cat" })).await;
    named(app, &["owners"]).await;
    app.admin().create("owners", json!({ "id": 1, "name": "Ada" })).await;
    let lost = app.admin().post("/items/pets", json!({ "id": 2, "ownerId": 9 })).await;
    lost.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    app.admin().patch("/items/pets/1", json!({ "owner": 1 })).await.expect_status(200);
    let pet = app.admin().get("/items/pets/1?fields=name,owner.name").await.body["data"].clone();
    assert_eq!(pet["owner"]["name"], "Ada", "{pet}");
});
