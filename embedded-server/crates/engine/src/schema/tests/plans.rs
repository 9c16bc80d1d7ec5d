//! Indexes, plans, renames, and documents out and in.

use super::{Project, refused, titled};
use crate::schema::draft::Draft;
use crate::schema::history::Signed;
use crate::schema::{StepKind, import, plan};
use base::Code;
use catalog::{Collection, DefaultValue, RelationKind};
use serde_json::{Value as Json, json};
use sql::Dialect;
use std::sync::Arc;

#[tokio::test]
async fn indexes_live_in_the_document_and_in_the_store() {
    for mut project in Project::all().await {
        project
            .create("posts", titled(json!({"a": {"type": "String"}, "b": {"type": "Date"}})))
            .await;
        let unique = json!({"fields": ["a", "b"], "unique": true, "nullsNotDistinct": true});
        project.change(|draft| draft.create_index("posts", &unique)).await.unwrap();
        project.change(|draft| draft.create_index("posts", &unique)).await.unwrap();
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('x'), (NULL)").await;
        refused(
            project.try_run("INSERT INTO \"posts\" (\"a\") VALUES ('x')").await,
            Code::UniqueViolation,
            "",
        );
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('')").await;
        assert_eq!(project.reopened().await.get("posts").unwrap().indexes[0].name, "posts_a_b_idx");
        project.change(|draft| draft.delete_index("posts", "posts_a_b_idx")).await.unwrap();
        project.run("INSERT INTO \"posts\" (\"a\") VALUES ('x')").await;
        refused(
            project.change(|draft| draft.delete_index("posts", "nope")).await,
            Code::NotFound,
            "no index",
        );
        let wrong = json!({"fields": ["c"]});
        refused(
            project.change(|draft| draft.create_index("posts", &wrong)).await,
            Code::SchemaInvalid,
            "`c`",
        );
        let doubled = json!({"fields": ["a"], "unique": true});
        refused(
            project.change(|draft| draft.create_index("posts", &doubled)).await,
            Code::UniqueViolation,
            "",
        );
    }
}

#[tokio::test]
async fn a_plan_says_what_happens_and_applies_once() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project
            .create(
                "posts",
                titled(json!({"views": {"type": "String"}, "gone": {"type": "Text"},
            "author": {"relType": "BelongsTo", "target": "authors"}})),
            )
            .await;
        project.create("old", titled(json!({}))).await;
        project.run("INSERT INTO \"posts\" (\"title\", \"views\", \"gone\") VALUES ('a', '1', 'x'), ('b', 'many', NULL)").await;
        project.run("INSERT INTO \"baasix_Permission\" (\"id\", \"role_Id\", \"collection\", \"action\") SELECT \"id\", \"id\", 'posts', 'read' FROM \"baasix_Role\" WHERE \"name\" = 'public'").await;
        let mut articles = project.document("posts");
        let fields = articles["fields"].as_object_mut().unwrap();
        let title = fields.shift_remove("title").unwrap();
        fields.insert("headline".into(), title);
        fields.shift_remove("gone");
        fields["views"]["type"] = json!("Integer");
        let mut body = json!({"drop": ["old"], "collections": [
            {"collectionName": "articles", "was": "posts", "schema": articles},
            {"collectionName": "tags", "schema": titled(json!({}))}]});
        let planned = plan::plan(&project.store, &project.catalog, &body).await.unwrap();
        let steps: Vec<(StepKind, &str, Option<&str>, bool)> = planned
            .steps
            .iter()
            .map(|s| (s.op, s.collection.as_str(), s.field.as_deref(), s.lossy))
            .collect();
        assert_eq!(
            steps,
            [
                (StepKind::DropCollection, "old", None, false),
                (StepKind::RenameCollection, "articles", None, false),
                (StepKind::DropField, "articles", Some("gone"), true),
                (StepKind::RenameField, "articles", Some("headline"), false),
                (StepKind::CreateCollection, "tags", None, false),
                (StepKind::AlterField, "articles", Some("views"), true),
            ]
        );
        let alter = planned.steps.last().unwrap();
        assert_eq!(alter.values, Some((1, 2)));
        assert_eq!(
            alter.summary,
            "Change field `views` of `articles` from String to Integer: 1 of 2 values lose something or do not fit"
        );
        // SQLite rebuilds once for three steps, Postgres alters three times.
        let shown: Vec<bool> = planned.steps.iter().map(|step| !step.sql.is_empty()).collect();
        let lite = project.is(Dialect::Sqlite);
        assert_eq!(shown, [true, true, true, !lite, true, !lite]);
        assert!(
            !lite
                || planned.steps[2]
                    .sql
                    .iter()
                    .any(|sql| sql.starts_with("CREATE TABLE \"_rebuild_articles\""))
        );
        body["token"] = json!(planned.token);
        let refused_change =
            plan::apply(&project.store, &project.clock, &project.catalog, &body, Signed::default())
                .await;
        refused(refused_change, Code::SchemaInvalid, "cannot become Integer");
        assert!(project.exists("old").await && project.exists("posts").await);

        project.run("UPDATE \"posts\" SET \"views\" = '2' WHERE \"views\" = 'many'").await;
        let applied =
            plan::apply(&project.store, &project.clock, &project.catalog, &body, Signed::default())
                .await;
        project.keep(applied).unwrap();
        assert_eq!(
            project.rows("SELECT \"headline\", \"views\" FROM \"articles\" ORDER BY \"id\"").await,
            "a|1; b|2"
        );
        assert_eq!(
            project.rows("SELECT \"collection\" FROM \"baasix_Permission\" WHERE \"collection\" <> 'baasix_UserPreference'").await,
            "articles"
        );
        assert!(!project.exists("old").await && project.exists("tags").await);
        refused(
            plan::apply(&project.store, &project.clock, &project.catalog, &body, Signed::default())
                .await,
            Code::PlanStale,
            "has changed since",
        );
        let other = json!({"drop": ["tags"], "token": format!("{}-0", project.catalog.version)});
        refused(
            plan::apply(
                &project.store,
                &project.clock,
                &project.catalog,
                &other,
                Signed::default(),
            )
            .await,
            Code::PlanStale,
            "not the body",
        );
        let again = project.reopened().await;
        assert!(again.get("posts").is_none());
        assert_eq!(again.get("articles").unwrap().relations["author"].target, "authors");
        project.run("INSERT INTO \"articles\" (\"headline\") VALUES ('c')").await;
        assert_eq!(project.rows("SELECT max(\"id\") FROM \"articles\"").await, "3");
    }
}

#[tokio::test]
async fn a_second_process_cannot_overwrite_a_change() {
    for mut project in Project::all().await {
        let stale = project.catalog.clone();
        project.create("first", titled(json!({}))).await;
        let mut draft = Draft::of(&stale);
        draft.create("second", &titled(json!({}))).unwrap();
        refused(
            draft.commit(&project.store, &project.clock).await,
            Code::PlanStale,
            "another process",
        );
        assert!(!project.exists("second").await);
    }
}

#[tokio::test]
async fn an_export_taken_into_another_project_makes_the_same_catalog() {
    let mut exported = None;
    for mut project in Project::all().await {
        project
            .create(
                "authors",
                titled(json!({"n": {"type": "Decimal", "values": {"precision": 8, "scale": 2}}})),
            )
            .await;
        project.create("posts", titled(json!({}))).await;
        project
            .relate(
                "posts",
                json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts"}),
            )
            .await;
        project
            .relate("posts", json!({"type": "M2M", "name": "friends", "target": "authors"}))
            .await;
        let entry = |collection: &Arc<Collection>| json!({"collectionName": collection.name, "schema": *collection.document});
        let all = import::export(&project.catalog);
        exported = Some(all.iter().map(entry).collect::<Vec<Json>>());
    }
    let body = json!({ "schemas": exported.unwrap() });
    for mut project in Project::all().await {
        let preview = import::preview(&project.catalog, &body).unwrap();
        assert_eq!(preview.new.len(), 3);
        let (changed, report) = import::import(
            &project.store,
            &project.clock,
            &project.catalog,
            &body,
            Signed::default(),
        )
        .await
        .unwrap();
        project.keep(Ok(changed)).unwrap();
        assert_eq!(report.created, ["authors", "posts", "posts_authors_friends_junction"]);
        assert!(report.updated.is_empty());
        assert_eq!(project.catalog.get("posts").unwrap().foreign_keys().len(), 1);
        let (changed, report) = import::import(
            &project.store,
            &project.clock,
            &project.catalog,
            &body,
            Signed::default(),
        )
        .await
        .unwrap();
        project.keep(Ok(changed)).unwrap();
        assert!(report.created.is_empty());
        let broken = json!({"schemas": [{"collectionName": "fine", "schema": titled(json!({}))}, {"collectionName": "bad", "schema": {"fields": {"a": {"type": "Nope"}}}}]});
        refused(
            import::import(
                &project.store,
                &project.clock,
                &project.catalog,
                &broken,
                Signed::default(),
            )
            .await,
            Code::SchemaInvalid,
            "nothing was changed",
        );
        assert!(!project.exists("fine").await);
    }
}

#[tokio::test]
async fn a_rename_is_followed_by_indexes_and_relations_of_others() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        let mut posts =
            titled(json!({"n": {"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}}}));
        posts["indexes"] = json!([{"fields": ["title"], "name": "by_title"}]);
        project.create("posts", posts).await;
        project
            .relate(
                "posts",
                json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts"}),
            )
            .await;
        project
            .run("INSERT INTO \"baasix_Permission\" (\"id\", \"role_Id\", \"collection\", \"action\", \"fields\", \"conditions\") SELECT \"id\", \"id\", 'authors', 'read', '[\"posts.title\"]', '{\"posts.title\":{\"eq\":\"x\"}}' FROM \"baasix_Role\" WHERE \"name\" = 'public'")
            .await;
        let mut fields = project.document("posts")["fields"].clone();
        let map = fields.as_object_mut().unwrap();
        for (from, to) in [("title", "headline"), ("author_id", "writer_id"), ("n", "place")] {
            let field = map.shift_remove(from).unwrap();
            map.insert(to.into(), field);
        }
        project.update("posts", json!({ "fields": fields })).await.unwrap();
        let stored = project.rows("SELECT CAST(\"fields\" AS TEXT), CAST(\"conditions\" AS TEXT) FROM \"baasix_Permission\" WHERE \"collection\" <> 'baasix_UserPreference'").await;
        assert_eq!(stored.replace(' ', ""), r#"["posts.headline"]|{"posts.headline":{"eq":"x"}}"#);
        let posts = project.catalog.get("posts").unwrap();
        assert_eq!(posts.indexes[0].fields, ["headline"]);
        assert!(
            matches!(&posts.relations["author"].kind, RelationKind::ToOne { column, .. } if column == "writer_id")
        );
        let authors = project.catalog.get("authors").unwrap();
        assert!(
            matches!(&authors.relations["posts"].kind, RelationKind::ToMany { target_column, .. } if target_column == "writer_id")
        );
        assert_eq!(posts.fields["place"].default, Some(DefaultValue::AutoIncrement));
        if project.is(Dialect::Postgres) {
            project.run("INSERT INTO \"posts\" (\"headline\") VALUES ('a')").await;
            assert_eq!(project.rows("SELECT last_value FROM \"posts.place.seq\"").await, "1");
        }
    }
}

#[tokio::test]
async fn a_plan_tells_what_changes_in_the_documents_alone() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project.create("posts", titled(json!({}))).await;
        project
            .relate("posts", json!({"type": "M2O", "name": "author", "target": "authors"}))
            .await;
        let mut authors = project.document("authors");
        authors["fields"]["works"] =
            json!({"relType": "HasMany", "target": "posts", "foreignKey": "author_id"});
        authors["fields"]["title"]["validate"] = json!({"notEmpty": true});
        authors["description"] = json!("People");
        let body = json!({"collections": [{"collectionName": "authors", "schema": authors}]});
        let planned = plan::plan(&project.store, &project.catalog, &body).await.unwrap();
        let said: Vec<&str> = planned.steps.iter().map(|step| step.summary.as_str()).collect();
        assert_eq!(
            said,
            [
                "Change the settings of `title` of `authors`",
                "Let `authors` reach `posts` as `works`",
                "Change the settings of `authors`: `description`"
            ]
        );
        let mut body = body;
        body["token"] = json!(planned.token);
        let applied =
            plan::apply(&project.store, &project.clock, &project.catalog, &body, Signed::default())
                .await;
        project.keep(applied).unwrap();
        assert!(project.catalog.get("authors").unwrap().relation("works").is_some());
        // A relation left out of the fields goes with its generated column and its way back.
        let mut fields = project.document("posts")["fields"].clone();
        fields.as_object_mut().unwrap().shift_remove("author");
        project.update("posts", json!({ "fields": fields })).await.unwrap();
        assert!(!project.catalog.get("posts").unwrap().fields.contains_key("author_id"));
        assert!(project.document("authors")["fields"].get("works").is_none());
    }
}
