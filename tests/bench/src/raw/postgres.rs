//! Postgres through the driver that the store uses, in process.

use super::Limit;
use crate::{Outcome, Plan, rows};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, Row};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// As many as the server opens by default.
const CONNECTIONS: u32 = 8;

fn told(fault: sqlx::Error) -> String {
    format!("Postgres: {fault}")
}

/// A database of this run's own. Gone when [`Own::remove`] is called; its cluster is too.
pub(crate) struct Own {
    pub(crate) url: String,
    cluster: String,
    name: String,
}

impl Own {
    pub(crate) async fn create(cluster: &str, purpose: &str) -> Outcome<Self> {
        let name = format!("plinth_bench_{}_{purpose}", std::process::id());
        let mut connection = PgConnection::connect(cluster).await.map_err(told)?;
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        connection.execute(create).await.map_err(told)?;
        let (server, _) =
            cluster.rsplit_once('/').ok_or("a Postgres address names its database")?;
        Ok(Self { url: format!("{server}/{name}"), cluster: cluster.to_owned(), name })
    }

    pub(crate) async fn remove(self) -> Outcome {
        let mut connection = PgConnection::connect(&self.cluster).await.map_err(told)?;
        let text = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        connection.execute(sqlx::AssertSqlSafe(text)).await.map_err(told).map(drop)
    }
}

/// Whether the cluster keeps its promises, and its version.
pub(crate) async fn about(cluster: &str) -> Outcome<String> {
    let mut connection = PgConnection::connect(cluster).await.map_err(told)?;
    let text = "SELECT concat('Postgres ', current_setting('server_version'), ', fsync ', \
                current_setting('fsync'), ', synchronous_commit ', \
                current_setting('synchronous_commit'), ', full_page_writes ', \
                current_setting('full_page_writes'))";
    let row = connection.fetch_one(text).await.map_err(told)?;
    row.try_get(0).map_err(told)
}

pub(super) async fn take(cluster: &str, plan: &Plan) -> Outcome<Vec<Limit>> {
    let own = Own::create(cluster, "raw").await?;
    let limits = on(&own.url, plan).await;
    own.remove().await?;
    limits
}

async fn on(url: &str, plan: &Plan) -> Outcome<Vec<Limit>> {
    let options = PgConnectOptions::from_str(url).map_err(told)?;
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
    let pool = pool.connect_with(options).await.map_err(told)?;
    pool.execute(
        "CREATE TABLE products (id uuid PRIMARY KEY, title text NOT NULL, status text, \
         price integer, stock integer, note text)",
    )
    .await
    .map_err(told)?;
    let ids: Vec<String> = (0..rows::LISTED).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    pool.execute(sqlx::query(
        "INSERT INTO products SELECT id::uuid, 'product number ' || n, 'live', n, n % 250, 'note' \
         FROM unnest($1::text[]) WITH ORDINALITY AS one(id, n)",
    )
    .bind(&ids))
    .await
    .map_err(told)?;
    let mut limits = Vec::new();
    for clients in [1, 32] {
        let name = format!("Postgres read by key through sqlx, {clients} at once");
        let read = side_by_side(name, clients, plan, &pool, async |pool: &PgPool, turn: u64| {
            let id = &ids[turn as usize * 7_919 % ids.len()];
            let text = "SELECT id::text, title, status, price, stock, note FROM products WHERE id = $1::uuid";
            let row = sqlx::query(text).bind(id).fetch_one(pool).await.map_err(told)?;
            let found: &str = row.try_get(0).map_err(told)?;
            if found == id { Ok(()) } else { Err(format!("{found} is not {id}")) }
        });
        limits.push(read.await?);
    }
    for clients in [1, 32] {
        let name = format!("Postgres insert, a commit each, through sqlx, {clients} at once");
        let write = side_by_side(name, clients, plan, &pool, async |pool: &PgPool, turn: u64| {
            let text = "INSERT INTO products VALUES (gen_random_uuid(), $1, 'live', $2, 1, 'note')";
            let price = i32::try_from(turn % 10_000).unwrap_or_default();
            let asked = sqlx::query(text).bind("product").bind(price);
            asked.execute(pool).await.map_err(told).map(drop)
        });
        limits.push(write.await?);
    }
    pool.close().await;
    Ok(limits)
}

async fn side_by_side(
    name: String,
    clients: usize,
    plan: &Plan,
    pool: &PgPool,
    one: impl AsyncFn(&PgPool, u64) -> Outcome,
) -> Outcome<Limit> {
    let turn = AtomicU64::new(0);
    let began = Instant::now();
    let all = (0..clients).map(|_| async {
        while began.elapsed() < plan.measured {
            one(pool, turn.fetch_add(1, Ordering::Relaxed)).await?;
        }
        Ok::<(), String>(())
    });
    futures_util::future::try_join_all(all).await?;
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let count = turn.load(Ordering::Relaxed) as f64;
    Ok(Limit::new(name, count / began.elapsed().as_secs_f64()))
}
