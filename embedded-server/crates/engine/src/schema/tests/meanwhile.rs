//! What others change between the moment when a change is made ready and the one when it is done.

use super::super::history::Signed;
use super::super::plan;
use super::super::references::references;
use super::{Project, refused, titled};
use base::Code;
use serde_json::{Value as Json, json};
use sql::Dialect;

const GRANT: &str = r#"INSERT INTO "baasix_Permission" ("id", "role_Id", "collection", "action", "fields", "conditions") SELECT "id", "id", 'posts', 'read', '["title","note"]', '{"title":{"eq":"x"}}' FROM "baasix_Role" WHERE "name" = 'public'"#;
const GRANTED: &str = r#"SELECT CAST("fields" AS TEXT), CAST("conditions" AS TEXT) FROM "baasix_Permission" WHERE "collection" = 'posts'"#;

/// Makes a change of the posts ready, changes a permission, and tries to go on.
async fn overtaken(project: &Project, fields: &Json, meanwhile: &str) {
    let body = json!({ "updateReferences": true, "collections": [{ "collectionName": "posts", "schema": { "fields": fields } }] });
    let mut draft = plan::drafted(&project.store, &project.catalog, &body).unwrap();
    draft.signed = Some(Signed::default());
    let (next, changes) = draft.next().unwrap();
    let prepared = draft.prepared(&project.store, &project.clock, next, changes).await;
    let prepared = prepared.unwrap().unwrap();
    project.run(meanwhile).await;
    refused(prepared.carry_out(&project.store).await, Code::PlanStale, "changed meanwhile");
}

#[tokio::test]
async fn a_permission_that_was_narrowed_meanwhile_is_not_widened_again() {
    for mut project in Project::all().await {
        project.create("posts", titled(json!({ "note": { "type": "String" } }))).await;
        project.run(GRANT).await;
        let without = {
            let mut fields = project.document("posts")["fields"].clone();
            fields.as_object_mut().unwrap().shift_remove("note");
            fields
        };
        let narrowed =
            r#"UPDATE "baasix_Permission" SET "fields" = '[]' WHERE "collection" = 'posts'"#;
        overtaken(&project, &without, narrowed).await;
        assert_eq!(project.rows(GRANTED).await.replace(' ', ""), r#"[]|{"title":{"eq":"x"}}"#);
        assert_eq!(project.reopened().await.version, project.catalog.version);

        // The same of what follows a rename by itself.
        let renamed = {
            let mut fields = project.document("posts")["fields"].clone();
            let map = fields.as_object_mut().unwrap();
            let title = map.shift_remove("title").unwrap();
            map.insert("headline".into(), title);
            fields
        };
        let tightened = r#"UPDATE "baasix_Permission" SET "conditions" = '{"title":{"eq":"none"}}' WHERE "collection" = 'posts'"#;
        overtaken(&project, &renamed, tightened).await;
        let granted = project.rows(GRANTED).await.replace(' ', "");
        assert_eq!(granted, r#"[]|{"title":{"eq":"none"}}"#);

        // Asked again, it does what it says: a rename and an end in one permission.
        let both = {
            let mut fields = renamed.clone();
            fields.as_object_mut().unwrap().shift_remove("note");
            fields
        };
        project.run(r#"UPDATE "baasix_Permission" SET "fields" = '["title","note"]' WHERE "collection" = 'posts'"#).await;
        let mut body = json!({ "updateReferences": true, "collections": [{ "collectionName": "posts", "schema": { "fields": both } }] });
        body["token"] = json!(plan::token(&project.catalog, &body));
        let done =
            plan::apply(&project.store, &project.clock, &project.catalog, &body, Signed::default());
        let done = done.await;
        project.keep(done).unwrap();
        let granted = project.rows(GRANTED).await.replace(' ', "");
        assert_eq!(granted, r#"["headline"]|{"headline":{"eq":"none"}}"#);
    }
}

#[tokio::test]
async fn more_views_than_one_statement_reads_are_all_looked_at() {
    for mut project in Project::all().await {
        project.create("posts", titled(json!({ "note": { "type": "String" } }))).await;
        // More than one read of the house may answer; that bound is the same on both stores, and
        // so many rows take Postgres long.
        let (many, id, numbers, document) = if project.is(Dialect::Sqlite) {
            let numbers = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100001) SELECT n FROM s)";
            (100_001, "printf('%08x-0000-4000-8000-000000000000', n)", numbers, "")
        } else {
            let id = "(lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid";
            (2_001, id, "generate_series(1, 2001) AS s(n)", "::jsonb")
        };
        project
            .run(&format!(
                r#"INSERT INTO "baasix_UserPreference" ("id", "collectionName", "preferenceType", "isDefault", "name", "preferenceData") SELECT {id}, 'posts', 'columns', false, 'view', CASE WHEN n IN (1, {many}) THEN '{{"columns":"id,note"}}' ELSE '{{"columns":"id"}}' END{document} FROM {numbers}"#
            ))
            .await;
        let mut fields = project.document("posts")["fields"].clone();
        fields.as_object_mut().unwrap().shift_remove("note");
        let body = json!({ "collections": [{ "collectionName": "posts", "schema": { "fields": fields } }] });
        let mut draft = plan::drafted(&project.store, &project.catalog, &body).unwrap();
        let (next, _) = draft.next().unwrap();
        let found = references(&project.store, &project.catalog, &next).await.unwrap();
        let ids: Vec<&str> = found.list.iter().map(|one| &one.id[..8]).collect();
        assert_eq!(ids, ["00000001", format!("{many:08x}").as_str()]);
    }
}
