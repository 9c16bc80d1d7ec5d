//! What was acknowledged stays: over a restart, and over a kill without warning.

use crate::harness::{App, Kind, Process, on_every_store};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn restart_keeps_everything(kind: Kind) {
    let mut app = App::start(kind).await;
    let fields = json!({ "fields": { "title": { "type": "String", "values": { "length": 40 } }, "n": { "type": "Integer", "defaultValue": { "type": "AUTOINCREMENT" } } }, "indexes": [{ "name": "by_title", "fields": ["title"], "unique": true }] });
    app.collection("notes", fields).await;
    app.collection("tags", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.relation(
        "notes",
        json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "notes" }),
    )
    .await;
    let id = app
        .admin()
        .create("notes", json!({ "title": "one", "tags": [{ "tags": { "name": "red" } }] }))
        .await;
    let before = app.admin().get("/items/notes?fields=*,tags.*,tags.tags.*").await.text;
    let schema = app.admin().get("/schemas/notes").await.text;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "notes", "action": "read", "fields": ["title"] })],
        )
        .await;
    let seen = reader.get("/items/notes").await.text;
    app.restart().await;
    assert_eq!(app.admin().get("/items/notes?fields=*,tags.*,tags.tags.*").await.text, before);
    assert_eq!(app.admin().get("/schemas/notes").await.text, schema);
    // A session outlives the server, and its grants with it.
    let reader = app.anonymous().with_token(reader.token.as_deref().expect("a token"));
    assert_eq!(reader.get("/items/notes").await.text, seen);
    app.admin()
        .post("/items/notes", json!({ "title": "one" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    let next = app.admin().create("notes", json!({ "title": "two" })).await;
    let (a, b) = (app.admin().one("notes", &id).await, app.admin().one("notes", &next).await);
    assert!(a["n"].as_i64() < b["n"].as_i64(), "{a} {b}");
    app.stop().await;
}

on_every_store!(a_restart_keeps_everything, restart_keeps_everything);

/// Records per request; a request is there whole or not at all.
const ROWS: usize = 4;

async fn kill_loses_nothing(kind: Kind) {
    let name = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
    let mut process = Process::start(kind, name).await;
    let owner = process.owner().await;
    let schema = json!({ "collectionName": "notes", "schema": { "fields": { "batch": { "type": "Integer" }, "at": { "type": "Integer" } } } });
    owner.post("/schemas", schema).await.expect_status(201);
    let mut acknowledged: BTreeSet<u64> = BTreeSet::new();
    for round in 0..2_u64 {
        let owner = process.owner().await;
        let told: Arc<Mutex<BTreeSet<u64>>> = Arc::default();
        let writers: Vec<_> = (0..6_u64)
            .map(|writer| {
                let (owner, told) = (owner.clone(), Arc::clone(&told));
                tokio::spawn(async move {
                    for n in 0..10_000_u64 {
                        let batch = round * 1_000_000 + writer * 10_000 + n;
                        let rows: Vec<Json> =
                            (0..ROWS).map(|at| json!({ "batch": batch, "at": at })).collect();
                        match owner.try_post("/items/notes/bulk", json!(rows)).await {
                            Some(201) => told.lock().unwrap().insert(batch),
                            Some(other) => panic!("a write was answered {other}"),
                            None => return,
                        };
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(900)).await;
        process.kill_and_start();
        for writer in writers {
            writer.await.expect("a writer ends with the server");
        }
        acknowledged.extend(told.lock().unwrap().iter());
        let owner = process.owner().await;
        let groups = owner
            .rows(
                "notes",
                json!({ "aggregate": { "rows": "count" }, "groupBy": ["batch"], "limit": -1 }),
            )
            .await;
        let stored: BTreeMap<u64, u64> = groups
            .iter()
            .filter_map(|group| Some((group["batch"].as_u64()?, group["rows"].as_u64()?)))
            .collect();
        let lost: Vec<&u64> =
            acknowledged.iter().filter(|batch| !stored.contains_key(batch)).collect();
        assert!(lost.is_empty(), "acknowledged and gone: {lost:?} of {}", acknowledged.len());
        let halves: Vec<_> = stored.iter().filter(|(_, rows)| **rows != ROWS as u64).collect();
        assert!(halves.is_empty(), "half-written: {halves:?}");
        assert!(acknowledged.len() > 10, "only {} writes before the kill", acknowledged.len());
    }
    process.remove().await;
}

on_every_store!(a_kill_without_warning_loses_no_acknowledged_write, kill_loses_nothing);

/// What a newer program wrote, an older one leaves alone.
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    use sqlx::{Connection, Executor};
    if App::postgres_is_missing() {
        return;
    }
    let mut process = Process::start(Kind::Postgres, "newer").await;
    let url = process.database_url().expect("a database");
    process.kill();
    let mut connection = sqlx::PgConnection::connect(&url).await.expect("reach Postgres");
    let newer = "UPDATE _meta SET value = '9999' WHERE key = 'house_version'";
    let changed = connection.execute(newer).await.expect("pretend");
    assert_eq!(changed.rows_affected(), 1);
    let data = process.data().to_str().expect("a path").to_owned();
    let output =
        Process::run(&["serve", "--data", &data, "--port", "0", "--database-url", &url], &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("newer") || told.contains("9999"), "{told}");
    process.remove().await;
}
