//! Slow queries: what ran, without the values it ran with, and the index that would help.

use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Rows of the table that is measured.
const MANY: u64 = 100_000;

/// Runs a statement in the database itself: a hundred thousand rows are no part of what is shown.
async fn write(app: &App, text: &str) {
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            connection.busy_timeout(std::time::Duration::from_secs(5)).expect("wait for a turn");
            connection.execute(text, []).expect("write");
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            connection.execute(AssertSqlSafe(text.to_owned())).await.expect("write");
            connection.close().await.expect("close");
        }
    }
}

/// Orders of customers, `rows` of them.
async fn orders(app: &App, rows: u64) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    app.collection(
        "customers",
        json!({ "timestamps": false, "fields": { "id": key, "city": { "type": "String" } } }),
    )
    .await;
    app.collection(
        "orders",
        json!({ "timestamps": false, "fields": {
            "id": key,
            "status": { "type": "String" },
            "price": { "type": "Integer" },
            "note": { "type": "String" },
            "code": { "type": "String", "unique": true },
            "facts": { "type": "JSON" },
        } }),
    )
    .await;
    app.relation(
        "orders",
        json!({ "type": "M2O", "target": "customers", "name": "customer", "alias": "orders" }),
    )
    .await;
    for city in ["Turku", "Oulu", "Vaasa"] {
        app.admin().create("customers", json!({ "city": city })).await;
    }
    let numbers = match app.kind {
        Kind::Sqlite => {
            format!(
                "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) SELECT n FROM n)"
            )
        }
        Kind::Postgres => format!("(SELECT generate_series(1, {rows}) AS n)"),
    };
    write(
        app,
        &format!(
            r#"INSERT INTO "orders" ("id", "status", "price", "note", "code", "customer_id") SELECT n, 's' || (n % 500), (n * 7919) % 10007, 'note of ' || n, 'c' || n, 1 + n % 3 FROM {numbers} s"#
        ),
    )
    .await;
}

async fn slow(app: &App, query: &str) -> Vec<Json> {
    let answer = app.admin().get(&format!("/queries/slow{query}")).await;
    answer.expect_status(200);
    answer.body["data"].as_array().expect("a list").clone()
}

/// The only query that ran since the record was emptied.
async fn only(app: &App) -> Json {
    let found = slow(app, "?collection=orders").await;
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

async fn emptied(app: &App) {
    app.admin().delete("/queries/slow").await.expect_status(200);
}

on_every_store!(queries_are_recorded_by_their_shape_and_never_by_their_values, async |app| {
    orders(app, 20).await;
    let editor = app
        .with_grants(
            "Editor",
            &[json!({ "collection": "orders", "action": "read", "fields": ["*"],
                "conditions": { "note": { "ne": "kept-from-editors" } } })],
        )
        .await;
    emptied(app).await;
    for (status, price) in [("secret-one", 5), ("secret-two", 6)] {
        let filter = json!({ "status": status, "price": { "gte": price } });
        app.admin().rows("orders", json!({ "filter": filter, "sort": "-price", "limit": 3 })).await;
    }
    let query = only(app).await;
    assert_eq!(
        query["shape"],
        json!({ "collection": "orders", "filter": "status = ? and price ≥ ?", "sort": ["-price"],
            "groupBy": [], "aggregates": [], "embeds": [], "search": false, "page": "first",
            "limit": 3, "counted": true, "withDeleted": false })
    );
    assert_eq!((&query["count"], &query["ended"]), (&json!(2), &json!(0)));
    assert_eq!(query["roles"], json!(["administrator"]));
    for time in ["totalMs", "meanMs", "p50Ms", "p95Ms", "maxMs"] {
        assert!(query[time].as_f64().is_some_and(|ms| ms >= 0.0), "{time} {query}");
    }
    assert!(query["lastSeen"].as_str().is_some_and(|at| at.ends_with('Z')), "{query}");

    // A role's rule is part of what runs, and its values are told as little as a caller's.
    editor.rows("orders", json!({ "filter": { "status": "secret-three" } })).await;
    let told = app.admin().get("/queries/slow?collection=orders").await;
    assert!(told.text.contains("note ≠ ?") && told.text.contains("Editor"), "{}", told.text);
    for value in ["secret", "kept-from", "editor@", "owner@"] {
        assert!(!told.text.contains(value), "{value} in {}", told.text);
    }
});

on_every_store!(queries_are_listed_by_what_they_took_and_by_pages, async |app| {
    orders(app, 20).await;
    emptied(app).await;
    for sort in ["price", "price", "price", "status", "status", "note"] {
        app.admin().rows("orders", json!({ "sort": sort, "limit": 2 })).await;
    }
    app.admin().rows("customers", json!({ "limit": 2 })).await;
    let counts = |found: &[Json]| -> Vec<Json> {
        found.iter().map(|query| query["count"].clone()).collect()
    };
    assert_eq!(counts(&slow(app, "?collection=orders&sort=count").await), [3, 2, 1]);
    assert_eq!(counts(&slow(app, "?collection=orders&sort=count&limit=2&page=1").await), [3, 2]);
    assert_eq!(counts(&slow(app, "?collection=orders&sort=count&limit=2&page=2").await), [1]);
    let all = app.admin().get("/queries/slow").await;
    assert_eq!(all.body["totalCount"], 4, "{}", all.text);
    let times: Vec<f64> = slow(app, "?sort=max")
        .await
        .iter()
        .map(|query| query["maxMs"].as_f64().expect("a time"))
        .collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");
    app.admin().delete("/queries/slow?collection=orders").await.expect_status(200);
    assert_eq!(app.admin().get("/queries/slow").await.body["totalCount"], 1);
    for (query, code) in [
        ("sort=middle", "INVALID_QUERY"),
        ("limit=0", "INVALID_QUERY"),
        ("limit=201", "INVALID_QUERY"),
        ("page=x", "INVALID_QUERY"),
    ] {
        app.admin().get(&format!("/queries/slow?{query}")).await.expect_refusal(400, code);
    }
    app.admin()
        .get("/queries/slow?collection=order")
        .await
        .expect_refusal(404, "COLLECTION_NOT_FOUND");
});

on_every_store!(the_index_that_would_help_is_proposed_unless_one_serves, async |app| {
    orders(app, 20).await;
    let cases = [
        (
            json!({ "filter": { "status": "s1" }, "sort": "-price" }),
            json!(["status", "price"]),
            Json::Null,
        ),
        (json!({ "filter": { "price": { "between": [1, 5] } } }), json!(["price"]), Json::Null),
        (
            json!({ "filter": { "price": { "gt": 5 }, "status": "s1" } }),
            json!(["status", "price"]),
            Json::Null,
        ),
        (json!({ "filter": { "customer_id": 1 } }), Json::Null, json!(["customer_id"])),
        (
            json!({ "filter": { "customer_id": 1 }, "sort": "price" }),
            json!(["customer_id", "price"]),
            Json::Null,
        ),
        (json!({ "filter": { "code": "c1", "status": "s1" } }), Json::Null, json!(["code"])),
        (json!({ "filter": { "id": 1 } }), Json::Null, json!(["id"])),
        (
            json!({ "filter": { "OR": [{ "status": "s1" }, { "price": 1 }] } }),
            Json::Null,
            Json::Null,
        ),
        (json!({ "filter": { "facts": { "jsonbHasKey": "a" } } }), Json::Null, Json::Null),
    ];
    for (mut asked, fields, served) in cases {
        emptied(app).await;
        asked["limit"] = json!(5);
        app.admin().rows("orders", asked.clone()).await;
        let query = only(app).await;
        let proposed = if fields.is_null() { &query["index"] } else { &query["index"]["fields"] };
        assert_eq!((proposed, &query["servedBy"]), (&fields, &served), "{asked} {query}");
    }
    emptied(app).await;
    app.admin().rows("orders", json!({ "filter": { "customer.city": "Oulu" }, "limit": 5 })).await;
    let far = only(app).await;
    assert_eq!(
        (&far["index"]["collection"], &far["index"]["fields"]),
        (&json!("customers"), &json!(["city"]))
    );
    // Made, it serves; the same query asks for nothing more.
    let index = json!({ "fields": far["index"]["fields"], "name": far["index"]["name"] });
    app.admin().post("/schemas/customers/indexes", index).await.expect_status(201);
    assert_eq!(only(app).await["servedBy"], json!(["city", "id"]));
    // One of words finds words, and no value.
    let words = json!({ "fields": ["status", "note"], "type": "fulltext" });
    app.admin().post("/schemas/orders/indexes", words).await.expect_status(201);
    emptied(app).await;
    app.admin().rows("orders", json!({ "filter": { "status": "s1" }, "limit": 5 })).await;
    let near = only(app).await;
    assert_eq!((&near["index"]["fields"], &near["servedBy"]), (&json!(["status"]), &Json::Null));
});

on_every_store!(an_index_is_measured_where_nobody_sees_it, async |app| {
    orders(app, MANY).await;
    emptied(app).await;
    let asked = json!({ "filter": { "status": "s7" }, "sort": "-price", "limit": 20 });
    let before = app.admin().rows("orders", asked.clone()).await;
    let query = only(app).await;
    let path = format!("/queries/slow/{}/measure", query["id"].as_str().expect("an id"));
    let answer = app.admin().post(&path, json!({})).await;
    answer.expect_status(200);
    let found = &answer.body["data"];
    assert_eq!(found["index"]["fields"], json!(["status", "price"]), "{found}");
    let name = found["index"]["name"].as_str().expect("a name");
    let plan = |at: &str| found[at]["plan"].to_string();
    assert!(!plan("before").contains(name) && plan("after").contains(name), "{found}");
    assert_eq!((&found["used"], &found["leftOut"]), (&json!(true), &json!([])), "{found}");
    assert_eq!((&found["before"]["runs"], &found["after"]["runs"]), (&json!(15), &json!(15)));
    // Both times and what it costs are told as they were taken.
    let number = |value: &Json| value.as_f64().unwrap_or_else(|| panic!("{value} in {found}"));
    let (slow, quick) = (number(&found["before"]["medianMs"]), number(&found["after"]["medianMs"]));
    assert!(slow > 0.0 && quick > 0.0, "{found}");
    let gain = number(&found["gain"]);
    assert!((gain - slow / quick).abs() <= gain * 0.05 + 0.01, "{found}");
    assert!(
        number(&found["writeBeforeUs"]) > 0.0 && number(&found["writeAfterUs"]) > 0.0,
        "{found}"
    );
    assert!(number(&found["indexBytes"]) > 100_000.0, "{found}");
    assert!(
        number(&found["buildMs"]) > 0.0 && number(&found["copiedBytes"]) > 1_000_000.0,
        "{found}"
    );
    let records = number(&found["records"]);
    assert!((90_000.0..=110_000.0).contains(&records), "{found}");

    // Nothing of it is left: no index, no copy, no row changed.
    let schema = app.admin().get("/schemas/orders").await;
    assert!(!schema.text.contains(name), "{}", schema.text);
    assert_eq!(app.admin().rows("orders", asked).await, before);
    let counted = app.admin().find("orders", json!({ "limit": 1 })).await;
    assert_eq!(counted.body["totalCount"], MANY);
    match app.kind {
        Kind::Sqlite => {
            let left: Vec<_> = std::fs::read_dir(&app.data)
                .expect("the folder")
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .filter(|name| name.contains("trial"))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            let asked = "SELECT count(*) FROM pg_namespace WHERE nspname = '_plinth_trial'";
            let left: i64 =
                sqlx::query_scalar(asked).fetch_one(&mut connection).await.expect("ask");
            connection.close().await.expect("close");
            assert_eq!(left, 0);
        }
    }
});

on_every_store!(every_form_of_a_query_can_be_measured, async |app| {
    orders(app, 600).await;
    let first =
        app.admin().find("orders", json!({ "limit": 5, "sort": "price", "after": "" })).await;
    let cursor = first.body["cursor"].as_str().expect("a cursor").to_owned();
    for asked in [
        json!({ "sort": "price", "after": cursor, "limit": 5 }),
        json!({ "filter": { "status": { "in": ["s1", "s2"] } }, "limit": 5, "page": 2 }),
        json!({ "filter": { "customer.city": "Oulu" }, "limit": 5 }),
        json!({ "filter": { "status": "s1" }, "fields": "*,customer.*", "limit": 5 }),
        json!({ "filter": { "price": { "gte": 5 } }, "groupBy": "status",
            "aggregate": { "n": { "function": "count", "field": "*" } } }),
        json!({ "filter": { "AND": [{ "price": { "gte": 5 } }, { "price": { "lt": 90 } }] }, "count": "none" }),
        json!({ "filter": { "note": { "isNull": true }, "status": { "startsWiths": "s" } }, "limit": 5 }),
        json!({ "filter": { "status": "s1", "NOT": { "price": { "lt": 10 } } }, "sort": "-price,note", "limit": 5 }),
    ] {
        emptied(app).await;
        app.admin().find("orders", asked.clone()).await.expect_status(200);
        let query = only(app).await;
        let path = format!("/queries/slow/{}/measure", query["id"].as_str().expect("an id"));
        let answer = app.admin().post(&path, json!({ "consent": true })).await;
        assert_eq!(answer.status, 200, "{asked} {query} {}", answer.text);
        assert_eq!(answer.body["data"]["index"], query["index"], "{}", answer.text);
        assert_eq!(answer.body["data"]["leftOut"], json!([]), "{asked} {}", answer.text);
    }
    // By distance it is another order than by the key, and no other query is tried for it.
    app.collection(
        "stops",
        json!({ "timestamps": false, "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "line": { "type": "String" },
            "place": { "type": "Geometry" },
        } }),
    )
    .await;
    for (id, x) in [(1, 3.0), (2, 1.0), (3, 2.0)] {
        let place = json!({ "type": "LineString", "coordinates": [[x, 1], [x, 2]] });
        app.admin().create("stops", json!({ "id": id, "line": "M1", "place": place })).await;
    }
    emptied(app).await;
    let near = json!({ "_distance": { "target": [0, 0], "column": "place", "direction": "desc" } });
    let asked = json!({ "filter": { "line": "M1" }, "sort": near, "limit": 5 });
    app.admin().find("stops", asked).await.expect_status(200);
    let query = slow(app, "?collection=stops").await[0].clone();
    assert_eq!(query["shape"]["sort"], json!(["-distance(place)"]), "{query}");
    assert_eq!(query["index"]["fields"], json!(["line"]), "{query}");
    let path = format!("/queries/slow/{}/measure", query["id"].as_str().expect("an id"));
    let answer = app.admin().post(&path, json!({ "consent": true })).await;
    answer.expect_status(200);
    assert_eq!(answer.body["data"]["leftOut"], json!([]), "{}", answer.text);
    // Where nothing has a place, it is told that the order was not tried.
    app.admin()
        .patch("/items/stops/bulk", json!([1, 2, 3].map(|id| json!({ "id": id, "place": null }))))
        .await;
    let answer = app.admin().post(&path, json!({ "consent": true })).await;
    answer.expect_status(200);
    assert_eq!(answer.body["data"]["leftOut"], json!(["-distance(place)"]), "{}", answer.text);
    // What no index helps is not tried.
    emptied(app).await;
    app.admin().rows("orders", json!({ "filter": { "id": 3 }, "limit": 5 })).await;
    let id = only(app).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/queries/slow/{id}/measure");
    app.admin().post(&path, json!({})).await.expect_refusal(404, "NOT_FOUND");
    app.admin()
        .post("/queries/slow/ffff/measure", json!({}))
        .await
        .expect_refusal(404, "NOT_FOUND");
    app.admin().post(&path, json!({ "consent": "yes" })).await.expect_refusal(400, "INVALID_BODY");
});

on_every_store!(
    a_large_copy_is_made_with_consent_only,
    |config| {
        config.limits.trial_bytes_max = 1;
    },
    async |app| {
        orders(app, 50).await;
        emptied(app).await;
        app.admin().rows("orders", json!({ "filter": { "status": "s7" }, "limit": 5 })).await;
        let id = only(app).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/queries/slow/{id}/measure");
        let refused = app.admin().post(&path, json!({})).await;
        refused.expect_refusal(409, "CONSENT_REQUIRED");
        assert!(refused.message().contains("MB"), "{}", refused.text);
        app.admin().post(&path, json!({ "consent": true })).await.expect_status(200);
    }
);

on_every_store!(queries_are_for_administrators, async |app| {
    orders(app, 20).await;
    let editor = app
        .with_grants(
            "Editor",
            &[json!({ "collection": "orders", "action": "read", "fields": ["*"] })],
        )
        .await;
    emptied(app).await;
    editor.rows("orders", json!({ "filter": { "status": "s7" } })).await;
    let id = only(app).await["id"].as_str().expect("an id").to_owned();
    let measure = format!("/queries/slow/{id}/measure");
    for person in [&editor, &app.anonymous()] {
        for answer in [
            person.get("/queries/slow").await,
            person.get("/queries/slow?collection=orders").await,
            person.delete("/queries/slow").await,
            person.post(&measure, json!({ "consent": true })).await,
        ] {
            assert!(matches!(answer.status, 401 | 403), "{} {}", answer.status, answer.text);
            assert!(!answer.text.contains("orders"), "{}", answer.text);
        }
    }
    assert_eq!(only(app).await["count"], 1);
});
