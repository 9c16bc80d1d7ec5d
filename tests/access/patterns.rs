//! Field patterns of a grant over relations, and conditions over the house's own collections.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Products of categories, with reviews by authors.
async fn products(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let text = json!({ "type": "String" });
    app.collection(
        "category",
        json!({ "timestamps": false, "fields": { "id": key, "name": text, "note": text } }),
    )
    .await;
    app.collection(
        "author",
        json!({ "timestamps": false, "fields": { "id": key, "firstName": text, "email": text } }),
    )
    .await;
    app.collection("product", json!({ "timestamps": false, "fields": { "id": key, "name": text, "price": { "type": "Integer" } } })).await;
    app.collection(
        "review",
        json!({ "timestamps": false, "fields": { "id": key, "rating": { "type": "Integer" } } }),
    )
    .await;
    for (from, to, name, alias) in [
        ("product", "category", "category", "products"),
        ("review", "product", "product", "Review"),
        ("review", "author", "author", "reviews"),
    ] {
        app.relation(from, json!({ "type": "M2O", "target": to, "name": name, "alias": alias }))
            .await;
    }
    for (collection, rows) in [
        (
            "category",
            json!([{ "id": 1, "name": "lamps", "note": "n" }, { "id": 2, "name": "desks" }]),
        ),
        ("author", json!([{ "id": 1, "firstName": "Ada", "email": "ada@example.com" }])),
        (
            "product",
            json!([{ "id": 1, "name": "one", "price": 5, "category": 1 }, { "id": 2, "name": "two", "price": 7, "category": 2 }]),
        ),
        ("review", json!([{ "id": 1, "rating": 4, "product": 1, "author": 1 }])),
    ] {
        app.admin().post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}

on_every_store!(a_pattern_reaches_as_far_as_it_says_and_asking_narrows_it, async |app| {
    products(app).await;
    let ada = json!({ "id": 1, "firstName": "Ada" });
    let whole_ada = json!({ "id": 1, "firstName": "Ada", "email": "ada@example.com" });
    for (at, (granted, asked, expected)) in [
        (
            json!("name,category.*"),
            "name,category.name",
            json!({ "id": 1, "name": "one", "category": { "id": 1, "name": "lamps" } }),
        ),
        (
            json!("name, category.*"),
            "name,price,category.*",
            json!({ "id": 1, "name": "one", "category": { "id": 1, "name": "lamps", "note": "n" } }),
        ),
        (json!(["name", "category.*"]), "name", json!({ "id": 1, "name": "one" })),
        (
            json!(["name", "Review.author.firstName"]),
            "name,Review.author.firstName,Review.author.email",
            json!({ "id": 1, "name": "one", "Review": [{ "id": 1, "author": ada }] }),
        ),
        (
            json!("*, Review.*.*"),
            "name,Review.rating,Review.author.*",
            json!({ "id": 1, "name": "one", "Review": [{ "id": 1, "rating": 4, "author": whole_ada }] }),
        ),
        (
            json!("Review,name , Review.author.*"),
            "name,price,Review.rating,Review.author.firstName",
            json!({ "id": 1, "name": "one", "Review": [{ "id": 1, "rating": 4, "author": ada }] }),
        ),
        (
            json!(["name", "Review.rating", "category.name"]),
            "*,Review.*,category.*",
            json!({ "id": 1, "name": "one", "Review": [{ "id": 1, "rating": 4 }], "category": { "id": 1, "name": "lamps" } }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let grant = json!({ "collection": "product", "action": "read", "fields": granted });
        let reader = app.with_grants(&format!("Reader{at}"), &[grant]).await;
        let one = reader.get(&format!("/items/product/1?fields={asked}")).await;
        assert_eq!(one.expect_status(200).body["data"], expected, "{granted} {asked}");
        let list = reader.get(&format!("/items/product?fields=id,{asked}&filter={{\"id\":1}}")).await;
        assert_eq!(list.expect_status(200).body["data"], json!([expected]), "{granted} {asked}");
    }
});

on_every_store!(a_role_sorts_by_a_relation_that_its_pattern_names, async |app| {
    products(app).await;
    let grant = json!({ "collection": "product", "action": "read", "fields": "name,category.name", "conditions": { "price": { "gt": 0 } } });
    let reader = app.with_grants("Reader", &[grant]).await;
    for (way, expected) in [("ASC", ["two", "one"]), ("DESC", ["one", "two"])] {
        let sort = json!({ "sort": { "category.name": way }, "fields": ["name", "category.name"] });
        assert_eq!(reader.column("product", "name", sort).await, expected, "{way}");
    }
});

on_every_store!(a_condition_on_users_may_ask_for_oneself_or_for_a_role, async |app| {
    let roles =
        app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "user" } })).await;
    for name in ["ada", "bob"] {
        let user = json!({ "email": format!("{name}@example.com"), "firstName": name, "role_Id": roles[0] });
        app.admin().create("baasix_User", user).await;
    }
    let grant = json!({
        "collection": "baasix_User", "action": "read", "fields": "firstName,userRoles.role.name",
        "conditions": { "OR": [{ "id": { "eq": "$CURRENT_USER" } }, { "userRoles.role.name": { "in": ["user", "nobody"] } }] }
    });
    let reader = app.with_grants("Reader", &[grant]).await;
    let names = |sort: Json| {
        let reader = reader.clone();
        async move { reader.column("baasix_User", "firstName", json!({ "sort": sort })).await }
    };
    assert_eq!(names(json!("firstName")).await, ["Reader", "ada", "bob"]);
    let by_role = names(json!({ "userRoles.role.name": "asc", "firstName": "asc" })).await;
    assert_eq!(by_role, ["Reader", "ada", "bob"]);
    let count = reader.find("baasix_User", json!({ "limit": 0 })).await;
    assert_eq!(count.body["totalCount"], 3, "{}", count.text);
});

on_every_store!(who_may_write_when_a_record_was_deleted_may_delete_it_softly, async |app| {
    app.collection("tasks", json!({ "paranoid": true, "fields": { "id": { "type": "Integer", "primaryKey": true }, "title": { "type": "String" } } })).await;
    app.admin().create("tasks", json!({ "id": 1, "title": "one" })).await;
    let grant = json!({ "collection": "tasks", "action": "update", "fields": ["deletedAt"] });
    let person = app.with_grants("Archivist", &[grant]).await;
    let stamp = json!({ "deletedAt": "2024-01-01T00:00:00.000Z" });
    person.patch("/items/tasks/1", stamp).await.expect_status(200);
    app.admin().get("/items/tasks/1").await.expect_refusal(403, "ITEM_NOT_FOUND");
    person.patch("/items/tasks/1", json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(app.admin().one("tasks", &json!(1)).await["title"], "one");
    let more = json!({ "deletedAt": "2024-01-01T00:00:00.000Z", "title": "x" });
    person.patch("/items/tasks/1", more).await.expect_refusal(403, "FIELD_FORBIDDEN");
    person.delete("/items/tasks/1").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(a_broad_condition_of_deleting_takes_the_addressed_record_only, async |app| {
    products(app).await;
    let any = json!({ "AND": [{ "id": { "isNotNull": true } }] });
    let grants = ["read", "delete"].map(|action| json!({ "collection": "product", "action": action, "fields": ["*"], "conditions": any }));
    let person = app.with_grants("Cleaner", &grants).await;
    person.delete("/items/product/2").await.expect_status(200);
    assert_eq!(app.admin().column("product", "id", json!({})).await, [json!(1)]);
});
