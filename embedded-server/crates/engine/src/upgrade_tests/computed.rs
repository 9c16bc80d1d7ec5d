//! Computed columns as earlier versions made them.

use super::{all, at_version, same, whole};
use crate::test_project::Project;
use base::Code;
use query::Read;
use serde_json::{Value as Json, json};

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
