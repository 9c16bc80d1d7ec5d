//! Permission rows: their routes, what is refused on save, and when a change counts.

use super::posts;
use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn role(app: &App) -> Json {
    app.admin().create("baasix_Role", json!({ "name": "Editor" })).await
}

on_every_store!(rows_are_made_listed_changed_and_removed, async |app| {
    posts(app).await;
    let admin = app.admin();
    let role = role(app).await;
    let made = admin.post("/permissions", json!({ "role_Id": role, "collection": "posts", "action": "read", "fields": "*", "conditions": { "live": true } })).await;
    made.expect_status(201);
    assert_eq!(
        (&made.body["id"], &made.body["action"]),
        (&made.body["data"]["id"], &json!("read"))
    );
    assert_eq!(
        (&made.body["data"]["fields"], &made.body["data"]["conditions"]),
        (&json!("*"), &json!({ "live": true }))
    );
    let path = format!("/permissions/{}", plain(&made.body["id"]));
    assert_eq!(admin.get(&path).await.expect_status(200).body["data"]["collection"], "posts");
    let listed =
        admin.get(&format!("/permissions?filter={{\"role_Id\":{{\"eq\":{role}}}}}&limit=-1")).await;
    assert_eq!(
        (listed.body["data"].as_array().map(Vec::len), &listed.body["totalCount"]),
        (Some(1), &json!(1)),
        "{}",
        listed.text
    );
    let none = admin.get("/permissions?filter={\"collection\":{\"eq\":\"nothing\"}}").await;
    assert_eq!(none.body["data"], json!([]));
    let changed = admin.patch(&path, json!({ "action": "update" })).await;
    assert_eq!(
        (
            changed.expect_status(200).body["action"].as_str(),
            changed.body["data"]["action"].as_str()
        ),
        (Some("update"), Some("update"))
    );
    admin
        .post("/permissions", json!({ "role_Id": role, "collection": "posts", "action": "update" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    admin.delete(&path).await.expect_status(204);
    admin.get(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin.post("/permissions/reload", json!({})).await.expect_status(200);
});

on_every_store!(only_administrators_write_them, async |app| {
    posts(app).await;
    let role = role(app).await;
    let made = app
        .admin()
        .post(
            "/permissions",
            json!({ "role_Id": role, "collection": "posts", "action": "read", "fields": ["*"] }),
        )
        .await;
    let path = format!("/permissions/{}", plain(&made.body["id"]));
    let member = app
        .with_grants(
            "Member",
            &[json!({ "collection": "baasix_Permission", "action": "read", "fields": ["*"] })],
        )
        .await;
    for person in [&member, &app.anonymous()] {
        for answer in [
            person
                .post(
                    "/permissions",
                    json!({ "role_Id": role, "collection": "posts", "action": "delete" }),
                )
                .await,
            person.patch(&path, json!({ "fields": ["title"] })).await,
            person.delete(&path).await,
            person.post("/permissions/reload", json!({})).await,
        ] {
            assert_eq!(
                (answer.status, answer.message()),
                (403, "Access denied. Administrators only."),
                "{}",
                answer.text
            );
        }
    }
    // Beside those that every project has from its first day.
    let others = "/permissions?filter={\"collection\":{\"ne\":\"baasix_UserPreference\"}}";
    assert_eq!(member.get(others).await.body["totalCount"], 2);
    app.anonymous().get("/permissions").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(a_row_that_could_not_be_enforced_is_refused_on_save, async |app| {
    posts(app).await;
    let role = role(app).await;
    for (key, value, word) in [
        ("action", json!("peek"), "peek"),
        ("action", Json::Null, "action"),
        ("collection", json!("nothing"), "nothing"),
        ("fields", json!(["nothing"]), "nothing"),
        ("fields", json!(["author.nothing"]), "nothing"),
        ("fields", json!(5), "fields"),
        ("conditions", json!({ "nothing": 1 }), "nothing"),
        ("conditions", json!({ "title": { "equals": 1 } }), "equals"),
        ("conditions", json!({ "views": { "eq": "many" } }), "many"),
        ("conditions", json!({ "author.nothing": 1 }), "nothing"),
        ("conditions", json!({ "and": [] }), "and"),
        ("conditions", json!([]), "conditions"),
        ("relConditions", json!({ "coms": { "nothing": 1 } }), "nothing"),
        ("relConditions", json!("x"), "relConditions"),
        ("defaultValues", json!({ "nothing": 1 }), "nothing"),
        ("defaultValues", json!([1]), "defaultValues"),
        ("role_Id", json!("f47ac10b-58cc-4372-a567-0e02b2c3d479"), ""),
    ] {
        let mut row =
            json!({ "role_Id": role, "collection": "posts", "action": "read", "fields": ["*"] });
        row[key] = value;
        let refused = app.admin().post("/permissions", row.clone()).await;
        assert!(matches!(refused.status, 400 | 409), "{row}: {} {}", refused.status, refused.text);
        assert!(refused.text.contains(word), "{row}: {}", refused.text);
        let item = app.admin().post("/items/baasix_Permission", row.clone()).await;
        assert!(matches!(item.status, 400 | 409), "{row}: {} {}", item.status, item.text);
    }
    assert_eq!(
        app.admin().rows("baasix_Permission", json!({ "filter": { "role_Id": role } })).await.len(),
        0
    );
});

on_every_store!(a_change_counts_from_the_next_request_by_whatever_door, async |app| {
    posts(app).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "posts", "action": "read", "fields": ["title"] })],
        )
        .await;
    let admin = app.admin();
    let row = admin.rows("baasix_Permission", json!({ "filter": { "collection": "posts" } })).await
        [0]["id"]
        .clone();
    let sees = async || reader.get("/items/posts/1").await;
    assert_eq!(sees().await.body["data"], json!({ "id": 1, "title": "one" }));
    admin
        .patch(&format!("/permissions/{}", plain(&row)), json!({ "fields": ["views"] }))
        .await
        .expect_status(200);
    assert_eq!(sees().await.body["data"], json!({ "id": 1, "views": 1 }));
    admin
        .patch(
            &format!("/items/baasix_Permission/{}", plain(&row)),
            json!({ "conditions": { "live": false } }),
        )
        .await
        .expect_status(200);
    assert_eq!(sees().await.status, 403);
    admin
        .patch("/items/baasix_Permission/bulk", json!([{ "id": row, "conditions": null }]))
        .await
        .expect_status(200);
    assert_eq!(sees().await.status, 200);
    let batch =
        json!({ "operations": [{ "op": "delete", "collection": "baasix_Permission", "id": row }] });
    admin.post("/items/batch", batch).await.expect_status(200);
    sees().await.expect_refusal(403, "FORBIDDEN");
    let nested = json!({ "permissions": [{ "collection": "posts", "action": "read", "fields": ["title"] }] });
    let role = admin.column("baasix_Role", "id", json!({ "filter": { "name": "Reader" } })).await
        [0]
    .clone();
    admin.patch(&format!("/items/baasix_Role/{}", plain(&role)), nested).await.expect_status(200);
    assert_eq!(sees().await.body["data"], json!({ "id": 1, "title": "one" }));
});

on_every_store!(a_removed_or_renamed_field_leaves_no_grant_that_opens, async |app| {
    posts(app).await;
    let reader = app.with_grants("Reader", &[json!({ "collection": "posts", "action": "read", "fields": ["title", "secret"], "conditions": { "views": { "lt": 3 } } })]).await;
    let mut fields =
        app.admin().get("/schemas/posts").await.body["data"]["schema"]["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let views = map.remove("views").expect("a field");
    map.insert(String::from("visits"), views);
    let renamed =
        app.admin().patch("/schemas/posts", json!({ "schema": { "fields": fields } })).await;
    renamed.expect_status(200);
    let answer = reader.get("/items/posts").await;
    // Either the rename went into the stored condition, or the row denies. It never opens.
    match answer.status {
        200 => assert_eq!(answer.body["totalCount"], 2, "{}", answer.text),
        _ => assert_eq!(answer.status, 403, "{}", answer.text),
    }
});
