//! What only a server can do or suffer.

#[cfg(test)]
mod harness;

use base::{Code, Error, Limits, Value};
use harness::{
    define, end_session_of, end_sessions_of, number, page, plain, postgres, postgres_url, program,
    run, says, step,
};
use sql::{Bind, Expect, Form, Program, Statement};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::time::{Duration, Instant};
use store::{Definition, PostgresOptions, Store};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_survives_the_end_of_its_connection() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let Some(other) = postgres(Limits::default()).await else { return };
    for _ in 0..3 {
        end_session_of(&place.store, &other.store).await;
        assert_eq!(number(&place.store, "SELECT 7::bigint").await, 7);
        end_session_of(&place.store, &other.store).await;
        let read = page(&place.store, "SELECT 7", &[("n", Form::Int)]);
        assert_eq!(place.store.read(&read).await.unwrap().json, b"{\"n\":7}");
    }
    // A write cannot know whether it happened: it says so, and the next one works.
    define(&place.store, &["CREATE TABLE t (i bigint)"]).await;
    end_session_of(&place.store, &other.store).await;
    if let Err(error) = run(&place.store, "INSERT INTO t VALUES (1)", vec![]).await {
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    }
    run(&place.store, "INSERT INTO t VALUES (2)", vec![]).await.unwrap();
    assert_eq!(number(&place.store, "SELECT count(*) FROM t WHERE i = 2").await, 1);
    other.clear().await;
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_survives_the_end_of_every_connection() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let Some(other) = postgres(Limits::default()).await else { return };
    end_sessions_of(&place.store, &other.store).await;
    assert_eq!(number(&place.store, "SELECT 7::bigint").await, 7);
    // And a write that comes after whoever found the first one dead finds none.
    define(&place.store, &["CREATE TABLE t (i bigint)"]).await;
    end_sessions_of(&place.store, &other.store).await;
    assert_eq!(number(&place.store, "SELECT count(*) FROM t").await, 0);
    run(&place.store, "INSERT INTO t VALUES (1)", vec![]).await.unwrap();
    other.clear().await;
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_lock_each_other_out_both_happen() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let store = &place.store;
    define(
        store,
        &["CREATE TABLE t (i bigint PRIMARY KEY, n bigint)", "INSERT INTO t VALUES (1, 0), (2, 0)"],
    )
    .await;
    let crossing = |first: i64, second: i64| {
        let add = |i: i64| {
            says(store, "UPDATE t SET n = n + 1 WHERE i = ?1::bigint", vec![Value::Int(i)])
        };
        let wait = plain("SELECT 1 FROM pg_sleep(0.3)");
        store.write(program(vec![add(first), wait, add(second)]))
    };
    let (left, right) = tokio::join!(crossing(1, 2), crossing(2, 1));
    left.unwrap();
    right.unwrap();
    assert_eq!(number(store, "SELECT sum(n)::bigint FROM t").await, 4);
    assert!(store.counters().retries >= 1);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_tables_does_not_wait_behind_others() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let store = &place.store;
    define(store, &["CREATE TABLE t (i bigint)"]).await;
    let holding = {
        let store = store.clone();
        tokio::spawn(async move {
            let steps = vec![
                step(says(&store, "INSERT INTO t VALUES (1)", vec![]), Expect::Any),
                step(plain("SELECT 1 FROM pg_sleep(4)"), Expect::Any),
            ];
            store.write(Program { steps }).await
        })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    let alter = || Definition {
        statements: vec![plain("ALTER TABLE t ADD COLUMN u text")],
        rebuilds: false,
    };
    let error = store.define(alter()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.retry_ms().is_some() && began.elapsed() < Duration::from_millis(3_500));
    holding.await.unwrap().unwrap();
    store.define(alter()).await.unwrap();
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_waits_for_is_refused_in_time() {
    let limits = Limits { statement_ms_max: 300, ..Limits::default() };
    let Some(place) = postgres(limits).await else { return };
    let store = &place.store;
    // More readers than connections, all slow: each is ended, and none waits for ever.
    let mut tasks = Vec::new();
    for _ in 0..12 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            store.rows(&plain("SELECT 1 FROM pg_sleep(20)")).await.unwrap_err().code()
        }));
    }
    for task in tasks {
        let code = task.await.unwrap();
        assert!(matches!(code, Code::Timeout | Code::Unavailable), "{code}");
    }
    assert_eq!(number(store, "SELECT 1::bigint").await, 1);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_are_the_callers_fault() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let store = &place.store;
    define(store, &["CREATE TABLE t (n numeric(4,2), s varchar(3), u uuid)"]).await;
    let cases = [
        ("INSERT INTO t (n) VALUES ($1::text::numeric)", "1000"),
        ("INSERT INTO t (s) VALUES ($1::text)", "four"),
        ("INSERT INTO t (u) VALUES ($1::text::uuid)", "no uuid"),
        ("INSERT INTO t (s) SELECT 'x' WHERE 'a' ~ $1::text", "("),
        ("INSERT INTO t (s) SELECT 'x' WHERE '{}'::jsonb @? $1::text::jsonpath", "$."),
        ("INSERT INTO t (s) VALUES ($1::text)", "a\0b"),
    ];
    for (text, value) in cases {
        let binds = vec![Bind::Value(Value::text(value))];
        let statement = Statement { text: text.into(), binds };
        let error = store.write(program(vec![statement])).await.unwrap_err();
        assert_eq!(error.code(), Code::ValidationError, "{text}: {error:?}");
    }
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_cannot_be_used_say_why() {
    let Some(url) = postgres_url() else { return };
    let open = |url: String| {
        Store::open_postgres(PostgresOptions {
            url,
            connections: 1,
            schema: None,
            limits: Limits::default(),
        })
    };
    let code = |opened: Result<Store, Error>| opened.unwrap_err().code();
    assert_eq!(code(open(String::from("postgres://127.0.0.1:1/x")).await), Code::Unavailable);
    assert_eq!(code(open(String::from("nonsense")).await), Code::ConfigInvalid);
    let (server, _) = url.rsplit_once('/').unwrap();
    assert_eq!(
        code(open(format!("{server}/there_is_no_such_database")).await),
        Code::ConfigInvalid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_while_an_index_is_tried_is_not_seen_by_it() {
    let Some(place) = postgres(Limits::default()).await else { return };
    let store = &place.store;
    define(store, &["CREATE TABLE t (i bigint)", "CREATE TABLE other (i bigint)"]).await;
    // Stands between the two reads until the other table was written.
    let lock = 0x0070_6c69_6e74_6800_i64 + i64::from(std::process::id());
    let held = PgConnection::connect(&postgres_url().unwrap());
    let mut held = held.await.unwrap();
    held.execute(AssertSqlSafe(format!("SELECT pg_advisory_lock({lock})"))).await.unwrap();
    let wait = plain(&format!("SELECT 1 FROM pg_advisory_xact_lock({lock})"));
    let read = page(store, "SELECT count(*) FROM other", &[("n", Form::Int)]);
    let trial = store::Trial {
        table: sql::IndexTrial {
            table: String::from("t"),
            copy: Vec::new(),
            index: wait,
            name: String::from("t"),
            aside: plain("SELECT 1"),
            remove: plain("DELETE FROM t"),
            put_back: plain("DELETE FROM t"),
        },
        before: vec![read.clone()],
        after: vec![read],
        runs: 1,
        bytes_max: u64::MAX,
        limit: Duration::from_secs(60),
    };
    let waiting = format!(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ({lock} & 4294967295)"
    );
    let meanwhile = async {
        while number(store, &waiting).await == 0 {
            tokio::task::yield_now().await;
        }
        run(store, "INSERT INTO other VALUES (1)", vec![]).await.unwrap();
        held.close().await.unwrap();
    };
    let (tried, ()) = tokio::join!(store.trial(trial), meanwhile);
    assert!(tried.unwrap().same);
    place.clear().await;
}
