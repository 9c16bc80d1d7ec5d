//! Relations, their columns and junctions.

use super::{Project, refused, titled};
use base::Code;
use catalog::{FieldKind, OnDelete, RelationKind};
use serde_json::json;

#[tokio::test]
async fn pointing_relations_have_columns_constraints_and_a_way_back() {
    for mut project in Project::all().await {
        project.create("authors", titled(json!({}))).await;
        project.create("posts", titled(json!({}))).await;
        project.relate("posts", json!({"type": "M2O", "name": "author", "target": "authors", "alias": "posts", "showAs": "name"})).await;
        project.relate("posts", json!({"type": "HasOne", "name": "cover", "target": "authors", "alias": "coverOf", "onDelete": "SET NULL"})).await;
        let posts = project.catalog.get("posts").unwrap();
        assert_eq!(posts.fields["author_id"].kind, FieldKind::Integer);
        assert_eq!(posts.document["fields"]["author"]["showAs"], "name");
        assert!(matches!(&posts.relations["cover"].kind, RelationKind::ToOne { unique: true, .. }));
        let authors = project.catalog.get("authors").unwrap();
        assert!(
            matches!(&authors.relations["posts"].kind, RelationKind::ToMany { target_column, .. } if target_column == "author_id")
        );
        assert!(matches!(&authors.relations["coverOf"].kind, RelationKind::HasOne { .. }));
        project.run("INSERT INTO \"authors\" (\"title\") VALUES ('a'), ('b')").await;
        project.run("INSERT INTO \"posts\" (\"title\", \"author_id\", \"cover_id\") VALUES ('x', 1, 1), ('y', 2, NULL)").await;
        // One to one means one (W-17).
        refused(
            project.try_run("UPDATE \"posts\" SET \"cover_id\" = 1").await,
            Code::UniqueViolation,
            "",
        );
        project
            .change(|draft| {
                draft.update_relationship("posts", "author", &json!({"onDelete": "SET NULL"}))
            })
            .await
            .unwrap();
        assert_eq!(
            project.catalog.get("posts").unwrap().relations["author"].on_delete,
            OnDelete::SetNull
        );
        project.run("DELETE FROM \"authors\" WHERE \"id\" = 1").await;
        assert_eq!(
            project
                .rows(
                    "SELECT \"title\", \"author_id\", \"cover_id\" FROM \"posts\" ORDER BY \"id\""
                )
                .await,
            "x|null|null; y|2|null"
        );
        project
            .change(|draft| {
                draft.update_relationship("posts", "author", &json!({"alias": "works"}))
            })
            .await
            .unwrap();
        assert!(project.catalog.get("authors").unwrap().relation("works").is_some());
        assert!(project.catalog.get("authors").unwrap().relation("posts").is_none());
        project.change(|draft| draft.delete_relationship("posts", "author")).await.unwrap();
        assert!(!project.catalog.get("posts").unwrap().fields.contains_key("author_id"));
        assert!(project.catalog.get("authors").unwrap().relation("works").is_none());
        assert_eq!(project.rows("SELECT \"title\" FROM \"posts\" ORDER BY \"id\"").await, "x; y");
        // The other direction makes the column on the far side.
        project.relate("authors", json!({"type": "O2M", "name": "texts", "target": "posts"})).await;
        assert!(project.catalog.get("posts").unwrap().relations["authors"].constrained);
        let error = project
            .change(|draft| {
                draft.create_relationship(
                    "posts",
                    &json!({"type": "M2O", "name": "cover", "target": "authors"}),
                )
            })
            .await;
        refused(error, Code::SchemaExists, "`cover`");
        let error = project
            .change(|draft| {
                draft.create_relationship(
                    "posts",
                    &json!({"type": "M2O", "name": "a", "target": "auhtors"}),
                )
            })
            .await;
        refused(error, Code::SchemaInvalid, "did you mean `authors`?");
    }
}

#[tokio::test]
async fn junctions_are_made_used_and_ended_with_their_relations() {
    for mut project in Project::all().await {
        for name in ["posts", "tags", "videos"] {
            project.create(name, titled(json!({}))).await;
        }
        project
            .relate(
                "posts",
                json!({"type": "M2M", "name": "tags", "target": "tags", "alias": "posts"}),
            )
            .await;
        project.relate("posts", json!({"type": "M2M", "name": "oldTags", "target": "tags"})).await;
        project.relate("posts", json!({"type": "M2M", "name": "related", "target": "posts", "through": "post_links"})).await;
        project.relate("tags", json!({"type": "M2A", "name": "items", "tables": ["posts", "videos"], "alias": "labels"})).await;
        let junction = project.catalog.get("posts_tags_tags_junction").unwrap();
        assert!(junction.junction && junction.indexes[0].unique);
        assert_eq!(junction.relations.keys().collect::<Vec<_>>(), ["posts", "tags"]);
        let links = project.catalog.get("post_links").unwrap();
        assert_eq!(links.relations.keys().collect::<Vec<_>>(), ["posts", "posts_2"]);
        let labels = &project.catalog.get("videos").unwrap().relations["labels"];
        assert_eq!(labels.scope, Some((String::from("collection"), String::from("videos"))));
        let items = project.catalog.get("tags_items_junction").unwrap();
        assert!(
            matches!(&items.relations["posts"].kind, RelationKind::ToOne { only_when: Some((_, word)), .. } if word == "posts")
        );
        project.run("INSERT INTO \"posts\" (\"title\") VALUES ('p')").await;
        project.run("INSERT INTO \"tags\" (\"title\") VALUES ('t')").await;
        project.run("INSERT INTO \"posts_tags_tags_junction\" (\"posts_id\", \"tags_id\") VALUES (1, 1)").await;
        refused(
            project.try_run("INSERT INTO \"posts_tags_tags_junction\" (\"posts_id\", \"tags_id\") VALUES (1, 1)").await,
            Code::UniqueViolation,
            "",
        );
        project.run("INSERT INTO \"tags_items_junction\" (\"tags_id\", \"item_id\", \"collection\") VALUES (1, 1, 'posts')").await;
        let fewer = json!({"tables": ["videos"]});
        refused(
            project.change(|draft| draft.update_relationship("tags", "items", &fewer)).await,
            Code::ForeignKeyViolation,
            "1 records of `tags_items_junction` still lead to `posts`",
        );
        project.change(|draft| draft.delete_relationship("posts", "tags")).await.unwrap();
        assert!(!project.exists("posts_tags_tags_junction").await);
        assert!(project.catalog.get("tags").unwrap().relation("posts").is_none());
        // The end of a collection takes its junctions, ways back and links along (D-29).
        project.change(|draft| draft.delete("posts")).await.unwrap();
        for table in ["posts", "post_links", "posts_tags_oldTags_junction"] {
            assert!(!project.exists(table).await, "{table}");
        }
        assert_eq!(project.rows("SELECT count(*) FROM \"tags_items_junction\"").await, "0");
        let tags = project.catalog.get("tags").unwrap();
        assert!(
            matches!(&tags.relations["items"].kind, RelationKind::ToMany { polymorphic, .. } if polymorphic == &["videos"])
        );
        assert!(project.reopened().await.get("posts").is_none());
        refused(
            project.change(|draft| draft.delete("baasix_User")).await,
            Code::Forbidden,
            "system collection",
        );
    }
}

#[tokio::test]
async fn a_system_collection_takes_relations_and_keeps_its_own() {
    for mut project in Project::all().await {
        project.create("teams", titled(json!({}))).await;
        project
            .relate(
                "baasix_User",
                json!({"type": "M2O", "name": "team", "target": "teams", "alias": "members"}),
            )
            .await;
        assert!(project.catalog.get("teams").unwrap().relation("members").is_some());
        project
            .update("baasix_User", json!({"fields": {"nick": {"type": "String"}}}))
            .await
            .unwrap();
        let user = project.catalog.get("baasix_User").unwrap();
        assert!(
            user.fields.contains_key("nick")
                && user.fields["password"].hidden
                && user.relation("userRoles").is_some()
        );
        assert!(user.relation("team").is_none(), "what was added by hand may be removed by hand");
        project.change(|draft| draft.delete("teams")).await.unwrap();
    }
}
