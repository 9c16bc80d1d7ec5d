//! Saved views of the studio: rows of the collection for preferences, ruled like any other record.
//! One without a user is everybody's to read.

use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

const VIEWS: &str = "/items/baasix_UserPreference";

/// What a role is granted so that its people read shared views and keep their own.
fn grants() -> Vec<Json> {
    let own = json!({ "userId": { "eq": "$CURRENT_USER" } });
    let readable = json!({ "OR": [own, { "userId": { "isNull": true } }] });
    [("read", readable), ("create", own.clone()), ("update", own.clone()), ("delete", own)]
        .into_iter()
        .map(|(action, conditions)| {
            json!({ "collection": "baasix_UserPreference", "action": action, "fields": ["*"], "conditions": conditions })
        })
        .collect()
}

fn view(name: &str, user: Option<&str>) -> Json {
    json!({
        "collectionName": "posts", "preferenceType": "columns", "isDefault": false, "name": name,
        "userId": user,
        "preferenceData": { "columns": "title,views", "pinned": "title", "widths": { "title": 240 } },
    })
}

on_every_store!(a_shared_view_is_read_by_everybody_and_an_own_one_by_its_owner, async |app| {
    let shared = app.admin().post(VIEWS, view("Recent", None)).await;
    shared.expect_status(201);
    let shared = shared.body["data"]["id"].as_str().expect("an id").to_owned();
    let anna = app.with_grants("Anna", &grants()).await;
    let ben = app.with_grants("Ben", &grants()).await;
    let me = anna.get("/auth/me").await.body["user"]["id"].as_str().expect("an id").to_owned();

    let own = anna.post(VIEWS, view("Mine", Some(&me))).await;
    own.expect_status(201);
    let own = own.body["data"]["id"].as_str().expect("an id").to_owned();
    let names = async |person: &crate::harness::Person| -> Vec<String> {
        let rows = person.rows("baasix_UserPreference", json!({ "sort": ["name"] })).await;
        rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(&anna).await, ["Mine", "Recent"]);
    assert_eq!(names(&ben).await, ["Recent"]);
    let read = ben.get(&format!("{VIEWS}/{shared}")).await;
    read.expect_status(200);
    assert_eq!(read.body["data"]["preferenceData"]["widths"]["title"], 240);
    ben.get(&format!("{VIEWS}/{own}")).await.expect_status(403);

    // Nobody writes in everybody's name, or in another one's.
    anna.post(VIEWS, view("Forced", None)).await.expect_status(403);
    // For Ben, Anna is nobody he could name.
    let planted = ben.post(VIEWS, view("Planted", Some(&me))).await;
    planted.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    anna.patch(&format!("{VIEWS}/{own}"), json!({ "userId": null })).await.expect_status(403);
    ben.patch(&format!("{VIEWS}/{shared}"), json!({ "name": "Taken" })).await.expect_status(403);
    ben.delete(&format!("{VIEWS}/{shared}")).await.expect_status(403);
    anna.patch(&format!("{VIEWS}/{own}"), json!({ "name": "Still mine" })).await.expect_status(200);
    assert_eq!(names(&anna).await, ["Recent", "Still mine"]);
    anna.delete(&format!("{VIEWS}/{own}")).await.expect_status(200);
    assert_eq!(names(&anna).await, ["Recent"]);
});
