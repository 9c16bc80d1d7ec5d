//! Reports: what `spec/data.md` 14 and the `reports` row of its section 19 ask for. Rows S29 to S33
//! of its section 22 are here in the encoding of the original SDK.

use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

fn counted() -> Json {
    json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } })
}

/// Sales of two categories and of none, around the year 2025.
async fn sales(app: &App) {
    let name = json!({ "type": "String" });
    app.collection("categories", json!({ "fields": { "id": counted(), "name": name } })).await;
    app.collection(
        "sales",
        json!({ "paranoid": true, "fields": {
            "id": counted(),
            "amount": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
            "status": { "type": "String" },
            "sold_at": { "type": "DateTime" },
            "day": { "type": "Date" },
        } }),
    )
    .await;
    let relation =
        json!({ "type": "M2O", "target": "categories", "name": "category", "alias": "sales" });
    app.relation("sales", relation).await;
    let admin = app.admin();
    for name in ["Lights", "Chairs"] {
        admin.create("categories", json!({ "name": name })).await;
    }
    for (category, amount, status, sold_at) in [
        (json!(1), "10.50", "completed", "2025-01-01T00:00:00.000Z"),
        (json!(1), "20.00", "completed", "2025-06-15T12:00:00.000Z"),
        (json!(2), "5.25", "open", "2025-12-31T23:59:59.999Z"),
        (json!(2), "7.00", "completed", "2026-01-01T00:00:00.000Z"),
        (Json::Null, "1.00", "open", "2024-12-31T23:00:00.000Z"),
    ] {
        let day = &sold_at[..10];
        let row = json!({ "category_id": category, "amount": amount, "status": status, "sold_at": sold_at, "day": day });
        admin.create("sales", row).await;
    }
}

fn count() -> Json {
    json!({ "n": { "function": "count", "field": "*" } })
}

/// A report asked in a body and in the address, which must be one answer.
async fn report(person: &Person, collection: &str, query: Json) -> Json {
    let path = format!("/reports/{collection}");
    let posted = person.post(&path, query.clone()).await;
    posted.expect_status(200);
    assert_eq!(person.ask(&path, query).await.text, posted.text);
    posted.body
}

on_every_store!(without_groups_a_report_is_a_list, async |app| {
    sales(app).await;
    let admin = app.admin();
    let query = json!({
        "fields": ["id", "amount", "category.name"], "filter": { "status": { "eq": "completed" } },
        "sort": { "amount": "desc" }, "limit": 2, "page": 1,
    });
    let found = report(admin, "sales", query.clone()).await;
    assert_eq!(found, admin.find("sales", query).await.body);
    assert_eq!(
        (&found["totalCount"], found["data"].as_array().map(Vec::len)),
        (&json!(3), Some(2))
    );
    // Nothing asked at all is everything.
    let whole = admin.post_text("/reports/sales", "").await;
    assert_eq!(whole.body["totalCount"], 5);
    let sum = json!({ "aggregate": { "all": { "function": "sum", "field": "amount" } } });
    let sum = admin.post("/reports/sales", sum).await;
    assert_eq!(sum.text, r#"{"data":[{"all":43.75}],"totalCount":1}"#);
});

on_every_store!(groups_are_one_row_each_however_they_are_asked_for, async |app| {
    sales(app).await;
    let admin = app.admin();
    let query = |group_by: Json| {
        json!({
            "aggregate": { "revenue": { "function": "sum", "field": "amount" }, "n": { "function": "count", "field": "id" } },
            "groupBy": group_by, "sort": { "status": "asc" },
        })
    };
    let text = r#"{"data":[{"status":"completed","revenue":37.50,"n":3},{"status":"open","revenue":6.25,"n":2}],"totalCount":2}"#;
    for group_by in [json!(["status"]), json!("status")] {
        assert_eq!(admin.post("/reports/sales", query(group_by.clone())).await.text, text);
        assert_eq!(admin.ask("/reports/sales", query(group_by)).await.text, text);
    }
    // Brackets, repeated keys and a filter, as other clients of the original send them.
    let bracketed = "/reports/sales?aggregate[n]=count&groupBy=status&groupBy=category_id&filter[amount][gt]=2&sort=-n,category_id";
    let rows = admin.get(bracketed).await.body["data"].clone();
    assert_eq!(rows[0], json!({ "status": "completed", "category_id": 1, "n": 2 }));
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    // A page of groups counts all of them.
    let paged = json!({ "aggregate": count(), "groupBy": ["status"], "limit": 1, "page": 2 });
    assert_eq!(
        report(admin, "sales", paged).await,
        json!({ "data": [{ "status": "open", "n": 2 }], "totalCount": 2 })
    );
});

on_every_store!(groups_carry_what_their_records_point_at, async |app| {
    sales(app).await;
    let admin = app.admin();
    let query = json!({
        "fields": ["category_id", "category.name"], "groupBy": ["category_id"],
        "aggregate": { "revenue": { "function": "sum", "field": "amount" } }, "sort": "category_id",
    });
    let text = r#"{"data":[{"category_id":1,"revenue":30.50,"category":{"id":1,"name":"Lights"}},{"category_id":2,"revenue":12.25,"category":{"id":2,"name":"Chairs"}},{"category_id":null,"revenue":1.00,"category":null}],"totalCount":3}"#;
    assert_eq!(admin.post("/reports/sales", query.clone()).await.text, text);
    assert_eq!(admin.ask("/reports/sales", query).await.text, text);
    // With dates, without aggregates, through a group key behind the relation.
    let dated = json!({
        "fields": ["category.name"], "groupBy": ["category_id", "date:year:sold_at"],
        "aggregate": count(), "sort": { "category_id": "asc", "year_sold_at": "asc" },
    });
    let rows = report(admin, "sales", dated).await["data"].clone();
    assert_eq!(
        rows[1],
        json!({ "category_id": 2, "date:year:sold_at": 2025, "year_sold_at": 2025, "n": 1, "category": { "id": 2, "name": "Chairs" } })
    );
    assert_eq!(rows[2]["category"]["name"], "Chairs");
    let distinct =
        json!({ "fields": ["category.*"], "groupBy": ["category.name"], "sort": "category.name" });
    let rows = report(admin, "sales", distinct).await["data"].clone();
    assert_eq!(rows[0]["category.name"], "Chairs");
    assert_eq!(
        (&rows[0]["category_name"], &rows[0]["category"]["id"]),
        (&json!("Chairs"), &json!(2))
    );
    // A to-many relation is a list, trimmed as it is in a list of records.
    let many = json!({
        "fields": ["sales.amount"], "groupBy": ["name"], "sort": "name",
        "relConditions": { "sales": { "status": { "eq": "completed" } } },
    });
    let rows = report(admin, "categories", many).await["data"].clone();
    assert_eq!(rows[0]["sales"].to_string(), r#"[{"id":4,"amount":7.00}]"#);
    assert_eq!(rows[1]["sales"].as_array().map(Vec::len), Some(2));
});

on_every_store!(parts_of_a_date_are_numbers_in_their_range, async |app| {
    sales(app).await;
    let admin = app.admin();
    // 1, 15, 31, 1 and 31 of months; Wednesday, Sunday, Wednesday, Thursday, Tuesday.
    for (part, wanted) in [
        ("dow", vec![(0, 1), (2, 1), (3, 2), (4, 1)]),
        ("isodow", vec![(2, 1), (3, 2), (4, 1), (7, 1)]),
        ("year", vec![(2024, 1), (2025, 3), (2026, 1)]),
        ("month", vec![(1, 2), (6, 1), (12, 2)]),
        ("day", vec![(1, 2), (15, 1), (31, 2)]),
        ("quarter", vec![(1, 2), (2, 1), (4, 2)]),
    ] {
        let (key, short) = (format!("date:{part}:sold_at"), format!("{part}_sold_at"));
        let query =
            json!({ "aggregate": count(), "groupBy": [key], "sort": { short.as_str(): "asc" } });
        let rows = report(admin, "sales", query).await["data"].clone();
        let wanted: Vec<Json> = wanted
            .into_iter()
            .map(|(value, n)| json!({ key.as_str(): value, short.as_str(): value, "n": n }))
            .collect();
        assert_eq!(rows, json!(wanted), "{part}");
    }
});

on_every_store!(a_range_of_dates_binds_beside_the_filter_and_both_its_ends_count, async |app| {
    sales(app).await;
    let admin = app.admin();
    let ids = async |range: Json| {
        let query = json!({ "dateRange": range, "fields": ["id"], "sort": "id" });
        let rows = report(admin, "sales", query).await["data"].clone();
        rows.as_array()
            .expect("rows")
            .iter()
            .filter_map(|row| row["id"].as_i64())
            .collect::<Vec<_>>()
    };
    let at = |start: &str, end: &str| json!({ "start": start, "end": end, "field": "sold_at" });
    assert_eq!(ids(at("2025-01-01", "2025-12-31")).await, [1, 2, 3]);
    assert_eq!(ids(at("2025-01-01", "2025-12-31T23:59:59.998Z")).await, [1, 2]);
    assert_eq!(ids(at("2025-01-01T00:00:00.001Z", "2026-01-01T00:00:00Z")).await, [2, 3, 4]);
    assert_eq!(ids(at("2025-06-15", "2025-06-15")).await, [2]);
    // Moments as milliseconds, as `Date.now()` tells them.
    let (start, end) = (1_735_689_600_001_i64, 1_767_225_600_000_i64);
    let range = json!({ "start": start, "end": end, "field": "sold_at" });
    assert_eq!(ids(range).await, [2, 3, 4]);
    assert_eq!(ids(json!({ "start": "2025-12-31", "field": "sold_at" })).await, [3, 4]);
    assert_eq!(ids(json!({ "end": "2024-12-31", "field": "sold_at" })).await, [5]);
    // Dates without a time, and the way over a relation.
    assert_eq!(
        ids(json!({ "start": "2025-01-01", "end": "2025-12-31", "field": "day" })).await,
        [1, 2, 3]
    );
    let far = json!({ "start": "2000-01-01", "field": "category.createdAt" });
    assert_eq!(ids(far).await, [1, 2, 3, 4]);
    // `createdAt` when no field is named: everything was made today.
    assert_eq!(ids(json!({ "start": "$NOW-DAYS_1", "end": "$NOW" })).await.len(), 5);
    assert_eq!(ids(json!({ "start": "2000-01-01", "end": "2000-12-31" })).await, [] as [i64; 0]);
    // Groups, the filter, and the bracket form.
    let query = json!({
        "filter": { "status": { "eq": "completed" } }, "dateRange": at("2025-01-01", "2025-12-31"),
        "aggregate": { "revenue": { "function": "sum", "field": "amount" } }, "groupBy": ["category_id"],
    });
    let found = report(admin, "sales", query).await;
    assert_eq!(found.to_string(), r#"{"data":[{"category_id":1,"revenue":30.50}],"totalCount":1}"#);
    let bracketed = "/reports/sales?dateRange[start]=2025-06-01&dateRange[end]=2025-06-30&dateRange[field]=sold_at";
    assert_eq!(admin.get(bracketed).await.body["totalCount"], 1);
});

on_every_store!(what_a_report_gets_wrong_is_told_by_name, async |app| {
    sales(app).await;
    app.collection("undated", json!({ "timestamps": false, "fields": { "id": counted() } })).await;
    let admin = app.admin();
    for (collection, query, status, code) in [
        ("nowhere", json!({}), 404, "COLLECTION_NOT_FOUND"),
        ("sales", json!({ "filtre": {} }), 400, "INVALID_BODY"),
        ("sales", json!({ "groupBy": ["nothing"] }), 400, "UNKNOWN_FIELD"),
        ("sales", json!({ "groupBy": ["date:fortnight:sold_at"] }), 400, "INVALID_QUERY"),
        ("sales", json!({ "filter": { "nothing": 1 } }), 400, "UNKNOWN_FIELD"),
        (
            "sales",
            json!({ "aggregate": { "a": { "function": "median", "field": "amount" } } }),
            400,
            "INVALID_QUERY",
        ),
        ("sales", json!({ "dateRange": "2025" }), 400, "INVALID_QUERY"),
        ("sales", json!({ "dateRange": {} }), 400, "INVALID_QUERY"),
        (
            "sales",
            json!({ "dateRange": { "start": "soon", "field": "sold_at" } }),
            400,
            "INVALID_QUERY",
        ),
        (
            "sales",
            json!({ "dateRange": { "end": "2025-02-30", "field": "sold_at" } }),
            400,
            "INVALID_QUERY",
        ),
        (
            "sales",
            json!({ "dateRange": { "start": "2025-01-01", "field": "sold" } }),
            400,
            "UNKNOWN_FIELD",
        ),
        ("undated", json!({ "dateRange": { "start": "2025-01-01" } }), 400, "UNKNOWN_FIELD"),
        (
            "sales",
            json!({ "fields": ["category.name"], "groupBy": ["status"], "aggregate": { "$record": "count" } }),
            400,
            "INVALID_QUERY",
        ),
    ] {
        let answer = admin.post(&format!("/reports/{collection}"), query.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{query}: {}", answer.text);
    }
    let misspelt = admin.post("/reports/sales", json!({ "filtre": {} })).await;
    assert_eq!(misspelt.body["error"]["hint"], "did you mean `filter`?");
    for misspelt in ["filtr={}", "dateRagne={}", "agregate={}", "serach=a"] {
        let refused = admin.get(&format!("/reports/sales?{misspelt}")).await;
        refused.expect_refusal(400, "INVALID_QUERY");
        assert!(refused.text.contains("did you mean `"), "{misspelt}: {}", refused.text);
    }
    for foreign in ["_=1", "t=1", "q=a", "utm_source=b"] {
        admin.get(&format!("/reports/sales?{foreign}")).await.expect_status(200);
    }
    admin.post("/reports/sales", json!([])).await.expect_refusal(400, "INVALID_BODY");
});

on_every_store!(several_reports_come_in_one_answer_each_under_its_name, async |app| {
    sales(app).await;
    let admin = app.admin();
    let list = json!([
        { "name": "categories", "collection": "categories", "query": { "aggregate": count() } },
        { "name": "sales \"all\"", "collection": "sales", "query": { "aggregate": {
            "count": { "function": "count", "field": "*" }, "total": { "function": "sum", "field": "amount" } } } },
        { "name": "newest", "collection": "sales", "query": { "fields": ["id"], "sort": { "sold_at": "desc" }, "limit": 1 } },
        { "name": "in 2025", "collection": "sales", "query": { "groupBy": "status", "aggregate": count(), "sort": "status",
            "dateRange": { "start": "2025-01-01", "end": "2025-12-31", "field": "sold_at" } } },
    ]);
    let text = r#"{"data":{"categories":{"data":[{"n":2}],"totalCount":1},"sales \"all\"":{"data":[{"count":5,"total":43.75}],"totalCount":1},"newest":{"data":[{"id":4}],"totalCount":5},"in 2025":{"data":[{"status":"completed","n":2},{"status":"open","n":1}],"totalCount":2}},"totalStats":4,"successfulStats":4}"#;
    assert_eq!(admin.post("/reports/stats", json!({ "stats": list })).await.text, text);
    // By address: JSON text, and brackets.
    assert_eq!(admin.ask("/reports/stats", json!({ "stats": list })).await.text, text);
    let bracketed = "/reports/stats?stats[0][name]=a&stats[0][collection]=sales&stats[0][query][aggregate][n][function]=count&stats[0][query][aggregate][n][field]=id&stats[0][query][filter][status][eq]=open&stats[1][name]=b&stats[1][collection]=categories&stats[1][query]={\"limit\":0}";
    assert_eq!(
        admin.get(bracketed).await.text,
        r#"{"data":{"a":{"data":[{"n":2}],"totalCount":1},"b":{"data":[],"totalCount":2}},"totalStats":2,"successfulStats":2}"#
    );
    for (list, status, message) in [
        (json!(null), 400, "stats array is required and must not be empty"),
        (json!([]), 400, "stats array is required and must not be empty"),
        (
            json!([{ "name": "a", "query": {} }]),
            400,
            "Each stats query must have a 'collection' property",
        ),
        (
            json!([{ "collection": "sales", "query": {} }]),
            400,
            "Each stats query must have a 'name' property",
        ),
        (
            json!([{ "name": "a", "collection": "sales" }]),
            400,
            "Each stats query must have a 'query' object",
        ),
        (
            json!([{ "name": "a", "collection": "nowhere", "query": {} }]),
            404,
            "Model nowhere not found",
        ),
    ] {
        let refused = admin.post("/reports/stats", json!({ "stats": list })).await;
        assert_eq!((refused.status, refused.message()), (status, message), "{}", refused.text);
    }
    let list = json!([
        { "name": "a", "collection": "sales", "query": {} },
        { "name": "b", "collection": "sales", "query": { "filter": { "zz": 1 } } },
    ]);
    let refused = admin.post("/reports/stats", json!({ "stats": list })).await;
    refused.expect_status(400);
    assert!(refused.text.contains("stats.1.query.filter.zz"), "{}", refused.text);
    admin.get("/reports/stats").await.expect_refusal(400, "INVALID_QUERY");
});

on_every_store!(a_report_counts_what_the_caller_may_see_and_nothing_else, async |app| {
    sales(app).await;
    let reader = app
        .with_grants(
            "Reader",
            &[
                json!({ "collection": "sales", "action": "read", "fields": ["id", "status", "category_id", "category.*"], "conditions": { "status": { "eq": "completed" } } }),
                json!({ "collection": "categories", "action": "read", "fields": ["id", "name"], "conditions": { "name": { "eq": "Lights" } } }),
            ],
        )
        .await;
    let query = json!({ "fields": ["category.name"], "groupBy": ["category_id"], "aggregate": count(), "sort": "category_id" });
    let found = report(&reader, "sales", query).await;
    assert_eq!(
        found["data"],
        json!([
            { "category_id": 1, "n": 2, "category": { "id": 1, "name": "Lights" } },
            { "category_id": 2, "n": 1, "category": null },
        ])
    );
    // A field out of reach does not exist; a relation that is not granted is left out.
    for query in [
        json!({ "aggregate": { "a": { "function": "sum", "field": "amount" } } }),
        json!({ "groupBy": ["amount"] }),
        json!({ "dateRange": { "start": "2025-01-01", "field": "sold_at" } }),
        json!({ "dateRange": { "start": "2025-01-01" } }),
    ] {
        let refused = reader.post("/reports/sales", query.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "UNKNOWN_FIELD"), "{query}");
    }
    let back = json!({ "fields": ["sales.amount"], "groupBy": ["name"], "aggregate": count() });
    let rows = report(&reader, "categories", back).await["data"].clone();
    assert_eq!(rows[0]["n"], 1);
    assert!(!rows.to_string().contains("amount"), "{rows}");
    // One report that may not be read refuses them all.
    let list = json!([
        { "name": "a", "collection": "sales", "query": { "aggregate": count() } },
        { "name": "b", "collection": "baasix_User", "query": { "aggregate": count() } },
    ]);
    reader.post("/reports/stats", json!({ "stats": list })).await.expect_refusal(403, "FORBIDDEN");
    let own = reader.post("/reports/stats", json!({ "stats": [list[0]] })).await;
    assert_eq!(own.body["data"]["a"]["data"][0]["n"], 3);
    for path in ["/reports/sales", "/reports/nowhere"] {
        let nobody = app.anonymous();
        nobody.post(path, json!({})).await.expect_refusal(403, "FORBIDDEN");
        nobody.get(path).await.expect_refusal(403, "FORBIDDEN");
    }
    reader.get("/reports/nowhere").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(deleted_records_are_in_no_report_unless_asked_for, async |app| {
    sales(app).await;
    let admin = app.admin();
    admin.delete("/items/sales/1").await.expect_status(200);
    let query = |paranoid: bool| json!({ "aggregate": count(), "groupBy": ["category_id"], "fields": ["category.name"], "sort": "category_id", "paranoid": paranoid });
    assert_eq!(report(admin, "sales", query(true)).await["data"][0]["n"], 1);
    let with = report(admin, "sales", query(false)).await;
    assert_eq!(
        (&with["data"][0]["n"], &with["data"][0]["category"]["name"]),
        (&json!(2), &json!("Lights"))
    );
});

on_every_store!(records_are_found_by_keys_of_any_name_and_kind, async |app| {
    app.collection(
        "makers",
        json!({ "fields": { "id": counted(), "name": { "type": "String" } } }),
    )
    .await;
    for (collection, key) in [
        ("by_text", json!({ "type": "String", "primaryKey": true })),
        (
            "by_uuid",
            json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } }),
        ),
        ("by_large", json!({ "type": "BigInt", "primaryKey": true })),
    ] {
        app.collection(
            collection,
            json!({ "fields": { "code": key, "maker_id": { "type": "Integer", "relType": "BelongsTo", "target": "makers", "as": "maker", "foreignKey": "maker_id" } } }),
        )
        .await;
    }
    let admin = app.admin();
    let maker = admin.create("makers", json!({ "name": "Ada" })).await;
    for (collection, codes) in [
        ("by_text", [json!("b/1"), json!("$NOW")]),
        (
            "by_uuid",
            [
                json!("4b1b1f0e-0000-4000-8000-000000000001"),
                json!("0b1b1f0e-0000-4000-8000-000000000002"),
            ],
        ),
        ("by_large", [json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_995_i64)]),
    ] {
        for code in codes {
            admin.create(collection, json!({ "code": code, "maker_id": maker })).await;
        }
        let query =
            json!({ "fields": ["maker.name"], "groupBy": ["maker_id"], "aggregate": count() });
        assert_eq!(
            report(admin, collection, query.clone()).await["data"],
            json!([{ "maker_id": 1, "n": 2, "maker": { "id": 1, "name": "Ada" } }]),
            "{collection}"
        );
        let exact = admin.with_header("accept-numbers", "string");
        let exact = exact.post(&format!("/reports/{collection}"), query).await;
        assert_eq!(exact.body["data"][0]["maker"]["name"], "Ada", "{collection}: {}", exact.text);
    }
});

on_every_store!(
    groups_beyond_one_list_of_keys_carry_theirs_too,
    |config| {
        config.limits.list_values_max = 2;
    },
    async |app| {
        sales(app).await;
        let query = json!({ "fields": ["category.name"], "groupBy": ["sold_at"], "aggregate": count(), "sort": "sold_at" });
        let rows = report(app.admin(), "sales", query).await["data"].clone();
        let names: Vec<Json> = rows
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["category"]["name"].clone())
            .collect();
        assert_eq!(json!(names), json!([null, "Lights", "Lights", "Chairs", "Chairs"]));
    }
);

on_every_store!(the_calls_of_the_original_sdk_are_served_as_it_sends_them, async |app| {
    sales(app).await;
    let admin = app.admin();
    // S29 `items.aggregate` and S33 `reports.aggregate`: the list of items, `limit=-1`.
    let aggregate = json!({
        "total": { "function": "sum", "field": "amount" }, "count": { "function": "count", "field": "id" },
        "avg": { "function": "avg", "field": "amount" },
    });
    let query = json!({ "aggregate": aggregate, "groupBy": ["category_id", "status"], "filter": { "createdAt": { "gte": "$NOW-DAYS_30" } }, "limit": -1 });
    let rows = admin.rows("sales", query).await;
    assert_eq!(rows.len(), 4);
    assert_eq!(
        rows[0].to_string(),
        r#"{"category_id":1,"status":"completed","total":30.50,"count":2,"avg":15.25}"#
    );
    // S30 `reports.generate`: the whole of it as the body.
    let body = json!({
        "aggregate": { "revenue": { "function": "sum", "field": "amount" }, "orders": { "function": "count", "field": "id" } },
        "groupBy": ["category_id"], "filter": { "status": { "eq": "completed" } },
        "dateRange": { "start": "2025-01-01", "end": "2025-12-31", "field": "sold_at" },
    });
    let made = admin.post("/reports/sales", body).await;
    assert_eq!(
        made.text,
        r#"{"data":[{"category_id":1,"revenue":30.50,"orders":2}],"totalCount":1}"#
    );
    // S31 `reports.query`: JSON texts in the address (D-04).
    let asked = "/reports/sales?aggregate=%7B%22total%22%3A%7B%22function%22%3A%22sum%22%2C%22field%22%3A%22amount%22%7D%7D&groupBy=%5B%22status%22%5D";
    assert_eq!(
        admin.get(asked).await.body["data"][1].to_string(),
        r#"{"status":"open","total":6.25}"#
    );
    // S32 `reports.getStats`.
    let stats = json!({ "stats": [
        { "name": "total_products", "collection": "categories", "query": { "aggregate": { "count": { "function": "count", "field": "*" } } } },
        { "name": "total_orders", "collection": "sales", "query": { "aggregate": {
            "count": { "function": "count", "field": "*" }, "total_amount": { "function": "sum", "field": "amount" } } } },
    ] });
    let stats = admin.post("/reports/stats", stats).await.body;
    assert_eq!(stats["data"]["total_products"]["data"][0]["count"], 2);
    assert_eq!(stats["data"]["total_orders"]["data"][0]["total_amount"].to_string(), "43.75");
    // S33 `reports.count`: nothing but the number; `reports.distinct` (D-17).
    let counted = admin
        .get("/items/sales?filter=%7B%22status%22%3A%7B%22eq%22%3A%22open%22%7D%7D&limit=0")
        .await;
    assert_eq!(counted.text, r#"{"data":[],"totalCount":2}"#);
    let distinct = "/items/sales?fields=%5B%22status%22%5D&groupBy=%5B%22status%22%5D&limit=-1";
    assert_eq!(
        admin.get(distinct).await.text,
        r#"{"data":[{"status":"completed"},{"status":"open"}],"totalCount":2}"#
    );
});

on_every_store!(the_document_of_the_routes_names_the_reports_one_may_ask_for, async |app| {
    sales(app).await;
    let paths = app.admin().get("/openapi").await.body["paths"].clone();
    for path in ["/reports/sales", "/reports/stats"] {
        assert!(paths[path]["get"].is_object() && paths[path]["post"].is_object(), "{path}");
    }
    let body =
        &paths["/reports/sales"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(body["properties"]["dateRange"].is_object(), "{body}");
    let grant = json!({ "collection": "categories", "action": "read", "fields": ["*"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    let paths = reader.get("/openapi").await.body["paths"].clone();
    assert!(paths["/reports/categories"].is_object() && paths["/reports/sales"].is_null());
});

on_every_store!(a_range_of_dates_is_of_a_date, async |app| {
    let fields = json!({ "name": { "type": "String" }, "at": { "type": "DateTime" } });
    app.collection("visits", json!({ "fields": fields })).await;
    let own = json!({ "type": "M2O", "target": "visits", "name": "before", "alias": "after" });
    app.relation("visits", own).await;
    app.admin().create("visits", json!({ "name": "zoo", "at": "2025-01-02" })).await;
    let ask = async |field: &str| {
        let range = json!({ "start": "2025-01-01", "field": field });
        app.admin().post("/reports/visits", json!({ "dateRange": range })).await
    };
    assert_eq!(ask("at").await.body["totalCount"], 1);
    assert_eq!(ask("before.at").await.body["totalCount"], 0);
    for field in ["name", "before.name"] {
        let refused = ask(field).await;
        refused.expect_refusal(400, "INVALID_QUERY");
        assert_eq!(refused.body["error"]["at"], "dateRange.field", "{}", refused.text);
    }
    ask("nothing").await.expect_refusal(400, "UNKNOWN_FIELD");
});

on_every_store!(
    a_range_of_dates_tells_nothing_of_a_field_that_is_out_of_sight_there,
    async |app| {
        let fields =
            json!({ "id": counted(), "label": { "type": "String" }, "pay": { "type": "Integer" } });
        app.collection("people", json!({ "fields": fields })).await;
        app.collection(
            "tasks",
            json!({ "fields": { "id": counted(), "name": { "type": "String" } } }),
        )
        .await;
        app.relation(
            "tasks",
            json!({ "type": "M2O", "target": "people", "name": "owner", "alias": "tasks" }),
        )
        .await;
        // The pay is seen from a task, and not of the people themselves.
        let reader = app
        .with_grants("Reader", &[
            json!({ "collection": "people", "action": "read", "fields": ["id", "label"] }),
            json!({ "collection": "tasks", "action": "read", "fields": ["id", "owner.pay"] }),
        ])
        .await;
        let ask = async |collection: &str, field: &str, start: &str| {
            let range = json!({ "start": start, "field": field });
            reader.post(&format!("/reports/{collection}"), json!({ "dateRange": range })).await
        };
        for start in ["2025-01-01", "zzz"] {
            let never = ask("people", "zqx", start).await;
            never.expect_refusal(400, "UNKNOWN_FIELD");
            for spelled in ["pay", "$pay$", " pay "] {
                let hidden = ask("people", spelled, start).await;
                let (found, wanted) = (hidden.text.replace("pay", "zqx"), &never.text);
                assert_eq!((hidden.status, &found), (never.status, wanted), "{spelled}");
            }
            let deep = ask("people", "tasks.owner.label", start).await;
            let absent = ask("people", "tasks.owner.zqxyv", start).await;
            assert_eq!(deep.text.replace("label", "zqxyv"), absent.text);
            // Where it may be read, its type is told, also of a name in dollar signs.
            for spelled in ["owner.pay", "$owner.pay$"] {
                let seen = ask("tasks", spelled, start).await;
                seen.expect_refusal(400, "INVALID_QUERY");
                assert_eq!(seen.body["error"]["at"], "dateRange.field", "{}", seen.text);
            }
        }
    }
);

on_every_store!(a_sum_beyond_the_doubles_is_refused_by_its_name, async |app| {
    let double = json!({ "type": "Double" });
    app.collection("rooms", json!({ "fields": { "id": counted() } })).await;
    app.collection(
        "rays",
        json!({ "fields": { "id": counted(), "kind": { "type": "String" }, "force": double } }),
    )
    .await;
    app.relation(
        "rays",
        json!({ "type": "M2O", "target": "rooms", "name": "room", "alias": "rays" }),
    )
    .await;
    let admin = app.admin();
    admin.create("rooms", json!({})).await;
    for force in [1.7e308, 1.7e308] {
        admin.create("rays", json!({ "kind": "x", "force": force, "room_id": 1 })).await;
    }
    admin.create("rays", json!({ "kind": "y", "force": 2.5, "room_id": 1 })).await;
    for function in ["sum", "avg"] {
        let all = |field: &str| json!({ "power": { "function": function, "field": field } });
        let grouped = json!({ "aggregate": all("force"), "groupBy": ["kind"] });
        let nested = json!({ "aggregate": all("rays.force"), "groupBy": ["id"] });
        let stats = json!({ "stats": [{ "name": "a", "collection": "rays", "query": { "aggregate": all("force") } }] });
        for (answer, field) in [
            (admin.find("rays", json!({ "aggregate": all("force") })).await, "force"),
            (admin.find("rays", grouped.clone()).await, "force"),
            (admin.find("rooms", nested).await, "rays.force"),
            (admin.post("/reports/rays", grouped).await, "force"),
            (admin.post("/reports/stats", stats).await, "force"),
        ] {
            answer.expect_refusal(400, "VALIDATION_ERROR");
            let words =
                format!("the sum behind `power` (of `{field}`) exceeds the range of a Double");
            assert!(answer.message().contains(&words), "{}", answer.text);
            assert!(answer.text.contains("Decimal"), "{}", answer.text);
        }
    }
    // What stays within is answered, by the very same reads.
    let small = json!({ "aggregate": { "power": { "function": "sum", "field": "force" } }, "groupBy": ["kind"], "filter": { "kind": "y" } });
    assert_eq!(admin.rows("rays", small).await, vec![json!({ "kind": "y", "power": 2.5 })]);
});
