//! What happened, which mails went out and who is signed in is written by the server, and by nobody
//! else: not by who was granted everything, not by administrators.

use super::imported::by_every_door;
use crate::harness::{Answer, App, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

/// The collections, a record that might be made up for each, and a change of one.
fn made_up(user: &str) -> [(&'static str, Json, Json); 3] {
    let session = json!({ "user_Id": user, "token": "t", "refreshToken": "r", "expiresAt": "2090-01-01T00:00:00.000Z" });
    [
        (
            "baasix_AuditLog",
            json!({ "type": "visit", "entity": "visits", "entityId": "1", "action": "came" }),
            json!({ "action": "went" }),
        ),
        (
            "baasix_EmailLog",
            json!({ "email": "a@example.com", "subject": "s" }),
            json!({ "subject": "t" }),
        ),
        ("baasix_Sessions", session, json!({ "expiresAt": "2090-01-01T00:00:00.000Z" })),
    ]
}

/// Somebody who was granted all that can be granted of them.
async fn greedy(app: &App) -> Person {
    let all = made_up("").map(|(collection, _, _)| collection);
    let grants = all.into_iter().chain(["visits"]).flat_map(|collection| {
        ["create", "read", "update", "delete"].map(
            |action| json!({ "collection": collection, "action": action, "fields": ["*", "*.*"] }),
        )
    });
    app.with_grants("Greedy", &grants.collect::<Vec<_>>()).await
}

fn entry_of(collection: &str) -> String {
    format!("{}_entry", collection.trim_start_matches("baasix_").to_lowercase())
}

/// Visits that point at each of the collections.
async fn visits(app: &App) {
    app.collection("visits", json!({ "fields": { "title": { "type": "String" } } })).await;
    for (collection, _, _) in made_up("") {
        let name = entry_of(collection);
        let relation =
            json!({ "type": "M2O", "target": collection, "name": name, "alias": "visits" });
        app.relation("visits", relation).await;
    }
}

fn refused(answer: &Answer) {
    answer.expect_refusal(403, "FORBIDDEN");
    let told = ["written by the server alone", "opened by signing in"];
    assert!(told.iter().any(|words| answer.message().contains(words)), "{}", answer.text);
    assert!(answer.body["error"]["hint"].is_string(), "{}", answer.text);
}

on_every_store!(nobody_makes_up_what_the_server_writes, async |app| {
    visits(app).await;
    let greedy = greedy(app).await;
    for person in [app.admin(), &greedy] {
        let me = person.user_id.clone().expect("an id");
        for (collection, body, change) in made_up(&me) {
            let path = format!("/items/{collection}");
            let create = json!({ "op": "create", "collection": collection, "data": body });
            let upsert = json!({ "filter": { "id": { "eq": "00000000-0000-4000-8000-000000000001" } }, "data": body });
            for answer in [
                person.post(&path, body.clone()).await,
                person.post(&format!("{path}/bulk"), json!([body])).await,
                person.post("/items/batch", json!({ "operations": [create] })).await,
                person.put(&path, upsert).await,
                person
                    .post("/items/visits", json!({ "title": "x", entry_of(collection): body }))
                    .await,
            ] {
                refused(&answer);
            }
            let before = app.admin().rows(collection, json!({ "limit": -1 })).await.len();
            for answer in by_every_door(person, collection, std::slice::from_ref(&body)).await {
                let written = answer.body["data"]["rowsWritten"].as_u64().unwrap_or_default();
                assert!(
                    written == 0 && answer.body["success"] != true,
                    "{collection} {}",
                    answer.text
                );
            }
            assert_eq!(app.admin().rows(collection, json!({ "limit": -1 })).await.len(), before);
            // What is there already stays as it is, too; there are no mails yet.
            let newest = json!({ "sort": "-createdAt", "limit": 1 });
            let Some(id) = app.admin().column(collection, "id", newest).await.first().cloned()
            else {
                continue;
            };
            let one = format!("{path}/{}", plain(&id));
            let mut changed = change.clone();
            changed["id"] = id.clone();
            for answer in [
                person.patch(&one, change.clone()).await,
                person.patch(&format!("{path}/bulk"), json!([changed])).await,
                person
                    .put(&path, json!({ "filter": { "id": { "eq": id } }, "data": change }))
                    .await,
                person
                    .post("/items/visits", json!({ "title": "x", entry_of(collection): changed }))
                    .await,
            ] {
                refused(&answer);
            }
            if collection != "baasix_Sessions" {
                refused(&person.delete(&one).await);
                refused(&person.delete_with(&format!("{path}/bulk"), json!([id])).await);
            }
        }
    }
    // What it refused is in no history, and what it did still is.
    let kinds = app.admin().column("baasix_AuditLog", "type", json!({ "limit": -1 })).await;
    let ours = |kind: &Json| kind == "data" || kind == "auth";
    assert!(!kinds.is_empty() && kinds.iter().all(ours), "{kinds:?}");
    assert_eq!(app.admin().rows("visits", json!({})).await.len(), 0);
});

on_every_store!(nobody_orders_the_history, async |app| {
    let admin = app.admin();
    let flag = json!({ "schema": { "sortEnabled": true } });
    admin.patch("/schemas/baasix_AuditLog", flag).await.expect_status(200);
    let ids = admin.column("baasix_AuditLog", "id", json!({ "limit": 2 })).await;
    let before =
        admin.column("baasix_AuditLog", "sort", json!({ "limit": -1, "sort": "id" })).await;
    let asked = json!({ "item": ids[0], "to": ids[1] });
    refused(&admin.post("/utils/sort/baasix_AuditLog", asked).await);
    let after = admin.column("baasix_AuditLog", "sort", json!({ "limit": -1, "sort": "id" })).await;
    assert_eq!(after[..before.len()], before[..]);
});

on_every_store!(secrets_of_the_house_are_written_and_read_by_no_door, async |app| {
    let admin = app.admin();
    let reading = ["baasix_Invite", "baasix_Settings", "baasix_AuditLog"]
        .map(|name| json!({ "collection": name, "action": "read", "fields": ["*", "*.*"] }));
    let reader = app.with_grants("Reader", &reading).await;
    let user =
        app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "user" } })).await;
    let invite = json!({
        "email": "ada@example.com", "role_Id": user[0], "token": "s3cret-first",
        "expiresAt": "2090-01-01T00:00:00.000Z", "invitedBy_Id": admin.user_id,
    });
    let id = admin.create("baasix_Invite", invite.clone()).await;
    // Written as before, and still one of its kind.
    let twin = admin.post("/items/baasix_Invite", invite).await;
    twin.expect_refusal(409, "UNIQUE_VIOLATION");
    let path = format!("/items/baasix_Invite/{}", plain(&id));
    admin.patch(&path, json!({ "token": "s3cret-second" })).await.expect_status(200);
    let settings = admin.column("baasix_Settings", "id", json!({})).await;
    let smtp = format!("/items/baasix_Settings/{}", settings[0]);
    admin.patch(&smtp, json!({ "smtp_pass": "s3cret-smtp" })).await.expect_status(200);

    for person in [admin, &reader] {
        for (collection, field, path) in
            [("baasix_Invite", "token", &path), ("baasix_Settings", "smtp_pass", &smtp)]
        {
            for asked in [
                String::from(path),
                format!("{path}?fields=*.*"),
                format!("{path}/history"),
                format!("/items/{collection}?fields=*,*.*"),
                format!("/items/{collection}/export?format=csv"),
                format!("/items/{collection}/export?format=json&fields=*"),
                format!("/items/{collection}/export?format=ndjson"),
                format!("/items/{collection}/export?format=sql"),
                String::from("/items/baasix_AuditLog?limit=-1"),
            ] {
                let answer = person.get(&asked).await;
                answer.expect_status(200);
                assert!(!answer.text.contains("s3cret"), "{asked}: {}", answer.text);
                let named = [format!("\"{field}\""), format!(",{field}"), format!("{field},")];
                assert!(
                    !named.iter().any(|name| answer.text.contains(name)),
                    "{asked}: {}",
                    answer.text
                );
            }
            for probe in [
                json!({ "filter": { field: { "isNotNull": true } } }),
                json!({ "filter": { field: { "startsWith": "s3" } } }),
                json!({ "filter": { "id": { "eq": format!("$COL({field})") } } }),
                json!({ "sort": { field: "asc" } }),
                json!({ "search": "s3cret", "searchFields": [field] }),
                json!({ "aggregate": { "p": { "function": "max", "field": field } } }),
                json!({ "aggregate": { "n": "count" }, "groupBy": [field] }),
            ] {
                person.find(collection, probe.clone()).await.expect_refusal(400, "UNKNOWN_FIELD");
            }
            let found = person.rows(collection, json!({ "search": "s3cret" })).await;
            assert!(found.is_empty(), "{found:?}");
            let wanted =
                json!({ "token": "s3cret-second", "smtp_pass": "s3cret-smtp" })[field].clone();
            let body = json!({ "operations": [{ "op": "delete", "collection": collection, "id": "x", "expect": { field: wanted } }] });
            admin.post("/items/batch", body).await.expect_refusal(400, "UNKNOWN_FIELD");
        }
        let types = person.get("/types").await;
        let types = types.expect_status(200).text.clone();
        let paths = person.get("/openapi").await;
        let schemas = paths.expect_status(200).body["components"]["schemas"].clone();
        assert!(!types.contains("smtp_pass") && !schemas.to_string().contains("smtp_pass"));
        let mut shapes = types.split("interface ").filter(|shape| {
            shape.split_whitespace().next().is_some_and(|name| name.contains("Invite"))
        });
        assert!(shapes.all(|shape| !shape.contains("token")), "{types}");
        for (name, schema) in schemas.as_object().expect("schemas") {
            let shown = name.contains("Invite") && schema["properties"].get("token").is_some();
            assert!(!shown, "{name}: {schema}");
        }
    }
    let told = app.admin().rows("baasix_AuditLog", json!({ "limit": -1 })).await;
    assert!(told.iter().any(|row| row["entity"] == "baasix_Invite" && row["action"] == "update"));
});
