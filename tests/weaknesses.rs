//! What the original does badly and no other file shows to be otherwise. The whole list, with the
//! test of each, stands in `docs/CONTRIBUTING.md`.

use crate::harness::on_every_store;
use reqwest::Method;
use serde_json::{Value as Json, json};

fn key() -> Json {
    json!({ "type": "Integer", "primaryKey": true })
}

on_every_store!(a_list_found_through_a_relation_needs_no_key_among_its_fields, async |app| {
    let name = json!({ "type": "String" });
    app.collection("authors", json!({ "fields": { "id": key(), "name": name } })).await;
    app.collection("posts", json!({ "fields": { "id": key(), "title": name } })).await;
    let relation =
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" });
    app.relation("posts", relation).await;
    for (id, author) in [(1, "Bob"), (2, "Ada"), (3, "Bob")] {
        app.admin().create("authors", json!({ "id": id, "name": author })).await;
        let title = format!("t{id}");
        app.admin().create("posts", json!({ "id": id, "title": title, "author": id })).await;
    }
    for (filter, sort, wanted) in [
        (json!({ "author.name": "Bob" }), "-title", json!([{ "title": "t3" }, { "title": "t1" }])),
        (
            json!({ "author.name": { "isNotNull": true } }),
            "author.name,title",
            json!([{ "title": "t2" }, { "title": "t1" }, { "title": "t3" }]),
        ),
    ] {
        let ask = json!({ "fields": ["title"], "filter": filter, "sort": sort });
        let answer = app.admin().find("posts", ask).await;
        assert_eq!(answer.expect_status(200).body["data"], wanted, "{filter}");
        assert_eq!(answer.body["totalCount"], json!(wanted.as_array().expect("a list").len()));
    }
});

on_every_store!(a_softly_deleted_parent_leaves_its_children_as_they_are, async |app| {
    let name = json!({ "type": "String" });
    app.collection("authors", json!({ "paranoid": true, "fields": { "id": key() } })).await;
    app.collection("posts", json!({ "fields": { "id": key(), "title": name } })).await;
    let relation =
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" });
    app.relation("posts", relation).await;
    app.admin().create("authors", json!({ "id": 7 })).await;
    app.admin().create("posts", json!({ "id": 1, "title": "x", "author": 7 })).await;
    let before = app.admin().one("posts", &json!(1)).await;
    app.admin().delete("/items/authors/7").await.expect_status(200);
    assert_eq!(app.admin().one("posts", &json!(1)).await, before);
    app.admin().patch("/items/authors/7", json!({ "deletedAt": null })).await.expect_status(200);
    let ask = json!({ "fields": ["id", "posts.id"] });
    assert_eq!(
        app.admin().rows("authors", ask).await,
        [json!({ "id": 7, "posts": [{ "id": 1 }] })]
    );
});

on_every_store!(text_is_compared_as_it_stands_whatever_it_looks_like, async |app| {
    app.collection("notes", json!({ "fields": { "id": key(), "t": { "type": "String" } } })).await;
    let texts = ["2024-01-01", "O'Brien", "777", "true", "null", "a\"b", "a\\b", "$NOW"];
    for (id, text) in texts.iter().enumerate() {
        app.admin().create("notes", json!({ "id": id, "t": text })).await;
    }
    for (id, text) in texts.iter().enumerate() {
        // A variable is one only without the word that says otherwise.
        let literal = |word: &str| json!({ "t": { word: text, "$literal": true } });
        let mut asked = vec![literal("eq"), literal("in"), literal("contains")];
        if !text.contains('\\') {
            asked.extend([literal("like"), literal("startsWith")]);
        }
        for filter in asked {
            let ask = json!({ "filter": filter });
            assert_eq!(app.admin().column("notes", "id", ask).await, [json!(id)], "{filter}");
        }
    }
});

on_every_store!(pages_of_other_origins_are_told_nothing, async |app| {
    let asked = |origin: &'static str, method: &'static str, header: &'static str| {
        let url = format!("{}/items/notes", app.url);
        async move {
            let request = reqwest::Client::new()
                .request(Method::OPTIONS, url)
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header("access-control-request-headers", header);
            request.send().await.expect("an answer").headers().clone()
        }
    };
    let known = asked("http://localhost:5173", "PUT", "x-tenant-id").await;
    assert_eq!(known["access-control-allow-origin"], "http://localhost:5173");
    let list = |name: &str| known[name].to_str().expect("text").to_lowercase();
    assert!(list("access-control-allow-methods").contains("put"), "{known:?}");
    assert!(list("access-control-allow-headers").contains("x-tenant-id"), "{known:?}");
    let other = asked("https://evil.example", "GET", "authorization").await;
    assert!(other.get("access-control-allow-origin").is_none(), "{other:?}");
    // A page of the settings may call from the next request; one that has no origin never does.
    let settings =
        json!({ "app_url": "https://shop.example/start", "project_url": "data:text/html,x" });
    app.admin().patch("/settings", settings).await.expect_status(200);
    let shop = asked("https://shop.example", "GET", "authorization").await;
    assert_eq!(shop["access-control-allow-origin"], "https://shop.example");
    for stranger in
        ["null", "https://evil.example", "http://shop.example", "https://shop.example:444"]
    {
        let told = asked(stranger, "GET", "authorization").await;
        assert!(told.get("access-control-allow-origin").is_none(), "{stranger}: {told:?}");
    }
});

on_every_store!(records_made_at_once_cost_no_more_for_each_other, async |app| {
    let fields = json!({ "id": key(), "t": { "type": "String", "unique": true } });
    app.collection("notes", json!({ "fields": fields })).await;
    let rows = |from: u32, count: u32| {
        let row = |id: u32| json!({ "id": id, "t": id.to_string() });
        json!((from..from + count).map(row).collect::<Vec<Json>>())
    };
    for (from, count) in [(0, 50), (1_000, 1), (2_000, 100)] {
        let cost = app
            .cost(async |turn| {
                let first = from + turn as u32 * count;
                let answer = app.admin().post("/items/notes/bulk", rows(first, count)).await;
                answer.expect_status(201);
                assert_eq!(answer.body["data"].as_array().map(Vec::len), Some(count as usize));
            })
            .await;
        assert!((1..=4).contains(&cost), "{cost} statements for {count} records");
    }
});
