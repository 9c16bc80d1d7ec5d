//! What goes, what goes with it, and what must be there.

use super::{ADA, changed, team};
use crate::support::houses;
use crate::support::plans::{delete, given, insert, named, plan, read, update, values};
use base::{Code, Value};
use query::{Assigned, Cond, Step};

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
