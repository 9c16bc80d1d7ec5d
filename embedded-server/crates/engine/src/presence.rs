//! When a person was here last. It is no fact that anybody wrote of the record: no change is told
//! of it, no history kept, and what is known of who may do what stays as it is.

use crate::Engine;
use base::{Result, Value, iso_millis};
use sql::{Bind, Dialect, Expect, Program, ProgramStep, Statement};
use std::sync::Arc;

/// Where a moment is written.
#[derive(Clone, Copy)]
enum Place {
    LastAccess,
    LastUse,
}

impl Engine {
    /// Writes `lastAccess` of a user and nothing else, in its own time: nobody waits for it, and a
    /// store that takes no writes refuses no one for it.
    pub fn note_presence(&self, user_id: String, at_ms: i64) {
        self.note(Place::LastAccess, user_id, at_ms);
    }

    /// Writes `lastUsedAt` of an API token in the same way.
    pub fn note_token_use(&self, token_id: String, at_ms: i64) {
        self.note(Place::LastUse, token_id, at_ms);
    }

    fn note(&self, place: Place, key: String, at_ms: i64) {
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = engine.write_moment(place, &key, at_ms).await {
                tracing::warn!(%fault, "when somebody was here last was not written");
            }
        });
    }

    /// A later moment that is known stays.
    async fn write_moment(&self, place: Place, key: &str, at_ms: i64) -> Result<()> {
        let text = match (place, self.store().dialect()) {
            (Place::LastAccess, Dialect::Sqlite) => {
                r#"UPDATE "baasix_User" SET "lastAccess" = ?1 WHERE "id" = ?2 AND ("lastAccess" IS NULL OR "lastAccess" < ?1)"#
            }
            (Place::LastAccess, Dialect::Postgres) => {
                r#"UPDATE "baasix_User" SET "lastAccess" = $1::text::timestamptz WHERE "id" = $2::text::uuid AND ("lastAccess" IS NULL OR "lastAccess" < $1::text::timestamptz)"#
            }
            (Place::LastUse, Dialect::Sqlite) => {
                r#"UPDATE "baasix_ApiToken" SET "lastUsedAt" = ?1 WHERE "id" = ?2 AND ("lastUsedAt" IS NULL OR "lastUsedAt" < ?1)"#
            }
            (Place::LastUse, Dialect::Postgres) => {
                r#"UPDATE "baasix_ApiToken" SET "lastUsedAt" = $1::text::timestamptz WHERE "id" = $2::text::uuid AND ("lastUsedAt" IS NULL OR "lastUsedAt" < $1::text::timestamptz)"#
            }
        };
        let binds = [Value::Text(iso_millis(at_ms)), Value::text(key)];
        let statement = Statement { text: Arc::from(text), binds: binds.map(Bind::Value).into() };
        let steps = vec![ProgramStep::new(statement, Expect::Any)];
        self.store().write(Program { steps }).await.map(drop)
    }
}
