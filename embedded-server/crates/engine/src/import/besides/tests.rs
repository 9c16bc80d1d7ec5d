use super::super::{Format, Live, Mode, State, Stays};
use super::{Going, Made, Tests};
use crate::arrival::plain;
use crate::import_tests::Under;
use crate::meddler::Meddler;
use crate::schema::former::Former;
use crate::test_project::Project;
use access::Actor;
use base::Value;
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use sql::Dialect;

fn actor() -> Actor {
    Actor::system("a test of undoing")
}

fn named(key: i64, name: &str) -> Write {
    let operation = Operation::Update {
        collection: "makers".into(),
        key: json!(key),
        body: Map::from_iter([(String::from("name"), json!(name))]),
        expect: Map::new(),
    };
    Write { operations: vec![operation], strict: true }
}

fn removes_makers(operation: &Operation) -> bool {
    matches!(operation, Operation::Delete { collection, .. } if collection == "makers")
}

#[tokio::test]
async fn what_others_change_before_an_undo_and_in_the_middle_of_it_stays() {
    for project in Project::all().await {
        let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let schema = json!({ "fields": { "id": counted, "name": { "type": "String" } } });
        for name in ["makers", "goods"] {
            project.engine.create_schema(name, &schema).await.unwrap();
        }
        let relation =
            json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" });
        project.engine.create_relationship("goods", &relation).await.unwrap();
        let row = json!({ "name": "x", "maker": { "name": "theirs" } }).to_string();
        let text = [row.as_str(); 4].join("\n");
        let into = ("goods", Format::Ndjson);
        let under = Under::importing(&project, into, &text, Mode::All).await;
        let job = under.end().await;
        assert_eq!((job.state, job.rows_written), (State::Done, 4), "{:?}", job.error);
        project.engine.write(named(4, "before"), &actor(), None).await.unwrap();
        project
            .engine
            .set_hooks(vec![Box::new(Meddler::new(removes_makers, || named(3, "mine")))])
            .unwrap();
        let live = Live { job: std::sync::Arc::new(job.into()), cancelled: Default::default() };
        under.imports.take_back(false, &actor(), &live).await.unwrap();
        let left = r#"SELECT "name" FROM "makers" ORDER BY "id""#;
        assert_eq!(project.column(left, left).await, ["mine", "before"]);
        let job = live.with(|job| job.clone());
        assert_eq!((job.rows_removed, job.related_removed, job.related_left), (4, 2, 2));
        let why: Vec<(&str, Stays)> =
            job.left.iter().map(|left| (left.id.as_str(), left.why)).collect();
        assert!(why.contains(&("3", Stays::Changed)), "{why:?}");
        assert!(why.contains(&("4", Stays::Changed)), "{why:?}");
    }
}

#[tokio::test]
async fn what_others_changed_is_read_once_for_all_records() {
    for project in Project::all().await {
        let (state, dialect) = (project.engine.state(), project.engine.store().dialect());
        let tells = Former::default().tells("c", "posts").into();
        let collection = state.catalog.get("posts").unwrap().clone();
        let one = Made { collection, tells, key: String::from("1") };
        let Tests { changed, these, named, .. } =
            Tests::of(&state.catalog, &one, dialect, &Going::new());
        let explain = match dialect {
            Dialect::Sqlite => "EXPLAIN QUERY PLAN",
            Dialect::Postgres => "EXPLAIN",
        };
        let keys: Vec<Json> = (1..=3).map(|key| json!({ "id": key })).collect();
        let binds = ["job".to_owned(), json!(keys).to_string(), String::from("{}")];
        let binds = binds.into_iter().map(Value::Text).chain([Value::Int(0)]).collect();
        let text =
            format!("{explain} SELECT 1 {these} AND {named} AND ({changed} OR t.\"title\" = 'x')");
        let rows = project.engine.store().rows(&plain(&text, binds)).await.unwrap();
        let plan: Vec<&str> = rows.iter().filter_map(|row| row.last()?.as_text()).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("_change") || plan.contains(" c "), "{plan}");
        // Neither store asks it once for each record.
        assert!(!plan.contains("CORRELATED") && !plan.contains("(SubPlan"), "{plan}");
    }
}
