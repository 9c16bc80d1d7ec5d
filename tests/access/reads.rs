//! Conditions on reads: rows, relations, variables, the public.

use super::posts;
use crate::harness::{Person, on_every_store};
use serde_json::{Value as Json, json};

async fn ids(person: &Person, parameters: Json) -> Vec<u64> {
    let answer = person.find("posts", parameters).await;
    answer.expect_status(200);
    let rows = answer.body["data"].as_array().expect("rows").clone();
    assert_eq!(answer.body["totalCount"], json!(rows.len()), "{}", answer.text);
    let mut ids: Vec<u64> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
    ids.sort_unstable();
    ids
}

on_every_store!(conditions_bind_lists_counts_and_single_records_alike, async |app| {
    posts(app).await;
    let reader = app.with_grants("Reader", &[json!({ "collection": "posts", "action": "read", "fields": ["*"], "conditions": { "live": true } })]).await;
    assert_eq!(ids(&reader, json!({})).await, [1, 2]);
    assert_eq!(ids(&reader, json!({ "filter": { "OR": [{ "id": 3 }, { "id": 1 }] } })).await, [1]);
    assert_eq!(ids(&reader, json!({ "filter": { "NOT": { "id": 1 } } })).await, [2]);
    reader.get("/items/posts/1").await.expect_status(200);
    let (hidden, absent) =
        (reader.get("/items/posts/3").await, reader.get("/items/posts/99").await);
    hidden.expect_refusal(403, "ITEM_NOT_FOUND");
    assert_eq!(hidden.text, absent.text);
    let count = reader.find("posts", json!({ "limit": 0 })).await;
    assert_eq!(count.body["totalCount"], 2);
    let sum = reader
        .rows("posts", json!({ "aggregate": { "sum": { "function": "sum", "field": "views" } } }))
        .await;
    assert_eq!(sum[0]["sum"], 3);
    let export = reader.get("/items/posts/export?format=ndjson").await;
    assert_eq!(export.text.lines().count(), 2);
    let estimate = reader.find("posts", json!({ "count": "estimate" })).await;
    assert_eq!(estimate.body["totalCount"], 2);
});

on_every_store!(conditions_may_walk_relations_and_name_the_asker, async |app| {
    posts(app).await;
    let mut team =
        app.admin().get("/schemas/baasix_User").await.body["data"]["schema"]["fields"].clone();
    team["team"] = json!({ "type": "String" });
    app.admin()
        .patch("/schemas/baasix_User", json!({ "schema": { "fields": team } }))
        .await
        .expect_status(200);
    for (name, conditions, expected) in [
        ("ByRelation", json!({ "author.name": "Ada" }), vec![1, 3]),
        ("ByMany", json!({ "coms.approved": true }), vec![1, 2]),
        (
            "ByOr",
            json!({ "OR": [{ "author.name": "Bob" }, { "views": { "gte": 3 } }] }),
            vec![2, 3],
        ),
        ("ByRole", json!({ "title": { "eq": "$CURRENT_ROLE.name" } }), vec![]),
        ("ByTime", json!({ "createdAt": { "lte": "$NOW" } }), vec![1, 2, 3]),
        ("ByNothing", json!({ "OR": [] }), vec![]),
        (
            "ByMixed",
            json!({ "AND": [{ "live": true }, { "OR": [{ "owner": { "eq": "$CURRENT_USER" } }, { "views": 2 }] }] }),
            vec![2],
        ),
        ("ByOwner", json!({ "owner": { "in": ["$CURRENT_USER.id"] } }), vec![]),
    ] {
        let reader = app.with_grants(name, &[json!({ "collection": "posts", "action": "read", "fields": ["*"], "conditions": conditions })]).await;
        assert_eq!(ids(&reader, json!({})).await, expected, "{conditions}");
        if name == "ByOwner" {
            app.admin()
                .patch("/items/posts/2", json!({ "owner": reader.user_id }))
                .await
                .expect_status(200);
            assert_eq!(ids(&reader, json!({})).await, [2]);
        }
    }
    let member = app.with_grants("Member", &[json!({ "collection": "posts", "action": "read", "fields": ["*"], "conditions": { "title": { "eq": "$CURRENT_USER.team" } } })]).await;
    assert_eq!(ids(&member, json!({})).await, Vec::<u64>::new());
    let me = member.user_id.clone().expect("an id");
    app.admin()
        .patch(&format!("/items/baasix_User/{me}"), json!({ "team": "three" }))
        .await
        .expect_status(200);
    assert_eq!(ids(&member, json!({})).await, [3]);
});

on_every_store!(a_variable_that_stands_for_nobody_matches_nothing, async |app| {
    posts(app).await;
    app.grant_public(json!({ "collection": "posts", "action": "read", "fields": ["*"] })).await;
    let nobody = app.anonymous();
    for filter in [
        json!({ "owner": { "eq": "$CURRENT_USER" } }),
        json!({ "owner": { "ne": "$CURRENT_USER" } }),
        json!({ "owner": "$CURRENT_USER" }),
        json!({ "owner": { "is": "$CURRENT_USER" } }),
        json!({ "owner": { "in": ["$CURRENT_USER"] } }),
        json!({ "owner": { "eq": "$CURRENT_TENANT" } }),
        json!({ "title": { "eq": "$CURRENT_USER.email" } }),
    ] {
        assert_eq!(ids(&nobody, json!({ "filter": filter })).await, Vec::<u64>::new(), "{filter}");
    }
    assert_eq!(ids(&nobody, json!({})).await, [1, 2, 3]);
    let signed_in = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "posts", "action": "read", "fields": ["*"] })],
        )
        .await;
    assert_eq!(
        ids(&signed_in, json!({ "filter": { "owner": { "eq": "$CURRENT_USER" } } })).await,
        Vec::<u64>::new()
    );
    app.admin()
        .patch("/items/posts/1", json!({ "owner": signed_in.user_id }))
        .await
        .expect_status(200);
    assert_eq!(
        ids(&signed_in, json!({ "filter": { "owner": { "eq": "$CURRENT_USER" } } })).await,
        [1]
    );
    // The password of one's own record is no value to compare with.
    signed_in
        .find("posts", json!({ "filter": { "title": { "eq": "$CURRENT_USER.password" } } }))
        .await
        .expect_status(400);
});

on_every_store!(related_records_need_a_grant_of_their_own_or_a_pattern, async |app| {
    posts(app).await;
    let own = |conditions: Json| json!({ "collection": "comments", "action": "read", "fields": ["content"], "conditions": conditions });
    let read_posts = json!({ "collection": "posts", "action": "read", "fields": ["*"] });
    let fields = "fields=id,coms.*,author.*&sort=id";
    // Neither: the relations are left out.
    let bare = app.with_grants("Bare", std::slice::from_ref(&read_posts)).await;
    let rows = bare.get(&format!("/items/posts?{fields}")).await;
    assert_eq!(rows.expect_status(200).body["data"][0], json!({ "id": 1 }), "{}", rows.text);
    // The far collection's own grant: its fields and its conditions.
    let through =
        app.with_grants("Through", &[read_posts.clone(), own(json!({ "approved": true }))]).await;
    let rows = through.get(&format!("/items/posts?{fields}")).await;
    assert_eq!(
        rows.body["data"][0],
        json!({ "id": 1, "coms": [{ "id": 1, "content": "good" }] }),
        "{}",
        rows.text
    );
    assert_eq!(rows.body["data"][2]["coms"], json!([]));
    // A pattern of the parent, and the far collection's condition all the same.
    let pattern = json!({ "collection": "posts", "action": "read", "fields": ["*", "coms.*"] });
    let both = app.with_grants("Both", &[pattern.clone(), own(json!({ "approved": true }))]).await;
    let rows = both.get(&format!("/items/posts?{fields}")).await;
    assert_eq!(
        (
            &rows.body["data"][0]["coms"][0]["veiled"],
            rows.body["data"][0]["coms"].as_array().map(Vec::len)
        ),
        (&json!("x"), Some(1)),
        "{}",
        rows.text
    );
    // Conditions on the relation trim it for everybody of the role.
    let mut trimmed = pattern;
    trimmed["relConditions"] = json!({ "coms": { "approved": { "eq": false } } });
    let trim = app.with_grants("Trim", &[trimmed]).await;
    let rows = trim
        .get(&format!("/items/posts?{fields}&relConditions={{\"coms\":{{\"content\":\"good\"}}}}"))
        .await;
    assert_eq!(rows.body["data"][0]["coms"], json!([]), "{}", rows.text);
    let rows = trim.get(&format!("/items/posts?{fields}")).await;
    assert_eq!(rows.body["data"][0]["coms"].as_array().map(Vec::len), Some(1), "{}", rows.text);
});

on_every_store!(
    a_grants_conditions_on_relations_trim_what_is_shown_and_nothing_else,
    async |app| {
        posts(app).await;
        let trims = json!({ "posts": { "live": true, "coms": { "approved": true } } });
        let grant = json!({ "collection": "authors", "action": "read", "fields": ["*", "posts.*.*"], "relConditions": trims });
        let reader = app.with_grants("Reader", &[grant]).await;
        let ask = async |fields: &str, filter: &str| {
            let path = format!("/items/authors?sort=id&fields=id,{fields}&filter={filter}");
            reader.get(&path).await.expect_status(200).body["data"].clone()
        };
        // A level that is shown is trimmed by what is said of it, however deep it lies.
        let deep = ask("posts.id,posts.coms.id", "{}").await;
        assert_eq!(deep[0]["posts"], json!([{ "id": 1, "coms": [{ "id": 1 }] }]), "{deep}");
        // What is said of a level that is not shown has nothing to trim: the level above stays whole.
        let shallow = ask("posts.id", "{}").await;
        assert_eq!(shallow[0]["posts"], json!([{ "id": 1 }]), "{shallow}");
        // It is no condition of whose records may be known: that is said in `conditions`.
        let found = ask("name", r#"{"posts.coms.content":"bad"}"#).await;
        assert_eq!(found, json!([{ "id": 1, "name": "Ada" }]));
        let bound = json!({ "collection": "comments", "action": "read", "fields": ["*"], "conditions": { "approved": true } });
        let grants = [
            json!({ "collection": "authors", "action": "read", "fields": ["*", "posts.*.*"] }),
            bound,
        ];
        let bound = app.with_grants("Bound", &grants).await;
        let asked = json!({ "filter": { "posts.coms.content": "bad" } });
        assert_eq!(bound.rows("authors", asked).await, Vec::<serde_json::Value>::new());
    }
);

on_every_store!(the_public_sees_what_it_was_granted, async |app| {
    posts(app).await;
    app.grant_public(json!({ "collection": "posts", "action": "read", "fields": ["title"], "conditions": { "live": true } })).await;
    let nobody = app.anonymous();
    assert_eq!(
        nobody.get("/items/posts?sort=id").await.body,
        json!({ "data": [{ "id": 1, "title": "one" }, { "id": 2, "title": "two" }], "totalCount": 2 })
    );
    nobody.get("/items/comments").await.expect_refusal(403, "FORBIDDEN");
    nobody.post("/items/posts", json!({})).await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(a_condition_that_no_longer_holds_denies, async |app| {
    posts(app).await;
    let grant = json!({ "collection": "posts", "action": "read", "fields": ["*"], "conditions": { "live": true } });
    let reader = app.with_grants("Reader", &[grant]).await;
    assert_eq!(ids(&reader, json!({})).await, [1, 2]);
    let mut fields =
        app.admin().get("/schemas/posts").await.body["data"]["schema"]["fields"].clone();
    fields.as_object_mut().expect("fields").remove("live");
    let change =
        app.admin().patch("/schemas/posts", json!({ "schema": { "fields": fields } })).await;
    if change.status == 200 {
        let answer = reader.get("/items/posts").await;
        assert!(answer.status == 403 || answer.body["data"] == json!([]), "{}", answer.text);
    } else {
        assert!(matches!(change.status, 400 | 409), "{}", change.text);
    }
});

on_every_store!(administrators_see_everything_but_what_is_hidden_from_everybody, async |app| {
    let rows = app.admin().get("/items/baasix_User?fields=*,userRoles.*.*").await;
    assert!(rows.body["data"][0]["userRoles"][0]["role"]["name"].is_string(), "{}", rows.text);
    assert!(rows.body["data"][0].get("password").is_none(), "{}", rows.text);
    for probe in [
        json!({ "filter": { "password": { "isNotNull": true } } }),
        json!({ "sort": { "password": "asc" } }),
        json!({ "search": "x", "searchFields": ["password"] }),
        json!({ "aggregate": { "p": { "function": "max", "field": "password" } } }),
        json!({ "aggregate": { "n": "count" }, "groupBy": ["password"] }),
        json!({ "filter": { "email": { "eq": "$COL(password)" } } }),
    ] {
        app.admin().find("baasix_User", probe).await.expect_refusal(400, "UNKNOWN_FIELD");
    }
});

on_every_store!(many_to_many_shows_targets_only_to_whom_they_are_granted, async |app| {
    posts(app).await;
    app.collection("tags", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" }, "note": { "type": "String" } } })).await;
    app.relation(
        "posts",
        json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "posts" }),
    )
    .await;
    let admin = app.admin();
    admin
        .post(
            "/items/tags/bulk",
            json!([{ "id": 1, "name": "red", "note": "n" }, { "id": 2, "name": "blue" }]),
        )
        .await
        .expect_status(201);
    admin.patch("/items/posts/1", json!({ "tags": [1, 2] })).await.expect_status(200);
    let ask = "/items/posts/1?fields=id,tags.*,tags.tags.*";
    let junction =
        json!({ "collection": "posts_tags_tags_junction", "action": "read", "fields": ["*"] });
    let read = |fields: Json| json!({ "collection": "posts", "action": "read", "fields": fields });
    let blind = app.with_grants("Blind", &[read(json!(["title"]))]).await;
    assert_eq!(blind.get(ask).await.body["data"], json!({ "id": 1 }));
    let half = app.with_grants("Half", &[read(json!(["title"])), junction.clone()]).await;
    let rows = half.get(ask).await;
    assert!(rows.body["data"]["tags"].as_array().is_some_and(|tags| tags.len() == 2 && tags.iter().all(|tag| tag.get("tags").is_none())), "{}", rows.text);
    let named = app.with_grants("Named", &[read(json!(["title", "tags.tags.name"]))]).await;
    let rows = named.get(ask).await;
    assert_eq!(
        rows.body["data"]["tags"][0]["tags"],
        json!({ "id": 1, "name": "red" }),
        "{}",
        rows.text
    );
    let own = app.with_grants("Own", &[read(json!(["title"])), junction, json!({ "collection": "tags", "action": "read", "fields": ["name"], "conditions": { "name": "red" } })]).await;
    let rows = own.get(ask).await;
    let names: Vec<&Json> = rows.body["data"]["tags"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|tag| &tag["tags"]["name"])
        .collect();
    assert_eq!(names, [&json!("red"), &Json::Null], "{}", rows.text);
    assert_eq!(
        ids(&own, json!({ "filter": { "tags.tags.name": "blue" } })).await,
        Vec::<u64>::new()
    );
    assert_eq!(ids(&own, json!({ "filter": { "tags.tags.name": "red" } })).await, [1]);
    own.find("posts", json!({ "filter": { "tags.tags.note": "n" } }))
        .await
        .expect_refusal(400, "UNKNOWN_FIELD");
});
