//! What of the past a role may see.

use super::{actions, history, notes, revert};
use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

on_every_store!(a_role_sees_of_the_past_what_it_sees_of_the_present, async |app| {
    notes(app).await;
    let admin = app.admin();
    let reader = app
        .with_grants("Reader", &[
            json!({ "collection": "notes", "action": "read", "fields": ["id", "title", "done"], "conditions": { "done": true } }),
            json!({ "collection": "notes", "action": "update", "fields": ["title"], "conditions": { "done": true } }),
        ])
        .await;
    admin.create("notes", json!({ "id": 1, "title": "draft", "price": 1, "done": false })).await;
    admin.patch("/items/notes/1", json!({ "title": "draft two" })).await.expect_status(200);
    reader.get("/items/notes/1/history").await.expect_refusal(403, "ITEM_NOT_FOUND");
    let absent = reader.get("/items/notes/99/history").await;
    assert_eq!(reader.get("/items/notes/1/history").await.text, absent.text);
    admin
        .patch("/items/notes/1", json!({ "title": "public", "done": true }))
        .await
        .expect_status(200);
    admin.patch("/items/notes/1", json!({ "price": 2 })).await.expect_status(200);
    admin.patch("/items/notes/1", json!({ "title": "better" })).await.expect_status(200);
    let seen = history(&reader, "notes/1").await;
    // Neither drafts nor a change of the price were ever theirs to see.
    assert_eq!(seen.len(), 2, "{seen:?}");
    let text = Json::from(seen.clone()).to_string();
    assert!(!text.contains("draft") && !text.contains("price"), "{text}");
    assert_eq!(
        (&seen[0]["before"]["title"], &seen[0]["changed"]),
        (&json!("public"), &json!(["title"]))
    );
    assert_eq!((&seen[1]["before"], &seen[1]["after"]["title"]), (&Json::Null, &json!("public")));
    // People and addresses are for those who may read them.
    assert!(seen.iter().all(|one| one["actor"].is_null() && one["ip"].is_null()), "{text}");
    let all = history(admin, "notes/1").await;
    assert_eq!(all.len(), 5);
    // What is out of sight cannot be taken back, and what may not be written is not.
    revert(&reader, 1, json!({ "revision": all[3]["id"] })).await.expect_refusal(404, "NOT_FOUND");
    revert(&reader, 1, json!({ "revision": all[1]["id"], "fields": ["price"] }))
        .await
        .expect_refusal(404, "NOT_FOUND");
    revert(&reader, 1, json!({ "revision": all[2]["id"], "to": "after", "fields": ["done"] }))
        .await
        .expect_refusal(403, "FIELD_FORBIDDEN");
    revert(&reader, 1, json!({ "revision": all[0]["id"], "fields": ["title"] }))
        .await
        .expect_status(200);
    assert_eq!(admin.one("notes", &json!(1)).await["title"], "public");
    let stranger = app.with_grants("Stranger", &[]).await;
    stranger.get("/items/notes/1/history").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(the_pages_of_a_history_tell_nothing_of_what_is_out_of_sight, async |app| {
    notes(app).await;
    let admin = app.admin();
    let grant = json!({ "collection": "notes", "action": "read", "fields": ["id", "title"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    for id in [1, 2] {
        admin.create("notes", json!({ "id": id, "title": format!("{id}: t0") })).await;
    }
    for n in 1..=3 {
        for id in [1, 2] {
            let path = format!("/items/notes/{id}");
            let body = json!({ "title": format!("{id}: t{n}") });
            admin.patch(&path, body).await.expect_status(200);
        }
        // Only of the first, and between any two of those that the reader sees.
        for price in 1..=4 {
            admin.patch("/items/notes/1", json!({ "price": price })).await.expect_status(200);
        }
    }
    let mut told = Vec::new();
    for id in [1, 2] {
        let (mut pages, mut after) = (Vec::new(), String::new());
        loop {
            let page = reader.get(&format!("/items/notes/{id}/history?limit=1{after}")).await;
            let shown = page.expect_status(200).body["data"].as_array().expect("revisions");
            assert_eq!(shown.len(), 1, "a page that is not full, and not the last: {}", page.text);
            let title = shown[0]["after"]["title"].as_str().expect("a title");
            pages.push(title.replace(&format!("{id}: "), ""));
            let Some(cursor) = page.body["cursor"].as_str() else { break };
            assert_eq!(cursor, shown[0]["id"], "the cursor names what is in sight");
            after = format!("&after={cursor}");
        }
        told.push(pages);
    }
    assert_eq!(told, [["t3", "t2", "t1", "t0"], ["t3", "t2", "t1", "t0"]]);
});

on_every_store!(a_history_is_read_past_any_number_of_changes_out_of_sight, async |app| {
    notes(app).await;
    let admin = app.admin();
    let grant = json!({ "collection": "notes", "action": "read", "fields": ["id", "title"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    for round in 0..5 {
        let change = |n: u32| json!({ "id": 1, "data": { "price": 410 * round + n } });
        let changes: Vec<Json> = (1..=410).map(change).collect();
        admin.patch("/items/notes/bulk", json!(changes)).await.expect_status(200);
    }
    let (mut seen, mut asked, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = reader.get(&format!("/items/notes/1/history?limit=100{after}")).await;
        asked += 1;
        seen.extend(page.expect_status(200).body["data"].as_array().expect("revisions").clone());
        let Some(cursor) = page.body["cursor"].as_str() else { break };
        after = format!("&after={cursor}");
    }
    assert_eq!(actions(&seen), ["create"]);
    // One request looks at so many rows and no more.
    assert_eq!(asked, 3);
});

on_every_store!(what_is_granted_through_a_relation_is_not_granted_of_the_past, async |app| {
    notes(app).await;
    app.collection("lists", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.relation(
        "lists",
        json!({ "type": "M2O", "target": "notes", "name": "cover", "alias": "covers" }),
    )
    .await;
    let reader = app
        .with_grants(
            "Reader",
            &[
                json!({ "collection": "notes", "action": "read", "fields": ["id", "title"] }),
                json!({ "collection": "lists", "action": "read", "fields": ["*", "cover.price"] }),
            ],
        )
        .await;
    let admin = app.admin();
    for id in [1, 2] {
        let body = json!({ "id": id, "title": format!("one {id}"), "price": 700 + id });
        admin.create("notes", body).await;
        let body = json!({ "title": format!("two {id}"), "price": 800 + id });
        admin.patch(&format!("/items/notes/{id}"), body).await.expect_status(200);
    }
    admin.create("lists", json!({ "id": 1, "cover": 2 })).await;
    // The cover's price is for them to see as the price of a cover, and there only.
    let cover = reader.get("/items/lists/1?fields=cover.price").await;
    assert!(cover.text.contains("802"), "{}", cover.text);
    for id in [1, 2] {
        let own = reader.get(&format!("/items/notes/{id}")).await;
        assert!(own.text.contains("two") && !own.text.contains("price"), "{}", own.text);
        let seen = reader.get(&format!("/items/notes/{id}/history")).await;
        assert_eq!(seen.body["data"][0]["changed"], json!(["title"]), "{}", seen.text);
        assert!(!seen.text.contains("price"), "{}", seen.text);
    }
});
