//! What goes wrong around the server: it says so with a code, writes nothing by halves, and goes on.

use crate::harness::{App, Kind, Process, on_every_store};
use serde_json::{Value as Json, json};

/// Records per request; a request is there whole or not at all.
const ROWS: usize = 4;

#[tokio::test]
async fn a_full_disk_is_told_and_the_server_goes_on() {
    let process = Process::start_with_little_room("full").await;
    let owner = process.owner().await;
    let schema = json!({ "collectionName": "notes", "schema": { "fields": { "batch": { "type": "Integer" }, "text": { "type": "Text" } } } });
    owner.post("/schemas", schema).await.expect_status(201);
    let rows = |batch: usize| -> Json {
        let text = "x".repeat(40_000);
        (0..ROWS).map(|_| json!({ "batch": batch, "text": text })).collect()
    };
    let mut written = 0;
    let refused = loop {
        assert!(written < 1_000, "the disk does not fill");
        let answer = owner.post("/items/notes/bulk", rows(written)).await;
        if answer.status != 201 {
            break answer;
        }
        written += 1;
    };
    refused.expect_refusal(503, "UNAVAILABLE");
    assert!(refused.message().contains("disk"), "{}", refused.text);
    assert!(written > 0, "the first request found no room");
    // It still answers, and nothing is there by halves.
    process.anonymous().get("/health").await.expect_status(200);
    let stored = async || -> Vec<u64> {
        let groups =
            json!({ "aggregate": { "rows": "count" }, "groupBy": ["batch"], "sort": "batch" });
        let groups = owner.rows("notes", groups).await;
        groups.iter().filter_map(|group| group["rows"].as_u64()).collect()
    };
    assert_eq!(stored().await, vec![ROWS as u64; written]);
    owner.post("/items/notes/bulk", rows(written)).await.expect_refusal(503, "UNAVAILABLE");
    process.make_room();
    owner.post("/items/notes/bulk", rows(written)).await.expect_status(201);
    assert_eq!(stored().await, vec![ROWS as u64; written + 1]);
    process.remove().await;
}

/// Every record is everybody's sibling: a path up and down three times meets 300⁴ combinations,
/// and none of them tells the store early that it may stop.
async fn a_slow_question_is_ended(kind: Kind) {
    let app = App::start_with(kind, |config| config.limits.statement_ms_max = 4_000).await;
    app.collection("nodes", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" } } })).await;
    let relation =
        json!({ "type": "M2O", "target": "nodes", "name": "parent", "alias": "children" });
    app.relation("nodes", relation).await;
    let admin = app.admin();
    let rows: Vec<Json> =
        (1..=300).map(|id| json!({ "id": id, "title": "x", "parent_id": 1 })).collect();
    admin.create("nodes", json!({ "id": 1000, "title": "x" })).await;
    admin.post("/items/nodes/bulk", json!(rows)).await.expect_status(201);
    let filter =
        json!({ "parent.children.parent.children.parent.children.title": { "isNull": true } });
    let slow = admin.find("nodes", json!({ "filter": filter, "count": "none" })).await;
    slow.expect_refusal(504, "TIMEOUT");
    // Connections that were cut short serve the next.
    for id in [1, 2, 3, 4, 5, 6] {
        assert_eq!(admin.one("nodes", &json!(id)).await["title"], "x");
    }
    admin.patch("/items/nodes/1", json!({ "title": "y" })).await.expect_status(200);
    app.stop().await;
}

on_every_store!(a_question_that_takes_too_long_is_ended_and_nothing_else, a_slow_question_is_ended);

/// Starts the program on a folder, where it must refuse; what it says.
fn refusal(data: &str) -> String {
    let output = Process::run(&["serve", "--data", data, "--port", "0"], &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

#[tokio::test]
async fn a_file_of_a_newer_version_and_a_damaged_one_are_refused_and_left_alone() {
    let mut process = Process::start(Kind::Sqlite, "file").await;
    process.end();
    let folder = process.data().to_str().expect("a path").to_owned();
    let file = process.data().join(embedded_server::DATABASE_FILE);
    let sound = std::fs::read(&file).expect("the database");
    assert!(sound.starts_with(b"SQLite format 3"));
    // Where the format's number stands in the head of the file.
    let mut newer = sound.clone();
    newer[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    let overwritten = vec![b'x'; sound.len()];
    for (bytes, word) in [(&newer, "9999"), (&overwritten, "not a SQLite database")] {
        std::fs::write(&file, bytes).expect("write the file");
        let told = refusal(&folder);
        assert!(told.contains(word), "{told}");
        assert!(std::fs::read(&file).expect("the file") == *bytes, "the file was changed");
    }
    std::fs::write(&file, &sound).expect("write the file");
    process.kill_and_start();
    process.owner().await.get("/items/baasix_User").await.expect_status(200);
    process.remove().await;
}

#[test]
fn a_data_folder_that_is_none_is_refused_by_its_name() {
    let path = std::env::temp_dir().join(format!("plinth-no-folder-{}", std::process::id()));
    std::fs::write(&path, "a file").expect("write the file");
    let path = path.to_str().expect("a path");
    let told = refusal(path);
    assert!(told.contains(path) && told.contains("folder"), "{told}");
    assert_eq!(std::fs::read(path).expect("the file"), b"a file");
    std::fs::remove_file(path).expect("remove the file");
}
