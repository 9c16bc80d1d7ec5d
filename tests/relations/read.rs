//! Reading along relations: shapes, fields, filters, conditions on what is embedded.

use super::filled;
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn one(app: &App, path: &str) -> Json {
    app.admin().get(path).await.expect_status(200).body["data"].clone()
}

on_every_store!(related_records_stand_in_their_shapes, async |app| {
    filled(app).await;
    let post = one(app, "/items/posts/1?fields=[\"*\",\"author.*\",\"comments.*\",\"tags.*\",\"tags.tags.*\",\"summary.name\",\"attachments.*\"]").await;
    assert_eq!((&post["author"]["name"], &post["author_id"]), (&json!("Ada"), &json!(1)), "{post}");
    assert!(post["author"].get("pin").is_none(), "a hidden field was answered: {post}");
    assert_eq!(post["summary"], json!({ "id": 1, "name": "short" }));
    assert_eq!(post["comments"].as_array().map(Vec::len), Some(2));
    let tags = post["tags"].as_array().expect("junction rows");
    assert_eq!(tags.len(), 2);
    assert_eq!(
        (&tags[0]["posts_id"], &tags[0]["tags_id"], &tags[0]["tags"]["name"]),
        (&json!(1), &json!(1), &json!("red")),
        "{post}"
    );
    let attached = post["attachments"].as_array().expect("junction rows");
    assert_eq!(attached.len(), 2);
    let image = attached.iter().find(|row| row["collection"] == "images").expect("an image");
    assert_eq!((&image["item_id"], &image["images"]["width"]), (&json!(1), &json!(800)), "{post}");
    let empty =
        one(app, "/items/posts/3?fields=name,author.*,comments.*,tags.*,summary.*,attachments.*")
            .await;
    assert_eq!((&empty["author"], &empty["summary"]), (&Json::Null, &Json::Null));
    assert_eq!(
        (&empty["comments"], &empty["tags"], &empty["attachments"]),
        (&json!([]), &json!([]), &json!([]))
    );
    let back = one(app, "/items/summaries/1?fields=name,post.name").await;
    assert_eq!(back["post"], json!({ "id": 1, "name": "one" }));
    let lonely = one(app, "/items/summaries/1?fields=name").await;
    assert_eq!(lonely, json!({ "id": 1, "name": "short" }));
});

on_every_store!(field_paths_choose_what_is_embedded, async |app| {
    filled(app).await;
    for (fields, expected) in [
        (
            "name,author.name",
            json!({ "id": 1, "name": "one", "author": { "id": 1, "name": "Ada" } }),
        ),
        (
            "comments.post.author.name,id",
            json!({ "id": 1, "comments": [
            { "id": 1, "post": { "id": 1, "author": { "id": 1, "name": "Ada" } } }, { "id": 2, "post": { "id": 1, "author": { "id": 1, "name": "Ada" } } }] }),
        ),
        (
            "id,comments.name,comments.author.name",
            json!({ "id": 1, "comments": [
            { "id": 1, "name": "good", "author": { "id": 2, "name": "Bob" } }, { "id": 2, "name": "bad", "author": { "id": 1, "name": "Ada" } }] }),
        ),
        (
            "id,author.*,-author.age,-author.createdAt,-author.updatedAt",
            json!({ "id": 1, "author": { "id": 1, "name": "Ada" } }),
        ),
        ("id,nothing.*,author.nothing", json!({ "id": 1, "author": { "id": 1 } })),
    ] {
        let found = one(app, &format!("/items/posts/1?fields={fields}")).await;
        let found = if fields.starts_with("comments.post") { strip(found) } else { found };
        assert_eq!(found, expected, "{fields}");
    }
    // A relation by its name alone is `relation.*`.
    let bare = one(app, "/items/posts/1?fields=id,author").await;
    assert_eq!(
        (&bare["author"]["name"], &bare["author"]["age"]),
        (&json!("Ada"), &json!(36)),
        "{bare}"
    );
    let stars = one(app, "/items/posts/1?fields=*.*").await;
    assert_eq!(
        (&stars["author"]["name"], &stars["comments"][0]["name"], &stars["tags"][0]["tags_id"]),
        (&json!("Ada"), &json!("good"), &json!(1)),
        "{stars}"
    );
    let deep = one(app, "/items/authors/1?fields=id,posts.*.*").await;
    assert_eq!(deep["posts"][0]["comments"][0]["stars"], 5, "{deep}");
    assert!(!deep.to_string().contains("1234"), "a hidden field was answered: {deep}");
});

/// An intermediate relation named only as a path gets all its columns; these are looked at apart.
fn strip(mut post: Json) -> Json {
    for comment in post["comments"].as_array_mut().expect("comments") {
        assert!(comment["name"].is_string() && comment["post"]["views"].is_number(), "{comment}");
        *comment = json!({ "id": comment["id"], "post": { "id": comment["post"]["id"], "author": comment["post"]["author"] } });
    }
    post
}

on_every_store!(a_polymorphic_relation_embeds_the_asked_targets, async |app| {
    filled(app).await;
    let images = one(app, "/items/posts/1?fields=attachments.images.*").await;
    let rows = images["attachments"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[0]["images"]["name"]), (1, &json!("sun")), "{images}");
    let both =
        one(app, "/items/posts/1?fields=attachments.images.name,attachments.videos.name").await;
    let rows = both["attachments"].as_array().expect("rows");
    let image = rows.iter().find(|row| row["collection"] == "images").expect("an image");
    assert_eq!(
        (rows.len(), &image["images"]["name"], &image["videos"]),
        (2, &json!("sun"), &Json::Null),
        "{both}"
    );
    for (filter, expected) in [
        (json!({ "attachments.images.id": 2 }), vec![2]),
        (json!({ "attachments.images.name": { "isNotNull": true } }), vec![1, 2]),
        (json!({ "attachments.videos.seconds": { "gt": 10 } }), vec![1]),
        (json!({ "attachments.collection": "videos" }), vec![1]),
    ] {
        assert_eq!(ids(app, filter.clone()).await, expected, "{filter}");
    }
    let junction = app
        .admin()
        .rows(
            "posts_attachments_junction",
            json!({ "fields": ["collection", "item_id"], "filter": { "posts_id": 2 } }),
        )
        .await;
    assert_eq!(junction, [json!({ "collection": "images", "item_id": junction[0]["item_id"] })]);
});

async fn ids(app: &App, filter: Json) -> Vec<u64> {
    let answer = app
        .admin()
        .find("posts", json!({ "filter": filter, "sort": "id", "fields": ["id"] }))
        .await;
    answer.expect_status(200);
    let rows = answer.body["data"].as_array().expect("rows");
    assert_eq!(answer.body["totalCount"], json!(rows.len()), "{}", answer.text);
    rows.iter().filter_map(|row| row["id"].as_u64()).collect()
}

on_every_store!(filters_walk_relations_and_meet_each_root_once, async |app| {
    filled(app).await;
    for (filter, expected) in [
        (json!({ "author.name": "Ada" }), vec![1]),
        (json!({ "author": { "name": { "in": ["Ada", "Bob"] } } }), vec![1, 2]),
        (json!({ "author": { "name": "Ada", "age": 36 } }), vec![1]),
        (json!({ "author.name": { "isNull": true } }), vec![3]),
        (json!({ "comments.stars": { "gte": 1 } }), vec![1, 2]),
        (json!({ "comments.name": { "isNull": true } }), vec![3]),
        // Conditions on one path speak of one related row.
        (json!({ "comments.approved": true, "comments.stars": 1 }), vec![]),
        (json!({ "comments.approved": true, "comments.stars": 5 }), vec![1]),
        (json!({ "AND": [{ "comments.approved": true }, { "comments.stars": 1 }] }), vec![]),
        (json!({ "OR": [{ "comments.stars": 3 }, { "views": 30 }] }), vec![2, 3]),
        (json!({ "comments.author.name": "Ada" }), vec![1, 2]),
        (json!({ "comments.post.author.name": "Bob" }), vec![2]),
        (json!({ "tags.tags.name": "blue" }), vec![1, 2]),
        (json!({ "tags.tags_id": 1 }), vec![1]),
        (json!({ "tags.tags.name": "green" }), vec![]),
        (json!({ "summary.name": "short" }), vec![1]),
        (json!({ "author": { "isNull": true } }), vec![3]),
        (json!({ "author": 1 }), vec![1]),
        (json!({ "author_Id": 1 }), vec![1]),
        // Nobody's name is neither Ada nor not Ada.
        (json!({ "NOT": { "author.name": "Ada" } }), vec![2]),
    ] {
        assert_eq!(ids(app, filter.clone()).await, expected, "{filter}");
    }
    let paged = json!({ "filter": { "comments.stars": { "gte": 1 } }, "sort": { "views": "desc" }, "limit": 1, "page": 2, "fields": ["id", "comments.id"] });
    let page = app.admin().find("posts", paged).await;
    assert_eq!(
        (&page.body["totalCount"], &page.body["data"][0]["id"]),
        (&json!(2), &json!(1)),
        "{}",
        page.text
    );
    assert_eq!(page.body["data"][0]["comments"].as_array().map(Vec::len), Some(2));
});

on_every_store!(conditions_on_relations_trim_what_is_embedded_and_no_roots, async |app| {
    filled(app).await;
    let rows = app.admin().rows("posts", json!({ "fields": ["id", "comments.*"], "relConditions": { "comments": { "approved": { "eq": true } } }, "sort": "id" })).await;
    let counts: Vec<usize> =
        rows.iter().filter_map(|row| row["comments"].as_array().map(Vec::len)).collect();
    assert_eq!(counts, [1, 1, 0], "{rows:?}");
    let nested = app
        .admin()
        .rows("authors", json!({ "fields": ["id", "posts.id", "posts.comments.id"], "sort": "id",
            "relConditions": { "posts": { "views": { "lt": 15 }, "comments": { "OR": [{ "stars": 1 }, { "stars": 2 }] } } } }))
        .await;
    assert_eq!(
        nested[0]["posts"][0]["comments"]
            .as_array()
            .map(|list| list.iter().map(|one| one["id"].clone()).collect::<Vec<_>>()),
        Some(vec![json!(2)]),
        "{nested:?}"
    );
    assert_eq!(nested[1]["posts"], json!([]));
    let single = app.admin().rows("posts", json!({ "fields": ["id", "author.name"], "relConditions": { "author": { "name": "Ada" } }, "sort": "id" })).await;
    assert_eq!(
        (&single[0]["author"]["name"], &single[1]["author"], single.len()),
        (&json!("Ada"), &Json::Null, 3),
        "{single:?}"
    );
    let many = app.admin().rows("posts", json!({ "fields": ["id", "attachments.*"], "relConditions": { "attachments": { "collection": "videos" } }, "sort": "id" })).await;
    assert_eq!(
        (many[0]["attachments"].as_array().map(Vec::len), &many[1]["attachments"]),
        (Some(1), &json!([])),
        "{many:?}"
    );
    app.admin()
        .find(
            "posts",
            json!({ "fields": ["comments.*"], "relConditions": { "comments": { "nothing": 1 } } }),
        )
        .await
        .expect_refusal(400, "UNKNOWN_FIELD");
});

on_every_store!(aggregates_walk_relations, async |app| {
    filled(app).await;
    let rows = app
        .admin()
        .rows("comments", json!({ "aggregate": { "n": { "function": "count", "field": "*" }, "stars": { "function": "max", "field": "stars" } }, "groupBy": ["author.name"], "sort": "author_name" }))
        .await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(
        (&rows[0]["author.name"], &rows[0]["author_name"], &rows[0]["n"], &rows[0]["stars"]),
        (&json!("Ada"), &json!("Ada"), &json!(2), &json!("3")),
        "{rows:?}"
    );
    let count = app
        .admin()
        .rows(
            "posts",
            json!({ "aggregate": { "n": { "function": "count", "field": "author.id" } } }),
        )
        .await;
    assert_eq!(count[0]["n"], 2, "{count:?}");
});

on_every_store!(soft_deleted_related_records_hide_too, async |app| {
    app.collection("owners", json!({ "paranoid": true, "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.collection("pets", json!({ "paranoid": true, "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } })).await;
    app.relation(
        "pets",
        json!({ "type": "M2O", "target": "owners", "name": "owner", "alias": "pets" }),
    )
    .await;
    let admin = app.admin();
    admin.create("owners", json!({ "id": 1, "name": "Ada" })).await;
    admin
        .post(
            "/items/pets/bulk",
            json!([{ "id": 1, "name": "cat", "owner": 1 }, { "id": 2, "name": "dog", "owner": 1 }]),
        )
        .await
        .expect_status(201);
    admin.delete("/items/pets/1").await.expect_status(200);
    let owner = one(app, "/items/owners/1?fields=pets.name").await;
    assert_eq!(owner["pets"].as_array().map(Vec::len), Some(1), "{owner}");
    assert_eq!(admin.rows("owners", json!({ "filter": { "pets.name": "cat" } })).await.len(), 0);
    let all = one(app, "/items/owners/1?fields=pets.name&paranoid=false").await;
    assert_eq!(all["pets"].as_array().map(Vec::len), Some(2), "{all}");
    // Removing the parent softly leaves its children.
    admin.delete("/items/owners/1").await.expect_status(200);
    let dog = one(app, "/items/pets/2?fields=name,owner.name").await;
    assert_eq!(dog["owner"], Json::Null, "{dog}");
});

on_every_store!(a_star_is_taken_away_as_it_was_brought, async |app| {
    filled(app).await;
    let first = async |fields: Json| {
        app.admin()
            .rows("posts", json!({ "fields": fields, "sort": "id", "limit": 1 }))
            .await
            .remove(0)
    };
    let found = first(json!(["*", "author.*"])).await;
    assert!(found["author"]["id"].is_number() && found["name"].is_string(), "{found}");
    for fields in [
        json!(["*", "-*"]),
        json!(["-*"]),
        json!(["-*", "name"]),
        json!(["*.*", "-*.*"]),
        json!(["*", "author.*", "-author.*", "-*"]),
    ] {
        assert_eq!(first(fields.clone()).await, json!({}), "{fields}");
    }
    let found = first(json!(["*", "-*", "author.name"])).await;
    assert_eq!(found.as_object().map(|row| row.len()), Some(1), "{found}");
    assert_eq!(found["author"].as_object().map(|row| row.len()), Some(2), "{found}");
    assert_eq!(first(json!(["name", "author.*", "-author.*"])).await, json!({ "name": "one" }));
    // One record always shows its key.
    let one = app.admin().get("/items/posts/1?fields=[\"*\",\"-*\"]").await;
    assert_eq!(one.expect_status(200).body["data"], json!({ "id": 1 }));
});
