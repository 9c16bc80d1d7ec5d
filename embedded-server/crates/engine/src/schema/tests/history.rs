//! How long the history of the schema can give back what was taken.

use crate::schema::Standing;
use crate::test_project::Project;
use base::Code;
use serde_json::json;

const TABLES: (&str, &str) = (
    "SELECT name FROM sqlite_schema WHERE name LIKE '!_kept!_%' ESCAPE '!'",
    "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_name LIKE '!_kept!_%' ESCAPE '!'",
);

#[tokio::test]
async fn what_was_taken_is_kept_for_its_time_and_swept_after_it() {
    for project in Project::all().await {
        let engine = &project.engine;
        engine.delete_schema("tags", false).await.unwrap();
        let (page, total) = engine.schema_history(1, 0).await.unwrap();
        let (version, until) = (page[0].version, page[0].kept_until.clone());
        assert_eq!(page[0].standing, Standing::Undoable);
        assert_eq!(until.as_deref(), Some("2023-12-14T22:13:20.000Z"));
        assert!(total > 5, "{total}");
        let kept = project.column(TABLES.0, TABLES.1).await;
        assert!(!kept.is_empty());

        project.clock.advance(engine.limits().schema_undo_ms);
        assert_eq!(engine.sweep_schema_history().await.unwrap(), 0);
        assert_eq!(project.column(TABLES.0, TABLES.1).await.len(), kept.len());
        project.clock.advance(1);
        assert_eq!(engine.sweep_schema_history().await.unwrap(), 1);
        assert_eq!(engine.sweep_schema_history().await.unwrap(), 0);
        assert_eq!(project.column(TABLES.0, TABLES.1).await, Vec::<String>::new());
        let change = engine.schema_change(version).await.unwrap();
        assert_eq!(change.standing, Standing::Expired);
        let refused = engine.plan_undo(version).await.err().unwrap();
        assert_eq!(refused.code(), Code::Conflict);
    }
}

#[tokio::test]
async fn what_took_nothing_can_be_undone_for_ever() {
    for project in Project::all().await {
        let engine = &project.engine;
        engine
            .create_schema("notes", &json!({ "fields": { "a": { "type": "String" } } }))
            .await
            .unwrap();
        let version = engine.state().catalog.version;
        project.clock.advance(engine.limits().schema_undo_ms * 10);
        assert_eq!(engine.sweep_schema_history().await.unwrap(), 0);
        let change = engine.schema_change(version).await.unwrap();
        assert_eq!((change.standing, change.kept_until), (Standing::Undoable, None));
        let plan = engine.plan_undo(version).await.unwrap();
        engine.undo_schema(version, &json!({ "token": plan.token })).await.unwrap();
        assert!(engine.state().catalog.get("notes").is_none());
        assert_eq!(engine.schema_change(version).await.unwrap().standing, Standing::Undone);
    }
}
