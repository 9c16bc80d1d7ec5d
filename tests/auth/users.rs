//! Users and roles as records; what a change of them does at once.

use crate::harness::{App, EMAIL, PASSWORD, on_every_store};
use serde_json::{Value as Json, json};

async fn role(app: &App, name: &str) -> Json {
    app.admin().column("baasix_Role", "id", json!({ "filter": { "name": name } })).await[0].clone()
}

async fn user(app: &App, email: &str) -> Json {
    let role = role(app, "user").await;
    app.admin()
        .create(
            "baasix_User",
            json!({ "email": email, "password": PASSWORD, "firstName": "U", "role_Id": role }),
        )
        .await
}

fn path(id: &Json) -> String {
    format!("/items/baasix_User/{}", id.as_str().expect("an id"))
}

on_every_store!(a_created_user_signs_in_with_the_given_role, async |app| {
    let id = user(app, "Ada@Example.com").await;
    let ada = app.anonymous().signed_in("ada@example.com", PASSWORD).await;
    let me = ada.get("/auth/me").await.body;
    assert_eq!((&me["user"]["id"], &me["role"]["name"]), (&id, &json!("user")));
    let row = app.admin().one("baasix_User", &id).await;
    assert_eq!((&row["email"], &row["fullName"]), (&json!("ada@example.com"), &json!("U ")));
    assert!(row.get("password").is_none());
    app.admin()
        .post("/items/baasix_User", json!({ "email": "ADA@example.com", "firstName": "x" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    for (body, code) in [
        (
            json!({ "email": "x@example.com", "firstName": "x", "password": "short" }),
            "PASSWORD_POLICY",
        ),
        (json!({ "email": "nonsense", "firstName": "x" }), "VALIDATION_ERROR"),
        (
            json!({ "email": "y@example.com", "firstName": "x", "status": "sleepy" }),
            "VALIDATION_ERROR",
        ),
        (json!({ "email": "y@example.com", "firstName": "x", "password": 5 }), "VALIDATION_ERROR"),
    ] {
        app.admin().post("/items/baasix_User", body).await.expect_refusal(400, code);
    }
    assert_eq!(app.admin().rows("baasix_User", json!({})).await.len(), 2);
});

on_every_store!(a_suspended_user_is_out_at_once, async |app| {
    let id = user(app, "ada@example.com").await;
    let ada = app.anonymous().signed_in("ada@example.com", PASSWORD).await;
    ada.get("/auth/me").await.expect_status(200);
    app.admin().patch(&path(&id), json!({ "status": "suspended" })).await.expect_status(200);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    let refresh =
        app.anonymous().post("/auth/refresh", json!({ "refreshToken": ada.refresh_token })).await;
    refresh.expect_refusal(401, "REFRESH_INVALID");
    let login = app
        .anonymous()
        .post("/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD }))
        .await;
    login.expect_refusal(403, "ACCOUNT_INACTIVE");
    app.admin().patch(&path(&id), json!({ "status": "active" })).await.expect_status(200);
    app.anonymous().signed_in("ada@example.com", PASSWORD).await;
});

on_every_store!(a_changed_password_ends_the_sessions_that_do_not_know_it, async |app| {
    let id = user(app, "ada@example.com").await;
    let (here, there) = (
        app.anonymous().signed_in("ada@example.com", PASSWORD).await,
        app.anonymous().signed_in("ada@example.com", PASSWORD).await,
    );
    let change =
        |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    here.post("/auth/password/change", change("wrong wrong", "another password"))
        .await
        .expect_refusal(400, "CURRENT_PASSWORD_INVALID");
    here.post("/auth/password/change", change(PASSWORD, "short"))
        .await
        .expect_refusal(400, "PASSWORD_POLICY");
    here.post("/auth/password/change", json!({})).await.expect_refusal(400, "VALIDATION_ERROR");
    app.anonymous()
        .post("/auth/password/change", change(PASSWORD, "another password"))
        .await
        .expect_refusal(401, "UNAUTHENTICATED");
    here.post("/auth/password/change", change(PASSWORD, "another password"))
        .await
        .expect_status(200);
    assert_eq!((here.get("/auth/me").await.status, there.get("/auth/me").await.status), (200, 401));
    let old = app
        .anonymous()
        .post("/auth/login", json!({ "email": "ada@example.com", "password": PASSWORD }))
        .await;
    old.expect_refusal(400, "INVALID_CREDENTIALS");
    // An administrator's change ends all of them, by either route and by the record.
    for (route, key) in [
        ("/auth/admin/change-password", "password"),
        ("/auth/admin/password/change", "newPassword"),
    ] {
        let ada = app.anonymous().signed_in("ada@example.com", "another password").await;
        ada.post(route, json!({ "userId": id, key: "another password" }))
            .await
            .expect_refusal(403, "FORBIDDEN");
        app.admin()
            .post(route, json!({ "userId": id, key: "another password" }))
            .await
            .expect_status(200);
        assert_eq!(ada.get("/auth/me").await.status, 401);
    }
    let ada = app.anonymous().signed_in("ada@example.com", "another password").await;
    app.admin()
        .patch(&path(&id), json!({ "password": "a third password" }))
        .await
        .expect_status(200);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    app.anonymous().signed_in("ada@example.com", "a third password").await;
});

on_every_store!(a_changed_role_counts_from_the_next_request, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "notes", "action": "read", "fields": ["*"] })],
        )
        .await;
    let id = json!(reader.user_id);
    reader.get("/items/notes").await.expect_status(200);
    let plain = role(app, "user").await;
    app.admin().patch(&path(&id), json!({ "role_Id": plain })).await.expect_status(200);
    reader.get("/items/notes").await.expect_refusal(403, "FORBIDDEN");
    let assignments =
        app.admin().rows("baasix_UserRole", json!({ "filter": { "user_Id": id } })).await;
    assert_eq!(assignments.len(), 1, "{assignments:?}");
    let administrator = role(app, "administrator").await;
    app.admin().patch(&path(&id), json!({ "role_Id": administrator })).await.expect_status(200);
    reader.get("/items/baasix_User").await.expect_status(200);
    app.admin().delete(&path(&id)).await.expect_status(200);
    assert_eq!(reader.get("/auth/me").await.status, 401);
});

on_every_store!(a_changed_role_is_that_of_one_tenant, async |app| {
    let admin = app.admin();
    let ada = admin
        .create(
            "baasix_User",
            json!({ "email": "ada@example.com", "password": PASSWORD, "firstName": "Ada" }),
        )
        .await;
    let mut tenants = vec![Json::Null];
    for name in ["One", "Two", "Three"] {
        tenants.push(admin.create("baasix_Tenant", json!({ "name": name })).await);
    }
    let mut roles = Vec::new();
    for name in ["A", "B", "C", "D"] {
        roles.push(admin.create("baasix_Role", json!({ "name": name })).await);
    }
    // In no tenant and in two.
    for (tenant, role) in tenants.iter().zip(&roles[..3]) {
        let row = json!({ "user_Id": ada, "role_Id": role, "tenant_Id": tenant });
        admin.create("baasix_UserRole", row).await;
    }
    let held = async || {
        let rows = admin.rows("baasix_UserRole", json!({ "filter": { "user_Id": ada } })).await;
        let of = |tenant: &Json| -> Vec<Json> {
            let here = rows.iter().filter(|row| row["tenant_Id"] == *tenant);
            here.map(|row| row["role_Id"].clone()).collect()
        };
        tenants.iter().map(of).collect::<Vec<_>>()
    };
    let one = |role: usize| vec![roles[role].clone()];
    assert_eq!(held().await, [one(0), one(1), one(2), vec![]]);
    for (body, then) in [
        (json!({ "role_Id": roles[3] }), [one(3), one(1), one(2), vec![]]),
        (json!({ "role_Id": roles[3], "tenant_Id": tenants[1] }), [one(3), one(3), one(2), vec![]]),
        (json!({ "role_Id": roles[0], "tenant_Id": null }), [one(0), one(3), one(2), vec![]]),
        (json!({ "role_Id": roles[1], "tenant_Id": tenants[3] }), [one(0), one(3), one(2), one(1)]),
        // Nothing is said of a role.
        (json!({ "lastName": "Z", "role_Id": null }), [one(0), one(3), one(2), one(1)]),
    ] {
        admin.patch(&path(&ada), body.clone()).await.expect_status(200);
        assert_eq!(held().await, then, "{body}");
    }
    let wrong = json!({ "role_Id": roles[2], "tenant_Id": "one" });
    admin.patch(&path(&ada), wrong).await.expect_refusal(400, "VALIDATION_ERROR");
    let nowhere =
        json!({ "role_Id": roles[2], "tenant_Id": "00000000-0000-4000-8000-000000000001" });
    admin.patch(&path(&ada), nowhere).await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert_eq!(held().await, [one(0), one(3), one(2), one(1)], "what is refused changes nothing");

    // Who works in a tenant means that one.
    let owner = json!({ "user_Id": admin.user_id, "role_Id": role(app, "administrator").await, "tenant_Id": tenants[2] });
    admin.create("baasix_UserRole", owner).await;
    let there = json!({ "email": EMAIL, "password": PASSWORD, "tenant_Id": tenants[2] });
    let answer = app.anonymous().post("/auth/login", there).await;
    let token = answer.expect_status(200).body["token"].as_str().expect("a token");
    let there = app.anonymous().with_token(token);
    there.patch(&path(&ada), json!({ "role_Id": roles[3] })).await.expect_status(200);
    assert_eq!(held().await, [one(0), one(3), one(3), one(1)]);
    let body = json!({ "email": "bob@example.com", "firstName": "Bob", "role_Id": roles[0] });
    let bob = there.create("baasix_User", body).await;
    let given = admin.rows("baasix_UserRole", json!({ "filter": { "user_Id": bob } })).await;
    assert_eq!(given.len(), 1);
    assert_eq!((&given[0]["role_Id"], &given[0]["tenant_Id"]), (&roles[0], &tenants[2]));
});

on_every_store!(system_roles_keep_their_names_and_stay, async |app| {
    let admin = app.admin();
    for name in ["administrator", "public"] {
        let id = role(app, name).await;
        let path = format!("/items/baasix_Role/{}", id.as_str().expect("an id"));
        let renamed = admin.patch(&path, json!({ "name": "other" })).await;
        assert_eq!(
            (renamed.status, renamed.message()),
            (403, "System role names cannot be changed"),
            "{}",
            renamed.text
        );
        let removed = admin.delete(&path).await;
        assert_eq!(
            (removed.status, removed.message()),
            (403, "System roles cannot be deleted"),
            "{}",
            removed.text
        );
        assert_eq!(admin.delete_with("/items/baasix_Role/bulk", json!([id])).await.status, 403);
        let batch =
            json!({ "operations": [{ "op": "delete", "collection": "baasix_Role", "id": id }] });
        assert_eq!(admin.post("/items/batch", batch).await.status, 403);
        admin.patch(&path, json!({ "description": "ours" })).await.expect_status(200);
    }
    let id = admin.create("baasix_Role", json!({ "name": "Editor", "appAccess": true })).await;
    assert_eq!(admin.one("baasix_Role", &id).await["appAccess"], true);
    admin
        .post("/items/baasix_Role", json!({ "name": "Editor" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    admin.post("/permissions", json!({ "role_Id": id, "collection": "baasix_File", "action": "read", "fields": ["*"] })).await.expect_status(201);
    admin
        .delete(&format!("/items/baasix_Role/{}", id.as_str().expect("an id")))
        .await
        .expect_status(200);
    assert_eq!(
        admin.rows("baasix_Permission", json!({ "filter": { "role_Id": id } })).await.len(),
        0
    );
});

on_every_store!(who_may_write_users_makes_no_administrators, async |app| {
    let administrator = role(app, "administrator").await;
    let grants = ["baasix_User", "baasix_UserRole", "baasix_Role", "baasix_Permission"].into_iter().flat_map(|collection| {
        ["create", "read", "update", "delete"].map(|action| json!({ "collection": collection, "action": action, "fields": ["*", "*.*"] }))
    });
    let clerk = app.with_grants("Clerk", &grants.collect::<Vec<_>>()).await;
    let me = clerk.user_id.clone().expect("an id");
    let clerk_role = role(app, "Clerk").await;
    let owner = app.admin().user_id.clone().expect("an id");
    for answer in [
        clerk.post("/items/baasix_UserRole", json!({ "user_Id": me, "role_Id": administrator })).await,
        clerk.patch(&format!("/items/baasix_User/{me}"), json!({ "role_Id": administrator })).await,
        clerk.patch(&format!("/items/baasix_User/{me}"), json!({ "userRoles": [{ "role_Id": administrator }] })).await,
        clerk.post("/items/baasix_User", json!({ "email": "x@example.com", "firstName": "x", "role_Id": administrator })).await,
        clerk.post("/items/baasix_User", json!({ "email": "x@example.com", "firstName": "x", "userRoles": [{ "role_Id": administrator }] })).await,
        clerk.patch(&format!("/items/baasix_User/{owner}"), json!({ "password": "mine now mine" })).await,
        clerk.post("/items/baasix_Permission", json!({ "role_Id": clerk_role, "collection": "baasix_Sessions", "action": "read", "fields": ["*"] })).await,
        clerk.post("/permissions", json!({ "role_Id": clerk_role, "collection": "baasix_Sessions", "action": "read" })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", administrator.as_str().expect("an id")), json!({ "userRoles": [{ "user_Id": me }] })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", clerk_role.as_str().expect("an id")), json!({ "permissions": [{ "collection": "baasix_Sessions", "action": "read", "fields": "*" }] })).await,
        clerk.patch(&format!("/items/baasix_Role/{}", clerk_role.as_str().expect("an id")), json!({ "name": "administrator" })).await,
    ] {
        assert!(matches!(answer.status, 403 | 409), "{} {}", answer.status, answer.text);
    }
    assert_eq!(clerk.get("/auth/me").await.body["role"]["name"], "Clerk");
    clerk.get("/items/baasix_Sessions").await.expect_refusal(403, "FORBIDDEN");
    app.anonymous().signed_in(EMAIL, PASSWORD).await;
});

on_every_store!(the_last_administrator_stays, async |app| {
    let admin = app.admin();
    let me = json!(admin.user_id.clone().expect("an id"));
    let (plain, administrator) = (role(app, "user").await, role(app, "administrator").await);
    let of_me = json!({ "filter": { "user_Id": me } });
    let assignment = admin.rows("baasix_UserRole", of_me).await[0]["id"].clone();
    let assigned = format!("/items/baasix_UserRole/{}", assignment.as_str().expect("an id"));
    let users = "/items/baasix_User/bulk";
    // One who is no administrator, and one who may not sign in, do not administer.
    let other = user(app, "other@example.com").await;
    let asleep = json!({ "email": "asleep@example.com", "password": PASSWORD, "firstName": "A", "role_Id": administrator, "status": "suspended" });
    let asleep = admin.create("baasix_User", asleep).await;
    let update = |data: Json| json!({ "operations": [{ "op": "update", "collection": "baasix_User", "id": me, "data": data }] });
    for refused in [
        admin.delete(&path(&me)).await,
        admin.patch(&path(&me), json!({ "status": "suspended" })).await,
        admin.patch(&path(&me), json!({ "role_Id": plain })).await,
        admin.patch(&path(&me), json!({ "userRoles": [] })).await,
        admin
            .patch(&path(&me), json!({ "userRoles": [{ "id": assignment, "role_Id": plain }] }))
            .await,
        admin.delete(&assigned).await,
        admin.patch(&assigned, json!({ "role_Id": plain })).await,
        admin.patch(&assigned, json!({ "user_Id": asleep })).await,
        admin.patch(users, json!([{ "id": me, "status": "inactive" }])).await,
        admin.delete_with(users, json!([other, me])).await,
        admin.delete_with("/items/baasix_UserRole/bulk", json!([assignment])).await,
        admin.post("/items/batch", update(json!({ "status": "suspended" }))).await,
    ] {
        assert_eq!(
            (refused.status, refused.code()),
            (409, "LAST_ADMINISTRATOR"),
            "{}",
            refused.text
        );
    }
    admin.get("/auth/me").await.expect_status(200);
    assert_eq!(admin.rows("baasix_User", json!({})).await.len(), 3);
    // In one request somebody else may take over.
    let changes =
        json!([{ "id": asleep, "status": "active" }, { "id": me, "status": "suspended" }]);
    admin.patch(users, changes).await.expect_status(200);
    assert_eq!(admin.get("/auth/me").await.status, 401);
    let next = app.anonymous().signed_in("asleep@example.com", PASSWORD).await;
    next.patch(&path(&me), json!({ "status": "active" })).await.expect_status(200);
});

on_every_store!(of_two_administrators_who_remove_each_other_one_stays, async |app| {
    let administrator = role(app, "administrator").await;
    for turn in 0..10 {
        let admin = app.anonymous().signed_in(EMAIL, PASSWORD).await;
        let me = json!(admin.user_id.clone().expect("an id"));
        let email = format!("second{turn}@example.com");
        let second = json!({ "email": email, "password": PASSWORD, "firstName": "S", "role_Id": administrator });
        let second = admin.create("baasix_User", second).await;
        let other = app.anonymous().signed_in(&email, PASSWORD).await;
        let suspended = json!({ "status": "suspended" });
        let (first, next) = (path(&second), path(&me));
        let (one, two) = tokio::join!(
            admin.patch(&first, suspended.clone()),
            other.patch(&next, suspended.clone()),
        );
        let done = [&one, &two].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "{} {}", one.text, two.text);
        // One of them is left, and goes on.
        if two.status == 200 {
            other.patch(&next, json!({ "status": "active" })).await.expect_status(200);
            let owner = app.anonymous().signed_in(EMAIL, PASSWORD).await;
            owner.patch(&first, suspended).await.expect_status(200);
        }
    }
});

on_every_store!(who_may_change_users_can_suspend_them, async |app| {
    let id = user(app, "ada@example.com").await;
    let ada = app.anonymous().signed_in("ada@example.com", PASSWORD).await;
    let grants = ["read", "update"].map(
        |action| json!({ "collection": "baasix_User", "action": action, "fields": ["firstName", "status"] }),
    );
    let manager = app.with_grants("Manager", &grants).await;
    manager.patch(&path(&id), json!({ "firstName": "Augusta" })).await.expect_status(200);
    manager.patch(&path(&id), json!({ "status": "suspended" })).await.expect_status(200);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    manager.patch(&path(&id), json!({ "status": "active" })).await.expect_status(200);
    assert_eq!(ada.get("/auth/me").await.status, 401, "an ended session came back");
    app.anonymous().signed_in("ada@example.com", PASSWORD).await;
});

on_every_store!(who_may_not_write_users_is_told_that_before_any_value_is_judged, async |app| {
    let id = user(app, "ada@example.com").await;
    let nobody = app.anonymous();
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "baasix_User", "action": "read", "fields": ["*"] })],
        )
        .await;
    let writer = app
        .with_grants(
            "Writer",
            &[
                json!({ "collection": "baasix_User", "action": "create", "fields": ["*"] }),
                json!({ "collection": "baasix_User", "action": "update", "fields": ["*"] }),
            ],
        )
        .await;
    for body in [
        json!({ "email": "nomail" }),
        json!({ "status": "asleep" }),
        json!({ "email": "b@example.com", "password": "short" }),
        json!({ "firstName": "B", "role_Id": 5 }),
    ] {
        for person in [&nobody, &reader] {
            let made = person.post("/items/baasix_User", body.clone()).await;
            made.expect_refusal(403, "FORBIDDEN");
            let changed = person.patch(&path(&id), body.clone()).await;
            changed.expect_refusal(403, "FORBIDDEN");
        }
    }
    let wrong = json!({ "email": "nomail" });
    for person in [&writer, app.admin()] {
        let made = person.post("/items/baasix_User", wrong.clone()).await;
        made.expect_refusal(400, "VALIDATION_ERROR");
        let changed = person.patch(&path(&id), wrong.clone()).await;
        changed.expect_refusal(400, "VALIDATION_ERROR");
    }
});

on_every_store!(a_phone_number_is_one_text_however_it_is_written, async |app| {
    let admin = app.admin();
    let body =
        |email: &str, phone: &str| json!({ "email": email, "firstName": "A", "phone": phone });
    let made = admin.create("baasix_User", body("a@example.com", "+49 (30) 901-82.0")).await;
    assert_eq!(admin.one("baasix_User", &made).await["phone"], "+4930901820");
    let again = admin.post("/items/baasix_User", body("b@example.com", "+49 30 90 18 20")).await;
    again.expect_refusal(409, "UNIQUE_VIOLATION");
    for wrong in ["12345", "+", "", "030 90182x", "++4930901820", "123456789012345678901"] {
        let answer = admin.post("/items/baasix_User", body("c@example.com", wrong)).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(answer.body["details"][0]["field"], "phone", "{}", answer.text);
    }
    let path = format!("/items/baasix_User/{}", made.as_str().expect("a key"));
    admin.patch(&path, json!({ "phone": null })).await.expect_status(200);
    let registered =
        json!({ "email": "d@example.com", "password": PASSWORD, "phone": "no number" });
    app.anonymous()
        .post("/auth/register", registered)
        .await
        .expect_refusal(400, "VALIDATION_ERROR");
});
