//! Actions and field patterns.

use super::posts;
use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

on_every_store!(without_a_grant_every_action_is_refused_with_the_words_clients_know, async |app| {
    posts(app).await;
    let nobody = app.anonymous();
    let member = app.with_grants("Member", &[]).await;
    for person in [&nobody, &member] {
        for (answer, words) in [
            (
                person.get("/items/posts").await,
                "You don't have permission to read items in 'posts'",
            ),
            (
                person.get("/items/posts/1").await,
                "You don't have permission to read items in 'posts'",
            ),
            (
                person.post("/items/posts", json!({ "id": 9 })).await,
                "You don't have permission to create items in 'posts'",
            ),
            (
                person.patch("/items/posts/1", json!({ "title": "x" })).await,
                "You don't have permission to update items in 'posts'",
            ),
            (
                person.delete("/items/posts/1").await,
                "You don't have permission to delete this item",
            ),
            (
                person.get("/items/posts/export?format=csv").await,
                "You don't have permission to read items in 'posts'",
            ),
        ] {
            answer.expect_refusal(403, "FORBIDDEN");
            assert_eq!(answer.message(), words);
        }
    }
    assert_eq!(app.admin().rows("posts", json!({})).await.len(), 3);
});

on_every_store!(each_action_is_granted_by_itself, async |app| {
    posts(app).await;
    let can = async |action: &str| {
        let person = app
            .with_grants(
                &format!("Only{action}"),
                &[json!({ "collection": "posts", "action": action, "fields": ["*"] })],
            )
            .await;
        [
            person.get("/items/posts").await.status,
            person.post("/items/posts", json!({ "id": 50, "title": "x" })).await.status,
            person.patch("/items/posts/1", json!({ "title": "x" })).await.status,
            person.delete("/items/posts/50").await.status,
        ]
    };
    assert_eq!(can("read").await, [200, 403, 403, 403]);
    assert_eq!(can("create").await, [403, 201, 403, 403]);
    assert_eq!(can("update").await, [403, 403, 200, 403]);
    assert_eq!(can("delete").await, [403, 403, 403, 200]);
});

on_every_store!(read_grants_narrow_the_answer_silently, async |app| {
    posts(app).await;
    for (at, (fields, asked, expected)) in [
        (json!(["title"]), "", json!({ "id": 1, "title": "one" })),
        (json!("title, views"), "", json!({ "id": 1, "title": "one", "views": 1 })),
        (json!(["title"]), "fields=*,author.*,coms.*", json!({ "id": 1, "title": "one" })),
        (json!(["title"]), "fields=title,secret,views", json!({ "id": 1, "title": "one" })),
        (json!(["title", "author.name"]), "fields=title,author.*", json!({ "id": 1, "title": "one", "author": { "id": 1, "name": "Ada" } })),
        (json!(["title", "author.name"]), "fields=title,author.salary", json!({ "id": 1, "title": "one", "author": { "id": 1 } })),
        (json!("title,author"), "fields=title,author.name,author.salary", json!({ "id": 1, "title": "one", "author": { "id": 1, "name": "Ada", "salary": 100 } })),
        (json!(["title", "coms.content"]), "fields=coms.*", json!({ "id": 1, "coms": [{ "id": 1, "content": "good" }, { "id": 2, "content": "bad" }] })),
    ]
    .into_iter()
    .enumerate()
    {
        let reader = app.with_grants(&format!("Reader{at}"), &[json!({ "collection": "posts", "action": "read", "fields": fields })]).await;
        let one = reader.get(&format!("/items/posts/1?{asked}")).await;
        assert_eq!(one.expect_status(200).body["data"], expected, "{fields} {asked}");
        let list = reader.get(&format!("/items/posts?filter={{\"id\":1}}&{asked}")).await;
        let mut row = list.expect_status(200).body["data"][0].clone();
        // A list leaves out the key that was not asked for.
        row["id"] = json!(1);
        assert_eq!(row, expected, "{fields} {asked}");
    }
});

on_every_store!(write_grants_are_what_the_table_says, async |app| {
    posts(app).await;
    let rel = json!({ "coms": [{ "content": "new" }] });
    let veiled = json!({ "coms": [{ "veiled": "new" }] });
    let (title, unknown, id) =
        (json!({ "title": "x" }), json!({ "nothing": "x" }), json!({ "id": 1 }));
    for (at, (fields, allowed)) in [
        // title, id, coms.content, coms.veiled, unknown
        (json!(["*"]), [true, true, false, false, false]),
        (json!("*"), [true, true, false, false, false]),
        (json!(["*", "coms.*"]), [true, true, true, true, false]),
        (json!(["*.*"]), [true, true, true, true, false]),
        (json!(["*", "coms.content"]), [true, true, true, false, false]),
        (json!("title,views"), [true, false, false, false, false]),
        (json!(["**"]), [true, true, true, true, false]),
        (json!([]), [false, false, false, false, false]),
        (Json::Null, [false, false, false, false, false]),
    ]
    .into_iter()
    .enumerate()
    {
        let writer = app
            .with_grants(
                &format!("Writer{at}"),
                &[json!({ "collection": "posts", "action": "update", "fields": fields })],
            )
            .await;
        for (body, wanted) in [&title, &id, &rel, &veiled, &unknown].into_iter().zip(allowed) {
            let answer = writer.patch("/items/posts/1", body.clone()).await;
            assert_eq!(
                answer.status,
                if wanted { 200 } else { 403 },
                "{fields} {body}: {}",
                answer.text
            );
            if !wanted {
                answer.expect_refusal(403, "FIELD_FORBIDDEN");
                assert!(answer.body["details"][0]["field"].is_string(), "{}", answer.text);
            }
        }
        app.admin().patch("/items/posts/1", json!({ "title": "one" })).await.expect_status(200);
    }
    let named = app.with_grants("Named", &[json!({ "collection": "posts", "action": "create", "fields": ["id", "title", "coms.content"] })]).await;
    let field = named.post("/items/posts", json!({ "id": 9, "secret": "x" })).await;
    assert_eq!(field.message(), "You don't have permission to create field: secret");
    let nested = named.post("/items/posts", json!({ "id": 9, "coms": [{ "veiled": "x" }] })).await;
    assert_eq!(nested.message(), "You don't have permission to create field: coms.veiled");
    let relation = named.post("/items/posts", json!({ "id": 9, "author": { "name": "x" } })).await;
    assert_eq!(relation.message(), "You don't have permission to create relation: author");
    named
        .post("/items/posts", json!({ "id": 9, "title": "x", "coms": [{ "content": "y" }] }))
        .await
        .expect_status(201);
});

on_every_store!(an_unknown_field_and_a_forbidden_one_are_one_answer, async |app| {
    posts(app).await;
    let writer = app
        .with_grants(
            "Writer",
            &[json!({ "collection": "posts", "action": "update", "fields": ["title"] })],
        )
        .await;
    let forbidden = writer.patch("/items/posts/1", json!({ "secret": "x" })).await;
    let unknown = writer.patch("/items/posts/1", json!({ "secrex": "x" })).await;
    forbidden.expect_refusal(403, "FIELD_FORBIDDEN");
    assert_eq!(forbidden.text.replace("secret", "secrex"), unknown.text);
});

on_every_store!(access_me_tells_what_a_role_may_do, async |app| {
    posts(app).await;
    let reader = app
        .with_grants("Reader", &[
            json!({ "collection": "posts", "action": "read", "fields": ["title"], "conditions": { "live": true } }),
            json!({ "collection": "posts", "action": "update", "fields": "*" }),
        ])
        .await;
    let mine = reader.get("/access/me").await;
    mine.expect_status(200);
    let collections = &mine.body["data"]["collections"];
    assert_eq!(
        mine.body["data"]["role"].as_str().or(mine.body["data"]["role"]["name"].as_str()),
        Some("Reader"),
        "{}",
        mine.text
    );
    assert_eq!(
        collections["posts"]["read"],
        json!({ "fields": ["title"], "conditional": true }),
        "{}",
        mine.text
    );
    assert_eq!(
        (
            &collections["posts"]["update"],
            &collections["posts"]["create"],
            &collections["posts"]["delete"]
        ),
        (&json!({ "fields": ["*"], "conditional": false }), &json!(false), &json!(false))
    );
    assert_eq!(collections.as_object().map(serde_json::Map::len), Some(1), "{}", mine.text);
    let all = app.admin().get("/access/me").await;
    assert_eq!(all.body["data"]["collections"]["posts"]["delete"]["conditional"], false);
});
