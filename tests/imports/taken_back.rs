//! What an undo takes out besides the rows of a file, and what an import that came to nothing gives
//! back.

use super::jobs::{ended, goods, imported, start};
use crate::harness::{App, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

pub(super) async fn taken_back(person: &Person, job: &Json) -> Json {
    let path = format!("/imports/{}/undo", plain(&job["id"]));
    ended(person, &person.post(&path, json!({})).await).await
}

pub(super) async fn names(app: &App, collection: &str) -> Vec<Json> {
    app.admin().column(collection, "name", json!({ "sort": "name" })).await
}

on_every_store!(an_undo_takes_out_what_nested_objects_made_and_nothing_needs, async |app| {
    goods(app).await;
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let named = json!({ "fields": { "id": key, "name": { "type": "String" } } });
    app.collection("towns", named).await;
    let town = json!({ "type": "M2O", "target": "towns", "name": "town", "alias": "makers" });
    app.relation("makers", town).await;
    let admin = app.admin();
    let rome = admin.create("towns", json!({ "name": "Rome" })).await;
    let text = [
        json!({ "code": "A", "maker": { "name": "Ada", "town": { "name": "Bern" } } }),
        json!({ "code": "B", "maker": { "name": "Bob", "town": { "name": "Oslo" } } }),
        json!({ "code": "C", "maker": { "name": "Cyd", "town": { "id": rome } } }),
        json!({ "code": "D" }),
    ];
    let text: Vec<String> = text.iter().map(Json::to_string).collect();
    let job = imported(admin, "goods", "goods.ndjson", &text.join("\n")).await;
    assert_eq!(job["rowsWritten"], 4, "{job}");
    let id = async |name: &str| {
        let rows = admin.rows("makers", json!({ "filter": { "name": name } })).await;
        rows[0]["id"].clone()
    };
    // One is pointed at by a record of somebody else, one is changed.
    let (ada, cyd) = (id("Ada").await, id("Cyd").await);
    admin.create("goods", json!({ "code": "E", "maker_id": ada })).await;
    admin
        .patch(&format!("/items/makers/{}", plain(&cyd)), json!({ "name": "Cyd II" }))
        .await
        .expect_status(200);
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(4)));
    assert_eq!(admin.column("goods", "code", json!({})).await, ["E"]);
    assert_eq!(names(app, "makers").await, ["Ada", "Cyd II"]);
    // The town of one that stays is needed; what was there before is none of its business.
    assert_eq!(names(app, "towns").await, ["Bern", "Rome"]);
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(3)));
    let mut left: Vec<String> = undone["left"]
        .as_array()
        .expect("what stayed")
        .iter()
        .map(|one| format!("{} {}", plain(&one["collection"]), plain(&one["why"])))
        .collect();
    left.sort();
    assert_eq!(left, ["makers changed", "makers referenced", "towns referenced"], "{undone}");
    let named = |key: &Json| {
        undone["left"].as_array().is_some_and(|left| {
            left.iter().any(|one| one["collection"] == "makers" && plain(&one["id"]) == plain(key))
        })
    };
    assert!(named(&ada) && named(&cyd), "{undone}");
});

on_every_store!(an_undo_takes_out_first_what_would_hold_the_rows, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    for name in ["orders", "lines"] {
        let schema = json!({ "fields": { "id": key, "name": { "type": "String" } } });
        app.collection(name, schema).await;
    }
    let order = json!({ "type": "M2O", "target": "orders", "name": "bill", "alias": "lines", "onDelete": "RESTRICT" });
    app.relation("lines", order).await;
    let admin = app.admin();
    let text = r#"[{ "name": "first", "lines": [{ "name": "a" }, { "name": "b" }] }, { "name": "second" }]"#;
    let job = imported(admin, "orders", "orders.json", text).await;
    assert_eq!((&job["rowsWritten"], names(app, "lines").await.len()), (&json!(2), 2), "{job}");
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(0)));
    assert!(names(app, "orders").await.is_empty() && names(app, "lines").await.is_empty());
});

on_every_store!(an_undo_leaves_what_its_asker_may_not_remove, async |app| {
    goods(app).await;
    let grants = [
        json!({ "collection": "goods", "action": "create", "fields": ["*", "maker.*"] }),
        json!({ "collection": "goods", "action": "read", "fields": ["*"] }),
        json!({ "collection": "goods", "action": "delete" }),
        json!({ "collection": "makers", "action": "create", "fields": ["*"] }),
    ];
    let writer = app.with_grants("Writer", &grants).await;
    let text = r#"[{ "code": "A", "maker": { "name": "Ada" } }]"#;
    let job = imported(&writer, "goods", "goods.json", text).await;
    assert_eq!(job["rowsWritten"], 1, "{job}");
    let undone = taken_back(&writer, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(1)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(0), &json!(1)));
    assert_eq!(undone["left"][0]["why"], "forbidden", "{undone}");
    assert_eq!(names(app, "makers").await, ["Ada"]);
});

on_every_store!(an_import_that_comes_to_nothing_leaves_every_record_at_its_place, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let schema = json!({ "sortEnabled": true, "fields": { "id": key, "name": { "type": "String", "unique": true } } });
    app.collection("listed", schema).await;
    let admin = app.admin();
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(admin.create("listed", json!({ "name": name })).await);
    }
    for (id, place) in [(&ids[0], 2_147_483_647_i64), (&ids[1], 2_147_483_000)] {
        let path = format!("/items/listed/{}", plain(id));
        admin.patch(&path, json!({ "sort": place })).await.expect_status(200);
    }
    let places = async || admin.column("listed", "sort", json!({ "sort": "id" })).await;
    let before = places().await;
    for text in ["name\nd\ne\na\n", "name\na\n"] {
        let refused = ended(admin, &start(admin, "listed", "all", "names.csv", text).await).await;
        assert_eq!(refused["state"], "failed", "{refused}");
        assert_eq!(places().await, before, "{refused}");
    }
    let job = imported(admin, "listed", "names.csv", "name\nd\ne\n").await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    let order = admin.column("listed", "name", json!({ "sort": "sort" })).await;
    assert_eq!(order, ["c", "b", "a", "d", "e"]);
    assert_ne!(places().await[..3], before[..], "the last places made room");
});

/// Gives a collection another name.
async fn rename(app: &App, was: &str, name: &str) {
    let known = app.admin().get(&format!("/schemas/{was}")).await;
    let schema = &known.expect_status(200).body["data"]["schema"];
    let entry = json!({ "collectionName": name, "was": was, "schema": schema });
    let mut body = json!({ "collections": [entry] });
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    body["token"] = plan.expect_status(200).body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
}

/// A collection whose keys are counted from one, and records of these names in it.
pub(super) async fn counted(app: &App, collection: &str, names: &[&str]) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    app.collection(collection, json!({ "fields": { "id": key, "name": { "type": "String" } } }))
        .await;
    for name in names {
        app.admin().create(collection, json!({ "name": name })).await;
    }
}

on_every_store!(an_undo_knows_whose_a_name_was_when_the_import_ran, async |app| {
    counted(app, "tags", &["red", "blue"]).await;
    rename(app, "tags", "labels").await;
    counted(app, "tags", &[]).await;
    let tag = json!({ "type": "M2O", "target": "tags", "name": "tag", "alias": "labels" });
    app.relation("labels", tag).await;
    let admin = app.admin();
    let text =
        r#"[{ "name": "x", "tag": { "name": "a" } }, { "name": "y", "tag": { "name": "b" } }]"#;
    // The keys of the nested records are those of labels that were there before.
    let job = imported(admin, "labels", "labels.json", text).await;
    assert_eq!((&job["rowsWritten"], names(app, "tags").await.len()), (&json!(2), 2), "{job}");
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(0)));
    assert_eq!(names(app, "labels").await, ["blue", "red"]);
    assert!(names(app, "tags").await.is_empty());

    // The other way round: what the nested records were made in gave its name to the rows' own.
    let job = imported(admin, "labels", "again.json", text).await;
    assert_eq!(job["rowsWritten"], 2, "{job}");
    rename(app, "tags", "old").await;
    rename(app, "labels", "tags").await;
    counted(app, "labels", &["one", "two", "three", "four", "five", "six"]).await;
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(0)));
    assert_eq!(names(app, "tags").await, ["blue", "red"]);
    assert_eq!(names(app, "labels").await.len(), 6);
    assert!(names(app, "old").await.is_empty());
});

on_every_store!(an_undo_takes_nested_records_out_of_what_they_were_made_in, async |app| {
    counted(app, "labels", &["red", "blue", "green"]).await;
    counted(app, "tags", &[]).await;
    counted(app, "things", &[]).await;
    let tag = json!({ "type": "M2O", "target": "tags", "name": "tag", "alias": "things" });
    app.relation("things", tag).await;
    let admin = app.admin();
    let text =
        r#"[{ "name": "x", "tag": { "name": "a" } }, { "name": "y", "tag": { "name": "b" } }]"#;
    let job = imported(admin, "things", "things.json", text).await;
    assert_eq!((&job["rowsWritten"], names(app, "tags").await.len()), (&json!(2), 2), "{job}");
    rename(app, "tags", "old").await;
    rename(app, "labels", "tags").await;
    let undone = taken_back(admin, &job).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(0)));
    assert_eq!(names(app, "tags").await, ["blue", "green", "red"]);
    assert!(names(app, "old").await.is_empty());
});

on_every_store!(an_undo_that_cannot_take_the_rows_takes_nothing, async |app| {
    counted(app, "orders", &[]).await;
    counted(app, "lines", &[]).await;
    let bill = json!({ "type": "M2O", "target": "orders", "name": "bill", "alias": "lines", "onDelete": "RESTRICT" });
    app.relation("lines", bill).await;
    let parent = json!({ "type": "M2O", "target": "lines", "name": "parent", "alias": "parts", "onDelete": "RESTRICT" });
    app.relation("lines", parent).await;
    let admin = app.admin();
    let text = r#"[{ "name": "first", "lines": [{ "name": "a", "parts": [{ "name": "b" }] }] }, { "name": "second", "lines": [{ "name": "c" }] }]"#;
    let job = imported(admin, "orders", "orders.json", text).await;
    assert_eq!((&job["rowsWritten"], names(app, "lines").await.len()), (&json!(2), 3), "{job}");
    let undo = async |body: Json| {
        let path = format!("/imports/{}/undo", plain(&job["id"]));
        ended(admin, &admin.post(&path, body).await).await
    };
    let path = async |collection: &str, name: &str| {
        let rows = admin.rows(collection, json!({ "filter": { "name": name } })).await;
        format!("/items/{collection}/{}", plain(&rows[0]["id"]))
    };
    let refused = async |body: Json| {
        let lines = names(app, "lines").await;
        let refused = undo(body).await;
        assert_eq!((&refused["state"], &refused["rowsRemoved"]), (&json!("done"), &json!(0)));
        assert_eq!(&refused["relatedRemoved"], &json!(0), "{refused}");
        let why = plain(&refused["error"]);
        assert!(why.starts_with("nothing was taken back: "), "{refused}");
        assert_eq!(names(app, "orders").await, ["first", "second"], "{refused}");
        assert_eq!(names(app, "lines").await, lines, "{refused}");
    };
    // A line that somebody changed stays, and holds its order.
    let line = path("lines", "c").await;
    admin.patch(&line, json!({ "name": "c, changed" })).await.expect_status(200);
    for consent in [false, true] {
        refused(json!({ "consent": consent })).await;
    }
    admin.delete(&line).await.expect_status(200);
    // So does a line of somebody else.
    let first =
        plain(&admin.rows("orders", json!({ "filter": { "name": "first" } })).await[0]["id"]);
    admin.create("lines", json!({ "name": "mine", "bill_id": first })).await;
    refused(json!({})).await;
    // What goes itself holds nothing.
    let mine = path("lines", "mine").await;
    admin.delete(&mine).await.expect_status(200);
    let undone = undo(json!({})).await;
    assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(2)));
    assert_eq!((&undone["relatedRemoved"], &undone["relatedLeft"]), (&json!(2), &json!(0)));
    assert!(names(app, "orders").await.is_empty() && names(app, "lines").await.is_empty());
});
