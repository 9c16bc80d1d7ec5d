//! A batch over several collections: all or nothing, with the values the caller saw.

use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn shelf(app: &App) -> Json {
    app.collection(
        "books",
        json!({ "fields": { "title": { "type": "String" }, "stock": { "type": "Integer" } } }),
    )
    .await;
    app.collection("tickets", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "note": { "type": "String" } } })).await;
    app.admin().create("books", json!({ "title": "Dune", "stock": 3 })).await
}

on_every_store!(a_batch_writes_everything_or_nothing, async |app| {
    let book = shelf(app).await;
    let admin = app.admin();
    let operations = json!({ "operations": [
        { "op": "create", "collection": "tickets", "data": { "id": 1, "note": "a" } },
        { "op": "update", "collection": "books", "id": book, "data": { "stock": 2 }, "expect": { "stock": 3, "title": "Dune" } },
        { "op": "create", "collection": "tickets", "data": { "id": 2 } },
        { "op": "delete", "collection": "tickets", "id": 1 }
    ] });
    let answer = admin.post("/items/batch", operations).await;
    answer.expect_status(200);
    assert_eq!(
        answer.body["data"][1],
        json!({ "op": "update", "collection": "books", "id": book })
    );
    assert_eq!(answer.body["data"][0], json!({ "op": "create", "collection": "tickets", "id": 1 }));
    assert_eq!(admin.one("books", &book).await["stock"], 2);
    assert_eq!(admin.column("tickets", "id", json!({})).await, [json!(2)]);
    let failing = json!({ "operations": [
        { "op": "update", "collection": "books", "id": book, "data": { "stock": 0 } },
        { "op": "create", "collection": "tickets", "data": { "id": 2 } }
    ] });
    admin.post("/items/batch", failing).await.expect_refusal(409, "UNIQUE_VIOLATION");
    assert_eq!(admin.one("books", &book).await["stock"], 2);
});

on_every_store!(values_that_changed_meanwhile_are_told_beside_each_other, async |app| {
    let book = shelf(app).await;
    let admin = app.admin();
    admin
        .patch(&format!("/items/books/{}", plain(&book)), json!({ "stock": 1 }))
        .await
        .expect_status(200);
    let operations = json!({ "operations": [
        { "op": "create", "collection": "tickets", "data": { "id": 1 } },
        { "op": "update", "collection": "books", "id": book, "data": { "stock": 9 }, "expect": { "stock": 3 } }
    ] });
    let answer = admin.post("/items/batch", operations).await;
    answer.expect_refusal(409, "CONFLICT");
    let detail = &answer.body["details"][0];
    assert_eq!(
        (&detail["index"], &detail["field"]),
        (&json!(1), &json!("stock")),
        "{}",
        answer.text
    );
    assert_eq!(
        (&detail["expected"], &detail["current"]),
        (&json!(3), &json!(1)),
        "{}",
        answer.text
    );
    assert_eq!(admin.rows("tickets", json!({})).await.len(), 0);
    let remove = json!({ "operations": [{ "op": "delete", "collection": "books", "id": book, "expect": { "title": "Other" } }] });
    admin.post("/items/batch", remove).await.expect_refusal(409, "CONFLICT");
    let null = json!({ "operations": [{ "op": "update", "collection": "books", "id": book, "data": { "stock": 9 }, "expect": { "title": null } }] });
    admin.post("/items/batch", null).await.expect_refusal(409, "CONFLICT");
    let right = json!({ "operations": [{ "op": "delete", "collection": "books", "id": book, "expect": { "title": "Dune", "stock": 1 } }] });
    admin.post("/items/batch", right).await.expect_status(200);
});

on_every_store!(a_dry_run_shows_statements_and_changes_nothing, async |app| {
    let book = shelf(app).await;
    let operations = json!({ "dryRun": true, "operations": [
        { "op": "update", "collection": "books", "id": book, "data": { "stock": 7 } },
        { "op": "create", "collection": "tickets", "data": { "id": 1 } }
    ] });
    let answer = app.admin().post("/items/batch", operations).await;
    answer.expect_status(200);
    assert_eq!(answer.body["data"]["operations"], 2);
    let statements = answer.body["data"]["statements"].as_array().expect("statements");
    assert!(
        statements.iter().any(|one| one["sql"]
            .as_str()
            .is_some_and(|sql| sql.contains("UPDATE") && sql.contains("\"books\""))),
        "{}",
        answer.text
    );
    assert_eq!(app.admin().one("books", &book).await["stock"], 3);
    assert_eq!(app.admin().rows("tickets", json!({})).await.len(), 0);
});

on_every_store!(a_batch_that_cannot_be_read_is_refused, async |app| {
    let book = shelf(app).await;
    for body in [
        json!({}),
        json!({ "operations": {} }),
        json!({ "operations": [5] }),
        json!({ "operations": [{ "op": "upsert", "collection": "books" }] }),
        json!({ "operations": [{ "op": "create" }] }),
        json!({ "operations": [{ "op": "update", "collection": "books", "data": {} }] }),
        json!({ "operations": [{ "op": "update", "collection": "books", "id": book, "data": [] }] }),
        json!({ "operations": [{ "op": "create", "collection": "books", "data": "x" }] }),
    ] {
        app.admin().post("/items/batch", body).await.expect_refusal(400, "INVALID_BODY");
    }
    let unknown = json!({ "operations": [{ "op": "create", "collection": "boks", "data": {} }] });
    app.admin().post("/items/batch", unknown).await.expect_refusal(404, "COLLECTION_NOT_FOUND");
    let expect = json!({ "operations": [{ "op": "update", "collection": "books", "id": book, "data": {}, "expect": { "nothing": 1 } }] });
    app.admin().post("/items/batch", expect).await.expect_refusal(400, "UNKNOWN_FIELD");
    app.anonymous()
        .post(
            "/items/batch",
            json!({ "operations": [{ "op": "delete", "collection": "books", "id": book }] }),
        )
        .await
        .expect_refusal(403, "FORBIDDEN");
});
