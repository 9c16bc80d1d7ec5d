//! The journal: what happened lately, in the words of a person who comes back.

use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

fn lines(answer: &Json) -> Vec<(Json, Json, Json)> {
    answer["data"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| (entry["kind"].clone(), entry["collection"].clone(), entry["count"].clone()))
        .collect()
}

on_every_store!(writes_that_belong_together_are_one_line_of_the_journal, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.collection("tasks", json!({ "fields": { "title": { "type": "String" } } })).await;
    let admin = app.admin();
    let id = admin.create("notes", json!({ "title": "one" })).await;
    admin.create("notes", json!({ "title": "two" })).await;
    admin.create("tasks", json!({ "title": "three" })).await;
    let path = format!("/items/notes/{}", id.as_str().expect("a key"));
    admin.patch(&path, json!({ "title": "uno" })).await.expect_status(200);
    admin.delete(&path).await.expect_status(200);
    let answer = admin.get("/journal?limit=4").await;
    answer.expect_status(200);
    let word =
        |kind: &str, collection: &str, count: u64| (json!(kind), json!(collection), json!(count));
    assert_eq!(
        lines(&answer.body),
        [
            word("delete", "notes", 1),
            word("update", "notes", 1),
            word("create", "tasks", 1),
            word("create", "notes", 2)
        ],
        "{}",
        answer.text
    );
    let first = &answer.body["data"][0];
    assert!(first["actor"].as_str().is_some_and(|actor| actor.contains('@')), "{first}");
    assert!(first["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{first}");
});

on_every_store!(the_journal_tells_changes_of_the_schema, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let answer = app.admin().get("/journal").await;
    let version = |entry: &&Json| entry["kind"] == "schema";
    let entries = answer.body["data"].as_array().expect("entries");
    let schema = entries.iter().find(version).expect("a change of the schema");
    assert_eq!((&schema["collection"], &schema["count"]), (&Json::Null, &json!(2)), "{schema}");
    let me = app.admin().get("/auth/me").await;
    assert!(me.body["user"]["email"].is_string(), "{}", me.text);
    assert_eq!(schema["actor"], me.body["user"]["email"], "{schema}");
});

on_every_store!(the_journal_is_for_administrators, async |app| {
    let editor = app.with_grants("Editor", &[]).await;
    editor.get("/journal").await.expect_refusal(403, "FORBIDDEN");
    assert!(matches!(app.anonymous().get("/journal").await.status, 401 | 403));
    for limit in ["0", "201", "x"] {
        let path = format!("/journal?limit={limit}");
        app.admin().get(&path).await.expect_refusal(400, "INVALID_QUERY");
    }
});
