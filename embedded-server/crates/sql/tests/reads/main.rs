//! Reads run on both databases and give the same bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conditions;
mod documents;
mod orders;
mod records;
#[path = "../support/mod.rs"]
mod support;

use base::Value;
use query::{Assigned, Cond, Count, ReadPlan};
use sql::Numbers;
use support::plans::{column, given, insert, plan, read, values};
use support::{House, houses};

const ADA: &str = "00000000-0000-4000-8000-000000000001";
const BOB: &str = "00000000-0000-4000-8000-000000000002";

/// Two users, three posts (one deleted), comments, labels and activities.
async fn filled(name: &str) -> Vec<House> {
    let all = houses(name).await;
    for house in &all {
        let c = &house.catalog;
        let next = || Assigned::NextNumber;
        let steps = vec![
            insert(c, "teams", values([("id", next()), ("name", given("Red"))])),
            insert(
                c,
                "users",
                values([
                    ("id", given(ADA)),
                    ("name", given("Ada")),
                    ("email", given("Ada@Example.org")),
                    ("password", given("secret")),
                    ("team_id", Assigned::KeyOf(0)),
                ]),
            ),
            insert(c, "users", values([("id", given(BOB)), ("name", given("bob \"B\"\n"))])),
            insert(
                c,
                "profiles",
                values([("id", next()), ("bio", given("x")), ("user_id", given(ADA))]),
            ),
            insert(
                c,
                "posts",
                values([
                    ("id", next()),
                    ("title", given("Alpha_100%")),
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
                    (
                        "data",
                        given(r#"{"a":{"b":1.50},"k":"v","list":[1,2,3],"no":null,"yes":true}"#),
                    ),
                    ("words", given(r#"["red","blue"]"#)),
                    ("raw", given(Value::Bytes(vec![0, 255, 16, 1]))),
                    ("number", next()),
                    ("sort", Assigned::NextSort),
                    ("author_id", given(ADA)),
                ]),
            ),
            insert(
                c,
                "posts",
                values([
                    ("id", next()),
                    ("title", given("beta")),
                    ("price", given("9.95")),
                    ("rating", given(4.0)),
                    ("views", given(5)),
                    ("published", given(false)),
                    ("born", given("2024-03-01")),
                    ("at", given("2023-12-31T23:59:59.000Z")),
                    ("data", given("[]")),
                    ("words", given("[]")),
                    ("number", next()),
                    ("sort", Assigned::NextSort),
                    ("author_id", given(BOB)),
                    ("parent_id", Assigned::KeyOf(4)),
                ]),
            ),
            insert(
                c,
                "posts",
                values([
                    ("id", next()),
                    ("title", Assigned::Value(Value::Null)),
                    ("sort", Assigned::NextSort),
                ]),
            ),
            insert(
                c,
                "posts",
                values([
                    ("id", next()),
                    ("title", given("gone")),
                    ("deletedAt", given("2024-05-05T00:00:00.000Z")),
                ]),
            ),
            insert(
                c,
                "comments",
                values([
                    ("id", next()),
                    ("text", given("first databases")),
                    ("approved", given(true)),
                    ("post_id", Assigned::KeyOf(4)),
                    ("author_id", given(BOB)),
                ]),
            ),
            insert(
                c,
                "comments",
                values([
                    ("id", next()),
                    ("text", given("second")),
                    ("approved", given(false)),
                    ("post_id", Assigned::KeyOf(4)),
                ]),
            ),
            insert(
                c,
                "comments",
                values([
                    ("id", next()),
                    ("text", given("third")),
                    ("approved", given(true)),
                    ("post_id", Assigned::KeyOf(5)),
                ]),
            ),
            insert(c, "labels", values([("id", next()), ("name", given("x"))])),
            insert(c, "labels", values([("id", next()), ("name", given("y"))])),
            insert(
                c,
                "posts_labels",
                values([
                    ("id", next()),
                    ("posts_id", Assigned::KeyOf(4)),
                    ("labels_id", Assigned::KeyOf(11)),
                ]),
            ),
            insert(
                c,
                "posts_labels",
                values([
                    ("id", next()),
                    ("posts_id", Assigned::KeyOf(4)),
                    ("labels_id", Assigned::KeyOf(12)),
                ]),
            ),
            insert(
                c,
                "activities",
                values([
                    ("id", next()),
                    ("item_id", given("1")),
                    ("collection", given("posts")),
                    ("note", given("p")),
                ]),
            ),
            insert(
                c,
                "activities",
                values([
                    ("id", next()),
                    ("item_id", given(ADA)),
                    ("collection", given("users")),
                    ("note", given("u")),
                ]),
            ),
        ];
        house.write(plan(steps)).await.unwrap();
    }
    all
}

async fn check(houses: &[House], plan: impl Fn(&House) -> ReadPlan, expected: &str) {
    for house in houses {
        let found = house.rows(plan(house)).await;
        assert_eq!(found, expected, "{:?}", house.store.dialect());
    }
}

/// Ids of the posts a condition finds.
async fn finds(houses: &[House], cond: impl Fn(&House) -> Cond, expected: &[i64]) {
    for house in houses {
        let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
        plan.filter = cond(house);
        plan.count = Count::Exact;
        plan.page.limit = Some(1_000);
        let compiled = house.compiled(plan.clone(), Numbers::Tokens);
        let found = house.rows(plan.clone()).await;
        let wanted: Vec<String> = expected.iter().map(|id| format!("{{\"id\":{id}}}")).collect();
        assert_eq!(found, wanted.join(","), "{:?}\n{}", house.store.dialect(), compiled.page.text);
        // The count is of the same records, whatever is joined.
        plan.page.limit = Some(0);
        let counted = house.read(plan).await.total;
        assert_eq!(counted, Some(expected.len() as u64), "{:?}", house.store.dialect());
    }
}

fn posts(house: &House, path: &str) -> query::Ref {
    column(&house.catalog, "posts", path)
}
