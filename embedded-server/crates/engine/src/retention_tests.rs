//! What is past its time, on the real stores.

use crate::Engine;
use crate::retention::Swept;
use crate::test_project::Project;
use access::Actor;
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

async fn write(engine: &Engine, operations: Vec<Operation>) {
    let write = Write { operations, strict: true };
    engine.write(write, &Actor::system("a test"), None).await.unwrap();
}

fn create(collection: &str, body: Json) -> Operation {
    let Json::Object(body) = body else { unreachable!("a body is an object") };
    Operation::Create { collection: collection.to_owned(), body }
}

fn delete(collection: &str, key: i64) -> Operation {
    let (collection, key) = (collection.to_owned(), Json::from(key));
    Operation::Delete { collection, key, expect: Map::new(), force: false }
}

async fn rows(engine: &Engine, collection: &str) -> Vec<Map<String, Json>> {
    let read = Read {
        collection: collection.to_owned(),
        limit: Some(-1),
        with_deleted: true,
        ..Read::default()
    };
    engine.find(&read, "a test").await.unwrap()
}

/// How many revisions a collection has.
async fn kept(engine: &Engine, collection: &str) -> usize {
    let all = rows(engine, "baasix_AuditLog").await;
    all.iter().filter(|row| row["entity"] == collection).count()
}

async fn with_schema(engine: &Engine, name: &str, schema: Json) {
    engine.create_schema(name, &schema).await.unwrap();
}

fn key() -> Json {
    json!({ "type": "Integer", "primaryKey": true })
}

#[tokio::test]
async fn what_happened_to_accounts_goes_with_the_history_of_people() {
    for project in Project::all().await {
        let engine = &project.engine;
        let row = json!({ "type": "auth", "entity": "baasix_User", "entityId": "x", "action": "signed in" });
        write(engine, vec![create("baasix_AuditLog", row)]).await;
        project.clock.advance(i64::from(engine.limits().history_days) * DAY_MS);
        engine.sweep().await.unwrap();
        assert_eq!(kept(engine, "baasix_User").await, 1, "the day itself is kept");
        project.clock.advance(1);
        engine.sweep().await.unwrap();
        assert_eq!(kept(engine, "baasix_User").await, 0);
    }
}

#[tokio::test]
async fn history_goes_when_the_days_of_its_collection_are_over() {
    for project in Project::all().await {
        let engine = &project.engine;
        let fields = json!({ "id": key() });
        with_schema(engine, "short", json!({ "historyDays": 7, "fields": fields })).await;
        with_schema(engine, "long", json!({ "historyDays": 1_000, "fields": fields })).await;
        with_schema(engine, "plain", json!({ "fields": fields })).await;
        for name in ["short", "long", "plain"] {
            // More than one batch of a sweep.
            let many = (1..=600).map(|id| create(name, json!({ "id": id })));
            write(engine, many.collect()).await;
        }
        let told = async |days: i64| {
            project.clock.advance(days * DAY_MS);
            engine.sweep().await.unwrap().revisions
        };
        assert_eq!(told(7).await, 0, "the day itself is kept");
        project.clock.advance(1);
        assert_eq!(told(0).await, 600);
        assert_eq!(kept(engine, "short").await, 0);
        write(engine, vec![create("plain", json!({ "id": 601 }))]).await;
        // Ninety days where nobody says otherwise.
        assert_eq!(told(83).await, 600);
        assert_eq!((kept(engine, "plain").await, kept(engine, "long").await), (1, 600));
        assert_eq!(told(910).await, 601);
        assert_eq!(kept(engine, "long").await, 0);
        // The records are not touched by it.
        assert_eq!(rows(engine, "long").await.len(), 600);
    }
}

#[tokio::test]
async fn sessions_go_when_their_time_is_over() {
    for project in Project::all().await {
        let engine = &project.engine;
        write(engine, vec![create("baasix_User", json!({ "firstName": "Ada" }))]).await;
        let user = rows(engine, "baasix_User").await[0]["id"].clone();
        let session = |name: &str, ms: i64| {
            let until = base::iso_millis(project.clock.now_ms() + ms);
            let print = json!({ "user_Id": user, "token": name, "refreshToken": format!("r {name}"), "expiresAt": until });
            create("baasix_Sessions", print)
        };
        // More than one batch of a sweep, and others beside them.
        write(engine, (0..1_002).map(|n| session(&format!("short {n}"), DAY_MS)).collect()).await;
        write(engine, (0..3).map(|n| session(&format!("long {n}"), DAY_MS + 1)).collect()).await;
        write(engine, vec![session("held", DAY_MS)]).await;
        // A table that nobody told us of keeps one of them.
        let table = |kind: &str| {
            format!(
                r#"CREATE TABLE "elsewhere" ("session" {kind} REFERENCES "baasix_Sessions" ("id"))"#
            )
        };
        let held =
            r#"INSERT INTO "elsewhere" SELECT "id" FROM "baasix_Sessions" WHERE "token" = 'held'"#;
        project.meddle(&[(&table("TEXT"), &table("uuid")), (held, held)]).await;
        project.clock.advance(DAY_MS);
        assert_eq!(engine.sweep().await.unwrap(), Swept::default(), "the moment itself is theirs");
        project.clock.advance(1);
        let swept = engine.sweep().await.unwrap();
        assert_eq!(swept, Swept { sessions: 1_002, ..Swept::default() });
        let mut left: Vec<String> = rows(engine, "baasix_Sessions")
            .await
            .iter()
            .map(|row| row["token"].as_str().unwrap_or_default().to_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["held", "long 0", "long 1", "long 2"]);
        // That they went is no history, and is told to whoever follows what is written.
        assert_eq!(kept(engine, "baasix_Sessions").await, 0);
        let told = r#"SELECT CAST(count(*) AS TEXT) FROM "_change" WHERE "collection" = 'baasix_Sessions' AND "op" = 'delete' AND "source" = 'expiry'"#;
        assert_eq!(project.column(told, told).await, ["1002"]);
        project.clock.advance(1);
        assert_eq!(engine.sweep().await.unwrap().sessions, 3);
        // What mails brought goes the same way.
        let at = |days: i64| base::iso_millis(project.clock.now_ms() + days * DAY_MS);
        let one_time = |word: &str, days: i64| {
            let body = json!({ "identifier": word, "value": word, "expiresAt": at(days) });
            create("baasix_Verification", body)
        };
        write(engine, vec![one_time("over", -1), one_time("good", 1)]).await;
        let swept = engine.sweep().await.unwrap();
        assert_eq!(swept, Swept { one_time: 1, ..Swept::default() });
        assert_eq!(rows(engine, "baasix_Verification").await[0]["identifier"], "good");
    }
}

#[tokio::test]
async fn the_trash_lets_go_what_lay_in_it_for_its_days() {
    for project in Project::all().await {
        let engine = &project.engine;
        let fields = json!({ "id": key(), "name": { "type": "String" } });
        with_schema(
            engine,
            "people",
            json!({ "paranoid": true, "trashDays": 30, "fields": fields }),
        )
        .await;
        with_schema(engine, "things", json!({ "paranoid": true, "fields": fields })).await;
        for name in ["people", "things"] {
            let made = (1..=4).map(|id| create(name, json!({ "id": id, "name": "x" })));
            write(engine, made.collect()).await;
            write(engine, vec![delete(name, 1), delete(name, 2)]).await;
        }
        project.clock.advance(10 * DAY_MS);
        write(engine, vec![delete("people", 3)]).await;
        project.clock.advance(20 * DAY_MS);
        assert_eq!(engine.sweep().await.unwrap(), Swept::default(), "the day itself is kept");
        project.clock.advance(1);
        assert_eq!(engine.sweep().await.unwrap().records, 2);
        let left = |rows: Vec<Map<String, Json>>| -> Vec<Option<i64>> {
            rows.iter().map(|row| row["id"].as_i64()).collect()
        };
        assert_eq!(left(rows(engine, "people").await), [Some(3), Some(4)]);
        // Without a number of days nothing leaves by itself.
        assert_eq!(rows(engine, "things").await.len(), 4);
        // That they went is told like any deletion.
        let history = rows(engine, "baasix_AuditLog").await;
        let last = history
            .iter()
            .filter(|row| row["entity"] == "people" && row["origin"] == "trash")
            .collect::<Vec<_>>();
        assert_eq!(last.len(), 2);
        assert!(last.iter().all(|row| row["action"] == "delete"));
    }
}

#[tokio::test]
async fn the_trash_takes_nothing_along_that_nobody_threw_away() {
    for project in Project::all().await {
        let engine = &project.engine;
        let fields = json!({ "id": key() });
        let bin = json!({ "paranoid": true, "trashDays": 1, "fields": fields });
        with_schema(engine, "customers", bin.clone()).await;
        let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        with_schema(engine, "orders", json!({ "fields": { "id": counted } })).await;
        with_schema(engine, "labels", json!({ "fields": fields })).await;
        let relation = |kind: &str, target: &str, name: &str, alias: &str| json!({ "type": kind, "target": target, "name": name, "alias": alias });
        for (collection, relation) in [
            ("orders", relation("M2O", "customers", "customer", "orders")),
            ("customers", relation("M2M", "labels", "labels", "customers")),
        ] {
            engine.create_relationship(collection, &relation).await.unwrap();
        }
        write(
            engine,
            vec![
                create("labels", json!({ "id": 1 })),
                create("customers", json!({ "id": 1, "orders": [{}] })),
                create("customers", json!({ "id": 2, "labels": [1] })),
            ],
        )
        .await;
        write(engine, vec![delete("customers", 1), delete("customers", 2)]).await;
        project.clock.advance(2 * DAY_MS);
        // The second is held by nothing but its place among the labels.
        assert_eq!(engine.sweep().await.unwrap().records, 1);
        assert_eq!(rows(engine, "customers").await.len(), 1);
        assert_eq!(
            (rows(engine, "orders").await.len(), rows(engine, "labels").await.len()),
            (1, 1)
        );
        write(engine, vec![delete("orders", 1)]).await;
        assert_eq!(engine.sweep().await.unwrap().records, 1);
        assert_eq!(rows(engine, "customers").await.len(), 0);
    }
}

#[tokio::test]
async fn the_trash_takes_nothing_along_by_way_of_a_junction() {
    for project in Project::all().await {
        let engine = &project.engine;
        let fields = json!({ "id": key() });
        let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let bin = json!({ "paranoid": true, "trashDays": 1, "fields": fields });
        with_schema(engine, "people", bin).await;
        with_schema(engine, "clubs", json!({ "fields": fields })).await;
        let remarks = json!({ "fields": { "id": counted, "text": { "type": "String" } } });
        with_schema(engine, "remarks", remarks).await;
        let clubs = json!({ "type": "M2M", "target": "clubs", "name": "clubs", "alias": "people", "through": "members" });
        engine.create_relationship("people", &clubs).await.unwrap();
        // What is said of a membership belongs to it.
        let member = json!({ "type": "M2O", "target": "members", "name": "member", "alias": "remarks", "onDelete": "CASCADE" });
        engine.create_relationship("remarks", &member).await.unwrap();
        let person = |id: i64| create("people", json!({ "id": id, "clubs": [1] }));
        write(engine, vec![create("clubs", json!({ "id": 1 })), person(1), person(2)]).await;
        let members = rows(engine, "members").await;
        assert_eq!(members.len(), 2);
        let body = json!({ "text": "founder", "member": members[0]["id"] });
        write(engine, vec![create("remarks", body)]).await;
        write(engine, vec![delete("people", 1), delete("people", 2)]).await;
        project.clock.advance(2 * DAY_MS);
        engine.sweep().await.unwrap();
        assert_eq!(rows(engine, "remarks").await.len(), 1);
        assert_eq!(rows(engine, "people").await.len(), 2, "its memberships would take it along");
        engine.delete_schema("remarks", false).await.unwrap();
        assert_eq!(engine.sweep().await.unwrap().records, 2);
        assert_eq!(rows(engine, "members").await.len(), 0);
    }
}

#[tokio::test]
async fn what_the_trash_cannot_let_go_holds_up_nothing_behind_it() {
    for project in Project::all().await {
        let engine = &project.engine;
        let bin = json!({ "paranoid": true, "trashDays": 1, "fields": { "id": key() } });
        with_schema(engine, "things", bin.clone()).await;
        with_schema(engine, "torn", bin).await;
        let many = (1..=1_002).map(|id| create("things", json!({ "id": id })));
        write(engine, many.collect()).await;
        write(engine, vec![create("torn", json!({ "id": 1 })), delete("torn", 1)]).await;
        // One moment for all of the first, another for the last.
        write(engine, (1..=1_001).map(|id| delete("things", id)).collect()).await;
        project.clock.advance(1);
        write(engine, vec![delete("things", 1_002)]).await;
        // A table that nobody told us of holds all but the last two.
        let held = r#"INSERT INTO "elsewhere" SELECT "id" FROM "things" WHERE "id" <= 1000"#;
        let table = r#"CREATE TABLE "elsewhere" ("thing" INTEGER REFERENCES "things" ("id"))"#;
        let torn = r#"ALTER TABLE "torn" RENAME COLUMN "deletedAt" TO "gone""#;
        project.meddle(&[(table, table), (held, held), (torn, torn)]).await;
        project.clock.advance(2 * DAY_MS);
        assert_eq!(engine.sweep().await.unwrap().records, 2);
        assert_eq!(rows(engine, "things").await.len(), 1_000);
    }
}
