//! What else names a field that is renamed or dropped.

use super::history::{apply, newest};
use super::{goods, schema};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

const VIEWS: &str = "baasix_UserPreference";

/// Goods with a computed field, two rules of a role, and two saved views.
async fn named(app: &App) -> (Json, Json) {
    goods(app).await;
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["label"] = json!({ "type": "Virtual", "calculated": "upper(name) || ' name'" });
    let indexes = json!([{ "name": "goods_by_name", "fields": ["name"] }]);
    app.admin()
        .patch("/schemas/goods", json!({ "schema": { "fields": fields, "indexes": indexes } }))
        .await
        .expect_status(200);
    let reading =
        json!({ "collection": "goods", "action": "read", "fields": ["id", "name", "note"] });
    let writing = json!({ "collection": "goods", "action": "update", "fields": ["price"], "conditions": { "name": { "ne": "lamp" } } });
    app.with_grants("Clerk", &[reading, writing]).await;
    let view = |document: Json| json!({ "collectionName": "goods", "preferenceType": "columns", "name": "mine", "preferenceData": document });
    let both = view(json!({
        "columns": "id,name,note,price", "pinned": "note", "sort": "-note,name",
        "filter": "[[\"name\",\"eq\",\"lamp\"],{\"OR\":[[\"note\",\"isNull\"]]}]", "widths": { "name": 120, "note": 90 }
    }));
    let neither = view(json!({ "columns": "id,price" }));
    let both = app.admin().create(VIEWS, both).await;
    (both, app.admin().create(VIEWS, neither).await)
}

/// `name` becomes `title`, and `note` ends.
async fn staged(app: &App) -> Json {
    let mut fields = schema(app, "goods").await["fields"].clone();
    let map = fields.as_object_mut().expect("fields");
    let name = map.remove("name").expect("a field");
    map.insert(String::from("title"), name);
    map.remove("note");
    json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] })
}

async fn document(app: &App, id: &Json) -> Json {
    app.admin().one(VIEWS, id).await["preferenceData"].clone()
}

async fn granted(app: &App, action: &str) -> Json {
    let filter = json!({ "collection": { "eq": "goods" }, "action": { "eq": action } });
    app.admin().rows("baasix_Permission", json!({ "filter": filter })).await[0].clone()
}

on_every_store!(a_plan_lists_what_names_the_things_that_change, async |app| {
    named(app).await;
    let plan = app.admin().post("/schemas/plan", staged(app).await).await;
    let references = plan.expect_status(200).body["data"]["references"].as_array().expect("a list");
    let told: Vec<String> = references
        .iter()
        .map(|one| {
            let mentions: Vec<String> = one["mentions"]
                .as_array()
                .expect("mentions")
                .iter()
                .map(|m| format!("{} to {}", m["name"].as_str().unwrap_or_default(), m["becomes"]))
                .collect();
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {}", text("kind"), text("name"), text("outcome"), mentions.join(" "))
        })
        .collect();
    for one in [
        "permission Clerk: read offered name to \"title\" note to null",
        "permission Clerk: update follows name to \"title\"",
        "index goods_by_name follows name to \"title\"",
        "computed label follows name to \"title\"",
    ] {
        assert!(told.iter().any(|told| told == one), "{one}: {told:?}");
    }
    let views: Vec<&String> =
        told.iter().filter(|one| one.starts_with("view mine offered")).collect();
    assert_eq!(views.len(), 1, "{told:?}");
    assert_eq!(told.len(), 5, "{told:?}");
});

on_every_store!(references_are_updated_with_the_change_and_come_back_with_its_undo, async |app| {
    let (both, neither) = named(app).await;
    let before = (document(app, &both).await, document(app, &neither).await);
    let grants = (
        granted(app, "read").await["fields"].clone(),
        granted(app, "update").await["conditions"].clone(),
    );
    let mut body = staged(app).await;
    body["updateReferences"] = json!(true);
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    assert_eq!(
        document(app, &both).await,
        json!({
            "columns": "id,title,price", "pinned": "", "sort": "title",
            "filter": "[[\"title\",\"eq\",\"lamp\"]]", "widths": { "title": 120 }
        })
    );
    assert_eq!(document(app, &neither).await, before.1);
    assert_eq!(granted(app, "read").await["fields"], json!(["id", "title"]));
    assert_eq!(granted(app, "update").await["conditions"], json!({ "title": { "ne": "lamp" } }));
    assert_eq!(
        schema(app, "goods").await["fields"]["label"]["calculated"],
        "upper(title) || ' name'"
    );
    let clerk = app.anonymous().signed_in("clerk@example.com", crate::harness::PASSWORD).await;
    assert_eq!(
        clerk.rows("goods", json!({ "sort": "id" })).await[0],
        json!({ "id": 1, "title": "lamp" })
    );

    let version =
        app.admin().get("/schemas/history?limit=1").await.body["data"][0]["version"].clone();
    let plan = app.admin().post(&format!("/schemas/history/{version}/plan"), json!({})).await;
    let token = json!({ "token": plan.body["data"]["token"] });
    app.admin().post(&format!("/schemas/history/{version}/undo"), token).await.expect_status(200);
    assert_eq!((document(app, &both).await, document(app, &neither).await), before);
    assert_eq!(
        (
            granted(app, "read").await["fields"].clone(),
            granted(app, "update").await["conditions"].clone()
        ),
        grants
    );
});

on_every_store!(references_are_left_alone_unless_it_is_asked_for, async |app| {
    let (both, _) = named(app).await;
    let before = document(app, &both).await;
    let mut body = staged(app).await;
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    assert_eq!(document(app, &both).await, before);
    // What guards a field goes on guarding it all the same.
    assert_eq!(granted(app, "update").await["conditions"], json!({ "title": { "ne": "lamp" } }));
});

/// What an undo would do besides, told as kind and outcome, and the undo itself.
async fn undone(app: &App, version: u64, updates: bool) -> Vec<String> {
    let at = format!("/schemas/history/{version}");
    let plan = app.admin().post(&format!("{at}/plan"), json!({})).await;
    let plan = &plan.expect_status(200).body["data"];
    let told = plan["references"].as_array().expect("references").iter().map(|one| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("kind"), text("outcome"), one["mentions"])
    });
    let mut body = json!({ "token": plan["token"] });
    if updates {
        body["updateReferences"] = json!(true);
    }
    app.admin().post(&format!("{at}/undo"), body).await.expect_status(200);
    told.collect()
}

on_every_store!(
    an_undo_tells_what_names_the_things_it_ends_and_leaves_it_unless_asked,
    async |app| {
        goods(app).await;
        let mut fields = schema(app, "goods").await["fields"].clone();
        fields["stock"] = json!({ "type": "Integer" });
        let body = json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] });
        let made = apply(app, body).await;
        let reading = json!({ "collection": "goods", "action": "read", "fields": ["id", "stock"] });
        app.with_grants("Clerk", &[reading]).await;
        let view = json!({ "collectionName": "goods", "preferenceType": "columns", "name": "mine", "preferenceData": { "columns": "id,stock" } });
        let view = app.admin().create(VIEWS, view).await;
        let stand = async || {
            (
                document(app, &view).await["columns"].clone(),
                granted(app, "read").await["fields"].clone(),
            )
        };
        let before = stand().await;
        let ends = json!([{ "name": "stock", "becomes": null }]);
        let expected = [format!("permission offered {ends}"), format!("view offered {ends}")];
        assert_eq!(undone(app, made, false).await, expected);
        assert_eq!(stand().await, before);

        let first = newest(app).await["version"].as_u64().expect("a version");
        assert_eq!(undone(app, first, true).await, Vec::<String>::new());
        assert_eq!(stand().await, before);
        let again = newest(app).await["version"].as_u64().expect("a version");
        assert_eq!(undone(app, again, true).await, expected);
        assert_eq!(stand().await, (json!("id"), json!(["id"])));
        // What that undo took out of them, its own undo brings back, and says so.
        let last = newest(app).await["version"].as_u64().expect("a version");
        undone(app, last, false).await;
        assert_eq!(stand().await, before);
    }
);

on_every_store!(views_of_a_renamed_collection_are_told_and_follow_if_asked, async |app| {
    let (both, _) = named(app).await;
    let renamed = json!({ "collections": [{ "collectionName": "wares", "was": "goods", "schema": schema(app, "goods").await }] });
    let mut body = renamed;
    body["updateReferences"] = json!(true);
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    let views = plan.expect_status(200).body["data"]["references"].as_array().expect("a list");
    let moved = json!([{ "name": "goods", "becomes": "wares" }]);
    let told = views.iter().filter(|one| one["kind"] == "view" && one["mentions"] == moved);
    assert_eq!(told.count(), 2, "{}", plan.text);
    let version = apply(app, body).await;
    let of = async || app.admin().one(VIEWS, &both).await["collectionName"].clone();
    assert_eq!(of().await, "wares");
    let back = format!("view offered {}", json!([{ "name": "wares", "becomes": "goods" }]));
    assert_eq!(undone(app, version, true).await, [back.clone(), back]);
    assert_eq!(of().await, "goods");
});
