//! Walks along relations, orders, searches and groups.

use super::{ADA, check, filled, finds, posts};
use crate::support::House;
use crate::support::plans::{ascending, column, descending, equal, expand, named, read, test};
use base::Value;
use query::{
    Aggregate, AggregateFunction, Cond, Count, DatePart, Direction, GroupKey, Grouping, Operand,
    Operator, Order, OrderBy, Page, Projection, ReadPlan, Search,
};

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
        (DatePart::IsoYear, [2023, 2024]),
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
