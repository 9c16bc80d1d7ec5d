//! Writes run on both databases, and every record written leaves one change row.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use base::{Code, Value};
use indexmap::IndexMap;
use query::{Assigned, Cond, Operator, Step};
use support::plans::{
    column, delete, equal, given, insert, named, plan, read, test, update, values,
};
use support::{House, houses};

const ADA: &str = "00000000-0000-4000-8000-000000000001";

async fn changed(house: &House, after: i64) -> Vec<String> {
    let rows = house.changes(after).await;
    rows.into_iter()
        .map(|(op, collection, id, before, after)| {
            let side = |json: Option<String>| json.unwrap_or_else(|| String::from("-"));
            format!("{op} {collection} {id} {} {}", side(before), side(after))
        })
        .collect()
}

async fn team(house: &House, name: &str) -> i64 {
    let step = insert(
        &house.catalog,
        "teams",
        values([("id", Assigned::NextNumber), ("name", given(name))]),
    );
    let (_, keys) = house.write(plan(vec![step])).await.unwrap();
    keys[0].as_int().unwrap()
}

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
async fn marked_records_are_announced_as_deleted_and_restored_ones_as_created() {
    for house in houses("marks").await {
        let c = &house.catalog;
        let post =
            insert(c, "posts", values([("id", Assigned::NextNumber), ("title", given("a"))]));
        house.write(plan(vec![post])).await.unwrap();
        let mark = house.last_change().await;
        let stamp = given("2024-05-05T00:00:00.000Z");
        let marking = |value: Assigned, to: bool| {
            let mut step = update(c, "posts", 1, values([("deletedAt", value)]));
            if let Step::Update { deleting, .. } = &mut step {
                *deleting = Some(to);
            }
            step
        };
        house.write(plan(vec![marking(stamp.clone(), true)])).await.unwrap();
        // What is deleted is not there: neither to be changed nor to be deleted again.
        let fault = house.write(plan(vec![marking(stamp, true)])).await.unwrap_err();
        assert_eq!(fault.message(), "Item not found or you don't have permission to delete it");
        let fault = house
            .write(plan(vec![update(c, "posts", 1, values([("title", given("b"))]))]))
            .await
            .unwrap_err();
        assert_eq!(fault.code(), Code::ItemNotFound);
        house.write(plan(vec![marking(Assigned::Value(Value::Null), false)])).await.unwrap();
        let rows = house.changes(mark).await;
        let told: Vec<(&str, bool, bool)> =
            rows.iter().map(|row| (row.0.as_str(), row.3.is_some(), row.4.is_some())).collect();
        // What a restored record was is kept for its history; the feed tells it as new.
        assert_eq!(told, [("delete", true, false), ("create", true, true)]);
        assert_eq!(house.rows(read(c, "posts", &["title"], vec![])).await, r#"{"title":"a"}"#);
    }
}

#[tokio::test]
async fn a_deletion_announces_everything_that_goes_with_it() {
    for house in houses("cascade").await {
        let c = &house.catalog;
        let next = || Assigned::NextNumber;
        let post = |parent: Option<usize>| {
            let mut fields = values([("id", next()), ("author_id", given(ADA))]);
            if let Some(step) = parent {
                fields.insert(String::from("parent_id"), Assigned::KeyOf(step));
            }
            insert(c, "posts", fields)
        };
        let steps = vec![
            insert(c, "users", values([("id", given(ADA)), ("name", given("Ada"))])),
            post(None),
            post(Some(1)),
            post(Some(2)),
            post(None),
            insert(
                c,
                "comments",
                values([
                    ("id", next()),
                    ("post_id", Assigned::KeyOf(3)),
                    ("author_id", given(ADA)),
                ]),
            ),
            insert(
                c,
                "comments",
                values([
                    ("id", next()),
                    ("post_id", Assigned::KeyOf(4)),
                    ("author_id", given(ADA)),
                ]),
            ),
            insert(c, "labels", values([("id", next()), ("name", given("x"))])),
            insert(
                c,
                "posts_labels",
                values([
                    ("id", next()),
                    ("posts_id", Assigned::KeyOf(2)),
                    ("labels_id", Assigned::KeyOf(7)),
                ]),
            ),
            insert(
                c,
                "activities",
                values([("id", next()), ("item_id", given("2")), ("collection", given("posts"))]),
            ),
            insert(
                c,
                "activities",
                values([("id", next()), ("item_id", given("2")), ("collection", given("users"))]),
            ),
            insert(c, "profiles", values([("id", next()), ("user_id", given(ADA))])),
        ];
        house.write(plan(steps)).await.unwrap();

        // A tree of posts with all that hangs on it, polymorphic references included.
        let mark = house.last_change().await;
        let (_, keys) = house.write(plan(vec![delete(c, "posts", 1)])).await.unwrap();
        assert_eq!(keys, [Value::Int(1)]);
        let mut told: Vec<String> = house
            .changes(mark)
            .await
            .into_iter()
            .map(|row| format!("{} {} {}", row.0, row.1, row.2))
            .collect();
        assert_eq!(told.last().map(String::as_str), Some("delete posts 1"));
        told.sort();
        assert_eq!(
            told,
            [
                "delete activities 1",
                "delete comments 1",
                "delete posts 1",
                "delete posts 2",
                "delete posts 3",
                "delete posts_labels 1",
            ]
        );
        assert_eq!(house.rows(read(c, "posts", &["id"], vec![])).await, r#"{"id":4}"#);
        assert_eq!(house.rows(read(c, "activities", &["id"], vec![])).await, r#"{"id":2}"#);

        // References that become null are told once per record, with both sides.
        let mark = house.last_change().await;
        house.write(plan(vec![delete(c, "users", ADA)])).await.unwrap();
        let mut told = changed(&house, mark).await;
        told.retain(|row| !row.contains(" posts "));
        told.sort();
        assert_eq!(
            told,
            [
                format!(r#"delete profiles 1 {{"bio":null,"id":1,"user_id":"{ADA}"}} -"#),
                format!(
                    r#"delete users {ADA} {{"email":null,"id":"{ADA}","name":"Ada","team_id":null}} -"#
                ),
                format!(
                    r#"update comments 2 {{"approved":null,"author_id":"{ADA}","id":2,"post_id":4,"text":null}} {{"approved":null,"author_id":null,"id":2,"post_id":4,"text":null}}"#
                ),
            ]
        );
        assert_eq!(
            house.rows(read(c, "posts", &["author_id"], vec![])).await,
            r#"{"author_id":null}"#
        );

        // Many at once, none there, and one that is not there.
        let mut all = delete(c, "comments", 0);
        if let Step::Delete { key, one, .. } = &mut all {
            *key = None;
            *one = false;
        }
        house.write(plan(vec![all.clone()])).await.unwrap();
        house.write(plan(vec![all])).await.unwrap();
        assert_eq!(house.rows(read(c, "comments", &["id"], vec![])).await, "");
        for name in ["comments", "posts"] {
            let fault = house.write(plan(vec![delete(c, name, 77)])).await.unwrap_err();
            assert_eq!(fault.message(), "Item not found or you don't have permission to delete it");
        }
    }
}

#[tokio::test]
async fn a_named_record_must_exist() {
    for house in houses("exists").await {
        let c = &house.catalog;
        team(&house, "Red").await;
        let exists = |key: i64, filter: Cond| Step::Exists {
            collection: named(c, "teams"),
            key: Value::Int(key),
            filter,
            field: String::from("team"),
            asked: query::Asked {
                root: String::from("people"),
                creating: true,
                through: vec![String::from("team")],
            },
            index: 3,
        };
        house.write(plan(vec![exists(1, Cond::Always)])).await.unwrap();
        for step in [exists(2, Cond::Always), exists(1, Cond::Never)] {
            let fault = house.write(plan(vec![step])).await.unwrap_err();
            assert_eq!(fault.code(), Code::RelationInvalid);
            assert_eq!(fault.detail_list()[0].field.as_deref(), Some("team"));
            assert_eq!(fault.detail_list()[0].index, Some(3));
        }
    }
}

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
