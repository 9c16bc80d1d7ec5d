//! Projects as earlier versions left them, opened by this one, on the real stores.

mod computed;
mod identity;
mod places;

use crate::migrate::HOUSE_VERSION;
use crate::test_project::Project;
use base::Code;
use query::Read;
use serde_json::{Value as Json, json};

fn same(text: &'static str) -> (&'static str, &'static str) {
    (text, text)
}

/// Takes away what the sixth version added.
pub(crate) async fn without_arrivals(project: &Project) {
    project
        .meddle(&[
            same(r#"DROP TABLE "_import_row""#),
            same(r#"DROP TABLE "_import_moving""#),
            same(r#"ALTER TABLE "_import" DROP COLUMN "process""#),
            same(r#"ALTER TABLE "_import" DROP COLUMN "alive_ms""#),
            same(r#"ALTER TABLE "_change" DROP COLUMN "import""#),
            same(r#"ALTER TABLE "_change" DROP COLUMN "records""#),
            same(r#"ALTER TABLE "_feed_cursor" DROP COLUMN "part""#),
        ])
        .await;
}

/// Takes away what the sixth version added where it came later, and what says that versions behind
/// `version` were here.
async fn at_version(project: &Project, version: i64) {
    if version < 6 {
        without_arrivals(project).await;
    }
    let steps: Vec<String> =
        (version + 1..=HOUSE_VERSION).map(|step| format!("'house:{step}'")).collect();
    let later = format!(r#"DELETE FROM "_meta" WHERE "key" IN ({})"#, steps.join(", "));
    let now = format!(r#"UPDATE "_meta" SET "value" = '{version}' WHERE "key" = 'house_version'"#);
    project.meddle(&[(&later, &later), (&now, &now)]).await;
}

/// Takes away whatever later versions added.
async fn aged(project: &Project) {
    without_arrivals(project).await;
    project
        .meddle(&[
            same(r#"DELETE FROM "baasix_Template" WHERE "type" <> 'welcome'"#),
            same(r#"UPDATE "baasix_Template" SET "subject" = 'Come in'"#),
            same(r#"DELETE FROM "baasix_Permission""#),
            same(r#"DROP TABLE "baasix_UserPreference""#),
            same(r#"DELETE FROM "baasix_SchemaDefinition" WHERE "collectionName" = 'baasix_UserPreference'"#),
            same(r#"ALTER TABLE "baasix_Permission" DROP COLUMN "checkConditions""#),
            (
                r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove("source", '$.fields.checkConditions') WHERE "collectionName" = 'baasix_Permission'"#,
                r#"UPDATE "baasix_SchemaDefinition" SET "source" = ("source"::jsonb #- '{fields,checkConditions}')::text WHERE "collectionName" = 'baasix_Permission'"#,
            ),
            same(r#"DROP INDEX "baasix_AuditLog_entity_entityId_idx""#),
            same(r#"CREATE INDEX "baasix_AuditLog_entity_entityId_idx" ON "baasix_AuditLog" ("entity", "entityId")"#),
            same(r#"DROP INDEX "baasix_Verification_identifier_idx""#),
            same(r#"DROP INDEX "baasix_Verification_value_idx""#),
            (
                r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove("source", '$.indexes') WHERE "collectionName" = 'baasix_Verification'"#,
                r#"UPDATE "baasix_SchemaDefinition" SET "source" = ("source"::jsonb - 'indexes')::text WHERE "collectionName" = 'baasix_Verification'"#,
            ),
            same(r#"DROP INDEX "_change_source""#),
            same(r#"CREATE INDEX "_change_source" ON "_change" ("source") WHERE "source" IS NOT NULL"#),
            same(r#"DROP TABLE "_import""#),
            same(r#"DROP TABLE "_schema_change""#),
            same(r#"UPDATE "_meta" SET "value" = '1' WHERE "key" = 'house_version'"#),
        ])
        .await;
}

fn all(collection: &str) -> Read {
    Read { collection: collection.to_owned(), limit: Some(-1), ..Read::default() }
}

#[tokio::test]
async fn an_older_project_gets_what_was_added_since_once_and_whole() {
    for mut project in Project::all().await {
        aged(&project).await;
        project.engine = project.reopened().await;
        let engine = &project.engine;
        let find = async |read: &Read| engine.find(read, "a test of upgrades").await.unwrap();

        let mails = find(&all("baasix_Template")).await;
        let subject = |mail: &&serde_json::Map<String, Json>| mail["type"] == "welcome";
        assert_eq!(mails.len(), 8);
        assert_eq!(
            mails.iter().find(subject).unwrap()["subject"],
            "Come in",
            "a mail stays as it was written"
        );
        let grants = find(&all("baasix_Permission")).await;
        let mut actions: Vec<&str> =
            grants.iter().filter_map(|grant| grant["action"].as_str()).collect();
        actions.sort_unstable();
        assert_eq!(actions, ["create", "delete", "read", "update"]);
        assert!(grants.iter().all(|grant| {
            grant["collection"] == "baasix_UserPreference"
                && grant["conditions"] == json!({ "userId": { "eq": "$CURRENT_USER" } })
                && grant["checkConditions"].is_null()
        }));
        assert!(engine.state().role_named("user").unwrap().policies.by_collection.len() == 1);
        assert_eq!(find(&all("baasix_UserPreference")).await.len(), 0);

        let renewal = engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
        let state = engine.state();
        let verification = &state.catalog.get("baasix_Verification").unwrap().document;
        assert_eq!(verification["indexes"][0]["fields"], json!(["identifier"]));
        let source = project
            .column(
                "SELECT sql FROM sqlite_schema WHERE name = '_change_source'",
                "SELECT indexdef FROM pg_indexes WHERE indexname = '_change_source' AND schemaname = current_schema()",
            )
            .await;
        assert!(source[0].contains("seq"), "{source:?}");
        let imports = project
            .column(
                r#"SELECT count(*) || '' FROM "_import""#,
                r#"SELECT count(*)::text FROM "_import""#,
            )
            .await;
        assert_eq!(imports, ["0"]);
        for (table, column) in [
            ("_import_row", "moved"),
            ("_import_moving", "collection"),
            ("_import", "alive_ms"),
            ("_change", "import"),
            ("_change", "records"),
            ("_feed_cursor", "part"),
        ] {
            let sqlite =
                format!("SELECT name FROM pragma_table_info('{table}') WHERE name = '{column}'");
            let postgres = format!(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass('\"{table}\"') AND attname = '{column}'"
            );
            assert_eq!(project.column(&sqlite, &postgres).await, [column], "{table}");
        }

        let recorded = r#"SELECT "key" FROM "_meta" WHERE "key" LIKE 'house:%' ORDER BY 1"#;
        let steps: Vec<String> = (2..=HOUSE_VERSION).map(|step| format!("house:{step}")).collect();
        assert_eq!(project.column(recorded, recorded).await, steps);
        let version = engine.state().catalog.version;
        // What an administrator takes away afterwards stays away: it is done once.
        let gone = r#"DELETE FROM "baasix_Template""#;
        project.meddle(&[(gone, gone)]).await;
        project.engine = project.reopened().await;
        assert_eq!(project.engine.state().catalog.version, version, "nothing was left to do");
        let mails =
            project.engine.find(&all("baasix_Template"), "a test of upgrades").await.unwrap();
        assert_eq!(mails.len(), 0);
    }
}

#[tokio::test]
async fn an_upgrade_that_cannot_be_whole_changes_nothing() {
    for project in Project::all().await {
        aged(&project).await;
        // Two mails of one type for the whole project: the index that forbids it cannot be made.
        let twin = r#"INSERT INTO "baasix_Template" ("id", "type", "subject", "body", "isActive") SELECT "#;
        let rest = r#", "type", "subject", "body", "isActive" FROM "baasix_Template""#;
        let insert = |id: &str| format!("{twin}{id}{rest}");
        let (sqlite, postgres) = (
            insert("'0a0a0a0a-0000-4000-8000-000000000001'"),
            insert("'0a0a0a0a-0000-4000-8000-000000000001'::uuid"),
        );
        let drop = r#"DROP INDEX "baasix_Template_tenant_Id_type_idx""#;
        project.meddle(&[(drop, drop), (&sqlite, &postgres)]).await;
        let refused = project.another().await.err().expect("the upgrade is refused");
        assert_eq!(refused.code(), Code::UniqueViolation, "{refused}");
        let left =
            r#"SELECT "value" FROM "_meta" WHERE "key" = 'house_version' OR "key" LIKE 'house:%'"#;
        assert_eq!(project.column(left, left).await, ["1"]);
        let mails = r#"SELECT "type" FROM "baasix_Template""#;
        assert_eq!(project.column(mails, mails).await, ["welcome", "welcome"]);
        let one =
            r#"DELETE FROM "baasix_Template" WHERE "id" = '0a0a0a0a-0000-4000-8000-000000000001'"#;
        project.meddle(&[(one, one)]).await;
        project.another().await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_project_of_a_newer_version_is_refused() {
    for project in Project::all().await {
        let newer = format!(
            r#"UPDATE "_meta" SET "value" = '{}' WHERE "key" = 'house_version'"#,
            HOUSE_VERSION + 1
        );
        project.meddle(&[(&newer, &newer)]).await;
        let refused = project.another().await.err().expect("it is newer");
        assert_eq!(refused.code(), Code::DataNewer);
    }
}

/// The tables of the project, what is in `_meta`, and the rows of these. The statistics that SQLite
/// gathers come at any time and are no part of it.
async fn whole(project: &Project, tables: &[&str]) -> Vec<String> {
    let mut all = project
        .column(
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
            r#"SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE c.relnamespace = to_regnamespace(current_schema()) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"#,
        )
        .await;
    let indexes =
        "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexname";
    all.extend(project.column("SELECT ''", indexes).await);
    let meta = r#"SELECT "key" || ' ' || "value" FROM "_meta" ORDER BY 1"#;
    all.extend(project.column(meta, meta).await);
    for table in tables {
        let rows = format!(r#"SELECT CAST(t."id" AS text) FROM "{table}" t ORDER BY 1"#);
        all.extend(project.column(&rows, &rows).await);
    }
    all
}
