//! Opening somebody else's database: only with consent, and nothing of theirs is changed.

use super::{SHOP_ROWS, SHOP_SQLITE, adopt, everything_of_sqlite, existing, shop};
use crate::harness::{App, EMAIL, Kind, PASSWORD, Person};
use embedded_server::{Code, Config, Server};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

/// A SQLite file of somebody else, with a number of theirs in its head.
fn file(name: &str) -> std::path::PathBuf {
    let folder =
        std::env::temp_dir().join(format!("plinth_existing_{}_{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("make a folder");
    let file = folder.join("shop.sqlite");
    let connection = rusqlite::Connection::open(&file).expect("a file");
    connection
        .execute_batch(&format!("PRAGMA user_version = 42; {SHOP_SQLITE}{SHOP_ROWS}"))
        .expect("a shop");
    file
}

fn config(file: &std::path::Path) -> Config {
    let mut config = Config::for_data(file);
    config.port = 0;
    config.admin_email = Some(EMAIL.to_owned());
    config.admin_password = Some(PASSWORD.to_owned());
    config
}

#[tokio::test]
async fn a_file_of_somebody_else_is_opened_with_consent_only_and_keeps_what_it_had() {
    let file = file("consent");
    let before = std::fs::read(&file).expect("the file");
    let refused = Server::start(config(&file)).await.err().expect("a refusal");
    assert_eq!(refused.code(), Code::ConfigInvalid);
    assert!(
        refused.message().contains("10 tables") && refused.message().contains("customers"),
        "{refused}"
    );
    assert!(
        refused
            .hint_text()
            .is_some_and(|hint| hint.contains("--beside-existing") && hint.contains("WAL"))
    );
    assert!(std::fs::read(&file).expect("the file") == before, "a refusal changed the file");
    let beside = std::fs::read_dir(file.parent().expect("a folder")).expect("read it").count();
    assert_eq!(beside, 1, "a refusal left something behind");

    let tables = everything_of_sqlite(&file);
    let mut agreed = config(&file);
    agreed.beside_existing = true;
    let running = Server::start(agreed).await.expect("start with consent");
    let url = format!("http://{}", running.address());
    let owner = Person::anonymous(&url).signed_in(EMAIL, PASSWORD).await;
    let found = owner.get("/schemas/existing").await;
    found.expect_status(200);
    assert_eq!(found.body["data"]["tables"].as_array().map(Vec::len), Some(11), "{}", found.text);
    running.stop().await;
    assert_eq!(everything_of_sqlite(&file), tables);
    let number: i64 = rusqlite::Connection::open(&file)
        .expect("the file")
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(number, 42, "the number of the other program is gone");

    // From then on it is a project, and nobody is asked again.
    let running = Server::start(config(&file)).await.expect("start again");
    running.stop().await;

    // Nor is an empty one made where it is missed.
    let away = file.with_file_name("away.sqlite");
    std::fs::rename(&file, &away).expect("move it");
    let refused = Server::start(config(&file)).await.err().expect("a refusal");
    assert_eq!(refused.code(), Code::ConfigInvalid);
    assert!(refused.message().contains("shop.sqlite, is not there"), "{refused}");
    assert!(refused.hint_text().is_some_and(|hint| hint.contains("put the file back")));
    assert!(!file.exists(), "something was made in its place");
    std::fs::write(&file, "").expect("an empty file");
    let refused = Server::start(config(&file)).await.err().expect("a refusal");
    assert!(refused.message().contains("is no file of SQLite"), "{refused}");
    std::fs::rename(&away, &file).expect("move it back");
    let running = Server::start(config(&file)).await.expect("start with the file back");
    running.stop().await;
    std::fs::remove_dir_all(file.parent().expect("a folder")).expect("clean up");
}

#[tokio::test]
async fn tables_with_names_of_ours_are_never_touched() {
    let file = file("clash");
    let connection = rusqlite::Connection::open(&file).expect("the file");
    connection.execute_batch("CREATE TABLE _meta (key TEXT, value TEXT)").expect("a table");
    drop(connection);
    let before = std::fs::read(&file).expect("the file");
    let mut agreed = config(&file);
    agreed.beside_existing = true;
    let refused = Server::start(agreed).await.err().expect("a refusal");
    assert_eq!(refused.code(), Code::ConfigInvalid);
    assert!(refused.message().contains("`_meta`"), "{refused}");
    assert!(std::fs::read(&file).expect("the file") == before);
    std::fs::remove_dir_all(file.parent().expect("a folder")).expect("clean up");
}

#[tokio::test]
async fn a_schema_of_postgres_with_tables_is_opened_with_consent_only() {
    if App::postgres_is_missing() {
        return;
    }
    // A database with a shop in it, in which the harness has begun a project with consent.
    let app = App::start_beside(Kind::Postgres, &shop(Kind::Postgres)).await;
    let url = app.database_url().expect("a database");
    let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
    connection
        .execute("CREATE SCHEMA other; CREATE TABLE other.things (id int PRIMARY KEY)")
        .await
        .expect("a schema");
    let data = app.data.join("second");
    let mut second = Config::for_data(&data);
    second.port = 0;
    second.database_url = Some(url.clone());
    second.database_schema = Some(String::from("other"));
    let refused = Server::start(second.clone()).await.err().expect("a refusal");
    assert_eq!(refused.code(), Code::ConfigInvalid);
    assert!(
        refused.message().contains("1 table of its own") && refused.message().contains("things"),
        "{refused}"
    );
    let left: (i64,) = sqlx::query_as("SELECT count(*) FROM pg_tables WHERE schemaname = 'other'")
        .fetch_one(&mut connection)
        .await
        .expect("a count");
    assert_eq!(left.0, 1);
    second.beside_existing = true;
    Server::start(second).await.expect("start with consent").stop().await;
    let mine = app.admin().get("/schemas/existing").await;
    assert!(
        mine.body["data"]["tables"]
            .as_array()
            .is_some_and(|all| all.iter().all(|table| table["name"] != "things"))
    );
    app.admin().post("/schemas/adopt", json!({ "dryRun": true })).await.expect_status(200);
    app.stop().await;
}

#[tokio::test]
async fn a_table_of_another_schema_in_the_path_is_led_to_where_it_is() {
    if App::postgres_is_missing() {
        return;
    }
    let tables = "CREATE SCHEMA nearby; CREATE TABLE public.far (id int PRIMARY KEY);
        CREATE TABLE nearby.near (id int PRIMARY KEY, far_id int REFERENCES public.far (id));
        DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = nearby, public', current_database()); END $$;";
    let app = App::start_beside(Kind::Postgres, tables).await;
    let near = existing(&app, "near").await;
    assert_eq!(near["adoptable"], true, "{near}");
    adopt(&app, json!({ "tables": ["near"] })).await.expect_status(200);
    app.admin().create("near", json!({ "id": 1 })).await;
    app.stop().await;
}
