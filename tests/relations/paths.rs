//! Long ways: conditions through several relations, whole lists below what was found, pages.

use super::filled;
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn ids(app: &App, collection: &str, filter: &Json) -> Json {
    let answer = app.admin().find(collection, json!({ "filter": filter, "sort": "id" })).await;
    answer.expect_status(200);
    let rows = answer.body["data"].as_array().expect("rows");
    assert_eq!(answer.body["totalCount"], rows.len(), "{}", answer.text);
    rows.iter().map(|row| row["id"].clone()).collect()
}

on_every_store!(any_mix_of_and_and_or_over_lists_finds_each_root_once, async |app| {
    filled(app).await;
    for (filter, expected) in [
        (
            json!({ "AND": [{ "OR": [{ "comments.stars": { "gte": 3 } }, { "tags.tags.name": "red" }] }, { "OR": [{ "views": { "lt": 30 } }, { "author.name": "Ada" }] }] }),
            json!([1, 2]),
        ),
        (
            json!({ "OR": [{ "AND": [{ "comments.approved": false }, { "tags.tags.name": "blue" }] }, { "AND": [{ "views": 30 }, { "author.name": { "isNull": true } }] }] }),
            json!([1, 3]),
        ),
        (
            json!({ "OR": [{ "comments.author.name": "Bob" }, { "comments.author.name": "Ada" }, { "tags.tags_id": { "in": [1, 2] } }] }),
            json!([1, 2]),
        ),
    ] {
        assert_eq!(ids(app, "posts", &filter).await, expected, "{filter}");
    }
});

on_every_store!(what_is_found_by_one_child_shows_all_of_them, async |app| {
    filled(app).await;
    let ask = json!({ "filter": { "comments.stars": 5 }, "fields": ["id", "comments.name", "tags.tags.name"] });
    let rows = app.admin().rows("posts", ask).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let names = |list: &Json, at: &dyn Fn(&Json) -> Json| {
        list.as_array().expect("a list").iter().map(at).collect::<Json>()
    };
    assert_eq!(names(&rows[0]["comments"], &|row| row["name"].clone()), json!(["good", "bad"]));
    assert_eq!(names(&rows[0]["tags"], &|row| row["tags"]["name"].clone()), json!(["red", "blue"]));
});

/// Batches of a course with their members, who stand in a junction, and enrollments in them.
async fn school(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let day = json!({ "type": "Date" });
    app.collection("courses", json!({ "fields": { "id": key, "status": { "type": "String" } } }))
        .await;
    app.collection("members", json!({ "fields": { "id": key, "name": { "type": "String" } } }))
        .await;
    app.collection("batches", json!({ "fields": { "id": key, "ends": day } })).await;
    app.collection(
        "enrollments",
        json!({ "fields": { "id": key, "student": { "type": "Integer" }, "ends": day } }),
    )
    .await;
    for (from, relation) in [
        (
            "batches",
            json!({ "type": "M2O", "target": "courses", "name": "course", "alias": "batches" }),
        ),
        (
            "batches",
            json!({ "type": "M2M", "target": "members", "name": "users", "alias": "batches" }),
        ),
        (
            "enrollments",
            json!({ "type": "M2O", "target": "batches", "name": "batch", "alias": "enrollments" }),
        ),
    ] {
        app.relation(from, relation).await;
    }
    for (collection, rows) in [
        ("courses", json!([{ "id": 1, "status": "active" }, { "id": 2, "status": "closed" }])),
        ("members", json!([{ "id": 1, "name": "Ada" }, { "id": 2, "name": "Bob" }])),
        (
            "batches",
            json!([{ "id": 1, "course": 1, "users": [1, 2] }, { "id": 2, "course": 2, "ends": "2024-01-01" }]),
        ),
        (
            "enrollments",
            json!([
                { "id": 1, "batch": 1, "student": 7 }, { "id": 2, "batch": 2, "student": 1, "ends": "2024-06-01" },
                { "id": 3, "student": 1 }, { "id": 4, "batch": 2, "student": 8, "ends": "2030-01-01" }
            ]),
        ),
    ] {
        app.admin().post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}

on_every_store!(a_column_of_ones_own_counts_where_nobody_is_related, async |app| {
    school(app).await;
    for (filter, expected) in [
        (json!({ "OR": [{ "batch.users.members_id": 1 }, { "student": 1 }] }), json!([1, 2, 3])),
        (
            json!({ "OR": [{ "batch.users.members.name": "Bob" }, { "student": { "eq": 8 } }] }),
            json!([1, 4]),
        ),
        (
            json!({ "AND": [{ "batch.course.status": "active" }, { "OR": [{ "batch.users.members_id": 2 }, { "student": 1 }] }] }),
            json!([1]),
        ),
        (
            json!({ "AND": [{ "OR": [{ "ends": { "isNull": true } }, { "ends": { "gte": "2025-01-01" } }] }, { "OR": [{ "batch.ends": { "isNull": true } }, { "student": 8 }] }] }),
            json!([1, 3, 4]),
        ),
        (json!({ "batch.users.members_id": { "isNull": true } }), json!([2, 3, 4])),
    ] {
        assert_eq!(ids(app, "enrollments", &filter).await, expected, "{filter}");
    }
    let path = "/items/enrollments?fields=[\"id\",\"batch.course.status\",\"batch.users.members.name\"]&filter={\"batch.users.members_id\":1}";
    let row = app.admin().get(path).await.body["data"][0].clone();
    assert_eq!(
        (&row["batch"]["course"]["status"], row["batch"]["users"].as_array().map(Vec::len)),
        (&json!("active"), Some(2)),
        "{row}"
    );
});

on_every_store!(lists_below_a_to_one_are_whole_on_every_page, async |app| {
    filled(app).await;
    let more = json!([{ "id": 4, "name": "four", "views": 5, "author": 1 }, { "id": 5, "name": "five", "views": 6, "author": 2 }]);
    app.admin().post("/items/posts/bulk", more).await.expect_status(201);
    let page = |number: u32| {
        let ask = json!({ "fields": ["name", "author.name", "author.posts.name"], "filter": { "author.age": { "gt": 30 } }, "sort": { "views": "asc" }, "limit": 2, "page": number });
        async move { app.admin().find("posts", ask).await }
    };
    let mut seen = Vec::new();
    for number in [1, 2] {
        let answer = page(number).await;
        assert_eq!(answer.expect_status(200).body["totalCount"], 4, "{}", answer.text);
        for post in answer.body["data"].as_array().expect("rows") {
            let author = &post["author"];
            let mut posts: Vec<&str> = author["posts"]
                .as_array()
                .expect("posts")
                .iter()
                .filter_map(|one| one["name"].as_str())
                .collect();
            posts.sort_unstable();
            let wanted = if author["name"] == "Ada" { ["four", "one"] } else { ["five", "two"] };
            assert_eq!(posts, wanted, "{post}");
            seen.push(post["name"].clone());
        }
    }
    assert_eq!(json!(seen), json!(["four", "five", "one", "two"]));
});

on_every_store!(lists_of_related_records_have_an_order, async |app| {
    let key = json!({ "id": { "type": "String", "primaryKey": true } });
    app.collection("lists", json!({ "fields": key })).await;
    for (name, flags) in [
        ("sorted", json!({ "sortEnabled": true, "timestamps": false })),
        ("stamped", json!({})),
        ("bare", json!({ "timestamps": false })),
    ] {
        let mut schema = flags;
        schema["fields"] = key.clone();
        app.collection(name, schema).await;
        app.relation(
            name,
            json!({ "type": "M2O", "target": "lists", "name": "list", "alias": name }),
        )
        .await;
    }
    let admin = app.admin();
    admin.create("lists", json!({ "id": "a" })).await;
    for (id, second) in [("z", 1), ("y", 2), ("x", 3)] {
        admin.create("sorted", json!({ "id": id, "list": "a" })).await;
        admin.create("bare", json!({ "id": id, "list": "a" })).await;
        let stamp = format!("2024-01-01T00:00:0{second}.000Z");
        admin.create("stamped", json!({ "id": id, "list": "a", "createdAt": stamp })).await;
    }
    admin.post("/utils/sort/sorted", json!({ "item": "x", "to": "y" })).await.expect_status(200);
    let row =
        admin.get("/items/lists/a?fields=sorted.id,stamped.id,bare.id").await.body["data"].clone();
    let ids = |name: &str| {
        row[name]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["id"].as_str())
            .collect::<String>()
    };
    assert_eq!((ids("sorted"), ids("bare")), (String::from("zxy"), String::from("xyz")), "{row}");
    let stamps = admin.rows("stamped", json!({ "sort": ["createdAt", "id"] })).await;
    let by_time: String = stamps.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids("stamped"), by_time, "{row}");
});

on_every_store!(a_key_is_known_by_both_of_its_spellings, async |app| {
    filled(app).await;
    let asked = json!({ "fields": ["id", "author_Id"], "filter": { "author_Id": { "isNotNull": true } }, "sort": { "author_Id": "desc" } });
    let rows = app.admin().rows("posts", asked).await;
    // Answered by the name it was asked by.
    assert_eq!(json!(rows), json!([{ "id": 2, "author_Id": 2 }, { "id": 1, "author_Id": 1 }]));
});

on_every_store!(conditions_reach_the_targets_of_rows_of_any, async |app| {
    filled(app).await;
    let ask = |conditions: Json| {
        let ask = json!({ "fields": ["id", "attachments.*", "attachments.images.*", "attachments.videos.*"], "sort": "id", "relConditions": { "attachments": conditions } });
        async move { app.admin().rows("posts", ask).await }
    };
    let wide = ask(json!({ "images": { "width": { "gt": 500 } } })).await;
    let widths = |post: &Json| {
        post["attachments"]
            .as_array()
            .expect("rows")
            .iter()
            .filter(|row| row["collection"] == "images")
            .map(|row| row["images"]["width"].clone())
            .collect::<Json>()
    };
    assert!(!widths(&wide[1]).as_array().expect("a list").contains(&json!(100)), "{wide:?}");
    assert_eq!(widths(&wide[0]), json!([800]), "{wide:?}");
    let second =
        ask(json!({ "AND": [{ "collection": "images" }, { "item_id": { "eq": 2 } }] })).await;
    let lengths: Vec<usize> =
        second.iter().filter_map(|post| post["attachments"].as_array().map(Vec::len)).collect();
    assert_eq!(lengths, [0, 1, 0], "{second:?}");
});

on_every_store!(a_change_of_something_else_leaves_lists_alone, async |app| {
    filled(app).await;
    let lists = "/items/posts/1?fields=comments.id,tags.tags_id,attachments.collection,attachments.item_id,summary.id,author.id";
    let before = app.admin().get(lists).await.text;
    app.admin().patch("/items/posts/1", json!({ "name": "another" })).await.expect_status(200);
    assert_eq!(app.admin().get(lists).await.text, before);
    // Entries that name no row are left out, and the others stand.
    let some = json!({ "attachments": [{ "item_id": 2, "collection": "images" }, { "collection": "videos" }, { "item_id": 1 }, {}] });
    app.admin().patch("/items/posts/1", some).await.expect_status(200);
    let rows =
        app.admin().get("/items/posts/1?fields=attachments.*").await.body["data"]["attachments"]
            .clone();
    assert_eq!(
        (rows.as_array().map(Vec::len), &rows[0]["item_id"]),
        (Some(1), &json!(2)),
        "{rows}"
    );
});

on_every_store!(a_record_is_made_beside_what_is_there, async |app| {
    filled(app).await;
    let admin = app.admin();
    for (id, author) in [(10, json!({ "id": 2 })), (11, json!(2))] {
        admin.create("posts", json!({ "id": id, "name": "new", "author": author })).await;
        assert_eq!(admin.one("posts", &json!(id)).await["author_id"], 2);
    }
    let renamed = json!({ "id": 12, "author": { "id": 2, "name": "Rob" }, "summary": { "name": "made" }, "comments": [1, { "name": "fresh" }], "tags": [3, { "tags": { "name": "new" } }] });
    admin.create("posts", renamed).await;
    let row = admin
        .get("/items/posts/12?fields=author.name,summary.name,comments.name,tags.tags.name")
        .await
        .body["data"]
        .clone();
    assert_eq!(
        (&row["author"]["name"], &row["summary"]["name"]),
        (&json!("Rob"), &json!("made")),
        "{row}"
    );
    assert_eq!(
        (row["comments"].as_array().map(Vec::len), row["tags"].as_array().map(Vec::len)),
        (Some(2), Some(2)),
        "{row}"
    );
    for absent in [
        json!({ "author": { "id": 99 } }),
        json!({ "comments": [99] }),
        json!({ "comments": [{ "id": 99 }] }),
    ] {
        let mut body = absent;
        body["id"] = json!(13);
        admin.post("/items/posts", body).await.expect_refusal(400, "RELATION_INVALID");
    }
    assert_eq!(admin.find("posts", json!({ "limit": 0 })).await.body["totalCount"], 6);
});
