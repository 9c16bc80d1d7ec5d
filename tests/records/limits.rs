//! Bounds: what is too large is refused before anything is written; what is cheap stays cheap.

use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};

async fn notes(app: &App) {
    app.collection("notes", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "Text" } } })).await;
}

mod a_request_over_its_bound_is_refused_whole {
    use super::{App, Json, Kind, json, notes};

    async fn told(kind: Kind) {
        let app = App::start_with(kind, |config| {
            config.limits.body_bytes_max = 20_000;
            config.limits.bulk_rows_max = 3;
            config.limits.list_values_max = 10;
        })
        .await;
        notes(&app).await;
        let admin = app.admin();
        let long = json!({ "id": 1, "title": "x".repeat(30_000) });
        admin.post("/items/notes", long).await.expect_refusal(413, "PAYLOAD_TOO_LARGE");
        let rows: Vec<Json> = (0..4).map(|id| json!({ "id": id })).collect();
        let bulk = admin.post("/items/notes/bulk", json!(rows)).await;
        bulk.expect_refusal(400, "INVALID_BODY");
        assert!(bulk.message().contains('4') && bulk.message().contains('3'), "{}", bulk.text);
        let operations: Vec<Json> = (0..4)
            .map(|id| json!({ "op": "create", "collection": "notes", "data": { "id": id } }))
            .collect();
        admin
            .post("/items/batch", json!({ "operations": operations }))
            .await
            .expect_refusal(400, "INVALID_BODY");
        let list: Vec<u32> = (0..11).collect();
        admin
            .find("notes", json!({ "filter": { "id": { "in": list } } }))
            .await
            .expect_refusal(400, "INVALID_QUERY");
        assert_eq!(admin.rows("notes", json!({})).await.len(), 0);
        app.stop().await;
    }

    crate::harness::on_every_store!(@both told);
}

/// Statements that the store has run.
async fn cost(app: &App, path: &str) -> u64 {
    let cost = app.cost(async |_| {
        app.admin().get(path).await.expect_status(200);
    });
    cost.await
}

on_every_store!(a_read_is_one_statement_however_deep, async |app| {
    app.collection("authors", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.collection("posts", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.collection("comments", json!({ "fields": { "content": { "type": "String" } } })).await;
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
    let id = app.admin().create("posts", json!({ "title": "one", "author": { "name": "Ada" }, "comments": [{ "content": "a" }, { "content": "b" }] })).await;
    let id = id.as_str().expect("an id").to_owned();
    for path in [
        String::from("/items/posts?count=none"),
        format!("/items/posts/{id}"),
        String::from(
            "/items/posts?count=none&fields=*,author.*,comments.*,author.posts.*,comments.post.author.name&filter={\"comments.content\":\"a\"}&sort=author.name&limit=5",
        ),
        String::from("/items/authors?count=none&fields=*.*.*.*"),
        String::from("/items/posts?limit=5&fields=*,author.*"),
    ] {
        assert_eq!(cost(app, &path).await, 1, "{path}");
    }
    // A page that does not tell the total by itself is counted beside; no page is not read at all.
    assert_eq!(cost(app, "/items/comments?limit=1").await, 2);
    for (path, statements) in [
        ("/items/comments?limit=0", 1),
        ("/items/comments?limit=0&count=none", 0),
        ("/items/comments?limit=0&filter={\"content\":\"a\"}&sort=content&fields=*,post.*", 1),
        ("/items/comments?limit=0&groupBy=content&aggregate={\"n\":\"count\"}", 1),
    ] {
        assert_eq!(cost(app, path).await, statements, "{path}");
    }
    let counted = app.admin().get("/items/comments?limit=0&filter={\"content\":\"a\"}").await;
    assert_eq!(counted.text, r#"{"data":[],"totalCount":1}"#);
    let uncounted = app.admin().get("/items/comments?limit=0&count=none").await;
    assert_eq!(uncounted.text, r#"{"data":[]}"#);
});

on_every_store!(a_created_record_costs_three_statements_at_most, async |app| {
    app.collection("authors", json!({ "fields": { "name": { "type": "String" } } })).await;
    let cost = app
        .cost(async |turn| {
            app.admin().create("authors", json!({ "name": format!("Ada {turn}") })).await;
        })
        .await;
    // Record, change and history: SQLite writes one table per statement, Postgres all in one.
    let most = if app.kind == Kind::Sqlite { 3 } else { 1 };
    assert!((1..=most).contains(&cost), "{cost} statements");
});

on_every_store!(
    a_hundred_parents_with_ten_children_each_are_one_statement,
    |config| {
        // What is kept costs none at all.
        config.limits.kept_answers_max = 0;
    },
    async |app| {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let fields = json!({ "id": key, "name": { "type": "String" } });
        for name in ["parents", "children"] {
            app.collection(name, json!({ "timestamps": false, "fields": fields })).await;
        }
        let parent =
            json!({ "type": "M2O", "target": "parents", "name": "parent", "alias": "children" });
        app.relation("children", parent).await;
        let admin = app.admin();
        let rows =
            |count: u32, row: fn(u32) -> Json| json!((0..count).map(row).collect::<Vec<Json>>());
        let parents = rows(100, |id| json!({ "id": id, "name": format!("p{id}") }));
        admin.post("/items/parents/bulk", parents).await.expect_status(201);
        let children =
            rows(1_000, |id| json!({ "id": id, "name": format!("c{id}"), "parent_id": id % 100 }));
        admin.post("/items/children/bulk", children).await.expect_status(201);
        let path = "/items/parents?fields=[\"*\",\"children.*\"]&sort=id&limit=100&count=none";
        assert_eq!(cost(app, path).await, 1);
        let answer = admin.get(path).await;
        let found = answer.body["data"].as_array().expect("parents");
        assert_eq!(found.len(), 100);
        for (at, parent) in found.iter().enumerate() {
            let children = parent["children"].as_array().expect("children");
            let ids: Vec<Json> = children.iter().map(|child| child["id"].clone()).collect();
            let wanted: Vec<Json> = (0..10).map(|ten| json!(ten * 100 + at)).collect();
            assert_eq!(ids, wanted, "of {at}");
        }
    }
);

on_every_store!(fifty_records_cost_four_statements_however_their_keys_are_made, async |app| {
    let counted = json!({ "type": "AUTOINCREMENT" });
    for (name, key) in [
        ("counted", json!({ "type": "Integer", "primaryKey": true, "defaultValue": counted })),
        (
            "drawn",
            json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } }),
        ),
        (
            "short",
            json!({ "type": "SUID", "primaryKey": true, "defaultValue": { "type": "SUID" } }),
        ),
    ] {
        let fields = json!({ "id": key, "title": { "type": "String", "unique": true } });
        app.collection(name, json!({ "fields": fields })).await;
        let cost = app
            .cost(async |turn| {
                let row = |n: u32| json!({ "title": format!("{turn} {n}") });
                let rows = json!((0..50).map(row).collect::<Vec<Json>>());
                app.admin().post(&format!("/items/{name}/bulk"), rows).await.expect_status(201);
            })
            .await;
        assert!((1..=4).contains(&cost), "{name}: {cost}");
    }
});

on_every_store!(a_large_value_and_many_columns_come_back_whole, async |app| {
    notes(app).await;
    let large = "ä🎈\n".repeat(300_000);
    app.admin().create("notes", json!({ "id": 1, "title": large })).await;
    assert_eq!(app.admin().one("notes", &json!(1)).await["title"], json!(large));
    let fields: serde_json::Map<String, Json> =
        (0..200).map(|at| (format!("c{at}"), json!({ "type": "Integer" }))).collect();
    app.collection("wide", json!({ "fields": fields })).await;
    let row: serde_json::Map<String, Json> =
        (0..200).map(|at| (format!("c{at}"), json!(at))).collect();
    let id = app.admin().create("wide", json!(row)).await;
    let read = app.admin().one("wide", &id).await;
    assert!((0..200).all(|at| read[format!("c{at}")] == json!(at)), "{read}");
    // More values than a statement of SQLite binds.
    let bulk: Vec<Json> = (0..300).map(|_| json!(row)).collect();
    app.admin().post("/items/wide/bulk", json!(bulk)).await.expect_status(201);
    assert_eq!(app.admin().find("wide", json!({ "limit": 0 })).await.body["totalCount"], 301);
});

on_every_store!(what_is_refused_before_a_handler_runs_leaves_in_the_envelope_too, async |app| {
    notes(app).await;
    app.admin().get("/items/%ff%fe").await.expect_refusal(400, "INVALID_QUERY");
    app.admin().get("/items/notes/%c3%28").await.expect_refusal(400, "INVALID_QUERY");
});

/// Text in which nothing comes again, so that no store packs it.
fn unlike(signs: usize, mut seed: u64) -> String {
    (0..signs)
        .map(|_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'0' + u8::try_from((seed >> 33) % 75).unwrap_or(0))
        })
        .collect()
}

on_every_store!(a_value_too_long_for_an_index_is_refused_by_its_field, async |app| {
    let id = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    app.collection("goods", json!({ "fields": { "id": id, "code": { "type": "String", "unique": true }, "title": { "type": "Text" }, "note": { "type": "Text" } } })).await;
    app.collection("parts", json!({ "fields": { "id": id } })).await;
    app.collection(
        "words",
        json!({ "fields": { "word": { "type": "Text", "primaryKey": true } } }),
    )
    .await;
    let relation = json!({ "type": "M2O", "target": "goods", "name": "good", "alias": "parts" });
    app.relation("parts", relation).await;
    let index = json!({ "fields": ["title", "note"], "name": "goods_title" });
    let admin = app.admin();
    admin.post("/schemas/goods/indexes", index).await.expect_status(201);
    admin.create("goods", json!({ "code": "a" })).await;
    let on_postgres = app.database_url().is_some();
    // The second is refused by the server before it knows for which index.
    for signs in [3_000_usize, 9_500] {
        let text = |seed: u64| unlike(signs, seed);
        let asked = [
            (admin.post("/items/goods", json!({ "code": text(1) })).await, json!(["code"]), None),
            (
                admin.patch("/items/goods/1", json!({ "title": text(2), "note": "x" })).await,
                json!(["title"]),
                None,
            ),
            (
                admin
                    .post(
                        "/items/goods/bulk",
                        json!([{ "code": format!("b{signs}") }, { "code": text(3) }]),
                    )
                    .await,
                json!(["code"]),
                Some(1),
            ),
            (
                admin.post("/items/parts", json!({ "good": { "code": text(4) } })).await,
                json!(["good.code"]),
                None,
            ),
            (admin.post("/items/words", json!({ "word": text(5) })).await, json!(["word"]), None),
        ];
        for (answer, fields, index) in asked {
            if !on_postgres {
                assert!(answer.status < 300, "{} {}", answer.status, answer.text);
                continue;
            }
            answer.expect_refusal(400, "VALIDATION_ERROR");
            assert!(answer.text.contains("2,704"), "{}", answer.text);
            let details = answer.body["details"].as_array().expect("details");
            let named: Vec<&Json> = details.iter().map(|one| &one["field"]).collect();
            assert_eq!(json!(named), fields, "{}", answer.text);
            assert_eq!(details[0]["index"].as_u64(), index, "{}", answer.text);
        }
    }
    // What only lies in a column is as long as it likes.
    admin.create("goods", json!({ "code": "c" })).await;
    app.collection("stories", json!({ "fields": { "id": id, "text": { "type": "Text" } } })).await;
    admin.create("stories", json!({ "text": unlike(9_500, 6) })).await;
    let index = json!({ "fields": ["text"], "name": "stories_text" });
    let late = admin.post("/schemas/stories/indexes", index).await;
    if on_postgres {
        late.expect_refusal(400, "VALIDATION_ERROR");
        assert!(late.text.contains("`text`") && late.text.contains("2,704"), "{}", late.text);
    } else {
        late.expect_status(201);
    }
});
