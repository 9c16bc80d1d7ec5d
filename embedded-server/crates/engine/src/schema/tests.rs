//! Schema changes on the real stores. Postgres is tested when `TEST_POSTGRES_URL` is set.

mod conversions;
mod fields;
mod history;
mod meanwhile;
mod plans;
mod relations;

use super::Changed;
use super::draft::Draft;
use crate::migrate;
use base::{Clock, Code, Error, Limits, Result, Value, short_id};
use catalog::Catalog;
use serde_json::{Value as Json, json};
use sql::{Dialect, Statement};
use std::path::PathBuf;
use std::sync::Arc;
use store::{PostgresOptions, SqliteOptions, Store, Synchronous};

/// Fresh stores, one of each kind there is, with the file to remove afterwards.
#[expect(clippy::disallowed_methods, reason = "the suite tells its tests where Postgres runs")]
async fn stores() -> Vec<(Store, Option<PathBuf>)> {
    let id = short_id().unwrap().to_lowercase().replace('-', "_");
    let path = std::env::temp_dir().join(format!("plinth-schema-{id}.sqlite"));
    let limits = Limits::default();
    let options = SqliteOptions {
        path: path.clone(),
        synchronous: Synchronous::Normal,
        readers: 1,
        limits: limits.clone(),
    };
    let mut stores = vec![(Store::open_sqlite(options).await.unwrap(), Some(path))];
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => {
            let options =
                PostgresOptions { url, connections: 2, schema: Some(format!("t_{id}")), limits };
            stores.push((Store::open_postgres(options).await.unwrap(), None));
        }
        Err(_) => eprintln!("TEST_POSTGRES_URL is not set: NOT tested on Postgres"),
    }
    stores
}

/// A project under test.
struct Project {
    store: Store,
    clock: Clock,
    catalog: Catalog,
    file: Option<PathBuf>,
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

impl Project {
    async fn all() -> Vec<Self> {
        let mut projects = Vec::new();
        for (store, file) in stores().await {
            let clock = Clock::fixed(1_700_000_000_000);
            let catalog = migrate::open(&store, &clock).await.unwrap();
            projects.push(Self { store, clock, catalog, file });
        }
        projects
    }

    async fn change(&mut self, change: impl FnOnce(&mut Draft) -> Result<()>) -> Result<()> {
        let mut draft = Draft::of(&self.catalog);
        change(&mut draft)?;
        self.keep(draft.commit(&self.store, &self.clock).await)
    }

    fn keep(&mut self, changed: Result<Changed>) -> Result<()> {
        self.catalog = changed?.0;
        Ok(())
    }

    async fn create(&mut self, name: &str, schema: Json) {
        self.change(|draft| draft.create(name, &schema)).await.unwrap();
    }

    async fn update(&mut self, name: &str, schema: Json) -> Result<()> {
        self.change(|draft| draft.update(name, &schema)).await
    }

    async fn relate(&mut self, name: &str, body: Json) {
        self.change(|draft| draft.create_relationship(name, &body)).await.unwrap();
    }

    async fn try_run(&self, text: &str) -> Result<()> {
        let statements = vec![Statement { text: Arc::from(text), binds: Vec::new() }];
        self.store.define(store::Definition { statements, rebuilds: false }).await
    }

    async fn run(&self, text: &str) {
        self.try_run(text).await.unwrap();
    }

    /// Rows as JSON-like text, both stores alike.
    async fn rows(&self, text: &str) -> String {
        let rows =
            self.store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await.unwrap();
        let word = |value: &Value| match value {
            Value::Null => String::from("null"),
            Value::Bool(truth) => i64::from(*truth).to_string(),
            Value::Int(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Bytes(bytes) => format!("{bytes:?}"),
        };
        rows.iter()
            .map(|row| row.iter().map(word).collect::<Vec<_>>().join("|"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    async fn exists(&self, table: &str) -> bool {
        self.store
            .rows(&Statement {
                text: Arc::from(format!("SELECT 1 FROM \"{table}\" LIMIT 1")),
                binds: Vec::new(),
            })
            .await
            .is_ok()
    }

    fn document(&self, name: &str) -> Json {
        Json::clone(&self.catalog.get(name).unwrap().document)
    }

    /// The catalog as a second start would read it.
    async fn reopened(&self) -> Catalog {
        migrate::open(&self.store, &self.clock).await.unwrap()
    }

    fn is(&self, dialect: Dialect) -> bool {
        self.store.dialect() == dialect
    }
}

fn titled(more: Json) -> Json {
    let mut schema = json!({"fields": {"id": {"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}}, "title": {"type": "String"}}, "timestamps": false});
    for (key, value) in more.as_object().unwrap() {
        schema["fields"][key] = value.clone();
    }
    schema
}

fn refused<T>(result: Result<T>, code: Code, part: &str) {
    let error: Error = result.err().unwrap();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(part), "{error} does not say {part}");
}

#[tokio::test]
async fn an_empty_database_gets_roles_settings_and_a_catalog_that_the_next_start_reads() {
    for project in Project::all().await {
        assert_eq!(
            project
                .rows(r#"SELECT "name", "isTenantSpecific" FROM "baasix_Role" ORDER BY "name""#)
                .await,
            "administrator|0; public|0; user|1"
        );
        assert_eq!(
            project.rows(r#"SELECT count(*), min("project_color") FROM "baasix_Settings""#).await,
            "1|#663399"
        );
        assert_eq!(project.rows(r#"SELECT count(*) FROM "baasix_User""#).await, "0");
        let again = project.reopened().await;
        assert_eq!(again.version, project.catalog.version);
        assert_eq!(again.collections.len(), catalog::system_documents().len());
        for (name, collection) in &again.collections {
            assert_eq!(Some(&*collection.document), catalog::system_document(name), "{name}");
        }
    }
}

#[tokio::test]
async fn data_of_a_newer_program_is_refused() {
    for project in Project::all().await {
        project.run(r#"UPDATE "_meta" SET "value" = '99' WHERE "key" = 'house_version'"#).await;
        refused(migrate::open(&project.store, &project.clock).await, Code::DataNewer, "version 99");
    }
}

#[tokio::test]
async fn a_collection_is_made_changed_and_read_again_with_its_key_order() {
    for mut project in Project::all().await {
        let schema = json!({"zebra": 1, "fields": {"title": {"type": "String"}, "apple": {"type": "Integer"}}, "alpha": {"b": 1, "a": 2}});
        project.create("posts", schema).await;
        assert_eq!(
            project.reopened().await.get("posts").unwrap().document.to_string(),
            project.document("posts").to_string()
        );
        refused(
            project.change(|draft| draft.create("Posts", &titled(json!({})))).await,
            Code::SchemaExists,
            "`posts` exists already",
        );
        refused(
            project.update("nobody", json!({})).await,
            Code::SchemaNotFound,
            "`nobody` does not exist",
        );
        refused(
            project.change(|draft| draft.create("baasix_Mine", &titled(json!({})))).await,
            Code::SchemaInvalid,
            "kept for the system",
        );
    }
}

#[tokio::test]
async fn every_type_becomes_a_column() {
    for mut project in Project::all().await {
        let mut fields = json!({});
        for (at, name) in catalog::TYPE_NAMES.iter().enumerate() {
            fields[format!("f{at}")] = match *name {
                "Enum" => {
                    json!({"type": name, "values": {"values": ["a", "b'c"]}, "defaultValue": "b'c"})
                }
                "VIRTUAL" => json!({"type": name, "calculated": "concat(f0, '-', f4)"}),
                "Decimal" => {
                    json!({"type": name, "values": {"precision": 10, "scale": 2}, "defaultValue": "1.5"})
                }
                "Boolean" => json!({"type": name, "defaultValue": true}),
                "JSON" => json!({"type": name, "defaultValue": {"z": 1, "a": [1]}}),
                other => json!({"type": other, "unique": other == "CiText"}),
            };
        }
        fields["now"] = json!({"type": "DateTime", "defaultValue": {"type": "NOW"}});
        fields["sql"] = json!({"type": "String", "defaultValue": {"type": "SQL", "value": "upper('x') || 'y'"}});
        fields["number"] = json!({"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}});
        project.create("types", json!({"fields": fields})).await;
        let names = catalog::TYPE_NAMES;
        let column =
            |name: &str| format!("f{}", names.iter().position(|known| *known == name).unwrap());
        let (text, decimal, choice, whole) =
            (column("String"), column("Decimal"), column("Enum"), column("VIRTUAL"));
        // Another tool's row gets the defaults that the store itself knows.
        let number = if project.is(Dialect::Sqlite) { ", \"number\"" } else { "" };
        let one = if number.is_empty() { "" } else { ", 1" };
        project
            .run(&format!(
                "INSERT INTO \"types\" (\"{text}\", \"f4\"{number}) VALUES ('a', 7{one})"
            ))
            .await;
        assert_eq!(
            project.rows(&format!("SELECT \"{decimal}\" || '', \"{choice}\", \"{whole}\", \"sql\", \"number\", length(\"id\" || '') FROM \"types\"")).await,
            "1.50|b'c|a-7|Xy|1|36"
        );
        assert!(
            project.try_run(&format!("UPDATE \"types\" SET \"{choice}\" = 'z'")).await.is_err()
        );
    }
}
