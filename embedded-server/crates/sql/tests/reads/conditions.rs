//! Conditions find the same records on both.

use super::{ADA, BOB, filled, finds, posts};
use crate::support::House;
use crate::support::plans::{as_cast, ascending, column, equal, nothing, read, test};
use base::Value;
use query::{Cast, Cond, Like, Operand, Operator};
use sql::{Dialect, Numbers};

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
            text: Operand::Value(Value::text(text)),
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
