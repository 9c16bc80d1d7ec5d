use super::super::{Imports, Job, Live, Mode, State};
use crate::import_tests::Under;
use crate::meddler::Meddler;
use crate::test_project::Project;
use crate::{Move, Side};
use access::Actor;
use base::Code;
use query::{Operation, Write};
use serde_json::{Value as Json, json};

fn actor() -> Actor {
    Actor::system("a test of undoing")
}

fn noted(key: i64, body: &Json) -> Write {
    let operation = Operation::Update {
        collection: "parcels".into(),
        key: json!(key),
        body: body.as_object().unwrap().clone(),
        expect: serde_json::Map::new(),
    };
    Write { operations: vec![operation], strict: true }
}

fn removes(operation: &Operation) -> bool {
    matches!(operation, Operation::Delete { .. })
}

async fn imported(project: &Project, rows: usize) -> (Imports, Live, Job) {
    let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let schema =
        json!({ "sortEnabled": true, "fields": { "id": counted, "note": { "type": "Text" } } });
    project.engine.create_schema("parcels", &schema).await.unwrap();
    let text = format!("note\n{}", "x\n".repeat(rows));
    let under = Under::way(project, &text, Mode::All).await;
    let job = under.end().await;
    assert_eq!((job.state, job.rows_written), (State::Done, rows as u64), "{:?}", job.error);
    let live = Live { job: std::sync::Arc::new(job.clone().into()), cancelled: Default::default() };
    (under.imports.clone(), live, job)
}

async fn notes(project: &Project) -> Vec<String> {
    let text = r#"SELECT "note" FROM "parcels" ORDER BY "id""#;
    project.column(text, text).await
}

#[tokio::test]
async fn what_is_changed_while_an_undo_waits_for_its_turn_is_asked_for() {
    for project in Project::all().await {
        let (imports, live, _) = imported(&project, 3).await;
        let mine = noted(3, &json!({ "note": "mine" }));
        project.engine.write(mine, &actor(), None).await.unwrap();
        let refused = imports.take_back(false, &actor(), &live).await.unwrap_err();
        assert_eq!(refused.code(), Code::ConsentRequired, "{refused}");
        assert!(refused.message().starts_with("1 of the 3 rows"), "{refused}");
        assert_eq!(notes(&project).await, ["x", "x", "mine"]);
        let undone = imports.take_back(true, &actor(), &live).await;
        assert_eq!(undone.unwrap(), State::Undone);
        assert!(notes(&project).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_changed_between_the_last_look_and_the_removal_is_not_lost() {
    for project in Project::all().await {
        let (imports, live, _) = imported(&project, 3).await;
        project
            .engine
            .set_hooks(vec![Box::new(Meddler::new(removes, || {
                noted(2, &json!({ "note": "mine" }))
            }))])
            .unwrap();
        let refused = imports.take_back(false, &actor(), &live).await.unwrap_err();
        assert_eq!(refused.code(), Code::ConsentRequired, "{refused}");
        assert_eq!(notes(&project).await, ["x", "mine", "x"]);
    }
}

fn label(name: &str) -> Write {
    let body = json!({ "name": name, "of_id": 2 }).as_object().unwrap().clone();
    let create = Operation::Create { collection: "labels".into(), body };
    Write { operations: vec![create], strict: true }
}

#[tokio::test]
async fn what_comes_to_point_at_a_row_after_the_count_is_not_lost() {
    for project in Project::all().await {
        let (imports, live, _) = imported(&project, 3).await;
        let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let schema = json!({ "fields": { "id": counted, "name": { "type": "Text" } } });
        project.engine.create_schema("labels", &schema).await.unwrap();
        let of = json!({ "type": "M2O", "target": "parcels", "name": "of", "alias": "labels" });
        project.engine.create_relationship("labels", &of).await.unwrap();
        let labels = r#"SELECT "name" FROM "labels" ORDER BY "id""#;
        project
            .engine
            .set_hooks(vec![Box::new(Meddler::new(removes, || label("late")).times(2))])
            .unwrap();
        let refused = imports.take_back(false, &actor(), &live).await.unwrap_err();
        assert_eq!(refused.code(), Code::ConsentRequired, "{refused}");
        let refused = imports.take_back(true, &actor(), &live).await.unwrap_err();
        assert_eq!(refused.code(), Code::Conflict, "{refused}");
        assert_eq!(notes(&project).await, ["x", "x", "x"]);
        assert_eq!(project.column(labels, labels).await, ["late", "late"]);
        // What is counted goes.
        assert_eq!(imports.take_back(true, &actor(), &live).await.unwrap(), State::Undone);
        assert!(project.column(labels, labels).await.is_empty());
        assert_eq!(live.with(|job| job.others_removed), 2);
    }
}

#[tokio::test]
async fn records_that_only_stepped_aside_are_not_asked_for() {
    for project in Project::all().await {
        let (imports, live, job) = imported(&project, 3).await;
        let body = json!({ "note": "new" }).as_object().unwrap().clone();
        let create = Operation::Create { collection: "parcels".into(), body };
        let write = Write { operations: vec![create], strict: true };
        project.engine.write(write, &actor(), None).await.unwrap();
        let first = Move {
            collection: "parcels".into(),
            item: json!(4),
            target: json!(1),
            side: Side::Before,
        };
        assert_eq!(project.engine.sort(&first, &actor(), None).await.unwrap(), 1);
        imports.unchanged(&job).await.unwrap();
        // What is more than a place is asked for.
        let both = json!({ "sort": 9, "note": "mine" });
        project.engine.write(noted(1, &both), &actor(), None).await.unwrap();
        let refused = imports.unchanged(&job).await.unwrap_err();
        assert!(refused.message().starts_with("1 of the 3 rows"), "{refused}");
        project.engine.write(noted(1, &json!({ "note": "x" })), &actor(), None).await.unwrap();
        assert_eq!(imports.take_back(true, &actor(), &live).await.unwrap(), State::Undone);
        assert_eq!(notes(&project).await, ["new"]);
    }
}
