//! One record: create, read, change, remove, restore; versions; what is refused.

use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn notes(app: &App) {
    app.collection(
        "notes",
        json!({ "fields": { "title": { "type": "String" }, "stars": { "type": "Integer" } } }),
    )
    .await;
}

on_every_store!(a_record_lives_from_create_to_delete, async |app| {
    notes(app).await;
    let admin = app.admin();
    let created = admin.post("/items/notes", json!({ "title": "one", "stars": 1 })).await;
    created.expect_status(201);
    assert_eq!(
        created.body.as_object().map(|body| body.keys().cloned().collect::<Vec<_>>()),
        Some(vec![String::from("data")])
    );
    let id = created.body["data"]["id"].clone();
    let path = format!("/items/notes/{}", plain(&id));
    let before = admin.one("notes", &id).await;
    assert_eq!(
        (&before["title"], &before["stars"], &before["id"]),
        (&json!("one"), &json!(1), &id)
    );
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let updated = admin.patch(&path, json!({ "stars": 2 })).await;
    assert_eq!(updated.expect_status(200).body, json!({ "data": { "id": id } }));
    let after = admin.one("notes", &id).await;
    assert_eq!((&after["title"], &after["stars"]), (&json!("one"), &json!(2)));
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str(), "{after}");
    admin.patch(&path, json!({})).await.expect_status(200);
    assert_eq!(admin.delete(&path).await.expect_status(200).body, json!({ "data": { "id": id } }));
    admin.get(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.patch(&path, json!({ "stars": 3 })).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
});

on_every_store!(fields_choose_what_is_answered, async |app| {
    notes(app).await;
    let admin = app.admin();
    let id = admin.create("notes", json!({ "title": "one", "stars": 1 })).await;
    let list = |fields: Json| async move {
        admin.rows("notes", json!({ "fields": fields })).await[0].clone()
    };
    assert_eq!(list(json!(["title"])).await, json!({ "title": "one" }));
    assert_eq!(
        list(json!(["title", "stars", "title"])).await,
        json!({ "title": "one", "stars": 1 })
    );
    assert_eq!(list(json!(["title", "nothing"])).await, json!({ "title": "one" }));
    let all = list(json!(["*"])).await;
    assert_eq!(all.as_object().map(serde_json::Map::len), Some(5), "{all}");
    let less = list(json!(["*", "-stars", "-createdAt", "-updatedAt"])).await;
    assert_eq!(less, json!({ "id": id, "title": "one" }));
    let one = admin.get(&format!("/items/notes/{}?fields=[\"title\"]", plain(&id))).await;
    assert_eq!(one.body["data"], json!({ "id": id, "title": "one" }));
});

on_every_store!(ids_that_cannot_be_are_refused_before_the_store_is_asked, async |app| {
    notes(app).await;
    app.collection(
        "tickets",
        json!({ "fields": { "id": { "type": "Integer", "primaryKey": true } } }),
    )
    .await;
    let admin = app.admin();
    for (path, body) in [
        ("/items/notes/12", true),
        ("/items/notes/x", true),
        ("/items/tickets/x", true),
        ("/items/tickets/1.5", true),
        ("/items/tickets/99999999999", true),
    ] {
        admin.get(path).await.expect_refusal(400, "INVALID_ID");
        admin.delete(path).await.expect_refusal(400, "INVALID_ID");
        if body {
            admin.patch(path, json!({})).await.expect_refusal(400, "INVALID_ID");
        }
    }
});

on_every_store!(the_key_of_a_record_stays, async |app| {
    app.collection("tickets", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" } } })).await;
    let admin = app.admin();
    admin.create("tickets", json!({ "id": 1, "title": "a" })).await;
    admin.patch("/items/tickets/1", json!({ "id": 1, "title": "b" })).await.expect_status(200);
    let moved = admin.patch("/items/tickets/1", json!({ "id": 2 })).await;
    assert_eq!(moved.status, 400, "{}", moved.text);
    assert_eq!(admin.column("tickets", "id", json!({})).await, [json!(1)]);
    admin.post("/items/tickets", json!({ "id": 1 })).await.expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(unknown_names_in_a_body_are_told_or_refused, async |app| {
    notes(app).await;
    let admin = app.admin();
    let lenient = admin.post("/items/notes", json!({ "titel": "x", "stars": 1 })).await;
    lenient.expect_status(201);
    let warning = &lenient.body["warnings"][0];
    assert_eq!(
        (&warning["code"], &warning["field"], &warning["nearest"]),
        (&json!("UNKNOWN_FIELD"), &json!("titel"), &json!("title")),
        "{}",
        lenient.text
    );
    let strict = admin.with_header("x-plinth-strict", "1");
    let refused = strict.post("/items/notes", json!({ "titel": "x" })).await;
    assert_eq!((refused.status, refused.code()), (400, "UNKNOWN_FIELD"), "{}", refused.text);
    assert_eq!(admin.rows("notes", json!({})).await.len(), 1);
});

on_every_store!(
    a_strict_server_refuses_unknown_names_from_everybody,
    |config| { config.strict_write = true },
    async |app| {
        notes(app).await;
        let admin = app.admin();
        let id = admin.create("notes", json!({ "title": "x" })).await;
        let path = format!("/items/notes/{}", plain(&id));
        let misspelt = json!({ "titel": "y" });
        for answer in [
            admin.post("/items/notes", misspelt.clone()).await,
            admin.patch(&path, misspelt.clone()).await,
            admin.post("/items/notes/bulk", json!([{ "title": "z" }, misspelt])).await,
        ] {
            answer.expect_refusal(400, "UNKNOWN_FIELD");
            assert!(answer.text.contains("did you mean `title`"), "{}", answer.text);
        }
        assert_eq!(admin.column("notes", "title", json!({})).await, [json!("x")]);
    }
);

on_every_store!(unknown_collections_are_told_to_administrators_only, async |app| {
    notes(app).await;
    let admin = app.admin();
    let missing = admin.get("/items/nots").await;
    missing.expect_refusal(404, "COLLECTION_NOT_FOUND");
    assert!(missing.message().contains("Model nots not found"), "{}", missing.text);
    assert!(
        missing.body["error"]["hint"].as_str().unwrap_or_default().contains("notes"),
        "{}",
        missing.text
    );
    for answer in [
        admin.post("/items/nots", json!({})).await,
        admin.get("/items/nots/1").await,
        admin.patch("/items/nots/1", json!({})).await,
        admin.delete("/items/nots/1").await,
        admin.post("/items/nots/bulk", json!([])).await,
        admin.patch("/items/nots/bulk", json!([])).await,
        admin.delete_with("/items/nots/bulk", json!([])).await,
    ] {
        answer.expect_refusal(404, "COLLECTION_NOT_FOUND");
    }
    let nobody = app.anonymous();
    let (unknown, hidden) = (nobody.get("/items/nots").await, nobody.get("/items/notes").await);
    unknown.expect_refusal(403, "FORBIDDEN");
    assert_eq!(unknown.text.replace("nots", "notes"), hidden.text);
});

on_every_store!(a_version_guards_a_record_against_lost_updates, async |app| {
    notes(app).await;
    let admin = app.admin();
    let id = admin.create("notes", json!({ "title": "one", "stars": 1 })).await;
    let path = format!("/items/notes/{}", plain(&id));
    let etag =
        |answer: &crate::harness::Answer| answer.headers["etag"].to_str().expect("text").to_owned();
    let first = etag(&admin.get(&path).await);
    assert_eq!(first, etag(&admin.get(&path).await), "a version without a change");
    admin
        .with_header("if-match", &first)
        .patch(&path, json!({ "stars": 2 }))
        .await
        .expect_status(200);
    let stale = admin.with_header("if-match", &first).patch(&path, json!({ "stars": 3 })).await;
    stale.expect_refusal(412, "PRECONDITION_FAILED");
    admin
        .with_header("if-match", &first)
        .delete(&path)
        .await
        .expect_refusal(412, "PRECONDITION_FAILED");
    admin
        .with_header("if-match", "\"nonsense\"")
        .patch(&path, json!({ "stars": 3 }))
        .await
        .expect_refusal(412, "PRECONDITION_FAILED");
    admin.with_header("if-match", "*").patch(&path, json!({ "stars": 4 })).await.expect_status(200);
    assert_eq!(admin.one("notes", &id).await["stars"], 4);
    let now = etag(&admin.get(&path).await);
    admin.with_header("if-match", &now).delete(&path).await.expect_status(200);
});

on_every_store!(of_two_writers_with_one_version_exactly_one_wins, async |app| {
    notes(app).await;
    let admin = app.admin();
    let id = admin.create("notes", json!({ "stars": 0 })).await;
    let path = format!("/items/notes/{}", plain(&id));
    for round in 1..=5 {
        let etag = admin.get(&path).await.headers["etag"].to_str().expect("text").to_owned();
        let writer = admin.with_header("if-match", &etag);
        let writes =
            (0..8).map(|n| writer.patch(&path, json!({ "stars": round * 100 + n })).boxed_local());
        let answers = futures_util::future::join_all(writes).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 412)));
    }
});

use futures_util::FutureExt;

on_every_store!(soft_deleted_records_hide_and_come_back, async |app| {
    app.collection(
        "posts",
        json!({ "paranoid": true, "fields": { "title": { "type": "String", "unique": true } } }),
    )
    .await;
    let admin = app.admin();
    let kept = admin.create("posts", json!({ "title": "kept" })).await;
    let gone = admin.create("posts", json!({ "title": "gone" })).await;
    let path = format!("/items/posts/{}", plain(&gone));
    admin.delete(&path).await.expect_status(200);
    assert_eq!(admin.column("posts", "id", json!({})).await, std::slice::from_ref(&kept));
    assert_eq!(admin.find("posts", json!({ "limit": 0 })).await.body["totalCount"], 1);
    admin.get(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.patch(&path, json!({ "title": "x" })).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    let all = admin.rows("posts", json!({ "paranoid": "false", "sort": "title" })).await;
    assert_eq!(all.len(), 2);
    assert!(all[0]["deletedAt"].is_string() && all[1]["deletedAt"].is_null(), "{all:?}");
    assert_eq!(admin.get(&format!("{path}?paranoid=false")).await.status, 200);
    admin
        .post("/items/posts", json!({ "title": "gone" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    let sums = json!({ "aggregate": { "n": "count" } });
    assert_eq!(admin.rows("posts", sums).await[0]["n"], 1);

    admin.patch(&path, json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(admin.rows("posts", json!({})).await.len(), 2);
    admin.patch(&path, json!({ "deletedAt": "2024-01-01T00:00:00.000Z" })).await.expect_status(200);
    assert_eq!(admin.rows("posts", json!({})).await.len(), 1);
    admin.delete(&format!("{path}?force=true")).await;
    let left = admin.rows("posts", json!({ "paranoid": "false" })).await;
    assert!(left.iter().any(|row| row["id"] == kept));
});

on_every_store!(who_deleted_is_kept_where_there_is_room_for_it, async |app| {
    let fields = json!({ "title": { "type": "String" }, "userDeleted_Id": { "type": "UUID" } });
    app.collection("posts", json!({ "paranoid": true, "fields": fields })).await;
    let admin = app.admin();
    let id = admin.create("posts", json!({ "title": "one" })).await;
    let path = format!("/items/posts/{}", plain(&id));
    let kept = async || admin.get(&format!("{path}?paranoid=false")).await.body["data"].clone();
    admin.delete(&path).await.expect_status(200);
    assert_eq!(kept().await["userDeleted_Id"], json!(admin.user_id));
    admin.patch(&path, json!({ "deletedAt": null })).await.expect_status(200);
    let back = kept().await;
    assert_eq!((&back["userDeleted_Id"], &back["title"]), (&Json::Null, &json!("one")));
});

on_every_store!(soft_delete_needs_a_collection_that_keeps_deleted_records, async |app| {
    notes(app).await;
    let admin = app.admin();
    let id = admin.create("notes", json!({ "title": "one" })).await;
    let answer = admin
        .patch(
            &format!("/items/notes/{}", plain(&id)),
            json!({ "deletedAt": "2024-01-01T00:00:00Z" }),
        )
        .await;
    answer.expect_refusal(400, "SOFT_DELETE_DISABLED");
});

on_every_store!(flags_keep_track_of_users_order_and_time, async |app| {
    app.collection("tasks", json!({ "usertrack": true, "sortEnabled": true, "fields": { "title": { "type": "String" } } })).await;
    app.collection(
        "plain_rows",
        json!({ "timestamps": false, "fields": { "title": { "type": "String" } } }),
    )
    .await;
    let admin = app.admin();
    let first = admin.create("tasks", json!({ "title": "a" })).await;
    let rest = admin.post("/items/tasks/bulk", json!([{ "title": "b" }, { "title": "c" }])).await;
    rest.expect_status(201);
    let row = admin.one("tasks", &first).await;
    assert_eq!(
        (&row["userCreated_Id"], &row["userUpdated_Id"], &row["sort"]),
        (&json!(admin.user_id), &Json::Null, &json!(1))
    );
    assert_eq!(
        admin.column("tasks", "sort", json!({ "sort": "sort" })).await,
        [json!(1), json!(2), json!(3)]
    );
    admin
        .patch(&format!("/items/tasks/{}", plain(&first)), json!({ "title": "z" }))
        .await
        .expect_status(200);
    assert_eq!(admin.one("tasks", &first).await["userUpdated_Id"], json!(admin.user_id));
    let plain_id = admin.create("plain_rows", json!({ "title": "a" })).await;
    let row = admin.one("plain_rows", &plain_id).await;
    assert_eq!(row, json!({ "id": plain_id, "title": "a" }));
});

on_every_store!(an_export_streams_what_a_list_answers, async |app| {
    notes(app).await;
    let admin = app.admin();
    let rows: Vec<Json> =
        (0..250).map(|n| json!({ "title": format!("note, \"{n}\"\nline"), "stars": n })).collect();
    admin.post("/items/notes/bulk", json!(rows)).await.expect_status(201);
    let ask = "fields=title,stars&sort=stars&filter={\"stars\":{\"lt\":200}}";
    let listed = admin.get(&format!("/items/notes?{ask}")).await;
    let json_export = admin.get(&format!("/items/notes/export?format=json&{ask}")).await;
    assert_eq!(json_export.expect_status(200).body, listed.body["data"]);
    let lines = admin.get(&format!("/items/notes/export?format=ndjson&{ask}")).await;
    let parsed: Vec<Json> =
        lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(json!(parsed), listed.body["data"]);
    let csv = admin.get(&format!("/items/notes/export?format=csv&{ask}")).await;
    assert!(csv.expect_status(200).text.starts_with("title,stars"), "{}", &csv.text[..50]);
    assert!(csv.text.contains("\"note, \"\"0\"\"\nline\",0"), "{}", &csv.text[..80]);
    assert!(csv.headers["content-type"].to_str().expect("text").starts_with("text/csv"));
    let refused = admin.get("/items/notes/export?format=pdf").await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let unknown = admin.get("/items/notes/export?format=csv&filter={\"nothing\":1}").await;
    unknown.expect_refusal(400, "UNKNOWN_FIELD");
});
