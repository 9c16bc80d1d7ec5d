//! A project that has just begun, made once for the whole suite and copied for each test: to found
//! one is most of what a short test would cost, on Postgres four fifths.

use super::app::{EMAIL, PASSWORD, postgres_url};
use embedded_server::{Config, Server, Synchronous};
use sqlx::{Connection, Executor, PgConnection};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// What the names of templates end with; the process that made them stands before it.
const ENDING: &str = "_template";
const BEGINNING: &str = "plinth_suite_";

static FILE: OnceCell<PathBuf> = OnceCell::const_new();
static DATABASE: OnceCell<String> = OnceCell::const_new();

/// Whether a project with this configuration begins as the template did.
pub(super) fn serves(config: &Config) -> bool {
    let usual = Config::for_data(&config.data_dir);
    config.admin_email.as_deref() == Some(EMAIL)
        && config.admin_password.as_deref() == Some(PASSWORD)
        && config.database_schema == usual.database_schema
}

/// The address of a database of this name.
pub(super) fn beside_the_maintenance(name: &str) -> String {
    let base = postgres_url().expect("checked before");
    let (server, _) = base.rsplit_once('/').expect("a URL names its database");
    format!("{server}/{name}")
}

/// An empty database, or a copy of another one that nobody uses.
pub(super) async fn make_database(name: &str, template: Option<&str>) {
    let of = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    told(&format!("CREATE DATABASE {name}{of}")).await;
}

/// A database that holds a project which has just begun.
pub(super) async fn copy_database(name: &str) {
    let template = DATABASE
        .get_or_init(async || {
            forget_databases().await;
            let own = own_name();
            make_database(&own, None).await;
            let address = beside_the_maintenance(&own);
            let folder = std::env::temp_dir().join(format!("{own}_of_database"));
            found(&folder, |config| config.database_url = Some(address)).await;
            drop(std::fs::remove_dir_all(folder));
            own
        })
        .await;
    make_database(name, Some(template)).await;
}

/// Puts the file of a project which has just begun where this configuration looks for it.
pub(super) async fn copy_file(config: &Config) {
    let template = FILE
        .get_or_init(async || {
            forget_folders();
            let folder = std::env::temp_dir().join(own_name());
            found(&folder, |_| {}).await;
            let file = Config::for_data(&folder).sqlite_file();
            assert!(!beside(&file, "-wal").exists(), "a project that was stopped leaves no log");
            file
        })
        .await;
    // For its owner alone, as the server would have made it.
    let mut folder = std::fs::DirBuilder::new();
    folder.mode(0o700).create(&config.data_dir).expect("make the folder");
    std::fs::copy(template, config.sqlite_file()).expect("copy the template");
}

/// Founds a project in a folder and stops it.
async fn found(folder: &Path, change: impl FnOnce(&mut Config)) {
    let mut config = Config::for_data(folder);
    config.port = 0;
    config.synchronous = Synchronous::Normal;
    config.admin_email = Some(EMAIL.to_owned());
    config.admin_password = Some(PASSWORD.to_owned());
    change(&mut config);
    Server::start(config).await.expect("start a server").stop().await;
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn own_name() -> String {
    format!("{BEGINNING}{}{ENDING}", std::process::id())
}

// A run cannot tell which of its tests is the last. So each takes away what runs before it left,
// which is at most one database and one folder of a megabyte.

async fn forget_databases() {
    let mut connection = maintenance().await;
    let names: Vec<String> = sqlx::query_scalar("SELECT datname::text FROM pg_database")
        .fetch_all(&mut connection)
        .await
        .expect("list the databases");
    for name in names.iter().filter(|name| is_left_over(name)) {
        told(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

fn forget_folders() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_left_over) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// Whether this is the template of a process that has ended; where that cannot be seen, none is.
fn is_left_over(name: &str) -> bool {
    let made_by = name.strip_prefix(BEGINNING).and_then(|rest| rest.strip_suffix(ENDING));
    let process = made_by.and_then(|process| process.parse::<u32>().ok());
    let processes = Path::new("/proc");
    process.is_some_and(|id| {
        processes.join("self").exists() && !processes.join(id.to_string()).exists()
    })
}

async fn maintenance() -> PgConnection {
    let base = postgres_url().expect("checked before");
    PgConnection::connect(&base).await.expect("reach Postgres")
}

async fn told(statement: &str) {
    let mut connection = maintenance().await;
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    connection.execute(statement).await.expect("make or drop a database");
}
