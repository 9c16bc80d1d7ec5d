//! Two processes on one database, on the real stores: here two engines, which share nothing.

use crate::Engine;
use crate::test_project::Project;
use access::Actor;
use base::Code;
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tokio::sync::watch;

/// Another engine on the same data that follows what others do.
struct Follower {
    engine: Engine,
    woken: watch::Receiver<u64>,
    following: tokio::task::JoinHandle<()>,
}

impl Follower {
    async fn of(project: &Project) -> Self {
        let engine = project.another().await.unwrap();
        let mut woken = engine.feed().subscribe();
        woken.mark_unchanged();
        let following = tokio::spawn(engine.clone().follow_others());
        Self { engine, woken, following }
    }

    /// Waits for looks until what was looked for is there.
    async fn sees(&mut self, what: &str, there: impl Fn(&Engine) -> bool) {
        while !there(&self.engine) {
            let look = tokio::time::timeout(Duration::from_secs(30), self.woken.changed());
            look.await.unwrap_or_else(|_| panic!("{what} is not taken over")).unwrap();
        }
    }

    async fn end(self) {
        self.following.abort();
        drop(self.following.await);
        self.engine.close().await;
    }
}

fn house() -> Actor {
    Actor::system("a test of two processes")
}

async fn create(engine: &Engine, collection: &str, body: Json) -> Json {
    let body = body.as_object().unwrap().clone();
    let operations = vec![Operation::Create { collection: collection.to_owned(), body }];
    let written = engine.write(Write { operations, strict: true }, &house(), None).await.unwrap();
    json!(written.keys[0].as_text().unwrap_or_default())
}

#[tokio::test]
async fn a_schema_change_of_another_process_is_taken_over_whole() {
    for project in Project::all().await {
        let mut other = Follower::of(&project).await;
        let engine = &project.engine;
        let schema = json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "text": { "type": "String" } } });
        engine.create_schema("notes", &schema).await.unwrap();
        create(engine, "notes", json!({ "id": 1, "text": "one" })).await;
        other
            .sees("a new collection", |engine| engine.state().catalog.get("notes").is_some())
            .await;
        let read = Read { collection: "notes".into(), ..Read::default() };
        let rows = other.engine.find(&read, "a test of two processes").await.unwrap();
        assert_eq!(rows[0]["text"], "one");

        // Back and forth: what was taken over is built upon, also beside a statement that was
        // prepared for the old table.
        let fields = json!({ "fields": { "id": schema["fields"]["id"], "text": schema["fields"]["text"], "mark": { "type": "Boolean" } } });
        other.engine.update_schema("notes", &fields).await.unwrap();
        let version = other.engine.state().catalog.version;
        let mut back = Follower::of(&project).await;
        assert_eq!(back.engine.state().catalog.version, version);
        let without =
            json!({ "fields": { "id": schema["fields"]["id"], "mark": { "type": "Boolean" } } });
        back.engine.update_schema("notes", &without).await.unwrap();
        let newer = back.engine.state().catalog.version;
        other.sees("a dropped field", |engine| engine.state().catalog.version == newer).await;
        let rows = other.engine.find(&read, "a test of two processes").await.unwrap();
        assert_eq!(rows[0].keys().filter(|key| *key == "text").count(), 0, "{rows:?}");
        // A name that was given up here is free there.
        back.engine.delete_schema("notes", false).await.unwrap();
        other
            .sees("an ended collection", |engine| engine.state().catalog.get("notes").is_none())
            .await;
        other.engine.create_schema("notes", &schema).await.unwrap();
        let newest = other.engine.state().catalog.version;
        back.sees("a collection of a known name", |engine| {
            engine.state().catalog.version == newest
        })
        .await;
        back.end().await;
        other.end().await;
    }
}

#[tokio::test]
async fn a_change_planned_on_an_older_schema_is_refused_and_possible_after_it_is_seen() {
    for project in Project::all().await {
        // One that does not follow, so that it knows nothing.
        let blind = project.another().await.unwrap();
        let schema = json!({ "fields": { "text": { "type": "String" } } });
        project.engine.create_schema("notes", &schema).await.unwrap();
        let refused = blind.create_schema("tasks", &schema).await.unwrap_err();
        assert_eq!(refused.code(), Code::PlanStale);
        blind.take_over().await.unwrap();
        blind.create_schema("tasks", &schema).await.unwrap();
        assert!(blind.state().catalog.get("notes").is_some());
        blind.close().await;
    }
}

#[tokio::test]
async fn permissions_and_identities_of_another_process_are_taken_over() {
    for project in Project::all().await {
        let role = create(&project.engine, "baasix_Role", json!({ "name": "Clerk" })).await;
        let mut other = Follower::of(&project).await;
        let id = role.as_str().unwrap().to_owned();
        let grants =
            |engine: &Engine| engine.state().roles.get(&id).map_or(0, |role| role.rows.len());
        let grant =
            json!({ "role_Id": role, "collection": "posts", "action": "read", "fields": ["*"] });
        let row = create(&project.engine, "baasix_Permission", grant).await;
        other.sees("a grant", |engine| grants(engine) == 1).await;

        let user = json!({ "firstName": "Ada", "email": "ada@example.com" });
        let before = other.engine.identity_version();
        let user = create(&project.engine, "baasix_User", user).await;
        other.sees("a user", |engine| engine.identity_version() > before).await;
        let session = json!({ "user_Id": user, "token": "one", "expiresAt": "2030-01-01" });
        let session = create(&project.engine, "baasix_Sessions", session).await;
        let before = other.engine.identity_version();
        for (collection, key) in [("baasix_Permission", row), ("baasix_Sessions", session)] {
            let gone = Operation::Delete {
                collection: collection.to_owned(),
                key,
                expect: Map::new(),
                force: false,
            };
            let write = Write { operations: vec![gone], strict: true };
            project.engine.write(write, &house(), None).await.unwrap();
        }
        let ended = |engine: &Engine| grants(engine) == 0 && engine.identity_version() > before;
        other.sees("what was taken away", ended).await;
        other.end().await;
    }
}

#[tokio::test]
async fn two_processes_bring_one_project_up_to_date_together() {
    for project in Project::all().await {
        let set = |version: &str| {
            format!(r#"UPDATE "_meta" SET "value" = '{version}' WHERE "key" = 'house_version'"#)
        };
        crate::upgrade_tests::without_arrivals(&project).await;
        project.meddle(&[(&set("1"), &set("1"))]).await;
        let (one, two) = tokio::join!(project.another(), project.another());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.state().catalog.version, two.state().catalog.version);
        let key = r#"SELECT "value" FROM "_meta" WHERE "key" = 'house_version'"#;
        assert_eq!(project.column(key, key).await, [crate::migrate::HOUSE_VERSION.to_string()]);
        one.close().await;
        two.close().await;
    }
}
