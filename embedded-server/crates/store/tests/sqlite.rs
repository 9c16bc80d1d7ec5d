//! What only a file can do or suffer.

#[cfg(test)]
mod harness;

use base::{Code, Limits, Value};
use harness::{define, fresh_directory, number, plain, program, run, says, sqlite_options};
use std::io::BufRead as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{Definition, Store, Synchronous};

const CHILD: &str = "STORE_TEST_CHILD";

/// Writes without end and says which writes were acknowledged. Runs only as the child of the test
/// below; by itself it has nothing to do.
#[test]
fn the_child_that_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how a parent test speaks to its child")]
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = sqlite_options(directory.as_ref(), Limits::default());
        let store = Store::open_sqlite(options).await.unwrap();
        let mut tasks = Vec::new();
        for writer in 0..8_i64 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for turn in 0.. {
                    let id = turn * 8 + writer;
                    let insert = |table: &str| {
                        says(
                            &store,
                            &format!("INSERT INTO {table} VALUES (?1::bigint)"),
                            vec![Value::Int(id)],
                        )
                    };
                    store.write(program(vec![insert("rows"), insert("changes")])).await.unwrap();
                    println!("ack {id}");
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_acknowledged_write() {
    for _ in 0..3 {
        let directory = fresh_directory();
        let options = || sqlite_options(&directory, Limits::default());
        let store = Store::open_sqlite(options()).await.unwrap();
        define(&store, &["CREATE TABLE rows (i INTEGER)", "CREATE TABLE changes (i INTEGER)"])
            .await;
        store.close().await;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_child_that_is_killed", "--nocapture"])
            .env(CHILD, &directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = Vec::new();
        for line in lines {
            let Ok(line) = line else { break };
            // The harness prints its own words on the line of the first one.
            if let Some((_, id)) = line.split_once("ack ")
                && let Ok(id) = id.parse::<i64>()
            {
                acknowledged.push(id);
                if acknowledged.len() == 400 {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() >= 400);
        // The last line may have been cut short by the kill; what it lost was never read.
        acknowledged.pop();
        let store = Store::open_sqlite(options()).await.unwrap();
        for table in ["rows", "changes"] {
            let found = store.rows(&plain(&format!("SELECT i FROM {table}"))).await.unwrap();
            let found: std::collections::HashSet<i64> =
                found.iter().map(|row| row[0].as_int().unwrap()).collect();
            for id in &acknowledged {
                assert!(found.contains(id), "{id} was acknowledged and is not in {table}");
            }
        }
        let halves = "SELECT count(*) FROM (SELECT i FROM rows EXCEPT SELECT i FROM changes UNION ALL SELECT i FROM changes EXCEPT SELECT i FROM rows)";
        assert_eq!(number(&store, halves).await, 0);
        store.close().await;
        std::fs::remove_dir_all(directory).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_says_when_to_come_back() {
    let limits = Limits { write_queue_max: 4, statement_ms_max: 400, ..Limits::default() };
    let place = harness::sqlite(limits).await;
    let store = &place.store;
    define(store, &["CREATE TABLE t (i INTEGER)"]).await;
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n";
    let holding = {
        let store = store.clone();
        tokio::spawn(async move { store.write(program(vec![plain(slow)])).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut waiting = Vec::new();
    for i in 0..10 {
        let store = store.clone();
        waiting.push(tokio::spawn(async move {
            run(&store, "INSERT INTO t VALUES (?1)", vec![Value::Int(i)]).await
        }));
    }
    let (mut written, mut refused) = (0, 0);
    for task in waiting {
        match task.await.unwrap() {
            Ok(_) => written += 1,
            Err(error) => {
                assert_eq!(error.code(), Code::Unavailable);
                assert!(error.retry_ms().is_some());
                refused += 1;
            }
        }
    }
    assert_eq!((written, refused), (4, 6));
    assert_eq!(holding.await.unwrap().unwrap_err().code(), Code::Timeout);
    assert_eq!(number(store, "SELECT count(*) FROM t").await, 4);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_reference_fails_only_its_own_program() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    define(
        store,
        &[
            "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
        ],
    )
    .await;
    let mut tasks = Vec::new();
    for i in 0..60_i64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let child = says(&store, "INSERT INTO child VALUES (?1)", vec![Value::Int(i)]);
            let parent = says(&store, "INSERT INTO parent VALUES (?1)", vec![Value::Int(i)]);
            // Found only at the commit, which many share.
            let steps = if i % 10 == 0 { vec![child] } else { vec![child, parent] };
            store.write(program(steps)).await
        }));
    }
    for (i, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => assert_ne!(i % 10, 0),
            Err(error) => assert_eq!((error.code(), i % 10), (Code::ForeignKeyViolation, 0)),
        }
    }
    assert_eq!(number(store, "SELECT count(*) FROM child").await, 54);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_table_keeps_its_references_or_nothing_changes() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    define(
        store,
        &[
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, old TEXT)",
            "CREATE TABLE child (parent INTEGER REFERENCES parent (id) ON DELETE CASCADE)",
            "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO child VALUES (1), (2)",
        ],
    )
    .await;
    let rebuild = |copy: &str| Definition {
        statements: vec![
            plain("CREATE TABLE fresh (id INTEGER PRIMARY KEY)"),
            plain(copy),
            plain("DROP TABLE parent"),
            plain("ALTER TABLE fresh RENAME TO parent"),
        ],
        rebuilds: true,
    };
    let error = store.define(rebuild("INSERT INTO fresh SELECT id FROM parent WHERE id = 1")).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), Code::ForeignKeyViolation);
    assert!(error.hint_text().unwrap().contains("1 records of `child`"), "{error}");
    assert_eq!(number(store, "SELECT count(old) FROM parent").await, 2);
    store.define(rebuild("INSERT INTO fresh SELECT id FROM parent")).await.unwrap();
    assert_eq!(number(store, "SELECT count(*) FROM child").await, 2);
    // References are followed again afterwards.
    run(store, "DELETE FROM parent WHERE id = 1", vec![]).await.unwrap();
    assert_eq!(number(store, "SELECT count(*) FROM child").await, 1);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_opened_say_why() {
    let directory = fresh_directory();
    let options = || sqlite_options(&directory, Limits::default());
    let mut nowhere = options();
    nowhere.path = directory.join("absent").join("data.db");
    let error = Store::open_sqlite(nowhere).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("cannot be opened") && error.hint_text().is_some());

    std::fs::write(directory.join("data.db"), vec![b'x'; 8_192]).unwrap();
    let error = Store::open_sqlite(options()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("not a SQLite database"), "{error}");
    std::fs::remove_file(directory.join("data.db")).unwrap();

    let newer = rusqlite::Connection::open(directory.join("data.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(newer);
    let error = Store::open_sqlite(options()).await.unwrap_err();
    assert_eq!(error.code(), Code::DataNewer);
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cheap_reads_stay_on_their_thread_and_costly_ones_do_not() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    define(store, &["CREATE TABLE t (i INTEGER PRIMARY KEY, w TEXT)"]).await;
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, 'w' || i FROM n";
    run(store, fill, vec![]).await.unwrap();
    let before = store.counters().inline_reads;
    for i in 0..20 {
        let point = says(store, "SELECT w FROM t WHERE i = ?1", vec![Value::Int(i + 1)]);
        assert_eq!(store.rows(&point).await.unwrap()[0][0], Value::Text(format!("w{}", i + 1)));
    }
    assert_eq!(store.counters().inline_reads - before, 20);
    for _ in 0..5 {
        assert_eq!(number(store, "SELECT count(*) FROM t WHERE w LIKE '%9'").await, 5_000);
    }
    assert_eq!(store.counters().inline_reads - before, 20);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_cannot_write() {
    let place = harness::sqlite(Limits::default()).await;
    let error = place.store.rows(&plain("CREATE TABLE t (i INTEGER)")).await.unwrap_err();
    assert_ne!(error.code(), Code::Timeout);
    assert_eq!(number(&place.store, "SELECT count(*) FROM sqlite_schema").await, 0);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn safe_commits_are_the_default_and_the_setting_is_heard() {
    assert_eq!(Synchronous::default(), Synchronous::Full);
    let directory = fresh_directory();
    for (synchronous, expected) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
        let mut options = sqlite_options(&directory, Limits::default());
        options.synchronous = synchronous;
        let store = Store::open_sqlite(options).await.unwrap();
        // Asked of the writer: the setting belongs to the connection.
        let asked = store.write(program(vec![plain("PRAGMA synchronous")])).await.unwrap();
        assert_eq!(asked.steps[0].kept, Some(Value::Int(expected)));
        let journal = store.write(program(vec![plain("PRAGMA journal_mode")])).await.unwrap();
        assert_eq!(journal.steps[0].kept, Some(Value::text("wal")));
        store.close().await;
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_does_not_fit_and_keeps_the_rest() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    define(store, &["CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB)"]).await;
    // The file may grow by some 60 pages of 4 KB; SQLite then answers as if the disk were full.
    store.write(program(vec![plain("PRAGMA max_page_count = 64")])).await.unwrap();
    let mut tasks = Vec::new();
    for i in 0..80_i64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            // Small ones and ones that can never fit, mixed into the same commits.
            let size = if i % 8 == 0 { 1_000_000 } else { 100 };
            let binds = vec![Value::Int(i), Value::Bytes(vec![7; size])];
            run(&store, "INSERT INTO t VALUES (?1, ?2)", binds).await
        }));
    }
    let mut written = 0;
    for (i, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => written += 1,
            Err(error) => {
                assert_eq!((error.code(), i % 8), (Code::Unavailable, 0), "{error:?}");
                assert!(error.message().contains("disk is full"), "{error}");
            }
        }
    }
    assert_eq!(written, 70);
    assert_eq!(number(store, "SELECT count(*) FROM t").await, 70);
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_called_damaged() {
    let directory = fresh_directory();
    let options = || sqlite_options(&directory, Limits::default());
    let store = Store::open_sqlite(options()).await.unwrap();
    define(&store, &["CREATE TABLE t (i INTEGER PRIMARY KEY, w TEXT)"]).await;
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'some words to fill pages ' || i FROM n";
    run(&store, fill, vec![]).await.unwrap();
    store.close().await;
    let path = directory.join("data.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[8_192..end - 4_096].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let store = Store::open_sqlite(options()).await.unwrap();
    let error = store.rows(&plain("SELECT count(w) FROM t WHERE w LIKE '%9'")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("damaged") && error.hint_text().is_some(), "{error}");
    store.close().await;
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn costly_lists_with_a_total_leave_no_snapshot_behind() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    define(store, &["CREATE TABLE t (i INTEGER PRIMARY KEY, w TEXT)"]).await;
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT i, 'w' || i FROM n";
    run(store, fill, vec![]).await.unwrap();
    // Each text is new, so each begins on the caller's thread, is found too costly there in the
    // middle of its snapshot, and is read again on a reading thread.
    for turn in 0..300_u64 {
        let text =
            format!("SELECT i FROM t WHERE w LIKE '%9' AND {turn} = {turn} ORDER BY w LIMIT 1");
        let mut read = harness::page(store, &text, &[("i", sql::Form::Int)]);
        read.limit = Some(1);
        read.total = Some(plain("SELECT count(*) FROM t WHERE i > 0"));
        let found = store.read(&read).await.unwrap();
        assert_eq!(found.total, Some(9_000 + turn));
        run(store, "INSERT INTO t (w) VALUES ('new')", vec![]).await.unwrap();
    }
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_near_or_not_made() {
    let place = harness::sqlite(Limits::default()).await;
    let store = &place.store;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)";
    define(
        store,
        &[
            "CREATE TABLE dense (i INTEGER PRIMARY KEY)",
            "CREATE TABLE sparse (i INTEGER PRIMARY KEY)",
            "CREATE TABLE thinned (k TEXT PRIMARY KEY)",
            "CREATE TABLE few (i INTEGER PRIMARY KEY)",
            "CREATE TABLE none (i INTEGER PRIMARY KEY)",
            "INSERT INTO few VALUES (-9223372036854775808), (9223372036854775807)",
            &format!("INSERT INTO dense {numbers} SELECT i + 70000 FROM n"),
            &format!("INSERT INTO sparse {numbers} SELECT i * i * 1000003 FROM n"),
            &format!("INSERT INTO thinned {numbers} SELECT 'k' || i FROM n"),
            "DELETE FROM thinned WHERE _rowid_ % 5 = 0",
        ],
    )
    .await;
    assert_eq!(store.estimate("dense").await.unwrap(), Some(5_000));
    assert_eq!(store.estimate("sparse").await.unwrap(), None);
    assert_eq!(store.estimate("few").await.unwrap(), None);
    assert_eq!(store.estimate("none").await.unwrap(), Some(0));
    let thinned = store.estimate("thinned").await.unwrap().unwrap();
    assert!((3_000..=5_000).contains(&thinned), "{thinned} of 4000");
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_costly_answer_is_kept_until_anybody_commits() {
    let directory = fresh_directory();
    let options = || {
        let options = sqlite_options(&directory, Limits::default());
        store::SqliteOptions { readers: 1, ..options }
    };
    let store = Store::open_sqlite(options()).await.unwrap();
    define(&store, &["CREATE TABLE t (i INTEGER PRIMARY KEY, w TEXT)"]).await;
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, 'w' || i FROM n";
    run(&store, fill, vec![]).await.unwrap();
    let asked = |text: &str, limit: u64| sql::Compiled {
        limit: Some(limit),
        total: Some(plain("SELECT count(*) FROM t WHERE w LIKE '%9'")),
        ..harness::page(&store, text, &[("i", sql::Form::Int)])
    };
    let list = asked("SELECT i FROM t WHERE w LIKE '%9' ORDER BY w DESC LIMIT 1", 1);
    // Rows, total, statements sent and answers kept: how the answer came about.
    let answer = async |compiled: &sql::Compiled| {
        let before = store.counters();
        let page = store.read(compiled).await.unwrap();
        let after = store.counters();
        let json = String::from_utf8(page.json).unwrap();
        let kept = after.kept_reads - before.kept_reads;
        (json, page.total.unwrap(), after.statements - before.statements, kept)
    };
    // Once tried on the caller's thread and once read whole.
    let (json, total, statements, kept) = answer(&list).await;
    assert_eq!((json.as_str(), total, kept), (r#"{"i":9999}"#, 5_000, 0));
    assert!(statements >= 2);
    for _ in 0..3 {
        assert_eq!(answer(&list).await, (json.clone(), 5_000, 0, 1));
    }
    // Another page of the same list: its total is known, its rows are not.
    let other = asked("SELECT i FROM t WHERE w LIKE '%9' ORDER BY w ASC LIMIT 1", 1);
    let (_, total, ..) = answer(&other).await;
    assert_eq!(total, 5_000);
    assert_eq!(answer(&other).await.3, 1);
    // Other values are another question.
    let bound = sql::Compiled {
        page: says(
            &store,
            "SELECT i FROM t WHERE w LIKE ?1 ORDER BY w LIMIT 1",
            vec![Value::text("%8")],
        ),
        ..list.clone()
    };
    let elsewhere = sql::Compiled {
        page: says(
            &store,
            "SELECT i FROM t WHERE w LIKE ?1 ORDER BY w LIMIT 1",
            vec![Value::text("%7")],
        ),
        ..list.clone()
    };
    assert_eq!(answer(&bound).await.0, r#"{"i":10008}"#);
    assert_eq!(answer(&elsewhere).await.0, r#"{"i":10007}"#);
    assert_eq!(answer(&bound).await.0, r#"{"i":10008}"#);

    run(&store, "INSERT INTO t VALUES (60009, 'x9')", vec![]).await.unwrap();
    let (json, total, _, kept) = answer(&list).await;
    assert_eq!((json.as_str(), total, kept), (r#"{"i":60009}"#, 5_001, 0));
    assert_eq!(answer(&list).await.3, 1);
    // Whoever commits: this stands for another process.
    let beside = Store::open_sqlite(options()).await.unwrap();
    run(&beside, "DELETE FROM t WHERE i = 60009", vec![]).await.unwrap();
    beside.close().await;
    let (json, total, _, kept) = answer(&list).await;
    assert_eq!((json.as_str(), total, kept), (r#"{"i":9999}"#, 5_000, 0));
    store.close().await;
    std::fs::remove_dir_all(directory).unwrap();
}

/// What lies in a database's folder beside the file and its journal.
fn beside(directory: &std::path::Path) -> Vec<String> {
    let all = std::fs::read_dir(directory).into_iter().flatten();
    let names = all.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.contains("rehearsal")).collect()
}

const ENDLESS: &str = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0";

fn trying(text: &str) -> Definition {
    Definition { statements: vec![plain(text)], rebuilds: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn rehearsals_are_ended_in_time_and_leave_nothing() {
    let directory = fresh_directory();
    let store = Store::open_sqlite(sqlite_options(&directory, Limits::default())).await.unwrap();
    define(&store, &["CREATE TABLE t (i INTEGER)"]).await;
    // What one left that was killed is no clone, and goes.
    for end in ["", "-wal", "-journal"] {
        std::fs::write(directory.join(format!("data.db.rehearsal{end}")), b"half").unwrap();
    }
    let long = Duration::from_secs(600);
    let tried = store.rehearse(trying("INSERT INTO t VALUES (1)"), long).await.unwrap();
    assert!(tried.fault.is_none() && tried.ran.len() == 1 && tried.clone.is_some(), "{tried:?}");
    assert_eq!(beside(&directory), Vec::<String>::new());

    let error = store.rehearse(trying(ENDLESS), Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    assert!(error.message().contains("rehearsal"), "{error}");
    assert_eq!(beside(&directory), Vec::<String>::new());
    assert_eq!(number(&store, "SELECT count(*) FROM t").await, 0);
    store.close().await;
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_that_nobody_waits_for_ends_and_lets_the_next_begin() {
    let directory = fresh_directory();
    let store = Store::open_sqlite(sqlite_options(&directory, Limits::default())).await.unwrap();
    define(&store, &["CREATE TABLE t (i INTEGER)"]).await;
    let long = Duration::from_secs(600);
    let endless = {
        let store = store.clone();
        tokio::spawn(async move { store.rehearse(trying(ENDLESS), long).await })
    };
    while beside(&directory).is_empty() {
        tokio::task::yield_now().await;
    }
    // One that would wait for it for too long is told so.
    let brief = Duration::from_millis(50);
    let refused = store.rehearse(trying("INSERT INTO t VALUES (1)"), brief).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    endless.abort();
    let both = tokio::join!(
        store.rehearse(trying("INSERT INTO t VALUES (1)"), long),
        store.rehearse(trying("INSERT INTO t VALUES (2)"), long)
    );
    for tried in [both.0.unwrap(), both.1.unwrap()] {
        assert!(tried.fault.is_none() && tried.ran.len() == 1, "{tried:?}");
    }
    assert_eq!(beside(&directory), Vec::<String>::new());
    store.close().await;
    std::fs::remove_dir_all(directory).unwrap();
}
