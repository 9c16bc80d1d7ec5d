//! Two programs on one database: what one commits, the other knows within about a second.

use crate::harness::{Kind, PASSWORD, Person, Process, on_every_store, plain};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Asks until the answer is what it shall become.
async fn becomes(what: &str, asked: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if asked().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: the other process does not know of it");
}

async fn clerk(owner: &Person) -> (Json, Json) {
    let role = owner.create("baasix_Role", json!({ "name": "Clerk" })).await;
    let user = json!({ "email": "clerk@example.com", "password": PASSWORD, "firstName": "Clerk", "role_Id": role });
    (role, owner.create("baasix_User", user).await)
}

async fn two_processes(kind: Kind) {
    let mut first = Process::start(kind, "beside").await;
    let mut second = first.beside();
    let (one, two) = (first.owner().await, second.owner().await);

    // A collection, its records, a changed field, and its end.
    let fields = |name: &str| json!({ "title": { "type": "String" }, name: { "type": "Integer" } });
    let body = json!({ "collectionName": "notes", "schema": { "fields": fields("count") } });
    one.post("/schemas", body).await.expect_status(201);
    // Whoever asks for what is not known here is answered by what is stored.
    two.get("/items/notes").await.expect_status(200);
    for number in 0..4 {
        let name = format!("made{number}");
        let body = json!({ "collectionName": name, "schema": { "fields": fields("count") } });
        one.post("/schemas", body).await.expect_status(201);
        let route = format!("/items/{name}");
        match number {
            0 => two.get(&format!("/schemas/{name}")).await.expect_status(200),
            1 => two.post(&route, json!({ "title": "at once" })).await.expect_status(201),
            2 => two.post(&format!("{route}/bulk"), json!([])).await.expect_status(201),
            _ => two.get(&format!("{route}/export")).await.expect_status(200),
        };
        one.delete(&format!("/schemas/{name}")).await.expect_status(200);
    }
    two.get("/items/nowhere").await.expect_refusal(404, "COLLECTION_NOT_FOUND");
    let id = two.create("notes", json!({ "title": "from the second", "count": 1 })).await;
    assert_eq!(one.one("notes", &id).await["title"], "from the second");
    two.patch("/schemas/notes", json!({ "schema": { "fields": fields("mark") } }))
        .await
        .expect_status(200);
    // A read by what was dropped is never answered with a failure of the server.
    let by_count = "/items/notes?fields=[\"count\"]&filter={\"count\":1}";
    one.get(by_count).await.expect_refusal(400, "UNKNOWN_FIELD");
    let marked = "/items/notes?filter={\"mark\":{\"isNull\":true}}";
    one.get(marked).await.expect_status(200);
    // What another process made is no unknown key that would be left out.
    two.patch("/schemas/notes", json!({ "schema": { "fields": fields("tally") } }))
        .await
        .expect_status(200);
    let tallied = one.create("notes", json!({ "title": "told", "tally": 7 })).await;
    assert_eq!(one.one("notes", &tallied).await["tally"], 7);
    two.patch("/schemas/notes", json!({ "schema": { "fields": fields("mark") } }))
        .await
        .expect_status(200);
    one.get(marked).await.expect_status(200);
    assert!(one.get("/schemas/notes").await.body["data"]["schema"]["fields"]["mark"].is_object());

    // Rights given and taken, a session ended, a person sent away.
    let (role, user) = clerk(&one).await;
    let clerk = first.anonymous().signed_in("clerk@example.com", PASSWORD).await;
    let there = second.anonymous().with_token(clerk.token.as_deref().expect("a token"));
    there.get("/items/notes").await.expect_refusal(403, "FORBIDDEN");
    let grant =
        json!({ "role_Id": role, "collection": "notes", "action": "read", "fields": ["*"] });
    let grant = one.post("/permissions", grant).await;
    grant.expect_status(201);
    becomes("a grant", async || there.get("/items/notes").await.status == 200).await;
    let path = format!("/permissions/{}", plain(&grant.body["id"]));
    two.delete(&path).await.expect_status(204);
    becomes("a grant taken away", async || clerk.get("/items/notes").await.status == 403).await;
    assert_eq!(there.get("/auth/me").await.status, 200);
    let path = format!("/items/baasix_User/{}", plain(&user));
    one.patch(&path, json!({ "status": "suspended" })).await.expect_status(200);
    becomes("a suspended user", async || there.get("/auth/me").await.status == 401).await;

    two.delete("/schemas/notes").await.expect_status(200);
    becomes("the end of a collection", async || one.get("/items/notes").await.status == 404).await;
    second.end();
    first.end();
    first.remove().await;
}

on_every_store!(two_processes_know_what_the_other_commits, two_processes);
