//! Relations made, changed and removed while the server runs.

use super::{blog, filled};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn schema(app: &App, collection: &str) -> Json {
    app.admin().get(&format!("/schemas/{collection}")).await.expect_status(200).body["data"]["schema"].clone()
}

on_every_store!(each_kind_adds_the_columns_and_tables_its_name_promises, async |app| {
    blog(app).await;
    let posts = schema(app, "posts").await;
    let fields = &posts["fields"];
    assert_eq!(
        (
            &fields["author"]["relType"],
            &fields["author"]["target"],
            &fields["author"]["foreignKey"]
        ),
        (&json!("BelongsTo"), &json!("authors"), &json!("author_id")),
        "{posts}"
    );
    assert_eq!(
        (&fields["author_id"]["type"], &fields["author_id"]["SystemGenerated"]),
        (&json!("Integer"), &json!(true))
    );
    assert_eq!(fields["comments"]["relType"], "HasMany");
    assert_eq!(fields["summary"]["relType"], "BelongsTo");
    assert_eq!(fields["tags"]["target"], "posts_tags_tags_junction", "{posts}");
    assert_eq!(fields["attachments"]["target"], "posts_attachments_junction", "{posts}");
    let authors = schema(app, "authors").await;
    assert_eq!(
        (&authors["fields"]["posts"]["relType"], &authors["fields"]["posts"]["foreignKey"]),
        (&json!("HasMany"), &json!("author_id"))
    );
    assert_eq!(schema(app, "summaries").await["fields"]["post"]["relType"], "HasOne");
    let junction = schema(app, "posts_tags_tags_junction").await;
    assert_eq!(junction["isJunction"], true);
    for name in ["posts_id", "tags_id"] {
        assert_eq!(junction["fields"][name]["allowNull"], false, "{junction}");
    }
    let many = schema(app, "posts_attachments_junction").await;
    for name in ["posts_id", "item_id", "collection"] {
        assert!(many["fields"][name].is_object(), "{many}");
    }
});

on_every_store!(a_one_to_one_has_one_owner, async |app| {
    filled(app).await;
    let taken = app.admin().patch("/items/posts/2", json!({ "summary_id": 1 })).await;
    taken.expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(one_to_many_makes_its_column_on_the_far_side, async |app| {
    app.collection("teams", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.collection("players", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.relation("teams", json!({ "type": "O2M", "target": "players", "name": "players" })).await;
    assert!(schema(app, "players").await["fields"]["teams_id"].is_object());
    let id = app
        .admin()
        .create(
            "teams",
            json!({ "name": "red", "players": [{ "name": "Ada" }, { "name": "Bob" }] }),
        )
        .await;
    let rows = app.admin().rows("teams", json!({ "fields": ["name", "players.name"] })).await;
    assert_eq!(rows[0]["players"].as_array().map(Vec::len), Some(2), "{rows:?}");
    assert_eq!(app.admin().column("players", "teams_id", json!({})).await, [id.clone(), id]);
});

on_every_store!(a_collection_relates_to_itself, async |app| {
    app.collection("nodes", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.relation(
        "nodes",
        json!({ "type": "M2O", "target": "nodes", "name": "parent", "alias": "children" }),
    )
    .await;
    app.relation("nodes", json!({ "type": "M2M", "target": "nodes", "name": "friends" })).await;
    let admin = app.admin();
    admin.create("nodes", json!({ "id": 1, "name": "root" })).await;
    admin
        .create(
            "nodes",
            json!({ "id": 2, "name": "leaf", "parent": 1, "friends": [{ "nodes_id_2": 1 }] }),
        )
        .await;
    let leaf = admin
        .get("/items/nodes/2?fields=name,parent.name,friends.*,friends.nodes_2.name")
        .await
        .body["data"]
        .clone();
    assert_eq!(leaf["parent"]["name"], "root", "{leaf}");
    assert_eq!(
        (&leaf["friends"][0]["nodes_id"], &leaf["friends"][0]["nodes_2"]["name"]),
        (&json!(2), &json!("root")),
        "{leaf}"
    );
    let root =
        admin.get("/items/nodes/1?fields=children.name,children.children.name").await.body["data"]
            .clone();
    assert_eq!(root["children"][0]["name"], "leaf", "{root}");
});

on_every_store!(sdk_names_of_kinds_mean_the_same, async |app| {
    for name in ["a", "b"] {
        app.collection(name, json!({ "fields": { "name": { "type": "String" } } })).await;
    }
    for (word, name) in [("BelongsTo", "one"), ("HasOne", "two"), ("BelongsToMany", "three")] {
        app.relation(
            "a",
            json!({ "type": word, "target": "b", "name": name, "alias": format!("back_{name}") }),
        )
        .await;
    }
    app.relation("a", json!({ "type": "HasMany", "target": "b", "name": "four" })).await;
    let fields = schema(app, "a").await["fields"].clone();
    for name in ["one", "two", "three", "four"] {
        assert!(fields[name]["relType"].is_string(), "{fields}");
    }
});

on_every_store!(relations_declared_in_a_schema_work_like_made_ones, async |app| {
    app.collection("categories", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" },
        "items_": { "relType": "HasMany", "target": "goods", "foreignKey": "categoryId" } } })).await;
    app.collection(
        "goods",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "name": { "type": "String" },
            "categoryId": { "type": "Integer", "relType": "BelongsTo", "target": "categories", "foreignKey": "categoryId", "as": "category" },
            "maker": { "relType": "BelongsTo", "target": "categories" }
        } }),
    )
    .await;
    let admin = app.admin();
    admin.create("categories", json!({ "id": 1, "name": "lamps" })).await;
    admin
        .create("goods", json!({ "id": 1, "name": "desk lamp", "categoryId": 1, "maker_Id": 1 }))
        .await;
    let row =
        admin.get("/items/goods/1?fields=name,category.name,maker.name").await.body["data"].clone();
    assert_eq!(
        (&row["category"]["name"], &row["maker"]["name"]),
        (&json!("lamps"), &json!("lamps")),
        "{row}"
    );
    let back = admin.get("/items/categories/1?fields=items_.name").await.body["data"].clone();
    assert_eq!(back["items_"][0]["name"], "desk lamp", "{back}");
    admin
        .post("/items/goods", json!({ "id": 2, "categoryId": 9 }))
        .await
        .expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(belongs_to_many_answers_target_rows, async |app| {
    let named = json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } });
    app.collection("labels", named.clone()).await;
    app.collection("songs", named).await;
    app.relation(
        "songs",
        json!({ "type": "M2M", "target": "labels", "name": "links", "through": "song_labels" }),
    )
    .await;
    let mut fields = schema(app, "songs").await["fields"].clone();
    fields["labels"] = json!({ "relType": "BelongsToMany", "target": "labels", "through": "song_labels", "foreignKey": "songs_id", "otherKey": "labels_id" });
    app.admin()
        .patch("/schemas/songs", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    app.admin().create("labels", json!({ "id": 7, "name": "jazz" })).await;
    app.admin()
        .create("songs", json!({ "id": 1, "name": "x", "links": [{ "labels_id": 7 }] }))
        .await;
    let row = app.admin().get("/items/songs/1?fields=labels.*").await.body["data"].clone();
    assert_eq!(
        (&row["labels"][0]["id"], &row["labels"][0]["name"]),
        (&json!(7), &json!("jazz")),
        "{row}"
    );
    assert_eq!(
        app.admin().column("songs", "id", json!({ "filter": { "labels.name": "jazz" } })).await,
        [json!(1)]
    );
});

on_every_store!(what_cannot_be_a_relation_is_refused_and_changes_nothing, async |app| {
    blog(app).await;
    let before = schema(app, "posts").await;
    let admin = app.admin();
    for (relation, status) in [
        (json!({}), 400),
        (json!({ "type": "M2O", "name": "x" }), 400),
        (json!({ "type": "M2O", "target": "nothing", "name": "x" }), 400),
        (json!({ "type": "M2X", "target": "tags", "name": "x" }), 400),
        (json!({ "type": "M2O", "target": "tags", "name": "order" }), 400),
        (json!({ "type": "M2O", "target": "tags", "name": "posts" }), 400),
        (json!({ "type": "M2O", "target": "tags", "name": "x", "alias": "tags" }), 400),
        (json!({ "type": "M2O", "target": "tags", "name": "a\"b" }), 400),
        (json!({ "type": "M2O", "target": "tags", "name": "author" }), 409),
        (json!({ "type": "M2O", "target": "tags", "name": "name" }), 409),
        (json!({ "type": "M2O", "target": "tags", "name": "x", "onDelete": "EXPLODE" }), 400),
        (json!({ "type": "M2A", "name": "x" }), 400),
        (json!({ "type": "M2A", "name": "x", "tables": ["images", "baasix_User"] }), 400),
    ] {
        let answer = admin.post("/schemas/posts/relationships", relation.clone()).await;
        assert!(
            answer.status == status || (status == 400 && answer.status == 404),
            "{relation}: {} {}",
            answer.status,
            answer.text
        );
        assert!(answer.body["error"]["code"].is_string(), "{}", answer.text);
    }
    assert_eq!(schema(app, "posts").await, before);
    admin
        .post(
            "/schemas/nothing/relationships",
            json!({ "type": "M2O", "target": "tags", "name": "x" }),
        )
        .await
        .expect_refusal(404, "SCHEMA_NOT_FOUND");
    app.anonymous()
        .post("/schemas/posts/relationships", json!({}))
        .await
        .expect_refusal(403, "FORBIDDEN");
});

on_every_store!(a_changed_rule_of_deletion_holds_at_once, async |app| {
    filled(app).await;
    let admin = app.admin();
    let patch =
        admin.patch("/schemas/posts/relationships/author", json!({ "onDelete": "RESTRICT" })).await;
    patch.expect_status(200);
    admin.delete("/items/authors/1").await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert_eq!(admin.rows("posts", json!({})).await.len(), 3);
    admin
        .patch("/schemas/posts/relationships/author", json!({ "onDelete": "SET NULL" }))
        .await
        .expect_status(200);
    admin.delete("/items/authors/1").await.expect_status(200);
    assert_eq!(admin.one("posts", &json!(1)).await["author_id"], Json::Null);
    // The comments still went with their author.
    assert_eq!(admin.column("comments", "id", json!({})).await, [json!(1)]);
});

on_every_store!(a_removed_relation_takes_its_column_and_its_junction_along, async |app| {
    filled(app).await;
    let admin = app.admin();
    admin.delete("/schemas/posts/relationships/author").await.expect_status(200);
    admin.delete("/schemas/posts/relationships/tags").await.expect_status(200);
    let posts = schema(app, "posts").await;
    for name in ["author", "author_id", "tags"] {
        assert!(posts["fields"].get(name).is_none(), "{name}: {posts}");
    }
    assert!(schema(app, "authors").await["fields"].get("posts").is_none());
    assert!(schema(app, "tags").await["fields"].get("posts").is_none());
    admin.get("/schemas/posts_tags_tags_junction").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    let rows = admin.rows("posts", json!({ "fields": ["*", "comments.name"], "sort": "id" })).await;
    assert_eq!((rows.len(), &rows[0]["comments"][0]["name"]), (3, &json!("good")));
    admin
        .find("posts", json!({ "filter": { "author.name": "Ada" } }))
        .await
        .expect_refusal(400, "UNKNOWN_FIELD");
    // The names are free again.
    app.relation(
        "posts",
        json!({ "type": "M2O", "target": "tags", "name": "author", "alias": "authored" }),
    )
    .await;
});

on_every_store!(a_foreign_key_is_indexed_and_only_who_designs_sees_indexes, async |app| {
    app.collection("makers", json!({ "fields": { "name": { "type": "String" } } })).await;
    let goods = json!({ "collectionName": "goods", "schema": {
        "fields": {
            "name": { "type": "String" },
            "maker": { "relType": "BelongsTo", "target": "makers", "foreignKey": "maker_id", "as": "maker" }
        },
        "indexes": [{ "name": "by_name", "fields": ["name"] }]
    } });
    let plan =
        app.admin().post("/schemas/plan", json!({ "collections": [goods], "drop": [] })).await;
    plan.expect_status(200);
    let steps = plan.body["data"]["steps"].as_array().expect("steps");
    let sql = steps.iter().flat_map(|step| step["sql"].as_array().into_iter().flatten());
    let indexed = sql.filter_map(|sql| sql.as_str()).any(|sql| {
        sql.starts_with("CREATE INDEX") && sql.contains("\"goods\"") && sql.contains("\"maker_id\"")
    });
    assert!(indexed, "{}", plan.text);
    app.admin().post("/schemas", goods).await.expect_status(201);
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "goods", "action": "read", "fields": ["*"] })],
        )
        .await;
    let (whole, part) =
        (app.admin().get("/schemas/goods").await.body, reader.get("/schemas/goods").await.body);
    assert_eq!(whole["data"]["schema"]["indexes"][0]["name"], "by_name", "{whole}");
    assert!(part["data"]["schema"].get("indexes").is_none(), "{part}");
});
