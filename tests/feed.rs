//! The feed as an administrator sees it: how far its consumers are.

use crate::harness::{App, Kind, on_every_store};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Puts a consumer at the feed's beginning. No route does: consumers are rooms of the house.
async fn consumer(app: &App, name: &str) {
    let text = format!(
        r#"INSERT INTO "_feed_cursor" ("name", "tx", "seq", "at_ms") VALUES ('{name}', 0, 0, 0)"#
    );
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            connection.busy_timeout(std::time::Duration::from_secs(5)).expect("wait for a turn");
            connection.execute(&text, []).expect("write");
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            connection.execute(AssertSqlSafe(text)).await.expect("write");
            connection.close().await.expect("close");
        }
    }
}

async fn lag(app: &App, cursor: &str) -> u64 {
    let answer = app.anonymous().get("/metrics").await;
    answer.expect_status(200);
    let start = format!("plinth_feed_lag_rows{{cursor=\"{cursor}\"}} ");
    let line = answer.text.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("{}", answer.text)).parse().expect("a number")
}

on_every_store!(metrics_tell_how_far_each_consumer_of_the_feed_lags, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let none = app.anonymous().get("/metrics").await;
    assert!(!none.text.contains("plinth_feed_lag_rows{"), "{}", none.text);
    assert!(none.text.contains("\nplinth_feed_lag_rows_max 100000\n"), "{}", none.text);
    consumer(app, "mail").await;
    let before = lag(app, "mail").await;
    for title in ["one", "two", "three"] {
        app.admin().create("notes", json!({ "title": title })).await;
    }
    assert_eq!(lag(app, "mail").await, before + 3);
});
