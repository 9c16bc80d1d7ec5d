//! Reads run on both databases and give the same bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use base::Value;
use query::{
    Aggregate, AggregateFunction, Assigned, Cast, Cond, Count, DatePart, Direction, GroupKey,
    Grouping, JsonValueTest, Like, Operand, Operator, Order, OrderBy, Page, Projection, ReadPlan,
    Search,
};
use sql::{Dialect, Numbers};
use support::plans::{
    as_cast, ascending, column, descending, equal, expand, given, insert, named, nothing, plan,
    read, test, values,
};
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

#[tokio::test]
async fn bounds_and_orders_of_finer_moments_leave_the_column_to_its_index() {
    for house in &filled("finer").await {
        let mut at = posts(house, "at");
        at.loose = true;
        let moment = Operand::Value(Value::text("2024-01-02T03:04:05.678Z"));
        for (greater, or_equal) in [(true, true), (true, false), (false, true), (false, false)] {
            let operator = Operator::Compare { greater, or_equal, right: moment.clone() };
            let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
            plan.filter = test(at.clone(), operator);
            plan.order = vec![ascending(at.clone()), ascending(posts(house, "id"))];
            plan.page.cursor = true;
            let text = house.compiled(plan.clone(), Numbers::Tokens).page.text;
            assert!(!text.contains("date_trunc"), "{text}");
            let finest = text.contains("SS.US");
            assert_eq!(finest, house.store.dialect() == Dialect::Postgres, "{text}");
            house.rows(plan).await;
        }
    }
}

const ALL: &[&str] = &[
    "id",
    "title",
    "price",
    "rating",
    "weight",
    "views",
    "published",
    "born",
    "at",
    "wall",
    "opens",
    "closes",
    "data",
    "words",
    "raw",
    "number",
    "sort",
    "author_id",
];

#[tokio::test]
async fn every_kind_has_one_form_at_every_depth() {
    let houses = filled("forms").await;
    let post = r#"{"id":1,"title":"Alpha_100%","price":12.10,"rating":0.30000000000000004,"weight":0.1,"views":9007199254740993,"published":true,"born":"2024-02-29","at":"2024-01-02T03:04:05.678Z","wall":"2024-01-02T03:04:05.678Z","opens":"10:11:12+00","closes":"10:11:12.500","data":{"a":{"b":1.50},"k":"v","no":null,"yes":true,"list":[1,2,3]},"words":["red","blue"],"raw":"AP8QAQ==","number":1,"sort":1,"author_id":"00000000-0000-4000-8000-000000000001"}"#;
    let one = |house: &House, fields: &[&str]| {
        let mut plan = read(&house.catalog, "posts", fields, vec![]);
        plan.filter = equal(posts(house, "id"), 1);
        plan
    };
    // jsonb orders keys by length; the canonical form that `coerce` stores does so too.
    let post = post.replace(
        r#""no":null,"yes":true,"list":[1,2,3]"#,
        r#""list":[1,2,3],"no":null,"yes":true"#,
    );
    for house in &houses {
        let found = house.rows(one(house, ALL)).await;
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&found).unwrap(),
            serde_json::from_str::<serde_json::Value>(&post).unwrap(),
            "{:?}",
            house.store.dialect()
        );
        // The same record inside a to-many and a to-one.
        let mut plan = read(
            &house.catalog,
            "users",
            &[],
            vec![expand(&house.catalog, "users", "posts", ALL, vec![])],
        );
        plan.filter = equal(column(&house.catalog, "users", "id"), ADA);
        assert_eq!(house.rows(plan).await, format!(r#"{{"posts":[{found}]}}"#));
        let mut plan = read(
            &house.catalog,
            "posts",
            &["id"],
            vec![expand(&house.catalog, "posts", "parent", ALL, vec![])],
        );
        plan.filter = equal(posts(house, "id"), 2);
        assert_eq!(house.rows(plan).await, format!(r#"{{"id":2,"parent":{found}}}"#));
        let strings =
            house.read_as(one(house, &["price", "views", "number"]), Numbers::Strings).await;
        assert_eq!(
            String::from_utf8(strings.json).unwrap(),
            r#"{"price":"12.10","views":"9007199254740993","number":1}"#
        );
    }
    check(
        &houses,
        |house| {
            let mut plan = read(
                &house.catalog,
                "posts",
                &["price", "rating", "published", "at", "data", "raw"],
                vec![],
            );
            plan.filter = equal(posts(house, "id"), 3);
            plan
        },
        r#"{"price":null,"rating":null,"published":null,"at":null,"data":null,"raw":null}"#,
    )
    .await;
}

#[tokio::test]
async fn relations_come_in_one_statement_however_deep() {
    let houses = filled("relations").await;
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let author = expand(c, "comments", "author", &["name"], vec![]);
            let comments = expand(c, "posts", "comments", &["id", "approved"], vec![author]);
            let team = expand(c, "users", "team", &["name"], vec![]);
            let profile = expand(c, "users", "profile", &["bio"], vec![]);
            let author = expand(c, "posts", "author", &["name"], vec![team, profile]);
            let labels = expand(c, "posts", "labels", &["name"], vec![]);
            read(c, "posts", &["id"], vec![author, comments, labels])
        },
        concat!(
            r#"{"id":1,"author":{"name":"Ada","team":{"name":"Red"},"profile":{"bio":"x"}},"#,
            r#""comments":[{"id":1,"approved":true,"author":{"name":"bob \"B\"\n"}},{"id":2,"approved":false,"author":null}],"#,
            r#""labels":[{"name":"x"},{"name":"y"}]},"#,
            r#"{"id":2,"author":{"name":"bob \"B\"\n","team":null,"profile":null},"#,
            r#""comments":[{"id":3,"approved":true,"author":null}],"labels":[]},"#,
            r#"{"id":3,"author":null,"comments":[],"labels":[]}"#,
        ),
    )
    .await;
    // Trimmed, ordered and limited inside the relation; the root stays.
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let mut comments = expand(c, "posts", "comments", &["id"], vec![]);
            comments.filter = equal(column(c, "comments", "approved"), true);
            let mut all = expand(c, "posts", "comments", &["text"], vec![]);
            all.key = String::from("last");
            all.order = vec![descending(column(c, "comments", "id"))];
            all.limit = 1;
            let mut author = expand(c, "posts", "author", &["name"], vec![]);
            author.filter = equal(column(c, "users", "team.name"), "Red");
            let mut plan = read(c, "posts", &["id"], vec![author, comments, all]);
            plan.page.limit = Some(2);
            plan
        },
        concat!(
            r#"{"id":1,"author":{"name":"Ada"},"comments":[{"id":1}],"last":[{"text":"second"}]},"#,
            r#"{"id":2,"author":null,"comments":[{"id":3}],"last":[{"text":"third"}]}"#,
        ),
    )
    .await;
    // Junction rows with the target of their own collection.
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let there = expand(c, "activities", "posts", &["title"], vec![]);
            let user = expand(c, "activities", "users", &["name"], vec![]);
            read(c, "activities", &["note"], vec![there, user])
        },
        concat!(
            r#"{"note":"p","posts":{"title":"Alpha_100%"},"users":null},"#,
            r#"{"note":"u","posts":null,"users":{"name":"Ada"}}"#,
        ),
    )
    .await;
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let there = expand(c, "activities", "posts", &["title"], vec![]);
            let back = expand(c, "posts", "activities", &["note"], vec![there]);
            let mut plan = read(c, "posts", &["id"], vec![back]);
            plan.page.limit = Some(1);
            plan
        },
        r#"{"id":1,"activities":[{"note":"p","posts":{"title":"Alpha_100%"}}]}"#,
    )
    .await;
}

#[tokio::test]
async fn conditions_mean_the_same_on_both() {
    let houses = filled("conditions").await;
    let value = |value: &str| Operand::Value(Value::text(value));
    finds(&houses, |h| equal(posts(h, "title"), "beta"), &[2]).await;
    finds(&houses, |h| equal(posts(h, "price"), "12.1"), &[1]).await;
    finds(&houses, |h| equal(posts(h, "published"), true), &[1]).await;
    finds(&houses, |h| equal(posts(h, "raw"), Value::Bytes(vec![0, 255, 16, 1])), &[1]).await;
    finds(&houses, |h| equal(posts(h, "weight"), 0.1), &[1]).await;
    finds(&houses, |h| equal(posts(h, "at"), "2024-01-02T03:04:05.678Z"), &[1]).await;
    finds(&houses, |h| equal(posts(h, "words"), r#"["red","blue"]"#), &[1]).await;
    finds(&houses, |h| equal(column(&h.catalog, "posts", "author.email"), "ADA@example.ORG"), &[1])
        .await;
    let mail = |h: &House| column(&h.catalog, "posts", "author.email");
    let above = |low: &str| Operator::Compare {
        greater: true,
        or_equal: true,
        right: Operand::Value(Value::text(low)),
    };
    finds(&houses, |h| test(mail(h), above("ADA@")), &[1]).await;
    finds(&houses, |h| test(mail(h), above("b")), &[]).await;
    let among_mails = |mail: &str| Operator::In {
        negated: false,
        values: vec![Operand::Value(Value::text(mail))],
    };
    finds(&houses, |h| test(mail(h), among_mails("ada@EXAMPLE.org")), &[1]).await;
    let other = |right| Operator::Equal { negated: true, right: Operand::Column(right) };
    finds(&houses, |h| test(mail(h), other(posts(h, "title"))), &[1]).await;
    finds(&houses, |h| test(posts(h, "title"), other(posts(h, "author.name"))), &[1, 2]).await;
    // NULL is neither equal nor unequal; a variable that stands for nothing finds nothing.
    let unequal = |right| Operator::Equal { negated: true, right };
    finds(&houses, |h| test(posts(h, "title"), unequal(value("beta"))), &[1]).await;
    finds(&houses, |h| equal(posts(h, "title"), Value::Null), &[]).await;
    finds(&houses, |h| Cond::Not(Box::new(equal(posts(h, "title"), Value::Null))), &[]).await;
    finds(&houses, |h| Cond::Not(Box::new(equal(posts(h, "title"), "beta"))), &[1]).await;
    let compare = |greater, or_equal, right| Operator::Compare { greater, or_equal, right };
    finds(&houses, |h| test(posts(h, "price"), compare(true, false, value("9.95"))), &[1]).await;
    finds(&houses, |h| test(posts(h, "title"), compare(true, false, value("a"))), &[2]).await;
    finds(&houses, |h| test(posts(h, "born"), compare(false, true, value("2024-02-29"))), &[1])
        .await;
    let between = |negated, low: &str, high: &str| Operator::Between {
        negated,
        low: Operand::Value(Value::text(low)),
        high: Operand::Value(Value::text(high)),
    };
    finds(&houses, |h| test(posts(h, "price"), between(false, "9.95", "12")), &[2]).await;
    finds(&houses, |h| test(posts(h, "price"), between(true, "9.95", "12")), &[1]).await;
    let among = |negated, values: Vec<Value>| Operator::In {
        negated,
        values: values.into_iter().map(Operand::Value).collect(),
    };
    finds(
        &houses,
        |h| test(posts(h, "id"), among(false, vec![Value::Int(1), Value::Int(3)])),
        &[1, 3],
    )
    .await;
    finds(&houses, |h| test(posts(h, "id"), among(true, vec![Value::Int(1)])), &[2, 3]).await;
    finds(&houses, |h| test(posts(h, "price"), among(false, vec![Value::text("12.100")])), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "author_id"), among(false, vec![Value::text(BOB)])), &[2])
        .await;
    finds(&houses, |h| test(posts(h, "rating"), among(false, vec![Value::Real(4.0)])), &[2]).await;
    finds(&houses, |h| test(posts(h, "published"), among(false, vec![Value::Bool(false)])), &[2])
        .await;
    finds(
        &houses,
        |h| test(posts(h, "title"), among(true, vec![Value::text("beta"), Value::Null])),
        &[],
    )
    .await;
    finds(&houses, |h| test(posts(h, "title"), among(false, vec![])), &[]).await;
    finds(&houses, |h| test(posts(h, "title"), among(true, vec![])), &[1, 2, 3]).await;
    finds(&houses, |h| test(posts(h, "title"), Operator::IsNull(true)), &[3]).await;
    finds(&houses, |h| test(posts(h, "title"), Operator::Empty(true)), &[3]).await;
    finds(&houses, |h| test(posts(h, "words"), Operator::Empty(true)), &[2, 3]).await;
    finds(&houses, |h| test(posts(h, "data"), Operator::Empty(false)), &[1]).await;
    finds(&houses, |h| test(posts(h, "published"), Operator::Empty(false)), &[1, 2]).await;
    finds(
        &houses,
        |h| {
            test(
                nothing(h.catalog.collections["posts"].fields["at"].kind.clone()),
                Operator::IsNull(true),
            )
        },
        &[1, 2, 3],
    )
    .await;
    finds(&houses, |_| Cond::Never, &[]).await;
    finds(&houses, |_| Cond::Any(vec![]), &[]).await;
}

#[tokio::test]
async fn text_is_matched_alike() {
    let houses = filled("text").await;
    let like = |text: &str, open_start, open_end, wildcards, fold, negated| {
        Operator::Like(Like {
            text: text.to_owned(),
            open_start,
            open_end,
            wildcards,
            fold,
            negated,
        })
    };
    finds(
        &houses,
        |h| test(posts(h, "title"), like("lpha", true, true, false, false, false)),
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "title"), like("ALPHA", true, true, false, true, false)),
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "title"), like("ALPHA", true, true, false, false, false)),
        &[],
    )
    .await;
    finds(&houses, |h| test(posts(h, "title"), like("%", true, true, false, false, false)), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "title"), like("%", true, true, true, false, false)), &[1, 2])
        .await;
    finds(
        &houses,
        |h| test(posts(h, "title"), like("A_pha", false, true, true, false, false)),
        &[1],
    )
    .await;
    finds(&houses, |h| test(posts(h, "title"), like("be", false, true, false, false, false)), &[2])
        .await;
    finds(&houses, |h| test(posts(h, "title"), like("be", false, true, false, false, true)), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "title"), like("TA", true, false, false, true, false)), &[2])
        .await;
    finds(&houses, |h| test(posts(h, "title"), like("a\\", true, true, true, false, false)), &[])
        .await;
    finds(&houses, |h| test(posts(h, "title"), like("\\%", true, true, true, false, false)), &[1])
        .await;
    finds(
        &houses,
        |h| test(posts(h, "author.email"), like("example", true, true, false, false, false)),
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "title"), Operator::Regex { pattern: String::from("^[a-z]+$") }),
        &[2],
    )
    .await;
}

#[tokio::test]
async fn json_is_asked_alike() {
    let houses = filled("json").await;
    let json = |text: &str| text.to_owned();
    let contains = |text: &str, contained, negated| Operator::JsonContains {
        json: text.to_owned(),
        contained,
        negated,
    };
    finds(&houses, |h| test(posts(h, "data"), contains(r#"{"k":"v"}"#, false, false)), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), contains(r#"{"k":"v"}"#, false, true)), &[2]).await;
    finds(&houses, |h| test(posts(h, "data"), contains("[1,2]", true, false)), &[2]).await;
    let keys = |keys: &[&str], all| Operator::JsonHasKeys {
        keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        all,
    };
    finds(&houses, |h| test(posts(h, "data"), keys(&["k", "zz"], false)), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), keys(&["k", "zz"], true)), &[]).await;
    finds(&houses, |h| test(posts(h, "data"), keys(&[], true)), &[1, 2, 3]).await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContains { json: json(r#"["red"]"#), negated: false },
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "words"), Operator::ArrayContains { json: json("[]"), negated: false }),
        &[1, 2],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContains { json: json(r#"["red"]"#), negated: true },
            )
        },
        &[2],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContainedBy { json: json(r#"["red","blue","x"]"#) },
            )
        },
        &[1, 2],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "words"), Operator::ArrayOverlaps { json: json(r#"["red","x"]"#) }),
        &[1],
    )
    .await;
    let length = |path: &[&str], value| Operator::ArrayLength {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        ordering: (true, false, true),
        value,
    };
    finds(&houses, |h| test(posts(h, "words"), length(&[], 2)), &[1]).await;
    finds(&houses, |h| test(posts(h, "words"), length(&[], 0)), &[1, 2]).await;
    finds(&houses, |h| test(posts(h, "data"), length(&["list"], 3)), &[1]).await;
    let at = |path: &[&str], test| Operator::JsonValue {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        test,
    };
    let exactly = (false, false, true);
    let but = (true, true, false);
    let text = |value: &str, ordering, or_missing| JsonValueTest::Text {
        ordering,
        value: value.to_owned(),
        or_missing,
    };
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], text("v", exactly, false))), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), at(&["a", "b"], text("1.50", exactly, false))), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["yes"], text("true", exactly, false))), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], text("v", but, true))), &[2, 3]).await;
    finds(&houses, |h| test(posts(h, "data"), at(&["list", "1"], text("2", exactly, false))), &[1])
        .await;
    finds(
        &houses,
        |h| test(posts(h, "data"), at(&["list", "-1"], text("3", exactly, false))),
        &[1],
    )
    .await;
    let number = |value: &str, ordering| JsonValueTest::Number {
        ordering,
        value: value.to_owned(),
        or_missing: false,
    };
    finds(&houses, |h| test(posts(h, "data"), at(&["a", "b"], number("1.5", exactly))), &[1]).await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["a", "b"], number("1.4999999999999999999", (true, false, false))),
            )
        },
        &[1],
    )
    .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], number("1", (true, true, true)))), &[])
        .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(
                    &["yes"],
                    JsonValueTest::Boolean { negated: false, value: true, or_missing: false },
                ),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "data"), at(&["no"], JsonValueTest::IsNull(true))),
        &[1, 2, 3],
    )
    .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], JsonValueTest::IsNull(false))), &[1])
        .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(
                    &["k"],
                    JsonValueTest::In { negated: false, values: vec![json("v"), json("w")] },
                ),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["k"], JsonValueTest::In { negated: true, values: vec![json("w")] }),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["k"], JsonValueTest::Like { pattern: json("V%"), fold: true }),
            )
        },
        &[1],
    )
    .await;
    let type_of = |path: &[&str], name: &str| Operator::JsonTypeOf {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        type_name: name.to_owned(),
    };
    finds(&houses, |h| test(posts(h, "data"), type_of(&[], "array")), &[2]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["a", "b"], "number")), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["no"], "null")), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["yes"], "boolean")), &[1]).await;
}

#[tokio::test]
async fn casts_mean_the_same_on_both() {
    let houses = filled("casts").await;
    finds(&houses, |h| equal(as_cast(posts(h, "at"), Cast::Date), "2024-01-02"), &[1]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "at"), Cast::Time), "03:04:05"), &[1]).await;
    finds(
        &houses,
        |h| equal(as_cast(posts(h, "wall"), Cast::Timestamp), "2024-01-02T03:04:05.678Z"),
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| equal(as_cast(posts(h, "born"), Cast::Timestamp), "2024-02-29T00:00:00.000Z"),
        &[1],
    )
    .await;
    finds(&houses, |h| equal(as_cast(posts(h, "published"), Cast::Text), "true"), &[1]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "price"), Cast::Text), "12.10"), &[1]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "id"), Cast::Text), "2"), &[2]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "title"), Cast::Integer), 2), &[]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "title"), Cast::Boolean), true), &[]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "rating"), Cast::Integer), 4), &[2]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "views"), Cast::Decimal), "5.0"), &[2]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "author_id"), Cast::Uuid), ADA), &[1]).await;
    finds(&houses, |h| equal(as_cast(posts(h, "opens"), Cast::Time), "10:11:12"), &[1]).await;
    // Columns of different kinds meet.
    let than = |right: query::Ref| Operator::Compare {
        greater: true,
        or_equal: false,
        right: Operand::Column(right),
    };
    finds(&houses, |h| test(posts(h, "price"), than(posts(h, "views"))), &[2]).await;
    finds(&houses, |h| test(posts(h, "born"), than(posts(h, "at"))), &[1, 2]).await;
    finds(&houses, |h| test(posts(h, "rating"), than(posts(h, "id"))), &[2]).await;
}

#[tokio::test]
async fn walks_are_joined_once_and_never_multiply_the_root() {
    let houses = filled("walks").await;
    let both = |parts: Vec<Cond>| Cond::All(parts);
    finds(&houses, |h| equal(posts(h, "author.team.name"), "Red"), &[1]).await;
    finds(&houses, |h| equal(posts(h, "comments.approved"), true), &[1, 2]).await;
    // Two conditions on one walk mean the same far record.
    finds(
        &houses,
        |h| {
            both(vec![
                equal(posts(h, "comments.approved"), true),
                equal(posts(h, "comments.text"), "second"),
            ])
        },
        &[],
    )
    .await;
    finds(
        &houses,
        |h| {
            both(vec![
                equal(posts(h, "comments.approved"), true),
                equal(posts(h, "labels.name"), "y"),
                equal(posts(h, "title"), "Alpha_100%"),
            ])
        },
        &[1],
    )
    .await;
    finds(&houses, |h| equal(posts(h, "posts_labels.labels.name"), "y"), &[1]).await;
    // OR between a relation and a root column finds roots without related records.
    finds(
        &houses,
        |h| {
            Cond::Any(vec![
                equal(posts(h, "comments.text"), "third"),
                test(posts(h, "title"), Operator::IsNull(true)),
            ])
        },
        &[2, 3],
    )
    .await;
    finds(&houses, |h| test(posts(h, "comments.id"), Operator::IsNull(true)), &[3]).await;
    finds(&houses, |h| test(posts(h, "author.name"), Operator::IsNull(true)), &[3]).await;
    // A hidden far record is an absent one.
    finds(
        &houses,
        |h| {
            let mut name = posts(h, "author.name");
            name.hops[0].filter = equal(column(&h.catalog, "users", "team.name"), "Red");
            test(name, Operator::IsNull(true))
        },
        &[2, 3],
    )
    .await;
    // A policy's own walk is not narrowed by the caller's.
    finds(
        &houses,
        |h| {
            let mut mine = posts(h, "author.name");
            mine.hops[0].filter = Cond::Never;
            both(vec![
                test(mine, Operator::IsNull(true)),
                test(posts(h, "author.name"), Operator::IsNull(false)),
            ])
        },
        &[1, 2],
    )
    .await;
    finds(&houses, |h| equal(posts(h, "activities.note"), "p"), &[1]).await;
    let own = |h: &House, field: &str| Operand::Own {
        collection: named(&h.catalog, "users"),
        key: Value::text(ADA),
        column: Box::new(column(&h.catalog, "users", field)),
    };
    finds(
        &houses,
        |h| {
            test(
                posts(h, "author.team_id"),
                Operator::Equal { negated: false, right: own(h, "team.id") },
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "author.name"),
                Operator::In {
                    negated: false,
                    values: vec![own(h, "name"), Operand::Value(Value::text("zz"))],
                },
            )
        },
        &[1],
    )
    .await;
}

#[tokio::test]
async fn order_and_cursors_agree() {
    let houses = filled("order").await;
    let ids = |order: fn(&House) -> OrderBy| {
        move |house: &House| {
            let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
            plan.order.insert(0, order(house));
            plan
        }
    };
    let listed =
        |ids: &[i64]| ids.iter().map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>().join(",");
    check(&houses, ids(|h| ascending(posts(h, "title"))), &listed(&[1, 2, 3])).await;
    check(&houses, ids(|h| descending(posts(h, "title"))), &listed(&[3, 2, 1])).await;
    check(&houses, ids(|h| ascending(posts(h, "price"))), &listed(&[2, 1, 3])).await;
    check(&houses, ids(|h| descending(posts(h, "price"))), &listed(&[3, 1, 2])).await;
    check(&houses, ids(|h| ascending(posts(h, "author.name"))), &listed(&[1, 2, 3])).await;
    check(&houses, ids(|h| descending(posts(h, "comments.text"))), &listed(&[3, 2, 1])).await;
    check(&houses, ids(|h| ascending(posts(h, "comments.text"))), &listed(&[1, 2, 3])).await;
    check(&houses, ids(|h| ascending(posts(h, "labels.id"))), &listed(&[1, 2, 3])).await;

    // Page by page over every order, with and without relations, nothing is lost or repeated.
    let fields = [
        "title",
        "price",
        "rating",
        "published",
        "born",
        "at",
        "wall",
        "opens",
        "closes",
        "author_id",
        "author.email",
        "comments.text",
        "weight",
    ];
    for house in &houses {
        for field in fields {
            for direction in [Direction::Ascending, Direction::Descending] {
                for expanded in [false, true] {
                    let c = &house.catalog;
                    let expands = if expanded {
                        vec![expand(c, "posts", "author", &["name"], vec![])]
                    } else {
                        vec![]
                    };
                    let mut plan = read(c, "posts", &["id"], expands);
                    plan.order
                        .insert(0, OrderBy { by: Order::Column(posts(house, field)), direction });
                    let whole = house.rows(plan.clone()).await;
                    plan.page = Page { limit: Some(1), cursor: true, ..Page::default() };
                    let mut pages = Vec::new();
                    loop {
                        let page = house.read(plan.clone()).await;
                        if page.rows > 0 {
                            pages.push(String::from_utf8(page.json).unwrap());
                        }
                        assert!(pages.len() < 10, "{field} {direction:?} does not end");
                        match page.cursor {
                            Some(after) if page.more => plan.page.after = Some(after),
                            _ => break,
                        }
                    }
                    assert_eq!(
                        pages.join(","),
                        whole,
                        "{field} {direction:?} {:?}",
                        house.store.dialect()
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn words_are_searched_alike() {
    let houses = filled("search").await;
    for house in &houses {
        let mut plan = read(&house.catalog, "comments", &["id"], vec![]);
        plan.search = Some(Search {
            words: vec![String::from("database")],
            fields: vec![String::from("text")],
        });
        plan.order.insert(0, OrderBy { by: Order::Relevance, direction: Direction::Descending });
        plan.count = Count::Exact;
        let page = house.read(plan).await;
        assert_eq!(String::from_utf8(page.json).unwrap(), r#"{"id":1}"#);
        assert_eq!(page.total, Some(1));
    }
}

fn grouped(
    house: &House,
    keys: &[(&str, Option<DatePart>)],
    aggregates: &[(AggregateFunction, &str)],
) -> ReadPlan {
    let mut plan = read(&house.catalog, "posts", &[], vec![]);
    plan.order.clear();
    plan.count = Count::Exact;
    plan.projection = Projection::Groups(Grouping {
        keys: keys
            .iter()
            .map(|(path, part)| GroupKey {
                keys: vec![(*path).to_owned(), path.replace('.', "_")],
                column: posts(house, path),
                part: *part,
            })
            .map(|mut key| {
                key.keys.dedup();
                key
            })
            .collect(),
        aggregates: aggregates
            .iter()
            .map(|(function, path)| Aggregate {
                alias: format!("{function:?}_{path}"),
                function: *function,
                column: (*path != "*").then(|| posts(house, path)),
            })
            .collect(),
    });
    plan
}

#[tokio::test]
async fn groups_and_aggregates_agree() {
    use AggregateFunction::{ArrayAgg, Avg, Count as Counted, Distinct, Max, Min, Sum};
    let houses = filled("groups").await;
    check(
        &houses,
        |h| {
            grouped(
                h,
                &[],
                &[
                    (Counted, "*"), (Counted, "title"), (Distinct, "author_id"), (Sum, "price"), (Avg, "price"),
                    (Sum, "views"), (Avg, "id"), (Sum, "id"), (Sum, "rating"), (Min, "price"), (Max, "id"),
                    (Min, "at"), (Max, "born"), (Min, "title"), (Max, "author_id"), (Max, "published"),
                    (Max, "rating"), (ArrayAgg, "title"), (Min, "wall"), (Max, "closes"),
                ],
            )
        },
        concat!(
            r#"{"Count_*":3,"Count_title":2,"Distinct_author_id":2,"Sum_price":22.05,"Avg_price":11.025,"#,
            r#""Sum_views":9007199254740998,"Avg_id":2,"Sum_id":6,"Sum_rating":4.3,"Min_price":"9.95","Max_id":"3","#,
            r#""Min_at":"2023-12-31T23:59:59.000Z","Max_born":"2024-03-01","Min_title":"Alpha_100%","#,
            r#""Max_author_id":"00000000-0000-4000-8000-000000000002","Max_published":true,"Max_rating":"4","#,
            r#""ArrayAgg_title":["Alpha_100%","beta",null],"Min_wall":"2024-01-02T03:04:05.678Z","Max_closes":"10:11:12.500"}"#,
        ),
    )
    .await;
    check(
        &houses,
        |h| grouped(h, &[("at", Some(DatePart::Year))], &[(Counted, "*")]),
        r#"{"at":2023,"Count_*":1},{"at":2024,"Count_*":1},{"at":null,"Count_*":1}"#,
    )
    .await;
    for (part, expected) in [
        (DatePart::Quarter, [4, 1]),
        (DatePart::Month, [12, 1]),
        (DatePart::Week, [52, 1]),
        (DatePart::Day, [31, 2]),
        (DatePart::Dow, [0, 2]),
        (DatePart::IsoDow, [7, 2]),
        (DatePart::Hour, [23, 3]),
        (DatePart::Minute, [59, 4]),
        (DatePart::Second, [59, 5]),
    ] {
        let mut sorted = expected;
        sorted.sort_unstable();
        check(
            &houses,
            |h| grouped(h, &[("at", Some(part))], &[]),
            &format!(r#"{{"at":{}}},{{"at":{}}},{{"at":null}}"#, sorted[0], sorted[1]),
        )
        .await;
    }
    check(
        &houses,
        |h| {
            let mut plan = grouped(h, &[("author.email", None), ("published", None)], &[(Sum, "price")]);
            plan.order = vec![OrderBy { by: Order::Aggregate(0), direction: Direction::Descending }];
            plan
        },
        concat!(
            r#"{"author.email":null,"author_email":null,"published":null,"Sum_price":null},"#,
            r#"{"author.email":"Ada@Example.org","author_email":"Ada@Example.org","published":true,"Sum_price":12.10},"#,
            r#"{"author.email":null,"author_email":null,"published":false,"Sum_price":9.95}"#,
        ),
    )
    .await;
    // The count is of groups, whatever page of them is asked for; conditions over the same far
    // rows bind what is aggregated.
    for house in &houses {
        let mut plan = grouped(house, &[("comments.approved", None)], &[(Counted, "comments.id")]);
        plan.page = Page { limit: Some(1), ..Page::default() };
        plan.order = vec![OrderBy { by: Order::Group(0), direction: Direction::Ascending }];
        let page = house.read(plan.clone()).await;
        assert_eq!(page.total, Some(3));
        assert_eq!(
            String::from_utf8(page.json).unwrap(),
            r#"{"comments.approved":false,"comments_approved":false,"Count_comments.id":1}"#
        );
        plan.filter = equal(posts(house, "comments.approved"), true);
        let page = house.read(plan.clone()).await;
        assert_eq!(
            String::from_utf8(page.json).unwrap(),
            r#"{"comments.approved":true,"comments_approved":true,"Count_comments.id":2}"#
        );
        let mut plan = grouped(house, &[], &[(Sum, "price")]);
        plan.filter = equal(posts(house, "comments.post_id"), 1);
        assert_eq!(house.rows(plan).await, r#"{"Sum_price":12.10}"#);
    }
}

#[tokio::test]
async fn pages_probe_and_count() {
    let houses = filled("pages").await;
    for house in &houses {
        let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
        plan.page = Page { limit: Some(2), offset: 1, capped: true, ..Page::default() };
        plan.count = Count::Exact;
        let page = house.read(plan.clone()).await;
        assert_eq!(String::from_utf8(page.json).unwrap(), r#"{"id":2},{"id":3}"#);
        assert_eq!((page.total, page.more), (Some(3), false));
        plan.with_deleted = true;
        let page = house.read(plan.clone()).await;
        assert_eq!((page.total, page.more), (Some(4), true));
        plan.page = Page { limit: None, offset: 2, ..Page::default() };
        assert_eq!(house.rows(plan).await, r#"{"id":3},{"id":4}"#);
        let mut none = read(&house.catalog, "posts", &[], vec![]);
        none.page.limit = Some(1);
        assert_eq!(house.rows(none).await, "{}");
    }
}

#[tokio::test]
async fn wide_filters_stay_within_what_sqlite_nests() {
    let houses = filled("wide").await;
    for house in &houses {
        let many = |_| test(posts(house, "title"), Operator::IsNull(false));
        let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
        plan.filter = Cond::All(vec![
            Cond::All((0..1_000).map(many).collect()),
            Cond::Any((0..1_000).map(many).collect()),
        ]);
        assert_eq!(house.rows(plan).await, r#"{"id":1},{"id":2}"#);
    }
}

#[tokio::test]
async fn wide_records_and_many_relations_stay_within_what_sqlite_takes() {
    let houses = filled("many").await;
    for house in &houses {
        let c = &house.catalog;
        // 45 relations to one: more than may be joined, each with the same answer.
        let one = |at: usize| {
            let mut author = expand(c, "posts", "author", &["name"], vec![]);
            author.key = format!("author{at}");
            author
        };
        let mut comments = expand(
            c,
            "posts",
            "comments",
            &[],
            (0..45)
                .map(|at| {
                    let mut author = expand(c, "comments", "author", &["name"], vec![]);
                    author.key = format!("author{at}");
                    author
                })
                .collect(),
        );
        // 400 columns in one embedded record.
        comments.rows.columns = (0..400)
            .map(|at| query::Selected {
                key: format!("id{at}"),
                field: String::from("id"),
                kind: catalog::FieldKind::Integer,
                null: at == 7,
            })
            .collect();
        let mut expands: Vec<_> = (0..45).map(one).collect();
        expands.push(comments);
        let mut plan = read(c, "posts", &["id"], expands);
        plan.filter = equal(posts(house, "id"), 1);
        let found: serde_json::Value = serde_json::from_str(&house.rows(plan).await).unwrap();
        for at in 0..45 {
            assert_eq!(found[format!("author{at}")]["name"], "Ada");
            assert_eq!(found["comments"][0][format!("author{at}")]["name"], "bob \"B\"\n");
            assert!(found["comments"][1][format!("author{at}")].is_null());
        }
        assert_eq!(found["comments"][0]["id399"], 1);
        assert!(found["comments"][0]["id7"].is_null());
        assert_eq!(found["comments"][0].as_object().unwrap().len(), 445);
    }
}
