//! One server on an empty store.

use super::{Person, template};
use embedded_server::{Config, Running, Server, Synchronous};
use serde_json::{Value as Json, json};
use sqlx::{Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A running server with an owner, and what must be removed afterwards.
pub(crate) struct App {
    running: Option<Running>,
    pub(crate) kind: Kind,
    pub(crate) url: String,
    pub(crate) data: PathBuf,
    database: Option<String>,
    owner: Person,
}

pub(crate) const EMAIL: &str = "owner@example.com";
pub(crate) const PASSWORD: &str = "a long password";

static COUNT: AtomicU32 = AtomicU32::new(0);

#[expect(clippy::disallowed_methods, reason = "the suite is told its database by the environment")]
pub(super) fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

impl App {
    /// Whether Postgres tests cannot run here. In CI that is a failure.
    #[expect(clippy::disallowed_methods, reason = "CI says so in the environment")]
    #[expect(clippy::print_stderr, reason = "what did not run must be seen")]
    pub(crate) fn postgres_is_missing() -> bool {
        if postgres_url().is_some() {
            return false;
        }
        assert!(
            std::env::var("CI").is_err(),
            "TEST_POSTGRES_URL is not set: half of the suite would not run"
        );
        eprintln!("NOT RUN ON POSTGRES: set TEST_POSTGRES_URL, or use `cargo xtask test`");
        true
    }

    pub(crate) async fn start(kind: Kind) -> Self {
        Self::start_with(kind, |_| {}).await
    }

    /// A server on a database that holds tables already: those that these statements make.
    pub(crate) async fn start_beside(kind: Kind, tables: &str) -> Self {
        Self::start_on(kind, Some(tables), |config| config.beside_existing = true).await
    }

    /// A server whose configuration the test changes.
    pub(crate) async fn start_with(kind: Kind, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(kind, None, change).await
    }

    async fn start_on(kind: Kind, tables: Option<&str>, change: impl FnOnce(&mut Config)) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plinth_suite_{}_{number}", std::process::id());
        let data = std::env::temp_dir().join(&name);
        let mut config = Config::for_data(&data);
        config.port = 0;
        config.synchronous = Synchronous::Normal;
        config.admin_email = Some(EMAIL.to_owned());
        config.admin_password = Some(PASSWORD.to_owned());
        let mut database = None;
        if kind == Kind::Postgres {
            config.database_url = Some(template::beside_the_maintenance(&name));
            config.database_connections = 4;
            database = Some(name.clone());
        }
        change(&mut config);
        // Where the test says how a project begins, it begins; the others get a copy of one.
        let begins = tables.is_some() || !template::serves(&config);
        match (kind, begins) {
            (Kind::Postgres, true) => template::make_database(&name, None).await,
            (Kind::Postgres, false) => template::copy_database(&name).await,
            (Kind::Sqlite, true) => {}
            (Kind::Sqlite, false) => template::copy_file(&config).await,
        }
        if let Some(tables) = tables {
            match &config.database_url {
                Some(url) => {
                    let mut connection = PgConnection::connect(url).await.expect("reach Postgres");
                    let made = sqlx::raw_sql(sqlx::AssertSqlSafe(tables.to_owned()));
                    connection.execute(made).await.expect("make the tables");
                }
                None => {
                    std::fs::create_dir_all(&data).expect("make the folder");
                    let file = rusqlite::Connection::open(config.sqlite_file()).expect("a file");
                    file.execute_batch(tables).expect("make the tables");
                }
            }
        }
        let signs_in = config.admin_password.as_deref() == Some(PASSWORD);
        let running = Server::start(config).await.expect("start a server");
        let url = format!("http://{}", running.address());
        let anonymous = Person::anonymous(&url);
        let owner = if signs_in { anonymous.signed_in(EMAIL, PASSWORD).await } else { anonymous };
        Self { running: Some(running), kind, url, data, database, owner }
    }

    /// The owner, an administrator.
    pub(crate) fn admin(&self) -> &Person {
        &self.owner
    }

    /// Its Postgres database, if it has one.
    pub(crate) fn database_url(&self) -> Option<String> {
        let (name, base) = (self.database.as_ref()?, postgres_url()?);
        base.rsplit_once('/').map(|(server, _)| format!("{server}/{name}"))
    }

    pub(crate) fn anonymous(&self) -> Person {
        Person::anonymous(&self.url)
    }

    /// Statements that the store has run.
    pub(crate) async fn statements(&self) -> u64 {
        self.counter("plinth_statements_total").await
    }

    /// Statements that a request costs, by what they grow from before it to after it. It is asked
    /// several times, each with its number: the first fills what is kept afterwards and does not
    /// count, of the others the median does, since a server does things by itself too.
    pub(crate) async fn cost(&self, mut request: impl AsyncFnMut(u64)) -> u64 {
        let (mut asking, mut whole) = (Vec::new(), Vec::new());
        for turn in 0..6 {
            let first = self.statements().await;
            let second = self.statements().await;
            request(turn).await;
            let third = self.statements().await;
            if turn > 0 {
                asking.push(second - first);
                whole.push(third - second);
            }
        }
        median(whole).saturating_sub(median(asking))
    }

    /// A counter by its name.
    pub(crate) async fn counter(&self, name: &str) -> u64 {
        let metrics = self.admin().get("/metrics").await;
        let mut lines = metrics.text.lines();
        let line = lines.find(|line| line.split(' ').next() == Some(name));
        let number = line.and_then(|line| line.rsplit(' ').next()).expect("the counter");
        number.parse::<f64>().map_or(0, |number| number as u64)
    }

    /// The server itself.
    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }

    /// A user with a role of its own that grants exactly these permission rows
    /// (`{collection, action, fields, conditions}`).
    pub(crate) async fn with_grants(&self, role: &str, grants: &[Json]) -> Person {
        let admin = self.admin();
        let role_id = admin.create("baasix_Role", json!({ "name": role })).await;
        for grant in grants {
            let mut row = grant.clone();
            row["role_Id"] = role_id.clone();
            admin.post("/permissions", row).await.expect_status(201);
        }
        let email = format!("{}@example.com", role.to_lowercase());
        admin
            .create("baasix_User", json!({ "email": email, "password": PASSWORD, "firstName": role, "role_Id": role_id }))
            .await;
        self.anonymous().signed_in(&email, PASSWORD).await
    }

    /// Grants the public role one permission row.
    pub(crate) async fn grant_public(&self, grant: Json) {
        let roles =
            self.admin().get("/items/baasix_Role?filter={\"name\":{\"eq\":\"public\"}}").await;
        let mut row = grant;
        row["role_Id"] = roles.body["data"][0]["id"].clone();
        self.admin().post("/permissions", row).await.expect_status(201);
    }

    /// Makes a collection from its fields and flags.
    pub(crate) async fn collection(&self, name: &str, schema: Json) {
        let body = json!({ "collectionName": name, "schema": schema });
        self.admin().post("/schemas", body).await.expect_status(201);
    }

    /// Makes a relation.
    pub(crate) async fn relation(&self, collection: &str, relation: Json) {
        self.admin()
            .post(&format!("/schemas/{collection}/relationships"), relation)
            .await
            .expect_status(201);
    }

    /// A second server on the same data, as another process would be.
    pub(crate) async fn beside(&self) -> Beside {
        let mut config = Config::for_data(&self.data);
        config.port = 0;
        config.database_url = self.database_url();
        config.limits.kept_answers_max = 0;
        let running = Server::start(config).await.expect("start a second server");
        let url = format!("http://{}", running.address());
        let owner = Person::anonymous(&url).signed_in(EMAIL, PASSWORD).await;
        Beside { running, owner }
    }

    /// Stops and starts the server on the same data.
    pub(crate) async fn restart(&mut self) {
        self.restart_after(|_| {}).await;
    }

    /// The same, with something done to its folder while nobody has it open.
    pub(crate) async fn restart_after(&mut self, between: impl FnOnce(&Path)) {
        self.restart_as(between, |_| {}).await;
    }

    /// The same, with something else in its configuration.
    pub(crate) async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        self.restart_as(|_| {}, change).await;
    }

    async fn restart_as(&mut self, between: impl FnOnce(&Path), change: impl FnOnce(&mut Config)) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        between(&self.data);
        let mut config = Config::for_data(&self.data);
        config.port = 0;
        if let Some(name) = &self.database {
            let base = postgres_url().expect("checked before");
            let (server, _) = base.rsplit_once('/').expect("a URL names its database");
            config.database_url = Some(format!("{server}/{name}"));
        }
        change(&mut config);
        let running = Server::start(config).await.expect("start again");
        self.url = format!("http://{}", running.address());
        self.running = Some(running);
        self.owner = self.anonymous().signed_in(EMAIL, PASSWORD).await;
    }

    pub(crate) async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        if let (Some(name), Some(base)) = (&self.database, postgres_url()) {
            let mut connection = PgConnection::connect(&base).await.expect("reach Postgres");
            connection
                .execute(sqlx::AssertSqlSafe(format!(
                    "DROP DATABASE IF EXISTS {name} WITH (FORCE)"
                )))
                .await
                .expect("drop the database");
        }
        drop(std::fs::remove_dir_all(&self.data));
    }
}

/// A second server on the data of an [`App`], to be stopped before it.
pub(crate) struct Beside {
    running: Running,
    pub(crate) owner: Person,
}

impl Beside {
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// The one in the middle.
fn median(mut counts: Vec<u64>) -> u64 {
    counts.sort_unstable();
    counts[counts.len() / 2]
}
