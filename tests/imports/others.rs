//! What an undo of an import leaves to others: records that stood before it, and those that came
//! behind it.

use super::jobs::{ended, imported};
use super::taken_back::{counted, names, taken_back};
use crate::harness::{App, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

fn path(job: &Json) -> String {
    format!("/imports/{}/undo", plain(&job["id"]))
}

async fn consented(person: &Person, job: &Json) -> Json {
    ended(person, &person.post(&path(job), json!({ "consent": true })).await).await
}

async fn points(app: &App, collection: &str, column: &str) -> Vec<Json> {
    app.admin().column(collection, column, json!({ "sort": "id" })).await
}

/// Whether a record is among those that an undo left, and why.
fn left(job: &Json, collection: &str, id: i64) -> Option<String> {
    let found = job["left"]
        .as_array()
        .expect("what stayed")
        .iter()
        .find(|one| one["collection"] == collection && plain(&one["id"]) == id.to_string())?;
    Some(plain(&found["why"]))
}

on_every_store!(an_undo_gives_records_back_that_stood_before, async |app| {
    counted(app, "auth", &["old"]).await;
    counted(app, "post", &["one", "two"]).await;
    let author = json!({ "type": "M2O", "target": "auth", "name": "author", "alias": "posts" });
    app.relation("post", author).await;
    let admin = app.admin();
    admin.patch("/items/post/2", json!({ "author_id": 1 })).await.expect_status(200);
    let text = r#"[{ "name": "new", "posts": [{ "id": 1 }, { "id": 2, "name": "Two!" }, { "name": "made" }] }]"#;
    let job = imported(admin, "auth", "auth.json", text).await;
    assert_eq!(job["rowsWritten"], 1, "{job}");
    assert_eq!(points(app, "post", "author_id").await, [json!(2), json!(2), json!(2)]);
    // A name that somebody gave since stays.
    admin.patch("/items/post/1", json!({ "name": "mine" })).await.expect_status(200);
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(1), &json!(0)));
    assert_eq!(names(app, "post").await, ["mine", "two"], "{undone}");
    assert_eq!(points(app, "post", "author_id").await, [Json::Null, json!(1)]);
    assert_eq!(names(app, "auth").await, ["old"]);
});

on_every_store!(an_undo_gives_the_one_back_that_stood_before, async |app| {
    counted(app, "par", &["one"]).await;
    counted(app, "chi", &["first"]).await;
    let one = json!({ "type": "O2O", "target": "chi", "name": "solo", "alias": "soloof" });
    app.relation("par", one).await;
    let admin = app.admin();
    let text = r#"[{ "name": "new", "soloof": { "id": 1 } }]"#;
    let job = imported(admin, "chi", "chi.json", text).await;
    assert_eq!(job["rowsWritten"], 1, "{job}");
    assert_eq!(points(app, "par", "solo_id").await, [json!(2)]);
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!(names(app, "par").await, ["one"], "{undone}");
    assert_eq!(points(app, "par", "solo_id").await, [Json::Null]);
    assert_eq!(names(app, "chi").await, ["first"]);
});

on_every_store!(a_row_stays_that_holds_what_cannot_be_given_back, async |app| {
    counted(app, "auth", &["old"]).await;
    counted(app, "post", &["one"]).await;
    let author = json!({ "type": "M2O", "target": "auth", "name": "author", "alias": "posts" });
    app.relation("post", author).await;
    let admin = app.admin();
    admin.patch("/items/post/1", json!({ "author_id": 1 })).await.expect_status(200);
    let text = r#"[{ "name": "new", "posts": [{ "id": 1 }] }, { "name": "other" }]"#;
    let job = imported(admin, "auth", "auth.json", text).await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    // What it pointed at before is no more.
    admin.delete("/items/auth/1").await.expect_status(200);
    let undone = consented(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!(
        (names(app, "post").await, names(app, "auth").await),
        (vec![json!("one")], vec![json!("new")])
    );
    assert_eq!(undone["relatedLeft"], 2, "{undone}");
    assert_eq!(left(&undone, "auth", 2).as_deref(), Some("referenced"), "{undone}");
    assert_eq!(left(&undone, "post", 1).as_deref(), Some("changed"), "{undone}");
});

on_every_store!(an_undo_takes_back_what_nested_objects_changed, async |app| {
    counted(app, "cat", &["Pets", "Toys"]).await;
    counted(app, "item", &[]).await;
    let cat = json!({ "type": "M2O", "target": "cat", "name": "cat", "alias": "items" });
    app.relation("item", cat).await;
    let admin = app.admin();
    let text = r#"[{ "name": "a", "cat": { "id": 1, "name": "Changed!" } }, { "name": "b", "cat": { "id": 2, "name": "Also" } }]"#;
    let job = imported(admin, "item", "item.json", text).await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    admin.patch("/items/cat/2", json!({ "name": "mine" })).await.expect_status(200);
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!(names(app, "cat").await, ["Pets", "mine"], "{undone}");
    assert_eq!(left(&undone, "cat", 2).as_deref(), Some("changed"), "{undone}");
    assert_eq!((&undone["relatedLeft"], left(&undone, "cat", 1)), (&json!(1), None));
});

/// Books and what others made of them, and of that.
async fn books(app: &App, paranoid: bool) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let fields = json!({ "id": key, "name": { "type": "String" } });
    app.collection("books", json!({ "paranoid": paranoid, "fields": fields })).await;
    for (name, far) in [("revs", "books"), ("notes", "revs")] {
        counted(app, name, &[]).await;
        let relation = json!({ "type": "M2O", "target": far, "name": "of", "alias": name });
        app.relation(name, relation).await;
    }
}

on_every_store!(an_undo_asks_before_others_records_go_along, async |app| {
    books(app, false).await;
    let admin = app.admin();
    let text = r#"[{ "name": "a", "revs": [{ "name": "made" }] }, { "name": "b" }]"#;
    let job = imported(admin, "books", "books.json", text).await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    for name in ["x", "y", "z"] {
        admin.create("revs", json!({ "name": name, "of_id": 2 })).await;
    }
    admin.create("notes", json!({ "name": "deep", "of_id": 2 })).await;
    let asked = admin.post(&path(&job), json!({})).await;
    asked.expect_refusal(409, "CONSENT_REQUIRED");
    assert!(asked.message().starts_with("4 records"), "{}", asked.text);
    // What the import made and somebody changed is lost, too.
    admin.patch("/items/revs/1", json!({ "name": "changed" })).await.expect_status(200);
    let asked = admin.post(&path(&job), json!({})).await;
    assert!(asked.message().starts_with("5 records"), "{}", asked.text);
    assert_eq!((names(app, "books").await.len(), names(app, "revs").await.len()), (2, 4));
    let undone = consented(admin, &job).await;
    assert_eq!((&undone["rowsRemoved"], &undone["othersRemoved"]), (&json!(2), &json!(5)));
    for name in ["books", "revs", "notes"] {
        assert!(names(app, name).await.is_empty(), "{name}: {undone}");
    }
});

on_every_store!(rows_that_others_need_go_into_the_trash_where_there_is_one, async |app| {
    books(app, true).await;
    let admin = app.admin();
    let job = imported(admin, "books", "books.csv", "name\na\nb\n").await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    admin.create("revs", json!({ "name": "mine", "of_id": 1 })).await;
    admin.post(&path(&job), json!({})).await.expect_refusal(409, "CONSENT_REQUIRED");
    let undone = consented(admin, &job).await;
    assert_eq!((&undone["rowsRemoved"], &undone["othersRemoved"]), (&json!(2), &json!(0)));
    assert!(names(app, "books").await.is_empty(), "{undone}");
    assert_eq!(names(app, "revs").await, ["mine"]);
    admin.patch("/items/books/1", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(names(app, "books").await, ["a"], "the other one was purged");
});

on_every_store!(what_was_changed_and_then_trashed_is_asked_for_before_an_undo, async |app| {
    books(app, true).await;
    let admin = app.admin();
    let job = imported(admin, "books", "books.csv", "name\na\nb\n").await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    admin.patch("/items/books/1", json!({ "name": "by hand" })).await.expect_status(200);
    admin.delete("/items/books/1").await.expect_status(200);
    let asked = admin.post(&path(&job), json!({})).await;
    asked.expect_refusal(409, "CONSENT_REQUIRED");
    assert!(asked.message().starts_with("1 of the 2 rows"), "{}", asked.text);
    admin.patch("/items/books/1", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(names(app, "books").await, ["b", "by hand"]);
});

on_every_store!(of_many_undos_of_one_import_one_runs, async |app| {
    counted(app, "auth", &[]).await;
    let admin = app.admin();
    let text = format!("name\n{}", "x\n".repeat(300));
    let job = imported(admin, "auth", "auth.csv", &text).await;
    assert_eq!(job["rowsWritten"], 300, "{job}");
    let (path, body) = (path(&job), json!({}));
    let (a, b, c, d) = tokio::join!(
        admin.post(&path, body.clone()),
        admin.post(&path, body.clone()),
        admin.post(&path, body.clone()),
        admin.post(&path, body.clone()),
    );
    let answers = [a, b, c, d];
    let taken = answers.iter().filter(|one| one.status == 202).count();
    assert_eq!(taken, 1, "{:?}", answers.each_ref().map(|one| one.text.clone()));
    for refused in answers.iter().filter(|one| one.status != 202) {
        refused.expect_refusal(409, "CONFLICT");
        assert!(refused.message().starts_with("an import that is undo"), "{}", refused.text);
    }
    let first = answers.iter().find(|one| one.status == 202).expect("one that runs");
    let undone = ended(admin, first).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(300)));
});

on_every_store!(what_others_made_under_the_key_of_a_row_is_theirs, async |app| {
    let fields =
        json!({ "id": { "type": "String", "primaryKey": true }, "name": { "type": "String" } });
    app.collection("keyed", json!({ "fields": fields })).await;
    let admin = app.admin();
    let job = imported(admin, "keyed", "keyed.csv", "id,name\nk1,a\nk2,b\nk3,c\n").await;
    assert_eq!(job["rowsWritten"], 3, "{job}");
    for key in ["k1", "k2"] {
        admin.delete(&format!("/items/keyed/{key}")).await.expect_status(200);
    }
    admin.create("keyed", json!({ "id": "k1", "name": "MINE" })).await;
    let again = imported(admin, "keyed", "again.csv", "id,name\nk2,anew\n").await;
    assert_eq!(again["rowsWritten"], 1, "{again}");
    let undone = consented(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!(names(app, "keyed").await, ["MINE", "anew"], "{undone}");
});

on_every_store!(rows_out_of_reach_of_who_asks_stay_and_are_named, async |app| {
    counted(app, "auth", &[]).await;
    let grants = [
        json!({ "collection": "auth", "action": "create", "fields": ["*"] }),
        json!({ "collection": "auth", "action": "read", "fields": ["*"] }),
        json!({ "collection": "auth", "action": "delete", "conditions": { "name": { "ne": "keep" } } }),
    ];
    let writer = app.with_grants("Writer", &grants).await;
    let job = imported(&writer, "auth", "auth.csv", "name\ndrop\nkeep\n").await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    let undone = taken_back(&writer, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!(
        (&undone["relatedLeft"], names(app, "auth").await),
        (&json!(1), vec![json!("keep")])
    );
    assert_eq!(left(&undone, "auth", 2).as_deref(), Some("forbidden"), "{undone}");
});

/// Orders, lines that hold them, and notes that go with them.
async fn orders(app: &App, paranoid: bool) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let name = json!({ "type": "String", "unique": paranoid });
    let fields = json!({ "id": key, "name": name });
    app.collection("orders", json!({ "paranoid": paranoid, "fields": fields })).await;
    counted(app, "lines", &[]).await;
    counted(app, "notes", &["kept"]).await;
    let bill = json!({ "type": "M2O", "target": "orders", "name": "bill", "alias": "lines", "onDelete": "RESTRICT" });
    app.relation("lines", bill).await;
    let deal = json!({ "type": "M2O", "target": "orders", "name": "deal", "alias": "notes" });
    app.relation("notes", deal).await;
}

on_every_store!(an_undo_that_is_refused_names_what_holds_and_leaves_all_as_it_was, async |app| {
    orders(app, false).await;
    let admin = app.admin();
    let text = r#"[{ "name": "first", "notes": [{ "id": 1 }], "lines": [{ "name": "made" }] }, { "name": "second" }]"#;
    let job = imported(admin, "orders", "orders.json", text).await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    let refused = async |why: &str| {
        for _ in 0..2 {
            let refused = consented(admin, &job).await;
            assert_eq!((&refused["state"], &refused["rowsRemoved"]), (&json!("done"), &json!(0)));
            assert_eq!(refused["error"], why, "{refused}");
            assert_eq!(points(app, "notes", "deal_id").await, [json!(1)], "{refused}");
            assert_eq!(names(app, "orders").await, ["first", "second"], "{refused}");
        }
    };
    // A line of somebody else holds its order: told before anything is given back.
    admin.create("lines", json!({ "name": "mine", "bill_id": 2 })).await;
    refused("nothing was taken back: `2` of `lines` points by `bill_id` at the row `2`, which cannot go before it").await;
    admin.delete("/items/lines/2").await.expect_status(200);
    // So does one that the import made and somebody changed, which is known when the others went.
    admin.patch("/items/lines/1", json!({ "name": "mine" })).await.expect_status(200);
    refused("nothing was taken back: `1` of `lines` points by `bill_id` at the row `1`, which cannot go before it").await;
    admin.delete("/items/lines/1").await.expect_status(200);
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!(points(app, "notes", "deal_id").await, [Json::Null], "{undone}");
});

on_every_store!(who_may_not_read_what_holds_a_row_is_not_told_which_it_is, async |app| {
    orders(app, false).await;
    let grants = ["create", "read", "delete"]
        .map(|action| json!({ "collection": "orders", "action": action, "fields": ["*"] }));
    let writer = app.with_grants("Writer", &grants).await;
    let job = imported(&writer, "orders", "orders.csv", "name\nfirst\n").await;
    assert_eq!(job["rowsWritten"], 1, "{job}");
    app.admin().create("lines", json!({ "name": "mine", "bill_id": 1 })).await;
    let refused = taken_back(&writer, &job).await;
    let why = "nothing was taken back: a record that you may not read points at the row `1`, which cannot go before it";
    assert_eq!((&refused["state"], &refused["error"]), (&json!("done"), &json!(why)), "{refused}");
    assert_eq!(names(app, "orders").await, ["first"]);
});

on_every_store!(what_goes_for_good_out_of_a_collection_with_a_trash_is_told, async |app| {
    counted(app, "books", &[]).await;
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let fields = json!({ "id": key, "name": { "type": "String" } });
    app.collection("revs", json!({ "paranoid": true, "fields": fields })).await;
    let of = json!({ "type": "M2O", "target": "books", "name": "of", "alias": "revs" });
    app.relation("revs", of).await;
    let admin = app.admin();
    let job = imported(admin, "books", "books.csv", "name\na\n").await;
    for name in ["x", "y"] {
        admin.create("revs", json!({ "name": name, "of_id": 1 })).await;
    }
    admin.delete("/items/revs/1").await.expect_status(200);
    let asked = admin.post(&path(&job), json!({})).await;
    asked.expect_refusal(409, "CONSENT_REQUIRED");
    assert!(asked.message().starts_with("2 records"), "{}", asked.text);
    assert!(asked.message().contains("2 of them for good although"), "{}", asked.text);
    let undone = consented(admin, &job).await;
    assert_eq!((&undone["rowsRemoved"], &undone["othersRemoved"]), (&json!(1), &json!(2)));
    // As the removal of the row by itself does.
    let trash = admin.rows("revs", json!({ "paranoid": false })).await;
    assert!(trash.is_empty(), "{trash:?}");
});

on_every_store!(a_place_that_somebody_gave_a_row_is_no_change_of_it, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let schema = json!({ "sortEnabled": true, "usertrack": true, "fields": { "id": key, "name": { "type": "String" } } });
    app.collection("listed", schema).await;
    let admin = app.admin();
    let job = imported(admin, "listed", "names.csv", "name\na\nb\nc\n").await;
    assert_eq!(job["rowsWritten"], 3, "{job}");
    admin.patch("/items/listed/1", json!({ "sort": 9 })).await.expect_status(200);
    let moved = json!({ "item": 3, "to": 2 });
    admin.post("/utils/sort/listed", moved).await.expect_status(200);
    let undone = taken_back(admin, &job).await;
    assert_eq!(
        (&undone["state"], &undone["rowsRemoved"]),
        (&json!("undone"), &json!(3)),
        "{undone}"
    );
    // More than a place is a change.
    let job = imported(admin, "listed", "more.csv", "name\nd\n").await;
    let row = format!("/items/listed/{}", plain(&job["firstKey"]));
    admin.patch(&row, json!({ "sort": 9, "name": "mine" })).await.expect_status(200);
    admin.post(&path(&job), json!({})).await.expect_refusal(409, "CONSENT_REQUIRED");
});

on_every_store!(what_was_taken_back_can_be_imported_again, async |app| {
    orders(app, true).await;
    let grants = ["create", "read", "delete"]
        .map(|action| json!({ "collection": "orders", "action": action, "fields": ["*"] }));
    let writer = app.with_grants("Writer", &grants).await;
    for person in [&writer, app.admin()] {
        for _ in 0..2 {
            let job = imported(person, "orders", "orders.csv", "name\na\nb\n").await;
            assert_eq!(
                (&job["rowsWritten"], &job["rowsRejected"]),
                (&json!(2), &json!(0)),
                "{job}"
            );
            let undone = taken_back(person, &job).await;
            assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
        }
    }
    // What others need stays in the trash for them, and what others put there stays.
    let job = imported(&writer, "orders", "orders.csv", "name\na\nb\nc\n").await;
    let first: i64 = plain(&job["firstKey"]).parse().expect("a number");
    app.admin().create("lines", json!({ "name": "mine", "bill_id": first })).await;
    app.admin().delete(&format!("/items/orders/{}", first + 2)).await.expect_status(200);
    let undone = consented(&writer, &job).await;
    assert_eq!(
        (&undone["state"], &undone["rowsRemoved"]),
        (&json!("undone"), &json!(2)),
        "{undone}"
    );
    assert!(names(app, "orders").await.is_empty());
    let trash = json!({ "paranoid": false, "sort": "id" });
    assert_eq!(app.admin().column("orders", "name", trash).await, ["a", "c"]);
});
