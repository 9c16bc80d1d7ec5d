//! A look at a Postgres database before a project is made on it. Only reads.

use base::{Code, Error, Limits, Result, Value};
use sql::Statement;
use std::time::Duration;
use store::{PostgresOptions, Store};

/// A person waits for this answer.
const WAIT: Duration = Duration::from_secs(10);

/// What stands in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// No table.
    Empty,
    /// A project of Plinth, which will be opened.
    Project,
    /// Tables of somebody else; ours would stand beside them.
    Other,
}

/// A database that answered.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Version of the server.
    pub version: String,
    /// Whether this user may make tables.
    pub can_create: bool,
    /// What stands in it.
    pub contents: Contents,
    /// How many tables.
    pub tables: u64,
}

/// Signs in to the database at `url` and looks around in the schema that a project would use.
pub async fn probe_postgres(url: &str) -> Result<Probe> {
    let looked = tokio::time::timeout(WAIT, look(url)).await;
    looked.unwrap_or_else(|_| {
        Err(Error::new(
            Code::ConfigInvalid,
            format!("the database did not answer within {} s", WAIT.as_secs()),
        )
        .hint("check host, port and firewall"))
    })
}

async fn look(url: &str) -> Result<Probe> {
    let options = PostgresOptions {
        url: url.to_owned(),
        connections: 1,
        schema: None,
        limits: Limits::default(),
    };
    let store = Store::open_postgres(options).await?;
    let statement = Statement {
        text: "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), \
               count(*) FILTER (WHERE tablename = '_meta'), count(*) \
               FROM (SELECT tablename FROM pg_tables WHERE schemaname = current_schema()) AS t"
            .into(),
        binds: Vec::new(),
    };
    let rows = store.rows(&statement).await;
    let version = store.version().await;
    store.close().await;
    let (rows, version) = (rows?, version?);
    let Some([Value::Bool(can_create), Value::Int(ours), Value::Int(tables)]) =
        rows.first().map(Vec::as_slice)
    else {
        return Err(Error::internal("read what a database holds"));
    };
    let contents = match (*ours, *tables) {
        (_, 0) => Contents::Empty,
        (0, _) => Contents::Other,
        _ => Contents::Project,
    };
    Ok(Probe {
        version,
        can_create: *can_create,
        contents,
        tables: u64::try_from(*tables).unwrap_or_default(),
    })
}
