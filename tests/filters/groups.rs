//! Grouped reads: keys and parts of dates, every function, paths through relations, pages of
//! groups.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn sales(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("buyers", json!({ "fields": { "id": key, "name": { "type": "String" }, "kind": { "type": "String" } } })).await;
    app.collection(
        "sales",
        json!({ "paranoid": true, "fields": {
            "id": key, "category": { "type": "String" }, "status": { "type": "String" },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
            "pieces": { "type": "Integer" }, "sold": { "type": "DateTime" }, "paid": { "type": "Boolean" }
        } }),
    )
    .await;
    let buyer = json!({ "type": "M2O", "target": "buyers", "name": "buyer", "alias": "sales" });
    app.relation("sales", buyer).await;
    for (collection, rows) in [
        (
            "buyers",
            json!([{ "id": 1, "name": "Ada", "kind": "shop" }, { "id": 2, "name": "Bob", "kind": "private" }, { "id": 3, "name": "Cyd", "kind": "shop" }]),
        ),
        (
            "sales",
            json!([
                { "id": 1, "category": "lamp", "status": "new", "price": "30.99", "pieces": 1, "sold": "2024-12-30T13:45:56Z", "paid": true, "buyer": 1 },
                { "id": 2, "category": "lamp", "status": "old", "price": "10.01", "pieces": 7, "sold": "2024-12-29T23:00:00Z", "buyer": 2 },
                { "id": 3, "category": "desk", "status": "new", "price": "100", "pieces": 2, "sold": "2025-03-01T00:00:00Z", "paid": false, "buyer": 1 },
                { "id": 4, "category": "desk", "status": "new", "price": "50", "pieces": 4, "sold": "2025-03-01T00:00:00Z", "buyer": 3 },
                { "id": 5, "category": "sofa", "status": "old" }
            ]),
        ),
    ] {
        app.admin().post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}

async fn groups(app: &App, query: &str) -> Json {
    let answer = app.admin().get(&format!("/items/sales?{query}")).await;
    answer.expect_status(200).body["data"].clone()
}

on_every_store!(groups_are_named_in_every_spelling_and_sorted_by_what_they_answer, async |app| {
    sales(app).await;
    let mean = r#"aggregate={"mean":{"function":"avg","field":"price"}}&filter={"buyer_id":{"isNotNull":true}}"#;
    let wanted = json!([
        { "category": "desk", "status": "new", "mean": 75.0 },
        { "category": "lamp", "status": "new", "mean": 30.99 },
        { "category": "lamp", "status": "old", "mean": 10.01 }
    ]);
    for group in [
        "groupBy=category,status",
        "groupBy=[\"category\",\"status\"]",
        "groupBy=category&groupBy=status",
        "groupBy[]=category&groupBy[]=status",
    ] {
        for sort in [
            "sort={\"mean\":\"desc\"}",
            "sort=-mean",
            "sort=mean:desc",
            "sort=[{\"column\":\"mean\",\"order\":\"desc\"}]",
            "sort=category,-mean",
        ] {
            let found = groups(app, &format!("{mean}&{group}&{sort}")).await;
            let plain: Vec<Json> = found
                .as_array()
                .expect("groups")
                .iter()
                .map(|row| json!({ "category": row["category"], "status": row["status"], "mean": row["mean"].as_f64() }))
                .collect();
            assert_eq!(json!(plain), wanted, "{group} {sort}");
        }
    }
});

on_every_store!(every_part_of_a_date_is_a_key_under_both_its_names, async |app| {
    sales(app).await;
    // A Monday of the first week of 2025, as ISO counts weeks.
    for (part, expected) in [
        ("year", 2024),
        ("isoyear", 2025),
        ("quarter", 4),
        ("month", 12),
        ("week", 1),
        ("day", 30),
        ("dow", 1),
        ("isodow", 1),
        ("hour", 13),
        ("minute", 45),
        ("second", 56),
    ] {
        let ask =
            format!("aggregate={{\"n\":\"count\"}}&groupBy=date:{part}:sold&filter={{\"id\":1}}");
        let wanted = json!([{ format!("date:{part}:sold"): expected, format!("{part}_sold"): expected, "n": 1 }]);
        assert_eq!(groups(app, &ask).await, wanted, "{part}");
    }
    let months =
        groups(app, "aggregate={\"n\":\"count\"}&groupBy=date:month:sold&sort=month_sold").await;
    let counts: Vec<&Json> =
        months.as_array().expect("groups").iter().map(|row| &row["n"]).collect();
    assert_eq!(counts, [&json!(2), &json!(2), &json!(1)], "{months}");
});

on_every_store!(a_condition_on_a_relation_binds_what_is_aggregated, async |app| {
    sales(app).await;
    let shops = "filter={\"buyer.kind\":\"shop\"}";
    let sum = groups(
        app,
        &format!("aggregate={{\"sum\":{{\"function\":\"sum\",\"field\":\"price\"}}}}&{shops}"),
    )
    .await;
    assert_eq!(sum.to_string(), r#"[{"sum":180.99}]"#, "no key of a row stands in a group");
    for (group, keys) in
        [("buyer.id", ["buyer.id", "buyer_id"]), ("buyer.name", ["buyer.name", "buyer_name"])]
    {
        let ask = format!(
            "aggregate={{\"n\":{{\"function\":\"count\",\"field\":\"id\"}}}}&groupBy={group}&{shops}&sort=-n"
        );
        let found = groups(app, &ask).await;
        let rows = found.as_array().expect("groups");
        assert_eq!(
            (rows.len(), &rows[0]["n"], &rows[1]["n"]),
            (2, &json!(2), &json!(1)),
            "{found}"
        );
        assert!(
            keys.iter().all(|key| rows[0][*key] == rows[0][keys[0]] && !rows[0][*key].is_null()),
            "{found}"
        );
        assert!(rows[0].get("id").is_none(), "{found}");
    }
    let mut by_kind = groups(app, "aggregate={\"n\":{\"function\":\"count\",\"field\":\"buyer.id\"}}&groupBy=buyer.kind&filter={\"buyer.id\":{\"not\":null}}&sort=buyer.kind").await;
    assert_eq!(
        by_kind.as_array_mut().map(|rows| rows.remove(1)),
        Some(json!({ "buyer.kind": "shop", "buyer_kind": "shop", "n": 3 }))
    );
    // From the other side, a relation to many.
    let spent = app.admin().rows("buyers", json!({ "aggregate": { "most": { "function": "max", "field": "sales.price" } }, "groupBy": ["name"], "filter": { "sales.status": "new" }, "sort": "name" })).await;
    assert_eq!(
        json!(spent),
        json!([{ "name": "Ada", "most": "100.00" }, { "name": "Cyd", "most": "50.00" }])
    );
});

on_every_store!(every_function_has_its_type_with_and_without_rows, async |app| {
    sales(app).await;
    let all = json!({
        "rows": { "function": "count", "field": "*" }, "paid": { "function": "count", "field": "paid" },
        "sum": { "function": "sum", "field": "price" }, "pieces": { "function": "sum", "field": "pieces" },
        "mean": { "function": "avg", "field": "pieces" }, "least": { "function": "min", "field": "pieces" },
        "most": { "function": "max", "field": "price" }, "first": { "function": "min", "field": "sold" },
        "word": { "function": "max", "field": "category" }, "kinds": { "function": "distinct", "field": "category" },
        "list": { "function": "array_agg", "field": "pieces" }
    });
    let row = app
        .admin()
        .rows("sales", json!({ "aggregate": all, "filter": { "id": { "lte": 4 } } }))
        .await[0]
        .clone();
    let mut list: Vec<i64> =
        row["list"].as_array().expect("a list").iter().filter_map(Json::as_i64).collect();
    list.sort_unstable();
    assert_eq!(list, [1, 2, 4, 7], "{row}");
    assert_eq!(
        (&row["rows"], &row["paid"], &row["kinds"], &row["pieces"]),
        (&json!(4), &json!(2), &json!(2), &json!(14)),
        "{row}"
    );
    assert_eq!(
        (row["sum"].to_string(), row["mean"].as_f64()),
        (String::from("191.00"), Some(3.5)),
        "{row}"
    );
    assert_eq!(
        (&row["least"], &row["most"], &row["word"]),
        (&json!("1"), &json!("100.00"), &json!("lamp")),
        "{row}"
    );
    assert_eq!(row["first"], "2024-12-29T23:00:00.000Z");
    let none = app.admin().rows("sales", json!({ "aggregate": all, "filter": { "id": 99 } })).await
        [0]
    .clone();
    for (key, wanted) in [
        ("rows", json!(0)),
        ("paid", json!(0)),
        ("kinds", json!(0)),
        ("sum", Json::Null),
        ("mean", Json::Null),
        ("least", Json::Null),
        ("most", Json::Null),
        ("first", Json::Null),
    ] {
        assert_eq!(none[key], wanted, "{key}: {none}");
    }
    let unknown = app
        .admin()
        .get("/items/sales?aggregate={\"m\":{\"function\":\"median\",\"field\":\"price\"}}")
        .await;
    unknown.expect_refusal(400, "INVALID_QUERY");
    assert_eq!(unknown.message(), "Unsupported aggregate function: median");
});

on_every_store!(groups_come_in_pages_and_know_search_and_what_was_deleted, async |app| {
    sales(app).await;
    let ask = async |more: &str| {
        let path = format!(
            "/items/sales?aggregate={{\"n\":\"count\"}}&groupBy=category&sort=category&{more}"
        );
        let answer = app.admin().get(&path).await;
        answer.expect_status(200);
        let rows = answer.body["data"].as_array().expect("groups").clone();
        let named: Vec<String> = rows
            .iter()
            .map(|row| format!("{}{}", row["category"].as_str().unwrap_or("?"), row["n"]))
            .collect();
        (named.join(" "), answer.body["totalCount"].as_u64())
    };
    for (more, named, total) in [
        ("", "desk2 lamp2 sofa1", 3),
        ("limit=-1", "desk2 lamp2 sofa1", 3),
        ("limit=2", "desk2 lamp2", 3),
        ("limit=2&page=2", "sofa1", 3),
        ("limit=1&offset=1", "lamp2", 3),
        ("limit=0", "", 3),
        ("search=lamp", "lamp2", 1),
        ("filter={\"status\":\"new\"}", "desk2 lamp1", 2),
    ] {
        assert_eq!(ask(more).await, (named.to_owned(), Some(total)), "{more}");
    }
    app.admin().delete("/items/sales/5").await.expect_status(200);
    app.admin().delete("/items/sales/1").await.expect_status(200);
    assert_eq!(ask("").await, (String::from("desk2 lamp1"), Some(2)));
    assert_eq!(ask("paranoid=false").await, (String::from("desk2 lamp2 sofa1"), Some(3)));
});

on_every_store!(a_part_of_a_date_is_sorted_by_in_every_spelling, async |app| {
    sales(app).await;
    let ask = async |sort: &str| {
        let parameters =
            json!({ "groupBy": ["date:month:sold"], "aggregate": { "n": "count" }, "sort": sort });
        app.admin().column("sales", "month_sold", parameters).await
    };
    let up = ask("month_sold").await;
    let mut down = up.clone();
    down.reverse();
    assert!(up.len() > 1 && up != down, "{up:?}");
    for sort in ["date:month:sold", "date:month:sold:asc", r#"["date:month:sold"]"#] {
        assert_eq!(ask(sort).await, up, "{sort}");
    }
    for sort in ["-date:month:sold", "date:month:sold:desc", "-month_sold"] {
        assert_eq!(ask(sort).await, down, "{sort}");
    }
});

on_every_store!(a_misspelt_word_of_an_aggregate_counts_nothing_else, async |app| {
    sales(app).await;
    let ask = json!({ "aggregate": { "n": { "function": "count", "fild": "price" } } });
    let refused = app.admin().find("sales", ask).await;
    refused.expect_refusal(400, "INVALID_QUERY");
    assert_eq!(refused.body["error"]["hint"], "did you mean `field`?", "{}", refused.text);
});

on_every_store!(a_read_has_a_bound_of_groups_aggregates_and_their_order, async |app| {
    app.collection("rows", json!({ "fields": { "n": { "type": "Integer" } } })).await;
    let many =
        |count: usize, word: &str| (0..count).map(|at| format!("{word}{at}")).collect::<Vec<_>>();
    let aggregate = |count: usize| {
        let all = many(count, "a").into_iter().map(|alias| (alias, json!("count")));
        Json::Object(all.collect())
    };
    let ask = async |body: Json| app.admin().post("/reports/rows", body).await;
    ask(json!({ "aggregate": aggregate(200) })).await.expect_status(200);
    ask(json!({ "aggregate": aggregate(3_000) })).await.expect_refusal(400, "INVALID_QUERY");
    let keys = vec!["n"; 3_000];
    ask(json!({ "groupBy": keys })).await.expect_refusal(400, "INVALID_QUERY");
    ask(json!({ "groupBy": ["n"], "sort": keys })).await.expect_refusal(400, "INVALID_QUERY");
});

on_every_store!(each_aggregate_beside_others_is_what_it_is_alone, async |app| {
    sales(app).await;
    let admin = app.admin();
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("visits", json!({ "fields": { "id": key, "minutes": { "type": "Double" } } }))
        .await;
    let buyer = json!({ "type": "M2O", "target": "buyers", "name": "buyer", "alias": "visits" });
    app.relation("visits", buyer).await;
    app.collection("tags", json!({ "fields": { "id": key, "word": { "type": "String" } } })).await;
    app.relation(
        "buyers",
        json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "buyers" }),
    )
    .await;
    let visits = json!([
        { "id": 1, "minutes": 0.1, "buyer": 1 }, { "id": 2, "minutes": 0.2, "buyer": 1 },
        { "id": 3, "minutes": 0.3, "buyer": 1 }, { "id": 4, "minutes": 5, "buyer": 2 }
    ]);
    admin.post("/items/visits/bulk", visits).await.expect_status(201);
    let tags = json!([{ "id": 1, "word": "a" }, { "id": 2, "word": "b" }]);
    admin.post("/items/tags/bulk", tags).await.expect_status(201);
    for (buyer, tags) in [(1, json!([1, 2])), (3, json!([2]))] {
        let path = format!("/items/buyers/{buyer}");
        admin.patch(&path, json!({ "tags": tags })).await.expect_status(200);
    }
    let asked = [
        ("records", "count", "*"),
        ("least", "min", "name"),
        ("names", "array_agg", "name"),
        ("sold", "count", "sales.id"),
        ("pieces", "sum", "sales.pieces"),
        ("price", "avg", "sales.price"),
        ("dearest", "max", "sales.price"),
        ("visits", "count", "visits.id"),
        ("minutes", "sum", "visits.minutes"),
        ("words", "distinct", "tags.tags.word"),
    ];
    let find = async |wanted: &[(&str, &str, &str)], more: &str| {
        let list: Vec<String> = wanted
            .iter()
            .map(|(alias, function, field)| {
                format!(r#""{alias}":{{"function":"{function}","field":"{field}"}}"#)
            })
            .collect();
        let path = format!("/items/buyers?aggregate={{{}}}{more}", list.join(","));
        let answer = app.admin().get(&path).await;
        answer.expect_status(200).body.clone()
    };
    for more in [
        "",
        "&groupBy=kind&sort=kind",
        "&groupBy=kind&sort=-kind&filter={\"sales.pieces\":{\"gt\":1}}",
        "&groupBy=tags.tags.word&sort=tags.tags.word",
        "&groupBy=sales.category,name&sort=sales.category,-name",
        "&filter={\"name\":\"nobody\"}",
        "&groupBy=kind&filter={\"name\":\"nobody\"}",
        "&groupBy=kind&search=Ada&searchFields=[\"name\"]",
    ] {
        let together = find(&asked, more).await;
        let rows = together["data"].as_array().expect("rows");
        assert_eq!(together["totalCount"], rows.len(), "{more}: {together}");
        for one in asked {
            let alone = find(&[one], more).await;
            let values = |body: &Json| -> Vec<Json> {
                let rows = body["data"].as_array().expect("rows").iter();
                rows.map(|row| row[one.0].clone()).collect()
            };
            assert_eq!(values(&together), values(&alone), "{one:?} {more}");
        }
    }
    let more = "&groupBy=kind&sort=-sold";
    let found = find(&[asked[0], asked[3], asked[4], asked[7], asked[8]], more).await;
    assert_eq!(
        found["data"],
        json!([
            { "kind": "shop", "records": 2, "sold": 3, "pieces": 7, "visits": 3, "minutes": 0.6 },
            { "kind": "private", "records": 1, "sold": 1, "pieces": 7, "visits": 1, "minutes": 5 }
        ]),
        "{found}"
    );
    // A page of groups, in the order of an aggregate of another list than the first.
    let second = find(&asked, "&groupBy=name&sort=-visits&limit=1&page=2").await;
    assert_eq!((&second["data"][0]["name"], &second["totalCount"]), (&json!("Bob"), &json!(3)));
});

on_every_store!(groups_of_several_lists_are_sorted_by_numbers_as_numbers, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let price = json!({ "type": "Decimal", "values": { "precision": 12, "scale": 2 } });
    app.collection("shops", json!({ "fields": { "id": key, "rent": price } })).await;
    for (name, field) in [("bills", price), ("hours", json!({ "type": "BigInt" }))] {
        app.collection(name, json!({ "fields": { "id": key, "n": field } })).await;
        let shop = json!({ "type": "M2O", "target": "shops", "name": "shop", "alias": name });
        app.relation(name, shop).await;
    }
    let rents = [(1, 9), (2, 10), (3, 100), (4, -1)];
    for (shop, rent) in rents {
        app.admin().create("shops", json!({ "id": shop, "rent": rent })).await;
        app.admin().create("bills", json!({ "id": shop, "n": rent, "shop": shop })).await;
        app.admin().create("hours", json!({ "id": shop, "n": rent, "shop": shop })).await;
    }
    for (sort, by) in [("bill", "id"), ("least", "id"), ("hour", "id"), ("rent", "rent")] {
        let asked = json!({
            "groupBy": [by], "sort": sort,
            "aggregate": {
                "bill": { "function": "avg", "field": "bills.n" },
                "least": { "function": "min", "field": "bills.n" },
                "hour": { "function": "sum", "field": "hours.n" },
            },
        });
        let hours = app.admin().column("shops", "hour", asked).await;
        let told: Vec<String> =
            hours.iter().map(|hour| hour.to_string().replace('"', "")).collect();
        assert_eq!(told, ["-1", "9", "10", "100"], "{sort}");
    }
});

on_every_store!(the_least_and_largest_decimal_keep_the_digits_that_records_show, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("heaps", json!({ "timestamps": false, "fields": { "id": key } })).await;
    app.collection(
        "loads",
        json!({ "timestamps": false, "fields": {
            "id": key, "kind": { "type": "String" }, "free": { "type": "Decimal" },
            "twice": { "type": "VIRTUAL", "calculated": "free * 2.0" }
        } }),
    )
    .await;
    let heap = json!({ "type": "M2O", "target": "heaps", "name": "heap", "alias": "loads" });
    app.relation("loads", heap).await;
    app.admin().create("heaps", json!({ "id": 1 })).await;
    // The same number in several spellings, met in another order by each kind.
    let frees = [("a", "1.50"), ("a", "10.00"), ("a", "10.0"), ("b", "10.0"), ("b", "10.00")];
    let more = [("b", "-7.10"), ("b", "-7.1"), ("a", "-7.1"), ("a", "-7.10"), ("c", "3.1400")];
    let rows = frees.into_iter().chain(more).enumerate().map(
        |(at, (kind, free))| json!({ "id": at + 1, "kind": kind, "free": free, "heap_id": 1 }),
    );
    let rows: Vec<Json> = rows.chain([json!({ "id": 20, "kind": "d" })]).collect();
    app.admin().post("/items/loads/bulk", json!(rows)).await.expect_status(201);
    let ends = |field: &str| json!({ "least": { "function": "min", "field": field }, "most": { "function": "max", "field": field } });
    let by_kind = json!({ "groupBy": ["kind"], "sort": "kind", "aggregate": ends("free") });
    let found = app.admin().rows("loads", by_kind).await;
    assert_eq!(
        json!(found),
        json!([
            { "kind": "a", "least": "-7.1", "most": "10.0" },
            { "kind": "b", "least": "-7.1", "most": "10.0" },
            { "kind": "c", "least": "3.1400", "most": "3.1400" },
            { "kind": "d", "least": null, "most": null }
        ])
    );
    let shown =
        app.admin().rows("loads", json!({ "filter": { "kind": "c" }, "numbers": "string" })).await;
    assert_eq!((&shown[0]["free"], &shown[0]["twice"]), (&json!("3.1400"), &json!("6.28000")));
    let alone = json!({ "filter": { "kind": "c" }, "aggregate": ends("twice") });
    assert_eq!(
        app.admin().rows("loads", alone).await[0],
        json!({ "least": "6.28000", "most": "6.28000" })
    );
    let far = json!({ "aggregate": ends("loads.free"), "sort": "-most", "groupBy": ["id"] });
    let far = app.admin().rows("heaps", far).await;
    assert_eq!(json!(far), json!([{ "id": 1, "least": "-7.1", "most": "10.0" }]));
});
