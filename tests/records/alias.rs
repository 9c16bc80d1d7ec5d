//! A key of another name is called `id` too, in questions and in what is written.

use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

/// Books by their number and authors by their code; tags have a field `id` that is no key.
async fn library(app: &App) {
    let text = json!({ "type": "String" });
    let code = json!({ "type": "String", "primaryKey": true });
    let number = json!({ "type": "Integer", "primaryKey": true });
    let with = |fields: Json| json!({ "timestamps": false, "fields": fields });
    app.collection("authors", with(json!({ "code": code, "name": text }))).await;
    app.collection("books", with(json!({ "isbn": number, "title": text }))).await;
    app.collection("tags", with(json!({ "code": code, "id": { "type": "Integer" } }))).await;
    let author = json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "books" });
    app.relation("books", author).await;
    let admin = app.admin();
    for (code, name) in [("a", "Ann"), ("b", "Bob")] {
        admin.create("authors", json!({ "code": code, "name": name })).await;
    }
    for (isbn, title, author) in [(1, "One", "a"), (2, "Two", "b"), (3, "Three", "b")] {
        let book = json!({ "isbn": isbn, "title": title, "author": author });
        admin.create("books", book).await;
    }
    for (code, id) in [("x", 7), ("y", 5)] {
        admin.create("tags", json!({ "code": code, "id": id })).await;
    }
}

on_every_store!(the_key_is_asked_for_by_its_name_and_by_id, async |app| {
    library(app).await;
    let admin = app.admin();
    let isbn = async |parameters: Json| admin.column("books", "isbn", parameters).await;
    assert_eq!(isbn(json!({ "filter": { "id": 2 } })).await, [2]);
    assert_eq!(isbn(json!({ "filter": { "id": { "in": [1, 3] } } })).await, [1, 3]);
    assert_eq!(isbn(json!({ "sort": "-id" })).await, [3, 2, 1]);
    let by_author = json!({ "filter": { "author.id": "b" }, "sort": "id" });
    assert_eq!(isbn(by_author).await, [2, 3]);
    let nested = json!({ "filter": { "author": { "id": { "startsWith": "a" } } } });
    assert_eq!(isbn(nested).await, [1]);
    let wrong = admin.find("books", json!({ "filter": { "id": "x" } })).await;
    wrong.expect_refusal(400, "INVALID_QUERY");

    let rows = admin.rows("books", json!({ "fields": ["id", "title"], "limit": 1 })).await;
    assert_eq!(rows, [json!({ "id": 1, "title": "One" })]);
    let rows = admin.rows("books", json!({ "fields": ["title", "author.id"], "sort": "id" })).await;
    assert_eq!(rows[0]["author"], json!({ "code": "a", "id": "a" }));
    let rows = admin.rows("authors", json!({ "fields": ["*", "-id"], "limit": 1 })).await;
    assert_eq!(rows, [json!({ "code": "a", "name": "Ann" })]);
    let groups = json!({ "groupBy": ["author.id"], "aggregate": { "n": { "function": "count", "field": "id" } }, "sort": "-n" });
    let groups = admin.rows("books", groups).await;
    assert_eq!((&groups[0]["author.id"], &groups[0]["n"]), (&json!("b"), &json!(2)));
});

on_every_store!(a_field_that_is_called_id_is_that_field, async |app| {
    library(app).await;
    let admin = app.admin();
    let tags = admin.rows("tags", json!({ "filter": { "id": 5 } })).await;
    assert_eq!(tags, [json!({ "code": "y", "id": 5 })]);
    assert_eq!(admin.column("tags", "code", json!({ "sort": "id" })).await, ["y", "x"]);
    let changed = admin.patch("/items/tags/x", json!({ "id": 1 })).await;
    changed.expect_status(200);
    assert_eq!(admin.one("tags", &json!("x")).await["id"], 1);
});

on_every_store!(what_is_written_names_its_key_by_id_too, async |app| {
    library(app).await;
    let admin = app.admin();
    assert_eq!(admin.create("authors", json!({ "id": "c", "name": "Cid" })).await, "c");
    let book = json!({ "id": 4, "title": "Four", "author": { "id": "a", "name": "Anna" } });
    assert_eq!(admin.create("books", book).await, 4);
    let authors = admin.column("authors", "name", json!({ "sort": "code" })).await;
    assert_eq!(authors, ["Anna", "Bob", "Cid"]);
    assert_eq!(admin.one("books", &json!(4)).await["author_id"], "a");

    // A list names what stays by either name, and a record is sent back as it was read.
    let list = json!({ "books": [{ "id": 2, "title": "Second" }, { "isbn": 4 }] });
    admin.patch("/items/authors/b", list).await.expect_status(200);
    let kept = json!({ "filter": { "author": "b" }, "sort": "id" });
    assert_eq!(admin.column("books", "title", kept).await, ["Second", "Four"]);
    let row = admin.rows("books", json!({ "filter": { "id": 2 } })).await.remove(0);
    let path = format!("/items/books/{}", plain(&row["id"]));
    admin.patch(&path, row).await.expect_status(200);

    let two = json!({ "isbn": 8, "id": 9 });
    admin.post("/items/books", two).await.expect_refusal(400, "VALIDATION_ERROR");
    let two = json!({ "author": { "code": "a", "id": "b" } });
    admin.patch("/items/books/2", two).await.expect_refusal(400, "RELATION_INVALID");
    let moved = admin.patch("/items/books/2", json!({ "id": 3 })).await;
    moved.expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!(admin.rows("books", json!({})).await.len(), 4);
});

on_every_store!(an_id_out_of_sight_is_the_key_as_where_there_is_none, async |app| {
    library(app).await;
    let grants = [
        json!({ "collection": "tags", "action": "read", "fields": ["code"] }),
        json!({ "collection": "authors", "action": "read", "fields": ["name"] }),
        json!({ "collection": "tags", "action": "update", "fields": [] }),
        json!({ "collection": "authors", "action": "update", "fields": [] }),
    ];
    let person = app.with_grants("Narrow", &grants).await;
    for (collection, key) in [("tags", "x"), ("authors", "a")] {
        let found = person.column(collection, "code", json!({ "filter": { "id": key } })).await;
        assert_eq!(found, [key], "{collection}");
        let rows = person.rows(collection, json!({ "fields": ["id"], "limit": 1 })).await;
        assert_eq!(rows, [json!({ "id": key })], "{collection}");
        let none = person.find(collection, json!({ "filter": { "id": 7 } })).await;
        assert_eq!((none.status, &none.body["data"]), (200, &json!([])), "{}", none.text);
        let path = format!("/items/{collection}/{key}");
        let refused = person.patch(&path, json!({ "id": 9 })).await;
        refused.expect_refusal(403, "FIELD_FORBIDDEN");
        assert_eq!(refused.message(), "You don't have permission to update field: id");
    }
});
