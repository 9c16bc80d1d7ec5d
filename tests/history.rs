//! The history: what a record was, who made it so, and fields taken back. Written in the write's
//! own transaction, seen by whom the record is seen.

mod revert;
mod sight;

use crate::harness::{Answer, App, Kind, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn notes(app: &App) {
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "title": { "type": "String", "unique": true },
        "price": { "type": "Decimal", "values": { "precision": 40, "scale": 4 } },
        "big": { "type": "BigInt" },
        "done": { "type": "Boolean", "defaultValue": false },
        "code": { "type": "String", "hidden": true },
    });
    app.collection("notes", json!({ "fields": fields })).await;
}

async fn history(person: &Person, path: &str) -> Vec<Json> {
    let answer = person.get(&format!("/items/{path}/history")).await;
    answer.expect_status(200);
    answer.body["data"].as_array().expect("revisions").clone()
}

/// Rows of the history of a collection, oldest first.
async fn revert(person: &Person, id: u32, body: Json) -> Answer {
    person.post(&format!("/items/notes/{id}/revert"), body).await
}

async fn audit(app: &App, entity: &str) -> Vec<Json> {
    let asked =
        json!({ "filter": { "entity": entity, "type": "data" }, "sort": "seq", "limit": -1 });
    app.admin().rows("baasix_AuditLog", asked).await
}

fn actions(rows: &[Json]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["action"].as_str()).collect()
}

on_every_store!(every_write_of_a_record_leaves_one_row_of_history, async |app| {
    notes(app).await;
    let admin = app.admin().with_header("x-plinth-source", "a test");
    admin.create("notes", json!({ "id": 1, "title": "one", "code": "s3cret" })).await;
    admin
        .patch("/items/notes/1", json!({ "title": "uno", "code": "other" }))
        .await
        .expect_status(200);
    admin.delete("/items/notes/1").await.expect_status(200);
    let rows = audit(app, "notes").await;
    assert_eq!(actions(&rows), ["create", "update", "delete"]);
    for row in &rows {
        assert_eq!((&row["type"], &row["entityId"]), (&json!("data"), &json!("1")), "{row}");
        assert_eq!(row["userId"].as_str(), app.admin().user_id.as_deref(), "{row}");
        assert_eq!((&row["origin"], &row["ipaddress"]), (&json!("a test"), &json!("127.0.0.1")));
        assert!(!row.to_string().contains("s3cret") && !row.to_string().contains("code"), "{row}");
    }
    let sides = |at: usize| (&rows[at]["changes"]["before"], &rows[at]["changes"]["after"]);
    assert_eq!((sides(0).0, &sides(0).1["title"]), (&Json::Null, &json!("one")));
    assert_eq!((&sides(1).0["title"], &sides(1).1["title"]), (&json!("one"), &json!("uno")));
    assert_eq!((&sides(2).0["title"], sides(2).1), (&json!("uno"), &Json::Null));
    // What the server made of it is in it: defaults, and the time.
    assert_eq!(sides(0).1["done"], false);
    assert_eq!(rows[0]["createdAt"].as_str().map(str::len), Some(24));
});

on_every_store!(what_a_record_was_and_is_is_spelled_alike, async |app| {
    let fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" },
        "price": { "type": "Decimal" }, "b": { "type": "Boolean" }, "a": { "type": "JSON" } });
    app.collection("odd", json!({ "timestamps": false, "fields": fields })).await;
    let record =
        json!({ "id": 1, "title": "x", "price": "1.50", "b": true, "a": { "zz": 1, "y": "2" } });
    app.admin().create("odd", record).await;
    app.admin().patch("/items/odd/1", json!({ "title": "y" })).await.expect_status(200);
    let asked =
        json!({ "filter": { "entity": "odd" }, "sort": "createdAt", "fields": ["changes"] });
    let text = app.admin().find("baasix_AuditLog", asked).await.text;
    let side = |title: &str| {
        format!(
            "{{\"a\":{{\"y\":\"2\",\"zz\":1}},\"b\":true,\"id\":1,\"price\":1.50,\"title\":\"{title}\"}}"
        )
    };
    let made = format!("{{\"changes\":{{\"after\":{},\"before\":null}}}}", side("x"));
    let changed = format!("{{\"changes\":{{\"after\":{},\"before\":{}}}}}", side("y"), side("x"));
    assert!(text.contains(&format!("[{made},{changed}]")), "{text}");
});

on_every_store!(bulk_nested_and_cascaded_writes_are_all_in_the_history, async |app| {
    notes(app).await;
    app.collection("lists", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.relation("notes", json!({ "type": "M2O", "target": "lists", "name": "list", "alias": "notes", "onDelete": "CASCADE" })).await;
    let admin = app.admin();
    let rows: Vec<Json> = (1..=20).map(|id| json!({ "id": id, "title": id.to_string() })).collect();
    admin.post("/items/notes/bulk", json!(rows)).await.expect_status(201);
    assert_eq!(audit(app, "notes").await.len(), 20);
    let changes: Vec<Json> =
        (1..=20).map(|id| json!({ "id": id, "data": { "done": true } })).collect();
    admin.patch("/items/notes/bulk", json!(changes)).await.expect_status(200);
    assert_eq!(actions(&audit(app, "notes").await)[20..], ["update"; 20]);
    // A parent with children, made and gone together.
    admin
        .create("lists", json!({ "id": 1, "name": "all", "notes": [{ "title": "thirty" }, { "title": "thirty-one" }] }))
        .await;
    assert_eq!(actions(&audit(app, "notes").await)[40..], ["create", "create"]);
    admin.delete("/items/lists/1").await.expect_status(200);
    assert_eq!(actions(&audit(app, "lists").await), ["create", "delete"]);
    let gone = &audit(app, "notes").await[42..];
    assert_eq!(actions(gone), ["delete", "delete"]);
    assert!(gone.iter().all(|row| row["changes"]["before"]["list_id"] == 1), "{gone:?}");
    admin.delete_with("/items/notes/bulk", json!([1, 2, 3])).await.expect_status(204);
    assert_eq!(audit(app, "notes").await.len(), 47);
});

/// What has happened to which record since this was asked last.
async fn news(app: &App, entity: &str, seen: &mut usize) -> Vec<String> {
    let rows = audit(app, entity).await.split_off(*seen);
    *seen += rows.len();
    let text = Json::from(rows.clone()).to_string();
    assert!(!text.contains("s3cret") && !text.contains("code"), "{text}");
    let told = |row: &Json| format!("{} {}", plain(&row["action"]), plain(&row["entityId"]));
    let mut told: Vec<String> = rows.iter().map(told).collect();
    // Rows of one write have no order among themselves.
    told.sort();
    told
}

/// Waits until a job is what it shall be.
async fn settled(person: &Person, job: &str, state: &str) {
    let path = format!("/imports/{job}");
    while person.get(&path).await.expect_status(200).body["data"]["state"] != state {
        tokio::task::yield_now().await;
    }
}

on_every_store!(whatever_writes_a_record_leaves_a_row_of_it, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let text = json!({ "type": "String" });
    let fields = json!({ "id": key, "name": text, "code": { "type": "String", "hidden": true } });
    app.collection("pieces", json!({ "sortEnabled": true, "paranoid": true, "fields": fields }))
        .await;
    app.collection("boxes", json!({ "fields": { "id": key, "name": text } })).await;
    for relation in [
        json!({ "type": "M2O", "target": "boxes", "name": "box", "alias": "pieces", "onDelete": "SET NULL" }),
        json!({ "type": "M2M", "target": "boxes", "name": "marks", "through": "piece_marks" }),
    ] {
        app.relation("pieces", relation).await;
    }
    let admin = app.admin();
    let (mut pieces, mut marks, mut boxes) = (0, 0, 0);
    // Files: a whole one in one request, and a job, which is taken back.
    let form = |field: &'static str, names: &str| {
        let rows: String = names.chars().map(|name| format!("{name},s3cret\n")).collect();
        let part =
            reqwest::multipart::Part::text(format!("name,code\n{rows}")).file_name("rows.csv");
        reqwest::multipart::Form::new().text("collection", "pieces").part(field, part)
    };
    admin.post_form("/items/pieces/import-csv", form("csvFile", "ab")).await.expect_status(200);
    assert_eq!(news(app, "pieces", &mut pieces).await, ["create 1", "create 2"]);
    let job = admin.post_form("/imports", form("file", "cd")).await;
    let id = plain(&job.expect_status(202).body["data"]["id"]);
    settled(admin, &id, "done").await;
    assert_eq!(news(app, "pieces", &mut pieces).await, ["create 3", "create 4"]);
    let origin = history(admin, "pieces/3").await[0]["origin"].clone();
    assert_eq!(origin, format!("import:{id}"));
    admin.post(&format!("/imports/{id}/undo"), json!({})).await;
    settled(admin, &id, "undone").await;
    assert_eq!(news(app, "pieces", &mut pieces).await, ["delete 3", "delete 4"]);
    // A batch over collections, and a child made with its parent.
    let batch = json!({ "operations": [
        { "op": "create", "collection": "boxes", "data": { "name": "red", "pieces": [{ "name": "e", "code": "s3cret" }] } },
        { "op": "update", "collection": "pieces", "id": 1, "data": { "box_id": 1, "code": "s3cret" } },
        { "op": "delete", "collection": "pieces", "id": 2 },
    ] });
    admin.post("/items/batch", batch).await.expect_status(200);
    assert_eq!(news(app, "pieces", &mut pieces).await, ["create 5", "delete 2", "update 1"]);
    assert_eq!(news(app, "boxes", &mut boxes).await, ["create 1"]);
    // The way back from the trash is one by its name; a move is one of whom steps aside, too.
    admin.patch("/items/pieces/2", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(news(app, "pieces", &mut pieces).await, ["restore 2"]);
    assert_eq!(actions(&history(admin, "pieces/2").await), ["restore", "delete", "create"]);
    admin.post("/utils/sort/pieces", json!({ "item": 5, "to": 1 })).await.expect_status(200);
    let moved = news(app, "pieces", &mut pieces).await;
    assert_eq!(moved, ["update 1", "update 2", "update 5"]);
    let aside = &history(admin, "pieces/2").await[0];
    assert!(aside["changed"].to_string().contains("\"sort\""), "{aside}");
    // Rows of a junction have a history of their own.
    let linked = json!({ "marks": [{ "boxes_id": 1 }] });
    admin.patch("/items/pieces/1", linked).await.expect_status(200);
    assert_eq!(news(app, "piece_marks", &mut marks).await, ["create 1"]);
    admin.patch("/items/pieces/1", json!({ "marks": [] })).await.expect_status(200);
    assert_eq!(news(app, "piece_marks", &mut marks).await, ["delete 1"]);
    // What only loses its way, because another record went, is changed.
    news(app, "pieces", &mut pieces).await;
    admin.delete("/items/boxes/1").await.expect_status(200);
    let loose = news(app, "pieces", &mut pieces).await;
    assert_eq!(loose, ["update 1", "update 5"]);
    let last = &history(admin, "pieces/5").await[0];
    assert_eq!((&last["before"]["box_id"], &last["after"]["box_id"]), (&json!(1), &Json::Null));
    assert!(last["changed"].to_string().contains("\"box_id\""), "{last}");
});

on_every_store!(
    what_comes_back_from_the_trash_is_told_by_its_name_beside_what_is_new,
    async |app| {
        let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let fields = json!({ "id": key, "name": { "type": "String" } });
        app.collection("papers", json!({ "paranoid": true, "fields": fields })).await;
        let admin = app.admin();
        for (id, name) in [(1, "a"), (2, "b")] {
            admin.create("papers", json!({ "name": name })).await;
            admin.delete(&format!("/items/papers/{id}")).await.expect_status(200);
        }
        let mut seen = 0;
        news(app, "papers", &mut seen).await;
        let batch = json!({ "operations": [
        { "op": "create", "collection": "papers", "data": { "name": "c" } },
        { "op": "update", "collection": "papers", "id": 1, "data": { "deletedAt": null } },
        { "op": "update", "collection": "papers", "id": 3, "data": { "name": "d" } },
        { "op": "update", "collection": "papers", "id": 2, "data": { "deletedAt": null } },
    ] });
        admin.post("/items/batch", batch).await.expect_status(200);
        assert_eq!(
            news(app, "papers", &mut seen).await,
            ["create 3", "restore 1", "restore 2", "update 3"]
        );
        let back = &history(admin, "papers/2").await[0];
        assert_eq!((&back["action"], &back["before"]), (&json!("restore"), &Json::Null), "{back}");
        assert_eq!(back["after"]["name"], "b", "{back}");
    }
);

on_every_store!(a_write_that_fails_leaves_no_history, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    admin.create("notes", json!({ "id": 2, "title": "two" })).await;
    let before = audit(app, "notes").await.len();
    // One record, several of one request, and a batch whose last step is refused.
    admin
        .patch("/items/notes/2", json!({ "title": "one" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    let twice: Vec<Json> = (3..20).map(|id| json!({ "id": id, "title": "same" })).collect();
    admin.post("/items/notes/bulk", json!(twice)).await.expect_refusal(409, "UNIQUE_VIOLATION");
    let batch = json!({ "operations": [
        { "op": "update", "collection": "notes", "id": 1, "data": { "done": true } },
        { "op": "delete", "collection": "notes", "id": 2 },
        { "op": "update", "collection": "notes", "id": 99, "data": { "done": true } },
    ] });
    admin.post("/items/batch", batch).await.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(audit(app, "notes").await.len(), before);
    assert_eq!(history(admin, "notes/1").await.len(), 1);
});

on_every_store!(a_collection_may_keep_no_history_at_no_cost, async |app| {
    let key =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "n": { "type": "Integer" } });
    app.collection("kept", json!({ "fields": key })).await;
    app.collection("loose", json!({ "historyDays": 0, "fields": key })).await;
    let admin = app.admin();
    for name in ["kept", "loose"] {
        for id in [1, 2] {
            admin.create(name, json!({ "id": id })).await;
        }
        admin.patch(&format!("/items/{name}/1"), json!({ "n": 1 })).await.expect_status(200);
    }
    let mut costs = Vec::new();
    for name in ["kept", "loose"] {
        let cost = app.cost(async |turn| {
            let id = 3 + turn;
            admin.create(name, json!({ "id": id })).await;
            admin.patch(&format!("/items/{name}/{id}"), json!({ "n": 1 })).await.expect_status(200);
        });
        costs.push(cost.await);
    }
    // One more for each write on SQLite, which writes one table per statement; none on Postgres.
    let more = if app.kind == Kind::Sqlite { 2 } else { 0 };
    assert_eq!(costs[0], costs[1] + more, "{costs:?}");
    assert_eq!(audit(app, "kept").await.len(), 3 + 6 * 2);
    assert_eq!(audit(app, "loose").await.len(), 0);
    let answer = admin.get("/items/loose/3/history").await;
    answer.expect_status(200);
    assert_eq!((&answer.body["data"], &answer.body["keepDays"]), (&json!([]), &json!(0)));
    assert_eq!(admin.get("/items/kept/3/history").await.body["keepDays"], 90);
});

on_every_store!(the_days_of_history_and_trash_are_whole_numbers, async |app| {
    for (flag, wrong) in [
        ("historyDays", json!(-1)),
        ("historyDays", json!(1.5)),
        ("historyDays", json!("90")),
        ("historyDays", json!(40_000)),
        ("trashDays", json!(0)),
        ("trashDays", json!(true)),
    ] {
        let schema =
            json!({ flag: wrong, "paranoid": true, "fields": { "t": { "type": "String" } } });
        let body = json!({ "collectionName": "notes", "schema": schema });
        let answer = app.admin().post("/schemas", body).await;
        answer.expect_refusal(400, "SCHEMA_INVALID");
        assert!(answer.text.contains(flag) && answer.text.contains("days"), "{}", answer.text);
    }
});

on_every_store!(a_history_tells_what_changed_by_whom_page_by_page, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    for n in 1..=4 {
        admin.patch("/items/notes/1", json!({ "title": format!("t{n}") })).await.expect_status(200);
    }
    let first = admin.get("/items/notes/1/history?limit=3").await;
    let revisions = first.body["data"].as_array().expect("revisions");
    assert_eq!(actions(revisions), ["update"; 3]);
    assert_eq!(revisions[0]["after"]["title"], "t4");
    let changed = revisions[0]["changed"].as_array().expect("names");
    assert!(changed.contains(&json!("title")) && !changed.contains(&json!("done")), "{changed:?}");
    assert_eq!(revisions[0]["actor"]["email"], "owner@example.com");
    let cursor = first.body["cursor"].as_str().expect("more");
    let second = admin.get(&format!("/items/notes/1/history?limit=3&after={cursor}")).await;
    assert_eq!(actions(second.body["data"].as_array().expect("revisions")), ["update", "create"]);
    assert_eq!(second.body["cursor"], Json::Null);
    for query in ["limit=0", "limit=101", "limit=x", "after=x"] {
        let path = format!("/items/notes/1/history?{query}");
        admin.get(&path).await.expect_refusal(400, "INVALID_QUERY");
    }
    admin.get("/items/notes/99/history").await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.get("/items/nothing/1/history").await.expect_refusal(404, "COLLECTION_NOT_FOUND");
});

on_every_store!(a_history_keeps_every_digit, async |app| {
    notes(app).await;
    let admin = app.admin();
    let digits = "123456789012345678901234567890.1200";
    let body = format!(r#"{{"id":1,"title":"one","price":{digits},"big":9223372036854775807}}"#);
    admin.post_text("/items/notes", &body).await.expect_status(201);
    admin.patch("/items/notes/1", json!({ "price": 1, "big": 1 })).await.expect_status(200);
    let plain = admin.get("/items/notes/1/history").await;
    assert!(plain.text.contains(&format!(r#""price":{digits}"#)), "{}", plain.text);
    assert!(plain.text.contains(r#""big":9223372036854775807"#), "{}", plain.text);
    let exact = admin.with_header("accept-numbers", "string").get("/items/notes/1/history").await;
    assert_eq!(exact.body["data"][0]["before"]["price"], digits);
    assert_eq!(exact.body["data"][0]["before"]["big"], "9223372036854775807");
    let revision = exact.body["data"][0]["id"].clone();
    admin.post("/items/notes/1/revert", json!({ "revision": revision })).await.expect_status(200);
    let back = admin.get("/items/notes/1").await;
    assert!(
        back.text.contains(digits) && back.text.contains("9223372036854775807"),
        "{}",
        back.text
    );
});

on_every_store!(the_trash_and_the_way_back_are_in_the_history, async |app| {
    app.collection("notes", json!({ "paranoid": true, "trashDays": 30, "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" } } })).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    admin.delete("/items/notes/1").await.expect_status(200);
    assert_eq!(actions(&history(admin, "notes/1").await), ["delete", "create"]);
    admin.patch("/items/notes/1", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(actions(&history(admin, "notes/1").await), ["restore", "delete", "create"]);
    // Gone for good it has no row by which a role could be judged.
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "notes", "action": "read", "fields": ["*"] })],
        )
        .await;
    assert_eq!(history(&reader, "notes/1").await.len(), 3);
    admin.delete("/items/notes/1?force=true").await.expect_status(200);
    reader.get("/items/notes/1/history").await.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(history(admin, "notes/1").await.len(), 4);
});

on_every_store!(the_history_is_written_by_the_server_alone, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    let id = audit(app, "notes").await[0]["id"].as_str().expect("a key").to_owned();
    let path = format!("/items/baasix_AuditLog/{id}");
    admin.patch(&path, json!({ "action": "update" })).await.expect_refusal(403, "FORBIDDEN");
    admin.delete(&path).await.expect_refusal(403, "FORBIDDEN");
    for kind in ["data", "visit"] {
        let entry = json!({ "type": kind, "entity": "notes", "entityId": "1", "action": "update" });
        admin.post("/items/baasix_AuditLog", entry).await.expect_refusal(403, "FORBIDDEN");
    }
    assert_eq!(history(admin, "notes/1").await.len(), 1);
});

on_every_store!(the_history_outlives_whoever_made_it, async |app| {
    notes(app).await;
    let editor = app
        .with_grants(
            "Editor",
            &[json!({ "collection": "notes", "action": "create", "fields": ["*"] })],
        )
        .await;
    editor.create("notes", json!({ "id": 1, "title": "one" })).await;
    let user = editor.user_id.clone().expect("a user");
    app.admin().delete(&format!("/items/baasix_User/{user}")).await.expect_status(200);
    let rows = audit(app, "notes").await;
    assert_eq!(rows[0]["userId"], json!(user));
    assert_eq!(history(app.admin(), "notes/1").await[0]["actor"], Json::Null);
    let gone = audit(app, "baasix_User").await;
    assert!(gone.iter().any(|row| row["action"] == "delete" && row["entityId"] == json!(user)));
});

on_every_store!(a_user_who_goes_away_is_in_the_history, async |app| {
    let own = json!({ "collection": "baasix_User", "action": "delete", "conditions": { "id": { "eq": "$CURRENT_USER" } } });
    let leaver = app.with_grants("Leaver", &[own]).await;
    let user = leaver.user_id.clone().expect("a user");
    leaver.delete(&format!("/items/baasix_User/{user}")).await.expect_status(200);
    let rows = audit(app, "baasix_User").await;
    let last = rows.iter().rfind(|row| row["entityId"] == json!(user)).expect("a row");
    assert_eq!((&last["action"], &last["userId"]), (&json!("delete"), &json!(user)));
    assert!(!Json::from(rows).to_string().contains("password"));
});

on_every_store!(sessions_leave_no_history_and_passwords_are_in_none, async |app| {
    let email = json!({ "email": "owner@example.com", "password": "a long password" });
    app.anonymous().post("/auth/login", email).await.expect_status(200);
    let all = app.admin().rows("baasix_AuditLog", json!({ "limit": -1 })).await;
    assert!(all.iter().all(|row| row["entity"] != "baasix_Sessions"));
    assert!(all.iter().any(|row| row["entity"] == "baasix_User"), "{all:?}");
    let text = Json::from(all).to_string();
    assert!(!text.contains("$argon2") && !text.contains("password"), "{text}");
});

on_every_store!(a_history_follows_its_collection_by_name_and_ends_with_it, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "secret plan" })).await;
    admin.delete("/schemas/notes").await.expect_status(200);
    notes(app).await;
    admin.create("notes", json!({ "id": 1, "title": "shopping" })).await;
    let seen = history(admin, "notes/1").await;
    assert_eq!(actions(&seen), ["create"], "what another collection of this name held is not its");
    assert_eq!(seen[0]["after"]["title"], "shopping");
    // It is kept all the same, for whoever looks after the fact.
    let rows = admin
        .rows("baasix_AuditLog", json!({ "filter": { "entity": { "startsWith": "notes until" } } }))
        .await;
    assert_eq!(rows.len(), 1);
});
