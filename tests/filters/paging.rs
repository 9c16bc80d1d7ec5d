//! Pages: by number, by offset, and by key.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// 40 rows with many ties and NULLs in every sort key, some of which have an index.
async fn lines(app: &App) {
    app.collection(
        "lines",
        json!({ "indexes": [
            { "name": "lines_n", "fields": ["n"] },
            { "name": "lines_price", "fields": ["price", "n"] },
            { "name": "lines_day", "fields": ["day"] },
        ], "fields": {
            "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
            "n": { "type": "Integer" },
            "word": { "type": "String" },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
            "real": { "type": "Double" },
            "day": { "type": "Date" },
            "moment": { "type": "DateTime" },
            "active": { "type": "Boolean" }
        } }),
    )
    .await;
    let rows: Vec<Json> = (0..40_u32)
        .map(|at| {
            let maybe = |every: u32, value: Json| if at % every == 0 { Json::Null } else { value };
            json!({
                "n": maybe(5, json!(at % 4)),
                "word": maybe(7, json!(["b", "B", "a", "ä", ""][(at % 5) as usize])),
                "price": maybe(6, json!(format!("{}.{}", at % 3, at % 2 * 5))),
                "real": maybe(4, json!(f64::from(at % 3) / 3.0)),
                "day": maybe(9, json!(format!("2024-01-{:02}", at % 3 + 1))),
                "moment": maybe(8, json!(format!("2024-01-01T00:00:0{}.00{}Z", at % 2, at % 3))),
                "active": maybe(3, json!(at % 2 == 0)),
            })
        })
        .collect();
    app.admin().post("/items/lines/bulk", json!(rows)).await.expect_status(201);
}

/// Walks every page behind `after` and answers the ids in order; each page knows how many there are.
async fn walk(app: &App, sort: &Json, limit: u32, filter: &Json) -> Vec<Json> {
    let mut ids = Vec::new();
    let mut after = String::new();
    let mut totals = Vec::new();
    for _ in 0..100 {
        let answer = app
            .admin()
            .find("lines", json!({ "sort": sort, "limit": limit, "after": after, "filter": filter, "fields": ["id"] }))
            .await;
        answer.expect_status(200);
        let page = answer.body["data"].as_array().expect("a list").clone();
        assert!(page.len() <= limit as usize);
        ids.extend(page.into_iter().map(|row| row["id"].clone()));
        totals.push(answer.body["totalCount"].clone());
        match answer.body["cursor"].as_str() {
            Some(cursor) => after = cursor.to_owned(),
            None => {
                assert!(totals.iter().all(|total| *total == ids.len()), "{sort}: {totals:?}");
                return ids;
            }
        }
    }
    panic!("the pages never end");
}

on_every_store!(keyset_pages_meet_every_row_exactly_once_in_the_order_of_the_list, async |app| {
    lines(app).await;
    let sorts = [
        json!({}),
        json!({ "n": "asc" }),
        json!({ "n": "desc" }),
        json!({ "word": "asc" }),
        json!({ "word": "desc" }),
        json!({ "price": "asc", "n": "desc" }),
        json!({ "price": "desc", "word": "asc" }),
        json!({ "real": "asc" }),
        json!({ "real": "desc" }),
        json!({ "day": "asc", "moment": "desc" }),
        json!({ "moment": "asc" }),
        json!({ "active": "desc", "n": "asc" }),
        json!({ "active": "asc", "id": "desc" }),
        json!({ "createdAt": "desc" }),
    ];
    for sort in &sorts {
        let whole =
            app.admin().column("lines", "id", json!({ "sort": sort, "fields": ["id"] })).await;
        assert_eq!(whole.len(), 40);
        for limit in [1, 7, 40, 100] {
            assert_eq!(walk(app, sort, limit, &json!({})).await, whole, "{sort} by {limit}");
        }
    }
    let filter = json!({ "n": { "isNotNull": true }, "active": true });
    let sort = json!({ "word": "desc" });
    let whole = app.admin().column("lines", "id", json!({ "sort": sort, "filter": filter })).await;
    assert_eq!(walk(app, &sort, 3, &filter).await, whole);
});

on_every_store!(rows_written_between_two_pages_neither_repeat_nor_hide_others, async |app| {
    lines(app).await;
    let admin = app.admin();
    let sort = json!({ "n": "asc" });
    let before = admin.column("lines", "id", json!({ "sort": sort })).await;
    let first = admin.find("lines", json!({ "sort": sort, "limit": 10, "after": "" })).await;
    for n in [0, 1, 2, 3] {
        admin.create("lines", json!({ "n": n })).await;
    }
    let cursor = first.body["cursor"].as_str().expect("a cursor").to_owned();
    let rest =
        admin.column("lines", "id", json!({ "sort": sort, "limit": 100, "after": cursor })).await;
    let kept: Vec<&Json> = rest.iter().filter(|id| before.contains(id)).collect();
    assert_eq!(kept, before[10..].iter().collect::<Vec<_>>());
});

on_every_store!(a_cursor_serves_only_the_question_it_came_from, async |app| {
    lines(app).await;
    let admin = app.admin();
    let first =
        admin.find("lines", json!({ "sort": { "n": "asc" }, "limit": 5, "after": "" })).await;
    let cursor = first.body["cursor"].as_str().expect("a cursor").to_owned();
    for after in [cursor.get(..cursor.len() / 2).unwrap_or_default(), "x", "{}", "////"] {
        let answer = admin
            .find("lines", json!({ "sort": { "n": "asc" }, "limit": 5, "after": after }))
            .await;
        if !after.is_empty() {
            answer.expect_refusal(400, "INVALID_QUERY");
        }
    }
    let other = json!({ "sort": { "n": "asc", "word": "asc" }, "limit": 5, "after": cursor });
    admin.find("lines", other).await.expect_refusal(400, "INVALID_QUERY");
});

on_every_store!(a_cursor_and_a_counted_page_are_not_asked_for_at_once, async |app| {
    lines(app).await;
    let admin = app.admin();
    let sort = json!({ "n": "asc" });
    let first = admin.find("lines", json!({ "sort": sort, "limit": 5, "after": "" })).await;
    let cursor = first.body["cursor"].as_str().expect("a cursor").to_owned();
    for after in ["", &cursor] {
        for (name, place) in [("page", 1), ("page", 2), ("offset", 0), ("offset", 5)] {
            let asked = json!({ "sort": sort, "limit": 5, "after": after, name: place });
            let refused = admin.find("lines", asked).await;
            refused.expect_refusal(400, "INVALID_QUERY");
            let told = refused.message();
            let both = told.contains("`after`") && told.contains(&format!("`{name}`"));
            assert!(both && refused.body["error"]["at"] == "after", "{}", refused.text);
        }
    }
});

on_every_store!(pages_and_offsets_cut_the_same_list, async |app| {
    lines(app).await;
    let admin = app.admin();
    let sort = json!({ "word": "asc" });
    let whole = admin.column("lines", "id", json!({ "sort": sort })).await;
    let page = async |more: Json| {
        let mut parameters = json!({ "sort": { "word": "asc" } });
        for (key, value) in more.as_object().expect("an object") {
            parameters[key] = value.clone();
        }
        let answer = admin.find("lines", parameters).await;
        answer.expect_status(200);
        assert_eq!(answer.body["totalCount"], 40, "{}", answer.text);
        let rows = answer.body["data"].as_array().expect("a list");
        rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(page(json!({ "limit": 15 })).await, whole[..15]);
    assert_eq!(page(json!({ "limit": 15, "page": 1 })).await, whole[..15]);
    assert_eq!(page(json!({ "limit": 15, "page": 0 })).await, whole[..15]);
    assert_eq!(page(json!({ "limit": 15, "page": 3 })).await, whole[30..]);
    assert_eq!(page(json!({ "limit": 15, "page": 4 })).await, Vec::<Json>::new());
    assert_eq!(page(json!({ "page": 2 })).await, whole[10..20]);
    assert_eq!(page(json!({ "limit": 10, "offset": 20 })).await, whole[20..30]);
    assert_eq!(page(json!({ "offset": 35 })).await, whole[35..]);
    assert_eq!(page(json!({ "limit": 10, "offset": 5, "page": 2 })).await, whole[10..20]);
    assert_eq!(page(json!({ "limit": 0 })).await, Vec::<Json>::new());
    assert_eq!(page(json!({ "limit": -1 })).await, whole);
    assert_eq!(page(json!({ "limit": -1, "page": 2 })).await, whole);
    assert_eq!(page(json!({ "limit": 1_000_000 })).await, whole);
});

on_every_store!(the_total_counts_what_matches_and_can_be_left_out, async |app| {
    lines(app).await;
    let admin = app.admin();
    let some = admin.find("lines", json!({ "filter": { "n": 1 }, "limit": 2 })).await;
    assert_eq!(some.body["totalCount"], 8, "{}", some.text);
    let none = admin.find("lines", json!({ "limit": 2, "count": "none" })).await;
    assert!(none.body.get("totalCount").is_none(), "{}", none.text);
    let estimate = admin.find("lines", json!({ "limit": 2, "count": "estimate" })).await;
    assert!(
        estimate.body["totalCount"].as_u64().is_some_and(|total| total >= 2),
        "{}",
        estimate.text
    );
});

mod a_list_is_cut_to_the_largest_page_and_says_so {
    use super::{json, lines};
    use crate::harness::{App, Kind};

    async fn told(kind: Kind) {
        let app = App::start_with(kind, |config| config.limits.page_size_max = 12).await;
        lines(&app).await;
        for parameters in [json!({}), json!({ "limit": -1 }), json!({ "limit": 30 })] {
            let answer = app.admin().find("lines", parameters).await;
            assert_eq!(answer.body["data"].as_array().map(Vec::len), Some(12), "{}", answer.text);
            assert_eq!(
                (&answer.body["truncated"], &answer.body["totalCount"]),
                (&json!(true), &json!(40))
            );
        }
        let within = app.admin().find("lines", json!({ "limit": 10 })).await;
        assert!(within.body.get("truncated").is_none(), "{}", within.text);
        let export = app.admin().get("/items/lines/export?format=ndjson").await;
        assert_eq!(export.expect_status(200).text.lines().count(), 40);
        app.stop().await;
    }

    crate::harness::on_every_store!(@both told);
}

on_every_store!(
    the_largest_page_cuts_nothing_that_the_house_reads_for_itself,
    |config| { config.limits.page_size_max = 2 },
    async |app| {
        lines(app).await;
        let grant = json!({ "collection": "lines", "action": "read", "fields": ["n"] });
        let mut people = Vec::new();
        for role in ["One", "Two", "Three", "Four"] {
            people.push(app.with_grants(role, std::slice::from_ref(&grant)).await);
        }
        for person in &people {
            assert_eq!(person.rows("lines", json!({ "sort": "n" })).await.len(), 2);
        }
        let found = app.admin().find("baasix_Role", json!({})).await;
        assert_eq!(found.body["truncated"], true, "{}", found.text);
    }
);
