//! Changes of the schema while somebody else writes: what was written is never lost.

use super::history::{apply, column, newest, undo, without};
use super::{goods, schema};
use crate::harness::{App, Kind, on_every_store};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Duration;

/// A writer of another program, in the middle of its transaction.
enum Writer {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

impl Writer {
    async fn begin(app: &App, text: &str) -> Self {
        match app.kind {
            Kind::Sqlite => {
                let path = app.data.join(embedded_server::DATABASE_FILE);
                let file = rusqlite::Connection::open(path).expect("open the file");
                file.busy_timeout(Duration::from_secs(5)).expect("wait for a turn");
                file.execute_batch("BEGIN IMMEDIATE").expect("begin");
                file.execute_batch(text).expect("write");
                Self::Sqlite(file)
            }
            Kind::Postgres => {
                let url = app.database_url().expect("an address");
                let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
                connection.execute("BEGIN").await.expect("begin");
                connection.execute(AssertSqlSafe(text.to_owned())).await.expect("write");
                Self::Postgres(connection)
            }
        }
    }

    /// Commits, on Postgres as soon as somebody waits for what is held.
    async fn commit(self) {
        match self {
            // There is one writer at a time, so whoever else writes waits.
            Self::Sqlite(file) => file.execute_batch("COMMIT").expect("commit"),
            Self::Postgres(mut connection) => {
                let asked = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
                let mut waited = false;
                while !waited {
                    waited =
                        sqlx::query_scalar(asked).fetch_one(&mut connection).await.expect("ask");
                    tokio::task::yield_now().await;
                }
                connection.execute("COMMIT").await.expect("commit");
                connection.close().await.expect("close");
            }
        }
    }
}

on_every_store!(what_is_written_while_a_field_ends_is_kept_with_it, async |app| {
    goods(app).await;
    let body = without(app, "note").await;
    let writer = Writer::begin(app, r#"UPDATE "goods" SET "note" = 'late' WHERE "id" = 2"#).await;
    let (version, ()) = tokio::join!(apply(app, body), writer.commit());
    undo(app, version).await;
    assert_eq!(column(app, "note").await, [json!("a"), json!("late"), json!("c")]);
});

on_every_store!(what_is_written_while_values_come_back_stays, async |app| {
    goods(app).await;
    for (id, price) in [(1, "007"), (2, "08"), (3, "9")] {
        let row = json!({ "price": price });
        app.admin().patch(&format!("/items/goods/{id}"), row).await.expect_status(200);
    }
    let mut fields = schema(app, "goods").await["fields"].clone();
    fields["price"]["type"] = json!("Integer");
    let body =
        json!({ "collections": [{ "collectionName": "goods", "schema": { "fields": fields } }] });
    let version = apply(app, body).await;
    let at = format!("/schemas/history/{version}");
    let plan = app.admin().post(&format!("{at}/plan"), json!({})).await;
    let token = json!({ "token": plan.expect_status(200).body["data"]["token"] });
    let writer = Writer::begin(app, r#"UPDATE "goods" SET "price" = 80 WHERE "id" = 2"#).await;
    let undoing = async {
        app.admin().post(&format!("{at}/undo"), token).await.expect_status(200);
    };
    tokio::join!(undoing, writer.commit());
    assert_eq!(newest(app).await["undoes"], version);
    assert_eq!(column(app, "price").await, [json!("007"), json!("80"), json!("9")]);
});
