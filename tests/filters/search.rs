//! Search: all words, as prefixes, in any case; and grouped reads.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn articles(app: &App) {
    app.collection(
        "articles",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "title": { "type": "String" },
            "content": { "type": "Text" },
            "note": { "type": "String" },
            "status": { "type": "String" },
            "views": { "type": "Integer" },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
            "published": { "type": "DateTime" },
            "secret": { "type": "String", "hidden": true }
        } }),
    )
    .await;
    let rows = json!([
        { "id": 1, "title": "Learning JavaScript", "content": "programming for the web", "status": "draft", "views": 5, "price": "30.99", "published": "2024-01-01T10:00:00Z", "secret": "zebra" },
        { "id": 2, "title": "Databases", "content": "A DATABASE keeps rows", "status": "draft", "views": 7, "price": "10.01", "published": "2024-02-01T10:00:00Z" },
        { "id": 3, "title": "Cooking", "content": "nothing of computers", "note": "javascript", "status": "live", "views": 7, "published": "2024-02-04T23:59:59Z" },
        { "id": 4, "title": "Database programs in JavaScript", "status": "live", "price": "5", "published": "2023-12-31T00:00:00Z" }
    ]);
    app.admin().post("/items/articles/bulk", rows).await.expect_status(201);
}

async fn found(app: &App, mut parameters: Json) -> Vec<u64> {
    if parameters.get("sort").is_none() {
        parameters["sort"] = json!({ "id": "asc" });
    }
    let ids = app.admin().column("articles", "id", parameters).await;
    ids.iter().map(|id| id.as_u64().expect("a number")).collect()
}

on_every_store!(search_matches_all_words_as_prefixes_of_stems_in_readable_text, async |app| {
    articles(app).await;
    for (parameters, expected) in [
        (json!({ "search": "javascript" }), vec![1, 3, 4]),
        (json!({ "search": "JAVA" }), vec![1, 3, 4]),
        (json!({ "search": "database" }), vec![2, 4]),
        (json!({ "search": "databases" }), vec![2, 4]),
        (json!({ "search": "database javascript" }), vec![4]),
        (json!({ "search": "program" }), vec![1, 4]),
        (json!({ "search": "javascript", "searchFields": ["title", "content"] }), vec![1, 4]),
        (json!({ "search": "javascript", "searchFields": "title,content" }), vec![1, 4]),
        (json!({ "search": "avascript" }), vec![]),
        (json!({ "search": "zebra" }), vec![]),
        (json!({ "search": "javascript", "filter": { "status": "live" } }), vec![3, 4]),
        (json!({ "search": "javascript", "limit": 1, "offset": 1 }), vec![3]),
        (json!({ "search": "   " }), vec![1, 2, 3, 4]),
    ] {
        assert_eq!(found(app, parameters.clone()).await, expected, "{parameters}");
    }
    let total = app.admin().find("articles", json!({ "search": "javascript", "limit": 1 })).await;
    assert_eq!(total.body["totalCount"], 3);
});

on_every_store!(no_punctuation_breaks_a_search, async |app| {
    articles(app).await;
    for words in [
        "(", ")", "a & b", "a | b", "!a", "a:*", "'", "\"", "\\", "<->", "%", "é", "💥", "a\tb",
        "-- x",
    ] {
        app.admin().find("articles", json!({ "search": words })).await.expect_status(200);
    }
    for nothing in ["💥", "_", "%", "(", "--"] {
        assert_eq!(found(app, json!({ "search": nothing })).await, Vec::<u64>::new(), "{nothing}");
    }
    assert_eq!(found(app, json!({ "search": "(javascript)" })).await, [1, 3, 4]);
    let ranked = json!({ "search": "javascript", "sortByRelevance": "true" });
    assert_eq!(app.admin().rows("articles", ranked).await.len(), 3);
});

on_every_store!(words_of_every_script_are_found_whole, async |app| {
    articles(app).await;
    let rows = json!([
        { "id": 11, "title": "हिन्दी में लेख", "content": "½cup of flour, 5m² — “quoted”" },
        { "id": 12, "title": "ที่นี่", "content": "cafe\u{301} au lait" },
        { "id": 13, "title": "мир!да", "content": "日本語、東京" },
    ]);
    app.admin().post("/items/articles/bulk", rows).await.expect_status(201);
    for (words, expected) in [
        ("हिन्दी", vec![11]),
        ("दी", vec![]),
        ("ที่", vec![12]),
        ("cafe\u{301}", vec![12]),
        ("да", vec![13]),
        ("東京", vec![13]),
        ("cup", vec![11]),
        ("5m²", vec![11]),
        ("quoted", vec![11]),
    ] {
        assert_eq!(found(app, json!({ "search": words })).await, expected, "{words}");
    }
});

on_every_store!(the_best_matches_come_by_pages_in_one_order, async |app| {
    articles(app).await;
    let rows = json!([
        { "id": 11, "title": "cat dog dog dog", "content": "cats" },
        { "id": 12, "title": "dog cat", "content": "a long way from one dog to another cat" },
        { "id": 13, "title": "dogs", "content": "far, far, far, far from every cat" },
        { "id": 14, "title": "cat cat cat cat cat cat", "content": "dog" },
    ]);
    app.admin().post("/items/articles/bulk", rows).await.expect_status(201);
    let asked = |after: Json| json!({ "search": "cat dog", "sortByRelevance": true, "fields": ["id"], "limit": 3, "after": after });
    let first = app.admin().find("articles", asked(json!(""))).await;
    assert_eq!(first.body["data"], json!([{ "id": 14 }, { "id": 11 }, { "id": 12 }]));
    let second = app.admin().find("articles", asked(first.body["cursor"].clone())).await;
    assert_eq!(second.body["data"], json!([{ "id": 13 }]), "{}", second.text);
});

on_every_store!(the_best_match_comes_first_unless_an_order_was_asked, async |app| {
    articles(app).await;
    let often = json!({ "id": 9, "title": "JavaScript", "content": "javascript and JavaScript, javascript" });
    app.admin().create("articles", often).await;
    let ranked = json!({ "search": "javascript", "sortByRelevance": "true", "fields": ["id"] });
    let ids = app.admin().column("articles", "id", ranked.clone()).await;
    assert_eq!((ids.len(), &ids[0]), (4, &json!(9)), "{ids:?}");
    let mut asked = ranked.clone();
    asked["sort"] = json!("id");
    let sorted = app.admin().column("articles", "id", asked).await;
    assert_eq!(sorted, [json!(1), json!(3), json!(4), json!(9)]);
    let mut unranked = ranked;
    unranked["sortByRelevance"] = json!("false");
    assert_eq!(app.admin().column("articles", "id", unranked).await, sorted);
});

on_every_store!(a_search_goes_with_fields_sort_and_pages, async |app| {
    articles(app).await;
    let page = json!({ "search": "javascript", "fields": ["title"], "sort": { "title": "desc" }, "limit": 2, "page": 2 });
    let page = app.admin().find("articles", page).await;
    assert_eq!(
        (&page.body["data"], &page.body["totalCount"]),
        (&json!([{ "title": "Cooking" }]), &json!(3)),
        "{}",
        page.text
    );
});

on_every_store!(aggregates_count_sum_and_group, async |app| {
    articles(app).await;
    let admin = app.admin();
    let all = admin
        .find(
            "articles",
            json!({ "aggregate": {
                "count": { "function": "count", "field": "*" },
                "views": { "function": "count", "field": "views" },
                "sum": { "function": "sum", "field": "views" },
                "avg": { "function": "avg", "field": "views" },
                "least": { "function": "min", "field": "price" },
                "most": { "function": "max", "field": "price" },
                "kinds": { "function": "distinct", "field": "views" },
                "last": { "function": "max", "field": "published" },
                "first": { "function": "min", "field": "title" }
            } }),
        )
        .await;
    all.expect_status(200);
    let row = &all.body["data"][0];
    assert_eq!(row["count"], 4, "{}", all.text);
    assert_eq!((&row["views"], &row["sum"], &row["kinds"]), (&json!(3), &json!(19), &json!(2)));
    assert!((row["avg"].as_f64().expect("a number") - 19.0 / 3.0).abs() < 1e-9, "{}", all.text);
    assert_eq!((&row["least"], &row["most"]), (&json!("5.00"), &json!("30.99")), "{}", all.text);
    assert_eq!(row["last"], "2024-02-04T23:59:59.000Z");
    assert_eq!(row["first"], "Cooking");
    assert!(row.get("id").is_none());
    assert_eq!(all.body["totalCount"], 1);

    let groups = admin
        .find(
            "articles",
            json!({
                "aggregate": { "n": { "function": "count", "field": "*" }, "sum": { "function": "sum", "field": "price" } },
                "groupBy": ["status", "date:year:published", "date:month:published"],
                "sort": { "status": "desc", "year_published": "asc" }
            }),
        )
        .await;
    groups.expect_status(200);
    let rows = groups.body["data"].as_array().expect("groups");
    assert_eq!((rows.len(), &groups.body["totalCount"]), (4, &json!(4)), "{}", groups.text);
    assert_eq!((&rows[0]["status"], &rows[0]["year_published"]), (&json!("live"), &json!(2023)));
    assert_eq!(rows[0]["date:year:published"], 2023);
    let parts = admin
        .find("articles", json!({ "aggregate": { "n": "count" }, "groupBy": ["date:dow:published", "date:isodow:published"],
            "filter": { "id": 3 } }))
        .await;
    // 2024-02-04 was a Sunday.
    assert_eq!(
        (&parts.body["data"][0]["dow_published"], &parts.body["data"][0]["isodow_published"]),
        (&json!(0), &json!(7)),
        "{}",
        parts.text
    );
    let none = admin.find("articles", json!({ "aggregate": { "s": { "function": "sum", "field": "views" }, "n": "count" }, "filter": { "id": 99 } })).await;
    assert_eq!(none.body["data"], json!([{ "s": null, "n": 0 }]), "{}", none.text);
});

on_every_store!(grouping_without_aggregates_answers_distinct_values, async |app| {
    articles(app).await;
    let parameters =
        json!({ "groupBy": ["status"], "fields": ["status"], "limit": -1, "sort": ["status"] });
    let answer = app.admin().find("articles", parameters).await;
    assert_eq!(
        answer.body["data"],
        json!([{ "status": "draft" }, { "status": "live" }]),
        "{}",
        answer.text
    );
    assert_eq!(answer.body["totalCount"], 2);
    let page = json!({ "groupBy": "status", "sort": "-status", "limit": 1 });
    let page = app.admin().find("articles", page).await;
    assert_eq!(
        (&page.body["data"], &page.body["totalCount"]),
        (&json!([{ "status": "live" }]), &json!(2)),
        "{}",
        page.text
    );
});
