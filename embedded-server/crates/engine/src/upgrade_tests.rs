//! Projects as earlier versions left them, opened by this one, on the real stores.

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

/// Takes away what the sixth version added, and what says that versions behind `version` were here.
async fn at_version(project: &Project, version: i64) {
    without_arrivals(project).await;
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
async fn an_index_of_a_geometry_by_order_becomes_one_of_places() {
    for mut project in Project::all().await {
        let fields =
            json!({ "id": { "type": "Integer", "primaryKey": true }, "spot": { "type": "Point" } });
        let indexes = json!([{ "name": "places_spot", "fields": ["spot"] }]);
        let schema = json!({ "timestamps": false, "fields": fields, "indexes": indexes });
        project.engine.create_schema("places", &schema).await.unwrap();
        let tree = "SELECT name FROM sqlite_schema WHERE name LIKE 'places_spot%' AND type IN ('index', 'trigger', 'table') AND name NOT LIKE '%.rtree\\_%' ESCAPE '\\' ORDER BY name";
        let method = "SELECT a.amname::text FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.relname = 'places_spot' AND c.relnamespace = current_schema()::regnamespace";
        let made = project.column(tree, method).await;
        let plain = r#"CREATE INDEX "places_spot" ON "places" ("spot")"#;
        project
            .meddle(&[
                (r#"DROP TRIGGER "places_spot.rtree.insert""#, "SELECT 1"),
                (r#"DROP TRIGGER "places_spot.rtree.update""#, "SELECT 1"),
                (r#"DROP TRIGGER "places_spot.rtree.delete""#, "SELECT 1"),
                (r#"DROP TABLE "places_spot.rtree""#, r#"DROP INDEX "places_spot""#),
                (plain, plain),
                (
                    r#"INSERT INTO "places" ("id", "spot") VALUES (1, '{"type":"Point","coordinates":[13.4,52.5]}')"#,
                    r#"INSERT INTO "places" ("id", "spot") VALUES (1, '{"type":"Point","coordinates":[13.4,52.5]}')"#,
                ),
            ])
            .await;
        at_version(&project, 4).await;
        assert_ne!(project.column(tree, method).await, made);
        project.engine = project.reopened().await;
        assert_eq!(project.column(tree, method).await, made);
        let near = json!({ "spot": { "dwithin": { "geometry": { "x": 13.4, "y": 52.5 }, "distance": 5 } } });
        let filter = query::parse_filter(&near, "filter", &base::Limits::default()).unwrap();
        let read = Read { filter: Some(filter), ..all("places") };
        let found = project.engine.find(&read, "a test of upgrades").await.unwrap();
        assert_eq!(found.len(), 1, "what stood in the table before is found");
        let renewal = project.engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
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

#[tokio::test]
async fn an_older_history_is_let_go_by_the_users_that_it_names() {
    for mut project in Project::all().await {
        // The relation as the third version had it.
        project
            .meddle(&[
                (
                    r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove(json_set("source", '$.fields.user.onDelete', 'SET NULL'), '$.fields.user.constraints', '$.fields.seq', '$.fields.origin') WHERE "collectionName" = 'baasix_AuditLog'"#,
                    r#"UPDATE "baasix_SchemaDefinition" SET "source" = (jsonb_set("source"::jsonb #- '{fields,user,constraints}' #- '{fields,seq}' #- '{fields,origin}', '{fields,user,onDelete}', '"SET NULL"'))::text WHERE "collectionName" = 'baasix_AuditLog'"#,
                ),
                (
                    r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "origin""#,
                    r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "origin", DROP COLUMN "seq", ADD CONSTRAINT "userId.target.fkey" FOREIGN KEY ("userId") REFERENCES "baasix_User" ("id") ON DELETE SET NULL ON UPDATE CASCADE"#,
                ),
                (r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "seq""#, "SELECT 1"),
            ])
            .await;
        at_version(&project, 3).await;
        project.engine = project.reopened().await;
        let engine = &project.engine;
        let state = engine.state();
        let log = state.catalog.get("baasix_AuditLog").unwrap();
        assert!(!log.relations["user"].constrained && log.fields.contains_key("seq"));
        // Nobody of this key was ever there; what he does is written down all the same.
        let stranger = "00000000-0000-4000-8000-00000000beef";
        let actor = access::Actor {
            identity: access::Identity::User(stranger.to_owned()),
            role_name: String::from("administrator"),
            ..access::Actor::system("a test")
        };
        let operation = query::Operation::Create {
            collection: String::from("posts"),
            body: serde_json::Map::from_iter([(String::from("id"), json!(1))]),
        };
        let write = query::Write { operations: vec![operation], strict: true };
        engine.write(write, &actor, None).await.unwrap();
        let rows = engine.find(&all("baasix_AuditLog"), "a test of upgrades").await.unwrap();
        assert!(rows.iter().any(|row| row["userId"] == stranger && row["entity"] == "posts"));
    }
}
