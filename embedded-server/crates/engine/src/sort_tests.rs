//! Moves that wait for their turn, on the real stores.

use crate::sort::Moved;
use crate::test_project::{Project, postgres};
use crate::{Move, Side};
use access::Actor;
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use sql::{Dialect, Statement};
use std::sync::Arc;

/// What is locked while places of posts change.
const LOCK: &str =
    "hashtextextended(concat_ws('/', 'plinth', current_schema(), 'sort', 'posts'), 0)";

fn actor() -> Actor {
    Actor::system("a test of moves")
}

fn ask(text: String) -> Statement {
    Statement { text: Arc::from(text), binds: Vec::new() }
}

#[tokio::test]
async fn a_move_is_judged_by_what_stands_when_its_turn_comes() {
    for project in Project::all().await {
        let engine = &project.engine;
        for text in ["a", "b"] {
            let body = Map::from_iter([("text".to_owned(), json!(text))]);
            let operations = vec![Operation::Create { collection: "comments".into(), body }];
            let write = Write { operations, strict: true };
            engine.write(write, &actor(), None).await.unwrap();
        }
        let asked = Move {
            collection: "comments".into(),
            item: json!(2),
            target: json!(1),
            side: Side::Before,
        };
        let turn = engine.moves().of("comments").await;
        let (actor, mut begun) = (actor(), false);
        let mut moved = std::pin::pin!(engine.sort(&asked, &actor, None));
        let first = std::future::poll_fn(|context| {
            // Once, so that whatever it looks at before its turn it has looked at.
            assert!(!std::mem::replace(&mut begun, true));
            assert!(moved.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        });
        first.await;
        engine.update_schema("comments", &json!({ "sortEnabled": true })).await.unwrap();
        drop(turn);
        assert_eq!(moved.await.unwrap(), 1);
    }
}

/// Somebody may put a record behind the others between the asking and the turn.
#[tokio::test]
async fn places_are_given_back_only_if_nobody_stands_behind_once_the_turn_has_come() {
    for project in Project::all().await {
        let engine = &project.engine;
        let post = |body: Json| async move {
            let body = body.as_object().unwrap().clone();
            let operations = vec![Operation::Create { collection: "posts".into(), body }];
            engine.write(Write { operations, strict: true }, &actor(), None).await.unwrap();
        };
        post(json!({ "id": 1, "sort": 2_147_483_647_i64 })).await;
        engine.make_room("posts", 3, &actor(), "import:nothing").await.unwrap();
        let gate = match &project.postgres {
            Some((url, schema)) => {
                let gate = postgres(url, schema, 1).await;
                gate.rows(&ask(format!("SELECT pg_advisory_lock({LOCK})::text"))).await.unwrap();
                Some(gate)
            }
            None => None,
        };
        let given = async { engine.give_back("posts", "import:nothing").await.unwrap() };
        let behind = async {
            if let Some(gate) = &gate {
                let waiting = format!(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) + objid::bigint = {LOCK}"
                );
                for tries in 0.. {
                    assert!(tries < 100_000, "nobody waits for the turn");
                    let rows = gate.rows(&ask(waiting.clone())).await.unwrap();
                    if rows[0][0].as_int() == Some(1) {
                        break;
                    }
                }
            }
            post(json!({ "id": 2 })).await;
            if let Some(gate) = &gate {
                gate.rows(&ask(format!("SELECT pg_advisory_unlock({LOCK})::text"))).await.unwrap();
                gate.close().await;
            }
        };
        if gate.is_some() {
            tokio::join!(given, behind);
        } else {
            behind.await;
            given.await;
        }
        let text = r#"SELECT CAST("id" AS TEXT) FROM "posts" ORDER BY "sort""#;
        assert_eq!(project.column(text, text).await, ["1", "2"]);
    }
}

#[tokio::test]
async fn places_are_given_back_to_many_records_in_one_pass() {
    for project in Project::all().await {
        let (state, dialect) = (project.engine.state(), project.engine.store().dialect());
        let posts = state.catalog.get("posts").unwrap();
        let place = Moved::by("import:nothing", posts, dialect).place_before();
        let explain = match dialect {
            Dialect::Sqlite => "EXPLAIN QUERY PLAN",
            Dialect::Postgres => "EXPLAIN",
        };
        let text = format!(r#"{explain} UPDATE "posts" SET "sort" = {place}"#);
        let rows = project.engine.store().rows(&ask(text)).await.unwrap();
        let plan: Vec<&str> = rows.iter().filter_map(|row| row.last()?.as_text()).collect();
        let plan = plan.join("\n");
        match dialect {
            Dialect::Sqlite => {
                assert!(plan.contains("SEARCH moved USING AUTOMATIC COVERING INDEX"), "{plan}");
            }
            Dialect::Postgres => assert!(!plan.contains("(SubPlan"), "{plan}"),
        }

        // Each goes back to where it stood, by the last move of this source.
        let engine = &project.engine;
        let last = i64::from(i32::MAX);
        for id in 1..=200_i64 {
            let body = json!({ "id": id, "sort": last - 2 * id });
            let body = body.as_object().unwrap().clone();
            let operations = vec![Operation::Create { collection: "posts".into(), body }];
            engine.write(Write { operations, strict: true }, &actor(), None).await.unwrap();
        }
        let places = r#"SELECT CAST("sort" AS text) FROM "posts" ORDER BY "id""#;
        let before = project.column(places, places).await;
        engine.make_room("posts", 1_000, &actor(), "import:nothing").await.unwrap();
        assert_ne!(project.column(places, places).await, before);
        engine.give_back("posts", "import:nothing").await.unwrap();
        assert_eq!(project.column(places, places).await, before);
    }
}
