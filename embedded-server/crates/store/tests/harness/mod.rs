//! One store of each kind for every test, empty and its own.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of the harness")]

use base::{Error, Limits, Value};
use sql::{
    Bind, Compiled, Cursor, Dialect, Expect, Form, Program, ProgramStep, Shape, ShapeNode,
    Statement,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Definition, Outcome, PostgresOptions, SqliteOptions, Store, Synchronous};

/// A store and what must be cleared away after it.
pub struct Place {
    pub store: Store,
    path: Option<PathBuf>,
}

/// A directory of its own under the system's temporary one.
pub fn fresh_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let path = std::env::temp_dir().join(format!("store-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

pub fn sqlite_options(directory: &std::path::Path, limits: Limits) -> SqliteOptions {
    SqliteOptions {
        path: directory.join("data.db"),
        synchronous: Synchronous::Full,
        readers: 2,
        limits,
    }
}

pub async fn sqlite(limits: Limits) -> Place {
    let directory = fresh_directory();
    let store = Store::open_sqlite(sqlite_options(&directory, limits)).await.unwrap();
    Place { store, path: Some(directory) }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the tests' Postgres stands is told by the environment"
)]
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("TEST_POSTGRES_URL").ok();
    if url.is_none() {
        println!("POSTGRES WAS NOT TESTED: set TEST_POSTGRES_URL");
    }
    url
}

pub async fn postgres(limits: Limits) -> Option<Place> {
    let url = postgres_url()?;
    let name = base::short_id().unwrap();
    let options =
        PostgresOptions { url, connections: 4, schema: Some(format!("t_{name}")), limits };
    let store = Store::open_postgres(options).await.unwrap();
    Some(Place { store, path: None })
}

/// Runs a test on an empty store of each kind.
pub async fn on_every_store(limits: Limits, test: impl AsyncFn(&Store)) {
    let mut places = vec![sqlite(limits.clone()).await];
    places.extend(postgres(limits).await);
    for place in places {
        println!("on {:?}", place.store.dialect());
        test(&place.store).await;
        place.clear().await;
    }
}

impl Place {
    pub async fn clear(self) {
        if let Some(path) = self.path {
            self.store.close().await;
            std::fs::remove_dir_all(path).unwrap();
        } else {
            let schema =
                "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_schema()); END $$";
            let statements = vec![plain(schema)];
            self.store.define(Definition { statements, rebuilds: false }).await.unwrap();
            self.store.close().await;
        }
    }
}

/// A statement in the words of both: `?1::bigint` loses its cast on SQLite and becomes
/// `$1::bigint` on Postgres; `{int|bigint}` chooses.
pub fn says(store: &Store, text: &str, binds: Vec<Value>) -> Statement {
    let text = in_words_of(store.dialect() == Dialect::Postgres, text);
    Statement { text: text.into(), binds: binds.into_iter().map(Bind::Value).collect() }
}

fn in_words_of(postgres: bool, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['?', ':', '{']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(choice) = tail.strip_prefix('{')
            && let Some(end) = choice.find('}')
            && let Some((left, right)) = choice[..end].split_once('|')
        {
            out.push_str(&in_words_of(postgres, if postgres { right } else { left }));
            rest = &choice[end + 1..];
        } else if let Some(cast) = tail.strip_prefix("::")
            && !postgres
        {
            let end = cast.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(cast.len());
            rest = &cast[end..];
        } else if let Some(after) = tail.strip_prefix("::") {
            out.push_str("::");
            rest = after;
        } else {
            out.push(match &tail[..1] {
                "?" if postgres => '$',
                sign => sign.chars().next().unwrap(),
            });
            rest = &tail[1..];
        }
    }
    out.push_str(rest);
    out
}

pub fn plain(text: &str) -> Statement {
    Statement { text: text.into(), binds: Vec::new() }
}

pub async fn define(store: &Store, texts: &[&str]) {
    let statements = texts.iter().map(|text| says(store, text, Vec::new())).collect();
    store.define(Definition { statements, rebuilds: false }).await.unwrap();
}

pub fn step(statement: Statement, expect: Expect) -> ProgramStep {
    ProgramStep::new(statement, expect)
}

pub fn program(statements: Vec<Statement>) -> Program {
    Program {
        steps: statements.into_iter().map(|statement| step(statement, Expect::Any)).collect(),
    }
}

pub async fn run(store: &Store, text: &str, binds: Vec<Value>) -> Result<Outcome, Error> {
    store.write(program(vec![says(store, text, binds)])).await
}

/// A read of the columns named in `keys`, in their order.
pub fn page(store: &Store, text: &str, keys: &[(&str, Form)]) -> Compiled {
    let nodes = keys
        .iter()
        .enumerate()
        .map(|(column, (key, form))| ShapeNode::Field {
            key: format!("\"{key}\":"),
            column,
            form: *form,
        })
        .collect();
    Compiled {
        page: says(store, text, Vec::new()),
        total: None,
        shape: Arc::new(Shape { nodes }),
        limit: None,
        offset: Some(0),
        probe: false,
        cursor: None,
        shortcut: None,
    }
}

pub fn cursor(columns: &[usize]) -> Option<Cursor> {
    Some(Cursor { columns: columns.to_vec() })
}

/// The one integer that a query answers.
pub async fn number(store: &Store, text: &str) -> i64 {
    let rows = store.rows(&says(store, text, Vec::new())).await.unwrap();
    rows[0][0].as_int().unwrap()
}

/// Opens several sessions and ends them all while they rest, as a restart of the server does.
pub async fn end_sessions_of(store: &Store, by: &Store) {
    let own = plain("SELECT pg_backend_pid()::int8 FROM pg_sleep(0.5)");
    let pids = futures_util::future::join_all((0..4).map(|_| store.rows(&own))).await;
    let mut ended = std::collections::BTreeSet::new();
    for rows in pids {
        let pid = rows.unwrap()[0][0].clone();
        if ended.insert(pid.as_int()) {
            end(by, pid).await;
        }
    }
    assert!(ended.len() > 1, "one session did it all");
}

/// Ends the session that the store's next statement would use.
pub async fn end_session_of(store: &Store, by: &Store) {
    let rows = store.rows(&plain("SELECT pg_backend_pid()::int8")).await.unwrap();
    end(by, rows[0][0].clone()).await;
}

/// Ends a session, and waits until it is gone.
async fn end(by: &Store, pid: Value) {
    let end = says(by, "SELECT pg_terminate_backend(?1::bigint::int)", vec![pid.clone()]);
    assert_eq!(by.rows(&end).await.unwrap()[0][0], Value::Bool(true));
    let there = "SELECT count(*)::int8 FROM pg_stat_activity, pg_sleep(0.02) \
                 WHERE pid = ?1::bigint::int";
    for _ in 0..500 {
        let rows = by.rows(&says(by, there, vec![pid.clone()])).await.unwrap();
        if rows[0][0] == Value::Int(0) {
            return;
        }
    }
    panic!("the session {pid:?} did not end");
}
