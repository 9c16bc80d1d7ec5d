//! What a job makes of rows: the same records as any other way of writing, each refusal at its
//! row, and one job for one file.

use crate::harness::{Answer, App, Kind, Person, on_every_store, plain};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::fmt::Write as _;
use std::time::Duration;

pub(super) async fn start(
    person: &Person,
    collection: &str,
    mode: &str,
    name: &str,
    text: &str,
) -> Answer {
    let form = Form::new()
        .text("collection", collection.to_owned())
        .text("mode", mode.to_owned())
        .part("file", Part::text(text.to_owned()).file_name(name.to_owned()));
    person.post_form("/imports", form).await
}

pub(super) async fn ended(person: &Person, answer: &Answer) -> Json {
    let id = answer.body["data"]["id"].as_str().unwrap_or_else(|| panic!("{}", answer.text));
    for _ in 0..1_200 {
        let job = person.get(&format!("/imports/{id}")).await.body["data"].clone();
        if matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled" | "undone")) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import did not end");
}

pub(super) async fn imported(person: &Person, collection: &str, name: &str, text: &str) -> Json {
    ended(person, &start(person, collection, "valid", name, text).await).await
}

/// Lines and codes of what a job refused.
fn refusals(job: &Json) -> Json {
    let errors = job["errors"].as_array().expect("errors").iter();
    errors.map(|one| json!([one["line"], one["code"]])).collect()
}

/// Runs a file of statements on the database itself.
async fn run(app: &App, text: &str) {
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            connection.busy_timeout(Duration::from_secs(5)).expect("wait for a turn");
            connection.execute_batch(text).expect("run the statements");
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            let statements = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
            connection.execute(statements).await.expect("run the statements");
            connection.close().await.expect("close");
        }
    }
}

/// How many rows wait in the house's own table.
pub(super) async fn waiting(app: &App) -> i64 {
    let text = r#"SELECT count(*) FROM "_import_row""#;
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            connection.query_row(text, [], |row| row.get(0)).expect("count")
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            let count = sqlx::query_scalar(text).fetch_one(&mut connection).await.expect("count");
            connection.close().await.expect("close");
            count
        }
    }
}

/// A value of every kind that a column can hold.
fn everything() -> Json {
    json!({ "sortEnabled": true, "usertrack": true, "fields": {
        "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
        "number": { "type": "Integer", "defaultValue": { "type": "AUTOINCREMENT" } },
        "name": { "type": "String" }, "text": { "type": "Text" }, "huge": { "type": "BigInt" },
        "price": { "type": "Decimal", "values": { "precision": 12, "scale": 3 } },
        "ratio": { "type": "Double" }, "small": { "type": "Real" }, "yes": { "type": "Boolean" },
        "day": { "type": "Date" }, "at": { "type": "DateTime" }, "clock": { "type": "Time" },
        "extra": { "type": "JSON" }, "kind": { "type": "ENUM", "values": ["a", "b"] },
        "made": { "type": "String", "defaultValue": { "type": "SQL", "value": "upper('made')" } },
        "status": { "type": "String", "defaultValue": "draft" },
    } })
}

on_every_store!(a_job_makes_the_same_records_as_a_request, async |app| {
    let admin = app.admin();
    for name in ["by_job", "by_request"] {
        app.collection(name, everything()).await;
    }
    let rows = json!([
        { "name": "o'neill \"x\" ü \\ \u{1F600}", "text": "a\nb", "huge": 9_007_199_254_740_993_i64, "price": "12.5",
          "ratio": 0.1, "small": 1.5, "yes": true, "day": "2026-01-02", "at": "2026-01-02T03:04:05.678Z",
          "clock": "10:20:30", "extra": { "a": [1, "x", null] }, "kind": "b", "number": 7 },
        { "name": " ", "huge": -9_223_372_036_854_775_807_i64, "price": 0, "ratio": 1.7976931348623157e308, "yes": false, "extra": [] },
        { "name": null, "ratio": -2.2250738585072014e-308, "made": "mine", "status": null, "extra": "text" },
        { "name": "last", "ratio": 123_456_789.123_456_79, "extra": 1 },
    ]);
    let lines: Vec<String> = rows.as_array().expect("rows").iter().map(Json::to_string).collect();
    let job = imported(admin, "by_job", "rows.ndjson", &lines.join("\n")).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(4)), "{job}");
    admin.post("/items/by_request/bulk", rows).await.expect_status(201);
    let fields = json!([
        "number",
        "name",
        "text",
        "huge",
        "price",
        "ratio",
        "small",
        "yes",
        "day",
        "at",
        "clock",
        "extra",
        "kind",
        "made",
        "status",
        "sort",
        "userCreated_Id"
    ]);
    let asked = json!({ "fields": fields, "sort": "sort" });
    let (job_rows, request_rows) =
        (admin.rows("by_job", asked.clone()).await, admin.rows("by_request", asked).await);
    assert_eq!(json!(job_rows), json!(request_rows));
    assert_eq!(job_rows.len(), 4);
    assert_eq!(
        admin.column("by_job", "sort", json!({ "sort": "sort" })).await,
        [1, 2, 3, 4].map(Json::from)
    );
    // What comes next goes on from there.
    let next = admin.create("by_job", json!({ "name": "next" })).await;
    let next = admin.get(&format!("/items/by_job/{}", next.as_str().expect("a key"))).await;
    assert_eq!(next.body["data"]["sort"], 5, "{}", next.text);
    assert!(next.body["data"]["number"].as_i64() > Some(7), "{}", next.text);
});

pub(super) async fn goods(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let maker = json!({ "fields": { "id": key, "name": { "type": "String", "unique": true } } });
    app.collection("makers", maker).await;
    let goods = json!({ "fields": { "id": key, "code": { "type": "String", "unique": true }, "stock": { "type": "Integer" } } });
    app.collection("goods", goods).await;
    let relation = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", relation).await;
}

on_every_store!(what_only_the_database_sees_is_told_at_its_row, async |app| {
    goods(app).await;
    let admin = app.admin();
    admin.create("goods", json!({ "code": "G7" })).await;
    let mut text = String::from("code,stock,maker_id\n");
    for row in 0..2_300 {
        let code = if row == 2_000 { 5 } else { row };
        let maker = if row == 1_500 { "99" } else { "" };
        writeln!(text, "G{code},{row},{maker}").expect("write to memory");
    }
    let job = imported(admin, "goods", "goods.csv", &text).await;
    assert_eq!((&job["state"], &job["rowsRejected"]), (&json!("done"), &json!(3)), "{job}");
    assert_eq!((&job["rowsWritten"], &job["rowsValid"]), (&json!(2_297), &json!(2_297)));
    assert_eq!(
        refusals(&job),
        json!([
            [9, "UNIQUE_VIOLATION"],
            [1_502, "FOREIGN_KEY_VIOLATION"],
            [2_002, "UNIQUE_VIOLATION"]
        ])
    );
    let rejects =
        admin.get(&format!("/imports/{}/rejects", job["id"].as_str().expect("an id"))).await;
    let rejected: Vec<&str> =
        rejects.text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(rejected, ["G7", "G1500", "G5"]);
    assert_eq!(admin.find("goods", json!({ "limit": 1 })).await.body["totalCount"], 2_298);
    // All or nothing: nothing, and the first of them is told.
    let other = text.replace('G', "H").replace("H5,2000", "G7,2000");
    let job = ended(admin, &start(admin, "goods", "all", "goods.csv", &other).await).await;
    assert_eq!(
        (&job["state"], &job["errors"][0]["line"]),
        (&json!("failed"), &json!(1_502)),
        "{job}"
    );
    assert_eq!(job["rowsRemoved"], job["rowsWritten"]);
    assert_eq!(admin.find("goods", json!({ "limit": 1 })).await.body["totalCount"], 2_298);
});

on_every_store!(a_role_imports_only_what_it_may_create, async |app| {
    goods(app).await;
    let admin = app.admin();
    let ada = admin.create("makers", json!({ "name": "Ada" })).await;
    let bob = admin.create("makers", json!({ "name": "Bob" })).await;
    let keeper = app
        .with_grants(
            "Keeper",
            &[
                json!({ "collection": "goods", "action": "create", "fields": ["*"], "conditions": { "stock": { "lt": 100 } } }),
                json!({ "collection": "makers", "action": "read", "fields": ["*"], "conditions": { "name": { "eq": "Ada" } } }),
            ],
        )
        .await;
    let text = format!("code,stock,maker_id\nA,1,{ada}\nB,100,{ada}\nC,3,{bob}\nD,4,\n");
    let job = imported(&keeper, "goods", "goods.csv", &text).await;
    assert_eq!(refusals(&job), json!([[4, "FOREIGN_KEY_VIOLATION"], [3, "FORBIDDEN"]]), "{job}");
    assert_eq!(admin.column("goods", "code", json!({ "sort": "id" })).await, ["A", "D"]);
});

on_every_store!(rows_that_make_more_than_one_record_are_written_in_one_transaction, async |app| {
    goods(app).await;
    let admin = app.admin();
    let text = "{\"code\":\"A\",\"maker\":{\"name\":\"Ada\"}}\n{\"code\":\"B\"}\n{\"code\":\"C\",\"maker\":{\"name\":\"Ada\"}}\n{\"code\":\"D\",\"maker\":{\"name\":\"Bob\"}}\n";
    let job = imported(admin, "goods", "goods.ndjson", text).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(3)), "{job}");
    assert_eq!(job["errors"][0]["line"], 3, "{job}");
    let rows = admin.rows("goods", json!({ "sort": "id", "fields": ["code", "maker.name"] })).await;
    let plain: Vec<Json> =
        rows.iter().map(|row| json!([row["code"], row["maker"]["name"]])).collect();
    assert_eq!(json!(plain), json!([["A", "Ada"], ["B", null], ["D", "Bob"]]));
    let undo = admin
        .post(&format!("/imports/{}/undo", job["id"].as_str().expect("an id")), json!({}))
        .await;
    assert_eq!(ended(admin, &undo).await["rowsRemoved"], 3);
    assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
});

on_every_store!(more_rows_than_one_transaction_holds_come_in_whatever_their_key_is, async |app| {
    let admin = app.admin();
    let keys = [
        ("uuids", json!({ "type": "UUID", "defaultValue": { "type": "UUIDV4" } })),
        ("suids", json!({ "type": "SUID", "defaultValue": { "type": "SUID" } })),
        ("words", json!({ "type": "String" })),
    ];
    for (name, mut key) in keys {
        key["primaryKey"] = json!(true);
        let schema =
            json!({ "timestamps": false, "fields": { "id": key, "n": { "type": "Integer" } } });
        app.collection(name, schema).await;
        let mut text = String::from("id,n\n");
        for row in 0..10_001 {
            let own = if name == "words" { format!("w{row}") } else { String::new() };
            writeln!(text, "{own},{row}").expect("write into a text");
        }
        let text =
            if name == "words" { text } else { text.replace("id,", "").replace("\n,", "\n") };
        let job = imported(admin, name, "rows.csv", &text).await;
        assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(10_001)), "{job}");
        let ends = json!({ "sort": "-n", "limit": 1, "fields": ["n"], "count": "exact" });
        let ends = admin.find(name, ends).await;
        assert_eq!(
            (&ends.body["totalCount"], &ends.body["data"][0]["n"]),
            (&json!(10_001), &json!(10_000))
        );
    }
});

on_every_store!(an_undo_that_would_lose_later_changes_says_so_and_waits_for_consent, async |app| {
    goods(app).await;
    let admin = app.admin();
    let file = "code,stock\nA,1\nB,2\nC,3\nD,4\n";
    let nested = "{\"code\":\"K\",\"maker\":{\"name\":\"Ada\"}}\n{\"code\":\"L\"}\n{\"code\":\"M\"}\n{\"code\":\"N\"}\n";
    for (name, text, codes) in
        [("goods.csv", file, ["A", "B", "C", "D"]), ("goods.ndjson", nested, ["K", "L", "M", "N"])]
    {
        let job = imported(admin, "goods", name, text).await;
        assert_eq!(job["rowsWritten"], 4, "{job}");
        let path = format!("/imports/{}/undo", job["id"].as_str().expect("an id"));
        let by_code = async |code: &str| {
            let rows = admin.rows("goods", json!({ "filter": { "code": code } })).await;
            format!("/items/goods/{}", plain(&rows[0]["id"]))
        };
        // Two are changed, one of them twice; of a third the change went with it.
        for (code, stock) in [(codes[0], 11), (codes[0], 12), (codes[1], 13), (codes[2], 14)] {
            admin.patch(&by_code(code).await, json!({ "stock": stock })).await.expect_status(200);
        }
        admin.delete(&by_code(codes[2]).await).await.expect_status(200);
        for body in [json!({}), json!({ "consent": false })] {
            let asked = admin.post(&path, body).await;
            asked.expect_refusal(409, "CONSENT_REQUIRED");
            assert!(asked.message().starts_with("2 of the 4 rows"), "{}", asked.text);
        }
        admin.post(&path, json!({ "consent": "yes" })).await.expect_refusal(400, "INVALID_BODY");
        assert_eq!(admin.rows("goods", json!({})).await.len(), 3);
        let undo = admin.post(&path, json!({ "consent": true })).await;
        assert_eq!(ended(admin, &undo).await["rowsRemoved"], 3);
        assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
    }
});

on_every_store!(what_an_import_changed_of_its_own_rows_is_no_later_change, async |app| {
    goods(app).await;
    let admin = app.admin();
    let relation = json!({ "type": "M2O", "target": "goods", "name": "next", "alias": "former" });
    app.relation("goods", relation).await;
    let file = "{\"id\":1,\"code\":\"A\"}\n{\"id\":2,\"code\":\"B\"}\n{\"id\":3,\"code\":\"C\",\"next\":{\"id\":1,\"stock\":7}}\n";
    let job = imported(admin, "goods", "goods.ndjson", file).await;
    assert_eq!(job["rowsWritten"], 3, "{job}");
    let stocks = admin.column("goods", "stock", json!({ "sort": "id" })).await;
    assert_eq!(stocks, [json!(7), json!(null), json!(null)]);
    let path = format!("/imports/{}/undo", job["id"].as_str().expect("an id"));
    admin.patch("/items/goods/2", json!({ "stock": 1 })).await.expect_status(200);
    let asked = admin.post(&path, json!({})).await;
    asked.expect_refusal(409, "CONSENT_REQUIRED");
    assert!(asked.message().starts_with("1 of the 3 rows"), "{}", asked.text);
    admin.delete("/items/goods/2").await.expect_status(200);
    let undo = admin.post(&path, json!({})).await;
    assert_eq!(ended(admin, &undo).await["state"], "undone");
    assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
});

on_every_store!(
    an_import_is_taken_back_out_of_its_collection_whatever_that_is_called,
    async |app| {
        goods(app).await;
        let admin = app.admin();
        let job = imported(admin, "goods", "goods.csv", "id,code\n1,A\n2,B\n3,C\n").await;
        assert_eq!(job["rowsWritten"], 3, "{job}");
        let id = plain(&job["id"]);
        admin.patch("/items/goods/1", json!({ "stock": 1 })).await.expect_status(200);
        let schema = admin.get("/schemas/goods").await.body["data"]["schema"].clone();
        let mut body = json!({ "collections": [{ "collectionName": "wares", "was": "goods", "schema": schema }] });
        let plan = admin.post("/schemas/plan", body.clone()).await;
        body["token"] = plan.expect_status(200).body["data"]["token"].clone();
        admin.post("/schemas/apply", body).await.expect_status(200);
        // Another collection of its old name is none of its business.
        goods_again(app).await;
        admin.patch("/items/wares/2", json!({ "stock": 1 })).await.expect_status(200);
        let known = admin.get(&format!("/imports/{id}")).await.body["data"].clone();
        assert_eq!((&known["collection"], &known["state"]), (&json!("wares"), &json!("done")));
        // What was changed under either name is asked for.
        let path = format!("/imports/{id}/undo");
        let asked = admin.post(&path, json!({})).await;
        asked.expect_refusal(409, "CONSENT_REQUIRED");
        assert!(asked.message().starts_with("2 of the 3 rows"), "{}", asked.text);
        let undone = ended(admin, &admin.post(&path, json!({ "consent": true })).await).await;
        assert_eq!((&undone["state"], &undone["rowsRemoved"]), (&json!("undone"), &json!(3)));
        assert!(admin.rows("wares", json!({})).await.is_empty());
        assert_eq!(admin.one("goods", &json!(1)).await["code"], "other");
    }
);

on_every_store!(
    an_undo_that_cannot_be_is_refused_at_once_and_leaves_the_import_as_it_was,
    async |app| {
        goods(app).await;
        let admin = app.admin();
        let writer = json!({ "collection": "goods", "action": "create", "fields": ["*"] });
        let writer = app.with_grants("Writer", &[writer]).await;
        let job = imported(&writer, "goods", "goods.csv", "id,code\n1,A\n2,B\n").await;
        assert_eq!(job["rowsWritten"], 2, "{job}");
        let id = plain(&job["id"]);
        let path = format!("/imports/{id}/undo");
        writer.post(&path, json!({})).await.expect_refusal(403, "FORBIDDEN");
        let known = writer.get(&format!("/imports/{id}")).await.body["data"].clone();
        assert_eq!(known, job, "a refusal changed the job");
        assert_eq!(admin.rows("goods", json!({})).await.len(), 2);
        admin.delete("/schemas/goods").await.expect_status(200);
        goods_again(app).await;
        let refused = admin.post(&path, json!({})).await;
        refused.expect_refusal(404, "COLLECTION_NOT_FOUND");
        assert!(refused.message().contains("has ended"), "{}", refused.text);
        let known = admin.get(&format!("/imports/{id}")).await.body["data"].clone();
        assert_eq!((&known["state"], &known["error"]), (&json!("done"), &job["error"]), "{known}");
        assert_eq!(admin.one("goods", &json!(1)).await["code"], "other");
        // The same file is new to the new collection.
        admin.delete("/items/goods/1").await.expect_status(200);
        let again = imported(admin, "goods", "goods.csv", "id,code\n1,A\n2,B\n").await;
        assert_eq!(
            (&again["rowsWritten"], again["id"] == job["id"]),
            (&json!(2), false),
            "{again}"
        );
    }
);

/// Another collection of the name, with a record of a key that an import had.
async fn goods_again(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("goods", json!({ "fields": { "id": key, "code": { "type": "String" } } })).await;
    app.admin().create("goods", json!({ "id": 1, "code": "other" })).await;
}

on_every_store!(what_came_back_from_the_trash_is_asked_for_before_an_undo, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields = json!({ "id": key, "stock": { "type": "Integer" } });
    app.collection("kept", json!({ "paranoid": true, "fields": fields })).await;
    let admin = app.admin();
    let job = imported(admin, "kept", "kept.csv", "id,stock\n1,1\n2,2\n3,3\n").await;
    assert_eq!(job["rowsWritten"], 3, "{job}");
    admin.patch("/items/kept/1", json!({ "stock": 11 })).await.expect_status(200);
    for id in [1, 2] {
        admin.delete(&format!("/items/kept/{id}")).await.expect_status(200);
    }
    admin.patch("/items/kept/1", json!({ "deletedAt": null })).await.expect_status(200);
    let path = format!("/imports/{}/undo", job["id"].as_str().expect("an id"));
    let asked = admin.post(&path, json!({})).await;
    asked.expect_refusal(409, "CONSENT_REQUIRED");
    assert!(asked.message().starts_with("1 of the 3 rows"), "{}", asked.text);
    assert_eq!(admin.one("kept", &json!(1)).await["stock"], 11);
});

on_every_store!(a_file_that_is_on_its_way_is_not_imported_twice, async |app| {
    goods(app).await;
    let admin = app.admin();
    let mut text = String::from("code,stock\n");
    for row in 0..3_000 {
        writeln!(text, "G{row},{row}").expect("write to memory");
    }
    let (one, other) = tokio::join!(
        start(admin, "goods", "all", "goods.csv", &text),
        start(admin, "goods", "all", "goods.csv", &text)
    );
    assert_eq!(one.body["data"]["id"], other.body["data"]["id"], "{} {}", one.text, other.text);
    let job = ended(admin, &one).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(3_000)), "{job}");
    let again = start(admin, "goods", "all", "copy.csv", &text).await;
    assert_eq!((again.status, &again.body["data"]["id"]), (200, &job["id"]));
    let undo = admin
        .post(&format!("/imports/{}/undo", job["id"].as_str().expect("an id")), json!({}))
        .await;
    assert_eq!(ended(admin, &undo).await["rowsRemoved"], 3_000);
    // What was taken back may come again.
    let again = start(admin, "goods", "all", "goods.csv", &text).await;
    assert_ne!(again.body["data"]["id"], job["id"]);
    assert_eq!(ended(admin, &again).await["rowsWritten"], 3_000);
});

on_every_store!(a_row_without_an_end_is_refused_and_not_kept_in_memory, async |app| {
    goods(app).await;
    let text = format!("code,stock\nA,1\n\"{}", "x".repeat(18 * 1024 * 1024));
    let job = imported(app.admin(), "goods", "goods.csv", &text).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["error"].as_str().is_some_and(|why| why.contains("a row is longer than")), "{job}");
    assert_eq!(app.admin().rows("goods", json!({})).await.len(), 0);
});

on_every_store!(an_export_as_statements_makes_the_records_again, async |app| {
    let admin = app.admin();
    let schema = json!({ "timestamps": false, "fields": {
        "id": { "type": "Integer", "primaryKey": true },
        "name": { "type": "String" }, "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
        "yes": { "type": "Boolean" }, "extra": { "type": "JSON" }, "at": { "type": "DateTime" },
        "double": { "type": "VIRTUAL", "calculated": "name || name" },
    } });
    app.collection("kept", schema).await;
    for row in [
        json!({ "id": 1, "name": "o'neill", "price": "12.50", "yes": true, "extra": { "a": "it's" }, "at": "2026-01-02T03:04:05.678Z" }),
        json!({ "id": 2, "name": "=1+1", "extra": "x" }),
        json!({ "id": 3, "name": "left out" }),
    ] {
        admin.create("kept", row).await;
    }
    let asked = "/items/kept/export?format=sql&sort=id&filter[id][lt]=3";
    let sql = admin.get(asked).await;
    sql.expect_status(200);
    let lines: Vec<&str> = sql.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", sql.text);
    assert_eq!(
        lines[1],
        "INSERT INTO \"kept\" (\"id\", \"name\", \"price\", \"yes\", \"extra\", \"at\") VALUES (2, '=1+1', NULL, NULL, '\"x\"', NULL);"
    );
    let fields = json!({ "sort": "id", "filter": { "id": { "lt": 3 } } });
    let before = admin.rows("kept", fields.clone()).await;
    for id in [1, 2] {
        admin.delete(&format!("/items/kept/{id}")).await.expect_status(200);
    }
    run(app, &sql.text).await;
    assert_eq!(admin.rows("kept", fields).await, before);
    // A role's file holds what it may read.
    let reader = json!({ "collection": "kept", "action": "read", "fields": ["id", "name"], "conditions": { "id": { "eq": 2 } } });
    let reader = app.with_grants("Reader", &[reader]).await;
    let own = reader.get("/items/kept/export?format=sql").await;
    assert_eq!(own.text, "INSERT INTO \"kept\" (\"id\", \"name\") VALUES (2, '=1+1');\n");
});
