//! What a caller may not see cannot be worked out either: one test per way of asking.
//!
//! The reader sees titles of live posts. Secrets, the third post, unapproved comments and the
//! authors' salaries are hidden; each answer must be what it would be if they did not exist.

use super::posts;
use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

async fn reader(app: &App) -> Person {
    posts(app).await;
    app.with_grants("Reader", &[
        json!({ "collection": "posts", "action": "read", "fields": ["title", "views"], "conditions": { "live": true } }),
        json!({ "collection": "comments", "action": "read", "fields": ["content"], "conditions": { "approved": true } }),
        json!({ "collection": "authors", "action": "read", "fields": ["name"], "conditions": { "name": "Ada" } }),
        json!({ "collection": "posts", "action": "update", "fields": ["title", "views"] }),
        json!({ "collection": "posts", "action": "create", "fields": ["id", "title", "secret"] }),
    ])
    .await
}

/// The answer names the hidden field exactly as it names one that never was.
async fn as_if_absent(person: &Person, collection: &str, parameters: Json, hidden: &str) {
    let asked = person.find(collection, parameters.clone()).await;
    asked.expect_refusal(400, "UNKNOWN_FIELD");
    let other = format!("{}Zq", &hidden[..hidden.len() - 2]);
    let renamed: Json =
        serde_json::from_str(&parameters.to_string().replace(hidden, &other)).expect("JSON");
    let absent = person.find(collection, renamed).await;
    assert_eq!(
        (asked.status, asked.text.replace(hidden, &other)),
        (absent.status, absent.text.clone()),
        "{parameters}"
    );
}

on_every_store!(a_hidden_field_is_no_field_in_a_filter, async |app| {
    let reader = reader(app).await;
    for filter in [
        json!({ "secret": { "eq": "apple" } }),
        json!({ "secret": { "startsWith": "a" } }),
        json!({ "secret": { "isNull": true } }),
        json!({ "title": { "eq": "$COL(secret)" } }),
        json!({ "OR": [{ "title": "one" }, { "NOT": { "secret": "apple" } }] }),
        json!({ "secret": { "gt": "a", "cast": "text" } }),
    ] {
        as_if_absent(&reader, "posts", json!({ "filter": filter }), "secret").await;
    }
});

on_every_store!(a_hidden_field_is_no_field_in_a_sort, async |app| {
    let reader = reader(app).await;
    as_if_absent(&reader, "posts", json!({ "sort": { "secret": "asc" } }), "secret").await;
    as_if_absent(&reader, "posts", json!({ "sort": "-secret", "after": "", "limit": 1 }), "secret")
        .await;
    as_if_absent(&reader, "posts", json!({ "sort": { "author.salary": "desc" } }), "salary").await;
});

on_every_store!(a_hidden_field_is_not_searched, async |app| {
    let reader = reader(app).await;
    assert_eq!(reader.rows("posts", json!({ "search": "apple" })).await.len(), 0);
    assert_eq!(reader.rows("posts", json!({ "search": "one" })).await.len(), 1);
    assert_eq!(reader.rows("posts", json!({ "search": "three" })).await.len(), 0);
    as_if_absent(
        &reader,
        "posts",
        json!({ "search": "apple", "searchFields": ["secret"] }),
        "secret",
    )
    .await;
});

on_every_store!(a_hidden_field_is_no_field_in_groups_and_aggregates, async |app| {
    let reader = reader(app).await;
    as_if_absent(
        &reader,
        "posts",
        json!({ "groupBy": ["secret"], "aggregate": { "n": "count" } }),
        "secret",
    )
    .await;
    as_if_absent(&reader, "posts", json!({ "groupBy": ["secret"] }), "secret").await;
    for function in ["count", "min", "max", "distinct", "array_agg"] {
        as_if_absent(
            &reader,
            "posts",
            json!({ "aggregate": { "x": { "function": function, "field": "secret" } } }),
            "secret",
        )
        .await;
    }
    as_if_absent(
        &reader,
        "posts",
        json!({ "aggregate": { "x": { "function": "sum", "field": "author.salary" } } }),
        "salary",
    )
    .await;
});

on_every_store!(hidden_rows_count_nowhere, async |app| {
    let reader = reader(app).await;
    assert_eq!(reader.find("posts", json!({ "limit": 0 })).await.body["totalCount"], 2);
    assert_eq!(reader.rows("posts", json!({ "aggregate": { "n": "count", "m": { "function": "max", "field": "views" } } })).await[0], json!({ "n": 2, "m": "2" }));
    assert_eq!(reader.rows("posts", json!({ "groupBy": ["title"] })).await.len(), 2);
    assert_eq!(
        reader.find("posts", json!({ "count": "estimate", "limit": 1 })).await.body["totalCount"],
        2
    );
    let pages = reader.find("posts", json!({ "after": "", "limit": 2, "sort": "views" })).await;
    assert_eq!(pages.body["cursor"], Json::Null, "{}", pages.text);
});

on_every_store!(hidden_related_rows_are_absent_wherever_a_path_looks, async |app| {
    let reader = reader(app).await;
    let ids = async |filter: Json| {
        reader.column("posts", "id", json!({ "filter": filter, "sort": "id" })).await
    };
    // Post 1 has an unapproved comment `bad`, and post 2 an author who is out of sight.
    assert_eq!(ids(json!({ "coms.content": "bad" })).await, Vec::<Json>::new());
    assert_eq!(ids(json!({ "coms.content": "good" })).await, [json!(1)]);
    assert_eq!(ids(json!({ "author.name": "Bob" })).await, Vec::<Json>::new());
    assert_eq!(ids(json!({ "author.name": { "isNull": true } })).await, [json!(2)]);
    let sorted = reader.column("posts", "id", json!({ "sort": { "author.name": "asc" } })).await;
    assert_eq!(sorted, [json!(1), json!(2)]);
    let groups = reader.rows("posts", json!({ "groupBy": ["author.name"], "aggregate": { "n": "count" }, "sort": "author_name" })).await;
    assert_eq!((groups.len(), &groups[1]["author_name"]), (2, &Json::Null), "{groups:?}");
    let counted = reader
        .rows("posts", json!({ "aggregate": { "n": { "function": "count", "field": "coms.id" } } }))
        .await;
    assert_eq!(counted[0]["n"], 2, "{counted:?}");
    let expanded = reader.rows("posts", json!({ "fields": ["id", "coms.content", "coms.post.title", "author.name"], "sort": "id" })).await;
    assert_eq!(
        (&expanded[0]["coms"].as_array().map(Vec::len), &expanded[1]["author"]),
        (&Some(1), &Json::Null),
        "{expanded:?}"
    );
    // And back: the third post does not come in through a comment or an author.
    let back = reader.rows("authors", json!({ "fields": ["name", "posts.title"] })).await;
    assert_eq!(back, [json!({ "name": "Ada", "posts": [{ "id": 1, "title": "one" }] })]);
    assert_eq!(
        reader.rows("authors", json!({ "filter": { "posts.title": "three" } })).await.len(),
        0
    );
});

on_every_store!(hidden_fields_of_related_rows_are_no_fields, async |app| {
    let reader = reader(app).await;
    as_if_absent(
        &reader,
        "posts",
        json!({ "filter": { "author.salary": { "gt": 50 } } }),
        "salary",
    )
    .await;
    as_if_absent(&reader, "posts", json!({ "filter": { "coms.veiled": "x" } }), "veiled").await;
    as_if_absent(&reader, "comments", json!({ "filter": { "post.secret": "apple" } }), "secret")
        .await;
    as_if_absent(
        &reader,
        "posts",
        json!({ "filter": { "coms.post.author.salary": 100 } }),
        "salary",
    )
    .await;
    as_if_absent(
        &reader,
        "posts",
        json!({ "fields": ["coms.*"], "relConditions": { "coms": { "veiled": "x" } } }),
        "veiled",
    )
    .await;
    let rows = reader.rows("posts", json!({ "fields": ["*.*.*"] })).await;
    let text = json!(rows).to_string();
    for hidden in ["apple", "salary", "\"veiled\"", "three", "bad"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
});

on_every_store!(a_unique_error_does_not_tell_what_the_caller_may_not_read, async |app| {
    let reader = reader(app).await;
    let taken =
        reader.post("/items/posts", json!({ "id": 50, "title": "x", "secret": "apple" })).await;
    taken.expect_refusal(409, "UNIQUE_VIOLATION");
    // That the value is taken cannot be hid, the record it belongs to is.
    assert!(!taken.text.contains("\"one\"") && !taken.text.contains("apple"), "{}", taken.text);
    let update = reader.patch("/items/posts/1", json!({ "secret": "pear" })).await;
    update.expect_refusal(403, "FIELD_FORBIDDEN");
});

on_every_store!(a_nested_write_does_not_tell_hidden_rows_from_absent_ones, async |app| {
    posts(app).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "posts", "action": "update", "fields": ["*", "coms.*", "author.*"] }),
            json!({ "collection": "comments", "action": "read", "fields": ["*"], "conditions": { "approved": true } }),
        ])
        .await;
    let (hidden, absent) = (
        writer.patch("/items/posts/1", json!({ "coms": [{ "id": 2 }] })).await,
        writer.patch("/items/posts/1", json!({ "coms": [{ "id": 77 }] })).await,
    );
    assert_eq!((hidden.status, &hidden.text), (absent.status, &absent.text));
    assert!(hidden.status >= 400);
});

on_every_store!(a_version_or_an_expectation_compares_readable_values_only, async |app| {
    let reader = reader(app).await;
    let etag =
        reader.get("/items/posts/1").await.headers["etag"].to_str().expect("text").to_owned();
    app.admin().patch("/items/posts/1", json!({ "secret": "changed" })).await.expect_status(200);
    let after = reader.get("/items/posts/1").await;
    assert_eq!(after.body["data"].get("secret"), None);
    if after.headers["etag"].to_str().expect("text") == etag {
        reader
            .with_header("if-match", &etag)
            .patch("/items/posts/1", json!({ "views": 5 }))
            .await
            .expect_status(200);
    }
    // A guess at a hidden value is neither right nor wrong.
    let guess = |value: &str, field: &str| json!({ "operations": [{ "op": "update", "collection": "posts", "id": 1, "data": { "views": 6 }, "expect": { field: value } }] });
    let right = reader.post("/items/batch", guess("changed", "secret")).await;
    let wrong = reader.post("/items/batch", guess("apple", "secret")).await;
    right.expect_refusal(400, "UNKNOWN_FIELD");
    assert_eq!(right.text, wrong.text);
    let absent = reader.post("/items/batch", guess("apple", "secrex")).await;
    assert_eq!(right.text.replace("secret", "secrex"), absent.text);
    // Nor does a version of a record that is out of sight say that it is there.
    let (hidden, none) = (
        reader.with_header("if-match", "*").patch("/items/posts/3", json!({ "views": 1 })).await,
        reader.with_header("if-match", "*").patch("/items/posts/99", json!({ "views": 1 })).await,
    );
    assert_eq!((hidden.status, &hidden.text), (none.status, &none.text));
});

on_every_store!(hints_name_only_what_the_caller_may_see, async |app| {
    let reader = reader(app).await;
    for filter in [json!({ "secrt": 1 }), json!({ "titl": 1 })] {
        let answer = reader.find("posts", json!({ "filter": filter })).await;
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    let near = reader.find("posts", json!({ "filter": { "titl": 1 } })).await;
    assert!(near.text.contains("did you mean `title`"), "{}", near.text);
    assert!(!reader.get("/items/comment").await.text.contains("comments"));
    let body = reader.patch("/items/posts/1", json!({ "secrt": 1 })).await;
    assert!(!body.text.contains("secret"), "{}", body.text);
});

on_every_store!(a_collection_without_a_grant_is_no_collection, async |app| {
    posts(app).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "posts", "action": "read", "fields": ["title"] })],
        )
        .await;
    for (hidden, absent) in [
        ("/items/authors", "/items/authorz"),
        ("/items/authors/1", "/items/authorz/1"),
        ("/items/authors/export?format=csv", "/items/authorz/export?format=csv"),
    ] {
        let (one, two) = (reader.get(hidden).await, reader.get(absent).await);
        assert_eq!(
            (one.status, one.text.replace("authors", "authorz")),
            (two.status, two.text.clone())
        );
    }
    for (one, two) in [
        (
            reader.post("/items/authors", json!({ "id": 1 })).await,
            reader.post("/items/authorz", json!({ "id": 1 })).await,
        ),
        (
            reader.patch("/items/authors/1", json!({ "name": "x" })).await,
            reader.patch("/items/authorz/1", json!({ "name": "x" })).await,
        ),
        (reader.delete("/items/authors/1").await, reader.delete("/items/authorz/1").await),
        (
            reader.post("/items/authors/bulk", json!([{}])).await,
            reader.post("/items/authorz/bulk", json!([{}])).await,
        ),
    ] {
        assert_eq!(
            (one.status, one.text.replace("authors", "authorz")),
            (two.status, two.text.clone())
        );
    }
    // Nor does a relation to it exist.
    as_if_absent(&reader, "posts", json!({ "filter": { "author.name": "Ada" } }), "author").await;
    as_if_absent(&reader, "posts", json!({ "sort": { "author.name": "asc" } }), "author").await;
});

on_every_store!(a_dry_run_shows_statements_to_administrators_only, async |app| {
    let reader = reader(app).await;
    let body = json!({ "dryRun": true, "operations": [{ "op": "update", "collection": "posts", "id": 1, "data": { "title": "x" } }] });
    let shown = reader.post("/items/batch", body).await;
    shown.expect_status(200);
    assert_eq!(shown.body["data"], json!({ "statements": [], "operations": 1 }), "{}", shown.text);
});

on_every_store!(
    how_a_field_is_computed_is_told_only_to_who_sees_what_it_is_computed_from,
    async |app| {
        app.collection("staff", json!({ "fields": { "name": { "type": "String" }, "salary": { "type": "Integer" }, "rank": { "type": "Integer" }, "label": { "type": "VIRTUAL", "calculated": "name || ' ' || salary" }, "title": { "type": "VIRTUAL", "calculated": "upper(name)" } } })).await;
        let clerk = app
        .with_grants("Clerk", &[json!({ "collection": "staff", "action": "read", "fields": ["name", "rank", "label", "title"] })])
        .await;
        for path in ["/schemas/staff", "/schemas"] {
            let told = clerk.get(path).await;
            told.expect_status(200);
            assert!(
                told.text.contains("upper(name)") && told.text.contains("\"label\""),
                "{}",
                told.text
            );
            assert!(!told.text.to_lowercase().contains("salary"), "{}", told.text);
        }
        let whole = app.admin().get("/schemas/staff").await;
        assert_eq!(
            whole.body["data"]["schema"]["fields"]["label"]["calculated"],
            "name || ' ' || salary"
        );
    }
);
