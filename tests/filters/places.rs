//! Indexes of places, and programs that make a file of SQLite anew beside them.

use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Where each record of a collection is, by its key.
type Places = BTreeMap<String, (i32, i32)>;

/// The collections, by the kinds of their keys: two whose rows SQLite may number anew, one whose keys
/// are the numbers of its rows.
const KEYS: [(&str, &str); 3] = [("named", "String"), ("random", "UUID"), ("numbered", "Integer")];

fn key(kind: &str, at: i32) -> Json {
    match kind {
        "Integer" => json!(at),
        "UUID" => json!(format!("00000000-0000-4000-8000-{:012}", at * 7)),
        _ => json!(format!("k{}", at * 7)),
    }
}

fn text(key: &Json) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

fn point((x, y): (i32, i32)) -> Json {
    json!({ "type": "Point", "coordinates": [x, y] })
}

/// A collection of sixty points on a grid, of which every third is gone again.
async fn made(app: &App, name: &str, kind: &str) -> Places {
    let schema = json!({ "timestamps": false, "fields": {
        "id": { "type": kind, "primaryKey": true }, "spot": { "type": "Point" }, "note": { "type": "String" }
    }, "indexes": [{ "name": format!("{name}_spot"), "fields": ["spot"] }] });
    app.collection(name, schema).await;
    let all: Vec<(Json, (i32, i32))> =
        (0..60).map(|at| (key(kind, at), (at % 10, at / 10))).collect();
    let rows: Vec<Json> =
        all.iter().map(|(key, spot)| json!({ "id": key, "spot": point(*spot) })).collect();
    app.admin().post(&format!("/items/{name}/bulk"), json!(rows)).await.expect_status(201);
    let mut places = Places::new();
    for (at, (key, spot)) in all.into_iter().enumerate() {
        if at % 3 == 0 {
            app.admin().delete(&format!("/items/{name}/{}", text(&key))).await.expect_status(200);
        } else {
            places.insert(text(&key), spot);
        }
    }
    places
}

/// What lies in rectangles, as the server finds it and as it is.
async fn expect_found(app: &App, name: &str, places: &Places, when: &str) {
    let mut met = 0;
    for (west, south, width, height) in [(0, 0, 3, 2), (4, 1, 2, 4), (7, 3, 2, 2), (0, 5, 9, 0)] {
        let (w, s) = (f64::from(west) - 0.5, f64::from(south) - 0.5);
        let (e, n) = (w + f64::from(width) + 1.0, s + f64::from(height) + 1.0);
        let ring = json!([[[w, s], [e, s], [e, n], [w, n], [w, s]]]);
        let filter = json!({ "spot": { "within": { "type": "Polygon", "coordinates": ring } } });
        let found = app.admin().column(name, "id", json!({ "filter": filter })).await;
        let mut found: Vec<String> = found.iter().map(text).collect();
        found.sort();
        let inside = |(x, y): (i32, i32)| {
            (west..=west + width).contains(&x) && (south..=south + height).contains(&y)
        };
        let expected: Vec<String> =
            places.iter().filter(|(_, at)| inside(**at)).map(|(key, _)| key.clone()).collect();
        assert_eq!(found, expected, "{name} {when}: from {west} {south} on");
        met += found.len();
    }
    assert!(met > 10, "{name} {when}: {met} found");
}

/// Has another program make the file anew. SQLite promises no row its number then, unless that is its
/// key; that this version keeps most of them is its own affair, so they are changed here.
fn made_anew(folder: &Path) {
    let file = folder.join(embedded_server::DATABASE_FILE);
    let connection = rusqlite::Connection::open(file).expect("open the file");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("wait for a turn");
    let rows = KEYS
        .iter()
        .filter(|(_, kind)| *kind != "Integer")
        .map(|(name, _)| format!(r#"UPDATE "{name}" SET "_rowid_" = 100000 - "_rowid_";"#));
    let anew = rows.chain([String::from("VACUUM")]).collect::<String>();
    connection.execute_batch(&anew).expect("make it anew");
}

/// Moves some records, removes some, makes some, takes some places away.
async fn changed(app: &App, name: &str, kind: &str, places: &mut Places, round: i32) {
    let path = |key: &str| format!("/items/{name}/{key}");
    let keys: Vec<String> = places.keys().cloned().collect();
    for (at, key) in keys.into_iter().enumerate() {
        match at % 7 {
            0 => {
                let spot = (round, 5);
                let body = json!({ "spot": point(spot) });
                app.admin().patch(&path(&key), body).await.expect_status(200);
                places.insert(key, spot);
            }
            3 => {
                app.admin().delete(&path(&key)).await.expect_status(200);
                places.remove(&key);
            }
            5 => {
                let body = json!({ "spot": null, "note": "nowhere" });
                app.admin().patch(&path(&key), body).await.expect_status(200);
                places.remove(&key);
            }
            _ => {}
        }
    }
    for at in 0..8 {
        let (key, spot) = (key(kind, 100 * round + at), (at, round));
        app.admin().create(name, json!({ "id": key, "spot": point(spot) })).await;
        places.insert(text(&key), spot);
    }
}

async fn found_after_copies(kind: Kind) {
    let mut app = App::start(kind).await;
    let mut all = Vec::new();
    for (name, kind) in KEYS {
        let places = made(&app, name, kind).await;
        expect_found(&app, name, &places, "as it was made").await;
        all.push((name, kind, places));
    }
    let sqlite = app.kind == Kind::Sqlite;
    for round in 1..=2 {
        let open = round == 1;
        match open {
            true if sqlite => made_anew(&app.data),
            true => {}
            false => {
                app.restart_after(|folder| {
                    if sqlite {
                        made_anew(folder)
                    }
                })
                .await
            }
        }
        for (name, kind, places) in &mut all {
            expect_found(&app, name, places, &format!("made anew, open {open}")).await;
            changed(&app, name, kind, places, round).await;
            expect_found(&app, name, places, &format!("changed behind that, open {open}")).await;
        }
    }
    app.stop().await;
}

on_every_store!(places_stay_found_when_another_program_makes_the_file_anew, found_after_copies);

/// Whatever another program asks for where two records of one key meet, it is asked of its own
/// record alone: what its triggers do is neither refused nor left undone.
#[tokio::test]
async fn a_bare_program_writes_where_places_are_indexed() {
    let app = App::start(Kind::Sqlite).await;
    for (name, kind) in KEYS {
        let mut places = made(&app, name, kind).await;
        let file = app.data.join(embedded_server::DATABASE_FILE);
        let connection = rusqlite::Connection::open(file).expect("open the file");
        connection.busy_timeout(std::time::Duration::from_secs(10)).expect("wait for a turn");
        let one = |at: i32| match key(kind, at) {
            Json::String(text) => format!("'{text}'"),
            number => number.to_string(),
        };
        let row = |at: i32, spot: (i32, i32)| {
            let (key, spot) = (one(at), point(spot));
            format!(r#"INTO "{name}" ("id", "spot") VALUES ({key}, '{spot}')"#)
        };
        let mut written = String::new();
        for (way, at, spot) in [
            ("INSERT OR REPLACE", 1, (1, 1)),
            ("INSERT OR IGNORE", 2, (9, 9)),
            ("INSERT OR REPLACE", 200, (0, 1)),
            ("INSERT OR ABORT", 201, (1, 0)),
            ("INSERT OR IGNORE", 202, (2, 0)),
        ] {
            written.push_str(&format!("{way} {};", row(at, spot)));
            // One that is there is left as it was.
            if at != 2 {
                places.insert(text(&key(kind, at)), spot);
            }
        }
        written.push_str(&format!(
            r#"INSERT {} ON CONFLICT ("id") DO UPDATE SET "spot" = excluded."spot";"#,
            row(4, (5, 2))
        ));
        places.insert(text(&key(kind, 4)), (5, 2));
        // Another key is another record at the same place; its old key is free again.
        let (old, new) = (one(5), one(205));
        written.push_str(&format!(
            r#"UPDATE OR REPLACE "{name}" SET "id" = {new} WHERE "id" = {old};"#
        ));
        let spot = places.remove(&text(&key(kind, 5))).expect("a record");
        places.insert(text(&key(kind, 205)), spot);
        written.push_str(&format!("INSERT {};", row(5, (3, 0))));
        places.insert(text(&key(kind, 5)), (3, 0));
        connection.execute_batch(&written).expect("write beside the server");
        expect_found(&app, name, &places, "written by another program").await;
    }
    app.stop().await;
}
