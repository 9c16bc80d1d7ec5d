//! Indexes of places as earlier versions made them.

use super::{all, at_version};
use crate::test_project::Project;
use query::Read;
use serde_json::json;

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
