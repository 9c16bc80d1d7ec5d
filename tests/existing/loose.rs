//! SQLite keeps whatever it is given in whatever column: what is read is true, and nothing is a
//! fault of the server.

use super::{adopt, existing, shown_is_found};
use crate::harness::{App, Kind};
use serde_json::{Value as Json, json};

const LOOSE: &str = r#"
CREATE TABLE stations (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE readings (id INTEGER PRIMARY KEY, station_id INTEGER REFERENCES stations (id), amount INTEGER,
    taken TIMESTAMP, seen DATETIME, flag BOOLEAN, extra JSON, raw, photo BLOB);
CREATE TABLE keys (code INTEGER UNIQUE, word TEXT PRIMARY KEY);
CREATE TABLE holes (word TEXT PRIMARY KEY, n INTEGER);
INSERT INTO stations VALUES (1, 'north'), (2, x'00ff');
INSERT INTO readings VALUES
    (1, 1, 5, 1700000000, '2024-05-01T10:00:00.000Z', 1, '{"a": 1}', 'text', x'0102'),
    (2, 1, 'many', 1700000001, '2024-05-02 10:00:00', 0, '[1, 2]', 7, NULL),
    (3, 2, 2.5, NULL, NULL, NULL, NULL, x'ff', x'');
INSERT INTO keys VALUES (1, 'a'), (2, 'b');
INSERT INTO holes VALUES ('a', 1), (NULL, 2);
"#;

async fn started() -> App {
    App::start_beside(Kind::Sqlite, LOOSE).await
}

fn kinds(table: &Json) -> Vec<(String, String)> {
    let columns = table["columns"].as_array().expect("columns").iter();
    columns
        .map(|column| {
            let text = |key: &str| column[key].as_str().unwrap_or_default().to_owned();
            (text("name"), text("type"))
        })
        .collect()
}

#[tokio::test]
async fn a_field_is_typed_by_what_stands_in_its_column() {
    let app = started().await;
    let readings = existing(&app, "readings").await;
    let found = kinds(&readings);
    let expected = [
        ("id", "BigInt"),
        ("station_id", "BigInt"),
        ("amount", "Text"),
        ("taken", "BigInt"),
        ("seen", "Text"),
        ("flag", "Boolean"),
        ("extra", "JSON"),
        ("raw", "Text"),
        ("photo", "Binary"),
    ];
    assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    let note = |name: &str| {
        let column =
            readings["columns"].as_array().expect("columns").iter().find(|one| one["name"] == name);
        column.expect("the column")["note"].as_str().unwrap_or_default().to_owned()
    };
    assert!(
        note("amount").contains("1 whole number and 1 broken number and 1 text"),
        "{}",
        note("amount")
    );
    assert!(note("seen").starts_with("1 of 2 values"), "{}", note("seen"));
    assert_eq!(note("flag"), "");
    let holes = existing(&app, "holes").await;
    assert_eq!(holes["reasons"][0]["code"], "KEY_EMPTY", "{holes}");
    app.stop().await;
}

#[tokio::test]
async fn values_of_any_kind_are_shown_as_they_stand_by_every_path() {
    let app = started().await;
    adopt(&app, json!({})).await.expect_status(200);
    let admin = app.admin();
    let rows = admin.rows("readings", json!({ "sort": "id" })).await;
    let amounts: Vec<&Json> = rows.iter().map(|row| &row["amount"]).collect();
    assert_eq!(amounts, ["5", "many", "2.5"]);
    assert_eq!((&rows[0]["extra"], &rows[1]["extra"]), (&json!({ "a": 1 }), &json!([1, 2])));
    assert_eq!((&rows[2]["raw"], &rows[0]["photo"]), (&json!("/w=="), &json!("AQI=")));
    assert_eq!(rows[1]["seen"], "2024-05-02 10:00:00");
    // Inside of a relation, too.
    let stations =
        admin.rows("stations", json!({ "sort": "id", "fields": ["name", "readings.*"] })).await;
    let inside: Vec<&Json> = stations
        .iter()
        .flat_map(|station| station["readings"].as_array().expect("a list"))
        .collect();
    assert_eq!(inside.len(), 3);
    for (row, inside) in rows.iter().zip(inside) {
        assert_eq!(row, inside);
    }
    let there =
        admin.rows("readings", json!({ "fields": ["station.name"], "filter": { "id": 3 } })).await;
    assert_eq!(there, [json!({ "station": { "id": 2, "name": "AP8=" } })]);
    let found = admin
        .column("readings", "id", json!({ "filter": { "amount": { "contains": "an" } } }))
        .await;
    assert_eq!(found, [json!(2)]);
    for operator in ["like", "icontains", "startsWith", "gt", "in", "ne"] {
        let operand = if operator == "in" { json!(["a"]) } else { json!("a") };
        for field in ["amount", "raw", "name"] {
            let collection = if field == "name" { "stations" } else { "readings" };
            let filter = json!({ field: { operator: operand } });
            admin
                .find(collection, json!({ "filter": filter, "sort": field }))
                .await
                .expect_status(200);
        }
    }
    // What is shown is what is found and sorted by, whatever kind it is kept as.
    shown_is_found(&app, "readings", &["amount", "raw"], json!({ "flag": true })).await;
    let sorted = json!({ "sort": "amount" });
    assert_eq!(admin.column("readings", "amount", sorted).await, ["2.5", "5", "many"]);
    let above = json!({ "filter": { "amount": { "gte": "5" } }, "sort": "id" });
    assert_eq!(admin.column("readings", "id", above).await, [json!(1), json!(2)]);
    let blob = json!({ "filter": { "station.name": "AP8=" } });
    assert_eq!(admin.column("readings", "id", blob).await, [json!(3)]);
    let grouped = json!({ "groupBy": ["flag"], "aggregate": { "all": { "function": "array_agg", "field": "raw" } } });
    admin.find("readings", grouped).await.expect_status(200);
    admin.find("readings", json!({ "search": "many" })).await.expect_status(200);
    // Written beside what does not fit, and removed with it.
    admin.patch("/items/readings/3", json!({ "amount": "none" })).await.expect_status(200);
    admin.patch("/items/stations/2", json!({ "name": "south" })).await.expect_status(200);
    admin.delete("/items/readings/2").await.expect_status(200);
    app.stop().await;
}

#[tokio::test]
async fn what_another_program_puts_in_later_is_no_fault_of_the_server() {
    let app = started().await;
    adopt(&app, json!({})).await.expect_status(200);
    let file = rusqlite::Connection::open(app.data.join(embedded_server::DATABASE_FILE))
        .expect("the file");
    file.execute_batch(
        "UPDATE readings SET flag = 'maybe', taken = 'yesterday', extra = '{broken', photo = 'text', station_id = 1 WHERE id = 1;
         UPDATE readings SET extra = x'00', taken = 9e999, flag = 7 WHERE id = 2;",
    )
    .expect("put in");
    let admin = app.admin();
    let rows = admin.rows("readings", json!({ "sort": "id" })).await;
    assert_eq!((&rows[0]["taken"], &rows[0]["extra"]), (&json!("yesterday"), &json!("{broken")));
    let stations = admin.rows("stations", json!({ "sort": "id", "fields": ["readings.*"] })).await;
    assert_eq!(stations[0]["readings"].as_array().map(Vec::len), Some(2));
    for question in [
        json!({ "filter": { "extra": { "jsonPath": "$.a" } } }),
        json!({ "filter": { "extra.a": 1 } }),
        json!({ "filter": { "taken": { "gt": 5 } }, "sort": "-taken" }),
        json!({ "filter": { "flag": true } }),
        json!({ "aggregate": { "sum": { "function": "sum", "field": "taken" } } }),
        json!({ "groupBy": ["extra"], "aggregate": { "n": { "function": "count", "field": "id" } } }),
    ] {
        let answer = admin.find("readings", question.clone()).await;
        assert!(answer.status < 500, "{question}: {}", answer.text);
        assert!(answer.body.is_object(), "{question}: {}", answer.text);
    }
    admin.patch("/items/readings/1", json!({ "amount": "1" })).await.expect_status(200);
    admin.delete("/items/readings/2").await.expect_status(200);
    app.stop().await;
}
