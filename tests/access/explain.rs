//! Why somebody may or may not touch a record: the verdict is what the record answers, and every
//! clause of it is told with its truth.

use crate::auth::secrets::stored;
use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

/// Posts of two authors with comments, and a person `reader@example.com` whose role the rules are of.
pub(super) async fn world(app: &App) -> (Person, Json) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let text = json!({ "type": "String" });
    let number = json!({ "type": "Integer" });
    app.collection("authors", json!({ "fields": { "id": key, "name": text } })).await;
    let posts = json!({ "fields": { "id": key, "title": text, "state": text, "rank": number, "owner_Id": { "type": "UUID" }, "tags": { "type": "Array_String" } } });
    app.collection("posts", posts).await;
    app.collection("comments", json!({ "fields": { "id": key, "text": text } })).await;
    let author = json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" });
    app.relation("posts", author).await;
    let post = json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "comments" });
    app.relation("comments", post).await;
    let reader = app.with_grants("Reader", &[]).await;
    let admin = app.admin();
    for (id, name) in [(1, "Ada"), (2, "Bob")] {
        admin.create("authors", json!({ "id": id, "name": name })).await;
    }
    for (id, state, rank, author, owner) in [
        (1, json!("open"), json!(3), json!(1), json!(reader.user_id)),
        (2, json!("closed"), json!(null), json!(2), json!(null)),
        (3, json!(null), json!(7), json!(null), json!(reader.user_id)),
    ] {
        let post = json!({ "id": id, "title": format!("t{id}"), "state": state, "rank": rank, "author_Id": author, "owner_Id": owner, "tags": ["a"] });
        admin.create("posts", post).await;
    }
    for (id, post, text) in [(1, 1, "good"), (2, 1, "bad"), (3, 2, "bad")] {
        admin.create("comments", json!({ "id": id, "post_Id": post, "text": text })).await;
    }
    let roles = json!({ "filter": { "name": "Reader" } });
    let role = admin.column("baasix_Role", "id", roles).await[0].clone();
    (reader, role)
}

async fn explained(app: &App, body: Json) -> Json {
    let told = app.admin().post("/permissions/explain", body).await;
    told.expect_status(200).body["data"].clone()
}

/// Gives the role one permission instead of the one it has for this action.
pub(super) async fn rule(app: &App, role: &Json, action: &str, conditions: Json) {
    let filter = json!({ "filter": { "role_Id": role, "collection": "posts", "action": action } });
    for id in app.admin().column("baasix_Permission", "id", filter).await {
        let path = format!("/permissions/{}", id.as_str().expect("a key"));
        app.admin().delete(&path).await.expect_status(204);
    }
    let row = json!({ "role_Id": role, "collection": "posts", "action": action, "fields": ["id", "title"], "conditions": conditions });
    app.admin().post("/permissions", row).await.expect_status(201);
}

on_every_store!(a_verdict_is_what_the_record_answers, async |app| {
    let (reader, role) = world(app).await;
    let me = "$CURRENT_USER";
    let mut both = [0, 0];
    for conditions in [
        json!({}),
        json!({ "state": { "eq": "open" } }),
        json!({ "state": { "ne": "open" } }),
        json!({ "state": { "in": ["open", "closed"] } }),
        json!({ "state": { "isNull": true } }),
        json!({ "rank": { "gt": 3 } }),
        json!({ "rank": { "between": [1, 5] } }),
        json!({ "title": { "iLike": "%2" } }),
        json!({ "tags": { "arraycontains": ["a"] } }),
        json!({ "owner_Id": { "eq": me } }),
        json!({ "author.name": { "eq": "Ada" } }),
        json!({ "author.name": { "ne": "Ada" } }),
        json!({ "author_Id": { "isNull": true } }),
        json!({ "comments.text": { "eq": "good" } }),
        json!({ "comments.text": { "ne": "bad" } }),
        json!({ "OR": [{ "state": { "eq": "closed" } }, { "owner_Id": { "eq": me } }] }),
        json!({ "NOT": { "rank": { "gt": 3 } } }),
        json!({ "AND": [{ "rank": { "gte": 3 } }, { "owner_Id": { "eq": me } }], "state": { "eq": "open" } }),
        json!({ "OR": [] }),
    ] {
        rule(app, &role, "read", conditions.clone()).await;
        for id in [1, 2, 3] {
            let seen = reader.get(&format!("/items/posts/{id}")).await.status == 200;
            let body = json!({ "user_Id": reader.user_id, "collection": "posts", "id": id });
            let told = explained(app, body).await;
            assert_eq!(told["allowed"], seen, "{conditions} {id}: {told}");
            both[usize::from(seen)] += 1;
            let because = if seen { "granted" } else { "conditions" };
            assert_eq!(told["because"], because, "{told}");
            // The verdict is that every clause holds.
            let clauses = told["clauses"].as_array().expect("a list");
            let all = clauses.iter().all(|clause| clause["holds"] == true);
            assert_eq!(all, seen, "{conditions} {id}: {told}");
        }
    }
    assert!(both.iter().all(|count| *count > 15), "{both:?}");
});

on_every_store!(each_clause_is_told_with_its_truth_and_what_the_record_has, async |app| {
    let (reader, role) = world(app).await;
    let conditions = json!({ "AND": [
        { "rank": { "gt": 3 } },
        { "owner_Id": { "eq": "$CURRENT_USER" } },
        { "author.name": { "eq": "Bob" } },
        { "OR": [{ "state": { "eq": "open" } }, { "comments.text": { "eq": "bad" } }] },
    ] });
    rule(app, &role, "read", conditions).await;
    let ask = json!({ "user_Id": reader.user_id, "collection": "posts", "id": 2 });
    let told = explained(app, ask).await;
    let clauses: Vec<Json> = told["clauses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|clause| json!([clause["from"], clause["filter"], clause["holds"], clause["values"]]))
        .collect();
    let permission = "permission";
    assert_eq!(
        json!(clauses),
        json!([
            [permission, { "rank": { "gt": 3 } }, null, { "rank": null }],
            [permission, { "owner_Id": { "eq": "$CURRENT_USER" } }, null, { "owner_Id": null }],
            [permission, { "author.name": { "eq": "Bob" } }, true, { "author.name": "Bob" }],
            [permission, { "OR": [{ "state": { "eq": "open" } }, { "comments.text": { "eq": "bad" } }] }, true, { "state": "closed", "comments.text": ["bad"] }],
        ])
    );
    assert_eq!(told["role"]["name"], "Reader");
    assert_eq!(told["permission"]["role_Id"], role);
    let field = |name: &str| {
        let fields = told["fields"].as_array().expect("a list");
        fields.iter().find(|field| field["name"] == name).map(|field| field["allowed"].clone())
    };
    assert_eq!(
        (field("id"), field("title"), field("rank")),
        (Some(json!(true)), Some(json!(true)), Some(json!(false)))
    );
});

on_every_store!(what_is_missing_broken_or_absent_is_told_apart, async |app| {
    let (reader, role) = world(app).await;
    let of = |id: Json| json!({ "user_Id": reader.user_id, "collection": "posts", "id": id });
    let because = async |body: Json| explained(app, body).await["because"].clone();
    assert_eq!(because(of(json!(1))).await, "noPermission");
    let anybody = json!({ "collection": "posts", "id": 1 });
    assert_eq!(because(anybody.clone()).await, "noPermission");
    app.grant_public(json!({ "collection": "posts", "action": "read" })).await;
    assert_eq!(because(anybody).await, "granted");
    rule(app, &role, "read", json!({ "state": { "eq": "open" } })).await;
    assert_eq!(because(of(json!(99))).await, "absent");
    let by_role = json!({ "role_Id": role, "collection": "posts", "id": 1 });
    assert_eq!(because(by_role).await, "granted");
    let owner = app.admin().user_id.clone();
    let body = json!({ "user_Id": owner, "collection": "posts", "id": 1 });
    assert_eq!(because(body).await, "administrator");
    // What names something that is gone denies, and says so.
    let gone = r#"UPDATE "baasix_Permission" SET "conditions" = '{"gone":{"eq":1}}' WHERE "collection" = 'posts' AND "fields" IS NOT NULL RETURNING "collection""#;
    assert!(!stored(app, gone).await.is_empty());
    app.admin().post("/permissions/reload", json!({})).await.expect_status(200);
    assert_eq!(because(of(json!(1))).await, "broken");
});

on_every_store!(a_change_and_a_removal_are_explained_by_their_own_permissions, async |app| {
    let (reader, role) = world(app).await;
    rule(app, &role, "update", json!({ "owner_Id": { "eq": "$CURRENT_USER" } })).await;
    rule(app, &role, "delete", json!({ "state": { "eq": "closed" } })).await;
    for (action, id, allowed) in
        [("update", 1, true), ("update", 2, false), ("delete", 1, false), ("delete", 2, true)]
    {
        let body =
            json!({ "user_Id": reader.user_id, "collection": "posts", "action": action, "id": id });
        let told = explained(app, body).await;
        assert_eq!(told["allowed"], allowed, "{action} {id}: {told}");
        assert_eq!(told["clauses"].as_array().map(Vec::len), Some(1), "{told}");
        let path = format!("/items/posts/{id}");
        let done = match action {
            "update" => reader.patch(&path, json!({ "title": "new" })).await,
            _ => reader.delete(&path).await,
        };
        assert_eq!(done.status == 200, allowed, "{action} {id}: {}", done.text);
    }
});

on_every_store!(
    in_a_tenant_its_demand_is_told_too,
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
        let row = json!({ "role_Id": role, "collection": "notes", "action": "read", "conditions": { "text": { "eq": "x" } } });
        admin.post("/permissions", row).await.expect_status(201);
        let ann = json!({ "email": "ann@example.com", "password": "a long password", "firstName": "Ann", "role_Id": role, "tenant_Id": first });
        let ann = admin.create("baasix_User", ann).await;
        for (id, tenant) in [(1, &first), (2, &second)] {
            let note = json!({ "id": id, "text": "x", "tenant_Id": tenant });
            admin.create("notes", note).await;
        }
        for (id, allowed) in [(1, true), (2, false)] {
            let body = json!({ "user_Id": ann, "collection": "notes", "id": id });
            let told = explained(app, body).await;
            assert_eq!((&told["allowed"], &told["tenant"]), (&json!(allowed), &first), "{told}");
            let truths: Vec<Json> = told["clauses"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|clause| json!([clause["from"], clause["holds"]]))
                .collect();
            assert_eq!(json!(truths), json!([["permission", true], ["tenant", allowed]]));
        }
        let nobody = json!({ "role_Id": role, "collection": "notes", "id": 1 });
        assert_eq!(explained(app, nobody).await["because"], "noTenant");
        let inside = json!({ "role_Id": role, "collection": "notes", "id": 1, "tenant_Id": first });
        assert_eq!(explained(app, inside).await["because"], "granted");
        let elsewhere =
            json!({ "user_Id": ann, "tenant_Id": second, "collection": "notes", "id": 1 });
        let refused = admin.post("/permissions/explain", elsewhere).await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
    }
);

on_every_store!(explanations_are_for_administrators_and_hide_what_is_hidden, async |app| {
    let (reader, role) = world(app).await;
    let body = json!({ "user_Id": reader.user_id, "collection": "posts", "id": 1 });
    for person in [&reader, &app.anonymous()] {
        let refused = person.post("/permissions/explain", body.clone()).await;
        refused.expect_refusal(403, "FORBIDDEN");
    }
    // A path to what is hidden from everybody is told without what lies there.
    let conditions = json!({ "user.accounts.password": { "isNotNull": true } });
    let row = json!({ "role_Id": role, "collection": "baasix_Sessions", "action": "read", "fields": ["id"], "conditions": conditions });
    let saved = app.admin().post("/permissions", row).await;
    if saved.status == 201 {
        let session = app.admin().column("baasix_Sessions", "id", json!({})).await[0].clone();
        let ask =
            json!({ "user_Id": reader.user_id, "collection": "baasix_Sessions", "id": session });
        let told = explained(app, ask).await;
        assert!(!told.to_string().contains("argon2"), "{told}");
        assert_eq!(told["clauses"][0]["values"], json!({}));
    }
    let fields = explained(
        app,
        json!({ "role_Id": role, "collection": "baasix_User", "id": reader.user_id }),
    )
    .await;
    assert!(!fields["fields"].to_string().contains("password"), "{fields}");
    for (body, status, code) in [
        (json!({ "collection": "posts" }), 400, "VALIDATION_ERROR"),
        (json!({ "id": 1 }), 400, "VALIDATION_ERROR"),
        (json!({ "collection": "posts", "id": [1] }), 400, "VALIDATION_ERROR"),
        (json!({ "collection": "posts", "id": 1, "action": "fly" }), 400, "VALIDATION_ERROR"),
        (json!({ "collection": "posts", "id": "x" }), 400, "INVALID_ID"),
        (json!({ "collection": "nowhere", "id": 1 }), 404, "COLLECTION_NOT_FOUND"),
        (json!({ "collection": "posts", "id": 1, "user_Id": "nobody" }), 400, "VALIDATION_ERROR"),
        (json!({ "collection": "posts", "id": 1, "role_Id": "none" }), 400, "VALIDATION_ERROR"),
        (
            json!({ "collection": "posts", "id": 1, "role_Id": role, "user_Id": role }),
            400,
            "VALIDATION_ERROR",
        ),
        (
            json!({ "collection": "baasix_User", "id": role, "action": "update" }),
            400,
            "VALIDATION_ERROR",
        ),
    ] {
        let refused = app.admin().post("/permissions/explain", body.clone()).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{body}: {}", refused.text);
    }
});
