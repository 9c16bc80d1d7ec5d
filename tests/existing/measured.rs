//! What indexes do on tables that somebody else made.

use super::{adopt, on_a_shop, outside, shop};
use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};

on_a_shop!(an_index_of_an_adopted_table_is_measured, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let only = async |asked: Json| -> Json {
        app.admin().delete("/queries/slow").await.expect_status(200);
        app.admin().find("orders", asked).await.expect_status(200);
        let answer = app.admin().get("/queries/slow?collection=orders").await;
        answer.body["data"][0].clone()
    };
    // One of its columns is computed by the table, and no record is written with it.
    let query = only(json!({ "filter": { "total": 20 }, "limit": 5 })).await;
    assert_eq!(query["index"]["fields"], json!(["total"]), "{query}");
    let path = format!("/queries/slow/{}/measure", query["id"].as_str().expect("an id"));
    let answer = app.admin().post(&path, json!({ "consent": true })).await;
    answer.expect_status(200);
    let found = &answer.body["data"];
    assert_eq!(found["index"], query["index"], "{found}");
    assert!(found["writeAfterUs"].as_f64().is_some_and(|time| time > 0.0), "{found}");
    let query = only(json!({ "filter": { "cents": 2_000 }, "limit": 5 })).await;
    assert_eq!((&query["index"], &query["servedBy"]), (&Json::Null, &Json::Null), "{query}");
});

on_a_shop!(places_of_a_table_without_row_numbers_are_indexed_as_they_can_be, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let field = json!({ "schema": { "fields": { "place": { "type": "Point" } } } });
    app.admin().patch("/schemas/products", field).await.expect_status(200);
    let index = json!({ "name": "products_by_place", "fields": ["place"] });
    app.admin().post("/schemas/products/indexes", index).await.expect_status(201);
    let place = json!({ "type": "Point", "coordinates": [24.9, 60.2] });
    app.admin().patch("/items/products/lamp", json!({ "place": place })).await.expect_status(200);
    let area = json!({ "type": "Polygon", "coordinates": [[[20, 60], [25, 60], [25, 61], [20, 61], [20, 60]]] });
    let filter = json!({ "filter": { "place": { "within": area } } });
    assert_eq!(app.admin().column("products", "code", filter).await, [json!("lamp")]);
    app.admin().delete("/schemas/products/indexes/products_by_place").await.expect_status(200);
});

/// Tables by text, by an integer that is not the number of a row, and by one that is.
const STOPS: &str = "CREATE TABLE stops (id VARCHAR(20) PRIMARY KEY, name TEXT);\
    CREATE TABLE gates (id INT PRIMARY KEY, name TEXT);\
    CREATE TABLE ports (id INTEGER PRIMARY KEY, name TEXT);";

/// What is made anew beside the server is found again, on SQLite, where a copy numbers rows anew.
async fn stops_are_found(kind: Kind) {
    let mut app = App::start_beside(kind, &format!("{}{STOPS}", shop(kind))).await;
    adopt(&app, json!({})).await.expect_status(200);
    let sqlite = kind == Kind::Sqlite;
    for table in ["stops", "gates", "ports"] {
        let path = format!("/schemas/{table}");
        let mut schema = app.admin().get(&path).await.body["data"]["schema"].clone();
        schema["fields"]["place"] = json!({ "type": "Point" });
        app.admin().patch(&path, json!({ "schema": schema })).await.expect_status(200);
        let index = json!({ "name": format!("{table}_place"), "fields": ["place"] });
        app.admin().post(&format!("/schemas/{table}/indexes"), index).await.expect_status(201);
    }
    let rows = |table: &str| -> String {
        (1..=20).fold(String::new(), |all, at| {
            let key = if table == "stops" { format!("'s{at}'") } else { at.to_string() };
            let place = json!({ "type": "Point", "coordinates": [at, 1] });
            format!("{all}INSERT INTO {table} (id, name, place) VALUES ({key}, 'n', '{place}');")
        })
    };
    // SQLite takes a record of such a table without a key, too, though it is nowhere then.
    let keyless = match sqlite {
        true => r#"INSERT INTO stops (place) VALUES ('{"type":"Point","coordinates":[12,1]}');"#,
        false => "",
    };
    for table in ["stops", "gates", "ports"] {
        outside(&app, &rows(table)).await;
    }
    outside(&app, &format!("{keyless} DELETE FROM stops WHERE id IN ('s1', 's4'); DELETE FROM gates WHERE id IN (1, 4);")).await;
    let area = json!({ "type": "Polygon", "coordinates": [[[11.5, 0], [14.5, 0], [14.5, 2], [11.5, 2], [11.5, 0]]] });
    let filter = json!({ "filter": { "place": { "within": area }, "name": "n" }, "sort": ["id"] });
    for round in ["made", "made anew", "opened again"] {
        if sqlite && round == "made anew" {
            outside(&app, "DELETE FROM stops WHERE id IN ('s2', 's6'); DELETE FROM gates WHERE id = 7; UPDATE stops SET _rowid_ = 1000 - _rowid_; UPDATE gates SET _rowid_ = 1000 - _rowid_; VACUUM").await;
        }
        if round == "opened again" {
            app.restart().await;
        }
        for (table, expected) in [
            ("stops", json!(["s12", "s13", "s14"])),
            ("gates", json!([12, 13, 14])),
            ("ports", json!([12, 13, 14])),
        ] {
            let found = app.admin().column(table, "id", filter.clone()).await;
            assert_eq!(json!(found), expected, "{table} {round}");
        }
    }
    app.stop().await;
}

on_every_store!(places_of_tables_of_others_are_found_by_their_keys, stops_are_found);
