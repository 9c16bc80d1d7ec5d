//! Kills without warning in the middle of writes. What was acknowledged is there, nothing is half
//! there, and replaying the changes that were recorded gives exactly the records.

use super::Span;
use super::chance::Chance;
use crate::harness::{Kind, Person, Process, on_every_store};
use reqwest::Method;
use serde_json::{Value as Json, json};
use sqlx::{Connection, Row};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

const WRITERS: u64 = 5;
/// Records of one request: there whole or not at all.
const ROWS: u64 = 3;

/// How far one batch came: made, changed, removed. The first number was acknowledged, the second
/// only tried.
type Told = BTreeMap<u64, (u8, u8)>;

/// Writes batch after batch until the server is gone.
async fn writer(
    owner: Person,
    first: u64,
    told: Arc<Mutex<Told>>,
    done: mpsc::UnboundedSender<()>,
) {
    for batch in first.. {
        let ids: Vec<u64> = (0..ROWS).map(|at| batch * ROWS + at).collect();
        let made: Vec<Json> =
            ids.iter().map(|id| json!({ "id": id, "batch": batch, "n": 0 })).collect();
        let changed: Vec<Json> =
            ids.iter().map(|id| json!({ "id": id, "data": { "n": 1 } })).collect();
        let mut requests =
            vec![(Method::POST, json!(made), 201), (Method::PATCH, json!(changed), 200)];
        if batch % 3 == 0 {
            requests.push((Method::DELETE, json!(ids), 204));
        }
        for (stage, (method, body, wanted)) in (1..).zip(requests) {
            told.lock().expect("no writer panics").entry(batch).or_default().1 = stage;
            match owner.try_send(method, "/items/notes/bulk", body).await {
                Some(status) if status == wanted => {
                    told.lock().expect("no writer panics").entry(batch).or_default().0 = stage;
                    let _ = done.send(());
                }
                Some(other) => panic!("a write was answered {other}"),
                None => return,
            }
        }
    }
}

/// What the changes say, one after the other.
async fn replayed(process: &Process) -> BTreeMap<u64, Json> {
    let mut changes: Vec<(String, String, Option<String>)> = Vec::new();
    match process.database_url() {
        Some(url) => {
            let mut connection = sqlx::PgConnection::connect(&url).await.expect("reach Postgres");
            let text = "SELECT id, op, after::text FROM _change WHERE collection = 'notes' ORDER BY tx, seq";
            for row in sqlx::query(text).fetch_all(&mut connection).await.expect("the changes") {
                changes.push((row.get(0), row.get(1), row.get(2)));
            }
        }
        None => {
            let connection =
                rusqlite::Connection::open(process.data().join("data.db")).expect("the file");
            let text = "SELECT id, op, after FROM _change WHERE collection = 'notes' ORDER BY seq";
            let mut statement = connection.prepare(text).expect("the changes");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            changes.extend(rows.expect("the changes").map(|row| row.expect("a change")));
        }
    }
    let mut records = BTreeMap::new();
    for (id, op, after) in changes {
        let id: u64 = id.parse().expect("a whole number");
        let after: Option<Json> = after.map(|text| serde_json::from_str(&text).expect("JSON"));
        let before = match after {
            Some(after) => {
                records.insert(id, json!({ "id": id, "batch": after["batch"], "n": after["n"] }))
            }
            None => records.remove(&id),
        };
        assert_eq!(before.is_none(), op == "create", "{op} of {id}, before it {before:?}");
    }
    records
}

async fn round(process: &mut Process, first: u64, seed: u64, told: &Arc<Mutex<Told>>) {
    let chance = &mut Chance::new(seed);
    let owner = process.owner().await;
    let (done, mut acknowledged) = mpsc::unbounded_channel();
    let writers: Vec<_> = (0..WRITERS)
        .map(|at| {
            tokio::spawn(writer(
                owner.clone(),
                first + at * 100_000,
                Arc::clone(told),
                done.clone(),
            ))
        })
        .collect();
    drop(done);
    for _ in 0..chance.between(15, 120) {
        acknowledged.recv().await.expect("the writers write");
    }
    process.kill_and_start();
    for writer in writers {
        writer.await.expect("a writer ends with the server");
    }
}

async fn check(process: &Process, told: &Told) {
    let parameters = json!({ "fields": ["id", "batch", "n"], "sort": "id", "limit": -1 });
    let rows = process.owner().await.rows("notes", parameters).await;
    let mut found: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for row in &rows {
        let number = |key: &str| row[key].as_u64().expect("a number");
        found.entry(number("batch")).or_default().push(number("n"));
    }
    for (batch, (acknowledged, tried)) in told {
        let stage = match found.get(batch).map(Vec::as_slice) {
            None if *tried == 3 => 3,
            None => 0,
            Some([0, 0, 0]) => 1,
            Some([1, 1, 1]) => 2,
            Some(half) => panic!("batch {batch} is half there: {half:?}"),
        };
        assert!(
            (*acknowledged..=*tried).contains(&stage),
            "batch {batch}: stage {acknowledged} was acknowledged, {tried} tried, {stage} is there"
        );
    }
    let unknown: Vec<&u64> = found.keys().filter(|batch| !told.contains_key(batch)).collect();
    assert!(unknown.is_empty(), "nobody wrote {unknown:?}");
    let records: Vec<Json> = replayed(process).await.into_values().collect();
    assert_eq!(json!(records), json!(rows), "the changes do not give the records");
}

#[expect(clippy::print_stdout, reason = "how far the run came, and the seed of each round")]
async fn kills(kind: Kind) {
    let span = Span::of("crash", 2);
    let name = if kind == Kind::Sqlite { "soak_sqlite" } else { "soak_postgres" };
    let mut process = Process::start(kind, name).await;
    let field = json!({ "type": "Integer" });
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "batch": field, "n": field });
    let schema = json!({ "collectionName": "notes", "schema": { "fields": fields } });
    process.owner().await.post("/schemas", schema).await.expect_status(201);
    let told: Arc<Mutex<Told>> = Arc::default();
    for (at, seed) in span.seeds().enumerate() {
        let first = 1 + at as u64 * 1_000_000;
        round(&mut process, first, seed, &told).await;
        let so_far = told.lock().expect("the writers have ended").clone();
        println!("{kind:?}, kill {at}: {} batches; {}", so_far.len(), span.again(seed));
        check(&process, &so_far).await;
    }
    process.remove().await;
}

on_every_store!(a_kill_in_the_middle_of_writes_leaves_whole_requests_and_their_changes, kills);
