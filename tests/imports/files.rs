//! The routes that take a whole file in one request: what a file may be, what its cells become,
//! and each refusal in the words that clients know.

use crate::harness::{Answer, App, Person, on_every_store};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};

/// Goods of makers, counted and dated.
async fn goods(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    app.collection(
        "makers",
        json!({ "fields": { "id": key, "name": { "type": "String", "unique": true } } }),
    )
    .await;
    app.collection(
        "goods",
        json!({ "fields": {
            "id": key, "name": { "type": "String", "allowNull": false }, "stock": { "type": "Integer", "validate": { "min": 0 } },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } }, "since": { "type": "Date" },
            "sold": { "type": "Boolean" }, "extra": { "type": "JSON" }, "status": { "type": "String", "defaultValue": "draft" }
        } }),
    )
    .await;
    let maker = json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
    app.relation("goods", maker).await;
}

fn path(kind: &str) -> String {
    format!("/items/goods/import-{kind}")
}

async fn send(person: &Person, kind: &str, name: &str, text: &str) -> Answer {
    let field = if kind == "csv" { "csvFile" } else { "jsonFile" };
    let part = Part::text(text.to_owned()).file_name(name.to_owned());
    person.post_form(&path(kind), Form::new().part(field, part)).await
}

#[track_caller]
fn refused(answer: &Answer, code: &str, message: &str) {
    answer.expect_refusal(400, code);
    assert!(answer.message().starts_with(message), "{message}: {}", answer.text);
}

on_every_store!(a_file_that_is_none_is_refused_in_the_known_words, async |app| {
    goods(app).await;
    let admin = app.admin();
    let failed = "IMPORT_FAILED";
    for (kind, name, text, message) in [
        ("csv", "goods.txt", "name\na\n", "File must be a CSV file"),
        ("json", "goods.txt", "[]", "File must be a JSON file"),
        ("csv", "goods.csv", "", "CSV file is empty or has no valid data"),
        ("csv", "goods.csv", "name,stock\n", "CSV file is empty or has no valid data"),
        ("csv", "goods.csv", "name,stock\n\n\n", "CSV file is empty or has no valid data"),
        ("json", "goods.json", "[]", "JSON file is empty or has no valid data"),
        ("csv", "goods.csv", "name,stock\na,1,2\n", "Invalid CSV format: "),
        ("csv", "goods.csv", "name,stock\na\n", "Invalid CSV format: "),
        ("json", "goods.json", "[{\"name\":", "Invalid JSON format: "),
        ("json", "goods.json", "{\"name\":\"a\"}", "JSON file must contain an array of objects"),
        (
            "json",
            "goods.json",
            "[{\"name\":\"a\"},5]",
            "JSON file must contain an array of objects",
        ),
    ] {
        refused(&send(admin, kind, name, text).await, failed, message);
    }
    for (kind, message) in [("csv", "No CSV file provided"), ("json", "No JSON file provided")] {
        refused(&admin.post(&path(kind), json!({})).await, "NO_FILE", message);
        let form = admin.post_form(&path(kind), Form::new().text("note", "no file")).await;
        refused(&form, "NO_FILE", message);
        let nobody = send(&app.anonymous(), kind, &format!("goods.{kind}"), "[]").await;
        nobody.expect_refusal(401, "UNAUTHENTICATED");
        assert_eq!(nobody.message(), "Authentication required for import operations");
        let nowhere = admin.post(&format!("/items/nowhere/import-{kind}"), json!([])).await;
        nowhere.expect_refusal(404, "COLLECTION_NOT_FOUND");
        let reader = json!({ "collection": "goods", "action": "read", "fields": ["*"] });
        let reader = app.with_grants(&format!("Reader{kind}"), &[reader]).await;
        let text = if kind == "csv" { "name\na\n" } else { "[{\"name\":\"a\"}]" };
        send(&reader, kind, &format!("goods.{kind}"), text).await.expect_refusal(403, "FORBIDDEN");
    }
    assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
});

on_every_store!(cells_become_values_of_their_columns, async |app| {
    goods(app).await;
    let admin = app.admin();
    let text = "\u{feff}name , stock,price,since,sold,extra,maker\r\n  lamp ,3, 12.5 ,2024-01-02,true,\"{\"\"a\"\":[1]}\",\r\n\r\n\"desk, \"\"old\"\"\",,,,no,\"[1,2]\",\"{\"\"name\"\":\"\"Bob\"\"}\"\r\nsofa,0,7,,1,{broken,\r\n";
    let done = send(admin, "csv", "goods.CSV", text).await;
    done.expect_status(200);
    assert_eq!(
        done.body,
        json!({ "success": true, "message": "Successfully imported 3 items", "results": { "imported": 3, "failed": 0, "errors": [] } })
    );
    let rows = admin.rows("goods", json!({ "sort": "id", "fields": ["name", "stock", "price", "since", "sold", "extra", "status", "maker.name"] })).await;
    assert_eq!(rows[0]["price"].to_string(), "12.50");
    let plain: Vec<Json> = rows
        .iter()
        .map(|row| {
            json!([
                row["name"],
                row["stock"],
                row["since"],
                row["sold"],
                row["extra"],
                row["status"],
                row["maker"]["name"]
            ])
        })
        .collect();
    assert_eq!(
        json!(plain),
        json!([
            ["lamp", 3, "2024-01-02", true, { "a": [1] }, "draft", null],
            ["desk, \"old\"", null, null, false, [1, 2], "draft", "Bob"],
            ["sofa", 0, null, true, "{broken", "draft", null]
        ])
    );
    // A relation is named by its object, or by its key alone.
    let bob = admin.column("makers", "id", json!({ "filter": { "name": "Bob" } })).await;
    let keys = format!("name,maker_id\nrug,{}\nbed,\n", bob[0]);
    send(admin, "csv", "goods.csv", &keys).await.expect_status(200);
    let makers = json!({ "filter": { "name": { "in": ["rug", "bed"] } }, "sort": "-name" });
    assert_eq!(admin.column("goods", "maker_id", makers).await, [bob[0].clone(), Json::Null]);
    assert_eq!(admin.column("makers", "name", json!({})).await, ["Bob"]);
});

on_every_store!(a_json_file_may_nest_what_belongs_together, async |app| {
    goods(app).await;
    let admin = app.admin();
    let ada = admin.create("makers", json!({ "name": "Ada" })).await;
    let text = json!([
        { "name": "lamp", "stock": "3", "price": 1.5, "extra": "", "maker": { "name": "Bob" } },
        { "name": "desk", "maker": { "id": ada } },
        { "name": "sofa", "maker_id": ada, "sold": true }
    ]);
    send(admin, "json", "goods.json", &text.to_string()).await.expect_status(200);
    let rows = admin
        .rows(
            "goods",
            json!({ "sort": "id", "fields": ["name", "stock", "extra", "sold", "maker.name"] }),
        )
        .await;
    let plain: Vec<Json> = rows
        .iter()
        .map(|row| {
            json!([row["name"], row["stock"], row["extra"], row["sold"], row["maker"]["name"]])
        })
        .collect();
    assert_eq!(
        json!(plain),
        json!([
            ["lamp", 3, null, null, "Bob"],
            ["desk", null, null, null, "Ada"],
            ["sofa", null, null, true, "Ada"]
        ])
    );
});

on_every_store!(every_row_at_fault_is_told_and_nothing_stays, async |app| {
    goods(app).await;
    let admin = app.admin();
    let csv = "name,stock,maker\na,1,\"{\"\"name\"\":\"\"New\"\"}\"\nb,-1,\n,3,\nd,many,\n";
    let rows = json!([{ "name": "a", "maker": { "name": "New" } }, { "name": "b", "stock": -1 }, { "stock": 3 }, { "name": "d", "stock": "many" }]);
    for (kind, noun, text) in [("csv", "rows", csv.to_owned()), ("json", "items", rows.to_string())]
    {
        let answer = send(admin, kind, &format!("goods.{kind}"), &text).await;
        answer.expect_refusal(400, "IMPORT_FAILED");
        assert_eq!(
            answer.message(),
            format!("Import failed. 3 {noun} had errors. Transaction rolled back.")
        );
        let results = &answer.body["error"]["details"]["results"];
        assert_eq!(
            (&results["imported"], &results["failed"]),
            (&json!(1), &json!(3)),
            "{}",
            answer.text
        );
        let errors = results["errors"].as_array().expect("errors");
        let places: Vec<Json> = errors.iter().map(|one| json!([one["row"], one["item"]])).collect();
        assert_eq!(json!(places), json!([[2, 2], [3, 3], [4, 4]]));
        assert_eq!(errors[0]["data"]["name"], "b", "{}", answer.text);
        for (error, words) in
            errors.iter().zip(["less than minimum 0", "Required field missing", "stock"])
        {
            assert!(error["error"].as_str().is_some_and(|told| told.contains(words)), "{error}");
        }
    }
    // What only the database can see takes back every row as well.
    admin.create("makers", json!({ "name": "Ada" })).await;
    let twice = "name,maker\na,\"{\"\"name\"\":\"\"New\"\"}\"\nb,\"{\"\"name\"\":\"\"Ada\"\"}\"\n";
    let answer = send(admin, "csv", "goods.csv", twice).await;
    answer.expect_refusal(400, "IMPORT_FAILED");
    assert_eq!(
        answer.body["error"]["details"]["results"]["errors"][0]["row"], 2,
        "{}",
        answer.text
    );
    assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
    assert_eq!(admin.column("makers", "name", json!({})).await, ["Ada"]);
});

on_every_store!(
    a_file_over_its_bound_is_refused_whole,
    |config| { config.limits.import_bytes_max = 100_000 },
    async |app| {
        goods(app).await;
        let admin = app.admin();
        let csv = format!("name\n{}\n", "x".repeat(300_000));
        let json = json!([{ "name": "x".repeat(300_000) }]).to_string();
        for (kind, text) in [("csv", &csv), ("json", &json)] {
            let form = send(admin, kind, &format!("goods.{kind}"), text).await;
            form.expect_refusal(413, "PAYLOAD_TOO_LARGE");
            assert!(form.message().contains("100000"), "{}", form.text);
            let content = if kind == "csv" { "text/csv" } else { "application/json" };
            let bare = admin.post_as(&path(kind), content, text).await;
            bare.expect_refusal(413, "PAYLOAD_TOO_LARGE");
        }
        assert_eq!(admin.rows("goods", json!({})).await.len(), 0);
    }
);

on_every_store!(a_file_of_megabytes_is_imported_whole, async |app| {
    goods(app).await;
    let mut text = String::from("name,stock\n");
    for row in 0..3_000 {
        text.push_str(&format!("{row}-{},{row}\n", "x".repeat(1_000)));
    }
    let done = send(app.admin(), "csv", "goods.csv", &text).await;
    assert_eq!(done.expect_status(200).body["results"]["imported"], 3_000);
    let last = json!({ "sort": { "stock": "desc" }, "limit": 1, "fields": ["stock"] });
    let last = app.admin().find("goods", last).await;
    assert_eq!(
        (&last.body["totalCount"], &last.body["data"][0]["stock"]),
        (&json!(3_000), &json!(2_999))
    );
});

on_every_store!(rows_may_come_without_a_form, async |app| {
    goods(app).await;
    let admin = app.admin();
    for (kind, content, body) in [
        ("csv", "text/csv", String::from("name,stock\nlamp,1\n")),
        ("json", "text/csv", String::from("name,stock\nlamp,1\n")),
        ("csv", "application/json", json!([{ "name": "lamp", "stock": 1 }]).to_string()),
        (
            "json",
            "application/json",
            json!({ "data": [{ "name": "lamp", "stock": 1 }] }).to_string(),
        ),
    ] {
        let answer = admin.post_as(&path(kind), content, &body).await;
        assert_eq!(answer.expect_status(200).body["results"]["imported"], 1, "{kind} {content}");
    }
    // By its type when its name says nothing.
    for (kind, field, content, text) in [
        ("csv", "csvFile", "text/csv", "name\nlamp\n"),
        ("json", "jsonFile", "application/json", "[{\"name\":\"lamp\"}]"),
    ] {
        let part = Part::text(text).file_name("upload").mime_str(content).expect("a type");
        let answer = admin.post_form(&path(kind), Form::new().part(field, part)).await;
        assert_eq!(answer.expect_status(200).body["message"], "Successfully imported 1 items");
    }
    assert_eq!(admin.column("goods", "name", json!({})).await, vec![json!("lamp"); 6]);
});
