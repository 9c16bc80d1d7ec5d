//! The stored documents of a catalog, and the histories that bear the names of its collections.
//! A collection is who it is by its stable id: a name alone may be another one's by now.

use super::stored::statement;
use base::Value;
use catalog::{Catalog, Collection};
use sql::{Dialect, Statement};
use std::sync::Arc;

fn same<'a>(catalog: &'a Catalog, one: &Collection) -> Option<&'a Arc<Collection>> {
    catalog.collections.values().find(|other| other.schema_id() == one.schema_id())
}

/// The changed rows of `baasix_SchemaDefinition`.
pub(super) fn rows(old: &Catalog, next: &Catalog, dialect: Dialect, now: &str) -> Vec<Statement> {
    let mut rows = Vec::new();
    for collection in next.collections.values() {
        let stays = same(old, collection).filter(|was| was.name == collection.name);
        if stays.is_some_and(|was| was.document == collection.document) {
            continue;
        }
        let source = collection.document.to_string();
        let canonical =
            query::canonical_json(&collection.document).unwrap_or_else(|_| source.clone());
        let binds = vec![
            Value::text(&collection.name),
            Value::Text(canonical),
            Value::Text(source),
            Value::text(now),
        ];
        rows.push(match stays {
            Some(_) => statement(
                dialect,
                r#"UPDATE "baasix_SchemaDefinition" SET "schema" = ?2, "source" = ?3, "updatedAt" = ?4 WHERE "collectionName" = ?1"#,
                r#"UPDATE "baasix_SchemaDefinition" SET "schema" = $2::text::jsonb, "source" = $3::text, "updatedAt" = $4::text::timestamptz WHERE "collectionName" = $1::text"#,
                binds,
            ),
            None => statement(
                dialect,
                r#"INSERT INTO "baasix_SchemaDefinition" ("collectionName", "schema", "source", "createdAt", "updatedAt") VALUES (?1, ?2, ?3, ?4, ?4)"#,
                r#"INSERT INTO "baasix_SchemaDefinition" ("collectionName", "schema", "source", "createdAt", "updatedAt") VALUES ($1::text, $2::text::jsonb, $3::text, $4::text::timestamptz, $4::text::timestamptz)"#,
                binds,
            ),
        });
    }
    let ended =
        old.collections.values().filter(|was| same(next, was).is_none_or(|is| is.name != was.name));
    let deletions = ended.map(|was| {
        statement(
            dialect,
            r#"DELETE FROM "baasix_SchemaDefinition" WHERE "collectionName" = ?1"#,
            r#"DELETE FROM "baasix_SchemaDefinition" WHERE "collectionName" = $1::text"#,
            vec![Value::text(&was.name)],
        )
    });
    // The history of what is gone stays for its time, and waits for its return.
    let gone = old.collections.values().filter(|was| same(next, was).is_none());
    let labels = gone.map(|was| history_renamed(dialect, &was.name, &label(was)));
    // Deletions first: a new collection may take an old name.
    deletions.chain(labels).chain(rows.iter().cloned()).collect()
}

/// The histories of collections that come back, under their names again. Last of what gives
/// histories other names: until then the name may be another collection's.
pub(super) fn histories_back(
    old: &Catalog,
    next: &Catalog,
    dialect: Dialect,
) -> impl Iterator<Item = Statement> {
    next.collections
        .values()
        .filter(|is| same(old, is).is_none())
        .map(move |is| history_renamed(dialect, &label(is), &is.name))
}

/// What the history of a collection that is gone is kept under: no collection can have this name,
/// and no other one that is gone has it.
fn label(collection: &Collection) -> String {
    format!("{} until its end ({})", collection.name, collection.schema_id())
}

/// The history of a collection's records, under another name.
pub(super) fn history_renamed(dialect: Dialect, from: &str, to: &str) -> Statement {
    statement(
        dialect,
        r#"UPDATE "baasix_AuditLog" SET "entity" = ?2 WHERE "entity" = ?1"#,
        r#"UPDATE "baasix_AuditLog" SET "entity" = $2::text WHERE "entity" = $1::text"#,
        vec![Value::text(from), Value::text(to)],
    )
}
