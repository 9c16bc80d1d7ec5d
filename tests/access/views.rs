//! Saved views of the studio: rows of the collection for preferences, ruled like any other record.
//! One without a user is everybody's to read.

use crate::harness::{PASSWORD, on_every_store, plain};
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

/// Somebody with the role that every project has for signed-in people.
async fn ordinary(app: &crate::harness::App, name: &str) -> crate::harness::Person {
    let admin = app.admin();
    let role = admin.column("baasix_Role", "id", json!({ "filter": { "name": "user" } })).await;
    let email = format!("{name}@example.com");
    let body =
        json!({ "email": email, "password": PASSWORD, "firstName": name, "role_Id": role[0] });
    admin.create("baasix_User", body).await;
    app.anonymous().signed_in(&email, PASSWORD).await
}

on_every_store!(everybody_who_is_signed_in_keeps_views_of_his_own, async |app| {
    let (ada, bob) = (ordinary(app, "ada").await, ordinary(app, "bob").await);
    let mut body = view("Mine", None);
    body.as_object_mut().expect("a view").remove("userId");
    let made = ada.post(VIEWS, body).await;
    made.expect_status(201);
    let path = format!("{VIEWS}/{}", made.body["data"]["id"].as_str().expect("an id"));
    let stored = ada.get(&path).await.body["data"].clone();
    assert_eq!(stored["userId"].as_str(), ada.user_id.as_deref(), "it is filled in");
    ada.post(VIEWS, view("Named", ada.user_id.as_deref())).await.expect_status(201);
    ada.patch(&path, json!({ "name": "Better" })).await.expect_status(200);
    app.admin().post(VIEWS, view("Everybody's", None)).await.expect_status(201);

    assert_eq!(
        ada.column("baasix_UserPreference", "name", json!({ "sort": "name" })).await,
        [json!("Better"), json!("Named")]
    );
    assert_eq!(bob.rows("baasix_UserPreference", json!({})).await.len(), 0);
    bob.get(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    bob.patch(&path, json!({ "name": "x" })).await.expect_refusal(403, "ITEM_NOT_FOUND");
    bob.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    bob.post(VIEWS, view("Forced", None)).await.expect_refusal(403, "FORBIDDEN");
    ada.patch(&path, json!({ "userId": null })).await.expect_refusal(403, "FORBIDDEN");
    let planted = ada.patch(&path, json!({ "userId": bob.user_id })).await;
    assert!(matches!(planted.status, 403 | 409), "{}", planted.text);
    app.anonymous().get(VIEWS).await.expect_refusal(403, "FORBIDDEN");
    ada.delete(&path).await.expect_status(200);

    // They are ordinary permission rows, so an administrator takes them away like any other.
    let of_people = json!({ "filter": { "role.name": "user" } });
    let rows = app.admin().rows("baasix_Permission", of_people).await;
    assert_eq!(rows.len(), 4, "{rows:?}");
    for row in rows {
        app.admin().delete(&format!("/permissions/{}", plain(&row["id"]))).await.expect_status(204);
    }
    ada.get(VIEWS).await.expect_refusal(403, "FORBIDDEN");
});
