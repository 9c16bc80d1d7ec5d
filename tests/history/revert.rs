//! Chosen fields taken back from the past.

use super::{history, notes, revert};
use crate::harness::on_every_store;
use serde_json::json;

on_every_store!(chosen_fields_are_taken_back_and_no_others, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one", "done": false })).await;
    admin.patch("/items/notes/1", json!({ "title": "two", "done": true })).await.expect_status(200);
    admin.patch("/items/notes/1", json!({ "price": 5 })).await.expect_status(200);
    let revisions = history(admin, "notes/1").await;
    let id = revisions[1]["id"].clone();
    revert(admin, 1, json!({ "revision": id, "fields": ["title"] })).await.expect_status(200);
    let row = admin.one("notes", &json!(1)).await;
    assert_eq!((&row["title"], &row["done"]), (&json!("one"), &json!(true)), "{row}");
    // The other side of it, and all that it changed.
    revert(admin, 1, json!({ "revision": id, "to": "after" })).await.expect_status(200);
    revert(admin, 1, json!({ "revision": id })).await.expect_status(200);
    let row = admin.one("notes", &json!(1)).await;
    assert_eq!((&row["title"], &row["done"]), (&json!("one"), &json!(false)), "{row}");
    assert!(row["price"].to_string().starts_with('5'), "{row}");
    // It is a write like any other: in the history, under the caller's eyes.
    assert_eq!(history(admin, "notes/1").await.len(), 6);
    for (body, status, code) in [
        (json!({}), 400, "INVALID_BODY"),
        (json!({ "revision": id, "fields": [] }), 400, "INVALID_BODY"),
        (json!({ "revision": id, "to": "then" }), 400, "INVALID_BODY"),
        (json!({ "revision": id, "fields": ["titel"] }), 400, "UNKNOWN_FIELD"),
        (json!({ "revision": id, "fields": ["code"] }), 400, "UNKNOWN_FIELD"),
        (json!({ "revision": revisions[2]["id"] }), 400, "VALIDATION_ERROR"),
        (json!({ "revision": "x" }), 404, "NOT_FOUND"),
        (json!({ "revision": "00000000-0000-4000-8000-000000000000" }), 404, "NOT_FOUND"),
    ] {
        revert(admin, 1, body).await.expect_refusal(status, code);
    }
    // A revision belongs to its record.
    admin.create("notes", json!({ "id": 2 })).await;
    revert(admin, 2, json!({ "revision": id })).await.expect_refusal(404, "NOT_FOUND");
});

on_every_store!(what_changed_meanwhile_is_not_overwritten_by_the_past, async |app| {
    notes(app).await;
    let admin = app.admin();
    admin.create("notes", json!({ "id": 1, "title": "one" })).await;
    admin.patch("/items/notes/1", json!({ "title": "two" })).await.expect_status(200);
    let seen = admin.get("/items/notes/1").await;
    let etag = seen.headers["etag"].to_str().expect("a version").to_owned();
    let id = history(admin, "notes/1").await[0]["id"].clone();
    admin.patch("/items/notes/1", json!({ "done": true })).await.expect_status(200);
    let careful = admin.with_header("if-match", &etag);
    revert(&careful, 1, json!({ "revision": id })).await.expect_refusal(412, "PRECONDITION_FAILED");
    assert_eq!(admin.one("notes", &json!(1)).await["title"], "two");
    let seen = admin.get("/items/notes/1").await;
    let etag = seen.headers["etag"].to_str().expect("a version").to_owned();
    let careful = admin.with_header("if-match", &etag);
    revert(&careful, 1, json!({ "revision": id })).await.expect_status(200);
    assert_eq!(admin.one("notes", &json!(1)).await["title"], "one");
});

on_every_store!(what_a_role_may_not_change_is_left_out_of_what_it_takes_back, async |app| {
    notes(app).await;
    let admin = app.admin();
    let editor = app
        .with_grants(
            "Editor",
            &[
                json!({ "collection": "notes", "action": "read", "fields": ["*"] }),
                json!({ "collection": "notes", "action": "update", "fields": ["title"] }),
            ],
        )
        .await;
    admin.create("notes", json!({ "id": 1, "title": "one", "price": 1 })).await;
    admin.patch("/items/notes/1", json!({ "title": "two", "price": 2 })).await.expect_status(200);
    admin.patch("/items/notes/1", json!({ "price": 3 })).await.expect_status(200);
    let revisions = history(&editor, "notes/1").await;
    let answer = revert(&editor, 1, json!({ "revision": revisions[1]["id"] })).await;
    let warnings = &answer.expect_status(200).body["warnings"];
    assert_eq!(
        (&warnings[0]["code"], &warnings[0]["field"], warnings.as_array().map(Vec::len)),
        (&json!("FIELD_FORBIDDEN"), &json!("price"), Some(1)),
        "{}",
        answer.text
    );
    let row = admin.one("notes", &json!(1)).await;
    assert_eq!(row["title"], "one");
    assert!(row["price"].to_string().starts_with('3'), "{row}");
    // Nothing of it is theirs to take back, or they asked for it by name.
    let answer = revert(&editor, 1, json!({ "revision": revisions[0]["id"] })).await;
    answer.expect_refusal(403, "FIELD_FORBIDDEN");
    assert_eq!(answer.body["details"][0]["field"], "price", "{}", answer.text);
    revert(&editor, 1, json!({ "revision": revisions[1]["id"], "fields": ["title", "price"] }))
        .await
        .expect_refusal(403, "FIELD_FORBIDDEN");
    // Whoever may change nothing is told so.
    let grant = json!({ "collection": "notes", "action": "read", "fields": ["*"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    revert(&reader, 1, json!({ "revision": revisions[1]["id"] }))
        .await
        .expect_refusal(403, "FORBIDDEN");
});

on_every_store!(references_and_places_come_back_with_all_that_a_revision_changed, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let name = json!({ "type": "String" });
    app.collection("makers", json!({ "fields": { "id": key, "name": name } })).await;
    let loud = json!({ "type": "VIRTUAL", "calculated": "upper(name)" });
    let fields = json!({ "id": key, "name": name, "loud": loud });
    let schema = json!({ "sortEnabled": true, "usertrack": true, "fields": fields });
    app.collection("goods", schema).await;
    let relation = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", relation).await;
    let admin = app.admin();
    admin.post("/items/makers/bulk", json!([{ "name": "a" }, { "name": "b" }])).await;
    admin.create("goods", json!({ "name": "lamp", "maker_id": 1 })).await;
    let change = json!({ "maker_id": 2, "sort": 7 });
    admin.patch("/items/goods/1", change).await.expect_status(200);
    let newest = history(admin, "goods/1").await[0]["id"].clone();
    let path = "/items/goods/1/revert";
    admin.post(path, json!({ "revision": newest })).await.expect_status(200);
    let row = admin.one("goods", &json!(1)).await;
    assert_eq!((&row["maker_id"], &row["sort"]), (&json!(1), &json!(1)), "{row}");

    // A write that gave nothing a new value has nothing to be taken back.
    admin.patch("/items/goods/1", json!({ "name": "lamp" })).await.expect_status(200);
    let revisions = history(admin, "goods/1").await;
    assert_eq!(revisions[0]["changed"], json!(["updatedAt"]), "{revisions:?}");
    for (body, said) in [
        (json!({ "revision": revisions[0]["id"] }), "nothing"),
        (json!({ "revision": newest, "fields": ["id"] }), "key"),
        (json!({ "revision": newest, "fields": ["maker_id", "updatedAt"] }), "by itself"),
        (json!({ "revision": newest, "fields": ["userUpdated_Id"] }), "by itself"),
    ] {
        let answer = admin.post(path, body).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert!(answer.text.contains(said), "{}", answer.text);
    }
    let computed = admin.post(path, json!({ "revision": newest, "fields": ["loud"] })).await;
    computed.expect_status(400);
    assert_eq!(history(admin, "goods/1").await.len(), revisions.len(), "a refusal wrote");
});
