//! Fields that come, go and change with the rows kept.

use super::{Project, refused, titled};
use base::Code;
use serde_json::{Value as Json, json};
use sql::Dialect;

#[tokio::test]
async fn fields_change_in_place_and_the_rows_stay() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project
            .create(
                "posts",
                titled(json!({"views": {"type": "String"}, "old": {"type": "Text"},
                "author": {"relType": "BelongsTo", "target": "authors"}})),
            )
            .await;
        project.run("INSERT INTO \"authors\" (\"title\") VALUES ('ann')").await;
        project.run("INSERT INTO \"posts\" (\"title\", \"views\", \"old\", \"author_Id\") VALUES ('a', '12', 'x', 1), ('b', ' 7 ', NULL, NULL)").await;
        if project.is(Dialect::Sqlite) {
            project
                .run("CREATE TRIGGER \"outside\" AFTER INSERT ON \"posts\" BEGIN SELECT 1; END")
                .await;
        }
        let mut fields = project.document("posts")["fields"].clone();
        let map = fields.as_object_mut().unwrap();
        let title = map.shift_remove("title").unwrap();
        map.insert("headline".into(), title);
        map.shift_remove("old");
        map["views"]["type"] = json!("Integer");
        map["views"]["allowNull"] = json!(false);
        map["views"]["defaultValue"] = json!(0);
        map.insert("slug".into(), json!({"type": "SUID", "unique": true, "allowNull": false, "defaultValue": {"type": "SUID"}}));
        map.insert(
            "place".into(),
            json!({"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}}),
        );
        map.insert("loud".into(), json!({"type": "VIRTUAL", "calculated": "upper(headline)"}));
        project.update("posts", json!({"fields": fields, "timestamps": true})).await.unwrap();
        assert_eq!(
            project.rows("SELECT \"id\", \"headline\", \"views\", \"author_Id\", length(\"slug\"), \"place\", \"loud\", \"createdAt\" IS NOT NULL FROM \"posts\" ORDER BY \"id\"").await,
            "1|a|12|1|21|1|A|1; 2|b|7|null|21|2|B|1"
        );
        // Foreign keys, numbers and triggers still hold after the rebuild.
        project
            .run("INSERT INTO \"posts\" (\"headline\", \"slug\", \"place\") VALUES ('c', 's', 3)")
            .await;
        assert_eq!(project.rows("SELECT max(\"id\"), min(\"views\") FROM \"posts\"").await, "3|0");
        refused(
            project.try_run("UPDATE \"posts\" SET \"author_Id\" = 99").await,
            Code::ForeignKeyViolation,
            "",
        );
        project.run("DELETE FROM \"authors\"").await;
        assert_eq!(project.rows("SELECT count(*) FROM \"posts\"").await, "2");
        if project.is(Dialect::Sqlite) {
            assert_eq!(
                project.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'outside'").await,
                "1"
            );
            assert_eq!(
                project.rows("SELECT \"value\" FROM \"_sequence\" WHERE \"field\" = 'place'").await,
                "2"
            );
        }
        assert!(project.reopened().await.get("posts").unwrap().fields.contains_key("headline"));
    }
}

#[tokio::test]
async fn what_stored_values_stand_against_is_refused_and_nothing_is_half_done() {
    for mut project in Project::all().await {
        project.create("posts", titled(json!({}))).await;
        project.run("INSERT INTO \"posts\" (\"title\") VALUES ('a'), ('a'), (NULL)").await;
        let version = project.catalog.version;
        let with = |key: &str, value: Json| {
            let mut fields = project.document("posts")["fields"].clone();
            fields["title"][key] = value;
            fields
        };
        let (integer, required, unique) = (
            with("type", json!("Integer")),
            with("allowNull", json!(false)),
            with("unique", json!(true)),
        );
        let mut added = project.document("posts")["fields"].clone();
        added["must"] = json!({"type": "String", "allowNull": false});
        refused(
            project.update("posts", json!({"fields": integer})).await,
            Code::SchemaInvalid,
            "2 of 3 values of `title` cannot become Integer",
        );
        refused(
            project.update("posts", json!({"fields": required})).await,
            Code::SchemaInvalid,
            "1 of 3 records have no value",
        );
        refused(
            project
                .update(
                    "posts",
                    json!({"fields": unique, "indexes": [{"fields": ["id", "title"]}]}),
                )
                .await,
            Code::UniqueViolation,
            "",
        );
        refused(
            project.update("posts", json!({"fields": added})).await,
            Code::SchemaInvalid,
            "3 records that would lack it",
        );
        let again = project.reopened().await;
        assert_eq!(again.version, version);
        assert!(again.get("posts").unwrap().indexes.is_empty());
        assert!(!project.exists("posts_id_title_idx").await);
    }
}

#[tokio::test]
async fn expressions_that_the_store_refuses_are_the_callers_fault() {
    for mut project in Project::all().await {
        for calculated in [
            "title || (select password from baasix_User)",
            "title; drop table posts",
            "nobody",
            "random() || title",
            "lower(title, 1, 2)",
        ] {
            let schema = titled(json!({"x": {"type": "VIRTUAL", "calculated": calculated}}));
            refused(
                project.change(|draft| draft.create("posts", &schema)).await,
                Code::SchemaInvalid,
                "",
            );
        }
        let schema = titled(
            json!({"x": {"type": "String", "defaultValue": {"type": "SQL", "value": "(select 1)"}}}),
        );
        refused(
            project.change(|draft| draft.create("posts", &schema)).await,
            Code::SchemaInvalid,
            "subqueries",
        );
        let schema = titled(json!({"x": {"type": "Date", "defaultValue": "2024-02-31"}}));
        refused(
            project.change(|draft| draft.create("posts", &schema)).await,
            Code::SchemaInvalid,
            "does not fit",
        );
        assert!(!project.exists("posts").await);
    }
}
