//! Moves that wait for their turn, on the real stores.

use crate::test_project::Project;
use crate::{Move, Side};
use access::Actor;
use query::{Operation, Write};
use serde_json::{Map, json};

fn actor() -> Actor {
    Actor::system("a test of moves")
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
