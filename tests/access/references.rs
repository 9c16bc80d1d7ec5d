//! Foreign keys that a role names by key: a record it may not see is a record that is not there.

use super::posts;
use crate::harness::{Answer, App, Person, on_every_store};
use serde_json::{Value as Json, json};

/// What two answers say, less the keys that were sent.
fn same(hidden: &Answer, absent: &Answer) {
    assert_eq!((hidden.status, &hidden.text), (absent.status, &absent.text));
}

/// A writer of posts who sees one of two authors.
async fn writer(app: &App, authors: Json) -> Person {
    posts(app).await;
    let mut grants = vec![
        json!({ "collection": "posts", "action": "create", "fields": ["*"] }),
        json!({ "collection": "posts", "action": "update", "fields": ["*"] }),
        json!({ "collection": "posts", "action": "read", "fields": ["*"] }),
        json!({ "collection": "comments", "action": "create", "fields": ["*", "post.*"] }),
    ];
    if !authors.is_null() {
        grants.push(authors);
    }
    app.with_grants("Writer", &grants).await
}

fn ada() -> Json {
    json!({ "collection": "authors", "action": "read", "fields": ["name"], "conditions": { "name": "Ada" } })
}

on_every_store!(a_foreign_key_tells_no_hidden_record_from_an_absent_one, async |app| {
    let writer = writer(app, ada()).await;
    let post = async |author: Json| {
        writer.post("/items/posts", json!({ "id": 9, "title": "x", "author_id": author })).await
    };
    let (hidden, absent) = (post(json!(2)).await, post(json!(77)).await);
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert_eq!(hidden.body["details"][0]["field"], "author_id", "{}", hidden.text);
    let other = async |author: u64| {
        writer.post("/items/posts", json!({ "id": 9, "author_Id": author })).await
    };
    same(&other(2).await, &other(77).await);
    let spelled = async |author: Json| {
        writer.post("/items/posts", json!({ "id": 9, "author": author })).await
    };
    same(&spelled(json!(2)).await, &spelled(json!(77)).await);

    let update =
        async |author: u64| writer.patch("/items/posts/1", json!({ "author_id": author })).await;
    same(&update(2).await, &update(77).await);
    let bulk = async |author: u64| {
        let rows = json!([{ "id": 10, "author_id": 1 }, { "id": 11, "author_id": author }]);
        writer.post("/items/posts/bulk", rows).await
    };
    let (hidden, absent) = (bulk(2).await, bulk(77).await);
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    let bulk = async |author: u64| {
        let rows = json!([{ "id": 1, "title": "y" }, { "id": 3, "author_id": author }]);
        writer.patch("/items/posts/bulk", rows).await
    };
    same(&bulk(2).await, &bulk(77).await);
    let nested = async |author: u64| {
        let post = json!({ "id": 1, "author_id": author });
        writer.post("/items/comments", json!({ "content": "x", "post": post })).await
    };
    let (hidden, absent) = (nested(2).await, nested(77).await);
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    let batch = async |author: u64| {
        let operations = json!([
            { "op": "create", "collection": "posts", "data": { "id": 13, "author_id": 1 } },
            { "op": "update", "collection": "posts", "id": 1, "data": { "author_id": author } }
        ]);
        writer.post("/items/batch", json!({ "operations": operations })).await
    };
    same(&batch(2).await, &batch(77).await);
    assert_eq!(app.admin().column("posts", "id", json!({ "sort": "id" })).await.len(), 3);
    assert_eq!(app.admin().rows("comments", json!({})).await.len(), 3);

    post(json!(1)).await.expect_status(201);
    update(1).await.expect_status(200);
    writer.patch("/items/posts/1", json!({ "author_id": null })).await.expect_status(200);
    // Administrators hear from the store itself.
    let admin = app.admin();
    admin.post("/items/posts", json!({ "id": 20, "author_id": 2 })).await.expect_status(201);
    admin
        .post("/items/posts", json!({ "id": 21, "author_id": 77 }))
        .await
        .expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(a_role_that_may_not_read_there_names_no_record_there, async |app| {
    let writer = writer(app, Json::Null).await;
    let post = async |author: u64| {
        writer.post("/items/posts", json!({ "id": 9, "title": "x", "author_id": author })).await
    };
    let (hidden, absent) = (post(1).await, post(77).await);
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    let spelled =
        async |author: u64| writer.post("/items/posts", json!({ "id": 9, "author": author })).await;
    let (hidden, absent) = (spelled(1).await, spelled(77).await);
    same(&hidden, &absent);
    hidden.expect_refusal(400, "RELATION_INVALID");
});

on_every_store!(a_record_keeps_what_it_points_to, async |app| {
    let writer = writer(app, ada()).await;
    // The form sends back all that it was shown: the second post's author is out of sight.
    let whole = writer.one("posts", &json!(2)).await;
    assert_eq!(whole["author_id"], 2);
    let mut changed = whole.clone();
    changed["title"] = json!("changed");
    writer.patch("/items/posts/2", changed).await.expect_status(200);
    let bulk = json!([{ "id": 2, "author_id": 2, "title": "again" }, { "id": 1, "author_id": 1 }]);
    writer.patch("/items/posts/bulk", bulk).await.expect_status(200);
    let moved = json!([{ "id": 1, "author_id": 2 }, { "id": 2, "author_id": 2 }]);
    writer.patch("/items/posts/bulk", moved).await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    // Who cannot read the foreign key is not told when it guesses right.
    let blind = app
        .with_grants(
            "Blind",
            &[json!({ "collection": "posts", "action": "update", "fields": ["*"] }), ada()],
        )
        .await;
    let (right, wrong) = (
        blind.patch("/items/posts/2", json!({ "author_id": 2 })).await,
        blind.patch("/items/posts/2", json!({ "author_id": 77 })).await,
    );
    same(&right, &wrong);
    right.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(who_writes_may_name_itself_and_what_its_grant_names, async |app| {
    posts(app).await;
    app.relation(
        "posts",
        json!({ "type": "M2O", "target": "baasix_User", "name": "keeper", "alias": "kept" }),
    )
    .await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "posts", "action": "create", "fields": ["id", "title", "keeper_id"], "defaultValues": { "author_id": 2 } }),
            json!({ "collection": "comments", "action": "create", "fields": ["id", "post.id", "post.author_id", "post.author.*"] }),
        ])
        .await;
    let me = writer.user_id.clone();
    writer.post("/items/posts", json!({ "id": 9, "keeper_id": me })).await.expect_status(201);
    assert_eq!(app.admin().one("posts", &json!(9)).await["author_id"], 2);
    let (hidden, absent) = (
        writer.post("/items/posts", json!({ "id": 10, "keeper_id": app.admin().user_id })).await,
        writer
            .post(
                "/items/posts",
                json!({ "id": 10, "keeper_id": "0a0a0a0a-0000-4000-8000-000000000001" }),
            )
            .await,
    );
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    // A pattern that reaches the relation grants its records by name.
    let nested = json!({ "id": 20, "post": { "id": 1, "author_id": 2 } });
    writer.post("/items/comments", nested).await.expect_status(201);
});

on_every_store!(records_made_in_one_write_may_point_at_each_other, async |app| {
    app.collection("nodes", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "open": { "type": "Boolean" } } })).await;
    app.relation(
        "nodes",
        json!({ "type": "M2O", "target": "nodes", "name": "parent", "alias": "children" }),
    )
    .await;
    app.admin().create("nodes", json!({ "id": 1, "open": false })).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "nodes", "action": "create", "fields": ["*"] }),
            json!({ "collection": "nodes", "action": "read", "fields": ["*"], "conditions": { "open": true } }),
        ])
        .await;
    let tree = json!([{ "id": 2 }, { "id": 3, "parent_id": 2 }, { "id": 4, "parent_id": 4 }]);
    writer.post("/items/nodes/bulk", tree).await.expect_status(201);
    let (hidden, absent) = (
        writer.post("/items/nodes", json!({ "id": 9, "parent_id": 1 })).await,
        writer.post("/items/nodes", json!({ "id": 9, "parent_id": 77 })).await,
    );
    same(&hidden, &absent);
    hidden.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(asking_costs_one_statement_however_many_records_point, async |app| {
    let writer = writer(app, ada()).await;
    let cost = async |who: &Person, base: u64, count: u64| {
        app.cost(async |turn| {
            let from = base + turn * count;
            let rows: Vec<Json> =
                (from..from + count).map(|id| json!({ "id": id, "author_id": 1 })).collect();
            who.post("/items/posts/bulk", json!(rows)).await.expect_status(201);
        })
        .await
    };
    let (role, admin) = (cost(&writer, 1_000, 50).await, cost(app.admin(), 2_000, 50).await);
    assert_eq!(role, admin + 1);
});
