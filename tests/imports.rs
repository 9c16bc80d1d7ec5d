//! Imports as jobs: judged, written, told, undone; and exports that give the same back.

mod cut_off;
mod files;
mod jobs;
mod odd;
mod others;
mod taken_back;
mod values;

use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FILE: &str = "Strecke;Preis;ab;Bemerkung\nARN-GOT;12,50;2026-01-01;first\nGOT-CPH;12,5O;2026-01-02;the letter O\nCPH-HAM;3,10;2026-01-03;NULL\nHAM-BER;4,00;2026-01-04;\n";

async fn rates(app: &App) {
    app.collection(
        "rates",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
            "lane": { "type": "String", "unique": true },
            "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
            "valid_from": { "type": "Date" },
            "remark": { "type": "Text" },
        } }),
    )
    .await;
}

async fn start(
    person: &Person,
    words: &[(&'static str, &str)],
    file: &str,
) -> crate::harness::Answer {
    let mapping =
        json!({ "Strecke": "lane", "Preis": "price", "ab": "valid_from", "Bemerkung": "remark" });
    let mut form = reqwest::multipart::Form::new().text("mapping", mapping.to_string());
    for (name, value) in words {
        form = form.text(*name, (*value).to_owned());
    }
    let part = reqwest::multipart::Part::text(file.to_owned()).file_name("rates.csv");
    person.post_form("/imports", form.part("file", part)).await
}

/// The job once it has ended.
async fn ended(person: &Person, answer: &crate::harness::Answer) -> Json {
    let id = answer.body["data"]["id"].as_str().expect("a job").to_owned();
    for _ in 0..600 {
        let job = person.get(&format!("/imports/{id}")).await.body["data"].clone();
        if matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled" | "undone")) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import did not end");
}

const WORDS: [(&str, &str); 3] =
    [("collection", "rates"), ("delimiter", ";"), ("nullText", "NULL")];

on_every_store!(a_dry_run_judges_every_row_and_writes_none, async |app| {
    rates(app).await;
    let admin = app.admin();
    let answer = start(admin, &[&WORDS[..], &[("dryRun", "true")]].concat(), FILE).await;
    answer.expect_status(202);
    let job = ended(admin, &answer).await;
    assert_eq!(
        (&job["rowsRead"], &job["rowsValid"], &job["rowsRejected"]),
        (&json!(4), &json!(3), &json!(1))
    );
    let fault = &job["errors"][0];
    assert_eq!(
        (&fault["line"], &fault["column"], &fault["value"]),
        (&json!(3), &json!("Preis"), &json!("12,5O"))
    );
    assert_eq!(admin.rows("rates", json!({})).await.len(), 0);
});

on_every_store!(valid_rows_are_written_and_undo_removes_exactly_them, async |app| {
    rates(app).await;
    let admin = app.admin();
    admin.create("rates", json!({ "lane": "mine", "price": 1 })).await;
    let words = [&WORDS[..], &[("mode", "valid")]].concat();
    let answer = start(admin, &words, FILE).await;
    let job = ended(admin, &answer).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(3)), "{job}");
    let rows =
        admin.rows("rates", json!({ "sort": "id", "fields": ["lane", "price", "remark"] })).await;
    assert_eq!(
        rows[1],
        json!({ "lane": "ARN-GOT", "price": serde_json::from_str::<Json>("12.50").unwrap(), "remark": "first" })
    );
    assert_eq!(
        (&rows[2]["remark"], &rows[3]["remark"]),
        (&Json::Null, &json!("")),
        "NULL and empty stay apart"
    );

    let id = job["id"].as_str().unwrap();
    let rejects = admin.get(&format!("/imports/{id}/rejects")).await;
    assert!(rejects.text.contains("12,5O") && rejects.text.contains("_reason"), "{}", rejects.text);

    let again = start(admin, &words, FILE).await;
    assert_eq!((again.status, &again.body["data"]["alreadyImported"]), (200, &json!(true)));

    let undo = admin.post(&format!("/imports/{id}/undo"), json!({})).await;
    assert_eq!(ended(admin, &undo).await["rowsRemoved"], 3);
    assert_eq!(admin.column("rates", "lane", json!({})).await, [json!("mine")]);
});

on_every_store!(a_receipt_tells_its_ends_its_course_and_the_rows_around_it, async |app| {
    rates(app).await;
    let admin = app.admin();
    let mine = admin.create("rates", json!({ "lane": "mine", "price": 1 })).await;
    let words = [&WORDS[..], &[("mode", "valid")]].concat();
    let job = ended(admin, &start(admin, &words, FILE).await).await;
    assert_eq!((&job["rowsBefore"], &job["rowsAfter"]), (&json!(1), &json!(4)), "{job}");
    for (key, lane) in [("firstKey", "ARN-GOT"), ("lastKey", "HAM-BER")] {
        let id = job[key].as_str().expect("a key");
        assert_ne!(id, mine.to_string());
        let row = admin.get(&format!("/items/rates/{id}")).await;
        assert_eq!(row.body["data"]["lane"], lane, "{key}");
    }
    let pace = job["pace"].as_array().expect("a course");
    assert_eq!(pace[0], json!({ "ms": 0, "rows": 0 }));
    assert_eq!(pace.last().expect("an end")["rows"], job["rowsWritten"]);
    let listed = admin.get("/imports").await.body["data"][0].clone();
    assert_eq!((&listed["pace"], &listed["rowsBefore"]), (&json!([]), &json!(1)));

    // Who may not read there is not told how much there is.
    let writer = app
        .with_grants(
            "Writer",
            &[json!({ "collection": "rates", "action": "create", "fields": ["*"] })],
        )
        .await;
    let other = "Strecke;Preis;ab;Bemerkung\nBER-PRG;5,00;2026-01-05;x\n";
    let job = ended(&writer, &start(&writer, &words, other).await).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(1)), "{job}");
    assert_eq!((&job["rowsBefore"], &job["rowsAfter"]), (&Json::Null, &Json::Null));
});

on_every_store!(all_or_nothing_keeps_nothing_when_a_row_is_refused, async |app| {
    rates(app).await;
    let admin = app.admin();
    let job = ended(admin, &start(admin, &WORDS, FILE).await).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("failed"), &json!(0)));
    // A fault that only the database can see takes back what was written before it.
    let twice =
        "Strecke;Preis;ab;Bemerkung\nA;1;2026-01-01;x\nB;2;2026-01-01;x\nA;3;2026-01-01;x\n";
    let job = ended(admin, &start(admin, &WORDS, twice).await).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert_eq!(admin.rows("rates", json!({})).await.len(), 0);
});

on_every_store!(an_import_needs_a_user_with_a_grant_and_is_its_owners_business, async |app| {
    rates(app).await;
    start(&app.anonymous(), &WORDS, FILE).await.expect_refusal(401, "UNAUTHENTICATED");
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "rates", "action": "read", "fields": ["*"] })],
        )
        .await;
    start(&reader, &WORDS, FILE).await.expect_refusal(403, "FORBIDDEN");
    let answer = start(app.admin(), &[&WORDS[..], &[("dryRun", "true")]].concat(), FILE).await;
    let id = ended(app.admin(), &answer).await["id"].as_str().unwrap().to_owned();
    reader.get(&format!("/imports/{id}")).await.expect_refusal(404, "NOT_FOUND");
    assert_eq!(reader.get("/imports").await.body["totalCount"], 0);
});

on_every_store!(what_a_form_gets_wrong_is_told_by_name, async |app| {
    rates(app).await;
    let admin = app.admin();
    for (words, status, code) in [
        (vec![("collection", "nowhere")], 404, "COLLECTION_NOT_FOUND"),
        (vec![], 400, "INVALID_BODY"),
        (vec![("collection", "rates"), ("mode", "some")], 400, "INVALID_BODY"),
        (vec![("collection", "rates"), ("format", "xml")], 400, "INVALID_BODY"),
        (vec![("collection", "rates"), ("surprise", "1")], 400, "INVALID_BODY"),
    ] {
        start(admin, &words, FILE).await.expect_refusal(status, code);
    }
    admin.post("/imports", json!({})).await.expect_refusal(400, "NO_FILE");
});

on_every_store!(an_export_is_what_a_list_shows, async |app| {
    rates(app).await;
    let admin = app.admin();
    for (lane, price) in [("=cmd", "1.10"), ("b", "2.00"), ("c", "3.00")] {
        admin.create("rates", json!({ "lane": lane, "price": price })).await;
    }
    let csv = admin.get("/items/rates/export?format=csv&fields=lane,price&sort=id").await;
    assert_eq!(csv.text, "lane,price\r\n'=cmd,1.10\r\nb,2.00\r\nc,3.00\r\n");
    let ndjson = admin
        .get("/items/rates/export?format=ndjson&fields=lane&sort=-id&filter[price][gt]=1.5")
        .await;
    assert_eq!(ndjson.text, "{\"lane\":\"c\"}\n{\"lane\":\"b\"}\n");
    let json = admin.get("/items/rates/export?fields=lane&sort=id").await;
    assert_eq!(json.body.as_array().map(Vec::len), Some(3), "{}", json.text);
    admin.get("/items/rates/export?format=xml").await.expect_refusal(400, "INVALID_QUERY");
    app.anonymous().get("/items/rates/export").await.expect_refusal(403, "FORBIDDEN");
});

async fn file(
    person: &Person,
    path: &str,
    field: &'static str,
    name: &str,
    text: &str,
) -> crate::harness::Answer {
    let part = reqwest::multipart::Part::text(text.to_owned()).file_name(name.to_owned());
    person.post_form(path, reqwest::multipart::Form::new().part(field, part)).await
}

async fn people(app: &App) {
    app.collection(
        "people",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
            "name": { "type": "String", "allowNull": false, "unique": true },
            "age": { "type": "Integer", "validate": { "min": 0 } },
            "active": { "type": "Boolean" },
            "extra": { "type": "JSON" },
        } }),
    )
    .await;
}

on_every_store!(a_csv_file_is_imported_in_one_transaction, async |app| {
    people(app).await;
    let admin = app.admin();
    let path = "/items/people/import-csv";
    let text = "name,age,active,extra\nAda,36,true,\"{\"\"a\"\":1}\"\nBob,,0,not json\n\n";
    let bad = file(admin, path, "csvFile", "p.csv", "name,age\nAda,-1\n,2\nCid,x\nDot,4\n").await;
    bad.expect_refusal(400, "IMPORT_FAILED");
    let results = &bad.body["error"]["details"]["results"];
    assert_eq!((&results["imported"], &results["failed"]), (&json!(1), &json!(3)), "{}", bad.text);
    assert_eq!(
        (&results["errors"][0]["row"], &results["errors"][1]["row"]),
        (&json!(1), &json!(2))
    );
    assert!(bad.message().ends_with("3 rows had errors. Transaction rolled back."));
    let done = file(admin, path, "csvFile", "p.csv", text).await;
    done.expect_status(200);
    assert_eq!(done.body["message"], "Successfully imported 2 items");
    let rows = admin
        .rows("people", json!({ "sort": "id", "fields": ["name", "age", "active", "extra"] }))
        .await;
    assert_eq!(rows[0], json!({ "name": "Ada", "age": 36, "active": true, "extra": { "a": 1 } }));
    assert_eq!(
        rows[1],
        json!({ "name": "Bob", "age": null, "active": false, "extra": "not json" })
    );
    // What only the database sees is told at its row too.
    let twice = file(admin, path, "csvFile", "p.csv", "name\nNew\nOther\nAda\nLast\n").await;
    assert_eq!(twice.body["error"]["details"]["results"]["errors"][0]["row"], 3, "{}", twice.text);
    assert_eq!(admin.rows("people", json!({})).await.len(), 2);
});

on_every_store!(
    a_json_file_is_imported_and_what_is_wrong_is_told_in_the_known_words,
    async |app| {
        people(app).await;
        let admin = app.admin();
        let path = "/items/people/import-json";
        let done = file(
            admin,
            path,
            "jsonFile",
            "p.json",
            r#"[{"name":"Ada","age":""},{"name":"Bob","age":2}]"#,
        )
        .await;
        assert_eq!(
            done.expect_status(200).body["results"],
            json!({ "imported": 2, "failed": 0, "errors": [] })
        );
        assert_eq!(
            admin.column("people", "age", json!({ "sort": "id" })).await,
            [Json::Null, json!(2)]
        );
        for (field, name, text, message) in [
            ("jsonFile", "p.json", "{}", "JSON file must contain an array of objects"),
            ("jsonFile", "p.json", "[]", "JSON file is empty or has no valid data"),
            ("jsonFile", "p.txt", "[]", "File must be a JSON file"),
        ] {
            let refused = file(admin, path, field, name, text).await;
            assert_eq!((refused.status, refused.message()), (400, message));
        }
        assert!(
            file(admin, path, "jsonFile", "p.json", "[{")
                .await
                .message()
                .starts_with("Invalid JSON format: ")
        );
        // The original SDK sends no file; the answer says what to send.
        let nothing = admin.post(path, json!({})).await;
        nothing.expect_refusal(400, "NO_FILE");
        assert!(nothing.body["error"]["hint"].as_str().unwrap().contains("createMany"));
        admin.post(path, json!([{ "name": "Cid" }])).await.expect_status(200);
        app.anonymous().post(path, json!([])).await.expect_refusal(401, "UNAUTHENTICATED");
        admin
            .post("/items/nowhere/import-json", json!([]))
            .await
            .expect_refusal(404, "COLLECTION_NOT_FOUND");
    }
);

on_every_store!(an_import_uses_no_right_that_was_taken_away_meanwhile, async |app| {
    rates(app).await;
    let writer = app
        .with_grants("Writer", &[
            json!({ "collection": "rates", "action": "create", "fields": ["lane", "price", "valid_from"] }),
        ])
        .await;
    // A field out of reach is told like one that is not there.
    start(&writer, &WORDS, FILE).await.expect_refusal(400, "UNKNOWN_FIELD");
    let writer = app
        .with_grants(
            "Whole",
            &[json!({ "collection": "rates", "action": "create", "fields": ["*"] })],
        )
        .await;
    let mut file = String::from("Strecke;Preis;ab;Bemerkung\n");
    for row in 0..20_000 {
        file.push_str(&format!("L{row};1;2026-01-01;x\n"));
    }
    let answer = start(&writer, &WORDS, &file).await;
    answer.expect_status(202);
    let suspended = json!({ "status": "suspended" });
    let id = writer.user_id.as_deref().expect("a user");
    let path = format!("/items/baasix_User/{id}");
    app.admin().patch(&path, suspended).await.expect_status(200);
    let job = ended(app.admin(), &answer).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["rowsWritten"].as_u64() < Some(20_000), "{job}");
});

on_every_store!(
    an_upload_that_is_refused_early_is_read_to_its_end_and_the_connection_lives,
    async |app| {
        rates(app).await;
        let address = app.url.strip_prefix("http://").expect("an address").to_owned();
        let part = format!(
            "--b\r\nContent-Disposition: form-data; name=\"csvFile\"; filename=\"a.csv\"\r\n\r\nlane\n{}\r\n--b--\r\n",
            "x".repeat(1_000_000)
        );
        let (first, second) = part.split_at(part.len() / 2);
        for path in ["/imports", "/items/rates/import-csv"] {
            let mut connection = TcpStream::connect(&address).await.expect("reach the server");
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
                part.len()
            );
            connection.write_all(head.as_bytes()).await.expect("send");
            connection.write_all(first.as_bytes()).await.expect("send the first half");
            connection.write_all(second.as_bytes()).await.expect("send the rest");
            let refusal = answer_on(&mut connection).await;
            assert!(refusal.starts_with("HTTP/1.1 401"), "{path}: {refusal}");
            assert!(refusal.contains("UNAUTHENTICATED"), "{path}: {refusal}");
            let next = format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n");
            connection.write_all(next.as_bytes()).await.expect("send on the same connection");
            let health = answer_on(&mut connection).await;
            assert!(health.starts_with("HTTP/1.1 200"), "{path}: {health}");
        }
    }
);

/// The next answer on a connection; empty when the other side closed it.
async fn answer_on(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, length)| length.parse::<usize>().ok());
            length.is_some_and(|length| body.len() >= length)
        });
        let read = if whole { 0 } else { connection.read(&mut chunk).await.unwrap_or(0) };
        if read == 0 {
            return text;
        }
        text.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
}
