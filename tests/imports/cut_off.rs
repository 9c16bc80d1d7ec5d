//! A kill in the middle of an import: nothing of it was ever there.

use crate::harness::{Kind, Person, Process, on_every_store};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::time::Duration;

const ROWS: u64 = 60_000;

async fn start(owner: &Person) -> String {
    let mut text = String::from("code,n\n");
    for row in 0..ROWS {
        writeln!(text, "C{row},{row}").expect("write to memory");
    }
    let form = Form::new()
        .text("collection", "codes")
        .part("file", Part::text(text).file_name("codes.csv"));
    let answer = owner.post_form("/imports", form).await;
    answer.expect_status(202);
    answer.body["data"]["id"].as_str().expect("an id").to_owned()
}

async fn job(owner: &Person, id: &str) -> Json {
    owner.get(&format!("/imports/{id}")).await.body["data"].clone()
}

async fn count(owner: &Person) -> Json {
    owner.find("codes", json!({ "limit": 1 })).await.body["totalCount"].clone()
}

async fn killed(kind: Kind) {
    let name = if kind == Kind::Sqlite { "import_sqlite" } else { "import_postgres" };
    let mut process = Process::start(kind, name).await;
    let owner = process.owner().await;
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "code": { "type": "String", "unique": true }, "n": { "type": "Integer" },
    });
    let schema =
        json!({ "collectionName": "codes", "schema": { "timestamps": false, "fields": fields } });
    owner.post("/schemas", schema).await.expect_status(201);
    let id = start(&owner).await;
    let moved = loop {
        let job = job(&owner, &id).await;
        assert!(matches!(job["state"].as_str(), Some("parsing" | "checking" | "writing")), "{job}");
        let moved = job["rowsWritten"].as_u64().expect("a number");
        if moved > 0 {
            break moved;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert!(moved < ROWS, "the import was faster than this test");
    process.kill_and_start();
    let owner = process.owner().await;
    assert_eq!(count(&owner).await, 0, "half of an import is seen");
    let ended = loop {
        let job = job(&owner, &id).await;
        assert_eq!(count(&owner).await, 0, "half of an import is seen");
        if job["state"] == "failed" {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("nothing of it was kept")));
    assert!(ended["rowsRemoved"].as_u64() >= Some(moved), "{ended}");
    // The same file is no repetition of what never was, and its codes are free.
    let again = start(&owner).await;
    let done = loop {
        let job = job(&owner, &again).await;
        if matches!(job["state"].as_str(), Some("done" | "failed")) {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&done["state"], &done["rowsWritten"]), (&json!("done"), &json!(ROWS)), "{done}");
    assert_eq!(count(&owner).await, ROWS);
    process.remove().await;
}

on_every_store!(a_kill_in_the_middle_of_an_import_leaves_nothing_of_it, killed);
