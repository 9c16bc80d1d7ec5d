//! Writing along relations: the whole tree in one transaction.

use super::{blog, filled};
use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};
use sqlx::{Connection as _, PgConnection};

async fn get(app: &App, path: &str) -> Json {
    app.admin().get(path).await.expect_status(200).body["data"].clone()
}

async fn count(app: &App, collection: &str) -> u64 {
    app.admin().find(collection, json!({ "limit": 0 })).await.body["totalCount"]
        .as_u64()
        .expect("a number")
}

on_every_store!(a_to_one_is_made_linked_changed_and_cut, async |app| {
    filled(app).await;
    let admin = app.admin();
    admin.create("posts", json!({ "id": 10, "name": "new", "author": { "name": "Cyd" } })).await;
    let post = get(app, "/items/posts/10?fields=author.*").await;
    assert_eq!(post["author"]["name"], "Cyd");
    let cyd = post["author"]["id"].clone();
    for (body, expected) in [
        (json!({ "author": { "id": 1 } }), json!(1)),
        (json!({ "author": 2 }), json!(2)),
        (json!({ "author_id": 1 }), json!(1)),
        (json!({ "author_Id": 2 }), json!(2)),
        (json!({ "author": { "id": cyd, "age": 9 } }), cyd.clone()),
        (json!({ "author": null }), Json::Null),
        (json!({ "author": { "id": 1 } }), json!(1)),
        (json!({ "author_id": null }), Json::Null),
    ] {
        admin.patch("/items/posts/10", body.clone()).await.expect_status(200);
        assert_eq!(get(app, "/items/posts/10").await["author_id"], expected, "{body}");
    }
    assert_eq!(get(app, &format!("/items/authors/{cyd}")).await["age"], 9);
    assert_eq!(count(app, "authors").await, 3);
    let before = get(app, "/items/posts/10").await;
    for (body, status, code) in [
        (json!({ "author": { "id": 99 } }), 400, "RELATION_INVALID"),
        (json!({ "author": { "id": 99, "name": "x" } }), 400, "RELATION_INVALID"),
        (json!({ "author_id": 99 }), 409, "FOREIGN_KEY_VIOLATION"),
        (json!({ "author": "x" }), 400, ""),
        (json!({ "author": [1] }), 400, "RELATION_INVALID"),
        (json!({ "author": { "age": "old" } }), 400, "VALIDATION_ERROR"),
    ] {
        let answer = admin.patch("/items/posts/10", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(code.is_empty() || answer.code() == code, "{body}: {}", answer.text);
    }
    assert_eq!(get(app, "/items/posts/10").await, before);
    assert_eq!(count(app, "authors").await, 3);
});

on_every_store!(children_given_as_a_list_become_exactly_that_list, async |app| {
    filled(app).await;
    let admin = app.admin();
    let body = json!({ "comments": [{ "id": 2, "stars": 4 }, { "name": "fresh", "approved": true }, { "id": 3 }] });
    admin.patch("/items/posts/1", body).await.expect_status(200);
    let post = get(app, "/items/posts/1?fields=comments.*").await;
    let mut names: Vec<&str> = post["comments"]
        .as_array()
        .expect("comments")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["bad", "fair", "fresh"], "{post}");
    assert_eq!(get(app, "/items/comments/2").await["stars"], 4);
    // What was not listed is cut loose, not removed: its key may be null.
    assert_eq!(get(app, "/items/comments/1").await["post_id"], Json::Null);
    assert_eq!(get(app, "/items/posts/2?fields=comments.id").await["comments"], json!([]));
    admin.patch("/items/posts/1", json!({ "comments": [1, 2] })).await.expect_status(200);
    let linked = get(app, "/items/posts/1?fields=comments.id").await;
    assert_eq!(linked["comments"], json!([{ "id": 1 }, { "id": 2 }]));
    admin.patch("/items/posts/1", json!({ "comments": [] })).await.expect_status(200);
    assert_eq!(get(app, "/items/posts/1?fields=comments.id").await["comments"], json!([]));
    assert_eq!(count(app, "comments").await, 4);
    for bad in [json!("x"), json!(5), json!({ "id": 1 })] {
        let answer = admin.patch("/items/posts/1", json!({ "comments": bad })).await;
        answer.expect_refusal(400, "RELATION_INVALID");
        assert!(answer.text.contains("comments"), "{}", answer.text);
    }
    admin
        .patch("/items/posts/1", json!({ "comments": [{ "id": 99 }] }))
        .await
        .expect_refusal(400, "RELATION_INVALID");
});

on_every_store!(children_that_need_their_parent_go_when_they_are_not_listed, async |app| {
    app.collection("orders", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.collection("lines", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "order_": { "relType": "BelongsTo", "target": "orders", "foreignKey": "order_id" }, "order_id": { "type": "Integer", "allowNull": false } } })).await;
    app.relation(
        "orders",
        json!({ "type": "O2M", "target": "lines", "name": "lines_", "foreignKey": "order_id" }),
    )
    .await;
    app.admin().create("orders", json!({ "id": 1, "lines_": [{}, {}] })).await;
    app.admin()
        .patch("/items/orders/1", json!({ "lines_": [{ "id": 2 }, { "id": 3 }] }))
        .await
        .expect_refusal(400, "RELATION_INVALID");
    app.admin()
        .patch("/items/orders/1", json!({ "lines_": [{ "id": 2 }] }))
        .await
        .expect_status(200);
    assert_eq!(app.admin().column("lines", "id", json!({})).await, [json!(2)]);
});

on_every_store!(many_to_many_links_makes_and_clears, async |app| {
    filled(app).await;
    let admin = app.admin();
    let names = async |id: u32| {
        let post = get(app, &format!("/items/posts/{id}?fields=tags.tags.name")).await;
        let mut names: Vec<String> = post["tags"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|row| row["tags"]["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    };
    for (body, expected) in [
        (json!([{ "tags_id": 3 }]), vec!["green"]),
        (json!([{ "tags": { "id": 1 } }, { "tags": { "name": "new" } }]), vec!["new", "red"]),
        (json!([1, 2]), vec!["blue", "red"]),
        (json!([]), vec![]),
        (json!([{ "tags": { "id": 1, "name": "rouge" } }]), vec!["rouge"]),
    ] {
        admin.patch("/items/posts/1", json!({ "tags": body })).await.expect_status(200);
        assert_eq!(names(1).await, expected, "{body}");
    }
    assert_eq!(count(app, "posts_tags_tags_junction").await, 2);
    assert_eq!(count(app, "tags").await, 4);
    // Kept junction rows stay the same rows.
    let post = get(app, "/items/posts/1?fields=tags.*").await;
    let kept = post["tags"][0]["id"].clone();
    admin
        .patch("/items/posts/1", json!({ "tags": [{ "id": kept }, { "tags_id": 2 }] }))
        .await
        .expect_status(200);
    let after = get(app, "/items/posts/1?fields=tags.*").await;
    assert!(after["tags"].as_array().expect("rows").iter().any(|row| row["id"] == kept), "{after}");
    admin.patch("/items/posts/1", json!({ "tags": [{ "tags_id": 99 }] })).await;
    let twice = admin
        .patch("/items/posts/1", json!({ "tags": [{ "tags_id": 1 }, { "tags_id": 1 }] }))
        .await;
    assert!(matches!(twice.status, 400 | 409), "{}", twice.text);
    assert_eq!(names(1).await.len(), 2);
});

on_every_store!(polymorphic_lists_replace_their_rows, async |app| {
    filled(app).await;
    let admin = app.admin();
    let kinds = async || {
        let post = get(app, "/items/posts/1?fields=attachments.*").await;
        let mut kinds: Vec<String> = post["attachments"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| format!("{}{}", row["collection"].as_str().unwrap_or("?"), row["item_id"]))
            .collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds().await, ["images1", "videos1"]);
    for (body, expected) in [
        (json!([{ "item_id": 2, "collection": "images" }]), vec!["images2"]),
        (
            json!([{ "item": 1, "type": "videos" }, { "item_id": 1, "collection": "images" }]),
            vec!["images1", "videos1"],
        ),
        (json!([]), vec![]),
    ] {
        admin.patch("/items/posts/1", json!({ "attachments": body })).await.expect_status(200);
        assert_eq!(kinds().await, expected, "{body}");
    }
    for bad in [
        json!([{ "item_id": 1, "collection": "authors" }]),
        json!([{ "item_id": 99, "collection": "images" }]),
        json!("x"),
    ] {
        let answer = admin.patch("/items/posts/1", json!({ "attachments": bad })).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text);
    }
    assert_eq!(kinds().await, Vec::<String>::new());
});

on_every_store!(the_far_side_of_a_one_to_one_writes_its_owner, async |app| {
    filled(app).await;
    let admin = app.admin();
    admin.create("summaries", json!({ "id": 2, "name": "long", "post": { "id": 2 } })).await;
    assert_eq!(get(app, "/items/posts/2").await["summary_id"], 2);
    admin
        .create("summaries", json!({ "id": 3, "name": "third", "post": { "name": "made" } }))
        .await;
    assert_eq!(get(app, "/items/summaries/3?fields=post.name").await["post"]["name"], "made");
});

on_every_store!(a_tree_is_written_whole_or_not_at_all, async |app| {
    blog(app).await;
    let admin = app.admin();
    let tree = |stars: Json| {
        json!({ "name": "post", "author": { "name": "Ada" }, "summary": { "name": "short" }, "tags": [{ "tags": { "name": "red" } }],
            "comments": [{ "name": "a", "author": { "name": "Bob" } }, { "name": "b", "stars": stars }] })
    };
    let refused = admin.post("/items/posts", tree(json!("many"))).await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!(refused.body["details"][0]["field"], "comments.1.stars", "{}", refused.text);
    let missing = json!({ "name": "post", "author": { "name": "Ada" }, "comments": [{ "name": "a", "author": { "id": 99 } }] });
    admin.post("/items/posts", missing).await.expect_refusal(400, "RELATION_INVALID");
    for collection in
        ["posts", "authors", "summaries", "tags", "comments", "posts_tags_tags_junction"]
    {
        assert_eq!(count(app, collection).await, 0, "{collection}");
    }
    admin.post("/items/posts", tree(json!(5))).await.expect_status(201);
    for (collection, expected) in [
        ("posts", 1),
        ("authors", 2),
        ("summaries", 1),
        ("tags", 1),
        ("comments", 2),
        ("posts_tags_tags_junction", 1),
    ] {
        assert_eq!(count(app, collection).await, expected, "{collection}");
    }
    let post = admin.rows("posts", json!({ "fields": ["*", "author.name", "comments.author.name", "comments.stars", "tags.tags.name"] })).await;
    assert_eq!(
        (&post[0]["author"]["name"], &post[0]["tags"][0]["tags"]["name"]),
        (&json!("Ada"), &json!("red")),
        "{post:?}"
    );
});

on_every_store!(nested_writes_work_in_bulk_too, async |app| {
    blog(app).await;
    let rows = json!([
        { "name": "one", "author": { "name": "Ada" }, "comments": [{ "name": "a" }] },
        { "name": "two", "tags": [{ "tags": { "name": "red" } }] },
        { "name": "three" }
    ]);
    app.admin().post("/items/posts/bulk", rows).await.expect_status(201);
    assert_eq!(
        (count(app, "authors").await, count(app, "comments").await, count(app, "tags").await),
        (1, 1, 1)
    );
    let bad = json!([{ "name": "four", "author": { "name": "Bob" } }, { "name": "five", "author": { "age": "x" } }]);
    app.admin().post("/items/posts/bulk", bad).await.expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!((count(app, "posts").await, count(app, "authors").await), (3, 1));
});

on_every_store!(a_relation_and_its_column_may_not_say_different_things, async |app| {
    filled(app).await;
    let admin = app.admin();
    for (author, column) in [
        (json!({ "id": 1 }), json!(2)),
        (json!(1), json!(2)),
        (json!(null), json!(2)),
        (json!({ "name": "Dee" }), json!(2)),
    ] {
        let body = json!({ "id": 50, "name": "x", "author": author, "author_id": column });
        for answer in [
            admin.post("/items/posts", body.clone()).await,
            admin.patch("/items/posts/1", json!({ "author_id": column, "author": author })).await,
        ] {
            answer.expect_refusal(400, "RELATION_INVALID");
            let details = answer.body["details"].as_array().expect("a list").iter();
            let mut fields: Vec<&str> = details.filter_map(|one| one["field"].as_str()).collect();
            fields.sort_unstable();
            assert_eq!(fields, ["author", "author_id"], "{}", answer.text);
        }
    }
    let cut = json!({ "author": { "id": 1 }, "author_id": null });
    admin.patch("/items/posts/1", cut).await.expect_refusal(400, "RELATION_INVALID");
    // Both may say the same, and a form of a new record leaves the column empty.
    let same = json!({ "id": 50, "name": "x", "author": { "id": 1 }, "author_id": 1 });
    admin.post("/items/posts", same).await.expect_status(201);
    let empty = json!({ "id": 51, "name": "x", "author": { "id": 1 }, "author_id": null });
    admin.post("/items/posts", empty).await.expect_status(201);
    assert_eq!(get(app, "/items/posts/51").await["author_id"], 1);
    // What a role is given stands under what it says, by whichever name.
    let fields = json!(["id", "name", "author_id", "author.*"]);
    let makes = json!({ "collection": "posts", "action": "create", "fields": fields, "defaultValues": { "author_id": 1 } });
    let reads = |name: &str| json!({ "collection": name, "action": "read", "fields": ["*"] });
    let writer = app.with_grants("Writer", &[makes, reads("posts"), reads("authors")]).await;
    writer
        .post("/items/posts", json!({ "id": 52, "name": "x", "author": 2 }))
        .await
        .expect_status(201);
    assert_eq!(get(app, "/items/posts/52").await["author_id"], 2);
    writer.post("/items/posts", json!({ "id": 53, "name": "x" })).await.expect_status(201);
    assert_eq!(get(app, "/items/posts/53").await["author_id"], 1);
});

#[tokio::test]
async fn who_changes_a_record_waits_for_nobody_who_begins_to_point_at_it() {
    if App::postgres_is_missing() {
        return;
    }
    let app = App::start(Kind::Postgres).await;
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } });
    for name in ["teams", "notes"] {
        let schema = json!({ "timestamps": false, "fields": fields.clone() });
        app.collection(name, schema).await;
    }
    app.relation("notes", json!({ "type": "M2O", "target": "teams", "name": "team" })).await;
    let admin = app.admin();
    let teams = json!([{ "id": 1, "name": "a" }, { "id": 2, "name": "b" }]);
    admin.post("/items/teams/bulk", teams).await.expect_status(201);
    let url = app.database_url().expect("a URL");
    let mut other = PgConnection::connect(&url).await.expect("reach Postgres");
    let mut says = async |text: &'static str| {
        sqlx::raw_sql(text).execute(&mut other).await.expect("run it");
    };
    // Another writer has begun a record that points at both and is not done.
    says("BEGIN").await;
    says("INSERT INTO notes (id, team_id) VALUES (1, 1), (2, 2)").await;
    admin.patch("/items/teams/1", json!({ "name": "c" })).await.expect_status(200);
    let both = json!([{ "id": 2, "name": "d" }, { "id": 1, "name": "e" }]);
    admin.patch("/items/teams/bulk", both).await.expect_status(200);
    says("COMMIT").await;
    drop(other);
    assert_eq!(admin.column("teams", "name", json!({ "sort": "id" })).await[1], "d");
    assert_eq!(admin.column("notes", "team_id", json!({ "sort": "id" })).await, [1, 2]);
    app.stop().await;
}
