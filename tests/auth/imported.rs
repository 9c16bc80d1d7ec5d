//! An import is a way of writing like any other: what its rows may do is what its caller may do.

use crate::harness::{Answer, App, PASSWORD, Person, on_every_store, plain};
use serde_json::{Value as Json, json};
use std::time::Duration;

async fn role(app: &App, name: &str) -> Json {
    app.admin().column("baasix_Role", "id", json!({ "filter": { "name": name } })).await[0].clone()
}

/// A clerk who may write users and assignments, and read roles.
async fn clerk(app: &App) -> Person {
    let grants = ["baasix_User", "baasix_UserRole"].into_iter().flat_map(|collection| {
        ["create", "read"].map(
            |action| json!({ "collection": collection, "action": action, "fields": ["*", "*.*"] }),
        )
    });
    let roles = json!({ "collection": "baasix_Role", "action": "read", "fields": ["name"] });
    app.with_grants("Clerk", &grants.chain([roles]).collect::<Vec<_>>()).await
}

/// The same rows by every door there is: as JSON and as CSV in one transaction, and as jobs that
/// keep all or what is valid.
pub(super) async fn by_every_door(person: &Person, collection: &str, rows: &[Json]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for door in 0..DOORS {
        answers.push(by_door(door, person, collection, rows).await);
    }
    answers
}

/// How many doors there are.
pub(super) const DOORS: usize = 4;

/// The same by one of them.
pub(super) async fn by_door(
    door: usize,
    person: &Person,
    collection: &str,
    rows: &[Json],
) -> Answer {
    match door {
        0 => person.post(&format!("/items/{collection}/import-json"), json!(rows)).await,
        1 => {
            let part = reqwest::multipart::Part::text(csv(rows)).file_name("rows.csv");
            let form = reqwest::multipart::Form::new().part("csvFile", part);
            person.post_form(&format!("/items/{collection}/import-csv"), form).await
        }
        2 => job(person, collection, rows, "all").await,
        _ => job(person, collection, rows, "valid").await,
    }
}

fn csv(rows: &[Json]) -> String {
    let names: Vec<&String> = rows[0].as_object().expect("a row").keys().collect();
    let mut text = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",");
    for row in rows {
        let cells: Vec<&str> =
            names.iter().map(|name| row[*name].as_str().unwrap_or_default()).collect();
        text.push_str(&format!("\n{}", cells.join(",")));
    }
    text
}

/// What a job came to, or its refusal.
async fn job(person: &Person, collection: &str, rows: &[Json], mode: &str) -> Answer {
    let names: Vec<&String> = rows[0].as_object().expect("a row").keys().collect();
    let mapping: Json = names.iter().map(|name| ((*name).clone(), json!(name))).collect();
    let part = reqwest::multipart::Part::text(csv(rows)).file_name("rows.csv");
    let form = reqwest::multipart::Form::new()
        .text("collection", collection.to_owned())
        .text("mode", mode.to_owned())
        .text("mapping", mapping.to_string())
        .part("file", part);
    let begun = person.post_form("/imports", form).await;
    let Some(id) = begun.body["data"]["id"].as_str().map(str::to_owned) else { return begun };
    for _ in 0..600 {
        let job = person.get(&format!("/imports/{id}")).await;
        if matches!(job.body["data"]["state"].as_str(), Some("done" | "failed" | "cancelled")) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import did not end");
}

async fn assigned(app: &App, user: &str) -> usize {
    app.admin().rows("baasix_UserRole", json!({ "filter": { "user_Id": user } })).await.len()
}

on_every_store!(an_import_gives_no_role_above_whoever_imports, async |app| {
    let clerk = clerk(app).await;
    let me = clerk.user_id.clone().expect("an id");
    let row = |role: &Json| json!({ "user_Id": me, "role_Id": role });
    let (above, plain_role) = (role(app, "administrator").await, role(app, "user").await);
    let before = assigned(app, &me).await;
    let mut answers =
        by_every_door(&clerk, "baasix_UserRole", &[row(&plain_role), row(&above)]).await;
    let valid = answers.pop().expect("the last door");
    for answer in &answers {
        let failed = answer.body["data"]["state"] == "failed";
        assert!(failed || answer.status == 403, "{} {}", answer.status, answer.text);
    }
    // Where the valid rows are kept, it is the one that gives no more than the clerk has.
    assert_eq!(
        (&valid.body["data"]["rowsWritten"], &valid.body["data"]["rowsRejected"]),
        (&json!(1), &json!(1)),
        "{}",
        valid.text
    );
    assert_eq!(assigned(app, &me).await, before + 1);
    let held = json!({ "filter": { "AND": [{ "user_Id": me }, { "role_Id": above }] } });
    assert_eq!(app.admin().rows("baasix_UserRole", held).await.len(), 0);
    clerk.get("/items/baasix_Account").await.expect_refusal(403, "FORBIDDEN");

    // An administrator gives what it likes, by the same doors.
    let rows = [row(&above)];
    app.admin().post("/items/baasix_UserRole/import-json", json!(rows)).await.expect_status(200);
});

on_every_store!(what_only_administrators_write_is_not_imported_by_others, async |app| {
    let sealed = ["baasix_Permission", "baasix_Account", "baasix_ApiToken", "baasix_Sessions"];
    let grants: Vec<Json> = sealed
        .into_iter()
        .map(|name| json!({ "collection": name, "action": "create", "fields": ["*"] }))
        .collect();
    let greedy = app.with_grants("Greedy", &grants).await;
    let me = greedy.user_id.clone().expect("an id");
    let mine = role(app, "Greedy").await;
    let count = async |name: &str| app.admin().rows(name, json!({})).await.len();
    for (name, row) in [
        (
            "baasix_Permission",
            json!({ "role_Id": mine, "collection": "baasix_User", "action": "read" }),
        ),
        ("baasix_Account", json!({ "user_Id": me, "accountId": "x", "providerId": "y" })),
        ("baasix_ApiToken", json!({ "name": "x", "user_Id": me, "token": "y" })),
        ("baasix_Sessions", json!({ "user_Id": me, "token": "z", "expiresAt": "2030-01-01" })),
    ] {
        let before = count(name).await;
        for answer in by_every_door(&greedy, name, &[row]).await {
            let written = answer.body["data"]["rowsWritten"].as_u64().unwrap_or_default();
            assert!(written == 0 && answer.body["success"] != true, "{name} {}", answer.text);
        }
        assert_eq!(count(name).await, before, "{name}");
    }
});

on_every_store!(imported_users_obey_the_rules_of_users, async |app| {
    let clerk = clerk(app).await;
    let user = |email: &str| json!({ "email": email, "firstName": "Ada" });
    let count = async || app.admin().rows("baasix_User", json!({})).await.len();
    let before = count().await;
    let mut secret = user("a@example.com");
    secret["password"] = json!(PASSWORD);
    let mut asleep = user("b@example.com");
    asleep["status"] = json!("sleepy");
    for row in [secret, asleep, user("nonsense")] {
        for answer in by_every_door(&clerk, "baasix_User", std::slice::from_ref(&row)).await {
            let written = answer.body["data"]["rowsWritten"].as_u64().unwrap_or_default();
            assert!(written == 0 && answer.body["success"] != true, "{row} {}", answer.text);
        }
    }
    assert_eq!(count().await, before);
    clerk
        .post("/items/baasix_User/import-json", json!([user(" Ada@Example.COM ")]))
        .await
        .expect_status(200);
    let done = job(&clerk, "baasix_User", &[user(" Bea@Example.COM ")], "all").await;
    assert_eq!(done.body["data"]["rowsWritten"], 1, "{}", done.text);
    for email in ["ada@example.com", "bea@example.com"] {
        let found = json!({ "filter": { "email": email } });
        assert_eq!(app.admin().rows("baasix_User", found).await.len(), 1, "{email}");
    }

    // An administrator brings passwords along; they are kept as hashes, and open the door.
    let mut row = user("cleo@example.com");
    row["password"] = json!(PASSWORD);
    app.admin().post("/items/baasix_User/import-json", json!([row])).await.expect_status(200);
    let mut row = user("dora@example.com");
    row["password"] = json!(PASSWORD);
    let done = job(app.admin(), "baasix_User", &[row], "all").await;
    assert_eq!(done.body["data"]["rowsWritten"], 1, "{}", done.text);
    for email in ["cleo@example.com", "dora@example.com"] {
        let role_id = role(app, "user").await;
        let filter = json!({ "filter": { "email": email } });
        let id = app.admin().column("baasix_User", "id", filter).await[0].clone();
        let body = json!({ "user_Id": id, "role_Id": role_id });
        app.admin().create("baasix_UserRole", body).await;
        app.anonymous().signed_in(email, PASSWORD).await;
        let path = format!("/items/baasix_User/{}", plain(&id));
        assert!(!app.admin().get(&path).await.text.contains(PASSWORD));
    }
});

on_every_store!(imported_rows_obey_the_fields_conditions_and_defaults_of_the_grant, async |app| {
    let fields = json!({ "title": { "type": "String" }, "team": { "type": "String" }, "by": { "type": "UUID" } });
    app.collection("notes", json!({ "fields": fields })).await;
    let writer = app
        .with_grants("Writer", &[json!({
            "collection": "notes", "action": "create", "fields": ["title", "team"],
            "conditions": { "team": "red", "by": "$CURRENT_USER" }, "defaultValues": { "by": "$CURRENT_USER" }
        })])
        .await;
    let note = |team: &str| json!({ "title": "x", "team": team });
    for rows in [
        vec![note("blue")],
        vec![note("red"), note("blue")],
        vec![json!({ "title": "x", "team": "red", "by": writer.user_id })],
    ] {
        let mut answers = by_every_door(&writer, "notes", &rows).await;
        let valid = answers.pop().expect("the last door");
        for answer in &answers {
            let written = answer.body["data"]["state"] == "done" || answer.body["success"] == true;
            assert!(!written, "{} {}", answer.status, answer.text);
        }
        if valid.status == 200 {
            let rejected = valid.body["data"]["rowsRejected"].as_u64().unwrap_or_default();
            assert_eq!(rejected, 1, "{}", valid.text);
        }
    }
    // Of three files, one row of one door was good.
    let kept = app.admin().rows("notes", json!({})).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (&kept[0]["team"], kept[0]["by"].as_str()),
        (&json!("red"), writer.user_id.as_deref())
    );
});
