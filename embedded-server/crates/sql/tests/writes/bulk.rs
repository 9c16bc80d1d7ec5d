//! Many records at once.

use super::ADA;
use crate::support::houses;
use crate::support::plans::{given, insert, plan, read, values};
use base::Value;
use indexmap::IndexMap;
use query::{Assigned, Step};

#[tokio::test]
async fn bulk_inserts_share_their_texts_and_count_positions_once() {
    for house in houses("bulk").await {
        let c = &house.catalog;
        let post = |title: &str| {
            insert(
                c,
                "posts",
                values([
                    ("id", Assigned::NextNumber),
                    ("title", given(title)),
                    ("number", Assigned::NextNumber),
                    ("sort", Assigned::NextSort),
                ]),
            )
        };
        house.write(plan(vec![post("first")])).await.unwrap();
        let steps = vec![post("a"), post("b"), insert(c, "labels", IndexMap::new()), post("c")];
        if let Step::Insert { .. } = &steps[0] {
            let guarded = access::Guarded::for_system(plan(steps.clone()), "test");
            let stamp = sql::ChangeStamp::default();
            let compiled = sql::compile_write(&guarded, c, house.store.dialect(), &stamp).unwrap();
            let mut texts: Vec<_> = compiled
                .program
                .steps
                .iter()
                .map(|step| std::sync::Arc::as_ptr(&step.statement.text).cast::<u8>())
                .collect();
            texts.sort_unstable();
            texts.dedup();
            let distinct = match house.store.dialect() {
                // Post, its change row, its number; label, its change row; the last position.
                sql::Dialect::Sqlite => 6,
                sql::Dialect::Postgres => 3,
            };
            assert_eq!(texts.len(), distinct);
        }
        if house.store.dialect() == sql::Dialect::Postgres {
            // The label's key has no default of its own there.
            let steps = vec![post("a"), post("b"), post("c")];
            house.write(plan(steps)).await.unwrap();
        } else {
            house.write(plan(steps)).await.unwrap();
        }
        assert_eq!(
            house.rows(read(c, "posts", &["title", "number", "sort"], vec![])).await,
            concat!(
                r#"{"title":"first","number":1,"sort":1},{"title":"a","number":2,"sort":2},"#,
                r#"{"title":"b","number":3,"sort":3},{"title":"c","number":4,"sort":4}"#
            )
        );
        assert_eq!(
            house.rows(read(c, "posts", &["id"], vec![])).await,
            r#"{"id":1},{"id":2},{"id":3},{"id":4}"#
        );
    }
}

#[tokio::test]
async fn many_records_of_one_shape_are_written_together() {
    for house in houses("together").await {
        let c = &house.catalog;
        let bytes = |number: i64| Value::Bytes(vec![0, u8::try_from(number).unwrap(), 255]);
        let post = |number: i64| {
            insert(
                c,
                "posts",
                values([
                    ("id", Assigned::NextNumber),
                    ("title", given(format!("it's \"{number}\"\n").as_str())),
                    ("price", given("12.10")),
                    ("rating", given(0.1 + 0.2)),
                    ("weight", given(0.1)),
                    ("views", given(9_007_199_254_740_993)),
                    ("published", given(number % 2 == 0)),
                    (
                        "born",
                        if number == 3 {
                            Assigned::Value(Value::Null)
                        } else {
                            given("2024-02-29")
                        },
                    ),
                    ("at", given("2024-01-02T03:04:05.678Z")),
                    ("wall", given("2024-01-02T03:04:05.678")),
                    ("opens", given("10:11:12+00")),
                    ("closes", given("10:11:12.500")),
                    ("data", given(r#"{"a":1}"#)),
                    ("words", given(r#"["x"]"#)),
                    ("raw", given(bytes(number))),
                    ("number", Assigned::NextNumber),
                    ("sort", Assigned::NextSort),
                ]),
            )
        };
        // One at first, so that the others count on; then many, with a stranger between.
        house.write(plan(vec![post(1)])).await.unwrap();
        let user = insert(c, "users", values([("id", given(ADA)), ("name", given("Ada"))]));
        let mut steps: Vec<Step> = (2..=21).map(post).collect();
        steps.push(user);
        steps.extend((22..=31).map(post));
        let mark = house.last_change().await;
        let (outcome, keys) = house.write(plan(steps)).await.unwrap();
        let steps = match house.store.dialect() {
            // Twice the records, their change rows and the drawn numbers; once the last position;
            // the stranger and its change row.
            sql::Dialect::Sqlite => 9,
            // The last position, two lists, the stranger.
            sql::Dialect::Postgres => 4,
        };
        assert_eq!(outcome.steps.len(), steps);
        let mut expected: Vec<Value> = (2..=21).map(Value::Int).collect();
        expected.push(Value::text(ADA));
        expected.extend((22..=31).map(Value::Int));
        assert_eq!(keys, expected);
        let told = house.changes(mark).await;
        let ids: Vec<String> = told.iter().map(|row| row.2.clone()).collect();
        let wanted: Vec<String> = expected
            .iter()
            .map(|key| match key {
                Value::Int(number) => number.to_string(),
                other => other.as_text().unwrap().to_owned(),
            })
            .collect();
        assert_eq!(ids, wanted);
        let fields: Vec<&str> = c.get("posts").unwrap().fields.keys().map(String::as_str).collect();
        let rows = house.rows(read(c, "posts", &fields, vec![])).await;
        let rows: Vec<serde_json::Value> = serde_json::from_str(&format!("[{rows}]")).unwrap();
        assert_eq!(rows.len(), 31);
        for (at, row) in rows.iter().enumerate() {
            let number = at as i64 + 1;
            assert_eq!(row["id"], number);
            assert_eq!((&row["number"], &row["sort"]), (&row["id"], &row["id"]));
            assert_eq!(row["title"], format!("it's \"{number}\"\n"));
            assert_eq!(row["published"], number % 2 == 0);
            assert_eq!(row["born"].is_null(), number == 3);
            for name in [
                "price", "rating", "weight", "views", "at", "wall", "opens", "closes", "data",
                "words",
            ] {
                assert_eq!(row[name], rows[0][name], "{name}");
            }
        }
        assert_eq!(rows[1]["raw"], "AAL/");
        // Keys that were given are answered as given.
        let users: Vec<Step> = (1..=9)
            .map(|number| {
                let id = format!("10000000-0000-4000-8000-00000000000{number}");
                insert(c, "users", values([("id", given(id.as_str())), ("name", given("x"))]))
            })
            .collect();
        let (_, keys) = house.write(plan(users)).await.unwrap();
        assert_eq!(keys[8], Value::text("10000000-0000-4000-8000-000000000009"));
    }
}
