//! Nobody writes the user, role or assignment of somebody who stands above it, by whatever door.

use crate::harness::{App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

async fn role(app: &App, name: &str) -> Json {
    app.admin().column("baasix_Role", "id", json!({ "filter": { "name": name } })).await[0].clone()
}

fn plain(id: &Json) -> &str {
    id.as_str().expect("an id")
}

/// A clerk who may do everything with users, roles and assignments that can be granted, and with
/// notes, whose keeper is a user.
async fn clerk(app: &App) -> Person {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.relation(
        "notes",
        json!({ "type": "M2O", "target": "baasix_User", "name": "keeper", "alias": "notes" }),
    )
    .await;
    let grants = ["notes", "baasix_User", "baasix_UserRole", "baasix_Role", "baasix_Sessions", "baasix_Invite"].into_iter().flat_map(|collection| {
        ["create", "read", "update", "delete"].map(|action| json!({ "collection": collection, "action": action, "fields": ["*", "*.*", "*.*.*"] }))
    });
    app.with_grants("Clerk", &grants.collect::<Vec<_>>()).await
}

on_every_store!(an_administrators_account_is_out_of_reach_by_every_door, async |app| {
    let clerk = clerk(app).await;
    let owner = app.admin().user_id.clone().expect("an id");
    let path = format!("/items/baasix_User/{owner}");
    let note = app.admin().create("notes", json!({ "title": "x", "keeper": owner })).await;
    let assignment = app
        .admin()
        .column("baasix_UserRole", "id", json!({ "filter": { "user_Id": owner } }))
        .await;
    let administrator = role(app, "administrator").await;
    let me = clerk.user_id.clone().expect("an id");
    let batch = json!({ "operations": [{ "op": "update", "collection": "baasix_User", "id": owner, "data": { "email": "mine@example.com" } }] });
    for answer in [
        clerk.patch(&path, json!({ "email": "mine@example.com" })).await,
        clerk.patch(&path, json!({ "status": "suspended" })).await,
        clerk.patch(&path, json!({ "firstName": "x" })).await,
        clerk.delete(&path).await,
        clerk.patch("/items/baasix_User/bulk", json!([{ "id": me, "firstName": "y" }, { "id": owner, "phone": "123456" }])).await,
        clerk.delete_with("/items/baasix_User/bulk", json!([owner])).await,
        clerk.post("/items/batch", batch).await,
        clerk.patch(&format!("/items/notes/{}", plain(&note)), json!({ "keeper": { "id": owner, "email": "mine@example.com" } })).await,
        clerk.post("/items/notes", json!({ "title": "y", "keeper": { "id": owner, "status": "suspended" } })).await,
        clerk.patch(&format!("/items/baasix_UserRole/{}", plain(&assignment[0])), json!({ "user_Id": me })).await,
        clerk.patch(&format!("/items/baasix_UserRole/{}", plain(&assignment[0])), json!({ "user": { "id": owner, "email": "mine@example.com" } })).await,
        clerk.delete(&format!("/items/baasix_UserRole/{}", plain(&assignment[0]))).await,
        clerk.post("/items/baasix_UserRole", json!({ "user_Id": me, "role_Id": administrator })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", plain(&administrator)), json!({ "description": "x" })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", plain(&administrator)), json!({ "userRoles": [] })).await,
        clerk.post("/items/baasix_Invite", json!({ "email": "x@example.com", "role_Id": administrator, "token": "t", "expiresAt": "2030-01-01", "invitedBy_Id": me })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", plain(&role(app, "Clerk").await)), json!({ "adminAccess": true })).await,
    ] {
        answer.expect_refusal(403, "FORBIDDEN");
    }
    assert_eq!(app.admin().one("baasix_User", &json!(owner)).await["email"], EMAIL);
    app.anonymous().signed_in(EMAIL, PASSWORD).await;
    let sessions = app
        .admin()
        .column("baasix_Sessions", "id", json!({ "filter": { "user_Id": owner } }))
        .await;
    clerk
        .delete(&format!("/items/baasix_Sessions/{}", plain(&sessions[0])))
        .await
        .expect_refusal(403, "FORBIDDEN");
    // Others, and itself, it may change as granted.
    let ada = app.admin().create("baasix_User", json!({ "email": "ada@example.com", "firstName": "Ada", "role_Id": role(app, "user").await })).await;
    clerk
        .patch(&format!("/items/baasix_User/{}", plain(&ada)), json!({ "status": "suspended" }))
        .await
        .expect_status(200);
    clerk
        .patch(&format!("/items/baasix_User/{me}"), json!({ "lastName": "Z" }))
        .await
        .expect_status(200);
    clerk.delete(&format!("/items/baasix_User/{}", plain(&ada))).await.expect_status(200);
});

on_every_store!(a_role_is_given_only_by_who_has_all_its_rights, async |app| {
    app.collection("vault", json!({ "fields": { "code": { "type": "String" } } })).await;
    let grants = ["baasix_User", "baasix_UserRole"].into_iter().flat_map(|collection| {
        ["create", "read", "update", "delete"]
            .map(|action| json!({ "collection": collection, "action": action, "fields": ["*"] }))
    });
    // Only what it may read can be named.
    let roles = json!({ "collection": "baasix_Role", "action": "read", "fields": ["name"] });
    let grants: Vec<Json> = grants.chain([roles]).collect();
    let mut more = grants.clone();
    more.push(json!({ "collection": "vault", "action": "read", "fields": ["*"] }));
    let boss = app.with_grants("Boss", &more).await;
    let keeper = app
        .with_grants(
            "Keeper",
            &[json!({ "collection": "vault", "action": "read", "fields": ["*"] })],
        )
        .await;
    let clerk = app.with_grants("Clerk", &grants).await;
    let me = clerk.user_id.clone().expect("an id");
    let user = |person: &Person| {
        format!("/items/baasix_User/{}", person.user_id.as_deref().expect("an id"))
    };
    // Who can do more is out of reach; who can do other things is not.
    clerk.patch(&user(&boss), json!({ "firstName": "x" })).await.expect_refusal(403, "FORBIDDEN");
    clerk.patch(&user(&keeper), json!({ "firstName": "x" })).await.expect_status(200);
    for name in ["Boss", "Keeper", "administrator"] {
        let body = json!({ "user_Id": me, "role_Id": role(app, name).await });
        clerk.post("/items/baasix_UserRole", body).await.expect_refusal(403, "FORBIDDEN");
    }
    // Nor is somebody else's assignment taken over, or one's own turned into another.
    for (person, body) in [
        (&keeper, json!({ "user_Id": me })),
        (&clerk, json!({ "role_Id": role(app, "Keeper").await })),
    ] {
        let found = app
            .admin()
            .column("baasix_UserRole", "id", json!({ "filter": { "user_Id": person.user_id } }))
            .await;
        clerk
            .patch(&format!("/items/baasix_UserRole/{}", plain(&found[0])), body)
            .await
            .expect_refusal(403, "FORBIDDEN");
    }
    clerk.get("/items/vault").await.expect_refusal(403, "FORBIDDEN");
    // A role that may do no more is given, and so is one that an administrator lets invite to.
    let plain_role = role(app, "user").await;
    let body = json!({ "user_Id": keeper.user_id, "role_Id": plain_role });
    clerk.post("/items/baasix_UserRole", body).await.expect_status(201);
    let invites = json!({ "canInviteRoleIds": [role(app, "Keeper").await] });
    app.admin()
        .patch(&format!("/items/baasix_Role/{}", plain(&role(app, "Clerk").await)), invites)
        .await
        .expect_status(200);
    let body = json!({ "user_Id": me, "role_Id": role(app, "Keeper").await });
    clerk.post("/items/baasix_UserRole", body).await.expect_status(201);
});

on_every_store!(a_user_written_through_another_record_obeys_the_rules_of_users, async |app| {
    let clerk = clerk(app).await;
    let note = clerk
        .create(
            "notes",
            json!({ "title": "x", "keeper": { "email": " Ada@Example.COM ", "firstName": "Ada" } }),
        )
        .await;
    let keeper = app.admin().one("notes", &note).await["keeper_id"].clone();
    assert_eq!(app.admin().one("baasix_User", &keeper).await["email"], "ada@example.com");
    let path = format!("/items/notes/{}", plain(&note));
    for person in [&clerk, app.admin()] {
        for (field, value, status, code) in [
            ("email", json!("nonsense"), 400, "VALIDATION_ERROR"),
            ("status", json!("sleepy"), 400, "VALIDATION_ERROR"),
            ("password", json!("a long password"), 403, "FIELD_FORBIDDEN"),
        ] {
            let body = json!({ "keeper": { "id": keeper, field: value } });
            person.patch(&path, body).await.expect_refusal(status, code);
        }
    }
    // Suspending through a note ends sessions as suspending does.
    app.admin()
        .patch(
            &format!("/items/baasix_User/{}", plain(&keeper)),
            json!({ "password": PASSWORD, "role_Id": role(app, "user").await }),
        )
        .await
        .expect_status(200);
    let ada = app.anonymous().signed_in("ada@example.com", PASSWORD).await;
    clerk
        .patch(&path, json!({ "keeper": { "id": keeper, "status": "suspended" } }))
        .await
        .expect_status(200);
    clerk
        .patch(&path, json!({ "keeper": { "id": keeper, "status": "active" } }))
        .await
        .expect_status(200);
    assert_eq!(ada.get("/auth/me").await.status, 401);
});

on_every_store!(system_roles_keep_their_names_through_other_records_too, async |app| {
    let administrator = role(app, "administrator").await;
    let assignment = app
        .admin()
        .column("baasix_UserRole", "id", json!({ "filter": { "role_Id": administrator } }))
        .await;
    let path = format!("/items/baasix_UserRole/{}", plain(&assignment[0]));
    let renamed =
        app.admin().patch(&path, json!({ "role": { "id": administrator, "name": "other" } })).await;
    assert_eq!(
        (renamed.status, renamed.message()),
        (403, "System role names cannot be changed"),
        "{}",
        renamed.text
    );
    assert_eq!(role(app, "administrator").await, administrator);
});
