//! What a change of permissions would do: what is told before it is made is what is so afterwards.

use super::explain::{rule, world};
use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

async fn foretold(app: &App, body: Json) -> Json {
    let answer = app.admin().post("/permissions/impact", body).await;
    answer.expect_status(200).body["data"].clone()
}

/// The keys of posts that this person reads.
async fn seen(person: &Person) -> Vec<Json> {
    let answer = person.get("/items/posts?fields=id&sort=id&limit=-1").await;
    match answer.status {
        200 => answer.body["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| row["id"].clone())
            .collect(),
        403 => Vec::new(),
        other => panic!("{other}: {}", answer.body),
    }
}

fn keys(rows: &Json) -> Vec<Json> {
    rows.as_array().expect("a list").iter().map(|row| row["id"].clone()).collect()
}

on_every_store!(what_is_foretold_of_records_is_what_is_read_afterwards, async |app| {
    let (reader, role) = world(app).await;
    let ways = [
        json!({}),
        json!({ "state": { "eq": "open" } }),
        json!({ "state": { "ne": "open" } }),
        json!({ "state": { "isNull": true } }),
        json!({ "rank": { "gt": 3 } }),
        json!({ "owner_Id": { "eq": "$CURRENT_USER" } }),
        json!({ "author.name": { "eq": "Bob" } }),
        // Both about comments: of each the far record is its own.
        json!({ "comments.text": { "eq": "good" } }),
        json!({ "comments.text": { "eq": "bad" } }),
        json!({ "NOT": { "rank": { "gt": 3 } } }),
        json!({ "OR": [] }),
    ];
    let mut turned = 0;
    for (at, now) in ways.iter().enumerate() {
        rule(app, &role, "read", now.clone()).await;
        let before = seen(&reader).await;
        let mut told = Vec::new();
        for then in &ways {
            let permission = json!({ "fields": ["id", "title"], "conditions": then });
            let change = json!({ "role_Id": role, "collection": "posts", "action": "read", "permission": permission });
            let body = json!({ "user_Id": reader.user_id, "changes": [change] });
            told.push(foretold(app, body).await[0]["records"].clone());
        }
        // Nothing was changed by asking.
        assert_eq!(seen(&reader).await, before);
        // A few are walked to their end: each is the next one's beginning.
        let next = (at + 4) % ways.len();
        rule(app, &role, "read", ways[next].clone()).await;
        let after = seen(&reader).await;
        let gained: Vec<Json> = after.iter().filter(|key| !before.contains(key)).cloned().collect();
        let lost: Vec<Json> = before.iter().filter(|key| !after.contains(key)).cloned().collect();
        turned += gained.len() + lost.len();
        let told = &told[next];
        assert_eq!(
            json!([told["before"], told["after"], told["gained"], told["lost"]]),
            json!([before.len(), after.len(), gained.len(), lost.len()]),
            "{now} to {}",
            ways[next]
        );
        assert_eq!((keys(&told["gainedSample"]), keys(&told["lostSample"])), (gained, lost));
    }
    assert!(turned > 10, "{turned}");
});

on_every_store!(a_permission_that_is_given_or_taken_away_is_told_whole, async |app| {
    let (_, role) = world(app).await;
    rule(app, &role, "read", json!({ "state": { "eq": "open" } })).await;
    let of = |collection: &str, action: &str, permission: Json| json!({ "role_Id": role, "collection": collection, "action": action, "permission": permission });
    let told = foretold(
        app,
        json!({ "changes": [
            of("posts", "read", Json::Null),
            of("comments", "read", json!({ "fields": ["*"] })),
            of("posts", "update", json!({ "fields": ["title"], "conditions": { "rank": { "isNotNull": true } } })),
            of("posts", "create", json!({ "fields": ["title", "state"] })),
            of("baasix_Role", "delete", json!({ "fields": ["*"] })),
        ] }),
    )
    .await;
    let counts = |at: usize| {
        let records = &told[at]["records"];
        json!([records["before"], records["after"], records["gained"], records["lost"]])
    };
    assert_eq!(counts(0), json!([1, 0, 0, 1]));
    assert_eq!(told[0]["records"]["lostSample"][0]["title"], "t1", "{}", told[0]);
    assert_eq!(told[0]["fieldsLost"], json!(["id", "title"]));
    assert_eq!(counts(1), json!([0, 3, 3, 0]));
    assert_eq!(told[1]["fieldsGained"].as_array().map(Vec::len), Some(5), "{}", told[1]);
    assert_eq!(counts(2), json!([0, 2, 2, 0]));
    assert_eq!(told[2]["fieldsGained"], json!(["title"]));
    assert_eq!(
        (&told[3]["records"], &told[3]["fieldsGained"]),
        (&Json::Null, &json!(["title", "state"]))
    );
    assert_eq!(told[4]["records"], Json::Null, "who removes roles is bound by rank, too");
    assert_eq!(told[0]["role"], json!({ "id": role, "name": "Reader" }));
});

on_every_store!(changes_of_one_role_are_judged_together, async |app| {
    let (reader, role) = world(app).await;
    rule(app, &role, "read", json!({ "author.name": { "eq": "Ada" } })).await;
    // The condition of one collection is asked of another; a second change of the same role is not
    // what the first one is compared with.
    let of = |action: &str, conditions: Json| json!({ "role_Id": role, "collection": "posts", "action": action, "permission": { "fields": ["id"], "conditions": conditions } });
    let changes = json!([of("read", json!({})), of("delete", json!({ "rank": { "gt": 100 } }))]);
    let told = foretold(app, json!({ "user_Id": reader.user_id, "changes": changes })).await;
    assert_eq!(
        (&told[0]["records"]["before"], &told[0]["records"]["after"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(told[0]["fieldsLost"], json!(["title"]));
    assert_eq!(told[1]["records"]["gained"], 0);
});

on_every_store!(of_nobody_in_particular_own_records_are_none, async |app| {
    let (reader, role) = world(app).await;
    let conditions = json!({ "owner_Id": { "eq": "$CURRENT_USER" } });
    let change = json!({ "role_Id": role, "collection": "posts", "action": "read", "permission": { "fields": ["*"], "conditions": conditions } });
    let of_role = foretold(app, json!({ "changes": [change] })).await;
    assert_eq!(of_role[0]["records"]["after"], 0);
    let of_reader = foretold(app, json!({ "changes": [change], "user_Id": reader.user_id })).await;
    assert_eq!(of_reader[0]["records"]["after"], 2);
    // The public role is whoever is not signed in.
    let public =
        app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "public" } })).await;
    let change = json!({ "role_Id": public[0], "collection": "posts", "action": "read", "permission": { "fields": ["*"] } });
    let told = foretold(app, json!({ "changes": [change] })).await;
    assert_eq!(told[0]["records"]["gained"], 3);
});

on_every_store!(a_change_that_would_be_refused_is_refused, async |app| {
    let (reader, role) = world(app).await;
    let of = |more: Json| {
        let mut change = json!({ "role_Id": role, "collection": "posts", "action": "read", "permission": { "fields": ["*"] } });
        for (name, value) in more.as_object().expect("an object") {
            change[name] = value.clone();
        }
        json!({ "changes": [change] })
    };
    let admin = app.admin();
    let administrators =
        admin.column("baasix_Role", "id", json!({ "filter": { "name": "administrator" } })).await;
    for (body, status, code) in [
        (json!({}), 400, "VALIDATION_ERROR"),
        (json!({ "changes": [] }), 400, "VALIDATION_ERROR"),
        (of(json!({ "permission": "all" })), 400, "VALIDATION_ERROR"),
        (of(json!({ "action": "look" })), 400, "VALIDATION_ERROR"),
        (of(json!({ "collection": "nope" })), 400, "VALIDATION_ERROR"),
        (of(json!({ "role_Id": administrators[0] })), 400, "VALIDATION_ERROR"),
        (of(json!({ "role_Id": "00000000-0000-4000-8000-000000000000" })), 400, "VALIDATION_ERROR"),
    ] {
        let answer = admin.post("/permissions/impact", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}: {}", answer.text);
    }
    // What a permission may not say is refused as it is when one is saved.
    for permission in [
        json!({ "fields": ["nope"] }),
        json!({ "fields": ["*"], "conditions": { "nope": { "eq": 1 } } }),
        json!({ "fields": ["*"], "conditions": { "rank": { "gt": "x" } } }),
        json!({ "fields": ["*"], "conditions": { "rank": { "near": 1 } } }),
        json!({ "fields": ["*"], "defaultValues": { "nope": 1 } }),
    ] {
        let mut row = permission.clone();
        row["role_Id"] = role.clone();
        row["collection"] = json!("posts");
        row["action"] = json!("read");
        let saved = admin.post("/permissions", row).await;
        assert_eq!(saved.status, 400, "{permission}");
        let answer =
            admin.post("/permissions/impact", of(json!({ "permission": permission }))).await;
        assert_eq!((answer.status, answer.code()), (saved.status, saved.code()), "{permission}");
    }
    // A person of another role than the one that is changed has no part in it.
    let other = app.with_grants("Other", &[]).await;
    let mut body = of(json!({}));
    body["user_Id"] = json!(other.user_id);
    let refused = admin.post("/permissions/impact", body).await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    for person in [&reader, &app.anonymous()] {
        let refused = person.post("/permissions/impact", of(json!({}))).await;
        refused.expect_refusal(403, "FORBIDDEN");
    }
});

on_every_store!(what_is_hidden_from_everybody_is_in_no_sample, async |app| {
    let (_, role) = world(app).await;
    let change = json!({ "role_Id": role, "collection": "baasix_User", "action": "read", "permission": { "fields": ["*"] } });
    let told = foretold(app, json!({ "changes": [change] })).await;
    let sample = &told[0]["records"]["gainedSample"];
    assert!(sample[0]["email"].is_string(), "{told}");
    assert!(!sample.to_string().contains("password"), "{sample}");
    assert!(!told[0]["fieldsGained"].to_string().contains("password"), "{told}");
});

on_every_store!(
    in_a_tenant_its_own_records_are_compared,
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
        for (id, tenant) in [(1, &first), (2, &second), (3, &second)] {
            let note = json!({ "id": id, "text": "x", "tenant_Id": tenant });
            admin.create("notes", note).await;
        }
        let change = json!({ "role_Id": role, "collection": "notes", "action": "read", "permission": { "fields": ["*"] } });
        let body = |tenant: Json| json!({ "changes": [change], "tenant_Id": tenant });
        let inside = foretold(app, body(second)).await;
        assert_eq!(inside[0]["records"]["after"], 2);
        assert_eq!(keys(&inside[0]["records"]["gainedSample"]), [json!(2), json!(3)]);
        // In no tenant nothing that belongs to one is in reach, before and after.
        let nowhere = foretold(app, json!({ "changes": [change] })).await;
        assert_eq!(nowhere[0]["records"]["after"], 0);
    }
);
