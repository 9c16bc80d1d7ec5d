//! What a project holds from its first day: the mails, and the right of signed-in people to keep
//! views of their own. Each row is written only where it is missing, so the same statements found
//! a project and bring an older one up to date.

use crate::schema::stored::statement;
use crate::template::TEMPLATES;
use base::{Result, Value, uuid_v4};
use serde_json::{Value as Json, json};
use sql::{Dialect, Statement};

/// The role of signed-in people in a new project.
pub(crate) const PEOPLE: &str = "user";

/// One row of `baasix_Template` for each type of mail that has none for the whole project.
pub(crate) fn mails(dialect: Dialect, now: &str) -> Result<Vec<Statement>> {
    let mail = |template: &crate::template::Template| -> Result<Statement> {
        Ok(statement(
            dialect,
            r#"INSERT INTO "baasix_Template" ("id", "type", "subject", "body", "description", "isActive", "createdAt", "updatedAt") SELECT ?1, ?2, ?3, ?4, ?5, 1, ?6, ?6 WHERE NOT EXISTS (SELECT 1 FROM "baasix_Template" WHERE "type" = ?2 AND "tenant_Id" IS NULL)"#,
            r#"INSERT INTO "baasix_Template" ("id", "type", "subject", "body", "description", "isActive", "createdAt", "updatedAt") SELECT $1::text::uuid, $2::text, $3::text, $4::text, $5::text, true, $6::text::timestamptz, $6::text::timestamptz WHERE NOT EXISTS (SELECT 1 FROM "baasix_Template" WHERE "type" = $2::text AND "tenant_Id" IS NULL)"#,
            vec![
                Value::Text(uuid_v4()?),
                Value::text(template.kind),
                Value::text(template.subject),
                Value::text(template.body),
                Value::text(template.description),
                Value::text(now),
            ],
        ))
    };
    TEMPLATES.iter().map(mail).collect()
}

/// What signed-in people may do with the views they save: all of it, with their own. A row that
/// an administrator wrote about the same stays.
pub(crate) fn own_views(dialect: Dialect, now: &str) -> Result<Vec<Statement>> {
    let own = json!({ "userId": { "eq": "$CURRENT_USER" } });
    let grant = |action: &str| -> Result<Statement> {
        let defaults = match action {
            "create" => text(&json!({ "userId": "$CURRENT_USER" })),
            _ => Value::Null,
        };
        Ok(statement(
            dialect,
            r#"INSERT INTO "baasix_Permission" ("id", "role_Id", "collection", "action", "fields", "conditions", "defaultValues", "createdAt", "updatedAt") SELECT ?1, r."id", 'baasix_UserPreference', ?2, ?3, ?4, ?5, ?6, ?6 FROM "baasix_Role" r WHERE r."name" = ?7 AND NOT EXISTS (SELECT 1 FROM "baasix_Permission" p WHERE p."role_Id" = r."id" AND p."collection" = 'baasix_UserPreference' AND p."action" = ?2)"#,
            r#"INSERT INTO "baasix_Permission" ("id", "role_Id", "collection", "action", "fields", "conditions", "defaultValues", "createdAt", "updatedAt") SELECT $1::text::uuid, r."id", 'baasix_UserPreference', $2::text, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb, $6::text::timestamptz, $6::text::timestamptz FROM "baasix_Role" r WHERE r."name" = $7::text AND NOT EXISTS (SELECT 1 FROM "baasix_Permission" p WHERE p."role_Id" = r."id" AND p."collection" = 'baasix_UserPreference' AND p."action" = $2::text)"#,
            vec![
                Value::Text(uuid_v4()?),
                Value::text(action),
                text(&json!(["*"])),
                text(&own),
                defaults,
                Value::text(now),
                Value::text(PEOPLE),
            ],
        ))
    };
    ["create", "read", "update", "delete"].into_iter().map(grant).collect()
}

/// A JSON column's value, in the form in which both stores keep it.
fn text(json: &Json) -> Value {
    Value::Text(query::canonical_json(json).unwrap_or_else(|_| json.to_string()))
}
