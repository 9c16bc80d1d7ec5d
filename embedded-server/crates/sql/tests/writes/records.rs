//! One record made, changed, or refused.

use super::{ADA, changed, team};
use crate::support::houses;
use crate::support::plans::{
    column, delete, equal, given, insert, plan, read, test, update, values,
};
use base::{Code, Value};
use indexmap::IndexMap;
use query::{Assigned, Cond, Operator, Step};

#[tokio::test]
async fn inserts_answer_keys_and_announce_records_without_secrets() {
    for house in houses("inserts").await {
        let c = &house.catalog;
        let steps = vec![
            insert(c, "teams", values([("id", Assigned::NextNumber), ("name", given("Red"))])),
            insert(
                c,
                "users",
                values([
                    ("id", given(ADA)),
                    ("name", given("Ada")),
                    ("password", given("secret")),
                    ("team_id", Assigned::KeyOf(0)),
                ]),
            ),
            insert(c, "labels", IndexMap::from([(String::from("id"), Assigned::NextNumber)])),
        ];
        let (_, keys) = house.write(plan(steps)).await.unwrap();
        assert_eq!(keys, [Value::Int(1), Value::text(ADA), Value::Int(1)]);
        assert_eq!(
            changed(&house, 0).await,
            [
                r#"create teams 1 - {"id":1,"name":"Red"}"#.to_owned(),
                format!(
                    r#"create users {ADA} - {{"email":null,"id":"{ADA}","name":"Ada","team_id":1}}"#
                ),
                r#"create labels 1 - {"id":1,"name":null}"#.to_owned(),
            ]
        );
        // Numbers and positions count on; an expression of an administrator is used as it is.
        let post = || {
            insert(
                c,
                "posts",
                values([
                    ("id", Assigned::NextNumber),
                    ("title", Assigned::Sql(String::from("'a' || 'b'"))),
                    ("number", Assigned::NextNumber),
                    ("sort", Assigned::NextSort),
                ]),
            )
        };
        house.write(plan(vec![post(), post()])).await.unwrap();
        house.write(plan(vec![post()])).await.unwrap();
        assert_eq!(
            house.rows(read(c, "posts", &["id", "title", "number", "sort"], vec![])).await,
            r#"{"id":1,"title":"ab","number":1,"sort":1},{"id":2,"title":"ab","number":2,"sort":2},{"id":3,"title":"ab","number":3,"sort":3}"#
        );
    }
}

#[tokio::test]
async fn a_failing_check_takes_everything_back() {
    for house in houses("checks").await {
        let c = &house.catalog;
        let red = team(&house, "Red").await;
        let mark = house.last_change().await;
        let mut step = insert(
            c,
            "users",
            values([("id", given(ADA)), ("name", given("Ada")), ("team_id", given(red))]),
        );
        if let Step::Insert { check, .. } = &mut step {
            *check = equal(column(c, "users", "team.name"), "Blue");
        }
        let fault = house.write(plan(vec![step.clone()])).await.unwrap_err();
        assert_eq!(fault.code(), Code::Forbidden);
        assert_eq!(fault.message(), "You don't have permission to create items in 'users'");
        assert_eq!(house.rows(read(c, "users", &["id"], vec![])).await, "");
        assert_eq!(house.last_change().await, mark);
        if let Step::Insert { check, .. } = &mut step {
            *check = equal(column(c, "users", "team.name"), "Red");
        }
        house.write(plan(vec![step])).await.unwrap();
        // The same of an update, of one record and of many.
        for one in [true, false] {
            let mut step = update(c, "users", ADA, values([("name", given("Eve"))]));
            if let Step::Update { check, one: exactly, .. } = &mut step {
                *exactly = one;
                *check = equal(column(c, "users", "name"), "Ada");
            }
            let fault = house.write(plan(vec![step])).await.unwrap_err();
            assert_eq!(fault.code(), Code::Forbidden);
            assert_eq!(fault.message(), "You don't have permission to update items in 'users'");
        }
        assert_eq!(house.rows(read(c, "users", &["name"], vec![])).await, r#"{"name":"Ada"}"#);
    }
}

#[tokio::test]
async fn updates_say_what_was_and_what_is() {
    for house in houses("updates").await {
        let c = &house.catalog;
        for name in ["Red", "Blue", "Green"] {
            team(&house, name).await;
        }
        let mark = house.last_change().await;
        let step = update(c, "teams", 1, values([("name", given("Rot"))]));
        let (_, keys) = house.write(plan(vec![step])).await.unwrap();
        assert_eq!(keys, [Value::Int(1)]);
        assert_eq!(
            changed(&house, mark).await,
            [r#"update teams 1 {"id":1,"name":"Red"} {"id":1,"name":"Rot"}"#]
        );

        // Many at once, by a condition that no longer holds afterwards.
        let mark = house.last_change().await;
        let mut step = update(c, "teams", 1, values([("name", given("gone"))]));
        if let Step::Update { key, filter, one, check, .. } = &mut step {
            *key = None;
            *one = false;
            *filter = test(
                column(c, "teams", "name"),
                Operator::Compare {
                    greater: true,
                    or_equal: false,
                    right: query::Operand::Value(Value::text("C")),
                },
            );
            *check = equal(column(c, "teams", "name"), "gone");
        }
        house.write(plan(vec![step])).await.unwrap();
        let mut rows = changed(&house, mark).await;
        rows.sort();
        assert_eq!(
            rows,
            [
                r#"update teams 1 {"id":1,"name":"Rot"} {"id":1,"name":"gone"}"#,
                r#"update teams 3 {"id":3,"name":"Green"} {"id":3,"name":"gone"}"#,
            ]
        );

        // Absent and outside the policy are the same answer.
        let mut hidden = update(c, "teams", 2, values([("name", given("x"))]));
        if let Step::Update { filter, .. } = &mut hidden {
            *filter = Cond::Never;
        }
        for step in [update(c, "teams", 99, values([("name", given("x"))])), hidden] {
            let fault = house.write(plan(vec![step])).await.unwrap_err();
            assert_eq!(fault.code(), Code::ItemNotFound);
            assert_eq!(fault.message(), "Item not found or you don't have permission to update it");
        }
        // Nothing to change: the record must be there, and nothing is announced.
        let mark = house.last_change().await;
        house.write(plan(vec![update(c, "teams", 2, IndexMap::new())])).await.unwrap();
        let fault =
            house.write(plan(vec![update(c, "teams", 99, IndexMap::new())])).await.unwrap_err();
        assert_eq!(fault.code(), Code::ItemNotFound);
        assert_eq!(house.last_change().await, mark);
    }
}

#[tokio::test]
async fn a_record_that_has_changed_is_a_conflict_and_an_absent_one_is_not() {
    for house in houses("conflicts").await {
        let c = &house.catalog;
        team(&house, "Red").await;
        let seen = |key: i64, name: Value| {
            let mut step = update(c, "teams", key, values([("name", given("Rot"))]));
            if let Step::Update { expect, .. } = &mut step {
                expect.insert(String::from("name"), name);
            }
            step
        };
        let fault = house.write(plan(vec![seen(1, Value::text("Blue"))])).await.unwrap_err();
        assert_eq!(fault.code(), Code::Conflict);
        assert_eq!(fault.detail_list()[0].field.as_deref(), Some("name"));
        assert_eq!(fault.detail_list()[0].index, Some(0));
        assert_eq!(fault.detail_list()[0].value.as_deref(), Some("\"Blue\""));
        let fault = house.write(plan(vec![seen(1, Value::Null)])).await.unwrap_err();
        assert_eq!(fault.code(), Code::Conflict);
        let fault = house.write(plan(vec![seen(2, Value::text("Red"))])).await.unwrap_err();
        assert_eq!(fault.code(), Code::ItemNotFound);
        house.write(plan(vec![seen(1, Value::text("Red"))])).await.unwrap();
        let mut gone = delete(c, "teams", 1);
        if let Step::Delete { expect, .. } = &mut gone {
            expect.insert(String::from("name"), Value::text("Red"));
        }
        let fault = house.write(plan(vec![gone])).await.unwrap_err();
        assert_eq!(fault.code(), Code::Conflict);
    }
}

#[tokio::test]
async fn what_was_seen_is_compared_by_the_fields_own_meaning() {
    for house in houses("seen").await {
        let c = &house.catalog;
        let fields = [
            ("title", given("a")),
            ("price", given("12.10")),
            ("rating", given(0.1 + 0.2)),
            ("weight", given(0.1)),
            ("views", given(9_007_199_254_740_993)),
            ("published", given(true)),
            ("born", given("2024-02-29")),
            ("at", given("2024-01-02T03:04:05.678Z")),
            ("wall", given("2024-01-02T03:04:05.678")),
            ("opens", given("10:11:12+00")),
            ("closes", given("10:11:12.500")),
            ("data", given(r#"{"a":1}"#)),
            ("words", given(r#"["x"]"#)),
            ("raw", given(Value::Bytes(vec![1, 2]))),
        ];
        let mut all = values(fields.clone());
        all.insert(String::from("id"), Assigned::NextNumber);
        house.write(plan(vec![insert(c, "posts", all)])).await.unwrap();
        let seen = |name: &str, value: Value| {
            let mut step = update(c, "posts", 1, values([("number", given(1))]));
            if let Step::Update { expect, .. } = &mut step {
                expect.insert(name.to_owned(), value);
            }
            plan(vec![step])
        };
        for (name, assigned) in fields {
            let Assigned::Value(value) = assigned else { continue };
            house.write(seen(name, value)).await.unwrap();
            let fault = house.write(seen(name, Value::Null)).await.unwrap_err();
            assert_eq!(fault.code(), Code::Conflict, "{name}");
        }
        house.write(seen("price", Value::text("12.1"))).await.unwrap();
        house.write(seen("sort", Value::Null)).await.unwrap();
    }
}

#[tokio::test]
async fn writers_side_by_side_tell_one_story() {
    for house in houses("side").await {
        let c = &house.catalog;
        let post = values([("id", Assigned::NextNumber), ("views", given(0))]);
        house.write(plan(vec![insert(c, "posts", post)])).await.unwrap();
        let mark = house.last_change().await;
        let count = || async {
            let more = Assigned::Sql(String::from("\"views\" + 1"));
            house
                .write(plan(vec![update(c, "posts", 1, values([("views", more)]))]))
                .await
                .unwrap();
        };
        tokio::join!(
            async {
                for _ in 0..10 {
                    count().await
                }
            },
            async {
                for _ in 0..10 {
                    count().await
                }
            },
            async {
                for _ in 0..10 {
                    count().await
                }
            },
        );
        assert_eq!(house.rows(read(c, "posts", &["views"], vec![])).await, r#"{"views":30}"#);
        let views = |json: Option<String>| {
            let json: serde_json::Value = serde_json::from_str(&json.unwrap()).unwrap();
            json["views"].as_i64().unwrap()
        };
        let mut told: Vec<(i64, i64)> =
            house.changes(mark).await.into_iter().map(|row| (views(row.3), views(row.4))).collect();
        told.sort_unstable();
        assert_eq!(told, (0..30).map(|at| (at, at + 1)).collect::<Vec<_>>());
    }
}
