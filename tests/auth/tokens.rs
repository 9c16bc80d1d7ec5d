//! API tokens: what they open, and when they end.

use crate::harness::{App, EMAIL, Kind, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

/// A new token, and its record.
async fn made(owner: &Person, body: Json) -> (String, Json) {
    let answer = owner.post("/auth/tokens", body).await;
    let data = answer.expect_status(201).body["data"].clone();
    (data["token"].as_str().expect("a token").to_owned(), data)
}

async fn bearer(app: &App, owner: &Person, body: Json) -> Person {
    let (token, _) = made(owner, body).await;
    app.anonymous().with_token(&token)
}

/// The key of somebody.
fn key(person: &Person) -> String {
    person.user_id.clone().expect("a key")
}

async fn listed(owner: &Person) -> Vec<Json> {
    let answer = owner.get("/auth/tokens").await;
    serde_json::from_value(answer.expect_status(200).body["data"].clone()).expect("a list")
}

async fn notes(app: &App) {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.collection("words", json!({ "fields": { "text": { "type": "String" } } })).await;
    app.admin().create("notes", json!({ "title": "first" })).await;
}

fn all_of(collection: &str) -> [Json; 4] {
    ["create", "read", "update", "delete"]
        .map(|action| json!({ "collection": collection, "action": action, "fields": ["*"] }))
}

on_every_store!(a_token_is_told_once_and_kept_as_nothing_usable, async |app| {
    notes(app).await;
    let reader = app.with_grants("Reader", &all_of("notes")).await;
    let (token, record) = made(&reader, json!({ "name": " Nightly job " })).await;
    assert!(token.starts_with("bsx_") && token.len() == 47, "{token}");
    assert_eq!(record["prefix"], token[..12]);
    assert_eq!(record["name"], "Nightly job");
    let listed = listed(&reader).await;
    let mut told = record.clone();
    told.as_object_mut().expect("an object").remove("token");
    assert_eq!(listed, [told]);
    // The secret part of it is stored nowhere, not even for administrators to read.
    let rows = app.admin().rows("baasix_ApiToken", json!({ "fields": "*" })).await;
    assert_eq!(rows.len(), 1);
    assert!(!json!(rows).to_string().contains(&token[12..]), "{rows:?}");
    assert_eq!(rows[0].get("token"), None, "hidden");
    let history = app.admin().rows("baasix_AuditLog", json!({ "fields": "*", "limit": -1 })).await;
    assert!(!json!(history).to_string().contains(&token[12..]));
    let bearer = app.anonymous().with_token(&token);
    let me = bearer.get("/auth/me").await;
    assert_eq!(me.expect_status(200).body["role"]["name"], "Reader");
    bearer.post("/items/notes", json!({ "title": "by a program" })).await.expect_status(201);
    assert_eq!(bearer.rows("notes", json!({})).await.len(), 2);
    // It ends some day unless it is said otherwise.
    assert!(record["expiresAt"].as_str() > record["createdAt"].as_str(), "{record}");
    let (_, forever) = made(&reader, json!({ "name": "x", "expiresAt": null })).await;
    assert_eq!(forever["expiresAt"], Json::Null);
});

on_every_store!(a_scope_is_a_ceiling_for_everybody, async |app| {
    notes(app).await;
    let grants = [all_of("notes"), all_of("words")].concat();
    let reader = app.with_grants("Reader", &grants).await;
    for owner in [&reader, app.admin()] {
        let scopes = json!({ "name": "x", "scopes": ["read:*", "create:words"] });
        let bearer = bearer(app, owner, scopes).await;
        assert!(!bearer.rows("notes", json!({})).await.is_empty());
        bearer.post("/items/words", json!({ "text": "new" })).await.expect_status(201);
        bearer.post("/items/notes", json!({ "title": "n" })).await.expect_refusal(403, "FORBIDDEN");
        let word = bearer.rows("words", json!({})).await[0]["id"].clone();
        let word = format!("/items/words/{}", word.as_str().expect("a key"));
        bearer.patch(&word, json!({ "text": "o" })).await.expect_refusal(403, "FORBIDDEN");
        bearer.delete(&word).await.expect_refusal(403, "FORBIDDEN");
        // `*` is no collection of the system, and nothing is opened beside records.
        bearer.get("/items/baasix_User").await.expect_refusal(403, "FORBIDDEN");
        bearer.get("/items/baasix_ApiToken").await.expect_refusal(403, "FORBIDDEN");
        bearer.get("/permissions").await.expect_refusal(403, "FORBIDDEN");
        bearer.patch("/settings", json!({ "project_name": "x" })).await.expect_status(403);
        let schema = json!({ "collectionName": "more", "schema": { "fields": {} } });
        bearer.post("/schemas", schema).await.expect_refusal(403, "FORBIDDEN");
        let may = bearer.get("/access/me").await.expect_status(200).body["data"].clone();
        assert_eq!(may["role"]["administrator"], false, "{may}");
        assert_eq!(may["collections"]["baasix_User"], Json::Null, "{may}");
        // A filter does not reach where the scopes do not.
        let through = json!({ "filter": { "userCreated.email": { "isNotNull": true } } });
        let through = bearer.find("notes", through).await;
        assert!(through.status >= 400, "{}", through.text);
    }
    // A collection of the system by its name; the administrator's own rights go no further.
    let people = json!({ "name": "x", "scopes": ["read:baasix_User"] });
    let people = bearer(app, app.admin(), people).await;
    let rows = people.rows("baasix_User", json!({ "fields": ["email"] })).await;
    assert!(rows.iter().any(|row| row["email"] == EMAIL), "{rows:?}");
    people.get("/items/notes").await.expect_refusal(403, "FORBIDDEN");
    let roles = people.get("/items/baasix_User?fields=email,userRoles.role.name").await;
    assert!(roles.text.contains(EMAIL) && !roles.text.contains("userRoles"), "{}", roles.text);
    let id = key(app.admin());
    people
        .patch(&format!("/items/baasix_User/{id}"), json!({ "firstName": "x" }))
        .await
        .expect_refusal(403, "FORBIDDEN");
    // An administrator's token that may write people makes no administrator of anybody.
    let raising = json!({ "name": "x", "scopes": ["*:baasix_User", "*:baasix_UserRole"] });
    let raising = bearer(app, app.admin(), raising).await;
    let roles = app.admin().rows("baasix_Role", json!({ "filter": { "name": "administrator" } }));
    let administrator = roles.await[0]["id"].clone();
    let give = json!({ "user_Id": reader.user_id, "role_Id": administrator });
    raising.post("/items/baasix_UserRole", give).await.expect_refusal(403, "FORBIDDEN");
    let password = json!({ "password": "another secret" });
    let owner = format!("/items/baasix_User/{id}");
    raising.patch(&owner, password).await.expect_refusal(403, "FIELD_FORBIDDEN");
});

on_every_store!(the_imports_of_a_person_are_within_the_scopes_of_a_token, async |app| {
    notes(app).await;
    let grants = [all_of("notes"), all_of("words")].concat();
    let reader = app.with_grants("Reader", &grants).await;
    let into = |collection: &str| {
        let part = reqwest::multipart::Part::text("text\nfirst\n").file_name("words.csv");
        let form = reqwest::multipart::Form::new().text("collection", collection.to_owned());
        form.part("file", part)
    };
    let job = reader.post_form("/imports", into("words")).await;
    let job = format!("/imports/{}", job.body["data"]["id"].as_str().expect("an id"));
    let within = bearer(app, &reader, json!({ "name": "x", "scopes": ["*:words"] })).await;
    let outside = bearer(app, &reader, json!({ "name": "x", "scopes": ["*:notes"] })).await;
    within.get(&job).await.expect_status(200);
    assert!(outside.get(&job).await.status >= 403);
    assert!(outside.get(&format!("{job}/rejects")).await.status >= 403);
    assert_eq!(outside.get("/imports").await.body["data"], json!([]));
    assert_eq!(within.get("/imports").await.body["data"].as_array().map(Vec::len), Some(1));
    assert!(outside.post_form("/imports", into("words")).await.status >= 403);
});

on_every_store!(what_a_scope_allows_follows_the_role_at_once, async |app| {
    notes(app).await;
    let reader = app.with_grants("Reader", &all_of("notes")[1..2]).await;
    let bearer = bearer(app, &reader, json!({ "name": "x", "scopes": ["*:notes"] })).await;
    bearer.get("/items/notes").await.expect_status(200);
    bearer.post("/items/notes", json!({ "title": "n" })).await.expect_refusal(403, "FORBIDDEN");
    let roles = app.admin().rows("baasix_Role", json!({ "filter": { "name": "Reader" } }));
    let role = roles.await[0]["id"].clone();
    let mut grant = all_of("notes")[0].clone();
    grant["role_Id"] = role;
    app.admin().post("/permissions", grant).await.expect_status(201);
    bearer.post("/items/notes", json!({ "title": "n" })).await.expect_status(201);
    // A collection that is new is within `*` of an administrator's token from then on.
    let all = json!({ "name": "x", "scopes": ["read:*"] });
    let all = self::bearer(app, app.admin(), all).await;
    all.get("/items/later").await.expect_refusal(403, "FORBIDDEN");
    app.collection("later", json!({ "fields": { "at": { "type": "String" } } })).await;
    all.get("/items/later").await.expect_status(200);
});

on_every_store!(a_token_ends_with_its_owner_its_role_or_its_word_at_once, async |app| {
    let reader = app.with_grants("Reader", &[]).await;
    let alive = async |bearer: &Person| bearer.get("/auth/check").await.status;
    let (token, record) = made(&reader, json!({ "name": "x" })).await;
    let first = app.anonymous().with_token(&token);
    assert_eq!(alive(&first).await, 200);
    // Nobody else's, and nobody learns of it.
    let other = app.with_grants("Other", &[]).await;
    let path = format!("/auth/tokens/{}", record["id"].as_str().expect("a key"));
    other.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    other.delete("/auth/tokens/none").await.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(alive(&first).await, 200);
    reader.delete(&path).await.expect_status(200);
    assert_eq!(alive(&first).await, 401);
    first.get("/auth/me").await.expect_refusal(401, "SESSION_REVOKED");
    reader.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    // An administrator finds and ends anybody's.
    let second = bearer(app, &reader, json!({ "name": "y" })).await;
    let theirs = app.admin().get(&format!("/auth/tokens?userId={}", key(&reader))).await;
    let theirs = theirs.expect_status(200).body["data"].clone();
    assert_eq!((theirs.as_array().map(Vec::len), &theirs[0]["name"]), (Some(1), &json!("y")));
    let theirs = theirs[0]["id"].as_str().expect("a key").to_owned();
    let mine = app.admin().get("/auth/tokens").await;
    assert_eq!(mine.body["data"], json!([]));
    let others = format!("/auth/tokens?userId={}", key(app.admin()));
    reader.get(&others).await.expect_refusal(403, "FORBIDDEN");
    assert_eq!(alive(&second).await, 200);
    app.admin().delete(&format!("/auth/tokens/{theirs}")).await.expect_status(200);
    assert_eq!(alive(&second).await, 401);
    // With the role that it is held to, and with the account.
    let roles = app.admin().rows("baasix_Role", json!({ "filter": { "name": "Reader" } })).await;
    let role = roles[0]["id"].clone();
    let held = bearer(app, &reader, json!({ "name": "z", "role_Id": role })).await;
    let free = bearer(app, &reader, json!({ "name": "z" })).await;
    let user = format!("/items/baasix_User/{}", key(&reader));
    let more = app.admin().create("baasix_Role", json!({ "name": "More" })).await;
    app.admin().patch(&user, json!({ "role_Id": more })).await.expect_status(200);
    assert_eq!((alive(&held).await, alive(&free).await), (401, 200));
    app.admin().patch(&user, json!({ "status": "suspended" })).await.expect_status(200);
    assert_eq!(alive(&free).await, 401);
    app.admin().patch(&user, json!({ "status": "active" })).await.expect_status(200);
    assert_eq!(alive(&free).await, 200);
    app.admin().delete(&user).await.expect_status(200);
    assert_eq!(alive(&free).await, 401);
});

on_every_store!(a_token_keeps_no_accounts, async |app| {
    let admin = bearer(app, app.admin(), json!({ "name": "x" })).await;
    admin.get("/permissions").await.expect_status(200);
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another secret" });
    let set = json!({ "userId": app.admin().user_id, "password": "another secret" });
    let tenant = json!({ "tenant_Id": app.admin().user_id });
    for (path, body) in [
        ("/auth/password/change", change),
        ("/auth/admin/change-password", set),
        ("/auth/tokens", json!({ "name": "y" })),
        ("/auth/switch-tenant", tenant),
    ] {
        admin.post(path, body).await.expect_refusal(403, "TOKEN_SCOPE");
    }
    for path in ["/auth/sessions", "/auth/tokens"] {
        admin.get(path).await.expect_refusal(403, "TOKEN_SCOPE");
    }
    admin.delete("/auth/sessions").await.expect_refusal(403, "TOKEN_SCOPE");
    admin.delete("/auth/tokens/none").await.expect_refusal(403, "TOKEN_SCOPE");
    // It opens no session either, and signing out ends nothing.
    admin.post("/auth/refresh", json!({})).await.expect_refusal(401, "REFRESH_INVALID");
    admin.post("/auth/logout", json!({})).await.expect_status(200);
    admin.get("/auth/check").await.expect_status(200);
    // Nobody makes one up as a record.
    let own = json!({ "name": "x", "token": "t", "user_Id": app.admin().user_id });
    let made_up = app.admin().post("/items/baasix_ApiToken", own).await;
    made_up.expect_refusal(403, "FORBIDDEN");
    assert!(made_up.message().contains("POST /auth/tokens"), "{}", made_up.text);
    let rows = app.admin().rows("baasix_ApiToken", json!({})).await;
    let row = format!("/items/baasix_ApiToken/{}", rows[0]["id"].as_str().expect("a key"));
    let longer = json!({ "expiresAt": null });
    app.admin().patch(&row, longer).await.expect_refusal(403, "FORBIDDEN");
    // Ending one there is ending it.
    app.admin().delete(&row).await.expect_status(200);
    admin.get("/auth/check").await.expect_status(401);
});

on_every_store!(a_token_that_asks_for_what_cannot_be_is_refused, async |app| {
    notes(app).await;
    let reader = app.with_grants("Reader", &all_of("notes")).await;
    let roles = app.admin().rows("baasix_Role", json!({ "filter": { "name": "administrator" } }));
    let administrator = roles.await[0]["id"].clone();
    let nobody = "00000000-0000-4000-8000-00000000beef";
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "  " }), "name"),
        (json!({ "name": 1 }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "name": "x", "scopes": [] }), "scopes"),
        (json!({ "name": "x", "scopes": "read:*" }), "scopes"),
        (json!({ "name": "x", "scopes": [1] }), "scopes"),
        (json!({ "name": "x", "scopes": ["look:notes"] }), "scopes"),
        // What is there and may not be used, and what is not there, are one answer.
        (json!({ "name": "x", "scopes": ["read:words"] }), "scopes"),
        (json!({ "name": "x", "scopes": ["read:nothing"] }), "scopes"),
        (json!({ "name": "x", "expiresAt": "soon" }), "expiresAt"),
        (json!({ "name": "x", "expiresAt": "2020-01-01T00:00:00Z" }), "expiresAt"),
        (json!({ "name": "x", "expires": "2090-01-01T00:00:00Z" }), "expires"),
        (json!({ "name": "x", "role_Id": administrator }), "role_Id"),
        (json!({ "name": "x", "role_Id": "no key" }), "role_Id"),
    ] {
        let answer = reader.post("/auth/tokens", body.clone()).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert!(answer.text.contains(field), "{body}: {}", answer.text);
    }
    let other = json!({ "name": "x", "userId": app.admin().user_id });
    reader.post("/auth/tokens", other).await.expect_refusal(403, "FORBIDDEN");
    let unknown = json!({ "name": "x", "userId": nobody });
    app.admin().post("/auth/tokens", unknown).await.expect_refusal(400, "VALIDATION_ERROR");
    let tenant = json!({ "name": "x", "tenant_Id": nobody });
    reader.post("/auth/tokens", tenant).await.expect_refusal(403, "TENANT_ACCESS_DENIED");
    app.anonymous()
        .post("/auth/tokens", json!({ "name": "x" }))
        .await
        .expect_refusal(401, "UNAUTHENTICATED");
    // An administrator makes one for somebody else, who may do no more by it.
    let theirs = json!({ "name": "theirs", "userId": key(&reader).to_uppercase() });
    let theirs = bearer(app, app.admin(), theirs).await;
    assert_eq!(theirs.get("/auth/me").await.body["user"]["id"], json!(key(&reader)));
    theirs.get("/permissions").await.expect_refusal(403, "FORBIDDEN");
    // As many as an account may have.
    for _ in 1..100 {
        made(&reader, json!({ "name": "x" })).await;
    }
    let one_more = reader.post("/auth/tokens", json!({ "name": "x" })).await;
    one_more.expect_refusal(400, "VALIDATION_ERROR");
    assert!(one_more.text.contains("100"), "{}", one_more.text);
    assert_eq!(listed(&reader).await.len(), 100);
});

on_every_store!(a_used_token_costs_no_statement_of_its_own, async |app| {
    notes(app).await;
    let reader = app.with_grants("Reader", &all_of("notes")).await;
    let by_token = bearer(app, &reader, json!({ "name": "x", "scopes": ["*:notes"] })).await;
    // The first use is read and noted.
    by_token.get("/items/notes").await.expect_status(200);
    let noted = async || {
        for _ in 0..200 {
            if listed(&reader).await[0]["lastUsedAt"].is_string() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the use is not noted");
    };
    noted().await;
    let session = app.cost(async |_| drop(reader.get("/items/notes").await)).await;
    let token = app.cost(async |_| drop(by_token.get("/items/notes").await)).await;
    assert_eq!(token, session);
});

on_every_store!(a_sign_in_costs_nobody_else_a_statement, async |app| {
    notes(app).await;
    let reader = app.with_grants("Reader", &all_of("notes")).await;
    reader.get("/items/notes").await.expect_status(200);
    let alone = app.cost(async |_| drop(reader.get("/items/notes").await)).await;
    let mut least = u64::MAX;
    // What else the server does in its own time is asked away by asking some times.
    for _ in 0..5 {
        app.anonymous().signed_in(EMAIL, PASSWORD).await;
        made(app.admin(), json!({ "name": "x" })).await;
        let before = app.statements().await;
        reader.get("/items/notes").await.expect_status(200);
        let asked = app.statements().await;
        least = least.min(asked - before);
    }
    let before = app.statements().await;
    let of_asking = app.statements().await - before;
    assert_eq!(least - of_asking, alone);
});

/// Two tenants with a collection of theirs, and Ann who works in both.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_in_the_tenant_that_it_was_made_in() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if kind == Kind::Postgres && App::postgres_is_missing() {
            continue;
        }
        let app = App::start_with(kind, |config| config.multi_tenant = true).await;
        let admin = app.admin();
        let fields =
            json!({ "fields": { "title": { "type": "String" }, "tenant_Id": { "type": "UUID" } } });
        app.collection("posts", fields).await;
        let first = admin.create("baasix_Tenant", json!({ "name": "First" })).await;
        let second = admin.create("baasix_Tenant", json!({ "name": "Second" })).await;
        let third = admin.create("baasix_Tenant", json!({ "name": "Third" })).await;
        let role = admin.create("baasix_Role", json!({ "name": "writer" })).await;
        for mut grant in all_of("posts") {
            grant["role_Id"] = role.clone();
            admin.post("/permissions", grant).await.expect_status(201);
        }
        let ann = json!({ "email": "ann@example.com", "password": PASSWORD, "firstName": "Ann", "role_Id": role, "tenant_Id": first });
        let ann = admin.create("baasix_User", ann).await;
        let more = json!({ "user_Id": ann, "role_Id": role, "tenant_Id": second });
        admin.create("baasix_UserRole", more).await;
        for tenant in [&first, &second] {
            admin.create("posts", json!({ "title": "t", "tenant_Id": tenant })).await;
        }
        let login = json!({ "email": "ann@example.com", "password": PASSWORD, "tenant_Id": first });
        let token = app.anonymous().post("/auth/login", login).await.body["token"].clone();
        let ann = app.anonymous().with_token(token.as_str().expect("a token"));
        let seen = async |person: &Person| {
            let rows = person.rows("posts", json!({ "fields": ["tenant_Id"] })).await;
            rows.iter().map(|row| row["tenant_Id"].clone()).collect::<Vec<_>>()
        };
        // That of the session, unless another of one's own is named; no header goes elsewhere.
        let here = bearer(&app, &ann, json!({ "name": "x" })).await;
        assert_eq!(json!(seen(&here).await), json!([first]));
        let there = json!({ "name": "x", "tenant_Id": second, "scopes": ["*:posts"] });
        let there = bearer(&app, &ann, there).await;
        assert_eq!(json!(seen(&there).await), json!([second]));
        let header = there.with_header("x-tenant-id", first.as_str().expect("a key"));
        assert_eq!(json!(seen(&header).await), json!([second]));
        let made = there.create("posts", json!({ "title": "new" })).await;
        assert_eq!(admin.one("posts", &made).await["tenant_Id"], second);
        let elsewhere = json!({ "name": "x", "tenant_Id": third });
        let elsewhere = ann.post("/auth/tokens", elsewhere).await;
        elsewhere.expect_refusal(403, "TENANT_ACCESS_DENIED");
        // An administrator's with scopes goes where administrators go.
        let all = json!({ "name": "x", "scopes": ["read:posts"] });
        let all = bearer(&app, admin, all).await;
        assert_eq!(seen(&all).await.len(), 3);
        let held = all.with_header("x-tenant-id", first.as_str().expect("a key"));
        assert_eq!(json!(seen(&held).await), json!([first]));
        app.stop().await;
    }
}
