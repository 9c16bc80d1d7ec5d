//! Viewing as somebody else: every answer is the one that the other would get, and nothing is written.

use super::explain::{rule, world};
use crate::auth::secrets::stored;
use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

const HEADER: &str = "x-plinth-persona";

/// What is not refused to somebody who only looks: the viewer's own session goes on.
const SPARED: [&str; 1] = ["post /auth/refresh"];

async fn opened(app: &App, body: Json) -> Json {
    let answer = app.admin().post("/permissions/view-as", body).await;
    answer.expect_status(201).body["data"].clone()
}

/// The administrator, with the eyes of somebody else.
async fn viewing(app: &App, body: Json) -> Person {
    let token = opened(app, body).await["token"].clone();
    app.admin().with_header(HEADER, token.as_str().expect("a token"))
}

on_every_store!(every_answer_is_the_one_that_the_person_itself_gets, async |app| {
    let (reader, role) = world(app).await;
    rule(app, &role, "read", json!({ "owner_Id": { "eq": "$CURRENT_USER" } })).await;
    let comments = json!({ "role_Id": role, "collection": "comments", "action": "read", "fields": ["*", "post.title"], "conditions": { "text": { "ne": "bad" } } });
    app.admin().post("/permissions", comments).await.expect_status(201);
    let viewer = viewing(app, json!({ "user_Id": reader.user_id })).await;
    for path in [
        "/items/posts?sort=id",
        "/items/posts?limit=1&page=2&sort=id",
        "/items/posts?fields=id,title&search=t1",
        "/items/posts?fields=rank",
        "/items/posts?sort=rank",
        r#"/items/posts?filter={"rank":{"gt":3}}"#,
        r#"/items/posts?aggregate={"n":{"function":"count","field":"id"}}"#,
        "/items/posts/1",
        "/items/posts/2",
        "/items/posts/1?fields=*,comments.*",
        "/items/comments?sort=id&fields=*,post.*",
        "/items/authors",
        "/items/baasix_User",
        "/items/posts/export?format=csv",
        "/items/posts/1/history",
        "/schemas",
        "/schemas/posts",
        "/openapi",
        "/access/me",
        "/auth/check",
        "/permissions",
        "/reports/posts",
        "/settings",
        "/journal",
        "/mails",
        "/variables",
        "/items/nowhere",
    ] {
        let (seen, own) = (viewer.get(path).await, reader.get(path).await);
        assert_eq!((seen.status, &seen.text), (own.status, &own.text), "{path}");
    }
    let question = json!({ "fields": ["id"], "limit": -1 });
    let seen = viewer.post("/reports/posts", question.clone()).await;
    let own = reader.post("/reports/posts", question).await;
    assert_eq!((seen.status, &seen.text), (own.status, &own.text));
    // They do differ from what the administrator sees.
    assert_eq!(viewer.rows("posts", json!({})).await.len(), 2);
    assert_eq!(app.admin().rows("posts", json!({})).await.len(), 3);
    let me = viewer.get("/auth/me").await;
    assert_eq!(me.body["user"]["id"], json!(reader.user_id), "{}", me.text);
    // A changed rule counts from the next look.
    rule(app, &role, "read", json!({ "state": { "eq": "closed" } })).await;
    assert_eq!(viewer.column("posts", "id", json!({})).await, [json!(2)]);
});

on_every_store!(nothing_is_written_through_the_eyes_of_somebody_else, async |app| {
    let (reader, role) = world(app).await;
    for action in ["create", "read", "update", "delete"] {
        let row =
            json!({ "role_Id": role, "collection": "posts", "action": action, "fields": ["*"] });
        app.admin().post("/permissions", row).await.expect_status(201);
    }
    let viewer = viewing(app, json!({ "user_Id": reader.user_id })).await;
    let paths = app.admin().get("/openapi").await.body["paths"].clone();
    let (mut refused, mut spared) = (0, Vec::new());
    for (path, methods) in paths.as_object().expect("paths") {
        let path = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        for method in methods.as_object().expect("methods").keys() {
            let body = json!({ "title": "changed", "id": 77 });
            let answer = match method.as_str() {
                "post" => viewer.post(&path, body).await,
                "put" => viewer.put(&path, body).await,
                "patch" => viewer.patch(&path, body).await,
                "delete" if path == "/permissions/view-as" => continue,
                "delete" => viewer.delete(&path).await,
                _ => continue,
            };
            match answer.code() {
                "PERSONA_READ_ONLY" => refused += 1,
                _ if path.starts_with("/reports/") => {}
                _ => spared.push(format!("{method} {path}")),
            }
        }
    }
    assert_eq!(spared, SPARED, "these were not refused");
    assert!(refused > 60, "{refused}");
    // The same by the routes of records, whose person may do all of it.
    for answer in [
        viewer.post("/items/posts", json!({ "id": 9, "title": "new" })).await,
        viewer.patch("/items/posts/1", json!({ "title": "new" })).await,
        viewer.delete("/items/posts/1").await,
        viewer.post("/items/batch", json!({ "operations": [], "dryRun": true })).await,
        viewer.post("/auth/logout", json!({})).await,
        viewer.post("/permissions/view-as", json!({})).await,
        viewer.get("/auth/logout").await,
        viewer.get("/auth/sessions").await,
        viewer.get("/auth/tokens").await,
        viewer.get("/auth/totp").await,
    ] {
        answer.expect_refusal(403, "PERSONA_READ_ONLY");
    }
    let titles = app.admin().column("posts", "title", json!({ "sort": "id" })).await;
    assert_eq!(titles, ["t1", "t2", "t3"].map(|title| json!(title)));
    reader.get("/auth/me").await.expect_status(200);
    // Without it the person may, as before.
    reader.patch("/items/posts/1", json!({ "title": "new" })).await.expect_status(200);
});

on_every_store!(a_persona_is_its_viewers_alone_and_ends, async |app| {
    let (reader, role) = world(app).await;
    rule(app, &role, "read", json!({})).await;
    let admin = app.admin();
    let token = opened(app, json!({ "user_Id": reader.user_id })).await["token"].clone();
    let token = token.as_str().expect("a token").to_owned();
    let ended = async |person: &Person, why: &str| {
        let answer = person.with_header(HEADER, &token).get("/items/posts").await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "PERSONA_ENDED"),
            "{why}: {}",
            answer.text
        );
    };
    ended(&reader, "another person").await;
    ended(&app.anonymous(), "nobody").await;
    let second = json!({ "email": "second@example.com", "firstName": "Second", "password": "a long password", "role_Id": admin.column("baasix_Role", "id", json!({ "filter": { "name": "administrator" } })).await[0] });
    admin.create("baasix_User", second).await;
    let second = app.anonymous().signed_in("second@example.com", "a long password").await;
    ended(&second, "another administrator").await;
    // By itself it signs nobody in, and what is kept of it does not either.
    for bearer in [
        &token,
        &stored(app, r#"SELECT "token" FROM "baasix_Sessions" WHERE "type" = 'persona'"#).await[0],
    ] {
        let answer = app.anonymous().with_token(bearer).get("/auth/me").await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        assert_ne!(bearer, "", "one is kept");
    }
    assert!(
        stored(app, r#"SELECT "token" FROM "baasix_Sessions""#)
            .await
            .iter()
            .all(|kept| *kept != token)
    );
    for forged in ["", " ", "x", "undefined"] {
        let answer = admin.with_header(HEADER, forged).get("/items/posts").await;
        answer.expect_refusal(403, "PERSONA_ENDED");
    }
    // It ends with the account, with its time and when its viewer says so.
    let viewer = admin.with_header(HEADER, &token);
    viewer.get("/items/posts").await.expect_status(200);
    let user = format!("/items/baasix_User/{}", reader.user_id.as_deref().expect("a key"));
    admin.patch(&user, json!({ "status": "suspended" })).await.expect_status(200);
    ended(admin, "a suspended account").await;
    admin.patch(&user, json!({ "status": "active" })).await.expect_status(200);
    viewer.get("/items/posts").await.expect_status(200);
    viewer.delete("/permissions/view-as").await.expect_status(200);
    ended(admin, "ended by the viewer").await;
    admin.delete("/permissions/view-as").await.expect_refusal(403, "PERSONA_ENDED");
    let past = viewing(app, json!({ "user_Id": reader.user_id })).await;
    past.get("/items/posts").await.expect_status(200);
    let late = r#"UPDATE "baasix_Persona" SET "expiresAt" = '2020-01-01T00:00:00.000Z' RETURNING "viewer_Id""#;
    let late = match app.kind {
        crate::harness::Kind::Sqlite => late.replace("'2020-01-01T00:00:00.000Z'", "1577836800000"),
        crate::harness::Kind::Postgres => {
            late.replace(r#"RETURNING "viewer_Id""#, r#"RETURNING "viewer_Id"::text"#)
        }
    };
    assert!(!stored(app, &late).await.is_empty());
    past.get("/items/posts").await.expect_refusal(403, "PERSONA_ENDED");
    // It was told who looked through whose eyes.
    let told =
        json!({ "filter": { "action": "seen through the eyes of", "entityId": reader.user_id } });
    let rows = admin.rows("baasix_AuditLog", told).await;
    assert_eq!((rows.len(), &rows[0]["userId"]), (2, &json!(admin.user_id)));
    assert!(!json!(rows).to_string().contains(&token));
});

on_every_store!(a_role_and_whoever_is_not_signed_in_are_seen_as_too, async |app| {
    let (reader, role) = world(app).await;
    rule(app, &role, "read", json!({ "OR": [{ "owner_Id": { "eq": "$CURRENT_USER" } }, { "state": { "eq": "closed" } }] })).await;
    // A role with nobody in it owns nothing.
    let of_role = viewing(app, json!({ "role_Id": role })).await;
    assert_eq!(of_role.column("posts", "id", json!({})).await, [json!(2)]);
    let me = of_role.get("/access/me").await;
    assert_eq!(
        (&me.body["data"]["role"]["name"], &me.body["data"]["user"]),
        (&json!("Reader"), &Json::Null)
    );
    // It is shown the schema that the role may read, which a studio cannot do without.
    let names = of_role.get("/schemas").await.body["data"].clone();
    let names: Vec<&Json> =
        names.as_array().expect("a list").iter().map(|schema| &schema["collectionName"]).collect();
    assert_eq!(names, ["posts"]);
    let anybody = viewing(app, json!({})).await;
    assert_eq!(anybody.get("/schemas").await.body["data"], json!([]));
    anybody.get("/items/posts").await.expect_refusal(403, "FORBIDDEN");
    app.grant_public(json!({ "collection": "authors", "action": "read" })).await;
    assert_eq!(
        anybody.get("/items/authors").await.text,
        app.anonymous().get("/items/authors").await.text
    );
    let admin = app.admin();
    let administrators =
        admin.column("baasix_Role", "id", json!({ "filter": { "name": "administrator" } })).await;
    for body in [
        json!({ "user_Id": admin.user_id }),
        json!({ "role_Id": administrators[0] }),
        json!({ "user_Id": reader.user_id, "role_Id": role }),
        json!({ "user_Id": "nobody" }),
        json!({ "role_Id": "none" }),
    ] {
        let refused = admin.post("/permissions/view-as", body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{body}");
    }
    for person in [&reader, &app.anonymous()] {
        let refused = person.post("/permissions/view-as", json!({ "role_Id": role })).await;
        refused.expect_refusal(403, "FORBIDDEN");
    }
    // Who becomes an administrator is looked through no more.
    let viewer = viewing(app, json!({ "user_Id": reader.user_id })).await;
    let user = format!("/items/baasix_User/{}", reader.user_id.as_deref().expect("a key"));
    admin.patch(&user, json!({ "role_Id": administrators[0] })).await.expect_status(200);
    viewer.get("/items/posts").await.expect_refusal(403, "PERSONA_ENDED");
});

on_every_store!(no_more_than_a_handful_are_kept_of_one_viewer, async |app| {
    let (_, role) = world(app).await;
    let first = viewing(app, json!({ "role_Id": role })).await;
    first.get("/access/me").await.expect_status(200);
    for _ in 0..8 {
        opened(app, json!({ "role_Id": role })).await;
    }
    first.get("/access/me").await.expect_refusal(403, "PERSONA_ENDED");
    assert_eq!(app.admin().rows("baasix_Persona", json!({ "limit": -1 })).await.len(), 8);
    app.admin().get("/auth/me").await.expect_status(200);
});

on_every_store!(
    a_persona_of_a_tenant_sees_that_tenant,
    |config| {
        config.multi_tenant = true;
    },
    async |app| {
        let admin = app.admin();
        let key = json!({ "type": "Integer", "primaryKey": true });
        let notes = json!({ "fields": { "id": key, "text": { "type": "String" }, "tenant_Id": { "type": "UUID" } } });
        app.collection("notes", notes).await;
        let first = admin.create("baasix_Tenant", json!({ "name": "First" })).await;
        let second = admin.create("baasix_Tenant", json!({ "name": "Second" })).await;
        let role = admin.create("baasix_Role", json!({ "name": "reader" })).await;
        let row =
            json!({ "role_Id": role, "collection": "notes", "action": "read", "fields": ["*"] });
        admin.post("/permissions", row).await.expect_status(201);
        let ann = json!({ "email": "ann@example.com", "password": "a long password", "firstName": "Ann", "role_Id": role, "tenant_Id": first });
        let ann = admin.create("baasix_User", ann).await;
        for (id, tenant) in [(1, &first), (2, &second)] {
            let note = json!({ "id": id, "text": "x", "tenant_Id": tenant });
            admin.create("notes", note).await;
        }
        let as_ann = viewing(app, json!({ "user_Id": ann })).await;
        assert_eq!(as_ann.column("notes", "id", json!({})).await, [json!(1)]);
        // The header of the viewer leads its person nowhere else.
        let elsewhere = as_ann.with_header("x-tenant-id", second.as_str().expect("a key"));
        assert_eq!(elsewhere.column("notes", "id", json!({})).await, [json!(1)]);
        let of_role = viewing(app, json!({ "role_Id": role, "tenant_Id": second })).await;
        assert_eq!(of_role.column("notes", "id", json!({})).await, [json!(2)]);
        let refused = admin
            .post("/permissions/view-as", json!({ "user_Id": ann, "tenant_Id": second }))
            .await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
    }
);
