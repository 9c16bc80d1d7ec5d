//! The feed on the real stores.

use crate::test_project::{Project, postgres};
use crate::{Format, ImportAsk, Imports, Mode, Move, Place, Side};
use access::Actor;
use base::{Limits, short_id};
use indexmap::IndexMap;
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use sql::{Dialect, Expect, Program, ProgramStep, Statement};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

impl Project {
    async fn write(&self, operations: Vec<Operation>) {
        let write = Write { operations, strict: false };
        self.engine.write(write, &actor(), Some("test")).await.unwrap();
    }

    /// The next `count` changes, read as a consumer would. On Postgres a change shows when no
    /// older transaction of the whole server is under way, so it is asked for until it is there.
    async fn told(&self, after: Place, count: usize) -> Vec<crate::Change> {
        for _ in 0..100_000 {
            let found = self.engine.changes(after, 1_000).await.unwrap();
            assert!(found.len() <= count, "{} instead of {count}: {found:#?}", found.len());
            if found.len() == count {
                return found;
            }
            // Reads of SQLite may never wait; whoever writes must have its turn.
            tokio::task::yield_now().await;
        }
        panic!("{count} changes were not told");
    }

    /// Runs `writes` and answers what was told of it: `create posts`, sorted.
    async fn tells(&self, at: &mut Place, count: usize) -> Vec<String> {
        let found = self.told(*at, count).await;
        let records: BTreeSet<_> =
            found.iter().map(|change| (change.collection.as_str(), change.id.as_str())).collect();
        assert_eq!(records.len(), count, "a record was told twice: {found:#?}");
        assert!(found.windows(2).all(|pair| pair[0].at < pair[1].at), "{found:#?}");
        *at = found.last().map_or(*at, |change| change.at);
        let mut said: Vec<_> =
            found.iter().map(|change| format!("{} {}", change.op, change.collection)).collect();
        said.sort();
        said
    }

    async fn end(&self) -> Place {
        // What the set-up wrote is behind us.
        let mut at = Place::default();
        while let Some(last) = self.engine.changes(at, 1_000).await.unwrap().last() {
            at = last.at;
        }
        at
    }
}

fn actor() -> Actor {
    Actor::system("a test of the feed")
}

fn object(body: Json) -> Map<String, Json> {
    body.as_object().unwrap().clone()
}

fn create(collection: &str, body: Json) -> Operation {
    Operation::Create { collection: collection.to_owned(), body: object(body) }
}

fn update(collection: &str, key: u64, body: Json) -> Operation {
    Operation::Update {
        collection: collection.to_owned(),
        key: json!(key),
        body: object(body),
        expect: Map::new(),
    }
}

fn delete(collection: &str, key: u64) -> Operation {
    Operation::Delete {
        collection: collection.to_owned(),
        key: json!(key),
        expect: Map::new(),
        force: false,
    }
}

fn times(count: usize, what: &str) -> Vec<String> {
    vec![what.to_owned(); count]
}

#[tokio::test]
async fn every_way_of_writing_tells_of_each_record_once() {
    for project in Project::all().await {
        let mut at = project.end().await;
        project.write(vec![create("posts", json!({ "id": 1, "title": "one" }))]).await;
        let made = project.told(at, 1).await.remove(0);
        assert_eq!((made.op.as_str(), made.id.as_str(), &made.before), ("create", "1", &None));
        assert_eq!(made.after.as_ref().unwrap()["title"], "one");
        assert_eq!((made.source.as_deref(), made.at_ms), (Some("test"), 1_700_000_000_000));
        assert_eq!(project.tells(&mut at, 1).await, ["create posts"]);

        project.write(vec![update("posts", 1, json!({ "title": "uno" }))]).await;
        let changed = project.told(at, 1).await.remove(0);
        let sides = (changed.before.unwrap(), changed.after.unwrap());
        assert_eq!((&sides.0["title"], &sides.1["title"]), (&json!("one"), &json!("uno")));
        assert_eq!(project.tells(&mut at, 1).await, ["update posts"]);

        let bulk = (2..=21).map(|id| create("posts", json!({ "id": id, "title": "x" })));
        project.write(bulk.collect()).await;
        assert_eq!(project.tells(&mut at, 20).await, times(20, "create posts"));
        let bulk = (2..=21).map(|id| update("posts", id, json!({ "title": "y" })));
        project.write(bulk.collect()).await;
        assert_eq!(project.tells(&mut at, 20).await, times(20, "update posts"));

        let nested = json!({ "id": 30, "coms": [{ "text": "a" }, { "text": "b" }], "tags": [{ "tags": { "name": "red" } }] });
        project.write(vec![create("posts", nested)]).await;
        let said = project.tells(&mut at, 5).await;
        let junction = said.iter().find(|one| one.contains("junction")).unwrap().clone();
        let mut wanted = vec![junction.clone(), "create tags".into(), "create posts".into()];
        wanted.extend(times(2, "create comments"));
        wanted.sort();
        assert_eq!(said, wanted);

        // A list that is replaced lets go of one record, keeps one and makes one.
        let read = query::Read { collection: "comments".into(), ..query::Read::default() };
        let kept = project.engine.find(&read, "a test of the feed").await.unwrap();
        let kept = kept[0]["id"].clone();
        let list = json!({ "coms": [{ "id": kept, "text": "c" }, { "text": "d" }] });
        project.write(vec![update("posts", 30, list)]).await;
        let said = project.tells(&mut at, 4).await;
        assert_eq!(said, ["create comments", "update comments", "update comments", "update posts"]);

        // The store removes the comments and the junction's row by itself; both are told.
        project.write(vec![delete("posts", 30)]).await;
        let mut wanted = vec![junction.replace("create", "delete"), "delete posts".into()];
        wanted.extend(times(2, "delete comments"));
        wanted.sort();
        assert_eq!(project.tells(&mut at, 4).await, wanted);

        // Moving the last of twenty-one before the third writes all that stand between.
        let asked = Move {
            collection: "posts".into(),
            item: json!(21),
            target: json!(3),
            side: Side::Before,
        };
        project.engine.sort(&asked, &actor(), None).await.unwrap();
        assert_eq!(project.tells(&mut at, 19).await, times(19, "update posts"));

        project.write(vec![update("posts", 1, json!({}))]).await;
        let refused = Write {
            operations: vec![create("posts", json!({ "id": 90 })), delete("posts", 91)],
            strict: false,
        };
        project.engine.write(refused, &actor(), None).await.unwrap_err();
        project.write(vec![delete("posts", 1)]).await;
        assert_eq!(project.tells(&mut at, 1).await, ["delete posts"], "nothing else was written");
    }
}

/// Three tags, imported.
async fn imported(project: &Project) -> (Imports, PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("plinth-feed-{}", short_id().unwrap()));
    let imports = Imports::open(project.engine.clone(), folder.clone()).await.unwrap();
    let path = folder.join("tags.csv");
    std::fs::write(&path, "name\nred\nblue\ngreen\n").unwrap();
    let ask = ImportAsk {
        collection: "tags".into(),
        format: Format::Csv,
        path,
        file_name: "tags.csv".into(),
        hash: "one".into(),
        bytes: 20,
        mapping: IndexMap::from([(String::from("name"), Some(String::from("name")))]),
        delimiter: b',',
        null_text: None,
        dry_run: false,
        mode: Mode::All,
        again: false,
    };
    let job = imports.start(ask, &actor()).await.unwrap();
    while !imports.get(&job.id, &actor()).await.unwrap().state.is_final() {
        tokio::task::yield_now().await;
    }
    (imports, folder, job.id)
}

#[tokio::test]
async fn an_import_and_its_undoing_tell_of_each_row_once() {
    for project in Project::all().await {
        let mut at = project.end().await;
        let (imports, folder, job) = imported(&project).await;
        assert_eq!(project.tells(&mut at, 3).await, times(3, "create tags"));
        imports.undo(&job, false, &actor()).await.unwrap();
        assert_eq!(project.tells(&mut at, 3).await, times(3, "delete tags"));
        drop(std::fs::remove_dir_all(&folder));
    }
}

#[tokio::test]
async fn an_import_whose_rows_are_not_known_any_more_is_not_undone() {
    for project in Project::all().await {
        let (imports, folder, job) = imported(&project).await;
        project.clock.advance(Limits::default().change_keep_ms + 1);
        project.engine.prune_changes().await.unwrap();
        let refused = imports.undo(&job, false, &actor()).await.unwrap_err();
        assert_eq!(refused.code(), base::Code::ValidationError);
        assert!(refused.message().contains("24 hours"), "{refused}");
        assert_eq!(imports.get(&job, &actor()).await.unwrap().state.as_str(), "done");
        drop(std::fs::remove_dir_all(&folder));
    }
}

#[tokio::test]
async fn a_cursor_that_reads_while_others_write_skips_nothing() {
    for project in Project::all().await {
        let start = project.end().await;
        let writers: Vec<_> = (0..40_u64)
            .map(|id| {
                let engine = project.engine.clone();
                tokio::spawn(async move {
                    let operations = vec![
                        create("posts", json!({ "id": id, "title": "x" })),
                        create("tags", json!({ "name": "y" })),
                    ];
                    let write = Write { operations, strict: false };
                    engine.write(write, &actor(), None).await.unwrap();
                })
            })
            .collect();
        let (mut at, mut seen) = (start, Vec::new());
        for _ in 0..100_000 {
            let some = project.engine.changes(at, 7).await.unwrap();
            at = some.last().map_or(at, |change| change.at);
            seen.extend(some);
            if seen.len() >= 80 {
                break;
            }
            tokio::task::yield_now().await;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let posts: BTreeSet<_> =
            seen.iter().filter(|change| change.collection == "posts").map(|c| &c.id).collect();
        assert_eq!((seen.len(), posts.len()), (80, 40));
        assert!(seen.windows(2).all(|pair| pair[0].at < pair[1].at));
    }
}

/// The trap of sequences: a transaction that drew its number early commits late. A cursor by
/// number alone would have passed it by.
#[tokio::test]
async fn a_change_that_commits_late_is_not_passed_by() {
    for project in Project::all().await {
        let Some((url, schema)) = &project.postgres else { continue };
        let at = project.end().await;
        let lock = i64::from(std::process::id()) * 1_000 + at.seq % 1_000;
        let ask = |text: String| Statement { text: Arc::from(text), binds: Vec::new() };
        // One connection, so that who locked can unlock.
        let gate = postgres(url, schema, 1).await;
        gate.rows(&ask(format!("SELECT pg_advisory_lock({lock})::text"))).await.unwrap();
        let early = postgres(url, schema, 1).await;
        let steps = [
            String::from(
                r#"INSERT INTO "_change" ("collection", "id", "op", "at_ms") VALUES ('posts', 'early', 'create', 0)"#,
            ),
            format!("SELECT pg_advisory_xact_lock({lock})::text"),
        ];
        let steps = steps.map(|text| ProgramStep::new(ask(text), Expect::Any));
        let early = tokio::spawn(async move {
            early.write(Program { steps: steps.into() }).await.unwrap();
            early.close().await;
        });
        let waiting = format!(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) + objid::bigint = {lock}"
        );
        for tries in 0.. {
            assert!(tries < 100_000, "the early transaction does not wait");
            let rows = project.engine.store().rows(&ask(waiting.clone())).await.unwrap();
            if rows[0][0].as_int() == Some(1) {
                break;
            }
        }
        // Its number is drawn. Another draws a later one and commits at once.
        project.write(vec![create("posts", json!({ "id": 7 }))]).await;
        project.engine.advance("consumer", at).await.unwrap();
        assert_eq!(project.engine.changes(at, 10).await.unwrap(), [], "it must wait for the early");
        assert_eq!(project.engine.lag("consumer").await.unwrap(), 1, "what waits is no secret");
        gate.rows(&ask(format!("SELECT pg_advisory_unlock({lock})::text"))).await.unwrap();
        early.await.unwrap();
        let told = project.told(at, 2).await;
        let ids: Vec<&str> = told.iter().map(|change| change.id.as_str()).collect();
        assert_eq!(ids, ["early", "7"]);
        assert!(told[0].at < told[1].at);
        gate.close().await;
    }
}

#[tokio::test]
async fn a_named_cursor_stands_where_it_was_left_and_reads_again_what_it_did_not_pass() {
    for project in Project::all().await {
        let start = project.end().await;
        assert_eq!(project.engine.cursor("mail").await.unwrap(), Place::default());
        let writes = (1..=3).map(|id| create("posts", json!({ "id": id })));
        project.write(writes.collect()).await;
        let told = project.told(start, 3).await;
        // Not advanced, so told again: at least once.
        assert_eq!(project.told(start, 3).await, told);
        project.engine.advance("mail", told[0].at).await.unwrap();
        project.engine.advance("search", told[2].at).await.unwrap();
        assert_eq!(project.engine.lag("mail").await.unwrap(), 2);
        let lags = vec![(String::from("mail"), 2), (String::from("search"), 0)];
        assert_eq!(project.engine.lags().await.unwrap(), lags);
        let again = project.reopened().await;
        let at = again.cursor("mail").await.unwrap();
        assert_eq!(at, told[0].at);
        let rest = again.changes(at, 10).await.unwrap();
        assert_eq!(rest, told[1..]);
        again.close().await;
    }
}

/// What was told to the log, as `message cursor=… rows=…`.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Told {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);
        impl tracing::field::Visit for Line {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
                match field.name() {
                    "message" => self.0.insert_str(0, &format!("{value:?}")),
                    name => self.0.push_str(&format!(" {name}={value:?}")),
                }
            }
        }
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_consumer_beyond_its_bound_is_told_to_the_log_and_one_within_it_is_not() {
    for project in Project::all().await {
        let start = project.end().await;
        let limits = Limits { feed_lag_max: 2, ..Limits::default() };
        let engine = project.another_with(limits).await.unwrap();
        let writes = (1..=3).map(|id| create("posts", json!({ "id": id })));
        project.write(writes.collect()).await;
        let told = project.told(start, 3).await;
        engine.advance("slow", start).await.unwrap();
        engine.advance("near", told[0].at).await.unwrap();
        let log = Told::default();
        let listening = tracing::subscriber::set_default(log.clone());
        assert_eq!(engine.warn_of_lag().await.unwrap(), [(String::from("slow"), 3)]);
        engine.advance("slow", told[2].at).await.unwrap();
        assert_eq!(engine.warn_of_lag().await.unwrap(), []);
        drop(listening);
        let lines = log.0.lock().unwrap().clone();
        let line = r#"a consumer of the feed lags behind cursor="slow" rows=3 bound=2"#;
        assert_eq!(
            lines.iter().filter(|said| said.contains("lags behind")).collect::<Vec<_>>(),
            [line]
        );
        engine.close().await;
    }
}

#[tokio::test]
async fn only_old_changes_that_every_cursor_has_passed_are_removed() {
    for project in Project::all().await {
        let start = project.end().await;
        let writes = (1..=3).map(|id| create("posts", json!({ "id": id })));
        project.write(writes.collect()).await;
        let told = project.told(start, 3).await;
        project.engine.advance("slow", told[0].at).await.unwrap();
        project.engine.advance("fast", told[2].at).await.unwrap();
        let left = async || -> Vec<String> {
            let found = project.engine.changes(Place::default(), 1_000).await.unwrap();
            found.into_iter().filter(|one| one.collection == "posts").map(|one| one.id).collect()
        };
        project.engine.prune_changes().await.unwrap();
        assert_eq!(left().await, ["1", "2", "3"], "none is old");
        project.clock.advance(Limits::default().change_keep_ms + 1);
        project.write(vec![create("posts", json!({ "id": 4 }))]).await;
        let fresh = project.told(told[2].at, 1).await.remove(0).at;
        project.engine.prune_changes().await.unwrap();
        assert_eq!(left().await, ["2", "3", "4"], "the slow one has not seen them");
        project.engine.advance("slow", fresh).await.unwrap();
        project.engine.advance("fast", fresh).await.unwrap();
        project.engine.prune_changes().await.unwrap();
        assert_eq!(left().await, ["4"], "it is young");
    }
}

#[tokio::test]
async fn a_commit_wakes_and_a_refusal_does_not() {
    for project in Project::all().await {
        let mut woken = project.engine.feed().subscribe();
        woken.mark_unchanged();
        let refused = Write { operations: vec![delete("posts", 99)], strict: false };
        project.engine.write(refused, &actor(), None).await.unwrap_err();
        assert!(!woken.has_changed().unwrap());
        project.write(vec![create("posts", json!({ "id": 1 }))]).await;
        assert!(woken.has_changed().unwrap());
    }
}

#[tokio::test]
async fn hidden_fields_never_enter_the_feed() {
    for project in Project::all().await {
        let start = project.end().await;
        let user = "0a0a0a0a-0000-4000-8000-000000000001";
        let session = "0b0b0b0b-0000-4000-8000-000000000002";
        project
            .write(vec![
                create("baasix_User", json!({ "id": user, "firstName": "Ada", "password": "s3cret-a" })),
                create("baasix_Account", json!({ "user_Id": user, "accountId": user, "providerId": "credential", "password": "s3cret-b" })),
                create("baasix_Sessions", json!({ "id": session, "user_Id": user, "token": "s3cret-c", "refreshToken": "s3cret-d", "expiresAt": "2030-01-01" })),
            ])
            .await;
        let change = |collection: &str, id: &str, body: Json| Operation::Update {
            collection: collection.to_owned(),
            key: json!(id),
            body: object(body),
            expect: Map::new(),
        };
        project
            .write(vec![
                change("baasix_User", user, json!({ "password": "s3cret-e" })),
                change("baasix_Sessions", session, json!({ "token": "s3cret-f" })),
            ])
            .await;
        let text = match project.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT coalesce("before", '') || coalesce("after", '') FROM "_change""#
            }
            Dialect::Postgres => {
                r#"SELECT coalesce("before"::text, '') || coalesce("after"::text, '') FROM "_change""#
            }
        };
        assert_eq!(project.told(start, 5).await.len(), 5);
        let asked = Statement { text: Arc::from(text), binds: Vec::new() };
        for row in project.engine.store().rows(&asked).await.unwrap() {
            let said = row[0].as_text().unwrap();
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
