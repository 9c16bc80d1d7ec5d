//! Pages by the shortcut of their plan are, byte for byte, what the page's own statement answers,
//! and what the other store answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use base::Value;
use catalog::Catalog;
use query::{
    Aggregate, AggregateFunction, Assigned, Cond, Count, DatePart, Direction, GroupKey, Grouping,
    Operand, Operator, Order, OrderBy, Page, Projection, ReadPlan,
};
use sql::{Compiled, Dialect, Numbers};
use support::plans::{column, equal, expand, given, insert, plan, read, test, values};
use support::{House, houses};

const ADA: &str = "00000000-0000-4000-8000-000000000001";
const BOB: &str = "00000000-0000-4000-8000-000000000002";

/// Posts in the table: more than are read on the caller's own thread, where no shortcut is taken.
const POSTS: i64 = 4_000;

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// Nothing every fifth time.
    fn or_null(&mut self, value: impl Into<Value>) -> Assigned {
        let value = value.into();
        Assigned::Value(if self.below(5) == 0 { Value::Null } else { value })
    }

    fn whole(&mut self, end: u64) -> i64 {
        i64::try_from(self.below(end)).unwrap()
    }
}

async fn filled(name: &str) -> Vec<House> {
    let all = houses(name).await;
    for house in &all {
        let c = &house.catalog;
        let user = |id: &str, name: &str| {
            insert(c, "users", values([("id", given(id)), ("name", given(name))]))
        };
        house.write(plan(vec![user(ADA, "Ada"), user(BOB, "bob")])).await.unwrap();
        let mut chance = Chance(7);
        let posts = (0..POSTS).map(|_| one_post(c, &mut chance)).collect();
        house.write(plan(posts)).await.unwrap();
    }
    all
}

fn one_post(c: &Catalog, chance: &mut Chance) -> query::Step {
    let titles = ["", "a", "A", "ab", "é", "ω", "a b", "z\u{1}", "\"q\"", "日本"];
    let title = *chance.one(&titles);
    let title = chance.or_null(Value::text(title));
    let cents = chance.whole(4_000) - 2_000;
    let price = format!(
        "{}{}.{:02}",
        if cents < 0 { "-" } else { "" },
        cents.abs() / 100,
        cents.abs() % 100
    );
    let price = chance.or_null(Value::Text(price));
    // Quarters are added without rounding, in any order.
    let quarters = f64::from(i32::try_from(chance.below(4_000)).unwrap() - 2_000) / 4.0;
    let rating = chance.or_null(Value::Real(quarters));
    let quarters = f64::from(u8::try_from(chance.below(50)).unwrap()) / 4.0;
    let weight = chance.or_null(Value::Real(quarters));
    let views = (chance.whole(40) - 20) * 400_000_000_000_000_000;
    let views = chance.or_null(Value::Int(views));
    let flag = chance.below(2) == 0;
    let published = chance.or_null(Value::Bool(flag));
    let day = chance.below(28) + 1;
    let born = chance.or_null(Value::Text(format!("2024-02-{day:02}")));
    let hour = chance.below(24);
    let at = chance.or_null(Value::Text(format!("2024-02-{day:02}T{hour:02}:04:05.678Z")));
    let wall = chance.or_null(Value::Text(format!("2024-02-{day:02}T{hour:02}:04:05.000")));
    let number = chance.whole(60) - 30;
    let number = chance.or_null(Value::Int(number));
    let author = *chance.one(&[ADA, BOB]);
    let author = chance.or_null(Value::text(author));
    insert(
        c,
        "posts",
        values([
            ("id", Assigned::NextNumber),
            ("title", title),
            ("price", price),
            ("rating", rating),
            ("weight", weight),
            ("views", views),
            ("published", published),
            ("born", born),
            ("at", at),
            ("wall", wall),
            ("number", number),
            ("author_id", author),
        ]),
    )
}

/// What the page's own statement and the total's answer.
async fn plainly(house: &House, compiled: &Compiled) -> (String, Option<i64>) {
    let mut chunks = house.store.stream(compiled).await.unwrap();
    let mut lines = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        lines.push(String::from_utf8(chunk.unwrap()).unwrap());
    }
    let total = match &compiled.total {
        None => None,
        Some(total) => house.store.rows(total).await.unwrap()[0][0].as_int(),
    };
    (lines.join("\n").replace("\n", ","), total)
}

/// Asks both stores, and SQLite in both ways; answers whether a shortcut was taken.
async fn asked(houses: &[House], made: &impl Fn(&Catalog) -> ReadPlan) -> bool {
    let mut answers: Vec<(String, Option<u64>, bool)> = Vec::new();
    let mut taken = false;
    for house in houses {
        let compiled = house.compiled(made(&house.catalog), Numbers::Tokens);
        let before = house.store.counters().shortcuts;
        let page = house.store.read(&compiled).await.unwrap();
        let shown = &compiled.page.text;
        taken |= house.store.counters().shortcuts > before;
        let json = String::from_utf8(page.json).unwrap();
        if house.store.dialect() == Dialect::Sqlite {
            let (rows, total) = plainly(house, &compiled).await;
            same(&json, &rows, shown);
            if let (Some(found), Some(total)) = (page.total, total) {
                assert_eq!(i64::try_from(found).unwrap(), total, "{shown}");
            }
        }
        if let Some((first, total, more)) = answers.first() {
            same(first, &json, shown);
            assert_eq!((page.total, page.more), (*total, *more), "{shown}");
        }
        answers.push((json, page.total, page.more));
    }
    taken
}

/// Two answers are the same bytes; else where they part.
fn same(one: &str, other: &str, statement: &str) {
    let parted = one.bytes().zip(other.bytes()).position(|(a, b)| a != b);
    let Some(at) =
        parted.or_else(|| (one.len() != other.len()).then_some(one.len().min(other.len())))
    else {
        return;
    };
    let near = |text: &str| {
        let bytes = text.as_bytes();
        let end = bytes.len().min(at + 60);
        String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(end)..end]).into_owned()
    };
    panic!("they part at {at}:\n{}\n{}\n{statement}", near(one), near(other));
}

/// A commit, so that nothing is answered from what was kept.
async fn commit(houses: &[House]) {
    for house in houses {
        let team = insert(&house.catalog, "teams", values([("id", Assigned::NextNumber)]));
        house.write(plan(vec![team])).await.unwrap();
    }
}

fn either_way(chance: &mut Chance) -> Direction {
    if chance.below(2) == 0 { Direction::Ascending } else { Direction::Descending }
}

/// A condition that many posts satisfy.
fn some_filter(c: &Catalog, chance: &mut Chance) -> Cond {
    let number = chance.whole(50) - 28;
    let above = Operator::Compare {
        greater: true,
        or_equal: true,
        right: Operand::Value(Value::Int(number)),
    };
    match chance.below(4) {
        0 => Cond::Always,
        1 => test(column(c, "posts", "number"), above),
        2 => equal(column(c, "posts", "published"), true),
        _ => test(column(c, "posts", "author.name"), Operator::IsNull(chance.below(2) == 0)),
    }
}

const AGGREGATES: [(AggregateFunction, &str); 17] = [
    (AggregateFunction::Count, ""),
    (AggregateFunction::Count, "title"),
    (AggregateFunction::Count, "price"),
    (AggregateFunction::Distinct, "title"),
    (AggregateFunction::Distinct, "number"),
    (AggregateFunction::Sum, "number"),
    (AggregateFunction::Sum, "views"),
    (AggregateFunction::Sum, "price"),
    (AggregateFunction::Sum, "rating"),
    (AggregateFunction::Sum, "weight"),
    (AggregateFunction::Avg, "number"),
    (AggregateFunction::Avg, "rating"),
    (AggregateFunction::Min, "number"),
    (AggregateFunction::Max, "rating"),
    (AggregateFunction::Min, "title"),
    (AggregateFunction::Max, "at"),
    (AggregateFunction::Min, "views"),
];

#[tokio::test(flavor = "multi_thread")]
async fn groups_by_hashing_are_the_groups_by_sorting() {
    let houses = filled("shortcut_groups").await;
    let mut chance = Chance(11);
    let mut taken = 0;
    for _ in 0..120 {
        let keys = [
            ("title", None),
            ("number", None),
            ("views", None),
            ("published", None),
            ("born", None),
            ("at", None),
            ("at", Some(DatePart::Hour)),
            ("born", Some(DatePart::Dow)),
            ("author_id", None),
            ("author.name", None),
        ];
        let keys: Vec<(&str, Option<DatePart>)> =
            (0..=chance.below(2)).map(|_| *chance.one(&keys)).collect();
        let aggregates: Vec<(AggregateFunction, &str)> =
            (0..chance.below(4)).map(|_| *chance.one(&AGGREGATES)).collect();
        let order: Vec<OrderBy> = (0..chance.below(3))
            .map(|_| {
                let at = |chance: &mut Chance, end: usize| {
                    usize::try_from(chance.below(end as u64)).unwrap()
                };
                let by = if aggregates.is_empty() || chance.below(2) == 0 {
                    Order::Group(at(&mut chance, keys.len()))
                } else {
                    Order::Aggregate(at(&mut chance, aggregates.len()))
                };
                OrderBy { by, direction: either_way(&mut chance) }
            })
            .collect();
        let limit = *chance.one(&[None, Some(0), Some(1), Some(7), Some(100), Some(5_000)]);
        let offset = if limit.is_some() { chance.below(12) } else { 0 };
        let (capped, counted) = (chance.below(2) == 0, chance.below(2) == 0);
        let seed = chance.below(1_000);
        let made = |c: &Catalog| ReadPlan {
            filter: some_filter(c, &mut Chance(seed)),
            projection: Projection::Groups(Grouping {
                keys: keys
                    .iter()
                    .enumerate()
                    .map(|(at, (path, part))| GroupKey {
                        keys: vec![format!("key{at}")],
                        column: column(c, "posts", path),
                        part: *part,
                    })
                    .collect(),
                aggregates: aggregates
                    .iter()
                    .enumerate()
                    .map(|(at, (function, path))| Aggregate {
                        alias: format!("value{at}"),
                        function: *function,
                        column: (!path.is_empty()).then(|| column(c, "posts", path)),
                    })
                    .collect(),
            }),
            order: order.clone(),
            page: Page { limit, offset, capped, ..Page::default() },
            count: if counted { Count::Exact } else { Count::None },
            ..read(c, "posts", &[], vec![])
        };
        taken += u64::from(asked(&houses, &made).await);
        commit(&houses).await;
    }
    assert!(taken > 60, "{taken} of 120 took the shortcut");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_sifted_in_one_scan_are_the_page_and_the_total() {
    let houses = filled("shortcut_rows").await;
    let mut chance = Chance(23);
    let mut taken = 0;
    for _ in 0..120 {
        let sorts = ["title", "price", "rating", "views", "published", "at", "wall", "number"];
        let mut names: Vec<&str> = (0..=chance.below(2)).map(|_| *chance.one(&sorts)).collect();
        names.dedup();
        let order: Vec<(&str, Direction)> =
            names.into_iter().chain(["id"]).map(|name| (name, either_way(&mut chance))).collect();
        let limit = *chance.one(&[1, 20, 200, 300, 900, 2_000]);
        let offset = *chance.one(&[0, 0, 3, 95, 3_999, 5_000]);
        let (capped, cursor) = (chance.below(2) == 0, chance.below(3) == 0);
        let related = chance.below(3) == 0;
        let seed = chance.below(1_000);
        let made = |c: &Catalog| {
            let fields = ["id", "title", "price", "rating", "at", "wall"];
            let expands = match related {
                true => vec![expand(c, "posts", "author", &["name"], vec![])],
                false => Vec::new(),
            };
            ReadPlan {
                filter: some_filter(c, &mut Chance(seed)),
                order: order
                    .iter()
                    .map(|(name, direction)| OrderBy {
                        by: Order::Column(column(c, "posts", name)),
                        direction: *direction,
                    })
                    .collect(),
                page: Page { limit: Some(limit), offset, cursor, capped, ..Page::default() },
                count: Count::Exact,
                ..read(c, "posts", &fields, expands)
            }
        };
        taken += u64::from(asked(&houses, &made).await);
        commit(&houses).await;
    }
    assert!(taken > 40, "{taken} of 120 took the shortcut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_beyond_64_bits_of_whole_numbers_is_refused_or_right_as_before() {
    let houses = filled("shortcut_large").await;
    // Averages of 64-bit numbers leave 64 bits on their way, and are exact: SQLite answers them.
    let made = |c: &Catalog| ReadPlan {
        projection: Projection::Groups(Grouping {
            keys: vec![GroupKey {
                keys: vec![String::from("published")],
                column: column(c, "posts", "published"),
                part: None,
            }],
            aggregates: vec![Aggregate {
                alias: String::from("many"),
                function: AggregateFunction::Avg,
                column: Some(column(c, "posts", "views")),
            }],
        }),
        order: Vec::new(),
        ..read(c, "posts", &[], vec![])
    };
    for house in houses.iter().filter(|house| house.store.dialect() == Dialect::Sqlite) {
        let compiled = house.compiled(made(&house.catalog), Numbers::Tokens);
        let before = house.store.counters().shortcuts;
        let page = house.store.read(&compiled).await.unwrap();
        assert_eq!(house.store.counters().shortcuts, before);
        let (rows, _) = plainly(house, &compiled).await;
        assert_eq!(String::from_utf8(page.json).unwrap(), rows);
    }
}
