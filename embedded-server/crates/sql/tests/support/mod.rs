//! A small catalog, plans over it, and both databases to run them on.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(unreachable_pub, missing_docs, reason = "tests")]

pub mod plans;

use access::Guarded;
use base::{Limits, Result, Value};
use catalog::{Catalog, Collection, Element, Field, FieldKind, OnDelete, Relation, RelationKind};
use query::{ReadPlan, WritePlan};
use sql::{ChangeStamp, Dialect, Numbers, Statement};
use std::sync::Arc;
use store::{Definition, Outcome, PageRows, PostgresOptions, SqliteOptions, Store, Synchronous};

pub fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        id: name.to_owned(),
        name: name.to_owned(),
        kind,
        computed: None,
        primary_key: false,
        nullable: true,
        unique: false,
        default: None,
        rules: Vec::new(),
        hidden: false,
        generated: false,
        read_only: false,
        loose: false,
    }
}

fn key(kind: FieldKind) -> Field {
    Field { primary_key: true, nullable: false, ..field("id", kind) }
}

fn collection(name: &str, fields: Vec<Field>, relations: Vec<Relation>) -> Collection {
    Collection {
        name: name.to_owned(),
        fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
        relations: relations.into_iter().map(|one| (one.name.clone(), one)).collect(),
        indexes: Vec::new(),
        primary_key: String::from("id"),
        timestamps: false,
        paranoid: false,
        sort_enabled: false,
        usertrack: false,
        junction: false,
        system: false,
        // The texts of writes alone; `audited` turns it on.
        history_days: Some(0),
        trash_days: None,
        adopted: false,
        rowless: false,
        arriving: false,
        document: Arc::new(serde_json::Value::Null),
    }
}

fn relation(name: &str, target: &str, kind: RelationKind) -> Relation {
    Relation {
        name: name.to_owned(),
        declared_by: name.to_owned(),
        target: target.to_owned(),
        kind,
        on_delete: OnDelete::NoAction,
        constrained: false,
        scope: None,
    }
}

fn to_one(name: &str, target: &str, column: &str, on_delete: OnDelete) -> Relation {
    Relation {
        on_delete,
        constrained: true,
        ..relation(
            name,
            target,
            RelationKind::ToOne {
                column: column.to_owned(),
                target_column: String::from("id"),
                unique: false,
                only_when: None,
            },
        )
    }
}

fn to_many(name: &str, target: &str, target_column: &str) -> Relation {
    relation(
        name,
        target,
        RelationKind::ToMany {
            column: String::from("id"),
            target_column: target_column.to_owned(),
            polymorphic: Vec::new(),
        },
    )
}

fn text() -> FieldKind {
    FieldKind::String { length: None }
}

fn money() -> FieldKind {
    FieldKind::Decimal { precision: Some(10), scale: Some(2) }
}

/// Users in teams write posts with comments, labels, children and activities.
pub fn shop() -> Catalog {
    let teams = collection("teams", vec![key(FieldKind::Integer), field("name", text())], vec![]);
    let mut users = collection(
        "users",
        vec![
            key(FieldKind::Uuid),
            field("name", text()),
            field("email", FieldKind::CiText),
            Field { hidden: true, ..field("password", text()) },
            field("team_id", FieldKind::Integer),
        ],
        vec![
            to_one("team", "teams", "team_id", OnDelete::SetNull),
            to_many("posts", "posts", "author_id"),
            relation(
                "profile",
                "profiles",
                RelationKind::HasOne {
                    column: String::from("id"),
                    target_column: String::from("user_id"),
                },
            ),
        ],
    );
    users.primary_key = String::from("id");
    let profiles = collection(
        "profiles",
        vec![key(FieldKind::Integer), field("bio", text()), field("user_id", FieldKind::Uuid)],
        vec![to_one("user", "users", "user_id", OnDelete::Cascade)],
    );
    let mut posts = collection(
        "posts",
        vec![
            key(FieldKind::Integer),
            field("title", text()),
            field("price", money()),
            field("rating", FieldKind::Double),
            field("weight", FieldKind::Real),
            field("views", FieldKind::BigInt),
            field("published", FieldKind::Boolean),
            field("born", FieldKind::Date),
            field("at", FieldKind::DateTime),
            field("wall", FieldKind::DateTimeNoTz),
            field("opens", FieldKind::Time),
            field("closes", FieldKind::TimeNoTz),
            field("data", FieldKind::Json { binary: true }),
            field("words", FieldKind::Array(Element::String)),
            field("raw", FieldKind::Binary),
            field("number", FieldKind::Integer),
            field("sort", FieldKind::Integer),
            field("author_id", FieldKind::Uuid),
            field("parent_id", FieldKind::Integer),
            field("deletedAt", FieldKind::DateTime),
        ],
        vec![
            to_one("author", "users", "author_id", OnDelete::SetNull),
            to_one("parent", "posts", "parent_id", OnDelete::Cascade),
            to_many("children", "posts", "parent_id"),
            to_many("comments", "comments", "post_id"),
            to_many("posts_labels", "posts_labels", "posts_id"),
            relation(
                "labels",
                "labels",
                RelationKind::Through {
                    junction: String::from("posts_labels"),
                    column: String::from("id"),
                    junction_source: String::from("posts_id"),
                    junction_target: String::from("labels_id"),
                    target_column: String::from("id"),
                },
            ),
            Relation {
                scope: Some((String::from("collection"), String::from("posts"))),
                ..to_many("activities", "activities", "item_id")
            },
        ],
    );
    posts.paranoid = true;
    let comments = collection(
        "comments",
        vec![
            key(FieldKind::Integer),
            field("text", text()),
            field("approved", FieldKind::Boolean),
            field("post_id", FieldKind::Integer),
            field("author_id", FieldKind::Uuid),
        ],
        vec![
            to_one("post", "posts", "post_id", OnDelete::Cascade),
            to_one("author", "users", "author_id", OnDelete::SetNull),
        ],
    );
    let labels = collection("labels", vec![key(FieldKind::Integer), field("name", text())], vec![]);
    let mut junction = collection(
        "posts_labels",
        vec![
            key(FieldKind::Integer),
            field("posts_id", FieldKind::Integer),
            field("labels_id", FieldKind::Integer),
        ],
        vec![
            to_one("posts", "posts", "posts_id", OnDelete::Cascade),
            to_one("labels", "labels", "labels_id", OnDelete::Cascade),
        ],
    );
    junction.junction = true;
    let item = |name: &str| Relation {
        on_delete: OnDelete::Cascade,
        ..relation(
            name,
            name,
            RelationKind::ToOne {
                column: String::from("item_id"),
                target_column: String::from("id"),
                unique: false,
                only_when: Some((String::from("collection"), name.to_owned())),
            },
        )
    };
    let activities = collection(
        "activities",
        vec![
            key(FieldKind::Integer),
            field("item_id", text()),
            field("collection", text()),
            field("note", text()),
        ],
        vec![item("posts"), item("users")],
    );
    let all = [teams, users, profiles, posts, comments, labels, junction, activities].map(Arc::new);
    Catalog {
        version: 1,
        collections: all.into_iter().map(|one| (one.name.clone(), one)).collect(),
    }
}

/// Tables as `define` makes them, in short.
fn tables(catalog: &Catalog, dialect: Dialect) -> Vec<String> {
    let mut texts = Vec::new();
    let sqlite = dialect == Dialect::Sqlite;
    for one in catalog.collections.values().rev() {
        let cascade = if sqlite { "" } else { " CASCADE" };
        texts.push(format!("DROP TABLE IF EXISTS \"{}\"{cascade}", one.name));
    }
    for one in catalog.collections.values() {
        let mut parts: Vec<String> = Vec::new();
        for field in one.fields.values() {
            let kind = column(&field.kind, sqlite);
            let integer_key = field.primary_key && field.kind == FieldKind::Integer;
            let tail = match (field.primary_key, integer_key, sqlite) {
                (true, true, true) => " PRIMARY KEY AUTOINCREMENT",
                (true, ..) => " PRIMARY KEY",
                (false, ..) => "",
            };
            parts.push(format!("\"{}\" {kind}{tail}", field.name));
        }
        for relation in one.relations.values().filter(|relation| relation.constrained) {
            if let RelationKind::ToOne { column, target_column, .. } = &relation.kind {
                parts.push(format!(
                    "FOREIGN KEY (\"{column}\") REFERENCES \"{}\" (\"{target_column}\") ON DELETE {}",
                    relation.target,
                    relation.on_delete.as_str()
                ));
            }
        }
        let strict = if sqlite { " STRICT" } else { "" };
        texts.push(format!("CREATE TABLE \"{}\" ({}){strict}", one.name, parts.join(", ")));
        for field in one.fields.values() {
            let counted = field.primary_key && field.kind == FieldKind::Integer;
            if !sqlite && (counted || field.name == "number") {
                let name = sql::sequence_name(&one.name, &field.name);
                texts.push(format!("DROP SEQUENCE IF EXISTS \"{name}\""));
                texts.push(format!("CREATE SEQUENCE \"{name}\""));
            }
        }
    }
    texts.push(String::from("DROP TABLE IF EXISTS \"_change\""));
    texts.push(String::from("DROP TABLE IF EXISTS \"_sequence\""));
    if sqlite {
        texts.push(String::from(
            "CREATE TABLE \"_change\" (\"seq\" INTEGER PRIMARY KEY AUTOINCREMENT, \"tx\" INTEGER, \
             \"collection\" TEXT, \"id\" TEXT, \"op\" TEXT, \"before\" TEXT, \"after\" TEXT, \
             \"actor\" TEXT, \"source\" TEXT, \"at_ms\" INTEGER) STRICT",
        ));
        texts.push(String::from(
            "CREATE TABLE \"_sequence\" (\"collection\" TEXT, \"field\" TEXT, \"value\" INTEGER, \
             PRIMARY KEY (\"collection\", \"field\")) STRICT",
        ));
    } else {
        texts.push(String::from(
            "CREATE TABLE \"_change\" (\"seq\" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
             \"tx\" bigint DEFAULT pg_current_xact_id()::text::bigint, \"collection\" text, \
             \"id\" text, \"op\" text, \"before\" jsonb, \"after\" jsonb, \"actor\" text, \
             \"source\" text, \"at_ms\" bigint)",
        ));
    }
    texts
}

fn column(kind: &FieldKind, sqlite: bool) -> &'static str {
    let (lite, post) = match kind {
        FieldKind::Integer => ("INTEGER", "integer"),
        FieldKind::BigInt => ("INTEGER", "bigint"),
        FieldKind::Boolean => ("INTEGER", "boolean"),
        FieldKind::Double => ("REAL", "double precision"),
        FieldKind::Real => ("REAL", "real"),
        FieldKind::Decimal { .. } => ("TEXT COLLATE BX_DECIMAL", "numeric(10,2)"),
        FieldKind::Date => ("TEXT", "date"),
        FieldKind::DateTime => ("TEXT", "timestamptz(3)"),
        FieldKind::DateTimeNoTz => ("TEXT", "timestamp(3)"),
        FieldKind::Time => ("TEXT", "timetz(3)"),
        FieldKind::TimeNoTz => ("TEXT", "time(3)"),
        FieldKind::Uuid => ("TEXT", "uuid"),
        FieldKind::Json { .. } | FieldKind::Array(_) => ("TEXT", "jsonb"),
        FieldKind::Binary => ("BLOB", "bytea"),
        FieldKind::CiText => ("TEXT", "text"),
        _ => ("TEXT", "text COLLATE \"C\""),
    };
    if sqlite { lite } else { post }
}

/// One open store with the tables of the shop.
pub struct House {
    pub store: Store,
    pub catalog: Catalog,
}

#[expect(clippy::disallowed_methods, reason = "where Postgres is, the test run says")]
fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

/// Both stores, fresh. Without `TEST_POSTGRES_URL` only SQLite, said loudly.
pub async fn houses(name: &str) -> Vec<House> {
    let path = std::env::temp_dir().join(format!("sql-{name}-{}.sqlite", std::process::id()));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    let options = SqliteOptions {
        path,
        synchronous: Synchronous::Normal,
        readers: 1,
        limits: Limits::default(),
    };
    let mut stores = vec![Store::open_sqlite(options).await.unwrap()];
    match postgres_url() {
        Some(url) => {
            let options = PostgresOptions {
                url,
                connections: 2,
                schema: Some(format!("sql_{name}")),
                limits: Limits::default(),
            };
            stores.push(Store::open_postgres(options).await.unwrap());
        }
        None => eprintln!("POSTGRES WAS NOT TESTED: set TEST_POSTGRES_URL"),
    }
    let mut houses = Vec::new();
    for store in stores {
        let house = House { catalog: shop(), store };
        let statements = tables(&house.catalog, house.store.dialect())
            .into_iter()
            .map(|text| Statement { text: Arc::from(text), binds: Vec::new() })
            .collect();
        house.store.define(Definition { statements, rebuilds: false }).await.unwrap();
        house.store.equip().await.unwrap();
        houses.push(house);
    }
    houses
}

impl House {
    pub async fn read(&self, plan: ReadPlan) -> PageRows {
        self.read_as(plan, Numbers::Tokens).await
    }

    pub async fn read_as(&self, plan: ReadPlan, numbers: Numbers) -> PageRows {
        let compiled = self.compiled(plan, numbers);
        match self.store.read(&compiled).await {
            Ok(page) => page,
            Err(fault) => panic!("{fault:?}\n{}", compiled.page.text),
        }
    }

    pub fn compiled(&self, plan: ReadPlan, numbers: Numbers) -> sql::Compiled {
        let plan = Guarded::for_system(plan, "test");
        sql::compile_read(&plan, self.store.dialect(), numbers)
    }

    /// The rows of a read as text.
    pub async fn rows(&self, plan: ReadPlan) -> String {
        String::from_utf8(self.read(plan).await.json).unwrap()
    }

    pub async fn write(&self, plan: WritePlan) -> Result<(Outcome, Vec<Value>)> {
        let steps = plan.steps.len();
        let plan = Guarded::for_system(plan, "test");
        let stamp =
            ChangeStamp { actor: Some(String::from("u1")), at_ms: 5, ..ChangeStamp::default() };
        let compiled =
            sql::compile_write(&plan, &self.catalog, self.store.dialect(), &stamp).unwrap();
        let texts: Vec<String> =
            compiled.program.steps.iter().map(|step| step.statement.text.to_string()).collect();
        let count = compiled.program.steps.len();
        match self.store.write(compiled.program).await {
            Ok(outcome) => {
                assert_eq!(outcome.steps.len(), count);
                let all: Vec<usize> = (0..steps).collect();
                let keys = compiled.keys.of(&all, |step| outcome.steps[step].kept.as_ref());
                Ok((outcome, keys))
            }
            Err(fault) => {
                if fault.code() == base::Code::Internal {
                    eprintln!("{}", texts.join("\n"));
                }
                Err(fault)
            }
        }
    }

    /// Change rows behind a place: `create posts 1 null {…}`, in order.
    pub async fn changes(
        &self,
        after: i64,
    ) -> Vec<(String, String, String, Option<String>, Option<String>)> {
        let cast = match self.store.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "::text",
        };
        let text = format!(
            "SELECT \"op\", \"collection\", \"id\", \"before\"{cast}, \"after\"{cast} FROM \"_change\" \
             WHERE \"seq\" > {after} ORDER BY \"seq\""
        );
        let statement = Statement { text: Arc::from(text), binds: Vec::new() };
        let rows = self.store.rows(&statement).await.unwrap();
        rows.into_iter()
            .map(|row| {
                let at = |at: usize| row[at].as_text().map(str::to_owned);
                let json = |at: usize| row[at].as_text().map(plain);
                (at(0).unwrap(), at(1).unwrap(), at(2).unwrap(), json(3), json(4))
            })
            .collect()
    }

    pub async fn last_change(&self) -> i64 {
        let text = "SELECT coalesce(max(\"seq\"), 0) FROM \"_change\"";
        let statement = Statement { text: Arc::from(text), binds: Vec::new() };
        self.store.rows(&statement).await.unwrap()[0][0].as_int().unwrap()
    }
}

/// JSON with its keys sorted, so that jsonb's order and ours compare.
fn plain(text: &str) -> String {
    fn sorted(json: serde_json::Value) -> serde_json::Value {
        match json {
            serde_json::Value::Object(map) => {
                let mut pairs: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                serde_json::Value::Object(pairs.into_iter().collect())
            }
            other => other,
        }
    }
    sorted(serde_json::from_str(text).unwrap()).to_string()
}
