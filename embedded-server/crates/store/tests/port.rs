//! What every store must do, asked of each.

#[cfg(test)]
mod harness;

use base::{Code, Error, Limits, Value};
use harness::{
    cursor, define, number, on_every_store, page, plain, postgres_url, program, run, says,
    sqlite_options, step,
};
use sql::{Bind, Dialect, Expect, Form, Program, Shape, ShapeNode, Statement};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Definition, PostgresOptions, Store};

fn refused(what: &str) -> Box<Error> {
    Box::new(Error::new(Code::Conflict, what))
}

fn short(ms: u64) -> Limits {
    Limits { statement_ms_max: ms, ..Limits::default() }
}

/// Slow by itself, without a lock on anything.
const SLOW: &str = "{WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n|SELECT 1::bigint FROM pg_sleep(30)}";

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_bytes_on_both_stores() {
    on_every_store(Limits::default(), async |store| {
        define(
            store,
            &["CREATE TABLE kinds (id {INTEGER|bigint} PRIMARY KEY, word text, big {INTEGER|bigint},
              real {REAL|double precision}, dec {TEXT|numeric}, truth {INTEGER|boolean},
              json {TEXT|jsonb}, bytes {BLOB|bytea})"],
        )
        .await;
        let insert = "INSERT INTO kinds VALUES (?1::bigint, ?2::text, ?3::bigint, ?4::float8, ?5::numeric, ?6::boolean, ?7::jsonb, ?8::bytea)";
        // The row of NULLs goes first: what comes later must not be read as text.
        let mut nothing = vec![Value::Null; 8];
        nothing[0] = Value::Int(1);
        run(store, insert, nothing).await.unwrap();
        let full = vec![
            Value::Int(2),
            Value::text("\"q\" \\ \n\u{1} é 😀 \u{7f}"),
            Value::Int(i64::MIN),
            Value::Real(0.1),
            Value::text("99999999999999999999999999999999999999.10"),
            Value::Bool(true),
            Value::text("{\"a\":[1,{\"b\":\"x y\"}],\"bb\":null}"),
            Value::Bytes(vec![0, 255, 16, 1]),
        ];
        run(store, insert, full.clone()).await.unwrap();
        let mut other = full;
        other[0] = Value::Int(3);
        other[3] = Value::Real(1e15);
        other[5] = Value::Bool(false);
        other[7] = Value::Bytes(Vec::new());
        run(store, insert, other).await.unwrap();
        let read = page(
            store,
            "SELECT id, word, big, big, real, dec::text, dec::text, truth, json::text, bytes FROM kinds ORDER BY id",
            &[
                ("id", Form::Int),
                ("word", Form::Text),
                ("big", Form::Int),
                ("bigText", Form::IntText),
                ("real", Form::Real),
                ("dec", Form::NumberToken),
                ("decText", Form::Text),
                ("truth", Form::Bool),
                ("json", Form::Json),
                ("bytes", Form::Base64),
            ],
        );
        let found = store.read(&read).await.unwrap();
        let word = "\\\"q\\\" \\\\ \\n\\u0001 é 😀 \u{7f}";
        let row = |id: u8, real: &str, truth: bool, bytes: &str| {
            format!(
                "{{\"id\":{id},\"word\":\"{word}\",\"big\":-9223372036854775808,\"bigText\":\"-9223372036854775808\",\
                 \"real\":{real},\"dec\":99999999999999999999999999999999999999.10,\
                 \"decText\":\"99999999999999999999999999999999999999.10\",\"truth\":{truth},\
                 \"json\":{{\"a\":[1,{{\"b\":\"x y\"}}],\"bb\":null}},\"bytes\":\"{bytes}\"}}"
            )
        };
        let nulls = "{\"id\":1,\"word\":null,\"big\":null,\"bigText\":null,\"real\":null,\"dec\":null,\"decText\":null,\"truth\":null,\"json\":null,\"bytes\":null}";
        let expected = [
            nulls.to_owned(),
            row(2, "0.1", true, "AP8QAQ=="),
            row(3, "1e+15", false, ""),
        ];
        assert_eq!(String::from_utf8(found.json).unwrap(), expected.join(","));
        assert_eq!((found.rows, found.total, found.more), (3, None, false));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_related_record_is_an_object_or_null() {
    on_every_store(Limits::default(), async |store| {
        let mut read =
            page(store, "SELECT 1, 7, 'x' UNION ALL SELECT 2, NULL, NULL ORDER BY 1", &[]);
        let field =
            |key: &str, column, form| ShapeNode::Field { key: format!("\"{key}\":"), column, form };
        read.shape = Arc::new(Shape {
            nodes: vec![
                field("id", 0, Form::Int),
                ShapeNode::Object {
                    key: String::from("\"author\":"),
                    present: 1,
                    nodes: vec![field("id", 1, Form::Int), field("name", 2, Form::Text)],
                },
            ],
        });
        let found = store.read(&read).await.unwrap();
        assert_eq!(
            String::from_utf8(found.json).unwrap(),
            r#"{"id":1,"author":{"id":7,"name":"x"}},{"id":2,"author":null}"#
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_is_counted_only_when_the_page_does_not_tell() {
    on_every_store(Limits::default(), async |store| {
        define(store, &["CREATE TABLE n (i {INTEGER|bigint} PRIMARY KEY)"]).await;
        for i in 1..=10 {
            run(store, "INSERT INTO n VALUES (?1::bigint)", vec![Value::Int(i)]).await.unwrap();
        }
        // limit, offset, probe, wants total -> rows, total, more, cursor, statements
        type Case = (Option<u64>, u64, bool, bool, u64, Option<u64>, bool, Option<i64>, u64);
        let cases: [Case; 10] = [
            (None, 0, false, true, 10, Some(10), false, None, 1),
            (None, 3, false, true, 7, Some(10), false, None, 1),
            (Some(4), 0, false, true, 4, Some(10), true, Some(4), 2),
            (Some(4), 8, false, true, 2, Some(10), false, None, 1),
            (Some(4), 12, false, true, 0, Some(10), false, None, 2),
            (Some(4), 0, true, false, 4, None, true, Some(4), 1),
            (Some(10), 0, true, true, 10, Some(10), false, None, 1),
            (Some(5), 5, true, false, 5, None, false, None, 1),
            (Some(4), 0, false, false, 4, None, false, Some(4), 1),
            (Some(0), 0, false, true, 0, Some(10), true, None, 1),
        ];
        for (limit, offset, probe, total, rows, counted, more, last, statements) in cases {
            let fetched = limit.map_or(100, |limit| limit + u64::from(probe));
            let text = format!("SELECT i FROM n ORDER BY i LIMIT {fetched} OFFSET {offset}");
            let mut read = page(store, &text, &[("i", Form::Int)]);
            read.limit = limit;
            read.offset = Some(offset);
            read.probe = probe;
            read.total = total.then(|| plain("SELECT count(*) FROM n"));
            read.cursor = cursor(&[0]);
            let before = store.counters().statements;
            let found = store.read(&read).await.unwrap();
            let sent = store.counters().statements - before;
            let key = found.cursor.as_ref().map(|values| values[0].as_int().unwrap());
            assert_eq!(
                (found.rows, found.total, found.more, key, sent),
                (rows, counted, more, last, statements),
                "limit {limit:?} offset {offset} probe {probe}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_happens_whole_or_not_at_all() {
    on_every_store(Limits::default(), async |store| {
        define(
            store,
            &[
                "CREATE TABLE a (id {INTEGER PRIMARY KEY|bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY}, t text)",
                "CREATE TABLE b (a {INTEGER|bigint}, t text)",
            ],
        )
        .await;
        let insert = || says(store, "INSERT INTO a (t) VALUES (?1::text) RETURNING id", vec![Value::text("x")]);
        let mut follow = says(store, "INSERT INTO b VALUES (?1::bigint, ?2::text)", vec![]);
        follow.binds = vec![Bind::Step(0), Bind::Value(Value::text("child"))];
        let outcome = store.write(program(vec![insert(), follow.clone()])).await.unwrap();
        assert_eq!(outcome.steps[0].kept, Some(Value::Int(1)));
        assert_eq!((outcome.steps[0].rows, outcome.steps[1].rows), (1, 1));
        assert_eq!(outcome.steps[1].kept, None);
        assert_eq!(number(store, "SELECT a FROM b").await, 1);

        // What was expected of the last step does not hold: nothing of the first stays.
        let update = says(store, "UPDATE b SET t = 'y' WHERE a = ?1::bigint", vec![Value::Int(99)]);
        let steps = vec![
            step(insert(), Expect::Any),
            step(update, Expect::Rows(1, refused("no such record"))),
        ];
        let error = store.write(Program { steps }).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Conflict, "no such record"));
        assert_eq!(number(store, "SELECT count(*) FROM a").await, 1);

        // One statement that changes too much is undone as well.
        let update = says(store, "UPDATE a SET t = 'z'", vec![]);
        run(store, "INSERT INTO a (t) VALUES ('second')", vec![]).await.unwrap();
        let steps = vec![step(update, Expect::Rows(1, refused("too many")))];
        assert_eq!(store.write(Program { steps }).await.unwrap_err().message(), "too many");
        assert_eq!(number(store, "SELECT count(*) FROM a WHERE t = 'z'").await, 0);

        let asks = |truth: &str| {
            let ask = plain(&format!("SELECT {truth}"));
            Program {
                steps: vec![
                    step(says(store, "DELETE FROM a", vec![]), Expect::Any),
                    step(ask, Expect::True(refused("not allowed"))),
                ],
            }
        };
        for truth in ["1 = 0", "NULL", "1 WHERE 1 = 0"] {
            assert_eq!(store.write(asks(truth)).await.unwrap_err().message(), "not allowed");
        }
        assert_eq!(number(store, "SELECT count(*) FROM a").await, 2);
        store.write(asks("1 = 1")).await.unwrap();
        assert_eq!(number(store, "SELECT count(*) FROM a").await, 0);
        assert_eq!(store.write(Program::default()).await.unwrap().steps, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_program_disturbs_no_other() {
    on_every_store(Limits::default(), async |store| {
        define(
            store,
            &[
                "CREATE TABLE taken (k text PRIMARY KEY)",
                "CREATE TABLE log (k text, n {INTEGER|bigint})",
            ],
        )
        .await;
        let before = store.counters();
        let mut tasks = Vec::new();
        for n in 0..300_i64 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                // Every third meets a key that is there already, after it wrote its own line.
                let key = if n % 3 == 0 { String::from("same") } else { format!("k{n}") };
                let log = says(
                    &store,
                    "INSERT INTO log VALUES (?1::text, ?2::bigint)",
                    vec![Value::text(key.clone()), Value::Int(n)],
                );
                let take =
                    says(&store, "INSERT INTO taken VALUES (?1::text)", vec![Value::text(key)]);
                store.write(program(vec![log, take])).await
            }));
        }
        let mut written = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => written += 1,
                Err(error) => assert_eq!(error.code(), Code::UniqueViolation, "{error:?}"),
            }
        }
        assert_eq!(written, 201);
        assert_eq!(number(store, "SELECT count(*) FROM taken").await, 201);
        assert_eq!(number(store, "SELECT count(*) FROM log").await, 201);
        let after = store.counters();
        assert_eq!(after.programs - before.programs, 300);
        assert_eq!(after.refused - before.refused, 99);
        let commits = after.commits - before.commits;
        if store.dialect() == sql::Dialect::Sqlite {
            assert!(commits < 201, "{commits} commits for 201 programs: nothing was grouped");
        } else {
            assert_eq!(commits, 201);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_the_field_and_never_the_row() {
    on_every_store(Limits::default(), async |store| {
        define(
            store,
            &[
                "CREATE TABLE users (id {INTEGER|bigint} PRIMARY KEY, email text NOT NULL, team text, n {INTEGER|integer}
                   CONSTRAINT n_positive CHECK (n > 0), UNIQUE (team, n)){ STRICT|}",
                "CREATE UNIQUE INDEX users_email ON users ({bx_fold|lower}(\"email\"))",
                "CREATE TABLE posts (id {INTEGER|bigint} PRIMARY KEY, author_id {INTEGER|bigint} REFERENCES users (id))",
            ],
        )
        .await;
        let user = "INSERT INTO users (id, email, team, n) VALUES (?1::bigint, ?2::text, 't', ?3::bigint)";
        let row = |id, email: Value, n| vec![Value::Int(id), email, Value::Int(n)];
        run(store, user, row(1, Value::text("A@b.c"), 1)).await.unwrap();
        run(store, "INSERT INTO posts VALUES (1, 1)", vec![]).await.unwrap();
        let cases = [
            (user, row(1, Value::text("x"), 2), Code::UniqueViolation, vec!["id"]),
            (user, row(2, Value::text("a@B.c"), 2), Code::UniqueViolation, vec!["email"]),
            (user, row(2, Value::text("x"), 1), Code::UniqueViolation, vec!["team", "n"]),
            (user, row(2, Value::Null, 2), Code::RequiredFieldMissing, vec!["email"]),
            (user, row(2, Value::text("x"), 0), Code::ValidationError, vec![]),
            ("INSERT INTO posts VALUES (2, 99)", vec![], Code::ForeignKeyViolation, vec![]),
            ("DELETE FROM users", vec![], Code::ForeignKeyViolation, vec![]),
        ];
        for (text, binds, code, fields) in cases {
            let error = run(store, text, binds).await.unwrap_err();
            assert_eq!(error.code(), code, "{text}: {error:?}");
            let named: Vec<_> =
                error.detail_list().iter().filter_map(|detail| detail.field.as_deref()).collect();
            if !fields.is_empty() {
                assert_eq!(named, fields, "{text}");
            }
            let said = format!("{error} {:?}", error.detail_list());
            assert!(!said.contains("b.c"), "{said}");
            assert!(error.cause().is_some());
        }
        let unique = run(store, user, row(1, Value::text("x"), 2)).await.unwrap_err();
        assert_eq!(unique.message(), "Unique constraint violation");
        assert_eq!(unique.detail_list()[0].message, "is taken already");
        // A value that its column cannot hold.
        let wrong = "{INSERT INTO users (id, email) VALUES ('x', 'y')|INSERT INTO users (id, email) SELECT 'x'::text::bigint, 'y'}";
        let error = run(store, wrong, vec![]).await.unwrap_err();
        assert_eq!(error.code(), Code::ValidationError, "{error:?}");
        // Our own mistake in a text is ours.
        let error = store.rows(&plain("SELECT nothing FROM nowhere")).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_ended_and_the_store_goes_on() {
    on_every_store(short(250), async |store| {
        define(store, &["CREATE TABLE t (i {INTEGER|bigint})"]).await;
        let began = Instant::now();
        let error = store.read(&page(store, SLOW, &[("n", Form::Int)])).await.unwrap_err();
        assert_eq!(error.code(), Code::Timeout, "{error:?}");
        let error = store.rows(&says(store, SLOW, vec![])).await.unwrap_err();
        assert_eq!(error.code(), Code::Timeout);
        // A write that ran before it in the same commit must not be lost with it.
        let insert = || says(store, "INSERT INTO t VALUES (1)", vec![]);
        let slow = store.write(program(vec![insert(), says(store, SLOW, vec![])]));
        let (first, slow, last) = tokio::join!(
            store.write(program(vec![insert()])),
            slow,
            store.write(program(vec![insert()]))
        );
        first.unwrap();
        last.unwrap();
        assert_eq!(slow.unwrap_err().code(), Code::Timeout);
        assert_eq!(number(store, "SELECT count(*) FROM t").await, 2);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_when_nobody_waits_for_it() {
    on_every_store(Limits::default(), async |store| {
        // More than there are connections: if those who left kept theirs, the last would wait.
        for _ in 0..6 {
            let slow = page(store, SLOW, &[("n", Form::Int)]);
            let left = tokio::time::timeout(Duration::from_millis(60), store.read(&slow)).await;
            assert!(left.is_err());
        }
        let began = Instant::now();
        let mut wide = page(store, "SELECT 1", &[("n", Form::Int)]);
        wide.limit = None;
        assert_eq!(store.read(&wide).await.unwrap().rows, 1);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        if store.dialect() == sql::Dialect::Postgres {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid() AND datname = current_database() AND backend_start > now() - interval '4 seconds'";
            assert_eq!(number(store, running).await, 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_one_moment_while_writers_write() {
    on_every_store(Limits::default(), async |store| {
        define(store, &["CREATE TABLE pairs (i {INTEGER|bigint})"]).await;
        let writing = {
            let store = store.clone();
            tokio::spawn(async move {
                for i in 0..150 {
                    let insert =
                        || says(&store, "INSERT INTO pairs VALUES (?1::bigint)", vec![Value::Int(i)]);
                    store.write(program(vec![insert(), insert()])).await.unwrap();
                }
            })
        };
        let mut readers = Vec::new();
        for _ in 0..3 {
            let store = store.clone();
            readers.push(tokio::spawn(async move {
                for _ in 0..60 {
                    let mut read = page(
                        &store,
                        "SELECT (SELECT count(*) FROM pairs), 1 UNION ALL SELECT NULL, 2 ORDER BY 2 LIMIT 1",
                        &[("n", Form::Int)],
                    );
                    read.limit = Some(1);
                    read.total = Some(plain("SELECT count(*) FROM pairs"));
                    let found = store.read(&read).await.unwrap();
                    let total = found.total.unwrap();
                    assert_eq!(String::from_utf8(found.json).unwrap(), format!("{{\"n\":{total}}}"));
                    assert_eq!(total % 2, 0);
                }
            }));
        }
        for reader in readers {
            reader.await.unwrap();
        }
        writing.await.unwrap();
        assert_eq!(number(store, "SELECT count(*) FROM pairs").await, 300);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_change_together_or_not_at_all() {
    on_every_store(Limits::default(), async |store| {
        let statements =
            vec![plain("CREATE TABLE one (i integer)"), plain("CREATE TABLE one (i integer)")];
        store.define(Definition { statements, rebuilds: false }).await.unwrap_err();
        let error = store.rows(&plain("SELECT i FROM one")).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);

        // A statement prepared before the change answers the new table after it.
        define(store, &["CREATE TABLE two (i integer)", "INSERT INTO two VALUES (1)"]).await;
        let all = plain("SELECT * FROM two");
        assert_eq!(store.rows(&all).await.unwrap()[0].len(), 1);
        define(store, &["ALTER TABLE two ADD COLUMN t text"]).await;
        assert_eq!(store.rows(&all).await.unwrap()[0].len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_how_it_failed() {
    on_every_store(short(200), async |store| {
        let broken = page(store, "SELECT nothing FROM nowhere", &[("i", Form::Int)]);
        let mut chunks = store.stream(&broken).await.unwrap();
        assert_eq!(chunks.recv().await.unwrap().unwrap_err().code(), Code::Internal);
        assert!(chunks.recv().await.is_none());
        let empty = page(store, "SELECT 1 WHERE 1 = 0", &[("i", Form::Int)]);
        assert!(store.stream(&empty).await.unwrap().recv().await.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_knows_itself_and_refuses_after_its_end() {
    on_every_store(Limits::default(), async |store| {
        define(store, &["CREATE TABLE \"Odd name\" (i {INTEGER|bigint})"]).await;
        let insert = "INSERT INTO \"Odd name\" {WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n|SELECT * FROM generate_series(1, 500)}";
        run(store, insert, vec![]).await.unwrap();
        define(store, &["ANALYZE \"Odd name\""]).await;
        assert_eq!(store.estimate("Odd name").await.unwrap(), Some(500));
        assert!(store.size_bytes().await.unwrap() > 8_192);
        let version = store.version().await.unwrap();
        assert!(version.contains("SQL"), "{version}");
    })
    .await;
    let place = harness::sqlite(Limits::default()).await;
    place.store.close().await;
    let error = place.store.rows(&plain("SELECT 1")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let error = place.store.write(program(vec![plain("SELECT 1")])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let wide = page(&place.store, "SELECT 1", &[("n", Form::Int)]);
    assert_eq!(place.store.read(&wide).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(place.store.stream(&wide).await.unwrap_err().code(), Code::Unavailable);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_numbers_look_the_same_wherever_they_become_text() {
    let Some(place) = harness::postgres(Limits::default()).await else { return };
    let lite = harness::sqlite(Limits::default()).await;
    let mut texts = Vec::new();
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    while texts.len() < 4_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Every other one of a size that people use.
        let number = if texts.len() % 2 == 0 {
            f64::from_bits(seed)
        } else {
            ((seed >> 20) as f64) / 10_f64.powi(((seed & 15) as i32) - 2)
        };
        if number.is_finite() {
            texts.push(number);
            // Large numbers with a short broken part lie between two shortest spellings.
            texts.push(((seed >> 14) as f64) + f64::from((seed & 7) as u8) / 8.0);
        }
    }
    let ask = |store: &store::Store, number: f64| {
        says(store, "SELECT {bx_real(?1)|?1::float8::text}", vec![Value::Real(number)])
    };
    for number in texts {
        let there = place.store.rows(&ask(&place.store, number)).await.unwrap();
        let here = lite.store.rows(&ask(&lite.store, number)).await.unwrap();
        assert_eq!(here, there, "{number:e}");
    }
    lite.clear().await;
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bind_of_a_step_that_has_not_run_is_our_fault() {
    on_every_store(Limits::default(), async |store| {
        let statement = Statement {
            text: says(store, "SELECT ?1::bigint", vec![]).text,
            binds: vec![Bind::Step(3)],
        };
        let error = store.write(program(vec![statement])).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert_eq!(store.rows(&plain("SELECT 1")).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_others_commit_is_noticed_without_a_statement() {
    on_every_store(Limits::default(), async |store| {
        define(store, &["CREATE TABLE t (a {INTEGER|bigint})"]).await;
        // A second store on the same data, as another process would open it.
        let other = match store.dialect() {
            Dialect::Sqlite => {
                let rows = store.rows(&plain("PRAGMA database_list")).await.unwrap();
                let path = std::path::Path::new(rows[0][2].as_text().unwrap());
                let options = sqlite_options(path.parent().unwrap(), Limits::default());
                Store::open_sqlite(options).await.unwrap()
            }
            Dialect::Postgres => {
                let rows = store.rows(&plain("SELECT current_schema()::text")).await.unwrap();
                let schema = rows[0][0].as_text().map(str::to_owned);
                let url = postgres_url().unwrap();
                let limits = Limits::default();
                let options = PostgresOptions { url, connections: 1, schema, limits };
                Store::open_postgres(options).await.unwrap()
            }
        };
        let mut outside = store.outside().await.unwrap();
        let commit = async |by: &Store, value: i64| {
            let insert = says(by, "INSERT INTO t VALUES (?1::bigint)", vec![Value::Int(value)]);
            by.write(program([insert].into_iter().chain(by.telling()).collect())).await.unwrap();
        };
        for value in 0..3 {
            commit(store, value).await;
        }
        let before = store.counters();
        let noticed = async {
            outside.changed().await.unwrap();
            number(&other, "SELECT count(*) FROM t").await
        };
        let (rows, ()) = tokio::join!(noticed, async {
            for value in 3..6 {
                commit(&other, value).await;
            }
        });
        assert!(rows > 3, "{rows} rows: its own commits were noticed");
        assert_eq!(store.counters(), before, "a look counts as nothing");
        other.close().await;
    })
    .await;
}
