//! Schema changes on the real stores. Postgres is tested when `TEST_POSTGRES_URL` is set.

use super::draft::Draft;
use super::{Changed, StepKind, import, plan};
use crate::migrate;
use base::{Clock, Code, Error, Limits, Result, Value, short_id};
use catalog::{Catalog, Collection, DefaultValue, FieldKind, OnDelete, RelationKind};
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

#[tokio::test]
async fn fields_change_in_place_and_the_rows_stay() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project
            .create(
                "posts",
                titled(json!({"views": {"type": "String"}, "old": {"type": "Text"},
                "author": {"relType": "BelongsTo", "target": "authors"}})),
            )
            .await;
        project.run("INSERT INTO \"authors\" (\"title\") VALUES ('ann')").await;
        project.run("INSERT INTO \"posts\" (\"title\", \"views\", \"old\", \"author_Id\") VALUES ('a', '12', 'x', 1), ('b', ' 7 ', NULL, NULL)").await;
        if project.is(Dialect::Sqlite) {
            project
                .run("CREATE TRIGGER \"outside\" AFTER INSERT ON \"posts\" BEGIN SELECT 1; END")
                .await;
        }
        let mut fields = project.document("posts")["fields"].clone();
        let map = fields.as_object_mut().unwrap();
        let title = map.shift_remove("title").unwrap();
        map.insert("headline".into(), title);
        map.shift_remove("old");
        map["views"]["type"] = json!("Integer");
        map["views"]["allowNull"] = json!(false);
        map["views"]["defaultValue"] = json!(0);
        map.insert("slug".into(), json!({"type": "SUID", "unique": true, "allowNull": false, "defaultValue": {"type": "SUID"}}));
        map.insert(
            "place".into(),
            json!({"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}}),
        );
        map.insert("loud".into(), json!({"type": "VIRTUAL", "calculated": "upper(headline)"}));
        project.update("posts", json!({"fields": fields, "timestamps": true})).await.unwrap();
        assert_eq!(
            project.rows("SELECT \"id\", \"headline\", \"views\", \"author_Id\", length(\"slug\"), \"place\", \"loud\", \"createdAt\" IS NOT NULL FROM \"posts\" ORDER BY \"id\"").await,
            "1|a|12|1|21|1|A|1; 2|b|7|null|21|2|B|1"
        );
        // Foreign keys, numbers and triggers still hold after the rebuild.
        project
            .run("INSERT INTO \"posts\" (\"headline\", \"slug\", \"place\") VALUES ('c', 's', 3)")
            .await;
        assert_eq!(project.rows("SELECT max(\"id\"), min(\"views\") FROM \"posts\"").await, "3|0");
        refused(
            project.try_run("UPDATE \"posts\" SET \"author_Id\" = 99").await,
            Code::ForeignKeyViolation,
            "",
        );
        project.run("DELETE FROM \"authors\"").await;
        assert_eq!(project.rows("SELECT count(*) FROM \"posts\"").await, "2");
        if project.is(Dialect::Sqlite) {
            assert_eq!(
                project.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'outside'").await,
                "1"
            );
            assert_eq!(
                project.rows("SELECT \"value\" FROM \"_sequence\" WHERE \"field\" = 'place'").await,
                "2"
            );
        }
        assert!(project.reopened().await.get("posts").unwrap().fields.contains_key("headline"));
    }
}

#[tokio::test]
async fn what_stored_values_stand_against_is_refused_and_nothing_is_half_done() {
    for mut project in Project::all().await {
        project.create("posts", titled(json!({}))).await;
        project.run("INSERT INTO \"posts\" (\"title\") VALUES ('a'), ('a'), (NULL)").await;
        let version = project.catalog.version;
        let with = |key: &str, value: Json| {
            let mut fields = project.document("posts")["fields"].clone();
            fields["title"][key] = value;
            fields
        };
        let (integer, required, unique) = (
            with("type", json!("Integer")),
            with("allowNull", json!(false)),
            with("unique", json!(true)),
        );
        let mut added = project.document("posts")["fields"].clone();
        added["must"] = json!({"type": "String", "allowNull": false});
        refused(
            project.update("posts", json!({"fields": integer})).await,
            Code::SchemaInvalid,
            "2 of 3 values of `title` cannot become Integer",
        );
        refused(
            project.update("posts", json!({"fields": required})).await,
            Code::SchemaInvalid,
            "1 of 3 records have no value",
        );
        refused(
            project
                .update(
                    "posts",
                    json!({"fields": unique, "indexes": [{"fields": ["id", "title"]}]}),
                )
                .await,
            Code::UniqueViolation,
            "",
        );
        refused(
            project.update("posts", json!({"fields": added})).await,
            Code::SchemaInvalid,
            "3 records that would lack it",
        );
        let again = project.reopened().await;
        assert_eq!(again.version, version);
        assert!(again.get("posts").unwrap().indexes.is_empty());
        assert!(!project.exists("posts_id_title_idx").await);
    }
}

#[tokio::test]
async fn expressions_that_the_store_refuses_are_the_callers_fault() {
    for mut project in Project::all().await {
        for calculated in [
            "title || (select password from baasix_User)",
            "title; drop table posts",
            "nobody",
            "random() || title",
            "lower(title, 1, 2)",
        ] {
            let schema = titled(json!({"x": {"type": "VIRTUAL", "calculated": calculated}}));
            refused(
                project.change(|draft| draft.create("posts", &schema)).await,
                Code::SchemaInvalid,
                "",
            );
        }
        let schema = titled(
            json!({"x": {"type": "String", "defaultValue": {"type": "SQL", "value": "(select 1)"}}}),
        );
        refused(
            project.change(|draft| draft.create("posts", &schema)).await,
            Code::SchemaInvalid,
            "subqueries",
        );
        let schema = titled(json!({"x": {"type": "Date", "defaultValue": "2024-02-31"}}));
        refused(
            project.change(|draft| draft.create("posts", &schema)).await,
            Code::SchemaInvalid,
            "does not fit",
        );
        assert!(!project.exists("posts").await);
    }
}

#[tokio::test]
async fn pointing_relations_have_columns_constraints_and_a_way_back() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project.create("posts", titled(json!({}))).await;
        project.relate("posts", json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts", "showAs": "name"})).await;
        project.relate("posts", json!({"type": "HasOne", "name": "cover", "target": "authors", "alias": "coverOf", "onDelete": "SET NULL"})).await;
        let posts = project.catalog.get("posts").unwrap();
        assert_eq!(posts.fields["author_id"].kind, FieldKind::Integer);
        assert_eq!(posts.document["fields"]["author"]["showAs"], "name");
        assert!(matches!(&posts.relations["cover"].kind, RelationKind::ToOne { unique: true, .. }));
        let authors = project.catalog.get("authors").unwrap();
        assert!(
            matches!(&authors.relations["posts"].kind, RelationKind::ToMany { target_column, .. } if target_column == "author_id")
        );
        assert!(matches!(&authors.relations["coverOf"].kind, RelationKind::HasOne { .. }));
        project.run("INSERT INTO \"authors\" (\"title\") VALUES ('a'), ('b')").await;
        project.run("INSERT INTO \"posts\" (\"title\", \"author_id\", \"cover_id\") VALUES ('x', 1, 1), ('y', 2, NULL)").await;
        // One to one means one (W-17).
        refused(
            project.try_run("UPDATE \"posts\" SET \"cover_id\" = 1").await,
            Code::UniqueViolation,
            "",
        );
        project
            .change(|draft| {
                draft.update_relationship("posts", "author", &json!({"onDelete": "SET NULL"}))
            })
            .await
            .unwrap();
        assert_eq!(
            project.catalog.get("posts").unwrap().relations["author"].on_delete,
            OnDelete::SetNull
        );
        project.run("DELETE FROM \"authors\" WHERE \"id\" = 1").await;
        assert_eq!(
            project
                .rows(
                    "SELECT \"title\", \"author_id\", \"cover_id\" FROM \"posts\" ORDER BY \"id\""
                )
                .await,
            "x|null|null; y|2|null"
        );
        project
            .change(|draft| {
                draft.update_relationship("posts", "author", &json!({"alias": "works"}))
            })
            .await
            .unwrap();
        assert!(project.catalog.get("authors").unwrap().relation("works").is_some());
        assert!(project.catalog.get("authors").unwrap().relation("posts").is_none());
        project.change(|draft| draft.delete_relationship("posts", "author")).await.unwrap();
        assert!(!project.catalog.get("posts").unwrap().fields.contains_key("author_id"));
        assert!(project.catalog.get("authors").unwrap().relation("works").is_none());
        assert_eq!(project.rows("SELECT \"title\" FROM \"posts\" ORDER BY \"id\"").await, "x; y");
        // The other direction makes the column on the far side.
        project.relate("authors", json!({"type": "O2M", "name": "texts", "target": "posts"})).await;
        assert!(project.catalog.get("posts").unwrap().relations["authors"].constrained);
        let error = project
            .change(|draft| {
                draft.create_relationship(
                    "posts",
                    &json!({"type": "M2O", "name": "cover", "target": "authors"}),
                )
            })
            .await;
        refused(error, Code::SchemaExists, "`cover`");
        let error = project
            .change(|draft| {
                draft.create_relationship(
                    "posts",
                    &json!({"type": "M2O", "name": "a", "target": "auhtors"}),
                )
            })
            .await;
        refused(error, Code::SchemaInvalid, "did you mean `authors`?");
    }
}

#[tokio::test]
async fn junctions_are_made_used_and_ended_with_their_relations() {
    for mut project in Project::all().await {
        for name in ["posts", "tags", "videos"] {
            project.create(name, titled(json!({}))).await;
        }
        project
            .relate(
                "posts",
                json!({"type": "M2M", "name": "tags", "target": "tags", "alias": "posts"}),
            )
            .await;
        project.relate("posts", json!({"type": "M2M", "name": "oldTags", "target": "tags"})).await;
        project.relate("posts", json!({"type": "M2M", "name": "related", "target": "posts", "through": "post_links"})).await;
        project.relate("tags", json!({"type": "M2A", "name": "items", "tables": ["posts", "videos"], "alias": "labels"})).await;
        let junction = project.catalog.get("posts_tags_tags_junction").unwrap();
        assert!(junction.junction && junction.indexes[0].unique);
        assert_eq!(junction.relations.keys().collect::<Vec<_>>(), ["posts", "tags"]);
        let links = project.catalog.get("post_links").unwrap();
        assert_eq!(links.relations.keys().collect::<Vec<_>>(), ["posts", "posts_2"]);
        let labels = &project.catalog.get("videos").unwrap().relations["labels"];
        assert_eq!(labels.scope, Some((String::from("collection"), String::from("videos"))));
        let items = project.catalog.get("tags_items_junction").unwrap();
        assert!(
            matches!(&items.relations["posts"].kind, RelationKind::ToOne { only_when: Some((_, word)), .. } if word == "posts")
        );
        project.run("INSERT INTO \"posts\" (\"title\") VALUES ('p')").await;
        project.run("INSERT INTO \"tags\" (\"title\") VALUES ('t')").await;
        project.run("INSERT INTO \"posts_tags_tags_junction\" (\"posts_id\", \"tags_id\") VALUES (1, 1)").await;
        refused(
            project.try_run("INSERT INTO \"posts_tags_tags_junction\" (\"posts_id\", \"tags_id\") VALUES (1, 1)").await,
            Code::UniqueViolation,
            "",
        );
        project.run("INSERT INTO \"tags_items_junction\" (\"tags_id\", \"item_id\", \"collection\") VALUES (1, 1, 'posts')").await;
        let fewer = json!({"tables": ["videos"]});
        refused(
            project.change(|draft| draft.update_relationship("tags", "items", &fewer)).await,
            Code::ForeignKeyViolation,
            "1 records of `tags_items_junction` still lead to `posts`",
        );
        project.change(|draft| draft.delete_relationship("posts", "tags")).await.unwrap();
        assert!(!project.exists("posts_tags_tags_junction").await);
        assert!(project.catalog.get("tags").unwrap().relation("posts").is_none());
        // The end of a collection takes its junctions, ways back and links along (D-29).
        project.change(|draft| draft.delete("posts")).await.unwrap();
        for table in ["posts", "post_links", "posts_tags_oldTags_junction"] {
            assert!(!project.exists(table).await, "{table}");
        }
        assert_eq!(project.rows("SELECT count(*) FROM \"tags_items_junction\"").await, "0");
        let tags = project.catalog.get("tags").unwrap();
        assert!(
            matches!(&tags.relations["items"].kind, RelationKind::ToMany { polymorphic, .. } if polymorphic == &["videos"])
        );
        assert!(project.reopened().await.get("posts").is_none());
        refused(
            project.change(|draft| draft.delete("baasix_User")).await,
            Code::Forbidden,
            "system collection",
        );
    }
}

#[tokio::test]
async fn a_system_collection_takes_relations_and_keeps_its_own() {
    for mut project in Project::all().await {
        project.create("teams", titled(json!({}))).await;
        project
            .relate(
                "baasix_User",
                json!({"type": "M2O", "name": "team", "target": "teams", "alias": "members"}),
            )
            .await;
        assert!(project.catalog.get("teams").unwrap().relation("members").is_some());
        project
            .update("baasix_User", json!({"fields": {"nick": {"type": "String"}}}))
            .await
            .unwrap();
        let user = project.catalog.get("baasix_User").unwrap();
        assert!(
            user.fields.contains_key("nick")
                && user.fields["password"].hidden
                && user.relation("userRoles").is_some()
        );
        assert!(user.relation("team").is_none(), "what was added by hand may be removed by hand");
        project.change(|draft| draft.delete("teams")).await.unwrap();
    }
}

#[tokio::test]
async fn indexes_live_in_the_document_and_in_the_store() {
    for mut project in Project::all().await {
        project
            .create("posts", titled(json!({"a": {"type": "String"}, "b": {"type": "Date"}})))
            .await;
        let unique = json!({"fields": ["a", "b"], "unique": true, "nullsNotDistinct": true});
        project.change(|draft| draft.create_index("posts", &unique)).await.unwrap();
        project.change(|draft| draft.create_index("posts", &unique)).await.unwrap();
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('x'), (NULL)").await;
        refused(
            project.try_run("INSERT INTO \"posts\" (\"a\") VALUES ('x')").await,
            Code::UniqueViolation,
            "",
        );
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('')").await;
        assert_eq!(project.reopened().await.get("posts").unwrap().indexes[0].name, "posts_a_b_idx");
        project.change(|draft| draft.delete_index("posts", "posts_a_b_idx")).await.unwrap();
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('x')").await;
        refused(
            project.change(|draft| draft.delete_index("posts", "nope")).await,
            Code::NotFound,
            "no index",
        );
        let wrong = json!({"fields": ["c"]});
        refused(
            project.change(|draft| draft.create_index("posts", &wrong)).await,
            Code::SchemaInvalid,
            "`c`",
        );
        let doubled = json!({"fields": ["a"], "unique": true});
        refused(
            project.change(|draft| draft.create_index("posts", &doubled)).await,
            Code::UniqueViolation,
            "",
        );
    }
}

#[tokio::test]
async fn a_plan_says_what_happens_and_applies_once() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project
            .create(
                "posts",
                titled(json!({"views": {"type": "String"}, "gone": {"type": "Text"},
            "author": {"relType": "BelongsTo", "target": "authors"}})),
            )
            .await;
        project.create("old", titled(json!({}))).await;
        project.run("INSERT INTO \"posts\" (\"title\", \"views\", \"gone\") VALUES ('a', '1', 'x'), ('b', 'many', NULL)").await;
        project.run("INSERT INTO \"baasix_Permission\" (\"id\", \"role_Id\", \"collection\", \"action\") SELECT \"id\", \"id\", 'posts', 'read' FROM \"baasix_Role\" WHERE \"name\" = 'public'").await;
        let mut articles = project.document("posts");
        let fields = articles["fields"].as_object_mut().unwrap();
        let title = fields.shift_remove("title").unwrap();
        fields.insert("headline".into(), title);
        fields.shift_remove("gone");
        fields["views"]["type"] = json!("Integer");
        let mut body = json!({"drop": ["old"], "collections": [
            {"collectionName": "articles", "was": "posts", "schema": articles},
            {"collectionName": "tags", "schema": titled(json!({}))}]});
        let planned = plan::plan(&project.store, &project.catalog, &body).await.unwrap();
        let steps: Vec<(StepKind, &str, Option<&str>, bool)> = planned
            .steps
            .iter()
            .map(|s| (s.op, s.collection.as_str(), s.field.as_deref(), s.lossy))
            .collect();
        assert_eq!(
            steps,
            [
                (StepKind::DropCollection, "old", None, false),
                (StepKind::RenameCollection, "articles", None, false),
                (StepKind::DropField, "articles", Some("gone"), true),
                (StepKind::RenameField, "articles", Some("headline"), false),
                (StepKind::CreateCollection, "tags", None, false),
                (StepKind::AlterField, "articles", Some("views"), true),
            ]
        );
        let alter = planned.steps.last().unwrap();
        assert_eq!(alter.values, Some((1, 2)));
        assert_eq!(
            alter.summary,
            "Change field `views` of `articles` from String to Integer: 1 of 2 values lose something or do not fit"
        );
        // SQLite rebuilds once for three steps, Postgres alters three times.
        let shown: Vec<bool> = planned.steps.iter().map(|step| !step.sql.is_empty()).collect();
        let lite = project.is(Dialect::Sqlite);
        assert_eq!(shown, [true, true, true, !lite, true, !lite]);
        assert!(
            !lite
                || planned.steps[2]
                    .sql
                    .iter()
                    .any(|sql| sql.starts_with("CREATE TABLE \"_rebuild_articles\""))
        );
        body["token"] = json!(planned.token);
        let refused_change =
            plan::apply(&project.store, &project.clock, &project.catalog, &body).await;
        refused(refused_change, Code::SchemaInvalid, "cannot become Integer");
        assert!(project.exists("old").await && project.exists("posts").await);

        project.run("UPDATE \"posts\" SET \"views\" = '2' WHERE \"views\" = 'many'").await;
        let applied = plan::apply(&project.store, &project.clock, &project.catalog, &body).await;
        project.keep(applied).unwrap();
        assert_eq!(
            project.rows("SELECT \"headline\", \"views\" FROM \"articles\" ORDER BY \"id\"").await,
            "a|1; b|2"
        );
        assert_eq!(
            project.rows("SELECT \"collection\" FROM \"baasix_Permission\"").await,
            "articles"
        );
        assert!(!project.exists("old").await && project.exists("tags").await);
        refused(
            plan::apply(&project.store, &project.clock, &project.catalog, &body).await,
            Code::PlanStale,
            "has changed since",
        );
        let other = json!({"drop": ["tags"], "token": format!("{}-0", project.catalog.version)});
        refused(
            plan::apply(&project.store, &project.clock, &project.catalog, &other).await,
            Code::PlanStale,
            "not the body",
        );
        let again = project.reopened().await;
        assert!(again.get("posts").is_none());
        assert_eq!(again.get("articles").unwrap().relations["author"].target, "authors");
        project.run("INSERT INTO \"articles\" (\"headline\") VALUES ('c')").await;
        assert_eq!(project.rows("SELECT max(\"id\") FROM \"articles\"").await, "3");
    }
}

#[tokio::test]
async fn a_second_process_cannot_overwrite_a_change() {
    for mut project in Project::all().await {
        let stale = project.catalog.clone();
        project.create("first", titled(json!({}))).await;
        let mut draft = Draft::of(&stale);
        draft.create("second", &titled(json!({}))).unwrap();
        refused(
            draft.commit(&project.store, &project.clock).await,
            Code::PlanStale,
            "another process",
        );
        assert!(!project.exists("second").await);
    }
}

#[tokio::test]
async fn an_export_taken_into_another_project_makes_the_same_catalog() {
    let mut exported = None;
    for mut project in Project::all().await {
        project
            .create(
                "authors",
                titled(json!({"n": {"type": "Decimal", "values": {"precision": 8, "scale": 2}}})),
            )
            .await;
        project.create("posts", titled(json!({}))).await;
        project
            .relate(
                "posts",
                json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts"}),
            )
            .await;
        project
            .relate("posts", json!({"type": "M2M", "name": "friends", "target": "authors"}))
            .await;
        let entry = |collection: &Arc<Collection>| json!({"collectionName": collection.name, "schema": *collection.document});
        let all = import::export(&project.catalog);
        exported = Some(all.iter().map(entry).collect::<Vec<Json>>());
    }
    let body = json!({ "schemas": exported.unwrap() });
    for mut project in Project::all().await {
        let preview = import::preview(&project.catalog, &body).unwrap();
        assert_eq!(preview["changes"]["new"].as_array().unwrap().len(), 3);
        let (changed, report) =
            import::import(&project.store, &project.clock, &project.catalog, &body).await.unwrap();
        project.keep(Ok(changed)).unwrap();
        assert_eq!(report.created, ["authors", "posts", "posts_authors_friends_junction"]);
        assert!(report.updated.is_empty());
        assert_eq!(project.catalog.get("posts").unwrap().foreign_keys().len(), 1);
        let (changed, report) =
            import::import(&project.store, &project.clock, &project.catalog, &body).await.unwrap();
        project.keep(Ok(changed)).unwrap();
        assert!(report.created.is_empty());
        let broken = json!({"schemas": [{"collectionName": "fine", "schema": titled(json!({}))}, {"collectionName": "bad", "schema": {"fields": {"a": {"type": "Nope"}}}}]});
        refused(
            import::import(&project.store, &project.clock, &project.catalog, &broken).await,
            Code::SchemaInvalid,
            "nothing was changed",
        );
        assert!(!project.exists("fine").await);
    }
}

/// Values under one type, and what they are under another; the same on both stores.
const CONVERSIONS: [(&str, &str, &str, &str); 22] = [
    ("String", "Integer", "'12'", "12"),
    ("String", "Decimal:10:2", "'12.5'", "12.50"),
    ("String", "Boolean", "'Yes'", "1"),
    ("String", "Double", "'1.5e2'", "150"),
    ("String", "Date", "'2024-02-29'", "2024-02-29"),
    (
        "String",
        "UUID",
        "'6F9619FF-8B86-D011-B42D-00CF4FC964FF'",
        "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    ),
    ("Integer", "String", "42", "42"),
    ("Integer", "Decimal:10:2", "42", "42.00"),
    ("Integer", "BigInt", "42", "42"),
    ("Integer", "Boolean", "1", "1"),
    ("Integer", "Double", "42", "42"),
    ("Decimal:10:2", "Integer", "'7.00'", "7"),
    ("Decimal:10:2", "Decimal:10:4", "'7.25'", "7.2500"),
    ("Decimal:10:2", "String", "'7.25'", "7.25"),
    ("Decimal:10:2", "Double", "'7.25'", "7.25"),
    ("Double", "Integer", "7.0", "7"),
    ("Double", "Decimal:10:2", "7.25", "7.25"),
    ("Boolean", "String", "true", "true"),
    ("Boolean", "Integer", "true", "1"),
    ("Date", "DateTime", "'2024-02-29'", "2024-02-29T00:00:00.000Z"),
    ("DateTime", "Date", "'2024-02-29T10:00:00.000Z'", "2024-02-29"),
    ("DateTime", "String", "'2024-02-29T10:00:00.000Z'", "2024-02-29T10:00:00.000Z"),
];

/// Values that have no place under the other type.
const REFUSALS: [(&str, &str, &str); 10] = [
    ("String", "Integer", "'12x'"),
    ("String", "Integer", "'99999999999'"),
    ("String", "Decimal:4:2", "'123.45'"),
    ("String", "Boolean", "'maybe'"),
    ("String", "Date", "'yesterday'"),
    ("String", "Enum", "'c'"),
    ("Double", "Integer", "7.5"),
    ("Integer", "Boolean", "2"),
    ("Decimal:10:2", "Integer", "'7.25'"),
    ("Boolean", "Date", "true"),
];

fn typed(word: &str) -> Json {
    let mut parts = word.split(':');
    let mut field = json!({"type": parts.next().unwrap()});
    if let (Some(precision), Some(scale)) = (parts.next(), parts.next()) {
        field["values"] = json!({"precision": precision, "scale": scale});
    }
    if word == "Enum" {
        field["values"] = json!(["a", "b"]);
    }
    field
}

#[tokio::test]
async fn values_follow_a_change_of_type_alike_on_both_stores() {
    for mut project in Project::all().await {
        let sqlite = project.is(Dialect::Sqlite);
        for (at, (from, to, value, expected)) in CONVERSIONS.into_iter().enumerate() {
            let name = format!("c{at}");
            project.create(&name, titled(json!({"x": typed(from)}))).await;
            project.run(&format!("INSERT INTO \"{name}\" (\"x\") VALUES ({value}), (NULL)")).await;
            let mut fields = project.document(&name)["fields"].clone();
            fields["x"] = typed(to);
            let changed = project.update(&name, json!({ "fields": fields })).await;
            assert!(changed.is_ok(), "{from} to {to}: {changed:?}");
            let shown = match (to, sqlite) {
                ("DateTime", false) => String::from(
                    "to_char(\"x\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
                ),
                ("Double" | "Boolean" | "Integer" | "BigInt", _) | (_, true) => {
                    String::from("\"x\"")
                }
                _ => String::from("\"x\"::text"),
            };
            assert_eq!(
                project.rows(&format!("SELECT {shown} FROM \"{name}\" ORDER BY \"id\"")).await,
                format!("{expected}; null"),
                "{from} to {to}"
            );
        }
        for (at, (from, to, value)) in REFUSALS.into_iter().enumerate() {
            let name = format!("r{at}");
            project.create(&name, titled(json!({"x": typed(from)}))).await;
            project.run(&format!("INSERT INTO \"{name}\" (\"x\") VALUES ({value})")).await;
            let mut fields = project.document(&name)["fields"].clone();
            fields["x"] = typed(to);
            refused(
                project.update(&name, json!({ "fields": fields.clone() })).await,
                Code::SchemaInvalid,
                "1 of 1 values of `x` cannot become",
            );
            // An empty column may become anything.
            project.run(&format!("DELETE FROM \"{name}\"")).await;
            project.update(&name, json!({ "fields": fields })).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_rename_is_followed_by_indexes_and_relations_of_others() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        let mut posts =
            titled(json!({"n": {"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}}}));
        posts["indexes"] = json!([{"fields": ["title"], "name": "by_title"}]);
        project.create("posts", posts).await;
        project
            .relate(
                "posts",
                json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts"}),
            )
            .await;
        project
            .run("INSERT INTO \"baasix_Permission\" (\"id\", \"role_Id\", \"collection\", \"action\", \"fields\", \"conditions\") SELECT \"id\", \"id\", 'authors', 'read', '[\"posts.title\"]', '{\"posts.title\":{\"eq\":\"x\"}}' FROM \"baasix_Role\" WHERE \"name\" = 'public'")
            .await;
        let mut fields = project.document("posts")["fields"].clone();
        let map = fields.as_object_mut().unwrap();
        for (from, to) in [("title", "headline"), ("author_id", "writer_id"), ("n", "place")] {
            let field = map.shift_remove(from).unwrap();
            map.insert(to.into(), field);
        }
        project.update("posts", json!({ "fields": fields })).await.unwrap();
        let stored = project.rows("SELECT CAST(\"fields\" AS TEXT), CAST(\"conditions\" AS TEXT) FROM \"baasix_Permission\"").await;
        assert_eq!(stored.replace(' ', ""), r#"["posts.headline"]|{"posts.headline":{"eq":"x"}}"#);
        let posts = project.catalog.get("posts").unwrap();
        assert_eq!(posts.indexes[0].fields, ["headline"]);
        assert!(
            matches!(&posts.relations["author"].kind, RelationKind::ToOne { column, .. } if column == "writer_id")
        );
        let authors = project.catalog.get("authors").unwrap();
        assert!(
            matches!(&authors.relations["posts"].kind, RelationKind::ToMany { target_column, .. } if target_column == "writer_id")
        );
        assert_eq!(posts.fields["place"].default, Some(DefaultValue::AutoIncrement));
        if project.is(Dialect::Postgres) {
            project.run("INSERT INTO \"posts\" (\"headline\") VALUES ('a')").await;
            assert_eq!(project.rows("SELECT last_value FROM \"posts.place.seq\"").await, "1");
        }
    }
}

#[tokio::test]
async fn a_plan_tells_what_changes_in_the_documents_alone() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project.create("posts", titled(json!({}))).await;
        project
            .relate("posts", json!({"type": "M2O", "name": "author", "target": "authors"}))
            .await;
        let mut authors = project.document("authors");
        authors["fields"]["works"] =
            json!({"relType": "HasMany", "target": "posts", "foreignKey": "author_id"});
        authors["fields"]["title"]["validate"] = json!({"notEmpty": true});
        authors["description"] = json!("People");
        let body = json!({"collections": [{"collectionName": "authors", "schema": authors}]});
        let planned = plan::plan(&project.store, &project.catalog, &body).await.unwrap();
        let said: Vec<&str> = planned.steps.iter().map(|step| step.summary.as_str()).collect();
        assert_eq!(
            said,
            [
                "Change the settings of `title` of `authors`",
                "Let `authors` reach `posts` as `works`",
                "Change the settings of `authors`: `description`"
            ]
        );
        let mut body = body;
        body["token"] = json!(planned.token);
        let applied = plan::apply(&project.store, &project.clock, &project.catalog, &body).await;
        project.keep(applied).unwrap();
        assert!(project.catalog.get("authors").unwrap().relation("works").is_some());
        // A relation left out of the fields goes with its generated column and its way back.
        let mut fields = project.document("posts")["fields"].clone();
        fields.as_object_mut().unwrap().shift_remove("author");
        project.update("posts", json!({ "fields": fields })).await.unwrap();
        assert!(!project.catalog.get("posts").unwrap().fields.contains_key("author_id"));
        assert!(project.document("authors")["fields"].get("works").is_none());
    }
}
