//! Imports while others read, write and listen, on the real stores.

use crate::import::{Format, ImportAsk, Imports, Job, Mode, State};
use crate::test_project::Project;
use crate::{Change, Place};
use access::Actor;
use base::{Code, short_id};
use indexmap::IndexMap;
use query::{Operation, Read, Write};
use serde_json::{Value as Json, json};
use sql::Numbers;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn actor() -> Actor {
    Actor::system("a test of imports")
}

/// Parcels: counted, with a code of their own each, in an order.
async fn parcels(project: &Project) {
    let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let schema = json!({ "timestamps": false, "sortEnabled": true, "fields": {
        "id": counted, "code": { "type": "String", "unique": true }, "weight": { "type": "Double" },
        "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } }, "note": { "type": "Text" },
    } });
    project.engine.create_schema("parcels", &schema).await.unwrap();
}

fn file(rows: u64, seed: u64) -> String {
    let mut text = String::from("code,weight,price,note\n");
    for row in 0..rows {
        let chance = (row ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        writeln!(text, "P{row},{}.5,{}.25,\"parcel, {chance}\"", chance % 90, chance % 1_000)
            .unwrap();
    }
    text
}

pub(crate) struct Under {
    pub(crate) imports: Imports,
    folder: PathBuf,
    id: String,
}

impl Under {
    pub(crate) async fn way(project: &Project, text: &str, mode: Mode) -> Self {
        Self::importing(project, ("parcels", Format::Csv), text, mode).await
    }

    /// The same of a file of another kind into another collection.
    pub(crate) async fn importing(
        project: &Project,
        (collection, format): (&str, Format),
        text: &str,
        mode: Mode,
    ) -> Self {
        let folder = std::env::temp_dir().join(format!("plinth-import-{}", short_id().unwrap()));
        let imports = Imports::open(project.engine.clone(), folder.clone()).await.unwrap();
        let path = folder.join("rows");
        std::fs::write(&path, text).unwrap();
        let ask = ImportAsk {
            collection: collection.into(),
            format,
            path,
            file_name: "rows".into(),
            hash: short_id().unwrap(),
            bytes: text.len() as u64,
            mapping: IndexMap::new(),
            delimiter: b',',
            null_text: None,
            dry_run: false,
            mode,
            again: false,
        };
        let job = imports.start(ask, &actor()).await.unwrap();
        Self { imports, folder, id: job.id }
    }

    async fn job(&self) -> Job {
        self.imports.get(&self.id, &actor()).await.unwrap()
    }

    /// Waits until the job is as asked.
    async fn until(&self, is: impl Fn(&Job) -> bool) -> Job {
        loop {
            let job = self.job().await;
            if is(&job) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn end(&self) -> Job {
        self.until(|job| job.state.is_final()).await
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn count(project: &Project, collection: &str) -> u64 {
    let read = Read { collection: collection.to_owned(), limit: Some(1), ..Read::default() };
    let found = project.engine.read(&read, &actor(), Numbers::Tokens).await.unwrap();
    found.total.unwrap()
}

/// Rows that stand in the tables, seen or not, those of the history of parcels among them.
async fn standing(project: &Project) -> [String; 4] {
    let mut found = [const { String::new() }; 4];
    let history = r#"SELECT count(*) FROM "baasix_AuditLog" WHERE "entity" = 'parcels'"#;
    let counted = |cast: &str| history.replace("count(*)", &format!("count(*){cast}"));
    found[3] = project.column(&counted(" || ''"), &counted("::text")).await.remove(0);
    for (at, table) in ["parcels", "_import_row", "_import_moving"].into_iter().enumerate() {
        let text = |cast: &str| format!(r#"SELECT count(*){cast} FROM "{table}""#);
        found[at] = project.column(&text(" || ''"), &text("::text")).await.remove(0);
    }
    found
}

/// Rows of the history of parcels, as an administrator sees them.
async fn revisions(project: &Project) -> u64 {
    let read = Read {
        collection: String::from(catalog::HISTORY),
        filter: Some(crate::field_is("entity", "parcels")),
        limit: Some(1),
        ..Read::default()
    };
    let found = project.engine.read(&read, &actor(), Numbers::Tokens).await.unwrap();
    found.total.unwrap()
}

/// How many parcels a search for this word finds, and how many records the index of words holds
/// that finds them; Postgres keeps that for itself.
async fn found(project: &Project, word: &str) -> (u64, String) {
    let read = Read {
        collection: String::from("parcels"),
        search: Some(word.to_owned()),
        limit: Some(1),
        ..Read::default()
    };
    let found = project.engine.read(&read, &actor(), Numbers::Tokens).await.unwrap();
    let held = r#"SELECT count(*) || '' FROM "parcels_words.fulltext_docsize""#;
    let held = project.column(held, "SELECT '-'").await.remove(0);
    (found.total.unwrap(), held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_words_knows_no_row_of_an_import_that_is_none() {
    for project in Project::all().await {
        parcels(&project).await;
        let words =
            json!({ "name": "parcels_words", "fields": ["code", "note"], "type": "fulltext" });
        project.engine.create_index("parcels", &words).await.unwrap();
        let none = |held: &str| if held == "-" { "-" } else { "0" }.to_owned();

        let under = Under::way(&project, &file(30_000, 1), Mode::All).await;
        let job = under.until(|job| job.state == State::Writing && job.rows_written > 0).await;
        assert!(job.rows_written < 30_000, "it was faster than this test");
        assert_eq!(found(&project, "parcel").await.0, 0, "rows on their way are found by nobody");
        under.imports.cancel(&under.id, &actor()).await.unwrap();
        assert_eq!(under.end().await.state, State::Cancelled);
        let (rows, held) = found(&project, "parcel").await;
        assert_eq!((rows, &held), (0, &none(&held)), "cancelled");

        // One that fails when most of its rows have moved.
        let twice = format!("{}P1,1.5,2.25,parcel twice\n", file(3_000, 2));
        let under = Under::way(&project, &twice, Mode::All).await;
        assert_eq!(under.end().await.state, State::Failed);
        let (rows, held) = found(&project, "parcel").await;
        assert_eq!((rows, &held), (0, &none(&held)), "failed");

        let under = Under::way(&project, &file(3_000, 3), Mode::All).await;
        let job = under.end().await;
        assert_eq!((job.state, job.rows_written), (State::Done, 3_000), "{:?}", job.error);
        let (rows, held) = found(&project, "parcels").await;
        assert_eq!(rows, 3_000);
        assert!(held == "-" || held == "3000", "{held}");
        assert_eq!(found(&project, "P2999").await.0, 1);
        under.imports.undo(&under.id, false, &actor()).await.unwrap();
        let job = under.until(|job| job.state == State::Undone).await;
        assert_eq!(job.rows_removed, 3_000);
        let (rows, held) = found(&project, "parcel").await;
        assert_eq!((rows, &held), (0, &none(&held)), "undone");
    }
}

async fn end_of_feed(project: &Project) -> Place {
    let mut at = Place::default();
    while let Some(last) = project.engine.changes(at, 1_000).await.unwrap().last() {
        at = last.at;
    }
    at
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_cancelled_on_its_way_was_never_there() {
    for project in Project::all().await {
        parcels(&project).await;
        let before = end_of_feed(&project).await;
        let under = Under::way(&project, &file(30_000, 1), Mode::All).await;
        let job = under.until(|job| job.state == State::Writing && job.rows_written > 0).await;
        assert!(job.rows_written < 30_000, "it was faster than this test");
        assert_eq!(count(&project, "parcels").await, 0, "rows on their way are no records");
        assert_eq!(revisions(&project).await, 0, "what is no record yet has no past");
        let first = Operation::Update {
            collection: "parcels".into(),
            key: json!(1),
            body: json!({ "note": "mine" }).as_object().unwrap().clone(),
            expect: serde_json::Map::new(),
        };
        let write = Write { operations: vec![first], strict: true };
        let refused = project.engine.write(write, &actor(), None).await;
        let job = under.job().await;
        assert!(job.rows_written < 30_000, "it was faster than this test: {refused:?}");
        assert_eq!(refused.unwrap_err().code(), Code::ItemNotFound);
        let schema = json!({ "fields": { "more": { "type": "String" } } });
        let refused = project.engine.update_schema("parcels", &schema).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        under.imports.cancel(&under.id, &actor()).await.unwrap();
        let job = under.end().await;
        assert_eq!(job.state, State::Cancelled, "{:?}", job.error);
        assert_eq!((job.rows_removed, count(&project, "parcels").await), (job.rows_written, 0));
        assert_eq!(standing(&project).await, ["0", "0", "0", "0"]);
        let told: Vec<Change> = project.engine.changes(before, 100).await.unwrap();
        assert_eq!(told, [], "nobody heard of it");
        project.engine.update_schema("parcels", &schema).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_cannot_point_at_a_row_that_is_on_its_way() {
    for project in Project::all().await {
        parcels(&project).await;
        let relation = json!({ "type": "M2O", "target": "parcels", "name": "parcel" });
        project.engine.create_relationship("tags", &relation).await.unwrap();
        let under = Under::way(&project, &file(30_000, 2), Mode::All).await;
        let job = under.until(|job| job.state == State::Writing && job.rows_written > 0).await;
        assert!(job.rows_written < 30_000, "it was faster than this test");
        let key = json!({ "name": "x", "parcel_Id": 1 });
        let create =
            Operation::Create { collection: "tags".into(), body: key.as_object().unwrap().clone() };
        let write = Write { operations: vec![create], strict: false };
        let refused = project.engine.write(write, &actor(), None).await.unwrap_err();
        assert_eq!(refused.code(), Code::ForeignKeyViolation, "{refused}");
        under.imports.cancel(&under.id, &actor()).await.unwrap();
        assert_eq!(under.end().await.state, State::Cancelled);
        assert_eq!(standing(&project).await, ["0", "0", "0", "0"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_left_behind_is_swept_out_by_whoever_finds_it() {
    for project in Project::all().await {
        parcels(&project).await;
        let under = Under::way(&project, &file(30_000, 3), Mode::All).await;
        let job = under.until(|job| job.state == State::Writing && job.rows_written > 0).await;
        assert!(job.rows_written < 30_000, "it was faster than this test");
        // Its process is silent from here on, and another looks.
        let silent = r#"UPDATE "_import" SET "process" = 'gone', "alive_ms" = 0"#;
        project.meddle(&[(silent, silent)]).await;
        let other = project.another().await.unwrap();
        let imports = Imports::open(other.clone(), under.folder.clone()).await.unwrap();
        let watching = tokio::spawn(imports.clone().watch());
        loop {
            let job = imports.get(&under.id, &actor()).await.unwrap();
            if job.state.is_final() {
                assert_eq!(job.state, State::Failed);
                assert!(job.error.unwrap().contains("nothing of it was kept"));
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        watching.abort();
        // Whoever was taken for dead moves nothing any more.
        let job = under.end().await;
        assert_eq!(job.state, State::Failed, "{job:?}");
        assert_eq!(count(&project, "parcels").await, 0);
        assert_eq!(standing(&project).await, ["0", "0", "0", "0"]);
        other.close().await;
    }
}

/// What a listener has heard.
#[derive(Default)]
struct Heard {
    parcels: u64,
    out_of_order: u64,
    tags: u64,
    /// Longest time from a commit to its being heard while nothing else was told, in
    /// microseconds.
    latest: u64,
    /// Longest time of one question, in microseconds.
    asked: u64,
}

/// Records of one's own that are written meanwhile, by number.
type Written = Arc<std::sync::Mutex<std::collections::HashMap<String, Instant>>>;

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap()
}

async fn listen(
    project: Arc<Project>,
    mut at: Place,
    written: Written,
    all: Arc<AtomicU64>,
) -> Heard {
    let mut heard = Heard::default();
    let mut last_key = 0_u64;
    // The records of the import are told one by one; what was written meanwhile comes in its turn.
    let mut busy = false;
    loop {
        let all = all.load(Ordering::Acquire);
        let began = Instant::now();
        let told = project.engine.changes(at, 1_000).await.unwrap();
        heard.asked = heard.asked.max(micros(began));
        busy |= told.iter().any(|change| change.collection == "parcels");
        for change in &told {
            assert!(change.at > at, "a place twice");
            at = change.at;
            let after = change.after.as_ref().unwrap();
            match change.collection.as_str() {
                "parcels" => {
                    let key: u64 = change.id.parse().unwrap();
                    heard.out_of_order += u64::from(key <= last_key);
                    last_key = key;
                    assert_eq!(after["id"], json!(key));
                    heard.parcels += 1;
                }
                _ => {
                    let name = after["name"].as_str().unwrap();
                    let since = written.lock().unwrap().get(name).copied();
                    if let Some(since) = since.filter(|_| !busy) {
                        heard.latest = heard.latest.max(micros(since));
                    }
                    heard.tags += 1;
                }
            }
        }
        if told.is_empty() {
            busy = false;
            // On Postgres the last ones are told when no older transaction is under way.
            if heard.tags >= all {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Imports so many rows while somebody writes, somebody reads and somebody listens.
async fn meanwhile(project: Project, rows: u64, seed: u64, bounded: bool) {
    parcels(&project).await;
    let project = Arc::new(project);
    let at = end_of_feed(&project).await;
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Written::default());
    let all = Arc::new(AtomicU64::new(u64::MAX));
    let listener =
        tokio::spawn(listen(Arc::clone(&project), at, Arc::clone(&written), Arc::clone(&all)));
    let longest = Arc::new(AtomicU64::new(0));
    let writer = tokio::spawn({
        let (project, stop, longest) =
            (Arc::clone(&project), Arc::clone(&stop), Arc::clone(&longest));
        async move {
            let mut count = 0_u64;
            while !stop.load(Ordering::Acquire) {
                let name = format!("tag {count}");
                let body = json!({ "name": name }).as_object().unwrap().clone();
                let create = Operation::Create { collection: "tags".into(), body };
                let write = Write { operations: vec![create], strict: true };
                let began = Instant::now();
                project.engine.write(write, &actor(), None).await.unwrap();
                longest.fetch_max(micros(began), Ordering::AcqRel);
                written.lock().unwrap().insert(name, Instant::now());
                count += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            count
        }
    });
    let began = Instant::now();
    let under = Under::way(&project, &file(rows, seed), Mode::All).await;
    let mut seen = 0;
    let job = loop {
        let job = under.job().await;
        let now = count(&project, "parcels").await;
        assert!(now == 0 || now == rows, "{now} of {rows} records are seen");
        assert!(now >= seen, "records are gone again");
        seen = now;
        if job.state.is_final() {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let took = began.elapsed();
    assert_eq!((job.state, job.rows_written), (State::Done, rows), "{:?}", job.error);
    assert_eq!(count(&project, "parcels").await, rows);
    assert_eq!(revisions(&project).await, rows);
    stop.store(true, Ordering::Release);
    let tags = writer.await.unwrap();
    all.store(tags, Ordering::Release);
    let heard = listener.await.unwrap();
    assert_eq!((heard.parcels, heard.out_of_order, heard.tags), (rows, 0, tags));
    let longest = Duration::from_micros(longest.load(Ordering::Acquire));
    let latest = Duration::from_micros(heard.latest.max(heard.asked));
    println!(
        "{}: {rows} rows in {took:.1?}; {tags} other writes, the slowest {longest:.1?}; heard of at the latest after {latest:.1?}",
        project.engine.store_name()
    );
    if bounded {
        assert!(longest < Duration::from_secs(1), "a write waited for {longest:?}");
        assert!(latest < Duration::from_secs(1), "the feed stood still for {latest:?}");
    }
}

/// The sample has a few parts; `cargo xtask soak import` brings a million rows in, and measures.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[expect(clippy::disallowed_methods, reason = "the soak command tells its length and its seed")]
async fn soak_import_rows_come_in_while_others_read_write_and_listen() {
    let told = |key: &str| std::env::var(key).ok().and_then(|text| text.parse::<u64>().ok());
    let long = told("PLINTH_SOAK_SECONDS").is_some();
    let rows = if long { 1_000_000 } else { 4_000 };
    let seed = told("PLINTH_SOAK_SEED").unwrap_or(1);
    for project in Project::all().await {
        meanwhile(project, rows, seed, long).await;
    }
}

#[tokio::test]
async fn what_an_import_holds_for_the_feed_goes_with_its_row() {
    for project in Project::all().await {
        parcels(&project).await;
        let before = end_of_feed(&project).await;
        let under = Under::way(&project, &file(5, 4), Mode::All).await;
        assert_eq!(under.end().await.state, State::Done);
        let mut told = Vec::new();
        while told.is_empty() {
            told = project.engine.changes(before, 2).await.unwrap();
        }
        // A consumer in the middle of it.
        project.engine.advance("slow", told[1].at).await.unwrap();
        assert_eq!(project.engine.lag("slow").await.unwrap(), 3);
        assert_eq!(project.engine.lags().await.unwrap(), [(String::from("slow"), 3)]);
        project.clock.advance(base::Limits::default().change_keep_ms + 1);
        project.engine.prune_changes().await.unwrap();
        let rest = project.engine.changes(told[1].at, 100).await.unwrap();
        let codes: Vec<&Json> =
            rest.iter().map(|change| &change.after.as_ref().unwrap()["code"]).collect();
        assert_eq!(codes, ["P2", "P3", "P4"]);
        assert_eq!(project.engine.cursor("slow").await.unwrap(), told[1].at);
        project.engine.advance("slow", rest[2].at).await.unwrap();
        assert_eq!(project.engine.lag("slow").await.unwrap(), 0);
        let write = Operation::Create {
            collection: "tags".into(),
            body: json!({ "name": "next" }).as_object().unwrap().clone(),
        };
        let write = Write { operations: vec![write], strict: true };
        project.engine.write(write, &actor(), None).await.unwrap();
        let mut next = Vec::new();
        while next.is_empty() {
            next = project.engine.changes(rest[2].at, 10).await.unwrap();
        }
        project.engine.advance("slow", next[0].at).await.unwrap();
        project.engine.prune_changes().await.unwrap();
        assert_eq!(standing(&project).await, ["5", "0", "0", "5"]);
    }
}
