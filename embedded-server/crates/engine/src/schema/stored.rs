//! What a database holds of its catalog, and the version by which two who change it meet.

use base::{Code, Error, Result, Value};
use serde_json::Value as Json;
use sql::{Bind, Dialect, Statement};
use std::sync::Arc;
use store::Store;

/// What a database holds about its catalog.
pub(crate) struct Loaded {
    /// Documents by collection.
    pub(crate) documents: Vec<(String, Json)>,
    /// The catalog's version.
    pub(crate) version: u64,
    meta: Vec<(String, String)>,
}

impl Loaded {
    /// A value of `_meta`.
    pub(crate) fn meta(&self, key: &str) -> Option<&str> {
        self.meta.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// Reads documents and `_meta` in one statement.
pub(crate) async fn load(store: &Store) -> Result<Loaded> {
    let text = r#"SELECT 1, "collectionName", "source" FROM "baasix_SchemaDefinition" UNION ALL SELECT 0, "key", "value" FROM "_meta" WHERE "key" NOT LIKE 'catalog:%' AND "key" NOT LIKE 'former:%' ORDER BY 1, 2"#;
    let mut loaded = Loaded { documents: Vec::new(), version: 0, meta: Vec::new() };
    for row in store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await? {
        let [kind, Value::Text(key), Value::Text(value)] = row.as_slice() else {
            return Err(Error::internal("a row of the stored catalog is not text"));
        };
        if kind.as_int() == Some(0) {
            loaded.meta.push((key.clone(), value.clone()));
            continue;
        }
        let document = serde_json::from_str(value).map_err(|cause| {
            Error::internal(format!("the stored schema of `{key}` is no JSON")).caused_by(cause)
        })?;
        loaded.documents.push((key.clone(), document));
    }
    loaded.version = loaded.meta("catalog_version").and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(loaded)
}

/// The version of the stored catalog.
pub(crate) async fn stored_version(store: &Store) -> Result<u64> {
    let text = r#"SELECT "value" FROM "_meta" WHERE "key" = 'catalog_version'"#;
    let rows = store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await?;
    let version = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    version
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("the stored catalog has no version"))
}

/// A statement of ours in the store's words.
pub(crate) fn statement(
    dialect: Dialect,
    sqlite: &str,
    postgres: &str,
    binds: Vec<Value>,
) -> Statement {
    let text = match dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    };
    Statement { text: Arc::from(text), binds: binds.into_iter().map(Bind::Value).collect() }
}

/// A row of `_meta` that can be written once only: whoever comes second is refused.
pub(crate) fn once(dialect: Dialect, key: String, value: &str) -> Statement {
    statement(
        dialect,
        r#"INSERT INTO "_meta" ("key", "value") VALUES (?1, ?2)"#,
        r#"INSERT INTO "_meta" ("key", "value") VALUES ($1::text, $2::text)"#,
        vec![Value::Text(key), Value::text(value)],
    )
}

/// The new version, twice: as the current one, and as a row of its own that no second process
/// can write.
pub(super) fn version_rows(dialect: Dialect, version: u64, now: &str) -> [Statement; 2] {
    [
        once(dialect, format!("catalog:{version}"), now),
        statement(
            dialect,
            r#"UPDATE "_meta" SET "value" = ?1 WHERE "key" = 'catalog_version'"#,
            r#"UPDATE "_meta" SET "value" = $1::text WHERE "key" = 'catalog_version'"#,
            vec![Value::Text(version.to_string())],
        ),
    ]
}

/// A version that exists already was written by another process, or given out twice because what
/// the change was made from is no longer so.
pub(super) fn moved(error: Error) -> Error {
    let versions = error.detail_list().iter().any(|detail| detail.field.as_deref() == Some("key"));
    if error.code() == Code::UniqueViolation && versions {
        return Error::new(
            Code::PlanStale,
            "the schema, or a permission or view that names what changes, was changed meanwhile",
        )
        .hint(
            "what another process changed is taken over within a second; look at it and try again",
        );
    }
    error
}
