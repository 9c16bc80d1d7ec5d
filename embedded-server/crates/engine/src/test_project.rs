//! Projects under test, on the real stores. Postgres is tested when `TEST_POSTGRES_URL` is set.

use crate::{Engine, Options, Seal};
use base::{Clock, Limits, short_id};
use serde_json::json;
use sql::{Dialect, Statement};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Definition, PostgresOptions, SqliteOptions, Store, Synchronous};

/// A project under test, and where it is kept.
pub(crate) struct Project {
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    file: Option<PathBuf>,
    pub(crate) postgres: Option<(String, String)>,
}

impl Drop for Project {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                drop(std::fs::remove_file(format!("{}{end}", file.display())));
            }
        }
    }
}

async fn sqlite(path: &Path) -> Store {
    let options = SqliteOptions {
        path: path.to_owned(),
        synchronous: Synchronous::Normal,
        readers: 2,
        limits: Limits::default(),
    };
    Store::open_sqlite(options).await.unwrap()
}

pub(crate) async fn postgres(url: &str, schema: &str, connections: u32) -> Store {
    let options = PostgresOptions {
        url: url.to_owned(),
        connections,
        schema: Some(schema.to_owned()),
        limits: Limits::default(),
    };
    Store::open_postgres(options).await.unwrap()
}

/// Under the same secret, whoever opens it.
fn options(clock: &Clock, limits: Limits) -> Options {
    Options { clock: clock.clone(), limits, seal: Seal::of(&[7; 32]).unwrap() }
}

impl Project {
    /// One on each store there is, with posts (sorted), their comments and their tags.
    #[expect(clippy::disallowed_methods, reason = "the suite tells its tests where Postgres runs")]
    pub(crate) async fn all() -> Vec<Self> {
        let id = short_id().unwrap().to_lowercase().replace('-', "_");
        let path = std::env::temp_dir().join(format!("plinth-feed-{id}.sqlite"));
        let mut kept = vec![(sqlite(&path).await, Some(path), None)];
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => {
                let schema = format!("f_{id}");
                kept.push((postgres(&url, &schema, 6).await, None, Some((url, schema))));
            }
            Err(_) => eprintln!("TEST_POSTGRES_URL is not set: NOT tested on Postgres"),
        }
        let mut projects = Vec::new();
        for (store, file, postgres) in kept {
            let clock = Clock::fixed(1_700_000_000_000);
            let engine = Engine::open(store, options(&clock, Limits::default())).await.unwrap();
            let key = json!({ "type": "Integer", "primaryKey": true });
            let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
            for (name, schema) in [
                (
                    "posts",
                    json!({ "sortEnabled": true, "timestamps": true, "fields": { "id": key, "title": { "type": "String" } } }),
                ),
                ("comments", json!({ "fields": { "id": counted, "text": { "type": "String" } } })),
                ("tags", json!({ "fields": { "id": counted, "name": { "type": "String" } } })),
            ] {
                engine.create_schema(name, &schema).await.unwrap();
            }
            for (name, relation) in [
                (
                    "comments",
                    json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "coms" }),
                ),
                (
                    "posts",
                    json!({ "type": "M2M", "target": "tags", "name": "tags", "alias": "posts" }),
                ),
            ] {
                engine.create_relationship(name, &relation).await.unwrap();
            }
            projects.push(Self { engine, clock, file, postgres });
        }
        projects
    }

    /// The same data, opened anew.
    pub(crate) async fn reopened(&self) -> Engine {
        self.engine.close().await;
        self.another().await.unwrap()
    }

    /// The same data, opened beside whoever has it open.
    pub(crate) async fn another(&self) -> base::Result<Engine> {
        self.another_with(Limits::default()).await
    }

    pub(crate) async fn another_with(&self, limits: Limits) -> base::Result<Engine> {
        let store = self.store().await;
        Engine::open(store, options(&self.clock, limits)).await
    }

    /// The same by somebody with another secret.
    pub(crate) async fn another_under(&self, seal: Seal) -> base::Result<Engine> {
        let options = Options { seal, ..options(&self.clock, Limits::default()) };
        Engine::open(self.store().await, options).await
    }

    async fn store(&self) -> Store {
        match (&self.file, &self.postgres) {
            (Some(path), _) => sqlite(path).await,
            (None, Some((url, schema))) => postgres(url, schema, 2).await,
            (None, None) => unreachable!("a project is kept somewhere"),
        }
    }

    /// Runs statements that no request could run, in the words of SQLite and of Postgres.
    pub(crate) async fn meddle(&self, statements: &[(&str, &str)]) {
        let statements = statements.iter().map(|(sqlite, postgres)| self.says(sqlite, postgres));
        let definition = Definition { statements: statements.collect(), rebuilds: false };
        self.engine.store().define(definition).await.unwrap();
    }

    /// The first column of the rows of a statement, as text.
    pub(crate) async fn column(&self, sqlite: &str, postgres: &str) -> Vec<String> {
        let rows = self.engine.store().rows(&self.says(sqlite, postgres)).await.unwrap();
        rows.iter().map(|row| row[0].as_text().unwrap_or_default().to_owned()).collect()
    }

    fn says(&self, sqlite: &str, postgres: &str) -> Statement {
        let text = match self.engine.store().dialect() {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        };
        Statement { text: Arc::from(text), binds: Vec::new() }
    }
}
