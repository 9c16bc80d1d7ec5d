//! Projects as earlier versions left them, opened by this one, on the real stores.

use crate::migrate::HOUSE_VERSION;
use crate::schema::draft::Draft;
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

/// The triggers of an index of places as they were until the seventh version, which knew records by
/// the numbers of their rows, and what filled it.
const OF_ROWS: [&str; 8] = [
    r#"DROP TRIGGER "NAME_spot.rtree.insert""#,
    r#"DROP TRIGGER "NAME_spot.rtree.update""#,
    r#"DROP TRIGGER "NAME_spot.rtree.delete""#,
    r#"DELETE FROM "NAME_spot.rtree""#,
    r#"CREATE TRIGGER "NAME_spot.rtree.insert" AFTER INSERT ON "NAME" BEGIN INSERT OR REPLACE INTO "NAME_spot.rtree" SELECT NEW._rowid_, SIDES FROM json_tree(NEW."spot") j WHERE j.type IN ('integer','real') HAVING count(*) > 0; END"#,
    r#"CREATE TRIGGER "NAME_spot.rtree.update" AFTER UPDATE OF "spot", "id" ON "NAME" BEGIN DELETE FROM "NAME_spot.rtree" WHERE "id" = OLD._rowid_; INSERT OR REPLACE INTO "NAME_spot.rtree" SELECT NEW._rowid_, SIDES FROM json_tree(NEW."spot") j WHERE j.type IN ('integer','real') HAVING count(*) > 0; END"#,
    r#"CREATE TRIGGER "NAME_spot.rtree.delete" AFTER DELETE ON "NAME" BEGIN DELETE FROM "NAME_spot.rtree" WHERE "id" = OLD._rowid_; END"#,
    r#"INSERT INTO "NAME_spot.rtree" SELECT t._rowid_, SIDES FROM "NAME" t, json_tree(t."spot") j WHERE j.type IN ('integer','real') GROUP BY t._rowid_"#,
];
const SIDES: &str = "min(CASE WHEN j.key = 0 THEN j.value END), max(CASE WHEN j.key = 0 THEN j.value END), min(CASE WHEN j.key = 1 THEN j.value END), max(CASE WHEN j.key = 1 THEN j.value END)";

#[tokio::test]
async fn an_index_of_places_that_knew_the_numbers_of_rows_knows_keys_once_it_is_opened() {
    for mut project in Project::all().await {
        let sqlite = project.engine.store().dialect() == sql::Dialect::Sqlite;
        for (name, kind) in [("sites", "String"), ("places", "Integer")] {
            let fields =
                json!({ "id": { "type": kind, "primaryKey": true }, "spot": { "type": "Point" } });
            let indexes = json!([{ "name": format!("{name}_spot"), "fields": ["spot"] }]);
            let schema = json!({ "timestamps": false, "fields": fields, "indexes": indexes });
            project.engine.create_schema(name, &schema).await.unwrap();
            for at in 1..=9 {
                let row = format!(
                    r#"INSERT INTO "{name}" ("id", "spot") VALUES ({}, '{{"type":"Point","coordinates":[{at},5]}}')"#,
                    if kind == "String" { format!("'{at}'") } else { at.to_string() }
                );
                project.meddle(&[(&row, &row)]).await;
            }
        }
        let parts = r#"SELECT name || ' ' || sql FROM sqlite_schema WHERE (name LIKE 'sites_spot%' OR name LIKE 'places_spot%') AND name NOT LIKE '%autoindex%' ORDER BY name"#;
        let made = project.column(parts, "SELECT ''").await;
        let written = |name: &str| -> Vec<String> {
            OF_ROWS.map(|text| text.replace("NAME", name).replace("SIDES", SIDES)).into()
        };
        let mut older = written("sites");
        older.insert(3, String::from(r#"DROP TABLE "sites_spot.rtree.numbers""#));
        older.extend(written("places"));
        // A copy made by another program has numbered the rows anew: the tree no longer knows them.
        older.push(String::from(r#"UPDATE "sites" SET "_rowid_" = 100 - "_rowid_""#));
        for text in &older {
            project.meddle(&[(text, "SELECT 1")]).await;
        }
        let older = project.column(parts, "SELECT ''").await;
        assert_eq!(older.len() + usize::from(sqlite), made.len());
        at_version(&project, 6).await;

        project.engine = project.reopened().await;
        assert_eq!(project.column(parts, "SELECT ''").await, made);
        for (name, near) in [("sites", 3), ("places", 7)] {
            let near = json!({ "spot": { "dwithin": { "geometry": { "x": near, "y": 5 }, "distance": 5 } } });
            let filter = query::parse_filter(&near, "filter", &base::Limits::default()).unwrap();
            let read = Read { filter: Some(filter), ..all(name) };
            let found = project.engine.find(&read, "a test of upgrades").await.unwrap();
            assert_eq!(found.len(), 1, "{name}: what the tree had lost is found");
        }
        let renewal = project.engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
        if sqlite {
            // Told by its triggers, whatever version the file says it has.
            for text in written("sites") {
                project.meddle(&[(&text, "SELECT 1")]).await;
            }
            let renewal = project.engine.renew_indexes().await.unwrap();
            assert_eq!(renewal.rebuilt, ["sites_spot.rtree"], "one by integer keys stays");
            assert_eq!(project.column(parts, "SELECT ''").await, made);
        }
    }
}

#[tokio::test]
async fn computed_columns_of_text_are_of_the_kind_of_their_expressions_once_it_is_opened() {
    for mut project in Project::all().await {
        let computed = |text: &str| json!({ "type": "VIRTUAL", "calculated": text });
        let schema = json!({ "timestamps": false, "indexes": [{ "name": "lines_total", "fields": ["total"] }], "fields": {
            "id": { "type": "Integer", "primaryKey": true }, "price": { "type": "Decimal" },
            "total": computed("price * 2"), "told": { "type": "VIRTUAL", "calculated": "'no ' || id", "unique": true }
        } });
        project.engine.create_schema("lines", &schema).await.unwrap();
        let made = "SELECT sql FROM sqlite_schema WHERE tbl_name = 'lines' ORDER BY name";
        let typed = r#"SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"lines"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1"#;
        let indexed = "SELECT indexdef FROM pg_indexes WHERE tablename = 'lines' AND schemaname = current_schema() ORDER BY indexname";
        let (before, indexes) =
            (project.column(made, typed).await, project.column("SELECT ''", indexed).await);
        // As the seventh version made it.
        let drop = r#"ALTER TABLE "lines" DROP COLUMN "total""#;
        let gone = r#"DROP INDEX "lines_total""#;
        let index = r#"CREATE INDEX "lines_total" ON "lines" ("total", "id")"#;
        project
            .meddle(&[
                (gone, gone),
                (drop, drop),
                (
                    r#"ALTER TABLE "lines" ADD COLUMN "total" TEXT GENERATED ALWAYS AS (CAST(("price" * 2) AS TEXT)) VIRTUAL"#,
                    r#"ALTER TABLE "lines" ADD COLUMN "total" text COLLATE "C" GENERATED ALWAYS AS ((("price" * 2))::text) STORED"#,
                ),
                (index, index),
                same(r#"INSERT INTO "lines" ("id", "price") VALUES (1, '19.90'), (2, '350'), (3, '4.55')"#),
            ])
            .await;
        at_version(&project, 7).await;

        project.engine = project.reopened().await;
        assert_eq!(project.column("SELECT ''", indexed).await, indexes);
        let after = project.column(made, typed).await;
        assert_eq!(after.len(), before.len());
        let bare = |texts: &[String]| texts.concat().matches("bx_dec_mul").count();
        assert_eq!(bare(&after), bare(&before), "{after:?}");
        let more = query::parse_filter(
            &json!({ "total": { "gt": 20 } }),
            "filter",
            &base::Limits::default(),
        )
        .unwrap();
        let read = Read { filter: Some(more), ..all("lines") };
        let found = project.engine.find(&read, "a test of upgrades").await.unwrap();
        let totals: Vec<String> = found.iter().map(|row| row["total"].to_string()).collect();
        assert_eq!(totals, ["39.80", "700"]);
        let renewal = project.engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn a_default_that_only_an_earlier_version_took_goes_on_as_it_stands() {
    for mut project in Project::all().await {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let default = json!({ "type": "SQL", "value": "'INV-' || 'x'" });
        let number = json!({ "type": "String", "defaultValue": default });
        let schema = json!({ "timestamps": false, "fields": { "id": key, "number": number } });
        project.engine.create_schema("bills", &schema).await.unwrap();
        let became = r#"UPDATE "baasix_SchemaDefinition" SET "source" = replace("source", '''x''', 'CURRENT_DATE') WHERE "collectionName" = 'bills'"#;
        project.meddle(&[same(became)]).await;
        at_version(&project, 7).await;

        project.engine = project.reopened().await;
        let other = json!({ "fields": { "id": key } });
        project.engine.create_schema("others", &other).await.unwrap();
        let write = query::Write {
            operations: vec![query::Operation::Create {
                collection: "bills".into(),
                body: json!({ "id": 1 }).as_object().unwrap().clone(),
            }],
            strict: true,
        };
        let actor = access::Actor::system("a test of upgrades");
        project.engine.write(write, &actor, None).await.unwrap();
        let told = r#"SELECT "number" FROM "bills""#;
        let told = project.column(told, told).await;
        assert!(
            told[0].starts_with("INV-2") && told[0].len() == "INV-2026-01-01".len(),
            "{told:?}"
        );
        // A new one is not taken.
        let anew = json!({ "type": "SQL", "value": "'INV-' || CURRENT_DATE" });
        let anew = json!({ "type": "String", "defaultValue": anew });
        let thirds = json!({ "fields": { "id": key, "number": anew } });
        let refused = project.engine.create_schema("thirds", &thirds).await.unwrap_err();
        assert_eq!(refused.code(), Code::SchemaInvalid);
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
async fn the_token_of_an_invitation_is_hidden_in_a_project_that_showed_it() {
    for mut project in Project::all().await {
        let house = access::Actor::system("a test");
        let create = |collection: &str, body: Json| query::Operation::Create {
            collection: collection.to_owned(),
            body: body.as_object().unwrap().clone(),
        };
        let shown = (
            r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove("source", '$.fields.token.hidden') WHERE "collectionName" = 'baasix_Invite'"#,
            r#"UPDATE "baasix_SchemaDefinition" SET "source" = ("source"::jsonb #- '{fields,token,hidden}')::text WHERE "collectionName" = 'baasix_Invite'"#,
        );
        let user = json!({ "id": "00000000-0000-4000-8000-0000000000aa", "firstName": "Ada" });
        let write = query::Write { operations: vec![create("baasix_User", user)], strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        let role = project.engine.state().role_named("user").unwrap().id.clone();
        let invite = json!({
            "email": "bob@example.com", "role_Id": role, "token": "s3cret", "expiresAt": "2030-01-01",
            "invitedBy_Id": "00000000-0000-4000-8000-0000000000aa",
        });
        let write =
            query::Write { operations: vec![create("baasix_Invite", invite)], strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        // As a version wrote it that showed the token: in the history and in what is told.
        let told = (
            r#"UPDATE "baasix_AuditLog" SET "changes" = json_set("changes", '$.after.token', 's3cret') WHERE "entity" = 'baasix_Invite'"#,
            r#"UPDATE "baasix_AuditLog" SET "changes" = jsonb_set("changes", '{after,token}', '"s3cret"') WHERE "entity" = 'baasix_Invite'"#,
        );
        let changes = (
            r#"UPDATE "_change" SET "after" = json_set("after", '$.token', 's3cret') WHERE "collection" = 'baasix_Invite'"#,
            r#"UPDATE "_change" SET "after" = jsonb_set("after", '{token}', '"s3cret"') WHERE "collection" = 'baasix_Invite'"#,
        );
        project.meddle(&[shown, told, changes]).await;
        let kept = r#"SELECT CAST("changes" AS TEXT) FROM "baasix_AuditLog" WHERE "entity" = 'baasix_Invite' UNION ALL SELECT CAST("after" AS TEXT) FROM "_change" WHERE "collection" = 'baasix_Invite'"#;
        let before = project.column(kept, kept).await;
        assert!(before.len() == 2 && before.iter().all(|one| one.contains("s3cret")), "{before:?}");

        project.engine = project.reopened().await;
        let state = project.engine.state();
        let collection = state.catalog.get("baasix_Invite").unwrap();
        assert!(collection.fields["token"].hidden);
        assert!(!state.open_view.get("baasix_Invite").unwrap().fields.contains_key("token"));
        let after = project.column(kept, kept).await;
        assert!(
            after.iter().all(|one| !one.contains("s3cret") && one.contains("bob@example.com")),
            "{after:?}"
        );
        assert_eq!(after.len(), 2);
        let rows = project.engine.find(&all("baasix_Invite"), "a test of upgrades").await.unwrap();
        assert_eq!(rows[0]["token"], "s3cret", "the house still knows it");
        // A schema that shows it is taken without that, and nothing is left to do afterwards.
        let mut schema = Json::clone(&collection.document);
        schema["fields"]["token"]["hidden"] = json!(false);
        project.engine.update_schema("baasix_Invite", &schema).await.unwrap();
        let version = project.engine.state().catalog.version;
        project.engine = project.reopened().await;
        let state = project.engine.state();
        assert!(state.catalog.get("baasix_Invite").unwrap().fields["token"].hidden);
        assert_eq!(state.catalog.version, version);
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

/// The column `field` of a table as the seventh version made it: text, whatever it is computed of.
async fn of_text(project: &Project, table: &str, field: &str, (sqlite, postgres): (&str, &str)) {
    let gone = format!(r#"ALTER TABLE "{table}" DROP COLUMN "{field}""#);
    let made = |rest: String| format!(r#"ALTER TABLE "{table}" ADD COLUMN "{field}" {rest}"#);
    let sqlite = made(format!("TEXT GENERATED ALWAYS AS (CAST(({sqlite}) AS TEXT)) VIRTUAL"));
    let postgres =
        made(format!(r#"text COLLATE "C" GENERATED ALWAYS AS ((({postgres}))::text) STORED"#));
    project.meddle(&[(&gone, &gone), (&sqlite, &postgres)]).await;
}

/// What is stored of the schema's documents says something else.
async fn rewritten(project: &Project, was: &str, is: &str) {
    let word = |text: &str| text.replace('\'', "''");
    let (was, is) = (word(was), word(is));
    for (table, column) in [("baasix_SchemaDefinition", "source"), ("_schema_change", "before")] {
        let text =
            format!(r#"UPDATE "{table}" SET "{column}" = replace("{column}", '{was}', '{is}')"#);
        project.meddle(&[(&text, &text)]).await;
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

fn computed(text: &str) -> Json {
    json!({ "type": "VIRTUAL", "calculated": text })
}

#[tokio::test]
async fn an_upgrade_that_a_view_of_another_program_stops_names_it_and_changes_nothing() {
    for mut project in Project::all().await {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let fields =
            json!({ "id": key, "price": { "type": "Decimal" }, "total": computed("price * 2") });
        let schema = json!({ "timestamps": false, "fields": fields });
        project.engine.create_schema("lines", &schema).await.unwrap();
        of_text(&project, "lines", "total", (r#""price" * 2"#, r#""price" * 2"#)).await;
        let view = r#"CREATE VIEW "dear lines" AS SELECT l."id", l."total" FROM "lines" l WHERE l."price" > '9'"#;
        project
            .meddle(&[
                same(r#"INSERT INTO "lines" ("id", "price") VALUES (1, '19.90'), (2, '4')"#),
                (view, &view.replace("'9'", "9")),
            ])
            .await;
        at_version(&project, 7).await;
        let before = whole(&project, &["lines", "dear lines"]).await;

        let refused = project.another().await.err().expect("the upgrade is refused");
        assert_eq!(refused.code(), Code::Conflict, "{refused}");
        let told = refused.to_string();
        for part in [
            "`total` of `lines`",
            "the view `dear lines`",
            "nothing of it was changed",
            "open the project",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(whole(&project, &["lines", "dear lines"]).await, before);
        let read = r#"SELECT "total" FROM "dear lines""#;
        assert_eq!(project.column(read, read).await.len(), 1, "what is built on it goes on");

        project.meddle(&[same(r#"DROP VIEW "dear lines""#)]).await;
        project.engine = project.reopened().await;
        let found = project.engine.find(&all("lines"), "a test of upgrades").await.unwrap();
        assert_eq!(found[0]["total"].to_string(), "39.80");
        project.meddle(&[(view, &view.replace("'9'", "9"))]).await;
    }
}

#[tokio::test]
async fn an_upgrade_that_makes_unique_values_alike_names_them_and_changes_nothing() {
    for mut project in Project::all().await {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let mut paid = computed("coalesce(price, 0)");
        paid["unique"] = json!(true);
        let fields = json!({ "id": key, "price": { "type": "Decimal" }, "paid": paid });
        let schema = json!({ "timestamps": false, "fields": fields });
        project.engine.create_schema("bills", &schema).await.unwrap();
        let index = project
            .column(
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE INDEX%ON \"bills\"%'",
                "SELECT indexname::text FROM pg_indexes WHERE tablename = 'bills' AND indexdef LIKE '%(paid)' AND schemaname = current_schema()",
            )
            .await
            .remove(0);
        let (gone, made) = (
            format!(r#"DROP INDEX "{index}""#),
            format!(r#"CREATE UNIQUE INDEX "{index}" ON "bills" ("paid")"#),
        );
        project.meddle(&[(&gone, &gone)]).await;
        let was = r#"coalesce("price", 0)"#;
        of_text(&project, "bills", "paid", (was, was)).await;
        project
            .meddle(&[
                (&made, &made),
                // One number in two spellings, which are two texts.
                same(r#"INSERT INTO "bills" ("id", "price") VALUES (1, '1.5'), (2, '1.50'), (3, '7')"#),
            ])
            .await;
        at_version(&project, 7).await;
        let before = whole(&project, &["bills"]).await;

        let refused = project.another().await.err().expect("the upgrade is refused");
        assert_eq!(refused.code(), Code::UniqueViolation, "{refused}");
        let told = refused.to_string();
        let named = format!("the unique index `{index}`");
        for part in [
            "`paid` of `bills`",
            &named,
            "records 1 and 2",
            "nothing of it was changed",
            "open the project",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(whole(&project, &["bills"]).await, before);

        project.meddle(&[same(r#"UPDATE "bills" SET "price" = '8' WHERE "id" = 2"#)]).await;
        project.engine = project.reopened().await;
        let found = project.engine.find(&all("bills"), "a test of upgrades").await.unwrap();
        let paid: Vec<String> = found.iter().map(|row| row["paid"].to_string()).collect();
        assert_eq!(paid, ["1.5", "8", "7"]);
    }
}

#[tokio::test]
async fn a_computed_column_that_is_not_understood_stands_when_its_table_is_made_anew() {
    for mut project in Project::all().await {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let maker = json!({ "relType": "BelongsTo", "target": "makers", "foreignKey": "maker_id" });
        let schema = json!({ "timestamps": false, "indexes": [{ "name": "lines_next", "fields": ["next"] }], "fields": {
            "id": key, "name": { "type": "String" }, "maker_id": { "type": "Integer" }, "maker": maker,
            "next": computed("name || '!'"),
        } });
        project.engine.create_schema("lines", &schema).await.unwrap();
        // As the seventh version took it.
        rewritten(&project, "name || '!'", "CAST(name AS INTEGER) + 1").await;
        project.meddle(&[same(r#"DROP INDEX "lines_next""#)]).await;
        let was = r#"CAST("name" AS INTEGER) + 1"#;
        of_text(&project, "lines", "next", (was, was)).await;
        project
            .meddle(&[
                same(r#"CREATE INDEX "lines_next" ON "lines" ("next", "id")"#),
                same(r#"INSERT INTO "lines" ("id", "name", "maker_id") VALUES (1, '41', 5)"#),
            ])
            .await;
        at_version(&project, 7).await;
        project.engine = project.reopened().await;
        let engine = &project.engine;
        let next = async || {
            let found = engine.find(&all("lines"), "a test of upgrades").await.unwrap();
            found[0]["next"].clone()
        };
        assert_eq!(next().await, "42");

        // The far end of its relation comes: SQLite makes the table anew for the foreign key.
        let makers = json!({ "timestamps": false, "fields": { "id": key } });
        let refused = engine.create_schema("makers", &makers).await.unwrap_err();
        assert_eq!(refused.code(), Code::ForeignKeyViolation, "{refused}");
        assert_eq!(next().await, "42");
        project.meddle(&[same(r#"UPDATE "lines" SET "maker_id" = NULL"#)]).await;
        engine.create_schema("makers", &makers).await.unwrap();
        assert_eq!(next().await, "42");
        let keyed = project
            .column(
                "SELECT sql FROM sqlite_schema WHERE name = 'lines' AND sql LIKE '%FOREIGN KEY%'",
                r#"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '"lines"'::regclass AND contype = 'f'"#,
            )
            .await;
        assert_eq!(keyed.len(), 1, "the foreign key is there");
        let renewal = engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
        project.meddle(&[same(r#"UPDATE "lines" SET "name" = '9'"#)]).await;
        assert_eq!(next().await, "10", "and is computed still");

        // Who changes its collection is told what has to be said anew first.
        let state = engine.state();
        let mut fields = state.catalog.get("lines").unwrap().document["fields"].clone();
        fields["note"] = json!({ "type": "String" });
        let refused =
            engine.update_schema("lines", &json!({ "fields": fields })).await.unwrap_err();
        assert_eq!(refused.code(), Code::SchemaInvalid, "{refused}");
        let reason = &refused.detail_list()[0].message;
        assert!(
            reason.contains("`next` of `lines`") && reason.contains("an earlier version took"),
            "{reason}"
        );
        assert_eq!(next().await, "10");
        fields["next"]["calculated"] = json!("name || '?'");
        engine.update_schema("lines", &json!({ "fields": fields })).await.unwrap();
        assert_eq!(next().await, "9?");
    }
}

#[tokio::test]
async fn a_change_of_an_earlier_version_is_undone_unless_it_holds_what_is_not_understood() {
    for mut project in Project::all().await {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let default = json!({ "type": "SQL", "value": "'INV-' || 'x'" });
        let number = json!({ "type": "String", "defaultValue": default });
        let bills = json!({ "timestamps": false, "fields": { "id": key, "number": number, "twice": computed("id * 2") } });
        let sums = json!({ "timestamps": false, "fields": { "id": key, "name": { "type": "String" }, "next": computed("name || '!'") } });
        let notes = json!({ "timestamps": false, "fields": { "id": key, "number": number } });
        for (name, schema) in [("bills", &bills), ("sums", &sums), ("notes", &notes)] {
            project.engine.create_schema(name, schema).await.unwrap();
        }
        project
            .meddle(&[
                same(r#"INSERT INTO "bills" ("id", "number") VALUES (1, 'mine')"#),
                same(r#"INSERT INTO "sums" ("id", "name") VALUES (1, '41')"#),
                same(r#"INSERT INTO "notes" ("id", "number") VALUES (1, 'mine')"#),
            ])
            .await;
        let version = |project: &Project| project.engine.state().catalog.version;
        project.engine.delete_schema("bills", false).await.unwrap();
        let bills = version(&project);
        project.engine.delete_schema("sums", false).await.unwrap();
        let sums = version(&project);
        let id =
            project.engine.state().catalog.get("notes").unwrap().document["fields"]["id"].clone();
        project.engine.update_schema("notes", &json!({ "fields": { "id": id } })).await.unwrap();
        let notes = version(&project);
        // As the seventh version took them.
        rewritten(&project, "'INV-' || 'x'", "'INV-' || CURRENT_DATE").await;
        rewritten(&project, "name || '!'", "CAST(name AS INTEGER) + 1").await;
        at_version(&project, 7).await;
        project.engine = project.reopened().await;
        let engine = &project.engine;
        let undo = async |version: u64| {
            let plan = engine.plan_undo(version).await?;
            engine.undo_schema(version, &json!({ "token": plan.token })).await
        };

        for (version, name) in [(notes, "notes"), (bills, "bills")] {
            undo(version).await.unwrap();
            let insert = format!(r#"INSERT INTO "{name}" ("id") VALUES (2)"#);
            project.meddle(&[(&insert, &insert)]).await;
            let write = query::Write {
                operations: vec![query::Operation::Create {
                    collection: name.into(),
                    body: json!({ "id": 3 }).as_object().unwrap().clone(),
                }],
                strict: true,
            };
            let actor = access::Actor::system("a test of upgrades");
            engine.write(write, &actor, None).await.unwrap();
            let found = engine.find(&all(name), "a test of upgrades").await.unwrap();
            let numbers: Vec<&str> =
                found.iter().filter_map(|row| row["number"].as_str()).collect();
            assert_eq!(numbers[0], "mine", "{name}");
            assert!(numbers[1..].iter().all(|one| one.starts_with("INV-2")), "{numbers:?}");
            assert_eq!(numbers.len(), 3, "{name}");
        }
        let found = engine.find(&all("bills"), "a test of upgrades").await.unwrap();
        assert_eq!(found[2]["twice"].to_string().trim_matches('"'), "6");

        let before = whole(&project, &[]).await;
        let refused = undo(sums).await.unwrap_err();
        assert_eq!(refused.code(), Code::SchemaInvalid, "{refused}");
        let reason = &refused.detail_list()[0].message;
        assert!(
            reason.contains("`next` of `sums`") && reason.contains("an earlier version took"),
            "{reason}"
        );
        assert_eq!(whole(&project, &[]).await, before);
    }
}

/// What the ninth version added: whole collections, and fields of others.
const OF_IDENTITY: [(&str, &[&str]); 12] = [
    ("baasix_Persona", &[]),
    ("baasix_Totp", &[]),
    ("baasix_Variable", &[]),
    ("baasix_PermissionTest", &[]),
    ("baasix_User", &["totpEnabled"]),
    ("baasix_UserRole", &["lastUsedAt"]),
    ("baasix_Sessions", &["role_Id", "role", "lastUsedAt"]),
    ("baasix_ApiToken", &["prefix", "scopes"]),
    ("baasix_Verification", &["user_Id", "user", "code", "payload", "attempts"]),
    ("baasix_EmailLog", &["content", "attempts", "nextAttemptAt", "sentAt", "tenant_Id", "tenant"]),
    ("baasix_UserPreference", &["tenant_Id", "tenant"]),
    ("baasix_Invite", &[]),
];

#[tokio::test]
async fn an_older_project_gets_the_columns_of_identity_and_its_open_invitations_are_over() {
    for mut project in Project::all().await {
        let house = access::Actor::system("a test of upgrades");
        let create = |collection: &str, body: Json| query::Operation::Create {
            collection: collection.to_owned(),
            body: body.as_object().unwrap().clone(),
        };
        let catalog = project.engine.state().catalog.clone();
        let mut draft = Draft::of(&catalog);
        for (name, fields) in OF_IDENTITY.iter().filter(|(name, _)| *name != "baasix_Invite") {
            if fields.is_empty() {
                draft.documents.shift_remove(*name).unwrap();
                continue;
            }
            let document = draft.documents[*name].as_object_mut().unwrap();
            let own = document["fields"].as_object_mut().unwrap();
            fields.iter().for_each(|field| drop(own.shift_remove(*field).unwrap()));
            if let Some(indexes) = document.get_mut("indexes").and_then(Json::as_array_mut) {
                let later = [json!(["value"]), json!(["status", "nextAttemptAt"])];
                indexes.retain(|index| !later.contains(&index["fields"]));
            }
        }
        draft.commit(project.engine.store(), &project.clock).await.unwrap();
        at_version(&project, 8).await;
        project.engine = project.reopened().await;
        // Opened once: what follows is as the eighth version would have left it.
        let state = project.engine.state();
        for (name, _) in OF_IDENTITY {
            let document = &*state.catalog.get(name).unwrap().document;
            assert_eq!(document, catalog::system_document(name).unwrap(), "{name}");
        }
        let role = state.role_named("user").unwrap().id.clone();
        let ada = json!({ "id": "00000000-0000-4000-8000-0000000000aa", "firstName": "Ada" });
        let totp = json!({ "user_Id": ada["id"], "secret": "s", "recoveryCodes": ["a"] });
        let test = json!({ "name": "n", "role_Id": role, "collection": "posts", "action": "read", "expects": "hidden" });
        let variable = json!({ "name": "A", "value": "b" });
        let mut operations = vec![
            create("baasix_User", ada.clone()),
            create("baasix_Totp", totp.clone()),
            create("baasix_PermissionTest", test),
            create("baasix_Variable", variable),
        ];
        for status in ["pending", "accepted", "revoked"] {
            operations.push(create(
                "baasix_Invite",
                json!({
                    "email": "bob@example.com", "role_Id": role, "token": status, "status": status,
                    "expiresAt": "2030-01-01", "invitedBy_Id": ada["id"],
                }),
            ));
        }
        let write = query::Write { operations, strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        let users = project.engine.find(&all("baasix_User"), "a test of upgrades").await.unwrap();
        assert_eq!(users[0]["totpEnabled"], false);
        let twice = query::Write { operations: vec![create("baasix_Totp", totp)], strict: true };
        let refused = project.engine.write(twice, &house, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::UniqueViolation, "a user has one second factor");

        at_version(&project, 8).await;
        project.engine = project.reopened().await;
        let states = r#"SELECT "token" || ' ' || "status" FROM "baasix_Invite" ORDER BY 1"#;
        let states = project.column(states, states).await;
        assert_eq!(states, ["accepted accepted", "pending expired", "revoked revoked"]);
        let renewal = project.engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn a_table_of_somebody_else_under_a_name_that_is_ours_now_stops_an_upgrade_and_stays() {
    for project in Project::all().await {
        let catalog = project.engine.state().catalog.clone();
        let mut draft = Draft::of(&catalog);
        draft.documents.shift_remove("baasix_Variable").unwrap();
        draft.commit(project.engine.store(), &project.clock).await.unwrap();
        at_version(&project, 8).await;
        project
            .meddle(&[
                same(r#"CREATE TABLE "baasix_Variable" ("theirs" integer)"#),
                same(r#"INSERT INTO "baasix_Variable" VALUES (7)"#),
            ])
            .await;
        let refused = project.another().await.err().expect("the upgrade is refused");
        assert!(refused.to_string().contains("baasix_Variable"), "{refused}");
        assert!(refused.hint_text().is_some(), "{refused}");
        let kept = r#"SELECT CAST("theirs" AS TEXT) FROM "baasix_Variable""#;
        assert_eq!(project.column(kept, kept).await, ["7"]);
        let version = r#"SELECT "value" FROM "_meta" WHERE "key" = 'house_version'"#;
        assert_eq!(project.column(version, version).await, ["8"]);
    }
}
