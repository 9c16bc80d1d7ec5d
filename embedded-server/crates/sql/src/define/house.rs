//! The house's own tables, which are no collections.

use super::Definition;
use crate::{Dialect, Statement};
use std::sync::Arc;

/// The house's tables, made when a database is new.
#[must_use]
pub fn house_tables(dialect: Dialect) -> Definition {
    let mut definition = Definition::default();
    let tables: [&str; 10] = match dialect {
        Dialect::Sqlite => [
            r#"CREATE TABLE "_meta" ("key" TEXT PRIMARY KEY NOT NULL, "value" TEXT NOT NULL) STRICT"#,
            r#"CREATE TABLE "_change" ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, "tx" INTEGER NOT NULL DEFAULT 0, "collection" TEXT NOT NULL, "id" TEXT NOT NULL, "op" TEXT NOT NULL CHECK ("op" IN ('create', 'update', 'delete')), "before" TEXT CHECK (json_valid("before")), "after" TEXT CHECK (json_valid("after")), "actor" TEXT, "source" TEXT, "at_ms" INTEGER NOT NULL, "import" TEXT, "records" INTEGER NOT NULL DEFAULT 1) STRICT"#,
            r#"CREATE TABLE "_feed_cursor" ("name" TEXT PRIMARY KEY NOT NULL, "tx" INTEGER NOT NULL, "seq" INTEGER NOT NULL, "at_ms" INTEGER NOT NULL, "part" INTEGER NOT NULL DEFAULT 0) STRICT"#,
            r#"CREATE TABLE "_sequence" ("collection" TEXT NOT NULL, "field" TEXT NOT NULL, "value" INTEGER NOT NULL, PRIMARY KEY ("collection", "field")) STRICT"#,
            r#"CREATE INDEX "_change_at" ON "_change" ("at_ms")"#,
            r#"CREATE INDEX "_change_source" ON "_change" ("source", "seq") WHERE "source" IS NOT NULL"#,
            r#"CREATE TABLE "_import" ("id" TEXT PRIMARY KEY NOT NULL, "at_ms" INTEGER NOT NULL, "job" TEXT NOT NULL CHECK (json_valid("job")), "process" TEXT, "alive_ms" INTEGER NOT NULL DEFAULT 0) STRICT"#,
            r#"CREATE TABLE "_import_row" ("import" TEXT NOT NULL, "n" INTEGER NOT NULL, "shape" TEXT NOT NULL, "key" TEXT NOT NULL, "record" TEXT NOT NULL, "moved" INTEGER NOT NULL DEFAULT 0, PRIMARY KEY ("import", "n")) STRICT"#,
            r#"CREATE INDEX "_import_row_moved" ON "_import_row" ("key", "import") WHERE "moved""#,
            r#"CREATE TABLE "_import_moving" ("import" TEXT PRIMARY KEY NOT NULL, "collection" TEXT NOT NULL) STRICT"#,
        ],
        Dialect::Postgres => [
            r#"CREATE TABLE "_meta" ("key" text PRIMARY KEY, "value" text NOT NULL)"#,
            r#"CREATE TABLE "_change" ("seq" bigint GENERATED ALWAYS AS IDENTITY, "tx" bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint, "collection" text NOT NULL, "id" text NOT NULL, "op" text NOT NULL CHECK ("op" IN ('create', 'update', 'delete')), "before" jsonb, "after" jsonb, "actor" text, "source" text, "at_ms" bigint NOT NULL, "import" text, "records" bigint NOT NULL DEFAULT 1, PRIMARY KEY ("tx", "seq"))"#,
            r#"CREATE TABLE "_feed_cursor" ("name" text PRIMARY KEY, "tx" bigint NOT NULL, "seq" bigint NOT NULL, "at_ms" bigint NOT NULL, "part" bigint NOT NULL DEFAULT 0)"#,
            r#"CREATE TABLE "_sequence" ("collection" text NOT NULL, "field" text NOT NULL, "value" bigint NOT NULL, PRIMARY KEY ("collection", "field"))"#,
            r#"CREATE INDEX "_change_at" ON "_change" ("at_ms")"#,
            r#"CREATE INDEX "_change_source" ON "_change" ("source", "seq") WHERE "source" IS NOT NULL"#,
            r#"CREATE TABLE "_import" ("id" text PRIMARY KEY, "at_ms" bigint NOT NULL, "job" text NOT NULL, "process" text, "alive_ms" bigint NOT NULL DEFAULT 0)"#,
            r#"CREATE TABLE "_import_row" ("import" text NOT NULL, "n" bigint NOT NULL, "shape" text NOT NULL, "key" text COLLATE "C" NOT NULL, "record" jsonb NOT NULL, "moved" boolean NOT NULL DEFAULT false, PRIMARY KEY ("import", "n"))"#,
            r#"CREATE INDEX "_import_row_moved" ON "_import_row" ("key", "import") WHERE "moved""#,
            r#"CREATE TABLE "_import_moving" ("import" text PRIMARY KEY, "collection" text NOT NULL)"#,
        ],
    };
    for table in tables {
        definition.push(table);
    }
    definition.statements.push(schema_history(dialect));
    definition
}

/// The table of the schema's history.
#[must_use]
pub fn schema_history(dialect: Dialect) -> Statement {
    let text = match dialect {
        Dialect::Sqlite => {
            r#"CREATE TABLE IF NOT EXISTS "_schema_change" ("version" INTEGER PRIMARY KEY NOT NULL, "at_ms" INTEGER NOT NULL, "actor" TEXT, "undoes" INTEGER, "steps" TEXT NOT NULL, "before" TEXT NOT NULL, "after" TEXT NOT NULL, "kept" TEXT, "keep_until_ms" INTEGER NOT NULL) STRICT"#
        }
        Dialect::Postgres => {
            r#"CREATE TABLE IF NOT EXISTS "_schema_change" ("version" bigint PRIMARY KEY, "at_ms" bigint NOT NULL, "actor" text, "undoes" bigint, "steps" text NOT NULL, "before" text NOT NULL, "after" text NOT NULL, "kept" text, "keep_until_ms" bigint NOT NULL)"#
        }
    };
    Statement { text: Arc::from(text), binds: Vec::new() }
}
