//! Words that stand for the asker: in a client's filter, in conditions of a grant, for reading and
//! for writing.

use super::posts;
use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

async fn ids(person: &Person, parameters: Json) -> Json {
    let mut parameters = parameters;
    parameters["sort"] = json!("id");
    json!(person.column("posts", "id", parameters).await)
}

/// Users get a crew, and the crew a motto.
async fn crews(app: &App) -> Json {
    app.collection("crews", json!({ "fields": { "motto": { "type": "String" } } })).await;
    let crew = json!({ "type": "M2O", "target": "crews", "name": "crew", "alias": "members" });
    app.relation("baasix_User", crew).await;
    app.admin().create("crews", json!({ "motto": "three" })).await
}

fn user(person: &Person) -> String {
    format!("/items/baasix_User/{}", person.user_id.as_deref().expect("a user"))
}

on_every_store!(a_client_may_name_itself_wherever_a_value_stands, async |app| {
    posts(app).await;
    let grants = ["posts", "comments"]
        .map(|name| json!({ "collection": name, "action": "read", "fields": ["*"] }));
    let reader = app.with_grants("Reader", &grants).await;
    let admin = app.admin();
    let role = admin.column("baasix_Role", "id", json!({ "filter": { "name": "Reader" } })).await;
    for (post, body) in [
        (1, json!({ "owner": reader.user_id })),
        (2, json!({ "owner": role[0], "title": "Reader" })),
    ] {
        admin.patch(&format!("/items/posts/{post}"), body).await.expect_status(200);
    }
    for (filter, expected) in [
        (json!({ "owner": "$CURRENT_USER" }), json!([1])),
        (json!({ "owner": { "eq": "$CURRENT_USER.id" } }), json!([1])),
        (json!({ "owner": { "in": ["$CURRENT_USER.id", "$CURRENT_ROLE"] } }), json!([1, 2])),
        (json!({ "owner": { "ne": "$CURRENT_USER" } }), json!([2])),
        (json!({ "owner": { "eq": "$CURRENT_ROLE" } }), json!([2])),
        (json!({ "title": { "eq": "$CURRENT_ROLE.name" } }), json!([2])),
        (json!({ "title": { "eq": "$CURRENT_USER.firstName" } }), json!([2])),
        (json!({ "title": { "startsWith": "$CURRENT_USER.firstName" } }), json!([2])),
        (json!({ "title": { "endsWiths": "$CURRENT_ROLE.name" } }), json!([2])),
        (json!({ "title": { "contains": "$CURRENT_ROLE.name" } }), json!([2])),
        (json!({ "title": { "iLike": "$CURRENT_USER.firstName" } }), json!([2])),
        (json!({ "title": { "notLike": "$CURRENT_USER.firstName" } }), json!([1, 3])),
        (json!({ "title": { "startsWith": "$CURRENT_USER.lastName" } }), json!([])),
        (json!({ "title": { "nstartsWith": "$CURRENT_USER.lastName" } }), json!([])),
        (json!({ "owner": { "startsWith": "$CURRENT_USER", "cast": "text" } }), json!([1])),
        (
            json!({ "OR": [{ "owner": "$CURRENT_USER" }, { "AND": [{ "id": 3 }, { "live": false }] }] }),
            json!([1, 3]),
        ),
        (json!({ "AND": [{ "owner": { "eq": "$CURRENT_USER" } }, { "live": false }] }), json!([])),
        (json!({ "NOT": { "owner": { "eq": "$CURRENT_USER" } } }), json!([2])),
    ] {
        assert_eq!(ids(&reader, json!({ "filter": filter })).await, expected, "{filter}");
    }
    // What a record holds is looked for as it stands: only what the asker writes has wildcards.
    for name in ["R%r", "R_ader", "Read\\"] {
        admin.patch(&user(&reader), json!({ "firstName": name })).await.expect_status(200);
        for operator in ["like", "iLike", "startsWith", "endsWiths", "contains"] {
            let filter = json!({ "title": { operator: "$CURRENT_USER.firstName" } });
            assert_eq!(
                ids(&reader, json!({ "filter": filter })).await,
                json!([]),
                "{name} {operator}"
            );
        }
    }
    for query in [
        "filter[owner][eq]=$CURRENT_USER",
        "filter[owner]=$CURRENT_USER",
        "filter[OR][0][owner][in][]=$CURRENT_USER",
    ] {
        let answer = reader.get(&format!("/items/posts?{query}")).await;
        assert_eq!(answer.expect_status(200).body["data"][0]["id"], 1, "{query}");
        assert_eq!(answer.body["totalCount"], 1, "{query}");
    }
});

on_every_store!(conditions_on_what_is_embedded_know_the_asker, async |app| {
    posts(app).await;
    let grants = ["posts", "comments"]
        .map(|name| json!({ "collection": name, "action": "read", "fields": ["*"] }));
    let reader = app.with_grants("Reader", &grants).await;
    app.admin().patch("/items/comments/2", json!({ "content": "Reader" })).await.expect_status(200);
    let own = json!({ "coms": { "content": { "in": ["$CURRENT_USER.firstName"] } } });
    let asked = reader
        .rows(
            "posts",
            json!({ "fields": ["id", "coms.content"], "sort": "id", "relConditions": own }),
        )
        .await;
    let lists: Vec<Json> = asked.iter().map(|post| post["coms"].clone()).collect();
    assert_eq!(json!(lists), json!([[{ "id": 2, "content": "Reader" }], [], []]));
    let grant = json!({ "collection": "posts", "action": "read", "fields": ["*", "coms.*"], "relConditions": { "coms": { "content": "$CURRENT_ROLE.name" } } });
    let bound = app.with_grants("fair", &[grant]).await;
    let rows = bound.rows("posts", json!({ "fields": ["id", "coms.content"], "sort": "id" })).await;
    let lists: Vec<Json> = rows.iter().map(|post| post["coms"].clone()).collect();
    assert_eq!(json!(lists), json!([[], [{ "id": 3, "content": "fair" }], []]));
});

on_every_store!(a_condition_reads_what_lies_behind_a_relation_of_the_asker, async |app| {
    posts(app).await;
    let crew = crews(app).await;
    let grant = json!({ "collection": "posts", "action": "read", "fields": ["*"], "conditions": { "title": { "eq": "$CURRENT_USER.crew.motto" } } });
    let member = app.with_grants("Member", &[grant]).await;
    assert_eq!(ids(&member, json!({})).await, json!([]), "no crew, no motto");
    app.admin().patch(&user(&member), json!({ "crew": crew })).await.expect_status(200);
    assert_eq!(ids(&member, json!({})).await, json!([3]));
    let path = format!("/items/crews/{}", crew.as_str().expect("an id"));
    app.admin().patch(&path, json!({ "motto": "two" })).await.expect_status(200);
    assert_eq!(ids(&member, json!({})).await, json!([2]));
});

on_every_store!(
    a_client_finds_nothing_out_of_what_it_may_not_see_behind_its_own_record,
    async |app| {
        posts(app).await;
        let crew = crews(app).await;
        let posts = json!({ "collection": "posts", "action": "read", "fields": ["*"] });
        let user_is =
            json!({ "collection": "baasix_User", "action": "read", "fields": ["firstName"] });
        let crews = |motto: &str, fields: &[&str]| json!({ "collection": "crews", "action": "read", "fields": fields, "conditions": { "motto": motto } });
        for (role, grants, status, expected) in [
            ("Sees", vec![posts.clone(), crews("three", &["motto"])], 200, json!([3])),
            (
                "Knows",
                vec![posts.clone(), user_is.clone(), crews("three", &["*"])],
                200,
                json!([3]),
            ),
            ("Other", vec![posts.clone(), crews("none", &["motto"])], 200, json!([])),
            ("Blind", vec![posts.clone(), user_is, crews("none", &["*"])], 200, json!([])),
            ("Half", vec![posts.clone(), crews("three", &["id"])], 400, json!(null)),
            ("None", vec![posts], 400, json!(null)),
        ] {
            let member = app.with_grants(role, &grants).await;
            app.admin().patch(&user(&member), json!({ "crew": crew })).await.expect_status(200);
            for operator in ["eq", "startsWith", "in"] {
                let value = json!("$CURRENT_USER.crew.motto");
                let value = if operator == "in" { json!([value]) } else { value };
                let asked = json!({ "filter": { "title": { operator: value } }, "fields": ["id"] });
                let answer = member.find("posts", asked).await;
                assert_eq!(answer.status, status, "{role} {operator}: {}", answer.text);
                let ids: Option<Vec<Json>> = answer.body["data"]
                    .as_array()
                    .map(|rows| rows.iter().map(|row| row["id"].clone()).collect());
                assert_eq!(json!(ids), expected, "{role} {operator}");
            }
        }
        // What is seen by another way is no more there than what never was.
        let club = json!({ "type": "M2O", "target": "crews", "name": "club", "alias": "fans" });
        app.relation("posts", club).await;
        let beside = json!({ "collection": "posts", "action": "read", "fields": ["*", "club.*"] });
        let member = app.with_grants("Side", &[beside, crews("three", &["id"])]).await;
        let told = async |name: &str| {
            let value = format!("$CURRENT_USER.crew.{name}");
            let answer = member.find("posts", json!({ "filter": { "views": value } })).await;
            (answer.status, answer.text.replace(name, "…"))
        };
        let (status, answer) = told("motto").await;
        assert_eq!((status, answer), told("motta").await);
        assert_eq!(status, 400);
    }
);

on_every_store!(the_askers_own_id_binds_changes_and_removals, async |app| {
    posts(app).await;
    let own = json!({ "owner": { "eq": "$CURRENT_USER.id" } });
    let grants = ["read", "update", "delete"].map(|action| json!({ "collection": "posts", "action": action, "fields": ["title", "views"], "conditions": own }));
    let writer = app.with_grants("Writer", &grants).await;
    app.admin()
        .patch("/items/posts/1", json!({ "owner": writer.user_id }))
        .await
        .expect_status(200);
    writer.patch("/items/posts/1", json!({ "title": "mine" })).await.expect_status(200);
    writer
        .patch("/items/posts/1", json!({ "live": false }))
        .await
        .expect_refusal(403, "FIELD_FORBIDDEN");
    for path in ["/items/posts/2", "/items/posts/3"] {
        writer.patch(path, json!({ "title": "x" })).await.expect_refusal(403, "ITEM_NOT_FOUND");
        writer.delete(path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    }
    writer.delete("/items/posts/1").await.expect_status(200);
    assert_eq!(ids(app.admin(), json!({})).await, json!([2, 3]));
});

on_every_store!(a_default_of_a_grant_never_wins_over_the_body, async |app| {
    posts(app).await;
    let grants = ["create", "update"].map(|action| {
        json!({ "collection": "posts", "action": action, "fields": ["id", "title", "views", "owner"],
            "defaultValues": { "owner": "$CURRENT_USER.id", "title": "$CURRENT_ROLE", "views": 7 } })
    });
    let writer = app.with_grants("Writer", &grants).await;
    let role =
        app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "Writer" } })).await;
    writer.post("/items/posts", json!({ "id": 9 })).await.expect_status(201);
    let row = app.admin().one("posts", &json!(9)).await;
    assert_eq!(
        (&row["owner"], &row["title"], &row["views"]),
        (&json!(writer.user_id), &role[0], &json!(7))
    );
    let given = json!({ "owner": null, "title": "own", "views": 1 });
    writer.patch("/items/posts/9", given).await.expect_status(200);
    let row = app.admin().one("posts", &json!(9)).await;
    assert_eq!(
        (&row["owner"], &row["title"], &row["views"]),
        (&Json::Null, &json!("own"), &json!(1))
    );
});
